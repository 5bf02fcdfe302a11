"""Indexing: parts of a tensor by integers, slices, masks and index tensors, and the gather and scatter family.

Integers, slices and None take a part, which is a view (`shape._part`). Whatever else picks elements at places that
index arrays say comes down to two operations, each the other's adjoint: `_pick` takes the elements there, `_put` writes
or adds there. Their `places` are an index as NumPy takes it, of slices and arrays.
"""

from __future__ import annotations

import itertools
import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minitorch.autograd.modes import modes
from minitorch.autograd.observer import observers
from minitorch.autograd.op import op
from minitorch.autograd.views import View, check_writable, write
from minitorch.backend import (
    Array,
    Operand,
    array_module,
    checks_bounds,
    combine_at,
    device_of,
    is_array,
    is_writeable,
    picked_shape,
    scatter_add_at,
    to_device,
)
from minitorch.dtypes import NP_BOOL, NP_INT64
from minitorch.errors import broadcast_error, shape_list, type_name, wrap_dim
from minitorch.ops import elementwise
from minitorch.ops.shape import (
    _contiguous,
    _part,
    broadcast_shapes,
    broadcast_tensors,
    check_tensor,
    expand,
    flatten,
    reshape,
    stack,
    unsqueeze,
    view,
    with_out,
)
from minitorch.tensor import Tensor, array_from_data, array_of_numbers, wrap

Shape = tuple[int, ...]
ALL = slice(None)


class Places(NamedTuple):
    """Where to read or write: an index as NumPy takes it, and whether no place can occur twice."""

    key: tuple[Any, ...]
    once: bool = False


# --- the two operations -----------------------------------------------------------------------------------------------


@op(backward=lambda input, places, name: name)
def _pick(xp: Any, input: Array, places: Places, name: str) -> Array:
    """The elements of `input` at `places`."""
    key = places.key
    # Twice as fast as an index; but what does not lie row by row, take copies whole.
    if not places.once and input.flags.c_contiguous and not any(map(is_array, key[:-1])):
        return xp.take(input, key[-1], axis=len(key) - 1)
    picked = input[key]
    return xp.ascontiguousarray(picked) if picked.ndim else picked


@op(backward=lambda input, values, places, accumulate, name: name)
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
    if accumulate and not places.once:
        scatter_add_at(target, places.key, values)
    elif accumulate:
        target[places.key] += values
    else:
        target[places.key] = values


_pick.grad(input=lambda xp, g, places, input_shape: _pick_backward.on(xp)(g, places, input_shape))
_pick_backward.grad(g=lambda xp, g, places: _pick.on(xp)(g, places, "IndexBackward0"))
_put.grad(
    input=lambda xp, g, places, accumulate: g if accumulate else _put.on(xp)(g, 0, places, False, "IndexPutBackward0"),
    values=lambda xp, g, places: _pick.on(xp)(g, places, "IndexBackward0"),
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
    elif isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    else:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(item).__name__})"
        )
    if array_module(array) is not xp:
        if device_of(array).type != "cpu":
            raise RuntimeError(
                "indices should be either on cpu or on the same device as the indexed tensor (cpu): use index.cpu()"
            )
        array = xp.asarray(array)
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
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
        "0-dim tensor to a number"
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
    if not (modes.grad and any(isinstance(each, Tensor) and each._current_node() is not None for each in tensors)):
        return places
    return Places(tuple(each.copy() if is_array(each) else each for each in places.key), places.once)


