"""Losses of many classes, fused: the cross entropy makes its gradient in the same passes as its value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch import parallel
from minitorch.autograd.graph import step
from minitorch.autograd.op import op
from minitorch.backend import Array, device_of, is_array
from minitorch.dtypes import NP_INT64, from_numpy_dtype, uint8
from minitorch.errors import shape_list
from minitorch.fused import fused
from minitorch.ops._loss_reduction import check_float, reduced
from minitorch.ops._operands import wide
from minitorch.ops.activation import _powers
from minitorch.tensor import Tensor


def _check_classes(name: str, input: Array, target: Array, weight: Array | None) -> None:
    """Raises torch's errors for an input (N, C, ...), targets (N, ...) or weights (C) that do not fit together."""
    shape, own = input.shape, target.shape
    if weight is None and len(shape) == 2 and own == shape[:1] and target.dtype is NP_INT64:
        return
    if not shape:
        raise ValueError(f"{name}: Expected 1 or more dimensions (got 0)")
    size = own[0] if own else 0
    if len(shape) > 1 and shape[0] != size:
        raise ValueError(f"{name}: Expected input batch_size ({shape[0]}) to match target batch_size ({size}).")
    if len(shape) == 2 and not own:
        raise IndexError(f"{name}: Dimension specified as 0 but tensor has no dimensions: the target needs one")
    if len(shape) == 1 and len(own) == 1 and own[0] != 1:
        raise ValueError(f"{name}: For 1D input, 1D target must have size 1, but got target size: {own[0]}")
    if len(shape) < 3 and len(own) > 1:
        raise RuntimeError(
            f"{name}: 0D or 1D target tensor expected, multi-target not supported: "
            f"got input {shape_list(shape)} and target {shape_list(own)}"
        )
    if len(shape) == 4 and len(own) != 3:
        raise RuntimeError(
            f"{name}: only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(own)}"
        )
    if len(shape) > 2 and own != (shape[0], *shape[2:]):
        raise RuntimeError(
            f"{name}: size mismatch (got input: {shape_list(shape)} , target: {shape_list(own)}"
            if len(shape) == 4
            else f"{name}: Expected target size {shape_list((shape[0], *shape[2:]))}, got {shape_list(own)}"
        )
    if target.dtype not in (NP_INT64, uint8.numpy):
        kind = from_numpy_dtype(target.dtype).legacy_name
        raise RuntimeError(
            f"{name}: expected target dtype to be Long or Byte, but got {kind}: the target holds the indices of the "
            f"classes (expected scalar type Long but found {kind})"
        )
    if weight is None:
        return
    classes = shape[1] if len(shape) > 1 else shape[0]
    if weight.shape != (classes,):
        raise RuntimeError(
            f"{name}: weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {shape_list(weight.shape)}"
        )
    check_weight_dtype(name, input, weight)


def check_weight_dtype(name: str, input: Array, weight: Array) -> None:
    if weight.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: expected scalar type {from_numpy_dtype(input.dtype).legacy_name} "
            f"but found {from_numpy_dtype(weight.dtype).legacy_name}: the weight is of another dtype than the input"
        )


def _check_images(name: str, target: Array) -> None:
    """Where each item has several targets, they must be Long."""
    if target.ndim > 1:
        check_long(name, target)


def check_long(name: str, target: Array) -> None:
    if target.dtype != NP_INT64:
        raise RuntimeError(f"{name}: expected scalar type Long but found {from_numpy_dtype(target.dtype).legacy_name}")


def _sizes(shape: Sequence[int]) -> tuple[int, int, int]:
    """An input (N, C, ...) as three sizes: what comes before the classes, the classes, what comes after."""
    return (1, shape[0], 1) if len(shape) == 1 else (shape[0], shape[1], math.prod(shape[2:]))


