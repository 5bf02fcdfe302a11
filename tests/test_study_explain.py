"""study.explain: the graph as a tree of text, of any depth, within the terminal's width and characters."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import nn
from minitorch.study import Explanation, explain, graph
from minitorch.study.graph.wording import number


def told(loss: Any, width: int = 100, **options: Any) -> list[str]:
    return explain(loss, file=io.StringIO(), **options).text(width).splitlines()


def test_a_small_graph_whole(capsys: pytest.CaptureFixture[str]) -> None:
    w = minitorch.tensor([1.0, 2.0], requires_grad=True)
    b = minitorch.tensor(0.5, requires_grad=True)
    y = w * 3 * b
    y.backward(minitorch.tensor([1.0, 10.0]), retain_graph=True)
    explained = explain(y)
    wanted = """\
        y: 2 operations, 2 leaves
        In the formulas g is the gradient of the result, and out the result.

        #0 y = MulBackward0 (2,) float32, value [1.5, 3.0]
        │    mul: input * other.
        │    gradient of input: g * other
        │    gradient of other: g * input
        │    saved: other (of #1), input (of #2)
        ├─ other: #1 b, leaf () float32, value 0.5, grad 63.0
        │
        input: #2 MulBackward0 (2,) float32, value [3.0, 6.0]
        │    gradient of input: g * other
        │    saved: other 3
        └─ input: #3 w, leaf (2,) float32, value [1.0, 2.0], grad [1.5, 15.0]
        """
    assert explained.text(100) + "\n" == textwrap.dedent(wanted)
    assert capsys.readouterr().out.splitlines()[3].startswith("#0 y = MulBackward0")
    assert repr(explained) == "<Explanation of 4 nodes>"


def test_what_is_printed_is_what_str_gives(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    x = minitorch.ones(3, requires_grad=True)
    explained = explain(x.exp().sum())
    printed = capsys.readouterr().out
    assert printed == f"{explained}\n" == f"{graph(x.exp().sum())}\n"
    assert isinstance(explained, Explanation) and max(map(len, printed.splitlines())) <= 60


def test_shared_parts_are_printed_once() -> None:
    w = minitorch.tensor([2.0], requires_grad=True)
    hidden = w.exp()
    loss = (hidden.sin() * hidden + hidden * w).sum()
    lines = told(loss)
    assert sum("ExpBackward0 (" in line for line in lines) == 1
    where = next(re.search(r"#(\d+) hidden = ExpBackward0 \(", line) for line in lines if "ExpBackward0 (" in line)
    sees = [line for line in lines if f"see #{where[1]} hidden = ExpBackward0" in line]
    assert len(sees) == 2
    assert (
        sum("w, leaf" in line for line in lines) == 1 and sum("see #" in line and " w, " in line for line in lines) == 1
    )
    position = next(k for k, line in enumerate(lines) if "ExpBackward0 (" in line)
    for line in sees:
        assert line.endswith("above" if lines.index(line) > position else "below")


def test_every_node_is_numbered_once_and_in_order() -> None:
    rng = np.random.default_rng(1)
    pool = [minitorch.ones(1, requires_grad=True) for _ in range(4)]
    functions = [minitorch.exp, minitorch.sin, minitorch.tanh, minitorch.sigmoid, minitorch.cos]
    for _ in range(300):
        first, second = (pool[k] for k in rng.integers(max(0, len(pool) - 20), len(pool), 2))
        pool.append(functions[rng.integers(5)](first) * second)
    loss = minitorch.stack(pool).sum()
    lines = told(loss)
    numbers = [int(found[1]) for line in lines if (found := re.match(r"[│├└─ ]*(?:\S+: )?#(\d+) ", line))]
    assert numbers == list(range(len(graph(loss))))
    assert max(len(re.match("[│├└─ ]*", line)[0]) for line in lines) < 40


def test_the_gradients_formulas_and_the_steps_of_a_layer() -> None:
    net = nn.Linear(2, 2)
    text = "\n".join(told(nn.functional.cross_entropy(net(minitorch.ones(3, 2)), minitorch.tensor([0, 1, 1]))))
    assert "LogSoftmaxBackward0, a step of #0" in text
    assert "gradient of weight: _product(xp, _rows(xp, g).T, _rows(xp, input))" in text
    assert "net.weight, leaf (2, 2) float32" in text and "no grad yet" in text
    assert "gradient of input" in text.split("AddmmBackward0")[0]  # of cross_entropy; the linear layer's is not wanted
    assert "gradient of input" not in text.split("AddmmBackward0")[1]


def test_long_chains_are_folded() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x
    for _ in range(2000):
        y = y + 1
    lines = told(y.exp())
    assert "... 1,997 more AddBackward0 (#3 to #1999)" in lines  # the first has a name, the last comes from the leaf
    assert len(lines) < 30


def test_repeated_blocks_are_folded() -> None:
    h, W = minitorch.ones(3, requires_grad=True), minitorch.ones(3, 3, requires_grad=True)
    state = h
    for _ in range(50):
        state = minitorch.tanh(W @ state + 1)
    text = "\n".join(told(state.sum()))
    assert re.search(
        r"\.\.\. 4\d times more the 3 above: TanhBackward0, AddBackward0, MvBackward0 \(#\d+ to #\d+\)", text
    )
    assert text.count("MvBackward0 (3,)") <= 3


def test_layers_with_weights_of_their_own_are_not_folded() -> None:
    net = nn.Sequential(*[nn.Linear(2, 2) for _ in range(8)])
    text = "\n".join(told(net(minitorch.ones(1, 2)).sum()))
    assert "more" not in text
    for name, _ in net.named_parameters():
        assert f"net.{name}, leaf" in text


def test_five_thousand_deep_without_repetition() -> None:
    functions = [minitorch.exp, minitorch.sin, minitorch.tanh, minitorch.sigmoid, minitorch.cos]
    rng = np.random.default_rng(0)
    y = minitorch.ones(1, requires_grad=True)
    for k in rng.integers(5, size=5_000):
        y = functions[k](y)
    lines = told(y)
    assert len(lines) > 5_000 and max(map(len, lines)) <= 100


@pytest.mark.parametrize("width", [40, 60, 120])
def test_lines_keep_to_the_width(width: int) -> None:
    lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    out, _ = lstm(minitorch.ones(2, 1, 3))
    loss = (out.split(2, 2)[0] * minitorch.ones(2, 1, 2, requires_grad=True)).sum()
    loss.backward(retain_graph=True)
    assert max(map(len, told(loss, width))) <= width
    assert max(map(len, told(loss, 1))) <= 40


def test_plain_ascii_where_the_output_has_no_other() -> None:
    w = minitorch.tensor([1.0], requires_grad=True)
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    explain((w * 2 + w).sum(), {"größe": w}, file=plain)
    plain.seek(0)
    text = plain.read()
    assert "|- " in text and "`- " in text and "gr\\xf6\\xdfe" in text
    wide = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    explain((w * 2 + w).sum(), {"größe": w}, file=wide)
    wide.seek(0)
    assert "├─ " in (text := wide.read()) and "größe" in text


def test_outputs_freed_values_and_those_written_to() -> None:
    x = minitorch.tensor([[1.0, 2.0]], requires_grad=True)
    first, second = x.exp().split(1, 1)
    loss = (first * second).sum()
    text = "\n".join(told(loss))
    assert "input: output 0 of #2 first, second = SplitBackward0, 2 outputs" in text
    assert "other: see output 1 of #2 first, second = SplitBackward0, below" in text
    assert "output 1 second (1, 1) float32, value [[7.389]]" in text
    assert text.count("SplitBackward0, 2 outputs") == 1 and "saved: other (of #2), input (of #2)" in text
    loss.backward()
    with minitorch.no_grad():
        x.add_(1)
    text = "\n".join(told(loss))
    assert "what they saved was freed by a backward pass" in text
    assert "saved values: freed by a backward pass" in text
    assert "now [[2.0, 3.0]] (written to since it was used)" in text


def test_it_refuses_what_has_no_graph() -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        explain(minitorch.ones(2))
    with pytest.raises(TypeError, match="expected a minitorch Tensor"):
        explain([1.0])


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (2.0, "2.0"), (-0.5, "-0.5"), (1234.56, "1235"), (6660.0, "6660.0"), (30000.0, "30000.0"), (1e8, "1e+08"),
        (3, "3"), (True, "True"), (float("nan"), "nan"), (float("-inf"), "-inf"), (0.1234567, "0.1235"), (-0.0, "-0.0"),
    ],
)  # fmt: skip
def test_numbers(x: Any, text: str) -> None:
    assert number(x) == text


def test_in_a_script_that_imports_torch(tmp_path: Path) -> None:
    """minitorch goes by torch's name there, and study is no part of that."""
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\n"
        "from minitorch import study\n"
        "w = torch.ones(2, requires_grad=True)\n"
        "study.explain((w * 2).sum())\n"
        "print(study.graph(w * 2).nodes[-1].name)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "minitorch", "run", str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    assert "#2 w, leaf (2,) float32, value [1.0, 1.0], no grad yet" in ran.stdout
    assert ran.stdout.endswith("\nAccumulateGrad\n")


def test_a_graph_within_vmap_has_ranges_over_all_items() -> None:
    w, x = minitorch.ones(3, requires_grad=True), minitorch.arange(6.0).reshape(2, 3)
    said: list[str] = []

    def item(row: Any) -> Any:
        out = (row * w).exp()
        said.append(explain(out, file=io.StringIO()).text())
        return out.sum()

    total = minitorch.func.vmap(item)(x).sum()
    assert "#0 out = ExpBackward0 (3,) float32, value 1.0 to 148.4, norm" in said[0]
    assert "ShareBackward0 (3,) float32" in said[0] and "w, leaf (3,) float32, value [1.0, 1.0, 1.0]" in said[0]
    text = explain(total, file=io.StringIO()).text()
    assert "UnbatchBackward0 (2,) float32" in text and "value 1.0 to 148.4" in text
