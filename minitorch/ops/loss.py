"""Losses, fused: each is one operation from its inputs to the reduced value, and its gradient takes few passes.

A `reduction` is "none", "mean" or "sum". Inputs are of one shape here: broadcasting, warnings and torch's optional
arguments are the business of nn/functional.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch import parallel
from minitorch.autograd.graph import step
from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array, device_of, is_array
from minitorch.dtypes import NP_INT64, from_numpy_dtype, uint8
from minitorch.errors import shape_list
from minitorch.fused import fused
from minitorch.ops.activation import _powers, logsigmoid
from minitorch.ops.elementwise import sigmoid
from minitorch.tensor import Tensor

# --- reductions -------------------------------------------------------------------------------------------------------


REDUCTIONS = ("none", "mean", "sum")


def legacy_reduction(size_average: bool | None, reduce: bool | None, stacklevel: int = 3) -> str:
    """The reduction that the old arguments stood for; warns that they are deprecated."""
    averaged = size_average is None or bool(size_average)  # a tensor given here by mistake says that it has no truth
    reduction = ("mean" if averaged else "sum") if reduce is None or reduce else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return reduction


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str, also: tuple[str, ...] = ()) -> str:
    """The reduction by its name, the old arguments going first; raises ValueError for one that does not exist."""
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce, stacklevel=4)
    if reduction in REDUCTIONS or reduction in also:
        return reduction
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            UserWarning,
            stacklevel=3,
        )
        return "mean"
    raise ValueError(
        f"{reduction} is not a valid value for reduction: expected one of {', '.join(map(repr, REDUCTIONS + also))}"
    )


def _wide(array: Array) -> Array:
    """float16 as float32: its sums would stop growing or overflow."""
    return array.astype("float32") if array.dtype.itemsize == 2 else array


def _reduced(losses: Array, reduction: str) -> Array:
    """The losses themselves, their mean or their sum."""
    if reduction == "none":
        return losses
    total = _wide(losses).sum()
    reduced = total / losses.size if reduction == "mean" else total
    return reduced if reduced.dtype is losses.dtype else reduced.astype(losses.dtype)


def _each(g: Any, reduction: str, shape: Sequence[int]) -> Any:
    """The gradient that each of the losses gets from that of the reduced value; one number stands for all."""
    return g / max(math.prod(shape), 1) if reduction == "mean" else g


def check_float(name: str, array: Array) -> None:
    """Raises torch's error for integers; `name` is its kernel's."""
    if array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{from_numpy_dtype(array.dtype).legacy_name}': cast the input to floats"
        )


# --- distances --------------------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE)
def mse_loss(xp: Any, input: Array, target: Array, reduction: str = "mean") -> Array:
    """The squared difference."""
    check_float("mse_cpu", input)
    difference = input - target
    if reduction == "none":
        return xp.square(difference)
    if input.dtype.itemsize == 2 or input.size > _DOT_LIMIT:
        return _reduced(xp.square(difference), reduction)
    total = xp.vdot(difference, difference)
    return total / input.size if reduction == "mean" else total


_DOT_LIMIT = 1 << 16
"""Up to so many elements squares are summed by a dot product, which makes no temporary; it rounds more than a sum."""


mse_loss.grad(
    input=lambda xp, g, input, target, reduction: (input - target) * (2 * _each(g, reduction, input.shape)),
    target=lambda xp, g, input, target, reduction: (input - target) * (-2 * _each(g, reduction, input.shape)),
)


@op(dtypes=PROMOTE)
def smooth_l1_loss(xp: Any, input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """The difference squared over `2 * beta` where it is less than `beta`, else its absolute value less `beta / 2`."""
    check_float("smooth_l1_cpu", input)
    return _reduced(_smooth_l1(xp, input, target, beta), reduction)


@fused(
    "T input, T target, float64 beta",
    "T out",
    """
    real size = fabs(real(input) - real(target));
    out = size < real(beta) ? size * size * real(0.5 / beta) : size - real(0.5 * beta);
    """,
)
def _smooth_l1(xp: Any, input: Array, target: Array, beta: float) -> Array:
    size = xp.absolute(input - target)
    return xp.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)


_SIGN = "real difference = real(input) - real(target), sign = difference > 0 ? 1 : difference < 0 ? -1 : difference;"


@fused(
    "T input, T target, float64 beta",
    "T out",
    _SIGN + "out = fabs(difference) < real(beta) ? difference / real(beta) : sign",
)
def _smooth_l1_slope(xp: Any, input: Any, target: Any, beta: float) -> Any:
    difference = input - target
    return xp.where(xp.absolute(difference) < beta, difference / beta, xp.sign(difference))


smooth_l1_loss.grad(
    input=lambda xp, g, input, target, reduction, beta: (
        _smooth_l1_slope(xp, input, target, beta) * _each(g, reduction, input.shape)
    ),
    target=lambda xp, g, input, target, reduction, beta: (
        _smooth_l1_slope(xp, input, target, beta) * -_each(g, reduction, input.shape)
    ),
)


@op(dtypes=PROMOTE)
def huber_loss(xp: Any, input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Half the squared difference up to `delta`, beyond it `delta` times the absolute difference less `delta / 2`."""
    check_float("huber_cpu", input)
    return _reduced(_huber(xp, input, target, delta), reduction)


