"""What functions of several families check of their arguments."""

from __future__ import annotations

from typing import Any

from minitorch.autograd.modes import is_grad_enabled
from minitorch.ops._arguments import check_tensor
from minitorch.tensor import Tensor


def check_tensors(name: str, **given: Any) -> None:
    """Raises torch's TypeError for an argument that is no tensor."""
    for position, (argument, value) in enumerate(given.items(), 1):
        check_tensor(name, argument, position, value)


def not_differentiable(name: str, **given: Tensor | None) -> None:
    """Raises torch's error for an argument that requires grad, but gets none."""
    for argument, value in given.items():
        if value is not None and value._node is not None and is_grad_enabled():
            raise RuntimeError(
                f"The function '{name}' is not differentiable with respect to argument '{argument}'. "
                "This input cannot have requires_grad True."
            )
