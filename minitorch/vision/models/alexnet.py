"""AlexNet. Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014."""

from __future__ import annotations

from typing import Any

from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, imagenet, load, register_model


class AlexNet(nn.Module):
    """Five convolutions and three linear layers; images (N, 3, H, W) from 63 pixels on to (N, num_classes)."""

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


class AlexNet_Weights(WeightsEnum):
    """Trained weights of alexnet."""

    IMAGENET1K_V1 = imagenet(
        "alexnet-owt-7be5be79",
        "tree/main/references/classification#alexnet-and-vgg",
        61_100_840,
        (56.522, 79.066),
        min_size=63,
    )
    DEFAULT = IMAGENET1K_V1


@register_model(AlexNet_Weights)
def alexnet(*, weights: AlexNet_Weights | None = None, progress: bool = True, **kwargs: Any) -> AlexNet:
    """AlexNet."""
    return load(AlexNet(**kwargs), weights, progress)
