"""NumPy's functions over batched arrays: the same over the arrays within, every axis moved by one.

What is not here raises NotSupportedError, so a kernel that needs it fails loudly and never computes another thing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from minitorch.backend import Array, array_module, is_array, register_array_type
from minitorch.errors import NotSupportedError
from minitorch.func.batched import DYNAMIC, BatchedArray, aligned, depth_of, module_of, most_nested, operands, whole

REDUCTIONS = "sum prod mean max min amax amin any all std var count_nonzero".split()
TOTALS = ("max", "min", "any", "sum", "mean")
"""Those that kernels look at to check elements; `all` is not among them: it is what torch.equal and allclose return."""
ALONG = {"cumsum": None, "cumprod": None, "sort": -1, "argsort": -1, "argmax": None, "argmin": None}
"""What works along one axis, and the axis that it takes where none is given: None goes over all elements in a row."""
MATRICES = "linalg.cholesky linalg.det linalg.eigh linalg.inv linalg.qr linalg.slogdet linalg.svd tril triu".split()
"""What takes the last two dimensions."""
PLAIN = (
    "arange broadcast_shapes dtype errstate eye finfo iinfo linspace promote_types tri tril_indices triu_indices "
    "float16 float32 float64 int8 int16 int32 int64 uint8 bool_ inf nan pi newaxis"
).split()
"""What has nothing to do with a batch: all items share the result."""
MISSING = object()
"""In place of an axis that was not given."""
SHAPELESS = "nonzero flatnonzero argwhere unique extract compress".split()
"""Functions whose result has a shape that depends on the elements."""


class BatchedModule:
    """The module `xp` of one class of batched arrays."""

    kind: type[BatchedArray]

    def __init__(self, base: Any, sizes: tuple[int, ...]) -> None:
        self.base_module, self.sizes, self.depth, self.count = base, sizes, len(sizes), sizes[-1]
        self.within: Any = batched_type(base, sizes[:-1]).module if len(sizes) > 1 else base
        """The module that makes inner arrays."""
        self.linalg = _Inside(self, "linalg")
        self.lib = _Inside(self, "lib")

    def __getattr__(self, name: str) -> Any:
        found = self._find(name)
        setattr(self, name, found)
        return found

    def _find(self, name: str) -> Any:
        if name in PLAIN:
            return getattr(self.base_module, name)
        if isinstance(getattr(np, name, None), np.ufunc):
            return _Ufunc(self, name)
        if name in MAKERS:
            return functools.partial(MAKERS[name], self)
        rule = RULES.get(name)
        if rule is not None:
            return functools.partial(self._call, name, rule)
        if name in SHAPELESS:
            return _refusal(DYNAMIC.format(name))
        if not hasattr(np, name.partition(".")[0]):
            raise AttributeError(f"NumPy has no '{name}'")
        return functools.partial(self._call, name, _refusal(f"vmap: no batching rule for what NumPy calls {name}"))

    def _call(self, name: str, rule: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A function of arrays: what concerns no batched array is the same for all items, and is left to its module."""
        if any(map(_mapped, args)) or any(map(_mapped, kwargs.values())):
            return rule(self, *args, **kwargs)
        return inner_function(name, self.within)(*args, **kwargs)


def _mapped(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_mapped, value))
    return isinstance(value, BatchedArray)


class _Inside:
    """A module within the module, such as `xp.linalg`."""

    def __init__(self, outer: BatchedModule, name: str) -> None:
        self._outer, self._name = outer, name

    def __getattr__(self, name: str) -> Any:
        full = f"{self._name}.{name}"
        return _Inside(self._outer, full) if name == "stride_tricks" else self._outer._find(full)


def _refusal(message: str) -> Callable[..., Any]:
    def refuse(xp: Any = None, *args: Any, **kwargs: Any) -> Any:
        raise NotSupportedError(message)

    return refuse


@functools.cache
def batched_type(base: Any, sizes: tuple[int, ...]) -> type[BatchedArray]:
    """The class of arrays over those of module `base` for batches of these sizes, the outermost first."""
    module = BatchedModule(base, sizes)
    members = {"sizes": sizes, "base_module": base, "module": module, "depth": len(sizes), "count": sizes[-1]}
    kind = type("BatchedArray", (BatchedArray,), {"__slots__": (), **members})
    module.kind = kind
    register_array_type(kind, module)
    return kind


