"""What the graph of a tensor is at one moment: copied, so that it neither changes the graph nor keeps it alive."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from minitorch.autograd.function import BackwardCFunction, Function
from minitorch.autograd.graph import OpNode, Packed, PackedArray, Step
from minitorch.autograd.modes import modes
from minitorch.autograd.views import CopySlices
from minitorch.backend import is_array, to_host
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import type_name
from minitorch.func.batched import whole
from minitorch.node import AccumulateGrad, Node, Slot
from minitorch.study.many import stands_for_many
from minitorch.study.names import given_names, variable_names
from minitorch.tensor import Tensor

FREED = "freed"
WRITTEN = "overwritten"
PACKED = "held by a hook"


@dataclass(frozen=True)
class Value:
    """The elements of an array where they are few, else how they are spread."""

    shape: tuple[int, ...]
    dtype: str
    array: npt.NDArray[Any] | None
    """A copy; None of a large one, and of one that stands for a whole batch within vmap."""
    low: float | None = None
    high: float | None = None
    norm: float | None = None
    """Without a copy: the smallest and the largest finite element, and the root of the sum of their squares."""
    nan: int = 0
    inf: int = 0
    """Without a copy: how many elements are not finite."""


@dataclass
class Output:
    """One result of a node."""

    shape: tuple[int, ...]
    dtype: str
    name: str | None = None
    value: Value | None = None
    grad: Value | None = None
    """`.grad`, of a leaf or of a tensor that retains it."""
    changed: bool = False
    """Whether the tensor was written to since it was used, so that its value is no longer the one that was."""


@dataclass(frozen=True)
class Link:
    """Which output of which node something is; of an input, also the rule's name for it."""

    node: int
    output: int
    argument: str | None = None


@dataclass(frozen=True)
class Saved:
    """What a node keeps for its gradient rules: a value, or text for what is no array, or why it cannot be shown."""

    name: str
    value: Value | None = None
    text: str | None = None
    state: str | None = None
    """FREED, WRITTEN or PACKED."""
    of: Link | None = None
    """The result in the graph that it is, where it is one."""


@dataclass
class GraphNode:
    """A node of the graph, as torch shows it."""

    id: int
    name: str
    kind: str
    """`leaf`; `op`; `function`, a user's; `step`, shown as torch has it and run within its `owner`; `other`."""
    outputs: list[Output]
    saved: list[Saved] = field(default_factory=list)
    links: list[Link | None] = field(default_factory=list)
    """The inputs, in the order of next_functions; None where no gradient is wanted."""
    op: Any = None
    """The operation, of the kind `op`."""
    wanted: tuple[str, ...] = ()
    """The arguments of it that a gradient is computed of."""
    owner: int | None = None
    """For a step: the node that runs it."""
    under: int | None = None
    """The node below which a tree shows it; it is the input of others too, where it is shared."""

    @property
    def freed(self) -> bool:
        """Whether what it saved is gone."""
        return any(saved.state == FREED for saved in self.saved)


class Snapshot:
    """The nodes that lead to the roots, numbered as a tree is read, and the roots as (node, output)."""

    nodes: list[GraphNode]
    roots: list[Link]

    def __init__(self, tensors: Any, params: Any, frame: types.FrameType, numbers: int) -> None:
        roots = _checked(tensors)
        walk = _Walk([_node_of(root) for root in roots])
        names = [*given_names(params), *variable_names(frame)]
        values = _Values(walk, [*names, *(("", root) for root in roots)], numbers)
        order, under = walk.as_tree()
        ids = {node: k for k, node in enumerate(order)}
        self.nodes = [
            GraphNode(
                ids[node],
                type(node).__name__,
                _kind(node),
                values.outputs(node),
                values.saved(node, ids),
                [
                    None if edge is None else Link(ids[_target(edge)], _output(edge), argument)
                    for edge, argument in zip(walk.edges[node], _arguments(node, walk.edges[node]), strict=True)
                ],
                type(node).op if isinstance(node, OpNode) else None,  # of the node itself it would be a bound method
                _wanted(node),
                ids[walk.owners[node]] if node in walk.owners else None,
                ids[under[node]] if node in under else None,
            )
            for node in order
        ]
        self.roots = [Link(ids[_target(root)], _output(root), None) for root in walk.roots]


