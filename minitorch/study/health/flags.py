"""What does not look healthy in a training: each rule with its threshold, what it means, and what to try.

The thresholds are wide on purpose. A training whose loss falls is left alone where a rule cannot tell a fault from the
end of the descent: gradients, updates and losses all become small there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import fmean, median, pvariance

from minitorch.study.health.data import WINDOW, Layer, Parameter, Training

VANISHING = 1e-3
"""The first layer's gradient, measured by the last one's, below which it vanishes on its way."""
NO_GRADIENT = 1e-7
"""A gradient's norm below which nothing is learnt, as long as the loss has not fallen."""
GROWTH, GROWTH_STEPS = 100.0, 10
"""A gradient explodes that grows by so much within so many steps, and is ten times what it was at the start."""
SPIKE, SPIKE_MEDIAN = 1e3, 50
"""So does one that is so many times the median of the steps before it, of so many at most."""
JUMP = 100.0
"""So does one whose step changes a layer by so many times its norm."""
DEAD = 0.5
"""The share of relus that are dead above which a layer is flagged."""
SATURATED, ALL_SATURATED = 0.5, 0.95
"""The share of a hidden layer's outputs where the slope is below 0.01: if the loss does not fall, and in any case."""
RATIO_LOW, RATIO_GOOD, RATIO_HIGH = 1e-5, 1e-3, 1e-1
"""Update by weight: too small, the rule of thumb, too large; flagged only if the loss has not fallen by a tenth."""
FALLEN = 0.1
NOT_FALLING, NOT_FALLING_STEPS = 0.01, 200
"""A loss does not fall that has lost less than so much after so many steps, nor steadily (two standard errors)."""
CONSTANT, CONSTANT_STEPS = 1e-4, 50
"""One that does not even vary by so much need not be watched for as long."""
DIVERGING = 2.0
"""A loss diverges that ends at so many times what it began with."""
PASSES = 10
"""Backward passes after which a parameter that got gradients, and was never changed, is named."""
CARRIED = 0.8
"""The share of steps whose gradient still holds that of the step before, above which clearing was forgotten."""


