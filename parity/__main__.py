"""`python -m parity`: tries operations, modules, optimizers and schedulers on both engines, one line for each."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from hypothesis import settings

import minitorch
from minitorch.errors import CudaUnavailableError
from parity.comparison import Report
from parity.levels import LEVELS
from parity.on_gpu import OnGpu
from parity.tolerance import Kind

DEFAULT, DEEP = 60, 1000
SHORT = {"float16": "f16", "float32": "f32", "float64": "f64", "bool": "b"}
HEAD = ("level", "name", "examples", "forward", "gradient", "2nd order", "errors", "dtypes", "verdict")


def row(level: str, report: Report) -> tuple[str, ...]:
    """The cells of one line; errors are in units of the last place."""

    def ulps(kind: Kind) -> str:
        worst = report.ulps(kind)
        return "-" if worst is None else f"{worst:.2g}"

    dtypes = sorted(SHORT.get(name, name.replace("uint", "u").replace("int", "i")) for name in report.dtypes)
    return (
        level,
        report.name,
        str(report.examples),
        ulps("forward"),
        ulps("gradient"),
        ulps("second"),
        str(report.errors_agreed),
        " ".join(dtypes),
        "FAILED" if report.failure else "ok",
    )


def as_json(level: str, report: Report) -> dict[str, Any]:
    """The report as what `--json` writes."""
    return {
        "level": level,
        "name": report.name,
        "examples": report.examples,
        "gradients": report.gradients,
        "second_order": report.second_order,
        "errors_agreed": report.errors_agreed,
        "dtypes": sorted(report.dtypes),
        "worst": {kind: {"relative": error, "dtype": dtype} for kind, (error, dtype) in report.worst.items()},
        "failure": report.failure,
    }


def writable(path: Path) -> bool:
    """Whether a file can be written there; leaves what is there as it is."""
    is_new = not path.exists()
    try:
        path.open("a").close()
    except OSError:
        return False
    if is_new:
        path.unlink()
    return True


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def main(argv: Sequence[str] | None = None, candidate: Any = minitorch) -> int:
    """Runs the command; returns 0 when all agree, 1 when something differs, 2 on bad input."""
    parser = Parser(prog="python -m parity", description="Compares minitorch with torch, at all levels or at some.")
    for level in LEVELS:
        told = f"the {level.name}s to try, all of them or those of a name with * and ?"
        parser.add_argument(f"--{level.name}s", nargs="?", const="*", metavar="PATTERN", help=told)
    parser.add_argument("--engine", choices=("numpy", "cupy"), default="numpy", help="minitorch's (default numpy)")
    parser.add_argument("--deep", action="store_true", help=f"{DEEP} examples of each kind, drawn anew each time")
    parser.add_argument("--examples", type=int, metavar="N", help=f"how many of each kind (default {DEFAULT})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers and the failures there too")
    options = parser.parse_args(argv)

    asked = {level: getattr(options, f"{level.name}s") for level in LEVELS}
    if not any(asked.values()):
        asked = dict.fromkeys(LEVELS, "*")
    chosen = {level: level.matching(pattern) for level, pattern in asked.items() if pattern}
    problem = None
    if options.engine == "cupy":
        try:
            candidate = OnGpu()
        except CudaUnavailableError as error:
            problem = f"--engine cupy: {error}"
    for level, subjects in chosen.items():
        if not subjects:
            problem = f"no {level.name} matches {asked[level]!r}; try a pattern like '*S*'"
    if options.examples is not None and options.examples < 1:
        problem = f"--examples: expected a positive number, but got {options.examples}"
    if options.json is not None and not writable(options.json):
        problem = f"--json: cannot write {options.json}"
    if problem:
        print(f"python -m parity: {problem}", file=sys.stderr)
        return 2

    began = time.perf_counter()
    examples = options.examples or (DEEP if options.deep else DEFAULT)
    profile = settings(derandomize=not options.deep, database=None)
    widths = (9, max(len(each.name) for subjects in chosen.values() for each in subjects), 8, 8, 8, 9, 6, 33, 7)
    print(line(HEAD, widths))
    reports = []
    for level, subjects in chosen.items():
        trials = level.trials(candidate, torch, examples, profile)
        for subject in subjects:
            if subject.name in trials.candidate.leaves_out:
                print(f"{level.name} {subject.name} is left out: it {trials.candidate.leaves_out[subject.name]}")
                continue
            with trials.candidate.trying(level.name, subject.name):
                reports.append((level.name, trials.report(subject)))
            print(line(row(*reports[-1]), widths), flush=True)

    failed = [report for _, report in reports if report.failure]
    for report in failed:
        print(f"\n{report.failure}")
    counts = [
        f"{len(reports) - len(failed)} of {len(reports)} agree",
        f"{sum(r.examples for _, r in reports)} examples",
    ]
    print(f"\n{', '.join(counts)}, {time.perf_counter() - began:.0f} s; errors in units of the last place")
    if options.json is not None:
        options.json.write_text(json.dumps([as_json(*each) for each in reports], indent=1) + "\n")
    return 1 if failed else 0


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells, the first two and the last two flush left."""
    left = (0, 1, len(cells) - 2)
    padded = [c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join([*padded[:-1], cells[-1]])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader left; without this, Python complains again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + 13)  # what a shell makes of SIGPIPE
