"""The harness of optimizers: ten steps on both engines from the same parameters, gradients and state.

For each example, drawn by hypothesis: an optimizer over one to three param groups, some with options of their own, some
of named parameters, of a few shapes. After each of ten steps, on random gradients (some zero, some missing) or on those
of a closure's loss, are compared what the step returns, the parameters, repr, and the whole state_dict: structure,
order of the keys, every option, every tensor's dtype, shape and values. Before one of the steps the engines exchange
their states by load_state_dict; in the middle, perhaps, a param group is added, or the learning rate set. Where torch
raises (a wrong option, an unknown one), minitorch must raise the same builtin type or a subclass of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np

from parity.compare import Mismatch
from parity.comparison import Comparison, Report
from parity.optimizers import Rule
from parity.running import Engine, Run, source
from parity.strategies import SMOOTH, TAPE, Array, Call, Draw, Mode, Name, Shape
from parity.trials import Trials

STEPS = 10


@dataclass
class Group:
    """A param group: the shapes of its parameters, and its own options."""

    shapes: list[Shape]
    options: Call


@dataclass
class OptimizerCase:
    """One drawn example."""

    rule: Rule
    groups: list[Group]
    options: Call
    dtype: str
    seed: int
    named: bool = False
    """Whether the parameters are given with names."""
    closure: bool = False
    """Whether each step is given a closure that computes the loss."""
    exchange: int | None = None
    """The step before which the engines load each other's state."""
    added: Group | None = None
    """A group that is added in the middle."""
    changed: float | None = None
    """A learning rate that is set in the middle."""

    def __repr__(self) -> str:
        groups = ", ".join(f"{group.shapes}{group.options!r}" for group in self.groups)
        how = [self.dtype] + [
            name for name in ("named", "closure", "exchange", "added", "changed") if getattr(self, name)
        ]
        return f"torch.optim.{self.rule.name}{source(self.options)} over {groups} [{'; '.join(how)}]"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field of the rule."""
        printer.text(repr(self))

    def draws(self, step: int, shapes: list[Shape]) -> list[Array | None]:
        """Gradients for a step: random, now and then zero, now and then none."""
        rng = np.random.default_rng((self.seed, step))
        made: list[Array | None] = []
        for shape in shapes:
            kind = rng.integers(8)
            values = (rng.standard_normal(shape) * (kind != 1)).astype(self.dtype)
            made.append(None if kind == 0 else values)
        return made


@st.composite
def optimizer_cases(draw: st.DrawFn, rule: Rule, mode: Mode) -> OptimizerCase:
    """An example of the rule."""
    d = Draw(draw(TAPE), mode, rule.dtypes, (SMOOTH,), rule.dtypes)

    def group(options: Call) -> Group:
        return Group([d.pick(*rule.shapes) for _ in range(d.integer(1, 2))], options)

    groups = [
        group(rule.options(d) if position and d.flag() else Call()) for position in range(d.integer(1, rule.groups))
    ]
    options = rule.options(d)
    if d.trouble != "none":
        # What searches checks none of its numbers: what it makes of them is its own affair.
        options = options + Call(no_such_option=1) if rule.searches else wrong(d, options)
    exchange = d.integer(1, STEPS - 1) if d.flag() else None
    # What torch has loaded gives a later group the option `differentiable`, which not every optimizer has.
    may_grow = exchange is None and rule.groups > 1
    return OptimizerCase(
        rule,
        groups,
        options,
        d.dtype,
        d.seed,
        named=d.chance(4),
        closure=rule.searches or d.chance(4),
        exchange=exchange,
        added=group(rule.options(d)) if may_grow and d.chance(3) else None,
        changed=0.002 if d.chance(4) else None,
    )


def wrong(d: Draw, options: Call) -> Call:
    """The options with one that is out of range, or that no signature takes."""
    if not options.kwargs or d.chance(4):
        return options + Call(no_such_option=1)
    return Call(**{**options.kwargs, d.pick(*options.kwargs): d.pick(-1, -0.5)})


@dataclass
class OptimizerRun(Run):
    """What one engine did with an example."""

    learnt: list[Any] = field(default_factory=list)
    optimizer: Any = None

    def group(self, case: OptimizerCase, group: Group) -> dict[str, Any]:
        """A param group of new parameters."""
        made: list[Any] = []
        for shape in group.shapes:
            values = np.random.default_rng((case.seed, len(self.learnt))).standard_normal(shape).astype(case.dtype)
            self.learnt.append(self.engine.module.nn.Parameter(self.engine.tensor(values, False)))
            made.append((f"p{len(self.learnt)}", self.learnt[-1]) if case.named else self.learnt[-1])
        return {"params": made, **group.options.kwargs}

    def construct(self, case: OptimizerCase) -> None:
        """Makes the parameters and the optimizer."""
        groups = [self.group(case, group) for group in case.groups]
        plain = len(groups) == 1 and not case.groups[0].options.kwargs
        given = groups[0]["params"] if plain else groups
        kind = self.value(Name(f"optim.{case.rule.name}"))
        self.optimizer = kind(given, **case.options.kwargs)

    def add(self, case: OptimizerCase, group: Group) -> None:
        """Adds a group of new parameters."""
        self.optimizer.add_param_group(self.group(case, group))

    def step(self, case: OptimizerCase, number: int) -> None:
        """One step."""
        drawn = case.draws(number, [tuple(param.shape) for param in self.learnt])

        def closure() -> Any:
            self.optimizer.zero_grad()
            targets = [self.engine.tensor(np.ones(param.shape, case.dtype), False) for param in self.learnt]
            # The curvatures differ, so that a direction is not right at once.
            losses = [
                ((param - target) ** 2).sum() * (1 + 0.5 * k)
                for k, (param, target) in enumerate(zip(self.learnt, targets, strict=True))
            ]
            loss = sum(losses[1:], losses[0])
            loss.backward()
            return loss

        if case.closure:
            self.result = self.optimizer.step(closure)
            return
        for param, gradient in zip(self.learnt, drawn, strict=True):
            param.grad = None if gradient is None else self.engine.tensor(gradient, False)
        self.result = self.optimizer.step()

    def seen(self) -> dict[str, Any]:
        """All that can be seen of the optimizer and its parameters."""
        return {
            "returned": self.result,
            "parameters": [param.detach() for param in self.learnt],
            "state_dict": self.optimizer.state_dict(),
            "repr": repr(self.optimizer),
        }


def translated(value: Any, source: Engine, target: Engine) -> Any:
    """A state_dict of one engine as one of the other: the same structure, the tensors copied through NumPy."""
    if source.is_tensor(value):
        return target.tensor(source.array(value).copy(), False)
    if isinstance(value, dict):
        return {key: translated(item, source, target) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([translated(item, source, target) for item in value])
    return value


class Optimizers(Trials[Rule]):
    """Tries optimizers: a sixth as many examples as of an operation, and half as many again of errors."""

    share = 1 / 6

    def _check(self, subject: Rule, report: Report) -> None:
        modes: tuple[tuple[Mode, int], ...] = (("gradient", self.examples), ("error", -(-self.examples // 2)))
        for mode, examples in modes:
            self.explore(optimizer_cases(subject, mode), examples, partial(self.run, report=report))

    def run(self, case: OptimizerCase, report: Report) -> None:
        """Tries one example."""
        try:
            self._run(case, report)
        except Mismatch as mismatch:
            raise Mismatch(f"{case.rule.name}: {mismatch}\n  call: {case!r}") from mismatch

    def _run(self, case: OptimizerCase, report: Report) -> None:
        report.examples += 1
        report.dtypes.add(case.dtype)
        mine, theirs = OptimizerRun(self.candidate), OptimizerRun(self.reference)
        compared = Comparison(case.rule, [], report, mine, theirs)
        compared.dtypes = [case.dtype]

        def both(stage: str, mine_does: Callable[[], None], theirs_does: Callable[[], None]) -> bool:
            if compared.both(stage, mine_does, theirs_does):
                compared.results(mine.seen(), theirs.seen(), stage)
                return True
            return False

        if not both("construction", partial(mine.construct, case), partial(theirs.construct, case)):
            return
        compared.results(dict(mine.optimizer.defaults), dict(theirs.optimizer.defaults), "defaults")
        for number in range(STEPS):
            if number == STEPS // 2 and case.added is not None:
                added = partial(mine.add, case, case.added), partial(theirs.add, case, case.added)
                if not both("add_param_group", *added):
                    return
            if number == STEPS // 2 and case.changed is not None:
                for run in (mine, theirs):
                    run.optimizer.param_groups[-1]["lr"] = case.changed
            if number == case.exchange:
                own, other = mine.optimizer.state_dict(), theirs.optimizer.state_dict()
                loads = (
                    partial(mine.optimizer.load_state_dict, translated(other, theirs.engine, mine.engine)),
                    partial(theirs.optimizer.load_state_dict, translated(own, mine.engine, theirs.engine)),
                )
                if not both("load_state_dict", *loads):
                    return
            if not both(f"step {number + 1}", partial(mine.step, case, number), partial(theirs.step, case, number)):
                return
            compared.untouched(f"step {number + 1}")
