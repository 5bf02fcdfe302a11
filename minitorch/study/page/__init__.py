"""A trace as one HTML page to study it in: the graph, the numbers, the script, and a timeline to step through.

The page is one file that loads nothing. Its policy (CSP) lets only its own script and style run, so that whatever a
traced script is called or contains stays text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import math
import re
from pathlib import Path
from typing import Any

from minitorch.ops import (
    activation,
    arithmetic,
    bits,
    choices,
    comparison,
    copies,
    exponentials,
    powers,
    rounding,
    special,
    trigonometry,
)
from minitorch.study.layout import grid

_FILES = Path(__file__).parent / "web"
_SCRIPTS = (
    "text",
    "data",
    "steps",
    "geometry",
    "graph",
    "state",
    "view",
    "folds",
    "pictures",
    "details",
    "source",
    "controls",
)
"""The parts of the page's script, which are one function in the page, in the order in which they run."""
_MIXING = {"softmax", "log_softmax", "glu"}
"""Activations whose every output depends on many inputs."""
_FAMILIES = (
    copies,
    arithmetic,
    rounding,
    choices,
    powers,
    exponentials,
    trigonometry,
    special,
    bits,
    comparison,
    activation,
)
ELEMENTWISE = {
    name.removeprefix("_") for module in _FAMILIES for name, member in vars(module).items() if hasattr(member, "rules")
} - _MIXING
"""The operations whose local derivative is a number for each element, so that the page can show it."""

_APART = {"update": "the update", "backward": "backward, recorded itself"}
"""The phases whose operations stand in a box of their own, and its name."""

_MANY = 8
"""Of more inputs without a name (the samples that a batch is stacked of) none is drawn at their operation."""


