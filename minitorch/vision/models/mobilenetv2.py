"""MobileNetV2. Source: Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, 2018."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minitorch.nn.functional as F
from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, imagenet, load, register_model
from minitorch.vision.models._utils import _make_divisible, he_normal, initialize, small_normal

# The paper's table 2: expansion t, channels c, blocks n, stride s of the first of them.
TABLE = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]


class Conv2dNormActivation(nn.Sequential):
    """Convolution without bias, normalization, ReLU6; the size is kept where `stride` is 1."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] = nn.BatchNorm2d,
    ) -> None:
        padding = (kernel_size - 1) // 2
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False),
            norm_layer(out_channels),
            nn.ReLU6(inplace=True),
        )
        self.out_channels = out_channels


class InvertedResidual(nn.Module):
    """More channels by a 1x1 convolution, a 3x3 one channel by channel, fewer by a 1x1 one, and a shortcut.

    Raises ValueError for a stride other than 1 and 2.
    """

    def __init__(
        self,
        inp: int,
        oup: int,
        stride: int,
        expand_ratio: int,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        norm = norm_layer or nn.BatchNorm2d
        hidden = round(inp * expand_ratio)
        self.stride = stride
        self.use_res_connect = stride == 1 and inp == oup
        expand = [Conv2dNormActivation(inp, hidden, 1, norm_layer=norm)] if expand_ratio != 1 else []
        self.conv = nn.Sequential(
            *expand,
            Conv2dNormActivation(hidden, hidden, 3, stride, groups=hidden, norm_layer=norm),
            nn.Conv2d(hidden, oup, 1, bias=False),
            norm(oup),
        )
        self.out_channels = oup

    def forward(self, x: Tensor) -> Tensor:
        """(N, inp, H, W) to (N, oup, H / stride, W / stride)."""
        out: Tensor = self.conv(x)
        return x + out if self.use_res_connect else out


class MobileNetV2(nn.Module):
    """Inverted residuals of few channels; images (N, 3, H, W) to (N, num_classes).

    `width_mult` scales the channels, to multiples of `round_nearest`; `inverted_residual_setting` replaces the paper's
    table 2. Raises ValueError unless its rows have four elements.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: list[list[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        block = block or InvertedResidual
        norm = norm_layer or nn.BatchNorm2d
        setting = TABLE if inverted_residual_setting is None else inverted_residual_setting
        if not setting or len(setting[0]) != 4:
            raise ValueError(f"inverted_residual_setting should be non-empty or a 4-element list, got {setting}")
        channels = _make_divisible(32 * width_mult, round_nearest)
        self.last_channel = _make_divisible(1280 * max(1.0, width_mult), round_nearest)
        layers: list[nn.Module] = [Conv2dNormActivation(3, channels, stride=2, norm_layer=norm)]
        for t, c, n, s in setting:
            width = _make_divisible(c * width_mult, round_nearest)
            for k in range(n):
                layers.append(block(channels, width, s if k == 0 else 1, expand_ratio=t, norm_layer=norm))
                channels = width
        layers.append(Conv2dNormActivation(channels, self.last_channel, 1, norm_layer=norm))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes))
        initialize(self, conv=he_normal, linear=small_normal)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        scores: Tensor = self.classifier(x.flatten(1))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        return self._forward_impl(x)


class MobileNet_V2_Weights(WeightsEnum):
    """Trained weights of mobilenet_v2."""

    IMAGENET1K_V1 = imagenet(
        "mobilenet_v2-b0353104",
        "tree/main/references/classification#mobilenetv2",
        3_504_872,
        (71.878, 90.286),
    )
    IMAGENET1K_V2 = imagenet(
        "mobilenet_v2-7ebf99e0",
        "issues/3995#new-recipe-with-reg-tuning",
        3_504_872,
        (72.154, 90.822),
        resize_size=232,
    )
    DEFAULT = IMAGENET1K_V2


@register_model(MobileNet_V2_Weights)
def mobilenet_v2(*, weights: MobileNet_V2_Weights | None = None, progress: bool = True, **kwargs: Any) -> MobileNetV2:
    """MobileNetV2."""
    return load(MobileNetV2(**kwargs), weights, progress)
