"""Spatial transformers: grids of positions, and images read at such positions.

Positions are (x, y) or (x, y, z), from -1 at one edge of the image to 1 at the other. With `align_corners` the edges
are the centres of the first and the last pixel, else their outer sides. Source: Jaderberg et al., 2015.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.errors import shape_list, user_stacklevel
from minitorch.ops import permutation, repeating, shape
from minitorch.ops.choices import clamp_max, where
from minitorch.ops.creation import linspace
from minitorch.ops.linalg import matmul
from minitorch.ops.scattering import gather
from minitorch.tensor import Tensor, wrap

CUBIC = -0.75
"""The slope of the cubic kernel at distance 1."""

Tap = tuple[Array, Any]
"""Whole positions along one dimension, and the weights of the pixels there."""


def _settled(align_corners: bool | None) -> bool:
    """Whether corners are aligned; warns where that was left open."""
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=user_stacklevel(),
        )
    return bool(align_corners)


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The positions that affine maps give the pixels: theta (N, 2, 3), for a size (N, C, H, W), to (N, H, W, 2).

    In three dimensions (N, 3, 4) and (N, C, D, H, W). Raises ValueError for theta of another shape or of integers, and
    for a size of 0, NotImplementedError for a size of other than 4 or 5 dimensions.
    """
    align = _settled(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    dims = len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {tuple(size)}. Got "
            f"{theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    if theta.size(0) != size[0]:
        raise RuntimeError(f"affine_grid: expected as many matrices as images, {size[0]}, but got {theta.size(0)}")
    sides = tuple(size[2:])
    if align and min(sides) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=user_stacklevel(),
        )
    xp = array_module(theta._array)
    lines = [_pixels(theta, side, align) for side in sides]
    base = xp.stack([*xp.meshgrid(*lines, indexing="ij")[::-1], xp.ones(sides, dtype=theta._array.dtype)], -1)
    base = wrap(base.reshape(1, -1, dims + 1))
    return shape.reshape(matmul(base, permutation.transpose(theta, 1, 2)), (size[0], *sides, dims))


def _pixels(theta: Tensor, side: int, align: bool) -> Array:
    """The positions of the pixels along one dimension.

    They are rounded as torch's are: under the identity each stands on a pixel, and which side of it the last bit puts
    it decides the gradient.
    """
    end = 1.0 if side > 1 else 0.0
    line = linspace(-end, end, side, dtype=theta.dtype, device=theta.device)._array
    return line if align else line * (side - 1) / side


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The images at the positions of a grid: (N, C, H, W), (N, h, w, 2) to (N, C, h, w); likewise in three dimensions.

    `mode` is "bilinear", "nearest", or "bicubic" (in two dimensions); `padding_mode` says what lies outside: "zeros",
    the "border"'s pixels, or a "reflection". Raises ValueError for others, RuntimeError where the shapes do not fit.
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    align = _settled(align_corners)
    _check(input, grid, mode)
    sides = input.shape[2:]
    taps = []
    for k, side in enumerate(sides):
        places = _places(grid[..., len(sides) - 1 - k], side, align)
        if mode != "bicubic":
            places = _kept_inside(places, side, padding_mode, align)
        taps.append([(_at(at, side, padding_mode, align, mode), weight) for at, weight in _taps(places, mode)])
    result: Any = 0
    for corner in itertools.product(*taps):
        result = result + _weighted(input, corner)
    if mode == "nearest":  # which depends on no position: their gradients are zeros, not absent
        finite = where(grid.isfinite(), grid, 0).sum(-1)
        result = result + shape.unsqueeze(finite * 0, 1)
    return result  # type: ignore[no-any-return]  # a sum that begins with 0


