"""torch.utils.benchmark: what is told of given times is torch's, and the timer runs what it says it runs."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.benchmark
from torch.utils.benchmark.utils.common import TaskSpec as TorchTaskSpec

import minitorch
from minitorch.errors import NotSupportedError
from minitorch.utils import benchmark
from minitorch.utils.benchmark import Measurement, TaskSpec, Timer

TASKS: list[dict[str, Any]] = [
    {"stmt": "f(x)", "setup": "pass"},
    {"stmt": "f(x)", "setup": "y = 1", "label": "f", "sub_label": "small", "description": "first", "num_threads": 2},
    {"stmt": "a\nb", "setup": "s = 1\nt = 2", "description": "d"},
    {"stmt": "a", "setup": "pass", "sub_label": "row", "env": "here"},
]
TIMES = [
    [1.0],
    [1.0, 1.1],
    [1.0, 1.1, 1.2, 1.3, 5.0],
    [2e-4] * 3,
    [600.0] * 5,
    [1e-3 * (1 + k / 100) for k in range(20)],
    [1e-3 * (1 + k / 5) for k in range(20)],
    [1e-3 * (1 + k / 500) for k in range(20)],
]


def pair(number: int, times: list[float], task: dict[str, Any]) -> tuple[Measurement, Any]:
    """The same measurement by either engine."""
    theirs = torch.utils.benchmark.Measurement(number, times, TorchTaskSpec(**task))
    return Measurement(number, times, TaskSpec(**task)), theirs


def told(measurement: Any) -> str:
    return re.sub("^<.*>\n", "", repr(measurement))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: repr(task["stmt"] + task["setup"]))
@pytest.mark.parametrize("times", TIMES, ids=lambda times: f"{len(times)} from {times[0]}")
def test_a_measurement_is_told_as_torchs(times: list[float], task: dict[str, Any]) -> None:
    own, theirs = pair(10, times, task)
    assert told(own) == told(theirs)
    assert repr(own).startswith("<minitorch.utils.benchmark.Measurement object at 0x")
    for name in ("times", "median", "mean", "iqr", "significant_figures", "has_warnings", "as_row_name", "title"):
        assert getattr(own, name) == pytest.approx(getattr(theirs, name)), name
    for name in ("stmt", "setup", "label", "sub_label", "description", "env", "num_threads", "number_per_run"):
        assert getattr(own, name) == getattr(theirs, name), name
    assert own.meets_confidence(0.3) == theirs.meets_confidence(0.3)


def test_figures_that_mean_something() -> None:
    rng = np.random.default_rng(0)
    for count in range(1, 60):
        times = list(1e-4 * (1 + rng.random(count) * 10.0 ** -rng.integers(0, 5)))
        own, theirs = pair(int(rng.integers(1, 4)), times, TASKS[0])
        assert own.significant_figures == theirs.significant_figures, times


def test_measurements_of_a_task_are_put_together() -> None:
    parts = [pair(number, times, TASKS[k]) for number, times, k in ((10, [1.0], 0), (2, [3.0], 1), (5, [2.0], 0))]
    own = Measurement.merge(each[0] for each in parts)
    theirs = torch.utils.benchmark.Measurement.merge(each[1] for each in parts)
    assert [(each.number_per_run, each.times, each.stmt) for each in own] == [
        (each.number_per_run, each.times, each.stmt) for each in theirs
    ]


@pytest.mark.parametrize("seconds", [3e-9, 5e-7, 1e-6, 2e-3, 1.0, 5000.0])
def test_units(seconds: float) -> None:
    assert benchmark.select_unit(seconds) == torch.utils.benchmark.select_unit(seconds)


@pytest.mark.parametrize("number", [1, 100, 1000])
def test_as_many_runs_as_asked_for_and_some_to_warm_up(number: int) -> None:
    runs: dict[str, list[int]] = {}
    for name, engine in (("own", benchmark), ("torch", torch.utils.benchmark)):
        runs[name] = []
        measured = engine.Timer("out.append(1)", globals={"out": runs[name]}).timeit(number)
        assert (measured.number_per_run, len(measured.times)) == (number, 1)
    assert len(runs["own"]) == len(runs["torch"])


def test_code_sees_its_globals_and_torch() -> None:
    out: list[Any] = []
    Timer(
        """
        out.append(torch.ones(x))
        out.append(y)
        """,
        setup="  y = x + 1",
        globals={"out": out, "x": 2},
    ).timeit(1)
    assert out[0].tolist() == [1, 1] and out[1] == 3
    with pytest.raises(ZeroDivisionError):
        Timer("1 / 0").timeit(1)


def test_blocks_are_run_for_the_time_asked_for() -> None:
    seen: list[tuple[int, float]] = []
    measured = Timer("time.sleep(0.001)", globals={"time": time}).blocked_autorange(
        lambda number, took: seen.append((number, took)), min_run_time=0.03
    )
    assert measured.raw_times == [took for _, took in seen] and sum(measured.raw_times) >= 0.03
    assert {number for number, _ in seen} == {measured.number_per_run}
    assert 0.001 <= measured.median < 0.02
    assert Timer("time.sleep(0.02)", globals={"time": time}).blocked_autorange(min_run_time=0.01).number_per_run == 1
    assert Timer("pass").blocked_autorange(min_run_time=0.01).number_per_run >= 1000


def test_blocks_are_run_until_they_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timer, "_block_size", lambda self, min_run_time: 1)
    ticks = iter(range(10**6))
    steady = Timer("pass", timer=lambda: float(next(ticks))).adaptive_autorange(min_run_time=6, max_run_time=99)
    assert steady.raw_times == [1.0] * 6
    jumps = iter(np.cumsum([1.0, 1.0, 1.0, 40.0] * 1000))
    unsteady = Timer("pass", timer=lambda: float(next(jumps))).adaptive_autorange(min_run_time=1, max_run_time=200)
    assert sum(unsteady.raw_times) >= 200


def test_the_threads_are_set_for_the_run_alone() -> None:
    before, out = minitorch.get_num_threads(), list[int]()
    Timer("out.append(torch.get_num_threads())", globals={"out": out}, num_threads=before + 1).timeit(1)
    assert set(out) == {before + 1} and minitorch.get_num_threads() == before


@pytest.mark.parametrize(
    ("use", "error", "phrase"),
    [
        (lambda b: b.Timer(lambda: 1), ValueError, "Currently only a `str` stmt is supported."),
        (lambda b: b.Timer(language="zz"), ValueError, "Invalid language `zz`."),
        (lambda b: b.Timer(global_setup="x"), ValueError, "global_setup is C.. only, got `x`."),
        (lambda b: b.Timer().repeat(), NotImplementedError, "See `Timer.blocked_autorange.`"),
        (lambda b: b.Timer().autorange(), NotImplementedError, "See `Timer.blocked_autorange.`"),
        (lambda b: b.Timer(num_threads=0).timeit(1), RuntimeError, "set_num_threads expects a positive integer"),
    ],
)
def test_errors_are_torchs(use: Any, error: type[Exception], phrase: str) -> None:
    for engine in (benchmark, torch.utils.benchmark):
        with pytest.raises(error, match=phrase):
            use(engine)


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(NotSupportedError, match="minitorch measures Python only"):
        Timer("x", language="c++")
    with pytest.raises(NotSupportedError, match="minitorch does not count instructions"):
        Timer("x").collect_callgrind()
    with pytest.raises(AttributeError, match="'Measurement' object has no attribute 'nothing'"):
        _ = Measurement(1, [1.0], TaskSpec("x", "pass")).nothing
