"""Makes a trace of what was recorded: entries that refer to each other are numbered from 0 on, texts are looked up."""

from __future__ import annotations

import linecache
import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from minitorch.errors import is_engine
from minitorch.study.formulas import doc, formulas
from minitorch.study.trace.encoding import arrays_of, path_of, shown
from minitorch.study.trace.record import Entry, Part, Record
from minitorch.study.trace.values import Value
from minitorch.version import __version__ as torch_version

FORMAT, VERSION = "minitorch-trace", 1


class Failure:
    """How a block ended: the error, and what was under way."""

    def __init__(
        self, error: BaseException, calls: Iterable[tuple[Any, int]], steps: Iterable[tuple[Any, int]]
    ) -> None:
        """`calls` and `steps`: the frames under way when it failed, with the numbers of the operations or steps."""
        frames: set[int] = set()
        self.file, self.line = None, 0
        traceback = error.__traceback__
        while traceback is not None:
            frames.add(id(traceback.tb_frame))
            if not is_engine(traceback.tb_frame.f_code.co_filename):
                self.file, self.line = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
            traceback = traceback.tb_next
        self.type, self.message = type(error).__name__, str(error)
        self.op = next((number for frame, number in calls if id(frame) in frames), None)
        self.backward = next((number for frame, number in steps if id(frame) in frames), None)


def build(
    record: Record, title: str, step: int | None = None, failure: Failure | None = None, keep: set[int] | None = None
) -> tuple[Entry, dict[int, Value]]:
    """The lists of a record, and its values; `keep`: only these operations, and what belongs to them."""
    return _Builder(record, keep).lists(title, step, failure)


