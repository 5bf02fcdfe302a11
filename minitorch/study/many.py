"""Arrays that stand for many at once, as they are within `vmap`: what the study tools read of them."""

from __future__ import annotations

from typing import Any

from minitorch.func.batched import BatchedArray
from minitorch.func.levels import ShareBackward0
from minitorch.node import AccumulateGrad, Node
from minitorch.tensor import Tensor


def stands_for_many(array: Any) -> bool:
    """Whether an array has elements for each item of a batch, and shows the shape of one."""
    return isinstance(array, BatchedArray)


def unshared(node: Node | None) -> Node | None:
    """The node of a tensor outside vmap, for that of what all items of a batch share: a captured weight, say."""
    while isinstance(node, ShareBackward0):
        node = node.edges[0]
    return node


def outside(tensor: Tensor) -> Tensor:
    """The leaf outside vmap that a tensor is within it, shared by all items; the tensor itself if it is none."""
    node = unshared(tensor._node)
    leaf: Tensor | None = node.variable if node is not tensor._node and isinstance(node, AccumulateGrad) else None
    return tensor if leaf is None else leaf
