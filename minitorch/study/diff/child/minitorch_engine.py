"""minitorch as it is recorded: by observing its engine."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.observer import Observer, observers
from minitorch.backend import to_host
from minitorch.func import gradients
from minitorch.node import AccumulateGrad
from minitorch.study.diff.child.recorder import Engine, Recorder
from minitorch.study.diff.gaps import Value
from minitorch.study.diff.operations import CREATION
from minitorch.study.many import outside, stands_for_many


class Minitorch(Engine, Observer):
    """Records by observing minitorch's engine."""

    def start(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._nodes: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        for name in CREATION:
            original = getattr(self.torch, name)
            if not hasattr(original, "kernel"):  # an operation is observed
                setattr(self.torch, name, self._noting(original))
        self._asked = 0
        for module, name in ((self.torch.autograd, "grad"), (gradients, "pulled")):
            setattr(module, name, self._asking(getattr(module, name)))
        observers.append(self)

    def _asking(self, grad: Callable[..., Any]) -> Callable[..., Any]:
        """A function that asks for gradients: its backward passes are not counted."""

        @functools.wraps(grad)
        def asking(*args: Any, **kwargs: Any) -> Any:
            self._asked += 1
            try:
                return grad(*args, **kwargs)
            finally:
                self._asked -= 1

        return asking

    def _noting(self, create: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(create)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self._recorder.begun = create.__name__
            made = create(*args, **kwargs)
            self._recorder.begun = None
            self._record(create.__name__, args, [made])
            return made

        return noting

    def value(self, tensor: Any) -> Value | None:
        # A gradient comes as an array or a NumPy number, or as a tensor under create_graph.
        array = getattr(tensor, "_array", tensor)
        if stands_for_many(array):
            return None
        return Value.of(np.asarray(array) if isinstance(array, np.generic) else to_host(array))

    def version(self, tensor: Any) -> int:
        return int(tensor._cell[0])

    def is_trained(self, tensor: Any) -> bool:
        return isinstance(tensor._node, AccumulateGrad)

    def _record(self, name: str, args: Any, results: Sequence[Any]) -> None:
        frame = self._recorder.frame()
        if frame is None:
            return
        results = list(self.tensors(list(results)))
        inputs = [(each, self.version(each)) for each in map(outside, self.tensors(args))]
        number = self._recorder.op(name, frame, inputs, results)
        if number is not None:
            for out in results:
                node = getattr(out._node, "target", out._node)
                if node is not None and node.edges:
                    self._nodes[node] = number

    def op_begins(self, op: Any, args: Any) -> None:
        self._recorder.begun = op.__name__

    def op_ends(self, op: Any, args: Any, results: Sequence[Any]) -> None:
        self._recorder.begun = None
        self._record(op.__name__, args, results)

    def call_ends(self, function: Any, args: Any, results: Sequence[Any]) -> None:
        self._record(function.__name__, args, results)

    def written(self, tensor: Any, name: str) -> None:
        self._record(name, (), [tensor])

    def backward_begins(self, roots: Any) -> None:
        self._recorder.backward_begins(counted=not self._asked)

    def backward_ends(self) -> None:
        self._recorder.backward_ends()

    def pull_begins(self, node: Any, g: Any) -> None:
        number = self._nodes.get(node)
        if number is not None:
            for k, each in enumerate(g if isinstance(g, list) else [g]):
                if each is not None:
                    self._recorder.gradient(number, k, each)
