"""Wrong use, on both engines: the same exception, its key phrase in both messages; the same warnings."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

GRADIENTS = [
    ("t.backward()", "element 0 of tensors does not require grad and does not"),
    ("s.backward()", "element 0 of tensors does not require grad and does not"),
    ("g.backward()", "grad can be implicitly created only for scalar outputs"),
    ("(g*2).backward()", "grad can be implicitly created only for scalar outputs"),
    ("(g*2).sum().backward(torch.ones(2))", "Mismatch in shape: grad_output[0] has a shape of"),
    ("(g*2).backward([1,1,1])", "gradients can be either Tensors or None, but got int"),
    ("(g*2).backward(1.0)", "'float' object is not iterable"),
    ('(g*2).backward("x")', "gradients can be either Tensors or None, but got str"),
    ("(g*2).sum().backward(retain=True)", "got an unexpected keyword argument 'retain'"),
    ("g.sum().backward(inputs=[])", "`inputs` argument to `backward()` cannot be empty"),
    ("g.sum().backward(inputs=3)", "'int' object is not iterable"),
    ("torch.autograd.backward(None)", "'NoneType' object is not iterable"),
    ("torch.autograd.backward([g.sum(), g.sum()], [None])", "got 2 tensors and 1 gradients"),
    ("torch.autograd.backward([g*2])", "grad can be implicitly created only for scalar outputs"),
    ("torch.autograd.grad(g.sum(), f)", "One of the differentiated Tensors does not require grad"),
    ("torch.autograd.grad(g.sum(), [])", "`inputs` argument to `grad()` cannot be empty"),
    ("torch.autograd.grad(f.sum(), g)", "element 0 of tensors does not require grad and does not"),
    ("torch.autograd.grad(g*2, g)", "grad can be implicitly created only for scalar outputs"),
    ("torch.autograd.grad(g.sum(), torch.ones(3,requires_grad=True))", "The differentiated Tensor at index 0"),
    ("torch.autograd.grad(g.sum(), None)", "'NoneType' object is not iterable"),
    ("torch.autograd.grad(g*2, g, torch.ones(4))", "Mismatch in shape: grad_output[0] has a shape of"),
    ("torch.autograd.grad(g.sum())", "grad() missing 1 required positional argument: 'inputs'"),
    ("torch.autograd.grad(g.sum(), g, allow_unuse=True)", "grad() got an unexpected keyword argument 'allow_unuse'"),
    ("g.add_(1)", "a leaf Variable that requires grad is being used in an"),
    ("g.zero_()", "a leaf Variable that requires grad is being used in an"),
    ("g[0] = 5.", "a view of a leaf Variable that requires grad is being used"),
    ("g += 1", "a leaf Variable that requires grad is being used in an"),
    ("g.fill_(0)", "a leaf Variable that requires grad is being used in an"),
    ("g.copy_(f)", "a leaf Variable that requires grad is being used in an"),
    ("g.view(3).mul_(2)", "a view of a leaf Variable that requires grad is being used"),
    ("g.numpy()", "Can't call numpy() on Tensor that requires grad. Use"),
    ("(g*2).numpy()", "Can't call numpy() on Tensor that requires grad. Use"),
    ("np.asarray(g)", "Can't call numpy() on Tensor that requires grad. Use"),
    ("np.array(g*2)", "Can't call numpy() on Tensor that requires grad. Use"),
    ("np.sqrt(g)", "Can't call numpy() on Tensor that requires grad. Use"),
    ("float(g)", "only one element tensors can be converted to Python scalars"),
    ("int(t)", "only one element tensors can be converted to Python scalars"),
    ("bool(t)", "Boolean value of Tensor with more than one value is"),
    ("bool(torch.tensor([]))", "Boolean value of Tensor with no values is ambiguous"),
    ("t.item()", "a Tensor with 6 elements cannot be converted to Scalar"),
    ("torch.tensor([]).item()", "a Tensor with 0 elements cannot be converted to Scalar"),
    ("len(s)", "len() of a 0-d tensor"),
    ("iter(s)", "iteration over a 0-d tensor"),
    ("list(s)", "iteration over a 0-d tensor"),
    ("for x in s: pass", "iteration over a 0-d tensor"),
    ("if t > 1: pass", "Boolean value of Tensor with more than one value is"),
    ("t and f", "Boolean value of Tensor with more than one value is"),
    ("not t", "Boolean value of Tensor with more than one value is"),
    ("range(t)", "only integer tensors of a single element can be converted"),
    ("[1,2,3][s]", "only integer tensors of a single element can be converted"),
    ("complex(t)", "only one element tensors can be converted to Python scalars"),
    ("format(t, '.2f')", "unsupported format string passed to Tensor.__format__"),
    ('f"{t:.2f}"', "unsupported format string passed to Tensor.__format__"),
    ('f"{s:d}"', "Unknown format code 'd' for object of type 'float'"),
    ('"%d" % t', "only one element tensors can be converted to Python scalars"),
    ("round(t, 'x')", "type Tensor doesn't define __round__ method"),
    ("f in [t]", "Boolean value of Tensor with more than one value is"),
    ('"a" in t', "Tensor.__contains__ only supports Tensor or scalar, but you"),
    ("None in t", "Tensor.__contains__ only supports Tensor or scalar, but you"),
    ("[1] in t", "Tensor.__contains__ only supports Tensor or scalar, but you"),
    ("g.requires_grad = 1", "requires_grad must be a bool"),
    ("i.requires_grad = True", "only Tensors of floating point and complex dtype can"),
    ("i.requires_grad_()", "only Tensors of floating point"),
    ("b.requires_grad_()", "only Tensors of floating point"),
    ("(g*2).requires_grad = False", "you can only change requires_grad flags of leaf variables."),
    ("f.requires_grad_(1)", "requires_grad_(): argument 'requires_grad' (position 1)"),
    ("torch.ones(3, dtype=torch.int64, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.tensor([1,2], requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.arange(3, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.zeros(3, dtype=torch.bool, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.randint(3,(2,), requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.tensor([1.], requires_grad=1)", "tensor(): argument 'requires_grad' must be bool, not int"),
    ('torch.tensor([1.], requires_grad="a")', "tensor(): argument 'requires_grad' must be bool, not str"),
    ("torch.tensor([1.], require_grad=True)", "tensor() got an unexpected keyword argument 'require_grad'"),
    ("torch.zeros(3, require_grad=True)", "zeros() got an unexpected keyword argument 'require_grad'"),
    ("f.retain_grad()", "can't retain_grad on Tensor that has requires_grad=False"),
    ("(f*2).retain_grad()", "can't retain_grad on Tensor that has requires_grad=False"),
    ("f.register_hook(lambda x: x)", "cannot register a hook on a tensor that doesn't require"),
    ("g.grad = 3", "assigned grad expected to be a Tensor or None but got grad"),
    ("g.grad = torch.ones(2)", "attempting to assign a gradient of size '[2]' to a tensor"),
    ("g.grad = torch.ones(3, dtype=torch.float64)", "attempting to assign a gradient with dtype '"),
    ("g.grad = g", "can't assign Variable as its own grad"),
    ("g.data = 3", "Variable data has to be a tensor, but got int"),
    ("g.data = i", "data set to a tensor that requires gradients must be"),
    ("g.shape = (1,3)", "'shape' of '"),
    ("g.dtype = torch.float64", "'dtype' of '"),
    ("g.device = 'cpu'", "'device' of '"),
    ("g.is_leaf = True", "'is_leaf' of '"),
    ("g.grad_fn = None", "'grad_fn' of '"),
    ("t.sze()", "'Tensor' object has no attribute 'sze'"),
    ("t.grad.data", "'NoneType' object has no attribute 'data'"),
    ("g.grad.zero_()", "'NoneType' object has no attribute 'zero_'"),
    ("g.grad.data.zero_()", "'NoneType' object has no attribute 'data'"),
    ("t.detach_().add_(1).sum().backward()", "Can't detach views in-place. Use detach() instead"),
    ("torch.set_grad_enabled()", "set_grad_enabled.__init__() missing 1 required positional"),
    ('torch.set_grad_enabled("x")', "set_grad_enabled(): argument 'enabled' (position 1) must be"),
    ("torch.is_grad_enabled(1)", "is_grad_enabled() takes"),
    ("with torch.no_grad: pass", "'type' object does not support the context manager protocol"),
    ("torch.autograd.functional.jacobian(3, f)", "'int' object is not callable"),
    ("torch.autograd.functional.jacobian(lambda x: 3, f)", "The outputs of the user-provided function given to"),
    ("torch.autograd.functional.jacobian(lambda x: x, 3)", "The inputs given to jacobian must be either a Tensor"),
    ("torch.autograd.functional.hessian(lambda x: x*2, f)", "The Tensor returned by the function given to hessian"),
    ("torch.autograd.functional.hessian(lambda x: x.sum().detach(), f, strict=True)", "of the user-provided"),
    ("torch.autograd.functional.jacobian(lambda x: x.detach(), f, strict=True)", "of the user-provided function"),
    ("torch.autograd.functional.vjp(lambda x: x*2, f)", "The vector v can only be None if the user-provided"),
    ("torch.autograd.functional.vjp(lambda x: x*2, f, torch.ones(2))", "v has invalid size: should be"),
    ("torch.autograd.functional.jvp(lambda x: x*2, f)", "a single Tensor with a single element"),
    ("torch.autograd.functional.jvp(lambda x: x*2, f, torch.ones(4))", "v has invalid size: should be"),
    ("torch.autograd.functional.hvp(lambda x: x.sum(), f, torch.ones(2))", "v has invalid size: should be"),
    ("torch.autograd.gradcheck(lambda x: x*2, (f,))", "gradcheck expects at least one input tensor to require"),
    ("torch.autograd.gradcheck(lambda x: x*2, g)", "Jacobian mismatch for output 0 with respect to input 0"),
    ("torch.autograd.gradcheck(lambda x: x.detach(), d.clone().requires_grad_())", "Numerical gradient for"),
    ("torch.autograd.gradcheck(3, d.clone().requires_grad_())", "'int' object is not callable"),
    ("g.detach(3)", "detach() takes"),
    ("g.data.requires_grad_().grad_fn.next_functions", "'NoneType' object has no attribute 'next_functions'"),
    ("(g*2).is_leaf()", "'bool' object is not callable"),
    ("g.requires_grad()", "'bool' object is not callable"),
    ("t.shape()", "Size' object is not callable"),
    ("t.dtype()", "dtype' object is not callable"),
    ("t.ndim()", "'int' object is not callable"),
    ("t.T()", "'Tensor' object is not callable"),
    ("del t.shape", "'shape' of '"),
    ("torch.autograd.Variable(3)", "Variable data has to be a tensor, but got int"),
    ("torch.autograd.Variable(i, requires_grad=True)", "Tensors of floating point and complex dtype can require"),
    ("torch.nn.Parameter(3)", "'int' object has no attribute 'detach'"),
    ("torch.nn.Parameter(i)", "Only Tensors of floating point and complex dtype can"),
    ("torch.nn.Parameter(f, False, 3)", "Parameter.__new__() takes from 1 to 3 positional arguments"),
    ("(g**2).backward(torch.ones(3), True, False, 3, 4)", "takes from 1 to 5 positional arguments but 6 were given"),
    ("torch.Tensor.backward()", "missing 1 required positional argument: 'self'"),
    ("torch.Tensor.view(t)", "view() received an invalid combination of arguments - got"),
    ("(g*2).register_post_accumulate_grad_hook(lambda p: None)", "post accumulate grad hooks cannot be registered"),
    ("f.register_post_accumulate_grad_hook(lambda p: None)", "cannot register a hook on a tensor that doesn't"),
    ("torch.exp(g, out=f)", "exp(): functions with out=... arguments don't support"),
    ("torch.add(f, g, out=torch.zeros(3))", "add(): functions with out=... arguments don't support"),
    ('torch.add(f, f, out="x")', "add(): argument 'out' must be Tensor, not str"),
    ("torch.add(f, f, out=[f])", "add(): argument 'out' must be Tensor, not list"),
    ("torch.add(f, f, out=i)", "result type Float can't be cast to the desired output type"),
    ("torch.add(i, i, out=b)", "result type Long can't be cast to the desired output type"),
    ("torch.exp(i, out=i)", "result type Float can't be cast to the desired output type"),
    ("torch.max(t, 1, out=(torch.zeros(2),))", "expected tuple of 2 elements but got 1"),
    ("torch.zeros(3, out=torch.zeros(3, dtype=torch.int64), dtype=torch.float32)", "dtype Float does not match"),
    ("F.relu(f, out=f)", "relu() got an unexpected keyword argument 'out'"),
    ("torch.bernoulli(torch.tensor([2.]))", "Expected p_in >= 0 && p_in <= 1 to be true, but got false"),
    ("torch.bernoulli(i)", "\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'"),
    ("torch.bernoulli(f, 'x')", "bernoulli"),
    ("torch.bernoulli(f, 3.)", "bernoulli_ expects p to be in [0, 1], but got p=3"),
    ("f.bernoulli_(2.)", "bernoulli_ expects p to be in [0, 1], but got p=2"),
    ("torch.normal(0., -1., (2,))", "normal expects std >= 0.0, but found std -1"),
    ("torch.normal(f, -f)", "normal expects all elements of std >= 0.0"),
    ("torch.normal(0., 1.)", "normal() received an invalid combination of arguments - got"),
    ("torch.normal(f, t[0][:2])", "The size of tensor a (3) must match the size of tensor b"),
    ("f.normal_(0, -1)", "normal expects std >= 0.0, but found std -1"),
    ("f.uniform_(1, 0)", "uniform_ expects to return a [from, to) range, but found"),
    ("f.uniform_(0, float('inf'))", "to is out of bounds for float"),
    ("i.uniform_()", "\"check_uniform_bounds\" not implemented for 'Long'"),
    ("i.normal_()", "\"normal_kernel_cpu\" not implemented for 'Long'"),
    ("i.exponential_()", "Exponential distribution is a continuous probability"),
    ("f.exponential_(-1)", "exponential_ expects lambda > 0.0, but found lambda=-1"),
    ("torch.randn(3, dtype=torch.int64)", "\"normal_kernel_cpu\" not implemented for 'Long'"),
    ("torch.rand(3, dtype=torch.int64)", "\"check_uniform_bounds\" not implemented for 'Long'"),
    ("torch.rand(-1)", "Trying to create tensor with negative dimension -1: [-1]"),
    ("torch.rand(2.5)", "rand(): argument 'size' (position 1) must be tuple of ints,"),
    ("torch.rand(2, [3])", "rand(): argument 'size' failed to unpack the object at pos"),
    ("torch.rand((2, 'a'))", "rand(): argument 'size'"),
    ("torch.randn(3, generator=3)", "generator"),
    ("torch.randint(3)", "randint() received an invalid combination of arguments -"),
    ("torch.randint(0, (2,))", "random_ expects 'from' to be less than 'to', but got from=0"),
    ("torch.randint(3, 2)", "must be tuple of ints, not int"),
    ("torch.randint(3.5, (2,))", "randint(): argument 'high' (position"),
    ("torch.randint(0, 300, (2,), dtype=torch.uint8)", "to - 1 is out of bounds for unsigned char"),
    ("torch.randint(0, 3, (2,), dtype=torch.bool)", "to - 1 is out of bounds for bool"),
    ("torch.randperm(-1)", "Trying to create tensor with negative dimension -1: [-1]"),
    ("torch.randperm(3.)", "randperm(): argument 'n' (position 1) must be int, not float"),
    ("torch.randperm(300, dtype=torch.uint8)", "value cannot be converted to type uint8_t without overflow"),
    ('torch.randperm("3")', "randperm(): argument 'n' (position 1) must be int, not str"),
    ("torch.multinomial(f, 5)", "cannot sample n_sample > prob_dist.size(-1) samples without"),
    ("torch.multinomial(f, 0)", "cannot sample n_sample <= 0 samples"),
    ("torch.multinomial(-f, 1)", "probability tensor contains either `inf`, `nan` or element"),
    ("torch.multinomial(i, 1)", "multinomial only supports floating-point dtypes for input,"),
    ("torch.multinomial(f*0, 1)", "invalid multinomial distribution (sum of probabilities <= 0"),
    ("torch.multinomial(torch.ones(2,2,2), 1)", "prob_dist must be 1 or 2 dim"),
    ("torch.multinomial(f)", "multinomial() missing 1 required positional argument"),
    ('torch.manual_seed("x")', "invalid literal for int() with base 10: 'x'"),
    ("torch.manual_seed(None)", "int() argument must be a string, a bytes-like object or a"),
    ("torch.manual_seed(2**64)", "Overflow when unpacking long long"),
    ("torch.seed(3)", "seed() takes 0 positional arguments but 1 was given"),
    ("torch.initial_seed(3)", "initial_seed() takes 0 positional arguments but 1 was given"),
    ('torch.Generator("x")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ('torch.Generator().manual_seed("a")', "manual_seed expected a long, but got str"),
    ("torch.Generator().manual_seed(1.5)", "manual_seed expected a long, but got float"),
    ("torch.set_rng_state(3)", "expected a torch.ByteTensor, but got int"),
    ("torch.set_rng_state(f)", "RNG state must be a torch.ByteTensor"),
    ("torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))", "Expected a CPUGeneratorImplState of size 5056 but"),
    ("torch.manual_sed(3)", "' has no attribute 'manual_sed'"),
    ("torch.nn.Foo", "nn' has no attribute 'Foo'"),
    ("torch.optim.Foo", "optim' has no attribute 'Foo'"),
    ("for r in (g*1).unbind(): r.add_(1)", "is a view and is being modified inplace. This view is the"),
    ("F.relu(g, inplace=True)", "a leaf Variable that requires grad is being used in an"),
    ("nn.ReLU(inplace=True)(g)", "a leaf Variable that requires grad is being used in an"),
    ("F.dropout(g, 0.5, True, True)", "a leaf Variable that requires grad is being used in an"),
    ("torch.is_tensor()", "is_tensor() missing 1 required positional argument: 'obj'"),
]
"""Backward, modes, out=, random numbers."""

TENSORS = [
    ("F.linear(d, t, f)", "mat1 and mat2 must have the same dtype, but got Double and Float"),
    ("nn.Linear(3, 2)(torch.ones(1, 3).long())", "mat1 and mat2 must have the same dtype, but got Long and Float"),
    ("nn.Linear(3, 2)(torch.ones(1, 1, 3).double())", "mat1 and mat2 must have the same dtype, but got Double and"),
    ("F.linear(t, t, torch.ones(2).double())", "self and mat2 must have the same dtype, but got Double and Float"),
    ("torch.addmm(f, t.double(), t.T)", "mat1 and mat2 must have the same dtype, but got Double and Float"),
    ("torch.addmm(torch.ones(2), t.double(), t.T.double())", "self and mat2 must have the same dtype, but got Float"),
    ("t.double() @ f", "addmv input tensors must have the same dtype, but got Float, Double, and Float"),
    ("torch.addmv(torch.ones(2).double(), t, f)", "addmv input tensors must have the same dtype, but got Double,"),
    ("torch.exp(np.ones(2))", "exp(): argument 'input' (position 1) must be Tensor, not numpy.ndarray"),
    ("torch.add(t, np.ones(2))", "add(): argument 'other' (position 2) must be Tensor, not numpy.ndarray"),
    ("torch.cat([t, np.ones(2)])", "expected Tensor as element 1 in argument 0, but got numpy.ndarray"),
    ("t.__setitem__(0, np.ones(3))", "can't assign a numpy.ndarray to a torch.FloatTensor"),
    ("torch.from_numpy(t)", "expected np.ndarray (got Tensor)"),
    ("nn.Linear(3, 2)(np.ones((1, 3)))", "linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray"),
    ("f.requires_grad_().apply_(abs)", "Can't call apply_() on Variable that requires grad. Use"),
    ("f.requires_grad_().map_(f, max)", "Can't call map_() on Variable that requires grad. Use"),
    ("f.map_(f.double(), max)", "(got torch.DoubleTensor)"),
    ("t == np.ones((2, 2))", "The size of tensor a (3) must match the size of tensor b (2) at non-singleton"),
    ("torch.mm(t, t)", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3"),
    ("torch.mm(f, t)", "self must be a matrix"),
    ("torch.mm(t, i)", "mat2 must be a matrix"),
    ("torch.mm(t, t.T.long())", "expected m1 and m2 to have the same dtype, but got: float"),
    ("torch.mm(t, 3)", "mm(): argument 'mat2' (position 2) must be Tensor, not int"),
    ("torch.mm(t.bool(), t.T.bool())", "\"addmm_impl_cpu_\" not implemented for 'Bool'"),
    ("t @ t", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3"),
    ("t @ 3", "unsupported operand type(s) for @: 'Tensor' and 'int'"),
    ("t @ i", "have the same dtype, but got"),
    ("3 @ t", "unsupported operand type(s) for @: 'int' and 'Tensor'"),
    ("s @ s", "both arguments to matmul need to be at least 1D, but they"),
    ("t @ s", "both arguments to matmul need to be at least 1D, but they"),
    ("f @ torch.ones(4)", "inconsistent tensor size, expected tensor [3] and src [4]"),
    ("t @ torch.ones(4)", "size mismatch, got input (2), mat (2x3), vec (4"),
    ("torch.matmul(t, None)", "matmul(): argument 'other' (position 2) must be Tensor, not"),
    ("torch.matmul(torch.ones(2,3,4), torch.ones(3,4,5))", "The size of tensor a (2) must match the size of tensor"),
    ("torch.matmul(torch.ones(2,3,4), torch.ones(2,3,4))", "Expected size for first two dimensions of batch2"),
    ("torch.bmm(t, t)", "batch1 must be a 3D tensor"),
    ("torch.bmm(torch.ones(2,3,4), torch.ones(3,4,5))", "Expected size for first two dimensions of batch2 tensor to"),
    ("torch.mv(t, torch.ones(2))", "size mismatch, got input (2), mat (2x3), vec (2"),
    ("torch.mv(f, f)", "vector + matrix @ vector expected, got 1, 1, 1"),
    ("torch.dot(t, t)", "1D tensors expected, but got 2D and 2D tensors"),
    ("torch.dot(f, torch.ones(2))", "inconsistent tensor size, expected tensor [3] and src [2]"),
    ("torch.dot(f, d)", "dot : expected both vectors to have same dtype, but found"),
    ("torch.outer(t, f)", "outer: Expected 1-D argument self, but got 2-D"),
    ("torch.ger(f, t)", "outer: Expected 1-D argument vec2, but got 2-D"),
    ("torch.addmm(f, t, t)", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3"),
    ("torch.addmm(torch.ones(4), t, t.T)", "The expanded size of the tensor (2) must match the existing"),
    ('torch.einsum("ij,jk", t, t)', "einsum(): subscript j has size 2 for operand 1 which does"),
    ('torch.einsum("ij,jk->il", t, t.T)', "einsum(): output subscript l does not appear in the"),
    ('torch.einsum("ij", f)', "einsum(): the number of subscripts in the equation (2) does"),
    ('torch.einsum("i1", t)', "einsum(): invalid subscript given"),
    ('torch.einsum("ij,jk", t)', "einsum(): fewer operands were provided than specified in"),
    ('torch.einsum("ii->i", t)', "einsum(): subscript i is repeated for operand"),
    ('torch.einsum("ij->ijj", t)', "einsum(): output subscript j appears more than once in the"),
    ("torch.tensordot(t, t, dims=1)", "contracted dimensions need to match, but first has size 3"),
    ("torch.tensordot(t, t, dims=5)", "tensordot expects dims < ndim_a or ndim_b, but got dims=5"),
    ("torch.tensordot(t, t, dims=-1)", "tensordot expects dims >= 0, but got dims=-1"),
    ("torch.inverse(t)", "linalg.inv: A must be batches of square matrices, but they"),
    ("torch.inverse(f)", "linalg.inv: The input tensor A must have at least 2"),
    ("torch.linalg.solve(torch.ones(2,2), f)", "linalg.solve: Incompatible shapes of A and B for the"),
    ("torch.det(t)", "linalg.det: A must be batches of square matrices, but they"),
    ("torch.trace(f)", "trace: expected a matrix, but got tensor with dim 1"),
    ("torch.cross(f, torch.ones(4))", "linalg.cross: inputs dimension 0 must have length 3. Got"),
    ("torch.cross(torch.ones(2), torch.ones(2))", "dimension"),
    ("torch.linalg.norm(t, 'x')", "linalg.matrix_norm: Order x not supported"),
    ("torch.norm(i)", "linalg.vector_norm: Expected a floating point or complex"),
    ("torch.norm(t, p='x')", "linalg.matrix_norm: Order x not supported"),
    ("torch.norm(t, dim=5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.norm(2, 3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.t(torch.ones(2,2,2))", "t() expects a tensor with <= 2 dimensions, but self is 3D"),
    ("t + torch.ones(2)", "The size of tensor a (3) must match the size of tensor b"),
    ('t + "a"', "unsupported operand type(s) for +: 'Tensor' and 'str'"),
    ('"a" + t', 'can only concatenate str (not "Tensor") to str'),
    ("None * t", "unsupported operand type(s) for *: 'NoneType' and 'Tensor'"),
    ('t - "x"', "unsupported operand type(s) for -: 'Tensor' and 'str'"),
    ("t * None", "unsupported operand type(s) for *: 'Tensor' and 'NoneType'"),
    ('t > "a"', "'>' not supported between instances of 'Tensor' and 'str'"),
    ("t < None", "'<' not supported between instances of 'Tensor' and"),
    ("t & 1", "\"bitwise_and_cpu\" not implemented for 'Float'"),
    ("t | f", "\"bitwise_or_cpu\" not implemented for 'Float'"),
    ("~t", "~ (operator.invert) is only implemented on integer and"),
    ("~f", "~ (operator.invert) is only implemented on integer and"),
    ("-b", "Negation, the `-` operator, on a bool tensor is not"),
    ("b - b", "Subtraction, the `-` operator, with two bool tensors is not"),
    ("b - 1", "Subtraction, the `-` operator, with a bool tensor is not"),
    ("1 - b", "Subtraction, the `-` operator, with a bool tensor is not"),
    ("b // b", "\"div_floor_cpu\" not implemented for 'Bool'"),
    ("b % b", "\"remainder_cpu\" not implemented for 'Bool'"),
    ("t << 1", "\"lshift_cpu\" not implemented for 'Float'"),
    ("i << 1.5", "\"lshift_cpu\" not implemented for 'Float'"),
    ("t >> 2", "\"rshift_cpu\" not implemented for 'Float'"),
    ("i // 0", "ZeroDivisionError"),
    ("torch.remainder(i, 0)", "ZeroDivisionError"),
    ("torch.fmod(i, 0)", "ZeroDivisionError"),
    ("torch.div(i, 0, rounding_mode='floor')", "ZeroDivisionError"),
    ("torch.div(i, 2, rounding_mode='x')", "div expected rounding_mode to be one of None, 'trunc', or"),
    ("torch.floor_divide(i, 0)", "ZeroDivisionError"),
    ("i ** -1", "Integers to negative integer powers are not allowed"),
    ("torch.pow(i, -1)", "Integers to negative integer powers are not allowed"),
    ("torch.pow(2, -1)", "got (int, int"),
    ("i.pow_(-1)", "Integers to negative integer powers are not allowed"),
    ("i.div_(2)", "result type Float can't be cast to the desired output type"),
    ("i /= 2", "result type Float can't be cast to the desired output type"),
    ("i.add_(1.5)", "result type Float can't be cast to the desired output type"),
    ("i.mul_(f)", "result type Float can't be cast to the desired output type"),
    ("b.add_(1)", "result type Long can't be cast to the desired output type"),
    ("b += 1", "result type Long can't be cast to the desired output type"),
    ("f.add_(torch.ones(2,3))", "output with shape [3] doesn't match the broadcast shape [2,"),
    ("f += torch.ones(2,3)", "output with shape [3] doesn't match the broadcast shape [2,"),
    ("f.add_(torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("f.add_(None)", "argument 'other' (position"),
    ("i.add(1, alpha=1.5)", "For integral input tensors, argument alpha must not be a"),
    ("b.add(b, alpha=2.)", "For integral input tensors, argument alpha must not be a"),
    ("f.sub(b)", "Subtraction, the `-` operator, with a bool tensor is not"),
    ("b.sub(b)", "Subtraction, the `-` operator, with two bool tensors is not"),
    ("f.add(other=3, alph=2)", "add() got an unexpected keyword argument 'alph'"),
    ("f.mul(1, 2)", "positional"),
    ("f.clamp()", "torch.clamp: At least one of 'min' or 'max' must not be None"),
    ("f.clamp(min=torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("f.clamp(torch.ones(3), 2)", "clamp() received an invalid combination of arguments"),
    ('torch.exp("x")', "exp(): argument 'input' (position 1) must be Tensor, not str"),
    ("torch.exp(3)", "exp(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.exp(None)", "exp(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.exp()", "exp() missing 1 required positional argument"),
    ("torch.exp(f, f)", "exp() takes 1 positional argument but 2 were given"),
    ("torch.log(2)", "log(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.sqrt(4.)", "sqrt(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.sin(np.float32(3))", "sin(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.relu(3)", "relu(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.relu(b)", "Boolean inputs not supported for relu"),
    ('torch.sigmoid("x")', "sigmoid(): argument 'input' (position 1) must be Tensor,"),
    ("torch.tanh(None)", "tanh(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.abs(b)", "\"abs_cpu\" not implemented for 'Bool'"),
    ("torch.abs(-3)", "abs(): argument 'input' (position 1) must be Tensor, not int"),
    ('torch.sign("x")', "sign(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.max(t, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.max(torch.tensor([]))", "max(): Expected reduction dim to be specified for"),
    ("torch.max(torch.ones(0,3), 0)", "max(): Expected reduction dim 0 to have non-zero size"),
    ("torch.maximum(f, 3)", "maximum(): argument 'other' (position 2) must be Tensor,"),
    ("torch.maximum(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("torch.argmax(torch.tensor([]))", "argmax(): Expected reduction dim to be specified for"),
    ("torch.argmax(t, 3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('torch.argmax(t, dim="x")', "argmax(): argument 'dim'"),
    ("torch.argmax(b)", "argmax(): does not support bool input"),
    ("torch.sum(3)", "sum(): argument 'input' (position 1) must be Tensor, not int"),
    ("torch.sum([1,2])", "sum(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.sum(t, 2)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.sum(t, (0,0))", "dim 0 appears multiple times in the list of dims"),
    ("torch.mean(i)", "mean(): could not infer output dtype. Input dtype must be"),
    ("torch.mean(t, 3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.mean(t, dtype=torch.int64)", "mean(): could not infer output dtype. Optional dtype must"),
    ("torch.mean([1.,2.])", "mean(): argument 'input' (position 1) must be Tensor, not"),
    ("i.mean()", "mean(): could not infer output dtype. Input dtype must be"),
    ("torch.std(i)", "std and var only support floating point and complex dtypes"),
    ("torch.std(t, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.var(i)", "std and var only support floating point and complex dtypes"),
    ("torch.mode(torch.tensor([]))", "mode(): Expected reduction dim 0 to have non-zero size"),
    ("torch.prod(t, 4)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.cumsum(t)", "cumsum() missing 1 required positional argument"),
    ("torch.cumsum(t, 3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.cumsum(t, None)", "cumsum(): argument 'dim'"),
    ('torch.cumprod(t, "x")', "cumprod(): argument 'dim'"),
    ("torch.logsumexp(t)", "logsumexp() missing 1 required positional argument"),
    ("torch.logsumexp(t, 4)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.softmax(t)", "softmax() missing 1 required positional argument"),
    ("torch.softmax(t, 3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.softmax(i, 0)", "_kernel_impl\" not implemented for 'Long'"),
    ('torch.softmax(t, "x")', "softmax(): argument 'dim' (position 2) must be int, not str"),
    ("torch.softmax(t, dim=None)", "softmax(): argument 'dim'"),
    ("t.softmax()", "softmax() missing 1 required positional argument"),
    ("F.softmax(t, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("nn.Softmax(dim=4)(t)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("nn.Softmax2d()(t)", "Softmax2d: expected input to be 3D or 4D, got 2D instead"),
    ("torch.all(t, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('torch.unique("x")', "argument 'input' (position 1) must be Tensor, not str"),
    ("torch.bincount(t)", "\"bincount_cpu\" not implemented for 'Float'"),
    ("torch.bincount(torch.tensor([-1]))", "bincount only supports 1-d non-negative integral inputs"),
    ("torch.histc(i)", "\"histogram_cpu\" not implemented for 'Long'"),
    ("torch.histc(f, bins=0)", "torch.histogram(): bins must be > 0, but got 0 for"),
    ("torch.sort(t, 4)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('torch.sort("x")', "sort(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.argsort(t, 7)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.topk(f, 5)", "selected index k out of range"),
    ("torch.topk(f, 2, 3)", "Dimension out of range (expected to be in range of [-1, 0],"),
    ("torch.topk(f)", "topk() missing 1 required positional argument"),
    ('torch.topk(f, "x")', "topk(): argument 'k' (position"),
    ("torch.kthvalue(f, 9)", "kthvalue(): selected number k out of range for dimension 0"),
    ("t.view(4)", "shape '[4]' is invalid for input of size 6"),
    ("t.view(-1,-1)", "only one dimension can be inferred"),
    ("t.view(-2)", "invalid shape dimension -2 at index 0 of shape [-2]"),
    ("t.view(2.)", "got (float"),
    ("t.view(None)", "got (NoneType"),
    ("t.view()", "view() received an invalid combination of arguments - got"),
    ("t.view([6],[1])", "got (list, list"),
    ('t.view((2,"x"))', "view(): argument 'size'"),
    ("t.T.view(6)", "view size is not compatible with input tensor's size and"),
    ("t.view(torch.tensor([2,3]))", "got (Tensor"),
    ("torch.ones(0).view(-1, 0)", "cannot reshape tensor of 0 elements into shape [-1, 0]"),
    ("t.reshape(4)", "shape '[4]' is invalid for input of size 6"),
    ("t.reshape(-1,-1)", "only one dimension can be inferred"),
    ('t.reshape("x")', "reshape(): argument 'shape'"),
    ("t.reshape()", 'reshape() missing 1 required positional arguments: "shape"'),
    ("torch.reshape(t, 6)", "reshape(): argument 'shape' (position 2) must be tuple of"),
    ("torch.reshape(t)", 'reshape() missing 1 required positional arguments: "shape"'),
    ("t.view_as(3)", "view_as(): argument 'other' (position 1) must be Tensor,"),
    ("t.reshape_as(f)", "shape '[3]' is invalid for input of size 6"),
    ("t.squeeze(5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.squeeze((0,0))", "dim 0 appears multiple times in the list of dims"),
    ("t.unsqueeze()", "unsqueeze() missing 1 required positional argument"),
    ("t.unsqueeze(5)", "Dimension out of range (expected to be in range of [-3, 2],"),
    ('t.unsqueeze("x")', "unsqueeze(): argument 'dim' (position"),
    ("t.unsqueeze(0,1)", "positional"),
    ("t.transpose(0)", "transpose() missing 1 required positional argument"),
    ("t.transpose(0,5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('t.transpose("a","b")', "transpose(): argument 'dim0' (position"),
    ("t.transpose(0,1,2)", "positional arguments but"),
    ("t.permute(0)", "number of dimensions in the tensor input does not match the"),
    ("t.permute(0,0)", "permute(): duplicate dims are not allowed"),
    ("t.permute(0,5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('t.permute("x")', "permute(): argument 'dims'"),
    ("t.permute()", 'permute() missing 1 required positional arguments: "dims"'),
    ("torch.permute(t, 1, 0)", "permute() takes 2 positional arguments but 3 were given"),
    ("t.expand(4,3)", "The expanded size of the tensor (4) must match the existing"),
    ("t.expand(3)", "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of"),
    ("t.expand(-1,-1,3)", "The expanded size of the tensor (-1) isn't allowed in a"),
    ('t.expand("x")', "expand(): argument 'size'"),
    ("t.expand()", 'expand() missing 1 required positional arguments: "size"'),
    ("t.expand_as(f)", "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of"),
    ("t.expand_as(3)", "expand_as(): argument 'other' (position 1) must be Tensor,"),
    ("t.repeat(2)", "Number of dimensions of repeat dims can not be smaller than"),
    ("t.repeat(-1,2)", "Trying to create tensor with negative dimension -2: [-2, 6]"),
    ('t.repeat("x")', "repeat(): argument 'repeats'"),
    ("t.repeat()", 'repeat() missing 1 required positional arguments: "repeats"'),
    ("t.repeat_interleave(-1)", "Repeats must be non-negative"),
    ("t.repeat_interleave(torch.tensor([1,2]))", "repeats must have the same size as input along dim, but got"),
    ('t.tile("x")', "tile(): argument 'dims'"),
    ("t.flatten(3)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.flatten(1,0)", "flatten() has invalid args: start_dim cannot come after"),
    ('t.flatten("x")', "must be int, not str"),
    ("torch.flatten(3)", "flatten(): argument 'input' (position 1) must be Tensor,"),
    ("t.unflatten(1, (2,2))", "unflatten: Provided sizes [2, 2] don't multiply up to the"),
    ("t.unflatten(5, (1,3))", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.unflatten(1, ())", "unflatten: sizes must be non-empty"),
    ("t.swapaxes(0, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.movedim(0, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.movedim((0,1),(0,))", "movedim: Invalid source or destination dims: source ([0, 1]"),
    ("t.flip(5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.flip()", 'flip() missing 1 required positional arguments: "dims"'),
    ("t.flip(0,0)", "dim 0 appears multiple times in the list of dims"),
    ('t.flip("x")', "flip(): argument 'dims'"),
    ("t.roll(1, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.roll((1,2),(0,))", "shifts and dimensions must align. shifts: 2, dims:1"),
    ('t.roll("x")', "roll(): argument 'shifts'"),
    ("t.rot90(1, (0,0))", "expected rotation dims to be different, but got dim0 = 0"),
    ("torch.cat(t, t)", "cat(): argument 'tensors' (position 1) must be tuple of"),
    ("torch.cat([])", "torch.cat(): expected a non-empty list of Tensors"),
    ("torch.cat([t, f])", "Tensors must have same number of dimensions: got 2 and 1"),
    ("torch.cat([t, t.T])", "Sizes of tensors must match except in dimension 0. Expected"),
    ("torch.cat([t, t], 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.cat([t, 3])", "expected Tensor as element 1 in argument 0, but got int"),
    ("torch.cat([t, None])", "expected Tensor as element 1 in argument 0, but got NoneType"),
    ("torch.cat()", "cat() missing 1 required positional argument"),
    ('torch.cat([t,t], "x")', "must be int, not str"),
    ("torch.cat([s, s])", "zero-dimensional tensor (at position 0) cannot be"),
    ("torch.cat([[1,2],[3]])", "expected Tensor as element 0 in argument 0, but got list"),
    ("torch.stack([])", "stack expects a non-empty TensorList"),
    ("torch.stack([t, f])", "stack expects each tensor to be equal size, but got [2, 3]"),
    ("torch.stack(t)", "stack(): argument 'tensors' (position 1) must be tuple of"),
    ("torch.stack([t, 3])", "expected Tensor as element 1 in argument 0, but got int"),
    ("torch.stack([t,t], 5)", "Dimension out of range (expected to be in range of [-3, 2],"),
    ("torch.vstack([t, torch.ones(2,2)])", "Sizes of tensors must match except in dimension 0. Expected"),
    ("torch.hstack([t, f])", "Tensors must have same number of dimensions: got 2 and 1"),
    ("torch.hstack([])", "hstack expects a non-empty TensorList"),
    ("torch.split(t, 0)", "split_size can only be 0 if dimension size is 0, but got"),
    ("torch.split(t, -1)", "split expects split_size be non-negative, but got"),
    ("torch.split(t, [1,2])", "split_with_sizes expects split_sizes to sum exactly to 2"),
    ("torch.split(t, 1, 5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.split(t, [3,-1])", "split_with_sizes expects split_sizes have only non-negative"),
    ("torch.split(s, 1)", "split expects at least a 1-dimensional tensor"),
    ("torch.chunk(t, 0)", "chunk expects `chunks` to be greater than 0, got: 0"),
    ("torch.chunk(t, -2)", "chunk expects `chunks` to be greater than 0, got: -2"),
    ("torch.chunk(t, 2, 7)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.chunk(s, 2)", "chunk expects at least a 1-dimensional tensor"),
    ('torch.chunk(t, "x")', "chunk(): argument 'chunks' (position 2) must be int, not str"),
    ("torch.unbind(s)", "Dimension specified as 0 but tensor has no dimensions"),
    ("torch.unbind(t, 4)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.tensor_split(t, 0)", "number of sections must be larger than 0, got 0"),
    ("torch.where(t > 1, t)", "where() received an invalid combination of arguments"),
    ("torch.where(t, t, t)", "where expected condition to be a boolean tensor, but got a"),
    ("torch.where(b, torch.ones(2), f)", "The size of tensor a (3) must match the size of tensor b"),
    ("torch.gather(t, 0, i)", "Index tensor must have the same number of dimensions as"),
    ("torch.gather(t, 0, torch.tensor([[5,0,0]]))", "index 5 is out of bounds for dimension 0 with size 2"),
    ("torch.gather(t, 1, torch.tensor([[-4]]))", "index -4 is out of bounds for dimension 1 with size 3"),
    ("torch.gather(t, 0, t)", "gather(): Expected dtype int32/int64 for index"),
    ("torch.gather(t, 5, torch.tensor([[0]]))", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("torch.gather(t, 1, torch.zeros(3,1,dtype=torch.int64))", "Size does not match at dimension 0 expected index"),
    ("torch.gather(t, 0, [[0]])", "gather(): argument 'index' (position 3) must be Tensor, not"),
    ("t.scatter_(0, i, 1.)", "Index tensor must have the same number of dimensions as"),
    ("t.scatter_(0, torch.tensor([[7]]), 1.)", "index 7 is out of bounds for dimension 0 with size 2"),
    ("t.scatter_(1, torch.tensor([[0]]), d)", "scatter(): Expected self.dtype to be equal to src.dtype"),
    ("t.scatter_(1, torch.tensor([[0.]]), 1.)", "scatter(): Expected dtype int32/int64 for index"),
    ("t.scatter_(1, torch.tensor([[0]]))", "received an invalid combination of arguments"),
    ("t.scatter_(1, torch.tensor([[0]]), 1., reduce='x')", "reduce argument must be either add or multiply"),
    ("t.index_select(0, torch.tensor([5]))", "index out of range in self"),
    ("t.index_select(0, torch.tensor([0.]))", "index_select(): Expected dtype int32 or int64 for index"),
    ("t.index_select(0, torch.tensor([[0]]))", "index_select(): Index is supposed to be a vector"),
    ("t.index_select(3, torch.tensor([0]))", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.index_select(0, 0)", "index_select(): argument 'index' (position"),
    ("t.index_add_(0, i, t)", "index_add_(): Number of indices (3) should be equal to"),
    ("t.index_fill_(0, torch.tensor([5]), 1)", "index 5 is out of bounds for dimension 0 with size 2"),
    ("t.index_copy_(0, torch.tensor([0,1]), f)", "index_copy_(): When source and destination are not scalars,"),
    ("t.masked_fill(t, 1)", "masked_fill_ only supports boolean masks, but got mask with"),
    ("t.masked_fill(torch.tensor([True,False]), 1)", "must match the size of tensor b"),
    ("t.masked_fill(t>1, torch.ones(2))", "masked_fill_ only supports a 0-dimensional value tensor,"),
    ("t.masked_fill(t>1)", "masked_fill"),
    ("t.masked_select(t)", "masked_select: expected BoolTensor for mask"),
    ("t.masked_select(torch.tensor([True]*4))", "The size of tensor a (4) must match the size of tensor b"),
    ("t.masked_scatter_(t>1, torch.ones(1))", "Number of elements of source < number of ones in mask"),
    ("t.take(torch.tensor([9]))", "out of range: tried to access index 9 on a tensor of 6"),
    ("t.take(torch.tensor([1.]))", "take(): Expected a long tensor for index, but got Float"),
    ("t.narrow(0, 1, 5)", "start (1) + length (5) exceeds dimension size (2"),
    ("t.narrow(0, -3, 1)", "start out of range (expected to be in range of [-2, 2], but"),
    ("t.narrow(5, 0, 1)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.narrow(0, 0, -1)", "narrow(): length must be non-negative"),
    ("t.select(0, 5)", "select(): index 5 out of range for tensor of size [2, 3] at"),
    ("t.select(5, 0)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.diagonal(0, 0, 0)", "diagonal dimensions cannot be identical 0, 0"),
    ("torch.diag(torch.ones(2,2,2))", "diag(): Supports 1D or 2D tensors. Got 3D"),
    ("torch.tril(f)", "tril: input tensor must have at least 2 dimensions"),
    ("torch.triu(f)", "triu: input tensor must have at least 2 dimensions"),
    ("t.unfold(0, 5, 1)", "maximum size for tensor at dimension 0 is 2 but size is 5"),
    ("t.unfold(0, 1, 0)", "step is 0 but must be > 0"),
    ("t.fill_(f)", "fill_ only supports 0-dimension value tensor but got tensor"),
    ("t.copy_(torch.ones(4))", "The size of tensor a (3) must match the size of tensor b"),
    ('t.copy_("x")', "must be Tensor"),
    ("t.zero_(3)", "zero_() takes"),
    ('t.type("x")', "invalid type: 'x'"),
    ("t.type(3)", "dtype must be a type, str, or dtype object"),
    ('t.to("x")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ('t.to(torch.float32, "x")', "to() received an invalid combination of arguments - got"),
    ("t.to(-1)", "Device index must not be negative"),
    ('t.to("float64")', "device string"),
    ("t.cpu(3)", "positional argument"),
    ("t.float(3)", "positional argument"),
    ("t.double(3)", "positional argument"),
    ('t.long("x")', "positional argument"),
    ("t.numpy(3)", "positional argument"),
    ("t.tolist(3)", "tolist() takes"),
    ("t.item(3)", "item() takes"),
    ('torch.device("gpu")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ('torch.device("")', "Device string must not be empty"),
    ('torch.device("cpu", "x")', "device(): argument 'index' (position 2) must be int, not str"),
    ('torch.device("cpu", -1)', "Device index must not be negative"),
    ('torch.device(" cpu")', "device string"),
    ('torch.device("cpu:1", 0)', "type (string) must not include an index because index was"),
    ('torch.zeros(3, device="gpu")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ("torch.zeros(3, device=3.)", "device, not float"),
    ('nn.Linear(2,2).to("gpu")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ("torch.tensor()", "tensor() missing 1 required positional argument"),
    ("torch.tensor([[1,2],[3]])", "expected sequence of length 2 at dim 1 (got 1"),
    ("torch.tensor([[1,2],3])", "not a sequence"),
    ('torch.tensor("x")', "new(): invalid data type 'str'"),
    ('torch.tensor(["a","b"])', "too many dimensions 'str'"),
    ("torch.tensor(None)", "Could not infer dtype of NoneType"),
    ("torch.tensor({})", "Could not infer dtype of dict"),
    ("torch.tensor({1,2})", "Could not infer dtype of set"),
    ("torch.tensor(object())", "Could not infer dtype of object"),
    ("torch.tensor((x for x in [1]))", "Could not infer dtype of generator"),
    ("torch.tensor(map(int, [1]))", "Could not infer dtype of map"),
    ("torch.tensor([1,2], [3])", "tensor() takes 1 positional argument but 2 were given"),
    ('torch.tensor([1.], dtype="float32")', "tensor(): argument 'dtype' must be torch.dtype, not str"),
    ("torch.tensor([1.], dtype=np.float32)", "tensor(): argument 'dtype' must be torch.dtype, not type"),
    ("torch.tensor([1.], dtype=3)", "tensor(): argument 'dtype' must be torch.dtype, not int"),
    ('torch.tensor([1.], device="x")', "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl,"),
    ("torch.tensor([f, f])", "only one element tensors can be converted to Python scalars"),
    ('torch.tensor(np.array(["a"]))', "can't convert np.ndarray of type numpy.str_. The only"),
    ("torch.tensor(np.array([None]))", "can't convert np.ndarray of type numpy.object_. The only"),
    ("torch.tensor(2**70)", "Overflow when unpacking long long"),
    ("torch.tensor(300, dtype=torch.uint8)", "value cannot be converted to type uint8 without overflow"),
    ("torch.tensor([300], dtype=torch.int8)", "value cannot be converted to type int8 without overflow"),
    ('torch.as_tensor("x")', "new(): invalid data type 'str'"),
    ("torch.as_tensor(None)", "Could not infer dtype of NoneType"),
    ("torch.as_tensor([[1],[1,2]])", "expected sequence of length 1 at dim 1 (got 2"),
    ("torch.from_numpy([1,2])", "expected np.ndarray (got list"),
    ("torch.from_numpy(3)", "expected np.ndarray (got int"),
    ("torch.from_numpy(f)", "expected np.ndarray (got"),
    ('torch.from_numpy(np.array(["a"]))', "can't convert np.ndarray of type numpy.str_. The only"),
    ("torch.from_numpy(np.array([object()]))", "can't convert np.ndarray of type numpy.object_. The only"),
    ("torch.from_numpy(np.ones(3)[::-1])", "At least one stride in the given numpy array is negative,"),
    ("torch.from_numpy(np.float32(3))", "expected np.ndarray (got numpy.float32"),
    ("torch.from_numpy()", "from_numpy"),
    ("torch.from_numpy(np.ones(2,dtype='>f4'))", "given numpy array has byte order different from the native"),
    ("torch.from_numpy(np.array(['2020'],dtype='datetime64'))", "can't convert np.ndarray of type"),
    ('torch.Tensor("x")', "new(): invalid data type 'str'"),
    ("torch.Tensor(None)", "new(): data must be a sequence (got NoneType"),
    ("torch.Tensor(3.5)", "new(): data must be a sequence (got float"),
    ('torch.Tensor(2, "x")', "new(): argument 'size' failed to unpack the object at pos 2"),
    ('torch.Tensor(["a"])', "too many dimensions 'str'"),
    ("torch.Tensor([[1],[1,2]])", "expected sequence of length 1 at dim 1 (got 2"),
    ("torch.Tensor(-1)", "Trying to create tensor with negative dimension -1: [-1]"),
    ('torch.FloatTensor("x")', "new(): invalid data type 'str'"),
    ('torch.FloatTensor([["a"]])', "too many dimensions 'str'"),
    ("torch.LongTensor(2.5)", "new(): data must be a sequence (got float"),
    ('torch.LongTensor(["a"])', "too many dimensions 'str'"),
    ("torch.ByteTensor([300])", "value cannot be converted to type uint8 without overflow"),
    ('torch.BoolTensor(["a"])', "too many dimensions 'str'"),
    ("torch.zeros()", 'zeros() missing 1 required positional arguments: "size"'),
    ('torch.zeros("x")', "zeros(): argument 'size' (position 1) must be tuple of"),
    ("torch.zeros([2],[3])", "zeros() takes 1 positional argument but 2 were given"),
    ('torch.zeros(2, "x")', "zeros(): argument 'size' failed to unpack the object at pos"),
    ('torch.zeros(3, dtype="float")', "zeros(): argument 'dtype' must be torch.dtype, not str"),
    ("torch.zeros(3, dtype=3)", "zeros(): argument 'dtype' must be torch.dtype, not int"),
    ("torch.zeros(3, dtype=np.float64)", "zeros(): argument 'dtype' must be torch.dtype, not type"),
    ("torch.zeros(2**62)", "Storage size calculation overflowed with"),
    ("torch.ones(size=3)", "ones(): argument 'size' must be tuple of ints, not int"),
    ('torch.ones(size="x")', "ones(): argument 'size' must be tuple of ints, not str"),
    ("torch.full(3, 1.)", "full(): argument 'size' (position 1) must be tuple of ints,"),
    ("torch.full((3,))", "full() missing 1 required positional argument"),
    ('torch.full((3,), "x")', "full(): argument 'fill_value' (position 2) must be Number,"),
    ('torch.full((2,), 1, dtype="x")', "full(): argument 'dtype' must be torch.dtype, not str"),
    ('torch.empty("x")', "empty(): argument 'size' (position 1) must be tuple of"),
    ("torch.eye(-1)", "n must be greater or equal to 0, got -1"),
    ('torch.eye("x")', "eye(): argument 'n' (position 1) must be int, not str"),
    ("torch.eye(2.)", "eye(): argument 'n' (position 1) must be int, not float"),
    ("torch.arange()", "arange() received an invalid combination of arguments - got"),
    ('torch.arange("x")', "arange(): argument 'end' (position"),
    ("torch.arange(0, 3, 0)", "step must be nonzero"),
    ("torch.arange(3, 0)", "upper bound and lower bound inconsistent with step sign"),
    ("torch.arange(float('inf'))", "unsupported range: 0 -> inf"),
    ("torch.arange(float('nan'))", "unsupported range: 0 -> nan"),
    ("torch.range(3,0)", "upper bound and lower bound inconsistent with step sign"),
    ("torch.linspace(0,1,-1)", "number of steps must be non-negative"),
    ("torch.logspace(0,1,-1)", "number of steps must be non-negative"),
    ("torch.zeros_like(3)", "zeros_like(): argument 'input' (position 1) must be Tensor,"),
    ("torch.ones_like(np.ones(3))", "ones_like(): argument 'input' (position 1) must be Tensor,"),
    ("torch.rand_like(i)", "\"check_uniform_bounds\" not implemented for 'Long'"),
    ("torch.randn_like(i)", "\"normal_kernel_cpu\" not implemented for 'Long'"),
    ("torch.full_like(t)", "full_like() missing 1 required positional argument"),
    ("torch.meshgrid(t, t)", "torch.meshgrid: Expected 0D or 1D tensor in the tensor list"),
    ("torch.meshgrid(f, f, indexing='x')", 'torch.meshgrid: indexing must be one of "xy" or "ij", but'),
    ("torch.meshgrid([f, 3])", "expected Tensor as element 1 in argument 0, but got int"),
    ("torch.meshgrid(f, d)", "meshgrid expects all tensors to have the same dtype"),
    ("torch.is_floating_point(3)", "is_floating_point(): argument 'input' (position 1) must be"),
    ("torch.numel(3)", "numel(): argument 'input' (position 1) must be Tensor, not"),
    ("torch.allclose(f, 3)", "argument 'other' (position 2) must be Tensor, not int"),
    ("torch.allclose(f, d)", "Float did not match Double"),
    ("torch.allclose(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("torch.equal(f, 3)", "equal(): argument 'other' (position 2) must be Tensor, not"),
    ("torch.isclose(f, d)", "Float did not match Double"),
    ("torch.isnan(3)", "isnan(): argument 'input' (position 1) must be Tensor, not"),
    ('torch.isfinite("x")', "isfinite(): argument 'input' (position 1) must be Tensor,"),
    ("torch.broadcast_tensors(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("torch.broadcast_to(f, (2,))", "The expanded size of the tensor (2) must match the existing"),
    ("torch.broadcast_shapes((2,),(3,))", "Attempting to broadcast a dimension of length 3 at -1!"),
    ("torch.result_type(f)", "result_type"),
    ("torch.promote_types(f, torch.float32)", "promote_types(): argument 'type1' (position 1) must be"),
    ("torch.can_cast(3, 4)", "can_cast(): argument 'from_' (position 1) must be"),
    ("torch.finfo(torch.int64)", "torch.finfo() requires a floating point input type. Use"),
    ("torch.iinfo(torch.float32)", "torch.iinfo() requires an integer input type. Use"),
    ('torch.finfo("x")', "finfo(): argument 'type' (position 1) must be torch.dtype,"),
    ("torch.iinfo()", "missing 1 required positional argument"),
    ('torch.Size("x")', "torch.Size() takes an iterable of 'int' (item 0 is 'str'"),
    ("torch.Size([None])", "torch.Size() takes an iterable of 'int' (item 0 is"),
    ("torch.Size(3)", "'int' object is not iterable"),
    ("torch.Size([1,2])(3)", "Size' object is not callable"),
    ("t[5]", "index 5 is out of bounds for dimension 0 with size 2"),
    ("t[-3]", "index -3 is out of bounds for dimension 0 with size 2"),
    ("t[0,0,0]", "too many indices for tensor of dimension 2"),
    ('t["x"]', "new(): invalid data type 'str'"),
    ("t[1.5]", "only integers, slices (`:`), ellipsis (`...`), None and"),
    ("t[f]", "tensors used as indices must be long, int, byte or bool"),
    ("t[torch.tensor([0,1]), torch.tensor([0,1,2])]", "shape mismatch: indexing tensors could not be broadcast"),
    ("t[torch.tensor([True])]", "The shape of the mask [1] at index 0 does not match the"),
    ("t[::-1]", "step must be greater than zero"),
    ("t[::0]", "slice step cannot be zero"),
    ('t["a":]', "slice indices must be integers or None or have an __index__"),
    ("s[0]", "invalid index of a 0-dim tensor. Use `tensor.item()` in"),
    ("s[None][1]", "index 1 is out of bounds for dimension 0 with size 1"),
    ("s[:]", "slice() cannot be applied to a 0-dim tensor"),
    ("t[0] = torch.ones(4)", "The expanded size of the tensor (3) must match the existing"),
    ("t[0] = [1,2,3]", "can't assign a list to a torch.FloatTensor"),
    ('t[0] = "x"', "can't assign a str to a torch.FloatTensor"),
    ("t[0] = None", "can't assign a NoneType to a torch.FloatTensor"),
    ("t[0,0] = f", "expand(torch.FloatTensor{[3]}, size=[]): the number of"),
    ("t[t>1] = torch.ones(9)", "shape mismatch: value tensor of shape [9] cannot be"),
    ("t[0] = np.ones(3)", "ndarray to a torch.FloatTensor"),
    ("i[0] = float('nan')", "value cannot be converted to type int64"),
    ("i[0] = 2**63", "Overflow when unpacking long long"),
    ("del t[0]", "Tensor does not support deleting items"),
    ("f.stride(3)", "Dimension out of range (expected to be in range of [-1, 0],"),
    ("s.stride(0)", "Dimension specified as 0 but tensor has no dimensions"),
    ("s.size(0)", "Dimension specified as 0 but tensor has no dimensions"),
    ("t.size(5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ('t.size("x")', "size(): argument 'dim' (position 1) must be int, not str"),
    ("t.size(1.)", "size(): argument 'dim' (position 1) must be int, not float"),
    ("t.dim(3)", "dim() takes"),
    ("t.element_size(3)", "element_size() takes"),
    ('t.is_contiguous("x")', "is_contiguous() takes"),
    ("t.contiguous(3)", "positional argument"),
    ('t.new_zeros("x")', "zeros(): argument 'size' (position 1) must be tuple of"),
    ("t.new_zeros()", 'zeros() missing 1 required positional arguments: "size"'),
    ("t.new_tensor()", "new_tensor() missing 1 required positional argument"),
    ('t.new_tensor("x")', "new(): invalid data type 'str'"),
    ("t.new_full((2,))", "full() missing 1 required positional argument"),
    ("t.index_put_((torch.tensor([5]),), s)", "index 5 is out of bounds for dimension 0 with size 2"),
    ("t.index_put_(3, s)", "argument 'indices' (position 1) must be tuple of Tensors,"),
    ("t.index_put((torch.tensor([0]),), d)", "Index put requires the source and destination dtypes match,"),
    ("t.data_ptr(3)", "data_ptr() takes"),
    ("t.cumsum()", "cumsum() missing 1 required positional argument"),
    ("t.argmax(5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.max(5)", "Dimension out of range (expected to be in range of [-2, 1],"),
    ("t.max(0, 1, 2)", "arguments"),
    ("t.lt(torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("t.logical_and(3)", "logical_and(): argument 'other' (position"),
    ("t.sqrt(3)", "sqrt() takes"),
    ("t.dist(torch.ones(4))", "The size of tensor a (3) must match the size of tensor b"),
    ("t.dot(t)", "1D tensors expected, but got 2D and 2D tensors"),
    ("t.unknown_method(3)", "'Tensor' object has no attribute 'unknown_method'"),
    ("t.Size", "'Tensor' object has no attribute 'Size'"),
]
"""Products, arithmetic, reductions, shapes, indexing, construction, devices, dtypes."""

LAYERS = [
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
    ("nn.MSELoss()(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("nn.MSELoss()(i, i)", "\"mse_cpu\" not implemented for 'Long'"),
    ("nn.MSELoss()(f, 3)", "'int' object has no attribute 'size'"),
    ("nn.MSELoss()(f)", "MSELoss.forward() missing 1 required positional argument:"),
    ("nn.MSELoss(f, f)", "Boolean value of Tensor with more than one value is"),
    ("nn.MSELoss(reduction='x')(f, f)", "x is not a valid value for reduction"),
    ("nn.MSELoss(reduction=None)(f, f)", "None is not a valid value for reduction"),
    ("nn.MSELoss(reduction=3)(f, f)", "3 is not a valid value for reduction"),
    ('F.mse_loss(f, f, reduction="avg")', "avg is not a valid value for reduction"),
    ("F.mse_loss(f)", "mse_loss() missing 1 required positional argument: 'target'"),
    ("F.mse_loss(3, f)", "'int' object has no attribute 'size'"),
    ("F.mse_loss(i, i)", "\"mse_cpu\" not implemented for 'Long'"),
    ("F.l1_loss(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("F.l1_loss(i, i)", "mean(): could not infer output dtype. Input dtype must be"),
    ("nn.SmoothL1Loss()(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("nn.SmoothL1Loss(beta=-1)(f, f)", "smooth_l1_loss does not support negative values for beta"),
    ("F.smooth_l1_loss(i, i)", "\"smooth_l1_cpu\" not implemented for 'Long'"),
    ("nn.HuberLoss(delta=0)(f, f)", "huber_loss does not support non-positive values for delta"),
    ("nn.BCELoss()(f, torch.ones(2))", "Using a target size (torch.Size([2])) that is different to"),
    ("nn.BCELoss()(f, torch.ones(3,1))", "Using a target size (torch.Size([3, 1])) that is different"),
    ("nn.BCELoss()(f*2, f)", "all elements of input should be between 0 and 1"),
    ("nn.BCELoss()(f, f*2)", "all elements of target should be between 0 and 1"),
    ("nn.BCELoss()(f, i)", "Found dtype Long but expected Float"),
    ("nn.BCELoss()(f, d)", "Found dtype Double but expected Float"),
    ("nn.BCELoss()(d, f)", "Found dtype Float but expected Double"),
    ("nn.BCELoss()(i, i)", "\"binary_cross_entropy\" not implemented for 'Long'"),
    ("nn.BCELoss()(f, b)", "Found dtype Bool but expected Float"),
    ("nn.BCELoss()(f, 1)", "'int' object has no attribute 'size'"),
    ("nn.BCELoss()(f)", "BCELoss.forward() missing 1 required positional argument:"),
    ("nn.BCELoss(weight=torch.ones(2))(f, f)", "dimension"),
    ("nn.BCELoss(weight=3)(f, f)", "cannot assign 'int' object to buffer 'weight' (torch Tensor"),
    ("nn.BCELoss(reduction='x')(f, f)", "x is not a valid value for reduction"),
    ("F.binary_cross_entropy(f, torch.ones(2))", "Using a target size (torch.Size([2])) that is different to"),
    ("F.binary_cross_entropy(f, f, reduction='x')", "x is not a valid value for reduction"),
    ("F.binary_cross_entropy(torch.sigmoid(f), torch.tensor([0,1,2]))", "Found dtype Long but expected Float"),
    ("F.binary_cross_entropy(3, f)", "'int' object has no attribute 'size'"),
    ("nn.BCEWithLogitsLoss()(f, torch.ones(2))", "Target size (torch.Size([2])) must be the same as input"),
    ("nn.BCEWithLogitsLoss()(f, i)", "result type Float can't be cast to the desired output type"),
    ("nn.BCEWithLogitsLoss()(i, f)", "\"log_sigmoid_cpu\" not implemented for 'Long'"),
    ("nn.BCEWithLogitsLoss()(f, 1.)", "'float' object has no attribute 'size'"),
    ("nn.BCEWithLogitsLoss(pos_weight=torch.ones(2))(f, f)", "The size of tensor a (2) must match the size of"),
    ("nn.BCEWithLogitsLoss(pos_weight=2.)(f, f)", "cannot assign 'float' object to buffer 'pos_weight' (torch"),
    ("nn.BCEWithLogitsLoss(weight=torch.ones(2))(f, f)", "must match the size of tensor b"),
    ("nn.BCEWithLogitsLoss(reduction='x')(f, f)", "x is not a valid value for reduction"),
    ("nn.NLLLoss()(t, torch.tensor([0,1,2]))", "Expected input batch_size (2) to match target batch_size (3"),
    ("nn.NLLLoss()(t, torch.tensor([0,5]))", "Target 5 is out of bounds"),
    ("nn.NLLLoss()(t, torch.tensor([0,-1]))", "Target -1 is out of bounds"),
    ("nn.NLLLoss()(t, torch.tensor([0.,1.]))", "expected target dtype to be Long or Byte, but got Float"),
    ("nn.NLLLoss()(t, t)", "0D or 1D target tensor expected, multi-target not supported"),
    ("nn.NLLLoss()(f, i)", "For 1D input, 1D target must have size 1, but got target"),
    ("nn.NLLLoss()(s, torch.tensor(0))", "Expected 1 or more dimensions (got 0"),
    ("nn.NLLLoss()(t.long(), torch.tensor([0,1]))", "\"nll_loss_out_frame\" not implemented for 'Long'"),
    ("nn.NLLLoss(weight=torch.ones(2))(t, torch.tensor([0,1]))", "weight tensor should be defined either for all 3"),
    ("nn.NLLLoss(weight=torch.ones(3).double())(t, torch.tensor([0,1]))", "expected scalar type Float but found"),
    ("nn.NLLLoss()(t, [0,1])", "nll_loss_nd(): argument 'target' (position 2) must be"),
    ("nn.NLLLoss()(torch.ones(2,3,4), torch.zeros(2,5).long())", "Expected target size [2, 4], got [2, 5]"),
    ("nn.NLLLoss()(torch.ones(2,3,4), torch.zeros(2).long())", "Expected target size [2, 4], got [2]"),
    ("nn.NLLLoss()(t, torch.tensor([0,1], dtype=torch.int32))", "expected target dtype to be Long or Byte, but got"),
    ("nn.NLLLoss()(t, torch.tensor([True,False]))", "expected target dtype to be Long or Byte, but got Bool"),
    ("F.nll_loss(t, torch.tensor([0,1]), reduction='x')", "x is not a valid value for reduction"),
    ("F.nll_loss(t, torch.tensor([[0],[1]]))", "0D or 1D target tensor expected, multi-target not supported"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([0,1,2]))", "Expected input batch_size (2) to match target batch_size"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([0.,1.]))", "expected target dtype to be Long or Byte, but got Float"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([0,3]))", "Target 3 is out of bounds"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([0,-1]))", "Target -1 is out of bounds"),
    ("nn.CrossEntropyLoss()(t, t.long())", "Expected floating point type for target with class"),
    ("nn.CrossEntropyLoss()(t, torch.ones(2,4))", "0D or 1D target tensor expected, multi-target not supported"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([0,1],dtype=torch.int32))", "expected target dtype to be Long or Byte,"),
    ("nn.CrossEntropyLoss()(t, torch.tensor([True,False]))", "expected target dtype to be Long or Byte, but got"),
    ("nn.CrossEntropyLoss()(t, 1)", "cross_entropy_loss(): argument 'target' (position 2) must"),
    ("nn.CrossEntropyLoss()(t)", "CrossEntropyLoss.forward() missing 1 required positional"),
    ("nn.CrossEntropyLoss(t, torch.tensor([0,1]))", "Boolean value of Tensor with more than one value is"),
    ("nn.CrossEntropyLoss()(t.long(), torch.tensor([0,1]))", '"log_softmax_lastdim_kernel_impl" not implemented'),
    ("nn.CrossEntropyLoss(weight=torch.ones(2))(t, torch.tensor([0,1]))", "weight tensor should be defined either"),
    ("nn.CrossEntropyLoss(weight=[1,1,1])(t, torch.tensor([0,1]))", "cannot assign 'list' object to buffer"),
    ("nn.CrossEntropyLoss(weight=torch.ones(2))(t, t)", "cross_entropy: weight tensor should be defined either for"),
    ("nn.CrossEntropyLoss(label_smoothing=2.)(t, torch.tensor([0,1]))", "label_smoothing must be between 0.0 and"),
    ("nn.CrossEntropyLoss(reduction='x')(t, torch.tensor([0,1]))", "x is not a valid value for reduction"),
    ("nn.CrossEntropyLoss(reduction=None)(t, torch.tensor([0,1]))", "None is not a valid value for reduction"),
    ('nn.CrossEntropyLoss(ignore_index="x")(t, torch.tensor([0,1]))', "cross_entropy_loss(): argument"),
    ("nn.CrossEntropyLoss(ignore_index=0)(t, t)", "ignore_index is not supported for floating point target"),
    ("F.cross_entropy(t, torch.tensor([0.,1.]))", "expected target dtype to be Long or Byte, but got Float"),
    ("F.cross_entropy(t)", "cross_entropy() missing 1 required positional argument:"),
    ('F.cross_entropy("x", torch.tensor([0,1]))', "cross_entropy_loss(): argument 'input' (position 1) must be"),
    ("F.cross_entropy(torch.ones(2,3,4), torch.zeros(2,5).long())", "Expected target size [2, 4], got [2, 5]"),
    ("F.cross_entropy(torch.ones(2,3,4), torch.zeros(3,4).long())", "Expected input batch_size (2) to match target"),
    ("F.kl_div(t, t, reduction='x')", "x is not a valid value for reduction"),
    ("nn.HingeEmbeddingLoss()(f, torch.ones(2))", "The size of tensor a (2) must match the size of tensor b"),
    ("nn.MarginRankingLoss()(f, t, f)", "margin_ranking_loss : All input tensors should have same"),
    ("nn.MarginRankingLoss()(f, torch.ones(2), f)", "The size of tensor a (3) must match the size of tensor b"),
    ("nn.CosineEmbeddingLoss()(f, f, f)", "1D target tensor expects 2D input tensors, but found inputs"),
    ("nn.SoftMarginLoss()(f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("nn.PoissonNLLLoss()(f, torch.ones(2))", "The size of tensor a (2) must match the size of tensor b"),
    ("nn.TripletMarginLoss()(f, f, torch.ones(2))", "The size of tensor a (3) must match the size of tensor b"),
    ("nn.GaussianNLLLoss()(f, f, -f)", "var has negative entry/entries"),
    ("nn.MultiMarginLoss()(t, torch.tensor([9,0]))", "target out of range"),
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
    ("nn.lineer", "nn' has no attribute 'lineer'"),
]
"""Layers, losses, initialisation, optimizers, data."""

SCRIPTS = [
    (
        """
        y = (g*2).sum()
        y.backward()
        y.backward()
        """,
        "Trying to backward through the graph a second time (or",
    ),
    (
        """
        y = g.exp()
        y.add_(1)
        y.sum().backward()
        """,
        "instead. Hint: enable anomaly detection to find the",
    ),
    (
        """
        y = (g**2).sum()
        torch.autograd.grad(y, g)
        torch.autograd.grad(y, g)
        """,
        "Trying to backward through the graph a second time (or",
    ),
    (
        """
        y = (g**2).sum()
        gr, = torch.autograd.grad(y, g)
        gr.sum().backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        w = f.clone()
        y = (g*w).sum()
        w.add_(1)
        y.backward()
        """,
        "instead. Hint: enable anomaly detection to find the",
    ),
    (
        """
        with torch.no_grad():
            y = (g**2).sum()
        y.backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        (y*g).sum().backward()
        """,
        "Inference tensors cannot be saved for backward. Please do",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        y.add_(1)
        """,
        "Inplace update to inference tensor outside InferenceMode is",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        y.requires_grad_()
        """,
        "Setting requires_grad=True on inference tensor outside",
    ),
    (
        """
        @torch.no_grad
        def h(): return (g*2)
        h().sum().backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr, gr
        A.apply(g).sum().backward()
        """,
        "function ABackward returned an incorrect number of",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr.sum()+torch.ones(2)
        A.apply(g).sum().backward()
        """,
        "Function ABackward returned an invalid gradient at index 0",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return 3.0
        A.apply(g).sum().backward()
        """,
        "expected Variable or None (got float",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
        A.apply(g).sum().backward()
        """,
        "You must implement either the backward or vjp method for",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def backward(ctx, x): return x*2
        A.apply(g).sum().backward()
        """,
        "You must implement the forward function for custom",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply()
        """,
        "A.forward() missing 1 required positional argument: 'x'",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply(g, 3)
        """,
        "A.forward() takes 2 positional arguments but 3 were given",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(3)
                return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply(g)
        """,
        "save_for_backward can only save variables, but argument 0",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x*2
            @staticmethod
            def backward(ctx, gr):
                x, y = ctx.saved_tensors
                return gr
        A.apply(g).sum().backward()
        """,
        "not enough values to unpack (expected 2, got 1",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x*2
            @staticmethod
            def backward(ctx, gr):
                x, = ctx.saved_tensors
                return gr
        z = g*1
        y = A.apply(z).sum()
        z.add_(1)
        y.backward()
        """,
        "one of the variables needed for gradient computation has",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                x.add_(1)
                return x
            @staticmethod
            def backward(ctx, gr):
                return gr
        A.apply(g).sum().backward()
        """,
        "a leaf Variable that requires grad has been used in an",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x*2
            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx, gr):
                return gr*2
        x = A.apply(g)
        y, = torch.autograd.grad((x**2).sum(), g, create_graph=True)
        y.sum().backward()
        """,
        "trying to differentiate twice a function that was marked",
    ),
    (
        """
        g.register_hook(lambda x: 3)
        g.sum().backward()
        """,
        "expected Variable, but hook returned 'int'",
    ),
    (
        """
        g.register_hook(lambda x: torch.ones(2))
        g.sum().backward()
        """,
        "hook '<lambda>' has changed the size of value",
    ),
    (
        """
        g.register_hook(lambda x: x.double())
        g.sum().backward()
        """,
        "hook '<lambda>' has changed the type of value (was",
    ),
    (
        """
        g.register_hook(lambda: 3)
        g.sum().backward()
        """,
        "<lambda>() takes 0 positional arguments but 1 was given",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: 3)
        y.sum().backward()
        """,
        "expected tuple, but hook returned 'int'",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: (a[0], a[0], a[0]))
        y.sum().backward()
        """,
        "hook '<lambda>' has returned an incorrect number of values",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: (torch.ones(7),None))
        y.sum().backward()
        """,
        "hook '<lambda>' has changed the size of value",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(3)
        y.sum().backward()
        """,
        "'int' object is not callable",
    ),
    (
        """
        loss = F.mse_loss(g, f).item()
        loss.backward()
        """,
        "'float' object has no attribute 'backward'",
    ),
    (
        """
        y = g[:2]
        y += 1
        """,
        "a view of a leaf Variable that requires grad is being used",
    ),
    (
        """
        a, c = (g*1).split([1,2])
        a.add_(1)
        """,
        "is a view and is being modified inplace. This view is the",
    ),
    (
        """
        e = f.expand(2,3)
        e.add_(1)
        """,
        "unsupported operation: more than one element of the",
    ),
    (
        """
        x = torch.ones(3, requires_grad=True)
        y = x.relu_()
        """,
        "a leaf Variable that requires grad is being used in an",
    ),
    (
        """
        w = torch.ones(2,2,requires_grad=True)
        w -= 0.1*w
        """,
        "a leaf Variable that requires grad is being used in an",
    ),
    (
        """
        i.grad = torch.ones(3)
        i.grad
        """,
        "attempting to assign a gradient with dtype '",
    ),
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
    (
        """
        loss = nn.MSELoss()
        loss(torch.ones(3), torch.ones(3)).backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        loss = nn.CrossEntropyLoss()
        y = F.one_hot(torch.tensor([0,1]), 3)
        loss(t, y)
        """,
        "Expected floating point type for target with class",
    ),
    (
        """
        ls = [(g*k).sum() for k in range(2)]
        np.mean(ls)
        """,
        "Can't call numpy() on Tensor that requires grad. Use",
    ),
]
"""The same, of several lines."""

