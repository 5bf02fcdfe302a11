"""Connectionist temporal classification (Graves et al., 2006): the probability of a target over all its alignments.

A target of S labels is spelled with blanks around each: L = 2 S + 1 places. An alignment gives a place to each step of
time, begins on one of the first two, ends on one of the last two, and from step to step stays, moves on by one, or
skips a blank between two different labels. All is done in logarithms, for all items and places at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch.autograd.op import op
from minitorch.backend import Array, add_along_axis, array_module, to_host
from minitorch.dtypes import int64
from minitorch.errors import type_name
from minitorch.ops import choices, comparison, shape
from minitorch.ops._arguments import Shape
from minitorch.ops._operands import no_derivative
from minitorch.tensor import Tensor

_WHILE = "(while checking arguments for ctc_loss_allocate_outputs)"


class _Ctc(NamedTuple):
    """The loss of each item (N), and the logarithm of the probability to come to a place, at each step (T, N, L)."""

    loss: Any
    arrivals: Any


def _places(xp: Any, targets: Array, lengths: Shape, blank: int) -> Array:
    """The label at each place (N, L): blanks between those of the targets, and instead of padding."""
    count, longest = len(lengths), max(lengths)
    if targets.ndim == 1:
        starts = [sum(lengths[:k]) for k in range(count)]
    else:
        starts = [k * targets.shape[1] for k in range(count)]
    steps = xp.arange(longest)
    own = steps < xp.asarray(lengths)[:, None]
    positions = xp.where(own, xp.asarray(starts)[:, None] + steps, 0)
    places = xp.full((count, 2 * longest + 1), blank, int64.numpy)
    places[:, 1::2] = xp.where(own, targets.reshape(-1)[positions], blank)
    return places


def _ends(xp: Any, places: Array, lengths: Shape) -> Array:
    """Which places an alignment may end on: the blank after the last label of an item, and that label."""
    last = 2 * xp.asarray(lengths)[:, None]
    index = xp.arange(places.shape[1])
    return (index == last) | (index == last - 1)


def _arrivals(xp: Any, emissions: Array, places: Array, starts: Array, first: Any) -> Array:
    """The logarithm of the probability (T, N, L) to come to each place, its own emission at that step not counted.

    An item enters on its `starts` (N, L) at the step `first` (N), and moves towards the places of higher index.
    """
    length, count, size = emissions.shape
    dtype = emissions.dtype
    nowhere = xp.full((count, 2), -math.inf, dtype)
    skips = xp.concatenate([nowhere, xp.where(places[:, 2:] == places[:, :-2], -math.inf, 0).astype(dtype)], 1)
    skips = skips[:, :size]
    starts = xp.where(starts, 0, -math.inf).astype(dtype)
    out = xp.full((length, count, size), -math.inf, dtype)
    before = xp.full((count, size + 2), -math.inf, dtype)
    for step in range(length):
        moved = _log_sum(xp, xp.stack([before[:, 2:], before[:, 1:-1], before[:, :-2] + skips]), 0)
        out[step] = xp.where(first == step, starts, moved)
        before[:, 2:] = out[step] + emissions[step]
    return out


def _log_sum(xp: Any, logarithms: Array, axis: int) -> Array:
    """The logarithm of the sum of what these are the logarithms of; minus infinity where all are."""
    highest = logarithms.max(axis, keepdims=True)
    scale = xp.where(highest == -math.inf, 0, highest)
    return scale.squeeze(axis) + xp.log(xp.exp(logarithms - scale).sum(axis))


@op(outputs=_Ctc, differentiable=(0,), backward="CtcLossBackward0")
def _ctc_loss(
    xp: Any,
    log_probs: Array,
    targets: Array,
    input_lengths: Shape,
    target_lengths: Shape,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Any:
    """The negative logarithm of the probability of each target."""
    places = _places(xp, targets, target_lengths, blank)
    count = len(places)
    arrivals = _arrivals(
        xp, _emissions(xp, log_probs, places), places, xp.arange(places.shape[1]) < 2, xp.zeros((count, 1), int)
    )
    return -_total(xp, log_probs, places, arrivals, input_lengths, target_lengths), arrivals


def _emissions(xp: Any, log_probs: Array, places: Array) -> Array:
    """The log-probability (T, N, L) of the label at each place."""
    return log_probs[:, xp.arange(len(places))[:, None], places]


def _total(
    xp: Any, log_probs: Array, places: Array, arrivals: Array, input_lengths: Shape, target_lengths: Shape
) -> Array:
    """The logarithm of the probability of each target (N): over no steps, that of the empty target is 1."""
    items, lengths = xp.arange(len(places)), xp.asarray(input_lengths)
    last = xp.maximum(lengths - 1, 0)
    emissions = log_probs[last[:, None], items[:, None], places]
    ends = xp.where(_ends(xp, places, target_lengths), arrivals[last, items] + emissions, -math.inf)
    of_nothing = xp.where(xp.asarray(target_lengths) == 0, 0, -math.inf)
    return xp.where(lengths > 0, _log_sum(xp, ends, 1), of_nothing).astype(log_probs.dtype, copy=False)


@op
def _ctc_gradient(
    xp: Any,
    grad: Array,
    log_probs: Array,
    targets: Array,
    input_lengths: Shape,
    target_lengths: Shape,
    blank: int,
    zero_infinity: bool,
    loss: Array,
    arrivals: Array,
) -> Array:
    """The probability of each class less its share in the alignments, while an item's time lasts; 0 after it."""
    places = _places(xp, targets, target_lengths, blank)
    emissions = _emissions(xp, log_probs, places)
    length = len(log_probs)
    lengths = xp.asarray(input_lengths)
    # Backwards in time and place it is the same walk: it enters on the ends, when the item's time is over.
    departures = _arrivals(
        xp,
        emissions[::-1, :, ::-1],
        places[:, ::-1],
        _ends(xp, places, target_lengths)[:, ::-1],
        length - lengths[:, None],
    )[::-1, :, ::-1]
    shares = xp.exp(arrivals + emissions + departures + loss[:, None])
    index = xp.broadcast_to(places, shares.shape)
    out = xp.exp(log_probs) - add_along_axis(shares, index, log_probs.shape, 2)
    out = xp.where(loss[:, None] == math.inf, 0 if zero_infinity else math.nan, out * grad[:, None])
    counted = xp.arange(length)[:, None] < lengths
    return xp.where(counted[..., None], out, 0).astype(log_probs.dtype, copy=False)


