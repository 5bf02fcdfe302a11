"""The lectures' scripts: what they are made of, their options, their data, and what they make of data that is bad."""

from __future__ import annotations

import ast
import csv
import gzip
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from minitorch.lectures import lecture_tools
from tests.lecture_runs import DATA, FOLDER, SCRIPTS, figures, refusal, run, run_from_the_start, with_data

ACCURACY_ON_DATA = {"07_multiple_inputs": 0.75, "08_dataset_dataloader": 0.72, "08_titanic": 0.77}
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def test_the_course_is_there() -> None:
    numbers = {path.stem[:2] for path in SCRIPTS if path.stem[0].isdigit()}
    assert numbers >= {f"{number:02d}" for number in range(2, 9)}
    assert len([path for path in SCRIPTS if path.stem.startswith("experiment_")]) >= 5


def test_titles_differ() -> None:
    titles = [ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0] for path in SCRIPTS]
    assert len(set(titles)) == len(SCRIPTS)
    for path, title in zip(SCRIPTS, titles, strict=True):
        begin = f"Lecture {path.stem[:2]}" if path.stem[0].isdigit() else "Experiment: "
        assert title.startswith(begin) and title.endswith((".", "?"))


@each_script
def test_is_a_plain_torch_script(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in names | modules}
    assert "torch" in roots
    helpers = {path.stem for path in FOLDER.glob("lecture_*.py")}
    assert "lecture_tools" in roots
    assert roots - set(sys.stdlib_module_names) - helpers <= {"torch", "torchvision"}


@with_data
@pytest.mark.parametrize("name", ACCURACY_ON_DATA)
def test_learns_the_real_data(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    titanic = name == "08_titanic"
    done = run(FOLDER / f"{name}.py", *(["--out", str(out)] if titanic else []), data=DATA)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^data: (diabetes|titanic/train)\.csv.*: \d{3} ", done.stdout, re.M)
    assert figures(done.stdout)["accuracy"] >= ACCURACY_ON_DATA[name]
    if titanic:
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file))
        with (Path(DATA) / "titanic" / "test.csv").open(newline="") as file:
            expected = [row["PassengerId"] for row in csv.DictReader(file)]
        assert [row["PassengerId"] for row in rows] == expected  # the file's order: nothing was shuffled
        assert {row["Survived"] for row in rows} == {"0", "1"}
        assert list(tmp_path.iterdir()) == [out]  # no draft is left behind


def diabetes(folder: Path, rows: int = 60) -> Path:
    """A data directory with a table like the diabetes one, gzipped."""
    features = np.random.default_rng(0).uniform(-1, 1, (rows, 8))
    table = np.column_stack([features, features[:, 0] > 0])
    with gzip.open(folder / "diabetes.csv.gz", "wt") as file:
        np.savetxt(file, table, delimiter=",", fmt="%.6g")
    return folder


def test_seed_and_workers(tmp_path: Path) -> None:
    script, options = FOLDER / "08_dataset_dataloader.py", ["--epochs", "3", "--data", str(diabetes(tmp_path))]
    first, other = (run(script, *options, *more) for more in ([], ["--seed", "1"]))
    assert first.returncode == 0, first.stderr
    again = run_from_the_start(script, *options, "--workers", "2")
    assert again.stdout == first.stdout  # who loads the batches changes nothing
    assert figures(other.stdout) != figures(first.stdout)


def test_data_directory_that_is_not_there(tmp_path: Path) -> None:
    line = refusal(run_from_the_start(FOLDER / "02_linear_model.py", "--data", str(tmp_path / "nowhere")))
    assert line == f"02_linear_model.py: --data is not a directory: {tmp_path / 'nowhere'}"


def test_malformed_titanic(tmp_path: Path) -> None:
    (tmp_path / "titanic").mkdir()
    header = "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked\n"
    (tmp_path / "titanic" / "train.csv").write_text(header + "1,0,3,A,male,old,1,0,B,7,,S\n")
    line = refusal(run(FOLDER / "08_titanic.py", data=str(tmp_path)))
    assert "train.csv: row 2: could not convert string to float: 'old'" in line


