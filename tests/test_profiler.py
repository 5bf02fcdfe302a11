"""torch.profiler: what is recorded, how it is summed up and shown, and when. No test asks how long a thing takes."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.autograd.profiler_util

import minitorch
import minitorch.profiler._events
from minitorch.autograd.observer import observers
from minitorch.errors import NotSupportedError
from minitorch.optim.optimizer import Optimizer
from minitorch.profiler._names import name_of
from minitorch.profiler._recorder import EVALUATE, recorders
from minitorch.profiler._table import format_memory, format_time
from minitorch.utils.data.dataloader import _InThisProcess
from tests import standin

BOTH = [minitorch, torch]
CLEARS = "ignore:.*Profiler clears events at the end of each cycle"
EVENTS = {minitorch: minitorch.profiler._events, torch: torch.autograd.profiler_util}


def both(function: Any) -> Any:
    """What a function of the engine gives, on both: minitorch's first."""
    return [function(engine) for engine in BOTH]


def training(engine: Any, **options: Any) -> Any:
    """The profile of a training step."""
    engine.manual_seed(0)
    nn = engine.nn
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4))
    optimizer = engine.optim.SGD(net.parameters(), lr=0.1)
    x, y = engine.randn(3, 1, 8, 8), engine.tensor([0, 1, 2])
    with engine.profiler.profile(**options) as prof:
        with engine.profiler.record_function("forward"):
            loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return prof


# --- a step, and the same on torch ------------------------------------------------------------------------------------


def test_the_events_of_a_step_are_those_of_torch() -> None:
    mine, theirs = both(lambda engine: [event.name for event in training(engine).events()])
    assert mine == [
        "forward",
        *("aten::conv2d", "aten::relu", "aten::max_pool2d", "aten::view", "aten::linear", "aten::cross_entropy_loss"),
        "Optimizer.zero_grad#SGD.zero_grad",
        *(f"{EVALUATE}NllLossBackward0", "NllLossBackward0", f"{EVALUATE}AddmmBackward0", "AddmmBackward0"),
        *(f"{EVALUATE}ViewBackward0", "ViewBackward0"),
        *(f"{EVALUATE}MaxPool2DWithIndicesBackward0", "MaxPool2DWithIndicesBackward0"),
        *(f"{EVALUATE}ReluBackward0", "ReluBackward0", f"{EVALUATE}ConvolutionBackward0", "ConvolutionBackward0"),
        *(4 * [f"{EVALUATE}torch::autograd::AccumulateGrad", "torch::autograd::AccumulateGrad"]),
        "Optimizer.step#SGD.step",
    ]
    missing = Counter(mine) - Counter(theirs)
    assert not missing, f"torch's profile of the same step has not {missing}"


def test_events_lie_in_each_other_as_in_torch() -> None:
    def parents(engine: Any) -> dict[str, str | None]:
        return {event.name: event.cpu_parent and event.cpu_parent.name for event in training(engine).events()}

    mine, theirs = both(parents)
    for name, parent in mine.items():
        if name not in ("aten::view", "aten::linear"):  # flatten, addmm: what torch's consist of lies one level deeper
            assert theirs[name] == parent


@pytest.mark.parametrize("engine", BOTH)
def test_times_nest(engine: Any) -> None:
    began = time.perf_counter()
    events = training(engine).events()
    wall = 1e6 * (time.perf_counter() - began)
    for event in events:
        start, end = event.time_range.start, event.time_range.end
        assert 0 <= event.self_cpu_time_total <= event.cpu_time_total == end - start
        for child in event.cpu_children:
            assert child.cpu_parent is event
            assert start <= child.time_range.start <= child.time_range.end <= end
    total = events.self_cpu_time_total
    assert 0 < total <= wall
    top = sum(event.cpu_time_total for event in events if event.cpu_parent is None)
    assert total == pytest.approx(top)


def test_a_sleep_is_the_time_of_the_block_that_sleeps() -> None:
    with minitorch.profiler.profile() as prof:
        with minitorch.profiler.record_function("outer"):
            with minitorch.profiler.record_function("inner"):
                time.sleep(0.02)
            minitorch.ones(2).exp()
    sums = {each.key: each for each in prof.key_averages()}
    assert sums["inner"].self_cpu_time_total >= 20_000
    assert sums["outer"].cpu_time_total >= sums["inner"].cpu_time_total + sums["aten::exp"].cpu_time_total
    assert sums["outer"].self_cpu_time_total < sums["inner"].self_cpu_time_total


def test_sums_by_name_count_calls() -> None:
    for engine in BOTH:
        x = engine.ones(3)
        with engine.profiler.profile() as prof:
            for _ in range(5):
                x.exp()
            x.log()
        sums = {each.key: each for each in prof.key_averages()}
        assert (sums["aten::exp"].count, sums["aten::log"].count) == (5, 1)
        own = [event for event in prof.events() if event.name == "aten::exp"]
        assert sums["aten::exp"].cpu_time_total == pytest.approx(sum(event.cpu_time for event in own))
        assert sums["aten::exp"].cpu_time == pytest.approx(sums["aten::exp"].cpu_time_total / 5)


def test_shapes_are_recorded_and_grouped_by() -> None:
    def grouped(engine: Any) -> Any:
        small, large = engine.ones(2, 3), engine.ones(4, 3)
        with engine.profiler.profile(record_shapes=True) as prof:
            for x in (small, large, large):
                x * x
        sums = prof.key_averages(group_by_input_shape=True)
        return [(each.key, each.input_shapes, each.count) for each in sums], prof.key_averages()[0].input_shapes

    mine, theirs = both(grouped)
    assert mine == theirs
    assert mine[0][1] == ("aten::mul", [[4, 3], [4, 3]], 2)


