"""Shape operations: views, and copies in another order.

What torch builds of other operations is built of them here too, so that the nodes in the graph have torch's names.
"""

from __future__ import annotations

import functools
import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from minitorch.autograd.graph import OpNode
from minitorch.autograd.op import PROMOTE, _into, op
from minitorch.autograd.views import check_writable
from minitorch.backend import Array, Operand, add_at, array_module, storage_of, writable_diagonal
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.dtypes import dtype as torch_dtype
from minitorch.errors import NotSupportedError, broadcast_error, shape_list, type_name, wrap_dim, wrap_dims
from minitorch.ops import elementwise
from minitorch.sizes import Size
from minitorch.tensor import Tensor, wrap

Shape = tuple[int, ...]
_F = TypeVar("_F", bound=Callable[..., Any])


def _ints(name: str, argument: str, given: Any, named: Any = None) -> Shape:
    """Sizes or dims as torch takes them: `f(2, 3)`, `f((2, 3))` or by name; raises TypeError for what is no integer."""
    if named is not None:
        if given:
            raise TypeError(f"{name}() got multiple values for argument '{argument}'")
        given = (named,)
    elif not given:
        raise TypeError(f'{name}() missing 1 required positional arguments: "{argument}"')
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    try:
        return tuple([each if each.__class__ is int else operator.index(each) for each in given])
    except TypeError:
        got = ", ".join(type_name(each) for each in given)
        raise TypeError(f"{name}(): argument '{argument}' must be tuple of ints, but got ({got})") from None


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


def _tensors(name: str, given: Sequence[Any]) -> Sequence[Tensor]:
    """Tensors as torch takes them: `f(a, b)` or `f([a, b])`."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    for k, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(f"{name}(): expected Tensor as element {k} in argument 0, but got {type_name(each)}")
    return given


def check_tensor(name: str, argument: str, position: int, value: Any) -> None:
    """Raises torch's TypeError unless the argument is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type_name(value)}")


def in_a_tuple(method: Callable[..., Tensor], argument: str) -> Callable[..., Tensor]:
    """The function of a method that takes integers one by one as well: the function takes them in a tuple only."""
    name = method.__name__

    @functools.wraps(method)
    def function(*args: Any, **kwargs: Any) -> Tensor:
        if args:
            check_tensor(name, "input", 1, args[0])
        if len(args) > 2:
            raise TypeError(f"{name}() takes 2 positional arguments but {len(args)} were given")
        if len(args) == 2 and not isinstance(args[1], (list, tuple)):
            raise TypeError(
                f"{name}(): argument '{argument}' (position 2) must be tuple of ints, not {type_name(args[1])}"
            )
        return method(*args, **kwargs)

    return function


def with_out(function: _F) -> _F:
    """Lets a function that is built of operations take `out=`, as an operation does by itself."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return _into(function, args, kwargs) if "out" in kwargs else function(*args, **kwargs)

    return cast(_F, called)


def _at_least(name: str, input: Tensor, ndim: int, message: str) -> None:
    if input._array.ndim < ndim:
        raise RuntimeError(message.format(name=name, ndim=input._array.ndim))


# --- the same elements in the same order, in another shape ------------------------------------------------------------


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
    return _view(input, _infer(_ints("view", "size", shape, size), input._array.size))


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` viewed in the shape of `other`."""
    check_tensor("view_as", "other", 1, other)
    return _view(input, _infer(other._array.shape, input._array.size))


def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape, one size may be -1: a view where possible, else a copy."""
    array = input._array
    target = _infer(_ints("reshape", "shape", sizes, shape), array.size)
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
    parts = _ints("unflatten", "sizes", (sizes,))
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
    results = tuple(raised(each) for each in _tensors(name, tensors))
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


# --- the dimensions in another order ----------------------------------------------------------------------------------


@op(view=True)
def transpose(xp: Any, input: Array, dim0: int, dim1: int) -> Array:
    """With two dimensions exchanged."""
    dim0, dim1 = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    return xp.swapaxes(input, dim0, dim1) if input.ndim else input.reshape(())


transpose.grad(input=lambda xp, g, dim0, dim1: xp.swapaxes(g, dim0, dim1) if g.ndim else g)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """As transpose, under NumPy's name."""
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """As transpose."""
    return transpose(input, dim0, dim1)