def _checked(tensors: Any) -> list[Tensor]:
    """The tensors to start from; raises TypeError, ValueError or RuntimeError where there is no graph."""
    given = list(tensors) if isinstance(tensors, (tuple, list)) else [tensors]
    if not given:
        raise ValueError("expected a tensor, or several, to show the graph of; got none")
    for k, tensor in enumerate(given):
        if not isinstance(tensor, Tensor):
            kind = type(tensor)
            hint = ""
            if kind.__module__.partition(".")[0] == "torch":
                hint = ": this one is PyTorch's own; import minitorch as torch, or run the script with `minitorch run`"
            elif callable(getattr(tensor, "named_parameters", None)):
                hint = ": call the module, and give what it returned or the loss"
            raise TypeError(f"expected a minitorch Tensor, or several, but got {type_name(tensor)}{hint}")
        if not tensor.requires_grad:
            which = f"tensor {k}" if len(given) > 1 else "the tensor"
            raise RuntimeError(
                f"{which} does not require grad and does not have a grad_fn, so there is no graph to show: "
                "set requires_grad on what it is computed from, and compute it outside no_grad"
            )
    return given


def _node_of(tensor: Tensor) -> Node:
    """The node of a tensor. A view that is out of date would take its node anew: here a stand-in for it does."""
    view = tensor._view
    if view is None or view.history == view.base._history:
        node = tensor._node
    else:
        chain, outer = view.chain(), modes.grad
        taken = view.base
        try:
            for each, own in zip(chain, [*(later.parent for later in chain[1:]), tensor], strict=True):
                if each.history == each.base._history:
                    taken = own
                    continue
                modes.grad = each.grad_mode
                results = each.op(taken, *each.args[1:])
                taken = results if each.number is None else results[each.number]
        finally:
            modes.grad = outer
        node = taken._node
    if node is None:
        raise RuntimeError("the tensor is a view that was taken under no_grad: it has no graph of its own")
    return node


def _kind(node: Node) -> str:
    kinds = ((AccumulateGrad, "leaf"), (OpNode, "op"), (BackwardCFunction, "function"), (Step, "step"))
    return next((kind for cls, kind in kinds if isinstance(node, cls)), "other")


def _target(edge: Node) -> Node:
    return edge.target if isinstance(edge, Slot) else edge


def _output(edge: Node) -> int:
    return edge.index if isinstance(edge, Slot) else 0


def _arguments(node: Node, edges: Sequence[Node | None]) -> list[str | None]:
    """The name of each input that is shown; None where it has none of its own."""
    names: list[str | None] = []
    if isinstance(node, OpNode) and node.op.sequence:
        names = [f"{next(iter(node.op.rules))}[{k}]" for k in range(len(edges))]
    elif isinstance(node, OpNode) and node.op.steps is not None:
        of_node = {node.edges[k]: name for name, k in node.plan.edge_of.items()}
        names = [None if edge is None else of_node.get(edge) for edge in edges]
    elif isinstance(node, OpNode):
        of_edge = {k: name for name, k in node.plan.edge_of.items()}
        names = [of_edge[k] for k in node.plan.shown]
    elif isinstance(node, BackwardCFunction):
        code = getattr(node.function.forward, "__code__", None)
        own = list(code.co_varnames[: code.co_argcount]) if code is not None else []
        own = own if node.function.setup_context is not Function.setup_context else own[1:]
        names = [own[k] if k < len(own) else None for k in node.tensors]
    elif isinstance(node, CopySlices):
        names = ["base", "written"]
    return [*names, *[None] * len(edges)][: len(edges)]


def _wanted(node: Node) -> tuple[str, ...]:
    if not isinstance(node, OpNode):
        return ()
    of_edge = {k: name for name, k in node.plan.edge_of.items()}
    return tuple(of_edge[k] for k, _, _ in node.plan.steps)


