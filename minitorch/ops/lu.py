"""LU decompositions, equations by them, and decompositions that say by a number where they failed.

A = P L U: a permutation, ones on the diagonal over a lower triangle, and an upper triangle. L and U lie in one matrix.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from minitorch import return_types
from minitorch.autograd.op import op
from minitorch.backend import Array, array_module, to_host
from minitorch.dtypes import int32
from minitorch.errors import NotSupportedError, shape_list, user_stacklevel
from minitorch.ops import comparison, decompositions, diagonals, linalg
from minitorch.ops._elimination import eliminated
from minitorch.ops.choices import where
from minitorch.ops.copies import tied
from minitorch.ops.decompositions import (
    LinAlgError,
    _again,
    _check_kernel,
    _check_tensors,
    _given,
    _identity,
    _mt,
    _solve,
    _t,
)
from minitorch.tensor import Tensor, wrap


@op(outputs=return_types.linalg_lu_factor_ex, differentiable=(0,), backward="LinalgLuFactorExBackward0")
def _lu_factor(xp: Any, A: Array) -> Any:
    _check_kernel("lu_cpu", A)
    return eliminated(xp, A)


@op
def _permutation(xp: Any, pivots: Array, LU: Array) -> Array:
    """The matrix P that the swaps of rows, one after the other, come to; of the dtype of LU, and as high."""
    rows = LU.shape[-2]
    swaps = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    items = xp.arange(len(swaps))
    order = xp.zeros((len(swaps), rows), "int64") + xp.arange(rows)
    for k in range(swaps.shape[1]):
        upper, other = order[:, k].copy(), swaps[:, k] - 1
        order[:, k] = order[items, other]
        order[items, other] = upper
    P = (order[:, None, :] == xp.arange(rows)[:, None]).astype(LU.dtype)
    return P.reshape(*pivots.shape[:-1], rows, rows)


@op
def _eye(xp: Any, matrix: Array) -> Array:
    return xp.eye(matrix.shape[-1], dtype=matrix.dtype)


def _lu_input(xp: Any, g: Any, A: Any, LU: Any, pivots: Any) -> Any:
    # Of the square part: L^-T (tril(L^T gL - gV V^T) + triu(gU U^T - K^T gK)) U^-T, where V lies beside U, K below L.
    LU, pivots, *_ = _again(xp, _lu_factor, (LU, pivots), A)
    rows, columns = LU.shape[-2:]
    size = min(rows, columns)
    square = LU[..., :size, :size]
    L, U = xp.tril(square, -1) + _eye.on(xp)(square), xp.triu(square)
    gL, gU = xp.tril(g[..., :size, :size], -1), xp.triu(g[..., :size, :size])
    solve = _solve.on(xp)

    def over_U(matrix: Any) -> Any:
        return _t(xp, solve(U, _t(xp, matrix)))

    left, right = xp.matmul(_t(xp, L), gL), xp.matmul(gU, _t(xp, U))
    if columns > rows:
        beside = solve(_t(xp, L), g[..., :, size:])
        left = left - xp.matmul(g[..., :, size:], _t(xp, LU[..., :, size:]))
    if rows > columns:
        below = over_U(g[..., size:, :])
        right = right - xp.matmul(_t(xp, LU[..., size:, :]), g[..., size:, :])
    result = over_U(solve(_t(xp, L), xp.tril(left, -1) + xp.triu(right)))
    if columns > rows:
        result = xp.concatenate([result, beside], axis=-1)
    if rows > columns:
        result = xp.concatenate([result, below], axis=-2)
    return xp.matmul(_permutation.on(xp)(pivots, LU), result)


_lu_factor.grad(A=_lu_input)


def _factored(name: str, A: Tensor, pivot: bool) -> Any:
    _check_tensors(name.replace(".", "_"), A=A)
    if A.dim() < 2:
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead")
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    return _lu_factor(A)


def _first_failure(info: Tensor) -> tuple[str, int] | None:
    """Which matrix of a batch failed first, in words, and its number; None where all are 0."""
    if not (info._array != 0).any():
        return None
    numbers = to_host(info._array).reshape(-1)
    first = int(np.flatnonzero(numbers)[0])
    return f"(Batch element {first}): " if info.dim() else "", int(numbers[first])


def _check_info(name: str, info: Tensor) -> None:
    failure = _first_failure(info)
    if failure is not None:
        which, k = failure
        raise RuntimeError(
            f"{name}: {which}U[{k},{k}] is zero and using it on lu_solve would result in a division by zero. If you "
            "still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
            "linalg.lu_factor_ex(A, pivot)"
        )


def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """L and U in one matrix, and with which row (from 1 on) each was swapped; raises RuntimeError for a zero in U."""
    LU, pivots, info = _factored("torch.lu_factor", A, pivot)
    _check_info("torch.linalg.lu_factor", info)
    return return_types.linalg_lu_factor(LU, pivots)


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """As lu_factor, and for each matrix the place of the first zero on U's diagonal, 0 if there is none."""
    result = _factored("torch.lu_factor", A, pivot)
    if check_errors:
        _check_info("torch.linalg.lu_factor_ex", result.info)
    return result


