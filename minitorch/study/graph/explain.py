"""The graph of a tensor as a tree of text, for the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from minitorch.study.formulas import formulas
from minitorch.study.graph.snapshot import GraphNode, Link, Output, Saved, Snapshot
from minitorch.study.graph.tree import Fold, Tree
from minitorch.study.graph.wording import inline, shape_of, title

NARROWEST = 40
_NOTHING = ("None", "Ellipsis")
"""Saved arguments that were left out."""


class _Marks(NamedTuple):
    """What the lines of the tree are drawn with."""

    trunk: str
    branch: str
    last: str


_BOX = _Marks("│", "├─ ", "└─ ")
_ASCII = _Marks("|", "|- ", "`- ")


class Explanation:
    """The text of a graph: `str()` of it fits the terminal, `text(width)` any width."""

    def __init__(self, graph: Snapshot) -> None:
        self._tree = Tree(graph)

    def text(self, width: int = 100, *, ascii_only: bool = False) -> str:
        """The tree in lines of at most `width` columns (40 at least), in ASCII where nothing else can be shown."""
        writer = _Writer(self._tree, max(width, NARROWEST), _ASCII if ascii_only else _BOX)
        return "\n".join([*writer.heading(), *writer.trees()])

    def __str__(self) -> str:
        return self._for(sys.stdout)

    def _for(self, file: TextIO) -> str:
        return self.text(shutil.get_terminal_size((100, 24)).columns, ascii_only=not _can_box(file))

    def __repr__(self) -> str:
        return f"<Explanation of {len(self._tree.graph.nodes)} nodes>"


def _can_box(file: Any) -> bool:
    try:
        "".join(_BOX).encode(getattr(file, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def explain(loss: Any, params: Any = None, *, numbers: int = 16, file: TextIO | None = None) -> Explanation:
    """Prints the graph that leads to a tensor, or to several, as a tree, and returns it.

    Each operation comes with torch's name, its shape and what it saved, the first of its kind with what it computes and
    the formulas of its gradients; each leaf with its value and its gradient. Tensors of up to `numbers` elements are
    shown whole. `params` names the leaves, as in `graph`. Raises as `graph` does.
    """
    explained = Explanation(Snapshot(loss, params, sys._getframe(1), numbers))
    out = sys.stdout if file is None else file
    print(explained._for(out), file=out)
    return explained


def summary(graph: Snapshot) -> str:
    """What the graph is, in one line: `loss: 5 operations, 2 leaves; what was saved is freed`."""
    names = [graph.nodes[root.node].outputs[root.output].name or graph.nodes[root.node].name for root in graph.roots]
    leaves = sum(node.kind == "leaf" for node in graph.nodes)
    operations = len(graph.nodes) - leaves
    text = (
        f"{', '.join(names)}: {operations:,} operation{'' if operations == 1 else 's'}, "
        f"{leaves:,} {'leaf' if leaves == 1 else 'leaves'}"
    )
    freed = sum(node.freed for node in graph.nodes)
    if freed:
        kept = any(saved.value is not None for node in graph.nodes for saved in node.saved)
        text += f"; what {f'{freed:,} of them' if kept else 'they'} saved was freed by a backward pass"
    return text


class _Writer:
    def __init__(self, tree: Tree, width: int, marks: _Marks) -> None:
        self._tree, self._nodes = tree, tree.graph.nodes
        self._width, self._marks = width, marks
        self._shown: set[int] = set()
        self._described: set[tuple[str, tuple[str, ...]]] = set()

    def heading(self) -> Iterator[str]:
        """What the graph is, over its roots."""
        yield from self._wrapped(summary(self._tree.graph), "", "")
        if any(node.wanted for node in self._nodes):
            yield from self._wrapped("In the formulas g is the gradient of the result, and out the result.", "", "")
        yield ""

    def trees(self) -> Iterator[str]:
        """The lines of the graph."""
        for k, top in enumerate(self._tree.tops):
            if k:
                yield ""
            yield from self._trunk(top, None, "", "")

    def _trunk(self, top: int, link: Link | None, first: str, rest: str) -> Iterator[str]:
        """The lines of a node and of what stands under it; the first line begins with `first`, others with `rest`."""
        nodes = self._tree.trunk(top)
        folds = self._tree.folds(nodes)
        k = 0
        while k < len(nodes):
            id = nodes[k]
            if k:
                yield f"{rest}{self._marks.trunk}"
            if id in folds:
                fold = folds[id]
                yield from self._wrapped(self._folded(fold), rest, rest)
                k += fold.times * len(fold.period)
                continue
            yield from self._node(id, link, first, rest)
            link, first = self._tree.trunk_link(id), rest
            k += 1

    def _folded(self, fold: Fold) -> str:
        names = [self._nodes[id].name for id in fold.period]
        where = f"(#{fold.first} to #{fold.last})"
        if len(names) == 1:
            return f"... {fold.times:,} more {names[0]} {where}"
        return f"... {fold.times:,} times more the {len(names)} above: {', '.join(names)} {where}"

    def _node(self, id: int, link: Link | None, first: str, rest: str) -> Iterator[str]:
        node = self._nodes[id]
        self._shown.add(id)
        branches = self._tree.branches(id)
        goes_on = self._tree.next[id] is not None
        body = rest + (f"{self._marks.trunk}  " if branches or goes_on else "   ")
        yield from self._wrapped(_argument(link) + _which(link, node) + self._headline(node), first, body)
        for line in self._details(node):
            yield from self._wrapped(line, f"{body}  ", f"{body}    ")
        for k, branch in enumerate(branches):
            ends = k == len(branches) - 1 and not goes_on
            start = rest + (self._marks.last if ends else self._marks.branch)
            inner = rest + ("   " if ends else f"{self._marks.trunk}  ")
            below = self._nodes[branch.node]
            if below.under == id and branch.node not in self._shown and branch.node != self._tree.next[id]:
                # As deep as there are levels of branches: at most the logarithm of the number of nodes.
                yield from self._trunk(branch.node, branch, start, inner)
            else:
                side = "above" if branch.node in self._shown else "below"
                text = f"{_argument(branch)}see {_which(branch, below)}#{branch.node} {title(below)}, {side}"
                yield from self._wrapped(text, start, inner)

    def _headline(self, node: GraphNode) -> str:
        text = f"#{node.id} {title(node)}"
        if node.kind == "step":
            return f"{text}, a step of #{node.owner}"
        if len(node.outputs) != 1:
            return f"{text}, {len(node.outputs)} outputs"
        if node.kind == "leaf":
            text = f"#{node.id} {node.outputs[0].name}, leaf" if node.outputs[0].name else f"#{node.id} leaf"
        return f"{text} {shape_of(node.outputs[0])}{_known(node.outputs[0], node.kind == 'leaf')}"

    def _details(self, node: GraphNode) -> Iterator[str]:
        if len(node.outputs) != 1:
            for k, out in enumerate(node.outputs):
                name = f" {out.name}" if out.name else ""
                yield f"output {k}{name} {shape_of(out)}{_known(out, leaf=False)}"
        yield from self._formulas(node)
        if node.freed:
            yield "saved values: freed by a backward pass"
        elif node.saved:
            texts = [_saved(each, node.id) for each in node.saved if each.text not in _NOTHING]
            if texts:
                yield f"saved: {', '.join(texts)}"

    def _formulas(self, node: GraphNode) -> Iterator[str]:
        """What an operation computes, and the formulas of the gradients that are wanted: at the first of its kind."""
        if node.op is None or (node.name, node.wanted) in self._described:
            return
        if all(name != node.name for name, _ in self._described):
            doc = _first_sentence(node.op.__doc__)
            yield f"{node.op.__name__.lstrip('_')}{f': {doc}' if doc else ''}"
        self._described.add((node.name, node.wanted))
        for rule in formulas(node.op):
            text = rule["formula"] or ""
            if "\n" in text:
                text = f"{rule['rule']}(...)"  # a rule of many lines goes by the name that it has in the source
            if rule["argument"] in node.wanted:
                yield f"gradient of {rule['argument']}: {text}"

    def _wrapped(self, text: str, first: str, rest: str) -> Iterator[str]:
        """The text in lines of the width; beside many branches it takes the room that it needs."""
        width = max(self._width, len(rest) + NARROWEST // 2)
        text = self._plain(text)
        if len(first) + len(text) <= width:  # most are, and the search for places to break takes its time
            yield f"{first}{text}"
            return
        yield from textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest)

    def _plain(self, line: str) -> str:
        return line if self._marks is _BOX else line.encode("ascii", "backslashreplace").decode()


def _first_sentence(doc: str | None) -> str:
    return " ".join((doc or "").split("\n\n")[0].replace("`", "").split())


def _argument(link: Link | None) -> str:
    return f"{link.argument}: " if link is not None and link.argument else ""


def _which(link: Link | None, node: GraphNode) -> str:
    """Which of several outputs an input is."""
    return f"output {link.output} of " if link is not None and len(node.outputs) > 1 else ""


def _known(out: Output, leaf: bool) -> str:
    """The value and the gradient as far as they are known."""
    text = ""
    if out.value is not None:
        text += f", {'now' if out.changed else 'value'} {inline(out.value)}"
    if out.changed:
        text += " (written to since it was used)"
    if out.grad is not None:
        text += f", grad {inline(out.grad)}"
    elif leaf:
        text += ", no grad yet"
    return text


def _saved(saved: Saved, own: int) -> str:
    if saved.state is not None:
        return f"{saved.name} ({saved.state})"
    if saved.of is not None:
        return saved.name if saved.of.node == own else f"{saved.name} (of #{saved.of.node})"
    if saved.value is None:
        return f"{saved.name} {saved.text}"
    return f"{saved.name} {saved.value.shape if saved.value.array is None else inline(saved.value)}"
