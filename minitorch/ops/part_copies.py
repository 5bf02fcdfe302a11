"""torch's `*_copy` functions: what views show, in memory of its own, row by row. With them what it calls unsafe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from minitorch.dtypes import dtype as torch_dtype
from minitorch.errors import type_name, wrap_dim
from minitorch.ops import diagonals, parts, permutation, repeating, shape, strides
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops.shape import Shape, _contiguous
from minitorch.tensor import Tensor


@with_out
def alias_copy(input: Tensor) -> Tensor:
    """A copy."""
    return _contiguous(input)


@with_out
def as_strided_copy(input: Tensor, size: Shape, stride: Shape, storage_offset: int | None = None) -> Tensor:
    """A copy of what as_strided shows."""
    return _contiguous(strides.as_strided(input, size, stride, storage_offset))


@with_out
def diagonal_copy(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of what diagonal shows."""
    return _contiguous(diagonals.diagonal(input, offset, dim1, dim2))


@with_out
def expand_copy(input: Tensor, size: Shape) -> Tensor:
    """A copy of what expand shows."""
    return _contiguous(repeating.expand(input, size))


@with_out
def permute_copy(input: Tensor, dims: Shape) -> Tensor:
    """A copy of what permute shows."""
    return _contiguous(permutation.permute(input, dims))


@with_out
def select_copy(input: Tensor, dim: int, index: int) -> Tensor:
    """A copy of what select shows."""
    return _contiguous(parts.select(input, dim, index))


@with_out
def slice_copy(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """A copy of the places `start:end:step` of dimension `dim`."""
    if step <= 0:
        raise RuntimeError(f"slice step must be positive, but it is {step}")
    return _contiguous(parts._part(input, parts._slice_key(wrap_dim(dim, input.ndim), start, end, step)))


@with_out
def squeeze_copy(input: Tensor, dim: Any = None) -> Tensor:
    """A copy of what squeeze shows."""
    return _contiguous(shape.squeeze(input) if dim is None else shape.squeeze(input, dim))


@with_out
def t_copy(input: Tensor) -> Tensor:
    """A copy of what t shows."""
    return _contiguous(permutation.t(input))


@with_out
def transpose_copy(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A copy of what transpose shows."""
    return _contiguous(permutation.transpose(input, dim0, dim1))


@with_out
def unfold_copy(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A copy of what unfold shows."""
    return _contiguous(strides.unfold(input, dimension, size, step))


@with_out
def unsqueeze_copy(input: Tensor, dim: int) -> Tensor:
    """A copy of what unsqueeze shows."""
    return _contiguous(shape.unsqueeze(input, dim))


@with_out
def view_copy(input: Tensor, size: Any) -> Tensor:
    """A copy in another shape, or of the same bytes read as another dtype."""
    return _contiguous((shape.view if isinstance(size, torch_dtype) else shape.reshape)(input, size))


def split_copy(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what split shows."""
    return _each_copied(unsafe_split(input, split_size, dim))


def split_with_sizes_copy(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what split_with_sizes shows."""
    return _each_copied(parts.split_with_sizes(input, split_sizes, dim))


def unbind_copy(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what unbind shows."""
    return _each_copied(parts.unbind(input, dim))


def _each_copied(views: Iterable[Tensor]) -> tuple[Tensor, ...]:
    return tuple(_contiguous(each) for each in views)


# --- views that torch does not follow ---------------------------------------------------------------------------------


def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one size along `dim`. Differs from torch: they are views, so that writing to them is safe."""
    if isinstance(split_size, bool) or not isinstance(split_size, int):
        kind = type_name(split_size)
        raise TypeError(f"unsafe_split(): argument 'split_size' (position 2) must be int, not {kind}")
    return parts.split(input, split_size, dim)


def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of the given sizes along `dim`. Differs from torch: they are views, so that writing to them is safe."""
    return parts.split_with_sizes(input, split_sizes, dim)


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` parts along `dim`. Differs from torch: they are views, so that writing to them is safe."""
    return parts.chunk(input, chunks, dim)


# --- out of the graph -------------------------------------------------------------------------------------------------


def detach(input: Tensor) -> Tensor:
    """The same elements outside the graph."""
    check_tensor("detach", "input", 1, input)
    return input.detach()


def detach_(input: Tensor) -> Tensor:
    """Takes the tensor itself out of the graph; raises RuntimeError for a view."""
    check_tensor("detach_", "input", 1, input)
    return input.detach_()
