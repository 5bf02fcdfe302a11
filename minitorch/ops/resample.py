"""Images at another size or in another layout: interpolation, windows as columns and back, channels to pixels."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import shape_list, wrap_dim
from minitorch.ops._windows import Shape, Window, integers
from minitorch.ops.adaptive_pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from minitorch.tensor import Tensor

# --- interpolation ----------------------------------------------------------------------------------------------------

_CUBIC = -0.75
"""The parameter of the cubic convolution (Keys, 1981) that torch takes."""

Scales = tuple[float | None, ...]


def _sources(
    xp: Any, mode: str, length: int, n: int, scale: float | None, align: bool, wide: Any
) -> tuple[Array, Array | None]:
    """For each of n places which elements it is made of (n, taps), and their weights; None where there is one."""
    step = length / n if scale is None or scale <= 0 else 1 / scale
    places = xp.arange(n).astype(wide)
    if mode.startswith("nearest"):
        offset = 0.5 if mode == "nearest-exact" else 0
        found = xp.floor((places + offset) * xp.asarray(step).astype(wide)).astype(int)
        return xp.minimum(found, length - 1)[:, None], None
    if align:
        at = places * ((length - 1) / (n - 1) if n > 1 else 0)
    else:
        at = (places + 0.5) * step - 0.5
    if mode == "bicubic":
        first = xp.floor(at)
        t = (at - first)[:, None]
        near, far = xp.concatenate([t, 1 - t], axis=1), xp.concatenate([t + 1, 2 - t], axis=1)
        near = ((_CUBIC + 2) * near - (_CUBIC + 3)) * near * near + 1
        far = ((_CUBIC * far - 5 * _CUBIC) * far + 8 * _CUBIC) * far - 4 * _CUBIC
        weights = xp.concatenate([far[:, :1], near, far[:, 1:]], axis=1)
        indices = first.astype(int)[:, None] + xp.arange(-1, 3)
        return xp.minimum(xp.maximum(indices, 0), length - 1), weights
    at = xp.maximum(at, 0)
    low = xp.minimum(xp.floor(at).astype(int), length - 1)
    high = xp.minimum(low + 1, length - 1)
    t = xp.minimum(at - low, 1)
    return xp.stack([low, high], axis=1), xp.stack([1 - t, t], axis=1)


def _upsample_name(input: Array, mode: str, size: Shape, scales: Scales, align: bool) -> str:
    kind = {"nearest": "Nearest", "nearest-exact": "NearestExact"}.get(mode, mode.capitalize())
    return f"Upsample{kind}{len(size)}DBackward0"


def _precision(xp: Any, mode: str, array: Array) -> Any:
    """The dtype in which positions are computed."""
    return array.dtype if array.dtype.name == "float64" and not mode.startswith("nearest") else xp.float32


@op(backward=_upsample_name)
def _upsample(xp: Any, input: Array, mode: str, size: Shape, scales: Scales, align: bool) -> Array:
    wide = _precision(xp, mode, input)
    out = input.astype(xp.float32) if input.dtype.name == "float16" else input
    for dim, (n, scale) in enumerate(zip(size, scales, strict=True), input.ndim - len(size)):
        indices, weights = _sources(xp, mode, input.shape[dim], n, scale, align, wide)
        parts = [xp.take(out, indices[:, k], axis=dim) for k in range(indices.shape[1])]
        if weights is None:
            (out,) = parts
            continue
        column = (-1,) + (1,) * (input.ndim - dim - 1)
        out = sum(part * weights[:, k].astype(out.dtype).reshape(column) for k, part in enumerate(parts))
    return out.astype(input.dtype, copy=False)


@op(backward=lambda g, mode, shape, scales, align: f"UpsampleBackward{len(scales)}DBackward0")
def _upsample_backward(xp: Any, g: Array, mode: str, shape: Shape, scales: Scales, align: bool) -> Array:
    """The adjoint: along each dimension a product with the matrix of all weights."""
    wide = _precision(xp, mode, g)
    out = g
    for dim, scale in enumerate(scales, g.ndim - len(scales)):
        length, n = shape[dim], g.shape[dim]
        indices, weights = _sources(xp, mode, length, n, scale, align, wide)
        hits = (indices[:, :, None] == xp.arange(length)).astype(g.dtype)
        matrix = (hits if weights is None else hits * weights[:, :, None].astype(g.dtype)).sum(axis=1)
        out = xp.moveaxis(xp.matmul(xp.moveaxis(out, dim, -1), matrix), -1, dim)
    return out


_upsample.grad(
    input=lambda xp, g, input_shape, mode, scales, align: _upsample_backward.on(xp)(g, mode, input_shape, scales, align)
)
_upsample_backward.grad(
    g=lambda xp, g, g_shape, mode, scales, align: _upsample.on(xp)(
        g, mode, g_shape[len(g_shape) - len(scales) :], scales, align
    )
)

# With antialias, each element is a weighted mean of all that it covers: a filter as wide as the reduction.


def _covering(xp: Any, mode: str, length: int, n: int, scale: float | None, align: bool, dtype: Any) -> Array:
    """The share of each of `length` elements in each of n places, (n, length), in rows of sum 1."""
    if align:
        step = (length - 1) / (n - 1) if n > 1 else 0.0
    else:
        step = length / n if scale is None or scale <= 0 else 1 / scale
    step = xp.asarray(step).astype(dtype)
    centers = step * (xp.arange(n).astype(dtype)[:, None] + 0.5)
    distances = abs(xp.arange(length).astype(dtype) - centers + 0.5) / xp.maximum(step, 1)
    weights = _FILTERS[mode](xp, distances)
    return weights / weights.sum(axis=1, keepdims=True)


def _triangle(xp: Any, x: Array) -> Array:
    return xp.maximum(1 - x, 0)


def _keys(xp: Any, x: Array) -> Array:
    """Keys' cubic kernel with the parameter -1/2, which is third-order accurate."""
    return xp.where(x < 1, (1.5 * x - 2.5) * x * x + 1, xp.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0))


