"""`python -m benchmarks`: the engines side by side.

Exit code 1 when their results differ, 2 when it cannot start or cannot write.
"""

from __future__ import annotations

import argparse
import functools
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from benchmarks import engines, ops, overhead, report, scaling, training
from benchmarks.compare import Effort, compare
from benchmarks.measure import Case, Disagreement

BENCHMARKS: dict[str, tuple[dict[str, Case], str]] = {
    "overhead": (training.SMALL, "steps so small that the engine's own work decides, and the time to import"),
    "ops": (ops.CASES, "single operations, at a lecture's size and a larger one"),
    "training": (training.CASES, "the lectures' training steps"),
    "scaling": (scaling.CASES, "operations and steps over sizes, and where the GPU overtakes the CPU"),
}
PROGRAM = "python -m benchmarks"
BUSY = 0.75
"""The load of a core from which on times mean little: threads that wait for each other then wait for a core."""
AGREEING = 5
"""Steps of training on which the engines must agree. An operation gives the same every time: one is enough."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message} (see --help)\n")


def _whole(least: int, most: int | None, text: str) -> int:
    if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
        limit = "on" if most is None else f"to {most}"
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} {limit}, got {text!r}")
    return int(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.name or path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"expected a file in a directory that exists, got {text!r}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} may not be written here")
    return path


def _picture(text: str) -> Path:
    path = _file(text)
    try:
        report.check_picture(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return path


def _names(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    unknown = [name for name in names if name not in engines.NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no engine {unknown[0]!r}; there are {', '.join(engines.NAMES)}")
    return names


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        allow_abbrev=False,
        description="The engines side by side in one process: forward and backward, checked for agreement first.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:10}{about}" for name, (_, about) in BENCHMARKS.items()),
    )
    parser.add_argument("benchmark", nargs="?", choices=BENCHMARKS, default="training", help="default: %(default)s")
    parser.add_argument(
        "--engines", type=_names, metavar="LIST", help="of numpy,cupy,torch,torch-cuda (default: all here)"
    )
    threads, several = functools.partial(_whole, 1, 1024), functools.partial(_whole, 2, None)
    parser.add_argument(
        "--threads", type=threads, metavar="N", default=report.cores(), help="of every engine (default: one a core)"
    )
    parser.add_argument("--rounds", type=several, metavar="N", default=30, help="turns of each engine (default: 30)")
    parser.add_argument("--only", metavar="TEXT", default="", help="only the cases whose title contains TEXT")
    parser.add_argument("--json", type=_file, metavar="FILE", help="write all that was measured into FILE")
    parser.add_argument("--plot", type=_picture, metavar="FILE", help="draw a picture into FILE")
    parser.add_argument(
        "--results", type=_file, metavar="FILE", help="replace this benchmark's part of a Markdown file"
    )
    return parser


def _cases(options: argparse.Namespace) -> dict[str, Case]:
    """The cases that the command line asks for."""
    text = options.only.casefold()
    return {title: case for title, case in BENCHMARKS[options.benchmark][0].items() if text in title.casefold()}


def _command(options: argparse.Namespace) -> str:
    """The command line that measures the same again."""
    words = [options.benchmark, "--threads", str(options.threads), "--rounds", str(options.rounds)]
    if options.engines is not None:
        words += ["--engines", ",".join(options.engines)]
    if options.only:
        words += ["--only", options.only]
    return shlex.join(["python", "-m", "benchmarks", *words])


def _refusal(options: argparse.Namespace) -> str | None:
    """What is wrong with options that are right each by itself."""
    if not _cases(options):
        titles = ", ".join(BENCHMARKS[options.benchmark][0])
        return f"argument --only: {options.only!r} is in no title; there are {titles}"
    files = [path.resolve() for path in (options.json, options.plot, options.results) if path is not None]
    if len(set(files)) < len(files):
        return "--json, --plot and --results want a file each"
    if options.results is not None:
        try:
            _updated(options, "")
        except (OSError, ValueError) as error:
            return f"argument --results: {options.results} is no Markdown file to write into: {error}"
    return None


def _updated(options: argparse.Namespace, part: str) -> bytes:
    """The Markdown file with its new part."""
    path = options.results
    text = path.read_bytes().decode() if path.exists() else "# Results\n"
    return report.replaced(text, options.benchmark, options.threads, part).encode()


def _written(options: argparse.Namespace, found: report.Report) -> bool:
    """Writes the files that the command line asks for; says which cannot be written."""
    contents: dict[Any, Callable[[], bytes]] = {
        options.json: lambda: report.as_json(found).encode(),
        options.plot: lambda: report.picture(found, options.plot.suffix[1:].lower()),
        options.results: lambda: _updated(options, report.measured(found)),
    }
    contents.pop(None, None)
    written = True
    for path, content in contents.items():
        try:
            path.write_bytes(content())
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            print(f"{PROGRAM}: error: cannot write {path}: {reason}", file=sys.stderr)
            written = False
    return written


def run(options: argparse.Namespace, say: Callable[[str], None]) -> report.Report:
    """Measures what the command line asks for; raises Unavailable, and Disagreement before anything wrong is timed."""
    if options.engines is None:
        chosen, missing = engines.at_hand()
    else:
        chosen, missing = [engines.load(name) for name in options.engines], []
    threads = options.threads
    cases = _cases(options)
    thorough = options.benchmark != "scaling"
    columns = report.columns(cases.values(), chosen, thorough)
    with engines.threads(threads, chosen):
        found = report.Report(
            options.benchmark, report.today(), report.machine(chosen, threads), options.rounds, _command(options)
        )
        if (found.machine["load"] or 0) > BUSY * found.machine["cores"]:
            found.notes.append("the machine was busy (see its load): times and ratios are to be measured again")
        say(report.line(columns))
        for title, case in cases.items():
            agreeing = AGREEING if title in training.CASES else 1
            effort = Effort(options.rounds, threads, agreeing, thorough)
            for size in case.sizes:
                rows = compare(title, case, size, chosen, effort)
                found.rows += rows
                say("\n".join(report.line(columns, row) for row in rows))
                if not thorough and max(row.step.median for row in rows) > scaling.SLOWEST:
                    break
    if options.benchmark == "overhead":
        found.import_seconds = overhead.import_seconds()
    if options.benchmark == "scaling":
        found.crossovers += scaling.crossovers(found.rows)
    if len(chosen) == 1:
        found.notes.append(f"only {chosen[0].name} took part: its results were compared with nobody's")
    if not found.machine["gpu"]:
        found.notes.append("nothing was measured on a GPU")
    found.notes += missing
    say("\n".join(["", *report.summary(found)]))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        refusal = _refusal(options)
        if refusal is not None:
            parser.error(refusal)
        found = run(options, functools.partial(print, flush=True))
    except engines.Unavailable as error:
        print(f"{PROGRAM}: error: {error}", file=sys.stderr)
        return 2
    except Disagreement as error:
        print(f"{PROGRAM}: the engines differ, so their times mean nothing: {error}", file=sys.stderr)
        return 1
    return 0 if _written(options, found) else 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader left; without this, Python complains again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + 13)  # what a shell makes of SIGPIPE