def _take_part(tensor: Tensor, key: tuple[Any, ...]) -> Tensor:
    """`_part`, the short way when nothing is recorded and nobody watches: a loop over rows is mostly this."""
    if observers or (modes.grad and tensor._current_node() is not None):
        return _part(tensor, key)
    out: Tensor = wrap(tensor._array[key])
    out._cell = tensor._cell
    out._view = View(tensor, _part, (tensor, key), None)
    out._inference = modes.inference
    return out


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: a view for integers, slices, None and Ellipsis; a copy with tensors, arrays or lists among them.

    Raises IndexError for what is out of bounds and for too many indices, ValueError for a negative step.
    """
    array = input._array
    if index.__class__ is int and array.ndim:
        size = array.shape[0]
        if not -size <= index < size:
            raise _out_of_bounds(index, 0, size)
        return _take_part(input, (index, Ellipsis))
    if index.__class__ is Tensor and index._array.dtype is NP_INT64 and index._array.ndim and array.ndim:
        return _rows_at(input, _index_array(array_module(array), index))
    key, places = _parse(array, index)
    if places is None:
        return _take_part(input, key)
    part = input if _is_all(key) else _take_part(input, key)
    return _pick(part, _kept(places, part), "IndexBackward0")


def _rows_at(input: Tensor, index: Array) -> Tensor:
    """`input[index]` for the commonest index tensor, a batch of row numbers."""
    if not checks_bounds(index):
        _check_array(index, input._array.shape, 0)
    try:
        return _pick(input, _kept(Places((index,)), input), "IndexBackward0")
    except IndexError:
        _check_array(index, input._array.shape, 0)
        raise


def _is_all(key: tuple[Any, ...]) -> bool:
    """Whether the part is the whole tensor."""
    return all(each is Ellipsis or (each.__class__ is slice and each == ALL) for each in key)


# --- tensor[index] = value --------------------------------------------------------------------------------------------


@op(backward="CopyBackwards")
def _assigned(xp: Any, value: Array, like: Any) -> Array:
    """A copy of `value` in the shape and dtype of the array `like`."""
    result = array_module(like).empty(like.shape, like.dtype)
    result[...] = _brought(value, like)
    return result


_assigned.grad(value=lambda xp, g: g)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """`input[index] = value`: writes a number or a tensor, broadcast and cast; gradients flow to both.

    Raises IndexError as reading does, RuntimeError for a value that does not fit, and for a leaf that requires grad.
    """
    array = input._array
    if not isinstance(value, (Tensor, bool, int, float)):
        value = _scalar(value)
    if not isinstance(value, (Tensor, bool, int, float)):
        raise TypeError(f"can't assign a {type_name(value)} to a torch.{input.dtype.legacy_name}Tensor")
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
    _check_memory(region)
    if isinstance(values, Tensor):
        values = _brought(_fitting(values, region, places)._array, region)
    if places is None:
        region[...] = values
    else:
        region[places.key] = values
    input._written()


def _brought(array: Array, like: Array) -> Array:
    """`array` where `like` lies."""
    return array if array.__class__ is like.__class__ else to_device(array, device_of(like))


def _in_graph(input: Tensor, value: Any) -> bool:
    """Whether a write has to be recorded."""
    if isinstance(value, Tensor) and value._node is not None and input._array.dtype.kind == "f":
        return True
    return input._node is not None or (input._view is not None and input._view.base._node is not None)


FLOAT32_MAX = 3.4028234663852886e38


def _scalar(value: Any) -> Any:
    """A NumPy scalar as a Python number; anything else as it is."""
    return value.item() if getattr(value, "ndim", 1) == 0 and not isinstance(value, Tensor) else value


def _number(value: Any, dtype: Any) -> Any:
    """A Python number that `dtype` can hold; raises torch's RuntimeError for one out of its range."""
    if dtype.kind != "f":
        return array_of_numbers([value], dtype)[0].item()
    if dtype.itemsize == 4 and abs(value) > FLOAT32_MAX and not math.isinf(value):
        raise RuntimeError("value cannot be converted to type float without overflow")
    return value


def _value(input: Tensor, value: Any, places: Places | None) -> Any:
    """What is written: a number in the range of the dtype, or a tensor whose dtype will do."""
    own = input._array.dtype
    if not isinstance(value, Tensor):
        return _number(value, own)
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


