"""LeNet-5. Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, figure 2."""

from __future__ import annotations

from typing import Any

import minitorch.nn.functional as F
from minitorch import Tensor, nn


class LeNet5(nn.Module):
    """Layers C1 to F6 and the output; images (N, 1, 32, 32), or (N, 1, 28, 28), to (N, num_classes).

    As it is commonly taught: unlike the paper's, C3 is connected to all maps, S2 and S4 are plain averages, tanh is not
    scaled, and the output is linear. As in the paper, 28x28 digits are put into the middle of 32x32.
    Differs from torchvision, which has no LeNet.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5),
            nn.Tanh(),
            nn.AvgPool2d(kernel_size=2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.Tanh(),
            nn.AvgPool2d(kernel_size=2),
            nn.Conv2d(16, 120, kernel_size=5),
            nn.Tanh(),
        )
        self.classifier = nn.Sequential(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes; raises ValueError for images of another size."""
        if tuple(x.shape[-3:]) not in ((1, 28, 28), (1, 32, 32)):
            raise ValueError(f"LeNet5 takes images of 1x28x28 or 1x32x32, got a tensor of shape {tuple(x.shape)}")
        if x.shape[-1] == 28:
            x = F.pad(x, (2, 2, 2, 2))
        scores: Tensor = self.classifier(self.features(x).flatten(1))
        return scores


def lenet5(**kwargs: Any) -> LeNet5:
    """LeNet-5; the arguments are the class's. There are no trained weights."""
    return LeNet5(**kwargs)
