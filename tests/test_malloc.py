"""Freed memory is kept for the next step, unless the environment wants it otherwise."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

STEP = """
import resource, minitorch
def step():
    kept = [minitorch.ones(1_000_000) for _ in range(5)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 10 * 5 * 4_000_000 // 4096
"""What ten steps take when every array is fetched anew."""

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="the C library is not glibc"
)


def fetched(**environment: str) -> int:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    output = subprocess.run(
        [sys.executable, "-c", STEP], env=clean | environment, check=True, capture_output=True, text=True, timeout=60
    ).stdout
    return int(output)


def test_steps_fetch_no_memory_anew() -> None:
    assert fetched() < PAGES / 50


def test_what_the_environment_sets_stays() -> None:
    assert fetched(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072") > PAGES / 8
