"""`tensor[index]`, read and written, by integers, slices, masks and index tensors; and by index tensors as functions.

Integers, slices and None take a part, which is a view (`parts._part`). Whatever else picks elements comes down to the
operations of places.py.
"""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

from minitorch.autograd.graph import WRITE_OF_MANY, joined, joiners
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import observers
from minitorch.autograd.op import op
from minitorch.autograd.views import View, check_writable, write
from minitorch.backend import (
    Array,
    array_module,
    checks_bounds,
    device_of,
    is_array,
    is_writeable,
    picked_shape,
    to_device,
)
from minitorch.dtypes import NP_INT64, checked_number, number_operand_dtype
from minitorch.errors import shape_list, type_name
from minitorch.ops import copies
from minitorch.ops._arguments import check_tensor
from minitorch.ops.parts import _part
from minitorch.ops.places import ALL, Places, _pick, _put, check_bounds, kept, out_of_bounds
from minitorch.ops.repeating import broadcast_shapes, expand
from minitorch.ops.shape import reshape
from minitorch.tensor import Tensor, array_from_data, array_of_numbers, wrap

Shape = tuple[int, ...]


# --- tensor[index] ----------------------------------------------------------------------------------------------------


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
    if array.dtype is NP_INT64 or array.dtype.kind == "b":
        return array
    if array.dtype.name == "uint8":
        if array.ndim:
            warnings.warn(
                "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                UserWarning,
                stacklevel=4,
            )
        return array.astype(bool)
    if array.dtype.name != "int32":
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
    outside: IndexError | None = None
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
                raise out_of_bounds(item, dim, shape[dim])
            key.append(item)
            dim += 1
        elif item.__class__ is bool:
            key.append(None)
            arrays.append((out, xp.zeros(int(item), NP_INT64)))
            out += 1
        else:
            taken = item.ndim if item.dtype.kind == "b" else 1
            wrong = _check_array(item, shape, dim)
            if wrong is not None:
                outside, item = outside or wrong, xp.zeros_like(item)
            key.extend([ALL] * taken)
            arrays.append((out, item))
            dim += taken
            out += taken
    if Ellipsis not in key:
        key.append(Ellipsis)
    places = _places(xp, arrays) if arrays else None
    if outside is not None and places is not None:
        reached: Shape = picked_shape(array[tuple(key)].shape, places.key)
        if math.prod(reached):  # torch never sees an index that leads to no element
            raise outside
    return tuple(key), places


def _too_many(shape: Shape, items: list[Any]) -> IndexError:
    if shape:
        return IndexError(f"too many indices for tensor of dimension {len(shape)}")
    if any(isinstance(item, slice) for item in items):
        return IndexError("slice() cannot be applied to a 0-dim tensor.")
    return IndexError(
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
        "0-dim tensor to a number"
    )


def _check_array(index: Array, shape: Shape, dim: int) -> IndexError | None:
    """Raises torch's IndexError for a mask of another shape; returns the one for integers out of bounds."""
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
        try:
            check_bounds(index, shape[dim], -shape[dim], lambda bad: out_of_bounds(bad, dim, shape[dim]))
        except IndexError as error:
            return error
    return None


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
    if joiners and index.__class__ is not int:
        items = index if isinstance(index, tuple) else (index,)
        input = (joined([input, *(each for each in items if isinstance(each, Tensor))]) or [input])[0]
    array = input._array
    if index.__class__ is int and array.ndim:
        size = array.shape[0]
        if not -size <= index < size:
            raise out_of_bounds(index, 0, size)
        return _take_part(input, (index, Ellipsis))
    if index.__class__ is Tensor and index._array.dtype is NP_INT64 and index._array.ndim and array.ndim:
        return _rows_at(input, _index_array(array_module(array), index))
    key, places = _parse(array, index)
    if places is None:
        return _take_part(input, key)
    part = input if _is_all(key) else _take_part(input, key)
    return _pick(part, kept(places, part), "IndexBackward0")


def _rows_at(input: Tensor, index: Array) -> Tensor:
    """`input[index]` for the commonest index tensor, a batch of row numbers."""
    if checks_bounds(index):
        try:
            return _pick(input, kept(Places((index,)), input), "IndexBackward0")
        except IndexError:
            pass  # said in torch's words below, where there is anything to take
    places = _parse(input._array, index)[1]
    assert places is not None
    return _pick(input, kept(places, input), "IndexBackward0")


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
        value = scalar(value)
    if not isinstance(value, (Tensor, bool, int, float)):
        raise TypeError(f"can't assign a {type_name(value)} to a torch.{input.dtype.legacy_name}Tensor")
    if index is False:
        return
    if index is True:
        index = None  # the same place; a tensor of any dtype will do
    if index.__class__ is int and array.ndim:
        size = array.shape[0]
        if not -size <= index < size:
            raise out_of_bounds(index, 0, size)
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
    if array.__class__ in joiners and array.__class__ is not like.__class__:
        raise RuntimeError(WRITE_OF_MANY)
    return array if array.__class__ is like.__class__ else to_device(array, device_of(like))


def _in_graph(input: Tensor, value: Any) -> bool:
    """Whether a write has to be recorded."""
    if isinstance(value, Tensor) and value._node is not None and input._array.dtype.kind == "f":
        return True
    return input._node is not None or (input._view is not None and input._view.base._node is not None)


FLOAT32_MAX = 3.4028234663852886e38


def scalar(value: Any) -> Any:
    """A NumPy scalar as a Python number; anything else as it is."""
    return value.item() if getattr(value, "ndim", 1) == 0 and not isinstance(value, Tensor) else value


def number(value: Any, dtype: Any) -> Any:
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
        return number(value, own)
    if places is not None and value._array.dtype != own:
        if not places.once or value._array.size != 1:
            raise _other_dtype(input, value)
        number(value._array.item(), own)
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
        write(target, _put(target, values, kept(places, target, values), False, "IndexPutBackward0"), "index_put_")
    elif target is input:
        copies.copy_(target, values)
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
    if not isinstance(fill_value, Tensor):
        fill_value = checked_number(scalar(fill_value), number_operand_dtype(input._array.dtype))
    setitem(input, (rows, *[columns] * (len(shape) - 1)), fill_value)
    return input


def delitem(input: Tensor, index: Any) -> None:
    """`del input[index]`: always raises TypeError."""
    raise TypeError("Tensor does not support deleting items")


# --- by several index tensors -----------------------------------------------------------------------------------------


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `values` written, or added, at `input[indices]`; `indices` is a tuple of tensors."""
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"index_put(): argument 'indices' (position 1) must be tuple of Tensors, not {type_name(indices)}"
        )
    check_tensor("index_put", "values", 3, values)
    check_bool("index_put", accumulate)
    for k, each in enumerate(indices):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type_name(each)}")
    input, values, *indices = joined([input, values, *indices]) or [input, values, *indices]
    places = _parse(input._array, tuple(at if at._array.ndim else reshape(at, 1) for at in indices))[1]
    assert places is not None
    if accumulate and values._array.dtype != input._array.dtype:
        raise _other_dtype(input, values)
    values = _value(input, values, places)
    values = _fitting(values, input._array, places)
    return _put(input, values, kept(places, input, values), accumulate, "IndexPutBackward0")


def check_bool(name: str, accumulate: Any) -> None:
    if not isinstance(accumulate, bool):
        raise TypeError(f"{name}(): argument 'accumulate' (position 4) must be bool, not {type_name(accumulate)}")
