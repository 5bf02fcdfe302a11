"""Shape operations: what parity's specs cannot say: memory, node names, error texts, in-place forms."""

from __future__ import annotations

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
    "v.view(2,3)",
    "v.reshape(2,3)",
    "v.view(-1,-1)",
    "v.view(-2,3)",
    "v.reshape(-2,3)",
    "torch.zeros(0).view(-1,0)",
    "v.view(-1,2)",
    "x.T.view(24)",
    "x.transpose(0,2)",
    "x.permute(0,0)",
    "x.permute(0,2)",
    "z.t()",
    "x.squeeze(2)",
    "x.unsqueeze(3)",
    "x.unsqueeze(-4)",
    "x.flatten(1,0)",
    "x.flatten(3)",
    "x.expand(4)",
    "x.expand(3,6)",
    "x.expand(-1,4,6)",
    "x.expand(4,-2)",
    "x.repeat(2)",
    "x.repeat(-1,2)",
    "torch.cat([])",
    "torch.cat([x,v])",
    "torch.cat([x,x[:,:3]])",
    "torch.cat([x,torch.zeros(0,3)])",
    "torch.cat([s,s])",
    "torch.cat([x,x],2)",
    "torch.cat(x)",
    "torch.cat([x,3])",
    "torch.stack([x,x[:2]])",
    "torch.stack([])",
    "torch.stack([x,x],3)",
    "x.split(-1)",
    "x.split(0)",
    "x.split([1,2])",
    "x.split([5,-1])",
    "x.split(2,2)",
    "s.split(1)",
    "x.chunk(0)",
    "x.chunk(-1)",
    "s.chunk(1)",
    "s.unbind()",
    "x.unbind(2)",
    "list(s)",
    "x.select(0,4)",
    "x.select(0,-5)",
    "s.select(0,0)",
    "x.narrow(0,1,4)",
    "x.narrow(0,5,1)",
    "x.narrow(0,0,-1)",
    "s.narrow(0,0,1)",
    "x.tensor_split(0)",
    "s.tensor_split(2)",
    "torch.hsplit(x,4)",
    "torch.hsplit(s,4)",
    "torch.vsplit(v,4)",
    "torch.vsplit(x,3)",
    "torch.dsplit(x,3)",
    "torch.dsplit(z,3)",
    "torch.diag(z)",
    "x.diagonal(0,0,0)",
    "v.diagonal()",
    "torch.diag_embed(v,0,0,0)",
    "x.movedim((0,1),(0,))",
    "x.movedim((0,0),(0,1))",
    "x.movedim(0,3)",
    "x.roll(1,2)",
    "x.roll((1,2),(0,))",
    "x.roll((1,2))",
    "x.rot90(1,[0])",
    "x.rot90(1,[0,0])",
    "x.rot90(1,[0,2])",
    "v.rot90()",
    "x.flip(2)",
    "v.fliplr()",
    "s.flipud()",
    "v.tril()",
    "x.unflatten(1,(4,2))",
    "x.unflatten(1,())",
    "x.unfold(0,5,1)",
    "x.unfold(0,2,0)",
    "x.unfold(2,2,1)",
    "x.unfold(0,-1,1)",
    "v.view(torch.float64)",
    "torch.meshgrid(v,v,indexing='ab')",
    "torch.meshgrid(v,T([1]),indexing='ij')",
    "torch.meshgrid(indexing='ij')",
    "torch.broadcast_shapes((2,3),(2,))",
    "torch.broadcast_shapes((2,-3),(1,))",
    "torch.broadcast_tensors(x,v)",
    "torch.broadcast_to(x,(3,6))",
    "v.mT",
    "v.H",
    "z.H",
    "v.adjoint()",
    "torch.column_stack([x,v])",
    "torch.hstack([x,v])",
    "torch.vstack([x,v])",
    "torch.dstack([x,v])",
    "torch.hstack([])",
    "torch.block_diag(z)",
    "torch.cartesian_prod(x,v)",
    "x.as_strided((100,),(1,))",
    "x.as_strided((2,2),(1,))",
    "x.as_strided((2,2),(-1,1))",
    "x.reshape_as(v)",
    "x.view_as(v)",
    "lx.t_()",
    "torch.zeros(2,3,requires_grad=True).resize_(3,3)",
    "torch.swapaxes(x,0,5)",
    "s.permute()",
    "x.reshape(6,4,shape=3)",
    "torch.cat((x,x),dim=-3)",
]


