"""The nodes of the graph: what a tensor points to, and where gradients flow.

A tensor that an operation made points to that operation's node; a leaf that requires grad points to its AccumulateGrad;
every other tensor points to None. A node points to the nodes of its inputs, so the graph is a plain web of references
from the loss to the leaves, with nothing that points back: dropping the loss frees it.

A node knows the shape and dtype of the gradient it takes. Whoever delivers one (the engine) fits it to them, which is
where broadcasting is undone.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.naming import torch_name

next_sequence = itertools.count(1).__next__
"""Nodes and in-place writes are numbered as they happen. An input is made before what uses it, so the numbers sort any
graph; a write that is later than a node has spoiled what that node saved of the written tensor."""


class Hooks:
    """The functions that watch one node."""

    def __init__(self) -> None:
        self.tensor: dict[int, Callable[[Any], Any]] = {}
        """Called with the gradient of the output as a Tensor; may return one to use in its place."""
        self.retain: Callable[[Any], None] | None = None
        """Called after those with the gradient that is passed on: how retain_grad keeps it."""
        self.retained: Callable[[], Any] = lambda: None
        """The tensor that retain_grad was called on; None where there is none, or none any more."""
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}
        self.accumulated: dict[int, Callable[[Any], None]] = {}
        """At a leaf: called with it after its `.grad` has changed."""


class Node:
    """One step of the graph: it takes the gradient of its output and gives those of its inputs."""

    edges: tuple[Node | None, ...] = ()
    """The nodes of the inputs, in their order; None where no gradient is wanted."""
    shape: tuple[int, ...] = ()
    dtype: Any = None
    sequence: int = 0
    outputs: Sequence[tuple[tuple[int, ...], Any]] | None = None
    """Shape and dtype of every output of an operation that may have several, whose gradients come in as a list."""
    hooks: Hooks | None = None
    traceback: str | None = None
    """Where the forward operation was called; kept in anomaly mode only."""

    def number(self) -> None:
        """Takes the next sequence number."""
        self.sequence = next_sequence()

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        """The gradients of the inputs, aligned with `edges`, from that of the output.

        `needed` is None, or holds the nodes whose gradient is wanted. `lifted` is None for raw arrays, else the
        namespace over Tensors, and then `g` is a Tensor.
        """
        raise NotImplementedError(f"{type(self).__name__}.pull")

    def free(self) -> None:
        """Drops the saved values; a node that saved none stays usable."""

    def watch(self) -> Hooks:
        """The hooks of this node, made at the first use."""
        if self.hooks is None:
            self.hooks = Hooks()
        return self.hooks

    def name(self) -> str:
        """The name of the node, torch's: `MulBackward0`."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes of the inputs, each with the number of the output that was used."""
        return tuple((edge.target, edge.index) if isinstance(edge, Slot) else (edge, 0) for edge in self.following())

    def following(self) -> Sequence[Node | None]:
        """The nodes that next_functions shows; None where no gradient is wanted."""
        return self.edges

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on this node."""
        notes: dict[Any, Any] = self.__dict__.setdefault("_metadata", {})
        return notes

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Calls `fn(grad_inputs, grad_outputs)` after this node ran; a tuple that it returns replaces grad_inputs."""
        return RemovableHandle(self.watch().after, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Calls `fn(grad_outputs)` before this node runs; a tuple that it returns replaces grad_outputs."""
        return RemovableHandle(self.watch().before, fn)

    def __repr__(self) -> str:
        return f"<{torch_name(type(self))} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds the gradient to the leaf's `.grad`."""

    __module__ = "builtins"  # as torch's nodes report it, so that the type prints as `<class 'AccumulateGrad'>`

    def __init__(self, leaf: Any) -> None:
        self._leaf = weakref.ref(leaf)
        self.shape = leaf._array.shape
        self.dtype = leaf._array.dtype
        self.number()

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    @property
    def variable(self) -> Any:
        """The leaf tensor; None once it is gone."""
        return self._leaf()


class Slot(Node):
    """One output of a node that has several: gathers that output's gradient for it."""

    def __init__(self, target: Node, index: int, shape: tuple[int, ...], dtype: Any) -> None:
        self.target = target
        self.index = index
        self.edges = (target,)
        self.shape = shape
        self.dtype = dtype
        self.number()


class RemovableHandle:
    """Takes a hook off again: by `remove()`, or at the end of a `with` block."""

    _ids = itertools.count()

    def __init__(self, hooks: dict[int, Any], hook: Any, *, first: bool = False) -> None:
        self.id = next(RemovableHandle._ids)
        self._hooks = hooks
        if first:
            later = dict(hooks)
            hooks.clear()
            hooks[self.id] = hook
            hooks.update(later)
        else:
            hooks[self.id] = hook

    def remove(self) -> None:
        """Takes the hook off; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
