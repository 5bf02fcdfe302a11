"""The composition of each operation of ops/linalg.py: sums of products."""

from __future__ import annotations

from typing import Any

import minitorch as torch
from minitorch.ops import linalg
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(linalg.linear)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    product = torch.matmul(input, weight.mT if weight.ndim == 2 else weight)
    return product if bias is None else product + bias


@composition(linalg.addmm)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (mat1 @ mat2)


@composition(linalg.baddbmm)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (batch1 @ batch2)


@composition(linalg.addbmm)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (batch1 @ batch2).sum(0)


@composition(linalg.addmv)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (mat @ vec)


@composition(linalg.addr)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * vec1.unsqueeze(1) * vec2


@composition(linalg._cross)
def cross(input: Tensor, other: Tensor, dim: int) -> Tensor:
    """The cross product."""
    (a, b, c), (x, y, z) = input.unbind(dim), other.unbind(dim)
    return torch.stack([b * z - c * y, c * x - a * z, a * y - b * x], dim)


@composition(linalg.trace)
def trace(input: Tensor) -> Tensor:
    return input.diagonal().sum()
