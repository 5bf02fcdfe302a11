"""Records what the engine does, as it does it: see trace.py for what becomes of it."""

from __future__ import annotations

import gc
import inspect
import os
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.engine import fit
from minitorch.autograd.function import BackwardCFunction, Function
from minitorch.autograd.graph import OpNode, Packed
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import Observer, observers
from minitorch.autograd.views import CopySlices
from minitorch.backend import is_array
from minitorch.errors import is_engine
from minitorch.nn.hooks import everywhere
from minitorch.nn.module import Module, register_module_forward_hook, register_module_forward_pre_hook
from minitorch.nn.parameter import Parameter
from minitorch.node import AccumulateGrad, Node, RemovableHandle, Slot
from minitorch.ops.random import default_generator
from minitorch.optim.optimizer import Optimizer, register_optimizer_step_post_hook
from minitorch.study.encoding import arrays_of, encode
from minitorch.study.names import script_frames, variable_names
from minitorch.study.values import Values
from minitorch.tensor import Tensor

Entry = dict[str, Any]
Origin = dict[str, Any] | None
Part = tuple[int | None, str | None, int]
"""What was added to a gradient: by which step, as that of which of its arguments, and its value."""

_clock = time.perf_counter
_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "utils", "data", "")


class _ById:
    """What is known of objects that are not kept alive by that."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def get(self, key: Any) -> Any:
        known = self._known.get(id(key))
        return known[1] if known is not None and known[0]() is key else None

    def set(self, key: Any, value: Any) -> None:
        self._known[id(key)] = weakref.ref(key), value

    def drop(self, key: Any) -> None:
        """Forgets an object."""
        self._known.pop(id(key), None)

    def alive(self) -> Iterator[tuple[Any, Any]]:
        """The objects that still exist, and what is known of them."""
        for reference, value in self._known.values():
            key = reference()
            if key is not None:
                yield key, value


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


class Record:
    """What was recorded, by number: see trace.py for the entries, which refer to each other by these numbers."""

    def __init__(self) -> None:
        self.values = Values()
        self.ops: dict[int, Entry] = {}
        self.backward: dict[int, Entry] = {}
        self.leaves: dict[int, Entry] = {}
        self.modules: dict[int, Entry] = {}
        self.accumulations: list[Entry] = []
        self.captured: list[Entry] = []
        self.passes: list[Entry] = []
        self.updates: list[tuple[int, int]] = []
        """The leaf and its new value."""
        self.events: list[tuple[str, int]] = []
        self.operations: dict[int, Callable[..., Any]] = {}
        """The function of each operation, by its number."""


class Recorder(Observer):
    """Watches the thread that starts it, from `start` to `stop`."""

    def __init__(self) -> None:
        self.record = Record()
        self._thread = self._process = 0
        self._handles: list[RemovableHandle] = []
        self.calls: list[tuple[types.FrameType, int]] = []
        """The operations that had not ended when the recorder was stopped, innermost first, and their frames."""
        self.steps: list[tuple[types.FrameType, int]] = []
        """The same of the steps of backward passes."""
        self._forget()

    def _forget(self) -> None:
        """Begins a new record."""
        self.record = Record()
        self._see = self.record.values.see
        self._open: list[_Open] = []
        self._passes: list[_Pass] = []
        self._writes: list[tuple[Tensor, Origin, Any]] = []
        self._modules: list[tuple[Module, int, types.FrameType]] = []
        self._calls: dict[int, int] = {}
        self._roots: dict[int, tuple[weakref.ref[Module], str, dict[int, str], dict[int, str]]] = {}
        self._tensors = _ById()
        """Where each tensor comes from, with the node that it had then."""
        self._arrays = _ById()
        """The same by array: that of `x.data` and `x.detach()` is that of x."""
        self._leaf_arrays = _ById()
        """The leaf, by its array and by that of its gradient."""
        self._nodes = _ById()
        self._leaves = _ById()
        self._after = False
        """Whether a backward pass is over, and no new forward has begun."""
        self._count = self._next_leaf = 0

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

    # --- where tensors come from --------------------------------------------------------------------------------------

    def _origin(self, tensor: Tensor) -> Origin:
        """Which output of which operation a tensor is, or which leaf; a leaf is entered when it is first seen."""
        node = tensor._node
        if node is None:
            known = self._tensors.get(tensor)
            if known is not None and known[1] is None and known[2] == id(tensor._array):
                origin: Origin = known[0]
                return origin
            return self._origin_by_array(tensor, known is not None)
        if node.__class__ is AccumulateGrad:
            owner = node.variable
            return self._leaf(tensor if owner is None else owner, node)
        return self._node_origin(node) or self._leaf(tensor, None)

    def _origin_by_array(self, tensor: Tensor, known: bool) -> Origin:
        """As `_origin`, for a tensor outside the graph: `x.data` and `x.detach()` have the array of x."""
        own = self._leaves.get(tensor)
        found = self._leaf_arrays.get(tensor._array) or self._arrays.get(tensor._array)
        if found is None or found == {"leaf": own}:
            return self._leaf(tensor, None)
        return found if known or own is not None else {**found, "detached": True}

    def _node_origin(self, node: Node) -> Origin:
        """The output of an operation that a node stands for; None for one that was made before."""
        found: Origin = self._nodes.get(node)
        if found is None and isinstance(node, Slot):  # with create_graph an output that was saved gets another Slot
            made = self._nodes.get(node.target)
            return None if made is None else {"op": made["op"], "output": node.index}
        return found

    def _leaf(self, tensor: Tensor, node: Node | None) -> Origin:
        known = self._leaves.get(tensor)
        if known is not None:
            entry = self.record.leaves[known]
            if node is not None:
                entry["requires_grad"] = True
                entry["kind"] = "parameter" if isinstance(tensor, Parameter) else "leaf"
            origin = {"leaf": known}
            if node is not None and self._nodes.get(node) is None:
                self._nodes.set(node, origin)
            if self._leaf_arrays.get(tensor._array) is None:
                self._leaf_arrays.set(tensor._array, origin)
            return origin
        number = self._next_leaf
        self._next_leaf += 1
        value = self._see(tensor._array)
        kind = "parameter" if isinstance(tensor, Parameter) else "leaf" if tensor._node is not None else "input"
        self.record.leaves[number] = {
            "id": number,
            "name": None,
            "kind": kind,
            "value": value,
            "requires_grad": tensor._node is not None,
            "module": self._modules[-1][1] if self._modules else None,
            "grad_before": None if tensor._grad is None else self._see(tensor._grad._array),
            "grad": None,
            "updated": None,
            "last": value,
        }
        origin = {"leaf": number}
        self._leaves.set(tensor, number)
        if self._arrays.get(tensor._array) is None:
            self._leaf_arrays.set(tensor._array, origin)
        if tensor._grad is not None:
            self._note_gradient(tensor._grad, number)
        if node is not None:
            self._nodes.set(node, origin)
        return origin

    def _note_gradient(self, gradient: Tensor, leaf: int) -> None:
        origin = {"leaf": leaf, "grad": True}
        self._leaf_arrays.set(gradient._array, origin)
        self._note(gradient, origin)

    def _note(self, tensor: Tensor, origin: Origin) -> None:
        node = tensor._node
        self._tensors.set(tensor, (origin, None if node is None else id(node), id(tensor._array)))

    def _node_place(self, node: Node) -> Origin:
        """What a node stands for: an output of an operation, a leaf, or neither."""
        found = self._node_origin(node)
        if found is not None:
            return found
        leaf = node.variable if isinstance(node, AccumulateGrad) else None
        if leaf is not None:
            return self._leaf(leaf, node)
        return {"other": (node.target if isinstance(node, Slot) else node).name()}

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
        caller, frame, loading = _frames()
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
            entry["saved"] = [(name, see(array, True), None) for name, array in _saved_of_function(node)]
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
        caller, frame, _ = _frames()
        entry = self._enter(function.__name__, frame)
        entry["custom"] = True
        tensors = []
        names = _function_names(function, len(args))
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

    def _leaf_of(self, tensor: Tensor) -> int | None:
        """The leaf whose memory a tensor lies in: itself, its `.data`, or its gradient."""
        known = self._leaves.get(tensor)
        if known is not None:
            return int(known)
        view = tensor._view
        found = self._leaf_arrays.get(tensor._array if view is None else view.base._array)
        return None if found is None else int(found["leaf"])

    # --- backward -----------------------------------------------------------------------------------------------------

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        if not self._watched():
            return
        if not self.record.passes:
            self._check_updates()
        self._name_all(None)
        caller, frame, _ = _frames()
        run = _Pass(caller)
        for node, g in roots:
            run.parts.setdefault(_key(node), []).append((None, None, self._see(_array(g))))
            if isinstance(node, Slot) and _hooked(node):
                run.hooked.add(_key(node))
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
            "hooked": _hooked(node) or any(key == id(node) for key, _ in run.hooked),
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
        names = _edge_names(node)
        number, outgoing = entry["id"], entry["outgoing"]
        for k, (edge, result) in enumerate(zip(node.edges, results, strict=False)):
            if result is None or edge is None:
                continue
            array = _array(result)
            raw = value = self._see(array)
            if array.shape != edge.shape or array.dtype != edge.dtype:
                value = self._see(_fitted(array, edge, node))
            name = names[k] if k < len(names) else str(k)
            outgoing.append((name, self._node_place(edge), raw, value))
            run.parts.setdefault(_key(edge), []).append((number, name, value))
            if isinstance(edge, Slot) and _hooked(edge):
                run.hooked.add(_key(edge))
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
                "parts": run.parts.pop(_key(node), []),
                "hooked": _hooked(node),
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
                "parts": list(run.parts.get(_key(node), [])),
                "hooked": _hooked(node),
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

    def _module_path(self, module: Module, frame: types.FrameType | None) -> str:
        """What a module is called: by the variable of the outermost one that holds it, and the way there."""
        for reference, root, paths, _ in self._roots.values():
            if reference() is not None and id(module) in paths:
                return ".".join(filter(None, (root, paths[id(module)])))
        name = _module_name(module, frame)
        self._roots[id(module)] = (
            weakref.ref(module),
            name,
            {id(each): path for path, each in module.named_modules()},
            {id(each): path for path, each in (*module.named_parameters(), *module.named_buffers())},
        )
        return name

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
        values = {number for entry in record.ops.values() for number in _numbers(entry)}
        values |= {entry[key] for entry in record.leaves.values() for key in ("value", "grad_before", "last")}
        record.values.keep(values)

    # --- names --------------------------------------------------------------------------------------------------------

    def _name_inputs(self, frame: types.FrameType | None, tensors: list[tuple[Tensor, int]]) -> None:
        """Gives values the names of the local variables that hold them."""
        kept = self.record.values.kept
        wanted = {id(tensor): number for tensor, number in tensors if kept[number].name is None}
        if not wanted or frame is None:
            return
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, Tensor) and id(value) in wanted and not name.startswith("_"):
                number = wanted[id(value)]
                if kept[number].name is None:
                    kept[number].name = name

    def _name_all(self, frame: types.FrameType | None) -> None:
        """Gives names to leaves and results that have none yet, by the variables of all functions under way."""
        record = self.record
        unnamed = {id(leaf): n for leaf, n in self._leaves.alive() if record.leaves[n]["name"] is None}
        for reference, root, _, parameters in self._roots.values():
            if reference() is None:
                continue
            for key, path in parameters.items():
                if key in unnamed:
                    record.leaves[unnamed.pop(key)]["name"] = f"{root}.{path}"
        results = {id(tensor): known[0] for tensor, known in self._tensors.alive() if known[0] and "op" in known[0]}
        for script in script_frames(frame or sys._getframe(1)):
            for name, value in list(script.f_locals.items()):
                key = id(value)
                if name.startswith("_"):
                    continue
                if key in unnamed:
                    record.leaves[unnamed.pop(key)]["name"] = name
                if key in results:
                    origin = results.pop(key)
                    self._name_value(record.ops[origin["op"]]["outputs"][origin["output"]]["value"], name)
            if unnamed and any(record.leaves[n]["kind"] != "input" for n in unnamed.values()):
                for name, tensor in variable_names(script):
                    if id(tensor) in unnamed:
                        record.leaves[unnamed.pop(id(tensor))]["name"] = name
        for entry in record.leaves.values():
            if entry["name"] is None:
                entry["name"] = record.values.kept[entry["value"]].name
            else:
                self._name_value(entry["value"], entry["name"])

    def _name_value(self, number: int | None, name: str) -> None:
        value = None if number is None else self.record.values.kept.get(number)
        if value is not None and value.name is None:
            value.name = name


class ByPath:
    """An operation, to be named by its path when the record is made into a trace."""

    def __init__(self, op: Any) -> None:
        self.op = op


def _numbers(entry: Entry) -> Iterator[int]:
    """The numbers of all values of an operation's entry."""
    yield from (each["value"] for each in (*entry["inputs"], *entry["outputs"]) if each["value"] is not None)
    for _, number, code in entry["saved"]:
        yield from arrays_of(code) if number is None else (number,)
    yield from arrays_of(list(entry["arguments"].values()))
    yield from arrays_of([args for _, args, _ in entry.get("slices", ())])
    yield from (entry[key] for key in ("random", "written") if key in entry)


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Tensor) else value


