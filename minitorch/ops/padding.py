"""Padding: a border around the last dimensions, of a constant or of what the input itself has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import checked_number
from minitorch.errors import shape_list
from minitorch.ops._factory import number
from minitorch.ops._windows import Shape, integers
from minitorch.tensor import Tensor


@op
def constant_pad_nd(xp: Any, input: Array, pad: Sequence[int], value: float = 0) -> Array:
    """`value` before and after the elements of each dimension: `pad` has two numbers for the last, two for the one
    before it, and so on; a negative one takes away. Raises RuntimeError where that is more than there is.
    """
    pad = integers("constant_pad_nd", "pad", pad)
    if len(pad) % 2:
        raise RuntimeError(f"constant_pad_nd: Length of pad must be even but instead it equals {len(pad)}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"constant_pad_nd: Length of pad should be no more than twice the number of dimensions of the input. Pad "
            f"length is {len(pad)} while the input has {input.ndim} dimensions."
        )
    amounts = _amounts(input, pad)
    sizes = tuple(low + size + high for size, (low, high) in zip(input.shape, amounts, strict=True))
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"constant_pad_nd: The input size {shape_list(input.shape)}, plus negative padding "
            f"{shape_list(tuple(pad))}, resulted in a negative output size, which is invalid: take less away"
        )
    if any(size + min(low, 0) + min(high, 0) < 0 for size, (low, high) in zip(input.shape, amounts, strict=True)):
        raise RuntimeError(
            f"narrow(): length must be non-negative. constant_pad_nd: padding {shape_list(tuple(pad))} takes away more "
            f"than the input of size {shape_list(input.shape)} has"
        )
    value = number(value, "constant_pad_nd", "value", 3)
    if value and max(pad, default=0) > 0:
        out = xp.full(sizes, checked_number(value, input.dtype), input.dtype)
    else:
        out = xp.zeros(sizes, input.dtype)
    pairs = list(zip(input.shape, amounts, strict=True))
    inside = tuple(slice(max(low, 0), max(low + size + min(high, 0), 0)) for size, (low, high) in pairs)
    kept = tuple(slice(max(-low, 0), max(size + min(high, 0), 0)) for size, (low, high) in pairs)
    out[inside] = input[kept]
    return out


constant_pad_nd.grad(input=lambda xp, g, pad: constant_pad_nd.on(xp)(g, [-each for each in pad], 0))


def _amounts(input: Array, pad: Sequence[int]) -> list[tuple[int, int]]:
    """What is added before and after, for each dimension in order."""
    pairs = [(pad[k], pad[k + 1]) for k in range(0, len(pad), 2)]
    return [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1]


# --- borders made of the input ----------------------------------------------------------------------------------------


def _sources(mode: str, size: int, low: int, high: int) -> tuple[list[int], range, list[int]]:
    """Which elements of a dimension stand before, inside and after; what goes round is cut off first."""
    inside = range(max(-low, 0), size + min(high, 0))
    low, high = max(low, 0), max(high, 0)
    if mode == "circular":
        return list(inside)[len(inside) - low :], inside, list(inside)[:high]
    if mode == "replicate":
        return [0] * low, inside, [size - 1] * high
    return [low - k for k in range(low)], inside, [size - 2 - k for k in range(high)]


def _pad_dim(xp: Any, array: Array, mode: str, dim: int, low: int, high: int) -> Array:
    """Pads one dimension."""
    before, inside, after = _sources(mode, array.shape[dim], low, high)
    return xp.take(array, xp.asarray([*before, *inside, *after], dtype=int), axis=dim)


def _fold_dim(xp: Any, g: Array, mode: str, dim: int, size: int, low: int, high: int) -> Array:
    """The adjoint of `_pad_dim`: what the border got is added where the border came from."""
    before, inside, after = _sources(mode, size, low, high)
    lead = (slice(None),) * dim
    start, end = len(before), len(before) + len(inside)
    out = xp.zeros((*g.shape[:dim], size, *g.shape[dim + 1 :]), g.dtype)
    out[(*lead, slice(inside.start, inside.stop))] = g[(*lead, slice(start, end))]
    for k, place in (*enumerate(before), *enumerate(after, end)):
        out[(*lead, place)] += g[(*lead, k)]
    return out


def _name(input: Array, mode: str, pad: Shape) -> str:
    return (
        "CopySlices"
        if mode == "circular"
        else f"{'Reflection' if mode == 'reflect' else 'Replication'}Pad{len(pad) // 2}DBackward0"
    )


@op(backward=_name)
def _pad_from_input(xp: Any, input: Array, mode: str, pad: Shape) -> Array:
    for dim, (low, high) in enumerate(_amounts(input, pad)):
        if low or high:
            input = _pad_dim(xp, input, mode, dim, low, high)
    return input if any(pad) else input.copy()


@op(backward=lambda g, mode, pad, shape: _name(g, mode, pad).replace("DBackward", "DBackwardBackward"))
def _pad_from_input_backward(xp: Any, g: Array, mode: str, pad: Shape, shape: Shape) -> Array:
    for dim, (low, high) in reversed(list(enumerate(_amounts(g, pad)))):
        if low or high:
            g = _fold_dim(xp, g, mode, dim, shape[dim], low, high)
    return g if any(pad) else g.copy()


_pad_from_input.grad(
    input=lambda xp, g, mode, pad, input_shape: _pad_from_input_backward.on(xp)(g, mode, pad, input_shape)
)
_pad_from_input_backward.grad(g=lambda xp, g, mode, pad: _pad_from_input.on(xp)(g, mode, pad))


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """A border around the last dimensions: `pad` has two numbers for the last, two for the one before it, and so on.

    `mode` is "constant" (`value`, 0), "reflect", "replicate" or "circular"; the last three take the border from the
    input, and only the last one, two or three dimensions of (C, ...) or (N, C, ...). Negative numbers take away.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"pad(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}")
    amounts = integers("pad", "pad", pad)
    if len(amounts) % 2:
        raise RuntimeError(f"pad(): Padding length must be divisible by 2, but got {len(amounts)}")
    if len(amounts) > 2 * input.ndim:
        raise RuntimeError(
            "pad(): Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(amounts)} and input of dimension {input.ndim}"
        )
    if value is not None:
        value = float(number(value, "pad", "value", 4))
    if mode == "constant":
        padded: Tensor = constant_pad_nd(input, amounts, value or 0.0)
        return padded
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}: use constant, reflect, replicate or circular")
    spatial = len(amounts) // 2
    if not 1 <= spatial <= 3 or input.ndim not in (spatial + 1, spatial + 2):
        raise NotImplementedError(f"Padding size {len(amounts)} is not supported for {input.ndim}D input tensor.")
    _check_border(input._array, mode, amounts)
    result: Tensor = _pad_from_input(input, mode, amounts)
    return result


