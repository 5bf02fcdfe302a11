"""The half-normal distribution."""

from __future__ import annotations

import math

from minitorch.distributions.half import Half
from minitorch.distributions.normal import Normal
from minitorch.tensor import Tensor


class HalfNormal(Half):
    """The absolute value of a normal variable of mean 0 and standard deviation `scale`."""

    _whole = Normal

    @property
    def mean(self) -> Tensor:
        """scale * sqrt(2 / pi)."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        """scale**2 * (1 - 2 / pi)."""
        return self.scale**2 * (1 - 2 / math.pi)
