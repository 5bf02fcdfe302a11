"""What the parity specs of sorting do not say: the order of ties and nan, errors, named tuples, node names."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

import minitorch
from tests.same import check_same, check_same_error

SETUP = """
nan, inf = float("nan"), float("inf")
x = torch.tensor([[1.0, -2.0, 2.5], [2.0, 0.5, 3.0]], requires_grad=True)
f = torch.tensor([[3.0, 1.0, 2.0], [2.0, 2.0, 5.0]])
i = torch.tensor([[3, 1, 2], [2, 2, 5]])
b = i > 2
n = torch.tensor([[1.0, nan, 3.0], [nan, nan, 2.0]])
e = torch.zeros(0)
e2 = torch.zeros(2, 0, 3)
s = torch.tensor(3.0)
"""


@pytest.mark.parametrize(
    "call",
    ["sort()", "sort(0, True)", "sort(stable=True)", "topk(2)", "kthvalue(2)", "median(0)", "nanmedian(1)", "mode()"],
)
def test_named_results_and_node_names_are_torchs(call: str) -> None:
    check_same(f"x.{call}", SETUP)
    check_same(f"[type(part.grad_fn).__name__ for part in x.{call}]", SETUP)


@pytest.mark.parametrize(
    "call",
    [
        "n.sort(1)", "n.sort(1, True)", "b.sort(0)", "s.sort()", "e.sort()", "e2.sort(1)", "torch.msort(i)",
        "torch.msort(s)",
        "torch.tensor([1.0, 1, 2, 2, 1]).sort(descending=True)", "torch.tensor([nan, 0.0, -0.0, nan]).sort()",
        "torch.tensor([1.0, 0, 2, 0, 1] * 10).sort(stable=True)",
        "torch.tensor([1.0, 0, 2, 0, 1] * 10).sort(descending=True, stable=True)",
        "i.argsort(-1, True)", "torch.argsort(i, dim=0, descending=True, stable=True)", "torch.argsort(i, stable=True)",
        "n.topk(3, 1, largest=False)", "i.topk(0)", "s.topk(1)", "s.topk(0)", "e.topk(0)", "i.topk(1, 0)",
        "i.median()", "n.median()", "n.median(1)", "n.nanmedian()", "n.nanmedian(1)", "e.median()", "e.nanmedian()",
        "e.long().median()", "s.median(0, True)", "torch.tensor([2.0, 1, 2, 2, 1, 3, 2] * 5).median(0)",
        "torch.tensor([nan, nan]).nanmedian(0)", "e2.median(0)", "x.median()", "x.nanmedian()",
        "i.mode()", "torch.tensor([1, 1, 2, 2]).mode()", "torch.tensor([2, 1, 2, 1, 3]).mode()", "b.mode(0)",
        "e2.mode(0)",
        "i.mode(0, True)", "s.mode()", "torch.tensor([2.0, 1, nan]).kthvalue(3)", "s.kthvalue(1)",
        "i.kthvalue(1, 0, True)",
        "n.quantile(0.5, dim=0)", "n.nanquantile(0.5, dim=0, keepdim=True)", "s.quantile(0.5)", "n.nanquantile(0.5)",
        "f.quantile(torch.tensor([0.3, 0.2]), 1)", "f.quantile(torch.tensor([]))",
        "f.quantile(0.3, 0, True)",
        *(f"f.quantile(0.4, 1, interpolation='{way}')" for way in ("linear", "lower", "higher", "midpoint", "nearest")),
        "torch.tensor([inf, 1.0]).quantile(0.5)", "torch.tensor([nan, nan]).nanquantile(0.5)",
        "torch.unique(n)", "torch.unique(b)", "torch.unique(s)", "torch.unique(i, True, True, True)",
        "i.unique(False, True)",
        "torch.unique(e, return_inverse=True, return_counts=True)", "torch.unique(i, return_counts=True)",
        "torch.unique(i, dim=1, return_inverse=True, return_counts=True)", "torch.unique(torch.tensor([0.0, -0.0]))",
        "torch.unique(torch.tensor([[2, 1], [1, 2], [2, 1]]), dim=0, return_inverse=True)", "torch.unique(e2, dim=1)",
        "torch.unique(torch.tensor([[1, nan], [1, nan]]), dim=0)", "torch.unique(torch.zeros(0, 3), dim=0)",
        "torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]), True, True)",
        "torch.unique_consecutive(s, True, True)",
        "torch.unique_consecutive(torch.tensor([nan, nan]))", "torch.unique_consecutive(e, return_counts=True)",
        "torch.unique_consecutive(torch.tensor([[1, 1], [1, 1], [2, 1]]), True, True, 0)",
        "torch.searchsorted(torch.tensor([1, 3, 5]), 3)", "torch.searchsorted(torch.tensor([1, 3, 5]), 3.5)",
        "torch.searchsorted(torch.tensor([1, 3, 5]), 3, right=True, out_int32=True)",
        "torch.searchsorted(torch.tensor([1.0, 3, 5]), torch.tensor([nan, 1.0]))",
        "torch.searchsorted(torch.tensor([[1, 3, 5], [2, 4, 6]]), torch.tensor([[3, 0], [3, 9]]), side='right')",
        "torch.searchsorted(torch.tensor([[1.0, 3], [2, nan]]), torch.tensor([[nan, 1.0], [nan, 3.0]]))",
        "torch.searchsorted(torch.tensor([5, 1, 3]), torch.tensor([3]), sorter=torch.tensor([1, 2, 0]))",
        "torch.bucketize(i, torch.tensor([1, 3]), right=True)", "torch.bucketize(3, torch.tensor([1, 3]))",
        "torch.isin(i, 2.5)", "torch.isin(2, i)", "torch.isin(n, nan)", "torch.isin(i, i[0], invert=True)",
        "torch.bincount(torch.tensor([1, 2, 2]), minlength=6)", "torch.bincount(e.long(), minlength=3)",
        "torch.bincount(torch.tensor([1, 2, 2]), torch.tensor([1.0, 2, 3]))", "torch.bincount(i[0], i[0])",
        "torch.histc(torch.ones(3), 4)", "torch.histc(n, 3, 0, 1)", "torch.histc(e, 3)", "torch.histc(f, 3)",
        "torch.histogram(f, 3)", "torch.histogram(f, 2, weight=f)", "torch.histogram(f, 2, density=True)",
        "torch.histogram(f, torch.tensor([0.0, 1, 2, 3]))", "torch.histogram(torch.ones(3), 2)",
        "torch.histogram(e, 2)", "torch.histogram(f, bins=2, range=(0.0, 4.0))",
    ],
)  # fmt: skip
def test_corners_are_torchs(call: str) -> None:
    check_same(call, SETUP)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("x.sort(7)", "Dimension out of range (expected to be in range of [-2, 1], but got 7)"),
        ("s.sort(1)", "Dimension out of range"),
        ("torch.sort(x, True)", "sort()"),
        ("x.sort(dim='a')", "sort()"),
        ("x.argsort(None)", "argsort()"),
        ("x.topk(4)", "selected index k out of range"),
        ("x.topk(-1)", "selected index k out of range"),
        ("s.topk(2)", "selected index k out of range"),
        ("x.topk(2.0)", "topk(): argument 'k' (position 1) must be int, not float"),
        ("b.topk(1)", "topk does not support bool dtypes on CPU"),
        ("x.kthvalue(0)", "kthvalue(): selected number k out of range for dimension 1"),
        ("e.kthvalue(1)", "kthvalue(): Expected reduction dim 0 to have non-zero size."),
        ("b.kthvalue(1)", "not implemented for 'Bool'"),
        ("b.median()", "not implemented for 'Bool'"),
        ("e2.median(1)", "median(): Expected reduction dim 1 to have non-zero size."),
        ("x.median((0, 1))", "median(): argument 'dim'"),
        ("x.median(keepdim=True)", "median()"),
        ("e2.mode(1)", "mode(): Expected reduction dim 1 to have non-zero size."),
        ("i.quantile(0.5)", "quantile() input tensor must be either float or double dtype"),
        ("e.nanquantile(0.5)", "quantile() input tensor must be non-empty"),
        ("x.quantile(1.5)", "quantile() q must be in the range [0, 1] but got 1.5"),
        ("x.quantile(torch.tensor([2.0]))", "quantile() q values must be in the range [0, 1]"),
        ("x.quantile(torch.tensor([[0.3]]))", "quantile() q must be a scalar or 1D tensor"),
        ("x.quantile(torch.tensor(0.3).double())", "quantile() q tensor must be same dtype as the input tensor"),
        ("x.quantile([0.1])", "quantile()"),
        (
            "x.quantile(0.3, interpolation='x')",
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got x",
        ),
        ("torch.unique(x).sum().backward()", "the derivative for '_unique2' is not implemented."),
        (
            "torch.unique(e2, dim=0)",
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied",
        ),
        ("torch.unique(s, dim=0)", "tensor has no dimensions"),
        ("torch.searchsorted(i[0], i[0], right=True, side='left')", "side and right can't be set to opposites"),
        ("torch.searchsorted(i[0], 3, side='x')", "side can only be 'left' or 'right' but got x"),
        ("torch.searchsorted(i, 3)", "input value can be a scalar only when boundaries tensor dimension is 1"),
        ("torch.searchsorted(i, i[0])", "boundaries tensor should be 1 dimension or the first N-1 dimensions"),
        ("torch.searchsorted(i[0], i[0], sorter=i)", "boundary and sorter must have the same size"),
        ("torch.searchsorted(i[0], i[0], sorter=i[0].int())", "sorter must be a tensor of long dtype"),
        ("torch.searchsorted(b[0], b[0])", "not implemented for 'Bool'"),
        ("torch.searchsorted(i[0], 'a')", "searchsorted()"),
        ("torch.bucketize(i, i)", "boundaries tensor must be 1 dimension, but got dim(2)"),
        ("torch.isin(b, b)", "Unsupported input type encountered for isin(): Bool"),
        ("torch.isin(2, 2)", "isin()"),
        ("torch.bincount(torch.tensor([-1]))", "bincount only supports 1-d non-negative integral inputs."),
        ("torch.bincount(i)", "bincount only supports 1-d non-negative integral inputs."),
        ("torch.bincount(e)", "not implemented for 'Float'"),
        ("torch.bincount(i[0], x)", "weights should be 1-d and have the same length as input"),
        ("torch.bincount(i[0], minlength=-1)", "minlength should be >= 0"),
        ("torch.histc(x, 0)", "bins must be > 0, but got 0 for dimension 0"),
        ("torch.histc(x, 3, 2, 1)", "torch.histc: max must be larger than min"),
        ("torch.histc(torch.tensor([1.0, inf]), 3)", "torch.histc: range of [1, inf] is not finite"),
        ("torch.histc(i, 3)", "not implemented for 'Long'"),
        ("torch.histogram(i, 2)", "not implemented for 'Long'"),
        ("torch.histogram(x, 2).hist.sum().backward()", "is not implemented"),
    ],
)
def test_errors_are_torchs(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("sort()[0]", [2.0, 1.0, 2.0, 3.0]),
        ("sort(descending=True)[0]", [2.0, 1.0, 2.0, 3.0]),
        ("median()", [1.0, 2.0, 2.0, 3.0, 2.0]),
        ("median(0)[0]", [1.0, 2.0, 2.0, 3.0, 2.0]),
        ("nanmedian()", [np.nan, np.nan]),
        ("nanmedian()", [1.0, 2.0, np.nan]),
        ("mode()[0]", [1.0, 2.0, 2.0, 3.0]),
        ("quantile(0.3)", [4.0, 1.0, 2.0]),
        ("nanquantile(0.3)", [4.0, np.nan, 2.0]),
    ],
)
def test_gradients_where_torch_has_chosen_them(call: str, values: list[float]) -> None:
    found = []
    for engine in (minitorch, torch):
        x = engine.tensor(values, requires_grad=True)
        y = eval(f"x.{call}", {"x": x})
        (y * engine.arange(1.0, y.numel() + 1).reshape(y.shape)).sum().backward()
        found.append(x.grad.tolist())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


@pytest.mark.parametrize("size", [2, 3, 8, 17, 63, 64, 200, 1500])
@pytest.mark.parametrize("dtype", ["int64", "float32", "uint8"])
def test_topk_kthvalue_and_mode_name_those_of_equal_elements_that_torch_does(dtype: str, size: int) -> None:
    random = np.random.default_rng(size)
    array = random.integers(0, 1 + size // 4, (2, size)).astype(dtype)
    if dtype == "float32":
        array[1, size // 2] = np.nan
    own, expected = minitorch.tensor(array), torch.tensor(array)
    for k in {1, 2, size // 64 + 1, size // 3 + 1, size}:
        for call in (f"topk({k})", f"t().topk({k}, 0, False)", f"kthvalue({k})", f"t().kthvalue({k}, 0)"):
            found = [eval(f"x.{call}.indices", {"x": x}).tolist() for x in (own, expected)]
            assert found[0] == found[1], call
    assert own[0].mode().indices.item() == expected[0].mode().indices.item()


def test_of_too_many_equal_elements_topk_names_the_first() -> None:
    assert minitorch.topk(minitorch.ones(30_000), 3).indices.tolist() == [0, 1, 2]
    assert minitorch.topk(minitorch.tensor([1.0, 2.0, 1.0]), 2, sorted=False).values.tolist() == [2.0, 1.0]


def test_a_sort_can_be_stable_and_leaves_its_input() -> None:
    values = np.random.default_rng(0).integers(0, 50, (20, 300)).astype("float32")
    for descending in (False, True):
        ours = minitorch.from_numpy(values.copy())
        result = ours.sort(dim=1, descending=descending, stable=True)
        expected = torch.from_numpy(values).sort(dim=1, descending=descending, stable=True)
        np.testing.assert_array_equal(result.indices.numpy(), expected.indices.numpy())
        np.testing.assert_array_equal(ours.numpy(), values)


def test_results_pickle_and_out_takes_them() -> None:
    result = minitorch.tensor([2.0, 1.0]).sort()
    assert pickle.loads(pickle.dumps(result)).indices.tolist() == [1, 0]
    values, indices = minitorch.empty(2), minitorch.empty(2, dtype=minitorch.int64)
    minitorch.sort(minitorch.tensor([2.0, 1.0]), out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([1.0, 2.0], [1, 0])
    assert minitorch.msort(minitorch.tensor([3.0, 1.0]), out=values) is values
    assert values.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("shape", "dim"), [((16,), 0), ((17,), 0), ((300,), 0), ((3000,), 0), ((3, 40, 2), 1)])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
def test_equal_elements_lie_where_torch_leaves_them(
    dtype: str, shape: tuple[int, ...], dim: int, descending: bool
) -> None:
    array = np.random.default_rng(0).integers(0, 8, shape).astype(dtype)
    if dtype == "float32":
        array[array == 3] = np.nan
    for stable in (False, True):
        mine = minitorch.sort(minitorch.tensor(array), dim=dim, descending=descending, stable=stable)
        expected = torch.sort(torch.tensor(array), dim=dim, descending=descending, stable=stable)
        np.testing.assert_array_equal(mine.indices.numpy(), expected.indices.numpy())
        np.testing.assert_array_equal(mine.values.numpy(), expected.values.numpy())
    order = minitorch.argsort(minitorch.tensor(array), dim, descending)
    np.testing.assert_array_equal(order.numpy(), torch.argsort(torch.tensor(array), dim, descending).numpy())


def test_a_row_that_introsort_parts_very_unevenly_is_left_to_a_heap() -> None:
    # The first, the middle and the last of each part are among its smallest: the median of three is a bad pivot.
    half = 500
    array = np.zeros(2 * half, np.float32)
    array[0:half:2], array[1:half:2] = np.arange(1, half, 2), half + np.arange(1, half, 2)
    array[half:] = 2 * np.arange(1, half + 1)
    array //= 2
    for descending in (False, True):
        found = [engine.tensor(array).sort(descending=descending).indices.tolist() for engine in (minitorch, torch)]
        assert found[0] == found[1]
    for k in (20, 499, 500):
        found = [engine.tensor(array).topk(k, largest=False).indices.tolist() for engine in (minitorch, torch)]
        assert found[0] == found[1]
