"""The benchmarks: they refuse engines that differ, report what they measure, and say in one line what is wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from benchmarks import engines, measure, memory, ops, overhead, report, scaling, training
from benchmarks.__main__ import main
from benchmarks.compare import Row
from benchmarks.engines import Engine
from benchmarks.measure import Case, Disagreement, Step, Timing, check, interleaved, transfer
from minitorch import runner

ROOT = Path(__file__).parent.parent
BOTH = [engines.load("numpy"), engines.load("torch")]
TITLE = "5 linear regression"


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "_WARM_UP", 0.0)


def step_of(library: Any, result: Callable[[], Any] | None = None) -> Step:
    """A step that returns what `result` gives, and leaves the gradient 2 at its input."""
    x = library.ones(3, requires_grad=True)

    def run() -> Any:
        x.grad = None
        (x * 2).sum().backward()
        return library.ones(2) if result is None else result()

    return Step(run, run, (x,))


def planted(result: Callable[[Any], Any]) -> Case:
    """A case whose result is changed on minitorch."""

    def make(library: Any, device: str, size: int) -> Step:
        return step_of(library, None if library is torch else lambda: result(library))

    return Case(make, (1,))


# --- the command, as a process ---------------------------------------------------------------------------------------


def test_a_run_prints_a_table_and_writes_its_files(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text("# Title\n\nWords that stay.\n")
    command = ["training", "--engines", "numpy,torch", "--threads", "1", "--rounds", "2", "--only", "Five-OP"]
    files = ["--json", str(tmp_path / "x.json"), "--plot", str(tmp_path / "x.png"), "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *command, *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["case", "size", "engine"]
    assert [line.split()[3] for line in lines[1:3]] == ["numpy", "torch"]
    assert "nothing was measured on a GPU" in lines

    found = json.loads((tmp_path / "x.json").read_text())
    assert found["benchmark"] == "training" and found["rounds"] == 2
    assert found["machine"]["threads"] == 1 and found["machine"]["gpu"] is None
    assert found["machine"]["torch"] == torch.__version__
    for row in found["rows"]:
        assert set(row) == {
            "case", "size", "engine", "forward", "step", "target", "peak", "peak_ratio", "transfer", "profile",
        }  # fmt: skip
        assert row["case"] == "five-op graph" and row["size"] == 32 and row["transfer"] is None
        for timing in (row["forward"], row["step"]):
            assert 0 < timing["low"] <= timing["median"] <= timing["high"]
        assert set(row["peak"]) == {"bytes", "by"}
    ours, other = found["rows"]
    assert (ours["engine"], other["engine"]) == ("numpy", "torch")
    assert ours["target"] == 0.6 and other["target"] is None
    assert ours["profile"]["python"] > 0.1 and other["profile"] is None
    assert other["step"]["ratio"] == 1 and found["means"]["numpy"] == pytest.approx(ours["step"]["ratio"])

    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    text = results.read_text()
    assert text.startswith("# Title\n\nWords that stay.\n") and "| five-op graph | 32 | numpy |" in text


# --- engines that differ ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda library: library.tensor([1.0, 1.001]), "the result of step 1 differs on numpy and torch, by 1.0e-03"),
        (
            lambda library: library.tensor([1.0, float("nan")]),
            "the result of step 1 differs on numpy and torch, by nan",
        ),
        (lambda library: library.ones(3), "the result of step 1 is of shape (3,) on numpy, (2,) on torch"),
    ],
)
def test_results_that_differ_are_refused(
    result: Callable[[Any], Any], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(training.CASES, TITLE, planted(result))
    assert main(["training", "--engines", "numpy,torch", "--rounds", "2", "--only", TITLE]) == 1
    out, error = capsys.readouterr()
    assert len(out.splitlines()) == 1, "nothing but the head of the table"
    start = f"python -m benchmarks: the engines differ, so their times mean nothing: {TITLE}: "
    assert error.startswith(start + message) and error.count("\n") == 1


def test_gradients_that_differ_are_refused() -> None:
    def wrong() -> Any:
        step.inputs[0].grad[1] += 0.01
        return torch.ones(2)

    step = step_of(torch, wrong)
    steps = {"torch": step_of(torch), "numpy": step}
    with pytest.raises(Disagreement, match=r"gradient 1 differs on numpy and torch, by 5\.0e-03 of its size"):
        check("planted", steps, 2)
    steps["numpy"] = Step(step_of(torch).run, step.forward, ())
    with pytest.raises(Disagreement, match="numpy and torch do not leave gradients at the same tensors"):
        check("planted", steps, 2)


def test_a_gradient_of_a_weight_is_compared() -> None:
    """Adam takes the same steps by a gradient that is some times too large."""
    case = training.CASES["12 hello by GRU"]
    steps = {engine.name: case.make(engine.torch, engine.device, 1) for engine in BOTH}
    steps["numpy"].weights[1].register_hook(lambda gradient: gradient * 1.01)
    with pytest.raises(Disagreement, match=r"gradient 2 differs on numpy and torch, by 1\.0e-02 of its size"):
        check("planted", steps, 5)


def test_a_later_step_that_differs_is_refused() -> None:
    values = iter([1.0, 1.0, 2.0])
    steps = {"torch": step_of(torch), "numpy": step_of(torch, lambda: torch.full((2,), next(values)))}
    with pytest.raises(Disagreement, match="the result of step 3 differs"):
        check("planted", steps, 3)


@pytest.mark.parametrize("title", [*training.CASES, *ops.CASES])
def test_every_case_agrees_on_both_engines(title: str) -> None:
    case = scaling.CASES[title]
    steps = {engine.name: case.make(engine.torch, engine.device, case.sizes[1]) for engine in BOTH}
    check(title, steps, 2)
    for step in steps.values():
        assert step.forward().requires_grad
        assert step.inputs and (title in ops.CASES or title == "five-op graph" or step.weights)


# --- what is measured ------------------------------------------------------------------------------------------------


class Clocked(Engine):
    """An engine that counts how often it is waited for."""

    waits = 0

    def synchronize(self) -> None:
        type(self).waits += 1


def test_every_measurement_waits_for_the_device() -> None:
    slow, calls = Clocked("numpy", torch, "cuda"), []
    timing = interleaved({slow: lambda: calls.append(0)}, 4)["numpy"]
    assert timing.ratio is None, "torch did not take part"
    assert Clocked.waits > 4 and len(calls) > Clocked.waits, "some rounds were of several calls"


def test_ratios_are_to_torch() -> None:
    rows = np.ones(1000)
    timings = interleaved({BOTH[0]: lambda: [rows.sum() for _ in range(9)], BOTH[1]: lambda: rows.sum()}, 5)
    ratio = timings["numpy"].ratio
    assert timings["torch"].ratio == 1
    assert ratio is not None and 3 < ratio < 27


def test_transfer_is_measured_apart_and_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[Any] = []
    monkeypatch.setattr(Clocked, "place", lambda self, tensor: placed.append(tensor))
    step = step_of(torch)
    assert transfer(step, BOTH[1], 2) is None
    assert (transfer(step, Clocked("torch-cuda", torch, "cuda"), 2) or 0) > 0
    assert placed and not placed[0].requires_grad


def test_all_engines_get_the_same_threads() -> None:
    before = torch.get_num_threads()
    for number in (1, 2):
        with engines.threads(number, BOTH):
            assert torch.get_num_threads() == number
            assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {number}
    assert torch.get_num_threads() == before


def test_peak_memory_is_what_comes_on_top() -> None:
    peak = memory._growth(lambda: [np.ones(2**22) for _ in range(2)])
    assert peak.bytes == pytest.approx(2**26, rel=0.05)


def test_an_interrupt_ends_the_processes_that_measure_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            assert os.getsid(self.pid) != os.getsid(0), "Ctrl-C would reach it, and it would show where"
            started.append(self)

        def communicate(self, *args: Any, **kwargs: Any) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        memory.peaks(TITLE, 3, BOTH, 1)
    assert [process.returncode for process in started] == [-signal.SIGKILL] * 2


def test_shares_are_of_the_whole_and_name_the_rules() -> None:
    own = overhead.profile(ops.CASES["cross_entropy"].make(BOTH[0].torch, "cpu", 2**18), top=10)
    assert own.kernels + own.optimizer + own.python == pytest.approx(1)
    assert own.kernels > own.python and own.optimizer == 0
    assert any(".grad(" in name for name, _ in own.top)
    small = overhead.profile(training.CASES["five-op graph"].make(BOTH[0].torch, "cpu", 32))
    assert small.python > own.python


# --- scaling ---------------------------------------------------------------------------------------------------------


def row(engine: str, size: int, time: float) -> Row:
    timing = Timing(time, time, time, None)
    return Row("case", size, engine, timing, timing, None, None, None, None, None)


@pytest.mark.parametrize(
    ("faster", "size"), [([9, 9, 1, 1], 256), ([1, 9, 9, 1], 1024), ([1, 1, 1, 9], None), ([1, 1, 1, 1], 16)]
)
def test_the_crossover_is_where_the_gpu_gets_ahead_for_good(faster: list[float], size: int | None) -> None:
    sizes = (16, 64, 256, 1024)
    rows = [row("numpy", each, 5) for each in sizes] + [
        row("cupy", each, time) for each, time in zip(sizes, faster, strict=True)
    ]
    (found,) = scaling.crossovers(rows)
    assert (found.slower, found.faster, found.size) == ("numpy", "cupy", size)
    assert str(found).startswith("case: cupy ")


def test_scaling_without_a_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(scaling.CASES, "relu", scaling.CASES["relu"]._replace(sizes=(64, 256)))
    files = ["--json", str(tmp_path / "x.json"), "--plot", str(tmp_path / "x.svg")]
    assert main(["scaling", "--engines", "numpy,torch", "--rounds", "2", "--only", "relu", *files]) == 0
    assert "nothing was measured on a GPU" in capsys.readouterr().out.splitlines()
    found = json.loads((tmp_path / "x.json").read_text())
    assert [(each["engine"], each["size"]) for each in found["rows"]] == [
        ("numpy", 64), ("torch", 64), ("numpy", 256), ("torch", 256),
    ]  # fmt: skip
    assert [(each["slower"], each["faster"]) for each in found["crossovers"]] == [("numpy", "torch")]
    assert "relu" in (tmp_path / "x.svg").read_text()


def test_sizes_end_where_a_step_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def make(library: Any, device: str, size: int) -> Step:
        asked.append(size)
        return step_of(library)

    monkeypatch.setitem(scaling.CASES, "relu", Case(make, (1, 2, 3)))
    monkeypatch.setattr(scaling, "SLOWEST", 0.0)
    assert main(["scaling", "--engines", "torch", "--rounds", "2", "--only", "relu"]) == 0
    assert asked == [1]


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_part_of_the_results_is_replaced_and_the_rest_stays() -> None:
    text = report.replaced("# Results\n", "training", 1, "one day")
    text = report.replaced(text + "\nWhat stands in the way.\n", "training", 1, "another day")
    text = report.replaced(text, "ops", 1, "one part")
    assert text == (
        "# Results\n\n## Training, 1 thread\n\n<!-- training, 1 thread -->\n\nanother day\n\n"
        "<!-- end of training, 1 thread -->\n\nWhat stands in the way.\n\n"
        "## Ops, 1 thread\n\n<!-- ops, 1 thread -->\n\none part\n\n<!-- end of ops, 1 thread -->\n"
    )


def test_the_command_that_is_written_down_measures_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["overhead", "--threads", "1", "--rounds", "2", "--engines", "torch,numpy", "--only", "five-op graph"]
    results = tmp_path / "RESULTS.md"
    assert main([*command, "--results", str(results)]) == 0
    assert f"Measured by `python -m benchmarks {shlex.join(command)}`: " in results.read_text()
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()[1:3]] == ["torch", "numpy"]


def test_a_file_that_cannot_be_written_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.suffix == ".json":
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    files = ["--json", str(tmp_path / "x.json"), "--results", str(tmp_path / "x.md")]
    assert main(["overhead", "--engines", "numpy", "--rounds", "2", "--only", "five-op", *files]) == 2
    error = capsys.readouterr().err
    assert error == f"python -m benchmarks: error: cannot write {tmp_path / 'x.json'}: No space left on device\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.md"]


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "argument benchmark: invalid choice: 'train'"),
        (["ops", "--engines", "numpy,jax"], "no engine 'jax'; there are numpy, cupy, torch, torch-cuda"),
        (["ops", "--engines", ""], "no engine ''; there are numpy, cupy, torch, torch-cuda"),
        (["ops", "--rounds", "1"], "argument --rounds: expected a whole number from 2 on, got '1'"),
        (["ops", "--rounds", "x"], "argument --rounds: expected a whole number from 2 on, got 'x'"),
        (["ops", "--threads", "0"], "--threads: expected a whole number from 1 to 1024, got '0'"),
        (["ops", "--threads", "99999"], "--threads: expected a whole number from 1 to 1024, got '99999'"),
        (["ops", "--only", "nothing"], "argument --only: 'nothing' is in no title; there are add, add a row"),
        (["ops", "--json", "nowhere/x"], "--json: expected a file in a directory that exists, got 'nowhere/x'"),
        (["ops", "--json", "."], "argument --json: expected a file in a directory that exists, got '.'"),
        (["ops", "--plot", "nowhere/x.png"], "--plot: expected a file in a directory that exists"),
        (["ops", "--plot", "x.pgf"], "argument --plot: expected a file of one of the kinds "),
        (["ops", "--json", "x", "--results", "./x"], "--json, --plot and --results want a file each"),
        (["ops", "--plot", "x.xyz"], "argument --plot: expected a file of one of the kinds "),
        (["ops", "--results", "nowhere/x"], "--results: expected a file in a directory that exists"),
        (["ops", "--roundz", "3"], "unrecognized arguments: --roundz 3"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, error = capsys.readouterr()
    assert end.value.code == 2 and not out
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!-- ops, 1 thread -->\nold, and then\n", "'<!-- ops, 1 thread -->' has no '<!-- end of ops, 1 thread -->'"),
        (b"\xff\xfe", "'utf-8' codec can't decode"),
    ],
)
def test_results_that_would_be_lost_are_refused(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_bytes(content)
    with pytest.raises(SystemExit):
        main(["ops", "--threads", "1", "--results", str(path)])
    out, error = capsys.readouterr()
    assert f"argument --results: {path} is no Markdown file to write into: {message}" in error
    assert not out and error.count("\n") == 1 and path.read_bytes() == content


def test_a_file_that_may_not_be_written_is_refused_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SystemExit):
        main(["ops", "--json", str(tmp_path / "x.json")])
    assert "x.json' may not be written here" in capsys.readouterr().err


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The line with which the command says that something is not here."""
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert not out and error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("engine", "asked"), [("cupy", "cupy"), ("torch", "torch"), ("torch-cuda", "torch"), ("numpy", "numpy")]
)
def test_an_engine_that_is_not_here_is_refused(
    engine: str, asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "unavailable", lambda name: f"install {name}" if name == asked else None)
    assert refused(["training", "--engines", engine], capsys).endswith(f": install {asked}\n")


def test_what_is_missing_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "unavailable", lambda name: None if name == "numpy" else f"install {name}")
    found, missing = engines.at_hand()
    assert [engine.name for engine in found] == ["numpy"] and missing == ["install cupy", "install torch"]


def test_torch_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    error = refused(["training", "--engines", "numpy,torch-cuda"], capsys)
    assert "engine torch-cuda: torch finds no CUDA device here" in error


@pytest.mark.parametrize("missing", ["threadpoolctl", "matplotlib"])
def test_a_tool_that_is_not_here_is_named(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    error = refused(["training", "--engines", "numpy", "--plot", str(tmp_path / "x.png")], capsys)
    assert f"{missing}" in error and "pip install -e '.[benchmarks]'" in error
