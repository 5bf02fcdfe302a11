"""The table of events, laid out as torch's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_WIDTH = 12
_UNITS = (("s", 1e6), ("ms", 1e3))
_FLOPS = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")


def format_time(us: float, unit: str | None = None) -> str:
    """Microseconds as text, in the unit that suits their size, or in the one that is given: "s" or "ms"."""
    for name, size in _UNITS:
        if name == unit or (unit is None and us >= size):
            return f"{us / size:.3f}{name}"
    return f"{us:.3f}us"


def format_share(us: float, total: float) -> str:
    """A share of the total time; NaN where that is 0."""
    if not total:
        assert not us, f"Expected time_us == 0 but got {us}"
        return "NaN"
    return f"{100 * us / total:.2f}%"


def format_memory(size: int) -> str:
    """Bytes as text."""
    for unit, of in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if abs(size) >= of:
            return f"{size / of:.2f} {unit}"
    return f"{size} B"


def table(
    events: Sequence[Any],
    sort_by: str | None,
    row_limit: int,
    max_src_column_width: int,
    max_name_column_width: int,
    max_shapes_column_width: int,
    header: str | None,
    top_level_events_only: bool,
    time_unit: str | None,
    *,
    profile_memory: bool,
    with_flops: bool,
) -> str:
    """See EventList.table."""
    if not events:
        return ""
    if sort_by is not None:
        events = _sorted(events, sort_by)
    total = sum(event.self_cpu_time_total for event in events)
    names = _width((event.key for event in events), max_name_column_width)
    columns = [("Name", names), *((title, _WIDTH) for title in ("Self CPU %", "Self CPU", "CPU total %", "CPU total"))]
    columns.append(("CPU time avg", _WIDTH))
    if profile_memory:
        columns += [("CPU Mem", _WIDTH), ("Self CPU Mem", _WIDTH)]
    columns.append(("# of Calls", _WIDTH))
    shapes = _width((str(event.input_shapes) for event in events if event.input_shapes), max_shapes_column_width)
    if shapes:
        columns.append(("Input Shapes", shapes))
    stacks = _width((line for event in events for line in event.stack or ()), max_src_column_width)
    counted = [event.flops for event in events if event.flops]
    if stacks:
        columns.append(("Source Location", stacks))
    power = min((len(str(min(counted))) - 1) // 3, len(_FLOPS) - 1) if counted else 0
    if with_flops and counted:
        columns.append((f"Total {_FLOPS[power]}", _WIDTH))

    def line(cells: Sequence[str]) -> str:
        laid = [
            cell.ljust(width) if title == "Source Location" else cell.rjust(width)
            for cell, (title, width) in zip(cells, columns, strict=True)
        ]
        return "  ".join(laid) + "  "

    def cells(event: Any) -> list[str]:
        name = event.key
        if len(name) >= names - 3:
            name = name[: names - 3] + "..."
        found = [
            name,
            format_share(event.self_cpu_time_total, total),
            format_time(event.self_cpu_time_total, time_unit),
            "0" if event.is_async else format_share(event.cpu_time_total, total),
            format_time(event.cpu_time_total, time_unit),
            format_time(event.cpu_time, time_unit),
        ]
        if profile_memory:
            found += [format_memory(event.cpu_memory_usage), format_memory(event.self_cpu_memory_usage)]
        found.append(str(event.count))
        if shapes:
            found.append(str(event.input_shapes)[:shapes])
        if stacks:
            found.append(_path(event.stack[0], stacks) if event.stack else "")
        if with_flops and counted:
            found.append(f"{event.flops / 1000**power:8.3f}" if event.flops else "--")
        return found

    rule = line(["-" * width for _, width in columns])
    lines = [rule, line([title for title, _ in columns]), rule]
    if top_level_events_only:
        events = [event for event in events if event.cpu_parent is None]
    for event in events if row_limit < 0 else events[:row_limit]:
        lines.append(line(cells(event)))
        if stacks:
            lines += [
                line([_path(text, stacks) if title == "Source Location" else "" for title, _ in columns])
                for text in (*(event.stack or ())[1:], "")
            ]
    above: list[str] = []
    for text in (header, "This report only display top-level ops statistics" if top_level_events_only else None):
        if text is not None:
            above += ["=" * len(rule.rstrip()), text]
    return "\n".join([*above, *lines, rule, f"Self CPU time total: {format_time(total, time_unit)}", ""])


def _width(texts: Any, most: int) -> int:
    """The width of the column that holds these texts; 0 for none."""
    longest = max(map(len, texts), default=0)
    return min(longest + 4, most) if longest else 0


def _path(text: str, width: int) -> str:
    """The end of a line of a stack, which says more than its begin."""
    return text if len(text) <= width else "..." + text[3 - width :]


def _sorted(events: Sequence[Any], sort_by: str) -> list[Any]:
    attribute = sort_by.replace("cuda", "device")
    if not hasattr(events[0], attribute):
        raise AttributeError(
            f"'{type(events[0]).__name__}' object has no attribute '{sort_by}': sort_by takes cpu_time, "
            "cpu_time_total, self_cpu_time_total, cpu_memory_usage, self_cpu_memory_usage, count, or cuda for cpu"
        )
    return sorted(events, key=lambda event: getattr(event, attribute), reverse=True)
