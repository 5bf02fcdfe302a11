"""Special functions that probabilities are made of: entropies, the normal distribution, incomplete gammas, zeta."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch import array_probability, array_special
from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, is_array
from minitorch.errors import type_name
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops._operands import is_number, not_implemented
from minitorch.ops.special import digamma, erfc, lgamma
from minitorch.tensor import Tensor


def _half_refused(name: str, *operands: Operand) -> None:
    """Raises torch's error for float16."""
    if any(is_array(each) and each.dtype == "float16" for each in operands):
        raise NotImplementedError(f"\"{name}\" not implemented for 'Half': cast the input to float32 first")


# --- logarithms -------------------------------------------------------------------------------------------------------


@op(dtypes=FLOAT, backward="SpecialEntrBackward0")
def entr(xp: Any, input: Array) -> Array:
    """`-input * log(input)`: 0 at 0, and minus infinity below."""
    inside = -input * xp.log(input)
    return xp.where(input == 0, xp.zeros_like(input), xp.where(input < 0, -math.inf, inside))


entr.grad(input=lambda xp, g, input: g * (-1 - xp.log(input)))


@op(
    dtypes=FLOAT,
    backward=lambda input, other: f"SpecialXlog1PyBackward{2 if is_number(other) else 1 if is_number(input) else 0}",
)
def xlog1py(xp: Any, input: Operand, other: Operand) -> Array:
    """`input * log(1 + other)`, and 0 where `input` is 0, whatever `other` is, but for nan."""
    dtype = (input if is_array(input) else other).dtype
    input, other = xp.asarray(input, dtype=dtype), xp.asarray(other, dtype=dtype)
    product = input * xp.log1p(other)
    return xp.where((input == 0) & ~xp.isnan(other), xp.zeros_like(product), product)


def _xlog1py_input(xp: Any, g: Any, input: Any, other: Any) -> Any:
    if isinstance(other, (int, float)):
        other = input * 0 + other
    return xp.where((input == 0) & (other <= -1), 0, g * xp.log1p(other))


xlog1py.grad(input=_xlog1py_input, other=lambda xp, g, input, other: g * (input / (other + 1)))


# --- the normal distribution ------------------------------------------------------------------------------------------


@op(dtypes=FLOAT, backward="SpecialErfcxBackward0")
def erfcx(xp: Any, input: Array) -> Array:
    """`exp(input**2) * erfc(input)`, which does not underflow for large inputs."""
    _half_refused("erfcx_cpu", input)
    return array_probability.erfcx(input)


erfcx.grad(input=lambda xp, g, input, out: g * (2 * input * out - 2 / math.sqrt(math.pi)))


@with_out
def ndtr(input: Tensor) -> Tensor:
    """The probability that a normal variable of mean 0 and variance 1 is at most `input`."""
    check_tensor("special_ndtr", "input", 1, input)
    result: Tensor = erfc(input * -math.sqrt(0.5)) * 0.5
    return result


@op(dtypes=FLOAT, backward="SpecialNdtriBackward0")
def ndtri(xp: Any, input: Array) -> Array:
    """What a normal variable does not exceed with probability `input`: the inverse of ndtr, nan outside of [0, 1]."""
    _half_refused("ndtri_cpu", input)
    return array_probability.ndtri(input)


ndtri.grad(input=lambda xp, g, out: g * (math.sqrt(2 * math.pi) * xp.exp(out * out / 2)))


@op(dtypes=FLOAT, backward="SpecialLogNdtrBackward0")
def log_ndtr(xp: Any, input: Array) -> Array:
    """The logarithm of ndtr, exact also where that is tiny."""
    _half_refused("log_ndtr_cpu", input)
    return array_probability.log_ndtr(input)


log_ndtr.grad(
    input=lambda xp, g, input: g * (math.sqrt(2 / math.pi) / erfcx.on(xp)(input * -math.sqrt(0.5))),
)


# --- Bessel functions without their exponential -----------------------------------------------------------------------


@op(dtypes=FLOAT, backward="SpecialI0EBackward0")
def i0e(xp: Any, input: Array) -> Array:
    """`exp(-abs(input)) * i0(input)`."""
    return array_probability.i0e(input)


