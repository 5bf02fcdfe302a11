"""Parts that models are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch import Tensor, nn


def _inplace(inplace: bool | None) -> dict[str, Any]:
    """The argument as it is handed on: not at all for None."""
    return {} if inplace is None else {"inplace": inplace}


class Conv2dNormActivation(nn.Sequential):
    """Convolution, normalization, activation; None leaves out one of the last two.

    Without `padding` the size is kept where `stride` is 1; without `bias` there is one where nothing normalizes.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str | None = None,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] | None = nn.BatchNorm2d,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        dilation: int | tuple[int, int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        sizes, spread = ((each, each) if isinstance(each, int) else each for each in (kernel_size, dilation))
        if padding is None:
            padding = ((sizes[0] - 1) // 2 * spread[0], (sizes[1] - 1) // 2 * spread[1])
        has_bias = norm_layer is None if bias is None else bias
        layers: list[nn.Module] = [
            nn.Conv2d(in_channels, out_channels, sizes, stride, padding, spread, groups, bias=has_bias)
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**_inplace(inplace)))
        super().__init__(*layers)
        self.out_channels = out_channels


class SqueezeExcitation(nn.Module):
    """Scales each channel by a number from 0 to 1 that is computed of all channels' means.

    Source: Hu et al., Squeeze-and-excitation networks, 2018.
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Callable[..., nn.Module] = nn.ReLU,
        scale_activation: Callable[..., nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        scale: Tensor = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(input)))))
        return scale * input


class MLP(nn.Sequential):
    """Linear layers of the widths `hidden_channels`: normalization and activation between them, dropout after each."""

    def __init__(
        self,
        in_channels: int,
        hidden_channels: Sequence[int],
        norm_layer: Callable[..., nn.Module] | None = None,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        inplace: bool | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        layers: list[nn.Module] = []
        *inner, last = hidden_channels
        for width in inner:
            layers.append(nn.Linear(in_channels, width, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(width))
            if activation_layer is not None:
                layers.append(activation_layer(**_inplace(inplace)))
            layers.append(nn.Dropout(dropout, **_inplace(inplace)))
            in_channels = width
        layers += [nn.Linear(in_channels, last, bias=bias), nn.Dropout(dropout, **_inplace(inplace))]
        super().__init__(*layers)
