"""Normalization by the statistics of a batch, of an item or of some of its dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch.ops import norm
from minitorch.tensor import Tensor


def _check_running(running_mean: Tensor | None, running_var: Tensor | None) -> None:
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Every channel of (N, C, ...) brought to mean 0 and variance 1, times `weight` (C), plus `bias` (C).

    In training by its own statistics, which the running ones follow; else by these. Raises ValueError in training for
    a channel of one value.
    """
    if training:
        _check_running(running_mean, running_var)
        size = input.size()
        if size.numel() == size[1]:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")
    return norm.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, False)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Every channel of every item of (N, C, ...) brought to mean 0 and variance 1, times `weight`, plus `bias`."""
    if use_input_stats:
        size = input.size()
        if math.prod(size[2:]) == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")
        _check_running(running_mean, running_var)
    return norm.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The last dimensions, `normalized_shape`, brought to mean 0 and variance 1, times `weight`, plus `bias`."""
    return norm.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """`num_groups` of channels in each item of (N, C, ...) brought to mean 0 and variance 1.

    Raises ValueError where a group has one value only.
    """
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    size = list(input.size())
    if size[0] * size[1] // num_groups * math.prod(size[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")
    return norm.group_norm(input, num_groups, weight, bias, eps)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The last dimensions, `normalized_shape`, over the root of their mean square, times `weight`."""
    return norm.rms_norm(input, normalized_shape, weight, eps)
