"""Running: engines, the forms in which they have an operation, and one example run: call, backward, second order."""

from __future__ import annotations

import inspect
import operator
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from parity.compare import Mismatch
from parity.spec import Spec
from parity.strategies import Array, Call, Input, Made, Mode, Name, transform

IN_PLACE = re.compile(
    r"(^|\.)(?!__).*[^_]_$|__(i(add|sub|mul|div|truediv|floordiv|mod|pow|and|or|xor|lshift|rshift)|setitem)__$"
)


# --- engines --------------------------------------------------------------------------------------------------------


class Engine:
    """A module with torch's API, and the few things the harness needs of it."""

    in_reach = True
    """Whether `array` is the tensor's own memory: then it is seen what shares memory, and what was written to."""
    leaves_out: Mapping[str, str] = {}
    """The subjects that cannot be as the reference has them, and why."""

    def __init__(self, module: ModuleType | Any, name: str | None = None) -> None:
        self.module: Any = module
        self.name: str = name or module.__name__

    def trying(self, level: str, subject: str) -> AbstractContextManager[None]:
        """The surroundings in which a subject is tried."""
        return nullcontext()

    def find(self, path: str) -> Any:
        """The thing of this dotted name, or None."""
        found = self.module
        for part in path.split("."):
            found = getattr(found, part, None)
        return found

    def tensor(self, view: Array, requires_grad: bool) -> Any:
        """A tensor that shares the array's memory."""
        made = self.module.from_numpy(view)
        return made.requires_grad_() if requires_grad else made

    def placed(self, module: Any) -> Any:
        """The module, where the tensors lie."""
        return module

    def is_tensor(self, value: Any) -> bool:
        """Whether the value is a tensor of this engine."""
        return isinstance(value, self.module.Tensor)

    def array(self, tensor: Any) -> Array:
        """The elements as a NumPy array that shares memory."""
        return np.asarray(tensor.detach().numpy(force=True))


@dataclass(frozen=True)
class Form:
    """A way to call an operation (function, method, property, operator, in-place, out) and the dotted name to call."""

    kind: str
    path: str
    typed: bool = True
    """Whether the reference checks the types of arguments: what is written in Python fails wherever it happens to."""

    def __repr__(self) -> str:
        return {"function": "torch.", "out": "torch.", "operator": "operator "}.get(self.kind, "") + self.path


def operator_of(name: str) -> Callable[..., Any] | None:
    """What Python calls `__add__`, or, the operands swapped, `__radd__` by; None for other names."""
    if not name.startswith("__"):
        return None
    straight: Callable[..., Any] | None = getattr(operator, name, None)
    swapped: Callable[..., Any] | None = getattr(operator, f"__{name[3:]}", None)
    if straight is None and swapped is not None and name[2] == "r":
        return lambda self, other: swapped(other, self)
    return straight


def forms(spec: Spec, reference: Engine) -> list[Form]:
    """The ways to call the operation that the reference has; raises LookupError when it has none."""
    found: list[Form] = []

    def add(kind: str, path: str) -> None:
        found.append(Form(kind, path, not inspect.isfunction(reference.find(path))))

    for name in spec.names():
        own = name.removeprefix("Tensor.")
        function = None if own != name else reference.find(name)
        method = reference.find(f"Tensor.{own}")
        if IN_PLACE.search(name):
            if callable(function) or method is not None:
                add("in-place", name if callable(function) else f"Tensor.{own}")
            continue
        if callable(function) and "function" in spec.forms:
            add("function", name)
        # torch's docstrings begin with the signature.
        if callable(function) and "out" in spec.forms and "out=None" in (function.__doc__ or "")[:400]:
            add("out", name)
        if method is not None and "method" in spec.forms and operator_of(own) is not None:
            add("operator", own)
        if method is not None and "." not in own and "method" in spec.forms:
            add("method" if callable(method) else "property", f"Tensor.{own}")
        if "." not in own and "in-place" in spec.forms and callable(reference.find(f"Tensor.{own}_")):
            add("in-place", f"Tensor.{own}_")
    if not found:
        raise LookupError(f"spec {spec.name}: {reference.name} has no such function or method")
    return found


