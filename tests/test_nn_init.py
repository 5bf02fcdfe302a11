"""nn.init: from one seed the same numbers as torch's, and the same errors and warnings."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

CALLS = [
    "uniform_(w)",
    "uniform_(w, -2, 3)",
    "normal_(w)",
    "normal_(w, 1, 0.1)",
    "constant_(w, 3.5)",
    "constant_(w, 2)",
    "ones_(w)",
    "zeros_(w)",
    "xavier_uniform_(w)",
    "xavier_uniform_(w, gain=2)",
    "xavier_normal_(w, 0.5)",
    "kaiming_uniform_(w)",
    "kaiming_uniform_(w, mode='fan_out', nonlinearity='relu')",
    "kaiming_uniform_(w, 2 ** 0.5)",
    "kaiming_normal_(w)",
    "kaiming_normal_(w, 0, 'FAN_OUT', 'tanh')",
    "trunc_normal_(w)",
    "trunc_normal_(w, std=0.02)",
    "trunc_normal_(w, 0.5, 2, -1, 1.5)",
    "trunc_normal_(w, 1, 0.5, 1.5, 1.9)",
    "trunc_normal_(w, 0, 1, 1.5, 4)",
    "trunc_normal_(w, 0, 10, -1, 1)",
]
MATRIX_CALLS = [
    "eye_(w)",
    "orthogonal_(w)",
    "orthogonal_(w, gain=3)",
    "sparse_(w, 0.3)",
    "sparse_(w, sparsity=0.6, std=2)",
]
SHAPES = [(3, 5), (20, 7), (4, 3, 2), (6, 2, 3, 3)]
DIRAC = [((4, 4, 3), 1), ((3, 5, 3), 1), ((5, 2, 3, 4), 1), ((6, 2, 3, 3), 3), ((2, 2, 1, 2, 3), 2)]


def filled(engine: Any, call: str, shape: tuple[int, ...], dtype: str, with_generator: bool = False) -> Any:
    """A tensor of `shape` after `call`, which must return it and leave it outside the graph."""
    engine.manual_seed(21)
    w = engine.nn.Parameter(engine.full(shape, 9.0, dtype=getattr(engine, dtype)))
    scope = {"init": engine.nn.init, "w": w}
    if with_generator:
        scope["generator"] = engine.Generator().manual_seed(4)
        call = call[:-1] + ", generator=generator)"
    assert eval(f"init.{call}", scope) is w
    assert w.is_leaf and w.requires_grad
    return w.detach()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_same_numbers(call: str, shape: tuple[int, ...], dtype: str) -> None:
    own, expected = filled(minitorch, call, shape, dtype), filled(torch, call, shape, dtype)
    np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=2e-6 if dtype == "float32" else 1e-12, atol=1e-7)
    assert own.dtype is getattr(minitorch, dtype)


@pytest.mark.parametrize("shape", SHAPES[:2], ids=str)
@pytest.mark.parametrize("call", MATRIX_CALLS)
def test_same_matrices(call: str, shape: tuple[int, ...]) -> None:
    own, expected = filled(minitorch, call, shape, "float32"), filled(torch, call, shape, "float32")
    np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("shape", [(3, 5), (7, 2), (4, 2, 3)], ids=str)
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    w = filled(minitorch, "orthogonal_(w)", shape, "float64").numpy().reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


@pytest.mark.parametrize(("shape", "groups"), DIRAC)
def test_dirac(shape: tuple[int, ...], groups: int) -> None:
    call = f"dirac_(w, {groups})"
    own, expected = filled(minitorch, call, shape, "float32"), filled(torch, call, shape, "float32")
    np.testing.assert_array_equal(own.numpy(), expected.numpy())


@pytest.mark.parametrize(
    "call", ["uniform_(w)", "kaiming_normal_(w)", "trunc_normal_(w)", "orthogonal_(w)", "sparse_(w, 0.5)"]
)
def test_generator(call: str) -> None:
    own, expected = (filled(engine, call, (4, 6), "float32", with_generator=True) for engine in (minitorch, torch))
    np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("name", [name for name in dir(torch.nn.init) if name.endswith("_") and name[0] != "_"])
def test_signatures(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn.init, name)) for engine in (minitorch, torch))
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
def gains(torch, say):
    gain = torch.nn.init.calculate_gain
    for name in (
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose2d",
        "sigmoid",
        "tanh",
        "relu",
        "leaky_relu",
        "selu",
    ):
        say(gain(name))
    say(gain("leaky_relu", 0.2), gain("leaky_relu", 1), gain("relu", 5))
    for wrong in (("leaky_relu", True), ("leaky_relu", "a"), ("swish",), ("ReLU",)):
        say.error(gain, *wrong)


@scene
def wrong_shapes_and_options(torch, say):
    init, empty = torch.nn.init, torch.empty
    for call in (
        lambda: init.eye_(empty(2)),
        lambda: init.eye_(empty(2, 2, 2)),
        lambda: init.dirac_(empty(2, 2)),
        lambda: init.dirac_(empty(3, 2, 2), 2),
        lambda: init.xavier_uniform_(empty(3)),
        lambda: init.xavier_normal_(empty(())),
        lambda: init.kaiming_uniform_(empty(3)),
        lambda: init.kaiming_normal_(empty(3, 2), mode="fan"),
        lambda: init.kaiming_normal_(empty(3, 2), nonlinearity="x"),
        lambda: init.orthogonal_(empty(3)),
        lambda: init.sparse_(empty(3), 0.1),
        lambda: init.normal_(empty(2), std=-1),
        lambda: init.uniform_(empty(2), 2, 1),
        lambda: init.uniform_(empty(2, dtype=torch.int64)),
    ):
        say.error(call)
    say.error(lambda: init.xavier_uniform_([1.0]), exactly=False)
    say.error(lambda: init.kaiming_uniform_([1.0]), exactly=False)


@scene
def empty_tensors(torch, say):
    init, empty = torch.nn.init, torch.empty
    say(init.kaiming_uniform_(empty(0, 2)), init.kaiming_normal_(empty(2, 0)), init.orthogonal_(empty(0, 3)))
    say(init.xavier_normal_(empty(0, 2)), init.constant_(empty(2, dtype=torch.int64), 1), init.trunc_normal_(empty(0)))
    init.trunc_normal_(empty(3), mean=10)


@scene
def deprecated_names(torch, say):
    init = torch.nn.init
    for name in (
        "uniform",
        "normal",
        "xavier_uniform",
        "xavier_normal",
        "kaiming_uniform",
        "kaiming_normal",
        "eye",
        "orthogonal",
    ):
        say(getattr(init, name)(torch.zeros(2, 3)).shape, getattr(init, name).__name__)
    say(init.constant(torch.zeros(2), 3), init.sparse(torch.zeros(2, 3), 0.5).shape, init.dirac(torch.zeros(2, 2, 1)))
