"""The composition of each operation of ops/pairs.py: distances of rows."""

from __future__ import annotations

import itertools

import minitorch as torch
from minitorch.ops import pairs
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.vector_norms import vector_norm
from minitorch.tensor import Tensor


def _distance(gaps: Tensor, p: float) -> Tensor:
    """The p-norm along the last dimension; a vector of zeros has the gradient 0."""
    nothing = gaps.eq(0).all(-1, keepdim=True)
    lengths = vector_norm(torch.where(nothing, 1.0, gaps), p, -1)
    return torch.where(nothing.squeeze(-1), 0.0, lengths)


@composition(pairs._cdist)
def cdist(x1: Tensor, x2: Tensor, p: float, by_product: bool) -> Tensor:
    """The distances of all rows of one and all of the other."""
    return _distance(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@composition(pairs._pdist)
def pdist(input: Tensor, p: float) -> Tensor:
    """The distances of all pairs of rows."""
    first, second = zip(*itertools.combinations(range(len(input)), 2), strict=True) if len(input) > 1 else ((), ())
    left, right = (input[torch.tensor(each, dtype=torch.int64)] for each in (first, second))
    return _distance(left - right, p)
