"""The composition of each operation of ops/margin_loss.py."""

from __future__ import annotations

import itertools

import minitorch as torch
from minitorch.ops import margin_loss
from minitorch.study.check.compositions.activation import relu
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.distance_loss import reduced
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(margin_loss.multi_margin_loss)
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
    return reduced(losses if weight is None else losses * weight[target], reduction)


@composition(margin_loss.multilabel_margin_loss)
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
    return reduced(torch.stack(losses), reduction)
