"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.utils import broadcast_all, clamp_probs
from minitorch.nn.functional import binary_cross_entropy_with_logits
from minitorch.ops.choices import where
from minitorch.ops.random import rand
from minitorch.tensor import Tensor


class ContinuousBernoulli(ProbsOrLogits):
    """A number x in [0, 1] with a density in proportion to probs**x * (1 - probs)**(1 - x).

    For `probs` between `lims`, near a half, series stand for formulas that divide 0 by 0. Source: Loaiza-Ganem and
    Cunningham, 2019.
    """

    arg_constraints: dict[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Constraint = constraints.unit_interval
    has_rsample = True
    _is_binary = True

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        if the_given(probs, logits) == "probs":
            (probs,) = broadcast_all(probs)
            if validate_args and not self.arg_constraints["probs"].check(probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def _near_half(self) -> Tensor:
        return (self.probs > self._lims[0]) & (self.probs <= self._lims[1])

    def _cut(self) -> Tensor:
        """The probabilities, those near a half moved to where the formulas hold."""
        return where(self._near_half(), self._lims[0], self.probs)

    def _log_constant(self) -> Tensor:
        """The logarithm of what makes the density one."""
        p = self._cut()
        formula = ((-p).log1p() - p.log()).abs().log() - (1 - 2 * p).abs().log()
        x = (self.probs - 0.5) ** 2
        return where(self._near_half(), math.log(2) + (4 / 3 + 104 / 45 * x) * x, formula)

    @property
    def mean(self) -> Tensor:
        """p / (2 p - 1) + 1 / (log(1 - p) - log p)."""
        p, x = self._cut(), self.probs - 0.5
        formula = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        return where(self._near_half(), 0.5 + (1 / 3 + 16 / 45 * x**2) * x, formula)

    @property
    def variance(self) -> Tensor:
        """p * (p - 1) / (1 - 2 p)**2 + 1 / (log(1 - p) - log p)**2."""
        p, x = self._cut(), (self.probs - 0.5) ** 2
        formula = p * (p - 1) / (1 - 2 * p) ** 2 + 1 / ((-p).log1p() - p.log()) ** 2
        return where(self._near_half(), 1 / 12 - (1 / 15 - 128 / 945 * x) * x, formula)

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to the probabilities."""
        shape = self._extended_shape(sample_shape)
        return self.icdf(rand(shape, dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value: Tensor) -> Tensor:
        """value * log p + (1 - value) * log(1 - p) + the logarithm of the constant."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none") + self._log_constant()

    def cdf(self, value: Tensor) -> Tensor:
        """(p**value * (1 - p)**(1 - value) + p - 1) / (2 p - 1)."""
        if self._validate_args:
            self._validate_sample(value)
        p = self._cut()
        formula = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        inner = where(self._near_half(), value, formula)
        return where(value <= 0, 0.0, where(value >= 1, 1.0, inner))

    def icdf(self, value: Tensor) -> Tensor:
        """What is not exceeded with probability `value`."""
        p = self._cut()
        formula = ((-p + value * (2 * p - 1)).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return where(self._near_half(), value, formula)

    def entropy(self) -> Tensor:
        """mean * (log(1 - p) - log p) - log(1 - p) - the logarithm of the constant."""
        zero, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (zero - one) - self._log_constant() - zero
