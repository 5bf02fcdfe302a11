"""Sums, means and products, over all dimensions or some, with or without nan; truth and counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.op import FLOAT, op
from minitorch.backend import Array
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.ops import arithmetic
from minitorch.ops._operands import wide
from minitorch.ops._reducing import (
    accumulated,
    axes_of,
    axis_of,
    checked_tensor,
    count_of,
    in_dtype,
    numpy_spelling,
    plain,
    unreduced,
)
from minitorch.tensor import Tensor, in_order

# --- sums and means ---------------------------------------------------------------------------------------------------


def _check_keepdim(name: str, keepdim: Any) -> None:
    """keepdim is taken only where dim is given, be it as None."""
    if keepdim is not None:
        raise TypeError(f"{name}() received an invalid combination of arguments: keepdim needs dim, or dim=None")


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is ... else 1)
def sum(xp: Any, input: Array, dim: Any = ..., keepdim: Any = None, dtype: Any = None) -> Array:
    """The sum over all elements, or over `dim`; integers and bools add up in int64."""
    if dim is ...:
        if keepdim is None and dtype is None and input.dtype.char in "fd":
            return input.sum()  # the commonest case, ahead of the general one, which costs as much again
        _check_keepdim("sum", keepdim)
    input, keepdim = in_dtype(input, dtype), bool(keepdim)
    return accumulated(input.sum, input.dtype, dtype, axis=axes_of(dim, input.ndim, "sum"), keepdims=keepdim)


sum.grad(input=lambda xp, g, input_shape, dim, keepdim: unreduced(g, input_shape, dim, keepdim))


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is ... else 1)
def mean(xp: Any, input: Array, dim: Any = ..., keepdim: Any = None, dtype: Any = None) -> Array:
    """The mean over all elements, or over `dim`; raises RuntimeError for integers unless `dtype` is given."""
    input = in_dtype(input, dtype)
    if dim is ...:
        _check_keepdim("mean", keepdim)
        if input.dtype.char in "fd":
            return input.sum() / input.size
    keepdim = bool(keepdim)
    if input.dtype.kind != "f":
        raise RuntimeError(
            f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be either a "
            f"floating point or complex dtype. Got: {from_numpy_dtype(input.dtype).legacy_name}"
        )
    axes = axes_of(dim, input.ndim, "mean")
    averaged = wide(input).sum(axis=axes, keepdims=keepdim) / count_of(input.shape, axes)
    return in_order(averaged.astype(input.dtype, copy=False))


def mean_input(xp: Any, g: Any, input_shape: Sequence[int], dim: Any, keepdim: bool) -> Any:
    count = count_of(input_shape, axes_of(dim, len(input_shape), "mean"))
    return unreduced(g / count if count else g, input_shape, dim, keepdim)


mean.grad(input=mean_input)


# --- products ---------------------------------------------------------------------------------------------------------


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is None else 1)
def prod(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Array:
    """The product of all elements, or along one `dim`; integers and bools multiply in int64."""
    if dim is None and keepdim:
        raise TypeError("prod() received keepdim without dim: give the dim to reduce")
    input = in_dtype(input, dtype)
    axis = None if dim is None else axis_of(dim, input.ndim, "prod")
    return accumulated(input.prod, input.dtype, dtype, axis=axis if input.ndim else None, keepdims=keepdim)


def _products_of_others(xp: Any, g: Any, x: Any) -> Any:
    """`g` times the product of all other rows of `x`, a row for each of its own.

    The product is a tree: each level multiplies the first half of the rows with the second. Its gradient runs down the
    same tree and only multiplies, so zeros need no care, whatever the order of the derivative.
    """
    levels = []
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        levels.append(x)
        x = xp.concatenate([x[:half] * x[-half:], x[half:-half]])
    for x in reversed(levels):
        half = x.shape[0] // 2
        g = xp.concatenate([g[:half] * x[-half:], g[half:], g[:half] * x[:half]])
    return g


def _prod_input(xp: Any, g: Any, input: Any, dim: int | None, keepdim: bool) -> Any:
    shape = input.shape
    if not math.prod(shape):
        return unreduced(g, shape, dim, keepdim) * input
    if dim is None or not shape:
        rows = _products_of_others(xp, g.reshape((1,)), input.reshape((math.prod(shape),)))
        return rows.reshape(shape)
    axis = axis_of(dim, len(shape), "prod")
    g = xp.swapaxes(unreduced(g, shape, dim, keepdim), 0, axis)
    return xp.swapaxes(_products_of_others(xp, g, xp.swapaxes(input, 0, axis)), 0, axis)


prod.grad(input=_prod_input)


# --- truth ------------------------------------------------------------------------------------------------------------


def _truth(input: Array, dim: Any, keepdim: bool, name: str) -> Array:
    one_by_one = isinstance(dim, (list, tuple)) and not dim  # here, unlike in a sum, an empty list reduces nothing
    result = getattr(input, name)(axis=() if one_by_one else axes_of(dim, input.ndim, name), keepdims=keepdim)
    return result.astype("uint8") if input.dtype == "uint8" else result


@op(ordered=True)
def all(xp: Any, input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """Whether all elements, or all along `dim`, are nonzero; uint8 for uint8, else bool."""
    return _truth(input, dim, keepdim, "all")


@op(ordered=True)
def any(xp: Any, input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """Whether any element, or any along `dim`, is nonzero; uint8 for uint8, else bool."""
    return _truth(input, dim, keepdim, "any")


@op(ordered=True)
def count_nonzero(xp: Any, input: Array, dim: Any = None) -> Array:
    """How many elements, or how many along `dim`, are nonzero."""
    return (input != 0).sum(axis=axes_of(dim, input.ndim, "count_nonzero"), dtype=NP_INT64)


# --- sums of exponentials ---------------------------------------------------------------------------------------------


@op(dtypes=FLOAT, ordered=True)
def logsumexp(xp: Any, input: Array, dim: Any, keepdim: bool = False) -> Array:
    """The logarithm of the sum of exponentials over `dim`; safe from overflow, -inf for nothing."""
    axes = axes_of(dim, input.ndim, "logsumexp")
    x = wide(input)
    largest = x.max(axis=axes, keepdims=True) if x.size else xp.zeros((1,) * x.ndim, x.dtype)
    largest = xp.where(xp.isfinite(largest), largest, xp.zeros((), x.dtype))
    result = xp.log(xp.exp(x - largest).sum(axis=axes, keepdims=True)) + largest
    return xp.asarray(result if keepdim else xp.squeeze(result, axis=axes), input.dtype)


def _logsumexp_input(xp: Any, g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
    g, out = unreduced(g, input.shape, dim, keepdim), unreduced(out, input.shape, dim, keepdim)
    return g * xp.exp(input - out)


logsumexp.grad(input=_logsumexp_input)


# --- without nan ------------------------------------------------------------------------------------------------------


@op
def _is_number(xp: Any, input: Array) -> Array:
    """1 where there is a number, 0 where nan."""
    return (input == input).astype(input.dtype)


@op
def nansum(xp: Any, input: Array, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    """The sum with nan taken as 0, over all elements or over `dim`."""
    numbers = xp.where(input == input, input, xp.zeros((), input.dtype))
    return sum.kernel(xp, numbers, dim, keepdim, dtype)


nansum.grad(
    input=lambda xp, g, input, dim, keepdim: unreduced(g, input.shape, dim, keepdim) * _is_number.on(xp)(plain(input))
)


@numpy_spelling
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Tensor:
    """The mean of the elements that are not nan, over all or over `dim`; raises RuntimeError for integers."""
    if not checked_tensor("nanmean", "input", input).is_floating_point():
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{from_numpy_dtype(input._array.dtype).legacy_name}: convert it, x.float()"
        )
    total = nansum(input, dim, keepdim, dtype)
    count = sum(_is_number(input.detach()), dim, keepdim, dtype)
    return arithmetic.div(total, count) if out is None else arithmetic.div(total, count, out=out)
