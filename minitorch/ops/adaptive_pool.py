"""Adaptive pooling: the mean or the maximum of so many windows, which cover the input evenly.

On a GPU each result gathers its window in one kernel; the formulas beside those say what they compute.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import NP_FLOAT16, from_numpy_dtype
from minitorch.errors import shape_list
from minitorch.ops._gather import (
    AT_ELEMENT,
    AT_POSITION,
    ELEMENT,
    POSITION,
    Covering,
    each_covered,
    each_covering,
    gather,
    gathers,
)
from minitorch.ops._windows import Shape, integers
from minitorch.ops.unpool import add_at
from minitorch.tensor import Tensor


def _cuts(length: int, n: int) -> list[tuple[int, int]]:
    """Where the n windows that cover a dimension evenly start and end."""
    return [(k * length // n, -(-(k + 1) * length // n)) for k in range(n)]


def _window_indices(xp: Any, length: int, n: int) -> tuple[Array, Array]:
    """The elements of each window (n, longest), the last one repeated where it is shorter; and which are its own."""
    cuts = _cuts(length, n)
    longest = max((end - start for start, end in cuts), default=1)
    steps = xp.arange(longest)
    starts = xp.asarray([start for start, _ in cuts], dtype=int)[:, None]
    ends = xp.asarray([end for _, end in cuts], dtype=int)[:, None]
    return xp.minimum(starts + steps, ends - 1), starts + steps < ends


@op(backward=lambda input, size: f"AdaptiveAvgPool{len(size)}DBackward0")
def _adaptive_avg_pool(xp: Any, input: Array, size: Shape) -> Array:
    if not gathers(xp):
        return _even_means(xp, input, size)
    out = xp.empty((*input.shape[: -len(size)], *size), input.dtype)
    _cover_means(xp, Covering(input.shape[-len(size) :], size), input, out)
    return out


def _even_means(xp: Any, input: Array, size: Shape) -> Array:
    """Dimension by dimension."""
    out = input.astype(xp.float32) if input.dtype is NP_FLOAT16 else input
    for dim, n in enumerate(size, input.ndim - len(size)):
        length = out.shape[dim]
        lead, rest = out.shape[:dim], out.shape[dim + 1 :]
        if n and length % n == 0:
            out = out.reshape(*lead, n, length // n, *rest).mean(axis=dim + 1)
            continue
        indices, own = _window_indices(xp, length, n)
        own = own.reshape(*own.shape, *(1 for _ in rest))
        windows = xp.take(out, indices.reshape(-1), axis=dim).reshape(*lead, *indices.shape, *rest)
        out = xp.where(own, windows, 0).sum(axis=dim + 1) / own.sum(axis=1).astype(out.dtype)
    return out.astype(input.dtype, copy=False)


@gather(
    Covering,
    "raw T input",
    "T out",
    f"{AT_POSITION} real sum = 0; int count = 0;"
    + each_covered(f"sum += input[image * points + {ELEMENT}]; count++;")
    + "out = sum / (real)count;",
)
def _cover_means(xp: Any, covering: Covering, input: Array, out: Array) -> None:
    """The mean of each window."""
    out[...] = _even_means(xp, input, covering.positions)


@op(backward=lambda g, shape, spatial: f"AdaptiveAvgPool{spatial}DBackwardBackward0")
def _adaptive_avg_pool_backward(xp: Any, g: Array, shape: Shape, spatial: int) -> Array:
    if not gathers(xp):
        return _even_parts(xp, g, shape, spatial)
    out = xp.empty(shape, g.dtype)
    _cover_parts(xp, Covering(shape[-spatial:], g.shape[-spatial:]), g, out)
    return out


def _even_parts(xp: Any, g: Array, shape: Shape, spatial: int) -> Array:
    """Dimension by dimension."""
    out = g
    for dim in range(g.ndim - spatial, g.ndim):
        length, n = shape[dim], g.shape[dim]
        if n and length % n == 0:
            out = xp.repeat(out, length // n, axis=dim) / (length // n)
            continue
        cuts = _cuts(length, n)
        starts, ends = (xp.asarray([cut[k] for cut in cuts], dtype=int).reshape(-1, 1) for k in (0, 1))
        places = xp.arange(length)
        shares = ((places >= starts) & (places < ends)) / (ends - starts)
        out = xp.moveaxis(xp.matmul(xp.moveaxis(out, dim, -1), shares.astype(g.dtype)), -1, dim)
    return out


_COVERED = "ptrdiff_t count = 1;" + "".join(
    f"count *= ((ptrdiff_t)(b{k} + 1) * n{k} + m{k} - 1) / m{k} - (ptrdiff_t)b{k} * n{k} / m{k};" for k in range(3)
)
"""Text that makes `count` the number of elements in the window at the position (b0, b1, b2)."""


@gather(
    Covering,
    "raw T g",
    "T out",
    f"{AT_ELEMENT} real sum = 0;"
    + each_covering(f"""
    {_COVERED}
    sum += g[image * places + {POSITION}] / (real)count;
    """)
    + "out = sum;",
)
def _cover_parts(xp: Any, covering: Covering, g: Array, out: Array) -> None:
    """Each gradient in equal parts for the elements of its window."""
    out[...] = _even_parts(xp, g, out.shape, len(covering.image))


_adaptive_avg_pool.grad(
    input=lambda xp, g, input_shape, size: _adaptive_avg_pool_backward.on(xp)(g, input_shape, len(size))
)
_adaptive_avg_pool_backward.grad(
    g=lambda xp, g, g_shape, spatial: _adaptive_avg_pool.on(xp)(g, g_shape[len(g_shape) - spatial :])
)


class MaximaAndIndices(NamedTuple):
    """The maxima, and where in its flattened image each lies."""

    out: Any
    indices: Any


@op(
    outputs=MaximaAndIndices,
    differentiable=(0,),
    backward=lambda input, size: f"AdaptiveMaxPool{len(size)}DBackward0",
)
def _adaptive_max_pool(xp: Any, input: Array, size: Shape) -> Any:
    if not gathers(xp):
        return _even_maxima(xp, input, size)
    shape = (*input.shape[: -len(size)], *size)
    out, indices = xp.empty(shape, input.dtype), xp.empty(shape, xp.int64)
    _cover_maxima(xp, Covering(input.shape[-len(size) :], size), input, out, indices)
    return out, indices


def _even_maxima(xp: Any, input: Array, size: Shape) -> tuple[Array, Array]:
    """The maxima and their indices, from all windows side by side."""
    spatial, first = len(size), input.ndim - len(size)
    shape = input.shape[first:]
    key: list[Any] = [...]
    places: Any = xp.zeros((), int)
    for k, (length, n) in enumerate(zip(shape, size, strict=True)):
        indices, _ = _window_indices(xp, length, n)
        # Windows first, then the elements of a window: (n1, n2, longest1, longest2).
        around = [1] * (2 * spatial)
        around[k], around[spatial + k] = indices.shape
        key.append(indices.reshape(around))
        places = places * length + key[-1]
    taps = math.prod(places.shape[spatial:])
    windows = input[tuple(key)].reshape(*input.shape[:first], *size, taps)
    places = xp.broadcast_to(places.reshape(*size, taps), windows.shape)
    if not windows.size:
        return xp.zeros(windows.shape[:-1], input.dtype), xp.zeros(windows.shape[:-1], int)
    best = windows.argmax(axis=-1)[..., None]
    return xp.take_along_axis(windows, best, -1)[..., 0], xp.take_along_axis(places, best, -1)[..., 0]


@gather(
    Covering,
    "raw T input",
    "T out, int64 indices",
    f"{AT_POSITION} T best(0); ptrdiff_t mark = -1;"
    + each_covered(f"""
    T value = input[image * points + {ELEMENT}];
    if (mark < 0 || value > best || (value != value && best == best)) {{
        best = value;
        mark = {ELEMENT};
    }}
    """)
    + "out = best; indices = mark;",
)
def _cover_maxima(xp: Any, covering: Covering, input: Array, out: Array, indices: Array) -> None:
    """The maximum of each window and where it is; the first of equals, and of nans."""
    out[...], indices[...] = _even_maxima(xp, input, covering.positions)


_adaptive_max_pool.grad(
    input=lambda xp, g, indices, input_shape, size: add_at.on(xp)(g, indices, input_shape, len(size))
)


# --- functions --------------------------------------------------------------------------------------------------------


def _adaptive(name: str, spatial: int, input: Any, output_size: Any) -> Shape:
    """The output size, everything checked; None keeps the input's."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    shape = input._array.shape
    if isinstance(output_size, (tuple, list)) and len(shape) <= len(output_size):
        raise ValueError(f"{name}(): Input dimension should be at least {len(output_size) + 1}, got {len(shape)}")
    if len(shape) not in (spatial + 1, spatial + 2):
        raise RuntimeError(f"{name}(): Expected {spatial + 1}D or {spatial + 2}D tensor, but got {shape_list(shape)}")
    given = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * spatial
    if len(given) != spatial:
        raise RuntimeError(f"{name}: output_size must be {spatial}, got {len(given)} numbers")
    own = zip(given, shape[-spatial:], strict=True)
    size = integers(name, "output_size", [side if each is None else each for each, side in own])
    if min(size) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {shape_list(size)}"
        )
    for dim in range(len(shape) - spatial, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{shape_list(shape)} with dimension {dim} being empty"
            )
    if input._array.dtype.kind != "f":
        kind = from_numpy_dtype(input._array.dtype).legacy_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind}': convert the input to floats")
    return size