def stopped(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """What was just refused said so in one line, with these words."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    for word in words:
        assert word in captured.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("9 numbers", "got 0 rows")),
        (b"1,2,3\n" * 20, ("9 numbers", "got 20 rows of 3")),
        (b"0,0,0,0,0,0,0,0,1\n" * 3 + b"0,0,0,x,0,0,0,0,1\n", ("cannot read", "'x'")),
        (b"0,0,0,0,0,0,0,0,1\n" * 3 + b"0,0,1\n", ("cannot read", "number of columns changed")),
        (b"0,0,0,0,0,0,0,0,1\n" * 10 + b"0,0,0,nan,0,0,0,0,1\n", ("row 11", "not finite")),
        (b"0,0,0,0,0,0,0,0,2\n" * 20, ("last column must be 0 or 1",)),
        (b"0,0,0,0,0,0,0,0,1\n" * 5, ("at least 10 rows", "got 5")),
        (b"\xff\xfe\x00", ("cannot read",)),
    ],
)
def test_malformed_diabetes(
    content: bytes, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "diabetes.csv").write_bytes(content)
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.load_diabetes(tmp_path)
    stopped(capsys, "diabetes.csv", *words)


@pytest.mark.parametrize("damage", ["truncated", "not gzip"])
def test_corrupt_gzip(damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = diabetes(tmp_path) / "diabetes.csv.gz"
    path.write_bytes(path.read_bytes()[:-20] if damage == "truncated" else b"plain text")
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.load_diabetes(tmp_path)
    stopped(capsys, "cannot read", "diabetes.csv.gz")


def test_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.load_diabetes(tmp_path)
    stopped(capsys, "diabetes.csv.gz or diabetes.csv not found in the data directory", str(tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", ("no column c",)),
        ("a,b,c\n", ("no rows below the header",)),
        ("", ("no column a, c",)),
        ("a,b,c\n1,2,3\n1,2,3,4\n", ("row 3 has more fields than the header",)),
    ],
)
def test_malformed_records(
    content: str, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content)
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.read_records(path, ["a", "c"])
    stopped(capsys, "list.csv", *words)


@pytest.mark.parametrize(("module", "package"), [("sklearn.datasets", "scikit-learn"), ("matplotlib", "matplotlib")])
def test_optional_package_missing(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.pyplot() if module == "matplotlib" else lecture_tools.load_diabetes(None)
    stopped(capsys, f"needs {package} (No module named '{module}'): pip install {package}")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epochs", "0"], "expected a whole number above 0, got '0'"),
        (["--seed", "-1"], "expected a whole number from 0 to 2**63 - 1, got '-1'"),
        (["--seed", str(2**63)], "expected a whole number from 0"),
        (["--lr", "nan"], "expected a number above 0, got 'nan'"),
        (["--plot", "figure.txt"], "expected a name that ends in .png, .pdf, .svg"),
        (["--plot", "nowhere/figure.png"], "expected a file in a directory that exists"),
        (["--ep", "3"], "unrecognized arguments"),
    ],
)
def test_malformed_options(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.Options("A lecture.", epochs=1, lr=0.1).parse_args(options)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("value", ["1", "-0.1", "nan", "much"])
def test_malformed_fraction(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = lecture_tools.Options("A lecture.", epochs=1)
    options.add_argument("--p", type=lecture_tools.fraction)
    with pytest.raises(SystemExit, match="2"):
        options.parse_args([f"--p={value}"])
    assert "expected a number of at least 0 and below 1" in capsys.readouterr().err


def test_data_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = lecture_tools.Options("A lecture.", epochs=1)
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path))
    assert options.parse_args([]).data == tmp_path
    monkeypatch.setenv("MINITORCH_DATA", "")
    assert options.parse_args([]).data is None
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "nowhere"))
    assert options.parse_args(["--data", str(tmp_path)]).data == tmp_path  # the option goes before the variable
    with pytest.raises(SystemExit, match="2"):
        options.parse_args([])
    stopped(capsys, "MINITORCH_DATA is not a directory")


def test_replacing_keeps_the_old_file_on_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("old")
    with pytest.raises(SystemExit, match="2"), lecture_tools.replacing(path) as draft:
        draft.write_text("half")
        raise OSError("disk full")
    stopped(capsys, "cannot write", "disk full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
