"""What all functions that make tensors share: their options, and how they read sizes and numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.modes import modes
from minitorch.backend import Array, array_module, module_for, to_device
from minitorch.devices import as_device, device
from minitorch.dtypes import as_numpy_dtype
from minitorch.errors import NotSupportedError, memory_error, type_name
from minitorch.formats import contiguous_format, strided
from minitorch.sizes import as_shape
from minitorch.tensor import Tensor, wrap

Factory = Callable[..., Tensor]


def check_options(op: str, layout: Any = None, pin_memory: Any = False, requires_grad: Any = False) -> None:
    """Raises for options that torch refuses, or that minitorch does not have."""
    if layout is not None and layout is not strided:
        raise NotSupportedError(f"{op}(): layout {layout}: minitorch has strided tensors only")
    for name, value in (("pin_memory", pin_memory), ("requires_grad", requires_grad)):
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{op}(): argument '{name}' must be bool, not {type_name(value)}")
    if pin_memory:
        module_for(device("cuda"))  # raises where there is none


def finished(array: Array, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A new tensor around `array`, brought to `device` and made a leaf that requires grad if so wished."""
    if device is not None:
        array = to_device(array, as_device(device))
    out: Tensor = wrap(array)
    if requires_grad:
        if array.dtype.kind != "f":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        out.requires_grad = True
    out._inference = modes.inference
    return out


def number(value: Any, op: str, name: str, position: int) -> Any:
    """A number or a tensor of one element as a Python number."""
    if isinstance(value, (Tensor, np.generic, np.ndarray)) and not getattr(value, "ndim", 0):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{op}(): argument '{name}' (position {position}) must be Number, not {type_name(value)}")
    return value


def whole(value: Any, op: str, name: str, position: int) -> int:
    """An integer argument: Python's, NumPy's or a 0-d integer tensor."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{op}(): argument '{name}' (position {position}) must be int, not {type_name(value)}")
    return int(value.__index__())


def flag(value: Any, op: str, name: str, position: int) -> bool:
    """An argument that is either True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{op}(): argument '{name}' (position {position}) must be bool, not {type_name(value)}")
    return value


def write_out(out: Any, array: Array, op: str) -> Tensor:
    """Writes `array` into the tensor given as `out=`, which takes its shape."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{op}(): argument 'out' must be Tensor, not {type_name(out)}")
    if modes.grad and out.requires_grad and array.dtype.kind == "f":
        raise RuntimeError(
            f"{op}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if out._array.shape != array.shape:
        out._array = array_module(out._array).empty(array.shape, out._array.dtype)
    out._array[...] = array
    out._written()
    return out


_WINDOWS = tuple(f"{form}_window" for form in ("bartlett", "blackman", "hamming", "hann", "kaiser"))
_WITHOUT_OUT = ("empty_strided", "scalar_tensor", "tril_indices", "triu_indices", *_WINDOWS)


def factory(kernel: Callable[..., Array]) -> Factory:
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
            if name in _WITHOUT_OUT:
                raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
            own = _dtype_of_out(out, own, name)
        place = as_device(device) if out is None else _device_of_out(out, device)
        try:
            array = kernel(*args, **kwargs, xp=module_for(place), dtype=own)
        except MemoryError as error:
            raise memory_error(error) from None
        if out is not None:
            return write_out(out, array, name).requires_grad_(out.requires_grad or requires_grad)
        return finished(array, requires_grad, place if place.index is not None else None)

    return create


def _dtype_of_out(out: Any, own: Any, op: str) -> Any:
    if not isinstance(out, Tensor):
        raise TypeError(f"{op}(): argument 'out' must be Tensor, not {type_name(out)}")
    if own is not None and own != out._array.dtype:
        given = dtypes.from_numpy_dtype(own).legacy_name
        raise RuntimeError(f"dtype {given} does not match dtype of out parameter ({out.dtype.legacy_name})")
    return out._array.dtype


def _device_of_out(out: Tensor, device: Any) -> device:
    given, own = None if device is None else as_device(device), out.device
    if given is not None and given.type != own.type:
        raise RuntimeError(f"device type {given.type} does not match device type of out parameter ({own.type})")
    return own


def is_expanded(array: Array) -> bool:
    """Whether elements are repeated in memory: such a tensor has no order of memory that another could take over."""
    return any(step == 0 and size > 1 for step, size in zip(array.strides, array.shape, strict=True))


def like(kernel: Callable[..., Array]) -> Factory:
    """As `factory`, for kernels whose first argument is an array that gives shape, dtype and device."""
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
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
        check_options(name, layout, pin_memory, requires_grad)
        array = input._array
        own = array.dtype if dtype is None else as_numpy_dtype(dtype, name)
        order = "C" if memory_format is contiguous_format or is_expanded(array) else "K"
        made = kernel(array, *args, **kwargs, xp=array_module(array), dtype=own, order=order)
        return finished(made, requires_grad, device)

    return create


def shape_argument(size: Sequence[Any], kwargs: dict[str, Any], op: str) -> tuple[int, ...]:
    """The checked shape given as `*size` or as `size=`; `memory_format` says nothing about a new tensor."""
    if "size" in kwargs and not size:
        size = (kwargs.pop("size"),)
        if not isinstance(size[0], (list, tuple)):
            raise TypeError(f"{op}(): argument 'size' must be tuple of ints, not {type_name(size[0])}")
    kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"{op}() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if not size:
        raise TypeError(f'{op}() missing 1 required positional arguments: "size"')
    shape = as_shape(op, size)
    if any(length < 0 for length in shape):
        raise RuntimeError(
            f"{op}: Dimension size must be non-negative. Trying to create tensor with negative dimension {min(shape)}: "
            f"{list(shape)}"
        )
    if math.prod(shape) >= 2**60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    return shape
