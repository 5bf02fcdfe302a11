"""Variance and standard deviation, alone or with the mean."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable
from math import inf
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.errors import type_name
from minitorch.ops._operands import wide
from minitorch.ops._reducing import axes_of, count_of, numpy_spelling, plain, unreduced
from minitorch.ops.totals import mean_input
from minitorch.tensor import Tensor


def _moments(input: Array, dim: Any, correction: Any, keepdim: bool, name: str) -> tuple[Array, Array]:
    """The variance, and the mean with the reduced dimensions kept. Two passes: no difference of large sums."""
    if input.dtype.kind != "f":
        raise RuntimeError(f"{name}(): std and var only support floating point and complex dtypes")
    axes = axes_of(dim, input.ndim, name)
    count = count_of(input.shape, axes)
    x = wide(input)
    mean = x.sum(axis=axes, keepdims=True) / count
    centred = x - mean
    centred *= centred
    return centred.sum(axis=axes, keepdims=keepdim) / builtins.max(count - correction, 0), mean


@op(ordered=True)
def _var(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> Array:
    return xp.asarray(_moments(input, dim, correction, keepdim, "var")[0], input.dtype)


@op(ordered=True)
def _std(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> Array:
    return xp.asarray(xp.sqrt(_moments(input, dim, correction, keepdim, "std")[0]), input.dtype)


def _var_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    axes = axes_of(dim, len(input.shape), "var")
    free = count_of(input.shape, axes) - correction
    g = unreduced(g, input.shape, dim, keepdim)
    centred = input - xp.mean(input, axis=axes, keepdims=True)
    return g * (2 / free) * centred if free > 0 else g * (xp.absolute(plain(centred)) * inf)


def _std_input(xp: Any, g: Any, input: Any, out: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    return _var_input(xp, xp.where(out == 0, 0.0, g / (2 * out)), input, dim, correction, keepdim)


_var.grad(input=_var_input)
_std.grad(input=_std_input)


def _with_mean(xp: Any, input: Array, dim: Any, spread: Array, mean: Array, keepdim: bool) -> tuple[Array, Array]:
    """The two results of var_mean and std_mean, from the mean with all dimensions kept."""
    return spread.astype(input.dtype, copy=False), mean.reshape(spread.shape).astype(input.dtype, copy=False)


@op(many=True, ordered=True)
def _var_mean(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> tuple[Array, Array]:
    var, mean = _moments(input, dim, correction, keepdim, "var_mean")
    return _with_mean(xp, input, dim, var, mean, keepdim)


@op(many=True, ordered=True)
def _std_mean(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> tuple[Array, Array]:
    var, mean = _moments(input, dim, correction, keepdim, "std_mean")
    return _with_mean(xp, input, dim, xp.sqrt(var), mean, keepdim)


def _asked_for(xp: Any, g: Any, gradient: Any, dim: Any, keepdim: bool) -> Any:
    """`gradient`, 0 where `g` is: the spread of a single element has nan, which is not to spoil that of its mean."""
    return xp.where(unreduced(plain(g), gradient.shape, dim, keepdim) == 0, 0.0, gradient)


def _unused(g: Any) -> bool:
    """Whether nothing used an output, in a backward pass that is recorded: then there is nothing to differentiate."""
    return isinstance(g, Tensor) and not g.requires_grad and not bool(g._array.any())


def _var_mean_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    if _unused(g[0]):
        return mean_input(xp, g[1], input.shape, dim, keepdim)
    of_var = _asked_for(xp, g[0], _var_input(xp, g[0], input, dim, correction, keepdim), dim, keepdim)
    return of_var + mean_input(xp, g[1], input.shape, dim, keepdim)


def _std_mean_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    if _unused(g[0]):
        return mean_input(xp, g[1], input.shape, dim, keepdim)
    std = _std.on(xp)(input, dim, correction, keepdim)
    of_std = _asked_for(xp, g[0], _std_input(xp, g[0], input, std, dim, correction, keepdim), dim, keepdim)
    return of_std + mean_input(xp, g[1], input.shape, dim, keepdim)


_var_mean.grad(input=_var_mean_input)
_std_mean.grad(input=_std_mean_input)


def _spread(operation: Any, name: str, doc: str) -> Callable[..., Any]:
    """torch's overloads of a variance: (dim, unbiased, keepdim), (unbiased), (dim, correction=, keepdim=)."""

    @numpy_spelling
    def function(
        input: Tensor,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
        out: Any = None,
    ) -> Any:
        if unbiased is not None and not isinstance(unbiased, bool):
            raise TypeError(f"{name}(): argument 'unbiased' must be bool, not {type_name(unbiased)}")
        if out is not None and operation.__name__.endswith("_mean"):
            raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
        if out is not None and (isinstance(dim, bool) or (dim is None and unbiased is not None)):
            raise TypeError(f"{name}() received out without dim: give the dims to reduce")
        if isinstance(dim, bool):
            if unbiased is not None:
                raise TypeError(f"{name}() received unbiased twice, by position and by name")
            dim, unbiased = None, dim
        if unbiased is not None:
            if correction is not None:
                raise TypeError(f"{name}() received both unbiased and correction: they say the same, give one")
            correction = int(unbiased)
        correction = 1 if correction is None else correction
        result = operation(input, dim, correction, keepdim, **({} if out is None else {"out": out}))
        shape = input._array.shape
        if count_of(shape, axes_of(dim, len(shape), name)) <= correction:
            warnings.warn(
                f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
                "(input numel divided by output numel).",
                UserWarning,
                stacklevel=3,
            )
        return result

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc} over `dim` or all, divided by the count less `correction` (1; `unbiased=False`: 0)."
    return function


var = _spread(_var, "var", "The variance")
std = _spread(_std, "std", "The standard deviation")
var_mean = _spread(_var_mean, "var_mean", "The variance and the mean")
std_mean = _spread(_std_mean, "std_mean", "The standard deviation and the mean")