def test_gradient_functions_have_the_shape_and_number_of_their_operation() -> None:
    for engine in BOTH:
        x = engine.ones(2, 3, requires_grad=True)
        with engine.profiler.profile(record_shapes=True) as prof:
            x.exp().sum().backward()
        events = {event.name: event for event in prof.events()}
        assert events["ExpBackward0"].input_shapes == [[2, 3]]
        assert events["ExpBackward0"].sequence_nr == events["aten::exp"].sequence_nr >= 0
        assert events["ExpBackward0"].scope == 1 and events["ExpBackward0"].fwd_thread == 1
        assert events["aten::exp"].scope == 0 and events["aten::exp"].fwd_thread == 0


@pytest.mark.parametrize("engine", BOTH)
def test_grad_and_functions_of_the_user(engine: Any) -> None:
    class Double(engine.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = engine.ones(3, requires_grad=True)
    with engine.profiler.profile() as prof:
        engine.autograd.grad(Double.apply(x).sum(), x)
    names = [event.name for event in prof.events()]
    assert f"{EVALUATE}torch::autograd::AccumulateGrad" in names and "torch::autograd::AccumulateGrad" not in names
    nested = [event.cpu_parent.name for event in prof.events() if event.name == "aten::mul"]
    assert nested == ["Double", "DoubleBackward"]


def test_create_graph_shows_the_operations_within_the_gradient_functions() -> None:
    x = minitorch.ones(3, requires_grad=True)
    with minitorch.profiler.profile(profile_memory=True) as prof:
        (g,) = minitorch.autograd.grad((x * x).sum(), x, create_graph=True)
    inner = [event.name for event in prof.events() if event.cpu_parent and event.cpu_parent.name == "MulBackward0"]
    assert inner == ["aten::mul", "aten::mul"]
    (pull,) = (event for event in prof.events() if event.name == "MulBackward0")
    assert (pull.cpu_memory_usage, pull.self_cpu_memory_usage) == (24, 0)


# --- names ------------------------------------------------------------------------------------------------------------


def operations() -> dict[int, Any]:
    return {
        id(value): value
        for name, module in list(sys.modules.items())
        if name.startswith("minitorch.ops.")
        for value in vars(module).values()
        if hasattr(value, "kernel") and hasattr(value, "rules")
    }


def test_every_operation_has_a_name_of_torchs_or_one_marked_as_minitorchs() -> None:
    known = {schema.name for schema in torch._C._jit_get_all_schemas()}

    class Anything:
        """Stands for each argument: an image, a size, a walk over a sequence."""

        ndim = 4
        mode = "RNN_TANH"

        def __len__(self) -> int:
            return 2

        def __iter__(self) -> Any:
            return iter([1])

    for op in operations().values():
        args = [Anything() for _ in op.parameters]
        for k, name in enumerate(op.parameters):
            if name in ("mode", "name"):
                args[k] = {"mode": "bicubic", "name": "IndexPutBackward0"}[name]
        name = name_of(op, tuple(args))
        assert name.startswith("minitorch::") or name in known, f"{op.__name__}: torch has no {name}"


@pytest.mark.parametrize(
    "call",
    [
        lambda t, x, i: x[0],
        lambda t, x, i: x[1:3],
        lambda t, x, i: x[None],
        lambda t, x, i: x[i],
        lambda t, x, i: x[x > 0],
        lambda t, x, i: x.gather(1, i[None]),
        lambda t, x, i: x.index_select(0, i),
        lambda t, x, i: x.clone().add_(1),
        lambda t, x, i: x.double(),
        lambda t, x, i: 1 - x,
        lambda t, x, i: t.nn.functional.interpolate(x[None, None], scale_factor=2, mode="bilinear"),
        lambda t, x, i: t.nn.functional.conv1d(x[None], t.ones(2, 4, 3)),
        lambda t, x, i: t.nn.functional.adaptive_max_pool2d(x[None, None], 2),
        lambda t, x, i: t.nn.functional.logsigmoid(x),
        lambda t, x, i: t.div(x, 2, rounding_mode="floor"),
        lambda t, x, i: x.median(),
        lambda t, x, i: t.linalg.inv(x[:3, :3]),
        lambda t, x, i: t.nn.RNN(6, 2)(x),
    ],
)
def test_the_outermost_operation_is_called_as_in_torch(call: Any) -> None:
    def names(engine: Any) -> list[str]:
        engine.manual_seed(0)
        x, i = engine.randn(4, 6), engine.tensor([0, 2])
        with engine.profiler.profile() as prof:
            call(engine, x, i)
        return [event.name for event in prof.events() if event.cpu_parent is None]

    mine, theirs = both(names)
    assert mine and set(mine) <= set(theirs), (mine, theirs)


# --- memory and flops -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, size",
    [
        (lambda x: x + x, 96),
        (lambda x: x.double(), 192),
        (lambda x: x > 0, 24),
        (lambda x: x.max(1), 16 + 32),
        (lambda x: x[1:], 0),
        (lambda x: x.view(-1), 0),
        (lambda x: x.expand(5, 4, 6), 0),
        (lambda x: x.t(), 0),
        (lambda x: x.clone(), 96),
        (lambda x: x.sum(), 4),
    ],
)
def test_memory_is_the_bytes_of_the_results(call: Any, size: int) -> None:
    for engine in BOTH:
        x = engine.ones(4, 6)
        with engine.profiler.profile(profile_memory=True) as prof:
            kept = call(x)
        assert kept is not None
        assert [e.cpu_memory_usage for e in prof.events() if e.cpu_parent is None and e.name != "[memory]"] == [size]


