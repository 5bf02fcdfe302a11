"""The composition of each operation of ops/padding.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import minitorch as torch
from minitorch.ops import padding
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(padding.constant_pad_nd)
def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """The border put on; a negative one cut off."""
    for k, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = input.ndim - 1 - k
        sizes = [[each if d != dim else max(n, 0) for d, each in enumerate(input.shape)] for n in (low, high)]
        before, after = (torch.full(size, value, dtype=input.dtype) for size in sizes)
        length = input.shape[dim] + low + high
        input = torch.cat([before, input, after], dim).narrow(dim, max(-low, 0), length)
    return input


@composition(padding._pad_from_input)
def pad_from_input(input: Tensor, mode: str, pad: Sequence[int]) -> Tensor:
    """For each place the element that is seen there: beyond the border it is mirrored, repeated or taken round."""
    for k, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = input.ndim - 1 - k
        n = input.shape[dim]
        first, last = max(-low, 0), n - 1 - max(-high, 0)  # where negative amounts have left something
        places = []
        for at in range(-low, n + high):
            if mode == "circular":
                at = first + (at - first) % (last - first + 1)
            elif mode == "replicate":
                at = min(max(at, 0), n - 1)
            else:
                at = n - 1 - abs(n - 1 - abs(at))
            places.append(at)
        input = input.index_select(dim, torch.tensor(places))
    return input
