"""`minitorch diff`: what two engines computed is aligned, compared, and the first difference named."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import cli, course, runner
from minitorch.study.diff import compare_engines
from minitorch.study.diff.comparison import Comparison
from minitorch.study.diff.gaps import Value, alike, gap, noise, uncertain
from minitorch.study.diff.match import by_name, match, outputs
from minitorch.study.diff.operations import common_name, plain_name
from minitorch.study.diff.run import Event, Run, Unit

# --- two values -------------------------------------------------------------------------------------------------------


def value(*numbers: Any, dtype: str = "float32") -> Value:
    return Value.of(np.array(numbers, dtype))


def test_the_gap_of_equal_values_is_none() -> None:
    assert gap(value(1, np.nan, np.inf), value(1, np.nan, np.inf), 1e-4, 0.0).agrees
    assert gap(Value.of(np.zeros((0, 3))), Value.of(np.zeros((0, 3))), 0.0, 0.0).agrees


def test_the_worst_element_is_the_one_furthest_outside_the_tolerance() -> None:
    a = np.ones((3, 4), np.float32)
    b = a.copy()
    b[1, 2], b[2, 0] = 1.5, 1.01
    found = gap(Value.of(a), Value.of(b), 1e-4, 0.0)
    assert (found.index, found.numbers, found.apart, found.size) == ([1, 2], (1.0, 1.5), 2, 12)
    assert found.absolute == 0.5
    assert found.relative == pytest.approx(1 / 3, rel=1e-6)


@pytest.mark.parametrize("other", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_on_one_engine_is_apart(other: float) -> None:
    found = gap(value(1, 2), value(1, other), 1e-2, 1e9 if other != other else 0.0)
    assert (found.index, found.apart) == ([1], 1)


def test_a_small_element_among_large_ones_may_be_off_by_their_rounding() -> None:
    assert gap(value(1000, 1e-5), value(1000, 2e-5), 1e-4, 0.0).agrees
    assert not gap(value(1e-5), value(2e-5), 1e-4, 0.0).agrees
    assert gap(value(1e-9), value(2e-9), 1e-4, noise(value(0), 1.0)).agrees


def test_integers_and_truth_values_must_be_the_same() -> None:
    assert value(1, dtype="int64").relative == 0 and not value(1, dtype="bool").is_float
    assert not gap(value(1000000, dtype="int64"), value(1000001, dtype="int64"), 0.0, 0.0).agrees


def test_tolerances_follow_the_dtype() -> None:
    tolerances = [value(1, dtype=dtype).relative for dtype in ("float64", "float32", "float16")]
    assert tolerances == sorted(tolerances)
    assert Value.of(np.float32(1)[None], "bfloat16").relative > tolerances[-1]


def test_of_a_large_value_every_so_many_elements_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minitorch.study.diff.gaps.LARGE", 10)
    array = np.arange(60.0).reshape(6, 10)
    other = array.copy()
    other[3, 6] += 1  # the 36th element, and every sixth is kept
    found = gap(Value.of(array), Value.of(other), 1e-8, 0.0)
    assert (Value.of(array).stride, found.index, found.size) == (6, [3, 6], 10)


def test_what_looks_alike() -> None:
    assert alike(value(1, 2), value(1.0001, 2)) and alike(value(np.nan), value(np.nan))
    assert not alike(value(1, 2), value(1, 3)) and not alike(value(1, 1), value(1))


def test_gradients_that_are_mostly_rounding_are_uncertain() -> None:
    assert uncertain(value(1, 1e-9, 0), value(1.000001, 2e-9, 0)).tolist() == [False, True, False]
    assert not uncertain(value(1), value(1, 2)).any()


# --- names and pairs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("__radd__", "add"),
        ("add_", "add"),
        ("__iadd__", "add"),
        ("_log_softmax", "log_softmax"),
        ("nll_loss_forward", "nll_loss"),
        ("mm", "matmul"),
        ("__rand__", "bitwise_and"),
        ("rand", "rand"),
        ("native_batch_norm", "batch_norm"),
        ("lift_fresh.default", "lift_fresh"),
    ],
)
def test_an_operation_has_one_name(name: str, common: str) -> None:
    assert common_name(name) == common


def op(
    name: str, *numbers: Any, number: int = 0, part: bool = False, inputs: Sequence[Any] = (), line: int = 1
) -> Event:
    array = numbers[0] if numbers and isinstance(numbers[0], Value) else value(*numbers)
    return Event("op", ("script.py", line, "f"), number, name, list(inputs), [array], part=part)


def names(pairs: Sequence[tuple[Event, Event]]) -> list[tuple[str, str]]:
    return [(one.name, two.name) for one, two in pairs]


def test_operations_of_one_name_belong_together_whatever_they_give() -> None:
    assert names(match([op("add", 1), op("relu", 2)], [op("__add__", 5), op("relu", 7)])) == [
        ("add", "__add__"),
        ("relu", "relu"),
    ]


def test_what_one_engine_alone_has_is_left_out() -> None:
    a = [op("log_softmax", -1, -2), op("nll_loss", 3.0)]
    assert names(match(a, [op("cross_entropy", 3.0)])) == [("nll_loss", "cross_entropy")]
    assert names(match([op("gelu", 1)], [op("relu", 2)])) == []


def test_a_part_of_an_operation_belongs_to_what_looks_like_it_alone() -> None:
    assert match([op("tanh", 1)], [op("tanh", 5, part=True)]) == []
    assert names(match([op("tanh", 1)], [op("tanh", 1, part=True)])) == [("tanh", "tanh")]


def test_an_operation_in_another_layout_is_found_by_its_value() -> None:
    inner, outer = Value.of(np.arange(6.0).reshape(2, 3)), Value.of(np.arange(6.0).reshape(2, 3).T)
    assert names(match([op("gru", inner), op("transpose", outer)], [op("gru", outer)])) == [("transpose", "gru")]


def test_long_lines_are_matched_piece_by_piece() -> None:
    a = [op("mul", k) for k in range(250)]
    b = [each for k in range(250) for each in ([op("other", -1.5), op("mul", k)] if k % 10 == 0 else [op("mul", k)])]
    pairs = match(a, b)
    assert len(pairs) == 250
    assert all(alike(one.outputs[0], two.outputs[0]) for one, two in pairs if one.outputs[0] and two.outputs[0])


def test_results_are_paired_by_shape_where_one_engine_has_more() -> None:
    one, two = op("max", 1.0), op("max", 1.0)
    one.outputs, two.outputs = [value(1, 2), value(1, 2, 3)], [value(7, 8, 9)]
    assert [len(x.array) for x, _ in outputs(one, two)] == [3]
    two.outputs = [value(1)]
    assert [(len(x.array), len(y.array)) for x, y in outputs(one, two)] == [(2, 1)]


def test_leaves_are_paired_by_name_those_without_by_order() -> None:
    a, b = [("w", value(1)), ("", value(2)), ("b", value(3))], [("b", value(3)), ("w", value(1)), ("", value(2))]
    assert [(name, x.array[0], y.array[0]) for name, x, y in by_name(a, b)] == [
        ("w", 1, 1),
        ("a leaf", 2, 2),
        ("b", 3, 3),
    ]


# --- lockstep, on runs that are written down --------------------------------------------------------------------------


class Told(Run):
    """A run without a process."""

    def __init__(self, engine: str, *units: Any, ended: str = "done", prints: Sequence[str] = ()) -> None:
        self.engine, self.label, self.ended, self._prints = engine, engine, ended, tuple(prints)
        self._units = deque(Unit(line and ("script.py", line), list(events)) for line, *events in units)

    def printed(self) -> course.Outcome:
        return course.Outcome(self.engine, 0, self._prints, 0.0)

    def last_words(self) -> str:
        return "its last words"


def compared(a: Sequence[Any], b: Sequence[Any], **options: Any) -> Comparison:
    ends, prints = options.get("ended", ("done", "done")), options.get("prints", ((), ()))
    comparison = Comparison("script.py", ("numpy", "torch"), options.get("rtol"), options.get("atol"))
    comparison.follow(
        Told("numpy", *a, ended=ends[0], prints=prints[0]), Told("torch", *b, ended=ends[1], prints=prints[1])
    )
    return comparison


def test_runs_that_agree_say_how_much_was_compared() -> None:
    a = [(1, op("add", 1.0, number=1)), (2,), (None,), (3, op("mul", 2.0, number=2))]
    b = [(1, op("add", 1.0, number=1)), (2,), (None,), (3, op("mul", 2.000001, number=2))]
    found = compared(a, b)
    assert found.same and found.operations == 2
    assert "numpy and torch agree" in str(found)
    assert "2 operations" in str(found)
    assert "largest difference: 4.8e-07, mul at script.py:1: 2 and 2.00000095" in str(found)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (op("add", 1.5, number=1), "value"),
        (op("add", 1.0, 1.0, number=1), "shape"),
        (op("add", value(1.0, dtype="float64"), number=1), "dtype"),
        (op("relu", 3.0, number=1), "value"),
    ],
)
def test_the_first_operation_that_differs_is_named(other: Event, what: str) -> None:
    first = (4, op("exp", 2.0, number=7))
    found = compared([first, (5, op("add", 1.0, number=1))], [first, (5, other)])
    assert found.difference is not None
    assert found.difference.what == what
    assert "right before it: exp at script.py:1 is the same" in str(found)


def test_an_operation_more_at_the_end_of_a_line_is_not_left_out() -> None:
    found = compared([(5, op("relu", 2.0, number=1))], [(5, op("relu", 2.0, number=1), op("mul", 2.002, number=2))])
    assert found.difference is not None
    assert "the line's last value (relu or mul)" in found.difference.title


def test_an_input_that_differs_is_named_with_the_seeds_that_are_missing() -> None:
    a, b = (op("linear", out, number=2, inputs=[("x", value(x), 1)]) for out, x in ((1.0, 3.0), (2.0, 4.0)))
    a.unseeded = ("numpy.random.seed",)
    found = compared([(5, a)], [(5, b)])
    assert found.difference is not None
    assert found.difference.title == "x of linear at [0]: 3 on numpy, 4 on torch"
    assert "the script does not call numpy.random.seed" in str(found)


def test_random_numbers_are_named_as_the_cause() -> None:
    a, b = op("randn", 1.0, number=1), op("randn", 2.0, number=1)
    b.unseeded = ("torch.manual_seed",)
    assert "different random numbers from here: the script does not call torch.manual_seed" in str(
        compared([(5, a)], [(5, b)])
    )


def test_a_jump_is_told_from_growth() -> None:
    def steps(last: float) -> list[Any]:
        small = [(k, op("mul", 1.0 + 2.5**k * 1e-6 if last else 1.0, number=k)) for k in range(1, 6)]
        return [*small, (9, op("add", 1.0 + last, number=9))]

    assert "it grew, as rounding does" in str(compared(steps(0.0), steps(4e-4)))
    assert "a jump: the largest difference before it was 9.8e-05" in str(compared(steps(0.0), steps(4e-1)))


def test_a_comparison_that_falls_differently_on_rounding_is_a_note() -> None:
    def run(number: float, flag: bool) -> list[Any]:
        flagged = value(flag, dtype="bool")
        return [(1, op("mul", number, number=1)), (2, op("gt", flagged, number=2, inputs=[(1, 0)]))]

    found = compared(run(1.0, True), run(1.000001, False))
    assert found.same
    assert "gt at script.py:1 falls differently, on differences of rounding" in str(found)
    assert not compared(run(1.0, True), run(1.0, False)).same


def test_noise_around_zero_is_rounding_and_stays_it() -> None:
    def run(noisy: float) -> list[Any]:
        big = op("mul", 1000.0, number=1)
        return [
            (1, big),
            (2, op("sub", noisy, number=2, inputs=[(1, 0), (1, 0)])),
            (3, op("abs", abs(noisy), number=3, inputs=[(2, 0)])),
        ]

    assert compared(run(0.0), run(1e-3)).same
    assert not compared(run(0.0), run(1.0)).same


def gradient(number: int, x: float) -> Event:
    return Event("gradient", number=number, outputs=[value(x)])


def backward(*events: Event, leaves: Sequence[Any] = ()) -> tuple[Any, ...]:
    place = ("script.py", 9, "f")
    return (9, Event("backward", place), *events, Event("leaves", place, named=list(leaves)))


def test_gradients_belong_to_the_operations() -> None:
    a = [(1, op("add", 1.0, number=1)), (2, op("mul", 2.0, number=2)), backward(gradient(2, 1.0), gradient(1, 3.0))]
    b = [(1, op("add", 1.0, number=4)), (2, op("mul", 2.0, number=6)), backward(gradient(6, 1.0), gradient(4, 3.003))]
    found = compared(a, b)
    assert found.difference is not None and found.difference.what == "gradient"
    assert found.difference.title == "the gradient of add's result at [0]: 3 on numpy, 3.00300002 on torch"
    assert "right before it: the gradient of mul's result at script.py:1 is the same" in str(found)


def test_gradients_of_leaves_are_compared() -> None:
    found = compared([backward(leaves=[("w", value(1))])], [backward(leaves=[("w", value(1.01))])])
    assert found.difference is not None and "the gradient of w at [0]" in found.difference.title
    found = compared([backward(leaves=[("w", value(1))])], [backward(leaves=[])])
    assert found.difference is not None and found.difference.details[:2] == ["numpy: w", "torch: none"]


def test_a_leaf_may_go_by_another_name_if_its_gradient_is_the_same() -> None:
    for number, same in ((2.0, True), (3.0, False)):
        ours, theirs = [("embed.weight", value(1.0, 2.0))], [("last.weight", value(1.0, number))]
        assert compared([backward(leaves=ours)], [backward(leaves=theirs)]).same == same


def test_parameters_are_compared_where_their_gradients_say_something() -> None:
    def run(after: float, noisy: float, w: float) -> list[Any]:
        named = [("b", value(noisy)), ("w", value(1.0))]
        step = Event("step", ("script.py", 10, "f"), named=[("b", value(after), 5), ("w", value(w), 6)])
        return [backward(leaves=named), (10, step)]

    found = compared(run(0.1, 1e-9, 1.0), run(-0.1, -1e-9, 1.0))
    assert found.same
    assert "1 parameter after a step differ only where the gradient is nothing but rounding" in str(found)
    found = compared(run(0.1, 1e-9, 1.0), run(0.1, 1e-9, 1.1))
    assert found.difference is not None and "w after the step at [0]: 1 on numpy" in found.difference.title


def test_other_lines_are_a_difference_where_something_is_computed() -> None:
    a = [(1, op("exp", 1.0, number=1)), (2,), (3, op("add", 1.0, number=2)), (7,)]
    b = [(1, op("exp", 1.0, number=1)), (2,), (5, op("mul", 1.0, number=2)), (7,)]
    found = compared(a, b)
    assert found.difference is not None
    assert found.difference.title == "other lines are run: line 3 on numpy, line 5 on torch"
    assert found.difference.details[0].startswith("after script.py:2")
    assert compared([*a[:2], (8,), (9,), *a[2:]], [*a[:2], *a[2:]]).same


def test_a_run_that_ends_before_the_other_is_a_difference() -> None:
    found = compared([(1,), (2, op("add", 1.0, number=1))], [(1,)], ended=["done", "exit 3"])
    assert found.difference is not None
    assert "torch ends: exit 3 its last words" in found.difference.details
    found = compared([(1,)], [(1,)], ended=["no answer, exit code -9", "done"])
    assert found.difference is not None and "numpy ends with no answer, exit code -9" in found.difference.title


def test_an_error_on_one_engine_is_named_with_what_the_other_did() -> None:
    failed = Event("failed", ("script.py", 1, "f"), name="RuntimeError: no", named=["matmul"])
    a, b = [(1, failed)], [(1, op("matmul", 1.0, number=1)), (2,)]
    found = compared(a, b)
    assert found.difference is not None
    assert found.difference.title == "numpy alone raises an error"
    assert "numpy raises in matmul at script.py:1: RuntimeError: no" in found.difference.details
    assert "torch goes on: matmul gives float32 [1]" in found.difference.details
    assert compared(a, a).failure == "RuntimeError: no at script.py:1"
    other = Event("failed", ("script.py", 1, "f"), name="ValueError: no", named=[None])
    assert "different errors" in str(compared(a, [(1, other)]))


def test_printed_lines_are_compared_at_the_end() -> None:
    assert compared([(1,)], [(1,)], prints=[("loss 1.00001",), ("loss 1.0",)]).same
    found = compared([(1,)], [(1,)], prints=[("loss 1.5",), ("loss 1.0",)])
    assert found.difference is not None
    assert found.difference.title == "numpy prints something else: line 1: 1.5, torch 1.0 in 'loss 1.5'"


def test_tolerances_can_be_given() -> None:
    a, b = [(1, op("add", 1.0, number=1))], [(1, op("add", 1.01, number=1))]
    assert compared(a, b, rtol=0.1).same and compared(a, b, atol=0.1).same
    assert not compared(a, b).same
    assert not compared(a, [(1, op("add", 1.0000001, number=1))], rtol=0.0, atol=0.0).same


# --- whole runs -------------------------------------------------------------------------------------------------------


def script(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return path


FIRST = """
import pathlib
try:
    pathlib.Path(__file__).with_name("taken").mkdir()
    first = True  # this is the engine that runs first
