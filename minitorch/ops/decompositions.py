"""Inverses, determinants and decompositions of matrices, in batches: their last two dimensions are the matrices.

In the rules `_t` transposes, and matrices that LAPACK makes are taken as they come: where it may choose (the signs of
vectors), so does the gradient, and only what does not depend on the choice is well defined.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.autograd.graph import lifted
from minitorch.autograd.op import op
from minitorch.backend import Array, array_module, linalg_raises, to_host
from minitorch.dtypes import from_numpy_dtype, int64
from minitorch.errors import type_name, user_stacklevel
from minitorch.ops import diagonals, extremes, linalg, parts, permutation, repeating, shape, totals, vector_norms
from minitorch.ops._elimination import eliminated
from minitorch.ops.choices import where
from minitorch.tensor import Tensor, wrap


class LinAlgError(RuntimeError):
    """Raised for a matrix that cannot be inverted or decomposed: torch.linalg.LinAlgError."""


def _t(xp: Any, array: Any) -> Any:
    return xp.swapaxes(array, -1, -2)


def _check(name: str, A: Array, square: bool = False) -> None:
    """Raises torch's errors unless A holds floating point matrices, square ones if so wished."""
    if A.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if square and A.shape[-1] != A.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {A.shape[-2]} by {A.shape[-1]} matrices"
        )
    if A.dtype.kind != "f":
        given = from_numpy_dtype(A.dtype).legacy_name
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {given}")
    if A.dtype.itemsize < 4:
        raise NotImplementedError(f"{name}: Low precision dtypes not supported. Got Half")


def _check_tensors(name: str, **given: Any) -> None:
    for position, (argument, value) in enumerate(given.items()):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position + 1}) must be Tensor, not {type(value).__name__}"
            )


def _check_kernel(kernel: str, A: Array) -> None:
    """Raises torch's error for a dtype that the kernel does not take, where it alone checks that."""
    if A.dtype.kind != "f" or A.dtype.itemsize < 4:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{from_numpy_dtype(A.dtype).legacy_name}'")


def _first_failure(A: Array, fails: Any) -> tuple[str, Any]:
    """Which matrix of a batch it was that `fails`, as torch says it, and that matrix."""
    matrices = to_host(A).reshape(-1, *A.shape[-2:])
    for k, matrix in enumerate(matrices):
        if fails(matrix):
            return (f"(Batch element {k}): " if A.ndim > 2 else ""), matrix
    return "", matrices[0]


def _raises(function: Any) -> Any:
    """Whether a function of a matrix finds no result, as a function of it."""

    def fails(matrix: Any) -> bool:
        try:
            return not np.isfinite(function(matrix)).all()
        except np.linalg.LinAlgError:
            return True

    return fails


# --- equations --------------------------------------------------------------------------------------------------------


@op(backward="LinalgInvExBackward0")
def inv(xp: Any, A: Array) -> Array:
    """The inverse; raises LinAlgError for a singular matrix."""
    _check("linalg.inv", A, square=True)
    try:
        with linalg_raises(xp):
            return xp.linalg.inv(A)
    except np.linalg.LinAlgError:
        which, matrix = _first_failure(A, _raises(np.linalg.inv))
        # The smallest one, should rounding have left none that is 0 here
        diagonal = np.absolute(np.diagonal(eliminated(np, matrix)[0]))
        raise LinAlgError(
            f"linalg.inv: {which}The diagonal element {diagonal.argmin() + 1} is zero, the inversion could "
            "not be completed because the input matrix is singular."
        ) from None


inv.grad(A=lambda xp, g, out: -xp.matmul(_t(xp, out), xp.matmul(g, _t(xp, out))))


@op(backward="LinalgSolveExBackward0")
def _solve(xp: Any, A: Array, B: Array) -> Array:
    """X with A X = B, for matrices of as many rows."""
    try:
        with linalg_raises(xp):
            return xp.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        which, _ = _first_failure(A, _raises(np.linalg.inv))
        raise LinAlgError(
            f"torch.linalg.solve: {which}The solver failed because the input matrix is singular."
        ) from None


_solve.grad(
    A=lambda xp, g, A, out: -xp.matmul(_solve.on(xp)(_t(xp, A), g), _t(xp, out)),
    B=lambda xp, g, A: _solve.on(xp)(_t(xp, A), g),
)