def _lanczos(xp: Any, x: Array) -> Array:
    return xp.where(x < 3, xp.sinc(x) * xp.sinc(x / 3), 0)


_FILTERS = {"bilinear": _triangle, "bicubic": _keys, "lanczos": _lanczos}


@op(backward=lambda input, mode, size, scales, align: f"Upsample{mode.capitalize()}2DAaBackward0")
def _upsample_smooth(xp: Any, input: Array, mode: str, size: Shape, scales: Scales, align: bool) -> Array:
    rows, columns = (
        _covering(xp, mode, length, n, scale, align, input.dtype)
        for length, n, scale in zip(input.shape[2:], size, scales, strict=True)
    )
    return xp.matmul(rows, xp.matmul(input, columns.T))


@op(backward=lambda g, mode, shape, scales, align: "UpsampleBackward2DAaBackward0")
def _upsample_smooth_backward(xp: Any, g: Array, mode: str, shape: Shape, scales: Scales, align: bool) -> Array:
    """The adjoint: the same products, each matrix turned."""
    rows, columns = (
        _covering(xp, mode, length, n, scale, align, g.dtype)
        for length, n, scale in zip(shape[2:], g.shape[2:], scales, strict=True)
    )
    return xp.matmul(rows.T, xp.matmul(g, columns))


_upsample_smooth.grad(
    input=lambda xp, g, input_shape, mode, scales, align: _upsample_smooth_backward.on(xp)(
        g, mode, input_shape, scales, align
    )
)
_upsample_smooth_backward.grad(
    g=lambda xp, g, g_shape, mode, scales, align: _upsample_smooth.on(xp)(g, mode, g_shape[2:], scales, align)
)