@dataclass(frozen=True)
class Flag:
    """Something that does not look healthy."""

    kind: str
    seen: str
    """What was seen: numbers, layer, steps."""
    advice: str
    """What it usually means, and what to try."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.seen}\n{self.advice}"


@dataclass(frozen=True)
class _Loss:
    """How the loss went, from the first tenth of the steps to the last."""

    first: float
    last: float
    fall: float
    """By which share of the first it has fallen; negative if it rose."""
    steady: bool
    """Whether it has fallen by more than its noise explains."""
    constant: bool
    steps: int


def find(trainings: Sequence[Training], parameters: Sequence[Parameter]) -> list[Flag]:
    """All flags, those of each training in the order in which they matter; several trainings are told apart."""
    found: list[Flag] = []
    for training in trainings:
        turns = _takes_turns(training, trainings)
        for flag in _of_training(training, turns):
            seen = f"{training.title}: {flag.seen}" if len(trainings) > 1 else flag.seen
            found.append(Flag(flag.kind, seen, flag.advice))
    return [*found, *_of_parameters(trainings, parameters)]


def _of_training(training: Training, turns: bool) -> Iterator[Flag]:
    loss = _loss(training)
    if training.broken is not None:
        yield _broken(training)
    learns = loss is not None and loss.fall >= FALLEN
    yield from _steps(training, learns)
    stopped = training.broken is not None
    if not stopped and not turns and loss is not None:
        yield from _loss_flags(loss)
    yield from _exploding(training)
    yield from _dead(training)
    yield from _saturated(training, ALL_SATURATED if learns else SATURATED)
    yield from _vanishing(training, learns)
    if not learns and not stopped and training.updated:
        yield from _updates(training, loss is not None and not turns)


def _broken(training: Training) -> Flag:
    broken = training.broken
    assert broken is not None, "asked for only then"
    return Flag(
        "nan" if broken.what == "nan" else "inf",
        f"step {broken.step} is the first with numbers that are not finite: {broken.what} from {broken.where}.",
        "From there on nothing is learnt: nan spreads to every weight. Usually a learning rate that is too large, a "
        "division by zero, or log, sqrt or exp at their limits: try a smaller rate, clip the gradients, keep the "
        "argument away from the limit.",
    )


def _steps(training: Training, learns: bool) -> Iterator[Flag]:
    if training.compared >= 3 and training.carried > CARRIED * training.compared:
        yield Flag(
            "gradients not cleared",
            f"at {training.carried} of {training.compared} steps the gradient still held that of the step before.",
            "backward() adds to .grad, so each step follows the sum of all gradients so far. Call "
            "optimizer.zero_grad(), or set .grad to zero by hand, once per step.",
        )
    if training.without_gradient and training.without_gradient == training.steps:
        yield Flag(
            "no gradient",
            f"none of the optimizer's parameters had a gradient at any of its {training.steps} steps.",
            "Either backward() is never called, or the optimizer holds other tensors than the loss depends on. Make "
            "the optimizer after the model has its final parameters, and look for detach() or no_grad() between.",
        )
    if not learns and training.without_change * 2 > len(_all_steps(training)):
        yield Flag(
            "not updated",
            f"{training.without_change} steps had gradients and changed no weight at all.",
            "The learning rate is zero, or so small that float32 rounds the step away. Set it, and look at the "
            "schedule that changes it.",
        )


def _loss_flags(loss: _Loss) -> Iterator[Flag]:
    if loss.steps >= WINDOW and loss.last > DIVERGING * loss.first > 0:
        yield Flag(
            "loss diverging",
            f"it rose from {loss.first:.4g} to {loss.last:.4g} over {loss.steps} steps.",
            "The steps overshoot: each jumps further up the other side. Usually the learning rate is too large: try a "
            "tenth of it; or the gradient has the wrong sign.",
        )
    elif (
        loss.steps >= (CONSTANT_STEPS if loss.constant else NOT_FALLING_STEPS)
        and loss.fall < NOT_FALLING
        and not loss.steady
    ):
        yield Flag(
            "loss not falling",
            f"it went from {loss.first:.4g} to {loss.last:.4g} over {loss.steps} steps.",
            "The model learns nothing, or had learnt all before. See the other flags first; then try a learning rate "
            "ten times larger and ten times smaller, and whether it can learn one small batch by heart.",
        )


def _exploding(training: Training) -> Iterator[Flag]:
    layers = [layer for layer in training.in_order() if layer.weights] or training.in_order()
    seen = [
        (step, f"layer {layer.name}, {text}")
        for layer in layers
        for step, text in _growth(layer, training.broken is not None)
    ]
    advice = (
        "Products of many factors above 1 on the way back, or steps that are too large, make gradients grow without "
        "bound. Clip them (nn.utils.clip_grad_norm_), lower the learning rate, or make the starting weights smaller."
    )
    if seen:
        yield Flag("exploding gradients", min(seen, key=itemgetter(0))[1], advice)
        return
    chain = [layer for layer in training.in_order() if layer.weights]
    if len(chain) >= 3:
        first, last = _recent(chain[0].gradient), _recent(chain[-1].gradient)
        if last > 0 and first > last / VANISHING:
            yield Flag(
                "exploding gradients",
                f"layer {chain[0].name} (the first) has a gradient of {first:.3g}, {first / last:.3g} times that of "
                f"{chain[-1].name} (the last, {last:.3g}).",
                advice,
            )


def _growth(layer: Layer, broken: bool) -> Iterator[tuple[int, str]]:
    """The steps at which a gradient has exploded, and how it shows."""
    rows = [row for row in zip(layer.steps, layer.gradient, layer.ratio, strict=True) if math.isfinite(row[1])]
    for step, norm, ratio in rows:
        if ratio > JUMP and layer.weights:
            yield step, f"step {step}: a gradient of {norm:.3g} changed the weights by {ratio:.3g} times their norm."
    steps, norms = [row[0] for row in rows], [row[1] for row in rows]
    # Many a training begins with a gradient of zero in the first layers; one that broke at once had no time to.
    start = (norms[0] if broken and len(norms) <= 5 else median(norms[:5])) if norms else 0.0
    if not start:
        return
    settled = 1 if broken else 5
    for k in range(settled, len(norms)):
        norm = norms[k]
        if norm <= 10 * start or norm < NO_GRADIENT:
            continue
        earlier, within = norms[max(0, k - SPIKE_MEDIAN) : k], norms[max(0, k - GROWTH_STEPS) : k]
        usual, low = median(earlier), min(within)
        if k >= 5 and norm > SPIKE * usual > 0:
            yield steps[k], f"step {steps[k]}: a norm of {norm:.3g}, where {usual:.3g} was the median before."
        elif norm > GROWTH * max(low, start) > 0 and low:
            since = steps[k] - steps[k - len(within) + within.index(low)]
            when = "one step" if since == 1 else f"{since} steps"
            yield steps[k], f"step {steps[k]}: its norm grew from {low:.3g} to {norm:.3g} within {when}."


def _dead(training: Training) -> Iterator[Flag]:
    dead = [(site.dead[-1], site) for site in training.activations.values() if site.dead and site.dead[-1] > DEAD]
    if dead:
        share, site = max(dead, key=itemgetter(0))
        more = f", and more than half of those of {len(dead) - 1} other activations" if len(dead) > 1 else ""
        yield Flag(
            "dead relus",
            f"{site.name}: {share:.0%} of the units gave only zeros over the last {WINDOW} steps or more{more} "
            f"(seen at step {site.steps[-1]}).",
            "Where a relu is zero no gradient passes, so a unit that is zero for all data never comes back. Usually a "
            "step that was too large or a bias far below zero: try a smaller learning rate, leaky_relu, or Kaiming's "
            "starting weights.",
        )


def _saturated(training: Training, threshold: float) -> Iterator[Flag]:
    full = [(_recent(site.share), site) for site in training.activations.values() if not site.is_relu and site.hidden]
    full = [(share, site) for share, site in full if share > threshold]
    if full:
        share, site = max(full, key=itemgetter(0))
        more = f", and {len(full) - 1} other activations" if len(full) > 1 else ""
        yield Flag(
            "saturated",
            f"{site.name}: {share:.0%} of the outputs lie where the slope is below 0.01{more} "
            f"(median of the last {min(WINDOW, len(site.share))} steps).",
            "There a sigmoid or a tanh passes next to no gradient on, and what comes before it learns nothing. Scale "
            "the inputs, start with smaller weights (Xavier's), normalise, or use relu.",
        )


def _vanishing(training: Training, learns: bool) -> Iterator[Flag]:
    chain = [layer for layer in training.in_order() if layer.weights]
    advice = (
        "Each layer multiplies the gradient on its way back; factors below 1, such as the slope of a sigmoid (0.25 at "
        "most), leave nothing for the first layers. Try relu, Kaiming's or Xavier's starting weights, normalisation, "
        "or connections that skip layers."
    )
    if len(chain) >= 3:
        first, last = _recent(chain[0].gradient), _recent(chain[-1].gradient)
        if 0 <= first < VANISHING * last:
            yield Flag(
                "vanishing gradients",
                f"layer {chain[0].name} (the first) has a gradient of {first:.3g}, {first / last:.2g} of that of "
                f"{chain[-1].name} (the last, {last:.3g}); medians of the last "
                f"{min(WINDOW, len(chain[0].gradient))} steps.",
                advice,
            )
            return
    if learns or not chain:
        return
    small = [(norm, layer) for norm, layer in ((_recent(each.gradient), each) for each in chain) if norm < NO_GRADIENT]
    if small:
        norm, layer = min(small, key=itemgetter(0))
        yield Flag(
            "vanishing gradients",
            f"layer {layer.name} has a gradient of {norm:.3g}, and {len(small)} of {len(chain)} layers one below "
            f"{NO_GRADIENT:g}; medians of the last {min(WINDOW, len(layer.gradient))} steps.",
            advice,
        )


def _updates(training: Training, loss_known: bool) -> Iterator[Flag]:
    ratios = []
    for layer in training.layers.values():
        known = [ratio for ratio in layer.ratio if math.isfinite(ratio)]
        if len(known) >= WINDOW:
            ratios.append((median(known), layer))
    still = ", and the loss has not fallen by a tenth" if loss_known else ""
    if not ratios:
        return
    high, layer = max(ratios, key=itemgetter(0))
    if high > RATIO_HIGH:
        count = sum(ratio > RATIO_HIGH for ratio, _ in ratios)
        yield Flag(
            "updates too large",
            f"layer {layer.name} changes by {high:.2g} of its weights at each step (median; {count} of {len(ratios)} "
            f"layers by more than {RATIO_HIGH:g}){still}.",
            f"About {RATIO_GOOD:g} is usual; steps of this size throw away what was learnt. Try a learning rate "
            f"that is smaller by {_power(high / RATIO_GOOD)}.",
        )
    low, layer = max(
        ((ratio, layer) for ratio, layer in ratios if layer.weights), default=(math.inf, layer), key=itemgetter(0)
    )
    if low < RATIO_LOW:
        yield Flag(
            "updates too small",
            f"no layer changes by more than {low:.2g} of its weights at a step (median, {layer.name}){still}.",
            f"About {RATIO_GOOD:g} is usual; at this rate a training takes a hundred times as long. Try a learning "
            f"rate that is larger by {_power(RATIO_GOOD / max(low, 1e-12))}.",
        )


def _of_parameters(trainings: Sequence[Training], parameters: Sequence[Parameter]) -> Iterator[Flag]:
    trained = {each.root for each in parameters if each.updates and each.root}
    lost = [each for each in parameters if each.passes >= PASSES and not each.updates and not each.in_optimizer]
    if lost:
        yield Flag(
            "not updated",
            f"{_names(lost)} got gradients in up to {max(each.passes for each in lost)} backward passes, and "
            f"{'is' if len(lost) == 1 else 'are'} in no optimizer and never changed.",
            "Either they were to be trained: give the optimizer the parameters of the model that is in use, and call "
            "its step(). Or they were not: requires_grad_(False) saves the time of their gradients.",
        )
    unused = [each for each in parameters if each.root in trained and each.requires_grad and not each.passes]
    if unused:
        yield Flag(
            "no gradient",
            f"{_names(unused)} never got a gradient, though other parameters of the model did.",
            "The loss does not depend on them: a layer that forward() does not use, or a detach(), .data, argmax or "
            "no_grad() on the way. Leave the layer out, or freeze it with requires_grad_(False).",
        )


def frozen(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Those that are kept as they are, in models that are trained."""
    trained = {each.root for each in parameters if each.updates and each.root}
    return [each for each in parameters if each.root in trained and not each.requires_grad and not each.passes]


