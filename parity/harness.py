"""The harness: tries a spec on two engines and compares everything a user can see.

For each example, drawn by hypothesis, the two engines get the same NumPy data and the same call. Compared are:

- the result: structure and field names, shape, dtype, values, requires_grad; for the in-place form also that it is the
  tensor itself and that its version counter moved; whether it shares memory with an input, and with which strides;
- that the inputs, some of them read-only, some not contiguous, are left as they were, and no NumPy warning escapes;
- the gradient of every input that wants one, of some or all outputs, under a random upstream gradient: whether there is
  one, its shape, dtype and values; that it is writable, overlaps neither itself nor another gradient, an input or the
  upstream gradient;
- with float64, the same gradient under create_graph, and the gradient of its product with random numbers;
- errors: where torch raises, the same builtin exception type or a subclass of it, so that what catches the one
  catches the other; and none where torch raises none.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, settings

from parity.compare import Mismatch, compare_arrays, fields, is_exactly, ulp
from parity.spec import Spec
from parity.strategies import Array, Call, Draw, Input, Mode, Name, transform
from parity.tolerance import Kind, coarsest, tolerance

NO_KERNEL = re.compile(r"not implemented for|the derivative for .* is not implemented")
IN_PLACE = re.compile(
    r"(^|\.)(?!__).*[^_]_$|__(i(add|sub|mul|div|truediv|floordiv|mod|pow|and|or|xor|lshift|rshift)|setitem)__$"
)


# --- engines --------------------------------------------------------------------------------------------------------


class Engine:
    """A module with torch's API, and the few things the harness needs of it."""

    def __init__(self, module: ModuleType | Any, name: str | None = None) -> None:
        self.module: Any = module
        self.name: str = name or module.__name__

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
    found = []
    for name in spec.names():
        own = name.removeprefix("Tensor.")
        function = None if own != name else reference.find(name)
        method = reference.find(f"Tensor.{own}")
        if IN_PLACE.search(name):
            if callable(function) or method is not None:
                found.append(Form("in-place", name if callable(function) else f"Tensor.{own}"))
            continue
        if callable(function) and "function" in spec.forms:
            found.append(Form("function", name))
        # torch's docstrings begin with the signature.
        if callable(function) and "out" in spec.forms and "out=None" in (function.__doc__ or "")[:400]:
            found.append(Form("out", name))
        if method is not None and "method" in spec.forms and operator_of(own) is not None:
            found.append(Form("operator", own))
        if method is not None and "." not in own and "method" in spec.forms:
            found.append(Form("method" if callable(method) else "property", f"Tensor.{own}"))
        if "." not in own and "in-place" in spec.forms and callable(reference.find(f"Tensor.{own}_")):
            found.append(Form("in-place", f"Tensor.{own}_"))
    if not found:
        raise LookupError(f"spec {spec.name}: {reference.name} has no such function or method")
    return found


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
    upstream: int = -1
    """Which outputs get a gradient: the bits, from the first output on; never none of them."""
    upstream_layout: str = "plain"

    def __repr__(self) -> str:
        return f"{self.form!r}{self.call!r}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field of the spec."""
        printer.text(repr(self))

    def reproduce(self) -> str:
        """The call as Python, with the values of small tensors."""

        def written(leaf: Any) -> str:
            if not isinstance(leaf, Input):
                return _NOT_FINITE.sub(r"float('\1')", repr(leaf)) if isinstance(leaf, float) else repr(leaf)
            if leaf.size > 24:
                return f"<{leaf!r}>"
            grad = ", requires_grad=True" if leaf.requires_grad else ""
            values = _NOT_FINITE.sub(r"torch.\1", repr(leaf.array.tolist()))
            return f"torch.tensor({values}, dtype=torch.{leaf.dtype}{grad})"

        words = [_source(value, written) for value in self.call.args]
        words += [f"{key}={_source(value, written)}" for key, value in self.call.kwargs.items()]
        return f"{self.form!r}({', '.join(words)})"


_NOT_FINITE = re.compile(r"\b(nan|inf)\b")


