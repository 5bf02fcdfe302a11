"""The operations at places that index arrays and masks say: all functions that index come down to them.

Two are each other's adjoint: `_pick` takes the elements there, `_put` writes or adds there. Their `places` are an index
as NumPy takes it, of slices and arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch.autograd.modes import modes
from minitorch.autograd.op import op
from minitorch.backend import Array, Operand, combine_at, is_array, is_numpy, scatter_add_at
from minitorch.devices import is_lenient
from minitorch.dtypes import NP_INT64
from minitorch.ops.shape import _contiguous, reshape
from minitorch.tensor import Tensor

Shape = tuple[int, ...]
ALL = slice(None)


class Places(NamedTuple):
    """Where to read or write: an index as NumPy takes it, and whether no place can occur twice."""

    key: tuple[Any, ...]
    once: bool = False


# --- taking and writing -----------------------------------------------------------------------------------------------


def _check_together(xp: Any, places: Places) -> None:
    """Raises what the engine makes torch's error of, for indices on the CPU: CuPy would take them along."""
    if not is_numpy(xp) and not is_lenient() and any(isinstance(each, np.ndarray) for each in places.key):
        raise TypeError("indices on the CPU, for an array on the GPU")


@op(backward=lambda input, places, name: name)
def _pick(xp: Any, input: Array, places: Places, name: str) -> Array:
    """The elements of `input` at `places`."""
    _check_together(xp, places)
    key = places.key
    # Twice as fast as an index; but what does not lie row by row, take copies whole.
    if not places.once and input.flags.c_contiguous and not any(map(is_array, key[:-1])):
        return xp.take(input, key[-1], axis=len(key) - 1)
    picked = input[key]
    return xp.ascontiguousarray(picked) if picked.ndim else picked


@op(backward=lambda input, values, places, accumulate, name: name)
def _put(xp: Any, input: Array, values: Operand, places: Places, accumulate: bool, name: str) -> Array:
    """A copy of `input` with `values` written, or added, at `places`."""
    _check_together(xp, places)
    result = xp.array(input, order="C", copy=True)
    _write_at(result, places, values, accumulate)
    return result


@op
def _pick_backward(xp: Any, g: Array, places: Places, shape: Shape) -> Array:
    """Zeros, and `g` added at `places`."""
    result = xp.zeros(shape, g.dtype)
    _write_at(result, places, g, not places.once)
    return result


def _write_at(target: Array, places: Places, values: Operand, accumulate: bool) -> None:
    if accumulate and not places.once:
        scatter_add_at(target, places.key, values)
    elif accumulate:
        target[places.key] += values
    else:
        target[places.key] = values


_pick.grad(input=lambda xp, g, places, input_shape: _pick_backward.on(xp)(g, places, input_shape))
_pick_backward.grad(g=lambda xp, g, places: _pick.on(xp)(g, places, "IndexBackward0"))
_put.grad(
    input=lambda xp, g, places, accumulate: g if accumulate else _put.on(xp)(g, 0, places, False, "IndexPutBackward0"),
    values=lambda xp, g, places: _pick.on(xp)(g, places, "IndexBackward0"),
)


# --- products and extremes --------------------------------------------------------------------------------------------


@op
def _scatter_reduce(xp: Any, input: Array, src: Array, places: Places, reduce: str, include_self: bool) -> Array:
    """Products or extremes of what `src` brings to each place, and of `input` there if `include_self`."""
    _check_together(xp, places)
    result = xp.array(input, order="C", copy=True)
    if not include_self:
        result[places.key] = _neutral(xp, reduce, result.dtype)
    combine_at(reduce, result, places.key, src)
    return result


def _neutral(xp: Any, reduce: str, dtype: Any) -> Any:
    """What changes nothing: 1 in a product, the least number in a maximum."""
    if reduce == "prod" or dtype.kind == "b":
        return reduce != "amax"
    if dtype.kind == "f":
        return -xp.inf if reduce == "amax" else xp.inf
    return xp.iinfo(dtype).min if reduce == "amax" else xp.iinfo(dtype).max