def _check_memory(region: Array) -> None:
    """Raises torch's error for a write to elements that `expand` repeats; a single one of them may be written to."""
    if not is_writeable(region):
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
    _check_memory(array)
    if isinstance(values, Tensor):
        values = _fitting(values, array, places)
    if places is not None:
        write(target, _put(target, values, _kept(places, target, values), False, "IndexPutBackward0"), "index_put_")
    elif target is input:
        elementwise.copy_(target, values)
    elif isinstance(values, Tensor):
        write(target, _assigned(values, array), "copy_")
    else:
        write(target, wrap(array_module(array).full(array.shape, values, array.dtype)), "fill_")


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Writes a number on the main diagonal, in place; `wrap`: of a tall matrix, which starts anew below each end."""
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    xp = array_module(input._array)
    rows = xp.arange(shape[0] if wrap and len(shape) == 2 else min(shape))
    rows = rows[rows % (shape[1] + 1) < shape[1]] if shape[1] else rows[:0]
    columns = rows % (shape[1] + 1)
    setitem(input, (rows, *[columns] * (len(shape) - 1)), fill_value)
    return input


def delitem(input: Tensor, index: Any) -> None:
    """`del input[index]`: always raises TypeError."""
    raise TypeError("Tensor does not support deleting items")


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


def _one_dim(input: Tensor) -> Tensor:
    """With one dimension at least: a copy, as an in-place write to the 0-d tensor must not reach what was saved."""
    return input if input._array.ndim else reshape(_contiguous(input), 1)


def _shaped(result: Tensor, shape: Shape) -> Tensor:
    return result if result._array.shape == shape else reshape(result, shape)


@with_out
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements at `index` along `dim`: the result has the shape of `index`.

    Raises RuntimeError for an index that is not of integers, out of bounds, or larger than `input` elsewhere.
    """
    check_tensor("gather", "index", 3, index)
    shape, whole = index._array.shape, _one_dim(input)
    dim = wrap_dim(dim, input._array.ndim)
    if not index._array.size:
        empty = Places((_check_integers(index, "gather(): Expected dtype int32/int64 for index").reshape(-1),))
        return reshape(_pick(flatten(whole), empty, "GatherBackward0"), shape)
    places = _along("gather", whole, dim, _one_dim(index), "input")
    own = whole._array.shape
    for k, (a, b) in enumerate(zip(shape, own, strict=False)):
        if a > b and k != dim:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {shape_list(shape)} to be no larger than self "
                f"{shape_list(own)} apart from dimension {dim}"
            )
    return _shaped(_pick(whole, _kept(places, input), "GatherBackward0"), shape)


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
    whole, at = _one_dim(input), _one_dim(index)
    part = _one_dim(src) if isinstance(src, Tensor) else src
    places, part = _scatter_places(name, whole, wrap_dim(dim, input._array.ndim), at, part)
    return _shaped(_put(whole, part, _kept(places, input, src), accumulate, node), input._array.shape)


_REDUCTIONS = {"add": "sum", "multiply": "prod"}


@with_out
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy of `input` with `src`, a tensor or a number, written at `index` along `dim`.

    `reduce`, "add" or "multiply", combines it with what is there. Where places repeat, any one of the values stays.
    """
    check_tensor("scatter", "index", 3, index)
    given = src if src is not None else value.item() if isinstance(value, Tensor) else _scalar(value)
    if given is None:
        raise TypeError("scatter() received an invalid combination of arguments: give src or value")
    if not isinstance(given, Tensor):
        given = _number(given, input._array.dtype)
    if reduce is None:
        return _scattered(
            "scatter", input, dim, index, given, False, f"ScatterBackward{0 if isinstance(given, Tensor) else 1}"
        )
    if isinstance(given, Tensor):
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
            UserWarning,
            stacklevel=2,
        )
    if reduce not in _REDUCTIONS:
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(given, Tensor):
        xp = array_module(input._array)
        given = wrap(xp.full(index._array.shape, given, input._array.dtype))
    return scatter_reduce(input, dim, index, given, _REDUCTIONS[reduce])


@with_out
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at `index` along `dim`; places that repeat add up."""
    check_tensor("scatter_add", "index", 3, index)
    check_tensor("scatter_add", "src", 4, src)
    return _scattered("scatter_add", input, dim, index, src, True, "ScatterAddBackward0")


