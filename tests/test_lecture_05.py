"""Lecture 05: the eight optimizers side by side, and the ways down the valley of the loss."""

from __future__ import annotations

import re

import pytest

from tests.lecture_runs import FOLDER, said

SCRIPT = FOLDER / "05_linear_regression.py"
ROW = re.compile(r"^  (\w+) +(\d+) +(\d+\.\d{5}) +(-?\d+\.\d{4}) +(-?\d+\.\d{4})$", re.M)


def test_eight_optimizers_side_by_side() -> None:
    output = said(SCRIPT, "--compare", "--epochs", "100")
    rows = {name: [float(value) for value in values] for name, *values in ROW.findall(output)}
    assert set(rows) == {"Adagrad", "Adam", "Adamax", "ASGD", "LBFGS", "RMSprop", "Rprop", "SGD"}
    first = float(re.search(r"^first loss: (\S+)$", output, re.M).group(1))
    for evaluations, loss, w, b in rows.values():
        assert loss < first
        assert evaluations >= 1
        assert sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3)) < first
    assert [name for name, row in rows.items() if row[0] > 1] == ["LBFGS"]  # the others ask for one loss a step
    assert abs(rows["LBFGS"][2] - 2) < 1e-3 and abs(rows["LBFGS"][3]) < 1e-3  # it takes the curvature into account
    last = float(re.search(r"^last loss: (\S+)$", output, re.M).group(1))
    assert abs(rows["SGD"][1] - last) < 1e-5  # the same start, the same steps as the lecture's own loop


def test_comparing_changes_nothing_before_it() -> None:
    plain, compared = (said(SCRIPT, "--epochs", "5", *more).splitlines() for more in ((), ("--compare",)))
    assert [line for line in compared if line in plain] == plain


def test_ways_down_the_valley() -> None:
    output = said(SCRIPT, "--epochs", "100")
    found = re.findall(r"^(.*): loss (\S+) at w = (\S+), b = (\S+) after a quarter of the epochs$", output, re.M)
    ways = {name: [float(number) for number in numbers] for name, *numbers in found}
    assert list(ways) == ["all points", "one point at a time", "all points, momentum 0.9"]
    for loss, w, b in ways.values():
        assert sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3)) == pytest.approx(loss, abs=2e-3)
    # The 25th step of the first way is the lecture's own.
    own = re.search(r"^epoch +20  loss (\S+) ", output, re.M)
    assert 0.9 * float(own[1]) < ways["all points"][0] < float(own[1])
