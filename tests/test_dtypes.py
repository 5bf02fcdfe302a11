"""dtypes, devices and sizes against torch: promotion of every pair in every rank, names, limits, errors."""

from __future__ import annotations

import itertools
import threading

import pytest
import torch

import minitorch
from tests.same import check_same, check_same_error

NAMES = "float64 float32 float16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool".split()

SAME = """
torch.Tensor(torch.Size([2,2])).shape
torch.result_type(1, 1.5)
torch.can_cast(torch.float32, torch.int64)
pickle.loads(pickle.dumps(torch.float32)) is torch.float32
pickle.loads(pickle.dumps(torch.Size([1,2])))
pickle.loads(pickle.dumps(torch.device('cpu')))
copy.deepcopy(torch.device('cpu'))
copy.deepcopy(torch.float32) is torch.float32
torch.Size((1,2)).index(2)
torch.Size([2,3]) + torch.Size([4])
torch.Size([2,3]) + [4]
torch.Size(3)
torch.Size([1.5])
torch.Size(torch.tensor([1,2]))
torch.Size()
str(torch.Size([])), repr(torch.Size([1]))
torch.Size([2,3])[0:1]
torch.Size([np.int64(2)])
torch.device('cuda:1')
torch.device('cuda', 1)
torch.device('cpu:0')
torch.device('cpu', 0)
torch.device('cuda:01')
torch.device('cuda:-1')
torch.device('cuda:')
torch.device('')
torch.device(type='cuda', index=0)
torch.device('cuda:1', 1)
torch.device(torch.device('cuda:1'))
torch.device('cpu') == torch.device('cpu')
torch.device('cpu') == 'cpu'
torch.device('cpu:0') == torch.device('cpu')
str(torch.device('cuda:2'))
torch.device('cuda').index, torch.device('cuda').type
torch.device()
torch.device(None)
torch.get_default_dtype()
torch.set_default_dtype(torch.int64)
torch.set_default_dtype(3)
torch.set_default_dtype('float32')
torch.finfo(torch.float32)
torch.finfo(torch.float16)
torch.finfo(torch.float64)
torch.finfo()
torch.finfo(torch.int64)
torch.iinfo(torch.int32)
torch.iinfo(torch.uint8)
torch.iinfo(torch.float32)
torch.iinfo(torch.bool)
torch.iinfo()
torch.finfo(torch.float32).eps, torch.finfo(torch.float32).tiny, torch.iinfo(torch.int8).min
torch.finfo(torch.float32).dtype
torch.finfo(torch.float32) == torch.finfo(torch.float32)
torch.float32.itemsize, torch.bool.itemsize
torch.float.is_floating_point, torch.int8.is_signed, torch.uint8.is_signed, torch.bool.is_signed
torch.float32 == torch.float, torch.float32 is torch.float
str(torch.bfloat16), torch.bfloat16.is_floating_point
torch.bfloat16.itemsize
torch.complex64.is_complex
torch.bfloat16 == torch.float32
{torch.float32: 1}[torch.float]
torch.promote_types(torch.float32, torch.int64)
torch.promote_types(torch.uint8, torch.int8)
torch.promote_types(torch.float16, torch.int64)
torch.promote_types(3, torch.int8)
torch.can_cast(3, torch.int8)
torch.typename(torch.float32)
""".strip().splitlines()


@pytest.mark.parametrize("expression", SAME)
def test_the_same_on_both_engines(expression: str) -> None:
    check_same(expression, "import pickle, copy")


