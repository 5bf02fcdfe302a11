"""Transforms of PIL images, through Pillow. The public functions, with their checks, are those of `functional`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.vision._pillow import Image, pillow
from minitorch.vision.transforms._geometry import PILLOW_CODES, InterpolationMode


def get_dimensions(img: Image) -> list[int]:
    width, height = img.size
    return [len(img.getbands()), height, width]


def _color(img: Image, fill: Any) -> Any:
    """`fill` as Pillow wants it: a number for one band, a tuple for several, whole unless the image has floats."""
    bands = len(img.getbands())
    values = list(fill) if isinstance(fill, (list, tuple)) else [0 if fill is None else fill]
    if len(values) not in (1, bands):
        raise ValueError(
            f"The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {bands})"
        )
    if img.mode != "F":
        values = [int(value) for value in values]
    return values[0] if bands == 1 else tuple(values if len(values) == bands else values * bands)


# --- geometry ------------------------------------------------------------------------------------------------------


def hflip(img: Image) -> Image:
    return img.transpose(pillow("Image").Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Image) -> Image:
    return img.transpose(pillow("Image").Transpose.FLIP_TOP_BOTTOM)


def crop(img: Image, top: int, left: int, height: int, width: int) -> Image:
    return img.crop((left, top, left + width, top + height))


def resize(img: Image, size: Sequence[int], interpolation: InterpolationMode, antialias: bool | None) -> Image:
    height, width = size
    return img.resize((width, height), PILLOW_CODES[interpolation])


def pad(img: Image, padding: tuple[int, int, int, int], fill: Any, padding_mode: Any) -> Image:
    left, top, right, bottom = padding
    if padding_mode == "constant":
        padded = pillow("ImageOps").expand(img, border=padding, fill=_color(img, fill))
    else:
        width, height = img.size
        cropped = img.crop((-min(left, 0), -min(top, 0), width + min(right, 0), height + min(bottom, 0)))
        array = np.asarray(cropped)
        margins = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)]
        padded = pillow("Image").fromarray(np.pad(array, margins[: array.ndim], padding_mode))
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


def affine(img: Image, matrix: list[float], interpolation: InterpolationMode, fill: Any) -> Image:
    how = pillow("Image").Transform.AFFINE
    return img.transform(img.size, how, matrix, PILLOW_CODES[interpolation], fillcolor=_color(img, fill))


def rotate(img: Image, angle: float, interpolation: InterpolationMode, expand: bool, center: Any, fill: Any) -> Image:
    return img.rotate(angle, PILLOW_CODES[interpolation], expand, center, fillcolor=_color(img, fill))


def perspective(img: Image, coefficients: list[float], interpolation: InterpolationMode, fill: Any) -> Image:
    how = pillow("Image").Transform.PERSPECTIVE
    return img.transform(img.size, how, coefficients, PILLOW_CODES[interpolation], fillcolor=_color(img, fill))


# --- colours -------------------------------------------------------------------------------------------------------


def adjust_brightness(img: Image, factor: float) -> Image:
    return pillow("ImageEnhance").Brightness(img).enhance(factor)


def adjust_contrast(img: Image, factor: float) -> Image:
    return pillow("ImageEnhance").Contrast(img).enhance(factor)


def adjust_saturation(img: Image, factor: float) -> Image:
    return pillow("ImageEnhance").Color(img).enhance(factor)


def adjust_sharpness(img: Image, factor: float) -> Image:
    return pillow("ImageEnhance").Sharpness(img).enhance(factor)


def adjust_hue(img: Image, factor: float) -> Image:
    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    shift = int(factor * 255)
    turned = hue.point([(old + shift) % 256 for old in range(256)])
    return pillow("Image").merge("HSV", (turned, saturation, value)).convert(img.mode)


def adjust_gamma(img: Image, gamma: float, gain: float) -> Image:
    rgb = img.convert("RGB")
    # 255.999 rather than 255: `int` rounds down, and each of the 256 levels shall get an equal share.
    curve = [int((255 + 1 - 1e-3) * gain * pow(level / 255.0, gamma)) for level in range(256)]
    return rgb.point(curve * 3).convert(img.mode)


def rgb_to_grayscale(img: Image, num_output_channels: int) -> Image:
    gray = img.convert("L")
    return gray if num_output_channels == 1 else pillow("Image").merge("RGB", (gray, gray, gray))


def invert(img: Image) -> Image:
    return pillow("ImageOps").invert(img)


def posterize(img: Image, bits: int) -> Image:
    return pillow("ImageOps").posterize(img, bits)


def solarize(img: Image, threshold: float) -> Image:
    return pillow("ImageOps").solarize(img, threshold)


def autocontrast(img: Image) -> Image:
    return pillow("ImageOps").autocontrast(img)


def equalize(img: Image) -> Image:
    return pillow("ImageOps").equalize(img)
