"""Recorded steps: what is in them, that they can be computed anew from their own numbers, and `minitorch trace`."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as torch
from minitorch import cli, course, nn, study
from minitorch.autograd.observer import observers
from minitorch.nn import functional as F
from minitorch.nn.hooks import everywhere
from minitorch.study.formulas import formula, formulas
from minitorch.study.trace.encoding import NotEncoded, decode, encode, operation
from minitorch.study.trace.file import Trace, load
from minitorch.study.trace.steps import StepRecorder
from minitorch.study.trace.values import Values, laid_out
from minitorch.utils.checkpoint import checkpoint

ROOT = Path(__file__).resolve().parent.parent
Block = Callable[[], Any]


def traced(block: Block) -> Trace:
    found: Trace = study.trace(block)
    return found


def only(entries: list[Any]) -> Any:
    (entry,) = entries
    return entry


def named(trace: Trace, name: str) -> Any:
    return only([entry for entry in trace.ops if entry["name"] == name])


# --- every lecture ----------------------------------------------------------------------------------------------------

WITHOUT_BACKWARD = ("02", "03")
"""These compute their gradients by hand, without tensors."""
ALL_LECTURES = """
import contextlib, io, json, sys
from minitorch import course, runner
from minitorch.study.trace.steps import StepRecorder
folder, suffix, ids = sys.argv[1], sys.argv[2], sys.argv[3:]
for lecture in [course.find(id) for id in ids]:
    recorder = StepRecorder(1)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            runner.program(str(lecture.path), around=recorder)
    except SystemExit:
        print(json.dumps({lecture.id: {"missing": said.getvalue()}}), flush=True)
        continue
    trace = recorder.trace(lecture.id)
    if lecture.id in ("04", "06", "10"):
        trace.save(f"{folder}/{lecture.id}{suffix}")
    replay = trace.replay()
    names = [leaf["name"] for leaf in trace.leaves if leaf["kind"] != "input"]
    found = {"equal": replay.equal, "differences": list(map(str, replay.differences)), "leaves": names,
             "skipped": [each.what for each in replay.skipped], "steps": len(trace.backward),
             "updates": sum("update" in event for event in trace.events)}
    print(json.dumps({lecture.id: found}), flush=True)
"""
IDS = [lecture.id for lecture in course.lectures() if lecture.id not in WITHOUT_BACKWARD]


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MINITORCH_DATA": ""}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def lectures(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, str]:
    """What the first step of every lecture replayed to, in one process; the folder of saved traces, their suffix."""
    folder = tmp_path_factory.mktemp("traces")
    suffix = ".html" if importlib.util.find_spec("igraph") is not None else ".json"
    done = python("-c", ALL_LECTURES, str(folder), suffix, *IDS, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found, folder, suffix


@pytest.mark.parametrize("id", IDS)
def test_the_first_step_of_every_lecture_is_replayed(lectures: tuple[dict[str, Any], Path, str], id: str) -> None:
    found = lectures[0][id]
    if "missing" in found:
        pytest.skip(found["missing"].strip())  # a library that the lecture needs
    assert found["differences"] == []
    # Lecture 4 shows what a second backward pass through a freed graph says.
    assert found["skipped"] == (["it did not end"] if id == "04" else [])
    assert found["equal"] > 2 * found["steps"] > 0
    assert None not in found["leaves"]


H = 1e-6


def local_derivatives(trace: Trace, step: Any, rng: np.random.Generator) -> list[tuple[str, float, float]]:
    """For each gradient of a step: its product with a direction, and the same by finite differences.

    Everything in double precision from the trace's own values. The directions are random ones; where the operation has
    a kink along these (two equal numbers in a window of max_pool), single elements along which it has none.
    """
    entry = trace.ops[step["node"]["op"]]
    op = operation(entry["op"])
    inputs = {each["name"]: np.array(trace.value(each["value"])) for each in entry["inputs"]}
    point = {name: each.astype(np.float64) if each.dtype.kind == "f" else each for name, each in inputs.items()}

    def product(**moved: Any) -> float:
        values = {**point, **moved}
        given = [
            values[name] if name in values else decode(entry["arguments"][name]["value"], {}) for name in op.parameters
        ]
        result = op.kernel(np, *given)
        pairs = zip(result if isinstance(result, tuple) else (result,), step["incoming"], strict=False)
        return float(sum((each * trace.value(g)).sum() for each, g in pairs if g is not None))

    def measured(name: str, direction: Any) -> float | None:
        """The derivative along a direction; None at a kink."""
        here, there, back = (product(**{name: point[name] + k * H * direction}) for k in (0, 1, -1))
        smooth = (there - here) / H == pytest.approx((here - back) / H, rel=1e-4, abs=1e-6)
        return (there - back) / (2 * H) if smooth else None

    found = []
    for gradient in step["outgoing"]:
        name = gradient["argument"]
        if name not in point:
            continue
        shape = point[name].shape
        elements = rng.choice(point[name].size, min(40, point[name].size), replace=False)
        single = [np.eye(1, point[name].size, k).reshape(shape) for k in elements]
        along = [rng.standard_normal(shape) for _ in range(3)]
        if any(measured(name, direction) is None for direction in along):
            along = [direction for direction in single if measured(name, direction) is not None]
            assert len(along) >= 10, f"{entry['name']}: {len(along)} of {len(single)} elements without a kink"
        raw = trace.value(gradient["raw"]).astype(np.float64)
        found += [
            (f"{entry['name']} by {name}", float((raw * direction).sum()), measured(name, direction) or 0.0)
            for direction in along
        ]
    return found


@pytest.mark.parametrize("id", ["04", "06", "10"])
def test_local_derivatives_agree_with_finite_differences(lectures: tuple[dict[str, Any], Path, str], id: str) -> None:
    if "missing" in lectures[0][id]:
        pytest.skip(lectures[0][id]["missing"].strip())
    trace = load(lectures[1] / f"{id}{lectures[2]}")
    rng = np.random.default_rng(0)
    checked = 0
    for step in trace.backward:
        if step["error"] is None:
            for name, exact, measured in local_derivatives(trace, step, rng):
                assert exact == pytest.approx(measured, rel=2e-4, abs=2e-5), name
                checked += 1
    assert checked >= 3 * len([step for step in trace.backward if step["error"] is None])


# --- replay -----------------------------------------------------------------------------------------------------------


class Square(torch.autograd.Function):
    """The square."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


