"""Augmentation by policies: AutoAugment's learned ones, RandAugment's and TrivialAugment's drawn ones.

Differs from torch: there is no AugMix, whose weights come from a Dirichlet distribution.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from enum import Enum
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._geometry import InterpolationMode
from minitorch.vision.transforms._transform import Transform, integer


class AutoAugmentPolicy(Enum):
    """The data set that a policy was learned on."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


# --- operations ----------------------------------------------------------------------------------------------------

_Step = tuple[str, float, int | None]
# For each operation its magnitudes, and whether they may be negative.
_Space = dict[str, tuple[Tensor, bool]]


def _sheared(img: Any, along_x: float, along_y: float, how: dict[str, Any]) -> Any:
    angles = [math.degrees(math.atan(magnitude)) for magnitude in (along_x, along_y)]
    return F.affine(img, 0.0, [0, 0], 1.0, angles, center=[0, 0], **how)


def _moved(img: Any, x: float, y: float, how: dict[str, Any]) -> Any:
    return F.affine(img, 0.0, [int(x), int(y)], 1.0, [0.0, 0.0], **how)


_OPERATIONS: dict[str, Callable[[Any, float, dict[str, Any]], Any]] = {
    "Identity": lambda img, magnitude, how: img,
    "ShearX": lambda img, magnitude, how: _sheared(img, magnitude, 0.0, how),
    "ShearY": lambda img, magnitude, how: _sheared(img, 0.0, magnitude, how),
    "TranslateX": lambda img, magnitude, how: _moved(img, magnitude, 0, how),
    "TranslateY": lambda img, magnitude, how: _moved(img, 0, magnitude, how),
    "Rotate": lambda img, magnitude, how: F.rotate(img, magnitude, **how),
    "Brightness": lambda img, magnitude, how: F.adjust_brightness(img, 1.0 + magnitude),
    "Color": lambda img, magnitude, how: F.adjust_saturation(img, 1.0 + magnitude),
    "Contrast": lambda img, magnitude, how: F.adjust_contrast(img, 1.0 + magnitude),
    "Sharpness": lambda img, magnitude, how: F.adjust_sharpness(img, 1.0 + magnitude),
    "Posterize": lambda img, magnitude, how: F.posterize(img, int(magnitude)),
    "Solarize": lambda img, magnitude, how: F.solarize(img, magnitude),
    "AutoContrast": lambda img, magnitude, how: F.autocontrast(img),
    "Equalize": lambda img, magnitude, how: F.equalize(img),
    "Invert": lambda img, magnitude, how: F.invert(img),
}


def _space(bins: int, shear: float, across: float, down: float, rotate: float, color: float, posterize: int) -> _Space:
    """Operations with magnitudes from none to the given ones: `posterize` is how many bits go."""
    space = {
        "ShearX": (minitorch.linspace(0.0, shear, bins), True),
        "ShearY": (minitorch.linspace(0.0, shear, bins), True),
        "TranslateX": (minitorch.linspace(0.0, across, bins), True),
        "TranslateY": (minitorch.linspace(0.0, down, bins), True),
        "Rotate": (minitorch.linspace(0.0, rotate, bins), True),
    }
    for name in ("Brightness", "Color", "Contrast", "Sharpness"):
        space[name] = (minitorch.linspace(0.0, color, bins), True)
    space["Posterize"] = (8 - (minitorch.arange(bins) / ((bins - 1) / posterize)).round().int(), False)
    space["Solarize"] = (minitorch.linspace(255.0, 0.0, bins), False)
    for name in ("AutoContrast", "Equalize"):
        space[name] = (minitorch.tensor(0.0), False)
    return space


# --- transforms ----------------------------------------------------------------------------------------------------


