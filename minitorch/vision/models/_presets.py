"""The transform that goes with trained weights: the images have to look as they did in training."""

from __future__ import annotations

from typing import Any

import minitorch
from minitorch import Tensor, nn
from minitorch.vision.transforms import InterpolationMode
from minitorch.vision.transforms import functional as TF


class ImageClassification(nn.Module):
    """Resize, center crop, to [0, 1], normalize: a Pillow image or (..., C, H, W) to (..., C, crop, crop)."""

    def __init__(
        self,
        *,
        crop_size: int,
        resize_size: int = 256,
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        std: tuple[float, ...] = (0.229, 0.224, 0.225),
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.crop_size = [crop_size]
        self.resize_size = [resize_size]
        self.mean = list(mean)
        self.std = list(std)
        self.interpolation = interpolation
        self.antialias = antialias

    def forward(self, img: Any) -> Tensor:
        """The image, or batch of images, as the model wants it."""
        resized = TF.resize(img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias)
        cropped = TF.center_crop(resized, self.crop_size)
        pixels = cropped if isinstance(cropped, Tensor) else TF.pil_to_tensor(cropped)
        return TF.normalize(TF.convert_image_dtype(pixels, minitorch.float32), mean=self.mean, std=self.std)

    def __repr__(self) -> str:
        shown = ("crop_size", "resize_size", "mean", "std", "interpolation")
        lines = [f"    {name}={getattr(self, name)}" for name in shown]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    def describe(self) -> str:
        """What is done to an image, in words."""
        return (
            "Takes a Pillow image, or a tensor of one image (C, H, W) or of a batch (B, C, H, W). "
            f"Images are resized to {self.resize_size} by {self.interpolation}, cropped around the center to "
            f"{self.crop_size}, rescaled to [0.0, 1.0], and normalized by mean={self.mean} and std={self.std}."
        )