@op(view=True)
def t(xp: Any, input: Array) -> Array:
    """The transpose of a matrix; a tensor of fewer dimensions as it is."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


t.grad(input=lambda xp, g: xp.transpose(g))


@op(view=True)
def _permute(xp: Any, input: Array, dims: Shape) -> Array:
    return xp.transpose(input, dims)


_permute.grad(input=lambda xp, g, dims: xp.transpose(g, tuple(map(dims.index, range(len(dims))))))


def permute(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """The dimensions in the order `dims`: dimension k of the result is dimension `dims[k]` of `input`."""
    ndim = input._array.ndim
    order = _ints("permute", "dims", axes, dims)
    if len(order) != ndim:
        raise RuntimeError(
            "permute: number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
    order = tuple(wrap_dim(dim, ndim) for dim in order)
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute(input, order)


def reverse_dims(input: Tensor, axes: Shape | None = None) -> Tensor:
    """NumPy's transpose, for gradient rules: the dimensions reversed, or in the order `axes`."""
    return _permute(input, tuple(reversed(range(input._array.ndim))) if axes is None else tuple(axes))


def movedim(input: Tensor, source: int | Shape, destination: int | Shape) -> Tensor:
    """With the dimensions `source` moved to the places `destination`; the others keep their order."""
    ndim = input._array.ndim
    given = [_ints("movedim", name, (dims,)) for name, dims in (("source", source), ("destination", destination))]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: "
            f"source ({shape_list(given[0])} dims) should contain the same number of dims as "
            f"destination ({shape_list(given[1])} dims)"
        )
    wrapped = [tuple(wrap_dim(dim, ndim) for dim in each) for each in given]
    for dims, argument, own in zip(wrapped, ("source", "destination"), given, strict=True):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{argument}` ({shape_list(own)})")
    if not ndim:
        return _permute(input, ())
    moved = dict(zip(wrapped[1], wrapped[0], strict=True))
    others = iter([dim for dim in range(ndim) if dim not in wrapped[0]])
    return _permute(input, tuple(moved[k] if k in moved else next(others) for k in range(ndim)))


def moveaxis(input: Tensor, source: int | Shape, destination: int | Shape) -> Tensor:
    """As movedim, under NumPy's name."""
    return movedim(input, source, destination)


def reversed_dims(input: Tensor) -> Tensor:
    """`Tensor.T`: the dimensions in reversed order; meant for matrices."""
    ndim = input._array.ndim
    if ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            UserWarning,
            stacklevel=2,
        )
    return reverse_dims(input)


IDENTITY = "This function is the identity in these cases."
CONJ = "Consider using x.conj()."


def _matrix_transpose(input: Tensor, name: str, instead: str, only_matrix: bool = False) -> Tensor:
    ndim = input._array.ndim
    if ndim == 0:
        warnings.warn(
            f"{name[:1].upper()}{name[1:]} is deprecated on 0-D tensors. {instead}",
            UserWarning,
            stacklevel=3,
        )
        return input
    if only_matrix and ndim != 2:
        batches = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(f"{name} is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{batches}")
    if ndim == 1:
        raise RuntimeError(f"{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(input, -2, -1)


def mT(input: Tensor) -> Tensor:
    """`Tensor.mT`: the last two dimensions exchanged."""
    return _matrix_transpose(input, "tensor.mT", IDENTITY)


def mH(input: Tensor) -> Tensor:
    """`Tensor.mH`: as mT, there being no complex numbers."""
    return _matrix_transpose(input, "tensor.mH", CONJ)


def H(input: Tensor) -> Tensor:
    """`Tensor.H`: the transpose of a matrix, there being no complex numbers."""
    return _matrix_transpose(input, "tensor.H", CONJ, only_matrix=True)


def adjoint(input: Tensor) -> Tensor:
    """As mT, there being no complex numbers."""
    check_tensor("adjoint", "input", 1, input)
    return _matrix_transpose(input, "tensor.adjoint()", CONJ)


# --- repeating --------------------------------------------------------------------------------------------------------


@op
def _sum_to(xp: Any, input: Array, shape: Shape) -> Array:
    """The adjoint of `expand`: the sum over the dimensions along which `shape` was repeated."""
    extra = input.ndim - len(shape)
    axes = tuple(k for k in range(input.ndim) if k < extra or (shape[k - extra] == 1 and input.shape[k] != 1))
    return input.sum(axis=axes, dtype=input.dtype).reshape(shape)


_sum_to.grad(
    input=lambda xp, g, input_shape: xp.broadcast_to(
        g.reshape((1,) * (len(input_shape) - g.ndim) + tuple(g.shape)), input_shape
    )
)


def sum_to_size(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """The sum over the dimensions along which a tensor of the given size would be repeated to give `input`'s."""
    shape = _ints("sum_to_size", "size", sizes, size)
    own = input._array.shape
    aligned = zip(reversed(shape), reversed(own), strict=False)
    if len(shape) > len(own) or any(to not in (1, from_) for to, from_ in aligned):
        raise RuntimeError(f"size {{{shape_list(shape)}}} is not expandable to size {{{shape_list(own)}}}.")
    if shape == own != ():
        return input
    return _sum_to(elementwise._cast(input, NP_INT64) if input._array.dtype.kind in "biu" else input, shape)


@op(view=True)
def _expand(xp: Any, input: Array, shape: Shape) -> Array:
    # NumPy makes what it repeats read-only; new dimensions of size 1 repeat nothing.
    return input.reshape(shape) if math.prod(shape) == input.size else xp.broadcast_to(input, shape)


_expand.grad(input=lambda xp, g: g)


def expand(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """`input` repeated along its dimensions of size 1 and along new ones in front, without a copy; -1 keeps a size."""
    target = _ints("expand", "size", sizes, size)
    own = input._array.shape
    extra = len(target) - len(own)
    if extra < 0:
        kind = f"torch.{input.dtype.legacy_name}Tensor"
        raise RuntimeError(
            f"expand({kind}{{{shape_list(own)}}}, size={shape_list(target)}): the number of sizes provided "
            f"({len(target)}) must be greater or equal to the number of dimensions in the tensor ({len(own)})"
        )
    shape = list(target)
    for k in reversed(range(len(target))):
        if k < extra:
            if target[k] < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({target[k]}) isn't allowed in a leading, non-existing "
                    f"dimension {k}"
                )
        elif target[k] == -1:
            shape[k] = own[k - extra]
        elif own[k - extra] not in (1, target[k]) or target[k] < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({target[k]}) must match the existing size ({own[k - extra]}) at "
                f"non-singleton dimension {k}.  Target sizes: {shape_list(target)}.  Tensor sizes: {shape_list(own)}"
            )
    return _expand(input, tuple(shape))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` repeated to the shape of `other`, without a copy."""
    check_tensor("expand_as", "other", 1, other)
    return expand(input, other._array.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """As expand."""
    return expand(input, size)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of the given shapes broadcast to; a number is a shape of one dimension."""
    given = [(each,) if isinstance(each, int) else tuple(each) for each in shapes]
    result = [1] * max(map(len, given), default=0)
    for number, shape in enumerate(given):
        for k in range(-1, -1 - len(shape), -1):
            if shape[k] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[k] not in (1, result[k]):
                if result[k] != 1:
                    raise RuntimeError(
                        f"Attempting to broadcast a dimension of length {shape[k]} at {k}! Mismatching argument at "
                        f"index {number} had {shape}; but expected shape should be broadcastable to {result}"
                    )
                result[k] = shape[k]
    return Size(result)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""
    given = _tensors("broadcast_tensors", tensors)
    shapes = [each._array.shape for each in given]
    try:
        common = broadcast_shapes(*shapes)
    except RuntimeError:
        raise broadcast_error(shapes) from None
    return tuple(_expand(each, tuple(common)) for each in given)