@op(dtypes=FLOAT, backward="SpecialI1EBackward0")
def i1e(xp: Any, input: Array) -> Array:
    """`exp(-abs(input)) * i1(input)`."""
    return array_probability.i1e(input)


i0e.grad(input=lambda xp, g, input, out: g * (i1e.on(xp)(input) - xp.sign(input) * out))
i1e.grad(
    input=lambda xp, g, input, out: (
        g * (i0e.on(xp)(input) - xp.sign(input) * out - xp.where(input == 0, 0.5, out / input))
    )
)


# --- gammas and zeta --------------------------------------------------------------------------------------------------


def _no_rule(message: str) -> Callable[..., Any]:
    """The rule of an argument that torch has no derivative for."""

    def rule(xp: Any, g: Any) -> Any:
        raise NotImplementedError(message)

    return rule


@op(backward="IgammaBackward0", dtypes=PROMOTE)
def gammainc(xp: Any, input: Array, other: Array) -> Array:
    """The regularized incomplete gamma function: of t^(input - 1) exp(-t), the share of the integral up to `other`."""
    not_implemented("igamma_cpu", input, other, kinds="biu")
    return array_probability.gammainc(input, other)


@op(backward="IgammacBackward0", dtypes=PROMOTE)
def gammaincc(xp: Any, input: Array, other: Array) -> Array:
    """`1 - gammainc(input, other)`, exact also where that is tiny."""
    not_implemented("igammac_cpu", input, other, kinds="biu")
    return array_probability.gammaincc(input, other)


def _density(xp: Any, input: Any, other: Any) -> Any:
    return xp.exp((input - 1) * xp.log(other) - other - lgamma.on(xp)(input))


gammainc.grad(
    input=_no_rule("the derivative for 'igamma: input' is not implemented."),
    other=lambda xp, g, input, other: g * _density(xp, input, other),
)
gammaincc.grad(
    input=_no_rule("the derivative for 'igammac: input' is not implemented."),
    other=lambda xp, g, input, other: -g * _density(xp, input, other),
)


@op(dtypes=FLOAT, backward="MvlgammaBackward0")
def _multigammaln(xp: Any, input: Array, p: int) -> Array:
    steps = 0.5 * xp.arange(p).astype(input.dtype)
    return array_special.lgamma(input[..., None] - steps).sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


_multigammaln.grad(input=lambda xp, g, input, p: g * sum(digamma.on(xp)(input - 0.5 * k) for k in range(p)))


@with_out
def multigammaln(input: Tensor, p: int) -> Tensor:
    """The logarithm of the gamma function of dimension `p`, whose arguments are matrices, of multiples of one.

    Raises RuntimeError for p below 1.
    """
    check_tensor("special_multigammaln", "input", 1, input)
    if isinstance(p, bool) or not isinstance(p, int):
        raise TypeError(f"special_multigammaln(): argument 'p' (position 2) must be int, not {type_name(p)}")
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, but it is {p}")
    if input._array.dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    result: Tensor = _multigammaln(input, p)
    return result


@op(
    dtypes=FLOAT,
    backward=lambda input, other: f"SpecialZetaBackward{2 if is_number(other) else 1 if is_number(input) else 0}",
)
def zeta(xp: Any, input: Operand, other: Operand) -> Array:
    """Hurwitz's zeta function: the sum of (other + k)^-input over k >= 0, for an `input` above 1."""
    _half_refused("zeta_cpu", input, other)
    dtype = (input if is_array(input) else other).dtype
    return array_probability.zeta(xp.asarray(input, dtype=dtype), xp.asarray(other, dtype=dtype))


zeta.grad(
    input=_no_rule("the derivative for 'zeta' is not implemented."),
    other=lambda xp, g, input, other: -g * (input * zeta.on(xp)(input + 1, other)),
)


# --- in place ---------------------------------------------------------------------------------------------------------

gammainc_ = in_place(gammainc, "igamma_")
gammaincc_ = in_place(gammaincc, "igammac_")
mvlgamma_ = in_place(multigammaln, "mvlgamma_")
