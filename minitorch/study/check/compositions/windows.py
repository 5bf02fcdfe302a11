"""What a window meets as it slides over an image, tap by tap: convolution, pooling and folding are made of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import minitorch as torch
from minitorch.nn import functional
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


def _taps(input: Tensor, kernel: Shape, geometry: Any, size: Shape, border: float = 0.0) -> Iterator[Tensor]:
    """What each tap of the kernel meets at all positions: slices of the input with a border around it."""
    around: list[int] = []
    slides = [*zip(kernel, geometry.stride, geometry.padding, geometry.dilation, size, strict=True)]
    for (k, s, p, d, n), own in zip(slides, input.shape[-len(size) :], strict=True):
        around = [p, max(0, (n - 1) * s + d * (k - 1) + 1 - own - p), *around]
    wide = functional.pad(input, around, value=border)
    for tap in itertools.product(*map(range, kernel)):
        places = [slice(t * d, t * d + (n - 1) * s + 1, s) for t, (_, s, _, d, n) in zip(tap, slides, strict=True)]
        yield wide[(..., *places)]


def _placed(values: Tensor, tap: Shape, geometry: Any, size: Shape) -> Tensor:
    """An image of `size` with the values where the tap lies at each position, zeros elsewhere."""
    slides = zip(tap, geometry.stride, geometry.padding, geometry.dilation, size, strict=True)
    for dim, (t, s, p, d, own) in enumerate(slides, values.ndim - len(size)):
        lead, n, rest = values.shape[:dim], values.shape[dim], values.shape[dim + 1 :]
        gaps = torch.zeros((*lead, n, s - 1, *rest), dtype=values.dtype)
        values = torch.cat([values.unsqueeze(dim + 1), gaps], dim + 1).reshape(*lead, n * s, *rest)
        first = t * d - p
        before = torch.zeros((*lead, max(first, 0), *rest), dtype=values.dtype)
        after = torch.zeros((*lead, max(own - first - n * s, 0), *rest), dtype=values.dtype)
        values = torch.cat([before, values, after], dim).narrow(dim, max(-first, 0), own)
    return values
