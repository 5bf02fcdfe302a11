"""The losses as operations: what the parity specs (parity/specs/loss.py) cannot say."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from same import check_same, check_same_error

import minitorch

SETUP = """
import torch
F = torch.nn.functional
x = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]], requires_grad=True)
y = torch.tensor([[0.25, 0.5, 0.75], [0.1, 0.2, 0.3]])
c = torch.tensor([2, 0])
s = torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]])
"""


def setup(engine: Any) -> dict[str, Any]:
    """The names of SETUP on one engine."""
    scope: dict[str, Any] = {"torch": engine}
    exec(SETUP.replace("import torch\n", ""), scope)
    return scope


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    "call",
    [
        "mse_loss(x, y)",
        "mse_loss(x, y, weight=y)",
        "l1_loss(x, y)",
        "l1_loss(x, y, weight=y)",
        "smooth_l1_loss(x, y)",
        "smooth_l1_loss(x, y, beta=0)",
        "huber_loss(x, y)",
        "huber_loss(x, y, weight=y)",
        "binary_cross_entropy(x.sigmoid(), y)",
        "binary_cross_entropy(x.sigmoid(), y, weight=y)",
        "binary_cross_entropy_with_logits(x, y)",
        "binary_cross_entropy_with_logits(x, y, pos_weight=y)",
        "nll_loss(x, c)",
        "nll_loss(x[:, :, None], c[:, None])",
        "nll_loss(x[:, :, None, None], c[:, None, None])",
        "cross_entropy(x, c)",
        "cross_entropy(x[0], c[0])",
        "cross_entropy(x[:, :, None], c[:, None])",
        "cross_entropy(x[:, :, None, None], c[:, None, None])",
        "cross_entropy(x, c, label_smoothing=0.1)",
        "cross_entropy(x, y)",
        "kl_div(x, y)",
        "kl_div(x, y, log_target=True)",
        "poisson_nll_loss(x, y)",
        "gaussian_nll_loss(x, y, y)",
        "hinge_embedding_loss(x, s)",
        "soft_margin_loss(x, s)",
        "margin_ranking_loss(x, y, s)",
        "cosine_embedding_loss(x, y, s[:, 0])",
        "multi_margin_loss(x, c)",
        "multilabel_margin_loss(x, torch.tensor([[0, -1, 1], [2, 1, -1]]))",
        "multilabel_soft_margin_loss(x, y)",
        "triplet_margin_loss(x, y, s)",
        "triplet_margin_with_distance_loss(x, y, s)",
    ],
)
def test_node_names(call: str, reduction: str) -> None:
    names = []
    for engine in (minitorch, torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # kl_div's mean
            names.append(eval(f"F.{call[:-1]}, reduction='{reduction}').grad_fn.name()", setup(engine)))
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("mse_loss(x, c)", "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1"),
        ("mse_loss(x, 1.0)", "'float' object has no attribute 'size'"),
        ("mse_loss(x, y, reduction='avg')", "avg is not a valid value for reduction"),
        ("mse_loss(x, y, reduction=None)", "None is not a valid value for reduction"),
        ("mse_loss(x, y, reduction='batchmean')", "batchmean is not a valid value for reduction"),
        ("mse_loss(x, y, weight=y[0])", "Weights and input must have the same size."),
        ("mse_loss(c, c)", "\"mse_cpu\" not implemented for 'Long'"),
        ("l1_loss(c, c)", "mean(): could not infer output dtype"),
        ("smooth_l1_loss(x, y, beta=-1)", "smooth_l1_loss does not support negative values for beta."),
        ("smooth_l1_loss(c, c)", "\"smooth_l1_cpu\" not implemented for 'Long'"),
        ("huber_loss(x, y, delta=0)", "huber_loss does not support non-positive values for delta."),
        ("huber_loss(c, y[0, :2])", "result type Float can't be cast to the desired output type Long"),
        ("binary_cross_entropy(y, y[0])", "Using a target size (torch.Size([3])) that is different to the input size"),
        ("binary_cross_entropy(x, y)", "all elements of input should be between 0 and 1"),
        ("binary_cross_entropy(y, s)", "all elements of target should be between 0 and 1"),
        ("binary_cross_entropy(y * np.nan, y)", "all elements of input should be between 0 and 1"),
        ("binary_cross_entropy(y, y.double())", "Found dtype Double but expected Float"),
        ("binary_cross_entropy(y, y.long())", "Found dtype Long but expected Float"),
        ("binary_cross_entropy(c, c)", "\"binary_cross_entropy\" not implemented for 'Long'"),
        ("binary_cross_entropy(y, y, weight=y[None])", "output with shape [2, 3] doesn't match the broadcast shape"),
        ("binary_cross_entropy(y, y, weight=x)", "is not differentiable with respect to argument 'weight'"),
        ("binary_cross_entropy_with_logits(x, y[0])", "Target size (torch.Size([3])) must be the same as input size"),
        ("binary_cross_entropy_with_logits(x, y.long())", "result type Float can't be cast to the desired output type"),
        ("binary_cross_entropy_with_logits(c, c)", "\"log_sigmoid_cpu\" not implemented for 'Long'"),
        ("binary_cross_entropy_with_logits(x, y, pos_weight=c.float())", "at non-singleton dimension 1"),
        ("binary_cross_entropy_with_logits(x, y, pos_weight=x)", "with respect to argument 'pos_weight'"),
        ("cross_entropy(x, c + 3)", "Target 5 is out of bounds."),
        ("cross_entropy(x, c - 1)", "Target -1 is out of bounds."),
        ("nll_loss(x, c + 3)", "Target 5 is out of bounds."),
        ("nll_loss(x, c + 3, reduction='none')", "Target 5 is out of bounds."),
        ("cross_entropy(x, c.float())", "expected target dtype to be Long or Byte, but got Float"),
        ("cross_entropy(x, c.int())", "expected target dtype to be Long or Byte, but got Int"),
        ("nll_loss(x[:, :, None], c[:, None].byte())", "expected scalar type Long but found Byte"),
        ("cross_entropy(x, c[:, None])", "0D or 1D target tensor expected, multi-target not supported"),
        ("cross_entropy(x, c[:1])", "Expected input batch_size (2) to match target batch_size (1)."),
        ("cross_entropy(x, c[0])", "Expected input batch_size (2) to match target batch_size (0)."),
        ("cross_entropy(x[0], c)", "For 1D input, 1D target must have size 1, but got target size: 2"),
        ("nll_loss(x[0, 0], c[0])", "Expected 1 or more dimensions (got 0)"),
        ("nll_loss(x[:, :, None], c)", "Expected target size [2, 1], got [2]"),
        (
            "nll_loss(x[:, :, None, None], c)",
            "only batches of spatial targets supported (3D tensors) but got targets of",
        ),
        ("nll_loss(x[:, :, None, None], c[:, None, None].expand(2, 2, 1))", "size mismatch (got input: [2, 3, 1, 1]"),
        (
            "cross_entropy(x, c, weight=y[0, :2])",
            "weight tensor should be defined either for all 3 classes or no classes",
        ),
        ("cross_entropy(x, c, weight=y[0].double())", "expected scalar type Float but found Double"),
        ("cross_entropy(x, c, weight=x[0])", "is not differentiable with respect to argument 'weight'"),
        ("cross_entropy(x, y.long())", "Expected floating point type for target with class probabilities, got Long"),
        ("cross_entropy(x, y, ignore_index=1)", "ignore_index is not supported for floating point target"),
        (
            "cross_entropy(x, y, weight=y[0, :2])",
            "cross_entropy: weight tensor should be defined either for all 3 classes",
        ),
        ("cross_entropy(x, y, label_smoothing=1.1)", "label_smoothing must be between 0.0 and 1.0. Got: 1.1"),
        ("cross_entropy(y.long(), c)", "\"log_softmax_lastdim_kernel_impl\" not implemented for 'Long'"),
        ("cross_entropy(x, [2, 0])", "cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not list"),
        ("nll_loss(x, c, ignore_index=1.5)", "argument 'ignore_index' (position 5) must be int, not float"),
        ("kl_div(x, c[:, None])", "kl_div: Integral inputs not supported."),
        ("kl_div([1.0], x, reduction='sum')", "argument 'input' (position 1) must be Tensor, not list"),
        ("gaussian_nll_loss(x, y, -y)", "var has negative entry/entries"),
        ("gaussian_nll_loss(x, y, -1.0)", "var has negative entry/entries"),
        ("gaussian_nll_loss(x, y, y[0])", "var is of incorrect size"),
        ("gaussian_nll_loss(x, y, y, reduction='avg')", "avg is not valid"),
        ("soft_margin_loss(x, x)", "is not differentiable with respect to argument 'target'"),
        ("soft_margin_loss(c, s[0, :2])", "result type Float can't be cast to the desired output type Long"),
        ("margin_ranking_loss(x, y, s[0])", "margin_ranking_loss : All input tensors should have same dimension"),
        ("cosine_embedding_loss(x, y, s)", "0D or 1D target tensor expected, multi-target not supported"),
        ("cosine_embedding_loss(x, y[0], s[:, 0])", "1D target tensor expects 2D input tensors, but found inputs with"),
        ("cosine_embedding_loss(x, y, s[0, 0])", "0D target tensor expects 1D input tensors, but found inputs with"),
        ("multi_margin_loss(x, c + 3)", "target out of range"),
        ("multi_margin_loss(x, c[:1])", "Expected target size [2], but got [1]. Input has shape [2, 3]."),
        ("multi_margin_loss(x, c.float())", "expected scalar type Long but found Float"),
        ("multi_margin_loss(x, c, p=3)", "only p == 1 and p == 2 supported"),
        ("multi_margin_loss(x, c, weight=y[0, :2])", "inconsistent weight size, expected 3 but got [2]"),
        ("multi_margin_loss(x, c, weight=y[0].double())", "expected scalar type Float but found Double"),
        ("multilabel_margin_loss(x, c[:, None])", "inconsistent target size: [2, 1] for input of size: [2, 3]"),
        ("multilabel_margin_loss(x, y.long() + 3)", "argument #2 'target' is out of range"),
        ("triplet_margin_loss(x, y, s, margin=-1)", "margin must be greater than 0, got -1"),
        (
            "triplet_margin_loss(x, y[0], s)",
            "expected to have the same number of dimensions, but got: anchor 2D, positive",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size", "ignore:reduction. 'mean' divides")
def test_errors(call: str, phrase: str) -> None:
    check_same_error(f"F.{call}", phrase, SETUP.replace("import torch\n", ""))


def test_a_float_target_says_what_was_expected() -> None:
    with pytest.raises(RuntimeError, match="expected scalar type Long but found Float"):
        eval("F.cross_entropy(x, c.float())", setup(minitorch))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_warns(name: str) -> None:
    messages = []
    for engine in (minitorch, torch):
        with pytest.warns(UserWarning) as seen:
            eval(f"F.{name}(x, y[0])", setup(engine))
        messages.append(str(seen[0].message))
    assert messages[0] == messages[1]
    assert messages[0].startswith(
        "Using a target size (torch.Size([3])) that is different to the input size (torch.Size"
    )


def test_the_mean_of_kl_div_warns() -> None:
    with pytest.warns(
        UserWarning, match="reduction: 'mean' divides the total loss by both the batch size and the supp"
    ):
        eval("F.kl_div(x, y)", setup(minitorch))


@pytest.mark.parametrize("old", ["size_average=True", "size_average=False", "reduce=True", "reduce=False"])
@pytest.mark.parametrize(
    "call", ["mse_loss(x, y", "binary_cross_entropy(y, y", "nll_loss(x, c", "cross_entropy(x, c", "kl_div(x, y"]
)
def test_the_old_arguments_warn_and_work(call: str, old: str) -> None:
    results, messages = [], []
    for engine in (minitorch, torch):
        with pytest.warns(UserWarning) as seen:
            results.append(eval(f"F.{call}, {old})", setup(engine)).detach().numpy())
        messages.append(str(seen[0].message))
    assert messages[0] == messages[1]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


def test_elementwise_mean_warns() -> None:
    with pytest.warns(UserWarning, match="reduction='elementwise_mean' is deprecated"):
        eval("F.mse_loss(x, y, reduction='elementwise_mean')", setup(minitorch))


def reference(logits: Any, target: Any, engine: Any) -> Any:
    """The cross entropy, written as it is defined; for one target class a row."""
    shifted = logits - logits.max(dim=1, keepdim=True)[0]
    logarithms = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -logarithms[engine.arange(len(target)), target].mean()


@pytest.mark.parametrize("shape", [(3, 5), (40, 5), (6, 6), (1, 1)])
@pytest.mark.parametrize("turned", [False, True])
def test_cross_entropy_equals_its_definition(shape: tuple[int, int], turned: bool) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(shape[::-1] if turned else shape)
    target = minitorch.tensor(rng.integers(0, shape[1], shape[0]))
    gradients = []
    for function in (minitorch.nn.functional.cross_entropy, lambda x, t: reference(x, t, minitorch)):
        leaf = minitorch.tensor(values, requires_grad=True)
        loss = function(leaf.t() if turned else leaf, target)
        loss.backward()
        gradients.append((loss.item(), leaf.grad.numpy()))
    assert gradients[0][0] == pytest.approx(gradients[1][0], rel=1e-12)
    np.testing.assert_allclose(gradients[0][1], gradients[1][1], atol=1e-12)


def test_cross_entropy_of_extreme_logits() -> None:
    x = minitorch.tensor([[1e4, -1e4, 0.0], [-1e30, 1e30, 0.0]], requires_grad=True)
    loss = minitorch.nn.functional.cross_entropy(x, minitorch.tensor([1, 1]), reduction="none")
    assert loss.tolist() == [2e4, 0.0]
    loss.sum().backward()
    assert x.grad.tolist() == [[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]


def test_an_ignored_row_may_hold_anything() -> None:
    x = minitorch.tensor([[np.nan, np.inf], [0.0, 1.0]], requires_grad=True)
    loss = minitorch.nn.functional.nll_loss(x, minitorch.tensor([-100, 1]))
    loss.backward()
    assert loss.item() == -1.0
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, -1.0]]


@pytest.mark.parametrize("function", ["nll_loss", "cross_entropy"])
def test_when_every_row_is_ignored(function: str) -> None:
    x = minitorch.tensor([[1.0, 2.0]], requires_grad=True)
    loss = getattr(minitorch.nn.functional, function)(x, minitorch.tensor([-100]))
    loss.backward()
    assert np.isnan(loss.item())
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_third_order() -> None:
    rng = np.random.default_rng(0)
    values, target = rng.standard_normal((4, 3)), rng.integers(0, 3, 4)
    thirds = []
    for engine in (minitorch, torch):
        x = engine.tensor(values, requires_grad=True)
        g = engine.nn.functional.cross_entropy(x, engine.tensor(target))
        for order in (1, 2, 3):
            (g,) = engine.autograd.grad((g ** (1 if order == 1 else 2)).sum(), x, create_graph=True)
        thirds.append(g.detach().numpy())
    np.testing.assert_allclose(thirds[0], thirds[1], atol=1e-12)


def test_certain_probabilities_have_a_finite_loss_and_gradient() -> None:
    setup = "p = torch.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True); t = torch.tensor([1.0, 0.0, 0.0, 1.0])"
    check_same("torch.nn.functional.binary_cross_entropy(p, t, reduction='none')", setup)
    check_same("torch.autograd.grad(torch.nn.functional.binary_cross_entropy(p, t, reduction='sum'), p)[0]", setup)


def test_logits_of_any_size_have_a_finite_loss() -> None:
    setup = "x = torch.tensor([1000.0, -1000.0, 1000.0, -1000.0], requires_grad=True); t = torch.tensor([0.0, 1, 1, 0])"
    call = "torch.nn.functional.binary_cross_entropy_with_logits(x, t, reduction='none')"
    check_same(call, setup)
    check_same(f"torch.autograd.grad({call}.sum(), x)[0]", setup)


def test_many_numbers_lose_no_digits() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 300_000)).astype(np.float32)
    exact = np.mean((a.astype(np.float64) - b) ** 2)
    loss = minitorch.nn.functional.mse_loss(minitorch.tensor(a), minitorch.tensor(b)).item()
    assert loss == pytest.approx(exact, rel=3e-7)


def test_the_mean_of_float16_does_not_overflow() -> None:
    x = minitorch.full((1000,), 100.0, dtype=minitorch.float16)
    loss = minitorch.nn.functional.mse_loss(x, minitorch.zeros(1000, dtype=minitorch.float16))
    assert loss.item() == 10000.0
    assert loss.dtype is minitorch.float16


def test_soft_margin_does_not_overflow() -> None:
    one = minitorch.ones(1)
    assert minitorch.nn.functional.soft_margin_loss(-1000 * one, one).item() == 1000.0


def test_logits_written_to_before_backward_are_an_error() -> None:
    x = minitorch.zeros(2, 3, requires_grad=True)
    logits = x * 1
    loss = minitorch.nn.functional.cross_entropy(logits, minitorch.tensor([0, 1]))
    logits.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_labels_of_other_classes_take_no_gradient_twice() -> None:
    """A class that is listed twice counts twice, as in torch."""
    call = "torch.nn.functional.multilabel_margin_loss(x, torch.tensor([1, 1, -1, 0]))"
    setup = "x = torch.tensor([0.5, 0.25, 2.0, -1.0], requires_grad=True)"
    check_same(call, setup)
    check_same(f"torch.autograd.grad({call}, x)[0]", setup)
