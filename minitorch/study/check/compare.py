"""How far two ways lie apart, and whether that is more than rounding."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.study.check.differences import Differences, Index
from minitorch.study.check.results import (
    COMPOSED,
    DIFFERENCES,
    RULE,
    TOLERANCES,
    TORCH,
    Array,
    InputCheck,
    Pair,
    Tolerance,
    element,
)

_MOST_ROUNDING = 1e-4
"""More than that part of the largest is not forgiven as rounding."""


def _gaps(
    x: Array, y: Array, tolerance: Tolerance, size: float, slack: Any = 0.0, use: Any = True
) -> tuple[Array, Array]:
    """How far two arrays lie apart, and how much of it is beyond the tolerance; the largest is `size` at least."""
    with np.errstate(all="ignore"):
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        gap = np.where(same, 0.0, np.abs(x - y))
        gap = np.where(np.isnan(gap), np.inf, gap)
        both = _larger(x, y)
        largest = max(float(both.max(initial=0.0, where=np.broadcast_to(use, x.shape))), size)
        return gap, gap - (tolerance.relative * both + tolerance.of_largest * largest + slack)


def _larger(x: Array, y: Array) -> Array:
    """The larger size of each two numbers; 0 where that is not finite."""
    both = np.maximum(np.abs(x), np.abs(y))
    return np.where(np.isfinite(both), both, 0.0)


def compared(
    first: str, second: str, a: Array, b: Array, tolerance: Tolerance, size: float, slack: Any = 0.0, where: Any = True
) -> Pair | None:
    """Two arrays compared where they are to be; None where there is nothing to compare."""
    if a.shape != b.shape:
        return Pair(first, second, math.inf, math.inf, (), (math.nan, math.nan), False)
    use = np.broadcast_to(where, a.shape)
    if not use.any():
        return None
    x, y = a.astype(np.float64), b.astype(np.float64)
    gap, excess = _gaps(x, y, tolerance, size, slack, use)
    excess = np.where(use, excess, -np.inf)
    ok = bool((excess <= 0).all())
    worst = np.unravel_index(int(np.argmax(np.where(use, gap, -1) if ok else excess)), a.shape)
    index = tuple(map(int, worst))
    floor = tolerance.of_largest * max(float(_larger(x, y)[use].max()), size, 1e-300)
    relative = np.where(gap == 0, 0.0, gap / np.maximum(_larger(x, y), floor))
    return Pair(
        first, second, float(gap[use].max()), float(relative[use].max()), index, (float(x[index]), float(y[index])), ok
    )


def compared_value(way: str, name: str, a: Array, b: Array) -> Pair:
    """The value of an operation, and that which another way gives it."""
    pair = compared(name, way, a, b, TOLERANCES.get(a.dtype.name, TOLERANCES["float64"]), 1e-3)
    return pair or Pair(name, way, 0.0, 0.0, (), (math.nan, math.nan), True)


def compared_input(
    name: str, array: Array, ways: dict[str, Any], numeric: Differences, size: float, rounding: Array
) -> InputCheck:
    """All pairs of ways to the gradient of one input."""
    tolerance = TOLERANCES[array.dtype.name]
    taken, smooth = ~np.isnan(numeric.values), np.ones(array.shape, bool)
    for kink in numeric.kinks:
        smooth[kink.index] = False
    numerical_slack = np.where(taken, np.nan_to_num(2 * numeric.errors, posinf=0.0), 0.0)
    largest = max(float(_larger(ways[RULE], ways[RULE]).max(initial=0.0)), size)
    slack = np.minimum(4 * rounding.max(initial=0.0), _MOST_ROUNDING * largest)
    order = [way for way in (RULE, COMPOSED, DIFFERENCES, TORCH) if way in ways]
    pairs = []
    for first, second in itertools.combinations(order, 2):
        numerical = DIFFERENCES in (first, second)
        # At a kink each may choose; the rule's choice is torch's.
        where = taken if numerical else True if {first, second} == {RULE, TORCH} else smooth
        pair = compared(
            first,
            second,
            ways[first],
            ways[second],
            tolerance,
            size,
            slack + (numerical_slack if numerical else 0.0),
            where,
        )
        if pair is not None:
            pairs.append(pair)
    wrong = [kink for kink in numeric.kinks if not kink.allows(element(ways[RULE], kink.index))]
    arrays = {way: ways.get(way) for way in (RULE, COMPOSED, DIFFERENCES, TORCH)}
    return InputCheck(name, array.shape, array.dtype.name, arrays, pairs, numeric.kinks, numeric.errors, wrong)


def where_they_differ(ways: Sequence[Array], dtype: str, size: float) -> list[Index]:
    """The elements where the ways do not agree: it may be for a kink."""
    found: list[Index] = []
    for a, b in itertools.combinations(ways, 2):
        if a.shape == b.shape:
            _, excess = _gaps(a.astype(np.float64), b.astype(np.float64), TOLERANCES[dtype], size)
            found += [tuple(map(int, each)) for each in np.argwhere(excess > 0)]
    return [*dict.fromkeys(found)]
