"""The Gumbel distribution, of maxima."""

from __future__ import annotations

import math

from minitorch.distributions.location_scale import LocationScale
from minitorch.distributions.uniform import Uniform
from minitorch.distributions.utils import EULER
from minitorch.dtypes import finfo
from minitorch.ops.creation import full_like
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class Gumbel(LocationScale):
    """The limit of the maximum of many variables: the cdf is exp(-exp(-(x - loc) / scale))."""

    _standard_entropy = 1 + EULER

    def _standard_log_density(self, z: Tensor) -> Tensor:
        return -z - (-z).exp()

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return (-(-z).exp()).exp()

    def _standard_quantile(self, p: Tensor) -> Tensor:
        return -(-p.log()).log()

    def _standard_draws(self, shape: Size) -> Tensor:
        # Neither 0 nor 1, whose quantiles are infinite.
        limits = finfo(self.loc.dtype)
        inner = Uniform(full_like(self.loc, limits.tiny), full_like(self.loc, 1 - limits.eps), validate_args=False)
        return self._standard_quantile(inner.sample(shape[: len(shape) - self.loc.dim()]))

    @property
    def mean(self) -> Tensor:
        """loc and Euler's constant times scale."""
        return self.loc + self.scale * EULER

    @property
    def stddev(self) -> Tensor:
        """pi / sqrt(6) times scale."""
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        """The square of stddev."""
        return self.stddev**2
