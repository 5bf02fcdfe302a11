"""The composition of each operation of ops/elementwise.py: arithmetic and functions of single numbers."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable
from typing import Any

import minitorch as torch
from minitorch.ops import elementwise
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _total(parts: Iterable[Tensor]) -> Tensor:
    """The sum of some tensors."""
    return functools.reduce(operator.add, parts)


@composition(elementwise._div_floor)
def div_floor(input: Any, other: Any) -> Tensor:
    """The quotient rounded down: its derivative is 0."""
    return (input / other).floor()


@composition(elementwise._div_trunc)
def div_trunc(input: Any, other: Any) -> Tensor:
    """The quotient rounded towards 0: its derivative is 0."""
    return (input / other).trunc()


@composition(elementwise.floor_divide)
def floor_divide(input: Any, other: Any) -> Tensor:
    return (input / other).floor()


@composition(elementwise._remainder)
def remainder(input: Any, other: Any) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(elementwise._remainder_of_number)
def remainder_of_number(input: Any, other: Tensor) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(elementwise.fmod)
def fmod(input: Tensor, other: Any) -> Tensor:
    return input - (input / other).trunc() * other


@composition(elementwise.frac)
def frac(input: Tensor) -> Tensor:
    return input - input.trunc()


@composition(elementwise.rsqrt)
def rsqrt(input: Tensor) -> Tensor:
    return 1 / input.sqrt()


@composition(elementwise.exp2)
def exp2(input: Tensor) -> Tensor:
    return (input * math.log(2)).exp()


@composition(elementwise.expm1)
def expm1(input: Tensor) -> Tensor:
    return input.exp() - 1


@composition(elementwise.log2)
def log2(input: Tensor) -> Tensor:
    return input.log() / math.log(2)


@composition(elementwise.log10)
def log10(input: Tensor) -> Tensor:
    return input.log() / math.log(10)


@composition(elementwise.log1p)
def log1p(input: Tensor) -> Tensor:
    return (1 + input).log()


@composition(elementwise.logaddexp)
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    largest = torch.maximum(input, other).detach()
    return ((input - largest).exp() + (other - largest).exp()).log() + largest


@composition(elementwise.logaddexp2)
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    return logaddexp(input * math.log(2), other * math.log(2)) / math.log(2)


@composition(elementwise.xlogy)
def xlogy(input: Any, other: Any) -> Tensor:
    """0 where `input` is 0, whatever `other` is; the logarithm is not taken there."""
    dtype = (input if isinstance(input, Tensor) else other).dtype
    x, y = torch.as_tensor(input, dtype=dtype), torch.as_tensor(other, dtype=dtype)
    nothing = x.eq(0) & ~y.isnan()
    return x * torch.where(nothing & (y <= 0), 1.0, y).log()


@composition(elementwise.logit)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    p = input if eps is None else clamp(input, eps, 1 - eps)
    return (p / (1 - p)).log()


@composition(elementwise.tan)
def tan(input: Tensor) -> Tensor:
    return input.sin() / input.cos()


@composition(elementwise.asin)
def asin(input: Tensor) -> Tensor:
    return 2 * (input / (1 + (1 - input * input).sqrt())).atan()


@composition(elementwise.acos)
def acos(input: Tensor) -> Tensor:
    return math.pi / 2 - asin(input)


@composition(elementwise.atan2)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle's tangent is `input / other`; half a turn more or less where `other` is negative."""
    half_turn = torch.where(input < 0, -math.pi, math.pi)
    return (input / other).atan() + torch.where(other < 0, half_turn, 0.0)


@composition(elementwise.sinh)
def sinh(input: Tensor) -> Tensor:
    return (input.exp() - (-input).exp()) / 2


@composition(elementwise.cosh)
def cosh(input: Tensor) -> Tensor:
    return (input.exp() + (-input).exp()) / 2


@composition(elementwise.tanh)
def tanh(input: Tensor) -> Tensor:
    return 1 - 2 / (1 + (2 * input).exp())


@composition(elementwise.asinh)
def asinh(input: Tensor) -> Tensor:
    size = input.abs()
    return input.sign() * (size + (size * size + 1).sqrt()).log()


@composition(elementwise.acosh)
def acosh(input: Tensor) -> Tensor:
    return (input + (input * input - 1).sqrt()).log()


@composition(elementwise.atanh)
def atanh(input: Tensor) -> Tensor:
    return ((1 + input) / (1 - input)).log() / 2


@composition(elementwise.hypot)
def hypot(input: Tensor, other: Tensor) -> Tensor:
    return (input * input + other * other).sqrt()


@composition(elementwise.deg2rad)
def deg2rad(input: Tensor) -> Tensor:
    return input * (math.pi / 180)


@composition(elementwise.rad2deg)
def rad2deg(input: Tensor) -> Tensor:
    return input * (180 / math.pi)


@composition(elementwise.sinc)
def sinc(input: Tensor) -> Tensor:
    angle = math.pi * torch.where(input.eq(0), 1.0, input)
    return torch.where(input.eq(0), 1.0, angle.sin() / angle)


@composition(elementwise.erfc)
def erfc(input: Tensor) -> Tensor:
    return 1 - input.erf()


@composition(elementwise.clamp)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    raised = input if min is None else clamp_min(input, min)
    return raised if max is None else clamp_max(raised, max)


@composition(elementwise.clamp_min)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    return torch.where(input >= min, input, min)


@composition(elementwise.clamp_max)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    return torch.where(input <= max, input, max)


@composition(elementwise.maximum)
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input > other, input, other))


@composition(elementwise.minimum)
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input < other, input, other))


@composition(elementwise.fmax)
def fmax(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input >= other) | other.isnan(), input, other)


@composition(elementwise.fmin)
def fmin(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input <= other) | other.isnan(), input, other)


@composition(elementwise.nan_to_num)
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    largest = torch.finfo(input.dtype).max
    high = largest if posinf is None else posinf
    low = -largest if neginf is None else neginf
    whole = torch.where(input.eq(math.inf), high, torch.where(input.eq(-math.inf), low, input))
    return torch.where(input.isnan(), nan or 0.0, whole)


@composition(elementwise.ldexp)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    return input * (other * math.log(2)).exp()


@composition(elementwise._lerp)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """A point on the way from `input` to `end`."""
    return input + weight * (end - input)


@composition(elementwise.addcmul)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    return input + value * tensor1 * tensor2


@composition(elementwise._addcdiv)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    return input + value * tensor1 / tensor2


@composition(elementwise.sigmoid)
def sigmoid(input: Tensor) -> Tensor:
    return 1 / (1 + (-input).exp())
