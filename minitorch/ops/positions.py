"""Flat positions: the elements there, taken or written, and their index in each dimension."""

from __future__ import annotations

from typing import Any

from minitorch.backend import array_module
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops.indexing import check_bool
from minitorch.ops.places import Places, _pick, _put, check_bounds, check_integers, kept, one_dim, shaped
from minitorch.ops.shape import reshape
from minitorch.tensor import Tensor, wrap


def _flat(name: str, input: Tensor, index: Tensor) -> Places:
    """The places of flat positions."""
    check_tensor(name.rstrip("_"), "index", 1, index)
    array = check_integers(index, f"{name}(): Expected a long tensor for index, but got {{}}", ("int64",))
    size = input._array.size
    if array.size and not size:
        raise IndexError(f"{name}(): tried to take from an empty tensor")
    check_bounds(
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
    return _pick(reshape(input, -1), kept(places, input), "TakeBackward0")


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `source` written, or added, at flat positions."""
    check_tensor("put", "index", 2, index)
    check_tensor("put", "source", 3, source)
    check_bool("put", accumulate)
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
    whole, values = one_dim(input), reshape(source, index._array.shape)
    places = Places(tuple(each._array for each in unravel_index(wrap(flat), whole._array.shape)))
    return shaped(_put(whole, values, places, accumulate, "PutBackward0"), input._array.shape)


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
