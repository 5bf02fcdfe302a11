"""A recorded step: every operation and every gradient with its numbers, as JSON, as a page, and replayed.

The JSON is one object; an id is an index into its list.

sources        path, text: the script files that lines are in
values         name, shape, dtype, bytes, data (zlib-compressed little-endian bytes in base64), summary, sample;
               strides and memory, where it did not lie row by row in memory of its own; many, where it was within vmap
               and stood for a whole batch: then there is no data, and the shape is that of one item
modules        path, type, extra, parent, call: one for every call of a module
leaves         name, kind (parameter, leaf, input), value, requires_grad, module, grad_before, grad, updated
ops            name, op, node, sequence, phase (forward, backward, update), inputs, arguments, outputs, saved, doc,
               rules, file, line, function, module, within, seconds, bytes, view, in_place, error
backward       node, name, incoming, parts, outgoing, saved, freed, freed_bytes, hooked, seconds, error, pass
accumulations  leaf, value, before, after, parts
captured       node, value, parts: the gradients that were asked for by `inputs=`
passes         file, line, create_graph: one for every backward pass
events         the order of all that happened: {"forward": op}, {"backward": step}, {"accumulate": k}, {"captured": k},
               {"update": leaf, "value": new value}, {"pass": k}
error          type, message, file, line, op, backward: how the block or the script failed
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.study.page import render
from minitorch.study.trace.build import FORMAT, VERSION
from minitorch.study.trace.record import Entry
from minitorch.study.trace.replay import Replay, replay
from minitorch.study.trace.values import Value, once

LIMIT = 32 * 2**20
"""Bytes of values, not yet compressed, that a file gets unless told otherwise."""
_SAMPLE = 64
_LISTS = ("modules", "leaves", "ops", "backward", "accumulations", "captured", "passes", "events", "sources")


class Trace:
    """What was recorded: lists of dicts, as the module's docstring says; `value(id)` gives the numbers."""

    def __init__(self, data: Entry | None = None, values: dict[int, Value] | None = None) -> None:
        self._made = None if data is None else (data, values or {})
        self._later: Callable[[], tuple[Entry, dict[int, Value]]] | None = None

    @property
    def data(self) -> Entry:
        """The JSON without the values; raises RuntimeError while the block is not over."""
        return self._ready()[0]

    @property
    def values(self) -> dict[int, Value]:
        """The values, by number."""
        return self._ready()[1]

    def _ready(self) -> tuple[Entry, dict[int, Value]]:
        if self._made is None:
            if self._later is None:
                raise RuntimeError("the trace is not made yet: ask it after the block of `with study.trace()`")
            self._made, self._later = self._later(), None
        return self._made

    title = property(lambda self: self.data["title"], doc="What was recorded.")
    step = property(lambda self: self.data["step"], doc="Which step it is; None for a block.")
    ops = property(lambda self: self.data["ops"], doc="The operations, in the order of their calls.")
    backward = property(lambda self: self.data["backward"], doc="The steps of the backward passes, in order.")
    leaves = property(lambda self: self.data["leaves"], doc="Parameters, other leaves, and inputs.")
    modules = property(lambda self: self.data["modules"], doc="The calls of modules.")
    accumulations = property(lambda self: self.data["accumulations"], doc="What was added to leaves' gradients.")
    captured = property(lambda self: self.data["captured"], doc="The gradients that were asked for.")
    passes = property(lambda self: self.data["passes"], doc="The backward passes.")
    events = property(lambda self: self.data["events"], doc="The order of all that happened.")
    error = property(lambda self: self.data["error"], doc="How it failed; None where it did not.")

    def value(self, number: int | None) -> Any:
        """The array of that number; None where there is none, or a file left it out."""
        return None if number is None else self.values[number].array

    def replay(self) -> Replay:
        """Computes every operation and every gradient anew, from this trace's own numbers, and compares the bits."""
        return replay(self.data, self.values)

    def to_json(self, limit: int | None = LIMIT) -> Entry:
        """The trace as one JSON object; `limit`: bytes of values, of which the largest are left out first."""
        chosen = _chosen(self.values, limit)
        shared = _shared(self.values)
        values = [_value_to_json(n, value, n in chosen, n in shared) for n, value in sorted(self.values.items())]
        return {**self.data, "values": values}

    def save(self, path: str | os.PathLike[str], limit: int | None = LIMIT) -> None:
        """Writes the page where `path` ends in .html, else the JSON; whole or not at all.

        `limit`: bytes of values, before compression; of larger ones only a summary and a sample is kept. None: all.
        """
        data = self.to_json(limit)
        page = Path(path).suffix.lower() in (".html", ".htm")
        text = render(data) if page else json.dumps(data, allow_nan=False, separators=(",", ":"))
        _write(Path(path), text)

    def __repr__(self) -> str:
        failed = "" if self.error is None else f", failed: {self.error['type']}"
        return (
            f"<Trace of {self.title}: {len(self.ops)} operations, {len(self.backward)} backward steps, "
            f"{len(self.leaves)} leaves{failed}>"
        )


