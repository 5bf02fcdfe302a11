"""The normal distribution of vectors."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import EMPTY, Distribution
from minitorch.distributions.normal import standard_normal
from minitorch.linalg import cholesky, inv, solve_triangular
from minitorch.ops.decompositions import cholesky_inverse
from minitorch.ops.repeating import broadcast_shapes
from minitorch.sizes import Size
from minitorch.tensor import Tensor


class MultivariateNormal(Distribution):
    """Normal vectors of mean `loc` (..., n), by their covariance (..., n, n), its inverse or its Cholesky factor.

    Raises ValueError unless exactly one matrix is given.
    """

    arg_constraints: dict[str, Constraint] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support: Constraint = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given
        if matrix.dim() < 2:
            noun = " matrix" if name == "scale_tril" else ""
            raise ValueError(f"{name}{noun} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand(batch_shape + loc.shape[-1:])
        setattr(self, name, matrix.expand(batch_shape + matrix.shape[-2:]))
        super().__init__(batch_shape, loc.size()[-1:], validate_args)
        # As small as it was given: all that is computed with it broadcasts.
        if name == "scale_tril":
            self._factor = matrix
        elif name == "covariance_matrix":
            self._factor = cholesky(matrix)
        else:
            self._factor = cholesky(inv(matrix))

    def _full(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + matrix.shape[-2:])

    @cached_property
    def scale_tril(self) -> Tensor:
        """L, lower triangular, with L @ L.T the covariance."""
        return self._full(self._factor)

    @cached_property
    def covariance_matrix(self) -> Tensor:
        """The covariance of each pair of components."""
        return self._full(self._factor @ self._factor.mT)

    @cached_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return self._full(cholesky_inverse(self._factor))

    @property
    def mean(self) -> Tensor:
        """The expectation, loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The peak of the density, loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The diagonal of the covariance."""
        return (self._factor**2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws through which gradients flow to loc and matrix."""
        draws = standard_normal(self.loc, self._extended_shape(sample_shape))
        return self.loc + (self._factor @ draws.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        distance = squared_mahalanobis(self._factor, value - self.loc)
        n = self._event_shape[0]
        return -0.5 * (n * math.log(2 * math.pi) + distance) - half_log_det(self._factor)

    def entropy(self) -> Tensor:
        """n / 2 * (1 + log 2 pi) + the logarithm of the determinant of L."""
        n = self._event_shape[0]
        entropy: Tensor = 0.5 * n * (1 + math.log(2 * math.pi)) + half_log_det(self._factor)
        return entropy.expand(self._batch_shape)


def half_log_det(factor: Tensor) -> Tensor:
    """Half the logarithm of the determinant of L @ L.T."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def squared_mahalanobis(factor: Tensor, x: Tensor) -> Tensor:
    """x @ inverse(L @ L.T) @ x, for each vector x."""
    lead: Size = broadcast_shapes(factor.shape[:-2], x.shape[:-1])
    rows = x.expand(lead + x.shape[-1:]).unsqueeze(-1)
    whitened: Tensor = solve_triangular(factor, rows, upper=False).squeeze(-1)
    return (whitened**2).sum(-1)
