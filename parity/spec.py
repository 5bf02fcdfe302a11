"""Spec: one line that says how an operation is tried on both engines. How to add one:

1. Open `parity/specs/<family>.py`, a family being one file of `minitorch/ops/` or several, and add a line to its SPECS:

       Spec("tanh"),                                          # one tensor of any shape and dtype
       Spec("add", inputs=broadcastable(2, numbers=(1,)), args=options(alpha=(2, -1.5))),
       Spec("sum", args=dims_and_keepdim),
       Spec("log", grad=POSITIVE),                            # where gradients are asked for
       Spec("cat", inputs=listed(tensors(3, min_dims=1)), args=dim_arg),

2. Run `python -m parity --ops tanh`. That is all.

The name is looked up on each engine: `torch.tanh` and `Tensor.tanh` are both tried, and where torch has them
`Tensor.tanh_` and the argument `out`; `Tensor.__radd__` is called by name and through Python's `+`. A dotted name
(`nn.functional.relu`, `Tensor.view`) is that thing alone, with the method's in-place twin if there is one. `aliases`
are further names of the same operation.

`inputs` draws the tensors of the call, `args` what follows them. They are plain functions of a `Draw`: `inputs(d)`
returns the leading arguments, `args(d, *inputs)` a `Call(...)`, written as you would write the call. When the
ready-made ones of `parity.strategies` do not fit, write one, or draw the whole call:

       def gather(d: Draw) -> Call:
           input = d.tensor(d.shape(min_dims=1, min_side=1))
           dim = d.dim(input.ndim)
           return Call(input, dim, d.indices(input.shape, input.shape[dim]))

       Spec("gather", call=gather)

Draw everything from `d` (values from `d.rng`), so that an example can be repeated and shrunk. dtypes and gradients need
no thought: `d.tensor(shape)` has the example's dtype (any, or float64 and float32 for gradients), wants a
gradient or not, and may be transposed, stepped or sliced. `d.indices(...)` and `d.given(values)` make other tensors. A
dtype or function as an argument is written `Name("float64")`. When errors are tried, `d.dim`, `d.dims`, `d.indices` and
`d.broadcastable` are wrong now and then, so errors come by themselves; `if d.fault():` is for faults of your own.
`also=(Call(...), ...)` adds calls that are always tried.

Domains say which values are drawn: `domain` forward, `grad` where gradients are asked for; one for all tensors or a
tuple, one per tensor. Each carries its reason: `between(-0.9, 0.9, "inside the domain of atanh")`. What is checked
without being asked stands in `parity/harness.py`. Whatever a spec excepts, it says why: in the field itself where that
is text (`unspecified`, `extends`, `Looser`), in a comment otherwise (`second=False`, `dtypes`, `forms`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from parity.strategies import (
    ALL,
    DIFFERENTIABLE,
    REALS,
    SMOOTH,
    Args,
    Call,
    Domain,
    Draw,
    Inputs,
    Mode,
    no_args,
    tensors,
)
from parity.subject import Subject


@dataclass(frozen=True, repr=False)
class Spec(Subject):
    """How one operation is tried: its names, what it is called with, and what is excepted for which reason."""

    inputs: Inputs = tensors(1)
    args: Args = no_args
    aliases: Sequence[str] = ()
    """Further names, called with the same arguments."""
    call: Callable[[Draw], Call] | None = None
    """Draws the whole call, in place of `inputs` and `args`."""
    also: Sequence[Call] = ()
    """Calls that are tried always, beside the drawn ones; their tensors are `Input(array)`."""
    domain: Domain | Sequence[Domain] = REALS
    grad: Domain | Sequence[Domain] = SMOOTH
    """The domain where gradients are asked for."""
    dtypes: Sequence[str] = ALL
    """The dtypes that are drawn; when errors are tried, all are."""
    forms: Sequence[str] = ("function", "method", "in-place", "out")
    """How it is called, where torch has the form; `out` is the argument of that name."""
    second: bool = True
    """Whether the gradient's gradient is compared, where torch has one."""
    seeded: bool = False
    """Whether it draws random numbers: both engines get `manual_seed` before each call."""

    def domains(self, mode: Mode) -> tuple[Domain, ...]:
        """The domains of the tensors, in order, for this kind of example."""
        chosen = self.grad if mode == "gradient" else self.domain
        return (chosen,) if isinstance(chosen, Domain) else tuple(chosen)

    def drawn_dtypes(self, mode: Mode) -> Sequence[str]:
        """The dtypes for this kind of example."""
        if mode == "gradient":
            return DIFFERENTIABLE
        return self.dtypes if mode == "forward" else ALL

    def draw(self, d: Draw) -> Call:
        """One call."""
        if self.call is not None:
            return self.call(d)
        inputs = self.inputs(d)
        return Call(*inputs) + self.args(d, *inputs)

    def names(self) -> tuple[str, ...]:
        """The name and the aliases."""
        return (self.name, *self.aliases)


def each(names: str, like: Spec) -> list[Spec]:
    """One spec for each of the names, all like the one given: `each("sin cos", Spec(""))`."""
    return [replace(like, name=name) for name in names.split()]
