"""Trees of tuples, lists and dicts, and their leaves in a row."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Spec(NamedTuple):
    """The structure of a tree: how a node is made of its children; None for a leaf."""

    kind: Any
    """The class of a node."""
    keys: Any
    """Of a dict, in their order."""
    children: tuple[Spec, ...]

    def __str__(self) -> str:
        inside = [str(each) for each in self.children]
        if self.kind is None:
            return "*"
        if self.keys is not None:
            return "{" + ", ".join(f"{key!r}: {each}" for key, each in zip(self.keys, inside, strict=True)) + "}"
        if self.kind is tuple:
            return f"({', '.join(inside)}{',' * (len(inside) == 1)})"
        return f"[{', '.join(inside)}]" if self.kind is list else f"{self.kind.__name__}({', '.join(inside)})"


LEAF = Spec(None, None, ())


def _node(tree: Any) -> tuple[Any, Any, Sequence[Any]] | None:
    """The class, keys and children of a node; None for a leaf. Named tuples are nodes, other classes are leaves."""
    kind = type(tree)
    if kind in (dict, OrderedDict, defaultdict):
        return kind, tuple(tree), list(tree.values())
    if kind in (tuple, list) or (isinstance(tree, tuple) and hasattr(kind, "_fields")):
        return kind, None, tree
    return None


def flatten(tree: Any) -> tuple[list[Any], Spec]:
    """The leaves of a tree, and its structure."""
    node = _node(tree)
    if node is None:
        return [tree], LEAF
    kind, keys, children = node
    parts = [flatten(each) for each in children]
    return [leaf for leaves, _ in parts for leaf in leaves], Spec(kind, keys, tuple(spec for _, spec in parts))


def unflatten(leaves: Sequence[Any], spec: Spec) -> Any:
    """The tree of that structure with these leaves."""
    return _built(iter(leaves), spec)


def _built(leaves: Iterator[Any], spec: Spec) -> Any:
    if spec.kind is None:
        return next(leaves)
    children = [_built(leaves, each) for each in spec.children]
    if spec.keys is not None:
        pairs = zip(spec.keys, children, strict=True)
        return defaultdict(None, pairs) if spec.kind is defaultdict else spec.kind(pairs)
    return spec.kind(*children) if hasattr(spec.kind, "_fields") else spec.kind(children)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree of what the function gives for each leaf."""
    leaves, spec = flatten(tree)
    return unflatten([function(leaf) for leaf in leaves], spec)


def spread(prefix: Any, spec: Spec) -> list[Any] | None:
    """One value for each leaf of a structure, from a tree that may end sooner; None where the two do not fit."""
    node = _node(prefix)
    if node is None:
        return [prefix] * _count(spec)
    kind, keys, children = node
    if spec.kind is None or kind is not spec.kind or len(children) != len(spec.children):
        return None
    if keys is not None:
        if set(keys) != set(spec.keys):
            return None
        children = [prefix[key] for key in spec.keys]
    parts = [spread(each, own) for each, own in zip(children, spec.children, strict=True)]
    return None if any(part is None for part in parts) else [leaf for part in parts for leaf in part or ()]


def _count(spec: Spec) -> int:
    return 1 if spec.kind is None else sum(_count(each) for each in spec.children)