def leaf(*shape: int, dtype: Any = torch.float32) -> Any:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def product_with_itself() -> None:
    x = leaf(70, 50)
    (x @ x.T).sum().backward()  # NumPy computes half of it only, as long as it is one memory


def strange_memory() -> None:
    x = leaf(20, 30, 40)
    y = x.permute(2, 0, 1)[:, 3:, ::2].sum(1)
    z = y.t() @ y
    (z * torch.randn(1).expand(z.shape)).mean().backward()


def broadcasting() -> None:
    ((leaf(3, 1) + leaf(4)) * leaf(())).mean().backward()


def dtypes() -> None:
    w = leaf(3)
    (leaf(3, dtype=torch.float64) * w).sum().backward()
    (w.half() * 2).sum().backward()


def in_place() -> None:
    w = leaf(4)
    x = w * 2
    x.add_(1)
    x.mul_(x)
    x[1] = 5.0
    x[2:].mul_(w[2:])
    x.exp_().sum().backward()


def views() -> None:
    w = leaf(4, 4)
    base = w * 1
    part, flat = base[1:3], base.view(16)
    part.mul_(3)
    part[0].add_(w[0])
    ((flat * flat).sum() + part.sum()).backward()


def views_without_grad() -> None:
    base = torch.zeros(4, 4)
    base[1].add_(3)
    base.t_()
    base * 2


def second_order() -> None:
    x = leaf(3)
    (g,) = torch.autograd.grad((x**3).sum() + x.relu().sum(), x, create_graph=True)
    (g * g).sum().backward()


def layers() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, groups=3),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(24, 2),
    )
    optimizer = torch.optim.Adam(net.parameters())
    F.cross_entropy(net(torch.randn(4, 3, 8, 8)), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()


def recurrent() -> None:
    net = nn.LSTM(5, 7, num_layers=2, bidirectional=True, dropout=0.3)
    net(torch.randn(6, 3, 5))[0].sum().backward()


def attention() -> None:
    nn.TransformerEncoderLayer(8, 2, 16)(torch.randn(5, 3, 8)).sum().backward()


def embeddings() -> None:
    bags, words = nn.EmbeddingBag(10, 4, mode="mean"), nn.Embedding(10, 4, padding_idx=0)
    places = torch.tensor([[1, 2, 0], [3, 3, 4]])
    (bags(places).sum() + words(places).sum()).backward()


def random_numbers() -> None:
    own = torch.Generator().manual_seed(3)
    torch.multinomial(torch.ones(5), 3, generator=own)
    torch.multinomial(torch.ones(5), 3)
    torch.bernoulli(torch.full((10,), 0.5))
    torch.empty(10).normal_()
    torch.poisson(torch.ones(4))
    torch.normal(torch.ones(3), 1.0)


def choices() -> None:
    x = leaf(4, 5)
    values, _ = x.max(1)
    ordered, _ = x.sort(0)
    picked = x[[0, 1], [1, 2]].sum() + x[x > 0].sum() + x.unbind(0)[1].norm()
    rest = torch.where(x > 0, x, 0.1 * x).mean() + torch.cat([x, x], 1).var() + F.pad(x, (1, 1)).cumsum(1).sum()
    (values.sum() + ordered[0].sum() + torch.einsum("ij,kj->ik", x, x).sum() + picked + rest).backward()


def matrices() -> None:
    a = leaf(4, 4)
    s = a @ a.t() + torch.eye(4)
    (torch.linalg.eigh(s)[0].sum() + torch.linalg.svd(a)[1].sum() + torch.linalg.det(s)).backward()


def twice() -> None:
    x = leaf(3)
    y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward()


def asked_for() -> None:
    x, w = leaf(3), leaf(3)
    h = x * w
    y = (h * h).sum()
    torch.autograd.grad(y, [x, h], retain_graph=True)
    y.backward(inputs=[w])


def closure() -> None:
    w = leaf(2)
    optimizer = torch.optim.LBFGS([w])

    def evaluate() -> Any:
        optimizer.zero_grad()
        loss = ((w - 3) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(evaluate)


def nothing_in_it() -> None:
    (torch.zeros(0, 3, requires_grad=True) * 2).sum().backward()
    torch.tensor([float("nan"), float("inf")]).exp()


def no_backward() -> None:
    torch.ones(3) + 1


EXACT = [
    product_with_itself, strange_memory, broadcasting, dtypes, in_place, views, views_without_grad, second_order,
    layers, recurrent, attention, embeddings, random_numbers, choices, matrices, twice, asked_for, closure,
    nothing_in_it, no_backward,
]  # fmt: skip


@pytest.mark.parametrize("block", EXACT, ids=lambda block: block.__name__)
def test_replay_gives_the_same_bits(block: Block, tmp_path: Path) -> None:
    torch.manual_seed(0)
    trace = traced(block)
    state = torch.get_rng_state()
    replay = trace.replay()
    assert replay.exact and not replay.skipped and replay.equal > 0, replay
    assert (torch.get_rng_state() == state).all()
    trace.save(tmp_path / "trace.json")
    assert load(tmp_path / "trace.json").replay() == replay


def a_function() -> None:
    Square.apply(leaf(3)).sum().backward()


def held_by_hooks() -> None:
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor.numpy(), torch.from_numpy):
        leaf(3).exp().sum().backward()


def changed_by_a_hook() -> None:
    x = leaf(3)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    (y * y).sum().backward()


def computed_again() -> None:
    layer = nn.Linear(4, 4)
    checkpoint(lambda x: F.relu(layer(x)), leaf(3, 4), use_reentrant=True).sum().backward()


def walked_again() -> None:
    x = leaf(6, 3, 5)
    (g,) = torch.autograd.grad(nn.GRU(5, 7)(x)[0].sum(), x, create_graph=True)
    g.pow(2).sum().backward()


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (a_function, "a Function of the script's own"),
        (held_by_hooks, "what it saved was held by a hook"),
        (changed_by_a_hook, "incoming 0: a hook changed it"),
        (computed_again, "a Function of the script's own"),
        (walked_again, "its rule was walked through step by step, which the operations of this pass show"),
    ],
)
def test_what_cannot_be_replayed_is_listed_and_never_counted(block: Block, reason: str) -> None:
    replay = traced(block).replay()
    assert replay.exact and {each.what for each in replay.skipped} == {reason}
    assert f"not replayed: {replay.skipped[0]}" in str(replay)


