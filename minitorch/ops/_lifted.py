"""The lifted namespace: NumPy's functions over Tensors, in NumPy's spelling, for gradient rules under create_graph."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.graph import lifted
from minitorch.ops import creation, elementwise, linalg, reduction, shape

FUNCTIONS: dict[str, Any] = {
    # what the engine itself needs
    "astype": elementwise._cast,
    "sum_to": shape._sum_to,
    "broadcast_to": shape._expand,
    "tied": elementwise._tied,
    # elementwise
    "exp": elementwise.exp,
    "exp2": elementwise.exp2,
    "log": elementwise.log,
    "tanh": elementwise.tanh,
    "sqrt": elementwise.sqrt,
    "where": elementwise.where,
    "reciprocal": elementwise.reciprocal,
    "sigmoid": elementwise.sigmoid,
    "sign": elementwise.sign,
    "sin": elementwise.sin,
    "cos": elementwise.cos,
    "sinh": elementwise.sinh,
    "cosh": elementwise.cosh,
    "square": elementwise.square,
    "expm1": elementwise.expm1,
    "log1p": elementwise.log1p,
    "isfinite": elementwise.isfinite,
    "isnan": elementwise.isnan,
    "erf": elementwise.erf,
    "absolute": elementwise.abs,
    "maximum": elementwise.clamp_min,
    "minimum": elementwise.clamp_max,
    "multiply": elementwise.mul,
    "negative": elementwise.neg,
    "power": elementwise.pow,
    "logical_not": elementwise.logical_not,
    # activation
    # reduction
    "sum": reduction.sum,
    "mean": reduction.mean,
    "prod": reduction.prod,
    "max": reduction.amax,
    "min": reduction.amin,
    "cumsum": reduction.cumsum,
    "cumprod": reduction.cumprod,
    # sorting
    # shape
    "concatenate": shape.cat,
    "expand_dims": shape.expand_dims,
    "flip": shape.flip,
    "stack": shape.stack,
    "swapaxes": shape.transpose,
    "transpose": shape.reverse_dims,
    "tril": shape.tril,
    "triu": shape.triu,
    # indexing
    # linalg
    "matmul": linalg.matmul,
    "dot": linalg.dot,
    # creation
    "zeros_like": creation.zeros_like,
    "ones_like": creation.ones_like,
}

for name, function in FUNCTIONS.items():
    setattr(lifted, name, function)
