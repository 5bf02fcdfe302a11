"""The composition of each operation of ops/trigonometry.py: angles, and hyperbolic functions."""

from __future__ import annotations

import math

import minitorch as torch
from minitorch.ops import trigonometry
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(trigonometry.tan)
def tan(input: Tensor) -> Tensor:
    return input.sin() / input.cos()


@composition(trigonometry.asin)
def asin(input: Tensor) -> Tensor:
    return 2 * (input / (1 + (1 - input * input).sqrt())).atan()


@composition(trigonometry.acos)
def acos(input: Tensor) -> Tensor:
    return math.pi / 2 - asin(input)


@composition(trigonometry.atan2)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle's tangent is `input / other`; half a turn more or less where `other` is negative."""
    half_turn = torch.where(input < 0, -math.pi, math.pi)
    return (input / other).atan() + torch.where(other < 0, half_turn, 0.0)


@composition(trigonometry.sinh)
def sinh(input: Tensor) -> Tensor:
    return (input.exp() - (-input).exp()) / 2


@composition(trigonometry.cosh)
def cosh(input: Tensor) -> Tensor:
    return (input.exp() + (-input).exp()) / 2


@composition(trigonometry.tanh)
def tanh(input: Tensor) -> Tensor:
    return 1 - 2 / (1 + (2 * input).exp())


@composition(trigonometry.asinh)
def asinh(input: Tensor) -> Tensor:
    size = input.abs()
    return input.sign() * (size + (size * size + 1).sqrt()).log()


@composition(trigonometry.acosh)
def acosh(input: Tensor) -> Tensor:
    return (input + (input * input - 1).sqrt()).log()


@composition(trigonometry.atanh)
def atanh(input: Tensor) -> Tensor:
    return ((1 + input) / (1 - input)).log() / 2


@composition(trigonometry.hypot)
def hypot(input: Tensor, other: Tensor) -> Tensor:
    return (input * input + other * other).sqrt()


@composition(trigonometry.deg2rad)
def deg2rad(input: Tensor) -> Tensor:
    return input * (math.pi / 180)


@composition(trigonometry.rad2deg)
def rad2deg(input: Tensor) -> Tensor:
    return input * (180 / math.pi)


@composition(trigonometry.sinc)
def sinc(input: Tensor) -> Tensor:
    angle = math.pi * torch.where(input.eq(0), 1.0, input)
    return torch.where(input.eq(0), 1.0, angle.sin() / angle)
