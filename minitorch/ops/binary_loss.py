"""Losses of two classes, fused: each is one operation from its inputs to the reduced value."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array
from minitorch.fused import fused
from minitorch.ops._loss_reduction import check_float, each, reduced
from minitorch.ops.activation import logsigmoid
from minitorch.ops.exponentials import sigmoid

_LOWEST_LOG = -100.0
"""The logarithm of a probability counts as no less, so that a loss stays finite."""
_SMALLEST_VARIANCE = 1e-12
"""`p * (1 - p)` counts as no less, so that a gradient stays finite."""


def _check_probabilities(name: str, array: Array) -> None:
    """Raises torch's error when an element lies outside [0, 1], or is nan."""
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise RuntimeError(
            f"binary_cross_entropy: all elements of {name} should be between 0 and 1"
            + (": apply a sigmoid, or use binary_cross_entropy_with_logits" if name == "input" else "")
        )


@op
def binary_cross_entropy(
    xp: Any, input: Array, target: Array, reduction: str = "mean", weight: Array | None = None
) -> Array:
    """`-(target * log(input) + (1 - target) * log(1 - input))`, weighted."""
    check_float("binary_cross_entropy", input)
    _check_probabilities("target", target)
    losses = _two_classes(xp, input, target)
    if weight is not None:
        losses = (losses * weight).astype(input.dtype, copy=False)
    result = reduced(losses, reduction)
    # The logarithm of what is no probability is nan, so the input needs a look of its own in that case only.
    if not (result.sum() if result.ndim else result) < math.inf:
        _check_probabilities("input", input)
    return result


@fused(
    "T input, T target",
    "T out",
    f"""
    real p = input, t = target, no = log1p(-p), yes = log(p), lowest = {_LOWEST_LOG};
    out = (t - 1) * (no < lowest ? lowest : no) - t * (yes < lowest ? lowest : yes);
    """,
)
def _two_classes(xp: Any, input: Array, target: Array) -> Array:
    return (target - 1) * xp.maximum(xp.log1p(-input), _LOWEST_LOG) - target * xp.maximum(xp.log(input), _LOWEST_LOG)


def _weighted(g: Any, weight: Any) -> Any:
    return g if weight is None else g * weight


@fused(
    "T input, T target",
    "T out",
    f"""
    real p = input, variance = (1 - p) * p, lowest = {_SMALLEST_VARIANCE};
    out = (p - real(target)) / (variance < lowest ? lowest : variance);
    """,
)
def _two_classes_slope(xp: Any, input: Any, target: Any) -> Any:
    """`(input - target) / ((1 - input) * input)`, but finite."""
    return (input - target) / xp.maximum((1 - input) * input, _SMALLEST_VARIANCE)


binary_cross_entropy.grad(
    input=lambda xp, g, input, target, reduction, weight: (
        _two_classes_slope(xp, input, target) * _weighted(each(g, reduction, input.shape), weight)
    ),
    target=lambda xp, g, input, reduction, weight: (
        (xp.log(1 - input) - xp.log(input)) * _weighted(each(g, reduction, input.shape), weight)
    ),
)


@op(dtypes=PROMOTE)
def binary_cross_entropy_with_logits(
    xp: Any,
    input: Array,
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
    pos_weight: Array | None = None,
) -> Array:
    """The binary cross entropy of `sigmoid(input)`, without its rounding; targets of 1 count `pos_weight` times."""
    check_float("log_sigmoid_cpu", input)
    tail = logsigmoid.kernel(xp, input)
    if pos_weight is not None:
        tail *= 1 + (pos_weight - 1) * target
    losses = _less_tail(xp, input, target, tail)
    if weight is not None:
        losses *= weight
    return reduced(losses, reduction)


@fused("T input, T target, T tail", "T out", "out = (1 - real(target)) * real(input) - real(tail)")
def _less_tail(xp: Any, input: Array, target: Array, tail: Array) -> Array:
    return (1 - target) * input - tail


def _logit_slope(xp: Any, input: Any, target: Any, pos_weight: Any) -> Any:
    probability = sigmoid.on(xp)(input)
    if pos_weight is None:
        return probability - target
    return (1 + (pos_weight - 1) * target) * probability - pos_weight * target


def _logit_target_slope(xp: Any, input: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return -input
    return (1 - pos_weight) * logsigmoid.on(xp)(input) - input


binary_cross_entropy_with_logits.grad(
    input=lambda xp, g, input, target, reduction, weight, pos_weight: (
        _logit_slope(xp, input, target, pos_weight) * _weighted(each(g, reduction, input.shape), weight)
    ),
    target=lambda xp, g, input, reduction, weight, pos_weight: (
        _logit_target_slope(xp, input, pos_weight) * _weighted(each(g, reduction, input.shape), weight)
    ),
)


@op
def soft_margin_loss(xp: Any, input: Array, target: Array, reduction: str = "mean") -> Array:
    """`log(1 + exp(-target * input))`, without overflow."""
    return reduced(-logsigmoid.kernel(xp, target * input), reduction)


soft_margin_loss.grad(
    input=lambda xp, g, input, target, reduction: (
        target * (sigmoid.on(xp)(target * input) - 1) * each(g, reduction, input.shape)
    )
)
