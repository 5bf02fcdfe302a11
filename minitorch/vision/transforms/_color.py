"""Transforms of colours and of sharpness."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._geometry import size_pair
from minitorch.vision.transforms._transform import RandomTransform, Transform, uniform

_Range = tuple[float, float] | None


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue by random factors, in random order.

    Each is given as (min, max) of the factor, or as one number: how far it may lie from 1, for the hue from 0.
    """

    _shown = ("brightness", "contrast", "saturation", "hue")

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ) -> None:
        super().__init__()
        self.brightness = _factor_range(brightness, "brightness")
        self.contrast = _factor_range(contrast, "contrast")
        self.saturation = _factor_range(saturation, "saturation")
        self.hue = _factor_range(hue, "hue", center=0, bound=(-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: _Range, contrast: _Range, saturation: _Range, hue: _Range
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """The order of the four changes and their factors, None where there is nothing to change."""
        order = minitorch.randperm(4)
        first, second, third, fourth = (
            None if bounds is None else uniform(bounds[0], bounds[1])
            for bounds in (brightness, contrast, saturation, hue)
        )
        return order, first, second, third, fourth

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for place in order.tolist():
            factor = factors[place]
            if factor is not None:
                img = changes[place](img, factor)
        return img


def _factor_range(value: Any, name: str, center: float = 1, bound: tuple[float, float] = (0, float("inf"))) -> _Range:
    if isinstance(value, Number):
        if value < 0:  # type: ignore[operator] # numbers.Number knows no order
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        distance = float(value)  # type: ignore[arg-type] # nor conversions
        low, high = center - distance, center + distance
        if name != "hue":
            low = max(low, 0.0)
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
    return None if low == high == center else (low, high)


class Grayscale(Transform):
    """Brightness alone, in one channel or three equal ones."""

    _shown = ("num_output_channels",)

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, num_output_channels=self.num_output_channels)


class RandomGrayscale(RandomTransform):
    """Take the colour away with probability p; the number of channels stays."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def forward(self, img: Any) -> Any:
        F.get_dimensions(img)  # raises for what is no image, though nothing be changed
        return super().forward(img)

    def _change(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, num_output_channels=F.get_image_num_channels(img))


class GaussianBlur(Transform):
    """Blur by a Gaussian over `kernel_size` pixels, its standard deviation drawn from `sigma`."""

    _shown = ("kernel_size", "sigma")

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = size_pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        for size in self.kernel_size:
            if size <= 0 or size % 2 == 0:
                raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, (int, float)):
            if sigma <= 0:
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        if not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        if not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, list(self.kernel_size), [sigma, sigma])


class RandomInvert(RandomTransform):
    """The negative, with probability p."""

    def _change(self, img: Any) -> Any:
        return F.invert(img)


class RandomAutocontrast(RandomTransform):
    """Stretch each channel from black to white, with probability p."""

    def _change(self, img: Any) -> Any:
        return F.autocontrast(img)


class RandomEqualize(RandomTransform):
    """Make all levels of brightness about equally frequent, with probability p."""

    def _change(self, img: Any) -> Any:
        return F.equalize(img)


class RandomPosterize(RandomTransform):
    """Keep the highest `bits` of each byte, with probability p."""

    _shown = ("bits", "p")
    _comma = ","

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def _change(self, img: Any) -> Any:
        return F.posterize(img, self.bits)


class RandomSolarize(RandomTransform):
    """Invert all that is as bright as the threshold or brighter, with probability p."""

    _shown = ("threshold", "p")
    _comma = ","

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def _change(self, img: Any) -> Any:
        return F.solarize(img, self.threshold)


class RandomAdjustSharpness(RandomTransform):
    """Change the sharpness by a factor (0 smooths, 1 changes nothing), with probability p."""

    _shown = ("sharpness_factor", "p")
    _comma = ","

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def _change(self, img: Any) -> Any:
        return F.adjust_sharpness(img, self.sharpness_factor)
