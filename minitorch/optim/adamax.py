"""Adamax: Adam with the largest gradient in place of the root mean square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_FLOAT32
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    check_betas,
    check_lr,
    check_mode,
    check_not_negative,
    lerp,
    number,
)
from minitorch.tensor import Tensor, wrap


class Adamax(Optimizer):
    """The running mean of the gradient over a fading maximum of its size. Source: Kingma and Ba, 2015.

    Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(eps=("epsilon value", eps))
        check_betas(betas)
        check_not_negative(decay=("weight_decay value", weight_decay))
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
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
            lr, (beta1, beta2), eps = number(group["lr"]), group["betas"], group["eps"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_inf"] = wrap(xp.zeros_like(value))
                mean, largest, count = state["exp_avg"]._array, state["exp_inf"]._array, state["step"]._array
                count += 1
                gradient = self._direction(value, gradient, group["maximize"], group["weight_decay"])
                work = self._spare(value)
                lerp(xp, mean, gradient, 1 - beta1, work)
                largest *= beta2
                xp.absolute(gradient, out=work)
                work += eps
                xp.maximum(largest, work, out=largest)
                xp.multiply(mean, lr / (1 - beta1 ** count.item()), out=work)
                work /= largest
                value -= work
                param._written()
        return loss
