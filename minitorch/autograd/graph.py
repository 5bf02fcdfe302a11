"""What an operation leaves in the graph: the values its gradient rules need, and the rules to run.

A rule is written once, over a namespace `xp`, and runs in two ways. In an ordinary backward pass it gets raw arrays,
and `xp` is numpy or cupy. With create_graph it gets Tensors, and `xp` is `lifted`: the same spelling over Tensors, so
that the rule's own steps are recorded and can be differentiated again.
"""

from __future__ import annotations

import linecache
import re
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import parallel
from minitorch.autograd.observer import Observer, observers
from minitorch.backend import Array, array_module, is_array, modules
from minitorch.errors import NotSupportedError
from minitorch.node import Hooks, Node, Slot, next_sequence
from minitorch.tensor import Tensor, wrap

if TYPE_CHECKING:
    from minitorch.autograd.op import Op

lifted = SimpleNamespace()
"""NumPy's functions over Tensors, as far as rules use them; filled by ops/_lifted.py, which stands above the graph."""

joiners: dict[type, Callable[[Tensor], Tensor]] = {}
"""For each type of arrays that stand for many at once: what makes any tensor one of them; filled by func/levels.py."""

WRITE_OF_MANY = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args "
    "that has more elements than `self`: `other` is being vmapped over, `self` is not. Use an out-of-place operator, "
    "or make `self` with new_zeros, zeros_like or the like of a tensor that is vmapped over."
)


def joined(tensors: Sequence[Tensor]) -> list[Tensor] | None:
    """The tensors, all of the type of the most nested array that stands for many; None where none does."""
    kinds: list[Any] = [each._array.__class__ for each in tensors if each._array.__class__ in joiners]
    if not kinds:
        return None
    join = joiners[max(kinds, key=lambda kind: kind.depth)]
    return [join(each) for each in tensors]


SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


class Plan:
    """What an operation does for one set of inputs that require grad: worked out once, then used at every call."""

    __slots__ = (
        "cell_names",
        "edge_count",
        "edge_of",
        "fill",
        "frees",
        "long",
        "names",
        "node_type",
        "plain",
        "pulls",
        "result_of",
        "shown",
        "steps",
    )

    def __init__(
        self,
        node_type: type[OpNode],
        saved: Sequence[tuple[str, str, str]],
        steps: Sequence[tuple[int, Callable[..., Any], Sequence[str]]],
        edge_count: int,
        edge_of: dict[str, int],
        result_of: dict[str, int],
        single: int | None,
        plain: bool,
        long: frozenset[int],
        shown: Sequence[int],
    ) -> None:
        """`saved`: name, expression over `scope`, expression over `args` and `outs` of its version cell, or "".

        `steps`: which edge, its rule, the saved names that the rule takes. `single`: the one output that carries a
        gradient; None for several. `long`: the edges whose rules are worth a thread each.
        """
        self.node_type = node_type
        self.names = tuple(name for name, _, _ in saved)
        self.edge_of = edge_of
        """The edge that a saved argument came along."""
        self.result_of = result_of
        """Which output a saved result is, of those that carry a gradient."""
        self.plain = plain
        """Whether one gradient comes in, and the gradient of one argument out of each rule."""
        self.shown = shown
        """The edges that next_functions shows: torch has none for a number, nor for what has no derivative."""
        self.cell_names = tuple(name for name, _, cell in saved if cell)
        self.frees = any(cell or name in edge_of for name, _, cell in saved)
        """Whether a value of an operand or a result is kept: a number counts, which is a saved tensor in torch."""
        self.steps = tuple((i, rule, tuple(self.names.index(name) for name in asked)) for i, rule, asked in steps)
        # A function made of the plan is three times as fast as a loop over it, and these run for every operation.
        cells = _tuple(cell for _, _, cell in saved if cell)
        self.fill: Callable[..., Any] = _function(
            f"what {node_type.__name__} keeps: {', '.join(self.names) or 'nothing'}",
            "fill(node, edges, scope, args, outs)",
            "node.plan = plan",
            "node.edges = edges",
            f"node.saved = {_tuple(value for _, value, _ in saved)}",
            f"node.cells = {cells}" if self.cell_names else "",
            "node.sequence = next_sequence()",
            "" if single is None else f"array = outs[{single}]._array",
            "" if single is None else "node.shape, node.dtype = array.shape, array.dtype",
            plan=self,
            next_sequence=next_sequence,
        )
        """Gives a new node its edges, what it saves of the arguments followed by the results, the version cells of
        those that an in-place write could spoil, and its number."""
        self.edge_count, self.long = edge_count, long
        self.pulls: dict[Any, Callable[..., Any]] = {}
        """What `over` has made."""

    def over(self, xp: Any) -> Callable[[OpNode, Any], Sequence[Any]]:
        """Makes the function that runs all rules over the arrays of a module, given a node and its gradient.

        It raises RuntimeError when what the node saved was freed, or written to.
        """
        rules = {f"rule{i}": getattr(rule, "plain", rule) if xp is np else rule for i, rule, _ in self.steps}
        results = ["None"] * self.edge_count
        at_once = len(self.long.intersection(rule[0] for rule in self.steps)) > 1
        for i, _, picks in self.steps:
            call = f"rule{i}({', '.join(['xp', 'g', *(f'saved[{k}]' for k in picks)])})"
            results[i] = f"lambda: {call}" if at_once else call
        pull: Callable[[OpNode, Any], Sequence[Any]] = _function(
            f"the rules of {self.node_type.__name__} for edges {', '.join(str(rule[0]) for rule in self.steps)}",
            "pull(node, g)",
            "saved = node.saved",
            "if saved is None: raise RuntimeError(SECOND_BACKWARD)",
            "for cell in node.cells:" if self.cell_names else "",
            "  if cell[1] > node.sequence: raise node._spoiled(cell)" if self.cell_names else "",
            f"return at_once(xp, g, {_tuple(results)})" if at_once else f"return {_tuple(results)}",
            at_once=_at_once,
            xp=xp,
            SECOND_BACKWARD=SECOND_BACKWARD,
            **rules,
        )
        self.pulls[xp] = pull
        return pull


