"""The autograd graph of a tensor: as a picture in a notebook, as DOT, as JSON, as text."""

from __future__ import annotations

import json
import math
import os
import sys
from html import escape
from pathlib import Path
from typing import Any

from minitorch.study.graph import picture
from minitorch.study.graph.explain import Explanation, summary
from minitorch.study.graph.snapshot import GraphNode, Link, Snapshot, Value
from minitorch.study.graph.wording import inline, shape_of, title

LIMIT = 500
"""Boxes that a picture may have: above it repeated parts are folded."""


def graph(loss: Any, params: Any = None, *, direction: str = "down", numbers: int = 16) -> Graph:
    """The graph that leads to a tensor, or to several, as it is now; a notebook shows its picture.

    `params` names the leaves: a Module, its `named_parameters()` or a dict; others are called as the caller's variables
    are. The picture runs "down" or "right". Tensors of up to `numbers` elements are shown whole. What is shown is
    copied: nothing is changed or kept alive. Raises RuntimeError for a tensor that does not require grad, TypeError for
    what is no tensor.
    """
    return Graph(loss, params, sys._getframe(1), numbers, direction)


class Graph(Snapshot):
    """The nodes of a graph, in torch's words, and what is known of their values: see `graph`."""

    def __init__(self, loss: Any, params: Any, frame: Any, numbers: int, direction: str) -> None:
        if direction not in picture.DIRECTIONS:
            raise ValueError(f'direction must be "down" or "right", not {direction!r}')
        super().__init__(loss, params, frame, numbers)
        self.direction = direction

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<Graph of {summary(self)}>"

    def __str__(self) -> str:
        return str(Explanation(self))

    def to_svg(self, direction: str | None = None) -> str:
        """The picture. Repeated parts are folded where it has more than 500 boxes; with more still it is a note.

        Raises ImportError where igraph, which lays it out, is not installed.
        """
        return picture.svg(self, summary(self), direction or self.direction, LIMIT)

    def to_html(self) -> str:
        """The picture in a box that scrolls, and the text below it; the text alone where igraph is not installed."""
        try:
            shown = f'<div style="overflow:auto;max-width:100%;max-height:80vh">{self.to_svg()}</div>'
            opened = ""
        except ImportError as missing:
            shown, opened = f"<p>{escape(str(missing))}</p>", " open"
        text = escape(Explanation(self).text(110))
        text = f'<pre style="overflow:auto">{text}</pre>'
        return f"{shown}<details{opened}><summary>The graph as text</summary>{text}</details>"

    def _repr_svg_(self) -> str | None:
        try:
            return self.to_svg()
        except ImportError:
            return None

    _repr_html_ = to_html

    def to_json(self, indent: int | None = None) -> str:
        """The graph as JSON: {"format": "minitorch-graph", "version": 1, "roots": [...], "nodes": [...]}.

        A root is {"node", "output"}; a node {"id", "name", "kind", "outputs", "saved", "freed", "inputs", "owner"}; an
        output {"name", "shape", "dtype", "value", "grad", "changed"}; a saved thing {"name", "value", "text", "state",
        "of"}; an input, in the order of next_functions, null or {"node", "output", "argument", "shape"}, the shape
        being that of the gradient that flows along it. A value is null or {"shape", "dtype", "data", "min", "max",
        "norm", "nan", "inf"}: the data of a small one, of a large one the rest, with the number of nans and infinities;
        in the data "nan", "inf" and "-inf" stand for them. Fields may be added.
        """
        content = {
            "format": "minitorch-graph",
            "version": 1,
            "roots": [{"node": root.node, "output": root.output} for root in self.roots],
            "nodes": [self._node(node) for node in self.nodes],
        }
        return json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)

    def to_dot(self, direction: str | None = None) -> str:
        """The graph for Graphviz: an edge runs from what gave a result to what used it, and says its shape."""
        wanted = direction or self.direction
        if wanted not in picture.DIRECTIONS:
            raise ValueError(f'direction must be "down" or "right", not {wanted!r}')
        lines = [
            "digraph minitorch {",
            f"  rankdir={'TB' if wanted == 'down' else 'LR'};",
            '  node [shape=box, style=filled, fillcolor="#eaeef2", fontname="monospace"];',
            '  edge [fontname="monospace", fontsize=10];',
        ]
        for node in self.nodes:
            looks = ', style="filled,rounded", fillcolor="#dbeafe"' if node.kind == "leaf" else ""
            looks = ", style=dashed" if node.kind == "step" else looks
            lines.append(f"  n{node.id} [label={_quoted(_label(node))}{looks}];")
        for node in self.nodes:
            for link in node.links:
                if link is not None:
                    lines.append(f"  n{link.node} -> n{node.id} [label={_quoted(self._edge_label(link))}];")
        return "\n".join([*lines, "}", ""])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the graph to a file of the kind that its name ends in: .svg, .html, .dot (or .gv) or .json.

        Raises ValueError for any other ending.
        """
        kinds = {
            ".svg": self.to_svg,
            ".html": self._page,
            ".dot": self.to_dot,
            ".gv": self.to_dot,
            ".json": self.to_json,
        }
        make = kinds.get(Path(path).suffix.lower())
        if make is None:
            raise ValueError(f"save: {os.fspath(path)!r} must end in {', '.join(kinds)}")
        Path(path).write_text(make(), encoding="utf-8")

    def _page(self) -> str:
        name = escape(summary(self))
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
            '<meta name="color-scheme" content="light dark"></head>'
            f'<body><h1 style="font:600 16px sans-serif">{name}</h1>{self.to_html()}</body></html>\n'
        )

    def _node(self, node: GraphNode) -> dict[str, Any]:
        return {
            "id": node.id,
            "name": node.name,
            "kind": node.kind,
            "outputs": [
                {
                    "name": out.name,
                    "shape": list(out.shape),
                    "dtype": out.dtype,
                    "value": _as_json(out.value),
                    "grad": _as_json(out.grad),
                    "changed": out.changed,
                }
                for out in node.outputs
            ],
            "saved": [
                {
                    "name": saved.name,
                    "value": _as_json(saved.value),
                    "text": saved.text,
                    "state": saved.state,
                    "of": saved.of and {"node": saved.of.node, "output": saved.of.output},
                }
                for saved in node.saved
            ],
            "freed": node.freed,
            "inputs": [link and self._input(link) for link in node.links],
            "owner": node.owner,
        }

    def _input(self, link: Link) -> dict[str, Any]:
        outputs = self.nodes[link.node].outputs
        shape = list(outputs[link.output].shape) if outputs else None
        return {"node": link.node, "output": link.output, "argument": link.argument, "shape": shape}

    def _edge_label(self, link: Link) -> str:
        outputs = self.nodes[link.node].outputs
        which = f"{link.output}: " if len(outputs) > 1 else ""
        return f"{which}{outputs[link.output].shape}" if outputs else ""


def _label(node: GraphNode) -> str:
    lines = [title(node)]
    for out in node.outputs:
        lines.append(shape_of(out))
        if out.value is not None:
            lines.append(f"value {inline(out.value)}")
        if out.grad is not None:
            lines.append(f"grad {inline(out.grad)}")
    if node.freed:
        lines.append("freed")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A string of DOT's: quotes and backslashes escaped, each line centred."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(escaped.splitlines()) + '"'


def _as_json(value: Value | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "shape": list(value.shape),
        "dtype": value.dtype,
        "data": None if value.array is None else _numbers(value.array.tolist()),
        "min": _numbers(value.low),
        "max": _numbers(value.high),
        "norm": _numbers(value.norm),
        "nan": value.nan,
        "inf": value.inf,
    }


def _numbers(content: Any) -> Any:
    """The numbers that JSON has, and the names of those that it has not."""
    if isinstance(content, list):
        return [_numbers(each) for each in content]
    return content if not isinstance(content, float) or math.isfinite(content) else str(content)
