"""Families that one standard variable generates: X = loc + scale * Z."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class LocationScale(Distribution):
    """X = loc + scale * Z. A subclass gives Z's density, cdf, quantiles, entropy and draws."""

    arg_constraints: dict[str, Constraint] = {"loc": constraints.real, "scale": constraints.positive}
    support: Constraint = constraints.real
    has_rsample = True

    _standard_entropy: float

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _standard_log_density(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _standard_cdf(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _standard_quantile(self, p: Tensor) -> Tensor:
        raise NotImplementedError

    def _standard_draws(self, shape: Size) -> Tensor:
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The peak of the density."""
        return self.loc

    def _standardized(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to loc and scale."""
        return self.loc + self.scale * self._standard_draws(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self._standard_log_density(self._standardized(value)) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        return self._standard_cdf(self._standardized(value))

    def icdf(self, value: Tensor) -> Tensor:
        """What is not exceeded with probability `value`; NaN outside [0, 1]."""
        return self.loc + self.scale * self._standard_quantile(value)

    def entropy(self) -> Tensor:
        """Z's entropy, and the logarithm of the scale."""
        return self._standard_entropy + self.scale.log()
