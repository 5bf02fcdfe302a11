"""Collation: a list of samples becomes one batch of tensors, whatever the samples are nested in."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.ops.creation import as_tensor, tensor
from minitorch.ops.joining import stack
from minitorch.tensor import Tensor

_NOT_NUMBERS = "SaUO"
_ERROR = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_convert(data: Any) -> Any:
    """A sample with its arrays made tensors; what is no array, mapping or sequence stays as it is."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in _NOT_NUMBERS else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(each) for each in data))
    if isinstance(data, tuple):
        return [default_convert(each) for each in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence(data, [default_convert(each) for each in data])
    return data


def default_collate(batch: Any) -> Any:
    """A list of samples as one batch: tensors are stacked, numbers become a tensor, containers are kept.

    Raises TypeError for samples of another kind, RuntimeError for sequences of different lengths.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch), 0)
    if isinstance(first, np.ndarray):
        if first.dtype.kind in _NOT_NUMBERS:
            raise TypeError(_ERROR.format(first.dtype))
        return stack([as_tensor(each) for each in batch], 0)
    if isinstance(first, np.generic) and first.dtype.kind not in _NOT_NUMBERS:
        return as_tensor(np.asarray(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _mapping(first, {key: default_collate([each[key] for each in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(samples) for samples in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(each) != len(first) for each in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(samples) for samples in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _sequence(first, columns)
    raise TypeError(_ERROR.format(type(first)))


def _mapping(like: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """The items in a mapping of the same type, where that type can be filled."""
    if isinstance(like, MutableMapping):
        filled = copy.copy(like)
        filled.update(items)
        return filled
    try:
        return type(like)(items)  # type: ignore[call-arg]  # an abstract Mapping takes nothing, most take items
    except TypeError:
        return items


def _sequence(like: Sequence[Any], items: list[Any]) -> Any:
    """The items in a sequence of the same type, where that type can be filled."""
    if isinstance(like, MutableSequence):
        filled = copy.copy(like)
        for k, item in enumerate(items):
            filled[k] = item
        return filled
    try:
        return type(like)(items)  # type: ignore[call-arg]  # an abstract Sequence takes nothing, most take items
    except TypeError:
        return items
