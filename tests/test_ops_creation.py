"""Creation: what torch makes of the same arguments, or raises. Each line runs on both engines."""

from __future__ import annotations

import pickle
import sys
import warnings

import numpy as np
import pytest
import torch

import minitorch
from tests.same import check_same, check_same_error

SETUP = """
f = torch.ones(2)
i = torch.ones(2, dtype=torch.int64)
b = torch.ones(2, dtype=torch.bool)
def sett(t, v):
    t = t.clone()
    t[0] = v
    return t
"""

DATA = """
torch.tensor(np.float64(1))
torch.tensor(np.float32(1))
torch.tensor([np.float64(1), 2.0])
torch.tensor([np.float64(1)])
torch.tensor([np.float32(1), 2.0])
torch.tensor([np.int32(1), 2])
torch.tensor([np.int32(1), True])
torch.tensor([np.int32(1), 2.5])
torch.tensor([np.bool_(True)])
torch.tensor([True, 2, 2.5])
torch.tensor([torch.tensor(1.), torch.tensor(2)])
torch.tensor([torch.tensor([1.,2]), [3,4]])
torch.tensor([torch.tensor([1.,2]), torch.tensor([3,4])])
torch.tensor([torch.tensor([1.]), torch.tensor([3])])
torch.tensor([torch.tensor([1.], dtype=torch.float64), 3])
torch.tensor([torch.tensor(1., dtype=torch.float64), 3.])
torch.tensor(range(3))
torch.tensor('a')
torch.tensor(None)
torch.tensor(['a'])
torch.tensor([None])
torch.tensor([1, 'a'])
torch.tensor([1, None])
torch.tensor([[1,2],[3]])
torch.tensor([[1],2])
torch.tensor([1,[2]])
torch.tensor([1.,[2]])
torch.tensor([[1,2],[3,4,5]])
torch.tensor([[[1],[2]],[[3],[4,5]]])
torch.tensor(2**63)
torch.tensor(2**64)
torch.tensor([2**63])
torch.tensor([2**64], dtype=torch.float32)
torch.tensor(2**63, dtype=torch.uint64)
torch.tensor([300], dtype=torch.uint8)
torch.tensor(300, dtype=torch.uint8)
torch.tensor(300, dtype=torch.int8)
torch.tensor(-1, dtype=torch.uint8)
torch.tensor([-300], dtype=torch.uint8)
torch.tensor([2.7], dtype=torch.int64)
torch.tensor([float('nan')], dtype=torch.int64)
torch.tensor([1e30], dtype=torch.int64)
torch.tensor(1e39)
torch.tensor(1e39, dtype=torch.float32)
torch.tensor(1e6, dtype=torch.float16)
torch.tensor([0,2,0.5], dtype=torch.bool)
torch.tensor([])
torch.tensor([[]])
torch.tensor([[],[]])
torch.tensor(())
torch.tensor({1:2})
torch.tensor({1,2})
torch.tensor(torch.tensor([1.,2]))
torch.tensor(torch.tensor([1.,2]), requires_grad=True)
torch.tensor([1,2], requires_grad=True)
torch.tensor([1,2], dtype=int)
torch.tensor([1,2], dtype=float)
torch.tensor([1,2], dtype=bool)
torch.tensor([1,2], dtype=np.float32)
torch.tensor([1,2], dtype='float32')
torch.tensor([1,2], device='cpu:0').device
torch.tensor([1,2], device='foo')
torch.tensor([1,2], device=3.5)
torch.tensor()
torch.tensor([1,2], torch.float32)
torch.tensor(1, 2)
torch.tensor(data=[1])
torch.tensor([1], foo=1)
torch.tensor(np.array(['a']))
torch.tensor(np.array([object()]))
torch.tensor(np.array([1,2], dtype='>f4'))
torch.tensor(np.arange(4)[::-1])
torch.from_numpy(np.arange(4)[::-1])
torch.from_numpy(np.array([1,2], dtype='>f4'))
torch.from_numpy([1])
torch.from_numpy(np.float32(3))
torch.from_numpy(np.array(['a']))
torch.from_numpy(np.broadcast_to(np.arange(3), (2,3)))
torch.as_tensor(np.arange(4)[::-1])
torch.as_tensor([1,2.])
torch.as_tensor('a')
torch.as_tensor(3)
torch.as_tensor(np.float32(3))
torch.asarray(3)
torch.asarray([1,2.], dtype=torch.int64)
torch.asarray(np.arange(3), copy=True)
torch.asarray(np.arange(3), requires_grad=True)
torch.asarray(b'abc', dtype=torch.uint8)
torch.scalar_tensor(3)
torch.scalar_tensor(True)
torch.scalar_tensor([3])
torch.frombuffer(bytearray(b'abcd'), dtype=torch.uint8)
torch.frombuffer(b'abcd', dtype=torch.int16, count=2, offset=2)
torch.frombuffer(b'abc', dtype=torch.int16)
torch.frombuffer(b'', dtype=torch.int16)
torch.tensor(b'ab')
torch.tensor(bytearray(b'ab'))
torch.tensor([[1,2],(3,4)])
torch.tensor([True, False], dtype=torch.float64)
torch.tensor(np.array(5, dtype=np.uint16))
torch.tensor([torch.tensor([1.,2.], requires_grad=True)])
torch.tensor(torch.ones(2), dtype=torch.int64)
torch.tensor([[True], [2]])
torch.tensor([[[]]], dtype=torch.int64)
torch.tensor(10**400)
torch.tensor(10**400, dtype=torch.float32)
torch.tensor(np.float64(1), dtype=torch.int32)
torch.scalar_tensor(1e39)
torch.scalar_tensor(300,dtype=torch.uint8)
torch.tensor(70000, dtype=torch.float16)
torch.tensor(1e400)
torch.tensor([2**63-1])
torch.tensor([-2**63])
torch.tensor([-2**63-1])
torch.tensor(-2**63-1)
torch.tensor([2**64-1], dtype=torch.uint64)
torch.tensor([2**63], dtype=torch.float64)
torch.tensor([2**63], dtype=torch.bool)
torch.tensor([255.9], dtype=torch.uint8)
torch.tensor([256.], dtype=torch.uint8)
torch.tensor([-0.5], dtype=torch.uint8)
torch.tensor([2**31], dtype=torch.int32)
torch.tensor([True, 2**40], dtype=torch.int16)
torch.tensor([np.int64(300)], dtype=torch.uint8)
torch.tensor(np.int64(300), dtype=torch.uint8)
torch.tensor(np.array([300]), dtype=torch.uint8)
torch.tensor([torch.tensor(300)], dtype=torch.uint8)
torch.as_tensor(f) is f
torch.as_tensor(f, dtype=torch.float32) is f
torch.as_tensor(f, dtype=torch.int64)
torch.as_tensor([f[0], f[1]])
torch.as_tensor(np.float64(3.))
torch.as_tensor(np.arange(3), dtype=torch.float32)
torch.as_tensor(3.5, dtype=torch.int32)
torch.asarray(f) is f
torch.asarray(f, copy=True) is f
torch.asarray(f, requires_grad=True)
torch.asarray(f, dtype=torch.int64, copy=False)
torch.asarray([1,2], copy=False)
torch.asarray(np.arange(3), dtype=torch.float32, copy=False)
torch.asarray(np.float32(2))
torch.asarray('a')
torch.asarray(None)
torch.frombuffer(bytearray(8), dtype=torch.float32)
torch.frombuffer(bytearray(8), dtype=torch.float32, offset=4)
torch.frombuffer(bytearray(8), dtype=torch.float32, offset=8)
torch.frombuffer([1], dtype=torch.float32)
torch.frombuffer(bytearray(8))
torch.frombuffer(bytearray(8), dtype=torch.float32, requires_grad=True)
""".strip().splitlines()

