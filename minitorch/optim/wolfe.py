"""The length of a step that satisfies the strong Wolfe conditions: the loss falls enough, and its slope flattens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from minitorch.backend import Array

Scalar: TypeAlias = Any
"""A Python number, or an array's scalar, whose dtype the arithmetic keeps."""


@dataclass(frozen=True)
class _Point:
    """A length that was tried: the loss there, the gradient, and the slope along the direction."""

    length: Scalar
    loss: float
    gradient: Array
    slope: Scalar


def strong_wolfe(
    xp: Any,
    evaluate: Callable[[Scalar], tuple[float, Array]],
    length: Scalar,
    direction: Array,
    loss: float,
    gradient: Array,
    slope: Scalar,
    tries: int,
    tolerance: float,
    fall: float = 1e-4,
    flattening: float = 0.9,
) -> tuple[float, Array, Scalar, int]:
    """Loss, gradient and length of the step found, and how often `evaluate` was called.

    First the length grows until an interval must hold a minimum; then the interval shrinks. Source: Nocedal and
    Wright, Numerical Optimization, 2006, algorithms 3.5, 3.6, with cubic interpolation.
    """
    size = xp.abs(direction).max()

    def at(length: Scalar) -> _Point:
        loss, gradient = evaluate(length)
        return _Point(length, loss, gradient, xp.dot(gradient, direction))

    def too_high(point: _Point) -> bool:
        return bool(point.loss > loss + fall * point.length * slope)

    def flat(point: _Point) -> bool:
        return bool(abs(point.slope) <= -flattening * slope)

    start = _Point(0, loss, gradient, slope)
    before, point, used = start, at(length), 0
    while used < tries:
        if too_high(point) or (used > 1 and point.loss >= before.loss):
            break
        if flat(point):
            return point.loss, point.gradient, point.length, used + 1
        if point.slope >= 0:
            break
        bounds = point.length + 0.01 * (point.length - before.length), point.length * 10
        before, point = point, at(_cubic_minimum(before, point, bounds))
        used += 1
    else:
        before = start

    ends = [before, point]
    low = 0 if before.loss <= point.loss else 1
    stalled = False
    while used < tries and not abs(ends[1].length - ends[0].length) * size < tolerance:
        least, most = sorted(end.length for end in ends)
        length = _cubic_minimum(ends[0], ends[1], (least, most))
        margin = 0.1 * (most - least)
        near_an_end = min(most - length, length - least) < margin
        if near_an_end and (stalled or length >= most or length <= least):
            length = most - margin if abs(length - most) < abs(length - least) else least + margin
            near_an_end = False
        stalled = near_an_end
        point = at(length)
        used += 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if point.slope * (ends[1 - low].length - ends[low].length) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
        if flat(point):
            break
    best = ends[low]
    return best.loss, best.gradient, best.length, used + 1


def _cubic_minimum(a: _Point, b: _Point, bounds: tuple[Scalar, Scalar]) -> Scalar:
    """Where the cubic through two points and their slopes is least, within the bounds; else the middle of these."""
    if a.length > b.length:
        a, b = b, a
    secant = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = secant**2 - a.slope * b.slope
    if not square >= 0:
        return (bounds[0] + bounds[1]) / 2.0
    root = square**0.5
    least = b.length - (b.length - a.length) * ((b.slope + root - secant) / (b.slope - a.slope + 2 * root))
    return min(max(least, bounds[0]), bounds[1])
