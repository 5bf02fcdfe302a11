"""The composition of each operation of ops/vector_norms.py: norms, distances and limits."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import vector_norms
from minitorch.study.check.compositions.extremes import amax, amin
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import _dims, _sum
from minitorch.study.check.compositions.variance import _root
from minitorch.tensor import Tensor


@composition(vector_norms._vector_norm)
def vector_norm(input: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The sum of |x|**ord, and of that the root."""
    input = input if dtype is None else input.to(dtype)
    if ord == 2:
        return _root(_sum(input * input, dim, keepdim))
    if ord == 0:
        return _sum(input.ne(0).to(input.dtype) + 0 * input, dim, keepdim)
    if ord == 1:
        return _sum(input.abs(), dim, keepdim)
    if ord in (math.inf, -math.inf):
        return (amax if ord > 0 else amin)(input.abs(), _dims(input, dim), keepdim)
    return _sum(input.abs() ** ord, dim, keepdim) ** (1 / ord)


@composition(vector_norms._dist)
def dist(input: Tensor, other: Tensor, p: Any) -> Tensor:
    """The norm of the difference."""
    return vector_norm(input - other, p)


@composition(vector_norms.renorm)
def renorm(input: Tensor, p: Any, dim: int, maxnorm: float) -> Tensor:
    """Slices along `dim` that are too long become shorter."""
    others = [each for each in range(input.ndim) if each != dim % input.ndim]
    lengths = vector_norm(input, p, others, True)
    return input * torch.where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1.0)
