"""The composition of each operation of ops/binary_loss.py."""

from __future__ import annotations

import math

from minitorch.ops import binary_loss
from minitorch.study.check.compositions.activation import softplus
from minitorch.study.check.compositions.choices import clamp_min
from minitorch.study.check.compositions.distance_loss import reduced
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _weighted(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses if weight is None else losses * weight


@composition(binary_loss.binary_cross_entropy)
def binary_cross_entropy(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Logarithms count as -100 at least."""
    yes, no = clamp_min(input.log(), -100.0), clamp_min((1 - input).log(), -100.0)
    return reduced(_weighted(-(target * yes + (1 - target) * no), weight), reduction)


@composition(binary_loss.binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
) -> Tensor:
    yes, no = -softplus(-input, 1.0, math.inf), -softplus(input, 1.0, math.inf)
    return reduced(_weighted(-(_weighted(target, pos_weight) * yes + (1 - target) * no), weight), reduction)


@composition(binary_loss.soft_margin_loss)
def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return reduced((1 + (-target * input).exp()).log(), reduction)
