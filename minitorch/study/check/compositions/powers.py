"""The composition of each operation of ops/powers.py: roots."""

from __future__ import annotations

from minitorch.ops import powers
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(powers.rsqrt)
def rsqrt(input: Tensor) -> Tensor:
    return 1 / input.sqrt()
