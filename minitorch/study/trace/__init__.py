"""`study.trace`: a step recorded, every operation and every gradient with its numbers, to be studied and replayed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from minitorch.study.trace.build import Failure, build
from minitorch.study.trace.file import Trace
from minitorch.study.trace.recorder import Recorder


class _Block:
    """Records the block of a `with` statement."""

    def __init__(self, title: str) -> None:
        self._recorder = Recorder()
        self._title = title
        self._trace = Trace()

    def __enter__(self) -> Trace:
        self._recorder.start()
        return self._trace

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        recorder = self._recorder
        recorder.stop(sys._getframe(1))
        failure = None if error is None else Failure(error, recorder.calls, recorder.steps)
        self._trace._later = lambda: build(recorder.record, self._title, failure=failure)
        recorder.calls, recorder.steps = [], []


def trace(function: Callable[..., Any] | None = None, *args: Any, title: str = "trace", **kwargs: Any) -> Any:
    """Records every operation and every gradient: `with study.trace() as trace:`, or `study.trace(function, *args)`.

    The first gives a Trace that is full when the block is over, by an error as well; the second calls the function and
    returns the Trace. Only the thread that starts it is recorded.
    """
    block = _Block(title)
    if function is None:
        return block
    with block as made:
        function(*args, **kwargs)
    return made