def _tuple(expressions: Iterable[str]) -> str:
    return f"({''.join(f'{expression}, ' for expression in expressions)})"


def _function(title: str, signature: str, *lines: str, **names: Any) -> Any:
    """A function of these lines, which may use `names`; debuggers and tracebacks find the lines under its title."""
    source = f"def {signature}:\n  " + "\n  ".join(filter(None, lines))
    file = f"{__file__}: {title}"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    scope = {"shape_of": _shape_of, **names}
    exec(compile(source, file, "exec"), scope)
    return scope[signature.partition("(")[0]]


def _at_once(xp: Any, g: Array, rules: Sequence[Callable[[], Array] | None]) -> list[Array | None]:
    """What the rules give, each in a thread of its own where there is much to do: it goes over `g` some ten times."""
    asked = [rule for rule in rules if rule is not None]
    results = iter(parallel.each(lambda rule: rule(), asked, 16 * g.nbytes if xp is np else 0))
    return [None if rule is None else next(results) for rule in rules]


def _shape_of(value: Any) -> Any:
    """The shape of an array, or of each array of a sequence; () for a number."""
    return [each.shape for each in value] if isinstance(value, list) else getattr(value, "shape", ())


class OpNode(Node):
    """The node of an operation made with @op."""

    op: Op
    plan: Plan
    saved: Sequence[Any] | None
    cells: tuple[list[int], ...] = ()
    """The version cells of saved values: a write later than this node has spoiled them."""

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        plan = self.plan
        if plan.plain and needed is None and lifted is None:
            xp = modules.get(g.__class__, np)
            return (plan.pulls.get(xp) or plan.over(xp))(self, g)
        saved = self.saved
        if saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        for cell in self.cells:
            if cell[1] > self.sequence:
                raise self._spoiled(cell)
        if self.outputs is not None:
            g = self._fill(g, lifted)
        if lifted is not None:
            xp, saved = lifted, self.lift()
        else:
            xp = array_module(g if self.outputs is None else g[0])
        if self.op.sequence:  # one rule gives the whole list
            ((_, rule, picks),) = plan.steps
            whole: Sequence[Any] = rule(xp, g, *[saved[k] for k in picks])
            return whole
        gradients: list[Any] = [None] * len(self.edges)
        for i, rule, picks in plan.steps:
            if needed is None or self.edges[i] in needed:
                gradients[i] = rule(xp, g, *[saved[k] for k in picks])
                if lifted is not None and self.op.kinked:
                    for value in saved:
                        if isinstance(value, Tensor) and value.requires_grad:
                            gradients[i] = lifted.tied(gradients[i], value)
        return gradients

    def following(self) -> Sequence[Node | None]:
        if self.op.sequence:
            return self.edges
        if self.op.steps is not None:
            return self.op.steps(self, *self.edges)
        return [self.edges[k] for k in self.plan.shown]

    def _fill(self, g: list[Any], lifted: Any) -> tuple[Any, ...]:
        """The gradients of all outputs: zeros for those that nothing used."""
        assert self.outputs is not None
        some = next(each for each in g if each is not None)
        xp = array_module(some if lifted is None else some._array)
        zeros = xp.zeros if lifted is None else lambda shape, dtype: wrap(xp.zeros(shape, dtype))
        return tuple(
            zeros(shape, dtype) if each is None else each for each, (shape, dtype) in zip(g, self.outputs, strict=True)
        )

    def _spoiled(self, cell: list[int]) -> RuntimeError:
        at = next(k for k, each in enumerate(self.cells) if each is cell)
        name = self.plan.cell_names[min(at, len(self.plan.cell_names) - 1)]  # a sequence has several cells, one name
        return RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"'{name}', which {self.name()} saved, is at version {cell[0]}; an earlier version was expected instead. "
            "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True)."
        )

    def lift(self) -> tuple[Any, ...]:
        """The saved values as the rules get them under create_graph: arrays as Tensors that are in the graph again."""
        if self.saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        plan = self.plan
        return tuple(
            self._attach(name, value) if is_array(value) else value
            for name, value in zip(plan.names, self.saved, strict=True)
        )

    def _attach(self, name: str, value: Any) -> Tensor:
        tensor: Tensor = wrap(value)
        if name in self.plan.result_of:
            k = self.plan.result_of[name]
            tensor._node = self if self.outputs is None else Slot(self, k, *self.outputs[k])
        elif name in self.plan.edge_of:
            tensor._node = self.edges[self.plan.edge_of[name]]
        return tensor

    def saved_values(self) -> Iterator[tuple[str, Any]]:
        """The name and value of all that is saved, arrays as Tensors."""
        return zip(self.plan.names, self.lift(), strict=True)

    def move_result(self, result: Tensor, target: Tensor) -> None:
        """Adapts what is saved to an in-place operation, just before `target` is overwritten with `result`.

        What was saved of the old `target` is copied; a saved result is from now on the one in `target`.
        """
        self.dtype = target._array.dtype
        if isinstance(self.saved, Packed):
            self.saved.keep(target._array)
            return
        cells = dict(zip(self.plan.cell_names, self.cells, strict=True))
        saved = list(self.saved or ())
        for k, (name, value) in enumerate(zip(self.plan.names, saved, strict=True)):
            if value is result._array and value.dtype == target._array.dtype:
                saved[k], cells[name] = target._array, target._cell
            elif is_array(value) and array_module(value).may_share_memory(value, target._array):
                saved[k] = value.copy()
                if name in cells:
                    cells[name] = [cells[name][0], 0]
        self.saved, self.cells = tuple(saved), tuple(cells.values())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_"):
            wanted = {"self": "input", "result": "out"}.get(name[7:], name[7:])
            for own, value in self.saved_values():
                if own == wanted:
                    return value
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(f"_saved_{name}" for name in self.plan.names)]

    def free(self) -> None:
        if self.plan.frees:
            self.saved = None

    def pack(self, pack: Pack, unpack: Unpack) -> None:
        """Gives all saved arrays to a pack hook, and keeps what it returns; writes to them no longer matter then."""
        if self.saved:
            self.saved = Packed(self.saved, pack, unpack)
            self.cells = ()


