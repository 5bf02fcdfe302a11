"""The composition of each operation of ops/special.py: the error function's complement."""

from __future__ import annotations

from minitorch.ops import special
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(special.erfc)
def erfc(input: Tensor) -> Tensor:
    return 1 - input.erf()