_LINEAR = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
_MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """(N, C, ...) at another `size`, or `scale_factor` times its own, by "nearest", "nearest-exact", "linear" (3-d),
    "bilinear" and "bicubic" (4-d), "trilinear" (5-d) or "area".

    `align_corners` puts the outermost elements onto each other. With `antialias` ("bilinear", "bicubic" and "lanczos")
    each element is a mean of all that it covers. Differs from torch: no antialias of uint8.
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    elif align_corners is None:
        align_corners = False
    spatial = input.ndim - 2
    target, scales = _target(input, size, scale_factor, recompute_scale_factor)
    if antialias:
        if mode not in ("bilinear", "bicubic", "lanczos") or input.ndim != 4:
            raise ValueError(
                "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as "
                "input"
            )
    if mode == "lanczos" and input.ndim == 4 and (align_corners or not antialias):
        raise ValueError(
            "Lanczos mode does not support align_corners=True"
            if align_corners
            else "Lanczos mode requires antialias=True"
        )
    if input.ndim in (3, 4, 5) and mode == "area":
        pool: Any = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[spatial - 1]
        pooled: Tensor = pool(input, target)
        return pooled
    if mode in _LINEAR and 3 <= input.ndim <= 5 and input.ndim != _LINEAR[mode]:
        raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {_LINEAR[mode]}D input")
    if not antialias and (input.ndim not in (3, 4, 5) or mode not in (*_LINEAR, "nearest", "nearest-exact")):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: {_MODES} "
            f"(got {mode})"
        )
    array = input._array
    if 0 in array.shape[2:] or min(target) <= 0:
        raise RuntimeError(
            f"interpolate(): Input and output sizes should be greater than 0, but got input "
            f"{shape_list(array.shape[2:])} output {shape_list(target)}"
        )
    if array.shape[1] == 0:
        raise RuntimeError(
            f"interpolate(): Non-empty {input.ndim}D data tensor expected but got a tensor with sizes "
            f"{shape_list(array.shape)}"
        )
    fits = array.dtype.kind == "f" or (array.dtype.name == "uint8" and mode not in _LINEAR)
    if array.dtype.name not in ("float32", "float64") if antialias else not fits:
        kind = from_numpy_dtype(array.dtype).legacy_name
        raise NotImplementedError(f"\"upsample {mode}\" not implemented for '{kind}': convert the input to floats")
    resize = _upsample_smooth if antialias else _upsample
    result: Tensor = resize(input, mode, target, scales, bool(align_corners))
    return result


def _target(input: Tensor, size: Any, scale_factor: Any, recompute: bool | None) -> tuple[Shape, Scales]:
    """The size of the output, and the factors that positions are computed with (None: the ratio of the sizes)."""
    own = list(input.shape[2:])
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        several = isinstance(size, (list, tuple))
        if several and len(size) != len(own):
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {own} and output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                "format and output size in (o1, o2, ...,oK) format."
            )
        return integers("interpolate", "size", size if several else [size] * len(own)), (None,) * len(own)
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    several = isinstance(scale_factor, (list, tuple))
    if several and len(scale_factor) != len(own):
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {own} and scale_factor of shape {scale_factor}. Please provide input tensor in (N, C, d1, "
            "d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    factors = tuple(scale_factor) if several else (scale_factor,) * len(own)
    target = tuple(math.floor(side * factor) for side, factor in zip(own, factors, strict=True))
    return target, (None,) * len(own) if recompute else factors


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """As interpolate, which takes its place; it warns."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """As interpolate with mode "nearest", which takes its place; it warns."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """As interpolate with mode "bilinear" and aligned corners, which takes its place; it warns."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, "bilinear", True)


# --- windows as columns -----------------------------------------------------------------------------------------------


@op(backward="Im2ColBackward0")
def _im2col(xp: Any, input: Array, window: Window, positions: Shape) -> Array:
    lead, channels = input.shape[:-3], input.shape[-3]
    out = xp.zeros((*lead, channels, math.prod(window.kernel), *positions), input.dtype)
    for tap, (at, of) in enumerate(window.taps(input.shape[-2:], positions)):
        out[(..., tap, *at)] = input[(..., *of)]
    return out.reshape(*lead, channels * math.prod(window.kernel), math.prod(positions))


