"""Lecture 05: the eight optimizers side by side."""

from __future__ import annotations

import re

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
