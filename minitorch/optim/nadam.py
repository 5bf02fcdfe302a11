"""NAdam: Adam with Nesterov's momentum."""

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
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["mu_product"] = new_count(1)
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
                product, steps = state["mu_product"]._array, counted(state)
                momentum, ahead = (
                    beta1 * (1.0 - 0.5 * 0.96 ** (step * group["momentum_decay"])) for step in (steps, steps + 1)
                )
                product *= momentum
                shrink = 1 - lr * weight_decay if decoupled and weight_decay else 1
                own = lr * (1.0 - momentum) / (1.0 - product.item())
                following = lr * ahead / (1.0 - product.item() * ahead)
                options = (1 - beta1, beta2, eps, 1 - beta2**steps, 0 if decoupled else weight_decay, group["maximize"])
                _change.over(xp)(shrink, own, following, *options, gradient, value, mean, square)
                param._written()
        return loss


@fused(
    "float64 shrink, float64 own, float64 following, float64 share, float64 rest, float64 eps, float64 unbiased, "
    "float64 weight_decay, bool maximize, T gradient",
    "T value, T mean, T square",
    ADJUSTED
    + LERP
    + SECOND
    + """
    real scale = sqrt(second / real(unbiased)) + real(eps);
    value = w * real(shrink) - slope * real(own) / scale - real(mean) * real(following) / scale;
    """,
)
def _change(
    xp: Any,
    shrink: float,
    own: float,
    following: float,
    share: float,
    beta2: float,
    eps: float,
    unbiased: float,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    mean: Array,
    square: Array,
) -> None:
    """Changes the running means, and a parameter by its gradient `own` times and by the mean `following` times."""
    work, change = spare(xp, value), spare(xp, value, 1)
    if shrink != 1:
        value *= shrink
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    lerp(xp, mean, gradient, share, work)
    follow_square(xp, square, gradient, beta2, work)

    xp.divide(square, unbiased, out=work)
    xp.sqrt(work, out=work)
    work += eps
    xp.multiply(gradient, own, out=change)
    change /= work
    value -= change
    xp.multiply(mean, following, out=change)
    change /= work
    value -= change