def test_replay_finds_a_number_that_was_changed() -> None:
    trace = traced(lambda: (leaf(3) * 2).sum().backward())
    value = trace.values[named(trace, "mul")["outputs"][0]["value"]]
    assert value.raw is not None
    value.raw = np.frombuffer(value.raw, np.float32).copy().__add__(np.float32(1)).tobytes()
    replay = trace.replay()
    assert not replay.exact
    assert [(each.kind, each.name) for each in replay.differences] == [("op", "mul"), ("op", "sum")]
    assert str(replay.differences[0]) == "op 0 (mul): result: up to 1 apart"


# --- what is recorded -------------------------------------------------------------------------------------------------


def test_a_shared_input_gets_the_sum_of_its_parts() -> None:
    with study.trace() as trace:
        x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * 1
        loss = (y * y + y).sum()
        loss.backward()
    step = only([step for step in trace.backward if step["node"] == {"op": 0}])
    (parts,) = step["parts"]
    assert len(parts) == 3
    assert sum(trace.value(part["value"]) for part in parts).tolist() == [3.0, 5.0, 7.0]
    assert trace.value(step["incoming"][0]).tolist() == [3.0, 5.0, 7.0]
    assert [part["argument"] for part in parts] == ["other", "input", "other"]
    assert trace.leaves[0]["name"] == "x"
    assert trace.values[named(trace, "sum")["outputs"][0]["value"]].name == "loss"


def test_values_are_as_they_were_and_copied_once() -> None:
    with study.trace() as trace:
        w = torch.tensor([2.0], requires_grad=True)
        x = torch.tensor([3.0])
        (w * x + w).sum().backward()
        w.data -= 0.5 * w.grad
        x[0] = 7.0
    mul, add = trace.ops[0], trace.ops[1]
    assert [each["value"] for each in mul["inputs"]][0] == add["inputs"][1]["value"] == trace.leaves[0]["value"]
    assert trace.value(mul["inputs"][1]["value"]).tolist() == [3.0]
    own = trace.leaves[0]
    assert [trace.value(own[key]).tolist() for key in ("value", "grad", "updated")] == [[2.0], [4.0], [0.0]]
    assert own["grad_before"] is None


def test_a_write_in_place_is_where_later_values_come_from() -> None:
    with study.trace() as trace:
        w = torch.ones(4, requires_grad=True)
        x = w * 2
        x.add_(1)
        x[1:3].mul_(w[1:3])
        (x * 1).sum().backward()
    add, put = named(trace, "add"), named(trace, "copy_slices")
    assert add["in_place"] == "add_" and put["in_place"] == "copy_slices"
    assert [each["from"]["op"] for each in put["inputs"]] == [add["id"], trace.ops[4]["id"]]
    assert trace.ops[4]["name"] == "mul" and trace.ops[4]["in_place"] == "mul_"
    last = [op for op in trace.ops if op["name"] == "mul"][-1]
    assert last["inputs"][0]["from"] == {"op": put["id"], "output": 0}
    step = only([step for step in trace.backward if step["node"] == {"op": put["id"]}])
    assert [each["argument"] for each in step["outgoing"]] == ["base", "values"]


def test_a_view_taken_without_a_graph_leads_to_its_base() -> None:
    trace = traced(views_without_grad)
    assert [op["name"] for op in trace.ops if op["name"] != "slice"] == ["add", "copy_slices", "t", "mul"]
    assert trace.ops[-1]["inputs"][0]["from"] == {"op": trace.ops[-2]["id"], "output": 0}


def test_a_functions_inside_is_marked() -> None:
    with study.trace() as trace:
        x = torch.ones(2, requires_grad=True)
        Square.apply(x).sum().backward()
    call = named(trace, "Square")
    assert (call["node"], call["op"], call["doc"]) == ("SquareBackward", None, "The square.")
    assert call["inputs"][0] == {"name": "x", "value": call["inputs"][0]["value"], "from": {"leaf": 0}}
    assert call["saved"] == [{"name": "saved_tensors[0]", "value": call["inputs"][0]["value"]}]
    assert call["rules"][0]["formula"] == "Square.backward(ctx, g)"
    inside = only([op for op in trace.ops if op["within"] == call["id"]])
    assert inside["name"] == "mul" and inside["node"] is None
    assert named(trace, "sum")["inputs"][0]["from"] == {"op": call["id"], "output": 0}
    assert [op["phase"] for op in trace.ops] == ["forward", "forward", "forward", "backward", "backward"]
    step = only([step for step in trace.backward if step["name"] == "SquareBackward"])
    assert step["freed"] == ["saved_tensors[0]"] and step["outgoing"][0]["argument"] == "x"


