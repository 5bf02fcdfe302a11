"""Gathering and scattering: single elements at the indices along one dimension that an index tensor says."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.backend import Array, array_module, scatter_add_at
from minitorch.dtypes import NP_INT64, checked_number
from minitorch.errors import broadcast_error, shape_list, wrap_dim
from minitorch.ops import arithmetic, copies
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops.indexing import getitem, scalar
from minitorch.ops.places import (
    Places,
    _pick,
    _put,
    _scatter_reduce,
    check_bounds,
    check_integers,
    kept,
    one_dim,
    out_of_bounds,
    shaped,
)
from minitorch.ops.repeating import broadcast_shapes, expand
from minitorch.ops.shape import flatten, reshape, view
from minitorch.tensor import Tensor, wrap

# --- gathering --------------------------------------------------------------------------------------------------------


def _along(name: str, input: Tensor, dim: int, index: Tensor, other: str) -> Places:
    """The places of `gather` and `scatter`: `index` says where along `dim`, its own shape says where elsewhere."""
    array = check_integers(index, f"{name}(): Expected dtype int32/int64 for index")
    shape = input._array.shape
    if array.ndim != len(shape):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {other} tensor")
    check_bounds(array, shape[dim], 0, lambda bad: RuntimeError(str(out_of_bounds(bad, dim, shape[dim]))))
    xp, ndim = array_module(array), array.ndim
    mesh = [xp.arange(size).reshape((size,) + (1,) * (ndim - k - 1)) for k, size in enumerate(array.shape)]
    mesh[dim] = array
    return Places(tuple(mesh))


@with_out
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements at `index` along `dim`: the result has the shape of `index`.

    Raises RuntimeError for an index that is not of integers, out of bounds, or larger than `input` elsewhere.
    """
    check_tensor("gather", "index", 3, index)
    shape, whole = index._array.shape, one_dim(input)
    dim = wrap_dim(dim, input._array.ndim)
    if not index._array.size:
        empty = Places((check_integers(index, "gather(): Expected dtype int32/int64 for index").reshape(-1),))
        return reshape(_pick(flatten(whole), empty, "GatherBackward0"), shape)
    places = _along("gather", whole, dim, one_dim(index), "input")
    own = whole._array.shape
    for k, (a, b) in enumerate(zip(shape, own, strict=False)):
        if a > b and k != dim:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {shape_list(shape)} to be no larger than self "
                f"{shape_list(own)} apart from dimension {dim}"
            )
    return shaped(_pick(whole, kept(places, input), "GatherBackward0"), shape)


