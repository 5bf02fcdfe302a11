"""Elementwise arithmetic, functions, comparisons: every element of a result depends on one element of each operand."""

from __future__ import annotations

import builtins
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minitorch import array_special
from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import check_writable, in_place, write
from minitorch.backend import Array, Operand, array_module, device_of, is_array, to_device
from minitorch.dtypes import NP_BOOL, can_cast, from_numpy_dtype, result_dtype
from minitorch.errors import device_error, type_name
from minitorch.fused import fused
from minitorch.tensor import Tensor, copy_array, wrap

_LOG_2, _LOG_10 = math.log(2), math.log(10)
_ERF_SLOPE = 2 / math.sqrt(math.pi)

_LEFT_OUT: Any = object()
"""The default of an argument for which None means something else."""


def operator(operation: Callable[..., Any], *, reflected: bool = False) -> Callable[..., Any]:
    """The operator of a binary operation: for an operand that is no number and no tensor, Python asks that one."""

    of_two = getattr(operation, "of_two", operation)

    def method(self: Tensor, other: Any) -> Any:
        try:
            return of_two(other, self) if reflected else of_two(self, other)
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


def fitting(xp: Any, value: Any, dtype: Any) -> Any:
    """A number in an integer dtype; raises RuntimeError when it lies outside. Negative ints wrap around in uint8."""
    limits = xp.iinfo(dtype)
    low = -limits.max if dtype.kind == "u" and isinstance(value, int) else limits.min
    if not low <= value <= limits.max:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow: {value}")
    return xp.asarray(int(value)).astype(dtype)


def _scaled(operand: Operand, alpha: Any, like: Operand) -> Operand:
    """`alpha * operand` in the dtype of the result; raises for an alpha of a higher category than that."""
    array = operand if is_array(operand) else like
    dtype = array.dtype
    kind = dtype.kind
    if isinstance(alpha, bool):
        if kind != "b":
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
    elif isinstance(alpha, float) and kind != "f":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return operand * (
        alpha if kind == "f" else bool(alpha) if kind == "b" else fitting(array_module(array), alpha, dtype)
    )


@op(dtypes=PROMOTE, weighted=True)
def add(xp: Any, input: Operand, other: Operand, alpha: Any = 1) -> Array:
    """`input + alpha * other`."""
    return input + other if alpha.__class__ is int and alpha == 1 else input + _scaled(other, alpha, input)


add.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, alpha: g if alpha == 1 else g * alpha,
)


@op(dtypes=PROMOTE, weighted=True)
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


