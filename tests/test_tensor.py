"""Tensor: what it says of itself, conversions, numbers, copies and pickles. Each line runs on both engines."""

from __future__ import annotations

import copy
import gc
import mmap
import pickle
import weakref

import numpy as np
import pytest

import minitorch
from tests.same import check_same, check_same_error

SETUP = """
import copy, pickle
x = torch.ones(2, requires_grad=True)
x2 = torch.ones(2, requires_grad=True)
x2.foo = "bar"
y = x * 2
f = torch.ones(2)
f.tag = 3
i = torch.ones(2, dtype=torch.int64)
n = torch.ones(2, 3)
one, zero, z0 = torch.tensor([1.5]), torch.tensor(2.5), torch.tensor(3)
class P(torch.Tensor):
    pass
class Q(torch.Tensor):
    def extra(self):
        return 7
def setd(a, b):
    a.data = b
    return a, a.dtype, a.shape
def seta(a, name, value):
    setattr(a, name, value)
    return getattr(a, name)
"""

CONVERSIONS = """
f == np.array([1., 2])
np.array([1., 2]) == f
i == np.array([1., 2])
i == np.array([1, 2], dtype=np.int32)
f == np.array([True, False])
f == np.array([[1.], [2]])
f == np.array(['a', 'b'])
f == np.array([1, None])
f != np.array([1., 2])
(i == np.array([1, 2])).sum().item()
f.apply_(lambda v: v + 1.5)
i.apply_(lambda v: v / 2)
torch.arange(6).view(2, 3).t().apply_(lambda v: -v)
f.apply_(3)
f.map_(torch.arange(2.), lambda a, b: a + 10 * b)
n.map_(torch.arange(3.), lambda a, b: a + b)
f.map_(torch.ones(3), max)
torch.Tensor([1,2])
torch.Tensor()
torch.Tensor('a')
torch.Tensor(torch.ones(2,dtype=torch.int64))
torch.Tensor(torch.ones(2))
torch.Tensor(np.array([1,2]))
torch.Tensor(range(3))
torch.Tensor([[1,2],[3]])
torch.Tensor((2,3))
torch.Tensor([1],device='cpu')
torch.Tensor(None)
torch.Tensor([1.5]).requires_grad
torch.LongTensor([1,2])
torch.LongTensor([1.5,2])
torch.LongTensor([True])
torch.LongTensor(torch.ones(2))
torch.LongTensor(np.array([1.5]))
torch.FloatTensor([1,2])
torch.FloatTensor(np.array([1.,2]))
torch.FloatTensor.dtype
type(torch.FloatTensor)
torch.HalfTensor([1])
torch.BoolTensor([1,0])
torch.ByteTensor([300])
f.type()
i.type()
f.type('torch.LongTensor')
f.type(torch.long)
f.type(torch.LongTensor)
f.type(torch.FloatTensor) is f
f.type('foo')
f.type(3)
f.type(int)
f.type(float)
f.type_as(i)
f.type_as(3)
f.to(torch.int64)
f.to('cpu') is f
f.to(torch.float32) is f
f.to(torch.float32, copy=True) is f
f.to(i)
f.to('cpu', torch.float64)
f.to('cpu', torch.float64, True, True)
f.to(torch.float64, True, True)
f.to(device='cpu', dtype=torch.int32)
f.to(dtype=torch.int32)
f.to(other=i)
f.to(int)
f.to('foo')
f.to()
f.to(None)
f.to(None, torch.int32)
f.to(torch.channels_last)
f.to(torch.float64, memory_format=torch.contiguous_format)
x.to(torch.float64)
x.to(torch.int64)
x.long()
x.bool()
f.half()
f.int().type()
f.short().dtype, f.char().dtype, f.byte().dtype
torch.tensor([300., -1.5]).byte()
torch.tensor([300., -1.5]).long()
torch.tensor([float('nan')]).long()
torch.tensor([float('nan')]).int()
torch.tensor([3e9]).int()
torch.tensor([0.5]).bool()
x.numpy()
x.detach().numpy()
x.numpy(force=True)
torch.typename(f)
torch.typename(3)
torch.typename('a')
pickle.loads(pickle.dumps(n.to(torch.float16))).dtype
setd(torch.ones(2), torch.ones(2,dtype=torch.int64))
setd(torch.ones(2,requires_grad=True), torch.ones(2,dtype=torch.int64))
setd(torch.ones(2,requires_grad=True), torch.ones(2,dtype=torch.float64))
seta(torch.ones(2),'dtype',torch.int64)
seta(torch.ones(2),'grad',torch.ones(2,dtype=torch.float64))
type(P([1,2]))
f.is_floating_point()
f.dtype
torch.tensor(True).item(), torch.tensor(3).item(), torch.tensor(3, dtype=torch.uint8).item()
torch.from_numpy(np.zeros(3)).dtype
""".strip().splitlines()

