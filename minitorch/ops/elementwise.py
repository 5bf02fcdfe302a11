"""Elementwise arithmetic, functions, comparisons: every element of a result depends on one element of each operand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import check_writable, write
from minitorch.backend import Array, Operand, array_module, device_of, is_array, to_device
from minitorch.dtypes import NP_BOOL, from_numpy_dtype, result_dtype
from minitorch.tensor import Tensor, copy_array, wrap


_LEFT_OUT: Any = object()
"""The default of an argument for which None means something else."""


def operator(operation: Callable[..., Any], *, reflected: bool = False) -> Callable[..., Any]:
    """The operator of a binary operation: for an operand that is no number and no tensor, Python asks that one."""

    def method(self: Tensor, other: Any) -> Any:
        try:
            return operation(other, self) if reflected else operation(self, other)
        except TypeError:
            if isinstance(other, (Tensor, int, float)):
                raise
            return NotImplemented

    method.__name__ = method.__qualname__ = operation.__name__
    method.__doc__ = operation.__doc__
    return method


def _not_implemented(name: str, *operands: Operand, kinds: str) -> None:
    """Raises torch's error when an operand's dtype is of one of `kinds`, NumPy's letters."""
    for operand in operands:
        if hasattr(operand, "dtype") and operand.dtype.kind in kinds:
            raise NotImplementedError(
                f"\"{name}\" not implemented for '{from_numpy_dtype(operand.dtype).legacy_name}': cast the input first"
            )


def _is_number(value: Any) -> bool:
    """Whether an operand was given as a number and not as a tensor."""
    return not is_array(value)


def _no_derivative(name: str) -> Callable[..., Any]:
    """The rule of an operation that torch records, but cannot differentiate."""

    def rule(xp: Any, g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


# --- arithmetic -------------------------------------------------------------------------------------------------------


def _scaled(operand: Operand, alpha: Any, like: Operand) -> Operand:
    """`alpha * operand` in the dtype of the result; raises for an alpha of a higher category than that."""
    array = operand if is_array(operand) else like
    kind = array.dtype.kind
    if isinstance(alpha, bool):
        if kind != "b":
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
    elif isinstance(alpha, float) and kind != "f":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return operand * (bool(alpha) if kind == "b" else alpha)


@op(dtypes=PROMOTE)
def add(xp: Any, input: Operand, other: Operand, alpha: Any = 1) -> Array:
    """`input + alpha * other`."""
    return input + other if alpha.__class__ is int and alpha == 1 else input + _scaled(other, alpha, input)


add.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, alpha: g if alpha == 1 else g * alpha,
)


@op(dtypes=PROMOTE)
def _sub(xp: Any, input: Operand, other: Operand, alpha: Any = 1) -> Array:
    """`input - alpha * other`."""
    return input - other if alpha.__class__ is int and alpha == 1 else input - _scaled(other, alpha, input)


_sub.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, alpha: -g if alpha == 1 else g * -alpha,
)


@op(dtypes=PROMOTE, backward=lambda input, other, alpha: 1 if _is_number(other) else 0)
def _rsub(xp: Any, input: Array, other: Operand, alpha: Any = 1) -> Array:
    """`other - alpha * input`."""
    return other - input if alpha.__class__ is int and alpha == 1 else other - _scaled(input, alpha, input)


_rsub.grad(
    input=lambda xp, g, alpha: -g if alpha == 1 else g * -alpha,
    other=lambda xp, g: g,
)


def _is_bool(value: Any) -> bool:
    return value.__class__ is bool if not isinstance(value, Tensor) else value._array.dtype.kind == "b"


def _check_no_bool(input: Any, other: Any) -> None:
    if _is_bool(input) and _is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if _is_bool(input) or _is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """`input - alpha * other`; raises RuntimeError for bools."""
    _check_no_bool(input, other)
    result: Tensor = _sub(input, other) if alpha == 1 and out is None else _sub(input, other, alpha, out=out)
    return result


