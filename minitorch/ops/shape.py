"""Shape operations: views, and copies in another order.

What torch builds of other operations is built of them here too, so that the nodes in the graph have torch's names.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.op import PROMOTE, op
from minitorch.autograd.views import check_writable
from minitorch.backend import Array, array_address, array_module, diagonal_view, storage_of
from minitorch.dtypes import dtype as torch_dtype
from minitorch.errors import shape_list, wrap_dim, wrap_dims
from minitorch.sizes import Size
from minitorch.tensor import Tensor, wrap

Shape = tuple[int, ...]


def _ints(name: str, argument: str, given: Any, named: Any = None) -> Shape:
    """Sizes or dims as torch takes them: `f(2, 3)`, `f((2, 3))` or by name; raises TypeError for what is no integer."""
    if named is not None:
        if given:
            raise TypeError(f"{name}() got multiple values for argument '{argument}'")
        given = (named,)
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    try:
        return tuple([each if each.__class__ is int else operator.index(each) for each in given])
    except TypeError:
        got = ", ".join(type(each).__name__ for each in given)
        raise TypeError(f"{name}(): argument '{argument}' must be tuple of ints, but got ({got})") from None


def _infer(shape: Shape, size: int) -> Shape:
    """`shape` with its -1, if there is one, replaced; raises torch's errors when it does not hold `size` elements."""
    product = math.prod(shape)
    if product == size and (product or min(shape, default=0) >= 0):
        if min(shape, default=0) >= 0:
            return shape
    for k, each in enumerate(shape):
        if each < -1:
            raise RuntimeError(f"invalid shape dimension {each} at index {k} of shape {shape_list(shape)}")
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if shape.count(-1) == 1:
        known = -product
        if known == 0 and size == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {shape_list(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
        if known and size % known == 0:
            return tuple(size // known if each == -1 else each for each in shape)
    raise RuntimeError(f"shape '{shape_list(shape)}' is invalid for input of size {size}")


def _tensors(name: str, given: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """Tensors as torch takes them: `f(a, b)` or `f([a, b])`."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    for k, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(f"{name}(): expected Tensor as element {k} in argument 0, but got {type(each).__name__}")
    return given


# --- views of the same elements in the same order ---------------------------------------------------------------------


def _shares(xp: Any, result: Array, source: Array) -> bool:
    return bool(source.flags.c_contiguous or not source.size or xp.may_share_memory(result, source))


@op(view=True)
def _view(xp: Any, input: Array, shape: Shape) -> Array:
    result = input.reshape(shape)
    if not _shares(xp, result, input):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return result


_view.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


@op
def _unsafe_view(xp: Any, input: Array, shape: Shape) -> Array:
    return input.reshape(shape)


_unsafe_view.grad(input=lambda xp, g, input_shape: g.reshape(input_shape))


@op(view=True, backward="ViewBackward0")
def _view_dtype(xp: Any, input: Array, dtype: torch_dtype) -> Array:
    """The same bytes read as another dtype."""
    old, new = input.dtype.itemsize, dtype.itemsize
    if new > old:
        if not input.ndim or input.shape[-1] * old % new:
            raise RuntimeError(
                f"self.size(-1) must be divisible by {new // old} to view {input.dtype} as {dtype!r} (different element "
                f"sizes), but got {input.shape[-1] if input.ndim else 1}"
            )
    if new != old and not input.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 to view {input.dtype} as {dtype!r} (different element sizes)")
    return input.view(dtype.numpy)


def view(input: Tensor, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same elements in another shape; one size may be -1. With a dtype, the same bytes read as that dtype.

    Raises RuntimeError when the sizes do not fit, or the elements do not lie in the order that a view would need.
    """
    kind = dtype if dtype is not None else shape[0] if len(shape) == 1 else None
    if isinstance(kind, torch_dtype):
        return _view_dtype(input, kind)  # type: ignore[no-any-return]  # operations are untyped callables
    if not shape and size is None:
        raise TypeError("view() received an invalid combination of arguments - got (), but expected a dtype or sizes")
    return _view(input, _infer(_ints("view", "size", shape, size), input._array.size))  # type: ignore[no-any-return]
