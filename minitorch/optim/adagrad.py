"""Adagrad: steps over the root of the sum of all squared gradients."""

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
    new_count,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class Adagrad(Optimizer):
    """The gradient over the root of the sum of its squares so far. Source: Duchi et al., 2011.

    Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(
            lr_decay=("lr_decay value", lr_decay),
            decay=("weight_decay value", weight_decay),
            start=("initial_accumulator_value value", initial_accumulator_value),
            eps=("epsilon value", eps),
        )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable, foreach=foreach, fused=fused)
        for group in self.param_groups:
            for param in group["params"]:
                self._begin(param)

    def _begin(self, param: Tensor) -> None:
        # As in torch, a group's own value is not looked at.
        xp, start = array_module(param._array), self.defaults["initial_accumulator_value"]
        self.state[param] = {"step": new_count(), "sum": wrap(xp.full_like(param._array, start))}

    def share_memory(self) -> None:
        """Puts the sums into memory that worker processes share."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, lr_decay, eps = number(group["lr"]), group["lr_decay"], group["eps"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                if not self.state[param]:  # of a group added later
                    self._begin(param)
                state = self.state[param]
                total = state["sum"]._array
                length = lr / (1 + (counted(state) - 1) * lr_decay)
                _change.over(xp)(length, eps, group["weight_decay"], group["maximize"], gradient, value, total)
                param._written()
        return loss


@fused(
    "float64 length, float64 eps, float64 weight_decay, bool maximize, T gradient",
    "T value, T total",
    ADJUSTED
    + """
    real sum = real(total) + slope * slope;
    total = sum;
    value = w - slope * real(length) / (sqrt(sum) + real(eps));
    """,
)
def _change(
    xp: Any,
    length: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    total: Array,
) -> None:
    """Changes a parameter, and the sum of its gradient's squares; `length` is the learning rate after its decay."""
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    work, change = spare(xp, value), spare(xp, value, 1)
    total += xp.multiply(gradient, gradient, out=work)
    xp.sqrt(total, out=work)
    work += eps
    xp.multiply(gradient, length, out=change)
    change /= work
    value -= change
