"""Embedding: rows of a table by their indices, one by one or in bags. The gradient goes to these rows only."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from minitorch.autograd.op import op
from minitorch.backend import Array, array_module, combine_at, scatter_add_at
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.errors import device_error, shape_list
from minitorch.tensor import Tensor, wrap

INDICES = ("int64", "int32")


def _check_together(*tensors: Tensor) -> None:
    """Raises torch's RuntimeError for tensors on different devices."""
    if len({each._array.__class__ for each in tensors}) > 1:
        raise device_error(*[each.device for each in tensors])


def _check_indices(name: str, indices: Array) -> None:
    """Raises torch's error unless `indices` are integers of 32 or 64 bits."""
    if indices.dtype is not NP_INT64 and indices.dtype.name not in INDICES:
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{legacy_type(indices)} instead (while checking arguments for {name})"
        )


def legacy_type(array: Array) -> str:
    """torch's old name of a tensor's type, as its messages have it: torch.FloatTensor."""
    return f"torch.{from_numpy_dtype(array.dtype).legacy_name}Tensor"


def _outside(indices: Array, rows: int) -> bool:
    # Read as unsigned, a negative index is a huge one: one comparison finds both kinds.
    return bool(indices.size) and int(indices.view(f"u{indices.dtype.itemsize}").max()) >= rows


# --- one by one -------------------------------------------------------------------------------------------------------


_LARGE = 2**15
"""Elements from which it pays to tell rows that are added to for the first time from others."""


def _add_rows(out: Array, indices: Array, values: Array) -> None:
    """Adds rows of values to those of `out`, all zeros, at `indices`, most of which are there once.

    The first row for each index is copied, which takes NumPy a fifth of the time of adding where places may repeat.
    """
    count = len(indices)
    order = np.arange(count)
    first = np.empty(len(out), order.dtype)
    first[indices[::-1]] = order[::-1]  # the last to be written is the first to be there
    is_first = first[indices] == order
    at, others = np.flatnonzero(is_first), np.flatnonzero(~is_first)
    out[indices[at]] = values[at] + 0  # 0 less 0, -0, becomes 0
    scatter_add_at(out, (indices[others], slice(None)), values[others])


@op(backward="EmbeddingBackward0")
def _embedding(xp: Any, weight: Array, indices: Array, padding_idx: int, scale_grad_by_freq: bool) -> Array:
    return xp.take(weight, indices, axis=0)


@op
def _embedding_dense_backward(
    xp: Any, g: Array, indices: Array, rows: int, padding_idx: int, scale_grad_by_freq: bool
) -> Array:
    """Zeros of (rows, ...), and `g` added at `indices`; the row `padding_idx` stays 0."""
    out = xp.zeros((rows, g.shape[-1]), g.dtype)
    flat, values = indices.reshape(-1), g.reshape(-1, g.shape[-1])
    if xp is np and _LARGE <= values.size and len(flat) <= rows:
        _add_rows(out, flat, values)
    else:
        scatter_add_at(out, (flat, slice(None)), values)
    if scale_grad_by_freq:
        out /= _counts(xp, flat, rows)
    if 0 <= padding_idx < rows:
        out[padding_idx] = 0
    return out


def _counts(xp: Any, indices: Array, rows: int) -> Array:
    """How often each row occurs, at least 1, as a column of float32, which leaves float32 as it is."""
    return xp.maximum(xp.bincount(indices, minlength=rows), 1).astype("float32")[:, None]


@op
def _weight_of_places(xp: Any, indices: Array, like: Array, rows: int, padding_idx: int, by_freq: bool) -> Array:
    """What each place adds to the gradient of its row: 1, over the number of places of the row, 0 for padding."""
    share = (indices != padding_idx)[..., None].astype(like.dtype)
    return share / _counts(xp, indices.reshape(-1), rows)[indices].astype(like.dtype) if by_freq else share