SPACED = """
torch.arange(5)
torch.arange(5.)
torch.arange(1, 5)
torch.arange(1, 5, 2)
torch.arange(1, 5, 0.5)
torch.arange(5, 1, -1)
torch.arange(start=1, end=4)
torch.arange(end=4)
torch.arange(4, step=2)
torch.arange(0, 4, step=2)
torch.arange(5, 1)
torch.arange(1, 5, 0)
torch.arange(1, 5, -1)
torch.arange(0, float('nan'))
torch.arange(0, float('inf'))
torch.arange(torch.tensor(5))
torch.arange(torch.tensor(5.))
torch.arange(torch.tensor(5., dtype=torch.float64))
torch.arange(np.float64(3))
torch.arange(np.int32(3))
torch.arange(5, dtype=torch.float32)
torch.arange(0.5, 5, dtype=torch.int64)
torch.arange(0.5, 5, 1.5, dtype=torch.int64)
torch.arange(True)
torch.arange(3, dtype=torch.bool)
torch.arange('a')
torch.arange()
torch.arange(1,2,3,4)
torch.arange(3, requires_grad=True)
torch.arange(3., requires_grad=True)
torch.arange(3, dtype=torch.float16)
torch.arange(0, 1, 0.1)
torch.arange(0, 5, 1.5, dtype=torch.int32)
torch.range(0, 3)
torch.range(0, 3, 0.5)
torch.linspace(0, 1, 5)
torch.linspace(0, 1, steps=5)
torch.linspace(0, 10, 5, dtype=torch.int64)
torch.linspace(0, 10, 4, dtype=torch.int64)
torch.linspace(0, 1, 1)
torch.linspace(0, 1, 0)
torch.linspace(0, 1, -1)
torch.linspace(0, 1)
torch.linspace(torch.tensor(0.), torch.tensor(1), 3)
torch.linspace(0, 1, 5.0)
torch.linspace(0, 10, 5, dtype=torch.float16)
torch.logspace(0, 2, 3)
torch.logspace(0, 2, 3, base=2)
torch.logspace(0, 2, 5, 2, dtype=torch.int64)
torch.logspace(0, 2, 1)
torch.eye(3)
torch.eye(2,3)
torch.eye(2, m=3)
torch.eye(3, dtype=torch.int64)
torch.eye(-1)
torch.eye(2,-1)
torch.eye(2.0)
torch.tril_indices(3,3)
torch.triu_indices(2,3,offset=1)
torch.tril_indices(3,3, dtype=torch.float32)
torch.tril_indices(-1, 2)
torch.tril_indices(3, 3, -1)
torch.eye(0)
torch.linspace(0.5, 5.7, 4, dtype=torch.int64)
torch.linspace(0, 255, 3, dtype=torch.uint8)
torch.linspace(0, 10, 7, dtype=torch.int32)
torch.linspace(-5, 5, 8, dtype=torch.int64)
torch.linspace(3, 3, 4)
torch.linspace(5, 1, 4)
torch.linspace(0, 1, 11, dtype=torch.float64).tolist()
torch.linspace(0, 1, 11).tolist()
torch.linspace(-1, 1, 17).tolist()
torch.linspace(0, 1, 3, dtype=torch.bool)
torch.linspace(0, 1, 5, requires_grad=True)
torch.linspace(0, 1, 5, dtype=torch.float16).tolist()
torch.linspace(0, 1, steps=torch.tensor(3))
torch.linspace(start=0, end=1, steps=3)
torch.linspace(0, 1, True)
torch.logspace(0, 1, 5).tolist()
torch.logspace(-3, 2, 6)
torch.logspace(0, 3, 4, dtype=torch.int64)
torch.logspace(0.5, 3.5, 4, dtype=torch.int64)
torch.logspace(0, 3, 4, base=torch.tensor(2.))
torch.logspace(0, 3, 4, base=2.5).tolist()
torch.logspace(0, 3, 0)
torch.logspace(0, 3, -1)
torch.logspace(2, 3, 1)
torch.logspace(0, 3, 4, base=-2)
torch.arange(0.5, 3.7, 0.3).tolist()
torch.arange(-3, 3, 0.7).tolist()
torch.arange(3, -3, -0.7).tolist()
torch.arange(0, 10, 3)
torch.arange(0, 9, 3)
torch.arange(10, 0, -3)
torch.arange(0)
torch.arange(0.)
torch.arange(-3)
torch.arange(2, 2)
torch.arange(2**40, 2**40+3)
torch.arange(5, dtype=torch.uint8)
torch.arange(300, dtype=torch.uint8).tolist()
torch.arange(1.5, 5.5, dtype=torch.int32)
torch.arange(1.7, 9.2, 1.9, dtype=torch.int64)
torch.arange(1.7, 9.2, 1.9, dtype=torch.int32)
torch.arange(5, start=1)
torch.arange(1, end=5)
torch.arange(torch.tensor([4]))
torch.arange(0, True)
torch.range(0, 3, dtype=torch.int64)
torch.range(1, 2, 0.3).tolist()
torch.range(3)
torch.eye(3, requires_grad=True)
torch.eye(3, dtype=torch.bool)
torch.eye(torch.tensor(2))
torch.eye(True)
torch.tril_indices(3, 4, 1)
torch.tril_indices(3, 4, 9)
torch.tril_indices(3, 4, -9)
torch.triu_indices(4, 3, -1)
torch.triu_indices(0, 3)
torch.tril_indices(2, 2, dtype=torch.int32)
torch.triu_indices(2, 2, requires_grad=True)
""".strip().splitlines()

