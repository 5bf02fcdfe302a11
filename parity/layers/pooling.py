"""Pooling and its inverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.layer import Drawn, Layer, like
from parity.specs.pool import DIMS, WIDER, adaptive, avg_pool, fractional, lp_pool, max_pool, unpool
from parity.strategies import DISTINCT, POSITIVE, Call, Draw


def unpooling(spatial: int) -> Callable[[Draw], Drawn]:
    """Values and places; perhaps the size of the output in the call."""

    def draw(d: Draw) -> Drawn:
        call = unpool(spatial)(d)
        values, places, kernel = call.args
        made: Any = kernel if d.flag() else (kernel,) * spatial
        return Call(made) + d.some(stride=kernel), Call(values, places, **call.kwargs)

    return draw


LAYERS = [
    *(Layer(f"MaxPool{n}d", draw=like(1, max_pool(n, indices=True)), domain=DISTINCT, extends=WIDER) for n in DIMS),
    *(Layer(f"AvgPool{n}d", draw=like(1, avg_pool(n)), extends=WIDER) for n in DIMS),
    *(Layer(f"AdaptiveAvgPool{n}d", draw=like(1, adaptive(n)), extends=WIDER) for n in DIMS),
    *(
        Layer(f"AdaptiveMaxPool{n}d", draw=like(1, adaptive(n, indices=True)), domain=DISTINCT, extends=WIDER)
        for n in DIMS
    ),
    *(Layer(f"LPPool{n}d", draw=like(1, lp_pool(n)), domain=POSITIVE, extends=WIDER) for n in DIMS),
    *(Layer(f"FractionalMaxPool{n}d", draw=like(1, fractional(n)), domain=DISTINCT) for n in (2, 3)),
    *(Layer(f"MaxUnpool{n}d", draw=unpooling(n), extends=WIDER) for n in DIMS),
]
