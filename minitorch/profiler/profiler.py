"""torch.profiler.profile: a profiler with a schedule, which records some steps of a training and skips the others."""

from __future__ import annotations

import json
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from minitorch.autograd.profiler import profile as _Recording
from minitorch.autograd.profiler import record_function
from minitorch.errors import NotSupportedError, user_stacklevel
from minitorch.profiler._events import EventList
from minitorch.profiler._kinds import ProfilerActivity, supported_activities


class ProfilerAction(Enum):
    """What the profiler does in a step: nothing, get ready, record, or record and hand over what was recorded."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3
    DEVICE_STOPPED = 4


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """For each step what to do: `wait` steps nothing, `warmup` to get ready, `active` recorded, and again.

    `repeat` is the number of such cycles (0 for no end), `skip_first` of steps before the first one, which does not
    wait if `skip_first_wait`. Raises AssertionError for negative numbers, and for no active steps.
    """
    if wait < 0 or warmup < 0 or active <= 0 or repeat < 0 or skip_first < 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} (need >= 0), "
            f"active={active} (need > 0), repeat={repeat} (need >= 0), skip_first={skip_first} (need >= 0)."
        )
    if warmup == 0:
        warnings.warn(
            "Profiler won't be using warmup, this can skew profiler results", UserWarning, stacklevel=user_stacklevel()
        )
    cycle = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        assert step >= 0, f"Step must be non-negative. Got {step}."
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait:
            step += wait
        if repeat and step >= repeat * cycle:
            return ProfilerAction.NONE
        within = step % cycle
        if within < wait:
            return ProfilerAction.NONE
        if within < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if within == cycle - 1 else ProfilerAction.RECORD

    return action


def _always(step: int) -> ProfilerAction:
    """The schedule where none is given."""
    return ProfilerAction.RECORD


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """An `on_trace_ready` that writes each trace into a folder, under the names that TensorBoard looks for.

    Raises RuntimeError when the folder cannot be made.
    """

    def write(prof: profile) -> None:
        try:
            os.makedirs(dir_name, exist_ok=True)
        except OSError as error:
            raise RuntimeError(f"Can't create directory: {dir_name}") from error
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        name = f"{worker}.{time.time_ns()}.pt.trace.json"
        prof.export_chrome_trace(os.path.join(dir_name, f"{name}.gz" if use_gzip else name))

    return write


class profile:
    """Records what runs within it, or between `start` and `stop`: see torch.autograd.profiler.profile.

    With a `schedule`, call `step()` after each step of the training: only the active steps are recorded, and after
    each cycle `on_trace_ready(self)` is called; without one, everything is, and it is called at the end. Raises
    AssertionError when no activity can be profiled, and for results that are asked for before anything is recorded.
    Differs from torch: `with_modules` adds nothing, as there without TorchScript; a trace may be written twice.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Callable[[], str] | None = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:
        if execution_trace_observer is not None:
            raise NotSupportedError("torch.profiler.profile(execution_trace_observer=...): use export_chrome_trace()")
        chosen = set(supported_activities() if activities is None else activities)
        self.activities = {each for each in chosen if isinstance(each, ProfilerActivity)}
        if use_cuda is not None:
            warnings.warn(
                "`use_cuda` is deprecated, use `activities` argument instead",
                FutureWarning,
                stacklevel=user_stacklevel(),
            )
            if use_cuda:
                self.activities.add(ProfilerActivity.CUDA)
        assert self.activities, "No valid profiler activities found"
        self.schedule = schedule or _always
        self.record_steps = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack, self.with_flops, self.with_modules = with_stack, with_flops, with_modules
        self.acc_events = acc_events
        self.custom_trace_id_callback = custom_trace_id_callback
        self.profiler: _Recording | None = None
        self.step_num = 0
        self.current_action = self.schedule(0)
        self._step: record_function | None = None
        self._running = False
        self._metadata: dict[str, Any] = {}
        self._trace_id = ""

    # --- recording ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins the first step."""
        self._turn(ProfilerAction.NONE, self.current_action)
        self._begin_step()

    def stop(self) -> None:
        """Ends the last step, and hands over what was recorded."""
        self._end_step()
        self._turn(self.current_action, None)

    def step(self) -> None:
        """Ends a step of the training, and begins the next one."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        self._turn(before, self.current_action)
        self._begin_step()

    def _begin_step(self) -> None:
        if self.record_steps:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__(None, None, None)
            self._step = None

    def _turn(self, before: ProfilerAction, now: ProfilerAction | None) -> None:
        """Goes from one action to the next; None at the end of all."""
        handing_over = before is ProfilerAction.RECORD_AND_SAVE or now is None
        if before in _RECORDING and (handing_over or now not in _RECORDING):
            if not handing_over:
                warnings.warn(
                    f"Incorrect schedule: RECORD followed by {now.name if now else None}",
                    UserWarning,
                    stacklevel=user_stacklevel(),
                )
            running = self._running
            self.stop_trace()
            if running and handing_over and self.on_trace_ready is not None:
                self.on_trace_ready(self)
        if now is ProfilerAction.WARMUP:
            self.prepare_trace()
        elif now in _RECORDING and (before is ProfilerAction.NONE or not self._running):
            self.start_trace()

    def prepare_trace(self) -> None:
        """Gets ready to record."""
        if self.profiler is None or not self.acc_events:
            if self.profiler is not None and self.profiler._found is not None:
                warnings.warn(
                    "Profiler clears events at the end of each cycle. Only events from the current cycle will be "
                    "reported. To keep events across cycles, set acc_events=True.",
                    UserWarning,
                    stacklevel=user_stacklevel(),
                )
            self.profiler = _Recording(
                use_device="cuda" if ProfilerActivity.CUDA in self.activities else None,
                use_cpu=ProfilerActivity.CPU in self.activities,
                use_kineto=True,
                record_shapes=self.record_shapes,
                with_flops=self.with_flops,
                profile_memory=self.profile_memory,
                with_stack=self.with_stack,
                with_modules=self.with_modules,
                acc_events=self.acc_events,
            )
        make_id = self.custom_trace_id_callback or (lambda: os.urandom(16).hex().upper())
        self._trace_id = make_id()

    def start_trace(self) -> None:
        """Begins to record, whatever the schedule says."""
        if self._running:
            self.stop_trace()
        if self.profiler is None or self.profiler._found is not None:
            self.prepare_trace()
        assert self.profiler is not None
        self.profiler._start()
        self._running = True

    def stop_trace(self) -> None:
        """Ends the recording."""
        if self.profiler is None:
            raise AssertionError("Profiler must be initialized before stopping trace")
        if self._running:
            self._running = False
            self.profiler._stop()

    # --- results ------------------------------------------------------------------------------------------------------

    def _recorded(self, doing: str) -> _Recording:
        assert self.profiler is not None, f"Profiler must be initialized before {doing}"
        return self.profiler

    def events(self) -> EventList:
        """The events of the last cycle; none while it is being recorded."""
        return self._recorded("accessing events").function_events

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events summed up by name; by shapes and by the innermost lines of their stacks too, if wished for."""
        recorded = self._recorded("getting key averages")
        return recorded.key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the events as JSON that chrome://tracing and ui.perfetto.dev read; gzipped for a path in `.gz`."""
        recorded = self._recorded("exporting chrome trace")
        recorded.export_chrome_trace(path, {"trace_id": self._trace_id, **self._metadata})

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Writes the events' stacks for flame graphs; raises AssertionError without `with_stack`."""
        self._recorded("exporting stacks").export_stacks(path, metric)

    def add_metadata(self, key: str, value: str) -> None:
        """Adds a text to the trace's JSON."""
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Adds to the trace's JSON what a text of JSON holds."""
        self._metadata[key] = json.loads(value)

    preset_metadata_json = add_metadata_json

    def get_trace_id(self) -> str:
        """The id of the last trace."""
        return self._trace_id

    def export_memory_timeline(self, path: str, device: str | None = None) -> None:
        """Raises NotSupportedError: what is given back is not recorded."""
        raise NotSupportedError("torch.profiler.profile.export_memory_timeline: the release of memory is not recorded")

    def toggle_collection_dynamic(self, enable: bool, activities: Iterable[ProfilerActivity]) -> None:
        """Raises NotSupportedError."""
        raise NotSupportedError("torch.profiler.profile.toggle_collection_dynamic: use a schedule")
