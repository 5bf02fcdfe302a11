"""Pooling: the maximum or the mean of windows. A loop over the taps of the window, each a slice of the whole input.

On a GPU each result gathers its window in one kernel; the formulas beside those say what they compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minitorch import parallel
from minitorch.autograd.modes import modes
from minitorch.autograd.op import op
from minitorch.backend import Array, add_along_axis
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import shape_list, wrap_dim
from minitorch.ops._gather import (
    AT_ELEMENT,
    AT_POSITION,
    ELEMENT,
    INSIDE,
    POSITION,
    TAP,
    Covering,
    Sliding,
    each_covered,
    each_covering,
    each_meeting,
    each_tap,
    gather,
    gathers,
)
from minitorch.ops._windows import Shape, Window, integers
from minitorch.ops.activation import relu
from minitorch.ops.elementwise import sign
from minitorch.tensor import Tensor

# --- maximum ----------------------------------------------------------------------------------------------------------


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


def _by_item(xp: Any, compute: Callable[..., Any], large: Array, *others: Array) -> None:
    """`compute(large, *others)` for parts of the batch; the first array fills most of the memory."""
    nbytes = 2 * math.prod(large.shape[1:]) * large.itemsize
    parallel.rows(lambda part: compute(large[part], *[other[part] for other in others]), xp, len(large), nbytes)


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
            value, here, mark = input[(..., *of)], out[(..., *at)], which[(..., *at)]
            xp.maximum(mark, (value > here).astype(which.dtype) * tap, out=mark)
            xp.maximum(here, value, out=here)
        if input.dtype.kind == "f" and bool(xp.isnan(out).any()):
            for tap, (at, of) in later:
                value, mark = input[(..., *of)], which[(..., *at)]
                xp.maximum(mark, (value != value).astype(which.dtype) * tap, out=mark)

    _by_item(xp, find, input, out, which)


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
                xp.multiply(g, hit, out=out[(..., *of)])
            else:
                out[(..., *of)] += g[(..., *at)] * hit

    _by_item(xp, send, out, g, which)


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


# --- mean -------------------------------------------------------------------------------------------------------------


def _count(at: str) -> str:
    """Text that makes `count` what the sum of a window is divided by, at the position (a0, a1, a2) or (b0, b1, b2)."""
    sides = "".join(
        f"""
        {{
            int start = {at}{k} * s{k} - p{k}, end = start + k{k} < n{k} + p{k} ? start + k{k} : n{k} + p{k};
            if (!include && start < 0) start = 0;
            if (!include && end > n{k}) end = n{k};
            count *= end - start;
        }}
        """
        for k in range(3)
    )
    return f"ptrdiff_t count = divisor; if (!divisor) {{ count = 1; {sides} }}"


@op(backward=lambda input, window, size, include, divisor: f"AvgPool{len(size)}DBackward0")
def _avg_pool(xp: Any, input: Array, window: Window, size: Shape, include: bool, divisor: int | None) -> Array:
    wide = xp.float32 if input.dtype.name == "float16" else input.dtype
    out = xp.empty((*input.shape[: -len(size)], *size), wide)
    _find_means(xp, Sliding(window, input.shape[-len(size) :], size), include, divisor or 0, input, out)
    return out.astype(input.dtype, copy=False)


@gather(
    Sliding,
    "bool include, int32 divisor, raw T input",
    "U out",
    f"{AT_POSITION} real sum = 0;"
    + each_tap(f"if ({INSIDE}) sum += input[image * points + {ELEMENT}];")
    + f"{_count('a')} out = sum / (real)count;",
)
def _find_means(xp: Any, sliding: Sliding, include: bool, divisor: int, input: Array, out: Array) -> None:
    """The mean of each window, or its sum by the divisor unless that is 0."""
    window, image, size = sliding

    def add_up(input: Array, out: Array) -> None:
        out[...] = 0
        for at, of in window.taps(image, size):
            out[(..., *at)] += input[(..., *of)]

    _by_item(xp, add_up, input, out)
    counts = _counts(xp, window, image, size, include, divisor)
    if out.dtype.kind == "f":
        out /= _as(xp, counts, out.dtype)
    else:
        out[...] = xp.trunc(out / counts)


@op(backward=lambda g, window, shape, include, divisor: f"AvgPool{len(window.kernel)}DBackwardBackward0")
def _avg_pool_backward(xp: Any, g: Array, window: Window, shape: Shape, include: bool, divisor: int | None) -> Array:
    """The gradient of each mean goes to all taps of its window, in equal parts."""
    spatial = len(window.kernel)
    sliding = Sliding(window, shape[-spatial:], g.shape[-spatial:])
    out = xp.empty(shape, g.dtype)
    _send_parts(xp, sliding, include, divisor or 0, g, out)
    return out


@gather(
    Sliding,
    "bool include, int32 divisor, raw T g",
    "T out",
    f"{AT_ELEMENT} real sum = 0;"
    + each_meeting(f"{_count('b')} sum += g[image * places + {POSITION}] / (real)count;")
    + "out = sum;",
)
def _send_parts(xp: Any, sliding: Sliding, include: bool, divisor: int, g: Array, out: Array) -> None:
    """Each element is the sum of its parts of gradients."""
    window, image, size = sliding
    part = g / _as(xp, _counts(xp, window, image, size, include, divisor), g.dtype)
    once = window.tiles(image, size)

    def send(out: Array, part: Array) -> None:
        if not once:
            out[...] = 0
        for at, of in window.taps(image, size):
            if once:
                out[(..., *of)] = part
            else:
                out[(..., *of)] += part[(..., *at)]

    _by_item(xp, send, out, part)


_avg_pool.grad(
    input=lambda xp, g, input_shape, window, include, divisor: _avg_pool_backward.on(xp)(
        g, window, input_shape, include, divisor
    )
)
_avg_pool_backward.grad(
    g=lambda xp, g, g_shape, window, include, divisor: _avg_pool.on(xp)(
        g, window, g_shape[-len(window.kernel) :], include, divisor
    )
)


def _as(xp: Any, counts: Any, dtype: Any) -> Any:
    return counts if isinstance(counts, int) else counts.astype(dtype)


def _counts(xp: Any, window: Window, shape: Sequence[int], size: Sequence[int], include: bool, divisor: int) -> Any:
    """By how much the sum of each window is divided: a number, or one for each position where they differ."""
    if divisor:
        return divisor
    if window.fits(shape, size):
        return math.prod(window.kernel)
    counts: Any = xp.ones((), int)
    for k, s, p, _, length, n in zip(*window, shape, size, strict=True):
        starts = [place * s - p for place in range(n)]
        ends = [min(start + k, length + p) for start in starts]
        if not include:
            starts, ends = [max(start, 0) for start in starts], [min(end, length) for end in ends]
        own = [end - start for start, end in zip(starts, ends, strict=True)]
        counts = counts[..., None] * xp.asarray(own, dtype=int)
    return counts


# --- adaptive ---------------------------------------------------------------------------------------------------------


def _cuts(length: int, n: int) -> list[tuple[int, int]]:
    """Where the n windows that cover a dimension evenly start and end."""
    return [(k * length // n, -(-(k + 1) * length // n)) for k in range(n)]


def _window_indices(xp: Any, length: int, n: int) -> tuple[Array, Array]:
    """The elements of each window (n, longest), the last one repeated where it is shorter; and which are its own."""
    cuts = _cuts(length, n)
    longest = max((end - start for start, end in cuts), default=1)
    steps = xp.arange(longest)
    starts = xp.asarray([start for start, _ in cuts], dtype=int)[:, None]
    ends = xp.asarray([end for _, end in cuts], dtype=int)[:, None]
    return xp.minimum(starts + steps, ends - 1), starts + steps < ends


@op(backward=lambda input, size: f"AdaptiveAvgPool{len(size)}DBackward0")
def _adaptive_avg_pool(xp: Any, input: Array, size: Shape) -> Array:
    if not gathers(xp):
        return _even_means(xp, input, size)
    out = xp.empty((*input.shape[: -len(size)], *size), input.dtype)
    _cover_means(xp, Covering(input.shape[-len(size) :], size), input, out)
    return out


def _even_means(xp: Any, input: Array, size: Shape) -> Array:
    """Dimension by dimension."""
    out = input.astype(xp.float32) if input.dtype.name == "float16" else input
    for dim, n in enumerate(size, input.ndim - len(size)):
        length = out.shape[dim]
        lead, rest = out.shape[:dim], out.shape[dim + 1 :]
        if n and length % n == 0:
            out = out.reshape(*lead, n, length // n, *rest).mean(axis=dim + 1)
            continue
        indices, own = _window_indices(xp, length, n)
        own = own.reshape(*own.shape, *(1 for _ in rest))
        windows = xp.take(out, indices.reshape(-1), axis=dim).reshape(*lead, *indices.shape, *rest)
        out = xp.where(own, windows, 0).sum(axis=dim + 1) / own.sum(axis=1).astype(out.dtype)
    return out.astype(input.dtype, copy=False)


@gather(
    Covering,
    "raw T input",
    "T out",
    f"{AT_POSITION} real sum = 0; int count = 0;"
    + each_covered(f"sum += input[image * points + {ELEMENT}]; count++;")
    + "out = sum / (real)count;",
)
def _cover_means(xp: Any, covering: Covering, input: Array, out: Array) -> None:
    """The mean of each window."""
    out[...] = _even_means(xp, input, covering.positions)


@op(backward=lambda g, shape, spatial: f"AdaptiveAvgPool{spatial}DBackwardBackward0")
def _adaptive_avg_pool_backward(xp: Any, g: Array, shape: Shape, spatial: int) -> Array:
    if not gathers(xp):
        return _even_parts(xp, g, shape, spatial)
    out = xp.empty(shape, g.dtype)
    _cover_parts(xp, Covering(shape[-spatial:], g.shape[-spatial:]), g, out)
    return out


def _even_parts(xp: Any, g: Array, shape: Shape, spatial: int) -> Array:
    """Dimension by dimension."""
    out = g
    for dim in range(g.ndim - spatial, g.ndim):
        length, n = shape[dim], g.shape[dim]
        if n and length % n == 0:
            out = xp.repeat(out, length // n, axis=dim) / (length // n)
            continue
        cuts = _cuts(length, n)
        starts, ends = (xp.asarray([cut[k] for cut in cuts], dtype=int).reshape(-1, 1) for k in (0, 1))
        places = xp.arange(length)
        shares = ((places >= starts) & (places < ends)) / (ends - starts)
        out = xp.moveaxis(xp.matmul(xp.moveaxis(out, dim, -1), shares.astype(g.dtype)), -1, dim)
    return out


_COVERED = "ptrdiff_t count = 1;" + "".join(
    f"count *= ((ptrdiff_t)(b{k} + 1) * n{k} + m{k} - 1) / m{k} - (ptrdiff_t)b{k} * n{k} / m{k};" for k in range(3)
)
"""Text that makes `count` the number of elements in the window at the position (b0, b1, b2)."""


@gather(
    Covering,
    "raw T g",
    "T out",
    f"{AT_ELEMENT} real sum = 0;"
    + each_covering(f"""
    {_COVERED}
    sum += g[image * places + {POSITION}] / (real)count;
    """)
    + "out = sum;",
)
def _cover_parts(xp: Any, covering: Covering, g: Array, out: Array) -> None:
    """Each gradient in equal parts for the elements of its window."""
    out[...] = _even_parts(xp, g, out.shape, len(covering.image))


_adaptive_avg_pool.grad(
    input=lambda xp, g, input_shape, size: _adaptive_avg_pool_backward.on(xp)(g, input_shape, len(size))
)
_adaptive_avg_pool_backward.grad(
    g=lambda xp, g, g_shape, spatial: _adaptive_avg_pool.on(xp)(g, g_shape[len(g_shape) - spatial :])
)


class MaximaAndIndices(NamedTuple):
    """The maxima, and where in its flattened image each lies."""

    out: Any
    indices: Any


@op(
    outputs=MaximaAndIndices,
    differentiable=(0,),
    backward=lambda input, size: f"AdaptiveMaxPool{len(size)}DBackward0",
)
def _adaptive_max_pool(xp: Any, input: Array, size: Shape) -> Any:
    if not gathers(xp):
        return _even_maxima(xp, input, size)
    shape = (*input.shape[: -len(size)], *size)
    out, indices = xp.empty(shape, input.dtype), xp.empty(shape, xp.int64)
    _cover_maxima(xp, Covering(input.shape[-len(size) :], size), input, out, indices)
    return out, indices


def _even_maxima(xp: Any, input: Array, size: Shape) -> tuple[Array, Array]:
    """The maxima and their indices, from all windows side by side."""
    spatial, first = len(size), input.ndim - len(size)
    shape = input.shape[first:]
    key: list[Any] = [...]
    places: Any = xp.zeros((), int)
    for k, (length, n) in enumerate(zip(shape, size, strict=True)):
        indices, _ = _window_indices(xp, length, n)
        # Windows first, then the elements of a window: (n1, n2, longest1, longest2).
        around = [1] * (2 * spatial)
        around[k], around[spatial + k] = indices.shape
        key.append(indices.reshape(around))
        places = places * length + key[-1]
    windows = input[tuple(key)].reshape(*input.shape[:first], *size, -1)
    places = xp.broadcast_to(places.reshape(*size, -1), windows.shape)
    if not windows.size:
        return xp.zeros(windows.shape[:-1], input.dtype), xp.zeros(windows.shape[:-1], int)
    best = windows.argmax(axis=-1)[..., None]
    return xp.take_along_axis(windows, best, -1)[..., 0], xp.take_along_axis(places, best, -1)[..., 0]


@gather(
    Covering,
    "raw T input",
    "T out, int64 indices",
    f"{AT_POSITION} T best(0); ptrdiff_t mark = -1;"
    + each_covered(f"""
    T value = input[image * points + {ELEMENT}];
    if (mark < 0 || value > best || (value != value && best == best)) {{
        best = value;
        mark = {ELEMENT};
    }}
    """)
    + "out = best; indices = mark;",
)
def _cover_maxima(xp: Any, covering: Covering, input: Array, out: Array, indices: Array) -> None:
    """The maximum of each window and where it is; the first of equals, and of nans."""
    out[...], indices[...] = _even_maxima(xp, input, covering.positions)


@op(backward="AdaptiveMaxPoolBackwardBackward0")
def _add_at(xp: Any, g: Array, indices: Array, shape: Shape, spatial: int) -> Array:
    """Zeros of `shape`, with `g` added at the indices into its flattened images."""
    images, length = math.prod(shape[: len(shape) - spatial]), math.prod(shape[len(shape) - spatial :])
    if not g.size:
        return xp.zeros(shape, g.dtype)
    return add_along_axis(g.reshape(images, -1), indices.reshape(images, -1), (images, length), 1).reshape(shape)


@op(backward="MaxUnpoolBackwardBackward0")
def _take_at(xp: Any, input: Array, indices: Array, spatial: int) -> Array:
    """The elements of `input` at the indices into its flattened images."""
    images = math.prod(input.shape[: input.ndim - spatial])
    if not indices.size:
        return xp.zeros(indices.shape, input.dtype)
    flat = xp.take_along_axis(input.reshape(images, -1), indices.reshape(images, -1), 1)
    return flat.reshape(indices.shape)


@op(backward=lambda input, indices, size: f"MaxUnpool{len(size)}DBackward0")
def _max_unpool(xp: Any, input: Array, indices: Array, size: Shape) -> Array:
    shape = (*input.shape[: input.ndim - len(size)], *size)
    images, length = math.prod(shape[: len(shape) - len(size)]), math.prod(size)
    out = xp.zeros(images * length, input.dtype)
    if input.size:
        if bool(((indices < 0) | (indices >= length)).any()):
            wrong = int(indices[(indices < 0) | (indices >= length)].reshape(-1)[0])
            raise RuntimeError(
                f"Found an invalid max index: {wrong} (output volumes are of size {'x'.join(map(str, size))})"
            )
        out[(indices.reshape(images, -1) + xp.arange(images)[:, None] * length).reshape(-1)] = input.reshape(-1)
    return out.reshape(shape)


_adaptive_max_pool.grad(
    input=lambda xp, g, indices, input_shape, size: _add_at.on(xp)(g, indices, input_shape, len(size))
)
_add_at.grad(g=lambda xp, g, indices, spatial: _take_at.on(xp)(g, indices, spatial))
_take_at.grad(input=lambda xp, g, indices, input_shape, spatial: _add_at.on(xp)(g, indices, input_shape, spatial))
_max_unpool.grad(input=lambda xp, g, indices, size: _take_at.on(xp)(g, indices, len(size)))


# --- functions --------------------------------------------------------------------------------------------------------


def _per_dim(name: str, argument: str, value: Any, spatial: int) -> Shape:
    """One number for each spatial dimension; raises torch's RuntimeError for another count."""
    given = integers(name, argument, value)
    if len(given) not in (1, spatial):
        count = ("one int", "two ints", "three ints")[spatial - 1]
        raise RuntimeError(f"{name}: {argument} must either be a single int, or a tuple of {count}, got {given}")
    return given if len(given) == spatial else given * spatial