# --- scatter_reduce ---------------------------------------------------------------------------------------------------


@op
def _scatter_reduce(xp: Any, input: Array, src: Array, places: Places, reduce: str, include_self: bool) -> Array:
    """Products or extremes of what `src` brings to each place, and of `input` there if `include_self`."""
    result = xp.array(input, order="C", copy=True)
    if not include_self:
        result[places.key] = _neutral(xp, reduce, result.dtype)
    combine_at(reduce, result, places.key, src)
    return result


def _neutral(xp: Any, reduce: str, dtype: Any) -> Any:
    """What changes nothing: 1 in a product, the least number in a maximum."""
    if reduce == "prod" or dtype.kind == "b":
        return reduce != "amax"
    if dtype.kind == "f":
        return -xp.inf if reduce == "amax" else xp.inf
    return xp.iinfo(dtype).min if reduce == "amax" else xp.iinfo(dtype).max


@op
def _sharers(xp: Any, input: Array, src: Array, out: Array, places: Places) -> Array:
    """How many elements are the extreme of each place: they share its gradient evenly."""
    count = (input == out).astype(out.dtype)
    scatter_add_at(count, places.key, (src == out[places.key]).astype(out.dtype))
    return count


@op
def _no_other_zero(xp: Any, input: Array, src: Array, places: Places) -> Array:
    """For each element of `src`: whether no other one at its place is 0."""
    zeros = xp.zeros(input.shape, NP_INT64)
    scatter_add_at(zeros, places.key, (src == 0).astype(NP_INT64))
    return zeros[places.key] == (src == 0)


@op
def _ones_like(xp: Any, input: Array) -> Array:
    return xp.ones(input.shape, input.dtype)


def _reduce_to_input(
    xp: Any, g: Any, input: Any, src: Any, out: Any, places: Places, reduce: str, include_self: bool
) -> Any:
    if reduce == "prod":
        g = g * _scatter_reduce.on(xp)(_ones_like.on(xp)(input), src, places, "prod", True)
    else:
        g = g / _sharers.on(xp)(input, src, out, places) * (input == out)
    return g if include_self else _put.on(xp)(g, 0, places, False, "IndexPutBackward0")


def _reduce_to_src(
    xp: Any, g: Any, input: Any, src: Any, out: Any, places: Places, reduce: str, include_self: bool
) -> Any:
    at = _pick.on(xp)
    if reduce == "prod":
        # A zero is left out of the product, which is then that of the others.
        others = _masked_fill.on(xp)(src, src == 0, 1)
        product = _scatter_reduce.on(xp)(input, others, places, "prod", include_self)
        return at(g * product, places, "IndexBackward0") / others * _no_other_zero.on(xp)(input, src, places)
    share = g / _sharers.on(xp)(input, src, out, places)
    return at(share, places, "IndexBackward0") * (src == at(out, places, "IndexBackward0"))


_scatter_reduce.grad(input=_reduce_to_input, src=_reduce_to_src)


