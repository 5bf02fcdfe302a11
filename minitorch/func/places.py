"""Where an index of one item lies in the array of the whole batch."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch.backend import is_array
from minitorch.errors import NotSupportedError


class Key(NamedTuple):
    """An index of the inner array, and what brings its result into the order (batch, dimensions of an item)."""

    key: tuple[Any, ...]
    moves: tuple[Any, Any] | None
    """What moveaxis takes, where NumPy leaves dimensions elsewhere."""
    ndim: int
    """How many dimensions the part of one item has."""
    mapped: bool
    """Whether each item is indexed at places of its own."""


def located(array: Any, key: Any, batched: Any, refusal: str) -> Key:
    """The place in `array.inner` of what `key` says about each item; raises NotSupportedError for a mask of each item.

    Index arrays may be the same for all items, or batched; then the number of each item in the batch goes before them.
    """
    items: list[Any] = []
    for item in key if isinstance(key, tuple) else (key,):
        if isinstance(item, list):
            item = array.base_module.asarray(item)
        if isinstance(item, batched):
            item = item.shared()
        if is_array(item) and item.dtype.kind == "b":
            if isinstance(item, batched):
                raise NotSupportedError(refusal)
            items += item.nonzero()
        else:
            items.append(item)
    used = sum(item is not None and item is not Ellipsis for item in items)
    free = array.ndim - used
    if Ellipsis in [item if item is Ellipsis else None for item in items]:
        at = next(k for k, item in enumerate(items) if item is Ellipsis)
        items[at : at + 1] = [slice(None)] * free
    else:
        items += [slice(None)] * free
    if not any(is_array(item) for item in items):
        return Key((slice(None), *items), None, sum(item is None or isinstance(item, slice) for item in items), False)

    chosen = [k for k, item in enumerate(items) if not (item is None or isinstance(item, slice))]
    together = chosen[-1] - chosen[0] == len(chosen) - 1
    picked = max(getattr(items[k], "ndim", 0) for k in chosen)
    ndim = picked + len(items) - len(chosen)
    first = chosen[0] if together else 0
    mapped = any(isinstance(items[k], batched) for k in chosen)
    if not mapped:
        moves: tuple[Any, Any] | None = None if together else (picked, 0)
        return Key((slice(None), *items), moves, ndim, False)
    for k in chosen:
        if isinstance(items[k], batched):
            inner = items[k].inner
            items[k] = inner[(slice(None), *(None,) * (picked - items[k].ndim))]
    numbers = array.base_module.arange(array.inner.shape[0]).reshape(-1, *(1,) * picked)
    before = tuple(range(1, picked + 1))
    moves = (before, tuple(axis + first for axis in before)) if first and picked else None
    return Key((numbers, *items), moves, ndim, True)
