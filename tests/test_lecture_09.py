"""Lecture 09: the losses side by side, the digits, and the homework's files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from tests.lecture_runs import DATA, FOLDER, figures, long_with_data, refusal, run, said, step_losses, write_digits

DIGITS, PRODUCTS = FOLDER / "09_softmax_classifier.py", FOLDER / "09_product_classification.py"
FEATURES = [f"feat_{number}" for number in range(1, 94)]
CLASSES = [f"Class_{number}" for number in range(1, 10)]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_digits(tmp_path_factory.mktemp("digits")))


def test_three_ways_to_one_loss(digits: str) -> None:
    output = said(DIGITS, "--epochs", "1", data=digits)
    losses = dict(re.findall(r"^(by hand|NLLLoss, log_softmax|CrossEntropyLoss) +loss (\S+) ", output, re.M))
    assert losses == dict.fromkeys(("by hand", "NLLLoss, log_softmax", "CrossEntropyLoss"), "0.972919")
    gradients = re.findall(r"gradient +(.*)$", output, re.M)
    assert len(gradients) == 4 and len(set(gradients)) == 1  # the fourth: softmax - y
    z = np.array([0.2, 0.1, -0.1])
    expected = np.exp(z) / np.exp(z).sum() - [1, 0, 0]
    assert [float(number) for number in gradients[0].split()] == pytest.approx(expected, abs=1e-4)
    assert "outputs of 1000: loss by hand nan, CrossEntropyLoss 0.000000" in output
    predictions = dict(re.findall(r"^(good|bad) prediction +loss (\S+) ", output, re.M))
    assert float(predictions["good"]) < 0.5 < 1.1 < float(predictions["bad"])  # 1.1 is log 3: knowing nothing


def test_going_on_from_a_checkpoint(digits: str, tmp_path: Path) -> None:
    options = ("--lr", "0.05", "--checkpoint", str(tmp_path / "model.pt"))
    whole = said(DIGITS, "--lr", "0.05", "--epochs", "4", data=digits)
    said(DIGITS, *options, "--epochs", "2", data=digits)
    assert said(DIGITS, *options, "--epochs", "4", data=digits).splitlines()[-5:] == whole.splitlines()[-5:]
    done = said(DIGITS, *options, "--epochs", "4", data=digits)  # nothing is left to train
    assert done.splitlines()[-3:] == whole.splitlines()[-3:]


@long_with_data
def test_real_digits() -> None:
    output = said(DIGITS, data=DATA)
    assert figures(output)["accuracy"] >= 0.92
    losses = step_losses(output)
    assert len(losses) == 10
    reference = step_losses(said(DIGITS, "--epochs", "1", data=DATA, engine="torch"))
    assert losses == pytest.approx(reference, abs=1e-3)


# --- products ---------------------------------------------------------------------------------------------------------


def write_products(folder: Path, train: int = 90, test: int = 5) -> Path:
    """A data directory with products whose class is where their counts are high."""
    draw = np.random.default_rng(0)
    (folder / "otto").mkdir()
    for name, rows in (("train", train), ("test", test)):
        with (folder / "otto" / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *FEATURES, *(["target"] if name == "train" else [])])
            for row in range(rows):
                label = row % 9
                counts = draw.poisson(0.3, 93)
                counts[10 * label : 10 * label + 10] += 5
                writer.writerow([f"p{row + 1}", *counts, *([CLASSES[label]] if name == "train" else [])])
    return folder


def test_products_of_a_file(tmp_path: Path) -> None:
    out = tmp_path / "submission.csv"
    data = write_products(tmp_path)
    output = said(PRODUCTS, "--epochs", "60", "--lr", "0.1", "--submission", str(out), data=data)
    assert "data: otto/train.csv: 90 products" in output
    assert figures(output)["accuracy"] > 0.8
    with out.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", *CLASSES]
    assert [row[0] for row in rows] == ["p1", "p2", "p3", "p4", "p5"]  # the file's order
    probabilities = np.array([row[1:] for row in rows], dtype=float)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert (probabilities.argmax(axis=1) == np.arange(5)).mean() >= 0.8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["otto", "submission.csv"]  # no draft is left behind


def test_products_where_there_is_no_file(tmp_path: Path) -> None:
    out = tmp_path / "submission.csv"
    output = said(PRODUCTS, "--epochs", "3", "--submission", str(out), data=tmp_path)
    assert "data: 2000 products invented by the lecture" in output
    assert len(out.read_text().splitlines()) == 501


def test_the_log_loss_of_answering_the_shares(tmp_path: Path) -> None:
    output = said(PRODUCTS, "--epochs", "1", data=write_products(tmp_path))
    shares = [float(share) for share in re.search(r"^share of each class: (.*)$", output, re.M).group(1).split()]
    assert sum(shares) == pytest.approx(1.0, abs=0.005)
    guess = float(re.search(r"to every product: (\S+)$", output, re.M).group(1))
    assert guess == pytest.approx(np.log(9), abs=0.1)  # nine classes, as many of each


HEADER = ",".join(["id", *FEATURES, "target"])
ROW = ",".join(["1", *["0"] * 93, "Class_1"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "its first line must be id,feat_1,...,target"),
        ("id,target\n1,Class_1\n", "its first line must be id,feat_1,...,target"),
        (f"{HEADER}\n", "no rows below the header"),
        (f"{HEADER}\n{ROW}\n{ROW},0\n", "row 3: expected 95 fields, got 96"),
        (f"{HEADER}\n{ROW}\n{ROW.replace('0', 'x', 1)}\n", "row 3: could not convert string to float: 'x'"),
        (f"{HEADER}\n{ROW.replace('0', '-1', 1)}\n", "row 2: a count must be finite and not negative"),
        (f"{HEADER}\n{ROW.replace('0', 'nan', 1)}\n", "row 2: a count must be finite and not negative"),
        (f"{HEADER}\n{ROW.replace('Class_1', 'Class_10')}\n", "row 2: 'Class_10' is not in list"),
        (f"{HEADER}\n{ROW}\n", "expected at least 10 rows, got 1"),
    ],
)
def test_products_that_cannot_be_used(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "otto").mkdir()
    (tmp_path / "otto" / "train.csv").write_text(content)
    line = refusal(run(PRODUCTS, data=tmp_path))
    assert words in line and "otto/train.csv" in line


def test_a_submission_needs_the_test_file(tmp_path: Path) -> None:
    data = write_products(tmp_path)
    (data / "otto" / "test.csv").unlink()
    assert "accuracy" in said(PRODUCTS, "--epochs", "1", data=data)
    line = refusal(run(PRODUCTS, "--submission", str(tmp_path / "out.csv"), data=data))
    assert "otto/test.csv not found in the data directory" in line
