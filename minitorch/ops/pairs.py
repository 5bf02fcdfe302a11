"""What is computed of every pair: the distances of rows, and the covariances of variables."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import type_name, user_stacklevel
from minitorch.ops import diagonals, permutation, shape, totals
from minitorch.ops.choices import clamp
from minitorch.ops.linalg import matmul
from minitorch.ops.powers import sqrt
from minitorch.tensor import Tensor

MANY = 25
"""From more rows than these on, Euclidean distances are computed by a matrix product, which loses some digits."""


# --- distances --------------------------------------------------------------------------------------------------------


def _lengths(xp: Any, gaps: Array, p: float) -> Array:
    """The p-norms along the last dimension."""
    sizes = xp.absolute(gaps)
    if p == 0:
        return xp.sum(sizes != 0, -1).astype(gaps.dtype)
    if p == math.inf:
        return xp.max(sizes, -1) if gaps.shape[-1] else xp.zeros(gaps.shape[:-1], gaps.dtype)
    if p == 1:
        return xp.sum(sizes, -1)
    if p == 2:
        return xp.sqrt(xp.sum(gaps * gaps, -1))
    return xp.sum(sizes**p, -1) ** (1 / p)


def _slopes(xp: Any, gaps: Any, lengths: Any, p: float) -> Any:
    """The derivatives of the p-norms, of which `lengths` has a last dimension of 1; zero where the norm has none."""
    if p == 0:
        return gaps * 0
    if p == 1:
        return xp.sign(gaps)
    if p == math.inf:
        return xp.sign(gaps) * (xp.absolute(gaps) == lengths)
    divisor = xp.where(lengths == 0, 1.0, lengths)
    if p == 2:
        return gaps / divisor
    none = gaps == 0
    sizes = xp.where(none, 1.0, xp.absolute(gaps)) / divisor
    return xp.where(none, 0.0, xp.sign(gaps) * sizes ** (p - 1))


def _rows_apart(x1: Any, x2: Any) -> Any:
    """The differences of each row of x1 and each of x2: (..., P, M), (..., R, M) to (..., P, R, M)."""
    return x1[..., :, None, :] - x2[..., None, :, :]


@op(backward="CdistBackward0")
def _cdist(xp: Any, x1: Array, x2: Array, p: float, by_product: bool) -> Array:
    """The distances of each row of x1 to each of x2."""
    if not by_product:
        return _lengths(xp, _rows_apart(x1, x2), p)
    squares = xp.sum(x1 * x1, -1)[..., :, None] + xp.sum(x2 * x2, -1)[..., None, :]
    return xp.sqrt(xp.maximum(squares - 2 * xp.matmul(x1, xp.swapaxes(x2, -1, -2)), 0))


def _cdist_x1(xp: Any, g: Any, x1: Any, x2: Any, out: Any, p: float, by_product: bool) -> Any:
    if by_product:
        weights = xp.where(out == 0, 0.0, g / xp.where(out == 0, 1.0, out))
        return x1 * xp.sum(weights, -1, keepdims=True) - xp.matmul(weights, x2)
    return xp.sum(g[..., None] * _slopes(xp, _rows_apart(x1, x2), out[..., None], p), -2)


_cdist.grad(
    x1=_cdist_x1,
    x2=lambda xp, g, x1, x2, out, p, by_product: _cdist_x1(
        xp, xp.swapaxes(g, -1, -2), x2, x1, xp.swapaxes(out, -1, -2), p, by_product
    ),
)


def _check_order(name: str, p: Any) -> float:
    if isinstance(p, bool) or not isinstance(p, (int, float)):
        raise TypeError(f"{name}(): argument 'p' must be float, not {type_name(p)}")
    if p < 0:
        raise RuntimeError(f"{name} only supports non-negative p values, got {p}")
    return float(p)


def _check_kernel(name: str, array: Array) -> None:
    if array.dtype.itemsize < 4:
        raise NotImplementedError(f"\"{name}\" not implemented for '{from_numpy_dtype(array.dtype).legacy_name}'")


def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """The p-norm distances of each row of x1 to each of x2: (..., P, M), (..., R, M) to (..., P, R).

    `compute_mode` says whether Euclidean distances may come of a matrix product, with fewer digits; by default from 25
    rows on. Raises RuntimeError for less than 2 dimensions, other numbers of columns, and a negative p.
    """
    for position, (name, given) in enumerate((("x1", x1), ("x2", x2))):
        if not isinstance(given, Tensor):
            raise TypeError(
                f"cdist(): argument '{name}' (position {position + 1}) must be Tensor, not {type_name(given)}"
            )
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    if compute_mode is not None and compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, given in (("X1", x1), ("X2", x2)):
        if not given.is_floating_point():
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {given.dtype.legacy_name}")
        if given.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {given.dim()}D")
    if x1.size(-1) != x2.size(-1):
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.size(-1)} X2: {x2.size(-1)}")
    order = _check_order("cdist", p)
    if x1.dtype is not x2.dtype:
        raise RuntimeError(f"expected scalar type {x1.dtype.legacy_name} but found {x2.dtype.legacy_name}")
    _check_kernel("cdist", x1._array)
    many = max(x1.size(-2), x2.size(-2)) > MANY
    by_product = order == 2 and (compute_mode == modes[1] or (compute_mode != modes[2] and many))
    return _cdist(x1, x2, order, by_product)


@op
def _pdist(xp: Any, input: Array, p: float) -> Array:
    """The distances of all pairs of rows."""
    first, second = xp.triu_indices(len(input), 1)
    return _lengths(xp, input[first] - input[second], p)


@op
def _spread_pairs(xp: Any, input: Array, rows: int) -> Array:
    """A symmetric matrix with zeros on its diagonal, from what stands above that."""
    out = xp.zeros((rows, rows), input.dtype)
    first, second = xp.triu_indices(rows, 1)
    out[first, second] = out[second, first] = input
    return out


@op
def _gather_pairs(xp: Any, input: Array) -> Array:
    """What stands above the diagonal plus what stands below, pair by pair."""
    first, second = xp.triu_indices(len(input), 1)
    return input[first, second] + input[second, first]


_spread_pairs.grad(input=lambda xp, g: _gather_pairs.on(xp)(g))
_gather_pairs.grad(input=lambda xp, g, input_shape: _spread_pairs.on(xp)(g, input_shape[0]))


def _pdist_input(xp: Any, g: Any, input: Any, out: Any, p: float) -> Any:
    spread, lengths = (_spread_pairs.on(xp)(each, input.shape[0]) for each in (g, out))
    return xp.sum(spread[..., None] * _slopes(xp, _rows_apart(input, input), lengths[..., None], p), -2)


_pdist.grad(input=_pdist_input)


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """The p-norm distances of all pairs of rows, those of the first row first: (N, M) to (N * (N - 1) / 2).

    Raises RuntimeError for another number of dimensions, for integers, and a negative p.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"pdist(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError(f"pdist only supports floating-point dtypes, got: {input.dtype.legacy_name}")
    order = _check_order("pdist", p)
    if input.size(0) > 1:
        _check_kernel("pdist", input._array)
    return _pdist(input, order)


