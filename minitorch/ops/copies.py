"""Copies, casts and fills: the same numbers elsewhere or in another dtype, and others written over them."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any

from minitorch.autograd.op import op
from minitorch.autograd.views import check_writable, write
from minitorch.backend import Array, Operand, array_module, device_of, is_array, to_device
from minitorch.dtypes import NP_BOOL, checked_number
from minitorch.ops._operands import is_number
from minitorch.tensor import Tensor, copy_array, wrap

# --- copies and casts -------------------------------------------------------------------------------------------------


@op
def clone(xp: Any, input: Array, memory_format: Any = None) -> Array:
    """A copy that gradients flow through."""
    return copy_array(input)


clone.grad(input=lambda xp, g: g)


@op
def tied(xp: Any, input: Array, other: Array) -> Array:
    """`input`, as something that depends on `other`, too, with a derivative of zero."""
    return input.copy()


tied.grad(input=lambda xp, g: g, other=lambda xp, g, other: xp.zeros_like(other))


@op(backward="ToCopyBackward0")
def cast(xp: Any, input: Array, dtype: Any) -> Array:
    """A copy of another NumPy dtype; the engine brings the gradient back to the input's."""
    return copy_array(input, dtype)


cast.grad(input=lambda xp, g: g)


# --- writing ----------------------------------------------------------------------------------------------------------


@op(backward=lambda input, value: 0 if is_number(value) else 1)
def fill(xp: Any, input: Array, value: Operand) -> Array:
    """A tensor like `input` with `value`, a number or a 0-d tensor, everywhere."""
    return _filled(xp, input, value)


@op(backward=lambda input, value: 2 if is_number(value) else 3)
def _fill_(xp: Any, input: Array, value: Operand) -> Array:
    return _filled(xp, input, value)


def _filled(xp: Any, input: Array, value: Operand) -> Array:
    if is_array(value) and value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    return xp.full(input.shape, value if is_array(value) else checked_number(value, input.dtype), input.dtype)


fill.grad(input=lambda xp, g: g * 0, value=lambda xp, g: g)
_fill_.grad(input=lambda xp, g: g * 0, value=lambda xp, g: g)


def fill_(self: Tensor, value: Any) -> Tensor:
    """Sets every element to `value`, a number or a 0-d tensor."""
    check_writable(self)
    return write(self, _fill_(self, value), "fill_")


@op
def _zero_(xp: Any, input: Array) -> Array:
    return xp.zeros(input.shape, input.dtype)


_zero_.grad(input=lambda xp, g: g * 0)


def zero_(self: Tensor) -> Tensor:
    """Sets every element to 0."""
    check_writable(self)
    return write(self, _zero_(self), "zero_")


@op(backward="CopyBackwards", anywhere=True)
def _copy(xp: Any, input: Array, src: Operand) -> Array:
    if is_array(src):
        return xp.broadcast_to(to_device(src, device_of(input)), input.shape).astype(input.dtype)
    return _filled(xp, input, src)


_copy.grad(input=lambda xp, g: g * 0, src=lambda xp, g: g)


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Takes over the elements of `src`, broadcast and cast; gradients flow to `src`, but not through integers."""
    check_writable(self)
    if isinstance(src, Tensor) and self._array.dtype.kind != "f":
        src = src.detach()
    return write(self, _copy(self, src), "copy_")


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Puts `callable(x)` in the place of every element `x`, a Python number: slow, and outside the graph."""
    return _fill_from("apply_", self, builtins.map(callable, self._array.ravel().tolist()))


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Puts `callable(x, y)` in the place of every element `x`, `y` being that of `tensor`, which is broadcast."""
    if tensor.dtype != self.dtype:
        raise TypeError(
            f"map_: expected torch.{self.dtype.legacy_name}Tensor for 'other' (got "
            f"torch.{tensor.dtype.legacy_name}Tensor)"
        )
    others = tensor.expand(self.shape)._array
    return _fill_from("map_", self, builtins.map(callable, self._array.ravel().tolist(), others.ravel().tolist()))


def _fill_from(name: str, input: Tensor, values: Iterable[Any]) -> Tensor:
    if input.requires_grad:
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    array = input._array
    array[...] = array_module(array).asarray(builtins.list(values), array.dtype).reshape(array.shape)
    input._written()
    return input


def array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: builtins.bool = False) -> Tensor:
    """What a NumPy function of a tensor returns: a tensor."""
    array = array_module(self._array).asarray(array)
    result: Tensor = wrap(array.astype("uint8") if array.dtype == NP_BOOL else array)
    return result
