"""Lecture 10: the convolution by hand, the two networks, and going on from a checkpoint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lecture_runs import DATA, FOLDER, figures, long_with_data, refusal, run, said, step_losses, write_digits

SCRIPT = FOLDER / "10_cnn.py"


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_digits(tmp_path_factory.mktemp("digits")))


def matrix(output: str, title: str) -> list[list[int]]:
    """The numbers in the lines below a title."""
    lines = output.splitlines()
    rows = []
    for line in lines[lines.index(title) + 1 :]:
        if not re.fullmatch(r"  ( +-?\d+)+", line):
            break
        rows.append([int(number) for number in line.split()])
    return rows


def test_the_convolution_by_hand(digits: str) -> None:
    output = said(SCRIPT, "--epochs", "1", data=digits)
    assert matrix(output, "an image of 5x5")[1] == [2, 4, 6, 8, 2]
    inner = [[211, 295, 262], [259, 282, 214], [251, 253, 169]]
    assert matrix(output, "every patch, by definition") == matrix(output, "Conv2d") == inner
    assert "the first patch times the kernel, summed: 211" in output
    padded = matrix(output, "Conv2d, padding 1: a frame of zeros, and the size stays")
    assert padded[0] == [91, 168, 224, 215, 127] and padded[4] == [96, 112, 110, 68, 31]
    assert [row[1:4] for row in padded[1:4]] == inner
    assert matrix(output, "Conv2d, stride 2: every other patch") == [[211, 262], [251, 169]]
    assert re.findall(r"difference from the definition: (\S+)", output) == ["0.0"] * 3
    assert matrix(output, "MaxPool2d of the 4x4 numbers on the upper left") == [[4, 8], [9, 8]]
    assert "input (1, 5, 100, 100), weight (10, 5, 3, 3), output (1, 10, 98, 98)" in output
    assert "channels one by one, added: largest difference 0.0000" in output


@pytest.mark.parametrize(
    ("model", "shapes"),
    [
        (
            "basic",
            "conv1 (1, 10, 24, 24) pooling (1, 10, 12, 12) conv2 (1, 20, 8, 8) pooling (1, 20, 4, 4) fc (1, 10)",
        ),
        (
            "homework",
            "conv1 (1, 10, 28, 28) pooling (1, 10, 14, 14) conv2 (1, 20, 12, 12) pooling (1, 20, 6, 6) "
            "conv3 (1, 30, 6, 6) pooling (1, 30, 3, 3) fc1 (1, 128) fc2 (1, 64) fc3 (1, 10)",
        ),
    ],
)
def test_the_way_of_an_image(model: str, shapes: str, digits: str) -> None:
    done = run(SCRIPT, "--model", model, "--epochs", "2", data=digits)
    assert done.returncode == 0, done.stderr
    way = re.findall(r"^  (\w+) +(\(.*\))$", done.stdout, re.M)
    assert " ".join(f"{name} {shape}" for name, shape in way) == shapes
    assert done.stderr == "device: cpu\n"
    assert figures(done.stdout)["last loss"] < figures(done.stdout)["first loss"]


def test_going_on_from_a_checkpoint(digits: str, tmp_path: Path) -> None:
    options = ("--lr", "0.05", "--checkpoint", str(tmp_path / "model.pt"))
    whole = said(SCRIPT, "--lr", "0.05", "--epochs", "4", data=digits)
    said(SCRIPT, *options, "--epochs", "2", data=digits)
    rest = said(SCRIPT, *options, "--epochs", "4", data=digits)
    assert "going on after epoch 2" in rest
    assert rest.splitlines()[-5:] == whole.splitlines()[-5:]  # epochs 3 and 4, and the summary
    line = refusal_without_device(SCRIPT, *options, "--model", "homework", data=digits)
    assert "it was trained with model basic, not homework" in line


def refusal_without_device(script: Path, *options: str, data: str) -> str:
    done = run(script, *options, data=data)
    done.stderr = done.stderr.removeprefix("device: cpu\n")
    return refusal(done)


def test_an_unknown_model() -> None:
    assert "argument --model: invalid choice: 'resnet'" in refusal(run(SCRIPT, "--model", "resnet"))


@long_with_data
def test_real_digits() -> None:
    output = said(SCRIPT, data=DATA)
    assert figures(output)["accuracy"] >= 0.96
    losses = step_losses(output)
    assert len(losses) == 10
    reference = step_losses(said(SCRIPT, "--epochs", "1", data=DATA, engine="torch"))
    assert losses == pytest.approx(reference, abs=1e-3)
