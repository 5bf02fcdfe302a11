"""The traps as demonstrations: predictions in shuffled order, and outputs for classes that do not exist."""

from __future__ import annotations

import re

import pytest

from tests.lecture_runs import FOLDER, figures, refusal, run, said


@pytest.mark.parametrize("seed", ["0", "7"])
def test_predictions_exported_in_shuffled_order(seed: str) -> None:
    output = said(FOLDER / "experiment_shuffled_export.py", "--seed", seed)
    measured = [float(value) for value in re.findall(r"^measured .* accuracy (\S+)$", output, re.M)]
    exported = dict(re.findall(r"^exported, (.*?) +accuracy (\S+)$", output, re.M))
    right = figures(output)["accuracy"]
    assert right > 0.9
    assert measured == [right, right]  # beside the labels, shuffling does no harm
    assert float(exported["shuffle=False"]) == float(exported["shuffle=True, with ids"]) == right
    assert float(exported["shuffle=True"]) < 0.45  # a guess among three classes
    assert "predictions of each class in all three files: yes" in output


def test_ten_outputs_for_two_classes() -> None:
    output = said(FOLDER / "experiment_ten_outputs.py")
    two, ten = (float(value) for value in re.findall(r"accuracy (\S+), loss \S+ on the test points", output))
    assert two > 0.95 and ten > 0.95  # it learns as well
    assert "2 outputs, 82 weights" in output and "10 outputs, 218 weights" in output
    idle = [float(value) for value in re.findall(r"idle (\d\S+)$", output, re.M)]
    assert idle[0] > 0.5 and idle[-1] < 0.001
    assert "  0 of them are taken for an idle class" in output
    assert float(re.search(r"alone gets at least (\S+)$", output, re.M).group(1)) > 0
    shares = [float(value) for value in re.findall(r"^  at \(.*\)  (\S+)$", output, re.M)]
    assert len(shares) == 4 and max(shares) > 0.5  # away from the data an idle class can be the answer
    assert figures(output)["first loss"] > 2  # log 10, not log 2


def test_outputs_that_waste_nothing_are_refused() -> None:
    line = refusal(run(FOLDER / "experiment_ten_outputs.py", "--outputs", "2"))
    assert "argument --outputs: expected more than the two classes need, got 2" in line
