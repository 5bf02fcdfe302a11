"""Convolution, pooling and recurrent layers on a GPU: how few kernels they start, and what their kernels leave open.

That each kernel computes its formula is in test_fused.py, and that the operations agree with torch in test_standin.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import nn
from minitorch.nn.utils.rnn import PackedSequence
from minitorch.ops import _columns
from minitorch.ops._gather import Sliding
from minitorch.ops._windows import Window
from tests import standin, standin_kernels

pytestmark = pytest.mark.skipif(not standin_kernels.available(), reason="no g++ that can compile kernels")


@pytest.fixture(autouse=True)
def cupy() -> Iterator[Any]:
    """The stand-in in CuPy's place."""
    with standin.installed() as module:
        yield module


def started(action: Callable[[], Any]) -> int:
    """How many kernels an action starts; it does not wait for any of them."""
    kernels, waits = standin.launches(), standin.waits()
    action()
    assert standin.waits() == waits
    return standin.launches() - kernels


def both_ways(function: Callable[[minitorch.Tensor], Any], *shape: int) -> tuple[int, int]:
    """What a function of images starts, and its gradient."""
    x = minitorch.randn(*shape, device="cuda", requires_grad=True)
    y = function(x)
    g = minitorch.ones_like(y)
    return started(lambda: function(x)), started(lambda: y.backward(g))


POOLS = {
    "max_pool1d": ((2, 3, 8), (2,)),
    "max_pool2d": ((2, 3, 8, 7), (3, 2, 1, 1, True)),
    "max_pool3d": ((2, 3, 4, 4, 4), (2,)),
    "avg_pool1d": ((2, 3, 8), (3, 1, 1)),
    "avg_pool2d": ((2, 3, 8, 7), (3, 2, 1, True, False)),
    "avg_pool3d": ((2, 3, 4, 4, 4), (2,)),
    "adaptive_avg_pool2d": ((2, 3, 8, 7), ((2, 3),)),
    "adaptive_avg_pool3d": ((2, 3, 4, 4, 4), ((2, 3, 4),)),
}


@pytest.mark.parametrize("name", POOLS)
def test_a_pool_starts_one_kernel_each_way(name: str) -> None:
    shape, args = POOLS[name]
    forward, backward = both_ways(lambda x: getattr(nn.functional, name)(x, *args), *shape)
    assert (forward, backward) == (1, 1 + (name[-2:] == "1d"))  # of lines, the gradient is a view, and copied


def test_maxima_without_gradient_and_with_indices() -> None:
    x = minitorch.randn(2, 3, 8, 7, device="cuda")
    assert started(lambda: nn.functional.max_pool2d(x, 3, 2, 1)) == 1
    assert started(lambda: nn.functional.max_pool2d(x, 3, 2, 1, return_indices=True)) == 2
    assert started(lambda: nn.functional.adaptive_max_pool2d(x, 3)) == 1


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(5, 1, 2), (1, 1, 0), (3, 2, 1)])
def test_a_convolution_starts_few_kernels(kernel: int, stride: int, padding: int, groups: int) -> None:
    """Columns, a product and the bias; for each adjoint as many, and the bias's sum. Of groups a matrix is turned."""
    layer = nn.Conv2d(4, 6, kernel, stride, padding, groups=groups).cuda()
    forward, backward = both_ways(layer, 3, 4, 9, 8)
    assert forward <= 3 and backward <= 7 + (groups > 1)


def outcome(module: Any, *shape: int) -> list[Any]:
    """What a module gives for some images, and all gradients."""
    minitorch.manual_seed(0)
    x = minitorch.randn(*shape, dtype=minitorch.float64, device="cuda", requires_grad=True)
    y = module(x)
    module.zero_grad()
    (y * y).sum().backward()
    return [each.detach().cpu().numpy() for each in (y, x.grad, *(param.grad for param in module.parameters()))]


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("kind", ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d"])
def test_a_batch_of_too_many_columns_is_split(kind: str, groups: int, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = getattr(nn, kind)(4, 6, 3, stride=2, padding=1, groups=groups).double().cuda()
    shape = (5, 4, *(7, 6, 5)[: int(kind[-2])])
    whole = outcome(layer, *shape)
    split = _columns._parts
    counts: list[int] = []

    def parts(images: Any, sliding: Any) -> list[slice]:
        found = split(images, sliding)
        counts.append(len(found))
        return found

    monkeypatch.setattr(_columns, "_parts", parts)
    monkeypatch.setattr(_columns, "_BYTES", 1)
    for mine, theirs in zip(outcome(layer, *shape), whole, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)
    assert counts == [5, 5, 5]


def test_how_a_batch_is_split() -> None:
    images = np.empty((7, 2, 10), np.float32)
    sliding = Sliding(Window((3,), (1,), (1,), (1,)), (10,), (10,))
    assert _columns._parts(images, sliding) == [slice(0, 2**28 // 240)]
    assert len(_columns._parts(np.broadcast_to(np.float32(0), (2**20, 2, 10)), sliding)) == 1
    assert len(_columns._parts(np.broadcast_to(np.float32(0), (2**21, 2, 10)), sliding)) == 2


# --- recurrent layers -------------------------------------------------------------------------------------------------

LAYERS: dict[str, dict[str, Any]] = {"RNN": {}, "LSTM": {}, "GRU": {}, "RNN with relu": {"nonlinearity": "relu"}}


def _layer(name: str) -> Any:
    return getattr(nn, name.partition(" ")[0])(4, 5, bidirectional=True, **LAYERS[name]).cuda()


@pytest.mark.parametrize("name", LAYERS)
def test_a_step_starts_one_product_and_one_kernel(name: str) -> None:
    """Each way, and in each direction; so do steps at which sequences end."""
    layer = _layer(name)
    counts = []
    for sizes in ([4, 4, 4], [4, 4, 4, 4, 4], [4, 3, 3, 2, 1]):
        x = minitorch.randn(sum(sizes), 4, device="cuda", requires_grad=True)
        packed = PackedSequence(x, minitorch.tensor(sizes))
        output = layer(packed)[0].data
        g = minitorch.ones_like(output)
        layer.zero_grad()
        counts.append((started(lambda packed=packed: layer(packed)), started(lambda y=output, g=g: y.backward(g))))
    for way in range(2):
        assert counts[1][way] - counts[0][way] <= 2 * 2 * 2
        assert counts[2][way] == counts[1][way]


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_walk_keeps_is_its_own(name: str) -> None:
    """The output may be written to in place, and backward may run twice."""
    layer = _layer(name)
    x = minitorch.randn(3, 2, 4, device="cuda", requires_grad=True)
    gradients = []
    for spoil in (False, True):
        output, final = layer(x)
        loss = (output * output).sum() + (final[0] if name == "LSTM" else final).sum()
        for _ in range(2):
            x.grad = None
            loss.backward(retain_graph=True)
            gradients.append(x.grad.cpu().numpy())
        y = layer(x)[0]
        g = 2 * y.detach()
        if spoil:
            with minitorch.no_grad():
                y.zero_()
        x.grad = None
        y.backward(g)
        gradients.append(x.grad.cpu().numpy())
    for k in (1, 3, 4):
        np.testing.assert_array_equal(gradients[k], gradients[0])
    np.testing.assert_array_equal(gradients[5], gradients[2])
