"""Activations: the functions between the layers of a network. In kernels, what can be is done in place."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch import array_special
from minitorch.autograd.op import op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, kept
from minitorch.dtypes import NP_FLOAT16, checked_number, from_numpy_dtype, number_operand_dtype
from minitorch.dtypes import dtype as dtype_type
from minitorch.errors import type_name, wrap_dim
from minitorch.fused import fused
from minitorch.ops._reducing import axes_of
from minitorch.ops.arithmetic import neg
from minitorch.ops.copies import cast
from minitorch.ops.exponentials import sigmoid
from minitorch.ops.special import erf
from minitorch.ops.trigonometry import tanh
from minitorch.tensor import Tensor


def _float_only(name: str, input: Array) -> None:
    """Raises torch's error for integers and bools."""
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{from_numpy_dtype(input.dtype).legacy_name}': convert the input to floats"
        )


# --- straight lines ---------------------------------------------------------------------------------------------------


@fused("T values, T slope, bool straight", "T out", "real v = values; out = straight ? v : v * real(slope)")
def _bent(xp: Any, values: Any, slope: Any, straight: Any) -> Any:
    """`values` where `straight`, `slope * values` elsewhere."""
    return kept(xp, values, straight) + kept(xp, values * slope, ~straight)


@op(kinked=True)
def relu(xp: Any, input: Array) -> Array:
    """`max(input, 0)`; raises RuntimeError for bools."""
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return xp.maximum(input, 0)


relu.grad(input=fused("T g, T out", "T slope", "slope = out > 0 ? g : T(0)")(lambda xp, g, out: kept(xp, g, out > 0)))


