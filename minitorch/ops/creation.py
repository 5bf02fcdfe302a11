"""Making tensors: of data, filled with a value, of evenly spaced values, shaped like another."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.graph import joined
from minitorch.backend import Array, device_of, is_array, module_for
from minitorch.devices import as_device, get_default_device, is_lenient
from minitorch.dtypes import as_numpy_dtype, checked_number, default_numpy_dtype, from_numpy_dtype, number_dtype
from minitorch.errors import type_name
from minitorch.ops._factory import Factory, check_options, factory, finished, flag, like, number, shape_argument, whole
from minitorch.sizes import as_shape
from minitorch.tensor import Tensor, array_from_data, checked_array, legacy_tensor, wrap


def _new(create: Factory) -> Callable[..., Tensor]:
    """The method `new_...` of a factory: dtype and device are the tensor's unless given."""

    def method(self: Tensor, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        made = create(*args, dtype=dtype, device=self.device if device is None else device, **options)
        together = joined([self, made])
        if together is not None:
            made._array = together[1]._array.copy()
        return made

    method.__name__ = f"new_{create.__name__}"
    method.__doc__ = f"`{create.__name__}` with this tensor's dtype and device, unless others are given."
    return method


# --- of data ----------------------------------------------------------------------------------------------------------


def _copied(op: str, data: Any, dtype: Any, device: Any, requires_grad: bool, pin_memory: bool) -> Tensor:
    check_options(op, None, pin_memory, requires_grad)
    own = None if dtype is None else as_numpy_dtype(dtype, op)
    if device is None and is_array(getattr(data, "_array", data)):
        place = device_of(getattr(data, "_array", data))
    else:
        place = as_device(device)
    array = array_from_data(data, own, module_for(place))
    return finished(array, requires_grad, place if place.index is not None else None)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new leaf tensor with a copy of `data`: a number, nested sequences of numbers, a NumPy array, a tensor.

    Raises ValueError for ragged sequences, TypeError for strings, RuntimeError for what is no number or too large.
    """
    if isinstance(data, Tensor):
        warnings.warn(_COPY_CONSTRUCT.format("torch.tensor"), UserWarning, stacklevel=2)
    return _copied("tensor", data, dtype, device, requires_grad, pin_memory)


_COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than {}(sourceTensor)."
)


def new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """`tensor(data)` with this tensor's dtype and device, unless others are given."""
    if isinstance(data, Tensor):
        warnings.warn(_COPY_CONSTRUCT.format("tensor.new_tensor"), UserWarning, stacklevel=2)
    device = self.device if device is None else device
    return _copied("new_tensor", data, dtype or self.dtype, device, requires_grad, pin_memory)


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares memory with a NumPy array.

    Raises TypeError for what is no array or has an element type that torch lacks, ValueError for negative strides.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    array = checked_array(ndarray)
    if not array.flags.writeable:
        warnings.warn(_NOT_WRITABLE.format("NumPy array", "array"), UserWarning, stacklevel=2)
    out: Tensor = wrap(array.view(np.ndarray))
    return out.to(get_default_device()) if is_lenient() else out


_NOT_WRITABLE = (
    "The given {} is not writable, and tensors are writable: a write to this tensor will raise an error. Copy the {} "
    "before converting it to a tensor if you want to write to it."
)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without a copy where dtype and device allow: a tensor itself, a NumPy array's memory."""
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
        device = as_device(device)
    if isinstance(data, Tensor):
        moved: Tensor = data.to(device=device, dtype=dtype)
        return moved
    return _copied("as_tensor", data, dtype, device, False, False)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """`obj` (data, array, buffer or tensor) as a tensor; `copy`: always, never (ValueError), or where needed (None)."""
    check_options("asarray", None, False, requires_grad)
    if isinstance(obj, (bytes, bytearray, memoryview)):
        own = dtypes.get_default_dtype() if dtype is None else dtype
        shared = frombuffer(obj, dtype=own, requires_grad=requires_grad)
        return finished(shared._array.copy(), requires_grad) if copy else shared
    source = from_numpy(obj) if isinstance(obj, np.ndarray) else obj
    if not isinstance(source, Tensor):
        if copy is False:
            raise ValueError("asarray(): can't alias arbitrary sequence into a tensor; leave copy out")
        return _copied("asarray", source, dtype, device, requires_grad, False)
    out: Tensor = source.to(device=device, dtype=dtype)
    if copy is False and out is not source:
        if out.device != source.device:
            raise ValueError(f"can't alias tensor on device '{source.device}' to device '{out.device}'.")
        names = source.dtype.legacy_name, out.dtype.legacy_name
        raise ValueError("can't alias tensor with dtype '{}' into dtype '{}'.".format(*names))
    if copy and out is source:
        out = source.clone()
    if not requires_grad:
        return out.detach() if out.requires_grad else out
    return finished(out._array, True) if not out.requires_grad else out


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A one-dimensional tensor over the memory of an object with Python's buffer interface.

    Raises ValueError where the buffer's length does not fit.
    """
    own = as_numpy_dtype(dtype, "frombuffer")
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError(f"object does not implement Python buffer protocol: {type(buffer).__name__}") from None
    length = view.nbytes
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) - 1"
        )
    if count < 0:
        if (length - offset) % own.itemsize:
            raise ValueError(
                f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({own.itemsize})"
            )
    elif offset + count * own.itemsize > length:
        raise ValueError(
            f"requested buffer length ({count} * {own.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({length} bytes)"
        )
    if view.readonly:
        warnings.warn(_NOT_WRITABLE.format("buffer", "buffer"), UserWarning, stacklevel=2)
    return finished(np.frombuffer(buffer, own, count, offset), requires_grad)


# --- filled -----------------------------------------------------------------------------------------------------------


@factory
def zeros(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`."""
    return xp.zeros(shape_argument(size, kwargs, "zeros"), dtype or default_numpy_dtype())


@factory
def ones(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor of ones: `ones(2, 3)` or `ones((2, 3))`."""
    return xp.ones(shape_argument(size, kwargs, "ones"), dtype or default_numpy_dtype())


@factory
def empty(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor whose elements are whatever was in memory."""
    return xp.empty(shape_argument(size, kwargs, "empty"), dtype or default_numpy_dtype())


@factory
def full(size: Any, fill_value: Any, *, xp: Any, dtype: Any) -> Array:
    """A tensor filled with one value, whose type decides the dtype where none is given."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number(fill_value, "full", "fill_value", 2)
    shape = shape_argument((size,), {}, "full")
    dtype = dtype or number_dtype(value)
    return xp.full(shape, checked_number(value, dtype), dtype)


@factory
def scalar_tensor(s: Any, *, xp: Any, dtype: Any) -> Array:
    """A 0-d tensor of the default dtype, unless another is given."""
    dtype = dtype or default_numpy_dtype()
    return xp.full((), checked_number(number(s, "scalar_tensor", "s", 1), dtype), dtype)


@factory
def empty_strided(size: Any, stride: Any, *, xp: Any, dtype: Any) -> Array:
    """A tensor with the given strides (in elements), its elements whatever was in memory."""
    shape, strides = as_shape("empty_strided", (size,)), as_shape("empty_strided", (stride,), "stride")
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    memory = xp.empty(
        1 + sum((length - 1) * step for length, step in zip(shape, strides, strict=True)) if math.prod(shape) else 0,
        dtype or default_numpy_dtype(),
    )
    steps = [step * memory.itemsize for step in strides]
    return xp.lib.stride_tricks.as_strided(memory, shape, steps)


@like
def zeros_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Zeros in the shape, dtype, device and memory order of `input`."""
    return xp.zeros_like(input, dtype, order)


@like
def ones_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Ones in the shape, dtype, device and memory order of `input`."""
    return xp.ones_like(input, dtype, order)


@like
def empty_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Whatever was in memory, in the shape, dtype, device and memory order of `input`."""
    return xp.empty_like(input, dtype, order)


@like
def full_like(input: Array, fill_value: Any, *, xp: Any, dtype: Any, order: str) -> Array:
    """One value in the shape, dtype, device and memory order of `input`."""
    return xp.full_like(input, checked_number(number(fill_value, "full_like", "fill_value", 2), dtype), dtype, order)


new_zeros, new_ones, new_empty, new_full = _new(zeros), _new(ones), _new(empty), _new(full)
new_empty_strided = _new(empty_strided)


def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
    """The old constructor with this tensor's dtype and device: of sizes or of data."""
    made: Tensor = legacy_tensor(Tensor, self.dtype, *args, device=self.device if device is None else device)
    return made


# --- evenly spaced ----------------------------------------------------------------------------------------------------


@factory
def arange(*args: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """From `start` (0) in steps of `step` (1) to before `end`; of int64 when all three are integers.

    Raises RuntimeError for a step of 0, or one that leads away from `end`.
    """
    if len(args) == 1 and not kwargs:
        args = (0, *args)
    given = {"start": 0, "step": 1} | dict(zip(("start", "end", "step"), args, strict=False)) | kwargs
    if set(given) != {"start", "end", "step"} or len(args) > 3:
        got = ", ".join([*(type(each).__name__ for each in args), *(f"{name}=" for name in kwargs)])
        raise TypeError(
            f"arange() received an invalid combination of arguments - got ({got}), but expected (end), (start, end) or "
            "(start, end, step)"
        )
    start, end, step = _span("arange", **given)
    if dtype is None:
        dtype = (
            default_numpy_dtype() if any(isinstance(each, float) for each in (start, end, step)) else dtypes.NP_INT64
        )
    if dtype.kind == "b":
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
    if dtype == dtypes.NP_INT64:
        start, end, step = int(start), int(end), int(step)
    _check_span(start, end, step)
    size = -((start - end) // step) if dtype == dtypes.NP_INT64 else math.ceil((end - start) / step)
    if dtype.kind != "f":
        return xp.asarray(int(start) + int(step) * xp.arange(size), dtype=dtype)
    return xp.asarray(float(start) + float(step) * xp.arange(size, dtype="float64"), dtype=dtype)


def _span(op: str, start: Any, end: Any, step: Any = 1) -> tuple[Any, ...]:
    """The three numbers, from whatever kind of number was given."""
    given = (("start", start), ("end", end), ("step", step))
    return tuple(number(value, op, name, k + 1) for k, (name, value) in enumerate(given))


def _check_span(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {start} to {end} in steps of {step}"
        )


@factory
def _range(start: Any, end: Any, step: Any = 1, *, xp: Any, dtype: Any) -> Array:
    start, end, step = _span("range", start, end, step)
    _check_span(start, end, step)
    steps = xp.arange(math.floor((end - start) / step) + 1)
    return xp.asarray(start + step * steps, dtype=dtype or default_numpy_dtype())


def range(start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Tensor:
    """As `arange` with `end` included, and of the default dtype; deprecated in torch, too."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    return _range(start, end, step, **options)


def _steps(op: str, steps: Any) -> int:
    count = whole(steps, op, "steps", 3)
    if count < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {count}")
    return count


def _ends(start: Any, end: Any, dtype: Any, op: str) -> tuple[Any, Any]:
    """The two ends as numbers of `dtype`."""
    if dtype.kind == "b":
        raise NotImplementedError(f"\"{op}_cpu\" not implemented for 'Bool'")
    return (dtype.type(start), dtype.type(end)) if dtype.kind == "f" else (int(start), int(end))


def _spaced(xp: Any, start: Any, end: Any, steps: int) -> Array:
    """`steps` numbers from `start` to `end`; each half is reckoned from its own end, so that both ends are exact."""
    k = xp.arange(steps)
    # The step is rounded to the dtype as torch's is; multiplying and adding are then rounded once, at the end.
    start, end, step = float(start), float(end), float((end - start) / type(start)(max(steps - 1, 1)))
    return xp.where(k < steps // 2, start + step * k, end - step * (steps - 1 - k)) if steps != 1 else xp.full(1, start)


@factory
def linspace(start: Any, end: Any, steps: Any, *, xp: Any, dtype: Any) -> Array:
    """`steps` evenly spaced numbers from `start` to `end`, both included."""
    start, end = number(start, "linspace", "start", 1), number(end, "linspace", "end", 2)
    dtype = dtype or default_numpy_dtype()
    start, end = _ends(start, end, dtype, "linspace")
    return _spaced(xp, start, end, _steps("linspace", steps)).astype(dtype)


@factory
def logspace(start: Any, end: Any, steps: Any, base: Any = 10.0, *, xp: Any, dtype: Any) -> Array:
    """`base` to the power of `steps` evenly spaced exponents from `start` to `end`."""
    start, end = number(start, "logspace", "start", 1), number(end, "logspace", "end", 2)
    dtype = dtype or default_numpy_dtype()
    start, end = _ends(start, end, dtype, "logspace")
    exponents = _spaced(xp, start, end, _steps("logspace", steps))
    return xp.power(float(number(base, "logspace", "base", 4)), exponents).astype(dtype)


# --- matrices ---------------------------------------------------------------------------------------------------------


@factory
def eye(n: Any, m: Any = None, *, xp: Any, dtype: Any) -> Array:
    """The `n` by `m` (`n`) matrix with ones on its diagonal."""
    rows = whole(n, "eye", "n", 1)
    columns = rows if m is None else whole(m, "eye", "m", 2)
    for name, length in (("n", rows), ("m", columns)):
        if length < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {length}")
    return xp.eye(rows, columns, dtype=dtype or default_numpy_dtype())


def _triangle(op: str, row: Any, col: Any, dtype: Any) -> tuple[int, int, Any]:
    """The checked sizes and dtype of an index triangle."""
    rows, columns = whole(row, op, "row", 1), whole(col, op, "col", 2)
    for name, length in (("row", rows), ("col", columns)):
        if length < 0:
            raise RuntimeError(f"{name} must be non-negative, got {length}")
    if dtype is not None and dtype.kind not in "iu":
        raise NotImplementedError(f"\"{op}\" not implemented for '{dtypes.from_numpy_dtype(dtype).legacy_name}'")
    return rows, columns, dtype or dtypes.NP_INT64


@factory
def tril_indices(row: Any, col: Any, offset: int = 0, *, xp: Any, dtype: Any) -> Array:
    """The row and column numbers of the lower triangle of a `row` by `col` matrix: shape (2, count)."""
    rows, columns, dtype = _triangle("tril_indices", row, col, dtype)
    return xp.stack(xp.nonzero(xp.tri(rows, columns, offset, dtype=bool))).astype(dtype)


@factory
def triu_indices(row: Any, col: Any, offset: int = 0, *, xp: Any, dtype: Any) -> Array:
    """The row and column numbers of the upper triangle of a `row` by `col` matrix: shape (2, count)."""
    rows, columns, dtype = _triangle("triu_indices", row, col, dtype)
    return xp.stack(xp.nonzero(~xp.tri(rows, columns, offset - 1, dtype=bool))).astype(dtype)


# --- windows ----------------------------------------------------------------------------------------------------------


def _window(xp: Any, op: str, window_length: Any, periodic: Any, dtype: Any, form: Callable[[Array], Array]) -> Array:
    """`form` of evenly spaced numbers from 0 to 1: 1 itself left out if `periodic`, so that the windows can repeat."""
    length, periodic = whole(window_length, op, "window_length", 1), flag(periodic, op, "periodic", 2)
    if length < 0:
        raise RuntimeError(f"{op} requires non-negative window_length, got window_length={length}")
    dtype = dtype or default_numpy_dtype()
    if xp.dtype(dtype).kind != "f":
        raise RuntimeError(f"{op} expects floating point dtypes, got: {from_numpy_dtype(xp.dtype(dtype))}")
    if length < 2:
        return xp.ones(length, dtype)
    return form(xp.arange(length) / (length if periodic else length - 1)).astype(dtype)


@factory
def hamming_window(
    window_length: Any, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, xp: Any, dtype: Any
) -> Array:
    """The window alpha - beta * cos(2 pi t)."""
    first, second = number(alpha, "hamming_window", "alpha", 3), number(beta, "hamming_window", "beta", 4)
    form = functools.partial(_cosines, xp, (first, -second))
    return _window(xp, "hamming_window", window_length, periodic, dtype, form)


@factory
def hann_window(window_length: Any, periodic: bool = True, *, xp: Any, dtype: Any) -> Array:
    """The window (1 - cos(2 pi t)) / 2."""
    return _window(xp, "hann_window", window_length, periodic, dtype, functools.partial(_cosines, xp, (0.5, -0.5)))


@factory
def blackman_window(window_length: Any, periodic: bool = True, *, xp: Any, dtype: Any) -> Array:
    """The window 0.42 - 0.5 * cos(2 pi t) + 0.08 * cos(4 pi t)."""
    form = functools.partial(_cosines, xp, (0.42, -0.5, 0.08))
    return _window(xp, "blackman_window", window_length, periodic, dtype, form)


def _cosines(xp: Any, weights: Sequence[float], t: Array) -> Array:
    return sum(weight * xp.cos(2 * math.pi * k * t) for k, weight in enumerate(weights))


@factory
def bartlett_window(window_length: Any, periodic: bool = True, *, xp: Any, dtype: Any) -> Array:
    """The window 1 - |2 t - 1|: a triangle."""
    return _window(xp, "bartlett_window", window_length, periodic, dtype, lambda t: 1 - xp.abs(2 * t - 1))


@factory
def kaiser_window(window_length: Any, periodic: bool = True, beta: float = 12.0, *, xp: Any, dtype: Any) -> Array:
    """The window I0(beta * sqrt(1 - (2 t - 1)^2)) / I0(beta)."""
    height = number(beta, "kaiser_window", "beta", 3)

    def form(t: Array) -> Array:
        return xp.i0(height * xp.sqrt(1 - (2 * t - 1) ** 2)) / xp.i0(height)

    return _window(xp, "kaiser_window", window_length, periodic, dtype, form)