def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """X with A X = B, or X A = B when not `left`; B may be a vector, or one a matrix of A.

    Raises LinAlgError for a singular matrix.
    """
    _check_tensors("linalg_solve", A=A, B=B)
    _check("linalg.solve", A._array, square=True)
    if A.dtype is not B.dtype:
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {A.dtype.legacy_name} and B "
            f"of type {B.dtype.legacy_name} instead"
        )
    vector = B.dim() == 1 or (B.dim() == A.dim() - 1 and tuple(B.shape) == tuple(A.shape[:-1]))
    right = shape.unsqueeze(B, -1) if vector else B
    if right.dim() < 2 or right.shape[-2 if left else -1] != A.shape[-1]:
        sizes = " and ".join(f"{each.shape[-2]}x{each.shape[-1]}" for each in (A, right) if each.dim() > 1)
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} ({sizes})"
        )
    result: Tensor = _solve(A, right) if left else permutation.transpose(_solve(_mt(A), _mt(right)), -1, -2)
    return _given(shape.squeeze(result, -1) if vector else result, out)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False, out: Tensor | None = None
) -> Tensor:
    """As `solve`, of the upper or lower triangle of A alone, with ones on its diagonal if `unitriangular`."""
    _check_tensors("linalg_solve_triangular", A=A, B=B)
    for name, each in (("A", A), ("B", B)):
        if each.dim() < 2:
            raise RuntimeError(f"linalg.solve_triangular: The input tensor {name} must have at least 2 dimensions.")
    if A.shape[-1] == A.shape[-2]:
        _check_kernel("triangular_solve_cpu", A._array)
    _check("linalg.solve_triangular", A._array, square=True)
    part = (diagonals.triu if upper else diagonals.tril)(A, (1 if upper else -1) if unitriangular else 0)
    return solve(part + _identity(A) if unitriangular else part, B, left=left, out=out)


def _mt(A: Tensor) -> Tensor:
    return permutation.transpose(A, -1, -2)


def _identity(A: Tensor, size: int | None = None) -> Tensor:
    """The identity of A's dtype, and of its size if none is given."""
    xp = array_module(A._array)
    eye: Tensor = wrap(xp.eye(A._array.shape[-1] if size is None else size, dtype=A._array.dtype))
    return eye


def _given(result: Tensor, out: Tensor | None) -> Tensor:
    return result if out is None else linalg._written(out, result)


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of square matrices; a negative one is a power of the inverse."""
    return linalg.matrix_power(input, n, out=out) if n >= 0 else linalg.matrix_power(inv(input), -n, out=out)


# --- determinants -----------------------------------------------------------------------------------------------------


@op
def _cofactor(xp: Any, A: Array) -> Array:
    """The matrix of cofactors, the gradient of the determinant, also of singular matrices: by the singular values."""
    U, S, Vh = xp.linalg.svd(A, full_matrices=False)
    ones = xp.ones((*S.shape[:-1], 1), S.dtype)
    before = xp.cumprod(xp.concatenate([ones, S], -1), -1)[..., :-1]
    after = xp.flip(xp.cumprod(xp.concatenate([ones, xp.flip(S, -1)], -1), -1)[..., :-1], -1)
    sign = xp.linalg.det(U) * xp.linalg.det(Vh)
    return xp.matmul(U * (before * after)[..., None, :], Vh) * sign[..., None, None]


def _cofactor_input(xp: Any, g: Any, A: Any, out: Any) -> Any:
    # Of C = det(A) A^-T: the determinant changes by <C, dA>, the inverse by -A^-1 dA A^-1.
    inverse = _t(xp, inv.on(xp)(A))
    along = (g * inverse).sum(-1).sum(-1)[..., None, None]
    return along * out - xp.matmul(out, xp.matmul(_t(xp, g), inverse))


_cofactor.grad(A=_cofactor_input)


@op(backward="LinalgDetBackward0")
def det(xp: Any, A: Array) -> Array:
    """The determinant. Differs from torch: its gradient is also right where it is 0, which torch takes for 0."""
    _check("linalg.det", A, square=True)
    return xp.linalg.det(A)


det.grad(A=lambda xp, g, A: g[..., None, None] * _cofactor.on(xp)(A))


@op(outputs=return_types.linalg_slogdet, backward="LinalgSlogdetBackward0")
def slogdet(xp: Any, A: Array) -> Any:
    """The sign of the determinant, and the logarithm of its absolute value."""
    _check("linalg.slogdet", A, square=True)
    sign, logabsdet = xp.linalg.slogdet(A)
    return sign, logabsdet


slogdet.grad(A=lambda xp, g, A: g[1][..., None, None] * _t(xp, inv.on(xp)(A)))


def inverse(input: Tensor) -> Tensor:
    """The inverse of square matrices: torch.linalg.inv."""
    return inv(input)


def slogdet_of(input: Tensor) -> Any:
    """torch.slogdet: as torch.linalg.slogdet, by another name of the result."""
    found: Any = slogdet(input)
    return return_types.slogdet(*found)


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant: nan where that is negative, -inf where it is zero."""
    found: Any = slogdet(input)
    sign, logabsdet = found
    result: Tensor = where(sign == -1, math.nan, logabsdet)
    return result


