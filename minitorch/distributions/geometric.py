"""The geometric distribution."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.utils import broadcast_all
from minitorch.dtypes import finfo
from minitorch.nn.functional import binary_cross_entropy_with_logits
from minitorch.ops.creation import zeros_like
from minitorch.ops.random import rand
from minitorch.tensor import Tensor


class Geometric(ProbsOrLogits):
    """The number of failures before the first success, when each trial succeeds with probability `probs`."""

    arg_constraints: dict[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Constraint = constraints.nonnegative_integer
    _is_binary = True

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = the_given(probs, logits)
        if given == "probs":
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and given == "probs" and not (self.probs > 0).all():
            # The constraint lets 0 pass, with which there never is a success.
            raise ValueError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values:\n{self.probs[self.probs <= 0]}"
            )

    @property
    def mean(self) -> Tensor:
        """1 / p - 1."""
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        """Zero."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """(1 - p) / p**2."""
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Counts, in the dtype of the probabilities."""
        with no_grad():
            u = rand(self._extended_shape(sample_shape), dtype=self.probs.dtype, device=self.probs.device)
            u = u.clamp(min=finfo(self.probs.dtype).tiny)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """value * log(1 - p) + log p."""
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        # Where success is sure, no failure at all has probability 1: 0 * log 0 is 0.
        sure = probs.eq(1) & value.eq(0)
        return value * (-probs.masked_fill(sure, 0)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        """The entropy of one trial, over p."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
