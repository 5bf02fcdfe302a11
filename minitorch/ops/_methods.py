"""Tensor's methods and operators, bound from tables: one entry a method, the families in the order of their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.autograd import engine
from minitorch.autograd.views import in_place
from minitorch.ops import elementwise, linalg, reduction
from minitorch.tensor import Tensor

# Bound under their own names: Tensor.exp is the function exp.
METHODS: tuple[Callable[..., Any], ...] = (
    engine.backward,
    engine.retain_grad,
    # elementwise
    elementwise.add,
    elementwise.sub,
    elementwise.mul,
    elementwise.neg,
    elementwise.exp,
    elementwise.log,
    elementwise.tanh,
    elementwise.clone,
    elementwise.eq,
    elementwise.gt,
    # activation
    # reduction
    reduction.sum,
    # sorting
    # shape
    # indexing
    # linalg
    linalg.addbmm,
    linalg.addmm,
    linalg.addmv,
    linalg.addr,
    linalg.baddbmm,
    linalg.bmm,
    linalg.cross,
    linalg.dot,
    linalg.inner,
    linalg.kron,
    linalg.matmul,
    linalg.matrix_power,
    linalg.mm,
    linalg.mv,
    linalg.outer,
    linalg.trace,
    linalg.vdot,
    # creation and conversion
    # random
)

# Bound as `name_`: the result is written into the tensor itself.
IN_PLACE: tuple[Callable[..., Any], ...] = (
    # elementwise
    elementwise.add,
    elementwise.mul,
    elementwise.exp,
    # activation
    # reduction
    # shape
    # indexing
    # linalg
    linalg.addbmm,
    linalg.addmm,
    linalg.addmv,
    linalg.addr,
    linalg.baddbmm,
)

# Under other names: methods with a signature of their own, aliases, and in-place methods that are no op's twin.
NAMED: dict[str, Callable[..., Any]] = {
    # elementwise
    # activation
    # reduction
    # sorting
    # shape
    # indexing
    # linalg
    "ger": linalg.outer,
    # creation and conversion
    # random
}

OPERATORS: dict[str, Callable[..., Any]] = {
    "__matmul__": linalg.matmul,
    "__rmatmul__": linalg.rmatmul,
    "__add__": elementwise.add,
    "__radd__": elementwise.add,
    "__sub__": elementwise.sub,
    "__mul__": elementwise.mul,
    "__rmul__": elementwise.mul,
    "__truediv__": elementwise._true_div,
    "__neg__": elementwise.neg,
    "__gt__": elementwise.gt,
}

for function in METHODS:
    setattr(Tensor, function.__name__, function)
for function in IN_PLACE:
    setattr(Tensor, f"{function.__name__}_", in_place(function))
for name, function in {**NAMED, **OPERATORS}.items():
    setattr(Tensor, name, function)
