"""The cross entropy of many classes, whose targets are classes or probabilities."""

from __future__ import annotations

from typing import Any

from minitorch.errors import NotSupportedError
from minitorch.nn.functional._arguments import check_tensors, not_differentiable
from minitorch.ops import activation, choices, class_loss, comparison
from minitorch.ops._loss_reduction import REDUCTIONS, check_float, chosen_reduction
from minitorch.ops.linalg import linear
from minitorch.tensor import Tensor


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
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    _check_class_arguments("nll_loss_nd", input, target, weight, ignore_index)
    return class_loss.nll_loss(input, target, weight, ignore_index, reduction)


def _check_class_arguments(name: str, input: Any, target: Any, weight: Any, ignore_index: Any) -> None:
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        check_tensors(name, input=input, target=target)
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
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    _check_class_arguments("cross_entropy_loss", input, target, weight, ignore_index)
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if input._array.shape == target._array.shape:
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    if label_smoothing > 0:
        return _smoothed_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    not_differentiable("nll_loss_forward", weight=weight)
    return class_loss.cross_entropy(input, target, weight, ignore_index, reduction)


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
    check_float("log_softmax_lastdim_kernel_impl", input._array)
    dim = 1 if input.ndim > 1 else 0
    logarithms = activation.log_softmax(input, dim)
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / input.shape[dim]
    products = logarithms * target
    if weight is not None:
        products = products * _class_weights(input, weight)
    result: Tensor = -products.sum(dim) if reduction == "none" else -products.sum()
    return class_loss.mean_over(result, input.numel() // max(input.shape[dim], 1)) if reduction == "mean" else result


def _smoothed_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    """The cross entropy to classes, partly replaced by the mean over all classes of their own."""
    not_differentiable("nll_loss_forward", weight=weight)
    check_float("log_softmax_lastdim_kernel_impl", input._array)
    dim = 1 if input.ndim > 1 else 0
    classes = input.shape[dim]
    logarithms = activation.log_softmax(input, dim)
    at_target = class_loss.nll_loss(logarithms, target, weight, ignore_index, reduction)
    everywhere = -(logarithms if weight is None else logarithms * _class_weights(input, weight)).sum(dim)
    kept = comparison.ne(target, ignore_index)
    everywhere = choices.where(kept.view(everywhere.shape), everywhere, 0)
    if reduction != "none":
        everywhere = everywhere.sum()
    if reduction == "mean":
        everywhere = everywhere / (kept.sum() if weight is None else weight[target[kept].long()].sum())
    result: Tensor = at_target * (1 - label_smoothing) + everywhere * (label_smoothing / classes)
    return result