class _Walk:
    """The nodes that lead to the roots. It refers to them, and is dropped with the call that made it."""

    def __init__(self, roots: Sequence[Node]) -> None:
        self.roots = roots
        self.edges: dict[Node, Sequence[Node | None]] = {}
        """What `following` shows of each node: asked for once, since steps are made anew at every call."""
        self.owners: dict[Node, Node] = {}
        self.slots: list[Slot] = []
        found = [_target(root) for root in roots]
        self.slots += [root for root in roots if isinstance(root, Slot)]
        for node in found:  # grows while it is read
            if node in self.edges:
                continue
            self.edges[node] = node.following()
            for edge in self.edges[node]:
                if edge is None:
                    continue
                if isinstance(edge, Slot):
                    self.slots.append(edge)
                elif isinstance(edge, Step):
                    self.owners[edge] = self.owners.get(node, node)
                found.append(_target(edge))

    def inputs(self, node: Node) -> Iterator[Node]:
        """The nodes that it shows as its inputs, each once."""
        return iter(dict.fromkeys(_target(edge) for edge in self.edges[node] if edge is not None))

    def as_tree(self) -> tuple[list[Node], dict[Node, Node]]:
        """The nodes in the order of a tree that shows each of them once, and the one that each stands under.

        A shared node stands under the user that is furthest from the roots, so that what leads to both branches of a
        residual block follows the longer one; a leaf under the first. The largest branch comes last: it goes on
        straight below, and only the others are indented.
        """
        roots = list(dict.fromkeys(_target(root) for root in self.roots))
        waiting = dict.fromkeys(self.edges, 0)
        for node in self.edges:
            for each in self.inputs(node):
                waiting[each] += 1
        sorted_nodes = [node for node, count in waiting.items() if not count]
        level = dict.fromkeys(sorted_nodes, 0)
        under: dict[Node, Node] = {}
        for node in sorted_nodes:  # grows while it is read
            for each in self.inputs(node):
                if level[node] + 1 > level.get(each, 0):
                    level[each] = level[node] + 1
                    under[each] = node
                waiting[each] -= 1
                if not waiting[each]:
                    sorted_nodes.append(each)
        size = dict.fromkeys(sorted_nodes, 1)
        for node in reversed(sorted_nodes):
            if node in under:
                size[under[node]] += size[node]
        order: dict[Node, None] = {}
        stack = [root for root in reversed(roots) if root not in under]
        while stack:
            node = stack.pop()
            if node in order:
                continue
            order[node] = None
            inner: list[Node] = []
            for each in self.inputs(node):
                if isinstance(each, AccumulateGrad) and each not in order:
                    under[each] = node
                if under[each] is node and each not in order:
                    inner.append(each)
            largest = max(
                (each for each in inner if not isinstance(each, AccumulateGrad)),
                key=lambda each: size[each],
                default=None,
            )
            stack += [largest] if largest is not None else []
            stack += [each for each in reversed(inner) if each is not largest]
        return list(order), under


class _Values:
    """The names, values and gradients that are known of the outputs of the nodes of a walk."""

    def __init__(self, walk: _Walk, named: Sequence[tuple[str, Tensor]], numbers: int) -> None:
        self._numbers = numbers
        self._shown: dict[int, Value] = {}
        """By the array's id: many nodes may have saved one large array."""
        self._walk = walk
        self._names: dict[tuple[Node, int], str] = {}
        self._tensors: dict[tuple[Node, int], Tensor] = {}
        """The tensors that the user has hold of."""
        self._kept: dict[tuple[Node, int], Any] = {}
        """Arrays that nodes saved: results of their own, or of the nodes of their inputs."""
        self._used: dict[Node, int] = {}
        """When the result of a node was first used."""
        for name, tensor in named:
            self._note(tensor._node, tensor, name)
        for node in (*walk.edges, *walk.slots):
            hooks = node.hooks
            self._note(node, node.variable if isinstance(node, AccumulateGrad) else hooks and hooks.retained(), "")
        for node in walk.edges:
            for edge in () if isinstance(node, Step) else node.edges:
                if edge is not None:
                    used = _target(edge)
                    self._used[used] = min(node.sequence, self._used.get(used, node.sequence))
            for name, content, state in _saved(node):
                place = _place(node, name, content)
                if place is not None and state is None:
                    self._kept[place] = content

    def _note(self, node: Node | None, tensor: Any, name: str) -> None:
        if node is None or tensor is None or _target(node) not in self._walk.edges:
            return
        place = _target(node), _output(node)
        # Two tensors may have one node, when one was made of the other's data: the first is the user's own.
        self._tensors.setdefault(place, tensor)
        if name:
            self._names.setdefault(place, name)

    def _value(self, array: Any) -> Value:
        if id(array) not in self._shown:
            self._shown[id(array)] = _value(array, self._numbers)
        return self._shown[id(array)]

    def outputs(self, node: Node) -> list[Output]:
        """What is known of the results of a node; nothing of a step's."""
        if isinstance(node, Step):
            return []
        several = node.outputs if node.outputs is not None else [(node.shape, node.dtype)]
        return [self._result(node, k, tuple(shape), dtype) for k, (shape, dtype) in enumerate(several)]

    def _result(self, node: Node, k: int, shape: tuple[int, ...], dtype: Any) -> Output:
        out = Output(shape, _dtype_name(dtype), self._names.get((node, k)))
        tensor = self._tensors.get((node, k))
        array = self._kept.get((node, k))
        if tensor is not None:
            leaf = isinstance(node, AccumulateGrad)
            out.changed = tensor._cell[1] > (self._used.get(node, tensor._cell[1]) if leaf else node.sequence)
            if leaf or not out.changed:
                array = tensor._array
            if tensor._grad is not None:
                out.grad = self._value(tensor._grad._array)
        if array is not None and tuple(array.shape) == shape:
            out.value = self._value(array)
        return out

    def saved(self, node: Node, ids: dict[Node, int]) -> list[Saved]:
        """What a node keeps, or that it does no longer."""
        found = []
        for name, content, state in _saved(node):
            if state is not None:
                found.append(Saved(name, state=state))
            elif is_array(content):
                place = _place(node, name, content)
                of = None if place is None else Link(ids[place[0]], place[1])
                found.append(Saved(name, self._value(content), of=of))
            else:
                found.append(Saved(name, text=_short(content)))
        return found


