"""The composition of each operation of ops/adaptive_pool.py: the mean or the largest of windows that cover evenly."""

from __future__ import annotations

import minitorch as torch
from minitorch.ops.adaptive_pool import _adaptive_avg_pool, _adaptive_max_pool
from minitorch.study.check.compositions.extremes import max_along
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import mean
from minitorch.study.check.compositions.windows import Shape
from minitorch.tensor import Tensor


def _cuts(length: int, n: int) -> list[tuple[int, int]]:
    """The start and the length of n windows that cover a dimension evenly."""
    return [(k * length // n, -(-(k + 1) * length // n) - k * length // n) for k in range(n)]


@composition(_adaptive_avg_pool)
def adaptive_avg_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        means = [mean(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(means, dim)
    return input


@composition(_adaptive_max_pool)
def adaptive_max_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        largest = [max_along(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(largest, dim)
    return input
