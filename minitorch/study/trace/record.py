"""What was recorded, by number: see file.py for the entries, which refer to each other by these numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minitorch.study.trace.encoding import arrays_of
from minitorch.study.trace.values import Values

Entry = dict[str, Any]
Part = tuple[int | None, str | None, int]
"""What was added to a gradient: by which step, as that of which of its arguments, and its value."""


class Record:
    """What was recorded, by number: see file.py for the entries, which refer to each other by these numbers."""

    def __init__(self) -> None:
        self.values = Values()
        self.ops: dict[int, Entry] = {}
        self.backward: dict[int, Entry] = {}
        self.leaves: dict[int, Entry] = {}
        self.modules: dict[int, Entry] = {}
        self.accumulations: list[Entry] = []
        self.captured: list[Entry] = []
        self.passes: list[Entry] = []
        self.updates: list[tuple[int, int]] = []
        """The leaf and its new value."""
        self.events: list[tuple[str, int]] = []
        self.operations: dict[int, Callable[..., Any]] = {}
        """The function of each operation, by its number."""


class ByPath:
    """An operation, to be named by its path when the record is made into a trace."""

    def __init__(self, op: Any) -> None:
        self.op = op


def numbers_in(entry: Entry) -> Iterator[int]:
    """The numbers of all values of an operation's entry."""
    yield from (each["value"] for each in (*entry["inputs"], *entry["outputs"]) if each["value"] is not None)
    for _, number, code in entry["saved"]:
        yield from arrays_of(code) if number is None else (number,)
    yield from arrays_of(list(entry["arguments"].values()))
    yield from arrays_of([args for _, args, _ in entry.get("slices", ())])
    yield from (entry[key] for key in ("random", "written") if key in entry)
