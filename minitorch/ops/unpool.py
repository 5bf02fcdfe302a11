"""Unpooling: values put back to where in each flattened image a max pool found them."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array, add_along_axis
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import shape_list
from minitorch.ops._windows import Shape
from minitorch.tensor import Tensor


@op(backward="AdaptiveMaxPoolBackwardBackward0")
def add_at(xp: Any, g: Array, indices: Array, shape: Shape, spatial: int) -> Array:
    """Zeros of `shape`, with `g` added at the indices into its flattened images."""
    images, length = math.prod(shape[: len(shape) - spatial]), math.prod(shape[len(shape) - spatial :])
    if not g.size:
        return xp.zeros(shape, g.dtype)
    return add_along_axis(g.reshape(images, -1), indices.reshape(images, -1), (images, length), 1).reshape(shape)


@op(backward="MaxUnpoolBackwardBackward0")
def _take_at(xp: Any, input: Array, indices: Array, spatial: int) -> Array:
    """The elements of `input` at the indices into its flattened images."""
    images = math.prod(input.shape[: input.ndim - spatial])
    if not indices.size:
        return xp.zeros(indices.shape, input.dtype)
    flat = xp.take_along_axis(input.reshape(images, -1), indices.reshape(images, -1), 1)
    return flat.reshape(indices.shape)


@op(backward=lambda input, indices, size: f"MaxUnpool{len(size)}DBackward0")
def _max_unpool(xp: Any, input: Array, indices: Array, size: Shape) -> Array:
    shape = (*input.shape[: input.ndim - len(size)], *size)
    images, length = math.prod(shape[: len(shape) - len(size)]), math.prod(size)
    out = xp.zeros(images * length, input.dtype)
    if input.size:
        if bool(((indices < 0) | (indices >= length)).any()):
            wrong = int(indices[(indices < 0) | (indices >= length)].reshape(-1)[0])
            raise RuntimeError(
                f"Found an invalid max index: {wrong} (output volumes are of size {'x'.join(map(str, size))})"
            )
        out[(indices.reshape(images, -1) + xp.arange(images)[:, None] * length).reshape(-1)] = input.reshape(-1)
    return out.reshape(shape)


add_at.grad(g=lambda xp, g, indices, spatial: _take_at.on(xp)(g, indices, spatial))
_take_at.grad(input=lambda xp, g, indices, input_shape, spatial: add_at.on(xp)(g, indices, input_shape, spatial))
_max_unpool.grad(input=lambda xp, g, indices, size: _take_at.on(xp)(g, indices, len(size)))


def max_unpool(name: str, input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    """Zeros of `size` with the elements of `input` at the indices that a max pool gave; `name` is the function's."""
    if indices._array.dtype.name != "int64":
        kind = from_numpy_dtype(indices._array.dtype).legacy_name
        raise RuntimeError(f"{name}(): elements in indices should be type int64 but got: {kind}")
    if input.ndim not in (len(size) + 1, len(size) + 2):
        raise RuntimeError(
            f"Input to {name} should be a {len(size) + 1}d or {len(size) + 2}d Tensor, but got a tensor with "
            f"{input.ndim} dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"{name}(): Expected shape of indices to be same as that of the input tensor ({shape_list(input.shape)}) "
            f"but got indices tensor with shape: {shape_list(indices.shape)}"
        )
    result: Tensor = _max_unpool(input, indices, size)
    return result
