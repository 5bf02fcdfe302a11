"""LRScheduler: what all schedulers are made of: the count of epochs, the rates of the groups, saving and loading."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

from minitorch.optim.optimizer import Optimizer, number
from minitorch.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

Rate: TypeAlias = Any
"""A learning rate: a number, or a tensor of one element."""

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. "
    "Please use `scheduler.step()`: with an epoch, the rate is computed by the closed form, where there is one, "
    "and no longer from the rate before."
)
ORDER = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """Base of all schedulers: sets the learning rate of every group of `optimizer`, at first and at each `step`.

    A subclass gives `get_lr`. With `last_epoch` it resumes, and the groups must hold "initial_lr" already.
    Raises TypeError for what is no optimizer, KeyError for a group without "initial_lr".
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(optimizer)
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming scheduler with "
                    f"last_epoch >= 0, here {last_epoch}: load the optimizer's saved state first; a new run has "
                    "last_epoch=-1"
                )
        self.base_lrs: list[Rate] = [_copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch: float = last_epoch
        _watch(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Sets the first rates."""
        self._step_count = 0
        with self._while_true("_is_initial"):
            self.step()

    @contextmanager
    def _while_true(self, flag: str) -> Iterator[None]:
        setattr(self, flag, True)
        try:
            yield
        finally:
            setattr(self, flag, False)

    def get_last_lr(self) -> list[Rate]:
        """The learning rates of the groups as this scheduler set them last."""
        return self._last_lr

    def get_lr(self) -> list[Rate]:
        """The learning rates of the groups at `last_epoch`; called by `step`."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr() of its own: a schedule defines it")

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next epoch and sets its learning rates; call it after the optimizer's step.

        `epoch` is deprecated: it sets the epoch, and the closed form gives the rate where there is one.
        """
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        """Warns, at the second step, when the optimizer has not made its first or cannot be watched."""
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. See {ORDER}",
                UserWarning,
                stacklevel=3,
            )
        elif not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`. Otherwise the first value of the learning rate "
                f"schedule is skipped. See {ORDER}",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        """Sets the rates of the next epoch, or of `epoch`."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed_form = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        with self._while_true("_get_lr_called_within_step"):
            rates = self.get_lr() if closed_form is None else closed_form()
        self._set(rates)

    def _set(self, rates: Sequence[Rate]) -> None:
        """Gives each group its rate; ValueError when there are not as many."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, rate)
        self._last_lr = current_rates(self.optimizer)

    def _warn_outside_step(self) -> None:
        """Warns of a `get_lr` that is not called by `step`: it gives the rate after the present one."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the state of another scheduler."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The old name of LRScheduler."""


def checked(optimizer: Any) -> Optimizer:
    """The optimizer; raises TypeError when it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An option as a list with one value a group; raises ValueError for a list of another length."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [_copied(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {count}."
        )
    return [_copied(each) for each in value]


def set_rate(group: dict[str, Any], rate: Rate) -> None:
    """Sets the group's learning rate; a tensor stays the tensor that it is."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(number(rate))
    else:
        group["lr"] = rate


def current_rates(optimizer: Optimizer) -> list[Rate]:
    """The learning rates of the groups, tensors as copies."""
    return [_copied(group["lr"]) for group in optimizer.param_groups]


def saved_callable(function: Any) -> dict[str, Any] | None:
    """What is saved of a callable: the attributes of an object; None for a function."""
    return None if isinstance(function, FunctionType) else function.__dict__.copy()


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _watch(optimizer: Optimizer) -> None:
    """Has the optimizer's step note on the optimizer that it was called."""
    step = optimizer.step
    if hasattr(step, "_wrapped_by_lr_sched"):
        return
    owner = weakref.ref(optimizer)  # the optimizer holds the function: a cycle would outlive both
    function: Any = step.__func__  # type: ignore[attr-defined]  # a method, unless the user replaced it

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        own = owner()
        if own is not None:
            own._opt_called = True
        return function(own, *args, **kwargs)

    watched._wrapped_by_lr_sched = True  # type: ignore[attr-defined]  # the mark by which it is known
    optimizer.step = watched  # type: ignore[method-assign]  # for this optimizer alone
