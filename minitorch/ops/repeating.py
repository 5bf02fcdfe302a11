"""Repeating along dimensions: in a view, which is broadcasting, or as copies laid end to end."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.errors import broadcast_error, shape_list
from minitorch.ops import copies
from minitorch.ops._arguments import check_tensor, in_a_tuple, ints, tensor_list
from minitorch.ops._reducing import accumulated
from minitorch.sizes import Size
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


# --- broadcasting -----------------------------------------------------------------------------------------------------


@op
def _sum_to(xp: Any, input: Array, shape: Shape) -> Array:
    """The adjoint of `expand`: the sum over the dimensions along which `shape` was repeated."""
    extra = input.ndim - len(shape)
    axes = tuple(k for k in range(input.ndim) if k < extra or (shape[k - extra] == 1 and input.shape[k] != 1))
    return accumulated(input.sum, input.dtype, from_numpy_dtype(input.dtype), axis=axes).reshape(shape)


_sum_to.grad(
    input=lambda xp, g, input_shape: xp.broadcast_to(
        g.reshape((1,) * (len(input_shape) - g.ndim) + tuple(g.shape)), input_shape
    )
)


def sum_to_size(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """The sum over the dimensions along which a tensor of the given size would be repeated to give `input`'s."""
    shape = ints("sum_to_size", "size", sizes, size)
    own = input._array.shape
    aligned = zip(reversed(shape), reversed(own), strict=False)
    if len(shape) > len(own) or any(to not in (1, from_) for to, from_ in aligned):
        raise RuntimeError(f"size {{{shape_list(shape)}}} is not expandable to size {{{shape_list(own)}}}.")
    if shape == own != ():
        return input
    return _sum_to(copies.cast(input, NP_INT64) if input._array.dtype.kind in "biu" else input, shape)


@op(view=True)
def _expand(xp: Any, input: Array, shape: Shape) -> Array:
    # NumPy makes what it repeats read-only; new dimensions of size 1 repeat nothing.
    return input.reshape(shape) if math.prod(shape) == input.size else xp.broadcast_to(input, shape)


_expand.grad(input=lambda xp, g: g)


def expand(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """`input` repeated along its dimensions of size 1 and along new ones in front, without a copy; -1 keeps a size."""
    target = ints("expand", "size", sizes, size)
    own = input._array.shape
    extra = len(target) - len(own)
    if extra < 0:
        kind = f"torch.{input.dtype.legacy_name}Tensor"
        raise RuntimeError(
            f"expand({kind}{{{shape_list(own)}}}, size={shape_list(target)}): the number of sizes provided "
            f"({len(target)}) must be greater or equal to the number of dimensions in the tensor ({len(own)})"
        )
    shape = list(target)
    for k in reversed(range(len(target))):
        if k < extra:
            if target[k] < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({target[k]}) isn't allowed in a leading, non-existing "
                    f"dimension {k}"
                )
        elif target[k] == -1:
            shape[k] = own[k - extra]
        elif own[k - extra] not in (1, target[k]) or target[k] < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({target[k]}) must match the existing size ({own[k - extra]}) at "
                f"non-singleton dimension {k}.  Target sizes: {shape_list(target)}.  Tensor sizes: {shape_list(own)}"
            )
    return _expand(input, tuple(shape))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` repeated to the shape of `other`, without a copy."""
    check_tensor("expand_as", "other", 1, other)
    return expand(input, other._array.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """As expand."""
    return expand(input, size)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of the given shapes broadcast to; a number is a shape of one dimension."""
    given = [(each,) if isinstance(each, int) else tuple(each) for each in shapes]
    result = [1] * max(map(len, given), default=0)
    for number, shape in enumerate(given):
        for k in range(-1, -1 - len(shape), -1):
            if shape[k] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[k] not in (1, result[k]):
                if result[k] != 1:
                    raise RuntimeError(
                        f"Attempting to broadcast a dimension of length {shape[k]} at {k}! Mismatching argument at "
                        f"index {number} had {shape}; but expected shape should be broadcastable to {result}"
                    )
                result[k] = shape[k]
    return Size(result)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""
    given = tensor_list("broadcast_tensors", tensors)
    shapes = [each._array.shape for each in given]
    try:
        common = broadcast_shapes(*shapes)
    except RuntimeError:
        raise broadcast_error(shapes) from None
    return tuple(_expand(each, tuple(common)) for each in given)


# --- copies -----------------------------------------------------------------------------------------------------------


@op(ordered=True)
def _repeat(xp: Any, input: Array, repeats: Shape) -> Array:
    return xp.tile(input, repeats)


def _sum_copies(xp: Any, g: Any, input_shape: Shape, repeats: Shape) -> Any:
    """Every dimension as (copy, position), summed over the copies."""
    own = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    pairs = [size for pair in zip(repeats, own, strict=True) for size in pair]
    summed = xp.sum(g.reshape(tuple(pairs)), axis=tuple(range(0, len(pairs), 2)))
    return summed.reshape(input_shape)


_repeat.grad(input=_sum_copies)


def repeat(input: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """Copies of `input` laid end to end, so many along each dimension; numbers beyond its own add some in front."""
    times = ints("repeat", "repeats", sizes, repeats)
    own = input._array.shape
    if len(times) < len(own):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if min(times, default=0) < 0:
        shape = [a * b for a, b in zip(times, (1,) * (len(times) - len(own)) + own, strict=True)]
        bad = next(size for size, time in zip(shape, times, strict=True) if time < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {shape_list(shape)}")
    return _repeat(input, times)


def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """As repeat; with fewer numbers than dimensions the first dimensions are not repeated."""
    times = ints("tile", "dims", sizes, dims)
    return repeat(input, (1,) * (input._array.ndim - len(times)) + times)


# --- functions that are stricter than the methods of the same name ----------------------------------------------------

tile_function = in_a_tuple(tile, "dims")