class _Augmentation(Transform):
    """Operations out of a space, applied with one way of resampling and one colour of what lies outside."""

    interpolation: InterpolationMode
    fill: Any

    def _applied(self, img: Any, name: str, magnitude: float) -> Any:
        return _OPERATIONS[name](img, magnitude, {"interpolation": self.interpolation, "fill": self.fill})

    def _drawn(self, img: Any, space: _Space, level: int | None) -> Any:
        """An operation drawn from the space, at a level, which is drawn too if it is None."""
        name = list(space)[integer(0, len(space))]
        magnitudes, signed = space[name]
        magnitude = 0.0
        if magnitudes.ndim > 0:
            magnitude = float(magnitudes[integer(0, len(magnitudes)) if level is None else level].item())
        if signed and integer(0, 2):
            magnitude = -magnitude
        return self._applied(img, name, magnitude)

    def __repr__(self) -> str:
        # The modes are shown as members of their classes, not by their values.
        values = ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)
        return f"{type(self).__name__}({values})"


class AutoAugment(_Augmentation):
    """One of 25 learned pairs of operations, each of the two with its own probability.

    Source: Cubuk et al., "AutoAugment: Learning Augmentation Policies from Data".
    """

    _shown = ("policy", "fill")

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__()
        if policy not in _POLICIES:
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self.policy = policy
        self.interpolation = interpolation
        self.fill = fill
        self.policies = _POLICIES[policy]

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, Tensor, Tensor]:
        """The number of a pair, and two numbers each that decide whether to apply an operation and with what sign."""
        return integer(0, transform_num), minitorch.rand((2,)), minitorch.randint(2, (2,))

    def forward(self, img: Any) -> Any:
        _, height, width = F.get_dimensions(img)
        number, chances, signs = self.get_params(len(self.policies))
        space = _space(10, 0.3, 150.0 / 331.0 * width, 150.0 / 331.0 * height, 30.0, 0.9, 4)
        for (name, p, level), chance, sign in zip(self.policies[number], chances.tolist(), signs.tolist(), strict=True):
            if chance <= p:
                magnitudes, signed = space.get(name, (None, False))
                magnitude = 0.0 if level is None or magnitudes is None else float(magnitudes[level].item())
                img = self._applied(img, name, -magnitude if signed and sign == 0 else magnitude)
        return img


