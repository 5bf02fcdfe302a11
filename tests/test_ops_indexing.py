"""Indexing: what parity's specs cannot say: assignment, memory, error texts, in-place forms, kinds of indices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch


def names(engine: Any) -> dict[str, Any]:
    """What the expressions below speak of, made of one engine."""
    tensor = engine.tensor
    return {
        "torch": engine,
        "T": tensor,
        "np": np,
        "x": engine.arange(24.0).reshape(4, 6),
        "z": engine.arange(120.0).reshape(2, 3, 4, 5),
        "v": engine.arange(5.0),
        "s": tensor(1.0),
        "i": tensor([0, 2]),
        "n": engine.arange(4),
        "g": tensor([[0, 1], [2, 3]]),
        "m": tensor([True, False, True, True]),
        "lx": engine.arange(24.0).reshape(4, 6).clone().requires_grad_(),
    }


def outcome(expression: str, engine: Any) -> tuple[str, str]:
    """The type and the text of the error that the expression ends in."""
    try:
        eval(expression, names(engine))
    except Exception as error:
        return type(error).__name__, str(error)
    return "no error", ""


ERRORS = [
    "x[4]",
    "x[-5]",
    "x[0,6]",
    "x[0,0,0]",
    "x[0,0,:]",
    "x[0,0,i]",
    "s[0]",
    "s[:]",
    "x[::-1]",
    "x[::0]",
    "x[1.0]",
    "x[1.0:2]",
    'x["a"]',
    "x[T(1.)]",
    "x[T([1.])]",
    "x[T([True,False])]",
    "x[:,T([True,False,True,True])]",
    "x[torch.ones(4,6,1,dtype=torch.bool)]",
    "x[i,T([4,9])]",
    "x[T([4])]",
    "x[T([-5])]",
    "x[i,T([0,1,2])]",
    "x[T([])]",
    "x[i.to(torch.int16)]",
    "x[i.to(torch.int8)]",
    "torch.zeros(0,3)[T([0])]",
    "x[{}]",
    "x[object()]",
    "x.__setitem__(0,T([1.,2]))",
    'x.__setitem__(0,"a")',
    "x.__setitem__(0,[1,2,3,4,5,6])",
    "x.__setitem__(4,0)",
    "x.__setitem__(i,T([1.,2]))",
    "x.__setitem__(i,torch.ones(2,7))",
    "x.__setitem__((i,i),torch.ones(3))",
    "x.__setitem__(0,torch.ones(2,1,1,6))",
    "x.__setitem__(i,torch.ones(2,6).double())",
    "x.__setitem__(i,torch.ones(2,6).long())",
    "n.__setitem__(i,T([1.5,2.5]))",
    "n.__setitem__(i,T(1.5))",
    "x.__setitem__(x>1,torch.ones(21))",
    "x.__setitem__(x>1,torch.ones(3))",
    "x.__setitem__(T([9]),1.)",
    "x.__setitem__(slice(None,None,-1),1.)",
    "x.__setitem__((0,0),T([1.,2.]))",
    "s.__setitem__(0,4)",
    "x[0].expand(3,6).__setitem__(slice(None),1)",
    "x.clone().requires_grad_().__setitem__(0,1)",
    "x.clone().requires_grad_().__setitem__(i,1)",
    "x.clone().requires_grad_().__setitem__(slice(None),1)",
    "x.clone().requires_grad_().__setitem__((0,i),1)",
    "x.clone().requires_grad_()[0].__setitem__(0,1)",
    "x.__delitem__(0)",
    "x.gather(0,i)",
    "x.gather(0,g.short())",
    "x.gather(0,g.float())",
    "x.gather(0,g+1)",
    "x.gather(0,g-1)",
    "x.gather(1,torch.zeros(5,6).long())",
    "x.gather(2,g)",
    "x.scatter(0,g.short(),1.)[0]",
    "x.scatter(0,g+1,1.)",
    "x.scatter(0,g-1,1.)",
    "x.scatter(0,i,1.)",
    "x.scatter(0,g,x[:1])",
    "x.scatter(0,g,x.double())",
    "x.scatter(0,g,s)",
    "x.scatter(0,torch.zeros(5,7).long(),torch.ones(5,7))",
    "x.scatter_add(0,g,x.double())",
    "x.scatter_add(0,i,x)",
    "x.scatter_add(0,g+1,x)",
    "x.scatter_add(2,g,x)",
    "x.scatter_reduce(0,g,x,'foo')",
    "x.scatter_reduce(0,g,x.double(),'sum')",
    "x.index_select(0,g)",
    "x.index_select(0,i.float())",
    "x.index_select(0,i.short())",
    "x.index_select(0,i+2)",
    "x.index_select(0,i-1)",
    "x.index_select(2,i)",
    "s.index_select(0,T([0,0]))",
    "s.index_select(0,T([1]))",
    "x.index_add(0,i,x)",
    "x.index_add(0,i,x[:2,:3])",
    "x.index_add(0,i+3,x[:2])",
    "x.index_add(0,i-1,x[:2])",
    "x.index_add(0,g,x[:2])",
    "x.index_add(0,i.float(),x[:2])",
    "x.index_add(0,i,x[:2].double())",
    "v.index_add(0,T(1),s)",
    "x.index_copy(0,i,x)",
    "x.index_copy(0,i+3,x[:2])",
    "x.index_copy(0,i-1,x[:2])",
    "x.index_copy(0,i.int(),x[:2])",
    "x.index_copy(0,g,x[:2])",
    "x.index_copy(0,i,x[:2].double())",
    "x.index_copy(0,T(1),x[0])",
    "x.index_fill(0,i,v)",
    "x.index_fill(0,i+3,1.)",
    "x.index_fill(0,i-9,1.)[3]",
    "x.index_fill(0,i.int(),1.)",
    "x.index_fill(0,g,1.)",
    "x.index_put((i,i),v)",
    "x.index_put((None,i),s)[0]",
    "x.index_put((i,),s.double())",
    "x.index_put((i.float(),),s)",
    "x.index_put(i,s)",
    "x.masked_fill(m[:,None],v)",
    "v[:4].masked_fill_(m[:,None],1.)",
    "x.masked_scatter(m[:,None],v)",
    "x.masked_scatter(m[:,None].float(),torch.ones(18))",
    "x.masked_select(m[:,None].float())",
    "x.masked_select(m[:,None].byte())",
    "x.take(T([24]))",
    "x.take(T([-25]))",
    "x.take(T([0]).int())",
    "x.take(T([0.]))",
    "x.take([0])",
    "torch.zeros(0).take(T([0]))",
    "x.take_along_dim(g,0)",
    "x.take_along_dim(n,1)",
    "x.take_along_dim(n[:,None].int(),1)",
    "x.take_along_dim(n[:,None].float(),1)",
    "x.put(T([0,1]),v)",
    "x.put(T([30]),T([1.]))",
    "x.put(T([0]).int(),T([1.]))",
    "x.put(T([0]),T([1.]).double())",
    "x.repeat_interleave(T([1,2,1,1]),dim=0,output_size=6)",
    "x.repeat_interleave(T([[2]]),dim=0)",
    "v.repeat_interleave(-1)",
    "v.repeat_interleave(T([1,2]))",
    "v.repeat_interleave(T([1.,2]))",
    "x.repeat_interleave(T([1,2]))",
    "torch.repeat_interleave(T([1,-2,0]))",
    "torch.combinations(x)",
]


@pytest.mark.parametrize("expression", ERRORS)
def test_error_is_torchs(expression: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using a non-tuple sequence")
        expected = outcome(expression, torch)
    assert expected[0] != "no error"
    assert outcome(expression, minitorch) == expected


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("x.scatter_add(0, g, 1.0)", TypeError, "argument 'src' (position 4) must be Tensor, not float"),
        ("x.index_put((i, i), 1.0)", TypeError, "argument 'values' (position 3) must be Tensor, not float"),
        ("x.index_put((i,), s, 1)", TypeError, "argument 'accumulate' (position 4) must be bool, not int"),
        ("x.index_put((i, i, i), s)", IndexError, "too many indices for tensor of dimension 2"),
        ("x.masked_fill(m, 1.0)", RuntimeError, "must match the size of tensor"),
        ("x.masked_fill(m[:, None].float(), 1.0)", RuntimeError, "masked_fill_ only supports boolean masks"),
        (
            "x.masked_scatter(m[:, None], x.double())",
            RuntimeError,
            "expected self and source to have same dtypes but got",
        ),
        ("x.index_copy(0, i, x[:2, :3])", RuntimeError, "must have same slice shapes"),
        ("x.gather(0, [0])", TypeError, "argument 'index' (position 3) must be Tensor, not list"),
        ("x.repeat_interleave(1.5)", TypeError, "argument 'repeats' (position 2) must be int, not float"),
        ("torch.combinations(v, -1)", RuntimeError, "Expect a non-negative number, but got -1"),
        ("x.scatter(0, g)", TypeError, "scatter() received an invalid combination of arguments"),
        ("torch.repeat_interleave(v)", NotImplementedError, "not implemented for 'Float'"),
        ("x.__setitem__(0, 1e300)", RuntimeError, "value cannot be converted to type float without overflow"),
        ("T([1], dtype=torch.uint8).__setitem__(0, 300)", RuntimeError, "value cannot be converted to type uint8"),
    ],
)
def test_own_error_says_what_torchs_says(expression: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        eval(expression, names(minitorch))
    assert text in str(raised.value)
    assert outcome(expression, torch)[0] == error.__name__


INDICES = """0 -1 (0,1) (0,Ellipsis) Ellipsis None () (None,0) (0,None) (slice(1,None),None) True False (True,0) i (i,i)
(i,1) (1,i) (slice(None),i) (i,slice(None)) (i,None,i) (i,slice(None),i) (0,slice(None),i) (slice(None),0,slice(None),i)
(slice(None),0,i,i) (i,Ellipsis,i) (Ellipsis,i) (None,i) (slice(None),None,i) (True,i) (i,True) (i[:,None],i)
(0,i,1,i) [0,2] [[0,2]] ([0,2],[1,0]) [] range(2) np.array([0,2]) np.array(1) np.int64(1) [True,False,True]
np.array([True,False,True]) m (m,slice(None),i) (slice(None),mm) (m,0) (slice(None),i,m4) (slice(None,None,2),i)
slice(10,20) slice(-100,100) (1,2,3,4) T(1) T(True) (T(1),slice(T(0),T(2))) i.int() z>100 (0,z[0]>20)
T([],dtype=torch.long) (slice(1,1),i)"""


@pytest.mark.parametrize("text", INDICES.split())
def test_read_and_write_at_any_index(text: str) -> None:
    results, facts = [], []
    for engine in (minitorch, torch):
        rng = np.random.default_rng(0)
        own = names(engine) | {"i": engine.tensor([0, 2]), "m": engine.tensor([True, False, True])}
        own |= {
            "mm": engine.tensor([[True] * 4, [False] * 4, [True] * 4]),
            "m4": engine.tensor([True, False, True, False]),
        }
        own["z"] = z = engine.arange(180.0, dtype=engine.float64).reshape(3, 3, 4, 5).requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # [[0, 2]] is an old spelling of a tuple, about which torch warns once
            index = eval(text, own)
            read = z[index]
            upstream = engine.tensor(rng.standard_normal(tuple(read.shape)))
            (first,) = engine.autograd.grad(read, z, upstream, materialize_grads=True)
            written, value = z * 2, engine.tensor(rng.standard_normal(tuple(read.shape)[-1:]), requires_grad=True)
            written[index] = value
            weights = engine.tensor(rng.standard_normal(tuple(z.shape)))
            second, third = engine.autograd.grad(
                (written * written * weights).sum(), (z, value), materialize_grads=True
            )
            numbers = (z * 2).detach()
            numbers[index] = -1
        results.append([each.tolist() for each in (read, first, written, second, third, numbers)])
        facts.append((tuple(read.shape), read.is_contiguous(), read._is_view() and read.numel() > 0))
    assert facts[0] == facts[1]
    for mine, expected in zip(*results, strict=True):
        np.testing.assert_allclose(np.array(mine), np.array(expected), rtol=1e-12)


STATEMENTS = [
    "y[0] = 1.5",
    "y[0] = s",
    "y[0] = v",
    "y[:] = s",
    "y[...] = v",
    "y[i] = v",
    "y[i] = s",
    "y[m] = s",
    "y[m] = v",
    "y[0, i] = s",
    "y[:, i] = v[:2]",
    "y[1:, None, 0] = s",
    "y[0][1] = s",
    "y[1:][i[:1]] = v",
    "y.T[0] = s",
    "y.view(-1)[3] = s",
    "y[0] = y[1]",
    "y[1:] = y[:-1].clone()",
    "y[0] += v",
    "y[i] *= s",
    "y.masked_fill_(y > 3, s)",
    "y[0].masked_fill_(y[0] > 1, 2.0)",
    "y.index_fill_(1, i, s)",
    "y.index_add_(0, i, y[1:].clone(), alpha=2)",
    "y.index_copy_(0, i, y[1:].clone())",
    "y.index_put_((i, i), s)",
    "y.index_put_((i, i), v[:2], accumulate=True)",
    "y.scatter_(1, i[None], v[None, :2])",
    "y.scatter_(1, i[None], 7.0)",
    "y.scatter_add_(1, i[None], v[None, :2])",
    "y.scatter_reduce_(1, i[None], v[None, :2], 'prod')",
    "y.scatter_reduce_(1, i[None], v[None, :2], 'amax', include_self=False)",
    "y.scatter_reduce_(1, i[None], v[None, :2], 'mean')",
    "y.masked_scatter_(m[:, None], y.clone())",
    "y.put_(i, v[:2])",
    "y.put_(i, v[:2], accumulate=True)",
    "y.T.index_fill_(1, i, s)",
    "y.tril_()",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_write_with_gradient(statement: str) -> None:
    results = []
    for engine in (minitorch, torch):
        own = {"i": engine.tensor([0, 2]), "m": engine.tensor([True, False, True])}
        own["x"] = x = engine.arange(12.0, dtype=engine.float64).reshape(3, 4).requires_grad_()
        own["v"] = v = engine.linspace(1.0, 2.0, 4, dtype=engine.float64).requires_grad_()
        own["s"] = s = engine.tensor(0.3, dtype=engine.float64, requires_grad=True)
        own["y"] = y = x * 0.5
        exec(statement, own)
        weights = engine.linspace(-1.0, 1.0, 12, dtype=engine.float64).reshape(3, 4)
        grads = engine.autograd.grad((y * y * weights).sum() + s + v.sum(), (x, v, s))
        results.append(
            ([each.tolist() for each in (y, *grads)], y._version, y.grad_fn.name().replace("Backward1", "Backward0"))
        )
    np.testing.assert_equal(results[0][1:2], results[1][1:2])
    for mine, expected in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_write_without_recording_moves_the_version_only(statement: str) -> None:
    results = []
    for engine in (minitorch, torch):
        own = {"i": engine.tensor([0, 2]), "m": engine.tensor([True, False, True])}
        own |= {"v": engine.linspace(1.0, 2.0, 4), "s": engine.tensor(0.3)}
        own["x"] = leaf = engine.ones(3, 4, requires_grad=True)
        own["y"] = leaf
        with engine.no_grad():
            exec(statement, own)
        assert leaf.is_leaf
        assert leaf.requires_grad
        results.append((leaf.tolist(), leaf._version))
    np.testing.assert_allclose(np.array(results[0][0]), np.array(results[1][0]), rtol=1e-6)
    assert results[0][1] == results[1][1]


def test_write_after_use_is_noticed() -> None:
    x = minitorch.ones(3, requires_grad=True)
    y = x * 2
    loss = (y * y).sum()
    y[0] = 5
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_changed_index_does_not_change_the_gradient() -> None:
    x = minitorch.arange(4.0, requires_grad=True)
    index = minitorch.tensor([0, 1])
    picked = x[index]
    index += 2
    picked.sum().backward()
    assert x.grad.tolist() == [1, 1, 0, 0]


def test_assigned_numbers_are_cast_and_checked() -> None:
    x = minitorch.zeros(3, dtype=minitorch.int64)
    x[0] = 2.9
    x[1] = True
    x[2] = np.float32(1.5)
    assert x.tolist() == [2, 1, 1]
    u = minitorch.zeros(2, dtype=minitorch.uint8)
    u[0] = -1
    u[1] = minitorch.tensor(300)
    assert u.tolist() == [255, 44]


def test_legacy_indices_warn() -> None:
    x = minitorch.arange(4.0)
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert x[minitorch.tensor([1, 0, 0, 1], dtype=minitorch.uint8)].tolist() == [0, 3]
    with pytest.warns(UserWarning, match="Using a non-tuple sequence for multidimensional indexing is deprecated"):
        assert x[[[0, 1]]].tolist() == [0, 1]
    with pytest.warns(UserWarning, match="reduce argument of torch.scatter with Tensor src is deprecated"):
        x.scatter(0, minitorch.tensor([0]), x[:1], reduce="add")
    with pytest.warns(UserWarning, match="index_reduce.. is in beta"):
        assert x.index_reduce(0, minitorch.tensor([1, 1]), x[2:], "prod").tolist() == [0, 6, 2, 3]


def test_index_reduce_is_torchs() -> None:
    results = []
    for engine in (minitorch, torch):
        x = engine.arange(6.0).reshape(3, 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for reduce in ("prod", "mean", "amax", "amin"):
                for own in (True, False):
                    index = engine.tensor([0, 0])
                    results.append(engine.index_reduce(x, 0, index, x[1:], reduce, include_self=own).tolist())
                    results.append(x.scatter(0, index[None], 2.0, reduce="multiply").tolist())
    assert results[: len(results) // 2] == results[len(results) // 2 :]


def test_nonzero_as_a_tuple_and_of_a_number() -> None:
    for engine in (minitorch, torch):
        rows, columns = engine.nonzero(engine.tensor([[0, 3], [2, 0]]), as_tuple=True)
        assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
        assert tuple(engine.tensor(3).nonzero().shape) == (1, 0)
        assert tuple(engine.tensor(0).nonzero().shape) == (0, 0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "int64", "uint8", "bool"])
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_repeated_places_add_up_exactly(dtype: str, dim: int) -> None:
    rng = np.random.default_rng(0)
    index = rng.integers(0, 3, (5, 4, 6))
    source = rng.integers(0, 3, (5, 4, 6))
    results = []
    for engine in (minitorch, torch):
        zeros = engine.zeros(6, 6, 6, dtype=getattr(engine, dtype))
        values = engine.tensor(source.tolist()).to(getattr(engine, dtype))
        total = zeros.scatter_add(dim, engine.tensor(index.tolist()), values)
        rows = zeros[:5, :4, :6].index_add(dim, engine.tensor([0, 1, 1, 0, 0, 1][: (5, 4, 6)[dim]]), values)
        results.append((total.tolist(), str(total.dtype).split(".")[-1], rows.tolist()))
    assert results[0] == results[1]


def test_rows_picked_often_get_the_whole_gradient() -> None:
    weights = np.random.default_rng(0).standard_normal((50, 7)).astype("float32")
    index = np.random.default_rng(1).integers(-50, 50, (20, 3))
    results = []
    for engine in (minitorch, torch):
        table = engine.tensor(weights).requires_grad_()
        picked = table[engine.tensor(index)]
        (picked * picked).sum().backward()
        assert str(table.grad.dtype).endswith("float32")
        results.append(table.grad.numpy())
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


def test_higher_orders_of_picking_and_writing() -> None:
    x = minitorch.linspace(0.5, 2.0, 6, dtype=minitorch.float64).requires_grad_()
    index = minitorch.tensor([0, 3, 3, 5])

    def scalar(x: Any) -> Any:
        y = x * x
        y[index[:2]] = x[2] ** 3
        return (y[index] ** 2 * x.gather(0, index)).sum()

    (first,) = minitorch.autograd.grad(scalar(x), x, create_graph=True)
    (second,) = minitorch.autograd.grad((first * first).sum(), x, create_graph=True)
    (third,) = minitorch.autograd.grad(second.sum(), x)
    t = torch.linspace(0.5, 2.0, 6, dtype=torch.float64).requires_grad_()
    index = torch.tensor([0, 3, 3, 5])
    (one,) = torch.autograd.grad(scalar(t), t, create_graph=True)
    (two,) = torch.autograd.grad((one * one).sum(), t, create_graph=True)
    (three,) = torch.autograd.grad(two.sum(), t)
    for mine, expected in ((first, one), (second, two), (third, three)):
        np.testing.assert_allclose(mine.tolist(), expected.tolist(), rtol=1e-9)


def test_out_argument() -> None:
    x = minitorch.arange(4.0)
    out = minitorch.empty(2)
    assert minitorch.index_select(x, 0, minitorch.tensor([3, 1]), out=out) is out
    assert out.tolist() == [3, 1]


@pytest.mark.parametrize("shape", [(3, 3), (7, 3), (3, 7), (2, 2, 2), (4, 0)])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape: tuple[int, ...], wrap: bool) -> None:
    results = [engine.zeros(shape).fill_diagonal_(2.5, wrap).tolist() for engine in (minitorch, torch)]
    assert results[0] == results[1]


def test_fill_diagonal_needs_a_diagonal() -> None:
    with pytest.raises(RuntimeError, match="dimensions must larger than 1"):
        minitorch.zeros(3).fill_diagonal_(1)
    with pytest.raises(RuntimeError, match="all dimensions of input must be of equal length"):
        minitorch.zeros(2, 3, 2).fill_diagonal_(1)
