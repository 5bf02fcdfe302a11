"""What runs along a dimension: sums, products and extremes so far, differences and integrals."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from minitorch import return_types
from minitorch.autograd.graph import lifted
from minitorch.autograd.op import op
from minitorch.backend import Array, running
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.errors import type_name
from minitorch.ops import comparison
from minitorch.ops._operands import wide
from minitorch.ops._picking import place
from minitorch.ops._reducing import accumulated, axis_of, checked_tensor, in_dtype, into_out
from minitorch.ops.copies import clone
from minitorch.ops.totals import sum
from minitorch.tensor import Tensor

# --- so far -----------------------------------------------------------------------------------------------------------


def _scan(input: Array, method: str, dim: Any, dtype: Any) -> Array:
    """A running sum or product along `dim`."""
    axis = axis_of(dim, input.ndim, method)
    if dtype is not None and dtype.numpy.kind == "b" and input.ndim and input.size:
        raise NotImplementedError(f"\"{method}_out_cpu\" not implemented for 'Bool': give another dtype")
    input = in_dtype(input, dtype)
    row = input if input.ndim else input.reshape(1)  # a 0-d array has no axis
    scanned = accumulated(getattr(row, method), input.dtype, dtype, double=True, axis=axis)
    return scanned.reshape(input.shape)


def _scan_in_own_dtype(scan: Any, input: Tensor, dim: int, dtype: Any) -> Tensor:
    axis_of(dim, input._array.ndim, scan.__name__)
    if dtype is not None and dtype is not input.dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {input.dtype.name} and output tensor dtype {dtype.name} should "
            "match"
        )
    result: Tensor = scan(input, dim, input.dtype)
    return result


@op
def cumsum(xp: Any, input: Array, dim: int, dtype: Any = None) -> Array:
    """The sums of the elements so far along `dim`; integers and bools add up in int64."""
    return _scan(input, "cumsum", dim, dtype)


def cumsum_in_place(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """`cumsum` in the tensor's own dtype."""
    return _scan_in_own_dtype(cumsum, input, dim, dtype)


@op(ordered=True)
def _cumsum_from_end(xp: Any, input: Array, dim: int) -> Array:
    """The sums of the elements still to come along `dim`, own included: the adjoint of `cumsum`."""
    if not input.ndim:
        return input.copy()
    return xp.flip(_scan(xp.flip(input, dim), "cumsum", dim, None), dim)


cumsum.grad(input=lambda xp, g, dim: _cumsum_from_end.on(xp)(g, dim))
_cumsum_from_end.grad(input=lambda xp, g, dim: cumsum.on(xp)(g, dim))


def _from_end(xp: Any, decay: Any, b: Any) -> Any:
    """The rows y of y[i] = b[i] + decay[i] * y[i + 1]; `decay` has a row less than `b`.

    Each pass doubles the number of rows that have been brought in; none divides, so zeros in `decay` are no matter.
    """
    count, step = b.shape[0], 1
    y = b
    while step < count:
        y = xp.concatenate([y[:-step] + decay * y[step:], y[-step:]])
        decay = decay[:-step] * decay[step:]
        step *= 2
    return y


@op
def cumprod(xp: Any, input: Array, dim: int, dtype: Any = None) -> Array:
    """The products of the elements so far along `dim`; integers and bools multiply in int64."""
    return _scan(input, "cumprod", dim, dtype)


def cumprod_in_place(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """`cumprod` in the tensor's own dtype."""
    return _scan_in_own_dtype(cumprod, input, dim, dtype)


def _cumprod_input(xp: Any, g: Any, input: Any, dim: int) -> Any:
    """The product of all before, times the gradients of all results still to come with what is multiplied till then."""
    if not math.prod(input.shape) or not input.ndim:
        return g
    axis = axis_of(dim, input.ndim, "cumprod")
    rows, g = xp.swapaxes(input, 0, axis), xp.swapaxes(g, 0, axis)
    before = xp.cumprod(rows, axis=0)[:-1]
    to_come = _from_end(xp, rows[1:], g)
    return xp.swapaxes(xp.concatenate([to_come[:1], before * to_come[1:]]), 0, axis)


cumprod.grad(input=_cumprod_input)


@op(ordered=True)
def logcumsumexp(xp: Any, input: Array, dim: int) -> Array:
    """The logarithms of the sums of exponentials so far along `dim`; raises RuntimeError for integers."""
    axis = axis_of(dim, input.ndim, "logcumsumexp")
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"logcumsumexp(): not implemented for '{from_numpy_dtype(input.dtype).legacy_name}': convert it, x.float()"
        )
    if not input.size or not input.ndim:
        return input.copy()
    return running(xp.logaddexp, wide(input), axis).astype(input.dtype, copy=False)


def _logcumsumexp_input(xp: Any, g: Any, input: Any, out: Any, dim: int) -> Any:
    """exp(x[i] - out[k]) of every g[k] from i on, by steps exp(out[i] - out[i + 1]), which never exceed 1."""
    if not math.prod(input.shape) or not input.ndim:
        return g
    axis = axis_of(dim, input.ndim, "logcumsumexp")
    rows, g = xp.swapaxes(out, 0, axis), xp.swapaxes(g, 0, axis)
    to_come = _from_end(xp, xp.exp(rows[:-1] - rows[1:]), g)
    return xp.swapaxes(to_come, 0, axis) * xp.exp(input - out)


logcumsumexp.grad(input=_logcumsumexp_input)


