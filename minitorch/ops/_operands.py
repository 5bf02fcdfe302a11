"""What operations on numbers and tensors share: operators, in-place forms, and errors by dtype."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, is_array
from minitorch.dtypes import can_cast, from_numpy_dtype, result_dtype
from minitorch.tensor import Tensor


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


def not_implemented(name: str, *operands: Operand, kinds: str) -> None:
    """Raises torch's error when an operand's dtype is of one of `kinds`, NumPy's letters."""
    for operand in operands:
        if hasattr(operand, "dtype") and operand.dtype.kind in kinds:
            raise NotImplementedError(
                f"\"{name}\" not implemented for '{from_numpy_dtype(operand.dtype).legacy_name}': cast the input first"
            )


def wide(array: Array) -> Array:
    """float16 as float32: what is computed in several steps is rounded once, and sums do not stop growing."""
    return array.astype("float32") if array.dtype.itemsize == 2 and array.dtype.kind == "f" else array


def is_number(value: Any) -> bool:
    """Whether an operand was given as a number and not as a tensor."""
    return not is_array(value)


def no_derivative(name: str) -> Callable[..., Any]:
    """The rule of an operation that torch records, but cannot differentiate."""

    def rule(xp: Any, g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


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
