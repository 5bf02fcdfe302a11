"""The harness of modules: constructs one on each engine, gives both the same parameters, and compares all a user sees.

For each example, drawn by hypothesis:

- both are constructed from the same seed, with a dtype or converted to it. Compared are repr, the public attributes,
  the names, kinds and modes of submodules, parameters and buffers, and the state_dict: keys in order, versions, shapes,
  dtypes, and the values, which the seed decides;
- both load the same random parameters and buffers into their state_dict: the answers are compared, and all the above;
- both are called once or several times, training or evaluating, from the same seed, now and then with a frozen
  parameter or without recording. Compared are the results in all that the harness of operations compares (structure,
  shape, dtype, values, requires_grad, memory shared with inputs), the buffers afterwards, and that inputs are left be;
- backward from some or all outputs under a random upstream gradient: the gradient of every input and every parameter,
  in all that the harness of operations compares;
- errors, in construction, call and backward: where torch raises, the same builtin type or a subclass of it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np

from parity.compare import Mismatch
from parity.comparison import Comparison, Report
from parity.layer import Layer
from parity.running import Run, Upstream, choose_upstream, flatten, source
from parity.strategies import ALL, DIFFERENTIABLE, TAPE, Array, Call, Draw, Input, Mode, Name, between, transform
from parity.trials import Trials

POSITIVE = between(0.2, 2.0, "buffers are variances, or weights of losses")
PASSES = ((True,), (False,), (True, True), (True, True, False))
"""Training or not, call after call."""

FUSED = ("activation_relu_or_gelu",)
"""Attributes that only tell torch's fused kernels what to do."""


# --- examples ---------------------------------------------------------------------------------------------------------


