"""The composition of each operation of ops/distance_loss.py."""

from __future__ import annotations

import minitorch as torch
from minitorch.ops import distance_loss
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else losses.sum() / (losses.numel() if reduction == "mean" else 1)


@composition(distance_loss.mse_loss)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return reduced((input - target) * (input - target), reduction)


@composition(distance_loss.smooth_l1_loss)
def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return reduced(torch.where(gap < beta, gap * gap / (2 * beta), gap - beta / 2), reduction)


@composition(distance_loss.huber_loss)
def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return reduced(torch.where(gap < delta, gap * gap / 2, delta * (gap - delta / 2)), reduction)
