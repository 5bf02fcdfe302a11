"""The composition of each operation of ops/pool.py: the largest or the mean of what a window meets."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.nn import functional
from minitorch.ops import pool
from minitorch.study.check.compositions.elementwise import _total
from minitorch.study.check.compositions.reduction import max_along, mean
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape, _taps
from minitorch.tensor import Tensor


@composition(pool._max_pool)
def max_pool(input: Tensor, window: Any, size: Shape) -> Tensor:
    """The largest of the taps, the first one of equals."""
    return max_along(torch.stack([*_taps(input, window.kernel, window, size, -math.inf)], -1), -1)


@composition(pool._avg_pool)
def avg_pool(input: Tensor, window: Any, size: Shape, include: bool, divisor: int | None) -> Tensor:
    """The sum of the taps over their number; those of the border count if they are included."""
    total = _total(_taps(input, window.kernel, window, size))
    if divisor is not None:
        return total / divisor
    inside = torch.ones(input.shape[-len(size) :], dtype=input.dtype)
    if include:
        border = [each for p in reversed(window.padding) for each in (p, p)]
        inside = functional.pad(inside, border, value=1.0)
        window = window._replace(padding=(0,) * len(size))
    return total / _total(_taps(inside, window.kernel, window, size))


def _cuts(length: int, n: int) -> list[tuple[int, int]]:
    """The start and the length of n windows that cover a dimension evenly."""
    return [(k * length // n, -(-(k + 1) * length // n) - k * length // n) for k in range(n)]


@composition(pool._adaptive_avg_pool)
def adaptive_avg_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        means = [mean(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(means, dim)
    return input


@composition(pool._adaptive_max_pool)
def adaptive_max_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        largest = [max_along(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(largest, dim)
    return input


@composition(pool._max_unpool)
def max_unpool(input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    """Zeros, and the values at their places; one that is put on another takes its place."""
    lead = input.shape[: input.ndim - len(size)]
    flat = torch.zeros((*lead, math.prod(size)), dtype=input.dtype)
    return flat.scatter(-1, indices.reshape(*lead, -1), input.reshape(*lead, -1)).reshape(*lead, *size)
