"""The derivative composed from primitives: the engine's own backward pass, in which every node of an operation that is
not a primitive differentiates that operation's composition in place of running its hand-written rule.

So it is to be had for whatever is made of operations: a lambda, a module, a whole loss.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from minitorch.autograd.engine import grad
from minitorch.autograd.function import Function
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import Observer, observers
from minitorch.backend import array_module, to_host
from minitorch.node import Node, Slot
from minitorch.ops.copies import clone
from minitorch.study.check.compositions import COMPOSITIONS, NoCompositionError, is_primitive, key, why_none
from minitorch.tensor import Tensor, wrap


class Composer(Observer):
    """Watches operations while `composing`, and gives their nodes composed derivatives."""

    def __init__(self) -> None:
        self.primitives: dict[str, Any] = {}
        """The operations that were called and are primitives, by name."""
        self.composed: dict[str, Any] = {}
        """Those that were composed."""
        self.missing: dict[str, str] = {}
        """Why others were not: they run their own rules."""
        self.values: list[tuple[str, Any, Any]] = []
        """For each call that was composed: the operation's name, its result, and that of its composition."""
        self._depth = 0

    def op_ends(self, op: Any, args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        name = op.__name__.lstrip("_")
        outer = self._depth == 0
        if is_primitive(op):
            if outer and op.rules:
                self.primitives[name] = op
            return
        node, k = _node_of(results)
        if node is None and not outer:
            return
        function = COMPOSITIONS.get(key(op))
        if function is None:
            if node is not None:
                self.missing[name] = why_none(op)
            return
        if not all(each._array.size for each in _among(args)):
            self.missing[name] = "it is called with a tensor of no elements"
            return
        self._depth += 1
        try:
            copies, own = _copied(op, args)
            composed = function(*own)
        except NoCompositionError as error:
            self.missing[name] = str(error)
            return
        except Exception as error:
            error.add_note(f"in the composition of {name}")
            raise
        finally:
            self._depth -= 1
        outs = composed if isinstance(composed, tuple) else (composed,)
        if outer:
            self.composed[name] = op
            self.values += [
                (name, to_host(result._array).copy(), to_host(out._array))
                for result, out in zip(results, outs, strict=False)
                if out is not None
            ]
        if node is not None:
            wanted = [*copies.values()] if op.sequence else [copies.get(i) for i in _edges(node, op)]
            # An attribute of this node alone, which goes before the method of its class.
            vars(node)["pull"] = functools.partial(_pull, wanted, outs, k)

    def backward_begins(self, roots: Any) -> None:
        self._depth += 1

    def backward_ends(self) -> None:
        self._depth -= 1

    def node_made(self, node: Node) -> None:
        function = getattr(node, "function", None)
        if function is not None:
            self.missing[function.__name__] = "a torch.autograd.Function: its own backward stays"


@contextmanager
def composing(composer: Composer) -> Iterator[Composer]:
    """A block in which what is recorded will be differentiated by compositions."""
    observers.append(composer)
    try:
        yield composer
    finally:
        observers.remove(composer)


def _node_of(results: Sequence[Tensor]) -> tuple[Any, int]:
    """The node of an operation's results, and the number of the first that carries a gradient."""
    for k, out in enumerate(results):
        if out._node is not None and modes.grad:
            return (out._node.target if isinstance(out._node, Slot) else out._node), k
    return None, 0


def _among(args: Sequence[Any]) -> Iterator[Tensor]:
    """The tensors among arguments, those in lists, too."""
    for each in args:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (list, tuple)):
            yield from _among(each)


def _edges(node: Any, op: Any) -> list[int]:
    """For each edge of a node the position of the argument that it belongs to."""
    names = {edge: name for name, edge in node.plan.edge_of.items()}
    return [op.parameters.index(names[k]) for k in range(len(node.edges))]


def _copied(op: Any, args: tuple[Any, ...]) -> tuple[dict[int, Tensor], list[Any]]:
    """The arguments with copies of the tensors that are in the graph: a derivative by them is one by this use alone."""
    copies: dict[int, Tensor] = {}
    own = list(args)
    each: Any
    if op.sequence:
        own[0] = list(args[0])
    places: list[Any] = own[0] if op.sequence else own
    for i, each in enumerate(places):
        if isinstance(each, Tensor):
            copy: Tensor = clone(each) if each._array.dtype.kind == "f" else each
            copies[i] = places[i] = copy
    return copies, own


def _pull(
    wanted: Sequence[Tensor | None], outs: Sequence[Any], first: int, g: Any, needed: Any, lifted: Any
) -> list[Any]:
    """In place of Node.pull: the gradients of the copies, from those of the results."""
    given = dict(enumerate(g)) if isinstance(g, list) else {first: g}
    pairs = [
        (out, given[k] if isinstance(given[k], Tensor) else wrap(array_module(out._array).asarray(given[k])))
        for k, out in enumerate(outs)
        if out is not None and given.get(k) is not None and out.requires_grad
    ]
    asked = [each for each in wanted if each is not None and each.requires_grad]
    if not pairs or not asked:
        return [None] * len(wanted)
    roots, gradients = zip(*pairs, strict=True)
    found = iter(grad(roots, asked, gradients, retain_graph=True, create_graph=lifted is not None, allow_unused=True))
    results = [next(found) if each is not None and each.requires_grad else None for each in wanted]
    return [each if each is None or lifted is not None else each._array for each in results]


def forward_of(function: Any) -> Callable[..., Any] | None:
    """The forward of a torch.autograd.Function whose `apply` this is, to be recorded like any other code; else None."""
    owner = getattr(function, "__self__", None)
    if not (isinstance(owner, type) and issubclass(owner, Function) and function.__name__ == "apply"):
        return None
    forward: Callable[..., Any] = owner.forward
    takes_context = owner.setup_context is Function.setup_context
    return functools.partial(forward, _Context()) if takes_context else forward


class _Context:
    """A ctx that forward may keep on whatever it likes: nothing of it is used."""

    def save_for_backward(self, *tensors: Any) -> None:
        """Nothing is saved: the forward's own steps are differentiated."""

    mark_dirty = mark_non_differentiable = set_materialize_grads = save_for_forward = save_for_backward
