"""The Pareto distribution."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.tensor import Tensor


class Pareto(Distribution):
    """`scale` times the exponential of an exponential variable of rate `alpha`.

    Differs from torch: it is no TransformedDistribution.
    """

    arg_constraints: dict[str, Constraint] = {"alpha": constraints.positive, "scale": constraints.positive}
    has_rsample = True

    def __init__(self, scale: Tensor | float, alpha: Tensor | float, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        super().__init__(self.scale.size(), validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        """From the scale on."""
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        """scale * alpha / (alpha - 1); infinite for an alpha up to 1."""
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Tensor:
        """The scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale**2 * alpha / ((alpha - 1)**2 * (alpha - 2)); infinite for an alpha up to 2."""
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to both parameters."""
        draws: Tensor = self.alpha.new_empty(self._extended_shape(sample_shape)).exponential_()
        return self.scale * (draws / self.alpha).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        """log alpha + alpha * log(scale / value) - log value."""
        if self._validate_args:
            self._validate_sample(value)
        return self.alpha.log() + self.alpha * (self.scale / value).log() - value.log()

    def cdf(self, value: Tensor) -> Tensor:
        """1 - (scale / value)**alpha."""
        if self._validate_args:
            self._validate_sample(value)
        return -(self.alpha * (self.scale / value).log()).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """scale * (1 - value)**(-1 / alpha)."""
        return self.scale * (-(-value).log1p() / self.alpha).exp()

    def entropy(self) -> Tensor:
        """log(scale / alpha) + 1 + 1 / alpha."""
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
