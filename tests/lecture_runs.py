"""A lecture run as a user runs it, in a process of its own, and what it said; for the tests of the lectures.

The processes are forks of one that has imported the engine (lecture_server.py), and so spare its start-up of seconds;
`run_from_the_start` spares nothing.
"""

from __future__ import annotations

import atexit
import functools
import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch.lectures import lecture_tools
from tests.vision_files import idx

FOLDER = Path(lecture_tools.__file__).parent
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if not path.stem.startswith(("__init__", "lecture_")))
ROOT = FOLDER.parent.parent
DATA = os.environ.get("MINITORCH_DATA") or ""

with_data = pytest.mark.skipif(not DATA, reason="MINITORCH_DATA is not set")


def long_with_data(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that trains for a minute or more on real data: run by hand, `pytest -m slow`."""
    return pytest.mark.slow(with_data(test))


SECONDS = 240
"""How long a run may take."""


@functools.cache
def server(engine: str) -> subprocess.Popen[str]:
    """The process whose forks run lectures on this engine; it ends with this one."""
    command = [sys.executable, "-m", "tests.lecture_server", engine]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # closes its input, at whose end it ends
    return process


def _arguments(script: Path, options: Sequence[str], engine: str) -> list[str]:
    return ["run", "--engine", engine, str(script), *options]


def _environment(data: Path | str) -> dict[str, str]:
    return {"MINITORCH_DATA": str(data), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def command(
    *arguments: str, engine: str = "numpy", cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the `minitorch` command with these arguments in a fork of the server of `engine`."""
    process = server(engine)
    assert process.stdin is not None and process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder, name)) for name in ("stdout", "stderr")}
        request = {"arguments": arguments, "environment": {**os.environ, **environment}, "cwd": str(cwd), **files}
        print(json.dumps({**request, "seconds": SECONDS}), file=process.stdin, flush=True)
        code = process.stdout.readline()
        assert code, f"the server of engine {engine} has ended, with exit code {process.wait()}"
        output, errors = (Path(path).read_text(encoding="utf-8") for path in files.values())
    return subprocess.CompletedProcess(arguments, int(code), output, errors)


def run(script: Path, *options: str, data: Path | str = "", engine: str = "numpy") -> subprocess.CompletedProcess[str]:
    """Run a script. `data` becomes MINITORCH_DATA; empty is as good as not set."""
    return command(*_arguments(script, options, engine), engine=engine, **_environment(data))


def run_from_the_start(
    script: Path, *options: str, data: Path | str = "", engine: str = "numpy"
) -> subprocess.CompletedProcess[str]:
    """Run a script as `run` does, in a new process."""
    return subprocess.run(
        [sys.executable, "-m", "minitorch", *_arguments(script, options, engine)],
        cwd=ROOT,
        env={**os.environ, **_environment(data)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


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
        patch.setitem(sys.modules, name, module)  # where its classes look for it
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
