"""Order: sorting, order statistics, distinct values, searching, histograms. nan is larger than every number.

Every sort is stable. Where torch leaves open which of several equal elements an index names, it is the one that a stable
sort puts there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch import return_types
from minitorch.autograd.op import op
from minitorch.backend import Array, Operand, running
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.ops import elementwise, reduction, shape
from minitorch.ops.reduction import _at_index, _axis, _check_not_empty, _evenly, _numpy_spelling, _picked, _place
from minitorch.tensor import Tensor


def _ordering(xp: Any, array: Array, axis: int, descending: bool = False) -> Array:
    """The indices that sort `array` along `axis`, equal elements in their order."""
    if not descending:
        return xp.argsort(array, axis=axis, kind="stable")
    # Reversed before and after: nan comes first, and equal elements keep their order.
    order = xp.argsort(xp.flip(array, axis), axis=axis, kind="stable")
    return array.shape[axis] - 1 - xp.flip(order, axis)


def _along(xp: Any, array: Array, axis: int, start: int = 0) -> Array:
    """The places along `axis`, as an array that broadcasts with `array`."""
    places = xp.arange(start, start + array.shape[axis])
    return places.reshape([-1 if k == axis else 1 for k in range(array.ndim)])


def _not_implemented(name: str, array: Array, kinds: str) -> None:
    """Raises torch's error for the kinds of dtype that it has no kernel for."""
    if array.dtype.kind in kinds:
        raise NotImplementedError(
            f'"{name}_cpu" not implemented for \'{from_numpy_dtype(array.dtype).legacy_name}\': convert the tensor first'
        )


# --- sorting ------------------------------------------------------------------------------------------------------------


def _to_places(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int) -> Any:
    """The gradient rule of elements that were put in another order."""
    return _place.on(xp)(g, indices, input_shape, _axis(dim, len(input_shape), "sort"))


@op(
    outputs=return_types.sort,
    differentiable=(0,),
    backward=lambda input, dim, descending, stable: 0 if stable is None else 1,
)
def sort(
    xp: Any, input: Array, dim: int = -1, descending: bool = False, stable: bool | None = None
) -> tuple[Array, Array]:
    """The elements in order along `dim`, and the index of each; always stable, nan last (first when descending)."""
    if isinstance(dim, bool):
        raise TypeError("sort(): argument 'dim' must be int, not bool: write descending=True")
    axis = _axis(dim, input.ndim, "sort")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    order = _ordering(xp, input, axis, descending)
    return xp.take_along_axis(input, order, axis=axis), order


sort.grad(input=_to_places)


@op
def argsort(
    xp: Any, input: Array, dim: int = -1, descending: bool = False, stable: bool | None = None
) -> Array:
    """The indices that sort `input` along `dim`; always stable, nan last (first when descending)."""
    axis = _axis(dim, input.ndim, "argsort")
    return _ordering(xp, input, axis, descending) if input.ndim else xp.zeros((), NP_INT64)


def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements in order along the first dim."""
    values = sort(input, 0)[0]
    return reduction._into_out(values, out)


@op(outputs=return_types.topk, differentiable=(0,))
def topk(
    xp: Any, input: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Array, Array]:
    """The `k` largest (or smallest) elements along `dim` in order, and their indices.

    Raises RuntimeError when there are fewer than `k`. Differs from torch: of equal elements the first are taken, and
    they are in order also with `sorted=False`.
    """
    if not isinstance(k, int):
        raise TypeError(f"topk(): argument 'k' (position 1) must be int, not {type(k).__name__}")
    axis = _axis(dim, input.ndim, "topk")
    if not 0 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(f"topk(): selected index k out of range, got k={k} for shape {list(input.shape)}, dim {axis}")
    if input.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU: convert the tensor first")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    order = _ordering(xp, input, axis, largest)[(slice(None),) * axis + (slice(k),)]
    return xp.take_along_axis(input, order, axis=axis), order


topk.grad(input=_to_places)


# --- order statistics ---------------------------------------------------------------------------------------------------


def _at_rank(xp: Any, input: Array, rank: Any, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """The elements of these ranks along `axis`, and their indices; `rank` is a number, or an array with size 1 there."""
    order = _ordering(xp, input, axis)
    if isinstance(rank, int):
        indices = order[(slice(None),) * axis + (slice(rank, rank + 1),)]
    else:
        indices = xp.take_along_axis(order, rank, axis=axis)
    return _picked(xp, input, indices, axis, keepdim)


@op(outputs=return_types.kthvalue, differentiable=(0,))
def kthvalue(xp: Any, input: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The `k`-th smallest element along `dim`, counted from 1, and its index; raises RuntimeError for k out of range."""
    axis = _axis(dim, input.ndim, "kthvalue")
    if input.ndim:
        _check_not_empty("kthvalue", input.shape, axis)
    if not 1 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}: got k={k}")
    _not_implemented("kthvalue", input, "b")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    return _at_rank(xp, input, k - 1, axis, keepdim)


kthvalue.grad(input=_at_index)