def _check(name: str, input: Any, spatial: int) -> None:
    """A tensor with `spatial` dimensions, a channel dimension and perhaps one for the batch, which alone may be 0."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    shape = input._array.shape
    if len(shape) not in (spatial + 1, spatial + 2) or 0 in shape[-spatial - 1 :]:
        raise RuntimeError(
            f"{name}: Expected {spatial + 1}D or {spatial + 2}D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{shape_list(shape)}"
        )


def _sliding(
    name: str, input: Tensor, spatial: int, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: Any
) -> tuple[Window, Shape]:
    """The window of a pool and how many there are, everything checked."""
    _check(name, input, spatial)
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
    window, size = _sliding(name, input, spatial, kernel, stride, padding, dilation, ceil)
    if input._array.dtype.kind == "b":
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert the input to floats")
    if not track and (not modes.grad or input._current_node() is None):
        return _max_pool_only(input, window, size), None
    pooled: Any = _max_pool(input, window, size)
    return pooled.out, _flat_indices(pooled.which, window, input._array.shape[-spatial:]) if track else None


def _line_window(name: str, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> list[Shape]:
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
    _check("max_pool1d", input, 1)
    kernel, steps, border, taps = _line_window("max_pool1d", kernel_size, stride, padding, dilation)
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
    _check("max_pool1d", input, 1)
    kernel, steps, border, taps = _line_window("max_pool1d", kernel_size, stride, padding, dilation)
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


def _avg(
    name: str, spatial: int, input: Any, kernel: Any, stride: Any, padding: Any, ceil: Any, include: bool, divisor: Any
) -> Tensor:
    if isinstance(input, Tensor) and input.ndim <= spatial == 2:
        wrap_dim(-spatial - 1, input.ndim)  # the exception that torch raises
    window, size = _sliding(name, input, spatial, kernel, stride, padding, 1, ceil)
    if divisor is not None and divisor == 0:
        raise RuntimeError(f"{name}: divisor must be not zero")
    if input._array.dtype.kind != "f" and input._array.dtype.name != "int64":
        kind = from_numpy_dtype(input._array.dtype).legacy_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind}': convert the input to floats")
    result: Tensor = _avg_pool(input, window, size, include, divisor)
    return result


def avg_pool1d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window along the last dimension of (N, C, L) or (C, L), with or without the padding."""
    if isinstance(input, Tensor) and input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while "
            "checking arguments for avg_pool1d)"
        )
    _check("avg_pool1d", input, 1)
    kernel, steps, border, _ = _line_window("avg_pool1d", kernel_size, stride, padding)
    means = _avg("avg_pool1d", 2, input.unsqueeze(-2), kernel, steps, border, ceil_mode, count_include_pad, None)
    out: Tensor = means.squeeze(-2)
    return out


