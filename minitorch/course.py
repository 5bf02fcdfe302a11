"""`minitorch lecture`: the course's scripts, run on one engine, or on all of them side by side."""

from __future__ import annotations

import ast
import difflib
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minitorch import runner

FOLDER = Path(__file__).with_name("lectures")
TOLERANCE = 1e-4
"""How far two engines' printed numbers may lie apart, relative to the larger; one step of the last digit may always."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|inf|nan)(?![\w])", re.IGNORECASE)


class UnknownLecture(Exception):
    """No lecture has this id; the message names those that are near."""


@dataclass(frozen=True)
class Lecture:
    """A script of the course: its id on the command line, its title, and its file."""

    id: str
    title: str
    path: Path


@dataclass(frozen=True)
class Outcome:
    """What one engine made of a lecture: exit code, printed lines, seconds."""

    engine: str
    code: int
    lines: tuple[str, ...]
    seconds: float

    def figure(self, name: str) -> str:
        """The value in the last line `name: value` that the lecture printed, "-" if it printed none."""
        values = [line.partition(":")[2].strip() for line in self.lines if line.startswith(f"{name}:")]
        return values[-1] if values else "-"


def lectures() -> list[Lecture]:
    """The course in order: lectures by number, then experiments.

    `05_linear_regression.py` is 05; a second file of a number takes its name along: `08_titanic.py` is 08-titanic.
    The first is that whose title begins with `Lecture 08:`, as in `Lecture 08, homework:` it does not.
    """
    found: dict[str, Lecture] = {}
    numbered = sorted(FOLDER.glob("[0-9][0-9]_*.py"), key=lambda path: (path.name[:2], not _is_main(path), path.name))
    for path in numbered + sorted(FOLDER.glob("experiment_*.py")):
        kind, _, name = path.stem.partition("_")
        name = name.replace("_", "-")
        id = name if kind == "experiment" else kind if kind not in found else f"{kind}-{name}"
        found[id] = Lecture(id, _title(path), path)
    return list(found.values())


def _first_line(path: Path) -> str:
    """The first line of the script's docstring, the file's name if it has none."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem).splitlines()[0]


def _is_main(path: Path) -> bool:
    """Whether the script is its number's lecture, rather than something beside it."""
    return _first_line(path).startswith(f"Lecture {path.name[:2]}:")


def _title(path: Path) -> str:
    """The first line of the script's docstring, without the number and the full stop."""
    return re.sub(r"^(Lecture \d+|Experiment)\w*[:,.]? *", "", _first_line(path)).rstrip(".")


def find(id: str) -> Lecture:
    """The lecture of this id: "05", "5", "08-titanic", or its file's name. Raises UnknownLecture."""
    known = lectures()
    for lecture in known:
        if id in (lecture.id, lecture.path.name, lecture.path.stem) or id.zfill(2) == lecture.id:
            return lecture
    names = {name: lecture for lecture in known for name in (lecture.id, *lecture.path.stem.split("_"))}
    near = [names[name] for name in difflib.get_close_matches(id.lower(), names, 3, 0.5)]
    hint = ", ".join(dict.fromkeys(f"{lecture.id} ({lecture.title})" for lecture in near))
    hint = f"; near it: {hint}" if hint else ""
    raise UnknownLecture(f"no lecture {id!r}{hint}; for all of them: minitorch lecture list")


def run_all(chosen: Sequence[Lecture], engine: str, args: Sequence[str], plot: Path | None) -> int:
    """Run lectures one after another, with engine "all" on each at hand; return the first exit code but 0, or 0."""
    first = 0
    for lecture in chosen:
        print(f"--- {lecture.id} {lecture.title}", flush=True)
        figure = plot.with_stem(f"{plot.stem}-{lecture.id}") if plot is not None and len(chosen) > 1 else plot
        if engine == "all":
            code = compare(lecture, [name for name in runner.ENGINES if runner.unavailable(name) is None], args, figure)
        else:
            command = _command(lecture, engine, args, figure)
            code = subprocess.run(command, env=environment(), check=False).returncode
        first = first or (code if code >= 0 else 128 - code)
    return first