class Step(Node):
    """A node that torch has, and that runs here as part of the one before it: it is shown, but never called."""

    def watch(self) -> Hooks:
        raise NotSupportedError(f"{self.name()} is part of the node that it follows here: hook that node, or a tensor")


def step(name: str, *edges: Node | None) -> Node | None:
    """The Step of that name before `edges`; None where no gradient is wanted."""
    if not any(edges):
        return None
    node: Node = type(name, (Step,), {"__module__": "builtins"})()
    node.edges = edges
    return node


def node_name(op_name: str, variant: int = 0) -> str:
    """torch's name of a node: `mul` gives MulBackward0, `mse_loss` MseLossBackward0."""
    words = "".join(word[:1].upper() + word[1:] for word in re.split("_+", op_name))
    return f"{words}Backward{variant}"


# --- hooks on what is saved -------------------------------------------------------------------------------------------


Pack = Callable[[Tensor], Any]
Unpack = Callable[[Any], Any]


class PackedArray:
    """What a pack hook returned for a saved array, and the hook that gives the array again."""

    __slots__ = ("of", "pack", "unpack", "value")

    def __init__(self, array: Any, pack: Pack, unpack: Unpack) -> None:
        self.pack, self.unpack = pack, unpack
        self.value = pack(wrap(array))
        self.of = weakref.ref(array)
        """The array, for as long as the hook or somebody else keeps it."""

    def array(self) -> Any:
        """The array; raises TypeError when the unpack hook gives no tensor."""
        tensor = self.unpack(self.value)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        return tensor._array

    def keep(self, target: Any) -> None:
        """Packs a copy of the array if it lies in `target`, which will be overwritten."""
        array = self.of()
        if array is not None and array_module(array).may_share_memory(array, target):
            self.value = self.pack(wrap(array.copy()))


