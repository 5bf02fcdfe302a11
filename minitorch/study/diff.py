"""`minitorch diff`: a script on two engines, operation by operation, up to the first that gives something else.

Both processes are read in lockstep, and of what they say no arrays are kept. They are aligned by the script's own lines
as these are executed; within one execution of a line, operations belong together by name and value, and what one engine
alone has (cross entropy is one operation there, two here) is left out and counted. That cannot hide a difference: the
last value that a line makes, the gradients of the leaves after every backward pass, the parameters after every step and
the printed lines are always compared.
"""

from __future__ import annotations

import functools
import linecache
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import course, runner
from minitorch.study.gaps import NO_GAP, Gap, Value, alike, gap, noise, uncertain
from minitorch.study.operations import RANDOM, common_name, plain_name

_AHEAD = 400
"""Executed lines that are looked at to find where two runs that went different ways meet again."""
_TABLE = 100
"""Operations of one execution of a line that are matched at a time."""
_JUMP = 30
"""A difference that is more times as large as those before it did not grow out of rounding."""

Place = tuple[str, int, str]


# --- what a run says --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Event:
    """One record of a run: an operation, a gradient, the leaves after a backward pass, the parameters after a step."""

    kind: str
    place: Place | None = None
    number: int = 0
    """Of the operation."""
    name: str = ""
    """Of the operation, or the text of an error."""
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Value | None] = field(default_factory=list)
    unseeded: tuple[str, ...] = ()
    part: bool = False
    """Whether it is an operation within another one."""
    output: int = 0
    """The gradient is of this output of the operation."""
    named: list[Any] = field(default_factory=list)
    """The leaves or parameters."""


@dataclass(slots=True)
class Unit:
    """One execution of a line, up to where another line begins or a function returns: None."""

    line: tuple[str, int] | None
    events: list[Event] = field(default_factory=list)


class Run:
    """A script's process on one engine, read as far as it is needed."""

    def __init__(self, engine: str, label: str, script: Path, args: Sequence[str], steps: int) -> None:
        self.engine, self.label = engine, label
        self.ended: str | None = None
        self._files: dict[int, str] = {}
        self._units: deque[Unit] = deque([Unit(None)])
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        read, write = os.pipe()
        waits, self._go = os.pipe()
        command = [sys.executable, "-m", "minitorch.study.diff_child", engine, str(write), str(waits), str(steps)]
        self._process = subprocess.Popen(
            [*command, str(script), *args],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            pass_fds=(write, waits),
            env={"PYTHONHASHSEED": "0", **course.environment()},
        )
        os.close(write)
        os.close(waits)
        self._records = os.fdopen(read, "rb")

    def head(self) -> Unit | None:
        """The next execution of a line, whole; None at the end."""
        while len(self._units) < 2 and self.ended is None:
            self._turn()
        return self._units[0] if self._units else None

    def take(self) -> None:
        """Goes on to the next one."""
        self._units.popleft()

    def ahead(self, count: int) -> list[Unit]:
        """The next executions of lines, at most so many, without taking them."""
        while len(self._units) <= count and self.ended is None:
            self._turn()
        return [self._units[k] for k in range(min(count, len(self._units)))]

    def _turn(self) -> None:
        """Lets the process run, and reads what it says until the other one's turn."""
        try:
            os.write(self._go, b"\n")
            while True:
                record = pickle.load(self._records)
                if record[0] == "turn":
                    return
                if record[0] == "end":
                    self.ended = record[1]
                    return
                self._enter(*record)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.ended = f"no answer, exit code {self._process.wait()}"

    def _enter(self, kind: str, *rest: Any) -> None:
        if kind == "file":
            self._files[rest[0]] = rest[1]
        elif kind == "lines":
            for code in np.frombuffer(rest[0], np.uint32).tolist():
                self._units.append(Unit((self._files[code >> 20], code & 0xFFFFF) if code else None))
        else:
            events, event = self._units[-1].events, self._event(kind, *rest)
            if events and self.engine != "torch" and _is_write_of(event, events[-1]):
                event.inputs = events.pop().inputs  # minitorch says what is computed, then what is written
            events.append(event)

    def _event(self, kind: str, *rest: Any) -> Event:
        if kind == "op":
            number, name, place, inputs, outputs, unseeded = rest
            return Event(kind, self._place(place), number, name, inputs or [], outputs, unseeded, inputs is None)
        if kind == "gradient":
            number, output, value = rest
            return Event(kind, number=number, output=output, outputs=[value])
        if kind == "failed":
            place, text, operation = rest
            return Event(kind, self._place(place), name=text, named=[operation])
        return Event(kind, self._place(rest[0]), named=rest[1] if len(rest) > 1 else [])

    def _place(self, place: tuple[int, int, str]) -> Place | None:
        return (self._files[place[0]], place[1], place[2]) if place[0] else None

    def printed(self) -> course.Outcome:
        """What the script printed."""
        self._out.seek(0)
        text = self._out.read().decode(errors="replace")
        return course.Outcome(self.label, 0, tuple(text.splitlines()), 0.0)

    def last_words(self) -> str:
        """The last line on its error output."""
        self._err.seek(0)
        lines = self._err.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        os.close(self._go)
        for file in (self._records, self._out, self._err):
            file.close()


