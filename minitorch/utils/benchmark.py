"""torch.utils.benchmark: how long a statement takes, measured in blocks of runs and told with its spread."""

from __future__ import annotations

import math
import statistics
import textwrap
import timeit
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

import minitorch
from minitorch import cuda, settings
from minitorch.errors import NotSupportedError

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
_RESOLUTION = 25e-9
"""No time is known better than to so many seconds."""
_OVERHEAD = 1e-3
"""The largest share of a block's time that may be the timer's own."""


def timer() -> float:
    """Seconds from some point on, once the GPU has done what it was given."""
    if cuda.is_available():
        cuda.synchronize()
    return timeit.default_timer()


def select_unit(t: float) -> tuple[str, float]:
    """The unit in which so many seconds are told, and its length in seconds."""
    return next((unit for unit in reversed(_UNITS.items()) if unit[1] <= t), ("ns", _UNITS["ns"]))


@dataclass(frozen=True)
class TaskSpec:
    """What is measured: the code, the words by which it is told, and the number of threads."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or else the statement, and the sub-label."""
        text = self.label or _code("stmt", self.stmt).removeprefix("stmt: ")
        return f"{text}: {self.sub_label}" if self.sub_label else text

    def setup_str(self) -> str:
        """The code that runs before, empty where there is none."""
        return "" if self.setup in ("", "pass") else _code("setup", self.setup)

    def summarize(self) -> str:
        """Title, description and setup."""
        parts = [part for part in (self.title, self.description, self.setup_str()) if part]
        return "\n".join(f"{part}\n" if "\n" in part else part for part in parts)


def _code(name: str, code: str) -> str:
    """Code of one line beside its name, code of several lines below."""
    return f"{name}:\n{textwrap.indent(code, '  ')}" if "\n" in code else f"{name}: {code}"


