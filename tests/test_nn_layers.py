"""Linear, activation, dropout, shape and distance layers, and their functions, against torch's."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

LAYERS = [
    "Identity()",
    "Identity(54, unused=1)",
    "Linear(4, 3)",
    "Linear(4, 3, bias=False)",
    "Linear(4, 3, dtype=torch.float64)",
    "Flatten()",
    "Flatten(0, 1)",
    "Flatten(start_dim=-2)",
    "Unflatten(1, (2, 2))",
    "Unflatten(-1, [4, 1])",
    "Unflatten(dim=1, unflattened_size=torch.Size([1, 4]))",
    "Threshold(0.1, 20)",
    "ReLU()",
    "RReLU()",
    "RReLU(0.2, 0.4)",
    "Hardtanh()",
    "Hardtanh(-2, 0.5)",
    "ReLU6()",
    "Sigmoid()",
    "Hardsigmoid()",
    "Tanh()",
    "SiLU()",
    "Mish()",
    "Hardswish()",
    "ELU()",
    "ELU(0.7)",
    "CELU()",
    "CELU(1.3)",
    "SELU()",
    "GLU()",
    "GLU(0)",
    "GELU()",
    "GELU('tanh')",
    "Hardshrink()",
    "Hardshrink(0.2)",
    "LeakyReLU()",
    "LeakyReLU(0.3)",
    "LogSigmoid()",
    "Softplus()",
    "Softplus(2, 3)",
    "Softshrink()",
    "Softshrink(0.1)",
    "PReLU()",
    "PReLU(4, 0.1)",
    "Softsign()",
    "Tanhshrink()",
    "Softmin(1)",
    "Softmax(dim=1)",
    "Softmax(0)",
    "LogSoftmax(-1)",
    "Dropout()",
    "Dropout(0.2)",
    "Dropout(p=0.0)",
    "Dropout(1)",
    "AlphaDropout(0.3)",
    "FeatureAlphaDropout(0.3)",
    "Dropout1d(0.4)",
]
IN_PLACE = [
    "ReLU",
    "RReLU",
    "Hardtanh",
    "ReLU6",
    "Hardsigmoid",
    "SiLU",
    "Mish",
    "Hardswish",
    "ELU",
    "CELU",
    "SELU",
    "LeakyReLU",
]
IN_PLACE += ["Dropout", "Dropout1d"]


def make(engine: Any, text: str) -> Any:
    """The layer that `text` says, made from seed 3."""
    engine.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": engine})


def run(engine: Any, text: str, x: np.ndarray[Any, Any], g: np.ndarray[Any, Any] | None, train: bool) -> list[Any]:
    """Output, input gradient and parameter gradients of a layer, for a gradient `g` of the output."""
    layer = make(engine, text).train(mode=train)
    source = engine.tensor(x, requires_grad=True)
    engine.manual_seed(5)
    given = source * 1
    out = layer(given)
    out.backward(engine.tensor(np.resize(g, tuple(out.shape))) if g is not None else engine.ones_like(out))
    return [out.detach(), source.grad, *(parameter.grad for parameter in layer.parameters())]


@pytest.mark.parametrize("text", LAYERS)
def test_repr(text: str) -> None:
    assert repr(make(minitorch, text)) == repr(make(torch, text))


@pytest.mark.parametrize("name", [*IN_PLACE, "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"])
def test_repr_in_place(name: str) -> None:
    assert repr(make(minitorch, f"{name}(inplace=True)")) == repr(make(torch, f"{name}(inplace=True)"))


@pytest.mark.parametrize("text", LAYERS)
def test_initial_values_are_torchs(text: str) -> None:
    own, expected = make(minitorch, text).state_dict(), make(torch, text).state_dict()
    assert list(own) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(own[name].numpy(), value.numpy())


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("text", LAYERS)
def test_output_and_gradients(text: str, train: bool) -> None:
    dtype = "float64" if "float64" in text else "float32"
    random = np.random.default_rng(0)
    x = (random.standard_normal((6, 4)) * 3).astype(dtype)
    g = random.standard_normal(97).astype(dtype)
    for mine, theirs in zip(run(minitorch, text, x, g, train), run(torch, text, x, g, train), strict=True):
        assert mine.dtype is getattr(minitorch, str(theirs.dtype).removeprefix("torch."))
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_layers_write_into_their_input(name: str) -> None:
    x = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
    for engine in (minitorch, torch):
        layer = make(engine, f"{name}(inplace=True)")
        given = engine.tensor(x)
        assert layer(given) is given or name == "Dropout1d"
        assert not np.array_equal(given.numpy(), x)
    mine, theirs = (run(engine, f"{name}(inplace=True)", x, None, True) for engine in (minitorch, torch))
    for own, expected in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["Dropout2d", "Dropout3d", "FeatureAlphaDropout"])
@pytest.mark.parametrize("inplace", [True, False])
def test_dropout_of_channels(name: str, inplace: bool) -> None:
    shape = (3, 4, 2, 2, 2) if name == "Dropout3d" else (3, 4, 2, 2)
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    text = f"{name}(0.4, inplace={inplace})"
    for own, expected in zip(run(minitorch, text, x, None, True), run(torch, text, x, None, True), strict=True):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_bilinear(bias: bool, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(2)
    x, y = (random.standard_normal((*shape, size)).astype(np.float32) for size in (4, 3))
    results = []
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        layer = engine.nn.Bilinear(4, 3, 2, bias=bias)
        a, b = engine.tensor(x, requires_grad=True), engine.tensor(y, requires_grad=True)
        out = layer(a, b)
        (out * out).sum().backward()
        results.append((repr(layer), [out.detach(), a.grad, b.grad, *(p.grad for p in layer.parameters())]))
    assert results[0][0] == results[1][0]
    for own, expected in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        ("F.normalize(a)", [(3, 4)]),
        ("F.normalize(a, p=1, dim=-1)", [(3, 4)]),
        ("F.normalize(a * 0, dim=0)", [(3, 4)]),
        ("F.normalize(a, p=3, dim=0, eps=2.0)", [(3, 4)]),
        ("F.cosine_similarity(a, b)", [(3, 4), (3, 4)]),
        ("F.cosine_similarity(a, b, dim=-1)", [(2, 3, 4), (3, 4)]),
        ("F.cosine_similarity(a, b, dim=0, eps=3.0)", [(3, 4), (3, 4)]),
        ("F.cosine_similarity(a * 0, b)", [(3, 4), (3, 4)]),
        ("F.pairwise_distance(a, b)", [(3, 4), (3, 4)]),
        ("F.pairwise_distance(a, b, p=1, keepdim=True)", [(3, 4), (4,)]),
        ("F.pairwise_distance(a, b, p=float('inf'))", [(2, 3, 4), (3, 4)]),
        ("torch.nn.PairwiseDistance(3, 0.1, True)(a, b)", [(3, 4), (3, 4)]),
        ("torch.nn.CosineSimilarity(0)(a, b)", [(3, 4), (3, 4)]),
        ("torch.nn.Softmax2d()(a)", [(2, 3, 4, 2)]),
        ("torch.nn.Softmax2d()(a)", [(3, 4, 2)]),
        ("F.softmax(a, 1, dtype=torch.float64)", [(3, 4)]),
        ("F.log_softmax(a, dim=0)", [(3, 4)]),
        ("F.softmin(a, dim=-1)", [(3, 4)]),
        ("F.softsign(a) + F.tanhshrink(a) + F.sigmoid(a) + F.tanh(a)", [(3, 4)]),
        ("F.hardtanh(a, min_val=-0.5, max_val=0.25)", [(3, 4)]),
        ("F.rrelu(a)", [(3, 4)]),
        ("F.linear(a, b)", [(5, 4), (3, 4)]),
        ("F.linear(a, b, c)", [(2, 5, 4), (3, 4), (3,)]),
        ("F.gumbel_softmax(a, tau=0.5)", [(5, 4)]),
        ("F.gumbel_softmax(a, hard=True, dim=0)", [(5, 4)]),
        ("F.dropout(a, 0.3) + F.alpha_dropout(a, 0.4, True)", [(5, 4)]),
        ("F.feature_alpha_dropout(a, 0.4, True)", [(5, 4, 2)]),
        ("F.dropout1d(a, 0.3) + F.dropout1d(a, 0.3, False)", [(5, 4, 3)]),
        ("F.dropout3d(a, 0.3)", [(4, 3, 2, 2)]),
        ("F.dropout(a, training=False)", [(5, 4)]),
    ],
)
def test_functions(call: str, shapes: list[tuple[int, ...]]) -> None:
    random = np.random.default_rng(4)
    data = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    results = []
    for engine in (minitorch, torch):
        operands = [engine.tensor(each, requires_grad=True) for each in data]
        scope = {"torch": engine, "F": engine.nn.functional, **dict(zip("abc", operands, strict=False))}
        engine.manual_seed(11)
        out = eval(call, scope)
        (out * engine.arange(out.numel()).view(out.shape)).sum().backward()
        results.append([out.detach(), *(operand.grad for operand in operands)])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    "threshold relu hardtanh relu6 elu selu celu leaky_relu rrelu hardsigmoid silu mish hardswish glu softmax softmin "
    "log_softmax gumbel_softmax dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout normalize "
    "sigmoid tanh".split(),
)
def test_signatures_of_functions(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn.functional, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default) for p in own.parameters.values()] == [
        (p.name, p.default) for p in expected.parameters.values()
    ]


@pytest.mark.parametrize("name", sorted({text.partition("(")[0] for text in LAYERS} | {"Bilinear", "CosineSimilarity"}))
def test_signatures_of_layers(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default) for p in own.parameters.values()] == [
        (p.name, p.default) for p in expected.parameters.values()
    ]


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def functions_in_place(torch, say):
    functional = torch.nn.functional
    x = torch.linspace(-3, 3, 7)
    for name in ("relu_", "elu_", "selu_", "celu_", "leaky_relu_", "hardtanh_", "rrelu_"):
        given = x.clone()
        out = getattr(functional, name)(given)
        say(out is given, out)
    given = x.clone()
    say(functional.threshold_(given, 0.5, 9) is given, given)
    leaf = torch.ones(2, requires_grad=True)
    say.error(lambda: functional.relu(leaf, inplace=True))


@scene
def implicit_dimensions(torch, say):
    functional = torch.nn.functional
    for shape in ((), (3,), (2, 3), (2, 2, 2), (1, 2, 1, 2)):
        x = torch.arange(8.0)[: max(1, torch.ones(shape).numel())].reshape(shape)
        say(functional.softmax(x), functional.log_softmax(x), functional.softmin(x))
    say(torch.nn.Softmax()(torch.ones(2, 2)), torch.nn.LogSoftmax()(torch.ones(2)), torch.nn.Softmin()(torch.ones(2)))


@scene
def one_hot_vectors(torch, say):
    one_hot = torch.nn.functional.one_hot
    say(one_hot(torch.tensor([0, 2, 1])), one_hot(torch.tensor([[0], [1]]), num_classes=4), one_hot(torch.tensor(2)))
    say(one_hot(torch.empty(0, dtype=torch.int64), 3), one_hot(torch.arange(3) % 2, 2).sum(0))
    for wrong in (torch.tensor([1.0]), torch.tensor([-1]), torch.tensor([1], dtype=torch.int32), [1]):
        say.error(one_hot, wrong)
    say.error(lambda: one_hot(torch.tensor([3]), 2))
    say.error(lambda: one_hot(torch.tensor([3]), 0))
    say.error(lambda: one_hot(torch.empty(0, dtype=torch.int64)))


@scene
def wrong_options(torch, say):
    nn = torch.nn
    for make in (
        lambda: nn.Dropout(-0.1),
        lambda: nn.Dropout(1.5),
        lambda: nn.Dropout2d(2),
        lambda: nn.Hardtanh(1, 0),
        lambda: nn.Hardtanh(0, 0),
        lambda: nn.Unflatten(1, 3),
        lambda: nn.Unflatten(1, (1.0, 2)),
        lambda: nn.Bilinear(0, 1, 1),
        lambda: nn.Softmax2d()(torch.ones(2)),
        lambda: nn.GLU()(torch.ones(())),
        lambda: nn.GLU()(torch.ones(3)),
        lambda: nn.functional.hardtanh(torch.ones(1), 2, 1),
        lambda: nn.functional.dropout(torch.ones(1), 2),
        lambda: nn.functional.alpha_dropout(torch.ones(1), -1),
        lambda: nn.functional.dropout1d(torch.ones(1)),
        lambda: nn.functional.bilinear(torch.ones(3, 4), torch.ones(2, 5), torch.ones(6, 4, 5)),
        lambda: nn.functional.bilinear(torch.ones(3, 4), torch.ones(3, 5), torch.ones(6, 3, 5)),
        lambda: nn.functional.bilinear(torch.ones(3, 4), torch.ones(3, 5), torch.ones(6, 4, 4)),
        lambda: nn.functional.bilinear(torch.ones(3, 4), torch.ones(3, 5), torch.ones(6, 4, 5), torch.ones(5)),
        lambda: nn.functional.bilinear(torch.ones(3, 4), torch.ones(5), torch.ones(6, 4, 5)),
        lambda: nn.functional.cosine_similarity(torch.tensor([[1]]), torch.tensor([[1]])),
        lambda: nn.functional.cosine_similarity(torch.ones(2, 3), torch.ones(4)),
        lambda: nn.functional.pairwise_distance(torch.ones(2, 3), torch.ones(4, 3)),
        lambda: nn.functional.relu([1.0]),
    ):
        say.error(make)
    say.error(lambda: nn.Linear(3, 2)(torch.ones(2, 4)))
    say.error(lambda: nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.float64)), exactly=False)
    say.error(lambda: nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.int64)), exactly=False)
    say.error(lambda: nn.Linear(-1, 2), exactly=False)


@scene
def deprecated_options(torch, say):
    say(torch.nn.Hardtanh(min_value=-3, max_value=2))
    torch.nn.functional.gumbel_softmax(torch.ones(2), eps=1e-5)
    say(torch.nn.functional.dropout2d(torch.ones(2, 3), 0.0), torch.nn.functional.dropout2d(torch.ones(2, 3, 1), 0.0))
    say(torch.nn.functional.dropout3d(torch.ones(1, 3, 1), 0.0).shape)


@scene
def nodes_of_layers(torch, say):
    x = torch.ones(2, 4, requires_grad=True)
    for layer in (
        torch.nn.Linear(4, 2),
        torch.nn.ReLU(),
        torch.nn.Sigmoid(),
        torch.nn.Tanh(),
        torch.nn.Softplus(),
        torch.nn.GELU(),
        torch.nn.ELU(),
        torch.nn.LeakyReLU(),
        torch.nn.Softmax(1),
        torch.nn.LogSoftmax(1),
        torch.nn.Dropout(0.5),
        torch.nn.Hardtanh(),
    ):
        say(type(layer(x).grad_fn).__name__)


@scene
def empty_layers(torch, say):
    say(torch.nn.Linear(4, 0)(torch.ones(3, 4)), torch.nn.Linear(0, 2)(torch.ones(3, 0)), torch.nn.Linear(0, 2).bias)


def test_training_a_small_network_prints_torchs_losses() -> None:
    losses: dict[str, list[float]] = {}
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        nn = engine.nn
        model = nn.Sequential(
            nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 1)
        )
        x = engine.randn(32, 8)
        y = (x.sum(1, keepdim=True) > 0).to(engine.float32)
        for _ in range(60):
            loss = ((model(x) - y) ** 2).mean()
            model.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            with engine.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.3 * parameter.grad
            losses.setdefault(engine.__name__, []).append(loss.item())
    np.testing.assert_allclose(losses["minitorch"], losses["torch"], rtol=1e-4)


@pytest.mark.parametrize(
    "expression",
    """
