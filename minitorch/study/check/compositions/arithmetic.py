"""The composition of each operation of ops/arithmetic.py: quotients, what is left of them, and mixtures."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from typing import Any

from minitorch.ops import arithmetic
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _total(parts: Iterable[Tensor]) -> Tensor:
    """The sum of some tensors."""
    return functools.reduce(operator.add, parts)


@composition(arithmetic._div_floor)
def div_floor(input: Any, other: Any) -> Tensor:
    """The quotient rounded down: its derivative is 0."""
    return (input / other).floor()


@composition(arithmetic._div_trunc)
def div_trunc(input: Any, other: Any) -> Tensor:
    """The quotient rounded towards 0: its derivative is 0."""
    return (input / other).trunc()


@composition(arithmetic.floor_divide)
def floor_divide(input: Any, other: Any) -> Tensor:
    return (input / other).floor()


@composition(arithmetic._remainder)
def remainder(input: Any, other: Any) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(arithmetic._remainder_of_number)
def remainder_of_number(input: Any, other: Tensor) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(arithmetic.fmod)
def fmod(input: Tensor, other: Any) -> Tensor:
    return input - (input / other).trunc() * other


@composition(arithmetic._lerp)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """A point on the way from `input` to `end`."""
    return input + weight * (end - input)


@composition(arithmetic.addcmul)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    return input + value * tensor1 * tensor2


@composition(arithmetic._addcdiv)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    return input + value * tensor1 / tensor2
