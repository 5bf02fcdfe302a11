"""Losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.spec import Spec, each
from parity.strategies import (
    FLOATS,
    SMOOTH,
    Call,
    Domain,
    Draw,
    Input,
    Name,
    away_from,
    between,
    sample,
)
from parity.tolerance import Looser

F = "nn.functional."
REDUCTIONS = ("none", "mean", "sum")

NEAR = Domain("any number", low=-4.0, high=4.0, specials=(0.0, 1.0, -1.0, 0.5, 20.0, -20.0))
LOGITS = Domain("any number, the far ones too", low=-6.0, high=6.0, specials=(0.0, 60.0, -60.0))
INSIDE = between(0.05, 0.95, "probabilities whose logarithms have no pole")
UNIT = between(0.0, 1.0, "probabilities, the certain ones too", 0.0, 1.0)
MAGNIFIED = Looser(8, "targets of tens multiply a logarithm that torch rounds to float16", ("forward",), ("float16",))
FAR_APART = Looser(
    100, "the difference of bytes wraps around, and distances of hundreds cancel", ("forward",), ("float32",)
)
HALF_SUM = Looser(8, "torch rounds each partial sum to float16", ("forward",), ("float16",))
NO_HALF = "torch has no kernel for float16 here, where NumPy needs none of its own"


def reduced(d: Draw) -> Call:
    """Perhaps a reduction; when errors are tried, perhaps a wrong one."""
    return Call(reduction="avg") if d.fault() else d.some(reduction=REDUCTIONS)


def pair(d: Draw) -> tuple[Input, Input]:
    """An input and a target, mostly of one shape; when errors are tried, of any two."""
    shape = d.shape(max_dims=3)
    return d.tensor(shape), d.tensor(d.shape() if d.fault() else shape)


def broadcast_pair(d: Draw) -> tuple[Input, Input]:
    """An input and a target whose shapes broadcast."""
    first, second = d.broadcastable(2, max_dims=3)
    return d.tensor(first), d.tensor(second)


def distance(**choices: Any) -> Callable[[Draw], Call]:
    """A call on a pair that may broadcast, perhaps with options."""
    return lambda d: Call(*(broadcast_pair(d) if d.chance(4) else pair(d))) + reduced(d) + d.some(**choices)


def weighted_distance(d: Draw) -> Call:
    """A call on a pair, perhaps with weights of the input's shape."""
    input, target = pair(d)
    call = Call(input, target) + reduced(d)
    return call + Call(weight=positive(d, input.shape)) if d.chance(3) else call


def positive(d: Draw, shape: tuple[int, ...], dtype: str | None = None) -> Input:
    """Weights, of the example's dtype when it is floating point; they take no gradient."""
    own = dtype or (d.dtype if d.dtype in FLOATS else "float32")
    return d.given(d.rng.uniform(0.2, 2.0, shape), False, own)


