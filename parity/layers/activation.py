"""Activations."""

from __future__ import annotations

from parity.layer import Drawn, Layer, layers
from parity.specs.activation import FAR, KINKS, SIXTH, WEIGHTED, even
from parity.strategies import Call, Draw, Input, options, tensors

IN_PLACE = options(inplace=(True, False))


def last_dim(d: Draw, input: Input) -> Call:
    """A dimension, or none, which makes torch choose one by the number of dimensions."""
    return Call(dim=d.dim(input.ndim)) if d.flag() else Call()


def slopes(d: Draw) -> Drawn:
    """One weight, or one for each channel; when errors are tried, a wrong number of them."""
    input = d.tensor(d.shape())
    channels = input.shape[1] if input.ndim > 1 else 1
    count = d.pick(1, channels + 1 if d.fault() else max(channels, 1))
    return Call(num_parameters=count) + d.some(init=(0.1, -2.0)), Call(input)


def halves(d: Draw) -> Drawn:
    """A tensor that falls in halves along a dimension."""
    call = even(d)
    return Call(*call.args[1:]), Call(call.args[0])


LAYERS = [
    *layers("Sigmoid Tanh Tanhshrink Softsign LogSigmoid", Layer("")),
    *layers("ReLU ReLU6 Hardswish SiLU Mish SELU", Layer("", args=IN_PLACE, domain=KINKS)),
    Layer("Hardsigmoid", args=IN_PLACE, domain=KINKS, looser=SIXTH),
    *layers("ELU CELU", Layer("", args=options(alpha=(2.0, 0.5), inplace=(True, False)), domain=KINKS)),
    Layer("LeakyReLU", args=options(negative_slope=(0.2, 2.0, 0.0), inplace=(True, False)), domain=KINKS),
    Layer("Hardtanh", args=options(min_val=(-2.0, -1), max_val=(0.5, 1), inplace=(True, False)), domain=KINKS),
    Layer("Threshold", args=lambda d, input: Call(d.pick(0.5, 0), d.pick(7.0, -2)) + d.some(inplace=(True, False)),
          domain=KINKS),
    Layer("GELU", args=options(approximate=("none", "tanh"))),
    Layer("Softplus", args=options(beta=(2.0, 0.5, 1), threshold=(1.0, 20)), domain=FAR),
    Layer("Hardshrink", args=options(lambd=(1.0, 0.0)), domain=KINKS),
    Layer("Softshrink", args=options(lambd=(1.0, 0.0)), domain=KINKS),
    Layer("RReLU", args=options(lower=(0.1, 0.2), upper=(0.3, 0.4), inplace=(True, False)), domain=KINKS,
          extends="torch draws no random slopes for float16"),
    Layer("PReLU", draw=slopes, domain=WEIGHTED),
    Layer("GLU", draw=halves),
    *layers("Softmax LogSoftmax Softmin", Layer("", args=last_dim)),
    Layer("Softmax2d", inputs=tensors(1, min_dims=2, max_dims=5)),
]  # fmt: skip
