"""The problem that is solved in several ways: a function of arrays, to be differentiated by some of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minitorch.autograd.engine import grad
from minitorch.autograd.modes import enable_grad
from minitorch.study.check.results import Array
from minitorch.tensor import Tensor, wrap

Flat = Callable[[Sequence[Any]], list[Any]]
"""A function of a list of tensors, which returns the list of its tensors."""


@dataclass
class Problem:
    """A function of some arrays, by some of which it is to be differentiated."""

    name: str
    names: list[str]
    arrays: list[Array]
    wanted: list[int]
    call: Flat
    composed_call: Flat | None
    torch_call: Flat | None = None
    notes: list[str] = field(default_factory=list)
    upstream: list[Array] = field(default_factory=list)
    texts: tuple[list[str], list[str]] = ([], [])
    """The rule, and its composition, where they are not the engine's."""


def leaves_of(problem: Problem, dtype: Any = None) -> tuple[list[Tensor], list[Tensor]]:
    """Fresh tensors of the arrays that are wanted and of all, the former in the graph: copies, to be written to."""
    tensors: list[Tensor] = []
    for k, array in enumerate(problem.arrays):
        own = array.astype(dtype) if dtype is not None and array.dtype.kind == "f" else array.copy()
        tensor: Tensor = wrap(own)
        tensors.append(tensor.requires_grad_() if k in problem.wanted else tensor)
    leaves = [tensors[k] for k in problem.wanted]
    # A leaf may not be written to in place, a copy of it may.
    return leaves, [each.clone() if each.requires_grad else each for each in tensors]


def differentiable(outs: Sequence[Tensor]) -> list[Tensor]:
    """Those of some results that have a gradient."""
    return [each for each in outs if each.requires_grad]


def gradient_of(problem: Problem) -> Problem:
    """The gradient of a function, as a function of the same arrays and of the upstream gradient."""
    count = len(problem.arrays)
    names = [
        "upstream gradient" if len(problem.upstream) == 1 else f"upstream {k}" for k in range(len(problem.upstream))
    ]

    def gradients(call: Flat) -> Flat:
        def function(tensors: Sequence[Tensor]) -> list[Tensor]:
            keep = any(each.requires_grad for each in tensors)
            with enable_grad():
                own = [
                    each if k not in problem.wanted or each.requires_grad else each.detach().requires_grad_()
                    for k, each in enumerate(tensors[:count])
                ]
                outs = differentiable(call([each.clone() if each.requires_grad else each for each in own]))
                given = [seed.to(out.dtype) for seed, out in zip(tensors[count:], outs, strict=True)]
                wrt = [own[k] for k in problem.wanted]
                found = grad(outs, wrt, given, create_graph=keep, allow_unused=True)
            return [wrap(np.zeros_like(x._array)) if g is None else g for g, x in zip(found, wrt, strict=True)]

        return function

    def by_torch(call: Flat) -> Flat:
        def function(tensors: Sequence[Any]) -> list[Any]:
            torch = importlib.import_module("torch")
            copies = [each.clone() if each.requires_grad else each for each in tensors[:count]]
            outs = [each for each in call(copies) if each.requires_grad]
            wrt = [tensors[k] for k in problem.wanted]
            found = torch.autograd.grad(outs, wrt, tensors[count:], create_graph=True, allow_unused=True)
            return [torch.zeros_like(x) if g is None else g for g, x in zip(found, wrt, strict=True)]

        return function

    return Problem(
        problem.name,
        problem.names + names,
        problem.arrays + problem.upstream,
        problem.wanted + [*range(count, count + len(names))],
        gradients(problem.call),
        None if problem.composed_call is None else gradients(problem.composed_call),
        None if problem.torch_call is None else by_torch(problem.torch_call),
    )
