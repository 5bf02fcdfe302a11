"""Another shape: the same elements in the same order, in a view where that is possible.

What torch builds of other operations is built of them here too, so that the nodes in the graph have torch's names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.autograd.graph import OpNode
from minitorch.autograd.op import op
from minitorch.autograd.views import check_writable
from minitorch.backend import Array, array_module
from minitorch.dtypes import dtype as torch_dtype
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import shape_list, wrap_dim, wrap_dims
from minitorch.ops._arguments import check_tensor, in_a_tuple, ints, tensor_list
from minitorch.ops.permutation import swapaxes, swapdims, t, transpose
from minitorch.tensor import Tensor, wrap

Shape = tuple[int, ...]


# --- views and copies -------------------------------------------------------------------------------------------------


def _infer(shape: Shape, size: int) -> Shape:
    """`shape` with its -1, if there is one, replaced; raises torch's errors when it does not hold `size` elements."""
    if min(shape, default=0) >= 0:
        if math.prod(shape) == size:
            return shape
    else:
        for k, each in enumerate(shape):
            if each < -1:
                raise RuntimeError(f"invalid shape dimension {each} at index {k} of shape {shape_list(shape)}")
        if shape.count(-1) > 1:
            raise RuntimeError("only one dimension can be inferred")
        known = -math.prod(shape)
        if known == size == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {shape_list(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
        if known and size % known == 0:
            return tuple(size // known if each == -1 else each for each in shape)
    raise RuntimeError(f"shape '{shape_list(shape)}' is invalid for input of size {size}")


def _is_viewable(xp: Any, array: Array, reshaped: Array) -> bool:
    return bool(array.flags.c_contiguous or not array.size or xp.may_share_memory(array, reshaped))


@op(view=True)
def _view(xp: Any, input: Array, shape: Shape) -> Array:
    result = input.reshape(shape)
    if not _is_viewable(xp, input, result):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return result


_view.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


@op
def _unsafe_view(xp: Any, input: Array, shape: Shape) -> Array:
    """The copy that a reshape is when no view is possible."""
    return input.reshape(shape)


_unsafe_view.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


@op(view=True, backward="ViewBackward0")
def _view_dtype(xp: Any, input: Array, dtype: torch_dtype) -> Array:
    """The same bytes read as another dtype."""
    old, new = input.itemsize, dtype.itemsize
    names = f"to view {from_numpy_dtype(input.dtype).legacy_name} as {dtype.legacy_name} (different element sizes)"
    if old != new and not input.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {names}")
    if new > old and input.shape[-1] * old % new:
        raise RuntimeError(f"self.size(-1) must be divisible by {new // old} {names}, but got {input.shape[-1]}")
    if old != new and input.strides[-1] != old:
        raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {input.strides[-1] // old}")
    return input.view(dtype.numpy)


def view(input: Tensor, *shape: Any, size: Any = None, dtype: torch_dtype | None = None) -> Tensor:
    """The same elements in another shape, sharing memory; one size may be -1. With a dtype: the same bytes read as it.

    Raises RuntimeError when the sizes do not fit, or the elements do not lie in the order that the view would need.
    """
    own = shape[0] if len(shape) == 1 else dtype
    if isinstance(own, torch_dtype):
        return input if own is input.dtype else _view_dtype(input, own)
    if not shape and size is None:
        raise TypeError("view() received an invalid combination of arguments - got (), but expected a dtype or sizes")
    return _view(input, _infer(ints("view", "size", shape, size), input._array.size))


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` viewed in the shape of `other`."""
    check_tensor("view_as", "other", 1, other)
    return _view(input, _infer(other._array.shape, input._array.size))


def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape, one size may be -1: a view where possible, else a copy."""
    array = input._array
    target = _infer(ints("reshape", "shape", sizes, shape), array.size)
    if array.flags.c_contiguous or _is_viewable(array_module(array), array, array.reshape(target)):
        return _view(input, target)
    return _unsafe_view(input, target)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` in the shape of `other`."""
    check_tensor("reshape_as", "other", 1, other)
    return reshape(input, other._array.shape)


@op(backward="CloneBackward0")
def _contiguous(xp: Any, input: Array) -> Array:
    """A copy that lies row by row."""
    return xp.array(input, order="C", copy=True)


_contiguous.grad(input=lambda xp, g: g)


def contiguous(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """`input` itself when its elements lie row by row, else a copy that does."""
    return input if input._array.flags.c_contiguous else _contiguous(input)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one."""
    check_tensor("flatten", "input", 1, input)
    shape = input._array.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension; a copy when they do not lie row by row."""
    check_tensor("ravel", "input", 1, input)
    return _view(contiguous(input), (input._array.size,))


def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One dimension as several, of the given sizes; one of them may be -1."""
    shape = input._array.shape
    dim = wrap_dim(dim, len(shape))
    parts = ints("unflatten", "sizes", (sizes,))
    if not parts:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if parts.count(-1) > 1:
        raise RuntimeError("unflatten: only one dimension can be inferred")
    try:
        parts = _infer(parts, shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {shape_list(parts)} don't multiply up to the size of dim {dim} ({shape[dim]}) "
            "in the input tensor"
        ) from None
    return _view(input, (*shape[:dim], *parts, *shape[dim + 1 :]))


# --- dimensions of size 1 ---------------------------------------------------------------------------------------------


@op(view=True, backward=lambda input, dim: 0 if dim is None else 1 if isinstance(dim, int) else 2)
def squeeze(xp: Any, input: Array, dim: int | Shape | None = None) -> Array:
    """Without the dimensions of size 1, or without those of `dim` that have size 1."""
    dims = range(input.ndim) if dim is None else wrap_dims(dim, input.ndim, "squeeze")
    return input.squeeze(tuple(k for k in dims if input.ndim and input.shape[k] == 1))


squeeze.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


@op(view=True)
def unsqueeze(xp: Any, input: Array, dim: int) -> Array:
    """With a new dimension of size 1 at `dim`."""
    return xp.expand_dims(input, wrap_dim(dim, input.ndim + 1))


unsqueeze.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


def expand_dims(input: Tensor, axis: int | Shape) -> Tensor:
    """NumPy's expand_dims, for gradient rules: new dimensions of size 1 at the places `axis` of the result."""
    axes = (axis,) if isinstance(axis, int) else axis
    ndim = input._array.ndim + len(axes)
    new = {each % ndim for each in axes}
    sizes = iter(input._array.shape)
    return reshape(input, tuple(1 if k in new else next(sizes) for k in range(ndim)))


def _at_least_dims(name: str, tensors: tuple[Any, ...], raised: Callable[[Tensor], Tensor]) -> Any:
    results = tuple(raised(each) for each in tensor_list(name, tensors))
    return results[0] if len(tensors) == 1 and isinstance(tensors[0], Tensor) else results


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with one dimension at least; a tuple for several."""
    return _at_least_dims("atleast_1d", tensors, lambda each: each if each._array.ndim else reshape(each, 1))


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with two dimensions at least, new ones in front; a tuple for several."""

    def raised(each: Tensor) -> Tensor:
        ndim = each._array.ndim
        return reshape(each, 1, 1) if ndim == 0 else unsqueeze(each, 0) if ndim == 1 else each

    return _at_least_dims("atleast_2d", tensors, raised)


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with three dimensions at least: (n) becomes (1, n, 1), and (m, n) becomes (m, n, 1)."""

    def raised(each: Tensor) -> Tensor:
        ndim = each._array.ndim
        if ndim == 0:
            return reshape(each, 1, 1, 1)
        if ndim == 1:
            return unsqueeze(unsqueeze(each, 0), -1)
        return unsqueeze(each, -1) if ndim == 2 else each

    return _at_least_dims("atleast_3d", tensors, raised)


# --- what the shape is ------------------------------------------------------------------------------------------------


def numel(input: Tensor) -> int:
    """The number of elements."""
    check_tensor("numel", "input", 1, input)
    return input.numel()


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the two have the same shape."""
    check_tensor("is_same_size", "other", 2, other)
    return bool(input._array.shape == other._array.shape)


# --- in place ---------------------------------------------------------------------------------------------------------


def _reshaping(operation: Any) -> Callable[..., Tensor]:
    """The in-place form of a view operation: the tensor itself becomes the view, with the same memory."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        before = wrap(self._array)
        before._node, before._cell, before._view = self._current_node(), self._cell, self._view
        result = operation(before, *args, **kwargs)
        self._array, self._node = result._array, result._node
        if self._view is not None:
            self._view = result._view
        self._written()
        if isinstance(self._node, OpNode):
            self._node.number()  # later than the write, which spoils nothing of its own
        return self

    method.__name__ = method.__qualname__ = f"{operation.__name__}_"
    method.__doc__ = f"`{operation.__name__}` of the tensor itself, which keeps its memory."
    return method


IN_PLACE = {
    f"{operation.__name__}_": _reshaping(operation)
    for operation in (t, transpose, swapaxes, swapdims, squeeze, unsqueeze)
}
"""The in-place methods, by their names."""


def resize_(input: Tensor, *sizes: Any, size: Any = None, memory_format: Any = None) -> Tensor:
    """Gives the tensor another size in place, keeping its elements in their order; new ones are not initialised."""
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = ints("resize_", "size", sizes, size)
    if min(shape, default=0) < 0:
        raise RuntimeError(
            f"resize_: Trying to create tensor with negative dimension {min(shape)}: {shape_list(shape)}"
        )
    array = input._array
    count = math.prod(shape)
    row = array.reshape(-1)
    if count > array.size:
        larger = array_module(array).empty(count, array.dtype)
        larger[: array.size] = row
        row = larger
    input._array = row[:count].reshape(shape)
    input._written()
    return input


def resize_as_(input: Tensor, other: Tensor, memory_format: Any = None) -> Tensor:
    """Gives the tensor the size of `other` in place."""
    check_tensor("resize_as_", "other", 1, other)
    return resize_(input, other._array.shape)


# --- functions that are stricter than the methods of the same name ----------------------------------------------------

reshape_function = in_a_tuple(reshape, "shape")
