"""study.graph: the graph is torch's, its numbers are the tensors', and looking at it leaves it alone."""

from __future__ import annotations

import gc
import json
import re
import weakref
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import nn
from minitorch.study import Graph, graph, layout
from minitorch.study.graph import LIMIT
from tests import standin

# --- the graph is torch's ---------------------------------------------------------------------------------------------


def leaves(T: Any, *shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(0)
    return [T.tensor(rng.standard_normal(shape).astype(np.float32), requires_grad=True) for shape in shapes]


def line(T: Any) -> Any:
    (w,) = leaves(T, ())
    return (2.0 * w - 4.0) ** 2


def network(T: Any) -> Any:
    net = T.nn.Sequential(T.nn.Linear(3, 4), T.nn.ReLU(), T.nn.Linear(4, 2))
    return T.nn.functional.cross_entropy(net(T.ones(5, 3)), T.tensor([0, 1, 0, 1, 1]))


def convolution(T: Any) -> Any:
    (images,) = leaves(T, (2, 1, 8, 8))
    net = T.nn.Sequential(T.nn.Conv2d(1, 3, 3), T.nn.MaxPool2d(2), T.nn.Sigmoid(), T.nn.Flatten(), T.nn.Linear(27, 1))
    return T.nn.functional.mse_loss(net(images), T.ones(2, 1))


def linear_of_sequences(T: Any) -> Any:
    (x,) = leaves(T, (2, 3, 4))
    return T.nn.Linear(4, 2)(x).sum()


def linear_without_bias(T: Any) -> Any:
    (x,) = leaves(T, (2, 3, 4))
    return T.nn.Linear(4, 2, bias=False)(x).mean()


def shared(T: Any) -> Any:
    (w,) = leaves(T, (3,))
    hidden = w.exp()
    return (hidden * hidden + hidden.sin() * w).sum()


def residual(T: Any) -> Any:
    (x,) = leaves(T, (4,))
    for _ in range(3):
        x = x + (2 * x).relu()
    return x.mean()


def several_outputs(T: Any) -> Any:
    (x,) = leaves(T, (2, 6))
    first, second, third = x.tanh().split(2, 1)
    return (third * first + T.cat([second, first]).max(0)[0]).sum()


def unbound(T: Any) -> Any:
    (x,) = leaves(T, (3, 2))
    return T.stack(x.unbind(0)[1:]).sum()


def written_view(T: Any) -> Any:
    (x,) = leaves(T, (4,))
    y = x * 1
    y[1:3].mul_(2)
    y.add_(1)
    return y.sum()


def stale_view(T: Any) -> Any:
    (x,) = leaves(T, (4,))
    y = x * 1
    part = y.view(2, 2)[0]
    y.mul_(3)
    return part


def own_function(T: Any) -> Any:
    class Twice(T.autograd.Function):  # type: ignore[misc]  # the class of either engine
        @staticmethod
        def forward(ctx: Any, x: Any, factor: Any) -> Any:
            ctx.save_for_backward(x)
            return x * factor, x + 1

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return 2 * g + h, None

    (x,) = leaves(T, (3,))
    first, second = Twice.apply(x.exp(), 2)
    return (second - first).sum()


def leaf(T: Any) -> Any:
    return leaves(T, (2, 2))[0]


def of_two(T: Any) -> Any:
    a, b = leaves(T, (2,), (2,))
    return a * b, (a + 1).sigmoid()


BUILDERS = [
    line, network, convolution, linear_of_sequences, linear_without_bias, shared, residual, several_outputs, unbound,
    own_function, leaf, of_two,
]  # fmt: skip


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_the_graph_is_that_of_torchs_next_functions(build: Callable[[Any], Any]) -> None:
    shown, theirs = graph(build(minitorch)), build(torch)
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    known: dict[Any, int] = {}
    waiting: list[tuple[Any, int]] = []
    for root, tensor in zip(shown.roots, theirs, strict=True):
        node = torch.autograd.graph.get_gradient_edge(tensor)
        assert node.output_nr == root.output
        waiting.append((node.node, root.node))
    while waiting:
        node, own = waiting.pop()
        if node in known:
            assert known[node] == own
            continue
        known[node] = own
        assert shown.nodes[own].name == type(node).__name__
        assert len(shown.nodes[own].links) == len(node.next_functions)
        for link, (after, number) in zip(shown.nodes[own].links, node.next_functions, strict=True):
            assert (link is None) == (after is None)
            if link is not None:
                assert link.output == number
                waiting.append((after, link.node))
    assert sorted(known.values()) == list(range(len(shown)))


@pytest.mark.parametrize("build", [written_view, stale_view])
def test_graphs_of_views_that_were_written_to(build: Callable[[Any], Any]) -> None:
    """torch shows the steps within CopySlices otherwise: here the walk is minitorch's own."""
    root = build(minitorch)
    shown = graph(root)
    waiting = [(root.grad_fn, 0)]
    known = {}
    while waiting:
        node, own = waiting.pop()
        known[own] = shown.nodes[own].name
        assert known[own] == type(node).__name__
        waiting += [
            (after, link.node)
            for link, (after, _) in zip(shown.nodes[own].links, node.next_functions, strict=True)
            if link is not None
        ]
    assert len(known) == len(shown)
    assert ("CopySlices" in known.values()) == (build is written_view)


def test_graphs_of_gradients_and_of_recurrent_layers() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = minitorch.autograd.grad((x**3).sum(), x, create_graph=True)
    shown = graph(slope)
    assert shown.nodes[0].outputs[0].name == "slope"
    assert shown.nodes[0].outputs[0].value.array.tolist() == [3.0, 12.0]
    assert [node.outputs[0].name for node in shown.nodes if node.kind == "leaf"] == ["x"]
    lstm = nn.LSTM(2, 3, num_layers=2)
    out, (hidden, _) = lstm(minitorch.ones(4, 1, 2))
    shown = graph((out.sum(), hidden.sum()))
    names = {node.outputs[0].name for node in shown.nodes if node.kind == "leaf"}
    assert names == {f"lstm.{name}" for name, _ in lstm.named_parameters()}


# --- names and numbers ------------------------------------------------------------------------------------------------


def by_name(shown: Graph) -> dict[str, Any]:
    return {out.name: out for node in shown.nodes for out in node.outputs if out.name}


def test_values_and_gradients_are_the_tensors() -> None:
    w, b = minitorch.tensor([1.0, 2.0], requires_grad=True), minitorch.tensor(0.5, requires_grad=True)
    hidden = w * 3 + b
    hidden.retain_grad()
    loss = (hidden**2).sum()
    before = by_name(graph(loss))
    assert before["w"].grad is before["hidden"].grad is None
    loss.backward(retain_graph=True)
    shown = by_name(graph(loss))
    assert set(shown) == {"w", "b", "hidden", "loss"}
    for name, tensor in {"w": w, "b": b, "hidden": hidden, "loss": loss}.items():
        assert shown[name].value.array.tolist() == tensor.tolist()
        assert (shown[name].shape, shown[name].dtype) == (tuple(tensor.shape), "float32")
    for name, tensor in {"w": w, "b": b, "hidden": hidden}.items():
        assert shown[name].grad.array.tolist() == tensor.grad.tolist()
    assert shown["loss"].grad is None


def test_values_that_nothing_holds_are_not_shown() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    shown = graph(((x + 1) * 2 - 1).exp().sum())
    values = {node.name: node.outputs[0].value for node in shown.nodes}
    assert values["ExpBackward0"].array.tolist() == pytest.approx(np.exp([3.0, 5.0]).tolist())  # saved by exp itself
    assert values["SubBackward0"] is values["MulBackward0"] is values["AddBackward0"] is None
    assert {link.argument for node in shown.nodes for link in node.links if link} == {"input"}


def test_a_retained_gradient_is_found_without_a_variable() -> None:
    def hold(tensor: Any) -> Any:
        tensor.retain_grad()
        return tensor

    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    parts = (hold(x * 2), *[hold(part) for part in (x * 3).split(1)])
    loss = sum(part.sum() * k for k, part in enumerate(parts, 1))
    loss.backward()
    keep, parts = weakref.ref(parts[0]), (parts[0], [parts[1:]])  # the others deeper than names are looked for
    shown = graph(loss, {"x": x})
    grads = sorted(out.grad.array.tolist()[0] for node in shown.nodes for out in node.outputs if out.grad is not None)
    assert grads == [1.0, 2.0, 3.0, 8.0]
    assert keep() is parts[0]


def test_leaves_are_named_after_what_holds_them() -> None:
    net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    layer = net[1]  # what a loop leaves behind

    class Holder:
        def __init__(self) -> None:
            self.scale = minitorch.ones(1, requires_grad=True)

    holder, weights = Holder(), [minitorch.ones(1, requires_grad=True)]
    table = {"bias": minitorch.ones(1, requires_grad=True)}
    loss = layer(net[0](holder.scale * weights[0] + table["bias"])) * minitorch.ones(2, requires_grad=True)
    names = {str(node.outputs[0].name) for node in graph(loss).nodes if node.kind == "leaf"}
    assert names == {
        "net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias",
        "holder.scale", "weights[0]", "table['bias']", "None",
    }  # fmt: skip
    assert "leaf (2,)" in graph(loss).to_dot()
    for params in (net, net.named_parameters(), dict(net.named_parameters())):
        assert {"0.weight", "1.bias"} < set(by_name(graph(loss, params)))


def test_large_tensors_come_with_their_range() -> None:
    x = minitorch.arange(100.0, requires_grad=True)
    value = by_name(graph(x.sum()))["x"].value
    assert value.array is None
    assert (value.low, value.high, value.norm) == (0.0, 99.0, pytest.approx(float(np.linalg.norm(np.arange(100)))))
    assert by_name(graph(x.sum(), numbers=100))["x"].value.array.tolist() == list(range(100))


def test_what_is_not_finite_is_counted() -> None:
    x = minitorch.tensor([float("nan"), 1.0, float("inf"), -2.0] * 5, requires_grad=True)
    value = by_name(graph(x.sum()))["x"].value
    assert (value.low, value.high, value.nan, value.inf) == (-2.0, 1.0, 5, 5)
    shown = graph((x * float("nan")).exp())
    assert "5 nan, 5 inf" in str(shown) and ", value 20 nan" in str(shown)
    assert shown.to_svg() and json.loads(shown.to_json())["nodes"][0]["outputs"][0]["value"]["min"] is None


def test_a_leaf_written_to_after_its_use_says_so() -> None:
    w = minitorch.tensor([1.0], requires_grad=True)
    loss = (w * w).sum()
    assert not by_name(graph(loss))["w"].changed
    with minitorch.no_grad():
        w.add_(1)
    shown = graph(loss)
    assert by_name(shown)["w"].changed
    assert [saved.state for node in shown.nodes for saved in node.saved if saved.name in ("input", "other")][:2] == [
        "overwritten",
        "overwritten",
    ]
    hidden = w * 2
    loss = hidden.sum()
    hidden.detach().zero_()
    assert by_name(graph(loss))["hidden"].value is None  # what it holds is not what the graph was made with


# --- looking changes nothing ------------------------------------------------------------------------------------------


def test_what_was_freed_is_said_to_be() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x.exp() + 1).sum()
    assert not any(node.freed for node in graph(loss).nodes)
    loss.backward()
    shown = graph(loss)
    assert [node.name for node in shown.nodes if node.freed] == ["ExpBackward0"]
    assert "freed" in shown.to_dot() and "freed" in shown.to_svg() and "freed" in repr(shown)
    assert json.loads(shown.to_json())["nodes"][2]["saved"] == [
        {"name": "out", "value": None, "text": None, "state": "freed", "of": None}
    ]


