"""Losses by the distance to a target, absolute or squared."""

from __future__ import annotations

from minitorch.nn.functional._loss import check_weight, of_one_shape, reduced, weighted_mean
from minitorch.ops import distance_loss
from minitorch.ops._loss_reduction import REDUCTIONS, chosen_reduction
from minitorch.tensor import Tensor


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference, by default its mean. With a `weight` of the input's shape the mean is a weighted one.

    Warns when the shapes differ: they are broadcast.
    """
    check_weight(input, weight)
    input, target = of_one_shape("mse_loss", input, target)
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    if weight is not None:
        losses = (input - target) ** 2 * weight
        return weighted_mean(losses, weight) if reduction == "mean" else reduced(losses, reduction)
    # Without the last argument the call is a shorter one.
    return (
        distance_loss.mse_loss(input, target)
        if reduction == "mean"
        else distance_loss.mse_loss(input, target, reduction)
    )


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference, by default its mean. With a `weight` of the input's shape the mean is a weighted one.

    Warns when the shapes differ: they are broadcast.
    """
    check_weight(input, weight)
    input, target = of_one_shape("l1_loss", input, target)
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    losses = (input - target).abs()
    if weight is not None:
        losses = losses * weight
        if reduction == "mean":
            return weighted_mean(losses, weight)
    return reduced(losses, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference, rounded off to a parabola where it is less than `beta`. Source: Girshick, Fast R-CNN.

    Warns when the shapes differ: they are broadcast. Raises RuntimeError for a negative `beta`.
    """
    input, target = of_one_shape("smooth_l1_loss", input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    if beta == 0.0:
        return reduced((input - target).abs(), reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return distance_loss.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half the squared difference up to `delta`, and from there on a straight line. Source: Huber, 1964.

    Warns when the shapes differ: they are broadcast. Raises RuntimeError unless `delta` is positive.
    """
    check_weight(input, weight)
    input, target = of_one_shape("huber_loss", input, target)
    reduction = chosen_reduction(None, None, reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if input.dtype is not target.dtype:
        if not input.is_floating_point() and target.is_floating_point():
            raise RuntimeError(
                f"huber_loss(): result type {target.dtype.legacy_name} can't be cast to the desired output type "
                f"{input.dtype.legacy_name}"
            )
        target = target.to(input.dtype)
    if weight is None:
        return distance_loss.huber_loss(input, target, reduction, delta)
    return reduced(distance_loss.huber_loss(input, target, "none", delta) * weight, reduction)
