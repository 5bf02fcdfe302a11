"""Views by strides: the windows along a dimension, and any sizes and steps in memory."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array, add_at, storage_of
from minitorch.errors import NotSupportedError, shape_list, wrap_dim
from minitorch.ops._arguments import ints
from minitorch.ops.shape import contiguous
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


@op(view=True)
def unfold(xp: Any, input: Array, dimension: int, size: int, step: int) -> Array:
    """All windows of `size` places along `dimension`, `step` apart: the places of a window are a new last dimension."""
    dim = wrap_dim(dimension, input.ndim)
    array = input if input.ndim else input.reshape(1)
    length, stride = array.shape[dim], array.strides[dim]
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    shape = [*array.shape, size]
    strides = [*array.strides, stride]
    shape[dim], strides[dim] = (length - size) // step + 1, stride * step
    if not input.ndim:
        shape, strides = shape[1:], strides[1:]
    return xp.lib.stride_tricks.as_strided(array, shape, strides)


@op
def _unfold_backward(xp: Any, g: Array, shape: Shape, dimension: int, size: int, step: int) -> Array:
    """The adjoint of `unfold`: every window's gradient added to the places it was taken from."""
    result = xp.zeros(shape or (1,), g.dtype)
    if not shape:
        return (result[:size] + g).reshape(()) if size else result.reshape(())
    dim = wrap_dim(dimension, len(shape))
    before, count = (slice(None),) * dim, g.shape[dim]
    # Windows overlap, but the k-th places of all windows do not.
    for k in range(size):
        result[(*before, slice(k, k + step * (count - 1) + 1, step))] += g[..., k]
    return result


unfold.grad(
    input=lambda xp, g, input_shape, dimension, size, step: _unfold_backward.on(xp)(
        g, input_shape, dimension, size, step
    )
)
_unfold_backward.grad(g=lambda xp, g, dimension, size, step: unfold.on(xp)(g, dimension, size, step))


def _strided(xp: Any, row: Array, size: Shape, stride: Shape, first: int) -> Array:
    """Elements of a contiguous row, the first of them at `first`; raises torch's error for what lies outside."""
    last = first + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) and not 0 <= first <= last < row.size:
        raise RuntimeError(
            f"setStorage: sizes {shape_list(size)}, strides {shape_list(stride)}, storage offset {first}, and itemsize "
            f"{row.itemsize} requiring a storage size of {(last + 1) * row.itemsize} are out of bounds for storage of "
            f"size {row.nbytes}"
        )
    return xp.lib.stride_tricks.as_strided(row[first:], size, [step * row.itemsize for step in stride])


@op(view=True)
def _as_strided(xp: Any, input: Array, size: Shape, stride: Shape, start: int) -> Array:
    row, own = storage_of(input)
    return _strided(xp, row, size, stride, own + start)


@op
def _as_strided_backward(xp: Any, g: Array, shape: Shape, size: Shape, stride: Shape, start: int) -> Array:
    """The adjoint, for an `input` that lies row by row: each place's gradients added up."""
    result = xp.zeros(math.prod(shape), g.dtype)
    add_at(result, _strided(xp, xp.arange(result.size), size, stride, start).ravel(), g.ravel())
    return result.reshape(shape)


_as_strided.grad(
    input=lambda xp, g, input_shape, size, stride, start: _as_strided_backward.on(xp)(
        g, input_shape, size, stride, start
    )
)
_as_strided_backward.grad(
    g=lambda xp, g, size, stride, start: _as_strided.on(xp)(
        contiguous(g) if g.__class__ is Tensor else g, size, stride, start
    )
)


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view of the memory that `input` lies in, by sizes and steps in elements; it starts where `input` does.

    `storage_offset` gives another start, counted from that of the memory.

    Differs from torch: a tensor that requires grad has to be contiguous, and to hold all of the view.
    """
    sizes, steps = ints("as_strided", "size", (size,)), ints("as_strided", "stride", (stride,))
    if len(sizes) != len(steps):
        raise RuntimeError("mismatch in length of strides and shape")
    if min(steps, default=0) < 0:
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {shape_list(steps)}"
        )
    if input.requires_grad and not input._array.flags.c_contiguous:
        raise NotSupportedError(
            "as_strided of a tensor that requires grad and is not contiguous: call contiguous() first"
        )
    start = 0 if storage_offset is None else storage_offset - storage_of(input._array)[1]
    return _as_strided(input, sizes, steps, start)