LIKE = """
torch.zeros_like([1])
torch.zeros_like(torch.ones(2, requires_grad=True))
torch.zeros_like(torch.ones(2), requires_grad=True)
torch.zeros_like(torch.ones(2,3).t()).stride()
torch.zeros_like(torch.ones(2,3).t(), memory_format=torch.contiguous_format).stride()
torch.zeros_like(torch.ones(2,3), dtype=torch.bool)
torch.full_like(torch.ones(2), 3)
torch.full_like(torch.ones(2, dtype=torch.int64), 3.7)
torch.full_like(torch.ones(2), 3, dtype=torch.int64)
torch.full_like(torch.ones(2))
torch.ones(2).new_zeros(3)
torch.ones(2).new_zeros((3,2))
torch.ones(2).new_zeros(3, 2)
torch.ones(2, dtype=torch.int64).new_full((2,), 3.5)
torch.ones(2, dtype=torch.int64).new_full((2,), 3)
torch.ones(2).new_full((2,), 3)
torch.ones(2).new_tensor([1,2])
torch.ones(2, dtype=torch.int64).new_tensor([1.5,2])
torch.ones(2, dtype=torch.int64).new_tensor(torch.tensor([1.5]))
torch.ones(2).new([1,2])
torch.ones(2).new(2,3).shape
torch.ones(2).new().shape
torch.ones(2).new(torch.ones(3))
torch.ones(2).new_ones(2, dtype=torch.int64)
torch.full_like(f,1e39)
torch.full_like(i.to(torch.uint8),256)
torch.zeros_like(f, device='cpu')
torch.zeros_like(f, layout=torch.strided)
torch.zeros_like(f, memory_format=torch.preserve_format)
torch.zeros_like(f, 3)
torch.zeros_like(input=f)
torch.ones_like(i)
torch.ones_like(torch.ones(2,3,4).permute(2,0,1)).stride()
torch.ones_like(torch.ones(2,1,4).expand(2,3,4)).stride()
f.new_full((2,), 3, dtype=torch.int64)
f.new_zeros(size=(2,))
f.new_tensor(3)
f.new_tensor([1,2], requires_grad=True)
i.new_zeros(2, requires_grad=True)
i.new_ones((2,), dtype=torch.float64, requires_grad=True)
f.new_zeros()
f.new(f)
f.new([[1,2]])
i.new([1.5])
i.new(f)
""".strip().splitlines()

