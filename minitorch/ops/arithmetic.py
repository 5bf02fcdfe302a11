"""Arithmetic: sums, differences, products, quotients and what is left of them, and mixtures of these."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, array_module, is_array
from minitorch.dtypes import checked_number, number_operand_dtype
from minitorch.errors import type_name
from minitorch.ops._operands import is_number, no_derivative, not_implemented, wide
from minitorch.ops.copies import cast
from minitorch.tensor import Tensor


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
    factor = checked_number(alpha, dtype)
    return operand * (factor if kind == "f" else array_module(array).asarray(factor, dtype))


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


@op(dtypes=PROMOTE, backward=lambda input, other, alpha: 1 if is_number(other) else 0)
def _rsub(xp: Any, input: Array, other: Operand, alpha: Any = 1) -> Array:
    """`other - alpha * input`."""
    return other - input if alpha.__class__ is int and alpha == 1 else other - _scaled(input, alpha, input)


_rsub.grad(
    input=lambda xp, g, alpha: -g if alpha == 1 else g * -alpha,
    other=lambda xp, g: g,
)


def _is_bool(value: Any) -> bool:
    return value.__class__ is bool if not isinstance(value, Tensor) else value._array.dtype.kind == "b"


def check_no_bool(input: Any, other: Any) -> None:
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
    check_no_bool(input, other)
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
    check_no_bool(input, other)
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
    not_implemented("div_floor_cpu", input, other, kinds="b")
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
    not_implemented("div_trunc_cpu", input, other, kinds="b")
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


floor_divide.grad(input=no_derivative("floor_divide"), other=no_derivative("floor_divide"))


@op(dtypes=PROMOTE, backward=lambda input, other: 0 if is_number(other) else 1)
def _remainder(xp: Any, input: Operand, other: Operand) -> Array:
    not_implemented("remainder_cpu", input, other, kinds="b")
    _check_zero(xp, input, other)
    result = xp.remainder(input, other)
    if result.dtype.kind == "f":
        zero = result == 0
        if zero.any():  # NumPy gives zeros the sign of the divisor, and torch that of the dividend
            return xp.where(zero, xp.copysign(result, input), result)
    return result


_remainder.grad(
    input=lambda xp, g: g,
    other=lambda xp, g, input, other: -g * _div_floor.on(xp)(input, other),
)


@op(dtypes=PROMOTE, backward="NotImplemented")
def _remainder_of_number(xp: Any, input: Operand, other: Array) -> Array:
    return _remainder.kernel(xp, input, other)


_remainder_of_number.grad(other=no_derivative("remainder"))


def remainder(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """What is left of `input` after division, with the sign of the divisor, as Python's `%`."""
    operation = _remainder if isinstance(input, Tensor) else _remainder_of_number
    result: Tensor = operation(input, other) if out is None else operation(input, other, out=out)
    return result


@op(dtypes=PROMOTE, backward=lambda input, other: 0 if is_number(other) else 1)
def fmod(xp: Any, input: Array, other: Operand) -> Array:
    """What is left of `input` after division, with the sign of `input`, as C's fmod."""
    not_implemented("fmod_cpu", input, kinds="b")
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
    not_implemented("abs_cpu", input, kinds="b")
    return xp.absolute(input)


abs.grad(input=lambda xp, g, input: g * xp.sign(input))


@op(dtypes=FLOAT)
def reciprocal(xp: Any, input: Array) -> Array:
    """`1 / input`."""
    return xp.reciprocal(input)


reciprocal.grad(input=lambda xp, g, out: -g * out * out)


@op(dtypes=PROMOTE, backward=lambda input, end, weight: 0 if is_number(weight) else 1)
def _lerp(xp: Any, input: Array, end: Array, weight: Operand) -> Array:
    # From the nearer end, so that both ends are met exactly.
    own = input.dtype
    input, end = wide(input), wide(end)
    if is_number(weight):
        result = input + weight * (end - input) if weight < 0.5 else end - (end - input) * (1 - weight)
    else:
        weight = wide(weight)
        result = xp.where(weight < 0.5, input + weight * (end - input), end - (end - input) * (1 - weight))
    return result.astype(own, copy=False)


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
        input, end = (cast(each, weight._array.dtype) for each in (input, end))
    not_implemented("lerp_kernel", input._array, kinds="iub")
    result: Tensor = _lerp(input, end, weight) if out is None else _lerp(input, end, weight, out=out)
    return result


_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long int", "int32": "int"}
"""The names of dtypes in those of torch's messages that come from C++."""


@op(dtypes=PROMOTE, weighted=True)
def addcmul(xp: Any, input: Array, tensor1: Array, tensor2: Array, value: Any = 1) -> Array:
    """`input + value * tensor1 * tensor2`."""
    not_implemented("addcmul_cpu_out", input, kinds="b")
    product = wide(tensor1) * wide(tensor2)
    if value != 1:
        product = xp.multiply(product, checked_number(value, number_operand_dtype(input.dtype)))
    return (wide(input) + product).astype(input.dtype, copy=False)


addcmul.grad(
    input=lambda xp, g: g,
    tensor1=lambda xp, g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda xp, g, tensor1, value: g * (tensor1 * value),
)


@op(dtypes=PROMOTE, weighted=True)
def _addcdiv(xp: Any, input: Array, tensor1: Array, tensor2: Array, value: Any = 1) -> Array:
    dividend = wide(tensor1) if value == 1 else value * wide(tensor1)
    return (wide(input) + dividend / wide(tensor2)).astype(input.dtype, copy=False)


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


# --- in place ---------------------------------------------------------------------------------------------------------

abs_ = in_place(abs)
neg_ = in_place(neg)
reciprocal_ = in_place(reciprocal)
negative_ = neg_