COPIES = """
pickle.loads(pickle.dumps(f))
pickle.loads(pickle.dumps(f)).tag
pickle.loads(pickle.dumps(x))
pickle.loads(pickle.dumps(x2)).foo
pickle.loads(pickle.dumps(y))
pickle.loads(pickle.dumps(n.t())).stride()
pickle.loads(pickle.dumps(torch.strided)) is torch.strided
copy.copy(f).tag
copy.copy(f).data_ptr()==f.data_ptr()
copy.copy(x).requires_grad
copy.copy(y)
copy.deepcopy(f).tag
copy.deepcopy(x2).foo
copy.deepcopy(f).data_ptr()==f.data_ptr()
copy.deepcopy(y)
copy.deepcopy(x)
copy.deepcopy(n.t()).stride()
copy.deepcopy([f,f])[0] is copy.deepcopy([f,f])[1]
setd(torch.ones(2), torch.ones(3))
setd(torch.ones(2,requires_grad=True), torch.ones(3))
setd(torch.ones(2), [1])
setd(x*2, torch.ones(3))
seta(torch.ones(2),'requires_grad',1)
seta(torch.ones(2),'requires_grad','a')
seta(x*2,'requires_grad',False)
seta(x*2,'requires_grad',True)
seta(i,'requires_grad',True)
seta(torch.ones(2),'shape',(1,2))
seta(torch.ones(2),'grad',torch.ones(2))
seta(torch.ones(2),'grad',torch.ones(3))
seta(torch.ones(2),'grad',3)
seta(torch.ones(2),'foo',3)
seta(torch.ones(2),'is_leaf',True)
seta(torch.ones(2),'data',None)
x.detach().requires_grad
x.detach()._is_view()
y.detach_().requires_grad
x.detach_() is x
f.requires_grad_().requires_grad
f.requires_grad_(False)
f.requires_grad_(requires_grad=True).is_leaf
i.requires_grad_()
""".strip().splitlines()

