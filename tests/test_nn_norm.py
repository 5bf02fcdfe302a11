"""Normalisation layers against torch's: state, training and evaluation, gradients, reprs, errors."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

LAYERS = [
    ("BatchNorm1d(4)", (6, 4)),
    ("BatchNorm1d(4)", (3, 4, 5)),
    ("BatchNorm1d(4, momentum=None)", (6, 4)),
    ("BatchNorm1d(4, affine=False)", (6, 4)),
    ("BatchNorm1d(4, bias=False)", (6, 4)),
    ("BatchNorm1d(4, track_running_stats=False)", (6, 4)),
    ("BatchNorm1d(4, eps=0.1, momentum=0.5)", (6, 4)),
    ("BatchNorm1d(4, dtype=torch.float64)", (6, 4)),
    ("BatchNorm2d(4)", (3, 4, 5, 2)),
    ("BatchNorm3d(4)", (2, 4, 3, 2, 2)),
    ("InstanceNorm1d(4)", (3, 4, 5)),
    ("InstanceNorm1d(4)", (4, 5)),
    ("InstanceNorm1d(4, affine=True, track_running_stats=True)", (3, 4, 5)),
    ("InstanceNorm2d(4, affine=True)", (3, 4, 5, 2)),
    ("InstanceNorm2d(4, track_running_stats=True)", (4, 5, 2)),
    ("InstanceNorm3d(4, affine=True, bias=False)", (2, 4, 3, 2, 2)),
    ("LayerNorm(5)", (3, 4, 5)),
    ("LayerNorm((4, 5))", (3, 4, 5)),
    ("LayerNorm([4, 5], bias=False)", (3, 4, 5)),
    ("LayerNorm(5, elementwise_affine=False, eps=0.1)", (3, 5)),
    ("LayerNorm(5)", (5,)),
    ("GroupNorm(2, 4)", (3, 4, 5)),
    ("GroupNorm(1, 4, affine=False)", (3, 4)),
    ("GroupNorm(4, 4, bias=False)", (3, 4, 5, 2)),
    ("RMSNorm(5)", (3, 4, 5)),
    ("RMSNorm((4, 5), eps=0.1, elementwise_affine=False)", (3, 4, 5)),
    ("LocalResponseNorm(3)", (2, 7, 3)),
    ("LocalResponseNorm(4, alpha=0.5, beta=0.5, k=2)", (2, 7, 3, 2)),
]


def make(engine: Any, text: str) -> Any:
    """The layer that `text` says, made from seed 3."""
    engine.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": engine})


def both(text: str) -> tuple[Any, Any]:
    """The layer on both engines, with torch's parameters, drawn, on both: state_dict carries them over."""
    mine, theirs = make(minitorch, text), make(torch, text)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_()
    state = {key: minitorch.from_numpy(value.numpy().copy()) for key, value in theirs.state_dict().items()}
    assert str(mine.load_state_dict(state)) == "<All keys matched successfully>"
    return mine, theirs


def same_state(mine: Any, theirs: Any) -> None:
    own, expected = mine.state_dict(), theirs.state_dict()
    assert list(own) == list(expected)
    for name, value in expected.items():
        assert str(own[name].dtype) == str(value.dtype).replace("mini", "")
        np.testing.assert_allclose(own[name].numpy(), value.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("text", "shape"), LAYERS)
def test_repr_and_initial_state(text: str, shape: tuple[int, ...]) -> None:
    mine, theirs = make(minitorch, text), make(torch, text)
    assert repr(mine) == repr(theirs)
    assert mine.state_dict()._metadata == theirs.state_dict()._metadata
    same_state(mine, theirs)


@pytest.mark.parametrize(("text", "shape"), LAYERS)
def test_training_then_evaluation(text: str, shape: tuple[int, ...]) -> None:
    mine, theirs = both(text)
    dtype = "float64" if "float64" in text else "float32"
    random = np.random.default_rng(0)
    for train in (True, True, False):
        x, g = (random.standard_normal(shape).astype(dtype) * 2 + 1 for _ in range(2))
        results = []
        for engine, layer in ((minitorch, mine), (torch, theirs)):
            layer.train(train)
            layer.zero_grad()
            source = engine.tensor(x, requires_grad=True)
            out = layer(source)
            out.backward(engine.tensor(g))
            results.append([out.detach(), source.grad, *(parameter.grad for parameter in layer.parameters())])
        for own, expected in zip(*results, strict=True):
            assert str(own.dtype).removeprefix("mini") == str(expected.dtype)
            np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=2e-4, atol=2e-5)
        same_state(mine, theirs)


