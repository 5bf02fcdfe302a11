"""Indexing: parts of a tensor by integers, slices, masks and index tensors, and the gather and scatter family.

Integers, slices and None take a part, which is a view (`shape._part`). Whatever else picks elements at places that index
arrays say, comes down to two operations, each the other's adjoint: `_pick` takes the elements there, `_put` writes or
adds there. Their `places` are an index as NumPy takes it, of slices and arrays.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minitorch.autograd.modes import modes
from minitorch.autograd.op import op
from minitorch.autograd.views import View, check_writable, write
from minitorch.backend import Array, Operand, array_module, flat_places, is_array, scatter_add_at
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import broadcast_error, shape_list, wrap_dim
from minitorch.ops import elementwise
from minitorch.ops.shape import _at_least_dims, _expand, _infer, _part, _part_backward, broadcast_tensors, expand
from minitorch.ops.shape import contiguous, flatten, reshape, stack, unsqueeze
from minitorch.tensor import Tensor, wrap

Shape = tuple[int, ...]
ALL = slice(None)


class Places(NamedTuple):
    """Where to read or write: an index as NumPy takes it, and whether no place can occur twice."""

    key: tuple[Any, ...]
    once: bool = False


# --- the two operations -----------------------------------------------------------------------------------------------


@op(backward=lambda input, places, name: f"{name}Backward0")
def _pick(xp: Any, input: Array, places: Places, name: str) -> Array:
    """The elements of `input` at `places`."""
    key = places.key
    arrays = [dim for dim, each in enumerate(key) if is_array(each)]
    if len(arrays) == 1 and not places.once:
        return xp.take(input, key[arrays[0]], axis=arrays[0])
    picked = input[key]
    return xp.ascontiguousarray(picked) if picked.ndim else picked


@op(backward=lambda input, values, places, accumulate, name: f"{name}Backward{0 if is_array(values) else 1}")
def _put(xp: Any, input: Array, values: Operand, places: Places, accumulate: bool, name: str) -> Array:
    """A copy of `input` with `values` written, or added, at `places`."""
    result = xp.array(input, order="C", copy=True)
    _write_at(result, places, values, accumulate)
    return result


@op
def _pick_backward(xp: Any, g: Array, places: Places, shape: Shape) -> Array:
    """Zeros, and `g` added at `places`."""
    result = xp.zeros(shape, g.dtype)
    _write_at(result, places, g, not places.once)
    return result


def _write_at(target: Array, places: Places, values: Operand, accumulate: bool) -> None:
    if accumulate:
        scatter_add_at(target, places.key, values)
    else:
        target[places.key] = values


_pick.grad(input=lambda xp, g, places, input_shape: _pick_backward.on(xp)(g, places, input_shape))
_pick_backward.grad(g=lambda xp, g, places: _pick.on(xp)(g, places, "Index"))
_put.grad(
    input=lambda xp, g, places, accumulate: g if accumulate else _put.on(xp)(g, 0, places, False, "IndexPut"),
    values=lambda xp, g, places: _pick.on(xp)(g, places, "Index"),
)


# --- tensor[index] ----------------------------------------------------------------------------------------------------


def _out_of_bounds(index: int, dim: int, size: int) -> IndexError:
    return IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")


def _check_bounds(index: Array, size: int, low: int, error: Callable[[int], Exception]) -> None:
    """Raises `error(bad)` unless all of `index` lie between `low` and `size`."""
    if index.size:
        if (bad := int(index.max())) >= size or (bad := int(index.min())) < low:
            raise error(bad)


def _slice(item: slice) -> slice:
    """A slice of plain integers."""
    bounds = []
    for bound in (item.start, item.stop, item.step):
        try:
            bounds.append(bound if bound is None else operator.index(bound))
        except TypeError:
            raise TypeError("slice indices must be integers or None or have an __index__ method") from None
    if bounds[2] is not None and bounds[2] <= 0:
        raise ValueError("slice step cannot be zero" if bounds[2] == 0 else "step must be greater than zero")
    return slice(*bounds)


def _index_array(xp: Any, item: Any) -> Array:
    """What the user gave to index with, a tensor, an array or a sequence, as an array of integers or booleans."""
    if isinstance(item, Tensor):
        array = item._array
    elif is_array(item):
        array = item if item.size else item.astype(NP_INT64)
    elif isinstance(item, (list, tuple, range)):
        array = array_from_data(list(item), xp=xp)
        if array.dtype.kind == "f":
            array = array.astype(NP_INT64)
    else:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(item).__name__})"
        )
    if array.dtype.kind == "b":
        return array
    if array.dtype.name == "uint8":
        if array.ndim:
            warnings.warn(
                "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                UserWarning,
                stacklevel=4,
            )
        return array.astype(bool)
    if array.dtype.name not in ("int64", "int32"):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return array


def _items(index: Any) -> tuple[Any, ...]:
    """The index as a tuple, one item for each comma."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, list) and len(index) < 32:
        if any(each is None or each is Ellipsis or isinstance(each, (list, tuple, slice, Tensor)) for each in index):
            warnings.warn(
                "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch "
                "2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
                "x[torch.tensor(seq)], which will result either in an error or a different result",
                UserWarning,
                stacklevel=4,
            )
            return tuple(index)
    return (index,)