def test_nothing_is_changed() -> None:
    x = minitorch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    y = x * x
    part = y.view(2, 2)[0]
    y.mul_(3)
    stale, saved, version = part._node, y.grad_fn.saved, x._version
    shown = graph(part)
    assert part._node is stale  # the view has not taken its node anew
    assert [node.name for node in shown.nodes] == [
        "SelectBackward0", "ViewBackward0", "MulBackward0", "MulBackward0", "AccumulateGrad",
    ]  # fmt: skip
    assert y.grad_fn.saved is saved and x._version == version and x.grad is None
    part.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0, 0.0, 0.0]


def test_hooks_on_saved_tensors_are_not_called() -> None:
    unpacked = []

    def unpack(tensor: Any) -> Any:
        unpacked.append(tensor)
        return tensor

    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    with minitorch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        y = own_function_of(x).exp()
    shown = graph(y)
    assert not unpacked
    assert {saved.state for node in shown.nodes for saved in node.saved} == {"held by a hook"}
    y.sum().backward()
    assert unpacked


def own_function_of(x: Any) -> Any:
    class Square(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0]

    return Square.apply(x)


def test_what_lies_on_a_gpu_is_brought_to_the_cpu() -> None:
    with standin.installed():
        w = minitorch.tensor([1.0, 2.0], device="cuda", requires_grad=True)
        loss = (w.exp() * minitorch.arange(100.0, device="cuda").view(50, 2)).sum()
        loss.backward(retain_graph=True)
        shown = graph(loss)
        known = by_name(shown)["w"]
        assert (known.value.array.tolist(), known.grad.array.shape) == ([1.0, 2.0], (2,))
        values = [out.value for node in shown.nodes for out in node.outputs] + [
            saved.value for node in shown.nodes for saved in node.saved
        ]
        assert {type(value.array) for value in values if value is not None} == {np.ndarray, type(None)}
        assert "value [1.0, 2.0]" in str(shown) and shown.to_svg() and json.loads(shown.to_json())


