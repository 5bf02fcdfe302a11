"""The log-normal distribution."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.normal import Normal
from minitorch.tensor import Tensor


class LogNormal(Distribution):
    """exp(X) of a normal X, `base_dist`, with mean `loc` and standard deviation `scale`.

    Differs from torch: it is no TransformedDistribution.
    """

    arg_constraints: dict[str, Constraint] = {"loc": constraints.real, "scale": constraints.positive}
    support: Constraint = constraints.positive
    has_rsample = True

    def __init__(self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None) -> None:
        self.base_dist = Normal(loc, scale, validate_args)
        super().__init__(self.base_dist.batch_shape, validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """exp(loc + scale**2 / 2)."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        """exp(loc - scale**2)."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        """(exp(scale**2) - 1) * mean**2."""
        return (self.scale**2).expm1() * (2 * self.loc + self.scale**2).exp()

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws outside the graph."""
        with no_grad():
            return self.base_dist.sample(sample_shape).exp()

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to loc and scale."""
        return self.base_dist.rsample(sample_shape).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        """The density of the logarithm, times its derivative."""
        if self._validate_args:
            self._validate_sample(value)
        logarithm = value.log()
        return self.base_dist.log_prob(logarithm) - logarithm

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return self.base_dist.cdf(value.log())

    def icdf(self, value: Tensor) -> Tensor:
        """What is not exceeded with probability `value`; NaN outside [0, 1]."""
        return self.base_dist.icdf(value).exp()

    def entropy(self) -> Tensor:
        """The entropy of the logarithm, and its mean."""
        return self.base_dist.entropy() + self.loc