class _Builder:
    """Numbers what is kept of a record from 0 on."""

    def __init__(self, record: Record, keep: set[int] | None) -> None:
        self._record = record
        self._kept = sorted(number for number in record.ops if keep is None or number in keep)
        self._values: dict[int, int] = {}
        self._files: dict[str, int] = {}
        self._ended = set(record.events)
        self._op_ids = {number: k for k, number in enumerate(self._kept)}
        leaves = self._used_leaves() if keep is not None else record.leaves
        self._leaf_ids = {number: k for k, number in enumerate(sorted(leaves))}
        self._stand_ins: dict[tuple[int, int], Entry] = {}
        """Leaves for the results of operations that are left out, by operation and output."""
        self._freed = self._freed_by_step()
        self._module_ids = {number: k for k, number in enumerate(sorted(self._used_modules(keep is None)))}

    def lists(self, title: str, step: int | None, failure: Failure | None) -> tuple[Entry, dict[int, Value]]:
        record = self._record
        updates = self._updates()
        data: Entry = {
            "format": FORMAT,
            "version": VERSION,
            "title": title,
            "step": step,
            "engine": f"minitorch (torch {torch_version.partition('+')[0]}'s API), numpy {np.__version__}",
            "leaves": [self._leaf(record.leaves[number]) for number in self._leaf_ids],
            "ops": [self._op(record.ops[number], number in updates, failure) for number in self._kept],
            "modules": [self._module(record.modules[number]) for number in self._module_ids],
            "backward": [self._step(entry, failure) for entry in record.backward.values()],
            "accumulations": [self._accumulation(entry) for entry in record.accumulations],
            "captured": [
                {
                    **entry,
                    "node": self._place(entry["node"]),
                    "value": self._value(entry["value"]),
                    "parts": self._parts(entry["parts"]),
                }
                for entry in record.captured
            ],
            "passes": [self._pass(entry) for entry in record.passes],
            "events": [event for event in map(self._event, record.events) if event is not None],
            "error": None if failure is None else self._error(failure),
        }
        data["leaves"] += self._stand_ins.values()
        data["sources"] = [{"path": _short(name), "text": "".join(linecache.getlines(name))} for name in self._files]
        kept = record.values.kept
        return data, {number: kept[old] for old, number in self._values.items()}

    # --- what belongs together ----------------------------------------------------------------------------------------

    def _used_leaves(self) -> set[int]:
        record = self._record
        used = {place["leaf"] for number in self._kept for place in _places(record.ops[number]) if "leaf" in place}
        return used | {entry["leaf"] for entry in record.accumulations}

    def _used_modules(self, every: bool) -> set[int]:
        record = self._record
        if every:
            return set(record.modules)
        used = {record.ops[number]["module"] for number in self._kept} - {None}
        for number in sorted(used, reverse=True):
            parent = record.modules[number]["parent"]
            while parent is not None and parent not in used:
                used.add(parent)
                parent = record.modules[parent]["parent"]
        return used

    def _updates(self) -> set[int]:
        """The operations after a backward pass that a parameter's new value, or a gradient's, was made of."""
        record = self._record
        updated = {value for _, value in record.updates}
        found: set[int] = set()
        for number in reversed(self._kept):
            entry = record.ops[number]
            if not entry["after"] or entry["node"] is not None or entry["phase"] != "forward":
                continue
            made = any(out["value"] in updated for out in entry["outputs"])
            if made or "writes" in entry or number in found:
                found |= {number, *(place["op"] for place in _places(entry) if "op" in place)}
        return {n for n in found if record.ops[n]["after"] and record.ops[n]["node"] is None}

    # --- one entry each -----------------------------------------------------------------------------------------------

    def _value(self, number: int | None) -> int | None:
        return None if number is None else self._values.setdefault(number, len(self._values))

    def _name(self, number: int | None) -> str | None:
        return None if number is None else self._record.values.kept[number].name

    def _file(self, name: str | None) -> int | None:
        return None if name is None else self._files.setdefault(name, len(self._files))

    def _place(self, place: Entry | None) -> Entry | None:
        if place is None or "other" in place:
            return place
        if "leaf" in place:
            return {**place, "leaf": self._leaf_ids[place["leaf"]]} if place["leaf"] in self._leaf_ids else None
        return {**place, "op": self._op_ids[place["op"]]} if place["op"] in self._op_ids else None

    def _input(self, entry: Entry) -> Entry:
        value = self._value(entry["value"])
        source = entry["from"]
        if source is None or "op" not in source or source["op"] in self._op_ids:
            return {"name": entry["name"], "value": value, "from": self._place(source)}
        key = source["op"], source["output"]
        leaf = self._stand_ins.setdefault(
            key,
            {
                "id": len(self._leaf_ids) + len(self._stand_ins),
                "name": self._record.values.kept[entry["value"]].name,
                "kind": "input",
                "requires_grad": False,
                "value": value,
                **dict.fromkeys(("grad_before", "grad", "updated", "module")),
            },
        )
        return {"name": entry["name"], "value": value, "from": {"leaf": leaf["id"]}}

    def _code(self, code: Any) -> Any:
        """An encoded value with the new numbers of its arrays."""
        if isinstance(code, list):
            return [self._code(each) for each in code]
        if not isinstance(code, dict):
            return code
        return {
            key: self._value(each) if key in ("tensor", "array", "state") else self._code(each)
            for key, each in code.items()
        }

    def _saved(self, entries: Iterable[Any]) -> list[Entry]:
        return [
            {"name": name, "code": self._code(code), "shown": shown(code, self._shape)}
            if number is None
            else {"name": name, "value": self._value(number)}
            for name, number, code in entries
        ]

    def _shape(self, number: int) -> tuple[int, ...]:
        return self._record.values.kept[number].shape

    def _leaf(self, entry: Entry) -> Entry:
        numbers = {key: self._value(entry[key]) for key in ("value", "grad_before", "grad", "updated")}
        plain = {key: entry[key] for key in ("name", "kind", "requires_grad")}
        module = self._module_ids.get(entry["module"])
        return {"id": self._leaf_ids[entry["id"]], **plain, **numbers, "module": module}

    def _module(self, entry: Entry) -> Entry:
        parent = self._module_ids.get(entry["parent"])
        return {**entry, "id": self._module_ids[entry["id"]], "parent": parent}

    def _op(self, entry: Entry, update: bool, failure: Failure | None) -> Entry:
        op = self._record.operations.get(entry["id"])
        plain = ("node", "sequence", "line", "function", "seconds", "bytes", "view", "in_place")
        made: Entry = {
            "id": self._op_ids[entry["id"]],
            "name": _torch_name(entry["name"], entry["node"]),
            **{key: entry[key] for key in plain},
            "op": None if op is None else path_of(op),
            "phase": "update" if update else entry["phase"],
            "inputs": [self._input(each) for each in entry["inputs"]],
            "arguments": {
                name: {"value": self._code(code), "shown": shown(code, self._shape)}
                for name, code in entry["arguments"].items()
            },
            "outputs": [
                {**each, "value": self._value(each["value"]), "name": self._name(each["value"])}
                for each in entry["outputs"]
            ],
            "saved": self._saved(entry["saved"]),
            "doc": entry["doc"] if op is None else doc(op),
            "rules": entry.get("rules", []) if op is None else formulas(op),
            "file": self._file(entry["file"]),
            "module": self._module_ids.get(entry["module"]),
            "within": self._op_ids.get(entry["within"]),
        }
        if "random" in entry:
            made["random"] = self._value(entry["random"])
        if "written" in entry:
            made["written"] = self._value(entry["written"])
        if "slices" in entry:
            made["slices"] = [[path_of(each.op), self._code(args), number] for each, args, number in entry["slices"]]
            steps = [f"{each.op.__name__.lstrip('_')}{shown(args, self._shape)}" for each, args, _ in entry["slices"]]
            made["arguments"]["region"] = {"value": None, "shown": ", ".join(steps)}
        made["error"] = self._how_failed(("forward", entry["id"]), failure)
        return made

    def _how_failed(self, event: tuple[str, int], failure: Failure | None) -> str | None:
        """What to say of an operation or a step that did not end; None of one that did."""
        if event in self._ended:
            return None
        if failure is not None and event in (("forward", failure.op), ("backward", failure.backward)):
            return f"{failure.type}: {failure.message}"
        return "it did not end, and the script went on"

    def _step(self, entry: Entry, failure: Failure | None) -> Entry:
        place = self._place(entry["node"])
        of_op = place is not None and "op" in place
        freed, nbytes = self._freed.get(entry["id"], ([], 0))
        made = {
            **entry,
            "node": {"op": place["op"]} if place is not None and of_op else {"other": entry["name"]},
            "incoming": [self._value(each) for each in entry["incoming"]],
            "parts": [self._parts(each) for each in entry["parts"]],
            "outgoing": [
                {"argument": name, "to": self._place(to), "raw": self._value(raw), "value": self._value(value)}
                for name, to, raw, value in entry["outgoing"]
            ],
            "freed": freed,
            "freed_bytes": nbytes,
            "error": self._how_failed(("backward", entry["id"]), failure),
        }
        if "saved" in entry:
            made["saved"] = self._saved(entry["saved"])
        return made

    def _freed_by_step(self) -> dict[int, tuple[list[str], int]]:
        """What each step let go of: the names, and the bytes of memory that no other node and no leaf holds."""
        record = self._record
        memories: dict[int, dict[int, int]] = {}
        for number, op in record.ops.items():
            numbers = [each for _, own, code in op["saved"] for each in (arrays_of(code) if own is None else (own,))]
            values = [record.values.kept[each] for each in numbers]
            memories[number] = {value.memory[0]: value.nbytes for value in values if value.memory is not None}
        held = Counter(memory for found in memories.values() for memory in found)
        for leaf in record.leaves.values():
            memory = record.values.kept[leaf["value"]].memory
            if memory is not None:
                held[memory[0]] += 1
        freed = {}
        for entry in record.backward.values():
            number = entry["node"].get("op")
            if not entry["freed"] or number not in record.ops:
                continue
            nbytes = 0
            for own, size in memories[number].items():
                held[own] -= 1
                nbytes += 0 if held[own] else size
            freed[entry["id"]] = [name for name, _, _ in record.ops[number]["saved"]], nbytes
        return freed

    def _parts(self, parts: Iterable[Part]) -> list[Entry]:
        return [{"step": step, "argument": name, "value": self._value(value)} for step, name, value in parts]

    def _accumulation(self, entry: Entry) -> Entry:
        numbers = {key: self._value(entry[key]) for key in ("value", "before", "after")}
        return {**entry, "leaf": self._leaf_ids[entry["leaf"]], **numbers, "parts": self._parts(entry["parts"])}

    def _pass(self, entry: Entry) -> Entry:
        return {"file": self._file(entry["file"]), "line": entry["line"], "create_graph": entry["create_graph"]}

    def _event(self, event: tuple[str, int]) -> Entry | None:
        kind, number = event
        if kind == "forward":
            return {kind: self._op_ids[number]} if number in self._op_ids else None
        if kind == "update":
            leaf, value = self._record.updates[number]
            return {kind: self._leaf_ids[leaf], "value": self._value(value)} if leaf in self._leaf_ids else None
        return {kind: number}

    def _error(self, failure: Failure) -> Entry:
        op = failure.op
        if op is None and failure.backward is not None:
            op = self._record.backward[failure.backward]["node"].get("op")
        return {
            "type": failure.type,
            "message": failure.message,
            "file": self._file(failure.file),
            "line": failure.line,
            "op": None if op is None else self._op_ids.get(op),
            "backward": failure.backward,
        }


def _torch_name(name: str, node: str | None) -> str:
    """What torch calls an operation that goes by a name of its own here: taking a part of a tensor."""
    if name not in _INDEXING:
        return name
    if node is None:
        return _INDEXING[name]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", re.sub(r"Backward\d*$", "", node)).lower()


_INDEXING = {"part": "slice", "pick": "index", "put": "index_put"}


def _places(entry: Entry) -> list[Entry]:
    """Where the inputs of an operation come from."""
    return [each["from"] for each in entry["inputs"] if each["from"] is not None]


def _short(filename: str) -> str:
    """A file's path from the working directory where it lies below it, else its name."""
    if filename.startswith("<"):
        return filename
    relative = os.path.relpath(filename)
    return os.path.basename(filename) if relative.startswith(os.pardir) else relative
