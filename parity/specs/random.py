"""Random tensors: both engines draw after the same seed, and draw the same."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec
from parity.strategies import Call, Draw, Input, Name, between, broadcastable, nothing, one_of, options, sample

FLOATS = (Name("float32"), Name("float64"))
FLOATING = ("float64", "float32")
PROBABILITY = between(0.0, 1.0, "a probability")
RATE = between(0.0, 20.0, "a rate")
ANYTHING = between(-3.0, 3.0, "what is drawn does not depend on it")


def sized(d: Draw, *inputs: Any) -> Call:
    """A shape; sizes of 16 and more are drawn by another algorithm."""
    return Call(d.shape() if d.flag() else (d.integer(1, 5), d.integer(4, 20))) + d.some(dtype=FLOATS)


def integers(d: Draw, *inputs: Any) -> Call:
    """`high`, or `low` and `high`, and a shape."""
    high = -9 if d.fault() else d.integer(5, 50)
    return (Call(high) if d.flag() else Call(d.integer(-5, 4), high)) + Call(d.shape())


def dropped(d: Draw, input: Input) -> Call:
    """A probability, and whether to drop at all."""
    return Call(1.5 if d.fault() else d.pick(0.5, 0.25, 0.0, 1.0), d.pick(True, True, False))


def channels(d: Draw) -> list[Any]:
    """A tensor of at least two dimensions."""
    return [d.tensor(d.shape(min_dims=2))]


def moments(d: Draw) -> Call:
    """Mean and standard deviation: two tensors, a tensor and a number, or two numbers and a size."""
    shape = d.shape()
    mean, std = d.tensor(shape, domain=ANYTHING), d.tensor(shape, domain=RATE)
    return d.pick(Call(mean, std), Call(mean, 2.0), Call(mean), Call(0.5, std), Call(0.5, 2.0, shape))


def weights(d: Draw) -> Call:
    """Rows of weights, and how many to draw."""
    n = d.integer(1, 5)
    input = d.tensor((d.integer(1, 3), n) if d.flag() else (n,), domain=between(0.1, 1.0, "weights of which none is 0"))
    return Call(input, n + 3 if d.fault() else d.integer(1, n)) + d.some(replacement=(True, False))


NO_ELEMENTS = tuple(Call(sample([[], []], dtype)) for dtype in ("int64", "bool"))
"""Most of torch's kernels are not reached where there is nothing to draw: any dtype will do."""

NO_MOMENTS = (*NO_ELEMENTS, Call(sample([], "int64"), sample([], requires_grad=False)))


def filling(name: str, *choices: Call, dtypes: tuple[str, ...] = FLOATING) -> Spec:
    """A method that fills its tensor in place."""
    return Spec(
        f"Tensor.{name}",
        args=one_of(Call(), *choices),
        domain=ANYTHING,
        grad=ANYTHING,
        dtypes=dtypes,
        seeded=True,
        also=NO_ELEMENTS,
    )


SPECS = [
    Spec("rand", inputs=nothing, args=sized, seeded=True),
    Spec("randn", inputs=nothing, args=sized, seeded=True),
    Spec("randint", inputs=nothing, args=integers, seeded=True),
    Spec("randperm", inputs=nothing, args=lambda d: Call(-1 if d.fault() else d.integer(0, 40)), seeded=True),
    Spec("rand_like", args=options(dtype=FLOATS), dtypes=FLOATING, seeded=True),
    Spec("randn_like", args=options(dtype=FLOATS), dtypes=FLOATING, seeded=True, also=NO_ELEMENTS),
    Spec("randint_like", args=one_of(Call(5), Call(1, 7), Call(low=1, high=9)), dtypes=FLOATING, seeded=True),
    filling("uniform_", Call(-1, 2), Call(0.5, 0.75), Call(2, 1)),
    filling("normal_", Call(1, 2), Call(0, 0), Call(0, -1)),
    filling("log_normal_", Call(0, 0.5), Call(0, -1)),
    filling("exponential_", Call(2.0), Call(-1.0)),
    filling("cauchy_", Call(1, 2), Call(0, -1)),
    Spec(
        "Tensor.geometric_",
        args=one_of(Call(0.3), Call(0.9), Call(1.0)),
        dtypes=FLOATING,
        seeded=True,
        also=(Call(sample([], "bool"), 0.3),),
    ),
    filling("random_", Call(7), Call(-3, 9), Call(5, 3), dtypes=("int64", "int32", "float32")),
    filling("bernoulli_", Call(0.2), Call(1.0), Call(1.5), dtypes=(*FLOATING, "int64", "bool")),
    Spec(
        "bernoulli",
        domain=PROBABILITY,
        grad=PROBABILITY,
        dtypes=FLOATING,
        forms=("function", "method"),
        seeded=True,
        also=NO_ELEMENTS,
    ),
    Spec("poisson", domain=RATE, grad=RATE, dtypes=FLOATING, seeded=True),
    Spec(
        "binomial",
        inputs=broadcastable(2),
        domain=PROBABILITY,
        grad=PROBABILITY,
        dtypes=FLOATING,
        seeded=True,
        also=(Call(sample([2.0], requires_grad=False), sample([1], "int64")),),
    ),
    Spec("normal", call=moments, dtypes=FLOATING, forms=("function",), seeded=True, also=NO_MOMENTS),
    Spec("multinomial", call=weights, dtypes=FLOATING, seeded=True),
    Spec("dropout", args=dropped, dtypes=FLOATING, seeded=True),
    Spec("alpha_dropout", args=dropped, dtypes=FLOATING, seeded=True),
    Spec("feature_dropout", inputs=channels, args=dropped, dtypes=FLOATING, seeded=True),
    Spec("feature_alpha_dropout", inputs=channels, args=dropped, dtypes=FLOATING, seeded=True),
]
