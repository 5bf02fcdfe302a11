"""The composition of each operation of ops/sorting.py: the elements at the places that the order gives."""

from __future__ import annotations

from minitorch.ops import sorting
from minitorch.study.check.compositions.extremes import _at, _shared
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(sorting.sort)
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Tensor:
    """The places do not move with the elements: neither here nor below."""
    return _at(input, input.argsort(dim, descending, stable), dim, True)


@composition(sorting.topk)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Tensor:
    return _at(input, input.detach().topk(k, dim, largest, sorted).indices, dim, True)


@composition(sorting.kthvalue)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Tensor:
    return _at(input, input.detach().kthvalue(k, dim, keepdim).indices, dim, keepdim)


@composition(sorting._median)
def median(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that the median is."""
    return _at(input, input.detach().median(dim, keepdim).indices, dim, keepdim)


@composition(sorting._nanmedian)
def nanmedian(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that the median of numbers is."""
    return _at(input, input.detach().nanmedian(dim, keepdim).indices, dim, keepdim)


@composition(sorting.mode)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Tensor:
    return _at(input, input.detach().mode(dim, keepdim).indices, dim, keepdim)


@composition(sorting._median_all)
def median_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The mean of those that equal it, which share the gradient."""
    return _shared(input, input.detach().median(), None, False)


@composition(sorting._nanmedian_all)
def nanmedian_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The mean of the elements that equal the median of numbers, which share the gradient."""
    return _shared(input, input.detach().nanmedian(), None, False)
