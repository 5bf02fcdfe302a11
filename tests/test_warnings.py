"""What both engines take: the same warnings, or none."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch
from wrong_use import raised, scope_of

import minitorch

FINE = [
    "torch.autograd.grad(g * 2, g, [torch.ones(3), torch.ones(3)])",
    "torch.zeros(1).expand(3)[0].fill_(1)",
    "torch.autograd.Variable()",
    "torch.add(i, i, out=torch.empty(0))",
    "(g + 2).sum().backward()",
]
"""What torch does not refuse either."""

WARNINGS = [
    ("F.mse_loss(f, t)", "Using a target size (torch.Size([2, 3])) that is different to the input size"),
    ("F.l1_loss(f, t)", "Using a target size (torch.Size([2, 3])) that is different to the input size"),
    ("F.smooth_l1_loss(f, t)", "that is different to the input size (torch.Size([3]))"),
    ("nn.MSELoss(size_average=False)", "size_average and reduce args will be deprecated, please use reduction='sum'"),
    ("nn.BCELoss(size_average=True)", "size_average and reduce args will be deprecated, please use reduction='mean'"),
    ("nn.MSELoss(reduce=False)", "size_average and reduce args will be deprecated, please use reduction='none'"),
    ("F.softmax(t)", "Implicit dimension choice for softmax has been deprecated"),
    ("nn.LogSoftmax()(t)", "Implicit dimension choice for log_softmax has been deprecated"),
    ("F.kl_div(t, t)", "reduction: 'mean' divides the total loss by both the batch size and the support size"),
    ("(g * 2).grad", "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"),
    ("torch.autograd.Variable(f, volatile=True)", "volatile was removed and now has no effect"),
    ("torch.add(f, f, out=torch.zeros(2))", "An output with one or more elements was resized since it had shape [2]"),
    ("torch.autograd.Function()", "should not be instantiated. Methods on autograd functions are all static"),
    (
        "torch.autograd.gradcheck(lambda x: x * 1, g, atol=1)",
        "Input #0 requires gradient and is not a double precision",
    ),
    ("nn.init.uniform(f)", "is now deprecated in favor of `nn.init.uniform_`"),
    ("data.DataLoader(range(3), num_workers=0, timeout=0)", ""),
]
"""What warns, and of what."""


@pytest.mark.parametrize("code", FINE)
def test_neither_engine_refuses(code: str) -> None:
    assert raised(code, torch) is None
    assert raised(code, minitorch) is None


@pytest.fixture
def every_warning() -> Iterator[None]:
    """Lets torch give each time the warnings that it gives once in a process, whatever ran before."""
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.mark.parametrize(("code", "phrase"), WARNINGS)
def test_both_engines_warn_in_the_same_words(code: str, phrase: str, every_warning: None) -> None:
    told = []
    for engine in (torch, minitorch):
        scope = scope_of(engine)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec(code, scope)
        told.append([each.category for each in caught])
        assert all(phrase in str(each.message) for each in caught), [str(each.message) for each in caught]
    assert told[0] == told[1]
    assert bool(told[0]) == bool(phrase)
