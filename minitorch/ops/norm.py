"""Normalisation over batches, layers, groups, instances and channels.

All but the last three bring groups of elements to mean 0 and variance 1. Laid out as (outer, group, inner), a group is
what shares the middle index. `_standardize`, its adjoint `_standardize_backward` and `_weight_backward` are each
other's derivatives, so that every norm has derivatives of every order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch.autograd.modes import modes, no_grad
from minitorch.autograd.op import op
from minitorch.backend import Array, array_module, device_of
from minitorch.dtypes import NP_FLOAT32, from_numpy_dtype
from minitorch.errors import shape_list, wrap_dim
from minitorch.fused import fused
from minitorch.ops.permutation import transpose
from minitorch.ops.shape import reshape, view
from minitorch.ops.vector_norms import norm
from minitorch.tensor import Tensor, has_channels_last, in_order

Shape = tuple[int, ...]


def _wide(array: Array) -> Array:
    """float16 as float32, in which its statistics are computed."""
    return array.astype("float32") if array.dtype.itemsize == 2 else array


def _column(values: Any) -> Any:
    """One value for each group, so that it broadcasts over (outer, group, inner)."""
    return values.reshape((1, -1, 1))


def _on_gpu(array: Array) -> bool:
    """Whether the number of kernels is what counts: NumPy takes more and smaller steps, each of them quick."""
    return device_of(array).type != "cpu"


def _sums(xp: Any, a: Array) -> Array:
    """The sum of each group of (outer, group, inner)."""
    if _on_gpu(a):
        return a.sum(axis=(0, 2))
    if a.shape[2] == 1:
        return a[:, :, 0].sum(axis=0)
    # A product with ones takes half the time of a sum.
    rows = xp.matmul(a, xp.ones(a.shape[2], a.dtype))
    return rows[0] if len(rows) == 1 else rows.sum(axis=0)


def _dots(xp: Any, a: Array, b: Array) -> Array:
    """The sum of the products of each group of two (outer, group, inner)."""
    if a.shape[2] == 1:
        return (a * b)[:, :, 0].sum(axis=0)
    # A product of a row and a column for each: no temporary array.
    rows = xp.matmul(a[:, :, None, :], b[:, :, :, None])[:, :, 0, 0]
    return rows[0] if len(rows) == 1 else rows.sum(axis=0)


# --- the common parts -------------------------------------------------------------------------------------------------


class Standardized(NamedTuple):
    """A normalised tensor, and the mean and 1 / deviation of each group."""

    out: Any
    mean: Any
    rstd: Any


def _near(xp: Any, mean: Array, rstd: Array) -> bool:
    """Whether no group lies many deviations from 0, so that sums may be taken before the mean is subtracted.

    Only asked where the answer does not have to be waited for, as on a GPU.
    """
    return bool(mean.size and xp.absolute(mean * rstd).max() < 8)


@fused("T variance, float64 eps", "T out", "out = 1 / sqrt(real(variance) + real(eps))")
def _inverse_root(xp: Any, variance: Any, eps: float) -> Any:
    return 1 / xp.sqrt(variance + eps)


def _standardized(xp: Any, x: Array, eps: float, scale: Array | None = None) -> tuple[Array, Array, Array, Array]:
    """Of (outer, group, inner) less the mean of each group and times `scale` over its deviation: itself, and of each
    group the mean, the biased variance and 1 / deviation."""
    count = max(x.shape[0] * x.shape[2], 1)
    if _on_gpu(x):
        return _standardized_on_gpu(xp, x, count, eps, scale)
    mean = _sums(xp, x) / count
    out = x - _column(mean)
    var = _dots(xp, out, out) / count
    rstd = 1 / xp.sqrt(var + eps)
    if not _near(xp, mean, rstd):
        # The mean itself was rounded by more than the result may be; torch adds up in double precision.
        rest = _sums(xp, out) / count
        out -= _column(rest)
        mean = mean + rest
        var = var - rest * rest
        rstd = 1 / xp.sqrt(var + eps)
    out *= _column(rstd if scale is None else rstd * scale)
    return out, mean, var, rstd


def _standardized_on_gpu(
    xp: Any, x: Array, count: int, eps: float, scale: Array | None
) -> tuple[Array, Array, Array, Array]:
    """The same in seven kernels: three sums, of the elements, of their differences from the mean and of the squares of
    these, and what is computed in between."""
    total = _sums(xp, x)
    out = _centred(xp, x, _column(total), count)
    rest = _sums(xp, out)
    mean, var, rstd = _moments(xp, total, rest, (out * out).sum(axis=(0, 2)), count, eps)
    _rescale(xp, _column(rest), _column(rstd), 1.0 if scale is None else _column(scale), count, out)
    return out, mean, var, rstd


@fused("T x, T total, int64 count", "T out", "out = x - total / count")
def _centred(xp: Any, x: Array, total: Array, count: int) -> Array:
    return x - total / count


@fused(
    "T total, T rest, T squares, int64 count, float64 eps",
    "T mean, T var, T rstd",
    """
    T own = rest / count, spread = squares / count - own * own;
    mean = total / count + own;
    var = spread;
    rstd = 1 / sqrt(spread + T(eps));
    """,
)
def _moments(xp: Any, total: Array, rest: Array, squares: Array, count: int, eps: float) -> tuple[Array, Array, Array]:
    """Mean, variance and 1 / deviation, where the mean had been rounded and the differences from it have a mean."""
    own = rest / count
    var = squares / count - own * own
    return total / count + own, var, 1 / xp.sqrt(var + eps)


@fused("T rest, T rstd, T scale, int64 count", "T out", "out = (out - rest / count) * (rstd * scale)")
def _rescale(xp: Any, rest: Array, rstd: Array, scale: Any, count: int, out: Array) -> None:
    out -= rest / count
    out *= rstd * scale


def _rstd(xp: Any, input: Any, eps: float) -> Any:
    """1 / deviation of each group, kept as (1, group, 1), as a function that can be differentiated."""
    difference = input - xp.mean(input, axis=(0, 2), keepdims=True)
    return 1 / xp.sqrt(xp.mean(difference * difference, axis=(0, 2), keepdims=True) + eps)


@op
def _standardize(xp: Any, input: Array, mean: Array, rstd: Array, eps: float, training: bool) -> Array:
    """`(input - mean) * rstd`; these are given, but in training they depend on `input`."""
    return _moved(xp, _wide(input), _column(mean), _column(rstd))


@fused("T x, T mean, T rstd", "T out", "out = (x - mean) * rstd")
def _moved(xp: Any, x: Array, mean: Array, rstd: Array) -> Array:
    out = x - mean
    out *= rstd
    return out


@fused("T g, T x, T mean", "T out", "out = g * (x - mean)")
def _product(xp: Any, g: Array, x: Array, mean: Array) -> Array:
    return g * (x - mean)


@fused(
    "T g, T x, T mean, T rstd, T scale, T total, T product, int64 count",
    "T out",
    "out = (g - total / count - (x - mean) * (rstd * rstd * product / count)) * (rstd * scale)",
)
def _adjoint(
    xp: Any, g: Array, x: Array, mean: Array, rstd: Array, scale: Any, total: Array, product: Array, count: int
) -> Array:
    """The gradient by x, of which `total` is the sum of the gradients, and `product` that of `_product`."""
    return (g - total / count - (x - mean) * (rstd * rstd * product / count)) * (rstd * scale)


@op
def _standardize_backward(
    xp: Any, g: Array, input: Array, scale: Array | None, mean: Array, rstd: Array, eps: float, training: bool
) -> Array:
    """The gradient of `_standardize` times `scale`, by its input.

    In training `rstd * (g - m(g) - s * m(g * s))`, where s is standardised and m the mean of each group.
    """
    if not training:
        return g * _column(rstd if scale is None else rstd * _wide(scale))
    g, x = _wide(g), _wide(input)
    count = max(x.shape[0] * x.shape[2], 1)
    if _on_gpu(x):
        product = _sums(xp, _product(xp, g, x, _column(mean)))
        own = 1.0 if scale is None else _column(_wide(scale))
        columns = _column(mean), _column(rstd), own, _column(_sums(xp, g)), _column(product)
        return _adjoint(xp, g, x, *columns, count)
    shift = _sums(xp, g) / -count
    if _near(xp, mean, rstd):
        slope = (_dots(xp, g, x) / -count - shift * mean) * (rstd * rstd)
        out = x * _column(slope)
        shift -= mean * slope
    else:
        out = x - _column(mean)
        out *= _column(_dots(xp, g, out) * (rstd * rstd / -count))
    out += g
    out += _column(shift)
    out *= _column(rstd if scale is None else rstd * _wide(scale))
    return out


def _second(xp: Any, h: Any, g: Any, input: Any, scale: Any, mean: Any, rstd: Any, eps: float, training: bool) -> Any:
    """The gradient by `input` of the product of `h` and `_standardize_backward`."""
    if not training:
        return h * 0
    if scale is not None:
        h = h * _column(scale)
    s = _standardize.on(xp)(input, mean, rstd, eps, training)
    by_g = _standardize_backward.on(xp)(g, input, None, mean, rstd, eps, training)
    by_h = _standardize_backward.on(xp)(h, input, None, mean, rstd, eps, training)

    def average(values: Any) -> Any:
        return xp.mean(values, axis=(0, 2), keepdims=True)

    return -_rstd(xp, input, eps) * (s * average(h * by_g) + by_h * average(g * s) + by_g * average(h * s))


@op
def _weight_backward(xp: Any, g: Array, input: Array, mean: Array, rstd: Array, eps: float, training: bool) -> Array:
    """The sum over each group of `g` times the standardised `input`."""
    g, x = _wide(g), _wide(input)
    if _on_gpu(x):
        return _sums(xp, _product(xp, g, x, _column(mean))) * rstd
    if _near(xp, mean, rstd):
        return (_dots(xp, g, x) - _sums(xp, g) * mean) * rstd
    return _dots(xp, g, x - _column(mean)) * rstd


@op
def _group_sums(xp: Any, input: Array) -> Array:
    """The sum over each group."""
    return _sums(xp, _wide(input))


_group_sums.grad(input=lambda xp, g: _column(g))
_standardize.grad(
    input=lambda xp, g, input, mean, rstd, eps, training: _standardize_backward.on(xp)(
        g, input, None, mean, rstd, eps, training
    )
)
_standardize_backward.grad(
    g=lambda xp, g, input, scale, mean, rstd, eps, training: _standardize_backward.on(xp)(
        g, input, scale, mean, rstd, eps, training
    ),
    input=lambda xp, h, g, input, scale, mean, rstd, eps, training: _second(
        xp, h, g, input, scale, mean, rstd, eps, training
    ),
    scale=lambda xp, h, g, input, mean, rstd, eps, training: xp.sum(
        h * _standardize_backward.on(xp)(g, input, None, mean, rstd, eps, training), axis=(0, 2)
    ),
)
_weight_backward.grad(
    g=lambda xp, h, input, mean, rstd, eps, training: (
        _column(h) * _standardize.on(xp)(input, mean, rstd, eps, training)
    ),
    input=lambda xp, h, g, input, mean, rstd, eps, training: _standardize_backward.on(xp)(
        g, input, h, mean, rstd, eps, training
    ),
)


# --- batch and instance norm ------------------------------------------------------------------------------------------


def _channels_first(shape: Sequence[int]) -> Shape:
    """(N, C, ...) as (N, C, all others)."""
    return (shape[0], shape[1], math.prod(shape[2:]))


def _along_channels(values: Any, shape: Sequence[int]) -> Any:
    """One value for each channel, so that it broadcasts over (N, C, ...)."""
    return values.reshape((1, -1, *(1,) * (len(shape) - 2)))


@op(outputs=Standardized, differentiable=(0,), backward="NativeBatchNormBackward0")
def _batch_norm(
    xp: Any,
    input: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array | None,
    running_var: Array | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Standardized:
    """The groups are the channels of (N, C, ...); in training the running statistics move by `momentum`."""
    factor = None if weight is None else _wide(weight).reshape(-1)
    x = _wide(input.reshape(_channels_first(input.shape)))
    if training:
        out, mean, var, rstd = _standardized(xp, x, eps, factor)
        if running_mean is not None and running_var is not None:
            count = x.shape[0] * x.shape[2]
            unbiased = var * (count / (count - 1) if count > 1 else math.nan)
            _follow(xp, mean, momentum, running_mean)
            _follow(xp, unbiased, momentum, running_var)
    else:
        mean = xp.array(running_mean, x.dtype)
        rstd = _inverse_root(xp, _wide(running_var), eps)
        out = x - _column(mean)
        out *= _column(rstd if factor is None else rstd * factor)
    if bias is not None:
        out += _column(bias)
    out = out.reshape(input.shape).astype(input.dtype, copy=False)
    return Standardized(out if has_channels_last(input) else in_order(out), mean, rstd)


@fused(
    "T latest, float64 momentum",
    "U running",
    "running = real(running) * real(1 - momentum) + real(momentum) * real(latest)",
)
def _follow(xp: Any, latest: Array, momentum: float, running: Array) -> None:
    running *= 1 - momentum
    running += (momentum * latest).astype(running.dtype)


def _batch_norm_input(
    xp: Any, g: Any, input: Any, weight: Any, mean: Any, rstd: Any, eps: float, training: bool
) -> Any:
    shape = _channels_first(input.shape)
    scale = None if weight is None else weight.reshape((-1,))
    back = _standardize_backward.on(xp)(g.reshape(shape), input.reshape(shape), scale, mean, rstd, eps, training)
    return back.reshape(input.shape)


def _batch_norm_weight(
    xp: Any, g: Any, input: Any, weight_shape: Shape, mean: Any, rstd: Any, eps: float, training: bool
) -> Any:
    shape = _channels_first(input.shape)
    back = _weight_backward.on(xp)(g.reshape(shape), input.reshape(shape), mean, rstd, eps, training)
    return back.reshape(weight_shape)


_batch_norm.grad(
    input=lambda xp, g, input, weight, mean, rstd, eps, training: _batch_norm_input(
        xp, g, input, weight, mean, rstd, eps, training
    ),
    weight=lambda xp, g, input, weight_shape, mean, rstd, eps, training: _batch_norm_weight(
        xp, g, input, weight_shape, mean, rstd, eps, training
    ),
    bias=lambda xp, g, bias_shape: _group_sums.on(xp)(g.reshape(_channels_first(g.shape))).reshape(bias_shape),
)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Every channel of (N, C, ...) brought to mean 0 and variance 1, times `weight` (C), plus `bias` (C).

    In training by its own statistics, which the running ones (C, changed in place) follow by the share `momentum`;
    else by the running ones. Raises RuntimeError when these are missing, or for wrong sizes.
    Source: Ioffe and Szegedy, Batch normalization, 2015.
    """
    given = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    _check_types("batch_norm", input, given, (training, momentum, eps, cudnn_enabled), "training")
    array = input._array
    channels = array.shape[1] if array.ndim > 1 else 0
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name in ("running_mean", "running_var"):
        if given[name] is None and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode: pass it, or training=True")
    for name, each in given.items():
        if each is not None and each._array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {each._array.size}")
    if training and eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    _check_float("batch_norm", array)
    _check_parameters(array, list(given.values()))
    for name in ("running_mean", "running_var"):
        each = given[name]
        if each is not None and each.requires_grad and modes.grad:
            raise RuntimeError(
                f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. "
                "This input cannot have requires_grad True."
            )
    result: Any = _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    if training and running_mean is not None and running_var is not None:
        running_mean._written()
        running_var._written()
    out: Tensor = result[0]
    return out