def lu(A: Tensor, *, pivot: bool = True) -> Any:
    """P, L, U with A = P L U, of matrices of any shape: L is as wide, U as high as the shorter side."""
    LU, pivots, _ = _factored("linalg.lu", A, pivot)
    return return_types.linalg_lu(*_unpacked(LU, pivots))


def _unpacked(LU: Tensor, pivots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    P: Tensor = _permutation(pivots, LU.detach())
    return P, *_triangles(LU)


def _triangles(LU: Tensor) -> tuple[Tensor, Tensor]:
    """L, with ones on its diagonal, and U."""
    rows, size = LU.shape[-2], min(LU.shape[-2:])
    ones: Tensor = wrap(array_module(LU._array).eye(rows, size, dtype=LU._array.dtype))
    return diagonals.tril(LU[..., :size], -1) + ones, diagonals.triu(LU[..., :size, :])


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """P, L and U of what lu_factor gave; empty tensors for what is not asked for."""
    _check_tensors("lu_unpack", LU_data=LU_data, LU_pivots=LU_pivots)
    if LU_data.dim() < 2:
        raise RuntimeError(
            f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {shape_list(LU_data.shape)} instead"
        )
    P = L = U = LU_data.detach().new_empty(0)
    if unpack_pivots:
        if LU_pivots.dtype is not int32:
            raise RuntimeError("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.")
        swaps = LU_pivots._array[..., : min(LU_data.shape[-2:])]
        if swaps.size and not 1 <= int(swaps.min()) <= int(swaps.max()) <= LU_data.shape[-2]:
            raise RuntimeError("lu_unpack: pivots must be between 1 and LU.size(-2) inclusive: give those of lu_factor")
        P = _permutation(wrap(swaps), LU_data.detach())
    if unpack_data:
        L, U = _triangles(LU_data)
    return return_types.lu_unpack(P, L, U)


def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False, out: Tensor | None = None
) -> Tensor:
    """X with A X = B, A being what lu_factor was given, or its transpose if `adjoint`; X A = B unless `left`."""
    _check_tensors("linalg_lu_solve", LU=LU, pivots=pivots, B=B)
    if pivots.dtype is not int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    if LU.dtype is not B.dtype:
        raise RuntimeError(
            f"linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {LU.dtype.legacy_name} "
            f"and B of type {B.dtype.legacy_name} instead"
        )
    decompositions._check_square("torch.linalg.lu_solve: ", LU)
    if B.dim() < 2 or B.shape[-2 if left else -1] != LU.shape[-1]:
        sizes = f"{LU.shape[-2]}x{LU.shape[-1]} and {'x'.join(map(str, B.shape[-2:]))}"
        raise RuntimeError(
            f"linalg.lu_solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({sizes})"
        )
    if not left:
        return _given(_mt(lu_solve(LU, pivots, _mt(B), adjoint=not adjoint)), out)
    P, L, U = _unpacked(LU, pivots)
    solve = decompositions.solve_triangular
    if adjoint:
        inner = solve(_mt(L), solve(_mt(U), B, upper=False), upper=True, unitriangular=True)
        return _given(linalg.matmul(P, inner), out)
    inner = solve(L, linalg.matmul(_mt(P), B), upper=False, unitriangular=True)
    return _given(solve(U, inner, upper=True), out)


# --- with a number in place of an error -------------------------------------------------------------------------------

_NOT_POSITIVE = (
    "linalg.cholesky_ex: {which}The factorization could not be completed because the input is not positive-definite "
    "(the leading minor of order {k} is not positive-definite)."
)
_NO_INVERSE = (
    "linalg.inv_ex: {which}The diagonal element {k} is zero, the inversion could not be completed because the input "
    "matrix is singular."
)
_NO_SOLUTION = "torch.linalg.solve_ex: {which}The solver failed because the input matrix is singular."