def _source(value: Any, written: Callable[[Any], str]) -> str:
    """The value as Python source, its leaves written by `written`."""
    if isinstance(value, list | tuple):
        inner = ", ".join(_source(item, written) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, slice):
        return f"slice({', '.join(_source(item, written) for item in (value.start, value.stop, value.step))})"
    return written(value)


@st.composite
def cases(draw: st.DrawFn, spec: Spec, ways: Sequence[Form], mode: Mode) -> Case:
    """An example of the spec."""
    d = Draw(draw, mode, spec.drawn_dtypes(mode), spec.domains(mode), spec.drawn_dtypes("forward"))
    call = spec.draw(d)
    usable = usable_forms(ways, call, mode)
    assume(usable)
    form = d.pick(*usable)
    if mode == "gradient":
        wanting = [i for i in call.inputs() if i.differentiable and i.array.dtype.kind == "f"]
        if wanting and not any(i.requires_grad for i in wanting):
            wanting[0].requires_grad = True
    if d.trouble == "argument":
        call = _spoiled(d, call, form)
    return Case(
        spec,
        form,
        call,
        mode,
        seed=d.seed,
        read_only=d.flag(),
        upstream=d.pick(-1, -1, 1, 2),
        upstream_layout=d.pick("plain", "transposed", "stepped"),
    )


def usable_forms(ways: Sequence[Form], call: Call, mode: Mode) -> list[Form]:
    """Those that fit: a Python number has no methods, and torch takes none before `out`, which has no gradient."""
    first = call.args[0] if call.args else None
    fitting = [way for way in ways if isinstance(first, Input) or way.kind in ("function", "out")]
    return [way for way in fitting if way.kind != "out" or (mode == "forward" and not isinstance(first, int | float))]


def _spoiled(d: Draw, call: Call, form: Form) -> Call:
    """The call with an argument that no signature takes; operators and properties take none to begin with."""
    if form.kind in ("property", "operator") or form.path.startswith("Tensor.__"):
        return call
    how = d.pick("unknown keyword", "too few", "a string")
    if how == "unknown keyword":
        return Call(*call.args, **call.kwargs, no_such_argument=1)
    if how == "too few" and len(call.args) > 1:
        return Call(*call.args[:-1], **call.kwargs)
    # torch.nn.functional is Python in large part, where a string fails wherever it happens to fail.
    if how == "a string" and "." not in form.path.removeprefix("Tensor.") and len(call.args) > 1:
        return Call(*call.args[:-1], "text", **call.kwargs)
    return call


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

    def modified(self, call: Call) -> list[int]:
        """The numbers of the inputs whose memory is no longer as it was."""
        pairs = enumerate(zip(call.inputs(), self.blocks, strict=True))
        return [number for number, (input, block) in pairs if block.tobytes() != input.materialise()[0].tobytes()]

    def leaves(self) -> list[Any]:
        """The inputs that want a gradient."""
        return [tensor for tensor in self.tensors if tensor.requires_grad]

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

    def build(leaf: Any) -> Any:
        if isinstance(leaf, Name):
            found = engine.find(leaf.path)
            if found is None:
                raise Mismatch(f"{engine.name} has no {leaf.path}")
            return found
        if not isinstance(leaf, Input):
            return leaf
        block, view = leaf.materialise()
        tensor = engine.tensor(view, leaf.requires_grad)
        # Only now, or from_numpy would warn; an engine that keeps the array itself sees the flag.
        view.flags.writeable = not read_only
        run.blocks.append(block)
        run.views.append(view)
        run.tensors.append(tensor)
        return tensor

    args, kwargs = transform((case.call.args, case.call.kwargs), build)
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


def choose_upstream(run: Run, case: Case, requires_grad: bool) -> None:
    """Chooses the outputs to differentiate and gives each a random gradient, the same on every engine."""
    candidates = [tensor for tensor in flatten(run.engine, run.outcome()) if tensor.requires_grad]
    chosen = [tensor for bit, tensor in enumerate(candidates) if case.upstream >> bit & 1] or candidates
    rng = np.random.default_rng(case.seed)
    run.outputs, run.upstream = chosen, []
    for output in chosen:
        shape, dtype = tuple(output.shape), run.engine.array(output).dtype
        layout = case.upstream_layout if len(shape) > 1 else "plain"
        _, view = Input(rng.standard_normal(shape).astype(dtype), layout).materialise()
        run.upstream.append(run.engine.tensor(view, requires_grad))


