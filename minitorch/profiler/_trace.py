"""Files of events: the JSON that chrome://tracing reads, and stacks for flame graphs."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_FOR_FLAMES = str.maketrans(" ;\t\n", "____")


def write_trace(path: str | os.PathLike[str], events: Sequence[Any], metadata: Mapping[str, Any]) -> None:
    """Writes the events as JSON, gzipped where the path ends in `.gz`; raises OSError where it cannot be written."""
    whole = {
        "schemaVersion": 1,
        "deviceProperties": [],
        **metadata,
        "displayTimeUnit": "ms",
        "traceEvents": [*_entries(events)],
        "traceName": os.fspath(path),
    }
    text = json.dumps(whole, indent=1)
    if os.fspath(path).endswith(".gz"):
        Path(path).write_bytes(gzip.compress(text.encode()))
    else:
        Path(path).write_text(text, encoding="utf-8")


def _entries(events: Sequence[Any]) -> Iterator[dict[str, Any]]:
    pid = os.getpid()
    program = Path(sys.executable).name
    yield {"ph": "M", "name": "process_name", "ts": 0, "pid": pid, "tid": 0, "args": {"name": program}}
    yield {"ph": "M", "name": "process_labels", "ts": 0, "pid": pid, "tid": 0, "args": {"labels": "CPU"}}
    for tid in dict.fromkeys(event.device_resource_id or event.thread for event in events):
        named = {"name": f"thread {tid} ({program})"}
        yield {"ph": "M", "name": "thread_name", "ts": 0, "pid": pid, "tid": tid, "args": named}
    made: set[int] = set()
    """The numbers of the forward operations: an arrow leads from each to its gradient function."""
    for event in events:
        start, end = event.time_range
        at = {"pid": pid, "tid": event.device_resource_id or event.thread, "ts": round(start, 3)}
        category = "user_annotation" if event.is_user_annotation else "cpu_op"
        args = {"External id": event.id}
        if event.sequence_nr >= 0:
            args |= {"Sequence number": event.sequence_nr, "Fwd thread id": event.fwd_thread}
        if event.input_shapes:
            args["Input Dims"] = event.input_shapes
        if event.stack:
            args["Call stack"] = ";".join(event.stack)
        yield {"ph": "X", "cat": category, "name": event.trace_name, **at, "dur": round(end - start, 3), "args": args}
        flow = {"id": event.sequence_nr, **at, "cat": "fwdbwd", "name": "fwdbwd"}
        if event.sequence_nr >= 0 and not event.fwd_thread and event.sequence_nr not in made:
            made.add(event.sequence_nr)
            yield {"ph": "s", **flow}
        elif event.scope == 1 and event.sequence_nr in made:
            yield {"ph": "f", **flow, "bp": "e"}


def write_stacks(path: str | os.PathLike[str], events: Sequence[Any], metric: str) -> None:
    """Writes `outer;inner 12` for each event that has a stack and at least one whole unit of the metric."""
    with open(path, "w", encoding="utf-8") as file:
        for event in events:
            amount = int(getattr(event, metric))
            if event.stack and amount > 0:
                file.write(f"{';'.join(line.translate(_FOR_FLAMES) for line in reversed(event.stack))} {amount}\n")