@fused(
    "T input, T target, float64 delta",
    "T out",
    """
    real size = fabs(real(input) - real(target));
    out = size < real(delta) ? real(0.5) * size * size : real(delta) * (size - real(0.5 * delta));
    """,
)
def _huber(xp: Any, input: Array, target: Array, delta: float) -> Array:
    size = xp.absolute(input - target)
    return xp.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


@fused(
    "T input, T target, float64 delta",
    "T out",
    _SIGN + "out = fabs(difference) < real(delta) ? difference : real(delta) * sign",
)
def _huber_slope(xp: Any, input: Any, target: Any, delta: float) -> Any:
    difference = input - target
    return xp.where(xp.absolute(difference) < delta, difference, delta * xp.sign(difference))


huber_loss.grad(
    input=lambda xp, g, input, target, reduction, delta: (
        _huber_slope(xp, input, target, delta) * _each(g, reduction, input.shape)
    ),
    target=lambda xp, g, input, target, reduction, delta: (
        _huber_slope(xp, input, target, delta) * -_each(g, reduction, input.shape)
    ),
)


# --- two classes ------------------------------------------------------------------------------------------------------

_LOWEST_LOG = -100.0
"""The logarithm of a probability counts as no less, so that a loss stays finite."""
_SMALLEST_VARIANCE = 1e-12
"""`p * (1 - p)` counts as no less, so that a gradient stays finite."""


def _check_probabilities(name: str, array: Array) -> None:
    """Raises torch's error when an element lies outside [0, 1], or is nan."""
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise RuntimeError(
            f"binary_cross_entropy: all elements of {name} should be between 0 and 1"
            + (": apply a sigmoid, or use binary_cross_entropy_with_logits" if name == "input" else "")
        )


@op
def binary_cross_entropy(
    xp: Any, input: Array, target: Array, reduction: str = "mean", weight: Array | None = None
) -> Array:
    """`-(target * log(input) + (1 - target) * log(1 - input))`, weighted."""
    check_float("binary_cross_entropy", input)
    _check_probabilities("target", target)
    losses = _two_classes(xp, input, target)
    if weight is not None:
        losses = (losses * weight).astype(input.dtype, copy=False)
    result = _reduced(losses, reduction)
    # The logarithm of what is no probability is nan, so the input needs a look of its own in that case only.
    if not (result.sum() if result.ndim else result) < math.inf:
        _check_probabilities("input", input)
    return result


@fused(
    "T input, T target",
    "T out",
    f"""
    real p = input, t = target, no = log1p(-p), yes = log(p), lowest = {_LOWEST_LOG};
    out = (t - 1) * (no < lowest ? lowest : no) - t * (yes < lowest ? lowest : yes);
    """,
)
def _two_classes(xp: Any, input: Array, target: Array) -> Array:
    return (target - 1) * xp.maximum(xp.log1p(-input), _LOWEST_LOG) - target * xp.maximum(xp.log(input), _LOWEST_LOG)


def _weighted(g: Any, weight: Any) -> Any:
    return g if weight is None else g * weight


@fused(
    "T input, T target",
    "T out",
    f"""
    real p = input, variance = (1 - p) * p, lowest = {_SMALLEST_VARIANCE};
    out = (p - real(target)) / (variance < lowest ? lowest : variance);
    """,
)
def _two_classes_slope(xp: Any, input: Any, target: Any) -> Any:
    """`(input - target) / ((1 - input) * input)`, but finite."""
    return (input - target) / xp.maximum((1 - input) * input, _SMALLEST_VARIANCE)


binary_cross_entropy.grad(
    input=lambda xp, g, input, target, reduction, weight: (
        _two_classes_slope(xp, input, target) * _weighted(_each(g, reduction, input.shape), weight)
    ),
    target=lambda xp, g, input, reduction, weight: (
        (xp.log(1 - input) - xp.log(input)) * _weighted(_each(g, reduction, input.shape), weight)
    ),
)


@op(dtypes=PROMOTE)
def binary_cross_entropy_with_logits(
    xp: Any,
    input: Array,
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
    pos_weight: Array | None = None,
) -> Array:
    """The binary cross entropy of `sigmoid(input)`, without its rounding; targets of 1 count `pos_weight` times."""
    check_float("log_sigmoid_cpu", input)
    tail = logsigmoid.kernel(xp, input)
    if pos_weight is not None:
        tail *= 1 + (pos_weight - 1) * target
    losses = _less_tail(xp, input, target, tail)
    if weight is not None:
        losses *= weight
    return _reduced(losses, reduction)


@fused("T input, T target, T tail", "T out", "out = (1 - real(target)) * real(input) - real(tail)")
def _less_tail(xp: Any, input: Array, target: Array, tail: Array) -> Array:
    return (1 - target) * input - tail