class RandAugment(_Augmentation):
    """`num_ops` operations drawn at random, each at the level `magnitude` of `num_magnitude_bins`.

    Source: Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced search space".
    """

    _shown = ("num_ops", "magnitude", "num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__()
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def forward(self, img: Any) -> Any:
        _, height, width = F.get_dimensions(img)
        across, down = 150.0 / 331.0 * width, 150.0 / 331.0 * height
        space: _Space = {"Identity": (minitorch.tensor(0.0), False)}
        space.update(_space(self.num_magnitude_bins, 0.3, across, down, 30.0, 0.9, 4))
        for _ in range(self.num_ops):
            img = self._drawn(img, space, self.magnitude)
        return img


class TrivialAugmentWide(_Augmentation):
    """One operation drawn at random, at a level drawn at random.

    Source: Mueller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation".
    """

    _shown = ("num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__()
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def forward(self, img: Any) -> Any:
        F.get_dimensions(img)  # raises for what is no image, though nothing be changed
        space: _Space = {"Identity": (minitorch.tensor(0.0), False)}
        space.update(_space(self.num_magnitude_bins, 0.99, 32.0, 32.0, 135.0, 0.99, 6))
        return self._drawn(img, space, None)


# --- policies ------------------------------------------------------------------------------------------------------


def _policies(lines: str) -> list[tuple[_Step, _Step]]:
    """A pair of operations a line: name, probability and, where there is one, level."""
    return [(_step(*first.split()), _step(*second.split())) for first, second in csv.reader(lines.split("\n")[1:-1])]


def _step(name: str, p: str, level: str | None = None) -> _Step:
    return name, float(p), None if level is None else int(level)


_POLICIES = {
    AutoAugmentPolicy.IMAGENET: _policies(
        """
        Posterize 0.4 8, Rotate 0.6 9
        Solarize 0.6 5, AutoContrast 0.6
        Equalize 0.8, Equalize 0.6
        Posterize 0.6 7, Posterize 0.6 6
        Equalize 0.4, Solarize 0.2 4
        Equalize 0.4, Rotate 0.8 8
        Solarize 0.6 3, Equalize 0.6
        Posterize 0.8 5, Equalize 1.0
        Rotate 0.2 3, Solarize 0.6 8
        Equalize 0.6, Posterize 0.4 6
        Rotate 0.8 8, Color 0.4 0
        Rotate 0.4 9, Equalize 0.6
        Equalize 0.0, Equalize 0.8
        Invert 0.6, Equalize 1.0
        Color 0.6 4, Contrast 1.0 8
        Rotate 0.8 8, Color 1.0 2
        Color 0.8 8, Solarize 0.8 7
        Sharpness 0.4 7, Invert 0.6
        ShearX 0.6 5, Equalize 1.0
        Color 0.4 0, Equalize 0.6
        Equalize 0.4, Solarize 0.2 4
        Solarize 0.6 5, AutoContrast 0.6
        Invert 0.6, Equalize 1.0
        Color 0.6 4, Contrast 1.0 8
        Equalize 0.8, Equalize 0.6
        """
    ),
    AutoAugmentPolicy.CIFAR10: _policies(
        """
        Invert 0.1, Contrast 0.2 6
        Rotate 0.7 2, TranslateX 0.3 9
        Sharpness 0.8 1, Sharpness 0.9 3
        ShearY 0.5 8, TranslateY 0.7 9
        AutoContrast 0.5, Equalize 0.9
        ShearY 0.2 7, Posterize 0.3 7
        Color 0.4 3, Brightness 0.6 7
        Sharpness 0.3 9, Brightness 0.7 9
        Equalize 0.6, Equalize 0.5
        Contrast 0.6 7, Sharpness 0.6 5
        Color 0.7 7, TranslateX 0.5 8
        Equalize 0.3, AutoContrast 0.4
        TranslateY 0.4 3, Sharpness 0.2 6
        Brightness 0.9 6, Color 0.2 8
        Solarize 0.5 2, Invert 0.0
        Equalize 0.2, AutoContrast 0.6
        Equalize 0.2, Equalize 0.6
        Color 0.9 9, Equalize 0.6
        AutoContrast 0.8, Solarize 0.2 8
        Brightness 0.1 3, Color 0.7 0
        Solarize 0.4 5, AutoContrast 0.9
        TranslateY 0.9 9, TranslateY 0.7 9
        AutoContrast 0.9, Solarize 0.8 3
        Equalize 0.8, Invert 0.1
        TranslateY 0.7 9, AutoContrast 0.9
        """
    ),
    AutoAugmentPolicy.SVHN: _policies(
        """
        ShearX 0.9 4, Invert 0.2
        ShearY 0.9 8, Invert 0.7
        Equalize 0.6, Solarize 0.6 6
        Invert 0.9, Equalize 0.6
        Equalize 0.6, Rotate 0.9 3
        ShearX 0.9 4, AutoContrast 0.8
        ShearY 0.9 8, Invert 0.4
        ShearY 0.9 5, Solarize 0.2 6
        Invert 0.9, AutoContrast 0.8
        Equalize 0.6, Rotate 0.9 3
        ShearX 0.9 4, Solarize 0.3 3
        ShearY 0.8 8, Invert 0.7
        Equalize 0.9, TranslateY 0.6 6
        Invert 0.9, Equalize 0.6
        Contrast 0.3 3, Rotate 0.8 4
        Invert 0.8, TranslateY 0.0 2
        ShearY 0.7 6, Solarize 0.4 8
        Invert 0.6, Rotate 0.8 4
        ShearY 0.3 7, TranslateX 0.9 3
        ShearX 0.1 6, Invert 0.6
        Solarize 0.7 2, TranslateY 0.6 7
        ShearY 0.8 4, Invert 0.8
        ShearX 0.7 9, TranslateY 0.8 3
        ShearY 0.8 5, AutoContrast 0.7
        ShearX 0.7 2, Invert 0.1
        """
    ),
}
