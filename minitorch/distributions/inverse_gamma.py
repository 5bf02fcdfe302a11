"""The inverse gamma distribution."""

from __future__ import annotations

import math

from minitorch.distributions.constraints import Constraint
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import PowerTransform
from minitorch.ops.choices import where
from minitorch.tensor import Tensor


class InverseGamma(TransformedDistribution):
    """1 / X of a gamma variable X, `base_dist`, of the same `concentration` and `rate`."""

    arg_constraints: dict[str, Constraint] = Gamma.arg_constraints
    base_dist: Gamma

    def __init__(self, concentration: Tensor | float, rate: Tensor | float, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args)
        super().__init__(base, PowerTransform(-base.rate.new_ones(())), validate_args)

    @property
    def concentration(self) -> Tensor:
        """That of X."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """That of X."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        """rate / (concentration - 1); infinite for a concentration up to 1."""
        a = self.concentration
        return where(a > 1, self.rate / (a - 1), math.inf)

    @property
    def mode(self) -> Tensor:
        """rate / (concentration + 1)."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        """rate**2 / ((concentration - 1)**2 * (concentration - 2)); infinite for a concentration up to 2."""
        a = self.concentration
        return where(a > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), math.inf)

    def entropy(self) -> Tensor:
        """concentration + log rate + lgamma(concentration) - (1 + concentration) * digamma(concentration)."""
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