F.max_pool2d(x,2) F.max_pool2d(x,2,return_indices=True)[0] F.avg_pool2d(x,2,ceil_mode=True) F.lp_pool2d(x,2,2)
F.max_pool1d(x[...,0],2) F.max_pool3d(x[...,None].expand(0,2,4,4,4),2) F.adaptive_max_pool2d(x,2)
F.adaptive_max_pool1d(x[...,0],2) F.adaptive_avg_pool2d(x,2) nn.BatchNorm2d(2)(x) nn.BatchNorm2d(2).eval()(x)
nn.BatchNorm1d(2)(x[...,0]) nn.GroupNorm(1,2)(x) nn.InstanceNorm2d(2)(x) nn.LayerNorm(4)(x)
F.grid_sample(x,torch.ones(0,3,3,2),align_corners=False) nn.Conv2d(2,3,2)(x) nn.ConvTranspose2d(2,3,2)(x)
F.interpolate(x,scale_factor=2)
""".split(),
)
def test_a_batch_of_nothing_goes_through_forward_and_backward(expression: str) -> None:
    shapes = []
    for engine in (torch, minitorch):
        x = engine.ones(0, 2, 4, 4, requires_grad=True)
        out = eval(expression, {"torch": engine, "nn": engine.nn, "F": engine.nn.functional, "x": x})
        out.sum().backward()
        shapes.append((tuple(out.shape), tuple(x.grad.shape)))
    assert shapes[0] == shapes[1]
