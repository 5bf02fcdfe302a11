"""What `check` compares: tolerances, two ways compared, and what came out for one input."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from minitorch.study.check.differences import Index, Kink

Array = npt.NDArray[Any]
RULE, COMPOSED, DIFFERENCES, TORCH = "rule", "composed", "differences", "torch"


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may lie apart: a part of the number, and a part of the largest in the array."""

    relative: float
    of_largest: float

    def __str__(self) -> str:
        return f"{self.relative:g} of each element + {self.of_largest:g} of the largest"


TOLERANCES = {
    "float64": Tolerance(1e-7, 1e-9),
    "float32": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(2e-2, 1e-2),
}
"""By dtype. A gradient that is 0.05 % off lies outside, but in float16. What rounding did to the number is allowed."""


@dataclass(frozen=True)
class Pair:
    """Two ways compared: the largest absolute and relative differences, and the worst element with both its numbers."""

    first: str
    second: str
    absolute: float
    relative: float
    worst: Index
    numbers: tuple[float, float]
    ok: bool

    def __str__(self) -> str:
        at, (a, b) = index_text(self.worst), self.numbers
        return f"{self.first} and {self.second} differ by {self.absolute:.3g} at {at}: {a:.8g} and {b:.8g}"


@dataclass
class InputCheck:
    """The gradient of one input: the array of each way (None where there is none), and each pair of ways compared."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    ways: dict[str, Array | None]
    pairs: list[Pair]
    kinks: list[Kink]
    errors: Array
    """What finite differences may be off by, element by element; nan where none was taken."""
    wrong_at_kinks: list[Kink] = field(default_factory=list)
    """Those where the rule's slope does not lie between those to the left and to the right."""

    @property
    def ok(self) -> bool:
        """Whether all ways agree."""
        return not self.wrong_at_kinks and all(pair.ok for pair in self.pairs)


def index_text(index: Index) -> str:
    """An index in words: `[0, 2]`."""
    return f"[{', '.join(map(str, index))}]"


def element(array: Array | None, index: Index) -> float:
    """An element of what a way gave; nan where the way was not gone."""
    return math.nan if array is None else float(array[index])
