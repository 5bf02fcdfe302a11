"""Records what the engine does, as it does it: see file.py for what becomes of it.

Within vmap, where one tensor stands for many, operations and gradients are recorded as elsewhere, but not their values.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.graph import OpNode, Packed
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import Observer, observers
from minitorch.autograd.views import CopySlices
from minitorch.backend import is_array
from minitorch.nn.hooks import everywhere
from minitorch.nn.module import Module, register_module_forward_hook, register_module_forward_pre_hook
from minitorch.node import AccumulateGrad, Node, RemovableHandle, Slot
from minitorch.ops.random import default_generator
from minitorch.optim.optimizer import Optimizer, register_optimizer_step_post_hook
from minitorch.study.names import script_frames
from minitorch.study.trace.encoding import encode
from minitorch.study.trace.frames import frames_of_call, runs
from minitorch.study.trace.naming import Names
from minitorch.study.trace.nodes import edge_names, fitted, function_names, hooked, key_of, saved_of_function
from minitorch.study.trace.origins import Origin
from minitorch.study.trace.record import ByPath, Entry, Part, numbers_in
from minitorch.tensor import Tensor

_clock = time.perf_counter


class _Open:
    """A call that has begun: of an operation, or of a user's Function."""

    __slots__ = ("args", "entry", "frame", "paused", "start")

    def __init__(self, entry: Entry, args: Any, frame: types.FrameType) -> None:
        self.entry, self.args, self.frame = entry, args, frame
        self.paused = 0.0
        self.start = 0.0


class _Pass:
    """A backward pass under way."""

    def __init__(self, frame: types.FrameType) -> None:
        self.frame = frame
        self.parts: dict[tuple[int, int], list[Part]] = {}
        """What was given to each output of each node so far."""
        self.before: dict[int, int | None] = {}
        """The gradients of the leaves as they were."""
        self.hooked: set[tuple[int, int]] = set()
        """The outputs, of several, whose gradient passes through hooks."""
        self.step: Entry | None = None
        """The step under way, or the last one."""
        self.start = 0.0


