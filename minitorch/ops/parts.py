"""Parts along dimensions: views of them, and copies of a tensor with another part."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array, Operand
from minitorch.errors import shape_list, type_name, wrap_dim
from minitorch.ops._arguments import at_least, check_tensor, ints, with_out
from minitorch.ops.shape import _contiguous
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


# --- one part ---------------------------------------------------------------------------------------------------------

_PART_NAMES = {int: "SelectBackward0", slice: "SliceBackward0", type(None): "UnsqueezeBackward0"}


def _part_name(input: Array, key: tuple[Any, ...]) -> str:
    """torch takes one step a dimension: the last one names the node."""
    last = next((each for each in reversed(key) if each is not Ellipsis), Ellipsis)
    return _PART_NAMES.get(last.__class__, "AliasBackward0")


@op(view=True, backward=_part_name)
def _part(xp: Any, input: Array, key: tuple[Any, ...]) -> Array:
    """The part at `key`: integers, slices and None; with an Ellipsis, or NumPy would make 0-d results numbers."""
    return input[key]


@op
def _part_backward(xp: Any, g: Array, key: tuple[Any, ...], shape: Shape) -> Array:
    """Zeros, and `g` at `key`: the adjoint of taking a part."""
    result = xp.zeros(shape, g.dtype)
    result[key] = g
    return result


_part.grad(input=lambda xp, g, key, input_shape: _part_backward.on(xp)(g, key, input_shape))
_part_backward.grad(g=lambda xp, g, key: g[key])


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at `index` of dimension `dim`, without that dimension."""
    return _part(input, _select_key(input._array.shape, dim, index))


def _select_key(shape: Shape, dim: int, index: int) -> tuple[Any, ...]:
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = wrap_dim(dim, len(shape)), operator.index(index)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {shape_list(shape)} at dimension {dim}"
        )
    return (*[slice(None)] * dim, index, Ellipsis)


def _slice_key(dim: int, start: int | None, stop: int | None, step: int = 1) -> tuple[Any, ...]:
    return (*[slice(None)] * dim, slice(start, stop, step), Ellipsis)


def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """`length` places of dimension `dim`, from `start` on."""
    shape = input._array.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim, first = wrap_dim(dim, len(shape)), operator.index(start)
    size = shape[dim]
    if not -size <= first <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {first})")
    first += size if first < 0 else 0
    if first + length > size:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
    return _part(input, _slice_key(dim, first, first + length))


@with_out
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A copy of what narrow gives."""
    return _contiguous(narrow(input, dim, start, length))


# --- all of the parts -------------------------------------------------------------------------------------------------


@op(view=True, many=True)
def _split(xp: Any, input: Array, split_size: int, dim: int) -> Any:
    size, before = input.shape[dim], (slice(None),) * dim
    return [input[(*before, slice(k, k + split_size))] for k in range(0, max(size, 1), max(split_size, 1))]


@op(view=True, many=True)
def _split_with_sizes(xp: Any, input: Array, split_sizes: Shape, dim: int) -> Any:
    ends = [sum(split_sizes[: k + 1]) for k in range(len(split_sizes))]
    before = (slice(None),) * dim
    return [input[(*before, slice(end - size, end))] for end, size in zip(ends, split_sizes, strict=True)]


_split.grad(input=lambda xp, g, dim: xp.concatenate(g, axis=dim))
_split_with_sizes.grad(input=lambda xp, g, dim: xp.concatenate(g, axis=dim))


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive parts of the given sizes along `dim`; raises RuntimeError unless they add up to its size."""
    at_least("split_with_sizes", input, 1, "split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input._array.ndim)
    sizes = ints("split_with_sizes", "split_sizes", (split_sizes,))
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={shape_list(sizes)}"
        )
    if sum(sizes) != input._array.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input._array.shape[dim]} (input tensor's size at "
            f"dimension {dim}), but got split_sizes={shape_list(sizes)}"
        )
    return tuple(_split_with_sizes(input, sizes, dim))