def test_memory_of_what_lies_within() -> None:
    x = minitorch.ones(4, 6, requires_grad=True)
    with minitorch.profiler.profile(profile_memory=True) as prof:
        with minitorch.profiler.record_function("block"):
            y = (x * 2).add_(1)
        y.sum().backward()
    events = {event.name: event for event in prof.events()}
    assert (events["block"].cpu_memory_usage, events["block"].self_cpu_memory_usage) == (192, 0)
    assert (events["aten::add_"].cpu_memory_usage, events["aten::add_"].self_cpu_memory_usage) == (96, 0)
    assert events["MulBackward0"].cpu_memory_usage == 96
    assert events[f"{EVALUATE}MulBackward0"].cpu_memory_usage == 96
    assert "96 B" in prof.key_averages().table()
    with minitorch.profiler.profile() as prof:
        minitorch.ones(3).exp()
    assert prof.events()[0].cpu_memory_usage == 0 and "Mem" not in prof.key_averages().table()


def test_on_a_gpu_memory_is_the_devices_and_nothing_waits_for_it() -> None:
    with standin.installed():
        net = minitorch.nn.Linear(3, 2).cuda()
        x = minitorch.ones(4, 3, device="cuda")
        before = standin.waits()
        with pytest.warns(UserWarning, match="The times of a GPU are not measured"):
            prof = minitorch.autograd.profiler.profile(
                use_device="cuda", record_shapes=True, profile_memory=True, with_flops=True, with_stack=True
            )
        with prof:
            net(x).exp().sum().backward()
        assert standin.waits() == before
    events = {event.name: event for event in prof.function_events}
    assert (events["aten::exp"].cpu_memory_usage, events["aten::exp"].device_memory_usage) == (0, 32)
    assert events["ExpBackward0"].self_device_memory_usage == 32 and events["ExpBackward0"].device_time_total == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.ones(4, 6) * t.ones(6),
        lambda t: t.ones(6) + t.ones(4, 6),
        lambda t: t.ones(4, 6) @ t.ones(6, 5),
        lambda t: t.ones(4, 6) @ t.ones(6),
        lambda t: t.bmm(t.ones(2, 4, 6), t.ones(2, 6, 5)),
        lambda t: t.addmm(t.ones(5), t.ones(4, 6), t.ones(6, 5)),
        lambda t: t.nn.functional.linear(t.ones(2, 4, 6), t.ones(5, 6), t.ones(5)),
        lambda t: t.nn.functional.conv2d(t.ones(2, 6, 8, 8), t.ones(4, 3, 3, 3), stride=2, padding=1, groups=2),
        lambda t: t.ones(3).exp(),
    ],
)
def test_flops_are_counted_as_torch_counts(call: Any) -> None:
    def counted(engine: Any) -> int:
        with engine.profiler.profile(with_flops=True) as prof:
            call(engine)
        return sum(event.flops for event in prof.events())

    mine, theirs = both(counted)
    assert mine == theirs


# --- tables -----------------------------------------------------------------------------------------------------------

SPECS: list[list[tuple[str, float, float, dict[str, Any]]]] = [
    [("aten::a", 0, 100, {}), ("aten::b", 10, 60, {}), ("aten::c", 20, 30, {}), ("aten::b", 70, 90, {}),
     ("aten::d", 200, 3000, {})],
    [("a", 0, 100, {}), ("c", 50, 150, {}), ("b", 60, 80, {})],
    [("a", 0, 100, {}), ("b", 0, 100, {}), ("c", 5, 50, {}), ("z", 50, 50, {}), ("y", 100, 120, {})],
    [("x" * i, i * 10, i * 10 + 5.1234, {"input_shapes": [[i] * i], "flops": i**3}) for i in (3, 40, 52, 70)],
    [("x", i * 10, i * 10 + 5, {"stack": [f"f{k}.py(3): g{'z' * 30}" for k in range(i)]}) for i in (0, 3, 4, 7)],
    [("a", 0, 2e6, {"cpu_memory_usage": 5000, "flops": 960}), ("b", 5, 50, {"cpu_memory_usage": -20, "flops": 10**6}),
     ("b", 60, 70, {"cpu_memory_usage": 2**21})],
    [("a", 0, 100, {"is_async": True}), ("b", 5, 50, {}), ("c", 7, 9, {})],
    [("a", 0, 0, {}), ("b", 5, 5, {})],
]  # fmt: skip


def built(engine: Any, spec: Any, **options: Any) -> Any:
    """The same made-up events on either engine."""
    kind = EVENTS[engine]
    plain: dict[str, Any] = {"stack": [], "flops": 0}
    events = kind.EventList(
        [
            kind.FunctionEvent(k, name, 1, start, end, **(plain | more))
            for k, (name, start, end, more) in enumerate(spec)
        ],
        use_device=None,
        **options,
    )
    events._build_tree()
    return events


