"""Pooling with its indices, the way back from these, and the p-norm of windows."""

from __future__ import annotations

from typing import Any

from minitorch.nn.functional._arguments import not_differentiable
from minitorch.ops import adaptive_pool, avg_pool, fractional_pool, max_pool, unpool
from minitorch.ops._windows import per_dim
from minitorch.ops.random import rand
from minitorch.tensor import Tensor


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
    chosen: Any = max_pool.max_pool1d_with_indices if return_indices else max_pool.max_pool1d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = adaptive_pool.adaptive_max_pool1d(input, output_size)
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
    return unpool.max_unpool("max_unpool1d", input, indices, size)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return avg_pool.lp_pool(input, norm_type, per_dim(kernel_size, 1), stride, ceil_mode)


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
    chosen: Any = max_pool.max_pool2d_with_indices if return_indices else max_pool.max_pool2d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = adaptive_pool.adaptive_max_pool2d(input, output_size)
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
    return unpool.max_unpool("max_unpool2d", input, indices, size)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return avg_pool.lp_pool(input, norm_type, per_dim(kernel_size, 2), stride, ceil_mode)


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
    chosen: Any = max_pool.max_pool3d_with_indices if return_indices else max_pool.max_pool3d
    return chosen(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of each of `output_size` windows that cover the input evenly, and perhaps its place."""
    out, indices = adaptive_pool.adaptive_max_pool3d(input, output_size)
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
    return unpool.max_unpool("max_unpool3d", input, indices, size)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The p-norm of each window, p being `norm_type`."""
    return avg_pool.lp_pool(input, norm_type, per_dim(kernel_size, 3), stride, ceil_mode)


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


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The maxima and their places: fractional_max_pool2d with `return_indices`."""
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Maxima of `output_size` windows of (N, C, H, W) or (C, H, W) at random distances, and perhaps their places.

    `output_ratio` gives the output's size as a share of the input's. The windows are drawn for each image by itself,
    or said by `_random_samples` (N, C, 2) between 0 and 1. Raises ValueError where neither size nor ratio is given.
    """
    out, indices = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return (out, indices) if return_indices else out


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The maxima and their places: fractional_max_pool3d with `return_indices`."""
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Maxima of `output_size` windows of (N, C, D, H, W) or (C, D, H, W) at random distances, and perhaps their places.

    `output_ratio` gives the output's size as a share of the input's. The windows are drawn for each image by itself,
    or said by `_random_samples` (N, C, 3) between 0 and 1. Raises ValueError where neither size nor ratio is given.
    """
    out, indices = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return (out, indices) if return_indices else out


def _fractional(
    spatial: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{spatial}d"
    if output_size is None:
        if output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        if len(output_ratio) > spatial:
            raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = tuple(int(input.size(k - spatial) * output_ratio[k]) for k in range(spatial))
    if samples is None:
        batch = 1 if input.dim() == spatial + 1 else input.size(0)
        samples = rand(batch, input.size(-spatial - 1), spatial, dtype=input.dtype, device=input.device)
    not_differentiable(name, random_samples=samples)
    return fractional_pool.fractional_max_pool(input, kernel_size, output_size, samples, spatial)
