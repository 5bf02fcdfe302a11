"""Wrong use of modules, containers, activations and their functions: both engines raise the same, in the same words."""

from __future__ import annotations

import pytest
from wrong_use import check_refusals

LINES = [
    ("nn.Linear(3,2)(torch.ones(4))", "mat1 and mat2 shapes cannot be multiplied (1x4 and 3x2"),
    ("nn.Linear(3,2)(i)", "have the same dtype, but got"),
    ("nn.Linear(3,2)(s)", "both arguments to linear need to be at least 1D, but they"),
    ("nn.Linear(3,2)([1.,2.,3.])", "linear(): argument 'input' (position 1) must be Tensor, not"),
    ("nn.Linear(3,2)()", "Linear.forward() missing 1 required positional argument:"),
    ("nn.Linear(3,2)(f, f)", "Linear.forward() takes 2 positional arguments but 3 were"),
    ("nn.Linear(3)", "Linear.__init__() missing 1 required positional argument:"),
    ('nn.Linear("3",2)', "empty(): argument 'size'"),
    ("nn.Linear(-1,2)", "Trying to create tensor with negative dimension -1: [2, -1]"),
    ("nn.Linear(3,None)", "empty(): argument 'size' (position 1) must be tuple of"),
    ("nn.Linear(3,2,dtype=torch.int64)", "Only Tensors of floating point and complex dtype can"),
    ('nn.Linear(3,2,dtype="x")', "empty(): argument 'dtype' must be torch.dtype, not str"),
    ("nn.Linear(3,2,True,None,None,4)", "Linear.__init__() takes from 3 to 6 positional arguments"),
    ("nn.Bilinear(2,3,4)(torch.ones(1,2),torch.ones(1,2))", "bilinear(): input2 size does not match weight size:"),
    ("nn.Dropout(2)", "dropout probability has to be between 0 and 1, but got 2"),
    ("nn.Dropout(-.1)", "dropout probability has to be between 0 and 1, but got -0.1"),
    ('nn.Dropout("x")', "'<' not supported between instances of 'str' and 'int'"),
    ("nn.Dropout(0.5)(3)", "dropout(): argument 'input' (position 1) must be Tensor,"),
    ("nn.Dropout(0.5)(i)", "result type Float can't be cast to the desired output type"),
    ("F.dropout(f, 1.5)", "dropout probability has to be between 0 and 1, but got 1.5"),
    ('F.dropout(f, "x")', "'<' not supported between instances of 'str' and 'float'"),
    ("F.dropout(3)", "dropout(): argument 'input' (position 1) must be Tensor,"),
    ("nn.Flatten()(s)", "Dimension out of range (expected to be in range of [-1, 0],"),
    ('nn.Flatten("x")(t)', "must be int, not str"),
    ("nn.Unflatten(1,(2,2))(t)", "unflatten: Provided sizes [2, 2] don't multiply up to the"),
    ("nn.Unflatten(1, 3)", "unflattened_size must be a tuple of ints, but found type int"),
    ("nn.Identity()(1,2)", "Identity.forward() takes 2 positional arguments but 3 were"),
    ("nn.Sequential(nn.Linear(3,2), 3)", "int is not a Module subclass"),
    ("nn.Sequential([nn.Linear(3,2)])", "list is not a Module subclass"),
    ("nn.Sequential(nn.Linear(3,2), nn.ReLU)", "activation.ReLU is not a Module subclass"),
    ("nn.Sequential(nn.Linear(3,2), F.relu)", "torch.nn.functional.relu is not a Module subclass"),
    ("nn.Sequential(nn.Linear(3,2), nn.Linear(3,2))(f)", "mat1 and mat2 shapes cannot be multiplied (1x2 and 3x2"),
    ("nn.Sequential(nn.Linear(3,2))[3]", "index 3 is out of range"),
    ('nn.Sequential(nn.Linear(3,2))["x"]', "'str' object cannot be interpreted as an integer"),
    ("nn.ModuleList([3])", "int is not a Module subclass"),
    ("nn.ModuleList(3)", "ModuleList.extend should be called with an iterable, but"),
    ("nn.ModuleList([nn.ReLU()])(f)", 'Module [ModuleList] is missing the required "forward"'),
    ("nn.ModuleList([nn.ReLU()])[5]", "index 5 is out of range"),
    ("nn.ModuleList([nn.ReLU()]).append(f)", "torch.FloatTensor is not a Module subclass"),
    ("nn.ModuleDict([3])", "ModuleDict update sequence element #0 should be Iterable; is"),
    ("nn.ModuleDict({1: nn.ReLU()})", "module name should be a string. Got int"),
    ('nn.ModuleDict({"a": 3})', "int is not a Module subclass"),
    ('nn.ModuleDict({"a.b": nn.ReLU()})', "'module name can\\'t contain \".\", got: a.b'"),
    ("nn.ParameterList([f])[4]", "index 4 is out of range"),
    ('nn.ParameterDict()["x"]', "'ParameterDict' object has no attribute 'x'"),
    ("nn.Module()(f)", 'Module [Module] is missing the required "forward" function'),
    ("nn.Module(3)", "Module.__init__() takes 1 positional argument but 2 were"),
    ('nn.Module().register_parameter("a", f)', "cannot assign 'torch.FloatTensor' object to parameter 'a'"),
    ('nn.Module().register_parameter("a.b", None)', "'parameter name can\\'t contain \".\"'"),
    ('nn.Module().register_parameter("", None)', "'parameter name can\\'t be empty string \"\"'"),
    ("nn.Module().register_parameter(3, None)", "parameter name should be a string. Got int"),
    ('nn.Module().register_parameter("forward", None)', "\"attribute 'forward' already exists\""),
    ('nn.Module().register_buffer("a", 3)', "cannot assign 'int' object to buffer 'a' (torch Tensor or"),
    ("nn.Module().register_buffer(3, f)", "buffer name should be a string. Got int"),
    ('nn.Module().add_module("a", 3)', "int is not a Module subclass"),
    ('nn.Module().add_module("a.b", nn.ReLU())', "'module name can\\'t contain \".\", got: a.b'"),
    ("nn.Module().add_module(3, nn.ReLU())", "module name should be a string. Got int"),
    ("nn.Linear(3,2).load_state_dict({})", "Error(s) in loading state_dict for Linear"),
    ("nn.Linear(3,2).load_state_dict(3)", "Expected state_dict to be dict-like, got <class 'int'>"),
    ("nn.Linear(3,2).load_state_dict(nn.Linear(3,2))", "Expected state_dict to be dict-like, got <class '"),
    ("nn.Sequential(nn.Linear(3,2)).load_state_dict(nn.Linear(3,2).state_dict())", "Error(s) in loading state_dict"),
    ('nn.Linear(3,2).train("x")', "training mode is expected to be boolean"),
    ("nn.Linear(3,2).eval(3)", "Module.eval() takes 1 positional argument but 2 were given"),
    ("nn.Linear(3,2).to(torch.int64)", "nn.Module.to only accepts floating point or complex dtypes,"),
    ("nn.Linear(3,2).long()", "'Linear' object has no attribute 'long'"),
    ("nn.Linear(3,2).type(torch.int64)", "data set to a tensor that requires gradients must be"),
    ('nn.Linear(3,2).get_submodule("x")', "Linear has no attribute `x`"),
    ('nn.Linear(3,2).get_parameter("forward")', "`forward` is not an nn.Parameter"),
    ('nn.Linear(3,2).get_buffer("weight")', "`weight` is not a buffer"),
    ('nn.Linear(3,2).requires_grad_("x")', "requires_grad_(): argument 'requires_grad' (position 1)"),
    ("nn.Linear(3,2).parameters()[0]", "'generator' object is not subscriptable"),
    ("len(nn.Linear(3,2).parameters())", "object of type 'generator' has no len"),
    ("nn.Linear(3,2).weight.numpy()", "Can't call numpy() on Tensor that requires grad. Use"),
    ("nn.ReLU()(3)", "relu(): argument 'input' (position 1) must be Tensor, not"),
    ("nn.Sigmoid(3)", "Sigmoid.__init__() takes 1 positional argument but 2 were"),
    ("nn.Sigmoid()(3)", "sigmoid(): argument 'input' (position 1) must be Tensor,"),
    ("nn.Tanh()(None)", "tanh(): argument 'input' (position 1) must be Tensor, not"),
    ('nn.LeakyReLU("x")(f)', "leaky_relu(): argument 'negative_slope' (position 2) must"),
    ("nn.ELU()(i)", "\"elu_cpu\" not implemented for 'Long'"),
    ("nn.GELU(approximate='x')(f)", "approximate argument must be either none or tanh"),
    ('nn.Softplus(beta="x")(f)', "softplus(): argument 'beta' (position 2) must be Number,"),
    ("nn.Softplus()(i)", "\"softplus_cpu\" not implemented for 'Long'"),
    ("nn.PReLU(3)(f)", "Mismatch of parameter numbers and input channel size. Found"),
    ("nn.Hardtanh(1,-1)", "max_val (-1) must be greater than min_val (1"),
    ("nn.Threshold(1)", "Threshold.__init__() missing 1 required positional"),
    ('nn.Threshold("x","y")(f)', "threshold(): argument 'threshold' (position 2) must be"),
    ("nn.GLU()(f)", "Halving dimension must be even, but dimension 0 is size 3"),
    ('nn.Softmax(dim="x")(t)', "softmax(): argument 'dim' (position"),
    ("nn.CELU(0)(f)", "ZeroDivisionError: alpha cannot be 0 for CELU"),
    ("F.elu(i)", "\"elu_cpu\" not implemented for 'Long'"),
    ("F.gelu(i)", "\"GeluKernelImpl\" not implemented for 'Long'"),
    ("F.relu(3)", "relu(): argument 'input' (position 1) must be Tensor, not"),
    ("F.relu()", "relu() missing 1 required positional argument: 'input'"),
    ('F.leaky_relu(f, "x")', "leaky_relu(): argument 'negative_slope' (position 2) must"),
    ("F.threshold(f, 1)", "threshold() missing 1 required positional argument: 'value'"),
    ("F.one_hot(f)", "one_hot is only applicable to index tensor of type"),
    ("F.one_hot(torch.tensor([-1]))", "Class values must be non-negative"),
    ("F.one_hot(torch.tensor([5]), 3)", "Class values must be smaller than num_classes"),
    ("F.one_hot(torch.tensor([]).long())", "Can not infer total number of classes from empty tensor"),
    ("F.one_hot(3)", "one_hot(): argument 'input' (position 1) must be Tensor,"),
    ("F.linear(f, t, torch.ones(5))", "The expanded size of the tensor (2) must match the existing"),
    ("F.linear(f, torch.ones(2,4))", "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2"),
    ("F.linear(f, t, t)", "3) at non-singleton dimension 1"),
    ("F.linear(i, t)", "expected m1 and m2 to have the same dtype, but got: long"),
    ("F.linear(f)", "linear() missing 1 required positional argument"),
    ('F.linear(f, t, "x")', "linear(): argument 'bias' (position 3) must be Tensor, not"),
    ("F.linear(d, t)", "expected m1 and m2 to have the same dtype, but got: double"),
    ("F.normalize(i)", "linalg.vector_norm: Expected a floating point or complex"),
    ("F.cosine_similarity(f, torch.ones(2), 0)", "The size of tensor a (3) must match the size of tensor b"),
    ("F.embedding(f, t)", "Expected tensor for argument #1 'indices' to have one of"),
    ("F.embedding(torch.tensor([9]), t)", "index out of range in self"),
    ("nn.lineer", "nn' has no attribute 'lineer'"),
]