def test_with_create_graph_the_rules_own_operations_are_recorded() -> None:
    trace = traced(second_order)
    assert {op["phase"] for op in trace.ops} == {"forward", "backward"}
    assert [each["create_graph"] for each in trace.passes] == [True, False]
    asked = only(trace.captured)
    assert asked["node"] == {"leaf": 0} and len(asked["parts"]) == 2
    assert len([each for each in trace.leaves if each["requires_grad"]]) == 1


def test_gradients_that_were_asked_for() -> None:
    trace = traced(asked_for)
    assert [each["node"] for each in trace.captured] == [{"op": 0, "output": 0}, {"leaf": 0}, {"leaf": 1}]
    assert [each["leaf"] for each in trace.accumulations] == [1]


def test_what_is_freed_and_how_much() -> None:
    with study.trace() as trace:
        w = torch.ones(8, requires_grad=True)
        h = w * 2
        (h.exp() * h).sum().backward()
    freed = {step["name"] + str(step["node"]["op"]): (step["freed"], step["freed_bytes"]) for step in trace.backward}
    assert freed == {
        "SumBackward03": ([], 0),
        "MulBackward02": (["other", "input"], 32),  # h; the exponential is held by its own node still
        "ExpBackward01": (["out"], 32),
        "MulBackward00": (["other"], 0),
    }
    kept = traced(twice)
    assert [step["freed"] for step in kept.backward] == [[], [], [], ["out"]]


def test_accumulation_adds_to_what_was_there() -> None:
    trace = traced(twice)
    first, second = trace.accumulations
    assert first["before"] is None and second["before"] == first["after"]
    assert (trace.value(second["after"]) == trace.value(second["before"]) + trace.value(second["value"])).all()


def test_updates_by_hand_and_by_an_optimizer() -> None:
    with study.trace() as trace:
        w = torch.tensor(1.0, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.25)
        (w * w).backward()
        with torch.no_grad():
            w -= 0.25 * w.grad
        w.grad.zero_()
        (w * w).backward()
        optimizer.step()
        (w * w).backward()
        w.data = w.data - 0.25 * w.grad.data
    assert [op["phase"] for op in trace.ops] == [
        "forward",
        "update",
        "update",
        "update",
        *["forward"] * 2,
        *["update"] * 2,
    ]
    values = [float(trace.value(event["value"])) for event in trace.events if "update" in event]
    assert values == [0.5, 0.25, -0.125]
    assert float(trace.value(trace.leaves[0]["updated"])) == -0.125
    assert trace.ops[1]["inputs"][0]["from"] == {"leaf": 0, "grad": True}


def test_modules_are_entered_once_for_every_call() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

        def forward(self, x: Any) -> Any:
            h = self.body(x)
            return self.body(h) + 1

    net = Net()
    with study.trace() as trace:
        net(torch.ones(1, 2)).sum().backward()
    calls = [(each["path"], each["type"], each["parent"], each["call"]) for each in trace.modules]
    once = [("net.body", "Sequential", 0, 1), ("net.body.0", "Linear", 1, 1), ("net.body.1", "ReLU", 1, 1)]
    again = [("net.body", "Sequential", 0, 2), ("net.body.0", "Linear", 4, 2), ("net.body.1", "ReLU", 4, 2)]
    assert calls == [("net", "Net", None, 1), *once, *again]
    assert trace.modules[2]["extra"] == "in_features=2, out_features=2, bias=True"
    assert [op["module"] for op in trace.ops] == [2, 3, 5, 6, 0, None]
    assert [(each["name"], each["kind"]) for each in trace.leaves[1:]] == [
        ("net.body.0.weight", "parameter"),
        ("net.body.0.bias", "parameter"),
    ]
    assert [trace.values[op["outputs"][0]["value"]].name for op in trace.ops[:2]] == [None, "h"]


def test_leaves_are_named_wherever_the_script_keeps_them() -> None:
    weights = {"first": torch.ones(2, requires_grad=True)}
    listed = [torch.ones(2, requires_grad=True)]
    with study.trace() as trace:
        (weights["first"] * listed[0] * torch.ones(2)).sum().backward()
    assert [each["name"] for each in trace.leaves] == ["weights['first']", "listed[0]", None]
    assert [each["kind"] for each in trace.leaves] == ["leaf", "leaf", "input"]


def test_an_operation_names_its_line_and_its_rules() -> None:
    with study.trace() as trace:
        x = torch.ones(2, 3, requires_grad=True)
        x.sum(1, keepdim=True)
    op = only(trace.ops)
    source = trace.data["sources"][op["file"]]
    assert "x.sum(1, keepdim=True)" in source["text"].splitlines()[op["line"] - 1]
    assert op["function"] == test_an_operation_names_its_line_and_its_rules.__name__
    assert op["arguments"]["keepdim"] == {"value": True, "shown": "True"}
    assert (op["node"], op["view"], op["bytes"]) == ("SumBackward1", False, 8)
    assert op["doc"] == operation(op["op"]).__doc__.strip() or op["doc"]
    assert op["rules"][0]["argument"] == "input" and op["seconds"] > 0


def test_only_the_thread_that_traces_is_recorded() -> None:
    other = threading.Thread(target=lambda: (torch.ones(3, requires_grad=True) * 2).sum().backward())
    with study.trace() as trace:
        other.start()
        other.join()
        torch.ones(2) + 1
    assert [op["name"] for op in trace.ops] == ["add"] and not trace.backward


def test_nothing_is_left_behind() -> None:
    before = everywhere.at_call, dict(everywhere.forward), list(observers)
    layer = nn.Linear(2, 2)
    with study.trace() as trace:
        layer(torch.ones(1, 2)).sum().backward()
    assert (everywhere.at_call, dict(everywhere.forward), list(observers)) == before
    assert repr(trace) == "<Trace of trace: 2 operations, 2 backward steps, 3 leaves>"


