"""SparseAdam: the name, for scripts that choose it; it takes sparse gradients, which do not exist here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.optim.optimizer import Optimizer, ParamsT, check_betas, check_one_element
from minitorch.tensor import Tensor


class SparseAdam(Optimizer):
    """Adam for sparse gradients alone: a step with a dense one raises RuntimeError.

    Raises ValueError for options out of range. Differs from torch: no gradient here is sparse.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_one_element(lr)
        if not 0.0 < lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 < eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Raises RuntimeError when a parameter has a gradient; returns what `closure` returns."""
        loss = self._evaluate(closure)
        if any(param._grad is not None for group in self.param_groups for param in group["params"]):
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        return loss
