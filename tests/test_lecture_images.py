"""The digits of the lectures on images: samples, the split, what is kept, and data that cannot be used."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.lecture_runs import DATA, FOLDER, refusal, run, said, with_data, write_digits
from tests.vision_files import idx

pytestmark = pytest.mark.skipif(importlib.util.find_spec("PIL") is None, reason="Pillow is not installed")
needs_sklearn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn, which carries the small digits, is not installed"
)

ASK = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(FOLDER)!r})
import lecture_images, torch

def facts(samples):
    images, labels = zip(*(samples[index] for index in range(len(samples))))
    images = torch.stack(images)
    numbers = [images.mean(), images.std(), images.min(), images.max(), images[0].sum(), images[-1].sum()]
    return {{
        "shape": list(images.shape), "dtype": str(images.dtype), "labels": sorted(set(labels)),
        "kinds": sorted({{type(label).__name__ for label in labels}}),
        "frame": images[:, :, :4].std().item(), "numbers": [number.item() for number in numbers],
    }}

directory = Path(sys.argv[1]) if len(sys.argv) > 1 else None
train, test = (lecture_images.load(directory, train=part) for part in (True, False))
image, label = lecture_images.load(directory, train=False, transform=None)[0]
draws = iter(range(100))
drawing = lecture_images.load(directory, train=False, transform=lambda image: (image.size, next(draws)))
print(json.dumps({{
    "train": facts(train), "test": facts(test),
    "plain": [type(image).__module__, image.mode, list(image.size), label == test[0][1]],
    "same": lecture_images.NORMALIZED(image).equal(test[0][0]),
    "kept": train[3][0] is train[3][0], "drawn": [drawing[0][0], drawing[0][0]],
}}))
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images") / "ask.py"
    path.write_text(ASK)
    return path


def ask(script: Path, *options: str, engine: str = "numpy") -> tuple[str, dict[str, Any]]:
    """The line that says what the data is, and the facts."""
    line, answer = said(script, *options, engine=engine).splitlines()
    return line, json.loads(answer)


def check(facts: dict[str, Any], train: int, test: int) -> None:
    for part, count in (("train", train), ("test", test)):
        assert facts[part]["shape"] == [count, 1, 28, 28]
        assert facts[part]["dtype"] == "torch.float32"
        assert facts[part]["labels"] == list(range(10))
        assert facts[part]["kinds"] == ["int"]
        assert facts[part]["numbers"][2] == pytest.approx(-0.1307 / 0.3081, rel=1e-5)  # a black pixel
    assert facts["train"]["numbers"] != facts["test"]["numbers"]
    assert facts["plain"] == ["PIL.Image", "L", [28, 28], True]
    assert facts["same"] and facts["kept"]
    assert facts["drawn"] == [[[28, 28], 0], [[28, 28], 1]]  # a transform that may draw at random is called each time


@needs_sklearn
def test_small_digits(script: Path) -> None:
    line, facts = ask(script)
    assert line == "data: scikit-learn's 8x8 digits, enlarged: 1500 images to train on"
    check(facts, 1500, 297)
    for part in ("train", "test"):
        assert facts[part]["frame"] == pytest.approx(0.0, abs=1e-6)  # 20x20 in the middle, as MNIST's
        mean, std, *_ = facts[part]["numbers"]
        assert abs(mean) < 0.15 and abs(std - 1) < 0.15  # near enough to what MNIST's normalization is made for


def test_the_engines_read_the_same_images(script: Path, tmp_path: Path) -> None:
    directory = str(write_digits(tmp_path, 40))
    line, facts = ask(script, directory)
    assert line == "data: MNIST/raw: 40 images to train on"
    other_line, other = ask(script, directory, engine="torch")
    assert other_line == line
    for part in ("train", "test"):
        assert facts[part]["shape"] == other[part]["shape"] == [40, 1, 28, 28]
        assert facts[part]["numbers"] == pytest.approx(other[part]["numbers"], rel=1e-4, abs=1e-4)


@with_data
def test_real_digits(script: Path) -> None:
    line, facts = ask(script, DATA)
    assert line == "data: MNIST/raw: 8000 images to train on"
    check(facts, 8000, 2000)


def truncate(raw: Path) -> None:
    path = raw / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])


def remove(raw: Path) -> None:
    (raw / "t10k-labels-idx1-ubyte.gz").unlink()


def not_gzip(raw: Path) -> None:
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"plain text")


def not_idx(raw: Path) -> None:
    (raw / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"plain text"))


def too_few(raw: Path) -> None:
    (raw / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(7, dtype=np.uint8))))


def no_digit(raw: Path) -> None:
    (raw / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.full(12, 11, dtype=np.uint8))))


def empty(raw: Path) -> None:
    for name, shape in (("images-idx3", (0, 28, 28)), ("labels-idx1", (0,))):
        (raw / f"train-{name}-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(shape, dtype=np.uint8))))


def small(raw: Path) -> None:
    images = np.zeros((12, 20, 20), dtype=np.uint8)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove, "MNIST/raw/t10k-labels-idx1-ubyte.gz or MNIST/raw/t10k-labels-idx1-ubyte not found in the data"),
        (truncate, "train-images-idx3-ubyte.gz is not a whole .gz file"),
        (not_gzip, "train-images-idx3-ubyte.gz is not a whole .gz file"),
        (not_idx, "train-labels-idx1-ubyte.gz is not an idx file"),
        (too_few, "they are not of one set"),
        (
            no_digit,
            "expected images of 28x28 with labels from 0 to 9, got a tensor of shape (12, 28, 28) with labels [11]",
        ),
        (empty, "got a tensor of shape (0, 28, 28) with labels []"),
        (small, "got a tensor of shape (12, 20, 20)"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_data_that_cannot_be_used(damage: Callable[[Path], None], words: str, script: Path, tmp_path: Path) -> None:
    damage(write_digits(tmp_path, 12) / "MNIST" / "raw")
    line = refusal(run(script, str(tmp_path)))
    assert words in line
    assert str(tmp_path) in line
