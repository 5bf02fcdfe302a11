"""Parametrizations ready for use: weights of a learned length, of spectral norm 1, or with orthonormal columns."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, TypeVar

from minitorch.autograd.modes import no_grad
from minitorch.dtypes import finfo
from minitorch.nn.functional import normalize
from minitorch.nn.module import Module
from minitorch.nn.utils.parametrize import register_parametrization
from minitorch.nn.utils.spectral_norm import as_matrix, iterate, output_dim, unit_vector
from minitorch.ops.choices import where
from minitorch.ops.comparison import allclose
from minitorch.ops.creation import eye, zeros_like
from minitorch.ops.decompositions import geqrf, householder_product, matrix_exp, qr, solve
from minitorch.ops.joining import cat
from minitorch.ops.linalg import dot, matmul, mv
from minitorch.ops.norm import _weight_norm, norm_except_dim
from minitorch.ops.random import randn
from minitorch.tensor import Tensor

_M = TypeVar("_M", bound=Module)


class _WeightNorm(Module):
    """A weight from its lengths and its direction."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The direction, brought to the lengths."""
        return _weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The lengths of a weight, and the weight as the direction."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: _M, name: str = "weight", dim: int | None = 0) -> _M:
    """Splits the tensor `name` into lengths, one an index of `dim`, and a direction; one length in all for dim None.

    They are `parametrizations.<name>.original0` and `original1`; a state_dict of the older weight_norm can be loaded.
    Source: Salimans and Kingma, 2016.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def read_old_names(state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(read_old_names)
    return module


class _SpectralNorm(Module):
    """A weight over its largest singular value, or over its length for one of a single dimension."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.dim()
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % ndim, eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            self.register_buffer("_u", unit_vector(matrix, matrix.size(0), eps))
            self.register_buffer("_v", unit_vector(matrix, matrix.size(1), eps))
            self._improve(matrix, 15)

    def _improve(self, matrix: Tensor, steps: int) -> None:
        iterate(matrix.t(), self._v, self._u, steps, self.eps)

    def forward(self, weight: Tensor) -> Tensor:
        """The normalized weight; in training mode the singular vectors are improved first."""
        if weight.dim() == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._improve(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the graph keeps them, and the next call writes to the buffers
        return weight / dot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself, which is normalized when it is used."""
        return value


def spectral_norm(
    module: _M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> _M:
    """Divides the tensor `name` by its largest singular value, which each use in training mode estimates better.

    `dim` is that of the outputs: 1 for transposed convolutions, else 0. Raises ValueError where there is no such
    tensor. Source: Miyato et al., 2018.
    """
    weight = _tensor(module, name)
    norm = _SpectralNorm(weight, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    register_parametrization(module, name, norm)
    return module


def _tensor(module: Module, name: str) -> Tensor:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


def _orthogonalized(matrix: Tensor) -> Tensor:
    """The Q of the QR decomposition whose R has a positive diagonal."""
    decomposed: Any = qr(matrix)
    Q, R = decomposed
    result: Tensor = Q * R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
    return result


class _Orthogonal(Module):
    """A matrix with orthonormal columns, or rows where there are fewer of them, from any matrix of that shape.

    With `use_trivialization` it is `base` times the orthogonal matrix of the parameter: to assign sets `base`.
    """

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        """The orthogonal matrix of a parameter."""
        wide = X.size(-2) < X.size(-1)
        tall: Tensor = X.mT if wide else X
        if self.orthogonal_map is _OrthMaps.householder:
            below = tall.tril(-1)
            Q = householder_product(below, 2.0 / (1.0 + (below * below).sum(-2)))
            # The diagonal holds signs, which are not trained.
            Q = Q * tall.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            Q = self._from_skew(tall)
        if hasattr(self, "base"):
            Q = matmul(self.base, Q)  # type: ignore[arg-type]  # it is set as soon as the parametrization is registered
        return Q.mT if wide else Q

    def _from_skew(self, X: Tensor) -> Tensor:
        """The first columns of the orthogonal matrix that the lower triangle of X stands for."""
        rows, columns = X.shape[-2:]
        lower = X.tril()
        if rows != columns:
            lower = cat([lower, X.new_zeros((*X.shape[:-1], rows - columns))], -1)
        skew: Tensor = lower - lower.mT
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            Q = matrix_exp(skew)
        else:
            identity = eye(rows, dtype=X.dtype, device=X.device)
            Q = solve(identity - skew / 2, identity + skew / 2)
        return Q if rows == columns else Q[..., :columns]

    def right_inverse(self, Q: Tensor) -> Tensor:
        """The parameter that gives Q, which is made orthogonal where it is not; sets `base` where there is one.

        Raises ValueError for another shape, NotImplementedError without base, for the maps that have no inverse.
        """
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        with no_grad():
            wide = Q.size(-2) < Q.size(-1)
            tall: Tensor = Q.mT if wide else Q
            if hasattr(self, "base"):
                self.base = self._completed(tall)
                start: Tensor = zeros_like(Q)
                start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
                return start
            if self.orthogonal_map is not _OrthMaps.householder:
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            packed: Any = geqrf(tall)
            A, tau = packed
            diagonal = A.diagonal(dim1=-2, dim2=-1)
            # LAPACK leaves out a reflection, tau being 0, where `forward` will do one that changes the sign.
            diagonal.copy_(diagonal.sign() * where(tau == 0, -1, 1))
            return A.mT if wide else A  # type: ignore[no-any-return]  # bound from a table

    def _completed(self, Q: Tensor) -> Tensor:
        """A square orthogonal matrix that begins with the columns of Q, made orthogonal."""
        rows, columns = Q.shape[-2:]
        if rows != columns:
            more = randn(*Q.shape[:-2], rows, rows - columns, dtype=Q.dtype, device=Q.device)
            return _orthogonalized(cat([Q, more], -1))
        identity = eye(rows, dtype=Q.dtype, device=Q.device)
        if allclose(matmul(Q.mT, Q), identity, atol=10 * rows * finfo(Q.dtype).eps):
            return Q.clone()  # type: ignore[no-any-return]  # bound from a table
        return _orthogonalized(Q)


def orthogonal(
    module: _M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> _M:
    """Makes the matrices `name` orthogonal: orthonormal columns, or rows where there are fewer of them.

    `orthogonal_map` is "matrix_exp", "cayley" or "householder"; by default the first for square matrices, else the
    last. Raises ValueError for another name, for vectors, and where there is no such tensor. Source: Lezcano, 2019.
    """
    weight = _tensor(module, name)
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.size(-2) == weight.size(-1) else "householder"
    if orthogonal_map not in _OrthMaps.__members__:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    kind = _OrthMaps[orthogonal_map]
    register_parametrization(
        module, name, _Orthogonal(weight, kind, use_trivialization=use_trivialization), unsafe=True
    )
    return module