@with_out
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`input` with each place that `index` names along `dim` reduced to "sum", "prod", "mean", "amax" or "amin".

    Over the elements of `src` that go there, and that of `input` if `include_self`. Equal extremes share the gradient.
    """
    check_tensor("scatter_reduce", "index", 3, index)
    check_tensor("scatter_reduce", "src", 4, src)
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if not index._array.size:
        return elementwise.clone(input)
    whole, part = _one_dim(input), _one_dim(src)
    places, part = _scatter_places("scatter", whole, wrap_dim(dim, input._array.ndim), _one_dim(index), part)
    places = _kept(places, input, src)
    if reduce in ("sum", "mean"):
        start = whole if include_self else _put(whole, 0, places, False, "ScatterBackward1")
        result = _put(start, part, places, True, "ScatterReduceBackward0")
        if reduce == "mean":
            result = elementwise.div(
                result,
                wrap(_counts(whole._array, places, include_self)),
                rounding_mode=(None if whole._array.dtype.kind == "f" else "floor"),
            )
    else:
        result = _scatter_reduce(whole, part, places, reduce, include_self)
    return _shaped(result, input._array.shape)


def _counts(array: Array, places: Places, include_self: bool) -> Array:
    """Over how many elements each place takes the mean; 1 where there are none."""
    xp = array_module(array)
    counts = xp.full(array.shape, int(include_self), array.dtype)
    scatter_add_at(counts, places.key, 1)
    return xp.maximum(counts, xp.ones((), array.dtype))


# --- slices at the places of a vector ---------------------------------------------------------------------------------


@with_out
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at `index`, a vector of integers, along `dim`; raises IndexError when one is out of range."""
    check_tensor("index_select", "index", 3, index)
    array = _check_integers(index, "index_select(): Expected dtype int32 or int64 for index")
    if array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    dim = wrap_dim(dim, input._array.ndim)
    whole = _one_dim(input)
    if not input._array.ndim and array.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {array.size} value(s)")
    size = whole._array.shape[dim]

    def error(bad: int) -> Exception:
        if dim == 1:  # torch's kernel for the second dimension is another one
            return RuntimeError(f"INDICES element is out of DATA bounds, id={bad} axis_dim={size}")
        return IndexError("index out of range in self")

    _check_bounds(array, size, 0, error)
    places = _kept(Places((ALL,) * dim + (array.reshape(-1),)), input)
    result = _pick(whole, places, "IndexSelectBackward0")
    return result if input._array.ndim else reshape(result, ())


def _rows(name: str, input: Tensor, dim: int, index: Tensor, low: int, error: Callable[[str], Exception]) -> Places:
    """The places of the slices at `index`."""
    array = index._array.reshape(-1)
    size = input._array.shape[dim]
    _check_bounds(array, size, low, lambda bad: error(f"{name}{_out_of_bounds(bad, dim, size)}"))
    return Places((ALL,) * dim + (array,))


def _check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    """Raises torch's error unless `source` has a slice for each of the vector `index` along `dim`; returns `dim`."""
    array = _check_integers(index, f"{name}(): Expected dtype int32/int64 for index but got: {{}}")
    dim = wrap_dim(dim, input._array.ndim)
    if array.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {array.ndim} with type: "
            f"{index.dtype.legacy_name} and size: {shape_list(array.shape)}"
        )
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"{name}(): self ({input.dtype.legacy_name}) and source ({source.dtype.legacy_name}) must have the "
            "same scalar type"
        )
    own, given = input._array.shape, source._array.shape
    if len(own) != len(given) or any(a != b for k, (a, b) in enumerate(zip(own, given, strict=True)) if k != dim):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{shape_list(own)} source.shape = {shape_list(given)}"
        )
    if (given[dim] if given else 1) != array.size:
        raise RuntimeError(
            f"{name}(): Number of indices ({array.size}) should be equal to source.size(dim): "
            f"({given[dim] if given else 1}), for dim: {dim}"
        )
    return dim


@with_out
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """A copy of `input` with `alpha` times the slices of `source` added at `index` along `dim`; repeats add up."""
    check_tensor("index_add", "index", 3, index)
    check_tensor("index_add", "source", 4, source)
    dim = _check_slices("index_add_", input, dim, index, source)
    own = input._array.shape
    whole, values = _one_dim(input), _one_dim(source)
    places = _kept(_rows("", whole, dim, index, 0, RuntimeError), input, source)
    values = values if alpha == 1 else elementwise.mul(values, alpha)
    return _shaped(_put(whole, values, places, True, "IndexAddBackward0"), own)


