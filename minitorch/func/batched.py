"""Arrays that stand for many at once: how `vmap` runs a function once for a whole batch.

A batched array looks like ONE item to whoever computes with it, and holds all of them: `inner` has the batch as its
first dimension. Its module offers NumPy's functions with every axis moved by one, so kernels and gradient rules run on
it as they are. Where `inner` has a first dimension of 1, all items are the same (a captured weight, say), and nothing
is repeated in memory.

A function mapped within a mapped function sees batched arrays whose `inner` is batched in its turn. There is one class
of arrays for every row of batch sizes, the outermost first; `sizes` of one array that meets another are the beginning
of the other's.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.graph import WRITE_OF_MANY
from minitorch.backend import Array, array_module, is_array
from minitorch.errors import NotSupportedError
from minitorch.func.places import Key, located

ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor, or attempting to use a Tensor in some data-dependent "
    "control flow (`if`, `int`, `float`, tolist, numpy, print). We don't support that: inside vmap one tensor stands "
    "for a whole batch; use torch.where in place of `if`, and return what is to be read."
)
DYNAMIC = (
    "vmap: We do not support batching operators that can output dynamic shape: {} gives every item of the batch a "
    "shape of its own. Compute on the whole batch with a mask (torch.where) instead."
)


class BatchedArray:
    """An array for each item of a batch, seen as one; see the module's docstring.

    `functions.batched_type` makes the classes, one for every row of batch sizes.
    """

    __slots__ = ("__weakref__", "inner", "whole")
    __array_ufunc__ = None
    """NumPy's operators leave the work to this class's."""

    sizes: tuple[int, ...]
    base_module: Any
    module: Any
    depth: int
    count: int

    def __init__(self, inner: Array, whole: Callable[[], Any] | None = None) -> None:
        self.inner = inner
        self.whole = whole
        """Of a total (a maximum, say): what gives that of the whole batch. It is what Python gets to see where a kernel
        looks at all elements at once, to check indices or the like; users look at tensors, which refuse."""

    # --- what it is -------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.inner.shape[1:])

    @property
    def ndim(self) -> int:
        return int(self.inner.ndim) - 1

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        return self.inner.dtype

    @property
    def itemsize(self) -> int:
        return int(self.inner.itemsize)

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        return tuple(self.inner.strides[1:])

    @property
    def flags(self) -> Any:
        return self.inner[:1].flags if self.inner.shape[0] else self.inner.flags

    @property
    def base(self) -> Any:
        return self.inner.base

    @property
    def device(self) -> Any:
        return self.inner.device

    @property
    def T(self) -> Any:
        return self.transpose()

    def __len__(self) -> int:
        return len(self.inner[0]) if not self.shape else self.shape[0]

    # --- what would look at the elements ----------------------------------------------------------------------------

    def _only(self) -> Any:
        """The array that is the same for all items; raises NotSupportedError where each has its own."""
        if self.count != 1 and self.inner.shape[0] == 1:
            return self.inner[0]
        raise NotSupportedError(ITEM)

    def _seen(self) -> Any:
        return self._only() if self.whole is None else self.whole()

    def item(self) -> Any:
        return self._only().item()

    def tolist(self) -> Any:
        return self._only().tolist()

    def __bool__(self) -> bool:
        return bool(self._seen())

    def __int__(self) -> int:
        return int(self._seen())

    def __float__(self) -> float:
        return float(self._seen())

    def __index__(self) -> int:
        return operator.index(self._only())

    def get(self) -> Any:
        """Raises NotSupportedError: where the elements go to NumPy, one tensor cannot stand for a batch."""
        only = self._only()
        return only if isinstance(only, np.ndarray) else only.get()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Raises RuntimeError: NumPy asks when the array is written into one of its own."""
        raise RuntimeError(WRITE_OF_MANY)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise NotSupportedError(f"vmap: no batching rule for what NumPy calls {function.__name__}")

    # --- parts ------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> BatchedArray:
        place = self._place(key)
        picked = self.inner[place.key]
        if place.moves:
            picked = array_module(picked).moveaxis(picked, *place.moves)
        return type(self)(picked)

    def __setitem__(self, key: Any, value: Any) -> None:
        mask = key[0] if isinstance(key, tuple) and len(key) == 1 else key
        if isinstance(mask, BatchedArray) and mask.dtype.kind == "b":
            self[...] = self.module.where(mask.reshape(mask.shape + (1,) * (self.ndim - mask.ndim)), value, self)
            return
        place = self._place(key)
        if self.inner.shape[0] == 1 and self.count != 1 and place.mapped:
            raise RuntimeError(WRITE_OF_MANY)
        if is_array(value):
            own = self.module.asarray(value)
            if self.inner.shape[0] == 1 and own.inner.shape[0] != 1:
                raise RuntimeError(WRITE_OF_MANY)
            value = aligned(own, place.ndim)
            if place.moves:
                source, target = place.moves
                value = array_module(value).moveaxis(value, target, source)
            inner_type = type(self.inner)
            if is_array(value) and getattr(type(value), "depth", 0) > getattr(inner_type, "depth", 0):
                raise RuntimeError(WRITE_OF_MANY)
        self.inner[place.key] = value

    def _place(self, key: Any) -> Key:
        return located(self, key, BatchedArray, DYNAMIC.format("indexing with a boolean mask"))

    # --- methods of arrays ------------------------------------------------------------------------------------------

    def astype(self, dtype: Any, copy: bool = True, **options: Any) -> BatchedArray:
        return type(self)(self.inner.astype(dtype, copy=copy, **options))

    def view(self, dtype: Any) -> BatchedArray:
        return type(self)(self.inner.view(dtype))

    def copy(self, order: str = "C") -> BatchedArray:
        """Whoever copies is about to write: each item gets memory of its own."""
        return type(self)(self.full_inner().copy())

    def full_inner(self) -> Array:
        """`inner` with the whole batch as its first dimension."""
        inner = self.inner
        if inner.shape[0] == self.count:
            return inner
        return array_module(inner).broadcast_to(inner, (self.count, *inner.shape[1:]))

    def fill(self, value: Any) -> None:
        self[...] = value

    def shared(self) -> Any:
        """What all items share, as an array that is not batched; the array itself where they differ."""
        return self.inner[0] if self.depth == 1 and self.inner.shape[0] == 1 else self

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        return self.module.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        return self.module.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self, order: str = "C") -> Any:
        return self.reshape(-1).copy()

    def __matmul__(self, other: Any) -> Any:
        return self.module.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self.module.matmul(other, self)

    def dot(self, other: Any) -> Any:
        return self.module.dot(self, other)

    def __getattr__(self, name: str) -> Any:
        """NumPy's methods that are functions as well: `array.sum(axis=0)` is `sum(array, axis=0)`."""
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a batched array has no attribute '{name}'")
        return functools.partial(getattr(self.module, name), self)


