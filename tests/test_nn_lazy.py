"""Lazy layers: before their first input, what it makes of them, and their states, as torch's."""

from __future__ import annotations

from typing import Any

import pytest
from transcript import Scene, check_scene

import minitorch

SCENES: list[Scene] = []

LAYERS: tuple[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]], ...] = (
    ("Linear", (3,), {}, (2, 4, 5)),
    ("Linear", (3, False), {}, (5,)),
    ("Conv1d", (4, 3), {"padding": 1}, (2, 3, 9)),
    ("Conv2d", (4, 3, 2), {"groups": 2}, (2, 6, 5, 5)),
    ("Conv2d", (4, 3), {"bias": False, "padding_mode": "circular", "padding": 1}, (3, 5, 5)),
    ("Conv3d", (4, 1), {}, (1, 2, 3, 3, 3)),
    ("ConvTranspose1d", (4, 2), {}, (1, 3, 4)),
    ("ConvTranspose2d", (4, 2, 2), {"groups": 2}, (1, 6, 4, 4)),
    ("ConvTranspose3d", (4, 1), {}, (1, 2, 3, 3, 3)),
    ("BatchNorm1d", (), {}, (4, 6)),
    ("BatchNorm2d", (1e-3, 0.2), {}, (2, 3, 4, 4)),
    ("BatchNorm3d", (), {"affine": False}, (2, 3, 2, 2, 2)),
    ("InstanceNorm1d", (), {}, (2, 3, 4)),
    ("InstanceNorm2d", (), {"affine": False}, (2, 3, 4, 4)),
    ("InstanceNorm3d", (), {}, (2, 3, 2, 2, 2)),
)


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def every_layer_becomes_its_eager_one(torch, say):
    torch.manual_seed(0)
    for name, args, options, shape in LAYERS:
        layer = getattr(torch.nn, f"Lazy{name}")(*args, **options)
        say(layer, [type(each).__name__ for each in layer.parameters()], layer.has_uninitialized_params())
        x = torch.randn(shape)
        y = layer(x)
        eager = getattr(torch.nn, name)
        say(type(layer) is eager, layer, y, list(layer.state_dict().items()))
        layer.eval()
        say(layer(x), len(layer._forward_pre_hooks))


@scene
def a_network_is_trained_whose_optimizer_came_first(torch, say):
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3), nn.Dropout(0.5)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net.to("cpu").train()
    x, y = torch.randn(6, 2, 6, 6), torch.tensor([0, 1, 2, 0, 1, 2])
    for _ in range(3):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        say(loss.detach())
    say(net, all(a is b for a, b in zip(net.parameters(), optimizer.param_groups[0]["params"], strict=True)))


@scene
def the_dtype_is_the_one_at_the_first_call(torch, say):
    torch.manual_seed(0)
    layer = torch.nn.LazyLinear(2).double()
    say(layer.weight.dtype, layer.weight.device, layer(torch.ones(1, 3).double()), layer.weight.dtype)
    with torch.no_grad():
        layer = torch.nn.LazyLinear(2, dtype=torch.float64)
        layer(torch.ones(1, 3).double())
    say(layer.weight, layer.in_features)
    layer.reset_parameters()
    say(layer.bias)


@scene
def a_state_is_loaded_before_the_first_call(torch, say):
    torch.manual_seed(0)
    nn = torch.nn

    def make():
        return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(affine=False), nn.Flatten(), nn.LazyLinear(2))

    first, second, third = make(), make(), make()
    say(first.state_dict().keys(), third.load_state_dict(second.state_dict()))
    x = torch.randn(3, 2, 5, 5)
    first(x)
    say(second.load_state_dict(first.state_dict()), second[3].weight, type(second[3]).__name__)
    say(second.eval()(x), first.eval()(x), type(second[3]).__name__)
    say.error(lambda: nn.Linear(3, 2).load_state_dict(nn.LazyLinear(2).state_dict()))


@scene
def parameters_without_a_shape(torch, say):
    parameter = torch.nn.parameter
    layer = torch.nn.LazyLinear(3)
    own = layer.weight
    say(repr(own), own.dtype, own.requires_grad, own.is_leaf, own.data, layer.in_features, layer.reset_parameters())
    for wrong in (
        lambda: own + 1, lambda: own.numel(), lambda: own.dim(), lambda: torch.nn.init.normal_(own),
    ):  # fmt: skip
        say.error(wrong, exactly=False)
    say.error(lambda: own.shape)
    given = parameter.UninitializedParameter(requires_grad=False, dtype=torch.float64)
    say(parameter.is_lazy(given), parameter.is_lazy(torch.ones(1)), isinstance(given, torch.nn.Parameter))
    given.materialize((2, 3))
    say(type(given) is torch.nn.Parameter, given.shape, given.dtype, given.requires_grad, parameter.is_lazy(given))
    given = parameter.UninitializedParameter()
    given.materialize([2], dtype=torch.float64)
    (given * 2).sum().backward()
    say(given.grad)


@scene
def wrong_inputs(torch, say):
    nn = torch.nn
    say.error(lambda: nn.LazyConv2d(4, 2)(torch.ones(4, 4)))
    say.error(lambda: nn.LazyConv2d(4, 2, groups=2)(torch.ones(1, 3, 4, 4)))
    say.error(lambda: nn.LazyBatchNorm2d()(torch.ones(2, 3)))


@scene
def lazy_layers_of_ones_own(torch, say):
    lazy = torch.nn.modules.lazy

    class Scale(lazy.LazyModuleMixin, torch.nn.Module):
        def __init__(self, fill):
            super().__init__()
            self.weight, self.fill = torch.nn.parameter.UninitializedParameter(), fill

        def initialize_parameters(self, input, factor=1):
            if self.fill:
                self.weight.materialize(input.shape[1:])
                torch.nn.init.constant_(self.weight, factor)

        def forward(self, input, factor=1):
            return input * self.weight

    layer = Scale(True)
    say(layer.has_uninitialized_params(), layer(torch.ones(1, 2), factor=3), layer.has_uninitialized_params())
    say.error(lambda: Scale(False)(torch.ones(1, 2)))


def test_a_mixin_that_initializes_nothing_is_named() -> None:
    layer = minitorch.nn.modules.lazy.LazyModuleMixin()
    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for LazyModuleMixin"):
        layer(1)
