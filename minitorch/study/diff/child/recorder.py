"""Turns what an engine does into records, and what it has to ask of the engine for that."""

from __future__ import annotations

import os
import sys
import threading
import types
import weakref
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from minitorch.naming import torch_name
from minitorch.study.diff.child.channel import Channel
from minitorch.study.diff.child.script import is_script
from minitorch.study.diff.child.seeds import Seeds
from minitorch.study.diff.gaps import Value
from minitorch.study.diff.operations import OVERWRITES, RANDOM, UNSET, common_name, plain_name

_LINES = 1 << 16
"""Executed lines that are written without waiting for an operation."""
Input = tuple[Any, ...] | None


class Enough(BaseException):
    """Ends the script: as many backward passes were recorded as were wished for."""


class Engine:
    """What the recorder has to ask of an engine."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def value(self, tensor: Any) -> Value | None:
        """The elements of a tensor, None where it has none that could be shown."""
        raise NotImplementedError

    def version(self, tensor: Any) -> int:
        """How often a tensor was written to."""
        raise NotImplementedError

    def is_trained(self, tensor: Any) -> bool:
        """Whether a backward pass adds to the tensor's `.grad`."""
        return bool(tensor.is_leaf and tensor.requires_grad)

    def start(self, recorder: Recorder) -> None:
        """Lets the recorder know of all that the engine does from now on."""
        raise NotImplementedError

    def tensors(self, value: Any) -> Iterator[Any]:
        """The tensors among arguments or results, those in lists too."""
        if isinstance(value, self.torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            for each in value:
                yield from self.tensors(each)
        elif isinstance(value, dict):
            yield from self.tensors(list(value.values()))


class Recorder:
    """Turns what an engine does into records: knows the script's lines, and which operation made which tensor."""

    def __init__(self, channel: Channel, engine: Engine, steps: int) -> None:
        self._channel, self._engine, self._steps = channel, engine, steps
        self._owner = os.getpid(), threading.get_ident()
        self._files: dict[str, int] = {}
        self._lines = array("I")
        self._known: dict[int, tuple[Any, int, int, int]] = {}
        self._leaves: dict[int, tuple[Any, str, Any, int]] = {}
        """The leaves that were used, by id: a reference, the name, and the last gradient with its version."""
        self._names: dict[int, tuple[Any, str]] = {}
        self._inside: list[tuple[Any, int, bool]] = []
        """The work of the engine that is not recorded operation by operation: the script's frame and line that called
        it, and whether it is one of the backward passes that are counted."""
        self._count = self._backwards = 0
        self._ended = False
        self.busy = False
        """Whether the recorder itself is at work: what the engine does for it is not recorded."""
        self.begun: str | None = None
        """The operation that has begun and not ended."""
        self.seeds = Seeds(engine.torch)

    # --- the script's lines -----------------------------------------------------------------------------------------

    def trace(self, frame: Any, event: str, argument: Any) -> Any:
        """What sys.settrace calls for every function that begins."""
        return self._line if self._number(frame.f_code.co_filename) else None

    def _line(self, frame: Any, event: str, argument: Any) -> Any:
        if self._ended and event == "line":
            self._channel.leave()  # the script caught Enough, and goes on
        if event == "line":
            self._lines.append(self._files[frame.f_code.co_filename] << 20 | frame.f_lineno)
        elif event == "return":
            self._lines.append(0)
        if len(self._lines) > _LINES:
            self._flush_lines()
        return self._line

    def _number(self, filename: str) -> int:
        """The number of a file, from 1; 0 for one that is not the script's."""
        number = self._files.get(filename)
        if number is None:
            own = is_script(filename)
            number = self._files[filename] = sum(map(bool, self._files.values())) + 1 if own else 0
            if own:
                self._channel.write("file", number, filename)
        return number

    def _flush_lines(self) -> None:
        if self._lines:
            self._channel.write("lines", self._lines.tobytes())
            del self._lines[:]

    def _write(self, *record: Any) -> None:
        self._flush_lines()
        self._channel.write(*record)

    def frame(self) -> Any:
        """The innermost frame of the script's; None where there is none, or where it is not to be recorded."""
        if self.busy or self._ended or self._owner != (os.getpid(), threading.get_ident()):
            return None
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and not self._number(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    def _at_work(self, frame: Any) -> bool:
        """Whether the engine is at work in a backward pass or an optimizer's step that this frame's line has called."""
        while self._inside and self._inside[-1][0] is frame and self._inside[-1][1] != frame.f_lineno:
            self._inside.pop()  # it raised, and the script went on
        return bool(self._inside) and self._inside[-1][0] is frame

    def place(self, frame: Any) -> tuple[int, int, str]:
        """The file's number, the line, and the function."""
        return self._files[frame.f_code.co_filename], frame.f_lineno, frame.f_code.co_name

    # --- what happens -----------------------------------------------------------------------------------------------

    def op(self, name: str, frame: Any, inputs: Sequence[tuple[Any, int]] | None, outputs: Sequence[Any]) -> int | None:
        """Records an operation, whose number it returns, None where it is not recorded.

        `inputs` are tensors with their versions before it; None for an operation within another.
        """
        if frame is None or self._at_work(frame) or plain_name(name) in UNSET:
            return None
        self.busy = True
        try:
            skipped = plain_name(name) in OVERWRITES
            taken = [self._input(tensor, version, frame) for tensor, version in (inputs or ())[skipped:]]
            made = [self._engine.value(tensor) for tensor in outputs]
            if not any(made):
                return None
            number = self._next()
            fresh = any(each is not None and len(each) == 3 for each in taken)
            drawing = common_name(name) in RANDOM
            unseeded = self.seeds.missing(drawing) if fresh or drawing or not taken else ()
            self._write("op", number, name, self.place(frame), None if inputs is None else taken, made, unseeded)
            for k, tensor in enumerate(outputs):
                self.owns(tensor, number, k)
        finally:
            self.busy = False
        return number

    def _next(self) -> int:
        self._count += 1
        return self._count

    def owns(self, tensor: Any, number: int, output: int) -> None:
        """Remembers which operation a tensor is of."""
        version = self._engine.version(tensor)
        self._known[id(tensor)] = weakref.ref(tensor), version, number, output

    def _input(self, tensor: Any, version: int, frame: Any) -> Input:
        own = self._known.get(id(tensor))
        leaf = self._leaves.get(id(tensor))
        if self._engine.is_trained(tensor) and (leaf is None or leaf[0]() is not tensor):
            self._leaves[id(tensor)] = weakref.ref(tensor), self._name(tensor, frame), None, 0
        if own is not None and own[0]() is tensor and own[1] == version:
            return own[2], own[3]
        if self._engine.version(tensor) != version:
            return None  # written to by the operation: what it was is gone
        value = self._engine.value(tensor)
        if value is None:
            return None
        number = self._next()
        self.owns(tensor, number, 0)
        return self._name(tensor, frame), value, number

    def _name(self, tensor: Any, frame: Any) -> str:
        """What the script calls a tensor or a module: its path in a module, a variable, or nothing."""
        named = self._named(tensor)
        if named:
            return named
        for variables in (frame.f_locals, frame.f_globals):
            for name, value in list(variables.items()):
                if value is tensor:
                    return str(name)
        return ""

    def _named(self, tensor: Any) -> str:
        named = self._names.get(id(tensor))
        return named[1] if named is not None and named[0]() is tensor else ""

    def module(self, module: Any, arguments: Any) -> None:
        """Before a module's forward: the names of its parameters, as the outermost module has them."""
        frame = self.frame()
        if frame is not None and not any(self._named(each) for each in module.parameters()):
            own = self._name(module, frame) or type(module).__name__
            for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
                self._names[id(tensor)] = weakref.ref(tensor), f"{own}.{name}"

    def gradient(self, number: int, output: int, tensor: Any) -> None:
        """Records the gradient of an operation's output."""
        if self.busy or self._ended:
            return
        self.busy = True
        try:
            value = self._engine.value(tensor)
            if value is not None:
                self._write("gradient", number, output, value)
        finally:
            self.busy = False

    def backward_begins(self, counted: bool) -> bool:
        """A backward pass begins: what it computes is not recorded as operations. False within another's."""
        frame = self.frame()
        if frame is None or self._at_work(frame):
            return False
        if counted and self._backwards == self._steps:
            self.stop()
        self._inside.append((frame, frame.f_lineno, counted))
        self._write("backward", self.place(frame))
        return True

    def backward_ends(self) -> None:
        """It is over: the gradients of the leaves that have new ones."""
        frame = self._ended_work()
        if frame is None:
            return
        self.busy = True
        try:
            changed = []
            for key, (reference, name, last, version) in list(self._leaves.items()):
                leaf = reference()
                grad = None if leaf is None else leaf.grad
                if leaf is None:
                    del self._leaves[key]
                elif grad is not None and (grad is not last or self._engine.version(grad) != version):
                    name = name or self._name(leaf, frame)  # its module may have been called since it was first seen
                    self._leaves[key] = reference, name, grad, self._engine.version(grad)
                    changed.append((name, self._engine.value(grad)))
            self._write("leaves", self.place(frame), changed)
        finally:
            self.busy = False

    def step_begins(self, optimizer: Any, arguments: Any, options: Any) -> None:
        """An optimizer's step begins: what it computes is not recorded as operations."""
        frame = self.frame()
        if frame is not None:
            self._inside.append((frame, frame.f_lineno, False))

    def _ended_work(self) -> Any:
        """The frame whose line called the work that has just ended; None where it was not recorded."""
        frame = self.frame()
        if frame is None or not self._at_work(frame):
            return None
        self._backwards += self._inside.pop()[2]
        return frame

    def step_ends(self, optimizer: Any, arguments: Any, options: Any) -> None:
        """It is over: the parameters as they are now."""
        frame = self._ended_work()
        if frame is None:
            return
        self.busy = True
        try:
            parameters = [each for group in optimizer.param_groups for each in group["params"]]
            numbers = [self._next() for _ in parameters]
            named = zip(parameters, numbers, strict=True)
            values = [(self._name(each, frame), self._engine.value(each), number) for each, number in named]
            self._write("step", self.place(frame), values)
            for each, number in zip(parameters, numbers, strict=True):
                self.owns(each, number, 0)
        finally:
            self.busy = False
        if self._backwards == self._steps:
            self.stop()

    def stop(self) -> NoReturn:
        """Ends the script."""
        self._ended = True
        raise Enough

    def failed(self, error: BaseException) -> None:
        """Records what ended the script: its error, the line, and the operation that raised it."""
        traceback, place = error.__traceback__, (0, 0, "")
        inner = False
        while traceback is not None:
            inner = not self._number(traceback.tb_frame.f_code.co_filename)
            if not inner:
                place = (*self.place(traceback.tb_frame)[:1], traceback.tb_lineno, traceback.tb_frame.f_code.co_name)
            traceback = traceback.tb_next
        text = f"{torch_name(type(error)).removeprefix('builtins.')}: {error}".rstrip(": ")
        self._write("failed", place, text, self.begun if inner else None)
