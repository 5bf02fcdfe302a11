"""Variable: torch's old name for a tensor that takes part in autograd, still found in many scripts."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.tensor import Tensor


class _AnyTensor(type):
    """Every tensor is a Variable, as in torch."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_AnyTensor):
    """`Variable(tensor, requires_grad=False)`: the same elements as a leaf of their own; made from a tensor only."""

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: Any = None) -> Any:
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        leaf = data.detach()
        leaf.requires_grad = requires_grad
        return leaf
