"""What was measured, as a table, JSON, a picture, and the measured part of RESULTS.md."""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import io
import json
import os
import platform
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import minitorch
from benchmarks.compare import Row
from benchmarks.engines import INSTALL, NAMES, Engine, Unavailable
from benchmarks.measure import Case
from benchmarks.scaling import Crossover


@dataclass
class Report:
    """One run of a benchmark."""

    benchmark: str
    date: str
    machine: dict[str, Any]
    rounds: int
    command: str
    """The command line that measures the same again."""
    rows: list[Row] = field(default_factory=list)
    crossovers: list[Crossover] = field(default_factory=list)
    import_seconds: float | None = None
    """The time of `import minitorch`, measured by `overhead`."""
    notes: list[str] = field(default_factory=list)

    @property
    def means(self) -> dict[str, float]:
        """The geometric mean of an engine's ratios to torch on the CPU; none without torch, or over sizes."""
        ratios: dict[str, list[float]] = {}
        for row in self.rows:
            if row.step.ratio is not None and self.benchmark != "scaling":
                ratios.setdefault(row.engine, []).append(row.step.ratio)
        return {engine: statistics.geometric_mean(own) for engine, own in ratios.items()}


def machine(engines: Sequence[Engine], threads: int) -> dict[str, Any]:
    """The machine in general terms, and the versions of what was measured."""
    libraries = {engine.torch.__name__: engine.torch for engine in engines}
    gpus = [engine.torch.cuda.get_device_name() for engine in engines if engine.device != "cpu"]
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "gpu": gpus[0] if gpus else None,
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "minitorch": str(minitorch.__version__),
        "torch": str(libraries["torch"].__version__) if "torch" in libraries else None,
        "cupy": sys.modules["cupy"].__version__ if any(engine.name == "cupy" for engine in engines) else None,
    }


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    """The processor's model."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def today() -> str:
    """The day and the time, UTC."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number > 1)}"


def described(report: Report) -> str:
    """The machine and the versions in a sentence."""
    about = report.machine
    libraries = {"NumPy": "numpy", "torch": "torch", "CuPy": "cupy"}
    versions = [f"{name} {about[key]}" for name, key in libraries.items() if about[key]]
    parts = [
        f"{about['cpu']}, {about['cores']} cores, load {about['load']}",
        f"GPU {about['gpu']}" if about["gpu"] else "no GPU",
        f"{_threads(about['threads'])} for every engine",
        ", ".join([about["system"], f"Python {about['python']}", *versions]),
        f"{report.rounds} rounds, {report.date}",
    ]
    return "; ".join(parts)


# --- table -----------------------------------------------------------------------------------------------------------


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


COLUMNS: dict[str, tuple[int, Callable[[Row], str]]] = {
    "case": (-29, lambda row: row.case),
    "size": (10, lambda row: f"{row.size:,}"),
    "engine": (-10, lambda row: row.engine),
    "forward us": (11, lambda row: _figure(row.forward.median, ",.1f")),
    "step us": (11, lambda row: _figure(row.step.median, ",.1f")),
    "quartiles": (22, lambda row: f"{row.step.low:,.1f} - {row.step.high:,.1f}"),
    "ratio": (5, lambda row: _figure(row.step.ratio, ".2f")),
    "target": (6, lambda row: _figure(row.target, ".2f")),
    "peak MB": (8, lambda row: _figure(None if row.peak is None else row.peak.bytes / 1e6, ",.1f")),
    "ratio of peaks": (14, lambda row: _figure(row.peak_ratio, ".2f")),
    "transfer us": (11, lambda row: _figure(row.transfer, ",.1f")),
    "Python": (6, lambda row: _figure(None if row.profile is None else row.profile.python, ".0%")),
}
"""The columns of a table: their widths, below 0 where they are flush left, and what they show."""


def columns(cases: Iterable[Case], engines: Iterable[Engine], thorough: bool) -> list[str]:
    """The columns in which these cases have something to show."""
    empty = set()
    if not any(case.target for case in cases):
        empty |= {"target"}
    if not any(engine.device != "cpu" for engine in engines):
        empty |= {"transfer us"}
    if not thorough:
        empty |= {"peak MB", "ratio of peaks", "Python"}
    return [name for name in COLUMNS if name not in empty]


def line(names: Sequence[str], row: Row | None = None) -> str:
    """A line of the table in the terminal; without a row its head."""
    cells = []
    for name in names:
        width, show = COLUMNS[name]
        cell = name if row is None else show(row)
        cells.append(cell.ljust(-width) if width < 0 else cell.rjust(width))
    return "  ".join(cells).rstrip()


def summary(report: Report) -> list[str]:
    """What stands under the table."""
    lines = [f"geometric mean of {engine}: {mean:.2f} times torch" for engine, mean in report.means.items()]
    if report.import_seconds is not None:
        lines.append(f"import minitorch, fresh interpreter, median: {report.import_seconds:.3f} s")
    told = {row.engine: row.peak.by for row in report.rows if row.peak is not None}
    lines += [f"peak memory of {engine}: {by}" for engine, by in told.items()]
    return [*lines, *map(str, report.crossovers), *report.notes, described(report)]


