"""torch's dtypes, how they promote, and the default dtype.

A tensor of category float meets one of integers: the category decides before the size does, and within a category
a tensor with dimensions outranks a 0-d tensor, which outranks a Python number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minitorch.errors import NotSupportedError

BOOL, INTEGER, FLOAT, COMPLEX = range(4)


class dtype:
    """The type of a tensor's elements. Sizes are in bytes."""

    __slots__ = ("category", "itemsize", "legacy_name", "name", "numpy")

    def __init__(self, name: str, numpy_name: str, legacy_name: str) -> None:
        self.name = name
        self.numpy = np.dtype(numpy_name)
        self.itemsize = self.numpy.itemsize
        self.category = {"b": BOOL, "f": FLOAT}.get(self.numpy.kind, INTEGER)
        self.legacy_name = legacy_name
        """The stem of the old tensor types: `Float` gives `torch.FloatTensor`."""

    @property
    def is_floating_point(self) -> bool:
        """Whether the elements are floating point numbers."""
        return self.category == FLOAT

    @property
    def is_complex(self) -> bool:
        """Whether the elements are complex numbers, which no tensor here has."""
        return self.category == COMPLEX

    @property
    def is_signed(self) -> bool:
        """Whether the elements may be negative."""
        return self.category >= FLOAT or self.numpy.kind == "i"

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_by_name, (self.name,))

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: object) -> dtype:
        return self


class _UnsupportedDtype(dtype):
    """A dtype of torch's that NumPy cannot hold, or minitorch not compute with: every use of it raises."""

    __slots__ = ()

    def __init__(self, name: str, itemsize: int, category: int, legacy_name: str) -> None:
        self.name, self.itemsize, self.category, self.legacy_name = name, itemsize, category, legacy_name

    def __getattr__(self, name: str) -> Any:
        if name != "numpy":
            raise AttributeError(f"'torch.dtype' object has no attribute '{name}'")
        raise NotSupportedError(f"{self!r} is not supported: minitorch holds its numbers in NumPy dtypes; use float32")


float64 = double = dtype("float64", "float64", "Double")
float32 = dtype("float32", "float32", "Float")
float16 = half = dtype("float16", "float16", "Half")
int64 = long = dtype("int64", "int64", "Long")
int32 = dtype("int32", "int32", "Int")
int16 = short = dtype("int16", "int16", "Short")
int8 = dtype("int8", "int8", "Char")
uint8 = dtype("uint8", "uint8", "Byte")
uint16 = dtype("uint16", "uint16", "UInt16")
uint32 = dtype("uint32", "uint32", "UInt32")
uint64 = dtype("uint64", "uint64", "UInt64")
bool_ = dtype("bool", "bool", "Bool")
bfloat16 = _UnsupportedDtype("bfloat16", 2, FLOAT, "BFloat16")
complex64 = cfloat = _UnsupportedDtype("complex64", 8, COMPLEX, "ComplexFloat")
complex128 = cdouble = _UnsupportedDtype("complex128", 16, COMPLEX, "ComplexDouble")

DTYPES = (float64, float32, float16, int64, int32, int16, int8, uint8, uint16, uint32, uint64, bool_)
_NAMES = {each.name: each for each in (*DTYPES, bfloat16, complex64, complex128)}
_FROM_NUMPY = {each.numpy: each for each in DTYPES}

NP_FLOAT16, NP_FLOAT32, NP_FLOAT64 = (np.dtype(name) for name in ("float16", "float32", "float64"))
NP_INT64, NP_BOOL = (np.dtype(name) for name in ("int64", "bool"))


def _by_name(name: str) -> dtype:
    return _NAMES[name]


def from_numpy_dtype(numpy_dtype: Any) -> dtype:
    """torch's dtype for NumPy's; raises torch's TypeError for one that has none (strings, objects, dates)."""
    try:
        return _FROM_NUMPY[numpy_dtype]
    except KeyError:
        pass
    if np.dtype(numpy_dtype).kind == "c":
        raise NotSupportedError(f"{numpy_dtype}: minitorch has no complex dtypes")
    raise TypeError(
        f"can't convert np.ndarray of type numpy.{np.dtype(numpy_dtype).type.__name__}. The only supported types are: "
        "float64, float32, float16, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
    )


_FROM_PYTHON = {float: float64, int: int64, bool: bool_}


def as_numpy_dtype(value: Any, op: str) -> Any:
    """NumPy's dtype for the `dtype=` argument of a function `op`: a torch dtype, or Python's float, int or bool."""
    if isinstance(value, dtype):
        return value.numpy
    if isinstance(value, type) and value in _FROM_PYTHON:
        return _FROM_PYTHON[value].numpy
    raise TypeError(f"{op}(): argument 'dtype' must be torch.dtype, not {type(value).__name__}")


class _Default:
    """The dtype of tensors made from Python floats."""

    dtype = float32
    numpy = NP_FLOAT32


def get_default_dtype() -> dtype:
    """The dtype that Python floats become: float32 unless set_default_dtype changed it."""
    return _Default.dtype


def set_default_dtype(d: dtype, /) -> None:
    """Sets the dtype that Python floats become; raises TypeError unless it is a floating point dtype."""
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, but got {d!r}")
    _Default.dtype, _Default.numpy = d, d.numpy


def default_numpy_dtype() -> Any:
    """NumPy's spelling of the default dtype."""
    return _Default.numpy


def _promote_pair(a: Any, b: Any) -> Any:
    """The dtype of a result of two NumPy dtypes of equal rank, by torch's table."""
    if a == b:
        return a
    if (a.kind == "f") != (b.kind == "f"):
        return a if a.kind == "f" else b
    if any(each.kind == "u" and each.itemsize > 1 for each in (a, b)):
        names = " and ".join(from_numpy_dtype(each).legacy_name for each in (a, b))
        raise RuntimeError(f"Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {names}")
    return np.promote_types(a, b)


