"""Half of a distribution that is symmetric about zero: its absolute value."""

from __future__ import annotations

import math

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.location_scale import LocationScale
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import AbsTransform
from minitorch.ops.choices import where
from minitorch.ops.creation import zeros_like
from minitorch.tensor import Tensor


class Half(TransformedDistribution):
    """|X| of an X with location 0, `base_dist`, of the class that a subclass names."""

    arg_constraints: dict[str, Constraint] = {"scale": constraints.positive}
    base_dist: LocationScale
    _whole: type[LocationScale]

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        super().__init__(self._whole(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def support(self) -> Constraint:
        """Zero, too."""
        return constraints.nonnegative

    @property
    def scale(self) -> Tensor:
        """The scale of X."""
        return self.base_dist.scale

    @property
    def mode(self) -> Tensor:
        """Zero."""
        return zeros_like(self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        """Twice X's density, as a logarithm; minus infinity below 0."""
        if self._validate_args:
            self._validate_sample(value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, prob: Tensor) -> Tensor:
        """What is not exceeded with probability `prob`."""
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Tensor:
        """X's entropy, less one bit."""
        return self.base_dist.entropy() - math.log(2)
