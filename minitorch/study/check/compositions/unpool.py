"""The composition of each operation of ops/unpool.py: values put back to their places."""

from __future__ import annotations

import math

import minitorch as torch
from minitorch.ops.unpool import _max_unpool
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape
from minitorch.tensor import Tensor


@composition(_max_unpool)
def max_unpool(input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    """Zeros, and the values at their places; one that is put on another takes its place."""
    lead = input.shape[: input.ndim - len(size)]
    flat = torch.zeros((*lead, math.prod(size)), dtype=input.dtype)
    return flat.scatter(-1, indices.reshape(*lead, -1), input.reshape(*lead, -1)).reshape(*lead, *size)
