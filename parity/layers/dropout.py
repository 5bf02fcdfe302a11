"""Dropout: the same mask from the same seed."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer, layers
from parity.strategies import Call, Draw


def dropped(min_dims: int, max_dims: int) -> Callable[[Draw], Drawn]:
    """A tensor, and perhaps a probability, the certain ones too."""

    def draw(d: Draw) -> Drawn:
        input = d.tensor(d.shape(1, 2) if d.fault() else d.shape(min_dims, max_dims))
        made = Call(d.pick(-0.1, 1.5)) if d.fault() else d.some(p=(0.5, 0.2, 0.0, 1.0))
        return made + d.some(inplace=(True, False)), Call(input)

    return draw


LAYERS = [
    *layers("Dropout AlphaDropout", Layer("", draw=dropped(0, 4))),
    Layer("Dropout1d", draw=dropped(2, 3)),
    Layer("Dropout2d", draw=dropped(4, 4)),  # of three dimensions torch warns, and takes it for another shape
    Layer("Dropout3d", draw=dropped(4, 5)),
    Layer("FeatureAlphaDropout", draw=dropped(2, 5)),
]
