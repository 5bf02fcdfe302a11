"""Images at another size or in another layout."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import SMOOTH, Call, Draw
from parity.tolerance import Looser

F = "nn.functional."
FLOATS = ("float32", "float64", "float16")
LINEAR = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}
POSITIONS = Looser(50, "weights from positions that each engine rounds in its own way, in float32 for float32")
WIDER = "folding of integers, for which torch has no kernel"


def interpolate(d: Draw) -> Call:
    """Any mode, to a size or by a factor."""
    d.mixed = False
    spatial = d.integer(1, 3)
    mode = d.pick("nearest", "nearest-exact", "area", *LINEAR[spatial])
    dtype = None if d.dtype != "uint8" else "float32"  # torch interpolates uint8 linearly as well
    input = d.tensor((2, d.integer(1, 2), *(d.integer(1, 5) for _ in range(spatial))), dtype)
    if d.fault():
        mode = d.pick("linear", "trilinear", "any")
    size: Any = d.integer(1, 7) if d.flag() else tuple(d.integer(1, 7) for _ in range(spatial))
    factor: Any = d.pick(2, 1.5, 0.75, 3.0) if d.flag() else tuple(d.pick(1.0, 2.5, 2) for _ in range(spatial))
    how = Call(size=size) if d.flag() or min(input.shape[2:]) < 2 else Call(scale_factor=factor)
    if d.fault():
        how = d.pick(Call(), Call(size=2, scale_factor=2), Call(size=(2,) * (spatial + 1)), Call(size=0))
    if mode in sum(LINEAR.values(), ()) or d.fault():
        how += d.some(align_corners=(True, False))
    elif "scale_factor" in how.kwargs:
        how += d.some(recompute_scale_factor=(True, False))
    if mode in LINEAR[2] or d.fault():
        how += d.some(antialias=(True, False))
    return Call(input, mode=mode) + how


def older(d: Draw) -> Call:
    """The deprecated forms; of floats, as torch interpolates uint8 as well."""
    dtype = None if d.dtype in FLOATS else "float32"
    d.mixed = False
    return Call(d.tensor((2, 1, 3, 2), dtype)) + Call(**d.pick({"size": 5}, {"scale_factor": 2}))


def sliding(d: Draw) -> tuple[Any, Call]:
    """The window, and how it slides."""
    kernel = d.pick(1, 2, (2, 1), (2, 3))
    wrong = d.fault()
    slides = Call(
        dilation=0 if wrong else d.pick(1, 1, (1, 2)), padding=d.pick(0, 1, (1, 0)), stride=d.pick(1, 2, (1, 3))
    )
    return kernel, slides


def unfold(d: Draw) -> Call:
    """Images (N, C, H, W) or (C, H, W) with room for a window."""
    kernel, slides = sliding(d)
    lead = () if d.fault() else d.pick((2,), (2, 3))
    size = (1, 1) if d.fault() else (d.integer(3, 5), d.integer(5, 6))
    return Call(d.tensor((*lead, *size)), kernel) + slides


def fold(d: Draw) -> Call:
    """Columns of as many windows as fit."""
    kernel, slides = sliding(d)
    size = (d.integer(3, 5), d.integer(5, 6))
    pair = {key: value if isinstance(value, tuple) else (value,) * 2 for key, value in slides.kwargs.items()}
    window = kernel if isinstance(kernel, tuple) else (kernel,) * 2
    count = 1
    for k in range(2):
        room = size[k] + 2 * pair["padding"][k] - pair["dilation"][k] * (window[k] - 1) - 1
        count *= room // pair["stride"][k] + 1
    rows = 2 * window[0] * window[1] + (1 if d.fault() else 0)
    return Call(d.tensor((*d.pick((), (2,)), rows, count + (1 if d.fault() else 0))), size, kernel) + slides


def shuffle(d: Draw) -> Call:
    """Channels that become pixels."""
    r = d.integer(1, 3)
    shape = (*d.shape(0, 2, 1, 2), r * r * d.integer(1, 2) + (1 if d.fault() else 0), d.integer(1, 3), d.integer(1, 3))
    return Call(d.tensor(shape[-2:] if d.fault() else shape), d.pick(0, -1) if d.fault() else r)


def unshuffle(d: Draw) -> Call:
    """Pixels that become channels."""
    r = d.integer(1, 3)
    side = r * d.integer(1, 2) + (1 if d.fault() else 0)
    return Call(d.tensor((*d.shape(0, 2, 1, 2), d.integer(1, 2), side, r)), d.pick(0, -1) if d.fault() else r)


def channels(d: Draw) -> Call:
    """Channels in groups."""
    groups = d.integer(1, 3)
    shape = (2, groups * d.integer(1, 2) + (1 if d.fault() else 0), *d.shape(1, 2, 1, 3))
    return Call(d.tensor(shape), 0 if d.fault() else groups)


SPECS = [
    Spec(F + "interpolate", call=interpolate, dtypes=FLOATS, domain=SMOOTH, looser=POSITIONS),
    *each(f"{F}upsample {F}upsample_nearest {F}upsample_bilinear",
          Spec("", call=older,
               dtypes=FLOATS, domain=SMOOTH, looser=POSITIONS)),
    Spec(F + "unfold", call=unfold, extends=WIDER),
    Spec(F + "fold", call=fold, extends=WIDER),
    Spec("pixel_shuffle", call=shuffle, aliases=(F + "pixel_shuffle",)),
    Spec("pixel_unshuffle", call=unshuffle, aliases=(F + "pixel_unshuffle",)),
    Spec("channel_shuffle", call=channels, aliases=(F + "channel_shuffle",)),
]  # fmt: skip
