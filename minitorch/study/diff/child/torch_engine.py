"""torch as it is recorded: by its modes for functions and for operations."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.study.diff.child.recorder import Engine, Recorder
from minitorch.study.diff.child.script import is_script
from minitorch.study.diff.gaps import Value
from minitorch.study.diff.operations import PARTS, SHAPING, common_name, plain_name

_UNTOLD = ("__get__", "__set__", "__setitem__", "detach", "requires_grad_", "lift_fresh.default")
"""Functions of torch that compute nothing, or whose parts say more than they."""


class Torch(Engine):
    """Records by torch's modes: public functions as the script calls them, and aten's within them."""

    def start(self, recorder: Recorder) -> None:
        torch = self.torch
        self._recorder = recorder
        self._parts: list[tuple[str, list[Any], list[int]]] | None = None
        self._frame: Any = None
        tap = self

        def function(mode: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return tap.function(func, args, kwargs or {})

        def dispatch(mode: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return tap.dispatch(func, args, kwargs or {})

        # Their bases are there at run time only.
        functions: Any = type("Functions", (torch.overrides.TorchFunctionMode,), {"__torch_function__": function})
        below = importlib.import_module("torch.utils._python_dispatch").TorchDispatchMode
        operations: Any = type("Operations", (below,), {"__torch_dispatch__": dispatch})
        torch.autograd.Function.apply = classmethod(self._applying(torch.autograd.Function.apply.__func__))
        for name in ("backward", "grad"):
            setattr(torch.autograd, name, self._passing(getattr(torch.autograd, name)))
        functions().__enter__()
        operations().__enter__()

    def value(self, tensor: Any) -> Value | None:
        torch = self.torch
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            return None
        tensor = tensor.detach().cpu()
        if tensor.dtype == torch.bfloat16:
            return Value.of(tensor.float().numpy(), "bfloat16")
        try:
            return Value.of(tensor.resolve_conj().resolve_neg().numpy())
        except (RuntimeError, TypeError):  # a wrapper of torch.func, which has no elements of its own
            return None

    def is_trained(self, tensor: Any) -> bool:
        try:
            return super().is_trained(tensor)
        except RuntimeError:  # a view that was taken under no_grad, and whose base was written to
            return False

    def version(self, tensor: Any) -> int:
        return 0 if tensor.is_inference() else int(tensor._version)

    def function(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A public function, or a method of Tensor, is called."""
        recorder = self._recorder
        frame = recorder.frame()
        name = getattr(func, "__name__", "")
        if frame is None or name in _UNTOLD:
            return func(*args, **kwargs)
        recorder.busy = True
        try:
            inputs = [(each, self.version(each)) for each in self.tensors((args, kwargs))]
        finally:
            recorder.busy = False
        outer = self._parts, self._frame
        self._parts, self._frame = [], frame
        recorder.begun = name
        try:
            result = func(*args, **kwargs)
            recorder.begun = None
        finally:
            parts = self._parts
            self._parts, self._frame = outer
        outputs = list(self.tensors(result))
        if outputs:
            self._record_parts(parts, frame, outputs)
            within = common_name(name) in SHAPING and not is_script(sys._getframe(2).f_code.co_filename)
            self._hook(outputs, recorder.op(name, frame, None if within else inputs, outputs))
        return result

    def dispatch(self, func: Any, args: Any, kwargs: Any) -> Any:
        """An operation of aten runs, in a public function or in a backward pass."""
        result = func(*args, **kwargs)
        recorder = self._recorder
        frame = recorder.frame()
        if frame is None:
            return result
        recorder.busy = True
        try:
            name = func.__name__.split(".")[0]
            outputs = list(self.tensors(result))
            versions = [self.version(each) for each in outputs]
            inputs = [(each, self.version(each)) for each in self.tensors((args, kwargs))]
        finally:
            recorder.busy = False
        if self._parts is not None and self._frame is frame:
            if plain_name(name) not in PARTS:
                self._parts.append((name, outputs, versions))
        elif plain_name(name) not in PARTS - {"copy", "fill"}:
            recorder.op(name, frame, inputs, outputs)
        return result

    def _record_parts(self, parts: Any, frame: Any, outputs: Sequence[Any]) -> None:
        """Records what a function was made of, its own results and what was overwritten since left out."""
        self._recorder.busy = True
        try:
            if not any(map(self.value, outputs)):  # they stand for many, and their parts are of the whole batch
                return
            own = {(each.data_ptr(), each.dtype, tuple(each.shape)) for each in outputs}
            kept = [
                (name, made)
                for name, made, versions in parts
                if versions == [self.version(each) for each in made]
                and not any((each.data_ptr(), each.dtype, tuple(each.shape)) in own for each in made)
            ]
        finally:
            self._recorder.busy = False
        for name, made in kept:
            self._recorder.op(name, frame, None, made)

    def _hook(self, outputs: Sequence[Any], number: int | None) -> None:
        """Lets the gradients of an operation's outputs be recorded."""
        if number is None or not self.torch.is_grad_enabled():  # else to ask a view for its grad_fn may raise
            return
        self._recorder.busy = True
        try:
            for k, out in enumerate(outputs):
                if out.requires_grad and out.grad_fn is not None:
                    out.register_hook(functools.partial(self._recorder.gradient, number, k))
        finally:
            self._recorder.busy = False

    def _passing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def passing(*args: Any, **kwargs: Any) -> Any:
            begun = self._recorder.backward_begins(counted=function.__name__ == "backward")
            result = function(*args, **kwargs)
            if begun:
                self._recorder.backward_ends()
            return result

        return passing

    def _applying(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(apply)
        def applying(cls: Any, *args: Any, **kwargs: Any) -> Any:
            inputs = [(each, self.version(each)) for each in self.tensors(args)]
            result = apply(cls, *args, **kwargs)
            frame = self._recorder.frame()
            if frame is not None:
                outputs = list(self.tensors(result))
                self._hook(outputs, self._recorder.op(cls.__name__, frame, inputs, outputs))
            return result

        return applying
