"""Bernoulli variables made continuous, so that gradients flow through their samples."""

from __future__ import annotations

from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY
from minitorch.distributions.probs_or_logits import ProbsOrLogits, the_given
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms import SigmoidTransform
from minitorch.distributions.utils import broadcast_all, clamp_probs
from minitorch.nn.functional import softplus
from minitorch.ops.random import rand
from minitorch.tensor import Tensor


class LogitRelaxedBernoulli(ProbsOrLogits):
    """The logit of a RelaxedBernoulli: (logits + a logistic variable) / temperature. Source: Maddison et al., 2017."""

    arg_constraints: dict[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Constraint = constraints.real
    has_rsample = True
    _is_binary = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        if the_given(probs, logits) == "probs":
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to the probabilities and the temperature."""
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(rand(shape, dtype=probs.dtype, device=probs.device))
        result: Tensor = (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature
        return result

    def log_prob(self, value: Tensor) -> Tensor:
        """log temperature + d - 2 log(1 + exp(d)), where d is logits - temperature * value."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value * self.temperature
        result: Tensor = self.temperature.log() + difference - 2 * softplus(difference)
        return result


class RelaxedBernoulli(TransformedDistribution):
    """A number between 0 and 1, the nearer to one of these the lower the `temperature`; as Bernoulli, in the limit."""

    arg_constraints: dict[str, Constraint] = LogitRelaxedBernoulli.arg_constraints
    base_dist: LogitRelaxedBernoulli

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """How far from 0 and 1 the values are."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probability of more than a half."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the odds."""
        return self.base_dist.logits
