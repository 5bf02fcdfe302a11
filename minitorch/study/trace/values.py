"""Arrays as they were when they were seen: copied once, and laid out again as they lay."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minitorch.backend import to_host
from minitorch.study.many import stands_for_many


class Value:
    """What an array held, and how it lay in memory: products and sums round by that, too."""

    __slots__ = ("dtype", "many", "memory", "name", "raw", "sample", "shape", "strides", "summary")

    def __init__(self, raw: bytes | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.raw = raw
        """The elements in order, those that an expanded array repeats once only; None where a file left them out,
        and of an array that stands for many."""
        self.shape = shape
        self.dtype = dtype
        self.strides: tuple[int, ...] | None = None
        """In bytes; None for an array that lies row by row."""
        self.memory: tuple[int, int] | None = None
        """A number for the memory that it shares with others, and the byte in it where it begins."""
        self.name: str | None = None
        self.summary: dict[str, Any] | None = None
        self.sample: dict[str, Any] | None = None
        """What a file has in place of the elements."""
        self.many = False
        """Whether the array stood for a whole batch, and this is the shape of one item."""

    @property
    def array(self) -> Any:
        """The elements as an array, read-only; None where there are none here."""
        if self.raw is None:
            return None
        shape = self.shape
        if self.strides is not None:
            shape = tuple(size if step else min(size, 1) for size, step in zip(shape, self.strides, strict=True))
        return np.broadcast_to(np.frombuffer(self.raw, self.dtype).reshape(shape), self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.dtype.itemsize


class Values:
    """All arrays that were seen, by number; one that is seen again with the same content keeps its number."""

    def __init__(self) -> None:
        self.kept: dict[int, Value] = {}
        self.bytes = 0
        self._next = 0
        # Weak references: what is watched lives no longer than it would unwatched.
        self._seen: dict[int, tuple[weakref.ref[Any], int, int]] = {}
        """By id: an array, its number and that of its memory."""
        self._owners: dict[int, tuple[weakref.ref[Any], int]] = {}
        """The numbers of memories whose owner was not seen itself."""

    def see(self, array: Any, trusted: bool = False) -> int:
        """The number of an array's content; `trusted`: it cannot have changed since it was seen."""
        known = self._seen.get(id(array))
        if known is not None and known[0]() is array:
            number = known[1]
            value = self.kept.get(number)
            if value is not None and (trusted or _same(array, value)):
                return number
            known_memory: int | None = known[2]
        else:
            known_memory = None
            if stands_for_many(array):
                return self._see_many(array)
            if not isinstance(array, np.ndarray):
                array = np.asarray(to_host(array) if hasattr(array, "get") else array)
        number = self._next
        self._next += 1
        if array.flags.c_contiguous:
            value = Value(array.tobytes(), array.shape, array.dtype)
        else:
            value = Value(once(array, array.strides).tobytes(), array.shape, array.dtype)
            value.strides = array.strides
        if array.base is None:
            memory = known_memory
            if memory is None:
                memory = number if id(array) not in self._owners else self._owner(array)
            value.memory = memory, 0
        else:
            value.memory = self._place(array)
        self.kept[number] = value
        self.bytes += len(value.raw or b"")
        self._seen[id(array)] = weakref.ref(array), number, value.memory[0]
        return number

    def _see_many(self, array: Any) -> int:
        """The same for one that stands for a whole batch: its elements are not looked at."""
        number = self._next
        self._next += 1
        value = self.kept[number] = Value(None, array.shape, array.dtype)
        value.many = True
        self._seen[id(array)] = weakref.ref(array), number, number
        return number

    def keep(self, numbers: Iterable[int | None]) -> None:
        """Drops all values but these."""
        wanted = set(numbers)
        self.kept = {number: value for number, value in self.kept.items() if number in wanted}
        self.bytes = sum(len(value.raw or b"") for value in self.kept.values())
        self._seen = {key: known for key, known in self._seen.items() if known[1] in wanted}

    def _owner(self, base: Any) -> int:
        """The number of the memory that an array owns."""
        seen = self._seen.get(id(base))
        if seen is not None and seen[0]() is base:
            return seen[2]
        known = self._owners.get(id(base))
        if known is None or known[0]() is not base:
            known = self._owners[id(base)] = weakref.ref(base), self._next
            self._next += 1
        return known[1]

    def _place(self, array: Any) -> tuple[int, int]:
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        return self._owner(base), _address(array) - _address(base)


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def once(array: Any, strides: tuple[int, ...]) -> Any:
    """An array without the repetitions of one of these strides: of size 1 where that repeats."""
    if 0 not in strides:
        return array
    parts = [slice(0, 1 if not step else None) for step in strides]
    return array[tuple(parts)]


def _same(array: Any, value: Value) -> bool:
    """Whether an array still holds what it held; nan is the same as itself."""
    if value.many:
        return True
    if array.shape != value.shape or array.dtype is not value.dtype:
        return False
    if value.strides is None:
        return bool(array.tobytes() == value.raw)
    return bool(array.strides == value.strides and once(array, value.strides).tobytes() == value.raw)


def equal_bits(array: Any, other: Any) -> bool:
    """Whether two arrays have the same shape and dtype, and the same bits; nan is the same as itself."""
    array, other = np.asarray(array), np.asarray(other)
    alike = array.shape == other.shape and array.dtype == other.dtype
    return bool(alike and array.tobytes() == other.tobytes())


def laid_out(values: Mapping[int, Value], wanted: Iterable[int]) -> dict[int, Any]:
    """The arrays of these numbers as they lay: with their strides, and in one memory where they shared one.

    Raises KeyError, with the number, for one whose elements were left out.
    """
    groups: dict[Any, list[int]] = {}
    for number in dict.fromkeys(wanted):
        value = values[number]
        if value.raw is None:
            raise KeyError(number)
        groups.setdefault(("own", number) if value.memory is None else value.memory[0], []).append(number)
    arrays = {}
    for numbers in groups.values():
        spans = {number: _span(values[number]) for number in numbers}
        low = min(start for start, _ in spans.values())
        memory = np.empty(max(end for _, end in spans.values()) - low, np.uint8)
        for number in numbers:
            value = values[number]
            first = (value.memory[1] if value.memory else 0) - low
            array: Any = np.ndarray(value.shape, value.dtype, memory, first, value.strides)
            strides = value.strides or ()
            once(array, strides)[...] = once(value.array, strides)
            arrays[number] = array
    return arrays


def _span(value: Value) -> tuple[int, int]:
    """The bytes of its memory that a value lies in."""
    first = value.memory[1] if value.memory else 0
    if value.strides is None:
        return first, first + value.nbytes
    reach = [step * (size - 1) for step, size in zip(value.strides, value.shape, strict=True)]
    if 0 in value.shape:
        return first, first
    low = first + sum(each for each in reach if each < 0)
    return low, first + sum(each for each in reach if each > 0) + value.dtype.itemsize