# --- covariances ------------------------------------------------------------------------------------------------------


def _check_weights(name: str, weights: Tensor, observations: int) -> None:
    """Raises RuntimeError unless there is one weight, not negative, for each observation."""
    kind, integral = weights._array.dtype.kind, name == "fweights"
    if weights.dim() > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.dim()} dimensions"
        )
    if kind not in ("iu" if integral else "f"):
        raise RuntimeError(
            f"cov(): expected {name} to have {'integral' if integral else 'floating point'} dtype but got {name} with "
            f"{weights.dtype.legacy_name} dtype"
        )
    if weights.numel() != observations:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {observations}"
        )
    if observations and bool((weights._array < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _as_variables(name: str, input: Tensor) -> Tensor:
    if input.dim() > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    return input if input.dim() == 2 else shape.reshape(input, (1, -1))


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of the rows, whose columns are observations: (V, N) to (V, V); one number for a single row.

    `fweights` counts how often each observation is there, `aweights` says how much it weighs. Raises RuntimeError for
    more than 2 dimensions, and for weights of another number, negative, or with sum zero.
    """
    if isinstance(correction, bool) or not isinstance(correction, int):
        raise TypeError(f"cov(): argument 'correction' must be int, not {type_name(correction)}")
    rows: Any = _as_variables("cov", input)
    if rows._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    observations = rows.size(1)
    weights: Any = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            _check_weights(name, given, observations)
            weights = given if weights is None else weights * given
    total: Any = float(observations) if weights is None else totals.sum(weights)
    if weights is not None and observations and not bool(total._array):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    sums = totals.sum(rows if weights is None else rows * weights, 1, keepdim=True)
    centred = rows - sums / total
    if aweights is None or correction == 0:
        freedom = total - correction
    else:
        freedom = total - correction * totals.sum(weights * aweights) / total
    if float(freedom) <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=user_stacklevel(),
        )
        freedom = 0.0
    product = matmul(centred, permutation.transpose(centred if weights is None else centred * weights, 0, 1))
    result: Tensor = shape.squeeze(product / freedom)
    return result


def corrcoef(input: Tensor) -> Tensor:
    """The correlation coefficients of the rows, whose columns are observations: (V, N) to (V, V), or one number.

    Raises RuntimeError for more than 2 dimensions.
    """
    covariances = cov(_as_variables("corrcoef", input))
    if covariances.dim() == 0:
        return covariances / covariances
    deviations = sqrt(diagonals.diagonal(covariances))
    return clamp(covariances / deviations[:, None] / deviations[None, :], -1, 1)
