"""Overhead: steps so small that the engine's own work is what is measured, as a ratio to torch on the CPU."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Step

_RNG = np.random.default_rng(0)
_A, _B = _RNG.standard_normal((2, 32)).astype(np.float32)
_X = _RNG.standard_normal((32, 8)).astype(np.float32)
_Y = (_X.sum(axis=1, keepdims=True) > 0).astype(np.float32)


def five_ops(torch: Any) -> tuple[Step, Callable[[], Any]]:
    """Forward and backward of `((a * b + a).tanh() * b).sum()` on 32 floats."""
    a = torch.tensor(_A, requires_grad=True)
    b = torch.tensor(_B, requires_grad=True)

    def step() -> None:
        a.grad = b.grad = None
        ((a * b + a).tanh() * b).sum().backward()

    return step, lambda: [*a.grad.tolist(), *b.grad.tolist()]


def lecture_7(torch: Any) -> tuple[Step, Callable[[], Any]]:
    """A training step of lecture 7's net (8-6-4-1, sigmoid, BCE, SGD) on a batch of 32."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(8, 6),
        torch.nn.Sigmoid(),
        torch.nn.Linear(6, 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, 1),
        torch.nn.Sigmoid(),
    )
    criterion = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.tensor(_X), torch.tensor(_Y)

    def step() -> Any:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda: [step().item() for _ in range(5)]


CASES: dict[str, Callable[[Any], tuple[Step, Callable[[], Any]]]] = {
    "five ops on 32 floats": five_ops,
    "lecture 7 step, batch 32": lecture_7,
}


def import_seconds(rounds: int = 7) -> float:
    """The median time that `import minitorch` takes in a fresh interpreter, NumPy included, in seconds.

    The modules are compiled beforehand, as they are after an installation.
    """
    code = "import time; start = time.perf_counter(); import minitorch; print(time.perf_counter() - start)"
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def run() -> float:
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
            )
            return float(done.stdout)

        run()
        return statistics.median(run() for _ in range(rounds))