@pytest.mark.parametrize("name", "BatchNorm2d InstanceNorm2d LayerNorm GroupNorm RMSNorm LocalResponseNorm".split())
def test_signatures(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default, p.kind) for p in own.parameters.values()] == [
        (p.name, p.default, p.kind) for p in expected.parameters.values()
    ]


@pytest.mark.parametrize("name", "batch_norm instance_norm layer_norm group_norm rms_norm local_response_norm".split())
def test_signatures_of_functions(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn.functional, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default) for p in own.parameters.values()] == [
        (p.name, p.default) for p in expected.parameters.values()
    ]


@pytest.mark.parametrize("mean", [0.0, 1000.0])
def test_statistics_are_exact_far_from_zero(mean: float) -> None:
    """The mean and variance of float32 numbers near 1000: a sum in float32 is not enough."""
    x = (np.random.default_rng(0).standard_normal((64, 3, 20, 20)) + mean).astype(np.float32)
    layer = minitorch.nn.BatchNorm2d(3, momentum=1.0)
    out = layer(minitorch.from_numpy(x))
    exact = x.astype(np.float64)
    centred = exact - exact.mean((0, 2, 3), keepdims=True)
    expected = centred / np.sqrt(exact.var((0, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer.running_mean.numpy(), exact.mean((0, 2, 3)), rtol=2e-7, atol=2e-7)
    np.testing.assert_allclose(layer.running_var.numpy(), exact.var((0, 2, 3), ddof=1), rtol=2e-6)
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=2e-4 if mean else 2e-6)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("BatchNorm1d(2)", (4, 2)),
        ("InstanceNorm1d(2, affine=True)", (2, 2, 3)),
        ("LayerNorm(3)", (2, 3)),
        ("GroupNorm(2, 4)", (2, 4)),
        ("RMSNorm(3)", (2, 3)),
        ("LocalResponseNorm(2)", (1, 3, 2)),
    ],
)
@pytest.mark.parametrize("train", [True, False])
def test_derivatives_of_first_and_second_order(text: str, shape: tuple[int, ...], train: bool) -> None:
    layer = make(minitorch, text).double().train(train)
    x = minitorch.tensor(np.random.default_rng(1).standard_normal(shape), requires_grad=True)

    def function(x: Any, *parameters: Any) -> Any:
        for name, own in zip(names, parameters, strict=True):
            layer._parameters[name] = own
        return copied(layer)(x)

    def copied(layer: Any) -> Any:
        # Running statistics must not move from one evaluation to the next.
        twin = copy.copy(layer)
        twin._buffers = {key: None if each is None else each.clone() for key, each in layer._buffers.items()}
        return twin

    names = list(layer._parameters)
    parameters = list(layer.parameters())
    names = [name for name in names if layer._parameters[name] is not None]
    assert minitorch.autograd.gradcheck(function, (x, *parameters))
    assert minitorch.autograd.gradgradcheck(function, (x, *parameters))


def test_training_a_network_with_batch_norm_prints_torchs_losses() -> None:
    losses: dict[str, list[float]] = {}
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        nn = engine.nn
        model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4), nn.LayerNorm(4))
        x = engine.randn(32, 8)
        y = engine.randn(32, 4)
        for _ in range(30):
            loss = ((model(x) - y) ** 2).mean()
            model.zero_grad()
            loss.backward()
            with engine.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
            losses.setdefault(engine.__name__, []).append(loss.item())
        model.eval()
        losses[engine.__name__].append(((model(x) - y) ** 2).mean().item())
    np.testing.assert_allclose(losses["minitorch"], losses["torch"], rtol=1e-4)


