"""The Cauchy distribution."""

from __future__ import annotations

import math

from minitorch.distributions.location_scale import LocationScale
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class Cauchy(LocationScale):
    """The ratio of two centred normal variables, with median `loc` and half width at half maximum `scale`."""

    _standard_entropy = math.log(4 * math.pi)

    def _standard_log_density(self, z: Tensor) -> Tensor:
        return -math.log(math.pi) - (z**2).log1p()

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return z.atan() / math.pi + 0.5

    def _standard_quantile(self, p: Tensor) -> Tensor:
        return (math.pi * (p - 0.5)).tan()

    def _standard_draws(self, shape: Size) -> Tensor:
        return self.loc.new_empty(shape).cauchy_()

    @property
    def mean(self) -> Tensor:
        """NaN: the integral does not converge."""
        return self.loc.new_full(self._batch_shape, math.nan)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.loc.new_full(self._batch_shape, math.inf)
