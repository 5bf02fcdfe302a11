"""A graph laid out in layers, from the inputs down to the result (Sugiyama's method, by igraph)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

Point = tuple[float, float]
Edge = tuple[int, int]

MISSING = "the graph's layout needs igraph, which is not installed: pip install 'minitorch[study]'"
BENDS = 4000
"""How many bends the edges may have in all, besides four a node: igraph sorts each of them in with the nodes."""


class Grid(NamedTuple):
    """Where things are before they have sizes."""

    rows: list[int]
    """The layer of each node."""
    columns: list[float]
    """Where each node is in its layer; neighbours are at least 1 apart."""
    bends: list[list[tuple[int, float]]]
    """The layers that each edge passes through on its way down, and where; none where the edge was left out."""


def grid(count: int, edges: Sequence[Edge], first: Collection[int] = (), last: Collection[int] = ()) -> Grid:
    """Rows and columns for `count` nodes with edges (source, target): edges run downwards, with few crossings.

    `first` and `last` are nodes that get the top and the bottom row to themselves: where edges enter and leave a box.
    Inputs stand right above what uses them. A cycle is cut where igraph finds best. A graph with so many long edges
    that sorting them would take all the time (one weight, used a thousand times) has its longest left out of the
    layout: their `bends` are empty.

    Raises ImportError where igraph is not installed.
    """
    igraph = _igraph()
    distinct = sorted({edge for edge in edges if edge[0] != edge[1]})
    graph = igraph.Graph(n=count, edges=distinct, directed=True)
    backwards = set() if graph.is_dag() else set(graph.feedback_arc_set(method="eades"))
    down = [(edge[1], edge[0]) if number in backwards else edge for number, edge in enumerate(distinct)]
    rows = _rows(count, down, first, last)

    # Every bend is a node here, since igraph's own account of the bends is wrong where a graph falls into parts.
    layers = list(rows)
    links: list[Edge] = []
    chains: dict[int, range] = {}
    for number in _affordable(down, rows, 4 * count + BENDS):
        source, target = down[number]
        between = range(rows[source] + 1, rows[target])
        chains[number] = range(len(layers), len(layers) + len(between))
        layers += between
        links += itertools.pairwise((source, *chains[number], target))
    graph = igraph.Graph(n=len(layers), edges=links, directed=True)
    columns = _apart(layers, [x for x, _ in graph.layout_sugiyama(layers=layers, maxiter=100).coords])

    bends: dict[Edge, list[tuple[int, float]]] = {}
    for number, chain in chains.items():
        path = [(layers[bend], columns[bend]) for bend in chain]
        bends[distinct[number]] = path[::-1] if number in backwards else path
    return Grid(rows, columns[:count], [bends.get(edge, []) for edge in edges])


def layered(
    count: int, edges: Sequence[Edge], sizes: Sequence[tuple[float, float]], gap: Point = (24.0, 40.0)
) -> tuple[list[Point], list[list[Point]]]:
    """Positions for nodes of these sizes (width, height), and a route for each edge: (positions, routes).

    A position is the middle of the node; no two nodes come nearer than `gap`. A route is the points that an edge runs
    through, from the middle of its source's lower side to the middle of its target's upper side; it keeps clear of the
    other nodes, passing each layer between two points, one above the other. All coordinates start at 0, downwards.

    Raises ImportError where igraph is not installed.
    """
    rows, columns, bends = grid(count, edges)
    if count == 0:
        return [], []
    heights = [0.0] * (max(rows) + 1)
    for row, (_, height) in zip(rows, sizes, strict=True):
        heights[row] = max(heights[row], height)
    tops = [0.0]
    for height in heights[:-1]:
        tops.append(tops[-1] + height + gap[1])

    inner = sorted({(row, column) for path in bends for row, column in path})
    items = [(columns[node], rows[node], sizes[node][0] + gap[0]) for node in range(count)]
    xs = _spread(items + [(column, row, gap[0] / 2) for row, column in inner])
    left = min(x - width / 2 for x, (_, _, width) in zip(xs, items, strict=False)) + gap[0] / 2
    xs = [x - left for x in xs]
    at = dict(zip(inner, xs[count:], strict=True))

    middles = [(xs[node], tops[rows[node]] + heights[rows[node]] / 2) for node in range(count)]
    routes: list[list[Point]] = []
    for (source, target), path in zip(edges, bends, strict=True):
        route = [(middles[source][0], middles[source][1] + sizes[source][1] / 2)]
        for row, column in path:
            through = [(at[row, column], tops[row]), (at[row, column], tops[row] + heights[row])]
            route += through if rows[source] <= rows[target] else through[::-1]
        routes.append([*route, (middles[target][0], middles[target][1] - sizes[target][1] / 2)])
    return middles, routes


def _igraph() -> Any:
    try:
        import igraph
    except ImportError:
        raise ImportError(MISSING) from None
    return igraph


def _rows(count: int, edges: Sequence[Edge], first: Collection[int], last: Collection[int]) -> list[int]:
    """The layer of each node: as far down as the longest path to it; what has one use only stands right above that."""
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)

    waiting = [len(sources) for sources in before]
    order = [node for node in range(count) if waiting[node] == 0]
    for node in order:  # grows while it is read
        for target in after[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)

    top = set(first)
    rows = [0] * count
    own = [False] * count
    """Nobody but the node's one path depends on it or on what it is made of, so it can move down."""
    for node in order:
        if node not in top:
            rows[node] = max((rows[source] + 1 for source in before[node]), default=1 if top else 0)
            own[node] = all(own[source] and len(after[source]) == 1 for source in before[node])
    for node in reversed(order):
        if own[node] and after[node]:
            rows[node] = min(rows[target] for target in after[node]) - 1
    if last:
        bottom = max((row for node, row in enumerate(rows) if node not in set(last)), default=0) + 1
        for node in last:
            rows[node] = bottom
    used = {row: number for number, row in enumerate(sorted(set(rows)))}
    return [used[row] for row in rows]


