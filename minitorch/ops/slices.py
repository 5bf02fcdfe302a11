"""Whole slices at the places of a vector of indices: taken, written, added, reduced, repeated, chosen."""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_INT64
from minitorch.errors import shape_list, wrap_dim
from minitorch.ops import arithmetic
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops._factory import whole
from minitorch.ops.joining import stack
from minitorch.ops.masks import fill_value
from minitorch.ops.places import (
    ALL,
    Places,
    _pick,
    _put,
    check_bounds,
    check_integers,
    kept,
    one_dim,
    out_of_bounds,
    shaped,
)
from minitorch.ops.repeating import expand
from minitorch.ops.scattering import scatter_reduce
from minitorch.ops.shape import _contiguous, flatten, reshape, unsqueeze
from minitorch.tensor import Tensor, wrap

# --- taken, written, added and filled ---------------------------------------------------------------------------------


@with_out
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at `index`, a vector of integers, along `dim`; raises IndexError when one is out of range."""
    check_tensor("index_select", "index", 3, index)
    array = check_integers(index, "index_select(): Expected dtype int32 or int64 for index")
    if array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    dim = wrap_dim(dim, input._array.ndim)
    whole = one_dim(input)
    if not input._array.ndim and array.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {array.size} value(s)")
    size = whole._array.shape[dim]

    def error(bad: int) -> Exception:
        if dim == 1:  # torch's kernel for the second dimension is another one
            return RuntimeError(f"INDICES element is out of DATA bounds, id={bad} axis_dim={size}")
        return IndexError("index out of range in self")

    check_bounds(array, size, 0, error)
    places = kept(Places((ALL,) * dim + (array.reshape(-1),)), input)
    result = _pick(whole, places, "IndexSelectBackward0")
    return result if input._array.ndim else reshape(result, ())


def _rows(name: str, input: Tensor, dim: int, index: Tensor, low: int, error: Callable[[str], Exception]) -> Places:
    """The places of the slices at `index`."""
    array = index._array.reshape(-1)
    size = input._array.shape[dim]
    check_bounds(array, size, low, lambda bad: error(f"{name}{out_of_bounds(bad, dim, size)}"))
    return Places((ALL,) * dim + (array,))


def _check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    """Raises torch's error unless `source` has a slice for each of the vector `index` along `dim`; returns `dim`."""
    array = check_integers(index, f"{name}(): Expected dtype int32/int64 for index but got: {{}}")
    dim = wrap_dim(dim, input._array.ndim)
    if array.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {array.ndim} with type: "
            f"{index.dtype.legacy_name} and size: {shape_list(array.shape)}"
        )
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"{name}(): self ({input.dtype.legacy_name}) and source ({source.dtype.legacy_name}) must have the "
            "same scalar type"
        )
    own, given = input._array.shape, source._array.shape
    if len(own) != len(given) or any(a != b for k, (a, b) in enumerate(zip(own, given, strict=True)) if k != dim):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{shape_list(own)} source.shape = {shape_list(given)}"
        )
    if (given[dim] if given else 1) != array.size:
        raise RuntimeError(
            f"{name}(): Number of indices ({array.size}) should be equal to source.size(dim): "
            f"({given[dim] if given else 1}), for dim: {dim}"
        )
    return dim


@with_out
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """A copy of `input` with `alpha` times the slices of `source` added at `index` along `dim`; repeats add up."""
    check_tensor("index_add", "index", 3, index)
    check_tensor("index_add", "source", 4, source)
    dim = _check_slices("index_add_", input, dim, index, source)
    own = input._array.shape
    whole, values = one_dim(input), one_dim(source)
    places = kept(_rows("", whole, dim, index, 0, RuntimeError), input, source)
    values = values if alpha == 1 else arithmetic.mul(values, alpha)
    return shaped(_put(whole, values, places, True, "IndexAddBackward0"), own)


@with_out
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices of `source` written at `index` along `dim`."""
    check_tensor("index_copy", "index", 3, index)
    check_tensor("index_copy", "source", 4, source)
    array = check_integers(index, "index_copy_(): Expected a long tensor for index, but got {}", ("int64",))
    dim = wrap_dim(dim, input._array.ndim)
    own, given = input._array.shape, source._array.shape
    if array.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {array.ndim})")
    if own and given and len(own) != len(given):
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({len(given)}), destination dimensionality ({len(own)})"
        )
    if input._array.dtype != source._array.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype.legacy_name} "
            f"and (source) {source.dtype.legacy_name}"
        )
    if own and given and own[:dim] + own[dim + 1 :] != given[:dim] + given[dim + 1 :]:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{shape_list(own[:dim] + own[dim + 1 :])} at dimension {dim} and source slice shape: "
            f"{shape_list(given[:dim] + given[dim + 1 :])} at dimension 0."
        )
    if (given[dim] if given else 1) != array.size:
        raise IndexError(
            f"index_copy_(): Number of indices ({array.size}) should be equal to source.size(dim) "
            f"({given[dim] if given else 1})"
        )
    whole = one_dim(input)
    places = kept(_rows("index_copy_(): ", whole, dim, index, 0, IndexError), input, source)
    return shaped(_put(whole, one_dim(source), places, False, "IndexCopyBackward0"), own)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, in the slices at `index` along `dim`."""
    check_tensor("index_fill", "index", 3, index)
    if index._array.dtype != NP_INT64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index._array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    dim = wrap_dim(dim, input._array.ndim)
    value = fill_value("index_fill_", input, value)
    whole = one_dim(input)
    size = whole._array.shape[dim]
    places = kept(_rows("", whole, dim, index, -size, IndexError), input, value)
    name = f"IndexFillBackward{1 if isinstance(value, Tensor) else 0}"
    if isinstance(value, Tensor):  # a slice that is named twice is filled, and sends its gradient, once
        rows = places.key[dim]
        places = Places((ALL,) * dim + (array_module(rows).unique(rows % size),))
    return shaped(_put(whole, value, places, False, name), input._array.shape)


