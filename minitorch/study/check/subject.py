"""What is checked: a call taken apart into the tensors in it, by name, and how to make it again with others."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minitorch import random
from minitorch.backend import to_host
from minitorch.nn.module import Module
from minitorch.study.check.composing import forward_of
from minitorch.study.check.problem import Flat, Problem, leaves_of
from minitorch.study.check.reference import attribute, for_torch, installed_torch, torch_path
from minitorch.tensor import Tensor


class Subject:
    """A call taken apart: the tensors in it, by name, and how to make it again with others."""

    def __init__(
        self, op: Any, inputs: Sequence[Any], arguments: dict[str, Any], composed: Callable[..., Any] | None, seed: int
    ) -> None:
        if not callable(op):
            raise TypeError(f"check(): expected a function of tensors, got {type(op).__name__}")
        self.op, self.seed, self.inputs, self.arguments = op, seed, inputs, arguments
        self.name = _name(op)
        self.tensors: list[Tensor] = []
        self.names: list[str] = []
        for name, value in _named(op, inputs, arguments):
            for suffix, tensor in _tensors_in(value):
                if not any(tensor is each for each in self.tensors):
                    self.tensors.append(tensor)
                    self.names.append(name + suffix)
        self.module = copy.deepcopy(op) if isinstance(op, Module) else None
        self.parameters = [] if self.module is None else [name for name, _ in op.named_parameters()]
        if self.module is not None:
            self.tensors += [tensor for _, tensor in op.named_parameters()]
            self.names += self.parameters
            self.buffers = [(own, np.array(to_host(own._array))) for own in self.module.buffers()]
        self.arrays = [np.array(to_host(each._array)) for each in self.tensors]
        floats = [k for k, array in enumerate(self.arrays) if array.dtype.kind == "f"]
        if not floats:
            got = ", ".join(str(array.dtype) for array in self.arrays) or "no tensor"
            raise ValueError(
                f"study.check({self.name}): expected an input of floating point numbers, which alone have gradients, "
                f"got {got}: convert it, x.float()"
            )
        given = [k for k in floats if k < len(self.tensors) - len(self.parameters)]
        asking = [k for k in floats if self.tensors[k].requires_grad]
        self.chosen = any(k in asking for k in given)
        """Whether the caller said which tensors of the call are to be checked."""
        self.wanted = asking if self.chosen else sorted({*given, *asking})
        if not any(self.arrays[k].size for k in self.wanted):
            raise ValueError(f"study.check({self.name}): the inputs have no elements: there is nothing to check")
        self.other = composed or forward_of(op)

    def described(self) -> str:
        """The call's tensors, for errors."""
        return ", ".join(f"{name} {a.dtype} {a.shape}" for name, a in zip(self.names, self.arrays, strict=True))

    def left_out(self, problem: Problem) -> bool:
        """Tries the call, and leaves out an input that the operation says it is not differentiable by, if it was not
        asked for by name; whether there was one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                problem.call(leaves_of(problem)[1])
            except RuntimeError as error:
                refused = re.search(r"not differentiable with respect to argument '(\w+)'", str(error))
                if refused is None or self.chosen or refused[1] not in self.names:
                    raise
                k = self.names.index(refused[1])
                if problem.wanted == [k] or k not in problem.wanted:
                    raise
                problem.wanted.remove(k)
                problem.notes.append(f"{refused[1]}: left out, for {self.name} has no gradient by it")
                return True
        return False

    def texts(self) -> tuple[list[str], list[str]]:
        """The rule, and what stands in for the operation, where they are not the engine's."""
        function = forward_of(self.op) is not None
        rule = [_source(self.op.__self__.backward)] if function else []
        other = self.op.__self__.forward if function and isinstance(self.other, functools.partial) else self.other
        return rule, [] if other is None else [_source(other)]

    def call(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The results of the operation on these tensors."""
        return self._called(self.module or self.op, tensors)

    @property
    def composed_call(self) -> Flat | None:
        """The call of what stands in for the operation, where it is said what that is."""
        return None if self.other is None else functools.partial(self._called, self.other)

    def _called(self, op: Any, tensors: Sequence[Tensor]) -> list[Tensor]:
        args, kwargs = self._with(tensors, lambda value: value)
        if self.module is not None:
            _set_parameters(self.module, dict(zip(self.parameters, tensors[-len(self.parameters) :], strict=False)))
            kinds = [each._array.dtype for each in tensors if each._array.dtype.kind == "f"]
            for buffer, content in self.buffers:
                buffer._array = content.astype(kinds[0] if content.dtype.kind == "f" else content.dtype)
        random.manual_seed(self.seed)
        result = op(*args, **kwargs)
        return [tensor for _, tensor in _tensors_in(result)]

    def _with(self, tensors: Sequence[Any], change: Callable[[Any], Any]) -> tuple[Any, Any]:
        places = {id(old): new for old, new in zip(self.tensors, tensors, strict=True)}

        def put(value: Any) -> Any:
            if isinstance(value, Tensor):
                return places[id(value)]
            if isinstance(value, (list, tuple)):
                made = [put(each) for each in value]
                return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
            if isinstance(value, dict):
                return {name: put(each) for name, each in value.items()}
            return change(value)

        return put(tuple(self.inputs)), put(self.arguments)

    def torch_call(self) -> tuple[Flat | None, list[str]]:
        """The same call for torch's tensors; None, and why, where torch has no such function."""
        torch, reason = installed_torch()
        if self.module is not None:
            torch, reason = None, "a module is not tried on it; its function can be"
        path = None if torch is None else torch_path(self.op)
        other = None if path is None else attribute(torch, path)
        if torch is None:
            return None, [f"torch: {reason}"]
        if other is None:
            return None, [f"torch: it has no function that is {self.name}"]

        def call(tensors: Sequence[Any]) -> list[Any]:
            args, kwargs = self._with(tensors, functools.partial(for_torch, torch))
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                result = other(*args, **kwargs)
            return [each for _, each in _tensors_in(result, torch.Tensor)]

        return call, []


def _name(op: Any) -> str:
    owner = getattr(op, "__self__", None)
    if isinstance(owner, type):
        return f"{owner.__name__}.{op.__name__}"
    return str(getattr(op, "__name__", type(op).__name__)).lstrip("_")


def _source(function: Any) -> str:
    """The text of a function, its name where there is none to be had."""
    try:
        return textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):
        return str(getattr(function, "__name__", function))


