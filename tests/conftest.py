"""Hypothesis's profiles, chosen by HYPOTHESIS_PROFILE, and a guard: no test leaves a mode of the engine changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

# Before NumPy and torch are imported: each test process, and each that a test starts, computes in one thread. Several
# that each take all cores wait for one another most of the time.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest
from hypothesis import HealthCheck, settings

import minitorch
from minitorch.printing import get_printoptions

COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": (HealthCheck.too_slow,)}

# dev draws anew each time and remembers what failed; ci draws the same each time; deep is for a run by hand.
settings.register_profile("dev", max_examples=30, **COMMON)
settings.register_profile("ci", max_examples=40, derandomize=True, database=None, **COMMON)
settings.register_profile("deep", max_examples=1000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev"))


def modes() -> dict[str, Any]:
    """Every mode that outlives the code that sets it."""
    return {
        "grad mode": minitorch.is_grad_enabled(),
        "inference mode": minitorch.is_inference_mode_enabled(),
        "default dtype": minitorch.get_default_dtype(),
        "default device": minitorch.get_default_device(),
        "anomaly mode": minitorch.is_anomaly_enabled(),
        "print options": get_printoptions(),
    }


@pytest.fixture(autouse=True)
def no_mode_leaks() -> Iterator[None]:
    """Fails a test that leaves a mode changed: the tests after it would fail, and not say why."""
    before = modes()
    yield
    after = modes()
    leaked = [f"{name}: {before[name]} -> {after[name]}" for name in before if before[name] != after[name]]
    assert not leaked, f"the test leaves modes changed: {'; '.join(leaked)}"
