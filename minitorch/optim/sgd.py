"""Stochastic gradient descent."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch import parallel
from minitorch.backend import Array, array_module
from minitorch.optim.optimizer import Optimizer, ParamsT, check_lr, check_mode, check_not_negative, number
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
            momentum = group["momentum"]
            update = self._rule(group)
            start = functools.partial(update, first=True)
            for param, value, gradient in self._trained(group):
                if not momentum:
                    parallel.elementwise(update, value, gradient)
                else:
                    state = self.state[param]
                    kept = state.get("momentum_buffer")
                    if kept is None:
                        kept = state["momentum_buffer"] = wrap(array_module(value).empty_like(value))
                        parallel.elementwise(start, value, gradient, kept._array)
                    else:
                        parallel.elementwise(update, value, gradient, kept._array)
                param._written()
        return loss

    def _rule(self, group: dict[str, Any]) -> Callable[..., None]:
        """How a parameter of the group and its momentum, which at `first` is the gradient, are changed."""
        lr, weight_decay = number(group["lr"]), number(group["weight_decay"])
        momentum, nesterov, maximize = group["momentum"], group["nesterov"], group["maximize"]
        share = 1 - group["dampening"]

        def update(value: Array, gradient: Array, buffer: Array | None = None, first: bool = False) -> None:
            xp, spare = array_module(value), self._spare(value)
            direction = gradient = self._direction(value, gradient, maximize, weight_decay)
            if buffer is not None:
                if first:
                    buffer[...] = gradient
                else:
                    buffer *= momentum
                    buffer += gradient if share == 1 else xp.multiply(gradient, share, out=spare)
                gradient = buffer
                if nesterov:
                    gradient = xp.add(direction, xp.multiply(buffer, momentum, out=spare), out=spare)
            value -= xp.multiply(gradient, lr, out=spare)

        return update
