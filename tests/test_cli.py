"""The `minitorch` command: options, one-line errors, `lecture` and `api`."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minitorch import course
from tests.lecture_runs import ROOT, command


def minitorch(*args: str, cwd: Path = ROOT) -> tuple[int, str, str]:
    """Exit code, output and error output of the command line, in a fork that has minitorch imported."""
    done = command(*args, cwd=cwd, PYTHONPATH=str(ROOT), COLUMNS="100")
    return done.returncode, done.stdout, done.stderr


def start(*args: str, stdout: Any = subprocess.PIPE) -> subprocess.Popen[str]:
    """The command line, left running in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "minitorch", *args],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # which tests in the background ignore
    )


def test_help_names_every_command() -> None:
    code, out, _ = minitorch("--help")
    assert code == 0
    for name in ("run", "lecture", "api"):
        assert f"\n    {name} " in out


def test_version() -> None:
    with start("--version") as process:
        out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, "")
    assert out.startswith("minitorch ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a command is required (see minitorch --help)"),
        (["trian"], "argument COMMAND: invalid choice: 'trian'"),
        (["lecture"], "the following arguments are required: COMMAND"),
        (["lecture", "run", "05", "--lr", "3"], "unrecognized arguments: --lr 3"),
        (["lecture", "run", "05", "--seed", "-1"], "argument --seed: expected "),
        (
            ["lecture", "run", "05", "--seed", "x"],
            "argument --seed: expected a whole number from 0 to 2**63 - 1, got 'x'",
        ),
        (["lecture", "run", "05", "--epochs", "0"], "argument --epochs: expected a whole number above 0, got '0'"),
        (["lecture", "run", "05", "--data", "nowhere"], "argument --data: not a directory: nowhere"),
        (["lecture", "run", "05", "--engine", "jax"], "argument --engine: invalid choice: 'jax'"),
        (
            ["lecture", "run", "05", "--seed", str(2**63)],
            "argument --seed: expected a whole number from 0 to 2**63 - 1",
        ),
        (["lecture", "run", "05", "--engine", "all", "--plot", ""], "argument --plot: expected a file in a directory"),
        (["lecture", "run", "all", "--plot", "."], "argument --plot: expected a file in a directory that exists"),
        (["lecture", "run", "05", "--plot", "nowhere/x.png"], "argument --plot: expected a file in a directory that"),
        (["run", ""], "no such script: ''"),
        (["run", "."], ". is a directory, not a script"),
        (["run", sys.executable], f"{sys.executable} is not a script: it holds binary data"),
        (["run", "-m", ".x"], "no module to run: .x"),
        (["lecture", "run", "titanc"], "no lecture 'titanc'; near it: 08-titanic ("),
        (["lecture", "run", "xyz"], "no lecture 'xyz'; for all of them: minitorch lecture list"),
        (
            ["api", "--module", "torch.optimm"],
            "no namespace 'torch.optimm' in the list of torch's names; near it: torch.optim",
        ),
    ],
)
def test_wrong_use_takes_one_line(args: list[str], message: str, tmp_path: Path) -> None:
    code, out, error = minitorch(*args, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert error.startswith(f"minitorch: error: {message}")
    assert error.count("\n") == 1


def test_lecture_list_names_every_script_once() -> None:
    code, out, error = minitorch("lecture", "list")
    assert (code, error) == (0, "")
    ids = [line.split()[0] for line in out.splitlines()]
    assert len(set(ids)) == len(ids) == len(list(course.FOLDER.glob("[0-9e]*_*.py")))
    assert {"02", "05", "08", "08-titanic", "symmetry"} <= set(ids)


def test_one_engine_streams_the_lectures_own_output(tmp_path: Path) -> None:
    code, out, error = minitorch(
        "lecture", "run", "5", "--epochs", "3", "--seed", "1", "--", "--lr", "0.02", cwd=tmp_path
    )
    assert (code, error) == (0, "")
    assert "\nepoch     3  loss " in out
    script = course.find("05").path
    assert out == minitorch("run", str(script), "--epochs", "3", "--seed", "1", "--lr", "0.02", cwd=tmp_path)[1]


def test_all_engines_side_by_side() -> None:
    code, out, error = minitorch("lecture", "run", "05", "--engine", "all", "--epochs", "20")
    assert code == 0, error
    title, header, *rows = out.splitlines()
    numpy, torch = rows[0], rows[-1]
    assert title.startswith("--- 05 ")
    assert header.split() == "engine first loss last loss accuracy seconds first difference".split()
    assert numpy.split()[0] == "numpy" and numpy.endswith("  none")
    assert torch.split()[0] == "torch" and torch.endswith("  (the reference)")
    assert numpy.split()[1:4] == torch.split()[1:4]
    assert "numpy ..." in error and "torch ..." in error


def test_api_prints_the_table_and_what_is_missing() -> None:
    code, out, error = minitorch("api", "--module", "nn.utils.rnn", "--missing")
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["namespace", "have", "torch", "%"]
    assert lines[1].split()[0] == "torch.nn.utils.rnn"
    assert lines[-1].split()[0] == "all"
    have, total = map(int, lines[-1].split()[1:3])
    assert sum(len(line.split()) for line in lines if line.startswith("    ")) == total - have


def test_api_counts_the_families_apart() -> None:
    code, out, _ = minitorch("api")
    assert code == 0
    assert "\ncounted apart: quantized and low-bit " in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "diabetes.csv.gz or diabetes.csv not found in the data directory"),
        (b"", "it is empty: expected rows of 9 numbers, got 0 rows"),
        (b"1,2,3\n" * 20, "expected rows of 9 numbers, got 20 rows of 3"),
        (b"1,2,3\n1,2\n", "cannot read"),
        (b"a,b,c,d,e,f,g,h,i\n", "could not convert string 'a'"),
        (b"\xff\xfe\x00", "cannot read"),
        (b"1,2,3,4,5,6,7,8,7\n" * 20, "the last column must be 0 or 1"),
        (b"1,2,3,nan,5,6,7,8,1\n" * 20, "row 1 holds a number not finite"),
        (b"1,2,3,4,5,6,7,8,1\n", "expected at least 10 rows, got 1"),
    ],
)
def test_wrong_data_takes_one_line(content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "diabetes.csv").write_bytes(content)
    code, out, error = minitorch("lecture", "run", "07", "--epochs", "1", "--data", str(tmp_path))
    assert (code, out) == (2, "")
    assert error.startswith("07_multiple_inputs.py: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_truncated_file_takes_one_line(tmp_path: Path) -> None:
    whole = gzip.compress(b"1,2,3,4,5,6,7,8,1\n" * 200 + bytes(range(48, 58)) * 50)
    (tmp_path / "diabetes.csv.gz").write_bytes(whole[:-20])
    code, out, error = minitorch("lecture", "run", "07", "--epochs", "1", "--data", str(tmp_path))
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "cannot read" in error


def test_a_lectures_own_options_take_one_line() -> None:
    code, out, error = minitorch("lecture", "run", "05", "--", "--lr", "x")
    assert (code, out) == (2, "")
    assert error == "05_linear_regression.py: argument --lr: expected a number above 0, got 'x' (see --help)\n"


def test_an_interrupt_takes_one_line() -> None:
    with start("lecture", "run", "05", "--epochs", "100000000") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=30)[1] == "05_linear_regression.py: interrupted\n"
    assert process.returncode == -signal.SIGINT  # as Python itself ends then: a shell shows 130


@pytest.mark.parametrize("args", [["lecture", "list"], ["api"], ["lecture", "run", "05"], ["lecture", "run", "all"]])
def test_a_reader_that_leaves_ends_it_quietly(args: list[str]) -> None:
    with start(*args) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141  # as a shell shows SIGPIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["--version"], ["lecture", "list"], ["lecture", "run", "05"]])
def test_a_full_disk_takes_one_line(args: list[str]) -> None:
    with open("/dev/full", "w") as full:
        process = start(*args, stdout=full)
    assert process.communicate(timeout=60)[1] == (
        "minitorch: error: cannot write the output: No space left on device\n"
    )
    assert process.returncode == 2
