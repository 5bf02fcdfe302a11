"""A trace computed anew from its own numbers: every result must have the same bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from minitorch.autograd.engine import fit
from minitorch.autograd.graph import lifted
from minitorch.autograd.modes import no_grad
from minitorch.autograd.views import CopySlices
from minitorch.ops.random import default_generator
from minitorch.study.trace.encoding import NotEncoded, arrays_of, decode, operation
from minitorch.study.trace.values import Value, equal_bits, laid_out
from minitorch.tensor import Tensor, wrap

Entry = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """What a replay has to say of one entry: `kind` and `id` name it (an op, a backward step, an accumulation)."""

    kind: str
    id: int
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.name}): {self.what}"


@dataclass
class Replay:
    """How a replay went."""

    equal: int = 0
    """How many results came out with the same bits."""
    differences: list[Finding] = field(default_factory=list)
    skipped: list[Finding] = field(default_factory=list)
    """What could not be computed anew, each with the reason."""

    @property
    def exact(self) -> bool:
        """Whether nothing differed."""
        return not self.differences

    def __str__(self) -> str:
        lines = [f"{self.equal} results equal, {len(self.differences)} different, {len(self.skipped)} not replayed"]
        return "\n".join(
            [
                *lines,
                *(f"  differs: {each}" for each in self.differences),
                *(f"  not replayed: {each}" for each in self.skipped),
            ]
        )


class _Skip(Exception):
    """What cannot be replayed; the message says why."""


def replay(data: Entry, values: Mapping[int, Value]) -> Replay:
    """Computes every operation, every backward step, every sum and every accumulation anew."""
    return _Replayer(data, values).run()


class _Replayer:
    def __init__(self, data: Entry, values: Mapping[int, Value]) -> None:
        self._data = data
        self._values = values
        self._result = Replay()

    def run(self) -> Replay:
        with no_grad(), np.errstate(all="ignore"):
            for entry in self._data["ops"]:
                self._try("op", entry, entry["name"], self._op)
            for entry in self._data["backward"]:
                self._try("backward", entry, entry["name"], self._sums)
                self._try("backward", entry, entry["name"], self._step)
                self._try("backward", entry, entry["name"], self._fitted)
            for kind in ("accumulations", "captured"):
                for number, entry in enumerate(self._data[kind]):
                    self._try(kind, {**entry, "id": number}, self._leaf_name(entry), self._accumulation)
        return self._result

    def _try(self, kind: str, entry: Entry, name: str, check: Any) -> None:
        """Runs one check, which yields what is compared: its name, what was computed, and the number of what was."""
        result = self._result
        try:
            for what, computed, number in check(entry):
                kept = self._array(number)
                if equal_bits(computed, kept):
                    result.equal += 1
                elif entry.get("hooked"):
                    raise _Skip(f"{what}: a hook changed it")
                else:
                    result.differences.append(Finding(kind, entry["id"], name, f"{what}: {_how_far(computed, kept)}"))
        except (_Skip, NotEncoded) as reason:
            result.skipped.append(Finding(kind, entry["id"], name, str(reason)))

    def _leaf_name(self, entry: Entry) -> str:
        leaf = entry.get("leaf")
        return "gradient" if leaf is None else self._data["leaves"][leaf]["name"] or "leaf"

    # --- values -------------------------------------------------------------------------------------------------------

    def _array(self, number: int) -> Any:
        array = self._values[number].array
        if array is None:
            raise self._missing(number)
        return array

    def _arrays(self, numbers: Iterable[int | None]) -> dict[int, Any]:
        """Arrays laid out as they lay."""
        try:
            return laid_out(self._values, [number for number in numbers if number is not None])
        except KeyError as error:
            raise self._missing(error.args[0]) from None

    def _missing(self, number: int) -> _Skip:
        if self._values[number].many:
            return _Skip("within vmap, where one tensor stands for a whole batch: its values were not kept")
        return _Skip("its values were left out of the file")

    # --- operations ---------------------------------------------------------------------------------------------------

    def _op(self, entry: Entry) -> Iterator[tuple[str, Any, int]]:
        if entry["error"] is not None or not entry["outputs"]:
            raise _Skip("it did not end")
        if "slices" in entry:
            yield "result", self._put_in(entry), entry["outputs"][0]["value"]
            return
        if entry["op"] is None:
            raise _Skip("a Function of the script's own")
        op = operation(entry["op"])
        codes = [each["value"] for each in entry["arguments"].values()]
        arrays = self._arrays([*(each["value"] for each in entry["inputs"]), *arrays_of(codes)])
        tensors = {each["name"]: wrap(arrays[each["value"]]) for each in entry["inputs"]}
        args: list[Any] = []
        for name in op.parameters:
            if name in tensors:
                args.append(tensors[name])
            elif name in entry["arguments"]:
                args.append(decode(entry["arguments"][name]["value"], arrays))
            else:
                args.append([tensors[key] for key in tensors if key.startswith(f"{name}[")])
        with _RandomState(self._arrays([entry["random"]])[entry["random"]] if "random" in entry else None):
            results = op(*args)
        results = results if isinstance(results, (tuple, list)) else (results,)
        for k, (result, out) in enumerate(zip(results, entry["outputs"], strict=True)):
            yield "result" if len(results) == 1 else f"result {k}", result._array, out["value"]

    def _put_in(self, entry: Entry) -> Any:
        base, values = (each["value"] for each in entry["inputs"])
        arrays = self._arrays([base, values])
        result = arrays[base].copy()
        node = self._copy_slices(entry)
        node._region(result)[...] = arrays[values]
        return result

    def _copy_slices(self, entry: Entry) -> Any:
        arrays = self._arrays(arrays_of([args for _, args, _ in entry["slices"]]))
        node: Any = object.__new__(CopySlices)
        node._steps = tuple((operation(path), decode(args, arrays), number) for path, args, number in entry["slices"])
        return node

    # --- backward -----------------------------------------------------------------------------------------------------

    def _sums(self, entry: Entry) -> Iterator[tuple[str, Any, int]]:
        """The parts of each incoming gradient, added up in their order."""
        for k, (number, parts) in enumerate(zip(entry["incoming"], entry["parts"], strict=True)):
            if number is None:
                continue
            if not parts:
                raise _Skip("where the gradient came from was not seen")
            yield f"incoming {k}", self._sum(parts), number

    def _sum(self, parts: Sequence[Entry]) -> Any:
        total, *rest = (self._array(part["value"]) for part in parts)
        for part in rest:
            total = total + part
        return total

    def _step(self, entry: Entry) -> Iterator[tuple[str, Any, int]]:
        if entry["error"] is not None:
            raise _Skip("it did not end")
        node = self._data["ops"][entry["node"]["op"]] if "op" in entry["node"] else None
        if node is None:
            raise _Skip("its operation is not in the trace")
        if "slices" in node:
            arrays = self._arrays(entry["incoming"])
            results = self._copy_slices(node).pull(arrays[entry["incoming"][0]], None, None)
            yield from self._compared(entry, dict(zip(("base", "values"), results, strict=True)))
            return
        if node["op"] is None:
            raise _Skip("a Function of the script's own")
        if entry.get("packed") or "saved" not in entry:
            raise _Skip("what it saved was held by a hook")
        op = operation(node["op"])
        lifting = self._data["passes"][entry["pass"]]["create_graph"]
        numbers = [each["value"] if "value" in each else None for each in entry["saved"]]
        codes = [each["code"] for each in entry["saved"] if "code" in each]
        arrays = self._arrays([*entry["incoming"], *numbers, *arrays_of(codes)])
        if lifting and any(isinstance(code, dict) and "object" in code for code in codes):
            raise _Skip("its rule was walked through step by step, which the operations of this pass show")
        lift = wrap if lifting else _plain
        saved = {
            each["name"]: lift(arrays[each["value"]]) if "value" in each else decode(each["code"], arrays)
            for each in entry["saved"]
        }
        given = [None if number is None else lift(arrays[number]) for number in entry["incoming"]]
        g = self._filled(node, given, lift) if entry["several"] else given[0]
        xp: Any = lifted if lifting else np
        wanted = {each["argument"]: each for each in entry["outgoing"]}
        if op.sequence:
            (rule,) = op.rules.values()
            (name,) = op.rules
            results = dict(enumerate(_run(rule, xp, g, saved)))
            yield from self._compared(entry, {f"{name}[{k}]": result for k, result in results.items()})
            return
        results = {}
        for name in wanted:
            results[name] = _run(op.rules[name], xp, g, saved)
            if lifting and op.kinked:
                for value in saved.values():
                    if isinstance(value, Tensor):
                        results[name] = lifted.tied(results[name], value)
        yield from self._compared(entry, results)

    def _filled(self, node: Entry, given: list[Any], lift: Any) -> tuple[Any, ...]:
        """The gradients of all outputs: zeros for those that nothing used."""
        shapes = [self._values[out["value"]] for out in node["outputs"]]
        return tuple(
            lift(np.zeros(value.shape, value.dtype)) if g is None else g for g, value in zip(given, shapes, strict=True)
        )

    def _compared(self, entry: Entry, results: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
        for each in entry["outgoing"]:
            result = results[each["argument"]]
            yield (
                f"gradient of {each['argument']}",
                result._array if isinstance(result, Tensor) else result,
                each["raw"],
            )

    def _fitted(self, entry: Entry) -> Iterator[tuple[str, Any, int]]:
        """Broadcasting undone, and the dtype brought back."""
        for each in entry["outgoing"]:
            if each["raw"] == each["value"]:
                continue
            like = self._values[each["value"]]
            raw = self._arrays([each["raw"]])[each["raw"]]
            edge: Any = SimpleNamespace(shape=like.shape, dtype=like.dtype)
            computed = fit(raw, edge, edge) if raw.shape != like.shape else raw
            yield f"fitted gradient of {each['argument']}", computed.astype(like.dtype, copy=False), each["value"]

    def _accumulation(self, entry: Entry) -> Iterator[tuple[str, Any, int]]:
        yield "sum of its parts", self._sum(entry["parts"]), entry["value"]
        if entry.get("after") is not None:
            value = self._array(entry["value"])
            yield (
                "accumulated",
                value if entry["before"] is None else self._array(entry["before"]) + value,
                entry["after"],
            )


def _plain(array: Any) -> Any:
    return array


def _run(rule: Any, xp: Any, g: Any, saved: Mapping[str, Any]) -> Any:
    code = rule.__code__
    return rule(xp, g, *[saved[name] for name in code.co_varnames[2 : code.co_argcount]])


class _RandomState:
    """The random numbers of a block start from a state; afterwards they go on as if nothing had been."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def __enter__(self) -> None:
        self._outer = default_generator.get_state()
        if self._state is not None:
            default_generator.set_state(wrap(self._state))

    def __exit__(self, *error: object) -> None:
        default_generator.set_state(self._outer)


def _how_far(computed: Any, kept: Any) -> str:
    """The first words on how two arrays differ."""
    computed = np.asarray(computed)
    if computed.shape != kept.shape or computed.dtype != kept.dtype:
        return f"{computed.dtype} {computed.shape} instead of {kept.dtype} {kept.shape}"
    with np.errstate(all="ignore"):
        distance = np.abs(computed.astype(np.float64) - kept.astype(np.float64))
    return f"up to {np.nanmax(distance, initial=0.0):.3g} apart"