def _targets(
    xp: Any, target: Array, classes: int, weight: Array | None, ignore_index: int, dtype: Any
) -> tuple[Array, Array | None, Array | None]:
    """The class of each item in one row, whether the item counts, and how much: None for all, and for 1.

    An item that is ignored has class 0 and weight 0. Raises IndexError for a class that does not exist.
    """
    indices = target.reshape(-1)
    kept = None
    # Read as unsigned, a negative index is a huge one: one comparison finds both kinds.
    if indices.size and int((indices.view("u8") if indices.dtype.itemsize == 8 else indices).max()) >= classes:
        kept = indices != ignore_index
        wrong = indices[kept & ((indices < 0) | (indices >= classes))]
        if wrong.size:
            raise IndexError(f"Target {int(wrong[0])} is out of bounds. There are {classes} classes, counted from 0.")
    elif 0 <= ignore_index < classes:
        kept = indices != ignore_index
    if kept is not None:
        indices = xp.where(kept, indices, 0)
    elif indices.dtype != NP_INT64:
        indices = indices.astype(NP_INT64)
    if weight is None:
        return indices, kept, None if kept is None else kept.astype(dtype)
    return indices, kept, weight[indices] if kept is None else weight[indices] * kept


def _shares(xp: Any, kept: Array | None, counts: Array | None, count: int, reduction: str) -> Any:
    """What each item contributes to the result: a number for all, or one for each."""
    if counts is None:
        return 1.0 / max(count, 1) if reduction == "mean" else 1.0
    if reduction != "mean":
        return counts
    shares = counts / counts.sum()
    return shares if kept is None else xp.where(kept, shares, 0)


def _weighed(xp: Any, losses: Array, kept: Array | None, counts: Array | None, reduction: str) -> Array:
    """The losses of the items weighted and reduced; the mean divides by the sum of the weights."""
    if counts is None:
        return reduced(losses, reduction)
    losses = losses * counts if kept is None else xp.where(kept, losses * counts, 0)
    if reduction == "none":
        return losses
    return losses.sum() / counts.sum() if reduction == "mean" else losses.sum()


def _nll_name(input: Array, target: Array, weight: Any, ignore_index: int, reduction: str) -> str:
    """torch has a kernel for one class a row, and one for images; what has other dimensions is viewed as an image."""
    if input.ndim < 3:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and input.ndim != 4 else "NllLoss2DBackward0"


