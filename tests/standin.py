"""A stand-in for CuPy over NumPy's memory, as strict as CuPy where it hurts: what mixes host and device fails here.

`StandinArray` plays cupy.ndarray, and `module()` makes what is put in `sys.modules["cupy"]`. They have what CuPy has,
with CuPy's arguments, and nothing else; `tests/test_standin.py` compares the two tables below with CuPy, where it is
installed (it needs no GPU for that). In CuPy, and so here:

- nothing becomes a NumPy array unasked, and no operator or function takes one, but `array`, `asarray` and `.get()`;
- reductions give 0-d arrays. bool, int, float, item, tolist and get work, and make the host wait: `waits` counts them;
- an array is no index of Python's (`range`, a list): there is no `__index__`;
- integer arrays as indices wrap around in place of raising; where they repeat, which value stays is anybody's guess;
- memory is never read-only, that of `broadcast_to` neither; what functions of elements return lies row by row;
- `where` and `clip` raise OverflowError for a number that the arrays' integers do not hold;
- `ufunc.at` is there for few ufuncs and dtypes, `reduce` and `accumulate` for addition and multiplication alone;
- reductions take no `initial` or `where`, ufuncs no `where`; nonzero, sort and concatenate refuse 0-d arrays, meshgrid
  all but 1-d ones, and a 0-d array has no axis 0 to reduce or scan along; int and float take 0-d arrays alone;
- linear algebra refuses float16, and a singular matrix gives nan silently, but under `cupyx.errstate(linalg="raise")`;
- `ElementwiseKernel` compiles what it is given (`tests/standin_kernels.py`). Where there is no g++ that can, the name
  is missing, and the engine computes the plain formulas that stand beside its kernels.

`launches` counts the kernels that all this would start on a GPU: one for each ufunc, reduction, copy and own kernel.
CuPy starts more than one for some functions, so that is the least it can be.

Stricter than CuPy, as nobody here has seen what it does, or it depends on the version or the machine:

- NumPy's scalars are refused beside an array: CuPy takes them, as numbers whose dtype promotes;
- arrays of another GPU than the current one are refused: CuPy reads them where the GPUs are connected, and computes on
  the current one;
- NumPy's functions do not take an array: CuPy would be called in NumPy's place;
- sequences as a value to assign, NumPy's arrays and bools in an index, and more than one mask there are refused.

Not played: an order of floating point additions of its own, what nan and inf become as integers, streams and time.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import operator
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from minitorch import backend
from minitorch.ops import random as random_ops
from tests import standin_kernels

GPUS = 2

SIGNATURES = """
all(a, axis=None, out=None, keepdims=False)
any(a, axis=None, out=None, keepdims=False)
arange(start, stop=None, step=1, dtype=None)
argmax(a, axis=None, dtype=None, out=None, keepdims=False)
argmin(a, axis=None, dtype=None, out=None, keepdims=False)
argsort(a, axis=-1, kind=None)
array(obj, dtype=None, copy=True, order='K', subok=False, ndmin=0, *, blocking=False)
asarray(a, dtype=None, order=None, *, copy=None, blocking=False)
ascontiguousarray(a, dtype=None)
atleast_1d(*arys)
bincount(x, weights=None, minlength=None)
broadcast_arrays(*args)
broadcast_to(array, shape)
clip(a, a_min, a_max, out=None)
concatenate(tup, axis=0, out=None, *, dtype=None, casting='same_kind')
copy(a, order='K')
count_nonzero(a, axis=None)
cumprod(a, axis=None, dtype=None, out=None)
cumsum(a, axis=None, dtype=None, out=None)
diag(v, k=0)
diagonal(a, offset=0, axis1=0, axis2=1)
diff(a, n=1, axis=-1, prepend=None, append=None)
dot(a, b, out=None)
empty(shape, dtype=float, order='C')
empty_like(prototype, dtype=None, order='K', subok=None, shape=None)
expand_dims(a, axis)
eye(N, M=None, k=0, dtype=float, order='C')
finfo(dtype)
flatnonzero(a)
flip(a, axis=None)
full(shape, fill_value, dtype=None, order='C')
full_like(a, fill_value, dtype=None, order='K', subok=None, shape=None)
iinfo(int_type)
isin(element, test_elements, assume_unique=False, invert=False)
lexsort(keys)
lib.stride_tricks.as_strided(x, shape=None, strides=None)
linalg.cholesky(a)
linalg.det(a)
linalg.eigh(a, UPLO='L')
linalg.inv(a)
linalg.norm(x, ord=None, axis=None, keepdims=False)
linalg.qr(a, mode='reduced')
linalg.slogdet(a)
linalg.solve(a, b)
linalg.svd(a, full_matrices=True, compute_uv=True)
linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0)
matmul(*args, axes=None, axis=None, keepdims=False, casting='same_kind', dtype=None, signature=None, \
order='K', out=None)
max(a, axis=None, out=None, keepdims=False)
may_share_memory(a, b, max_work=None)
mean(a, axis=None, dtype=None, out=None, keepdims=False)
meshgrid(*xi, **kwargs)
min(a, axis=None, out=None, keepdims=False)
moveaxis(a, source, destination)
nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None)
nonzero(a)
ones(shape, dtype=float, order='C')
ones_like(a, dtype=None, order='K', subok=None, shape=None)
partition(a, kth, axis=-1)
prod(a, axis=None, dtype=None, out=None, keepdims=False)
ravel(a, order='C')
repeat(a, repeats, axis=None)
reshape(a, newshape, order='C', *, copy=None)
result_type(*arrays_and_dtypes)
roll(a, shift, axis=None)
rot90(a, k=1, axes=(0, 1))
round(a, decimals=0, out=None)
searchsorted(a, v, side='left', sorter=None)
sort(a, axis=-1, kind=None)
squeeze(a, axis=None)
stack(tup, axis=0, out=None, *, dtype=None, casting='same_kind')
std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
sum(a, axis=None, dtype=None, out=None, keepdims=False)
swapaxes(a, axis1, axis2)
take(a, indices, axis=None, out=None)
take_along_axis(a, indices, axis)
tile(A, reps)
trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None)
transpose(a, axes=None)
tri(N, M=None, k=0, dtype=float)
tril(m, k=0)
tril_indices(n, k=0, m=None)
triu(m, k=0)
triu_indices(n, k=0, m=None)
unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True)
var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
vdot(a, b)
where(condition, x=None, y=None)
zeros(shape, dtype=float, order='C')
zeros_like(a, dtype=None, order='K', subok=None, shape=None)
"""
"""CuPy's functions and their arguments."""

