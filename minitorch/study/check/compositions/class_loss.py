"""The composition of each operation of ops/class_loss.py."""

from __future__ import annotations

import minitorch as torch
from minitorch.ops import class_loss
from minitorch.study.check.compositions.activation import log_softmax
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(class_loss._nll_loss)
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """The classes are dimension 1 of (N, C, ...), or all of (C); the mean is over the weights of the targets."""
    if input.ndim == 1:
        losses = nll_loss(input.unsqueeze(0), target.reshape(1), weight, ignore_index, reduction)
        return losses.reshape(())
    kept = target.ne(ignore_index)
    index = torch.where(kept, target, 0).long()
    picked = input.gather(1, index.unsqueeze(1)).squeeze(1)
    share = kept.to(input.dtype) * (1.0 if weight is None else weight[index])
    losses = -torch.where(kept, picked, 0.0) * share
    return losses if reduction == "none" else losses.sum() / (share.sum() if reduction == "mean" else 1)


@composition(class_loss._cross_entropy)
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    classes = 1 if input.ndim > 1 else 0
    return nll_loss(log_softmax(input, classes), target, weight, ignore_index, reduction)


@composition(class_loss.mean_over)
def mean_over(total: Tensor, items: int) -> Tensor:
    return total / items