FINE = [
    "torch.autograd.grad(g * 2, g, [torch.ones(3), torch.ones(3)])",
    "torch.zeros(1).expand(3)[0].fill_(1)",
    "torch.autograd.Variable()",
    "torch.add(i, i, out=torch.empty(0))",
    "(g + 2).sum().backward()",
]
"""What torch does not refuse either."""

WARNINGS = [
    ("F.mse_loss(f, t)", "Using a target size (torch.Size([2, 3])) that is different to the input size"),
    ("F.l1_loss(f, t)", "Using a target size (torch.Size([2, 3])) that is different to the input size"),
    ("F.smooth_l1_loss(f, t)", "that is different to the input size (torch.Size([3]))"),
    ("nn.MSELoss(size_average=False)", "size_average and reduce args will be deprecated, please use reduction='sum'"),
    ("nn.BCELoss(size_average=True)", "size_average and reduce args will be deprecated, please use reduction='mean'"),
    ("nn.MSELoss(reduce=False)", "size_average and reduce args will be deprecated, please use reduction='none'"),
    ("F.softmax(t)", "Implicit dimension choice for softmax has been deprecated"),
    ("nn.LogSoftmax()(t)", "Implicit dimension choice for log_softmax has been deprecated"),
    ("F.kl_div(t, t)", "reduction: 'mean' divides the total loss by both the batch size and the support size"),
    ("(g * 2).grad", "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"),
    ("torch.autograd.Variable(f, volatile=True)", "volatile was removed and now has no effect"),
    ("torch.add(f, f, out=torch.zeros(2))", "An output with one or more elements was resized since it had shape [2]"),
    ("torch.autograd.Function()", "should not be instantiated. Methods on autograd functions are all static"),
    (
        "torch.autograd.gradcheck(lambda x: x * 1, g, atol=1)",
        "Input #0 requires gradient and is not a double precision",
    ),
    ("nn.init.uniform(f)", "is now deprecated in favor of `nn.init.uniform_`"),
    ("data.DataLoader(range(3), num_workers=0, timeout=0)", ""),
]
"""What warns, and of what."""


