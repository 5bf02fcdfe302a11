"""Comparing the runs of one example on two engines: everything that a user can see."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.compare import Mismatch, compare_arrays, fields, is_exactly, ulp
from parity.running import Form, Run
from parity.strategies import Array, Input
from parity.subject import Subject
from parity.tolerance import Kind, coarsest, tolerance

NO_KERNEL = re.compile(r"not implemented for|the derivative for .* is not implemented")


@dataclass
class Report:
    """What the examples of one subject showed."""

    name: str
    examples: int = 0
    errors_agreed: int = 0
    gradients: int = 0
    second_order: int = 0
    dtypes: set[str] = field(default_factory=set)
    worst: dict[Kind, tuple[float, str]] = field(default_factory=dict)
    """The worst relative error of each kind, and the dtype it occurred in."""
    failure: str = ""

    def note(self, kind: Kind, error: float, dtype: str) -> None:
        """Keeps the error when it is the worst so far, in units of its dtype's last place."""
        before = self.worst.get(kind)
        if before is None or ulp(error, dtype) > ulp(*before):
            self.worst[kind] = (error, dtype)

    def ulps(self, kind: Kind) -> float | None:
        """The worst error of this kind in units of the last place; None when there was nothing to compare."""
        return ulp(*self.worst[kind]) if kind in self.worst else None