@with_out
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices of `source` written at `index` along `dim`."""
    check_tensor("index_copy", "index", 3, index)
    check_tensor("index_copy", "source", 4, source)
    array = _check_integers(index, "index_copy_(): Expected a long tensor for index, but got {}", ("int64",))
    dim = wrap_dim(dim, input._array.ndim)
    own, given = input._array.shape, source._array.shape
    if array.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {array.ndim})")
    if own and given and len(own) != len(given):
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({len(given)}), destination dimensionality ({len(own)})"
        )
    if input._array.dtype != source._array.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype.legacy_name} "
            f"and (source) {source.dtype.legacy_name}"
        )
    if own and given and own[:dim] + own[dim + 1 :] != given[:dim] + given[dim + 1 :]:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{shape_list(own[:dim] + own[dim + 1 :])} at dimension {dim} and source slice shape: "
            f"{shape_list(given[:dim] + given[dim + 1 :])} at dimension 0."
        )
    if (given[dim] if given else 1) != array.size:
        raise IndexError(
            f"index_copy_(): Number of indices ({array.size}) should be equal to source.size(dim) "
            f"({given[dim] if given else 1})"
        )
    whole = _one_dim(input)
    places = _kept(_rows("index_copy_(): ", whole, dim, index, 0, IndexError), input, source)
    return _shaped(_put(whole, _one_dim(source), places, False, "IndexCopyBackward0"), own)


def _fill_value(name: str, input: Tensor, value: Any) -> Any:
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                f"{name} only supports a 0-dimensional value tensor, but got tensor with {value._array.ndim} "
                "dimension(s)."
            )
        return value if input._array.dtype.kind == "f" else value.detach()
    return _number(_scalar(value), input._array.dtype)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, in the slices at `index` along `dim`."""
    check_tensor("index_fill", "index", 3, index)
    if index._array.dtype != NP_INT64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index._array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    dim = wrap_dim(dim, input._array.ndim)
    value = _fill_value("index_fill_", input, value)
    whole = _one_dim(input)
    size = whole._array.shape[dim]
    places = _kept(_rows("", whole, dim, index, -size, IndexError), input, value)
    name = f"IndexFillBackward{1 if isinstance(value, Tensor) else 0}"
    if isinstance(value, Tensor):  # a slice that is named twice is filled, and sends its gradient, once
        rows = places.key[dim]
        places = Places((ALL,) * dim + (array_module(rows).unique(rows % size),))
    return _shaped(_put(whole, value, places, False, name), input._array.shape)


# --- by several index tensors -----------------------------------------------------------------------------------------


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `values` written, or added, at `input[indices]`; `indices` is a tuple of tensors."""
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"index_put(): argument 'indices' (position 1) must be tuple of Tensors, not {type_name(indices)}"
        )
    check_tensor("index_put", "values", 3, values)
    _check_bool("index_put", accumulate)
    for k, each in enumerate(indices):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type_name(each)}")
    if values._array.dtype != input._array.dtype:
        raise _other_dtype(input, values)
    places = _parse(input._array, tuple(at if at._array.ndim else reshape(at, 1) for at in indices))[1]
    assert places is not None
    values = _fitting(values, input._array, places)
    return _put(input, values, _kept(places, input, values), accumulate, "IndexPutBackward0")


def _check_bool(name: str, accumulate: Any) -> None:
    if not isinstance(accumulate, bool):
        raise TypeError(f"{name}(): argument 'accumulate' (position 4) must be bool, not {type_name(accumulate)}")


def _flat(name: str, input: Tensor, index: Tensor) -> Places:
    """The places of flat positions."""
    check_tensor(name.rstrip("_"), "index", 1, index)
    array = _check_integers(index, f"{name}(): Expected a long tensor for index, but got {{}}", ("int64",))
    size = input._array.size
    if array.size and not size:
        raise IndexError(f"{name}(): tried to take from an empty tensor")
    _check_bounds(
        array,
        size,
        -size,
        lambda bad: IndexError(f"out of range: tried to access index {bad} on a tensor of {size} elements."),
    )
    return Places((array,))


@with_out
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at flat positions: the result has the shape of `index`."""
    places = _flat("take", input, index)
    return _pick(reshape(input, -1), _kept(places, input), "TakeBackward0")


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `source` written, or added, at flat positions."""
    check_tensor("put", "index", 2, index)
    check_tensor("put", "source", 3, source)
    _check_bool("put", accumulate)
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {input.dtype.legacy_name} "
            f"and source.dtype = {source.dtype.legacy_name}"
        )
    if source._array.size != index._array.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source._array.size}, index.numel() = {index._array.size}"
        )
    (flat,) = _flat("put_", input, index).key
    whole, values = _one_dim(input), reshape(source, index._array.shape)
    places = Places(tuple(each._array for each in unravel_index(wrap(flat), whole._array.shape)))
    return _shaped(_put(whole, values, places, accumulate, "PutBackward0"), input._array.shape)


@with_out
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As gather, but the shapes broadcast outside `dim`, and indices wrap around; without dim, gather, all flat."""
    check_tensor("take_along_dim", "indices", 2, indices)
    if indices._array.dtype != NP_INT64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy_name}"
        )
    if dim is None:
        return gather(view(input, -1), 0, view(indices, -1))
    ndim = input._array.ndim
    if ndim != indices._array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{ndim} dimensions for input, and {indices._array.ndim} dimensions for indices"
        )
    dim = wrap_dim(dim, ndim)
    own, at = list(input._array.shape), list(indices._array.shape)
    own[dim] = at[dim] = 1
    try:
        common = list(broadcast_shapes(own, at))
    except RuntimeError:
        raise broadcast_error([tuple(own), tuple(at)]) from None
    own_common, common[dim] = list(common), indices._array.shape[dim]
    own_common[dim] = input._array.shape[dim]
    array = indices._array % max(input._array.shape[dim] if ndim else 1, 1)
    wrapped = wrap(array_module(indices._array).asarray(array))
    return gather(expand(input, own_common), dim, expand(wrapped, common))


