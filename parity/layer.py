"""Layer: one line that says how a class of torch.nn is tried on both engines. How to add one:

1. Open `parity/layers/<family>.py`, the file named like the one in `minitorch/nn/`, and add a line to its LAYERS:

       Layer("Tanh"),                                                    # one tensor of any shape
       Layer("ELU", args=options(alpha=(2.0, 0.5), inplace=(True, False))),
       Layer("Flatten", inputs=tensors(1, min_dims=2), args=one_of(Call(), Call(0, 1))),

2. Run `python -m parity --modules Tanh`. That is all.

`inputs` draws what the module is called with, `args`, which sees it, what it is constructed with: both as in a Spec.
Where it is easier to draw both at once, `draw` returns the two calls:

       def linear(d: Draw) -> Drawn:
           features = d.integer(1, 4)
           return Call(features, d.integer(1, 4), bias=d.flag()), Call(d.tensor((3, features)))

`like(n, draw)` makes them of a spec's call: the module is called with its first n arguments, and constructed with the
others. `Made("nn.Linear", Call(2, 3))` is another module (or a packed sequence) among the arguments.

dtype, training or evaluation, the values of parameters and buffers, gradients and errors need no thought; what is
compared stands in `parity/module_harness.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from parity.strategies import SMOOTH, Args, Call, Domain, Draw, Inputs, between, no_args, tensors
from parity.subject import Subject

Drawn: TypeAlias = tuple[Call, Call]
"""What a module is constructed with, and what it is called with."""

WEIGHTS = between(-1.0, 1.0, "sums of products stay small")


@dataclass(frozen=True, repr=False)
class Layer(Subject):
    """How a module is tried: its name in torch.nn, how it is constructed and called, what is excepted and why."""

    inputs: Inputs = tensors(1)
    args: Args = no_args
    draw: Callable[[Draw], Drawn] | None = None
    """Draws both calls, in place of `inputs` and `args`."""
    domain: Domain = SMOOTH
    """The values that it is called with."""
    weights: Domain = WEIGHTS
    """The values of its parameters."""
    lazy: bool = False
    """Whether its first call tells it its sizes: that is part of its construction then."""

    def drawn(self, d: Draw) -> Drawn:
        """One example."""
        if self.draw is not None:
            return self.draw(d)
        inputs = self.inputs(d)
        return self.args(d, *inputs), Call(*inputs)


def like(count: int, draw: Callable[[Draw], Call]) -> Callable[[Draw], Drawn]:
    """An operation's call for the module of it: called with the first `count` arguments, constructed with the rest."""

    def both(d: Draw) -> Drawn:
        call = draw(d)
        return Call(*call.args[count:], **call.kwargs), Call(*call.args[:count])

    return both


def lazy(draw: Callable[[Draw], Drawn]) -> Callable[[Draw], Drawn]:
    """A module's calls for its lazy twin, which finds out the first argument itself."""

    def both(d: Draw) -> Drawn:
        made, called = draw(d)
        return Call(*made.args[1:], **made.kwargs), called

    return both


def layers(names: str, like: Layer) -> list[Layer]:
    """One layer for each of the names, all like the one given: `layers("Sigmoid Tanh", Layer(""))`."""
    return [replace(like, name=name) for name in names.split()]