@op
def _sharers(xp: Any, input: Array, src: Array, out: Array, places: Places) -> Array:
    """How many elements are the extreme of each place: they share its gradient evenly."""
    count = (input == out).astype(out.dtype)
    scatter_add_at(count, places.key, (src == out[places.key]).astype(out.dtype))
    return count


@op
def _no_other_zero(xp: Any, input: Array, src: Array, places: Places) -> Array:
    """For each element of `src`: whether no other one at its place is 0."""
    zeros = xp.zeros(input.shape, NP_INT64)
    scatter_add_at(zeros, places.key, (src == 0).astype(NP_INT64))
    return zeros[places.key] == (src == 0)


@op
def _ones_like(xp: Any, input: Array) -> Array:
    return xp.ones(input.shape, input.dtype)


def _reduce_to_input(
    xp: Any, g: Any, input: Any, src: Any, out: Any, places: Places, reduce: str, include_self: bool
) -> Any:
    if reduce == "prod":
        g = g * _scatter_reduce.on(xp)(_ones_like.on(xp)(input), src, places, "prod", True)
    else:
        g = g / _sharers.on(xp)(input, src, out, places) * (input == out)
    return g if include_self else _put.on(xp)(g, 0, places, False, "IndexPutBackward0")


def _reduce_to_src(
    xp: Any, g: Any, input: Any, src: Any, out: Any, places: Places, reduce: str, include_self: bool
) -> Any:
    at = _pick.on(xp)
    if reduce == "prod":
        # A zero is left out of the product, which is then that of the others.
        others = _masked_fill.on(xp)(src, src == 0, 1)
        product = _scatter_reduce.on(xp)(input, others, places, "prod", include_self)
        return at(g * product, places, "IndexBackward0") / others * _no_other_zero.on(xp)(input, src, places)
    share = g / _sharers.on(xp)(input, src, out, places)
    return at(share, places, "IndexBackward0") * (src == at(out, places, "IndexBackward0"))


_scatter_reduce.grad(input=_reduce_to_input, src=_reduce_to_src)


# --- masks ------------------------------------------------------------------------------------------------------------


@op(backward=lambda input, mask, value: 1 if is_array(value) else 0, ordered=True)
def _masked_fill(xp: Any, input: Array, mask: Array, value: Operand) -> Array:
    return xp.where(mask, xp.asarray(value, dtype=input.dtype), input)


_masked_fill.grad(
    input=lambda xp, g, mask: _masked_fill.on(xp)(g, mask, 0),
    value=lambda xp, g, mask: _masked_fill.on(xp)(g, ~mask, 0),
)


# --- what the functions share -----------------------------------------------------------------------------------------


def out_of_bounds(index: int, dim: int, size: int) -> IndexError:
    return IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")


def check_bounds(index: Array, size: int, low: int, error: Callable[[int], Exception]) -> None:
    """Raises `error(bad)` unless all of `index` lie between `low` and `size`."""
    if index.size:
        if (bad := int(index.max())) >= size or (bad := int(index.min())) < low:
            raise error(bad)


def kept(places: Places, *tensors: Any) -> Places:
    """Places that stay as they are until backward: a copy when this is recorded, as the user may change an index."""
    if not (modes.grad and any(isinstance(each, Tensor) and each._current_node() is not None for each in tensors)):
        return places
    return Places(tuple(each.copy() if is_array(each) else each for each in places.key), places.once)


def check_integers(index: Tensor, message: str, kinds: Sequence[str] = ("int64", "int32")) -> Array:
    """The index array; raises `message`, with its dtype filled in, when that is none of `kinds`."""
    if index._array.dtype.name not in kinds:
        raise RuntimeError(message.format(index.dtype.legacy_name))
    return index._array


def one_dim(input: Tensor) -> Tensor:
    """With one dimension at least: a copy, as an in-place write to the 0-d tensor must not reach what was saved."""
    return input if input._array.ndim else reshape(_contiguous(input), 1)


def shaped(result: Tensor, shape: Shape) -> Tensor:
    return result if result._array.shape == shape else reshape(result, shape)
