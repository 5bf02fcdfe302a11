"""Where torch's sort, unless asked to be stable, leaves equal elements: as the C++ library's introsort does.

It matters: names sorted by length are a batch in this order, and dropout draws its mask in the order of the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_INSERTION = 16
"""Runs of up to this length are left to insertion, which is stable."""
_MOST = 20_000
"""Elements of rows with ties that are sorted here, one by one; where there are more, the order is a stable one."""


def leave_ties(values: Any, order: Any, axis: int) -> Any:
    """The stable `order` of `values` along `axis`, with equal elements where torch leaves them; a GPU's as it comes."""
    length = values.shape[axis]
    if not isinstance(values, np.ndarray) or not _INSERTION < length <= _MOST:
        return order
    orders = np.moveaxis(order, axis, -1).reshape(-1, length)
    rows = np.take_along_axis(np.moveaxis(values, axis, -1).reshape(-1, length), orders, axis=1)
    same = rows[:, 1:] == rows[:, :-1]
    if values.dtype.kind == "f":
        same |= np.isnan(rows[:, 1:]) & np.isnan(rows[:, :-1])
    tied = np.flatnonzero(same.any(axis=1))
    if not 0 < len(tied) * length <= _MOST:
        return order
    orders = orders.copy()
    ranks = np.zeros(length, np.int64)
    for row in tied:
        ranks[orders[row, 1:]] = np.cumsum(~same[row])
        ranks[orders[row, 0]] = 0
        orders[row] = _introsort(ranks.tolist(), orders[row].tolist())
    return np.moveaxis(orders.reshape(np.moveaxis(order, axis, -1).shape), -1, axis)


def _introsort(keys: list[int], stable: list[int]) -> list[int]:
    """The indices that sort `keys`; `stable`, where the halves are so uneven that C++ would turn to a heap."""
    order = list(range(len(keys)))
    parts = [(0, len(keys), 2 * (len(keys).bit_length() - 1))]
    while parts:
        low, high, depth = parts.pop()
        if high - low > _INSERTION:
            if not depth:
                return stable
            cut = _partition(keys, order, low, high)
            parts += [(low, cut, depth - 1), (cut, high, depth - 1)]
    for place in range(1, len(order)):
        index, at = order[place], place
        while at and keys[index] < keys[order[at - 1]]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = index
    return order


def _partition(keys: list[int], order: list[int], low: int, high: int) -> int:
    """Parts order[low:high] at a place such that no key before it is larger than one after it; returns the place."""
    median = _median(keys, order, low + 1, (low + high) // 2, high - 1)
    order[low], order[median] = order[median], order[low]
    pivot, left, right = keys[order[low]], low + 1, high - 1
    while True:
        while keys[order[left]] < pivot:
            left += 1
        while pivot < keys[order[right]]:
            right -= 1
        if left >= right:
            return left
        order[left], order[right] = order[right], order[left]
        left += 1
        right -= 1


def _median(keys: list[int], order: list[int], a: int, b: int, c: int) -> int:
    """Which of three places has the middle key; of equal ones, that which C++ takes."""
    first, second, third = keys[order[a]], keys[order[b]], keys[order[c]]
    if first < second:
        return b if second < third else c if first < third else a
    return a if first < third else c if second < third else b
