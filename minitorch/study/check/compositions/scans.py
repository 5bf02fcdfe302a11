"""The composition of each operation of ops/scans.py: sums, products and extremes so far."""

from __future__ import annotations

import itertools
from typing import Any

import minitorch as torch
from minitorch.ops import scans
from minitorch.study.check.compositions.exponentials import logaddexp
from minitorch.study.check.compositions.extremes import _at
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(scans.cummax)
def cummax(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummax(dim).indices, dim, True)


@composition(scans.cummin)
def cummin(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummin(dim).indices, dim, True)


@composition(scans.cumsum)
def cumsum(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim))], dim)


@composition(scans.cumprod)
def cumprod(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    if not input.ndim:
        return input.clone()
    return torch.stack([*itertools.accumulate(input.unbind(dim), torch.mul)], dim)


@composition(scans.logcumsumexp)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim), logaddexp)], dim)
