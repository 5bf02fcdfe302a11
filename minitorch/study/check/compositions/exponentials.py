"""The composition of each operation of ops/exponentials.py: exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import exponentials
from minitorch.study.check.compositions.choices import clamp
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(exponentials.exp2)
def exp2(input: Tensor) -> Tensor:
    return (input * math.log(2)).exp()


@composition(exponentials.expm1)
def expm1(input: Tensor) -> Tensor:
    return input.exp() - 1


@composition(exponentials.log2)
def log2(input: Tensor) -> Tensor:
    return input.log() / math.log(2)


@composition(exponentials.log10)
def log10(input: Tensor) -> Tensor:
    return input.log() / math.log(10)


@composition(exponentials.log1p)
def log1p(input: Tensor) -> Tensor:
    return (1 + input).log()


@composition(exponentials.logaddexp)
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    largest = torch.maximum(input, other).detach()
    return ((input - largest).exp() + (other - largest).exp()).log() + largest


@composition(exponentials.logaddexp2)
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    return logaddexp(input * math.log(2), other * math.log(2)) / math.log(2)


@composition(exponentials.xlogy)
def xlogy(input: Any, other: Any) -> Tensor:
    """0 where `input` is 0, whatever `other` is; the logarithm is not taken there."""
    dtype = (input if isinstance(input, Tensor) else other).dtype
    x, y = torch.as_tensor(input, dtype=dtype), torch.as_tensor(other, dtype=dtype)
    nothing = x.eq(0) & ~y.isnan()
    return x * torch.where(nothing & (y <= 0), 1.0, y).log()


@composition(exponentials.logit)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    p = input if eps is None else clamp(input, eps, 1 - eps)
    return (p / (1 - p)).log()


@composition(exponentials.ldexp)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    return input * (other * math.log(2)).exp()


@composition(exponentials.sigmoid)
def sigmoid(input: Tensor) -> Tensor:
    return 1 / (1 + (-input).exp())


@composition(exponentials.frexp)
def frexp(input: Tensor) -> Tensor:
    """The mantissa: the exponent does not move with the input."""
    return input / 2.0 ** input.detach().frexp().exponent
