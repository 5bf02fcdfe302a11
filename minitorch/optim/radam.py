"""RAdam: Adam that takes plain momentum steps until its mean square can be relied on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.fused import fused
from minitorch.optim.optimizer import (
    ADJUSTED,
    LERP,
    SECOND,
    Optimizer,
    ParamsT,
    adjusted,
    check_betas,
    check_lr,
    check_mode,
    check_not_negative,
    counted,
    follow_square,
    lerp,
    new_count,
    number,
    spare,
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
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                mean, square, steps = state["exp_avg"]._array, state["exp_avg_sq"]._array, counted(state)
                shrink = 1 - lr * weight_decay if decoupled and weight_decay else 1
                scale = _rectified(beta2, steps)
                options = (1 - beta1, 1 - beta1**steps, beta2, eps, 0 if decoupled else weight_decay, group["maximize"])
                arrays = (gradient, value, mean, square)
                _change.over(xp)(shrink, lr, scale is not None, scale or 0.0, *options, *arrays)
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


@fused(
    "float64 shrink, float64 lr, bool rectified, float64 scale, float64 share, float64 unbiased, float64 rest, "
    "float64 eps, float64 weight_decay, bool maximize, T gradient",
    "T value, T mean, T square",
    ADJUSTED
    + LERP
    + SECOND
    + """
    real change = real(mean) / real(unbiased) * real(lr);
    if (rectified) change = change * real(scale) / (sqrt(second) + real(eps));
    value = w * real(shrink) - change;
    """,
)
def _change(
    xp: Any,
    shrink: float,
    lr: float,
    rectified: bool,
    scale: float,
    share: float,
    unbiased: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    mean: Array,
    square: Array,
) -> None:
    """Changes a parameter and its running means; `rectified` steps are `scale` times the mean over the root."""
    work, change = spare(xp, value), spare(xp, value, 1)
    if shrink != 1:
        value *= shrink
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    lerp(xp, mean, gradient, share, work)
    follow_square(xp, square, gradient, beta2, work)

    xp.divide(mean, unbiased, out=change)
    change *= lr
    if rectified:
        xp.sqrt(square, out=work)
        work += eps
        change *= scale
        change /= work
    value -= change
