"""Transforms of tensors (..., C, H, W). The public functions, with their checks, are those of `functional`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import minitorch
import minitorch.nn.functional as F
from minitorch import Tensor
from minitorch.vision.transforms import _resample
from minitorch.vision.transforms._geometry import InterpolationMode, inverse_affine_matrix
from minitorch.vision.transforms._resample import in_floats
from minitorch.vision.transforms._resample import perspective as perspective

_GRAY = (0.2989, 0.587, 0.114)  # the shares of red, green and blue in brightness
_LARGEST = {
    minitorch.uint8: 255,
    minitorch.int8: 127,
    minitorch.int16: 32767,
    minitorch.uint16: 65535,
    minitorch.int32: 2**31 - 1,
    minitorch.int64: 2**63 - 1,
}


def require_image(img: Tensor) -> None:
    if img.ndim < 2:
        raise TypeError("Tensor is not a torch image.")


def get_dimensions(img: Tensor) -> list[int]:
    require_image(img)
    return [1 if img.ndim == 2 else img.shape[-3], img.shape[-2], img.shape[-1]]


def _colors(img: Tensor) -> int:
    """How many channels there are. Raises TypeError unless they are one or three."""
    channels = get_dimensions(img)[0]
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found {channels}")
    return channels


def _require_channels(img: Tensor) -> None:
    require_image(img)
    if img.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    _colors(img)


def _require_bytes(img: Tensor) -> None:
    if img.dtype != minitorch.uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")


def _require_not_negative(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def largest(dtype: minitorch.dtype) -> int:
    """What stands for full brightness: 1 in floats, the largest number in integers."""
    return _LARGEST.get(dtype, 1)


# --- numbers -------------------------------------------------------------------------------------------------------


def convert_image_dtype(image: Tensor, dtype: minitorch.dtype) -> Tensor:
    old, new = image.dtype, dtype
    if old == new:
        return image
    if image.is_floating_point():
        if new.is_floating_point:
            return image.to(new)
        whole_bits = {minitorch.float32: (minitorch.int32, minitorch.int64), minitorch.float64: (minitorch.int64,)}
        if new in whole_bits.get(old, ()):
            raise RuntimeError(f"The cast from {old} to {new} cannot be performed safely.")
        # Not quite one more than the largest number: each of them gets an equal share of 0 to 1.
        return image.mul(largest(new) + 1.0 - 1e-3).to(new)
    if new.is_floating_point:
        return image.to(new) / largest(old)
    if largest(old) > largest(new):
        steps = (largest(old) + 1) // (largest(new) + 1)
        return image.div(steps, rounding_mode="floor").to(new)
    return image.to(new) * ((largest(new) + 1) // (largest(old) + 1))


def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool) -> Tensor:
    require_image(tensor)
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
        )
    shift, scale = _constants(mean, std, tensor)
    if inplace:
        return tensor.sub_(shift).div_(scale)
    channels = (1, tensor.shape[-3])
    plain = type(tensor) is Tensor and tensor.device.type == "cpu" and tensor.dtype != minitorch.bfloat16
    if plain and not tensor.requires_grad and shift.shape[0] in channels and scale.shape[0] in channels:
        # NumPy does a small image, as it comes from a data set, in a third of the time.
        return minitorch.from_numpy((tensor.numpy() - shift.numpy()) / scale.numpy())
    return tensor.clone().sub_(shift).div_(scale)


def _constants(mean: Any, std: Any, like: Tensor) -> tuple[Tensor, Tensor]:
    if _are_numbers(mean) and _are_numbers(std):
        return _cached_constants(tuple(mean), tuple(std), like.dtype, like.device)
    return _per_channel(mean, std, like.dtype, like.device)


def _are_numbers(values: object) -> bool:
    return isinstance(values, (list, tuple)) and all(type(value) in (float, int) for value in values)


def _per_channel(mean: Any, std: Any, dtype: minitorch.dtype, device: minitorch.device) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation as (C or 1, 1, 1)."""
    shift, scale = (minitorch.as_tensor(values, dtype=dtype, device=device) for values in (mean, std))
    if scale.eq(0).any():
        raise ValueError(f"std evaluated to zero after conversion to {dtype}, leading to division by zero.")
    return shift.reshape(-1, 1, 1), scale.reshape(-1, 1, 1)


# The same few numbers come with every image of a data set.
_cached_constants = lru_cache(maxsize=16)(_per_channel)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool) -> Tensor:
    require_image(img)
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


# --- geometry ------------------------------------------------------------------------------------------------------


def hflip(img: Tensor) -> Tensor:
    require_image(img)
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    require_image(img)
    return img.flip(-2)


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    require_image(img)
    old_height, old_width = img.shape[-2:]
    bottom, right = top + height, left + width
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and bottom <= old_height and right <= old_width:
        return inside
    missing_right = max(right - max(old_width, left), 0)
    missing_bottom = max(bottom - max(old_height, top), 0)
    margins = (max(min(right, 0) - left, 0), max(min(bottom, 0) - top, 0), missing_right, missing_bottom)
    return pad(inside, margins, 0, "constant")


