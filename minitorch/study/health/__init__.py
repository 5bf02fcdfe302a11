"""Gradient health: watches a whole training, and says how its gradients, its updates and its activations fare.

The notes speak of gradients that vanish on their way back, of those that explode, of relus that die and of learning
rates that are too large: here each of them is a number for each layer and step.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minitorch.autograd.observer import observers
from minitorch.errors import type_name
from minitorch.nn.hooks import everywhere, register_module_forward_pre_hook
from minitorch.nn.module import Module
from minitorch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from minitorch.study.health.data import Parameter, Training, as_json
from minitorch.study.health.figure import draw
from minitorch.study.health.flags import Flag, find
from minitorch.study.health.table import table
from minitorch.study.health.watch import Enough, Watch


class Health:
    """What was seen of a training: print it, or take it as JSON or as a picture."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.trainings: list[Training] = []
        """One for each optimizer, and for each set of tensors that the script updates by hand."""
        self.parameters: list[Parameter] = []

    @property
    def flags(self) -> list[Flag]:
        """What does not look healthy."""
        return find(self.trainings, self.parameters)

    def __str__(self) -> str:
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        return table(self.trainings, self.parameters, self.flags, self.every, encoding)

    def __repr__(self) -> str:
        return f"<Health: {len(self.trainings)} trainings, {sum(each.steps for each in self.trainings)} steps>"

    def to_json(self) -> str:
        """All numbers as JSON: trainings with their layers and activations row by row, parameters and flags.

        What is not finite is "nan", "inf" or "-inf"; a loss that is not known is null.
        """
        trainings = [
            {
                "title": each.title,
                "steps": each.steps,
                "backward_passes": each.passes,
                "loss": as_json(each.losses),
                "layers": [
                    {
                        "name": layer.name,
                        "parameters": sorted(layer.parameters),
                        "step": list(layer.steps),
                        "gradient_norm": as_json(layer.gradient),
                        "gradient_max": as_json(layer.largest),
                        "weight_norm": as_json(layer.weight),
                        "update_norm": as_json(layer.update),
                    }
                    for layer in each.in_order()
                ],
                "activations": [
                    {
                        "name": site.name,
                        "kind": site.kind,
                        "hidden": site.hidden,
                        "step": list(site.steps),
                        "share": as_json(site.share),
                        "dead": as_json(site.dead),
                    }
                    for site in each.activations.values()
                ],
            }
            for each in self.trainings
        ]
        parameters = [
            {
                "name": each.name,
                "requires_grad": each.requires_grad,
                "gradients": each.passes,
                "updates": each.updates,
            }
            for each in self.parameters
        ]
        flags = [{"kind": each.kind, "seen": each.seen, "advice": each.advice} for each in self.flags]
        whole = {
            "format": "minitorch-health",
            "version": 1,
            "every": self.every,
            "trainings": trainings,
            "parameters": parameters,
            "flags": flags,
        }
        return json.dumps(whole, ensure_ascii=False, indent=1)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws gradients, updates, activations and losses over the steps into a file: .png, .pdf or .svg.

        Raises ModuleNotFoundError without matplotlib, ValueError for another kind of file.
        """
        draw(self.trainings, Path(path))


@contextmanager
def health(model: Module | None = None, every: int = 1, steps: int | None = None) -> Iterator[Health]:
    """Watches the trainings in a block; every `every`-th step is measured, and of the others only the loss.

    With `model` only its layers are, by their paths in it; otherwise every layer that is trained. After `steps` steps
    the block is left. Raises TypeError for what is no Module, ValueError for numbers below 1.

    >>> with health(model) as report:  # doctest: +SKIP
    ...     train(model)
    >>> print(report)  # doctest: +SKIP
    """
    if model is not None and not isinstance(model, Module):
        raise TypeError(f"health(): model must be a Module, not {type_name(model)}")
    for name, value in (("every", every), ("steps", steps)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise ValueError(f"health(): {name} must be a whole number above 0, got {value!r}")
    report = Health(every)
    watch = Watch(report, model, steps)
    called = everywhere.at_call
    handles = [
        register_module_forward_pre_hook(watch.module_called),
        register_optimizer_step_pre_hook(watch.step_begins),
        register_optimizer_step_post_hook(watch.step_ends),
    ]
    observers.append(watch)
    try:
        with suppress(Enough):
            yield report
    finally:
        observers.remove(watch)
        for handle in handles:
            handle.remove()
        hooks = everywhere.forward_pre, everywhere.forward, everywhere.backward_pre, everywhere.backward
        everywhere.at_call = called or any(hooks)  # calls of modules are as quick as they were
        watch.close()