# --- masks ------------------------------------------------------------------------------------------------------------


@op(backward=lambda input, mask, value: 1 if is_array(value) else 0)
def _masked_fill(xp: Any, input: Array, mask: Array, value: Operand) -> Array:
    return xp.where(mask, xp.asarray(value, dtype=input.dtype), input)


_masked_fill.grad(
    input=lambda xp, g, mask: _masked_fill.on(xp)(g, mask, 0),
    value=lambda xp, g, mask: _masked_fill.on(xp)(g, ~mask, 0),
)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, where `mask` is True; the two shapes are broadcast."""
    check_tensor("masked_fill", "mask", 2, mask)
    if mask._array.dtype != NP_BOOL:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.name}")
    return _masked_fill(input, mask, _fill_value("masked_fill_", input, value))


def _mask_places(input: Tensor, mask: Tensor) -> tuple[Tensor, Places]:
    at, whole = broadcast_tensors(mask, _one_dim(input))
    return whole, Places((at._array,), once=True)


@with_out
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` is True, as a vector; the two shapes are broadcast."""
    check_tensor("masked_select", "mask", 2, mask)
    if mask._array.dtype != NP_BOOL:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    whole, places = _mask_places(input, mask)
    return _pick(whole, _kept(places, input), "MaskedSelectBackward0")


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the first elements of `source`, in their order, where `mask` is True."""
    check_tensor("masked_scatter", "mask", 2, mask)
    check_tensor("masked_scatter", "source", 3, source)
    if input._array.dtype != source._array.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got "
            f"{input.dtype.legacy_name} and {source.dtype.legacy_name}"
        )
    if mask._array.dtype != NP_BOOL:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.legacy_name}"
        )
    whole, places = _mask_places(input, mask)
    count = int(places.key[0].sum())
    if count > source._array.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    values = getitem(reshape(source, -1), slice(count))
    result = _put(whole, values, _kept(places, input, source), False, "MaskedScatterBackward0")
    return result if input._array.ndim or mask._array.ndim else reshape(result, ())


@with_out
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where `input` is not 0: a row of indices for each place, or `as_tuple` a vector for each dimension."""
    check_tensor("nonzero", "input", 1, input)
    array = input._array
    xp = array_module(array)
    found = xp.nonzero(array if array.ndim else array.reshape(1))
    if as_tuple:
        return tuple(wrap(each) for each in found)
    return wrap(xp.stack(found, axis=1) if array.ndim else xp.zeros((found[0].size, 0), NP_INT64))


