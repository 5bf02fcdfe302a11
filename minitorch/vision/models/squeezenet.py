"""SqueezeNet. Source: Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016."""

from __future__ import annotations

from functools import partial
from typing import Any

import minitorch
from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, imagenet, load, register_model
from minitorch.vision.models._utils import initialize, small_normal


class Fire(nn.Module):
    """A 1x1 convolution to few channels, and a 1x1 and a 3x3 convolution of these side by side."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inplanes, H, W) to (N, expand1x1_planes + expand3x3_planes, H, W)."""
        x = self.squeeze_activation(self.squeeze(x))
        wide = self.expand3x3_activation(self.expand3x3(x))
        return minitorch.cat([self.expand1x1_activation(self.expand1x1(x)), wide], 1)


class SqueezeNet(nn.Module):
    """Eight fire modules; images (N, 3, H, W) from 21 pixels on (version 1_1: 17) to (N, num_classes).

    Raises ValueError for a version other than 1_0 and 1_1.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.num_classes = num_classes
        pool = partial(nn.MaxPool2d, kernel_size=3, stride=2, ceil_mode=True)
        if version == "1_0":
            self.features = nn.Sequential(
                nn.Conv2d(3, 96, kernel_size=7, stride=2),
                nn.ReLU(inplace=True),
                pool(),
                Fire(96, 16, 64, 64),
                Fire(128, 16, 64, 64),
                Fire(128, 32, 128, 128),
                pool(),
                Fire(256, 32, 128, 128),
                Fire(256, 48, 192, 192),
                Fire(384, 48, 192, 192),
                Fire(384, 64, 256, 256),
                pool(),
                Fire(512, 64, 256, 256),
            )
        elif version == "1_1":
            self.features = nn.Sequential(
                nn.Conv2d(3, 64, kernel_size=3, stride=2),
                nn.ReLU(inplace=True),
                pool(),
                Fire(64, 16, 64, 64),
                Fire(128, 16, 64, 64),
                pool(),
                Fire(128, 32, 128, 128),
                Fire(256, 32, 128, 128),
                pool(),
                Fire(256, 48, 192, 192),
                Fire(384, 48, 192, 192),
                Fire(384, 64, 256, 256),
                Fire(512, 64, 256, 256),
            )
        else:
            raise ValueError(f"Unsupported SqueezeNet version {version}: 1_0 or 1_1 expected")
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Conv2d(512, num_classes, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )
        initialize(self.features, conv=nn.init.kaiming_uniform_)
        initialize(self.classifier, conv=small_normal)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        scores: Tensor = self.classifier(self.features(x)).flatten(1)
        return scores


_RECIPE = "pull/49#issuecomment-277560717"


class SqueezeNet1_0_Weights(WeightsEnum):
    """Trained weights of squeezenet1_0."""

    IMAGENET1K_V1 = imagenet("squeezenet1_0-b66bff10", _RECIPE, 1_248_424, (58.092, 80.420), min_size=21)
    DEFAULT = IMAGENET1K_V1


class SqueezeNet1_1_Weights(WeightsEnum):
    """Trained weights of squeezenet1_1."""

    IMAGENET1K_V1 = imagenet("squeezenet1_1-b8a52dc0", _RECIPE, 1_235_496, (58.178, 80.624), min_size=17)
    DEFAULT = IMAGENET1K_V1


@register_model(SqueezeNet1_0_Weights)
def squeezenet1_0(*, weights: SqueezeNet1_0_Weights | None = None, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet as in the paper."""
    return load(SqueezeNet("1_0", **kwargs), weights, progress)


@register_model(SqueezeNet1_1_Weights)
def squeezenet1_1(*, weights: SqueezeNet1_1_Weights | None = None, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet with smaller first layers: less than half the work for the same accuracy."""
    return load(SqueezeNet("1_1", **kwargs), weights, progress)
