"""Padding."""

from __future__ import annotations

import numpy as np

from parity.spec import Spec
from parity.strategies import Call, Draw, sample


def constant(d: Draw) -> Call:
    """Any tensor, and amounts for some of its last dimensions, some of them negative."""
    input = d.tensor(d.shape(min_side=1, max_side=4))
    count = d.integer(0, input.ndim)
    amounts = [d.integer(-1 if side > 2 else 0, 2) for side in input.shape[::-1][:count] for _ in range(2)]
    if d.fault():
        amounts = d.pick([*amounts, 1], [1] * (2 * input.ndim + 2), [-9, 0])
    return Call(input, d.pick(list, tuple)(amounts))


def constant_pad_nd(d: Draw) -> Call:
    """The operation, which takes the value by position."""
    return constant(d) + (Call(d.pick(1.5, 2, 0)) if d.flag() else Call())


def pad(d: Draw) -> Call:
    """Any of the modes."""
    mode = d.pick("constant", "reflect", "replicate", "circular")
    if mode == "constant":
        return constant(d) + d.some(mode=mode, value=(1.5, None, 2))
    spatial = d.integer(1, 3)
    sides = [d.integer(2, 4) for _ in range(spatial)]
    input = d.tensor((*d.pick((2,), (2, 3), () if d.fault() else (1, 2)), *sides))
    amounts = []
    for side in reversed(sides):
        most = {"reflect": side - 1, "replicate": side + 1, "circular": side}[mode]
        low = d.integer(0, most) if d.chance(4) else d.integer(0, min(most, 2))
        if mode == "circular":
            low = min(low, side - 1)  # what goes round is cut off first, and must be enough
        amounts += [low, d.integer(-1 if side > 2 else 0, min(most, 2)) + (6 if d.fault() else 0)]
    return Call(input, amounts, "mirror" if d.fault() else mode)


TOO_MUCH = ([-5, 2], [-4, 4], [2, -4], [-2, -2], [-3, 1])
"""Of which the last is not."""

_BYTES = sample([1, 2], "uint8")
VALUES = [Call(_BYTES, pad, value) for pad in ([], [-1, 0], [1, 0]) for value in (-1, -1.0, 256, None, "text", "5")]
"""Numbers that a byte does not hold, and what is no number."""

SPECS = [
    Spec(
        "constant_pad_nd",
        call=constant_pad_nd,
        also=[Call(sample(np.ones((2, 3))), pad, 1.5) for pad in TOO_MUCH] + VALUES,
    ),
    Spec("nn.functional.pad", call=pad),
]
