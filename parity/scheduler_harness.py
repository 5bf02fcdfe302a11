"""The harness of schedulers: thirty steps on both engines, of the optimizer and of the schedule.

For each example, drawn by hypothesis: an optimizer with one or two param groups of different rates, one of them perhaps
a tensor, and a scheduler with drawn options, perhaps begun at a later epoch. After construction and after each step are
compared the last rates, every option of the groups (rates, momenta, where they began) and the whole state_dict, numbers
to the last places; a metric is drawn where one is needed. Before one of the steps the engines exchange the states of
scheduler and optimizer. Where torch raises, minitorch must raise the same builtin type or a subclass of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import hypothesis.strategies as st

from parity.compare import Mismatch
from parity.comparison import Comparison, Report
from parity.optimizer_harness import translated
from parity.running import Run, source
from parity.schedulers import OPTIMIZER, Schedule
from parity.strategies import SMOOTH, TAPE, Call, Draw, Made, Mode, Name, transform
from parity.trials import Trials

STEPS = 30
METRICS = (1.0, 0.999, 0.5, 0.0, 2.0, -1.0, float("nan"))


@dataclass
class SchedulerCase:
    """One drawn example."""

    schedule: Schedule
    args: Call
    optimizer: str
    rates: list[float]
    tensor_rate: bool
    metrics: list[float]
    last: int | None = None
    """The epoch that it is begun after."""
    exchange: int | None = None
    """The step before which the engines load each other's states."""

    def __repr__(self) -> str:
        how = [f"{self.optimizer} of {self.rates}"] + [name for name in ("last", "exchange") if getattr(self, name)]
        return f"torch.optim.lr_scheduler.{self.schedule.name}{source(self.args)} [{'; '.join(how)}]"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field of the schedule."""
        printer.text(repr(self))


@st.composite
def scheduler_cases(draw: st.DrawFn, schedule: Schedule, mode: Mode) -> SchedulerCase:
    """An example of the schedule."""
    d = Draw(draw(TAPE), mode, ("float64",), (SMOOTH,), ("float64",))
    args = schedule.args(d)
    if d.trouble == "argument":
        args += Call(no_such_option=1)
    return SchedulerCase(
        schedule,
        args,
        d.pick("SGD", "Adam", "RMSprop", "Adagrad"),
        [0.1, 0.5][: d.pick(2, 2, 2, 1)],
        tensor_rate=d.chance(8),
        metrics=[d.pick(*METRICS) for _ in range(STEPS)],
        last=d.integer(0, 12) if schedule.resumes and d.chance(4) else None,
        exchange=d.integer(1, STEPS - 1) if d.flag() else None,
    )


@dataclass
class SchedulerRun(Run):
    """What one engine did with an example."""

    optimizer: Any = None
    scheduler: Any = None

    def construct(self, case: SchedulerCase) -> None:
        """Makes an optimizer and the scheduler."""
        torch = self.engine.module
        rates: list[Any] = list(case.rates)
        if case.tensor_rate:
            rates[0] = torch.tensor(rates[0], dtype=torch.float64)
        groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": rate} for rate in rates]
        options: dict[str, Any] = {"momentum": 0.9} if case.optimizer == "SGD" else {}
        self.optimizer = getattr(torch.optim, case.optimizer)(groups, **options)
        more = {}
        if case.last is not None:
            for group in self.optimizer.param_groups:
                group["initial_lr"] = 2.0 * group["lr"]
            more["last_epoch"] = case.last

        def build(leaf: Any) -> Any:
            return self.optimizer if isinstance(leaf, Made) and leaf.path == OPTIMIZER.path else self.value(leaf)

        # The options are the user's objects, so that no engine may change those that the other gets.
        args, kwargs = transform((case.args.args, case.args.kwargs), lambda leaf: build(copy.copy(leaf)))
        kind = self.value(Name(f"optim.lr_scheduler.{case.schedule.name}"))
        first = [self.optimizer] if case.schedule.alone else []
        self.scheduler = kind(*first, *args, **kwargs, **more)

    def step(self, case: SchedulerCase, number: int) -> None:
        """One step of both."""
        self.optimizer.step()
        self.scheduler.step(*([case.metrics[number]] if case.schedule.measured else []))

    def states(self) -> Any:
        """The states of both."""
        return copy.deepcopy((self.scheduler.state_dict(), self.optimizer.state_dict()))

    def load(self, scheduler: Any, optimizer: Any) -> None:
        """Takes over the states of the other engine."""
        self.optimizer.load_state_dict(optimizer)
        self.scheduler.load_state_dict(scheduler)

    def seen(self) -> dict[str, Any]:
        """All that can be seen of the schedule."""
        return {
            "get_last_lr()": list(self.scheduler.get_last_lr()),
            "groups": [
                {key: value for key, value in group.items() if key != "params"} for group in self.optimizer.param_groups
            ],
            "state_dict": self.scheduler.state_dict(),
        }


class Schedulers(Trials[Schedule]):
    """Tries schedulers: a sixth as many examples as of an operation, and half as many again of errors."""

    share = 1 / 6

    def _check(self, subject: Schedule, report: Report) -> None:
        modes: tuple[tuple[Mode, int], ...] = (("gradient", self.examples), ("error", -(-self.examples // 2)))
        for mode, examples in modes:
            self.explore(scheduler_cases(subject, mode), examples, partial(self.run, report=report))

    def run(self, case: SchedulerCase, report: Report) -> None:
        """Tries one example."""
        try:
            self._run(case, report)
        except Mismatch as mismatch:
            raise Mismatch(f"{case.schedule.name}: {mismatch}\n  call: {case!r}") from mismatch

    def _run(self, case: SchedulerCase, report: Report) -> None:
        report.examples += 1
        report.dtypes.add("float64")
        mine, theirs = SchedulerRun(self.candidate), SchedulerRun(self.reference)
        compared = Comparison(case.schedule, [], report, mine, theirs)

        def both(stage: str, mine_does: Callable[[], None], theirs_does: Callable[[], None]) -> bool:
            if compared.both(stage, mine_does, theirs_does):
                compared.results(mine.seen(), theirs.seen(), stage)
                return True
            return False

        if not both("construction", partial(mine.construct, case), partial(theirs.construct, case)):
            return
        for number in range(STEPS):
            if number == case.exchange:
                loads = (
                    partial(mine.load, *translated(theirs.states(), theirs.engine, mine.engine)),
                    partial(theirs.load, *translated(mine.states(), mine.engine, theirs.engine)),
                )
                if not both("load_state_dict", *loads):
                    return
            if not both(f"step {number + 1}", partial(mine.step, case, number), partial(theirs.step, case, number)):
                return
