"""The second version of the transforms: the first version's classes, and what is new in it or draws otherwise.

Differs from torch: a transform takes one image or tensor (no boxes, masks or whole samples), and shows itself as in the
first version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import is_image
from minitorch.vision.transforms import transforms as first
from minitorch.vision.transforms._transform import Transform as Transform
from minitorch.vision.transforms.autoaugment import AutoAugment as AutoAugment
from minitorch.vision.transforms.autoaugment import AutoAugmentPolicy as AutoAugmentPolicy
from minitorch.vision.transforms.autoaugment import RandAugment as RandAugment
from minitorch.vision.transforms.autoaugment import TrivialAugmentWide as TrivialAugmentWide
from minitorch.vision.transforms.transforms import CenterCrop as CenterCrop
from minitorch.vision.transforms.transforms import ColorJitter as ColorJitter
from minitorch.vision.transforms.transforms import ConvertImageDtype as ConvertImageDtype
from minitorch.vision.transforms.transforms import ElasticTransform as ElasticTransform
from minitorch.vision.transforms.transforms import FiveCrop as FiveCrop
from minitorch.vision.transforms.transforms import GaussianBlur as GaussianBlur
from minitorch.vision.transforms.transforms import Grayscale as Grayscale
from minitorch.vision.transforms.transforms import Lambda as Lambda
from minitorch.vision.transforms.transforms import LinearTransformation as LinearTransformation
from minitorch.vision.transforms.transforms import Normalize as Normalize
from minitorch.vision.transforms.transforms import Pad as Pad
from minitorch.vision.transforms.transforms import PILToTensor as PILToTensor
from minitorch.vision.transforms.transforms import RandomAdjustSharpness as RandomAdjustSharpness
from minitorch.vision.transforms.transforms import RandomAffine as RandomAffine
from minitorch.vision.transforms.transforms import RandomApply as RandomApply
from minitorch.vision.transforms.transforms import RandomAutocontrast as RandomAutocontrast
from minitorch.vision.transforms.transforms import RandomCrop as RandomCrop
from minitorch.vision.transforms.transforms import RandomEqualize as RandomEqualize
from minitorch.vision.transforms.transforms import RandomErasing as RandomErasing
from minitorch.vision.transforms.transforms import RandomGrayscale as RandomGrayscale
from minitorch.vision.transforms.transforms import RandomHorizontalFlip as RandomHorizontalFlip
from minitorch.vision.transforms.transforms import RandomInvert as RandomInvert
from minitorch.vision.transforms.transforms import RandomPerspective as RandomPerspective
from minitorch.vision.transforms.transforms import RandomPosterize as RandomPosterize
from minitorch.vision.transforms.transforms import RandomResizedCrop as RandomResizedCrop
from minitorch.vision.transforms.transforms import RandomRotation as RandomRotation
from minitorch.vision.transforms.transforms import RandomSolarize as RandomSolarize
from minitorch.vision.transforms.transforms import RandomVerticalFlip as RandomVerticalFlip
from minitorch.vision.transforms.transforms import Resize as Resize
from minitorch.vision.transforms.transforms import TenCrop as TenCrop
from minitorch.vision.transforms.transforms import ToPILImage as ToPILImage
from minitorch.vision.transforms.transforms import ToTensor as ToTensor
from minitorch.vision.transforms.v2 import functional as functional


class Compose(first.Compose):
    """One transform after the other, of which there must be one."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence of callables")
        if not transforms:
            raise ValueError("Pass at least one transform")
        super().__init__(transforms)


class RandomChoice(first.RandomChoice):
    """One of the transforms, drawn from the default generator, with probabilities in proportion to p."""

    def __call__(self, img: Any) -> Any:
        weights = minitorch.tensor(self.p if self.p is not None else [1.0] * len(self.transforms))
        return self.transforms[int(minitorch.multinomial(weights / weights.sum(), 1))](img)


class RandomOrder(first.RandomOrder):
    """All transforms in an order drawn from the default generator."""

    def __call__(self, img: Any) -> Any:
        for place in minitorch.randperm(len(self.transforms)).tolist():
            img = self.transforms[place](img)
        return img


class Identity(Transform):
    """Changes nothing."""

    def forward(self, img: Any) -> Any:
        return img


class ToImage(Transform):
    """An image, an array (H, W, C) or a tensor as a tensor (C, H, W), its numbers as they are."""

    def forward(self, inpt: Any) -> Tensor:
        return functional.to_image(inpt)


class ToPureTensor(Identity):
    """Changes nothing: every tensor is a plain one here."""


class ToDtype(Transform):
    """A tensor in another dtype; with `scale` full brightness stays full brightness. PIL images stay as they are."""

    _shown = ("scale",)

    def __init__(self, dtype: minitorch.dtype, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, minitorch.dtype):
            raise ValueError(f"dtype must be a torch.dtype, got {type(dtype)} instead")
        self.dtype = dtype
        self.scale = scale

    def forward(self, inpt: Any) -> Any:
        return inpt if is_image(inpt) else functional.to_dtype(inpt, self.dtype, self.scale)


class RGB(Transform):
    """One channel as three equal ones."""

    def forward(self, inpt: Any) -> Any:
        return functional.grayscale_to_rgb(inpt)