def load(path: str | os.PathLike[str]) -> Trace:
    """Reads what `Trace.save` wrote, JSON or page; raises ValueError for any other file.

    Nothing in the file is executed.
    """
    text = Path(path).read_text("utf-8")
    embedded = re.search(r'<script type="application/json" id="trace">(.*?)</script>', text, re.DOTALL)
    try:
        data = json.loads(embedded[1] if embedded else text)
        if data["format"] != FORMAT:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no trace: expected a file that Trace.save wrote") from None
    if data["version"] != VERSION:
        raise ValueError(f"{path} is a trace of version {data['version']}: this minitorch reads version {VERSION}")
    try:
        values = {number: _value_from_json(each) for number, each in enumerate(data.pop("values"))}
        for name in _LISTS:
            if not isinstance(data[name], list):
                raise TypeError(name)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__}: {error}") from None
    return Trace(data, values)


def _write(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".trace-", delete=False) as file:
        try:
            file.write(text)
            file.close()
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(file.name, 0o666 & ~mask)  # temporary files are for their owner alone
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _chosen(values: Mapping[int, Value], limit: int | None) -> set[int]:
    """The values that a file has room for, the smallest first."""
    chosen, total = set(), 0
    for number in sorted(values, key=lambda each: values[each].nbytes):
        total += values[number].nbytes
        if values[number].raw is not None and (limit is None or total <= limit):
            chosen.add(number)
    return chosen


def _shared(values: Mapping[int, Value]) -> set[int]:
    """The values that share memory with one that lies elsewhere in it: products round by that."""
    groups: dict[int, list[int]] = {}
    for number, value in values.items():
        if value.memory is not None:
            groups.setdefault(value.memory[0], []).append(number)
    places = {
        group: {(values[n].memory, values[n].shape, values[n].strides) for n in numbers}
        for group, numbers in groups.items()
    }
    return {n for group, numbers in groups.items() if len(places[group]) > 1 for n in numbers}


def _value_to_json(number: int, value: Value, whole: bool, shared: bool) -> Entry:
    entry: Entry = {
        "id": number,
        "name": value.name,
        "shape": list(value.shape),
        "dtype": value.dtype.name,
        "bytes": value.nbytes,
        "data": None,
        "summary": value.summary,
    }
    if value.many:
        entry["many"] = True
    if value.strides is not None:
        entry["strides"] = list(value.strides)
    if shared and value.memory is not None:
        entry["memory"] = list(value.memory)
    if value.raw is None:
        if value.sample is not None:
            entry["sample"] = value.sample
        return entry
    array = value.array
    entry["summary"] = summary(array)
    if whole:
        entry["data"] = _packed(array)
    else:
        entry["sample"] = _sample(array)
    return entry


def _value_from_json(entry: Entry) -> Value:
    dtype = np.dtype(entry["dtype"])
    if dtype.kind not in "biuf":
        raise ValueError(f"a value of dtype {dtype}")
    shape = tuple(map(int, entry["shape"]))
    value = Value(None, shape, dtype)
    value.name, value.summary, value.sample = entry["name"], entry["summary"], entry.get("sample")
    value.many = bool(entry.get("many", False))
    if "strides" in entry:
        value.strides = tuple(map(int, entry["strides"]))
    if "memory" in entry:
        group, first = map(int, entry["memory"])
        value.memory = group, first
    if entry["data"] is not None:
        data = zlib.decompressobj().decompress(base64.b64decode(entry["data"]), value.nbytes or 1)
        array = np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
        value.raw = once(array, value.strides or ()).tobytes()
    return value


def _packed(array: Any) -> str:
    little = np.asarray(array, array.dtype.newbyteorder("<"))
    return base64.b64encode(zlib.compress(little.tobytes(), 6)).decode("ascii")


def _sample(array: Any) -> Entry:
    """The beginning of an array: its first matrix, or the first numbers."""
    index = []
    while array.ndim > 2:
        array = array[0]
        index.append(0)
    array = array[tuple(slice(0, _SAMPLE if array.ndim == 2 else _SAMPLE**2) for _ in array.shape)]
    return {"index": index, "shape": list(array.shape), "data": _packed(array)}


def summary(array: Any) -> Entry | None:
    """The smallest, largest and mean number and so on, of what is finite; None where there is nothing."""
    if not array.size:
        return None
    numbers = np.asarray(array, np.float64)
    finite = np.isfinite(numbers)
    rest = numbers if finite.all() else numbers[finite]
    counts = {
        "zeros": int(array.size - np.count_nonzero(array)),
        "nan": int(np.isnan(numbers).sum()),
        "inf": int(np.isinf(numbers).sum()),
    }
    if not rest.size:
        return {"min": None, "max": None, "mean": None, "std": None, "norm": None, **counts}
    measures = {
        "min": rest.min(),
        "max": rest.max(),
        "mean": rest.mean(),
        "std": rest.std(),
        "norm": np.linalg.norm(rest),
    }
    return {**{name: float(each) if math.isfinite(each) else None for name, each in measures.items()}, **counts}
