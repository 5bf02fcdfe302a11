"""A script's process on one engine, and what it says: read as far as it is needed, execution of a line by execution."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import course
from minitorch.study.diff.gaps import Value
from minitorch.study.diff.operations import common_name

Place = tuple[str, int, str]


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
        command = [sys.executable, "-m", "minitorch.study.diff.child", engine, str(write), str(waits), str(steps)]
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


def _is_write_of(event: Event, computed: Event) -> bool:
    """Whether an in-place operation writes what the one before it has computed."""
    alike = event.kind == computed.kind == "op" and common_name(event.name) == common_name(computed.name)
    return alike and event.name.endswith("_") and not event.inputs
