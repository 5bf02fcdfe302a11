"""NAdam: Adam with Nesterov's momentum."""

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


class NAdam(Optimizer):
    """Adam that looks one step ahead along its momentum. Source: Dozat, 2016.

    The weight decay is added to the gradient, or kept apart from it. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(eps=("epsilon value", eps))
        check_betas(betas)
        check_not_negative(
            decay=("weight_decay value", weight_decay), momentum=("momentum_decay value", momentum_decay)
        )
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, (beta1, beta2), eps = number(group["lr"]), group["betas"], group["eps"]
            decoupled, weight_decay = group["decoupled_weight_decay"], group["weight_decay"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                work, change = self._spare(value), self._spare(value, 1)
                state = self.state[param]
                if not state:
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["mu_product"] = wrap(xp.ones((), NP_FLOAT32))
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
                count, product = state["step"]._array, state["mu_product"]._array
                count += 1
                steps = count.item()
                if decoupled and weight_decay:
                    value *= 1 - lr * weight_decay
                gradient = self._direction(value, gradient, group["maximize"], 0 if decoupled else weight_decay)

                momentum, ahead = (
                    beta1 * (1.0 - 0.5 * 0.96 ** (step * group["momentum_decay"])) for step in (steps, steps + 1)
                )
                product *= momentum
                lerp(xp, mean, gradient, 1 - beta1, work)
                square *= beta2
                xp.multiply(gradient, 1 - beta2, out=work)
                work *= gradient
                square += work

                xp.divide(square, 1 - beta2**steps, out=work)
                xp.sqrt(work, out=work)
                work += eps
                xp.multiply(gradient, lr * (1.0 - momentum) / (1.0 - product.item()), out=change)
                change /= work
                value -= change
                xp.multiply(mean, lr * ahead / (1.0 - product.item() * ahead), out=change)
                change /= work
                value -= change
                param._written()
        return loss