@pytest.mark.parametrize("options", [{}, {"profile_memory": True}, {"with_flops": True}], ids=str)
@pytest.mark.parametrize("spec", SPECS)
def test_tables_are_torchs(spec: Any, options: Any) -> None:
    views: list[Any] = [
        lambda events: events.table(),
        lambda events: str(events),
        lambda events: events.table(max_name_column_width=10, row_limit=2),
        lambda events: events.table(sort_by="self_cpu_time_total", row_limit=-1),
        lambda events: events.table(row_limit=0, header="H"),
        lambda events: events.table(top_level_events_only=True, row_limit=1),
        lambda events: events.table(top_level_events_only=True, header="H"),
        lambda events: [events.table(time_unit=unit) for unit in ("s", "ms", "us")],
        lambda events: events.key_averages().table(sort_by="cpu_time"),
        lambda events: events.key_averages().table(sort_by="cuda_time_total"),
        lambda events: events.key_averages(group_by_input_shapes=True).table(max_shapes_column_width=20),
        lambda events: events.key_averages(group_by_stack_n=2).table(max_src_column_width=12),
        lambda events: repr(events.key_averages()),
        lambda events: (events.total_average().count, events.total_average().cpu_time, events.self_cpu_time_total),
        lambda events: [
            (e.name, e.cpu_parent and e.cpu_parent.name, e.self_cpu_time_total, e.cpu_time_total_str) for e in events
        ],
    ]
    mine, theirs = both(lambda engine: [view(built(engine, spec, **options)) for view in views])
    for own, other in zip(mine, theirs, strict=True):
        assert own == other


def test_units_of_time_and_memory() -> None:
    util = torch.autograd.profiler_util
    for us in (0, 0.0004, 0.4, 999.9996, 1000, 999999, 1e6, 1e7, -5, -5000):
        assert format_time(us) == util._format_time(us)
    for size in (0, 1, 1023, 1024, 1025, -1, -1024, -5000, 2**20 - 1, 2**20, 2**30, 2**50):
        assert format_memory(size) == util._format_memory(size)


def test_no_events_make_no_table() -> None:
    for engine in BOTH:
        with engine.profiler.profile() as prof:
            pass
        assert prof.key_averages().table() == "" == str(prof.events())
        assert list(prof.events()) == [] and prof.key_averages().self_cpu_time_total == 0


def test_a_sort_key_that_there_is_not() -> None:
    for engine in BOTH:
        prof = training(engine)
        with pytest.raises(AttributeError, match="'FunctionEventAvg' object has no attribute 'fastest'"):
            prof.key_averages().table(sort_by="fastest")
    with pytest.raises(AttributeError, match="sort_by takes cpu_time, cpu_time_total"):
        prof = training(minitorch).key_averages().table(sort_by="fastest")


def test_sums_refuse_another_name() -> None:
    for engine in BOTH:
        first, second = (built(engine, SPECS[0])[k] for k in (0, 1))
        total = EVENTS[engine].FunctionEventAvg().add(first)
        total += first
        assert total.count == 2 and total.cpu_time_total == 200
        with pytest.raises(AssertionError, match="Expected keys to match, but got aten::b vs aten::a"):
            total.add(second)
        with pytest.raises(AssertionError, match="Expected tree to be built before calling key_averages"):
            EVENTS[engine].EventList([first]).key_averages()


def test_attributes_that_scripts_read() -> None:
    for engine in BOTH:
        prof = training(engine, record_shapes=True, profile_memory=True)
        for each in (prof.events()[0], prof.key_averages()[0]):
            for name in (
                "key count node_id is_async is_remote cpu_time cpu_time_str cpu_time_total cpu_time_total_str "
                "self_cpu_time_total self_cpu_time_total_str cpu_memory_usage self_cpu_memory_usage device_type "
                "device_time device_time_str device_time_total device_time_total_str self_device_time_total flops "
                "self_device_time_total_str device_memory_usage self_device_memory_usage input_shapes stack scope "
                "cpu_children cpu_parent is_legacy is_user_annotation use_device overload_name"
            ).split():
                getattr(each, name)
            assert each.device_time_total == each.self_device_time_total == each.device_memory_usage == 0
            with pytest.warns(FutureWarning, match="`cuda_time` is deprecated, please use `device_time` instead"):
                assert each.cuda_time == 0
        event = prof.events()[0]
        with pytest.warns(FutureWarning, match="`self_cuda_time_total` is deprecated. Use `self_device_time_total`"):
            assert event.self_cuda_time_total == 0
        assert event.time_range.elapsed_us() == event.cpu_time
        assert str(event.device_type) == "DeviceType.CPU" and "name=forward" in repr(event)


# --- schedules --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Profiler won't be using warmup")
@pytest.mark.parametrize("wait", [0, 2])
@pytest.mark.parametrize("warmup", [0, 1])
@pytest.mark.parametrize("active", [1, 3])
@pytest.mark.parametrize("repeat", [0, 2])
@pytest.mark.parametrize("skip", [(0, 0), (3, 0), (3, 1), (0, 1)])
def test_a_schedule_says_what_torchs_says(wait: int, warmup: int, active: int, repeat: int, skip: Any) -> None:
    def states(engine: Any) -> list[str]:
        action = engine.profiler.schedule(
            wait=wait, warmup=warmup, active=active, repeat=repeat, skip_first=skip[0], skip_first_wait=skip[1]
        )
        return [action(step).name for step in range(25)]

    mine, theirs = both(states)
    assert mine == theirs


def test_what_a_schedule_refuses() -> None:
    for engine in BOTH:
        schedule = engine.profiler.schedule
        for wrong in ({"wait": -1}, {"warmup": -1}, {"active": 0}, {"repeat": -1}, {"skip_first": -1}):
            with pytest.raises(AssertionError, match="Invalid profiler schedule arguments. Got wait="):
                schedule(**({"wait": 1, "warmup": 1, "active": 1} | wrong))
        with pytest.raises(AssertionError, match=r"Step must be non-negative. Got -1\."):
            schedule(wait=1, warmup=1, active=1)(-1)
        with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'active'"):
            schedule(wait=1, warmup=1)
        with pytest.warns(UserWarning, match="Profiler won't be using warmup, this can skew profiler results"):
            schedule(wait=1, warmup=0, active=1)