def _parse(array: Array, index: Any) -> tuple[tuple[Any, ...], Places | None]:
    """An index of `array` in two steps: the part that slices, integers and None take, then places in that part.

    torch takes integers before it looks at index tensors, so they do not count where tensors that stand apart put their
    dimensions; to NumPy an integer is an index array like others.
    """
    xp, shape = array_module(array), array.shape
    items: list[Any] = []
    used = 0
    for item in _items(index):
        if not (item is None or item is Ellipsis or isinstance(item, (bool, slice))):
            if hasattr(item, "__index__") and not (isinstance(item, Tensor) or is_array(item)):
                item = operator.index(item)
            else:
                item = _index_array(xp, item)
                item = item if item.ndim else item.item()
        if is_array(item):
            used += item.ndim if item.dtype.kind == "b" else 1
        elif item.__class__ in (int, slice):
            used += 1
        items.append(item)
    if used > len(shape):
        raise _too_many(shape, items)

    key: list[Any] = []
    arrays: list[tuple[int, Array]] = []
    dim = out = 0
    for item in items:
        if item is None:
            key.append(None)
            out += 1
        elif item is Ellipsis:
            if Ellipsis not in key:
                key.append(Ellipsis)
                dim += len(shape) - used
                out += len(shape) - used
        elif item.__class__ is slice:
            key.append(_slice(item))
            dim += 1
            out += 1
        elif item.__class__ is int:
            if not -shape[dim] <= item < shape[dim]:
                raise _out_of_bounds(item, dim, shape[dim])
            key.append(item)
            dim += 1
        elif item.__class__ is bool:
            key.append(None)
            arrays.append((out, xp.zeros(int(item), NP_INT64)))
            out += 1
        else:
            taken = item.ndim if item.dtype.kind == "b" else 1
            _check_array(item, shape, dim)
            key.extend([ALL] * taken)
            arrays.append((out, item))
            dim += taken
            out += taken
    if Ellipsis not in key:
        key.append(Ellipsis)
    return tuple(key), _places(xp, arrays) if arrays else None


def _too_many(shape: Shape, items: list[Any]) -> IndexError:
    if shape:
        return IndexError(f"too many indices for tensor of dimension {len(shape)}")
    if any(isinstance(item, slice) for item in items):
        return IndexError("slice() cannot be applied to a 0-dim tensor.")
    return IndexError(
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
        "tensor to a number"
    )


def _check_array(index: Array, shape: Shape, dim: int) -> None:
    """Raises torch's IndexError for a mask of another shape, and for integers out of bounds."""
    if index.dtype.kind == "b":
        for k, size in enumerate(index.shape):
            if size != shape[dim + k]:
                raise IndexError(
                    f"The shape of the mask {shape_list(index.shape)} at index {k} does not match the shape of the "
                    f"indexed tensor {shape_list(shape)} at index {dim + k}"
                )
    elif index.size and not shape[dim]:
        raise IndexError("index is out of bounds for dimension with size 0")
    else:
        _check_bounds(index, shape[dim], -shape[dim], lambda bad: _out_of_bounds(bad, dim, shape[dim]))


