"""The uniform distribution on an interval."""

from __future__ import annotations

import math
from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.ops.random import rand
from minitorch.tensor import Tensor


class Uniform(Distribution):
    """Every number in [low, high) is as likely as every other."""

    has_rsample = True

    def __init__(self, low: Tensor | float, high: Tensor | float, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.size(), validate_args=validate_args)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """Each bound is the other's constraint."""
        return {"low": constraints.less_than(self.high), "high": constraints.greater_than(self.low)}

    @property
    def support(self) -> Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """NaN: no value is the likeliest."""
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        """The width over the square root of 12."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Tensor:
        """The squared width over 12."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to both bounds."""
        shape = self._extended_shape(sample_shape)
        draws: Tensor = rand(shape, dtype=self.low.dtype, device=self.low.device)
        return self.low + draws * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """Minus the logarithm of the width within [low, high), minus infinity outside."""
        if self._validate_args:
            self._validate_sample(value)
        inside = ((self.low <= value) & (value < self.high)).type_as(self.low)
        return inside.log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """The part of the interval up to `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        """The point below which the part `value` of the interval lies."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """The logarithm of the width."""
        return (self.high - self.low).log()
