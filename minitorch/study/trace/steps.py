"""One training step of a script: a backward pass with what led to it, up to the update of the parameters."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.modes import modes
from minitorch.node import Node
from minitorch.optim.optimizer import Optimizer
from minitorch.study.names import script_frames
from minitorch.study.trace.build import Failure, build
from minitorch.study.trace.file import Trace
from minitorch.study.trace.frames import runs
from minitorch.study.trace.record import Entry
from minitorch.study.trace.recorder import Recorder
from minitorch.tensor import Tensor

_MANY = 2000
"""Operations after which those that nothing alive was made of are forgotten: a script may do much before it trains."""
_MUCH = 256 * 2**20
"""The same in bytes."""


class StepTaken(SystemExit):
    """Ends the script once its step is recorded; exit code 0."""

    def __init__(self) -> None:
        super().__init__(0)


class StepRecorder(Recorder):
    """Records step number `wanted`, and lets the script go on until then.

    A step ends with the optimizer's step after a backward pass. Where a script has no optimizer, it ends before the
    next operation in a graph: what comes before that is the update by hand. Then StepTaken is raised, unless `whole`.
    """

    def __init__(self, wanted: int, whole: bool = False) -> None:
        super().__init__()
        self.done = 0
        """How many steps the script has made."""
        self.finished = False
        """Whether the wanted one is recorded."""
        self.outcome: str | None = None
        """What was recorded, in words."""
        self.said: str | None = None
        """Why nothing was, in words."""
        self._failure: Failure | None = None
        self._over = False
        self._wanted = wanted
        self._whole = whole
        self._recording = wanted <= 2  # one before, on which the wanted one may build: a generator's on what it made
        self._passed = False
        """Whether this step has had its backward pass."""
        self._has_optimizer = False
        self._running: list[types.FrameType] = []
        self._limits = _MANY, _MUCH

    def _watched(self) -> bool:
        return self._recording and super()._watched()

    # --- where steps end ----------------------------------------------------------------------------------------------

    def op_begins(self, op: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if self._passed and not self._has_optimizer and Recorder._watched(self) and _joins_graph(args):
            self._running = [frame for frame in self._running if runs(frame)]
            if not self._running:
                self._step_ends()
        if self._recording and not self._passed:
            record = self.record
            if len(record.ops) > self._limits[0] or record.values.bytes > self._limits[1]:
                self._forget_dead()
        super().op_begins(op, args)

    def backward_begins(self, roots: Sequence[tuple[Node, Any]]) -> None:
        if Recorder._watched(self):
            self._running.append(sys._getframe(1))
        super().backward_begins(roots)

    def backward_ends(self) -> None:
        super().backward_ends()
        here = sys._getframe(1)
        if any(frame is here for frame in self._running):
            self._running = [frame for frame in self._running if frame is not here and runs(frame)]
            if not self._running and not modes.grad:  # with create_graph the step goes on with what it gave
                self._passed = True
                self._has_optimizer = self._has_optimizer or _finds_optimizer(here)

    def _optimizer_stepped(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        super()._optimizer_stepped(optimizer, args, kwargs)
        if Recorder._watched(self):
            self._has_optimizer = True
            if self._passed:
                self._step_ends()

    def _step_ends(self) -> None:
        self.done += 1
        self._passed = False
        if self.done == self._wanted:
            self.stop()
            self._recording = False
            self.finished = True
            if not (self._whole or self._over):
                raise StepTaken
        elif self.done + 1 == self._wanted and self._recording:
            self.begin_step()
            self._forget_dead()
        elif self.done + 2 == self._wanted:
            self._recording = True

    # --- the script ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> StepRecorder:
        self.start()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> bool:
        """A step under way ends with the script; how the script ended decides on what is said of it."""
        self._over = True
        over = error is None or isinstance(error, SystemExit)
        if over and self._passed and not self.finished:
            self._step_ends()
        if not self.finished:
            self.stop()
        well = error is None or (isinstance(error, SystemExit) and not error.code)
        if isinstance(error, StepTaken):
            self.outcome = f"traced step {self._wanted}, after which the script was ended (--whole lets it go on)"
        elif self.finished:
            self.outcome = f"traced step {self._wanted}"
        elif well:
            made = {0: "no backward pass", 1: "one step"}.get(self.done, f"{self.done} steps")
            self.said = f"the script made {made}: there is no step {self._wanted} to trace"
        elif isinstance(error, Exception):
            self._failure = Failure(error, self.calls, self.steps)
            if self.done + 1 == self._wanted:
                self.outcome = f"traced step {self._wanted}, up to where the script failed"
            else:
                self.said = f"the script failed in step {self.done + 1}: to trace that one, --step {self.done + 1}"
        self.calls, self.steps = [], []
        return well

    @property
    def worth_saving(self) -> bool:
        """Whether there is something to save: the step, or what came of it before the script failed."""
        return bool(self.outcome and self.record.ops)

    def trace(self, title: str) -> Trace:
        """What was recorded: the step, or as far as it came before the script failed."""
        return Trace(*build(self.record, title, self._wanted, self._failure, self._belonging(self._failure)))

    # --- what belongs to a step ---------------------------------------------------------------------------------------

    def _belonging(self, failure: Failure | None) -> set[int]:
        """The operations that led to the backward pass, and all after it; before it failed, those in the graph.

        How a DataLoader made its batches is left out: they are what the step begins with.
        """
        record = self.record
        if record.passes:
            kept = {entry["node"]["op"] for entry in record.backward.values() if "op" in entry["node"]}
            kept = self._with_ancestors(kept)
            for number in sorted(number for number in record.ops if number >= record.passes[0]["ops"]):
                if self._continues(record.ops[number], kept):
                    kept.add(number)
        else:
            kept = {number for number, entry in record.ops.items() if entry["node"] is not None} or set(record.ops)
            if failure is not None and failure.op is not None:
                kept.add(failure.op)
        return self._with_ancestors(kept)

    def _continues(self, entry: Entry, kept: set[int]) -> bool:
        """Whether an operation goes on with what the step has computed, or with a parameter."""
        if entry["phase"] == "backward" or "writes" in entry:
            return True
        sources = [each["from"] for each in entry["inputs"] if each["from"] is not None]
        return any(
            source["op"] in kept if "op" in source else self.record.leaves[source["leaf"]]["requires_grad"]
            for source in sources
        )

    def _with_ancestors(self, kept: set[int]) -> set[int]:
        """These operations, those that they were made of, and what a Function did inside."""
        record = self.record
        inside: dict[int, list[int]] = {}
        for number, entry in record.ops.items():
            if entry["within"] is not None:
                inside.setdefault(entry["within"], []).append(number)
        found, todo = set(kept), list(kept)
        while todo:
            number = todo.pop()
            sources = [each["from"] for each in record.ops[number]["inputs"]]
            before = [source["op"] for source in sources if source is not None and "op" in source]
            for each in (*before, *inside.get(number, ())):
                if each not in found and each in record.ops and not record.ops[each]["loading"]:
                    found.add(each)
                    todo.append(each)
        return found

    def _forget_dead(self) -> None:
        """Forgets the operations that no tensor which still exists was made of."""
        record = self.record
        alive = {known[0]["op"] for _, known in self._tensors.alive() if known[0] is not None and "op" in known[0]}
        alive |= {call.entry["id"] for call in self._open}
        # A node that is alive may belong to a tensor that is gone.
        alive |= {origin["op"] for _, origin in self._nodes.alive() if "op" in origin}
        kept = self._with_ancestors(alive & record.ops.keys())
        self.forget(kept)
        self._limits = max(_MANY, 2 * len(record.ops)), max(_MUCH, 2 * record.values.bytes)


def _joins_graph(args: tuple[Any, ...]) -> bool:
    """Whether an operation on these arguments is recorded in a graph."""
    if not modes.grad:
        return False
    tensors = [each for value in args for each in (value if isinstance(value, (list, tuple)) else (value,))]
    return any(isinstance(each, Tensor) and each._node is not None for each in tensors)


def _finds_optimizer(frame: types.FrameType) -> bool:
    """Whether a variable of the functions under way, or an attribute of one, is an optimizer."""
    for script in script_frames(frame):
        for value in [*script.f_locals.values(), *script.f_globals.values()]:
            attributes = getattr(value, "__dict__", None)
            held = (
                attributes.values() if isinstance(attributes, dict) and not isinstance(value, types.ModuleType) else ()
            )
            if any(isinstance(each, Optimizer) for each in (value, *held)):
                return True
    return False
