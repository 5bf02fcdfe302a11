"""The `minitorch` command. A subcommand is two functions: one adds its parser, one runs it and gives the exit code."""

from __future__ import annotations

import argparse
import difflib
import errno
import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from minitorch import course, coverage, runner


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"minitorch: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a script's own exit, and what it raises, comes through."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    extra: list[str] = []
    if arguments[:2] == ["lecture", "run"] and "--" in arguments:
        cut = arguments.index("--")
        arguments, extra = arguments[:cut], arguments[cut + 1 :]
    parser = _parser()
    options = parser.parse_args(arguments, argparse.Namespace(extra=extra))
    if options.run is None:
        parser.error("a command is required")
    try:
        code: int = options.run(options)
    except (runner.CannotRun, course.UnknownLecture) as error:
        print(f"minitorch: error: {error}", file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="minitorch",
        allow_abbrev=False,
        description="Reverse-mode autograd over NumPy with PyTorch's API: run PyTorch scripts, take the course.",
    )
    parser.add_argument("--version", action="store_const", dest="run", const=_version, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (_add_run, _add_lecture, _add_api):
        add(commands)
    return parser


def _to_its_end(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A command whose output is ours: a reader that left ends it as it ends other programs, a full disk in one line."""

    @functools.wraps(run)
    def command(options: argparse.Namespace) -> int:
        try:
            code = run(options)
            if sys.stdout is not None:
                sys.stdout.flush()
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ENOSPC):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python complains again, when it ends
            if error.errno == errno.ENOSPC:
                raise runner.CannotRun(f"cannot write the output: {error.strerror}") from None
            return 128 + 13  # what a shell makes of SIGPIPE
        return code

    return command


@_to_its_end
def _version(options: argparse.Namespace) -> int:
    import importlib.metadata  # a tenth of the start-up time, for this alone

    try:
        print(f"minitorch {importlib.metadata.version('minitorch')}")
    except importlib.metadata.PackageNotFoundError:
        print(f"minitorch (not installed, from {runner.PACKAGE})")
    return 0


# --- run -----------------------------------------------------------------------------------------------------------


def _add_run(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "run",
        allow_abbrev=False,
        usage="minitorch run [--engine {numpy,cupy,torch}] [-m] SCRIPT [ARGUMENT ...]",
        help="run an unmodified PyTorch script",
        description="Run a PyTorch script as `python SCRIPT` would, but `import torch` gives minitorch.",
    )
    parser.add_argument("--engine", choices=runner.ENGINES, default="numpy", help="what runs it (default: %(default)s)")
    parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is a module's name, as for `python -m`")
    parser.add_argument("script", metavar="SCRIPT", help="the script's file; - reads it from standard input")
    rest = parser.add_argument("args", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="the script's own arguments")
    rest.required = False  # else the message about a missing SCRIPT would ask for arguments too
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    runner.program(options.script, options.args, engine=options.engine, module=options.module)
    return 0


# --- lecture -------------------------------------------------------------------------------------------------------


def _add_lecture(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser("lecture", allow_abbrev=False, help="list and run the lectures of the course")
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = actions.add_parser("list", allow_abbrev=False, help="the lectures: id and title")
    listing.set_defaults(run=_lecture_list)
    running = actions.add_parser(
        "run",
        allow_abbrev=False,
        usage="minitorch lecture run ID [--engine E] [--seed N] [--epochs N] [--data DIR] [--plot FILE] [-- ARG ...]",
        help="run a lecture",
        description="Run a lecture. With --engine all: on every engine at hand, side by side.",
    )
    running.add_argument("id", metavar="ID", help="a lecture's id, see `minitorch lecture list`; `all` runs every one")
    running.add_argument("--engine", choices=(*runner.ENGINES, "all"), default="numpy", help="default: %(default)s")
    running.add_argument(
        "--seed", metavar="N", type=_natural, help="seed of all random numbers (default: the lecture's)"
    )
    running.add_argument("--epochs", metavar="N", type=_positive, help="passes over the data (default: the lecture's)")
    running.add_argument("--data", metavar="DIR", type=_directory, help="the data directory (default: $MINITORCH_DATA)")
    running.add_argument("--plot", metavar="FILE", type=_figure, help="draw the lecture's figure into FILE")
    running.set_defaults(run=_lecture_run)


@_to_its_end
def _lecture_list(options: argparse.Namespace) -> int:
    known = course.lectures()
    width = max(len(lecture.id) for lecture in known)
    print("\n".join(f"{lecture.id:{width}}  {lecture.title}" for lecture in known))
    return 0


@_to_its_end
def _lecture_run(options: argparse.Namespace) -> int:
    chosen = course.lectures() if options.id == "all" else [course.find(options.id)]
    args = []
    for name in ("seed", "epochs", "data"):
        if getattr(options, name) is not None:
            args += [f"--{name}", str(getattr(options, name))]
    args += options.extra
    if len(chosen) == 1 and options.engine != "all":
        plot = [] if options.plot is None else ["--plot", str(options.plot)]
        runner.program(str(chosen[0].path), [*args, *plot], engine=options.engine)
        return 0
    reason = None if options.engine == "all" else runner.unavailable(options.engine)
    if reason is not None:
        raise runner.CannotRun(reason)
    try:
        return course.run_all(chosen, options.engine, args, options.plot)
    except KeyboardInterrupt:
        return 130


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to 2**63 - 1, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def _figure(text: str) -> Path:
    path = Path(text)
    if not path.name or path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"expected a file in a directory that exists, got {text!r}")
    return path


def _directory(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"not a directory: {text}")
    return Path(text)


# --- api -----------------------------------------------------------------------------------------------------------


def _add_api(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser("api", allow_abbrev=False, help="how much of torch's public API is here")
    parser.add_argument("--missing", action="store_true", help="list the names that are missing")
    parser.add_argument(
        "--module", metavar="NAME", help="only this namespace and those in it: nn, torch.optim, transforms"
    )
    parser.set_defaults(run=_api)


@_to_its_end
def _api(options: argparse.Namespace) -> int:
    chosen = coverage.namespaces(options.module)
    if not chosen:
        near = difflib.get_close_matches(options.module, coverage.namespaces(), 3, 0.4)
        hint = f"; near it: {', '.join(near)}" if near else ""
        print(f"minitorch: error: no namespace {options.module!r} in the list of torch's names{hint}", file=sys.stderr)
        return 2
    print(coverage.table([coverage.measure(namespace) for namespace in chosen], options.missing))
    return 0
