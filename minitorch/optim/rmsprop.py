"""RMSprop: steps over the root of the running mean square of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.fused import Fused, fused
from minitorch.optim.optimizer import (
    ADJUSTED,
    LERP,
    SECOND,
    Optimizer,
    ParamsT,
    adjusted,
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
            lr, momentum, centered = number(group["lr"]), group["momentum"], bool(group["centered"])
            options = (lr, group["alpha"], group["eps"], momentum, centered, group["weight_decay"], group["maximize"])
            change = _CHANGES[centered, bool(momentum)]
            kept = ["square_avg", *["grad_avg"] * centered, *["momentum_buffer"] * bool(momentum)]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["square_avg"] = wrap(xp.zeros_like(value))
                    if momentum:
                        state["momentum_buffer"] = wrap(xp.zeros_like(value))
                    if centered:
                        state["grad_avg"] = wrap(xp.zeros_like(value))
                counted(state)
                change.over(xp)(*options, gradient, value, *[state[name]._array for name in kept])
                param._written()
        return loss


def _change(
    xp: Any,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float,
    centered: bool,
    weight_decay: float,
    maximize: bool,
    gradient: Array,
    value: Array,
    square: Array,
    *kept: Array,
) -> None:
    """Changes a parameter, and the running mean square of its gradient.

    Kept are also the gradient's running mean where `centered`, and then the momentum where there is one.
    """
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    work, scale = spare(xp, value), spare(xp, value, 1)
    follow_square(xp, square, gradient, alpha, work)
    if centered:
        mean = kept[0]
        lerp(xp, mean, gradient, 1 - alpha, work)
        xp.multiply(mean, mean, out=work)
        xp.subtract(square, work, out=scale)
        xp.sqrt(scale, out=scale)
    else:
        xp.sqrt(square, out=scale)
    scale += eps
    if momentum:
        buffer = kept[-1]
        buffer *= momentum
        buffer += xp.divide(gradient, scale, out=work)
        value -= xp.multiply(buffer, lr, out=work)
    else:
        xp.multiply(gradient, lr, out=work)
        work /= scale
        value -= work


def _kernel(centered: bool, momentum: bool) -> Fused:
    inputs = (
        "float64 lr, float64 rest, float64 eps, float64 momentum, bool centered, float64 weight_decay, bool maximize, "
        "T gradient"
    )
    outputs = "T value, T square" + ", T mean" * centered + ", T buffer" * momentum
    body = ADJUSTED + SECOND
    if centered:
        body += f"double share = 1 - rest; {LERP} second -= real(mean) * real(mean);"
    body += "real scale = sqrt(second) + real(eps);"
    if momentum:
        body += (
            "real moved = real(buffer) * real(momentum) + slope / scale; buffer = moved; value = w - moved * real(lr);"
        )
    else:
        body += "value = w - slope * real(lr) / scale;"
    return fused(inputs, outputs, body)(_change)


_CHANGES = {
    (centered, momentum): _kernel(centered, momentum) for centered in (False, True) for momentum in (False, True)
}
