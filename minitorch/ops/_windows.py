"""Windows that slide over images: what convolution, pooling and folding share. Plain integers, no arrays."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]
Part = tuple[slice, ...]
Meeting = tuple[slice, slice]
"""Positions in a row, and the elements of the image that a tap meets there."""

# A network asks the same of the same windows at every step.
_remembered = functools.lru_cache(maxsize=1024)


class Window(NamedTuple):
    """The size of a window and how it slides: one number for each spatial dimension."""

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape

    @_remembered
    def span(self) -> Shape:
        """From the first tap of a window to its last, both included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @_remembered
    def positions(self, size: Shape, ceil: bool = False) -> Shape:
        """How many windows fit into an image of `size`; with `ceil` the last may reach beyond, but not start there."""
        found = []
        for own, span, s, p in zip(size, self.span(), self.stride, self.padding, strict=True):
            n = (own + 2 * p - span + (s - 1 if ceil else 0)) // s + 1
            found.append(n - 1 if ceil and (n - 1) * s >= own + p else n)
        return tuple(found)

    @_remembered
    def fits(self, size: Shape, positions: Shape) -> bool:
        """Whether every tap lies inside the image at every position."""
        ends = zip(positions, self.stride, self.span(), size, strict=True)
        return not any(self.padding) and all((n - 1) * s + span <= own for n, s, span, own in ends)

    @_remembered
    def tiles(self, size: Shape, positions: Shape) -> bool:
        """Whether every element of the image lies in one window, and no tap outside."""
        parts = zip(self.kernel, positions, size, strict=True)
        plain = self.kernel == self.stride and not any(self.padding) and {*self.dilation} == {1}
        return plain and all(k * n == own for k, n, own in parts)

    def taps(self, size: Shape, positions: Shape) -> Iterator[tuple[Part, Part]]:
        """For each tap, row by row: the positions where it lies inside the image, and the elements it meets there."""
        for meetings in itertools.product(*self.along(size, positions)):
            at, of = zip(*meetings, strict=True)
            yield at, of

    @_remembered
    def along(self, size: Shape, positions: Shape) -> Sequence[Sequence[Meeting]]:
        """As `taps`, along each dimension alone."""
        return [_meetings(*each) for each in zip(*self, size, positions, strict=True)]


def _meetings(kernel: int, stride: int, padding: int, dilation: int, size: int, positions: int) -> list[Meeting]:
    """As `Window.taps`, along one dimension."""
    found = []
    for tap in range(kernel):
        offset = tap * dilation - padding
        low = max(0, -(offset // stride))
        high = max(low, min(positions, (size - 1 - offset) // stride + 1))
        start = low * stride + offset
        found.append((slice(low, high), slice(start, start + (high - low - 1) * stride + 1, stride)))
        if low == high:
            found[-1] = (slice(0, 0), slice(0, 0))
    return found


def integers(name: str, argument: str, value: Any) -> Shape:
    """An integer or several as a tuple; raises TypeError for anything else."""
    if value.__class__ is tuple and all(each.__class__ is int for each in value):
        return value
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    for each in given:
        if isinstance(each, bool) or not hasattr(each, "__index__"):
            kind = type(each if isinstance(value, (tuple, list)) else value).__name__
            raise TypeError(f"{name}(): argument '{argument}' must be tuple of ints, not {kind}")
    return tuple(each.__index__() for each in given)


def per_dim(value: Any, ndim: int) -> Shape:
    """A number for each of `ndim` dimensions, as a tuple; what is a sequence already stays as long as it is."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * ndim
