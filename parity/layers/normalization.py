"""Normalisation: of batches, instances, layers, groups and neighbours."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer, lazy
from parity.specs.norm import DIVIDED, EPS, ROUNDED, SPREAD, neighbours
from parity.strategies import Call, Draw

STATISTICS = {"affine": (True, False), "track_running_stats": (True, False), "bias": (True, False), "eps": EPS}


def batches(spatial: int) -> Callable[[Draw], Drawn]:
    """A batch of several values a channel; when errors are tried, of one, of other channels or dimensions."""

    def draw(d: Draw) -> Drawn:
        sides = d.shape(spatial, spatial, min_side=1, max_side=3) if spatial > 1 or d.flag() else ()
        channels, lead = d.integer(1, 3), d.integer(2, 4)
        shape = (lead, channels, *sides)
        if d.fault():
            shape = d.pick((1, channels, *(1 for _ in sides)), (lead, channels + 1, *sides), shape[:-1], (*shape, 2, 2))
        made = Call(channels) + d.some(momentum=(None, 0.3, 0.0, 1.0), **STATISTICS)
        return made, Call(d.tensor(shape))

    return draw


def instances(spatial: int) -> Callable[[Draw], Drawn]:
    """A batch of images, or one; when errors are tried, of one pixel, other channels or dimensions."""

    def draw(d: Draw) -> Drawn:
        d.mixed = False  # torch takes running statistics of another dtype where there are no weights, minitorch not
        sides = d.shape(spatial, spatial, min_side=2, max_side=3)
        channels = d.integer(1, 3)
        shape = (*d.pick((2,), (), (1,)), channels, *sides)
        if d.fault():
            shape = d.pick((2, channels, *(1 for _ in sides)), (2, channels + 1, *sides), sides, (2, *shape, 2))
        # None is no momentum that torch takes here.
        return Call(channels) + d.some(momentum=(0.3, 0.0, 1.0), **STATISTICS), Call(d.tensor(shape))

    return draw


def last_dims(**choices: tuple[object, ...]) -> Callable[[Draw], Drawn]:
    """The last dimensions, as one number, a list or a tuple; when errors are tried, others."""

    def draw(d: Draw) -> Drawn:
        input = d.tensor(d.shape(min_dims=1, min_side=1))
        size = input.shape[-d.integer(1, input.ndim) :]
        if d.fault():
            size = d.pick((), (*size, 2), (size[0] + 1, *size[1:]))
        given = size[0] if len(size) == 1 and d.flag() else d.pick(list, tuple)(size)
        return Call(given) + d.some(elementwise_affine=(True, False), **choices), Call(input)

    return draw


def groups(d: Draw) -> Drawn:
    """Channels and a number of groups that divides them, or does not."""
    count, size = d.integer(1, 3), d.integer(1, 3)
    channels = count * size
    input = d.tensor(
        (d.integer(1, 3), channels + (1 if d.fault() else 0), *d.shape(max_dims=3, min_side=2, max_side=3))
    )
    made = Call(count + 1 if d.fault() else count, channels)
    return made + d.some(affine=(True, False), bias=(True, False), eps=EPS), Call(input)


def near(d: Draw) -> Drawn:
    """Channels and how many of them count."""
    call = neighbours(d)
    return Call(*call.args[1:], **call.kwargs), Call(call.args[0])


def across(d: Draw) -> Drawn:
    """Images and a size that reaches over all channels: of a smaller one torch's gradient is that of another window."""
    channels = d.integer(1, 3)
    shape = (d.integer(1, 2), channels, 2, 3)
    made = Call(d.integer(2 * channels, 9)) + d.some(alpha=0.4, beta=0.6, k=2.0)
    return made, Call(d.tensor(shape[1:] if d.fault() else shape))


DIMS = (1, 2, 3)
LAYERS = [
    *(Layer(f"BatchNorm{n}d", draw=batches(n), domain=SPREAD, looser=DIVIDED) for n in DIMS),
    Layer("SyncBatchNorm", draw=batches(2), domain=SPREAD, looser=DIVIDED),
    *(Layer(f"InstanceNorm{n}d", draw=instances(n), domain=SPREAD, looser=DIVIDED) for n in DIMS),
    *(Layer(f"LazyBatchNorm{n}d", draw=lazy(batches(n)), lazy=True, domain=SPREAD, looser=DIVIDED) for n in DIMS),
    *(Layer(f"LazyInstanceNorm{n}d", draw=lazy(instances(n)), lazy=True, domain=SPREAD, looser=DIVIDED) for n in DIMS),
    Layer("LayerNorm", draw=last_dims(bias=(True, False), eps=EPS), domain=SPREAD, looser=ROUNDED),
    Layer("RMSNorm", draw=last_dims(eps=(None, *EPS)), domain=SPREAD, looser=DIVIDED),
    Layer("GroupNorm", draw=groups, domain=SPREAD, looser=ROUNDED),
    Layer("CrossMapLRN2d", draw=across),
    Layer("LocalResponseNorm", draw=near, extends="torch's average pooling has no kernel for integers"),
]