def render(data: dict[str, Any]) -> str:
    """The page of a trace (its JSON as a dict): a whole HTML document, which needs no network.

    Raises ValueError where `data` is no trace, and ImportError where igraph, which lays the graph out, is missing.
    """
    if not isinstance(data, dict) or data.get("format") != "minitorch-trace":
        raise ValueError('expected a trace: a dict whose "format" is "minitorch-trace"')
    style, template = (_FILES.joinpath(name).read_text("utf-8") for name in ("page.css", "page.html"))
    script = "\n".join(_FILES.joinpath(f"{name}.js").read_text("utf-8") for name in _SCRIPTS)
    script = f'"use strict";\n(() => {{\n{script}}})();\n'
    parts = {
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": html.escape(str(data.get("title") or "trace")),
        "style": style,
        "script": script,
        "trace": _embedded(data),
        "layout": _embedded(arrange(data)),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def arrange(data: dict[str, Any]) -> dict[str, Any]:
    """The graph of a trace as nested boxes, each laid out by itself, so that any of them can be folded.

    `boxes`: the whole, then one for each call of a module, then the phases apart; each has its `nodes` (operations,
    leaves, values from before, boxes, and `in` and `out`, where edges cross its border) and their `rows`, `columns`,
    `edges` and `bends`. `edges`: those of the graph, each with its `path`, a list of (box, edge of that box).
    """
    nest = _Nest(data)
    edges: dict[tuple[Any, ...], dict[str, Any]] = {}
    for op in data.get("ops", []):
        for tensor in op["inputs"]:
            source = _source(tensor)
            if source not in nest.home or source == ("op", op["id"]):
                continue
            output = (tensor.get("from") or {}).get("output", 0)
            key = (source, output, op["id"])
            if key not in edges:
                path = nest.connect(source, ("op", op["id"]))
                edges[key] = {"from": source, "output": output, "to": op["id"], "arguments": [], "path": path}
            edges[key]["arguments"].append(tensor["name"])
    return {
        "boxes": [box.arranged() for box in nest.boxes],
        "edges": list(edges.values()),
        "elementwise": [op["id"] for op in data.get("ops", []) if op["name"] in ELEMENTWISE],
    }


_Key = tuple[str, int]
"""What a node stands for: ("op", 3), ("leaf", 0), ("value", 7), ("box", 2)."""


class _Box:
    """What is inside one call of a module, without what is inside its own modules."""

    def __init__(self, label: dict[str, Any], parent: int | None) -> None:
        self.label, self.parent = label, parent
        self.nodes: dict[tuple[Any, ...], int] = {}
        self.edges: dict[tuple[int, int], int] = {}

    def node(self, *key: Any) -> int:
        return self.nodes.setdefault(key, len(self.nodes))

    def edge(self, source: int, target: int) -> int:
        return self.edges.setdefault((source, target), len(self.edges))

    def arranged(self) -> dict[str, Any]:
        borders = {side: [number for key, number in self.nodes.items() if key[0] == side] for side in ("in", "out")}
        placed = grid(len(self.nodes), list(self.edges), first=borders["in"], last=borders["out"])
        return {
            **self.label,
            "parent": self.parent,
            "nodes": [list(key[:2]) for key in self.nodes],
            "edges": list(self.edges),
            "rows": placed.rows,
            "columns": [round(column, 3) for column in placed.columns],
            "bends": [[(row, round(column, 3)) for row, column in path] for path in placed.bends],
        }


class _Nest:
    """The boxes of a trace, filled with its operations and leaves."""

    def __init__(self, data: dict[str, Any]) -> None:
        ops, leaves, modules = (data.get(kind, []) for kind in ("ops", "leaves", "modules"))
        calls: dict[str, int] = {}
        for module in modules:
            calls[module["path"]] = calls.get(module["path"], 0) + 1
        self.boxes = [_Box({"path": "", "type": "", "extra": "", "call": None}, None)]
        for module in modules:
            label = {name: module.get(name) for name in ("path", "type", "extra")}
            label["call"] = module.get("call") if calls[module["path"]] > 1 else None
            parent = module.get("parent")
            self.boxes.append(_Box(label, 0 if parent is None else parent + 1))
        apart = {}
        for phase, name in _APART.items():
            if any(op.get("phase") == phase for op in ops):
                apart[phase] = len(self.boxes)
                self.boxes.append(_Box({"path": name, "type": "", "extra": "", "call": None}, 0))

        self.home: dict[_Key, int] = {}
        """The box that each node is in."""
        for op in ops:
            module = op.get("module")
            self.home["op", op["id"]] = apart.get(op.get("phase"), 0 if module is None else module + 1)
        names = {("leaf", leaf["id"]): leaf.get("name") for leaf in leaves}
        names |= {("value", value["id"]): value.get("name") for value in data.get("values", [])}
        parameters = {("leaf", leaf["id"]): leaf.get("module") for leaf in leaves if leaf.get("kind") == "parameter"}
        for source, users in _users(ops, names).items():
            forward = [op for op in users if ops[op].get("phase") not in apart]
            if forward and source not in parameters and names[source] and "." not in names[source]:
                self.home[source] = 0  # a variable of the script, given to its modules from outside
            else:
                self.home[source] = self._around([self.home["op", op] for op in forward or users])
        for source, module in parameters.items():
            self.home.setdefault(source, 0 if module is None else module + 1)
        for key, box in self.home.items():
            self.boxes[box].node(*key)
            for inner, outer in itertools.pairwise(self._outwards(box)):
                self.boxes[outer].node("box", inner)

    def _outwards(self, box: int) -> list[int]:
        """The box, the one around it, and so on to the whole."""
        chain = [box]
        while (parent := self.boxes[chain[-1]].parent) is not None:
            chain.append(parent)
        return chain

    def _around(self, boxes: list[int]) -> int:
        """The smallest box that all these are in, or are."""
        common = self._outwards(boxes[0])
        for box in boxes[1:]:
            other = set(self._outwards(box))
            common = [outer for outer in common if outer in other]
        return common[0]

    def connect(self, source: _Key, target: _Key) -> list[tuple[int, int]]:
        """Draws an edge: within the box that both are in, and across the borders of those that only one is in."""
        out, into = self._outwards(self.home[source]), self._outwards(self.home[target])
        meeting = self._around([out[0], into[0]])
        path = []
        start: tuple[Any, ...] = source
        for box in out[: out.index(meeting)]:
            inside = self.boxes[box]
            path.append((box, inside.edge(inside.node(*start), inside.node("out", *source))))
            start = ("box", box)
        down = into[: into.index(meeting)][::-1]
        end: tuple[Any, ...] = ("box", down[0]) if down else target
        inside = self.boxes[meeting]
        path.append((meeting, inside.edge(inside.node(*start), inside.node(*end))))
        for number, box in enumerate(down):
            end = ("box", down[number + 1]) if number + 1 < len(down) else target
            inside = self.boxes[box]
            path.append((box, inside.edge(inside.node("in", *source), inside.node(*end))))
        return path


def _users(ops: list[dict[str, Any]], names: dict[_Key, str | None]) -> dict[_Key, list[int]]:
    """Which operations use what no operation of the trace made."""
    users: dict[_Key, list[int]] = {}
    for op in ops:
        given = [source for source in map(_source, op["inputs"]) if source[0] != "op"]
        drawn = [source for source in given if names[source]]
        if len(given) - len(drawn) <= _MANY:
            drawn = given
        for source in drawn:
            users.setdefault(source, []).append(op["id"])
    return users


def _source(tensor: dict[str, Any]) -> _Key:
    """The node that an input comes from; it is a node itself if it was there before the trace began."""
    origin = tensor.get("from")
    if origin is None:
        return "value", tensor["value"]
    return ("leaf", origin["leaf"]) if "leaf" in origin else ("op", origin["op"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Any) -> str:
    """JSON that cannot end the script element it stands in, and that a browser reads: nan and inf as strings."""
    try:
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_named(data), separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _named(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _named(member) for key, member in data.items()}
    if isinstance(data, list | tuple):
        return [_named(member) for member in data]
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    return data
