"""How many floating point operations an operation takes, of those that torch has a formula for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Shape = Sequence[int]


def _elementwise(shapes: Sequence[Shape], out: Shape) -> int:
    return math.prod(shapes[0])  # the first operand's elements, as torch counts: what broadcasting repeats is not in it


def _product(shapes: Sequence[Shape], out: Shape) -> int:
    left, right = shapes[-2:]
    return 2 * math.prod(out) * left[-1] if len(right) > 1 else 0


def _linear(shapes: Sequence[Shape], out: Shape) -> int:
    return 2 * math.prod(out) * shapes[0][-1]


def _convolution(shapes: Sequence[Shape], out: Shape) -> int:
    return 2 * math.prod(out) * math.prod(shapes[1][1:])


_FORMULAS: dict[str, Callable[[Sequence[Shape], Shape], int]] = {
    "aten::add": _elementwise,
    "aten::mul": _elementwise,
    "aten::mm": _product,
    "aten::bmm": _product,
    "aten::matmul": _product,
    "aten::addmm": _product,
    "aten::baddbmm": _product,
    "aten::linear": _linear,
    "aten::conv2d": _convolution,
}


def flops_of(name: str, tensors: Sequence[Any], result: Any) -> int:
    """The count for an operation of these tensors, in their order; 0 where there is no formula."""
    formula = _FORMULAS.get(name)
    return 0 if formula is None or not tensors else formula([each.shape for each in tensors], result.shape)
