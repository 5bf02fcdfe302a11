"""Reductions and scans: sums, products, extremes, moments, norms, over all dimensions or some; and running ones."""

from __future__ import annotations

import builtins
import math
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from operator import index
from typing import Any

from minitorch import return_types
from minitorch.autograd.graph import lifted
from minitorch.autograd.op import FLOAT, PROMOTE, op
from minitorch.backend import Array, add_along_axis, running
from minitorch.dtypes import NP_INT64, from_numpy_dtype
from minitorch.errors import NotSupportedError, type_name, wrap_dim, wrap_dims
from minitorch.ops import elementwise
from minitorch.tensor import Tensor

inf = math.inf


# --- dimensions -------------------------------------------------------------------------------------------------------


def _axis(dim: Any, ndim: int, name: str) -> int:
    """One dim counted from the front; raises torch's IndexError, or TypeError when it is no int."""
    try:
        return wrap_dim(index(dim), ndim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type_name(dim)}") from None


def _axes(dim: Any, ndim: int, name: str) -> Any:
    """NumPy's axis for torch's dim: None, `...` and the empty list mean all; a 0-d tensor has dim 0 and -1, no axis."""
    if dim is None or dim is ...:
        return None
    if isinstance(dim, (list, tuple)):
        axes = wrap_dims([_axis(each, ndim, name) for each in dim], ndim, name)
        return axes if axes and ndim else None
    try:
        axis = wrap_dim(index(dim), ndim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int or tuple of ints, not {type_name(dim)}") from None
    return axis if ndim else None


def _count(shape: Sequence[int], axes: Any) -> int:
    """How many elements come together in one."""
    if axes is None:
        return math.prod(shape)
    return shape[axes] if isinstance(axes, int) else math.prod(shape[axis] for axis in axes)


def _unreduced(g: Any, shape: Sequence[int], dim: Any, keepdim: bool) -> Any:
    """A result, or its gradient, with the reduced dimensions back, of size 1: from there on it broadcasts."""
    if keepdim or dim is None or dim is ...:
        return g
    axes = _axes(dim, len(shape), "reduction")
    if axes is None:
        return g
    gone = (axes,) if isinstance(axes, int) else axes
    return g.reshape(tuple([1 if k in gone else size for k, size in enumerate(shape)]))


def _check_not_empty(name: str, shape: Sequence[int], axes: Any) -> None:
    """An extreme of nothing has no value: raises torch's error."""
    if axes is None:
        if not math.prod(shape):
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        return
    for axis in (axes,) if isinstance(axes, int) else axes:
        if not shape[axis]:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _tensor(name: str, argument: str, value: Any) -> Tensor:
    """`value`, which must be a Tensor; raises torch's TypeError."""
    if isinstance(value, Tensor):
        return value
    raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type_name(value)}")


def _numpy_spelling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Lets a plain function take `axis` and `keepdims` as well, as operations do."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "axis" in kwargs:
            kwargs["dim"] = kwargs.pop("axis")
        if "keepdims" in kwargs:
            kwargs["keepdim"] = kwargs.pop("keepdims")
        return function(*args, **kwargs)

    return call


# --- dtypes -----------------------------------------------------------------------------------------------------------


def _wide(array: Array) -> Array:
    """float16 as float32: sums of many of its numbers would stop growing."""
    return array.astype("float32") if array.dtype.itemsize == 2 and array.dtype.kind == "f" else array


def _cast(array: Array, dtype: Any) -> Array:
    """`array` in torch's `dtype`; None leaves it."""
    return array if dtype is None else array.astype(dtype.numpy, copy=False)


def _accumulated(method: Callable[..., Array], own: Any, dtype: Any, *, double: bool = False, **options: Any) -> Array:
    """A sum or product by the ndarray method: integers in int64, float16 in float32; the result in `dtype`, or its own.

    `double`: float32 in float64, as torch does where every partial result shows.
    """
    if own.kind != "f":
        result = method(dtype=NP_INT64, **options)
        return _cast(result, dtype)
    if own.itemsize == 2:
        return method(dtype="float32", **options).astype(own)
    if double and own.itemsize == 4:
        return method(dtype="float64", **options).astype(own)
    return method(**options)


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
    input, keepdim = _cast(input, dtype), bool(keepdim)
    return _accumulated(input.sum, input.dtype, dtype, axis=_axes(dim, input.ndim, "sum"), keepdims=keepdim)


