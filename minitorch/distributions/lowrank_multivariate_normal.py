"""The normal distribution of vectors whose covariance is a diagonal and a matrix of low rank."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.multivariate_normal import half_log_det
from minitorch.distributions.normal import standard_normal
from minitorch.linalg import cholesky, solve_triangular
from minitorch.ops.diagonals import diag_embed
from minitorch.ops.repeating import broadcast_shapes
from minitorch.tensor import Tensor


class LowRankMultivariateNormal(Distribution):
    """Normal vectors of mean `loc` (..., n) and covariance W @ W.T + diag(D).

    W is `cov_factor` (..., n, m), D is `cov_diag` (..., n): what is inverted and factored has only m rows. Raises
    ValueError for shapes that do not fit.
    """

    arg_constraints: dict[str, Constraint] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support: Constraint = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event_shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event_shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
        if cov_diag.shape[-1:] != event_shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
        try:
            batch = broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc = loc.expand(batch + event_shape)
        self.cov_diag = cov_diag.expand(batch + event_shape)
        self.cov_factor = cov_factor.expand(batch + cov_factor.shape[-2:])
        super().__init__(batch, event_shape, validate_args)

    @property
    def _scaled(self) -> Tensor:
        """W.T over D."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

    @property
    def _capacitance(self) -> Tensor:
        """The Cholesky factor of 1 + W.T @ diag(1 / D) @ W."""
        inner = self._scaled @ self.cov_factor
        result: Tensor = cholesky(inner + diag_embed(inner.new_ones(inner.shape[:-1])))
        return result

    @property
    def mean(self) -> Tensor:
        """The expectation, loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The peak of the density, loc."""
        return self.loc

    @cached_property
    def variance(self) -> Tensor:
        """The diagonal of the covariance."""
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @cached_property
    def covariance_matrix(self) -> Tensor:
        """W @ W.T + diag(D)."""
        return self.cov_factor @ self.cov_factor.mT + diag_embed(self.cov_diag)

    @cached_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        result: Tensor = cholesky(self.covariance_matrix)
        return result

    @cached_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance, by the capacitance."""
        part = solve_triangular(self._capacitance, self._scaled, upper=False)
        return diag_embed(self.cov_diag.reciprocal()) - part.mT @ part

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to all three."""
        shape = self._extended_shape(sample_shape)
        low = standard_normal(self.loc, shape[:-1] + self.cov_factor.shape[-1:])
        own = standard_normal(self.loc, shape)
        return self.loc + (self.cov_factor @ low.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * own

    def _half_log_det(self) -> Tensor:
        return half_log_det(self._capacitance) + 0.5 * self.cov_diag.log().sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        x = value - self.loc
        rows = (self._scaled @ x.unsqueeze(-1)).expand(*x.shape[:-1], -1, 1)
        factor = self._capacitance.expand(*x.shape[:-1], -1, -1)
        inner = (solve_triangular(factor, rows, upper=False) ** 2).sum((-2, -1))
        distance = (x**2 / self.cov_diag).sum(-1) - inner
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_det()

    def entropy(self) -> Tensor:
        """n / 2 * (1 + log 2 pi) + half the logarithm of the determinant of the covariance."""
        return 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det()