def _place(node: Node, name: str, content: Any) -> tuple[Node, int] | None:
    """The result in the graph that a saved array is: the node's own, or that of an input."""
    if not (isinstance(node, OpNode) and is_array(content)):
        return None
    plan = node.plan
    if name in plan.result_of:
        return node, 0 if node.outputs is None else plan.result_of[name]
    if name not in plan.edge_of or node.op.sequence:
        return None
    edge = node.edges[plan.edge_of[name]]
    # An operand that promotion has changed is not what the input's node gave.
    if edge is None or edge.shape != content.shape or edge.dtype != content.dtype:
        return None
    return _target(edge), _output(edge)


def _saved(node: Node) -> Iterator[tuple[str, Any, str | None]]:
    """The name of all that a node saved, and its content or why there is none."""
    if isinstance(node, OpNode):
        names = node.plan.names
        if node.saved is None or isinstance(node.saved, Packed):
            yield from ((name, None, FREED if node.saved is None else PACKED) for name in names)
            return
        spoiled = [cell[1] > node.sequence for cell in node.cells]
        cells = dict.fromkeys(node.plan.cell_names, any(spoiled))
        if not node.op.sequence:
            cells = dict(zip(node.plan.cell_names, spoiled, strict=True))
        for name, content in zip(names, node.saved, strict=True):
            state = WRITTEN if cells.get(name) else None
            if isinstance(content, list) and content and all(map(is_array, content)):
                yield from ((f"{name}[{k}]", each, state) for k, each in enumerate(content))
            else:
                yield name, content, state
    elif isinstance(node, BackwardCFunction):
        if node.ctx._saved is None:
            yield "saved_tensors", None, FREED
        for k, kept in enumerate(node.ctx._saved or ()):
            array, _, cell, version = kept if kept is not None else (None, None, [0], 0)
            state = PACKED if isinstance(array, PackedArray) else WRITTEN if cell[0] != version else None
            yield f"saved_tensors[{k}]", array, state


def _dtype_name(dtype: Any) -> str:
    return str(from_numpy_dtype(dtype)).removeprefix("torch.")


def _short(value: Any) -> str:
    """The text of what is no array; the name of its type where it holds more than plain values."""
    text = repr(value) if _plain(value) else f"{type(value).__name__}(...)"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, slice, np.generic, np.dtype, type(...)))


_LONGEST = 60
"""Of the text of a saved thing that is no array."""


def _value(array: Any, numbers: int) -> Value:
    host = to_host(whole(array))
    shape, dtype = tuple(array.shape), _dtype_name(host.dtype)
    if host.size <= numbers and not stands_for_many(array):
        return Value(shape, dtype, host.copy())
    flat = host.reshape(-1)
    if flat.dtype not in (np.float32, np.float64):
        flat = flat.astype(np.float64)
    nan, inf = int(np.isnan(flat).sum()), int(np.isinf(flat).sum())
    if nan or inf:
        flat = flat[np.isfinite(flat)]
    if not flat.size:
        return Value(shape, dtype, None, nan=nan, inf=inf)
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(flat))
    return Value(shape, dtype, None, float(flat.min()), float(flat.max()), norm, nan, inf)