def argwhere(input: Tensor) -> Tensor:
    """Where `input` is not 0: a row of indices for each place."""
    result: Tensor = nonzero(input)
    return result


# --- repeating and choosing -------------------------------------------------------------------------------------------


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Every slice along `dim` repeated so often, in its place; without dim, every element of the flat tensor.

    `repeats` is a number, or a vector with one for each slice. Given alone, a vector repeats its own indices.
    """
    check_tensor("repeat_interleave", "input", 1, input)
    if repeats is None:
        _check_repeats(input)
        repeats, input = input, wrap(array_module(input._array).arange(input._array.size))
    if dim is None:
        input, dim = flatten(_one_dim(input)), 0
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if isinstance(repeats, Tensor):
        times = repeats._array
        if times.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if times.size not in (1, size) or (times.size != size and times.ndim > 1):
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{times.size} and input.size({dim}) = {size}"
            )
        _check_repeats(repeats)
        if times.size and int(times.min()) < 0:
            raise RuntimeError("repeats can not be negative")
        xp = array_module(times)
        ends = xp.cumsum(xp.broadcast_to(times.reshape(-1), (size,)))
        total = int(ends[-1]) if size else 0
        if output_size is not None and output_size != total:
            raise RuntimeError("allocated size does not match required size")
        return index_select(input, dim, wrap(xp.searchsorted(ends, xp.arange(total), side="right")))
    count = operator.index(repeats)
    if count < 0:
        raise RuntimeError("Repeats must be non-negative")
    shape = input._array.shape
    copies = expand(unsqueeze(input, dim + 1), (*shape[: dim + 1], count, *shape[dim + 1 :]))
    return reshape(_contiguous(copies), (*shape[:dim], size * count, *shape[dim + 1 :]))


def _check_repeats(repeats: Tensor) -> None:
    if repeats._array.dtype.name not in ("int64", "int32"):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy_name}'")


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose `r` elements of a vector, one a row, each in the vector's order."""
    check_tensor("combinations", "input", 1, input)
    if input._array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {shape_list(input._array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    xp, size = array_module(input._array), input._array.size
    if r == 0:
        nothing: Tensor = wrap(xp.empty(0, input._array.dtype))
        return nothing
    grids = xp.meshgrid(*[xp.arange(size)] * r, indexing="ij")
    chosen = xp.ones((size,) * r, bool)
    for before, after in itertools.pairwise(grids):
        chosen &= before <= after if with_replacement else before < after
    return stack([index_select(input, 0, wrap(grid[chosen])) for grid in grids], 1)


@with_out
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As scatter_reduce by "prod", "mean", "amax" or "amin", of whole slices: those of `source` go to `index`."""
    check_tensor("index_reduce", "index", 3, index)
    check_tensor("index_reduce", "source", 4, source)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    warnings.warn("index_reduce() is in beta and the API may change at any time.", UserWarning, stacklevel=2)
    if not index._array.size:
        return index_add(input, dim, index, source)  # adds nothing either, and `source` has its empty gradient
    dim = _check_slices("index_reduce", input, dim, index, source)
    _rows("", _one_dim(input), dim, index, 0, RuntimeError)
    sizes = [1] * max(input._array.ndim, 1)
    sizes[dim] = index._array.size
    spread = expand(reshape(index, sizes), source._array.shape)
    return scatter_reduce(input, dim, spread, source, reduce, include_self=include_self)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The index in each dimension of a tensor of the given shape, of flat positions."""
    check_tensor("unravel_index", "indices", 1, indices)
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    xp = array_module(indices._array)
    results = []
    step = 1
    for size in reversed(sizes):
        results.append(wrap(xp.asarray(indices._array // step % size)))
        step *= size
    return tuple(reversed(results))