def rsub(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """`other - alpha * input`; raises RuntimeError for bools."""
    _check_no_bool(input, other)
    result: Tensor = _rsub(input, other) if alpha == 1 else _rsub(input, other, alpha)
    return result


@op(dtypes=PROMOTE)
def mul(xp: Any, input: Operand, other: Operand) -> Array:
    """`input * other`."""
    return xp.multiply(input, other)


mul.grad(
    input=lambda xp, g, other: g * other,
    other=lambda xp, g, input: g * input,
)


@op(dtypes=FLOAT)
def _div(xp: Any, input: Operand, other: Operand) -> Array:
    """`input / other`; of integers it is a float."""
    return xp.true_divide(input, other)


_div.grad(
    input=lambda xp, g, other: g / other,
    other=lambda xp, g, other, out: -g * out / other,
)


def _check_zero(xp: Any, divisor: Operand) -> None:
    """Integers have no infinity: dividing them by zero raises."""
    if xp.asarray(divisor).dtype.kind != "f" and not xp.all(divisor):
        raise RuntimeError("ZeroDivisionError: integers were divided by zero; convert them to floats to get inf")


def _floor_quotient(xp: Any, input: Operand, other: Operand) -> Array:
    _not_implemented("div_floor_cpu", input, other, kinds="b")
    _check_zero(xp, other)
    return xp.floor_divide(input, other)


@op(dtypes=PROMOTE, backward="DivBackward2")
def _div_floor(xp: Any, input: Operand, other: Operand) -> Array:
    """The quotient rounded down; flat, so no gradient flows."""
    return _floor_quotient(xp, input, other)


_div_floor.grad(input=lambda xp, g: g * 0, other=lambda xp, g: g * 0)


@op(dtypes=PROMOTE, backward="DivBackward2")
def _div_trunc(xp: Any, input: Operand, other: Operand) -> Array:
    """The quotient rounded towards zero; flat, so no gradient flows."""
    _not_implemented("div_trunc_cpu", input, other, kinds="b")
    if xp.result_type(input, other).kind == "f":
        return xp.trunc(xp.true_divide(input, other))
    _check_zero(xp, other)
    return (input - xp.fmod(input, other)) // other


_div_trunc.grad(input=lambda xp, g: g * 0, other=lambda xp, g: g * 0)

_DIVISIONS = {None: _div, "floor": _div_floor, "trunc": _div_trunc}


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Tensor | None = None) -> Tensor:
    """`input / other`, exact, or rounded down ("floor") or towards zero ("trunc")."""
    if rounding_mode not in _DIVISIONS:
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    operation = _DIVISIONS[rounding_mode]
    result: Tensor = operation(input, other) if out is None else operation(input, other, out=out)
    return result


def true_divide(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """`input / other`."""
    return div(input, other, out=out)


def rdiv(self: Tensor, other: Any) -> Tensor:
    """`other / self`."""
    result: Tensor = reciprocal(self) * other
    return result


@op(dtypes=PROMOTE, backward="NotImplemented")
def floor_divide(xp: Any, input: Operand, other: Operand) -> Array:
    """The quotient rounded down, as Python's `//`; raises RuntimeError for an integer divided by zero."""
    return _floor_quotient(xp, input, other)


floor_divide.grad(input=_no_derivative("floor_divide"), other=_no_derivative("floor_divide"))


@op(dtypes=PROMOTE, backward=lambda input, other: 0 if _is_number(other) else 1)
def _remainder(xp: Any, input: Operand, other: Operand) -> Array:
    _not_implemented("remainder_cpu", input, other, kinds="b")
    _check_zero(xp, other)
    return xp.remainder(input, other)


_remainder.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, input, other: -g * _div_floor.on(xp)(input, other),
)


@op(dtypes=PROMOTE, backward="NotImplemented")
def _remainder_of_number(xp: Any, input: Operand, other: Array) -> Array:
    return _remainder.kernel(xp, input, other)


_remainder_of_number.grad(other=_no_derivative("remainder"))


