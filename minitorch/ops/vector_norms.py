"""Norms of vectors and matrices, distances, and slices brought down to a norm."""

from __future__ import annotations

import math
import warnings
from math import inf
from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.backend import Array
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import NotSupportedError, type_name, user_stacklevel
from minitorch.ops import arithmetic
from minitorch.ops._operands import wide
from minitorch.ops._picking import shares
from minitorch.ops._reducing import (
    axes_of,
    axis_of,
    checked_tensor,
    count_of,
    in_dtype,
    into_out,
    plain,
    unreduced,
)
from minitorch.ops.extremes import amax, amin
from minitorch.tensor import Tensor

# --- norms ------------------------------------------------------------------------------------------------------------


def _check_norm(name: str, input: Array, dtype: Any) -> None:
    if input.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. "
            f"Got {from_numpy_dtype(input.dtype).legacy_name}"
        )
    if dtype is None:
        return
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {dtype.legacy_name}")
    if dtype.itemsize < input.dtype.itemsize:
        raise RuntimeError(
            f"{name}: the dtype of the input ({from_numpy_dtype(input.dtype).legacy_name}) should be convertible "
            f"without narrowing to the specified dtype ({dtype.legacy_name})"
        )


def _check_norm_not_empty(input: Array, ord: float, axes: Any) -> None:
    """Powers below 0 and extremes of nothing have no value."""
    if ord >= 0 and ord != inf or count_of(input.shape, axes):
        return
    order = f"{ord:g}"
    if axes is None:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {order} norm on an empty tensor because the operation does not "
            "have an identity"
        )
    empty = next(axis for axis in ((axes,) if isinstance(axes, int) else axes) if not input.shape[axis])
    raise RuntimeError(
        f"linalg.vector_norm cannot compute the {order} norm on the dimension {empty} because this dimension is empty "
        "and the operation does not have an identity"
    )


@op(backward="LinalgVectorNormBackward0", ordered=True)
def _vector_norm(
    xp: Any, input: Array, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Array:
    _check_norm("linalg.vector_norm", input, dtype)
    axes = axes_of(dim, input.ndim, "linalg.vector_norm")
    _check_norm_not_empty(input, ord, axes)
    input = in_dtype(input, dtype)
    x = wide(input)
    reduced = {"axis": axes, "keepdims": keepdim}
    if ord == 2:
        result = xp.sqrt((x * x).sum(**reduced))
    elif ord == 0:
        result = (x != 0).sum(**reduced)
    elif ord == 1:
        result = xp.absolute(x).sum(**reduced)
    elif ord == inf:
        result = xp.absolute(x).max(**reduced)
    elif ord == -inf:
        result = xp.absolute(x).min(**reduced)
    else:
        result = (xp.absolute(x) ** ord).sum(**reduced) ** (1 / ord)
    return xp.asarray(result, input.dtype)


@op
def _sign(xp: Any, input: Array) -> Array:
    """-1, 0 or 1; 0 for nan. Without a gradient."""
    return (input > 0).astype(input.dtype) - (input < 0)


def _vector_norm_input(xp: Any, g: Any, input: Any, out: Any, ord: Any, dim: Any, keepdim: bool) -> Any:
    if ord == 0:
        return None
    g = unreduced(g, input.shape, dim, keepdim)
    if not math.prod(input.shape):
        return g * input
    norm = unreduced(out, input.shape, dim, keepdim)
    if ord == 2:
        return input * xp.where(norm == 0, 0.0, g / norm)
    sign = _sign.on(xp)(plain(input))
    if ord == 1:
        return g * sign
    size = xp.absolute(input)
    if ord in (inf, -inf):
        return g * sign * shares.on(xp)(plain(size), plain(norm), dim, True)
    if ord < 1:
        return xp.where(input == 0, 0.0, size ** (ord - 1)) * sign * g * norm ** (1 - ord)
    return size ** (ord - 1) * sign * xp.where(norm == 0, 0.0, g / norm ** (ord - 1))


_vector_norm.grad(input=_vector_norm_input)


def vector_norm(
    x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """torch.linalg.vector_norm: the root of the sum of |x|**ord over `dim` or all; ord may be 0, inf and -inf.

    The gradient at a zero vector is 0. Raises RuntimeError for integers.
    """
    if not isinstance(ord, (int, float)):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type_name(ord)}")
    options = {} if out is None else {"out": out}
    result: Tensor = _vector_norm(x, ord, dim, keepdim, dtype, **options)
    return result


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """torch.linalg.matrix_norm: 'fro', or 1, -1, inf, -inf: the largest or smallest sum of a column or row.

    Differs from torch: 2, -2 and 'nuc' are not here; they come from `torch.linalg.svdvals`.
    """
    name = "linalg.matrix_norm"
    _check_norm(name, checked_tensor(name, "A", A)._array, dtype)
    ndim = A._array.ndim
    if ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if isinstance(dim, int):
        raise TypeError("linalg_matrix_norm(): argument 'dim' must be tuple of ints, not int")
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    rows, columns = (axis_of(each, ndim, name) for each in dim)
    if rows == columns:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    options = {} if out is None else {"out": out}
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype, **options)
    if ord in ("nuc", 2, -2):
        raise NotSupportedError(f"{name}: ord={ord!r} is not supported: reduce torch.linalg.svdvals(A)")
    if ord not in (1, -1, inf, -inf):
        raise RuntimeError(f"{name}: Order {ord} not supported.")
    summed, compared = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = vector_norm(A, 1, summed, True, dtype=dtype)
    result = (amax if ord > 0 else amin)(sums, compared, True)
    kept = sums.shape
    if not keepdim:
        result = result.reshape(tuple(size for k, size in enumerate(kept) if k not in (rows, columns)))
    return into_out(result, out)


