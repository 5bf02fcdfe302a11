"""What reductions and scans share: the dimensions that they run over, and the dtypes that they compute in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from operator import index
from typing import Any

from minitorch.backend import Array
from minitorch.dtypes import NP_INT64
from minitorch.errors import type_name, wrap_dim, wrap_dims
from minitorch.ops.copies import clone
from minitorch.tensor import Tensor, copy_array, in_order

# --- dimensions -------------------------------------------------------------------------------------------------------


def axis_of(dim: Any, ndim: int, name: str) -> int:
    """One dim counted from the front; raises torch's IndexError, or TypeError when it is no int."""
    try:
        return wrap_dim(index(dim), ndim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type_name(dim)}") from None


def axes_of(dim: Any, ndim: int, name: str) -> Any:
    """NumPy's axis for torch's dim: None, `...` and the empty list mean all; a 0-d tensor has dim 0 and -1, no axis."""
    if dim is None or dim is ...:
        return None
    if isinstance(dim, (list, tuple)):
        axes = wrap_dims([axis_of(each, ndim, name) for each in dim], ndim, name)
        return axes if axes and ndim else None
    try:
        axis = wrap_dim(index(dim), ndim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int or tuple of ints, not {type_name(dim)}") from None
    return axis if ndim else None


def count_of(shape: Sequence[int], axes: Any) -> int:
    """How many elements come together in one."""
    if axes is None:
        return math.prod(shape)
    return shape[axes] if isinstance(axes, int) else math.prod(shape[axis] for axis in axes)


def unreduced(g: Any, shape: Sequence[int], dim: Any, keepdim: bool) -> Any:
    """A result, or its gradient, with the reduced dimensions back, of size 1: from there on it broadcasts."""
    if keepdim or dim is None or dim is ...:
        return g
    axes = axes_of(dim, len(shape), "reduction")
    if axes is None:
        return g
    gone = (axes,) if isinstance(axes, int) else axes
    return g.reshape(tuple([1 if k in gone else size for k, size in enumerate(shape)]))


def check_not_empty(name: str, shape: Sequence[int], axes: Any) -> None:
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


def checked_tensor(name: str, argument: str, value: Any) -> Tensor:
    """`value`, which must be a Tensor; raises torch's TypeError."""
    if isinstance(value, Tensor):
        return value
    raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type_name(value)}")


def numpy_spelling(function: Callable[..., Any]) -> Callable[..., Any]:
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


def in_dtype(array: Array, dtype: Any) -> Array:
    """`array` in torch's `dtype`; None leaves it."""
    return array if dtype is None or array.dtype == dtype.numpy else copy_array(array, dtype.numpy)


def accumulated(method: Callable[..., Array], own: Any, dtype: Any, *, double: bool = False, **options: Any) -> Array:
    """A sum or product by the ndarray method: integers in int64, float16 in float32; the result in `dtype`, or its own.

    `double`: float32 in float64, as torch does where every partial result shows. The result is contiguous.
    """
    if own.kind != "f":
        result = in_dtype(method(dtype=NP_INT64, **options), dtype)
    elif own.itemsize == 2:
        result = method(dtype="float32", **options).astype(own)
    elif double and own.itemsize == 4:
        result = method(dtype="float64", **options).astype(own)
    else:
        result = method(**options)
    return in_order(result)


def plain(value: Any) -> Any:
    """A Tensor outside the graph; an array as it is."""
    return value.detach() if isinstance(value, Tensor) else value


def into_out(result: Tensor, out: Tensor | None) -> Tensor:
    """`result`, or `out` with the result in it."""
    if out is None:
        return result
    filled: Tensor = clone(result, out=out)
    return filled
