"""Reductions: sums, means, extremes, over all dimensions or some."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.errors import wrap_dims


def _axes(dim: Any, ndim: int, name: str) -> Any:
    """NumPy's axis for torch's dim: None, and the empty list, mean all."""
    return None if dim is None or dim == () or dim == [] else wrap_dims(dim, ndim, name)


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is None else 1)
def sum(xp: Any, input: Array, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    """The sum over all elements, or over `dim`; integers and bools add up in int64."""
    return input.sum(axis=_axes(dim, input.ndim, "sum"), keepdims=keepdim)


def _restore(xp: Any, g: Any, input_shape: tuple[int, ...], dim: Any, keepdim: bool) -> Any:
    """A reduction's gradient with the reduced dimensions back, of size 1: the engine repeats it along them."""
    axes = _axes(dim, len(input_shape), "sum")
    return g if axes is None or keepdim or not input_shape else xp.expand_dims(g, axes)


sum.grad(input=_restore)