def linalg_norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """torch.linalg.norm: a vector norm of one dim or a 1-d tensor, a matrix norm of two dims or a 2-d tensor."""
    options = {} if out is None else {"out": out}
    if dim is not None and not isinstance(dim, int) and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype, **options)
    ndim = A._array.ndim
    if isinstance(ord, str):
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, **options)
    if dim is None and ndim not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {ndim}D.")
    if dim is None:
        dim = (0,) if ndim == 1 else (0, 1)
    if isinstance(dim, int) or len(dim) == 1:
        return vector_norm(A, ord, dim, keepdim, dtype=dtype, **options)
    return matrix_norm(A, ord, dim, keepdim, dtype=dtype, **options)


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Any = None
) -> Tensor:
    """The p-norm of all elements, or of those along `dim`; 'fro' is the 2-norm.

    Differs from torch: 'nuc' raises NotSupportedError.
    """
    options = {} if out is None else {"out": out}
    if isinstance(p, str):
        dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
        if p != "fro" or (dims is not None and len(dims) > 2):
            return matrix_norm(input, p, (-2, -1) if dims is None else dims, keepdim, dtype=dtype, **options)
        p = 2
    return vector_norm(input, 2 if p is None else p, dim, keepdim, dtype=dtype, **options)


def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False, *, out: Any = None) -> Tensor:
    """The 2-norm along one or two dimensions, or of all for (). Deprecated: use torch.linalg.vector_norm."""
    warnings.warn(
        "at::frobenius_norm is deprecated: use linalg.vector_norm(A, 2., dim, keepdim)",
        stacklevel=user_stacklevel(),
    )
    return vector_norm(input, 2, dim, keepdim, out=out)


# --- distances and limits ---------------------------------------------------------------------------------------------


@op(dtypes=PROMOTE)
def _dist(xp: Any, input: Array, other: Array, p: Any) -> Array:
    return _vector_norm.on(xp)(input - other, p)


_dist.grad(
    input=lambda xp, g, input, other, out, p: _vector_norm_input(xp, g, input - other, out, p, None, False),
    other=lambda xp, g, input, other, out, p: _vector_norm_input(xp, g, other - input, out, p, None, False),
)


def dist(input: Tensor, other: Tensor, p: Any = 2) -> Tensor:
    """The p-norm of `input - other`; their shapes broadcast."""
    if not isinstance(p, (int, float)):
        raise TypeError(f"dist(): argument 'p' (position 3) must be Number, not {type_name(p)}")
    if not isinstance(other, Tensor):
        raise TypeError(f"dist(): argument 'other' (position 2) must be Tensor, not {type_name(other)}")
    arithmetic.check_no_bool(input, other)
    result: Tensor = _dist(input, other, p)
    return result


def _norms(xp: Any, input: Any, p: Any, dim: int) -> tuple[Any, tuple[int, ...]]:
    """The norm of every slice along `dim`, and the other dims, which it is taken over."""
    ndim = len(input.shape)
    axis = axis_of(dim, ndim, "renorm")
    others = tuple(k for k in range(ndim) if k != axis)
    return _vector_norm.on(xp)(input, p, others, True), others


@op(ordered=True)
def renorm(xp: Any, input: Array, p: Any, dim: int, maxnorm: float) -> Array:
    """Scales down every slice along `dim` whose p-norm exceeds `maxnorm`, so that it is `maxnorm`."""
    if not isinstance(maxnorm, (int, float)):
        raise TypeError(f"renorm(): argument 'maxnorm' (position 4) must be Number, not {type_name(maxnorm)}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    if p <= 0:
        raise RuntimeError(f"renorm: non-positive-norm not supported, got p={p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    norms, _ = _norms(xp, input, p, dim)
    return input * _scale(xp, norms, maxnorm)


def _scale(xp: Any, norms: Any, maxnorm: float) -> Any:
    # torch adds the same 1e-7, which keeps the quotient just below maxnorm.
    return xp.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


def _renorm_input(xp: Any, g: Any, input: Any, p: Any, dim: int, maxnorm: float) -> Any:
    """The scale's own gradient goes on into the norms that it is made of."""
    norms, others = _norms(xp, input, p, dim)
    along = xp.sum(g * input, axis=others, keepdims=True)
    to_norms = xp.where(norms > maxnorm, -along * maxnorm / (norms + 1e-7) ** 2, 0.0)
    through_norms = _vector_norm_input(xp, to_norms, input, norms, p, others, True)
    return g * _scale(xp, norms, maxnorm) + through_norms


renorm.grad(input=_renorm_input)