FILLED = """
torch.zeros(2,3)
torch.zeros((2,3))
torch.zeros([2,3])
torch.zeros(torch.Size([2]))
torch.zeros(())
torch.zeros()
torch.zeros(2.5)
torch.zeros('a')
torch.zeros(2, 'a')
torch.zeros(-1)
torch.zeros((2,-1))
torch.zeros(size=(2,))
torch.zeros(torch.tensor(2))
torch.zeros(torch.tensor(2), 3)
torch.zeros([torch.tensor(2), 3])
torch.zeros(np.int64(2), 3)
torch.zeros((np.int64(2), 3))
torch.zeros(True)
torch.zeros(2, dtype=torch.int64, requires_grad=True)
torch.zeros(2, layout=torch.strided)
torch.zeros(2, dtype='float32')
torch.zeros(2, dtype=float)
torch.zeros(2, foo=1)
torch.zeros(2, pin_memory=False)
torch.zeros(2, names=('a',))
torch.zeros(2, out=torch.ones(3))
torch.zeros(2, out=torch.ones(3), dtype=torch.int64)
torch.zeros(2, out=torch.ones(3,dtype=torch.int64))
torch.full((2,), 3)
torch.full((2,), 3.5)
torch.full((2,), True)
torch.full(2, 3)
torch.full((2,), torch.tensor(3))
torch.full((2,), torch.tensor([3]))
torch.full((2,), 3.5, dtype=torch.int64)
torch.full((2,), 'a')
torch.full((2,))
torch.full(size=(2,), fill_value=1.)
torch.full((2,), 300, dtype=torch.uint8)
torch.full((2,), 3, out=torch.zeros(2))
torch.full((2,), np.float64(3))
torch.full((2,), np.int64(3))
torch.zeros(10**10, 10**10)
torch.zeros(1,2,3,4,5, device='cpu').shape
torch.zeros(2, device=torch.device('cpu')).device
torch.zeros(2, requires_grad=1)
torch.zeros(2, requires_grad='a')
torch.ones(2, 3, (4,))
torch.ones((2,3), 4)
torch.ones([[2,3]])
torch.ones(None)
torch.ones((None,))
torch.full((2,),1e39)
torch.full((2,),1e39,dtype=torch.float16)
torch.full((2,),70000,dtype=torch.float16)
torch.full((2,),float('inf'),dtype=torch.float16)
torch.full((2,),float('nan'),dtype=torch.int64)
torch.full((2,),5, dtype=torch.bool)
torch.full((2,),-1, dtype=torch.uint8)
torch.full((2,),-300, dtype=torch.uint8)
torch.full((2,),-129, dtype=torch.int8)
torch.full((2,),-128, dtype=torch.int8)
torch.full((2,),300.7, dtype=torch.uint8)
torch.full((2,),255.7, dtype=torch.uint8)
sett(f,1e39)
sett(i,1e39)
sett(i,float('nan'))
sett(i,1.7)
sett(b,3)
sett(f.half(),70000)
sett(i.to(torch.uint8),256)
sett(i.to(torch.uint8),-1)
torch.zeros(3, requires_grad=True)
torch.ones(3, dtype=torch.float16, requires_grad=True)
torch.full((), 2.)
torch.full([2,2], 1)
torch.full(torch.Size([2]), True)
torch.full((2,), 1, dtype=torch.bool)
torch.full((2,), 1., requires_grad=True)
torch.full((2,), 1, requires_grad=True)
torch.full((2,-1), 1)
""".strip().splitlines()