def remainder(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """What is left of `input` after division, with the sign of the divisor, as Python's `%`."""
    operation = _remainder if isinstance(input, Tensor) else _remainder_of_number
    result: Tensor = operation(input, other) if out is None else operation(input, other, out=out)
    return result


@op(dtypes=PROMOTE, backward=lambda input, other: 0 if _is_number(other) else 1)
def fmod(xp: Any, input: Array, other: Operand) -> Array:
    """What is left of `input` after division, with the sign of `input`, as C's fmod."""
    _not_implemented("fmod_cpu", input, kinds="b")
    _check_zero(xp, other)
    return xp.fmod(input, other)


fmod.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, input, other: -g * _div_trunc.on(xp)(input, other),
)


@op
def neg(xp: Any, input: Array) -> Array:
    """`-input`; raises RuntimeError for bools."""
    if input.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return xp.negative(input)


neg.grad(input=lambda xp, g: -g)


def positive(input: Tensor) -> Tensor:
    """The tensor itself; raises RuntimeError for bools."""
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@op
def abs(xp: Any, input: Array) -> Array:
    """The absolute value; its gradient at 0 is 0."""
    _not_implemented("abs_cpu", input, kinds="b")
    return xp.absolute(input)


abs.grad(input=lambda xp, g, input: g * xp.sign(input))


@op
def sign(xp: Any, input: Array) -> Array:
    """-1, 0 or 1; bools stay."""
    return xp.sign(input) if input.dtype.kind != "b" else input.copy()


sign.grad(input=lambda xp, g: g * 0)


@op(dtypes=FLOAT)
def reciprocal(xp: Any, input: Array) -> Array:
    """`1 / input`."""
    return xp.reciprocal(input)


reciprocal.grad(input=lambda xp, g, out: -g * out * out)


# --- powers -----------------------------------------------------------------------------------------------------------

# The powers with a cheaper form than a call of the general one for every element.
_SHORT_POWERS: dict[Any, Callable[[Any, Array], Array]] = {
    2: lambda xp, input: xp.square(input),
    3: lambda xp, input: input * input * input,
    0.5: lambda xp, input: xp.sqrt(input),
    1: lambda xp, input: xp.positive(input),
    -1: lambda xp, input: xp.reciprocal(input),
    -2: lambda xp, input: xp.reciprocal(xp.square(input)),
}


def _integer_power(xp: Any, input: Operand, exponent: Operand) -> Array:
    """Integer powers; a negative one rounds to 0, but for the bases 1 and -1."""
    if _is_number(exponent):
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return xp.power(input, exponent)
    magnitude = xp.power(input, xp.maximum(exponent, 0))
    unit = xp.where(exponent % 2 == 0, input * input, input) * (xp.absolute(input) == 1)
    return xp.where(exponent < 0, unit, magnitude)


@op(
    dtypes=PROMOTE,
    backward=lambda input, exponent: 0 if _is_number(exponent) else 2 if _is_number(input) else 1,
)
def pow(xp: Any, input: Operand, exponent: Operand) -> Array:
    """`input ** exponent`; either may be a number. Raises RuntimeError for integers to a negative number."""
    if exponent.__class__ is int or exponent.__class__ is float:
        short = _SHORT_POWERS.get(exponent)
        return xp.power(input, exponent) if short is None else short(xp, input)
    kind = (input if is_array(input) else exponent).dtype.kind
    if kind == "f":
        return xp.power(input, exponent)
    if kind == "b":
        _not_implemented("pow", input, exponent, kinds="b")
    return _integer_power(xp, input, exponent)


def _pow_input(xp: Any, g: Any, input: Any, exponent: Any) -> Any:
    """n x^(n-1), and 0 for n = 0 also at x = 0."""
    power = pow.on(xp)
    if isinstance(exponent, (int, float)):
        if exponent == 0:
            return g * 0
        return g * (2 * input if exponent == 2 else exponent * power(input, exponent - 1))
    return xp.where(exponent == 0, 0, g * (exponent * power(input, exponent - 1)))


def _pow_exponent(xp: Any, g: Any, input: Any, exponent: Any, out: Any) -> Any:
    """x^n log x, and 0 at x = 0 for n >= 0."""
    if isinstance(input, (int, float)):
        if input == 0:
            return xp.where(exponent >= 0, 0, g * (out * -math.inf))
        return g * (out * (math.log(input) if input > 0 else math.nan))
    return xp.where((input == 0) & (exponent >= 0), 0, g * (out * xp.log(input)))


