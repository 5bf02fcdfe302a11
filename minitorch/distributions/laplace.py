"""The Laplace (double exponential) distribution."""

from __future__ import annotations

import math

from minitorch.distributions.location_scale import LocationScale
from minitorch.dtypes import finfo
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class Laplace(LocationScale):
    """The distribution whose density falls off as exp(-|x - loc| / scale) on both sides."""

    _standard_entropy = 1 + math.log(2)

    def _standard_log_density(self, z: Tensor) -> Tensor:
        return -z.abs() - math.log(2)

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return 0.5 - 0.5 * z.sign() * (-z.abs()).expm1()

    def _standard_quantile(self, p: Tensor) -> Tensor:
        centred = p - 0.5
        return -centred.sign() * (-2 * centred.abs()).log1p()

    def _standard_draws(self, shape: Size) -> Tensor:
        # In (-1, 1): the lower bound is kept out, for the logarithm of 0 is infinite.
        u = self.loc.new_empty(shape).uniform_(finfo(self.loc.dtype).eps - 1, 1)
        return -u.sign() * (-u.abs()).log1p()

    @property
    def mean(self) -> Tensor:
        """The expectation, loc."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """The scale times the square root of 2."""
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        """Twice the square of the scale."""
        return 2 * self.scale**2
