"""What a loss is reduced to: "none" of it, its "mean" or its "sum", and the gradient of each.

Inputs of the losses are of one shape here: broadcasting, warnings and torch's optional arguments are the business of
nn.functional.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.backend import Array
from minitorch.dtypes import from_numpy_dtype
from minitorch.ops._operands import wide

REDUCTIONS = ("none", "mean", "sum")


def legacy_reduction(size_average: bool | None, reduce: bool | None, stacklevel: int = 3) -> str:
    """The reduction that the old arguments stood for; warns that they are deprecated."""
    averaged = size_average is None or bool(size_average)  # a tensor given here by mistake says that it has no truth
    reduction = ("mean" if averaged else "sum") if reduce is None or reduce else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return reduction


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str, also: tuple[str, ...] = ()) -> str:
    """The reduction by its name, the old arguments going first; raises ValueError for one that does not exist."""
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce, stacklevel=4)
    if reduction in REDUCTIONS or reduction in also:
        return reduction
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            UserWarning,
            stacklevel=3,
        )
        return "mean"
    raise ValueError(
        f"{reduction} is not a valid value for reduction: expected one of {', '.join(map(repr, REDUCTIONS + also))}"
    )


def reduced(losses: Array, reduction: str) -> Array:
    """The losses themselves, their mean or their sum."""
    if reduction == "none":
        return losses
    total = wide(losses).sum()
    reduced = total / losses.size if reduction == "mean" else total
    return reduced if reduced.dtype is losses.dtype else reduced.astype(losses.dtype)


def each(g: Any, reduction: str, shape: Sequence[int]) -> Any:
    """The gradient that each of the losses gets from that of the reduced value; one number stands for all."""
    return g / max(math.prod(shape), 1) if reduction == "mean" else g


def check_float(name: str, array: Array) -> None:
    """Raises torch's error for integers; `name` is its kernel's."""
    if array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{from_numpy_dtype(array.dtype).legacy_name}': cast the input to floats"
        )
