"""Where torch leaves equal elements in `sort` (unless stable), `topk` and `kthvalue`: by the C++ library's algorithms.

It matters: names sorted by length are a batch in this order, and dropout draws its mask in the order of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_INSERTION = 16
"""Runs of up to this length are left to insertion, which is stable."""
_MOST = 20_000
"""Elements of rows with ties that are sorted here, one by one; where there are more, the order is a stable one."""

_ALL = slice(None)


def leave_ties(
    values: Any,
    order: Any,
    axis: int,
    arranged: Callable[[list[int]], list[int]] | None = None,
    pairs: slice = _ALL,
) -> Any:
    """The stable `order` of `values` along `axis`, with equal elements where torch leaves them; a GPU's as it comes.

    `arranged`: from the ranks of a row, its indices as the algorithm leaves them (introsort); it is asked for the rows
    where two neighbours in order, of those `pairs`, are equal.
    """
    length = values.shape[axis]
    least = 1 if arranged else _INSERTION
    if not isinstance(values, np.ndarray) or not least < length <= _MOST:
        return order
    last = axis == values.ndim - 1
    orders = (order if last else np.moveaxis(order, axis, -1)).reshape(-1, length)
    table = (values if last else np.moveaxis(values, axis, -1)).reshape(-1, length)
    tied = np.flatnonzero(_ties(table, orders[:, slice(pairs.start, pairs.stop and pairs.stop + 1)]).any(axis=1))
    if not 0 < len(tied) * length <= _MOST:
        return order
    orders = orders.copy()
    ranks = np.zeros(length, np.int64)
    for row, same in zip(tied, _ties(table[tied], orders[tied]), strict=True):
        ranks[orders[row, 1:]] = np.cumsum(~same)
        ranks[orders[row, 0]] = 0
        orders[row] = (arranged or introsorted)(ranks.tolist())
    return (
        orders.reshape(order.shape)
        if last
        else np.moveaxis(orders.reshape(np.moveaxis(order, axis, -1).shape), -1, axis)
    )


def _ties(table: Any, orders: Any) -> Any:
    """Whether each row's neighbours in order are equal; nan is equal to nan."""
    rows = table[np.arange(len(table))[:, None], orders]
    upper, lower = rows[:, 1:], rows[:, :-1]
    same = upper == lower
    return same | ((upper != upper) & (lower != lower)) if table.dtype.kind == "f" else same


# --- sorting ----------------------------------------------------------------------------------------------------------


def introsorted(keys: list[int]) -> list[int]:
    """The indices that sort `keys`, by std::sort."""
    order = list(range(len(keys)))
    _sort(keys, order, len(order))
    return order


def _depth(size: int) -> int:
    """After how many partitions C++ turns to a heap."""
    return 2 * (size.bit_length() - 1)


def _sort(keys: list[int], order: list[int], size: int) -> None:
    """Sorts the first `size` places of `order` by their keys."""
    parts = [(0, size, _depth(size))]
    while parts:
        low, high, depth = parts.pop()
        if high - low > _INSERTION:
            if not depth:
                _heap_sort(keys, order, low, high, high)
                continue
            cut = _partition(keys, order, low, high)
            parts += [(low, cut, depth - 1), (cut, high, depth - 1)]
    _insertion_sort(keys, order, 0, size)


def _insertion_sort(keys: list[int], order: list[int], low: int, high: int) -> None:
    for place in range(low + 1, high):
        index, at = order[place], place
        while at > low and keys[index] < keys[order[at - 1]]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = index


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


# --- by a heap --------------------------------------------------------------------------------------------------------


def _heap_select(keys: list[int], order: list[int], low: int, middle: int, high: int) -> None:
    """Brings the smallest of order[low:high] into order[low:middle], as a heap whose top is the largest of them."""
    size = middle - low
    for hole in range(size // 2 - 1, -1, -1):
        _sift(keys, order, low, hole, size, order[low + hole])
    for place in range(middle, high):
        index = order[place]
        if keys[index] < keys[order[low]]:
            order[place] = order[low]
            _sift(keys, order, low, 0, size, index)


def _heap_sort(keys: list[int], order: list[int], low: int, middle: int, high: int) -> None:
    """Brings the smallest of order[low:high] into order[low:middle], sorted: std::partial_sort."""
    _heap_select(keys, order, low, middle, high)
    for last in range(middle - 1, low, -1):
        index = order[last]
        order[last] = order[low]
        _sift(keys, order, low, 0, last - low, index)


def _sift(keys: list[int], order: list[int], low: int, hole: int, size: int, index: int) -> None:
    """Puts `index` into the heap order[low:low + size]: the hole sinks to a leaf, from where `index` rises."""
    top = hole
    while (child := 2 * hole + 1) < size:
        if child + 1 < size and not keys[order[low + child + 1]] < keys[order[low + child]]:
            child += 1
        order[low + hole] = order[low + child]
        hole = child
    while hole > top and keys[order[low + (hole - 1) // 2]] < keys[index]:
        order[low + hole] = order[low + (hole - 1) // 2]
        hole = (hole - 1) // 2
    order[low + hole] = index


# --- selection --------------------------------------------------------------------------------------------------------

_FEW = 64
"""Of more elements than this times k, torch's topk finds the k by a heap."""


def smallest_first(keys: list[int], k: int) -> list[int]:
    """The indices of `keys`, those of the `k` smallest sorted in front: as torch's topk does it."""
    size = len(keys)
    order = list(range(size))
    if k * _FEW <= size:
        _heap_sort(keys, order, 0, k, size)
        return order
    _nth_element(keys, order, k - 1)
    _sort(keys, order, k - 1)
    return order


def _nth_element(keys: list[int], order: list[int], nth: int) -> None:
    """Brings the index of the n-th smallest key to its place, no larger ones before it: std::nth_element."""
    low, high, depth = 0, len(order), _depth(len(order))
    while high - low > 3:
        if not depth:
            _heap_select(keys, order, low, nth + 1, high)
            order[low], order[nth] = order[nth], order[low]
            return
        depth -= 1
        cut = _partition(keys, order, low, high)
        low, high = (cut, high) if cut <= nth else (low, cut)
    _insertion_sort(keys, order, low, high)


def quickselected(keys: list[int], k: int) -> list[int]:
    """The indices of `keys`, that of the k-th smallest, from 0 on, in its place: by quickselect, the pivot the median
    of the first, the middle and the last, as Press et al. have it in Numerical Recipes.
    """
    order = list(range(len(keys)))
    low, high = 0, len(order) - 1

    def swap(a: int, b: int, if_larger: bool = False) -> None:
        if not if_larger or keys[order[a]] > keys[order[b]]:
            order[a], order[b] = order[b], order[a]

    while high > low + 1:
        swap((low + high) // 2, low + 1)
        swap(low + 1, high, if_larger=True)
        swap(low, high, if_larger=True)
        swap(low + 1, low, if_larger=True)
        left, right, pivot = low + 1, high, keys[order[low]]
        while True:
            left += 1
            while pivot > keys[order[left]]:
                left += 1
            right -= 1
            while keys[order[right]] > pivot:
                right -= 1
            if right < left:
                break
            swap(left, right)
        swap(low, right)
        if right <= k:
            low = left
        if right >= k:
            high = right - 1
    if high == low + 1:
        swap(low, high, if_larger=True)
    return order
