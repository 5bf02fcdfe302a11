"""The normal (Gaussian) distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.location_scale import LocationScale
from minitorch.ops.random import normal
from minitorch.sizes import Size
from minitorch.tensor import Tensor


def standard_normal(like: Tensor, shape: Size) -> Tensor:
    """Standard normal draws in the dtype and on the device of `like`."""
    return normal(like.new_zeros(shape), like.new_ones(shape))


class Normal(LocationScale):
    """The normal distribution of mean `loc` and standard deviation `scale`.

    >>> Normal(0.0, 2.0).entropy()
    tensor(2.1121)
    """

    _standard_entropy = 0.5 + 0.5 * math.log(2 * math.pi)

    def _standard_log_density(self, z: Tensor) -> Tensor:
        return -0.5 * z**2 - 0.5 * math.log(2 * math.pi)

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return 0.5 * (1 + (z / math.sqrt(2)).erf())

    def _standard_quantile(self, p: Tensor) -> Tensor:
        return (2 * p - 1).erfinv() * math.sqrt(2)

    def _standard_draws(self, shape: Size) -> Tensor:
        return standard_normal(self.loc, shape)

    @property
    def mean(self) -> Tensor:
        """The expectation, loc."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """The square of the scale."""
        return self.scale**2

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws outside the graph."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return normal(self.loc.expand(shape), self.scale.expand(shape))
