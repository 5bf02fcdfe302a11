"""What came out of a comparison, and how it is told."""

from __future__ import annotations

import linecache
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minitorch.study.diff.gaps import Gap
from minitorch.study.diff.run import Place


@dataclass
class Difference:
    """Where two runs part ways."""

    what: str
    """"value", "gradient", "dtype", "shape", "lines", "failure" or "output"."""
    title: str
    """In one line."""
    place: Place | None = None
    details: list[str] = field(default_factory=list)


class Report:
    """What came out of a comparison: `difference` is None where two engines agree; `str` gives the report."""

    def __init__(self, title: str, engines: tuple[str, str]) -> None:
        self.title, self.engines = title, engines
        self.difference: Difference | None = None
        self.operations = self.gradients = self.leaves = self.parameters = self.lines = 0
        self.largest: tuple[Gap, str, Place | None] | None = None
        self.by_step: list[float] = [0.0]
        """The largest relative difference of each step. A step ends with the first operation after a backward pass."""
        self.left_out: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        """The operations that one engine alone has, by name."""
        self.notes: list[str] = []
        self.uncertain = 0
        """How many parameters differ only where their gradients are mostly rounding."""
        self.failure: str | None = None
        """What ended the script, on both engines alike."""
        self._passes = 0

    @property
    def same(self) -> bool:
        """Whether the engines agree."""
        return self.difference is None

    def __str__(self) -> str:
        return "\n".join(self._differing(self.difference) if self.difference is not None else self._agreeing())

    def _differing(self, found: Difference) -> list[str]:
        first, second = self.engines
        when = f" in step {len(self.by_step)}" if found.what != "output" else ""
        lines = [f"{self.title}: {first} and {second} part ways{when}: {found.title}"]
        if found.place is not None:
            function = f", in {found.place[2]}" if found.place[2] not in ("", "<module>") else ""
            lines.append(f"  {located(found.place)}{function}: {source_of(found.place)}")
        return [*lines, *(f"  {each}" for each in found.details), f"  compared before it: {self._counts()}"]

    def _agreeing(self) -> list[str]:
        first, second = self.engines
        if not self.operations:
            what = (
                "no operation was seen: the script computes nothing in its main thread"
                if not self.failure
                else "nothing was compared"
            )
            lines = [f"{self.title}: {what}"]
        else:
            lines = [f"{self.title}: {first} and {second} agree", f"  compared: {self._counts()}"]
        if self.largest is None or not self.largest[0].share:
            lines += ["  every number is the same, bit for bit"] if self.operations else []
        else:
            found, name, place = self.largest
            numbers = " and ".join(map(number_text, found.numbers))
            lines.append(
                f"  largest difference: {found.share:.2g}, {name} at {located(place)}: {numbers}, of rounding; "
                "by step: "
                + ", ".join(f"{each:.1g}" for each in self.by_step[:8])
                + (", ..." if len(self.by_step) > 8 else "")
            )
        lines += [f"  {each}" for each in self.notes[:3]]
        if self.uncertain:
            lines.append(
                f"  {_counted(self.uncertain, 'parameter after a step')} differ only where the gradient is nothing but "
                "rounding, as it is before a batch norm"
            )
        for engine, names in zip(self.engines, self.left_out, strict=True):
            if names:
                listed = ", ".join(f"{count} {name}" for name, count in names.most_common(6))
                lines.append(
                    f"  operations that {engine} alone has, left out: {listed}{', ...' if len(names) > 6 else ''}"
                )
        if self.failure is not None:
            lines.append(f"  the script ends on both engines alike: {self.failure}")
        return lines

    def _counts(self) -> str:
        counts = [
            (self.operations, "operation"),
            (self.gradients, "gradient"),
            (self.leaves, "gradients of a leaf"),
            (self.parameters, "parameter after a step"),
            (self._passes, "backward pass"),
            (self.lines, "printed line"),
        ]
        return ", ".join(_counted(*each) for each in counts if each[0]) or "nothing"


def _counted(count: int, noun: str) -> str:
    plural = {
        "gradients of a leaf": "gradients of leaves",
        "parameter after a step": "parameters after steps",
        "backward pass": "backward passes",
    }
    return f"{count} {noun if count == 1 else plural.get(noun, f'{noun}s')}"


def located(place: Sequence[Any] | None) -> str:
    """The file and the line of a place, in words."""
    return f"{os.path.basename(place[0])}:{place[1]}" if place is not None else "an unknown line"


def source_of(place: Sequence[Any]) -> str:
    """What is written in the line of a place."""
    return linecache.getline(place[0], place[1]).strip()


def number_text(value: Any) -> str:
    """A number with the digits that a float32 has."""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