def _places(xp: Any, arrays: list[tuple[int, Array]]) -> Places:
    """The places that index arrays say, each with the first of the dimensions that it is for."""
    once = len(arrays) == 1 and arrays[0][1].dtype.kind == "b"
    if not once:
        arrays = [
            (dim + k, each)
            for dim, array in arrays
            for k, each in enumerate(xp.nonzero(array) if array.dtype.kind == "b" else (array,))
        ]
        try:
            broadcast_shapes(*[each.shape for _, each in arrays])
        except RuntimeError:
            raise IndexError(
                "shape mismatch: indexing tensors could not be broadcast together with shapes "
                + ", ".join(shape_list(each.shape) for _, each in arrays)
            ) from None
    key: list[Any] = []
    for dim, array in arrays:
        key.extend([ALL] * (dim - len(key)))
        key.append(array)
    return Places(tuple(key), once)


def _kept(places: Places, *tensors: Any) -> Places:
    """Places that stay as they are until backward: a copy when this is recorded, as the user may change an index."""
    if not (modes.grad and any(isinstance(each, Tensor) and each._node is not None for each in tensors)):
        return places
    return Places(tuple(each.copy() if is_array(each) else each for each in places.key), places.once)


def _take_part(tensor: Tensor, key: tuple[Any, ...]) -> Tensor:
    """`_part`, the short way when nothing is recorded: a loop over rows is mostly this."""
    if modes.grad and tensor._current_node() is not None:
        return _part(tensor, key)
    out: Tensor = wrap(tensor._array[key])
    out._cell = tensor._cell
    out._view = View(tensor, _part, (tensor, key), None)
    out._inference = modes.inference
    return out


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: a view for integers, slices, None and Ellipsis, a copy when tensors, arrays or lists are among them.

    Raises IndexError for what is out of bounds and for too many indices, ValueError for a negative step.
    """
    array = input._array
    if index.__class__ is int and array.ndim:
        size = array.shape[0]
        if not -size <= index < size:
            raise _out_of_bounds(index, 0, size)
        return _take_part(input, (index, Ellipsis))
    key, places = _parse(array, index)
    if places is None:
        return _take_part(input, key)
    part = input if _is_all(key) else _take_part(input, key)
    return _pick(part, _kept(places, part), "Index")


def _is_all(key: tuple[Any, ...]) -> bool:
    """Whether the part is the whole tensor."""
    return all(each is Ellipsis or (each.__class__ is slice and each == ALL) for each in key)


# --- tensor[index] = value --------------------------------------------------------------------------------------------


@op(backward="CopyBackwards")
def _assigned(xp: Any, value: Array, like: Any) -> Array:
    """A copy of `value` in the shape and dtype of the array `like`."""
    result = xp.empty(like.shape, like.dtype)
    result[...] = value
    return result


_assigned.grad(value=lambda xp, g: g)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """`input[index] = value`: writes a number or a tensor, broadcast and cast; gradients flow to both.

    Raises IndexError as reading does, RuntimeError for a value whose shape does not fit, and for a leaf that requires grad.
    """
    array = input._array
    if not isinstance(value, (Tensor, bool, int, float)):
        value = numpy_scalar(value)
    if not isinstance(value, (Tensor, bool, int, float)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{input.dtype.legacy_name}Tensor")
    if index.__class__ is int and array.ndim:
        size = array.shape[0]
        if not -size <= index < size:
            raise _out_of_bounds(index, 0, size)
        key: tuple[Any, ...] = (index, Ellipsis)
        places = None
    else:
        key, places = _parse(array, index)
    values = _value(input, value, places)
    if modes.grad and _in_graph(input, values):
        _write_recorded(input, key, places, values)
        return
    check_writable(input)
    region = array[key]
    _check_memory(region, places)
    if isinstance(values, Tensor):
        values = _fitting(values, region, places)._array
    if places is None:
        region[...] = values
    else:
        region[places.key] = values
    input._written()


def _in_graph(input: Tensor, value: Any) -> bool:
    """Whether a write has to be recorded."""
    if isinstance(value, Tensor) and value._node is not None and input._array.dtype.kind == "f":
        return True
    return input._node is not None or (input._view is not None and input._view.base._node is not None)


def _value(input: Tensor, value: Any, places: Places | None) -> Any:
    """What is written: a number in the range of the dtype, or a tensor whose dtype will do."""
    own = input._array.dtype
    if not isinstance(value, Tensor):
        return checked_number(value, own)
    if places is not None and value._array.dtype != own and not (places.once and not value._array.ndim):
        raise _other_dtype(input, value)
    return value if own.kind == "f" or value._node is None else value.detach()


def _other_dtype(input: Tensor, value: Tensor) -> RuntimeError:
    return RuntimeError(
        "Index put requires the source and destination dtypes match, got "
        f"{input.dtype.legacy_name} for the destination and {value.dtype.legacy_name} for the source."
    )


def _fitting(value: Tensor, region: Array, places: Places | None) -> Tensor:
    """`value` without dimensions of size 1 in front; raises torch's error when it cannot be broadcast to the places."""
    shape = region.shape if places is None else picked_shape(region.shape, places.key)
    own = value._array.shape
    extra = len(own) - len(shape)
    if extra > 0 and all(size == 1 for size in own[:extra]):
        value, own, extra = reshape(value, own[extra:]), own[extra:], 0
    if extra > 0 or any(a not in (1, b) for a, b in zip(own, shape[-extra if extra else 0 :], strict=True)):
        if places is None:
            expand(value, shape)
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {shape_list(own)} cannot be broadcast to indexing result of shape "
            f"{shape_list(shape)}"
        )
    return value


