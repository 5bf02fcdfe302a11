"""RMSprop: steps over the root of the running mean square of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.dtypes import NP_FLOAT32
from minitorch.optim.optimizer import Optimizer, ParamsT, check_lr, check_mode, check_not_negative, lerp, number
from minitorch.tensor import Tensor, wrap


class RMSprop(Optimizer):
    """The gradient over the root of its running mean square, with or without momentum. Source: Hinton, 2012.

    `centered` divides by the standard deviation instead. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(
            eps=("epsilon value", eps),
            momentum=("momentum value", momentum),
            decay=("weight_decay value", weight_decay),
            alpha=("alpha value", alpha),
        )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, alpha, eps, momentum = number(group["lr"]), group["alpha"], group["eps"], group["momentum"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["square_avg"] = wrap(xp.zeros_like(value))
                    if momentum:
                        state["momentum_buffer"] = wrap(xp.zeros_like(value))
                    if group["centered"]:
                        state["grad_avg"] = wrap(xp.zeros_like(value))
                square, count = state["square_avg"]._array, state["step"]._array
                count += 1
                gradient = self._direction(value, gradient, group["maximize"], group["weight_decay"])
                work, scale = self._spare(value), self._spare(value, 1)
                square *= alpha
                xp.multiply(gradient, 1 - alpha, out=work)
                work *= gradient
                square += work
                if group["centered"]:
                    mean = state["grad_avg"]._array
                    lerp(xp, mean, gradient, 1 - alpha, work)
                    xp.multiply(mean, mean, out=work)
                    xp.subtract(square, work, out=scale)
                    xp.sqrt(scale, out=scale)
                else:
                    xp.sqrt(square, out=scale)
                scale += eps
                if momentum:
                    buffer = state["momentum_buffer"]._array
                    buffer *= momentum
                    buffer += xp.divide(gradient, scale, out=work)
                    value -= xp.multiply(buffer, lr, out=work)
                else:
                    xp.multiply(gradient, lr, out=work)
                    work /= scale
                    value -= work
                param._written()
        return loss