def cycles(engine: Any, actions: list[int], **options: Any) -> Any:
    """Which steps are handed over, and when; and what is left at the end."""
    handed = []
    kinds = list(engine.profiler.ProfilerAction)
    x = engine.ones(2)

    def steps(prof: Any) -> list[str]:
        return [event.trace_name for event in prof.events() if event.name == "ProfilerStep*"]

    with engine.profiler.profile(
        schedule=lambda step: kinds[actions[step]],
        on_trace_ready=lambda prof: handed.append((prof.step_num, steps(prof))),
        **options,
    ) as prof:
        for _ in actions[1:]:
            x.exp()
            prof.step()
    return handed, steps(prof), prof.step_num, prof.current_action.name


@pytest.mark.filterwarnings(CLEARS)
@pytest.mark.parametrize(
    "actions", [[2], [3], [2, 3, 3, 0], [0, 3, 2], [1, 2, 3, 1, 2, 3, 0], [0, 1, 2], [0, 0, 1, 2, 3, 0, 0]], ids=str
)
def test_cycles_are_handed_over_as_in_torch(actions: list[int]) -> None:
    mine, theirs = both(lambda engine: cycles(engine, actions))
    assert mine == theirs


def test_events_accumulate_if_wished_for() -> None:
    mine, theirs = both(lambda engine: cycles(engine, [1, 2, 3, 1, 2, 3, 0], acc_events=True))
    assert mine == theirs


def test_cycles_clear_what_was_recorded_before_and_say_so() -> None:
    with pytest.warns(UserWarning, match="Only events from the current cycle will be reported"):
        cycles(minitorch, [1, 3, 1, 3, 0])


def test_a_recording_that_nothing_ends() -> None:
    for engine in BOTH:
        with pytest.warns(UserWarning, match="Incorrect schedule: RECORD followed by NONE"):
            assert cycles(engine, [0, 2, 0])[:2] == ([], ["ProfilerStep#1"])


def test_without_a_schedule_all_is_one_step() -> None:
    for engine in BOTH:
        ready = []
        with engine.profiler.profile(on_trace_ready=lambda prof, ready=ready: ready.append(prof.step_num)) as prof:
            for _ in range(3):
                engine.ones(2).exp()
                prof.step()
        assert ready == [3] and not any("ProfilerStep" in event.name for event in prof.events())
        assert sum(event.name == "aten::exp" for event in prof.events()) == 3


def test_start_and_stop() -> None:
    x = minitorch.ones(2)
    prof = minitorch.profiler.profile()
    x.exp()
    prof.start()
    x.log()
    with pytest.warns(UserWarning, match="Profiler clears events"):
        prof.start()
    x.sin()
    prof.stop()
    x.exp()
    assert [event.name for event in prof.events()] == ["aten::sin"]
    prof.stop()
    assert not recorders


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda prof: prof.events(), "Profiler must be initialized before accessing events"),
        (lambda prof: prof.key_averages(), "Profiler must be initialized before getting key averages"),
        (
            lambda prof: prof.export_chrome_trace("no.json"),
            "Profiler must be initialized before exporting chrome trace",
        ),
        (lambda prof: prof.export_stacks("no.txt"), "Profiler must be initialized before exporting stacks"),
        (lambda prof: prof.stop(), "Profiler must be initialized before stopping trace"),
    ],
)
def test_what_is_asked_for_too_early(ask: Any, message: str) -> None:
    for engine in BOTH:
        with pytest.raises(AssertionError, match=message):
            ask(engine.profiler.profile())
    prof = minitorch.profiler.profile(schedule=minitorch.profiler.schedule(wait=5, warmup=1, active=1))
    with prof:
        prof.step()
    if "stopping" not in message:
        with pytest.raises(AssertionError, match=message):
            ask(prof)


def test_while_it_is_recording_there_are_no_events(tmp_path: Path) -> None:
    for engine in BOTH:
        with engine.profiler.profile() as prof:
            engine.ones(2).exp()
            assert list(prof.events()) == [] and list(prof.key_averages()) == []
    with minitorch.profiler.profile() as prof:
        with pytest.raises(RuntimeError, match="there is no trace yet; it is there once the profiler has stopped"):
            prof.export_chrome_trace(str(tmp_path / "early.json"))


# --- activities and devices -------------------------------------------------------------------------------------------


