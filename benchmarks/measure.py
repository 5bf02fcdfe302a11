"""How a step is measured: engines take turns, round by round, so that what disturbs one disturbs all.

A round runs the forward pass and the whole step of every engine for about a twentieth of a second each, in which caches
and threads are as warm as in a training loop; on a GPU the clock stops when the device has finished. The figure of an
engine is the median over rounds of the time of one step, with the quartiles. A ratio is the median of the ratios to
torch on the CPU within a round.

Before anything is timed the engines run the same steps, and what comes out must agree.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from benchmarks.engines import Engine

REFERENCE = "torch"
"""The engine that ratios are to: torch on the CPU."""
TOLERANCE = 1e-4
"""How far two engines' results may lie apart, as a part of the largest number among them."""
_SECONDS = 0.05
_WARM_UP = 0.1
_PAUSE = 0.03

Action = Callable[[], Any]


class Step(NamedTuple):
    """What is timed, on one engine."""

    run: Action
    """Forward and backward, and the optimizer where there is one; returns the loss or the output."""
    forward: Action
    inputs: Sequence[Any] = ()
    """The tensors that a loop would bring to the device for each step. What is a leaf gets gradients."""
    weights: Sequence[Any] = ()
    """The parameters, which get gradients too."""


class Case(NamedTuple):
    """A step, and the sizes at which it is measured: a batch size, or a number of elements."""

    make: Callable[[Any, str, int], Step]
    """Takes the library, the device and the size; draws the same numbers on every engine."""
    sizes: Sequence[int]
    target: float | None = None
    """The ratio to torch on the CPU that minitorch is to reach."""


class Disagreement(Exception):
    """The engines' results differ: their times cannot be compared."""


@dataclass(frozen=True)
class Timing:
    """The times of one thing on one engine, in microseconds."""

    median: float
    low: float
    high: float
    """The quartiles."""
    ratio: float | None
    """To torch on the CPU; None when it did not take part."""


def _host(tensor: Any) -> Any:
    return np.asarray(tensor.detach().cpu().numpy())


def _results(step: Step, steps: int) -> list[Any]:
    """What some steps return, and the gradients that the first leaves at inputs and weights.

    The first, for what rounding makes of small gradients Adam makes large.
    """
    returned = [_host(step.run())]
    gradients = [_host(each.grad) for each in (*step.inputs, *step.weights) if each.grad is not None]
    return returned + [_host(step.run()) for _ in range(steps - 1)] + gradients


def check(title: str, steps: Mapping[str, Step], count: int) -> None:
    """Runs `count` steps on every engine; raises Disagreement unless all give the same numbers."""
    results = {name: _results(step, count) for name, step in steps.items()}
    first = REFERENCE if REFERENCE in results else next(iter(results))
    for name, own in results.items():
        if len(own) != len(results[first]):
            raise Disagreement(f"{title}: {name} and {first} do not leave gradients at the same tensors")
        for k, (mine, other) in enumerate(zip(own, results[first], strict=True)):
            what = f"the result of step {k + 1}" if k < count else f"gradient {k - count + 1}"
            if mine.shape != other.shape:
                raise Disagreement(f"{title}: {what} is of shape {mine.shape} on {name}, {other.shape} on {first}")
            scale = float(np.abs(other).max(initial=1e-6))
            apart = float(np.abs(mine - other).max(initial=0.0)) / scale
            if not apart <= TOLERANCE:  # nan is none either
                raise Disagreement(f"{title}: {what} differs on {name} and {first}, by {apart:.1e} of its size")


def _once(action: Action, repeats: int, engine: Engine) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        action()
    engine.synchronize()
    return (time.perf_counter() - start) / repeats * 1e6


def _turn(action: Action, repeats: int, engine: Engine) -> float:
    """An engine's turn in a round.

    With several threads, those of the engine before spin for a while, and would take this one's cores: they get a pause
    to fall asleep in, and this engine's own wake in a call that does not count.
    """
    if engine.torch.get_num_threads() > 1:
        time.sleep(_PAUSE)
        _once(action, 1, engine)
    return _once(action, repeats, engine)


def _warm(action: Action, engine: Engine) -> int:
    """Warms up; returns how often the action fits into its part of a round."""
    end = time.perf_counter() + _WARM_UP
    taken: list[float] = []
    while len(taken) < 3 or time.perf_counter() < end:
        taken.append(_once(action, 1, engine))
    return max(1, round(_SECONDS * 1e6 / statistics.median(taken)))


def interleaved(actions: Mapping[Engine, Action], rounds: int) -> dict[str, Timing]:
    """Times an action of every engine, by the engines' names."""
    repeats = {engine: _warm(action, engine) for engine, action in actions.items()}
    times: dict[str, list[float]] = {engine.name: [] for engine in actions}
    gc.collect()
    order = list(actions)
    for _ in range(rounds):
        for engine in order:
            times[engine.name].append(_turn(actions[engine], repeats[engine], engine))
        order.reverse()  # nobody always comes first
    return {name: _timing(own, times.get(REFERENCE)) for name, own in times.items()}


def _timing(own: Sequence[float], reference: Sequence[float] | None) -> Timing:
    low, median, high = statistics.quantiles(own, n=4)
    if reference is None:
        return Timing(median, low, high, None)
    return Timing(
        median, low, high, statistics.median(mine / other for mine, other in zip(own, reference, strict=True))
    )


def transfer(step: Step, engine: Engine, rounds: int) -> float | None:
    """The median time in which the inputs come from the CPU to the engine's device, in microseconds; None on a CPU."""
    if engine.device == "cpu" or not step.inputs:
        return None
    hosts = [each.detach().cpu() for each in step.inputs]
    return interleaved({engine: lambda: [engine.place(each) for each in hosts]}, rounds)[engine.name].median
