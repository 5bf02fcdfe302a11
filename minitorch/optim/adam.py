"""Adam and AdamW: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch import parallel
from minitorch.backend import Array, array_module
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


class Adam(Optimizer):
    """Adam, with weight decay added to the gradient, or apart from it. Source: Kingma and Ba, 2015.

    `amsgrad` divides by the largest mean square so far. `foreach`, `fused` and `capturable` are accepted and make no
    difference. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_lr(lr, foreach=foreach, capturable=capturable)
        check_not_negative(eps=("epsilon value", eps))
        check_betas(betas)
        check_not_negative(decay=("weight_decay value", weight_decay))
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError("betas must be either both floats or both Tensors")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        check_mode(differentiable=differentiable, foreach=foreach, fused=fused)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            amsgrad = group["amsgrad"]
            update = self._rule(group)
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = wrap(xp.zeros((), NP_FLOAT32))
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                    if amsgrad:
                        state["max_exp_avg_sq"] = wrap(xp.zeros_like(value))
                count = state["step"]._array
                count += 1
                arrays = [value, gradient, state["exp_avg"]._array, state["exp_avg_sq"]._array]
                if amsgrad:
                    arrays.append(state["max_exp_avg_sq"]._array)
                parallel.elementwise(functools.partial(update, count.item()), *arrays)
                param._written()
        return loss

    def _rule(self, group: dict[str, Any]) -> Callable[..., None]:
        """How a parameter of the group and its running means are changed."""
        lr, eps, weight_decay = number(group["lr"]), group["eps"], group["weight_decay"]
        beta1, beta2 = map(number, group["betas"])
        maximize, decoupled = group["maximize"], group["decoupled_weight_decay"]

        def update(
            steps: float, value: Array, gradient: Array, mean: Array, square: Array, largest: Array | None = None
        ) -> None:
            xp, work, change = array_module(value), self._spare(value), self._spare(value, 1)
            if decoupled and weight_decay:
                value *= 1 - lr * weight_decay
            gradient = self._direction(value, gradient, maximize, 0 if decoupled else weight_decay)

            lerp(xp, mean, gradient, 1 - beta1, work)
            square *= beta2
            xp.multiply(gradient, 1 - beta2, out=work)
            work *= gradient
            square += work
            if largest is not None:
                square = xp.maximum(largest, square, out=largest)

            xp.sqrt(square, out=work)
            work /= (1 - beta2**steps) ** 0.5
            work += eps
            xp.multiply(mean, lr / (1 - beta1**steps), out=change)
            change /= work
            value -= change

        return update


class AdamW(Adam):
    """Adam whose weight decay does not pass through the means. Source: Loshchilov and Hutter, 2019."""

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
