"""The multinomial distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.categorical import OverCategorical
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.utils import broadcast_all
from minitorch.ops.creation import arange, ones_like
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class Multinomial(OverCategorical):
    """How often each of K classes comes in `total_count` draws by `probs` or `logits` of shape (..., K).

    Raises NotImplementedError for a count that is no int, ValueError for a negative one.
    """

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        if total_count < 0:
            raise ValueError(
                "Expected parameter total_count of distribution Multinomial to satisfy the constraint "
                f"{constraints.nonnegative_integer!r}, but found invalid values:\n{total_count}"
            )
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @property
    def support(self) -> Constraint:
        """Counts of `total_count` in all, at most."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        """total_count * p, for each class."""
        return self.total_count * self.probs

    @property
    def variance(self) -> Tensor:
        """total_count * p * (1 - p), for each class."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Counts, in the dtype of the probabilities."""
        shape = Size(sample_shape)
        with no_grad():
            draws = self._categorical.sample(Size((self.total_count,)) + shape).movedim(0, -1)
            counts: Tensor = self.probs.new_zeros(self._extended_shape(shape))
            return counts.scatter_add_(-1, draws, ones_like(draws).to(counts))

    def log_prob(self, value: Tensor) -> Tensor:
        """log n! - the sum of log value! + the sum of value * log p."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        # An impossible class that does not come: 0 * log 0 is 0.
        logits = logits.masked_fill(value.eq(0) & logits.eq(-math.inf), 0)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        """n times the entropy of one draw - log n! + the expected sum of log value!."""
        n = self.total_count
        # Each count by itself is binomial; log 0! is 0.
        count = arange(1, n + 1, dtype=self.probs.dtype, device=self.probs.device)
        count = count.view(-1, *(1,) * self.probs.dim())
        log_ways = math.lgamma(n + 1) - (count + 1).lgamma() - (n - count + 1).lgamma()
        chance = (log_ways + count.xlogy(self.probs) + (n - count).xlogy(1 - self.probs)).exp()
        expected = (chance * (count + 1).lgamma()).sum((0, -1))
        return n * self._categorical.entropy() - math.lgamma(n + 1) + expected