def _hooked(node: Node) -> bool:
    """Whether a function of the user's sees the gradient of a node, and could change it: retain_grad's cannot."""
    hooks = node.hooks
    return hooks is not None and bool(hooks.tensor or hooks.before or hooks.after or hooks.accumulated)


def _key(node: Node) -> tuple[int, int]:
    return (id(node.target), node.index) if isinstance(node, Slot) else (id(node), 0)


def _fitted(array: Any, edge: Node, node: Node) -> Any:
    """As the engine fits a gradient to the shape and dtype of what it belongs to."""
    array = np.asarray(array) if not is_array(array) else array
    if array.shape != edge.shape:
        array = fit(array, edge, node)
    return array.astype(edge.dtype, copy=False)


def _edge_names(node: Node) -> list[str]:
    """What the arguments are called that a node gives gradients of."""
    if isinstance(node, OpNode):
        names = sorted(node.plan.edge_of, key=lambda name: node.plan.edge_of[name])
        if node.op.sequence:
            return [f"{names[0]}[{k}]" for k in range(len(node.edges))]
        return names
    if isinstance(node, CopySlices):
        return ["base", "values"]
    if isinstance(node, BackwardCFunction):
        return _function_names(node.function, len(node.edges))
    return [str(k) for k in range(len(node.edges))]