def test_a_function_shows_what_it_saved() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    node = graph(own_function_of(x)).nodes[0]
    assert (node.name, node.kind, node.links[0].argument) == ("SquareBackward", "function", "x")
    assert [(saved.name, saved.value.array.tolist()) for saved in node.saved] == [("saved_tensors[0]", [1.0, 2.0])]


def test_the_graph_is_not_kept_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        x = minitorch.ones(3, requires_grad=True)
        loss = (x.exp() * 2).sum()
        node, tensor = weakref.ref(loss.grad_fn), weakref.ref(loss)
        shown = graph(loss)
        pictures = shown.to_svg(), str(shown), shown.to_html()
        del loss
        assert node() is None and tensor() is None
        assert len(shown) == 4 and all("Exp" in each for each in pictures)
    finally:
        gc.enable()


def test_the_variables_of_the_caller_stay_as_they_are() -> None:
    x, k = minitorch.ones(3, requires_grad=True), 1
    own = locals()
    exec("hidden = 2", {}, own)
    assert by_name(graph(x.sum()))["x"].shape == (3,)
    assert own["x"] is x and own["k"] == k and own["hidden"] == 2


# --- large graphs -----------------------------------------------------------------------------------------------------


def chain(count: int) -> Any:
    x = minitorch.ones(2, requires_grad=True)
    for _ in range(count):
        x = x + 1
    return x.sum()