@pytest.mark.parametrize("expression", ERRORS)
def test_error_is_torchs(expression: str) -> None:
    expected = outcome(expression, torch)
    assert expected[0] != "no error"
    assert outcome(expression, minitorch) == expected


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("x.view()", TypeError, "view() received an invalid combination of arguments"),
        ("v.view(2.0)", TypeError, "must be tuple of ints, but got (float)"),
        ("x.reshape((6, 4.0))", TypeError, "argument 'shape' must be tuple of ints"),
        ("x.permute(0)", RuntimeError, "input.dim() = 2 is not equal to len(dims) = 1"),
        ("x.squeeze((0, 0))", RuntimeError, "dim 0 appears multiple times in the list of dims"),
        ("x.flip(0, 0)", RuntimeError, "dim 0 appears multiple times in the list of dims"),
        ("x.unflatten(1, (-1, -1))", RuntimeError, "only one dimension can be inferred"),
        ("torch.meshgrid(x, v, indexing='ij')", RuntimeError, "Expected 0D or 1D tensor in the tensor list but got"),
        ("x.view_as(3)", TypeError, "argument 'other' (position 1) must be Tensor, not int"),
        ("torch.hstack([v, 3])", TypeError, "expected Tensor as element 1"),
        ("s.view(torch.float64)", RuntimeError, "self.dim() cannot be 0 to view Float as Double"),
        ("x.T.view(torch.float64)", RuntimeError, "self.stride(-1) must be 1 to view Float as Double"),
        ("x.sum_to_size(5)", RuntimeError, "size {[5]} is not expandable to size {[4, 6]}."),
        ("x.select_scatter(v, 0, 1)", RuntimeError, "expected src to have a size equal to the slice of self"),
        ("lx.T.as_strided((2,), (1,))", NotImplementedError, "call contiguous() first"),
        ("x.split()", TypeError, "split() missing 1 required positional argument: 'split_size'"),
    ],
)
def test_own_error_says_what_torchs_says(expression: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        eval(expression, names(minitorch))
    assert text in str(raised.value)
    assert outcome(expression, torch)[0] == error.__name__ or "as_strided" in expression


VIEWS = """y.T y.t() y.mT y.H z.mT y.adjoint() y.view(6,4) y.view(24) y.view_as(y) y.reshape(6,4) y.flatten()
s.flatten() y.unflatten(1,(2,3)) y.squeeze() y.squeeze(0) y.squeeze((0,1)) y.unsqueeze(0)
y.transpose(0,1) y.swapaxes(0,1) y.swapdims(0,1) y.permute(1,0) y.movedim(0,1) y.moveaxis(0,1) y.ravel()
v.expand(2,6) v.expand_as(y) y.narrow(0,1,2) y.select(0,1) y.split(2)[0] y.split([2,2])[1] y.chunk(2)[0]
y.tensor_split(2)[0] y.hsplit(2)[0] y.vsplit(2)[0] z.dsplit(5)[0] y.unbind()[0] y.diagonal()
y.unfold(0,2,1) y.as_strided((2,2),(1,1)) torch.atleast_2d(v) torch.atleast_3d(v)
torch.broadcast_tensors(y,v)[1] torch.meshgrid(v,v,indexing='ij')[0] torch.broadcast_to(v,(2,6)) y[0]
y[0,1] y[0,1:] y[1:] y[:,0] y[None] y[...] y[:] y[::2] y[()] y[None,0] y[0,None] y[1:,None] y[...,0]
y[T(1)]"""

COPIES = """torch.cat([y,y]) torch.stack([y,y]) torch.hstack([v,v]) torch.vstack([v,v]) torch.dstack([v,v])
torch.column_stack([v,v]) y.flip(0) y.fliplr() y.flipud() v.repeat(2,2) v.tile((2,)) y.T.reshape(4,6) y.roll(1)
y.rot90() y.tril() y.triu() torch.diag(v) torch.diag(y) torch.diagflat(v) torch.diag_embed(v) torch.block_diag(y,y)
torch.cartesian_prod(v,v) y.T.contiguous() y.T.flatten() y.slice_scatter(y[:2],0,0,2) y.select_scatter(v,0,1)
y.diagonal_scatter(torch.ones(4)) y[i] y[0,i] y[m] y[i,1] y[True] y[[0,1]] y.gather(0,i[None]) y.scatter(0,i[None],1.)
y.scatter(0,i[None],y[:1,:2]) y.scatter_add(0,i[None],y[:1,:2]) y.scatter_reduce(0,i[None],y[:1,:2],'amax')
y.index_select(0,i) y.index_add(0,i,y[:2]) y.index_copy(0,i,y[:2]) y.index_fill(0,i,1.) y.index_fill(0,i,s)
y.index_put((i,),s) y.masked_fill(m[:,None],1.) y.masked_fill(m[:,None],s) y.masked_scatter(m[:,None],y)
y.masked_select(m[:,None]) y.take(i) y.take_along_dim(i[None],0) y.put(i,torch.ones(2))
v.repeat_interleave(i[[0,1,0,1,0,1]])"""


def evaluated(expression: str, engine: Any) -> Any:
    own = names(engine)
    own["y"] = own["lx"] * 1
    own["v"] = engine.arange(6.0).requires_grad_() * 1
    own["s"] = engine.tensor(2.0, requires_grad=True) * 1
    own["z"] = own["z"][0].requires_grad_() * 1
    return eval(expression, own)


@pytest.mark.parametrize("expression", [*VIEWS.split(), *COPIES.split()])
def test_node_name_is_torchs(expression: str) -> None:
    if "take_along_dim" in expression:
        expression = "y.take_along_dim(i[:,None][[0,1,0,1]],1)"
    mine, expected = evaluated(expression, minitorch), evaluated(expression, torch)
    assert mine.grad_fn.name() == expected.grad_fn.name()
    assert mine._is_view() == expected._is_view()
    assert mine.tolist() == expected.tolist()


@pytest.mark.parametrize("expression", VIEWS.split())
def test_view_shares_memory_and_version(expression: str) -> None:
    own = names(minitorch)
    view = eval(expression, own | {"y": own["x"], "v": minitorch.arange(6.0), "z": own["z"][0]})
    before = view._version
    view._base.zero_()
    assert not np.any(view.numpy())
    assert view._version == before + 1


def test_view_of_a_view_has_the_first_as_base() -> None:
    x = minitorch.arange(6.0)
    assert x.view(2, 3)[0]._base is x


def test_contiguous_and_flatten_return_the_tensor_itself_where_torch_does() -> None:
    x = minitorch.arange(6.0)
    assert x.contiguous() is x
    assert x.flatten() is x
    assert x.view(2, 3).T.contiguous() is not x


def test_reshape_copies_only_where_no_view_is_possible() -> None:
    x = minitorch.arange(6.0).view(2, 3)
    assert x.reshape(3, 2).data_ptr() == x.data_ptr()
    assert x.T.reshape(6).data_ptr() != x.data_ptr()
    assert not x.T.reshape(6)._is_view()


@pytest.mark.parametrize(
    "statement",
    ["y.t_()", "y.transpose_(0, 1)", "y.swapaxes_(0, 1)", "y.swapdims_(0, 1)", "y.unsqueeze_(1)", "y[:1].squeeze_(0)"],
)
def test_in_place_shape_change(statement: str) -> None:
    results = []
    for engine in (minitorch, torch):
        x = engine.arange(6.0).reshape(2, 3).requires_grad_()
        y = x * 2
        changed = eval(statement, {"y": y})
        weights = engine.arange(float(changed.numel())).reshape(changed.shape)
        (changed * weights).sum().backward()
        results.append((changed.tolist(), x.grad.tolist(), y._version))
    assert results[0] == results[1]


def test_in_place_shape_change_of_a_view_then_write() -> None:
    results = []
    for engine in (minitorch, torch):
        x = engine.arange(6.0).reshape(2, 3).requires_grad_()
        y = x * 2
        view = y[:, 1:]
        view.t_()
        view[0] = x[0, 0] * 10
        (y * y).sum().backward()
        results.append((view.tolist(), y.tolist(), x.grad.tolist()))
    assert results[0] == results[1]


def test_resize_keeps_the_elements_in_order() -> None:
    x = minitorch.arange(6).resize_(2, 2)
    assert x.tolist() == [[0, 1], [2, 3]]
    assert minitorch.arange(2).resize_(2, 3).flatten()[:2].tolist() == [0, 1]
    assert minitorch.arange(6).resize_as_(x).shape == (2, 2)


def test_warnings_are_torchs() -> None:
    x = minitorch.arange(3.0)
    with pytest.warns(UserWarning, match="use of `x.T` on tensors of dimension other than 2"):
        assert x.T.tolist() == [0, 1, 2]
    with pytest.warns(UserWarning, match="Tensor.mT is deprecated on 0-D tensors"):
        assert minitorch.tensor(1.0).mT.item() == 1
    with pytest.warns(UserWarning, match="required to pass the indexing argument"):
        minitorch.meshgrid(x, x)


def test_iteration_and_reversal() -> None:
    x = minitorch.arange(6.0).reshape(3, 2)
    assert [row.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    a, b, c = x
    assert c.tolist() == [4, 5]
    assert reversed(x).tolist() == [[4, 5], [2, 3], [0, 1]]
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(minitorch.tensor(1))


def test_out_argument() -> None:
    x = minitorch.arange(3.0)
    out = minitorch.empty(0)
    assert minitorch.cat([x, x], out=out) is out
    assert out.tolist() == [0, 1, 2, 0, 1, 2]
    assert minitorch.vstack([x, x], out=minitorch.empty(2, 3)).tolist() == [[0, 1, 2], [0, 1, 2]]


def test_unused_parts_of_a_split_get_zero_gradient() -> None:
    x = minitorch.arange(4.0, requires_grad=True)
    x.split([1, 2, 1])[1].sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]


def test_results_keep_float32_in_the_backward_pass() -> None:
    for expression in VIEWS.split():
        result = evaluated(expression, minitorch)
        assert result.dtype == minitorch.float32