def resize(img: Tensor, size: Sequence[int], interpolation: InterpolationMode, antialias: bool | None) -> Tensor:
    require_image(img)
    return _resample.resize(img, size, interpolation, antialias)


def pad(img: Tensor, padding: tuple[int, int, int, int], fill: Any, padding_mode: str) -> Tensor:
    require_image(img)
    if not isinstance(fill, (int, float, type(None))):
        raise TypeError("Got inappropriate fill arg")
    left, top, right, bottom = padding
    margins = (left, right, top, bottom)
    if padding_mode == "constant":
        return F.pad(img, margins, value=float(fill or 0))
    if padding_mode == "symmetric":
        return _pad_symmetric(img, margins)
    mode = "replicate" if padding_mode == "edge" else padding_mode
    return in_floats(img, lambda batch: F.pad(batch, margins, mode=mode))


def _pad_symmetric(img: Tensor, margins: tuple[int, int, int, int]) -> Tensor:
    """Mirror at the edges, which are repeated; negative margins crop."""
    if img.ndim not in (3, 4):
        raise RuntimeError("Symmetric padding of N-D tensors are not supported yet")
    left, right, top, bottom = margins
    rows = _mirrored(img.shape[-2], top, bottom, img.device)
    columns = _mirrored(img.shape[-1], left, right, img.device)
    return img[..., rows[:, None], columns[None, :]]


def _mirrored(size: int, before: int, after: int, device: minitorch.device) -> Tensor:
    places = minitorch.arange(-before, size + after, device=device)
    return minitorch.where(places < 0, -places - 1, minitorch.where(places < size, places, 2 * size - 1 - places))


def affine(img: Tensor, matrix: list[float], interpolation: InterpolationMode, fill: Any) -> Tensor:
    require_image(img)
    return _resample.affine(img, matrix, interpolation, fill)