def test_the_garbage_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError, match="stop"), study.trace():
        assert gc.get_threshold()[0] > before[0]
        raise RuntimeError("stop")
    assert gc.get_threshold() == before


def test_tensors_live_no_longer_than_untraced() -> None:
    with study.trace():
        import weakref

        x = torch.ones(3, requires_grad=True)
        y = weakref.ref(x * 2)
        gc.collect()
        assert y() is None


def test_a_trace_is_asked_for_after_its_block() -> None:
    with study.trace() as trace:
        with pytest.raises(RuntimeError, match="not made yet: ask it after the block"):
            _ = trace.ops


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_block_that_fails_keeps_what_came_before() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.Linear(9, 2))
    with pytest.raises(RuntimeError), study.trace() as trace:
        net(torch.ones(3, 4))
    failed = trace.ops[1]
    assert trace.error["op"] == 1 and trace.error["type"] == "RuntimeError"
    assert failed["error"] == f"RuntimeError: {trace.error['message']}" and "(3x8 and 9x2)" in failed["error"]
    assert trace.data["sources"][trace.error["file"]]["text"].splitlines()[trace.error["line"] - 1].strip() == (
        "net(torch.ones(3, 4))"
    )
    assert failed["module"] == 2 and trace.ops[0]["error"] is None
    assert {"forward": 1} not in trace.events
    assert "failed: RuntimeError" in repr(trace)


def test_a_backward_pass_that_fails_names_its_step() -> None:
    with pytest.raises(RuntimeError), study.trace() as trace:
        w = torch.ones(3, requires_grad=True)
        y = w.exp()
        z = (y * w).sum()
        y.add_(1)
        z.backward()
    assert (trace.error["backward"], trace.error["op"]) == (1, 1)
    assert "modified by an inplace operation" in trace.backward[1]["error"]
    assert trace.backward[0]["error"] is None


def test_what_failed_and_was_caught_does_not_spoil_the_rest() -> None:
    with study.trace() as trace:
        x = torch.ones(3, requires_grad=True)
        with pytest.raises(RuntimeError):
            x @ torch.ones(4)
        y = (x * x).sum()
        y.backward()
        with pytest.raises(RuntimeError):
            y.backward()
        (x * 3).sum().backward()
    assert [op["error"] is None for op in trace.ops] == [False, True, True, True, True]
    assert [op["phase"] for op in trace.ops] == ["forward"] * 5
    assert trace.error is None and trace.replay().exact


# --- formulas ---------------------------------------------------------------------------------------------------------


def operations() -> list[Any]:
    found = [each for each in gc.get_objects() if hasattr(type(each), "__code__") and hasattr(each, "kernel")]
    return [each for each in found if each.__module__.startswith("minitorch") and each.rules]


def test_every_rule_has_a_formula() -> None:
    found = operations()
    assert len(found) > 200
    for op in found:
        for each in formulas(op):
            assert each["formula"] and "<lambda>" not in each["formula"], (op.__name__, each)
            assert each["rule"] is not None or "lambda" not in each["formula"].split(":")[0]


def test_formulas_are_the_rules_own_text() -> None:
    by_name = {op.__name__: {each["argument"]: each for each in formulas(op)} for op in operations()}
    assert by_name["mul"]["input"] == {"argument": "input", "formula": "g * other", "rule": None, "doc": None}
    assert by_name["mul"]["other"]["formula"] == "g * input"
    assert by_name["_sub"]["other"]["formula"] == "-g if alpha == 1 else g * -alpha"  # two lambdas, one rule each
    assert by_name["clamp"]["input"]["rule"] == "_clamp_input"
    assert by_name["linear"]["bias"]["doc"] == "`_rows`: All but the last dimension as one."  # what it calls
    assert by_name["mse_loss"]["input"]["doc"].startswith("`each`: The gradient")  # which is of a private file
    assert by_name["renorm"]["input"]["formula"] == by_name["renorm"]["input"]["doc"]  # a function with a docstring


def test_a_rule_without_its_source_goes_by_its_name() -> None:
    names: dict[str, Any] = {}
    exec("def rule(xp, g):\n    return g", names)
    assert formula(names["rule"]) == "rule"


# --- values and arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(24.0).reshape(2, 3, 4)[:, ::2, 1:3],
        np.broadcast_to(np.arange(3.0), (4, 3)),
        np.arange(5.0)[::-1],
        np.zeros((0, 3)),
        np.float32(3.0),
        np.array([np.nan, 1.0]),
    ],
    ids=["transposed", "part", "expanded", "reversed", "empty", "number", "nan"],
)
def test_an_array_lies_as_it_lay(array: Any) -> None:
    values = Values()
    number = values.see(array)
    rebuilt = laid_out(values.kept, [number])[number]
    np.testing.assert_array_equal(rebuilt, array)
    if isinstance(array, np.ndarray):
        assert (rebuilt.strides == array.strides or not array.size) and values.see(array) == number


def test_what_shares_memory_shares_it_again() -> None:
    values = Values()
    base = np.arange(12.0)
    numbers = [values.see(base), values.see(base.reshape(3, 4).T), values.see(base[4:8])]
    arrays = laid_out(values.kept, numbers)
    arrays[numbers[0]][5] = -1
    assert arrays[numbers[1]][1, 1] == arrays[numbers[2]][1] == -1


def test_arguments_survive_as_json() -> None:
    from minitorch.ops.places import Places

    values = Values()
    given = [
        None, True, 3, -2.5, float("inf"), "mean", (1, [2, 3]), slice(1, None, 2), Ellipsis, np.dtype("int64"),
        torch.float32, np.float64(2.5), {"a": (1,)}, Places((0, np.arange(3)), True),
    ]  # fmt: skip
    codes = json.loads(json.dumps([encode(each, values.see) for each in given]))
    arrays = laid_out(values.kept, values.kept)
    back = [decode(code, arrays) for code in codes]
    assert back[:-1] == given[:-1] and [type(each) for each in back] == [type(each) for each in given]
    assert back[-1].once and back[-1].key[1].tolist() == [0, 1, 2]


