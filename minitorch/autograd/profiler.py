"""torch.autograd.profiler: the profiler that records from its `with` to the end of it, and named blocks."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from minitorch.backend import cuda_device_count, load_cupy
from minitorch.errors import CudaUnavailableError, NotSupportedError, type_name, user_stacklevel
from minitorch.profiler._annotations import begin, end, library
from minitorch.profiler._events import EventList as EventList
from minitorch.profiler._events import FunctionEvent as FunctionEvent
from minitorch.profiler._events import FunctionEventAvg
from minitorch.profiler._kinds import DeviceType as DeviceType
from minitorch.profiler._kinds import ProfilerActivity as ProfilerActivity
from minitorch.profiler._kinds import kineto_available as kineto_available
from minitorch.profiler._recorder import Options, Recorder
from minitorch.profiler._trace import write_trace

_P = ParamSpec("_P")
_R = TypeVar("_R")


class record_function:
    """Gives a block of the script, or a function that it decorates, a name in the profile; else it does nothing.

    Raises RuntimeError for a name that is not a string.
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        for argument, value in (("name", self.name), ("args", self.args)):
            if not isinstance(value, str) and (argument == "name" or value is not None):
                raise RuntimeError(
                    f"record_function: Expected a value of type 'str' for argument '{argument}' but instead found type "
                    f"'{type_name(value)}'."
                )
        begin(self, self.name)
        return self

    def __exit__(self, *error: object) -> None:
        end(self)

    def __call__(self, func: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(func)
        def named(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with type(self)(self.name, self.args):
                return func(*args, **kwargs)

        return named


class profile:
    """Records what runs within it: every operation, gradient function and named block of this thread.

    `record_shapes`, `profile_memory` (bytes of the results that were allocated), `with_stack` (lines of the script) and
    `with_flops` add to what is recorded, and to what recording costs. With `enabled` False it does nothing, and gives
    None. Raises RuntimeError when it is entered twice. Differs from torch: the time of a GPU is not measured, memory
    that is given back is not counted, creating a tensor (`torch.randn`) is no event, and profilers may be nested.
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Callable[[], str] | None = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:
        self.enabled = enabled
        if not enabled:
            return
        if use_cuda:
            warnings.warn(
                "The attribute `use_cuda` will be deprecated soon, please use ``use_device = 'cuda'`` instead.",
                FutureWarning,
                stacklevel=user_stacklevel(),
            )
            use_device = "cuda"
        if use_device is not None:
            _warn_of_device(use_device)
        self.use_cuda, self.use_device, self.use_cpu = False, None, use_cpu
        self.record_shapes, self.with_flops = record_shapes, with_flops
        self.profile_memory, self.with_stack, self.with_modules = profile_memory, with_stack, with_modules
        self.acc_events = acc_events
        if not use_cpu:
            assert use_kineto, "Device-only events supported only with Kineto (use_kineto=True)"
            raise AssertionError("No activities specified for the profiler")
        self.entered = False
        self._recorder: Recorder | None = None
        self._found: EventList | None = None

    def _start(self) -> None:
        """Begins to record; what was recorded before is kept only if events are to accumulate."""
        # torch needs the shapes for the flops, and so records both
        options = Options(self.record_shapes or self.with_flops, self.profile_memory, self.with_stack, self.with_flops)
        epoch = self._recorder.epoch if self._recorder is not None and self.acc_events else None
        self._recorder = Recorder(options, epoch)
        library.switch(+1)
        self._recorder.start()

    def _stop(self) -> None:
        """Ends the recording."""
        assert self._recorder is not None
        found = self._recorder.stop()
        library.switch(-1)
        if self.acc_events and self._found is not None:
            found.extend(self._found)
        self._found = found

    def __enter__(self) -> profile | None:
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        self._start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.enabled:
            self._stop()

    @property
    def function_events(self) -> EventList:
        """The events; none before the profile is over."""
        found = self._found if self.enabled else None
        if found is None:
            found = EventList()
            found._build_tree()
        return found

    @property
    def self_cpu_time_total(self) -> float:
        """The sum of the events' self times, in microseconds."""
        return self.function_events.self_cpu_time_total

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events summed up by name; by shapes and by the innermost lines of their stacks too, if wished for."""
        return self.function_events.key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def total_average(self) -> FunctionEventAvg:
        """All events in one sum."""
        return self.function_events.total_average()

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:
        """The table of the events, one by one: see EventList.table."""
        return self.function_events.table(
            sort_by,
            row_limit,
            max_src_column_width,
            max_name_column_width,
            max_shapes_column_width,
            header,
            top_level_events_only,
        )

    def export_chrome_trace(self, path: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Writes the events as JSON for chrome://tracing; raises RuntimeError before the profile is over."""
        if self._found is None:
            raise RuntimeError("export_chrome_trace: there is no trace yet; it is there once the profiler has stopped")
        flags = {name: 1 for name in ("record_shapes", "profile_memory", "with_stack") if getattr(self, name)}
        write_trace(path, self._found, {**flags, **(metadata or {})})

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Writes the events' stacks for flame graphs; raises AssertionError without `with_stack`."""
        assert self.with_stack, "export_stacks() requires with_stack=True"
        self.function_events.export_stacks(path, metric)

    def __repr__(self) -> str:
        return repr(self._found) if self._found is not None else "<unfinished torch.autograd.profile>"

    def __str__(self) -> str:
        return str(self._found) if self._found is not None else "<unfinished torch.autograd.profile>"


def _warn_of_device(use_device: str) -> None:
    """Warns that the work of a device is not going to be measured, and why."""
    if use_device != "cuda":
        reason = f"The {use_device} is not a valid device option."
    elif _has_gpu():
        reason = "The times of a GPU are not measured: an operation's CPU time is that of starting it there."
    else:
        reason = "CUDA is not available, disabling CUDA profiling"
    warnings.warn(reason, UserWarning, stacklevel=user_stacklevel())


def _has_gpu() -> bool:
    try:
        return cuda_device_count(load_cupy()) > 0
    except CudaUnavailableError:
        return False


class emit_nvtx:
    """Marks operations in the traces of NVIDIA's tools, in torch. Here, entering it raises NotSupportedError."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled, self.record_shapes = enabled, record_shapes

    def __enter__(self) -> emit_nvtx:
        if self.enabled:
            raise NotSupportedError(
                f"torch.autograd.profiler.{type(self).__name__}: operations are not marked for the tools of NVIDIA and "
                "Intel; use torch.profiler.profile(), and its export_chrome_trace()"
            )
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to end."""


class emit_itt(emit_nvtx):
    """Marks operations in the traces of Intel's tools, in torch. Here, entering it raises NotSupportedError."""


def load_nvprof(path: str | os.PathLike[str]) -> EventList:
    """Reads a trace of nvprof, in torch. Raises NotSupportedError."""
    raise NotSupportedError("torch.autograd.profiler.load_nvprof: traces of nvprof are not read")


def parse_nvprof_trace(path: str | os.PathLike[str]) -> EventList:
    """Reads a trace of nvprof, in torch. Raises NotSupportedError."""
    raise NotSupportedError("torch.autograd.profiler.parse_nvprof_trace: traces of nvprof are not read")
