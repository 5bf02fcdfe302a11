"""torch.optim.swa_utils: averages of a model's weights over its training."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from minitorch.autograd.modes import no_grad
from minitorch.devices import device as Device
from minitorch.nn.batchnorm import _BatchNorm
from minitorch.nn.module import Module
from minitorch.ops.creation import tensor
from minitorch.optim.lr_scheduler.scheduler import LRScheduler, Rate, current_rates, each_group
from minitorch.optim.optimizer import Optimizer
from minitorch.tensor import Tensor

Average = Callable[[Tensor, Tensor, Any], Tensor]
ListAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """`decay` times the average plus the rest of the new value; raises ValueError for a decay outside of 0 to 1."""
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            average: Tensor = decay * ema_param + (1 - decay) * current_param
        return average

    return ema_update


def get_swa_avg_fn() -> Average:
    """The mean of all values so far."""

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            average: Tensor = averaged_param + (current_param - averaged_param) / (num_averaged + 1)
        return average

    return swa_update


def _of_lists(average: Average) -> ListAverage:
    """The same for lists, whose first it changes in place."""

    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        with no_grad():
            for own, new in zip(averaged, current, strict=True):
                own.copy_(average(own, new, num_averaged))

    return update


def get_ema_multi_avg_fn(decay: float = 0.999) -> ListAverage:
    """`get_ema_avg_fn` for lists of tensors, the first of which it changes in place."""
    return _of_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> ListAverage:
    """`get_swa_avg_fn` for lists of tensors, the first of which it changes in place."""
    return _of_lists(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of `model` whose weights are averages: of all that `update_parameters` has seen, or by your function.

    Buffers are averaged with `use_buffers`, and otherwise copied. Source: Izmailov et al., 2018.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: int | str | Device | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: ListAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        assert avg_fn is None or multi_avg_fn is None, "Only one of avg_fn and multi_avg_fn should be provided"
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes in the present weights of `model`; the first are copied."""

        def averaged(of: Module) -> list[Tensor]:
            return [*of.parameters(), *(of.buffers() if self.use_buffers else ())]

        own = averaged(self.module)
        new = [value.detach().to(mine.device) for mine, value in zip(own, averaged(model), strict=True)]
        with no_grad():
            if self.n_averaged.item() == 0:
                for mine, value in zip(own, new, strict=True):
                    mine.copy_(value)
            else:
                update = self.multi_avg_fn or _of_lists(self.avg_fn or get_swa_avg_fn())
                update([mine.detach() for mine in own], new, self.n_averaged)
            if not self.use_buffers:
                for mine, value in zip(self.module.buffers(), model.buffers(), strict=True):
                    mine.copy_(value.detach())
            self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: int | str | Device | None = None) -> None:
    """Measures the running statistics of batch normalisation anew, over all batches of `loader`.

    Of a batch that is a list or tuple the first entry goes to the model, in training mode.
    """
    layers = {layer: layer.momentum for layer in model.modules() if isinstance(layer, _BatchNorm)}
    if not layers:
        return
    training = model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    with no_grad():
        for batch in loader:
            inputs = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(inputs if device is None else inputs.to(device))
    for layer, momentum in layers.items():
        layer.momentum = momentum
    model.train(training)


class SWALR(LRScheduler):
    """From the present rate to `swa_lr` in `anneal_epochs` epochs, along a cosine or straight, and on with that.

    Raises ValueError for options out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        for rate, group in zip(each_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """The part of the way to `swa_lr` after some steps."""
        way = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return way if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * way)) / 2

    def get_lr(self) -> list[Rate]:
        """The learning rates of the groups after this step."""
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, share = self._share(step - 1), self._share(step)
        rates = []
        for rate, group in zip(current_rates(self.optimizer), self.optimizer.param_groups, strict=True):
            target = group["swa_lr"]
            start = target if before == 1 else (rate - before * target) / (1 - before)
            rates.append(target * share + start * (1 - share))
        return rates
