"""The course's runner: ids, the comparison of two engines' output, and its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from minitorch import course
from minitorch.course import Lecture, Outcome


def outcome(engine: str, *lines: str, code: int = 0) -> Outcome:
    return Outcome(engine, code, lines, 1.25)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(course, "FOLDER", tmp_path)
    return tmp_path


def test_ids_and_titles_come_from_the_files(folder: Path) -> None:
    (folder / "08_loader.py").write_text('"""Lecture 08: batches.\n\nMore."""\n')
    (folder / "08_titanic.py").write_text('"""Lecture 08, homework: who survived?"""\n')
    (folder / "experiment_zero_grad.py").write_text('"""Experiment: sums."""\n')
    (folder / "lecture_tools.py").write_text('"""Not a lecture."""\n')
    assert [(lecture.id, lecture.title) for lecture in course.lectures()] == [
        ("08", "batches"),
        ("08-titanic", "homework: who survived?"),
        ("zero-grad", "sums"),
    ]


def test_the_lecture_itself_goes_before_its_homework(folder: Path) -> None:
    (folder / "13_movies.py").write_text('"""Lecture 13, homework: movies."""\n')
    (folder / "13_names.py").write_text('"""Lecture 13: names."""\n')
    assert [lecture.id for lecture in course.lectures()] == ["13", "13-movies"]
    assert course.find("13").title == "names"


@pytest.mark.parametrize("id", ["08-titanic", "08_titanic", "08_titanic.py"])
def test_a_lecture_is_found_by_id_and_by_file(id: str) -> None:
    assert course.find(id).path.name == "08_titanic.py"
    assert course.find("5") == course.find("05")


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("1.000000", "1.000099", True),
        ("1.000000", "1.000110", False),
        ("0.0000", "0.0001", True),
        ("0.0000", "0.0002", False),
        ("0.000012", "0.000013", True),
        ("0.85", "0.86", True),
        ("1e-05", "2e-05", False),
        ("1.0e-05", "1.1e-05", True),
        ("100", "101", False),
        ("20000", "20001", True),
        ("nan", "nan", True),
        ("nan", "1.0", False),
        ("inf", "inf", True),
        ("inf", "-inf", False),
        ("-0.5", "0.5", False),
    ],
)
def test_numbers_agree_within_the_tolerance_or_the_last_digit(text: str, other: str, same: bool) -> None:
    assert course.agree(text, other) is same
    assert course.agree(other, text) is same


@pytest.mark.parametrize(
    ("mine", "reference", "difference"),
    [
        (["loss: 1.5000", "a b"], ["loss: 1.5001", "a  b"], None),
        (
            ["x", "epoch 3 loss 0.25 acc 0.9"],
            ["x", "epoch 3 loss 0.25 acc 0.7"],
            "line 2: 0.9, torch 0.7 in 'epoch 3 loss 0.25 acc 0.9'",
        ),
        (["epoch 3"], ["epoch 4"], "line 1: 3, torch 4 in 'epoch 3'"),
        (["tensor([1., 2.])"], ["tensor([1., 2.5])"], "line 1: 2., torch 2.5 in 'tensor([1., 2.])'"),
        (["predicts yes"], ["predicts no"], "line 1: 'predicts yes', torch 'predicts no'"),
        (["one", "two"], ["one"], "line 2: only numpy prints it"),
        (["conv2d 3"], ["conv2d 3"], None),
    ],
)
def test_the_first_difference_is_named(mine: list[str], reference: list[str], difference: str | None) -> None:
    assert course.first_difference(outcome("numpy", *mine), outcome("torch", *reference)) == difference


def test_the_table_lines_up() -> None:
    table = course.side_by_side(
        [
            outcome("numpy", "first loss: 1.5", "last loss: 0.25", "accuracy: 0.9"),
            outcome("cupy", "boom", code=1),
            outcome("torch", "first loss: 1.5", "last loss: 0.5", "accuracy: 0.9"),
        ]
    )
    assert table.splitlines() == [
        "  engine  first loss  last loss  accuracy  seconds  first difference",
        "  numpy          1.5       0.25       0.9      1.2  line 2: 0.25, torch 0.5 in 'last loss: 0.25'",
        "  cupy             -          -         -      1.2  failed with exit code 1",
        "  torch          1.5        0.5       0.9      1.2  (the reference)",
    ]


def scripts(folder: Path, **bodies: str) -> list[Lecture]:
    for name, body in bodies.items():
        (folder / f"experiment_{name}.py").write_text(f'"""{name}."""\n{body}\n')
    return course.lectures()


def test_one_engine_runs_every_lecture_and_reports_the_first_failure(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chosen = scripts(
        folder, a="print('in a')", b="import sys; sys.exit(3)", c="import sys; print('in c', sys.argv[1:])"
    )
    assert course.run_all(chosen, "numpy", ["--seed", "2"], Path("out.png")) == 3
    out = capfd.readouterr().out
    assert out.splitlines() == ["--- a a", "in a", "--- b b", "--- c c", "in c ['--seed', '2', '--plot', 'out-c.png']"]


@pytest.fixture
def numpy_and_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.runner, "ENGINES", ("numpy", "torch"))


@pytest.mark.usefixtures("numpy_and_torch")
def test_engines_that_part_ways_and_their_pictures(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = "import sys\nprint('last loss:', len(sys.argv[2]))\nprint(sys.argv[2])"
    assert course.run_all(scripts(folder, a=source), "all", [], Path("out.png")) == 0
    rows = capfd.readouterr().out.splitlines()
    assert rows[2].split()[:3] == ["numpy", "-", "13"]
    assert rows[2].endswith("line 2: 'out-numpy.png', torch 'out-torch.png'")


@pytest.mark.usefixtures("numpy_and_torch")
def test_wrong_data_is_said_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chosen = scripts(folder, a="import sys; print('no data', file=sys.stderr); sys.exit(2)")
    assert course.run_all(chosen, "all", [], None) == 2
    assert capfd.readouterr().err.count("no data") == 1