def avg_pool2d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, C, H, W) or (C, H, W), with or without the padding, or its sum by a divisor."""
    return _avg("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """As avg_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    return _avg("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _adaptive(name: str, spatial: int, input: Any, output_size: Any) -> Shape:
    """The output size, everything checked; None keeps the input's."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    shape = input._array.shape
    if isinstance(output_size, (tuple, list)) and len(shape) <= len(output_size):
        raise ValueError(f"{name}(): Input dimension should be at least {len(output_size) + 1}, got {len(shape)}")
    if len(shape) not in (spatial + 1, spatial + 2):
        raise RuntimeError(f"{name}(): Expected {spatial + 1}D or {spatial + 2}D tensor, but got {shape_list(shape)}")
    given = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * spatial
    if len(given) != spatial:
        raise RuntimeError(f"{name}: output_size must be {spatial}, got {len(given)} numbers")
    own = zip(given, shape[-spatial:], strict=True)
    size = integers(name, "output_size", [side if each is None else each for each, side in own])
    if min(size) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {shape_list(size)}"
        )
    for dim in range(len(shape) - spatial, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{shape_list(shape)} with dimension {dim} being empty"
            )
    if input._array.dtype.kind != "f":
        kind = from_numpy_dtype(input._array.dtype).legacy_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind}': convert the input to floats")
    return size


def _line_size(name: str, input: Any, output_size: Any) -> Any:
    if isinstance(input, Tensor) and input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while "
            f"checking arguments for {name})"
        )
    given = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size]
    if len(given) != 1:
        raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(given)})")
    return (1, *_adaptive(name, 1, input, given))


def adaptive_avg_pool1d(input: Tensor, output_size: int | Shape) -> Tensor:
    """The means of `output_size` windows that cover the last dimension of (N, C, L) or (C, L) evenly."""
    size = _line_size("adaptive_avg_pool1d", input, output_size)
    out: Tensor = _adaptive_avg_pool(input.unsqueeze(-2), size).squeeze(-2)
    return out


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of windows that cover (N, C, H, W) or (C, H, W) evenly; None keeps the input's size."""
    size = _adaptive("adaptive_avg_pool2d", 2, input, output_size)
    if size == (1, 1):
        whole: Tensor = input.mean((-1, -2), keepdim=True)
        return whole
    out: Tensor = _adaptive_avg_pool(input, size)
    return out


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """As adaptive_avg_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    size = _adaptive("adaptive_avg_pool3d", 3, input, output_size)
    if size == (1, 1, 1):
        whole: Tensor = input.mean((-1, -2, -3), keepdim=True)
        return whole
    out: Tensor = _adaptive_avg_pool(input, size)
    return out


def adaptive_max_pool1d(input: Tensor, output_size: int | Shape) -> tuple[Tensor, Tensor]:
    """The maxima of `output_size` windows that cover the last dimension of (N, C, L) or (C, L) evenly, and where."""
    size = _line_size("adaptive_max_pool1d", input, output_size)
    pooled: Any = _adaptive_max_pool(input.unsqueeze(-2), size)
    return pooled.out.squeeze(-2), pooled.indices.squeeze(-2)


def adaptive_max_pool2d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima of windows that cover (N, C, H, W) or (C, H, W) evenly, and where in the flattened image they are."""
    pooled: Any = _adaptive_max_pool(input, _adaptive("adaptive_max_pool2d", 2, input, output_size))
    return pooled.out, pooled.indices


def adaptive_max_pool3d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """As adaptive_max_pool2d, of (N, C, D, H, W) or (C, D, H, W)."""
    pooled: Any = _adaptive_max_pool(input, _adaptive("adaptive_max_pool3d", 3, input, output_size))
    return pooled.out, pooled.indices


def max_unpool(name: str, input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    """Zeros of `size` with the elements of `input` at the indices that a max pool gave; `name` is the function's."""
    if indices._array.dtype.name != "int64":
        kind = from_numpy_dtype(indices._array.dtype).legacy_name
        raise RuntimeError(f"{name}(): elements in indices should be type int64 but got: {kind}")
    if input.ndim not in (len(size) + 1, len(size) + 2):
        raise RuntimeError(
            f"Input to {name} should be a {len(size) + 1}d or {len(size) + 2}d Tensor, but got a tensor with "
            f"{input.ndim} dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"{name}(): Expected shape of indices to be same as that of the input tensor ({shape_list(input.shape)}) "
            f"but got indices tensor with shape: {shape_list(indices.shape)}"
        )
    result: Tensor = _max_unpool(input, indices, size)
    return result


def lp_pool(input: Tensor, norm_type: float, kernel: Shape, stride: Any, ceil_mode: bool) -> Tensor:
    """The p-norm of each window, p being `norm_type`; the windows have as many dimensions as `kernel`."""
    pool: Any = (avg_pool1d, avg_pool2d, avg_pool3d)[len(kernel) - 1]
    mean = pool(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    root: Tensor = (sign(mean) * relu(abs(mean))).mul(math.prod(kernel)).pow(1.0 / norm_type)
    return root