def _check_border(array: Array, mode: str, pad: Shape) -> None:
    """Raises torch's errors for what the input is too small for."""
    spatial = len(pad) // 2
    if mode != "circular":
        if array.dtype.kind == "b":
            raise NotImplementedError(f"\"{mode} padding\" not implemented for 'Bool': convert the input")
        if 0 in array.shape[-spatial - 1 :]:
            raise RuntimeError(
                f"pad(): Expected {spatial + 1}D or {spatial + 2}D (batch mode) tensor with possibly 0 batch size and "
                f"other non-zero dimensions for input, but got: {shape_list(array.shape)}"
            )
    for dim, (low, high) in enumerate(_amounts(array, pad)):
        size = array.shape[dim]
        if mode == "reflect" and max(low, high) >= size and max(low, high) > 0:
            raise RuntimeError(
                "pad(): Padding size should be less than the corresponding input dimension, but got: padding "
                f"({low}, {high}) at dimension {dim} of input {shape_list(array.shape)}"
            )
        if mode == "circular" and max(low, high) > size + min(low, 0) + min(high, 0):
            raise RuntimeError("pad(): Padding value causes wrapping around more than once.")
        if dim >= array.ndim - spatial and low + size + high < 1:
            what = "Negative padding value is resulting in an empty dimension: " if mode == "circular" else ""
            raise RuntimeError(
                f"pad(): {what}input of size {size} at dimension {dim} is too small. Calculated output: "
                f"{low + size + high}"
            )
