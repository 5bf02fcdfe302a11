"""Fractional max pooling (Graham, 2014): maxima of windows whose distances are random, but cover the image evenly."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

from minitorch.autograd.op import op
from minitorch.backend import Array, contiguous_strides
from minitorch.errors import shape_list
from minitorch.ops import shape as shapes
from minitorch.ops._operands import not_implemented
from minitorch.ops._windows import Shape, integers
from minitorch.ops.unpool import add_at
from minitorch.tensor import Tensor


class _Pooled(NamedTuple):
    """The maxima, and where in each flattened image they are."""

    out: Any
    indices: Any


def _starts(xp: Any, samples: Array, size: int, kernel: int, count: int) -> Array:
    """Where each of `count` windows begins (images, count): the last at the end, the others at rounded multiples."""
    steps = xp.arange(count - 1).astype(samples.dtype)
    distance = (size - kernel) / max(count - 1, 1)
    samples = samples[:, None]
    rounded = ((steps + samples) * distance).astype("int64") - (samples * distance).astype("int64")
    return xp.concatenate([rounded, xp.full(samples.shape, size - kernel)], 1)[:, :count]


@op(
    outputs=_Pooled,
    differentiable=(0,),
    backward=lambda input, samples, kernel, size: f"FractionalMaxPool{len(size)}DBackward0",
)
def _fractional_max_pool(xp: Any, input: Array, samples: Array, kernel: Shape, size: Shape) -> Any:
    """Of samples (images, spatial) one for each dimension, each image having its own windows; the first of equals."""
    spatial = len(size)
    sides = input.shape[-spatial:]
    flat = input.reshape(math.prod(input.shape[:-spatial]), math.prod(sides))
    starts = xp.zeros((1,) * (1 + spatial), "int64")
    for dim, step in enumerate(contiguous_strides(sides)):
        own = _starts(xp, samples[:, dim], sides[dim], kernel[dim], size[dim]) * step
        starts = starts + own.reshape(len(flat), *(size[dim] if k == dim else 1 for k in range(spatial)))
    starts = starts.reshape(len(flat), math.prod(size))
    out = xp.full(starts.shape, -math.inf, input.dtype)
    indices = starts
    for tap in itertools.product(*map(range, kernel)):
        places = starts + sum(at * step for at, step in zip(tap, contiguous_strides(sides), strict=True))
        values = xp.take_along_axis(flat, places, 1)
        better = (values > out) | xp.isnan(values)
        out = xp.where(better, values, out)
        indices = xp.where(better, places, indices)
    shape = (*input.shape[:-spatial], *size)
    return out.reshape(shape), indices.reshape(shape)


_fractional_max_pool.grad(
    input=lambda xp, g, indices, input_shape, size: add_at.on(xp)(g, indices, input_shape, len(size))
)


_SIDES = {2: ("height", "width"), 3: ("time", "height", "width")}


def fractional_max_pool(
    input: Tensor, kernel_size: int | Shape, output_size: int | Shape, samples: Tensor, spatial: int
) -> tuple[Tensor, Tensor]:
    """The maxima and their indices of (N, C, ...) or (C, ...); `samples` (N, C, spatial) say where the windows lie."""
    name = f"fractional_max_pool{spatial}d"
    kernel, size = _per_dim(name, spatial, kernel_size=kernel_size), _per_dim(name, spatial, output_size=output_size)
    shape = input._array.shape
    if len(shape) not in (spatial + 1, spatial + 2):
        raise RuntimeError(f"{name}(): Expected {spatial + 1}D or {spatial + 2}D tensor, but got: {shape_list(shape)}")
    for dim in range(len(shape) - spatial - 1, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got"
                f"{shape_list(shape)} with dimension {dim} being empty."
            )
    where = name if spatial == 2 else f"{name}_out"
    for side, own, window, count in zip(_SIDES[spatial], shape[-spatial:], kernel, size, strict=True):
        if count + window - 1 > own - (spatial - 2):  # in volumes the last window is one that moved
            raise RuntimeError(f"{where}(): pool {side} {window} too large relative to input {side} {own}")
    batch, channels = (shape[0] if len(shape) > spatial + 1 else 1), shape[-spatial - 1]
    _check_samples(samples, input, batch, channels, spatial)
    not_implemented(f"{name}_out_frame", input._array, kinds="biu")
    order = (1, 0) if spatial == 2 else (0, 1, 2)  # torch's images take the sample of their width first
    rows = shapes.reshape(samples.detach()[:batch], (batch * channels, spatial))[:, list(order)]
    pooled: Any = _fractional_max_pool(input, rows, kernel, size)
    return pooled.out, pooled.indices


def _per_dim(name: str, spatial: int, **given: Any) -> Shape:
    ((argument, value),) = given.items()
    numbers = integers(name, argument, value)
    if len(numbers) not in (1, spatial):
        raise RuntimeError(f"{name}: {argument} must either be a single Int or tuple of Ints, {spatial} of them")
    return numbers if len(numbers) == spatial else numbers * spatial


def _check_samples(samples: Tensor, input: Tensor, batch: int, channels: int, spatial: int) -> None:
    """Raises torch's errors unless there is a sample for each image and dimension."""
    if samples.dtype is not input.dtype:
        raise RuntimeError(
            f"Expect _random_samples to have the same dtype as input: {input.dtype}, but they are of {samples.dtype}"
        )
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    if samples.shape[0] < batch:
        raise RuntimeError(
            f"Expect _random_samples.size(0) no less then input batch size. It is {samples.shape[0]}, not {batch}."
        )
    if samples.shape[1] != channels:
        raise RuntimeError(
            f"Expect _random_samples.size(1) equals to input channel size. It is {samples.shape[1]}, not {channels}."
        )
    if samples.shape[2] != spatial:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {spatial}; got {samples.shape[2]}.")
