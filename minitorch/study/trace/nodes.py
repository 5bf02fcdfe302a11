"""What a node of the graph tells: its place, its hooks, what its arguments are called, what a Function has saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.autograd.engine import fit
from minitorch.autograd.function import BackwardCFunction, Function
from minitorch.autograd.graph import OpNode
from minitorch.autograd.views import CopySlices
from minitorch.backend import is_array
from minitorch.node import Node, Slot


def key_of(node: Node) -> tuple[int, int]:
    """Which output of which node a node stands for: a Slot is one of several."""
    return (id(node.target), node.index) if isinstance(node, Slot) else (id(node), 0)


def hooked(node: Node) -> bool:
    """Whether a function of the user's sees the gradient of a node, and could change it: retain_grad's cannot."""
    hooks = node.hooks
    return hooks is not None and bool(hooks.tensor or hooks.before or hooks.after or hooks.accumulated)


def fitted(array: Any, edge: Node, node: Node) -> Any:
    """As the engine fits a gradient to the shape and dtype of what it belongs to."""
    array = np.asarray(array) if not is_array(array) else array
    if array.shape != edge.shape:
        array = fit(array, edge, node)
    return array.astype(edge.dtype, copy=False)


def edge_names(node: Node) -> list[str]:
    """What the arguments are called that a node gives gradients of."""
    if isinstance(node, OpNode):
        names = sorted(node.plan.edge_of, key=lambda name: node.plan.edge_of[name])
        if node.op.sequence:
            return [f"{names[0]}[{k}]" for k in range(len(node.edges))]
        return names
    if isinstance(node, CopySlices):
        return ["base", "values"]
    if isinstance(node, BackwardCFunction):
        return function_names(node.function, len(node.edges))
    return [str(k) for k in range(len(node.edges))]


def function_names(function: Any, count: int) -> list[str]:
    """What a user's Function calls the arguments of its forward; numbers where it has no names for them."""
    code = getattr(function.forward, "__code__", None)
    first = 1 if function.setup_context is Function.setup_context else 0
    names = [] if code is None else list(code.co_varnames[first : code.co_argcount])
    return [names[k] if k < len(names) else str(k) for k in range(count)]


def saved_of_function(node: Node) -> list[tuple[str, Any]]:
    """What a user's Function has saved, as far as no hook holds it; nothing for any other node."""
    saved = (node.ctx._saved or ()) if isinstance(node, BackwardCFunction) else ()
    return [(f"saved_tensors[{k}]", kept[0]) for k, kept in enumerate(saved) if kept is not None and is_array(kept[0])]
