"""What the library itself names while a profiler is at work: optimizers' steps, and the batches of a DataLoader.

Methods are replaced while a profiler runs and put back after it, so that they cost nothing the rest of the time.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from minitorch.node import RemovableHandle
from minitorch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from minitorch.profiler._recorder import recorders
from minitorch.utils.data.dataloader import _InThisProcess, _InWorkers


def begin(token: object, name: str) -> None:
    """Tells all recorders that a block begins."""
    for recorder in recorders:
        recorder.begin(token, name)


def end(token: object) -> None:
    """Tells them that it ends."""
    for recorder in recorders:
        recorder.end(token)


def _batch(kind: str) -> Callable[[Any], str]:
    return lambda iterator: f"enumerate(DataLoader)#{kind}.__next__"


_METHODS: tuple[tuple[Any, str, Callable[[Any], str]], ...] = (
    (Optimizer, "zero_grad", lambda self: f"Optimizer.zero_grad#{type(self).__name__}.zero_grad"),
    (_InThisProcess, "__next__", _batch("_SingleProcessDataLoaderIter")),
    (_InWorkers, "__next__", _batch("_MultiProcessingDataLoaderIter")),
)


def _named(method: Callable[..., Any], name: Callable[[Any], str]) -> Callable[..., Any]:
    """The method as a block of that name."""

    @functools.wraps(method)
    def named(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = object()
        begin(token, name(self))
        try:
            return method(self, *args, **kwargs)
        finally:
            end(token)

    return named


class _Library:
    """Counts the profilers at work, and names things while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._plain: list[Callable[..., Any]] = []
        self._handles: list[RemovableHandle] = []

    def switch(self, change: int) -> None:
        """Notes that a profiler was started (+1) or stopped (-1)."""
        with self._lock:
            before, self._users = self._users, self._users + change
            if not before:
                self._on()
            elif not self._users:
                self._off()

    def _on(self) -> None:
        self._plain = [getattr(owner, method) for owner, method, _ in _METHODS]
        for (owner, method, name), plain in zip(_METHODS, self._plain, strict=True):
            setattr(owner, method, _named(plain, name))
        self._handles = [
            register_optimizer_step_pre_hook(_step_begins),
            register_optimizer_step_post_hook(_step_ends),
        ]

    def _off(self) -> None:
        for (owner, method, _), plain in zip(_METHODS, self._plain, strict=True):
            setattr(owner, method, plain)
        for handle in self._handles:
            handle.remove()


library = _Library()


def _step_begins(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    kind = type(optimizer).__name__
    begin(optimizer, f"Optimizer.step#{kind}.step")


def _step_ends(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    end(optimizer)
