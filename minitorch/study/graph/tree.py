"""The graph read as a tree: what goes on straight below a node, what branches off, and what repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch.study.graph.snapshot import Link, Snapshot

_LONGEST_PERIOD = 32
_LEAST_REPEATS = 4


class Fold(NamedTuple):
    """Nodes that repeat those right before them."""

    first: int
    last: int
    period: tuple[int, ...]
    """The nodes that they repeat."""
    times: int
    """How often."""


class Tree:
    """The trunk and the branches of every node.

    The trunk goes on with the largest of the inputs, so every branch is at most half as large as what it leaves: there
    are few levels of branches, however deep the graph is.
    """

    def __init__(self, graph: Snapshot) -> None:
        self.graph = graph
        count = len(graph.nodes)
        self.end = list(range(count))
        """The last node of what stands under each node."""
        self.next: list[int | None] = [None] * count
        """The node that the trunk goes on with."""
        for node in reversed(graph.nodes):
            if node.under is not None:
                self.end[node.under] = max(self.end[node.under], self.end[node.id])
                if node.kind != "leaf" and self.next[node.under] is None:
                    self.next[node.under] = node.id  # the last of them, which is the largest
        self._kinds: dict[Any, int] = {}
        self._whole = [0] * count
        """A number for what stands under each node: the same for the like."""
        self._alone = [0] * count
        """As `_whole`, without the trunk that goes on."""
        for node in reversed(graph.nodes):
            self._alone[node.id] = self._kind_of(node.id, with_trunk=False)
            self._whole[node.id] = self._kind_of(node.id, with_trunk=True)

    @property
    def tops(self) -> list[int]:
        """The nodes that stand under no other."""
        return [node.id for node in self.graph.nodes if node.under is None]

    def branches(self, id: int) -> list[Link]:
        """The inputs of a node that branch off, in their order: leaves, and what is shown elsewhere, among them."""
        links = [link for link in self.graph.nodes[id].links if link is not None]
        trunk = self.trunk_link(id)
        return [link for link in links if link is not trunk]

    def trunk_link(self, id: int) -> Link | None:
        """The input that the trunk goes on with."""
        after = self.next[id]
        return next((link for link in self.graph.nodes[id].links if link is not None and link.node == after), None)

    def trunk(self, id: int) -> list[int]:
        """The nodes from this one straight down."""
        nodes = [id]
        while (after := self.next[nodes[-1]]) is not None:
            nodes.append(after)
        return nodes

    def folds(self, nodes: Sequence[int]) -> dict[int, Fold]:
        """What repeats itself along a trunk, by the first node that is a repetition."""
        kinds = [self._alone[id] for id in nodes]
        found = {}
        k = 0
        while k < len(nodes):
            for period in range(1, min(_LONGEST_PERIOD, (len(nodes) - k) // _LEAST_REPEATS) + 1):
                like = k
                while like + period < len(nodes) and kinds[like] == kinds[like + period]:
                    like += 1
                repeats = (like - k) // period + 1
                if repeats < _LEAST_REPEATS:
                    continue
                first, after = k + period, k + repeats * period
                last = nodes[after] - 1 if after < len(nodes) else self.end[nodes[-1]]
                found[nodes[first]] = Fold(nodes[first], last, tuple(nodes[k:first]), repeats - 1)
                k = after
                break
            else:
                k += 1
        return found

    def all_folds(self) -> list[Fold]:
        """The folds of all trunks that are not within another's fold."""
        found: list[Fold] = []
        waiting = self.tops
        while waiting:
            trunk = self.trunk(waiting.pop())
            folds = self.folds(trunk)
            found += folds.values()
            hidden = {id for fold in folds.values() for id in range(fold.first, fold.last + 1)}
            waiting += [
                link.node
                for id in trunk
                if id not in hidden
                for link in self.branches(id)
                if self.graph.nodes[link.node].under == id and self.graph.nodes[link.node].kind != "leaf"
            ]
        return found

    def _kind_of(self, id: int, *, with_trunk: bool) -> int:
        node = self.graph.nodes[id]
        if node.kind == "leaf":
            known = node.outputs[0]
            kind: Any = ("leaf", id) if known.name else ("leaf", known.shape)
        else:
            shapes = tuple(out.shape for out in node.outputs)
            named = tuple(out.name for out in node.outputs)
            inner = [self._part(id, link, with_trunk) for link in node.links]
            kind = (node.name, shapes, named, *inner)
        return self._kinds.setdefault(kind, len(self._kinds))

    def _part(self, id: int, link: Link | None, with_trunk: bool) -> Any:
        if link is None:
            return None
        node = self.graph.nodes[link.node]
        if node.kind != "leaf" and node.under != id:
            return ("see", node.name)
        if not with_trunk and self.next[id] == link.node:
            return ("trunk", link.argument)
        return self._whole[link.node]
