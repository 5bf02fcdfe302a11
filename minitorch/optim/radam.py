"""RAdam: Adam that takes plain momentum steps until its mean square can be relied on."""

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


class RAdam(Optimizer):
    """Adam whose steps are rectified by the variance of its rate. Source: Liu et al., 2020.

    The weight decay is added to the gradient, or kept apart from it. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
        check_not_negative(decay=("weight_decay value", weight_decay))
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
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
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                mean, square, count = state["exp_avg"]._array, state["exp_avg_sq"]._array, state["step"]._array
                count += 1
                steps = count.item()
                if decoupled and weight_decay:
                    value *= 1 - lr * weight_decay
                gradient = self._direction(value, gradient, group["maximize"], 0 if decoupled else weight_decay)

                lerp(xp, mean, gradient, 1 - beta1, work)
                square *= beta2
                xp.multiply(gradient, 1 - beta2, out=work)
                work *= gradient
                square += work

                xp.divide(mean, 1 - beta1**steps, out=change)
                change *= lr
                scale = _rectified(beta2, steps)
                if scale is not None:
                    xp.sqrt(square, out=work)
                    work += eps
                    change *= scale
                    change /= work
                value -= change
                param._written()
        return loss


def _rectified(beta2: float, steps: float) -> float | None:
    """What the steps over the root mean square are multiplied by; None while too few gradients have been seen."""
    correction = 1 - beta2**steps
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * steps * (beta2**steps) / correction
    if length <= 5.0:
        return None
    share = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return float((share * correction) ** 0.5)
