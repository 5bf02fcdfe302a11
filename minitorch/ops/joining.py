"""Putting together: tensors one after the other, on a new dimension, along a diagonal, or to a grid that they span."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array
from minitorch.errors import shape_list, type_name, wrap_dim
from minitorch.ops._arguments import tensor_list, with_out
from minitorch.ops._factory import whole
from minitorch.ops.parts import _split_with_sizes, unbind
from minitorch.ops.repeating import _expand
from minitorch.ops.shape import _view, atleast_1d, atleast_2d, atleast_3d, flatten, reshape
from minitorch.tensor import Tensor, has_channels_last, in_order

Shape = tuple[int, ...]


# --- one after the other ----------------------------------------------------------------------------------------------


def _joinable(arrays: Sequence[Array], dim: int) -> list[Array]:
    """What `cat` joins: all but one-dimensional empty tensors, which torch skips whatever the others are."""
    for k, each in enumerate(arrays):
        if not each.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {k}) cannot be concatenated")
    kept = [each for each in arrays if each.shape != (0,)]
    if not kept:
        return list(arrays)
    first = kept[0]
    axis = wrap_dim(dim, first.ndim)
    for k, each in enumerate(arrays):
        if each.shape == (0,):
            continue
        if each.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {each.ndim}")
        for own, other, at in zip(each.shape, first.shape, range(first.ndim), strict=True):
            if own != other and at != axis:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {axis}. Expected size {other} but got size {own} "
                    f"for tensor number {k} in the list."
                )
    return kept


@op(dtypes=PROMOTE)
def _cat(xp: Any, tensors: Sequence[Array], dim: int) -> Array:
    kept = _joinable(tensors, dim)
    joined = xp.concatenate(kept, axis=dim if kept[0].ndim > 1 else 0)
    return joined if all(map(has_channels_last, kept)) else in_order(joined)


def _cut(xp: Any, g: Any, tensors_shape: Sequence[Shape], dim: int) -> Any:
    axis = wrap_dim(dim, g.ndim) if g.ndim > 1 else 0
    sizes = tuple(0 if shape == (0,) else shape[axis] for shape in tensors_shape)
    parts = _split_with_sizes.on(xp)(g, sizes, axis)
    return [each.reshape(shape) for each, shape in zip(parts, tensors_shape, strict=True)]


_cat.grad(tensors=_cut)


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along `dim`, in their common dtype.

    Their other sizes must agree; a tensor of shape (0) is skipped. Raises ValueError when there is none.
    """
    dim = dim if axis is None else axis
    if isinstance(tensors, (tuple, list)):
        dim = whole(dim, "cat", "dim", 2)
        if not tensors:
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    return _cat(tensors, dim) if out is None else _cat(tensors, dim, out=out)


concat = concatenate = cat


# --- on a new dimension -----------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE, ordered=True)
def _stack(xp: Any, tensors: Sequence[Array], dim: int) -> Array:
    return xp.stack(tensors, axis=dim)


_stack.grad(tensors=lambda xp, g, dim: list(unbind.on(xp)(g, dim)))