# --- repeated and chosen ----------------------------------------------------------------------------------------------


def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
    """Every slice along `dim` repeated so often, in its place; without dim, every element of the flat tensor.

    `repeats` is a number, or a vector with one for each slice.
    """
    check_tensor("repeat_interleave", "input", 1, input)
    if dim is None:
        input, dim = flatten(one_dim(input)), 0
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if isinstance(repeats, Tensor):
        times = repeats._array
        if times.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if times.size not in (1, size) or (times.size != size and times.ndim > 1):
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{times.size} and input.size({dim}) = {size}"
            )
        _check_repeats(repeats)
        if times.size and int(times.min()) < 0:
            raise RuntimeError("repeats can not be negative")
        xp = array_module(times)
        ends = xp.cumsum(xp.broadcast_to(times.reshape(-1), (size,)))
        total = int(ends[-1]) if size else 0
        if output_size is not None and output_size != total:
            raise RuntimeError("allocated size does not match required size")
        return index_select(input, dim, wrap(xp.searchsorted(ends, xp.arange(total), side="right")))
    count = whole(repeats, "repeat_interleave", "repeats", 2)
    if count < 0:
        raise RuntimeError("Repeats must be non-negative")
    if output_size is not None and output_size != size * count:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {size * count} but got {output_size}")
    shape = input._array.shape
    copies = expand(unsqueeze(input, dim + 1), (*shape[: dim + 1], count, *shape[dim + 1 :]))
    return reshape(_contiguous(copies), (*shape[:dim], size * count, *shape[dim + 1 :]))


@functools.wraps(repeat_interleave)
def repeat_interleave_function(*args: Any, output_size: int | None = None, **kwargs: Any) -> Tensor:
    """As the method; given alone, a vector of numbers repeats its own indices."""
    alone = [*args, *kwargs.values()]
    if len(alone) != 1 or not set(kwargs) <= {"repeats"} or not isinstance(alone[0], Tensor):
        return repeat_interleave(*args, output_size=output_size, **kwargs)
    _check_repeats(alone[0])
    indices: Tensor = wrap(array_module(alone[0]._array).arange(alone[0]._array.size))
    return repeat_interleave(indices, alone[0], output_size=output_size)


def _check_repeats(repeats: Tensor) -> None:
    if repeats._array.dtype.name not in ("int64", "int32"):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy_name}'")


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose `r` elements of a vector, one a row, each in the vector's order."""
    check_tensor("combinations", "input", 1, input)
    if input._array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {shape_list(input._array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    xp, size = array_module(input._array), input._array.size
    if r == 0:
        nothing: Tensor = wrap(xp.empty(0, input._array.dtype))
        return nothing
    grids = xp.meshgrid(*[xp.arange(size)] * r, indexing="ij")
    chosen = xp.ones((size,) * r, bool)
    for before, after in itertools.pairwise(grids):
        chosen &= before <= after if with_replacement else before < after
    return stack([index_select(input, 0, wrap(grid[chosen])) for grid in grids], 1)


# --- reduced ----------------------------------------------------------------------------------------------------------


@with_out
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As scatter_reduce by "prod", "mean", "amax" or "amin", of whole slices: those of `source` go to `index`."""
    check_tensor("index_reduce", "index", 3, index)
    check_tensor("index_reduce", "source", 4, source)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    warnings.warn("index_reduce() is in beta and the API may change at any time.", UserWarning, stacklevel=2)
    if not index._array.size:
        return index_add(input, dim, index, source)  # adds nothing either, and `source` has its empty gradient
    dim = _check_slices("index_reduce", input, dim, index, source)
    _rows("", one_dim(input), dim, index, 0, RuntimeError)
    sizes = [1] * max(input._array.ndim, 1)
    sizes[dim] = index._array.size
    spread = expand(reshape(index, sizes), source._array.shape)
    return scatter_reduce(input, dim, spread, source, reduce, include_self=include_self)
