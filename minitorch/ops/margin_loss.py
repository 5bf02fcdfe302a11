"""Losses by the margin between the scores of classes, for one class or several as the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.errors import shape_list
from minitorch.ops._loss_reduction import check_float, each, reduced
from minitorch.ops.class_loss import check_long, check_weight_dtype


def _reduced_gradient(g: Any, reduction: str, shape: Sequence[int]) -> Any:
    """The gradient of the loss of each item of (N, C) or (C), as a column."""
    if len(shape) == 1:
        return g.reshape((1,))
    return g.reshape((shape[0], 1)) if reduction == "none" else each(g, reduction, shape[:1])


@op
def _one_hot(xp: Any, target: Array, input: Array) -> Array:
    """Whether an element is that of the target class of its row."""
    return (target.reshape(-1, 1) == xp.arange(input.shape[-1])).reshape(input.shape)


def _shortfalls(xp: Any, input: Any, chosen: Any, margin: float) -> Any:
    """What the target's score lacks to lead each other class by `margin`; 0 where it leads."""
    own = xp.sum(xp.where(chosen, input, 0), axis=-1, keepdims=True)
    short = xp.where(chosen, 0, margin + input - own)
    return xp.where(short > 0, short, 0)


@op
def multi_margin_loss(
    xp: Any,
    input: Array,
    target: Array,
    p: int = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """The mean over the classes of the shortfalls of each item's target, to the power p."""
    check_float("MultiMarginLoss_out_frame", input)
    count, classes = (1, *input.shape) if input.ndim == 1 else input.shape
    if target.ndim > 1 or target.size != count:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{count}], but got {shape_list(target.shape)}. "
            f"Input has shape {shape_list(input.shape)}."
        )
    check_long("multi_margin_loss", target)
    if target.size and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise RuntimeError(f"multi_margin_loss: target out of range: there are {classes} classes, 0 to {classes - 1}")
    if weight is not None:
        if weight.shape != (classes,):
            raise RuntimeError(f"inconsistent weight size, expected {classes} but got {shape_list(weight.shape)}")
        check_weight_dtype("multi_margin_loss", input, weight)
    short = _shortfalls(xp, input, _one_hot.kernel(xp, target, input), margin)
    losses = (short if p == 1 else short * short).sum(axis=-1) / classes
    if weight is not None:
        losses = losses * weight[target.reshape(losses.shape)]
    return reduced(losses, reduction)


@op
def _weight_of(xp: Any, weight: Array, target: Array) -> Array:
    """The weight of each target, as a column."""
    return weight[target].reshape(-1, 1)


def _multi_margin_input(
    xp: Any, g: Any, input: Any, target: Any, p: int, margin: float, weight: Any, reduction: str
) -> Any:
    shape = input.shape
    chosen = _one_hot.on(xp)(target, input)
    short = _shortfalls(xp, input, chosen, margin)
    slope = (xp.sign(short) if p == 1 else 2 * short) * (_reduced_gradient(g, reduction, shape) / shape[-1])
    if weight is not None:
        slope = (slope * _weight_of.on(xp)(weight, target)).reshape(shape)
    return xp.where(chosen, -xp.sum(slope, axis=-1, keepdims=True), slope)


multi_margin_loss.grad(input=_multi_margin_input)


@op
def _label_pairs(xp: Any, target: Array, input: Array) -> Array:
    """How often each pair (a target class, another class) counts in each item: (N, C, C) or (C, C)."""
    classes = target.shape[-1]
    listed = xp.cumsum(target < 0, axis=-1) == 0
    labels = ((target[..., None] == xp.arange(classes)) & listed[..., None]).sum(axis=-2)
    return (labels[..., :, None] * (labels == 0)[..., None, :]).astype(input.dtype)


def _pair_shortfalls(xp: Any, input: Any, pairs: Any) -> Any:
    """What the first class of each pair that counts lacks to lead the second by 1."""
    short = xp.where(pairs > 0, 1 - xp.expand_dims(input, -1) + xp.expand_dims(input, -2), 0)
    return xp.where(short > 0, short, 0)


@op(backward="MultilabelMarginLossBackward0")
def multilabel_margin_loss(xp: Any, input: Array, target: Array, reduction: str = "mean") -> Array:
    """The sum over pairs (a target class, another class) of what the former lacks to lead by 1, over the classes."""
    check_float("multilabel_margin_loss_forward_out_frame", input)
    if input.shape != target.shape:
        raise RuntimeError(
            f"multilabel_margin_loss: inconsistent target size: {shape_list(target.shape)} "
            f"for input of size: {shape_list(input.shape)}"
        )
    check_long("multilabel_margin_loss", target)
    if target.size and not -1 <= int(target.min()) <= int(target.max()) < input.shape[-1]:
        raise RuntimeError("multilabel_margin_loss: argument #2 'target' is out of range")
    pairs = _label_pairs.kernel(xp, target, input)
    return reduced((_pair_shortfalls(xp, input, pairs) * pairs).sum(axis=(-2, -1)) / input.shape[-1], reduction)


def _multilabel_margin_input(xp: Any, g: Any, input: Any, target: Any, reduction: str) -> Any:
    shape = input.shape
    pairs = _label_pairs.on(xp)(target, input)
    active = xp.where(_pair_shortfalls(xp, input, pairs) > 0, pairs, 0)
    slope = xp.sum(active, axis=-2) - xp.sum(active, axis=-1)
    return slope * (_reduced_gradient(g, reduction, shape) / shape[-1])


multilabel_margin_loss.grad(input=_multilabel_margin_input)
