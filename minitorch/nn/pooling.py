"""Pooling layers."""

from __future__ import annotations

from typing import Any

from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.ops._windows import Shape, per_dim
from minitorch.tensor import Tensor


class _MaxPoolNd(Module):
    """What the max pools have in common."""

    __constants__ = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"]

    def __init__(
        self,
        kernel_size: int | Shape,
        stride: int | Shape | None = None,
        padding: int | Shape = 0,
        dilation: int | Shape = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool1d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool2d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool3d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.max_pool3d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class _MaxUnpoolNd(Module):
    """What the inverses of max pools have in common."""

    kernel_size: Shape
    stride: Shape
    padding: Shape

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool1d."""

    def __init__(self, kernel_size: int | Shape, stride: int | Shape | None = None, padding: int | Shape = 0) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, 1)
        self.stride = per_dim(stride if stride is not None else kernel_size, 1)
        self.padding = per_dim(padding, 1)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The image, of `output_size` where several sizes would do."""
        return functional.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool2d."""

    def __init__(self, kernel_size: int | Shape, stride: int | Shape | None = None, padding: int | Shape = 0) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, 2)
        self.stride = per_dim(stride if stride is not None else kernel_size, 2)
        self.padding = per_dim(padding, 2)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The image, of `output_size` where several sizes would do."""
        return functional.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool3d."""

    def __init__(self, kernel_size: int | Shape, stride: int | Shape | None = None, padding: int | Shape = 0) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, 3)
        self.stride = per_dim(stride if stride is not None else kernel_size, 3)
        self.padding = per_dim(padding, 3)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The image, of `output_size` where several sizes would do."""
        return functional.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class AvgPool1d(Module):
    """The mean of each window: functional.avg_pool1d."""

    kernel_size: Shape
    stride: Shape
    padding: Shape

    def __init__(
        self,
        kernel_size: int | Shape,
        stride: int | Shape | None = None,
        padding: int | Shape = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, 1)
        self.stride = per_dim(stride if stride is not None else kernel_size, 1)
        self.padding = per_dim(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPoolNd(Module):
    """What the average pools over images have in common."""

    def __init__(
        self,
        kernel_size: int | Shape,
        stride: int | Shape | None = None,
        padding: int | Shape = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPoolNd):
    """The mean of each window: functional.avg_pool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPoolNd):
    """The mean of each window: functional.avg_pool3d."""

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPoolNd(Module):
    """What the power-average pools have in common."""

    def __init__(
        self, norm_type: float, kernel_size: int | Shape, stride: int | Shape | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The norm, the window, and how it slides."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool1d."""

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return functional.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return functional.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool3d."""

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return functional.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class _AdaptiveMaxPoolNd(Module):
    """What the adaptive max pools have in common."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class _AdaptiveAvgPoolNd(Module):
    """What the adaptive average pools have in common."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool1d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool1d."""

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool2d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool3d."""

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return functional.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool3d."""

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return functional.adaptive_avg_pool3d(input, self.output_size)