@dataclass(init=True, repr=False)
class Measurement:
    """The times of some blocks of `number_per_run` runs each; all that is told of them is of one run, in seconds."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec.__dataclass_fields__ or name == "title":
            return getattr(self.task_spec, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    @property
    def times(self) -> list[float]:
        """The time of one run, of each block."""
        return [time / self.number_per_run for time in self.raw_times]

    @property
    def median(self) -> float:
        """The median of the times."""
        return float(np.median(self.times))

    @property
    def mean(self) -> float:
        """The mean of the times."""
        return float(np.mean(self.times))

    @property
    def iqr(self) -> float:
        """The range in which the middle half of the times lies."""
        low, high = np.percentile(self.times, (25, 75))
        return float(high - low)

    @property
    def significant_figures(self) -> int:
        """How many figures of the median mean something, 1 to 4: by the spread of the middle half, 9 times in 10."""
        count = len(self.times)
        middle = sorted(self.times)[count // 4 : math.ceil(3 * count / 4)]
        uncertain = max(1.645 * statistics.pstdev(middle) / math.sqrt(len(middle)), _RESOLUTION)
        return min(max(math.floor(math.log10(self.median / uncertain)), 1), 4)

    @property
    def has_warnings(self) -> bool:
        """Whether the middle half of the times lies more than a tenth of the median apart."""
        return not self.meets_confidence()

    def meets_confidence(self, threshold: float = 0.1) -> bool:
        """Whether the middle half of the times lies at most `threshold` of the median apart."""
        return self.iqr / self.median < threshold

    @property
    def as_row_name(self) -> str:
        """The name of a row in a table: the sub-label, or else the statement."""
        return self.sub_label or self.stmt or "[Unknown]"

    def __repr__(self) -> str:
        unit, length = select_unit(self.median)
        threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
        lines = [self.task_spec.summarize()]
        if len(self.times) == 1:
            lines += [
                f"  {self.median / length:.2f} {unit}",
                f"  1 measurement, {self.number_per_run} runs , {threads}",
            ]
        else:
            lines.append(f"  Median: {self.median / length:.2f} {unit}")
            if len(self.times) > 3:
                low, high = np.percentile(self.times, (25, 75)) / length
                lines.append(f"  IQR:    {self.iqr / length:.2f} {unit} ({low:.2f} to {high:.2f})")
            lines.append(f"  {len(self.times)} measurements, {self.number_per_run} runs per measurement, {threads}")
        if self.has_warnings:
            reason = "could indicate system fluctuation" if self.meets_confidence(0.25) else None
            lines += [
                f"  WARNING: Interquartile range is {self.iqr / self.median:.1%} of the median measurement.",
                f"           This {reason or 'suggests significant environmental influence'}.",
            ]
        return "\n".join([object.__repr__(self), *lines])

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """The times of the same task put together, one measurement a task."""
        merged: dict[TaskSpec, list[float]] = {}
        for each in measurements:
            merged.setdefault(each.task_spec, []).extend(each.times)
        return [Measurement(1, times, task) for task, times in merged.items()]


class Timer:
    """Measures the statement `stmt`, run after `setup` with the names in `globals`, and `torch`.

    Raises ValueError for a statement that is no string. Differs from torch: there is no C++ and no Callgrind.
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: str = "python",
    ) -> None:
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if language.lower() in ("c++", "cpp"):
            raise NotSupportedError("torch.utils.benchmark.Timer: minitorch measures Python only, not C++")
        if language.lower() not in ("python", "py"):
            raise ValueError(f"Invalid language `{language}`.")
        if global_setup:
            raise ValueError(f"global_setup is C++ only, got `{global_setup}`.")
        stmt, setup = (textwrap.dedent(code).strip() for code in (stmt, setup))
        self._task_spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)
        self._timer = timeit.Timer(stmt, setup, timer, {"torch": minitorch, **(globals or {})})

    def timeit(self, number: int = 1000000) -> Measurement:
        """One block of `number` runs, after a hundredth as many to warm up."""
        with self._threads():
            self._timer.timeit(max(number // 100, 2))
            return Measurement(number, [self._timer.timeit(number)], self._task_spec)

    def blocked_autorange(
        self, callback: Callable[[int, float], object] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Blocks of as many runs as make the timer's own time small, for `min_run_time` seconds.

        `callback` gets the number of runs and the time of each block.
        """
        return self._blocks(callback, min_run_time, lambda times: sum(times) >= min_run_time)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], object] | None = None,
    ) -> Measurement:
        """As blocked_autorange, until the spread is below `threshold` of the median, or `max_run_time` is over."""

        def enough(times: list[float]) -> bool:
            if sum(times) >= max_run_time:
                return True
            settled = Measurement(1, times, self._task_spec).meets_confidence(threshold)
            return len(times) > 3 and sum(times) >= min_run_time and settled

        return self._blocks(callback, min_run_time, enough)

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Raises NotImplementedError, as in torch: use blocked_autorange."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], object] | None = None) -> NoReturn:
        """Raises NotImplementedError, as in torch: use blocked_autorange."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def collect_callgrind(self, number: int = 100, **options: Any) -> NoReturn:
        """Raises NotSupportedError."""
        raise NotSupportedError(
            "torch.utils.benchmark.Timer.collect_callgrind: minitorch does not count instructions; "
            "use blocked_autorange"
        )

    def _blocks(
        self,
        callback: Callable[[int, float], object] | None,
        min_run_time: float,
        enough: Callable[[list[float]], bool],
    ) -> Measurement:
        with self._threads():
            number = self._block_size(min_run_time)
            times: list[float] = []
            while not times or not enough(times):
                times.append(self._timer.timeit(number))
                if callback is not None:
                    callback(number, times[-1])
        return Measurement(number, times, self._task_spec)

    def _block_size(self, min_run_time: float) -> int:
        """The power of ten so many runs of which take a thousand times as long as the timer itself."""
        overhead = statistics.median(self._timer.timeit(0) for _ in range(5))
        number = 1
        while (took := self._timer.timeit(number)) * _OVERHEAD < overhead and took < min_run_time:
            number *= 10
        return number

    @contextmanager
    def _threads(self) -> Iterator[None]:
        before = settings.get_num_threads()
        settings.set_num_threads(self._task_spec.num_threads)
        try:
            yield
        finally:
            settings.set_num_threads(before)
