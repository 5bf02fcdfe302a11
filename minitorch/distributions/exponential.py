"""The exponential distribution."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.ops.creation import zeros_like
from minitorch.tensor import Tensor


class Exponential(Distribution):
    """The time until the next of events that come at `rate`."""

    arg_constraints: dict[str, Constraint] = {"rate": constraints.positive}
    support: Constraint = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Tensor | float, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """1 / rate."""
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        """Zero."""
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        """1 / rate."""
        return self.mean

    @property
    def variance(self) -> Tensor:
        """1 / rate**2."""
        return self.rate**-2

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to the rate."""
        draws: Tensor = self.rate.new_empty(self._extended_shape(sample_shape)).exponential_()
        return draws / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """log rate - rate * value."""
        if self._validate_args:
            self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        """1 - exp(-rate * value)."""
        if self._validate_args:
            self._validate_sample(value)
        return -(-self.rate * value).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """-log(1 - value) / rate."""
        return -(-value).log1p() / self.rate

    def entropy(self) -> Tensor:
        """1 - log rate."""
        return 1 - self.rate.log()