METHODS = """
all(axis=None, out=None, keepdims=False)
any(axis=None, out=None, keepdims=False)
argmax(axis=None, out=None, dtype=None, keepdims=False)
argmin(axis=None, out=None, dtype=None, keepdims=False)
argsort(axis=-1, kind=None)
clip(min=None, max=None, out=None)
copy(order='C')
cumprod(axis=None, dtype=None, out=None)
cumsum(axis=None, dtype=None, out=None)
diagonal(offset=0, axis1=0, axis2=1)
dot(b, out=None)
fill(value)
flatten(order='C')
max(axis=None, out=None, keepdims=False)
mean(axis=None, dtype=None, out=None, keepdims=False)
min(axis=None, out=None, keepdims=False)
nonzero()
partition(kth, axis=-1)
prod(axis=None, dtype=None, out=None, keepdims=None)
ravel(order='C')
repeat(repeats, axis=None)
reshape(*shape, order='C', copy=None)
round(decimals=0, out=None)
searchsorted(v, side='left', sorter=None)
sort(axis=-1, kind=None)
squeeze(axis=None)
std(axis=None, dtype=None, out=None, ddof=0, keepdims=False)
sum(axis=None, dtype=None, out=None, keepdims=False)
swapaxes(axis1, axis2)
take(indices, axis=None, out=None)
trace(offset=0, axis1=0, axis2=1, dtype=None, out=None)
transpose(*axes)
var(axis=None, dtype=None, out=None, ddof=0, keepdims=False)
view(dtype=None, type=None)
"""
"""The methods of CuPy's arrays and their arguments; those that are not NumPy's under another type stand below."""

ALONG = "all any argmax argmin count_nonzero cumprod cumsum max mean min prod repeat std sum var".split()
"""The functions and methods that NumPy lets run along axis 0 of a 0-d array."""

INTS, FLOATS = "bBhHiIlLqQ", "efd"
COMPARED = "??->? qq->? QQ->? qQ->? Qq->? ee->? ff->? dd->?"


def _loops(arity: int, letters: str, result: str = "") -> str:
    return " ".join(f"{letter * arity}->{result or letter}" for letter in letters)


LOOPS = {
    "abs absolute ceil floor negative positive trunc": _loops(1, "?" + INTS + FLOATS),
    "sign square reciprocal": _loops(1, INTS + FLOATS),
    "arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp exp2 expm1 i0 log log10 log1p log2 rint sin sinh sqrt "
    "tan tanh": _loops(1, FLOATS),
    "invert": _loops(1, "?" + INTS),
    "isfinite isinf isnan signbit": _loops(1, FLOATS, "?"),
    "logical_not": _loops(1, "?" + INTS + FLOATS, "?"),
    "add fmax fmin maximum minimum multiply subtract": _loops(2, "?" + INTS + FLOATS),
    "floor_divide fmod remainder": _loops(2, INTS + FLOATS),
    "power": "??->b " + _loops(2, INTS + FLOATS),
    "arctan2 copysign heaviside hypot logaddexp logaddexp2 nextafter": _loops(2, FLOATS),
    "bitwise_and bitwise_or bitwise_xor gcd lcm": _loops(2, "?" + INTS),
    "left_shift right_shift": _loops(2, INTS),
    "equal greater greater_equal less less_equal logical_and logical_or not_equal": COMPARED,
    "logical_xor": _loops(2, "?" + INTS + FLOATS, "?"),
    "divide true_divide": "qq->d qQ->d Qq->d QQ->d " + _loops(2, FLOATS),
}
"""CuPy's ufuncs, and for which dtypes each has a loop. The first one fits that the operands can be cast to."""

