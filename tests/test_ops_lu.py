"""LU decompositions and what says by a number where it failed: what the parity specs cannot say."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from same import check_same_error

import minitorch
from tests import standin

SETUP = """
L = torch.linalg
A = torch.tensor([[2.0, 1.0, 0.5], [4.0, -1.0, 3.0], [1.0, 0.0, 2.0]])
S = torch.tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0], [3.0, 0.0, 4.0]])
B = torch.tensor([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]])
LU, P = L.lu_factor(A)
"""


def setup(engine: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"torch": engine}
    exec(SETUP, scope)
    return scope


def matrices(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize("shape", [(5, 5), (3, 6), (6, 3), (2, 4, 4), (2, 3, 3, 5), (1, 1), (0, 3), (3, 0), (0, 2, 2)])
def test_the_factors_are_lapacks(shape: tuple[int, ...]) -> None:
    given = matrices(*shape)
    mine, theirs = (engine.linalg.lu_factor_ex(engine.from_numpy(given)) for engine in (minitorch, torch))
    for own, other in zip(mine, theirs, strict=True):
        assert str(own.dtype) == str(other.dtype)
        np.testing.assert_allclose(own.numpy(), other.numpy(), rtol=1e-10, atol=1e-12)
    P, L, U = minitorch.linalg.lu(minitorch.from_numpy(given))
    np.testing.assert_allclose((P @ L @ U).numpy(), given, atol=1e-12)


def test_equal_candidates_and_columns_of_zeros() -> None:
    given = np.array([[[0.0, 2.0], [0.0, -2.0]], [[1.0, 1.0], [-1.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]])
    mine, theirs = (engine.linalg.lu_factor_ex(engine.from_numpy(given)) for engine in (minitorch, torch))
    for own, other in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(own.numpy(), other.numpy())


@pytest.mark.parametrize("shape", [(3, 3), (3, 5), (5, 3), (2, 3, 3)])
def test_gradients(shape: tuple[int, ...]) -> None:
    A = minitorch.from_numpy(matrices(*shape)).requires_grad_()
    assert minitorch.autograd.gradcheck(lambda A: minitorch.linalg.lu(A)[1:], (A,))
    assert minitorch.autograd.gradgradcheck(lambda A: minitorch.linalg.lu_factor(A)[0], (A,))


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_equations(left: bool, adjoint: bool) -> None:
    A, B = minitorch.from_numpy(matrices(2, 4, 4)), minitorch.from_numpy(matrices(2, 4, 4))
    X = minitorch.linalg.lu_solve(*minitorch.linalg.lu_factor(A), B, left=left, adjoint=adjoint)
    own = A.mT if adjoint else A
    assert minitorch.allclose(own @ X if left else X @ own, B)


@pytest.mark.parametrize("name", ["inv_ex", "solve_ex", "cholesky_ex", "lu_factor_ex"])
def test_where_it_failed(name: str) -> None:
    good, bad = np.diag([2.0, 1.0, 3.0]), np.diag([1.0, 0.0, -1.0])
    found = []
    for engine in (minitorch, torch):
        given = engine.from_numpy(np.stack([good, bad]))
        more = (engine.ones((2, 3, 1), dtype=engine.float64),) if name == "solve_ex" else ()
        found.append(getattr(engine.linalg, name)(given, *more))
    result, info = found[0][0], found[0].info
    assert info.dtype is minitorch.int32 and info.tolist() == found[1].info.tolist() == [0, 2]
    np.testing.assert_allclose(result[0].numpy(), found[1][0][0].numpy())
    assert name == "lu_factor_ex" or result[1].isnan().all()


def test_the_gradient_of_what_did_not_fail() -> None:
    A = minitorch.from_numpy(np.stack([np.eye(2) * 2, np.zeros((2, 2))])).requires_grad_()
    minitorch.linalg.inv_ex(A).inverse[0].sum().backward()
    assert A.grad[0].tolist() == [[-0.25, -0.25], [-0.25, -0.25]] and not A.grad[1].any()


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("L.lu(A[0])", "linalg.lu: Expected tensor with 2 or more dimensions. Got size: [3] instead"),
        ("L.lu_factor(A[0])", "torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: [3] instead"),
        ("L.lu(A.long())", "\"lu_cpu\" not implemented for 'Long'"),
        ("L.lu_factor(A.half())", "\"lu_cpu\" not implemented for 'Half'"),
        ("L.lu(A, pivot=False)", "linalg.lu_factor: LU without pivoting is not implemented on the CPU"),
        (
            "L.lu_factor(S)",
            "torch.linalg.lu_factor: U[2,2] is zero and using it on lu_solve would result in a division",
        ),
        (
            "L.lu_factor(torch.stack([A, S]))",
            "torch.linalg.lu_factor: (Batch element 1): U[2,2] is zero",
        ),
        ("L.lu_factor_ex(S, check_errors=True)", "torch.linalg.lu_factor_ex: U[2,2] is zero"),
        (
            "L.lu_solve(LU, P, B[:2])",
            "linalg.lu_solve: Incompatible shapes of A and B for the equation AX = B",
        ),
        ("L.lu_solve(LU, P.long(), B)", "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32"),
        ("L.lu_solve(LU, P, B.double())", "linalg.lu_solve: Expected LU and B to have the same dtype, but found"),
        ("L.lu_solve(LU[:2], P, B)", "A must be batches of square matrices, but they are 2 by 3 matrices"),
        ("torch.lu_unpack(LU, P.long())", "LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."),
        ("torch.triangular_solve(B, A[:2])", "A must be batches of square matrices, but they are 2 by 3 matrices"),
        ("torch.triangular_solve(B[0], A)", "to have at least 2 dimensions, but it has 1 dimensions instead"),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_same_error(call, phrase, SETUP)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("L.inv_ex(S, check_errors=True)", "linalg.inv_ex: The diagonal element 2 is zero, the inversion"),
        ("L.solve_ex(S, B, check_errors=True)", "torch.linalg.solve_ex: The solver failed because the input"),
        ("L.cholesky_ex(-A @ A.T, check_errors=True)", "(the leading minor of order 1 is not positive-definite)"),
    ],
)
def test_errors_that_are_asked_for(call: str, phrase: str) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(engine.linalg.LinAlgError) as raised:
            eval(call, setup(engine))
        assert phrase in str(raised.value)


@pytest.mark.parametrize("name", ["eig", "eigvals"])
def test_complex_eigenvalues_say_why_not(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"linalg.{name}: .* may be complex, and there are no complex"):
        getattr(minitorch.linalg, name)(minitorch.eye(2))


def test_the_older_forms_warn() -> None:
    scope = setup(minitorch)
    with pytest.warns(UserWarning, match="torch.lu_solve is deprecated in favor of torch.linalg.lu_solve"):
        eval("torch.lu_solve(B, LU, P)", scope)
    with pytest.warns(UserWarning, match="torch.triangular_solve is deprecated in favor of torch.linalg"):
        eval("torch.triangular_solve(B, A)", scope)


def test_on_a_device() -> None:
    with standin.installed():
        A = minitorch.from_numpy(matrices(2, 3, 3))
        P, L, U = minitorch.linalg.lu(A.cuda())
        assert P.is_cuda and minitorch.allclose((P @ L @ U).cpu(), A)
