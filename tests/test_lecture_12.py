"""Lecture 12 and the experiments on recurrent layers: what they say is so."""

from __future__ import annotations

import math
import re

import pytest

from tests.lecture_runs import FOLDER, figures, said


@pytest.fixture(scope="module")
def hello() -> str:
    return said(FOLDER / "12_hello_ohlol.py")


CELLS = ("rnncell", "rnn", "embedding", "lstm", "gru")


def test_every_cell_learns_the_word(hello: str) -> None:
    parts = re.split(r"^(\w+): input .*$", hello, flags=re.M)
    assert tuple(parts[1::2]) == CELLS
    for part in parts[2::2]:
        answers = re.findall(r"epoch +\d+: hello -> (\w{5}), (\d) of 5 right", part)
        assert answers[0][0] != "ohlol" and answers[-1] == ("ohlol", "5")
        assert all(int(right) == sum(a == b for a, b in zip(word, "ohlol", strict=True)) for word, right in answers)


def test_a_step_by_hand(hello: str) -> None:
    cell, hand = (re.search(rf"^  {name} +(.*)$", hello, re.M)[1] for name in ("the cell", "by hand"))
    assert cell == hand
    assert all(0 < abs(float(value)) < 1 for value in cell.split())


def test_the_cell_in_a_loop_is_the_layer(hello: str) -> None:
    assert re.search(r"by rnncell and by rnn, largest difference in all epochs: 0.0000$", hello, re.M)


def test_tanh_keeps_the_loss_up(hello: str) -> None:
    floor = float(re.search(r"stays above (\S+) a character", hello)[1])
    assert floor == pytest.approx(math.log(1 + 3 * math.exp(-2)), abs=1e-4)
    last = re.search(r"^rnn: .*?^epoch +60  loss (\S+)$", hello, re.M | re.S)
    assert floor < float(last[1]) < floor + 0.1
    assert figures(hello)["last loss"] < floor / 10  # the gru has a linear layer, and goes on


def test_shapes(hello: str) -> None:
    for line in (
        "RNNCell  input 5 x 4, hidden 5 x 6 -> hidden 5 x 6, for each of 3 steps",
        "RNN      input 3 x 5 x 4, h0 2 x 5 x 6 -> output 3 x 5 x 6, hn 2 x 5 x 6",
        "LSTM     input 3 x 5 x 4, h0 and c0 2 x 5 x 6 -> output 3 x 5 x 6, hn 2 x 5 x 6, cn 2 x 5 x 6",
        "GRU, in both directions: output 3 x 5 x 12, hn 4 x 5 x 6",
        "GRU, batch_first: input 5 x 3 x 4 -> output 5 x 3 x 6, but hn 2 x 5 x 6",
    ):
        assert f"  {line}\n" in hello


def test_one_cell_alone() -> None:
    text = said(FOLDER / "12_hello_ohlol.py", "--cell", "lstm", "--epochs", "2")
    assert "lstm: input 1 x 5 -> scores 1 x 5 x 4" in text
    assert "gru: " not in text and "largest difference" not in text


@pytest.mark.parametrize("seed", ["0", "7"])
def test_batch_and_time_mixed_up(seed: str) -> None:
    text = said(FOLDER / "experiment_batch_first.py", "--seed", seed, "--epochs", "8")
    assert "batch_first=True   input 32 x 9 x 1 -> output 32 x 9 x 16, hn 2 x 32 x 16" in text
    assert "turned round: 0.000000" in text
    assert "with batch_first=True: RuntimeError: Expected hidden[0] size (2, 32, 16), got [32, 2, 16]" in text
    assert float(re.search(r"the outputs differ by up to (\S+)", text)[1]) > 0.1
    assert "how they lie: True" in text
    last = float(re.search(r"the last number alone is right for (\S+) of", text)[1])
    mixed, right = (float(value) for value in re.findall(r"^epoch +8 .*accuracy (\S+)$", text, re.M))
    assert mixed <= last + 0.02  # it sees no more than that
    assert right > 0.95
    gaps = dict(re.findall(r"^(.+): answers in a batch and alone differ by up to (\S+)$", text, re.M))
    assert float(gaps["batch and time mixed up"]) > 0.05
    assert float(gaps["batch_first=True"]) == 0


@pytest.mark.parametrize("seed", ["0", "3"])
def test_the_vector_of_pad(seed: str) -> None:
    text = said(FOLDER / "experiment_pad_vector.py", "--seed", seed)
    random, zero = (
        re.search(rf"^  {name} +(.*), after a step of training +(.*)$", text, re.M)
        for name in ("random", "padding_idx")
    )
    assert random[1].split() != random[2].split()
    assert set(zero[1].split()) == set(zero[2].split()) == {"0.000"}

    tables = re.findall(r"^  (random vector|padding_idx|packed) ((?: +\d\.\d+)+)$", text, re.M)
    rows = [(way, [float(value) for value in values.split()]) for way, values in tables]
    moved, accuracies = dict(rows[:3]), dict(rows[3:])
    for way in ("random vector", "padding_idx"):
        assert moved[way][0] == 0 and moved[way] == sorted(moved[way]) and moved[way][-1] > 0.2
        assert accuracies[way][-1] < accuracies["packed"][-1]
    assert set(moved["packed"]) == {0}
    assert len(set(accuracies["packed"])) == 1
    assert accuracies["random vector"][-1] < accuracies["random vector"][0]
    assert figures(text)["accuracy"] == pytest.approx(accuracies["packed"][0], abs=6e-4)
