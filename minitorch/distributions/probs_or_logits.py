"""Distributions that take either probabilities or logits, and work out the others when they are asked for."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from minitorch.autograd.modes import enable_grad
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import logits_to_probs, probs_to_logits
from minitorch.sizes import Size
from minitorch.tensor import Tensor


def the_given(probs: object, logits: object) -> str:
    """The name of the one that is given; raises ValueError unless exactly one is."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return "logits" if probs is None else "probs"


class ProbsOrLogits(Distribution):
    """`probs` and `logits`, of which a subclass sets the one that it was given."""

    _is_binary: ClassVar[bool]

    @cached_property
    def probs(self) -> Tensor:
        """The probabilities."""
        with enable_grad():
            return logits_to_probs(self.logits, self._is_binary)

    @cached_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, or of their odds p / (1 - p) where an outcome is one of two."""
        with enable_grad():
            return probs_to_logits(self.probs, self._is_binary)

    @property
    def _param(self) -> Tensor:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the probabilities."""
        return self._param.size()
