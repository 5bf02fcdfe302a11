"""The pictures of computation graphs: their numbers are the run's, and they say what they are."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from tests.lecture_runs import imported

plt = pytest.importorskip("matplotlib.pyplot")
lecture_graphs = imported("lecture_graphs")


def square_of_a_line(w: torch.Tensor, x: float, y: float) -> tuple[Any, torch.Tensor]:
    """The graph of (w x - y)^2, and the loss."""
    y_hat = w * x
    error = y_hat - y
    loss = error**2
    graph = lecture_graphs.Graph()
    graph.leaf("w", w, at=(0, 0))
    graph.leaf("x", x, at=(0, 1))
    graph.operation("×", "ŷ", y_hat, ("w", "x"), at=(1, 0.5))
    graph.leaf("y", y, at=(1, 1.5))
    graph.operation("−", "e", error, ("ŷ", "y"), at=(2, 0.5))
    graph.operation("( )²", "l", loss, ("e",), at=(3, 0.5))
    return graph, loss


def texts(graph: Any) -> list[str]:
    """All that is written in the picture."""
    figure, axes = plt.subplots()
    graph.draw(axes, "A title")
    assert axes.get_title() == "A title"
    written = [text.get_text() for text in axes.texts]
    plt.close(figure)
    return [text for text in written if text]  # an arrow is a text without one


@pytest.mark.parametrize(("w", "x", "y"), [(1.0, 3.0, 6.0), (-0.5, 2.0, 1.0)])
def test_the_numbers_are_the_runs(w: float, x: float, y: float) -> None:
    weight = torch.tensor([w], requires_grad=True)
    graph, loss = square_of_a_line(weight, x, y)
    loss.backward()
    error = w * x - y
    values = {name: node.value for name, node in graph.nodes.items()}
    assert values == pytest.approx({"w": w, "x": x, "ŷ": w * x, "y": y, "e": error, "l": error**2})
    gradients = {name: node.gradient for name, node in graph.nodes.items() if node.gradient is not None}
    assert gradients == pytest.approx({"w": 2 * error * x, "ŷ": 2 * error, "e": 2 * error, "l": 1.0})


def test_what_is_written() -> None:
    graph, loss = square_of_a_line(torch.tensor([1.0], requires_grad=True), 3.0, 6.0)
    loss.backward()
    assert sorted(texts(graph)) == sorted(
        ["w", "1", "∂l/∂w = −18", "x", "3", "×", "ŷ = 3", "∂l/∂ŷ = −6", "y", "6"]
        + ["−", "e = −3", "∂l/∂e = −6", "( )²", "l = 9", "∂l/∂l = 1"]
    )


def test_only_the_first_backward_counts() -> None:
    weight = torch.tensor([1.0], requires_grad=True)
    graph, loss = square_of_a_line(weight, 3.0, 6.0)
    assert graph.nodes["w"].gradient is None
    loss.backward()
    (weight * 100).sum().backward()  # a training goes on with the same weight
    assert graph.nodes["w"].gradient == -18


def test_without_backward_there_are_values_alone() -> None:
    graph, _ = square_of_a_line(torch.tensor([1.0]), 3.0, 6.0)
    assert not any("∂" in text for text in texts(graph))


def test_of_a_tensor_with_two_users_the_sum_stands_beside_it() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    loss = x * x
    graph = lecture_graphs.Graph()
    graph.leaf("x", x, at=(0, 0))
    graph.operation("×", "l", loss, ("x", "x"), at=(1, 0))
    loss.backward()
    figure, axes = plt.subplots()
    graph.draw(axes, "")
    (gradient,) = (text for text in axes.texts if text.get_text() == "∂l/∂x = 6")
    assert gradient.xy == (0, 0)
    plt.close(figure)


def test_texts_of_a_picture_do_not_overlap() -> None:
    graph, loss = square_of_a_line(torch.tensor([-0.001234], requires_grad=True), 3.0, 6.0)
    loss.backward()
    figure, axes = plt.subplots(figsize=(12, 4))
    graph.draw(axes, "")
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [
        text.get_window_extent(renderer) for text in axes.texts if text.get_text() and not text.get_rotation() % 180
    ]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for number, a in enumerate(boxes) for b in boxes[:number])
    plt.close(figure)


def test_an_input_that_is_not_there() -> None:
    graph = lecture_graphs.Graph()
    graph.leaf("w", 1.0, at=(0, 0))
    with pytest.raises(ValueError, match="operation × of x: expected inputs among w"):
        graph.operation("×", "ŷ", torch.tensor(1.0), ("w", "x"), at=(1, 0))


def test_the_graphs_of_lecture_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["04_back_propagation.py", "--epochs", "2"])
    lecture = imported("04_back_propagation")
    gradients = {name: node.gradient for name, node in lecture.quadratic.nodes.items() if node.gradient is not None}
    dy = 2 * (4 + 2 + 1 - 3)  # at x = 2, y = 3, with weights 1
    assert gradients == {"w₁": 4 * dy, "w₂": 2 * dy, "b": dy, "p": dy, "q": dy, "r": dy, "ŷ": dy, "e": dy, "l": 1}
    assert {name for name in lecture.quadratic.nodes if name not in gradients} == {"x", "s", "y"}  # constants
    assert {"∂l/∂w₁ = 32", "w₁", "∂l/∂w₂ = 16", "∂l/∂b = 8", "ŷ = 7", "l = 16"} <= set(texts(lecture.quadratic))
    assert {"∂l/∂w = −18", "ŷ = 3", "l = 9"} <= set(texts(lecture.line))