@op(backward="Col2ImBackward0")
def _col2im(xp: Any, input: Array, window: Window, positions: Shape, size: Shape) -> Array:
    lead, taps = input.shape[:-2], math.prod(window.kernel)
    columns = input.reshape(*lead, input.shape[-2] // taps, taps, *positions)
    out = xp.zeros((*lead, input.shape[-2] // taps, *size), input.dtype)
    for tap, (at, of) in enumerate(window.taps(size, positions)):
        out[(..., *of)] += columns[(..., tap, *at)]
    return out


_im2col.grad(input=lambda xp, g, input_shape, window, positions: _col2im.on(xp)(g, window, positions, input_shape[-2:]))
_col2im.grad(input=lambda xp, g, window, positions: _im2col.on(xp)(g, window, positions))


def _sliding(name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    found = {}
    for argument, value, least in (
        ("kernel_size", kernel_size, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        given = integers(name, argument, value)
        if len(given) not in (1, 2):
            raise RuntimeError(f"{name}(): It is expected {argument} equals to 2, but got size {len(given)}")
        found[argument] = given if len(given) == 2 else given * 2
        if min(given) < least:
            word = "non-negative" if least == 0 else "greater than zero"
            raise RuntimeError(
                f"{name}(): {argument.replace('_', ' ')} should be {word}, but got {shape_list(found[argument])}"
            )
    return Window(found["kernel_size"], found["stride"], found["padding"], found["dilation"])


def _said(window: Window) -> str:
    return f"kernel_size={window.kernel}, dilation={window.dilation}, padding={window.padding}, stride={window.stride}"


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of (N, C, H, W) or (C, H, W) as columns: (N, C * window, positions) or (C * window, positions)."""
    window = _sliding("unfold", kernel_size, dilation, padding, stride)
    shape = input._array.shape
    if len(shape) < 3:
        wrap_dim(2, len(shape))  # the exception that torch raises
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            "unfold(): Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {shape_list(shape)}"
        )
    positions = window.positions(shape[-2:])
    if min(positions) < 1:
        raise RuntimeError(
            f"unfold(): Given input with spatial size {shape[-2:]}, {_said(window)}, calculated shape of the array of "
            f"sliding blocks as {positions}, but its components must be at least one."
        )
    result: Tensor = _im2col(input, window, positions)
    return result


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The adjoint of unfold: adds up columns (N, C * window, positions) to an image (N, C, *output_size)."""
    window = _sliding("fold", kernel_size, dilation, padding, stride)
    size = integers("fold", "output_size", output_size)
    size = size * 2 if len(size) == 1 else size
    shape = input._array.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "fold(): Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
            f"dimensions for input, but got: {shape_list(shape)}"
        )
    dim = len(shape) - 2
    if shape[-2] % math.prod(window.kernel):
        raise RuntimeError(
            f"fold(): Expected size of input's dimension {dim} to be divisible by the product of kernel_size, but got "
            f"input.size({dim})={shape[-2]} and kernel_size={window.kernel}."
        )
    positions = window.positions(size)
    if min(positions) < 1 or math.prod(positions) != shape[-1]:
        raise RuntimeError(
            f"fold(): Given output_size={size}, {_said(window)}, expected size of input's dimension {dim + 1} to match "
            f"the calculated number of sliding blocks {' * '.join(map(str, positions))} = {math.prod(positions)}, but "
            f"got input.size({dim + 1})={shape[-1]}."
        )
    result: Tensor = _col2im(input, window, positions, size)
    return result


# --- channels and pixels ----------------------------------------------------------------------------------------------


@op
def pixel_shuffle(xp: Any, input: Array, upscale_factor: int) -> Array:
    """(..., C * r * r, H, W) as (..., C, H * r, W * r), r being `upscale_factor`: channels become pixels."""
    r = upscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    parts = input.reshape(*lead, channels // (r * r), r, r, height, width)
    k = len(lead)
    moved = parts.transpose(*range(k + 1), k + 3, k + 1, k + 4, k + 2)
    return moved.reshape(*lead, channels // (r * r), height * r, width * r).copy()


@op
def pixel_unshuffle(xp: Any, input: Array, downscale_factor: int) -> Array:
    """(..., C, H * r, W * r) as (..., C * r * r, H, W), r being `downscale_factor`: pixels become channels."""
    r = downscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    for word, side, dim in (("height", height, -2), ("width", width, -1)):
        if side % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {word} to be divisible by downscale_factor, but input.size({dim})={side} is "
                f"not divisible by {r}"
            )
    parts = input.reshape(*lead, channels, height // r, r, width // r, r)
    k = len(lead)
    moved = parts.transpose(*range(k + 1), k + 2, k + 4, k + 1, k + 3)
    return moved.reshape(*lead, channels * r * r, height // r, width // r).copy()


pixel_shuffle.grad(input=lambda xp, g, upscale_factor: pixel_unshuffle.on(xp)(g, upscale_factor))
pixel_unshuffle.grad(input=lambda xp, g, downscale_factor: pixel_shuffle.on(xp)(g, downscale_factor))


@op
def channel_shuffle(xp: Any, input: Array, groups: int) -> Array:
    """Deals the channels (N, C, ...) out anew: the first of each of `groups` groups, then the second of each."""
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {shape_list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, channels, *rest = input.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    dealt = input.reshape(n, groups, channels // groups, *rest).swapaxes(1, 2)
    return dealt.reshape(input.shape).copy()


channel_shuffle.grad(input=lambda xp, g, input_shape, groups: channel_shuffle.on(xp)(g, input_shape[1] // groups))
