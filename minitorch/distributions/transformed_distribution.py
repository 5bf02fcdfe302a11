"""A random variable pushed through invertible functions."""

from __future__ import annotations

import functools
import operator
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.independent import Independent
from minitorch.distributions.transforms import ComposeTransform, Transform
from minitorch.distributions.utils import sum_rightmost
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class TransformedDistribution(Distribution):
    """`transforms`, one or a list of them, applied one after the other to a variable with `base_distribution`.

    Raises ValueError for what is no Transform, and for a base with fewer dimensions than they take.
    """

    arg_constraints: dict[str, Constraint] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        if isinstance(transforms, Transform):
            self.transforms = [transforms]
        elif not isinstance(transforms, list):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        elif not all(isinstance(each, Transform) for each in transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        else:
            self.transforms = transforms
        base = base_distribution
        base_shape = base.batch_shape + base.event_shape
        transform = ComposeTransform(self.transforms)
        taken, given = transform.domain.event_dim, transform.codomain.event_dim
        if len(base_shape) < taken:
            raise ValueError(f"base_distribution needs to have shape with size at least {taken}, but got {base_shape}.")
        shape = transform.forward_shape(base_shape)
        full = Size(transform.inverse_shape(shape))
        if full != base_shape:
            base = base.expand(full[: len(full) - len(base.event_shape)])
        self.base_dist = Independent(base, more) if (more := taken - len(base.event_shape)) > 0 else base
        dims = given + max(len(base.event_shape) - taken, 0)
        cut = len(shape) - dims
        super().__init__(Size(shape[:cut]), Size(shape[cut:]), validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]  # a constant of the class elsewhere, here the base's
        """Whether the base can."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Constraint:
        """What the last transform may give."""
        if not self.transforms:
            return self.base_dist.support
        last = self.transforms[-1].codomain
        more = len(self.event_shape) - last.event_dim
        return constraints.independent(last, more) if more > 0 else last

    def _through(self, value: Tensor) -> Tensor:
        return functools.reduce(lambda x, transform: transform(x), self.transforms, value)

    def _back(self, value: Tensor) -> Tensor:
        return functools.reduce(lambda y, transform: transform._inv_call(y), reversed(self.transforms), value)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """The base's draws, transformed, outside the graph."""
        with no_grad():
            return self._through(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """The base's draws with gradients, transformed."""
        return self._through(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The base's at the value transformed back, less the logarithm of how much the transforms stretch there."""
        if self._validate_args:
            self._validate_sample(value)
        dims, y = len(self.event_shape), value
        stretches: list[Any] = []
        for transform in reversed(self.transforms):
            x = transform._inv_call(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            stretches.append(sum_rightmost(transform.log_abs_det_jacobian(x, y), dims - transform.domain.event_dim))
            y = x
        base = sum_rightmost(self.base_dist.log_prob(y), dims - len(self.base_dist.event_shape))
        return functools.reduce(operator.sub, stretches, 0.0) + base

    def _falling_turned(self, probability: Tensor) -> Tensor:
        """1 - probability where the transforms fall, so that small becomes large."""
        sign = functools.reduce(operator.mul, (transform.sign for transform in self.transforms), 1)
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return self._falling_turned(self.base_dist.cdf(self._back(value)))

    def icdf(self, value: Tensor) -> Tensor:
        """What is not exceeded with probability `value`."""
        return self._through(self.base_dist.icdf(self._falling_turned(value)))
