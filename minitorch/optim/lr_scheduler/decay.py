"""Schedules that multiply the learning rate: by a function's value, at steps, over some epochs, at every epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from minitorch.optim.lr_scheduler.scheduler import LRScheduler, Rate, current_rates, saved_callable
from minitorch.optim.optimizer import Optimizer


class _LambdaScheduler(LRScheduler):
    """A scheduler with a function for each group: objects are saved by their attributes, functions are not."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer
        count = len(optimizer.param_groups)
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and functions."""
        state = super().state_dict()
        state["lr_lambdas"] = [saved_callable(each) for each in state.pop("lr_lambdas")]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the state of another scheduler; functions stay what they are."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for own, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=False):
            if saved is not None:
                own.__dict__.update(saved)


class LambdaLR(_LambdaScheduler):
    """The initial rate times `lr_lambda(epoch)`; a list has one function a group. Raises ValueError for its length."""

    def get_lr(self) -> list[Rate]:
        """The learning rates of the groups at `last_epoch`."""
        self._warn_outside_step()
        pairs = zip(self.lr_lambdas, self.base_lrs, strict=True)
        return [base * function(self.last_epoch) for function, base in pairs]


class MultiplicativeLR(_LambdaScheduler):
    """The rate before times `lr_lambda(epoch)`; a list has one function a group. Raises ValueError for its length."""

    def get_lr(self) -> list[Rate]:
        """The learning rates of the groups at `last_epoch`."""
        self._warn_outside_step()
        rates = current_rates(self.optimizer)
        if self._is_initial:
            return rates
        pairs = zip(self.lr_lambdas, rates, strict=True)
        return [rate * function(self.last_epoch) for function, rate in pairs]


class _Decay(LRScheduler, ABC):
    """A schedule given twice: as the factor from the epoch before, and as that from the initial rate."""

    @abstractmethod
    def _factor(self) -> float:
        """The rate at `last_epoch` over that of the epoch before."""

    @abstractmethod
    def _factor_in_all(self) -> float:
        """The rate at `last_epoch` over the initial one."""

    def get_lr(self) -> list[Rate]:
        """The learning rates of the groups at `last_epoch`."""
        self._warn_outside_step()
        factor = self._factor()
        return [rate * factor for rate in current_rates(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        factor = self._factor_in_all()
        return [base * factor for base in self.base_lrs]


class StepLR(_Decay):
    """Times `gamma` every `step_size` epochs."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return 1 if self.last_epoch == 0 or self.last_epoch % self.step_size else self.gamma

    def _factor_in_all(self) -> float:
        return float(self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(_Decay):
    """Times `gamma` at each of the `milestones`; one that is given twice counts twice."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones: Counter[float] = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return self.gamma ** self.milestones[self.last_epoch] if self.last_epoch in self.milestones else 1

    def _factor_in_all(self) -> float:
        return float(self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch))


class ConstantLR(_Decay):
    """Times `factor` until epoch `total_iters`. Raises ValueError for a factor outside of 0 to 1."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1.0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1

    def _factor_in_all(self) -> float:
        return self.factor if self.last_epoch < self.total_iters else 1


class LinearLR(_Decay):
    """Times a factor that goes from `start_factor` to `end_factor` in `total_iters` epochs.

    Raises ValueError for factors outside of 0 to 1, and for a start at 0.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1.0:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if not 0 <= end_factor <= 1.0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def _factor_in_all(self) -> float:
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters


class ExponentialLR(_Decay):
    """Times `gamma` every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return 1 if self._is_initial else self.gamma

    def _factor_in_all(self) -> float:
        return float(self.gamma**self.last_epoch)


class PolynomialLR(_Decay):
    """Times `(1 - epoch / total_iters) ** power`: down to 0 at epoch `total_iters`."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        left = 1.0 - self.last_epoch / self.total_iters
        return float((left / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power)

    def _factor_in_all(self) -> float:
        return float((1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power)
