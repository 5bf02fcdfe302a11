"""Adadelta: steps whose size follows from the sizes of the steps before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.fused import fused
from minitorch.optim.optimizer import (
    ADJUSTED,
    Optimizer,
    ParamsT,
    adjusted,
    check_lr,
    check_mode,
    check_not_negative,
    counted,
    follow_square,
    new_count,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class Adadelta(Optimizer):
    """The gradient times the root mean square of the last steps over that of the gradient. Source: Zeiler, 2012.

    Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(eps=("epsilon value", eps), decay=("weight_decay value", weight_decay))
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, rho, eps = number(group["lr"]), group["rho"], group["eps"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["square_avg"] = wrap(xp.zeros_like(value))
                    state["acc_delta"] = wrap(xp.zeros_like(value))
                square, steps = state["square_avg"]._array, state["acc_delta"]._array
                counted(state)
                options = (lr, rho, eps, group["weight_decay"], group["maximize"])
                _change.over(xp)(*options, gradient, value, square, steps)
                param._written()
        return loss


@fused(
    "float64 lr, float64 rho, float64 eps, float64 weight_decay, bool maximize, T gradient",
    "T value, T square, T steps",
    ADJUSTED
    + """
    real gradients = real(square) * real(rho) + slope * real(1 - rho) * slope, changes = steps;
    square = gradients;
    real change = sqrt(changes + real(eps)) / sqrt(gradients + real(eps)) * slope;
    steps = changes * real(rho) + change * real(1 - rho) * change;
    value = w - change * real(lr);
    """,
)
def _change(
    xp: Any,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    square: Array,
    steps: Array,
) -> None:
    """Changes a parameter, and the running mean squares of its gradient and of its steps."""
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    work, change = spare(xp, value), spare(xp, value, 1)
    follow_square(xp, square, gradient, rho, work)
    xp.add(square, eps, out=work)
    xp.sqrt(work, out=work)
    xp.add(steps, eps, out=change)
    xp.sqrt(change, out=change)
    change /= work
    change *= gradient
    follow_square(xp, steps, change, rho, work)
    change *= lr
    value -= change
