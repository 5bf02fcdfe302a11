"""Every lecture prints the same numbers on minitorch and on torch: the promise of `lecture run --engine all`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IDS = ("02", "03", "04", "05", "06", "07", "08", "08-titanic", "no-grad", "symmetry", "train-eval", "zero-grad")


@pytest.mark.parametrize("lecture", IDS)
def test_the_engines_print_the_same_numbers(lecture: str) -> None:
    command = [sys.executable, "-m", "minitorch", "lecture", "run", lecture, "--engine", "all", "--epochs", "20"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert rows["numpy"].endswith("none"), done.stdout
    assert rows["torch"].endswith("(the reference)"), done.stdout
