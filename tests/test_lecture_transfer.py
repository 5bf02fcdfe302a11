"""The transfer learning experiment: its traps, its three ways, its weight files and its folders of pictures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.vision import models
from tests.lecture_runs import DATA, FOLDER, figures, long_with_data, refusal, run, said, write_digits

SCRIPT = FOLDER / "experiment_transfer_learning.py"
QUICK = ("--epochs", "2", "--pretrain-epochs", "1")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_digits(tmp_path_factory.mktemp("digits")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of ants (dark) and of bees (bright) to train on, one of each to judge by."""
    pillow = pytest.importorskip("PIL.Image")
    root = tmp_path_factory.mktemp("insects")
    noise = np.random.default_rng(0)
    for part, count in (("train", 3), ("val", 1)):
        for name, low in (("ants", 0), ("bees", 150)):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = noise.integers(low, low + 100, (40, 50, 3), dtype=np.uint8)
                pillow.fromarray(pixels).save(root / part / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def pretrained(digits: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file of weights, and what the run that wrote it printed."""
    weights = tmp_path_factory.mktemp("weights") / "digits.pt"
    return weights, said(SCRIPT, *QUICK, "--save", str(weights), data=digits)


def table(output: str) -> dict[str, tuple[int, float, float, float]]:
    """Of each way: weights learnt, last loss, accuracy on the examples and on others."""
    rows = re.findall(r"^  (scratch|extraction|tuning) +([\d,]+) +(\S+) +(\S+) +(\S+)$", output, re.M)
    return {
        way: (int(learnt.replace(",", "")), *map(float, (loss, known, others)))
        for way, learnt, loss, known, others in rows
    }


def test_traps(pretrained: tuple[Path, str]) -> None:
    moves = [float(value) for value in re.findall(r"^  (?:frozen|mean|last).* (\d\.\d{4})$", pretrained[1], re.M)]
    gone, zeros, judging, training, before, after = moves
    assert gone == judging == after == 0
    assert min(zeros, training, before) > 0


def test_what_is_learnt(pretrained: tuple[Path, str]) -> None:
    _, output = pretrained
    rows = table(output)
    head = 64 * 5 + 5
    features = sum(9 * before * after + 3 * after for before, after in ((3, 16), (16, 32), (32, 64)))
    assert [rows[way][0] for way in ("scratch", "extraction", "tuning")] == [features + head, head, features + head]
    assert figures(output)["accuracy"] == pytest.approx(rows["tuning"][3], abs=0.005)
    assert "15 images to train on, 50 to judge by" in output


def test_weights_are_kept_and_used(pretrained: tuple[Path, str], digits: str) -> None:
    weights, first = pretrained
    state = minitorch.load(weights, weights_only=True)
    assert state["fc.weight"].shape == (5, 64) and state["features.1.num_batches_tracked"].item() == 1
    for engine in ("numpy", "torch"):
        again = said(SCRIPT, *QUICK, "--weights", str(weights), data=digits, engine=engine)
        assert "pretraining" not in again
        for way, row in table(first).items():
            assert table(again)[way] == pytest.approx(row, abs=2e-4), way


def test_pictures_of_a_folder(pretrained: tuple[Path, str], folder: Path) -> None:
    options = ("--epochs", "1", "--weights", str(pretrained[0]), "--images", str(folder), "--lr", "0.01")
    mine, reference = (said(SCRIPT, *options, engine=engine) for engine in ("numpy", "torch"))
    assert "data: 6 pictures of ants, bees" in mine
    assert table(mine)["extraction"][0] == 64 * 2 + 2
    for way, row in table(reference).items():
        assert table(mine)[way] == pytest.approx(row, abs=2e-4), way  # the same random cuts and mirror images too


def test_resnet18(tmp_path: Path) -> None:
    digits = write_digits(tmp_path, count=20)
    weights = tmp_path / "resnet18.pt"
    minitorch.manual_seed(0)
    minitorch.save(models.resnet18(num_classes=7).state_dict(), weights)
    options = ("--backbone", "resnet18", "--weights", str(weights), "--epochs", "1", "--shots", "1", "--lr", "0.01")
    rows = table(said(SCRIPT, *options, data=digits))
    assert rows["extraction"][0] == 512 * 5 + 5
    assert rows["tuning"][0] == rows["scratch"][0] == 11_176_512 + 512 * 5 + 5
    line = refusal(run(SCRIPT, "--weights", str(weights), "--epochs", "1", data=digits))
    assert f"cannot use {weights} as weights of small: " in line and "conv1.weight" in line


def test_going_on_from_a_checkpoint(digits: str, tmp_path: Path) -> None:
    options = ("--pretrain-epochs", "2", "--checkpoint", str(tmp_path / "model.pt"))
    whole = said(SCRIPT, "--pretrain-epochs", "2", "--epochs", "2", data=digits)
    said(SCRIPT, *options, "--epochs", "2", data=digits)
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {f"model-{name}.pt" for name in ("pretraining", "scratch", "extraction", "tuning")}
    (tmp_path / "model-tuning.pt").unlink()  # as if the power had failed there
    rest = said(SCRIPT, *options, "--epochs", "2", data=digits)
    assert rest.count("going on after epoch 2") == 3
    assert table(rest) == table(whole) and figures(rest) == figures(whole)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--images", "."), "--images needs --weights"),
        (("--weights", "a.pt", "--save", "b.pt"), "--save keeps what was pretrained, and with --weights nothing is"),
        (("--batch-size", "1"), "--batch-size must be at least 2"),
        (("--backbone", "resnet19"), "argument --backbone: invalid choice: 'resnet19'"),
        (("--shots", "0"), "argument --shots: expected a whole number above 0, got '0'"),
    ],
)
def test_malformed_options(options: tuple[str, ...], words: str) -> None:
    assert words in refusal(run(SCRIPT, *options))


def refused(*options: str, data: str = "") -> str:
    """The one line on stderr of a run that had begun."""
    done = run(SCRIPT, *options, data=data)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"PK\x03\x04 and then nothing"])
def test_bad_weights(content: bytes | None, digits: str, tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    if content is not None:
        weights.write_bytes(content)
    assert f"cannot use {weights} as weights of small: " in refused("--weights", str(weights), data=digits)


def test_bad_pictures(pretrained: tuple[Path, str], folder: Path, tmp_path: Path) -> None:
    options = ("--epochs", "1", "--weights", str(pretrained[0]), "--images")
    assert f"cannot use the pictures in {tmp_path / 'nowhere'}" in refused(*options, str(tmp_path / "nowhere"))
    for part, name in (("train", "ants"), ("train", "bees"), ("val", "ants")):
        (tmp_path / part / name).mkdir(parents=True)
        (tmp_path / part / name / "0.png").write_bytes((folder / part / name / "0.png").read_bytes())
    assert "train has the classes ants, bees, val has ants" in refused(*options, str(tmp_path))
    (tmp_path / "val" / "bees").mkdir()
    assert "bees" in refused(*options, str(tmp_path))  # a class without a picture
    spoilt = tmp_path / "val" / "bees" / "0.png"
    spoilt.write_bytes(b"no picture")
    assert f"cannot read {spoilt}" in refused(*options, str(tmp_path))


@long_with_data
def test_old_digits_help_with_new_ones() -> None:
    mine, reference = (
        table(said(SCRIPT, "--pretrain-epochs", "2", data=DATA, engine=engine)) for engine in ("numpy", "torch")
    )
    assert mine["tuning"][3] > mine["scratch"][3] + 0.03
    for way, row in reference.items():
        assert mine[way][3] == pytest.approx(row[3], abs=0.02), way