def test_a_chain_of_twenty_thousand() -> None:
    shown = graph(chain(20_000))
    content = json.loads(shown.to_json())
    assert len(content["nodes"]) == 20_002
    nodes, edges = read_dot(shown.to_dot())
    assert (len(nodes), len(edges)) == (20_002, 20_001)
    assert any("times more" in text for _, _, text, _ in texts(shown.to_svg()))
    assert repr(shown) == "<Graph of SumBackward0: 20,001 operations, 1 leaf>"


def test_a_picture_that_is_too_large_says_what_to_use() -> None:
    rng = np.random.default_rng(0)
    pool = [minitorch.ones(1, requires_grad=True)]
    functions = [minitorch.exp, minitorch.sin, minitorch.tanh, minitorch.sigmoid, minitorch.cos, minitorch.relu]
    for _ in range(2 * LIMIT):
        pool.append(functions[rng.integers(6)](pool[-1]) + pool[rng.integers(max(0, len(pool) - 9), len(pool))])
    shown = graph(pool[-1])
    assert 2 * LIMIT < len(shown)
    words = " ".join(text for _, _, text, _ in texts(shown.to_svg()))
    assert "Too large for a picture" in words and "graph.save('graph.dot')" in words


# --- the forms --------------------------------------------------------------------------------------------------------


