"""Making tensors: of data, filled with a value, of evenly spaced values, shaped like another."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.backend import Array, array_module, device_of, is_array, module_for, to_device
from minitorch.devices import as_device
from minitorch.dtypes import as_numpy_dtype, default_numpy_dtype, number_dtype
from minitorch.errors import NotSupportedError
from minitorch.sizes import as_shape
from minitorch.tensor import Tensor, array_from_data, array_of_numbers, checked_array, wrap

Factory = Callable[..., Tensor]


# --- what all of them share ---------------------------------------------------------------------------------------------


def check_options(op: str, layout: Any = None, pin_memory: Any = False, requires_grad: Any = False) -> None:
    """Raises for options that torch refuses, or that minitorch does not have."""
    if layout is not None and str(layout) != "torch.strided":
        raise NotSupportedError(f"{op}(): layout {layout}: minitorch has strided tensors only")
    for name, value in (("pin_memory", pin_memory), ("requires_grad", requires_grad)):
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{op}(): argument '{name}' must be bool, not {type(value).__name__}")


def finished(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A new tensor around `array`, brought to `device` and made a leaf that requires grad if so wished."""
    if device is not None:
        array = to_device(array, as_device(device))
    out: Tensor = wrap(array)
    if requires_grad:
        if array.dtype.kind != "f":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        out.requires_grad = True
    return out


def number(value: Any, op: str, name: str, position: int) -> Any:
    """A number or a tensor of one element as a Python number."""
    if isinstance(value, (Tensor, np.generic, np.ndarray)) and not getattr(value, "ndim", 0):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(
            f"{op}(): argument '{name}' (position {position}) must be Number, not {type(value).__name__}"
        )
    return value


def whole(value: Any, op: str, name: str, position: int) -> int:
    """An integer argument: Python's, NumPy's or a 0-d integer tensor."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{op}(): argument '{name}' (position {position}) must be int, not {type(value).__name__}")
    return int(value.__index__())


def write_out(out: Any, array: Array, op: str) -> Tensor:
    """Writes `array` into the tensor given as `out=`, which takes its shape."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{op}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if out.requires_grad and array.dtype.kind == "f":
        raise RuntimeError(
            f"{op}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
            "requires grad."
        )
    if out._array.shape != array.shape:
        out._array = array_module(out._array).empty(array.shape, out._array.dtype)
    out._array[...] = array
    out._written()
    return out


def _factory(kernel: Callable[..., Array]) -> Factory:
    """Gives a kernel (of torch's arguments, then `xp` and NumPy's `dtype`) the options that all such functions take."""
    name = kernel.__name__

    @functools.wraps(kernel)
    def create(
        *args: Any,
        out: Tensor | None = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        **kwargs: Any,
    ) -> Tensor:
        check_options(name, layout, pin_memory, requires_grad)
        own = None if dtype is None else as_numpy_dtype(dtype, name)
        if out is not None:
            own = _dtype_of_out(out, own, name)
        place = as_device(device)
        array = kernel(*args, **kwargs, xp=module_for(place), dtype=own)
        if out is not None:
            return write_out(out, array, name)
        return finished(array, requires_grad, place if place.index else None)

    return create


