"""Every operation, module, optimizer and scheduler against torch's: one test for each."""

from __future__ import annotations

import pytest
import torch

import minitorch
from parity.levels import LEVELS, Level
from parity.subject import Subject

SUBJECTS = [
    pytest.param(level, subject, id=f"{level.name}-{subject.name}") for level in LEVELS for subject in level.load()
]


@pytest.mark.parametrize(("level", "subject"), SUBJECTS)
def test_parity(level: Level, subject: Subject) -> None:
    """What is compared stands in the file of the level's harness."""
    report = level.trials(minitorch, torch).check(subject)
    assert report.examples > 0