# --- numbers ---------------------------------------------------------------------------------------------------------


def _loss(training: Training) -> _Loss | None:
    known = [loss for loss in training.losses if loss is not None and math.isfinite(loss)]
    if len(known) < WINDOW:
        return None
    count = max(len(known) // 10, 3)
    first, last = fmean(known[:count]), fmean(known[-count:])
    third = max(len(known) // 3, 3)
    early, late = known[:third], known[-third:]
    noise = math.sqrt((pvariance(early) + pvariance(late)) / third)
    fall = (first - last) / abs(first) if first else 0.0
    constant = max(known) - min(known) <= CONSTANT * abs(first)
    return _Loss(first, last, fall, fmean(early) - fmean(late) > 2 * noise, constant, len(known))


def _takes_turns(training: Training, trainings: Sequence[Training]) -> bool:
    """Whether another training is going on at the same time: a GAN's losses pull against each other."""
    return any(
        each is not training and each.began <= training.ended and training.began <= each.ended for each in trainings
    )


def _recent(values: Sequence[float]) -> float:
    """The median of the last WINDOW values that are finite."""
    last = [value for value in values[-WINDOW:] if math.isfinite(value)]
    return median(last) if last else math.nan


def _all_steps(training: Training) -> set[int]:
    """The steps that were measured."""
    return {step for layer in training.layers.values() for step in layer.steps}


def _power(factor: float) -> str:
    return f"a factor of about {10 ** round(math.log10(factor)):g}"


def _names(parameters: Sequence[Parameter]) -> str:
    shown = ", ".join(each.name for each in parameters[:3])
    return shown + (f" and {len(parameters) - 3} more" if len(parameters) > 3 else "")