# --- decompositions ---------------------------------------------------------------------------------------------------


@op
def _ratio(xp: Any, input: Array, other: Array) -> Array:
    """input / other, and 0 where `input` is 0: a gradient that nobody asked for stays 0 over a gap of 0."""
    return xp.where(input == 0, input * 0, input / other)


_ratio.grad(
    input=lambda xp, g, other: _ratio.on(xp)(g, other),
    other=lambda xp, g, other, out: -_ratio.on(xp)(g * out, other),
)


def _again(xp: Any, operation: Any, results: tuple[Any, ...], *args: Any) -> Any:
    """The results that were saved; under create_graph they are made anew, as they are not saved with their graph."""
    return operation(*args) if xp is lifted else results


def _over_gaps(xp: Any, matrix: Any, values: Any) -> Any:
    """matrix[i, j] / (values[j] - values[i]), and 0 on the diagonal."""
    gaps = values[..., None, :] - values[..., :, None]
    return _ratio.on(xp)(xp.tril(matrix, -1) + xp.triu(matrix, 1), gaps)


@op(backward="LinalgCholeskyExBackward0")
def _cholesky(xp: Any, A: Array) -> Array:
    """The lower triangle L with L L^T = A; only the lower triangle of A is read."""
    _check("linalg.cholesky", A, square=True)
    try:
        with linalg_raises(xp):
            return xp.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        which, matrix = _first_failure(A, _raises(np.linalg.cholesky))
        sizes = range(1, matrix.shape[-1] + 1)
        minor = next(k for k in sizes if _raises(np.linalg.cholesky)(matrix[:k, :k]))
        raise LinAlgError(
            f"linalg.cholesky: {which}The factorization could not be completed because the input is not "
            f"positive-definite (the leading minor of order {minor} is not positive-definite)."
        ) from None


def _cholesky_input(xp: Any, g: Any, out: Any) -> Any:
    product = xp.matmul(_t(xp, out), g)
    halved = (xp.tril(product) + xp.tril(product, -1)) * 0.5
    left = _solve.on(xp)(_t(xp, out), halved)
    result = _t(xp, _solve.on(xp)(_t(xp, out), _t(xp, left)))
    return (result + _t(xp, result)) * 0.5


_cholesky.grad(A=_cholesky_input)


