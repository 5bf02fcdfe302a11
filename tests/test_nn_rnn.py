"""Recurrent layers, cells and packed sequences against torch's, and the fused walks against the readable one."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from same import check_same, check_same_error

import minitorch
from minitorch.ops import rnn as ops

warnings.filterwarnings("ignore", message="LSTM with projections is not supported with oneDNN")

ENGINES = (minitorch, torch)
KINDS = ("RNN", "LSTM", "GRU")
TOLERANCE = {"float64": {"rtol": 1e-8, "atol": 1e-10}, "float32": {"rtol": 2e-4, "atol": 2e-5}}


def quiet(text: str) -> Any:
    """pytest's filter for a warning that torch gives."""
    return pytest.mark.filterwarnings(f"ignore:{text}")


pytestmark = quiet("LSTM with projections is not supported with oneDNN")


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else [value]


@st.composite
def setups(draw: Any) -> dict[str, Any]:
    """A layer, what it is given, and how."""
    kind = draw(st.sampled_from((*KINDS, "relu")))
    hidden = draw(st.integers(2, 4))
    options: dict[str, Any] = {
        "num_layers": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
    }
    if kind == "LSTM" and draw(st.booleans()):
        options["proj_size"] = draw(st.integers(1, hidden - 1))
    if kind == "relu":
        options["nonlinearity"] = "relu"
    if options["num_layers"] > 1 and draw(st.booleans()):
        options["dropout"] = draw(st.sampled_from((0.3, 1.0)))
    form = draw(st.sampled_from(("batch", "batch", "single", "sorted", "unsorted")))
    batch, steps = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    lengths = draw(st.lists(st.integers(1, steps), min_size=batch, max_size=batch))
    lengths[0] = steps
    return {
        "kind": "RNN" if kind == "relu" else kind,
        "sizes": (draw(st.integers(1, 3)), hidden),
        "options": options,
        "form": form,
        "lengths": sorted(lengths, reverse=True) if form == "sorted" else lengths,
        "batch": batch,
        "steps": steps,
        "states": draw(st.booleans()),
        "train": draw(st.booleans()),
        "dtype": draw(st.sampled_from(("float64", "float64", "float32"))),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def run(engine: Any, setup: dict[str, Any], state: Any, second: bool) -> dict[str, Any]:
    """All that a layer gives: output, states, gradients, and for `second` the gradients of those."""
    rng = np.random.default_rng(setup["seed"])
    features, hidden = setup["sizes"]
    options = setup["options"]
    batch, steps, form = setup["batch"], setup["steps"], setup["form"]
    layer = getattr(engine.nn, setup["kind"])(features, hidden, dtype=getattr(engine, setup["dtype"]), **options)
    layer.load_state_dict({name: engine.tensor(value) for name, value in state.items()})
    layer.train(setup["train"])

    def tensor(*shape: int) -> Any:
        return engine.tensor(rng.standard_normal(shape).astype(setup["dtype"]), requires_grad=True)

    batch_first = options["batch_first"]
    lead = (steps,) if form == "single" else (batch, steps) if batch_first else (steps, batch)
    x = tensor(*lead, features)
    walks = options["num_layers"] * (2 if options["bidirectional"] else 1)
    widths = [options.get("proj_size") or hidden, hidden][: 2 if setup["kind"] == "LSTM" else 1]
    given = [tensor(*((walks, width) if form == "single" else (walks, batch, width))) for width in widths]
    hx = (tuple(given) if len(given) > 1 else given[0]) if setup["states"] else None
    source = x * 1
    if form in ("sorted", "unsorted"):
        source = engine.nn.utils.rnn.pack_padded_sequence(
            source, setup["lengths"], batch_first=batch_first, enforce_sorted=form == "sorted"
        )
    engine.manual_seed(setup["seed"] % 1000)
    output, final = layer(source, hx)
    if form in ("sorted", "unsorted"):
        output, lengths = engine.nn.utils.rnn.pad_packed_sequence(output, batch_first=batch_first)
        assert lengths.tolist() == setup["lengths"]
    outs = [output, *as_list(final)]
    weights = [engine.tensor(rng.standard_normal(tuple(out.shape)).astype(setup["dtype"])) for out in outs]
    wrt = [x, *(given if setup["states"] else []), *layer.parameters()]
    # The last parameters of what dropout has emptied are not reached at all.
    first = engine.autograd.grad(outs, wrt, weights, create_graph=second, materialize_grads=True)
    found = {f"out {k}": out for k, out in enumerate(outs)} | {f"gradient {k}": g for k, g in enumerate(first)}
    if second:
        total = sum((g * g).sum() for g in first)
        again = engine.autograd.grad(total, wrt, materialize_grads=True)
        found |= {f"second {k}": g for k, g in enumerate(again)}
    return {name: (value.detach().numpy(), tuple(value.stride())) for name, value in found.items()}


def check(setup: dict[str, Any], second: bool) -> None:
    engine: Any = torch
    torch.manual_seed(setup["seed"] % 1000)
    layer = getattr(engine.nn, setup["kind"])(*setup["sizes"], **setup["options"])
    state = {name: value.numpy().astype(setup["dtype"]) for name, value in layer.state_dict().items()}
    mine, theirs = (run(each, setup, state, second) for each in ENGINES)
    assert list(mine) == list(theirs)
    for name, (expected, strides) in theirs.items():
        got, own = mine[name]
        assert got.dtype == expected.dtype and got.shape == expected.shape, name
        np.testing.assert_allclose(got, expected, **TOLERANCE[setup["dtype"]], err_msg=name)
        if name == "out 0" and setup["form"] in ("batch", "single") and min(got.shape) > 1:
            assert own == strides


@given(setup=setups())
def test_layers(setup: dict[str, Any]) -> None:
    check(setup, second=False)


@given(setup=setups())
def test_second_order(setup: dict[str, Any]) -> None:
    check({**setup, "dtype": "float64", "steps": 3, "lengths": [min(3, n) for n in setup["lengths"][:-1]] + [3]}
          if setup["form"] == "unsorted" else {**setup, "dtype": "float64"}, second=True)  # fmt: skip


# --- the fused walk and the readable one ------------------------------------------------------------------------------


@given(
    mode=st.sampled_from(("RNN_TANH", "RNN_RELU", "LSTM", "GRU")),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    reverse=st.booleans(),
    missing=st.sets(st.sampled_from(("biases", "states"))),
    projected=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_fused_walk_is_the_readable_one(
    mode: str, sizes: list[int], reverse: bool, missing: set[str], projected: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sizes.sort(reverse=True)
    gates, features, hidden = {"LSTM": 4, "GRU": 3}.get(mode, 1), 3, 4
    width = 2 if projected and mode == "LSTM" else hidden
    shapes = {"input": (sum(sizes), features), "weight_ih": (gates * hidden, features)}
    shapes["weight_hh"] = (gates * hidden, width)
    if "biases" not in missing:
        shapes |= {"bias_ih": (gates * hidden,), "bias_hh": (gates * hidden,)}
    if width != hidden:
        shapes["weight_hr"] = (width, hidden)
    if "states" not in missing:
        shapes["hx"] = (sizes[0], width)
        if mode == "LSTM":
            shapes["cx"] = (sizes[0], hidden)
    tensors: dict[str, Any] = {
        name: minitorch.tensor(rng.standard_normal(shape), requires_grad=True) for name, shape in shapes.items()
    }
    walk = ops._Walk(mode, tensors, sizes, reverse, False)
    kernel: Any = ops._KERNELS[mode]
    readable = ops.unroll(walk, tensors)
    fused = list(kernel(list(tensors.values()), walk))[: len(readable)]
    weights = [minitorch.tensor(rng.standard_normal(tuple(out.shape))) for out in readable]
    wrt = list(tensors.values())
    results = [[*outs, *minitorch.autograd.grad(outs, wrt, weights)] for outs in (fused, readable)]
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_third_order_and_gradcheck() -> None:
    layer = minitorch.nn.GRU(2, 2, dtype=minitorch.float64)
    x = minitorch.randn(3, 1, 2, dtype=minitorch.float64, requires_grad=True)

    def output(x: Any) -> Any:
        return layer(x)[0]

    assert minitorch.autograd.gradcheck(output, (x,))
    assert minitorch.autograd.gradgradcheck(output, (x,))
    results = []
    for engine in ENGINES:
        own: Any = engine.nn.GRU(2, 2, dtype=engine.float64)
        own.load_state_dict({name: engine.tensor(value.numpy()) for name, value in layer.state_dict().items()})
        source = engine.tensor(x.detach().numpy(), requires_grad=True)
        value = own(source)[0].sum()
        for _ in range(3):
            (g,) = engine.autograd.grad(value, source, create_graph=True)
            value = (g**2).sum()
        results.append(value.item())
    assert results[0] == pytest.approx(results[1], rel=1e-9)


def test_gradients_only_of_what_is_asked_for() -> None:
    layer = minitorch.nn.LSTM(3, 4)
    x = minitorch.randn(5, 2, 3, requires_grad=True)
    (g,) = minitorch.autograd.grad(layer(x)[0].sum(), x)
    assert g.shape == x.shape and layer.weight_ih_l0.grad is None
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    layer.bias_hh_l0.requires_grad_(True)
    layer(x.detach())[1][1].sum().backward()
    assert [parameter.grad is not None for parameter in layer.parameters()] == [False, False, False, True]
    assert not layer.requires_grad_(False)(x.detach())[0].requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_output_may_be_written_to_in_place(kind: str) -> None:
    found = []
    for engine in ENGINES:
        engine.manual_seed(0)
        layer: Any = getattr(engine.nn, kind)(3, 4, dtype=engine.float64)
        x = engine.ones(5, 2, 3, dtype=engine.float64, requires_grad=True)
        output, final = layer(x)
        output.mul_(2).relu_()
        as_list(final)[0].add_(1)
        (output.sum() + as_list(final)[0].sum()).backward()
        found.append(x.grad.numpy())
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_written_to_before_backward_raises(kind: str) -> None:
    for engine in ENGINES:
        layer: Any = getattr(engine.nn, kind)(3, 4)
        output, _ = layer(engine.ones(5, 2, 3, requires_grad=True))
        with engine.no_grad():
            layer.weight_hh_l0.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            output.sum().backward()


@pytest.mark.parametrize("kind", KINDS)
def test_second_backward_raises_unless_retained(kind: str) -> None:
    for engine in ENGINES:
        layer: Any = getattr(engine.nn, kind)(3, 4)
        total = layer(engine.ones(5, 2, 3))[0].sum()
        total.backward(retain_graph=True)
        once = layer.weight_hh_l0.grad.clone()
        total.backward()
        assert engine.allclose(layer.weight_hh_l0.grad, once * 2)
        with pytest.raises(RuntimeError, match="second time"):
            total.backward()


@pytest.mark.parametrize("second", [False, True])
def test_the_graph_is_freed_without_the_garbage_collector(second: bool) -> None:
    layer = minitorch.nn.LSTM(3, 4, 2)
    x = minitorch.ones(5, 2, 3, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        output = layer(x * 1)[0]
        gone = weakref.ref(output.grad_fn)
        g = minitorch.autograd.grad(output.sum(), x, create_graph=second)
        del output, g
        assert gone() is None
    finally:
        gc.enable()


def test_detached_states_cut_the_graph_between_pieces() -> None:
    found = []
    for engine in ENGINES:
        engine.manual_seed(1)
        layer: Any = engine.nn.LSTM(2, 3)
        state, total = None, 0.0
        for piece in engine.arange(12.0).reshape(6, 1, 2).split(2):
            output, state = layer(piece, state)
            output.sum().backward()
            state = tuple(each.detach() for each in state)
            total += output.sum().item()
        found.append((total, layer.weight_hh_l0.grad.numpy()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-4, atol=1e-6)


# --- the modules ------------------------------------------------------------------------------------------------------

MODULES = [
    "RNN(3, 4)",
    "RNN(3, 4, 2, 'relu', False)",
    "RNN(3, 4, nonlinearity='relu', num_layers=2)",
    "RNN(input_size=3, hidden_size=4, bidirectional=True)",
    "GRU(3, 4, 2, batch_first=True, dropout=0.25)",
    "GRU(3, 4, bias=False)",
    "LSTM(3, 4, 2, True, True, 0.5, True, 2)",
    "LSTM(3, 4, proj_size=3, bias=False, bidirectional=True)",
    "LSTM(3, 4, dtype=torch.float64)",
    "RNNBase('GRU', 3, 4)",
    "RNNCell(3, 4)",
    "RNNCell(3, 4, False, 'relu')",
    "RNNCell(0, 4)",
    "GRUCell(3, 4)",
    "GRUCell(3, 4, bias=False)",
    "LSTMCell(3, 4, dtype=torch.float64)",
]


@pytest.mark.parametrize("text", MODULES)
def test_module_is_torchs(text: str) -> None:
    """repr, parameters in order, their initial values from the same seed, and what may be asked for."""
    made: list[Any] = []
    for engine in ENGINES:
        engine.manual_seed(7)
        made.append(eval(f"torch.nn.{text}", {"torch": engine}))
    mine, theirs = made
    assert repr(mine) == repr(theirs)
    assert [name for name, _ in mine.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for own, expected in zip(mine.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(own.detach().numpy(), expected.detach().numpy())
        assert str(own.dtype) == str(expected.dtype)
    for name in (
        "mode",
        "nonlinearity",
        "_flat_weights_names",
        "_all_weights",
        "dropout",
        "proj_size",
        "__constants__",
    ):
        assert getattr(mine, name, None) == getattr(theirs, name, None), name
    if hasattr(theirs, "all_weights"):
        assert [len(each) for each in mine.all_weights] == [len(each) for each in theirs.all_weights]
        assert mine.flatten_parameters() is None
    assert mine.reset_parameters() is None


def test_weights_are_those_of_the_module() -> None:
    layer = minitorch.nn.LSTM(3, 4)
    layer.weight_ih_l0 = minitorch.nn.Parameter(minitorch.zeros(16, 3))
    assert layer._flat_weights[0] is layer.weight_ih_l0 is layer.all_weights[0][0]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin._flat_weights[0] is twin.weight_ih_l0 is not layer.weight_ih_l0
    assert layer.double()(minitorch.zeros(2, 1, 3, dtype=minitorch.float64))[0].dtype is minitorch.float64


@pytest.mark.parametrize("kind", KINDS)
def test_node_names(kind: str) -> None:
    for packed in (False, True):
        names = []
        for engine in ENGINES:
            layer: Any = getattr(engine.nn, kind)(3, 4, bidirectional=True)
            x = engine.ones(5, 2, 3)
            source = engine.nn.utils.rnn.pack_padded_sequence(x, [5, 3]) if packed else x
            output, final = layer(source)
            names.append([each.grad_fn.name() for each in (output.data if packed else output, *as_list(final))])
        assert names[0] == names[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["(2, 3)", "(3,)"])
@pytest.mark.parametrize("given", [True, False])
def test_cells(kind: str, form: str, given: bool) -> None:
    found = []
    for engine in ENGINES:
        engine.manual_seed(4)
        cell: Any = getattr(engine.nn, f"{kind}Cell")(3, 4)
        rng = np.random.default_rng(0)
        x = engine.tensor(rng.standard_normal(eval(form)), dtype=engine.float32, requires_grad=True)
        states = [
            engine.tensor(rng.standard_normal((*eval(form)[:-1], 4)), dtype=engine.float32, requires_grad=True)
            for _ in range(2 if kind == "LSTM" else 1)
        ]
        hx: Any = (tuple(states) if kind == "LSTM" else states[0]) if given else None
        for _ in range(3):
            hx = cell(x, hx)
        outs = as_list(hx)
        sum((out * out).sum() for out in outs).backward()
        gradients = [each.grad for each in (x, *(states if given else ()), *cell.parameters())]
        found.append([each.detach().numpy() for each in (*outs, *gradients)])
    for own, expected in zip(*found, strict=True):
        assert own.shape == expected.shape and own.dtype == expected.dtype
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_training(kind: str) -> None:
    """With dropout between the layers, drawn as torch draws it."""
    losses = []
    for engine in ENGINES:
        engine.manual_seed(11)
        layer: Any = getattr(engine.nn, kind)(4, 8, 2, dropout=0.3, bidirectional=True)
        head = engine.nn.Linear(16, 4)
        optimizer = engine.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.05)
        x = engine.nn.functional.one_hot(engine.tensor([[1, 0, 2, 2, 3]]).T, 4).float()
        y = engine.tensor([3, 1, 2, 3, 2])
        own = []
        for _ in range(25):
            optimizer.zero_grad()
            loss = engine.nn.functional.cross_entropy(head(layer(x)[0]).view(-1, 4), y)
            loss.backward()
            optimizer.step()
            own.append(loss.item())
        losses.append(own)
    np.testing.assert_allclose(*losses, rtol=1e-3, atol=1e-4)


# --- errors -----------------------------------------------------------------------------------------------------------

SETUP = "nn = torch.nn; z = torch.zeros"
ERRORS = [
    ("nn.RNN(4, 4)(z(5, 2, 5))", "input.size(-1) must be equal to input_size. Expected 4, got 5"),
    ("nn.RNN(3, 4)(z(5))", "RNN: Expected input to be 2D or 3D, got 1D tensor instead"),
    ("nn.GRU(3, 4)(z(1, 5, 2, 3))", "GRU: Expected input to be 2D or 3D, got 4D instead"),
    ("nn.LSTM(3, 4)(z(5))", "LSTM: Expected input to be 2D or 3D, got 1D instead"),
    ("nn.RNN(3, 4)(z(5, 3), z(1, 1, 4))", "For unbatched 2-D input, hx should also be 2-D but got 3-D tensor"),
    ("nn.GRU(3, 4)(z(5, 2, 3), z(1, 4))", "For batched 3-D input, hx should also be 3-D but got 2-D tensor"),
    (
        "nn.LSTM(3, 4)(z(5, 2, 3), (z(1, 4), z(1, 4)))",
        "For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors",
    ),
    (
        "nn.LSTM(3, 4)(z(5, 3), (z(1, 1, 4), z(1, 1, 4)))",
        "For unbatched 2-D input, hx and cx should also be 2-D but got (3-D, 3-D) tensors",
    ),
    ("nn.RNN(3, 4)(z(5, 2, 3), z(1, 3, 4))", "Expected hidden size (1, 2, 4), got [1, 3, 4]"),
    ("nn.GRU(3, 4, 2, bidirectional=True)(z(5, 2, 3), z(2, 2, 4))", "Expected hidden size (4, 2, 4), got [2, 2, 4]"),
    ("nn.LSTM(3, 4)(z(5, 2, 3), (z(1, 2, 3), z(1, 2, 4)))", "Expected hidden[0] size (1, 2, 4), got [1, 2, 3]"),
    ("nn.LSTM(3, 4)(z(5, 2, 3), (z(1, 2, 4), z(1, 2, 5)))", "Expected hidden[1] size (1, 2, 4), got [1, 2, 5]"),
    (
        "nn.LSTM(3, 4, proj_size=2)(z(5, 2, 3), (z(1, 2, 4), z(1, 2, 4)))",
        "Expected hidden[0] size (1, 2, 2), got [1, 2, 4]",
    ),
    ("nn.LSTM(3, 4)(z(5, 2, 3), z(1, 2, 4))", "index 1 is out of bounds for dimension 0 with size 1"),
    ("nn.LSTM(3, 4)(z(5, 2, 3).double())",
     "RNN input dtype (torch.float64) does not match weight dtype (torch.float32)"),
    ("nn.GRU(3, 4)(z(5, 2, 3).long())", "Convert input: input.to(torch.float32), or convert model"),
    ("nn.RNN(3, 4)(z(5, 2, 3), z(1, 2, 4).double())", "must have the same dtype"),
    ("nn.RNN(3, 4)(z(0, 2, 3))", "Expected sequence length to be larger than 0 in RNN"),
    ("nn.RNN(3, 4)([1])", "'list' object has no attribute 'dim'"),
    ("nn.RNN(3, 4, nonlinearity='x')", "Unknown nonlinearity 'x'. Select from 'tanh' or 'relu'."),
    ("nn.RNN(3, 4, 2, False)", "Unknown nonlinearity 'False'. Select from 'tanh' or 'relu'."),
    ("nn.RNN(3, 4, 1, 'relu', nonlinearity='tanh')", "got an unexpected keyword argument 'nonlinearity'"),
    ("nn.GRU(3, 4, proj_size=2)", "proj_size argument is only supported for LSTM, not RNN or GRU"),
    ("nn.LSTM(3, 4, proj_size=4)", "proj_size has to be smaller than hidden_size"),
    ("nn.LSTM(3, 4, proj_size=-1)", "proj_size should be a positive integer or zero to disable projections"),
    ("nn.LSTM(3, 4, dropout=2.0)", "dropout should be a number in range [0, 1]"),
    ("nn.LSTM(3, 4, dropout=True)", "dropout should be a number in range [0, 1]"),
    ("nn.LSTM(3, 4, dropout='a')", "could not convert string to float: 'a'"),
    ("nn.LSTM(3, 4, bias=1)", "bias should be of type bool, got: int"),
    ("nn.LSTM(3, 4, batch_first=1)", "batch_first should be of type bool, got: int"),
    ("nn.LSTM(3.0, 4)", "input_size should be of type int, got: float"),
    ("nn.LSTM(3, 4.0)", "hidden_size should be of type int, got: float"),
    ("nn.LSTM(0, 4)", "input_size must be greater than zero"),
    ("nn.LSTM(3, 0)", "hidden_size must be greater than zero"),
    ("nn.LSTM(3, 4, 0)", "num_layers must be greater than zero"),
    ("nn.LSTM(3)", "missing 1 required positional argument: 'hidden_size'"),
    ("nn.RNNBase('X', 3, 4)", "Unrecognized RNN mode: X"),
    ("nn.RNNCell(3, 4)(z(2, 5))", "input has inconsistent input_size: got 5 expected 3"),
    ("nn.RNNCell(3, 4)(z(1, 2, 3))", "RNNCell: Expected input to be 1D or 2D, got 3D instead"),
    ("nn.GRUCell(3, 4)(z(2, 3), z(1, 2, 4))", "GRUCell: Expected hidden to be 1D or 2D, got 3D instead"),
    ("nn.LSTMCell(3, 4)(z(2, 3), (z(2, 4), z(1, 2, 4)))", "LSTMCell: Expected hx[1] to be 1D or 2D, got 3D instead"),
    ("nn.LSTMCell(3, 4)(z(1, 2, 3))", "LSTMCell: Expected input to be 1D or 2D, got 3D instead"),
    ("nn.RNNCell(3, 4)(z(2, 3), z(3, 4))", "Input batch size 2 doesn't match hidden0 batch size 3"),
    ("nn.RNNCell(3, 4)(z(2, 3), z(4))", "Input batch size 2 doesn't match hidden0 batch size 4"),
    ("nn.GRUCell(3, 4)(z(2, 3), z(2, 5))", "hidden0 has inconsistent hidden_size: got 5, expected 4"),
    ("nn.LSTMCell(3, 4)(z(2, 3), (z(2, 4), z(2, 5)))", "hidden1 has inconsistent hidden_size: got 5, expected 4"),
    ("nn.LSTMCell(3, 4)(z(2, 3), z(2, 4))",
     "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor"),
    ("nn.LSTMCell(3, 4)(z(2, 3), (z(2, 4),))", "lstm_cell expects two hidden states"),
    ("nn.RNNCell(3, 4, nonlinearity='x')(z(2, 3))", "Unknown nonlinearity: x"),
    ("nn.GRUCell(3, 4)(z(2, 3).double())", "must have the same dtype"),
    ("nn.GRUCell(3, 4)(z(2, 3).long())", "mat1 and mat2 must have the same dtype, but got Long and Float"),
    ("nn.LSTM(3, 4)(z(2, 1, 3), (z(1, 1, 4),) * 3)", "lstm expects two hidden states"),
    ("nn.GRU(3, 4)(nn.utils.rnn.pack_padded_sequence(z(2, 1, 3).double(), [2]))", "does not match weight dtype"),
    ("nn.LSTM(3, 4)(nn.utils.rnn.pack_padded_sequence(z(2, 1, 3).double(), [2]))", "must have the same dtype"),
    ("torch.gru_cell(z(2, 3), z(2, 4), z(12, 3), 'a')", "argument 'w_hh' (position 4) must be Tensor, not str"),
    ("torch.gru(z(2, 1, 3), z(1, 1, 4), [z(12, 3), 1], False, 1, 0.0, False, False, False)",
     "expected Tensor as element 1 in argument"),
    ("torch.rnn_tanh_cell(z(2, 3), None, z(4, 3), z(4, 4))", "argument 'hx' (position 2) must be Tensor, not NoneType"),
    ("torch.gru_cell(z(2, 3), z(2, 4), z(4, 3), z(4, 4))",
     "weight_ih first dim must be 3 * hidden_size = 12, but got 4"),
    ("torch.rnn_tanh_cell(z(2, 3), z(2, 4), z(4, 3), z(3, 4))", "weight_hh first dim must be 1 * hidden_size = 4"),
    ("torch.gru(z(2, 1, 3), z(1, 1, 4), [z(12, 3), z(12, 4)], True, 1, 0.0, False, False, False)",
     "got an incorrect number of RNN parameters"),
    ("torch.rnn_tanh(z(2, 3), z(2, 4), [z(4, 3), z(4, 4)], False, 1, 0.0, False, False, False)", ""),
    ("torch.gru(z(2, 1, 3), z(1, 4), [z(12, 3), z(12, 4)], False, 1, 0.0, False, False, False)",
     "Dimension out of range"),
    ("torch.gru(z(2, 1, 2), z(1, 1, 4), [z(12, 3), z(12, 4)], False, 1, 0.0, False, False, False)",
     "mat1 and mat2 shapes cannot be multiplied (2x2 and 3x12)"),
    ("torch.rnn_relu(z(2, 1, 3), z(1, 1, 3), [z(4, 3), z(4, 4)], False, 1, 0.0, False, False, False)",
     "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x4)"),
    ("torch.gru(z(2, 1, 3), z(1, 1, 4), [z(12, 3), z(12, 4)], False)", "gru() received an invalid combination"),
    ("torch.lstm(z(2, 1, 3), (z(1, 1, 4),), [z(16, 3), z(16, 4)], False, 1, 0.0, False, False, False)",
     "lstm expects two hidden states"),
    ("torch.gru(z(2, 1, 3), z(1, 1, 4), [z(12, 3), z(12, 4)], False, 'a', 0.0, False, False, False)",
     "gru() received an invalid combination of arguments"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "phrase"), ERRORS)
def test_errors(expression: str, phrase: str) -> None:
    check_same_error(expression, phrase, SETUP)


def test_a_batch_of_states_that_is_not_the_inputs() -> None:
    z = minitorch.zeros
    with pytest.raises(RuntimeError, match="expected hx for a batch of 2, got one for 3"):
        minitorch.gru(z(2, 2, 3), z(1, 3, 4), [z(12, 3), z(12, 4)], False, 1, 0.0, False, False, False)


def test_dropout_without_layers_between_warns() -> None:
    for engine in ENGINES:
        with pytest.warns(UserWarning, match="got dropout=0.3 and num_layers=1"):
            engine.nn.LSTM(3, 4, dropout=0.3)


def test_empty_batch() -> None:
    check_same("nn.GRU(3, 4, 2)(z(5, 0, 3))[0].shape", SETUP)
    check_same("nn.LSTM(3, 4)(z(5, 0, 3))[1][1].shape", SETUP)
    check_same("nn.RNNCell(3, 4)(z(0, 3)).shape", SETUP)


def test_half_precision_stays() -> None:
    for kind in KINDS:
        layer = getattr(minitorch.nn, kind)(3, 4).half()
        x = minitorch.ones(5, 2, 3, dtype=minitorch.float16, requires_grad=True)
        output, _ = layer(x)
        output.sum().backward()
        assert output.dtype is x.grad.dtype is layer.weight_hh_l0.grad.dtype is minitorch.float16


# --- packed sequences -------------------------------------------------------------------------------------------------

PACK = """
from functools import partial
u = torch.nn.utils.rnn
x = torch.arange(24.0).reshape(4, 3, 2)
a, b, c = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0]), torch.tensor([6.0])
p = u.pack_padded_sequence(x, [4, 2, 1])
q = u.pack_padded_sequence(x, [1, 4, 3], enforce_sorted=False)
i = u.PackedSequence(torch.arange(3)[:, None], torch.tensor([2, 1]))
"""
PACKING = [
    "p",
    "q",
    "u.pack_padded_sequence(x, torch.tensor([3, 3, 2]))",
    "u.pack_padded_sequence(x, torch.tensor([3, 3, 2], dtype=torch.int32))",
    "u.pack_padded_sequence(x, (2, 2, 2))",
    "u.pack_padded_sequence(x, [3.5, 2, 1])",
    "u.pack_padded_sequence(x, np.array([3, 2, 1]))",
    "u.pack_padded_sequence(x, [3, 2, 2, 1], batch_first=True)",
    "u.pack_padded_sequence(x, [1, 3, 2, 3], True, False)",
    "u.pack_padded_sequence(x[..., 0], [4, 3, 1])",
    "u.pack_padded_sequence(x.int(), [4, 3, 1])",
    "u.pack_padded_sequence(x[..., None], [4, 3, 1]).data.shape",
    "u.pad_packed_sequence(p)",
    "u.pad_packed_sequence(q)",
    "u.pad_packed_sequence(q, batch_first=True)",
    "u.pad_packed_sequence(p, batch_first=True)[0]",
    "u.pad_packed_sequence(p, total_length=6, padding_value=-1)",
    "u.pad_packed_sequence(q, True, float('inf'), 5)",
    "u.pad_packed_sequence(i, padding_value=2.7)",
    "u.pad_packed_sequence(i, padding_value=1)[0].dtype",
    "u.pad_sequence([a, b])",
    "u.pad_sequence([a, b, c], batch_first=True)",
    "u.pad_sequence([a, b, c], padding_value=7, padding_side='left')",
    "u.pad_sequence([a, b, c], True, 7, 'left')",
    "u.pad_sequence([x, x[:2]])",
    "u.pad_sequence((b.int(), a))",
    "u.pad_sequence([a, b.int()])",
    "u.pad_sequence(x, True)",
    "u.pad_sequence(iter([a, b]))",
    "u.pad_sequence([torch.zeros(0), a])",
    "u.pad_sequence([torch.tensor([True]), torch.tensor([True, False])], padding_value=1)",
    "u.pack_sequence([b, a, c])",
    "u.pack_sequence([a, b, c], enforce_sorted=False)",
    "u.pack_sequence([x[:3], x[:1]])",
    "u.unpad_sequence(x, torch.tensor([3, 1, 4]))",
    "u.unpad_sequence(x, torch.tensor([2, 1, 1, 3]), True)",
    "u.unpack_sequence(q)",
    "u.unpack_sequence(p)",
    "u.invert_permutation(torch.tensor([2, 0, 1]))",
    "u.invert_permutation(None)",
    "u.PackedSequence((x[0], torch.tensor([3])))",
    "u.PackedSequence(x[0], torch.tensor([3]), torch.tensor([1, 2, 0]))",
    "u.PackedSequence(data=x[0], batch_sizes=torch.tensor([3]), unsorted_indices=torch.tensor([0, 2, 1]))",
    "u.PackedSequence.__mro__[1].__name__, u.PackedSequence._fields",
    "q.double()",
    "q.half(), q.int(), q.long(), q.short(), q.char(), q.byte()",
    "q.to(torch.float64)",
    "[f() is p for f in (p.cpu, p.float, partial(p.to, 'cpu'), partial(p.to, torch.float32), partial(p.to, p.data))]",
    "p.is_cuda, p.is_pinned(), len(p), isinstance(p, tuple), p[0] is p.data",
    "p._replace(data=p.data * 2)",
    "p._asdict()",
    "list(map(list, zip(*u.pad_packed_sequence(q, True)[0].tolist())))",
    "torch.nn.GRU(2, 3)(q, torch.zeros(1, 3, 3))[1].shape",
]


@pytest.mark.parametrize("expression", PACKING)
def test_packing(expression: str) -> None:
    check_same(expression, PACK)


def test_packed_sequences_pickle_and_copy() -> None:
    packed = minitorch.nn.utils.rnn.pack_sequence([minitorch.ones(1), minitorch.ones(3)], enforce_sorted=False)
    for twin in (pickle.loads(pickle.dumps(packed)), copy.deepcopy(packed)):
        assert repr(twin) == repr(packed) and type(twin) is type(packed)


PACKING_ERRORS = [
    ("u.pack_padded_sequence(x, [2, 3, 1])",
     "`lengths` array must be sorted in decreasing order when `enforce_sorted`"),
    ("u.pack_sequence([a, b])", "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence"),
    ("u.pack_padded_sequence(x, [3, 1, 0])", "Length of all samples has to be greater than 0, but found an element in"),
    ("u.pack_padded_sequence(x, [3, -1, 2], enforce_sorted=False)", "Length of all samples has to be greater than 0"),
    ("u.pack_sequence([b, torch.zeros(0)])", "Length of all samples has to be greater than 0"),
    ("u.pack_padded_sequence(x, [3])", "Expected `len(lengths)` to be equal to batch_size, but got 1 (batch_size=3)"),
    ("u.pack_padded_sequence(x, [3, 2, 1], True)", "but got 3 (batch_size=4)"),
    ("u.pack_padded_sequence(x, torch.tensor([[3, 2, 1]]))",
     "'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu"),
    ("u.pack_padded_sequence(x, 2)", "'lengths' argument should be a 1D CPU int64 tensor, but got 0D"),
    ("u.pack_padded_sequence(x, None)", "'NoneType' object cannot be interpreted as an integer"),
    ("u.pack_padded_sequence(x[:, :0], [])", "Cannot pack empty tensors."),
    ("u.pack_padded_sequence(x[:0], [1, 1, 1])", "Cannot pack empty tensors."),
    ("u.pack_padded_sequence(a, [1])", "Dimension out of range (expected to be in range of [-1, 0], but got 1)"),
    ("u.pack_padded_sequence([[1]], [1])", "argument 'input' (position 1) must be Tensor, not list"),
    ("u.pad_packed_sequence(p, total_length=2)",
     "Expected total_length to be at least the length of the longest sequence"),
    ("u.pad_packed_sequence(p, total_length=2)", "total_length=2 and max sequence length being 4"),
    ("u.pad_packed_sequence(x)", "'Tensor' object has no attribute 'batch_sizes'"),
    ("u.pad_packed_sequence(u.PackedSequence(x[0], torch.tensor([1, 2])))", ""),
    ("u.pad_sequence([])", "received an empty list of sequences"),
    ("u.pack_sequence([])", "received an empty list of sequences"),
    ("u.pad_sequence(3)", "pad_sequence: Expected iterable for input sequences, but got arg of type: <class 'int'>"),
    ("u.pad_sequence([1, 2])", "expected Tensor as element 0 in argument 0, but got int"),
    ("u.pad_sequence([torch.tensor(1.0)])", ""),
    ("u.pad_sequence([torch.zeros(2, 3), torch.zeros(1, 4)])",
     "The size of tensor a (3) must match the size of tensor b (4)"),
    ("u.pad_sequence([a], padding_side='x')", "Expected padding_side to be one of left or right, but got x."),
    ("u.unpad_sequence(x, [3, 1, 1])", "'list' object has no attribute"),
    ("u.invert_permutation([0, 1])", "argument 'input' (position 1) must be Tensor, not list"),
    ("u.PackedSequence(x)", "Expected data to be a list or tuple of length 2"),
    ("torch.nn.RNN(3, 4)(p)", "input.size(-1) must be equal to input_size. Expected 3, got 2"),
    ("torch.nn.RNN(2, 4)(p, torch.zeros(1, 2, 4))", "Expected hidden size (1, 3, 4), got [1, 2, 4]"),
    ("torch.nn.RNN(2, 4)(u.PackedSequence(x, torch.tensor([3])))", "input must have 2 dimensions, got 3"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "phrase"), PACKING_ERRORS)
def test_packing_errors(expression: str, phrase: str) -> None:
    check_same_error(expression, phrase, PACK)


def test_a_length_beyond_the_input_raises() -> None:
    """torch makes a PackedSequence whose sizes do not fit its data."""
    with pytest.raises(RuntimeError, match="a length is 5, but the input has 4 steps"):
        minitorch.nn.utils.rnn.pack_padded_sequence(minitorch.zeros(4, 2, 1), [5, 1])


def test_0d_sequences_and_wrong_sizes_say_what_came() -> None:
    rnn = minitorch.nn.utils.rnn
    with pytest.raises(RuntimeError, match="expected sequences of at least one dimension, got a 0-d tensor"):
        rnn.pad_sequence([minitorch.tensor(1.0)])
    with pytest.raises(RuntimeError, match=r"batch_sizes \[1, 2\] do not fit data of 1 rows"):
        rnn.pad_packed_sequence(rnn.PackedSequence(minitorch.zeros(1, 2), minitorch.tensor([1, 2])))


@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    batch_first=st.booleans(),
    left=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients_through_packing(lengths: list[int], batch_first: bool, left: bool, seed: int) -> None:
    found = []
    for engine in ENGINES:
        rng = np.random.default_rng(seed)
        u = engine.nn.utils.rnn
        parts = [engine.tensor(rng.standard_normal((n, 2)), requires_grad=True) for n in lengths]
        padded = u.pad_sequence(parts, batch_first, 1.5, "left" if left else "right")
        packed = u.pack_padded_sequence(padded**3, lengths, batch_first, enforce_sorted=False)
        again, _ = u.pad_packed_sequence(packed._replace(data=packed.data**2), batch_first, 0.5, max(lengths) + 1)
        weights = engine.tensor(rng.standard_normal(tuple(again.shape)))
        gradients = engine.autograd.grad((again * weights).sum(), parts, create_graph=True)
        second = engine.autograd.grad(sum((g**2).sum() for g in gradients), parts)
        found.append([each.detach().numpy() for each in (padded, packed.data, again, *gradients, *second)])
        whole = u.unpack_sequence(u.pack_sequence(parts, enforce_sorted=False))
        assert all(bool((one == other).all()) for one, other in zip(whole, parts, strict=True))
    for own, expected in zip(*found, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_gradients_of_a_batch_of_none(kind: str) -> None:
    for engine in (minitorch, torch):
        layer = getattr(engine.nn, kind)(3, 2, batch_first=True)
        layer(engine.ones(0, 2, 3))[0].sum().backward()
        assert layer.weight_ih_l0.grad.abs().sum() == 0