def scope_of(engine: Any) -> dict[str, Any]:
    """The names that the lines use, over an engine."""
    return {
        "torch": engine,
        "np": np,
        "nn": engine.nn,
        "F": engine.nn.functional,
        "init": engine.nn.init,
        "optim": engine.optim,
        "data": engine.utils.data,
        "Dataset": engine.utils.data.Dataset,
        "DataLoader": engine.utils.data.DataLoader,
        "TensorDataset": engine.utils.data.TensorDataset,
        "t": engine.arange(6.0).reshape(2, 3),
        "f": engine.ones(3),
        "g": engine.ones(3, requires_grad=True),
        "i": engine.arange(3),
        "b": engine.tensor([True, False, True]),
        "d": engine.ones(3, dtype=engine.float64),
        "s": engine.tensor(2.0),
    }


def raised(code: str, engine: Any) -> Exception | None:
    """What the code raises, and None if it does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(textwrap.dedent(code), scope_of(engine))
        except Exception as error:
            return error
    return None


@pytest.mark.parametrize(("code", "phrase"), GRADIENTS + TENSORS + LAYERS + SCRIPTS)
def test_both_engines_refuse_in_the_same_words(code: str, phrase: str) -> None:
    mine, theirs = raised(code, minitorch), raised(code, torch)
    assert type(mine).__name__ == type(theirs).__name__ != "NoneType", (mine, theirs)
    assert phrase in str(theirs)
    assert phrase in str(mine)


@pytest.mark.parametrize("code", FINE)
def test_neither_engine_refuses(code: str) -> None:
    assert raised(code, torch) is None
    assert raised(code, minitorch) is None


@pytest.fixture
def every_warning() -> Iterator[None]:
    """Lets torch give each time the warnings that it gives once in a process, whatever ran before."""
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.mark.parametrize(("code", "phrase"), WARNINGS)
def test_both_engines_warn_in_the_same_words(code: str, phrase: str, every_warning: None) -> None:
    told = []
    for engine in (torch, minitorch):
        scope = scope_of(engine)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec(code, scope)
        told.append([each.category for each in caught])
        assert all(phrase in str(each.message) for each in caught), [str(each.message) for each in caught]
    assert told[0] == told[1]
    assert bool(told[0]) == bool(phrase)
