"""torch.linalg: values, gradients and their gradients are torch's where LAPACK leaves no choice; so are errors."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.autograd import gradcheck, gradgradcheck
from tests.same import check_same_error

Array = np.ndarray[Any, Any]


def matrices(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def definite(*batch: int) -> Array:
    made = matrices(*batch, 3, 3)
    return made @ made.swapaxes(-1, -2) + np.eye(3)


def squared(k: int, cut: Callable[[Any], Any] = lambda x: x) -> Callable[..., Any]:
    """A result that does not depend on the signs of vectors: the squares of one of several."""
    return lambda results: cut(results[k]) ** 2


CASES: dict[str, tuple[Callable[[Any, Any], Any], Array]] = {
    "inv": (lambda t, a: t.linalg.inv(a), matrices(2, 3, 3)),
    "det": (lambda t, a: t.linalg.det(a), matrices(2, 3, 3)),
    "det of 1 x 1": (lambda t, a: t.det(a), matrices(2, 1, 1)),
    "slogdet": (lambda t, a: t.linalg.slogdet(a).logabsdet, matrices(2, 3, 3)),
    "torch.slogdet": (lambda t, a: t.slogdet(a)[1] + a.slogdet()[0], matrices(3, 3)),
    "logdet": (lambda t, a: a.logdet(), definite(2)),
    "solve": (lambda t, a: t.linalg.solve(a, a[..., :2] ** 2), matrices(2, 3, 3)),
    "solve for a vector": (lambda t, a: t.linalg.solve(a, a[0]), matrices(3, 3)),
    "solve for vectors": (lambda t, a: t.linalg.solve(a, a[..., 0]), matrices(2, 3, 3)),
    "solve from the right": (lambda t, a: t.linalg.solve(a, a[..., :2, :], left=False), matrices(2, 3, 3)),
    "solve in batches": (lambda t, a: t.linalg.solve(a[0], a), matrices(2, 3, 3)),
    "solve_triangular": (lambda t, a: t.linalg.solve_triangular(a, a * a, upper=True), matrices(3, 3)),
    "unitriangular": (
        lambda t, a: t.linalg.solve_triangular(a, a * a, upper=False, left=False, unitriangular=True),
        matrices(3, 3),
    ),
    "cholesky": (lambda t, a: t.linalg.cholesky(a), definite(2)),
    "upper cholesky": (lambda t, a: t.linalg.cholesky(a, upper=True), definite()),
    "eigvalsh": (lambda t, a: t.linalg.eigvalsh(a), definite(2)),
    "eigenvectors": (lambda t, a: t.linalg.eigh(a).eigenvectors ** 2, definite(2)),
    "eigh of the other triangle": (lambda t, a: t.linalg.eigh(a, "U")[0], matrices(3, 3)),
    "svdvals": (lambda t, a: t.linalg.svdvals(a), matrices(2, 3, 4)),
    **{
        f"svd {k} of {rows} x {columns}, full {full}": (
            lambda t, a, k=k, full=full: squared(k, (lambda u: u[..., :3], lambda s: s, lambda v: v[..., :3, :])[k])(
                t.linalg.svd(a, full_matrices=full)
            ),
            matrices(2, rows, columns),
        )
        for k in range(3)
        for rows, columns in ((3, 3), (4, 3), (3, 4))
        for full in (True, False)
    },
    "qr, tall": (lambda t, a: t.linalg.qr(a).R ** 2 + (t.linalg.qr(a).Q ** 2).sum(), matrices(2, 4, 3)),
    "qr, wide": (lambda t, a: t.linalg.qr(a).R ** 2 + (t.linalg.qr(a).Q ** 3).sum() ** 2, matrices(2, 3, 5)),
    "Q": (lambda t, a: t.linalg.qr(a).Q ** 2, matrices(4, 3)),
    "complete qr": (lambda t, a: t.linalg.qr(a, mode="complete").R ** 2, matrices(3, 5)),
    "pinv, wide": (lambda t, a: t.linalg.pinv(a), matrices(2, 3, 4)),
    "pinv, tall": (lambda t, a: a.pinverse(), matrices(4, 3)),
    "lstsq": (lambda t, a: t.linalg.lstsq(a, a**2).solution, matrices(4, 3)),
    "lstsq for a vector": (lambda t, a: t.linalg.lstsq(a, a[:, 0] ** 2).solution, matrices(4, 3)),
    "matrix_exp": (lambda t, a: t.linalg.matrix_exp(a * 3), matrices(2, 3, 3)),
    "negative power": (lambda t, a: t.linalg.matrix_power(a, -3), matrices(3, 3)),
    "nuclear norm": (lambda t, a: t.linalg.matrix_norm(a, "nuc", keepdim=True), matrices(2, 3, 4)),
    "nuclear norm of other dims": (lambda t, a: t.linalg.matrix_norm(a, "nuc", dim=(2, 0)), matrices(2, 3, 4)),
    "norm 2": (lambda t, a: t.linalg.norm(a, 2), matrices(3, 4)),
    "norm -2": (lambda t, a: t.linalg.norm(a, -2, dim=(0, 1)), matrices(3, 4)),
    "norm of vectors": (lambda t, a: t.linalg.norm(a, 2, dim=1), matrices(3, 4)),
    "cond": (lambda t, a: t.linalg.cond(a), matrices(3, 3)),
    "cond -2": (lambda t, a: t.linalg.cond(a, -2), matrices(3, 3)),
    "vander": (lambda t, a: t.linalg.vander(a, N=4), matrices(2, 3)),
    "vecdot": (lambda t, a: t.linalg.vecdot(a, a[0], dim=-1), matrices(2, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_values_gradients_and_theirs_are_torchs(case: str) -> None:
    function, values = CASES[case]
    rng = np.random.default_rng(0)
    results: list[list[Array]] = []
    upstream: list[Array] = []
    for engine in (minitorch, torch):
        x = engine.tensor(values, requires_grad=True)
        y = function(engine, x)
        first, second = upstream or (rng.standard_normal(tuple(y.shape)), rng.standard_normal(values.shape))
        upstream = [first, second]
        (g,) = engine.autograd.grad(y, x, engine.tensor(first), create_graph=True)
        (gg,) = engine.autograd.grad(g, x, engine.tensor(second)) if g.requires_grad else (g * 0,)
        results.append([each.detach().numpy() for each in (y, g, gg)])
    for own, expected in zip(*results, strict=True):
        assert own.shape == expected.shape and own.dtype == expected.dtype
        assert np.allclose(own, expected, rtol=1e-8, atol=1e-8 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("case", CASES)
def test_float32_stays_float32(case: str) -> None:
    function, values = CASES[case]
    x = minitorch.tensor(values, dtype=minitorch.float32, requires_grad=True)
    y = function(minitorch, x)
    y.sum().backward()
    assert y.dtype is minitorch.float32 and x.grad is not None and x.grad.dtype is minitorch.float32


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "pinv", "svdvals", "eigvalsh", "matrix_exp"])
def test_finite_differences(name: str) -> None:
    values = minitorch.tensor(definite(), requires_grad=True)

    def function(a: Any) -> Any:
        return getattr(minitorch.linalg, name)((a + a.mT) / 2)

    assert gradcheck(function, (values,)) and gradgradcheck(function, (values,))


def test_decompositions_compose_to_the_matrix() -> None:
    linalg = minitorch.linalg
    for shape in ((2, 3, 3), (4, 3), (3, 4), (0, 3, 3), (3, 0)):
        a = minitorch.tensor(matrices(*shape))
        U, S, Vh = linalg.svd(a, full_matrices=False)
        Q, R = linalg.qr(a)
        assert minitorch.allclose(U * S.unsqueeze(-2) @ Vh, a) and minitorch.allclose(Q @ R, a)
    a = minitorch.tensor(definite(2))
    values, vectors = linalg.eigh(a)
    assert minitorch.allclose(vectors * values.unsqueeze(-2) @ vectors.mT, a)
    assert type(linalg.eigh(a)).__name__ == "linalg_eigh" and linalg.qr(a, mode="r")[0].numel() == 0


@pytest.mark.parametrize(
    "matrices",
    [
        [[0.0, -1.0], [0.0, 0.0]],
        [
            [[2.0, 0.0, -1.0], [-1.0, -1.0, 1.0], [1.0, 1.0, 1.0]],
            [[1.0, -1.0, -2.0], [0.0, 0.0, 2.0], [1.0, -1.0, 1.0]],
        ],
        [[[-1.0, -1.0, 1.0], [-2.0, -2.0, -1.0], [0.0, 0.0, 0.0]]],
    ],
)
def test_which_element_of_which_singular_matrix_is_said_to_be_zero(matrices: list[Any]) -> None:
    said = []
    for engine in (minitorch, torch):
        with pytest.raises(engine.linalg.LinAlgError) as error:
            engine.linalg.inv(engine.tensor(matrices))
        said.append(str(error.value).splitlines()[0])
    assert said[0] == said[1]


def test_the_gradient_of_the_determinant_of_a_singular_matrix() -> None:
    a = minitorch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=minitorch.float64, requires_grad=True)
    minitorch.linalg.det(a).backward()
    assert np.allclose(a.grad.numpy(), [[4, -2], [-2, 1]])


def test_equal_singular_values_do_not_spoil_gradients_that_do_not_ask_for_vectors() -> None:
    for function in (minitorch.linalg.svdvals, minitorch.linalg.eigvalsh, lambda a: minitorch.linalg.svd(a)[1]):
        a = minitorch.eye(3, requires_grad=True)
        function(a).sum().backward()
        assert np.allclose(a.grad.numpy(), np.eye(3))


def test_ranks() -> None:
    for expression in (
        "matrix_rank(torch.ones(2, 3))",
        "matrix_rank(torch.eye(3) * 0)",
        "matrix_rank(torch.stack([torch.eye(2), torch.ones(2, 2)]))",
        "matrix_rank(torch.diag(torch.tensor([1.0, 0.05])), tol=0.1)",
        "matrix_rank(torch.diag(torch.tensor([1.0, 0.05])), atol=0.01, rtol=0.1)",
        "lstsq(torch.eye(3)[:, :2], torch.ones(3, 1)).rank",
    ):
        own, expected = (eval(f"torch.linalg.{expression}", {"torch": engine}) for engine in (minitorch, torch))
        assert own.tolist() == expected.tolist() and own.dtype is minitorch.int64


@pytest.mark.parametrize(
    ("use", "phrase"),
    [
        ("inv(torch.ones(3))", "linalg.inv: The input tensor A must have at least 2 dimensions."),
        ("inv(torch.ones(2, 3))", "linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices"),
        ("inv(torch.eye(2).long())", "linalg.inv: Expected a floating point or complex tensor as input. Got Long"),
        ("det(torch.ones(2, 3))", "linalg.det: A must be batches of square matrices"),
        ("svd(torch.ones(3))", "linalg.svd: The input tensor A must have at least 2 dimensions."),
        ("qr(torch.ones(2, 2), mode='x')", "qr received unrecognized mode 'x' but expected one of 'reduced'"),
        ("eigh(torch.eye(2), UPLO='X')", "Expected UPLO argument to be 'L' or 'U', but got X"),
        (
            "solve(torch.eye(3), torch.ones(2, 3))",
            "Incompatible shapes of A and B for the equation AX = B (3x3 and 2x3)",
        ),
        ("solve(torch.eye(2), torch.ones(2).double())", "Expected A and B to have the same dtype, but found A of type"),
        (
            "solve(torch.eye(2), torch.ones(2), left=False)",
            "Incompatible shapes of A and B for the equation XA = B (2x2 and 2x1)",
        ),
        ("solve_triangular(torch.eye(2), torch.ones(2), upper=True)", "The input tensor B must have at least 2 dim"),
        ("pinv(torch.ones(3))", "expected a tensor with 2 or more dimensions of float, double"),
        ("matrix_rank(torch.ones(3))", "The input tensor input must have at least 2 dimensions."),
        ("matrix_rank(torch.eye(2).long())", "This function doesn't handle types other than float and double"),
        ("cond(torch.ones(3))", "linalg.cond: The input tensor must have at least 2 dimensions."),
        ("cond(torch.ones(2, 3), 1)", "A must be batches of square matrices"),
        ("lstsq(torch.ones(3, 2), torch.ones(3, 2), driver='x')", "parameter `driver` should be one of"),
        ("lstsq(torch.ones(3, 2), torch.ones(2, 2))", "input.size(-2) should match other.size(-2)"),
        ("vander(torch.ones(1))", "N must be greater than 1."),
        ("vecdot(torch.ones(2), torch.ones(2).double())", "Expected x and y to have the same dtype"),
        (
            "qr(torch.ones(3, 2, requires_grad=True), mode='r')[1].sum().backward()",
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'",
        ),
        (
            "qr(torch.ones(3, 2, requires_grad=True), mode='complete')[1].sum().backward()",
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.",
        ),
    ],
)
def test_errors_are_torchs(use: str, phrase: str) -> None:
    check_same_error(f"torch.linalg.{use}", phrase)


@pytest.mark.parametrize(
    ("use", "phrase"),
    [
        ("inv(torch.zeros(2, 2))", "linalg.inv: The diagonal element 1 is zero, the inversion could not be completed"),
        (
            "inv(torch.stack([torch.eye(2), torch.zeros(2, 2)]))",
            "linalg.inv: (Batch element 1): The diagonal element 1",
        ),
        ("solve(torch.zeros(2, 2), torch.ones(2))", "The solver failed because the input matrix is singular."),
        ("cholesky(torch.tensor([[1.0, 2.0], [2.0, 1.0]]))", "(the leading minor of order 2 is not positive-definite)"),
        (
            "cholesky(torch.stack([torch.eye(2), -torch.eye(2)]))",
            "linalg.cholesky: (Batch element 1): The factorization could not be completed because the input is not "
            "positive-definite (the leading minor of order 1 is not positive-definite).",
        ),
        (
            "svd(torch.full((2, 2), float('nan')))",
            "The algorithm failed to converge because the input matrix contained",
        ),
    ],
)
def test_matrices_that_cannot_be(use: str, phrase: str) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(engine.linalg.LinAlgError) as caught:
            eval(f"torch.linalg.{use}", {"torch": engine})
        assert phrase in str(caught.value) and isinstance(caught.value, RuntimeError)


COLUMN_BY_ROW = {
    "mm": [(4, 1), (1, 3)],
    "bmm": [(2, 4, 1), (2, 1, 3)],
    "matmul": [(5, 1, 4, 1), (2, 1, 3)],
    "nn.functional.linear": [(4, 1), (3, 1), (3,)],
}


@pytest.mark.parametrize("name", COLUMN_BY_ROW)
def test_products_of_columns_and_rows(name: str) -> None:
    """They are multiplied element by element, which must show in nothing but time."""
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(shape) for shape in COLUMN_BY_ROW[name]]
    found = []
    for engine in (minitorch, torch):
        own = [engine.from_numpy(np.asfortranarray(each)).requires_grad_() for each in arrays]
        out = functools.reduce(getattr, name.split("."), engine)(*own)
        gradients = engine.autograd.grad((out**3).sum(), own, create_graph=True)
        second = engine.autograd.grad(sum(each.sum() for each in gradients), own)
        assert out.is_contiguous() and all(each.is_contiguous() for each in gradients)
        found.append([out, *gradients, *second])
    for own, other in zip(*found, strict=True):
        np.testing.assert_allclose(own.detach().numpy(), other.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("rows", [(1,), (2,), (4, 8), (32,), (33,), (2, 0)])
def test_a_large_linear_layer_of_few_rows(rows: tuple[int, ...]) -> None:
    """Few rows are multiplied from the right, which must show in nothing but time."""
    generator = np.random.default_rng(0)
    x, weight, bias = (generator.standard_normal(shape).astype("f") for shape in ((*rows, 130), (300, 130), (300,)))
    for own_bias in (None, bias):
        own = [None if each is None else minitorch.tensor(each) for each in (x, weight, own_bias)]
        result = minitorch.nn.functional.linear(*own)
        expected = x.astype("d") @ weight.T.astype("d") + (0 if own_bias is None else own_bias)
        assert result.is_contiguous() and result.shape == (*rows, 300)
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-5, atol=1e-4)


FACTORS_OF_INTEGERS = [
    "addmm(i, i, i, beta=0.5)", "addmm(i, i, i, beta=1.5, alpha=2.7)", "addmv(i[0], i, i[0], alpha=-1.5)",
    "baddbmm(i[None], i[None], i[None], beta=1.5, alpha=2.7)", "addmm(i.byte(), i.byte(), i.byte(), alpha=-2)",
    "addr(i, i[0], i[0], beta=2, alpha=3)", "addr(b, b[0], b[1], alpha=2)", "addr(b, b[0], b[1], beta=0.5)",
    "addr(i, i[0], i[0], alpha=True)", "addr(i, i[0], i[0], beta=0.5)",
]  # fmt: skip
OUTER = ["i,j->ij", "bi,bj->bij", "bi,bj->jib", "ij,ij->ij", "i,j,k->kij", "bi,b->ib"]


@pytest.mark.parametrize("call", FACTORS_OF_INTEGERS)
def test_factors_of_integers_and_bools(call: str) -> None:
    found = []
    for engine in (minitorch, torch):
        i = engine.tensor([[1, 2], [3, 4]])
        try:
            found.append(repr(eval(f"torch.{call}", {"torch": engine, "i": i, "b": i > 2})))
        except RuntimeError as error:
            found.append(str(error))
    assert found[0] == found[1]


@pytest.mark.parametrize("equation", OUTER)
def test_einsum_without_a_sum_promotes(equation: str) -> None:
    shapes = {"b": 2, "i": 3, "j": 3, "k": 4}
    found = []
    for engine in (minitorch, torch):
        operands = [
            engine.arange(1.0, 1 + math.prod(shapes[label] for label in labels), dtype=dtype).reshape(
                [shapes[label] for label in labels]
            )
            for labels, dtype in zip(
                equation.partition("->")[0].split(","), (engine.float32, engine.float64, engine.float32), strict=False
            )
        ]
        result = engine.einsum(equation, *operands)
        found.append((result.tolist(), str(result.dtype).partition(".")[2]))
    assert found[0] == found[1]


def test_products_of_permuted_batches_are_contiguous() -> None:
    for engine in (minitorch, torch):
        a = engine.arange(48.0).reshape(2, 2, 3, 4).permute(1, 0, 2, 3)
        assert (a @ a.transpose(2, 3)).is_contiguous()


def test_tensordot_of_a_dimension_of_one() -> None:
    """It meets every element of the other's."""
    found = []
    for engine in (minitorch, torch):
        a, b = engine.arange(6.0).reshape(2, 3), engine.arange(2.0).reshape(1, 2)
        found.append([engine.tensordot(a, b, ([1], [0])).tolist(), engine.tensordot(b, a, ([0], [1])).tolist()])
    assert found[0] == found[1]
