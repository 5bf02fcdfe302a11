"""Trigonometric and hyperbolic functions, their inverses, and angles in degrees."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array
from minitorch.fused import fused
from minitorch.ops._operands import not_implemented


@op(dtypes=FLOAT)
def sin(xp: Any, input: Array) -> Array:
    """The sine of radians."""
    return xp.sin(input)


sin.grad(input=lambda xp, g, input: g * xp.cos(input))


@op(dtypes=FLOAT)
def cos(xp: Any, input: Array) -> Array:
    """The cosine of radians."""
    return xp.cos(input)


cos.grad(input=lambda xp, g, input: -g * xp.sin(input))


@op(dtypes=FLOAT)
def tan(xp: Any, input: Array) -> Array:
    """The tangent of radians."""
    return xp.tan(input)


tan.grad(input=lambda xp, g, out: g * (1 + out * out))


@op(dtypes=FLOAT)
def asin(xp: Any, input: Array) -> Array:
    """The angle in [-pi/2, pi/2] with this sine; nan outside [-1, 1]."""
    return xp.arcsin(input)


asin.grad(input=lambda xp, g, input: g / xp.sqrt(1 - input * input))


@op(dtypes=FLOAT)
def acos(xp: Any, input: Array) -> Array:
    """The angle in [0, pi] with this cosine; nan outside [-1, 1]."""
    return xp.arccos(input)


acos.grad(input=lambda xp, g, input: -g / xp.sqrt(1 - input * input))


@op(dtypes=FLOAT)
def atan(xp: Any, input: Array) -> Array:
    """The angle in (-pi/2, pi/2) with this tangent."""
    return xp.arctan(input)


atan.grad(input=lambda xp, g, input: g / (1 + input * input))


@op(dtypes=FLOAT)
def atan2(xp: Any, input: Array, other: Array) -> Array:
    """The angle of the point (x=other, y=input)."""
    return xp.arctan2(input, other)


atan2.grad(
    input=lambda xp, g, input, other: _off_origin(xp, input, other, g * (other / (input * input + other * other))),
    other=lambda xp, g, input, other: _off_origin(xp, input, other, g * (-input / (input * input + other * other))),
)


def _off_origin(xp: Any, input: Any, other: Any, g: Any) -> Any:
    return xp.where((input == 0) & (other == 0), 0, g)


@op(dtypes=FLOAT)
def sinh(xp: Any, input: Array) -> Array:
    """The hyperbolic sine."""
    return xp.sinh(input)


sinh.grad(input=lambda xp, g, input: g * xp.cosh(input))


@op(dtypes=FLOAT)
def cosh(xp: Any, input: Array) -> Array:
    """The hyperbolic cosine."""
    return xp.cosh(input)


cosh.grad(input=lambda xp, g, input: g * xp.sinh(input))


@op(dtypes=FLOAT)
def tanh(xp: Any, input: Array) -> Array:
    """The hyperbolic tangent."""
    return xp.tanh(input)


tanh.grad(
    input=fused("T g, T out", "T slope", "real t = out; slope = real(g) * (1 - t * t)")(
        lambda xp, g, out: g * (1 - out * out)
    )
)


@op(dtypes=FLOAT)
def asinh(xp: Any, input: Array) -> Array:
    """The inverse of sinh."""
    return xp.arcsinh(input)


asinh.grad(input=lambda xp, g, input: g / xp.sqrt(input * input + 1))


@op(dtypes=FLOAT)
def acosh(xp: Any, input: Array) -> Array:
    """The inverse of cosh; nan below 1."""
    return xp.arccosh(input)


acosh.grad(input=lambda xp, g, input: g / xp.sqrt(input * input - 1))


@op(dtypes=FLOAT)
def atanh(xp: Any, input: Array) -> Array:
    """The inverse of tanh; infinite at -1 and 1, nan beyond."""
    return xp.arctanh(input)


atanh.grad(input=lambda xp, g, input: g / (1 - input * input))


@op(dtypes=PROMOTE)
def hypot(xp: Any, input: Array, other: Array) -> Array:
    """`sqrt(input**2 + other**2)` without overflow."""
    not_implemented("hypot_cpu", input, kinds="iub")
    return xp.hypot(input, other)


hypot.grad(
    input=lambda xp, g, input, out: g * (input / out),
    other=lambda xp, g, other, out: g * (other / out),
)


@op(dtypes=FLOAT, backward="Deg2RadBackward0")
def deg2rad(xp: Any, input: Array) -> Array:
    """Degrees to radians."""
    return input * (math.pi / 180)


deg2rad.grad(input=lambda xp, g: g * (math.pi / 180))


@op(dtypes=FLOAT, backward="Rad2DegBackward0")
def rad2deg(xp: Any, input: Array) -> Array:
    """Radians to degrees."""
    return input * (180 / math.pi)


rad2deg.grad(input=lambda xp, g: g * (180 / math.pi))


@op(dtypes=FLOAT)
def sinc(xp: Any, input: Array) -> Array:
    """`sin(pi x) / (pi x)`, and 1 at 0."""
    angle = math.pi * input
    return xp.where(input == 0, xp.ones_like(angle), xp.sin(angle) / angle)


def _sinc_input(xp: Any, g: Any, input: Any) -> Any:
    angle = math.pi * input
    slope = (angle * xp.cos(angle) - xp.sin(angle)) / (angle * input)
    return xp.where(input == 0, 0, g * slope)


sinc.grad(input=_sinc_input)


# --- in place ---------------------------------------------------------------------------------------------------------

acos_ = in_place(acos)
acosh_ = in_place(acosh)
asin_ = in_place(asin)
asinh_ = in_place(asinh)
atan_ = in_place(atan)
atanh_ = in_place(atanh)
cos_ = in_place(cos)
cosh_ = in_place(cosh)
deg2rad_ = in_place(deg2rad)
rad2deg_ = in_place(rad2deg)
sin_ = in_place(sin)
sinc_ = in_place(sinc)
sinh_ = in_place(sinh)
tan_ = in_place(tan)
tanh_ = in_place(tanh)
arccos_ = acos_
arccosh_ = acosh_
arcsin_ = asin_
arcsinh_ = asinh_
arctan_ = atan_
arctanh_ = atanh_
