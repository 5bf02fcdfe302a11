"""torch.Size: the shape of a tensor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex, overload


class Size(tuple[int, ...]):
    """A tuple of sizes, one a dimension.

    >>> Size((2, 3)).numel()
    6
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[SupportsIndex] = ()) -> Size:
        shape = []
        for position, size in enumerate(sizes):
            if not hasattr(size, "__index__"):
                got = type(size).__name__
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{got}')")
            shape.append(size.__index__())
        return super().__new__(cls, shape)

    def numel(self) -> int:
        """The number of elements that a tensor of this size holds."""
        return math.prod(self)

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | Size:
        picked = super().__getitem__(index)
        return Size(picked) if isinstance(picked, tuple) else picked

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(super().__add__(other))

    def __radd__(self, other: Iterable[int]) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times: SupportsIndex) -> Size:
        return Size(super().__mul__(times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


def as_shape(op: str, sizes: Sequence[Any], name: str = "size") -> tuple[int, ...]:
    """The shape that a function `op` of `*sizes` was given: `op(2, 3)`, `op((2, 3))` and `op([2, 3])` alike.

    Raises TypeError for anything but integers, which 0-d integer tensors and NumPy's integers are, and bools are not.
    """
    spread = not (len(sizes) == 1 and isinstance(sizes[0], (tuple, list)))
    shape = []
    for position, size in enumerate(sizes if spread else sizes[0]):
        if size.__class__ is not int:
            if isinstance(size, bool) or not hasattr(size, "__index__"):
                got, expected = type(size).__name__, f"{op}(): argument '{name}'"
                if not spread:
                    found = f"but found element of type {got} at pos {position}"
                    raise TypeError(f"{expected} (position 1) must be tuple of ints, {found}")
                if isinstance(sizes[0], (tuple, list)):
                    raise TypeError(f"{op}() takes 1 positional argument but {len(sizes)} were given")
                if position:
                    raise TypeError(
                        f"{expected} failed to unpack the object at pos {position + 1} with error "
                        f'"type must be tuple of ints,but got {got}"'
                    )
                raise TypeError(f"{expected} (position 1) must be tuple of ints, not {got}")
            size = size.__index__()
        shape.append(size)
    return tuple(shape)