def _median_along(xp: Any, input: Array, dim: int, keepdim: bool, name: str) -> tuple[Array, Array]:
    axis = _axis(dim, input.ndim, name)
    _not_implemented("median", input, "b")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    _check_not_empty(name, input.shape, axis)
    size = input.shape[axis]
    if input.dtype.kind != "f":
        return _at_rank(xp, input, (size - 1) // 2, axis, keepdim)
    numbers = (input == input).sum(axis=axis, keepdims=True)
    if name == "nanmedian":
        rank = xp.maximum(numbers - 1, 0) // 2
    else:
        rank = xp.where(numbers < size, numbers, (size - 1) // 2)  # the first nan comes after all numbers
    return _at_rank(xp, input, rank, axis, keepdim)


def _median_of_all(xp: Any, input: Array, name: str) -> Array:
    _not_implemented("median", input, "b")
    if not input.size:
        return xp.full((), math.nan).astype(input.dtype)
    return _median_along(xp, input.reshape(-1), 0, False, name)[0]


@op(outputs=return_types.median, differentiable=(0,), backward="MedianBackward1")
def _median(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _median_along(xp, input, dim, keepdim, "median")


@op(outputs=return_types.nanmedian, differentiable=(0,), backward="NanmedianBackward1")
def _nanmedian(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _median_along(xp, input, dim, keepdim, "nanmedian")


@op(backward="MedianBackward0")
def _median_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    return _median_of_all(xp, input, "median")


@op(backward="NanmedianBackward0")
def _nanmedian_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    return _median_of_all(xp, input, "nanmedian")


_median.grad(input=_at_index)
_nanmedian.grad(input=_at_index)
_median_all.grad(input=_evenly(nans=True))
_nanmedian_all.grad(input=_evenly(nans=True))


@_numpy_spelling
def median(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """`median(x)`, the median of all; `median(x, dim)`, values and indices; the lower of two middle ones, nan if any.

    The gradient of `median(x)` is shared evenly by ties.
    """
    options = {} if out is None else {"out": out}
    return _median_all(input, **options) if dim is None else _median(input, dim, keepdim, **options)


@_numpy_spelling
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """As `median`, of the elements that are not nan."""
    options = {} if out is None else {"out": out}
    return _nanmedian_all(input, **options) if dim is None else _nanmedian(input, dim, keepdim, **options)


@op(outputs=return_types.mode, differentiable=(0,))
def mode(xp: Any, input: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent element along `dim`, the smallest of several, and the last index where it stands."""
    axis = _axis(dim, input.ndim, "mode")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    _check_not_empty("mode", input.shape, axis)
    if not input.size:
        return _picked(xp, input, xp.argmax(input, axis=axis, keepdims=True), axis, keepdim)
    order = _ordering(xp, input, axis)
    values = xp.moveaxis(xp.take_along_axis(input, order, axis=axis), axis, -1)
    starts = xp.ones(values.shape, bool)
    starts[..., 1:] = values[..., 1:] != values[..., :-1]
    places = xp.arange(values.shape[-1])
    so_far = places - running(xp.maximum, starts * places, values.ndim - 1)
    best = xp.moveaxis(xp.argmax(so_far, axis=-1)[..., None], -1, axis)
    return _picked(xp, input, xp.take_along_axis(order, best, axis=axis), axis, keepdim)


mode.grad(input=_at_index)


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@op(many=True)
def _quantile_places(
    xp: Any, input: Array, q: Array, interpolation: str, ignore_nan: bool
) -> tuple[Array, Array, Array]:
    """The indices of the elements on both sides of each quantile along the last dim, and the weight of the second."""
    size = input.shape[-1]
    numbers = (input == input).sum(axis=-1, keepdims=True)
    if ignore_nan:
        rank = q * xp.maximum(numbers - 1, 0).astype(input.dtype)
    else:
        rank = xp.where(numbers < size, xp.asarray(size - 1, input.dtype), q * (size - 1))
    if interpolation == "nearest":
        rank = xp.round(rank)
    below, above = xp.floor(rank), xp.ceil(rank)
    if interpolation == "lower":
        above = rank = below
    elif interpolation == "higher":
        below = rank = above
    weight = xp.full_like(rank, 0.5) if interpolation == "midpoint" else rank - below
    order = _ordering(xp, input, input.ndim - 1)
    places = [xp.take_along_axis(order, each.astype(NP_INT64), axis=-1) for each in (below, above)]
    return places[0], places[1], weight


def _quantile(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, out: Tensor | None
) -> Tensor:
    array = input._array
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype, got {input.dtype!r}")
    if not array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    several = isinstance(q, Tensor) and q._array.ndim == 1
    if isinstance(q, Tensor):
        if q._array.ndim > 1:
            raise RuntimeError(f"{name}() q must be a scalar or 1D tensor, got {q._array.ndim} dimensions")
        if q._array.dtype != array.dtype:
            raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor, got {q.dtype!r}")
        if not ((q._array >= 0) & (q._array <= 1)).all():
            raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    elif isinstance(q, (int, float)):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
        q = reduction.amax(elementwise.clone(input.detach()), ()) * 0 + q
    else:
        raise TypeError(f"{name}(): argument 'q' must be Tensor or float, not {type(q).__name__}")
    if dim is None:
        rows, kept = input.reshape(-1), (1,) * array.ndim
    else:
        axis = _axis(dim, array.ndim, name)
        rows = shape.movedim(input, axis, -1) if array.ndim else input.reshape(1)
        kept = tuple(1 if k == axis else size for k, size in enumerate(array.shape))
    below, above, weight = _quantile_places(rows.detach(), q.detach().reshape(-1), interpolation, name == "nanquantile")
    last = rows.dim() - 1
    found = elementwise.lerp(reduction._pick(rows, below, last), reduction._pick(rows, above, last), weight)
    found = shape.movedim(found, -1, 0)
    if keepdim:
        found = found.reshape((found.shape[0], *kept))
    return reduction._into_out(found if several else found[0], out)
