"""The share of Python: what of a step's time is spent outside of the kernels, and where all of it goes.

A separate pass under cProfile, which is never timed itself, adds up the time that each function takes by itself, and
sorts the functions:

- kernels and gradient rules: `minitorch/ops`, `backend.py`, NumPy's own functions and the methods of its arrays;
- optimizer: `minitorch/optim`, the arithmetic on weights and the loop over them alike;
- Python: everything else. The graph, the engine, tensors, layers, and the script.

Limits: the profiler takes about a tenth of a microsecond a call and counts it as part of the step, mostly as Python's,
so that the share of Python in a small step is an upper bound. What NumPy takes to start a call counts as kernel. An
operator between arrays (`+=`) counts where it is written, of which the engine has a few. On a GPU, which works on after
a call returns, it is the time of starting the work. Of torch, which is not written in Python, it says nothing.
"""

from __future__ import annotations

import cProfile
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import minitorch
from benchmarks.measure import Step

_PACKAGE = Path(minitorch.__file__).parent
_SECONDS = 0.3


@dataclass(frozen=True)
class Profile:
    """Where a step's time goes, in shares of 1."""

    kernels: float
    optimizer: float
    python: float
    top: list[tuple[str, float]]
    """The Python functions that take most, each with the C functions that it calls."""


def _area(code: Any) -> str:
    """The field of Profile that a function's time belongs to. cProfile has a code object, or a C function's name."""
    if isinstance(code, str):
        return "kernels" if "numpy" in code or "cupy" in code else "python"
    path = Path(code.co_filename)
    if not path.is_relative_to(_PACKAGE):
        return "kernels" if {"numpy", "cupy"} & set(path.parts) else "python"
    within = path.relative_to(_PACKAGE).parts
    if within[0] == "optim":
        return "optimizer"
    return "kernels" if within[0] in ("ops", "backend.py") else "python"


def _operations() -> dict[CodeType, str]:
    """What the kernels and the gradient rules are called, most of which are lambdas."""
    named = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith("minitorch.ops."):
            continue
        for each in vars(module).values():
            if hasattr(each, "rules"):
                named[each.kernel.__code__] = each.__name__
                named |= {rule.__code__: f"{each.__name__}.grad({to})" for to, rule in each.rules.items()}
    return named


def profile(step: Step, top: int = 3) -> Profile:
    """Where the time of a step on minitorch goes."""
    profiler = cProfile.Profile()
    end = time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        profiler.enable()
        step.run()
        profiler.disable()
    named = _operations()
    areas: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for entry in profiler.getstats():
        code: Any = entry.code
        areas[_area(code)] += entry.inlinetime  # type: ignore[assignment]  # a Counter counts seconds as well
        if isinstance(code, CodeType):
            label = named.get(code) or f"{Path(code.co_filename).name}:{code.co_name}"
            own = sum(each.totaltime for each in entry.calls or () if isinstance(each.code, str))
            functions[label] += entry.inlinetime + own  # type: ignore[assignment]
    total = sum(areas.values())
    shares = {area: areas[area] / total for area in ("kernels", "optimizer", "python")}
    return Profile(**shares, top=[(label, seconds / total) for label, seconds in functions.most_common(top)])


def import_seconds(rounds: int = 7) -> float:
    """The median time that `import minitorch` takes in a fresh interpreter, NumPy included, in seconds.

    The modules are compiled beforehand, as they are after an installation.
    """
    code = "import time; start = time.perf_counter(); import minitorch; print(time.perf_counter() - start)"
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def run() -> float:
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
            )
            return float(done.stdout)

        run()
        return statistics.median(run() for _ in range(rounds))
