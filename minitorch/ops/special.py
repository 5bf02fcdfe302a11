"""Special functions: the error function, those of the gamma family, and Bessel functions."""

from __future__ import annotations

import math
from typing import Any

from minitorch import array_special
from minitorch.autograd.op import FLOAT, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array
from minitorch.errors import type_name
from minitorch.tensor import Tensor

_ERF_SLOPE = 2 / math.sqrt(math.pi)


@op(dtypes=FLOAT)
def erf(xp: Any, input: Array) -> Array:
    """The error function."""
    return array_special.erf(input)


erf.grad(input=lambda xp, g, input: g * (_ERF_SLOPE * xp.exp(-(input * input))))


@op(dtypes=FLOAT)
def erfc(xp: Any, input: Array) -> Array:
    """`1 - erf(input)`, exact also where that is tiny."""
    return array_special.erfc(input)


erfc.grad(input=lambda xp, g, input: g * (-_ERF_SLOPE * xp.exp(-(input * input))))


@op(dtypes=FLOAT)
def erfinv(xp: Any, input: Array) -> Array:
    """The inverse of erf; infinite at -1 and 1, nan beyond."""
    return array_special.erfinv(input)


erfinv.grad(input=lambda xp, g, out: g * (1 / _ERF_SLOPE * xp.exp(out * out)))


@op(dtypes=FLOAT)
def _polygamma(xp: Any, input: Array, n: int) -> Array:
    return array_special.polygamma(n, input)


_polygamma.grad(input=lambda xp, g, input, n: g * _polygamma.on(xp)(input, n + 1))


@op(dtypes=FLOAT)
def digamma(xp: Any, input: Array) -> Array:
    """The derivative of lgamma."""
    return array_special.digamma(input)


digamma.grad(input=lambda xp, g, input: g * _polygamma.on(xp)(input, 1))


@op(dtypes=FLOAT)
def lgamma(xp: Any, input: Array) -> Array:
    """The logarithm of the absolute value of the gamma function."""
    return array_special.lgamma(input)


lgamma.grad(input=lambda xp, g, input: g * digamma.on(xp)(input))


def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of digamma; raises RuntimeError for a negative n."""
    if not isinstance(n, int):
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {type_name(n)}")
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    result: Tensor = _polygamma(input, n)
    return result


def polygamma_method(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of digamma."""
    return polygamma(n, self)


@op(dtypes=FLOAT)
def i0(xp: Any, input: Array) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return array_special.i0(input)


@op(dtypes=FLOAT, backward="SpecialI1Backward0")
def i1(xp: Any, input: Array) -> Array:
    """The modified Bessel function of the first kind, of order 1: the derivative of i0."""
    return array_special.i1(input)


i0.grad(input=lambda xp, g, input: g * i1.on(xp)(input))
i1.grad(
    input=lambda xp, g, input, out: g * (i0.on(xp)(input) - xp.where(input == 0, 0.5, out / input)),
)


# --- in place ---------------------------------------------------------------------------------------------------------

erf_ = in_place(erf)
erfc_ = in_place(erfc)
i0_ = in_place(i0)