def cholesky(A: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """The lower triangle L with L L^T = A, or the upper one of U^T U = A, of symmetric positive-definite matrices.

    Raises LinAlgError for others. Only that triangle of A is read.
    """
    if upper and A.dim() > 1:
        return _given(_mt(_cholesky(_mt(A))), out)
    return _given(_cholesky(A), out)


@op(outputs=return_types.linalg_eigh, backward="LinalgEighBackward0")
def eigh(xp: Any, A: Array, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, rising, and their eigenvectors in columns; one triangle is read."""
    if A.ndim > 1 and A.shape[-1] == A.shape[-2]:
        _check_kernel("linalg_eigh_cpu", A)
    _check("linalg.eigh", A, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    values, vectors = xp.linalg.eigh(A, UPLO.upper())
    return values, vectors


def _eigh_input(xp: Any, g: Any, A: Any, UPLO: str, eigenvalues: Any, eigenvectors: Any) -> Any:
    values, V = _again(xp, eigh, (eigenvalues, eigenvectors), A, UPLO)
    Vt = _t(xp, V)
    X = xp.matmul(Vt, g[1])
    turned = xp.matmul(V, _over_gaps(xp, (X - _t(xp, X)) * 0.5, values))
    return xp.matmul(turned + V * g[0][..., None, :], Vt)


eigh.grad(A=_eigh_input)


def eigvalsh(A: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of symmetric matrices, rising."""
    found: Any = eigh(A, UPLO)
    return _given(found[0], out)


@op(outputs=return_types.linalg_svd, backward="LinalgSvdBackward0")
def svd(xp: Any, A: Array, full_matrices: bool = True) -> Any:
    """U, S, Vh with U diag(S) Vh = A: S falls; U and Vh are square, or as wide as S when not `full_matrices`."""
    _check("linalg.svd", A)
    try:
        with linalg_raises(xp):
            U, S, Vh = xp.linalg.svd(A, full_matrices=full_matrices)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
        ) from None
    return U, S, Vh


def _svd_input(xp: Any, g: Any, A: Any, full_matrices: bool, U: Any, S: Any, Vh: Any) -> Any:
    U, S, Vh = _again(xp, svd, (U, S, Vh), A, full_matrices)
    k = S.shape[-1]
    gU, gS, gVh = g[0][..., :, :k], g[1], g[2][..., :k, :]
    U, Vh = U[..., :, :k], Vh[..., :k, :]
    row, column = S[..., None, :], S[..., :, None]
    X, Y = xp.matmul(_t(xp, U), gU), xp.matmul(Vh, _t(xp, gVh))
    inner = _over_gaps(xp, X - _t(xp, X), S * S) * row + _over_gaps(xp, Y - _t(xp, Y), S * S) * column
    result = xp.matmul(xp.matmul(U, inner) + U * gS[..., None, :], Vh)
    if U.shape[-2] > k:  # what of gU lies outside the columns of U
        result = result + xp.matmul(_ratio.on(xp)(gU - xp.matmul(U, X), row), Vh)
    if Vh.shape[-1] > k:
        result = result + xp.matmul(U, _ratio.on(xp)(gVh - xp.matmul(_t(xp, Y), Vh), column))
    return result


svd.grad(A=_svd_input)


@op(backward="LinalgSvdBackward0")
def svdvals(xp: Any, A: Array) -> Array:
    """The singular values, falling."""
    return svd.on(xp)(A, False)[1]


def _svdvals_input(xp: Any, g: Any, A: Any) -> Any:
    U, _, Vh = svd.on(xp)(A, False)
    return xp.matmul(U * g[..., None, :], Vh)


svdvals.grad(A=_svdvals_input)


@op(outputs=return_types.linalg_qr, backward="LinalgQrBackward0")
def qr(xp: Any, A: Array, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and an upper triangle R with Q R = A.

    Q is square in mode "complete", empty in mode "r".
    """
    _check("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    if mode == "r":
        return xp.empty(0, A.dtype), xp.linalg.qr(A, "r")
    Q, R = xp.linalg.qr(A, mode)
    return Q, R


def _qr_tall(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    """The gradient for a matrix of at least as many rows as columns."""
    product = xp.matmul(R, _t(xp, gR)) - xp.matmul(_t(xp, gQ), Q)
    mirrored = xp.tril(product) + _t(xp, xp.tril(product, -1))
    return _t(xp, _solve.on(xp)(R, _t(xp, gQ + xp.matmul(Q, mirrored))))


def _qr_input(xp: Any, g: Any, A: Any, mode: str, Q: Any, R: Any) -> Any:
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to differentiate through linalg.qr."
        )
    rows, columns = A.shape[-2:]
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    gQ, gR = g
    Q, R = _again(xp, qr, (Q, R), A, mode)
    if rows >= columns:
        return _qr_tall(xp, gQ, gR, Q, R)
    # Q comes of the first square part X of A = [X, Y] alone, and the rest of R is Q^T Y.
    left, right = gR[..., :, :rows], gR[..., :, rows:]
    along = gQ + xp.matmul(A[..., :, rows:], _t(xp, right))
    return xp.concatenate([_qr_tall(xp, along, left, Q, R[..., :, :rows]), xp.matmul(Q, right)], -1)


qr.grad(A=_qr_input)


# --- reflections ------------------------------------------------------------------------------------------------------


@op(outputs=return_types.geqrf)
def geqrf(xp: Any, input: Array) -> Any:
    """LAPACK's form of the QR decomposition: R in the upper triangle, under it the vectors of the reflections, and tau.

    `householder_product` of the result is Q. It has no derivative.
    """
    _check_rows("torch.geqrf", "input", input)
    _check_kernel("geqrf_cpu", input)
    packed, tau = xp.linalg.qr(input, "raw")
    return _t(xp, packed), tau


def _geqrf_input(xp: Any, g: Any) -> Any:
    raise NotImplementedError("the derivative for 'geqrf' is not implemented. Use torch.linalg.qr, which has one.")


geqrf.grad(input=_geqrf_input)


def _check_rows(name: str, argument: str, array: Array) -> None:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: {argument} must have at least 2 dimensions, but it has {array.ndim}.")


def _check_reflections(name: str, input: Tensor, tau: Tensor) -> None:
    """Raises torch's errors unless tau has one number for every reflection that input holds."""
    if not tau.dim():
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    _check_rows(name, "input", input._array)
    if input.shape[-2] < input.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if input.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if tau.dim() != input.dim() - 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.dim()} and "
            f"input.ndim is equal to {input.dim()}"
        )
    if tau.shape[:-1] != input.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}"
        )
    if tau.dtype is not input.dtype:
        own, given = input.dtype.legacy_name, tau.dtype.legacy_name
        raise RuntimeError(f"{name}: tau dtype {given} does not match input dtype {own}")
    _check_kernel("orgqr_cpu", input._array)


