"""A computation graph as one draws it by hand: inputs on the left, the loss on the right, a circle for an operation.

Above each edge stands the value that went forward along it, below it the gradient that came back. Both are the run's:
a value is taken when its tensor is put into the graph, a gradient by a hook, when `backward` first comes by.

    graph = Graph()
    graph.leaf("w", w, at=(0, 0))
    graph.leaf("x", 3.0, at=(0, 2))
    graph.operation("×", "ŷ", y_hat, ("w", "x"), at=(1, 1))
    ...
    loss.backward()
    graph.draw(axes, "y = w x")
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

Place = tuple[float, float]
"""How far from the left and from the top: a column and a row, which may lie between others."""

SIZE = 28
"""Of a circle or square, in points."""
COLUMN = 1.35
"""How far apart columns are, if rows are 1 apart: the numbers stand between columns."""
FORWARD, BACKWARD = "tab:blue", "tab:red"


@dataclass
class Node:
    """An input, or an operation together with the tensor that leaves it, whose name it goes by."""

    name: str
    symbol: str
    inputs: tuple[str, ...]
    at: Place
    value: float
    gradient: float | None = None


class Graph:
    """The graph of a forward pass, each tensor of which holds one number; the last one put into it is the loss."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def leaf(self, name: str, value: torch.Tensor | float, at: Place) -> None:
        """Put in an input: a weight, or a number that needs no gradient."""
        self._add(name, name, (), value, at)

    def operation(self, symbol: str, name: str, result: torch.Tensor, inputs: tuple[str, ...], at: Place) -> None:
        """Put in what made the tensor `result`, from now on called `name`, of those that are called `inputs`."""
        for unknown in set(inputs) - set(self.nodes):
            raise ValueError(f"operation {symbol} of {unknown}: expected inputs among {', '.join(self.nodes)}")
        self._add(name, symbol, inputs, result, at)

    def _add(self, name: str, symbol: str, inputs: tuple[str, ...], value: torch.Tensor | float, at: Place) -> None:
        tensor = torch.as_tensor(value)
        node = Node(name, symbol, inputs, (COLUMN * at[0], at[1]), tensor.item())
        self.nodes[name] = node

        def keep(gradient: torch.Tensor) -> None:
            if node.gradient is None:  # weights live on, and later steps come by too
                node.gradient = gradient.item()

        if tensor.requires_grad:
            tensor.register_hook(keep)

    def draw(self, axes: Any, title: str) -> None:
        """Draw it into matplotlib's axes, which then show nothing else."""
        for node in self.nodes.values():
            users = [user.at for user in self.nodes.values() for name in user.inputs if name == node.name]
            ends = users or [(node.at[0] + 0.9 * COLUMN, node.at[1])]  # the loss goes out on the right
            for end in ends:
                arrow = {"arrowstyle": "-|>", "color": "gray", "shrinkA": 0, "shrinkB": SIZE / 2 if users else 0}
                axes.annotate("", end, node.at, arrowprops=arrow, zorder=1)  # it begins below the shape
            face = "white" if node.inputs else "whitesmoke" if node.gradient is None else "mistyrose"
            axes.plot(*node.at, "o" if node.inputs else "s", markersize=SIZE, color="black", markerfacecolor=face)
            axes.text(*node.at, node.symbol, ha="center", va="center_baseline", fontsize=12)
            self._numbers(axes, node, ends)
        columns, rows = zip(*(node.at for node in self.nodes.values()), strict=True)
        axes.set(xlim=(min(columns) - 0.3, max(columns) + COLUMN), ylim=(max(rows) + 0.4, min(rows) - 0.4), title=title)
        axes.set_aspect("equal")
        axes.axis("off")

    def _numbers(self, axes: Any, node: Node, ends: list[Place]) -> None:
        """Write along an edge what flows along it; of a tensor with several users, as gradients add up, beside it."""
        (x, y), angle, gap = node.at, 0.0, SIZE / 2 + 3
        if len(ends) == 1:
            (end_x, end_y), gap = ends[0], 2
            angle = math.atan2(y - end_y, end_x - x)  # rows count downwards
            x, y = (x + end_x) / 2, (y + end_y) / 2
        up = -gap * math.sin(angle), gap * math.cos(angle)
        style = {"textcoords": "offset points", "ha": "center", "rotation": math.degrees(angle), "fontsize": 9}
        style["rotation_mode"] = "anchor"
        value = f"{node.name} = {_number(node.value)}" if node.inputs else _number(node.value)
        axes.annotate(value, (x, y), up, va="bottom", color=FORWARD, **style)
        if node.gradient is not None:
            gradient = f"∂{list(self.nodes)[-1]}/∂{node.name} = {_number(node.gradient)}"
            axes.annotate(gradient, (x, y), (-up[0], -up[1]), va="top", color=BACKWARD, **style)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