def _affordable(edges: Sequence[Edge], rows: Sequence[int], budget: int) -> list[int]:
    """Which edges are laid out: all, or the shortest of them, as many as have no more bends than the budget."""
    by_length = sorted(range(len(edges)), key=lambda number: rows[edges[number][1]] - rows[edges[number][0]])
    kept = []
    for number in by_length:
        budget -= rows[edges[number][1]] - rows[edges[number][0]] - 1
        if budget < 0:
            break
        kept.append(number)
    return kept


def _apart(rows: Sequence[int], columns: Sequence[float]) -> list[float]:
    """The columns, but neighbours at least 1 apart: igraph at times puts two nodes of a layer in one place."""
    placed = list(columns)
    last: dict[int, float] = {}
    for node in sorted(range(len(rows)), key=lambda node: (columns[node], node)):
        least = last.get(rows[node], -math.inf) + 1
        if placed[node] < least - 1e-6:
            placed[node] = least
        last[rows[node]] = placed[node]
    return placed


def _spread(items: Sequence[tuple[float, int, float]]) -> list[float]:
    """New columns for (column, row, width): equal ones stay equal, none change places, and nothing overlaps.

    Half way between pushing everything to the left and to the right, so that a node stays over its two inputs' middle.
    """
    to_left = _packed(items)
    to_right = _packed([(-column, row, width) for column, row, width in items])
    end = max(to_right, default=0.0)
    return [(left + end - right) / 2 for left, right in zip(to_left, to_right, strict=True)]


def _packed(items: Sequence[tuple[float, int, float]]) -> list[float]:
    by_column: dict[float, list[int]] = {}
    for number, (column, _, _) in enumerate(items):
        by_column.setdefault(round(column, 6), []).append(number)
    xs = [0.0] * len(items)
    filled: dict[int, float] = {}
    """How far to the right each row is taken."""
    x = 0.0
    for column in sorted(by_column):
        for number in by_column[column]:
            _, row, width = items[number]
            x = max(x, filled.get(row, -math.inf) + width / 2)
        for number in by_column[column]:
            _, row, width = items[number]
            xs[number] = x
            filled[row] = x + width / 2
    return xs
