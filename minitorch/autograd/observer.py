"""Who watches the engine at work: anomaly mode, hooks on what is saved, the study tools.

An operation asks whether `observers` is empty, and that is all that watching costs while nobody does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.node import Node
from minitorch.tensor import Tensor


class Observer:
    """Is told what the engine does, in the thread that does it; a subclass overrides what it wants to know of."""

    def op_begins(self, op: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """An operation is called: its arguments, in the order of `op.parameters`, with the defaults filled in.

        It failed if no `op_ends` follows.
        """

    def node_made(self, node: Node) -> None:
        """An operation was recorded for backward."""

    def op_ends(self, op: Callable[..., Any], args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        """The operation gave these tensors; those that are in the graph point to its node."""

    def call_begins(self, function: Any, args: tuple[Any, ...]) -> None:
        """A user's Function is applied to these arguments; what its forward does is told in between."""

    def call_ends(self, function: Any, args: tuple[Any, ...], results: Sequence[Any]) -> None:
        """The Function gave these; it failed if this does not follow."""

    def write_begins(self, tensor: Tensor, result: Tensor, name: str) -> None:
        """The in-place operation `name` is about to write `result` to a tensor."""

    def written(self, tensor: Tensor, name: str) -> None:
        """The in-place operation `name` has written to a tensor, which is in the graph as what was written."""

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        """A backward pass starts from these nodes, each with its gradient."""

    def pull_begins(self, node: Node, g: Any) -> None:
        """A node is about to run: `g` is the whole gradient of its output, a list of them where it has several."""

    def pull_ends(self, node: Node, g: Any, results: Sequence[Any]) -> None:
        """It gave these gradients, one for each of its edges, not yet fitted to their shapes and dtypes."""

    def freed(self, node: Node) -> None:
        """A node is about to drop what it saved."""

    def accumulated(self, node: Node, g: Any) -> None:
        """`g` was added to the `.grad` of the leaf of this AccumulateGrad."""

    def captured(self, node: Node, g: Any) -> None:
        """`g` is the whole gradient of a node that was asked for by `inputs=`, as `grad` does."""

    def backward_ends(self) -> None:
        """The backward pass is over; it is not said of one that failed."""


observers: list[Observer] = []
"""Those who watch at the moment."""
