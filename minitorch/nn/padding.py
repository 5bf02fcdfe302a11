"""Padding layers: a border around the last one, two or three dimensions.

`padding` is its width on all sides, or on each of them, before and after, from the last dimension backwards.
"""

from __future__ import annotations

from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.ops._windows import Shape, per_dim
from minitorch.tensor import Tensor


class _PadNd(Module):
    """What the padding layers have in common; each names its number of dimensions, each kind its mode of `pad`."""

    __constants__ = ["padding"]
    padding: Shape
    mode: str
    _ndim: int

    def __init__(self, padding: int | Shape) -> None:
        super().__init__()
        self.padding = per_dim(padding, 2 * self._ndim)

    def forward(self, input: Tensor) -> Tensor:
        """The input with its border."""
        return functional.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """How much is added."""
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """What those have in common whose border is of one value."""

    __constants__ = ["padding", "value"]
    mode = "constant"
    value: float

    def __init__(self, padding: int | Shape, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input with its border."""
        return functional.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """How much is added, and of what."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_ConstantPadNd):
    """What those have in common whose border is of zeros."""

    def __init__(self, padding: int | Shape) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """How much is added."""
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    """What those have in common whose border mirrors the input."""

    mode = "reflect"


class _ReplicationPadNd(_PadNd):
    """What those have in common whose border repeats the outermost elements."""

    mode = "replicate"


class _CircularPadNd(_PadNd):
    """What those have in common whose border continues from the other side."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The input with its border; raises ValueError for another number of dimensions."""
        least = self._ndim + 1
        if input.dim() not in (least, least + 1):
            raise ValueError(f"expected {least}D or {least + 1}D input (got {input.dim()}D input)")
        return super().forward(input)


class ConstantPad1d(_ConstantPadNd):
    """A border of one value around the last dimension."""

    _ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """A border of one value around the last two dimensions."""

    _ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """A border of one value around the last three dimensions."""

    _ndim = 3


class ZeroPad1d(_ZeroPadNd, ConstantPad1d):
    """A border of zeros around the last dimension."""


class ZeroPad2d(_ZeroPadNd, ConstantPad2d):
    """A border of zeros around the last two dimensions."""


class ZeroPad3d(_ZeroPadNd, ConstantPad3d):
    """A border of zeros around the last three dimensions."""


class ReflectionPad1d(_ReflectionPadNd):
    """A border that mirrors the input around the last dimension."""

    _ndim = 1


class ReflectionPad2d(_ReflectionPadNd):
    """A border that mirrors the input around the last two dimensions."""

    _ndim = 2


class ReflectionPad3d(_ReflectionPadNd):
    """A border that mirrors the input around the last three dimensions."""

    _ndim = 3


class ReplicationPad1d(_ReplicationPadNd):
    """A border of the outermost elements around the last dimension."""

    _ndim = 1


class ReplicationPad2d(_ReplicationPadNd):
    """A border of the outermost elements around the last two dimensions."""

    _ndim = 2


class ReplicationPad3d(_ReplicationPadNd):
    """A border of the outermost elements around the last three dimensions."""

    _ndim = 3


class CircularPad1d(_CircularPadNd):
    """A border that continues from the other side around the last dimension: (N, C, L) or (C, L)."""

    _ndim = 1


class CircularPad2d(_CircularPadNd):
    """A border that continues from the other side around the last two dimensions: (N, C, H, W) or (C, H, W)."""

    _ndim = 2


class CircularPad3d(_CircularPadNd):
    """A border that continues from the other side around the last three dimensions: (N, C, D, H, W) or (C, D, H, W)."""

    _ndim = 3