def test_activities() -> None:
    for engine in BOTH:
        kinds = engine.profiler.ProfilerActivity
        assert engine.profiler.supported_activities() == {kinds.CPU} == engine.profiler.profile().activities
        assert (int(kinds.CPU), int(kinds.CUDA), str(kinds.CUDA)) == (0, 2, "ProfilerActivity.CUDA")
        with pytest.raises(AssertionError, match="No valid profiler activities found"):
            engine.profiler.profile(activities=[])
        with pytest.raises(AssertionError, match="No valid profiler activities found"):
            engine.profiler.profile(activities=["cpu"])
        with pytest.warns(UserWarning, match="CUDA is not available, disabling CUDA profiling"):
            with engine.profiler.profile(activities=[kinds.CPU, kinds.CUDA]) as prof:
                engine.ones(2).exp()
        assert "CUDA" not in prof.key_averages().table(sort_by="cuda_time_total")
        with pytest.raises(AssertionError, match="No activities specified for the profiler"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with engine.profiler.profile(activities=[kinds.CUDA]):
                    pass
    with pytest.warns(FutureWarning, match="`use_cuda` is deprecated, use `activities` argument instead"):
        minitorch.profiler.profile(use_cuda=False)
    assert not recorders


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_chrome_trace(tmp_path: Path) -> None:
    for engine in BOTH:
        prof = training(engine, record_shapes=True)
        prof.add_metadata_json("settings", '{"batch": 3}')
        path = str(tmp_path / f"{engine.__name__}.json")
        if engine is minitorch:
            prof.add_metadata("note", "a word")
        prof.export_chrome_trace(path)
        trace = json.loads(Path(path).read_text())
        assert {"schemaVersion", "traceEvents", "displayTimeUnit", "trace_id", "traceName"} <= trace.keys()
        spans = [each for each in trace["traceEvents"] if each["ph"] == "X" and each["cat"] != "Trace"]
        assert {"cpu_op", "user_annotation"} == {each["cat"] for each in spans}
        for each in spans:
            assert {"name", "ts", "dur", "pid", "tid", "args"} <= each.keys()
            assert each["pid"] == os.getpid() and each["dur"] >= 0 and each["ts"] >= 0
        names = Counter(each["name"] for each in spans)
        assert names["aten::conv2d"] == names["ConvolutionBackward0"] == names["forward"] == 1
        linear = next(each for each in spans if each["name"] == "aten::linear")
        assert linear["args"]["Input Dims"] == [[3, 18], [4, 18], [4]]
        starts, ends = (
            {each["id"] for each in trace["traceEvents"] if each["ph"] == kind and each.get("cat") == "fwdbwd"}
            for kind in "sf"
        )
        assert ends and ends <= starts, "an arrow for each gradient function, from the operation it belongs to"
    minitorchs = json.loads((tmp_path / "minitorch.json").read_text())
    assert minitorchs["note"] == "a word" and minitorchs["settings"] == {"batch": 3}
    assert {each["name"] for each in minitorchs["traceEvents"] if each["ph"] == "X"} == {
        event.name for event in training(minitorch).events()
    }


def test_the_trace_is_gzipped_by_its_name_and_may_be_written_twice(tmp_path: Path) -> None:
    prof = training(minitorch)
    for _ in range(2):
        prof.export_chrome_trace(str(tmp_path / "trace.json.gz"))
    assert json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))["traceEvents"]
    prof.events().export_chrome_trace(str(tmp_path / "events.json"))
    assert json.loads((tmp_path / "events.json").read_text())["traceEvents"]
    with pytest.raises(FileNotFoundError):
        prof.export_chrome_trace(str(tmp_path / "nowhere" / "trace.json"))


@pytest.mark.filterwarnings(CLEARS)
def test_the_tensorboard_handler(tmp_path: Path) -> None:
    for engine in BOTH:
        for k, options in enumerate(({}, {"worker_name": "w"}, {"use_gzip": True})):
            folder = tmp_path / f"{engine.__name__}{k}"
            with engine.profiler.profile(
                schedule=engine.profiler.schedule(wait=0, warmup=1, active=2, repeat=2),
                on_trace_ready=engine.profiler.tensorboard_trace_handler(str(folder), **options),
            ) as prof:
                for _ in range(6):
                    engine.ones(2).exp()
                    prof.step()
            names = sorted(os.listdir(folder))
            worker = "w" if k == 1 else rf".+_{os.getpid()}"
            assert len(names) == 2
            assert all(re.fullmatch(rf"{worker}\.\d+\.pt\.trace\.json{r'.gz' * (k == 2)}", name) for name in names)
        (tmp_path / "file").touch()
        with pytest.raises(RuntimeError, match="Can't create directory: .*file"):
            engine.profiler.tensorboard_trace_handler(str(tmp_path / "file"))(prof)


def _work(x: Any) -> Any:
    return (x * x).sum()


def test_stacks(tmp_path: Path) -> None:
    x = minitorch.ones(64, 64, requires_grad=True)
    with minitorch.profiler.profile(with_stack=True) as prof:
        _work(x).backward()
    events = {event.name: event for event in prof.events()}
    assert re.fullmatch(r".*test_profiler\.py\(\d+\): _work", events["aten::mul"].stack[0])
    assert re.fullmatch(r".*test_profiler\.py\(\d+\): test_stacks", events["aten::mul"].stack[1])
    assert events["MulBackward0"].stack == events["aten::mul"].stack, "a gradient function has its operation's"
    table = prof.key_averages(group_by_stack_n=2).table()
    assert "Source Location" in table and ": _work" in table
    prof.export_stacks(str(tmp_path / "stacks.txt"))
    for line in (tmp_path / "stacks.txt").read_text().splitlines():
        assert re.fullmatch(r"\S+;\S+ \d+", line)
    prof.export_stacks(str(tmp_path / "cuda.txt"), "self_cuda_time_total")
    assert (tmp_path / "cuda.txt").read_text() == ""
    with pytest.raises(ValueError, match=r"metric should be one of: \['self_cpu_time_total', 'self_cuda_time_total'"):
        prof.export_stacks(str(tmp_path / "stacks.txt"), "speed")
    with pytest.raises(AssertionError, match=r"export_stacks\(\) requires with_stack=True"):
        training(minitorch).export_stacks(str(tmp_path / "stacks.txt"))


def test_stacks_are_written_as_torch_writes_them(tmp_path: Path) -> None:
    for engine in BOTH:
        built(engine, SPECS[4]).export_stacks(str(tmp_path / f"{engine.__name__}.txt"), "self_cpu_time_total")
    mine, theirs = ((tmp_path / f"{engine.__name__}.txt").read_text() for engine in BOTH)
    assert mine == theirs != ""


# --- named blocks, and what the library names -------------------------------------------------------------------------


