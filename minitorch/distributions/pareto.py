"""The Pareto distribution."""

from __future__ import annotations

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.exponential import Exponential
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import AffineTransform, ExpTransform
from minitorch.distributions.utils import broadcast_all
from minitorch.tensor import Tensor


class Pareto(TransformedDistribution):
    """`scale` times the exponential of an exponential variable of rate `alpha`."""

    arg_constraints: dict[str, Constraint] = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Tensor | float, alpha: Tensor | float, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        super().__init__(
            Exponential(self.alpha, validate_args), [ExpTransform(), AffineTransform(0, self.scale)], validate_args
        )

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

    def entropy(self) -> Tensor:
        """log(scale / alpha) + 1 + 1 / alpha."""
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
