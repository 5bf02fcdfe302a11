"""The cross entropy of two classes, by probabilities and by logits."""

from __future__ import annotations

from typing import Any

from minitorch.errors import broadcast_error
from minitorch.nn.functional._arguments import not_differentiable
from minitorch.nn.functional._loss import same_shape
from minitorch.ops import binary_loss
from minitorch.ops._loss_reduction import REDUCTIONS, check_float, chosen_reduction
from minitorch.ops.repeating import broadcast_shapes
from minitorch.tensor import Tensor


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`-(target * log(input) + (1 - target) * log(1 - input))` of probabilities; logarithms are -100 at least.

    Raises ValueError when the shapes differ, RuntimeError for what lies outside [0, 1] and for dtypes that differ.
    """
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    if not same_shape("binary_cross_entropy", input, target):
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) "
            "is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        not_differentiable("binary_cross_entropy", weight=weight)
        weight = weight.expand(_broadcast_to(weight, input))
    if input._array.dtype is not target._array.dtype and input.dtype is not target.dtype:
        raise RuntimeError(
            f"binary_cross_entropy(): Found dtype {target.dtype.legacy_name} but expected {input.dtype.legacy_name}: "
            "the target must be of the input's dtype"
        )
    if weight is None and reduction == "mean":
        return binary_loss.binary_cross_entropy(input, target)
    return binary_loss.binary_cross_entropy(input, target, reduction, weight)


def _broadcast_to(weight: Tensor, input: Tensor) -> Any:
    """The input's shape; raises RuntimeError when the weight does not broadcast to it."""
    try:
        common = broadcast_shapes(weight.size(), input.size())
    except RuntimeError:
        raise broadcast_error([weight.size(), input.size()]) from None
    if common != input.size():
        raise RuntimeError(
            f"output with shape {list(input.size())} doesn't match the broadcast shape {list(common)}: "
            "the weight must broadcast to the input"
        )
    return common


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The binary cross entropy of `sigmoid(input)`, exact for large inputs; a target of 1 counts `pos_weight` times.

    The result has the target's dtype. Raises ValueError when the shapes differ, RuntimeError for targets of integers.
    """
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    if not same_shape("binary_cross_entropy_with_logits", input, target):
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if weight is not None or pos_weight is not None:
        not_differentiable("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
        check_float("log_sigmoid_cpu", input._array)
        weight, pos_weight = (
            # One without a dimension stays so, and may then lie on the CPU beside a GPU's input.
            None if each is None else (each.expand(_broadcast_to(each, input)) if each.ndim else each).to(target.dtype)
            for each in (weight, pos_weight)
        )
    if input._array.dtype is not target._array.dtype:
        check_float("log_sigmoid_cpu", input._array)
        if not target.is_floating_point():
            raise RuntimeError(
                f"binary_cross_entropy_with_logits(): result type {input.dtype.legacy_name} can't be cast to the "
                f"desired output type {target.dtype.legacy_name}: the target must be of floats"
            )
        input = input.to(target.dtype)
    if weight is None and pos_weight is None and reduction == "mean":
        return binary_loss.binary_cross_entropy_with_logits(input, target)
    return binary_loss.binary_cross_entropy_with_logits(input, target, reduction, weight, pos_weight)
