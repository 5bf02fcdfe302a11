"""Where the pixels of a changed image come from, as numbers alone: sizes, matrices, and ways of resampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from numbers import Number
from typing import Any

import minitorch


class InterpolationMode(Enum):
    """Ways of resampling. Box, hamming and lanczos are Pillow's alone."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# Pillow's numbers; its nearest neighbour is the exact one.
PILLOW_CODES = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.NEAREST_EXACT: 0,
}
_FROM_CODES = {code: mode for mode, code in reversed(PILLOW_CODES.items())}


def interpolation_mode(value: InterpolationMode | int) -> InterpolationMode:
    """The mode that is meant by itself or by Pillow's number. Raises TypeError, and KeyError for another number."""
    if isinstance(value, int):
        return _FROM_CODES[value]
    if not isinstance(value, InterpolationMode):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return value


def size_pair(size: Any, message: str = "Please provide only two dimensions (h, w) for size.") -> Sequence[int]:
    """A size as height and width, one number being both. Raises ValueError with the message for more of them."""
    if isinstance(size, Number):
        return int(size), int(size)  # type: ignore[call-overload] # numbers.Number knows no conversions
    if isinstance(size, (tuple, list)) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    pair: Sequence[int] = size
    return pair


def resized(size: tuple[int, int], wanted: Sequence[int], max_size: int | None = None) -> tuple[int, int]:
    """Height and width after a resize of an image of (height, width) = `size`.

    One wanted number is that of the shorter edge, the longer one follows and is at most `max_size`.
    """
    if len(wanted) == 2:
        return wanted[0], wanted[1]
    height, width = size
    short, long = sorted(size)
    new_short, new_long = wanted[0], int(wanted[0] * long / short)
    if max_size is not None:
        if max_size <= wanted[0]:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge "
                f"size = {wanted}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if width <= height else (new_short, new_long)


def inverse_affine_matrix(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """The six numbers that take a point of the new image to where it was in the old one.

    The image is sheared, scaled and turned by degrees clockwise about `center`, then moved by `translate`.
    """
    turn, shear_x, shear_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -math.cos(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) - math.sin(turn)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = -math.sin(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) + math.cos(turn)
    # The determinant of ((a, b), (c, d)) is 1, so its inverse is ((d, -b), (-c, a)).
    a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    return [a, b, a * x + b * y + center[0], c, d, c * x + d * y + center[1]]


def perspective_coefficients(startpoints: Sequence[Sequence[int]], endpoints: Sequence[Sequence[int]]) -> list[float]:
    """The eight numbers of (ax + by + c, dx + ey + f) / (gx + hy + 1), which takes end points to start points."""
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    equations = []
    for (u, v), (x, y) in zip(startpoints, endpoints, strict=True):
        equations.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        equations.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    matrix = minitorch.tensor(equations, dtype=minitorch.float64)
    wanted = minitorch.tensor(startpoints, dtype=minitorch.float64).view(8)
    solution: list[float] = (
        minitorch.linalg.lstsq(matrix, wanted, driver="gels").solution.to(minitorch.float32).tolist()
    )
    return solution
