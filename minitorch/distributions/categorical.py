"""The categorical distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.dtypes import finfo
from minitorch.ops.activation import log_softmax
from minitorch.ops.creation import arange
from minitorch.ops.random import multinomial
from minitorch.ops.repeating import broadcast_tensors
from minitorch.sizes import Size
from minitorch.tensor import Tensor

ARG_CONSTRAINTS: dict[str, Constraint] = {"probs": constraints.simplex, "logits": constraints.real_vector}


class Categorical(ProbsOrLogits):
    """One of the classes 0 to K - 1, by `probs` or `logits` of shape (..., K), which are normalized.

    Raises ValueError unless exactly one of the two is given, and has a dimension at least.
    """

    arg_constraints = ARG_CONSTRAINTS
    has_enumerate_support = True
    _is_binary = False

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        given = the_given(probs, logits)
        weights: Any = logits if probs is None else probs
        if weights.dim() < 1:
            raise ValueError(f"`{given}` parameter must be at least one-dimensional.")
        if given == "probs":
            self.probs = weights / weights.sum(-1, keepdim=True)
        else:
            self.logits = log_softmax(weights, -1)
        self._num_events = weights.shape[-1]
        super().__init__(weights.size()[:-1], validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        """The integers from 0 to K - 1."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        """NaN: classes are no numbers."""
        return self._param.new_full(self._batch_shape, math.nan)

    @property
    def mode(self) -> Tensor:
        """The likeliest class, the first of several."""
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        """NaN: classes are no numbers."""
        return self.mean

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Classes, of int64."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            return multinomial(rows, Size(sample_shape).numel(), True).T.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of the class `value`."""
        if self._validate_args:
            self._validate_sample(value)
        classes, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, classes[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """The sum of -p log p."""
        # Of an impossible class the logit may be minus infinity, and 0 * inf is NaN.
        finite = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(finite * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All classes."""
        values: Tensor = arange(self._num_events, device=self._param.device)
        values = values.view(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values


class OverCategorical(Distribution):
    """Vectors that a categorical distribution generates: its probabilities are theirs."""

    arg_constraints = ARG_CONSTRAINTS

    def __init__(self, probs: Tensor | None, logits: Tensor | None, validate_args: bool | None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args)

    @property
    def probs(self) -> Tensor:
        """The probability of each class."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the probabilities."""
        return self._categorical.param_shape
