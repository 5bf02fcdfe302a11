"""The process that runs a script on one engine for `minitorch diff`, and tells line by line what the engine did.

`python -m minitorch.study.diff_child ENGINE RECORD GO STEPS SCRIPT [ARGUMENT ...]` writes pickled records to the file
descriptor RECORD. The engines take turns: a process waits for a byte on GO, runs until its records are worth reading,
says "turn", and waits again. So nothing is kept on a disk, and two runs of a script do not write one file at a time.

The records: ("file", number, path), ("lines", uint32 each: the file's number << 20 | line, or 0 where a function
returned), ("op", number, name, place, inputs, outputs, unseeded), ("gradient", number of the operation, output, value),
("backward", place), ("leaves", place, [(name, value)]), ("step", place, [(name, value, number)]), ("failed", place,
error, operation), ("end", why), ("turn",). A place is (file, line, function). An input is (number, output) of the
operation that made it, (name, value, number) when it was seen for the first time and no operation had made it, or None.
"""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import random
import sys
import sysconfig
import threading
import types
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any, NoReturn

import numpy as np

from minitorch import runner
from minitorch.autograd.observer import Observer, observers
from minitorch.backend import to_host
from minitorch.errors import is_engine
from minitorch.naming import torch_name
from minitorch.node import AccumulateGrad
from minitorch.study.gaps import Value
from minitorch.study.operations import CREATION, OVERWRITES, PARTS, RANDOM, SHAPING, UNSET, common_name, plain_name

_TURN = 1 << 22
"""Bytes of records that end a turn."""
_LINES = 1 << 16
"""Executed lines that are written without waiting for an operation."""
_libraries = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
"""The folders of what is installed: lines there are not the script's."""

_UNTOLD = ("__get__", "__set__", "__setitem__", "detach", "requires_grad_", "lift_fresh.default")
"""Functions of torch that compute nothing, or whose parts say more than they."""

Record = tuple[Any, ...]
Input = tuple[Any, ...] | None


class Enough(BaseException):
    """Ends the script: as many backward passes were recorded as were wished for."""


class Channel:
    """Where the records go. The engines take turns, so to write may mean to wait."""

    def __init__(self, records: int, go: int) -> None:
        self._records, self._go = os.fdopen(records, "wb"), os.fdopen(go, "rb", buffering=0)
        self._buffer = BytesIO()

    def wait(self) -> None:
        """Waits for this engine's turn; ends the process when nobody reads any more."""
        if not self._go.read(1):
            os._exit(0)

    def write(self, *record: Any) -> None:
        """Adds a record, and lets the other engine run when there is enough to read."""
        pickle.dump(record, self._buffer, protocol=5)
        if self._buffer.tell() > _TURN:
            self._flush(("turn",))
            self.wait()

    def close(self, why: str) -> None:
        """Ends the recording."""
        self._flush(("end", why))

    def leave(self) -> NoReturn:
        """Ends the process at once: what is left of the script, threads and exit handlers, is cut off."""
        sys.stdout.flush()
        self.close("enough")
        os._exit(0)

    def _flush(self, last: Record) -> None:
        pickle.dump(last, self._buffer, protocol=5)
        try:
            self._records.write(self._buffer.getbuffer())
            self._records.flush()
        except BrokenPipeError:
            os._exit(0)
        self._buffer = BytesIO()


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
        self.seeds = _Seeds(engine.torch)

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


class _Seeds:
    """Which random numbers, outside the engine, were drawn without a seed."""

    def __init__(self, torch: Any) -> None:
        self._seeded: set[str] = set()
        self._loose = False
        self._watch(random, "seed", "random")
        self._watch(np.random, "seed", "numpy.random")
        self._watch(torch, "manual_seed", "torch")
        self._watch(torch.random, "manual_seed", "torch")
        self._states = self._now()
        default_rng = np.random.default_rng

        @functools.wraps(default_rng)
        def noting(seed: Any = None) -> Any:
            self._loose = self._loose or seed is None
            return default_rng(seed)

        np.random.default_rng = noting

    def _watch(self, module: Any, name: str, called: str) -> None:
        original = getattr(module, name)

        @functools.wraps(original)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self._seeded.add(called)
            return original(*args, **kwargs)

        setattr(module, name, noting)

    @staticmethod
    def _now() -> dict[str, Any]:
        state: Any = np.random.get_state()
        return {"random": hash(random.getstate()), "numpy.random": (int(state[1][0]), int(state[2]))}

    def missing(self, drawing: bool) -> tuple[str, ...]:
        """What should have been called, for the numbers drawn so far to be the same in every run.

        `drawing` says that an operation draws them, and not that they came in from elsewhere.
        """
        if drawing:
            return () if "torch" in self._seeded else ("torch.manual_seed",)
        now = self._now()
        drawn = [f"{name}.seed" for name in now if name not in self._seeded and now[name] != self._states[name]]
        return (*drawn, "numpy.random.default_rng with a seed") if self._loose else tuple(drawn)