@pytest.mark.parametrize("expression", DATA + SPACED + LIKE + FILLED)
def test_creates_what_torch_creates(expression: str) -> None:
    check_same(expression, SETUP)


@pytest.mark.parametrize(
    ("expression", "phrase"),
    [
        ("torch.tensor([[1, 2], [3]])", "expected sequence of length 2 at dim 1 (got 1)"),
        ("torch.tensor('a')", "new(): invalid data type 'str'"),
        ("torch.tensor(['a'])", "too many dimensions 'str'"),
        ("torch.tensor(None)", "Could not infer dtype of NoneType"),
        ("torch.FloatTensor([1, None])", "must be real number, not NoneType"),
        ("torch.tensor([None], dtype=torch.bool)", "'NoneType' object cannot be interpreted as an integer"),
        ("torch.tensor([[1], 2])", "not a sequence"),
        ("torch.tensor(2**63)", "Overflow when unpacking long long"),
        ("torch.tensor(300, dtype=torch.uint8)", "value cannot be converted to type uint8 without overflow"),
        ("torch.tensor([torch.ones(2)])", "only one element tensors can be converted to Python scalars"),
        (
            "torch.tensor([1], requires_grad=True)",
            "Only Tensors of floating point and complex dtype can require gradients",
        ),
        ("torch.tensor([1], dtype='float32')", "tensor(): argument 'dtype' must be torch.dtype, not str"),
        ("torch.tensor(np.array(['a']))", "can't convert np.ndarray of type numpy.str_"),
        ("torch.from_numpy(np.arange(3)[::-1])", "At least one stride in the given numpy array is negative"),
        ("torch.from_numpy(np.array([1], '>f4'))", "byte order different from the native byte order"),
        ("torch.from_numpy([1])", "expected np.ndarray (got list)"),
        ("torch.frombuffer(b'abc', dtype=torch.int16)", "must be a multiple of element size (2)"),
        ("torch.frombuffer(b'abcd', dtype=torch.int16, count=3)", "must not be greater than actual buffer length"),
        ("torch.frombuffer(b'', dtype=torch.int16)", "both buffer length (0) and count (-1) must not be 0"),
        ("torch.frombuffer(b'ab', dtype=torch.int16, offset=2)", "offset (2 bytes) must be non-negative"),
        ("torch.frombuffer([1], dtype=torch.int16)", "object does not implement Python buffer protocol"),
        ("torch.asarray([1], copy=False)", "can't alias arbitrary sequence into a tensor"),
        (
            "torch.asarray(torch.ones(2), dtype=torch.int64, copy=False)",
            "can't alias tensor with dtype 'Float' into dtype",
        ),
        ("torch.zeros()", 'zeros() missing 1 required positional arguments: "size"'),
        ("torch.zeros(2.5)", "argument 'size' (position 1) must be tuple of ints, not float"),
        ("torch.zeros(2, 'a')", "failed to unpack the object at pos 2"),
        ("torch.zeros(([2],))", "but found element of type list at pos 0"),
        ("torch.zeros((2, 3), 4)", "takes 1 positional argument but 2 were given"),
        ("torch.zeros(-1)", "Dimension size must be non-negative"),
        ("torch.zeros(10**10, 10**10)", "Storage size calculation overflowed"),
        ("torch.zeros(2, foo=1)", "zeros() got an unexpected keyword argument 'foo'"),
        ("torch.zeros(2, requires_grad=1)", "argument 'requires_grad' must be bool, not int"),
        ("torch.zeros(2, out=torch.ones(2), dtype=torch.int64)", "does not match dtype of out parameter (Float)"),
        ("torch.full((2,), 'a')", "argument 'fill_value' (position 2) must be Number, not str"),
        ("torch.full(2, 3)", "argument 'size' (position 1) must be tuple of ints, not int"),
        ("torch.full((2,), 1e39)", "without overflow"),
        ("torch.full((2,), 2**70, dtype=torch.float32)", "int too big to convert"),
        ("torch.arange(1, 5, 0)", "step must be nonzero"),
        ("torch.arange(5, 1)", "upper bound and lower bound inconsistent with step sign"),
        ("torch.arange(0, float('inf'))", "unsupported range: 0 -> inf"),
        ("torch.arange(1, 2, 3, 4)", "arange() received an invalid combination of arguments"),
        ("torch.arange(3, dtype=torch.bool)", "\"arange_cpu\" not implemented for 'Bool'"),
        ("torch.linspace(0, 1, -1)", "number of steps must be non-negative"),
        ("torch.linspace(0, 1, 3, dtype=torch.bool)", "\"linspace_cpu\" not implemented for 'Bool'"),
        ("torch.eye(-1)", "n must be greater or equal to 0, got -1"),
        ("torch.eye(2.0)", "eye(): argument 'n' (position 1) must be int, not float"),
        ("torch.tril_indices(2, -1)", "col must be non-negative"),
        ("torch.triu_indices(2, 2, dtype=torch.float32)", "\"triu_indices\" not implemented for 'Float'"),
        ("torch.zeros_like([1])", "argument 'input' (position 1) must be Tensor, not list"),
        ("torch.empty_strided((2, 3), (3,))", "dimensionality of sizes (2) must match dimensionality of strides (1)"),
    ],
)
def test_errors_say_what_torch_says(expression: str, phrase: str) -> None:
    check_same_error(expression, phrase)