except FileExistsError:
    first = False
"""


def test_a_training_is_the_same_on_torch(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import torch
        import torch.nn.functional as F
        from torch import nn

        torch.manual_seed(0)

        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * 2

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(3, 4, batch_first=True)
                self.norm = nn.BatchNorm1d(4)
                self.last = nn.Linear(4, 2)

            def forward(self, x):
                x = F.dropout(self.lstm(x)[0][:, -1], 0.2)
                return self.last(Double.apply(self.norm(F.relu(x))))

        net = Net().to("cpu")
        nn.Embedding(5, 4, padding_idx=0)  # writes to a view, under no_grad
        x, y = torch.randn(6, 5, 3), torch.randint(0, 2, (6,))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for step in range(9):
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            print(f"{step} {loss.item():.4f}")
        """,
    )
    found = compare_engines(path, steps=2)
    assert found.same, str(found)
    assert (found.parameters, found.leaves) == (16, 16)  # of two steps
    assert (
        found.operations > 20 and found.gradients > 12 and found.lines == 1
    )  # the second step is not printed any more
    assert found.largest is not None and 0 < found.largest[0].relative < 1e-4


def test_what_the_engines_do_in_other_ways_is_no_difference(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import torch
        import torch.nn.functional as F
        from torch import nn

        torch.manual_seed(0)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(7, 4)
                self.gru = nn.GRU(4, 4, num_layers=2)
                self.last = nn.Linear(4, 7)
                self.last.weight = self.embed.weight  # tied: one engine knows it by the other name

            def forward(self, x, hidden):
                out, hidden = self.gru(self.embed(x), hidden)  # of two results, numbered in other ways
                pooled = F.max_pool1d(out.permute(1, 2, 0), 2).amax(2)  # places by window here, in the image there
                return self.last(pooled), hidden

        net = Net()
        x, y = torch.randint(0, 7, (4, 5)), torch.randint(0, 7, (5,))
        hidden = torch.zeros(2, 5, 4)
        for step in range(3):
            mask = x > 3
            x[mask] = 0  # an operation there, a plain write here
            out, hidden = net(x, hidden.detach())
            loss = F.cross_entropy(out, y) + hidden.mean()
            net.zero_grad()
            loss.backward()
            for p in net.parameters():
                p.data.add_(p.grad, alpha=-0.1)
        """,
    )
    found = compare_engines(path, steps=2)
    assert found.same, str(found)
    assert found.leaves == 2 * 10 and found.gradients > 8


def test_a_backward_that_is_off_on_one_engine_is_found(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import torch

        class Scale(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 3

            @staticmethod
            def backward(ctx, g):
                return g * factor

        factor = 3 * 1.001 if hasattr(torch, "compiled_with_cxx11_abi") else 3
        w = torch.linspace(1, 2, 6).reshape(2, 3).requires_grad_()
        y = Scale.apply(w.exp())
        y.sum().backward()
        """,
    )
    found = compare_engines(path)
    assert found.difference is not None
    text = str(found)
    assert "part ways in step 1: mul at" in text
    assert "script.py:11, in backward: return g * factor" in text
    assert "mul at [0, 0]: 3 on numpy, 3.00300002 on torch" in text
    assert "what goes into it is the same" in text and "a jump" in text
    assert "the gradient of Scale's result at script.py:15 is the same" in text


