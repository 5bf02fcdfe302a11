"""Which tensors are watched, and by what names: the parameters of models, and leaves that variables hold."""

from __future__ import annotations

import math
import sys
import sysconfig
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from minitorch.backend import Array
from minitorch.nn.module import Module
from minitorch.study.health.data import Parameter, Training
from minitorch.study.health.measure import squares
from minitorch.study.names import script_frames, variable_names
from minitorch.tensor import Tensor

_SEARCHES = 200
"""How often the script's variables are searched for a tensor's name: a script may make a new one at every step."""
_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))


class Report(Protocol):
    """What is filled."""

    every: int
    trainings: list[Training]
    parameters: list[Parameter]


class Watched:
    """A tensor that is trained, or may be, and what has to be known of it from one moment to the next."""

    def __init__(self, record: Parameter) -> None:
        self.leaf: Callable[[], Tensor | None] = lambda: None
        self.record = record
        self.order = math.inf
        """When it was first used in a forward pass, counted over all of them."""
        self.probe = False
        self.fresh: bool | None = None
        """Whether its gradient began anew since the last step; None before a backward pass."""
        self.value: Array | None = None
        """Its elements when it last got a gradient; kept only where no optimizer says when it is changed."""
        self.gradient: Array | None = None
        self.given: Array | None = None
        """The gradient that autograd.grad gave, which is not in `.grad`."""
        self.measured: tuple[float, float, float] | None = None
        """Of the gradient the sum of squares and the largest element, of the weight the sum of squares."""
        self.training: Training | None = None

    def current_gradient(self) -> Array | None:
        """The gradient that an update would be made of now."""
        leaf = self.leaf()
        if self.given is not None or leaf is None or leaf._grad is None:
            return self.given
        return leaf._grad._array


class Tensors:
    """Knows the tensors that are trained, or may be, by the names that the script has for them."""

    def __init__(self, report: Report, model: Module | None) -> None:
        self.report = report
        self.only = None if model is None else {id(each) for each in model.parameters()}
        self.model = model
        self.tensors: dict[int, Watched] = {}
        """By the id of the tensor."""
        self.unknown: dict[int, weakref.ref[Tensor]] = {}
        """Leaves that no variable of the script holds: what they are shows when an optimizer has them."""
        self.by_name: dict[str, Watched] = {}
        """The last of each name, which may be gone."""
        self.roots: list[weakref.ref[Module]] = []
        self.modules: weakref.WeakSet[Module] = weakref.WeakSet()
        self.searches = 0
        self.by_hand: dict[Watched, None] = {}
        """Those that got gradients, and that the script itself may change."""
        if model is not None:
            self.module_called(model, ())
            self.note_all()

    def module_called(self, module: Module, args: tuple[Any, ...]) -> None:
        """Notes the models: a model is called before its parts, so what nobody has seen before is one."""
        if module not in self.modules:
            self.modules.update(module.modules())
            self.roots.append(weakref.ref(module))
            for parameter in module.parameters():
                known = self.tensors.get(id(parameter))
                if known is not None:
                    known.record.root = len(self.roots)

    def models(self) -> list[Module]:
        """Those that still exist, the largest first: it names its layers better than a part that was tried alone."""
        alive = [module for module in (ref() for ref in self.roots) if module is not None]
        return sorted(alive, key=lambda module: -sum(1 for _ in module.parameters()))

    def note_all(self, wanted: Tensor | None = None) -> None:
        """Notes the parameters of all models, and `wanted`, by the names that the script has for them."""
        found: dict[int, str] = {}
        if self.model is None and self.searches < _SEARCHES:
            self.searches += 1
            for frame in reversed(list(frames_of_script())):
                for name, tensor in variable_names(frame):
                    found.setdefault(id(tensor), name)
        for module in self.models():
            number = 1 + next(k for k, ref in enumerate(self.roots) if ref() is module)
            for path, parameter in module.named_parameters():
                whole = path if module is self.model and "." in path else f"{type(module).__name__}.{path}"
                self.note(parameter, found.get(id(parameter), whole), number)
        if wanted is not None and id(wanted) not in self.tensors:
            key = id(wanted)
            if key in found:
                self.note(wanted, found[key], 0)
            else:
                self.unknown[key] = weakref.ref(wanted, lambda _: self.unknown.pop(key, None))

    def note(self, tensor: Tensor, name: str, root: int) -> None:
        """Notes one; a tensor that is made anew at every step goes on where the one of its name left off."""
        if id(tensor) in self.tensors or (self.only is not None and id(tensor) not in self.only):
            return
        old = self.by_name.get(name)
        replaces = old is not None and old.leaf() is None and not root and not old.record.root
        if old is not None and replaces and _is_step(old, tensor._array):
            watched = old
            self.by_hand[old] = None
        else:
            if old is not None and replaces and not old.record.updates:
                self.report.parameters.remove(old.record)  # a batch of data, say, and here is the next
            watched = Watched(Parameter(name, root=root, requires_grad=tensor.requires_grad))
            self.report.parameters.append(watched.record)
            self.by_name[name] = watched
        key = id(tensor)
        self.tensors[key] = watched

        def gone(_: object) -> None:
            self.tensors.pop(key, None)
            self.by_hand.pop(watched, None)

        watched.leaf = weakref.ref(tensor, gone)

    def watched(self, leaf: Tensor) -> Watched | None:
        """What is known of a leaf; None for one that is not to be watched."""
        found = self.tensors.get(id(leaf))
        if found is None and self.only is None and id(leaf) not in self.unknown:
            self.note_all(leaf)
            found = self.tensors.get(id(leaf))
        return found


def frames_of_script() -> Iterator[types.FrameType]:
    """The running functions of the script, the innermost first: not those of the engine, nor of libraries."""
    frames = script_frames(sys._getframe(1))
    return (frame for frame in frames if not frame.f_code.co_filename.startswith(_LIBRARIES))


def _is_step(old: Watched, new: Array) -> bool:
    """Whether a new tensor is the old one after a step against its gradient, rather than the next batch of data."""
    value, gradient = old.value, old.gradient
    if value is None or gradient is None or value.shape != new.shape:
        return False
    moved = new - value
    along = float((moved * gradient).sum())
    return along < 0 and along**2 > 0.98 * squares(moved) * squares(gradient)
