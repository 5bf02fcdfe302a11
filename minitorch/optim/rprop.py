"""Resilient backpropagation: the signs of the gradients alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import array_module
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    adjusted,
    check_lr,
    check_mode,
    counted,
    new_count,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class Rprop(Optimizer):
    """Each weight has a step size of its own, which grows while the gradient keeps its sign, and shrinks when it turns.

    Source: Riedmiller and Braun, 1993. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
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
            (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    state["prev"] = wrap(xp.zeros_like(value))
                    state["step_size"] = wrap(xp.full_like(value, number(group["lr"])))
                counted(state)
                before, size = state["prev"]._array, state["step_size"]._array
                gradient = adjusted(xp, gradient, value, group["maximize"], 0)
                agreement = xp.multiply(gradient, before, out=spare(xp, value))
                turned = agreement < 0
                size *= xp.where(agreement > 0, grow, xp.where(turned, shrink, 1.0)).astype(value.dtype)
                xp.clip(size, smallest, largest, out=size)
                # Where the sign turned, the step is left out, and the next one counts as the first.
                before[...] = xp.where(turned, 0, gradient)
                change = xp.sign(before, out=agreement)
                change *= size
                value -= change
                param._written()
        return loss
