"""The `minitorch` command: options, one-line errors, `lecture` and `api`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minitorch import course

ROOT = Path(__file__).parent.parent


def minitorch(*args: str, cwd: Path | None = None) -> tuple[int, str, str]:
    """Exit code, output and error output of the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_names_every_command() -> None:
    code, out, _ = minitorch("--help")
    assert code == 0
    for command in ("run", "lecture", "api"):
        assert f"\n    {command} " in out


def test_version() -> None:
    code, out, _ = minitorch("--version")
    assert code == 0
    assert out.startswith("minitorch ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a command is required (see minitorch --help)"),
        (["trian"], "argument COMMAND: invalid choice: 'trian'"),
        (["lecture"], "the following arguments are required: COMMAND"),
        (["lecture", "run", "05", "--lr", "3"], "unrecognized arguments: --lr 3"),
        (["lecture", "run", "05", "--seed", "-1"], "argument --seed: expected "),
        (["lecture", "run", "05", "--seed", "x"], "argument --seed: expected a whole number from 0 to 2**63 - 1, got 'x'"),
        (["lecture", "run", "05", "--epochs", "0"], "argument --epochs: expected a whole number above 0, got '0'"),
        (["lecture", "run", "05", "--data", "nowhere"], "argument --data: not a directory: nowhere"),
        (["lecture", "run", "05", "--engine", "jax"], "argument --engine: invalid choice: 'jax'"),
        (["lecture", "run", "titanc"], "no lecture 'titanc'; near it: 08-titanic ("),
        (["lecture", "run", "99"], "no lecture '99'; for all of them: minitorch lecture list"),
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
