"""The lifted namespace: NumPy's functions over Tensors, in NumPy's spelling, for gradient rules under create_graph."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.graph import lifted
from minitorch.ops import (
    arithmetic,
    choices,
    comparison,
    copies,
    creation,
    diagonals,
    exponentials,
    extremes,
    joining,
    linalg,
    permutation,
    powers,
    repeating,
    rounding,
    scans,
    shape,
    special,
    totals,
    trigonometry,
)

FUNCTIONS: dict[str, Any] = {
    # what the engine itself needs
    "astype": copies.cast,
    "sum_to": repeating._sum_to,
    "broadcast_to": repeating._expand,
    "tied": copies.tied,
    # arithmetic
    "reciprocal": arithmetic.reciprocal,
    "absolute": arithmetic.abs,
    "multiply": arithmetic.mul,
    "negative": arithmetic.neg,
    # rounding
    "sign": rounding.sign,
    # choices
    "where": choices.where,
    "maximum": choices.clamp_min,
    "minimum": choices.clamp_max,
    # powers
    "sqrt": powers.sqrt,
    "square": powers.square,
    "power": powers.pow,
    # exponentials
    "exp": exponentials.exp,
    "exp2": exponentials.exp2,
    "log": exponentials.log,
    "sigmoid": exponentials.sigmoid,
    "expm1": exponentials.expm1,
    "log1p": exponentials.log1p,
    # trigonometry
    "tanh": trigonometry.tanh,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "sinh": trigonometry.sinh,
    "cosh": trigonometry.cosh,
    # special
    "erf": special.erf,
    # comparison
    "isfinite": comparison.isfinite,
    "isnan": comparison.isnan,
    "logical_not": comparison.logical_not,
    # activation
    # totals
    "sum": totals.sum,
    "mean": totals.mean,
    "prod": totals.prod,
    # extremes
    "max": extremes.amax,
    "min": extremes.amin,
    # scans
    "cumsum": scans.cumsum,
    "cumprod": scans.cumprod,
    # sorting
    # permutation
    "flip": permutation.flip,
    "swapaxes": permutation.transpose,
    "transpose": permutation.reverse_dims,
    # shape
    "expand_dims": shape.expand_dims,
    # joining
    "concatenate": joining.cat,
    "stack": joining.stack,
    # diagonals
    "tril": diagonals.tril,
    "triu": diagonals.triu,
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
