"""Pooling layers. Those of 1, 2 and 3 dimensions differ in the function of nn.functional that they name."""

from __future__ import annotations

from typing import Any

from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.ops._windows import Shape, per_dim
from minitorch.tensor import Tensor


class _MaxPoolNd(Module):
    """What the max pools have in common."""

    __constants__ = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"]
    _function: str  # a name, so that what replaces it in nn.functional is what runs

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

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return getattr(functional, self._function)(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool1d."""

    _function = "max_pool1d"


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool2d."""

    _function = "max_pool2d"


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window: functional.max_pool3d."""

    _function = "max_pool3d"


class _MaxUnpoolNd(Module):
    """What the inverses of max pools have in common."""

    kernel_size: Shape
    stride: Shape
    padding: Shape
    _ndim: int
    _function: str

    def __init__(self, kernel_size: int | Shape, stride: int | Shape | None = None, padding: int | Shape = 0) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, self._ndim)
        self.stride = per_dim(stride if stride is not None else kernel_size, self._ndim)
        self.padding = per_dim(padding, self._ndim)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The image, of `output_size` where several sizes would do."""
        unpool = getattr(functional, self._function)
        out: Tensor = unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)
        return out

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool1d."""

    _ndim = 1
    _function = "max_unpool1d"


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool2d."""

    _ndim = 2
    _function = "max_unpool2d"


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts maxima back where they were, zeros elsewhere: functional.max_unpool3d."""

    _ndim = 3
    _function = "max_unpool3d"


class _AvgPoolNd(Module):
    """What the average pools have in common."""

    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"]
    kernel_size: int | Shape
    stride: int | Shape
    padding: int | Shape

    def extra_repr(self) -> str:
        """The window, and how it slides."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window: functional.avg_pool1d, which has no `divisor_override`."""

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


class _AvgPoolOfImages(_AvgPoolNd):
    """What the average pools over images and volumes have in common."""

    __constants__ = [*_AvgPoolNd.__constants__, "divisor_override"]
    _function: str

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

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        out: Tensor = getattr(functional, self._function)(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )
        return out


class AvgPool2d(_AvgPoolOfImages):
    """The mean of each window: functional.avg_pool2d."""

    _function = "avg_pool2d"


class AvgPool3d(_AvgPoolOfImages):
    """The mean of each window: functional.avg_pool3d."""

    _function = "avg_pool3d"


class _LPPoolNd(Module):
    """What the power-average pools have in common."""

    __constants__ = ["norm_type", "kernel_size", "stride", "ceil_mode"]
    _function: str

    def __init__(
        self, norm_type: float, kernel_size: int | Shape, stride: int | Shape | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        pool = getattr(functional, self._function)
        out: Tensor = pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
        return out

    def extra_repr(self) -> str:
        """The norm, the window, and how it slides."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool1d."""

    _function = "lp_pool1d"


class LPPool2d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool2d."""

    _function = "lp_pool2d"


class LPPool3d(_LPPoolNd):
    """The p-norm of each window: functional.lp_pool3d."""

    _function = "lp_pool3d"


class _AdaptiveMaxPoolNd(Module):
    """What the adaptive max pools have in common."""

    __constants__ = ["output_size", "return_indices"]
    _function: str

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """The maxima, with `return_indices` also where they are."""
        return getattr(functional, self._function)(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool1d."""

    _function = "adaptive_max_pool1d"


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool2d."""

    _function = "adaptive_max_pool2d"


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maxima of windows that cover the input evenly: functional.adaptive_max_pool3d."""

    _function = "adaptive_max_pool3d"


class _AdaptiveAvgPoolNd(Module):
    """What the adaptive average pools have in common."""

    __constants__ = ["output_size"]
    _function: str

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        out: Tensor = getattr(functional, self._function)(input, self.output_size)
        return out

    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool1d."""

    _function = "adaptive_avg_pool1d"


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool2d."""

    _function = "adaptive_avg_pool2d"


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of windows that cover the input evenly: functional.adaptive_avg_pool3d."""

    _function = "adaptive_avg_pool3d"


class _FractionalMaxPoolNd(Module):
    """What the fractional max pools have in common."""

    __constants__ = ["kernel_size", "return_indices", "output_size", "output_ratio"]
    _function: str
    _spatial: int

    def __init__(
        self,
        kernel_size: int | Shape,
        output_size: int | Shape | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dim(kernel_size, self._spatial)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else per_dim(output_size, self._spatial)
        self.output_ratio = None if output_ratio is None else _ratios(output_ratio, self._spatial)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if not all(0 < each < 1 for each in self.output_ratio or ()):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor) -> Any:
        """The maxima, and their places if `return_indices`."""
        return getattr(functional, self._function)(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


def _ratios(given: float | tuple[float, ...], spatial: int) -> tuple[float, ...]:
    return tuple(given) if isinstance(given, (tuple, list)) else (given,) * spatial


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maxima of windows at random distances: functional.fractional_max_pool2d."""

    _function, _spatial = "fractional_max_pool2d", 2


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maxima of windows at random distances: functional.fractional_max_pool3d."""

    _function, _spatial = "fractional_max_pool3d", 3
