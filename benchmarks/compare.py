"""One case on all engines: that they agree, then what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engines import Engine
from benchmarks.measure import REFERENCE, Case, Timing, check, interleaved, transfer
from benchmarks.memory import Peak, peaks
from benchmarks.overhead import Profile, profile


@dataclass(frozen=True)
class Row:
    """What a case of a size takes on one engine."""

    case: str
    size: int
    engine: str
    forward: Timing
    step: Timing
    """Forward and backward, and the optimizer where there is one."""
    target: float | None
    """The ratio to torch on the CPU that minitorch over NumPy is to reach."""
    peak: Peak | None
    """None where it was not measured."""
    peak_ratio: float | None
    """To torch on the CPU; None below a megabyte there, where it would be the ratio of two page counts."""
    transfer: float | None
    """Microseconds in which the inputs come from the CPU to the GPU; None on a CPU."""
    profile: Profile | None
    """Where the time goes; None on torch, which is not written in Python."""


@dataclass(frozen=True)
class Effort:
    """How much is measured, and how."""

    rounds: int
    threads: int
    agreeing: int
    """How many steps the engines must agree on before they are timed."""
    thorough: bool = True
    """Whether memory and the profile are measured as well."""


def compare(title: str, case: Case, size: int, engines: Sequence[Engine], effort: Effort) -> list[Row]:
    """Measures a case on all engines; raises Disagreement when their results differ."""
    steps = {engine: case.make(engine.torch, engine.device, size) for engine in engines}
    check(title, {engine.name: step for engine, step in steps.items()}, effort.agreeing)
    forward = interleaved({engine: step.forward for engine, step in steps.items()}, effort.rounds)
    whole = interleaved({engine: step.run for engine, step in steps.items()}, effort.rounds)
    memory = peaks(title, size, engines, effort.threads) if effort.thorough else {}
    return [
        Row(
            case=title,
            size=size,
            engine=engine.name,
            forward=forward[engine.name],
            step=whole[engine.name],
            target=case.target if engine.name == "numpy" else None,
            peak=memory.get(engine.name),
            peak_ratio=_ratio(memory.get(engine.name), memory.get(REFERENCE)),
            transfer=transfer(step, engine, effort.rounds),
            profile=profile(step) if effort.thorough and engine.torch.__name__ == "minitorch" else None,
        )
        for engine, step in steps.items()
    ]


def _ratio(peak: Peak | None, reference: Peak | None) -> float | None:
    return peak.bytes / reference.bytes if peak and reference and reference.bytes >= 1e6 else None
