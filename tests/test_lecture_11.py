"""Lecture 11: the Inception block, residual blocks and their shortcuts, and the small DenseNet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lecture_runs import DATA, FOLDER, figures, long_with_data, refusal, run, said, step_losses, write_digits

INCEPTION, RESIDUAL, DENSENET = (FOLDER / f"11_{name}.py" for name in ("inception", "residual", "small_densenet"))
SHORTCUTS = ("none", "identity", "scaled", "convolution", "gated")

each_lecture = pytest.mark.parametrize("script", [INCEPTION, RESIDUAL, DENSENET], ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_digits(tmp_path_factory.mktemp("digits")))


def way(output: str) -> list[str]:
    """The sizes of an image on its way through a network."""
    return re.findall(r"^  \w+ +(\d+(?: x \d+)*)$", output, re.M)


def test_inception(digits: str) -> None:
    output = said(INCEPTION, "--epochs", "1", data=digits)
    sizes = ["10 x 24 x 24", "10 x 12 x 12", "88 x 12 x 12", "20 x 8 x 8", "20 x 4 x 4", "88 x 4 x 4", "10"]
    assert way(output) == sizes
    assert "matrix product at every pixel: largest difference 0.0000" in output
    direct, reduced = (int(re.search(rf"^  {name} +([\d,]+)$", output, re.M)[1].replace(",", "")) for name in
                       ("directly", "through 16 channels"))  # fmt: skip
    assert direct == 28**2 * 5**2 * 192 * 32
    assert reduced == 28**2 * 192 * 16 + 28**2 * 5**2 * 16 * 32
    block = {10: 10 * (24 + 16 + 16 + 16), 20: 20 * (24 + 16 + 16 + 16)}  # the 1x1 kernels
    wide = 25 * 16 * 24 + 9 * 16 * 24 + 9 * 24 * 24
    whole = 24**2 * 25 * 10 + 12**2 * (block[10] + wide) + 8**2 * 25 * 88 * 20 + 4**2 * (block[20] + wide)
    assert f"{whole:,} multiplications an image" in output
    silent = dict(re.findall(r"^  without (\w+) +([01]\.\d\d)$", output, re.M))
    assert list(silent) == ["pool", "1x1", "5x5", "3x3"]


def gradients(output: str) -> dict[int, dict[str, float]]:
    """The gradient of the first block, by the number of blocks and the kind of shortcut."""
    rows = re.findall(r"^ +(\d+)((?: +\d\.\d\de[+-]\d\d){5})$", output, re.M)
    return {int(blocks): dict(zip(SHORTCUTS, map(float, row.split()), strict=True)) for blocks, row in rows}


@pytest.mark.parametrize("seed", ["0", "3"])
def test_a_shortcut_keeps_the_gradient(seed: str, digits: str) -> None:
    output = said(RESIDUAL, "--epochs", "1", "--seed", seed, data=digits)
    plain, skipping = (float(value) for value in re.findall(r"^derivative of .* (\S+)$", output, re.M))
    assert plain < 0.3**20 and skipping > 0.7**20
    table = gradients(output)
    assert list(table) == [1, 4, 16]
    assert table[16]["none"] < 1e-9 * table[1]["none"]
    assert table[16]["identity"] > 0.1 * table[1]["identity"]
    for shortcut in ("scaled", "convolution", "gated"):  # whatever multiplies x, multiplies the gradient too
        assert table[16]["none"] < 1e-2 * table[16][shortcut] < 1e-4 * table[16]["identity"]


def test_shortcuts_compared(digits: str) -> None:
    options = ("--compare", "--blocks", "2", "--lr", "0.1")
    output = said(RESIDUAL, *options, "--epochs", "1", "--shortcut", "gated", data=digits)
    rows = re.findall(r"^  (\w+) +(\d\.\d{4}) +([01]\.\d{4})$", output, re.M)
    assert [name for name, _, _ in rows] == ["gated", *(name for name in SHORTCUTS if name != "gated")]
    assert len({loss for _, loss, _ in rows}) == 5
    assert figures(output)["last loss"] == pytest.approx(float(rows[0][1]), abs=1e-4)
    alone = said(RESIDUAL, *options[1:], "--epochs", "1", "--shortcut", "scaled", data=digits)
    last = next(loss for name, loss, _ in rows if name == "scaled")
    assert figures(alone)["last loss"] == pytest.approx(float(last), abs=1e-4)  # who else was trained changes nothing


def test_densenet(digits: str) -> None:
    output = said(DENSENET, "--epochs", "1", "--growth", "6", "--layers", "2", data=digits)
    assert way(output) == ["16 x 14 x 14", "22 x 14 x 14", "28 x 14 x 14", "14 x 7 x 7", "20 x 7 x 7", "26 x 7 x 7"]
    layers = [16, 22, 14, 20]
    weights = sum((channels + 1) * 24 + (9 * 24 + 1) * 6 for channels in layers)
    whole = 10 * 16 + weights + 29 * 14 + (26 * 7 * 7 + 1) * 10
    assert f"{whole:,} parameters in all; a single residual block of 26 channels has {2 * (9 * 26**2 + 26):,}" in output
    first, smallest, largest = map(
        float, re.search(r"first (\S+), smallest (\S+), largest (\S+)$", output, re.M).groups()
    )
    assert 0 < smallest <= first <= largest < 100 * smallest  # over 32 layers


def test_batch_norm_learns_sooner(digits: str) -> None:
    plain, normalised = (
        figures(said(DENSENET, "--epochs", "3", *options, data=digits)) for options in ([], ["--batch-norm"])
    )
    assert normalised["last loss"] < plain["last loss"] - 0.1


@each_lecture
def test_going_on_from_a_checkpoint(script: Path, digits: str, tmp_path: Path) -> None:
    options = ("--lr", "0.05", "--checkpoint", str(tmp_path / "model.pt"))
    whole = said(script, "--lr", "0.05", "--epochs", "3", data=digits)
    said(script, *options, "--epochs", "2", data=digits)
    rest = said(script, *options, "--epochs", "3", data=digits)
    assert "going on after epoch 2" in rest
    assert rest.splitlines()[-4:] == whole.splitlines()[-4:]
    kept = "model-identity.pt" if script == RESIDUAL else "model.pt"
    assert [path.name for path in tmp_path.iterdir()] == [kept]
    line = refusal(run(script, *options, "--lr", "0.1", data=digits))
    assert f"cannot go on from {tmp_path / kept}: it was trained with lr 0.05, not 0.1" in line


@pytest.mark.parametrize(
    ("script", "options", "words"),
    [
        (RESIDUAL, ("--shortcut", "long"), "argument --shortcut: invalid choice: 'long'"),
        (RESIDUAL, ("--blocks", "0"), "argument --blocks: expected a whole number above 0, got '0'"),
        (DENSENET, ("--growth", "-1"), "argument --growth: expected a whole number above 0, got '-1'"),
        (INCEPTION, ("--momentum", "1"), "argument --momentum: expected a number of at least 0 and below 1, got '1'"),
    ],
)
def test_malformed_options(script: Path, options: tuple[str, ...], words: str) -> None:
    assert words in refusal(run(script, *options))


@each_lecture
def test_missing_digits(script: Path, tmp_path: Path) -> None:
    done = run(script, data=tmp_path)
    assert done.returncode == 2
    assert "not found in the data directory" in done.stderr and len(done.stderr.splitlines()) == 1


@long_with_data
@pytest.mark.parametrize(("script", "accuracy"), [(INCEPTION, 0.92), (RESIDUAL, 0.93), (DENSENET, 0.85)])
def test_real_digits(script: Path, accuracy: float) -> None:
    mine, reference = (said(script, "--epochs", "2", data=DATA, engine=engine) for engine in ("numpy", "torch"))
    assert figures(mine)["accuracy"] >= accuracy
    assert figures(mine)["accuracy"] == pytest.approx(figures(reference)["accuracy"], abs=0.005)
    assert len(step_losses(mine)) == 10
    assert step_losses(mine) == pytest.approx(step_losses(reference), abs=1e-3)
