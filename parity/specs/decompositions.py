"""Inverses, determinants, decompositions; their values where LAPACK leaves no choice of signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.spec import Spec, each
from parity.strategies import Call, Draw, options

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


SPECS = [
    *each("inverse linalg.inv det linalg.det", Spec("", call=square, dtypes=FLOATS, forms=("function", "method"))),
    *each("slogdet linalg.slogdet", Spec("", call=fixed(square), dtypes=FLOATS, forms=("function",))),
    *each("logdet", Spec("", call=symmetric, dtypes=FLOATS, forms=("function", "method"))),
    *each(
        "matrix_exp linalg.matrix_exp",
        Spec("", call=wide_enough(square), dtypes=FLOATS, forms=("function", "method")),
    ),
    *each("pinverse linalg.pinv", Spec("", call=any_matrix, dtypes=FLOATS, forms=("function", "method"))),
    Spec("linalg.solve", call=equation, dtypes=FLOATS),
    Spec("linalg.solve_triangular", call=triangular, dtypes=FLOATS),
    Spec("linalg.cholesky", call=with_(symmetric, upper=(True,)), dtypes=FLOATS),
    Spec("linalg.eigvalsh", call=symmetric, dtypes=FLOATS),
    Spec("linalg.eigh", call=fixed(symmetric), dtypes=FLOATS, unspecified=SIGNS, forms=("function",)),
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
    Spec("linalg.lstsq", call=fixed(least_squares), dtypes=FLOATS, forms=("function",)),
    Spec("linalg.matrix_power", call=lambda d: wide_enough(square)(d) + Call(d.pick(-2, -1, 1, 2, 3)), dtypes=FLOATS),
    Spec("linalg.vander", call=lambda d: Call(d.tensor(d.shape(min_dims=1))) + d.some(N=(3,)), dtypes=FLOATS),
    Spec("linalg.vecdot", call=vectors, dtypes=FLOATS),
]  # fmt: skip
