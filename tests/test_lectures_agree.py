"""Every lecture prints the same numbers on minitorch and on torch: the promise of `lecture run --engine all`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lecture_runs import DATA, with_data

ROOT = Path(__file__).resolve().parent.parent
IDS = (
    "02",
    "03",
    "04",
    "05",
    "06",
    "07",
    "08",
    "08-titanic",
    "09",
    "09-product-classification",
    "10",
    "11",
    "11-residual",
    "11-small-densenet",
    "12",
    "13",
    "13-movie-reviews",
    "13-poems",
    "batch-first",
    "language-model",
    "no-grad",
    "pad-vector",
    "shuffled-export",
    "symmetry",
    "ten-outputs",
    "text-classification",
    "train-eval",
    "transfer-learning",
    "word-vectors",
    "zero-grad",
)
# Of the larger networks few, to be quick, and because the order of a sum's terms tells after some hundred steps.
EPOCHS = {
    "09": 2,
    "09-product-classification": 4,
    "10": 2,
    "11": 1,
    "11-residual": 1,
    "11-small-densenet": 2,
    "13-poems": 8,
    "batch-first": 4,
    "language-model": 1,
    "text-classification": 2,
    "transfer-learning": 4,
    "word-vectors": 2,
}


# Run by hand: both engines together take more than ten seconds.
LONG = ("11", "11-residual", "11-small-densenet", "language-model", "text-classification", "transfer-learning")
# With the real data, an epoch; lectures 9, 10, 11 and 13 compare the steps of theirs in tests of their own.
ON_DATA = ("07", "08", "08-titanic")


def check_agreement(lecture: str, epochs: int, data: str) -> None:
    command = [sys.executable, "-m", "minitorch", "lecture", "run", lecture, "--engine", "all", "--epochs", str(epochs)]
    environment = {**os.environ, "MINITORCH_DATA": data}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert rows["numpy"].endswith("none"), done.stdout
    assert rows["torch"].endswith("(the reference)"), done.stdout


@pytest.mark.parametrize("lecture", [pytest.param(id, marks=pytest.mark.slow) if id in LONG else id for id in IDS])
def test_the_engines_print_the_same_numbers(lecture: str) -> None:
    check_agreement(lecture, EPOCHS.get(lecture, 20), data="")


@with_data
@pytest.mark.parametrize("lecture", ON_DATA)
def test_the_engines_print_the_same_numbers_of_real_data(lecture: str) -> None:
    check_agreement(lecture, 1, data=str(DATA))
