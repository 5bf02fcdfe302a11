"""The composition of each operation of ops/max_pool.py: the largest of what a window meets."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops.max_pool import _max_pool
from minitorch.study.check.compositions.extremes import max_along
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape, _taps
from minitorch.tensor import Tensor


@composition(_max_pool)
def max_pool(input: Tensor, window: Any, size: Shape) -> Tensor:
    """The largest of the taps, the first one of equals."""
    return max_along(torch.stack([*_taps(input, window.kernel, window, size, -math.inf)], -1), -1)
