"""NumPy and CuPy behind one door: which module an array belongs to, and what the two spell apart.

The only file that imports cupy. Kernels and gradient rules get `xp`, the module of their arrays, and never say `np`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from minitorch.devices import CPU, device
from minitorch.errors import CudaUnavailableError, memory_error
from minitorch.malloc import keep_freed_memory

Array: TypeAlias = Any
"""An array of NumPy, CuPy or a registered stand-in: all three share NumPy's interface, but no base class."""

Number: TypeAlias = bool | int | float
Operand: TypeAlias = Any
"""An Array or a Number."""

# torch computes log(0), 0/0 and overflows silently; an errstate around each operation would double its cost.
# The filter is for other threads, each of which starts with NumPy's own error state.
np.seterr(all="ignore")
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")

keep_freed_memory()

_CACHE = 2**20
"""Bytes of scratch between whose writing and reading little else should pass through a processor's cache."""

modules: dict[type, Any] = {np.ndarray: np}
"""The module of each type of array."""


def array_module(array: Array) -> Any:
    """The module (numpy, cupy) whose functions take `array`; NumPy for its scalars."""
    return modules.get(array.__class__, np)


def register_array_type(array_type: type, module: ModuleType | Any) -> None:
    """Makes arrays of `array_type` known: `module` holds NumPy's functions for them."""
    modules[array_type] = module


def is_array(value: Any) -> bool:
    """Whether `value` is an array that a tensor may hold."""
    return value.__class__ in modules


def load_cupy() -> Any:
    """Imports CuPy and makes its arrays known; raises CudaUnavailableError that says what to install or is missing."""
    try:
        import cupy
    except ImportError:
        raise CudaUnavailableError(
            "CUDA is not available: CuPy is not installed (pip install 'minitorch[cuda12]' or 'minitorch[cuda13]'). "
            "Torch not compiled with CUDA enabled"
        ) from None
    if not cuda_device_count(cupy):
        raise CudaUnavailableError(
            "CUDA is not available: CuPy found no CUDA device or driver on this machine. No CUDA GPUs are available"
        )
    register_array_type(cupy.ndarray, cupy)
    return cupy


def cuda_device_count(cupy: Any) -> int:
    """How many CUDA devices CuPy sees; 0 without a driver."""
    try:
        return int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError:
        return 0


def device_of(array: Array) -> device:
    """The torch device on which `array` lies."""
    own = getattr(array, "device", None)
    return CPU if own is None or own == "cpu" else device("cuda", int(own))


def module_for(target: device) -> Any:
    """The module that makes arrays on `target`."""
    return np if target.type == "cpu" else load_cupy()


def gpu(index: int | None = None) -> Any:
    """CuPy's object for the GPU of that number, the current one for None; raises RuntimeError where there is none."""
    cupy = load_cupy()
    count = cuda_device_count(cupy)
    if index is not None and not 0 <= index < count:
        raise RuntimeError(f"CUDA error: invalid device ordinal: no cuda:{index}, there are {count} from cuda:0 on")
    return cupy.cuda.Device(index)


def to_device(array: Array, target: device) -> Array:
    """`array` itself when it lies on `target`, else a copy there; on the current GPU where none is named."""
    own = device_of(array)
    if own == target:
        return array
    if target.type == "cpu":
        return to_host(array)
    place = gpu(target.index)
    if own == device("cuda", int(place.id)):
        return array
    try:
        with place:
            return load_cupy().asarray(array)
    except MemoryError as error:
        raise memory_error(error) from None


def to_host(array: Array) -> Any:
    """`array` as a NumPy array; without a copy when it is one."""
    return array if isinstance(array, np.ndarray) else array.get()