@pytest.mark.parametrize("engine", BOTH)
def test_record_function(engine: Any) -> None:
    @engine.profiler.record_function("decorated")
    def double(x: Any) -> Any:
        """Doubles."""
        return x * 2

    assert double.__name__ == "double" and double.__doc__ == "Doubles."
    block = engine.autograd.profiler.record_function("again")
    with engine.profiler.profile() as prof:
        double(engine.ones(2))
        for _ in range(2):
            with block:
                engine.ones(2).exp()
        with pytest.raises(ValueError, match="mine"):
            with engine.profiler.record_function("failing", "an argument"):
                raise ValueError("mine")
    named = [event.name for event in prof.events() if event.is_user_annotation]
    assert named == ["decorated", "again", "again", "failing"]
    assert {event.cpu_parent.name for event in prof.events() if event.name in ("aten::mul", "aten::exp")} == {
        "decorated",
        "again",
    }
    for wrong in ({"name": 3}, {"name": "a", "args": 3}):
        with pytest.raises(RuntimeError, match="Expected a value of type '.*str.*' for argument '.*' but .*'int'"):
            engine.profiler.record_function(**wrong).__enter__()


@pytest.mark.parametrize("engine", BOTH)
def test_optimizers_and_loaders_are_named(engine: Any) -> None:
    w = engine.ones(2, requires_grad=True)
    optimizer = engine.optim.Adam([w])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    loader = engine.utils.data.DataLoader(list(range(4)), batch_size=2)
    with engine.profiler.profile() as prof:
        for _ in loader:
            optimizer.step(closure)
    top = [event.name for event in prof.events() if event.cpu_parent is None and not event.name.startswith("aten::")]
    batch = "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"
    assert top == [batch, "Optimizer.step#Adam.step", batch, "Optimizer.step#Adam.step", batch]
    inner = [event.cpu_parent.name for event in prof.events() if event.name == "Optimizer.zero_grad#Adam.zero_grad"]
    assert inner == 2 * ["Optimizer.step#Adam.step"]


def test_workers_are_not_recorded_but_waited_for() -> None:
    loader = minitorch.utils.data.DataLoader(minitorch.arange(4.0), batch_size=2, num_workers=1)
    with minitorch.profiler.profile() as prof:
        assert len([*loader]) == 2
    names = Counter(event.name for event in prof.events())
    assert names["enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__"] == 3


# --- what goes wrong, and what goes on at the same time ---------------------------------------------------------------


def test_what_fails_is_left_out_and_what_follows_is_not_its_part() -> None:
    x = minitorch.ones(2, 3)
    w = minitorch.ones(3, requires_grad=True)

    def fail(g: Any) -> Any:
        raise ValueError("mine")

    with minitorch.profiler.profile() as prof:
        with pytest.raises(RuntimeError, match="shapes"):
            x @ x
        x.exp()
        y = w * 2
        y.register_hook(fail)
        with pytest.raises(ValueError, match="mine"):
            y.sum().backward()
        (w * 3).sum().backward()
    names = Counter(event.name for event in prof.events() if event.cpu_parent is None)
    assert names["aten::exp"] == 1 and names["aten::mul"] == 2 and "aten::mm" not in names
    assert names[f"{EVALUATE}MulBackward0"] == 1


@pytest.mark.parametrize("call", [lambda t, x: t.nn.functional.conv2d(3, x), lambda t, x: t.cat([]), lambda t, x: x[9]])
def test_errors_are_the_same_within_a_profile(call: Any) -> None:
    x = minitorch.ones(1, 1, 2, 2)
    with pytest.raises(Exception) as plain:
        call(minitorch, x)
    with minitorch.profiler.profile(record_shapes=True, profile_memory=True, with_flops=True):
        with pytest.raises(plain.type, match=re.escape(str(plain.value))):
            call(minitorch, x)


def test_a_backward_within_a_backward() -> None:
    for engine in BOTH:
        w = engine.ones(3, requires_grad=True)
        y = w * 2

        def inner(g: Any, engine: Any = engine) -> None:
            v = engine.ones(2, requires_grad=True)
            with engine.enable_grad():
                v.exp().sum().backward()

        y.register_hook(inner)
        with engine.profiler.profile() as prof:
            y.sum().backward()
        names = Counter(event.name for event in prof.events())
        assert names["ExpBackward0"] == names["MulBackward0"] == 1
        assert names["SumBackward0"] == names["torch::autograd::AccumulateGrad"] == 2


def test_only_the_thread_that_starts_it_is_recorded() -> None:
    for engine in BOTH:
        x = engine.ones(2)
        with engine.profiler.profile() as prof:
            other = threading.Thread(target=x.exp)
            other.start()
            other.join()
        assert list(prof.events()) == []


def test_profilers_may_be_nested() -> None:
    x = minitorch.ones(2)
    with minitorch.profiler.profile() as outer:
        x.exp()
        with minitorch.autograd.profiler.profile() as inner:
            x.log()
    assert [event.name for event in outer.events()] == ["aten::exp", "aten::log"]
    assert [event.name for event in inner.function_events] == ["aten::log"]


def test_off_there_is_nothing() -> None:
    zero_grad, fetch = Optimizer.zero_grad, _InThisProcess.__next__
    before = list(observers)
    with pytest.raises(ValueError, match="mine"):
        with minitorch.profiler.profile():
            assert len(observers) == len(before) + 1 and Optimizer.zero_grad is not zero_grad
            raise ValueError("mine")
    assert observers == before and not recorders
    assert Optimizer.zero_grad is zero_grad and _InThisProcess.__next__ is fetch


