"""Finite differences: the derivative of a function of one array, element by element, and how far it is to be trusted.

An element is moved by a step either way, and by half of it. The two central differences give the derivative with the
error of the step's square taken off (Richardson), and their gap says how large the error is at most. Where it is not
small, or the slopes to the left and to the right disagree, the steps become smaller: a strongly bent curve looks
straight then, and what still has two slopes is a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Index = tuple[int, ...]

_SHRINK = 8
"""By how much a step becomes smaller when it was too large."""
_ENOUGH = 1e-6
"""An error of that part of the derivative is no reason for smaller steps."""


@dataclass(frozen=True)
class Kink:
    """An element where the function has no derivative: its slopes to the left and to the right."""

    index: Index
    left: float
    right: float
    kind: str
    """"kink", "jump", or "edge" where the function has no finite value on one side."""
    low: float
    high: float
    """Between them lies any sum of slopes between the left and the right one, chosen for each result by itself."""

    def __str__(self) -> str:
        at = f"[{', '.join(map(str, self.index))}]"
        if self.kind == "kink":
            return (
                f"a kink at {at}: the slope is {self.left + 0.0:.4g} to the left, {self.right + 0.0:.4g} to the right"
            )
        return (
            f"a jump at {at}" if self.kind == "jump" else f"the edge of the domain at {at}: no finite value beside it"
        )

    def allows(self, slope: float) -> bool:
        """Whether a gradient rule may give this slope here: between the two of a kink, anything elsewhere."""
        if self.kind != "kink":
            return True
        slack = 1e-3 * max(1e-3, self.high - self.low)
        return self.low - slack <= slope <= self.high + slack


@dataclass
class Differences:
    """The derivatives of a number by the elements of an array, nan where none was taken; their errors; the kinks."""

    values: Array
    errors: Array
    kinks: list[Kink]


Function = Callable[[], Array]
"""The terms whose sum is differentiated: the results, weighted."""


def central(function: Function, at: Array, elements: Sequence[Index], eps: float) -> Differences:
    """The derivatives of the sum of what `function` returns by the given elements of the array `at`.

    `function` reads `at`, which is left as it was; `eps` is the relative size of rounding.
    """
    values, errors = np.full(at.shape, np.nan), np.full(at.shape, np.nan)
    kinks: list[Kink] = []
    middle = function()
    for index in elements:
        values[index], errors[index], kink = _one(function, at, index, eps, middle)
        if kink is not None:
            kinks.append(kink)
    return Differences(values, errors, kinks)


def _one(function: Function, at: Array, index: Index, eps: float, middle: Array) -> tuple[float, float, Kink | None]:
    x = float(at[index])
    scale = max(1.0, abs(x)) if math.isfinite(x) else 1.0
    step = 2.0 ** round(math.log2(scale * eps**0.2))
    best: tuple[float, float] = (math.nan, math.inf)
    size, total = float(np.abs(middle).sum()), float(middle.sum())
    bends: list[float] = []
    noise = left = right = wide = narrow = math.nan
    finite = False

    def moved(by: float) -> Array:
        at[index] = x + by
        terms = function()
        at[index] = x
        return terms

    while True:
        terms = [moved(by) for by in (step, -step, step / 2, -step / 2)]
        high, low, high_half, low_half = (float(each.sum()) for each in terms)
        noise = eps * size / step
        finite = all(map(math.isfinite, (high, low, high_half, low_half)))
        if finite:
            wide, narrow = (high - low) / (2 * step), (high_half - low_half) / step
            error = abs(narrow - wide) / 3 + 4 * noise
            left, right = (total - low_half) / (step / 2), (high_half - total) / (step / 2)
            bends = [abs(high - 2 * total + low) / step, abs(right - left)]
            if error < best[1]:
                best = ((4 * narrow - wide) / 3, error)
            bent = bends[1] > 100 * noise and bends[1] > 0.7 * bends[0]
            if not bent and error <= _ENOUGH * max(abs(best[0]), 1e-3):
                return *best, None
        if step / _SHRINK < scale * eps**0.4:
            break
        step /= _SHRINK
    lefts, rights = (middle - terms[3]) / (step / 2), (terms[2] - middle) / (step / 2)
    between = (float(np.minimum(lefts, rights).sum()), float(np.maximum(lefts, rights).sum()))
    if not finite:
        return math.nan, math.inf, Kink(index, left, right, "edge", *between)
    # At steps this small a curve is straight; what is still bent has a corner here, or a step, whose slope grows.
    if abs(narrow - wide) > max(1e3 * noise, 0.3 * max(abs(narrow), abs(wide))):
        return math.nan, math.inf, Kink(index, left, right, "jump", *between)
    if bends[1] > max(1e3 * noise, 1e-3 * max(abs(left), abs(right))) and bends[1] > 0.7 * bends[0]:
        return math.nan, math.inf, Kink(index, left, right, "jump" if bends[1] > 1.5 * bends[0] else "kink", *between)
    return *best, None
