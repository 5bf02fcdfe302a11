"""torch's copies of views, and losses whose reduction is a number: errors, warnings, nodes."""

from __future__ import annotations

import pytest
from same import check_same_error

import minitorch

SETUP = "x, y = torch.linspace(-1, 1, 12).reshape(3, 4), torch.linspace(0.1, 0.9, 12).reshape(3, 4)"


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("torch.slice_copy(x, 0, 0, 2, 0)", "slice step must be positive"),
        ("torch.select_copy(x, 0, 5)", "select(): index 5 out of range for tensor of size [3, 4] at dimension 0"),
        ("torch.unsafe_split(x, [1, 2])", "unsafe_split(): argument 'split_size' (position 2) must be int, not list"),
        ("torch.detach(3)", "detach(): argument 'input' (position 1) must be Tensor, not int"),
        ("torch.detach_(3)", "detach_(): argument 'input' (position 1) must be Tensor, not int"),
        ("torch.detach_(x[0])", "Can't detach views in-place. Use detach() instead."),
        ("torch.frexp(x.long())", "torch.frexp() only supports floating-point dtypes"),
        ("torch.binary_cross_entropy_with_logits(x, y, reduction='sum')", "argument 'reduction' must be int, not str"),
        ("torch.binary_cross_entropy_with_logits(x, y[0])", "doesn't match the broadcast shape [3, 4]"),
        ("torch.margin_ranking_loss(x, y, 1)", "margin_ranking_loss(): argument 'target' (position 3) must be Tensor"),
        ("torch.kl_div(x.long(), y.long())", "kl_div: Integral inputs not supported."),
        ("torch.poisson_nll_loss(x, y)", "poisson_nll_loss() missing 4 required positional argument"),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


def test_a_copy_is_not_written_through_and_passes_gradients() -> None:
    x = minitorch.arange(6.0).reshape(2, 3).requires_grad_()
    part = minitorch.select_copy(x, 0, 1)
    assert part.tolist() == [3, 4, 5] and not part._is_view()
    part.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[0, 0, 0], [1, 1, 1]]


def test_detach_in_place() -> None:
    x = minitorch.ones(2, requires_grad=True) * 2
    assert minitorch.detach_(x) is x and not x.requires_grad and not minitorch.detach(x).requires_grad


@pytest.mark.parametrize("call", ["frobenius_norm(x, 1)", "nuclear_norm(x)"])
def test_deprecated_norms_warn(call: str) -> None:
    with pytest.warns(UserWarning, match=f"at::{call.partition('(')[0]} is deprecated"):
        eval(f"minitorch.{call}", {"minitorch": minitorch, "x": minitorch.ones(2, 3)})


def test_addmv_in_place() -> None:
    total = minitorch.ones(2)
    assert minitorch.addmv_(total, minitorch.eye(2), minitorch.tensor([1.0, 2.0]), alpha=2) is total
    assert total.tolist() == [3, 5]
