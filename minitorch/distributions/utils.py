"""What the distributions share: parameters of one shape, and the ways between probabilities and logits."""

from __future__ import annotations

from typing import Any

from minitorch.dtypes import finfo
from minitorch.ops.activation import softmax
from minitorch.ops.creation import tensor
from minitorch.ops.exponentials import sigmoid
from minitorch.ops.repeating import broadcast_tensors
from minitorch.tensor import Tensor

__all__ = ["broadcast_all", "clamp_probs", "logits_to_probs", "probs_to_logits"]

EULER = 0.57721566490153286060
"""Euler's constant."""


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """The values as tensors of one shape; a number takes dtype and device of the first tensor among them.

    Raises ValueError for what is neither number nor tensor, RuntimeError for shapes that do not broadcast.
    """
    if not all(isinstance(value, (Tensor, bool, int, float)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    given = next((value for value in values if isinstance(value, Tensor)), tensor(0.0))
    return broadcast_tensors(
        *(
            value if isinstance(value, Tensor) else tensor(value, dtype=given.dtype, device=given.device)
            for value in values
        )
    )


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept off 0 and 1 by the dtype's epsilon, so that their logarithms are finite."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log p, or for `is_binary` log p / (1 - p)."""
    inner = clamp_probs(probs)
    return inner.log() - (-inner).log1p() if is_binary else inner.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The softmax along the last dimension, or for `is_binary` the sigmoid."""
    return sigmoid(logits) if is_binary else softmax(logits, -1)


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over the last `dims` dimensions."""
    return value if dims == 0 else value.sum(tuple(range(-dims, 0)))
