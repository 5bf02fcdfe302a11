"""Gamma numbers, through which gradients flow to their shape."""

from __future__ import annotations

from typing import Any

from minitorch import array_probability
from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.ops._operands import no_derivative
from minitorch.ops.random import _stream


@op(backward="StandardGammaBackward0")
def standard_gamma(xp: Any, input: Array, generator: Any = None) -> Array:
    """A gamma number of rate 1 for each shape in `input`."""
    return _stream(generator, xp).standard_gamma(input)


@op
def _slope(xp: Any, input: Array, sample: Array) -> Array:
    """How much each sample grows with its shape: where the probability of less stays as it is."""
    return array_probability.gamma_slope(input, sample)


standard_gamma.grad(input=lambda xp, g, input, out: g * _slope.on(xp)(input, out))
_slope.grad(input=no_derivative("_standard_gamma_grad"), sample=no_derivative("_standard_gamma_grad"))
