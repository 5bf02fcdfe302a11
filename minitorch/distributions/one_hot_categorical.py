"""The categorical distribution over one-hot vectors."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.categorical import OverCategorical
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.nn.functional import one_hot
from minitorch.ops.creation import eye
from minitorch.tensor import Tensor


class OneHotCategorical(OverCategorical):
    """One of K classes, by `probs` or `logits` of shape (..., K), as a vector that is 1 there, else 0."""

    support: Constraint = constraints.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)

    @property
    def mean(self) -> Tensor:
        """The probabilities."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The vector of the likeliest class."""
        return one_hot(self._categorical.mode, self._event_shape[0]).to(self.probs)

    @property
    def variance(self) -> Tensor:
        """p * (1 - p), for each class."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Vectors in the dtype of the probabilities."""
        with no_grad():
            return one_hot(self._categorical.sample(sample_shape), self._event_shape[0]).to(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of the class at which `value` is 1."""
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        """The sum of -p log p."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The vectors of all classes."""
        classes = self._event_shape[0]
        values: Tensor = eye(classes, dtype=self.probs.dtype, device=self.probs.device)
        values = values.view(classes, *(1,) * len(self._batch_shape), classes)
        return values.expand(classes, *self._batch_shape, classes) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """OneHotCategorical with gradients that pass straight through the draw (Bengio et al., 2013)."""

    has_rsample = True

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws whose gradient is that of the probabilities."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
