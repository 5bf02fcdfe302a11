"""Pooling: the maximum, the mean or the norm of windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.spec import Spec
from parity.strategies import DISTINCT, POSITIVE, REALS, SMOOTH, Call, Domain, Draw, Input
from parity.tolerance import Looser

F = "nn.functional."
DIMS = (1, 2, 3)
FLOATS = ("float32", "float64", "float16")
TIES = Domain("often equal: the first of the largest gets the gradient", low=-2.0, high=2.0, whole=True)
WIDER = "pooling of dtypes for which torch has no kernel"


def image(d: Draw, spatial: int, low: int = 1, high: int = 6) -> Input:
    """(N, C, ...) or (C, ...); when errors are tried, perhaps of other dimensions."""
    lead = d.pick((), (2, 2, 2)) if d.fault() else d.pick((2,), (2, 3), (1, 1))
    return d.tensor((*lead, *(d.integer(low, high) for _ in range(spatial))))


def per_dim(d: Draw, spatial: int, low: int, high: int) -> Any:
    """One number, or one for each dimension."""
    return d.integer(low, high) if d.flag() else tuple(d.integer(low, high) for _ in range(spatial))


def numbers(value: Any, spatial: int) -> tuple[int, ...]:
    """The number for each dimension."""
    return value if isinstance(value, tuple) else (value,) * spatial


def window(d: Draw, spatial: int, dilated: bool) -> Call:
    """kernel_size, and perhaps stride, padding, ceil_mode; a dilated window never lies outside as a whole."""
    kernel: Any = per_dim(d, spatial, 1, 3)
    if d.fault():
        return Call(d.pick(0, 9, (2, 2, 2, 2)))
    call = Call(kernel)
    if d.flag():
        call += Call(stride=d.pick(0, (1, 1, 1, 1)) if d.fault() else per_dim(d, spatial, 1, 3))
    if dilated and d.chance(3):
        return call + Call(dilation=0 if d.fault() else per_dim(d, spatial, 1, 2))
    if d.flag():
        half = tuple(k // 2 for k in numbers(kernel, spatial))
        call += Call(padding=d.pick(-1, 3) if d.fault() else d.pick(half, 0))
    return call + d.some(ceil_mode=(True, False))


def max_pool(spatial: int, indices: bool = False) -> Callable[[Draw], Call]:
    """A max pool, perhaps with its indices."""

    def draw(d: Draw) -> Call:
        call = Call(image(d, spatial, 3)) + window(d, spatial, True)
        return call + d.some(return_indices=(True, False)) if indices else call

    return draw


def avg_pool(spatial: int) -> Callable[[Draw], Call]:
    """An average pool."""

    def draw(d: Draw) -> Call:
        call = Call(image(d, spatial, 3)) + window(d, spatial, False) + d.some(count_include_pad=(True, False))
        return call + d.some(divisor_override=(3, 0 if d.fault() else 1)) if spatial > 1 else call

    return draw


def adaptive(spatial: int, indices: bool = False) -> Callable[[Draw], Call]:
    """An adaptive pool, perhaps with its indices."""

    def draw(d: Draw) -> Call:
        input = image(d, spatial)
        least = 2 if d.mode == "error" else 1  # the mean of all is taken of any number of dimensions
        size: Any = d.integer(least, 5) if d.flag() else tuple(d.integer(least, 5) for _ in range(spatial))
        if spatial > 1 and d.chance(4):
            size = (None, *numbers(size, spatial)[1:])
        call = Call(input, d.pick((1, 2, 3, 4), -1) if d.fault() else size)
        return call + Call(return_indices=d.flag()) if indices else call

    return draw


def lp_pool(spatial: int) -> Callable[[Draw], Call]:
    """A power-average pool."""
    # Over one dimension torch takes one number only.
    return lambda d: (
        Call(image(d, spatial, 3), d.pick(2, 3.0, 1), per_dim(d, spatial, 1, 3) if spatial > 1 else d.integer(1, 3))
        + d.some(stride=(1, 2), ceil_mode=(True, False))
    )


def unpool(spatial: int) -> Callable[[Draw], Call]:
    """Values, and places for them of which no two are equal."""

    def draw(d: Draw) -> Call:
        size = tuple(d.integer(1, 3) for _ in range(spatial))
        kernel = d.integer(2, 3)
        lead = d.pick((2,), (2, 3))
        large = int(np.prod([side * kernel for side in size]))
        places = np.argsort(d.rng.random((*lead, large)), axis=-1)[..., : int(np.prod(size))].reshape(*lead, *size)
        if d.fault():
            places = places + large
        indices = d.given(places, False, "int32" if d.fault() else "int64")
        indices.layout = "plain"  # torch has no gradient for other layouts
        call = Call(d.tensor((*lead, *size)), indices, kernel)
        if d.chance(3):
            call += Call(output_size=tuple(side * kernel + 1 + (9 if d.fault() else 0) for side in size))
        return call

    return draw


def fractional(spatial: int, indices: bool = True) -> Callable[[Draw], Call]:
    """A fractional max pool, its windows drawn or given."""

    def draw(d: Draw) -> Call:
        input = image(d, spatial, 3, 7)
        sides = input.shape[-spatial:]
        kernel: Any = d.pick(9, (2, 2, 2, 2)) if d.fault() else d.pick(1, 2, (2, 1, 2)[-spatial:])
        room = tuple(side - k + 3 - spatial for side, k in zip(sides, numbers(kernel, spatial), strict=False))
        call = Call(input, kernel)
        if d.chance(3):
            ratios = tuple(0.99 if d.fault() else float(d.rng.uniform(0.34, 0.5)) for _ in sides)
            call += Call(output_ratio=ratios)
        else:
            size: Any = max(1, min(room)) if d.flag() else tuple(d.integer(1, max(1, each)) for each in room)
            call += Call(output_size=d.pick(8, (1, 1, 1, 1)) if d.fault() else size)
        if d.flag():
            batch = input.shape[0] if input.ndim == spatial + 2 else 1
            channels = input.shape[-spatial - 1] if input.ndim > spatial else 1
            shape = (batch, channels + (1 if d.fault() else 0), spatial + (1 if d.fault() else 0))
            call += Call(_random_samples=d.given(d.rng.random(shape), False, "int64" if d.fault() else input.dtype))
        return call + d.some(return_indices=(True, False)) if indices else call

    return draw


UNDIVIDED = Looser(4, "up to 27 terms that cancel are added up in another order, and not always divided by so many")

SPECS = [
    *(Spec(f"max_pool{n}d", call=max_pool(n), grad=TIES, extends=WIDER) for n in DIMS),
    *(Spec(F + f"max_pool{n}d", call=max_pool(n, True), grad=DISTINCT, extends=WIDER) for n in DIMS),
    Spec("max_pool1d_with_indices", call=max_pool(1), grad=DISTINCT, extends=WIDER),
    Spec("avg_pool1d", call=avg_pool(1), aliases=(F + "avg_pool1d",), domain=SMOOTH),
    *(Spec(F + f"avg_pool{n}d", call=avg_pool(n), domain=SMOOTH, extends=WIDER, looser=UNDIVIDED) for n in (2, 3)),
    Spec("adaptive_avg_pool1d", call=adaptive(1), aliases=(F + "adaptive_avg_pool1d",), dtypes=FLOATS, domain=SMOOTH),
    *(Spec(F + f"adaptive_avg_pool{n}d", call=adaptive(n), dtypes=FLOATS, domain=SMOOTH) for n in (2, 3)),
    Spec("adaptive_max_pool1d", call=adaptive(1), dtypes=FLOATS, domain=TIES, grad=DISTINCT),
    *(Spec(F + f"adaptive_max_pool{n}d", call=adaptive(n, True), dtypes=FLOATS, domain=TIES, grad=DISTINCT)
      for n in DIMS),
    *(Spec(F + f"lp_pool{n}d", call=lp_pool(n), domain=POSITIVE, grad=POSITIVE, dtypes=FLOATS[:2],
           extends=WIDER)
      for n in DIMS),
    *(Spec(F + f"fractional_max_pool{n}d", call=fractional(n), dtypes=FLOATS, domain=TIES, grad=DISTINCT, seeded=True)
      for n in (2, 3)),
    *(Spec(F + f"fractional_max_pool{n}d_with_indices", call=fractional(n, False), dtypes=FLOATS, grad=DISTINCT,
           seeded=True)
      for n in (2, 3)),
    *(Spec(F + f"max_unpool{n}d", call=unpool(n), domain=REALS, extends=WIDER) for n in DIMS),
]  # fmt: skip
