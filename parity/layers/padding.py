"""Padding."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer
from parity.strategies import Call, Draw

DIMS = (1, 2, 3)
MOST = {"Reflection": -1, "Replication": 1, "Circular": 0, "Constant": 1, "Zero": 1}
"""How much wider than the side the padding may be."""


def pad(mode: str, spatial: int) -> Callable[[Draw], Drawn]:
    """A batch of images, or one, with one amount or one for each side, some of them negative."""

    def draw(d: Draw) -> Drawn:
        lead = () if d.fault() else d.pick((2,), (2, 3), (1, 2))
        sides = [d.integer(2, 4) for _ in range(spatial)]
        most = [min(side + MOST[mode], 2) for side in sides]
        amounts = [
            d.integer(-1 if side > 2 else 0, top)
            for side, top in zip(sides[::-1], most[::-1], strict=True)
            for _ in "lr"
        ]
        if mode == "Circular":
            # What goes round is cut off first, and must be enough.
            amounts = [max(amount, 0) for amount in amounts]
        if d.fault():
            # Over three dimensions, or going round, torch cuts off more than there is, and gives what is not there.
            too_little = [[-5, *amounts[1:]]] if spatial < 3 and mode != "Circular" else []
            amounts = d.pick([*amounts, 1], [9] * len(amounts), *too_little)
        padding = max(0, min(most)) if d.flag() else tuple(amounts)
        made = Call(padding)
        if mode == "Constant":
            made += Call() if d.fault() else Call(d.pick(1.5, 0, 2))
        return made, Call(d.tensor((*lead, *sides)))

    return draw


LAYERS = [Layer(f"{mode}Pad{n}d", draw=pad(mode, n)) for mode in MOST for n in DIMS]
