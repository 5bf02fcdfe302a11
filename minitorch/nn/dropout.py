"""Dropout layers: noise in training, the identity in evaluation mode."""

from __future__ import annotations

from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.tensor import Tensor


class _DropoutNd(Module):
    """Holds the probability, and names its function in nn.functional; raises ValueError for one outside [0, 1]."""

    __constants__ = ["p", "inplace"]
    p: float
    inplace: bool
    _function: str  # a name, so that what replaces it in nn.functional is what runs

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Of the input's shape."""
        out: Tensor = getattr(functional, self._function)(input, self.p, self.training, self.inplace)
        return out

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training each element is zero with probability `p`, and the others grow by 1 / (1 - p).

    Source: Hinton et al., Improving neural networks by preventing co-adaptation of feature detectors, 2012.
    """

    _function = "dropout"


class Dropout1d(_DropoutNd):
    """Dropout of whole channels of (N, C, L) or (C, L)."""

    _function = "dropout1d"


class Dropout2d(_DropoutNd):
    """Dropout of whole channels of (N, C, H, W)."""

    _function = "dropout2d"


class Dropout3d(_DropoutNd):
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W)."""

    _function = "dropout3d"


class AlphaDropout(_DropoutNd):
    """Dropout to SELU's lowest value, which keeps mean and variance. Source: Klambauer et al., 2017."""

    def forward(self, input: Tensor) -> Tensor:
        """Of the input's shape; never in place, as in torch."""
        return functional.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """AlphaDropout of whole channels (N, C, ...)."""

    def forward(self, input: Tensor) -> Tensor:
        """Of the input's shape; never in place, as in torch."""
        return functional.feature_alpha_dropout(input, self.p, self.training)
