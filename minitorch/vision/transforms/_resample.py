"""Resampling of tensors (..., C, H, W): to other sizes, and at the points of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minitorch
import minitorch.nn.functional as F
from minitorch import Tensor
from minitorch.vision.transforms._geometry import InterpolationMode

_ROUNDED = (minitorch.uint8, minitorch.int8, minitorch.int16, minitorch.int32, minitorch.int64)


def in_floats(img: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Change images as a batch (N, C, H, W) in floating point; whole numbers are rounded on the way back."""
    batch = img if img.ndim >= 4 else img.unsqueeze(0)
    if img.dtype not in (minitorch.float32, minitorch.float64):
        batch = batch.to(minitorch.float32)
    result = change(batch)
    if img.dtype in _ROUNDED:
        result = result.round()
    return (result if img.ndim >= 4 else result.squeeze(0)).to(img.dtype)


# --- other sizes ---------------------------------------------------------------------------------------------------


def resize(img: Tensor, size: Sequence[int], interpolation: InterpolationMode, antialias: bool | None) -> Tensor:
    mode = interpolation.value
    if mode not in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        raise ValueError(f"Interpolation mode {mode!r} is unsupported with Tensor input: use a PIL image")
    smooth = mode in ("bilinear", "bicubic")
    overshoots = mode == "bicubic" and img.dtype == minitorch.uint8

    def change(batch: Tensor) -> Tensor:
        options: dict[str, Any] = {"align_corners": False, "antialias": antialias and batch.ndim == 4} if smooth else {}
        result = F.interpolate(batch, size=list(size), mode=mode, **options)
        return result.clamp(0, 255) if overshoots else result

    return in_floats(img, change)


# --- at the points of a grid ---------------------------------------------------------------------------------------
#
# A grid (H, W, 2) has for each new pixel where it lies in the old image, as x and y from -1 to 1, edge to edge.


def affine(img: Tensor, matrix: Sequence[float], interpolation: InterpolationMode, fill: Any) -> Tensor:
    height, width = img.shape[-2:]
    return _sampled(img, _affine_grid(img, matrix, height, width), interpolation, fill)


def rotated(
    img: Tensor, matrix: Sequence[float], interpolation: InterpolationMode, expand: bool, fill: object
) -> Tensor:
    height, width = img.shape[-2:]
    if expand:
        height, width = _expanded_size(matrix, height, width)
    return _sampled(img, _affine_grid(img, matrix, height, width), interpolation, fill)


def perspective(img: Tensor, coefficients: Sequence[float], interpolation: InterpolationMode, fill: Any) -> Tensor:
    a, b, c, d, e, f, g, h = coefficients
    height, width = img.shape[-2:]
    dtype = _grid_dtype(img)
    points = _points(height, width, 0.5, 0.5, img)
    half = minitorch.tensor([0.5 * width, 0.5 * height], dtype=dtype, device=img.device)
    above = minitorch.tensor([[a, b, c], [d, e, f]], dtype=dtype, device=img.device).T / half
    below = minitorch.tensor([[g, h, 1.0], [g, h, 1.0]], dtype=dtype, device=img.device).T
    grid = (points @ above) / (points @ below) - 1.0
    return _sampled(img, grid.view(height, width, 2), interpolation, fill)


def elastic(img: Tensor, displacement: Tensor, interpolation: InterpolationMode, fill: Any) -> Tensor:
    height, width = img.shape[-2:]
    y, x = (minitorch.linspace((1 - size) / size, (size - 1) / size, size) for size in (height, width))
    still = minitorch.stack([x.expand(height, width), y[:, None].expand(height, width)], -1)
    grid = still.to(img.device) + displacement[0].to(img.device)
    return _sampled(img, grid.to(_grid_dtype(img)), interpolation, fill)


def _grid_dtype(img: Tensor) -> minitorch.dtype:
    return img.dtype if img.is_floating_point() else minitorch.float32


def _points(height: int, width: int, top: float, left: float, like: Tensor) -> Tensor:
    """The pixels' centers as rows (x, y, 1), row by row of the image, the first at (left, top)."""
    kind: dict[str, Any] = {"dtype": _grid_dtype(like), "device": like.device}
    x = minitorch.linspace(left, left + width - 1, width, **kind)
    y = minitorch.linspace(top, top + height - 1, height, **kind)
    one = minitorch.ones(height, width, **kind)
    return minitorch.stack([x.expand(height, width), y[:, None].expand(height, width), one], -1).view(-1, 3)