def test_running_statistics_are_changed_in_place() -> None:
    layer = minitorch.nn.BatchNorm1d(2)
    mean, version = layer.running_mean, layer.running_mean._version
    layer(minitorch.randn(4, 2))
    assert layer.running_mean is mean
    assert mean._version == version + 1
    assert layer.num_batches_tracked.item() == 1


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def wrong_layers(torch, say):
    nn = torch.nn
    say.error(lambda: nn.GroupNorm(4, 6))
    say.error(lambda: nn.GroupNorm(0, 6))
    say.error(lambda: nn.LayerNorm(3)(torch.ones(2, 4)))
    say.error(lambda: nn.LayerNorm((2, 3))(torch.ones(3)))
    say.error(lambda: nn.LayerNorm(())(torch.ones(3)))
    say.error(lambda: nn.GroupNorm(2, 4)(torch.ones(3)))
    say.error(lambda: nn.BatchNorm1d(3)(torch.ones(1, 3)))
    say.error(lambda: nn.BatchNorm2d(3)(torch.ones(1, 3, 1, 1)))
    say.error(lambda: nn.BatchNorm2d(3)(torch.ones(2, 4, 2, 2)))
    say.error(lambda: nn.BatchNorm1d(3, track_running_stats=False)(torch.ones(2, 4)))
    say.error(lambda: nn.InstanceNorm1d(3, affine=True)(torch.ones(2, 4, 5)))
    say.error(lambda: nn.InstanceNorm1d(3)(torch.ones(2, 3, 1)))
    say(nn.InstanceNorm1d(3)(torch.arange(20.0).reshape(1, 4, 5)).shape)
    for name, dims in (("BatchNorm1d", 4), ("BatchNorm2d", 3), ("BatchNorm3d", 4), ("InstanceNorm1d", 4)):
        say.error(getattr(nn, name)(6), torch.ones((2,) * dims))
    for name, dims in (("InstanceNorm2d", 2), ("InstanceNorm3d", 3)):
        say.error(getattr(nn, name)(6), torch.ones((2,) * dims))
    say.error(lambda: nn.LocalResponseNorm(2)(torch.ones(2, 3)), exactly=False)
    say.error(lambda: nn.LocalResponseNorm(0)(torch.ones(2, 3, 1)), exactly=False)


@scene
def wrong_arguments(torch, say):
    functional = torch.nn.functional
    x, zero, one = torch.ones(4, 6, 5), torch.zeros(6), torch.ones(6)
    say.error(lambda: functional.batch_norm(x, None, None), exactly=False)
    say.error(lambda: functional.batch_norm(x, torch.zeros(5), one))
    say.error(lambda: functional.batch_norm(x, None, None, torch.ones(5), training=True))
    say.error(lambda: functional.batch_norm(x, zero, None, training=True))
    say.error(lambda: functional.batch_norm(x, None, None, training=True, eps=-1))
    say.error(lambda: functional.batch_norm(x, None, None, training=True, momentum=None))
    say.error(lambda: functional.batch_norm(x.double(), zero, one), exactly=False)
    say.error(lambda: functional.batch_norm(x.long(), zero, one), exactly=False)
    say.error(lambda: functional.batch_norm(x, torch.zeros(6, requires_grad=True), one, training=True))
    say.error(lambda: functional.instance_norm(x, use_input_stats=False))
    say.error(lambda: functional.instance_norm(x, zero, None))
    say.error(lambda: functional.layer_norm(x, 5))
    say.error(lambda: functional.layer_norm(x, (5,), torch.ones(6)))
    say.error(lambda: functional.layer_norm(x, (5,), torch.ones(5), torch.ones(6)))
    say.error(lambda: functional.group_norm(x, 4))
    say.error(lambda: functional.group_norm(torch.ones(1, 6), 6))
    say.error(lambda: functional.group_norm(x, 3, torch.ones(5)))
    say.error(lambda: functional.rms_norm(x, (1, 4, 6, 5)))
    say.error(lambda: functional.rms_norm(x, (5,), torch.ones(6)))


@scene
def old_states(torch, say):
    layer = torch.nn.BatchNorm2d(3)
    state = layer.state_dict()
    del state["num_batches_tracked"]
    say.error(lambda: layer.load_state_dict(state))
    state._metadata = {}
    say(layer.load_state_dict(state))
    say.error(lambda: torch.nn.InstanceNorm1d(3).load_state_dict({"running_mean": torch.zeros(3)}), exactly=False)
    layer(torch.ones(2, 3, 4, 4))
    layer.reset_running_stats()
    say(*layer.state_dict().values())


@scene
def nodes(torch, say):
    x = torch.ones(2, 4, 3, requires_grad=True)
    nn = torch.nn
    layers = (nn.BatchNorm1d(4), nn.LayerNorm(3), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4), nn.RMSNorm(3))
    for layer in (*layers, nn.LocalResponseNorm(2)):
        say(type(layer(x).grad_fn).__name__)


@scene
def half_and_empty(torch, say):
    functional = torch.nn.functional
    x = torch.arange(24.0).reshape(2, 4, 3).half()
    say(functional.layer_norm(x, (3,)).dtype, functional.group_norm(x, 2, torch.ones(4), torch.ones(4)).dtype)
    say(functional.batch_norm(x, None, None, torch.ones(4), training=True).dtype)
    say(functional.layer_norm(torch.ones(0, 5), (5,)), functional.layer_norm(torch.ones(5, 0), (0,)))
    say(functional.batch_norm(torch.ones(0, 6), torch.zeros(6), torch.ones(6), training=True))
    say(functional.group_norm(torch.ones(0, 6, 3), 3), functional.local_response_norm(torch.ones(0, 3, 4), 2))
