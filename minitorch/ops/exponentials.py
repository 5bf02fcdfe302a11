"""Exponentials and logarithms, and what is made of them: the sigmoid and its inverse among others."""

from __future__ import annotations

import math
from typing import Any

from minitorch import return_types
from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, is_array
from minitorch.fused import fused
from minitorch.ops._operands import is_number, not_implemented
from minitorch.ops.choices import bounded

_LOG_2, _LOG_10 = math.log(2), math.log(10)


@op(dtypes=FLOAT)
def exp(xp: Any, input: Array) -> Array:
    """e to the power of each element."""
    return xp.exp(input)


exp.grad(input=lambda xp, g, out: g * out)


@op(dtypes=FLOAT)
def log(xp: Any, input: Array) -> Array:
    """The natural logarithm; -inf at 0, nan below."""
    return xp.log(input)


log.grad(input=lambda xp, g, input: g / input)


@op(dtypes=FLOAT)
def exp2(xp: Any, input: Array) -> Array:
    """2 to the power of each element."""
    return xp.exp2(input)


exp2.grad(input=lambda xp, g, out: g * out * _LOG_2)


@op(dtypes=FLOAT)
def expm1(xp: Any, input: Array) -> Array:
    """`exp(input) - 1`, exact near 0."""
    return xp.expm1(input)


expm1.grad(input=lambda xp, g, out: g * (out + 1))


@op(dtypes=FLOAT)
def log2(xp: Any, input: Array) -> Array:
    """The logarithm to base 2."""
    return xp.log2(input)


log2.grad(input=lambda xp, g, input: g / (input * _LOG_2))


@op(dtypes=FLOAT)
def log10(xp: Any, input: Array) -> Array:
    """The logarithm to base 10."""
    return xp.log10(input)


log10.grad(input=lambda xp, g, input: g / (input * _LOG_10))


@op(dtypes=FLOAT, backward="Log1PBackward0")
def log1p(xp: Any, input: Array) -> Array:
    """`log(1 + input)`, exact near 0."""
    return xp.log1p(input)


log1p.grad(input=lambda xp, g, input: g / (input + 1))


@op(dtypes=PROMOTE)
def logaddexp(xp: Any, input: Array, other: Array) -> Array:
    """`log(exp(input) + exp(other))` without overflow."""
    not_implemented("logaddexp_cpu", input, kinds="iub")
    return xp.logaddexp(input, other)


logaddexp.grad(
    input=lambda xp, g, input, out: g * xp.exp(input - out),
    other=lambda xp, g, other, out: g * xp.exp(other - out),
)


@op(dtypes=PROMOTE)
def logaddexp2(xp: Any, input: Array, other: Array) -> Array:
    """`log2(2**input + 2**other)` without overflow."""
    not_implemented("logaddexp2_cpu", input, kinds="iub")
    return xp.logaddexp2(input, other)


logaddexp2.grad(
    input=lambda xp, g, input, out: g * xp.exp2(input - out),
    other=lambda xp, g, other, out: g * xp.exp2(other - out),
)


@op(
    dtypes=FLOAT,
    backward=lambda input, other: 2 if is_number(other) else 1 if is_number(input) else 0,
)
def xlogy(xp: Any, input: Operand, other: Operand) -> Array:
    """`input * log(other)`, and 0 where `input` is 0, whatever `other` is, but for nan."""
    dtype = (input if is_array(input) else other).dtype
    input, other = xp.asarray(input, dtype=dtype), xp.asarray(other, dtype=dtype)
    product = input * xp.log(other)
    return xp.where((input == 0) & ~xp.isnan(other), xp.zeros_like(product), product)


xlogy.grad(
    input=lambda xp, g, input, other: _xlogy_input(xp, g, input, other),
    other=lambda xp, g, input, other: g * (input / other),
)


def _xlogy_input(xp: Any, g: Any, input: Any, other: Any) -> Any:
    if isinstance(other, (int, float)):
        logarithm: Any = math.log(other) if other > 0 else -math.inf if other == 0 else math.nan
        return xp.where((input == 0) & (other <= 0), 0, g * logarithm)
    return xp.where((input == 0) & (other <= 0), 0, g * xp.log(other))


@op(dtypes=FLOAT)
def sigmoid(xp: Any, input: Array) -> Array:
    """`1 / (1 + exp(-input))`."""
    return _sigmoid(xp, input)


@fused("T input", "T out", "out = 1 / (1 + exp(-real(input)))")
def _sigmoid(xp: Any, input: Array) -> Array:
    out = xp.exp(-input)
    out += 1
    return xp.reciprocal(out)


sigmoid.grad(
    input=fused("T g, T out", "T slope", "real s = out; slope = real(g) * (s * (1 - s))")(
        lambda xp, g, out: g * (out * (1 - out))
    )
)


@op(dtypes=FLOAT)
def logit(xp: Any, input: Array, eps: float | None = None) -> Array:
    """`log(input / (1 - input))`, the inverse of sigmoid; with `eps`, `input` is first moved into [eps, 1 - eps]."""
    z = input if eps is None else bounded(xp, input, eps, 1 - eps)
    return xp.log(z / (1 - z))


def _logit_input(xp: Any, g: Any, input: Any, eps: float | None) -> Any:
    low, high = (0.0, 1.0) if eps is None else (eps, 1 - eps)
    inside = (input >= low) & (input <= high)
    return xp.where(inside, g / (input * (1 - input)), math.nan if eps is None else 0.0)


logit.grad(input=_logit_input)


@op(dtypes=FLOAT)
def ldexp(xp: Any, input: Array, other: Array) -> Array:
    """`input * 2**other`."""
    return input * xp.exp2(other)


ldexp.grad(
    input=lambda xp, g, other: g * xp.exp2(other),
    other=lambda xp, g, out: g * (out * _LOG_2),
)


@op(outputs=return_types.frexp, differentiable=(0,))
def frexp(xp: Any, input: Array) -> Any:
    """`input` as `mantissa * 2**exponent`, the mantissa being from 0.5 up to 1 in size; refuses integers."""
    if input.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = xp.frexp(input)
    return mantissa, exponent.astype("int32", copy=False)


frexp.grad(input=lambda xp, g, exponent: g / xp.exp2(exponent))


# --- in place ---------------------------------------------------------------------------------------------------------

exp_ = in_place(exp)
exp2_ = in_place(exp2)
expm1_ = in_place(expm1)
ldexp_ = in_place(ldexp)
log_ = in_place(log)
log10_ = in_place(log10)
log1p_ = in_place(log1p)
log2_ = in_place(log2)
logit_ = in_place(logit)
sigmoid_ = in_place(sigmoid)
xlogy_ = in_place(xlogy)