@functools.cache
def is_script(filename: str) -> bool:
    """Whether a file is the script's: neither an engine's nor of a library."""
    if filename.startswith("<"):
        return False
    path = os.path.realpath(filename)
    lecture = os.path.realpath(os.path.join(runner.PACKAGE, "lectures", ""))
    libraries = tuple(os.path.join(folder, "") for folder in _libraries)
    return os.path.dirname(path) == lecture or not (is_engine(path) or path.startswith(libraries))


# --- minitorch --------------------------------------------------------------------------------------------------------


class Minitorch(Engine, Observer):
    """Records by observing minitorch's engine."""

    def start(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._nodes: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        for name in CREATION:
            original = getattr(self.torch, name)
            if not hasattr(original, "kernel"):  # an operation is observed
                setattr(self.torch, name, self._noting(original))
        self._asked = 0
        grad = self.torch.autograd.grad

        @functools.wraps(grad)
        def asking(*args: Any, **kwargs: Any) -> Any:
            self._asked += 1
            try:
                return grad(*args, **kwargs)
            finally:
                self._asked -= 1

        self.torch.autograd.grad = asking
        observers.append(self)

    def _noting(self, create: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(create)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self._recorder.begun = create.__name__
            made = create(*args, **kwargs)
            self._recorder.begun = None
            self._record(create.__name__, args, [made])
            return made

        return noting

    def value(self, tensor: Any) -> Value | None:
        # A gradient comes as an array or a NumPy number, or as a tensor under create_graph.
        array = getattr(tensor, "_array", tensor)
        return Value.of(np.asarray(array) if isinstance(array, np.generic) else to_host(array))

    def version(self, tensor: Any) -> int:
        return int(tensor._cell[0])

    def is_trained(self, tensor: Any) -> bool:
        return isinstance(tensor._node, AccumulateGrad)

    def _record(self, name: str, args: Any, results: Sequence[Any]) -> None:
        frame = self._recorder.frame()
        if frame is None:
            return
        results = list(self.tensors(list(results)))
        inputs = [(each, self.version(each)) for each in self.tensors(args)]
        number = self._recorder.op(name, frame, inputs, results)
        if number is not None:
            for out in results:
                node = getattr(out._node, "target", out._node)
                if node is not None and node.edges:
                    self._nodes[node] = number

    def op_begins(self, op: Any, args: Any) -> None:
        self._recorder.begun = op.__name__

    def op_ends(self, op: Any, args: Any, results: Sequence[Any]) -> None:
        self._recorder.begun = None
        self._record(op.__name__, args, results)

    def call_ends(self, function: Any, args: Any, results: Sequence[Any]) -> None:
        self._record(function.__name__, args, results)

    def written(self, tensor: Any, name: str) -> None:
        self._record(name, (), [tensor])

    def backward_begins(self, roots: Any) -> None:
        self._recorder.backward_begins(counted=not self._asked)

    def backward_ends(self) -> None:
        self._recorder.backward_ends()

    def pull_begins(self, node: Any, g: Any) -> None:
        number = self._nodes.get(node)
        if number is not None:
            for k, each in enumerate(g if isinstance(g, list) else [g]):
                if each is not None:
                    self._recorder.gradient(number, k, each)


# --- torch ------------------------------------------------------------------------------------------------------------


class Torch(Engine):
    """Records by torch's modes: public functions as the script calls them, and aten's within them."""

    def start(self, recorder: Recorder) -> None:
        torch = self.torch
        self._recorder = recorder
        self._parts: list[tuple[str, list[Any], list[int]]] | None = None
        self._frame: Any = None
        tap = self

        def function(mode: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return tap.function(func, args, kwargs or {})

        def dispatch(mode: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return tap.dispatch(func, args, kwargs or {})

        # Their bases are there at run time only.
        functions: Any = type("Functions", (torch.overrides.TorchFunctionMode,), {"__torch_function__": function})
        below = importlib.import_module("torch.utils._python_dispatch").TorchDispatchMode
        operations: Any = type("Operations", (below,), {"__torch_dispatch__": dispatch})
        torch.autograd.Function.apply = classmethod(self._applying(torch.autograd.Function.apply.__func__))
        for name in ("backward", "grad"):
            setattr(torch.autograd, name, self._passing(getattr(torch.autograd, name)))
        functions().__enter__()
        operations().__enter__()

    def value(self, tensor: Any) -> Value | None:
        torch = self.torch
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            return None
        tensor = tensor.detach().cpu()
        if tensor.dtype == torch.bfloat16:
            return Value.of(tensor.float().numpy(), "bfloat16")
        try:
            return Value.of(tensor.resolve_conj().resolve_neg().numpy())
        except (RuntimeError, TypeError):  # a wrapper of torch.func, which has no elements of its own
            return None

    def is_trained(self, tensor: Any) -> bool:
        try:
            return super().is_trained(tensor)
        except RuntimeError:  # a view that was taken under no_grad, and whose base was written to
            return False

    def version(self, tensor: Any) -> int:
        return 0 if tensor.is_inference() else int(tensor._version)

    def function(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A public function, or a method of Tensor, is called."""
        recorder = self._recorder
        frame = recorder.frame()
        name = getattr(func, "__name__", "")
        if frame is None or name in _UNTOLD:
            return func(*args, **kwargs)
        recorder.busy = True
        try:
            inputs = [(each, self.version(each)) for each in self.tensors((args, kwargs))]
        finally:
            recorder.busy = False
        outer = self._parts, self._frame
        self._parts, self._frame = [], frame
        recorder.begun = name
        try:
            result = func(*args, **kwargs)
            recorder.begun = None
        finally:
            parts = self._parts
            self._parts, self._frame = outer
        outputs = list(self.tensors(result))
        if outputs:
            self._record_parts(parts, frame, outputs)
            within = common_name(name) in SHAPING and not is_script(sys._getframe(2).f_code.co_filename)
            self._hook(outputs, recorder.op(name, frame, None if within else inputs, outputs))
        return result

    def dispatch(self, func: Any, args: Any, kwargs: Any) -> Any:
        """An operation of aten runs, in a public function or in a backward pass."""
        result = func(*args, **kwargs)
        recorder = self._recorder
        frame = recorder.frame()
        if frame is None:
            return result
        recorder.busy = True
        try:
            name = func.__name__.split(".")[0]
            outputs = list(self.tensors(result))
            versions = [self.version(each) for each in outputs]
            inputs = [(each, self.version(each)) for each in self.tensors((args, kwargs))]
        finally:
            recorder.busy = False
        if self._parts is not None and self._frame is frame:
            if plain_name(name) not in PARTS:
                self._parts.append((name, outputs, versions))
        elif plain_name(name) not in PARTS - {"copy", "fill"}:
            recorder.op(name, frame, inputs, outputs)
        return result

    def _record_parts(self, parts: Any, frame: Any, outputs: Sequence[Any]) -> None:
        """Records what a function was made of, its own results and what was overwritten since left out."""
        self._recorder.busy = True
        try:
            own = {(each.data_ptr(), each.dtype, tuple(each.shape)) for each in outputs}
            kept = [
                (name, made)
                for name, made, versions in parts
                if versions == [self.version(each) for each in made]
                and not any((each.data_ptr(), each.dtype, tuple(each.shape)) in own for each in made)
            ]
        finally:
            self._recorder.busy = False
        for name, made in kept:
            self._recorder.op(name, frame, None, made)

    def _hook(self, outputs: Sequence[Any], number: int | None) -> None:
        """Lets the gradients of an operation's outputs be recorded."""
        if number is None or not self.torch.is_grad_enabled():  # else to ask a view for its grad_fn may raise
            return
        self._recorder.busy = True
        try:
            for k, out in enumerate(outputs):
                if out.requires_grad and out.grad_fn is not None:
                    out.register_hook(functools.partial(self._recorder.gradient, number, k))
        finally:
            self._recorder.busy = False

    def _passing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def passing(*args: Any, **kwargs: Any) -> Any:
            begun = self._recorder.backward_begins(counted=function.__name__ == "backward")
            result = function(*args, **kwargs)
            if begun:
                self._recorder.backward_ends()
            return result

        return passing

    def _applying(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(apply)
        def applying(cls: Any, *args: Any, **kwargs: Any) -> Any:
            inputs = [(each, self.version(each)) for each in self.tensors(args)]
            result = apply(cls, *args, **kwargs)
            frame = self._recorder.frame()
            if frame is not None:
                outputs = list(self.tensors(result))
                self._hook(outputs, self._recorder.op(cls.__name__, frame, inputs, outputs))
            return result

        return applying


# --- the run ----------------------------------------------------------------------------------------------------------


def main(engine_name: str, records: str, go: str, steps: str, script: str, *args: str) -> int:
    """Runs the script and records it; returns the exit code."""
    channel = Channel(int(records), int(go))
    runner.select(engine_name)
    torch = importlib.import_module("torch")
    engine = Torch(torch) if engine_name == "torch" else Minitorch(torch)
    _libraries.add(os.path.dirname(os.path.realpath(str(torch.__file__))))
    channel.wait()
    recorder = Recorder(channel, engine, int(steps) or -1)
    os.register_at_fork(after_in_child=functools.partial(_only_here, engine))
    code, why = 0, "done"
    try:
        program, main = runner.load(script, args)
        optimizers = importlib.import_module("torch.optim.optimizer")
        optimizers.register_optimizer_step_pre_hook(recorder.step_begins)
        optimizers.register_optimizer_step_post_hook(recorder.step_ends)
        importlib.import_module("torch.nn.modules.module").register_module_forward_pre_hook(recorder.module)
        engine.start(recorder)
        sys.settrace(recorder.trace)
        try:
            runner.run(program, main)
        finally:
            sys.settrace(None)
            recorder.busy = True
    except Enough:
        channel.leave()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        why = f"exit {code}" if code else why
    except BaseException as error:
        recorder.failed(error)
        code, why = 1, "failed"
    sys.stdout.flush()
    sys.stderr.flush()
    channel.close(why)
    return code


def _only_here(engine: Engine) -> None:
    """In a process that the script forked: nothing is recorded."""
    sys.settrace(None)
    if isinstance(engine, Minitorch) and engine in observers:
        observers.remove(engine)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
