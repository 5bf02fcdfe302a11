"""Signs and rounding: the steps among the functions, whose derivative is 0 wherever they have one."""

from __future__ import annotations

import builtins
import math
from typing import Any

from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, kept
from minitorch.ops._operands import is_number, no_derivative, not_implemented
from minitorch.tensor import Tensor, copy_array


def _nothing(xp: Any, g: Any) -> Any:
    """The gradient of steps: zeros, as nothing is less than itself."""
    return kept(xp, g, g < g)


# --- signs ------------------------------------------------------------------------------------------------------------


@op
def sign(xp: Any, input: Array) -> Array:
    """-1, 0 or 1, and 0 for nan; bools stay."""
    if input.dtype.kind == "f":
        return (input > 0).astype(input.dtype) - (input < 0)
    return xp.sign(input) if input.dtype.kind != "b" else copy_array(input)


sign.grad(input=_nothing)


@op(dtypes=FLOAT)
def angle(xp: Any, input: Array) -> Array:
    """The angle of a number in the complex plane: 0, or pi for negative ones; nan for nan."""
    return xp.where(xp.isnan(input), input, (input < 0).astype(input.dtype) * math.pi)


angle.grad(input=_nothing)


def real(input: Tensor) -> Tensor:
    """The tensor itself: minitorch has no complex dtypes."""
    return input


def conj(input: Tensor) -> Tensor:
    """The tensor itself: minitorch has no complex dtypes."""
    return input


def imag(input: Tensor) -> Tensor:
    """Raises RuntimeError: minitorch has no complex dtypes."""
    return input.imag


@op
def sgn(xp: Any, input: Array) -> Array:
    """As sign: minitorch has no complex numbers."""
    return sign.kernel(xp, input)


sgn.grad(input=_nothing)


@op(dtypes=FLOAT, backward=lambda input, other: 1 if is_number(other) else 0)
def copysign(xp: Any, input: Array, other: Operand) -> Array:
    """The size of `input` with the sign of `other`."""
    return xp.copysign(input, other)


copysign.grad(
    input=lambda xp, g, input, out: g * (xp.sign(input) * xp.sign(out)),
    other=_nothing,
)


# --- rounding ---------------------------------------------------------------------------------------------------------


@op
def floor(xp: Any, input: Array) -> Array:
    """The largest integer that is not greater."""
    not_implemented("floor_vml_cpu", input, kinds="b")
    return xp.floor(input) if input.dtype.kind == "f" else copy_array(input)


floor.grad(input=_nothing)


@op
def ceil(xp: Any, input: Array) -> Array:
    """The smallest integer that is not less."""
    not_implemented("ceil_vml_cpu", input, kinds="b")
    return xp.ceil(input) if input.dtype.kind == "f" else copy_array(input)


ceil.grad(input=_nothing)


@op
def trunc(xp: Any, input: Array) -> Array:
    """The integer next to `input` towards zero."""
    not_implemented("trunc_vml_cpu", input, kinds="b")
    return xp.trunc(input) if input.dtype.kind == "f" else copy_array(input)


trunc.grad(input=_nothing)


@op(backward=lambda input, decimals: 0 if decimals is None else 1)
def round(xp: Any, input: Array, decimals: int | None = None) -> Array:
    """The nearest number with `decimals` decimals; halves go to the even one."""
    not_implemented("round_vml_cpu", input, kinds="b")
    if decimals is not None:
        not_implemented("round_cpu", input, kinds="iu")
    if decimals:
        if input.dtype.name == "float16":  # the scaled number would lose the digits that are asked for
            return round.kernel(xp, input.astype("float32"), decimals).astype("float16")
        scale = 10.0 ** builtins.abs(decimals)
        return xp.rint(input * scale) / scale if decimals > 0 else xp.rint(input / scale) * scale
    return xp.rint(input) if input.dtype.kind == "f" else copy_array(input)


round.grad(input=_nothing)


@op
def frac(xp: Any, input: Array) -> Array:
    """What follows the decimal point, with the sign of `input`."""
    not_implemented("frac_cpu", input, kinds="iub")
    return input - xp.trunc(input)


frac.grad(input=lambda xp, g: g)


@op(backward="NotImplemented")
def heaviside(xp: Any, input: Array, values: Array) -> Array:
    """0 below 0, 1 above, and `values` at 0; raises RuntimeError for two dtypes."""
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return xp.where(input == 0, values, (input > 0).astype(input.dtype))


heaviside.grad(input=no_derivative("heaviside"), values=no_derivative("heaviside"))


@op(dtypes=PROMOTE)
def nextafter(xp: Any, input: Array, other: Array) -> Array:
    """The next floating point number after `input` in the direction of `other`."""
    not_implemented("nextafter_cpu", input, kinds="iub")
    return xp.nextafter(input, other)


nextafter.grad(input=lambda xp, g, input, other: kept(xp, g, input != other), other=_nothing)


# --- in place ---------------------------------------------------------------------------------------------------------

ceil_ = in_place(ceil)
floor_ = in_place(floor)
frac_ = in_place(frac)
round_ = in_place(round)
trunc_ = in_place(trunc)
fix_ = trunc_
