"""Exception types and the message helpers that several operations share."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from typing import Any


class NotSupportedError(NotImplementedError):
    """Raised for a torch feature that minitorch does not have; the message names the feature."""


class CudaUnavailableError(AssertionError, RuntimeError):
    """Raised for the use of a GPU where there is none.

    torch raises AssertionError when built without CUDA, and RuntimeError when there is no GPU: both catch this.
    """


class OutOfMemoryError(RuntimeError):
    """Raised where an array does not fit into a GPU's memory."""


_HEAP_TYPE = 1 << 9
"""The flag of a class that was made at run time, as every `class` statement does."""


def type_name(value: Any) -> str:
    """The name of a value's type as torch's errors spell it: `int`, `Tensor`, `numpy.ndarray`."""
    kind = type(value)
    if kind.__flags__ & _HEAP_TYPE or kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def wrap_dim(dim: int, ndim: int) -> int:
    """Returns `dim` counted from the front; raises torch's IndexError when it is out of range.

    A 0-d tensor counts as having one dimension here, as in torch.
    """
    size = max(ndim, 1)
    try:
        inside = -size <= dim < size
    except TypeError:
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}") from None
    if not inside:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], but got {dim})")
    return dim + size if dim < 0 else dim


def wrap_dims(dims: int | Sequence[int], ndim: int, op: str) -> tuple[int, ...]:
    """Returns every dim of `dims` counted from the front; raises when one is out of range or repeated."""
    wrapped = tuple(wrap_dim(dim, ndim) for dim in ([dims] if isinstance(dims, int) else dims))
    for dim in wrapped:
        if wrapped.count(dim) > 1:
            raise RuntimeError(f"{op}: dim {dim} appears multiple times in the list of dims")
    return wrapped


def broadcast_error(shapes: Sequence[tuple[int, ...]]) -> RuntimeError:
    """The error for shapes that do not broadcast, in torch's words: it names the last dimension that differs."""
    ndim = max(len(shape) for shape in shapes)
    padded = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    for dim in reversed(range(ndim)):
        sizes = list(dict.fromkeys(shape[dim] for shape in padded if shape[dim] != 1))
        if len(sizes) > 1:
            return RuntimeError(
                f"The size of tensor a ({sizes[0]}) must match the size of tensor b ({sizes[1]}) "
                f"at non-singleton dimension {dim}"
            )
    raise AssertionError(f"the shapes {shapes} broadcast")


def device_error(*devices: Any) -> RuntimeError:
    """The error for tensors that lie apart, in torch's words: it names two of the devices, a GPU first."""
    first, second = sorted(dict.fromkeys(map(str, devices)), key=lambda each: each == "cpu")[:2]
    return RuntimeError(
        f"Expected all tensors to be on the same device, but found at least two devices, {first} and {second}!"
    )


def memory_error(error: MemoryError) -> RuntimeError:
    """The error for an array that does not fit: torch has one of its own for a GPU alone."""
    if type(error).__module__.startswith("cupy"):
        return OutOfMemoryError(f"CUDA out of memory. {error}")
    return RuntimeError(f"DefaultCPUAllocator: can't allocate memory: {error}")


def shape_list(shape: Sequence[int]) -> str:
    """A shape as torch's messages print it: `[2, 3]`."""
    return f"[{', '.join(map(str, shape))}]"


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LECTURES = os.path.join(_PACKAGE, "lectures", "")


@functools.cache
def is_engine(filename: str) -> bool:
    """Whether a line of this file is minitorch's own; the lectures are scripts like any other."""
    path = filename if filename.startswith("<") else os.path.abspath(filename)
    return path.startswith(_PACKAGE) and not path.startswith(_LECTURES)


def user_stacklevel() -> int:
    """The `stacklevel` with which the caller's warning names the nearest line outside the package: the user's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and is_engine(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    return level
