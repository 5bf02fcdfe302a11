"""Layers between images and the columns of their windows."""

from __future__ import annotations

from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.ops._windows import Shape
from minitorch.tensor import Tensor


class _Windows(Module):
    """What both layers have in common: the size of the window, and how it slides."""

    def __init__(
        self, kernel_size: int | Shape, dilation: int | Shape = 1, padding: int | Shape = 0, stride: int | Shape = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def extra_repr(self) -> str:
        """The size of the window, and how it slides."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(_Windows):
    """Adds up columns (N, C * window, positions) to images (N, C, *output_size): functional.fold."""

    __constants__ = ["output_size", "kernel_size", "dilation", "padding", "stride"]

    def __init__(
        self,
        output_size: int | Shape,
        kernel_size: int | Shape,
        dilation: int | Shape = 1,
        padding: int | Shape = 0,
        stride: int | Shape = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The size of the images, that of the window, and how it slides."""
        return f"output_size={self.output_size}, {super().extra_repr()}"


class Unfold(_Windows):
    """The windows of images as columns (N, C * window, positions): functional.unfold."""

    __constants__ = ["kernel_size", "dilation", "padding", "stride"]

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)