def _named(op: Any, inputs: Sequence[Any], arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments, each with the name that the function gives it."""
    names: list[str] = []
    if hasattr(op, "parameters") and isinstance(op.parameters, tuple):
        names = list(op.parameters)
    else:
        target = op.forward if isinstance(op, Module) else forward_of(op) and op.__self__.forward or op
        with contextlib.suppress(TypeError, ValueError):
            positional = [
                each.name
                for each in inspect.signature(target).parameters.values()
                if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
            ]
            names = positional[1:] if positional[:1] == ["ctx"] else positional
    names = ["input" if name == "self" else name for name in names]
    for k, value in enumerate(inputs):
        yield (names[k] if k < len(names) else f"input {k}"), value
    yield from arguments.items()


def _tensors_in(value: Any, kind: Any = Tensor) -> Iterator[tuple[str, Any]]:
    """The tensors in a value, in tuples, lists and dicts, too, each with what is written behind the value's name."""
    if isinstance(value, kind):
        yield "", value
    elif isinstance(value, (list, tuple)):
        for k, each in enumerate(value):
            for suffix, tensor in _tensors_in(each, kind):
                yield f"[{k}]{suffix}", tensor
    elif isinstance(value, dict):
        for name, each in value.items():
            for suffix, tensor in _tensors_in(each, kind):
                yield f"[{name!r}]{suffix}", tensor


def _set_parameters(module: Module, tensors: dict[str, Tensor]) -> None:
    """Puts tensors in the places of a module's parameters, wherever it has the same one."""
    old = {id(parameter): tensors[name] for name, parameter in module.named_parameters()}
    for each in module.modules():
        own: dict[str, Any] = each._parameters
        for name, parameter in own.items():
            if parameter is not None and id(parameter) in old:
                own[name] = old[id(parameter)]
