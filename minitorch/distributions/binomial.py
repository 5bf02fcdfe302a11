"""The binomial distribution."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.utils import broadcast_all
from minitorch.nn.functional import softplus
from minitorch.ops.creation import arange
from minitorch.ops.random import binomial
from minitorch.tensor import Tensor


class Binomial(ProbsOrLogits):
    """How many of `total_count` trials succeed, when each does with probability `probs`, the sigmoid of `logits`."""

    arg_constraints: dict[str, Constraint] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True
    _is_binary = True

    def __init__(
        self,
        total_count: Tensor | int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if the_given(probs, logits) == "probs":
            self.total_count, self.probs = broadcast_all(total_count, probs)
        else:
            self.total_count, self.logits = broadcast_all(total_count, logits)
        self.total_count = self.total_count.type_as(self._param)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        """The integers from 0 to total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        """total_count * p."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        """The largest integer up to (total_count + 1) * p."""
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        """total_count * p * (1 - p)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Counts, in the dtype of the probabilities."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            result: Tensor = binomial(self.total_count.expand(shape), self.probs.expand(shape))
            return result

    def log_prob(self, value: Tensor) -> Tensor:
        """log n! - log value! - log(n - value)! + value * log p + (n - value) * log(1 - p)."""
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        # log(1 - p) is -softplus(logits)
        return ways + value * self.logits - n * softplus(self.logits)

    def entropy(self) -> Tensor:
        """-p log p, summed over all values; raises NotImplementedError for counts that differ."""
        self._one_count("entropy")
        score = self.log_prob(self.enumerate_support(False))
        return -(score.exp() * score).sum(0)

    def _one_count(self, what: str) -> int:
        count = int(self.total_count.max())
        if not self.total_count.min() == count:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{what}`.")
        return count

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 to total_count; raises NotImplementedError for counts that differ."""
        count = self._one_count("enumerate_support")
        values: Tensor = arange(1 + count, dtype=self._param.dtype, device=self._param.device)
        values = values.view(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values
