"""A lecture run as a user runs it, in a process of its own, and what it said; for the tests of the lectures."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch.lectures import lecture_tools
from tests.vision_files import idx

FOLDER = Path(lecture_tools.__file__).parent
ROOT = FOLDER.parent.parent
DATA = os.environ.get("MINITORCH_DATA") or ""

with_data = pytest.mark.skipif(not DATA, reason="MINITORCH_DATA is not set")


def long_with_data(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that trains for a minute or more on real data: run by hand, `pytest -m slow`."""
    return pytest.mark.slow(with_data(test))


def run(script: Path, *options: str, data: Path | str = "", engine: str = "numpy") -> subprocess.CompletedProcess[str]:
    """Run a script. `data` becomes MINITORCH_DATA; empty is as good as not set."""
    environment = {**os.environ, "MINITORCH_DATA": str(data), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "minitorch", "run", "--engine", engine, str(script), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


def said(script: Path, *options: str, data: Path | str = "", engine: str = "numpy") -> str:
    """What a script that must not fail prints."""
    done = run(script, *options, data=data, engine=engine)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imported(name: str) -> Any:
    """The module of a lecture, or of a part that lectures share, on torch; its folder is on the path, as in a run."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        spec.loader.exec_module(module)
    return module


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a script that could not go on."""
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def figures(output: str) -> dict[str, float]:
    """The summary lines, by name."""
    return {name: float(value) for name, value in re.findall(r"^(first loss|last loss|accuracy): (\S+)$", output, re.M)}


def step_losses(output: str) -> list[float]:
    """The losses of the steps that are said."""
    return [float(value) for value in re.findall(r"^ *step +\d+ +loss (\S+)$", output, re.M)]


def write_digits(folder: Path, count: int = 100, size: int = 28, labels: int = 10) -> Path:
    """A data directory with `count` images in MNIST's files for each part: stripes, their distance is the label."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    targets = np.arange(count, dtype=np.uint8) % labels
    noise = np.random.default_rng(0).integers(0, 50, (count, size, size))
    stripes = 200 * (np.arange(size) % (targets[:, None, None] + 2) == 0)
    for part in ("train", "t10k"):
        (raw / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx((noise + stripes).astype(np.uint8))))
        (raw / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(targets)))
    return folder
