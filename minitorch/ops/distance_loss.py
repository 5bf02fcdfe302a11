"""Losses by the distance to a target, fused: each is one operation from its inputs to the reduced value."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array
from minitorch.fused import fused
from minitorch.ops._loss_reduction import check_float, each, reduced


@op(dtypes=PROMOTE)
def mse_loss(xp: Any, input: Array, target: Array, reduction: str = "mean") -> Array:
    """The squared difference."""
    check_float("mse_cpu", input)
    difference = input - target
    if reduction == "none":
        return xp.square(difference)
    if input.dtype.itemsize == 2 or input.size > _DOT_LIMIT:
        return reduced(xp.square(difference), reduction)
    total = xp.vdot(difference, difference)
    return total / input.size if reduction == "mean" else total


_DOT_LIMIT = 1 << 16
"""Up to so many elements squares are summed by a dot product, which makes no temporary; it rounds more than a sum."""


mse_loss.grad(
    input=lambda xp, g, input, target, reduction: (input - target) * (2 * each(g, reduction, input.shape)),
    target=lambda xp, g, input, target, reduction: (target - input) * (2 * each(g, reduction, input.shape)),
)


@op(dtypes=PROMOTE)
def smooth_l1_loss(xp: Any, input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """The difference squared over `2 * beta` where it is less than `beta`, else its absolute value less `beta / 2`."""
    check_float("smooth_l1_cpu", input)
    return reduced(_smooth_l1(xp, input, target, beta), reduction)


@fused(
    "T input, T target, float64 beta",
    "T out",
    """
    real size = fabs(real(input) - real(target));
    out = size < real(beta) ? size * size * real(0.5 / beta) : size - real(0.5 * beta);
    """,
)
def _smooth_l1(xp: Any, input: Array, target: Array, beta: float) -> Array:
    size = xp.absolute(input - target)
    return xp.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)


_SIGN = "real difference = real(input) - real(target), sign = difference > 0 ? 1 : difference < 0 ? -1 : difference;"


@fused(
    "T input, T target, float64 beta",
    "T out",
    _SIGN + "out = fabs(difference) < real(beta) ? difference / real(beta) : sign",
)
def _smooth_l1_slope(xp: Any, input: Any, target: Any, beta: float) -> Any:
    difference = input - target
    return xp.where(xp.absolute(difference) < beta, difference / beta, xp.sign(difference))


smooth_l1_loss.grad(
    input=lambda xp, g, input, target, reduction, beta: (
        _smooth_l1_slope(xp, input, target, beta) * each(g, reduction, input.shape)
    ),
    target=lambda xp, g, input, target, reduction, beta: (
        _smooth_l1_slope(xp, input, target, beta) * -each(g, reduction, input.shape)
    ),
)


@op(dtypes=PROMOTE)
def huber_loss(xp: Any, input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Half the squared difference up to `delta`, beyond it `delta` times the absolute difference less `delta / 2`."""
    check_float("huber_cpu", input)
    return reduced(_huber(xp, input, target, delta), reduction)


@fused(
    "T input, T target, float64 delta",
    "T out",
    """
    real size = fabs(real(input) - real(target));
    out = size < real(delta) ? real(0.5) * size * size : real(delta) * (size - real(0.5 * delta));
    """,
)
def _huber(xp: Any, input: Array, target: Array, delta: float) -> Array:
    size = xp.absolute(input - target)
    return xp.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


@fused(
    "T input, T target, float64 delta",
    "T out",
    _SIGN + "out = fabs(difference) < real(delta) ? difference : real(delta) * sign",
)
def _huber_slope(xp: Any, input: Any, target: Any, delta: float) -> Any:
    difference = input - target
    return xp.where(xp.absolute(difference) < delta, difference, delta * xp.sign(difference))


huber_loss.grad(
    input=lambda xp, g, input, target, reduction, delta: (
        _huber_slope(xp, input, target, delta) * each(g, reduction, input.shape)
    ),
    target=lambda xp, g, input, target, reduction, delta: (
        _huber_slope(xp, input, target, delta) * -each(g, reduction, input.shape)
    ),
)