@op(backward=_nll_name)
def _nll_loss(
    xp: Any, input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """The negative of the log-probability that each item gives to its target class, weighted and reduced."""
    check_float("nll_loss_out_frame", input)
    _check_images("nll_loss", target)
    outer, classes, inner = _sizes(input.shape)
    indices, kept, counts = _targets(xp, target, classes, weight, ignore_index, input.dtype)
    if classes:
        losses = -input.reshape(outer, classes, inner)[_at(xp, indices, outer, inner)].reshape(-1)
    else:
        losses = xp.zeros(indices.shape, input.dtype)
    result = _weighed(xp, losses, kept, counts, reduction)
    return result.reshape(_item_shape(input.shape)) if reduction == "none" else result


def _at(xp: Any, indices: Array, outer: int, inner: int) -> tuple[Array, Array, Array]:
    """The place of each item's class in an array (outer, classes, inner)."""
    return xp.arange(outer)[:, None], indices.reshape(outer, inner), xp.arange(inner)


def _item_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of the items of an input (N, C, ...): without the classes."""
    return (shape[0], *shape[2:]) if len(shape) > 1 else ()


@op
def _nll_gradient(
    xp: Any,
    input: Array,
    target: Array,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
    shape: Sequence[int],
) -> Array:
    """The adjoint of _nll_loss, which is linear: the negative of `input` at each target, zeros elsewhere."""
    outer, classes, inner = _sizes(shape)
    indices, kept, counts = _targets(xp, target, classes, weight, ignore_index, input.dtype)
    out = xp.zeros((outer, classes, inner), input.dtype)
    if classes:
        given = input.reshape(-1) if reduction == "none" else input
        values = -given * _shares(xp, kept, counts, indices.size, reduction)
        out[_at(xp, indices, outer, inner)] = values.reshape(outer, inner) if values.ndim else values
    return out.reshape(shape)


_nll_loss.grad(
    input=lambda xp, g, input_shape, target, weight, ignore_index, reduction: _nll_gradient.on(xp)(
        g, target, weight, ignore_index, reduction, input_shape
    )
)
_nll_gradient.grad(
    input=lambda xp, g, target, weight, ignore_index, reduction: _nll_loss.on(xp)(
        g, target, weight, ignore_index, reduction
    )
)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """The negative of log-probabilities (N, C, ...) at the classes `target` (N, ...), weighted and reduced."""
    _check_classes("nll_loss", input._array, target._array, None if weight is None else weight._array)
    return _nll_loss(input, target, weight, ignore_index, reduction)


class _CrossEntropy(NamedTuple):
    """The loss, and its gradient with respect to the input."""

    loss: Any
    slope: Any


@op(
    outputs=_CrossEntropy,
    differentiable=(0,),
    backward=_nll_name,
    steps=lambda node, input, target, weight: (step("LogSoftmaxBackward0", input),),
)
def _cross_entropy(
    xp: Any, input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> tuple[Array, Array]:
    """The negative log-softmax at the target class of each item, weighted and reduced.

    The gradient is softmax, less 1 at the target, times the share of the item: made here, from the exponentials at
    hand, it takes no pass of its own.
    """
    _check_images("cross_entropy", target)
    shape = input.shape
    outer, classes, inner = _sizes(shape)
    indices, kept, counts = _targets(xp, target, classes, weight, ignore_index, input.dtype)
    logits = wide(input)
    if not logits.size:
        losses, slope = xp.zeros(indices.shape, logits.dtype), logits
    elif device_of(logits).type != "cpu":
        shares = _shares(xp, kept, counts, indices.size, reduction)
        losses, slope = _classified(xp, logits.reshape(outer, classes, inner), indices, shares)
        slope = slope.reshape(shape)
    else:
        axis = 1
        logits = logits.reshape((outer, classes) if inner == 1 else (outer, classes, inner))
        # NumPy is quick along a long last dimension, so the few classes of many items are better turned.
        turned = inner == 1 and outer > classes
        if turned:
            logits, axis, outer, inner = xp.ascontiguousarray(logits.T), 0, 1, outer
        # Row by row in memory, whatever the input's layout: `flat` must be a view.
        slope = xp.empty(logits.shape, logits.dtype)
        if inner == 1:
            places = xp.arange(0, slope.size, classes) + indices
        elif outer == 1:
            places = indices * inner + xp.arange(inner)
        else:
            places = (xp.arange(0, outer * classes, classes)[:, None] + indices.reshape(outer, inner)) * inner
            places = (places + xp.arange(inner)).reshape(-1)
        flat = slope.reshape(-1)
        losses = xp.empty(indices.shape, logits.dtype)
        shares = _shares(xp, kept, counts, indices.size, reduction)

        def compute(part: slice) -> None:
            items = slice(part.start * inner, part.stop * inner)
            own, out = (logits, slope) if turned else (logits[part], slope[part])
            xp.subtract(own, own.max(axis=axis, keepdims=True), out=out)
            at_target = flat.take(places[items])
            xp.exp(out, out=out)
            totals = out.sum(axis=axis, keepdims=True)
            xp.subtract(xp.log(totals.reshape(-1)), at_target, out=losses[items])
            out *= (shares if counts is None else shares[items].reshape(totals.shape)) / totals

        if turned:  # what lies first are the classes, all of which an item needs
            compute(slice(0, 1))
        else:
            parallel.rows(compute, xp, outer, classes * inner * slope.itemsize)
        flat[places] -= shares
        slope = (slope.T if turned else slope).reshape(shape)
    loss = _weighed(xp, losses, kept, counts, reduction).astype(input.dtype, copy=False)
    return loss.reshape(_item_shape(shape)) if reduction == "none" else loss, slope


def _classified(xp: Any, logits: Array, indices: Array, shares: Any) -> tuple[Array, Array]:
    """The losses of all items and their gradients, in few passes over (outer, classes, inner)."""
    outer, classes, inner = logits.shape
    highest = logits.max(axis=1, keepdims=True)
    slope = _powers(xp, logits, highest)
    totals = slope.sum(axis=1, keepdims=True)
    losses = xp.empty(indices.shape, logits.dtype)
    if is_array(shares):
        shares = shares.reshape(outer, 1, inner).astype(logits.dtype, copy=False)
    target = indices.reshape(outer, 1, inner).astype(NP_INT64, copy=False)
    _entropies(xp, logits, highest, totals, target, shares, classes, inner, slope, losses)
    return losses, slope


@fused(
    "T logits, T highest, T total, int64 target, T share, int64 classes, int64 inner",
    "T slope, raw T losses",
    """
    bool chosen = i / inner % classes == target;
    if (chosen) losses[i / inner / classes * inner + i % inner] = log(real(total)) - (real(logits) - real(highest));
    slope = (real(slope) / real(total) - chosen) * real(share);
    """,
)
def _entropies(
    xp: Any,
    logits: Array,
    highest: Array,
    total: Array,
    target: Array,
    share: Any,
    classes: int,
    inner: int,
    slope: Array,
    losses: Array,
) -> None:
    """What `slope`, the exponentials of logits less the highest, is made into; and the losses, each at its target."""
    chosen = target == xp.arange(classes)[:, None]
    slope /= total
    slope -= chosen
    slope *= share
    losses[...] = (xp.log(total) + highest).reshape(-1) - xp.where(chosen, logits, 0).sum(axis=1).reshape(-1)


@op
def _item_shares(
    xp: Any, input: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str
) -> Array:
    """What each item contributes to the loss, in a shape that broadcasts with the input's."""
    _, classes, _ = _sizes(input.shape)
    indices, kept, counts = _targets(xp, target, classes, weight, ignore_index, input.dtype)
    shares = _shares(xp, kept, counts, indices.size, reduction)
    if counts is None:
        return xp.full((1,) * input.ndim, shares, input.dtype)
    return shares.reshape(_per_item_shape(input.shape))


@op
def _slope(
    xp: Any, input: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str, slope: Array
) -> Array:
    """The gradient of the cross entropy, which is known: `slope`. What is new here is its own gradient."""
    return slope


def _slope_input(xp: Any, g: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Any:
    axis = 1 if len(input.shape) > 1 else 0
    powers = xp.exp(input - xp.max(input, axis=axis, keepdims=True))
    probabilities = powers / xp.sum(powers, axis=axis, keepdims=True)
    weighted = g * probabilities
    change = weighted - probabilities * xp.sum(weighted, axis=axis, keepdims=True)
    return change * _item_shares.on(xp)(input, target, weight, ignore_index, reduction)


_slope.grad(input=_slope_input)


def _cross_entropy_input(
    xp: Any, g: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, slope: Any
) -> Any:
    if xp is np and not g.ndim and g == 1:  # as backward() starts; on a GPU the answer would have to be waited for
        return slope.view()
    slope = _slope.on(xp)(input, target, weight, ignore_index, reduction, slope)
    return slope * _per_item(g, reduction, input.shape)


_cross_entropy.grad(input=_cross_entropy_input)


def _per_item_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """One value an item, in a shape that broadcasts with the input's."""
    return (1,) if len(shape) == 1 else (shape[0], 1, *shape[2:])


def _per_item(g: Any, reduction: str, shape: Sequence[int]) -> Any:
    return g.reshape(_per_item_shape(shape)) if reduction == "none" else g


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """The negative log-softmax of `input` (N, C, ...) at the classes `target` (N, ...), weighted and reduced.

    Differs from torch: an in-place write to `input` between this and backward is an error; torch works on a copy.
    """
    check_float("log_softmax_lastdim_kernel_impl", input._array)
    _check_classes("cross_entropy", input._array, target._array, None if weight is None else weight._array)
    loss: Tensor = _cross_entropy(input, target, weight, ignore_index, reduction)[0]
    return loss


@op(backward="DivBackward1")
def mean_over(xp: Any, total: Array, items: int) -> Array:
    """The mean of `items` losses whose sum is `total`."""
    return total / items


mean_over.grad(total=lambda xp, g, items: g / items)