@op(kinked=True)
def hardtanh(xp: Any, input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """`input` moved into [min_val, max_val]; raises ValueError when these are the wrong way round."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype.kind == "b":
        raise NotImplementedError("Bool inputs not supported for hardtanh")
    if input.dtype.kind == "u" and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    low, high = checked_number(min_val, input.dtype), checked_number(max_val, input.dtype)
    return xp.minimum(xp.maximum(input, low), high)


hardtanh.grad(input=lambda xp, g, input, min_val, max_val: kept(xp, g, (input > min_val) & (input < max_val)))


def relu6(input: Tensor) -> Tensor:
    """`min(max(input, 0), 6)`."""
    result: Tensor = hardtanh(input, 0.0, 6.0)
    return result


@op(kinked=True)
def leaky_relu(xp: Any, input: Array, negative_slope: float = 0.01) -> Array:
    """`input` above 0, `negative_slope * input` below."""
    _float_only("leaky_relu_cpu", input)
    if 0 < negative_slope <= 1:
        return xp.maximum(input, input * negative_slope)
    return xp.where(input > 0, input, input * negative_slope)  # 0 times an infinite input is nan


leaky_relu.grad(input=lambda xp, g, input, negative_slope: _bent(xp, g, negative_slope, input > 0))


@op(kinked=True)
def threshold(xp: Any, input: Array, threshold: float, value: float) -> Array:
    """`input` where it is greater than `threshold`, else `value`."""
    if input.dtype.kind == "b":
        raise NotImplementedError("\"threshold_cpu\" not implemented for 'Bool'")
    for position, (name, each) in enumerate((("threshold", threshold), ("value", value)), 2):
        if not isinstance(each, (int, float)):
            raise TypeError(
                f"threshold(): argument '{name}' (position {position}) must be Number, not {type_name(each)}"
            )
    bound, other = (
        xp.asarray(checked_number(each, number_operand_dtype(input.dtype)), input.dtype) for each in (threshold, value)
    )
    return xp.where(input <= bound, other, input)


threshold.grad(input=lambda xp, g, input, threshold: kept(xp, g, ~(input <= threshold)))


@op
def hardsigmoid(xp: Any, input: Array) -> Array:
    """`min(max(input + 3, 0), 6) / 6`."""
    _float_only("hardsigmoid_cpu", input)
    return _hardsigmoid(xp, input)


_SIX = "real x = input, y = x + 3; y = y < 0 ? 0 : y > 6 ? 6 : y;"
"""`y`: min(max(x + 3, 0), 6)."""


@fused("T input", "T out", _SIX + "out = y / 6")
def _hardsigmoid(xp: Any, input: Array) -> Array:
    return xp.minimum(xp.maximum(input + 3, 0), 6) / 6


hardsigmoid.grad(input=lambda xp, g, input: kept(xp, g, (input > -3) & (input < 3)) / 6)


@op
def hardswish(xp: Any, input: Array) -> Array:
    """`input * hardsigmoid(input)`."""
    _float_only("hardswish_cpu", input)
    return _hardswish(xp, input)


@fused("T input", "T out", _SIX + "out = x * y / 6")
def _hardswish(xp: Any, input: Array) -> Array:
    return input * xp.minimum(xp.maximum(input + 3, 0), 6) / 6


def _hardswish_input(xp: Any, g: Any, input: Any) -> Any:
    return xp.where(input <= -3, 0, xp.where(input < 3, g * (input / 3 + 0.5), g))


hardswish.grad(
    input=fused(
        "T g, T input",
        "T slope",
        "real x = input, h = g; slope = x <= -3 ? real(0) : x < 3 ? h * (x / 3 + real(0.5)) : h",
    )(_hardswish_input)
)


@op(kinked=True)
def hardshrink(xp: Any, input: Array, lambd: float = 0.5) -> Array:
    """0 where `|input| <= lambd`, else `input`."""
    _float_only("hardshrink_cpu", input)
    return xp.where((input >= -lambd) & (input <= lambd), xp.zeros_like(input), input)


hardshrink.grad(input=lambda xp, g, input, lambd: kept(xp, g, ~((input >= -lambd) & (input <= lambd))))


@op(kinked=True)
def softshrink(xp: Any, input: Array, lambd: float = 0.5) -> Array:
    """`input` moved towards 0 by `lambd`, and 0 where it would cross; raises RuntimeError for a negative one."""
    _float_only("softshrink_cpu", input)
    highest = float(xp.finfo(input.dtype).max)
    if not 0 <= lambd <= highest:
        name = from_numpy_dtype(input.dtype).legacy_name
        raise RuntimeError(f"lambda must be in range [0, {highest:g}] for input dtype {name}, but found {lambd:g}")
    return input - xp.minimum(xp.maximum(input, -lambd), lambd)


softshrink.grad(input=lambda xp, g, input, lambd: kept(xp, g, ~((input >= -lambd) & (input <= lambd))))


@op(backward="PreluKernelBackward0", kinked=True)
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
            raise TypeError(f"prelu(): argument '{name}' (position {position}) must be Tensor, not {type_name(each)}")
    x, w = input._array, weight._array
    _float_only("prelu_cpu", x)
    if x.dtype != w.dtype:
        names = [from_numpy_dtype(each.dtype).legacy_name for each in (x, w)]
        raise RuntimeError(f"prelu: Type promoting not supported. Got {names[0]} and {names[1]}")
    if w.size != 1:
        if not x.ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim > 1 else 1
        if w.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. "
                f"Found parameter numbers = {w.size} and channel size = {channels}."
            )
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if w.ndim:
        weight = weight.reshape((1, w.size, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (w.size,) * min(x.ndim, 1))
    result: Tensor = _prelu(input, weight)
    return result


@op(kinked=True)
def rrelu_with_noise(xp: Any, input: Array, noise: Operand) -> Array:
    """`input` above 0, `noise * input` elsewhere: a slope for each element, drawn by the caller, or one for all."""
    _float_only("rrelu_with_noise_out_cpu", input)
    return _bent(xp, input, noise, input > 0)


rrelu_with_noise.grad(input=lambda xp, g, input, noise: _bent(xp, g, noise, input > 0))


# --- curves -----------------------------------------------------------------------------------------------------------


@op(backward="EluBackward0")
def _elu(xp: Any, input: Array, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Array:
    """`scale * input` above 0, `scale * alpha * (exp(input_scale * input) - 1)` below."""
    _float_only("elu_cpu", input)
    return _elu_curve(xp, input, alpha, scale, input_scale)


@fused(
    "T input, float64 alpha, float64 scale, float64 input_scale",
    "T out",
    "real x = input; out = x > 0 ? x * real(scale) : expm1(x * real(input_scale)) * real(alpha * scale)",
)
def _elu_curve(xp: Any, input: Array, alpha: float, scale: float, input_scale: float) -> Array:
    out = xp.expm1(xp.minimum(input, 0) * input_scale)
    out *= alpha * scale
    out += xp.maximum(input, 0) * scale
    return out


def _elu_input(xp: Any, g: Any, input: Any, alpha: float, scale: float, input_scale: float) -> Any:
    positive = input > 0
    negative_part = -relu.on(xp)(-input)
    slope = (alpha * scale * input_scale) * xp.exp(negative_part * input_scale)
    return (g * scale) * positive + g * slope * ~positive


_elu_rule = fused(
    "T g, T input, float64 alpha, float64 scale, float64 input_scale",
    "T slope",
    """
    real x = input, below = exp(x * real(input_scale)) * real(alpha * scale * input_scale);
    slope = real(g) * (x > 0 ? real(scale) : below);
    """,
)(_elu_input)
_elu.grad(input=_elu_rule)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` above 0, `alpha * (exp(input) - 1)` below."""
    result: Tensor = _elu(input, alpha)
    return result


def selu(input: Tensor) -> Tensor:
    """elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al., 2017)."""
    result: Tensor = _elu(input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
    return result


@op(backward="CeluBackward0")
def _celu(xp: Any, input: Array, alpha: float) -> Array:
    return _elu.kernel(xp, input, alpha, 1.0, 1 / alpha)


_celu.grad(input=lambda xp, g, input, alpha: _elu_rule(xp, g, input, alpha, 1.0, 1 / alpha))


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` above 0, `alpha * (exp(input / alpha) - 1)` below; raises RuntimeError for alpha 0."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    result: Tensor = _celu(input, alpha)
    return result


@op
def gelu(xp: Any, input: Array, approximate: str = "none") -> Array:
    """`input` times the normal distribution's probability of a smaller number; "tanh" is a faster formula near it."""
    _float_only("GeluKernelImpl", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _gelu(xp, input) if approximate == "none" else _gelu_by_tanh(xp, input)


_SQRT_HALF, _GELU_SCALE, _GELU_CUBE = math.sqrt(0.5), math.sqrt(2 / math.pi), 0.044715
_DENSITY = 1 / math.sqrt(2 * math.pi)
_GELU_TANH = f"real x = input, t = tanh(real({_GELU_SCALE}) * (x + real({_GELU_CUBE}) * (x * x * x)));"


def _halved(out: Array, input: Array) -> Array:
    """`input * (1 + out) / 2`, in place."""
    out += 1
    out *= 0.5
    out *= input
    return out


@fused("T input", "T out", f"real x = input; out = (1 + erf(x * real({_SQRT_HALF}))) * real(0.5) * x")
def _gelu(xp: Any, input: Array) -> Array:
    return _halved(array_special.erf(input * _SQRT_HALF), input)


@fused("T input", "T out", f"{_GELU_TANH} out = (1 + t) * real(0.5) * x")
def _gelu_by_tanh(xp: Any, input: Array) -> Array:
    return _halved(xp.tanh(_GELU_SCALE * (input + _GELU_CUBE * (input * input * input))), input)


@fused(
    "T g, T input",
    "T slope",
    f"""
    real x = input, density = exp(real(-0.5) * (x * x)) * real({_DENSITY});
    slope = real(g) * (real(0.5) * (1 + erf(x * real({_SQRT_HALF}))) + x * density);
    """,
)
def _gelu_slope(xp: Any, g: Any, input: Any) -> Any:
    """`g * (P(input) + input * p(input))`, the normal distribution's probability and density."""
    density = xp.exp(-0.5 * (input * input)) * _DENSITY
    return g * (0.5 * (1 + erf.on(xp)(input * _SQRT_HALF)) + input * density)


@fused(
    "T g, T input",
    "T slope",
    f"""
    {_GELU_TANH}
    real inner = real({_GELU_SCALE}) * (1 + real({3 * _GELU_CUBE}) * (x * x));
    slope = real(g) * (real(0.5) * (1 + t) + real(0.5) * x * (1 - t * t) * inner);
    """,
)
def _gelu_slope_by_tanh(xp: Any, g: Any, input: Any) -> Any:
    """The same of the formula near it, `input * (1 + tanh(a * (input + b * input**3))) / 2`."""
    square = input * input
    t = xp.tanh(_GELU_SCALE * (input + _GELU_CUBE * (square * input)))
    slope = _GELU_SCALE * (1 + 3 * _GELU_CUBE * square)
    return g * (0.5 * (1 + t) + 0.5 * input * (1 - t * t) * slope)


def _gelu_input(xp: Any, g: Any, input: Any, approximate: str) -> Any:
    return _gelu_slope(xp, g, input) if approximate == "none" else _gelu_slope_by_tanh(xp, g, input)


gelu.grad(input=_gelu_input)


@op
def silu(xp: Any, input: Array) -> Array:
    """`input * sigmoid(input)`."""
    _float_only("silu_cpu", input)
    return _silu(xp, input)


@fused("T input", "T out", "real x = input; out = x / (1 + exp(-x))")
def _silu(xp: Any, input: Array) -> Array:
    out = xp.exp(-input)
    out += 1
    return input / out


def _silu_input(xp: Any, g: Any, input: Any) -> Any:
    s = sigmoid.on(xp)(input)
    return g * (s * (1 + input * (1 - s)))


silu.grad(
    input=fused(
        "T g, T input",
        "T slope",
        "real x = input, s = 1 / (1 + exp(-x)); slope = real(g) * (s * (1 + x * (1 - s)))",
    )(_silu_input)
)


@op
def softplus(xp: Any, input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """`log(1 + exp(beta * input)) / beta`, and `input` itself where `beta * input > threshold`."""
    _float_only("softplus_cpu", input)
    return _softplus(xp, input, beta, threshold)


@fused(
    "T input, float64 beta, float64 threshold",
    "T out",
    "real x = input, z = x * real(beta); out = z > real(threshold) ? x : log1p(exp(z)) / real(beta)",
)
def _softplus(xp: Any, input: Array, beta: float, threshold: float) -> Array:
    z = input * beta
    # exp overflows in float16 below the usual threshold.
    e = xp.exp(z.astype("float32") if input.dtype is NP_FLOAT16 else z)
    return xp.where(z > threshold, input, (xp.log1p(e) / beta).astype(input.dtype))


def _softplus_input(xp: Any, g: Any, input: Any, beta: float, threshold: float) -> Any:
    z = input * beta
    return xp.where(z > threshold, g, g * sigmoid.on(xp)(z))


softplus.grad(
    input=fused(
        "T g, T input, float64 beta, float64 threshold",
        "T slope",
        "real z = real(input) * real(beta), h = g; slope = z > real(threshold) ? h : h / (1 + exp(-z))",
    )(_softplus_input)
)


@op
def mish(xp: Any, input: Array) -> Array:
    """`input * tanh(softplus(input))`."""
    _float_only("mish_cpu", input)
    return _mish(xp, input)


@fused(
    "T input",
    "T out",
    "real x = input, e = exp(x < 20 ? x : real(20)), n = e * (e + 2); out = x * (n / (n + 2))",
)
def _mish(xp: Any, input: Array) -> Array:
    # tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2), which is 1 long before e overflows.
    e = xp.exp(xp.minimum(input, 5 if input.dtype is NP_FLOAT16 else 20))
    n = e * (e + 2)
    return input * (n / (n + 2))


def _mish_input(xp: Any, g: Any, input: Any) -> Any:
    t = xp.tanh(softplus.on(xp)(input, 1.0, 20.0))
    return g * (t + input * (1 - t * t) * sigmoid.on(xp)(input))


mish.grad(
    input=fused(
        "T g, T input",
        "T slope",
        """
        real x = input, t = tanh(x > 20 ? x : log1p(exp(x)));
        slope = real(g) * (t + x * (1 - t * t) * (1 / (1 + exp(-x))));
        """,
    )(_mish_input)
)


@op(backward="LogSigmoidBackward0", ordered=True)
def logsigmoid(xp: Any, input: Array) -> Array:
    """`log(sigmoid(input))` without overflow."""
    _float_only("log_sigmoid_cpu", input)
    return _logsigmoid(xp, input)


@fused("T input", "T out", "real x = input; out = (x < 0 ? x : real(0)) - log1p(exp(-fabs(x)))")
def _logsigmoid(xp: Any, input: Array) -> Array:
    return xp.minimum(input, 0) - xp.log1p(xp.exp(-xp.absolute(input)))


logsigmoid.grad(
    input=fused("T g, T input", "T slope", "slope = real(g) / (1 + exp(real(input)))")(
        lambda xp, g, input: g * sigmoid.on(xp)(-input)
    )
)


def softsign(input: Tensor) -> Tensor:
    """`input / (1 + |input|)`."""
    result: Tensor = input / (abs(input) + 1)
    return result


def tanhshrink(input: Tensor) -> Tensor:
    """`input - tanh(input)`."""
    result: Tensor = input - tanh(input)
    return result


@op(backward="GluBackward0")
def _glu(xp: Any, first: Array, second: Array) -> Array:
    _float_only("glu_cpu", first)
    return first * sigmoid.kernel(xp, second)


def _glu_second(xp: Any, g: Any, first: Any, second: Any) -> Any:
    s = sigmoid.on(xp)(second)
    return g * (first * (s * (1 - s)))


_glu.grad(
    first=lambda xp, g, second: g * sigmoid.on(xp)(second),
    second=fused(
        "T g, T first, T second",
        "T slope",
        "real s = 1 / (1 + exp(-real(second))); slope = real(g) * (real(first) * (s * (1 - s)))",
    )(_glu_second),
)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along `dim` times the sigmoid of the second; raises RuntimeError for an odd size."""
    if not input.ndim:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    result: Tensor = _glu(input.narrow(dim, 0, size // 2), input.narrow(dim, size // 2, size // 2))
    return result


# --- softmax ----------------------------------------------------------------------------------------------------------


# Less the maximum along `dim`: exp cannot overflow, and the quotients are the same.


@fused("T input, T highest", "T out", "out = exp(real(input) - real(highest))")
def _powers(xp: Any, input: Array, highest: Array) -> Array:
    return xp.exp(input - highest)


@fused("T input, T highest", "T out, T power", "real x = real(input) - real(highest); out = x; power = exp(x)")
def _shifted(xp: Any, input: Array, highest: Array) -> tuple[Array, Array]:
    """`input` less its maximum, and exp of that."""
    out = input - highest
    return out, xp.exp(out)


@fused("T total", "T out", "out = real(out) - log(real(total))")
def _less_log(xp: Any, total: Array, out: Array) -> None:
    out -= xp.log(total)


@op(backward="SoftmaxBackward0", ordered=True)
def _softmax(xp: Any, input: Array, dim: int) -> Array:
    axis = axes_of(dim, input.ndim, "softmax")
    if not input.size:
        return input.copy()
    _float_only("softmax_kernel_impl", input)
    out = _powers(xp, input, input.max(axis=axis, keepdims=True))
    out /= out.sum(axis=axis, keepdims=True)
    return out


def _softmax_input(xp: Any, g: Any, out: Any, dim: int) -> Any:
    product = g * out
    return _less_shares(xp, product, out, xp.sum(product, axis=axes_of(dim, g.ndim, "softmax"), keepdims=True))


@fused("T product, T out, T total", "T slope", "slope = real(product) - real(out) * real(total)")
def _less_shares(xp: Any, product: Any, out: Any, total: Any) -> Any:
    """`product - out * total`."""
    return product - out * total


_softmax.grad(input=_softmax_input)


@op(backward="LogSoftmaxBackward0", ordered=True)
def _log_softmax(xp: Any, input: Array, dim: int) -> Array:
    axis = axes_of(dim, input.ndim, "log_softmax")
    if not input.size:
        return input.copy()
    _float_only("log_softmax_kernel_impl", input)
    out, powers = _shifted(xp, input, input.max(axis=axis, keepdims=True))
    _less_log(xp, powers.sum(axis=axis, keepdims=True), out)
    return out


def _log_softmax_input(xp: Any, g: Any, out: Any, dim: int) -> Any:
    return g - xp.exp(out) * xp.sum(g, axis=axes_of(dim, g.ndim, "log_softmax"), keepdims=True)


_log_softmax.grad(input=_log_softmax_input)


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp of the elements, divided by their sum along `dim`; `dtype` is cast to first."""
    result: Tensor = _softmax(*_prepared("softmax", input, dim, dtype))
    return result


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of softmax without overflow; `dtype` is cast to first."""
    result: Tensor = _log_softmax(*_prepared("log_softmax", input, dim, dtype))
    return result


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax of the negative elements; without `dim` it is chosen, with a warning."""
    if dim is None:
        dim = implicit_dim("softmin", input.ndim, _stacklevel)
    return softmax(neg(input), dim, dtype)


def _prepared(name: str, input: Any, dim: Any, dtype: dtype_type | None) -> tuple[Tensor, int]:
    """The arguments of softmax, checked; `input` cast to `dtype`."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    if not isinstance(dim, int):
        raise TypeError(f"{name}(): argument 'dim' (position 2) must be int, not {type_name(dim)}")
    if dtype is not None and dtype.numpy != input._array.dtype:
        input = cast(input, dtype.numpy)
    return input, dim


def implicit_dim(name: str, ndim: int, stacklevel: int = 3) -> int:
    """The dimension that `name` of torch.nn.functional takes when none is given: 0 of 0, 1 or 3, else 1; it warns."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


relu_ = in_place(relu)
leaky_relu_ = in_place(leaky_relu)
hardtanh_ = in_place(hardtanh)
threshold_ = in_place(threshold)
elu_ = in_place(elu)
selu_ = in_place(selu)
celu_ = in_place(celu)
