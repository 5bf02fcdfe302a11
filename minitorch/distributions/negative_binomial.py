"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.utils import broadcast_all
from minitorch.nn.functional import logsigmoid
from minitorch.ops.random import poisson
from minitorch.tensor import Tensor


class NegativeBinomial(ProbsOrLogits):
    """The number of successes before `total_count` failures, when each trial succeeds with probability `probs`."""

    arg_constraints: dict[str, Constraint] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support: Constraint = constraints.nonnegative_integer
    _is_binary = True

    def __init__(
        self,
        total_count: Tensor | float,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if the_given(probs, logits) == "probs":
            self.total_count, self.probs = broadcast_all(total_count, probs)
        else:
            self.total_count, self.logits = broadcast_all(total_count, logits)
        self.total_count = self.total_count.type_as(self._param)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """total_count times the odds of a success."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        """(total_count - 1) times the odds, rounded down, and 0 at least."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """The mean over the probability of a failure."""
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Poisson numbers, whose rates are gamma numbers."""
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return poisson(rates.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithms of the trials' probabilities, and of the number of their orders."""
        if self._validate_args:
            self._validate_sample(value)
        count = self.total_count
        trials = count * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        orders = (count + value).lgamma() - (value + 1.0).lgamma() - count.lgamma()
        return trials + orders.masked_fill((count + value).eq(0.0), 0.0)
