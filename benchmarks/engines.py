"""What an engine is: a library with torch's names, and the device it computes on. And how many threads all may use."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minitorch import runner

INSTALL = "pip install -e '.[benchmarks]'"
GPU_OF = {"numpy": "cupy", "torch": "torch-cuda"}
"""The engine that runs the same code on a GPU."""
NAMES = ("numpy", "cupy", "torch", "torch-cuda")


class Unavailable(Exception):
    """An engine or a tool is not here. The message is one line that says what to install."""


@dataclass(frozen=True)
class Engine:
    """`torch` is the library: minitorch, or torch itself."""

    name: str
    torch: Any
    device: str

    def synchronize(self) -> None:
        """Waits until the device has done all that it was told."""
        if self.device != "cpu":
            self.torch.cuda.synchronize()

    def place(self, tensor: Any) -> Any:
        """A tensor's copy on this engine's device."""
        return tensor.to(self.device)


def load(name: str) -> Engine:
    """The engine of that name; raises Unavailable when it cannot run here."""
    library = "torch" if name in ("torch", "torch-cuda") else "minitorch"
    reason = runner.unavailable(library if library == "torch" else name)
    if reason is not None:
        raise Unavailable(reason)
    module = importlib.import_module(library)
    if name == "torch-cuda":
        if not module.cuda.is_available():
            raise Unavailable(
                "engine torch-cuda: torch finds no CUDA device here (it takes a GPU and torch's build for CUDA)"
            )
        module.backends.cudnn.allow_tf32 = False  # all engines compute in float32, or they could not agree
    return Engine(name, module, "cuda" if name in GPU_OF.values() else "cpu")


def at_hand() -> tuple[list[Engine], list[str]]:
    """The engines that can run here, and why the others cannot."""
    found, reasons = [], set()
    for name in NAMES:
        try:
            found.append(load(name))
        except Unavailable as reason:
            reasons.add(str(reason))
    return found, sorted(reasons)


@contextlib.contextmanager
def threads(number: int, engines: Sequence[Engine]) -> Iterator[None]:
    """Lets every engine use that many threads: torch by its own switch, NumPy's BLAS through threadpoolctl."""
    if importlib.util.find_spec("threadpoolctl") is None:
        raise Unavailable(f"threadpoolctl, which sets the threads of NumPy's BLAS, is not installed ({INSTALL})")
    libraries = {engine.torch.__name__: engine.torch for engine in engines}
    before = {name: library.get_num_threads() for name, library in libraries.items()}
    with importlib.import_module("threadpoolctl").threadpool_limits(limits=number):
        try:
            for library in libraries.values():
                library.set_num_threads(number)
            yield
        finally:
            for name, library in libraries.items():
                library.set_num_threads(before[name])
