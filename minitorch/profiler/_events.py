"""Events: what was measured, one by one and summed by name. Times are microseconds, memory is bytes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

from minitorch.errors import user_stacklevel
from minitorch.profiler._kinds import DeviceType
from minitorch.profiler._table import format_time, table
from minitorch.profiler._trace import write_stacks, write_trace

METRICS = ["self_cpu_time_total", "self_cuda_time_total", "self_xpu_time_total", "self_privateuse1_time_total"]
"""What `export_stacks` can write, in torch; all but the first are 0 here."""


class Interval(NamedTuple):
    """When an event began and ended, from the start of the profile."""

    start: float
    end: float

    def elapsed_us(self) -> float:
        """How long it took."""
        return self.end - self.start


def _deprecated(old: str, new: str, call: str) -> Any:
    """A property that was renamed in torch: it warns, and gives the new one's value."""

    def get(self: Any) -> Any:
        warnings.warn(call.format(old=old, new=new), FutureWarning, stacklevel=user_stacklevel())
        return getattr(self, new)

    return property(get, doc=f"The old name of `{new}`.")


_USE = "`{old}` is deprecated. Use `{new}` instead."


class Times:
    """What an event and a sum of events have in common."""

    count: int
    cpu_time_total: Any
    self_cpu_time_total: Any
    device_time_total: float = 0
    """The time on the GPU, which is not measured."""
    self_device_time_total: float = 0

    @property
    def cpu_time(self) -> float:
        """The mean time of a call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """The mean time of a call on the GPU: 0, for it is not measured."""
        return self.device_time_total / self.count if self.count else 0.0

    cpu_time_str = property(lambda self: format_time(self.cpu_time))
    cpu_time_total_str = property(lambda self: format_time(self.cpu_time_total))
    self_cpu_time_total_str = property(lambda self: format_time(self.self_cpu_time_total))
    device_time_str = property(lambda self: format_time(self.device_time))
    device_time_total_str = property(lambda self: format_time(self.device_time_total))
    self_device_time_total_str = property(lambda self: format_time(self.self_device_time_total))
    cuda_time = _deprecated("cuda_time", "device_time", "`{old}` is deprecated, please use `{new}` instead.")
    cuda_time_total = _deprecated("cuda_time_total", "device_time_total", _USE)
    self_cuda_time_total = _deprecated("self_cuda_time_total", "self_device_time_total", _USE)
    self_cuda_memory_usage = _deprecated("self_cuda_memory_usage", "self_device_memory_usage", _USE)


@dataclass(eq=False, repr=False)
class FunctionEvent(Times):
    """One call of an operation, one step of a backward pass, or one block of `record_function`."""

    id: int
    name: str
    thread: int
    start_us: InitVar[float]
    end_us: InitVar[float]
    overload_name: str = ""
    fwd_thread: int | None = None
    input_shapes: Any = ()
    """The shape of each argument, [] for what is no tensor; () unless shapes are recorded."""
    stack: Any = ()
    """The lines of the script that led to the call, the innermost first."""
    scope: int = 0
    """0 for an operation, 1 for a gradient function, 7 for `record_function`."""
    use_device: str | None = None
    cpu_memory_usage: int = 0
    """The bytes of the results that it allocated, those of events within it included."""
    device_memory_usage: int = 0
    is_async: bool = False
    is_remote: bool = False
    sequence_nr: int = -1
    """The number that an operation and its gradient function share; -1 outside of the graph."""
    node_id: int = -1
    device_type: DeviceType = DeviceType.CPU
    device_index: int = 0
    device_resource_id: int | None = None
    is_legacy: bool = False
    flops: int | None = None
    trace_name: str | None = None
    concrete_inputs: Any = ()
    kwinputs: Any = None
    is_user_annotation: bool = False
    count: int = field(default=1, init=False)
    cpu_parent: FunctionEvent | None = field(default=None, init=False)
    cpu_children: list[FunctionEvent] = field(default_factory=list, init=False)

    def __post_init__(self, start_us: float, end_us: float) -> None:
        self.time_range = Interval(start_us, end_us)
        self.input_shapes, self.stack = list(self.input_shapes or ()), list(self.stack or ())
        self.trace_name = self.trace_name or self.name

    def append_cpu_child(self, child: FunctionEvent) -> None:
        """Adds an event that ran within this one."""
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent: FunctionEvent) -> None:
        """Says which event this one ran within."""
        self.cpu_parent = parent

    @property
    def key(self) -> str:
        """The name that events are summed by."""
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """How long it took, events within it included."""
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self) -> float:
        """How long it took, events within it left out."""
        if self.is_async:
            return 0
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_cpu_memory_usage(self) -> int:
        """The bytes that it allocated itself."""
        if self.is_async:
            return 0
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.cpu_children)

    @property
    def self_device_memory_usage(self) -> int:
        """The bytes that it allocated itself on the GPU."""
        if self.is_async:
            return 0
        return self.device_memory_usage - sum(child.device_memory_usage for child in self.cpu_children)

    def __repr__(self) -> str:
        start, end = self.time_range
        return (
            f"<FunctionEvent id={self.id} name={self.name} device_type={self.device_type} cpu_time={self.cpu_time_str} "
            f"start_us={start} end_us={end} cpu_children={[child.id for child in self.cpu_children]} "
            f"thread={self.thread} input_shapes={self.input_shapes} cpu_memory_usage={self.cpu_memory_usage} "
            f"is_async={self.is_async} seq_nr={self.sequence_nr}>"
        )


class FunctionEventAvg(Times):
    """Events of one name, summed up: `count` of them."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.count = self.node_id = 0
        self.is_async = self.is_remote = self.is_legacy = self.is_user_annotation = False
        self.use_device: str | None = None
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        self.input_shapes: Any = None
        self.overload_name: str | None = None
        self.stack: list[str] | None = None
        self.scope: int | None = None
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.device_memory_usage = self.self_device_memory_usage = 0
        self.cpu_children: list[FunctionEvent] | None = None
        self.cpu_parent: FunctionEvent | None = None
        self.device_type = DeviceType.CPU
        self.flops = 0

    def add(self, other: FunctionEvent | FunctionEventAvg) -> FunctionEventAvg:
        """Adds an event, or another sum. Raises AssertionError for one of another name."""
        if self.key is None:  # the first one says what all are like
            for name in vars(self).keys() - _SUMMED:
                setattr(self, name, getattr(other, name))
        elif other.key != self.key:
            raise AssertionError(f"Expected keys to match, but got {other.key} vs {self.key}")
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + (getattr(other, name) or 0))
        return self

    __iadd__ = add

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str}  self_cuda_time={self.self_device_time_total_str} "
            f"cuda_time={self.device_time_str} input_shapes={self.input_shapes} "
            f"cpu_memory_usage={self.cpu_memory_usage} cuda_memory_usage={self.device_memory_usage}>"
        )