@dataclass
class ModuleCase:
    """One drawn example: how a module is constructed, filled and called."""

    layer: Layer
    made: Call
    called: Call
    dtype: str = "float32"
    as_argument: bool = False
    """Whether the dtype is given to the constructor, where that takes one; else the module is converted."""
    passes: tuple[bool, ...] = (True,)
    seed: int = 0
    frozen: int | None = None
    """The number of a parameter that gets no gradient."""
    recorded: bool = True
    leaves: bool = True
    """Whether the inputs are leaves, or copies of them, which an in-place module may write to."""
    read_only: bool = False
    upstream: Upstream = field(default_factory=Upstream)
    spoiled: tuple[Call, Call] | None = None
    """The two calls, one with a wrong argument, which are tried in place of the others where those are right."""

    def inputs(self) -> list[Input]:
        """Every tensor among the arguments, those of the constructor first."""
        return self.made.inputs() + self.called.inputs()

    def values(self, state: dict[str, tuple[tuple[int, ...], np.dtype[Any]]], learnt: set[str]) -> dict[str, Array]:
        """Random values for a state_dict of these shapes and dtypes; whole numbers (they count) are left out."""
        rng = np.random.default_rng(self.seed + 1)
        return {
            key: (self.layer.weights if key in learnt else POSITIVE).draw(rng, shape, str(dtype))
            for key, (shape, dtype) in state.items()
            if dtype.kind == "f"
        }

    def __repr__(self) -> str:
        modes = ", ".join("train" if mode else "eval" for mode in self.passes)
        how = [self.dtype, modes] + ([] if self.recorded else ["no_grad"]) + (["copies"] if not self.leaves else [])
        how += [] if self.frozen is None else [f"parameter {self.frozen} frozen"]
        return f"torch.nn.{self.layer.name}{self.made!r}{self.called!r} [{'; '.join(how)}]"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field of the layer."""
        printer.text(repr(self))

    def reproduce(self) -> str:
        """The construction and the call as Python, with the values of small tensors."""
        return f"torch.nn.{self.layer.name}{source(self.made)}.to(torch.{self.dtype}){source(self.called)}"


@st.composite
def module_cases(draw: st.DrawFn, layer: Layer, mode: Mode) -> ModuleCase:
    """An example of the layer."""
    dtypes = DIFFERENTIABLE if mode == "gradient" else ALL
    d = Draw(draw(TAPE), mode, dtypes, (layer.domain,), DIFFERENTIABLE)
    d.mixed = d.mixed and mode == "error"
    how: dict[str, Any] = {
        "as_argument": d.flag(),
        "passes": d.pick(*PASSES),
        "frozen": d.integer(0, 3) if d.chance(6) else None,
        "recorded": not d.chance(8),
        "leaves": d.flag(),
        "read_only": d.flag(),
        "upstream": Upstream(d.seed, d.pick(-1, -1, 1, 2), d.pick("plain", "transposed", "stepped")),
    }
    made, called = layer.drawn(d)
    if made.kwargs.get("inplace"):
        # Of a tensor written to twice torch has no gradient where its rule takes the result, minitorch's the input.
        how["passes"] = how["passes"][:1]
    if not how["recorded"]:
        # What torch gives as a view of an input, taken without recording, requires a gradient and has no node.
        for input in called.inputs():
            input.requires_grad = False
    dtype = d.dtype if d.dtype in DIFFERENTIABLE else "float32"
    spoiled = spoil(d, made, called) if d.trouble == "argument" else None
    return ModuleCase(layer, made, called, dtype, seed=d.seed, spoiled=spoiled, **how)


def spoil(d: Draw, made: Call, called: Call) -> tuple[Call, Call]:
    """The calls with an argument that no signature takes, or without one that is needed."""

    def wrong(call: Call) -> Call:
        if call.args and d.flag():
            return Call(*call.args[:-1], **call.kwargs)
        return Call(*call.args, **call.kwargs, no_such_argument=1)

    return (wrong(made), called) if d.flag() else (made, wrong(called))


# --- one run ----------------------------------------------------------------------------------------------------------


@dataclass
class ModuleRun(Run):
    """What one engine did with an example."""

    module: Any = None

    def construct(self, case: ModuleCase) -> None:
        """Makes the module from the seed."""
        self.engine.module.manual_seed(case.seed)
        args, kwargs = transform((case.made.args, case.made.kwargs), self.value)
        dtype = self.value(Name(case.dtype))
        kind = self.value(Name(f"nn.{case.layer.name}"))
        if case.as_argument and "dtype" in inspect.signature(kind.__init__).parameters:
            kwargs["dtype"] = dtype
        self.module = self.engine.placed(kind(*args, **kwargs).to(dtype))
        if case.layer.lazy:
            first, named = transform((case.called.args, case.called.kwargs), ModuleRun(self.engine).value)
            self.module(*first, **named)

    def fill(self, values: dict[str, Array], frozen: int | None) -> str:
        """Loads the values into the state_dict; returns what the module answers."""
        state = dict(self.module.state_dict())
        state |= {key: self.engine.tensor(value.copy(), False) for key, value in values.items()}
        answer = str(self.module.load_state_dict(state))
        learnt = list(self.module.parameters())
        if frozen is not None and learnt:
            learnt[frozen % len(learnt)].requires_grad_(False)
        self.parameters = dict(self.module.named_parameters())
        return answer

    def forward(self, case: ModuleCase, read_only: bool) -> None:
        """Calls the module, once for each of the passes, and lists the results."""

        def given(leaf: Any) -> Any:
            made = self.value(leaf, read_only)
            return made.clone() if isinstance(leaf, Input) and not case.leaves else made

        args, kwargs = transform((case.called.args, case.called.kwargs), given)
        self.engine.module.manual_seed(case.seed)
        self.result = []
        for training in case.passes:
            self.module.train(training)
            with self.engine.module.set_grad_enabled(case.recorded):
                self.result.append(self.module(*args, **kwargs))

    def described(self) -> dict[str, Any]:
        """All that can be seen of the module without calling it."""
        return {
            "repr": repr(self.module),
            "state_dict": dict(self.module.state_dict()),
            "versions": {key: dict(value) for key, value in self.module.state_dict()._metadata.items()},
            "parameters": {name: one.requires_grad for name, one in self.module.named_parameters()},
            "buffers": [name for name, _ in self.module.named_buffers()],
            "modules": {name: (type(one).__name__, one.training) for name, one in self.module.named_modules()},
        }

    def attributes(self) -> dict[str, dict[str, Any]]:
        """The public attributes, of every submodule, that are plain values."""
        return {
            name: {
                key: value
                for key, value in vars(one).items()
                if not key.startswith("_") and key not in FUSED and is_plain(value)
            }
            for name, one in self.module.named_modules()
        }


def is_plain(value: Any) -> bool:
    """Whether the value is a number, a text, None, or a tuple of such."""
    return all(map(is_plain, value)) if isinstance(value, tuple) else isinstance(value, int | float | str | None)


# --- the harness ------------------------------------------------------------------------------------------------------


class Modules(Trials[Layer]):
    """Tries modules: a quarter as many examples as of an operation, and half as many again of errors."""

    share = 1 / 4

    def _check(self, subject: Layer, report: Report) -> None:
        modes: tuple[tuple[Mode, int], ...] = (("gradient", self.examples), ("error", -(-self.examples // 2)))
        for mode, examples in modes:
            self.explore(module_cases(subject, mode), examples, partial(self.run, report=report))

    def run(self, case: ModuleCase, report: Report) -> None:
        """Tries one example."""
        # One thing is wrong at a time.
        if case.spoiled is not None and self._is_right(case):
            case = replace(case, made=case.spoiled[0], called=case.spoiled[1], spoiled=None)
        try:
            self._run(case, report)
        except Mismatch as mismatch:
            told = f"{case.layer.name}: {mismatch}\n  call: {case!r}\n  with: {case.reproduce()}"
            raise Mismatch(told) from mismatch

    def _is_right(self, case: ModuleCase) -> bool:
        run = ModuleRun(self.reference)
        return run.attempt("construction", partial(run.construct, case)) and run.attempt(
            "call", partial(run.forward, case, False)
        )

    def _run(self, case: ModuleCase, report: Report) -> None:
        report.examples += 1
        report.dtypes.add(case.dtype)
        mine, theirs = ModuleRun(self.candidate), ModuleRun(self.reference)
        compared = Comparison(case.layer, case.inputs(), report, mine, theirs)
        if not compared.both("construction", partial(mine.construct, case), partial(theirs.construct, case)):
            return
        drawn = Comparison(case.layer, [], report, mine, theirs)
        drawn.dtypes = ["float32"]  # as what the initial values may have been drawn, whatever they were converted to
        drawn.results(mine.described(), theirs.described(), "module")
        _same_attributes(compared, mine, theirs)
        self._fill(case, compared, mine, theirs)

        theirs.attempt("call", partial(theirs.forward, case, False))
        writes = theirs.error is not None or theirs.modified(case.inputs())
        mine.attempt("call", partial(mine.forward, case, case.read_only and not writes))
        if compared.errors():
            return
        compared.results(mine.result, theirs.result)
        compared.untouched("call")
        compared.results(mine.described(), theirs.described(), "module after the call")
        if any(tensor.requires_grad for tensor in flatten(self.reference, theirs.result)):
            for run in (mine, theirs):
                choose_upstream(run, case.upstream, requires_grad=False)
            if compared.both("backward", mine.backward, theirs.backward):
                compared.untouched("backward")
                compared.gradients()

    def _fill(self, case: ModuleCase, compared: Comparison, mine: ModuleRun, theirs: ModuleRun) -> None:
        state = {
            key: (tuple(one.shape), self.reference.array(one).dtype) for key, one in theirs.module.state_dict().items()
        }
        values = case.values(state, {name for name, _ in theirs.module.named_parameters()})
        answers = mine.fill(values, case.frozen), theirs.fill(values, case.frozen)
        compared.results(answers[0], answers[1], "load_state_dict")
        compared.results(mine.described(), theirs.described(), "module after load_state_dict")


def _same_attributes(compared: Comparison, mine: ModuleRun, theirs: ModuleRun) -> None:
    """What torch has as attributes is there, with the same values; minitorch may have more."""
    own, modules = mine.attributes(), dict(mine.module.named_modules())
    for name, expected in theirs.attributes().items():
        for key, value in expected.items():
            what = f"attribute {f'{name}.{key}' if name else key}"
            if key not in own[name] and not hasattr(modules[name], key):
                raise Mismatch(f"{what}: {mine.engine.name} has none, {value!r} on {theirs.engine.name}")
            compared.results(getattr(modules[name], key), value, what)