FACTS = """
torch.FloatTensor
torch.LongTensor.is_cuda
isinstance(f, torch.FloatTensor)
isinstance(i, torch.FloatTensor)
issubclass(torch.FloatTensor, torch.Tensor)
isinstance(f, torch.DoubleTensor)
isinstance(f, torch.autograd.Variable)
torch.autograd.Variable(f, requires_grad=True)
torch.autograd.Variable(f, volatile=True)
torch.autograd.Variable([1.])
torch.autograd.Variable(x)
torch.autograd.Variable(f) is f
x.double().grad_fn
x.float() is x
x.cpu() is x
x.int().requires_grad
np.asarray(x)
np.ones(2) * f
np.ones(2) + x
np.float32(2) * x
np.ones(2) > f
f.tolist()
zero.tolist()
zero.item()
torch.is_tensor(f), torch.is_tensor(3)
torch.is_floating_point(f)
torch.is_floating_point(3)
torch.numel(f)
torch.is_nonzero(zero)
torch.is_nonzero(f)
torch.is_nonzero(torch.tensor([]))
torch.get_device(f)
torch.ones(2).is_shared()
f.is_pinned()
int(zero), float(zero), bool(zero), complex(zero)
int(f)
float(f)
bool(f)
bool(torch.tensor([]))
int(torch.tensor(float('nan')))
int(torch.tensor(float('inf')))
[1,2,3][zero]
[1,2,3][torch.tensor(1)]
[1,2,3][torch.tensor([1])]
[1,2,3][torch.tensor([1,2])]
[1,2][torch.tensor(True)]
list(range(torch.tensor(3)))
f'{zero:.2f}'
f'{one:.2f}'
f'{one}'
f'{f:.2f}'
f'{z0:5d}'
f'{zero}'
'{:>20}'.format(f)
format(zero, '')
'%.2f' % zero
'%d' % z0
round(zero)
round(zero, 1)
len(zero)
len(f)
1 in f
'a' in f
f in f
torch.tensor(1.) in f
[1.] in f
__import__('math').sqrt(zero)
__import__('math').ceil(z0)
float(x.sum())
x.sum().item()
x.sum().tolist()
int(x.sum())
f'{x.sum():.3f}'
x.data
x.data.requires_grad
list(f)
[*zero]
iter(zero)
f.layout
f.stride(), f.stride(0), f.stride(-1)
f.stride(3)
zero.stride()
zero.stride(0)
f.size(0), f.size(-1)
f.size(2)
zero.size(0)
f.size('a')
f.size(dim=0)
torch.ones(2,3).size((0,1))
f.storage_offset()
torch.ones(4)[2:].storage_offset()
torch.ones(2,1,3).stride()
torch.ones(1,3).t().stride()
torch.ones(1,3).t().is_contiguous()
torch.ones(2,3)[:, :1].stride()
torch.ones(3,2)[:1].t().stride()
f.is_contiguous(memory_format=torch.contiguous_format)
f.data_ptr() > 0
f.names
f.is_conj()
f.is_neg()
f.is_inference()
f.is_signed()
f.resolve_conj() is f
f.real
f.imag
f.output_nr
f.grad_fn
f.is_same_size(i)
f.is_cuda, f.is_cpu, f.is_sparse, f.is_meta, f.is_mps, f.is_quantized
f.__cuda_array_interface__
reversed(f)
f == None
f != None
f == 'a'
f is None or f == [1,1]
y.is_leaf, x.is_leaf, i.is_leaf
Q([1.]).extra()
f.as_subclass(Q).extra()
torch.Tensor._make_subclass(Q, f, True).requires_grad
isinstance(torch.tensor(1), torch.Tensor)
torch.Tensor.__name__, torch.Tensor.__qualname__
f.is_contiguous(memory_format=torch.channels_last)
torch.ones(1,2,3,4).is_contiguous(memory_format=torch.channels_last)
torch.ones(1,3,4,2).permute(0,3,1,2).is_contiguous(memory_format=torch.channels_last)
f.contiguous() is f
f.clone().data_ptr() == f.data_ptr()
f.ndim, f.dim(), i.ndim
f.shape[0], f.shape[-1], f.shape[:1], f.shape + (1,), (1,) + f.shape, f.shape * 2, f.shape == (2,)
f.shape.numel()
f.shape + 3
bool(torch.tensor([0.])), bool(torch.tensor([[1]]))
int(torch.tensor([True])), float(torch.tensor([3]))
int(torch.tensor([[2.9]]))
torch.tensor(0.1).item()
torch.tensor(0.1).tolist()
torch.tensor(np.float32(0.1)).item()
""".strip().splitlines()


@pytest.mark.parametrize("expression", CONVERSIONS + COPIES + FACTS)
def test_the_same_on_both_engines(expression: str) -> None:
    check_same(expression, SETUP)


