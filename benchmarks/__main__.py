"""`python -m benchmarks overhead`: prints a table; exit code 1 when the engines' results do not agree."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any, NoReturn

import numpy as np

from benchmarks import overhead
from benchmarks.measure import interleaved


def engine(name: str) -> Any:
    """The module of an engine, on one thread."""
    if name == "numpy":
        return importlib.import_module("minitorch")
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return torch


def run_overhead(rounds: int) -> int:
    """Checks that the engines agree, times them, prints the table."""
    engines = {name: engine(name) for name in ("numpy", "torch")}
    print(f"{'case':28}{'engine':10}{'median us':>12}{'spread us':>12}{'ratio':>8}")
    for title, case in overhead.CASES.items():
        steps, results = {}, {}
        for name, module in engines.items():
            steps[name], result = case(module)
            steps[name]()
            results[name] = result()
        if not np.allclose(results["numpy"], results["torch"], rtol=1e-4, atol=1e-6):
            print(f"{title}: the engines differ: {results}", file=sys.stderr)
            return 1
        for name, timing in interleaved(steps, "torch", rounds=rounds).items():
            print(f"{title:28}{name:10}{timing.median:12.1f}{timing.spread:12.1f}{timing.ratio:8.2f}")
    print(f"import minitorch, fresh interpreter, median: {overhead.import_seconds():.3f} s")
    return 0


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message} (see --help)\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = Parser(prog="python -m benchmarks", description="Engines side by side in one process.")
    parser.add_argument(
        "benchmark", choices=["overhead"], help="overhead: steps so small that the engine's work decides"
    )
    parser.add_argument("--rounds", type=int, default=30, help="rounds that the engines take turns in (default: 30)")
    options = parser.parse_args(arguments)
    if options.rounds < 2:
        parser.error(f"--rounds must be at least 2, got {options.rounds}")
    return run_overhead(options.rounds)


if __name__ == "__main__":
    sys.exit(main())
