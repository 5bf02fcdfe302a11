"""Wrong use of initialisation, optimizers, datasets and loaders: both engines raise the same, in the same words."""

from __future__ import annotations

import pytest
from wrong_use import check_refusals

LINES = [
    ("init.xavier_uniform_(f)", "Fan in and fan out can not be computed for tensor with"),
    ("init.xavier_normal_(f)", "Fan in and fan out can not be computed for tensor with"),
    ("init.kaiming_uniform_(f)", "Fan in and fan out can not be computed for tensor with"),
    ("init.kaiming_normal_(f, mode='x')", "Mode x not supported, please use one of ['fan_in',"),
    ("init.kaiming_normal_(torch.ones(2,2), nonlinearity='x')", "Unsupported nonlinearity x"),
    ("init.orthogonal_(f)", "Only tensors with 2 or more dimensions are supported"),
    ("init.eye_(f)", "Only tensors with 2 dimensions are supported"),
    ("init.dirac_(t)", "Only tensors with 3, 4, or 5 dimensions are supported"),
    ("init.sparse_(f, 0.1)", "Only tensors with 2 dimensions are supported"),
    ("init.uniform_(3)", "'int' object has no attribute 'uniform_'"),
    ("init.uniform_(f, 1, 0)", "uniform_ expects to return a [from, to) range, but found"),
    ("init.normal_(f, 0, -1)", "normal expects std >= 0.0, but found std -1"),
    ("init.normal_(i)", "\"normal_kernel_cpu\" not implemented for 'Long'"),
    ("init.constant_(f)", "constant_() missing 1 required positional argument: 'val'"),
    ("init.trunc_normal_(f, a=2, b=1)", "uniform_ expects to return a [from, to) range, but found"),
    ("init.calculate_gain('x')", "Unsupported nonlinearity x"),
    ("init.calculate_gain('leaky_relu', 'x')", "negative_slope x not a valid number"),
    ("init.normal_([1.])", "'list' object has no attribute 'normal_'"),
    ('init.xavier_uniform_("x")', "'str' object has no attribute '"),
    ("optim.SGD([], lr=.1)", "optimizer got an empty parameter list"),
    ("optim.SGD([g], lr=-1)", "Invalid learning rate: -1"),
    ('optim.SGD([g], lr="x")', "' not supported between instances of '"),
    ("optim.SGD([g], .1, momentum=-1)", "Invalid momentum value: -1"),
    ("optim.SGD([g], .1, weight_decay=-1)", "Invalid weight_decay value: -1"),
    ("optim.SGD([g], .1, nesterov=True)", "Nesterov momentum requires a momentum and zero dampening"),
    ("optim.SGD(g, lr=.1)", "params argument given to the optimizer should be an"),
    ("optim.SGD([3], lr=.1)", "optimizer can only optimize Tensors, but one of the params"),
    ("optim.SGD([g*2], lr=.1)", "can't optimize a non-leaf Tensor"),
    ('optim.SGD([{"params": [g]}, g], lr=.1)', "param_group must be a dict, but got <class '"),
    ('optim.SGD([{"params": [g]}, {"params": [g]}], lr=.1)', "some parameters appear in more than one parameter"),
    ('optim.SGD([{"params": {g}}], lr=.1)', "optimizer parameters need to be organized in ordered"),
    ("optim.SGD([g], lr=.1).add_param_group([g])", "param_group must be a dict, but got <class 'list'>"),
    ("optim.SGD([g], lr=.1).load_state_dict({})", "'param_groups'"),
    ("optim.SGD()", "SGD.__init__() missing 1 required positional argument:"),
    ("optim.SGD([g], lr=torch.tensor([.1,.2]))", "Tensor lr must be 1-element"),
    ("optim.SGD([g], lr=.1, foreach=True, fused=True)", "`fused` and `foreach` cannot be `True` together"),
    ("optim.Adam([])", "optimizer got an empty parameter list"),
    ("optim.Adam([g], lr=-1)", "Invalid learning rate: -1"),
    ("optim.Adam([g], betas=(1.,.9))", "Invalid beta parameter at index 0: 1.0"),
    ("optim.Adam([g], betas=.9)", "'float' object is not subscriptable"),
    ("optim.Adam([g], betas=(.9,))", "tuple index out of range"),
    ("optim.Adam([g], eps=-1)", "Invalid epsilon value: -1"),
    ("optim.Adam([g], weight_decay=-1)", "Invalid weight_decay value: -1"),
    ('optim.Adam([g], lr="x")', "'<=' not supported between instances of 'float' and 'str'"),
    ("optim.Adam([g], lr=None)", "'<=' not supported between instances of 'float' and"),
    ("optim.Adam(g)", "params argument given to the optimizer should be an"),
    ("DataLoader()", "DataLoader.__init__() missing 1 required positional"),
    ("list(DataLoader(3))", "object of type 'int' has no len"),
    ("DataLoader([1,2,3], batch_size=0)", "batch_size should be a positive integer value, but got"),
    ("DataLoader([1,2,3], batch_size=None, drop_last=True)", "batch_size=None option disables auto-batching and is"),
    ("DataLoader([1,2,3], shuffle=True, sampler=[0,1])", "sampler option is mutually exclusive with shuffle"),
    ("DataLoader([1,2,3], batch_sampler=[[0]], batch_size=2)", "batch_sampler option is mutually exclusive with"),
    ("DataLoader([1,2,3], timeout=-1)", "timeout option should be non-negative"),
    ("DataLoader([1,2,3], prefetch_factor=2)", "prefetch_factor option could only be specified in"),
    ("DataLoader([1,2,3], persistent_workers=True)", "persistent_workers option needs num_workers > 0"),
    ("list(DataLoader([1,2,3], generator=3, shuffle=True))", "generator"),
    ("list(DataLoader([1,2,3], sampler=[7]))", "list index out of range"),
    ("DataLoader([1,2,3], multiprocessing_context='fork')", "multiprocessing_context can only be used with"),
    ("DataLoader([], shuffle=True)", "num_samples should be a positive integer value, but got"),
    ("list(DataLoader([None, None]))", "default_collate: batch must contain tensors, numpy arrays,"),
    ("list(DataLoader([torch.ones(2), torch.ones(3)], batch_size=2))", "stack expects each tensor to be equal"),
    ("list(DataLoader([[1,2],[1]], batch_size=2))", "each element in list of batch should be of equal size"),
    ("DataLoader(range(3))[0]", "'DataLoader' object is not subscriptable"),
    ("next(DataLoader(range(3)))", "'DataLoader' object is not an iterator"),
    ("DataLoader(range(3)).batch_size = 5", "batch_size attribute should not be set after DataLoader is"),
    ("dl = DataLoader(range(3)); dl.batch_size = 5", "batch_size attribute should not be set after DataLoader is"),
    ("dl = DataLoader(range(3)); dl.dataset = 5", "dataset attribute should not be set after DataLoader is"),
    ("dl = DataLoader(range(3)); dl.sampler = 5", "sampler attribute should not be set after DataLoader is"),
    ("dl = DataLoader(range(3)); dl.drop_last = True", "drop_last attribute should not be set after DataLoader is"),
    ("Dataset()[0]", "Subclasses of Dataset should implement __getitem__"),
    ("TensorDataset(f, torch.ones(2))", "Size mismatch between tensors"),
    ("TensorDataset(f)[5]", "index 5 is out of bounds for dimension 0 with size 3"),
    ('TensorDataset(f)["x"]', "new(): invalid data type 'str'"),
    ("TensorDataset(s)", "Dimension specified as 0 but tensor has no dimensions"),
    ("data.random_split(range(10), [3,3])", "Sum of input lengths does not equal the length of the input"),
    ("data.random_split(range(10))", "random_split() missing 1 required positional argument:"),
    ("data.random_split(3, [1,2])", "object of type 'int' has no len"),
    ("data.Subset(range(3), [7])[0]", "range object index out of range"),
    ("data.Subset(range(3))", "Subset.__init__() missing 1 required positional argument:"),
    ("data.ConcatDataset([])", "datasets should not be an empty iterable"),
    ("data.ConcatDataset([range(3)])[7]", "list index out of range"),
    ("data.ConcatDataset([range(3)])[-7]", "absolute value of index should not exceed dataset length"),
    ("data.RandomSampler([])", "num_samples should be a positive integer value, but got"),
    ("data.RandomSampler(range(3), replacement=3)", "replacement should be a boolean value, but got replacement=3"),
    ("data.RandomSampler(3)", "object of type 'int' has no len"),
    ("data.SequentialSampler()", "SequentialSampler.__init__() missing 1 required positional"),
    ("data.BatchSampler(range(3), 0, False)", "batch_size should be a positive integer value, but got"),
    ('data.BatchSampler(range(3), 2, "x")', "drop_last should be a boolean value, but got drop_last=x"),
    ("data.BatchSampler(range(3), 2)", "BatchSampler.__init__() missing 1 required positional"),
    ("data.WeightedRandomSampler([1.], 0)", "num_samples should be a positive integer value, but got"),
    ("data.WeightedRandomSampler([[1.]], 1)", "weights should be a 1d sequence but given weights have"),
    ('data.WeightedRandomSampler([1.], 1, "x")', "replacement should be a boolean value, but got replacement=x"),
    ("list(data.WeightedRandomSampler([1.], 2, False))", "cannot sample n_sample > prob_dist.size(-1) samples"),
    ("list(data.WeightedRandomSampler([-1.], 2))", "invalid multinomial distribution (encountering probability"),
    ("list(data.WeightedRandomSampler([0.], 2))", "invalid multinomial distribution (sum of probabilities <= 0"),
    ("data.default_collate([])", "list index out of range"),
    ("data.default_collate([None])", "default_collate: batch must contain tensors, numpy arrays,"),
    ("data.default_collate([f, None])", "expected Tensor as element 1 in argument 0, but got NoneType"),
    ('nn.utils.clip_grad_norm_([g], "x")', "could not convert string to float: 'x'"),
    ('nn.utils.clip_grad_value_([g], "x")', "could not convert string to float: 'x'"),
    ("nn.utils.parameters_to_vector([])", "torch.cat(): expected a non-empty list of Tensors"),
    ("nn.utils.vector_to_parameters(3, [g])", "expected torch.Tensor, but got: int"),
    ("nn.utils.vector_to_parameters(torch.ones(2), [g])", "shape '[3]' is invalid for input of size 2"),
]