SCRIPTS = [
    (
        """
        class N(nn.Module):
            def __init__(self):
                self.l = nn.Linear(1,1)
        N()
        """,
        "cannot assign module before Module.__init__() call",
    ),
    (
        """
        class N(nn.Module):
            def __init__(self):
                self.x = 3
        N()(f)
        """,
        "'N' object has no attribute '_backward_hooks'",
    ),
    (
        """
        class N(nn.Module):
            def __init__(self):
                self.x = nn.Parameter(f)
        N()
        """,
        "cannot assign parameters before Module.__init__() call",
    ),
    (
        """
        class N(nn.Module):
            def __init__(self):
                self.x = f
        list(N().parameters())
        """,
        "'N' object has no attribute '_parameters'",
    ),
    (
        """
        class N(nn.Module):
            def __init__(self):
                super().__init__()
                self.l = nn.Linear(1,1)
        N()(f)
        """,
        'Module [N] is missing the required "forward" function',
    ),
    (
        """
        l = nn.Linear(3,2)
        l.weight = torch.ones(2,3)
        """,
        "cannot assign 'torch.FloatTensor' as parameter 'weight'",
    ),
    (
        """
        l = nn.Linear(3,2)
        l.weight = None
        l(f)
        """,
        "linear(): argument 'weight' (position 2) must be Tensor,",
    ),
    (
        """
        l = nn.Linear(3,2)
        l.weight = nn.Parameter(torch.ones(4,4))
        l(f)
        """,
        "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x4",
    ),
    (
        """
        l = nn.Linear(3,2)
        del l.weight
        l(f)
        """,
        "'Linear' object has no attribute 'weight'",
    ),
    (
        """
        m = nn.Sequential(nn.Linear(3,2))
        m[0] = 3
        """,
        "cannot assign 'int' as child module '0' (torch.nn.Module or",
    ),
    (
        """
        m = nn.Sequential(nn.Linear(3,2))
        m[4] = nn.ReLU()
        """,
        "index 4 is out of range",
    ),
    (
        """
        m = nn.Module()
        m.register_buffer('a', f)
        m.a = 3
        """,
        "cannot assign 'int' as buffer 'a' (torch.nn.Buffer,",
    ),
    (
        """
        m = nn.Module()
        m.register_buffer('a', f)
        m.register_buffer('a', f)
        m.register_parameter('a', None)
        """,
        "\"attribute 'a' already exists\"",
    ),
    (
        """
        m = nn.Module()
        m.a = 3
        m.register_buffer('a', f)
        """,
        "\"attribute 'a' already exists\"",
    ),
    (
        """
        m = nn.Linear(3,2)
        m.weight.data = torch.ones(1)
        m(f)
        """,
        "mat2 must be a matrix, got 1-D tensor",
    ),
    (
        """
        m = nn.Linear(3,2)
        m.weight += 1
        """,
        "a leaf Variable that requires grad is being used in an",
    ),
    (
        """
        m = nn.Linear(3,2)
        m.weight[0] = 1
        """,
        "a view of a leaf Variable that requires grad is being used",
    ),
    (
        """
        m = nn.Linear(3,2)
        m.weight.grad = torch.ones(3)
        """,
        "attempting to assign a gradient of size '[3]' to a tensor",
    ),
    (
        """
        m = nn.Linear(3,2)
        m.register_forward_pre_hook(lambda mod, x: 3)
        m(f)
        """,
        "linear(): argument 'input' (position 1) must be Tensor, not",
    ),
    (
        """
        class D(Dataset):
            def __getitem__(self, k): return k
        DataLoader(D(), shuffle=True)
        """,
        "object of type 'D' has no len",
    ),
]


@pytest.mark.parametrize(("code", "phrase"), LINES + SCRIPTS)
def test_both_engines_refuse_in_the_same_words(code: str, phrase: str) -> None:
    check_refusals(code, phrase)