_ctc_loss.grad(
    log_probs=lambda xp, g, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, loss, arrivals: (
        _ctc_gradient.on(xp)(g, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, loss, arrivals)
    )
)
_ctc_gradient.grad(grad=no_derivative("_ctc_loss_backward"), log_probs=no_derivative("_ctc_loss_backward"))


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """torch.ctc_loss: as nn.functional.ctc_loss, with 0, 1 and 2 for the reductions "none", "mean" and "sum"."""
    _check_types(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)
    batch = log_probs if log_probs.ndim != 2 else shape.unsqueeze(log_probs, 1)
    rows = shape.unsqueeze(targets, 0) if log_probs.ndim == 2 and targets.ndim == 1 else targets
    times = _lengths("input_lengths", input_lengths)
    counts = _lengths("target_lengths", target_lengths)
    _check(batch, rows, times, counts, blank)
    found: Any = _ctc_loss(batch, rows.to(int64), times, counts, blank, zero_infinity)
    losses: Tensor = found[0]
    if zero_infinity:
        losses = choices.where(comparison.eq(losses, math.inf), 0.0, losses)
    if reduction == 1:
        sizes = losses.new_tensor([max(count, 1) for count in counts])
        result: Tensor = (losses / sizes).mean()
        return result
    if reduction == 2:
        result = losses.sum()
        return result
    return losses if batch is log_probs else shape.squeeze(losses, 0)


def _check_types(*given: Any) -> None:
    """Raises torch's TypeError for arguments that are not of these types, all of the lengths being of one."""
    log_probs, targets, times, counts, blank, reduction, zero_infinity = given
    tensors = isinstance(times, Tensor) and isinstance(counts, Tensor)
    fitting = isinstance(log_probs, Tensor) and isinstance(targets, Tensor) and isinstance(zero_infinity, bool)
    fitting = fitting and (tensors or (_are_ints(times) and _are_ints(counts)))
    if not (fitting and type(blank) is int and type(reduction) is int):
        got = ", ".join(type_name(each) for each in given)
        raise TypeError(
            f"ctc_loss() received an invalid combination of arguments - got ({got}), but expected (Tensor log_probs, "
            "Tensor targets, input_lengths, target_lengths, int blank, int reduction, bool zero_infinity), both "
            "lengths Tensors or both tuples of ints"
        )


def _are_ints(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, int) for each in value)


def _lengths(name: str, given: Any) -> Shape:
    """Lengths as integers of Python; raises torch's error for a tensor of others."""
    if not isinstance(given, Tensor):
        return tuple(given)
    if given._array.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral, but they are {given.dtype.legacy_name}")
    return tuple(to_host(given._array).reshape(-1).tolist())


def _check(log_probs: Tensor, targets: Tensor, input_lengths: Shape, target_lengths: Shape, blank: int) -> None:
    """Raises torch's errors for sizes, lengths and labels that do not fit together."""
    if not log_probs.numel():
        raise RuntimeError(f"log_probs tensor must not be empty, but it is of shape {list(log_probs.shape)}")
    if log_probs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for argument #1 'log_probs' "
            f"{_WHILE}"
        )
    time, count, classes = log_probs.shape
    if log_probs._array.dtype.kind != "f" or log_probs._array.dtype.itemsize < 4:
        kind = log_probs.dtype.legacy_name
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{kind}': cast log_probs to float32 first")
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: from 0 to {classes - 1}, but it is {blank}")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != count:
            raise RuntimeError(f"{name} must be of size batch_size: expected {count}, but got {len(lengths)}")
        if min(lengths) < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, but got value {min(lengths)} {_WHILE}")
    if max(input_lengths) > time:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {time}, but got value {max(input_lengths)} {_WHILE}"
        )
    if targets.ndim not in (1, 2):
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for argument #2 'targets' {_WHILE}"
        )
    dim = targets.ndim - 1
    needed = max(target_lengths) if dim else sum(target_lengths)
    wrong = targets.shape[dim] < needed if dim else targets.shape[0] != needed
    if dim and targets.shape[0] != count:
        dim, needed, wrong = 0, count, True
    if wrong:
        raise RuntimeError(
            f"Expected tensor to have size {'at least ' if dim else ''}{needed} at dimension {dim}, but got size "
            f"{targets.shape[dim]} for argument #2 'targets' {_WHILE}"
        )
    labels = _places(array_module(targets._array), targets.to(int64)._array, target_lengths, blank)
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise IndexError(f"ctc_loss(): label {int(outside[0])} is out of bounds: expected one from 0 to {classes - 1}")
