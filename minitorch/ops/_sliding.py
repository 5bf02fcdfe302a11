"""What pools over sliding windows share: the checks of their arguments, and the batch computed by parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch import parallel
from minitorch.backend import Array
from minitorch.errors import shape_list
from minitorch.ops._windows import Shape, Window, integers
from minitorch.tensor import Tensor


def _per_dim(name: str, argument: str, value: Any, spatial: int) -> Shape:
    """One number for each spatial dimension; raises torch's RuntimeError for another count."""
    given = integers(name, argument, value)
    if len(given) not in (1, spatial):
        count = ("one int", "two ints", "three ints")[spatial - 1]
        raise RuntimeError(f"{name}: {argument} must either be a single int, or a tuple of {count}, got {given}")
    return given if len(given) == spatial else given * spatial


def check_image(name: str, input: Any, spatial: int) -> None:
    """A tensor with `spatial` dimensions, a channel dimension and perhaps one for the batch, which alone may be 0."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    shape = input._array.shape
    if len(shape) not in (spatial + 1, spatial + 2) or 0 in shape[-spatial - 1 :]:
        raise RuntimeError(
            f"{name}: Expected {spatial + 1}D or {spatial + 2}D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{shape_list(shape)}"
        )


def sliding_window(
    name: str, input: Tensor, spatial: int, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: Any
) -> tuple[Window, Shape]:
    """The window of a pool and how many there are, everything checked."""
    check_image(name, input, spatial)
    if not isinstance(ceil, bool):
        raise TypeError(f"{name}(): argument 'ceil_mode' must be bool, not {type(ceil).__name__}")
    if stride is None or stride in ((), []):
        stride = kernel
    given = (("kernel_size", kernel), ("stride", stride), ("padding", padding), ("dilation", dilation))
    window = Window(*(_per_dim(name, argument, value, spatial) for argument, value in given))
    if 0 in window.stride:
        raise RuntimeError(f"{name}: stride should not be zero")
    for argument, values in (("kernel size", window.kernel), ("stride", window.stride), ("dilation", window.dilation)):
        if min(values) <= 0:
            raise RuntimeError(f"{name}: {argument} should be greater than zero, but got {shape_list(values)}")
    for p, k, d, span in zip(window.padding, window.kernel, window.dilation, window.span(), strict=True):
        if p < 0:
            raise RuntimeError(f"{name}: pad must be non-negative, but got pad: {p}")
        if p > span // 2:
            raise RuntimeError(
                f"{name}: pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )
    shape = input._array.shape[-spatial:]
    size = window.positions(shape, ceil)
    if min(size) < 1:
        channels = input._array.shape[-spatial - 1]
        was, would = ("x".join(map(str, (channels, *each))) for each in (shape, size))
        raise RuntimeError(
            f"{name}: Given input size: ({was}). Calculated output size: ({would}). Output size is too small"
        )
    return window, size


def line_window(name: str, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> list[Shape]:
    """The arguments of a pool over lines, checked, as those over images of one line."""
    if stride is None or stride in ((), []):
        stride = kernel
    found: list[Shape] = []
    for argument, value, other in (
        ("kernel_size", kernel, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        given = integers(name, argument, value)
        if len(given) != 1:
            raise RuntimeError(f"{name}() argument '{argument}' should contain one int (got {len(given)})")
        found.append((other, given[0]))
    return found


def by_item(xp: Any, compute: Callable[..., Any], large: Array, *others: Array) -> None:
    """`compute(large, *others)` for parts of the batch; the first array fills most of the memory."""
    if not len(large):
        return
    nbytes = 2 * math.prod(large.shape[1:]) * large.itemsize
    parallel.rows(lambda part: compute(large[part], *[other[part] for other in others]), xp, len(large), nbytes)
