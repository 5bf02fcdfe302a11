"""The one table of tolerances, by dtype and by what is compared; a spec that needs more says how much and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Kind: TypeAlias = Literal["forward", "gradient", "second"]


@dataclass(frozen=True)
class Tolerance:
    """A value agrees when its difference is at most `relative * |expected| + absolute`."""

    relative: float
    absolute: float


@dataclass(frozen=True)
class Looser:
    """A spec's own tolerance: the table's times `factor`, with the reason, perhaps for some kinds or dtypes only."""

    factor: float
    reason: str
    kinds: tuple[Kind, ...] = ("forward", "gradient", "second")
    dtypes: tuple[str, ...] = ("float16", "float32", "float64")

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(
                "Looser: expected a reason for the tolerance, but got an empty one; say what rounds and why"
            )


EXACT = Tolerance(0.0, 0.0)

# A few dozen units in the last place: both engines round, in different orders, sums of a few terms of size ten, and
# gradients pass through more operations. A gradient that is 0.05 % off lies outside everywhere but in float16.
TABLE: dict[tuple[str, Kind], Tolerance] = {
    ("float64", "forward"): Tolerance(1e-13, 1e-13),
    ("float64", "gradient"): Tolerance(1e-11, 1e-12),
    ("float64", "second"): Tolerance(1e-9, 1e-10),
    ("float32", "forward"): Tolerance(4e-6, 1e-6),
    ("float32", "gradient"): Tolerance(2e-5, 4e-6),
    ("float32", "second"): Tolerance(1e-4, 2e-5),
    ("float16", "forward"): Tolerance(2e-3, 1e-3),
    ("float16", "gradient"): Tolerance(1e-2, 4e-3),
    ("float16", "second"): Tolerance(1e-2, 1e-2),
}


def tolerance(dtype: str, kind: Kind, looser: Looser | None = None) -> Tolerance:
    """What a value of this dtype may differ by; integers and bools must be equal."""
    entry = TABLE.get((dtype, kind), EXACT)
    if looser is None or kind not in looser.kinds or dtype not in looser.dtypes:
        return entry
    return Tolerance(entry.relative * looser.factor, entry.absolute * looser.factor)


def coarsest(dtypes: list[str], own: str) -> str:
    """The float dtype of fewest digits among them and `own`: rounding to it anywhere in the call limits the result."""
    if np.dtype(own).kind != "f":
        return own
    floats = [dtype for dtype in (*dtypes, own) if np.dtype(dtype).kind == "f"]
    return min(floats, key=lambda dtype: np.dtype(dtype).itemsize)