SCRIPTS = [
    (
        """
        class D(Dataset):
            def __getitem__(self, k): return k
        next(iter(DataLoader(D())))
        """,
        "object of type 'D' has no len",
    ),
    (
        """
        class D(Dataset):
            def __len__(self): return 3
        next(iter(DataLoader(D())))
        """,
        "Subclasses of Dataset should implement __getitem__",
    ),
    (
        """
        class D(Dataset):
            def __len__(self): return 3.5
            def __getitem__(self, k): return k
        list(DataLoader(D()))
        """,
        "'float' object cannot be interpreted as an integer",
    ),
    (
        """
        class D(Dataset):
            def __len__(self): return -1
            def __getitem__(self, k): return k
        list(DataLoader(D()))
        """,
        "__len__() should return >= 0",
    ),
    (
        """
        class D(data.IterableDataset): pass
        list(DataLoader(D()))
        """,
        "Can't instantiate abstract class D with abstract method",
    ),
    (
        """
        class D(data.IterableDataset):
            def __iter__(self): return iter([1,2])
        DataLoader(D(), shuffle=True)
        """,
        "DataLoader with IterableDataset: expected unspecified",
    ),
    (
        """
        class D(data.IterableDataset):
            def __iter__(self): return iter([1,2])
        D()[0]
        """,
        "Subclasses of Dataset should implement __getitem__",
    ),
    (
        """
        o = optim.SGD([g], lr=.1)
        del o.param_groups[0]['momentum']
        g.grad = torch.ones(3)
        o.step()
        """,
        "'momentum'",
    ),
]


@pytest.mark.parametrize(("code", "phrase"), LINES + SCRIPTS)
def test_both_engines_refuse_in_the_same_words(code: str, phrase: str) -> None:
    check_refusals(code, phrase)
