"""`minitorch diff`: a script on two engines, operation by operation, up to the first that gives something else.

Both processes are read in lockstep, and of what they say no arrays are kept. They are aligned by the script's own lines
as these are executed; within one execution of a line, operations belong together by name and value, and what one engine
alone has (cross entropy is one operation there, two here) is left out and counted. That cannot hide a difference: the
last value that a line makes, the gradients of the leaves after every backward pass, the parameters after every step and
the printed lines are always compared. Within vmap, where one tensor stands for a whole batch, nothing is compared but
what vmap returns.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from minitorch import course, runner
from minitorch.study.diff.comparison import Comparison
from minitorch.study.diff.run import Run


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
