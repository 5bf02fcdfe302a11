"""Masks: elements filled, taken or written where one is True; and where a tensor is not 0."""

from __future__ import annotations

from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_BOOL, NP_INT64, checked_number
from minitorch.ops._arguments import check_tensor, with_out
from minitorch.ops.indexing import getitem, scalar
from minitorch.ops.places import Places, _masked_fill, _pick, _put, kept, one_dim
from minitorch.ops.repeating import broadcast_tensors
from minitorch.ops.shape import reshape
from minitorch.tensor import Tensor, wrap


def fill_value(name: str, input: Tensor, value: Any) -> Any:
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                f"{name} only supports a 0-dimensional value tensor, but got tensor with {value._array.ndim} "
                "dimension(s)."
            )
        return value if input._array.dtype.kind == "f" else value.detach()
    return checked_number(scalar(value), input._array.dtype)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, where `mask` is True; the two shapes are broadcast."""
    check_tensor("masked_fill", "mask", 2, mask)
    if mask._array.dtype != NP_BOOL:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.name}")
    return _masked_fill(input, mask, fill_value("masked_fill_", input, value))


def _mask_places(input: Tensor, mask: Tensor) -> tuple[Tensor, Places]:
    at, whole = broadcast_tensors(mask, one_dim(input))
    return whole, Places((at._array,), once=True)


@with_out
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` is True, as a vector; the two shapes are broadcast."""
    check_tensor("masked_select", "mask", 2, mask)
    if mask._array.dtype != NP_BOOL:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    whole, places = _mask_places(input, mask)
    return _pick(whole, kept(places, input), "MaskedSelectBackward0")


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
    result = _put(whole, values, kept(places, input, source), False, "MaskedScatterBackward0")
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