def _binary(name: str, *, reflected: bool = False) -> Callable[[BatchedArray, Any], Any]:
    compute = getattr(operator, name)

    def method(self: BatchedArray, other: Any) -> Any:
        if not (is_array(other) or isinstance(other, (bool, int, float, np.generic))):
            return NotImplemented
        mine, others = operands(self.module, (self, other))
        result = compute(others, mine) if reflected else compute(mine, others)
        whole = self.whole
        seen = None if whole is None or is_array(other) else lambda: compute(whole(), other)
        return type(most_nested((self, other)))(result, seen)

    return method


def _in_place(name: str) -> Callable[[BatchedArray, Any], Any]:
    compute, plain = getattr(operator, f"__i{name}__"), getattr(operator, f"__{name}__")

    def method(self: BatchedArray, other: Any) -> Any:
        if is_array(other):
            other = self.module.asarray(other)
            if other.depth > self.depth or (self.inner.shape[0] == 1 and other.inner.shape[0] != 1):
                if self.inner.base is not None:
                    raise RuntimeError(WRITE_OF_MANY)
                return plain(self, other)
            other = aligned(other, self.ndim)
        self.inner = compute(self.inner, other)
        return self

    return method


def _unary(name: str) -> Callable[[BatchedArray], Any]:
    compute = getattr(operator, name)
    return lambda self: type(self)(compute(self.inner))


for _name in "add sub mul truediv floordiv mod pow and or xor lshift rshift".split():
    setattr(BatchedArray, f"__{_name}__", _binary(f"__{_name}__"))
    setattr(BatchedArray, f"__r{_name}__", _binary(f"__{_name}__", reflected=True))
    setattr(BatchedArray, f"__i{_name}__", _in_place(_name))
for _name in "lt le gt ge eq ne".split():
    setattr(BatchedArray, f"__{_name}__", _binary(f"__{_name}__"))
for _name in "neg pos abs invert".split():
    setattr(BatchedArray, f"__{_name}__", _unary(f"__{_name}__"))


# --- several arrays together ------------------------------------------------------------------------------------------


def depth_of(value: Any) -> int:
    return getattr(value, "depth", 0)


def whole(array: Array) -> Array:
    """All elements: of a batched array those of every item, the batches as the first dimensions."""
    while isinstance(array, BatchedArray):
        array = array.inner
    return array


def most_nested(values: Sequence[Any]) -> Any:
    return max(values, key=depth_of)


def aligned(array: BatchedArray, ndim: int) -> Array:
    """The inner array of one whose items have fewer dimensions than `ndim`: new ones come between batch and item."""
    missing = ndim - array.ndim
    return array.inner[(slice(None), *(None,) * missing)] if missing > 0 else array.inner


def operands(module: Any, values: Sequence[Any]) -> list[Any]:
    """Arrays as inner arrays that broadcast over items and batch alike; numbers as they are."""
    deepest = most_nested(values)
    if depth_of(deepest) > module.depth:
        module = deepest.module
    values = [module.asarray(value) if is_array(value) else value for value in values]
    ndim = max((value.ndim for value in values if is_array(value)), default=0)
    return [aligned(value, ndim) if is_array(value) else value for value in values]


def module_of(inners: Sequence[Any], base: Any) -> Any:
    """The module whose functions take all of these inner arrays."""
    deepest = most_nested(inners)
    return deepest.module if depth_of(deepest) else base
