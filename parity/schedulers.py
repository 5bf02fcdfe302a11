"""How every scheduler is tried: one line each, its options and what they may be. To add one, add a line to SCHEDULES.

    Schedule("StepLR", lambda d: Call(d.pick(1, 2, 5)) + d.some(gamma=(0.1, 0.5))),

The optimizer comes first by itself; where schedulers are made of others it is written OPTIMIZER. Optimizers, groups,
metrics, the exchange of states and unknown options need no thought; what is compared stands in
`parity/scheduler_harness.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parity.strategies import Call, Draw, Made
from parity.subject import Subject

OPTIMIZER = Made("optimizer", Call())
"""Stands for the optimizer whose rates are scheduled."""


@dataclass(frozen=True, repr=False)
class Schedule(Subject):
    """How a scheduler is tried: its name in torch.optim.lr_scheduler, what follows the optimizer, what is excepted."""

    args: Callable[[Draw], Call] = lambda d: Call()
    alone: bool = True
    """Whether it is given the optimizer first."""
    measured: bool = False
    """Whether it is given a metric at each step."""
    resumes: bool = True
    """Whether it is also begun at a later epoch."""


FACTORS = (0.5, 0.1, 1.0, 0.93)
COUNTS = (2, 1, 5, 13, 40)


def decay(epoch: int) -> float:
    """A factor for each epoch."""
    return 1 / (1 + epoch)


def shrink(epoch: int) -> float:
    """Another one."""
    return 0.9**epoch


def functions(d: Draw) -> Call:
    """One function, or one for each of the two groups; when errors are tried, for three."""
    return Call([decay] * 3 if d.fault() else d.pick(decay, shrink, [shrink, decay]))


def steps(d: Draw) -> Call:
    """The epochs between two changes."""
    return Call(d.pick(*COUNTS)) + d.some(gamma=FACTORS)


def milestones(d: Draw) -> Call:
    """The epochs of changes, some of them twice."""
    return Call(sorted(d.integer(0, 32) for _ in range(d.integer(0, 5)))) + d.some(gamma=FACTORS)


def constant(d: Draw) -> Call:
    """A factor, and how long it holds; when errors are tried, out of range."""
    return (Call(factor=d.pick(1.5, -0.5)) if d.fault() else d.some(factor=FACTORS)) + d.some(total_iters=COUNTS)


def linear(d: Draw) -> Call:
    """Two factors, and how long it takes from one to the other."""
    first = Call(start_factor=d.pick(0, 1.5)) if d.fault() else d.some(start_factor=FACTORS)
    return first + d.some(end_factor=(0.1, 0.7, 1.0), total_iters=COUNTS)


def cosine(d: Draw) -> Call:
    """Half a period, and the lowest rate."""
    return Call(d.pick(*COUNTS)) + d.some(eta_min=(0.0, 0.01))


def restarts(d: Draw) -> Call:
    """A period, and by how much the next is longer."""
    period = d.pick(0, 2.5) if d.fault() else d.pick(*COUNTS)
    return Call(period) + d.some(T_mult=(1, 2, 0 if d.fault() else 3), eta_min=(0.0, 0.01, 1))


def rates(d: Draw, *choices: float) -> Any:
    """One rate, or one for each of the two groups; when errors are tried, for three."""
    one = d.pick(*choices)
    return [one] * 3 if d.fault() else d.pick(one, [one, 2 * one])


def fade(x: float) -> float:
    """A scale of one's own."""
    return float(0.8**x)


def cycles(d: Draw) -> Call:
    """Two rates, and how they are gone between."""
    call = Call(rates(d, 0.01, 0.2), rates(d, 0.3, 0.05))
    call += d.some(step_size_up=(4, 1, 7), step_size_down=(3, None), mode=("triangular", "triangular2", "exp_range"))
    call += d.some(gamma=(0.9, 1.0), scale_fn=(fade, None), scale_mode=("cycle", "iterations"))
    return call + d.some(cycle_momentum=(True, False), base_momentum=(0.8, 0.5), max_momentum=(0.9, 0.95))


def one_cycle(d: Draw) -> Call:
    """The highest rate and the number of steps, perhaps too few of them."""
    call = Call(rates(d, 0.2, 0.01)) + d.pick(
        Call(total_steps=31), Call(epochs=5, steps_per_epoch=8), Call(total_steps=9)
    )
    three = d.flag()
    call += Call(three_phase=True) if three else Call()
    # A first phase of no length would end after the second of three.
    call += d.some(pct_start=(0.3, 0.45, 2.0 if d.fault() else 0.4 if three else 0.0))
    call += d.some(anneal_strategy=("linear", "cos"), cycle_momentum=(True, False), base_momentum=(0.85, [0.7, 0.6]))
    return call + d.some(max_momentum=(0.95, [0.9, 0.8]), div_factor=(25.0, 10), final_div_factor=(1e4, 1e2))


def plateau(d: Draw) -> Call:
    """When the rate is lowered, and by how much."""
    call = d.some(mode=("min", "max"), patience=(0, 1, 3), threshold=(1e-4, 0.3), threshold_mode=("rel", "abs"))
    call += Call(factor=1.0) if d.fault() else d.some(factor=(0.5, 0.1))
    return call + d.some(
        cooldown=(0, 2), eps=(1e-8, 0.01), min_lr=([0.1], [0.2]) if d.fault() else (0, 0.01, [0.05, 0.001])
    )


PARTS: dict[str, Callable[[Draw], Call]] = {
    "StepLR": steps,
    "MultiStepLR": milestones,
    "ConstantLR": constant,
    "LinearLR": linear,
    "ExponentialLR": lambda d: Call(d.pick(*FACTORS)),
    "PolynomialLR": lambda d: d.some(total_iters=COUNTS, power=(1.0, 2.0, 0.5)),
    "CosineAnnealingLR": cosine,
    "CosineAnnealingWarmRestarts": restarts,
    "LambdaLR": functions,
    "MultiplicativeLR": functions,
}
"""Those that others can be made of."""


def parts(d: Draw, count: int) -> list[Made]:
    """Some of the schedulers that others can be made of."""
    names = [d.pick(*PARTS) for _ in range(count)]
    return [Made(f"optim.lr_scheduler.{name}", Call(OPTIMIZER) + PARTS[name](d)) for name in names]


def sequence(d: Draw) -> Call:
    """One after the other, from milestones on; when errors are tried, too many of them."""
    count = d.integer(1, 4)
    ends = sorted({d.integer(1, 20) for _ in range(count - 1)})
    return Call(OPTIMIZER, parts(d, len(ends) + 1), [*ends, 25] if d.fault() else ends)


def chain(d: Draw) -> Call:
    """All at once."""
    return Call(parts(d, 0 if d.fault() else d.integer(1, 3))) + (Call(OPTIMIZER) if d.flag() else Call())


SCHEDULES = [
    *(Schedule(name, args=args) for name, args in PARTS.items()),
    Schedule("CyclicLR", args=cycles),
    Schedule("OneCycleLR", args=one_cycle, resumes=False),  # where it was begun is written into the groups
    Schedule("ReduceLROnPlateau", args=plateau, measured=True, resumes=False),  # it has no argument for it
    Schedule("SequentialLR", args=sequence, alone=False, resumes=False),
    Schedule("ChainedScheduler", args=chain, alone=False, resumes=False),
]


def load() -> list[Schedule]:
    """All of them."""
    return SCHEDULES
