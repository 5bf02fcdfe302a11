"""SyncBatchNorm and CrossMapLRN2d, side by side with torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from same import check_same_error

import minitorch

SETUP = "nn, x = torch.nn, torch.linspace(-3, 3, 2 * 7 * 3 * 4).sin().reshape(2, 7, 3, 4)"


def network(engine: Any) -> Any:
    nn = engine.nn
    net = nn.Sequential(
        nn.Conv2d(3, 4, 1),
        nn.BatchNorm2d(4, bias=False),
        nn.Sequential(nn.BatchNorm1d(5, affine=False, eps=1e-3), nn.ReLU()),
        nn.BatchNorm3d(6, track_running_stats=False, momentum=None),
        nn.InstanceNorm2d(4),
        nn.SyncBatchNorm(3),
    )
    net[1].eval()
    net[1].weight.requires_grad_(False)
    return net


def test_conversion_keeps_parameters_and_buffers() -> None:
    reprs, states = [], []
    for engine in (minitorch, torch):
        net = network(engine)
        before = {name: id(value) for name, value in net.named_parameters()}
        buffers = {name: id(value) for name, value in net.named_buffers()}
        sync = net[5]
        converted = engine.nn.SyncBatchNorm.convert_sync_batchnorm(net)
        assert converted is net and net[5] is not sync
        assert before == {name: id(value) for name, value in net.named_parameters()}
        assert buffers == {name: id(value) for name, value in net.named_buffers()}
        assert not net[1].training and net[3].training and not net[1].weight.requires_grad
        assert isinstance(net[1], engine.nn.SyncBatchNorm) and net[1].process_group is None
        reprs.append(repr(net))
        states.append(list(net.state_dict()))
    assert reprs[0] == reprs[1]
    assert states[0] == states[1]


def test_conversion_of_a_layer_alone() -> None:
    layer = minitorch.nn.BatchNorm2d(4)
    converted = minitorch.nn.SyncBatchNorm.convert_sync_batchnorm(layer, "group")
    assert isinstance(converted, minitorch.nn.SyncBatchNorm) and converted.process_group == "group"
    assert converted.weight is layer.weight and converted.running_var is layer.running_var


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("nn.SyncBatchNorm(7)(x[0, 0, 0])", "expected at least 2D input (got 1D input)"),
        ("nn.SyncBatchNorm(0)(x[:, :0])", "SyncBatchNorm number of input channels should be non-zero"),
        ("nn.SyncBatchNorm(7)(x[0, 0])", "running_mean should contain 4 elements not 7"),
        ("nn.SyncBatchNorm.convert_sync_batchnorm(3)", "'int' object has no attribute 'named_children'"),
        ("nn.CrossMapLRN2d(5)(x[0])", "CrossMapLRN2d: Expected input to be 4D, got 3D instead."),
        ("nn.CrossMapLRN2d(5)(x.long())", "result type Float can't be cast to the desired output type Long"),
        ("nn.CrossMapLRN2d(0)(x)", "division by zero"),
        ("nn.CrossMapLRN2d(5)(x[:, :0])", "select(): index 0 out of range for tensor of size [2, 0, 3, 4]"),
        ("nn.CrossMapLRN2d(5)(3)", "'int' object has no attribute 'dim'"),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 15])
def test_the_first_channel_counts_in_all_windows(size: int) -> None:
    outs = []
    for engine in (minitorch, torch):
        scope: dict[str, Any] = {"torch": engine}
        exec(SETUP, scope)
        outs.append(engine.nn.CrossMapLRN2d(size, 0.1, 0.75, 2.0)(scope["x"]).numpy())
    np.testing.assert_allclose(outs[0], outs[1], rtol=1e-6)


def test_the_gradient_is_that_of_the_values() -> None:
    x = minitorch.from_numpy(np.random.default_rng(0).standard_normal((1, 6, 2, 2))).requires_grad_()
    assert minitorch.autograd.gradcheck(minitorch.nn.CrossMapLRN2d(3, 0.3, 0.75, 2.0), (x,))
