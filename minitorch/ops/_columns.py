"""Convolution as one product: all that the kernel meets is laid out as columns, one for each position.

It is the way on a GPU, where launches count, and a matrix that is larger than the image by the kernel's size costs
little beside them: laid out by one kernel, multiplied by one product, added up again by one kernel. On a CPU it is the
way for kernels that have more numbers than all that they meet.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.backend import Array
from minitorch.ops._gather import (
    AT_ELEMENT,
    AT_POSITION,
    ELEMENT,
    INSIDE,
    POSITION,
    TAP,
    Sliding,
    each_meeting,
    each_tap,
    gather,
)
from minitorch.ops._windows import Shape

_BYTES = 2**28
"""Of columns that are laid out at a time, unless those of one image are more."""


def are_best(xp: Any, pointwise: bool, filters: int, n: int, positions: Shape) -> bool:
    """Whether to convolve by columns: with so many filters in a group, and a batch of `n`, at each of the positions."""
    return xp is not np or (not pointwise and filters > n * math.prod(positions))


def correlate(xp: Any, x: Array, w: Array, bias: Array | None, sliding: Sliding, groups: int, out: Array) -> None:
    """The sums over the windows of `x` (N, C, ...), weighted by `w` (O, C / groups, ...), plus the bias, into `out`."""
    matrices = w.reshape(groups, len(w) // groups, -1)
    for part in _parts(x, sliding):
        met = _laid_out(xp, x[part], sliding, groups)
        sums = xp.empty((groups, matrices.shape[1], met.shape[2]), x.dtype)
        _multiply(xp, matrices, met, sums)
        images = sums.reshape(len(w), -1, *sliding.positions).swapaxes(0, 1)
        if bias is None:
            out[part] = images
        else:
            xp.add(images, bias.reshape(-1, *(1 for _ in sliding.positions)), out=out[part])


def collect(xp: Any, g: Array, x: Array, sliding: Sliding, groups: int, shape: Shape) -> Array:
    """The adjoint to the kernel, of `shape` (O, C / groups, ...): what it met in `x`, weighted by `g` (N, O, ...)."""
    total = xp.empty(shape, x.dtype)
    matrices = total.reshape(groups, shape[0] // groups, -1)
    for part in _parts(x, sliding):
        met = _laid_out(xp, x[part], sliding, groups).swapaxes(1, 2)
        sums = matrices if part.start == 0 else xp.empty_like(matrices)
        _multiply(xp, _by_channel(g[part], groups), met, sums)
        if part.start:
            matrices += sums
    return total


def spread(xp: Any, g: Array, w: Array, sliding: Sliding, groups: int) -> Array:
    """The adjoint to the image: adds the kernel, weighted by `g` (N, O, ...), at each position."""
    out = xp.empty((len(g), groups * w.shape[1], *sliding.image), g.dtype)
    matrices = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    for part in _parts(out, sliding):
        weights, images = _by_channel(g[part], groups), out[part]
        columns = xp.empty((groups, matrices.shape[1], weights.shape[2]), g.dtype)
        _multiply(xp, matrices, weights, columns)
        _add_up(xp, sliding, *images.shape[:2], columns.reshape(-1), images)
    return out


def _parts(images: Array, sliding: Sliding) -> list[slice]:
    """The batch in parts whose columns are not too many bytes."""
    n, channels = images.shape[:2]
    nbytes = channels * math.prod(sliding.window.kernel) * math.prod(sliding.positions) * images.itemsize
    length = max(1, _BYTES // max(1, nbytes))
    return [slice(start, start + length) for start in range(0, n, length)]


def _multiply(xp: Any, a: Array, b: Array, out: Array) -> None:
    """The products of matrices, a pair for each group; of one pair CuPy takes a transposed matrix as it lies."""
    if xp is np or len(a) > 1:
        xp.matmul(a, b, out=out)
    else:
        xp.dot(a[0], b[0], out[0])


def _by_channel(g: Array, groups: int) -> Array:
    """(N, O, ...) as matrices (groups, O / groups, N * positions)."""
    return g.swapaxes(0, 1).reshape(groups, g.shape[1] // groups, -1)


def _laid_out(xp: Any, x: Array, sliding: Sliding, groups: int) -> Array:
    """What the kernel meets, in the kernel's own order: (groups, C / groups * taps, N * positions)."""
    n, channels = x.shape[:2]
    count = n * channels * math.prod(sliding.positions)
    columns = xp.empty(count * math.prod(sliding.window.kernel), x.dtype)
    _lay_out(xp, sliding, n, channels, x, columns, size=count)
    return columns.reshape(groups, columns.size // (groups * n * math.prod(sliding.positions)), -1)


@gather(
    Sliding,
    "int32 batch, int32 channels, raw T images",
    "raw T columns",
    f"""
    {AT_POSITION}
    ptrdiff_t channel = image / batch, item = image - channel * batch, step = batch * places;
    ptrdiff_t from = (item * channels + channel) * points;
    ptrdiff_t to = channel * k0 * k1 * k2 * step + item * places + place;
    """
    + each_tap(f"columns[to + {TAP} * step] = {INSIDE} ? images[from + {ELEMENT}] : T(0);"),
)
def _lay_out(xp: Any, sliding: Sliding, batch: int, channels: int, images: Array, columns: Array) -> None:
    """Images (N, C, ...) as columns (C, taps, N, *positions), in a row; zeros for what lies outside."""
    columns = columns.reshape(channels, math.prod(sliding.window.kernel), batch, *sliding.positions)
    columns[...] = 0
    by_channel = images.swapaxes(0, 1)
    for tap, (at, of) in enumerate(sliding.window.taps(sliding.image, sliding.positions)):
        columns[(slice(None), tap, slice(None), *at)] = by_channel[(..., *of)]


@gather(
    Sliding,
    "int32 batch, int32 channels, raw T columns",
    "T images",
    f"""
    {AT_ELEMENT}
    ptrdiff_t item = image / channels, channel = image - item * channels, step = batch * places;
    ptrdiff_t from = channel * k0 * k1 * k2 * step + item * places;
    real sum = 0;
    """
    + each_meeting(f"sum += columns[from + {TAP} * step + {POSITION}];")
    + "images = sum;",
)
def _add_up(xp: Any, sliding: Sliding, batch: int, channels: int, columns: Array, images: Array) -> None:
    """The adjoint of `_lay_out`: each element of the images is the sum of its places in the columns."""
    columns = columns.reshape(channels, math.prod(sliding.window.kernel), batch, *sliding.positions)
    images[...] = 0
    by_channel = images.swapaxes(0, 1)
    for tap, (at, of) in enumerate(sliding.window.taps(sliding.image, sliding.positions)):
        by_channel[(..., *of)] += columns[(slice(None), tap, slice(None), *at)]
