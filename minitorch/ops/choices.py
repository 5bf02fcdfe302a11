"""Choices among elements: bounds, the larger or smaller of two, `where`, and what takes the place of nan."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.op import CHECKED, PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, array_module, is_array, kept
from minitorch.dtypes import NP_BOOL, checked_number, number_operand_dtype, result_dtype
from minitorch.errors import type_name
from minitorch.ops._operands import is_number, not_implemented
from minitorch.tensor import Tensor, copy_array, wrap

_LEFT_OUT: Any = object()
"""The default of an argument for which None means something else."""


def _fitting(operand: Operand, dtype: Any) -> Any:
    """An operand; a number as `dtype` holds it: raises RuntimeError where it cannot."""
    return checked_number(operand, dtype) if is_number(operand) else operand


def bounded(xp: Any, input: Array, min: Operand | None, max: Operand | None) -> Array:
    for bound in (min, max):
        if input.dtype.kind == "b" and bound is not None and is_number(bound):
            not_implemented("clamp_scalar_cpu", input, kinds="b")
    if min is not None:
        input = xp.maximum(input, _fitting(min, input.dtype))
    return input if max is None else xp.minimum(input, _fitting(max, input.dtype))


@op(dtypes=CHECKED, backward=lambda input, min, max: 1 if is_number(min) and is_number(max) else 0)
def clamp(xp: Any, input: Array, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Every element moved up to `min` and then down to `max`, where given: both numbers, or both tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if min is not None and max is not None and is_array(min) != is_array(max):
        raise TypeError("clamp() received an invalid combination of arguments: give two Tensors or two numbers")
    if min is not None and max is not None:
        not_implemented("clamp_cpu", input, kinds="b")
    return bounded(xp, input, min, max)


def _clamp_input(xp: Any, g: Any, input: Any, min: Any, max: Any) -> Any:
    inside = None if min is None else input >= min
    if max is not None:
        inside = input <= max if inside is None else inside & (input <= max)
    return kept(xp, g, inside)


clamp.grad(
    input=_clamp_input,
    min=lambda xp, g, input, min, max: kept(xp, g, input < min if max is None else (input < min) & (min < max)),
    max=lambda xp, g, input, min, max: kept(xp, g, input > max if min is None else (input > max) | (max < min)),
)


@op(dtypes=CHECKED, backward=lambda input, min: 0 if is_number(min) else 1)
def clamp_min(xp: Any, input: Array, min: Operand) -> Array:
    """Every element moved up to `min`, a number or a tensor."""
    return bounded(xp, input, min, None)


clamp_min.grad(
    input=lambda xp, g, input, min: kept(xp, g, input >= min),
    min=lambda xp, g, input, min: kept(xp, g, input < min),
)


@op(dtypes=CHECKED, backward=lambda input, max: 0 if is_number(max) else 1)
def clamp_max(xp: Any, input: Array, max: Operand) -> Array:
    """Every element moved down to `max`, a number or a tensor."""
    return bounded(xp, input, None, max)


clamp_max.grad(
    input=lambda xp, g, input, max: kept(xp, g, input <= max),
    max=lambda xp, g, input, max: kept(xp, g, input > max),
)


@op(dtypes=PROMOTE)
def maximum(xp: Any, input: Array, other: Array) -> Array:
    """The larger of two elements, nan if either is; equal ones share the gradient."""
    return xp.maximum(input, other)


maximum.grad(
    input=lambda xp, g, input, other: _share(xp, g, input < other, input <= other),
    other=lambda xp, g, input, other: _share(xp, g, other < input, other <= input),
)


@op(dtypes=PROMOTE)
def minimum(xp: Any, input: Array, other: Array) -> Array:
    """The smaller of two elements, nan if either is; equal ones share the gradient."""
    return xp.minimum(input, other)


minimum.grad(
    input=lambda xp, g, input, other: _share(xp, g, input > other, input >= other),
    other=lambda xp, g, input, other: _share(xp, g, other > input, other >= input),
)


@op(dtypes=PROMOTE)
def fmax(xp: Any, input: Array, other: Array) -> Array:
    """The larger of two elements; where one is nan, the other."""
    return xp.fmax(input, other)


fmax.grad(
    input=lambda xp, g, input, other: kept(xp, g, (input >= other) | (other != other)),
    other=lambda xp, g, input, other: kept(xp, g, ~((input >= other) | (other != other))),
)


@op(dtypes=PROMOTE)
def fmin(xp: Any, input: Array, other: Array) -> Array:
    """The smaller of two elements; where one is nan, the other."""
    return xp.fmin(input, other)


fmin.grad(
    input=lambda xp, g, input, other: kept(xp, g, (input <= other) | (other != other)),
    other=lambda xp, g, input, other: kept(xp, g, ~((input <= other) | (other != other))),
)


def _share(xp: Any, g: Any, lost: Any, lost_or_tied: Any) -> Any:
    """The gradient of the element that won; half of it on a tie."""
    half = 0.5 * g
    return kept(xp, half, ~lost) + kept(xp, half, ~lost_or_tied)


@op
def _where(xp: Any, condition: Array, input: Operand, other: Operand) -> Array:
    common = result_dtype((input, other))
    values = (xp.asarray(_fitting(each, number_operand_dtype(common))).astype(common) for each in (input, other))
    return xp.where(condition, *values)


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
        return copy_array(input)
    limits = xp.finfo(input.dtype)
    high, low = float(limits.max) if posinf is None else posinf, float(limits.min) if neginf is None else neginf
    return xp.nan_to_num(input, nan=nan or 0.0, posinf=high, neginf=low)


nan_to_num.grad(input=lambda xp, g, input: kept(xp, g, xp.isfinite(input)))


# --- in place ---------------------------------------------------------------------------------------------------------

clamp_ = in_place(clamp)
clamp_max_ = in_place(clamp_max)
clamp_min_ = in_place(clamp_min)
nan_to_num_ = in_place(nan_to_num)
clip_ = clamp_
