"""The composition of each operation of ops/totals.py: means, products, and sums without nan."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import totals
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _dims(input: Tensor, dim: Any) -> list[int]:
    """The dimensions that are reduced, counted from the front; all where none is named."""
    if dim is None or dim is ... or (isinstance(dim, (list, tuple)) and not dim) or not input.ndim:
        return list(range(input.ndim))
    return [each % input.ndim for each in (dim if isinstance(dim, (list, tuple)) else [dim])]


def _sum(input: Tensor, dim: Any, keepdim: Any = False) -> Tensor:
    return input.sum(_dims(input, dim), bool(keepdim))


def _count(input: Tensor, dim: Any) -> int:
    """How many elements come together in one."""
    return math.prod(input.shape[each] for each in _dims(input, dim))


@composition(totals.mean)
def mean(input: Tensor, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Tensor:
    input = input if dtype is None else input.to(dtype)
    return _sum(input, dim, keepdim) / _count(input, dim)


@composition(totals.prod)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """One factor after the other."""
    input = input if dtype is None else input.to(dtype)
    if dim is None or not input.ndim:
        return math.prod(input.reshape(-1).unbind(), start=torch.ones((), dtype=input.dtype))
    product = math.prod(input.unbind(dim), start=torch.ones(input.select(dim, 0).shape, dtype=input.dtype))
    return product.unsqueeze(dim) if keepdim else product


@composition(totals.logsumexp)
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    largest = input.amax(_dims(input, dim), keepdim=True).detach()
    largest = torch.where(largest.isfinite(), largest, 0.0)
    total = _sum((input - largest).exp(), dim, True).log() + largest
    return total if keepdim else total.squeeze(_dims(input, dim)) if input.ndim else total


@composition(totals.nansum)
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    numbers = torch.where(input.isnan(), 0.0, input)
    return _sum(numbers if dtype is None else numbers.to(dtype), dim, keepdim)
