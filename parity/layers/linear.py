"""Linear layers, distances, and layers that change the shape."""

from __future__ import annotations

import math
from typing import Any

from parity.layer import Drawn, Layer, lazy, like
from parity.specs.loss import fitting
from parity.specs.resample import POSITIONS, WIDER, channels, fold, interpolate, shuffle, unfold, unshuffle
from parity.strategies import Call, Draw


def linear(d: Draw) -> Drawn:
    """Features of any batch, of none, or of no items; when errors are tried, a wrong number of them."""
    features = d.integer(1, 4)
    input = d.tensor((*d.shape(max_dims=3), features + (1 if d.fault() else 0)))
    return Call(features, d.integer(1, 4)) + d.some(bias=(True, False)), Call(input)


def bilinear(d: Draw) -> Drawn:
    """Two inputs of the same batch."""
    first, second, lead = d.integer(1, 3), d.integer(1, 3), d.shape(max_dims=2)
    made = Call(first, second, d.integer(1, 3)) + d.some(bias=(True, False))
    other = (*lead, 5) if d.fault() else lead
    return made, Call(d.tensor((*lead, first)), d.tensor((*other, second + (1 if d.fault() else 0))))


def anything(d: Draw) -> Drawn:
    """Arguments that nobody looks at."""
    return Call(*d.pick((), (54, "of any kind"))) + d.some(unused=0.1), Call(d.tensor())


def pairs(d: Draw) -> Drawn:
    """Vectors and the order of their distance."""
    shape = d.shape(min_dims=1, max_dims=2, min_side=1)
    made = d.some(p=(1.0, 2.0, 3.0, float("inf")), eps=1e-3, keepdim=(True, False))
    return made, Call(d.tensor(shape), d.tensor(fitting(d, shape)))


def angles(d: Draw) -> Drawn:
    """Vectors along a dimension."""
    shape = d.shape(min_dims=1, max_dims=3, min_side=1)
    made = Call(dim=d.dim(len(shape))) + d.some(eps=1e-3)
    return made, Call(d.tensor(shape), d.tensor((*shape[:-1], 7) if d.fault() else shape))


def flatten(d: Draw) -> Drawn:
    """From one dimension to another, which may not lie behind it."""
    input = d.tensor()
    ends = sorted(d.dim(input.ndim) % max(input.ndim, 1) for _ in range(2))
    if d.fault():
        ends = d.pick([ends[1] + 1, ends[0]], [0, input.ndim + 2])
    return Call(*ends) if d.flag() else Call(), Call(input)


def unflatten(d: Draw) -> Drawn:
    """A dimension as a product, one of its factors perhaps left to be found."""
    sizes = d.shape(min_dims=1, max_dims=3, min_side=1)
    before, after = d.shape(max_dims=2), d.shape(max_dims=1)
    count = math.prod(sizes)
    given = (-1, *sizes[1:]) if d.flag() else sizes
    if d.fault():
        given = d.pick((-1, *sizes, -1), (*sizes, 2), ())
    dim = len(before) if d.flag() else -1 - len(after)
    return Call(7 if d.fault() else dim, given), Call(d.tensor((*before, count, *after)))


def upsample(d: Draw) -> Drawn:
    """Any mode, to a size or by a factor."""
    call = interpolate(d)
    return Call(**call.kwargs), Call(*call.args)


def upsample_2d(d: Draw) -> Drawn:
    """Images, to a size or by a factor."""
    d.mixed = False
    size: Any = d.pick(5, (3, 4), 1)
    factor: Any = d.pick(2, 1.5, (2, 1.5))
    made = d.pick(Call(size=size), Call(scale_factor=factor), Call(size))
    shape = d.pick((2, 3), (2, 1, 2, 2, 2)) if d.fault() else (d.integer(1, 2), d.integer(1, 2), d.integer(1, 4), 3)
    # torch interpolates bytes, too, minitorch not.
    return made, Call(d.tensor(shape, None if d.dtype != "uint8" else "float32"))


LAYERS = [
    Layer("Linear", draw=linear),
    Layer("LazyLinear", draw=lazy(linear), lazy=True),
    Layer("Bilinear", draw=bilinear),
    Layer("Identity", draw=anything),
    Layer("PairwiseDistance", draw=pairs),
    Layer("CosineSimilarity", draw=angles),
    Layer("Flatten", draw=flatten),
    Layer("Unflatten", draw=unflatten),
    Layer("Fold", draw=like(1, fold), extends=WIDER),
    Layer("Unfold", draw=like(1, unfold), extends=WIDER),
    Layer("PixelShuffle", draw=like(1, shuffle)),
    Layer("PixelUnshuffle", draw=like(1, unshuffle)),
    Layer("ChannelShuffle", draw=like(1, channels)),
    Layer("Upsample", draw=upsample, looser=POSITIONS),
    Layer("UpsamplingNearest2d", draw=upsample_2d),
    Layer("UpsamplingBilinear2d", draw=upsample_2d, looser=POSITIONS),
]