def _running_extreme(xp: Any, input: Array, dim: int, name: str, extreme: Any) -> tuple[Array, Array]:
    axis = axis_of(dim, input.ndim, name)
    if not input.size or not input.ndim:
        return input.copy(), xp.zeros(input.shape, NP_INT64)
    values = running(extreme, input, axis)
    reached = input == values
    if input.dtype.kind == "f":
        reached |= xp.isnan(input)
    places = xp.arange(input.shape[axis]).reshape([-1 if k == axis else 1 for k in range(input.ndim)])
    return values, running(xp.maximum, reached * places, axis)


@op(outputs=return_types.cummax, differentiable=(0,), ordered=True)
def cummax(xp: Any, input: Array, dim: int) -> tuple[Array, Array]:
    """The largest element so far along `dim`, and the last index where it stood; nan counts as the largest."""
    return _running_extreme(xp, input, dim, "cummax", xp.maximum)


@op(outputs=return_types.cummin, differentiable=(0,), ordered=True)
def cummin(xp: Any, input: Array, dim: int) -> tuple[Array, Array]:
    """The smallest element so far along `dim`, and the last index where it stood; nan counts as the smallest."""
    return _running_extreme(xp, input, dim, "cummin", xp.minimum)


def _running_extreme_input(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int) -> Any:
    return place.on(xp)(g, indices, input_shape, axis_of(dim, len(input_shape), "cummax"))


cummax.grad(input=_running_extreme_input)
cummin.grad(input=_running_extreme_input)


# --- differences and integrals ----------------------------------------------------------------------------------------


def _sliced(input: Tensor, dim: int, start: int | None, stop: int | None) -> Tensor:
    taken: Tensor = input[(slice(None),) * dim + (slice(start, stop),)]
    return taken


def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Any = None,
) -> Tensor:
    """The n-th differences of neighbours along `dim`, `prepend` and `append` put before and behind; bools by xor."""
    ndim = input._array.ndim
    if not ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if not isinstance(n, int):
        raise TypeError(f"diff(): argument 'n' (position 2) must be int, not {type_name(n)}")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [part for part in (prepend, input, append) if part is not None]
    for part in parts:
        if checked_tensor("diff", "prepend", part)._array.ndim != ndim:
            raise RuntimeError(
                f"diff expects prepend or append to be the same dimension as input: {ndim}, got {part._array.ndim}"
            )
    axis = axis_of(dim, ndim, "diff") if n or len(parts) > 1 else 0
    if not n:
        return into_out(clone(input), out)
    result = input if len(parts) == 1 else lifted.concatenate(parts, axis)
    for _ in range(builtins.min(n, result._array.shape[axis])):
        later, earlier = _sliced(result, axis, 1, None), _sliced(result, axis, None, -1)
        result = comparison.ne(later, earlier) if result._array.dtype.kind == "b" else later - earlier
    return into_out(clone(result) if result is input else result, out)


def _sampled(name: str, y: Tensor, x: Tensor | None, dim: int) -> int:
    """The dim along which samples lie."""
    ndim = checked_tensor(name, "y", y)._array.ndim
    if x is not None:
        checked_tensor(name, "x", x)
    if not ndim:
        raise IndexError(f"{name}: Dimension specified as {dim} but tensor has no dimensions")
    return axis_of(dim, ndim, name)


def _trapezoids(name: str, y: Tensor, x: Tensor | None, dx: Any, axis: int) -> Tensor:
    """The areas between neighbours."""
    for letter, samples in (("y", y), ("x", x)):
        if samples is not None and samples._array.dtype.kind == "b":
            raise RuntimeError(f"{name}: received a bool input for `{letter}`, but bool is not supported")
    ndim = y._array.ndim
    areas: Tensor = _sliced(y, axis, 1, None) + _sliced(y, axis, None, -1)
    if x is None:
        areas = areas * (dx / 2)
        return areas
    points = x._array.shape
    if (points[0] if len(points) == 1 else points[axis - ndim]) != y._array.shape[axis]:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    if len(points) == 1:
        x = x.reshape(tuple(points[0] if k == axis else 1 for k in range(ndim)))
        points = x._array.shape
    widths = diff(x, dim=axis - ndim)
    areas = areas * widths / 2.0
    return areas


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral along `dim` by the trapezoidal rule, of samples at `x` or `dx` (1) apart."""
    dx, axis = _spacing(x, dx), _sampled("trapezoid", y, x, dim)
    if not y._array.shape[axis]:
        nothing: Tensor = sum(y.detach(), axis, dtype=y.dtype)
        return nothing
    if x is not None or y._array.dtype.kind == "b":
        result: Tensor = sum(_trapezoids("trapezoid", y, x, dx, axis), axis)
        return result
    # Every sample but the first and the last belongs to two trapezoids: fewer steps, each of which is rounded.
    result = (sum(y, axis) - (y.select(axis, 0) + y.select(axis, -1)) * 0.5) * dx
    return result


trapz = trapezoid


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integrals so far along `dim` by the trapezoidal rule; one fewer than there are samples."""
    dx, axis = _spacing(x, dx), _sampled("cumulative_trapezoid", y, x, dim)
    result: Tensor = cumsum(_trapezoids("cumulative_trapezoid", y, x, dx, axis), axis)
    return result


def _spacing(x: Tensor | None, dx: Any) -> Any:
    if x is not None and dx is not None:
        raise TypeError("trapezoid() received both x and dx: they say the same, give one")
    return 1 if dx is None else dx
