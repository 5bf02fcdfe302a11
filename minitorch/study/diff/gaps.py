"""How far two engines' values lie apart, and what of that is rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LARGE = 1 << 22
"""Elements up to which a value is compared whole; of larger ones, that many at even distances."""

RELATIVE = {"float64": 1e-8, "complex128": 1e-8, "float16": 1e-2, "bfloat16": 5e-2}
"""How far values may lie apart, relative to their size, by dtype; other floats as float32."""
_FLOAT32 = 1e-4

_NOISE = 32
"""What a sum may be off, in roundings of its largest terms: all that is left of a sum of zero is such noise."""


@dataclass(frozen=True, slots=True)
class Value:
    """An array as one engine had it. `stride` is above 1 where only every so many elements of it are here, in a row."""

    dtype: str
    shape: tuple[int, ...]
    array: Any
    stride: int = 1

    @staticmethod
    def of(array: Any, dtype: str | None = None) -> Value:
        """The value of a NumPy array; `dtype` where the engine has one that NumPy lacks."""
        stride = -(-array.size // LARGE) if array.size else 1
        kept = array if stride == 1 else np.ascontiguousarray(array).reshape(-1)[::stride]
        return Value(dtype or str(array.dtype), tuple(array.shape), kept, stride)

    @property
    def is_float(self) -> bool:
        """Whether its elements may be rounded."""
        return "float" in self.dtype or "complex" in self.dtype

    @property
    def relative(self) -> float:
        """How far it may lie from the same value of another engine, relative to its size."""
        return RELATIVE.get(self.dtype, _FLOAT32) if self.is_float else 0.0

    @property
    def epsilon(self) -> float:
        """What one rounding changes, relative to the number."""
        if not self.is_float:
            return 0.0
        return float(np.finfo(self.dtype).eps) if self.dtype != "bfloat16" else 2.0**-7

    def scale(self) -> float:
        """The largest finite absolute value."""
        return _largest(np.abs(_wide(self.array)))

    def where(self, flat: int) -> list[int]:
        """The index of an element of `array` in the whole."""
        return [int(k) for k in np.unravel_index(flat * self.stride, self.shape)]

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of two values: its place, both numbers, and whether it may be rounding."""

    relative: float
    """Relative to the numbers, or to the root mean square of all where that is larger."""
    share: float
    """Relative to the numbers that the values were computed from, where those are larger still."""
    absolute: float
    index: list[int]
    numbers: tuple[Any, Any]
    apart: int
    """How many elements lie outside the tolerance."""
    size: int

    @property
    def agrees(self) -> bool:
        """Whether all elements lie within the tolerance."""
        return not self.apart


NO_GAP = Gap(0.0, 0.0, 0.0, [], (0, 0), 0, 0)


def gap(one: Value, other: Value, relative: float, absolute: float, scale: float = 0.0) -> Gap:
    """Compares two values of one shape: each pair may differ by `relative` of its size, or by `absolute`.

    `scale` is the size of the numbers that they were computed from.
    """
    if not one.array.size:
        return NO_GAP
    a, b = _wide(one.array).ravel(), _wide(other.array).ravel()
    if np.array_equal(a, b):
        return NO_GAP
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        distance = np.where(same, 0.0, np.abs(a - b))
        distance[np.isnan(distance)] = np.inf
        largest = np.maximum(np.abs(a), np.abs(b))
        finite = largest[np.isfinite(largest)]
        typical = float(np.sqrt(np.mean(np.square(finite)))) if finite.size else 0.0
        size = np.maximum(largest, typical)
        ratio = np.where(distance == 0, 0.0, np.where(np.isfinite(distance), distance / size, np.inf))
        shares = np.where(np.isfinite(ratio), ratio * size / np.maximum(size, scale), ratio)
        apart = (ratio > relative) & (distance > absolute)
    shares[np.isnan(shares)] = 0.0
    # The worst is one outside the tolerance, if there is any.
    worst = int(np.argmax(np.where(apart, ratio, -1.0) if apart.any() else shares))
    return Gap(
        float(ratio[worst]),
        float(shares[worst]),
        float(distance[worst]),
        one.where(worst),
        (one.array.reshape(-1)[worst].item(), other.array.reshape(-1)[worst].item()),
        int(apart.sum()),
        len(a),
    )


def noise(value: Value, scale: float) -> float:
    """The absolute difference that rounding alone may make in what was computed from numbers of this scale."""
    return _NOISE * value.epsilon * scale


def uncertain(one: Value, two: Value) -> Any:
    """Which elements differ by more than a hundred-thousandth of themselves, in values that agree as a whole."""
    if one.array.shape != two.array.shape:
        return np.zeros(one.array.shape, bool)
    a, b = _wide(one.array), _wide(two.array)
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(a - b) > 1e-5 * np.maximum(np.abs(a), np.abs(b)))


def alike(one: Value, other: Value) -> bool:
    """Whether two values look the same, by a few of their elements: enough to tell which belongs to which."""
    if one.shape != other.shape:
        return False
    step = max(1, one.array.size // 64)
    a, b = (_wide(each.array.reshape(-1)[::step]) for each in (one, other))
    return bool(np.allclose(a, b, rtol=1e-3, atol=1e-3 * _largest(np.abs(a)), equal_nan=True))


def _wide(array: Any) -> Any:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def _largest(array: Any) -> float:
    finite = array[np.isfinite(array)]
    return float(finite.max()) if finite.size else 0.0