def _packed(value: Any, pack: Pack, unpack: Unpack) -> Any:
    if isinstance(value, list):
        return [_packed(each, pack, unpack) for each in value]
    return PackedArray(value, pack, unpack) if is_array(value) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(each) for each in value]
    return value.array() if isinstance(value, PackedArray) else value


class Packed(Sequence[Any]):
    """The saved values of a node, whose arrays are unpacked when they are asked for."""

    def __init__(self, values: Sequence[Any], pack: Pack, unpack: Unpack) -> None:
        self._values = [_packed(value, pack, unpack) for value in values]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, k: Any) -> Any:
        return _unpacked(self._values[k])

    def keep(self, target: Any) -> None:
        """Packs copies of the arrays that lie in `target`, which will be overwritten."""
        for value in self._values:
            if isinstance(value, PackedArray):
                value.keep(target)


class _PackHooks(threading.local):
    """The hooks of this thread, the innermost last; None where they are switched off."""

    def __init__(self) -> None:
        self.stack: list[tuple[Pack, Unpack] | None] = []
        self.refused: list[str] = []


_hooks = _PackHooks()


class _Packing(Observer):
    """Packs what new nodes save, while a context with hooks is open in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0

    def node_made(self, node: Any) -> None:
        hooks = _hooks.stack[-1] if _hooks.stack else None
        if hooks is not None and hasattr(node, "pack"):
            _hooks.stack.append(None)  # what a hook computes is not packed
            try:
                node.pack(*hooks)
            finally:
                _hooks.stack.pop()

    def count(self, change: int) -> None:
        """Notes that a context was opened (+1) or closed (-1)."""
        with self._lock:
            before, self._open = self._open, self._open + change
            if not before:
                observers.append(self)
            elif not self._open:
                observers.remove(self)


_packing = _Packing()


class saved_tensors_hooks:
    """Within it, what operations save for backward is given to `pack_hook`, and got back by `unpack_hook`.

    Both take and return one thing: a tensor becomes anything, and that becomes a tensor. Differs from torch: the tensor
    is outside the graph, and not the very one that was an operation's argument.
    """

    def __init__(self, pack_hook: Pack, unpack_hook: Unpack) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if _hooks.refused:
            raise RuntimeError(_hooks.refused[-1])
        _hooks.stack.append((self.pack_hook, self.unpack_hook))
        _packing.count(+1)

    def __exit__(self, *error: object) -> None:
        _hooks.stack.pop()
        _packing.count(-1)


class disable_saved_tensors_hooks:
    """Within it, to use saved_tensors_hooks raises RuntimeError with the message given."""

    def __init__(self, error_message: str) -> None:
        self._message = error_message

    def __enter__(self) -> None:
        _hooks.refused.append(self._message)

    def __exit__(self, *error: object) -> None:
        _hooks.refused.pop()


class save_on_cpu(saved_tensors_hooks):
    """Within it, what operations save for backward is kept in the CPU's memory, and brought back when it is needed."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(
            lambda tensor: (tensor.device, tensor.detach().cpu().clone()), lambda packed: packed[1].to(packed[0])
        )