@op
def _repeat(xp: Any, input: Array, repeats: Shape) -> Array:
    return xp.tile(input, repeats)


def _sum_copies(xp: Any, g: Any, input_shape: Shape, repeats: Shape) -> Any:
    """Every dimension as (copy, position), summed over the copies."""
    own = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    pairs = [size for pair in zip(repeats, own, strict=True) for size in pair]
    summed = xp.sum(g.reshape(tuple(pairs)), axis=tuple(range(0, len(pairs), 2)))
    return summed.reshape(input_shape)


_repeat.grad(input=_sum_copies)


def repeat(input: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """Copies of `input` laid end to end, so many along each dimension; numbers beyond its own add some in front."""
    times = _ints("repeat", "repeats", sizes, repeats)
    own = input._array.shape
    if len(times) < len(own):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if min(times, default=0) < 0:
        shape = [a * b for a, b in zip(times, (1,) * (len(times) - len(own)) + own, strict=True)]
        bad = next(size for size, time in zip(shape, times, strict=True) if time < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {shape_list(shape)}")
    return _repeat(input, times)


def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """As repeat; with fewer numbers than dimensions the first dimensions are not repeated."""
    times = _ints("tile", "dims", sizes, dims)
    return repeat(input, (1,) * (input._array.ndim - len(times)) + times)


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
    return _grids(_tensors("meshgrid", tensors), indexing or "ij")


# --- parts ------------------------------------------------------------------------------------------------------------

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
    _at_least("split_with_sizes", input, 1, "split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input._array.ndim)
    sizes = _ints("split_with_sizes", "split_sizes", (split_sizes,))
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
    _at_least("split", tensor, 1, "split expects at least a 1-dimensional tensor")
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
    _at_least("chunk", input, 1, "chunk expects at least a 1-dimensional tensor")
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
    _at_least(
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
    _at_least(name, input, least, message)
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


# --- putting together -------------------------------------------------------------------------------------------------


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
    return xp.concatenate(kept, axis=dim if kept[0].ndim > 1 else 0)


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
    if isinstance(tensors, (tuple, list)) and not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    dim = dim if axis is None else axis
    return _cat(tensors, dim) if out is None else _cat(tensors, dim, out=out)


concat = concatenate = cat


@op(dtypes=PROMOTE)
def _stack(xp: Any, tensors: Sequence[Array], dim: int) -> Array:
    return xp.stack(tensors, axis=dim)


_stack.grad(tensors=lambda xp, g, dim: list(unbind.on(xp)(g, dim)))


def stack(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors, all of one shape, along a new dimension `dim`, in their common dtype."""
    dim = dim if axis is None else axis
    if isinstance(tensors, (tuple, list)):
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
    given = _tensors("block_diag", tensors)
    for k, each in enumerate(given):
        if each._array.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {k} has {each._array.ndim} "
                "dimensions"
            )
    return _block_diag(list(given)) if given else Tensor(1, 0)


def cartesian_prod(*tensors: Any) -> Tensor:
    """Every combination of one element of each vector, a row each; of one vector, that vector."""
    given = _tensors("cartesian_prod", tensors)
    for each in given:
        if each._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {shape_list(each._array.shape)}")
    if len(given) == 1:
        return given[0]
    return stack([flatten(grid) for grid in _grids(given, "ij")], 1)


# --- diagonals and triangles ------------------------------------------------------------------------------------------


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


@op
def tril(xp: Any, input: Array, diagonal: int = 0) -> Array:
    """The lower triangles of matrices, zeros above the given diagonal."""
    _check_matrix("tril", input)
    return xp.tril(input, diagonal)


@op
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
    _check_part(part, src)
    part[...] = src
    return result


diagonal_scatter.grad(
    input=lambda xp, g, offset, dim1, dim2: diagonal_scatter.on(xp)(g, 0, offset, dim1, dim2),
    src=lambda xp, g, offset, dim1, dim2: diagonal.on(xp)(g, offset, dim1, dim2),
)


@op(backward=lambda input, src, key: _part_name(input, key).replace("Backward", "ScatterBackward"))
def _part_scatter(xp: Any, input: Array, src: Operand, key: tuple[Any, ...]) -> Array:
    """A copy of `input` with `src` as its part at `key`."""
    result = input.copy()
    _check_part(result[key], src)
    result[key] = src
    return result


_part_scatter.grad(
    input=lambda xp, g, key: _part_scatter.on(xp)(g, 0, key),
    src=lambda xp, g, key: g[key],
)


def _check_part(part: Array, src: Operand) -> None:
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


# --- copies in another order ------------------------------------------------------------------------------------------


@op
def _flip(xp: Any, input: Array, dims: Shape) -> Array:
    # NumPy's flip is a view with negative steps, which no torch tensor has.
    return xp.flip(input, dims).copy()


_flip.grad(input=lambda xp, g, dims: xp.flip(g, dims))


def flip(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """A copy with the order of the elements reversed along `dims`."""
    wrapped = wrap_dims(_ints("flip", "dims", axes, dims), input._array.ndim, "flip")
    return _flip(input, wrapped if input._array.ndim else ())


def fliplr(input: Tensor) -> Tensor:
    """A copy with the order of the columns reversed."""
    check_tensor("fliplr", "input", 1, input)
    _at_least("fliplr", input, 2, "Input must be >= 2-d.")
    return _flip(input, (1,))


def flipud(input: Tensor) -> Tensor:
    """A copy with the order of the rows reversed."""
    check_tensor("flipud", "input", 1, input)
    _at_least("flipud", input, 1, "Input must be >= 1-d.")
    return _flip(input, (0,))


def backwards(input: Tensor) -> Tensor:
    """`reversed(tensor)`: the order of the slices along the first dimension reversed."""
    return _flip(input, (0,)) if input._array.ndim else input


@op
def _rot90(xp: Any, input: Array, k: int, dims: Shape) -> Array:
    return xp.rot90(input, k, dims).copy()


_rot90.grad(input=lambda xp, g, k, dims: _rot90.on(xp)(g, -k, dims))


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned `k` times by 90 degrees in the plane of two dimensions, from the first towards the second."""
    check_tensor("rot90", "input", 1, input)
    ndim = input._array.ndim
    dims = _ints("rot90", "dims", (dims,))
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (wrap_dim(dim, ndim) for dim in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return _rot90(input, k, (first, second))


@op
def _roll(xp: Any, input: Array, shifts: Shape, dims: Shape | None) -> Array:
    return xp.roll(input, shifts if dims else shifts[0], dims or None)


_roll.grad(input=lambda xp, g, shifts, dims: _roll.on(xp)(g, tuple(-shift for shift in shifts), dims))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """A copy shifted along `dims`, what leaves at the end coming in at the front; without dims, as one flat row."""
    steps = _ints("roll", "shifts", (shifts,))
    axes = () if dims is None else _ints("roll", "dims", (dims,))
    if len(steps) != max(len(axes), 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(axes)}")
    if axes and not input._array.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return _roll(input, steps, tuple(wrap_dim(dim, input._array.ndim) for dim in axes))


# --- views by strides -------------------------------------------------------------------------------------------------


@op(view=True)
def unfold(xp: Any, input: Array, dimension: int, size: int, step: int) -> Array:
    """All windows of `size` places along `dimension`, `step` apart: the places of a window are a new last dimension."""
    dim = wrap_dim(dimension, input.ndim)
    array = input if input.ndim else input.reshape(1)
    length, stride = array.shape[dim], array.strides[dim]
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    shape = [*array.shape, size]
    strides = [*array.strides, stride]
    shape[dim], strides[dim] = (length - size) // step + 1, stride * step
    if not input.ndim:
        shape, strides = shape[1:], strides[1:]
    return xp.lib.stride_tricks.as_strided(array, shape, strides)


@op
def _unfold_backward(xp: Any, g: Array, shape: Shape, dimension: int, size: int, step: int) -> Array:
    """The adjoint of `unfold`: every window's gradient added to the places it was taken from."""
    result = xp.zeros(shape or (1,), g.dtype)
    if not shape:
        return (result[:size] + g).reshape(()) if size else result.reshape(())
    dim = wrap_dim(dimension, len(shape))
    before, count = (slice(None),) * dim, g.shape[dim]
    # Windows overlap, but the k-th places of all windows do not.
    for k in range(size):
        result[(*before, slice(k, k + step * (count - 1) + 1, step))] += g[..., k]
    return result


unfold.grad(
    input=lambda xp, g, input_shape, dimension, size, step: _unfold_backward.on(xp)(
        g, input_shape, dimension, size, step
    )
)
_unfold_backward.grad(g=lambda xp, g, dimension, size, step: unfold.on(xp)(g, dimension, size, step))


def _strided(xp: Any, row: Array, size: Shape, stride: Shape, first: int) -> Array:
    """Elements of a contiguous row, the first of them at `first`; raises torch's error for what lies outside."""
    last = first + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) and not 0 <= first <= last < row.size:
        raise RuntimeError(
            f"setStorage: sizes {shape_list(size)}, strides {shape_list(stride)}, storage offset {first}, and itemsize "
            f"{row.itemsize} requiring a storage size of {(last + 1) * row.itemsize} are out of bounds for storage of "
            f"size {row.nbytes}"
        )
    return xp.lib.stride_tricks.as_strided(row[first:], size, [step * row.itemsize for step in stride])


@op(view=True)
def _as_strided(xp: Any, input: Array, size: Shape, stride: Shape, start: int) -> Array:
    row, own = storage_of(input)
    return _strided(xp, row, size, stride, own + start)


@op
def _as_strided_backward(xp: Any, g: Array, shape: Shape, size: Shape, stride: Shape, start: int) -> Array:
    """The adjoint, for an `input` that lies row by row: each place's gradients added up."""
    result = xp.zeros(math.prod(shape), g.dtype)
    add_at(result, _strided(xp, xp.arange(result.size), size, stride, start).ravel(), g.ravel())
    return result.reshape(shape)


_as_strided.grad(
    input=lambda xp, g, input_shape, size, stride, start: _as_strided_backward.on(xp)(
        g, input_shape, size, stride, start
    )
)
_as_strided_backward.grad(
    g=lambda xp, g, size, stride, start: _as_strided.on(xp)(
        contiguous(g) if g.__class__ is Tensor else g, size, stride, start
    )
)


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view of the memory that `input` lies in, by sizes and steps in elements; it starts where `input` does.

    `storage_offset` gives another start, counted from that of the memory.

    Differs from torch: a tensor that requires grad has to be contiguous, and to hold all of the view.
    """
    sizes, steps = _ints("as_strided", "size", (size,)), _ints("as_strided", "stride", (stride,))
    if len(sizes) != len(steps):
        raise RuntimeError("mismatch in length of strides and shape")
    if min(steps, default=0) < 0:
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {shape_list(steps)}"
        )
    if input.requires_grad and not input._array.flags.c_contiguous:
        raise NotSupportedError(
            "as_strided of a tensor that requires grad and is not contiguous: call contiguous() first"
        )
    start = 0 if storage_offset is None else storage_offset - storage_of(input._array)[1]
    return _as_strided(input, sizes, steps, start)


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
    shape = _ints("resize_", "size", sizes, size)
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


def numel(input: Tensor) -> int:
    """The number of elements."""
    check_tensor("numel", "input", 1, input)
    return input.numel()


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the two have the same shape."""
    check_tensor("is_same_size", "other", 2, other)
    return bool(input._array.shape == other._array.shape)


# --- functions that are stricter than the methods of the same name ----------------------------------------------------

flip_function = in_a_tuple(flip, "dims")
permute_function = in_a_tuple(permute, "dims")
reshape_function = in_a_tuple(reshape, "shape")
tile_function = in_a_tuple(tile, "dims")
