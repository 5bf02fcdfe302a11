"""Order: sorting, order statistics, distinct values, searching, histograms. nan is larger than every number.

Which of several equal elements an index names is as in torch (introsort.py) up to some thousands of elements, and on
the CPU; beyond that it is the one that a stable sort puts there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from minitorch import return_types
from minitorch.autograd.op import op
from minitorch.backend import Array, Operand, array_module, running
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.errors import type_name
from minitorch.introsort import leave_ties, quickselected, smallest_first
from minitorch.ops import arithmetic, permutation
from minitorch.ops._operands import no_derivative
from minitorch.ops._picking import at_index, evenly, pick, picked, place
from minitorch.ops._reducing import axis_of, check_not_empty, checked_tensor, into_out, numpy_spelling
from minitorch.tensor import Tensor, wrap


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
            f"\"{name}_cpu\" not implemented for '{from_numpy_dtype(array.dtype).legacy_name}': convert it first"
        )


def _no_derivative(name: str) -> Callable[..., Any]:
    """The rule of an operation whose result torch lets require grad, but cannot differentiate."""

    def rule(xp: Any, g: Any) -> Any:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return rule


# --- sorting ----------------------------------------------------------------------------------------------------------


def _to_places(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int) -> Any:
    """The gradient rule of elements that were put in another order."""
    return place.on(xp)(g, indices, input_shape, axis_of(dim, len(input_shape), "sort"))


@op(
    outputs=return_types.sort,
    differentiable=(0,),
    backward=lambda input, dim, descending, stable: 0 if stable is None else 1,
)
def sort(
    xp: Any, input: Array, dim: int = -1, descending: bool = False, stable: bool | None = None
) -> tuple[Array, Array]:
    """The elements in order along `dim`, and the index of each; nan last (first when descending)."""
    if isinstance(dim, bool):
        raise TypeError("sort(): argument 'dim' must be int, not bool: write descending=True")
    axis = axis_of(dim, input.ndim, "sort")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    order = _ordering(xp, input, axis, descending)
    if not stable:
        order = leave_ties(input, order, axis)
    return xp.take_along_axis(input, order, axis=axis), order


sort.grad(input=_to_places)


@op
def argsort(xp: Any, input: Array, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Array:
    """The indices that sort `input` along `dim`; nan last (first when descending)."""
    axis = axis_of(dim, input.ndim, "argsort")
    if not input.ndim:
        return xp.zeros((), NP_INT64)
    order = _ordering(xp, input, axis, descending)
    return order if stable else leave_ties(input, order, axis)


def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements in order along the first dim."""
    values = sort(input, 0)[0]
    return into_out(values, out)


@op(outputs=return_types.topk, differentiable=(0,), ordered=True)
def topk(
    xp: Any, input: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Array, Array]:
    """The `k` largest (or smallest) elements along `dim` in order, and their indices.

    Raises RuntimeError when there are fewer than `k`. Differs from torch: they are in order also with `sorted=False`.
    """
    if not isinstance(k, int):
        raise TypeError(f"topk(): argument 'k' (position 1) must be int, not {type_name(k)}")
    axis = axis_of(dim, input.ndim, "topk")
    if not 0 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(
            f"topk(): selected index k out of range, got k={k} for shape {list(input.shape)}, dim {axis}"
        )
    if input.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU: convert the tensor first")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    order = _ordering(xp, input, axis, largest)
    order = leave_ties(input, order, axis, lambda ranks: smallest_first(ranks, k), slice(k))
    order = order[(slice(None),) * axis + (slice(k),)]
    return xp.take_along_axis(input, order, axis=axis), order


topk.grad(input=_to_places)


# --- order statistics -------------------------------------------------------------------------------------------------


