"""The Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.utils import broadcast_all
from minitorch.nn.functional import binary_cross_entropy_with_logits
from minitorch.ops.creation import arange
from minitorch.ops.random import bernoulli
from minitorch.tensor import Tensor


class Bernoulli(ProbsOrLogits):
    """1 with probability `probs`, which is the sigmoid of `logits`, else 0. One of the two has to be given."""

    arg_constraints: dict[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Constraint = constraints.boolean
    has_enumerate_support = True
    _is_binary = True

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if the_given(probs, logits) == "probs":
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The probability of 1."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The likelier of 0 and 1, NaN where they are equally likely."""
        return (self.probs >= 0.5).to(self.probs).masked_fill(self.probs.eq(0.5), math.nan)

    @property
    def variance(self) -> Tensor:
        """p * (1 - p)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Zeros and ones, in the dtype of the probabilities."""
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of `probs` where value is 1, of 1 - `probs` where it is 0."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """-p log p - (1 - p) log(1 - p)."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1."""
        values: Tensor = arange(2, dtype=self._param.dtype, device=self._param.device)
        values = values.view(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values
