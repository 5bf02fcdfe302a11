"""Adafactor: a mean square that takes a row and a column of memory instead of a matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    adjusted,
    check_one_element,
    counted,
    lerp,
    new_count,
    number,
    spare,
)
from minitorch.tensor import Tensor, wrap


class Adafactor(Optimizer):
    """Steps relative to the size of the parameter, over a mean square kept by rows and columns.

    `eps` is the least mean (None: the dtype's precision) and the least size; `d` clips the step. Source: Shazeer and
    Stern, 2018. Raises ValueError for options out of range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what `closure` returns."""
        loss = self._evaluate(closure)
        for group in self.param_groups:
            lr, (eps1, eps2) = number(group["lr"]), group["eps"]
            for param, value, gradient in self._trained(group):
                xp = array_module(value)
                work = spare(xp, value)
                state = self.state[param]
                if not state:
                    state["step"] = new_count()
                    if value.ndim > 1:
                        state["row_var"] = wrap(xp.zeros((*value.shape[:-1], 1), value.dtype))
                        state["col_var"] = wrap(xp.zeros((*value.shape[:-2], 1, value.shape[-1]), value.dtype))
                    else:
                        state["variance"] = wrap(xp.zeros_like(value))
                steps = counted(state)
                least = float(xp.finfo(value.dtype).eps) if eps1 is None else eps1
                gradient = adjusted(xp, gradient, value, group["maximize"], 0)
                size = max(eps2, _norm(xp, value) / max(value.size, 1) ** 0.5) * min(lr, 1 / steps**0.5)
                if group["weight_decay"]:
                    value *= 1 - lr * group["weight_decay"]

                weight = steps ** group["beta2_decay"]
                xp.multiply(gradient, gradient, out=work)
                if value.ndim > 1:
                    rows, columns = state["row_var"]._array, state["col_var"]._array
                    for kept, axis in ((rows, -1), (columns, -2)):
                        lerp(xp, kept, work.mean(axis, keepdims=True), weight, spare(xp, kept, 1))
                    xp.matmul(rows, columns, out=work)
                    work /= xp.maximum(rows.mean(-2, keepdims=True), least)
                else:
                    variance = state["variance"]._array
                    lerp(xp, variance, work, weight, spare(xp, value, 1))
                    work[...] = variance
                xp.maximum(work, least * least, out=work)
                xp.sqrt(work, out=work)
                xp.divide(gradient, work, out=work)
                work *= -size / max(1.0, _norm(xp, work) / (value.size**0.5 * group["d"]))
                value += work
                param._written()
        return loss


def _norm(xp: Any, array: Array) -> float:
    """The root of the sum of the squares."""
    flat = array.reshape(-1)
    return math.sqrt(float(xp.dot(flat, flat)))