def _at_rank(xp: Any, input: Array, rank: Any, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """The elements of these ranks along `axis`, and their indices; `rank`: a number, or an array with size 1 there."""
    order = _ordering(xp, input, axis)
    if isinstance(rank, int):
        indices = order[(slice(None),) * axis + (slice(rank, rank + 1),)]
    else:
        indices = xp.take_along_axis(order, rank, axis=axis)
    return picked(xp, input, indices, axis, keepdim)


@op(outputs=return_types.kthvalue, differentiable=(0,))
def kthvalue(xp: Any, input: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The `k`-th smallest element along `dim`, counted from 1, and its index. Raises RuntimeError: k out of range."""
    axis = axis_of(dim, input.ndim, "kthvalue")
    if input.ndim:
        check_not_empty("kthvalue", input.shape, axis)
    if not 1 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}: got k={k}")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    _not_implemented("kthvalue", input, "b")
    order = _ordering(xp, input, axis)
    order = leave_ties(input, order, axis, lambda ranks: quickselected(ranks, k - 1), slice(max(k - 2, 0), k))
    return picked(xp, input, order[(slice(None),) * axis + (slice(k - 1, k),)], axis, keepdim)


kthvalue.grad(input=at_index)


def _median_along(xp: Any, input: Array, dim: int, keepdim: bool, name: str) -> tuple[Array, Array]:
    axis = axis_of(dim, input.ndim, name)
    if input.ndim:
        check_not_empty(name, input.shape, axis)
    _not_implemented("median", input, "b")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
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
    if not input.size:
        return xp.full((), math.nan).astype(input.dtype)
    return _median_along(xp, input.reshape(-1), 0, False, name)[0]


@op(outputs=return_types.median, differentiable=(0,), backward="MedianBackward1", ordered=True)
def _median(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _median_along(xp, input, dim, keepdim, "median")


@op(outputs=return_types.nanmedian, differentiable=(0,), backward="NanmedianBackward1", ordered=True)
def _nanmedian(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _median_along(xp, input, dim, keepdim, "nanmedian")


@op(backward="MedianBackward0")
def _median_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    return _median_of_all(xp, input, "median")


@op(backward="NanmedianBackward0")
def _nanmedian_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    return _median_of_all(xp, input, "nanmedian")


_median.grad(input=at_index)
_nanmedian.grad(input=at_index)
_median_all.grad(input=evenly(nans=True))
_nanmedian_all.grad(input=evenly(nans=True))


def _one_of_two(name: str, input: Tensor, dim: int | None, keepdim: bool, out: Any, forms: tuple[Any, Any]) -> Any:
    """The median of all elements, or along a dim."""
    options = {} if out is None else {"out": out}
    if dim is not None:
        return forms[1](input, dim, keepdim, **options)
    if keepdim:
        raise TypeError(f"{name}() received keepdim without dim: give the dim to reduce")
    return forms[0](input, **options)


@numpy_spelling
def median(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """`median(x)`, the median of all; `median(x, dim)`, values and indices; the lower of two middle ones, nan if any.

    The gradient of `median(x)` is shared evenly by ties.
    """
    return _one_of_two("median", input, dim, keepdim, out, (_median_all, _median))


@numpy_spelling
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """As `median`, of the elements that are not nan."""
    return _one_of_two("nanmedian", input, dim, keepdim, out, (_nanmedian_all, _nanmedian))


@op(outputs=return_types.mode, differentiable=(0,))
def mode(xp: Any, input: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent element along `dim`, the smallest of several, and an index where it stands.

    Differs from torch: which that is among nans.
    """
    axis = axis_of(dim, input.ndim, "mode")
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    check_not_empty("mode", input.shape, axis)
    if not input.size:
        return picked(xp, input, xp.argmax(input, axis=axis, keepdims=True), axis, keepdim)
    order = leave_ties(input, _ordering(xp, input, axis), axis)
    values = xp.moveaxis(xp.take_along_axis(input, order, axis=axis), axis, -1)
    starts = xp.ones(values.shape, bool)
    starts[..., 1:] = values[..., 1:] != values[..., :-1]
    places = xp.arange(values.shape[-1])
    so_far = places - running(xp.maximum, starts * places, values.ndim - 1)
    best = xp.moveaxis(xp.argmax(so_far, axis=-1)[..., None], -1, axis)
    return picked(xp, input, xp.take_along_axis(order, best, axis=axis), axis, keepdim)


mode.grad(input=at_index)


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
        raise RuntimeError(f"quantile() input tensor must be either float or double dtype, got {input.dtype!r}")
    if not array.size:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    several = isinstance(q, Tensor) and q._array.ndim == 1
    if isinstance(q, Tensor):
        if q._array.ndim > 1:
            raise RuntimeError(f"quantile() q must be a scalar or 1D tensor, got {q._array.ndim} dimensions")
        if q._array.dtype != array.dtype:
            raise RuntimeError(f"quantile() q tensor must be same dtype as the input tensor, got {q.dtype!r}")
        if not ((q._array >= 0) & (q._array <= 1)).all():
            raise RuntimeError("quantile() q values must be in the range [0, 1]")
    elif isinstance(q, (int, float)):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        q = wrap(array_module(array).asarray(q, array.dtype))
    else:
        raise TypeError(f"{name}(): argument 'q' must be Tensor or float, not {type_name(q)}")
    if dim is None:
        rows, kept = input.reshape(-1), (1,) * array.ndim
    else:
        axis = axis_of(dim, array.ndim, name)
        rows = permutation.movedim(input, axis, -1) if array.ndim else input.reshape(1)
        kept = tuple(1 if k == axis else size for k, size in enumerate(array.shape))
    places: Any = _quantile_places(rows.detach(), q.detach().reshape(-1), interpolation, name == "nanquantile")
    below, above, weight = places
    last = rows.dim() - 1
    found = arithmetic.lerp(pick(rows, below, last), pick(rows, above, last), weight)
    found = permutation.movedim(found, -1, 0)
    if keepdim:
        found = found.reshape((found.shape[0], *kept))
    return into_out(found if several else found[0], out)


@numpy_spelling
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """The quantiles `q` (a number or 1-d tensor in [0, 1]) of all elements or along `dim`; nan where there is any nan.

    A 1-d `q` becomes the first dim of the result. Raises RuntimeError for an empty input, and for float16 and integers.
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, out)


@numpy_spelling
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """As `quantile`, of the elements that are not nan."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, out)


# --- distinct values --------------------------------------------------------------------------------------------------


def _distinct(xp: Any, rows: Array, order: Array | None) -> tuple[Array, Array, Array]:
    """The first of every run of equal rows, the run of each row, the length of each run; `order` sorts the rows."""
    count = len(rows)
    ordered = rows if order is None else rows[order]
    starts = xp.ones(count, bool)
    starts[1:] = (ordered[1:] != ordered[:-1]).reshape(len(ordered[1:]), math.prod(rows.shape[1:])).any(axis=1)
    first = xp.flatnonzero(starts)
    runs = xp.cumsum(starts, dtype=NP_INT64) - 1
    lengths = xp.diff(xp.concatenate([first, xp.asarray([count])]))
    if order is None:
        return first, runs, lengths
    inverse = xp.empty(count, NP_INT64)
    inverse[order] = runs
    return order[first], inverse, lengths


@op(many=True, differentiable=(0,), backward="Unique2Backward0")
def _unique(xp: Any, input: Array, consecutive: bool) -> tuple[Array, Array, Array]:
    flat = input.reshape(-1)
    first, inverse, counts = _distinct(xp, flat, None if consecutive else _ordering(xp, flat, 0))
    return flat[first], inverse.reshape(input.shape), counts


@op(many=True, differentiable=(0,), backward="UniqueDimBackward0", ordered=True)
def _unique_dim(xp: Any, input: Array, dim: int, consecutive: bool) -> tuple[Array, Array, Array]:
    if not input.ndim:
        raise IndexError(f"unique(): Dimension specified as {dim} but tensor has no dimensions")
    axis = axis_of(dim, input.ndim, "unique")
    slices = xp.moveaxis(input, axis, 0)
    rows = slices.reshape(len(slices), math.prod(slices.shape[1:]))
    if len(rows) and not rows.size:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    order = None if consecutive or not len(rows) else xp.lexsort(rows.T[::-1])
    first, inverse, counts = _distinct(xp, rows, order)
    return xp.moveaxis(slices[first], 0, axis), inverse, counts


_unique.grad(input=_no_derivative("_unique2"))
_unique_dim.grad(input=_no_derivative("unique_dim"))


def _chosen(results: tuple[Tensor, ...], inverse: bool, counts: bool) -> Any:
    """The values alone, or with what was asked for."""
    if not (inverse or counts):
        return results[0]
    return (results[0], *results[1:2][: int(inverse)], *results[2:][: int(counts)])


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements (slices along `dim`), in order; then, if asked for, the place of each element among them,
    and how often each occurs. Every nan is distinct.

    Differs from torch: they are in order also with `sorted=False`.
    """
    results: Any = _unique(input, False) if dim is None else _unique_dim(input, dim, False)
    return _chosen(results, return_inverse, return_counts)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements (slices along `dim`) that differ from the one before; then, if asked for, the run of each, and how
    long each run is."""
    results: Any = _unique(input, True) if dim is None else _unique_dim(input, dim, True)
    return _chosen(results, return_inverse, return_counts)


# --- searching --------------------------------------------------------------------------------------------------------


def _search_rows(xp: Any, rows: Array, values: Array, side: str) -> Array:
    """Binary search of `values` in `rows` of the same leading shape, all at once."""
    low = xp.zeros(values.shape, NP_INT64)
    high = xp.full(values.shape, rows.shape[-1], NP_INT64)
    for _ in range(rows.shape[-1].bit_length()):
        middle = (low + high) // 2
        found = xp.take_along_axis(rows, xp.minimum(middle, rows.shape[-1] - 1), axis=-1)
        after = (low < high) & ~(found >= values if side == "left" else found > values)
        low, high = xp.where(after, middle + 1, low), xp.where(after, high, middle)
    return low


@op
def _search(xp: Any, sorted_sequence: Array, values: Operand, side: str, out_int32: bool) -> Array:
    values = xp.asarray(values)
    if sorted_sequence.ndim == 1:
        places = xp.searchsorted(sorted_sequence, values, side=side)
    else:
        places = _search_rows(xp, sorted_sequence, values, side)
    return xp.asarray(places, "int32" if out_int32 else NP_INT64)


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Where along the last dim each value belongs so that the order is kept: before equal elements; `right`: behind.

    `sorted_sequence` is 1-d, or has the leading dims of the values. Raises RuntimeError for shapes that do not match.
    """
    name = "torch.searchsorted()"
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{name}: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{name}: side and right can't be set to opposites, got side of left while right was True")
    rows = checked_tensor("searchsorted", "sorted_sequence", sorted_sequence)._array
    if not isinstance(input, (Tensor, int, float)):
        raise TypeError(f"searchsorted(): argument 'input' must be Tensor or Number, not {type_name(input)}")
    values = input._array if isinstance(input, Tensor) else None
    if rows.ndim != 1 and (values is None or not values.ndim):
        raise RuntimeError(
            f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries "
            f"tensor dim({rows.ndim}) and input value's dim(0) numel(1)"
        )
    if rows.ndim != 1 and values is not None and (rows.ndim != values.ndim or rows.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            f"{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and "
            f"input value tensor must match, but we got boundaries tensor {list(rows.shape)} and input value tensor "
            f"{list(values.shape)}"
        )
    if values is not None and values.size and values.dtype.kind == "b":
        _not_implemented("searchsorted_out", rows, "b")
    if sorter is not None:
        if sorter._array.shape != rows.shape:
            raise RuntimeError(
                f"{name}: boundary and sorter must have the same size, but got boundary tensor {list(rows.shape)} and "
                f"got sorter tensor {list(sorter.shape)}"
            )
        if sorter._array.dtype != NP_INT64:
            raise RuntimeError(f"{name}: sorter must be a tensor of long dtype but got dtype {sorter.dtype!r}")
        sorted_sequence = pick(sorted_sequence.detach(), sorter, rows.ndim - 1)
    found: Tensor = _search(sorted_sequence, input, "right" if right or side == "right" else "left", out_int32)
    return into_out(found, out)


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False, out: Tensor | None = None
) -> Tensor:
    """The index of the bucket of each value: boundaries[i - 1] < value <= boundaries[i], `right`: <= and <."""
    if checked_tensor("bucketize", "boundaries", boundaries)._array.ndim != 1:
        raise RuntimeError(f"bucketize(): boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)


@op
def _isin(xp: Any, elements: Operand, test_elements: Operand, assume_unique: bool, invert: bool) -> Array:
    wanted, among = xp.asarray(elements), xp.asarray(test_elements)
    if "b" in (wanted.dtype.kind, among.dtype.kind):
        raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    return xp.isin(wanted, among, assume_unique=assume_unique, invert=invert)


def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False, out: Tensor | None = None
) -> Tensor:
    """Which `elements` occur among `test_elements` (`invert`: which do not); one of the two may be a number."""
    found: Tensor = _isin(elements, test_elements, assume_unique, invert)
    return into_out(found, out)


# --- counting ---------------------------------------------------------------------------------------------------------


@op
def bincount(xp: Any, input: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each of 0, 1, 2, ... occurs in a 1-d tensor of integers, or the sum of its weights."""
    _not_implemented("bincount", input, "fb")
    if input.ndim != 1 or (input.size and input.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, got {minlength}")
    if weights is None or not input.size:
        return xp.bincount(input, minlength=minlength).astype(NP_INT64, copy=False)
    if weights.shape != input.shape:
        raise RuntimeError(f"weights should be 1-d and have the same length as input, got {list(weights.shape)}")
    counts = xp.bincount(input, weights=weights, minlength=minlength)
    return counts.astype("float32" if weights.dtype == "float32" else "float64", copy=False)


def _range(name: str, array: Array, low: float, high: float, margin: float) -> tuple[float, float]:
    """The range of a histogram: where it is empty, that of the values, and where that is, too, a margin around it."""
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{name}: range of [{low:g}, {high:g}] is not finite")
    if high < low:
        raise RuntimeError(f"{name}: max must be larger than min, got {low:g} and {high:g}")
    return (low, high) if low < high else (low - margin, high + margin)


def _check_bins(bins: int) -> None:
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")


def _edges(xp: Any, low: float, high: float, bins: int, dtype: Any) -> Array:
    """The edges of `bins` equal bins, counted from both ends as torch does, so that they round alike."""
    first, last, places = xp.asarray(low, dtype), xp.asarray(high, dtype), xp.arange(bins + 1)
    step = (last - first) / xp.asarray(bins, dtype)
    up, down = places.astype(dtype), (bins - places).astype(dtype)
    return xp.where(places < (bins + 1) // 2, first + step * up, last - step * down)


def _counts(xp: Any, values: Array, edges: Array, weight: Array | None) -> Array:
    """The number (or weight) of values between edges; the last bin has both of its ends."""
    bins = len(edges) - 1
    places = xp.searchsorted(edges, values, side="right") - 1
    places = xp.where(values == edges[-1], bins - 1, places)
    inside = (places >= 0) & (places < bins) & (values == values)
    return xp.bincount(places[inside], weights=None if weight is None else weight[inside], minlength=bins)


@op
def histc(xp: Any, input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """How many elements lie in each of `bins` equal parts of [min, max]: of the elements' own range if min is max.

    Elements outside are not counted. Raises RuntimeError for a range that is not finite.
    """
    _check_bins(bins)
    low, high = _range("torch.histc", input, min, max, 1.0)
    _not_implemented("histogram", input, "iub")
    values = input.reshape(-1)
    values = values[(values >= low) & (values <= high)].astype("float64" if input.dtype == "float64" else "float32")
    # All in the values' own dtype and in torch's order, so that a value at an edge falls on the same side of it.
    first, last = xp.asarray(low, values.dtype), xp.asarray(high, values.dtype)
    places = ((values - first) * bins / (last - first)).astype(NP_INT64)
    return xp.bincount(xp.minimum(places, bins - 1), minlength=bins).astype(input.dtype)


@op(outputs=return_types.histogram)
def histogram(
    xp: Any, input: Array, bins: Any = 100, range: Any = None, weight: Array | None = None, density: bool = False
) -> tuple[Array, Array]:
    """How many elements (or their weight) lie in each of `bins` equal parts of `range`, and the edges of those.

    `bins` may also be a 1-d tensor of edges. With `density` the integral over the range is 1.
    """
    _not_implemented("histogramdd", input, "iub")
    if isinstance(bins, Tensor):
        edges = bins._array
    else:
        _check_bins(bins)
        low, high = range or ((0, 0) if input.size else (0, 1))
        low, high = _range("torch.histogram", input, low, high, 0.5)
        edges = _edges(xp, low, high, bins, input.dtype)
    counts = _counts(xp, input.reshape(-1), edges, None if weight is None else weight.reshape(-1))
    if density:
        counts = counts / (counts.sum() * (edges[1:] - edges[:-1]))
    return counts.astype(input.dtype, copy=False), edges


histogram.grad(
    input=no_derivative("histogram"),
    weight=no_derivative("histogram"),
)
