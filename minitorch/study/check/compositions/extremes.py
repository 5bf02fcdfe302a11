"""The composition of each operation of ops/extremes.py: the largest and the smallest."""

from __future__ import annotations

from typing import Any

import minitorch as torch
from minitorch.ops import extremes
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import _dims, _sum
from minitorch.tensor import Tensor


def _shared(input: Tensor, extreme: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """The mean of the elements that equal the extreme: they share the gradient."""
    ties = input.eq(extreme) | (input.isnan() & extreme.isnan())
    return _sum(torch.where(ties, input, 0.0), dim, keepdim) / _sum(ties.to(input.dtype), dim, keepdim)


@composition(extremes.amax)
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amax(dim, keepdim=True), dim, keepdim)


@composition(extremes.amin)
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amin(dim, keepdim=True), dim, keepdim)


@composition(extremes._aminmax)
def aminmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The smallest and the largest."""
    dims = _dims(input, dim)
    return amin(input, dims, keepdim), amax(input, dims, keepdim)


@composition(extremes._max_of_all)
def max_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The largest; equal ones share the gradient."""
    return amax(input)


@composition(extremes._min_of_all)
def min_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The smallest; equal ones share the gradient."""
    return amin(input)


def _at(input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Tensor:
    """The elements at known places along `dim`."""
    if not input.ndim:
        return input.clone()
    picked = input.gather(dim, indices if keepdim else indices.unsqueeze(dim))
    return picked if keepdim else picked.squeeze(dim)


@composition(extremes._max)
def max_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the largest, the first of equals."""
    return _at(input, input.argmax(dim, keepdim), dim, keepdim)


@composition(extremes._min)
def min_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the smallest, the first of equals."""
    return _at(input, input.argmin(dim, keepdim), dim, keepdim)