def rotate(img: Tensor, angle: float, interpolation: InterpolationMode, expand: bool, center: Any, fill: Any) -> Tensor:
    _, height, width = get_dimensions(img)
    middle = [0.0, 0.0] if center is None else [center[0] - width * 0.5, center[1] - height * 0.5]
    # Counter-clockwise, as Pillow turns.
    matrix = inverse_affine_matrix(middle, -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    return _resample.rotated(img, matrix, interpolation, expand, fill)


def elastic_transform(img: Tensor, displacement: Tensor, interpolation: InterpolationMode, fill: Any) -> Tensor:
    require_image(img)
    return _resample.elastic(img, displacement, interpolation, fill)


# --- filters -------------------------------------------------------------------------------------------------------


def gaussian_blur(img: Tensor, kernel_size: list[int], sigma: list[float]) -> Tensor:
    require_image(img)
    across, down = (_gaussian(size, width) for size, width in zip(kernel_size, sigma, strict=True))
    kernel = down[:, None] * across[None, :]
    x, y = kernel_size[0] // 2, kernel_size[1] // 2
    return in_floats(img, lambda batch: _filtered(F.pad(batch, (x, x, y, y), mode="reflect"), kernel))


def _gaussian(size: int, sigma: float) -> Tensor:
    half = (size - 1) * 0.5
    density = minitorch.exp(-0.5 * (minitorch.linspace(-half, half, size) / sigma).pow(2))
    return density / density.sum()


def _filtered(batch: Tensor, kernel: Tensor) -> Tensor:
    """Each channel under the same kernel."""
    channels = batch.shape[-3]
    weight = kernel.to(batch.device, batch.dtype).expand(channels, 1, *kernel.shape)
    return F.conv2d(batch, weight, groups=channels)


def adjust_sharpness(img: Tensor, factor: float) -> Tensor:
    _require_not_negative("sharpness_factor", factor)
    _require_channels(img)
    if min(img.shape[-2:]) <= 2:
        return img
    kernel = minitorch.ones(3, 3)
    kernel[1, 1] = 5.0
    blurred = img.clone()
    blurred[..., 1:-1, 1:-1] = in_floats(img, lambda batch: _filtered(batch, kernel / kernel.sum()))
    return _blend(img, blurred, factor)


# --- colours -------------------------------------------------------------------------------------------------------


def _blend(img: Tensor, other: Tensor | float, share: float) -> Tensor:
    """`share` of the image and the rest of the other, kept within what the dtype can show."""
    share = float(share)  # a whole number times bytes would be bytes again, and wrap around
    return (share * img + (1.0 - share) * other).clamp(0, largest(img.dtype)).to(img.dtype)


def adjust_brightness(img: Tensor, factor: float) -> Tensor:
    _require_not_negative("brightness_factor", factor)
    _colors(img)
    return _blend(img, 0.0, factor)


def adjust_contrast(img: Tensor, factor: float) -> Tensor:
    _require_not_negative("contrast_factor", factor)
    _require_channels(img)
    gray = rgb_to_grayscale(img, 1) if _colors(img) == 3 else img
    floats = gray if img.is_floating_point() else gray.to(minitorch.float32)
    return _blend(img, floats.mean((-3, -2, -1), keepdim=True), factor)


def adjust_saturation(img: Tensor, factor: float) -> Tensor:
    _require_not_negative("saturation_factor", factor)
    return img if _colors(img) == 1 else _blend(img, rgb_to_grayscale(img, 1), factor)


def adjust_hue(img: Tensor, factor: float) -> Tensor:
    if _colors(img) == 1:
        return img
    floats = img if img.is_floating_point() else convert_image_dtype(img, minitorch.float32)
    hue, saturation, value = _rgb_to_hsv(floats)
    return convert_image_dtype(_hsv_to_rgb((hue + factor).remainder(1.0), saturation, value), img.dtype)


def _rgb_to_hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value, all from 0 to 1."""
    red, green, blue = img.unbind(-3)
    high, low = img.amax(-3), img.amin(-3)
    spread = high - low
    gray = spread == 0
    saturation = spread / minitorch.where(gray, 1.0, high)
    divisor = minitorch.where(gray, 1.0, spread)
    to_red, to_green, to_blue = ((high - channel) / divisor for channel in (red, green, blue))
    sixths = minitorch.where(
        high == red,
        to_blue - to_green,
        minitorch.where(high == green, 2.0 + to_red - to_blue, 4.0 + to_green - to_red),
    )
    return minitorch.fmod(sixths / 6.0 + 1.0, 1.0), saturation, high


def _hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    sector = (hue * 6.0).floor()
    part = hue * 6.0 - sector
    low = (value * (1.0 - saturation)).clamp(0.0, 1.0)
    falling = (value * (1.0 - saturation * part)).clamp(0.0, 1.0)
    rising = (value * (1.0 - saturation * (1.0 - part))).clamp(0.0, 1.0)
    # Each row says what a channel is in the six sectors of the circle.
    colors = (
        (value, falling, low, low, rising, value),
        (rising, value, value, falling, low, low),
        (low, low, rising, value, value, falling),
    )
    index = (sector.long() % 6).unsqueeze(0)
    return minitorch.stack([minitorch.stack(options).gather(0, index).squeeze(0) for options in colors], -3)


def adjust_gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    _colors(img)
    floats = img if img.is_floating_point() else convert_image_dtype(img, minitorch.float32)
    return convert_image_dtype((gain * floats**gamma).clamp(0, 1), img.dtype)


def rgb_to_grayscale(img: Tensor, num_output_channels: int) -> Tensor:
    _require_channels(img)
    if _colors(img) == 1:
        return img.clone()
    red, green, blue = img.unbind(-3)
    gray = (_GRAY[0] * red + _GRAY[1] * green + _GRAY[2] * blue).to(img.dtype).unsqueeze(-3)
    return gray if num_output_channels == 1 else gray.expand(img.shape)


def invert(img: Tensor) -> Tensor:
    _require_channels(img)
    return largest(img.dtype) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    _require_bytes(img)
    _require_channels(img)
    return img & (256 - 2 ** (8 - bits))


def solarize(img: Tensor, threshold: float) -> Tensor:
    _require_channels(img)
    if threshold > largest(img.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return minitorch.where(img >= threshold, invert(img), img)


def autocontrast(img: Tensor) -> Tensor:
    _require_channels(img)
    floats = img if img.is_floating_point() else img.to(minitorch.float32)
    low, high = floats.amin((-2, -1), keepdim=True), floats.amax((-2, -1), keepdim=True)
    scale = largest(img.dtype) / (high - low)
    flat = ~scale.isfinite()
    low = low.masked_fill(flat, 0)
    scale = scale.masked_fill(flat, 1)
    return ((floats - low) * scale).clamp(0, largest(img.dtype)).to(img.dtype)


def equalize(img: Tensor) -> Tensor:
    _require_bytes(img)
    _require_channels(img)
    channels = img.reshape(-1, *img.shape[-2:])
    return minitorch.stack([_equalized(channel) for channel in channels]).view(img.shape)


def _equalized(channel: Tensor) -> Tensor:
    counts = minitorch.bincount(channel.reshape(-1).long(), minlength=256)
    present = counts[counts.ne(0)]
    step = int(present[:-1].sum()) // 255
    if step == 0:
        return channel
    before = counts.cumsum(0) - counts
    levels = ((before + step // 2) // step).clamp(0, 255)
    return levels.to(minitorch.uint8)[channel.long()]