def split(
    tensor: Tensor, split_size_or_sections: Any = None, dim: int = 0, *, split_size: Any = None
) -> tuple[Tensor, ...]:
    """Consecutive parts along `dim`: of one size, the last one shorter, or of the sizes in a list."""
    sections = split_size if split_size_or_sections is None else split_size_or_sections
    if sections is None:
        raise TypeError("split() missing 1 required positional argument: 'split_size'")
    if isinstance(sections, (tuple, list)):
        return split_with_sizes(tensor, sections, dim)
    size = operator.index(sections)
    at_least("split", tensor, 1, "split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, tensor._array.ndim)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and tensor._array.shape[dim]:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {tensor._array.shape[dim]}"
        )
    return tuple(_split(tensor, size, dim))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` parts of one size along `dim`, the last one shorter."""
    at_least("chunk", input, 1, "chunk expects at least a 1-dimensional tensor")
    if not isinstance(chunks, int):
        raise TypeError(f"chunk(): argument 'chunks' (position 2) must be int, not {type_name(chunks)}")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if not size:
        return split_with_sizes(input, (0,) * chunks, dim)
    return tuple(_split(input, -(-size // chunks), dim))


def tensor_split(
    input: Tensor, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Parts along `dim`: so many, the first ones longer by one where need be, or cut at the given indices."""
    check_tensor("tensor_split", "input", 1, input)
    given: Any = next((each for each in (indices_or_sections, indices, sections) if each is not None), None)
    at_least(
        "tensor_split",
        input,
        1,
        "tensor_split expected at least a 1-dimensional tensor, but got a tensor with {ndim} dims",
    )
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if isinstance(given, Tensor):
        given = given.tolist()
    if isinstance(given, (tuple, list)):
        cuts = [0, *map(operator.index, given), size]
    else:
        parts = operator.index(given)
        if parts <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {parts}")
        cuts = [k * (size // parts) + min(k, size % parts) for k in range(parts + 1)]
    return tuple(_part(input, _slice_key(dim, start, stop)) for start, stop in zip(cuts, cuts[1:], strict=False))


def _split_along(name: str, input: Tensor, how: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    message = (
        f"torch.{{name}} requires a tensor with at least {least} dimension, but got a tensor with {{ndim}} dimensions!"
    )
    at_least(name, input, least, message)
    size = input._array.shape[dim]
    if isinstance(how, int) and (how <= 0 or size % how):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
            f"divisible by the split_size {how}!"
        )
    return tensor_split(input, how, dim)


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts along the columns: so many equal ones, or cut at the given indices."""
    return _split_along("hsplit", input, indices_or_sections, 0 if input._array.ndim == 1 else 1, 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts along the rows: so many equal ones, or cut at the given indices."""
    return _split_along("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts along the third dimension: so many equal ones, or cut at the given indices."""
    return _split_along("dsplit", input, indices_or_sections, 2, 3)


@op(view=True, many=True)
def unbind(xp: Any, input: Array, dim: int = 0) -> Any:
    """The slices along `dim`, without that dimension, as a tuple."""
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    front = xp.moveaxis(input, wrap_dim(dim, input.ndim), 0)
    return [front[k, ...] for k in range(front.shape[0])]


unbind.grad(input=lambda xp, g, input_shape, dim: xp.stack(g, axis=dim))


def iterate(input: Tensor) -> Any:
    """`iter(tensor)`: over the slices along the first dimension."""
    if not input._array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(input, 0))


# --- another part -----------------------------------------------------------------------------------------------------


@op(backward=lambda input, src, key: _part_name(input, key).replace("Backward", "ScatterBackward"))
def _part_scatter(xp: Any, input: Array, src: Operand, key: tuple[Any, ...]) -> Array:
    """A copy of `input` with `src` as its part at `key`."""
    result = input.copy()
    check_part(result[key], src)
    result[key] = src
    return result


_part_scatter.grad(
    input=lambda xp, g, key: _part_scatter.on(xp)(g, 0, key),
    src=lambda xp, g, key: g[key],
)


def check_part(part: Array, src: Operand) -> None:
    shape = getattr(src, "shape", part.shape)
    if shape != part.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {shape_list(shape)}, slice size = "
            f"{shape_list(part.shape)}"
        )


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with `src` at `index` of dimension `dim`."""
    return _part_scatter(input, src, _select_key(input._array.shape, dim, index))


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of `input` with `src` at `start:end:step` of dimension `dim`."""
    return _part_scatter(input, src, _slice_key(wrap_dim(dim, input._array.ndim), start, end, step))
