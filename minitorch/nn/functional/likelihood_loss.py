"""Losses that compare distributions: the divergence of one from another, and likelihoods of a known kind."""

from __future__ import annotations

import math
import warnings

from minitorch.autograd.modes import no_grad
from minitorch.nn.functional._arguments import check_tensors
from minitorch.nn.functional._loss import reduced
from minitorch.ops import choices, exponentials
from minitorch.ops._loss_reduction import REDUCTIONS, chosen_reduction
from minitorch.ops.creation import ones_like
from minitorch.tensor import Tensor


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """`target * (log(target) - input)`, input being log-probabilities; "batchmean" divides by the batch size alone.

    With `log_target` the target, too, is of log-probabilities. Warns that "mean" is not the divergence's own.
    """
    reduction = chosen_reduction(size_average, reduce, reduction, also=("batchmean",))
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    check_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = exponentials.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return reduced(losses, "sum") / input.shape[0] if input.ndim else reduced(losses, "sum")
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts under Poisson's law, whose rate is `exp(input)` or `input` itself.

    `full` adds Stirling's term for targets above 1.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + choices.where(target <= 1, 0, stirling)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The negative log-likelihood under a normal law of mean `input` and variance `var`, which is `eps` at least.

    `var` is a number, or of the input's shape, perhaps with the last dimension 1 or left out. Raises ValueError for a
    wrong shape and for a negative variance.
    """
    if (var < 0) if isinstance(var, float) else (var < 0).any():
        raise ValueError("var has negative entry/entries")
    variance: Tensor = var * ones_like(input) if isinstance(var, float) else var
    if variance.size() != input.size():
        if input.size()[:-1] == variance.size():
            variance = variance.unsqueeze(-1)
        elif input.size()[:-1] != variance.size()[:-1] or variance.size(-1) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    variance = variance.clone()
    with no_grad():
        variance.clamp_(min=eps)
    losses = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)
