"""Activations: the functions between the layers of a network. In kernels, what can be is done in place."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch import special
from minitorch.autograd.op import FLOAT, op
from minitorch.backend import Array
from minitorch.dtypes import dtype as dtype_type
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import wrap_dim
from minitorch.ops.elementwise import _cast, neg, tanh
from minitorch.tensor import Tensor


def _float_only(name: str, input: Array) -> None:
    """Raises torch's error for integers and bools."""
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{from_numpy_dtype(input.dtype).legacy_name}': convert the input to floats"
        )


def _sigmoid(xp: Any, input: Array) -> Array:
    out = xp.exp(-input)
    out += 1
    return xp.reciprocal(out)


# --- straight lines ---------------------------------------------------------------------------------------------------


@op
def relu(xp: Any, input: Array) -> Array:
    """`max(input, 0)`; raises RuntimeError for bools."""
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return xp.maximum(input, 0)


relu.grad(input=lambda xp, g, out: g * (out > 0))


@op
def hardtanh(xp: Any, input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """`input` moved into [min_val, max_val]; raises ValueError when these are the wrong way round."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype.kind == "b":
        raise NotImplementedError("Bool inputs not supported for hardtanh")
    if input.dtype.kind != "f":
        min_val, max_val = int(min_val), int(max_val)
    return xp.minimum(xp.maximum(input, min_val), max_val)


hardtanh.grad(input=lambda xp, g, input, min_val, max_val: g * ((input > min_val) & (input < max_val)))


def relu6(input: Tensor) -> Tensor:
    """`min(max(input, 0), 6)`."""
    result: Tensor = hardtanh(input, 0.0, 6.0)
    return result


@op
def leaky_relu(xp: Any, input: Array, negative_slope: float = 0.01) -> Array:
    """`input` above 0, `negative_slope * input` below."""
    _float_only("leaky_relu_cpu", input)
    if 0 <= negative_slope <= 1:
        return xp.maximum(input, input * negative_slope)
    return xp.where(input > 0, input, input * negative_slope)


leaky_relu.grad(input=lambda xp, g, input, negative_slope: xp.where(input > 0, g, g * negative_slope))


@op
def threshold(xp: Any, input: Array, threshold: float, value: float) -> Array:
    """`input` where it is greater than `threshold`, else `value`."""
    if input.dtype.kind == "b":
        raise NotImplementedError("\"threshold_cpu\" not implemented for 'Bool'")
    bound, other = xp.asarray(threshold).astype(input.dtype), xp.asarray(value).astype(input.dtype)
    return xp.where(input <= bound, other, input)


threshold.grad(input=lambda xp, g, input, threshold: g * ~(input <= threshold))


@op
def hardsigmoid(xp: Any, input: Array) -> Array:
    """`min(max(input + 3, 0), 6) / 6`."""
    _float_only("hardsigmoid_cpu", input)
    return xp.minimum(xp.maximum(input + 3, 0), 6) / 6


hardsigmoid.grad(input=lambda xp, g, input: g * ((input > -3) & (input < 3)) / 6)


@op
def hardswish(xp: Any, input: Array) -> Array:
    """`input * hardsigmoid(input)`."""
    _float_only("hardswish_cpu", input)
    return input * xp.minimum(xp.maximum(input + 3, 0), 6) / 6


def _hardswish_input(xp: Any, g: Any, input: Any) -> Any:
    return xp.where(input <= -3, 0, xp.where(input < 3, g * (input / 3 + 0.5), g))


hardswish.grad(input=_hardswish_input)


@op
def hardshrink(xp: Any, input: Array, lambd: float = 0.5) -> Array:
    """0 where `|input| <= lambd`, else `input`."""
    _float_only("hardshrink_cpu", input)
    return xp.where((input >= -lambd) & (input <= lambd), xp.zeros_like(input), input)


hardshrink.grad(input=lambda xp, g, input, lambd: g * ~((input >= -lambd) & (input <= lambd)))


@op
def softshrink(xp: Any, input: Array, lambd: float = 0.5) -> Array:
    """`input` moved towards 0 by `lambd`, and 0 where it would cross; raises RuntimeError for a negative one."""
    _float_only("softshrink_cpu", input)
    highest = float(xp.finfo(input.dtype).max)
    if not 0 <= lambd <= highest:
        name = from_numpy_dtype(input.dtype).legacy_name
        raise RuntimeError(f"lambda must be in range [0, {highest:g}] for input dtype {name}, but found {lambd:g}")
    return input - xp.minimum(xp.maximum(input, -lambd), lambd)


softshrink.grad(input=lambda xp, g, input, lambd: g * ~((input >= -lambd) & (input <= lambd)))


@op(backward="PreluKernelBackward0")
def _prelu(xp: Any, input: Array, weight: Array) -> Array:
    return xp.where(input > 0, input, weight * input)


_prelu.grad(
    input=lambda xp, g, input, weight: xp.where(input > 0, g, weight * g),
    weight=lambda xp, g, input: xp.where(input > 0, 0, input * g),
)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` above 0, `weight * input` below; one weight, or one for each channel, the second dimension."""
    for position, (name, each) in enumerate((("input", input), ("weight", weight)), 1):
        if not isinstance(each, Tensor):
            raise TypeError(f"prelu(): argument '{name}' (position {position}) must be Tensor, not {type(each).__name__}")
    x, w = input._array, weight._array
    _float_only("prelu_cpu", x)
    if x.dtype != w.dtype:
        names = [from_numpy_dtype(each.dtype).legacy_name for each in (x, w)]
        raise RuntimeError(f"prelu: Type promoting not supported. Got {names[0]} and {names[1]}")
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if w.size != 1:
        if not x.ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim > 1 else 1
        if w.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. "
                f"Found parameter numbers = {w.size} and channel size = {channels}."
            )
    if w.ndim:
        weight = weight.reshape((1, w.size, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (w.size,) * min(x.ndim, 1))
    result: Tensor = _prelu(input, weight)
    return result


@op(backward="RreluWithNoiseBackward0")
def _rrelu_with_noise(xp: Any, input: Array, noise: Array) -> Array:
    """`input * noise` where `input` is not positive; the noise is 1 elsewhere."""
    return input * noise


_rrelu_with_noise.grad(input=lambda xp, g, noise: g * noise)


def rrelu_with_noise(input: Tensor, noise: Tensor) -> Tensor:
    """rrelu in training: `noise`, a slope for every element, is drawn by the caller; above 0 it is not used."""
    positive = input._array > 0
    slopes = Tensor.__new__.__self__ if False else noise
    raise NotImplementedError(positive, slopes)
