"""Inverses, determinants, decompositions; their values where LAPACK leaves no choice of signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.spec import Spec, each
from parity.strategies import (
    Call,
    Draw,
    options,
    sample,
)
from parity.tolerance import Looser

FLOATS = ("float32", "float64")
SIGNS = "LAPACK may choose the signs of the vectors; tests/test_linalg.py compares what does not depend on them"


def _values(d: Draw, rows: int, columns: int, symmetric: bool = False) -> Any:
    """Matrices far from singular, whose singular values lie apart."""
    batch = d.pick((), (2,), (2, 1))
    made = d.rng.uniform(-0.3, 0.3, (*batch, rows, columns))
    for k in range(min(rows, columns)):
        made[..., k, k] += 1.5 + k
    return (made + made.swapaxes(-1, -2)) / 2 if symmetric else made


def _given(d: Draw, values: Any) -> Any:
    return d.given(values, dtype=d.dtype)


def reflections(d: Draw) -> Call:
    """Vectors of reflections, and their factors: as many as columns, or fewer."""
    columns = d.integer(1, 3)
    batch = d.pick((), (2,))
    count = columns + 1 if d.fault() else d.integer(1, columns)
    vectors = d.rng.uniform(-1, 1, (*batch, columns + d.integer(0, 2), columns))
    return Call(_given(d, vectors), _given(d, d.rng.uniform(0, 2, (*batch, count))))


def root(d: Draw) -> Call:
    """A Cholesky factor, of which one triangle counts."""
    n = d.integer(1, 4)
    factor = _given(d, _values(d, n, n + 1 if d.fault() else n))
    factor.requires_grad = factor.differentiable = False  # torch's gradient is not that of one triangle alone
    return Call(factor, d.flag())


def right_side_and_root(d: Draw) -> Call:
    """The right hand side of an equation, and the Cholesky factor of its matrix."""
    factor, upper = root(d).args
    rows = factor.shape[-2] + (1 if d.fault() else 0)
    batch = factor.shape[:-2]
    return Call(_given(d, d.rng.uniform(-2, 2, (*batch, rows, d.integer(1, 3)))), factor, upper)


def halves(d: Draw) -> Call:
    """A tensor that is a square matrix when it is cut in two."""
    rows, columns = d.pick(((2, 3), (6,)), ((6,), (3, 2)), ((2, 2), (4, 1)), ((3,), (3,)))
    count = 7 if d.fault() else len(rows)
    n = 6 if 6 in (*rows, *columns) else 4 if 4 in columns else 3
    matrix = d.rng.uniform(-0.3, 0.3, (n, n))
    for k in range(n):
        matrix[k, k] += 1.5
    return Call(_given(d, matrix.reshape(*rows, *columns)), count)


def tensor_equation(d: Draw) -> Call:
    """A tensor that maps the dimensions of the unknown to those of the right hand side, and that."""
    A, count = halves(d).args
    return Call(A, _given(d, d.rng.uniform(-2, 2, A.shape[: 1 if count == 7 else count])))


def powers(d: Draw) -> Call:
    """A vector, how many powers, and their order."""
    input = d.tensor(d.shape(1, 2 if d.fault() else 1))
    return Call(input) + d.some(N=(-1,) if d.fault() else (0, 1, 3), increasing=(True, False))


def square(d: Draw) -> Call:
    """Square matrices, now and then others."""
    n = d.integer(1, 4)
    return Call(_given(d, _values(d, n, n + 1 if d.fault() else n)))


def symmetric(d: Draw) -> Call:
    """Symmetric positive-definite matrices."""
    n = d.integer(1, 4)
    return Call(_given(d, _values(d, n, n, symmetric=True)))


def any_matrix(d: Draw) -> Call:
    """Matrices of any form."""
    return Call(_given(d, _values(d, d.integer(1, 4), d.integer(1, 4))))


def with_(matrices: Callable[[Draw], Call], **choices: Any) -> Callable[[Draw], Call]:
    """The matrices, and perhaps an option."""
    return lambda d: matrices(d) + options(**choices)(d)


def fixed(matrices: Callable[[Draw], Call]) -> Callable[[Draw], Call]:
    """The same matrices, with no gradient: it would go by the signs that LAPACK chose.

    Or torch has none for some results (slogdet, lstsq), and minitorch zeros; tests/test_linalg.py has the others.
    """

    def draw(d: Draw) -> Call:
        call = matrices(d)
        for input in call.inputs():
            input.requires_grad = input.differentiable = False
        return call

    return draw


def wide_enough(matrices: Callable[[Draw], Call]) -> Callable[[Draw], Call]:
    """The matrices in float32 or float64: torch's exponential of float16 is meaningless."""

    def draw(d: Draw) -> Call:
        if d.dtype not in FLOATS:
            d.dtype = "float32"
        return matrices(d)

    return draw


