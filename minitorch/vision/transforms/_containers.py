"""Transforms made of other transforms, or of a function."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from minitorch import nn
from minitorch.vision.transforms._transform import happens


class _Container:
    """Some transforms, shown one a line."""

    transforms: Any

    def _text(self, *first: str) -> str:
        lines = "".join(f"\n    {line}" for line in (*first, *self.transforms))
        return f"{type(self).__name__}({lines}\n)"


class Compose(_Container):
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return self._text()


class Lambda:
    """A function of the user's as a transform."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomTransforms(_Container):
    """What RandomChoice and RandomOrder share."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has to say how it applies its transforms: define __call__")

    def __repr__(self) -> str:
        return self._text()


class RandomApply(_Container, nn.Module):
    """All transforms in turn with probability p, none of them otherwise."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]] | nn.ModuleList, p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        if not happens(self.p):
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return self._text(f"p={self.p}")


class RandomOrder(RandomTransforms):
    """All transforms in an order drawn by Python's `random`."""

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for place in order:
            img = self.transforms[place](img)
        return img


class RandomChoice(RandomTransforms):
    """One of the transforms, drawn by Python's `random`, with probabilities in proportion to p."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