def inner_function(name: str, module: Any) -> Any:
    """`linalg.inv` of NumPy, CuPy or a batched module."""
    for part in name.split("."):
        module = getattr(module, part)
    return module


# --- elementwise ------------------------------------------------------------------------------------------------------


def _elementwise(name: str, xp: BatchedModule, *values: Any, out: Any = None, **options: Any) -> Any:
    kind = type(most_nested(values)) if depth_of(most_nested(values)) > xp.depth else xp.kind
    inners = operands(xp, values)
    result = kind(inner_function(name, module_of(inners, xp.base_module))(*inners, **options))
    if out is None:
        return result
    out = out[0] if isinstance(out, tuple) else out
    out[...] = result
    return out


class _Ufunc:
    """A function of NumPy's that works on each element, with its methods."""

    def __init__(self, xp: BatchedModule, name: str) -> None:
        self._xp, self.__name__ = xp, name
        self._rule = RULES.get(name) or functools.partial(_elementwise, name)

    def __call__(self, *values: Any, **options: Any) -> Any:
        return self._xp._call(self.__name__, self._rule, *values, **options)

    def at(self, array: BatchedArray, places: Any, values: Any) -> None:
        """`array[places] += values`, where places may repeat."""
        place = array._place(places)
        if is_array(values):
            values = aligned(self._xp.asarray(values), place.ndim)
            if place.moves:
                values = array_module(values).moveaxis(values, *reversed(place.moves))
        if isinstance(array.inner, BatchedArray) or is_array(values) and isinstance(values, BatchedArray):
            getattr(most_nested((array.inner, values)).module, self.__name__).at(array.inner, place.key, values)
        else:
            getattr(self._xp.base_module, self.__name__).at(array.inner, place.key, values)


def where(xp: BatchedModule, condition: Any, x: Any = None, y: Any = None) -> Any:
    """Elements of `x` where the condition holds, else of `y`."""
    if x is None:
        raise NotSupportedError(DYNAMIC.format("nonzero"))
    return _elementwise("where", xp, condition, x, y)


# --- along axes -------------------------------------------------------------------------------------------------------


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    chosen = tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)
    return tuple(each + 1 for each in chosen)


