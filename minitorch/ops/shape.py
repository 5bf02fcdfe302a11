"""Shape operations: views, and copies in another order."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array


@op
def _sum_to(xp: Any, input: Array, shape: tuple[int, ...]) -> Array:
    """The adjoint of `expand`: the sum over the dimensions along which `shape` was repeated."""
    extra = input.ndim - len(shape)
    axes = tuple(k for k in range(input.ndim) if k < extra or (shape[k - extra] == 1 and input.shape[k] != 1))
    return input.sum(axis=axes, dtype=input.dtype).reshape(shape)


_sum_to.grad(input=lambda xp, g, input_shape: xp.broadcast_to(g.reshape((1,) * (len(input_shape) - g.ndim) + tuple(g.shape)), input_shape))


@op(view=True, backward="ExpandBackward0")
def _expand(xp: Any, input: Array, shape: tuple[int, ...]) -> Array:
    return xp.broadcast_to(input, shape)


_expand.grad(input=lambda xp, g: g)
