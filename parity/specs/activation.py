"""Activations, softmax and its relatives."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import (
    NAN,
    REALS,
    SMOOTH,
    Call,
    Domain,
    Draw,
    Name,
    away_from,
    between,
    dim_arg,
    options,
    sample,
    tensors,
)
from parity.tolerance import Looser

F = "nn.functional."

# Gradients are asked for at these points too, where torch has chosen a value of its own.
KINKS = Domain("kinks at -3, -1, -0.5, 0, 0.5, 1, 3 and 6", low=-8.0, high=8.0,
               specials=(-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0))  # fmt: skip
FAR = Domain("the tails, where a curve has become a line", low=-40.0, high=40.0)
EXP_IN_SINGLE = Looser(4, "torch rounds float16's exp once more, or once less", dtypes=("float16",))

NO_INF = between(-40.0, 40.0, "finite: torch's vectorised gelu of infinity is nan", 0.0, -0.0, NAN)
SIXTH = Looser(1e5, "torch multiplies by 1/6 in float32 also for float64", ("gradient", "second"), ("float64",))
WEIGHTED = away_from(0.0, reason="at 0 torch gives one slope backward, and the other one when that is differentiated")


def softmax_args(d: Draw, input: Any) -> Call:
    """A dimension, and perhaps a dtype."""
    return dim_arg(d, input) + d.some(dtype=(Name("float64"),))


def slopes(d: Draw) -> Call:
    """One weight, or one for each channel; when errors are tried, a wrong number of them."""
    input = d.tensor(d.shape())
    channels = input.shape[1] if input.ndim > 1 else 1
    return Call(input, d.tensor(d.pick((), (1,), (channels + 1 if d.fault() else channels,))))


def even(d: Draw) -> Call:
    """A tensor whose size along `dim` is even, or is not."""
    shape = d.shape(min_dims=1)
    dim = d.dim(len(shape))
    if -len(shape) <= dim < len(shape):
        shape = (*shape[: dim % len(shape)], d.pick(0, 2, 4, 3), *shape[dim % len(shape) + 1 :])
    return Call(d.tensor(shape), *d.pick((dim,), ()))


SPECS = [
    Spec("relu", grad=KINKS),
    *each("nn.functional.relu nn.functional.relu6 nn.functional.hardswish nn.functional.silu nn.functional.mish "
          "nn.functional.selu", Spec("", grad=KINKS, looser=EXP_IN_SINGLE)),
    Spec("nn.functional.hardsigmoid", grad=KINKS, looser=SIXTH),
    *each("nn.functional.logsigmoid nn.functional.softsign nn.functional.tanhshrink", Spec("", grad=SMOOTH)),
    *each("nn.functional.sigmoid nn.functional.tanh", Spec("")),
    Spec("selu", grad=KINKS, looser=EXP_IN_SINGLE),
    Spec("celu", args=options(alpha=(2.0, 0.5, -1.0)), grad=KINKS, looser=EXP_IN_SINGLE),
    Spec("nn.functional.celu", args=options(alpha=(2.0, 0.5, 0.0)), grad=KINKS, looser=EXP_IN_SINGLE),
    Spec("nn.functional.elu", args=options(alpha=(2.0, 0.5, 0)), grad=KINKS, looser=EXP_IN_SINGLE),
    Spec("nn.functional.leaky_relu", args=options(negative_slope=(0.2, 2.0, 0.0)), grad=KINKS),
    Spec("rrelu", args=options(lower=(0.1, 0.2), upper=(0.3, 0.4)), grad=KINKS),
    Spec("nn.functional.rrelu", args=options(lower=(0.1, 0.2), upper=(0.3, 0.4)), grad=KINKS),
    Spec("nn.functional.gelu", domain=NO_INF, args=options(approximate=("none", "tanh", "linear"))),
    Spec("nn.functional.hardtanh", args=options(min_val=(-2.0, -1, 2.0), max_val=(0.5, 1)), grad=KINKS),
    Spec("nn.functional.softplus", args=options(beta=(2.0, 0.5, 1), threshold=(1.0, 20)), grad=FAR),
    *each("hardshrink nn.functional.hardshrink", Spec("", args=options(lambd=(1.0, 0.0)), grad=KINKS)),
    Spec("nn.functional.softshrink", args=options(lambd=(1.0, 0.0, -1.0)), grad=KINKS),
    *each("threshold nn.functional.threshold",
          Spec("", args=lambda d, input: Call(d.pick(0.5, 0, -1), d.pick(7.0, -2, 0)), grad=KINKS)),
    *each("prelu nn.functional.prelu", Spec("", call=slopes, grad=WEIGHTED)),
    Spec("nn.functional.glu", call=even),
    *each("softmax log_softmax", Spec("", inputs=tensors(1), args=softmax_args)),
    *each("nn.functional.softmax nn.functional.log_softmax nn.functional.softmin",
          Spec("", args=softmax_args, domain=REALS, also=(Call(sample([[1.0, -2.0], [1000.0, 1001.0]]), dim=1),))),
]  # fmt: skip
