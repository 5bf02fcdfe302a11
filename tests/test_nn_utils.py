"""nn.utils: clipping gradients, and parameters as one vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch


def with_gradients(engine: Any, scale: float = 1.0) -> list[Any]:
    """Parameters of several shapes with gradients, one without, one of float64."""
    random = np.random.default_rng(0)
    parameters = []
    for shape, dtype in (((3, 2), "float32"), ((4,), "float32"), ((), "float64"), ((2, 0), "float32")):
        parameter = engine.nn.Parameter(engine.zeros(shape, dtype=getattr(engine, dtype)))
        parameter.grad = engine.tensor(np.asarray(random.standard_normal(shape) * scale, dtype))
        parameters.append(parameter)
    return [*parameters, engine.nn.Parameter(engine.ones(2))]


@pytest.mark.parametrize("norm_type", [2, 1, 3.5, 0.5, float("inf"), "inf"])
@pytest.mark.parametrize("max_norm", [0.1, 1000, 0])
def test_clip_grad_norm(norm_type: Any, max_norm: float) -> None:
    results = []
    for engine in (minitorch, torch):
        parameters = with_gradients(engine)[:3]
        held = [parameter.grad for parameter in parameters]
        total = engine.nn.utils.clip_grad_norm_(iter(parameters), max_norm, norm_type)
        assert all(parameter.grad is grad for parameter, grad in zip(parameters, held, strict=True))
        results.append([total, *held])
    for own, expected in zip(*results, strict=True):
        assert str(own.dtype) == str(expected.dtype)
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize("value", [0.5, 1, 100])
def test_clip_grad_value(value: float) -> None:
    results = []
    for engine in (minitorch, torch):
        parameters = with_gradients(engine)
        assert engine.nn.utils.clip_grad_value_(parameters, value) is None
        results.append([parameter.grad for parameter in parameters[:-1]])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(own.numpy(), expected.numpy())


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def norms(torch, say):
    utils = torch.nn.utils
    parameter = torch.nn.Parameter(torch.ones(2))
    say(utils.clip_grad_norm_(parameter, 1.0), utils.clip_grad_norm_([], 1.0), utils.clip_grad_norm_(iter([]), 1.0))
    say(utils.clip_grad_norm_((p for p in []), 1.0))
    parameter.grad = torch.tensor([3.0, 4.0])
    say(utils.clip_grad_norm_(parameter, 1.0), parameter.grad, utils.get_total_norm([parameter.grad, torch.ones(2)]))
    say(utils.get_total_norm(torch.ones(3)), utils.get_total_norm([]), utils.clip_grad_norm([parameter], 0.5))
    utils.clip_grads_with_norm_([parameter], 0.1, torch.tensor(1.0))
    say(parameter.grad)
    parameter.grad = torch.tensor([float("nan"), 1.0])
    say(utils.clip_grad_norm_(parameter, 1.0), parameter.grad)
    say.error(lambda: utils.clip_grad_norm_(parameter, 1.0, error_if_nonfinite=True))
    utils.clip_grad_value_(parameter, 0.5)
    say(parameter.grad)


@scene
def vectors(torch, say):
    utils = torch.nn.utils
    model = torch.nn.Linear(2, 3)
    vector = utils.parameters_to_vector(model.parameters())
    say(vector.shape, vector.requires_grad, type(vector.grad_fn).__name__)
    before = model.weight
    source = torch.arange(9.0)
    utils.vector_to_parameters(source, model.parameters())
    say(model.weight, model.bias, model.weight is before)
    source[0] = 100
    say(model.weight[0, 0])
    model(torch.ones(1, 2)).sum().backward()
    say(model.bias.grad)
    say.error(lambda: utils.vector_to_parameters([1.0], model.parameters()))
    say.error(lambda: utils.vector_to_parameters(torch.ones(3), model.parameters()), exactly=False)
    say.error(lambda: utils.parameters_to_vector([]), exactly=False)