AT = {
    "add": "int32 int64 float16 float32 float64 uint32 uint64",
    "subtract": "int32 uint32",
    "maximum": "int32 int64 float32 float64 uint32 uint64",
    "minimum": "int32 int64 float32 float64 uint32 uint64",
}
"""The ufuncs that have `at`, and for which dtypes."""

OWN_NUMBERS = (bool, int, float)


class _State:
    gpu = 0
    waits = 0
    launches = 0
    linalg = "ignore"


def waits() -> int:
    """How often the host has waited for a number of the device."""
    return _State.waits


def _wait() -> None:
    _State.waits += 1


def launches() -> int:
    """How many kernels have been started."""
    return _State.launches


def _launch() -> None:
    _State.launches += 1


# --- from and to NumPy ------------------------------------------------------------------------------------------------


def host(value: Any) -> Any:
    """The memory of an array, inside of lists and tuples too; raises TypeError for what is NumPy's own."""
    if isinstance(value, StandinArray):
        if value.gpu != _State.gpu:
            raise ValueError(f"an array on device {value.gpu} while the current device is {_State.gpu}")
        return value.memory
    if isinstance(value, np.ndarray | np.generic):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, list | tuple):
        return type(value)([host(each) for each in value])
    return value


def device(value: Any) -> Any:
    """What NumPy returned, with arrays for its arrays and scalars."""
    if isinstance(value, np.ndarray | np.generic):
        return StandinArray(np.asarray(value))
    if isinstance(value, list | tuple):
        return tuple([device(each) for each in value])
    return value


@functools.cache
def parameters(text: str) -> inspect.Signature:
    """The signature that is written as `(a, b=1)`."""
    return inspect.signature(eval(f"lambda {text}: None", {"float": float}))


