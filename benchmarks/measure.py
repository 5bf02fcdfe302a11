"""How a step is timed: engines take turns, round by round, so that what disturbs one disturbs all.

A round runs every engine's step `repeats` times; the figure of an engine is the median over rounds of the time of one
step, in microseconds, with the spread between the quartiles. Ratios are medians of the ratio within a round.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Step = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """One engine's times for one step, in microseconds."""

    median: float
    spread: float
    """Between the quartiles."""
    ratio: float
    """To the reference engine, median over rounds."""


def _once(step: Step, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats * 1e6


def interleaved(
    steps: Mapping[str, Step], reference: str, *, rounds: int = 30, seconds: float = 0.01
) -> dict[str, Timing]:
    """Times every step; each round runs each step for about `seconds`. The first rounds warm up and are dropped."""
    for step in steps.values():
        _once(step, 20)
    repeats = {name: max(1, round(seconds * 1e6 / _once(step, 20))) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    gc.collect()
    for _ in range(rounds):
        for name, step in steps.items():
            times[name].append(_once(step, repeats[name]))
    return {name: _timing(own, times[reference]) for name, own in times.items()}


def _timing(own: list[float], reference: list[float]) -> Timing:
    low, median, high = statistics.quantiles(own, n=4)
    ratio = statistics.median(mine / other for mine, other in zip(own, reference, strict=True))
    return Timing(median, high - low, ratio)
