"""Fusing: a convolution or linear layer that does the batch norm after it as well, in evaluation."""

from __future__ import annotations

import copy
from typing import TypeVar

from minitorch.nn.batchnorm import _BatchNorm
from minitorch.nn.conv import _ConvNd
from minitorch.nn.linear import Linear
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import ones_like, zeros_like
from minitorch.ops.powers import rsqrt
from minitorch.tensor import Tensor

_C = TypeVar("_C", bound=_ConvNd)
_L = TypeVar("_L", bound=Linear)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused layer; `transpose` where the outputs are dimension 1 of the weight."""
    start = zeros_like(bn_rm) if conv_b is None else conv_b
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    scale = rsqrt(bn_rv + bn_eps) * (ones_like(bn_rm) if bn_w is None else bn_w)
    outputs = [1] * conv_w.dim()
    outputs[1 if transpose else 0] = -1
    weight = (conv_w * scale.reshape(outputs)).to(conv_w.dtype)
    bias = ((start - bn_rm) * scale + shift).to(conv_w.dtype if conv_b is None else conv_b.dtype)
    return Parameter(weight, conv_w.requires_grad), Parameter(bias, conv_b is not None and conv_b.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused layer.

    Differs from torch: a batch norm without weight and bias will do.
    """
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _measured(layer: Linear | _ConvNd, bn: _BatchNorm) -> tuple[Tensor, Tensor]:
    """What the batch norm has measured; raises AssertionError for what is not to be fused."""
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return bn.running_mean, bn.running_var


def fuse_conv_bn_eval(conv: _C, bn: _BatchNorm, transpose: bool = False) -> _C:
    """A copy of `conv` that does `bn` as well; raises AssertionError unless both are in evaluation mode."""
    mean, variance = _measured(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, mean, variance, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_linear_bn_eval(linear: _L, bn: _BatchNorm) -> _L:
    """A copy of `linear` that does `bn` as well; raises AssertionError unless both are in evaluation mode and fit."""
    mean, variance = _measured(linear, bn)
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got linear.out_features="
            f"{linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, mean, variance, bn.eps, bn.weight, bn.bias
    )
    return fused
