"""nn.utils.prune: masks, the same random choices, chains of them, and what is refused."""

from __future__ import annotations

import copy

import pytest
import torch.nn.utils.prune  # noqa: F401 - torch.nn.utils has it only once it is imported
from transcript import Scene, check_scene

SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def one_after_the_other(torch, say):
    prune = torch.nn.utils.prune
    layer = torch.nn.Linear(4, 3)
    weight = layer.weight
    for step in (
        lambda: prune.l1_unstructured(layer, "weight", amount=2),
        lambda: prune.random_unstructured(layer, "weight", 0.3),
        lambda: prune.ln_structured(layer, "weight", 1, n=2, dim=0),
        lambda: prune.random_structured(layer, "weight", 1, dim=1),
        lambda: prune.ln_structured(layer, "weight", 0.5, n=float("-inf"), dim=-1),
        lambda: prune.identity(layer, "weight"),
        lambda: prune.custom_from_mask(layer, "weight", torch.ones(3, 4).tril()),
    ):
        say(step() is layer, layer.weight_mask, layer.weight, list(layer.state_dict()), torch.rand(1))
        (hook,) = layer._forward_pre_hooks.values()
        say(type(hook).__name__, len(hook) if hasattr(hook, "__len__") else 1)
    say(layer.weight_orig is weight, [name for name, _ in layer.named_parameters()], prune.is_pruned(layer))
    layer(torch.ones(1, 4)).sum().backward()
    say(layer.weight_orig.grad, prune.is_pruned(torch.nn.Sequential(layer)), prune.is_pruned(torch.nn.ReLU()))
    say(prune.remove(layer, "weight") is layer, layer.weight is weight, layer.weight + 0.0, list(layer.state_dict()))
    say(len(layer._forward_pre_hooks), prune.is_pruned(layer))


@scene
def first_choices(torch, say):
    prune, nn = torch.nn.utils.prune, torch.nn
    for amount in (0, 0.0, 1.0, 12, 5, 0.4, -1, 1.5, 13, "x", None):
        say.error(lambda amount=amount: prune.l1_unstructured(nn.Linear(4, 3), "weight", amount).weight_mask)
        say.error(lambda amount=amount: prune.random_unstructured(nn.Linear(4, 3), "weight", amount).weight_mask)
    for amount in (0, 1, 0.5, 2, 4, -1):
        for dim in (0, 1, -1, 5):
            say.error(lambda a=amount, d=dim: prune.ln_structured(nn.Linear(4, 3), "weight", a, 1, d).weight_mask)
            say.error(lambda a=amount, d=dim: prune.random_structured(nn.Linear(4, 3), "weight", a, d).weight_mask)
    conv = prune.ln_structured(nn.Conv2d(2, 3, 2), "weight", 1, 2, 0)
    say(conv.weight_mask.sum((1, 2, 3)), conv(torch.ones(1, 2, 2, 2)).shape)


@scene
def refused(torch, say):
    prune, nn = torch.nn.utils.prune, torch.nn
    layer = nn.Linear(4, 3)
    say.error(lambda: prune.remove(layer, "weight"))
    say.error(lambda: prune.random_unstructured(layer, "other", 1))
    say.error(lambda: prune.ln_structured(layer, "bias", 1, 2, 0))
    say.error(lambda: prune.random_structured(layer, "bias", 1, 0))
    say.error(lambda: prune.custom_from_mask(layer, "bias", torch.tensor([1, 0])))
    say.error(lambda: prune.l1_unstructured(layer, "weight", 2, importance_scores=torch.arange(3.0)))
    say(
        prune.l1_unstructured(nn.Linear(4, 3), "weight", 2, importance_scores=torch.arange(12.0).view(3, 4)).weight_mask
    )
    method = prune.L1Unstructured(2)
    method._tensor_name = "weight"
    container = prune.PruningContainer(method)
    say(len(container), container[0] is method, list(container) == [method])
    say.error(lambda: container.add_pruning_method(3))
    other = prune.Identity()
    other._tensor_name = "bias"
    say.error(lambda: container.add_pruning_method(other), exactly=False)
    say.error(lambda: prune.BasePruningMethod(), exactly=False)


@scene
def without_a_module(torch, say):
    prune, t = torch.nn.utils.prune, torch.arange(6.0).reshape(2, 3)
    say(prune.L1Unstructured(2).prune(t), prune.L1Unstructured(2).prune(t, torch.tensor([[1.0, 0, 1], [1, 1, 1]])))
    say(prune.LnStructured(1, 2, -1).prune(t), prune.RandomStructured(1, 0).compute_mask(t, torch.ones(2, 3)))
    say(prune.L1Unstructured(1).prune(t, importance_scores=-t), prune.CustomFromMask(t > 2).prune(t))
    say.error(lambda: prune.L1Unstructured(1).prune(t, importance_scores=t[0]))


@scene
def several_together(torch, say):
    prune, nn = torch.nn.utils.prune, torch.nn
    layers = [nn.Linear(4, 3), nn.Linear(3, 2)]
    pairs = [(layers[0], "weight"), (layers[1], "bias")]
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=5)
    say(layers[0].weight_mask, layers[1].bias_mask)
    prune.global_unstructured(pairs, prune.RandomUnstructured, amount=0.2)
    say(layers[0].weight_mask, layers[1].bias_mask)
    prune.global_unstructured(pairs, prune.L1Unstructured, {pairs[0]: torch.ones(3, 4)}, amount=1)
    say(layers[0].weight_mask, layers[1].bias_mask)
    say.error(lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=5))
    say.error(lambda: prune.global_unstructured(pairs, prune.L1Unstructured, 3, amount=5))
    say.error(lambda: prune.global_unstructured(pairs, prune.LnStructured, amount=1, n=2))


@scene
def copies(torch, say):
    layer = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(2, 2), "weight", 1)
    say.error(lambda: copy.deepcopy(layer), exactly=False)
    with torch.no_grad():
        layer(torch.ones(1, 2))
    replica = copy.deepcopy(layer)
    say(list(replica.state_dict()), replica.weight_mask, replica(torch.ones(1, 2)).shape)
