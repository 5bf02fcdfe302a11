"""The losses as Modules, side by side with torch's."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

CALLS: dict[str, str] = {
    "L1Loss()": "x, y",
    "MSELoss()": "x, y",
    "MSELoss(reduction='sum')": "x, y",
    "SmoothL1Loss(beta=0.5)": "x, y",
    "HuberLoss(delta=0.5)": "x, y",
    "BCELoss()": "y, t",
    "BCELoss(weight=w)": "y, t",
    "BCEWithLogitsLoss()": "x, t",
    "BCEWithLogitsLoss(weight=w, pos_weight=2 * w)": "x, t",
    "NLLLoss(weight=w, ignore_index=1)": "x, c",
    "CrossEntropyLoss()": "x, c",
    "CrossEntropyLoss(weight=w, ignore_index=1)": "x, c",
    "CrossEntropyLoss(label_smoothing=0.2)": "x, c",
    "CrossEntropyLoss(reduction='none')": "x, y",
    "KLDivLoss(reduction='batchmean', log_target=True)": "x, y",
    "PoissonNLLLoss(log_input=False, full=True, eps=1e-4)": "y, t",
    "GaussianNLLLoss(full=True, eps=1e-3)": "x, y, t",
    "HingeEmbeddingLoss(margin=2.0)": "x, s",
    "SoftMarginLoss()": "x, s",
    "MarginRankingLoss(margin=0.5)": "x, y, s",
    "CosineEmbeddingLoss(margin=0.5)": "x, y, s[:, 0]",
    "MultiMarginLoss(p=2, margin=0.5, weight=w)": "x, c",
    "MultiLabelMarginLoss()": "x, c[:, None].expand(4, 3)",
    "MultiLabelSoftMarginLoss(weight=w)": "x, t",
    "TripletMarginLoss(margin=0.5, p=1, swap=True)": "x, y, s",
    "TripletMarginWithDistanceLoss(margin=0.5, swap=True)": "x, y, s",
    "TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))": "x, y, s",
}


def scope(engine: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    values = {
        "x": rng.standard_normal((4, 3)),
        "y": rng.uniform(0.05, 0.95, (4, 3)),
        "t": rng.integers(0, 2, (4, 3)).astype(float),
        "s": rng.choice([-1.0, 1.0], (4, 3)),
        "w": rng.uniform(0.5, 2.0, 3),
    }
    made = {name: engine.tensor(value.astype(np.float32)) for name, value in values.items()}
    made["x"].requires_grad_()
    made["y"].requires_grad_()
    return {**made, "c": engine.tensor([0, 2, 1, 2]), "nn": engine.nn}


@pytest.mark.parametrize("module", CALLS)
def test_values_and_gradients(module: str) -> None:
    found = []
    for engine in (minitorch, torch):
        names = scope(engine)
        loss = eval(f"nn.{module}({CALLS[module]})", names)
        loss.sum().backward()
        gradients = [names[name].grad for name in "xy" if names[name].grad is not None]
        found.append([loss.detach().numpy(), *(grad.numpy() for grad in gradients)])
    assert len(found[0]) == len(found[1])
    for mine, theirs in zip(*found, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("module", [module for module in CALLS if "distance" not in module.lower()])
def test_repr_state_and_attributes(module: str) -> None:
    mine, theirs = (eval(f"nn.{module}", scope(engine)) for engine in (minitorch, torch))
    assert repr(mine) == repr(theirs)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    own = {key: value for key, value in vars(theirs).items() if not key.startswith("_")}
    assert {key: getattr(mine, key) for key in own} == own
    given, expected = (inspect.signature(type(each)) for each in (mine, theirs))
    assert list(given.parameters) == list(expected.parameters)
    for name, parameter in expected.parameters.items():
        assert given.parameters[name].default == parameter.default
        assert given.parameters[name].kind == parameter.kind


@pytest.mark.parametrize("arguments", ["size_average=False", "reduce=False", "size_average=True, reduce=True"])
def test_the_old_arguments(arguments: str) -> None:
    made = []
    for engine in (minitorch, torch):
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated") as seen:
            made.append((eval(f"nn.CrossEntropyLoss({arguments})", scope(engine)).reduction, str(seen[0].message)))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("TripletMarginLoss(margin=0)", "TripletMarginLoss: expected margin to be greater than 0, got 0 instead"),
        (
            "TripletMarginWithDistanceLoss(margin=0)",
            "WithDistanceLoss: expected margin to be greater than 0, got 0 ins",
        ),
        ("MultiMarginLoss(p=3)", "only p == 1 and p == 2 supported"),
        ("MultiMarginLoss(weight=x)", "MultiMarginLoss: expected weight to be None or 1D tensor, got 2D instead"),
    ],
)
def test_errors(module: str, message: str) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(ValueError, match=message):
            eval(f"nn.{module}", scope(engine))


def test_a_wrong_reduction_raises_when_called() -> None:
    loss = minitorch.nn.MSELoss(reduction="avg")
    with pytest.raises(ValueError, match="avg is not a valid value for reduction"):
        loss(minitorch.zeros(1), minitorch.zeros(1))


def test_nll_loss_2d_warns() -> None:
    with pytest.warns(FutureWarning, match="`NLLLoss2d` has been deprecated"):
        loss = minitorch.nn.NLLLoss2d()
    assert loss(minitorch.zeros(1, 2, 3, 3), minitorch.zeros(1, 3, 3, dtype=minitorch.long)).item() == 0


def test_the_weight_is_a_buffer() -> None:
    loss = minitorch.nn.CrossEntropyLoss(weight=minitorch.ones(3))
    assert [name for name, _ in loss.named_buffers()] == ["weight"]
    assert loss.double().weight.dtype is minitorch.float64
    assert not list(loss.parameters())


def test_copies() -> None:
    loss = minitorch.nn.CrossEntropyLoss(weight=minitorch.ones(3), label_smoothing=0.1)
    x, c = minitorch.randn(2, 3), minitorch.tensor([0, 2])
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert other(x, c).item() == loss(x, c).item()


def test_the_gradient_of_cross_entropy_is_not_what_the_graph_keeps() -> None:
    """What backward gives is the loss's own array: neither hooks that write to it nor later passes may spoil it."""
    found = []
    for engine in (minitorch, torch):
        x = engine.tensor([[1.0, -2.0, 0.5], [0.25, 3.0, 1.0]], requires_grad=True)
        y = x * 1
        y.register_hook(lambda g: g.mul_(2))
        y.retain_grad()
        loss = engine.nn.functional.cross_entropy(y, engine.tensor([2, 0]))
        direct = engine.nn.functional.cross_entropy(x, engine.tensor([2, 0]))
        for _ in range(2):
            loss.backward(retain_graph=True)
            direct.backward(retain_graph=True)
            x.grad.add_(1)
        found.append((x.grad.tolist(), y.grad.tolist()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)


def test_the_module_has_torchs_other_place() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert minitorch.nn.modules.loss.MSELoss is minitorch.nn.MSELoss


def test_the_distance_that_nobody_gives_is_a_module() -> None:
    for engine in (minitorch, torch):
        loss = engine.nn.TripletMarginWithDistanceLoss()
        assert repr(loss) == "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)"


def test_linear_cross_entropy_computes_in_one_piece() -> None:
    with pytest.raises(NotImplementedError, match="leave the options out"):
        minitorch.nn.functional.linear_cross_entropy(
            minitorch.ones(2, 3), minitorch.ones(4, 3), minitorch.tensor([0, 1]), options=object()
        )
