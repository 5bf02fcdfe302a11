"""Adam and AdamW: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch import parallel
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
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
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
            lr, eps, weight_decay = number(group["lr"]), group["eps"], group["weight_decay"]
            beta1, beta2 = map(number, group["betas"])
            shrink = 1.0
            if group["decoupled_weight_decay"] and weight_decay:
                shrink, weight_decay = 1 - lr * weight_decay, 0
            options = (shrink, weight_decay, group["maximize"], 1 - beta1, beta2, eps)
            amsgrad = group["amsgrad"]
            formula = _amsgrad if amsgrad else _adam
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["exp_avg"] = wrap(xp.zeros_like(value))
                    state["exp_avg_sq"] = wrap(xp.zeros_like(value))
                    if amsgrad:
                        state["max_exp_avg_sq"] = wrap(xp.zeros_like(value))
                arrays = [gradient, value, state["exp_avg"]._array, state["exp_avg_sq"]._array]
                if amsgrad:
                    arrays.append(state["max_exp_avg_sq"]._array)
                steps = counted(state)
                corrections = (lr / (1 - beta1**steps), (1 - beta2**steps) ** 0.5)
                update = functools.partial(formula.over(xp), *options, *corrections)
                parallel.elementwise(update, *arrays, passes=_PASSES)
                param._written()
        return loss


_PASSES = 16
"""What _moved takes: each goes over a part of the parameter."""


def _moved(
    xp: Any,
    shrink: float,
    weight_decay: float,
    maximize: bool,
    share: float,
    beta2: float,
    eps: float,
    length: float,
    unbiased: float,
    gradient: Array,
    value: Array,
    mean: Array,
    square: Array,
    largest: Array | None = None,
) -> None:
    """Changes a parameter and its running means: `length` is the learning rate over the correction of the mean,
    `unbiased` what the root of the mean square is divided by."""
    work, change = spare(xp, value), spare(xp, value, 1)
    if shrink != 1:
        value *= shrink
    gradient = adjusted(xp, gradient, value, maximize, weight_decay)

    lerp(xp, mean, gradient, share, work)
    follow_square(xp, square, gradient, beta2, work)
    if largest is not None:
        square = xp.maximum(largest, square, out=largest)

    xp.sqrt(square, out=work)
    work /= unbiased
    work += eps
    xp.multiply(mean, length, out=change)
    change /= work
    value -= change


_INPUTS = (
    "float64 shrink, float64 weight_decay, bool maximize, float64 share, float64 rest, float64 eps, float64 length, "
    "float64 unbiased, T gradient"
)
_MEANS = f"""
    {ADJUSTED}
    w *= real(shrink);
    {LERP}
    {SECOND}
"""
_LARGEST = """
    if (second > largest || isnan(second)) largest = second;
    second = largest;
"""
_CHANGE = "value = w - real(mean) * real(length) / (sqrt(second) / real(unbiased) + real(eps));"
_adam = fused(_INPUTS, "T value, T mean, T square", _MEANS + _CHANGE)(_moved)
_amsgrad = fused(_INPUTS, "T value, T mean, T square, T largest", _MEANS + _LARGEST + _CHANGE)(_moved)


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