def equation(d: Draw) -> Call:
    """A matrix and a right hand side: another matrix, or a vector."""
    n = d.integer(1, 4)
    A = d.rng.uniform(-0.3, 0.3, (n, n))
    for k in range(n):
        A[k, k] += 1.5 + k
    m = n + 1 if d.fault() else n
    B = d.rng.uniform(-2, 2, (m,) if d.flag() else (m, d.integer(1, 3)))
    return Call(_given(d, A), _given(d, B))


def triangular(d: Draw) -> Call:
    """A matrix, of which one triangle counts, and a right hand side."""
    n = d.integer(1, 4)
    A = d.rng.uniform(-0.3, 0.3, (n, n))
    for k in range(n):
        A[k, k] += 1.5 + k
    B = d.rng.uniform(-2, 2, (n, n))
    return Call(_given(d, A), _given(d, B), upper=d.flag(), left=d.flag(), unitriangular=d.flag())


def least_squares(d: Draw) -> Call:
    """A tall matrix and a right hand side."""
    n = d.integer(1, 3)
    return Call(
        _given(d, _values(d, n + 2, n)[..., :, :].reshape(-1, n + 2, n)[0]), _given(d, d.rng.uniform(-2, 2, (n + 2, 2)))
    )


def vectors(d: Draw) -> Call:
    """Two tensors of one shape, and a dimension."""
    shape = d.shape(min_dims=1, max_dims=3)
    return Call(d.tensor(shape), d.tensor(shape), dim=d.integer(-len(shape), len(shape) - 1))


def factored(transposed: bool) -> Callable[[Draw], Call]:
    """The LU decomposition of matrices, made by elimination, and the right hand side of an equation."""

    def draw(d: Draw) -> Call:
        n, batch = d.integer(1, 4), d.pick((), (2,))
        LU = _given(d, d.rng.uniform(-0.5, 0.5, (*batch, n, n)) + 2 * np.eye(n))
        pivots = np.maximum(np.arange(n), d.rng.integers(0, n, (*batch, n))) + 1
        rows = n + (1 if d.fault() else 0)
        B = _given(d, d.rng.uniform(-2, 2, (*batch, rows, d.integer(1, 3))))
        swaps = d.given(pivots, False, "int64" if d.fault() else "int32")
        swaps.layout = LU.layout = "plain"
        if transposed:
            return Call(B, LU, swaps)
        return Call(LU, swaps, B) + d.some(adjoint=(True, False))

    return draw


def packed(d: Draw) -> Call:
    """What lu_factor gives, and what of it is asked for."""
    LU, pivots, _ = factored(False)(d).args
    asked = (True, False) if d.mode == "forward" else (True,)  # of empty tensors torch says that they require grad
    return Call(LU, pivots) + d.some(unpack_data=asked, unpack_pivots=(True, False))


def old_triangular(d: Draw) -> Call:
    """Of the older form: the right hand side first."""
    n = d.integer(1, 4)
    matrix = _given(d, d.rng.uniform(-0.5, 0.5, (n, n)) + 2 * np.eye(n))
    B = _given(d, d.rng.uniform(-2, 2, (n + (1 if d.fault() else 0), d.integer(1, 3))))
    return Call(B, matrix) + d.some(upper=(True, False), transpose=(True, False), unitriangular=(True, False))


SERIES = Looser(10, "powers of a matrix cancel, and torch adds up others of them")
ONE = sample([[2.0]], requires_grad=False)
NO_TENSORS = (Call(ONE, "text"), Call("text", ONE))
PIVOTS = (
    Call(ONE, sample([1], "int64"), unpack_pivots=False),
    Call(ONE, sample([1], "int64"), False),
    Call(ONE, sample([2], "int32")),
    Call(ONE, sample([0], "int32")),
    Call(ONE, sample([1, 1], "int32")),
    Call(sample([2.0], requires_grad=False), sample([1], "int32")),
)
"""Of no use for L and U; of another dtype; out of range; more than there are rows; for a vector."""

