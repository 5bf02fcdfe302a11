"""The composition of each operation of ops/norm.py."""

from __future__ import annotations

from collections.abc import Sequence

import minitorch as torch
from minitorch.ops import norm
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.totals import mean
from minitorch.study.check.compositions.vector_norms import vector_norm
from minitorch.tensor import Tensor


def _normalised(input: Tensor, dims: Sequence[int], eps: float) -> Tensor:
    """Less the mean over the dimensions, over the root of the variance."""
    gaps = input - mean(input, dims, True)
    return gaps / (mean(gaps * gaps, dims, True) + eps).sqrt()


def _affine(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Sequence[int]) -> Tensor:
    if weight is not None:
        out = out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


@composition(norm._batch_norm)
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """Each channel by its own statistics in training, else by the running ones."""
    channels = (1, -1, *[1] * (input.ndim - 2))
    if training:
        out = _normalised(input, [each for each in range(input.ndim) if each != 1], eps)
    else:
        assert running_mean is not None and running_var is not None
        out = (input - running_mean.reshape(channels)) / (running_var.reshape(channels) + eps).sqrt()
    return _affine(out, weight, bias, channels)


@composition(norm._layer_norm)
def layer_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, dims: int, eps: float) -> Tensor:
    """The last dimensions by their own statistics."""
    last = input.shape[input.ndim - dims :]
    return _affine(_normalised(input, [*range(-dims, 0)], eps), weight, bias, last)


@composition(norm._group_norm)
def group_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, num_groups: int, eps: float) -> Tensor:
    """Groups of channels by their own statistics."""
    groups = input.reshape(input.shape[0], num_groups, -1)
    out = _normalised(groups, [2], eps).reshape(input.shape)
    return _affine(out, weight, bias, (1, -1, *[1] * (input.ndim - 2)))


@composition(norm._rms_norm)
def rms_norm(input: Tensor, weight: Tensor | None, dims: int, eps: float) -> Tensor:
    """Over the root of the mean square."""
    out = input / (mean(input * input, [*range(-dims, 0)], True) + eps).sqrt()
    return _affine(out, weight, None, input.shape[input.ndim - dims :])


@composition(norm._neighbour_sum)
def neighbour_sum(input: Tensor, before: int, after: int) -> Tensor:
    """For each channel the sum of those around it."""
    channels = input.shape[1]
    around = [range(max(0, k - before), min(channels, k + after + 1)) for k in range(channels)]
    return torch.stack([_total(input.select(1, near) for near in each) for each in around], 1)


@composition(norm._weight_norm_interface)
def weight_norm_interface(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    others = [each for each in range(v.ndim) if each != dim]
    return v * (g / vector_norm(v, 2, others, True)) if others else v * (g / v.abs())
