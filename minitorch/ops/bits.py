"""Integers: their bits, shifts, and common divisors and multiples."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array, Operand, is_array
from minitorch.ops._operands import in_place_checked, not_implemented
from minitorch.tensor import Tensor


@op(dtypes=PROMOTE)
def bitwise_and(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in both; of bools, and."""
    not_implemented("bitwise_and_cpu", input, other, kinds="f")
    return xp.bitwise_and(input, other)


@op(dtypes=PROMOTE)
def bitwise_or(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in either; of bools, or."""
    not_implemented("bitwise_or_cpu", input, other, kinds="f")
    return xp.bitwise_or(input, other)


@op(dtypes=PROMOTE)
def bitwise_xor(xp: Any, input: Operand, other: Operand) -> Array:
    """The bits that are set in one of the two; of bools, exclusive or."""
    not_implemented("bitwise_xor_cpu", input, other, kinds="f")
    return xp.bitwise_xor(input, other)


@op
def bitwise_not(xp: Any, input: Array) -> Array:
    """All bits turned round; of bools, not."""
    not_implemented("bitwise_not_cpu", input, kinds="f")
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
    not_implemented(name, input, other, kinds="fb")
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
    not_implemented("gcd_cpu", input, kinds="fb")
    return xp.gcd(input, other)


@op(dtypes=PROMOTE)
def lcm(xp: Any, input: Array, other: Array) -> Array:
    """The least common multiple."""
    not_implemented("lcm_cpu", input, kinds="fb")
    return xp.lcm(input, other)


# --- in place ---------------------------------------------------------------------------------------------------------

gcd_ = in_place_checked(gcd, numbers=False)
lcm_ = in_place_checked(lcm, numbers=False)