def test_unseeded_numbers_are_named(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import numpy, torch
        torch.manual_seed(0)
        x = torch.from_numpy(numpy.random.rand(3))
        print(x * 2)
        """,
    )
    found = compare_engines(path, ("numpy", "numpy"))
    assert found.difference is not None and found.difference.place is not None
    assert found.difference.place[1] == 4
    assert "numpy.random.seed" in str(found)


def test_an_error_and_other_lines_in_real_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(
        tmp_path,
        FIRST
        + """
import torch, sys
x = torch.ones(2, 3)
if sys.argv[1] == "fail":
    x @ (x if first else x.t())
elif first:
    y = x + 1
else:
    y = x * 2
""",
    )
    assert cli.main(["diff", str(path), "--engines", "numpy,numpy", "--", "fail"]) == 1
    said = capsys.readouterr().out
    assert "the first numpy alone raises an error" in said
    assert "the first numpy raises in mm at script.py:12: RuntimeError" in said
    assert "the second numpy goes on: mm gives float32 [2, 2]" in said
    (tmp_path / "taken").rmdir()
    assert cli.main(["diff", str(path), "--engines", "numpy,numpy", "--", "lines"]) == 1
    assert "other lines are run: line 14 on the first numpy, line 16 on the second numpy" in capsys.readouterr().out


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["no_such_script.py"], "no such script: no_such_script.py"),
        (["-"], "standard input can be read once, and each engine needs the script: give its file"),
        (["nothing-like-it"], "no script 'nothing-like-it', and no lecture 'nothing-like-it'"),
        (["05", "--engines", "numpy,jax"], "no engine 'jax': choose two of numpy, cupy, torch"),
        (["05", "--engines", "numpy"], "two engines are compared, got numpy: --engines numpy,torch"),
    ],
)
def test_what_cannot_start_takes_one_line(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", *args]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"minitorch: error: {message}") and said.err.count("\n") == 1 and not said.out


@pytest.mark.parametrize("args", [["--steps", "-1"], ["--rtol", "much"], ["--atol", "-1"], ["--rtol", "inf"]])
def test_options_must_be_numbers(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["diff", "05", *args])
    assert capsys.readouterr().err.count("\n") == 1


def test_an_engine_that_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "unavailable", lambda engine: f"engine {engine}: pip install {engine}")
    assert cli.main(["diff", "05"]) == 2
    assert capsys.readouterr().err == "minitorch: error: engine numpy: pip install numpy\n"


def test_plain_names_keep_what_tells_operations_apart() -> None:
    assert [plain_name(each) for each in ("add_", "_log_softmax", "max_pool2d")] == ["add", "log_softmax", "max_pool2d"]


def test_what_vmap_gives_is_compared(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import torch
        from torch import nn
        from torch.func import functional_call, grad, jacrev, vmap

        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        x, y = torch.randn(5, 3), torch.tensor([0, 1, 0, 1, 1])
        weights = {name: each.detach() for name, each in model.named_parameters()}

        def loss_of(weights, x, y):
            return nn.functional.cross_entropy(functional_call(model, weights, (x.unsqueeze(0),)), y.unsqueeze(0))

        gradients = vmap(grad(loss_of), in_dims=(None, 0, 0))(weights, x, y)
        norms = {name: each.flatten(1).norm(dim=1) for name, each in gradients.items()}
        jacobian = jacrev(lambda v: torch.tanh(v) * v)(x[0]) * 2
        for step in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(vmap(model)(x), y).backward()
            optimizer.step()
            print(f"{step} {sum(map(torch.sum, norms.values())).item():.3f}")
        """,
    )
    found = compare_engines(path, steps=2)
    assert found.same, str(found)
    assert (found.parameters, found.leaves) == (8, 8) and found.operations > 10  # of two steps: others do not count