def read_dot(text: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The labels of the nodes and the edges of what to_dot writes; fails for anything that Graphviz would not read."""
    string = r'"((?:[^"\\\n]|\\["\\n])*)"'
    head, *lines, end = text.splitlines()
    assert (head, end) == ("digraph minitorch {", "}")
    nodes, edges = {}, []
    for each in lines:
        if found := re.fullmatch(rf"  (n\d+) \[label={string}(?:, \w+=(?:\w+|{string}))*\];", each):
            nodes[found[1]] = found[2]
        elif found := re.fullmatch(rf"  (n\d+) -> (n\d+) \[label={string}\];", each):
            edges.append((found[1], found[2], found[3]))
        else:
            assert re.fullmatch(
                rf"  (rankdir=(TB|LR)|(node|edge) \[\w+=(\w+|{string})(, \w+=(\w+|{string}))*\]);", each
            )
    assert all(source in nodes and target in nodes for source, target, _ in edges)
    return nodes, edges


def test_dot() -> None:
    x = minitorch.tensor([1.0, -1.0], requires_grad=True)
    first, _ = x.split(1)
    loss = (first * 2).sum()
    shown = graph(loss)
    nodes, edges = read_dot(shown.to_dot())
    assert nodes["n0"] == "loss = SumBackward0\\n() float32\\nvalue 2.0"
    assert ("n2", "n1", "0: (1,)") in edges and ("n3", "n2", "(2,)") in edges
    assert "rankdir=TB" in shown.to_dot() and "rankdir=LR" in shown.to_dot("right")


NASTY = 'a "name" \\n with <b>&</b>\nand a line'


def test_names_of_any_characters_are_quoted() -> None:
    x = minitorch.tensor([1.0], requires_grad=True)
    shown = graph(x.sum(), {NASTY: x})
    nodes, _ = read_dot(shown.to_dot())
    assert nodes["n1"].startswith('a \\"name\\" \\\\n with <b>&</b>\\nand a line\\n(1,)')
    assert "<b>" not in shown.to_html() and "&lt;b&gt;" in shown.to_html()
    assert any("<b>" in text for _, _, text, _ in texts(shown.to_svg()))
    assert json.loads(shown.to_json())["nodes"][1]["outputs"][0]["name"] == NASTY


def test_json() -> None:
    w = minitorch.tensor([1.0, float("nan"), float("inf")], requires_grad=True)
    loss = (w * minitorch.arange(3.0)).sum()
    loss.backward()
    text = graph(loss).to_json(indent=1)
    assert "NaN" not in text and "Infinity" not in text
    content = json.loads(text)
    assert (content["format"], content["version"]) == ("minitorch-graph", 1)
    assert content["roots"] == [{"node": 0, "output": 0}]
    assert [(node["id"], node["name"], node["kind"]) for node in content["nodes"]] == [
        (0, "SumBackward0", "op"),
        (1, "MulBackward0", "op"),
        (2, "AccumulateGrad", "leaf"),
    ]
    leaf = content["nodes"][2]["outputs"][0]
    assert leaf["value"]["data"] == [1.0, "nan", "inf"] and leaf["grad"]["data"] == [0.0, 1.0, 2.0]
    assert content["nodes"][1]["inputs"] == [{"node": 2, "output": 0, "argument": "input", "shape": [3]}, None]
    assert set(content["nodes"][1]) == {
        "id", "name", "kind", "outputs", "saved", "freed", "inputs", "owner",
    }  # fmt: skip


SVG = "{http://www.w3.org/2000/svg}"


def transformer(T: Any) -> Any:
    layer = T.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return T.nn.TransformerEncoder(layer, 2)(T.ones(3, 2, 8)).sum()


PICTURES = [*(build for build in BUILDERS if build is not leaf), transformer, written_view]


def texts(picture: str) -> Iterator[tuple[tuple[float, float], tuple[float, float], str, str]]:
    """The spans across and down of each text of a picture, the text and its class."""
    for text in ET.fromstring(picture).iter(f"{SVG}text"):
        content = text.text or ""
        width, x = 7.3 * len(content), float(text.get("x", 0))
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[text.get("text-anchor", "start")]
        base = float(text.get("y", 0))
        yield (left, left + width), (base - 9, base + 3), content, text.get("class", "")


def apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] <= other[0] or other[1] <= one[0]


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("build", PICTURES, ids=lambda build: build.__name__)
def test_pictures_are_well_formed_and_their_texts_apart(build: Callable[[Any], Any], direction: str) -> None:
    loss = build(minitorch)
    each = loss if isinstance(loss, tuple) else (loss,)
    minitorch.autograd.backward(each, [minitorch.ones_like(one) for one in each], retain_graph=True)
    shown = graph(loss, direction=direction)
    picture = shown.to_svg()
    top = ET.fromstring(picture)
    assert top.find(f"{SVG}title").text and len(top.find(f"{SVG}desc").text) > 20 and top.get("role") == "img"
    placed = list(texts(picture))
    width, height = float(top.get("width")), float(top.get("height"))
    for k, (across, down, text, _) in enumerate(placed):
        assert 0 <= across[0] and across[1] <= width and 0 <= down[0] and down[1] <= height
        for other_across, other_down, other, _ in placed[:k]:
            assert apart(across, other_across) or apart(down, other_down), f"{text!r} lies over {other!r}"
    boxes = [box for box in top.iter(f"{SVG}rect") if box.get("class") != "ground"]
    assert len(boxes) == len(shown)
    for box in boxes:
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        for across, down, text, css in placed:
            if css in ("value", "grad"):
                assert apart(across, (x, x + wide)) or apart(down, (y, y + high)), f"{text!r} lies over a box"


def test_values_stand_before_gradients_beside_their_line() -> None:
    w = minitorch.tensor(3.0, requires_grad=True)
    (w * 2).backward(retain_graph=True)
    loss = w * 2
    for direction, axis in (("down", 0), ("right", 1)):
        placed = {text: spans for *spans, text, _ in texts(graph(loss, direction=direction).to_svg())}
        assert placed["3.0"][axis][1] < placed["2.0"][axis][0]


def test_html_shows_the_picture_and_the_text() -> None:
    shown = graph(network(minitorch))
    text = shown._repr_html_()
    assert text == shown.to_html() and "overflow:auto" in text
    assert "prefers-color-scheme:dark" in text and "<details>" in text and "#0 NllLossBackward0" in text
    assert shown._repr_svg_() == shown.to_svg()


def test_without_igraph_there_is_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise ImportError(layout.MISSING)

    monkeypatch.setattr(layout, "_igraph", missing)
    shown = graph(line(minitorch))
    assert shown._repr_svg_() is None
    assert "minitorch[study]" in shown.to_html() and "<details open>" in shown.to_html()
    with pytest.raises(ImportError, match="igraph"):
        shown.to_svg()


def test_save(tmp_path: Path) -> None:
    shown = graph(line(minitorch))
    for name, make in {
        "g.svg": shown.to_svg,
        "g.dot": shown.to_dot,
        "g.GV": shown.to_dot,
        "g.json": shown.to_json,
    }.items():
        shown.save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == make()
    shown.save(str(tmp_path / "g.html"))
    page = (tmp_path / "g.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and shown.to_html() in page
    with pytest.raises(ValueError, match=r"must end in \.svg, \.html, \.dot, \.gv, \.json"):
        shown.save(tmp_path / "g.png")


# --- what it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: minitorch.ones(2), RuntimeError, "the tensor does not require grad and does not have a grad_fn"),
        (lambda: (leaf(minitorch), minitorch.ones(2)), RuntimeError, "tensor 1 does not require grad"),
        (lambda: (), ValueError, "got none"),
        (lambda: 3.5, TypeError, "expected a minitorch Tensor, or several, but got float"),
        (lambda: None, TypeError, "got NoneType"),
        (lambda: torch.ones(2, requires_grad=True), TypeError, "got Tensor: this one is PyTorch's own"),
        (lambda: nn.Linear(1, 1), TypeError, "got Linear: call the module"),
    ],
)
def test_what_has_no_graph_is_refused(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        graph(make())


def test_a_view_taken_without_a_graph_is_refused() -> None:
    base = minitorch.ones(2, requires_grad=True) * 1
    with minitorch.no_grad():
        part = base[:1]
    assert part.requires_grad
    with pytest.raises(RuntimeError, match="a view that was taken under no_grad"):
        graph(part)


def test_wrong_arguments() -> None:
    x = leaf(minitorch)
    for params in (3, "w", [x], {"w": 1.0}, x):
        with pytest.raises(TypeError, match="params must be a Module, a dict of tensors"):
            graph(x, params)
    with pytest.raises(ValueError, match='direction must be "down" or "right", not "up"'.replace('"up"', "'up'")):
        graph(x, direction="up")
    for make in (graph(x).to_svg, graph(x).to_dot):
        with pytest.raises(ValueError, match="direction must be"):
            make("up")
