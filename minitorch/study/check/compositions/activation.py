"""The composition of each operation of ops/activation.py."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import activation
from minitorch.study.check.compositions.exponentials import sigmoid
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import logsumexp
from minitorch.study.check.compositions.trigonometry import tanh
from minitorch.tensor import Tensor


@composition(activation.relu)
def relu(input: Tensor) -> Tensor:
    return torch.where(input > 0, input, 0.0)


@composition(activation.hardtanh)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    return torch.where(input <= min_val, min_val, torch.where(input >= max_val, max_val, input))


@composition(activation.leaky_relu)
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return torch.where(input > 0, input, negative_slope * input)


@composition(activation.threshold)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    return torch.where(input > threshold, input, value)


@composition(activation.hardsigmoid)
def hardsigmoid(input: Tensor) -> Tensor:
    return hardtanh(input + 3, 0.0, 6.0) / 6


@composition(activation.hardswish)
def hardswish(input: Tensor) -> Tensor:
    return input * hardsigmoid(input)


@composition(activation.hardshrink)
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return torch.where(input.abs() > lambd, input, 0.0)


@composition(activation.softshrink)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return torch.where(input > lambd, input - lambd, torch.where(input < -lambd, input + lambd, 0.0))


@composition(activation._prelu)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` above 0, `weight * input` elsewhere."""
    return torch.where(input > 0, input, weight * input)


@composition(activation.rrelu_with_noise)
def rrelu_with_noise(input: Tensor, noise: Any) -> Tensor:
    return torch.where(input > 0, input, noise * input)


@composition(activation._elu)
def elu(input: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
    below = torch.where(input > 0, 0.0, input)  # where the other branch counts, exp must not overflow
    return scale * torch.where(input > 0, input, alpha * ((input_scale * below).exp() - 1))


@composition(activation._celu)
def celu(input: Tensor, alpha: float) -> Tensor:
    """`elu` whose slope is 1 on both sides of 0."""
    return elu(input, alpha, 1.0, 1 / alpha)


@composition(activation.gelu)
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    if approximate == "none":
        return input * (1 + (input / math.sqrt(2)).erf()) / 2
    return input * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input))) / 2


@composition(activation.silu)
def silu(input: Tensor) -> Tensor:
    return input * sigmoid(input)


@composition(activation.softplus)
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    straight = beta * input > threshold
    bent = (1 + torch.where(straight, 0.0, beta * input).exp()).log() / beta
    return torch.where(straight, input, bent)


@composition(activation.mish)
def mish(input: Tensor) -> Tensor:
    return input * tanh(softplus(input))


@composition(activation.logsigmoid)
def logsigmoid(input: Tensor) -> Tensor:
    return -softplus(-input)


@composition(activation._glu)
def glu(first: Tensor, second: Tensor) -> Tensor:
    """The first half, let through by the second."""
    return first * sigmoid(second)


@composition(activation._softmax)
def softmax(input: Tensor, dim: int) -> Tensor:
    """Powers of e over their sum; the largest is taken off first, which changes no quotient."""
    powers = (input - input.amax(dim, keepdim=True).detach()).exp()
    return powers / powers.sum(dim, keepdim=True)


@composition(activation._log_softmax)
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of softmax."""
    return input - logsumexp(input, dim, keepdim=True)