def sub(input: Any, other: Any, *late: Any, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """`input - alpha * other`; raises RuntimeError for bools. Takes the deprecated order (input, alpha, other), too."""
    _check_no_bool(input, other)
    if late:
        weighted: Tensor = _sub(input, other, *late, **({} if out is None else {"out": out}))
        return weighted
    result: Tensor = (
        _sub(input, other)
        if alpha.__class__ is int and alpha == 1 and out is None
        else _sub(input, other, alpha, out=out)
    )
    return result


def rsub(input: Tensor, other: Any, alpha: Any = 1) -> Tensor:
    """`other - alpha * input`; raises RuntimeError for bools."""
    _check_no_bool(input, other)
    result: Tensor = _rsub(input, other) if alpha.__class__ is int and alpha == 1 else _rsub(input, other, alpha)
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


def _check_zero(xp: Any, input: Operand, divisor: Operand) -> None:
    """Integers have no infinity: dividing them by zero raises, unless there are none."""
    if is_array(input) and not input.size:
        return
    if (input if is_array(input) else divisor).dtype.kind != "f" and not xp.asarray(divisor).all():
        raise RuntimeError("ZeroDivisionError: integers were divided by zero; convert them to floats to get inf")


def _floor_quotient(xp: Any, input: Operand, other: Operand) -> Array:
    _not_implemented("div_floor_cpu", input, other, kinds="b")
    _check_zero(xp, input, other)
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
    _check_zero(xp, input, other)
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
    _check_zero(xp, input, other)
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
    _check_zero(xp, input, other)
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
    """-1, 0 or 1, and 0 for nan; bools stay."""
    if input.dtype.kind == "f":
        return (input > 0).astype(input.dtype) - (input < 0)
    return xp.sign(input) if input.dtype.kind != "b" else input.copy()


sign.grad(input=lambda xp, g: g * 0)


@op(dtypes=FLOAT)
def angle(xp: Any, input: Array) -> Array:
    """The angle of a number in the complex plane: 0, or pi for negative ones; nan for nan."""
    return xp.where(xp.isnan(input), input, (input < 0).astype(input.dtype) * math.pi)


angle.grad(input=lambda xp, g: g * 0)


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


sgn.grad(input=lambda xp, g: g * 0)


@op(dtypes=FLOAT, backward=lambda input, other: 1 if _is_number(other) else 0)
def copysign(xp: Any, input: Array, other: Operand) -> Array:
    """The size of `input` with the sign of `other`."""
    return xp.copysign(input, other)


copysign.grad(
    input=lambda xp, g, input, out: g * (xp.sign(input) * xp.sign(out)),
    other=lambda xp, g: g * 0,
)


@op
def floor(xp: Any, input: Array) -> Array:
    """The largest integer that is not greater."""
    _not_implemented("floor_vml_cpu", input, kinds="b")
    return xp.floor(input) if input.dtype.kind == "f" else input.copy()


floor.grad(input=lambda xp, g: g * 0)


@op
def ceil(xp: Any, input: Array) -> Array:
    """The smallest integer that is not less."""
    _not_implemented("ceil_vml_cpu", input, kinds="b")
    return xp.ceil(input) if input.dtype.kind == "f" else input.copy()


ceil.grad(input=lambda xp, g: g * 0)


@op
def trunc(xp: Any, input: Array) -> Array:
    """The integer next to `input` towards zero."""
    _not_implemented("trunc_vml_cpu", input, kinds="b")
    return xp.trunc(input) if input.dtype.kind == "f" else input.copy()


trunc.grad(input=lambda xp, g: g * 0)


@op(backward=lambda input, decimals: 0 if decimals is None else 1)
def round(xp: Any, input: Array, decimals: int | None = None) -> Array:
    """The nearest number with `decimals` decimals; halves go to the even one."""
    _not_implemented("round_vml_cpu", input, kinds="b")
    if decimals is not None:
        _not_implemented("round_cpu", input, kinds="iu")
    if decimals:
        if input.dtype.name == "float16":  # the scaled number would lose the digits that are asked for
            return round.kernel(xp, input.astype("float32"), decimals).astype("float16")
        scale = 10.0 ** builtins.abs(decimals)
        return xp.rint(input * scale) / scale if decimals > 0 else xp.rint(input / scale) * scale
    return xp.rint(input) if input.dtype.kind == "f" else input.copy()


round.grad(input=lambda xp, g: g * 0)


@op
def frac(xp: Any, input: Array) -> Array:
    """What follows the decimal point, with the sign of `input`."""
    _not_implemented("frac_cpu", input, kinds="iub")
    return input - xp.trunc(input)


frac.grad(input=lambda xp, g: g)


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
        return xp.power(input, exponent)
    if _is_number(input):
        input = xp.asarray(input, exponent.dtype)
    magnitude = xp.power(input, xp.maximum(exponent, 0))
    unit = xp.where(exponent % 2 == 0, input * input, input) * (xp.absolute(input) == 1)
    return xp.where(exponent < 0, unit, magnitude)


@op(
    dtypes=PROMOTE,
    backward=lambda input, exponent: 0 if _is_number(exponent) else 2 if _is_number(input) else 1,
)
def _pow(xp: Any, input: Operand, exponent: Operand) -> Array:
    """`input ** exponent`."""
    if exponent.__class__ is int or exponent.__class__ is float:
        short = _SHORT_POWERS.get(exponent)
        return xp.power(input, exponent) if short is None else short(xp, input)
    kind = (input if is_array(input) else exponent).dtype.kind
    if kind == "f":
        return xp.power(input, exponent)
    if kind == "b":
        if isinstance(exponent, bool):
            return input | (not exponent)
        _not_implemented("pow", input, exponent, kinds="b")
    return _integer_power(xp, input, exponent)


def _pow_input(xp: Any, g: Any, input: Any, exponent: Any) -> Any:
    """n x^(n-1), and 0 for n = 0 also at x = 0."""
    power = _pow.on(xp)
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


_pow.grad(input=_pow_input, exponent=_pow_exponent)


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """`input ** exponent`; either may be a number. Raises RuntimeError for integers to a negative integer."""
    if exponent.__class__ is int and exponent < 0 and isinstance(input, Tensor) and input._array.dtype.kind != "f":
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    result: Tensor = _pow(input, exponent) if out is None else _pow(input, exponent, out=out)
    return result


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
    _not_implemented("logaddexp_cpu", input, kinds="iub")
    return xp.logaddexp(input, other)


logaddexp.grad(
    input=lambda xp, g, input, out: g * xp.exp(input - out),
    other=lambda xp, g, other, out: g * xp.exp(other - out),
)


@op(dtypes=PROMOTE)
def logaddexp2(xp: Any, input: Array, other: Array) -> Array:
    """`log2(2**input + 2**other)` without overflow."""
    _not_implemented("logaddexp2_cpu", input, kinds="iub")
    return xp.logaddexp2(input, other)


logaddexp2.grad(
    input=lambda xp, g, input, out: g * xp.exp2(input - out),
    other=lambda xp, g, other, out: g * xp.exp2(other - out),
)


@op(
    dtypes=FLOAT,
    backward=lambda input, other: 2 if _is_number(other) else 1 if _is_number(input) else 0,
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
    z = input if eps is None else _bounded(xp, input, eps, 1 - eps)
    return xp.log(z / (1 - z))


def _logit_input(xp: Any, g: Any, input: Any, eps: float | None) -> Any:
    low, high = (0.0, 1.0) if eps is None else (eps, 1 - eps)
    inside = (input >= low) & (input <= high)
    return xp.where(inside, g / (input * (1 - input)), math.nan if eps is None else 0.0)


logit.grad(input=_logit_input)


# --- trigonometry -----------------------------------------------------------------------------------------------------


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
    _not_implemented("hypot_cpu", input, kinds="iub")
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


# --- special functions ------------------------------------------------------------------------------------------------


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


# --- bounds -----------------------------------------------------------------------------------------------------------


def _bounded(xp: Any, input: Array, min: Operand | None, max: Operand | None) -> Array:
    for bound in (min, max):
        if input.dtype.kind == "b" and bound is not None and _is_number(bound):
            _not_implemented("clamp_scalar_cpu", input, kinds="b")
    if min is not None:
        input = xp.maximum(input, min)
    return input if max is None else xp.minimum(input, max)


@op(dtypes=PROMOTE, backward=lambda input, min, max: 1 if _is_number(min) and _is_number(max) else 0)
def clamp(xp: Any, input: Array, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Every element moved up to `min` and then down to `max`, where given: both numbers, or both tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if min is not None and max is not None and is_array(min) != is_array(max):
        raise TypeError("clamp() received an invalid combination of arguments: give two Tensors or two numbers")
    if min is not None and max is not None:
        _not_implemented("clamp_cpu", input, kinds="b")
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
    return _bounded(xp, input, min, None)


clamp_min.grad(
    input=lambda xp, g, input, min: g * (input >= min),
    min=lambda xp, g, input, min: g * (input < min),
)


@op(dtypes=PROMOTE, backward=lambda input, max: 0 if _is_number(max) else 1)
def clamp_max(xp: Any, input: Array, max: Operand) -> Array:
    """Every element moved down to `max`, a number or a tensor."""
    return _bounded(xp, input, None, max)


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


@op(dtypes=PROMOTE)
def fmax(xp: Any, input: Array, other: Array) -> Array:
    """The larger of two elements; where one is nan, the other."""
    return xp.fmax(input, other)


fmax.grad(
    input=lambda xp, g, input, other: g * ((input >= other) | (other != other)),
    other=lambda xp, g, input, other: g * ~((input >= other) | (other != other)),
)


@op(dtypes=PROMOTE)
def fmin(xp: Any, input: Array, other: Array) -> Array:
    """The smaller of two elements; where one is nan, the other."""
    return xp.fmin(input, other)


fmin.grad(
    input=lambda xp, g, input, other: g * ((input <= other) | (other != other)),
    other=lambda xp, g, input, other: g * ~((input <= other) | (other != other)),
)


def _share(g: Any, lost: Any, lost_or_tied: Any) -> Any:
    """The gradient of the element that won; half of it on a tie."""
    half = 0.5 * g
    return half * ~lost + half * ~lost_or_tied


@op
def _where(xp: Any, condition: Array, input: Operand, other: Operand) -> Array:
    common = result_dtype((input, other))
    return xp.where(condition, xp.asarray(input).astype(common), xp.asarray(other).astype(common))


_where.grad(
    input=lambda xp, g, condition: xp.where(condition, g, 0),
    other=lambda xp, g, condition: xp.where(condition, 0, g),
)


def where(condition: Any, input: Any = _LEFT_OUT, other: Any = _LEFT_OUT, *, out: Tensor | None = None) -> Any:
    """`input` where `condition` holds, else `other`; with the condition alone, the indices where it holds.

    Raises RuntimeError for a condition that is not of bools, TypeError for only one of the two values.
    """
    if not isinstance(condition, Tensor):
        raise TypeError(f"where(): argument 'condition' (position 1) must be Tensor, not {type_name(condition)}")
    if input is _LEFT_OUT and other is _LEFT_OUT:
        array = condition._array
        return tuple(wrap(index) for index in array_module(array).atleast_1d(array).nonzero())
    if input is _LEFT_OUT or other is _LEFT_OUT:
        raise TypeError("where() received an invalid combination of arguments: give both input and other, or neither")
    for each in (input, other):
        if not isinstance(each, (Tensor, int, float)):
            raise TypeError(f"where(): expected Tensors or numbers as input and other, not {type_name(each)}")
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


@op
def nan_to_num(
    xp: Any, input: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """nan replaced by `nan` (0), infinities by `posinf` and `neginf` (the largest and smallest finite numbers)."""
    if input.dtype.kind != "f":
        return input.copy()
    limits = xp.finfo(input.dtype)
    high, low = float(limits.max) if posinf is None else posinf, float(limits.min) if neginf is None else neginf
    return xp.nan_to_num(input, nan=nan or 0.0, posinf=high, neginf=low)


nan_to_num.grad(input=lambda xp, g, input: g * xp.isfinite(input))


@op(backward="NotImplemented")
def heaviside(xp: Any, input: Array, values: Array) -> Array:
    """0 below 0, 1 above, and `values` at 0; raises RuntimeError for two dtypes."""
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return xp.where(input == 0, values, (input > 0).astype(input.dtype))


heaviside.grad(input=_no_derivative("heaviside"), values=_no_derivative("heaviside"))


@op(dtypes=PROMOTE)
def nextafter(xp: Any, input: Array, other: Array) -> Array:
    """The next floating point number after `input` in the direction of `other`."""
    _not_implemented("nextafter_cpu", input, kinds="iub")
    return xp.nextafter(input, other)


nextafter.grad(input=lambda xp, g, input, other: g * (input != other), other=lambda xp, g: g * 0)


@op(dtypes=FLOAT)
def ldexp(xp: Any, input: Array, other: Array) -> Array:
    """`input * 2**other`."""
    return input * xp.exp2(other)


ldexp.grad(
    input=lambda xp, g, other: g * xp.exp2(other),
    other=lambda xp, g, out: g * (out * _LOG_2),
)


@op(dtypes=PROMOTE, backward=lambda input, end, weight: 0 if _is_number(weight) else 1)
def _lerp(xp: Any, input: Array, end: Array, weight: Operand) -> Array:
    # From the nearer end, so that both ends are met exactly.
    near = weight < 0.5
    if _is_number(weight):
        return input + weight * (end - input) if near else end - (end - input) * (1 - weight)
    return xp.where(near, input + weight * (end - input), end - (end - input) * (1 - weight))


_lerp.grad(
    input=lambda xp, g, weight: g * (1 - weight),
    end=lambda xp, g, weight: g * weight,
    weight=lambda xp, g, input, end: g * (end - input),
)


def lerp(input: Tensor, end: Tensor, weight: Any, *, out: Tensor | None = None) -> Tensor:
    """`input + weight * (end - input)`; raises RuntimeError for tensors of two dtypes."""
    for position, each in enumerate((input, end), 1):
        if not isinstance(each, Tensor):
            argument = "input" if position == 1 else "end"
            raise TypeError(
                f"lerp(): argument '{argument}' (position {position}) must be Tensor, not {type_name(each)}"
            )
    for name, each in (("end", end), ("weight", weight)):
        free = name == "weight" and isinstance(each, Tensor) and not each._array.ndim
        if isinstance(each, Tensor) and not free and each._array.dtype != input._array.dtype:
            expected, got = (_C_NAMES.get(own, own) for own in (input._array.dtype.name, each._array.dtype.name))
            raise RuntimeError(f"expected dtype {expected} for `{name}` but got dtype {got}: cast one of them")
    if isinstance(weight, Tensor) and weight._array.dtype.kind == "f" and input._array.dtype.kind in "iu":
        input, end = (_cast(each, weight._array.dtype) for each in (input, end))
    _not_implemented("lerp_kernel", input._array, kinds="iub")
    if isinstance(weight, Tensor) and weight._array.dtype != input._array.dtype:
        weight = _cast(weight, input._array.dtype)
    result: Tensor = _lerp(input, end, weight) if out is None else _lerp(input, end, weight, out=out)
    return result


_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long int", "int32": "int"}
"""The names of dtypes in those of torch's messages that come from C++."""


@op(dtypes=PROMOTE, weighted=True)
def addcmul(xp: Any, input: Array, tensor1: Array, tensor2: Array, value: Any = 1) -> Array:
    """`input + value * tensor1 * tensor2`."""
    _not_implemented("addcmul_cpu_out", input, kinds="b")
    product = tensor1 * tensor2
    if value != 1:
        product *= value if input.dtype.kind == "f" else fitting(xp, value, input.dtype)
    return input + product


addcmul.grad(
    input=lambda xp, g: g,
    tensor1=lambda xp, g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda xp, g, tensor1, value: g * (tensor1 * value),
)


@op(dtypes=PROMOTE, weighted=True)
def _addcdiv(xp: Any, input: Array, tensor1: Array, tensor2: Array, value: Any = 1) -> Array:
    return input + (tensor1 / tensor2 if value == 1 else value * tensor1 / tensor2)


_addcdiv.grad(
    input=lambda xp, g: g,
    tensor1=lambda xp, g, tensor2, value: g * (value / tensor2),
    tensor2=lambda xp, g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)),
)


def addcdiv(input: Tensor, tensor1: Any, tensor2: Any, *late: Any, value: Any = 1, out: Tensor | None = None) -> Tensor:
    """`input + value * tensor1 / tensor2`; raises RuntimeError where both of these are of integers.

    Takes the deprecated order (input, value, tensor1, tensor2), too.
    """
    divided = (tensor2, *late) if late else (tensor1, tensor2)
    if all(isinstance(each, Tensor) and each._array.dtype.kind != "f" for each in divided):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported: use (input + value * tensor1 / tensor2), or, for "
            "the old result, (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype)"
        )
    options = {} if out is None else {"out": out}
    numbers = () if late else (value,)
    result: Tensor = _addcdiv(input, tensor1, tensor2, *late, *numbers, **options)
    return result


def _check_powers(op: str, input: Any, exponent: Any) -> None:
    for name, each in (("input", input), ("exponent", exponent)):
        if not isinstance(each, (Tensor, int, float)):
            raise TypeError(f"{op}(): argument '{name}' must be Tensor or Number, not {type_name(each)}")


def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """`input ** exponent` in float64."""
    _check_powers("float_power", input, exponent)
    base, power = (_cast(each, "float64") if isinstance(each, Tensor) else float(each) for each in (input, exponent))
    result: Tensor = pow(base, power) if out is None else pow(base, power, out=out)
    return result


def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """`float_power` written into the tensor itself; raises RuntimeError unless that is of float64."""
    _check_powers("float_power_", self, exponent)
    if self._array.dtype.name != "float64":
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype.legacy_name} "
            "but the operation's result requires dtype Double"
        )
    check_writable(self)
    return write(self, float_power(self, exponent), "float_power_")