def _check(input: Tensor, grid: Tensor, mode: str) -> None:
    """Raises unless images and grid fit together."""
    if input.dim() not in (4, 5) or grid.dim() != input.dim():
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
            f"{shape_list(input.shape)} and grid with sizes {shape_list(grid.shape)}"
        )
    if input.size(0) != grid.size(0):
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{shape_list(input.shape)} and grid with sizes {shape_list(grid.shape)}"
        )
    if grid.size(-1) != input.dim() - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.dim() - 2} in last dimension, but got grid with sizes "
            f"{shape_list(grid.shape)}"
        )
    for dim in range(2, input.dim()):
        if not input.size(dim):
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{shape_list(input.shape)} with dimension {dim} being empty"
            )
    if mode == "bicubic" and input.dim() != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"grid_sampler\" not implemented for '{input.dtype.legacy_name}'")
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.legacy_name} but found {grid.dtype.legacy_name}")


def _places(positions: Tensor, side: int, align: bool) -> Any:
    """Positions as numbers of pixels: 0 is the first one's centre."""
    return (positions + 1) / 2 * (side - 1) if align else ((positions + 1) * side - 1) / 2


def _kept_inside(places: Any, side: int, padding_mode: str, align: bool) -> Any:
    """Places outside the image brought to its border, or reflected at it."""
    if padding_mode == "zeros":
        return places
    if padding_mode == "reflection":
        low, span = (0.0, side - 1.0) if align else (-0.5, float(side))
        if not span:
            return places * 0
        distance = (places - low).abs()
        turns = (distance / span).floor().detach()
        rest = distance - turns * span
        places = where(turns % 2 == 0, rest, span - rest) + low
    # At the border itself torch's gradient is zero too, and what is no number counts as the first pixel.
    return where(places > 0, where(places < side - 1, places, clamp_max(places.detach(), side - 1)), 0.0)


def _taps(places: Any, mode: str) -> list[Tap]:
    """The pixels along one dimension that each place is made of."""
    array = places._array
    xp = array_module(array)
    if mode == "nearest":
        return [(xp.rint(array), 1.0)]
    lower = xp.floor(array)
    t = places - wrap(lower)
    if mode == "bilinear":
        return [(lower, 1 - t), (lower + 1, t)]
    return [
        (lower - 1, _far(t + 1)),
        (lower, _near(t)),
        (lower + 1, _near(1 - t)),
        (lower + 2, _far(2 - t)),
    ]


def _near(t: Any) -> Any:
    """The cubic kernel for distances up to 1."""
    return ((CUBIC + 2) * t - (CUBIC + 3)) * t * t + 1


def _far(t: Any) -> Any:
    """The cubic kernel for distances from 1 to 2."""
    return ((CUBIC * t - 5 * CUBIC) * t + 8 * CUBIC) * t - 4 * CUBIC


def _at(places: Array, side: int, padding_mode: str, align: bool, mode: str) -> tuple[Array, Array]:
    """Indices of pixels, and whether they are in the image."""
    if mode == "bicubic":
        places = _kept_inside(wrap(places), side, padding_mode, align)._array
    inside = (places >= 0) & (places < side)
    xp = array_module(places)
    return xp.where(inside, places, 0).astype("int64"), inside


def _weighted(input: Tensor, corner: Sequence[tuple[tuple[Array, Array], Any]]) -> Any:
    """One of the pixels that each place is made of, times its weight; zero where it is outside."""
    n, channels, *sides = input.shape
    index: Any = 0
    inside: Any = True
    weight: Any = 1.0
    for ((at, within), share), side in zip(corner, sides, strict=True):
        index = index * side + at
        inside = inside & within
        weight = weight * share
    points = math.prod(index.shape[1:])
    picked = repeating.expand(wrap(index.reshape(n, 1, points)), (n, channels, points))
    pixels = gather(shape.reshape(input, (n, channels, math.prod(sides))), 2, picked)
    pixels = where(wrap(inside[:, None]), shape.reshape(pixels, (n, channels, *index.shape[1:])), 0.0)
    return pixels * (weight if isinstance(weight, float) else shape.unsqueeze(weight, 1))