_embedding.grad(
    weight=lambda xp, g, indices, weight_shape, padding_idx, scale_grad_by_freq: _embedding_dense_backward.on(xp)(
        g, indices, weight_shape[0], padding_idx, scale_grad_by_freq
    )
)
_embedding_dense_backward.grad(
    g=lambda xp, h, indices, rows, padding_idx, scale_grad_by_freq: (
        _embedding.on(xp)(h, indices, -1, False)
        * _weight_of_places.on(xp)(indices, h, rows, padding_idx, scale_grad_by_freq)
    )
)


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """The rows of `weight` (rows, dim) at `indices` (...): (..., dim).

    The row `padding_idx` gets no gradient; `scale_grad_by_freq` divides a row's by the number of its places. Raises
    IndexError for indices out of range. Differs from torch: the gradient is dense, with `sparse`, too.
    """
    for position, (name, each) in enumerate((("weight", weight), ("indices", indices)), 1):
        if not isinstance(each, Tensor):
            raise TypeError(
                f"embedding(): argument '{name}' (position {position}) must be Tensor, not {type(each).__name__}"
            )
    for position, (name, switch) in enumerate((("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)), 4):
        if not isinstance(switch, bool):
            raise TypeError(
                f"embedding(): argument '{name}' (position {position}) must be bool, not {type(switch).__name__}"
            )
    if weight._array.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, but embedding() got one of shape {shape_list(weight._array.shape)}")
    array = indices._array
    _check_indices("embedding", array)
    rows = weight._array.shape[0]
    if _outside(array, rows):
        raise IndexError(
            f"index out of range in self: embedding() expected indices from 0 to {rows - 1}, but got "
            f"{int(array.min())} to {int(array.max())}"
        )
    result: Tensor = _embedding(weight, indices, padding_idx, scale_grad_by_freq)
    return result


def embedding_renorm_(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Shortens the rows of `weight` at `indices` to the length `max_norm`, in place; shorter ones stay as they are."""
    for position, (name, each) in enumerate((("input", weight), ("indices", indices)), 1):
        if not isinstance(each, Tensor):
            raise TypeError(
                f"embedding_renorm_(): argument '{name}' (position {position}) must be Tensor, not "
                f"{type(each).__name__}"
            )
    for position, (name, number) in enumerate((("max_norm", max_norm), ("norm_type", norm_type)), 3):
        if not isinstance(number, (int, float)):
            raise TypeError(
                f"embedding_renorm_(): argument '{name}' (position {position}) must be float, not "
                f"{type(number).__name__}"
            )
    rows, array = weight._array, indices._array
    if rows.ndim != 2:
        raise RuntimeError(
            f"Expected 2-dimensional tensor, but got {rows.ndim}-dimensional tensor for argument #1 'self' (while "
            "checking arguments for embedding_renorm_)"
        )
    _check_together(weight, indices)
    _check_indices("embedding_renorm_", array)
    if _outside(array, rows.shape[0]):
        raise IndexError(
            f"index out of range: embedding_renorm_() expected indices from 0 to {rows.shape[0] - 1}, but got "
            f"{int(array.min())} to {int(array.max())}"
        )
    if rows.dtype.kind != "f" and array.size:
        name = from_numpy_dtype(rows.dtype).legacy_name
        raise RuntimeError(f"embedding_renorm_(): norm(): input dtype should be floating point. Got {name} instead.")
    xp = array_module(rows)
    used = xp.unique(array)
    picked = rows[used]
    length = xp.linalg.norm(picked, norm_type, axis=1, keepdims=True)
    too_long = length > max_norm
    rows[used] = xp.where(too_long, picked * (max_norm / (length + 1e-7)), picked).astype(rows.dtype)
    weight._written()
    return weight


# --- in bags ----------------------------------------------------------------------------------------------------------

MODES = ("sum", "mean", "max")


class Bags(NamedTuple):
    """Which bag each index belongs to, how many bags there are, and what counts: not the padding."""

    of: Array
    number: int
    kept: Array


class BagResult(NamedTuple):
    """The bags, and for the mode max the place among the indices that each element comes from, -1 for none."""

    out: Any
    places: Any


@op(outputs=BagResult, differentiable=(0,), backward="EmbeddingBagBackward0")
def _embedding_bag(
    xp: Any,
    weight: Array,
    per_sample_weights: Array | None,
    indices: Array,
    bags: Bags,
    mode: str,
    scale_grad_by_freq: bool,
) -> BagResult:
    rows = xp.take(weight, indices, axis=0)
    shape = (bags.number, weight.shape[1])
    if mode == "max":
        return _largest(xp, rows, bags, shape)
    if per_sample_weights is not None:
        rows *= per_sample_weights[:, None]
    out = _gathered(xp, rows, bags, shape)
    if mode == "mean":
        out /= _bag_sizes(xp, bags, out.dtype)
    return BagResult(out, xp.zeros(0, NP_INT64))


def _gathered(xp: Any, rows: Array, bags: Bags, shape: tuple[int, int]) -> Array:
    """The sum of the rows of each bag, in float32 where they are float16."""
    out = xp.zeros(shape, "float32" if rows.dtype.itemsize == 2 else rows.dtype)
    scatter_add_at(out, (bags.of[bags.kept], slice(None)), rows[bags.kept])
    return out.astype(rows.dtype, copy=False)


def _bag_sizes(xp: Any, bags: Bags, dtype: Any) -> Array:
    """How many indices count in each bag, at least 1, as a column."""
    return xp.maximum(xp.bincount(bags.of[bags.kept], minlength=bags.number), 1).astype(dtype)[:, None]


def _largest(xp: Any, rows: Array, bags: Bags, shape: tuple[int, int]) -> BagResult:
    """The largest of each element in each bag, the first of equals, 0 in an empty bag."""
    kept = xp.flatnonzero(bags.kept)
    own, rows = bags.of[kept], rows[kept]
    out = xp.full(shape, -math.inf, rows.dtype)
    combine_at("amax", out, (own,), rows)
    places = xp.full(shape, len(bags.of), NP_INT64)
    combine_at("amin", places, (own,), xp.where(rows == out[own], kept[:, None], len(bags.of)))
    places[places == len(bags.of)] = -1
    return BagResult(xp.where(places < 0, xp.zeros((), out.dtype), out), places)


@op
def _embedding_bag_backward(
    xp: Any,
    g: Array,
    per_sample_weights: Array | None,
    indices: Array,
    places: Array | None,
    rows: int,
    bags: Bags,
    mode: str,
) -> Array:
    """Zeros of (rows, dim), and of `g` (bags, dim) to each row what it contributed."""
    out = xp.zeros((rows, g.shape[1]), g.dtype)
    if places is not None and mode == "max":
        bag, column = xp.nonzero(places >= 0)
        scatter_add_at(out, (indices[places[bag, column]], column), g[bag, column])
        return out
    if mode == "mean":
        g = g / _bag_sizes(xp, bags, g.dtype)
    each = g[bags.of[bags.kept]]
    if per_sample_weights is not None:
        each *= per_sample_weights[bags.kept][:, None]
    scatter_add_at(out, (indices[bags.kept], slice(None)), each)
    return out


@op
def _taken(xp: Any, input: Array, indices: Array, places: Array, bags: Bags) -> Array:
    """What the mode max takes, by places that are known."""
    rows = indices[xp.maximum(places, 0)] if indices.size else places
    return (
        xp.take_along_axis(input, rows, axis=0) * (places >= 0) if indices.size else xp.zeros(places.shape, input.dtype)
    )


@op
def _sample_weights_backward(xp: Any, g: Array, weight: Array, indices: Array, bags: Bags) -> Array:
    """For each index the product of its row and the gradient of its bag."""
    out = xp.zeros(indices.shape, weight.dtype)
    kept = bags.kept
    out[kept] = (g[bags.of[kept]] * weight[indices[kept]]).sum(axis=1)
    return out


@op
def _per_count(xp: Any, g: Array, indices: Array) -> Array:
    """Each row over how often it occurs."""
    return g / _counts(xp, indices, len(g)).astype(g.dtype)


_per_count.grad(g=lambda xp, h, indices: _per_count.on(xp)(h, indices))


def _embedding_bag_weight(
    xp: Any,
    g: Any,
    per_sample_weights: Any,
    indices: Any,
    places: Any,
    weight_shape: tuple[int, ...],
    bags: Bags,
    mode: str,
    scale_grad_by_freq: bool,
) -> Any:
    back = _embedding_bag_backward.on(xp)(g, per_sample_weights, indices, places, weight_shape[0], bags, mode)
    return _per_count.on(xp)(back, indices) if scale_grad_by_freq else back


_embedding_bag.grad(
    weight=lambda xp, g, per_sample_weights, indices, places, weight_shape, bags, mode, scale_grad_by_freq: (
        _embedding_bag_weight(xp, g, per_sample_weights, indices, places, weight_shape, bags, mode, scale_grad_by_freq)
    ),
    per_sample_weights=lambda xp, g, weight, indices, bags: _sample_weights_backward.on(xp)(g, weight, indices, bags),
)
_embedding_bag_backward.grad(
    g=lambda xp, h, per_sample_weights, indices, places, bags, mode: (
        _taken.on(xp)(h, indices, places, bags)
        if mode == "max"
        else _embedding_bag.on(xp)(h, per_sample_weights, indices, bags, mode, False)[0]
    ),
    per_sample_weights=lambda xp, h, g, indices, bags: _sample_weights_backward.on(xp)(g, h, indices, bags),
)
_taken.grad(
    input=lambda xp, h, indices, places, input_shape, bags: _embedding_bag_backward.on(xp)(
        h, None, indices, places, input_shape[0], bags, "max"
    )
)
_sample_weights_backward.grad(
    g=lambda xp, h, weight, indices, bags: _embedding_bag.on(xp)(weight, h, indices, bags, "sum", False)[0],
    weight=lambda xp, h, g, indices, weight_shape, bags: _embedding_bag_backward.on(xp)(
        g, h, indices, None, weight_shape[0], bags, "sum"
    ),
)


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The sums (mode 0), means (1) or maxima (2) of the rows of `weight` at the indices of each bag.

    A bag starts at each of `offsets`. Beside the bags come the bag of each index, the size of each bag, and the
    indices that the maxima come from. Raises RuntimeError for indices or offsets out of range. Differs from torch: with
    `scale_grad_by_freq` each row's gradient is divided by how often that row occurs; torch takes another row's count.
    """
    table, array, starts = weight._array, indices._array, offsets._array
    xp = array_module(table)
    _check_together(weight, indices, offsets)
    _check_indices("embedding_bag", array)
    _check_indices("embedding_bag", starts)
    if table.dtype.kind != "f":
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {legacy_type(table)} instead (while checking arguments for embedding_bag)"
        )
    if include_last_offset and not starts.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    _check_offsets(starts, len(array))
    rows = len(table)
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, but got "
                f"{padding_idx}"
            )
        padding_idx %= rows
    if per_sample_weights is not None and per_sample_weights._array.dtype != table.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {legacy_type(table)} does not equal "
            f"{legacy_type(per_sample_weights._array)} (while checking arguments for embedding_bag)"
        )
    if _outside(array, rows):
        place = int(xp.argmax((array < 0) | (array >= rows)))
        raise RuntimeError(
            f"Index {place} of input takes value {int(array[place])} which is not in the valid range [0, {rows})"
        )
    of = xp.searchsorted(starts, xp.arange(len(array)), side="right") - 1
    if include_last_offset:
        starts = starts[:-1]
    kept = (of >= 0) & (of < len(starts))
    if padding_idx is not None:
        kept &= array != padding_idx
    bags = Bags(of, len(starts), kept)
    result: Any = _embedding_bag(weight, per_sample_weights, indices, bags, MODES[mode], scale_grad_by_freq)
    sizes = xp.bincount(of[kept], minlength=len(starts)) if len(starts) else xp.zeros(0, NP_INT64)
    return result[0], wrap(of.astype(array.dtype)), wrap(sizes.astype(array.dtype)), result[1]


def _check_offsets(starts: Array, length: int) -> None:
    if starts.size and int(starts[0]) != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {int(starts[0])}"
        )
    if starts.size and int(starts[-1]) > length:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {int(starts[-1])}"
        )
