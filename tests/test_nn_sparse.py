"""Embedding and EmbeddingBag against torch's."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

LAYERS = [
    "Embedding(5, 3)",
    "Embedding(5, 3, padding_idx=1)",
    "Embedding(5, 3, padding_idx=-1)",
    "Embedding(5, 3, max_norm=1.0)",
    "Embedding(5, 3, max_norm=0.5, norm_type=1.0)",
    "Embedding(5, 3, scale_grad_by_freq=True)",
    "Embedding(5, 3, 0, 1, 3, True)",
    "Embedding(5, 3, dtype=torch.float64)",
    "EmbeddingBag(5, 3)",
    "EmbeddingBag(5, 3, mode='sum', padding_idx=2)",
    "EmbeddingBag(5, 3, mode='max', max_norm=1.0)",
    "EmbeddingBag(5, 3, norm_type=1.0)",
]
INDICES = np.array([[0, 4, 2, 2], [3, 2, 1, 0]])


def make(engine: Any, text: str) -> Any:
    """The layer that `text` says, made from seed 3."""
    engine.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": engine})


@pytest.mark.parametrize("text", LAYERS)
def test_layers(text: str) -> None:
    """Repr, initial weight, output, gradient, and the weight after a step, shortened rows included."""
    results = []
    for engine in (minitorch, torch):
        layer = make(engine, text)
        out = layer(engine.tensor(INDICES))
        (out * engine.arange(out.numel()).view(out.shape)).sum().backward()
        results.append((repr(layer), [out.detach(), layer.weight.grad, layer.weight.detach()]))
    assert results[0][0] == results[1][0]
    for own, expected in zip(results[0][1], results[1][1], strict=True):
        assert str(own.dtype).removeprefix("mini") == str(expected.dtype)
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_signatures(name: str) -> None:
    for path in (name, f"{name}.from_pretrained", f"{name}.forward"):
        own, expected = (inspect.signature(eval(f"nn.{path}", {"nn": engine.nn})) for engine in (minitorch, torch))
        assert [(p.name, p.default) for p in own.parameters.values()] == [
            (p.name, p.default) for p in expected.parameters.values()
        ]


@pytest.mark.parametrize("name", ["embedding", "embedding_bag"])
def test_signatures_of_functions(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn.functional, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default) for p in own.parameters.values()] == [
        (p.name, p.default) for p in expected.parameters.values()
    ]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 2])
def test_bags_by_offsets(mode: str, padding_idx: int | None) -> None:
    results = []
    for engine in (minitorch, torch):
        weight = engine.arange(15.0).view(5, 3).sin().requires_grad_()
        given = engine.tensor(INDICES.reshape(-1))
        offsets = engine.tensor([0, 3, 3, 7])
        out = engine.nn.functional.embedding_bag(given, weight, offsets, mode=mode, padding_idx=padding_idx)
        (out * engine.arange(12.0).view(4, 3)).sum().backward()
        results.append([out.detach().numpy(), weight.grad.numpy()])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_of_rows_have_no_last_offset(mode: str) -> None:
    results = []
    for engine in (minitorch, torch):
        bag = engine.nn.EmbeddingBag.from_pretrained(
            engine.arange(15.0).view(5, 3), mode=mode, include_last_offset=True
        )
        results.append(bag(engine.tensor([[0, 3], [1, 1], [4, 2]])).tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_derivatives_of_bags(mode: str) -> None:
    """Of first and second order: the second torch does not have."""
    weight = minitorch.tensor(np.random.default_rng(0).standard_normal((5, 3)), requires_grad=True)
    given, offsets = minitorch.tensor(INDICES.reshape(-1)), minitorch.tensor([0, 3, 3, 7])

    def function(weight: Any, *samples: Any) -> Any:
        more = {"per_sample_weights": samples[0]} if samples else {}
        return minitorch.nn.functional.embedding_bag(given, weight, offsets, mode=mode, padding_idx=4, **more)

    samples = [minitorch.linspace(0.5, 2, 8, dtype=minitorch.float64).requires_grad_()] if mode == "sum" else []
    assert minitorch.autograd.gradcheck(function, (weight, *samples))
    assert minitorch.autograd.gradgradcheck(function, (weight, *samples))


def test_derivatives_of_embedding() -> None:
    weight = minitorch.tensor(np.random.default_rng(0).standard_normal((5, 3)), requires_grad=True)

    def function(weight: Any) -> Any:
        return minitorch.nn.functional.embedding(minitorch.tensor(INDICES), weight).square()

    assert minitorch.autograd.gradcheck(function, (weight,))
    assert minitorch.autograd.gradgradcheck(function, (weight,))


def test_bag_gradients_scaled_by_frequency() -> None:
    """Each row's gradient is divided by its own count; torch takes the count of another row."""
    weight = minitorch.ones(5, 3, requires_grad=True)
    given = minitorch.tensor([[0, 1], [1, 1]])
    minitorch.nn.functional.embedding_bag(given, weight, mode="sum", scale_grad_by_freq=True).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy()[:, 0], [1, 1, 0, 0, 0])


