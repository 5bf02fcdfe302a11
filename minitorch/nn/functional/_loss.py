"""What losses share: the reduction of their values, and the checks of input, target and weight."""

from __future__ import annotations

import warnings

from minitorch.ops.repeating import broadcast_tensors
from minitorch.tensor import Tensor


def reduced(losses: Tensor, reduction: str) -> Tensor:
    result: Tensor = losses
    if reduction != "none":
        result = losses.mean() if reduction == "mean" else losses.sum()
    return result


def weighted_mean(losses: Tensor, weight: Tensor) -> Tensor:
    result: Tensor = losses.sum() / weight.sum()
    return result


def same_shape(name: str, input: Tensor, target: Tensor) -> bool:
    """Whether input and target are of one shape."""
    try:
        return bool(input._array.shape == target._array.shape)
    except AttributeError:
        # torch's exception here is the one of Python that its own code runs into.
        wrong = target if isinstance(input, Tensor) else input
        raise AttributeError(
            f"{name}(): expected Tensors, but '{type(wrong).__name__}' object has no attribute 'size'"
        ) from None


def of_one_shape(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Input and target, expanded where their shapes differ, with torch's warning that this is seldom meant."""
    if same_shape(name, input, target):
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
        "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    input, target = broadcast_tensors(input, target)
    return input, target


def check_weight(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
