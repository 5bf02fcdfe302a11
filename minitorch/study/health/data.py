"""The numbers of a watched training: one row a step for each layer and each activation. No arrays: it stays small."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

WINDOW = 10
"""Steps that a state has to last before it is called one: of a relu that gives zeros, of gradients that vanish."""
ROWS = 256
"""Samples that a relu must have given zero for, on end, before it is called dead: a few prove nothing."""


def _numbers() -> array[float]:
    return array("d")


@dataclass
class Layer:
    """A layer of a training: the parameters of one module taken together, or one tensor of the script's."""

    name: str
    order: float
    """When it was first used in the forward pass, counted over all layers."""
    weights: bool = False
    """Whether it has a parameter of two dimensions or more: it is more than biases and scales."""
    parameters: set[str] = field(default_factory=set)
    steps: array[int] = field(default_factory=lambda: array("q"))
    gradient: array[float] = field(default_factory=_numbers)
    """The norm of the gradient that the update was made of: after clipping, if it was clipped."""
    largest: array[float] = field(default_factory=_numbers)
    """Its largest element, without the sign."""
    weight: array[float] = field(default_factory=_numbers)
    """The norm of the parameters."""
    update: array[float] = field(default_factory=_numbers)
    """The norm of what the update changed; nan where there was none."""

    def add(self, step: int, gradient: float, largest: float, weight: float, update: float) -> None:
        """Appends a row."""
        self.steps.append(step)
        self.gradient.append(gradient)
        self.largest.append(largest)
        self.weight.append(weight)
        self.update.append(update)

    @property
    def ratio(self) -> list[float]:
        """Update by weight, for each row; nan where the weights were all zero."""
        return [u / w if w else math.nan for u, w in zip(self.update, self.weight, strict=True)]


@dataclass
class Activation:
    """The outputs of relu, sigmoid or tanh after one layer."""

    kind: str
    after: str
    """The layer whose result it is applied to."""
    hidden: bool = False
    """Whether a layer with parameters comes after it; the last sigmoid of a classifier may well saturate."""
    steps: array[int] = field(default_factory=lambda: array("q"))
    share: array[float] = field(default_factory=_numbers)
    """Of all outputs of the step: how many are zero (relu), or where the slope is below 0.01 (sigmoid, tanh)."""
    dead: array[float] = field(default_factory=_numbers)
    """Of all units: how many gave nothing but zeros over the last WINDOW steps and ROWS samples; nan if no relu."""
    silent: NDArray[np.int64] | None = None
    """For each unit: since how many steps it gives zeros, and for how many samples."""

    @property
    def name(self) -> str:
        """`relu after net.fc1`."""
        return f"{self.kind} after {self.after}"

    @property
    def is_relu(self) -> bool:
        """Whether its units can die; those of the others saturate."""
        return self.kind.startswith("relu")

    def add(self, step: int, share: float, alive: NDArray[np.bool_] | None, rows: int) -> None:
        """Appends a row; `alive` says of each unit of a relu whether it gave anything but zeros to its `rows`."""
        self.steps.append(step)
        self.share.append(share)
        if alive is None:
            self.dead.append(math.nan)
            return
        if self.silent is None or self.silent.shape[1] != alive.size:
            self.silent = np.zeros((2, alive.size), np.int64)
        self.silent += np.array([[1], [rows]])
        self.silent[:, alive] = 0
        self.dead.append(float(((self.silent[0] >= WINDOW) & (self.silent[1] >= ROWS)).mean()))


@dataclass(frozen=True)
class Broken:
    """Where the first number that is not finite came from."""

    step: int
    what: str
    """"nan" or "inf"."""
    where: str
    """The operation, its line and its layer, in words."""


@dataclass(eq=False)
class Training:
    """Steps that belong together: those of one optimizer, or updates by hand of the same tensors."""

    title: str
    steps: int = 0
    passes: int = 0
    """Backward passes; more than steps where gradients are accumulated, or in closures."""
    losses: list[float | None] = field(default_factory=list)
    """For each step, what its backward passes started from, added up; None where that was no single number."""
    layers: dict[str, Layer] = field(default_factory=dict)
    activations: dict[tuple[str, str], Activation] = field(default_factory=dict)
    broken: Broken | None = None
    carried: int = 0
    """Steps whose gradient still held that of the step before; of those that were `compared`."""
    compared: int = 0
    without_gradient: int = 0
    """Steps at which no parameter had a gradient."""
    without_change: int = 0
    """Measured steps that had a gradient, and changed nothing."""
    updated: bool = True
    """False for backward passes that no update followed."""
    began: int = 0
    ended: int = 0
    """The first and the last step, counted over all trainings."""

    def in_order(self) -> list[Layer]:
        """The layers in the order of the forward pass."""
        return sorted(self.layers.values(), key=lambda layer: layer.order)


@dataclass(eq=False)
class Parameter:
    """What became of one parameter over all trainings."""

    name: str
    passes: int = 0
    """Backward passes that gave it a gradient."""
    updates: int = 0
    """Measured steps that changed it."""
    requires_grad: bool = True
    in_optimizer: bool = False
    root: int = 0
    """The number of the model that it is part of, 0 for a tensor of the script's own."""

    @property
    def layer(self) -> str:
        """The path of its module; a tensor of the script's own is a layer by itself."""
        return (self.name.rpartition(".")[0] or self.name) if self.root else self.name


def as_json(values: Any) -> Any:
    """Numbers as JSON has them: what is not finite as "nan", "inf" or "-inf"."""
    if isinstance(values, float):
        return values if math.isfinite(values) else str(values)
    return values if values is None else [as_json(each) for each in values]
