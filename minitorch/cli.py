"""The `minitorch` command. A subcommand is two functions: one adds its parser, one runs it and gives the exit code."""

from __future__ import annotations

import argparse
import difflib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from minitorch import course, coverage, runner

if TYPE_CHECKING:
    from minitorch.study.trace.steps import StepRecorder


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"minitorch: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a script's own exit, and what it raises, comes through."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    extra: list[str] = []
    if (
        arguments[:2] == ["lecture", "run"] or arguments[:1] in (["diff"], ["health"], ["trace"])
    ) and "--" in arguments:
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
    for add in (_add_run, _add_lecture, _add_trace, _add_health, _add_diff, _add_api):
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


def _file_ending(text: str, suffixes: Sequence[str], shown: str) -> Path:
    path = _figure(text)
    if path.suffix.lower() not in suffixes:
        raise argparse.ArgumentTypeError(f"expected a name that ends in {shown}, got {text!r}")
    return path


def _page(text: str) -> Path:
    return _file_ending(text, (".html", ".htm", ".json"), ".html or .json")


def _picture(text: str) -> Path:
    return _file_ending(text, (".png", ".pdf", ".svg"), ".png, .pdf or .svg")


def _directory(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"not a directory: {text}")
    return Path(text)


# --- trace ---------------------------------------------------------------------------------------------------------


def _add_trace(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "trace",
        allow_abbrev=False,
        usage="minitorch trace SCRIPT|LECTURE [--step N] [-o FILE] [--limit MB] [--whole] [-- ARG ...]",
        help="record one training step of a script as a page to walk through",
        description="Run a script or a lecture up to the end of a training step, and record that step: every "
        "operation and every gradient, with its numbers, in one HTML page.",
    )
    parser.add_argument("script", metavar="SCRIPT", help="a script's file, or a lecture's id")
    parser.add_argument("--step", metavar="N", type=_positive, default=1, help="which step (default: the first)")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=_page, help="a .html or .json file (default: SCRIPT-trace.html)"
    )
    parser.add_argument(
        "--limit",
        metavar="MB",
        type=_natural,
        default=32,
        help="how much data the file may hold: beyond it the largest values are summed up (default: %(default)s)",
    )
    parser.add_argument("--whole", action="store_true", help="let the script run to its end after the step")
    parser.set_defaults(run=_trace)


def _trace(options: argparse.Namespace) -> int:
    from minitorch.study.layout import grid

    script = _script(options.script)
    stem = "stdin" if script == "-" else Path(script).stem
    options.output = options.output or Path(f"{stem}-trace.html")
    if options.output.suffix.lower() != ".json":
        try:
            grid(0, ())  # before the script runs, rather than after
        except ImportError as error:
            raise runner.CannotRun(str(error)) from None
    lecture = next((each for each in course.lectures() if each.path == Path(script).resolve()), None)
    options.title = f"lecture {lecture.id}: {lecture.title}" if lecture is not None else Path(script).name
    options.code = 0
    runner.program(script, options.extra, around=_with_trace(options))
    code: int = options.code
    return code


@contextmanager
def _with_trace(options: argparse.Namespace) -> Iterator[None]:
    """Records the step of a script, and writes it down when the script ends, however it does."""
    from minitorch.study.trace.steps import StepRecorder

    recorder = StepRecorder(options.step, options.whole)
    try:
        with recorder:
            yield
    finally:
        options.code = 0
        if recorder.worth_saving:
            options.code = _save_trace(options, recorder)
        elif recorder.said is not None:
            print(f"minitorch: error: {recorder.said}", file=sys.stderr)
            options.code = 2