def test_no_tensor_of_what_minitorch_lacks() -> None:
    for expression in (
        "torch.zeros(2, dtype=torch.bfloat16)",
        "torch.tensor(1j)",
        "torch.tensor(np.array([1j]))",
        "torch.zeros(2, layout=torch.sparse_coo)",
        "torch.zeros(2, device='meta')",
    ):
        with pytest.raises(NotImplementedError, match="minitorch has|not supported"):
            eval(expression, {"torch": minitorch, "np": np})


def test_no_gpu_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    for expression in (
        "torch.zeros(2, device='cuda')",
        "torch.ones(2).cuda()",
        "torch.ones(2).pin_memory()",
        "torch.ones(2).to(3)",
    ):
        with pytest.raises(RuntimeError, match="CUDA is not available"):
            eval(expression, {"torch": minitorch})


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.zeros(3, np.float32)
    copied, shared, same = minitorch.tensor(array), minitorch.from_numpy(array), minitorch.as_tensor(array)
    array[0] = 5
    assert (copied[0], shared[0], same[0]) == (0, 5, 5)
    shared.add_(1)
    assert array.tolist() == [6, 1, 1]
    assert minitorch.as_tensor(shared) is shared
    assert minitorch.asarray(array, copy=True).data_ptr() != shared.data_ptr() == minitorch.asarray(array).data_ptr()