@pytest.mark.parametrize(
    ("expression", "phrase"),
    [
        ("torch.ones(2, requires_grad=True).numpy()", "Can't call numpy() on Tensor that requires grad"),
        ("torch.ones(2).item()", "a Tensor with 2 elements cannot be converted to Scalar"),
        ("int(torch.ones(2))", "only one element tensors can be converted to Python scalars"),
        ("bool(torch.ones(2))", "Boolean value of Tensor with more than one value is ambiguous"),
        ("bool(torch.ones(0))", "Boolean value of Tensor with no values is ambiguous"),
        ("[1][torch.ones(1)]", "only integer tensors of a single element can be converted to an index"),
        ("len(torch.tensor(1))", "len() of a 0-d tensor"),
        ("'a' in torch.ones(2)", "Tensor.__contains__ only supports Tensor or scalar"),
        ("f'{torch.ones(2):.2f}'", "unsupported format string passed to Tensor.__format__"),
        ("torch.ones(2).size(3)", "Dimension out of range (expected to be in range of [-1, 0], but got 3)"),
        ("torch.ones(2).stride(3)", "Dimension out of range (expected to be in range of [-1, 0], but got 3)"),
        ("torch.tensor(1).size(0)", "Dimension specified as 0 but tensor has no dimensions"),
        ("torch.ones(2).size('a')", "size(): argument 'dim' (position 1) must be int, not str"),
        ("torch.ones(2).imag", "imag is not implemented for tensors with non-complex dtypes"),
        ("torch.ones(2).type('foo')", "invalid type: 'foo'"),
        ("torch.ones(2).type(3)", "dtype must be a type, str, or dtype object"),
        ("torch.ones(2).type_as(3)", "type_as(): argument 'other' (position 1) must be Tensor, not int"),
        ("torch.ones(2).to(other=3)", "to() received an invalid combination of arguments"),
        ("torch.ones(2).to([1])", "to() received an invalid combination of arguments"),
        ("torch.Tensor(2.5)", "new(): data must be a sequence (got float)"),
        ("torch.Tensor('a')", "new(): invalid data type 'str'"),
        ("torch.LongTensor(torch.ones(2))", "expected"),
        ("torch.ones(2).int().requires_grad_()", "can require gradients"),
        ("setattr(torch.ones(2), 'requires_grad', 1)", "requires_grad must be a bool"),
        ("setattr(torch.ones(2, requires_grad=True) * 1, 'requires_grad', False)", "use var_no_grad = var.detach()"),
        ("setattr(torch.ones(2, requires_grad=True) * 1, 'requires_grad', True)", "flags of leaf variables"),
        ("torch.ones(2, requires_grad=True).view(2).detach_()", "Can't detach views in-place. Use detach() instead"),
        ("copy.deepcopy(torch.ones(2, requires_grad=True) * 1)", "Only Tensors created explicitly by the user"),
        ("torch.is_floating_point(3)", "is_floating_point(): argument 'input' (position 1) must be Tensor, not int"),
    ],
)
def test_errors_say_what_torch_says(expression: str, phrase: str) -> None:
    check_same_error(expression, phrase, "import copy")


def test_conversions_carry_the_gradient() -> None:
    x = minitorch.ones(3, requires_grad=True)
    y = x.double()
    assert y.grad_fn.name() == "ToCopyBackward0"
    (y * y).sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (minitorch.float32, [2, 2, 2])
    (g,) = minitorch.autograd.grad((x.double() ** 3).sum(), x, create_graph=True)
    (gg,) = minitorch.autograd.grad(g.sum(), x)
    assert (gg.dtype, gg.tolist()) == (minitorch.float32, [6, 6, 6])


def test_the_same_object_where_nothing_changes() -> None:
    x = minitorch.ones(2, requires_grad=True)
    for same in (
        x.float(),
        x.to("cpu"),
        x.to(minitorch.float32),
        x.cpu(),
        x.type_as(x),
        x.to(x),
        x.real,
        x.resolve_conj(),
    ):
        assert same is x
    assert x.to(minitorch.float32, copy=True) is not x


def test_complex_and_bfloat16_say_that_they_are_missing() -> None:
    for name in ("bfloat16", "cfloat", "cdouble"):
        with pytest.raises(NotImplementedError, match="is not supported"):
            getattr(minitorch.ones(1), name)()


