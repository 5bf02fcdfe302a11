"""The half-Cauchy distribution."""

from __future__ import annotations

import math

from minitorch.distributions.cauchy import Cauchy
from minitorch.distributions.half import Half
from minitorch.tensor import Tensor


class HalfCauchy(Half):
    """The absolute value of a Cauchy variable of median 0 and half width `scale`."""

    _whole = Cauchy

    @property
    def mean(self) -> Tensor:
        """Infinite."""
        return self.scale.new_full(self._batch_shape, math.inf)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.mean