def _function_names(function: Any, count: int) -> list[str]:
    """What a user's Function calls the arguments of its forward; numbers where it has no names for them."""
    code = getattr(function.forward, "__code__", None)
    first = 1 if function.setup_context is Function.setup_context else 0
    names = [] if code is None else list(code.co_varnames[first : code.co_argcount])
    return [names[k] if k < len(names) else str(k) for k in range(count)]


def _saved_of_function(node: Node) -> list[tuple[str, Any]]:
    """What a user's Function has saved, as far as no hook holds it; nothing for any other node."""
    saved = (node.ctx._saved or ()) if isinstance(node, BackwardCFunction) else ()
    return [(f"saved_tensors[{k}]", kept[0]) for k, kept in enumerate(saved) if kept is not None and is_array(kept[0])]


def _draws(code: types.CodeType) -> bool:
    """Whether a kernel draws random numbers."""
    return "_stream" in code.co_names or "default_stream" in code.co_names


def _frames() -> tuple[types.FrameType, types.FrameType | None, bool]:
    """The frame of the engine that tells an observer, the script's line, and whether a DataLoader is in between."""
    caller = sys._getframe(2)
    while caller.f_back is not None and caller.f_code.co_filename.startswith(_HERE):
        caller = caller.f_back
    loading = False
    frame: types.FrameType | None = caller
    while frame is not None and is_engine(frame.f_code.co_filename):
        loading = loading or frame.f_code.co_filename.startswith(_DATA)
        frame = frame.f_back
    return caller, frame, loading


def runs(frame: types.FrameType) -> bool:
    """Whether a frame is under way still, as a caller of this one."""
    here: types.FrameType | None = sys._getframe(1)
    while here is not None:
        if here is frame:
            return True
        here = here.f_back
    return False


def _module_name(module: Module, frame: types.FrameType | None) -> str:
    """The variable that holds a module, or the attribute of one: `net`, `self.net`; else its type in small letters."""
    for script in script_frames(frame):
        variables = {**script.f_globals, **script.f_locals}
        for name, value in variables.items():
            if value is module and not name.startswith("_"):
                return name
        for name, value in variables.items():
            attributes = getattr(value, "__dict__", None)
            if name.startswith("_") or not isinstance(attributes, dict) or isinstance(value, (type, types.ModuleType)):
                continue
            for attribute, each in attributes.items():
                if each is module:
                    return f"{name}.{attribute}"
    return type(module).__name__.lower()
