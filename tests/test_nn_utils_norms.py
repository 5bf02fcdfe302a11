"""nn.utils: the hooks weight_norm and spectral_norm, fusing batch norms, skip_init and memory formats."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


def shapes(module: Any) -> dict[str, tuple[int, ...]]:
    """What a module's state_dict holds."""
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


@scene
def weight_norm(torch, say):
    utils = torch.nn.utils
    for dim in (0, 1, 2, -1, None):
        layer = torch.nn.Conv1d(2, 3, 4)
        before = layer.weight
        say(utils.weight_norm(layer, dim=dim) is layer, layer, shapes(layer), type(layer.weight.grad_fn).__name__)
        say(isinstance(layer.weight, torch.nn.Parameter), "weight" in vars(layer), torch.rand(1))
        say((layer.weight - before).abs().max() < 1e-6, [name for name, _ in layer.named_parameters()])
        with torch.no_grad():
            layer.weight_g.mul_(2)
        layer(torch.zeros(1, 2, 5))
        say((layer.weight - 2 * before).abs().max() < 1e-6)
        say(utils.remove_weight_norm(layer) is layer, shapes(layer), isinstance(layer.weight, torch.nn.Parameter))
        say(layer.weight.requires_grad, len(layer._forward_pre_hooks))


@scene
def weight_norm_misused(torch, say):
    utils = torch.nn.utils
    layer = utils.weight_norm(torch.nn.Linear(2, 2))
    say.error(lambda: utils.weight_norm(layer))
    say.error(lambda: copy.deepcopy(layer), exactly=False)
    say.error(lambda: utils.remove_weight_norm(layer, "bias"))
    say(shapes(utils.weight_norm(layer, "bias")))
    say.error(lambda: utils.remove_weight_norm(torch.nn.Linear(2, 2)))
    say.error(lambda: utils.weight_norm(torch.nn.Linear(2, 2), "other"))
    say.error(lambda: utils.weight_norm(torch.nn.Linear(2, 2, bias=False), "bias"))
    say.error(lambda: utils.weight_norm(torch.nn.Linear(2, 2), dim=5), exactly=False)
    with torch.no_grad():
        layer(torch.ones(1, 2))
    say(shapes(copy.deepcopy(layer)), copy.deepcopy(layer)(torch.ones(1, 2)).shape)


@scene
def weight_norm_of_other_layers(torch, say):
    utils = torch.nn.utils
    lstm = utils.weight_norm(torch.nn.LSTM(2, 3), "weight_hh_l0")
    output = lstm(torch.ones(2, 1, 2))[0]
    output.sum().backward()
    say(shapes(lstm), output.detach(), lstm.weight_hh_l0_g.grad)
    layer = utils.weight_norm(torch.nn.Linear(2, 2)).double()
    say(layer.weight.dtype, layer(torch.ones(1, 2).double()).dtype, layer.weight.dtype)
    model = torch.nn.Sequential(utils.weight_norm(torch.nn.Linear(2, 2)), torch.nn.ReLU())
    say(list(model.state_dict()))


@scene
def spectral_norm(torch, say):
    utils = torch.nn.utils
    for layer in (
        torch.nn.Linear(3, 2), torch.nn.ConvTranspose2d(2, 3, 3), torch.nn.Conv2d(2, 3, 3), torch.nn.Embedding(4, 5),
        torch.nn.Bilinear(2, 3, 4), torch.nn.LayerNorm(3),
    ):  # fmt: skip
        before = layer.weight
        say(utils.spectral_norm(layer) is layer, layer, shapes(layer), torch.rand(1), layer.weight_orig is before)
        say(layer.weight.requires_grad, isinstance(layer.weight, torch.nn.Parameter), layer.state_dict()._metadata)
    layer = utils.spectral_norm(torch.nn.Linear(2, 3), n_power_iterations=50)
    layer(torch.ones(1, 2))
    say(torch.linalg.svdvals(layer.weight)[0], type(layer.weight.grad_fn).__name__)
    state = {key: value.clone() for key, value in layer.state_dict().items()}
    layer.eval()(torch.ones(1, 2))
    say(all(torch.equal(value, state[key]) for key, value in layer.state_dict().items()))
    replica = copy.deepcopy(utils.spectral_norm(torch.nn.Linear(2, 3)))
    say(shapes(replica), replica.state_dict()._metadata)
    say(utils.remove_spectral_norm(layer) is layer, shapes(layer), layer.state_dict()._metadata)
    say(isinstance(layer.weight, torch.nn.Parameter), torch.linalg.svdvals(layer.weight)[0])
    say(len(layer._forward_pre_hooks), len(layer._state_dict_hooks))
    say(utils.spectral_norm(torch.nn.Linear(2, 2)).double()(torch.ones(1, 2).double()).dtype)


