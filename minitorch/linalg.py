"""torch.linalg: equations, determinants, decompositions, norms and products of matrices, by torch's names."""

from __future__ import annotations

from minitorch.ops import diagonals
from minitorch.ops import linalg as products
from minitorch.ops.decompositions import (
    LinAlgError,
    cholesky,
    cond,
    det,
    eigh,
    eigvalsh,
    householder_product,
    inv,
    lstsq,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    norm,
    pinv,
    qr,
    slogdet,
    solve,
    solve_triangular,
    svd,
    svdvals,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)
from minitorch.ops.linalg import matmul, multi_dot
from minitorch.ops.lu import cholesky_ex, eig, eigvals, inv_ex, lu, lu_factor, lu_factor_ex, lu_solve, solve_ex
from minitorch.ops.vector_norms import vector_norm
from minitorch.tensor import Tensor

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]


def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The cross product of 3-vectors along `dim`; raises RuntimeError where that is of another size."""
    return products.cross(input, other, dim, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of the matrices in dimensions `dim1` and `dim2`, as the last dimension; a view."""
    result: Tensor = diagonals.diagonal(A, offset, dim1, dim2)
    return result