def _check_memory(region: Array, places: Places | None) -> None:
    """Raises torch's error for a write to memory that `expand` repeats."""
    if not region.flags.writeable:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def _write_recorded(input: Tensor, key: tuple[Any, ...], places: Places | None, values: Any) -> None:
    if input._view is not None:
        check_writable(input)
    target = input if _is_all(key) else _part(input, key)
    check_writable(target)
    array = target._array
    _check_memory(array, places)
    if isinstance(values, Tensor):
        values = _fitting(values, array, places)
    if places is not None:
        write(target, _put(target, values, _kept(places, target, values), False, "IndexPut"), "index_put_")
    elif target is input:
        elementwise.copy_(target, values)
    elif isinstance(values, Tensor):
        write(target, _assigned(values, array), "copy_")
    else:
        write(target, wrap(array_module(array).full(array.shape, values, array.dtype)), "fill_")


# --- along one dimension ----------------------------------------------------------------------------------------------


def _check_integers(index: Tensor, message: str, kinds: Sequence[str] = ("int64", "int32")) -> Array:
    """The index array; raises `message`, with its dtype filled in, when that is none of `kinds`."""
    if index._array.dtype.name not in kinds:
        raise RuntimeError(message.format(index.dtype.legacy_name))
    return index._array


def _along(name: str, input: Tensor, dim: int, index: Tensor, other: str) -> Places:
    """The places of `gather` and `scatter`: `index` says where along `dim`, its own shape says where elsewhere."""
    array = _check_integers(index, f"{name}(): Expected dtype int32/int64 for index")
    shape = input._array.shape
    if array.ndim != len(shape):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {other} tensor")
    _check_bounds(array, shape[dim], 0, lambda bad: RuntimeError(str(_out_of_bounds(bad, dim, shape[dim]))))
    xp, ndim = array_module(array), array.ndim
    mesh = [xp.arange(size).reshape((size,) + (1,) * (ndim - k - 1)) for k, size in enumerate(array.shape)]
    mesh[dim] = array
    return Places(tuple(mesh))