def test_the_same_numbers_with_and_without() -> None:
    x = minitorch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    (x @ x).exp().sum().backward()
    plain, x.grad = x.grad, None
    with minitorch.profiler.profile(record_shapes=True, profile_memory=True, with_stack=True, with_flops=True):
        (x @ x).exp().sum().backward()
    assert x.grad is not None and minitorch.equal(plain, x.grad)


def test_what_is_recorded_keeps_no_tensor_alive() -> None:
    freed = []

    class Watched:
        def __del__(self) -> None:
            freed.append(True)

    with minitorch.profiler.profile(record_shapes=True, profile_memory=True):
        y = minitorch.ones(2, requires_grad=True) * 2
        assert y.grad_fn is not None
        y.grad_fn.metadata["watched"] = Watched()
        del y
        assert freed


def test_what_operations_were_given_is_let_go_of() -> None:
    with minitorch.profiler.profile():
        x = minitorch.ones(2)
        given = weakref.ref(x._array)
        x = x * 2
        assert given() is None


# --- torch.autograd.profiler ------------------------------------------------------------------------------------------


def test_the_profiler_of_autograd() -> None:
    for engine in BOTH:
        prof = engine.autograd.profiler.profile(record_shapes=True)
        assert str(prof) == "<unfinished torch.autograd.profile>" == repr(prof)
        assert list(prof.function_events) == [] == list(prof.key_averages()) and prof.table() == ""
        x = engine.ones(2, 3)
        with prof:
            x.exp()
        assert prof.function_events[0].name == "aten::exp" and prof.function_events[0].input_shapes == [[2, 3]]
        assert prof.self_cpu_time_total == prof.total_average().self_cpu_time_total > 0
        assert str(prof) == prof.table() and "aten::exp" in prof.key_averages().table(sort_by="cpu_time_total")
        with pytest.raises(RuntimeError, match="Profiler context manager is not reentrant"):
            prof.__enter__()
        with engine.autograd.profiler.profile(enabled=False) as nothing:
            x.exp()
        assert nothing is None


def test_devices_of_the_profiler_of_autograd() -> None:
    for engine in BOTH:
        profile = engine.autograd.profiler.profile
        with pytest.warns(UserWarning, match="CUDA is not available, disabling CUDA profiling"):
            profile(use_device="cuda")
        with pytest.warns(UserWarning, match="The foo is not a valid device option."):
            profile(use_device="foo")
        with pytest.warns(FutureWarning, match="The attribute `use_cuda` will be deprecated soon"):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "CUDA is not available")
                profile(use_cuda=True)
        with pytest.raises(AssertionError, match="Device-only events supported only with Kineto"):
            profile(use_cpu=False)
        with pytest.raises(AssertionError, match="No activities specified for the profiler"):
            profile(use_cpu=False, use_kineto=True)


def test_what_there_is_not_says_so(tmp_path: Path) -> None:
    profiler = minitorch.autograd.profiler
    for mark in (profiler.emit_nvtx, profiler.emit_itt):
        with mark(enabled=False):
            pass
        with pytest.raises(NotSupportedError, match=rf"torch.autograd.profiler.{mark.__name__}: .*use torch.profiler"):
            mark().__enter__()
    for read in (profiler.load_nvprof, profiler.parse_nvprof_trace):
        with pytest.raises(NotSupportedError, match=f"{read.__name__}: traces of nvprof are not read"):
            read(str(tmp_path))
    with pytest.raises(NotSupportedError, match="execution_trace_observer=.*use export_chrome_trace"):
        minitorch.profiler.profile(execution_trace_observer=object())
    prof = training(minitorch)
    with pytest.raises(NotSupportedError, match="export_memory_timeline: the release of memory is not recorded"):
        prof.export_memory_timeline(str(tmp_path / "memory.html"))
    with pytest.raises(NotSupportedError, match="toggle_collection_dynamic: use a schedule"):
        prof.toggle_collection_dynamic(False, [])
    assert not minitorch.profiler.kineto_available() and re.fullmatch("[0-9A-F]{32}", prof.get_trace_id())


def test_within_vmap_shapes_are_those_of_an_item_and_memory_that_of_the_batch() -> None:
    def multiplied(engine: Any) -> list[Any]:
        weight, batch = engine.ones(64), engine.ones(10, 64)
        with engine.profiler.profile(record_shapes=True, profile_memory=True, with_flops=True) as prof:
            engine.func.vmap(lambda row: (row * weight).exp())(batch)
        found = [each for each in prof.events() if each.name in ("aten::mul", "aten::exp")]
        return [(each.name, each.input_shapes, each.self_cpu_memory_usage, each.flops or 0) for each in found]

    ours, theirs = both(multiplied)
    assert ours == theirs == [("aten::mul", [[64], [64]], 2560, 64), ("aten::exp", [[64]], 2560, 0)]


SCRIPT = """
import torch
import torch.profiler as profiler
from torch.autograd.profiler import EventList, FunctionEvent
from torch.autograd.profiler_util import FunctionEvent as Same
from torch.profiler import DeviceType, ProfilerAction, ProfilerActivity, profile, record_function, schedule
from torch.profiler.profiler import tensorboard_trace_handler

with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
    with record_function("block"):
        torch.ones(2, 3).exp()
assert FunctionEvent is Same and isinstance(prof.events(), EventList)
print(prof.key_averages(group_by_input_shape=True).table(sort_by="self_cpu_time_total", row_limit=10))
"""


def test_a_script_runs_unchanged(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "run", str(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "aten::exp" in done.stdout and "[[2, 3]]" in done.stdout and "Self CPU time total: " in done.stdout
