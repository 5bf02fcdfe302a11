"""The gamma distribution and, as a special case of it, the chi-squared distribution."""

from __future__ import annotations

from typing import Any, Self

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.dtypes import finfo
from minitorch.ops.gamma_random import standard_gamma
from minitorch.ops.probability import gammainc
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class Gamma(Distribution):
    """The time until `concentration` events, when they come at `rate`.

    Differs from torch: gradients through samples are right to some nine digits, torch's to four.
    """

    arg_constraints: dict[str, Constraint] = {"concentration": constraints.positive, "rate": constraints.positive}
    support: Constraint = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Tensor | float, rate: Tensor | float, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """concentration / rate."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        """(concentration - 1) / rate, or 0 where that is negative."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """concentration / rate**2."""
        return self.concentration / self.rate**2

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The same variables, repeated to fill `batch_shape`."""
        new = type(self).__new__(type(self)) if _instance is None else _instance
        parts = {name: getattr(self, name).expand(batch_shape) for name in ("concentration", "rate")}
        vars(new).update(vars(self) | parts | {"_batch_shape": Size(batch_shape)})
        return new

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to the concentration and the rate."""
        shape = self._extended_shape(sample_shape)
        drawn: Tensor = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        return drawn.clamp(min=finfo(drawn.dtype).tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        """concentration * log rate + (concentration - 1) * log value - rate * value - lgamma(concentration)."""
        if self._validate_args:
            self._validate_sample(value)
        a, rate = self.concentration, self.rate
        return a.xlogy(rate) + (a - 1).xlogy(value) - rate * value - a.lgamma()

    def cdf(self, value: Tensor) -> Tensor:
        """The share of the gamma function's integral up to rate * value."""
        if self._validate_args:
            self._validate_sample(value)
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        """concentration - log rate + lgamma(concentration) + (1 - concentration) * digamma(concentration)."""
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1 - a) * a.digamma()


class Chi2(Gamma):
    """The sum of the squares of `df` standard normal variables."""

    arg_constraints: dict[str, Constraint] = {"df": constraints.positive}

    def __init__(self, df: Tensor | float, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom: how many variables are added."""
        return self.concentration * 2