class Comparison:
    """Compares the two runs of one example, made with these inputs."""

    def __init__(self, subject: Subject, inputs: Sequence[Input], report: Report, mine: Run, theirs: Run) -> None:
        self.subject, self.inputs, self.report = subject, inputs, report
        self.mine, self.theirs = mine, theirs
        self.names = (mine.engine.name, theirs.engine.name)
        self.dtypes = [input.dtype for input in inputs]

    def errors(self) -> bool:
        """Whether either raised, in which case both must have raised, torch's builtin type or a subclass."""
        mine, theirs = self.mine.error, self.theirs.error
        if mine is None and theirs is None:
            return False
        if theirs is not None and NO_KERNEL.search(str(theirs)) and self.subject.extends:
            return True
        if mine is None:
            raise Mismatch(f"{self.mine.stage}: {self.names[0]} raises nothing, {self.names[1]} raises {_told(theirs)}")
        if theirs is None:
            raise Mismatch(
                f"{self.mine.stage}: {self.names[0]} raises {_told(mine)}, {self.names[1]} raises nothing"
            ) from mine
        if not isinstance(mine, _builtin(theirs)):
            raise Mismatch(
                f"{self.mine.stage}: {self.names[0]} raises {_told(mine)}, {self.names[1]} raises {_told(theirs)}"
            ) from mine
        self.report.errors_agreed += 1
        return True

    def both(self, stage: str, mine: Callable[[], None], theirs: Callable[[], None]) -> bool:
        """Does it on both engines; whether it went well. Where one raises, both must."""
        self.mine.attempt(stage, mine)
        self.theirs.attempt(stage, theirs)
        return not self.errors()

    def all_double(self) -> bool:
        """Whether float64 is the only float dtype among the inputs: the second order asks for its digits."""
        return not {"float32", "float16"} & set(self.dtypes)

    def values(self, actual: Array, expected: Array, kind: Kind, what: str) -> None:
        """Two arrays, at the tolerance of the coarsest dtype of the call."""
        dtype = coarsest(self.dtypes, str(expected.dtype))
        error = compare_arrays(actual, expected, tolerance(dtype, kind, self.subject.looser), what, self.names)
        self.report.note(kind, error, dtype)

    def results(self, actual: Any, expected: Any, what: str = "result") -> None:
        """Two results: tensors, Python values, or nested tuples, lists and dicts of them."""
        mine, theirs = self.mine.engine, self.theirs.engine
        if theirs.is_tensor(expected):
            if not mine.is_tensor(actual):
                raise Mismatch(f"{what}: a {type(actual).__name__} on {self.names[0]}, a tensor on {self.names[1]}")
            self.tensors(actual, expected, what)
        elif isinstance(expected, list | tuple):
            if not isinstance(actual, list | tuple) or type(actual).__name__ != type(expected).__name__:
                raise Mismatch(f"{what}: {_type(actual)} on {self.names[0]}, {_type(expected)} on {self.names[1]}")
            if len(actual) != len(expected):
                raise Mismatch(f"{what}: {len(actual)} items on {self.names[0]}, {len(expected)} on {self.names[1]}")
            if isinstance(expected, tuple) and fields(expected) != fields(actual):
                raise Mismatch(
                    f"{what}: fields {fields(actual)} on {self.names[0]}, {fields(expected)} on {self.names[1]}"
                )
            for position, (a, e) in enumerate(zip(actual, expected, strict=True)):
                self.results(a, e, f"{what}[{position}]")
        elif isinstance(expected, dict):
            if not isinstance(actual, dict) or list(actual) != list(expected):
                raise Mismatch(f"{what}: keys {list(actual)} on {self.names[0]}, {list(expected)} on {self.names[1]}")
            for key, value in expected.items():
                self.results(actual[key], value, f"{what}[{key!r}]")
        elif type(actual).__name__ != type(expected).__name__:
            raise Mismatch(f"{what}: {_type(actual)} on {self.names[0]}, {_type(expected)} on {self.names[1]}")
        elif isinstance(expected, float):
            self.values(np.array(actual), np.array(expected), "forward", what)
        elif not is_exactly(actual, expected) and repr(actual) != repr(expected):
            raise Mismatch(f"{what}: {actual!r} on {self.names[0]}, {expected!r} on {self.names[1]}")

    def tensors(self, actual: Any, expected: Any, what: str) -> None:
        """Two tensors of a result."""
        if actual.requires_grad != expected.requires_grad:
            raise Mismatch(
                f"{what}: requires_grad {actual.requires_grad} on {self.names[0]}, "
                f"{expected.requires_grad} on {self.names[1]}"
            )
        a, e = self.mine.engine.array(actual), self.theirs.engine.array(expected)
        if self.subject.unspecified:
            a, e = np.zeros(a.shape, a.dtype), np.zeros(e.shape, e.dtype)
        self.values(a, e, "forward", what)
        if e.size:
            self.sharing(actual, expected, what)

    def sharing(self, actual: Any, expected: Any, what: str) -> None:
        """Whether both results are views of the same input, or none; a view has torch's strides."""
        if not self.mine.engine.in_reach:
            return
        shared = []
        for run, result in ((self.mine, actual), (self.theirs, expected)):
            array = run.engine.array(result)
            shared.append([number for number, block in enumerate(run.blocks) if np.may_share_memory(array, block)])
        if shared[0] != shared[1]:
            told = [f"shares memory with {'inputs ' + str(which) if which else 'no input'}" for which in shared]
            raise Mismatch(f"{what}: {told[0]} on {self.names[0]}, {told[1]} on {self.names[1]}")
        # The step along a side of one element is never taken.
        steps = [[s for s, side in zip(t.stride(), t.shape, strict=True) if side > 1] for t in (actual, expected)]
        if shared[1] and steps[0] != steps[1]:
            raise Mismatch(
                f"{what}: a view of strides {tuple(actual.stride())} on {self.names[0]}, "
                f"{tuple(expected.stride())} on {self.names[1]}"
            )

    def identity(self, form: Form) -> None:
        """The in-place and out forms: the result is the tensor that was written to, and its version moved."""
        run = self.mine
        if form.kind not in ("in-place", "out"):
            return
        if (run.result is run.changed) != (self.theirs.result is self.theirs.changed):
            raise Mismatch(f"result: {form!r} does not return the tensor that it changes on {self.names[0]}")
        self.results(run.changed, self.theirs.changed, "the changed tensor")
        moved = [versions[1] > versions[0] for versions in (run.versions, self.theirs.versions)]
        if moved[0] != moved[1]:
            raise Mismatch(
                f"result: the version counter goes {run.versions[0]} -> {run.versions[1]} on {self.names[0]}, "
                f"{self.theirs.versions[0]} -> {self.theirs.versions[1]} on {self.names[1]}"
            )

    def untouched(self, after: str) -> None:
        """The candidate left its inputs alone, but for those that the reference changes too, and warned of nothing."""
        expected = self.theirs.modified(self.inputs) if self.mine.engine.in_reach else []
        for number in expected:
            self.values(
                self.mine.blocks[number], self.theirs.blocks[number], "forward", f"input {number}, after the {after}"
            )
        for number in set(self.mine.modified(self.inputs)) - set(expected):
            raise Mismatch(f"{after}: input {number} ({self.inputs[number]!r}) was modified on {self.names[0]}")
        for warning in self.mine.warnings:
            if issubclass(warning.category, RuntimeWarning | DeprecationWarning):
                raise Mismatch(
                    f"{after}: {self.names[0]} lets a {warning.category.__name__} out: {warning.message} "
                    f"({warning.filename}:{warning.lineno})"
                )

    def gradients(self) -> None:
        """The gradients that backward left in the leaves."""
        kept: list[tuple[str, Array, Array]] = []
        mine_of, theirs_of = self.mine.named_leaves(), self.theirs.named_leaves()
        for name, theirs in theirs_of.items():
            mine, what = mine_of[name], f"gradient of {name}"
            if (mine.grad is None) != (theirs.grad is None):
                there = "none on {}, one on {}" if mine.grad is None else "one on {}, none on {}"
                raise Mismatch(f"{what}: {there.format(*self.names)}")
            if mine.grad is None:
                continue
            actual, expected = self.mine.engine.array(mine.grad), self.theirs.engine.array(theirs.grad)
            if mine.grad.dtype != mine.dtype or tuple(mine.grad.shape) != tuple(mine.shape):
                raise Mismatch(
                    f"{what}: {mine.grad.dtype}{list(mine.grad.shape)} for a tensor of {mine.dtype}{list(mine.shape)} "
                    f"on {self.names[0]}"
                )
            self.values(actual, expected, "gradient", what)
            if mine.grad.requires_grad:
                raise Mismatch(f"{what}: requires a gradient itself on {self.names[0]}, without create_graph")
            self.owned(actual, expected, what, kept)
            kept.append((what, actual, expected))
        self.report.gradients += 1

    def owned(self, mine: Array, theirs: Array, what: str, others: list[tuple[str, Array, Array]]) -> None:
        """A gradient is the leaf's alone, unless the reference shares it too: the user may write into it."""
        if not mine.flags.writeable:
            raise Mismatch(f"{what}: is read-only on {self.names[0]}")
        if not mine.size or not self.mine.engine.in_reach:
            return
        if any(step == 0 and side > 1 for step, side in zip(mine.strides, mine.shape, strict=True)):
            raise Mismatch(f"{what}: overlaps itself (strides {mine.strides}) on {self.names[0]}")
        others = others + [
            (f"input {number}", *blocks)
            for number, blocks in enumerate(zip(self.mine.blocks, self.theirs.blocks, strict=True))
        ]
        for name, ours, reference in (
            ("the upstream gradient", self.mine.upstream, self.theirs.upstream),
            ("the result", self.mine.outputs, self.theirs.outputs),
        ):
            pairs = zip(ours, reference, strict=True)
            others += [(name, self.mine.engine.array(a), self.theirs.engine.array(e)) for a, e in pairs]
        for name, here, there in others:
            if np.may_share_memory(mine, here) and not np.may_share_memory(theirs, there):
                raise Mismatch(f"{what}: shares memory with {name} on {self.names[0]}")

    def derived(self, mine: Sequence[Any], theirs: Sequence[Any], kind: Kind, what: str) -> None:
        """Gradients from autograd.grad with allow_unused, where None stands for zeros."""
        for number in range(max(len(mine), len(theirs))):
            a = mine[number] if mine else None
            e = theirs[number] if theirs else None
            arrays = [
                None if a is None else self.mine.engine.array(a),
                None if e is None else self.theirs.engine.array(e),
            ]
            known = next((array for array in arrays if array is not None), None)
            if known is not None:
                actual, expected = (np.zeros_like(known) if array is None else array for array in arrays)
                self.values(actual, expected, kind, f"{what} {number}")


def _builtin(error: Exception) -> type:
    return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _told(error: Exception | None) -> str:
    text = str(error).strip().split("\n")[0][:300]
    return f"{type(error).__name__} ({text})"


def _type(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"[:120]