def test_numpy_shares_memory_both_ways() -> None:
    x = minitorch.zeros(3)
    x.numpy()[1] = 4
    assert x.tolist() == [0, 4, 0]
    assert np.asarray(x).__array_interface__["data"][0] == x.data_ptr() == np.asarray(x, copy=False).ctypes.data
    assert np.array(x, dtype=np.float64).dtype == np.float64
    assert np.array(x, copy=True).ctypes.data != x.data_ptr()
    assert isinstance(np.exp(x), minitorch.Tensor)


def test_pickles_keep_attributes_memory_order_and_parameters() -> None:
    x = minitorch.arange(6.0).reshape(2, 3).t()
    x.note = {"a": 1}
    again = pickle.loads(pickle.dumps(x))
    assert (again.note, again.stride(), again.tolist()) == ({"a": 1}, x.stride(), x.tolist())
    part = pickle.dumps(minitorch.zeros(100000)[:2])
    assert len(part) < 1000
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(x, protocol)).tolist() == x.tolist()


def test_deepcopy_keeps_the_gradient_and_shared_tensors() -> None:
    x = minitorch.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first is not x
    assert (first.grad.tolist(), first.requires_grad, first.is_leaf) == ([3, 3], True, True)
    first.grad.zero_()
    assert x.grad.tolist() == [3, 3]


def test_share_memory_moves_to_memory_that_a_fork_shares() -> None:
    x = minitorch.ones(3)
    assert not x.is_shared()
    assert x.share_memory_() is x
    assert x.share_memory_().is_shared()
    assert x.tolist() == [1, 1, 1]
    memory = x.numpy().base.base.obj
    assert isinstance(memory, mmap.mmap)
    memory[:4] = np.float32(7).tobytes()
    assert x.tolist() == [7, 1, 1]


def test_old_types_make_and_recognise_tensors() -> None:
    made = minitorch.LongTensor([1, 2])
    assert type(made) is minitorch.Tensor
    assert isinstance(made, minitorch.LongTensor)
    assert not isinstance(made, minitorch.FloatTensor)
    assert not isinstance([1], minitorch.LongTensor)
    assert made.type() == "torch.LongTensor"
    assert repr(minitorch.LongTensor) == "<class 'torch.LongTensor'>"
    assert minitorch.FloatTensor(2, 3).shape == (2, 3)


def test_subclasses_keep_their_class_through_copies() -> None:
    class Named(minitorch.Tensor):
        pass

    made = minitorch.ones(2).as_subclass(Named)
    assert type(made) is type(copy.copy(made)) is type(copy.deepcopy(made)) is Named
    assert type(Named([1.0])) is Named


def test_a_dropped_tensor_is_freed_at_once() -> None:
    gc.disable()
    try:
        x = minitorch.ones(2, requires_grad=True)
        gone = weakref.ref(x.double() * 2)
        assert gone() is None
    finally:
        gc.enable()


def test_views_share_one_storage() -> None:
    base = minitorch.arange(6.0).reshape(2, 3)
    part = base[1:, 1:]
    storage = part.untyped_storage()
    assert storage == base.untyped_storage() != minitorch.ones(6).untyped_storage()
    assert storage.data_ptr() == base.data_ptr() == part.data_ptr() - part.storage_offset() * 4
    assert (storage.nbytes(), storage.size(), len(storage), str(storage.device)) == (24, 24, 24, "cpu")
    assert len({storage, base.untyped_storage()}) == 1
    assert minitorch.zeros(0).untyped_storage().data_ptr() == 0
    assert minitorch.tensor([1, 2], dtype=minitorch.uint8).untyped_storage().tolist() == [1, 2]
    for expression in ("n[1:, 1:]", "n.t()", "torch.arange(9)[3::2]"):
        check_same(f"({expression}).storage_offset(), ({expression}).untyped_storage().nbytes()", SETUP)
