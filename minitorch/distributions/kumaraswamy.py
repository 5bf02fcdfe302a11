"""The Kumaraswamy distribution."""

from __future__ import annotations

import math

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import AffineTransform, PowerTransform
from minitorch.distributions.uniform import Uniform
from minitorch.distributions.utils import EULER, broadcast_all
from minitorch.ops.creation import ones_like, zeros_like
from minitorch.tensor import Tensor


class Kumaraswamy(TransformedDistribution):
    """Much like a beta variable, but (1 - (1 - U)**(1 / concentration0))**(1 / concentration1) of a uniform U."""

    arg_constraints: dict[str, Constraint] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }

    def __init__(
        self, concentration1: Tensor | float, concentration0: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(zeros_like(self.concentration0), ones_like(self.concentration0), validate_args)
        steps = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(1.0, -1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(base, steps, validate_args)

    @property
    def support(self) -> Constraint:
        """From 0 to 1."""
        return constraints.unit_interval

    def _moment(self, k: int) -> Tensor:
        """The mean of value**k."""
        b, r = self.concentration0, 1 + k / self.concentration1
        moment: Tensor = (b.log() + r.lgamma() + b.lgamma() - (r + b).lgamma()).exp()
        return moment

    @property
    def mean(self) -> Tensor:
        """b * B(1 + 1 / a, b), where a is concentration1 and b concentration0."""
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """((a - 1) / (a * b - 1))**(1 / a); NaN where a or b is below 1. Differs from torch: its mode is always NaN."""
        a, b = self.concentration1, self.concentration0
        return (((a - 1) / (a * b - 1)) ** a.reciprocal()).masked_fill((a < 1) | (b < 1), math.nan)

    @property
    def variance(self) -> Tensor:
        """The second moment, less the square of the first."""
        return self._moment(2) - self._moment(1) ** 2

    def entropy(self) -> Tensor:
        """(1 - 1 / a) + (1 - 1 / b) * (digamma(b + 1) + Euler's constant) - log(a * b)."""
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + EULER
        return (1 - a.reciprocal()) * harmonic + (1 - b.reciprocal()) - a.log() - b.log()
