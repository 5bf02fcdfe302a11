"""Convolutions and their transposed forms."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer, lazy
from parity.specs.conv import DIMS, ORDER, WIDER, conv, conv_transpose, numbers
from parity.strategies import DIFFERENTIABLE, Call, Draw

MODES = ("zeros", "reflect", "replicate", "circular")


def convolution(spatial: int) -> Callable[[Draw], Drawn]:
    """An operation's call, its weight given as the numbers of channels and the size of the kernel."""

    def draw(d: Draw) -> Drawn:
        input, weight, bias, stride, padding, dilation, groups = conv(spatial)(d).args
        if 0 in input.shape and d.dtype not in DIFFERENTIABLE:
            input.array = input.array.astype("float32")  # of no items torch takes any dtype
        kernel = weight.shape[2:] if d.flag() or len(set(weight.shape[2:])) > 1 else weight.shape[2]
        made = Call(
            weight.shape[1] * groups, weight.shape[0], kernel, stride, padding, dilation, groups, bias is not None
        )
        if d.flag():
            made += Call(padding_mode="mirror" if d.fault() else d.pick(*MODES))
        return made, Call(input)

    return draw


def transposed(spatial: int) -> Callable[[Draw], Drawn]:
    """As `convolution`; of the output either the padding is given, or in the call its size."""

    def draw(d: Draw) -> Drawn:
        input, weight, bias, stride, padding, more, groups, dilation = conv_transpose(spatial)(d).args
        made = Call(weight.shape[0], weight.shape[1] * groups, weight.shape[2:], stride, padding)
        made += Call(groups=groups, bias=bias is not None, dilation=dilation)
        made += Call(padding_mode="reflect") if d.fault() else Call()
        if d.flag():
            return made + Call(output_padding=more), Call(input)
        slides = (numbers(one, spatial) for one in (stride, padding, dilation))
        each = zip(input.shape[-spatial:], weight.shape[2:], *slides, more, strict=True)
        size = [(n - 1) * s - 2 * p + t * (k - 1) + 1 + m for n, k, s, p, t, m in each]
        size = [*size, 1] if d.fault() else size
        return made, Call(input, output_size=(*input.shape[:-spatial], *size) if d.chance(4) else size)

    return draw


LAYERS = [
    *(Layer(f"Conv{n}d", draw=convolution(n), looser=ORDER, extends=WIDER) for n in DIMS),
    *(Layer(f"LazyConv{n}d", draw=lazy(convolution(n)), lazy=True, looser=ORDER, extends=WIDER) for n in DIMS),
    *(Layer(f"LazyConvTranspose{n}d", draw=lazy(transposed(n)), lazy=True, looser=ORDER, extends=WIDER) for n in DIMS),
    *(Layer(f"ConvTranspose{n}d", draw=transposed(n), looser=ORDER, extends=WIDER) for n in DIMS),
]