# --- comparing ------------------------------------------------------------------------------------------------------


@dataclass
class Report:
    """What the examples of one spec showed."""

    spec: Spec
    examples: int = 0
    errors_agreed: int = 0
    gradients: int = 0
    second_order: int = 0
    dtypes: set[str] = field(default_factory=set)
    worst: dict[Kind, tuple[float, str]] = field(default_factory=dict)
    """The worst relative error of each kind, and the dtype it occurred in."""
    failure: str = ""

    def note(self, kind: Kind, error: float, dtype: str) -> None:
        """Keeps the error when it is the worst so far, in units of its dtype's last place."""
        before = self.worst.get(kind)
        if before is None or ulp(error, dtype) > ulp(*before):
            self.worst[kind] = (error, dtype)

    def ulps(self, kind: Kind) -> float | None:
        """The worst error of this kind in units of the last place; None when there was nothing to compare."""
        return ulp(*self.worst[kind]) if kind in self.worst else None


class Comparison:
    """Compares the two runs of one example."""

    def __init__(self, case: Case, report: Report, mine: Run, theirs: Run) -> None:
        self.case, self.spec, self.report = case, case.spec, report
        self.mine, self.theirs = mine, theirs
        self.names = (mine.engine.name, theirs.engine.name)
        self.dtypes = [input.dtype for input in case.call.inputs()]

    def errors(self) -> bool:
        """Whether either raised, in which case both must have raised, torch's builtin type or a subclass."""
        mine, theirs = self.mine.error, self.theirs.error
        if mine is None and theirs is None:
            return False
        if theirs is not None and NO_KERNEL.search(str(theirs)) and self.spec.extends:
            return True
        if mine is None:
            raise Mismatch(f"{self.mine.stage}: {self.names[0]} raises nothing, {self.names[1]} raises {_told(theirs)}")
        if theirs is None:
            raise Mismatch(
                f"{self.mine.stage}: {self.names[0]} raises {_told(mine)}, {self.names[1]} raises nothing"
            ) from mine
        if not isinstance(mine, _builtin(theirs)):
            raise Mismatch(
                f"{self.mine.stage}: {self.names[0]} raises {_told(mine)}, {self.names[1]} raises {_told(theirs)}"
            ) from mine
        self.report.errors_agreed += 1
        return True

    def all_double(self) -> bool:
        """Whether float64 is the only float dtype among the inputs: the second order asks for its digits."""
        return not {"float32", "float16"} & set(self.dtypes)

    def values(self, actual: Array, expected: Array, kind: Kind, what: str) -> None:
        """Two arrays, at the tolerance of the coarsest dtype of the call."""
        dtype = coarsest(self.dtypes, str(expected.dtype))
        error = compare_arrays(actual, expected, tolerance(dtype, kind, self.spec.looser), what, self.names)
        self.report.note(kind, error, dtype)

    def results(self, actual: Any, expected: Any, what: str = "result") -> None:
        """Two results: tensors, Python values, or nested tuples, lists and dicts of them."""
        mine, theirs = self.mine.engine, self.theirs.engine
        if theirs.is_tensor(expected):
            if not mine.is_tensor(actual):
                raise Mismatch(f"{what}: a {type(actual).__name__} on {self.names[0]}, a tensor on {self.names[1]}")
            self.tensors(actual, expected, what)
        elif isinstance(expected, list | tuple):
            if not isinstance(actual, list | tuple) or type(actual).__name__ != type(expected).__name__:
                raise Mismatch(f"{what}: {_type(actual)} on {self.names[0]}, {_type(expected)} on {self.names[1]}")
            if len(actual) != len(expected):
                raise Mismatch(f"{what}: {len(actual)} items on {self.names[0]}, {len(expected)} on {self.names[1]}")
            if isinstance(expected, tuple) and fields(expected) != fields(actual):
                raise Mismatch(
                    f"{what}: fields {fields(actual)} on {self.names[0]}, {fields(expected)} on {self.names[1]}"
                )
            for position, (a, e) in enumerate(zip(actual, expected, strict=True)):
                self.results(a, e, f"{what}[{position}]")
        elif isinstance(expected, dict):
            if not isinstance(actual, dict) or list(actual) != list(expected):
                raise Mismatch(f"{what}: keys {list(actual)} on {self.names[0]}, {list(expected)} on {self.names[1]}")
            for key, value in expected.items():
                self.results(actual[key], value, f"{what}[{key!r}]")
        elif type(actual).__name__ != type(expected).__name__:
            raise Mismatch(f"{what}: {_type(actual)} on {self.names[0]}, {_type(expected)} on {self.names[1]}")
        elif isinstance(expected, float):
            self.values(np.array(actual), np.array(expected), "forward", what)
        elif not is_exactly(actual, expected) and repr(actual) != repr(expected):
            raise Mismatch(f"{what}: {actual!r} on {self.names[0]}, {expected!r} on {self.names[1]}")

    def tensors(self, actual: Any, expected: Any, what: str) -> None:
        """Two tensors of a result."""
        if actual.requires_grad != expected.requires_grad:
            raise Mismatch(
                f"{what}: requires_grad {actual.requires_grad} on {self.names[0]}, "
                f"{expected.requires_grad} on {self.names[1]}"
            )
        a, e = self.mine.engine.array(actual), self.theirs.engine.array(expected)
        if self.spec.unspecified:
            a, e = np.zeros(a.shape, a.dtype), np.zeros(e.shape, e.dtype)
        self.values(a, e, "forward", what)
        if e.size:
            self.sharing(actual, expected, what)

    def sharing(self, actual: Any, expected: Any, what: str) -> None:
        """Whether both results are views of the same input, or none; a view has torch's strides."""
        shared = []
        for run, result in ((self.mine, actual), (self.theirs, expected)):
            array = run.engine.array(result)
            shared.append([number for number, block in enumerate(run.blocks) if np.may_share_memory(array, block)])
        if shared[0] != shared[1]:
            told = [f"shares memory with {'inputs ' + str(which) if which else 'no input'}" for which in shared]
            raise Mismatch(f"{what}: {told[0]} on {self.names[0]}, {told[1]} on {self.names[1]}")
        # The step along a side of one element is never taken.
        steps = [[s for s, side in zip(t.stride(), t.shape, strict=True) if side > 1] for t in (actual, expected)]
        if shared[1] and steps[0] != steps[1]:
            raise Mismatch(
                f"{what}: a view of strides {tuple(actual.stride())} on {self.names[0]}, "
                f"{tuple(expected.stride())} on {self.names[1]}"
            )

    def identity(self) -> None:
        """The in-place and out forms: the result is the tensor that was written to, and its version moved."""
        run = self.mine
        if self.case.form.kind not in ("in-place", "out"):
            return
        if (run.result is run.changed) != (self.theirs.result is self.theirs.changed):
            raise Mismatch(f"result: {self.case.form!r} does not return the tensor that it changes on {self.names[0]}")
        self.results(run.changed, self.theirs.changed, "the changed tensor")
        moved = [versions[1] > versions[0] for versions in (run.versions, self.theirs.versions)]
        if moved[0] != moved[1]:
            raise Mismatch(
                f"result: the version counter goes {run.versions[0]} -> {run.versions[1]} on {self.names[0]}, "
                f"{self.theirs.versions[0]} -> {self.theirs.versions[1]} on {self.names[1]}"
            )

    def untouched(self, after: str) -> None:
        """The candidate left its inputs alone, but for those that the reference changes too, and warned of nothing."""
        for number in self.theirs.modified(self.case.call):
            self.values(
                self.mine.blocks[number], self.theirs.blocks[number], "forward", f"input {number}, after the {after}"
            )
        for number in set(self.mine.modified(self.case.call)) - set(self.theirs.modified(self.case.call)):
            input = self.case.call.inputs()[number]
            raise Mismatch(f"{after}: input {number} ({input!r}) was modified on {self.names[0]}")
        for warning in self.mine.warnings:
            if issubclass(warning.category, RuntimeWarning | DeprecationWarning):
                raise Mismatch(
                    f"{after}: {self.names[0]} lets a {warning.category.__name__} out: {warning.message} "
                    f"({warning.filename}:{warning.lineno})"
                )

    def gradients(self) -> None:
        """The gradients that backward left in the leaves."""
        wanted = [number for number, input in enumerate(self.case.call.inputs()) if input.requires_grad]
        kept: list[tuple[str, Array, Array]] = []
        for number, mine, theirs in zip(wanted, self.mine.leaves(), self.theirs.leaves(), strict=True):
            what = f"gradient of input {number}"
            if (mine.grad is None) != (theirs.grad is None):
                there = "none on {}, one on {}" if mine.grad is None else "one on {}, none on {}"
                raise Mismatch(f"{what}: {there.format(*self.names)}")
            if mine.grad is None:
                continue
            actual, expected = self.mine.engine.array(mine.grad), self.theirs.engine.array(theirs.grad)
            if mine.grad.dtype != mine.dtype or tuple(mine.grad.shape) != tuple(mine.shape):
                raise Mismatch(
                    f"{what}: {mine.grad.dtype}{list(mine.grad.shape)} for a tensor of {mine.dtype}{list(mine.shape)} "
                    f"on {self.names[0]}"
                )
            self.values(actual, expected, "gradient", what)
            if mine.grad.requires_grad:
                raise Mismatch(f"{what}: requires a gradient itself on {self.names[0]}, without create_graph")
            self.owned(actual, expected, what, kept)
            kept.append((what, actual, expected))
        self.report.gradients += 1

    def owned(self, mine: Array, theirs: Array, what: str, others: list[tuple[str, Array, Array]]) -> None:
        """A gradient is the leaf's alone, unless the reference shares it too: the user may write into it."""
        if not mine.flags.writeable:
            raise Mismatch(f"{what}: is read-only on {self.names[0]}")
        if not mine.size:
            return
        if any(step == 0 and side > 1 for step, side in zip(mine.strides, mine.shape, strict=True)):
            raise Mismatch(f"{what}: overlaps itself (strides {mine.strides}) on {self.names[0]}")
        others = others + [
            (f"input {number}", *blocks)
            for number, blocks in enumerate(zip(self.mine.blocks, self.theirs.blocks, strict=True))
        ]
        for name, ours, reference in (
            ("the upstream gradient", self.mine.upstream, self.theirs.upstream),
            ("the result", self.mine.outputs, self.theirs.outputs),
        ):
            pairs = zip(ours, reference, strict=True)
            others += [(name, self.mine.engine.array(a), self.theirs.engine.array(e)) for a, e in pairs]
        for name, here, there in others:
            if np.may_share_memory(mine, here) and not np.may_share_memory(theirs, there):
                raise Mismatch(f"{what}: shares memory with {name} on {self.names[0]}")

    def derived(self, mine: Sequence[Any], theirs: Sequence[Any], kind: Kind, what: str) -> None:
        """Gradients from autograd.grad with allow_unused, where None stands for zeros."""
        for number in range(max(len(mine), len(theirs))):
            a = mine[number] if mine else None
            e = theirs[number] if theirs else None
            arrays = [
                None if a is None else self.mine.engine.array(a),
                None if e is None else self.theirs.engine.array(e),
            ]
            known = next((array for array in arrays if array is not None), None)
            if known is not None:
                actual, expected = (np.zeros_like(known) if array is None else array for array in arrays)
                self.values(actual, expected, kind, f"{what} {number}")


