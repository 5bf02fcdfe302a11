"""Max pooling: the maximum of each window. A loop over the taps of the window, each a slice of the whole input.

On a GPU each result gathers its window in one kernel; the formulas beside those say what they compute.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from minitorch import parallel
from minitorch.autograd.modes import modes
from minitorch.autograd.op import op
from minitorch.backend import Array, kept
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
from minitorch.ops._sliding import by_item, check_image, line_window, sliding_window
from minitorch.ops._windows import Shape, Window
from minitorch.tensor import Tensor


class Pooled(NamedTuple):
    """The maxima, and which tap of its window each is, counted row by row."""

    out: Any
    which: Any


def _max_name(input: Array, window: Window, size: Shape) -> str:
    return f"MaxPool{len(size)}DWithIndicesBackward0"


@op
def _max_pool_only(xp: Any, input: Array, window: Window, size: Shape) -> Array:
    out = xp.empty((*input.shape[: -len(size)], *size), input.dtype)
    _keep_maxima(xp, Sliding(window, input.shape[-len(size) :], size), _lowest(xp, input), input, out)
    return out


@gather(
    Sliding,
    "T lowest, raw T input",
    "T out",
    f"{AT_POSITION} T best = lowest;"
    + each_tap(f"""
    if (!{INSIDE}) continue;
    T value = input[image * points + {ELEMENT}];
    if (value > best || value != value) best = value;
    """)
    + "out = best;",
)
def _keep_maxima(xp: Any, sliding: Sliding, lowest: Any, input: Array, out: Array) -> None:
    """The largest tap of each window; `lowest` where none lies inside the image."""
    window, image, size = sliding
    taps = window.taps(image, size)
    out[...] = input[(..., *next(taps)[1])] if window.fits(image, size) else lowest
    for at, of in taps:
        here = out[(..., *at)]
        xp.maximum(here, input[(..., *of)], out=here)


@op(outputs=Pooled, differentiable=(0,), backward=_max_name)
def _max_pool(xp: Any, input: Array, window: Window, size: Shape) -> Any:
    shape = (*input.shape[: -len(size)], *size)
    out = xp.empty(shape, input.dtype)
    which = xp.empty(shape, xp.uint8 if math.prod(window.kernel) <= 256 else xp.int32)
    _find_maxima(xp, Sliding(window, input.shape[-len(size) :], size), _lowest(xp, input), input, out, which)
    return out, which


_FIRST = "".join(f"int t{k} = a{k} * s{k} < p{k} ? (p{k} - a{k} * s{k} + d{k} - 1) / d{k} : 0;" for k in range(3))
"""Text for the first tap (t0, t1, t2) of a position's window that lies inside the image."""


@gather(
    Sliding,
    "T lowest, raw T input",
    "T out, U which",
    f"{AT_POSITION} {_FIRST} T best = lowest; int mark = {TAP};"
    + each_tap(f"""
    if (!{INSIDE}) continue;
    T value = input[image * points + {ELEMENT}];
    if (value > best || value != value) {{
        best = value;
        mark = {TAP};
    }}
    """)
    + "out = best; which = mark;",
)
def _find_maxima(xp: Any, sliding: Sliding, lowest: Any, input: Array, out: Array, which: Array) -> None:
    """The largest tap of each window, the first of equals, the last nan; `lowest` where none lies inside the image."""
    window, image, size = sliding

    def find(input: Array, out: Array, which: Array) -> None:
        later = list(enumerate(window.taps(image, size)))
        if window.fits(image, size):
            out[...] = input[(..., *later.pop(0)[1][1])]
            which[...] = 0
        else:
            out[...] = lowest
            which[...] = _first_tap(xp, window, size)
        for tap, (at, of) in later:
            here, mark = out[(..., *at)], which[(..., *at)]
            value = parallel.scratch(xp, "taps", here.shape, input.dtype)
            value[...] = input[(..., *of)]  # in a row, it is quicker to go over twice
            hits = (value > here).view(xp.uint8)
            xp.maximum(mark, hits * which.dtype.type(tap), out=mark)
            xp.maximum(here, value, out=here)
        if input.dtype.kind == "f" and bool(xp.isnan(out).any()):
            for tap, (at, of) in later:
                value, mark = input[(..., *of)], which[(..., *at)]
                xp.maximum(mark, (value != value).astype(which.dtype) * tap, out=mark)

    by_item(xp, find, input, out, which)


@op(backward="MaxPoolBackwardBackward0")
def _max_pool_backward(xp: Any, g: Array, which: Array, window: Window, shape: Shape) -> Array:
    """Each gradient goes to the tap that was the maximum."""
    spatial = len(window.kernel)
    sliding = Sliding(window, shape[-spatial:], g.shape[-spatial:])
    out = xp.empty(shape, g.dtype)
    _send_back(xp, sliding, g, which, out)
    return out


