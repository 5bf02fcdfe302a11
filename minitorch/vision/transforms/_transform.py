"""What the transform classes share: how they show themselves, draw random numbers and read their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from numbers import Number
from typing import Any, ClassVar

import minitorch
from minitorch import nn


class Transform(nn.Module):
    """A transform that shows the attributes named in `_shown`."""

    _shown: ClassVar[tuple[str, ...]] = ()
    _comma: ClassVar[str] = ", "

    def __repr__(self) -> str:
        values = [(name, getattr(self, name)) for name in self._shown]
        texts = [f"{name}={value.value if isinstance(value, Enum) else value}" for name, value in values]
        return f"{type(self).__name__}({self._comma.join(texts)})"


class RandomTransform(Transform):
    """A change, made to an image with probability p."""

    _shown: ClassVar[tuple[str, ...]] = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return self._change(img) if happens(self.p) else img

    def _change(self, img: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has to say what it changes: define _change(img)")


# --- random numbers, all of them from the default generator ----------------------------------------------------------


def happens(p: float) -> bool:
    """Whether an event of probability p takes place."""
    return bool(minitorch.rand(1) < p)


def uniform(low: float, high: float) -> float:
    """A number from low to high."""
    return float(minitorch.empty(1).uniform_(low, high).item())


def integer(low: int, high: int) -> int:
    """A whole number from low to high - 1."""
    return int(minitorch.randint(low, high, size=(1,)).item())


# --- arguments -------------------------------------------------------------------------------------------------------


def require_sequence(values: Any, name: str, lengths: tuple[int, ...] = (2,)) -> None:
    """Raise TypeError unless the values are a sequence, ValueError unless it is one of these lengths."""
    wanted = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    if not isinstance(values, Sequence):
        raise TypeError(wanted)
    if len(values) not in lengths:
        raise ValueError(wanted)


def angle_range(angles: Any, name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """Bounds of an angle; one number means from its negative to itself."""
    if isinstance(angles, Number):
        if angles < 0:  # type: ignore[operator] # numbers.Number knows no order
            raise ValueError(f"If {name} is a single number, it must be positive.")
        angles = [-angles, angles]  # type: ignore[operator] # numbers.Number knows no negation
    require_sequence(angles, name, lengths)
    return [float(angle) for angle in angles]


def fill_color(fill: Any) -> Any:
    """A number or a sequence of them, None being 0. Raises TypeError for anything else."""
    if fill is None:
        return 0
    if not isinstance(fill, (Sequence, Number)):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill
