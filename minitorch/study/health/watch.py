"""The observer behind `study.health`: tells steps and trainings apart, and collects their numbers."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch.autograd.observer import Observer
from minitorch.backend import Array, array_module, to_host
from minitorch.func.batched import whole
from minitorch.nn.module import Module
from minitorch.node import AccumulateGrad, Node, Slot
from minitorch.optim.optimizer import Optimizer
from minitorch.study.health.data import Activation, Broken, Layer, Training
from minitorch.study.health.measure import (
    SATURATED,
    activation,
    array_of,
    flat,
    is_finite,
    kind_of,
    largest,
    squares,
)
from minitorch.study.health.tensors import Report, Tensors, Watched, frames_of_script
from minitorch.study.many import outside, unshared
from minitorch.tensor import Tensor

_STILL = 50
"""Backward passes after which a tensor that no optimizer knows and nothing has changed is no longer compared."""
_PROBE = 4096
"""Whether gradients are cleared is seen at one parameter, of no more elements than these if there is one."""


class Enough(BaseException):
    """Leaves the block once the steps that were asked for are made; no `except Exception` of the script stops it."""


@dataclass
class _Outputs:
    """The outputs of one activation since the last step."""

    hit: int = 0
    size: int = 0
    rows: int = 0
    alive: NDArray[np.bool_] | None = None
    hidden: bool = False


_OutputsBySite = dict[tuple[str, Watched | None], _Outputs]


@dataclass
class _Step:
    """A step of an optimizer that is being made."""

    training: Training
    tensors: list[Watched]
    before: list[Array]
    in_closure: bool
    beside: bool
    """Whether another optimizer's step was made of the same backward pass: together they are one."""