def fitting(d: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`; when errors are tried, perhaps not."""
    if d.fault():
        return (*shape, 3)
    return d.pick(shape, shape[1:], (1,) * len(shape), ())


def binary(d: Draw) -> Call:
    """Probabilities or logits, their targets, perhaps weights."""
    input, target = pair(d)
    if d.fault():
        input = d.tensor(target.shape, domain=NEAR)
    call = Call(input, target) + reduced(d)
    return call + Call(weight=positive(d, fitting(d, input.shape))) if d.chance(2) else call


def binary_logits(d: Draw) -> Call:
    """As `binary`, perhaps with weights of the targets that are 1."""
    call = binary(d)
    shape = call.args[0].shape
    return call + Call(pos_weight=positive(d, fitting(d, shape))) if d.chance(2) else call


def classes(smoothing: bool) -> Callable[[Draw], Call]:
    """Scores (C), (N, C) or (N, C, ...) and their target classes, perhaps weights, a class to ignore, smoothing."""

    def draw(d: Draw) -> Call:
        # Of nothing torch gives the mean nan as its gradient; here it is 0.
        side = 1 if d.mode == "gradient" else 0
        shape = d.shape(min_dims=1, max_dims=5 if d.chance(4) else 3, min_side=side, max_side=3)
        if len(shape) > 1:
            shape = (shape[0] * d.pick(1, 1, 4), shape[1] + 1, *shape[2:])
        input = d.tensor(shape)
        count = shape[1] if len(shape) > 1 else shape[0]
        items = (shape[0], *shape[2:]) if len(shape) > 1 else ()
        if d.fault():
            items = d.pick((*items, 2), items[1:], (2,))
        indices = d.rng.integers(0, max(count, 1) + (2 if d.fault() else 0), items)
        call = reduced(d)
        if d.chance(3):
            ignored = d.pick(-100, -1, 1)
            indices = np.where(d.rng.random(items) < 0.3, ignored, indices)
            if d.mode == "gradient" and indices.size:
                indices.flat[0] = 0  # not all are ignored: the mean of nothing has no gradient
            call += Call(ignore_index=ignored)
        if d.chance(3):
            call += Call(weight=positive(d, (count + (1 if d.fault() else 0),), None if d.fault() else input.dtype))
        if smoothing:
            call += d.some(label_smoothing=(0.1, 1.0, 0.0))
        kind = d.pick("int32", "float32", "bool") if d.fault() else d.pick("int64", "int64", "uint8")
        if kind == "uint8" and (smoothing or not indices.size or (indices < 0).any()):
            kind = "int64"  # torch's label smoothing knows no others
        if len(shape) == 4 and d.mode == "gradient":
            input.layout = "plain"  # torch has no gradient for other layouts
        return Call(input, d.given(indices, False, kind)) + call

    return draw


def probabilities(d: Draw) -> Call:
    """Scores and, of the same shape, the probabilities of the classes."""
    shape = d.shape(min_dims=1, max_dims=4, min_side=1)
    input, target = d.tensor(shape), d.tensor(shape, domain=INSIDE)
    call = Call(input, target) + reduced(d) + d.some(label_smoothing=(0.1, 1.0))
    if d.chance(3):
        count = shape[1] if len(shape) > 1 else shape[0]
        call += Call(weight=positive(d, (count + (1 if d.fault() else 0),), input.dtype))
    return call + Call(ignore_index=1) if d.fault() else call


def divergence(d: Draw) -> Call:
    """Log-probabilities and a target that is positive."""
    shape = d.shape(max_dims=3)
    input, target = d.tensor(shape), d.tensor(shape, domain=INSIDE)
    return Call(input, target) + d.some(reduction=(*REDUCTIONS, "batchmean"), log_target=(True, False))


def signs(d: Draw, shape: tuple[int, ...]) -> Input:
    """Targets 1 and -1."""
    return d.given(d.rng.choice([-1.0, 1.0], shape), False, d.dtype if d.dtype in FLOATS else "float32")


def signed(**choices: Any) -> Callable[[Draw], Call]:
    """Numbers and targets 1 and -1."""

    def draw(d: Draw) -> Call:
        shape = d.shape(max_dims=3)
        return Call(d.tensor(shape), signs(d, shape)) + reduced(d) + d.some(**choices)

    return draw


def ranking(d: Draw) -> Call:
    """Two tensors of numbers and targets 1 and -1."""
    shape = d.shape(max_dims=3)
    first, second = d.tensor(shape), d.tensor(d.shape() if d.fault() else shape)
    return Call(first, second, signs(d, shape)) + reduced(d) + d.some(margin=(0.35, 0))


def cosines(d: Draw) -> Call:
    """Two vectors, or as many pairs as there are targets."""
    shape = d.shape(min_dims=1, max_dims=2, min_side=1)
    target = signs(d, d.pick((2,), (3, 3)) if d.fault() else shape[:-1])
    return Call(d.tensor(shape), d.tensor(shape), target) + reduced(d) + d.some(margin=(0.2, 0))


def counts(d: Draw) -> Call:
    """Rates or their logarithms, and counts."""
    shape = d.shape(max_dims=3)
    input = d.tensor(shape)
    # Beside integers they are float32, the dtype in which exp and log of integers are computed.
    target = d.given(d.rng.integers(0, 6, shape), False, input.dtype if input.dtype in FLOATS else "float32")
    return Call(input, target) + reduced(d) + d.some(log_input=(True, False), full=(True, False), eps=1e-4)


def gaussian(d: Draw) -> Call:
    """Means, targets and variances: of the same shape, of one column, without it, or one number."""
    shape = d.shape(min_dims=1, max_dims=3)
    input, target = d.tensor(shape), d.tensor(shape)
    var_shape = (*shape[:-1], shape[-1] + 2) if d.fault() else d.pick(shape, (*shape[:-1], 1), shape[:-1])
    domain = between(-1.0, 1.0, "negative variances are an error") if d.fault() else INSIDE
    var = d.pick(0.5, -1.0 if d.fault() else 2.0) if d.chance(5) else d.tensor(var_shape, domain=domain)
    return Call(input, target, var) + reduced(d) + d.some(full=(True, False), eps=0.3)


def margins(d: Draw) -> Call:
    """Scores (N, C) or (C) and the target classes."""
    shape = d.shape(min_dims=1, max_dims=2, min_side=1)
    target = d.indices(d.pick((5,), (2, 2)) if d.fault() else shape[:-1], shape[-1])
    call = Call(d.tensor(shape), target) + reduced(d) + d.some(p=(1, 2, 3 if d.fault() else 2), margin=(0.35, 1.0))
    return call + Call(weight=positive(d, (shape[-1] + (1 if d.fault() else 0),))) if d.chance(3) else call


def label_lists(d: Draw) -> Call:
    """Scores (N, C) or (C), and a list of classes for each item, ended by -1."""
    shape = d.shape(min_dims=1, max_dims=2, min_side=1)
    lists = d.rng.integers(-1, shape[-1] + (2 if d.fault() else 0), shape)
    return Call(d.tensor(shape), d.given(lists[..., :-1] if d.fault() else lists, False)) + reduced(d)


def labels(d: Draw) -> Call:
    """Logits (..., C) and labels 0 and 1, perhaps weights of the classes."""
    shape = d.shape(min_dims=1, max_dims=3, min_side=1)
    call = Call(d.tensor(shape), d.tensor(shape, domain=INSIDE)) + reduced(d)
    return call + Call(weight=positive(d, shape[-1:])) if d.chance(3) else call


def triplets(**choices: Any) -> Callable[[Draw], Call]:
    """An anchor, a positive and a negative."""

    def draw(d: Draw) -> Call:
        d.mixed = False  # distances of integers are float32's, whatever the third tensor is
        shape = d.shape(min_dims=1, max_dims=3, min_side=1)
        other = d.shape() if d.fault() else shape
        triplet = Call(d.tensor(shape), d.tensor(other), d.tensor(shape))
        return triplet + reduced(d) + d.some(margin=(0.7, 2.0), swap=(True, False), **choices)

    return draw


def cross_entropy(d: Draw) -> Call:
    """Classes, with or without label smoothing, or probabilities."""
    return d.pick(classes(smoothing=False), classes(smoothing=True), probabilities)(d)


def either(first: Callable[[Draw], Call], second: Callable[[Draw], Call]) -> Callable[[Draw], Call]:
    """One of the two calls."""
    return lambda d: d.pick(first, second)(d)


def huber(d: Draw) -> Call:
    """A distance of one dtype where gradients are asked for: torch has none for a target of another."""
    d.mixed = d.mixed and d.mode == "forward"
    return either(distance(delta=(0.5, 2.0, 0.0)), weighted_distance)(d)


def linear_classes(d: Draw) -> Call:
    """Inputs (n) or (N, n), the weight (C, n) or (C, places, n) of a linear map, and classes or their probabilities."""
    d.mixed = False  # a bias of another dtype is taken for one input, and refused for several
    count, features = d.integer(2, 4), d.integer(1, 4)
    items = d.pick((), (1,), (4,))
    places = d.shape(max_dims=1, min_side=1, max_side=2) if items or d.fault() else ()
    input, weight = d.tensor((*items, features)), d.tensor((count, *places, features + (1 if d.fault() else 0)))
    call = reduced(d) + d.some(label_smoothing=(0.1, 1.0))
    if d.flag():
        call += Call(linear_bias=d.tensor((count, *places) if not d.fault() else (count + 1,)))
    if d.chance(3):
        return Call(input, weight, d.tensor((*items, count, *places))) + call
    # Of targets that are all ignored, torch gives the mean nan as its gradient.
    return Call(input, weight, d.indices((*items, *places), count - 1)) + call + d.some(ignore_index=(-100, count - 1))


def alignments(reductions: tuple[Any, ...]) -> Callable[[Draw], Call]:
    """Log-probabilities (T, N, C) or (T, C), targets padded or in a row, and the lengths of both."""

    def draw(d: Draw) -> Call:
        time, count, classes = d.integer(1, 5), d.integer(1, 3), d.integer(2, 4)
        blank = d.pick(0, 0, classes - 1)
        times = d.rng.integers(0, time + 1, count)
        most = d.integer(0, 3)
        lengths = d.rng.integers(0, most + 1, count)
        if d.mode == "gradient":  # torch gives classes of impossible targets nan in one place and 0 in another
            times = np.full(count, time)
            lengths = np.minimum(lengths, time // 2)  # short enough for blanks between equal labels
        labels = np.where((drawn := d.rng.integers(0, classes - 1, (count, most))) >= blank, drawn + 1, drawn)
        row = np.concatenate([each[:length] for each, length in zip(labels, lengths, strict=True)])
        single = count == 1 and d.flag()
        logits = d.rng.uniform(-2, 2, (time, classes) if single else (time, count, classes))
        log_probs = d.given(
            logits - np.log(np.exp(logits).sum(-1, keepdims=True)), dtype=d.dtype if d.dtype in FLOATS else "float32"
        )
        padded = labels[0] if single and len(row) == most else labels
        targets = d.given(d.pick(row, padded), False, d.pick("int64", "int32"))
        if targets.ndim == 1:
            targets.layout = "plain"  # of a row with gaps torch reads what lies in them
        if d.fault():
            times = d.pick(times + time, times[:-1], times - 9)
        if d.fault():
            lengths = d.pick(lengths + 4, lengths[1:], lengths - 9)
        sizes = d.pick(
            (tuple(times.tolist()), lengths.tolist()),
            (d.given(times, False, "float32" if d.fault() else "int64"), d.given(lengths, False, "int32")),
        )
        call = Call(log_probs, targets, *sizes)
        if blank or d.fault():
            call += Call(blank=d.pick(-1, classes) if not blank else blank)
        return call + d.some(reduction=reductions, zero_infinity=(True, False))

    return draw


def numbered(draw: Callable[[Draw], Call]) -> Callable[[Draw], Call]:
    """A loss's call, with a number as reduction."""

    def both(d: Draw) -> Call:
        call = draw(d)
        numbers = {name: k for k, name in enumerate(REDUCTIONS)}
        own = {"reduction": numbers.get(call.kwargs["reduction"], 0)} if "reduction" in call.kwargs else {}
        return Call(*call.args, **call.kwargs | own)

    return both


def counted(d: Draw) -> Call:
    """`counts` with all of its options given."""
    call = counts(d)
    options = {"log_input": True, "full": False, "eps": 1e-8, "reduction": 0}
    return Call(*call.args, **options | numbered(lambda _: call)(d).kwargs)


EXPANDED = tuple(
    Call(*(sample(values, requires_grad=False) for values in each))
    for each in (([1.0], [[0.5, 0.2]]), ([1.0, 2.0], [0.5]), ([1.0], [0.5, 0.2], [1.0, 2.0], [2.0, 3.0]))
)
"""The input may expand to the target, but for weights of the classes; the target never does."""
NO_TARGETS = tuple(Call(sample(np.zeros(shape)), sample(1, "int64")) for shape in ((0, 2), (1, 2), (0, 2, 2, 2)))
"""A target without dimensions, for batches of none and of one."""

SPECS = [
    *each(f"{F}mse_loss {F}l1_loss", Spec("", call=either(distance(), weighted_distance), domain=NEAR)),
    Spec(F + "smooth_l1_loss", call=distance(beta=(0.5, 2.0, 0, -1.0)), domain=NEAR),
    Spec(F + "huber_loss", call=huber, domain=NEAR),
    Spec(F + "binary_cross_entropy", call=binary, domain=UNIT, grad=INSIDE),
    Spec(F + "binary_cross_entropy_with_logits", call=binary_logits, domain=LOGITS, looser=MAGNIFIED),
    Spec(F + "nll_loss", call=classes(smoothing=False), looser=HALF_SUM, also=NO_TARGETS),
    Spec(F + "cross_entropy", call=cross_entropy, domain=LOGITS),
    Spec(F + "linear_cross_entropy", call=linear_classes, looser=HALF_SUM),
    Spec(F + "ctc_loss", call=alignments(REDUCTIONS)),
    Spec("ctc_loss", call=alignments((0, 1, 2, 3))),
    Spec(F + "kl_div", call=divergence),
    Spec(F + "poisson_nll_loss", call=counts, domain=between(0.1, 4.0, "rates are positive"), grad=INSIDE),
    Spec(F + "gaussian_nll_loss", call=gaussian),
    Spec(F + "hinge_embedding_loss", call=signed(margin=(0.35, 2.0)), grad=away_from(0.35, 1.0, 2.0, reason="kinks")),
    Spec(F + "soft_margin_loss", call=signed(), domain=SMOOTH),
    Spec(F + "margin_ranking_loss", call=ranking),
    Spec(F + "cosine_embedding_loss", call=cosines),
    Spec(F + "multi_margin_loss", call=margins, extends=NO_HALF),
    Spec(F + "multilabel_margin_loss", call=label_lists, extends=NO_HALF),
    Spec(F + "multilabel_soft_margin_loss", call=labels),
    Spec(F + "triplet_margin_loss", call=triplets(p=(1, 2.0, 3), eps=1e-3), looser=FAR_APART),
    Spec("binary_cross_entropy_with_logits", call=numbered(binary_logits), domain=LOGITS, also=EXPANDED,
         looser=MAGNIFIED),
    Spec("kl_div", call=numbered(divergence)),
    Spec("poisson_nll_loss", call=counted, domain=between(0.1, 4.0, "rates are positive"), grad=INSIDE),
    Spec("hinge_embedding_loss", call=numbered(signed(margin=(0.35, 2.0))),
         grad=away_from(0.35, 1.0, 2.0, reason="kinks")),
    Spec("margin_ranking_loss", call=numbered(ranking), also=(Call(sample([1.0]), sample(2.0), sample(1.0)),)),
    Spec("cosine_embedding_loss", call=numbered(cosines)),
    Spec("triplet_margin_loss", call=numbered(triplets(p=(1, 2.0, 3), eps=1e-3)), looser=FAR_APART),
    Spec(F + "triplet_margin_with_distance_loss",
         call=triplets(distance_function=(Name("nn.functional.pairwise_distance"),))),
]  # fmt: skip
