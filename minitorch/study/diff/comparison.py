"""Two runs compared: in lockstep by the script's lines, within an execution of a line operation by operation."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import course
from minitorch.study.diff.gaps import NO_GAP, Gap, Value, alike, gap, noise, uncertain
from minitorch.study.diff.match import (
    by_name,
    gradients_of,
    match,
    meeting,
    missing_seeds,
    of_kind,
    outputs,
    sources_of,
)
from minitorch.study.diff.operations import RANDOM, common_name, plain_name
from minitorch.study.diff.report import Difference, Report, located, number_text, source_of
from minitorch.study.diff.run import Event, Place, Run, Unit

_AHEAD = 400
"""Executed lines that are looked at to find where two runs that went different ways meet again."""
_JUMP = 30
"""A difference that is more times as large as those before it did not grow out of rounding."""


class Comparison(Report):
    """Compares two runs, reading both in lockstep; a report whose `difference` is None where the engines agree."""

    def __init__(self, title: str, engines: tuple[str, str], relative: float | None, absolute: float | None) -> None:
        super().__init__(title, engines)
        self._relative, self._absolute = relative, absolute
        self._partner: dict[int, int] = {}
        self._gaps: dict[int, float] = {}
        self._scales: dict[int, float] = {}
        self._tolerances: dict[int, float] = {}
        self._floors: dict[int, float] = {}
        self._sizes: dict[int, int] = {}
        self._gradient_scale = 0.0
        self._step_over = False
        self._names: dict[int, tuple[str, Place | None]] = {}
        self._last_gap = 0.0
        self._strayed: set[tuple[str, tuple[int, ...]]] = set()
        """The parameters that differ where their gradients are mostly rounding."""
        self._noisy: dict[tuple[str, tuple[int, ...]], Any] = {}
        """By parameter: the elements whose gradients are mostly rounding: an optimizer may divide by their size."""
        self._before = "nothing was compared"
        self._line: tuple[str, int] | None = None

    # --- lockstep -----------------------------------------------------------------------------------------------------

    def follow(self, one: Run, other: Run) -> None:
        """Reads both runs to their end, or to the first difference."""
        while self.difference is None:
            ours, theirs = one.head(), other.head()
            if ours is None and theirs is None:
                break
            if ours is None or theirs is None or ours.line != theirs.line:
                self.difference = self._meet_again(one, other)
                continue
            one.take()
            other.take()
            self._line = ours.line or self._line
            if ours.events or theirs.events:
                self.difference = self._compare(ours.events, theirs.events)
        if self.difference is None:
            self._compare_ends(one, other)

    def _meet_again(self, one: Run, other: Run) -> Difference | None:
        """The runs went different ways: a difference, if operations lie there. Else skips to where they meet again."""
        a, b = one.ahead(_AHEAD), other.ahead(_AHEAD)
        failed = [next((e for unit in units for e in unit.events if e.kind == "failed"), None) for units in (a, b)]
        if any(failed):
            for run, units in ((one, a), (other, b)):
                for _ in units:
                    run.take()
            return self._failure(failed[0], failed[1], a, b)
        skip = meeting(a, b)
        if not any(skip) or any(unit.events for unit in (*a[: skip[0]], *b[: skip[1]])):
            return self._other_lines(one, other, a, b)
        for run, count in zip((one, other), skip, strict=True):
            for _ in range(count):
                run.take()
        return None

    def _other_lines(self, one: Run, other: Run, a: Sequence[Unit], b: Sequence[Unit]) -> Difference:
        short, ways = [], []
        for run, units in ((one, a), (other, b)):
            line = next((unit.line for unit in units if unit.line is not None), None)
            if line is not None:
                short.append(f"line {line[1]} on {run.label}")
                ways.append(f"{run.label} runs {located(line)}: {source_of(line)}")
            else:
                short.append(f"none on {run.label}")
                ways.append(f"{run.label} ends: {run.ended} {run.last_words()}".rstrip())
        after = (
            f"after {located(self._line)}: {source_of(self._line)}"
            if self._line is not None
            else "from the beginning on"
        )
        place = (*self._line, "") if self._line is not None else None
        return Difference("lines", f"other lines are run: {', '.join(short)}", place, [after, *ways, *self._context()])

    def _compare_ends(self, one: Run, other: Run) -> None:
        if one.ended != other.ended:
            ends = [f"{run.label} ends with {run.ended} {run.last_words()}".rstrip() for run in (one, other)]
            self.difference = Difference("failure", "; ".join(ends), None, self._context())
        elif str(one.ended).startswith(("exit", "no answer")):
            self.failure = f"{one.ended}: {one.last_words()}"
        mine, reference = one.printed(), other.printed()
        self.lines = len(reference.lines)
        found = course.first_difference(mine, reference)
        if found is not None and self.difference is None:
            self.difference = Difference("output", f"{one.label} prints something else: {found}", None, [])

    # --- one execution of a line --------------------------------------------------------------------------------------

    def _compare(self, ours: list[Event], theirs: list[Event]) -> Difference | None:
        """Compares what one execution of a line did, in the order of the first engine."""
        tasks: list[tuple[float, Callable[[], Difference | None]]] = []
        order = {id(event): k for k, event in enumerate(ours)}
        a, b = ([event for event in events if event.kind == "op"] for events in (ours, theirs))
        pairs = match(a, b)
        for mine, other in pairs:
            self._partner[mine.number] = other.number
            tasks.append((order[id(mine)], functools.partial(self._operation, mine, other)))
        for k, events in enumerate((a, b)):
            matched = {id(pair[k]) for pair in pairs}
            self.left_out[k].update(plain_name(event.name) for event in events if id(event) not in matched)
        if a and b:
            tasks.append((order[id(a[-1])] + 0.5, functools.partial(self._last_values, a, b, pairs)))
        gradients = gradients_of(theirs)
        for event in ours:
            if event.kind == "gradient":
                found = gradients.get((self._partner.get(event.number, -1), event.output))
                if found:
                    tasks.append((order[id(event)], functools.partial(self._gradient, event, found.popleft())))
            elif event.kind == "backward":
                tasks.append((order[id(event)], self._backward))
        for kind, compare in (("leaves", self._leaves), ("step", self._parameters)):
            for mine, other in zip(of_kind(ours, kind), of_kind(theirs, kind), strict=False):
                tasks.append((order[id(mine)], functools.partial(compare, mine, other)))
        failed = [next(iter(of_kind(events, "failed")), None) for events in (ours, theirs)]
        if any(failed):
            units = [Unit(None, ours)], [Unit(None, theirs)]
            tasks.append((len(ours), functools.partial(self._failure, failed[0], failed[1], *units)))
        for _, task in sorted(tasks, key=lambda each: each[0]):
            difference = task()
            if difference is not None:
                return difference
        return None

    def _operation(self, mine: Event, other: Event) -> Difference | None:
        difference = self._inputs(mine, other)
        if difference is not None:
            return difference
        self.operations += 1
        self._names[mine.number] = plain_name(mine.name), mine.place
        if self._step_over:
            self.by_step.append(0.0)
            self._step_over = False
        before = self._before_it(mine)
        scale, coarse, floor = self._limits(mine)
        size = max((self._sizes.get(each, 0) for each in sources_of(mine)), default=0)
        worst = 0.0
        for k, (one, two) in enumerate(outputs(mine, other)):
            named = f"{plain_name(mine.name)}" + (f", result {k}" if len(mine.outputs) > 1 else "")
            own = one.scale()
            scale *= max(1.0, size / max(1, math.prod(one.shape))) ** 0.5  # the rounding of a sum of so many
            shrunk = floor * min(1.0, own / scale) if scale else floor
            found, difference = self._values(one, two, named, mine.place, scale, coarse, shrunk)
            if difference is not None:
                if not one.is_float and difference.what == "value" and (self._worst() if before is None else before):
                    self.notes.append(f"{named} at {located(mine.place)} falls differently, on differences of rounding")
                    continue
                return self._explained(difference, mine, other, before, found)
            worst = max(worst, found.share)
            self._scales[mine.number] = max(self._scales.get(mine.number, 0.0), own)
            self._sizes[mine.number] = math.prod(one.shape)
            self._floors[mine.number] = max(noise(one, max(own, scale)), shrunk, self._floors.get(mine.number, 0.0))
        self._gaps[mine.number] = worst
        tolerances = [value.relative for value in mine.outputs if value is not None]
        self._tolerances[mine.number] = max(*tolerances, coarse, 0.0)
        self._passed(f"{plain_name(mine.name)} at {located(mine.place)}", worst)
        return None

    def _limits(self, mine: Event) -> tuple[float, float, float]:
        """Of what goes into an operation: the largest number, the relative tolerance, and how far it may be off."""
        sources = sources_of(mine)
        return tuple(  # type: ignore[return-value]  # of three
            max((found.get(each, 0.0) for each in sources), default=0.0)
            for found in (self._scales, self._tolerances, self._floors)
        )

    def _before_it(self, mine: Event) -> float | None:
        """The largest difference of what goes into an operation, None where not all of it was compared."""
        sources = sources_of(mine)
        return max(self._gaps[each] for each in sources) if sources and set(sources) <= self._gaps.keys() else None

    def _inputs(self, mine: Event, other: Event) -> Difference | None:
        """Compares what came into an operation without another one having made it."""
        if common_name(mine.name) != common_name(other.name) or len(mine.inputs) != len(other.inputs):
            return None
        scale = self._limits(mine)[0]
        for k, (one, two) in enumerate(zip(mine.inputs, other.inputs, strict=True)):
            if one is None or two is None or len(one) != 3 or len(two) != 3:
                continue
            name = one[0] or two[0]
            called = f"{name or f'argument {k + 1}'} of {plain_name(mine.name)}"
            found, difference = self._values(one[1], two[1], called, mine.place, scale, 0.0)
            self._partner[one[2]] = two[2]
            if difference is not None:
                difference.details.append("no operation made it: it is data, or was made of numbers of Python or NumPy")
                difference.details += [*missing_seeds(mine, other), *self._growth(found, None)]
                difference.details += self._context()
                return difference
            self._gaps[one[2]], self._scales[one[2]] = found.share, one[1].scale()
            self._tolerances[one[2]], self._sizes[one[2]] = one[1].relative, math.prod(one[1].shape)
        return None

    def _last_values(self, a: list[Event], b: list[Event], pairs: Sequence[tuple[Event, Event]]) -> Difference | None:
        """Compares what the line made last on both engines, where that was not done: it may be what flows on."""
        mine, other = a[-1], b[-1]
        if mine.part or other.part:
            return None
        if any(one is mine and two is other for one, two in pairs):
            return None
        for one, two in outputs(mine, other)[:1]:
            if one.shape != two.shape or (self._is_among(one, b) and self._is_among(two, a)):
                return None
            if one.dtype != two.dtype and common_name(mine.name) != common_name(other.name):
                return None  # two other things: one engine alone has as an operation what the line does last
            names = f"{plain_name(mine.name)} or {plain_name(other.name)}"
            limits = self._limits(mine)
            found, difference = self._values(one, two, f"the line's last value ({names})", mine.place, *limits)
            if difference is not None:
                return self._explained(difference, mine, other, self._before_it(mine), found)
        return None

    def _is_among(self, value: Value, events: Sequence[Event]) -> bool:
        """Whether one of these operations gave the same value."""
        given = [each for event in events for each in event.outputs if each is not None and alike(value, each)]
        absolute = noise(value, value.scale())
        return any(gap(value, each, value.relative, absolute).agrees for each in given)

    def _gradient(self, mine: Event, other: Event) -> Difference | None:
        one, two = mine.outputs[0], other.outputs[0]
        assert one is not None and two is not None, "a gradient is recorded with its value"
        if one.shape != two.shape:
            return None  # that of another result: the engines number them in other ways
        name, place = self._names.get(mine.number, ("an operation", None))
        self._gradient_scale = max(self._gradient_scale, one.scale())
        self.gradients += 1
        called = f"the gradient of {name}'s result"
        found, difference = self._values(
            one, two, called, place, self._gradient_scale, self._tolerances.get(mine.number, 0.0)
        )
        if difference is not None:
            difference.what = "gradient" if difference.what == "value" else difference.what
            difference.details += [*self._growth(found, None), *self._context()]
            return difference
        self._passed(f"{called} at {located(place)}", found.share)
        return None

    def _leaves(self, mine: Event, other: Event) -> Difference | None:
        """Compares the gradients of the leaves after a backward pass."""
        self._step_over = True
        scales = [value.scale() for _, value in mine.named if value is not None]
        self._gradient_scale = max(self._gradient_scale, *scales, 0.0)
        for name, one, two in by_name(mine.named, other.named):
            self.leaves += 1
            key = name, one.shape
            if key in self._strayed and one.array.shape == two.array.shape:
                two = Value(two.dtype, two.shape, np.where(self._noisy[key], one.array, two.array), two.stride)
            self._noisy[key] = uncertain(one, two) | self._noisy.get(key, False)
            difference = self._named(f"the gradient of {name}", one, two, mine, self._gradient_scale)
            if difference is not None:
                difference.what = "gradient" if difference.what == "value" else difference.what
                return difference
        got = [sorted({name for name, _ in each.named if name}) for each in (mine, other)]
        if got[0] != got[1] and not self._renamed(mine, other):
            says = [f"{engine}: {', '.join(names) or 'none'}" for engine, names in zip(self.engines, got, strict=True)]
            return Difference("gradient", "not the same leaves got a gradient", mine.place, [*says, *self._context()])
        return None

    def _renamed(self, mine: Event, other: Event) -> bool:
        """Whether the leaves that one engine alone names are those of the other under other names: tied weights are."""
        own, twins = (
            [
                value
                for name, value in one.named
                if value is not None and name and name not in {name for name, _ in two.named}
            ]
            for one, two in ((mine, other), (other, mine))
        )
        return len(own) == len(twins) and all(
            alike(one, two) and gap(one, two, one.relative, noise(one, self._gradient_scale)).agrees
            for one, two in zip(own, twins, strict=True)
        )

    def _parameters(self, mine: Event, other: Event) -> Difference | None:
        """Compares the parameters after an optimizer's step."""
        scale = max((value.scale() for _, value, _ in mine.named if value is not None), default=0.0)
        for (name, one, number), (_, two, partner) in zip(mine.named, other.named, strict=False):
            self._partner[number] = partner
            if one is None or two is None:
                continue
            self.parameters += 1
            title = f"{name or 'a parameter'} after the step"
            difference = self._named(title, one, two, mine, scale)
            noisy = self._noisy.get((name, one.shape))
            if difference is not None and noisy is not None and noisy.shape == one.array.shape == two.array.shape:
                certain = Value(two.dtype, two.shape, np.where(noisy, one.array, two.array), two.stride)
                difference = self._named(title, one, certain, mine, scale)
                self.uncertain += difference is None
                self._strayed.add((name, one.shape))
                self._floors[number] = 2 * gap(one, two, 0.0, 0.0).absolute  # what it may do to what is made of it
            if difference is not None:
                return difference
            self._scales[number], self._tolerances[number] = one.scale(), one.relative
            self._gaps[number] = self._last_gap
        return None

    def _named(self, name: str, one: Value, two: Value, mine: Event, scale: float) -> Difference | None:
        found, difference = self._values(one, two, name, mine.place, scale, 0.0)
        if difference is not None:
            difference.details += [*self._growth(found, None), *self._context()]
            return difference
        self._last_gap = found.share
        self._passed(f"{name} at {located(mine.place)}", found.share)
        return None

    def _failure(
        self, mine: Event | None, other: Event | None, a: Sequence[Unit], b: Sequence[Unit]
    ) -> Difference | None:
        """One engine raised an error, or both did."""
        if mine is not None and other is not None and mine.name.partition(":")[0] == other.name.partition(":")[0]:
            self.failure = f"{mine.name} at {located(mine.place)}"
            return None
        first = mine or other
        assert first is not None, "one of them failed"
        said = []
        for engine, event, units in zip(self.engines, (mine, other), (a, b), strict=True):
            if event is not None:
                operation = f" in {plain_name(event.named[0])}" if event.named[0] else ""
                said.append(f"{engine} raises{operation} at {located(event.place)}: {event.name}")
            else:
                events = [
                    each for unit in units for each in unit.events if each.kind == "op" and each.place == first.place
                ]
                made = f": {plain_name(events[-1].name)} gives {events[-1].outputs[0]}" if events else ""
                said.append(f"{engine} goes on{made}")
        alone = self.engines[0] if other is None else self.engines[1] if mine is None else ""
        title = f"{alone} alone raises an error" if alone else "the engines raise different errors"
        return Difference("failure", title, first.place, [*said, *self._context()])

    def _backward(self) -> None:
        self._passes += 1
        self._gradient_scale = 0.0

    # --- two values ---------------------------------------------------------------------------------------------------

    def _values(
        self, one: Value, two: Value, name: str, place: Place | None, scale: float, coarse: float, floor: float = 0.0
    ) -> tuple[Gap, Difference | None]:
        """The gap between two values, and a difference if their dtypes or shapes differ, or if it is no rounding.

        They were made of numbers of this scale, which may be off by `coarse` relatively, or by `floor`.
        """
        first, second = self.engines
        if one.shape != two.shape:
            title = f"the shape of {name}: {list(one.shape)} on {first}, {list(two.shape)} on {second}"
            return NO_GAP, Difference("shape", title, place)
        if one.dtype != two.dtype:
            title = f"the dtype of {name}: {one.dtype} on {first}, {two.dtype} on {second}"
            return NO_GAP, Difference("dtype", title, place)
        relative = max(one.relative, coarse) if one.is_float else 0.0
        relative = relative if self._relative is None or not one.is_float else self._relative
        absolute = max(noise(one, max(scale, one.scale())), floor) if self._absolute is None else self._absolute
        absolute = absolute if one.is_float else 0.0
        found = gap(one, two, relative, absolute, max(scale, absolute / (noise(one, 1.0) or 1.0)))
        if found.agrees:
            if self.largest is None or found.share > self.largest[0].share:
                self.largest = found, name, place
            return found, None
        a, b = found.numbers
        where = f" at {found.index}" if found.index else ""
        difference = Difference(
            "value", f"{name}{where}: {number_text(a)} on {first}, {number_text(b)} on {second}", place
        )
        difference.details.append(
            f"difference {found.absolute:.2g}, relative {found.relative:.2g}; {found.apart} of {found.size} elements "
            f"lie further apart than {relative:.0e}; {one.dtype} {list(one.shape)}"
        )
        return found, difference

    def _explained(
        self, difference: Difference, mine: Event, other: Event, before: float | None, found: Gap
    ) -> Difference:
        """Adds to a difference of an operation what its inputs were, and whether random numbers are the cause."""
        missing = missing_seeds(mine, other)
        if common_name(mine.name) in RANDOM and difference.what == "value":
            why = missing or ["the operation draws them"]
            difference.details.append(f"different random numbers from here: {why[0]}")
            if "cupy" in self.engines:
                difference.details.append("CuPy draws numbers of its own: draw them on the CPU and move them")
        elif difference.what == "value":
            difference.details += missing
        if before is not None:
            difference.details.append(
                "what goes into it is the same" if not before else f"what goes into it agrees to {before:.2g}"
            )
        elif mine.inputs:
            difference.details.append("not all that goes into it was compared: one engine alone has it as an operation")
        if difference.what == "value":
            difference.details += self._growth(found, before)
        difference.details += self._context()
        return difference

    def _growth(self, found: Gap, before: float | None) -> list[str]:
        """Whether a difference has grown out of smaller ones, or is new."""
        worst = self._worst() if before is None else before
        if found.relative > _JUMP * max(worst, 1e-7):
            return [f"a jump: the largest difference before it was {self._worst():.2g}"]
        steps = ", ".join(f"{each:.1g}" for each in self.by_step[-8:])
        return [f"it grew, as rounding does: the largest differences by step were {steps}"]

    def _worst(self) -> float:
        return max(self.by_step)

    def _context(self) -> list[str]:
        return [*self.notes[:3], f"right before it: {self._before}"]

    def _passed(self, what: str, relative: float) -> None:
        agreed = "is the same" if relative == 0 else f"agrees to {relative:.2g}"
        self._before = f"{what} {agreed}"
        self.by_step[-1] = max(self.by_step[-1], relative)
