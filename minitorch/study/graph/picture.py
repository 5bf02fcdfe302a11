"""The picture of a graph, as SVG: leaves at the start, the loss at the end, numbers along the lines between them.

Each result leaves its box by a line of its own: its value stands above the line and its gradient below it (in a picture
that runs downwards: to the left and to the right), as one draws it by hand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from minitorch.study.graph.snapshot import GraphNode, Output, Snapshot
from minitorch.study.graph.tree import Fold, Tree
from minitorch.study.graph.wording import inline, rows, shape_of, title
from minitorch.study.layout import Point, layered

DIRECTIONS = ("down", "right")

_CHAR, _LINE = 7.5, 16.0
"""Width of a character and height of a line, of the font below."""
_PAD, _GAP, _MARGIN = 9.0, 26.0, 14.0
_LONGEST, _WIDEST, _HIGHEST = 40, 38, 5
"""Characters of a name; columns and lines of a value."""
_PORTS = 8
"""A box with more results than these shows no number of any."""

_STYLE = """
.mt{font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;--ground:#fff;--ink:#1b1f24;--soft:#57606a;\
--line:#6e7781;--op:#eaeef2;--leaf:#dbeafe;--edge:#9aa4af;--value:#116329;--grad:#b3261e}
@media (prefers-color-scheme:dark){.mt{--ground:#14181d;--ink:#e8ecf0;--soft:#a3adb8;--line:#8a949e;--op:#262d36;\
--leaf:#173a63;--edge:#5f6a76;--value:#7ee08f;--grad:#ff9a91}}
.mt .ground{fill:var(--ground)}.mt text{fill:var(--ink);white-space:pre}.mt .name{font-weight:600}
.mt .soft{fill:var(--soft)}.mt .value{fill:var(--value)}.mt .grad{fill:var(--grad)}
.mt rect.op,.mt rect.function,.mt rect.other{fill:var(--op);stroke:var(--line)}
.mt rect.step,.mt rect.fold{fill:var(--ground);stroke:var(--line);stroke-dasharray:4 3}
.mt rect.leaf{fill:var(--leaf);stroke:var(--line)}
.mt path{fill:none;stroke:var(--edge);stroke-width:1.4}.mt path.tip{fill:var(--edge);stroke:none}
"""


class _Port(NamedTuple):
    """Where a result leaves its box, and the lines of text there."""

    output: int
    value: list[str]
    grad: list[str]


@dataclass
class _Box:
    kind: str
    lines: list[tuple[str, str]]
    """Text and class."""
    ports: list[_Port]
    tip: str

    def size(self) -> Point:
        """Width and height of the box without its ports."""
        width = max(_width(text) for text, _ in self.lines) + 2 * _PAD
        return width, len(self.lines) * _LINE + 2 * _PAD - 4


def _width(text: str) -> float:
    return _CHAR * sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def svg(graph: Snapshot, heading: str, direction: str, limit: int) -> str:
    """The picture; of a graph with more than `limit` boxes when repeated parts are folded, a note that says so.

    Raises ValueError for another direction than "down" and "right", ImportError where igraph is not installed.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f'direction must be "down" or "right", not {direction!r}')
    folds = Tree(graph).all_folds() if len(graph.nodes) > limit else []
    place = list(range(len(graph.nodes)))
    for fold in folds:
        for id in range(fold.first, fold.last + 1):
            place[id] = fold.first
    shown = sorted(set(place))
    if len(shown) > limit:
        return _note(graph, heading, len(shown), limit)
    at = {id: k for k, id in enumerate(shown)}
    folded = {fold.first: fold for fold in folds}
    used: dict[int, set[int]] = {}
    links: list[_Link] = []
    for node in graph.nodes:
        for link in node.links:
            if link is not None and place[link.node] != place[node.id]:
                hidden = place[link.node] in folded
                output = 0 if hidden else link.output
                used.setdefault(at[place[link.node]], set()).add(output)
                source = graph.nodes[link.node]
                shape = f", gradient {shape_of(source.outputs[link.output])}" if source.outputs else ""
                tip = f"{link.argument or 'input'} of {node.name}{shape}"
                each = _Link(at[place[link.node]], output, at[place[node.id]], tip)
                if not (hidden or place[node.id] in folded) or each not in links:
                    links.append(each)
    for root in graph.roots:
        used.setdefault(at[place[root.node]], set()).add(root.output)
    boxes = [
        _fold_box(graph, folded[id]) if id in folded else _node_box(graph.nodes[id], used.get(at[id], set()))
        for id in shown
    ]
    return _Drawing(boxes, links, direction).text(heading, _description(graph))


class _Link(NamedTuple):
    """An edge of the picture, from what gave a result to what used it."""

    source: int
    output: int
    target: int
    tip: str


def _cut(text: str) -> str:
    """The end of a long name says the most."""
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def _node_box(node: GraphNode, used: set[int]) -> _Box:
    names = [out.name for out in node.outputs if out.name]
    lines = [(_cut(title(node) if node.kind == "leaf" else node.name), "name")]
    if names and node.kind != "leaf" and len(node.outputs) == 1:
        lines.append((_cut(names[0]), ""))
    if len(node.outputs) == 1:
        lines.append((shape_of(node.outputs[0]), "soft"))
    if node.freed:
        lines.append(("freed", "soft"))
    ports = []
    if len(node.outputs) <= _PORTS:
        for k, out in enumerate(node.outputs):
            if k in used:
                ports.append(_port(k, out, named=len(node.outputs) > 1))
    return _Box(node.kind, lines, ports, _tip(node))


def _port(k: int, out: Output, named: bool) -> _Port:
    value = [] if out.value is None else rows(out.value, _WIDEST, _HIGHEST)
    grad = [] if out.grad is None else rows(out.grad, _WIDEST, _HIGHEST)
    if out.changed and value:
        value.append("(written to since)")
    if named:
        value.insert(0, _cut(f"{k}: {out.name}" if out.name else f"{k}: {out.shape}"))
    return _Port(k, value, grad)


def _fold_box(graph: Snapshot, fold: Fold) -> _Box:
    names = [graph.nodes[id].name for id in fold.period]
    lines = [(f"{fold.times:,} times more", "name"), *((_cut(name), "") for name in names[:4])]
    if len(names) > 4:
        lines.append((f"and {len(names) - 4} others", "soft"))
    return _Box("fold", lines, [], f"#{fold.first} to #{fold.last}: {', '.join(names)}, {fold.times:,} times more")


def _tip(node: GraphNode) -> str:
    """What the pointer shows over a box: all that the tree says in short."""
    lines = [f"#{node.id} {title(node)}"]
    if node.owner is not None:
        lines.append(f"a step of #{node.owner}")
    for out in node.outputs:
        known = f": {inline(out.value)}" if out.value is not None else ""
        lines.append(f"{shape_of(out)}{known}")
        if out.grad is not None:
            lines.append(f"gradient: {inline(out.grad)}")
    for saved in node.saved:
        lines.append(f"saved {saved.name}: {saved.state or saved.text or (saved.value and inline(saved.value))}")
    return "\n".join(lines)


def _description(graph: Snapshot) -> str:
    """The graph in sentences, for those who cannot see the picture; the largest are only counted."""
    if len(graph.nodes) > 60:
        return f"{len(graph.nodes):,} nodes; study.explain gives them as text."
    sentences = []
    for node in graph.nodes:
        text = title(node)
        inputs = [title(graph.nodes[link.node]) for link in node.links if link is not None]
        if inputs:
            text += f" of {', '.join(inputs)}"
        for out in node.outputs:
            text += f"; {shape_of(out)}"
            if out.value is not None:
                text += f", value {inline(out.value)}"
            if out.grad is not None:
                text += f", gradient {inline(out.grad)}"
        sentences.append(text)
    return ". ".join(sentences) + "."


def _note(graph: Snapshot, heading: str, count: int, limit: int) -> str:
    lines = [
        heading,
        f"Too large for a picture: {count:,} boxes, and {limit:,} are readable.",
        "print(graph) gives the text; graph.save('graph.dot') and graph.save('graph.json') take any size;",
        "study.trace folds a model's modules into boxes that can be opened.",
    ]
    width = max(map(_width, lines)) + 2 * _MARGIN
    texts = [_text(_MARGIN, _MARGIN + (k + 0.8) * _LINE, line, "name" if not k else "") for k, line in enumerate(lines)]
    return _document(width, len(lines) * _LINE + 2 * _MARGIN, heading, lines[1], texts)


def _text(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    kind = f' class="{css}"' if css else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{place}>{escape(text)}</text>'


def _document(width: float, height: float, heading: str, description: str, body: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="mt" role="img" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}">',
            f"<title>{escape(heading)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>',
            *body,
            "</svg>",
        ]
    )


class _Drawing:
    """Boxes in their places. All is reckoned as if the picture ran down; `_at` turns it where it does not."""

    def __init__(self, boxes: Sequence[_Box], links: Sequence[_Link], direction: str) -> None:
        self._boxes, self._links, self._right = boxes, links, direction == "right"
        self._sizes = [self._element(box) for box in boxes]
        pairs = [(link.source, link.target) for link in links]
        gap = (14.0, 40.0) if self._right else (_GAP, 34.0)
        self._middles, self._routes = layered(len(boxes), pairs, self._sizes, gap)
        self._rows: dict[float, tuple[float, float]] = {}
        """Where the row of each middle begins and ends."""
        for (_, y), (_, along) in zip(self._middles, self._sizes, strict=True):
            start, end = self._rows.get(y, (y, y))
            self._rows[y] = min(start, y - along / 2), max(end, y + along / 2)

    def _flip(self, pair: Point) -> Point:
        """Across and along: x and y of a picture that runs down."""
        return (pair[1], pair[0]) if self._right else pair

    def _port_sides(self, port: _Port) -> tuple[float, float, float]:
        """How far a port's text reaches to either side of its line, and along it."""
        if self._right:
            return (
                len(port.value) * _LINE + 4,
                len(port.grad) * _LINE + 4,
                max(map(_width, [*port.value, *port.grad]), default=0.0) + 12,
            )
        left, right = (max(map(_width, lines), default=0.0) + 7 for lines in (port.value, port.grad))
        return left, right, max(len(port.value), len(port.grad)) * _LINE + 8

    def _ports(self, box: _Box) -> list[tuple[_Port, float]]:
        """The ports with their places across, from the middle of the box."""
        if len(box.ports) == 1:
            return [(box.ports[0], 0.0)]
        sides = [self._port_sides(port) for port in box.ports]
        at = -sum(before + after for before, after, _ in sides) / 2
        placed = []
        for port, (before, after, _) in zip(box.ports, sides, strict=True):
            placed.append((port, at + before))
            at += before + after
        return placed

    def _body(self, box: _Box) -> Point:
        """Across and along, of a box itself: as wide as its ports are where there are several."""
        across, along = self._flip(box.size())
        if len(box.ports) > 1:
            across = max(across, sum(before + after for before, after, _ in map(self._port_sides, box.ports)))
        return across, along

    def _element(self, box: _Box) -> Point:
        """Across and along, of a box with its ports."""
        across, along = self._body(box)
        sides = [self._port_sides(port) for port in box.ports if port.value or port.grad]
        if len(box.ports) == 1 and sides:
            across = max(across, 2 * max(sides[0][:2]))
        return across, along + max((length for _, _, length in sides), default=0.0)

    def text(self, heading: str, description: str) -> str:
        """The whole picture."""
        self._left = min(
            [x - size[0] / 2 for (x, _), size in zip(self._middles, self._sizes, strict=True)]
            + [x for route in self._routes for x, _ in route],
            default=0.0,
        )
        right = max(
            [x + size[0] / 2 for (x, _), size in zip(self._middles, self._sizes, strict=True)]
            + [x for route in self._routes for x, _ in route],
            default=0.0,
        )
        end = max((y + size[1] / 2 for (_, y), size in zip(self._middles, self._sizes, strict=True)), default=0.0)
        colours = [("value", "value")] * any(port.value for box in self._boxes for port in box.ports)
        colours += [("gradient", "grad")] * any(port.grad for box in self._boxes for port in box.ports)
        self._top = _MARGIN + _LINE * bool(colours)
        legend, x = [], _MARGIN
        for text, css in colours:
            legend.append(_text(x, _MARGIN + 4, text, css))
            x += _width(text) + 2 * _CHAR
        body = [*legend, *self._edges(), *(line for k in range(len(self._boxes)) for line in self._node(k))]
        width, height = self._flip((right - self._left, end))
        return _document(max(width + 2 * _MARGIN, x), height + self._top + _MARGIN, heading, description, body)

    def _at(self, across: float, along: float) -> Point:
        x, y = self._flip((across - self._left, along))
        return x + _MARGIN, y + self._top

    def _edges(self) -> Iterator[str]:
        entering: dict[int, list[int]] = {}
        for k, link in enumerate(self._links):
            entering.setdefault(link.target, []).append(k)
        ends: dict[int, float] = {}
        for target, numbers in entering.items():
            # In the order in which they come, so that they do not cross right above the box.
            numbers.sort(key=lambda k: self._routes[k][-2][0])
            step = min(16.0, (self._body(self._boxes[target])[0] - 10) / len(numbers))
            for n, k in enumerate(numbers):
                ends[k] = (n - (len(numbers) - 1) / 2) * step
        for k, (link, route) in enumerate(zip(self._links, self._routes, strict=True)):
            start = next((x for port, x in self._ports(self._boxes[link.source]) if port.output == link.output), 0.0)
            (x0, y0), (x1, y1) = route[0], route[-1]
            # Straight as far as its row reaches: another box there may be longer.
            below = self._rows[self._middles[link.source][1]][1]
            above = self._rows[self._middles[link.target][1]][0]
            points = [(x0 + start, y0), (x0 + start, below), *route[1:-1], (x1 + ends[k], above), (x1 + ends[k], y1)]
            yield f"<g><title>{escape(link.tip)}</title>{self._line(points)}</g>"

    def _line(self, points: Sequence[Point]) -> str:
        tip = points[-1]
        points = [*points[:-1], (tip[0], tip[1] - 6)]
        path = "M{:.1f} {:.1f}".format(*self._at(*points[0]))
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            if (x0, y0) == (x1, y1):
                continue
            if x0 == x1:
                path += "L{:.1f} {:.1f}".format(*self._at(x1, y1))
            else:
                middle = (y0 + y1) / 2
                bend = [*self._at(x0, middle), *self._at(x1, middle), *self._at(x1, y1)]
                path += "C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}".format(*bend)
        corners = [self._at(tip[0] + x, tip[1] + y) for x, y in ((-3.5, -7), (3.5, -7), (0, 0))]
        head = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "z"
        return f'<path d="{path}"/><path class="tip" d="{head}"/>'

    def _node(self, k: int) -> Iterator[str]:
        box, (x, y) = self._boxes[k], self._middles[k]
        across, along = self._body(box)
        start = y - self._sizes[k][1] / 2
        left, top = self._at(x - across / 2, start)
        width, height = self._flip((across, along))
        corner = 10 if box.kind == "leaf" else 3
        yield f"<g><title>{escape(box.tip)}</title>"
        yield (
            f'<rect class="{box.kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{corner}"/>'
        )
        first = top + height / 2 - len(box.lines) * _LINE / 2 + 12
        for n, (text, css) in enumerate(box.lines):
            yield _text(left + width / 2, first + n * _LINE, text, css, "middle")
        for port, shift in self._ports(box):
            if port.value or port.grad:
                yield from self._port(port, x + shift, start + along, y + self._sizes[k][1] / 2)
        yield "</g>"

    def _port(self, port: _Port, across: float, start: float, end: float) -> Iterator[str]:
        x0, y0 = self._at(across, start)
        x1, y1 = self._at(across, end)
        yield f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>'
        for n, line in enumerate(port.value):
            if self._right:
                yield _text(x0 + 6, y0 - 5 - (len(port.value) - 1 - n) * _LINE, line, "value")
            else:
                yield _text(x0 - 6, y0 + 15 + n * _LINE, line, "value", "end")
        for n, line in enumerate(port.grad):
            if self._right:
                yield _text(x0 + 6, y0 + 13 + n * _LINE, line, "grad")
            else:
                yield _text(x0 + 6, y0 + 15 + n * _LINE, line, "grad")
