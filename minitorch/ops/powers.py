"""Powers and roots."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.autograd.op import CHECKED, FLOAT, op
from minitorch.autograd.views import check_writable, in_place, write
from minitorch.backend import Array, Operand, is_array
from minitorch.dtypes import checked_number
from minitorch.errors import type_name
from minitorch.ops._operands import is_number, not_implemented
from minitorch.ops.copies import cast
from minitorch.tensor import Tensor

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
    if is_number(exponent):
        return xp.power(input, exponent)
    if is_number(input):
        input = xp.asarray(input).astype(exponent.dtype)  # wraps around, as torch does
    magnitude = xp.power(input, xp.maximum(exponent, 0))
    unit = xp.where(exponent % 2 == 0, input * input, input) * (xp.absolute(input) == 1)
    return xp.where(exponent < 0, unit, magnitude)


@op(
    dtypes=CHECKED,
    backward=lambda input, exponent: 0 if is_number(exponent) else 2 if is_number(input) else 1,
)
def _pow(xp: Any, input: Operand, exponent: Operand) -> Array:
    """`input ** exponent`."""
    if exponent.__class__ is int or exponent.__class__ is float:
        if input.dtype.kind != "f":
            exponent = checked_number(exponent, input.dtype)
        short = _SHORT_POWERS.get(exponent)
        return xp.power(input, exponent) if short is None else short(xp, input)
    kind = (input if is_array(input) else exponent).dtype.kind
    if kind == "f":
        return xp.power(input, exponent)
    if kind == "b":
        if isinstance(exponent, bool):
            return input | (not exponent)
        not_implemented("pow", input, exponent, kinds="b")
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


def _check_powers(op: str, input: Any, exponent: Any) -> None:
    for name, each in (("input", input), ("exponent", exponent)):
        if not isinstance(each, (Tensor, int, float)):
            raise TypeError(f"{op}(): argument '{name}' must be Tensor or Number, not {type_name(each)}")


def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """`input ** exponent` in float64."""
    _check_powers("float_power", input, exponent)
    base, power = (cast(each, "float64") if isinstance(each, Tensor) else float(each) for each in (input, exponent))
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


# --- in place ---------------------------------------------------------------------------------------------------------

rsqrt_ = in_place(rsqrt)
sqrt_ = in_place(sqrt)
square_ = in_place(square)