def _save_trace(options: argparse.Namespace, recorder: StepRecorder) -> int:
    try:
        recorder.trace(options.title).save(options.output, options.limit * 2**20)
    except OSError as error:
        print(f"minitorch: error: cannot write {options.output}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"minitorch: {recorder.outcome}: {options.output}", file=sys.stderr)
    return 0


# --- health --------------------------------------------------------------------------------------------------------


def _add_health(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "health",
        allow_abbrev=False,
        usage="minitorch health SCRIPT|LECTURE [--steps N] [--every N] [--plot FILE] [--json FILE] [-- ARG ...]",
        help="run a script and say how its gradients fare",
        description="Run a script or a lecture, then say how its gradients, updates and activations fared.",
    )
    parser.add_argument("script", metavar="SCRIPT", help="a script's file, or a lecture's id")
    parser.add_argument("--steps", metavar="N", type=_positive, help="stop the script after N steps of training")
    parser.add_argument("--every", metavar="N", type=_positive, default=1, help="measure one step of N (default: all)")
    parser.add_argument("--plot", metavar="FILE", type=_picture, help="draw it into FILE: .png, .pdf or .svg")
    parser.add_argument("--json", metavar="FILE", type=_figure, help="write all numbers into FILE")
    parser.set_defaults(run=_health)


def _health(options: argparse.Namespace) -> int:
    from minitorch.study.health.figure import need_matplotlib

    script = _script(options.script)
    if options.plot is not None:
        try:
            need_matplotlib()
        except ModuleNotFoundError as error:
            raise runner.CannotRun(str(error)) from None
    options.code = 0
    runner.program(script, options.extra, around=_with_report(options))
    code: int = options.code
    return code


@contextmanager
def _with_report(options: argparse.Namespace) -> Iterator[None]:
    """Watches a script, and reports when it ends, however it does."""
    from minitorch.study.health import health

    try:
        with health(every=options.every, steps=options.steps) as options.report:
            yield
    except BaseException:
        if options.report.trainings:
            _say_health(options)
        raise
    options.code = _say_health(options)


@_to_its_end
def _say_health(options: argparse.Namespace) -> int:
    print(f"\n{options.report}")
    report, code = options.report, 0
    for path, write in (
        (options.json, lambda path: path.write_text(report.to_json() + "\n", encoding="utf-8")),
        (options.plot, report.plot),
    ):
        try:
            if path is not None:
                write(path)
        except OSError as error:
            print(f"minitorch: error: cannot write {path}: {error.strerror}", file=sys.stderr)
            code = 2
    return code


def _script(target: str) -> str:
    """The file of a script, or of the lecture of this id; raises UnknownLecture for what is neither."""
    if target == "-" or os.path.exists(target):
        return target
    try:
        return str(course.find(target).path)
    except course.UnknownLecture as error:
        if target.endswith(".py") or os.path.dirname(target):
            return target  # a script that is not there, and the runner says so
        raise course.UnknownLecture(f"no script {target!r}, and {error}") from None


# --- diff ----------------------------------------------------------------------------------------------------------


def _add_diff(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "diff",
        allow_abbrev=False,
        usage="minitorch diff SCRIPT|LECTURE [--engines A,B] [--steps N] [--rtol X] [--atol X] [-- ARG ...]",
        help="run a script on two engines and find the first operation that gives something else",
        description="Run a script or a lecture on two engines, compare every operation and every gradient, and name "
        "the first that parts ways. Exit code 0: they agree, 1: they part ways, 2: it cannot be said.",
    )
    parser.add_argument("script", metavar="SCRIPT", help="a script's file, or a lecture's id")
    parser.add_argument(
        "--engines",
        metavar="A,B",
        default="numpy,torch",
        help=f"two of {', '.join(runner.ENGINES)} (default: %(default)s)",
    )
    parser.add_argument(
        "--steps", metavar="N", type=_natural, default=3, help="backward passes; 0: to the end (default: %(default)s)"
    )
    parser.add_argument("--rtol", metavar="X", type=_tolerance, help="relative tolerance (default: 1e-4 for float32)")
    parser.add_argument("--atol", metavar="X", type=_tolerance, help="absolute tolerance (default: a few roundings)")
    parser.set_defaults(run=_diff)


@_to_its_end
def _diff(options: argparse.Namespace) -> int:
    from minitorch.study.diff import compare_engines

    engines = [name.strip() for name in options.engines.split(",")]
    try:
        found = compare_engines(
            _script(options.script),
            engines,
            steps=options.steps,
            rtol=options.rtol,
            atol=options.atol,
            args=options.extra,
        )
    except KeyboardInterrupt:
        return 130
    print(found)
    return 1 if not found.same else 2 if found.failure is not None and not found.operations else 0


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text!r}")
    return value


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