def cache_blocks(xp: Any, count: int, nbytes: int, least: int = 1) -> Iterator[slice]:
    """Splits `count` items into runs of about a processor's second cache, where each item fills `nbytes` of scratch.

    There are `least` runs, if there are so many items. On a GPU, which has bandwidth and minds every launch, all are
    one run.
    """
    blocks = max(1, min(count, max(least, round(count * nbytes / _CACHE)))) if xp is np else 1
    length = max(1, -(-count // blocks))
    return (slice(start, min(start + length, count)) for start in range(0, count, length))


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in elements, of a row-major array of `shape`."""
    return tuple(math.prod(max(size, 1) for size in shape[dim + 1 :]) for dim in range(len(shape)))


def writable_diagonal(array: Array, offset: int, axis1: int, axis2: int) -> Array:
    """The diagonal of the matrices in two dimensions, as a view that may be written to: NumPy's own is read-only."""
    part = [slice(None)] * array.ndim
    part[axis1], part[axis2] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    array = array[tuple(part)]
    others = [axis for axis in range(array.ndim) if axis not in (axis1, axis2)]
    shape = [*(array.shape[axis] for axis in others), min(array.shape[axis1], array.shape[axis2])]
    strides = [*(array.strides[axis] for axis in others), array.strides[axis1] + array.strides[axis2]]
    return array_module(array).lib.stride_tricks.as_strided(array, shape, strides)


def storage_of(array: Array) -> tuple[Array, int]:
    """All of the memory that `array` lies in, as one row of elements, and the place of its first element there."""
    root = array
    while is_array(root.base):
        root = root.base
    row = array_module(root).ravel(root, order="K")
    if row.dtype != array.dtype:
        row = row.view(array.dtype)
    return row, (_address(array) - _address(row)) // array.itemsize


def _address(array: Array) -> int:
    return int(array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr)


def add_along_axis(values: Array, indices: Array, shape: tuple[int, ...], axis: int) -> Array:
    """Zeros of `shape` with `values` added at `indices` along `axis`; the other dimensions correspond one to one."""
    xp = array_module(values)
    outer, size, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    out = xp.zeros(outer * size * inner, values.dtype)
    # Flat one-dimensional indices are the only ones for which NumPy's unbuffered addition is fast.
    rows = xp.arange(outer)[:, None, None] * size + indices.reshape(outer, indices.shape[axis], inner)
    add_at(out, (rows * inner + xp.arange(inner)).reshape(-1), values.reshape(-1))
    return out.reshape(shape)


def running(ufunc: Any, array: Array, axis: int) -> Array:
    """The results so far of an associative function of two arrays along `axis`."""
    if isinstance(array, np.ndarray):
        return ufunc.accumulate(array, axis=axis)
    return _running(ufunc, array, axis)


def _running(ufunc: Any, array: Array, axis: int) -> Array:
    """As `running`, for CuPy, whose functions do not accumulate: each pass brings in twice as many elements."""
    xp = array_module(array)
    rows = xp.moveaxis(array, axis, 0).copy()
    step = 1
    while step < len(rows):
        rows = xp.concatenate([rows[:step], ufunc(rows[:-step], rows[step:])])
        step *= 2
    return xp.moveaxis(rows, 0, axis)


_WHOLE = {size: np.dtype(f"int{8 * size}") for size in (2, 4, 8)}


def kept(xp: Any, g: Any, mask: Any, out: Any = None) -> Any:
    """The floats `g`, arrays or Tensors, where `mask` holds, and 0 elsewhere; into an array `out`, if given.

    NumPy multiplies them as integers: a product of floats with 0 may be -0, or nan, and `where` takes six times as
    long.
    """
    if xp is np:
        whole = _WHOLE[g.dtype.itemsize]
        if out is None and g.shape and g.shape == mask.shape:
            out = np.empty_like(g)  # memory of its own, which the engine may add to
        if out is None:
            return (g.view(whole) * mask).view(g.dtype)
        np.multiply(g.view(whole), mask, out=out.view(whole))
        return out
    found = xp.where(mask, g, 0)
    if out is None:
        return found
    out[...] = found
    return out


def unshared(array: Array) -> Array:
    """The array itself, or a copy where writing to it would change another array of NumPy's."""
    return array.copy() if isinstance(array, np.ndarray) and array.base is not None and array.flags.writeable else array


def is_writeable(array: Array) -> bool:
    """Whether `array` may be written to: not where `expand` repeats its elements.

    NumPy refuses every view of such an array; one that repeats nothing is made writeable here. Raises RuntimeError
    for the read-only memory of somebody else's array.
    """
    on_host = isinstance(array, np.ndarray)
    if on_host and array.flags.writeable:
        return True
    if array.size and any(step == 0 and size > 1 for step, size in zip(array.strides, array.shape, strict=True)):
        return False
    if not on_host:
        return True
    try:
        array.flags.writeable = True
    except ValueError:
        raise RuntimeError(
            "the tensor shares its memory with a NumPy array that is not writable: clone() the tensor first"
        ) from None
    return True


def is_numpy(xp: Any) -> bool:
    """Whether a module's arrays lie in NumPy's, those under vmap too."""
    return getattr(xp, "base_module", xp) is np


def linalg_raises(xp: Any) -> AbstractContextManager[None]:
    """Within, a matrix without inverse or factor raises NumPy's LinAlgError; else CuPy goes on with any numbers."""
    if is_numpy(xp):
        return nullcontext()
    import cupyx

    context: AbstractContextManager[None] = cupyx.errstate(linalg="raise")
    return context


def checks_bounds(array: Array) -> bool:
    """Whether an index out of bounds raises; CuPy wraps it around."""
    return isinstance(array, np.ndarray)


def picked_shape(shape: tuple[int, ...], key: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of `array[key]`, for an array of `shape` and a key of full slices and index arrays."""
    dims = [dim for dim, each in enumerate(key) if is_array(each)]
    first, last = key[dims[0]], dims[-1]
    if first.dtype.kind == "b":
        return (*shape[: dims[0]], int(first.sum()), *shape[dims[0] + first.ndim :])
    picked = np.broadcast_shapes(*[key[dim].shape for dim in dims])
    if last - dims[0] == len(dims) - 1:
        return (*shape[: dims[0]], *picked, *shape[last + 1 :])
    return (*picked, *[size for dim, size in enumerate(shape) if dim not in dims])


def scatter_add_at(array: Array, key: tuple[Any, ...], values: Any) -> None:
    """`array[key] += values` for a contiguous array and a key of full slices and index arrays, where places may repeat.

    Over flat positions, which NumPy adds 3 to 10 times faster than rows, and faster than bincount, which needs float64.
    On a GPU one array of indices takes one kernel as it is.
    """
    if not isinstance(array, np.ndarray) and sum(map(is_array, key)) == 1:
        add_at(array, key, array_module(array).asarray(values, dtype=array.dtype))
        return
    places, values = _flat_places(array, key, values)
    add_at(array.reshape(-1), places, values)


def add_at(array: Array, places: Any, values: Array) -> None:
    """`array[places] += values` where places may repeat; of NumPy's arrays in one dimension."""
    xp = array_module(array)
    if isinstance(array, np.ndarray) or array.dtype.kind == "f" or array.itemsize >= 4:
        xp.add.at(array, places, values)
        return
    wide = array.astype("int32")  # the narrowest integers that a GPU adds where places repeat
    xp.add.at(wide, places, values.astype("int32"))
    array[...] = wide.astype(array.dtype)


def _flat_places(array: Array, key: tuple[Any, ...], values: Any) -> tuple[Array, Array]:
    """The positions of `array[key]` in the memory of a contiguous array, and the values for them, both in a row."""
    xp = array_module(array)
    shape, steps = array.shape, contiguous_strides(array.shape)
    if len(shape) == 1:
        return key[0], xp.asarray(values, dtype=array.dtype)
    dims = [dim for dim, each in enumerate(key) if is_array(each)]
    rest = [dim for dim in range(array.ndim) if dim not in dims]
    places: Any = 0
    for dim in dims:
        index = key[dim].astype(np.int64, copy=False)
        places = places + xp.where(index < 0, index + shape[dim], index) * steps[dim]
    values = xp.broadcast_to(xp.asarray(values, dtype=array.dtype), picked_shape(shape, key))
    if dims[0] and dims[-1] - dims[0] == len(dims) - 1:
        axes = tuple(range(places.ndim))
        values = xp.moveaxis(values, tuple(dims[0] + axis for axis in axes), axes)
    places = places.reshape(places.shape + (1,) * len(rest))
    for k, dim in enumerate(rest):
        places = places + (xp.arange(shape[dim]) * steps[dim]).reshape((-1,) + (1,) * (len(rest) - k - 1))
    return places.ravel(), values.ravel()


def combine_at(reduce: str, array: Array, key: tuple[Any, ...], values: Array) -> None:
    """Multiplies `values` into a contiguous array at `key`, or keeps the larger ("amax") or smaller ones.

    Places may repeat.
    """
    xp = array_module(array)
    ufunc = {"prod": xp.multiply, "amax": xp.maximum, "amin": xp.minimum}[reduce]
    if isinstance(array, np.ndarray):
        ufunc.at(array, key, values)
        return
    # A GPU has none of these for every dtype, and no product: equal places are brought together and combined there.
    places, values = _flat_places(array, key, values)
    values = xp.broadcast_to(values, places.shape).ravel()
    places = places.ravel() % max(array.size, 1)
    order = places.argsort()
    places, values = places[order], values[order]
    step = 1
    while step < len(places):
        same = places[step:] == places[:-step]
        later = xp.where(same, ufunc(values[:-step], values[step:]), values[step:])
        values = xp.concatenate([values[:step], later])
        step *= 2
    last = xp.ones(places.shape, bool)
    last[:-1] = places[1:] != places[:-1]
    places, row = places[last], array.reshape(-1)
    row[places] = ufunc(row[places], values[last])