def _rows(table: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        name, _, rest = line.partition("(")
        yield name, rest.removesuffix(")")


def _checked(name: str, text: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call` behind a signature, so that it takes what CuPy takes."""

    def function(*args: Any, **kwargs: Any) -> Any:
        given = parameters(text).bind(*args, **kwargs).arguments
        _check_axis(name, next(iter(given.values()), None), given.get("axis"))
        return _counted(name, call(*args, **kwargs), args)

    function.__name__ = name
    return function


def _check_axis(name: str, array: Any, axis: Any) -> None:
    """Raises AxisError for an axis of a 0-d array, which has none; NumPy takes 0 and -1 there."""
    if name in ALONG and isinstance(axis, int) and isinstance(array, StandinArray) and not array.ndim:
        raise np.exceptions.AxisError(axis, 0)


def _counted(name: str, result: Any, given: tuple[Any, ...]) -> Any:
    """Counts a kernel where `result` has memory of its own and something in it, or the method works in place."""
    if name.startswith("empty"):
        return result
    if result is None:
        _launch()
    sources = [each.memory for each in given if isinstance(each, StandinArray)]
    for own in result if isinstance(result, tuple) else (result,):
        if isinstance(own, StandinArray) and own.size and not any(np.may_share_memory(own.memory, s) for s in sources):
            _launch()
            break
    return result


def _played(name: str) -> Callable[..., Any]:
    """NumPy's function of this name on the memory of the arrays."""
    call = operator.attrgetter(name)(np)

    def function(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        result = call(*host(args), **{key: host(value) for key, value in kwargs.items()})
        return device(result) if out is None else out

    return function


# --- arrays -----------------------------------------------------------------------------------------------------------


class Flags:
    """How an array lies in memory; all that CuPy knows of it."""

    def __init__(self, memory: np.ndarray) -> None:
        self.c_contiguous, self.f_contiguous = memory.flags.c_contiguous, memory.flags.f_contiguous
        self.owndata = memory.flags.owndata

    def __getitem__(self, name: str) -> bool:
        return bool(getattr(self, name.lower()))


class StandinArray:
    """An array that plays one of CuPy's."""

    __slots__ = ("__weakref__", "gpu", "memory")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # as in CuPy, whose == gives an array

    def __init__(self, memory: np.ndarray, gpu: int | None = None) -> None:
        self.memory, self.gpu = memory, _State.gpu if gpu is None else gpu

    shape = property(lambda self: self.memory.shape)
    strides = property(lambda self: self.memory.strides)
    ndim = property(lambda self: self.memory.ndim)
    size = property(lambda self: self.memory.size)
    itemsize = property(lambda self: self.memory.itemsize)
    nbytes = property(lambda self: self.memory.nbytes)
    dtype = property(lambda self: self.memory.dtype)
    flags = property(lambda self: Flags(self.memory))
    device = property(lambda self: Device(self.gpu))
    data = property(lambda self: types.SimpleNamespace(ptr=self.memory.ctypes.data, device_id=self.gpu))
    T = property(lambda self: device(self.memory.T))

    @property
    def base(self) -> StandinArray | None:
        """The array whose memory this one shares."""
        own = self.memory.base
        while own is not None and not isinstance(own, np.ndarray):
            own = getattr(own, "base", None)
        return None if own is None else StandinArray(own, self.gpu)

    # what is not NumPy's under another type

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array "
            "explicitly."
        )

    def get(self, stream: Any = None, order: Any = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        """A copy in the host's memory."""
        _wait()
        return self.memory.copy(order)

    def set(self, arr: Any, stream: Any = None) -> None:
        """Takes the numbers of a NumPy array of the same shape and dtype."""
        assert isinstance(arr, np.ndarray) and arr.shape == self.shape and arr.dtype == self.dtype
        self.memory[...] = arr

    def astype(
        self, dtype: Any, order: Any = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> StandinArray:
        """A copy of another dtype."""
        if casting is not None or subok is not None:
            raise TypeError("casting and subok are not supported yet")
        own = host(self)
        made = own.astype(dtype, order=order, copy=copy)
        return self if made is own else _counted("astype", StandinArray(made), ())

    def item(self) -> Any:
        """The one element, as a number of Python's."""
        _wait()
        return self.memory.item()

    def tolist(self) -> Any:
        """The elements as lists of Python's numbers."""
        _wait()
        return self.memory.tolist()

    def __bool__(self) -> bool:
        _wait()
        return bool(self.memory)

    def __int__(self) -> int:
        return int(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def _number(self) -> Any:
        if self.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return self.item()

    def __len__(self) -> int:
        return len(self.memory)

    def __iter__(self) -> Iterator[StandinArray]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return repr(self.get())

    def __reduce__(self) -> Any:
        return _restored, (self.get(),)

    def __getitem__(self, key: Any) -> StandinArray:
        memory = host(self)
        own, copies = _index(memory, key)
        found = memory[own]
        if copies:
            return _counted("take", StandinArray(np.array(found)), ())
        return StandinArray(memory[(*_tuple(own), ...)] if isinstance(found, np.generic) else found)

    def __setitem__(self, key: Any, value: Any) -> None:
        memory = host(self)
        if not memory.flags.writeable:
            memory.flags.writeable = True
        own, _ = _index(memory, key)
        if not isinstance(value, (StandinArray, *OWN_NUMBERS)):
            raise TypeError(f"Unsupported type {type(value)}")
        given = host(value)
        if isinstance(given, np.ndarray) and given.ndim > memory[own].ndim:
            raise ValueError("input operand has more dimensions than allowed by the axis remapping")
        memory[own] = given
        if memory[own].size:
            _launch()


def _restored(memory: np.ndarray) -> StandinArray:
    return StandinArray(memory)


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _index(memory: np.ndarray, key: Any) -> tuple[Any, bool]:
    """A key as NumPy takes it, where integer arrays wrap around; whether it holds an array."""
    items = _tuple(key)
    taken = {k: _axes(item) for k, item in enumerate(items)}
    rest = memory.ndim - sum(taken.values())
    if sum(isinstance(item, StandinArray) and item.dtype == bool for item in items) > 1:
        raise NotImplementedError("more than one boolean array in an index")
    own, axis = [], 0
    for k, item in enumerate(items):
        if item is Ellipsis:
            axis += rest
            own.append(item)
            continue
        if isinstance(item, list):
            item = StandinArray(np.array(item) if item else np.array([], np.int32))
        if isinstance(item, StandinArray):
            array = host(item)
            if array.dtype == bool:
                _wait()
            elif array.dtype.kind not in "iu":
                raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {array.dtype})")
            elif axis < memory.ndim and memory.shape[axis]:
                array = np.asarray(np.mod(array, memory.shape[axis]))
            own.append(array)
        elif item is None or isinstance(item, slice) or (isinstance(item, int) and not isinstance(item, bool)):
            own.append(item)
        else:
            raise TypeError(f"Unsupported type {type(item)} in an index")
        axis += taken[k]
    return (tuple(own) if isinstance(key, tuple) else own[0]), any(isinstance(item, np.ndarray) for item in own)


def _axes(item: Any) -> int:
    """How many dimensions an item of a key is for."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, StandinArray) and item.dtype == bool else 1


# --- ufuncs -----------------------------------------------------------------------------------------------------------


class StandinUfunc:
    """A ufunc that plays one of CuPy's."""

    def __init__(self, name: str, loops: str) -> None:
        self.name, self.__name__ = f"cupy_{name}", name
        self.types = loops.split()
        self._loops = [tuple(map(np.dtype, loop.replace("->", ""))) for loop in self.types]
        self._numpy: Callable[..., Any] = getattr(np, name)
        self.nin = len(self._loops[0]) - 1

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> StandinArray:
        if len(args) == self.nin + 1 and out is None:
            *args, out = args  # type: ignore[assignment]  # a list does as well
        if len(args) != self.nin:
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        if isinstance(out, tuple):
            (out,) = out
        if out is not None and not isinstance(out, StandinArray):
            raise TypeError("Output arguments must be cupy.ndarray")
        operands = [host(arg) for arg in args]
        for each in operands:
            if not isinstance(each, (np.ndarray, *OWN_NUMBERS)):
                raise TypeError(f"Unsupported type {type(each)}")
        *taken, given = self._loop(operands) if dtype is None else self._loop_of(np.dtype(dtype))
        own = [
            each.astype(kind, copy=False) if isinstance(each, np.ndarray) else np.asarray(each, kind)
            for each, kind in zip(operands, taken, strict=True)
        ]
        result = np.asarray(self._numpy(*own)).astype(given, order="C", copy=False)
        if result.size:
            _launch()
        if out is None:
            return StandinArray(result)
        if not np.can_cast(given, out.dtype, casting):  # type: ignore[arg-type]  # any text
            raise TypeError(f"Cannot cast output from {given!r} to {out.dtype!r} with casting rule {casting!r}")
        if result.shape != out.shape:
            raise ValueError(f"Out shape is mismatched: {result.shape} and {out.shape}")
        if not out.memory.flags.writeable:
            out.memory.flags.writeable = True
        host(out)[...] = result
        return out

    def _loop(self, operands: list[Any]) -> tuple[Any, ...]:
        """The first loop that the operands fit; numbers of Python's take the arrays' dtype, unless of a higher kind."""
        arrays = [each.dtype for each in operands if isinstance(each, np.ndarray)]
        numbers = [type(each) for each in operands if not isinstance(each, np.ndarray)]
        weak = bool(arrays) and max(map(_rank, arrays)) >= max([_rank(np.dtype(each)) for each in numbers], default=0)
        for loop in self._loops:
            if all(self._fits(each, kind, weak) for each, kind in zip(operands, loop, strict=False)):
                return loop
        raise TypeError(f"Wrong type ({arrays + numbers}) of arguments for {self.name}")

    def _loop_of(self, dtype: Any) -> tuple[Any, ...]:
        for loop in self._loops:
            if loop[-1] == dtype:
                return loop
        raise TypeError(f"Wrong type ({dtype}) of arguments for {self.name}")

    @staticmethod
    def _fits(operand: Any, kind: Any, weak: bool) -> bool:
        if isinstance(operand, np.ndarray):
            return np.can_cast(operand.dtype, kind)
        own = np.dtype(type(operand))
        return np.can_cast(own, kind) or (weak and np.result_type(type(operand)(0), kind) == kind)

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        """Applies the function in place, at indices that may repeat."""
        if self.__name__ not in AT:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        if a.dtype not in [np.dtype(each) for each in AT[self.__name__].split()]:
            raise TypeError(f"cupy.{self.__name__}.at only supports {AT[self.__name__]} as data type")
        if not isinstance(b, (StandinArray, *OWN_NUMBERS)):
            raise TypeError(f"Unsupported type {type(b)}")
        memory, values = host(a), np.asarray(host(b)).astype(a.dtype)
        key, _ = _index(memory, indices)
        self._numpy.at(memory, key, np.broadcast_to(values, memory[key].shape))  # type: ignore[attr-defined]  # a ufunc
        _launch()

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """The sum or product along an axis."""
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return (
            array.sum(axis, dtype, out, keepdims) if self.__name__ == "add" else array.prod(axis, dtype, out, keepdims)
        )

    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """The running sum or product along an axis."""
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return array.cumsum(axis, dtype, out) if self.__name__ == "add" else array.cumprod(axis, dtype, out)

    def outer(self, A: Any, B: Any, **kwargs: Any) -> Any:
        """The function of each element of the one and each of the other."""
        return self(A.reshape(A.shape + (1,) * B.ndim), B, **kwargs)


def _rank(dtype: Any) -> int:
    return "biuf".replace("u", "i").index(dtype.kind.replace("u", "i"))


UFUNCS = {name: StandinUfunc(name, loops) for names, loops in LOOPS.items() for name in names.split()}


class StandinKernel:
    """cupy.ElementwiseKernel."""

    def __init__(self, in_params: str, out_params: str, operation: str, name: str = "kernel", **options: Any) -> None:
        self._kernel = standin_kernels.ElementwiseKernel(in_params, out_params, operation, name, **options)

    def __call__(self, *args: Any, size: int | None = None, stream: Any = None, block_size: int = 128) -> Any:
        for each in args:
            if not isinstance(each, (StandinArray, *OWN_NUMBERS)):
                raise TypeError(f"Unsupported type {type(each)}")
        made = self._kernel(*host(args), size=size)
        _launch()
        outputs = args[len(self._kernel.inputs) :]
        return device(made) if not outputs else outputs[0] if len(outputs) == 1 else outputs


# --- functions that are not NumPy's under another type ----------------------------------------------------------------


def _array(
    obj: Any,
    dtype: Any = None,
    copy: Any = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    blocking: bool = False,
) -> StandinArray:
    if isinstance(obj, StandinArray):
        if obj.gpu != _State.gpu:
            return StandinArray(np.array(obj.memory, dtype=dtype, order=order))
        made = np.array(obj.memory, dtype=dtype, copy=copy or None, order=order, ndmin=ndmin)
        return obj if made is obj.memory else StandinArray(made)
    if isinstance(obj, list | tuple):
        arrays = [isinstance(each, StandinArray) for each in obj]
        if any(arrays) and not all(arrays):
            raise TypeError("Implicit conversion to a NumPy array is not allowed.")
        obj = [each.memory if isinstance(each, StandinArray) else each for each in obj]
    return StandinArray(np.array(obj, dtype=dtype, order=order, ndmin=ndmin))


def _asarray(a: Any, dtype: Any = None, order: Any = None, copy: Any = None, blocking: bool = False) -> StandinArray:
    return _array(a, dtype, copy, order or "K")


def _spread(array: Any, shape: Any) -> StandinArray:
    """As NumPy's, but memory that may be written to, by whom does not mind that elements share it."""
    memory = host(array)
    return StandinArray(as_strided(memory, shape, np.broadcast_to(memory, shape).strides))


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> StandinArray:
    memory = host(a)
    view = np.diagonal(memory, offset, axis1, axis2)
    start = (view.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // memory.itemsize
    flat = as_strided(memory, (start + 1,), (memory.itemsize,)) if view.size else memory.reshape(-1)[:0]
    return StandinArray(as_strided(flat[start:], view.shape, view.strides))


def _full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> StandinArray:
    return StandinArray(np.full(shape, host(fill_value), dtype, order))


def _filled_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = None, shape: Any = None
) -> StandinArray:
    return StandinArray(np.full_like(host(a), host(fill_value), dtype, order, shape=shape))


def _like(name: str) -> Callable[..., StandinArray]:
    def function(
        a: Any, dtype: Any = None, order: Any = "K", subok: Any = None, shape: Any = None, **named: Any
    ) -> StandinArray:
        return StandinArray(getattr(np, name)(host(a), dtype, order, shape=shape))

    return function


def _waiting(name: str, refuses_0d: bool = False) -> Callable[..., Any]:
    call = _played(name)

    def function(a: Any, *args: Any, **kwargs: Any) -> Any:
        _wait()
        if refuses_0d and not a.ndim:
            raise ValueError("Calling nonzero on 0d arrays is not allowed. Use cupy.atleast_1d(scalar).nonzero()")
        return call(a, *args, **kwargs)

    return function


def _concatenate(tup: Any, axis: Any = 0, out: Any = None, dtype: Any = None, casting: Any = "same_kind") -> Any:
    for each in tup:
        if not isinstance(each, StandinArray):
            raise TypeError("Only cupy arrays can be concatenated")
        if not each.ndim and axis is not None:
            raise TypeError("zero-dimensional arrays cannot be concatenated")
    result = np.concatenate(host(list(tup)), axis, out=host(out), dtype=dtype, casting=casting)
    return StandinArray(np.ascontiguousarray(result)) if out is None else out


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return MODULE_FUNCTIONS["nonzero"](condition)
    given = [host(each) for each in (condition, x, y)]
    if not all(isinstance(each, (np.ndarray, *OWN_NUMBERS)) for each in given):
        raise TypeError("Unsupported type")
    if not isinstance(condition, StandinArray):
        raise AttributeError(f"{type(condition).__name__!r} object has no attribute 'astype'")
    _check_range(given[1:])
    return StandinArray(np.asarray(np.where(*given), order="C"))


def _check_range(given: list[Any]) -> None:
    """Raises OverflowError for an int that the arrays' integers do not hold; NumPy's `where` and `clip` take it."""
    kinds = [each.dtype for each in given if isinstance(each, np.ndarray)]
    if kinds and all(kind.kind in "iu" for kind in kinds):
        for each in given:
            if type(each) is int:
                np.asarray(each, np.result_type(*kinds))


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> StandinArray:
    if isinstance(repeats, StandinArray | list | tuple):
        _wait()
    return StandinArray(np.repeat(host(a), host(repeats), axis))


def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> StandinArray:
    if not isinstance(a, StandinArray) or not isinstance(v, (StandinArray, *OWN_NUMBERS)):
        raise NotImplementedError("Only python scalars or ndarrays are supported for v")
    return StandinArray(np.asarray(np.searchsorted(host(a), host(v), side, host(sorter))))  # type: ignore[call-overload]


def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None) -> Any:
    memory = host(a)
    if not isinstance(indices, StandinArray | int | list | tuple):
        raise TypeError(f"Unsupported type {type(indices)}")
    places = np.asarray(host(indices), np.int64)
    count = memory.size if axis is None else memory.shape[axis]
    result = np.asarray(np.take(memory, places % count if count else places, axis))
    if out is None:
        return StandinArray(result)
    if out.dtype != a.dtype or out.shape != result.shape:
        raise TypeError("Output dtype or shape mismatch")
    host(out)[...] = result
    return out


def _take_along(a: Any, indices: Any, axis: int | None) -> StandinArray:
    memory, places = host(a), host(indices)
    if axis is None:
        memory, axis = memory.ravel(), 0
    size = memory.shape[axis]
    return StandinArray(np.take_along_axis(memory, places % size if size else places, axis))


def _lexsort(keys: Any) -> StandinArray:
    if not isinstance(keys, StandinArray):
        raise TypeError("CuPy wants the keys in one array")
    if keys.ndim > 2:
        raise NotImplementedError("Keys with the rank of three or more is not supported in lexsort")
    return StandinArray(np.lexsort(host(keys)))


def _clip(a: Any, a_min: Any, a_max: Any, out: Any = None) -> Any:
    given = [host(each) for each in (a, a_min, a_max)]
    if a.dtype == bool and (a_min is None or a_max is None):
        raise TypeError("Unsupported type <class 'NoneType'>")
    _check_range(given)
    result = np.clip(*given)
    if out is None:
        return device(result)
    host(out)[...] = result
    return out


def _ordered(name: str) -> Callable[..., Any]:
    call = _played(name)

    def function(a: Any, *args: Any, **kwargs: Any) -> Any:
        if not a.ndim:
            raise np.exceptions.AxisError("Sorting arrays with the rank of zero is not supported")
        return call(a, *args, **kwargs)

    return function


def _meshgrid(*xi: Any, **kwargs: Any) -> Any:
    if any(each.ndim != 1 for each in xi):
        raise ValueError("input has to be 1d")
    return _played("meshgrid")(*xi, **kwargs)


def _may_share(a: Any, b: Any, max_work: Any = None) -> bool:
    return bool(np.may_share_memory(a.memory, b.memory))


def _algebra(name: str) -> Callable[..., Any]:
    """A function of `linalg`: silent about a matrix that has no inverse, factor..., unless asked to raise."""
    call = getattr(np.linalg, name)

    def function(a: Any, *args: Any, **kwargs: Any) -> Any:
        memory = host(a)
        if memory.dtype == np.float16 and name != "norm":
            raise TypeError("float16 is unsupported in linalg")
        given = [host(each) for each in args]
        try:
            return device(call(memory, *given, **kwargs))
        except np.linalg.LinAlgError:
            square = memory.ndim > 1 and memory.shape[-1] == memory.shape[-2]
            if _State.linalg == "raise" or name not in ("inv", "cholesky", "solve") or not square:
                raise
            shape = given[0].shape if given else memory.shape
            return StandinArray(np.full(shape, np.nan, memory.dtype))

    return function


OWN: dict[str, Callable[..., Any]] = {
    "array": _array,
    "asarray": _asarray,
    "broadcast_to": _spread,
    "diagonal": _diagonal,
    "full": _full,
    "full_like": _filled_like,
    "zeros_like": _like("zeros_like"),
    "ones_like": _like("ones_like"),
    "empty_like": lambda prototype, *args, **kwargs: _like("empty_like")(prototype, *args, **kwargs),
    "nonzero": _waiting("nonzero", refuses_0d=True),
    "flatnonzero": _waiting("flatnonzero"),
    "unique": _waiting("unique"),
    "isin": lambda element, test_elements, *args, **kwargs: _waiting("isin")(
        element.ravel(), test_elements.ravel(), *args, **kwargs
    ).reshape(element.shape),
    "bincount": lambda x, weights=None, minlength=None: _waiting("bincount")(x, weights, minlength or 0),
    "concatenate": _concatenate,
    "where": _where,
    "repeat": _repeat,
    "searchsorted": _searchsorted,
    "take": _take,
    "take_along_axis": _take_along,
    "lexsort": _lexsort,
    "clip": _clip,
    "sort": _ordered("sort"),
    "partition": _ordered("partition"),
    "meshgrid": _meshgrid,
    "may_share_memory": _may_share,
    "finfo": np.finfo,
    "iinfo": np.iinfo,
    "result_type": lambda *given: np.result_type(*host(given)),
} | {f"linalg.{name}": _algebra(name) for name in "cholesky det eigh inv norm qr slogdet solve svd".split()}

MODULE_FUNCTIONS = {
    name: _checked(name, text, OWN[name] if name in OWN else _played(name)) for name, text in _rows(SIGNATURES)
}


# --- methods and operators --------------------------------------------------------------------------------------------


def _method(name: str, text: str) -> Callable[..., Any]:
    own = OWN.get(name)

    def call(self: StandinArray, *args: Any, **kwargs: Any) -> Any:
        _check_axis(name, self, parameters(text).bind(*args, **kwargs).arguments.get("axis"))
        if own is not None and name != "clip":
            return _counted(name, own(self, *args, **kwargs), (self,))
        out = kwargs.get("out")
        given = {key: host(value) for key, value in kwargs.items()}
        result = getattr(host(self), name)(*host(args), **given)
        return _counted(name, device(result), (self,)) if out is None else _counted(name, out, ())

    return call


for _name, _text in _rows(METHODS):
    setattr(StandinArray, _name, _method(_name, _text))


def _frexp(x: StandinArray) -> Any:
    """The ufunc that has two outputs."""
    return _counted("frexp", device(np.frexp(host(x))), (x,))


def _sorted_in_place(name: str) -> Callable[..., None]:
    def call(self: StandinArray, *args: Any, **kwargs: Any) -> None:
        if not self.ndim:
            raise np.exceptions.AxisError("Sorting arrays with the rank of zero is not supported")
        if not self.memory.flags.c_contiguous:
            raise NotImplementedError("Sorting non-contiguous array is not supported.")
        getattr(host(self), name)(*args, **kwargs)

    return call


for _name in ("sort", "partition"):
    setattr(StandinArray, _name, _sorted_in_place(_name))


def _operators(name: str, ufunc: Callable[..., Any], in_place: bool = True) -> None:
    def straight(self: StandinArray, other: Any) -> Any:
        return ufunc(self, other)

    def swapped(self: StandinArray, other: Any) -> Any:
        return ufunc(other, self)

    def changed(self: StandinArray, other: Any) -> Any:
        return ufunc(self, other, out=self)

    setattr(StandinArray, f"__{name}__", straight)
    if in_place:
        setattr(StandinArray, f"__r{name}__", swapped)
        setattr(StandinArray, f"__i{name}__", changed)


for _name, _ufunc in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}.items():
    _operators(_name, UFUNCS[_ufunc])
for _name, _ufunc in {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}.items():
    _operators(_name, UFUNCS[_ufunc], in_place=False)
for _name, _ufunc in {"neg": "negative", "abs": "absolute", "invert": "invert", "pos": "positive"}.items():
    setattr(StandinArray, f"__{_name}__", lambda self, ufunc=UFUNCS[_ufunc]: ufunc(self))
_operators("matmul", MODULE_FUNCTIONS["matmul"])


# --- the module -------------------------------------------------------------------------------------------------------


class RandomState:
    """cupy.random.RandomState; its numbers are NumPy's."""

    def __init__(self, seed: int | None = None) -> None:
        self._random, self._gpu = np.random.RandomState(seed), _State.gpu


for _name, _text in _rows("""
geometric(p, size=None, dtype='l')
permutation(a)
poisson(lam=1.0, size=None, dtype='l')
randint(low, high=None, size=None, dtype=int)
random_sample(size=None, dtype=float)
standard_cauchy(size=None, dtype=float)
standard_gamma(shape, size=None, dtype=float)
standard_normal(size=None, dtype=float)
"""):

    def _drawn(self: RandomState, *args: Any, name: str = _name, text: str = _text, **kwargs: Any) -> StandinArray:
        parameters(text).bind(*args, **kwargs)
        assert self._gpu == _State.gpu, "a generator of cuRAND's draws on its own GPU alone"
        return _counted(name, StandinArray(np.asarray(getattr(self._random, name)(*host(args), **kwargs))), ())

    setattr(RandomState, _name, _drawn)


class Device:
    """cupy.cuda.Device."""

    def __init__(self, id: int | None = None) -> None:
        self.id = _State.gpu if id is None else id
        self._outer: list[int] = []

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def use(self) -> None:
        """Makes it the current one."""
        if not 0 <= self.id < GPUS:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        _State.gpu = self.id

    def synchronize(self) -> None:
        """Waits for it."""
        _wait()

    def __enter__(self) -> Device:
        self._outer.append(_State.gpu)
        self.use()
        return self

    def __exit__(self, *error: object) -> None:
        _State.gpu = self._outer.pop()


class CUDARuntimeError(RuntimeError):
    """What CUDA raises."""


@contextlib.contextmanager
def errstate(*, divide: Any = None, linalg: str = "ignore") -> Iterator[None]:
    """cupyx.errstate."""
    before, _State.linalg = _State.linalg, linalg
    try:
        yield
    finally:
        _State.linalg = before


def module() -> dict[str, types.ModuleType]:
    """What is to be put into `sys.modules`: cupy and cupyx."""
    cupy, cupyx = types.ModuleType("cupy"), types.ModuleType("cupyx")
    cupyx.errstate = errstate  # type: ignore[attr-defined]  # a module made here
    own: dict[str, Any] = dict(UFUNCS)
    spaces: dict[str, Any] = {name: types.SimpleNamespace() for name in ("linalg", "lib", "lib.stride_tricks")}
    spaces["lib"].stride_tricks = spaces["lib.stride_tricks"]
    spaces["linalg"].LinAlgError = np.linalg.LinAlgError
    for path, function in MODULE_FUNCTIONS.items():
        space, _, name = path.rpartition(".")
        if space:
            setattr(spaces[space], name, function)
        else:
            own[name] = function
    runtime = types.SimpleNamespace(CUDARuntimeError=CUDARuntimeError, getDeviceCount=lambda: GPUS)
    own |= {name: getattr(np, name) for name in "dtype inf nan pi newaxis e".split()}
    own |= {name: getattr(np, name) for name in "bool_ uint8 int8 int16 int32 int64 float16 float32 float64".split()}
    own |= {
        "frexp": _frexp,
        "ndarray": StandinArray,
        "ufunc": StandinUfunc,
        "linalg": spaces["linalg"],
        "lib": spaces["lib"],
        "random": types.SimpleNamespace(RandomState=RandomState),
        "cuda": types.SimpleNamespace(Device=Device, runtime=runtime),
    }
    if standin_kernels.available():
        own["ElementwiseKernel"] = StandinKernel
    cupy.__dict__.update(own)
    return {"cupy": cupy, "cupyx": cupyx}


@contextlib.contextmanager
def installed() -> Iterator[types.ModuleType]:
    """Puts the stand-in in CuPy's place for the engine, and takes it away again; gives its `cupy`."""
    modules = module()
    with pytest.MonkeyPatch.context() as patch:
        for name, each in modules.items():
            patch.setitem(sys.modules, name, each)
        backend.load_cupy()
        try:
            yield modules["cupy"]
        finally:
            backend.modules.pop(StandinArray)
            random_ops._streams.pop(modules["cupy"], None)
