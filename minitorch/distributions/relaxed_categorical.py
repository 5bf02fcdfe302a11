"""One-hot vectors made continuous, so that gradients flow through their samples."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.categorical import ARG_CONSTRAINTS, OverCategorical
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import ExpTransform
from minitorch.distributions.utils import clamp_probs
from minitorch.ops.activation import log_softmax
from minitorch.ops.creation import full_like
from minitorch.ops.random import rand
from minitorch.ops.repeating import broadcast_tensors
from minitorch.tensor import Tensor


class ExpRelaxedCategorical(OverCategorical):
    """The logarithm of a RelaxedOneHotCategorical. Source: Maddison et al., The Concrete Distribution, 2017."""

    support: Constraint = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """The logarithm of the softmax of (logits + Gumbel variables) / temperature."""
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(rand(shape, dtype=self.logits.dtype, device=self.logits.device))
        return log_softmax((self.logits - (-u.log()).log()) / self.temperature, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_tensors(self.logits, value)
        count = self._event_shape[0]
        scale = full_like(self.temperature, float(count)).lgamma() + (count - 1) * self.temperature.log()
        return log_softmax(logits - value * self.temperature, -1).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Shares that add up to 1, the nearer to one-hot the lower the `temperature`."""

    arg_constraints = ARG_CONSTRAINTS
    base_dist: ExpRelaxedCategorical

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def support(self) -> Constraint:
        """The simplex."""
        return constraints.simplex

    @property
    def temperature(self) -> Tensor:
        """How far from one-hot the values are."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probability that each class has the largest share."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self.base_dist.logits