def _reflections(input: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
    """V and T with V T V^T = I - H_1 H_2 ..., for the reflections H_i = I - tau_i v_i v_i^T held as geqrf gives them.

    Source: Schreiber and Van Loan, 1989.
    """
    count = tau.shape[-1]
    V = diagonals.tril(input[..., :count], -1) + _identity(input, input.shape[-2])[:, :count]
    overlaps = diagonals.triu(linalg.matmul(_mt(V), V), 1)
    scales = shape.unsqueeze(tau, -1)
    right_side = _identity(input, count) * scales
    return V, solve_triangular(scales * overlaps, right_side, upper=True, unitriangular=True)


def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of the reflections that geqrf gives, or as many of its first columns as the input has."""
    _check_tensors("linalg_householder_product", input=input, tau=tau)
    _check_reflections("torch.linalg.householder_product", input, tau)
    V, T = _reflections(input, tau)
    columns = input.shape[-1]
    product = linalg.matmul(V, linalg.matmul(T, _mt(V[..., :columns, :])))
    return _given(_identity(input, input.shape[-2])[:, :columns] - product, out)


# --- what follows from the singular values ----------------------------------------------------------------------------


def _cutoff(A: Array, largest: Array, atol: Any, rtol: Any) -> Any:
    """Below which a singular value counts as zero."""
    if rtol is None:
        rtol = 0.0 if atol is not None else max(A.shape[-2:]) * float(np.finfo(A.dtype).eps)
    return array_module(A).maximum(largest * rtol, 0.0 if atol is None else atol)


@op(backward="LinalgPinvBackward0")
def _pinv(xp: Any, A: Array, atol: Any, rtol: Any) -> Array:
    U, S, Vh = xp.linalg.svd(A, full_matrices=False)
    if not S.size:
        return xp.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    kept = S > _cutoff(A, S[..., :1], atol, rtol)
    inverse = xp.where(kept, 1 / xp.where(kept, S, S * 0 + 1), S * 0)
    return xp.matmul(_t(xp, Vh) * inverse[..., None, :], _t(xp, U))


def _pinv_input(xp: Any, g: Any, A: Any, out: Any) -> Any:
    P, Pt, gt = out, _t(xp, out), _t(xp, g)
    first, last = xp.matmul(gt, xp.matmul(P, Pt)), xp.matmul(xp.matmul(Pt, P), gt)
    return (
        first - xp.matmul(A, xp.matmul(P, first))
        + last - xp.matmul(xp.matmul(last, P), A)
        - xp.matmul(Pt, xp.matmul(g, Pt))
    )  # fmt: skip


_pinv.grad(A=_pinv_input)


def pinv(
    A: Tensor, *, atol: Any = None, rtol: Any = None, hermitian: bool = False, out: Tensor | None = None
) -> Tensor:
    """The Moore-Penrose inverse; singular values up to max(atol, rtol * the largest) count as zero."""
    if A.dim() < 2 or A._array.dtype.kind != "f" or A._array.dtype.itemsize < 4:
        raise RuntimeError(
            f"linalg.pinv({A.dtype.legacy_name}{{{list(A.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    return _given(_pinv(A, _numbers(atol), _numbers(rtol)), out)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The Moore-Penrose inverse; singular values up to rcond times the largest count as zero."""
    return pinv(input, rtol=rcond)


def _numbers(tolerance: Any) -> Any:
    """A tolerance as a number, or as an array with one a matrix."""
    return tolerance._array[..., None] if isinstance(tolerance, Tensor) else tolerance


def matrix_rank(
    A: Tensor,
    *,
    atol: Any = None,
    rtol: Any = None,
    tol: Any = None,
    hermitian: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """How many singular values are above max(atol, rtol * the largest); `tol` is the old name of atol."""
    if A.dim() < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    given = not (atol is None and rtol is None and tol is None)
    if not given and (A._array.dtype.kind != "f" or A._array.dtype.itemsize < 4):
        raise RuntimeError("This function doesn't handle types other than float and double")
    values = svdvals(A.detach())._array
    limit = _cutoff(A._array, values[..., :1], _numbers(tol if atol is None else atol), _numbers(rtol))
    result: Tensor = wrap(array_module(values).asarray((values > limit).sum(-1)))
    return _given(result, out)


def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> Any:
    """X that makes |A X - B| least, and of those the shortest: solution, residuals, rank, singular values.

    Differs from torch: every driver is the same here, by the singular values; residuals and singular values are empty,
    as by torch's default driver.
    """
    _check_tensors("linalg_lstsq", A=A, B=B)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got {driver}"
        )
    vector = B.dim() == A.dim() - 1
    right = shape.unsqueeze(B, -1) if vector else B
    if right.dim() < 2 or A.dim() < 2 or right.shape[-2] != A.shape[-2]:
        raise RuntimeError(
            f"torch.linalg.lstsq: input.size(-2) should match other.size(-2), got {list(A.shape)} and {list(B.shape)}"
        )
    solution = linalg.matmul(pinv(A, rtol=rcond), right)
    empty = shape.reshape(solution, (-1,))[:0]
    return return_types.linalg_lstsq(
        shape.squeeze(solution, -1) if vector else solution, empty, matrix_rank(A, rtol=rcond), empty.detach()
    )


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """The norm of matrices: 'fro', 'nuc' (the sum of the singular values), 2 and -2 (their largest and smallest), or 1,
    -1, inf, -inf (the largest or smallest sum of a column or row)."""
    if ord not in ("nuc", 2, -2) or A.dim() < 2 or len(dim) != 2:
        return vector_norms.matrix_norm(A, ord, dim, keepdim, dtype=dtype, out=out)
    wide = A if dtype is None else A.to(dtype)
    values = svdvals(permutation.movedim(wide, tuple(dim), (-2, -1)))
    found: Any = totals.sum if ord == "nuc" else extremes.amax if ord == 2 else extremes.amin
    result: Tensor = found(values, -1)
    if keepdim:
        for place in sorted(each % A.dim() for each in dim):
            result = shape.unsqueeze(result, place)
    return _given(result, out)


def nuclear_norm(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The sum of the singular values of matrices in the last two dimensions, or in `dim`, where keepdim may stand, too.

    Deprecated: use torch.linalg.matrix_norm.
    """
    warnings.warn(
        "at::nuclear_norm is deprecated: use linalg.matrix_norm(A, 'nuc', dim, keepdim)", stacklevel=user_stacklevel()
    )
    if isinstance(dim, bool):
        dim, keepdim = None, dim
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, out=out)


def norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """A vector norm of one dimension or of a vector, a matrix norm of two dimensions or of a matrix."""
    pair = (A.dim() == 2 or ord == "nuc") if dim is None else not isinstance(dim, int) and len(dim) == 2
    if ord in ("nuc", 2, -2) and pair:
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)
    return vector_norms.linalg_norm(A, ord, dim, keepdim, dtype=dtype, out=out)


def cond(A: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """How much an error in B grows in `solve(A, B)`: the ratio of the singular values, or |A| |A^-1| by norm p."""
    if p in (None, 2, -2):
        if A.dim() < 2:
            raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
        values = svdvals(A)
        first, last = parts.select(values, -1, 0), parts.select(values, -1, -1)
        return _given(last / first if p == -2 else first / last, out)
    _check(f"linalg.cond(ord={p})", A._array, square=True)
    return _given(matrix_norm(A, p) * matrix_norm(inv(A), p), out)


# --- series -----------------------------------------------------------------------------------------------------------


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of square matrices: I + A + A^2 / 2 + ..., of A halved until it is small, and squared again."""
    _check("linalg.matrix_exp", A._array, square=True)
    largest = float(abs(A._array).sum(-2).max()) if A._array.size else 0.0
    halvings = max(0, math.ceil(math.log2(largest)) + 1) if 0 < largest < math.inf else 0
    small = A * 0.5**halvings
    result = term = _identity(A) + A * 0
    for k in range(1, 18):  # for a norm of a half at most, the next term is below the rounding of float64
        term = linalg.matmul(term, small) / k
        result = result + term
    for _ in range(halvings):
        result = linalg.matmul(result, result)
    return result


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers 0 to N - 1 of every element, in a last dimension of their own; N is the length of x by default."""
    if x._array.dtype.kind == "b" or (x._array.dtype.kind == "f" and x._array.dtype.itemsize < 4):
        given = x.dtype.legacy_name
        raise RuntimeError(f"linalg.vander supports floating point, complex, and integer tensors, but got {given}")
    count = x.size(-1) if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers: Tensor = wrap(array_module(x._array).arange(count))
    result: Tensor = shape.unsqueeze(x, -1) ** powers
    return result


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The dot products of vectors along `dim`; those of a vector with each of many, where the shapes broadcast."""
    _check_tensors("linalg_vecdot", x=x, y=y)
    if x.dtype is not y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {x.dtype.legacy_name} and y "
            f"of type {y.dtype.legacy_name} instead"
        )
    if x._array.dtype.kind != "f":
        given = x.dtype.legacy_name
        raise RuntimeError(f"linalg.vecdot: Expected a floating point or complex tensor as input. Got {given}")
    return _given(totals.sum(x * y, dim), out)


# --- tensors as matrices ----------------------------------------------------------------------------------------------


def tensorinv(A: Tensor, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """The inverse of A as a map from its dimensions from `ind` on to those before: of shape A.shape[ind:] + the rest.

    Raises RuntimeError where the two do not have equally many elements, and for an `ind` below 1.
    """
    if ind < 1:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = math.prod(A.shape[:ind]), math.prod(A.shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    return _given(shape.reshape(inv(shape.reshape(A, (rows, rows))), (*A.shape[ind:], *A.shape[:ind])), out)


def tensorsolve(A: Tensor, B: Tensor, dims: Any = None, *, out: Tensor | None = None) -> Tensor:
    """X with tensordot(A, X) = B, where A has first the dimensions of B and then those of X; `dims` of A move last.

    Raises RuntimeError where those of X and of B do not have equally many elements.
    """
    _check_tensors("linalg_tensorsolve", input=A, other=B)
    moved = A if dims is None else permutation.movedim(A, tuple(dims), tuple(range(A.dim() - len(dims), A.dim())))
    wanted = tuple(moved.shape[B.dim() :])
    count = math.prod(wanted)
    if count != B.numel():
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {count} != {B.numel()}"
        )
    solution = solve(shape.reshape(moved, (count, count)), shape.reshape(B, (-1,)))
    return _given(shape.reshape(solution, wanted), out)


# --- the older forms, at torch's top ----------------------------------------------------------------------------------


def _deprecated(name: str, advice: str) -> None:
    warnings.warn(
        f"torch.{name} is deprecated in favor of torch.linalg.{name} and will be removed in a future PyTorch release.\n"
        f"{advice}",
        stacklevel=user_stacklevel(),
    )


def svd_of(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """U, S, V with U diag(S) V^T = input; U and V are as wide as S if `some`, and zeros unless `compute_uv`."""
    if compute_uv:
        decomposed: Any = svd(input, not some)
        U, S, Vh = decomposed
        return return_types.svd(U, S, _mt(Vh))
    xp, array = array_module(input._array), input._array
    U, V = (wrap(xp.zeros((*array.shape[:-2], size, size), array.dtype)) for size in array.shape[-2:])
    return return_types.svd(U, svdvals(input), V)


def qr_of(input: Tensor, some: bool = True) -> Any:
    """The QR decomposition, with a square Q unless `some`. Deprecated: use torch.linalg.qr."""
    _deprecated(
        "qr",
        "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\nQ, R = torch.qr(A, some)\n"
        "should be replaced with\nQ, R = torch.linalg.qr(A, 'reduced' if some else 'complete')",
    )
    decomposed: Any = qr(input, "reduced" if some else "complete")
    return return_types.qr(*decomposed)


def cholesky_of(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """As torch.linalg.cholesky. Deprecated."""
    _deprecated(
        "cholesky",
        "L = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
        "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\nThis transform "
        "will produce equivalent results for all valid (symmetric positive definite) inputs.",
    )
    _check_square("cholesky: ", input)
    _check_kernel("cholesky_cpu", input._array)
    return cholesky(input, upper=upper, out=out)


def cholesky_inverse(L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of A = L L^T, or of L^T L where L is `upper`; the other triangle of L is not read."""
    _check_tensors("cholesky_inverse", input=L)
    _check_flag("cholesky_inverse", "upper", 2, upper)
    _check_square("cholesky_inverse: ", L)
    _check_kernel("cholesky_inverse_out_cpu", L._array)
    root = solve_triangular(L, repeating.expand(_identity(L), tuple(L.shape)), upper=upper)
    return _given(linalg.matmul(root, _mt(root)) if upper else linalg.matmul(_mt(root), root), out)


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """X with A X = B, where A = L L^T, or L^T L where L is `upper`; the other triangle of L is not read."""
    _check_tensors("cholesky_solve", input=B, input2=L)
    _check_flag("cholesky_solve", "upper", 3, upper)
    for name, each in (("b", B), ("u", L)):
        if each.dim() < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {each.dim()} dimensions instead")
    _check_square("", L)
    if B.shape[-2] != L.shape[-1]:
        n, rows, columns = L.shape[-1], *B.shape[-2:]
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {n} by {n} but each b matrix is {rows} by "
            f"{columns}"
        )
    if B.dtype is not L.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {B.dtype.legacy_name} and A of type "
            f"{L.dtype.legacy_name} instead."
        )
    _check_kernel("cholesky_cpu", L._array)
    first, second = (_mt(L), L) if upper else (L, _mt(L))
    return _given(solve_triangular(second, solve_triangular(first, B, upper=False), upper=True), out)


def _check_flag(name: str, argument: str, position: int, value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be bool, not {type_name(value)}")


def _check_square(prefix: str, A: Tensor) -> None:
    if A.dim() < 2:
        raise RuntimeError(f"{prefix}The input tensor A must have at least 2 dimensions.")
    if A.shape[-1] != A.shape[-2]:
        raise RuntimeError(
            f"{prefix}A must be batches of square matrices, but they are {A.shape[-2]} by {A.shape[-1]} matrices"
        )


def vander_of(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N - 1 to 0 of every element of a vector, or 0 to N - 1 if `increasing`; N is its length by default.

    Raises RuntimeError for another number of dimensions, and a negative N.
    """
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.size(0) if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    base = x.to(int64) if x._array.dtype.kind in "biu" else x
    powers: Tensor = wrap(array_module(x._array).arange(count)[:: 1 if increasing else -1].copy())
    result: Tensor = shape.unsqueeze(base, -1) ** powers
    return result
