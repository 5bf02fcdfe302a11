"""Watches the engine at work, and notes when each operation and each step of a backward pass began and ended.

What is measured is measured with `time.perf_counter_ns`. The recorder's own time, some microseconds an event and more
with stacks, counts as time of what the event lies in. Of a node, `evaluate_function` goes on until the next node
begins, and so has the fitting and adding up of its gradients; it cannot be told from the hooks on the next node's
tensor. On a GPU, which works on after a call returns, an operation's time is that of starting it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minitorch.autograd.graph import OpNode
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import Observer, observers
from minitorch.backend import device_of, is_array
from minitorch.errors import is_engine
from minitorch.func.batched import whole
from minitorch.node import AccumulateGrad, Node
from minitorch.profiler._events import EventList, FunctionEvent
from minitorch.profiler._flops import flops_of
from minitorch.profiler._names import name_of
from minitorch.tensor import Tensor

_clock = time.perf_counter_ns

OPERATION, GRADIENT, USER = 0, 1, 7
"""The scopes of events, as torch numbers them."""

EVALUATE = "autograd::engine::evaluate_function: "

recorders: list[Recorder] = []
"""Those at work."""


@dataclass(frozen=True)
class Options:
    """What is recorded besides times."""

    record_shapes: bool = False
    profile_memory: bool = False
    with_stack: bool = False
    with_flops: bool = False


class _Span:
    """Something that has begun; `end` is set once it has ended."""

    __slots__ = ("cpu_bytes", "device_bytes", "end", "flops", "name", "scope", "sequence", "shapes", "stack", "start",
                 "token")  # fmt: skip

    def __init__(self, token: object, name: str, scope: int, shapes: Any, stack: Sequence[str]) -> None:
        self.token, self.name, self.scope, self.shapes, self.stack = token, name, scope, shapes, stack
        self.sequence = -1
        self.cpu_bytes = self.device_bytes = self.flops = self.start = self.end = 0


class _Pass:
    """A backward pass under way: also what marks the evaluation of its nodes."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        """How many spans were open when it began."""
        self.seen = _clock()
        """When the engine was last heard of."""
        self.captured: tuple[Node, _Span] | None = None
        """The leaf whose gradient was captured last."""


class Recorder(Observer):
    """Records what happens in the thread that starts it, from `start` to `stop`."""

    def __init__(self, options: Options, epoch: int | None = None) -> None:
        self._options = options
        self.epoch = _clock() if epoch is None else epoch
        """The clock's zero."""
        self._thread: int | None = None
        self._process = 0
        self._open: list[_Span] = []
        self._spans: list[_Span] = []
        self._passes: list[_Pass] = []
        self._last: tuple[int, _Span] | None = None
        """The id of the result of the operation that ended last, and its span."""
        self._writes: list[_Span] = []
        self._made_at: dict[int, Sequence[str]] = {}
        """The stacks of the operations that made nodes, by the nodes' numbers."""

    def start(self) -> None:
        """Begins to watch."""
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._native = threading.get_native_id()
        recorders.append(self)
        observers.append(self)

    def stop(self) -> EventList:
        """Ends it, and gives the events. What has not ended is left out: how long it takes is not known."""
        self._thread = None
        recorders.remove(self)
        observers.remove(self)
        return self._events()

    def _watched(self) -> bool:
        return threading.get_ident() == self._thread and os.getpid() == self._process

    # --- spans --------------------------------------------------------------------------------------------------------

    def _begin(self, token: object, name: str, scope: int, shapes: Any = (), stack: Any = None) -> _Span:
        """Opens a span; `token` is what it will be ended by."""
        if stack is None:
            stack = _stack() if self._options.with_stack else ()
        span = _Span(token, name, scope, shapes, stack)
        self._open.append(span)
        span.start = _clock()
        return span

    def _end(self, token: object, at: int) -> _Span | None:
        """Closes the innermost span of the token; those within it that are still open have failed, and are dropped."""
        for k in range(len(self._open) - 1, -1, -1):
            span = self._open[k]
            if span.token is token:
                del self._open[k:]
                span.end, span.token = at, None  # the token may be an operation's arguments: let go of the arrays
                self._spans.append(span)
                return span
        return None

    def _add(self, name: str, start: int, end: int, **more: Any) -> _Span:
        """A span that is over."""
        span = _Span(None, name, more.get("scope", OPERATION), more.get("shapes", ()), more.get("stack", ()))
        span.sequence, span.start, span.end = more.get("sequence", -1), start, end
        self._spans.append(span)
        return span

    def begin(self, token: object, name: str) -> None:
        """A block of the user's begins, or one that the library names: an optimizer's step."""
        if self._watched():
            self._begin(token, name, USER)

    def end(self, token: object) -> None:
        """It ends."""
        now = _clock()
        if self._watched():
            self._end(token, now)

    # --- operations ---------------------------------------------------------------------------------------------------

    def op_begins(self, op: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if self._watched():
            self._begin(args, name_of(op, args), OPERATION, self._shapes(args))

    def op_ends(self, op: Callable[..., Any], args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        now = _clock()
        if not self._watched():
            return
        span = self._end(args, now)
        if span is None:
            return
        if self._options.with_flops and results:
            span.flops = flops_of(span.name, [each._array for each in args if isinstance(each, Tensor)], results[0])
        if self._options.profile_memory:
            self._allocated(span, (out._array for out in results), _arrays(args))
        if results:
            self._numbered(span, results[0]._node)
            self._last = id(results[0]), span

    def _numbered(self, span: _Span, node: Node | None) -> None:
        """Notes which node a span has made."""
        if node is None or isinstance(node, AccumulateGrad):
            return
        span.sequence = getattr(node, "target", node).sequence
        if span.stack:
            self._made_at[span.sequence] = span.stack

    def call_begins(self, function: Any, args: tuple[Any, ...]) -> None:
        if self._watched():
            self._begin(args, function.__name__, OPERATION, self._shapes(args))

    def call_ends(self, function: Any, args: tuple[Any, ...], results: Sequence[Any]) -> None:
        now = _clock()
        span = self._end(args, now) if self._watched() else None
        if span is not None:
            self._numbered(span, next((out._node for out in results if isinstance(out, Tensor)), None))

    def write_begins(self, tensor: Tensor, result: Tensor, name: str) -> None:
        if not self._watched():
            return
        now = _clock()
        span = _Span(None, f"aten::{name}", OPERATION, (), ())
        span.start = now
        if self._last is not None and self._last[0] == id(result):  # the operation that computed it is part of it
            made = self._last[1]
            span.start, span.shapes, span.stack = made.start, made.shapes, made.stack
        self._writes.append(span)

    def written(self, tensor: Tensor, name: str) -> None:
        now = _clock()
        if not self._watched() or not self._writes:
            return
        span = self._writes.pop()
        span.end = now
        self._numbered(span, tensor._node)
        self._spans.append(span)

    # --- backward -----------------------------------------------------------------------------------------------------

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        if self._watched():
            self._passes.append(_Pass(len(self._open)))

    def _current(self) -> _Pass | None:
        """The innermost pass under way; those that failed are forgotten."""
        while self._passes and self._passes[-1].depth > len(self._open):
            self._passes.pop()
        return self._passes[-1] if self._passes else None

    def pull_begins(self, node: Node, g: Any) -> None:
        now = _clock()
        run = self._current() if self._watched() else None
        if run is None:
            return
        self._end(run, now)
        stack = self._made_at.get(node.sequence, ())
        shapes = self._shapes(g if isinstance(g, list) else [g])
        for token, name, scope, given in (
            (run, EVALUATE + node.name(), OPERATION, ()),
            (node, node.name(), GRADIENT, shapes),
        ):
            self._begin(token, name, scope, given, stack).sequence = node.sequence

    def pull_ends(self, node: Node, g: Any, results: Sequence[Any]) -> None:
        now = _clock()
        span = self._end(node, now) if self._watched() else None
        run = self._current()
        if span is None or run is None:
            return
        # What operations within it allocate, as those of a user's backward do, is counted as theirs.
        if self._options.profile_memory and isinstance(node, OpNode) and not modes.grad:
            self._allocated(span, _arrays(results), _arrays([g, list(node.saved or ())]))
        run.seen = _clock()

    def freed(self, node: Node) -> None:
        run = self._current() if self._watched() else None
        if run is not None:
            run.seen = _clock()

    def captured(self, node: Node, g: Any) -> None:
        now = _clock()
        run = self._current() if self._watched() else None
        if run is None or not isinstance(node, AccumulateGrad):
            return
        self._end(run, run.seen)
        run.captured = node, self._add(EVALUATE + node.name(), run.seen, now)
        run.seen = _clock()

    def accumulated(self, node: Node, g: Any) -> None:
        now = _clock()
        run = self._current() if self._watched() else None
        if run is None:
            return
        self._end(run, run.seen)
        if run.captured is not None and run.captured[0] is node:
            outer = run.captured[1]
            outer.end = now
        else:
            outer = self._add(EVALUATE + node.name(), run.seen, now)
        self._add(node.name(), outer.start, now, scope=GRADIENT, shapes=self._shapes([g]))
        run.seen = _clock()

    def backward_ends(self) -> None:
        now = _clock()
        run = self._current() if self._watched() else None
        if run is not None:
            self._end(run, now)
            self._passes.pop()

    # --- what is recorded besides times -------------------------------------------------------------------------------

    def _shapes(self, args: Iterable[Any]) -> Any:
        """The shapes of tensors and arrays, [] for what is neither."""
        if not self._options.record_shapes:
            return ()
        return [list(each.shape) if isinstance(each, Tensor) or is_array(each) else [] for each in args]

    def _allocated(self, span: _Span, results: Iterable[Any], given: Iterable[Any]) -> None:
        """Notes the memory of the results, but not of those that lie in memory that was there before."""
        known = {id(_owner(each)) for each in given}
        for array in results:
            owner = _owner(array)
            if id(owner) in known:
                continue
            known.add(id(owner))
            if device_of(array).type == "cpu":
                span.cpu_bytes += owner.nbytes
            else:
                span.device_bytes += owner.nbytes

    def _events(self) -> EventList:
        options = self._options
        thread = 1
        events = EventList(
            (
                FunctionEvent(
                    0,
                    "ProfilerStep*" if span.name.startswith("ProfilerStep#") else span.name,
                    thread,
                    (span.start - self.epoch) / 1000,
                    (span.end - self.epoch) / 1000,
                    fwd_thread=thread if span.sequence >= 0 and _is_backward(span) else 0,
                    input_shapes=span.shapes,
                    stack=span.stack,
                    scope=span.scope,
                    cpu_memory_usage=span.cpu_bytes,
                    device_memory_usage=span.device_bytes,
                    sequence_nr=span.sequence,
                    device_resource_id=self._native,
                    flops=span.flops,
                    trace_name=span.name,
                    is_user_annotation=span.scope == USER,
                )
                for span in self._spans
            ),
            profile_memory=options.profile_memory,
            with_flops=options.with_flops,
        )
        events._build_tree()
        for k, event in enumerate(events):
            event.id = k + 1
        for event in reversed(events):  # what lies within an event comes after it
            if event.cpu_parent is not None:
                event.cpu_parent.cpu_memory_usage += event.cpu_memory_usage
                event.cpu_parent.device_memory_usage += event.device_memory_usage
        return events


def _is_backward(span: _Span) -> bool:
    return span.scope == GRADIENT or span.name.startswith(EVALUATE)


def _arrays(values: Iterable[Any]) -> Iterator[Any]:
    """The arrays among values, those of tensors and within lists too."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _arrays(value)
        elif isinstance(value, Tensor):
            yield value._array
        elif is_array(value):
            yield value


def _owner(array: Any) -> Any:
    """The array whose memory this one is a view of; itself where it has its own. Within vmap that of all items."""
    array = whole(array)
    while is_array(array.base):
        array = array.base
    return array


def _stack() -> list[str]:
    """The lines of the script that are being run, the innermost first, as torch writes them."""
    lines = []
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not is_engine(code.co_filename) and not code.co_filename.startswith("<frozen"):
            lines.append(f"{_short(code.co_filename)}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back
    return lines


def _short(filename: str) -> str:
    """A file's path, relative where it lies below the working directory."""
    here = os.getcwd() + os.sep
    return filename.removeprefix(here)
