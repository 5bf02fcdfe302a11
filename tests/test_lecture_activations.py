"""The activations side by side: ranges, slopes, where they saturate, and the gradient that a deep network keeps."""

from __future__ import annotations

import re

import pytest

from tests.lecture_runs import FOLDER, said

NAMES = ("sigmoid", "tanh", "erf", "softsign", "relu", "softplus", "elu", "gelu", "silu", "leaky_relu")
ROW = re.compile(r"^  (\w+) +(-?\d\.\d\d) +(\d\.\d\d) +(\d\.\d\d) +(\d\.\d\d)  (.*)$", re.M)


@pytest.fixture(scope="module")
def output() -> str:
    return said(FOLDER / "experiment_activations.py", "--epochs", "1")


def test_values_and_slopes(output: str) -> None:
    rows = {name: ([float(value) for value in values], flat) for name, *values, flat in ROW.findall(output)}
    assert tuple(rows) == NAMES
    assert rows["sigmoid"] == ([0.0, 1.0, 0.5, 0.25], "up to -2.90, from 2.90")
    assert rows["tanh"] == ([-1.0, 1.0, 0.0, 1.0], "up to -2.20, from 2.20")
    assert rows["erf"][0][3] == 1.13  # 2 / sqrt(pi)
    assert rows["relu"][1] == "up to 0.00" and rows["leaky_relu"][1] == "nowhere"
    saturate = [name for name, (_, flat) in rows.items() if "up to" in flat and "from" in flat]
    assert saturate == ["sigmoid", "tanh", "erf", "softsign"]
    assert [name for name, (values, _) in rows.items() if values[2] == 0] == ["tanh", "erf", "softsign"]


def test_what_arrives_at_the_first_layer(output: str) -> None:
    rows = re.findall(r"^  (\w+) +(\d\.\d\de[+-]\d\d) +(\d\.\d\de[+-]\d\d) +\d\.\d{3} +[01]\.\d\d$", output, re.M)
    assert tuple(name for name, *_ in rows) == NAMES
    kept = {name: float(first) / float(last) for name, first, last in rows}
    assert kept["sigmoid"] < 1e-5  # at most 1/4 of it passes each activation
    assert min(kept, key=kept.__getitem__) == "sigmoid"
    assert all(kept[name] > 0.05 for name in NAMES if name not in ("sigmoid", "softplus"))
