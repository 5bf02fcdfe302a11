"""@op itself: what it takes from a kernel's signature, what it saves, and what it refuses."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

import minitorch
from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array, Operand


class Both(NamedTuple):
    square: Any
    cube: Any


@op(outputs=Both)
def powers(xp: Any, input: Array) -> tuple[Array, Array]:
    """The square and the cube."""
    return input * input, input * input * input


powers.grad(input=lambda xp, g, input, square: g[0] * 2 * input + g[1] * 3 * square)


@op(dtypes=PROMOTE)
def scaled(xp: Any, input: Array, other: Operand, factor: float = 2.0) -> Array:
    """A product with a factor."""
    return input * other * factor


scaled.grad(
    input=lambda xp, g, other, factor: g * other * factor,
    other=lambda xp, g, input, factor: g * input * factor,
)


def test_a_named_result_is_differentiated_through_again() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    cube = powers(x).cube
    (first,) = minitorch.autograd.grad(cube.sum(), x, create_graph=True)
    (second,) = minitorch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = minitorch.autograd.grad(second.sum(), x)
    assert [first.tolist(), second.tolist(), third.tolist()] == [[3.0, 12.0], [6.0, 12.0], [6.0, 6.0]]


def test_an_unused_result_counts_as_zero() -> None:
    x = minitorch.tensor([3.0], requires_grad=True)
    powers(x).square.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0]


def test_only_what_the_rules_in_use_ask_for_is_saved() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    assert scaled(x, y).grad_fn.plan.names == ("other", "factor")  # type: ignore[union-attr]  # it has a node
    assert scaled(y, x).grad_fn.plan.names == ("input", "factor")  # type: ignore[union-attr]  # as above
    assert scaled(x, x).grad_fn.plan.names == ("other", "factor", "input")  # type: ignore[union-attr]  # as above


def test_a_rule_that_is_not_needed_never_runs() -> None:
    @op
    def first_only(xp: Any, input: Array, other: Array) -> Array:
        return input + other

    def never(xp: Any, g: Any) -> Any:
        raise AssertionError("nobody wants this gradient")

    first_only.grad(input=lambda xp, g: g, other=never)
    x = minitorch.ones(2, requires_grad=True)
    first_only(x, minitorch.ones(2)).sum().backward()
    assert x.grad is not None
    y = minitorch.ones(2, requires_grad=True)
    minitorch.autograd.grad(first_only(x, y).sum(), x)


def test_the_forms_of_a_call() -> None:
    x = minitorch.tensor([1.0, 2.0])
    expected = [6.0, 12.0]
    out = minitorch.empty(2)
    assert scaled(x, 3.0).tolist() == expected
    assert scaled(x, other=3).tolist() == expected
    assert scaled(input=x, other=minitorch.tensor(3)).tolist() == expected
    assert scaled(x, 3, factor=2).tolist() == expected
    assert scaled(x, 3.0, out=out) is out
    assert out.tolist() == expected
    assert str(inspect.signature(scaled)).startswith("(input: 'Array', other: 'Operand', factor")


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        (lambda x: scaled(x), "other"),
        (lambda x: scaled(x, 1, 2, 3), "positional argument"),
        (lambda x: scaled(x, 1, nothing=2), "nothing"),
        (lambda x: scaled(x, 1, input=x), "input"),
        (lambda x: scaled("a", x), "input"),
        (lambda x: scaled(x, "a"), "other"),
    ],
)
def test_a_wrong_call_raises_type_error(call: Any, phrase: str) -> None:
    with pytest.raises(TypeError, match=phrase):
        call(minitorch.ones(2))


def test_a_rule_that_asks_for_an_unknown_name_fails_at_once() -> None:
    with pytest.raises(TypeError, match="asks for 'mistyped', which is neither an argument nor a result"):
        scaled.grad(input=lambda xp, g, mistyped: g)
    with pytest.raises(TypeError, match="a gradient rule for 'factor', which is no tensor argument"):
        scaled.grad(factor=lambda xp, g: g)


def test_a_sequence_of_tensors() -> None:
    @op
    def total(xp: Any, tensors: Sequence[Array], weight: float = 1.0) -> Array:
        return sum(tensors) * weight

    total.grad(tensors=lambda xp, g, tensors, weight: [g * weight for _ in tensors])
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    out = total([x, y, x], 2.0)
    out.sum().backward()
    assert out.tolist() == [6.0, 6.0]
    assert x.grad is not None
    assert x.grad.tolist() == [4.0, 4.0]
    assert y.grad is None


def test_a_spoiled_tensor_of_a_sequence_is_named() -> None:
    @op
    def product(xp: Any, tensors: Sequence[Array]) -> Array:
        return tensors[0] * tensors[1]

    product.grad(tensors=lambda xp, g, tensors: [g * tensors[1], g * tensors[0]])
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    out = product([x, y]).sum()
    y.add_(1)
    with pytest.raises(RuntimeError, match="'tensors', which ProductBackward0 saved, is at version 1"):
        out.backward()


def test_a_traceback_shows_how_the_rules_were_called() -> None:
    @op
    def doubled(xp: Any, input: Array) -> Array:
        return input * 2

    def failing(xp: Any, g: Any, input: Any) -> Any:
        raise ZeroDivisionError

    doubled.grad(input=failing)
    out = doubled(minitorch.ones(2, requires_grad=True))
    with pytest.raises(ZeroDivisionError) as caught:
        out.backward(minitorch.ones(2))
    text = "".join(traceback.format_exception(caught.value))
    assert "the rules of DoubledBackward0" in text and "rule0(xp, g, saved[0])" in text
