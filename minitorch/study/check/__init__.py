"""`study.check`: the gradient of any operation, found in up to four ways that share nothing, side by side.

1. rule: the hand-written gradient rules, by an ordinary backward pass;
2. composed: the operation's definition from primitives (`compositions`), differentiated step by step;
3. differences: central finite differences in float64 (`differences`);
4. torch: PyTorch's own, where it is installed and has the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch import random
from minitorch.study.check.problem import Problem, gradient_of
from minitorch.study.check.report import Check as Check
from minitorch.study.check.solve import solve
from minitorch.study.check.subject import Subject


def check(
    op: Any,
    /,
    *inputs: Any,
    order: int = 1,
    seed: int = 0,
    upstream: Any = None,
    composed: Callable[..., Any] | None = None,
    limit: int = 100,
    **arguments: Any,
) -> Check:
    """The gradient of `op(*inputs, **arguments)` by each of its inputs in up to four ways, compared.

    `op` is whatever takes and returns tensors: an operation, a method such as Tensor.exp, a function of your own, an
    `apply`, a module, whose parameters are inputs, too. Checked are the inputs that require grad, or all of floats if
    none does. The gradient comes from `upstream`, or numbers drawn with `seed`, which is set before each call, too.
    `order=2` goes on to the gradient's gradient. `composed` stands in for what `op` is made of; finite differences are
    taken of `limit` elements an input. Raises what `op` raises, and ValueError where there is no gradient to check.
    """
    if order not in (1, 2):
        raise ValueError(f"check(): order must be 1 or 2, got {order!r}")
    subject = Subject(op, inputs, arguments, composed, seed)
    first = Problem(subject.name, subject.names, subject.arrays, subject.wanted, subject.call, subject.composed_call)
    first.torch_call, first.notes = subject.torch_call()
    first.texts = subject.texts()
    with random.fork_rng():
        try:
            while subject.left_out(first):
                pass
            found = solve(first, upstream, seed, limit, 1)
            if order == 1:
                return found
            second = solve(gradient_of(first), None, seed + 1, limit, 2)
        except Exception as error:
            error.add_note(f"study.check({subject.name}): {subject.described()}")
            raise
    second.first = found
    return second