@scene
def spectral_norm_misused(torch, say):
    utils = torch.nn.utils
    layer = utils.spectral_norm(torch.nn.Linear(2, 2))
    say.error(lambda: utils.spectral_norm(layer))
    say.error(lambda: utils.remove_spectral_norm(torch.nn.Linear(2, 2)))
    say.error(lambda: utils.spectral_norm(torch.nn.Linear(2, 2), n_power_iterations=0))
    say.error(lambda: utils.spectral_norm(torch.nn.Linear(2, 2), "other"))
    say.error(lambda: utils.spectral_norm(torch.nn.Linear(2, 2, bias=False), "bias"))
    say(utils.spectral_norm(layer, "bias").state_dict()._metadata)
    layer(torch.ones(1, 2))
    say.error(lambda: copy.deepcopy(layer), exactly=False)


@scene
def states_of_spectral_norm(torch, say):
    def fresh():
        return torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3, dtype=torch.float64))

    state = fresh().state_dict()
    layer = fresh()
    say(layer.load_state_dict(state), torch.equal(layer.weight_v, state["weight_v"]))
    say(layer.load_state_dict(dict(state)))
    for lacking in ("weight_v", "weight_u", "weight_orig"):
        partial = dict(state)
        del partial[lacking]
        say.error(lambda partial=partial: fresh().load_state_dict(partial))
    say.error(lambda: fresh().load_state_dict({}))
    say(fresh().load_state_dict({}, strict=False))
    older = {**state, "weight": state["weight_orig"] / 2.5}
    del older["weight_v"]
    layer = fresh()
    say(layer.load_state_dict(older), layer.weight_v, sorted(older))
    layer.eval()(torch.ones(1, 2, dtype=torch.float64))
    say(layer.weight - older["weight"] < 1e-12)
    state._metadata[""]["spectral_norm"]["weight.version"] = 0
    say.error(lambda: fresh().load_state_dict(state))


def test_a_module_can_load_after_spectral_norm_is_removed() -> None:
    utils = minitorch.nn.utils
    layer = utils.remove_spectral_norm(utils.spectral_norm(minitorch.nn.Linear(2, 2)))
    layer.load_state_dict(layer.state_dict())


