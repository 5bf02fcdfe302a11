"""The largest and the smallest: their values, their indices, and who gets the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch import return_types
from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import NP_INT64
from minitorch.ops import choices
from minitorch.ops._picking import at_index, evenly, picked
from minitorch.ops._reducing import axes_of, axis_of, check_not_empty, checked_tensor, numpy_spelling
from minitorch.tensor import Tensor

# --- values -----------------------------------------------------------------------------------------------------------


def _extreme(xp: Any, input: Array, dim: int, keepdim: bool, name: str, method: str) -> tuple[Array, Array]:
    axis = axis_of(dim, input.ndim, name)
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    check_not_empty(name, input.shape, axis)
    return picked(xp, input, getattr(input, method)(axis=axis, keepdims=True), axis, keepdim)


@op(outputs=return_types.max, differentiable=(0,), backward="MaxBackward0")
def _max(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _extreme(xp, input, dim, keepdim, "max", "argmax")


@op(outputs=return_types.min, differentiable=(0,), backward="MinBackward0")
def _min(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _extreme(xp, input, dim, keepdim, "min", "argmin")


_max.grad(input=at_index)
_min.grad(input=at_index)


@op(backward="MaxBackward1")
def _max_of_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    check_not_empty("max", input.shape, None)
    return xp.asarray(input.max())


@op(backward="MinBackward1")
def _min_of_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    check_not_empty("min", input.shape, None)
    return xp.asarray(input.min())


_max_of_all.grad(input=evenly(nans=True))
_min_of_all.grad(input=evenly(nans=True))


def _one_of_three(
    name: str, input: Tensor, dim: Any, keepdim: bool, other: Any, out: Any, forms: tuple[Any, Any, Any]
) -> Any:
    """max and min are three functions by their arguments: of all elements, of two tensors, along a dim."""
    of_all, of_two, along = forms
    checked_tensor(name, "input", input)
    options = {} if out is None else {"out": out}
    if isinstance(dim, Tensor):
        dim, other = None, dim
    if other is not None:
        return of_two(input, checked_tensor(name, "other", other), **options)
    if dim is not None:
        return along(input, dim, keepdim, **options)
    if keepdim:
        raise TypeError(f"{name}() received keepdim without dim: give the dim to reduce")
    return of_all(input, **options)


@numpy_spelling
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """`max(x)`, the largest element; `max(x, dim)`, values and first indices along `dim`; `max(x, y)`, elementwise.

    nan counts as the largest. The gradient of `max(x)` is shared evenly by ties. Raises RuntimeError or IndexError when
    there is nothing to take it of.
    """
    return _one_of_three("max", input, dim, keepdim, other, out, (_max_of_all, choices.maximum, _max))


@numpy_spelling
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """`min(x)`, the smallest element; `min(x, dim)`, values and first indices along `dim`; `min(x, y)`, elementwise.

    nan counts as the smallest. The gradient of `min(x)` is shared evenly by ties. Raises RuntimeError or IndexError
    when there is nothing to take it of.
    """
    return _one_of_three("min", input, dim, keepdim, other, out, (_min_of_all, choices.minimum, _min))


def _filled_axes(name: str, shape: Sequence[int], dim: Any) -> Any:
    """As `axes_of`, and none of them is empty: torch complains about that before it looks for repeated dims."""
    ndim = len(shape)
    if ndim and isinstance(dim, (list, tuple)) and dim:
        check_not_empty(name, shape, [axis_of(each, ndim, name) for each in dim])
    axes = axes_of(dim, ndim, name)
    check_not_empty(name, shape, axes)
    return axes


@op(ordered=True)
def amax(xp: Any, input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    """The largest element over `dim`, or of all; ties share the gradient evenly."""
    return xp.asarray(input.max(axis=_filled_axes("amax", input.shape, dim), keepdims=keepdim))


@op(ordered=True)
def amin(xp: Any, input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    """The smallest element over `dim`, or of all; ties share the gradient evenly."""
    return xp.asarray(input.min(axis=_filled_axes("amin", input.shape, dim), keepdims=keepdim))


amax.grad(input=evenly(nans=False))
amin.grad(input=evenly(nans=False))


@op(outputs=return_types.aminmax, ordered=True)
def _aminmax(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> tuple[Array, Array]:
    axis = None if dim is None else axis_of(dim, input.ndim, "aminmax")
    if not input.size and axis is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if not input.ndim:
        return input.copy(), input.copy()
    check_not_empty("aminmax", input.shape, axis)
    return xp.asarray(input.min(axis=axis, keepdims=keepdim)), xp.asarray(input.max(axis=axis, keepdims=keepdim))


def _aminmax_input(xp: Any, g: Any, input: Any, min: Any, max: Any, dim: int | None, keepdim: bool) -> Any:
    share = evenly(nans=False)
    return share(xp, g[0], input, min, dim, keepdim) + share(xp, g[1], input, max, dim, keepdim)


_aminmax.grad(input=_aminmax_input)


@numpy_spelling
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """The smallest and the largest element, of all or along `dim`; ties share the gradient evenly."""
    options = {} if out is None else {"out": out}
    return _aminmax(input, dim, keepdim, **options)


# --- indices ----------------------------------------------------------------------------------------------------------


def _where_is(xp: Any, input: Array, dim: int | None, keepdim: bool, name: str) -> Array:
    if input.dtype.kind == "b":
        raise RuntimeError(f"{name}(): does not support bool input: convert it, x.to(torch.uint8)")
    axis = None if dim is None else axis_of(dim, input.ndim, name)
    if not input.ndim:
        return xp.zeros((), NP_INT64)
    if not input.size and axis is None:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    check_not_empty(name, input.shape, axis)
    return getattr(input, name)(axis=axis, keepdims=keepdim)


@op
def argmax(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the first largest element along `dim`, or in the flattened tensor; nan counts as the largest."""
    return _where_is(xp, input, dim, keepdim, "argmax")


@op
def argmin(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the first smallest element along `dim`, or in the flattened tensor; nan counts as the smallest."""
    return _where_is(xp, input, dim, keepdim, "argmin")
