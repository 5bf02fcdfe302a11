"""How every optimizer is tried: one line each, its options and what they may be. To add one, add a line to RULES.

    Rule("SGD", options(lr=(0.5, 0.01), momentum=(0.9, 0.0))),

Param groups with options of their own, dtypes, gradients (some zero, some missing), the exchange of states and wrong
options need no thought; what is compared stands in `parity/optimizer_harness.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parity.strategies import DIFFERENTIABLE, Call, Draw, Shape, options
from parity.subject import Subject
from parity.tolerance import Looser

SHAPES: tuple[Shape, ...] = ((3, 4), (4,), (), (2, 0), (1, 1), (2, 3, 2))


@dataclass(frozen=True, repr=False)
class Rule(Subject):
    """How an optimizer is tried: its name in torch.optim, and what is excepted and why."""

    options: Callable[[Draw], Call] = options()
    """Draws its options: those of the constructor, and those of a group."""
    groups: int = 3
    """How many param groups it may have."""
    shapes: Sequence[Shape] = SHAPES
    dtypes: Sequence[str] = DIFFERENTIABLE
    searches: bool = False
    """Whether it evaluates the loss itself, more than once a step."""


def momentum(d: Draw) -> Call:
    """SGD's options, of which some exclude each other."""
    how = options(lr=(0.5, 0.01, 0.0), momentum=(0.9, 0), dampening=(0.3, 0), **DECAY)(d)
    nesterov = how.kwargs.get("momentum") and not how.kwargs.get("dampening") and d.flag()
    return how + Call(nesterov=True) if nesterov else how


RATE = {"lr": (0.1, 0.001, 0.0)}
DECAY = {"weight_decay": (0.1, 0), "maximize": (True, False), "foreach": (True, False, None)}
LOOPED = {"weight_decay": (0.1, 0), "maximize": (True, False)}
"""Without foreach, under which torch's ASGD multiplies by rates rounded to float32, and LBFGS's relatives have none."""
BETAS = ((0.9, 0.999), (0.6, 0.5), (0.5, 0.9), (0.3, 0.2), (0.0, 0.9))
ADAM = {**RATE, "betas": BETAS, "eps": (1e-8, 1e-3), "amsgrad": (True, False), **DECAY}
SECOND = {**RATE, "betas": BETAS, "eps": (1e-8, 0.1), "decoupled_weight_decay": (True, False), **DECAY}
ROUNDED = Looser(8, "ten steps, each divided by what the rounded ones before left")

RULES = [
    Rule("SGD", options=momentum),
    Rule("Adam", options=options(decoupled_weight_decay=(True, False), **ADAM), looser=ROUNDED),
    Rule("AdamW", options=options(**ADAM), looser=ROUNDED),
    Rule("NAdam", options=options(momentum_decay=(4e-3, 0.5), **SECOND), looser=ROUNDED),
    Rule("RAdam", options=options(**SECOND), looser=ROUNDED),
    Rule("Adamax", options=options(betas=BETAS, eps=(1e-8, 0.1), **RATE, **DECAY), looser=ROUNDED),
    Rule("Adagrad", options=options(lr_decay=(0.1, 0), initial_accumulator_value=(0.1, 0), eps=(1e-10, 0.1), **RATE,
                                    **DECAY)),
    Rule("Adadelta", options=options(lr=(1.0, 0.1), rho=(0.9, 0.5), eps=(1e-6, 0.1), **DECAY), looser=ROUNDED),
    Rule("RMSprop", options=options(momentum=(0, 0.9), centered=(True, False), alpha=(0.99, 0.9, 0.5), eps=(1e-8, 0.1),
                                    **RATE, **DECAY), looser=ROUNDED),
    Rule("Rprop", options=options(etas=((0.5, 1.2), (0.1, 2.0)), step_sizes=((1e-6, 50), (0.01, 0.02)),
                                  maximize=(True, False), foreach=(True, False), **RATE)),
    Rule("ASGD", options=options(lambd=(0.1, 1e-4), t0=(1e6, 10, 2), alpha=(0.75, 0.5), **RATE, **LOOPED)),
    Rule("Adafactor", options=options(lr=(1e-2, 1.0), beta2_decay=(-0.8, -0.1), eps=((None, 1e-3), (0.1, 0.2)),
                                      d=(1.0, 3.0), **DECAY), looser=ROUNDED),
    Rule("LBFGS", options=options(lr=(1.0, 0.5), max_iter=(3, 1, 5), max_eval=(4,), history_size=(2, 10),
                                  tolerance_grad=(1e-7, 1.0), tolerance_change=(1e-9,),
                                  line_search_fn=("strong_wolfe", None)),
         # In float32 the last iterations are rounding, and how many there are is, too.
         dtypes=("float64",), groups=1, shapes=tuple(shape for shape in SHAPES if 0 not in shape), searches=True,
         looser=Looser(1e4, "each direction is a quotient of differences of rounded gradients")),
    Rule("Muon", options=options(lr=(1e-3, 2e-3), momentum=(0.95, 0.3), nesterov=(True, False), weight_decay=(0.1, 0),
                                 ns_steps=(5, 2), adjust_lr_fn=("match_rms_adamw", "original")),
         shapes=((3, 4), (6, 2), (8, 8)), dtypes=("float32",),
         looser=Looser(2e4, "torch computes the directions in bfloat16, of which NumPy has none")),
    # Of dense gradients both say that they want sparse ones; there are none to be had in minitorch.
    Rule("SparseAdam", options=options(betas=BETAS, eps=(1e-8, 1e-3), lr=(0.1, 0.01), maximize=(True, False))),
]  # fmt: skip


def load() -> list[Rule]:
    """All of them."""
    return RULES