def _reduce(name: str, xp: BatchedModule, a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
    a = xp.asarray(a)
    inner = a.inner
    function = getattr(module_of([inner], xp.base_module), name)
    result = type(a)(function(inner, axis=_axes(axis, a.ndim), **options))
    if name in TOTALS and not result.ndim:
        result.whole = getattr(inner, name)
    if out is None:
        return result
    out[...] = result
    return out


def _along(name: str, default: Any, xp: BatchedModule, a: Any, axis: Any = MISSING, **options: Any) -> Any:
    a = xp.asarray(a)
    axis = default if axis is MISSING else axis
    if axis is None:
        a, axis = a.reshape(-1), 0
        if options.pop("keepdims", False):
            raise NotSupportedError(f"vmap: {name} over all elements with keepdims")
    elif not a.ndim:
        a = a.reshape(1)
        return _along(name, default, xp, a, axis, **options).reshape(())
    inner = a.inner
    function = getattr(module_of([inner], xp.base_module), name)
    return type(a)(function(inner, axis=normalize_axis_index(axis, a.ndim) + 1, **options))


def clip(xp: BatchedModule, a: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    """Elements within bounds."""
    return _elementwise("clip", xp, a, a_min, a_max, **options)


def searchsorted(xp: BatchedModule, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """The places of `v` in a sorted row; where each item has a row of its own, by counting what comes before."""
    a, v = xp.asarray(a), xp.asarray(v)
    if sorter is not None:
        raise NotSupportedError("vmap: searchsorted with a sorter")
    if a.inner.shape[0] == 1 and a.depth == 1:
        return type(v)(module_of([v.inner], xp.base_module).searchsorted(a.inner[0], v.inner, side=side))
    low, high = (a, v[..., None]) if side == "left" else (v[..., None], a)
    below = (low < high) | ((high != high) & (low == low))  # nan is larger than every number
    return (below if side == "left" else ~below).sum(-1)


def isin(xp: BatchedModule, element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is among the others, by comparing it with all of them."""
    found = (xp.asarray(element)[..., None] == xp.asarray(test_elements).reshape(-1)).any(-1)
    return ~found if invert else found


def bincount(xp: BatchedModule, x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs, of all items at once: each item's numbers are moved to a range of their own."""
    whole_of = xp.asarray(x).full_inner()
    given = None if weights is None else xp.asarray(weights).full_inner()
    if isinstance(whole_of, BatchedArray) or isinstance(given, BatchedArray):
        raise NotSupportedError("vmap: bincount within a vmap within a vmap")
    sizes = whole_of.max(axis=1, initial=minlength - 1) + 1
    width = int(sizes.max())
    if (sizes != width).any():
        raise NotSupportedError(DYNAMIC.format("bincount with a minlength below the largest number"))
    places = (whole_of + xp.base_module.arange(len(whole_of))[:, None] * width).reshape(-1)
    given = None if given is None else given.reshape(-1)
    counts = xp.base_module.bincount(places, weights=given, minlength=len(whole_of) * width)
    return xp.kind(counts.reshape(len(whole_of), width))


def take(xp: BatchedModule, a: Any, indices: Any, axis: int | None = None) -> Any:
    """Elements along an axis, at places that all items share or that each has for itself."""
    a = xp.asarray(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    return a[(slice(None),) * normalize_axis_index(axis, a.ndim) + (indices,)]


def take_along_axis(xp: BatchedModule, a: Any, indices: Any, axis: int) -> Any:
    """Elements along an axis, at the places that `indices` gives for each position."""
    a, indices = xp.asarray(a), xp.asarray(indices)
    inners = a.inner, indices.inner
    module = module_of(inners, xp.base_module)
    return type(most_nested((a, indices)))(module.take_along_axis(*inners, axis=normalize_axis_index(axis, a.ndim) + 1))


def diff(xp: BatchedModule, a: Any, n: int = 1, axis: int = -1, **options: Any) -> Any:
    """Differences of neighbours."""
    a = xp.asarray(a)
    if options:
        raise NotSupportedError("vmap: differences with prepend or append")
    return type(a)(module_of([a.inner], xp.base_module).diff(a.inner, n, axis=normalize_axis_index(axis, a.ndim) + 1))


# --- shapes -----------------------------------------------------------------------------------------------------------


def reshape(xp: BatchedModule, a: Any, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """The same elements in another shape."""
    a = xp.asarray(a)
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if -1 in shape:
        known = -math.prod(shape)
        shape = tuple(a.size // max(known, 1) if size == -1 else size for size in shape)
    return type(a)(a.inner.reshape((a.inner.shape[0], *shape)))


def transpose(xp: BatchedModule, a: Any, axes: Any = None) -> Any:
    """The dimensions in another order, reversed where none is given."""
    a = xp.asarray(a)
    axes = range(a.ndim)[::-1] if axes is None else normalize_axis_tuple(axes, a.ndim)
    return type(a)(a.inner.transpose((0, *(axis + 1 for axis in axes))))


def moveaxis(xp: BatchedModule, a: Any, source: Any, destination: Any) -> Any:
    """Some dimensions at other places."""
    a = xp.asarray(a)
    return type(a)(
        module_of([a.inner], xp.base_module).moveaxis(a.inner, _axes(source, a.ndim), _axes(destination, a.ndim))
    )


def swapaxes(xp: BatchedModule, a: Any, axis1: int, axis2: int) -> Any:
    """Two dimensions exchanged."""
    a = xp.asarray(a)
    return type(a)(a.inner.swapaxes(*(axis for each in (axis1, axis2) for axis in _axes(each, a.ndim))))


def expand_dims(xp: BatchedModule, a: Any, axis: Any) -> Any:
    """New dimensions of size 1."""
    a = xp.asarray(a)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    return type(a)(module_of([a.inner], xp.base_module).expand_dims(a.inner, _axes(axis, a.ndim + count)))


def squeeze(xp: BatchedModule, a: Any, axis: Any = None) -> Any:
    """Without dimensions of size 1."""
    a = xp.asarray(a)
    if axis is None:
        axis = tuple(k for k, size in enumerate(a.shape) if size == 1)
    return type(a)(a.inner.squeeze(_axes(axis, a.ndim)))


def broadcast_to(xp: BatchedModule, a: Any, shape: Any) -> Any:
    """Repeated, as far as the shapes ask for it, without a copy."""
    a = xp.asarray(a)
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    inner = aligned(a, len(shape))
    return type(a)(module_of([inner], xp.base_module).broadcast_to(inner, (inner.shape[0], *shape)))


def broadcast_arrays(xp: BatchedModule, *arrays: Any) -> list[Any]:
    """Each repeated to the shape of all."""
    shape = xp.broadcast_shapes(*(xp.asarray(each).shape for each in arrays))
    return [broadcast_to(xp, each, shape) for each in arrays]


def flip(xp: BatchedModule, a: Any, axis: Any = None) -> Any:
    """In reverse order."""
    a = xp.asarray(a)
    return type(a)(module_of([a.inner], xp.base_module).flip(a.inner, _axes(axis, a.ndim)))


def roll(xp: BatchedModule, a: Any, shift: Any, axis: Any = None) -> Any:
    """Moved around a dimension, or around all elements in a row."""
    a = xp.asarray(a)
    if axis is None:
        return roll(xp, a.reshape(-1), shift, 0).reshape(a.shape)
    return type(a)(module_of([a.inner], xp.base_module).roll(a.inner, shift, _axes(axis, a.ndim)))


def rot90(xp: BatchedModule, a: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by quarters in a plane of two dimensions."""
    a = xp.asarray(a)
    return type(a)(module_of([a.inner], xp.base_module).rot90(a.inner, k, _axes(tuple(axes), a.ndim)))


def _joined(name: str, xp: BatchedModule, arrays: Sequence[Any], axis: Any = 0, **options: Any) -> Any:
    """concatenate and stack: items that all share are repeated where others are there for each."""
    arrays = [xp.asarray(each) for each in arrays]
    if axis is None:
        arrays, axis = [each.reshape(-1) for each in arrays], 0
    if len({each.inner.shape[0] for each in arrays}) > 1:
        inners = [each.full_inner() for each in arrays]
    else:
        inners = [each.inner for each in arrays]
    ndim = arrays[0].ndim + (name == "stack")
    function = getattr(module_of(inners, xp.base_module), name)
    return type(most_nested(arrays))(function(inners, axis=normalize_axis_index(axis, ndim) + 1, **options))


def tile(xp: BatchedModule, a: Any, reps: Any) -> Any:
    """Copies of the whole side by side."""
    a = xp.asarray(a)
    reps = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    inner = aligned(a, len(reps))
    return type(a)(module_of([inner], xp.base_module).tile(inner, (1, *(1,) * (a.ndim - len(reps)), *reps)))


def repeat(xp: BatchedModule, a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element several times."""
    a = xp.asarray(a)
    if isinstance(repeats, BatchedArray):
        raise NotSupportedError(DYNAMIC.format("repeat_interleave by a tensor that is mapped over"))
    if axis is None:
        a, axis = a.reshape(-1), 0
    function = module_of([a.inner], xp.base_module).repeat
    return type(a)(function(a.inner, repeats, axis=normalize_axis_index(axis, a.ndim) + 1))


def _diagonals(
    name: str, xp: BatchedModule, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, **more: Any
) -> Any:
    a = xp.asarray(a)
    first, second = _axes((axis1, axis2), a.ndim)
    return type(a)(getattr(module_of([a.inner], xp.base_module), name)(a.inner, offset, first, second, **more))


def as_strided(xp: BatchedModule, x: Any, shape: Any = None, strides: Any = None) -> Any:
    """A view by steps in memory."""
    x = xp.asarray(x)
    inner = x.inner
    function = inner_function("lib.stride_tricks.as_strided", module_of([inner], xp.base_module))
    return type(x)(function(inner, (inner.shape[0], *shape), (inner.strides[0], *strides)))


def may_share_memory(xp: BatchedModule, a: Any, b: Any) -> bool:
    """Whether the two may lie in the same memory."""
    return bool(xp.base_module.may_share_memory(whole(a), whole(b)))


# --- new arrays -------------------------------------------------------------------------------------------------------


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)


def _new(name: str, xp: BatchedModule, shape: Any, dtype: Any = float, order: str = "C") -> Any:
    """Memory for each item: whoever makes an array will write to it."""
    return xp.kind(getattr(xp.within, name)((xp.count, *_shape(shape)), dtype))


def full(xp: BatchedModule, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
    """All elements the same."""
    if is_array(fill_value):
        dtype = fill_value.dtype if dtype is None else dtype
    elif dtype is None:
        dtype = xp.base_module.asarray(fill_value).dtype
    out = xp.empty(shape, dtype)
    out[...] = fill_value
    return out


def _new_like(name: str, xp: BatchedModule, a: Any, dtype: Any = None, order: str = "K") -> Any:
    return getattr(xp, name)(a.shape, a.dtype if dtype is None else dtype)


def full_like(xp: BatchedModule, a: Any, fill_value: Any, dtype: Any = None, order: str = "K") -> Any:
    """As `full`, in the shape and dtype of an array."""
    return full(xp, a.shape, fill_value, a.dtype if dtype is None else dtype)


def asarray(xp: BatchedModule, a: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None) -> Any:
    """A batched array of whatever it is: one that is not batched is the same for all items."""
    if isinstance(a, BatchedArray) and a.depth >= xp.depth:
        return a if dtype is None else a.astype(dtype, copy=False)
    if isinstance(a, (list, tuple)) and any(map(is_array, a)):
        a = xp.stack(a)
        return a if dtype is None else a.astype(dtype, copy=False)
    if not is_array(a):
        a = xp.base_module.asarray(a, dtype=dtype)
    elif dtype is not None:
        a = a.astype(dtype, copy=False)
    return xp.kind(a[None])


def array(xp: BatchedModule, obj: Any, dtype: Any = None, copy: bool = True, **options: Any) -> Any:
    """A copy."""
    made = asarray(xp, obj, dtype)
    return made.copy() if copy else made


def ascontiguousarray(xp: BatchedModule, a: Any, dtype: Any = None) -> Any:
    """Without gaps in memory."""
    a = asarray(xp, a, dtype)
    return type(a)(module_of([a.inner], xp.base_module).ascontiguousarray(a.inner))


# --- matrices ---------------------------------------------------------------------------------------------------------


def matmul(xp: BatchedModule, a: Any, b: Any, out: Any = None) -> Any:
    """The matrix product of each item, by NumPy's rules for vectors and stacks."""
    a, b = xp.asarray(a), xp.asarray(b)
    if not (a.ndim and b.ndim):
        raise ValueError("matmul: both arguments need at least one dimension")
    row, column = a.ndim == 1, b.ndim == 1
    if row:
        a = a[None]
    if column:
        b = b[:, None]
    product = type(most_nested((a, b)))(_inner_product(xp, a, b))
    if row and column:
        product = product.reshape(())
    elif row or column:
        product = product.squeeze(-2 if row else -1)
    if out is None:
        return product
    out[...] = product
    return out


def _inner_product(xp: BatchedModule, a: BatchedArray, b: BatchedArray) -> Array:
    left, right = a.inner, b.inner
    if right.ndim == 3 and right.shape[0] == 1 and left.shape[0] != 1:
        # One matrix for all items: all their rows are one tall matrix.
        right = right[0]
        rows = left.reshape(-1, left.shape[-1]) if left.size else None
        if rows is not None:
            product = module_of([rows, right], xp.base_module).matmul(rows, right)
            return product.reshape((*left.shape[:-1], right.shape[-1]))
    ndim = max(a.ndim, b.ndim)
    left, right = aligned(a, ndim), aligned(b, ndim)
    return module_of([left, right], xp.base_module).matmul(left, right)


def dot(xp: BatchedModule, a: Any, b: Any, out: Any = None) -> Any:
    """The product of NumPy's dot, for numbers, vectors and matrices."""
    a, b = xp.asarray(a), xp.asarray(b)
    if not (a.ndim and b.ndim):
        return xp.multiply(a, b, out=out)
    if b.ndim > 2:
        raise NotSupportedError("vmap: dot with a stack of matrices on the right")
    return matmul(xp, a, b, out=out)


def vdot(xp: BatchedModule, a: Any, b: Any) -> Any:
    """The sum of products of all elements."""
    return matmul(xp, xp.asarray(a).reshape(-1), xp.asarray(b).reshape(-1))


def _matrices(name: str, xp: BatchedModule, a: Any, *args: Any, **options: Any) -> Any:
    a = xp.asarray(a)
    if a.ndim < 2:
        raise NotSupportedError(f"vmap: {name} of {a.ndim} dimensions")
    result = inner_function(name, module_of([a.inner], xp.base_module))(a.inner, *args, **options)
    if not isinstance(result, tuple):
        return type(a)(result)
    parts = [type(a)(each) for each in result]
    return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)


def solve(xp: BatchedModule, a: Any, b: Any) -> Any:
    """The solution of linear equations, of a vector or a matrix on the right."""
    a, b = xp.asarray(a), xp.asarray(b)
    vector = b.ndim == 1
    if vector:
        b = b[:, None]
    ndim = max(a.ndim, b.ndim)
    inners = aligned(a, ndim), aligned(b, ndim)
    result = type(most_nested((a, b)))(module_of(inners, xp.base_module).linalg.solve(*inners))
    return result.squeeze(-1) if vector else result


def norm(xp: BatchedModule, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of a vector, or of all elements."""
    x = xp.asarray(x)
    if axis is None:
        if ord is not None and x.ndim != 1:
            raise NotSupportedError("vmap: a matrix norm")
        x, axis = x.reshape(-1), 0
    axes = _axes(axis, x.ndim)
    function = module_of([x.inner], xp.base_module).linalg.norm
    return type(x)(function(x.inner, ord, axis=axes[0] if len(axes) == 1 else axes, keepdims=keepdims))


MAKERS: dict[str, Callable[..., Any]] = {
    "zeros": functools.partial(_new, "zeros"),
    "ones": functools.partial(_new, "ones"),
    "empty": functools.partial(_new, "empty"),
    "full": full,
    "zeros_like": functools.partial(_new_like, "zeros"),
    "ones_like": functools.partial(_new_like, "ones"),
    "empty_like": functools.partial(_new_like, "empty"),
    "full_like": full_like,
    "asarray": asarray,
    "array": array,
    "copy": array,
    "ascontiguousarray": ascontiguousarray,
}
"""What gives a batched array, whatever it is given."""
RULES: dict[str, Callable[..., Any]] = {
    "where": where,
    "clip": clip,
    "round": functools.partial(_elementwise, "round"),
    "nan_to_num": functools.partial(_elementwise, "nan_to_num"),
    "i0": functools.partial(_elementwise, "i0"),
    "searchsorted": searchsorted,
    "isin": isin,
    "bincount": bincount,
    "take": take,
    "take_along_axis": take_along_axis,
    "diff": diff,
    "reshape": reshape,
    "ravel": lambda xp, a, order="C": reshape(xp, a, -1),
    "transpose": transpose,
    "moveaxis": moveaxis,
    "swapaxes": swapaxes,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "broadcast_to": broadcast_to,
    "broadcast_arrays": broadcast_arrays,
    "flip": flip,
    "roll": roll,
    "rot90": rot90,
    "concatenate": functools.partial(_joined, "concatenate"),
    "stack": functools.partial(_joined, "stack"),
    "tile": tile,
    "repeat": repeat,
    "diagonal": functools.partial(_diagonals, "diagonal"),
    "trace": functools.partial(_diagonals, "trace"),
    "lib.stride_tricks.as_strided": as_strided,
    "may_share_memory": may_share_memory,
    "matmul": matmul,
    "dot": dot,
    "vdot": vdot,
    "linalg.solve": solve,
    "linalg.norm": norm,
}
for _name in REDUCTIONS:
    RULES[_name] = functools.partial(_reduce, _name)
for _name, _axis in ALONG.items():
    RULES[_name] = functools.partial(_along, _name, _axis)
for _name in MATRICES:
    RULES[_name] = functools.partial(_matrices, _name)
