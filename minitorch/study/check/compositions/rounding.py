"""The composition of each operation of ops/rounding.py: what follows the decimal point."""

from __future__ import annotations

from minitorch.ops import rounding
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(rounding.frac)
def frac(input: Tensor) -> Tensor:
    return input - input.trunc()