def test_an_unpickled_array_mixes_with_tensors() -> None:
    array = pickle.loads(pickle.dumps(np.ones((2, 2))))
    assert array.dtype is not np.dtype(np.float64)
    for shared in (minitorch.from_numpy(array), minitorch.as_tensor(array), minitorch.asarray(array)):
        shared @ minitorch.ones(2, 2, dtype=minitorch.float64)
        shared.zero_()
        assert not array.any()
        array += 1


def test_as_tensor_keeps_the_graph() -> None:
    x = minitorch.ones(2, requires_grad=True)
    minitorch.as_tensor(x, dtype=minitorch.float64).sum().backward()
    assert x.grad.dtype is minitorch.float32


def test_a_tensor_over_read_only_memory_warns() -> None:
    array = np.zeros(2)
    array.flags.writeable = False
    for make in (lambda: minitorch.from_numpy(array), lambda: minitorch.frombuffer(b"ab", dtype=minitorch.uint8)):
        with pytest.warns(UserWarning, match="is not writable"):
            make()


def test_tensor_of_a_tensor_warns() -> None:
    with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended to use"):
        minitorch.tensor(minitorch.ones(2))
    with pytest.warns(UserWarning, match=r"rather than tensor.new_tensor\(sourceTensor\)"):
        minitorch.ones(2).new_tensor(minitorch.ones(2))


def test_defaults_are_honoured() -> None:
    minitorch.set_default_dtype(minitorch.float64)
    try:
        made = [
            minitorch.tensor(1.5),
            minitorch.zeros(2),
            minitorch.rand(2),
            minitorch.arange(2.0),
            minitorch.Tensor([1]),
        ]
        assert {each.dtype for each in made} == {minitorch.float64}
        assert minitorch.tensor(1).dtype is minitorch.int64
    finally:
        minitorch.set_default_dtype(minitorch.float32)
    minitorch.set_default_tensor_type("torch.DoubleTensor")
    assert minitorch.ones(1).dtype is minitorch.float64
    minitorch.set_default_tensor_type(minitorch.FloatTensor)
    assert minitorch.ones(1).dtype is minitorch.float32


def test_a_default_device_without_a_gpu_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with minitorch.device("cpu"):
        assert minitorch.ones(1).device == minitorch.device("cpu")
    with minitorch.device("cuda"), pytest.raises(RuntimeError, match="CUDA is not available"):
        minitorch.zeros(2)


def test_a_sequence_that_holds_itself_raises() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="too many dimensions 'list'"):
        minitorch.tensor(endless)


def test_many_rows_are_read_at_once() -> None:
    rows = [[float(k), k] for k in range(20000)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert minitorch.tensor(rows).shape == (20000, 2)
        assert minitorch.tensor([np.ones(3), np.zeros(3)]).dtype is minitorch.float64


def test_tensors_made_in_inference_mode_belong_to_it() -> None:
    for expression in (
        "ones(2)",
        "tensor([1.0])",
        "rand(2)",
        "zeros_like(torch.ones(2))",
        "ones(2, requires_grad=True)",
    ):
        for engine in (minitorch, torch):
            with engine.inference_mode():
                assert eval(f"torch.{expression}", {"torch": engine}).is_inference()
            assert not eval(f"torch.{expression}", {"torch": engine}).is_inference()


def test_linspace_is_torchs_to_the_last_bit() -> None:
    for steps in (2, 3, 10, 31, 100):
        for start, end in [(0.0, 0.3), (0.0, 0.9), (-1.7, 5.3), (255.0, 0.0)]:
            expected = torch.linspace(start, end, steps).tolist()
            assert minitorch.linspace(start, end, steps).tolist() == expected
