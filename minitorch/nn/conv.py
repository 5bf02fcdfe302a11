"""Convolution layers, and the transposed ones."""

from __future__ import annotations

import math
from typing import Any

from minitorch.nn import functional, init
from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops._windows import Shape, per_dim
from minitorch.ops.creation import empty
from minitorch.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _ConvNd(Module):
    """What all layers have in common: weight, bias, how the kernel slides.

    Weight (out, in / groups, ...), when transposed (in, out / groups, ...), and bias (out) start uniform within
    1 / sqrt(fan in).
    """

    __constants__ = [
        "stride",
        "padding",
        "dilation",
        "groups",
        "padding_mode",
        "output_padding",
        "in_channels",
        "out_channels",
        "kernel_size",
    ]
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Shape,
        stride: Shape,
        padding: Shape | str,
        dilation: Shape,
        transposed: bool,
        output_padding: Shape,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'valid', 'same'}}")
            if padding == "same" and any(step != 1 for step in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        modes = {"zeros", "reflect", "replicate", "circular"}
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._borders()
        outer, inner = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(empty((outer, inner // groups, *kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _borders(self) -> list[int]:
        """What `pad` is to be told for the padding."""
        if not isinstance(self.padding, str):
            return [side for each in reversed(self.padding) for side in (each, each)]
        if self.padding == "valid":
            return [0, 0] * len(self.kernel_size)
        totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        return [side for total in reversed(totals) for side in (total // 2, total - total // 2)]

    def reset_parameters(self) -> None:
        """Draws the initial weight, then the initial bias."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = self.weight.size(1) * math.prod(self.kernel_size)
        if self.bias is not None and fan_in != 0:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Channels, and the options that differ from their defaults."""
        zeros, ones = (0,) * len(self.kernel_size), (1,) * len(self.kernel_size)
        words = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != zeros:
            words.append(f"padding={self.padding}")
        if self.dilation != ones:
            words.append(f"dilation={self.dilation}")
        if self.output_padding != zeros:
            words.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            words.append(f"groups={self.groups}")
        if self.bias is None:
            words.append("bias=False")
        if self.padding_mode != "zeros":
            words.append(f"padding_mode={self.padding_mode}")
        return ", ".join(words)


class _Conv(_ConvNd):
    """What Conv1d, Conv2d and Conv3d have in common: each names its dimensions, and its function in nn.functional."""

    _ndim: int
    _function: str  # a name, so that what replaces it in nn.functional is what runs

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Shape,
        stride: int | Shape = 1,
        padding: int | Shape | str = 0,
        dilation: int | Shape = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            per_dim(kernel_size, self._ndim),
            per_dim(stride, self._ndim),
            padding if isinstance(padding, str) else per_dim(padding, self._ndim),
            per_dim(dilation, self._ndim),
            False,
            (0,) * self._ndim,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """As `forward`, with a weight and bias of the caller's."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = (0,) * self._ndim
        convolve = getattr(functional, self._function)
        out: Tensor = convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)
        return out

    def forward(self, input: Tensor) -> Tensor:
        """The output, a channel for each kernel."""
        return self._conv_forward(input, self.weight, self.bias)


class _ConvTransposeNd(_ConvNd):
    """What the transposed layers have in common: each names its dimensions, and its function in nn.functional."""

    _ndim: int
    _function: str
    padding: Shape

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Shape,
        stride: int | Shape = 1,
        padding: int | Shape = 0,
        output_padding: int | Shape = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Shape = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            per_dim(kernel_size, self._ndim),
            per_dim(stride, self._ndim),
            per_dim(padding, self._ndim),
            per_dim(dilation, self._ndim),
            True,
            per_dim(output_padding, self._ndim),
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _output_padding(self, input: Tensor, output_size: Any) -> Shape:
        """What makes the output as large as asked for: of the sizes that give this input, the smallest is the usual."""
        if output_size is None:
            return self.output_padding
        spatial = self._ndim
        wanted = list(output_size)
        unbatched = input.dim() == spatial + 1
        if len(wanted) == spatial + (1 if unbatched else 2):
            wanted = wanted[-spatial:]
        if len(wanted) != spatial:
            raise ValueError(
                f"ConvTranspose{spatial}D: for {input.dim()}D input, output_size must have {spatial} or "
                f"{spatial + (1 if unbatched else 2)} elements (got {len(wanted)})"
            )
        sizes = zip(input.shape[-spatial:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in sizes]
        most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
        if any(not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to {most} (for an "
                f"input of {input.size()[-spatial:]})"
            )
        return tuple(size - low for size, low in zip(wanted, least, strict=True))

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """The output; `output_size` chooses among the sizes that a convolution would make the input's."""
        more = self._output_padding(input, output_size)
        convolve = getattr(functional, self._function)
        out: Tensor = convolve(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )
        return out


class Conv1d(_Conv):
    """conv1d with its weight and bias: (N, C, L) or (C, L); `padding_mode` is one of pad's, or "zeros"."""

    _ndim = 1
    _function = "conv1d"


class Conv2d(_Conv):
    """conv2d with its weight and bias: (N, C, H, W) or (C, H, W); `padding_mode` is one of pad's, or "zeros"."""

    _ndim = 2
    _function = "conv2d"


class Conv3d(_Conv):
    """conv3d with its weight and bias: (N, C, D, H, W) or (C, D, H, W); `padding_mode` is one of pad's, or "zeros"."""

    _ndim = 3
    _function = "conv3d"


class ConvTranspose1d(_ConvTransposeNd):
    """conv_transpose1d with its weight and bias: (N, C, L) or (C, L)."""

    _ndim = 1
    _function = "conv_transpose1d"


class ConvTranspose2d(_ConvTransposeNd):
    """conv_transpose2d with its weight and bias: (N, C, H, W) or (C, H, W)."""

    _ndim = 2
    _function = "conv_transpose2d"


class ConvTranspose3d(_ConvTransposeNd):
    """conv_transpose3d with its weight and bias: (N, C, D, H, W) or (C, D, H, W)."""

    _ndim = 3
    _function = "conv_transpose3d"