class Recorder(Names, Observer):
    """Watches the thread that starts it, from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = self._process = 0
        self._handles: list[RemovableHandle] = []
        self.calls: list[tuple[types.FrameType, int]] = []
        """The operations that had not ended when the recorder was stopped, innermost first, and their frames."""
        self.steps: list[tuple[types.FrameType, int]] = []
        """The same of the steps of backward passes."""
        self._open: list[_Open] = []
        self._passes: list[_Pass] = []
        self._writes: list[tuple[Tensor, Origin, Any]] = []
        self._calls: dict[int, int] = {}
        self._after = False
        """Whether a backward pass is over, and no new forward has begun."""
        self._count = 0

    # --- switching on and off -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to watch."""
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._at_call = everywhere.at_call
        self._collecting = gc.get_threshold()
        gc.set_threshold(100 * self._collecting[0], *self._collecting[1:])  # else the record is gone over at every op
        self._handles = [
            register_module_forward_pre_hook(self._module_begins),
            register_module_forward_hook(self._module_ends, always_call=True),
            register_optimizer_step_post_hook(self._optimizer_stepped),
        ]
        observers.append(self)

    def stop(self, frame: types.FrameType | None = None) -> None:
        """Ends it; names that the variables of `frame` give are taken last."""
        observers.remove(self)
        gc.set_threshold(*self._collecting)
        self.calls = [(call.frame, call.entry["id"]) for call in self._open[::-1]]
        self.steps = [(run.frame, run.step["id"]) for run in self._passes[::-1] if run.step is not None]
        for handle in self._handles:
            handle.remove()
        if not (everywhere.forward or everywhere.forward_pre or everywhere.backward or everywhere.backward_pre):
            everywhere.at_call = self._at_call  # else every later call of a module would look for hooks
        self._check_updates()
        self._name_all(frame)

    def _watched(self) -> bool:
        return threading.get_ident() == self._thread and os.getpid() == self._process

    # --- operations ---------------------------------------------------------------------------------------------------

    def op_begins(self, op: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if not self._watched():
            return
        entered = _clock()
        for argument in args:
            if isinstance(argument, Tensor) and argument._view is not None:
                argument._view.refresh(argument)  # as the operation is about to do: it may be taken anew
        if self._writes:
            self._settle_view()
        caller, frame, loading = frames_of_call()
        if self._open and self._open[-1].frame is caller.f_back:
            self._forget_first_try(op)
        entry = self._enter(op.__name__.lstrip("_"), frame)
        if loading:
            entry["loading"] = True
        self.record.operations[entry["id"]] = op
        inputs: list[Entry] = entry["inputs"]
        arguments: Entry = entry["arguments"]
        tensors: list[tuple[Tensor, int]] = []
        for name, argument in zip(op.parameters, args, strict=False):  # type: ignore[attr-defined]  # @op puts it there
            if isinstance(argument, Tensor):
                tensors.append((argument, self._input(inputs, name, argument)))
            elif (
                argument.__class__ in (list, tuple) and argument and all(isinstance(each, Tensor) for each in argument)
            ):
                for k, each in enumerate(argument):
                    tensors.append((each, self._input(inputs, f"{name}[{k}]", each)))
            else:
                arguments[name] = encode(argument, self._see)
        if _draws(op.kernel.__code__):  # type: ignore[attr-defined]  # @op puts it there
            entry["random"] = self._see(default_generator.get_state()._array)
        self._name_inputs(frame, tensors)
        call = _Open(entry, args, caller)
        self._pause(entered)
        self._open.append(call)
        call.start = _clock()

    def _forget_first_try(self, op: Callable[..., Any]) -> None:
        """An operation calls itself to start over with tensors that all stand for many: that is one call, not two."""
        number = self._open[-1].entry["id"]
        if self.record.operations.get(number) is op:
            self._open.pop()
            del self.record.ops[number], self.record.operations[number]

    def _enter(self, name: str, frame: types.FrameType | None) -> Entry:
        """A new operation's entry; calls that turn out to have failed are closed."""
        while self._open and not runs(self._open[-1].frame):
            self._open.pop()
        while self._passes and not runs(self._passes[-1].frame):
            self._passes.pop()
        while self._modules and not runs(self._modules[-1][2]):
            self._modules.pop()
        number = self._count
        self._count += 1
        entry: Entry = {
            "id": number,
            "name": name,
            "node": None,
            "sequence": None,
            "phase": "backward" if self._passes else "forward",
            "inputs": [],
            "arguments": {},
            "outputs": [],
            "saved": [],
            "file": None if frame is None else frame.f_code.co_filename,
            "line": 0 if frame is None else frame.f_lineno,
            "function": None if frame is None else frame.f_code.co_name,
            "module": self._modules[-1][1] if self._modules else None,
            "within": self._open[-1].entry["id"] if self._open else None,
            "after": self._after,
            "loading": False,
            "seconds": 0.0,
            "bytes": 0,
            "view": False,
            "in_place": None,
            "error": None,
        }
        self.record.ops[number] = entry
        return entry

    def _input(self, inputs: list[Entry], name: str, tensor: Tensor) -> int:
        origin = self._origin(tensor)
        value = self._see(tensor._array)
        if self._modules and origin is not None and "leaf" in origin:
            leaf = self.record.leaves[origin["leaf"]]
            if leaf["module"] is None:
                leaf["module"] = self._modules[-1][1]
        inputs.append({"name": name, "value": value, "from": origin})
        return value

    def op_ends(self, op: Callable[..., Any], args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        if not self._watched():
            return
        now = _clock()
        call = self._close(args)
        if call is None:
            return
        entry = call.entry
        entry["seconds"] = now - call.start - call.paused
        entry["view"] = bool(results) and results[0]._view is not None
        self._finish(entry, results)
        self._pause(now)

    def _finish(self, entry: Entry, results: Sequence[Any]) -> None:
        number = entry["id"]
        for k, out in enumerate(results):
            if not isinstance(out, Tensor):
                entry["outputs"].append({"value": None, "name": None, "requires_grad": False})
                continue
            origin = {"op": number, "output": k}
            value = self._see(out._array)
            entry["outputs"].append({"value": value, "name": None, "requires_grad": out._node is not None})
            self._note(out, origin)
            if out._node is not None:
                self._nodes.set(out._node, origin)
            if self._leaf_arrays.get(out._array) is None:
                self._arrays.set(out._array, origin)
            if not entry["view"]:
                entry["bytes"] += out._array.nbytes
        self.record.events.append(("forward", number))

    def _close(self, args: Any) -> _Open | None:
        """The open call of these very arguments; those above it have failed."""
        while self._open:
            call = self._open.pop()
            if call.args is args:
                return call
        return None

    def _pause(self, since: float) -> None:
        """Takes the recorder's own time off the call or the step under way."""
        passed = _clock() - since
        if self._open:
            self._open[-1].paused += passed
        if self._passes:
            self._passes[-1].start += passed

    def node_made(self, node: Node) -> None:
        if not self._watched() or not self._open:
            return
        entered = _clock()
        call = self._open[-1]
        entry = call.entry
        self._nodes.set(node, {"op": entry["id"], "output": 0})
        entry["node"] = node.name()
        entry["sequence"] = node.sequence
        see = self._see
        if not isinstance(node, OpNode):
            entry["saved"] = [(name, see(array, True), None) for name, array in saved_of_function(node)]
        elif node.saved is not None and not isinstance(node.saved, Packed):
            entry["saved"] = [
                (name, see(value, True), None) if is_array(value) else (name, None, encode(value, see))
                for name, value in zip(node.plan.names, node.saved, strict=True)
            ]
        if not self._passes and self._after and not entry["within"]:
            self._forward_begins()
        self._pause(entered)

    def _forward_begins(self) -> None:
        """The first operation in a graph after a backward pass: updates by hand were made before it."""
        self._after = False
        self._check_updates()

    # --- a user's Function --------------------------------------------------------------------------------------------

    def call_begins(self, function: Any, args: tuple[Any, ...]) -> None:
        if not self._watched():
            return
        caller, frame, _ = frames_of_call()
        entry = self._enter(function.__name__, frame)
        entry["custom"] = True
        tensors = []
        names = function_names(function, len(args))
        for k, argument in enumerate(args):
            if isinstance(argument, Tensor):
                argument._current_node()
                tensors.append((argument, self._input(entry["inputs"], names[k], argument)))
            else:
                entry["arguments"][names[k]] = encode(argument, self._see)
        entry["doc"] = inspect.cleandoc(function.__doc__ or "")
        formula = {
            "formula": f"{function.__name__}.backward(ctx, g)",
            "rule": "backward",
            "doc": function.backward.__doc__,
        }
        entry["rules"] = [{"argument": each["name"], **formula} for each in entry["inputs"]]
        self._name_inputs(frame, tensors)
        call = _Open(entry, args, caller)
        self._open.append(call)
        call.start = _clock()

    def call_ends(self, function: Any, args: tuple[Any, ...], results: Sequence[Any]) -> None:
        self.op_ends(function, args, results)

    # --- writing in place ---------------------------------------------------------------------------------------------

    def write_begins(self, tensor: Tensor, result: Tensor, name: str) -> None:
        if not self._watched():
            return
        base: Any = None
        if tensor._view is not None:
            whole = tensor._view.base
            base = (whole, self._origin(whole), self._see(whole._array), whole._history, tensor._view.steps)
        self._writes.append((tensor, self._origin(result), base))

    def _settle_view(self) -> None:
        """After a write to a view: the base is the result of putting the written part into it."""
        tensor, origin, base = self._writes[-1]
        if base is None:
            return
        self._writes[-1] = tensor, origin, None
        whole, before, value, _, steps = base
        entry = self._enter("copy_slices", next(script_frames(sys._getframe(1)), None))
        entry["in_place"] = "copy_slices"
        entry["doc"] = "`base` with `values` in place of the part that was written to."
        entry["rules"] = [
            {"argument": "base", "formula": "g with zeros in place of that part", "rule": None, "doc": None},
            {"argument": "values", "formula": "that part of g", "rule": None, "doc": None},
        ]
        written = (
            self.record.ops[origin["op"]]["outputs"][origin["output"]]["value"] if origin and "op" in origin else None
        )
        if written is None:
            written = self._see(tensor._array)
        entry["inputs"] = [
            {"name": "base", "value": value, "from": before},
            {"name": "values", "value": written, "from": origin},
        ]
        entry["slices"] = [[ByPath(op), encode(args, self._see), number] for op, args, number in steps]
        node = whole._node
        if isinstance(node, CopySlices):
            entry["node"], entry["sequence"] = node.name(), node.sequence
        self._finish(entry, [whole])

    def written(self, tensor: Tensor, name: str) -> None:
        if not self._watched() or not self._writes:
            return
        _, origin, base = self._writes[-1]
        if base is not None:
            self._settle_view()
        self._writes.pop()
        after = self._see(tensor._array)
        leaf = self._leaf_of(tensor)
        if origin is not None and "op" in origin:
            entry = self.record.ops[origin["op"]]
            if not entry["in_place"]:
                entry["in_place"] = name
            entry["written"] = after
            if leaf is not None and self.record.leaves[leaf]["requires_grad"]:
                entry["writes"] = leaf
            elif tensor._view is None or tensor._node is None:
                self._note(tensor, {"op": origin["op"], "output": origin["output"]})
                if tensor._view is None:
                    self._leaf_arrays.drop(tensor._array)
                    self._arrays.set(tensor._array, {"op": origin["op"], "output": origin["output"]})
        if leaf is not None:
            self._check_updates()

    # --- backward -----------------------------------------------------------------------------------------------------

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        if not self._watched():
            return
        if not self.record.passes:
            self._check_updates()
        self._name_all(None)
        caller, frame, _ = frames_of_call()
        run = _Pass(caller)
        for node, g in roots:
            run.parts.setdefault(key_of(node), []).append((None, None, self._see(_array(g))))
            if isinstance(node, Slot) and hooked(node):
                run.hooked.add(key_of(node))
            if isinstance(node, AccumulateGrad):
                self._note_before(run, node)
        self._passes.append(run)
        self.record.events.append(("pass", len(self.record.passes)))
        self.record.passes.append(
            {
                "file": None if frame is None else frame.f_code.co_filename,
                "line": 0 if frame is None else frame.f_lineno,
                "create_graph": modes.grad,
                "ops": self._count,
            }
        )

    def pull_begins(self, node: Node, g: Any) -> None:
        if not self._watched() or not self._passes:
            return
        run = self._passes[-1]
        several = isinstance(g, (list, tuple))
        given = list(g) if several else [g]
        number = len(self.record.backward)
        place = self._node_place(node)
        see = self._see
        entry: Entry = {
            "id": number,
            "pass": len(self.record.passes) - 1,
            "node": place,
            "name": node.name(),
            "several": several,
            "incoming": [None if each is None else see(_array(each)) for each in given],
            "parts": [run.parts.pop((id(node), k), []) for k in range(len(given))],
            "outgoing": [],
            "freed": False,
            "hooked": hooked(node) or any(key == id(node) for key, _ in run.hooked),
            "seconds": 0.0,
            "error": None,
        }
        if isinstance(node, OpNode) and node.saved is not None:
            if isinstance(node.saved, Packed):
                entry["packed"] = True
            else:
                entry["saved"] = [
                    (name, see(value), None) if is_array(value) else (name, None, encode(value, see))
                    for name, value in zip(node.plan.names, node.saved, strict=True)
                ]
        self.record.backward[number] = entry
        run.step = entry
        run.start = _clock()

    def pull_ends(self, node: Node, g: Any, results: Sequence[Any]) -> None:
        if not self._watched() or not self._passes:
            return
        run = self._passes[-1]
        entry = run.step
        if entry is None:
            return
        entry["seconds"] = _clock() - run.start
        names = edge_names(node)
        number, outgoing = entry["id"], entry["outgoing"]
        for k, (edge, result) in enumerate(zip(node.edges, results, strict=False)):
            if result is None or edge is None:
                continue
            array = _array(result)
            raw = value = self._see(array)
            if array.shape != edge.shape or array.dtype != edge.dtype:
                value = self._see(fitted(array, edge, node))
            name = names[k] if k < len(names) else str(k)
            outgoing.append((name, self._node_place(edge), raw, value))
            run.parts.setdefault(key_of(edge), []).append((number, name, value))
            if isinstance(edge, Slot) and hooked(edge):
                run.hooked.add(key_of(edge))
            if isinstance(edge, AccumulateGrad) and id(edge) not in run.before:
                self._note_before(run, edge)
        self.record.events.append(("backward", number))

    def _note_before(self, run: _Pass, node: AccumulateGrad) -> None:
        leaf = node.variable
        run.before[id(node)] = None if leaf is None or leaf._grad is None else self._see(leaf._grad._array)

    def freed(self, node: Node) -> None:
        if not self._watched() or not self._passes:
            return
        entry = self._passes[-1].step
        if entry is None:
            return
        entry["freed"] = not isinstance(node, OpNode) or (node.saved is not None and node.plan.frees)

    def accumulated(self, node: Node, g: Any) -> None:
        if not self._watched() or not self._passes or not isinstance(node, AccumulateGrad):
            return
        run = self._passes[-1]
        leaf = node.variable
        if leaf is None or leaf._node is None:
            return
        origin = self._leaf(leaf, node)
        assert origin is not None
        entry = self.record.leaves[origin["leaf"]]
        after = None if leaf._grad is None else self._see(leaf._grad._array)
        if leaf._grad is not None:
            self._note_gradient(leaf._grad, origin["leaf"])
        entry["grad"] = after
        self.record.events.append(("accumulate", len(self.record.accumulations)))
        self.record.accumulations.append(
            {
                "leaf": origin["leaf"],
                "value": self._see(_array(g)),
                "before": run.before.get(id(node)),
                "after": after,
                "parts": run.parts.pop(key_of(node), []),
                "hooked": hooked(node),
            }
        )

    def captured(self, node: Node, g: Any) -> None:
        if not self._watched() or not self._passes or isinstance(g, list):
            return
        run = self._passes[-1]
        self.record.events.append(("captured", len(self.record.captured)))
        self.record.captured.append(
            {
                "node": self._node_place(node),
                "value": self._see(_array(g)),
                "parts": list(run.parts.get(key_of(node), [])),
                "hooked": hooked(node),
            }
        )

    def backward_ends(self) -> None:
        if not self._watched() or not self._passes:
            return
        self._passes.pop()
        if not self._passes:
            self._after = True

    # --- modules and updates ------------------------------------------------------------------------------------------

    def _module_begins(self, module: Module, args: Any) -> None:
        if not self._watched():
            return
        frame = sys._getframe(1)
        call = frame.f_back.f_back if frame.f_back is not None else None
        while self._modules and not runs(self._modules[-1][2]):
            self._modules.pop()
        parent = self._modules[-1][1] if self._modules else None
        path = self._module_path(module, next(script_frames(frame), None))
        number = max(self.record.modules, default=-1) + 1
        times = self._calls[id(module)] = self._calls.get(id(module), 0) + 1
        self.record.modules[number] = {
            "id": number,
            "path": path,
            "type": type(module).__name__,
            "extra": module.extra_repr(),
            "parent": parent,
            "call": times,
        }
        self._modules.append((module, number, call or frame))

    def _module_ends(self, module: Module, args: Any, output: Any) -> None:
        if not self._watched():
            return
        while self._modules:
            if self._modules.pop()[0] is module:
                return

    def _optimizer_stepped(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._watched():
            self._check_updates()

    def _check_updates(self) -> None:
        """Notes which leaves have another value than when they were last looked at."""
        record = self.record
        for tensor, number in self._leaves.alive():
            entry = record.leaves.get(number)
            if entry is None or entry["kind"] == "input":
                continue
            now = self._see(tensor._array)
            if now == entry["last"]:
                continue
            entry["last"] = now
            if record.passes:
                entry["updated"] = now
                record.events.append(("update", len(record.updates)))
                record.updates.append((number, now))
            else:
                entry["value"] = now  # before training it is made ready: that is no update

    def begin_step(self) -> None:
        """Drops the backward passes and the updates so far; the operations stay, for a later pass may lead to them."""
        record = self.record
        record.backward.clear()
        for entries in (record.accumulations, record.captured, record.passes, record.updates):
            entries.clear()
        record.events = [event for event in record.events if event[0] == "forward"]
        for entry in record.ops.values():
            entry["after"] = False
        gradients = {number: leaf._grad for leaf, number in self._leaves.alive()}
        for number, entry in record.leaves.items():
            before = gradients.get(number)
            entry["grad_before"] = None if before is None else self._see(before._array)
            entry.update(value=entry["last"], grad=None, updated=None)
        self._after = False

    def forget(self, kept: set[int]) -> None:
        """Drops all operations but these, with the values and leaves that only the others used."""
        record = self.record
        record.ops = {number: entry for number, entry in record.ops.items() if number in kept}
        record.operations = {number: op for number, op in record.operations.items() if number in kept}
        record.events = [event for event in record.events if event[0] != "forward" or event[1] in kept]
        used = {
            each["from"]["leaf"]
            for entry in record.ops.values()
            for each in entry["inputs"]
            if "leaf" in (each["from"] or ())
        }
        used |= {number for _, number in self._leaves.alive()}
        record.leaves = {number: entry for number, entry in record.leaves.items() if number in used}
        values = {number for entry in record.ops.values() for number in numbers_in(entry)}
        values |= {entry[key] for entry in record.leaves.values() for key in ("value", "grad_before", "last")}
        record.values.keep(values)


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Tensor) else value


def _draws(code: types.CodeType) -> bool:
    """Whether a kernel draws random numbers."""
    return "_stream" in code.co_names or "default_stream" in code.co_names
