"""Averaged models, their batch normalisation and their schedule, beside torch's."""

from __future__ import annotations

import copy
import itertools
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)


def model_of(engine: Any) -> Any:
    """A small net with fixed weights and batch normalisation."""
    rng = np.random.default_rng(0)
    model = engine.nn.Sequential(engine.nn.Linear(2, 3), engine.nn.BatchNorm1d(3))
    with engine.no_grad():
        for param in model.parameters():
            param.copy_(engine.tensor(rng.standard_normal(tuple(param.shape)).astype("float32")))
    return model


def batches(engine: Any, count: int) -> list[Any]:
    rng = np.random.default_rng(1)
    return [engine.tensor(rng.standard_normal((5, 2)).astype("float32")) for _ in range(count)]


def assert_same_state(mine: Any, theirs: Any) -> None:
    assert list(mine) == list(theirs)
    for name, value in theirs.items():
        assert str(mine[name].dtype) == str(value.dtype)
        np.testing.assert_allclose(mine[name].numpy(), value.numpy(), rtol=2e-6, atol=1e-6)


AVERAGES = [
    lambda utils: {},
    lambda utils: {"use_buffers": True},
    lambda utils: {"avg_fn": utils.get_ema_avg_fn(0.7), "use_buffers": True},
    lambda utils: {"avg_fn": utils.get_swa_avg_fn()},
    lambda utils: {"multi_avg_fn": utils.get_ema_multi_avg_fn(0.7)},
    lambda utils: {"multi_avg_fn": utils.get_swa_multi_avg_fn()},
    lambda utils: {"avg_fn": lambda averaged, current, count: 0.5 * averaged + count * current},
]


@pytest.mark.parametrize("options", AVERAGES)
def test_averaged_model(options: Any) -> None:
    made = []
    for engine in ENGINES:
        model = model_of(engine)
        averaged = engine.optim.swa_utils.AveragedModel(model, **options(engine.optim.swa_utils))
        for batch in batches(engine, 4):
            with engine.no_grad():
                model(batch)
                for param in model.parameters():
                    param.mul_(1.5)
            averaged.update_parameters(model)
        made.append(averaged)
    mine, theirs = made
    assert_same_state(mine.state_dict(), theirs.state_dict())
    assert mine.n_averaged.item() == 4
    assert repr(mine) == repr(theirs)
    outputs = [each.eval()(batches(engine, 1)[0]).tolist() for engine, each in zip(ENGINES, made, strict=True)]
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-5, atol=1e-6)


def test_the_first_update_copies_and_the_model_stays_apart() -> None:
    model = minitorch.nn.Linear(2, 1)
    averaged = minitorch.optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    assert averaged.module.weight.tolist() == model.weight.tolist()
    with minitorch.no_grad():
        model.weight.zero_()
    assert averaged.module.weight.tolist() != model.weight.tolist()
    assert averaged.module.weight.requires_grad


def test_update_bn() -> None:
    made = []
    for engine in ENGINES:
        model = model_of(engine).eval()
        model[1].momentum = 0.3
        loader = batches(engine, 4)
        engine.optim.swa_utils.update_bn([(loader[0], 1), [loader[1]], *loader[2:]], model)
        assert (model[1].momentum, model.training) == (0.3, False)
        made.append(model)
    assert_same_state(made[0].state_dict(), made[1].state_dict())
    assert minitorch.optim.swa_utils.update_bn([3], minitorch.nn.Linear(2, 1)) is None


def rates(engine: Any, start: int, **options: Any) -> list[Any]:
    groups = [{"params": [engine.nn.Parameter(engine.zeros(1))], "lr": rate, "initial_lr": 1.0} for rate in (0.1, 0.5)]
    optimizer = engine.optim.SGD(groups)
    scheduler = engine.optim.swa_utils.SWALR(optimizer, last_epoch=start, **options)
    found = [(copy.deepcopy(scheduler.get_last_lr()), scheduler.state_dict())]
    for _ in range(30):
        optimizer.step()
        scheduler.step()
        found.append((copy.deepcopy(scheduler.get_last_lr()), scheduler.state_dict()))
    return found


def test_swalr() -> None:
    cases = itertools.product((0.05, [0.2, 0.01]), (0, 1, 10, 40), ("cos", "linear"), (-1, 4))
    for swa_lr, epochs, strategy, start in cases:
        options = {"swa_lr": swa_lr, "anneal_epochs": epochs, "anneal_strategy": strategy}
        for (mine, state), (theirs, expected) in zip(*(rates(each, start, **options) for each in ENGINES), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)
            assert list(state) == list(expected)


ERRORS = [
    ("SWALR(o, [0.1])", ValueError, "swa_lr must have the same length as optimizer.param_groups. swa_lr has 1 values"),
    ("SWALR(o, 0.1, -1)", ValueError, "anneal_epochs must be equal or greater than 0, got -1"),
    ("SWALR(o, 0.1, 2.5)", ValueError, "anneal_epochs must be equal or greater than 0, got 2.5"),
    ("SWALR(o, 0.1, 2, 'x')", ValueError, "anneal_strategy must be one of 'cos' or 'linear', instead got x"),
    ("AveragedModel(m, avg_fn=len, multi_avg_fn=len)", AssertionError, "Only one of avg_fn and multi_avg_fn should be"),
    ("get_ema_avg_fn(2)", ValueError, "Invalid decay value 2 provided. Please provide a value in [0,1] range."),
    ("get_ema_multi_avg_fn(-1)", ValueError, "Invalid decay value -1 provided. Please provide a value in [0,1] range."),
]


@pytest.mark.parametrize(("call", "kind", "phrase"), ERRORS)
def test_errors(call: str, kind: type[Exception], phrase: str) -> None:
    for engine in ENGINES:
        groups = [{"params": [engine.nn.Parameter(engine.zeros(1))]} for _ in range(2)]
        scope = {**vars(engine.optim.swa_utils), "o": engine.optim.SGD(groups), "m": engine.nn.Linear(1, 1)}
        with pytest.raises(kind) as error:
            eval(call, scope)
        assert phrase in str(error.value)


def test_asked_outside_of_a_step_it_warns() -> None:
    for engine in ENGINES:
        scheduler = engine.optim.swa_utils.SWALR(engine.optim.SGD([engine.nn.Parameter(engine.zeros(1))]), 0.1)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scheduler.get_lr()
        assert [str(each.message)[:32] for each in caught] == ["To get the last learning rate co"]
