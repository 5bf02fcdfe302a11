"""Convolution: the product, and its two adjoints, each the others' gradient, so that every order of derivative works.

What is multiplied in which order is said in _lines.py, and for a GPU and kernels larger than what they meet in
_columns.py; kernels of one point are products as they lie.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch import parallel
from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import NP_FLOAT16, from_numpy_dtype
from minitorch.errors import shape_list
from minitorch.ops import _columns
from minitorch.ops._gather import Sliding
from minitorch.ops._lines import Lines
from minitorch.ops._windows import Shape, Window, integers
from minitorch.ops.padding import constant_pad_nd
from minitorch.tensor import Tensor


class Geometry(NamedTuple):
    """How the kernel slides, a number for each spatial dimension, and into how many groups the channels fall."""

    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int

    def window(self, kernel: Shape) -> Window:
        """The kernel as a window."""
        return Window(kernel, self.stride, self.padding, self.dilation)

    def sliding(self, kernel: Shape, image: Shape, positions: Shape) -> Sliding:
        """The kernel as a window over images of a size."""
        return Sliding(self.window(kernel), image, positions)

    @functools.lru_cache(maxsize=256)  # noqa: B019 - what it keeps alive are plain numbers
    def lines(self, weight: Shape, image: Shape, positions: Shape) -> Lines:
        """How images and a kernel of these shapes are multiplied."""
        window = self.window(weight[2:])
        return Lines(window, image, positions, self.groups, weight[1], weight[0] // self.groups)

    def pointwise(self, kernel: Shape, image: Shape, positions: Shape) -> bool:
        """Whether each output depends on the one point of the image at its place: then there is nothing to unroll."""
        return not any(self.padding) and {*kernel, *self.stride} == {1} and image == positions


# --- operations -------------------------------------------------------------------------------------------------------


@op(backward="ConvolutionBackward0", long=("input", "weight"))
def _convolution(xp: Any, input: Array, weight: Array, bias: Array | None, geometry: Geometry, size: Shape) -> Array:
    """(N, C, ...) by (O, C / groups, ...) gives (N, O, *size)."""
    return _correlate(xp, _wide(xp, input), _wide(xp, weight), bias, geometry, size).astype(input.dtype, copy=False)


@op(backward="ConvolutionBackward0", long=("input", "weight"))
def _convolution_input(
    xp: Any, input: Array, weight: Array, bias: Array | None, geometry: Geometry, size: Shape
) -> Array:
    """The adjoint with respect to the image: (N, O, ...) gives (N, C, *size). It is the transposed convolution, too."""
    out = _spread(xp, _wide(xp, input), _wide(xp, weight), geometry, size)
    if bias is not None:
        out += bias.reshape((-1,) + (1,) * len(size))
    return out.astype(input.dtype, copy=False)


@op(backward="ConvolutionBackwardBackward0", long=("output", "input"))
def _convolution_weight(xp: Any, output: Array, input: Array, geometry: Geometry, shape: Shape) -> Array:
    """The adjoint with respect to the kernel, of `shape`: (N, O, ...) and (N, C, ...) give (O, C / groups, ...)."""
    return _collect(xp, _wide(xp, output), _wide(xp, input), geometry, shape).astype(input.dtype, copy=False)


def _channel_sums(xp: Any, g: Any) -> Any:
    return xp.sum(g, axis=(0, *range(2, g.ndim)))


_convolution.grad(
    input=lambda xp, g, weight, input_shape, geometry: _convolution_input.on(xp)(
        g, weight, None, geometry, input_shape[2:]
    ),
    weight=lambda xp, g, input, weight_shape, geometry: _convolution_weight.on(xp)(g, input, geometry, weight_shape),
    bias=_channel_sums,
)
_convolution_input.grad(
    input=lambda xp, g, weight, input_shape, geometry: _convolution.on(xp)(g, weight, None, geometry, input_shape[2:]),
    weight=lambda xp, g, input, weight_shape, geometry: _convolution_weight.on(xp)(input, g, geometry, weight_shape),
    bias=_channel_sums,
)
_convolution_weight.grad(
    output=lambda xp, g, input, output_shape, geometry: _convolution.on(xp)(input, g, None, geometry, output_shape[2:]),
    input=lambda xp, g, output, input_shape, geometry: _convolution_input.on(xp)(
        output, g, None, geometry, input_shape[2:]
    ),
)


# --- the products on arrays -------------------------------------------------------------------------------------------


def _wide(xp: Any, array: Array) -> Array:
    """float16 as float32, in which its products are summed."""
    return array.astype(xp.float32) if array.dtype is NP_FLOAT16 else array


def _correlate(xp: Any, x: Array, w: Array, bias: Array | None, geometry: Geometry, size: Shape) -> Array:
    """The sums over the windows of `x`, weighted by `w`, at `size` positions."""
    n, o, groups = len(x), len(w), geometry.groups
    out = xp.empty((n, o, *size), x.dtype)
    offset = 0 if bias is None else bias.reshape((-1,) + (1,) * len(size))
    if not out.size or not w.size:
        out[...] = offset
        return out
    pointwise = geometry.pointwise(w.shape[2:], x.shape[2:], size)
    if _columns.are_best(xp, pointwise, o // groups, n, size):
        _columns.correlate(xp, x, w, bias, geometry.sliding(w.shape[2:], x.shape[2:], size), groups, out)
    elif pointwise:
        points, sums = (array.reshape(n, groups, array.shape[1] // groups, -1) for array in (x, out))
        _multiply(xp, w.reshape(groups, o // groups, -1), points, sums)
        if bias is not None:
            out += offset
    else:
        lines = geometry.lines(w.shape, x.shape[2:], size)
        matrices = lines.matrices(w)
        lines.in_parts(lambda part: lines.multiply(matrices, x[part], bias, out[part]), n, x.itemsize)
    return out


def _collect(xp: Any, g: Array, x: Array, geometry: Geometry, shape: Shape) -> Array:
    """For each element of the kernel, the sum of what it met in `x`, weighted by `g` where it met it."""
    n, groups, kernel = len(x), geometry.groups, shape[2:]
    if not x.size or not g.size:
        return xp.zeros(shape, x.dtype)
    pointwise = geometry.pointwise(kernel, x.shape[2:], g.shape[2:])
    if _columns.are_best(xp, pointwise, shape[0] // groups, n, g.shape[2:]):
        sliding = geometry.sliding(kernel, x.shape[2:], g.shape[2:])
        return _columns.collect(xp, g, x, sliding, groups, shape)
    if pointwise:
        points = x.reshape(n, groups, shape[1], -1)
        weights = g.reshape(n, groups, shape[0] // groups, -1)
        nbytes = (points[0].size + weights[0].size) * x.itemsize
        parts = parallel.parts(xp, n, nbytes)
        sums = parallel.each(
            lambda part: xp.matmul(weights[part], points[part].swapaxes(2, 3)).sum(axis=0), parts, n * nbytes
        )
        return sum(sums[1:], start=sums[0]).reshape(shape)
    lines = geometry.lines(shape, x.shape[2:], g.shape[2:])
    return lines.collect(g, x, shape)


def _spread(xp: Any, g: Array, w: Array, geometry: Geometry, size: Shape) -> Array:
    """Adds the kernel, weighted by `g`, to an image of `size` at each position."""
    n, groups, kernel = len(g), geometry.groups, w.shape[2:]
    channels = groups * w.shape[1]
    if not g.size or not w.size:
        return xp.zeros((n, channels, *size), g.dtype)
    pointwise = geometry.pointwise(kernel, size, g.shape[2:])
    if _columns.are_best(xp, pointwise, len(w) // groups, n, g.shape[2:]):
        return _columns.spread(xp, g, w, geometry.sliding(kernel, size, g.shape[2:]), groups)
    if pointwise:
        matrices = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
        out = xp.empty((n, groups, w.shape[1], math.prod(size)), g.dtype)
        _multiply(xp, matrices, g.reshape(n, groups, len(w) // groups, -1), out)
        return out.reshape(n, channels, *size)
    reach = tuple(span - 1 - p for span, p in zip(geometry.window(kernel).span(), geometry.padding, strict=True))
    # For steps of 1 the adjoint is a correlation, too, with the kernel turned round: with few more windows than the
    # gradient has, that is less work, as nothing is added up.
    if {*geometry.stride} == {1} and min(reach) >= 0 and math.prod(size) <= 1.25 * math.prod(g.shape[2:]):
        turned = w[(..., *(slice(None, None, -1) for _ in kernel))]
        turned = turned.reshape(groups, len(w) // groups, *w.shape[1:]).swapaxes(1, 2)
        turned = turned.reshape(channels, len(w) // groups, *kernel)
        return _correlate(xp, g, turned, None, geometry._replace(padding=reach), size)
    out = xp.zeros((n, channels, *size), g.dtype)
    lines = geometry.lines(w.shape, size, g.shape[2:])
    adjoints = lines.adjoints(w)
    lines.in_parts(lambda part: lines.spread(adjoints, g[part], out[part]), n, g.itemsize)
    return out


def _multiply(xp: Any, matrices: Array, images: Array, out: Array) -> None:
    """The products of a matrix for each group with all images (N, groups, channels, points)."""
    nbytes = (images[0].size + out[0].size) * out.itemsize
    parallel.rows(lambda part: xp.matmul(matrices, images[part], out=out[part]), xp, len(images), nbytes)


# --- functions --------------------------------------------------------------------------------------------------------


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape | str = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> Tensor:
    """(N, C, L) or (C, L) by (O, C / groups, K) gives (N, O, L') or (O, L'); `padding` may be "same" or "valid".

    Raises RuntimeError for channels that do not fit and a kernel larger than the padded input.
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape | str = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> Tensor:
    """(N, C, H, W) or (C, H, W) by (O, C / groups, K, K') gives (N, O, H', W') or (O, H', W').

    `padding` may be "same" or "valid". Raises as conv1d.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape | str = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> Tensor:
    """As conv2d, over (N, C, D, H, W) or (C, D, H, W)."""
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape = 0,
    output_padding: int | Shape = 0,
    groups: int = 1,
    dilation: int | Shape = 1,
) -> Tensor:
    """The adjoint of conv1d: (N, C, L) by (C, O / groups, K) gives (N, O, L').

    Each step adds the kernel to the output, `stride` further on; `output_padding` makes the output longer at its end.
    """
    return _conv_transpose(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape = 0,
    output_padding: int | Shape = 0,
    groups: int = 1,
    dilation: int | Shape = 1,
) -> Tensor:
    """As conv_transpose1d: (N, C, H, W) by (C, O / groups, K, K') gives (N, O, H', W')."""
    return _conv_transpose(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | Shape = 0,
    output_padding: int | Shape = 0,
    groups: int = 1,
    dilation: int | Shape = 1,
) -> Tensor:
    """As conv_transpose2d, over (N, C, D, H, W)."""
    return _conv_transpose(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Tensor:
    """Any of the above, on input with a batch dimension; as many spatial dimensions as `weight` has."""
    _check_tensors("convolution", input, weight, bias)
    if transposed:
        return _transposed("convolution", input, weight, bias, stride, padding, output_padding, groups, dilation)
    return _convolved("convolution", input, weight, bias, stride, padding, dilation, groups)


def _conv(
    name: str,
    spatial: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    _check_tensors(name, input, weight, bias)
    if weight._array.ndim < 3:
        raise RuntimeError(f"{name}: weight should have at least three dimensions, but got {weight._array.ndim}")
    batch = _batched(name, spatial, input)
    if isinstance(padding, str):
        batch, padding = _padded(batch, weight, stride, padding, dilation)
    out = _convolved(name, batch, weight, bias, stride, padding, dilation, groups)
    return _as_given(out, input)


def _conv_transpose(
    name: str,
    spatial: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    _check_tensors(name, input, weight, bias)
    batch = _batched(name, spatial, input)
    out = _transposed(name, batch, weight, bias, stride, padding, output_padding, groups, dilation)
    return _as_given(out, input)


def _convolved(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    x, w = input._array, weight._array
    geometry = _geometry(name, w, stride, padding, dilation, groups)
    _check_operands(name, x, w, bias, groups)
    if x.shape[1] != w.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {shape_list(w.shape)}, expected input{shape_list(x.shape)} to have "
            f"{w.shape[1] * groups} channels, but got {x.shape[1]} channels instead"
        )
    _check_bias("Given weight of size", w, bias, w.shape[0])
    window = geometry.window(w.shape[2:])
    padded = tuple(size + 2 * p for size, p in zip(x.shape[2:], geometry.padding, strict=True))
    if any(size < span for size, span in zip(padded, window.span(), strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(window.span())}). Kernel "
            "size can't be greater than actual input size"
        )
    result: Tensor = _convolution(input, weight, bias, geometry, window.positions(x.shape[2:]))
    return result


def _transposed(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    x, w = input._array, weight._array
    geometry = _geometry(name, w, stride, padding, dilation, groups)
    more = _numbers(name, "output_padding", output_padding, 0, w.ndim - 2)
    _check_operands(name, x, w, bias, groups)
    if x.shape[1] != w.shape[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {shape_list(w.shape)}, expected input{shape_list(x.shape)} to have "
            f"{w.shape[0]} channels, but got {x.shape[1]} channels instead"
        )
    _check_bias("Given transposed=1, weight of size", w, bias, w.shape[1] * groups)
    if any(p >= max(s, d) for p, s, d in zip(more, geometry.stride, geometry.dilation, strict=True)):
        raise RuntimeError(
            f"{name}: output padding must be smaller than either stride or dilation, but got output_padding: "
            f"{shape_list(more)} stride: {shape_list(geometry.stride)} dilation: {shape_list(geometry.dilation)}"
        )
    spans = zip(x.shape[2:], *geometry[:2], geometry.window(w.shape[2:]).span(), more, strict=True)
    size = tuple((own - 1) * s - 2 * p + span + extra for own, s, p, span, extra in spans)
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({_by(x.shape[2:])}). Calculated output size per channel: ({_by(size)}). "
            "Output size is too small"
        )
    result: Tensor = _convolution_input(input, weight, bias, geometry, size)
    return result


# --- arguments --------------------------------------------------------------------------------------------------------


def _check_tensors(name: str, input: Any, weight: Any, bias: Any) -> None:
    for position, (argument, value) in enumerate((("input", input), ("weight", weight), ("bias", bias)), 1):
        if not isinstance(value, Tensor) and not (argument == "bias" and value is None):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}"
            )


def _batched(name: str, spatial: int, input: Tensor) -> Tensor:
    """The input with a batch dimension."""
    if input.ndim == spatial + 1:
        batch: Tensor = input.unsqueeze(0)
        return batch
    if input.ndim != spatial + 2:
        raise RuntimeError(
            f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to {name}, but got input of size: "
            f"{shape_list(input.shape)}"
        )
    return input


def _as_given(out: Tensor, input: Tensor) -> Tensor:
    """The output without a batch dimension where the input has none."""
    result: Tensor = out if out.ndim == input.ndim else out.squeeze(0)
    return result


def _numbers(name: str, argument: str, value: Any, least: int, ndim: int) -> Shape:
    """One number for each spatial dimension of the weight; TypeError for what are no integers."""
    given = integers(name, argument, value)
    if len(given) not in (1, ndim):
        raise RuntimeError(
            f"{name}: expected {argument} to be a single integer value or a list of {ndim} values to match the "
            f"convolution dimensions, but got {argument}={shape_list(given)}"
        )
    if min(given) < least:
        word = "non-positive" if least else "negative"
        raise RuntimeError(f"{name}: {word} {argument} is not supported, got {shape_list(given)}")
    return given if len(given) == ndim else given * ndim


def _geometry(name: str, w: Array, stride: Any, padding: Any, dilation: Any, groups: int) -> Geometry:
    if not isinstance(groups, int) or isinstance(groups, bool):
        raise TypeError(f"{name}(): argument 'groups' must be int, not {type(groups).__name__}")
    ndim = w.ndim - 2
    if ndim < 1:
        raise RuntimeError(f"{name}: weight should have at least three dimensions, but got {w.ndim}")
    geometry = Geometry(
        _numbers(name, "stride", stride, 1, ndim),
        _numbers(name, "padding", padding, 0, ndim),
        _numbers(name, "dilation", dilation, 1, ndim),
        groups,
    )
    if groups <= 0:
        raise RuntimeError(f"{name}: non-positive groups is not supported, got {groups}")
    return geometry


def _check_operands(name: str, x: Array, w: Array, bias: Tensor | None, groups: int) -> None:
    """What holds for both ways: dtypes, dimensions, groups."""
    if x.ndim != w.ndim:
        raise RuntimeError(
            f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight {shape_list(w.shape)}, but got "
            f"{x.ndim}-dimensional input of size {shape_list(x.shape)} instead"
        )
    for operand, other in (("weight", w), ("bias", None if bias is None else bias._array)):
        if other is not None and other.dtype != x.dtype:
            names = [from_numpy_dtype(each.dtype).legacy_name for each in (x, other)]
            raise RuntimeError(f"{name}: Input type ({names[0]}) and {operand} type ({names[1]}) should be the same")
    if w.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{shape_list(w.shape)} instead"
        )
    if w.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{shape_list(w.shape)}] instead"
        )
    if 0 in x.shape[2:]:
        raise RuntimeError(
            f"{name}: Only zero batch or zero channel inputs are supported, but got input shape: {shape_list(x.shape)}"
        )
    if 0 in w.shape[1:]:
        raise RuntimeError(f"{name}: non-empty weight expected, but got size {shape_list(w.shape)}")
    if x.dtype.kind == "b" and x.size:
        raise NotImplementedError(
            f"\"slow_conv2d_cpu\" not implemented for 'Bool' ({name}): convert the input to floats"
        )


def _check_bias(given: str, w: Array, bias: Tensor | None, channels: int) -> None:
    if bias is not None and bias.shape != (channels,):
        raise RuntimeError(
            f"{given} {shape_list(w.shape)}, expected bias to be 1-dimensional with {channels} elements, but got bias "
            f"of size {shape_list(bias.shape)} instead"
        )


def _padded(input: Tensor, weight: Tensor, stride: Any, padding: str, dilation: Any) -> tuple[Tensor, Shape]:
    """The padding that a word stands for; where the two sides differ, the input is padded on the one first."""
    spatial = weight.ndim - 2
    if padding == "valid":
        return input, (0,) * spatial
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(step != 1 for step in integers("conv", "stride", stride)):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    steps = _numbers("conv", "dilation", dilation, 1, spatial)
    total = [d * (k - 1) for k, d in zip(weight.shape[2:], steps, strict=True)]
    if any(each % 2 for each in total):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=4,
        )
        one_side = [amount for each in reversed(total) for amount in (0, each % 2)]
        input = constant_pad_nd(input, one_side, 0)
    return input, tuple(each // 2 for each in total)


def _by(size: Sequence[int]) -> str:
    return " x ".join(map(str, size))
