"""What is measured of single arrays while a training is watched."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minitorch.backend import Array, array_module
from minitorch.func.batched import whole
from minitorch.tensor import Tensor

SLOPE = 0.01
"""A sigmoid or a tanh whose slope is below this passes almost nothing of a gradient on: it is saturated."""
SATURATED: dict[str, Callable[[Any, Any], Any]] = {
    "sigmoid": lambda xp, out: out * (1 - out) < SLOPE,
    "tanh": lambda xp, out: 1 - out * out < SLOPE,
}


def array_of(value: Any) -> Array | None:
    """All elements of a tensor, or of a gradient, which may be an array, a number of NumPy, or none at all."""
    if isinstance(value, Tensor):
        return whole(value._array)
    return whole(value) if hasattr(value, "dtype") else None


def flat(values: Any) -> Iterator[Any]:
    """The arguments of an operation, those within lists too."""
    for each in values:
        if isinstance(each, (list, tuple)):
            yield from flat(each)
        else:
            yield each


def is_finite(array: Array) -> bool:
    """Whether all elements are; the sum tells, unless it is too large itself."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        return math.isfinite(float(array.sum())) or bool(array_module(array).isfinite(array).all())


def kind_of(array: Array) -> str:
    """What an array that is not finite holds: "nan" if any is, else "inf"."""
    return "nan" if bool(array_module(array).isnan(array).any()) else "inf"


def squares(array: Array) -> float:
    """The sum of the squares; in float64 where that of a small dtype is too large or too small for it."""
    xp = array_module(array)
    row = array.reshape(-1)
    with np.errstate(all="ignore"):
        total = float(xp.dot(row, row)) if array.dtype.itemsize > 2 else math.nan
        if not math.isfinite(total) or total < 1e-30:
            total = float(xp.square(row.astype(np.float64)).sum())
    return total


def largest(array: Array) -> float:
    """The largest element without its sign."""
    return max(abs(float(array.max())), abs(float(array.min()))) if array.size else 0.0


def activation(name: str, args: tuple[Any, ...]) -> str | None:
    """The activation that an operation is, also where it is written as a bound from below."""
    if name in SATURATED or name == "relu":
        return name
    if name == "hardtanh" and args[1] == 0:
        return "relu6"
    if name in ("clamp", "clamp_min") and isinstance(args[1], (int, float)) and args[1] == 0:
        return "relu" if name == "clamp_min" or args[2] is None else None
    return None
