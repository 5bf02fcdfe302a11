"""The composition of each operation of ops/probability.py."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import probability
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(probability.entr)
def entr(input: Tensor) -> Tensor:
    return -input * input.log()


@composition(probability.xlog1py)
def xlog1py(input: Any, other: Any) -> Tensor:
    logarithm = (other + 1).log() if isinstance(other, Tensor) else math.log(other + 1)
    product: Tensor = input * logarithm
    return torch.where(input.eq(0), product * 0, product) if isinstance(input, Tensor) else product


@composition(probability.erfcx)
def erfcx(input: Tensor) -> Tensor:
    return (input * input).exp() * (1 - input.erf())


@composition(probability.ndtri)
def ndtri(input: Tensor) -> Tensor:
    return math.sqrt(2) * (2 * input - 1).erfinv()


@composition(probability.log_ndtr)
def log_ndtr(input: Tensor) -> Tensor:
    return (((input / math.sqrt(2)).erf() + 1) / 2).log()


@composition(probability.i0e)
def i0e(input: Tensor) -> Tensor:
    return (-input.abs()).exp() * input.i0()


@composition(probability.i1e)
def i1e(input: Tensor) -> Tensor:
    return (-input.abs()).exp() * torch.special.i1(input)


@composition(probability.gammaincc)
def gammaincc(input: Tensor, other: Tensor) -> Tensor:
    return 1 - torch.special.gammainc(input, other)


@composition(probability._multigammaln)
def multigammaln(input: Tensor, p: int) -> Tensor:
    """Of p ordinary ones, half a step apart."""
    return _total((input - 0.5 * k).lgamma() for k in range(p)) + p * (p - 1) / 4 * math.log(math.pi)