@gather(
    Sliding,
    "raw T g, raw U which",
    "T out",
    f"{AT_ELEMENT} real sum = 0;"
    + each_meeting(f"""
    ptrdiff_t from = image * places + {POSITION};
    if (which[from] == {TAP}) sum += g[from];
    """)
    + "out = sum;",
)
def _send_back(xp: Any, sliding: Sliding, g: Array, which: Array, out: Array) -> None:
    """Each element is the sum of the gradients for which it was the maximum."""
    window, image, size = sliding
    once = window.tiles(image, size)

    def send(out: Array, g: Array, which: Array) -> None:
        if not once:
            out[...] = 0
        for tap, (at, of) in enumerate(window.taps(image, size)):
            hit = which[(..., *at)] == tap
            if once:
                kept(xp, g, hit, out=out[(..., *of)])
            else:
                out[(..., *of)] += kept(xp, g[(..., *at)], hit)

    by_item(xp, send, out, g, which)


@op(backward="MaxPoolBackwardBackward0")
def _max_pool_pick(xp: Any, input: Array, which: Array, window: Window) -> Array:
    """The taps of `input` where the maxima were."""
    size = which.shape[-len(window.kernel) :]
    out = xp.zeros(which.shape, input.dtype)
    for tap, (at, of) in enumerate(window.taps(input.shape[-len(size) :], size)):
        out[(..., *at)] += input[(..., *of)] * (which[(..., *at)] == tap)
    return out


_max_pool.grad(input=lambda xp, g, which, input_shape, window: _max_pool_backward.on(xp)(g, which, window, input_shape))
_max_pool_backward.grad(g=lambda xp, g, which, window: _max_pool_pick.on(xp)(g, which, window))
_max_pool_pick.grad(
    input=lambda xp, g, which, input_shape, window: _max_pool_backward.on(xp)(g, which, window, input_shape)
)


def _lowest(xp: Any, array: Array) -> Any:
    return -math.inf if array.dtype.kind == "f" else xp.iinfo(array.dtype).min


def _first_tap(xp: Any, window: Window, size: Shape) -> Array:
    """The first tap that lies inside the image, for each position."""
    first: Any = 0
    for k, s, p, d, n in zip(*window, size, strict=True):
        own = [min(k - 1, max(0, -((place * s - p) // d))) for place in range(n)]
        first = xp.asarray(first)[..., None] * k + xp.asarray(own, dtype=int)
    return first


@op
def _flat_indices(xp: Any, which: Array, window: Window, shape: Shape) -> Array:
    """Where in the flattened image of `shape` the marked taps lie."""
    return _places(xp, Sliding(window, shape, which.shape[-len(shape) :]), which)


@gather(
    Sliding,
    "U which",
    "int64 out",
    f"""
    {AT_POSITION}
    int t0 = which / (k1 * k2), t1 = which / k2 % k1, t2 = which % k2;
    int b0 = a0 * s0 - p0 + t0 * d0, b1 = a1 * s1 - p1 + t1 * d1, b2 = a2 * s2 - p2 + t2 * d2;
    out = {ELEMENT};
    """,
)
def _places(xp: Any, sliding: Sliding, which: Array) -> Array:
    """Where in its flattened image the marked tap of each window lies."""
    window, image, size = sliding
    corner = taps = xp.zeros((), int)
    for k, s, p, d, n, length in zip(*window, size, image, strict=True):
        corner = corner[..., None] * length + (xp.arange(n) * s - p)
        taps = taps[..., None] * length + xp.arange(k) * d
    return corner + taps.reshape(-1)[which]


# --- functions --------------------------------------------------------------------------------------------------------


def _max(
    name: str,
    spatial: int,
    input: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: Any,
    track: bool,
) -> tuple[Tensor, Any]:
    """The maxima, and if `track` their indices."""
    window, size = sliding_window(name, input, spatial, kernel, stride, padding, dilation, ceil)
    if input._array.dtype.kind == "b":
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert the input to floats")
    if not track and (not modes.grad or input._current_node() is None):
        return _max_pool_only(input, window, size), None
    pooled: Any = _max_pool(input, window, size)
    return pooled.out, _flat_indices(pooled.which, window, input._array.shape[-spatial:]) if track else None


def max_pool1d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The maximum of each window along the last dimension of (N, C, L) or (C, L); padding is minus infinity.

    Raises RuntimeError for padding above half the window.
    """
    check_image("max_pool1d", input, 1)
    kernel, steps, border, taps = line_window("max_pool1d", kernel_size, stride, padding, dilation)
    pooled, _ = _max("max_pool1d", 2, input.unsqueeze(-2), kernel, steps, border, taps, ceil_mode, False)
    out: Tensor = pooled.squeeze(-2)
    return out


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """As max_pool1d, and where in its line each maximum is."""
    check_image("max_pool1d", input, 1)
    kernel, steps, border, taps = line_window("max_pool1d", kernel_size, stride, padding, dilation)
    out, indices = _max("max_pool1d", 2, input.unsqueeze(-2), kernel, steps, border, taps, ceil_mode, True)
    return out.squeeze(-2), indices.squeeze(-2)


def max_pool2d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The maximum of each window of (N, C, H, W) or (C, H, W); padding is minus infinity.

    Raises RuntimeError for padding above half the window.
    """
    return _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, False)[0]


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """As max_pool2d, and where in its flattened image each maximum is."""
    return _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """As max_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    return _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, False)[0]


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """As max_pool3d, and where in its flattened image each maximum is."""
    return _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, True)