@dataclass(frozen=True)
class Upstream:
    """Which outputs get a gradient, and how it lies in memory."""

    seed: int = 0
    outputs: int = -1
    """Their bits, from the first output on; never none of them."""
    layout: str = "plain"


# --- an example -----------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """One drawn example: the call and every decision about how it is tried."""

    spec: Spec
    form: Form
    call: Call
    mode: Mode
    seed: int = 0
    read_only: bool = False
    upstream: Upstream = field(default_factory=Upstream)
    spoiled: Call | None = None
    """The call with a wrong argument, which is tried in place of the other where that is right."""

    def __repr__(self) -> str:
        return f"{self.form!r}{self.call!r}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field of the spec."""
        printer.text(repr(self))

    def reproduce(self) -> str:
        """The call as Python, with the values of small tensors."""
        return f"{self.form!r}{source(self.call)}"


_NOT_FINITE = re.compile(r"\b(nan|inf)\b")


def source(value: Any) -> str:
    """The value, or the arguments of a call, as Python source."""
    if isinstance(value, Call):
        words = [source(item) for item in value.args] + [f"{key}={source(item)}" for key, item in value.kwargs.items()]
        return f"({', '.join(words)})"
    if isinstance(value, Made):
        return f"torch.{value.path}{source(value.call)}"
    if isinstance(value, list | tuple):
        inner = ", ".join(source(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {source(item)}' for key, item in value.items())}}}"
    if isinstance(value, slice):
        return f"slice({', '.join(source(item) for item in (value.start, value.stop, value.step))})"
    if not isinstance(value, Input):
        return _NOT_FINITE.sub(r"float('\1')", repr(value)) if isinstance(value, float) else repr(value)
    if value.size > 24:
        return f"<{value!r}>"
    grad = ", requires_grad=True" if value.requires_grad else ""
    values = _NOT_FINITE.sub(r"torch.\1", repr(value.array.tolist()))
    return f"torch.tensor({values}, dtype=torch.{value.dtype}{grad})"


# --- running --------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What one engine did with an example."""

    engine: Engine
    result: Any = None
    error: Exception | None = None
    stage: str = "call"
    blocks: list[Array] = field(default_factory=list)
    """The memory of the inputs."""
    views: list[Array] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    """What a module learns, by name."""
    changed: Any = None
    """The in-place form: the tensor that was changed."""
    versions: tuple[int, int] = (0, 0)
    outputs: list[Any] = field(default_factory=list)
    """The outputs that are differentiated."""
    upstream: list[Any] = field(default_factory=list)
    firsts: Sequence[Any] = ()
    """The gradients of the leaves under create_graph, None where there is none."""
    seconds: Sequence[Any] = ()
    """The gradients of the leaves and of the upstream gradients, from those of the leaves."""
    warnings: list[warnings.WarningMessage] = field(default_factory=list)

    def outcome(self) -> Any:
        """What the operation gives: its result, or the tensor that it changed where it returns nothing."""
        return self.changed if self.result is None else self.result

    def modified(self, inputs: Sequence[Input]) -> list[int]:
        """The numbers of the inputs whose memory is no longer as it was."""
        pairs = enumerate(zip(inputs, self.blocks, strict=True))
        return [number for number, (input, block) in pairs if block.tobytes() != input.materialise()[0].tobytes()]

    def value(self, leaf: Any, read_only: bool = False) -> Any:
        """What a leaf of a call is on this engine; of an input the memory is kept."""
        if isinstance(leaf, Name | Made):
            found = self.engine.find(leaf.path)
            if found is None:
                raise Mismatch(f"{self.engine.name} has no {leaf.path}")
            return found(*leaf.call.args, **leaf.call.kwargs) if isinstance(leaf, Made) else found
        if not isinstance(leaf, Input):
            return leaf
        block, view = leaf.materialise()
        tensor = self.engine.tensor(view, leaf.requires_grad)
        # Only now, or from_numpy would warn; an engine that keeps the array itself sees the flag.
        view.flags.writeable = not read_only
        self.blocks.append(block)
        self.views.append(view)
        self.tensors.append(tensor)
        return tensor

    def named_leaves(self) -> dict[str, Any]:
        """The inputs and parameters that want a gradient."""
        named = {f"input {number}": tensor for number, tensor in enumerate(self.tensors)} | self.parameters
        return {name: tensor for name, tensor in named.items() if tensor.requires_grad}

    def leaves(self) -> list[Any]:
        """The inputs and parameters that want a gradient."""
        return list(self.named_leaves().values())

    def attempt(self, stage: str, action: Callable[[], None]) -> bool:
        """Whether the action succeeds; what it raises is kept."""
        self.stage = stage
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            try:
                action()
            except Exception as error:  # whatever an engine raises is compared with what the other raises
                self.error = error
        self.warnings += seen
        return self.error is None

    def backward(self) -> None:
        """Leaves a gradient in every leaf."""
        self.engine.module.autograd.backward(self.outputs, self.upstream)

    def first(self) -> None:
        """The gradients of the leaves, themselves differentiable."""
        self.firsts = self.engine.module.autograd.grad(
            self.outputs, self.leaves(), self.upstream, create_graph=True, allow_unused=True
        )

    def second(self, seed: int) -> None:
        """The gradients of the first gradients, each weighted at random, with respect to all they are made of."""
        rng = np.random.default_rng(seed)
        drawn = [rng.standard_normal(tuple(leaf.shape)) for leaf in self.leaves()]
        pairs = [
            (first, self.engine.tensor(weights, False))
            for first, weights in zip(self.firsts, drawn, strict=True)
            if first is not None and first.requires_grad
        ]
        if pairs:
            gradients, weights = zip(*pairs, strict=True)
            self.seconds = self.engine.module.autograd.grad(
                gradients, [*self.leaves(), *self.upstream], weights, allow_unused=True
            )


def start(engine: Engine, case: Case, read_only: bool) -> Run:
    """Makes the inputs and calls the operation."""
    run = Run(engine)

    args, kwargs = transform((case.call.args, case.call.kwargs), lambda leaf: run.value(leaf, read_only))
    form = case.form
    own = form.path.removeprefix("Tensor.")
    target: Any = operator_of(own) if form.kind == "operator" else engine.find(form.path)
    if target is None and form.kind != "property":
        raise Mismatch(f"{engine.name} has no {form!r}")
    if case.spec.seeded:
        engine.module.manual_seed(case.seed)

    def call() -> None:
        if form.kind == "property":
            run.result = getattr(args[0], own)
        elif form.kind == "in-place":
            run.changed = args[0].clone() if engine.is_tensor(args[0]) else args[0]
            before = getattr(run.changed, "_version", 0)
            run.result = target(run.changed, *args[1:], **kwargs)
            run.versions = (before, getattr(run.changed, "_version", 0))
        elif form.kind == "out":
            holders = [engine.module.zeros_like(tensor) for tensor in flatten(engine, target(*args, **kwargs))]
            run.changed = holders[0] if len(holders) == 1 else tuple(holders)
            run.result = target(*args, **kwargs, out=run.changed)
        else:
            run.result = target(*args, **kwargs)

    run.attempt("call", call)
    return run


def flatten(engine: Engine, result: Any) -> list[Any]:
    """The tensors of a result, in order."""
    if engine.is_tensor(result):
        return [result]
    if isinstance(result, list | tuple):
        return [tensor for item in result for tensor in flatten(engine, item)]
    if isinstance(result, dict):
        return [tensor for item in result.values() for tensor in flatten(engine, item)]
    return []


def choose_upstream(run: Run, upstream: Upstream, requires_grad: bool) -> None:
    """Chooses the outputs to differentiate and gives each a random gradient, the same on every engine."""
    candidates = [tensor for tensor in flatten(run.engine, run.outcome()) if tensor.requires_grad]
    chosen = [tensor for bit, tensor in enumerate(candidates) if upstream.outputs >> bit & 1] or candidates
    rng = np.random.default_rng(upstream.seed)
    run.outputs, run.upstream = chosen, []
    for output in chosen:
        shape, dtype = tuple(output.shape), run.engine.array(output).dtype
        layout = upstream.layout if len(shape) > 1 else "plain"
        _, view = Input(rng.standard_normal(shape).astype(dtype), layout).materialise()
        run.upstream.append(run.engine.tensor(view, requires_grad))