def _line_size(name: str, input: Any, output_size: Any) -> Any:
    if isinstance(input, Tensor) and input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while "
            f"checking arguments for {name})"
        )
    given = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size]
    if len(given) != 1:
        raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(given)})")
    return (1, *_adaptive(name, 1, input, given))


def adaptive_avg_pool1d(input: Tensor, output_size: int | Shape) -> Tensor:
    """The means of `output_size` windows that cover the last dimension of (N, C, L) or (C, L) evenly."""
    size = _line_size("adaptive_avg_pool1d", input, output_size)
    out: Tensor = _adaptive_avg_pool(input.unsqueeze(-2), size).squeeze(-2)
    return out


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of windows that cover (N, C, H, W) or (C, H, W) evenly; None keeps the input's size."""
    size = _adaptive("adaptive_avg_pool2d", 2, input, output_size)
    if size == (1, 1):
        whole: Tensor = input.mean((-1, -2), keepdim=True)
        return whole
    out: Tensor = _adaptive_avg_pool(input, size)
    return out


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """As adaptive_avg_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    size = _adaptive("adaptive_avg_pool3d", 3, input, output_size)
    if size == (1, 1, 1):
        whole: Tensor = input.mean((-1, -2, -3), keepdim=True)
        return whole
    out: Tensor = _adaptive_avg_pool(input, size)
    return out


def adaptive_max_pool1d(input: Tensor, output_size: int | Shape) -> tuple[Tensor, Tensor]:
    """The maxima of `output_size` windows that cover the last dimension of (N, C, L) or (C, L) evenly, and where."""
    size = _line_size("adaptive_max_pool1d", input, output_size)
    pooled: Any = _adaptive_max_pool(input.unsqueeze(-2), size)
    return pooled.out.squeeze(-2), pooled.indices.squeeze(-2)


def adaptive_max_pool2d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima of windows that cover (N, C, H, W) or (C, H, W) evenly, and where in the flattened image they are."""
    pooled: Any = _adaptive_max_pool(input, _adaptive("adaptive_max_pool2d", 2, input, output_size))
    return pooled.out, pooled.indices


def adaptive_max_pool3d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """As adaptive_max_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    pooled: Any = _adaptive_max_pool(input, _adaptive("adaptive_max_pool3d", 3, input, output_size))
    return pooled.out, pooled.indices
