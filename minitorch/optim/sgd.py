"""Stochastic gradient descent."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch import parallel
from minitorch.backend import Array, array_module
from minitorch.fused import fused
from minitorch.optim.optimizer import (
    ADJUSTED,
    Optimizer,
    ParamsT,
    adjusted,
    check_lr,
    check_mode,
    check_not_negative,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class SGD(Optimizer):
    """Steps of `lr` against the gradient, with or without momentum. Source: Sutskever et al., 2013.

    The momentum buffer is `momentum * buffer + (1 - dampening) * gradient`, at first the gradient. `foreach` and
    `fused` are accepted and make no difference. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(momentum=("momentum value", momentum), decay=("weight_decay value", weight_decay))
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable, foreach=foreach, fused=fused)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            options = (number(group["lr"]), number(group["weight_decay"]), group["maximize"])
            momentum = group["momentum"]
            rolling = (momentum, 1 - group["dampening"], group["nesterov"])
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                if not momentum:
                    parallel.elementwise(functools.partial(_descend.over(xp), *options), gradient, value)
                else:
                    state = self.state[param]
                    first = state.get("momentum_buffer") is None
                    if first:
                        state["momentum_buffer"] = wrap(xp.empty_like(value))
                    kept = state["momentum_buffer"]
                    update = functools.partial(_roll.over(xp), *options, *rolling, first)
                    parallel.elementwise(update, gradient, value, kept._array)
                param._written()
        return loss


@fused(
    "float64 lr, float64 weight_decay, bool maximize, T gradient", "T value", ADJUSTED + "value = w - slope * real(lr)"
)
def _descend(xp: Any, lr: float, weight_decay: float, maximize: bool, gradient: Array, value: Array) -> None:
    """Moves a parameter against its gradient."""
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)
    value -= xp.multiply(gradient, lr, out=spare(xp, value))


@fused(
    "float64 lr, float64 weight_decay, bool maximize, float64 momentum, float64 share, bool nesterov, bool first, "
    "T gradient",
    "T value, T buffer",
    ADJUSTED
    + """
    real moved = first ? slope : real(buffer) * real(momentum) + slope * real(share);
    buffer = moved;
    value = w - (nesterov ? slope + moved * real(momentum) : moved) * real(lr);
    """,
)
def _roll(
    xp: Any,
    lr: float,
    weight_decay: float,
    maximize: bool,
    momentum: float,
    share: float,
    nesterov: bool,
    first: bool,
    gradient: Array,
    value: Array,
    buffer: Array,
) -> None:
    """Moves a parameter by its momentum, which at `first` is the gradient."""
    work = spare(xp, value)
    direction = adjusted(xp, gradient, value, maximize, weight_decay)
    if first:
        buffer[...] = direction
    else:
        buffer *= momentum
        buffer += direction if share == 1 else xp.multiply(direction, share, out=work)
    moved = xp.add(direction, xp.multiply(buffer, momentum, out=work), out=work) if nesterov else buffer
    value -= xp.multiply(moved, lr, out=work)