def test_nothing_but_minitorchs_own_plain_classes_is_built() -> None:
    for code in (
        {"named": "os:system", "items": ["true"]},
        {"named": "minitorch.ops.random:Generator", "items": []},
        {"object": "minitorch.ops.rnn:nothing", "slots": {}},
        {"object": "subprocess:Popen", "slots": {}},
        {"unknown": "Thing"},
    ):
        with pytest.raises(NotEncoded):
            decode(code, {})
    with pytest.raises(NotEncoded, match="there is no operation os:system"):
        operation("os:system")


# --- files ------------------------------------------------------------------------------------------------------------


def test_large_values_are_left_out_of_the_file(tmp_path: Path) -> None:
    with study.trace() as trace:
        x = torch.randn(3, 40, 50, requires_grad=True)
        (x * 2.0).sum().backward()
    trace.save(tmp_path / "small.json", limit=1000)
    data = json.loads((tmp_path / "small.json").read_text())
    left_out = [each for each in data["values"] if each["data"] is None]
    assert left_out and all(each["bytes"] == 24000 for each in left_out)
    first = left_out[0]
    assert first["summary"]["zeros"] == 0 and first["summary"]["norm"] > 0
    assert first["sample"]["index"] == [0] and first["sample"]["shape"] == [40, 50]
    small = load(tmp_path / "small.json")
    replay = small.replay()
    assert replay.exact and {each.what for each in replay.skipped} == {"its values were left out of the file"}
    assert small.value(first["id"]) is None and small.value(None) is None
    small.save(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["values"][first["id"]] == first
    trace.save(tmp_path / "all.json", limit=None)
    assert not load(tmp_path / "all.json").replay().skipped


def test_summaries_are_of_what_is_finite(tmp_path: Path) -> None:
    with study.trace() as trace:
        torch.tensor([1.0, 3.0, 0.0, float("nan"), float("-inf")]) * 1
        torch.tensor([float("nan")]) * 1
        torch.zeros(0) * 1
    found = [trace.to_json()["values"][op["inputs"][0]["value"]]["summary"] for op in trace.ops]
    assert found[0] == {
        "min": 0.0, "max": 3.0, "mean": pytest.approx(4 / 3), "std": pytest.approx(1.247219), "norm": 10**0.5,
        "zeros": 1, "nan": 1, "inf": 1,
    }  # fmt: skip
    assert found[1]["min"] is None and found[1]["nan"] == 1 and found[2] is None


def test_the_page_holds_the_trace(tmp_path: Path) -> None:
    pytest.importorskip("igraph", reason="the page's layout needs igraph")
    with study.trace(title="</script> & more") as trace:
        (torch.ones(2, requires_grad=True) * 2).sum().backward()
    trace.save(tmp_path / "trace.html")
    page = load(tmp_path / "trace.html")
    assert page.title == "</script> & more" and page.replay() == trace.replay()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "is no trace: expected a file that Trace.save wrote"),
        ('{"format": "other"}', "is no trace"),
        ("[1, 2]", "is no trace"),
        ('{"format": "minitorch-trace", "version": 99}', "of version 99: this minitorch reads version 1"),
        ('{"format": "minitorch-trace", "version": 1}', "is damaged: KeyError"),
        (
            '{"format": "minitorch-trace", "version": 1, "values": '
            '[{"dtype": "O", "shape": [1], "name": null, "summary": null, "data": null}]}',
            "is damaged: ValueError: a value of dtype object",
        ),
    ],
)
def test_other_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "file.json")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = traced(no_backward)
    (tmp_path / "trace.json").write_text("before")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        trace.save(tmp_path / "trace.json")
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]
    assert (tmp_path / "trace.json").read_text() == "before"


# --- steps ------------------------------------------------------------------------------------------------------------


def stepped(script: Block, step: int = 1, whole: bool = False) -> StepRecorder:
    recorder = StepRecorder(step, whole)
    with recorder:
        script()
    return recorder


def with_optimizer() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(3):
        for scale in (1.0, 2.0):  # two backward passes, one update
            (w * scale).sum().backward()
        (w * 5).sum().item()
        optimizer.step()
        optimizer.zero_grad()


def by_hand() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    for _ in range(3):
        (w * 2.0).sum().backward()
        with torch.no_grad():
            w -= 0.5 * w.grad
        w.grad = None