BUILDS = {
    **{f"weight_norm {dim}": lambda u, nn, dim=dim: u.weight_norm(nn.Conv1d(2, 3, 4), dim=dim) for dim in (0, 1, 2)},
    "weight_norm None": lambda u, nn: u.weight_norm(nn.Conv1d(2, 3, 4), dim=None),
    **{
        f"spectral_norm {options}": lambda u, nn, options=options: u.spectral_norm(nn.Conv1d(2, 3, 4), **options)
        for options in ({}, {"n_power_iterations": 3}, {"dim": 1}, {"eps": 0.1})
    },
    "spectral_norm transposed": lambda u, nn: u.spectral_norm(nn.ConvTranspose1d(2, 3, 4)),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("name", BUILDS)
def test_training_gives_the_same_numbers(name: str) -> None:
    results: list[list[Any]] = []
    for engine in (minitorch, torch):
        random = np.random.default_rng(0)
        engine.manual_seed(3)
        layer = BUILDS[name](engine.nn.utils, engine.nn)
        optimizer = engine.optim.SGD(layer.parameters(), lr=0.1)
        numbers = [engine.rand(2)]
        for step in range(4):
            layer.train(step != 2)
            optimizer.zero_grad()
            given = engine.tensor(random.standard_normal((2, 2, 5)), dtype=engine.float32)
            layer(given).tanh().sum().backward()
            optimizer.step()
            numbers += [layer.weight, *(p.grad for p in layer.parameters())]
            numbers += [value.clone() for value in layer.state_dict().values()]
        results.append([each.detach().numpy() for each in numbers])
    for mine, theirs in zip(*results, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-6)


@scene
def norms_of_weights(torch, say):
    v = torch.arange(1.0, 25).reshape(2, 3, 4).requires_grad_()
    for dim in (0, 1, 2, -1, -2, -3):
        norm = torch.norm_except_dim(v, 2, dim)
        norm.sum().backward()
        say(norm.detach(), v.grad)
        v.grad = None
    say(
        torch.norm_except_dim(v, 3).detach(),
        torch.norm_except_dim(torch.arange(3.0)),
        torch.norm_except_dim(v.detach().half()),
    )
    for given in (([1.0],), (v, 2.5), (v, True), (torch.ones(2, 2).long(),), (torch.tensor(1.0),), (v, 2, 3)):
        say.error(lambda given=given: torch.norm_except_dim(*given), exactly=False)
    say.error(lambda: torch._weight_norm(v, torch.ones(2, 1, 1).half()), exactly=False)


@scene
def fused(torch, say):
    utils = torch.nn.utils
    for layer, norm, given, transpose in (
        (torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.rand(2, 2, 4, 4), False),
        (torch.nn.Conv1d(2, 3, 3, bias=False), torch.nn.BatchNorm1d(3), torch.rand(2, 2, 4), False),
        (torch.nn.ConvTranspose2d(2, 3, 3), torch.nn.BatchNorm2d(3, affine=False), torch.rand(2, 2, 4, 4), True),
        (torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.rand(4, 2), None),
        (torch.nn.Linear(2, 3, bias=False), torch.nn.BatchNorm1d(3), torch.rand(4, 2), None),
    ):
        for _ in range(3):
            norm(layer(given))
        layer.eval(), norm.eval()
        if transpose is None:
            made = utils.fuse_linear_bn_eval(layer, norm)
        else:
            made = utils.fuse_conv_bn_eval(layer, norm, transpose)
        say(made, made is layer, made.training, (made(given) - norm(layer(given))).abs().max() < 1e-5)
        say(made.weight.sum(), made.bias)
    layer.weight.requires_grad_(False)
    made = utils.fuse_linear_bn_eval(layer, norm)
    say(made.weight.requires_grad, made.bias.requires_grad)
    ones = torch.ones(3)
    say(*utils.fuse_conv_bn_weights(torch.ones(2, 3, 1, 1).half(), None, ones, ones, 1e-5, None, None, True))
    say(*utils.fuse_linear_bn_weights(torch.ones(3, 2), None, ones, ones, 1e-5, ones, ones))


@scene
def not_to_be_fused(torch, say):
    utils, nn = torch.nn.utils, torch.nn
    conv, linear, norm = nn.Conv2d(2, 3, 3), nn.Linear(2, 3), nn.BatchNorm2d(3)
    say.error(lambda: utils.fuse_conv_bn_eval(conv, norm))
    say.error(lambda: utils.fuse_conv_bn_eval(conv.eval(), norm))
    say.error(lambda: utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(3)))
    say.error(lambda: utils.fuse_conv_bn_eval(conv, nn.BatchNorm2d(3, track_running_stats=False).eval()))
    say.error(lambda: utils.fuse_conv_bn_eval(conv, nn.BatchNorm2d(4).eval()))
    say.error(lambda: utils.fuse_linear_bn_eval(linear.eval(), nn.BatchNorm1d(4).eval()))
    say(utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(1).eval()))


def test_a_linear_layer_is_fused_with_a_batch_norm_without_weights() -> None:
    linear, norm = minitorch.nn.Linear(2, 3).eval(), minitorch.nn.BatchNorm1d(3, affine=False).eval()
    fused, given = minitorch.nn.utils.fuse_linear_bn_eval(linear, norm), minitorch.ones(1, 2)
    assert minitorch.allclose(fused(given), norm(linear(given)))


@scene
def without_initial_values(torch, say):
    skip_init, nn = torch.nn.utils.skip_init, torch.nn
    layer = skip_init(nn.Linear, 2, 3, dtype=torch.float64)
    say(layer, shapes(layer), layer.weight.dtype, layer.weight.requires_grad, torch.rand(2))
    say(skip_init(nn.Linear, in_features=2, out_features=3, bias=False, device="cpu"))
    say.error(lambda: skip_init(nn.ReLU))
    say.error(lambda: skip_init(torch.Tensor), exactly=False)
    say.error(lambda: skip_init(3))
    say.error(lambda: skip_init(nn.Linear), exactly=False)


@scene
def memory_formats(torch, say):
    nn, utils = torch.nn, torch.nn.utils
    model = nn.Sequential(nn.Conv1d(2, 3, 2), nn.Conv2d(2, 3, 2), nn.ConvTranspose2d(2, 3, 2), nn.Conv3d(2, 3, 2))
    weights, output = [each.weight for each in model], model[1](torch.ones(1, 2, 3, 3)).detach()
    say(utils.convert_conv2d_weight_memory_format(model, torch.channels_last) is model)
    say(utils.convert_conv3d_weight_memory_format(model, torch.channels_last_3d) is model)
    say([each.weight is weight for each, weight in zip(model, weights, strict=True)])
    say((model[1](torch.ones(1, 2, 3, 3)) - output).abs().max() < 1e-6)