def stack(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors, all of one shape, along a new dimension `dim`, in their common dtype."""
    dim = dim if axis is None else axis
    if isinstance(tensors, (tuple, list)):
        dim = whole(dim, "stack", "dim", 2)
        if not tensors:
            raise RuntimeError("stack expects a non-empty TensorList")
        shapes = [each._array.shape for each in tensors if isinstance(each, Tensor)]
        for k, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise RuntimeError(
                    f"stack expects each tensor to be equal size, but got {shape_list(shapes[0])} at entry 0 and "
                    f"{shape_list(shape)} at entry {k}"
                )
        if shapes:
            dim = wrap_dim(dim, len(shapes[0]) + 1)
    return _stack(tensors, dim) if out is None else _stack(tensors, dim, out=out)


# --- under the names of their directions ------------------------------------------------------------------------------


def _join(name: str, tensors: Any, raised: Callable[..., Any], dim: Callable[[Tensor], int]) -> Tensor:
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type_name(tensors)}")
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    whole = raised(list(tensors))
    return cat(whole, dim(whole[0]))


@with_out
def hstack(tensors: Any) -> Tensor:
    """The tensors side by side: along the columns, vectors along their only dimension."""
    return _join("hstack", tensors, atleast_1d, lambda first: 0 if first._array.ndim == 1 else 1)


@with_out
def vstack(tensors: Any) -> Tensor:
    """The tensors below each other; vectors are rows."""
    return _join("vstack", tensors, atleast_2d, lambda first: 0)


row_stack = vstack


@with_out
def dstack(tensors: Any) -> Tensor:
    """The tensors behind each other, along the third dimension."""
    return _join("dstack", tensors, atleast_3d, lambda first: 2)


@with_out
def column_stack(tensors: Any) -> Tensor:
    """The tensors side by side; vectors are columns."""

    def columns(given: list[Tensor]) -> list[Tensor]:
        return [each if each._array.ndim > 1 else reshape(each, each._array.size, 1) for each in given]

    return _join("column_stack", tensors, columns, lambda first: 1)


# --- along a diagonal -------------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE)
def _block_diag(xp: Any, tensors: Sequence[Array]) -> Array:
    blocks = [each.reshape((1,) * (2 - each.ndim) + each.shape) for each in tensors]
    result = xp.zeros((sum(each.shape[0] for each in blocks), sum(each.shape[1] for each in blocks)), blocks[0].dtype)
    for (rows, columns), each in zip(_blocks([each.shape for each in blocks]), blocks, strict=True):
        result[rows, columns] = each
    return result


def _blocks(shapes: Sequence[Shape]) -> list[tuple[slice, slice]]:
    """The rows and columns of each block on the diagonal."""
    places, row, column = [], 0, 0
    for shape in shapes:
        height, width = (1,) * (2 - len(shape)) + tuple(shape)
        places.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return places


_block_diag.grad(
    tensors=lambda xp, g, tensors_shape: [
        g[place].reshape(shape) for place, shape in zip(_blocks(tensors_shape), tensors_shape, strict=True)
    ]
)


def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the given matrices along its diagonal and zeros elsewhere; vectors are rows."""
    given = tensor_list("block_diag", tensors)
    for k, each in enumerate(given):
        if each._array.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {k} has {each._array.ndim} "
                "dimensions"
            )
    return _block_diag(list(given)) if given else Tensor(1, 0)


# --- grids ------------------------------------------------------------------------------------------------------------


def _grids(tensors: Sequence[Tensor], indexing: str) -> tuple[Tensor, ...]:
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for each in tensors:
        if each._array.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {each}")
        if each._array.dtype != tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swap = indexing == "xy" and len(tensors) >= 2
    ordered = [tensors[1], tensors[0], *tensors[2:]] if swap else list(tensors)
    shape = tuple(each._array.size for each in ordered)
    grids = [
        _expand(_view(each, (1,) * k + (each._array.size,) + (1,) * (len(ordered) - k - 1)), shape)
        for k, each in enumerate(ordered)
    ]
    return tuple(grids[k] for k in (1, 0, *range(2, len(grids)))) if swap else tuple(grids)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of the grid that vectors span, one tensor for each; "ij": rows first, "xy": columns first."""
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=2,
        )
    return _grids(tensor_list("meshgrid", tensors), indexing or "ij")


def cartesian_prod(*tensors: Any) -> Tensor:
    """Every combination of one element of each vector, a row each; of one vector, that vector."""
    given = tensor_list("cartesian_prod", tensors)
    for each in given:
        if each._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {shape_list(each._array.shape)}")
    if len(given) == 1:
        return given[0]
    return stack([flatten(grid) for grid in _grids(given, "ij")], 1)