def penalty() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    for _ in range(2):
        (g,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
        (g * g).sum().backward()
        w.data = w.data - 0.01 * w.grad


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_with_an_optimizer_ends_with_its_step(step: int) -> None:
    recorder = stepped(with_optimizer, step)
    trace = recorder.trace("it")
    assert recorder.outcome == f"traced step {step}, after which the script was ended (--whole lets it go on)"
    assert len(trace.passes) == 2 and [op["name"] for op in trace.ops][:4] == ["mul", "sum", "mul", "sum"]
    own = only([each for each in trace.leaves if each["requires_grad"]])
    assert own["name"] == "w" and trace.value(own["value"])[0] == pytest.approx(1 - 0.3 * (step - 1))
    assert trace.value(own["updated"])[0] == pytest.approx(1 - 0.3 * step)
    assert trace.replay().exact and trace.step == step


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_by_hand_ends_with_the_update(step: int) -> None:
    trace = stepped(by_hand, step).trace("it")
    assert [(op["name"], op["phase"]) for op in trace.ops] == [
        ("mul", "forward"), ("sum", "forward"), ("mul", "update"), ("sub", "update"),
    ]  # fmt: skip
    own = only([each for each in trace.leaves if each["requires_grad"]])
    assert (trace.value(own["value"])[0], trace.value(own["updated"])[0]) == (2.0 - step, 1.0 - step)


def test_a_step_may_build_on_what_was_made_before_the_last_one() -> None:
    def script() -> None:
        maker, judge = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        first, second = torch.optim.SGD([judge], lr=0.1), torch.optim.SGD([maker], lr=0.1)
        made = maker.exp()
        (judge * made.detach()).sum().backward()
        first.step()
        (judge * made).sum().backward()
        second.step()

    trace = stepped(script, 2).trace("it")
    assert [op["name"] for op in trace.ops] == ["exp", "mul", "sum"]
    assert len(trace.passes) == 1 and trace.replay().exact and not trace.replay().skipped
    judge, maker = sorted((each for each in trace.leaves if each["requires_grad"]), key=lambda each: each["name"])
    assert judge["updated"] is None and trace.value(judge["value"])[0] == pytest.approx(1 - 0.1 * np.e)
    assert judge["grad_before"] is not None and maker["grad_before"] is None and maker["updated"] is not None


def test_a_pass_that_makes_a_graph_does_not_end_a_step() -> None:
    recorder = stepped(penalty, 2)
    trace = recorder.trace("it")
    assert [each["create_graph"] for each in trace.passes] == [True, False]
    assert recorder.done == 2 and trace.replay().exact


def test_too_few_steps_are_counted() -> None:
    recorder = stepped(with_optimizer, 4)
    assert recorder.said == "the script made 3 steps: there is no step 4 to trace" and not recorder.worth_saving
    assert stepped(no_backward).said == "the script made no backward pass: there is no step 1 to trace"


def test_a_whole_script_runs_to_its_end() -> None:
    ended: list[bool] = []

    def script() -> None:
        with_optimizer()
        ended.append(True)

    recorder = stepped(script, whole=True)
    assert ended and recorder.outcome == "traced step 1"
    assert len(recorder.trace("it").passes) == 2


def test_what_did_not_lead_to_the_step_is_left_out() -> None:
    def script() -> None:
        data = torch.arange(4.0) / 4
        for _ in range(3000):  # more than is remembered
            data + 1
        w = torch.ones(4, requires_grad=True)
        (data + 2).sum()
        (w * data).sum().backward()

    recorder = stepped(script)
    trace = recorder.trace("it")
    assert [op["name"] for op in trace.ops] == ["div", "mul", "sum"]
    assert len(recorder.record.ops) < 2500 and trace.replay().exact


def test_batches_are_what_a_step_begins_with() -> None:
    class Data(torch.utils.data.Dataset[Any]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, k: int) -> Any:
            return torch.tensor([float(k)]) * 2

    def script() -> None:
        w = torch.ones(1, requires_grad=True)
        for batch in torch.utils.data.DataLoader(Data(), batch_size=4):
            (w * batch).sum().backward()

    trace = stepped(script).trace("it")
    assert [op["name"] for op in trace.ops] == ["mul", "sum"]
    assert [each["name"] for each in trace.leaves] == ["w", "batch"]


def test_a_failing_script_gives_what_there_was() -> None:
    def script() -> None:
        w = torch.ones(2, requires_grad=True)
        (w * torch.ones(3)).sum().backward()

    recorder = StepRecorder(1)
    with pytest.raises(RuntimeError), recorder:
        script()
    trace = recorder.trace("it")
    assert recorder.outcome == "traced step 1, up to where the script failed"
    assert trace.error["op"] == 0 and trace.ops[0]["error"].startswith("RuntimeError: The size of tensor")
    later = StepRecorder(2)
    with pytest.raises(RuntimeError), later:
        script()
    assert later.said == "the script failed in step 1: to trace that one, --step 1"


# --- cost -------------------------------------------------------------------------------------------------------------


def test_tracing_costs_a_few_times_the_step() -> None:
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

    def best(run: Block) -> float:
        times = []
        for _ in range(10):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
        return min(times)

    assert best(lambda: study.trace(step)) < 20 * best(step)


# --- the command line -------------------------------------------------------------------------------------------------

SCRIPT = """
import sys, torch
print(sys.argv[1:])
w = torch.tensor(1.0, requires_grad=True)
for k in range(3):
    loss = (w * 2.0 - 1.0) ** 2
    loss.backward()
    print("step", k)
    with torch.no_grad():
        w -= 0.1 * w.grad
    w.grad = None
"""


def minitorch_trace(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "minitorch", "trace", *arguments, cwd=folder)


def test_the_command_traces_a_step_and_ends_the_script(tmp_path: Path) -> None:
    (tmp_path / "descent.py").write_text(SCRIPT)
    done = minitorch_trace(tmp_path, "descent.py", "--step", "2", "-o", "two.json", "--", "a", "--step")
    assert (done.returncode, done.stdout) == (0, "['a', '--step']\nstep 0\nstep 1\n")
    ended = "traced step 2, after which the script was ended (--whole lets it go on): two.json"
    assert done.stderr == f"minitorch: {ended}\n"
    trace = load(tmp_path / "two.json")
    assert trace.title == "descent.py" and trace.step == 2 and trace.replay().equal > 10
    assert trace.data["sources"] == [{"path": "descent.py", "text": SCRIPT}]
    assert [op["line"] for op in trace.ops] == [6, 6, 6, 10, 10]


def test_the_command_says_how_many_steps_there_were(tmp_path: Path) -> None:
    (tmp_path / "descent.py").write_text(SCRIPT)
    done = minitorch_trace(tmp_path, "descent.py", "--step", "7", "-o", "seven.json")
    assert done.returncode == 2 and done.stdout.count("step") == 3
    assert done.stderr == "minitorch: error: the script made 3 steps: there is no step 7 to trace\n"
    assert not (tmp_path / "seven.json").exists()


def test_the_command_keeps_what_came_before_a_failure(tmp_path: Path) -> None:
    pytest.importorskip("igraph", reason="the page's layout needs igraph")
    (tmp_path / "broken.py").write_text("import torch\nx = torch.ones(2, requires_grad=True) * 2\nx @ torch.ones(3)\n")
    done = minitorch_trace(tmp_path, "broken.py")
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("RuntimeError: inconsistent tensor size")
    assert '  File "' in done.stderr and 'broken.py", line 3, in <module>' in done.stderr
    trace = load(tmp_path / "broken-trace.html")
    assert [op["name"] for op in trace.ops] == ["mul", "dot"] and trace.error["op"] == 1 and trace.error["line"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_script.py"], "no such script: no_script.py"),
        (["no-lecture-of-that-name"], "no script 'no-lecture-of-that-name', and no lecture"),
    ],
)
def test_a_script_that_is_not_there(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minitorch.runner.select", lambda engine: None)
    monkeypatch.setattr("minitorch.study.layout.grid", lambda count, edges: None)
    assert cli.main(["trace", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: SCRIPT"),
        (["x.py", "--step", "0"], "argument --step: expected a whole number above 0, got '0'"),
        (["x.py", "-o", "x.txt"], "expected a name that ends in .html or .json, got 'x.txt'"),
        (["x.py", "-o", "nowhere/x.html"], "expected a file in a directory that exists"),
        (["x.py", "--limit", "much"], "argument --limit: expected a whole number from 0"),
    ],
)
def test_bad_options_take_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(["trace", *arguments])
    lines = capsys.readouterr().err.splitlines()
    assert exit.value.code == 2 and len(lines) == 1 and message in lines[0]


def test_the_layouts_library_is_asked_for_before_the_script_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text("raise SystemExit(5)")
    monkeypatch.setitem(sys.modules, "igraph", None)
    assert cli.main(["trace", str(tmp_path / "script.py")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and "pip install 'minitorch[study]'" in lines[0]


# --- torch.func -------------------------------------------------------------------------------------------------------

PER_SAMPLE = """
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
jacobian = jacrev(lambda v: torch.tanh(v) * v)(x[0])
for step in range(2):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
print([tuple(each.shape) for each in gradients.values()], tuple(jacobian.shape))
"""


def test_a_script_with_per_sample_gradients_is_traced_and_runs_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(PER_SAMPLE)
    done = minitorch_trace(tmp_path, "script.py", "--whole", "-o", "trace.json")
    assert (done.returncode, done.stdout) == (0, "[(5, 4, 3), (5, 4), (5, 2, 4), (5, 2)] (3, 3)\n"), done.stderr
    trace = load(tmp_path / "trace.json")
    names = [op["name"] for op in trace.ops]
    assert names == [*"unsqueeze linear tanh linear unsqueeze cross_entropy tanh mul".split(), *names[8:]]
    assert names[8:] == ["linear", "tanh", "linear", "cross_entropy"] and not any(op["error"] for op in trace.ops)
    batched, plain = trace.ops[2]["outputs"][0]["value"], trace.ops[9]["outputs"][0]["value"]
    assert trace.values[batched].many and trace.value(batched) is None and trace.values[batched].shape == (1, 4)
    assert not trace.values[plain].many and trace.value(plain).shape == (5, 4)
    replay = trace.replay()
    assert replay.exact and replay.equal > 20, replay
    assert {each.id for each in replay.skipped if each.kind == "op"} == set(range(6)), replay
    reasons = {each.what for each in replay.skipped if each.kind == "op"}
    assert reasons == {"within vmap, where one tensor stands for a whole batch: its values were not kept"}


def test_a_training_through_vmap_leads_to_its_parameters() -> None:
    w, x = torch.ones(3, requires_grad=True), torch.arange(6.0).reshape(2, 3)

    def step() -> None:
        torch.func.vmap(lambda row: (row * w).tanh().sum())(x).mean().backward()

    trace = traced(step)
    assert [op["name"] for op in trace.ops] == ["mul", "tanh", "sum", "mean"]
    (leaf,) = [leaf for leaf in trace.leaves if leaf["name"] == "w"]
    assert named(trace, "mul")["inputs"][1]["from"] == {"leaf": leaf["id"]}
    np.testing.assert_array_equal(trace.value(leaf["grad"]), w.grad.numpy())
    names = [entry["name"] for entry in trace.backward]
    assert names == ["MeanBackward0", "UnbatchBackward0", "SumBackward0", "TanhBackward0", "MulBackward0", names[-1]]
    assert names[-1] == "ShareBackward0" and only(trace.accumulations)["leaf"] == leaf["id"]
    assert trace.replay().exact
    recorded = stepped(step, whole=True).trace("step")
    assert [op["name"] for op in recorded.ops] == ["mul", "tanh", "sum", "mean"]


def test_nested_and_written_batches_are_traced_too() -> None:
    def fill(row: Any) -> Any:
        out = torch.zeros_like(row)
        out[1:] = row[:-1]
        return out.mul_(2).relu().sum()

    x = torch.randn(4, 3)
    expected = torch.func.vmap(torch.func.hessian(fill))(x), torch.func.vmap(torch.func.vmap(torch.sin))(x)
    found: list[Any] = []
    trace = traced(
        lambda: found.extend(
            (torch.func.vmap(torch.func.hessian(fill))(x), torch.func.vmap(torch.func.vmap(torch.sin))(x))
        )
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert trace.replay().exact and "sin" in [op["name"] for op in trace.ops]


def test_an_error_within_vmap_is_the_scripts_own() -> None:
    with (
        pytest.raises(torch.errors.NotSupportedError, match="one tensor stands for a whole batch"),
        study.trace() as trace,
    ):
        torch.func.vmap(lambda row: row if row.sum() > 0 else -row)(torch.ones(2, 3))
    assert [op["name"] for op in trace.ops] == ["sum", "gt"]
    assert trace.error is not None and trace.error["type"] == "NotSupportedError"