_SUMMED = {
    "cpu_time_total",
    "self_cpu_time_total",
    "cpu_memory_usage",
    "self_cpu_memory_usage",
    "device_memory_usage",
    "self_device_memory_usage",
    "count",
    "flops",
}


class EventList(list[Any]):
    """Events in the order of their begin, or sums of events; prints as a table."""

    def __init__(
        self,
        events: Iterable[Any] = (),
        *,
        use_device: str | None = None,
        profile_memory: bool = False,
        with_flops: bool = False,
    ) -> None:
        super().__init__(events)
        self._use_device, self._profile_memory, self._with_flops = use_device, profile_memory, with_flops
        self._tree_built = False

    def _build_tree(self) -> None:
        """Sorts the events by their begin, and finds for each the innermost one that holds it, by their times."""
        self.sort(key=lambda event: (event.time_range.start, -event.time_range.end))
        around: dict[int, list[FunctionEvent]] = {}
        for event in self:
            outer = around.setdefault(event.thread, [])
            start, end = event.time_range
            while outer and (outer[-1].time_range.end <= start or outer[-1].time_range.end < end):
                outer.pop()
            if outer:
                outer[-1].append_cpu_child(event)
                event.set_cpu_parent(outer[-1])
            if not event.is_async:
                outer.append(event)
        self._tree_built = True

    @property
    def self_cpu_time_total(self) -> float:
        """The sum of all self times: how long the profiler saw anything at work."""
        return float(sum(event.self_cpu_time_total for event in self))

    def key_averages(
        self, group_by_input_shapes: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """Sums the events up by name, and by shapes or the innermost lines of their stacks where that is wished for."""
        assert self._tree_built, "Expected tree to be built before calling key_averages"
        sums: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shapes else ""
            stack = event.stack[:group_by_stack_n]
            overload = event.overload_name if group_by_overload_name else ""
            group = event.key, event.is_user_annotation, str(shapes), tuple(stack), overload
            total = sums.setdefault(group, FunctionEventAvg()).add(event)
            total.input_shapes, total.stack, total.overload_name = shapes, stack, overload
        result = EventList(
            sums.values(),
            use_device=self._use_device,
            profile_memory=self._profile_memory,
            with_flops=self._with_flops,
        )
        result._tree_built = True
        return result

    def total_average(self) -> FunctionEventAvg:
        """All events in one sum, named Total; its total times count what lies in each other more than once."""
        total = FunctionEventAvg()
        for event in self:
            total.key = event.key if total.count else None
            total.add(event)
        total.key = "Total"
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The table as text: one line for each event, the largest `sort_by` first, `row_limit` lines (-1 for all).

        `time_unit` is "s", "ms" or "us" for all times alike. Raises AttributeError for a `sort_by` that there is not.
        """
        return table(
            self,
            sort_by,
            row_limit,
            max_src_column_width,
            max_name_column_width,
            max_shapes_column_width,
            header,
            top_level_events_only,
            time_unit,
            profile_memory=self._profile_memory,
            with_flops=self._with_flops,
        )

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str) -> None:
        """Writes the events as JSON that chrome://tracing and ui.perfetto.dev read; gzipped where the path says so."""
        write_trace(path, self, {})

    def supported_export_stacks_metrics(self) -> list[str]:
        """What `export_stacks` can write."""
        return METRICS

    def export_stacks(self, path: str, metric: str) -> None:
        """Writes a line for each event: its stack, outermost first, and the metric: what flame graphs are made of."""
        if metric not in METRICS:
            raise ValueError(f"metric should be one of: {METRICS}")
        write_stacks(path, self, metric if metric in METRICS[:1] else "self_device_time_total")
