"""The composition of each operation of ops/loss.py."""

from __future__ import annotations

import itertools
import math

import minitorch as torch
from minitorch.ops import loss
from minitorch.study.check.compositions.activation import log_softmax, relu, softplus
from minitorch.study.check.compositions.elementwise import _total, clamp_min
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else losses.sum() / (losses.numel() if reduction == "mean" else 1)


def _weighted(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses if weight is None else losses * weight


@composition(loss.mse_loss)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return _reduced((input - target) * (input - target), reduction)


@composition(loss.smooth_l1_loss)
def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return _reduced(torch.where(gap < beta, gap * gap / (2 * beta), gap - beta / 2), reduction)


@composition(loss.huber_loss)
def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return _reduced(torch.where(gap < delta, gap * gap / 2, delta * (gap - delta / 2)), reduction)


@composition(loss.binary_cross_entropy)
def binary_cross_entropy(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Logarithms count as -100 at least."""
    yes, no = clamp_min(input.log(), -100.0), clamp_min((1 - input).log(), -100.0)
    return _reduced(_weighted(-(target * yes + (1 - target) * no), weight), reduction)


@composition(loss.binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
) -> Tensor:
    yes, no = -softplus(-input, 1.0, math.inf), -softplus(input, 1.0, math.inf)
    return _reduced(_weighted(-(_weighted(target, pos_weight) * yes + (1 - target) * no), weight), reduction)


@composition(loss.soft_margin_loss)
def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return _reduced((1 + (-target * input).exp()).log(), reduction)


@composition(loss._nll_loss)
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


@composition(loss._cross_entropy)
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    classes = 1 if input.ndim > 1 else 0
    return nll_loss(log_softmax(input, classes), target, weight, ignore_index, reduction)


@composition(loss.mean_over)
def mean_over(total: Tensor, items: int) -> Tensor:
    return total / items


@composition(loss.multi_margin_loss)
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the target's score lacks to lead the others by `margin`, the mean over all classes."""
    if input.ndim == 1:
        return multi_margin_loss(input.unsqueeze(0), target.reshape(1), p, margin, weight, reduction).reshape(())
    own = input.gather(1, target.unsqueeze(1))
    others = torch.arange(input.shape[1]).ne(target.unsqueeze(1))
    lack = torch.where(others, relu(margin + input - own), 0.0)
    losses = (lack if p == 1 else lack * lack).sum(1) / input.shape[1]
    return _reduced(losses if weight is None else losses * weight[target], reduction)


@composition(loss.multilabel_margin_loss)
def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """For each target class (those before the first -1) and each other one, what the former lacks to lead by 1."""
    if input.ndim < 2:
        return multilabel_margin_loss(input.reshape(1, -1), target.reshape(1, -1), reduction).reshape(())
    losses = []
    for scores, listed in zip(input.unbind(), target.tolist(), strict=True):
        wanted = [*itertools.takewhile(lambda each: each >= 0, listed)]
        others = [k for k in range(len(listed)) if k not in wanted]
        lacks = [relu(1 - scores[i] + scores[j]) for i in wanted for j in others]
        losses.append(_total([scores[0] * 0, *lacks]) / len(listed))
    return _reduced(torch.stack(losses), reduction)