# --- files -----------------------------------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    """All that was measured. Times are in microseconds, memory in bytes, shares are of 1."""
    return json.dumps({**asdict(report), "means": report.means}, indent=1) + "\n"


def check_picture(path: Path) -> None:
    """Raises Unavailable without matplotlib, ValueError for a kind of file that it does not draw."""
    if importlib.util.find_spec("matplotlib") is None:
        raise Unavailable(f"--plot: matplotlib is not installed ({INSTALL})")
    known = importlib.import_module("matplotlib.backend_bases").FigureCanvasBase.filetypes.keys() - {"pgf"}  # by TeX
    if path.suffix[1:].lower() not in known:
        raise ValueError(f"expected a file of one of the kinds {', '.join(sorted(known))}, got {str(path)!r}")


def picture(report: Report, kind: str) -> bytes:
    """A file of a kind ("png"): time against size for every case of several sizes, else the engines' times as bars."""
    figures = importlib.import_module("matplotlib.figure")
    cases = list(dict.fromkeys(row.case for row in report.rows))
    engines = list(dict.fromkeys(row.engine for row in report.rows))
    colors = {engine: f"C{NAMES.index(engine)}" for engine in engines}  # the same in every picture
    if report.benchmark == "scaling":
        columns = min(5, len(cases))
        lines = -(-len(cases) // columns)
        figure = figures.Figure(figsize=(3.2 * columns + 0.8, 2.6 * lines + 0.8), layout="constrained")
        for k, case in enumerate(cases):
            axes = figure.add_subplot(lines, columns, k + 1, title=case, xscale="log", yscale="log")
            for engine in engines:
                own = {row.size: row.step.median for row in report.rows if (row.case, row.engine) == (case, engine)}
                axes.plot(list(own), list(own.values()), marker=".", color=colors[engine], label=engine)
        figure.supxlabel("size", fontsize="medium")
        figure.supylabel("forward and backward, microseconds", fontsize="medium")
        figure.axes[0].legend(fontsize="small")
    else:
        labels = list(dict.fromkeys(f"{row.case}, {row.size:,}" for row in report.rows))
        figure = figures.Figure(figsize=(9, 0.3 * len(labels) * len(engines) + 1.5), layout="constrained")
        axes = figure.add_subplot(xlabel="a step, microseconds, with quartiles", xscale="log")
        height = 0.8 / len(engines)
        for k, engine in enumerate(engines):
            rows = [row for row in report.rows if row.engine == engine]
            medians = [row.step.median for row in rows]
            spread = [
                [row.step.median - row.step.low for row in rows],
                [row.step.high - row.step.median for row in rows],
            ]
            places = [place + k * height for place in range(len(rows))]
            axes.barh(places, medians, height, xerr=spread, color=colors[engine], label=engine)
        axes.set_yticks([place + 0.4 - height / 2 for place in range(len(labels))], labels)
        axes.invert_yaxis()
        axes.legend()
    figure.suptitle(described(report), fontsize="x-small", wrap=True)
    file = io.BytesIO()
    figure.savefig(file, format=kind)
    return file.getvalue()


# --- RESULTS.md ------------------------------------------------------------------------------------------------------


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _verdict(row: Row) -> str:
    if row.target is None or row.step.ratio is None:
        return "-"
    return "reached" if row.step.ratio <= row.target else "missed"


def measured(report: Report) -> str:
    """What the report says, in Markdown: the machine, the table, and where the time goes."""
    shown = [name for name, (_, show) in COLUMNS.items() if any(show(row) != "-" for row in report.rows)]
    table = _markdown(
        [*shown, "verdict"], [[*(COLUMNS[name][1](row) for name in shown), _verdict(row)] for row in report.rows]
    )
    parts = [f"Measured by `{report.command}`: {described(report)}.", table]
    profiled = [(row, row.profile) for row in report.rows if row.profile is not None]
    if profiled:
        parts.append("Where the time goes, in shares of a step (`benchmarks/overhead.py` says how they are measured):")
        parts.append(
            _markdown(
                ["case", "engine", "kernels and rules", "optimizer", "Python", "most, by themselves"],
                [
                    [row.case, row.engine, f"{own.kernels:.0%}", f"{own.optimizer:.0%}", f"{own.python:.0%}"]
                    + [", ".join(f"`{name}` {share:.0%}" for name, share in own.top)]
                    for row, own in profiled
                ],
            )
        )
    parts.append("\n".join(f"- {each}" for each in summary(report)[:-1]))
    return "\n\n".join(parts)


def replaced(text: str, benchmark: str, threads: int, part: str) -> str:
    """A Markdown text with `part` in the place of the last one of its benchmark and threads; the rest stays.

    Raises ValueError where it is not to be seen how far the last one goes.
    """
    title = f"{benchmark}, {_threads(threads)}"
    first, last = f"<!-- {title} -->", f"<!-- end of {title} -->"
    before, found, rest = text.partition(first)
    _, ends, after = rest.partition(last)
    if not found:
        before, after = f"{before.rstrip()}\n\n## {title.capitalize()}\n\n", "\n"
    elif not ends:
        raise ValueError(f"{first!r} has no {last!r} after it")
    return f"{before}{first}\n\n{part}\n\n{last}{after}"
