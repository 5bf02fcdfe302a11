"""Every lecture, shortly, on both engines: it runs, says how it goes, draws its figure, and prints the same numbers.

A script runs once on each engine for all of these tests. `minitorch lecture run --engine all` is tested in test_cli.py.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import struct
import subprocess
from pathlib import Path

import pytest

from minitorch import course
from tests.lecture_runs import DATA, FOLDER, SCRIPTS, figures, run, run_from_the_start, with_data, write_digits

# The last lines of each script: a first and a last loss, and where something is classified an accuracy.
CLASSIFIES = (
    "06_logistic_regression",
    "07_multiple_inputs",
    "08_dataset_dataloader",
    "08_titanic",
    "09_softmax_classifier",
    "09_product_classification",
    "10_cnn",
    "11_inception",
    "11_residual",
    "11_small_densenet",
    "13_movie_reviews",
    "13_name_classifier",
    "experiment_activations",
    "experiment_batch_first",
    "experiment_pad_vector",
    "experiment_shuffled_export",
    "experiment_symmetry",
    "experiment_ten_outputs",
    "experiment_text_classification",
    "experiment_transfer_learning",
    "experiment_word_vectors",
)
NEEDS_SKLEARN = ("07_multiple_inputs", "08_dataset_dataloader", "09_softmax_classifier")
DIGITS = ("10_cnn", "11_inception", "11_residual", "11_small_densenet", "experiment_transfer_learning")
"""What trains long on the digits that it has by itself gets a hundred images instead; lecture 9 has its own."""
EPOCHS = {
    "09_product_classification": 4,
    "09_softmax_classifier": 2,
    "10_cnn": 3,
    "11_inception": 2,
    "11_residual": 2,
    "11_small_densenet": 2,
    "13_movie_reviews": 4,
    "13_name_classifier": 4,
    "13_poems": 3,
    "experiment_batch_first": 4,
    "experiment_language_model": 2,
    "experiment_pad_vector": 6,
    "experiment_text_classification": 2,
    "experiment_transfer_learning": 3,
    "experiment_word_vectors": 2,
}
"""Fewer than 12, for the scripts whose epochs take long, and because the order of a sum's terms tells in the end."""
SMALLER = {
    "13_poems": ("--hidden", "32"),
    "experiment_language_model": ("--hidden", "12"),
    "experiment_text_classification": ("--features", "8", "--size", "16"),
    "experiment_transfer_learning": ("--pretrain-epochs", "1"),
}
"""Smaller networks, where the default ones take long."""
LONG = (*DIGITS, *SMALLER)
# With the real data, an epoch; lectures 9, 10, 11 and 13 compare the steps of theirs in tests of their own.
ON_DATA = ("07_multiple_inputs", "08_dataset_dataloader", "08_titanic")
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


Short = dict[str, subprocess.CompletedProcess[str]]
"""By engine."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the figures are drawn, and the hundred digits lie."""
    return write_digits(tmp_path_factory.mktemp("lectures"))


@functools.cache
def run_shortly(script: Path, folder: Path) -> Short:
    """A few epochs on either engine; on minitorch it draws its figure too, where matplotlib is installed."""
    data = folder if script.stem in DIGITS else ""
    options = ["--epochs", str(EPOCHS.get(script.stem, 12)), *SMALLER.get(script.stem, ())]
    plot = ["--plot", str(folder / f"{script.stem}.png")] if installed("matplotlib") else []
    return {
        "numpy": run(script, *options, *plot, data=data),
        "torch": run(script, *options, data=data, engine="torch"),
    }


@pytest.fixture
def short_run(script: Path, folder: Path) -> Short:
    if script.stem in NEEDS_SKLEARN and not installed("sklearn"):
        pytest.skip("scikit-learn, which carries this lecture's default data, is not installed")
    return run_shortly(script, folder)


@pytest.mark.parametrize(("engine", "end"), [("numpy", "1 / 0"), ("numpy", "sys.exit('no')"), ("torch", "sys.exit(3)")])
def test_a_fork_behaves_as_a_new_process(engine: str, end: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, torch\n"
        "print(__name__, sys.argv, sys.path[0], os.environ['MINITORCH_DATA'], sys.stdin.read())\n"
        "print(torch.ones(2), torch.is_grad_enabled(), torch.utils.__name__)\n"
        "print('aside', file=sys.stderr)\n" + end
    )
    fork, process = (start(script, "--x", "1", data=tmp_path, engine=engine) for start in (run, run_from_the_start))
    assert (fork.returncode, fork.stdout, fork.stderr) == (process.returncode, process.stdout, process.stderr)
    assert process.returncode == (3 if "3" in end else 1) and "aside" in process.stderr


@each_script
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_runs_and_learns(script: Path, engine: str, short_run: Short) -> None:
    done = short_run[engine]
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^data: ", done.stdout, re.M)) == 1
    summary = done.stdout.splitlines()[-3 if script.stem in CLASSIFIES else -2 :]
    assert re.fullmatch(r"first loss: \d+\.\d{6}", summary[0])
    assert re.fullmatch(r"last loss: \d+\.\d{6}", summary[1])
    assert all(re.fullmatch(r"accuracy: [01]\.\d{4}", line) for line in summary[2:])
    results = figures(done.stdout)
    assert results["last loss"] < results["first loss"]
    assert 0 <= results.get("accuracy", 0) <= 1


@each_script
def test_says_how_it_goes(script: Path, short_run: Short) -> None:
    done = short_run["numpy"]
    if script.stem != "02_linear_model":  # a search has no epochs
        assert re.search(r"^epoch +1  .*\d\.\d{6}", done.stdout, re.M)
        assert re.search(rf"^epoch +{EPOCHS.get(script.stem, 12)}  .*\d\.\d{{6}}", done.stdout, re.M)
    assert "\r" not in done.stdout + done.stderr  # no bar where nobody watches


@each_script
@pytest.mark.skipif(not installed("matplotlib"), reason="matplotlib is not installed")
def test_draws_its_figure(script: Path, short_run: Short, folder: Path) -> None:
    done = short_run["numpy"]
    path = folder / f"{script.stem}.png"
    assert f"figure: {path}" in done.stderr and "figure: " not in done.stdout
    image = path.read_bytes()
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", image[16:24])
    assert width >= 700 and height >= 400


def check_agreement(runs: Short) -> None:
    ours, theirs = (
        course.Outcome(name, done.returncode, tuple(done.stdout.splitlines()), 0.0) for name, done in runs.items()
    )
    assert (ours.code, theirs.code) == (0, 0), [done.stderr for done in runs.values()]
    assert course.first_difference(ours, theirs) is None


@each_script
def test_the_engines_print_the_same_numbers(short_run: Short) -> None:
    check_agreement(short_run)


def on_both(script: Path, *options: str, data: str = "") -> Short:
    return {engine: run(script, *options, data=data, engine=engine) for engine in ("numpy", "torch")}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_the_engines_print_the_same_numbers_of_the_whole(name: str) -> None:
    check_agreement(on_both(FOLDER / f"{name}.py", "--epochs", "1"))


@with_data
@pytest.mark.parametrize("name", ON_DATA)
def test_the_engines_print_the_same_numbers_of_real_data(name: str) -> None:
    check_agreement(on_both(FOLDER / f"{name}.py", "--epochs", "1", data=DATA))
