"""The Weibull distribution."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import EULER, broadcast_all
from minitorch.tensor import Tensor


class Weibull(Distribution):
    """`scale` times an exponential variable to the power of 1 / `concentration`.

    Differs from torch: it is no TransformedDistribution.
    """

    arg_constraints: dict[str, Constraint] = {"scale": constraints.positive, "concentration": constraints.positive}
    support: Constraint = constraints.positive
    has_rsample = True

    def __init__(self, scale: Tensor | float, concentration: Tensor | float, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        super().__init__(self.scale.size(), validate_args=validate_args)

    def _moment(self, k: int) -> Tensor:
        """The logarithm of the mean of (value / scale)**k."""
        return (1 + k * self.concentration.reciprocal()).lgamma()

    @property
    def mean(self) -> Tensor:
        """scale * gamma(1 + 1 / concentration)."""
        return self.scale * self._moment(1).exp()

    @property
    def mode(self) -> Tensor:
        """scale * ((concentration - 1) / concentration)**(1 / concentration)."""
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration.reciprocal()

    @property
    def variance(self) -> Tensor:
        """scale**2 * (gamma(1 + 2 / concentration) - gamma(1 + 1 / concentration)**2)."""
        return self.scale**2 * (self._moment(2).exp() - (2 * self._moment(1)).exp())

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to both parameters."""
        draws: Tensor = self.scale.new_empty(self._extended_shape(sample_shape)).exponential_()
        return self.scale * draws ** self.concentration.reciprocal()

    def log_prob(self, value: Tensor) -> Tensor:
        """log(concentration / value) + concentration * log(value / scale) - (value / scale)**concentration."""
        if self._validate_args:
            self._validate_sample(value)
        power = self.concentration * (value / self.scale).log()
        return (self.concentration / value).log() + power - power.exp()

    def cdf(self, value: Tensor) -> Tensor:
        """1 - exp(-(value / scale)**concentration)."""
        if self._validate_args:
            self._validate_sample(value)
        return -(-((value / self.scale) ** self.concentration)).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """scale * (-log(1 - value))**(1 / concentration)."""
        return self.scale * (-(-value).log1p()) ** self.concentration.reciprocal()

    def entropy(self) -> Tensor:
        """Euler's constant * (1 - 1 / concentration) + log(scale / concentration) + 1."""
        reciprocal = self.concentration.reciprocal()
        return EULER * (1 - reciprocal) + (self.scale * reciprocal).log() + 1