def compare(lecture: Lecture, engines: Sequence[str], args: Sequence[str], plot: Path | None) -> int:
    """Run a lecture on each engine in turn, print them side by side; return the first exit code but 0, or 0."""
    outcomes: list[Outcome] = []
    for engine in engines:
        print(f"  {engine} ...", file=sys.stderr, flush=True)
        figure = plot.with_stem(f"{plot.stem}-{engine}") if plot is not None else None
        outcomes.append(_captured(engine, _command(lecture, engine, args, figure)))
        if outcomes[-1].code == 2:
            return 2  # the options or the data are wrong, for every engine alike: the lecture has said so
    print(side_by_side(outcomes), flush=True)
    return next((outcome.code for outcome in outcomes if outcome.code), 0)


def side_by_side(outcomes: Sequence[Outcome]) -> str:
    """The table of what the engines printed; each is compared with torch, or with the first engine without torch."""
    reference = next((outcome for outcome in outcomes if outcome.engine == "torch"), outcomes[0])
    rows = [("engine", "first loss", "last loss", "accuracy", "seconds", "first difference")]
    for outcome in outcomes:
        if outcome.code:
            difference = f"failed with exit code {outcome.code}"
        elif outcome is reference:
            difference = "(the reference)" if len(outcomes) > 1 else "(no other engine here)"
        else:
            difference = first_difference(outcome, reference) or "none"
        first, last, accuracy = (outcome.figure(name) for name in ("first loss", "last loss", "accuracy"))
        rows.append((outcome.engine, first, last, accuracy, f"{outcome.seconds:.1f}", difference))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(row[column].rjust(widths[column]) for column in range(1, 5)), row[5]]
        lines.append("  " + "  ".join(cells))
    return "\n".join(lines)


def first_difference(mine: Outcome, reference: Outcome) -> str | None:
    """Where two runs' outputs first part ways: the line, and both numbers; None if they agree."""
    for number, (line, other) in enumerate(zip(mine.lines, reference.lines, strict=False), start=1):
        values, others = _NUMBER.findall(line), _NUMBER.findall(other)
        if _NUMBER.sub("#", line).split() != _NUMBER.sub("#", other).split() or len(values) != len(others):
            return f"line {number}: {line.strip()!r}, {reference.engine} {other.strip()!r}"
        for value, expected in zip(values, others, strict=True):
            if not agree(value, expected):
                return f"line {number}: {value}, {reference.engine} {expected} in {line.strip()!r}"
    if len(mine.lines) != len(reference.lines):
        longer = max(mine, reference, key=lambda outcome: len(outcome.lines))
        return f"line {min(len(mine.lines), len(reference.lines)) + 1}: only {longer.engine} prints it"
    return None


def agree(text: str, other: str) -> bool:
    """Whether two printed numbers are the same within the tolerance, or within one step of the last printed digit."""
    value, expected = float(text), float(other)
    if not (math.isfinite(value) and math.isfinite(expected)):
        return value == expected or (math.isnan(value) and math.isnan(expected))
    # A little more than a step: the difference of two decimals that lie a step apart is rounded too.
    step = 1.0000001 * min(_last_digit(text), _last_digit(other))
    return abs(value - expected) <= max(TOLERANCE * max(abs(value), abs(expected)), step)


def _last_digit(text: str) -> float:
    """What one step of the last digit after the point is worth; 0 without one: whole numbers are not rounded."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if decimals else 0.0


def _captured(engine: str, command: Sequence[str]) -> Outcome:
    """Run a lecture and keep what it prints; its progress bar and its errors go to the terminal."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    return Outcome(engine, done.returncode, tuple(done.stdout.splitlines()), time.perf_counter() - start)


def _command(lecture: Lecture, engine: str, args: Sequence[str], plot: Path | None) -> list[str]:
    command = [sys.executable, "-m", "minitorch", "run", "--engine", engine, str(lecture.path), *args]
    return command if plot is None else [*command, "--plot", str(plot)]


def environment() -> dict[str, str]:
    """This environment, in which the new process finds the minitorch that runs now, installed or not."""
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(runner.PACKAGE.parent), *([path] if path else [])])}
