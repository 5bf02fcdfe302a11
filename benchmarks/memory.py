"""The peak memory of a step, which an engine shows in a fresh process of its own.

On a CPU: how far the process's memory grows at its highest from before the first step to after the third. Linux tells
it without files (the code of libraries, which is read as it is used); elsewhere it is the growth of ru_maxrss, which
counts them. On CUDA: how far the memory of the library's pool grows; CuPy's is what the pool took, an upper bound of
what its arrays used. The weights and the batch are there before; gradients, optimizer state, activations and scratch
come on top.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ops, training
from benchmarks.engines import Engine, load, threads
from benchmarks.measure import Action

if sys.platform != "win32":
    import resource

_STEPS = 3


@dataclass(frozen=True)
class Peak:
    """What a step takes at its highest."""

    bytes: int
    by: str
    """Whose figure it is."""


def peaks(title: str, size: int, engines: Iterable[Engine], number: int) -> dict[str, Peak]:
    """What a step of a case takes on each engine with `number` threads; {} on Windows, which does not tell.

    The processes run at the same time: memory, unlike time, does not mind.
    """
    if sys.platform == "win32":
        return {}
    running = {}
    with contextlib.ExitStack() as stack:
        for engine in engines:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.memory", json.dumps([title, size, engine.name, number])],
                cwd=Path(__file__).parent.parent,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends them
            )
            running[engine.name] = stack.enter_context(process)
            stack.callback(process.kill)
        written = {name: process.communicate()[0] for name, process in running.items()}
    for name, process in running.items():
        if process.returncode:
            raise RuntimeError(f"{title}: the process that measures the memory of {name} failed, see above")
    return {name: Peak(*json.loads(text)) for name, text in written.items()}


def _status() -> dict[str, int]:
    """What Linux tells of this process's memory, in bytes, by the kernel's names."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1] == "kB"}


def _forget_highest() -> bool:
    """Makes what there is now the highest so far, as the imports took more; False where that cannot be.

    What the C library keeps of freed memory goes back before: a step that takes it again would seem to take nothing.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _growth(action: Action) -> Peak:
    """By how much this process grows, at its highest, while the action runs."""
    gc.collect()
    if _forget_highest():
        before = _status()["RssAnon"]
        action()
        after = _status()
        return Peak(max(0, after["VmHWM"] - after["RssFile"] - before), "VmHWM without files")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    action()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return Peak(grown if sys.platform == "darwin" else grown * 1024, "ru_maxrss")


def _growth_of_pool(action: Action, engine: Engine) -> Peak:
    cuda = engine.torch.cuda
    cuda.reset_peak_memory_stats()
    before = cuda.memory_allocated()
    action()
    engine.synchronize()
    return Peak(int(cuda.max_memory_allocated() - before), f"the pool of {engine.name}")


def main() -> None:
    """Prints the peak of one case on one engine; the command line is what `peaks` writes."""
    title, size, name, number = json.loads(sys.argv[1])
    engine = load(name)
    with threads(number, [engine]):
        case = {**training.CASES, **ops.CASES}[title]
        # What a library takes once, whatever the size, is no part of a step: threads, lazy imports, compiled kernels.
        case.make(engine.torch, engine.device, 1 if title in training.CASES else ops.SMALLEST).run()
        step = case.make(engine.torch, engine.device, size)

        def action() -> None:
            for _ in range(_STEPS):
                step.run()

        peak = _growth(action) if engine.device == "cpu" else _growth_of_pool(action, engine)
    print(json.dumps([peak.bytes, peak.by]))


if __name__ == "__main__":
    main()
