"""How shapes, numbers and values are written in a tree or a picture."""

from __future__ import annotations

import textwrap
from typing import Any

from minitorch.study.graph.snapshot import GraphNode, Output, Value


def number(x: Any) -> str:
    """A number in at most four digits; a whole float of up to seven keeps them all, and its point."""
    if not isinstance(x, float):
        return str(x)
    return f"{x:.1f}" if x.is_integer() and abs(x) < 1e7 else f"{x:.4g}"


def spread(value: Value) -> str:
    """The range and the norm of a large array, and how much of it is not finite."""
    parts = []
    if value.low is not None and value.high is not None and value.norm is not None:
        low, high = number(value.low), number(value.high)
        same = value.low == value.high and not value.nan and not value.inf
        parts = [f"all {low}" if same else f"{low} to {high}", f"norm {number(value.norm)}"]
    parts += [f"{count:,} {name}" for count, name in ((value.nan, "nan"), (value.inf, "inf")) if count]
    return ", ".join(parts)


def inline(value: Value) -> str:
    """The numbers in brackets, on one line; the range of a large array."""
    return spread(value) if value.array is None else _nested(value.array.tolist())


def _nested(content: Any) -> str:
    return f"[{', '.join(map(_nested, content))}]" if isinstance(content, list) else number(content)


def rows(value: Value, width: int, height: int) -> list[str]:
    """As `inline`, over at most `height` lines: a matrix row by row in columns. What has no room gets its range."""
    array = value.array
    if array is None or not array.size:
        return textwrap.wrap(inline(value), width)
    if array.ndim == 2 and array.shape[0] > 1:
        texts = [[number(x) for x in row] for row in array.tolist()]
        widest = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines = ["  ".join(text.rjust(w) for text, w in zip(row, widest, strict=True)) for row in texts]
    else:
        lines = textwrap.wrap(inline(value), width)
    if len(lines) <= height and max(map(len, lines)) <= width:
        return lines
    return [f"{number(array.min().item())} to {number(array.max().item())}"]


def shape_of(output: Output) -> str:
    """Shape and dtype: `(3, 4) float32`."""
    return f"{output.shape} {output.dtype}"


def title(node: GraphNode) -> str:
    """What a node is called: a leaf by its name or its shape, an operation by torch's name and its result's."""
    names = [out.name for out in node.outputs if out.name]
    if node.kind == "leaf":
        return names[0] if names else f"leaf {node.outputs[0].shape}"
    return f"{', '.join(names)} = {node.name}" if names else node.name