def test_gradient_is_dense_and_float32() -> None:
    layer = minitorch.nn.Embedding(4, 2, sparse=True)
    layer(minitorch.tensor([1, 1, 3])).sum().backward()
    assert layer.weight.grad.dtype is minitorch.float32
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[0, 0], [2, 2], [0, 0], [1, 1]])


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def pretrained(torch, say):
    weight = torch.arange(6.0).view(3, 2)
    layer = torch.nn.Embedding.from_pretrained(weight, padding_idx=1)
    say(layer, layer.weight.requires_grad, layer(torch.tensor([1, 2])), layer.weight.data_ptr() == weight.data_ptr())
    say(torch.nn.Embedding.from_pretrained(weight, freeze=False).weight.requires_grad)
    bag = torch.nn.EmbeddingBag.from_pretrained(weight, mode="sum")
    say(bag, bag.weight.requires_grad, bag(torch.tensor([[0, 1]]), per_sample_weights=torch.tensor([[2.0, 1.0]])))
    say.error(lambda: torch.nn.Embedding.from_pretrained(weight[0]), exactly=False)


@scene
def wrong_tables(torch, say):
    nn = torch.nn
    say.error(lambda: nn.Embedding(3, 2, padding_idx=3), exactly=False)
    say.error(lambda: nn.EmbeddingBag(3, 2, padding_idx=-4), exactly=False)
    say.error(lambda: nn.Embedding(3, 2, _weight=torch.ones(2, 2)), exactly=False)


@scene
def wrong_indices(torch, say):
    layer = torch.nn.Embedding(3, 2)
    for wrong in (torch.tensor([3]), torch.tensor([-1]), torch.tensor([1.0])):
        say.error(layer, wrong, exactly=False)
    say.error(torch.nn.Embedding(3, 2, max_norm=1.0), torch.tensor([5]), exactly=False)
    say.error(layer, [1])
    bag = torch.nn.EmbeddingBag(3, 2)
    for wrong in (torch.tensor([[3]]), torch.tensor([[-1]]), torch.tensor([[1.0]])):
        say.error(bag, wrong)
    say.error(bag, torch.tensor([1]))
    say.error(bag, torch.tensor([[[1]]]))
    say.error(lambda: bag(torch.tensor([[1]]), torch.tensor([0])), exactly=False)
    say.error(lambda: bag(torch.tensor([1, 2]), torch.tensor([1])), exactly=False)
    say.error(lambda: bag(torch.tensor([1, 2]), torch.tensor([0, 3])))
    say.error(lambda: bag(torch.tensor([1, 2]), torch.tensor([[0]])), exactly=False)
    say.error(lambda: bag(torch.tensor([[1]]), per_sample_weights=torch.ones(1, 1)), exactly=False)
    say.error(lambda: torch.nn.functional.embedding_bag(torch.tensor([[1]]), layer.weight, mode="avg"), exactly=False)


def test_index_errors_say_what_came() -> None:
    with pytest.raises(IndexError, match=r"index out of range in self: .* from 0 to 2, but got 1 to 7"):
        minitorch.nn.Embedding(3, 2)(minitorch.tensor([1, 7]))


@pytest.mark.parametrize("index", ["int32", "int64"])
def test_the_gradient_of_many_rows(index: str) -> None:
    """Rows that are there for the first time go another way than those that are there again."""
    generator = np.random.default_rng(0)
    indices = generator.integers(0, 700, (40, 16)).astype(index)
    upstream = generator.standard_normal((40, 16, 60)).astype("f")
    upstream[0, 0, 0] = -0.0
    found = []
    for engine in (minitorch, torch):
        weight = engine.zeros(700, 60, requires_grad=True)
        rows = engine.nn.functional.embedding(engine.from_numpy(indices), weight, padding_idx=int(indices[1, 1]))
        rows.backward(engine.from_numpy(upstream))
        found.append(weight.grad.numpy())
    assert np.array_equal(*found) and np.array_equal(*map(np.signbit, found))
