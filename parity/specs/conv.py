"""Convolution and its transposed form, over one to three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.spec import Spec
from parity.strategies import ALL, FINITE, Call, Domain, Draw
from parity.tolerance import Looser

# torch's kernel for convolution knows all but bools; that for the transposed one only floats and int64.
NUMBERS = tuple(dtype for dtype in ALL if dtype != "bool")
FEW = Domain("sums of products stay exact integers in every dtype", low=-2.0, high=2.0)
ORDER = Looser(20, "sums of many products, which the engines add in different orders")
WIDER = "integers, for which torch lacks a kernel when the kernel is dilated or the convolution transposed"


def per_dim(d: Draw, spatial: int, low: int, high: int) -> Any:
    """One number, or one for each dimension."""
    if d.flag():
        return d.integer(low, high)
    return tuple(d.integer(low, high) for _ in range(spatial))


def numbers(value: Any, spatial: int) -> tuple[int, ...]:
    """The number for each dimension."""
    return value if isinstance(value, tuple) else (value,) * spatial


def conv(spatial: int) -> Callable[[Draw], Call]:
    """Input, weight, perhaps a bias, and options that fit; when errors are tried, perhaps not."""

    def draw(d: Draw) -> Call:
        d.mixed = False
        groups = d.pick(1, 1, 2, 3)
        kernel = tuple(d.integer(1, 3) for _ in range(spatial))
        # torch's float16 kernel for dilated windows now and then ends the process.
        stride, dilation = per_dim(d, spatial, 1, 3), 1 if d.dtype == "float16" else per_dim(d, spatial, 1, 2)
        padding: Any = per_dim(d, spatial, 0, 2)
        span = [k + (k - 1) * (s - 1) for k, s in zip(kernel, numbers(dilation, spatial), strict=True)]
        size = [s + d.integer(0, 3) for s in span]
        if d.chance(5):
            stride, padding = 1, d.pick("same", "valid")
        inner, outer = d.integer(1, 2), groups * d.integer(1, 2)
        channels = groups * inner + (1 if d.fault() else 0)
        if d.fault():
            size = [1] * spatial
        if d.fault():
            stride, padding, dilation = d.pick((0, 0, 1), (1, -1, 1), (1, 0, 0), ((1, 1, 1, 1), 0, 1), (1, "some", 1))
        batch = () if d.chance(4) else (d.integer(0 if d.chance(6) else 1, 3),)
        input, weight = d.tensor((*batch, channels, *size)), d.tensor((outer, inner, *kernel))
        bias = d.pick(None, d.tensor((outer + (1 if d.fault() else 0),)))
        return Call(input, weight, bias, stride, padding, dilation, d.pick(0, 2) if d.fault() else groups)

    return draw


def conv_transpose(spatial: int) -> Callable[[Draw], Call]:
    """As `conv`, for the transposed one."""

    def draw(d: Draw) -> Call:
        d.mixed = False
        groups = d.pick(1, 1, 2)
        kernel = tuple(d.integer(1, 3) for _ in range(spatial))
        stride, dilation, padding = (per_dim(d, spatial, low, high) for low, high in ((1, 3), (1, 2), (0, 1)))
        dilation = 1 if d.dtype == "float16" else dilation
        steps = [max(each) for each in zip(numbers(stride, spatial), numbers(dilation, spatial), strict=True)]
        more = tuple(d.integer(0, step - (0 if d.fault() else 1)) for step in steps)
        size = [d.integer(3, 5) for _ in range(spatial)]  # of an empty output torch is of two minds
        inner, outer = d.integer(1, 2), d.integer(1, 2)
        batch = () if d.chance(4) else (d.integer(1, 3),)
        channels = groups * inner + (1 if d.fault() else 0)
        input, weight = d.tensor((*batch, channels, *size)), d.tensor((groups * inner, outer, *kernel))
        bias = d.pick(None, d.tensor((groups * outer + (1 if d.fault() else 0),)))
        return Call(input, weight, bias, stride, padding, more, groups, dilation)

    return draw


def convolution(d: Draw) -> Call:
    """The call that all others come down to."""
    spatial = d.integer(1, 2)
    if d.flag():
        call = conv_transpose(spatial)(d)
        input, weight, bias, stride, padding, more, groups, dilation = call.args
    else:
        call = conv(spatial)(d)
        input, weight, bias, stride, padding, dilation, groups = call.args
        more = None
    if input.ndim != spatial + 2 or isinstance(padding, str):
        input, padding = d.tensor((2, *weight.shape[:1], *(6,) * spatial)), 0
    lists = [list(numbers(each, spatial)) for each in (stride, padding, dilation)]
    return Call(input, weight, bias, *lists, more is not None, list(more or (0,) * spatial), groups)


DIMS = (1, 2, 3)
SPECS = [
    *(Spec(f"conv{n}d", call=conv(n), dtypes=NUMBERS, domain=FEW, looser=ORDER, extends=WIDER,
           aliases=(f"nn.functional.conv{n}d",))
      for n in DIMS),
    *(Spec(f"conv_transpose{n}d", call=conv_transpose(n), dtypes=("float32", "float64", "int64"), domain=FEW,
           looser=ORDER, extends=WIDER, aliases=(f"nn.functional.conv_transpose{n}d",)) for n in DIMS),
    Spec("convolution", call=convolution, dtypes=("float32", "float64"), domain=FINITE, looser=ORDER,
         extends=WIDER),
]  # fmt: skip
