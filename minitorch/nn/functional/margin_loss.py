"""Losses by a margin: between the scores of classes, two inputs, or the distances of vectors."""

from __future__ import annotations

from collections.abc import Callable

from minitorch.nn.functional._arguments import check_tensors, not_differentiable
from minitorch.nn.functional._loss import reduced
from minitorch.nn.functional.vectors import pairwise_distance
from minitorch.ops import activation, binary_loss, choices, comparison, margin_loss
from minitorch.ops._loss_reduction import chosen_reduction
from minitorch.ops.repeating import broadcast_tensors
from minitorch.tensor import Tensor


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The input where the target is 1; what it lacks to `margin` where the target is -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input.is_floating_point():
        margin = int(margin)  # torch brings it to the input's dtype
    far = choices.where(comparison.ne(target, 1), (margin - input).clamp_min(0), 0)
    near = choices.where(comparison.ne(target, -1), input, 0)
    return reduced(far + near, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))` for targets 1 and -1.

    Differs from torch: it does not overflow.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_tensors("soft_margin_loss", input=input, target=target)
    not_differentiable("soft_margin_loss", target=target)
    if not input.is_floating_point():
        raise RuntimeError(
            f"soft_margin_loss(): result type Float can't be cast to the desired output type {input.dtype.legacy_name}"
        )
    if input.shape != target.shape:
        input, target = broadcast_tensors(input, target)
    return binary_loss.soft_margin_loss(input, target.to(input.dtype), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What input1 lacks to be above input2 by `margin`, for targets 1; the other way round for targets -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return ranked(input1, input2, target, margin, reduction)


def ranked(input1: Tensor, input2: Tensor, target: Tensor, margin: float, reduction: str) -> Tensor:
    """What input1 lacks, of shapes that broadcast."""
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 less the cosine where the target is 1; the cosine above `margin` where it is -1.

    Inputs (N, D) and targets (N), or (D) and one target.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.dim() == input2.dim() == target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.size())} and {list(input2.size())}."
        )
    # Inside the root, so that a vector of zeros has a cosine and a gradient.
    tiny = 1e-12
    product = (input1 * input2).sum(-1)
    cosine = product / (((input1 * input1).sum(-1) + tiny) * ((input2 * input2).sum(-1) + tiny)).sqrt()
    near = choices.where(comparison.eq(target, 1), 1 - cosine, 0)
    far = choices.where(comparison.eq(target, -1), (cosine - margin).clamp_min(0), 0)
    return reduced(near + far, reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Over the classes other than the target, the mean of what its score lacks to lead by `margin`, to the power p.

    Input (N, C) or (C), target (N) or one number. Raises ValueError unless p is 1 or 2.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    not_differentiable("multi_margin_loss", weight=weight)
    return margin_loss.multi_margin_loss(input, target, p, margin, weight, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """For each target class and each other class, what the former's score lacks to lead by 1, over the classes.

    Input (N, C) or (C); target of the same shape: the target classes of each item, ended by -1.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return margin_loss.multilabel_margin_loss(input, target, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross entropy with logits, its mean over the classes: (N, C) twice give (N) before the reduction."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    losses = -(target * activation.logsigmoid(input) + (1 - target) * activation.logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    dim = input.dim() - 1
    return reduced(losses.sum(dim) / input.size(dim), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the negative lacks to be further from the anchor than the positive by `margin`, in the p-norm.

    `swap` takes the positive in the anchor's place where it is nearer to the negative.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return _triplet_loss(
        anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As triplet_margin_loss, with a distance of your own; by default the Euclidean one."""
    reduction = chosen_reduction(None, None, reduction)
    return _triplet_loss(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = choices.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)
