"""What the parity specs of the reductions do not say: node names, errors, named tuples, ties, nan, empty tensors."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import _running, running
from minitorch.ops import vector_norms
from tests.same import check_same, check_same_error

SETUP = """
x = torch.tensor([[1.0, -2.0, 2.0], [2.0, 0.5, 2.0]], requires_grad=True)
d = torch.tensor([[1.0, -2.0, 2.0], [2.0, 0.5, 2.0]], dtype=torch.float64)
i = torch.tensor([[3, 1, 2], [2, 2, 5]])
b = i > 2
u = i.to(torch.uint8)
n = torch.tensor([[1.0, float("nan"), 3.0], [float("nan"), float("nan"), 2.0]])
e = torch.zeros(0)
e2 = torch.zeros(2, 0, 3)
s = torch.tensor(3.0)
inf = float("inf")
"""


@pytest.mark.parametrize(
    "call",
    """sum() sum(0) sum(()) sum(0,True) mean() mean(0) prod() prod(0) max() min() amax() amax(0) amin() var() std()
    var(0,correction=0) std(1,False) cumsum(0) cumprod(1) logsumexp(0) logcumsumexp(0) norm() norm(1) norm(inf,0)
    norm('fro') norm(2,(0,1),True) nansum() nansum(0) renorm(2,0,1.)
    nanmean(0) max(x) min(x)""".split(),
)
def test_values_and_node_names_are_torchs(call: str) -> None:
    check_same(f"x.{call}", SETUP)
    assert type(eval(f"x.{call}.grad_fn", _scope(minitorch))) is not type(None)


def _scope(engine: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"torch": engine}
    exec(SETUP, scope)
    return scope


@pytest.mark.parametrize("call", ["max(0)", "min(1, True)", "cummax(0)", "cummin(1)", "aminmax()", "aminmax(dim=0)"])
def test_named_results_print_and_unpack_as_torchs(call: str) -> None:
    check_same(f"x.{call}", SETUP)
    check_same(f"[type(part.grad_fn).__name__ for part in x.{call}]", SETUP)
    check_same(f"type(x.{call}).__name__", SETUP)


def test_a_named_result_has_fields_is_a_tuple_and_pickles() -> None:
    result = minitorch.tensor([[1.0, 3.0]]).max(1)
    assert isinstance(result, tuple)
    assert result.values is result[0] and result.indices is result[1]
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is type(result) is minitorch.return_types.max
    assert again.values.tolist() == [3.0] and copy.deepcopy(result).indices.tolist() == [1]
    assert minitorch.return_types.max((1, 2)).indices == 2
    with pytest.raises(TypeError, match=r"torch.return_types.max\(\) takes a 2-sequence \(1-sequence given\)"):
        minitorch.return_types.max((1,))
    with pytest.raises(AttributeError):
        result.values = 1


@pytest.mark.parametrize(
    "call",
    [
        *(f"{name}.sum()" for name in ("e", "i", "b", "u", "e2", "n")),
        "i.sum(dtype=torch.int32)", "b.sum(dtype=torch.bool)", "u.sum(dtype=torch.uint8)", "e2.sum(1)", "s.sum(0)",
        "x.sum(dtype=torch.float64)", "i.mean(dtype=torch.float32)", "e.mean()", "e2.mean(1)", "e.prod()", "u.prod(0)",
        "e2.prod(1)", "b.prod()", "s.max(0, True)", "e2.max(0)", "e2.amax(0)", "e2.argmax(0)", "s.argmax(0)",
        "i.argmax(keepdim=True)", "i.argmin(1)", "b.max(0)", "u.all()", "u.any(0)", "x.all(())", "e2.all(1)", "e.any()",
        "n.any(1)", "x.count_nonzero(())", "e.var()", "s.var()", "s.var(correction=0)", "d.var(correction=20)",
        "e2.var(1)", "d.var((0, 1), correction=1.5)", "torch.var_mean(x, 0)", "torch.std_mean(x, unbiased=False)",
        "torch.var(x, False)", "e.logsumexp(0)", "e2.logsumexp(1)", "i.logsumexp(0)", "b.logsumexp(1)", "e.norm()",
        "torch.tensor([inf, -inf]).logsumexp(0)", "torch.tensor([-inf, -inf]).logsumexp(0)", "s.logsumexp(0)",
        "i.float().norm(0, 1)", "n.norm(0)", "x.norm(None)", "x.norm(dtype=torch.float64)", "s.cumsum(0)",
        "e2.norm(2, 1)", "b.cumsum(0)",
        "i.int().cumsum(1)", "i.cumprod(0, dtype=torch.float32)", "e2.cummax(1)", "s.cummin(0)", "n.cummax(1)",
        "torch.tensor([1, float('nan'), 2, float('nan'), 0]).cummax(0)", "torch.tensor([1, 1, 2, 2]).cummax(0)",
        "torch.tensor([-inf, -inf, 1.0]).logcumsumexp(0)", "torch.tensor([inf, 1.0, -inf]).logcumsumexp(0)",
        "n.nansum(0)", "n.nanmean(0)", "i.nansum()", "n.aminmax(dim=1, keepdim=True)", "b.aminmax()",
        "torch.max(i, x)", "torch.max(x, other=d)", "torch.min(x, axis=1, keepdims=True)", "torch.sum(x, axis=(0, 1))",
        "torch.var(x, axis=0, keepdims=True)", "torch.diff(b)", "torch.diff(i, n=5)", "torch.diff(i, n=0)",
        "torch.trapezoid(i, dx=0.5)", "torch.trapezoid(i.float(), torch.tensor([1.0, 2.0, 4.0]))", "torch.trapezoid(e)",
        "torch.cumulative_trapezoid(i)", "torch.dist(x, d)", "torch.full((100,), 600.0).half().sum()",
        "torch.full((3000,), 0.1).half().mean()", "torch.full((100000,), 0.1).cumsum(0)[-1]",
        "torch.full((2000,), 0.1).half().cumsum(0)[-1]",
    ],
)  # fmt: skip
def test_corners_are_torchs(call: str) -> None:
    check_same(call, SETUP)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("x.sum(5)", "Dimension out of range (expected to be in range of [-2, 1], but got 5)"),
        ("s.sum(1)", "Dimension out of range (expected to be in range of [-1, 0], but got 1)"),
        ("x.sum((0, 0))", "dim 0 appears multiple times in the list of dims"),
        ("x.sum(dim='a')", "sum()"),
        (
            "i.mean()",
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype.",
        ),
        ("x.mean(dtype=torch.int64)", "Optional dtype must be either a floating point or complex dtype. Got: Long"),
        ("x.prod((0, 1))", "prod()"),
        ("x.prod(keepdim=True)", "prod() received"),
        ("e.max()", "max(): Expected reduction dim to be specified for input.numel() == 0."),
        ("e2.max(1)", "max(): Expected reduction dim 1 to have non-zero size."),
        ("e2.min(1)", "min(): Expected reduction dim 1 to have non-zero size."),
        ("e2.min()", "min(): Expected reduction dim to be specified"),
        ("x.max(7)", "Dimension out of range"),
        ("x.max((0, 1))", "max()"),
        ("torch.max(x, 5.0)", "max()"),
        ("x.max(keepdim=True)", "max() received"),
        ("torch.max(x, other=1)", "max()"),
        ("torch.max(i, torch.ones(2, 2))", "The size of tensor a (3) must match the size of tensor b (2)"),
        ("e.amax()", "amax(): Expected reduction dim to be specified for input.numel() == 0."),
        ("e2.amin(1)", "amin(): Expected reduction dim 1 to have non-zero size."),
        ("e2.amax((1, 1))", "amax(): Expected reduction dim 1 to have non-zero size."),
        ("e.aminmax()", "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."),
        ("e2.aminmax(dim=1)", "Expected reduction dim 1 to have non-zero size."),
        ("b.argmax()", "argmax(): does not support bool input"),
        ("e.argmin()", "argmin(): Expected reduction dim to be specified for input.numel() == 0."),
        ("e2.argmax(1)", "argmax(): Expected reduction dim 1 to have non-zero size."),
        ("x.argmax((0, 1))", "argmax(): argument 'dim'"),
        ("i.var()", "std and var only support floating point and complex dtypes"),
        ("torch.var(x, 0, unbiased=True, correction=1)", "var() received"),
        ("torch.var(x, True, True)", "var() received"),
        ("torch.std(x, 0, 'yes')", "std()"),
        ("torch.var_mean(x, out=x)", "var_mean()"),
        ("x.sum(keepdim=True)", "sum() received an invalid combination of arguments"),
        ("x.mean(keepdim=False)", "mean() received an invalid combination of arguments"),
        ("i.norm()", "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long"),
        ("x.norm('x')", "linalg.matrix_norm: Order x not supported."),
        ("x.norm('fro', (0, 1, 2))", "linalg.matrix_norm: dim must be a 2-tuple. Got 0 1 2"),
        ("e.norm(inf)", "linalg.vector_norm cannot compute the inf norm on an empty tensor because the operation does"),
        ("e2.norm(-1, 1)", "linalg.vector_norm cannot compute the -1 norm on the dimension 1"),
        ("x.cumsum(None)", "cumsum(): argument 'dim'"),
        ("x.cumsum()", "cumsum() missing 1 required positional argument"),
        ("i.logcumsumexp(0)", "not implemented for 'Long'"),
        ("i.nanmean()", "nanmean(): expected input to have floating point or complex dtype but got Long"),
        ("torch.nanmean(3)", "nanmean()"),
        ("torch.dist(torch.ones(2), torch.ones(3))", "The size of tensor a (2) must match the size of tensor b (3)"),
        ("torch.dist(x, x, 'p')", "dist()"),
        ("torch.diff(i, n=-1)", "order must be non-negative but got -1"),
        ("torch.diff(i, 1.5)", "diff()"),
        ("torch.diff(s)", "diff expects input to be at least one-dimensional"),
        ("torch.diff(i, prepend=e.long())", "diff expects prepend or append to be the same dimension as input"),
        ("torch.trapezoid(x, torch.ones(2))", "trapezoid: There must be one `x` value for each sample point"),
        ("torch.trapezoid(x, x, dx=2)", "trapezoid() received"),
        ("torch.trapezoid(s)", "tensor has no dimensions"),
        ("torch.trapezoid(b)", "trapezoid: received a bool input for `y`, but bool is not supported"),
        ("torch.renorm(e, 2, 0, 1)", "renorm: input needs at least 2 dimensions, got 1 dimensions"),
        ("torch.renorm(x, -1, 0, 1)", "renorm: non-positive-norm not supported"),
        ("torch.renorm(x, 2, 0, -1)", "renorm: expected maxnorm to be >= 0 but got -1"),
        ("torch.renorm(x, 2, 0, 'a')", "renorm()"),
    ],
)
def test_errors_are_torchs(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


NORMS = {
    "vector_norm": vector_norms.vector_norm,
    "matrix_norm": vector_norms.matrix_norm,
    "norm": vector_norms.linalg_norm,
}


@pytest.mark.parametrize(
    ("name", "args", "phrase"),
    [
        (
            "vector_norm",
            ((2,), "fro"),
            r"linalg_vector_norm\(\): argument 'ord' \(position 2\) must be Number, not str",
        ),
        ("matrix_norm", ((3,),), "The input tensor A must have at least 2 dimensions"),
        ("matrix_norm", ((2, 2), 7), "linalg.matrix_norm: Order 7 not supported"),
        ("matrix_norm", ((2, 2), 1, (0, 0)), r"linalg.matrix_norm: dims must be different. Got \(0, 0\)"),
        ("matrix_norm", ((2, 2), 1, 0), r"linalg_matrix_norm\(\)"),
        ("norm", ((2, 2, 2), 2), "If dim is not specified but ord is, the input must be 1D or 2D. Got 3D"),
        ("norm", ((2, 2), 2, (0, 1, 2)), r"If dim is specified, it must be of length 1 or 2. Got \[0, 1, 2\]"),
        ("norm", ((3,), "fro"), "linalg.matrix_norm: The input tensor A must have at least 2 dimensions"),
        ("norm", ((2, 2), 0), "linalg.matrix_norm: Order 0 not supported"),
    ],
)
def test_errors_of_the_linalg_norms_are_torchs(name: str, args: tuple[Any, ...], phrase: str) -> None:
    shape, *rest = args
    with pytest.raises((RuntimeError, TypeError), match=phrase) as expected:
        getattr(torch.linalg, name)(torch.ones(shape), *rest)
    with pytest.raises(type(expected.value), match=phrase):
        NORMS[name](minitorch.ones(shape), *rest)


def test_norm_dtypes_only_widen() -> None:
    x = minitorch.ones(2, 3)
    assert vector_norms.vector_norm(x, dtype=minitorch.float64).dtype is minitorch.float64
    with pytest.raises(RuntimeError, match=r"the dtype of the input \(Float\) should be convertible without narrowing"):
        vector_norms.vector_norm(x, dtype=minitorch.float16)
    with pytest.raises(RuntimeError, match="dtype should be floating point or complex, but got Long"):
        vector_norms.vector_norm(x, dtype=minitorch.int64)


@pytest.mark.parametrize("ord", ["nuc", 2, -2])
def test_norms_of_singular_values_say_what_to_do(ord: Any) -> None:
    with pytest.raises(NotImplementedError, match="svdvals"):
        vector_norms.matrix_norm(minitorch.ones(2, 2), ord)


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("max()", [1.0, 2.0, 2.0]),
        ("max()", [1.0, np.nan, np.nan]),
        ("amax()", [1.0, np.nan, 2.0]),
        ("max(0)[0]", [1.0, 2.0, 2.0]),
        ("min(0)[0]", [1.0, np.nan, np.nan]),
        ("std()", [1.0, 1.0, 1.0]),
        *(
            (f"norm({p})", values)
            for p in (1, 2, 3, 1.5, 0.5, -1, "float('inf')")
            for values in ([0.0, 0.0], [0.0, -2.0])
        ),
        ("norm(float('inf'))", [np.nan, 0.0]),
        ("norm(1)", [np.nan, 1.0]),
        ("prod()", [0.0, 2.0, 3.0]),
        ("prod()", [0.0, 0.0, 3.0]),
        ("cumprod(0)", [2.0, 0.0, 3.0, 0.0]),
        ("cummax(0)[0]", [1.0, 2.0, 2.0, 1.0]),
        ("nansum()", [np.nan, 1.0]),
        ("nanmean()", [np.nan, 1.0]),
        ("logsumexp(0)", [-np.inf, 1.0]),
        ("logcumsumexp(0)", [-np.inf, 1.0, 2.0]),
    ],
)
def test_gradients_where_torch_has_chosen_them(call: str, values: list[float]) -> None:
    found = []
    for engine in (minitorch, torch):
        x = engine.tensor(values, requires_grad=True)
        eval(f"x.{call}", {"x": x}).sum().backward()
        assert x.grad.dtype is engine.float32
        found.append(x.grad.tolist())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_products_with_zeros_have_every_derivative(zeros: int) -> None:
    values = [1.5, -2.0, 0.5, 3.0, 1.25]
    values[:zeros] = [0.0] * zeros
    for name in ("prod", "cumprod"):
        found = []
        for engine in (minitorch, torch):
            x = engine.tensor(values, dtype=engine.float64, requires_grad=True)
            y = x.prod() if name == "prod" else x.cumprod(0)
            derivatives = []
            for order in range(1, 4):
                (y,) = engine.autograd.grad(
                    (y * engine.arange(1.0, y.numel() + 1, dtype=engine.float64)).sum(), x, create_graph=True
                )
                derivatives.append(y.detach().numpy())
                assert order
            found.append(derivatives)
        np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


@pytest.mark.parametrize(("name", "correction"), [("var", 1), ("std", 1), ("var", 3)])
def test_a_variance_of_too_few_warns_and_has_no_finite_gradient(name: str, correction: int) -> None:
    found = []
    for engine in (minitorch, torch):
        x = engine.tensor([2.0], requires_grad=True)
        with pytest.warns(UserWarning, match=rf"{name}\(\): degrees of freedom is <= 0"):
            y = getattr(engine, name)(x, correction=correction)
        y.backward()
        found.append((y.item(), x.grad.item()))
    np.testing.assert_equal(*found)


def test_a_zero_norm_has_a_zero_gradient() -> None:
    x = minitorch.zeros(2, 3, requires_grad=True)
    x.norm(dim=1).sum().backward()
    assert x.grad.tolist() == [[0.0] * 3] * 2


def test_float64_does_not_creep_in() -> None:
    x = minitorch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    for function in (
        lambda: x.mean(0), lambda: x.var(), lambda: x.std(1), lambda: x.norm(3), lambda: x.amax(0), lambda: x.max(),
        lambda: x.prod(0), lambda: x.logsumexp(1), lambda: x.cumprod(0), lambda: x.logcumsumexp(0), lambda: x.nanmean(),
        lambda: x.renorm(2, 0, 1.0), lambda: minitorch.std_mean(x)[0], lambda: x.aminmax()[0],
    ):  # fmt: skip
        result = function()
        (g,) = minitorch.autograd.grad(result.sum(), x, create_graph=True)
        assert (result.dtype, g.dtype) == (minitorch.float32, minitorch.float32)


def test_in_place_scans_keep_the_dtype() -> None:
    check_same("torch.tensor([100, 100, 100], dtype=torch.uint8).cumsum_(0)")
    check_same("torch.tensor([2, -3], dtype=torch.int8).cumprod_(0)")
    check_same_error("torch.tensor([True, True]).cumprod_(0)", "not implemented for 'Bool'")
    x = minitorch.ones(3)
    y = x.cumsum_(0)
    assert y is x and x.tolist() == [1.0, 2.0, 3.0] and x._version == 1


def test_out_takes_the_result() -> None:
    out = minitorch.empty(2)
    assert minitorch.sum(minitorch.ones(2, 3), 1, out=out) is out
    assert out.tolist() == [3.0, 3.0]
    values, indices = minitorch.empty(2), minitorch.empty(2, dtype=minitorch.int64)
    minitorch.max(minitorch.tensor([[1.0, 4.0], [3.0, 2.0]]), 1, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([4.0, 3.0], [1, 0])
    minitorch.nanmean(minitorch.ones(2, 2), 0, out=out)
    assert out.tolist() == [1.0, 1.0]


def test_running_without_accumulate_gives_the_same() -> None:
    array = np.random.default_rng(0).standard_normal((3, 7, 2))
    for ufunc in (np.maximum, np.logaddexp):
        for axis in range(3):
            np.testing.assert_allclose(_running(ufunc, array, axis), running(ufunc, array, axis), rtol=1e-12)


@pytest.mark.parametrize("name", ["std_mean", "var_mean"])
@pytest.mark.parametrize("shape", [(), (1,), (1, 2)])
def test_second_order_of_a_mean_whose_spread_is_not_used(name: str, shape: tuple[int, ...]) -> None:
    """One element has no spread: its nan is not to reach what was asked for."""
    results = []
    for engine in (minitorch, torch):
        x = engine.full(shape, 2.0, dtype=engine.float64, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            _, mean = getattr(engine, name)(x)
        (g,) = engine.autograd.grad((mean * mean).sum(), x, create_graph=True)
        (second,) = engine.autograd.grad(g.sum(), x)
        results.append((g.tolist(), second.tolist()))
    assert results[0] == results[1]