sum.grad(input=lambda xp, g, input_shape, dim, keepdim: _unreduced(g, input_shape, dim, keepdim))


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is ... else 1)
def mean(xp: Any, input: Array, dim: Any = ..., keepdim: Any = None, dtype: Any = None) -> Array:
    """The mean over all elements, or over `dim`; raises RuntimeError for integers unless `dtype` is given."""
    input = _cast(input, dtype)
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
    axes = _axes(dim, input.ndim, "mean")
    if input.dtype.itemsize == 2:
        return (_wide(input).sum(axis=axes, keepdims=keepdim) / _count(input.shape, axes)).astype(input.dtype)
    return input.sum(axis=axes, keepdims=keepdim) / _count(input.shape, axes)


def _mean_input(xp: Any, g: Any, input_shape: Sequence[int], dim: Any, keepdim: bool) -> Any:
    count = _count(input_shape, _axes(dim, len(input_shape), "mean"))
    return _unreduced(g / count if count else g, input_shape, dim, keepdim)


mean.grad(input=_mean_input)


# --- products ---------------------------------------------------------------------------------------------------------


@op(backward=lambda input, dim, keepdim, dtype: 0 if dim is None else 1)
def prod(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Array:
    """The product of all elements, or along one `dim`; integers and bools multiply in int64."""
    if dim is None and keepdim:
        raise TypeError("prod() received keepdim without dim: give the dim to reduce")
    input = _cast(input, dtype)
    axis = None if dim is None else _axis(dim, input.ndim, "prod")
    return _accumulated(input.prod, input.dtype, dtype, axis=axis if input.ndim else None, keepdims=keepdim)


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
        return _unreduced(g, shape, dim, keepdim) * input
    if dim is None or not shape:
        rows = _products_of_others(xp, g.reshape((1,)), input.reshape((math.prod(shape),)))
        return rows.reshape(shape)
    axis = _axis(dim, len(shape), "prod")
    g = xp.swapaxes(_unreduced(g, shape, dim, keepdim), 0, axis)
    return xp.swapaxes(_products_of_others(xp, g, xp.swapaxes(input, 0, axis)), 0, axis)


prod.grad(input=_prod_input)


# --- extremes ---------------------------------------------------------------------------------------------------------


@op
def _pick(xp: Any, input: Array, indices: Array, dim: int) -> Array:
    """Along `dim`, the elements at `indices`."""
    return xp.take_along_axis(input, indices, axis=dim) if input.ndim else input.reshape(indices.shape)


@op
def _place(xp: Any, input: Array, indices: Array, shape: Sequence[int], dim: int) -> Array:
    """The adjoint of `_pick`: along `dim`, adds the elements at `indices` of zeros."""
    return add_along_axis(input, indices, tuple(shape), dim) if shape else input.reshape(())


_pick.grad(input=lambda xp, g, indices, input_shape, dim: _place.on(xp)(g, indices, input_shape, dim))
_place.grad(input=lambda xp, g, indices, dim: _pick.on(xp)(g, indices, dim))


@op
def _share(xp: Any, input: Array, extreme: Array, dim: Any, nans: bool) -> Array:
    """The part that each element has in the extreme: ties divide it evenly; with `nans`, nan ties with nan."""
    ties = input == extreme
    if nans:
        ties |= xp.isnan(input) & xp.isnan(extreme)
    return ties / ties.sum(axis=_axes(dim, input.ndim, "amax"), keepdims=True).astype(input.dtype)


def _evenly(nans: bool) -> Callable[..., Any]:
    """The gradient rule of an extreme that its ties share."""

    def rule(xp: Any, g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
        extreme = _unreduced(out, input.shape, dim, keepdim)
        share = _share.on(xp)(_plain(input), _plain(extreme), dim, nans)
        return _unreduced(g, input.shape, dim, keepdim) * share

    return rule


def _plain(value: Any) -> Any:
    """A Tensor outside the graph; an array as it is."""
    return value.detach() if isinstance(value, Tensor) else value


def _at_index(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int, keepdim: bool) -> Any:
    """The gradient rule of a value picked along `dim`: all goes to its index."""
    g = _unreduced(g, input_shape, dim, keepdim)
    return _place.on(xp)(
        g, _unreduced(indices, input_shape, dim, keepdim), input_shape, _axis(dim, len(input_shape), "")
    )


def _picked(xp: Any, input: Array, indices: Array, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """Values and indices of a reduction along `axis`; `indices` has it with size 1."""
    values = xp.take_along_axis(input, indices, axis=axis)
    return (values, indices) if keepdim else (values.squeeze(axis), indices.squeeze(axis))


def _extreme(xp: Any, input: Array, dim: int, keepdim: bool, name: str, method: str) -> tuple[Array, Array]:
    axis = _axis(dim, input.ndim, name)
    if not input.ndim:
        return input.copy(), xp.zeros((), NP_INT64)
    _check_not_empty(name, input.shape, axis)
    return _picked(xp, input, getattr(input, method)(axis=axis, keepdims=True), axis, keepdim)


@op(outputs=return_types.max, differentiable=(0,), backward="MaxBackward0")
def _max(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _extreme(xp, input, dim, keepdim, "max", "argmax")


@op(outputs=return_types.min, differentiable=(0,), backward="MinBackward0")
def _min(xp: Any, input: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _extreme(xp, input, dim, keepdim, "min", "argmin")


_max.grad(input=_at_index)
_min.grad(input=_at_index)


@op(backward="MaxBackward1")
def _max_of_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    _check_not_empty("max", input.shape, None)
    return xp.asarray(input.max())


@op(backward="MinBackward1")
def _min_of_all(xp: Any, input: Array, dim: None = None, keepdim: bool = False) -> Array:
    _check_not_empty("min", input.shape, None)
    return xp.asarray(input.min())


_max_of_all.grad(input=_evenly(nans=True))
_min_of_all.grad(input=_evenly(nans=True))


def _one_of_three(
    name: str, input: Tensor, dim: Any, keepdim: bool, other: Any, out: Any, forms: tuple[Any, Any, Any]
) -> Any:
    """max and min are three functions by their arguments: of all elements, of two tensors, along a dim."""
    of_all, of_two, along = forms
    _tensor(name, "input", input)
    options = {} if out is None else {"out": out}
    if isinstance(dim, Tensor):
        dim, other = None, dim
    if other is not None:
        return of_two(input, _tensor(name, "other", other), **options)
    if dim is not None:
        return along(input, dim, keepdim, **options)
    if keepdim:
        raise TypeError(f"{name}() received keepdim without dim: give the dim to reduce")
    return of_all(input, **options)


@_numpy_spelling
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """`max(x)`, the largest element; `max(x, dim)`, values and first indices along `dim`; `max(x, y)`, elementwise.

    nan counts as the largest. The gradient of `max(x)` is shared evenly by ties. Raises RuntimeError or IndexError when
    there is nothing to take it of.
    """
    return _one_of_three("max", input, dim, keepdim, other, out, (_max_of_all, elementwise.maximum, _max))


@_numpy_spelling
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """`min(x)`, the smallest element; `min(x, dim)`, values and first indices along `dim`; `min(x, y)`, elementwise.

    nan counts as the smallest. The gradient of `min(x)` is shared evenly by ties. Raises RuntimeError or IndexError
    when there is nothing to take it of.
    """
    return _one_of_three("min", input, dim, keepdim, other, out, (_min_of_all, elementwise.minimum, _min))


def _filled_axes(name: str, shape: Sequence[int], dim: Any) -> Any:
    """As `_axes`, and none of them is empty: torch complains about that before it looks for repeated dims."""
    ndim = len(shape)
    if ndim and isinstance(dim, (list, tuple)) and dim:
        _check_not_empty(name, shape, [_axis(each, ndim, name) for each in dim])
    axes = _axes(dim, ndim, name)
    _check_not_empty(name, shape, axes)
    return axes


@op
def amax(xp: Any, input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    """The largest element over `dim`, or of all; ties share the gradient evenly."""
    return xp.asarray(input.max(axis=_filled_axes("amax", input.shape, dim), keepdims=keepdim))


@op
def amin(xp: Any, input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    """The smallest element over `dim`, or of all; ties share the gradient evenly."""
    return xp.asarray(input.min(axis=_filled_axes("amin", input.shape, dim), keepdims=keepdim))


amax.grad(input=_evenly(nans=False))
amin.grad(input=_evenly(nans=False))


@op(outputs=return_types.aminmax)
def _aminmax(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> tuple[Array, Array]:
    axis = None if dim is None else _axis(dim, input.ndim, "aminmax")
    if not input.size and axis is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if not input.ndim:
        return input.copy(), input.copy()
    _check_not_empty("aminmax", input.shape, axis)
    return xp.asarray(input.min(axis=axis, keepdims=keepdim)), xp.asarray(input.max(axis=axis, keepdims=keepdim))


def _aminmax_input(xp: Any, g: Any, input: Any, min: Any, max: Any, dim: int | None, keepdim: bool) -> Any:
    share = _evenly(nans=False)
    return share(xp, g[0], input, min, dim, keepdim) + share(xp, g[1], input, max, dim, keepdim)


_aminmax.grad(input=_aminmax_input)


@_numpy_spelling
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """The smallest and the largest element, of all or along `dim`; ties share the gradient evenly."""
    options = {} if out is None else {"out": out}
    return _aminmax(input, dim, keepdim, **options)


def _where_is(xp: Any, input: Array, dim: int | None, keepdim: bool, name: str) -> Array:
    if input.dtype.kind == "b":
        raise RuntimeError(f"{name}(): does not support bool input: convert it, x.to(torch.uint8)")
    axis = None if dim is None else _axis(dim, input.ndim, name)
    if not input.ndim:
        return xp.zeros((), NP_INT64)
    if not input.size and axis is None:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    _check_not_empty(name, input.shape, axis)
    return getattr(input, name)(axis=axis, keepdims=keepdim)


@op
def argmax(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the first largest element along `dim`, or in the flattened tensor; nan counts as the largest."""
    return _where_is(xp, input, dim, keepdim, "argmax")


@op
def argmin(xp: Any, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the first smallest element along `dim`, or in the flattened tensor; nan counts as the smallest."""
    return _where_is(xp, input, dim, keepdim, "argmin")


# --- truth ------------------------------------------------------------------------------------------------------------


def _truth(input: Array, dim: Any, keepdim: bool, name: str) -> Array:
    one_by_one = isinstance(dim, (list, tuple)) and not dim  # here, unlike in a sum, an empty list reduces nothing
    result = getattr(input, name)(axis=() if one_by_one else _axes(dim, input.ndim, name), keepdims=keepdim)
    return result.astype("uint8") if input.dtype == "uint8" else result


@op
def all(xp: Any, input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """Whether all elements, or all along `dim`, are nonzero; uint8 for uint8, else bool."""
    return _truth(input, dim, keepdim, "all")


@op
def any(xp: Any, input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    """Whether any element, or any along `dim`, is nonzero; uint8 for uint8, else bool."""
    return _truth(input, dim, keepdim, "any")


@op
def count_nonzero(xp: Any, input: Array, dim: Any = None) -> Array:
    """How many elements, or how many along `dim`, are nonzero."""
    return (input != 0).sum(axis=_axes(dim, input.ndim, "count_nonzero"), dtype=NP_INT64)


# --- variance ---------------------------------------------------------------------------------------------------------


def _moments(input: Array, dim: Any, correction: Any, keepdim: bool, name: str) -> tuple[Array, Array]:
    """The variance, and the mean with the reduced dimensions kept. Two passes: no difference of large sums."""
    if input.dtype.kind != "f":
        raise RuntimeError(f"{name}(): std and var only support floating point and complex dtypes")
    axes = _axes(dim, input.ndim, name)
    count = _count(input.shape, axes)
    x = _wide(input)
    mean = x.sum(axis=axes, keepdims=True) / count
    centred = x - mean
    centred *= centred
    return centred.sum(axis=axes, keepdims=keepdim) / builtins.max(count - correction, 0), mean


@op
def _var(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> Array:
    return xp.asarray(_moments(input, dim, correction, keepdim, "var")[0], input.dtype)


@op
def _std(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> Array:
    return xp.asarray(xp.sqrt(_moments(input, dim, correction, keepdim, "std")[0]), input.dtype)


def _var_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    axes = _axes(dim, len(input.shape), "var")
    free = _count(input.shape, axes) - correction
    g = _unreduced(g, input.shape, dim, keepdim)
    centred = input - xp.mean(input, axis=axes, keepdims=True)
    return g * (2 / free) * centred if free > 0 else g * (xp.absolute(_plain(centred)) * inf)


def _std_input(xp: Any, g: Any, input: Any, out: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    return _var_input(xp, xp.where(out == 0, 0.0, g / (2 * out)), input, dim, correction, keepdim)


_var.grad(input=_var_input)
_std.grad(input=_std_input)


def _with_mean(xp: Any, input: Array, dim: Any, spread: Array, mean: Array, keepdim: bool) -> tuple[Array, Array]:
    """The two results of var_mean and std_mean, from the mean with all dimensions kept."""
    return spread.astype(input.dtype, copy=False), mean.reshape(spread.shape).astype(input.dtype, copy=False)


@op(many=True)
def _var_mean(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> tuple[Array, Array]:
    var, mean = _moments(input, dim, correction, keepdim, "var_mean")
    return _with_mean(xp, input, dim, var, mean, keepdim)


@op(many=True)
def _std_mean(xp: Any, input: Array, dim: Any, correction: Any, keepdim: bool) -> tuple[Array, Array]:
    var, mean = _moments(input, dim, correction, keepdim, "std_mean")
    return _with_mean(xp, input, dim, xp.sqrt(var), mean, keepdim)


def _asked_for(xp: Any, g: Any, gradient: Any, dim: Any, keepdim: bool) -> Any:
    """`gradient`, 0 where `g` is: the spread of a single element has nan, which is not to spoil that of its mean."""
    return xp.where(_unreduced(_plain(g), gradient.shape, dim, keepdim) == 0, 0.0, gradient)


def _var_mean_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    of_var = _asked_for(xp, g[0], _var_input(xp, g[0], input, dim, correction, keepdim), dim, keepdim)
    return of_var + _mean_input(xp, g[1], input.shape, dim, keepdim)


def _std_mean_input(xp: Any, g: Any, input: Any, dim: Any, correction: Any, keepdim: bool) -> Any:
    std = _std.on(xp)(input, dim, correction, keepdim)
    of_std = _asked_for(xp, g[0], _std_input(xp, g[0], input, std, dim, correction, keepdim), dim, keepdim)
    return of_std + _mean_input(xp, g[1], input.shape, dim, keepdim)


_var_mean.grad(input=_var_mean_input)
_std_mean.grad(input=_std_mean_input)


def _spread(operation: Any, name: str, doc: str) -> Callable[..., Any]:
    """torch's overloads of a variance: (dim, unbiased, keepdim), (unbiased), (dim, correction=, keepdim=)."""

    @_numpy_spelling
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
        if _count(shape, _axes(dim, len(shape), name)) <= correction:
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
    if ord >= 0 and ord != inf or _count(input.shape, axes):
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


@op(backward="LinalgVectorNormBackward0")
def _vector_norm(
    xp: Any, input: Array, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Array:
    _check_norm("linalg.vector_norm", input, dtype)
    axes = _axes(dim, input.ndim, "linalg.vector_norm")
    _check_norm_not_empty(input, ord, axes)
    input = _cast(input, dtype)
    x = _wide(input)
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
    g = _unreduced(g, input.shape, dim, keepdim)
    if not math.prod(input.shape):
        return g * input
    norm = _unreduced(out, input.shape, dim, keepdim)
    if ord == 2:
        return input * xp.where(norm == 0, 0.0, g / norm)
    sign = _sign.on(xp)(_plain(input))
    if ord == 1:
        return g * sign
    size = xp.absolute(input)
    if ord in (inf, -inf):
        return g * sign * _share.on(xp)(_plain(size), _plain(norm), dim, True)
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
    _check_norm(name, _tensor(name, "A", A)._array, dtype)
    ndim = A._array.ndim
    if ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if isinstance(dim, int):
        raise TypeError("linalg_matrix_norm(): argument 'dim' must be tuple of ints, not int")
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    rows, columns = (_axis(each, ndim, name) for each in dim)
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
    return _into_out(result, out)


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


# --- scans ------------------------------------------------------------------------------------------------------------


def _scan(input: Array, method: str, dim: Any, dtype: Any) -> Array:
    """A running sum or product along `dim`."""
    axis = _axis(dim, input.ndim, method)
    if dtype is not None and dtype.numpy.kind == "b" and input.ndim:
        raise NotImplementedError(f"\"{method}_out_cpu\" not implemented for 'Bool': give another dtype")
    input = _cast(input, dtype)
    scanned = _accumulated(getattr(input, method), input.dtype, dtype, double=True, axis=axis)
    return scanned.reshape(input.shape)  # NumPy makes 0-d arrays 1-d


def _scan_in_own_dtype(scan: Any, input: Tensor, dim: int, dtype: Any) -> Tensor:
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


@op
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
    axis = _axis(dim, input.ndim, "cumprod")
    rows, g = xp.swapaxes(input, 0, axis), xp.swapaxes(g, 0, axis)
    before = xp.cumprod(rows, axis=0)[:-1]
    to_come = _from_end(xp, rows[1:], g)
    return xp.swapaxes(xp.concatenate([to_come[:1], before * to_come[1:]]), 0, axis)


cumprod.grad(input=_cumprod_input)


@op(dtypes=FLOAT)
def logsumexp(xp: Any, input: Array, dim: Any, keepdim: bool = False) -> Array:
    """The logarithm of the sum of exponentials over `dim`; safe from overflow, -inf for nothing."""
    axes = _axes(dim, input.ndim, "logsumexp")
    x = _wide(input)
    largest = x.max(axis=axes, keepdims=True) if x.size else xp.zeros((1,) * x.ndim, x.dtype)
    largest = xp.where(xp.isfinite(largest), largest, xp.zeros((), x.dtype))
    result = xp.log(xp.exp(x - largest).sum(axis=axes, keepdims=True)) + largest
    return xp.asarray(result if keepdim else xp.squeeze(result, axis=axes), input.dtype)


def _logsumexp_input(xp: Any, g: Any, input: Any, out: Any, dim: Any, keepdim: bool) -> Any:
    g, out = _unreduced(g, input.shape, dim, keepdim), _unreduced(out, input.shape, dim, keepdim)
    return g * xp.exp(input - out)


logsumexp.grad(input=_logsumexp_input)


@op
def logcumsumexp(xp: Any, input: Array, dim: int) -> Array:
    """The logarithms of the sums of exponentials so far along `dim`; raises RuntimeError for integers."""
    axis = _axis(dim, input.ndim, "logcumsumexp")
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"logcumsumexp(): not implemented for '{from_numpy_dtype(input.dtype).legacy_name}': convert it, x.float()"
        )
    if not input.size or not input.ndim:
        return input.copy()
    return running(xp.logaddexp, _wide(input), axis).astype(input.dtype, copy=False)


def _logcumsumexp_input(xp: Any, g: Any, input: Any, out: Any, dim: int) -> Any:
    """exp(x[i] - out[k]) of every g[k] from i on, by steps exp(out[i] - out[i + 1]), which never exceed 1."""
    if not math.prod(input.shape) or not input.ndim:
        return g
    axis = _axis(dim, input.ndim, "logcumsumexp")
    rows, g = xp.swapaxes(out, 0, axis), xp.swapaxes(g, 0, axis)
    to_come = _from_end(xp, xp.exp(rows[:-1] - rows[1:]), g)
    return xp.swapaxes(to_come, 0, axis) * xp.exp(input - out)


logcumsumexp.grad(input=_logcumsumexp_input)


def _running_extreme(xp: Any, input: Array, dim: int, name: str, extreme: Any) -> tuple[Array, Array]:
    axis = _axis(dim, input.ndim, name)
    if not input.size or not input.ndim:
        return input.copy(), xp.zeros(input.shape, NP_INT64)
    values = running(extreme, input, axis)
    reached = input == values
    if input.dtype.kind == "f":
        reached |= xp.isnan(input)
    places = xp.arange(input.shape[axis]).reshape([-1 if k == axis else 1 for k in range(input.ndim)])
    return values, running(xp.maximum, reached * places, axis)


@op(outputs=return_types.cummax, differentiable=(0,))
def cummax(xp: Any, input: Array, dim: int) -> tuple[Array, Array]:
    """The largest element so far along `dim`, and the last index where it stood; nan counts as the largest."""
    return _running_extreme(xp, input, dim, "cummax", xp.maximum)


@op(outputs=return_types.cummin, differentiable=(0,))
def cummin(xp: Any, input: Array, dim: int) -> tuple[Array, Array]:
    """The smallest element so far along `dim`, and the last index where it stood; nan counts as the smallest."""
    return _running_extreme(xp, input, dim, "cummin", xp.minimum)


def _running_extreme_input(xp: Any, g: Any, indices: Any, input_shape: Sequence[int], dim: int) -> Any:
    return _place.on(xp)(g, indices, input_shape, _axis(dim, len(input_shape), "cummax"))


cummax.grad(input=_running_extreme_input)
cummin.grad(input=_running_extreme_input)


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
    input=lambda xp, g, input, dim, keepdim: _unreduced(g, input.shape, dim, keepdim) * _is_number.on(xp)(_plain(input))
)


@_numpy_spelling
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Tensor:
    """The mean of the elements that are not nan, over all or over `dim`; raises RuntimeError for integers."""
    if not _tensor("nanmean", "input", input).is_floating_point():
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{from_numpy_dtype(input._array.dtype).legacy_name}: convert it, x.float()"
        )
    total = nansum(input, dim, keepdim, dtype)
    count = sum(_is_number(input.detach()), dim, keepdim, dtype)
    return elementwise.div(total, count) if out is None else elementwise.div(total, count, out=out)


# --- composites -------------------------------------------------------------------------------------------------------


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
    elementwise._check_no_bool(input, other)
    result: Tensor = _dist(input, other, p)
    return result


def _norms(xp: Any, input: Any, p: Any, dim: int) -> tuple[Any, tuple[int, ...]]:
    """The norm of every slice along `dim`, and the other dims, which it is taken over."""
    ndim = len(input.shape)
    axis = _axis(dim, ndim, "renorm")
    others = tuple(k for k in range(ndim) if k != axis)
    return _vector_norm.on(xp)(input, p, others, True), others


@op
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
        if _tensor("diff", "prepend", part)._array.ndim != ndim:
            raise RuntimeError(
                f"diff expects prepend or append to be the same dimension as input: {ndim}, got {part._array.ndim}"
            )
    axis = _axis(dim, ndim, "diff") if n or len(parts) > 1 else 0
    if not n:
        return _into_out(elementwise.clone(input), out)
    result = input if len(parts) == 1 else lifted.concatenate(parts, axis)
    for _ in range(builtins.min(n, result._array.shape[axis])):
        later, earlier = _sliced(result, axis, 1, None), _sliced(result, axis, None, -1)
        result = elementwise.ne(later, earlier) if result._array.dtype.kind == "b" else later - earlier
    return _into_out(elementwise.clone(result) if result is input else result, out)


def _into_out(result: Tensor, out: Tensor | None) -> Tensor:
    """`result`, or `out` with the result in it."""
    if out is None:
        return result
    filled: Tensor = elementwise.clone(result, out=out)
    return filled


def _trapezoids(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> tuple[Tensor, int]:
    """The areas between neighbours, and the dim."""
    ndim = _tensor(name, "y", y)._array.ndim
    for letter, samples in (("y", y), ("x", x)):
        if samples is not None and _tensor(name, letter, samples)._array.dtype.kind == "b":
            raise RuntimeError(f"{name}: received a bool input for `{letter}`, but bool is not supported")
    if not ndim:
        raise IndexError(f"{name}: Dimension specified as {dim} but tensor has no dimensions")
    axis = _axis(dim, ndim, name)
    heights = _sliced(y, axis, 1, None) + _sliced(y, axis, None, -1)
    if x is None:
        return heights * (dx / 2), axis
    points = x._array.shape
    if (points[0] if len(points) == 1 else points[axis - ndim]) != y._array.shape[axis]:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    if len(points) == 1:
        x = x.reshape(tuple(points[0] if k == axis else 1 for k in range(ndim)))
        points = x._array.shape
    widths = diff(x, dim=axis - ndim)
    return heights * widths / 2.0, axis


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral along `dim` by the trapezoidal rule, of samples at `x` or `dx` (1) apart."""
    areas, axis = _trapezoids("trapezoid", y, x, _spacing(x, dx), dim)
    if not y._array.shape[axis]:
        nothing: Tensor = sum(y.detach(), axis, dtype=y.dtype)
        return nothing
    result: Tensor = sum(areas, axis)
    return result


trapz = trapezoid


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integrals so far along `dim` by the trapezoidal rule; one fewer than there are samples."""
    areas, axis = _trapezoids("cumulative_trapezoid", y, x, _spacing(x, dx), dim)
    result: Tensor = cumsum(areas, axis)
    return result


def _spacing(x: Tensor | None, dx: Any) -> Any:
    if x is not None and dx is not None:
        raise TypeError("trapezoid() received both x and dx: they say the same, give one")
    return 1 if dx is None else dx
