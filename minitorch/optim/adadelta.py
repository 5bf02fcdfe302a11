"""Adadelta: steps whose size follows from the sizes of the steps before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_FLOAT32
from minitorch.optim.optimizer import Optimizer, ParamsT, check_lr, check_mode, check_not_negative, number
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
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["square_avg"] = wrap(xp.zeros_like(value))
                    state["acc_delta"] = wrap(xp.zeros_like(value))
                square, steps = state["square_avg"]._array, state["acc_delta"]._array
                count = state["step"]._array
                count += 1
                gradient = self._direction(value, gradient, group["maximize"], group["weight_decay"])
                work, change = self._spare(value), self._spare(value, 1)
                square *= rho
                xp.multiply(gradient, 1 - rho, out=work)
                work *= gradient
                square += work
                xp.add(square, eps, out=work)
                xp.sqrt(work, out=work)
                xp.add(steps, eps, out=change)
                xp.sqrt(change, out=change)
                change /= work
                change *= gradient
                steps *= rho
                xp.multiply(change, 1 - rho, out=work)
                work *= change
                steps += work
                change *= lr
                value -= change
                param._written()
        return loss
