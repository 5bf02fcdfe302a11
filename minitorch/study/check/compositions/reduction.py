"""The composition of each operation of ops/reduction.py: sums, extremes, norms, and what runs along a dimension."""

from __future__ import annotations

import itertools
import math
from typing import Any

import minitorch as torch
from minitorch.ops import reduction
from minitorch.study.check.compositions.elementwise import logaddexp
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


@composition(reduction.mean)
def mean(input: Tensor, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Tensor:
    input = input if dtype is None else input.to(dtype)
    return _sum(input, dim, keepdim) / _count(input, dim)


@composition(reduction.prod)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """One factor after the other."""
    input = input if dtype is None else input.to(dtype)
    if dim is None or not input.ndim:
        return math.prod(input.reshape(-1).unbind(), start=torch.ones((), dtype=input.dtype))
    product = math.prod(input.unbind(dim), start=torch.ones(input.select(dim, 0).shape, dtype=input.dtype))
    return product.unsqueeze(dim) if keepdim else product


def _shared(input: Tensor, extreme: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """The mean of the elements that equal the extreme: they share the gradient."""
    ties = input.eq(extreme) | (input.isnan() & extreme.isnan())
    return _sum(torch.where(ties, input, 0.0), dim, keepdim) / _sum(ties.to(input.dtype), dim, keepdim)


@composition(reduction.amax)
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amax(dim, keepdim=True), dim, keepdim)


@composition(reduction.amin)
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amin(dim, keepdim=True), dim, keepdim)


@composition(reduction._aminmax)
def aminmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The smallest and the largest."""
    dims = _dims(input, dim)
    return amin(input, dims, keepdim), amax(input, dims, keepdim)


@composition(reduction._max_of_all)
def max_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The largest; equal ones share the gradient."""
    return amax(input)


@composition(reduction._min_of_all)
def min_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The smallest; equal ones share the gradient."""
    return amin(input)


def _at(input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Tensor:
    """The elements at known places along `dim`."""
    if not input.ndim:
        return input.clone()
    picked = input.gather(dim, indices if keepdim else indices.unsqueeze(dim))
    return picked if keepdim else picked.squeeze(dim)


@composition(reduction._max)
def max_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the largest, the first of equals."""
    return _at(input, input.argmax(dim, keepdim), dim, keepdim)


@composition(reduction._min)
def min_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the smallest, the first of equals."""
    return _at(input, input.argmin(dim, keepdim), dim, keepdim)


@composition(reduction.cummax)
def cummax(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummax(dim).indices, dim, True)


@composition(reduction.cummin)
def cummin(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummin(dim).indices, dim, True)


def _root(input: Tensor) -> Tensor:
    """The square root, whose gradient at 0 counts as 0."""
    return torch.where(input.eq(0), 0.0, torch.where(input.eq(0), 1.0, input).sqrt())


@composition(reduction._var)
def var(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The mean of the squared gaps to the mean, of a few elements less."""
    gaps = input - mean(input, dim, True)
    return _sum(gaps * gaps, dim, keepdim) / max(_count(input, dim) - correction, 0)


@composition(reduction._std)
def std(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The root of the variance."""
    return _root(var(input, dim, correction, keepdim))


@composition(reduction._var_mean)
def var_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Variance and mean."""
    return var(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composition(reduction._std_mean)
def std_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Deviation and mean."""
    return std(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composition(reduction._vector_norm)
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


@composition(reduction.cumsum)
def cumsum(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim))], dim)


@composition(reduction.cumprod)
def cumprod(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    if not input.ndim:
        return input.clone()
    return torch.stack([*itertools.accumulate(input.unbind(dim), torch.mul)], dim)


@composition(reduction.logsumexp)
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    largest = input.amax(_dims(input, dim), keepdim=True).detach()
    largest = torch.where(largest.isfinite(), largest, 0.0)
    total = _sum((input - largest).exp(), dim, True).log() + largest
    return total if keepdim else total.squeeze(_dims(input, dim)) if input.ndim else total


@composition(reduction.logcumsumexp)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim), logaddexp)], dim)


@composition(reduction.nansum)
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    numbers = torch.where(input.isnan(), 0.0, input)
    return _sum(numbers if dtype is None else numbers.to(dtype), dim, keepdim)


@composition(reduction._dist)
def dist(input: Tensor, other: Tensor, p: Any) -> Tensor:
    """The norm of the difference."""
    return vector_norm(input - other, p)


@composition(reduction.renorm)
def renorm(input: Tensor, p: Any, dim: int, maxnorm: float) -> Tensor:
    """Slices along `dim` that are too long become shorter."""
    others = [each for each in range(input.ndim) if each != dim % input.ndim]
    lengths = vector_norm(input, p, others, True)
    return input * torch.where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1.0)