def _shaped(result: Tensor, shape: Shape) -> Tensor:
    return result if result._array.shape == shape else reshape(result, shape)


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements at `index` along `dim`: the result has the shape of `index`.

    Raises RuntimeError for an index that is not of integers, out of bounds, or larger than `input` in another dimension.
    """
    shape, whole = index._array.shape, atleast_1d(input)
    dim = wrap_dim(dim, input._array.ndim)
    if not index._array.size:
        empty = Places((_check_integers(index, "gather(): Expected dtype int32/int64 for index").reshape(-1),))
        return reshape(_pick(flatten(whole), empty, "Gather"), shape)
    places = _along("gather", whole, dim, atleast_1d(index), "input")
    own = whole._array.shape
    for k, (a, b) in enumerate(zip(shape, own, strict=False)):
        if a > b and k != dim:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {shape_list(shape)} to be no larger than self "
                f"{shape_list(own)} apart from dimension {dim}"
            )
    return _shaped(_pick(whole, _kept(places, input), "Gather"), shape)


def _scatter_places(name: str, input: Tensor, dim: int, index: Tensor, src: Any) -> tuple[Places, Any]:
    """The places to write to, and the part of `src` that goes there."""
    places = _along(name, input, dim, index, "self")
    own, shape = input._array.shape, index._array.shape
    limits = [None if k == dim else size for k, size in enumerate(own)]
    against = ""
    if isinstance(src, Tensor):
        if src._array.dtype != input._array.dtype:
            raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
        if src._array.ndim != len(shape):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
        against = f" and to be no larger size than src {shape_list(src._array.shape)}"
    fits = all(limit is None or size <= limit for size, limit in zip(shape, limits, strict=True))
    if not fits or (against and any(a > b for a, b in zip(shape, src._array.shape, strict=True))):
        raise RuntimeError(
            f"Expected index {shape_list(shape)} to be no larger than self {shape_list(own)} apart from dimension {dim}"
            f"{against}"
        )
    if isinstance(src, Tensor) and src._array.shape != shape:
        src = getitem(src, tuple(slice(size) for size in shape))
    return places, src


def _scattered(name: str, input: Tensor, dim: int, index: Tensor, src: Any, accumulate: bool, node: str) -> Tensor:
    if not index._array.size:
        return elementwise.clone(input)
    whole, at = atleast_1d(input), atleast_1d(index)
    part = atleast_1d(src) if isinstance(src, Tensor) else src
    places, part = _scatter_places(name, whole, wrap_dim(dim, input._array.ndim), at, part)
    return _shaped(_put(whole, part, _kept(places, input, src), accumulate, node), input._array.shape)


_REDUCTIONS = {"add": "sum", "multiply": "prod"}


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy of `input` with `src`, a tensor or a number, written at `index` along `dim`.

    `reduce`, "add" or "multiply", combines it with what is there. Where places repeat, any one of the values stays.
    """
    given = src if src is not None else numpy_scalar(value)
    if given is None:
        raise TypeError("scatter() received an invalid combination of arguments: give src or value")
    if not isinstance(given, Tensor):
        given = checked_number(given, input._array.dtype)
    if reduce is None:
        return _scattered("scatter", input, dim, index, given, False, "Scatter")
    if reduce not in _REDUCTIONS:
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(given, Tensor):
        xp = array_module(input._array)
        given = wrap(xp.full(index._array.shape, given, input._array.dtype))
    return scatter_reduce(input, dim, index, given, _REDUCTIONS[reduce])


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at `index` along `dim`; places that repeat add up."""
    _check_tensor("scatter_add", "src", 3, src)
    return _scattered("scatter_add", input, dim, index, src, True, "ScatterAdd")


def _check_tensor(name: str, argument: str, position: int, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}"
        )


# --- scatter_reduce ---------------------------------------------------------------------------------------------------


@op(backward="ScatterReduceBackward0")
def _scatter_reduce(xp: Any, input: Array, src: Array, places: Places, reduce: str, include_self: bool) -> Array:
    """Products or extremes of `src` over the places that repeat, and of `input` there if `include_self`."""
    result = xp.array(input, order="C", copy=True)
    if not include_self:
        result[places.key] = neutral(reduce, result.dtype)
    combine_at(reduce, result, places.key, src)
    return result


def _restart(xp: Any, g: Any, places: Places, include_self: bool) -> Any:
    """The gradient of `input`: none where it took no part."""
    return g if include_self else _put.on(xp)(g, 0, places, False, "IndexPut")


def _at(xp: Any, array: Any, places: Places) -> Any:
    return _pick.on(xp)(array, places, "Index")


def _winners(xp: Any, input: Any, src: Any, out: Any, places: Places) -> tuple[Any, Any, Any]:
    """Which elements of `input` and of `src` are the extreme, and how many share each place."""
    own, from_src = (input == out) * (out == out), src == _at(xp, out, places)
    kind = 0 * out
    own, from_src = own + kind, from_src + 0 * src
    return own, from_src, _put.on(xp)(own, from_src, places, True, "IndexPut")
