"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array, Operand, writable_diagonal
from minitorch.errors import wrap_dim
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops.parts import check_part
from minitorch.ops.shape import _view, contiguous
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


def _diagonal_dims(ndim: int, dim1: int, dim2: int) -> tuple[int, int]:
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return first, second


@op(view=True)
def diagonal(xp: Any, input: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """The diagonal of the matrices in dimensions `dim1` and `dim2`, as the last dimension; a view."""
    dims = _diagonal_dims(input.ndim, dim1, dim2)
    return writable_diagonal(input, offset, *dims)


@op(backward="DiagonalBackward0_copy")
def _diagonal_copy(xp: Any, input: Array, offset: int) -> Array:
    return xp.diagonal(input, offset).copy()


@op
def _diagonal_backward(xp: Any, g: Array, shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
    """Zeros, and `g` on the diagonal: the adjoint of `diagonal`."""
    result = xp.zeros(shape, g.dtype)
    writable_diagonal(result, offset, wrap_dim(dim1, len(shape)), wrap_dim(dim2, len(shape)))[...] = g
    return result


diagonal.grad(
    input=lambda xp, g, input_shape, offset, dim1, dim2: _diagonal_backward.on(xp)(g, input_shape, offset, dim1, dim2)
)
_diagonal_copy.grad(input=lambda xp, g, input_shape, offset: _diagonal_backward.on(xp)(g, input_shape, offset, 0, 1))
_diagonal_backward.grad(g=lambda xp, g, offset, dim1, dim2: diagonal.on(xp)(g, offset, dim1, dim2))


@op
def diag_embed(xp: Any, input: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """Matrices, in dimensions `dim1` and `dim2` of the result, with the last dimension of `input` as their diagonal."""
    if not input.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    dims = _diagonal_dims(input.ndim + 1, dim1, dim2)
    size = input.shape[-1] + abs(offset)
    others = iter(input.shape[:-1])
    result = xp.zeros([size if k in dims else next(others) for k in range(input.ndim + 1)], input.dtype)
    writable_diagonal(result, offset, *dims)[...] = input
    return result


diag_embed.grad(input=lambda xp, g, offset, dim1, dim2: diagonal.on(xp)(g, offset, dim1, dim2))


@with_out
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The matrix that has the vector `input` on its diagonal, or the diagonal of the matrix `input`, as a copy."""
    check_tensor("diag", "input", 1, input)
    if input._array.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._array.ndim}D")
    return diag_embed(input, diagonal) if input._array.ndim == 1 else _diagonal_copy(input, diagonal)


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix that has all elements of `input` on its diagonal."""
    check_tensor("diagflat", "input", 1, input)
    return diag_embed(_view(contiguous(input), (input._array.size,)), offset)


def _check_matrix(name: str, array: Array) -> None:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@op(ordered=True)
def tril(xp: Any, input: Array, diagonal: int = 0) -> Array:
    """The lower triangles of matrices, zeros above the given diagonal."""
    _check_matrix("tril", input)
    return xp.tril(input, diagonal)


@op(ordered=True)
def triu(xp: Any, input: Array, diagonal: int = 0) -> Array:
    """The upper triangles of matrices, zeros below the given diagonal."""
    _check_matrix("triu", input)
    return xp.triu(input, diagonal)


tril.grad(input=lambda xp, g, diagonal: xp.tril(g, diagonal))
triu.grad(input=lambda xp, g, diagonal: xp.triu(g, diagonal))


@op
def diagonal_scatter(xp: Any, input: Array, src: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """A copy of `input` with `src` on the diagonal."""
    result = input.copy()
    part = writable_diagonal(result, offset, *_diagonal_dims(input.ndim, dim1, dim2))
    check_part(part, src)
    part[...] = src
    return result


diagonal_scatter.grad(
    input=lambda xp, g, offset, dim1, dim2: diagonal_scatter.on(xp)(g, 0, offset, dim1, dim2),
    src=lambda xp, g, offset, dim1, dim2: diagonal.on(xp)(g, offset, dim1, dim2),
)
