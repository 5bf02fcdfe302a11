"""Comparisons, logic, and what kind of number an element is."""

from __future__ import annotations

import builtins
import math
from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array, Operand, is_array
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import device_error, type_name
from minitorch.ops._operands import operator
from minitorch.tensor import Tensor, wrap


@op(dtypes=PROMOTE)
def eq(xp: Any, input: Array, other: Operand) -> Array:
    """Whether the elements are equal."""
    return xp.equal(input, other)


_equal = operator(eq)


def equality(self: Tensor, other: Any) -> Any:
    """`self == other`, which alone of the comparisons takes NumPy arrays, too."""
    return _equal(self, wrap(other) if is_array(other) and other.ndim and other.dtype.kind in "biuf" else other)


@op(dtypes=PROMOTE)
def ne(xp: Any, input: Array, other: Operand) -> Array:
    """Whether the elements differ."""
    return xp.not_equal(input, other)


@op(dtypes=PROMOTE)
def lt(xp: Any, input: Array, other: Operand) -> Array:
    """Whether `input` is less."""
    return xp.less(input, other)


@op(dtypes=PROMOTE)
def le(xp: Any, input: Array, other: Operand) -> Array:
    """Whether `input` is less or equal."""
    return xp.less_equal(input, other)


@op(dtypes=PROMOTE)
def gt(xp: Any, input: Array, other: Operand) -> Array:
    """Whether `input` is greater."""
    return xp.greater(input, other)


@op(dtypes=PROMOTE)
def ge(xp: Any, input: Array, other: Operand) -> Array:
    """Whether `input` is greater or equal."""
    return xp.greater_equal(input, other)


@op
def logical_and(xp: Any, input: Array, other: Array) -> Array:
    """Whether both are not zero."""
    return xp.logical_and(input, other)


@op
def logical_or(xp: Any, input: Array, other: Array) -> Array:
    """Whether one or both are not zero."""
    return xp.logical_or(input, other)


@op
def logical_xor(xp: Any, input: Array, other: Array) -> Array:
    """Whether one of the two is not zero."""
    return xp.logical_xor(input, other)


@op
def logical_not(xp: Any, input: Array) -> Array:
    """Whether an element is zero."""
    return xp.logical_not(input)


@op
def isnan(xp: Any, input: Array) -> Array:
    """Whether an element is nan."""
    return xp.isnan(input)


@op
def isinf(xp: Any, input: Array) -> Array:
    """Whether an element is infinite."""
    return xp.isinf(input)


@op
def isfinite(xp: Any, input: Array) -> Array:
    """Whether an element is neither infinite nor nan."""
    return xp.isfinite(input)


@op
def isposinf(xp: Any, input: Array) -> Array:
    """Whether an element is plus infinity."""
    return input == math.inf


@op
def isneginf(xp: Any, input: Array) -> Array:
    """Whether an element is minus infinity."""
    return input == -math.inf


@op
def isreal(xp: Any, input: Array) -> Array:
    """Whether an element is real: all are."""
    return xp.ones(input.shape, bool)


@op
def signbit(xp: Any, input: Array) -> Array:
    """Whether an element is negative; -0.0 counts as such."""
    return xp.signbit(input) if input.dtype.kind == "f" else input < 0


@op
def isclose(
    xp: Any, input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Whether `|input - other| <= atol + rtol * |other|`; raises RuntimeError for two dtypes."""
    if input.dtype != other.dtype:
        names = [from_numpy_dtype(each.dtype).legacy_name for each in (input, other)]
        raise RuntimeError(f"{names[0]} did not match {names[1]}: cast one of the two")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    close = input == other
    if input.dtype.kind == "f":
        if equal_nan:
            close = close | (xp.isnan(input) & xp.isnan(other))
        difference = xp.absolute(input - other)
        return close | (xp.isfinite(difference) & (difference <= atol + rtol * xp.absolute(other)))
    wide = other.astype("float64")
    return close | (xp.absolute(input.astype("float64") - wide) <= atol + rtol * xp.absolute(wide))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> builtins.bool:
    """Whether all elements are close; see isclose."""
    return builtins.bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape and the same elements."""
    for position, each in ((1, input), (2, other)):
        if not isinstance(each, Tensor):
            raise TypeError(
                f"equal(): argument '{'input' if position == 1 else 'other'}' (position {position}) must be Tensor, "
                f"not {type_name(each)}"
            )
    a, b = input._array, other._array
    if a.__class__ is not b.__class__:
        raise device_error(input.device, other.device)
    return a.shape == b.shape and builtins.bool((a == b).all())
