"""The composition of each operation of ops/fractional_pool.py."""

from __future__ import annotations

from minitorch.ops.fractional_pool import _fractional_max_pool
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape
from minitorch.tensor import Tensor


@composition(_fractional_max_pool)
def fractional_max_pool(input: Tensor, samples: Tensor, kernel: Shape, size: Shape) -> Tensor:
    """The elements at the places of the maxima, which do not move with them."""
    places = _fractional_max_pool(input.detach(), samples, kernel, size)[1].flatten(-len(size))
    return input.flatten(-len(size)).gather(-1, places).unflatten(-1, size)