# --- what came out ----------------------------------------------------------------------------------------------------


@dataclass
class Difference:
    """Where two runs part ways."""

    what: str
    """"value", "gradient", "dtype", "shape", "lines", "failure" or "output"."""
    title: str
    """In one line."""
    place: Place | None = None
    details: list[str] = field(default_factory=list)


class Comparison:
    """What came out of a comparison: `difference` is None where two engines agree; `str` gives the report."""

    def __init__(self, title: str, engines: tuple[str, str], relative: float | None, absolute: float | None) -> None:
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
        self._relative, self._absolute = relative, absolute
        self._partner: dict[int, int] = {}
        self._gaps: dict[int, float] = {}
        self._scales: dict[int, float] = {}
        self._tolerances: dict[int, float] = {}
        self._floors: dict[int, float] = {}
        self._sizes: dict[int, int] = {}
        self._gradient_scale = 0.0
        self._passes = 0
        self._step_over = False
        self._names: dict[int, tuple[str, Place | None]] = {}
        self._last_gap = 0.0
        self._strayed: set[tuple[str, tuple[int, ...]]] = set()
        """The parameters that differ where their gradients are mostly rounding."""
        self._noisy: dict[tuple[str, tuple[int, ...]], Any] = {}
        """By parameter: the elements whose gradients are mostly rounding: an optimizer may divide by their size."""
        self._before = "nothing was compared"
        self._line: tuple[str, int] | None = None

    @property
    def same(self) -> bool:
        """Whether the engines agree."""
        return self.difference is None

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
        skip = _meeting(a, b)
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
                ways.append(f"{run.label} runs {_at(line)}: {_source(line)}")
            else:
                short.append(f"none on {run.label}")
                ways.append(f"{run.label} ends: {run.ended} {run.last_words()}".rstrip())
        after = f"after {_at(self._line)}: {_source(self._line)}" if self._line is not None else "from the beginning on"
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
        gradients = _gradients(theirs)
        for event in ours:
            if event.kind == "gradient":
                found = gradients.get((self._partner.get(event.number, -1), event.output))
                if found:
                    tasks.append((order[id(event)], functools.partial(self._gradient, event, found.popleft())))
            elif event.kind == "backward":
                tasks.append((order[id(event)], self._backward))
        for kind, compare in (("leaves", self._leaves), ("step", self._parameters)):
            for mine, other in zip(_of(ours, kind), _of(theirs, kind), strict=False):
                tasks.append((order[id(mine)], functools.partial(compare, mine, other)))
        failed = [next(iter(_of(events, "failed")), None) for events in (ours, theirs)]
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
        size = max((self._sizes.get(each, 0) for each in _sources(mine)), default=0)
        worst = 0.0
        for k, (one, two) in enumerate(outputs(mine, other)):
            named = f"{plain_name(mine.name)}" + (f", result {k}" if len(mine.outputs) > 1 else "")
            own = one.scale()
            scale *= max(1.0, size / max(1, math.prod(one.shape))) ** 0.5  # the rounding of a sum of so many
            shrunk = floor * min(1.0, own / scale) if scale else floor
            found, difference = self._values(one, two, named, mine.place, scale, coarse, shrunk)
            if difference is not None:
                if not one.is_float and difference.what == "value" and (self._worst() if before is None else before):
                    self.notes.append(f"{named} at {_at(mine.place)} falls differently, on differences of rounding")
                    continue
                return self._explained(difference, mine, other, before, found)
            worst = max(worst, found.share)
            self._scales[mine.number] = max(self._scales.get(mine.number, 0.0), own)
            self._sizes[mine.number] = math.prod(one.shape)
            self._floors[mine.number] = max(noise(one, max(own, scale)), shrunk, self._floors.get(mine.number, 0.0))
        self._gaps[mine.number] = worst
        tolerances = [value.relative for value in mine.outputs if value is not None]
        self._tolerances[mine.number] = max(*tolerances, coarse, 0.0)
        self._passed(f"{plain_name(mine.name)} at {_at(mine.place)}", worst)
        return None

    def _limits(self, mine: Event) -> tuple[float, float, float]:
        """Of what goes into an operation: the largest number, the relative tolerance, and how far it may be off."""
        sources = _sources(mine)
        return tuple(  # type: ignore[return-value]  # of three
            max((found.get(each, 0.0) for each in sources), default=0.0)
            for found in (self._scales, self._tolerances, self._floors)
        )

    def _before_it(self, mine: Event) -> float | None:
        """The largest difference of what goes into an operation, None where not all of it was compared."""
        sources = _sources(mine)
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
                difference.details += [*_missing(mine, other), *self._growth(found, None)]
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
        self._passed(f"{called} at {_at(place)}", found.share)
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
        self._passed(f"{name} at {_at(mine.place)}", found.share)
        return None

    def _failure(
        self, mine: Event | None, other: Event | None, a: Sequence[Unit], b: Sequence[Unit]
    ) -> Difference | None:
        """One engine raised an error, or both did."""
        if mine is not None and other is not None and mine.name.partition(":")[0] == other.name.partition(":")[0]:
            self.failure = f"{mine.name} at {_at(mine.place)}"
            return None
        first = mine or other
        assert first is not None, "one of them failed"
        said = []
        for engine, event, units in zip(self.engines, (mine, other), (a, b), strict=True):
            if event is not None:
                operation = f" in {plain_name(event.named[0])}" if event.named[0] else ""
                said.append(f"{engine} raises{operation} at {_at(event.place)}: {event.name}")
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
        difference = Difference("value", f"{name}{where}: {_number(a)} on {first}, {_number(b)} on {second}", place)
        difference.details.append(
            f"difference {found.absolute:.2g}, relative {found.relative:.2g}; {found.apart} of {found.size} elements "
            f"lie further apart than {relative:.0e}; {one.dtype} {list(one.shape)}"
        )
        return found, difference

    def _explained(
        self, difference: Difference, mine: Event, other: Event, before: float | None, found: Gap
    ) -> Difference:
        """Adds to a difference of an operation what its inputs were, and whether random numbers are the cause."""
        missing = _missing(mine, other)
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

    # --- the report ---------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return "\n".join(self._differing(self.difference) if self.difference is not None else self._agreeing())

    def _differing(self, found: Difference) -> list[str]:
        first, second = self.engines
        when = f" in step {len(self.by_step)}" if found.what != "output" else ""
        lines = [f"{self.title}: {first} and {second} part ways{when}: {found.title}"]
        if found.place is not None:
            function = f", in {found.place[2]}" if found.place[2] not in ("", "<module>") else ""
            lines.append(f"  {_at(found.place)}{function}: {_source(found.place)}")
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
            numbers = " and ".join(map(_number, found.numbers))
            lines.append(
                f"  largest difference: {found.share:.2g}, {name} at {_at(place)}: {numbers}, of rounding; by step: "
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


def _at(place: Sequence[Any] | None) -> str:
    return f"{os.path.basename(place[0])}:{place[1]}" if place is not None else "an unknown line"


def _source(place: Sequence[Any]) -> str:
    return linecache.getline(place[0], place[1]).strip()


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


# --- what belongs together --------------------------------------------------------------------------------------------


def match(a: Sequence[Event], b: Sequence[Event]) -> list[tuple[Event, Event]]:
    """The operations of two engines that are the same, in order: by name, else by a value that looks the same.

    Where one engine has more operations of a name than the other, those are pairs only that look the same.
    """
    parts = any(each.part for each in (*a, *b))
    if not parts and [common_name(each.name) for each in a] == [common_name(each.name) for each in b]:
        return list(zip(a, b, strict=True))
    given = a, b
    pairs: list[tuple[Event, Event]] = []
    while a and b:
        found = _best(a[:_TABLE], b[:_TABLE])
        whole = len(a) <= _TABLE and len(b) <= _TABLE
        if not whole:
            found = found[: max(1, len(found) // 2)]  # the later ones may belong to what the table does not show
        if not found:
            a, b = a[_TABLE // 2 :], b[_TABLE // 2 :]
            continue
        pairs += [(a[i], b[j]) for i, j in found]
        if whole:
            break
        a, b = a[found[-1][0] + 1 :], b[found[-1][1] + 1 :]
    counts = [Counter(common_name(each.name) for each in events if not each.part) for events in given]
    unclear = {name for name in counts[0] | counts[1] if counts[0][name] != counts[1][name]}
    return [
        (one, two)
        for one, two in pairs
        if not {common_name(one.name), common_name(two.name)} & unclear or _look_alike(one, two)
    ]


def _best(a: Sequence[Event], b: Sequence[Event]) -> list[tuple[int, int]]:
    """The pairs, in the order of both, that fit best together."""
    scores = np.zeros((len(a) + 1, len(b) + 1))
    fits = np.array([[_fit(one, two) for two in b] for one in a])
    for i in range(len(a)):
        for j in range(len(b)):
            scores[i + 1, j + 1] = max(scores[i, j + 1], scores[i + 1, j], scores[i, j] + fits[i, j])
    pairs = []
    i, j = len(a), len(b)
    while i and j:
        # From the end: of several that fit as well, the last is what flows on.
        if fits[i - 1, j - 1] and scores[i, j] == scores[i - 1, j - 1] + fits[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif scores[i, j] == scores[i - 1, j]:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _fit(one: Event, two: Event) -> float:
    """How well two operations fit together; 0 where they do not."""
    same, looks = common_name(one.name) == common_name(two.name), _look_alike(one, two)
    if (one.part or two.part) and not looks:
        return 0.0  # how an engine makes its operations is its own affair
    # Looks count more: a layer may be made of an operation of its own name in another layout.
    shapes = [next((value.shape for value in each.outputs if value is not None), None) for each in (one, two)]
    return (
        4.0 * same + 4.5 * looks + (shapes[0] == shapes[1]) + 0.5 * (plain_name(one.name) == plain_name(two.name))
    ) * (same or looks)


def _look_alike(one: Event, two: Event) -> bool:
    """Whether the first results look the same."""
    x, y = (next((value for value in each.outputs if value is not None), None) for each in (one, two))
    return x is not None and y is not None and alike(x, y)


def outputs(one: Event, two: Event) -> list[tuple[Value, Value]]:
    """The results of one operation on two engines, pair by pair; where one has others, those of one shape.

    What comes beside the first result of an operation that goes by another name there is its own affair.
    """
    mine, others = ([value for value in each.outputs if value is not None] for each in (one, two))
    in_order = list(zip(mine, others, strict=False))
    if len(mine) == len(others) == 1 or all(x.shape == y.shape for x, y in in_order):
        same_name = plain_name(one.name) == plain_name(two.name)
        return in_order[:1] + [(x, y) for x, y in in_order[1:] if same_name or x.dtype == y.dtype]
    pairs = []
    for value in mine:
        k = next((k for k, other in enumerate(others) if other.shape == value.shape), None)
        if k is not None:
            pairs.append((value, others.pop(k)))
    return pairs or in_order


def by_name(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[tuple[str, Value, Value]]:
    """The leaves of two engines, pair by pair: by name, those without a name, or of one that several have, by order."""
    twins: dict[str, deque[Value]] = {}
    for name, value in theirs:
        twins.setdefault(name, deque()).append(value)
    for name, value in ours:
        twin = twins[name].popleft() if twins.get(name) else None
        if value is not None and twin is not None and (name or value.shape == twin.shape):
            yield name or "a leaf", value, twin


def _is_write_of(event: Event, computed: Event) -> bool:
    """Whether an in-place operation writes what the one before it has computed."""
    alike = event.kind == computed.kind == "op" and common_name(event.name) == common_name(computed.name)
    return alike and event.name.endswith("_") and not event.inputs


def _missing(mine: Event, other: Event) -> list[str]:
    """What says that random numbers were drawn without a seed."""
    calls = sorted({*mine.unseeded, *other.unseeded})
    return [f"the script does not call {', '.join(calls)}: it draws other random numbers in every run"] if calls else []


def _sources(event: Event) -> list[int]:
    """The numbers of the operations that made an operation's inputs; -1 for an unknown one."""
    return [-1 if each is None else each[2] if len(each) == 3 else each[0] for each in event.inputs]


def _gradients(events: Sequence[Event]) -> dict[tuple[int, int], deque[Event]]:
    """The gradients by operation and output; one that several backward passes reach has several."""
    found: dict[tuple[int, int], deque[Event]] = {}
    for event in events:
        if event.kind == "gradient":
            found.setdefault((event.number, event.output), deque()).append(event)
    return found


def _of(events: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


def _meeting(a: Sequence[Unit], b: Sequence[Unit]) -> tuple[int, int]:
    """How many executions of lines to skip on either side, as few as can be, until the same ones follow."""
    x, y = ([unit.line for unit in units] for units in (a, b))
    for total in range(1, len(x) + len(y)):
        for i in range(max(0, total - len(y) + 1), min(total, len(x) - 1) + 1):
            j = total - i
            if x[i : i + 3] == y[j : j + 3]:
                return i, j
    # They do not meet within sight: what holds no operation cannot matter.
    quiet = [0 if any(unit.events for unit in units) else len(units) for units in (a, b)]
    return quiet[0], quiet[1]


# --- the whole --------------------------------------------------------------------------------------------------------


def compare_engines(
    script: str | Path,
    engines: Sequence[str] = ("numpy", "torch"),
    *,
    steps: int = 3,
    rtol: float | None = None,
    atol: float | None = None,
    args: Sequence[str] = (),
) -> Comparison:
    """Runs a script, or the lecture of that id, on two engines and compares all that they compute.

    Ends after `steps` backward passes (0: at the script's end). `rtol` is the relative difference that floats may have
    (by dtype: 1e-4 for float32), `atol` an absolute one. Raises runner.CannotRun for an engine that is not here, and
    for what is neither script nor lecture.
    """
    pair = _engines(engines)
    path = Path(script)
    if str(script) == "-":
        raise runner.CannotRun("standard input can be read once, and each engine needs the script: give its file")
    if not path.is_file():
        if path.suffix == ".py" or os.sep in str(script) or path.is_dir():
            raise runner.CannotRun(f"no such script: {script}")
        path = course.find(str(script)).path
    labels = pair if pair[0] != pair[1] else (f"the first {pair[0]}", f"the second {pair[0]}")
    comparison = Comparison(path.name, labels, rtol, atol)
    runs: list[Run] = []
    try:
        for engine, label in zip(pair, labels, strict=True):
            runs.append(Run(engine, label, path, args, steps))
        comparison.follow(*runs)
    finally:
        for run in runs:
            run.close()
    return comparison


def _engines(engines: Sequence[str]) -> tuple[str, str]:
    if len(engines) != 2:
        raise runner.CannotRun(f"two engines are compared, got {', '.join(engines) or 'none'}: --engines numpy,torch")
    for engine in engines:
        if engine not in runner.ENGINES:
            raise runner.CannotRun(f"no engine {engine!r}: choose two of {', '.join(runner.ENGINES)}")
        reason = runner.unavailable(engine)
        if reason is not None:
            raise runner.CannotRun(reason)
    return engines[0], engines[1]
