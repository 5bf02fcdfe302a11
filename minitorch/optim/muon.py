"""Muon: momentum whose matrix is made orthogonal before each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    check_one_element,
    lerp,
    number,
    spare,
)
from minitorch.tensor import wrap


class Muon(Optimizer):
    """Steps along the orthogonal matrix next to the momentum; for matrices alone. Source: Jordan et al., 2024.

    `adjust_lr_fn` fits the rate to the shape: "original" (None) or "match_rms_adamw". Raises ValueError for options
    out of range and for parameters that are not two-dimensional.
    Differs from torch: the iteration runs in the parameter's dtype, and not in bfloat16, which rounds to 3 digits.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {param.shape}"
                    )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, momentum = number(group["lr"]), group["momentum"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                work = spare(xp, value)
                state = self.state[param]
                if not state:
                    state["momentum_buffer"] = wrap(xp.zeros_like(value))
                buffer = state["momentum_buffer"]._array
                lerp(xp, buffer, gradient, 1 - momentum, work)
                update = buffer
                if group["nesterov"]:
                    update = spare(xp, value, 1)
                    update[...] = gradient
                    lerp(xp, update, buffer, momentum, work)
                update = _orthogonal(xp, update, group["ns_coefficients"], group["ns_steps"], group["eps"])
                value *= 1 - lr * group["weight_decay"]
                update *= lr * _fitted_to(value.shape, group["adjust_lr_fn"])
                value -= update
                param._written()
        return loss


def _orthogonal(xp: Any, matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """Nearly the orthogonal matrix next to `matrix`, by Newton and Schulz's iteration of an odd polynomial."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / max(float(xp.linalg.norm(wide)), eps)
    for _ in range(steps):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * (square @ square)) @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


def _fitted_to(shape: tuple[int, int], how: str | None) -> float:
    """What the learning rate is multiplied by, for a matrix of this shape."""
    rows, columns = shape
    if how == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1.0, rows / columns))