def _affine_grid(img: Tensor, matrix: Sequence[float], height: int, width: int) -> Tensor:
    old_height, old_width = img.shape[-2:]
    kind: dict[str, Any] = {"dtype": _grid_dtype(img), "device": img.device}
    points = _points(height, width, 0.5 - height * 0.5, 0.5 - width * 0.5, img)
    half = minitorch.tensor([0.5 * old_width, 0.5 * old_height], **kind)
    return (points @ (minitorch.tensor(matrix, **kind).view(2, 3).T / half)).view(height, width, 2)


def _expanded_size(matrix: Sequence[float], height: int, width: int) -> tuple[int, int]:
    """The height and width that hold the whole of a turned image."""
    x, y = 0.5 * width, 0.5 * height
    corners = minitorch.tensor([[-x, -y, 1.0], [-x, y, 1.0], [x, y, 1.0], [x, -y, 1.0]])
    turned = corners @ minitorch.tensor(matrix).view(2, 3).T + minitorch.tensor([x, y])
    step = 1e-4  # a corner beside a pixel's edge by rounding alone shall not take one more pixel
    low, high = ((turned.amin(0) / step).trunc() * step).floor(), ((turned.amax(0) / step).trunc() * step).ceil()
    new_width, new_height = (high - low).int().tolist()
    return new_height, new_width


def _sampled(img: Tensor, grid: Tensor, interpolation: InterpolationMode, fill: Any) -> Tensor:
    """The image at the points of the grid, and `fill` where they lie outside."""
    if interpolation not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"Interpolation mode {interpolation.value!r} is unsupported with Tensor input")
    sample = _nearest if interpolation is InterpolationMode.NEAREST else _bilinear
    color = _color(img, fill)

    def change(batch: Tensor) -> Tensor:
        if color is None:
            return sample(batch, grid)
        filled = color.to(batch.dtype)
        inside = sample(minitorch.ones_like(batch[..., :1, :, :]), grid)
        values = sample(batch, grid)
        if sample is _nearest:
            return minitorch.where(inside < 0.5, filled, values)
        return values * inside + (1.0 - inside) * filled

    return in_floats(img, change)


def _color(img: Tensor, fill: Any) -> Tensor | None:
    """The colour of what lies outside, (C or 1, 1, 1)."""
    if fill is None:
        return None
    values = [float(value) for value in fill] if isinstance(fill, Sequence) else [float(fill)]
    channels = 1 if img.ndim == 2 else img.shape[-3]
    if len(values) not in (1, channels):
        raise ValueError(
            f"The number of elements in 'fill' cannot broadcast to match the number of channels of the image "
            f"({len(values)} != {channels})"
        )
    return minitorch.tensor(values, device=img.device).view(-1, 1, 1)


def _nearest(img: Tensor, grid: Tensor) -> Tensor:
    x, y = _pixels(img, grid)
    return _taken(img, x.round(), y.round())


def _bilinear(img: Tensor, grid: Tensor) -> Tensor:
    x, y = _pixels(img, grid)
    left, top = x.floor(), y.floor()
    right, below = x - left, y - top
    return (
        _taken(img, left, top) * ((1 - right) * (1 - below))
        + _taken(img, left + 1, top) * (right * (1 - below))
        + _taken(img, left, top + 1) * ((1 - right) * below)
        + _taken(img, left + 1, top + 1) * (right * below)
    )


def _pixels(img: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """The points of the grid as columns and rows, 0 at the center of the first pixel."""
    height, width = img.shape[-2:]
    return ((grid[..., 0] + 1) * width - 1) / 2, ((grid[..., 1] + 1) * height - 1) / 2


def _taken(img: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The pixels at whole columns and rows, 0 where there are none."""
    height, width = img.shape[-2:]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    rows, columns = y.clamp(0, height - 1).long(), x.clamp(0, width - 1).long()
    return img[..., rows, columns] * inside.to(img.dtype)