# --- integers and bits ------------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE)
def bitwise_and(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in both; of bools, and."""
    _not_implemented("bitwise_and_cpu", input, other, kinds="f")
    return xp.bitwise_and(input, other)


@op(dtypes=PROMOTE)
def bitwise_or(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in either; of bools, or."""
    _not_implemented("bitwise_or_cpu", input, other, kinds="f")
    return xp.bitwise_or(input, other)


@op(dtypes=PROMOTE)
def bitwise_xor(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in one of the two; of bools, exclusive or."""
    _not_implemented("bitwise_xor_cpu", input, other, kinds="f")
    return xp.bitwise_xor(input, other)


@op
def bitwise_not(xp: Any, input: Array) -> Array:
    """All bits turned round; of bools, not."""
    _not_implemented("bitwise_not_cpu", input, kinds="f")
    return xp.invert(input)


def invert(self: Tensor) -> Tensor:
    """`~self`: as bitwise_not; raises TypeError for floats."""
    if self._array.dtype.kind == "f":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    result: Tensor = bitwise_not(self)
    return result


def _shift(xp: Any, shift: str, input: Operand, other: Operand) -> Array:
    """Shifts by less than the number of bits; by any other number, all bits are gone."""
    name = "lshift_cpu" if shift == "left_shift" else "rshift_cpu"
    _not_implemented(name, input, other, kinds="fb")
    dtype = (input if is_array(input) else other).dtype
    input, other = xp.asarray(input, dtype), xp.asarray(other, dtype)
    bits = 8 * input.dtype.itemsize
    inside = (other >= 0) & (other < bits)
    steps = xp.where(inside, other, bits - 1).astype(other.dtype)
    shifted = getattr(xp, shift)(input, steps)
    return shifted if shift == "right_shift" and shifted.dtype.kind == "i" else shifted * inside


@op(dtypes=PROMOTE)
def bitwise_left_shift(xp: Any, input: Operand, other: Operand) -> Array:
    """`input * 2**other` in integers; 0 once all bits are shifted out."""
    return _shift(xp, "left_shift", input, other)


@op(dtypes=PROMOTE)
def bitwise_right_shift(xp: Any, input: Operand, other: Operand) -> Array:
    """`input // 2**other` in integers: the sign is shifted in."""
    return _shift(xp, "right_shift", input, other)


@op(dtypes=PROMOTE)
def gcd(xp: Any, input: Array, other: Array) -> Array:
    """The greatest common divisor; that of 0 and 0 is 0."""
    _not_implemented("gcd_cpu", input, kinds="fb")
    return xp.gcd(input, other)


@op(dtypes=PROMOTE)
def lcm(xp: Any, input: Array, other: Array) -> Array:
    """The least common multiple."""
    _not_implemented("lcm_cpu", input, kinds="fb")
    return xp.lcm(input, other)


# --- comparison and logic ---------------------------------------------------------------------------------------------


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


# --- copies and casts -------------------------------------------------------------------------------------------------


@op
def clone(xp: Any, input: Array, memory_format: Any = None) -> Array:
    """A copy that gradients flow through."""
    return copy_array(input)


clone.grad(input=lambda xp, g: g)


@op
def _tied(xp: Any, input: Array, other: Array) -> Array:
    """`input`, as something that depends on `other`, too, with a derivative of zero."""
    return input.copy()


_tied.grad(input=lambda xp, g: g, other=lambda xp, g, other: xp.zeros_like(other))


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
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
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


@op(backward="CopyBackwards", anywhere=True)
def _copy(xp: Any, input: Array, src: Operand) -> Array:
    if is_array(src):
        return xp.broadcast_to(to_device(src, device_of(input)), input.shape).astype(input.dtype)
    return xp.full(input.shape, src, input.dtype)


_copy.grad(input=lambda xp, g: g * 0, src=lambda xp, g: g)


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Takes over the elements of `src`, broadcast and cast; gradients flow to `src`."""
    check_writable(self)
    return write(self, _copy(self, src), "copy_")


# --- in place ---------------------------------------------------------------------------------------------------------


def in_place_checked(operation: Callable[..., Any], *, numbers: builtins.bool = True) -> Callable[..., Tensor]:
    """The in-place form of an operation that not every dtype has: that the result would not fit is said first."""
    method = in_place(operation)

    def checked(self: Tensor, other: Any, *args: Any, **kwargs: Any) -> Tensor:
        if isinstance(other, Tensor) or (numbers and not kwargs and isinstance(other, (int, float))):
            operands = (self._array, other._array if isinstance(other, Tensor) else other)
            check_result(self, result_dtype(operands), operands)
        return method(self, other, *args, **kwargs)

    checked.__name__ = checked.__qualname__ = method.__name__
    checked.__doc__ = method.__doc__
    return checked


def check_result(target: Tensor, dtype: Any, operands: Sequence[Operand]) -> None:
    """Raises torch's errors when a result of `operands` does not fit into `target`."""
    if not can_cast(from_numpy_dtype(dtype), target.dtype):
        raise RuntimeError(
            f"result type {from_numpy_dtype(dtype).legacy_name} can't be cast to the desired output type "
            f"{target.dtype.legacy_name}"
        )
    shape = target._array.shape
    for operand in operands:
        own = operand.shape if is_array(operand) else ()
        if len(own) > len(shape) or builtins.any(a not in (1, b) for a, b in zip(own[::-1], shape[::-1], strict=False)):
            raise RuntimeError(f"output with shape {list(shape)} doesn't match the shape {list(own)} of an operand")


abs_ = in_place(abs)
acos_ = in_place(acos)
acosh_ = in_place(acosh)
asin_ = in_place(asin)
asinh_ = in_place(asinh)
atan_ = in_place(atan)
atanh_ = in_place(atanh)
ceil_ = in_place(ceil)
clamp_ = in_place(clamp)
clamp_max_ = in_place(clamp_max)
clamp_min_ = in_place(clamp_min)
cos_ = in_place(cos)
cosh_ = in_place(cosh)
deg2rad_ = in_place(deg2rad)
erf_ = in_place(erf)
erfc_ = in_place(erfc)
exp_ = in_place(exp)
exp2_ = in_place(exp2)
expm1_ = in_place(expm1)
floor_ = in_place(floor)
frac_ = in_place(frac)
gcd_ = in_place_checked(gcd, numbers=False)
i0_ = in_place(i0)
lcm_ = in_place_checked(lcm, numbers=False)
ldexp_ = in_place(ldexp)
log_ = in_place(log)
log10_ = in_place(log10)
log1p_ = in_place(log1p)
log2_ = in_place(log2)
logit_ = in_place(logit)
nan_to_num_ = in_place(nan_to_num)
neg_ = in_place(neg)
rad2deg_ = in_place(rad2deg)
reciprocal_ = in_place(reciprocal)
round_ = in_place(round)
rsqrt_ = in_place(rsqrt)
sigmoid_ = in_place(sigmoid)
sin_ = in_place(sin)
sinc_ = in_place(sinc)
sinh_ = in_place(sinh)
sqrt_ = in_place(sqrt)
square_ = in_place(square)
tan_ = in_place(tan)
tanh_ = in_place(tanh)
trunc_ = in_place(trunc)
xlogy_ = in_place(xlogy)
arccos_ = acos_
arccosh_ = acosh_
arcsin_ = asin_
arcsinh_ = asinh_
arctan_ = atan_
arctanh_ = atanh_
clip_ = clamp_
fix_ = trunc_
negative_ = neg_


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Puts `callable(x)` in the place of every element `x`, a Python number: slow, and outside the graph."""
    return _fill_from("apply_", self, builtins.map(callable, self._array.ravel().tolist()))


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Puts `callable(x, y)` in the place of every element `x`, `y` being that of `tensor`, which is broadcast."""
    if tensor.dtype != self.dtype:
        raise TypeError(
            f"map_: expected torch.{self.dtype.legacy_name}Tensor for 'other' (got "
            f"torch.{tensor.dtype.legacy_name}Tensor)"
        )
    others = tensor.expand(self.shape)._array
    return _fill_from("map_", self, builtins.map(callable, self._array.ravel().tolist(), others.ravel().tolist()))


def _fill_from(name: str, input: Tensor, values: Iterable[Any]) -> Tensor:
    if input.requires_grad:
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    array = input._array
    array[...] = array_module(array).asarray(builtins.list(values), array.dtype).reshape(array.shape)
    input._written()
    return input


def array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: builtins.bool = False) -> Tensor:
    """What a NumPy function of a tensor returns: a tensor."""
    array = array_module(self._array).asarray(array)
    result: Tensor = wrap(array.astype("uint8") if array.dtype == NP_BOOL else array)
    return result