class Watch(Tensors, Observer):
    """Collects the numbers; tells steps apart, and trainings."""

    def __init__(self, report: Report, model: Module | None, limit: int | None) -> None:
        super().__init__(report, model)
        self.limit = limit
        self.orders = 0
        self.scalars: weakref.WeakKeyDictionary[Node, Array] = weakref.WeakKeyDictionary()
        self.sites: weakref.WeakKeyDictionary[Node, tuple[str, Watched | None]] = weakref.WeakKeyDictionary()
        self.outputs: _OutputsBySite = {}
        self.earlier: _OutputsBySite = {}
        """Those of a backward pass that, so far, no update has followed."""
        self.latest: tuple[Watched, str, bool] | None = None
        """The weight that was used last, by which operation, and whether on its left."""
        self.above: set[Node] = set()
        """The nodes of this backward pass whose results go through a parameter further on."""
        self.loss: float | None = None
        self.passes: list[tuple[float | None, dict[Watched, None]]] = []
        """The backward passes since the last step: the loss of each, and what got gradients."""
        self.touched: dict[Watched, None] = {}
        self.of_optimizer: weakref.WeakKeyDictionary[Optimizer, Training] = weakref.WeakKeyDictionary()
        self.step: _Step | None = None
        self.stepped: set[int] = set()
        """The optimizers that have made a step since the last backward pass."""
        self.last: Training | None = None
        self.total = 0
        self.turn = 0
        self.seen: list[Training] = []
        self.expected: list[Training] = []
        self.born: tuple[str, str] | None = None
        """The first number that is not finite since all was well: which, and where it came from."""
        self.came: tuple[str, str] | None = None
        """The same, for one that came in with the data or the weights."""
        self.unused = Training("backward passes without an update", updated=False)

    @property
    def measuring(self) -> bool:
        """Whether this step is one of those that are measured."""
        return self.turn % self.report.every == 0

    # --- forward ----------------------------------------------------------------------------------------------------

    def op_ends(self, op: Callable[..., Any], args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        """Looks for losses, for the order of the layers, at activations, and for numbers that are not finite."""
        if results and results[0]._node is not None:
            self.seen_forward(op.__name__.lstrip("_"), args, results, results[0]._node)

    def call_ends(self, function: Any, args: tuple[Any, ...], results: Sequence[Any]) -> None:
        """The same for a Function of the script's own."""
        tensors = [each for each in results if isinstance(each, Tensor)]
        if tensors and tensors[0]._node is not None:
            self.seen_forward(function.__name__, args, tensors, tensors[0]._node)

    def seen_forward(self, name: str, args: tuple[Any, ...], results: Sequence[Tensor], node: Node) -> None:
        """An operation of the forward pass; `node` is that of its first result. Within vmap it is one of all items."""
        arrays = [whole(each._array) for each in results]
        if arrays[0].size == 1:
            self.scalars[node] = arrays[0]
        if not self.measuring:
            return
        self.look_for_leaves(name, args)
        if not (self.born or all(map(is_finite, arrays))):
            given = [each for each in flat(args) if isinstance(each, (Tensor, float))]
            what = next(array for array in arrays if not is_finite(array))
            place = f"operation `{name}` ({_line()}){self.near()}"
            if all(
                is_finite(whole(each._array)) if isinstance(each, Tensor) else math.isfinite(each) for each in given
            ):
                self.born = kind_of(what), place
            elif self.came is None or (self.came[0] == "inf" and kind_of(what) == "nan"):
                self.came = kind_of(what), place  # inf may be a mask's, and do no harm
        kind = activation(name, args)
        if kind is not None:
            self.look_at(kind, arrays[0], results[0].ndim, node)

    def look_for_leaves(self, name: str, args: Iterable[Any]) -> None:
        """Notes which parameters an operation uses."""
        for k, arg in enumerate(args):
            if isinstance(arg, Tensor):
                leaf = outside(arg)
                if leaf._node.__class__ is AccumulateGrad:
                    watched = self.watched(leaf)
                    if watched is None:
                        continue
                    if watched.order == math.inf:
                        watched.order = self.orders
                        self.orders += 1
                    if name not in ("add", "sub") or self.latest is None:
                        self.latest = watched, name, k == 0
            elif isinstance(arg, (list, tuple)):
                self.look_for_leaves(name, arg)

    def near(self) -> str:
        """The layer that was used last, in words."""
        return f" after layer {self.latest[0].record.layer}" if self.latest is not None else ""

    def look_at(self, kind: str, out: Array, ndim: int, node: Node) -> None:
        """Counts the zeros of a relu, or what is saturated; `ndim`: of one item, where `out` is those of a batch."""
        key = kind, None if self.latest is None else self.latest[0]
        self.sites[node] = key
        counted = self.outputs.setdefault(key, _Outputs())
        xp = array_module(out)
        counted.size += out.size
        if kind in SATURATED:
            counted.hit += int(xp.count_nonzero(SATURATED[kind](xp, out)))
            return
        positive = out != 0  # nan is no zero
        counted.hit += out.size - int(xp.count_nonzero(positive))
        axis = out.ndim - ndim + self.units(ndim)
        alive = to_host(positive.any(axis=tuple(k for k in range(out.ndim) if k != axis))).reshape(-1)
        fits = counted.alive is not None and counted.alive.shape == alive.shape
        counted.alive = counted.alive | alive if fits else alive
        counted.rows += out.shape[0] if axis else out.shape[-1] if out.ndim > 1 else 1

    def units(self, ndim: int) -> int:
        """The dimension along which the units of a layer lie: channels for a convolution, else features."""
        if ndim < 2 or self.latest is None:
            return max(ndim - 1, 0)
        _, name, on_the_left = self.latest
        if "conv" in name or ("norm" in name and name != "layer_norm"):
            return 1
        return ndim - 2 if on_the_left and name in ("matmul", "mm") else ndim - 1

    # --- backward ---------------------------------------------------------------------------------------------------

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        """What was changed by hand since the last pass has been a step; the loss of this one is noted."""
        self.see_changes()
        known = [float(self.scalars[node].item()) for node, _ in roots if node in self.scalars]
        self.loss = sum(known) if len(known) == len(roots) else None
        self.latest = None
        self.touched = {}
        self.above.clear()

    def pull_begins(self, node: Node, g: Any) -> None:
        """Tells hidden activations from the last one."""
        if node in self.above and self.measuring:
            key = self.sites.get(node)
            if key in self.outputs:
                self.outputs[key].hidden = True

    def pull_ends(self, node: Node, g: Any, results: Sequence[Any]) -> None:
        """Goes on with that, and looks for the first gradient that is not finite."""
        if not self.measuring:
            return
        if node in self.above or any(unshared(edge).__class__ is AccumulateGrad for edge in node.edges):
            for edge in node.edges:
                if edge is not None:
                    self.above.add(edge.target if isinstance(edge, Slot) else edge)
        if self.born is None and (self.came is None or self.came[0] == "inf"):
            arrays = [array for array in map(array_of, results) if array is not None]
            if not all(map(is_finite, arrays)):
                given = [array for array in map(array_of, g if isinstance(g, list) else [g]) if array is not None]
                if all(map(is_finite, given)):
                    what = next(array for array in arrays if not is_finite(array))
                    self.born = kind_of(what), f"the gradient rule of {node.name()}{self.before(node)}"

    def before(self, node: Node) -> str:
        """The nearest layer before a node, in words."""
        order = [node]
        seen = {node}
        for each in order:  # grows while it is walked
            for edge in each.edges:
                if isinstance(edge, AccumulateGrad) and edge.variable is not None:
                    watched = self.watched(edge.variable)
                    return "" if watched is None else f", on the way to layer {watched.record.layer}"
                if edge is not None and edge not in seen:
                    seen.add(edge)
                    order.append(edge)
        return ""

    def accumulated(self, node: Node, g: Any) -> None:
        """A leaf has got a gradient."""
        leaf = node.variable  # type: ignore[attr-defined]  # the event is about AccumulateGrad nodes alone
        watched = None if leaf is None else self.watched(leaf)
        if watched is None:
            return
        self.touch(watched, self.passes != [] and not self.touched and _is_fresh(leaf, g))
        watched.given = None
        if watched.probe and not watched.fresh:
            watched.fresh = _is_fresh(leaf, g)

    def captured(self, node: Node, g: Any) -> None:
        """A gradient was asked for by autograd.grad, which writes it nowhere."""
        leaf = node.variable if node.__class__ is AccumulateGrad else None  # not the input of a function in torch.func
        watched = None if leaf is None else self.watched(leaf)
        if watched is not None:
            self.touch(watched, not self.touched and any(watched in touched for _, touched in self.passes))
            watched.given = array_of(g)

    def touch(self, watched: Watched, anew: bool) -> None:
        """A parameter has its gradient of this backward pass, which starts `anew` or adds to those before."""
        if not self.touched:
            if anew:
                self.start_anew(watched)
            self.passes.append((self.loss, self.touched))
            self.stepped.clear()
        watched.record.passes += watched not in self.touched
        watched.record.requires_grad = True
        self.touched[watched] = None

    def start_anew(self, watched: Watched) -> None:
        """The gradients of the passes before were cleared, and nothing has changed: by hand that is a step of zero."""
        if watched.training is not None and not watched.record.in_optimizer:
            own = [each for each in self.by_hand if each.training is watched.training]
            self.end(watched.training, [(each, 0.0) for each in own], own)
        else:
            self.passes = [each for each in self.passes if watched not in each[1]]

    def backward_ends(self) -> None:
        """Measures what no optimizer will: tensors that may be updated by hand."""
        self.above.clear()
        if not self.touched:
            return
        step = self.step
        if step is not None and step.in_closure:
            step.in_closure = False
            self.measure(step.tensors)
        own = [each for each in self.touched if not each.record.in_optimizer]
        free = [each for each in own if each.record.updates or each.record.passes <= _STILL]
        for each in own:
            self.by_hand.pop(each, None)
        self.measure(free)
        for each in free:
            leaf, gradient = each.leaf(), each.current_gradient()
            if leaf is not None and gradient is not None:
                self.by_hand[each] = None
                each.value, each.gradient = leaf._array.copy(), gradient.copy()
        if not self.report.trainings and self.measuring:
            self.unused.steps += 1
            self.unused.losses.append(self.loss)
            self.add_rows(self.unused, [(each, math.nan) for each in free])
            self.earlier, self.outputs = self.outputs, {}
            self.add_activations(self.unused, dict(self.earlier))

    def measure(self, tensors: Iterable[Watched]) -> None:
        """Norms of gradients and weights, as they are now."""
        for each in tensors:
            leaf, gradient = each.leaf(), each.current_gradient()
            each.measured = None
            if self.measuring and leaf is not None and gradient is not None:
                each.measured = squares(gradient), largest(gradient), squares(leaf._array)

    # --- steps ------------------------------------------------------------------------------------------------------

    def see_changes(self) -> None:
        """A step by hand: tensors that have other values than when they got their gradients."""
        changed: list[tuple[Watched, float]] = []
        for each in sorted(self.by_hand, key=lambda each: each.order):
            leaf = each.leaf()
            if leaf is None or each.value is None or leaf._array.shape != each.value.shape:
                continue
            if bool((leaf._array == each.value).all()):
                continue
            moved = math.sqrt(squares(leaf._array - each.value))
            changed.append((each, moved))
        if not changed:
            return
        training = next((each.training for each, _ in changed if each.training is not None), None)
        if training is None:
            training = self.begin(f"updates by hand of {_listed([each.record.name for each, _ in changed])}")
        for each, _ in changed:
            each.training = training
            each.value = each.gradient = None
            each.record.updates += 1
        self.end(training, changed, [each for each in self.by_hand if each.training is training])

    def step_begins(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Measures the gradients that the step will be made of, and keeps the weights until it is made."""
        self.see_changes()
        tensors = []
        for group in optimizer.param_groups:
            names = group.get("param_names") or [None] * len(group["params"])
            for name, tensor in zip(names, group["params"], strict=True):
                if name is not None:
                    self.note(tensor, name, 0)
                watched = self.watched(tensor)
                if self.unknown.pop(id(tensor), None) is not None:
                    self.note(tensor, f"tensor{list(tensor._array.shape)}", 0)
                    watched = self.watched(tensor)
                if watched is not None:
                    tensors.append(watched)
                    self.by_hand.pop(watched, None)
                    watched.value = watched.gradient = watched.given = watched.measured = None
                    watched.record.in_optimizer = True
        if not tensors:
            return
        training = self.of_optimizer.get(optimizer)
        beside = bool(self.stepped) and id(optimizer) not in self.stepped and self.last is not None
        if training is None:
            self.note_all()
            if self.last is not None and beside:
                training = self.last
                training.title += f" and {_title(optimizer, tensors)}"
            else:
                training = self.begin("")
            self.of_optimizer[optimizer] = training
        closure = bool(args and args[0] is not None) or kwargs.get("closure") is not None
        if not closure:
            self.measure(tensors)
        before = [leaf._array.copy() for leaf in _leaves(tensors)] if self.measuring else []
        self.step = _Step(training, tensors, before, closure, beside and training is self.last)

    def step_ends(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The step is made: what it changed is known."""
        step, self.step = self.step, None
        if step is None:  # the step of an optimizer inside its subclass's, which has been counted
            return
        if not step.training.title:  # not until now: a closure may have called the model for the first time
            step.training.title = self.title(_title(optimizer, step.tensors))
        rows = []
        moved_at_all = False
        if step.before:
            for each, leaf, old in zip(step.tensors, _leaves(step.tensors), step.before, strict=True):
                array_module(old).subtract(leaf._array, old, out=old)
                moved = math.sqrt(squares(old))
                moved_at_all |= moved != 0
                each.record.updates += moved != 0
                if each.measured is not None:
                    rows.append((each, moved))
            gradient = any(each.measured is not None and each.measured[0] for each in step.tensors)
            step.training.without_change += gradient and not moved_at_all
        step.training.without_gradient += all(leaf._grad is None for leaf in _leaves(step.tensors))
        self.stepped.add(id(optimizer))
        self.end(step.training, rows, step.tensors, beside=step.beside)

    def title(self, title: str) -> str:
        """A title, numbered if others have it, too."""
        same = sum(each.title.partition(" #")[0] == title for each in self.report.trainings)
        return f"{title} #{same + 1}" if same else title

    def begin(self, title: str) -> Training:
        """A training of its own."""
        training = Training(self.title(title) if title else "", began=self.total + 1)
        self.report.trainings.append(training)
        return training

    def end(
        self, training: Training, rows: list[tuple[Watched, float]], tensors: list[Watched], beside: bool = False
    ) -> None:
        """Enters a step: its loss, its rows, and what its activations were."""
        if not beside:
            training.steps += 1
            self.total += 1
            losses = [loss for loss, touched in self.passes if any(each in touched for each in tensors)]
            known = [loss for loss in losses if loss is not None]
            training.passes += len(losses)
            training.losses.append(sum(known) if known and len(known) == len(losses) else None)
        training.ended = self.total
        if training.broken is None:
            self.look_whether_broken(training, rows)
        self.add_rows(training, rows)
        self.outputs, self.earlier = {**self.earlier, **self.outputs}, {}
        self.add_activations(training, self.outputs)
        self.compare(training, tensors)
        self.passes.clear()
        self.last = training
        self.count_turn(training)
        if self.limit is not None and self.total >= self.limit:
            raise Enough

    def add_rows(self, training: Training, rows: Iterable[tuple[Watched, float]]) -> None:
        """A row for each layer: its tensors taken together."""
        layers: dict[str, list[tuple[Watched, float]]] = {}
        for each, moved in rows:
            if each.measured is not None:
                layers.setdefault(each.record.layer, []).append((each, moved))
        for name, parts in layers.items():
            layer = training.layers.get(name)
            if layer is None:
                layer = training.layers[name] = Layer(name, math.inf)
            layer.order = min(layer.order, *(each.order for each, _ in parts))
            layer.parameters.update(each.record.name for each, _ in parts)
            layer.weights = layer.weights or any(leaf._array.ndim > 1 for leaf in _leaves(each for each, _ in parts))
            measured = [each.measured for each, _ in parts if each.measured is not None]
            layer.add(
                training.steps,
                math.sqrt(sum(own[0] for own in measured)),
                max((own[1] for own in measured), key=lambda value: math.inf if math.isnan(value) else value),
                math.sqrt(sum(own[2] for own in measured)),
                math.hypot(*(moved for _, moved in parts)),
            )

    def add_activations(self, training: Training, outputs: _OutputsBySite) -> None:
        """A row for each activation after one of the training's layers; the others are for another's step."""
        for (kind, watched), counted in list(outputs.items()):
            after = "the input" if watched is None else watched.record.layer
            if watched is not None and after not in training.layers:
                continue
            del outputs[kind, watched]
            site = training.activations.setdefault((kind, after), Activation(kind, after))
            site.hidden = site.hidden or counted.hidden
            if counted.size:
                site.add(training.steps, counted.hit / counted.size, counted.alive, counted.rows)

    def compare(self, training: Training, tensors: list[Watched]) -> None:
        """Whether the gradients still held those of the last step: seen at one small parameter."""
        for each in tensors:
            if each.probe and each.fresh is not None:
                training.compared += 1
                training.carried += not each.fresh
            each.fresh = None
        if any(each.probe for each in tensors):
            return
        strengths: list[tuple[bool, float, Watched]] = []
        for each in tensors:
            leaf = each.leaf()
            if leaf is not None and each.measured is not None and each.measured[0] > 0:
                size = leaf._array.size
                strengths.append((size <= _PROBE, each.measured[0] / size, each))
        if strengths:
            max(strengths, key=lambda entry: entry[:2])[2].probe = True

    def look_whether_broken(self, training: Training, rows: list[tuple[Watched, float]]) -> None:
        """A loss, a gradient or a weight that is not finite breaks a training, and it says where that began."""
        loss = training.losses[-1]
        bad = [
            (each, value)
            for each, moved in rows
            for value in (each.measured[0] if each.measured is not None else 0.0, moved)
            if not math.isfinite(value)
        ]
        if (loss is None or math.isfinite(loss)) and not bad:
            self.born = self.came = None
            return
        self.break_off(training, loss if loss is not None and not math.isfinite(loss) else bad[0][1], bad)

    def break_off(self, training: Training, value: float, bad: Sequence[tuple[Watched, float]] = ()) -> None:
        """Says where the first number that is not finite came from."""
        if self.born is not None:
            what, where = self.born
        elif self.came is not None:
            what, where = self.came[0], f"what came into {self.came[1]}"
        else:
            what = "nan" if math.isnan(value) else "inf"
            where = f"the step at layer {bad[0][0].record.layer}" if bad else "the loss"
        training.broken = Broken(max(training.steps, 1), what, where)

    def count_turn(self, training: Training) -> None:
        """A turn is over when all trainings that take turns, as those of a GAN do, have made their step."""
        again = training in self.seen
        if not again:
            self.seen.append(training)
        if again or all(each in self.seen for each in self.expected):
            self.expected, self.seen = ([training] if again else self.seen), []
            self.turn += 1

    def close(self) -> None:
        """The end of the block: what was changed since the last backward pass is one more step."""
        with suppress(Enough):
            self.see_changes()
        for each in self.tensors.values():
            leaf = each.leaf()
            if leaf is not None:
                each.record.requires_grad = leaf.requires_grad
        if not self.report.trainings and self.unused.steps:
            self.unused.passes = self.unused.steps
            self.report.trainings.append(self.unused)
        if self.report.trainings:
            latest = self.last or self.report.trainings[-1]
            bad = [loss for loss, _ in self.passes if loss is not None and not math.isfinite(loss)]
            if latest.broken is None and (bad or (self.born is not None and self.born[0] == "nan")):
                self.break_off(latest, bad[0] if bad else math.nan)
        self.by_name.clear()  # a tensor that outlives the block refers to us, and we to copies of its elements
        self.by_hand.clear()


def _line() -> str:
    """The line of the script that is being executed."""
    frame = next(frames_of_script(), None)
    return "" if frame is None else f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _title(optimizer: Optimizer, tensors: Iterable[Watched]) -> str:
    """An optimizer by its type, its learning rate, and what it trains."""
    rates = {group["lr"] for group in optimizer.param_groups if isinstance(group.get("lr"), (int, float))}
    shown = ", ".join(f"{rate:g}" for rate in sorted(rates))
    paths: dict[int, list[str]] = {}
    for each in tensors:
        paths.setdefault(each.record.root or -id(each), []).append(each.record.layer)
    names = [_common(own) for own in paths.values()]
    of = f" of {_listed(names)}" if all(names) else ""
    return f"{type(optimizer).__name__}(lr={shown}){of}" if shown else f"{type(optimizer).__name__}{of}"


def _common(paths: Sequence[str]) -> str:
    """The path of the smallest module that holds all: `net` for `net.conv1` and `net.fc`."""
    first, last = min(paths).split("."), max(paths).split(".")
    same = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return ".".join(first[:same])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _leaves(tensors: Iterable[Watched]) -> list[Tensor]:
    """The tensors that still exist: all of those that an optimizer holds."""
    return [leaf for leaf in (each.leaf() for each in tensors) if leaf is not None]


def _is_fresh(leaf: Tensor, g: Any) -> bool:
    """Whether the gradient that a leaf has is the one that it just got: it had none, or zeros."""
    if leaf._grad is None:
        return False
    whole, new = leaf._grad._array, array_of(g)
    return whole is new or bool((whole == new).all())
