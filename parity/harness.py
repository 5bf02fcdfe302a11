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

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import hypothesis.strategies as st
from hypothesis import assume

from parity.compare import Mismatch
from parity.comparison import Comparison, Report
from parity.running import Case, Form, Run, Upstream, choose_upstream, flatten, forms, start
from parity.spec import Spec
from parity.strategies import TAPE, Call, Draw, Input, Mode
from parity.trials import Trials

# --- examples ---------------------------------------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn, spec: Spec, ways: Sequence[Form], mode: Mode) -> Case:
    """An example of the spec."""
    d = Draw(draw(TAPE), mode, spec.drawn_dtypes(mode), spec.domains(mode), spec.drawn_dtypes("forward"))
    call = spec.draw(d)
    usable = usable_forms(ways, call, mode)
    assume(usable)
    form = d.pick(*usable)
    if mode == "gradient":
        wanting = [i for i in call.inputs() if i.differentiable and i.array.dtype.kind == "f"]
        if wanting and not any(i.requires_grad for i in wanting):
            wanting[0].requires_grad = True
    spoiled = _spoiled(d, call, form) if d.trouble == "argument" else None
    return Case(
        spec,
        form,
        call,
        mode,
        seed=d.seed,
        read_only=d.flag(),
        upstream=Upstream(d.seed, d.pick(-1, -1, 1, 2), d.pick("plain", "transposed", "stepped")),
        spoiled=spoiled,
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
    if how == "a string" and form.typed and len(call.args) > 1:
        return Call(*call.args[:-1], "text", **call.kwargs)
    return call


# --- the harness ----------------------------------------------------------------------------------------------------


class Harness(Trials[Spec]):
    """Tries operations: `examples` forward, as many with gradients, and half as many of errors."""

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
            self.explore(cases(spec, ways, mode), examples, partial(self.run, report=report))

    def run(self, case: Case, report: Report) -> None:
        """Tries one example."""
        # One thing is wrong at a time, and an in-place form may not fit to begin with.
        if case.spoiled is not None and start(self.reference, case, read_only=False).error is None:
            case = replace(case, call=case.spoiled, spoiled=None)
        try:
            self._run(case, report)
        except Mismatch as mismatch:
            raise Mismatch(f"{case.spec.name}: {mismatch}\n  call: {case!r}\n  with: {case.reproduce()}") from mismatch

    def _run(self, case: Case, report: Report) -> None:
        report.examples += 1
        report.dtypes.update(input.dtype for input in case.call.inputs())
        mine, theirs = self._start(case)
        compared = Comparison(case.spec, case.call.inputs(), report, mine, theirs)
        if compared.errors():
            return
        compared.results(mine.result, theirs.result)
        compared.identity(case.form)
        compared.untouched("call")
        if mine.leaves() and any(tensor.requires_grad for tensor in flatten(self.reference, theirs.outcome())):
            self._first_order(case, compared)
            if case.spec.second and theirs.error is None and compared.all_double():
                self._second_order(case, report)

    def _start(self, case: Case) -> tuple[Run, Run]:
        theirs = start(self.reference, case, read_only=False)
        writes = case.form.kind == "in-place" or theirs.modified(case.call.inputs())
        return start(self.candidate, case, read_only=case.read_only and not writes), theirs

    def _first_order(self, case: Case, compared: Comparison) -> None:
        for run in (compared.mine, compared.theirs):
            choose_upstream(run, case.upstream, requires_grad=False)
            run.attempt("backward", run.backward)
        if not compared.errors():
            compared.untouched("backward")
            compared.gradients()

    def _second_order(self, case: Case, report: Report) -> None:
        mine, theirs = self._start(case)
        for run in (mine, theirs):
            choose_upstream(run, case.upstream, requires_grad=True)
            run.attempt("backward under create_graph", run.first)
        if theirs.error is not None:
            return
        compared = Comparison(case.spec, case.call.inputs(), report, mine, theirs)
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
