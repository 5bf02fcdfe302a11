"""Where tensors come from: which output of which operation each is, or which leaf."""

from __future__ import annotations

import types
import weakref
from collections.abc import Iterator
from typing import Any

from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.node import AccumulateGrad, Node, Slot
from minitorch.study.many import unshared
from minitorch.study.trace.record import Record
from minitorch.tensor import Tensor

Origin = dict[str, Any] | None


class ById:
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


class Origins:
    """Knows of each tensor which output of which operation it is, or which leaf, and enters leaves into the record."""

    def __init__(self) -> None:
        self.record = Record()
        self._see = self.record.values.see
        self._modules: list[tuple[Module, int, types.FrameType]] = []
        """The modules whose forward is under way, the innermost last: its number, and the frame that called it."""
        self._tensors = ById()
        """Where each tensor comes from, with the node that it had then."""
        self._arrays = ById()
        """The same by array: that of `x.data` and `x.detach()` is that of x."""
        self._leaf_arrays = ById()
        """The leaf, by its array and by that of its gradient."""
        self._nodes = ById()
        self._leaves = ById()
        self._next_leaf = 0

    def _origin(self, tensor: Tensor) -> Origin:
        """Which output of which operation a tensor is, or which leaf; a leaf is entered when it is first seen."""
        node = unshared(tensor._node)
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

    def _leaf_of(self, tensor: Tensor) -> int | None:
        """The leaf whose memory a tensor lies in: itself, its `.data`, or its gradient."""
        known = self._leaves.get(tensor)
        if known is not None:
            return int(known)
        view = tensor._view
        found = self._leaf_arrays.get(tensor._array if view is None else view.base._array)
        return None if found is None else int(found["leaf"])
