"""The von Mises distribution, of angles."""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.ops.choices import where
from minitorch.ops.creation import zeros
from minitorch.ops.random import rand
from minitorch.special import i0e, i1e
from minitorch.tensor import Tensor


class VonMises(Distribution):
    """Angles from -pi to pi, around `loc`: the density is in proportion to exp(concentration * cos(value - loc)).

    Differs from torch: log_prob and variance are right to all digits, torch's to seven.
    """

    arg_constraints: dict[str, Constraint] = {"loc": constraints.real, "concentration": constraints.positive}
    support: Constraint = constraints.real

    def __init__(self, loc: Tensor | float, concentration: Tensor | float, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean direction, loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The likeliest angle, loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The circular variance, 1 - I1(concentration) / I0(concentration)."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws by rejection from a wrapped Cauchy variable. Source: Best and Fisher, 1979."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            loc, k = self.loc.double(), self.concentration.double()
            r = _proposal(k).expand(shape)
            angle, done = zeros(shape, dtype=loc.dtype, device=loc.device), zeros(shape, dtype=bool, device=loc.device)
            while not done.all():
                u1, u2, u3 = rand((3, *shape), dtype=loc.dtype, device=loc.device).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                angle = where(accepted, (u3 - 0.5).sign() * f.acos(), angle)
                done = done | accepted
            return ((angle + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """concentration * cos(value - loc) - log(2 pi I0(concentration))."""
        if self._validate_args:
            self._validate_sample(value)
        k = self.concentration
        return k * ((value - self.loc).cos() - 1) - math.log(2 * math.pi) - i0e(k).log()


def _proposal(k: Tensor) -> Tensor:
    """The parameter of the wrapped Cauchy variable; for a small concentration by a series."""
    tau = 1 + (1 + 4 * k**2).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * k)
    return where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))