SPECS = [
    *each("inverse linalg.inv det linalg.det", Spec("", call=square, dtypes=FLOATS, forms=("function", "method"))),
    *each("slogdet linalg.slogdet", Spec("", call=fixed(square), dtypes=FLOATS, forms=("function",))),
    *each("logdet", Spec("", call=symmetric, dtypes=FLOATS, forms=("function", "method"))),
    *each(
        "matrix_exp linalg.matrix_exp",
        Spec("", call=wide_enough(square), dtypes=FLOATS, forms=("function", "method"), looser=SERIES),
    ),
    *each("pinverse linalg.pinv", Spec("", call=any_matrix, dtypes=FLOATS, forms=("function", "method"))),
    Spec("linalg.solve", call=equation, dtypes=FLOATS),
    Spec("linalg.solve_triangular", call=triangular, dtypes=FLOATS),
    Spec("linalg.cholesky", call=with_(symmetric, upper=(True,)), dtypes=FLOATS),
    Spec("linalg.eigvalsh", call=symmetric, dtypes=FLOATS),
    Spec("linalg.eigh", call=fixed(symmetric), dtypes=FLOATS, unspecified=SIGNS, forms=("function",)),
    Spec("nuclear_norm", call=with_(any_matrix, keepdim=(True, False)), dtypes=FLOATS),
    *each("linalg.lu linalg.lu_factor linalg.lu_factor_ex",
          Spec("", call=any_matrix, dtypes=FLOATS, forms=("function",))),
    Spec("lu_unpack", call=packed, dtypes=FLOATS, forms=("function",), also=PIVOTS),
    Spec("linalg.lu_solve", call=factored(False), dtypes=FLOATS),
    Spec("lu_solve", call=factored(True), dtypes=FLOATS),
    Spec("triangular_solve", call=old_triangular, dtypes=FLOATS, forms=("function", "method")),
    Spec("linalg.cholesky_ex", call=with_(symmetric, upper=(True,)), dtypes=FLOATS, forms=("function",)),
    Spec("linalg.inv_ex", call=square, dtypes=FLOATS, forms=("function",)),
    Spec("linalg.solve_ex", call=equation, dtypes=FLOATS, forms=("function",), also=NO_TENSORS),
    Spec("linalg.svdvals", call=any_matrix, dtypes=FLOATS),
    Spec(
        "linalg.svd", call=with_(fixed(any_matrix), full_matrices=(False,)), dtypes=FLOATS, unspecified=SIGNS,
        forms=("function",),
    ),
    Spec(
        "linalg.qr", call=with_(any_matrix, mode=("complete", "r")), dtypes=FLOATS, unspecified=SIGNS,
        forms=("function",),
    ),
    Spec("linalg.cond", call=with_(any_matrix, p=(2, -2)), dtypes=FLOATS),
    Spec("linalg.matrix_rank", call=with_(any_matrix, atol=(1.0,), rtol=(0.5,)), dtypes=FLOATS),
    Spec(
        "linalg.householder_product",
        call=reflections,
        dtypes=FLOATS,
        aliases=("orgqr",),
        looser=Looser(100, "a product of reflections, each of which divides by what may be small"),
    ),
    Spec("cholesky_inverse", call=root, dtypes=FLOATS),
    Spec("cholesky_solve", call=right_side_and_root, dtypes=FLOATS),
    Spec("linalg.tensorinv", call=halves, dtypes=FLOATS),
    Spec("linalg.tensorsolve", call=tensor_equation, dtypes=FLOATS),
    Spec("svd", call=fixed(any_matrix), dtypes=FLOATS, unspecified=SIGNS, forms=("function", "method")),
    Spec("qr", call=fixed(any_matrix), dtypes=FLOATS, unspecified=SIGNS, forms=("function", "method")),
    Spec("cholesky", call=with_(symmetric, upper=(True, False)), dtypes=FLOATS),
    Spec("vander", call=fixed(powers), looser=Looser(30, "powers, which torch takes by multiplying")),
    Spec("geqrf", call=any_matrix, dtypes=FLOATS, forms=("function", "method")),
    Spec("linalg.lstsq", call=fixed(least_squares), dtypes=FLOATS, forms=("function",)),
    Spec("linalg.matrix_power", call=lambda d: wide_enough(square)(d) + Call(d.pick(-2, -1, 1, 2, 3)), dtypes=FLOATS),
    Spec("linalg.vander", call=lambda d: Call(d.tensor(d.shape(min_dims=1))) + d.some(N=(3,)), dtypes=FLOATS),
    Spec("linalg.vecdot", call=vectors, dtypes=FLOATS),
]  # fmt: skip
