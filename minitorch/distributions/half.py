"""Half of a distribution that is symmetric about zero: its absolute value."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.location_scale import LocationScale
from minitorch.ops.choices import where
from minitorch.ops.creation import zeros_like
from minitorch.tensor import Tensor


class Half(Distribution):
    """|X| of an X with location 0, `base_dist`, of the class that a subclass names."""

    arg_constraints: dict[str, Constraint] = {"scale": constraints.positive}
    support: Constraint = constraints.nonnegative
    has_rsample = True
    _whole: type[LocationScale]

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.base_dist = self._whole(0, scale, validate_args=False)
        super().__init__(self.base_dist.batch_shape, validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of X."""
        return self.base_dist.scale

    @property
    def mode(self) -> Tensor:
        """Zero."""
        return zeros_like(self.scale)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws outside the graph."""
        with no_grad():
            return self.base_dist.sample(sample_shape).abs()

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to the scale."""
        return self.base_dist.rsample(sample_shape).abs()

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