@pytest.mark.parametrize(("first", "second"), list(itertools.product(NAMES, NAMES)))
def test_promotion_of_every_pair_and_rank(first: str, second: str) -> None:
    check_same(f"torch.promote_types(torch.{first}, torch.{second})")
    check_same(f"torch.can_cast(torch.{first}, torch.{second})")
    for ranks in itertools.product(("()", "(2,)"), repeat=2):
        check_same(
            f"torch.result_type(torch.ones({ranks[0]}).to(torch.{first}), torch.ones({ranks[1]}).to(torch.{second}))"
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", ["True", "3", "2.5", "-1", "2**40", "np.float64(2.5)", "np.int32(3)"])
def test_promotion_with_numbers(name: str, number: str) -> None:
    for rank in ("()", "(2,)"):
        check_same(f"torch.result_type(torch.ones({rank}).to(torch.{name}), {number})")
        check_same(f"torch.result_type({number}, torch.ones({rank}).to(torch.{name}))")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("default", ["float32", "float64", "float16"])
def test_the_default_dtype_decides_for_floats(name: str, default: str) -> None:
    for engine in (minitorch, torch):
        engine.set_default_dtype(getattr(engine, default))
    try:
        check_same(f"torch.result_type(torch.ones(2).to(torch.{name}), 2.5)")
        check_same("torch.tensor([1, 2.5]), torch.get_default_dtype(), torch.zeros(1), torch.finfo()")
    finally:
        for engine in (minitorch, torch):
            engine.set_default_dtype(engine.float32)


@pytest.mark.parametrize(
    ("expression", "phrase"),
    [
        (
            "torch.promote_types(torch.uint16, torch.int8)",
            "Promotion for uint16, uint32, uint64 types is not supported",
        ),
        ("torch.promote_types(3, torch.int8)", "argument 'type1' (position 1) must be torch.dtype, not int"),
        ("torch.set_default_dtype(torch.int64)", "only floating-point types are supported as the default type"),
        ("torch.finfo(torch.int64)", "torch.finfo() requires a floating point input type"),
        ("torch.iinfo(torch.float32)", "torch.iinfo() requires an integer input type"),
        ("torch.device('foo')", "Expected one of cpu, cuda"),
        ("torch.device('cuda:x')", "Invalid device string: 'cuda:x'"),
        ("torch.device('cuda:1', 1)", "must not include an index because index was passed explicitly"),
        ("torch.device('')", "Device string must not be empty"),
        ("torch.Size([1.5])", "torch.Size() takes an iterable of 'int' (item 0 is 'float')"),
        ("torch.Size([1]) + [2]", "can only concatenate tuple (not list) to torch.Size"),
    ],
)
def test_errors_say_what_torch_says(expression: str, phrase: str) -> None:
    check_same_error(expression, phrase)


def test_dtypes_that_minitorch_lacks_have_names_only() -> None:
    for own in (minitorch.bfloat16, minitorch.complex64, minitorch.complex128):
        assert repr(own).startswith("torch.")
        with pytest.raises(NotImplementedError, match="is not supported: minitorch holds its numbers in NumPy dtypes"):
            minitorch.zeros(2, dtype=own)
        with pytest.raises(AttributeError):
            own.nonsense  # noqa: B018 - the lookup is what raises
    with pytest.raises(NotImplementedError, match="minitorch has the devices cpu"):
        minitorch.device("meta")
    with pytest.raises(NotImplementedError, match="minitorch has no complex dtypes"):
        minitorch.result_type(minitorch.ones(2), 1j)
    with pytest.raises(TypeError, match="expected a number, got str"):
        minitorch.result_type(minitorch.ones(2), "a")


def test_typename_gives_torchs_names() -> None:
    for expression in ("torch.Tensor", "torch.Size", "torch.dtype", "torch.device", "torch.FloatTensor"):
        check_same(f"torch.typename({expression})")


def test_the_default_device_is_of_the_thread() -> None:
    seen = []
    with minitorch.device("cuda"):
        assert minitorch.get_default_device().type == "cuda"
        thread = threading.Thread(target=lambda: seen.append(minitorch.get_default_device().type))
        thread.start()
        thread.join()
    assert seen == ["cpu"]
    assert minitorch.get_default_device().type == "cpu"