pow.grad(input=_pow_input, exponent=_pow_exponent)


def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input ** 2`."""
    result: Tensor = pow(input, 2) if out is None else pow(input, 2, out=out)
    return result


@op(dtypes=FLOAT)
def sqrt(xp: Any, input: Array) -> Array:
    """The square root; nan below 0."""
    return xp.sqrt(input)


sqrt.grad(input=lambda xp, g, out: g / (2 * out))


@op(dtypes=FLOAT)
def rsqrt(xp: Any, input: Array) -> Array:
    """`1 / sqrt(input)`."""
    return xp.reciprocal(xp.sqrt(input))


rsqrt.grad(input=lambda xp, g, out: -0.5 * g * out * out * out)


# --- exponentials and logarithms --------------------------------------------------------------------------------------


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


@op(dtypes=FLOAT)
def sigmoid(xp: Any, input: Array) -> Array:
    """`1 / (1 + exp(-input))`."""
    out = xp.exp(-input)
    out += 1
    return xp.reciprocal(out)


sigmoid.grad(input=lambda xp, g, out: g * (out * (1 - out)))


# --- bounds -----------------------------------------------------------------------------------------------------------


def _bounded(xp: Any, input: Array, min: Operand | None, max: Operand | None) -> Array:
    if min is not None:
        input = xp.maximum(input, min)
    return input if max is None else xp.minimum(input, max)


@op(dtypes=PROMOTE, backward=lambda input, min, max: 1 if _is_number(min) and _is_number(max) else 0)
def clamp(xp: Any, input: Array, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Every element moved up to `min` and then down to `max`, where given: both numbers, or both tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if min is not None and max is not None and is_array(min) != is_array(max):
        raise TypeError("clamp() received an invalid combination of arguments: min and max must both be Tensors or numbers")
    return _bounded(xp, input, min, max)


def _clamp_input(xp: Any, g: Any, input: Any, min: Any, max: Any) -> Any:
    inside = None if min is None else input >= min
    if max is not None:
        inside = input <= max if inside is None else inside & (input <= max)
    return g * inside


clamp.grad(
    input=_clamp_input,
    min=lambda xp, g, input, min, max: g * (input < min if max is None else (input < min) & (min < max)),
    max=lambda xp, g, input, min, max: g * (input > max if min is None else (input > max) | (max < min)),
)


@op(dtypes=PROMOTE, backward=lambda input, min: 0 if _is_number(min) else 1)
def clamp_min(xp: Any, input: Array, min: Operand) -> Array:
    """Every element moved up to `min`, a number or a tensor."""
    return xp.maximum(input, min)


clamp_min.grad(
    input=lambda xp, g, input, min: g * (input >= min),
    min=lambda xp, g, input, min: g * (input < min),
)


@op(dtypes=PROMOTE, backward=lambda input, max: 0 if _is_number(max) else 1)
def clamp_max(xp: Any, input: Array, max: Operand) -> Array:
    """Every element moved down to `max`, a number or a tensor."""
    return xp.minimum(input, max)


clamp_max.grad(
    input=lambda xp, g, input, max: g * (input <= max),
    max=lambda xp, g, input, max: g * (input > max),
)


@op(dtypes=PROMOTE)
def maximum(xp: Any, input: Array, other: Array) -> Array:
    """The larger of two elements, nan if either is; equal ones share the gradient."""
    return xp.maximum(input, other)


maximum.grad(
    input=lambda xp, g, input, other: _share(g, input < other, input <= other),
    other=lambda xp, g, input, other: _share(g, other < input, other <= input),
)


@op(dtypes=PROMOTE)
def minimum(xp: Any, input: Array, other: Array) -> Array:
    """The smaller of two elements, nan if either is; equal ones share the gradient."""
    return xp.minimum(input, other)


minimum.grad(
    input=lambda xp, g, input, other: _share(g, input > other, input >= other),
    other=lambda xp, g, input, other: _share(g, other > input, other >= input),
)


def _share(g: Any, lost: Any, lost_or_tied: Any) -> Any:
    """The gradient of the element that won; half of it on a tie."""
    half = 0.5 * g
    return half * ~lost + half * ~lost_or_tied


@op
def _where(xp: Any, condition: Array, input: Operand, other: Operand) -> Array:
    common = result_dtype((input, other))
    return xp.where(condition, xp.asarray(input, dtype=common), xp.asarray(other, dtype=common))


_where.grad(
    input=lambda xp, g, condition: xp.where(condition, g, 0),
    other=lambda xp, g, condition: xp.where(condition, 0, g),
)


def where(condition: Tensor, input: Any = _LEFT_OUT, other: Any = _LEFT_OUT, *, out: Tensor | None = None) -> Any:
    """`input` where `condition` holds, else `other`; with the condition alone, the indices where it holds, by dimension.

    Raises RuntimeError for a condition that is not of bools, TypeError for only one of the two values.
    """
    if not isinstance(condition, Tensor):
        raise TypeError(f"where(): argument 'condition' (position 1) must be Tensor, not {type(condition).__name__}")
    if input is _LEFT_OUT and other is _LEFT_OUT:
        array = condition._array
        return tuple(wrap(index) for index in array_module(array).atleast_1d(array).nonzero())
    if input is _LEFT_OUT or other is _LEFT_OUT:
        raise TypeError("where() received an invalid combination of arguments: give both input and other, or neither")
    kind = condition._array.dtype
    if kind != NP_BOOL:
        if kind.name != "uint8":
            raise RuntimeError(
                f"where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{condition.dtype.legacy_name}"
            )
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated: use a boolean condition instead.",
            UserWarning,
            stacklevel=2,
        )
    return _where(condition, input, other) if out is None else _where(condition, input, other, out=out)


def where_method(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The tensor's own elements where `condition` holds, else those of `other`."""
    result: Tensor = where(condition, self, other)
    return result


# --- comparison and logic ---------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE)
def eq(xp: Any, input: Array, other: Operand) -> Array:
    """Whether the elements are equal."""
    return xp.equal(input, other)


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


# --- copies and casts -------------------------------------------------------------------------------------------------


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


@op(backward=lambda input, value: 0 if _is_number(value) else 1)
def fill(xp: Any, input: Array, value: Operand) -> Array:
    """A tensor like `input` with `value`, a number or a 0-d tensor, everywhere."""
    return _filled(xp, input, value)


@op(backward=lambda input, value: 2 if _is_number(value) else 3)
def _fill_(xp: Any, input: Array, value: Operand) -> Array:
    return _filled(xp, input, value)


def _filled(xp: Any, input: Array, value: Operand) -> Array:
    if is_array(value) and value.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
        )
    return xp.full(input.shape, value, input.dtype)


fill.grad(input=lambda xp, g: g * 0, value=lambda xp, g: g)
_fill_.grad(input=lambda xp, g: g * 0, value=lambda xp, g: g)


def fill_(self: Tensor, value: Any) -> Tensor:
    """Sets every element to `value`, a number or a 0-d tensor."""
    check_writable(self)
    return write(self, _fill_(self, value), "fill_")


@op
def _zero_(xp: Any, input: Array) -> Array:
    return xp.zeros(input.shape, input.dtype)


_zero_.grad(input=lambda xp, g: g * 0)


def zero_(self: Tensor) -> Tensor:
    """Sets every element to 0."""
    check_writable(self)
    return write(self, _zero_(self), "zero_")


@op(backward="CopyBackwards")
def _copy(xp: Any, input: Array, src: Operand) -> Array:
    if is_array(src):
        return xp.broadcast_to(to_device(src, device_of(input)), input.shape).astype(input.dtype)
    return xp.full(input.shape, src, input.dtype)


_copy.grad(input=lambda xp, g: g * 0, src=lambda xp, g: g)


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Takes over the elements of `src`, broadcast and cast; gradients flow to `src`."""
    check_writable(self)
    return write(self, _copy(self, src), "copy_")
