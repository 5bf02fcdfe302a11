"""Mixtures of distributions of one family."""

from __future__ import annotations

from typing import Any, Self

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.categorical import Categorical
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.ops.activation import log_softmax
from minitorch.ops.totals import logsumexp
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class MixtureSameFamily(Distribution):
    """One of the components, chosen by a Categorical over them: they are the last batch dimension.

    Raises ValueError for what is no such pair, or for numbers of components that differ.
    """

    arg_constraints: dict[str, Constraint] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        own, batch = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        for mine, theirs in zip(reversed(own), reversed(batch), strict=False):
            if 1 not in (mine, theirs) and mine != theirs:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({own}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch})"
                )
        count, components = mixture_distribution.logits.shape[-1], component_distribution.batch_shape[-1]
        if count != components:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components})"
            )
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._num_component = count
        super().__init__(batch, component_distribution.event_shape, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """That of the choice."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """Those to choose among."""
        return self._component_distribution

    @property
    def support(self) -> Constraint:
        """The components'."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The same mixtures, repeated to fill `batch_shape`."""
        batch = Size(batch_shape)
        new = type(self).__new__(type(self)) if _instance is None else _instance
        parts = {
            "_mixture_distribution": self._mixture_distribution.expand(batch),
            "_component_distribution": self._component_distribution.expand((*batch, self._num_component)),
        }
        vars(new).update(vars(self) | parts | {"_batch_shape": batch})
        return new

    def _weights(self) -> Tensor:
        """The probabilities of the components, in a shape that broadcasts with theirs."""
        probs = self._mixture_distribution.probs
        return probs.reshape(*probs.shape, *(1,) * len(self._event_shape))

    def _dim(self) -> int:
        """The dimension of the components, from the end."""
        return -1 - len(self._event_shape)

    @property
    def mean(self) -> Tensor:
        """The weighted mean of the components' means."""
        return (self._weights() * self._component_distribution.mean).sum(self._dim())

    @property
    def variance(self) -> Tensor:
        """The weighted mean of the components' variances, and the variance of their means."""
        weights, own = self._weights(), self._component_distribution
        within = (weights * own.variance).sum(self._dim())
        return within + (weights * (own.mean - self._pad(self.mean)) ** 2).sum(self._dim())

    def _pad(self, value: Tensor) -> Tensor:
        return value.unsqueeze(self._dim())

    def cdf(self, value: Tensor) -> Tensor:
        """The weighted mean of the components'."""
        value = self._pad(value)
        return (self._component_distribution.cdf(value) * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the weighted mean of the components' densities."""
        if self._validate_args:
            self._validate_sample(value)
        scores = self._component_distribution.log_prob(self._pad(value))
        return logsumexp(scores + log_softmax(self._mixture_distribution.logits, -1), -1)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws of the choice, and of all components, of which one is taken."""
        with no_grad():
            dim = len(sample_shape) + len(self._batch_shape)
            chosen = self._mixture_distribution.sample(sample_shape)
            drawn = self._component_distribution.sample(sample_shape)
            index = chosen.reshape(*chosen.shape, *(1,) * (len(self._event_shape) + 1))
            shape = list(drawn.shape)
            shape[dim] = 1
            return drawn.gather(dim, index.expand(shape)).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
