"""Adamax: Adam with the largest gradient in place of the root mean square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.fused import fused
from minitorch.optim.optimizer import (
    ADJUSTED,
    LERP,
    Optimizer,
    ParamsT,
    adjusted,
    check_betas,
    check_lr,
    check_mode,
    check_not_negative,
    counted,
    lerp,
    new_count,
    number,
    spare,
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
                    state["step"] = new_count()
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_inf"] = wrap(xp.zeros_like(value))
                mean, largest = state["exp_avg"]._array, state["exp_inf"]._array
                options = (1 - beta1, beta2, eps, group["weight_decay"], group["maximize"])
                _change.over(xp)(lr / (1 - beta1 ** counted(state)), *options, gradient, value, mean, largest)
                param._written()
        return loss


@fused(
    "float64 length, float64 share, float64 beta2, float64 eps, float64 weight_decay, bool maximize, T gradient",
    "T value, T mean, T largest",
    ADJUSTED
    + LERP
    + """
    real before = real(largest) * real(beta2), now = fabs(slope) + real(eps);
    real highest = before > now || isnan(before) ? before : now;
    largest = highest;
    value = w - real(mean) * real(length) / highest;
    """,
)
def _change(
    xp: Any,
    length: float,
    share: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    mean: Array,
    largest: Array,
) -> None:
    """Changes a parameter, and of its gradient the running mean and the largest size, which fades."""
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    work = spare(xp, value)
    lerp(xp, mean, gradient, share, work)
    largest *= beta2
    xp.absolute(gradient, out=work)
    work += eps
    xp.maximum(largest, work, out=largest)
    xp.multiply(mean, length, out=work)
    work /= largest
    value -= work
