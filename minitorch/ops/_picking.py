"""Elements picked along a dimension, and the gradient that goes to them, or to all that tie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array, add_along_axis, kept
from minitorch.ops._reducing import axes_of, axis_of, plain, unreduced


@op
def pick(xp: Any, input: Array, indices: Array, dim: int) -> Array:
    """Along `dim`, the elements at `indices`."""
    return xp.take_along_axis(input, indices, axis=dim) if input.ndim else input.reshape(indices.shape)


@op
def place(xp: Any, input: Array, indices: Array, shape: Sequence[int], dim: int) -> Array:
    """The adjoint of `pick`: along `dim`, adds the elements at `indices` of zeros."""
    return add_along_axis(input, indices, tuple(shape), dim) if shape else input.reshape(())


pick.grad(input=lambda xp, g, indices, input_shape, dim: place.on(xp)(g, indices, input_shape, dim))
place.grad(input=lambda xp, g, indices, dim: pick.on(xp)(g, indices, dim))


@op
def shares(xp: Any, input: Array, extreme: Array, dim: Any, nans: bool) -> Array:
    """The part that each element has in the extreme: ties divide it evenly; with `nans`, nan ties with nan."""
    ties = input == extreme
    if nans:
        ties |= xp.isnan(input) & xp.isnan(extreme)
    return ties / ties.sum(axis=axes_of(dim, input.ndim, "amax"), keepdims=True).astype(input.dtype)


def evenly(nans: bool) -> Callable[..., Any]:
    """The gradient rule of an extreme that its ties share."""

    def rule(xp: Any, g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
        extreme = unreduced(out, input.shape, dim, keepdim)
        share = shares.on(xp)(plain(input), plain(extreme), dim, nans)
        found = unreduced(g, input.shape, dim, keepdim) * share
        return kept(xp, found, share != 0) if nans else found  # torch's amax multiplies, too

    return rule


def at_index(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int, keepdim: bool) -> Any:
    """The gradient rule of a value picked along `dim`: all goes to its index."""
    g = unreduced(g, input_shape, dim, keepdim)
    return place.on(xp)(
        g, unreduced(indices, input_shape, dim, keepdim), input_shape, axis_of(dim, len(input_shape), "")
    )


def picked(xp: Any, input: Array, indices: Array, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """Values and indices of a reduction along `axis`; `indices` has it with size 1."""
    values = xp.take_along_axis(input, indices, axis=axis)
    return (values, indices) if keepdim else (values.squeeze(axis), indices.squeeze(axis))
