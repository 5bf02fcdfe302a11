"""Elementwise arithmetic, comparisons and conversions: every result element depends on one element of each operand."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.backend import Array, Operand
from minitorch.tensor import copy_array


@op(dtypes=PROMOTE)
def add(xp: Any, input: Array, other: Operand, alpha: Any = 1) -> Array:
    """`input + alpha * other`."""
    return input + other if alpha == 1 else input + alpha * other


add.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, alpha: g * alpha,
)


@op(dtypes=PROMOTE)
def sub(xp: Any, input: Array, other: Operand, alpha: Any = 1) -> Array:
    """`input - alpha * other`."""
    return input - other if alpha == 1 else input - alpha * other


sub.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, alpha: -g * alpha,
)


@op(dtypes=PROMOTE)
def mul(xp: Any, input: Array, other: Operand) -> Array:
    """`input * other`."""
    return xp.multiply(input, other)


mul.grad(
    input=lambda xp, g, other: g * other,
    other=lambda xp, g, input: g * input,
)


@op(dtypes=FLOAT)
def _true_div(xp: Any, input: Operand, other: Operand) -> Array:
    return xp.true_divide(input, other)


_true_div.grad(
    input=lambda xp, g, other: g / other,
    other=lambda xp, g, other, out: -g * out / other,
)


@op
def neg(xp: Any, input: Array) -> Array:
    """`-input`."""
    return xp.negative(input)


neg.grad(input=lambda xp, g: -g)


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
def tanh(xp: Any, input: Array) -> Array:
    """The hyperbolic tangent."""
    return xp.tanh(input)


tanh.grad(input=lambda xp, g, out: g * (1 - out * out))


@op
def clone(xp: Any, input: Array, memory_format: Any = None) -> Array:
    """A copy that gradients flow through."""
    return copy_array(input)


clone.grad(input=lambda xp, g: g)


@op(backward="ToCopyBackward0")
def _cast(xp: Any, input: Array, dtype: Any) -> Array:
    """A copy of another NumPy dtype; the engine brings the gradient back to the input's."""
    return input.astype(dtype)


_cast.grad(input=lambda xp, g: g)


@op(dtypes=PROMOTE)
def eq(xp: Any, input: Array, other: Operand) -> Array:
    """Whether the elements are equal."""
    return xp.equal(input, other)


@op(dtypes=PROMOTE)
def gt(xp: Any, input: Array, other: Operand) -> Array:
    """Whether `input` is greater."""
    return xp.greater(input, other)