_PAIRS: dict[tuple[Any, Any], Any] = {}


def promote_pair(a: Any, b: Any) -> Any:
    """As `_promote_pair`, remembered."""
    pair = (a, b)
    if pair not in _PAIRS:
        _PAIRS[pair] = _promote_pair(a, b)
    return _PAIRS[pair]


_RANK = {"b": BOOL, "i": INTEGER, "u": INTEGER, "f": FLOAT}


def number_dtype(value: Any) -> Any:
    """The NumPy dtype that a Python number has as a tensor: bool, int64 or the default dtype."""
    if isinstance(value, bool):
        return NP_BOOL
    if isinstance(value, int):
        return NP_INT64
    if isinstance(value, float):
        return _Default.numpy
    if isinstance(value, complex):
        raise NotSupportedError("complex numbers: minitorch has no complex dtypes")
    raise TypeError(f"expected a number, got {type(value).__name__}")


def result_dtype(operands: Iterable[Any]) -> Any:
    """The NumPy dtype of an operation on arrays and Python numbers, by torch's rule of three ranks."""
    ranks: list[Any] = [None, None, None]
    for operand in operands:
        if isinstance(operand, np.generic):
            operand = operand.item()
        if hasattr(operand, "ndim"):
            rank, own = (0 if operand.ndim else 1), operand.dtype
        else:
            rank, own = 2, number_dtype(operand)
        ranks[rank] = own if ranks[rank] is None else promote_pair(ranks[rank], own)
    result = None
    for own in ranks:
        if own is None:
            continue
        if result is None:
            result = own
        elif _RANK[own.kind] > _RANK[result.kind]:
            result = promote_pair(result, own)
    return result


def array_of_numbers(numbers: list[Any], dtype: Any) -> Any:
    """A one-dimensional NumPy array of Python numbers; raises torch's errors for those that `dtype` cannot hold."""
    if dtype.kind in "fb":
        return np.array(numbers, dtype)
    if any(isinstance(number, float) for number in numbers):
        wide = np.array(numbers, NP_FLOAT64)
    else:
        try:
            wide = np.array(numbers, "uint64" if dtype.name == "uint64" else "int64")
        except OverflowError:
            raise ValueError("Overflow when unpacking long long") from None
    limit = np.iinfo(dtype)
    # torch lets negative integers wrap around in an unsigned dtype.
    low = -limit.max if limit.min == 0 and wide.dtype.kind == "i" else limit.min
    if not ((wide >= low) & (wide <= limit.max)).all():
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    return wide.astype(dtype)


_LARGEST = {each.numpy: float(np.finfo(each.numpy).max) for each in DTYPES if each.is_floating_point}
_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int32": "int"}
"""The names of dtypes in those of torch's messages that come from C++, where they are not the dtype's with `_t`."""


def checked_number(value: Any, dtype: Any) -> Any:
    """A Python number as NumPy's `dtype` holds it; raises torch's RuntimeError for one that it cannot hold.

    Negative integers wrap around in an unsigned dtype. Raises OverflowError for an integer that no 64 bits hold.
    """
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError(f"int too big to convert: {value}")
    if dtype.kind == "f":
        if abs(value) <= _LARGEST[dtype] or math.isinf(value) or math.isnan(value):
            return value
    elif dtype.kind == "b":
        return bool(value)
    else:
        limits = np.iinfo(dtype)
        low = -limits.max if dtype.kind == "u" and isinstance(value, int) else limits.min
        if low <= value <= limits.max:
            return int(value) % (limits.max + 1) if dtype.kind == "u" else int(value)
    raise RuntimeError(
        f"value cannot be converted to type {_C_NAMES.get(dtype.name, f'{dtype.name}_t')} without overflow: {value}"
    )


def number_operand_dtype(dtype: Any) -> Any:
    """The dtype that has to hold a number which meets tensors of `dtype`, where torch computes with halves in float."""
    return NP_FLOAT32 if dtype.name == "float16" else dtype


def _check_dtypes(op: str, **given: Any) -> None:
    for position, (name, value) in enumerate(given.items()):
        if not isinstance(value, dtype):
            raise TypeError(
                f"{op}(): argument '{name}' (position {position + 1}) must be torch.dtype, not {type(value).__name__}"
            )


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype to which both promote."""
    _check_dtypes("promote_types", type1=type1, type2=type2)
    return from_numpy_dtype(promote_pair(type1.numpy, type2.numpy))


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a tensor of dtype `from_` may be written into one of dtype `to`: the category may not fall."""
    _check_dtypes("can_cast", from_=from_, to=to)
    return to.category >= from_.category


class _Limits:
    """What finfo and iinfo share: equality by the dtype."""

    bits: int
    dtype: str

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.dtype)


class finfo(_Limits):
    """The numerical limits of a floating point dtype."""

    def __init__(self, type: dtype | None = None) -> None:
        own = type or _Default.dtype
        _check_dtypes("finfo", type=own)
        if not own.is_floating_point:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{own!r}'")
        info = np.finfo(own.numpy)
        self.bits = own.itemsize * 8
        self.dtype = own.name
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        self.resolution = 10.0**-info.precision

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo(_Limits):
    """The numerical limits of an integer dtype."""

    def __init__(self, type: dtype) -> None:
        if type.category != INTEGER:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type!r}'")
        info = np.iinfo(type.numpy)
        self.bits, self.dtype = type.itemsize * 8, type.name
        self.max, self.min = int(info.max), int(info.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
