"""Every operation against torch's: one test for each spec."""

from __future__ import annotations

import pytest
import torch

import minitorch
from parity.harness import Harness
from parity.spec import Spec
from parity.specs import load


@pytest.mark.parametrize("spec", load(), ids=lambda spec: spec.name)
def test_parity(spec: Spec) -> None:
    """What is compared stands in `parity/harness.py`."""
    report = Harness(minitorch, torch).check(spec)
    assert report.examples > 0