@with_out
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As gather, but the shapes broadcast outside `dim`, and indices wrap around; without dim, gather, all flat."""
    check_tensor("take_along_dim", "indices", 2, indices)
    if indices._array.dtype != NP_INT64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy_name}"
        )
    if dim is None:
        return gather(view(input, -1), 0, view(indices, -1))
    ndim = input._array.ndim
    if ndim != indices._array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{ndim} dimensions for input, and {indices._array.ndim} dimensions for indices"
        )
    dim = wrap_dim(dim, ndim)
    own, at = list(input._array.shape), list(indices._array.shape)
    own[dim] = at[dim] = 1
    try:
        common = list(broadcast_shapes(own, at))
    except RuntimeError:
        raise broadcast_error([tuple(own), tuple(at)]) from None
    own_common, common[dim] = list(common), indices._array.shape[dim]
    own_common[dim] = input._array.shape[dim]
    array = indices._array % max(input._array.shape[dim] if ndim else 1, 1)
    wrapped = wrap(array_module(indices._array).asarray(array))
    return gather(expand(input, own_common), dim, expand(wrapped, common))


# --- scattering -------------------------------------------------------------------------------------------------------


def _scatter_places(name: str, input: Tensor, dim: int, index: Tensor, src: Any) -> tuple[Places, Any]:
    """The places to write to, and the part of `src` that goes there."""
    places = _along(name, input, dim, index, "self")
    own, shape = input._array.shape, index._array.shape
    limits = [None if k == dim else size for k, size in enumerate(own)]
    against = ""
    if isinstance(src, Tensor):
        if src._array.dtype != input._array.dtype:
            raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
        if src._array.ndim != len(shape):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
        against = f" and to be no larger size than src {shape_list(src._array.shape)}"
    fits = all(limit is None or size <= limit for size, limit in zip(shape, limits, strict=True))
    if not fits or (against and any(a > b for a, b in zip(shape, src._array.shape, strict=True))):
        raise RuntimeError(
            f"Expected index {shape_list(shape)} to be no larger than self {shape_list(own)} apart from dimension {dim}"
            f"{against}"
        )
    if isinstance(src, Tensor) and src._array.shape != shape:
        src = getitem(src, tuple(slice(size) for size in shape))
    return places, src


def _scattered(name: str, input: Tensor, dim: int, index: Tensor, src: Any, accumulate: bool, node: str) -> Tensor:
    if not index._array.size:
        return copies.clone(input)
    whole, at = one_dim(input), one_dim(index)
    part = one_dim(src) if isinstance(src, Tensor) else src
    places, part = _scatter_places(name, whole, wrap_dim(dim, input._array.ndim), at, part)
    return shaped(_put(whole, part, kept(places, input, src), accumulate, node), input._array.shape)


_REDUCTIONS = {"add": "sum", "multiply": "prod"}


@with_out
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy of `input` with `src`, a tensor or a number, written at `index` along `dim`.

    `reduce`, "add" or "multiply", combines it with what is there. Where places repeat, any one of the values stays.
    """
    check_tensor("scatter", "index", 3, index)
    given = src if src is not None else value.item() if isinstance(value, Tensor) else scalar(value)
    if given is None:
        raise TypeError("scatter() received an invalid combination of arguments: give src or value")
    if not isinstance(given, Tensor):
        given = checked_number(given, input._array.dtype)
    if reduce is None:
        return _scattered(
            "scatter", input, dim, index, given, False, f"ScatterBackward{0 if isinstance(given, Tensor) else 1}"
        )
    if isinstance(given, Tensor):
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
            UserWarning,
            stacklevel=2,
        )
    if reduce not in _REDUCTIONS:
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(given, Tensor):
        xp = array_module(input._array)
        given = wrap(xp.full(index._array.shape, given, input._array.dtype))
    return scatter_reduce(input, dim, index, given, _REDUCTIONS[reduce])


@with_out
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at `index` along `dim`; places that repeat add up."""
    check_tensor("scatter_add", "index", 3, index)
    check_tensor("scatter_add", "src", 4, src)
    return _scattered("scatter_add", input, dim, index, src, True, "ScatterAddBackward0")


@with_out
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`input` with each place that `index` names along `dim` reduced to "sum", "prod", "mean", "amax" or "amin".

    Over the elements of `src` that go there, and that of `input` if `include_self`. Equal extremes share the gradient.
    """
    check_tensor("scatter_reduce", "index", 3, index)
    check_tensor("scatter_reduce", "src", 4, src)
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if not index._array.size:
        return copies.clone(input)
    whole, part = one_dim(input), one_dim(src)
    places, part = _scatter_places("scatter", whole, wrap_dim(dim, input._array.ndim), one_dim(index), part)
    places = kept(places, input, src)
    if reduce in ("sum", "mean"):
        start = whole if include_self else _put(whole, 0, places, False, "ScatterBackward1")
        result = _put(start, part, places, True, "ScatterReduceBackward0")
        if reduce == "mean":
            result = arithmetic.div(
                result,
                wrap(_counts(whole._array, places, include_self)),
                rounding_mode=(None if whole._array.dtype.kind == "f" else "floor"),
            )
    else:
        result = _scatter_reduce(whole, part, places, reduce, include_self)
    return shaped(result, input._array.shape)


def _counts(array: Array, places: Places, include_self: bool) -> Array:
    """Over how many elements each place takes the mean; 1 where there are none."""
    xp = array_module(array)
    counts = xp.full(array.shape, int(include_self), array.dtype)
    scatter_add_at(counts, places.key, 1)
    return xp.maximum(counts, xp.ones((), array.dtype))