def _dtype_of_out(out: Any, own: Any, op: str) -> Any:
    if not isinstance(out, Tensor):
        raise TypeError(f"{op}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if own is not None and own != out._array.dtype:
        given = dtypes.from_numpy_dtype(own).legacy_name
        raise RuntimeError(f"dtype {given} does not match dtype of out parameter ({out.dtype.legacy_name})")
    return out._array.dtype


def _like(kernel: Callable[..., Array]) -> Factory:
    """As `_factory`, for kernels whose first argument is an array that gives shape, dtype and device."""
    name = kernel.__name__

    @functools.wraps(kernel)
    def create(
        input: Tensor,
        *args: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
        **kwargs: Any,
    ) -> Tensor:
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        check_options(name, layout, pin_memory, requires_grad)
        array = input._array
        own = array.dtype if dtype is None else as_numpy_dtype(dtype, name)
        order = "C" if str(memory_format).endswith("contiguous_format") else "K"
        made = kernel(array, *args, **kwargs, xp=array_module(array), dtype=own, order=order)
        return finished(made, requires_grad, device)

    return create


def _new(create: Factory) -> Callable[..., Tensor]:
    """The method `new_...` of a factory: dtype and device are the tensor's unless given."""

    def method(self: Tensor, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        return create(*args, dtype=dtype, device=self.device if device is None else device, **options)

    method.__name__ = f"new_{create.__name__}"
    method.__doc__ = f"`{create.__name__}` with this tensor's dtype and device, unless others are given."
    return method


# --- of data ------------------------------------------------------------------------------------------------------------


def _copied(op: str, data: Any, dtype: Any, device: Any, requires_grad: bool, pin_memory: bool) -> Tensor:
    check_options(op, None, pin_memory, requires_grad)
    own = None if dtype is None else as_numpy_dtype(dtype, op)
    if device is None and is_array(getattr(data, "_array", data)):
        place = device_of(getattr(data, "_array", data))
    else:
        place = as_device(device)
    array = array_from_data(data, own, module_for(place))
    return finished(array, requires_grad, place if place.index else None)


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
        raise TypeError(f"expected np.ndarray (got {_qualified_name(ndarray)})")
    checked_array(ndarray)
    if not ndarray.flags.writeable:
        warnings.warn(_NOT_WRITABLE.format("NumPy array", "array"), UserWarning, stacklevel=2)
    out: Tensor = wrap(ndarray.view(np.ndarray))
    return out


_NOT_WRITABLE = (
    "The given {} is not writable, and tensors are writable: a write to this tensor will raise an error. Copy the {} "
    "before converting it to a tensor if you want to write to it."
)


def _qualified_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


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
        raise ValueError(f"can't alias tensor with dtype '{source.dtype!r}' and device '{source.device}' into others")
    if copy and out is source:
        out = source.clone()
    if not requires_grad:
        return out.detach() if out.requires_grad else out
    return finished(out._array, True) if not out.requires_grad else out


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A one-dimensional tensor over the memory of an object with Python's buffer interface.

    Raises ValueError where the buffer's length does not fit.
    """
    own = as_numpy_dtype(dtype, "frombuffer")
    view = memoryview(buffer)
    length = view.nbytes
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) - 1")
    if count < 0:
        if (length - offset) % own.itemsize:
            raise ValueError(
                f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({own.itemsize})"
            )
    elif offset + count * own.itemsize > length:
        raise ValueError(
            f"requested buffer length ({count} * {own.itemsize} bytes) after offset ({offset} bytes) must not be greater "
            f"than actual buffer length ({length} bytes)"
        )
    if view.readonly:
        warnings.warn(_NOT_WRITABLE.format("buffer", "buffer"), UserWarning, stacklevel=2)
    return finished(np.frombuffer(buffer, own, count, offset), requires_grad)


# --- filled -------------------------------------------------------------------------------------------------------------


def _filled(size: Sequence[Any], kwargs: dict[str, Any], op: str) -> tuple[int, ...]:
    """The shape given as `*size` or as `size=`; `names` and `memory_format` are torch's, and say nothing here."""
    if "size" in kwargs and not size:
        size = (kwargs.pop("size"),)
    kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"{op}() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if not size:
        raise TypeError(f'{op}() missing 1 required positional arguments: "size"')
    shape = as_shape(op, size)
    if any(length < 0 for length in shape):
        raise RuntimeError(f"{op}: Dimension size must be non-negative, got {list(shape)}")
    if math.prod(shape) >= 2**60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    return shape


@_factory
def zeros(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`."""
    return xp.zeros(_filled(size, kwargs, "zeros"), dtype or default_numpy_dtype())


@_factory
def ones(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor of ones: `ones(2, 3)` or `ones((2, 3))`."""
    return xp.ones(_filled(size, kwargs, "ones"), dtype or default_numpy_dtype())


@_factory
def empty(*size: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """A tensor whose elements are whatever was in memory."""
    return xp.empty(_filled(size, kwargs, "empty"), dtype or default_numpy_dtype())


@_factory
def full(size: Any, fill_value: Any, *, xp: Any, dtype: Any) -> Array:
    """A tensor filled with one value, whose type decides the dtype where none is given."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number(fill_value, "full", "fill_value", 2)
    shape = _filled((size,), {}, "full")
    return xp.full(shape, _fitting(value, dtype), dtype or number_dtype(value))


def _fitting(value: Any, dtype: Any) -> Any:
    """A number as one of `dtype`; raises torch's error when it cannot hold it."""
    return value if dtype is None else array_of_numbers([value], dtype)[0].item()


@_factory
def scalar_tensor(s: Any, *, xp: Any, dtype: Any) -> Array:
    """A 0-d tensor of the default dtype, unless another is given."""
    dtype = dtype or default_numpy_dtype()
    return xp.full((), _fitting(number(s, "scalar_tensor", "s", 1), dtype), dtype)


@_factory
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


@_like
def zeros_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Zeros in the shape, dtype, device and memory order of `input`."""
    return xp.zeros_like(input, dtype, order)


@_like
def ones_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Ones in the shape, dtype, device and memory order of `input`."""
    return xp.ones_like(input, dtype, order)


@_like
def empty_like(input: Array, *, xp: Any, dtype: Any, order: str) -> Array:
    """Whatever was in memory, in the shape, dtype, device and memory order of `input`."""
    return xp.empty_like(input, dtype, order)


@_like
def full_like(input: Array, fill_value: Any, *, xp: Any, dtype: Any, order: str) -> Array:
    """One value in the shape, dtype, device and memory order of `input`."""
    return xp.full_like(input, _fitting(number(fill_value, "full_like", "fill_value", 2), dtype), dtype, order)


new_zeros, new_ones, new_empty, new_full = _new(zeros), _new(ones), _new(empty), _new(full)
new_empty_strided = _new(empty_strided)


# --- evenly spaced ------------------------------------------------------------------------------------------------------


@_factory
def arange(*args: Any, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """From `start` (0) in steps of `step` (1) to before `end`; of int64 when all three are integers.

    Raises RuntimeError for a step of 0, or one that leads away from `end`.
    """
    if len(args) == 1 and not kwargs:
        args = (0, *args)
    elif not args and "start" not in kwargs:
        kwargs["start"] = 0
    start, end, step = _span("arange", *args, **kwargs)
    if dtype is None:
        dtype = default_numpy_dtype() if any(isinstance(each, float) for each in (start, end, step)) else dtypes.NP_INT64
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


@_factory
def _range(start: Any, end: Any, step: Any = 1, *, xp: Any, dtype: Any) -> Array:
    start, end, step = _span("range", start, end, step)
    _check_span(start, end, step)
    steps = xp.arange(math.floor((end - start) / step) + 1)
    return xp.asarray(start + step * steps, dtype=dtype or default_numpy_dtype())


def range(start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Tensor:  # noqa: A001 - torch's name
    """As `arange` with `end` included, and of the default dtype; deprecated in torch, too."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    return _range(start, end, step, **options)


def _steps(op: str, steps: Any) -> int:
    steps = whole(steps, op, "steps", 3)
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    return steps


def _spaced(xp: Any, start: Any, end: Any, steps: int, dtype: Any) -> Array:
    """`steps` numbers from `start` to `end`; each half is reckoned from its own end, so that both ends are exact."""
    k = xp.arange(steps)
    step = dtype.type((end - start) / max(steps - 1, 1))
    return xp.where(k < steps // 2, start + step * k, end - step * (steps - 1 - k)) if steps != 1 else xp.full(1, start)


@_factory
def linspace(start: Any, end: Any, steps: Any, *, xp: Any, dtype: Any) -> Array:
    """`steps` evenly spaced numbers from `start` to `end`, both included."""
    start, end = number(start, "linspace", "start", 1), number(end, "linspace", "end", 2)
    dtype = dtype or default_numpy_dtype()
    wide = dtypes.NP_FLOAT64
    if dtype.kind != "f":
        start, end = int(start), int(end)
    return _spaced(xp, start, end, _steps("linspace", steps), wide).astype(dtype)


@_factory
def logspace(start: Any, end: Any, steps: Any, base: Any = 10.0, *, xp: Any, dtype: Any) -> Array:
    """`base` to the power of `steps` evenly spaced exponents from `start` to `end`."""
    start, end = number(start, "logspace", "start", 1), number(end, "logspace", "end", 2)
    exponents = _spaced(xp, start, end, _steps("logspace", steps), dtypes.NP_FLOAT64)
    return xp.power(float(base), exponents).astype(dtype or default_numpy_dtype())


# --- matrices -----------------------------------------------------------------------------------------------------------


@_factory
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


@_factory
def tril_indices(row: Any, col: Any, offset: int = 0, *, xp: Any, dtype: Any) -> Array:
    """The row and column numbers of the lower triangle of a `row` by `col` matrix: shape (2, count)."""
    rows, columns, dtype = _triangle("tril_indices", row, col, dtype)
    return xp.stack(xp.nonzero(xp.tri(rows, columns, offset, dtype=bool))).astype(dtype)


@_factory
def triu_indices(row: Any, col: Any, offset: int = 0, *, xp: Any, dtype: Any) -> Array:
    """The row and column numbers of the upper triangle of a `row` by `col` matrix: shape (2, count)."""
    rows, columns, dtype = _triangle("triu_indices", row, col, dtype)
    return xp.stack(xp.nonzero(~xp.tri(rows, columns, offset - 1, dtype=bool))).astype(dtype)
