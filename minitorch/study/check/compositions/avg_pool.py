"""The composition of each operation of ops/avg_pool.py: the mean of what a window meets."""

from __future__ import annotations

from typing import Any

import minitorch as torch
from minitorch.nn import functional
from minitorch.ops.avg_pool import _avg_pool
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape, _taps
from minitorch.tensor import Tensor


@composition(_avg_pool)
def avg_pool(input: Tensor, window: Any, size: Shape, include: bool, divisor: int | None) -> Tensor:
    """The sum of the taps over their number; those of the border count if they are included."""
    total = _total(_taps(input, window.kernel, window, size))
    if divisor is not None:
        return total / divisor
    inside = torch.ones(input.shape[-len(size) :], dtype=input.dtype)
    if include:
        border = [each for p in reversed(window.padding) for each in (p, p)]
        inside = functional.pad(inside, border, value=1.0)
        window = window._replace(padding=(0,) * len(size))
    return total / _total(_taps(inside, window.kernel, window, size))
