"""Formulas of several steps that a GPU computes in one.

Over CuPy's arrays every step of a formula starts a kernel and goes through memory once more, and to start one takes
longer than most of them run. `fused` puts a kernel of all steps beside the plain formula: the formula runs over NumPy,
over tensors and wherever there is no such kernel, and says what the kernel has to compute.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np


class Fused:
    """A formula `plain(xp, *arrays)` and its kernel. It can stand for the formula as a gradient rule, too."""

    def __init__(self, plain: Callable[..., Any], inputs: str, outputs: str, body: str) -> None:
        functools.update_wrapper(self, plain)
        self.plain = plain
        self.inputs, self.outputs, self.body = inputs, outputs, body
        self.name = "minitorch_" + re.sub(r"\W", "", plain.__name__).strip("_")
        if re.search(r"\bT\b", f"{inputs} {outputs}"):
            self.body = f"typedef decltype(+T()) real; {body}"
        # What the engine, and who shows a rule's text, read off a rule.
        self.__code__, self.__globals__ = plain.__code__, plain.__globals__
        self._functions: dict[Any, Callable[..., Any]] = {np: functools.partial(plain, np)}

    def __call__(self, xp: Any, *arrays: Any, size: int | None = None) -> Any:
        """`size`: over how many elements the kernel runs, where all of its arrays are raw."""
        if xp is np or not hasattr(xp, "ElementwiseKernel"):
            return self.plain(xp, *arrays)
        return self.over(xp)(*arrays) if size is None else self.over(xp)(*arrays, size=size)

    def over(self, xp: Any) -> Callable[..., Any]:
        """The formula over the arrays of one module, which it is called without: the kernel where there is one."""
        function = self._functions.get(xp)
        if function is None:
            function = self._functions[xp] = (
                xp.ElementwiseKernel(self.inputs, self.outputs, self.body, self.name)
                if hasattr(xp, "ElementwiseKernel")
                else functools.partial(self.plain, xp)
            )
        return function


def fused(inputs: str, outputs: str, body: str) -> Callable[[Callable[..., Any]], Fused]:
    """Puts beside a plain formula a kernel, in the terms of cupy.ElementwiseKernel: its parameters, and what it does.

    The formula takes `xp`, then the kernel's inputs in their order, and returns the output. Or it takes the outputs as
    well, after the inputs, and writes into them; what it changes in place is an output alone, which a kernel may read.
    In the body `real` is the type that elements of T are computed in: T, but float for float16.
    """
    return lambda plain: Fused(plain, inputs, outputs, body)
