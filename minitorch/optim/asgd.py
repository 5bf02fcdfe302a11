"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_FLOAT32, get_default_dtype
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    adjusted,
    check_lr,
    check_mode,
    check_not_negative,
    counted,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class ASGD(Optimizer):
    """Gradient descent with a fading rate; from step `t0` on it also averages the parameters, in the state "ax".

    Source: Polyak and Juditsky, 1992. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(decay=("weight_decay value", weight_decay))
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, lambd = number(group["lr"]), group["lambd"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["eta"] = wrap(xp.full((), lr, NP_FLOAT32))
                    state["mu"] = wrap(xp.ones((), NP_FLOAT32))
                    state["ax"] = wrap(xp.zeros_like(value))
                rate, share, average = state["eta"]._array, state["mu"]._array, state["ax"]._array
                gradient = adjusted(xp, gradient, value, group["maximize"], group["weight_decay"])
                value *= 1 - lambd * rate.item()
                work = spare(xp, value)
                value -= xp.multiply(gradient, rate.item(), out=work)
                if share.item() == 1:
                    average[...] = value
                else:
                    xp.subtract(value, average, out=work)
                    work *= share.item()
                    average += work
                steps = counted(state)
                # In the default dtype, as torch's: a loaded state may have another.
                single = get_default_dtype().numpy
                rate[...] = xp.asarray(lr / ((1 + lambd * lr * steps) ** group["alpha"]), single)
                share[...] = xp.asarray(1 / max(1, steps - group["t0"]), single)
                param._written()
        return loss
