"""Tensors into a batch and out of it again, in the graph: what `vmap` does to inputs, outputs and what is captured.

A level is named by the sizes of the batches within which it lies and its own, as the classes of batched arrays are.
Gradients pass the same ways backward. They may be batched once more than the tensors were (when a vjp is mapped over
its vectors after the function was run): such outer wrappings are taken off first, and put on again after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.graph import joiners
from minitorch.autograd.modes import modes
from minitorch.backend import Array, array_module
from minitorch.func.batched import BatchedArray, depth_of
from minitorch.func.functions import batched_type
from minitorch.node import AccumulateGrad, Node
from minitorch.tensor import Tensor, wrap

Sizes = tuple[int, ...]


class _Stack(threading.local):
    """The sizes of the batches that this thread is within, the outermost first."""

    sizes: Sizes = ()


stack = _Stack()


def _base(array: Array) -> Any:
    return array.base_module if isinstance(array, BatchedArray) else array_module(array)


def _type(base: Any, sizes: Sizes) -> type[BatchedArray]:
    kind = batched_type(base, sizes)
    if kind not in joiners:
        joiners[kind] = lambda tensor: share(tensor, sizes)
    return kind


def _enter_array(array: Array, sizes: Sizes, dim: int) -> BatchedArray:
    if depth_of(array) >= len(sizes):  # a gradient that is batched once more than what it is the gradient of
        inner = _enter_array(array.inner, sizes, dim + 1)
        return _type(array.base_module, sizes + array.sizes[len(sizes) - 1 :])(inner)
    return _type(_base(array), sizes)(array_module(array).moveaxis(array, dim, 0))


def _leave_array(array: Array, sizes: Sizes, dim: int) -> Array:
    """An array that is not batched at this level is the same for all items."""
    if depth_of(array) > len(sizes):
        inner = _leave_array(array.inner, sizes, dim + 1)
        return _type(array.base_module, sizes[:-1] + array.sizes[len(sizes) :])(inner)
    if depth_of(array) == len(sizes):
        inner = array.full_inner()
    else:
        inner = array_module(array).broadcast_to(array, (sizes[-1], *array.shape))
    return array_module(inner).moveaxis(inner, 0, dim)


class _Crossing(Node):
    """The node of a tensor that went from one level to another; its gradient goes the other way."""

    def __init__(self, edge: Node, array: Array, back: Callable[[Any, bool], Any]) -> None:
        self.edges = (edge,)
        self.shape, self.dtype = array.shape, array.dtype
        self._back = back
        self.number()

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        return (self._back(g, lifted is not None),)


class BatchBackward0(_Crossing):
    """That of a tensor that vmap maps over."""


class UnbatchBackward0(_Crossing):
    """That of an output of vmap."""


class ShareBackward0(_Crossing):
    """That of a tensor that all items of a batch share."""


class FunctionInput(AccumulateGrad):
    """The end of a function's graph at one of its inputs, where a gradient is taken but nothing accumulates."""

    active = True
    """Whether the function still runs. After, the input is a constant to everyone else."""

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        return ()


class AliasBackward0(_Crossing):
    """That of an input of a function whose gradient is taken."""


def _crossed(tensor: Tensor, array: Array, back: Callable[[Any, bool], Any], node: type[_Crossing]) -> Tensor:
    out: Tensor = wrap(array)
    edge = tensor._current_node()
    if edge is not None and modes.grad:
        out._node = node(edge, array, back)
    return out


def enter(tensor: Tensor, sizes: Sizes, dim: int) -> Tensor:
    """The tensor batched along `dim`: one item for each of the innermost batch of `sizes`."""
    tensor = share(tensor, sizes[:-1])

    def back(g: Any, recorded: bool) -> Any:
        return leave(g, sizes, dim) if recorded else _leave_array(g, sizes, dim)

    out = _crossed(tensor, _enter_array(tensor._array, sizes, dim), back, BatchBackward0)
    out._cell = tensor._cell
    return out


def leave(tensor: Tensor, sizes: Sizes, dim: int) -> Tensor:
    """The whole batch as one tensor again, its items along `dim`; the same for all items where it is not batched."""
    tensor = share(tensor, sizes)

    def back(g: Any, recorded: bool) -> Any:
        return enter(g, sizes, dim) if recorded else _enter_array(g, sizes, dim)

    return _crossed(tensor, _leave_array(tensor._array, sizes, dim), back, UnbatchBackward0)


def share(tensor: Tensor, sizes: Sizes) -> Tensor:
    """The tensor as one that all items of the batches of `sizes` share: its gradient is the sum of theirs."""
    for depth in range(depth_of(tensor._array) + 1, len(sizes) + 1):
        tensor = _share(tensor, sizes[:depth])
    return tensor


def _share(tensor: Tensor, sizes: Sizes) -> Tensor:

    def back(g: Any, recorded: bool) -> Any:
        return leave(g, sizes, 0).sum(0) if recorded else _leave_array(g, sizes, 0).sum(axis=0, dtype=g.dtype)

    array = _type(_base(tensor._array), sizes)(tensor._array[None])
    return _crossed(tensor, array, back, ShareBackward0)


def function_input(tensor: Tensor, active: bool = True) -> Tensor:
    """The same elements as a leaf of a function's graph."""
    leaf = tensor.detach()
    node = FunctionInput(leaf)
    node.active = active
    leaf._node = node
    return leaf


def copy_of(tensor: Tensor) -> Tensor:
    """The same elements at a place of its own in the graph, so that a gradient can end there or pass."""
    out = _crossed(tensor, tensor._array, lambda g, recorded: g, AliasBackward0)
    out._cell = tensor._cell
    return out
