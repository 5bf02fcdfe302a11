"""DenseNet. Source: Huang et al., Densely connected convolutional networks, 2016: the variant with bottlenecks (BC)."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import minitorch
import minitorch.nn.functional as F
from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, imagenet, register_model
from minitorch.vision.models._utils import initialize


class _DenseLayer(nn.Module):
    """A 1x1 and a 3x3 convolution, each behind normalization and ReLU: `growth_rate` channels of all those before."""

    def __init__(
        self,
        num_input_features: int,
        growth_rate: int,
        bn_size: int,
        drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(num_input_features)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(num_input_features, bn_size * growth_rate, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth_rate)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, kernel_size=3, padding=1, bias=False)
        self.drop_rate = float(drop_rate)
        self.memory_efficient = memory_efficient

    def forward(self, input: Tensor | list[Tensor]) -> Tensor:
        """The new channels, of those before in one tensor or in several."""
        x = input if isinstance(input, Tensor) else minitorch.cat(input, 1)
        x = self.conv1(self.relu1(self.norm1(x)))
        x = self.conv2(self.relu2(self.norm2(x)))
        return F.dropout(x, p=self.drop_rate, training=self.training) if self.drop_rate > 0 else x


class _DenseBlock(nn.ModuleDict):
    """Layers each of which gets the input and what all layers before it have given."""

    def __init__(
        self,
        num_layers: int,
        num_input_features: int,
        bn_size: int,
        growth_rate: int,
        drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        for k in range(num_layers):
            channels = num_input_features + k * growth_rate
            self.add_module(
                f"denselayer{k + 1}", _DenseLayer(channels, growth_rate, bn_size, drop_rate, memory_efficient)
            )

    def forward(self, init_features: Tensor) -> Tensor:
        """The input and every layer's output, one behind the other."""
        features = [init_features]
        for layer in self.values():
            features.append(layer(features))
        return minitorch.cat(features, 1)


class _Transition(nn.Sequential):
    """Between two blocks: a 1x1 convolution, and half the size."""

    def __init__(self, num_input_features: int, num_output_features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(num_input_features)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(num_input_features, num_output_features, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)


class DenseNet(nn.Module):
    """Dense blocks of `block_config` layers; images (N, 3, H, W) from 29 pixels on to (N, num_classes).

    Differs from torchvision: `memory_efficient` changes nothing; there it computes more to store less, with the same
    results.
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: tuple[int, int, int, int] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, num_init_features, kernel_size=7, stride=2, padding=3, bias=False),
                norm0=nn.BatchNorm2d(num_init_features),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            )
        )
        channels = num_init_features
        for k, layers in enumerate(block_config, 1):
            block = _DenseBlock(layers, channels, bn_size, growth_rate, drop_rate, memory_efficient)
            self.features.add_module(f"denseblock{k}", block)
            channels += layers * growth_rate
            if k < len(block_config):
                self.features.add_module(f"transition{k}", _Transition(channels, channels // 2))
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, num_classes)

        # The linear layer's weight stays as it is; its bias starts at zero.
        initialize(self, conv=nn.init.kaiming_normal_, linear=lambda weight: weight)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        x = F.relu(self.features(x), inplace=True)
        scores: Tensor = self.classifier(F.adaptive_avg_pool2d(x, (1, 1)).flatten(1))
        return scores


def _densenet(
    growth_rate: int,
    block_config: tuple[int, int, int, int],
    num_init_features: int,
    weights: WeightsEnum | None,
    progress: bool,
    **kwargs: Any,
) -> DenseNet:
    model = DenseNet(growth_rate, block_config, num_init_features, **kwargs)
    if weights is not None:
        # The files are older than today's names: they say norm.1 and conv.2 inside a layer.
        loaded = weights.get_state_dict(progress=progress, check_hash=True)
        old_name = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(?=[12]\.)")
        model.load_state_dict({old_name.sub(r"\1", key): value for key, value in loaded.items()})
    return model


class DenseNet121_Weights(WeightsEnum):
    """Trained weights of densenet121."""

    IMAGENET1K_V1 = imagenet("densenet121-a639ec97", "pull/116", 7_978_856, (74.434, 91.972), min_size=29)
    DEFAULT = IMAGENET1K_V1


class DenseNet161_Weights(WeightsEnum):
    """Trained weights of densenet161."""

    IMAGENET1K_V1 = imagenet("densenet161-8d451a50", "pull/116", 28_681_000, (77.138, 93.560), min_size=29)
    DEFAULT = IMAGENET1K_V1


class DenseNet169_Weights(WeightsEnum):
    """Trained weights of densenet169."""

    IMAGENET1K_V1 = imagenet("densenet169-b2777c0a", "pull/116", 14_149_480, (75.600, 92.806), min_size=29)
    DEFAULT = IMAGENET1K_V1


class DenseNet201_Weights(WeightsEnum):
    """Trained weights of densenet201."""

    IMAGENET1K_V1 = imagenet("densenet201-c1103571", "pull/116", 20_013_928, (76.896, 93.370), min_size=29)
    DEFAULT = IMAGENET1K_V1


@register_model(DenseNet121_Weights)
def densenet121(*, weights: DenseNet121_Weights | None = None, progress: bool = True, **kwargs: Any) -> DenseNet:
    """DenseNet of 121 layers."""
    return _densenet(32, (6, 12, 24, 16), 64, weights, progress, **kwargs)


@register_model(DenseNet161_Weights)
def densenet161(*, weights: DenseNet161_Weights | None = None, progress: bool = True, **kwargs: Any) -> DenseNet:
    """DenseNet of 161 layers."""
    return _densenet(48, (6, 12, 36, 24), 96, weights, progress, **kwargs)


@register_model(DenseNet169_Weights)
def densenet169(*, weights: DenseNet169_Weights | None = None, progress: bool = True, **kwargs: Any) -> DenseNet:
    """DenseNet of 169 layers."""
    return _densenet(32, (6, 12, 32, 32), 64, weights, progress, **kwargs)


@register_model(DenseNet201_Weights)
def densenet201(*, weights: DenseNet201_Weights | None = None, progress: bool = True, **kwargs: Any) -> DenseNet:
    """DenseNet of 201 layers."""
    return _densenet(32, (6, 12, 48, 32), 64, weights, progress, **kwargs)