def _check_types(name: str, input: Any, given: dict[str, Any], rest: Sequence[Any], switch: str) -> None:
    """Raises torch's TypeError for an argument of batch or instance norm that is of another type."""
    expected: dict[str, tuple[Any, ...]] = {"input": (Tensor,), **dict.fromkeys(given, (Tensor, type(None)))}
    expected |= {switch: (bool,), "momentum": (int, float), "eps": (int, float), "cudnn_enabled": (bool,)}
    values = (input, *given.values(), *rest)
    for position, ((argument, types), value) in enumerate(zip(expected.items(), values, strict=True), 1):
        if not isinstance(value, types):
            word = {Tensor: "Tensor", bool: "bool"}.get(types[0], "float")
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be {word}, not {type(value).__name__}"
            )


def _check_float(name: str, array: Array) -> None:
    """Raises torch's error for integers; `name` is its kernel's."""
    if array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{from_numpy_dtype(array.dtype).legacy_name}': cast the input to floats"
        )


def _check_parameters(input: Array, given: Sequence[Tensor | None]) -> None:
    """Raises torch's error for weights and statistics of another dtype; float16 goes with float32, too."""
    dtypes = {each._array.dtype for each in given if each is not None}
    if not dtypes or dtypes == {input.dtype} or (input.dtype.itemsize == 2 and dtypes == {NP_FLOAT32}):
        return
    names = " and ".join(sorted(str(from_numpy_dtype(each)) for each in dtypes))
    raise RuntimeError(
        f"mixed dtype (CPU): expect parameter to have scalar type of {from_numpy_dtype(input.dtype).legacy_name}, as "
        f"the input has, but got {names}"
    )


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Every channel of every item of (N, C, ...) brought to mean 0 and variance 1, times `weight` (C), plus `bias` (C).

    The running statistics (C) follow the averages over the batch. Source: Ulyanov et al., 2016.
    """
    given = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    _check_types("instance_norm", input, given, (use_input_stats, momentum, eps, cudnn_enabled), "use_input_stats")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    shape = input._array.shape
    if len(shape) < 2:
        wrap_dim(1, len(shape))
    items = shape[0]

    def repeated(values: Tensor | None) -> Tensor | None:
        if values is None:
            return None
        many: Tensor = values.repeat(items)
        return many

    means, variances = repeated(running_mean), repeated(running_var)
    flat = reshape(input, (1, items * shape[1], *shape[2:]))
    parameters = (repeated(weight), repeated(bias), means, variances)
    out = batch_norm(flat, *parameters, use_input_stats, momentum, eps, cudnn_enabled)
    if use_input_stats:
        with no_grad():
            for own, each in ((running_mean, means), (running_var, variances)):
                if own is not None and each is not None:
                    own.copy_(each.view(items, -1).mean(0))
    return view(out, shape)


# --- layer norm -------------------------------------------------------------------------------------------------------


def _as_rows(shape: Sequence[int], dims: int) -> Shape:
    """(..., *normalized) as (1, all others, all normalised)."""
    split = len(shape) - dims
    return (1, math.prod(shape[:split]), math.prod(shape[split:]))


@op(outputs=Standardized, differentiable=(0,), backward="NativeLayerNormBackward0")
def _layer_norm(xp: Any, input: Array, weight: Array | None, bias: Array | None, dims: int, eps: float) -> Standardized:
    """The groups are the last `dims` dimensions."""
    out, mean, _, rstd = _standardized(xp, _wide(input.reshape(_as_rows(input.shape, dims))), eps)
    if weight is not None:
        out *= weight.reshape(-1)
    if bias is not None:
        out += bias.reshape(-1)
    return Standardized(in_order(out.reshape(input.shape).astype(input.dtype, copy=False)), mean, rstd)


def _layer_norm_input(xp: Any, g: Any, input: Any, weight: Any, mean: Any, rstd: Any, dims: int, eps: float) -> Any:
    shape = _as_rows(input.shape, dims)
    g = g.reshape(shape)
    if weight is not None:
        g = g * weight.reshape((-1,))
    return _standardize_backward.on(xp)(g, input.reshape(shape), None, mean, rstd, eps, True).reshape(input.shape)


def _layer_norm_weight(
    xp: Any, g: Any, input: Any, weight_shape: Shape, mean: Any, rstd: Any, dims: int, eps: float
) -> Any:
    shape = _as_rows(input.shape, dims)
    standard = _standardize.on(xp)(input.reshape(shape), mean, rstd, eps, True)
    return xp.sum(g.reshape(shape) * standard, axis=(0, 1)).reshape(weight_shape)


_layer_norm.grad(
    input=lambda xp, g, input, weight, mean, rstd, dims, eps: _layer_norm_input(
        xp, g, input, weight, mean, rstd, dims, eps
    ),
    weight=lambda xp, g, input, weight_shape, mean, rstd, dims, eps: _layer_norm_weight(
        xp, g, input, weight_shape, mean, rstd, dims, eps
    ),
    bias=lambda xp, g, bias_shape, dims: xp.sum(g.reshape(_as_rows(g.shape, dims)), axis=(0, 1)).reshape(bias_shape),
)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """The last dimensions, `normalized_shape`, brought to mean 0 and variance 1, times `weight`, plus `bias`.

    Raises RuntimeError when the shapes do not fit. Source: Ba et al., Layer normalization, 2016.
    """
    dims = _check_normalized("layer_norm", input, normalized_shape, weight, bias)
    array = input._array
    _check_float("LayerNormKernelImpl", array)
    _check_parameters(array, [weight, bias])
    result: Any = _layer_norm(input, weight, bias, dims, eps)
    out: Tensor = result[0]
    return out


def _check_normalized(
    name: str, input: Any, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None = None
) -> int:
    """The number of normalised dimensions; raises torch's errors when the shapes do not fit."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    shape, own = tuple(normalized_shape), input._array.shape
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for what, each in (("weight", weight), ("bias", bias)):
        if each is not None and each._array.shape != shape:
            raise RuntimeError(
                f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{shape_list(each._array.shape)} and normalized_shape = {shape_list(shape)}"
            )
    if own[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={shape_list(shape)}, expected input with shape [*, {shape_list(shape)[1:]}, but "
            f"got input of size{shape_list(own)}"
        )
    return len(shape)


# --- group norm -------------------------------------------------------------------------------------------------------


@op(outputs=Standardized, differentiable=(0,), backward="NativeGroupNormBackward0")
def _group_norm(
    xp: Any, input: Array, weight: Array | None, bias: Array | None, num_groups: int, eps: float
) -> Standardized:
    """The groups are `num_groups` of channels in each item of (N, C, ...)."""
    shape = _channels_first(input.shape)
    out, mean, _, rstd = _standardized(xp, _wide(input.reshape(_in_groups(input.shape, num_groups))), eps)
    out = out.reshape(shape)
    if weight is not None:
        out *= _column(weight)
    if bias is not None:
        out += _column(bias)
    return Standardized(out.reshape(input.shape).astype(input.dtype, copy=False), mean, rstd)


def _in_groups(shape: Sequence[int], num_groups: int) -> Shape:
    """(N, C, ...) as (1, N * groups, all others)."""
    return (1, shape[0] * num_groups, math.prod(shape[1:]) // num_groups)


def _group_norm_input(
    xp: Any, g: Any, input: Any, weight: Any, mean: Any, rstd: Any, num_groups: int, eps: float
) -> Any:
    shape = _in_groups(input.shape, num_groups)
    if weight is not None:
        g = g.reshape(_channels_first(input.shape)) * _column(weight)
    back = _standardize_backward.on(xp)(g.reshape(shape), input.reshape(shape), None, mean, rstd, eps, True)
    return back.reshape(input.shape)


def _group_norm_weight(xp: Any, g: Any, input: Any, mean: Any, rstd: Any, num_groups: int, eps: float) -> Any:
    standard = _standardize.on(xp)(input.reshape(_in_groups(input.shape, num_groups)), mean, rstd, eps, True)
    shape = _channels_first(input.shape)
    return xp.sum(g.reshape(shape) * standard.reshape(shape), axis=(0, 2))


_group_norm.grad(
    input=lambda xp, g, input, weight, mean, rstd, num_groups, eps: _group_norm_input(
        xp, g, input, weight, mean, rstd, num_groups, eps
    ),
    weight=lambda xp, g, input, mean, rstd, num_groups, eps: _group_norm_weight(
        xp, g, input, mean, rstd, num_groups, eps
    ),
    bias=lambda xp, g: _group_sums.on(xp)(g.reshape(_channels_first(g.shape))),
)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """`num_groups` of channels in each item of (N, C, ...) brought to mean 0 and variance 1, times `weight` (C), plus
    `bias` (C).

    Raises RuntimeError when the channels do not divide into groups. Source: Wu and He, Group normalization, 2018.
    """
    array = input._array
    _check_groups(array, num_groups)
    for what, each in (("weight", weight), ("bias", bias)):
        if each is not None and each._array.shape != array.shape[1:2]:
            raise RuntimeError(
                f"Expected {what} to be a vector of size equal to the number of channels in input, but got {what} of "
                f"shape {shape_list(each._array.shape)} and input of shape {shape_list(array.shape)}"
            )
    _check_float("GroupNormKernelImpl", array)
    _check_parameters(array, [weight, bias])
    result: Any = _group_norm(input, weight, bias, num_groups, eps)
    out: Tensor = result[0]
    return out


def _check_groups(array: Array, num_groups: int) -> None:
    if array.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {array.ndim}")
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if array.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{shape_list(array.shape)} and num_groups={num_groups}"
        )


# --- root mean square norm --------------------------------------------------------------------------------------------


def _shrinking(xp: Any, rows: Any, eps: float) -> Any:
    """1 / the root of the mean square of the last dimension."""
    return _inverse_root(xp, xp.mean(rows * rows, axis=-1, keepdims=True), eps)


@op(backward="MulBackward0")
def _rms_norm(xp: Any, input: Array, weight: Array | None, dims: int, eps: float) -> Array:
    x = _wide(input.reshape(_as_rows(input.shape, dims)[1:]))
    out = x * _shrinking(xp, x, eps)
    if weight is not None:
        out *= weight.reshape(-1)
    return in_order(out.reshape(input.shape).astype(input.dtype, copy=False))


def _rms_norm_input(xp: Any, g: Any, input: Any, weight: Any, dims: int, eps: float) -> Any:
    shape = _as_rows(input.shape, dims)[1:]
    x, g = input.reshape(shape), g.reshape(shape)
    if weight is not None:
        g = g * weight.reshape((-1,))
    inverse = _shrinking(xp, x, eps)
    return (inverse * (g - x * (inverse * inverse * xp.mean(g * x, axis=-1, keepdims=True)))).reshape(input.shape)


def _rms_norm_weight(xp: Any, g: Any, input: Any, weight_shape: Shape, dims: int, eps: float) -> Any:
    shape = _as_rows(input.shape, dims)[1:]
    x = input.reshape(shape)
    return xp.sum(g.reshape(shape) * (x * _shrinking(xp, x, eps)), axis=0).reshape(weight_shape)


_rms_norm.grad(
    input=lambda xp, g, input, weight, dims, eps: _rms_norm_input(xp, g, input, weight, dims, eps),
    weight=lambda xp, g, input, weight_shape, dims, eps: _rms_norm_weight(xp, g, input, weight_shape, dims, eps),
)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The last dimensions, `normalized_shape`, over the root of their mean square (plus `eps`), times `weight`.

    `eps` is by default that of the dtype computed in. Raises ValueError for too few dimensions.
    Source: Zhang and Sennrich, Root mean square layer normalization, 2019.
    """
    if isinstance(input, Tensor) and isinstance(normalized_shape, (tuple, list)) and input.ndim < len(normalized_shape):
        raise ValueError(f"Input tensor must have at least {len(normalized_shape)} dimensions, but got {input.ndim}")
    dims = _check_normalized("rms_norm", input, normalized_shape, weight)
    _check_float("rms_norm", input._array)
    if eps is None:
        eps = float(array_module(input._array).finfo("float64" if input._array.dtype.itemsize == 8 else "float32").eps)
    result: Tensor = _rms_norm(input, weight, dims, eps)
    return result


# --- local response norm ----------------------------------------------------------------------------------------------


@op
def _neighbour_sum(xp: Any, input: Array, before: int, after: int) -> Array:
    """The sum over the channels (dimension 1) from `before` earlier ones to `after` later ones."""
    channels = input.shape[1]
    out = input.copy()
    for step in range(1, min(max(before, after) + 1, channels)):
        if step <= before:
            out[:, step:] += input[:, :-step]
        if step <= after:
            out[:, :-step] += input[:, step:]
    return out


_neighbour_sum.grad(input=lambda xp, g, before, after: _neighbour_sum.on(xp)(g, after, before))


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """`input / (k + alpha * m) ** beta`, m the mean square of the `size` channels around: (N, C, L, ...).

    Raises ValueError for less than 3 dimensions. Source: Krizhevsky et al., 2012.
    """
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if not isinstance(size, int):
        raise TypeError(f"local_response_norm(): argument 'size' must be int, not {type(size).__name__}")
    if not input._array.size:
        return input
    if size <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {size} kW: 1")
    total: Any = _neighbour_sum(input * input, size // 2, (size - 1) // 2)
    mean = total / size if input.is_floating_point() else total // size
    result: Tensor = input / (mean * alpha + k) ** beta
    return result


def cross_map_lrn(input: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """As local_response_norm, but the channels around are an odd number of them, and the first counts to all."""
    if input.dim() != 4:
        raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
    if not input.is_floating_point():
        raise RuntimeError(
            f"CrossMapLRN2d: result type Float can't be cast to the desired output type {input.dtype.legacy_name}"
        )
    reach = int((size - 1) / 2)
    squares = input * input
    total: Any = _neighbour_sum(squares, reach, reach)
    total[:, reach + 1 :] += squares.select(1, 0).unsqueeze(1)
    result: Tensor = input * (total * (alpha / size) + k) ** -beta
    return result


# --- of weights -------------------------------------------------------------------------------------------------------


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norms of the parts that dimension `dim` counts, of v's shape with 1 in all others; of all of v for dim -1."""
    if not isinstance(v, Tensor):
        raise TypeError(f"norm_except_dim(): argument 'v' (position 1) must be Tensor, not {type(v).__name__}")
    if isinstance(pow, bool) or not isinstance(pow, int):
        raise TypeError(f"norm_except_dim(): argument 'pow' (position 2) must be int, not {type(pow).__name__}")
    if dim == -1:
        return norm(v, pow)
    rows = transpose(v, 0, dim)
    sizes = [1] * v.ndim
    sizes[dim] = rows.size(0)
    return reshape(norm(reshape(rows, (rows.size(0), -1)), pow, 1), sizes)


def _sum_except(xp: Any, array: Any, dim: int) -> Any:
    return xp.sum(array, tuple(each for each in range(array.ndim) if each != dim), keepdims=True)


@op(backward="WeightNormInterfaceBackward0")
def _weight_norm_interface(xp: Any, v: Array, g: Array, dim: int = 0) -> Array:
    """`v` with the parts that `dim` counts brought to the lengths `g`."""
    if v.dtype != g.dtype:
        own, given = (from_numpy_dtype(each.dtype).legacy_name for each in (v, g))
        raise RuntimeError(
            f"_weight_norm(): v and g must be of one dtype: expected scalar type {own} but found {given}"
        )
    return v * (g / xp.sqrt(_sum_except(xp, v * v, dim)))


def _weight_norm_v(xp: Any, h: Any, v: Any, g: Any, dim: int) -> Any:
    squares = _sum_except(xp, v * v, dim)
    return (g / xp.sqrt(squares)) * (h - v * (_sum_except(xp, h * v, dim) / squares))


_weight_norm_interface.grad(
    v=_weight_norm_v,
    g=lambda xp, h, v, dim: _sum_except(xp, h * v, dim) / xp.sqrt(_sum_except(xp, v * v, dim)),
)


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """`v` with the parts that `dim` counts brought to the lengths `g`, or all of v to one length for dim -1.

    Source: Salimans and Kingma, 2016.
    """
    if dim in (0, v.ndim - 1):
        return _weight_norm_interface(v, g, dim)
    scale: Tensor = g / norm_except_dim(v, 2, dim)
    return v * scale
