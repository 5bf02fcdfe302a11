"""The composition of each operation of ops/variance.py: variance and deviation."""

from __future__ import annotations

from typing import Any

import minitorch as torch
from minitorch.ops import variance
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import _count, _sum, mean
from minitorch.tensor import Tensor


def _root(input: Tensor) -> Tensor:
    """The square root, whose gradient at 0 counts as 0."""
    return torch.where(input.eq(0), 0.0, torch.where(input.eq(0), 1.0, input).sqrt())


@composition(variance._var)
def var(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The mean of the squared gaps to the mean, of a few elements less."""
    gaps = input - mean(input, dim, True)
    return _sum(gaps * gaps, dim, keepdim) / max(_count(input, dim) - correction, 0)


@composition(variance._std)
def std(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The root of the variance."""
    return _root(var(input, dim, correction, keepdim))


@composition(variance._var_mean)
def var_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Variance and mean."""
    return var(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composition(variance._std_mean)
def std_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Deviation and mean."""
    return std(input, dim, correction, keepdim), mean(input, dim, keepdim)
