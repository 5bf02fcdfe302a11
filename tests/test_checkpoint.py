"""torch.utils.checkpoint, and the hooks on saved tensors that it is made of."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest
import torch.utils.checkpoint  # it is there only once it is imported
from transcript import Scene, check_scene

import minitorch
from minitorch.autograd.observer import observers

SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)
    assert not observers


@scene
def hooks_on_what_is_saved(torch, say):
    hooks = torch.autograd.graph.saved_tensors_hooks
    x = torch.ones(3, requires_grad=True)

    def pack(tensor):
        say("pack", tuple(tensor.shape))
        return tensor

    def unpack(tensor):
        say("unpack", tuple(tensor.shape))
        return tensor

    for function in (lambda: (x * x).exp().sum(), lambda: x * 2, lambda: torch.cat([x, x]).tanh()):
        with hooks(pack, unpack):
            result = function()
        result.sum().backward()
    with hooks(lambda t: 2 * t, lambda t: t):
        result = x.exp()
    x.grad = None
    result.sum().backward()
    say(x.grad)
    with hooks(pack, unpack), hooks(lambda t: t.numpy(), lambda a: torch.from_numpy(a)):
        result = x.tanh()
    result.sum().backward()
    with torch.autograd.graph.save_on_cpu():
        result = x * x
    result.sum().backward()
    say(x.grad)


@scene
def hooks_that_fail(torch, say):
    hooks = torch.autograd.graph.saved_tensors_hooks
    x = torch.ones(3, requires_grad=True)

    def call(pack, unpack):
        with hooks(pack, unpack):
            result = x * x
        result.sum().backward()

    say.error(lambda: call(lambda t: t, lambda t: 3))
    say.error(lambda: call(lambda t: 1 / 0, lambda t: t))
    say.error(lambda: call(lambda t: t, lambda t: 1 / 0))
    with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        say.error(lambda: call(lambda t: t, lambda t: t))
    say(call(lambda t: t, lambda t: t))


@scene
def hooks_and_functions(torch, say):
    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a, None, 2 * a)
            return 3 * a

        @staticmethod
        def backward(ctx, g):
            say("backward")
            a, nothing, b = ctx.saved_tensors
            return g * b + a

    x = torch.ones(3, requires_grad=True)

    def unpack(packed):
        say("unpack")
        return packed

    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        result = Triple.apply(x)
    result.sum().backward()
    say(x.grad)


@scene
def hooks_and_writes(torch, say):
    for pack in (lambda t: t, lambda t: t.clone()):
        x = torch.full((3,), 2.0, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            y = x.clone()
            y.mul_(x)
            y.exp_()
        (g,) = torch.autograd.grad(y.sum(), x)
        say(g)


def test_hooks_belong_to_their_thread() -> None:
    packed: list[Any] = []
    x = minitorch.ones(3, requires_grad=True)
    with minitorch.autograd.graph.saved_tensors_hooks(packed.append, lambda t: t):
        thread = threading.Thread(target=lambda: x * x)
        thread.start()
        thread.join()
    assert packed == []


@scene
def what_is_run_when(torch, say):
    checkpoint = torch.utils.checkpoint.checkpoint
    x = torch.ones(3, requires_grad=True)

    def function(a, scale=2.0):
        say("begins", torch.is_grad_enabled())
        b = (a * scale).tanh()
        say("ends")
        return b * 2, 5, a.exp()

    for reentrant in (True, False):
        result, five, other = checkpoint(function, x, use_reentrant=reentrant)
        say(five, type(result.grad_fn).__name__)
        (result.sum() + other.sum()).backward()
        say(x.grad)
        say.error(lambda result=result: result.sum().backward())
    result = checkpoint(function, x, scale=3.0, use_reentrant=False, early_stop=False)[0]
    result.sum().backward()
    with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        result = checkpoint(function, x, use_reentrant=False)[0]
    result.sum().backward()
    with torch.no_grad():
        say(checkpoint(function, x, use_reentrant=False)[0], checkpoint(function, x, use_reentrant=True)[0])


@scene
def misuses(torch, say):
    checkpoint = torch.utils.checkpoint.checkpoint
    x = torch.ones(3, requires_grad=True)
    say(checkpoint(torch.tanh, x), checkpoint(torch.tanh, x.detach(), use_reentrant=True))
    say.error(lambda: checkpoint(torch.tanh, x, use_reentrant=True, other=1))
    say.error(lambda: checkpoint(torch.tanh, x, use_reentrant=True, debug=True))
    say.error(lambda: checkpoint(torch.tanh, x, use_reentrant=False, determinism_check="other"))
    say.error(lambda: torch.autograd.grad(checkpoint(torch.tanh, x, use_reentrant=True).sum(), x))
    say.error(lambda: checkpoint(torch.tanh, x, use_reentrant=True).sum().backward(inputs=[x]))
    say.error(lambda: checkpoint(lambda a: a.detach(), x, use_reentrant=True).sum().backward(), exactly=False)
    say.error(lambda: torch.utils.checkpoint.detach_variable([x]), exactly=False)
    runs = []

    def fickle(first, then):
        def function(a):
            runs.append(1)
            return (first if len(runs) == 1 else then)(a)

        runs.clear()
        checkpoint(function, x, use_reentrant=False).sum().backward()

    say.error(lambda: fickle(lambda a: a.tanh().exp(), torch.tanh), exactly=False)
    say.error(lambda: fickle(torch.tanh, lambda a: a[:2].tanh()), exactly=False)


def test_what_a_checkpoint_error_says() -> None:
    runs: list[int] = []
    x = minitorch.ones(3, requires_grad=True)

    def fickle(a: Any) -> Any:
        runs.append(1)
        return a.tanh() if len(runs) % 2 else a[:2].tanh()

    y = minitorch.utils.checkpoint.checkpoint(fickle, x, use_reentrant=False)
    with pytest.raises(minitorch.utils.checkpoint.CheckpointError, match=r"position 0:\nsaved metadata: .*\[3\]"):
        y.sum().backward()
    y = minitorch.utils.checkpoint.checkpoint(
        lambda a: a.tanh().exp() if len(runs) < 2 or runs.pop() else a.tanh(), x, use_reentrant=False
    )
    runs[:] = [1, 0]
    with pytest.raises(minitorch.utils.checkpoint.CheckpointError, match="during recomputation: 1"):
        y.sum().backward()


@scene
def contexts(torch, say):
    class Say:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            say(f"in {self.name}")

        def __exit__(self, *error):
            say(f"out of {self.name}")

    x = torch.ones(3, requires_grad=True)
    result = torch.utils.checkpoint.checkpoint(
        torch.tanh, x, use_reentrant=False, context_fn=lambda: (Say("forward"), Say("recomputation"))
    )
    result.sum().backward()


def model(nn: Any) -> Any:
    return nn.Sequential(
        nn.Linear(3, 8), nn.ReLU(), nn.Dropout(), nn.BatchNorm1d(8), nn.Linear(8, 8), nn.Tanh(), nn.Dropout(0.2),
        nn.Linear(8, 2),
    )  # fmt: skip


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_a_model_learns_the_same(segments: int, reentrant: bool) -> None:
    results: list[list[Any]] = []
    random = np.random.default_rng(0)
    given = random.standard_normal((5, 3)).astype("float32")
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        net = model(engine.nn)
        optimizer = engine.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            x = engine.tensor(given, requires_grad=True)
            sequential = engine.utils.checkpoint.checkpoint_sequential
            sequential(net, segments, x, use_reentrant=reentrant).square().sum().backward()
            optimizer.step()
        results.append([x.grad.numpy(), engine.rand(2).numpy(), *(v.numpy() for v in net.state_dict().values())])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda m, x: m.nn.functional.softmax(x @ x.T, -1) @ x,
        lambda m, x: m.nn.functional.conv1d(x[None], x[:, :, None]).relu().max(-1)[0],
        lambda m, x: m.cat([x, x.exp()]).sort(0)[0].cumsum(0),
        lambda m, x: m.utils.checkpoint.checkpoint(lambda a: (a * x).tanh(), x.exp(), use_reentrant=False) * x,
        lambda m, x: x.clone().mul_(x).exp_() + x,
    ],
)
def test_gradients_of_every_order_are_those_without(function: Any) -> None:
    x = minitorch.randn(3, 3, dtype=minitorch.float64, requires_grad=True)
    found = []
    for call in (function, lambda m, x: m.utils.checkpoint.checkpoint(function, m, x, use_reentrant=False)):
        (first,) = minitorch.autograd.grad(call(minitorch, x).square().sum(), x, create_graph=True)
        (second,) = minitorch.autograd.grad(first.sin().sum(), x)
        found.append((first.detach(), second))
    for own, expected in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-12)


def test_what_would_be_saved_is_dropped_and_dropped_again() -> None:
    made: list[Any] = []

    def function(x: Any) -> Any:
        y = x.exp()
        made.append(weakref.ref(y._array))
        return y.tanh().sum()

    x = minitorch.ones(3, requires_grad=True)
    loss = minitorch.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
    assert made[0]() is None
    gc.disable()
    try:
        loss.backward()
        assert [each() for each in made] == [None, None]
    finally:
        gc.enable()
