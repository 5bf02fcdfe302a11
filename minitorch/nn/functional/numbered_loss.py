"""Losses as torch has them at its top: the reduction is a number, and 0, none, if it is not given."""

from __future__ import annotations

from minitorch.errors import type_name
from minitorch.nn.functional import binary_loss, likelihood_loss, margin_loss
from minitorch.nn.functional._arguments import check_tensors
from minitorch.nn.functional._loss import reduced
from minitorch.ops.repeating import broadcast_shapes
from minitorch.tensor import Tensor


def _named(name: str, reduction: int) -> str:
    """The reduction that a number stands for: 1 for "mean", 2 for "sum", any other for "none"."""
    if isinstance(reduction, bool) or not isinstance(reduction, int):
        raise TypeError(f"{name}(): argument 'reduction' must be int, not {type_name(reduction)}")
    return {1: "mean", 2: "sum"}.get(reduction, "none")


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """nn.functional.binary_cross_entropy_with_logits, with a number as reduction."""
    check_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    shape = broadcast_shapes(input.shape, target.shape)
    if shape != target.shape or (pos_weight is not None and shape != input.shape):
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}: "
            "the input must be of the target's shape, or without pos_weight expand to it"
        )
    return binary_loss.binary_cross_entropy_with_logits(
        input.expand(shape),
        target,
        weight,
        reduction=_named("binary_cross_entropy_with_logits", reduction),
        pos_weight=pos_weight,
    )


def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """nn.functional.kl_div, with a number as reduction: 1 is the mean over all elements."""
    name = _named("kl_div", reduction)
    if name != "mean":
        return likelihood_loss.kl_div(input, target, reduction=name, log_target=log_target)
    return reduced(likelihood_loss.kl_div(input, target, reduction="none", log_target=log_target), "mean")


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """nn.functional.poisson_nll_loss, with a number as reduction."""
    check_tensors("poisson_nll_loss", input=input, target=target)
    name = _named("poisson_nll_loss", reduction)
    return likelihood_loss.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=name)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """nn.functional.hinge_embedding_loss, with a number as reduction."""
    check_tensors("hinge_embedding_loss", input=input, target=target)
    return margin_loss.hinge_embedding_loss(input, target, margin, reduction=_named("hinge_embedding_loss", reduction))


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """nn.functional.margin_ranking_loss, with a number as reduction; the tensors may have any shapes that broadcast."""
    check_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return margin_loss.ranked(input1, input2, target, margin, _named("margin_ranking_loss", reduction))


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """nn.functional.cosine_embedding_loss, with a number as reduction."""
    check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    return margin_loss.cosine_embedding_loss(
        input1, input2, target, margin, reduction=_named("cosine_embedding_loss", reduction)
    )


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """nn.functional.triplet_margin_loss, with a number as reduction."""
    check_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    return margin_loss.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=_named("triplet_margin_loss", reduction)
    )
