"""Connectionist temporal classification: what the parity specs (parity/specs/loss.py) cannot say."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from same import check_same_error

import minitorch
from minitorch.nn import functional as F
from minitorch.tensor import wrap
from tests import standin
from tests.standin import StandinArray

SETUP = """
F = torch.nn.functional
lp = torch.linspace(-3, 3, 48).reshape(6, 2, 4).sin().log_softmax(2).requires_grad_()
t = torch.tensor([[1, 2, 2], [3, 1, 0]])
i, n = torch.tensor([6, 5]), torch.tensor([3, 2])
"""


def setup(engine: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"torch": engine}
    exec(SETUP, scope)
    return scope


def log_probs(*shape: int, seed: int = 0) -> Any:
    logits = np.random.default_rng(seed).uniform(-2, 2, shape)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@pytest.mark.parametrize("target", [(), (1,), (1, 1), (1, 2), (2, 1, 2)])
def test_it_is_the_sum_over_all_alignments(target: tuple[int, ...]) -> None:
    given = log_probs(5, 1, 3)
    total = 0.0
    for path in itertools.product(range(3), repeat=5):
        spelled = tuple(label for label, _ in itertools.groupby(path) if label)
        if spelled == target:
            total += math.exp(sum(given[step, 0, label] for step, label in enumerate(path)))
    targets = minitorch.tensor(target, dtype=minitorch.int64)
    loss = F.ctc_loss(minitorch.from_numpy(given), targets, (5,), (len(target),), reduction="sum")
    assert loss.item() == pytest.approx(-math.log(total), rel=1e-12)


def test_the_gradient_through_log_softmax_is_that_of_differences() -> None:
    logits = minitorch.from_numpy(np.random.default_rng(1).uniform(-2, 2, (6, 2, 4))).requires_grad_()
    targets = minitorch.tensor([[1, 2, 2], [3, 1, 0]])
    assert minitorch.autograd.gradcheck(lambda x: F.ctc_loss(x.log_softmax(2), targets, (6, 4), (3, 2)), (logits,))


@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("times", [(2, 3), (0, 3), (4, 0)])
def test_impossible_targets(times: tuple[int, int], zero_infinity: bool) -> None:
    found = []
    for engine in (minitorch, torch):
        scope = setup(engine)
        given = scope["lp"].detach().requires_grad_()
        losses = scope["F"].ctc_loss(given, scope["t"], times, (3, 2), reduction="none", zero_infinity=zero_infinity)
        losses.backward(engine.tensor([0.5, 2.0]))
        found.append((losses.detach().numpy(), given.grad.numpy()))
    assert np.isinf(found[0][0]).any() != zero_infinity
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_a_class_of_probability_0_has_a_gradient_of_0() -> None:
    given = log_probs(4, 1, 3).astype("float32")
    given[:, :, 2] = -math.inf
    leaf = minitorch.from_numpy(given).requires_grad_()
    F.ctc_loss(leaf, minitorch.tensor([[1]]), (4,), (1,)).backward()
    assert (leaf.grad[:, :, 2] == 0).all() and (leaf.grad[:, :, :2] != 0).all()


def test_long_sequences_keep_their_digits() -> None:
    given, target = log_probs(1500, 1, 4).astype("float32"), np.random.default_rng(2).integers(1, 4, (1, 200))
    found = []
    for engine in (minitorch, torch):
        leaf = engine.from_numpy(given.copy()).requires_grad_()
        loss = engine.nn.functional.ctc_loss(leaf, engine.from_numpy(target), (1500,), (200,), reduction="sum")
        loss.backward()
        found.append((loss.item(), leaf.grad.numpy()))
    assert found[0][0] > 500
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=2e-3)


@pytest.mark.parametrize(
    "call",
    [
        "F.ctc_loss(lp, t, i, n)",
        "F.ctc_loss(lp, t, i, n, reduction='none')",
        "F.ctc_loss(lp, t, i, n, reduction='sum')",
        "F.ctc_loss(lp, t, i, n, reduction='none', zero_infinity=True)",
        "F.ctc_loss(lp[:, 0], t[0], (6,), (3,), reduction='none')",
        "F.ctc_loss(lp, t, i, n, reduction='mean').grad_fn.next_functions[0][0]",
    ],
)
def test_node_names(call: str) -> None:
    names = []
    for engine in (minitorch, torch):
        found = eval(call, setup(engine))
        names.append(getattr(found, "grad_fn", found).name())
    assert names[0] == names[1]


def test_it_cannot_be_differentiated_twice() -> None:
    for engine in (minitorch, torch):
        scope = setup(engine)
        loss = scope["F"].ctc_loss(scope["lp"], scope["t"], scope["i"], scope["n"])
        (first,) = engine.autograd.grad(loss, scope["lp"], create_graph=True)
        with pytest.raises(RuntimeError, match="derivative for aten::_ctc_loss_backward is not implemented"):
            first.sum().backward()


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("F.ctc_loss(lp, t, i, n, blank=4)", "blank must be in label range"),
        ("F.ctc_loss(lp, t, i, n, blank=-1)", "blank must be in label range"),
        ("F.ctc_loss(lp, t, i + 1, n)", "Expected input_lengths to have value at most 6, but got value 7"),
        ("F.ctc_loss(lp, t, i - 6, n)", "Expected input_lengths to have value at least 0, but got value -1"),
        ("F.ctc_loss(lp, t, i, n - 3)", "Expected target_lengths to have value at least 0, but got value -1"),
        ("F.ctc_loss(lp, t, i[:1], n)", "input_lengths must be of size batch_size"),
        ("F.ctc_loss(lp, t, i, n[:1])", "target_lengths must be of size batch_size"),
        ("F.ctc_loss(lp, t, i / 1, n)", "input_lengths must be integral"),
        ("F.ctc_loss(lp, t, i, n / 1)", "target_lengths must be integral"),
        ("F.ctc_loss(lp, t, i, n + 1)", "Expected tensor to have size at least 4 at dimension 1, but got size 3"),
        (
            "F.ctc_loss(lp, t[:1], i, n)",
            "Expected tensor to have size 2 at dimension 0, but got size 1",
        ),
        ("F.ctc_loss(lp, t[0], i, n)", "Expected tensor to have size 5 at dimension 0, but got size 3"),
        ("F.ctc_loss(lp, t[None], i, n)", "Expected 1 to 2 dimensions, but got 3-dimensional tensor for argument #2"),
        ("F.ctc_loss(lp[0, 0], t, i, n)", "dimensional tensor for argument #1 'log_probs'"),
        ("F.ctc_loss(lp[:0], t, (0, 0), (0, 0))", "log_probs tensor must not be empty"),
        ("F.ctc_loss(lp.half(), t, i, n)", "\"ctc_loss_cpu\" not implemented for 'Half'"),
        ("F.ctc_loss(lp.int(), t, i, n)", "\"ctc_loss_cpu\" not implemented for 'Int'"),
        ("F.ctc_loss(lp, t, i, n, reduction='avg')", "avg is not a valid value for reduction"),
        (
            "F.ctc_loss(lp, t, (6, 5), n)",
            "ctc_loss() received an invalid combination of arguments",
        ),
        (
            "F.ctc_loss(lp, t, 6, 5)",
            "ctc_loss() received an invalid combination of arguments",
        ),
        ("F.ctc_loss(lp, t, (6.0, 5), (3, 2))", "ctc_loss() received an invalid combination of arguments"),
        ("F.ctc_loss(lp, t.numpy(), i, n)", "ctc_loss() received an invalid combination of arguments"),
        ("F.ctc_loss(lp, t, i, n, zero_infinity=1)", "ctc_loss() received an invalid combination of arguments"),
        ("torch.ctc_loss(lp, t, i, n, 0, 'mean')", "ctc_loss() received an invalid combination of arguments"),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


@pytest.mark.parametrize("label", [4, -1])
def test_a_label_that_does_not_exist(label: int) -> None:
    scope = setup(minitorch)
    scope["t"][0, 1] = label
    with pytest.raises(IndexError, match=f"label {label} is out of bounds: expected one from 0 to 3"):
        eval("F.ctc_loss(lp, t, i, n)", scope)


def test_what_lies_behind_a_target_does_not_count() -> None:
    scope = setup(minitorch)
    before = eval("F.ctc_loss(lp, t, i, n)", scope)
    scope["t"][1, 2] = 99
    assert eval("F.ctc_loss(lp, t, i, n)", scope).item() == before.item()


def test_on_a_device() -> None:
    with standin.installed():
        scope = setup(minitorch)
        given = scope["lp"].detach().numpy()
        leaf = wrap(StandinArray(given.copy())).requires_grad_()
        loss = F.ctc_loss(leaf, wrap(StandinArray(scope["t"].numpy())), (6, 5), (3, 2))
        loss.backward()
        here = eval("F.ctc_loss(lp, t, i, n)", scope)
        (expected,) = minitorch.autograd.grad(here, scope["lp"])
        assert loss.item() == pytest.approx(here.item())
        np.testing.assert_allclose(leaf.grad.cpu().numpy(), expected.numpy(), rtol=1e-5, atol=1e-7)
