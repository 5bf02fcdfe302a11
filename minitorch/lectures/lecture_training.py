"""The training loop's bookkeeping: epochs, mean losses, what is said of them, and a file to go on from.

    training = Training(args, model=model, optimizer=optimizer)
    for _ in training.epochs():
        for inputs, targets in loader:
            ...forward, backward, optimizer.step()...
            training.step(loss.item(), samples=len(inputs))
        training.report(accuracy=test())
    training.summary(accuracy=training.figures["accuracy"][-1])

A training of days meets a power failure: with --checkpoint FILE all that the next epoch depends on is in FILE at the
end of each, and the same command, run again, ends with the same numbers as if it had never stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import lecture_tools
import torch

SAID_STEPS = 100
"""Of the first steps every tenth is said: there the loss falls fastest, and there engines are compared step by step."""

_FREE = ("epochs", "data", "plot", "checkpoint")  # options that may change from one run of a training to the next


class Training:
    """Counts the epochs and steps of a training, and keeps its figures, one value an epoch, in `figures`.

    `parts` are what the training changes: modules, optimizers, schedulers, by a name each. `free` names the lecture's
    options that a training does not depend on, so that they may change when it goes on.
    """

    def __init__(self, args: argparse.Namespace, *, free: Sequence[str] = (), **parts: Any) -> None:
        self.figures: dict[str, list[float]] = {}
        self._args = args
        self._free = (*_FREE, *free)
        self._parts = parts
        self._epoch = self._steps = self._samples = 0
        self._total = 0.0
        if args.checkpoint is not None and args.checkpoint.exists():
            self._resume(args.checkpoint)

    def epochs(self) -> Iterator[int]:
        """The numbers of the epochs still to run; each is kept, if it is to be, when the next one is asked for."""
        for epoch in lecture_tools.progress(self._args.epochs, self._epoch):
            self._epoch, self._total, self._samples = epoch, 0.0, 0
            yield epoch
            if self._args.checkpoint is not None:
                self._keep(self._args.checkpoint)

    def step(self, loss: float, samples: int = 1) -> None:
        """Count a step: its mean loss, and over how many samples that mean was taken."""
        self._steps += 1
        self._total += loss * samples
        self._samples += samples
        if self._steps <= SAID_STEPS and self._steps % 10 == 0:
            lecture_tools.say(f"  step {self._steps:4d}  loss {loss:.6f}")

    def report(self, **figures: float) -> None:
        """Keep this epoch's mean loss and other figures, and say them if this is one of the epochs that are said."""
        figures = {"loss": self._total / self._samples, **figures}
        for name, value in figures.items():
            self.figures.setdefault(name, []).append(value)
        lecture_tools.report(self._epoch, self._args.epochs, **figures)

    def summary(self, accuracy: float | None = None) -> None:
        """Say the final figures."""
        losses = self.figures["loss"]
        lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy)

    def _settings(self) -> dict[str, Any]:
        """What must be the same for one training to be the continuation of another."""
        options = {name: str(value) for name, value in vars(self._args).items() if name not in self._free}
        return {"script": Path(sys.argv[0]).name, **options}

    def _keep(self, path: Path) -> None:
        with lecture_tools.replacing(path) as draft:
            torch.save(
                {
                    "settings": self._settings(),
                    "epoch": self._epoch,
                    "steps": self._steps,
                    "figures": self.figures,
                    "random": torch.get_rng_state(),
                    "parts": {name: part.state_dict() for name, part in self._parts.items()},
                },
                draft,
            )

    def _resume(self, path: Path) -> None:
        try:
            kept = torch.load(path, weights_only=True)
            settings = kept["settings"]
        except Exception as error:  # of a file that is no checkpoint, anything may be raised
            lecture_tools.stop(f"cannot go on from {path}, it is no checkpoint of a lecture: {error}")
        for name, value in self._settings().items():
            if settings.get(name) != value:
                lecture_tools.stop(
                    f"cannot go on from {path}: it was trained with {name} {settings.get(name)}, not {value}"
                )
        try:
            for name, part in self._parts.items():
                part.load_state_dict(kept["parts"][name])
        except (KeyError, RuntimeError, ValueError) as error:  # other data may make another model
            lecture_tools.stop(f"cannot go on from {path}, it is of another model: {error}")
        torch.set_rng_state(kept["random"])
        self.figures = kept["figures"]
        self._epoch, self._steps = kept["epoch"], kept["steps"]
        lecture_tools.say(f"going on after epoch {self._epoch}")


def one_of_several(args: argparse.Namespace, name: str) -> argparse.Namespace:
    """The options for one of a script's trainings: its checkpoint is a file of its own, model.pt is model-NAME.pt."""
    own = argparse.Namespace(**vars(args))
    if args.checkpoint is not None:
        own.checkpoint = args.checkpoint.with_stem(f"{args.checkpoint.stem}-{name}")
    return own