def _logit_slope(xp: Any, input: Any, target: Any, pos_weight: Any) -> Any:
    probability = sigmoid.on(xp)(input)
    if pos_weight is None:
        return probability - target
    return (1 + (pos_weight - 1) * target) * probability - pos_weight * target


def _logit_target_slope(xp: Any, input: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return -input
    return (1 - pos_weight) * logsigmoid.on(xp)(input) - input


binary_cross_entropy_with_logits.grad(
    input=lambda xp, g, input, target, reduction, weight, pos_weight: (
        _logit_slope(xp, input, target, pos_weight) * _weighted(_each(g, reduction, input.shape), weight)
    ),
    target=lambda xp, g, input, reduction, weight, pos_weight: (
        _logit_target_slope(xp, input, pos_weight) * _weighted(_each(g, reduction, input.shape), weight)
    ),
)


@op
def soft_margin_loss(xp: Any, input: Array, target: Array, reduction: str = "mean") -> Array:
    """`log(1 + exp(-target * input))`, without overflow."""
    return _reduced(-logsigmoid.kernel(xp, target * input), reduction)


soft_margin_loss.grad(
    input=lambda xp, g, input, target, reduction: (
        target * (sigmoid.on(xp)(target * input) - 1) * _each(g, reduction, input.shape)
    )
)


# --- many classes -----------------------------------------------------------------------------------------------------


def _check_classes(name: str, input: Array, target: Array, weight: Array | None) -> None:
    """Raises torch's errors for an input (N, C, ...), targets (N, ...) or weights (C) that do not fit together."""
    shape, own = input.shape, target.shape
    if weight is None and len(shape) == 2 and own == shape[:1] and target.dtype is NP_INT64:
        return
    if not shape:
        raise ValueError(f"{name}: Expected 1 or more dimensions (got 0)")
    if len(shape) > 1 and shape[:1] != own[:1]:
        size = own[0] if own else 0
        raise ValueError(f"{name}: Expected input batch_size ({shape[0]}) to match target batch_size ({size}).")
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
    _check_weight_dtype(name, input, weight)


def _check_weight_dtype(name: str, input: Array, weight: Array) -> None:
    if weight.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: expected scalar type {from_numpy_dtype(input.dtype).legacy_name} "
            f"but found {from_numpy_dtype(weight.dtype).legacy_name}: the weight is of another dtype than the input"
        )


def _check_images(name: str, target: Array) -> None:
    """Where each item has several targets, they must be Long."""
    if target.ndim > 1:
        _check_long(name, target)


def _check_long(name: str, target: Array) -> None:
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
        return _reduced(losses, reduction)
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
    logits = _wide(input)
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
_cross_entropy.grad(
    input=lambda xp, g, input, target, weight, ignore_index, reduction, slope: (
        _slope.on(xp)(input, target, weight, ignore_index, reduction, slope) * _per_item(g, reduction, input.shape)
    )
)


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


# --- margins ----------------------------------------------------------------------------------------------------------


def _reduced_gradient(g: Any, reduction: str, shape: Sequence[int]) -> Any:
    """The gradient of the loss of each item of (N, C) or (C), as a column."""
    if len(shape) == 1:
        return g.reshape((1,))
    return g.reshape((shape[0], 1)) if reduction == "none" else _each(g, reduction, shape[:1])


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
    _check_long("multi_margin_loss", target)
    if target.size and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise RuntimeError(f"multi_margin_loss: target out of range: there are {classes} classes, 0 to {classes - 1}")
    if weight is not None:
        if weight.shape != (classes,):
            raise RuntimeError(f"inconsistent weight size, expected {classes} but got {shape_list(weight.shape)}")
        _check_weight_dtype("multi_margin_loss", input, weight)
    short = _shortfalls(xp, input, _one_hot.kernel(xp, target, input), margin)
    losses = (short if p == 1 else short * short).sum(axis=-1) / classes
    if weight is not None:
        losses = losses * weight[target.reshape(losses.shape)]
    return _reduced(losses, reduction)


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
    _check_long("multilabel_margin_loss", target)
    if target.size and not -1 <= int(target.min()) <= int(target.max()) < input.shape[-1]:
        raise RuntimeError("multilabel_margin_loss: argument #2 'target' is out of range")
    pairs = _label_pairs.kernel(xp, target, input)
    return _reduced((_pair_shortfalls(xp, input, pairs) * pairs).sum(axis=(-2, -1)) / input.shape[-1], reduction)


def _multilabel_margin_input(xp: Any, g: Any, input: Any, target: Any, reduction: str) -> Any:
    shape = input.shape
    pairs = _label_pairs.on(xp)(target, input)
    active = xp.where(_pair_shortfalls(xp, input, pairs) > 0, pairs, 0)
    slope = xp.sum(active, axis=-2) - xp.sum(active, axis=-1)
    return slope * (_reduced_gradient(g, reduction, shape) / shape[-1])


multilabel_margin_loss.grad(input=_multilabel_margin_input)
