"""The lifted namespace: NumPy's functions over Tensors, in NumPy's spelling, for gradient rules under create_graph."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.graph import lifted
from minitorch.ops import elementwise, linalg, reduction, shape

FUNCTIONS: dict[str, Any] = {
    # what the engine itself needs
    "astype": elementwise._cast,
    "sum_to": shape._sum_to,
    "broadcast_to": shape._expand,
    # elementwise
    "exp": elementwise.exp,
    "log": elementwise.log,
    "tanh": elementwise.tanh,
    "multiply": elementwise.mul,
    "negative": elementwise.neg,
    # activation
    # reduction
    "sum": reduction.sum,
    # sorting
    # shape
    # indexing
    # linalg
    "matmul": linalg.matmul,
    "dot": linalg.dot,
}

for name, function in FUNCTIONS.items():
    setattr(lifted, name, function)
