"""VGG. Source: Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, 2014."""

from __future__ import annotations

from typing import Any

from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, imagenet, load, register_model
from minitorch.vision.models._utils import he_normal, initialize, small_normal

# The columns of the paper's table 1: the channels of each 3x3 convolution, M for max pooling.
cfgs: dict[str, list[str | int]] = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "D": [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
    "E": [64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512, "M"],
}


def make_layers(cfg: list[str | int], batch_norm: bool = False) -> nn.Sequential:
    """The convolutions and pools of a column of the table, batch normalization between if asked for."""
    layers: list[nn.Module] = []
    channels = 3
    for entry in cfg:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(channels, entry, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(entry))
        layers.append(nn.ReLU(inplace=True))
        channels = entry
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """`features` (see make_layers) and three linear layers; (N, 3, H, W) from 32 pixels on to (N, num_classes)."""

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            initialize(self, conv=he_normal, linear=small_normal)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


def _vgg(column: str, batch_norm: bool, weights: WeightsEnum | None, progress: bool, **kwargs: Any) -> VGG:
    if weights is not None:
        kwargs["init_weights"] = False
    return load(VGG(make_layers(cfgs[column], batch_norm), **kwargs), weights, progress)


_RECIPE = "tree/main/references/classification#alexnet-and-vgg"


class VGG11_Weights(WeightsEnum):
    """Trained weights of vgg11."""

    IMAGENET1K_V1 = imagenet("vgg11-8a719046", _RECIPE, 132_863_336, (69.020, 88.628), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG11_BN_Weights(WeightsEnum):
    """Trained weights of vgg11_bn."""

    IMAGENET1K_V1 = imagenet("vgg11_bn-6002323d", _RECIPE, 132_868_840, (70.370, 89.810), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG13_Weights(WeightsEnum):
    """Trained weights of vgg13."""

    IMAGENET1K_V1 = imagenet("vgg13-19584684", _RECIPE, 133_047_848, (69.928, 89.246), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG13_BN_Weights(WeightsEnum):
    """Trained weights of vgg13_bn."""

    IMAGENET1K_V1 = imagenet("vgg13_bn-abd245e5", _RECIPE, 133_053_736, (71.586, 90.374), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG16_Weights(WeightsEnum):
    """Trained weights of vgg16; IMAGENET1K_FEATURES has no use but `features`, and other pixel values."""

    IMAGENET1K_V1 = imagenet("vgg16-397923af", _RECIPE, 138_357_544, (71.592, 90.382), min_size=32)
    IMAGENET1K_FEATURES = imagenet(
        "vgg16_features-amdegroot-88682ab5",
        "https://github.com/amdegroot/ssd.pytorch#training-ssd",
        138_357_544,
        (float("nan"), float("nan")),
        min_size=32,
        mean=(0.48235, 0.45882, 0.40784),
        std=(1 / 255, 1 / 255, 1 / 255),
    )
    DEFAULT = IMAGENET1K_V1


class VGG16_BN_Weights(WeightsEnum):
    """Trained weights of vgg16_bn."""

    IMAGENET1K_V1 = imagenet("vgg16_bn-6c64b313", _RECIPE, 138_365_992, (73.360, 91.516), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG19_Weights(WeightsEnum):
    """Trained weights of vgg19."""

    IMAGENET1K_V1 = imagenet("vgg19-dcbb9e9d", _RECIPE, 143_667_240, (72.376, 90.876), min_size=32)
    DEFAULT = IMAGENET1K_V1


class VGG19_BN_Weights(WeightsEnum):
    """Trained weights of vgg19_bn."""

    IMAGENET1K_V1 = imagenet("vgg19_bn-c79401a0", _RECIPE, 143_678_248, (74.218, 91.842), min_size=32)
    DEFAULT = IMAGENET1K_V1


@register_model(VGG11_Weights)
def vgg11(*, weights: VGG11_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 11 layers."""
    return _vgg("A", False, weights, progress, **kwargs)


@register_model(VGG11_BN_Weights)
def vgg11_bn(*, weights: VGG11_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 11 layers, with batch normalization."""
    return _vgg("A", True, weights, progress, **kwargs)


@register_model(VGG13_Weights)
def vgg13(*, weights: VGG13_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 13 layers."""
    return _vgg("B", False, weights, progress, **kwargs)


@register_model(VGG13_BN_Weights)
def vgg13_bn(*, weights: VGG13_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 13 layers, with batch normalization."""
    return _vgg("B", True, weights, progress, **kwargs)


@register_model(VGG16_Weights)
def vgg16(*, weights: VGG16_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 16 layers."""
    return _vgg("D", False, weights, progress, **kwargs)


@register_model(VGG16_BN_Weights)
def vgg16_bn(*, weights: VGG16_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 16 layers, with batch normalization."""
    return _vgg("D", True, weights, progress, **kwargs)


@register_model(VGG19_Weights)
def vgg19(*, weights: VGG19_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 19 layers."""
    return _vgg("E", False, weights, progress, **kwargs)


@register_model(VGG19_BN_Weights)
def vgg19_bn(*, weights: VGG19_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG of 19 layers, with batch normalization."""
    return _vgg("E", True, weights, progress, **kwargs)
