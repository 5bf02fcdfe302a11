"""The Weibull distribution."""

from __future__ import annotations

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.exponential import Exponential
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import AffineTransform, PowerTransform
from minitorch.distributions.utils import EULER, broadcast_all
from minitorch.ops.creation import ones_like
from minitorch.tensor import Tensor


class Weibull(TransformedDistribution):
    """`scale` times an exponential variable to the power of 1 / `concentration`."""

    arg_constraints: dict[str, Constraint] = {"scale": constraints.positive, "concentration": constraints.positive}

    def __init__(self, scale: Tensor | float, concentration: Tensor | float, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        power = PowerTransform(self.concentration.reciprocal())
        base = Exponential(ones_like(self.scale), validate_args)
        super().__init__(base, [power, AffineTransform(0, self.scale)], validate_args)

    @property
    def support(self) -> Constraint:
        """Above 0."""
        return constraints.positive

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

    def entropy(self) -> Tensor:
        """Euler's constant * (1 - 1 / concentration) + log(scale / concentration) + 1."""
        reciprocal = self.concentration.reciprocal()
        return EULER * (1 - reciprocal) + (self.scale * reciprocal).log() + 1