def _marked(
    find: Callable[[Tensor], Tensor], fails: Callable[[Tensor], Array], A: Tensor, message: str | None
) -> tuple[Tensor, Tensor]:
    """What `find` gives for the matrices A, nan where it fails, and the numbers that `fails` gives: 0 where not.

    With a `message`, raises it as LinAlgError for the first failure; its "{which}" and "{k}" say where.
    """
    xp = array_module(A._array)
    try:
        return find(A), wrap(xp.zeros(A._array.shape[:-2], "int32"))
    except LinAlgError:
        info: Tensor = wrap(xp.asarray(fails(A.detach()), "int32"))
    failure = _first_failure(info)
    if message is not None and failure is not None:
        raise LinAlgError(message.format(which=failure[0], k=failure[1]))
    ok = comparison.eq(info, 0)[..., None, None]
    return where(ok, find(where(ok, A, _identity(A))), math.nan), info


def _minor(A: Tensor) -> Any:
    """The order of the first leading minor of each matrix that is not positive, 0 if there is none."""
    matrices = to_host(A._array)
    sizes = range(1, matrices.shape[-1] + 1)
    wrong = np.stack([~_positive(matrices[..., :k, :k]) for k in sizes], -1)
    return np.where(wrong.any(-1), wrong.argmax(-1) + 1, 0)


def _positive(matrices: Any) -> Any:
    lower = np.tril(matrices)
    return np.linalg.eigvalsh(lower, "L").min(-1) > 0


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """As cholesky, and for each matrix the order of the first leading minor that is not positive, or 0.

    Differs from torch: the factor of such a matrix is nan.
    """
    _check_tensors("linalg_cholesky_ex", A=A)
    found = _marked(
        lambda each: decompositions.cholesky(each, upper=upper),
        lambda each: _minor(_mt(each) if upper else each),
        A,
        _NOT_POSITIVE if check_errors else None,
    )
    return return_types.linalg_cholesky_ex(*found)


def _zeros(A: Tensor) -> Array:
    found: Any = _lu_factor(A)
    return found.info._array


def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """As inv, and for each matrix the place of the first zero on the diagonal of its U, or 0.

    Differs from torch: the inverse of such a matrix is nan everywhere.
    """
    _check_tensors("linalg_inv_ex", A=A)
    found = _marked(decompositions.inv, _zeros, A, _NO_INVERSE if check_errors else None)
    return return_types.linalg_inv_ex(*found)


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """As solve, and for each matrix the place of the first zero on the diagonal of its U, or 0.

    Differs from torch: the solution of such an equation is nan everywhere.
    """
    _check_tensors("linalg_solve_ex", A=A, B=B)
    vector = B.dim() == 1 or (B.dim() == A.dim() - 1 and tuple(B.shape) == tuple(A.shape[:-1]))
    matrix = B[..., None] if vector else B

    def find(each: Tensor) -> Tensor:
        return decompositions.solve(each, matrix, left=left)

    result, info = _marked(find, _zeros, A, _NO_SOLUTION if check_errors else None)
    return return_types.linalg_solve_ex(result[..., 0] if vector else result, info)


# --- complex eigenvalues ----------------------------------------------------------------------------------------------


def _no_complex(name: str) -> NoReturn:
    raise NotSupportedError(
        f"linalg.{name}: the eigenvalues of a matrix that is not symmetric may be complex, and there are no complex "
        "tensors here: use torch.linalg.eigh or eigvalsh for a symmetric one"
    )


def eig(A: Tensor) -> Any:
    """Always raises NotSupportedError: the eigenvalues are complex numbers, which are not there."""
    _no_complex("eig")


def eigvals(A: Tensor) -> Tensor:
    """Always raises NotSupportedError: the eigenvalues are complex numbers, which are not there."""
    _no_complex("eigvals")


# --- the older forms, at torch's top ----------------------------------------------------------------------------------


def _deprecated(name: str, instead: str) -> None:
    warnings.warn(
        f"torch.{name} is deprecated in favor of torch.linalg.{instead} and will be removed in a future PyTorch "
        "release: mind that its arguments come in another order.",
        stacklevel=user_stacklevel(),
    )


def lu_solve_of(input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """torch.lu_solve: as torch.linalg.lu_solve, `input` first. Deprecated."""
    _deprecated("lu_solve", "lu_solve")
    return lu_solve(LU_data, LU_pivots, input, out=out)


def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """X with A X = input, or A^T X = input, of a triangle of A alone; and a copy of A. Deprecated."""
    _deprecated("triangular_solve", "solve_triangular")
    _check_tensors("triangular_solve", input=input, A=A)
    for name, each in (("b", input), ("A", A)):
        if each.dim() < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {each.dim()} "
                "dimensions instead"
            )
    decompositions._check_square("", A)
    solution = decompositions.solve_triangular(
        _mt(A) if transpose else A, input, upper=upper != transpose, unitriangular=unitriangular
    )
    return return_types.triangular_solve(solution, tied(A, input))