def _builtin(error: Exception) -> type:
    return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _told(error: Exception | None) -> str:
    text = str(error).strip().split("\n")[0][:300]
    return f"{type(error).__name__} ({text})"


def _type(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"[:120]


# --- the harness ----------------------------------------------------------------------------------------------------


class Harness:
    """Tries specs on a candidate engine, with a reference engine as the judge.

    `examples` is how many are drawn of each kind (forward, gradient, and half as many of errors). `profile` holds
    hypothesis's settings; None takes those in force, and the number of examples from them.
    """

    def __init__(
        self,
        candidate: ModuleType | Any,
        reference: ModuleType | Any,
        examples: int | None = None,
        profile: settings | None = None,
    ) -> None:
        self.candidate = candidate if isinstance(candidate, Engine) else Engine(candidate)
        self.reference = reference if isinstance(reference, Engine) else Engine(reference)
        self.profile = settings() if profile is None else profile
        self.examples = examples or self.profile.max_examples

    def check(self, spec: Spec) -> Report:
        """Tries the spec; raises Mismatch at the smallest example found on which the engines disagree."""
        report = Report(spec)
        self._check(spec, report)
        return report

    def report(self, spec: Spec) -> Report:
        """Tries the spec; what fails is told in the report's `failure`."""
        report = Report(spec)
        try:
            self._check(spec, report)
        except Exception as error:  # a failure of one spec must not keep the others from being tried
            notes = [note for note in getattr(error, "__notes__", ()) if not note.startswith("Failing test case")]
            report.failure = "\n".join([f"{type(error).__name__}: {error}" if not str(error) else str(error), *notes])
        return report

    def _check(self, spec: Spec, report: Report) -> None:
        ways = forms(spec, self.reference)
        for number, call in enumerate(spec.also):
            mode: Mode = "gradient" if any(input.requires_grad for input in call.inputs()) else "forward"
            for way in usable_forms(ways, call, mode):
                self.run(Case(spec, way, call, mode, seed=number), report)
        modes: tuple[tuple[Mode, int], ...] = (
            ("forward", self.examples),
            ("gradient", self.examples),
            ("error", -(-self.examples // 2)),
        )
        for mode, examples in modes:
            limits = settings(
                self.profile,
                max_examples=examples,
                deadline=None,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.reuse, Phase.shrink),
                suppress_health_check=tuple(HealthCheck),
            )

            @limits
            @given(case=cases(spec, ways, mode))
            def example(case: Case) -> None:
                self.run(case, report)

            example()

    def run(self, case: Case, report: Report) -> None:
        """Tries one example."""
        try:
            self._run(case, report)
        except Mismatch as mismatch:
            raise Mismatch(f"{case.spec.name}: {mismatch}\n  call: {case!r}\n  with: {case.reproduce()}") from mismatch

    def _run(self, case: Case, report: Report) -> None:
        report.examples += 1
        report.dtypes.update(input.dtype for input in case.call.inputs())
        mine, theirs = self._start(case)
        compared = Comparison(case, report, mine, theirs)
        if compared.errors():
            return
        compared.results(mine.result, theirs.result)
        compared.identity()
        compared.untouched("call")
        if mine.leaves() and any(tensor.requires_grad for tensor in flatten(self.reference, theirs.outcome())):
            self._first_order(case, compared)
            if case.spec.second and theirs.error is None and compared.all_double():
                self._second_order(case, report)

    def _start(self, case: Case) -> tuple[Run, Run]:
        theirs = start(self.reference, case, read_only=False)
        writes = case.form.kind == "in-place" or theirs.modified(case.call)
        return start(self.candidate, case, read_only=case.read_only and not writes), theirs

    def _first_order(self, case: Case, compared: Comparison) -> None:
        for run in (compared.mine, compared.theirs):
            choose_upstream(run, case, requires_grad=False)
            run.attempt("backward", run.backward)
        if not compared.errors():
            compared.untouched("backward")
            compared.gradients()

    def _second_order(self, case: Case, report: Report) -> None:
        mine, theirs = self._start(case)
        for run in (mine, theirs):
            choose_upstream(run, case, requires_grad=True)
            run.attempt("backward under create_graph", run.first)
        if theirs.error is not None:
            return
        compared = Comparison(case, report, mine, theirs)
        compared.errors()
        compared.derived(mine.firsts, theirs.firsts, "gradient", "gradient under create_graph of input")
        for run in (mine, theirs):
            run.attempt("second order", partial(run.second, case.seed + 1))
        if theirs.error is not None:
            return
        compared.errors()
        compared.derived(mine.seconds, theirs.seconds, "second", "second order: gradient of leaf or upstream gradient")
        if theirs.seconds:
            report.second_order += 1
