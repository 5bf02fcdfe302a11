"""Average pooling: the mean of each window, and the p-norm. A loop over the taps of the window, each a slice.

On a GPU each result gathers its window in one kernel; the formulas beside those say what they compute.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch import parallel
from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import NP_FLOAT16, NP_INT64, from_numpy_dtype
from minitorch.errors import wrap_dim
from minitorch.ops._gather import (
    AT_ELEMENT,
    AT_POSITION,
    ELEMENT,
    INSIDE,
    POSITION,
    Sliding,
    each_meeting,
    each_tap,
    gather,
)
from minitorch.ops._sliding import by_item, check_image, line_window, sliding_window
from minitorch.ops._windows import Shape, Window
from minitorch.ops.activation import relu
from minitorch.ops.rounding import sign
from minitorch.tensor import Tensor


def _count(at: str) -> str:
    """Text that makes `count` what the sum of a window is divided by, at the position (a0, a1, a2) or (b0, b1, b2)."""
    sides = "".join(
        f"""
        {{
            int start = {at}{k} * s{k} - p{k}, end = start + k{k} < n{k} + p{k} ? start + k{k} : n{k} + p{k};
            if (!include && start < 0) start = 0;
            if (!include && end > n{k}) end = n{k};
            count *= end - start;
        }}
        """
        for k in range(3)
    )
    return f"ptrdiff_t count = divisor; if (!divisor) {{ count = 1; {sides} }}"


@op(backward=lambda input, window, size, include, divisor: f"AvgPool{len(size)}DBackward0")
def _avg_pool(xp: Any, input: Array, window: Window, size: Shape, include: bool, divisor: int | None) -> Array:
    wide = xp.float32 if input.dtype is NP_FLOAT16 else input.dtype
    out = xp.empty((*input.shape[: -len(size)], *size), wide)
    _find_means(xp, Sliding(window, input.shape[-len(size) :], size), include, divisor or 0, input, out)
    return out.astype(input.dtype, copy=False)


@gather(
    Sliding,
    "bool include, int32 divisor, raw T input",
    "U out",
    f"{AT_POSITION} real sum = 0;"
    + each_tap(f"if ({INSIDE}) sum += input[image * points + {ELEMENT}];")
    + f"{_count('a')} out = sum / (real)count;",
)
def _find_means(xp: Any, sliding: Sliding, include: bool, divisor: int, input: Array, out: Array) -> None:
    """The mean of each window, or its sum by the divisor unless that is 0."""
    window, image, size = sliding

    def add_up(input: Array, out: Array) -> None:
        sides = window.along(image, size)
        for dim, side in enumerate(sides, -len(sides)):  # the sums along one dimension after the other
            own = (slice(None),) * (-1 - dim)
            shape = (*input.shape[:dim], size[dim], *input.shape[input.ndim + dim + 1 :])
            total = parallel.scratch(xp, f"sums {dim}", shape, out.dtype) if own else out
            total[...] = 0
            for at, of in side:
                total[(..., at, *own)] += input[(..., of, *own)]
            input = total

    by_item(xp, add_up, input, out)
    counts = _counts(xp, window, image, size, include, divisor)
    if out.dtype.kind == "f":
        out /= _as(xp, counts, out.dtype)
    else:
        out[...] = xp.trunc(out / counts)


@op(backward=lambda g, window, shape, include, divisor: f"AvgPool{len(window.kernel)}DBackwardBackward0")
def _avg_pool_backward(xp: Any, g: Array, window: Window, shape: Shape, include: bool, divisor: int | None) -> Array:
    """The gradient of each mean goes to all taps of its window, in equal parts."""
    spatial = len(window.kernel)
    sliding = Sliding(window, shape[-spatial:], g.shape[-spatial:])
    out = xp.empty(shape, g.dtype)
    _send_parts(xp, sliding, include, divisor or 0, g, out)
    return out


@gather(
    Sliding,
    "bool include, int32 divisor, raw T g",
    "T out",
    f"{AT_ELEMENT} real sum = 0;"
    + each_meeting(f"{_count('b')} sum += g[image * places + {POSITION}] / (real)count;")
    + "out = sum;",
)
def _send_parts(xp: Any, sliding: Sliding, include: bool, divisor: int, g: Array, out: Array) -> None:
    """Each element is the sum of its parts of gradients."""
    window, image, size = sliding
    part = g / _as(xp, _counts(xp, window, image, size, include, divisor), g.dtype)

    def send(out: Array, part: Array) -> None:
        if window.tiles(image, size):
            for _, met in window.taps(image, size):
                out[(..., *met)] = part
            return
        sides = window.along(image, size)
        for dim in reversed(range(-len(sides), 0)):  # back the way that the sums came
            own = (slice(None),) * (-1 - dim)
            shape = (*part.shape[:dim], *image[dim:])
            total = parallel.scratch(xp, f"sums {dim}", shape, out.dtype) if dim > -len(sides) else out
            total[...] = 0
            for at, of in sides[dim]:
                total[(..., of, *own)] += part[(..., at, *own)]
            part = total

    by_item(xp, send, out, part)


_avg_pool.grad(
    input=lambda xp, g, input_shape, window, include, divisor: _avg_pool_backward.on(xp)(
        g, window, input_shape, include, divisor
    )
)
_avg_pool_backward.grad(
    g=lambda xp, g, g_shape, window, include, divisor: _avg_pool.on(xp)(
        g, window, g_shape[-len(window.kernel) :], include, divisor
    )
)


def _as(xp: Any, counts: Any, dtype: Any) -> Any:
    return counts if isinstance(counts, int) else counts.astype(dtype)


def _counts(xp: Any, window: Window, shape: Shape, size: Shape, include: bool, divisor: int) -> Any:
    """By how much the sum of each window is divided: a number, or one for each position where they differ."""
    if divisor:
        return divisor
    if window.fits(shape, size):
        return math.prod(window.kernel)
    counts: Any = xp.ones((), int)
    for k, s, p, _, length, n in zip(*window, shape, size, strict=True):
        starts = [place * s - p for place in range(n)]
        ends = [min(start + k, length + p) for start in starts]
        if not include:
            starts, ends = [max(start, 0) for start in starts], [min(end, length) for end in ends]
        own = [end - start for start, end in zip(starts, ends, strict=True)]
        counts = counts[..., None] * xp.asarray(own, dtype=int)
    return counts


# --- functions --------------------------------------------------------------------------------------------------------


def _avg(
    name: str, spatial: int, input: Any, kernel: Any, stride: Any, padding: Any, ceil: Any, include: bool, divisor: Any
) -> Tensor:
    if isinstance(input, Tensor) and input.ndim <= spatial == 2:
        wrap_dim(-spatial - 1, input.ndim)  # the exception that torch raises
    window, size = sliding_window(name, input, spatial, kernel, stride, padding, 1, ceil)
    if divisor is not None and divisor == 0:
        raise RuntimeError(f"{name}: divisor must be not zero")
    if input._array.dtype.kind != "f" and input._array.dtype is not NP_INT64:
        kind = from_numpy_dtype(input._array.dtype).legacy_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind}': convert the input to floats")
    result: Tensor = _avg_pool(input, window, size, include, divisor)
    return result


def avg_pool1d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window along the last dimension of (N, C, L) or (C, L), with or without the padding."""
    if isinstance(input, Tensor) and input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while "
            "checking arguments for avg_pool1d)"
        )
    check_image("avg_pool1d", input, 1)
    kernel, steps, border, _ = line_window("avg_pool1d", kernel_size, stride, padding)
    means = _avg("avg_pool1d", 2, input.unsqueeze(-2), kernel, steps, border, ceil_mode, count_include_pad, None)
    out: Tensor = means.squeeze(-2)
    return out


def avg_pool2d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, C, H, W) or (C, H, W), with or without the padding, or its sum by a divisor."""
    return _avg("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """As avg_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    return _avg("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool(input: Tensor, norm_type: float, kernel: Shape, stride: Any, ceil_mode: bool) -> Tensor:
    """The p-norm of each window, p being `norm_type`; the windows have as many dimensions as `kernel`."""
    pool: Any = (avg_pool1d, avg_pool2d, avg_pool3d)[len(kernel) - 1]
    mean = pool(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    root: Tensor = (sign(mean) * relu(abs(mean))).mul(math.prod(kernel)).pow(1.0 / norm_type)
    return root
