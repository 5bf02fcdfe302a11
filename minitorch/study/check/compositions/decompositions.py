"""The composition of each operation of ops/decompositions.py that has a formula."""

from __future__ import annotations

import functools
import operator

import minitorch as torch
from minitorch.ops import decompositions
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import NoCompositionError, composition
from minitorch.tensor import Tensor


def _small(A: Tensor) -> int:
    """The number of rows; raises NoCompositionError for more than Laplace's n! terms can be waited for."""
    n = int(A.shape[-1])
    if n > 5:
        raise NoCompositionError(f"it is Laplace's expansion, of n! terms: taken up to 5 rows, not {n}")
    return n


def _minor(A: Tensor, row: int, column: int) -> Tensor:
    """The matrix without a row and a column."""
    rows = torch.cat([A[..., :row, :], A[..., row + 1 :, :]], -2)
    return torch.cat([rows[..., :column], rows[..., column + 1 :]], -1)


@composition(decompositions.det)
def det(A: Tensor) -> Tensor:
    """Laplace's expansion along the first row."""
    if not _small(A):
        return torch.ones(A.shape[:-2], dtype=A.dtype)
    if A.shape[-1] == 1:
        return A[..., 0, 0]
    return _total((-1) ** k * A[..., 0, k] * det(_minor(A, 0, k)) for k in range(A.shape[-1]))


@composition(decompositions.slogdet)
def slogdet(A: Tensor) -> tuple[None, Tensor]:
    """The logarithm; the sign has no derivative."""
    return None, det(A).abs().log()


@composition(decompositions.inv)
def inv(A: Tensor) -> Tensor:
    """Cramer's rule: the cofactors over the determinant."""
    n = _small(A)
    cofactors = [torch.stack([(-1) ** (i + j) * det(_minor(A, j, i)) for j in range(n)], -1) for i in range(n)]
    return torch.stack(cofactors, -2) / det(A)[..., None, None]


@composition(decompositions._solve)
def solve(A: Tensor, B: Tensor) -> Tensor:
    """By the inverse."""
    return inv(A) @ B


@composition(decompositions._cholesky)
def cholesky(A: Tensor) -> Tensor:
    """Element by element; of A, which is symmetric, both triangles count alike."""
    A = (A + A.mT) / 2
    n = A.shape[-1]
    L: list[list[Tensor]] = [[torch.zeros(A.shape[:-2], dtype=A.dtype)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = functools.reduce(operator.sub, (L[i][k] * L[j][k] for k in range(j)), A[..., i, j])
            L[i][j] = rest.sqrt() if i == j else rest / L[j][j]
    return torch.stack([torch.stack(row, -1) for row in L], -2) if n else A
