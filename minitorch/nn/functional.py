"""The layers and losses as functions. Most are operations of ops/; here are torch's options around them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.modes import is_grad_enabled, no_grad
from minitorch.autograd.views import in_place
from minitorch.dtypes import int64
from minitorch.errors import NotSupportedError, broadcast_error, type_name
from minitorch.formats import contiguous_format
from minitorch.ops import activation, attention, conv, elementwise, linalg, loss, norm, padding, pool, random, resample
from minitorch.ops import embedding as rows
from minitorch.ops._windows import per_dim
from minitorch.ops.conversion import result_type
from minitorch.ops.creation import arange, empty_like, ones_like, zeros, zeros_like
from minitorch.ops.grid import affine_grid as affine_grid
from minitorch.ops.grid import grid_sample as grid_sample
from minitorch.ops.linalg import linear as linear
from minitorch.ops.pairs import pdist as pdist
from minitorch.ops.shape import broadcast_shapes, broadcast_tensors
from minitorch.tensor import Tensor

# --- activations ------------------------------------------------------------------------------------------------------

logsigmoid = activation.logsigmoid
softplus = activation.softplus
gelu = activation.gelu
hardshrink = activation.hardshrink
softshrink = activation.softshrink
prelu = activation.prelu
softmin = activation.softmin
softsign = activation.softsign
tanhshrink = activation.tanhshrink

relu_ = activation.relu_
threshold_ = activation.threshold_
hardtanh_ = activation.hardtanh_
leaky_relu_ = activation.leaky_relu_
elu_ = activation.elu_
selu_ = activation.selu_
celu_ = activation.celu_
_relu6_ = in_place(activation.relu6)
_hardsigmoid_ = in_place(activation.hardsigmoid)
_hardswish_ = in_place(activation.hardswish)
_silu_ = in_place(activation.silu)
_mish_ = in_place(activation.mish)
_rrelu_with_noise_ = in_place(activation.rrelu_with_noise)


def sigmoid(input: Tensor) -> Tensor:
    """The logistic function, 1 / (1 + exp(-x))."""
    return elementwise.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return elementwise.tanh(input)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    return relu_(input) if inplace else activation.relu(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else `value`."""
    return (threshold_ if inplace else activation.threshold)(input, threshold, value)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x kept within [min_val, max_val]; raises ValueError when these are the wrong way round."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return (hardtanh_ if inplace else activation.hardtanh)(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return _relu6_(input) if inplace else activation.relu6(input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha * (exp(x) - 1) below."""
    return (elu_ if inplace else activation.elu)(input, alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """ELU with the scale and alpha that keep mean 0 and variance 1 through layers."""
    return selu_(input) if inplace else activation.selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha * (exp(x / alpha) - 1) below."""
    return (celu_ if inplace else activation.celu)(input, alpha)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope * x below."""
    return (leaky_relu_ if inplace else activation.leaky_relu)(input, negative_slope)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """leaky_relu whose slope is drawn from [lower, upper) for each element; their mean outside of training."""
    if training:
        return (_rrelu_with_noise_ if inplace else activation.rrelu_with_noise)(
            input, random.rrelu_noise(input, lower, upper)
        )
    return leaky_relu(input, (lower + upper) / 2, inplace)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """rrelu in place."""
    return rrelu(input, lower, upper, training, inplace=True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """A sigmoid of three straight pieces: relu6(x + 3) / 6."""
    return _hardsigmoid_(input) if inplace else activation.hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * hardsigmoid(x)."""
    return _hardswish_(input) if inplace else activation.hardswish(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x), also called swish."""
    return _silu_(input) if inplace else activation.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x))."""
    return _mish_(input) if inplace else activation.mish(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along `dim` times the sigmoid of the second."""
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return activation.glu(input, dim)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) over its sum along `dim`; `dtype` is what is computed in. Without `dim` it warns and guesses."""
    dim = activation.implicit_dim("softmax", input.ndim, _stacklevel) if dim is None else dim
    return activation.softmax(input, dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of softmax, without its loss of precision."""
    dim = activation.implicit_dim("log_softmax", input.ndim, _stacklevel) if dim is None else dim
    return activation.log_softmax(input, dim, dtype=dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A random draw by `logits` that gradients pass: softmax of them plus Gumbel noise, over `tau`.

    `hard` gives a one-hot vector with the gradient of the soft one. Source: Jang et al., 2017; Maddison et al., 2017.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -empty_like(logits, memory_format=contiguous_format).exponential_().log()
    soft = activation.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen: Tensor = zeros_like(logits).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return chosen - soft.detach() + soft


# --- linear -----------------------------------------------------------------------------------------------------------


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input1 @ weight[k] @ input2 + bias[k]`: (..., n), (..., m), weight (out, n, m), bias (out) give (..., out)."""
    given = {"input1": input1, "input2": input2, "weight": weight}
    _check_tensors("bilinear", **(given if bias is None else given | {"bias": bias}))
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for dim, (own, other) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if own != other:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {own} and {other}")
    for k, operand in ((1, input1), (2, input2)):
        if operand.shape[-1] != weight.shape[k]:
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {operand.shape[-1]} but expected "
                f"{weight.shape[k]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    product = linalg.einsum("...i,oij,...j->...o", input1, weight, input2)
    return product if bias is None else product + bias


# --- convolution ------------------------------------------------------------------------------------------------------

conv1d = conv.conv1d
conv2d = conv.conv2d
conv3d = conv.conv3d
conv_transpose1d = conv.conv_transpose1d
conv_transpose2d = conv.conv_transpose2d
conv_transpose3d = conv.conv_transpose3d
unfold = resample.unfold
fold = resample.fold

# --- padding and resampling -------------------------------------------------------------------------------------------

pad = padding.pad
interpolate = resample.interpolate
upsample = resample.upsample
upsample_nearest = resample.upsample_nearest
upsample_bilinear = resample.upsample_bilinear
pixel_shuffle = resample.pixel_shuffle
pixel_unshuffle = resample.pixel_unshuffle
channel_shuffle = resample.channel_shuffle

# --- pooling ----------------------------------------------------------------------------------------------------------

avg_pool1d = pool.avg_pool1d
avg_pool2d = pool.avg_pool2d
avg_pool3d = pool.avg_pool3d
adaptive_avg_pool1d = pool.adaptive_avg_pool1d
adaptive_avg_pool2d = pool.adaptive_avg_pool2d
adaptive_avg_pool3d = pool.adaptive_avg_pool3d


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of (N, C, L), with `return_indices` also where it is."""
    chosen: Any = pool.max_pool1d_with_indices if return_indices else pool.max_pool1d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = pool.adaptive_max_pool1d(input, output_size)
    return (out, indices) if return_indices else out


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """What max_pool1d gave put back, zeros elsewhere; `output_size` picks one of the possible sizes."""
    size = _unpooled_size(1, input, kernel_size, stride, padding, output_size)
    return pool.max_unpool("max_unpool1d", input, indices, size)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return pool.lp_pool(input, norm_type, per_dim(kernel_size, 1), stride, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of (N, C, H, W), with `return_indices` also where it is."""
    chosen: Any = pool.max_pool2d_with_indices if return_indices else pool.max_pool2d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = pool.adaptive_max_pool2d(input, output_size)
    return (out, indices) if return_indices else out


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """What max_pool2d gave put back, zeros elsewhere; `output_size` picks one of the possible sizes."""
    size = _unpooled_size(2, input, kernel_size, stride, padding, output_size)
    return pool.max_unpool("max_unpool2d", input, indices, size)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return pool.lp_pool(input, norm_type, per_dim(kernel_size, 2), stride, ceil_mode)


def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of (N, C, D, H, W), with `return_indices` also where it is."""
    chosen: Any = pool.max_pool3d_with_indices if return_indices else pool.max_pool3d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = pool.adaptive_max_pool3d(input, output_size)
    return (out, indices) if return_indices else out


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """What max_pool3d gave put back, zeros elsewhere; `output_size` picks one of the possible sizes."""
    size = _unpooled_size(3, input, kernel_size, stride, padding, output_size)
    return pool.max_unpool("max_unpool3d", input, indices, size)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return pool.lp_pool(input, norm_type, per_dim(kernel_size, 3), stride, ceil_mode)


def _unpooled_size(
    spatial: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> tuple[int, ...]:
    """The size that was pooled to that of `input`; raises ValueError for an `output_size` too far from the usual."""
    kernel, border = per_dim(kernel_size, spatial), per_dim(padding, spatial)
    steps = kernel if stride is None else per_dim(stride, spatial)
    sizes = zip(input.shape[-spatial:], kernel, steps, border, strict=True)
    usual = tuple((size - 1) * s + k - 2 * p for size, k, s, p in sizes)
    if output_size is None:
        return usual
    wanted = tuple(output_size)
    if len(wanted) == spatial + 2:
        wanted = wanted[2:]
    if len(wanted) != spatial:
        raise ValueError(
            f"output_size should be a sequence containing {spatial} or {spatial + 2} elements, but it has a length of "
            f"'{len(wanted)}'"
        )
    for dim, (size, own, step) in enumerate(zip(wanted, usual, steps, strict=True)):
        if not own - step < size < own + step:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {dim} must be between {own - step} and {own + step})'
            )
    return wanted


# --- dropout ----------------------------------------------------------------------------------------------------------


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training each element is zero with probability `p`, and the others grow by 1 / (1 - p)."""
    _check_probability(p)
    return (random.dropout_ if inplace else random.dropout)(input, p, training)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout to SELU's lowest value, which keeps mean and variance."""
    _check_probability(p)
    return (random.alpha_dropout_ if inplace else random.alpha_dropout)(input, p, training)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """alpha_dropout of whole channels (N, C, ...)."""
    _check_probability(p)
    return (random.feature_alpha_dropout_ if inplace else random.feature_alpha_dropout)(input, p, training)


def _drop_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Dropout of whole channels of (N, C, ...), or of (C, ...) where not `batched`."""
    drop = random.feature_dropout_ if inplace else random.feature_dropout
    if batched:
        return drop(input, p, training)
    dropped = drop(input.unsqueeze_(0) if inplace else input.unsqueeze(0), p, training)
    out: Tensor = dropped.squeeze_(0) if inplace else dropped.squeeze(0)
    return out


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of (N, C, L) or (C, L)."""
    _check_probability(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _drop_channels(input, p, training, inplace, input.ndim == 3)


def _warn_dims(name: str, ndim: int, spatial: int) -> None:
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        f"release. To retain the behavior and silence this warning, please use dropout instead. Note that {name} "
        f"exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, "
        f"and an optional batch dimension (i.e. {spatial + 1}D or {spatial + 2}D inputs).",
        stacklevel=3,
    )


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of (N, C, H, W); (N, C, L) is taken, too, with a warning."""
    _check_probability(p)
    if input.ndim not in (3, 4):
        _warn_dims("dropout2d", input.ndim, 2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will "
            "change in a future release to interpret the input as one without a batch dimension, i.e. shape (C, H, "
            "W). To maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _drop_channels(input, p, training, inplace, True)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _check_probability(p)
    if input.ndim not in (4, 5):
        _warn_dims("dropout3d", input.ndim, 3)
    return _drop_channels(input, p, training, inplace, input.ndim == 5)


# --- losses -----------------------------------------------------------------------------------------------------------


def _reduce(losses: Tensor, reduction: str) -> Tensor:
    result: Tensor = losses
    if reduction != "none":
        result = losses.mean() if reduction == "mean" else losses.sum()
    return result


def _weighted_mean(losses: Tensor, weight: Tensor) -> Tensor:
    result: Tensor = losses.sum() / weight.sum()
    return result


def _check_tensors(name: str, **given: Any) -> None:
    """Raises torch's TypeError for an argument that is no tensor."""
    for position, (argument, value) in enumerate(given.items(), 1):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type_name(value)}"
            )


def _same_shape(name: str, input: Tensor, target: Tensor) -> bool:
    """Whether input and target are of one shape."""
    try:
        return bool(input._array.shape == target._array.shape)
    except AttributeError:
        # torch's exception here is the one of Python that its own code runs into.
        wrong = target if isinstance(input, Tensor) else input
        raise AttributeError(
            f"{name}(): expected Tensors, but '{type(wrong).__name__}' object has no attribute 'size'"
        ) from None


def _broadcast(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Input and target expanded to one shape, with torch's warning that this is seldom meant."""
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
        "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    input, target = broadcast_tensors(input, target)
    return input, target


def _check_weight(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")


def _not_differentiable(name: str, **given: Tensor | None) -> None:
    """Raises torch's error for an argument that requires grad, but gets none."""
    for argument, value in given.items():
        if value is not None and value._node is not None and is_grad_enabled():
            raise RuntimeError(
                f"The function '{name}' is not differentiable with respect to argument '{argument}'. "
                "This input cannot have requires_grad True."
            )


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference, by default its mean. With a `weight` of the input's shape the mean is a weighted one.

    Warns when the shapes differ: they are broadcast.
    """
    _check_weight(input, weight)
    if not _same_shape("mse_loss", input, target):
        input, target = _broadcast(input, target)
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if weight is not None:
        losses = (input - target) ** 2 * weight
        return _weighted_mean(losses, weight) if reduction == "mean" else _reduce(losses, reduction)
    # Without the last argument the call is a shorter one.
    return loss.mse_loss(input, target) if reduction == "mean" else loss.mse_loss(input, target, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference, by default its mean. With a `weight` of the input's shape the mean is a weighted one.

    Warns when the shapes differ: they are broadcast.
    """
    _check_weight(input, weight)
    if not _same_shape("l1_loss", input, target):
        input, target = _broadcast(input, target)
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    losses = (input - target).abs()
    if weight is not None:
        losses = losses * weight
        if reduction == "mean":
            return _weighted_mean(losses, weight)
    return _reduce(losses, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference, rounded off to a parabola where it is less than `beta`. Source: Girshick, Fast R-CNN.

    Warns when the shapes differ: they are broadcast. Raises RuntimeError for a negative `beta`.
    """
    if not _same_shape("smooth_l1_loss", input, target):
        input, target = _broadcast(input, target)
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if beta == 0.0:
        return _reduce((input - target).abs(), reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return loss.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half the squared difference up to `delta`, and from there on a straight line. Source: Huber, 1964.

    Warns when the shapes differ: they are broadcast. Raises RuntimeError unless `delta` is positive.
    """
    _check_weight(input, weight)
    if not _same_shape("huber_loss", input, target):
        input, target = _broadcast(input, target)
    reduction = loss.chosen_reduction(None, None, reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if input.dtype is not target.dtype:
        if not input.is_floating_point() and target.is_floating_point():
            raise RuntimeError(
                f"huber_loss(): result type {target.dtype.legacy_name} can't be cast to the desired output type "
                f"{input.dtype.legacy_name}"
            )
        target = target.to(input.dtype)
    if weight is None:
        return loss.huber_loss(input, target, reduction, delta)
    return _reduce(loss.huber_loss(input, target, "none", delta) * weight, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`-(target * log(input) + (1 - target) * log(1 - input))` of probabilities; logarithms are -100 at least.

    Raises ValueError when the shapes differ, RuntimeError for what lies outside [0, 1] and for dtypes that differ.
    """
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if not _same_shape("binary_cross_entropy", input, target):
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) "
            "is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        _not_differentiable("binary_cross_entropy", weight=weight)
        weight = weight.expand(_broadcast_to(weight, input))
    if input._array.dtype is not target._array.dtype and input.dtype is not target.dtype:
        raise RuntimeError(
            f"binary_cross_entropy(): Found dtype {target.dtype.legacy_name} but expected {input.dtype.legacy_name}: "
            "the target must be of the input's dtype"
        )
    if weight is None and reduction == "mean":
        return loss.binary_cross_entropy(input, target)
    return loss.binary_cross_entropy(input, target, reduction, weight)


def _broadcast_to(weight: Tensor, input: Tensor) -> Any:
    """The input's shape; raises RuntimeError when the weight does not broadcast to it."""
    try:
        common = broadcast_shapes(weight.size(), input.size())
    except RuntimeError:
        raise broadcast_error([weight.size(), input.size()]) from None
    if common != input.size():
        raise RuntimeError(
            f"output with shape {list(input.size())} doesn't match the broadcast shape {list(common)}: "
            "the weight must broadcast to the input"
        )
    return common


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The binary cross entropy of `sigmoid(input)`, exact for large inputs; a target of 1 counts `pos_weight` times.

    The result has the target's dtype. Raises ValueError when the shapes differ, RuntimeError for targets of integers.
    """
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if not _same_shape("binary_cross_entropy_with_logits", input, target):
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if weight is not None or pos_weight is not None:
        _not_differentiable("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
        loss.check_float("log_sigmoid_cpu", input._array)
        weight, pos_weight = (
            None if each is None else each.expand(_broadcast_to(each, input)).to(target.dtype)
            for each in (weight, pos_weight)
        )
    if input._array.dtype is not target._array.dtype:
        loss.check_float("log_sigmoid_cpu", input._array)
        if not target.is_floating_point():
            raise RuntimeError(
                f"binary_cross_entropy_with_logits(): result type {input.dtype.legacy_name} can't be cast to the "
                f"desired output type {target.dtype.legacy_name}: the target must be of floats"
            )
        input = input.to(target.dtype)
    if weight is None and pos_weight is None and reduction == "mean":
        return loss.binary_cross_entropy_with_logits(input, target)
    return loss.binary_cross_entropy_with_logits(input, target, reduction, weight, pos_weight)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-probability of the target class: input (N, C, ...) of log-probabilities, target (N, ...).

    `weight` (C) weights the classes, and the mean is a weighted one. Raises IndexError for a class out of bounds.
    """
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    _check_class_arguments("nll_loss_nd", input, target, weight, ignore_index)
    return loss.nll_loss(input, target, weight, ignore_index, reduction)


def _check_class_arguments(name: str, input: Any, target: Any, weight: Any, ignore_index: Any) -> None:
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        _check_tensors(name, input=input, target=target)
    if not isinstance(ignore_index, int):
        kind = type(ignore_index).__name__
        raise TypeError(f"{name}(): argument 'ignore_index' (position 5) must be int, not {kind}")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-softmax of the logits `input` (N, C, ...) at the target: classes (N, ...) or probabilities.

    Probabilities have the input's shape. `weight` (C) weights the classes; `label_smoothing` gives that part of the
    target to all classes alike. Raises IndexError for a class out of bounds, RuntimeError for other targets.
    """
    if size_average is not None or reduce is not None or reduction not in loss.REDUCTIONS:
        reduction = loss.chosen_reduction(size_average, reduce, reduction)
    _check_class_arguments("cross_entropy_loss", input, target, weight, ignore_index)
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if input._array.shape == target._array.shape:
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    if label_smoothing > 0:
        return _smoothed_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    _not_differentiable("nll_loss_forward", weight=weight)
    return loss.cross_entropy(input, target, weight, ignore_index, reduction)


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """The cross entropy of the logits `linear(input, linear_weight, linear_bias)`: (N, n), (C, *out, n), (N, *out).

    Raises RuntimeError for shapes that do not fit, and for an `ignore_index` beside probabilities as target.
    Differs from torch: `options`, which compute in chunks to save memory, are not supported.
    """
    if options is not None:
        raise NotSupportedError("linear_cross_entropy(options=...): leave the options out, or give None")
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    shape = tuple(linear_weight.shape[:-1])
    if len(shape) > 1 and input.ndim == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {linear_weight.shape[-1]}), got unbatched input with shape {tuple(input.shape)}"
        )
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {linear_weight.shape[-1]}, respectively"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != shape:
        raise RuntimeError(f"expected linear_bias shape {shape}, got {tuple(linear_bias.shape)}")
    if ignore_index is not None and target.is_floating_point():
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    flat = linear(input, linear_weight.flatten(0, -2), None if linear_bias is None else linear_bias.flatten())
    return cross_entropy(
        flat.view(*input.shape[:-1], *shape),
        target,
        weight=weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def _class_weights(input: Tensor, weight: Tensor) -> Tensor:
    """The weights of the classes in a shape that broadcasts with the input's."""
    classes = input.shape[1] if input.ndim > 1 else input.shape[0]
    if weight.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    return weight.view(-1, *(1,) * (input.ndim - 2)) if input.ndim > 1 else weight


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    """The cross entropy to probabilities of the classes; its mean is over the items."""
    if not target.is_floating_point():
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype.legacy_name}: "
            "a target of the input's shape is one of probabilities; classes have a shape without the class dimension"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    loss.check_float("log_softmax_lastdim_kernel_impl", input._array)
    dim = 1 if input.ndim > 1 else 0
    logarithms = activation.log_softmax(input, dim)
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / input.shape[dim]
    products = logarithms * target
    if weight is not None:
        products = products * _class_weights(input, weight)
    result: Tensor = -products.sum(dim) if reduction == "none" else -products.sum()
    return loss.mean_over(result, input.numel() // max(input.shape[dim], 1)) if reduction == "mean" else result


def _smoothed_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    """The cross entropy to classes, partly replaced by the mean over all classes of their own."""
    _not_differentiable("nll_loss_forward", weight=weight)
    loss.check_float("log_softmax_lastdim_kernel_impl", input._array)
    dim = 1 if input.ndim > 1 else 0
    classes = input.shape[dim]
    logarithms = activation.log_softmax(input, dim)
    at_target = loss.nll_loss(logarithms, target, weight, ignore_index, reduction)
    everywhere = -(logarithms if weight is None else logarithms * _class_weights(input, weight)).sum(dim)
    kept = elementwise.ne(target, ignore_index)
    everywhere = elementwise.where(kept.view(everywhere.shape), everywhere, 0)
    if reduction != "none":
        everywhere = everywhere.sum()
    if reduction == "mean":
        everywhere = everywhere / (kept.sum() if weight is None else weight[target[kept].long()].sum())
    result: Tensor = at_target * (1 - label_smoothing) + everywhere * (label_smoothing / classes)
    return result


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """`target * (log(target) - input)`, input being log-probabilities; "batchmean" divides by the batch size alone.

    With `log_target` the target, too, is of log-probabilities. Warns that "mean" is not the divergence's own.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction, also=("batchmean",))
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    _check_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = elementwise.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return _reduce(losses, "sum") / input.shape[0] if input.ndim else _reduce(losses, "sum")
    return _reduce(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts under Poisson's law, whose rate is `exp(input)` or `input` itself.

    `full` adds Stirling's term for targets above 1.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + elementwise.where(target <= 1, 0, stirling)
    return _reduce(losses, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The negative log-likelihood under a normal law of mean `input` and variance `var`, which is `eps` at least.

    `var` is a number, or of the input's shape, perhaps with the last dimension 1 or left out. Raises ValueError for a
    wrong shape and for a negative variance.
    """
    if (var < 0) if isinstance(var, float) else (var < 0).any():
        raise ValueError("var has negative entry/entries")
    variance: Tensor = var * ones_like(input) if isinstance(var, float) else var
    if variance.size() != input.size():
        if input.size()[:-1] == variance.size():
            variance = variance.unsqueeze(-1)
        elif input.size()[:-1] != variance.size()[:-1] or variance.size(-1) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in loss.REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    variance = variance.clone()
    with no_grad():
        variance.clamp_(min=eps)
    losses = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduce(losses, reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The input where the target is 1; what it lacks to `margin` where the target is -1."""
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if not input.is_floating_point():
        margin = int(margin)  # torch brings it to the input's dtype
    far = elementwise.where(elementwise.ne(target, 1), (margin - input).clamp_min(0), 0)
    near = elementwise.where(elementwise.ne(target, -1), input, 0)
    return _reduce(far + near, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))` for targets 1 and -1.

    Differs from torch: it does not overflow.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    _check_tensors("soft_margin_loss", input=input, target=target)
    _not_differentiable("soft_margin_loss", target=target)
    if not input.is_floating_point():
        raise RuntimeError(
            f"soft_margin_loss(): result type Float can't be cast to the desired output type {input.dtype.legacy_name}"
        )
    if input.shape != target.shape:
        input, target = broadcast_tensors(input, target)
    return loss.soft_margin_loss(input, target.to(input.dtype), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What input1 lacks to be above input2 by `margin`, for targets 1; the other way round for targets -1."""
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _reduce((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 less the cosine where the target is 1; the cosine above `margin` where it is -1.

    Inputs (N, D) and targets (N), or (D) and one target.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and not input1.dim() == input2.dim() == 2:
        raise RuntimeError(
            f"1D target tensor expects 2D input tensors, but found inputs with sizes {list(input1.size())} and "
            f"{list(input2.size())}."
        )
    if target.dim() == 0 and not input1.dim() == input2.dim() == 1:
        raise RuntimeError(
            f"0D target tensor expects 1D input tensors, but found inputs with sizes {list(input1.size())} and "
            f"{list(input2.size())}."
        )
    # Inside the root, so that a vector of zeros has a cosine and a gradient.
    tiny = 1e-12
    product = (input1 * input2).sum(-1)
    cosine = product / (((input1 * input1).sum(-1) + tiny) * ((input2 * input2).sum(-1) + tiny)).sqrt()
    near = elementwise.where(elementwise.eq(target, 1), 1 - cosine, 0)
    far = elementwise.where(elementwise.eq(target, -1), (cosine - margin).clamp_min(0), 0)
    return _reduce(near + far, reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Over the classes other than the target, the mean of what its score lacks to lead by `margin`, to the power p.

    Input (N, C) or (C), target (N) or one number. Raises ValueError unless p is 1 or 2.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    _not_differentiable("multi_margin_loss", weight=weight)
    return loss.multi_margin_loss(input, target, p, margin, weight, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """For each target class and each other class, what the former's score lacks to lead by 1, over the classes.

    Input (N, C) or (C); target of the same shape: the target classes of each item, ended by -1.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    return loss.multilabel_margin_loss(input, target, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross entropy with logits, its mean over the classes: (N, C) twice give (N) before the reduction."""
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    losses = -(target * activation.logsigmoid(input) + (1 - target) * activation.logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    dim = input.dim() - 1
    return _reduce(losses.sum(dim) / input.size(dim), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the negative lacks to be further from the anchor than the positive by `margin`, in the p-norm.

    `swap` takes the positive in the anchor's place where it is nearer to the negative.
    """
    reduction = loss.chosen_reduction(size_average, reduce, reduction)
    return _triplet_loss(
        anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As triplet_margin_loss, with a distance of your own; by default the Euclidean one."""
    reduction = loss.chosen_reduction(None, None, reduction)
    return _triplet_loss(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = elementwise.minimum(far, distance(positive, negative))
    return _reduce((margin + near - far).clamp_min(0), reduction)


# --- normalisation ----------------------------------------------------------------------------------------------------


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


local_response_norm = norm.local_response_norm


# --- embedding --------------------------------------------------------------------------------------------------------


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` (rows, dim) at the indices `input` (...): (..., dim).

    The row `padding_idx` gets no gradient. Rows longer than `max_norm` are shortened to that, in place, before.
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        count = weight.size(0)
        if not -count <= padding_idx < count:
            raise AssertionError(f"Padding_idx must be within num_embeddings, which is {count}, but got {padding_idx}")
        padding_idx %= count
    if max_norm is not None:
        with no_grad():
            rows.embedding_renorm_(weight, input, max_norm, norm_type)
    return rows.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight` (rows, dim) in each bag of indices: (bags, dim).

    `input` has a bag in each row, or is (n) and `offsets` says where the bags start. Of the mode sum
    `per_sample_weights` multiply the rows. Raises ValueError for what does not go together.
    """
    if weight.dtype is int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        offsets = arange(input.size(0), device=input.device) * input.size(1)
        input = input.reshape(-1)
        per_sample_weights = per_sample_weights if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.dim() != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    elif offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    elif offsets.dim() != 1:
        raise ValueError(f"offsets has to be a 1D Tensor, but got {offsets.dim()} dimensions")
    if mode not in rows.MODES:
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        with no_grad():
            rows.embedding_renorm_(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}')."
        )
    return rows.embedding_bag(
        weight,
        input,
        offsets,
        scale_grad_by_freq,
        rows.MODES.index(mode),
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )[0]


# --- attention --------------------------------------------------------------------------------------------------------

scaled_dot_product_attention = attention.scaled_dot_product_attention
multi_head_attention_forward = attention.multi_head_attention_forward


# --- distances --------------------------------------------------------------------------------------------------------


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """`input` over its p-norm along `dim`, which is taken to be `eps` at least."""
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps)
    return elementwise.div(input, norm.expand_as(input), out=out)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between x1 and x2 (broadcast together) along `dim`; norms are `eps` at least."""
    common = result_type(x1, x2)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.legacy_name}")
    x1, x2 = broadcast_tensors(x1.to(common), x2.to(common))
    cosine: Tensor = (_direction(x1, dim, eps) * _direction(x2, dim, eps)).sum(dim)
    return cosine


def _direction(x: Tensor, dim: int, eps: float) -> Tensor:
    """`x` over its norm along `dim`, whose lower bound `eps` does not stop gradients."""
    norm = x.norm(2, dim, keepdim=True).clone()
    with no_grad():
        norm.clamp_min_(eps)
    direction: Tensor = x / norm
    return direction


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of `x1 - x2 + eps` along the last dimension."""
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)  # type: ignore[no-any-return]  # bound from a table


# --- other ------------------------------------------------------------------------------------------------------------


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """For every class index a vector of int64 that is 1 there, else 0; -1 means as many classes as are needed.

    Raises RuntimeError for what is no int64, and for indices out of range.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"one_hot(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    array = input._array
    if array.dtype != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not array.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return zeros(*array.shape, num_classes, dtype=input.dtype, device=input.device)
    if int(array.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif num_classes <= int(array.max()):
        raise RuntimeError("Class values must be smaller than num_classes.")
    hot: Tensor = elementwise.eq(input.unsqueeze(-1), arange(num_classes, device=input.device)).to(input.dtype)
    return hot
