"""How time grows with size: every operation from 2**6 to 2**24 elements, every lecture's step over batch sizes.

And the crossover: the size from which on the GPU is faster than the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import ops, training
from benchmarks.compare import Row
from benchmarks.engines import GPU_OF
from benchmarks.measure import Case

SLOWEST = 0.25e6
"""Microseconds: the sizes end after the first one at which a step takes longer on any engine."""
CASES: dict[str, Case] = {
    **{title: case._replace(sizes=tuple(ops.SMALLEST * 4**k for k in range(10))) for title, case in ops.CASES.items()},
    **{title: Case(case.make, tuple(4**k for k in range(7))) for title, case in training.CASES.items()},
}


@dataclass(frozen=True)
class Crossover:
    """From which measured size on, at all of them, `faster` takes less time than `slower`; None: not at the largest."""

    case: str
    slower: str
    faster: str
    size: int | None

    def __str__(self) -> str:
        if self.size is None:
            return f"{self.case}: {self.faster} does not overtake {self.slower} at any size measured, or not for good"
        return f"{self.case}: {self.faster} overtakes {self.slower} at {self.size:,}"


def crossovers(rows: Sequence[Row]) -> Iterator[Crossover]:
    """Of every case: the GPU against the CPU; where nothing was measured on a GPU, torch against NumPy."""
    engines = {row.engine for row in rows}
    pairs = [pair for pair in GPU_OF.items() if engines >= set(pair)]
    if not pairs and engines >= {"numpy", "torch"}:
        pairs = [("numpy", "torch")]
    for case in dict.fromkeys(row.case for row in rows):
        times = {(row.engine, row.size): row.step.median for row in rows if row.case == case}
        sizes = sorted({size for _, size in times})
        for slower, faster in pairs:
            wins = [times[faster, size] < times[slower, size] for size in sizes]
            yield Crossover(case, slower, faster, _first_of_the_last(sizes, wins))


def _first_of_the_last(sizes: Iterable[int], wins: Iterable[bool]) -> int | None:
    """The smallest size from which on all are won."""
    first = None
    for size, won in zip(sizes, wins, strict=True):
        first = None if not won else size if first is None else first
    return first
