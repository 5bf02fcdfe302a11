"""Transforms as functions of a PIL image or a tensor (..., channels, height, width)."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import Image, is_image, pillow
from minitorch.vision.transforms import _functional_pil, _functional_tensor
from minitorch.vision.transforms._geometry import InterpolationMode as InterpolationMode
from minitorch.vision.transforms._geometry import (
    interpolation_mode,
    inverse_affine_matrix,
    perspective_coefficients,
    resized,
    size_pair,
)


def _kernels(img: object) -> ModuleType:
    """The module that transforms things like `img`. Raises TypeError if it is neither tensor nor image."""
    if isinstance(img, Tensor):
        return _functional_tensor
    if is_image(img):
        return _functional_pil
    raise TypeError(f"Unexpected type {type(img)}: img should be PIL Image or Tensor")


def _require_tensor(img: object) -> None:
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")


# --- sizes ---------------------------------------------------------------------------------------------------------


def get_dimensions(img: Tensor | Image) -> list[int]:
    """Channels, height and width."""
    dimensions: list[int] = _kernels(img).get_dimensions(img)
    return dimensions


def get_image_size(img: Tensor | Image) -> list[int]:
    """Width and height, in this order."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Tensor | Image) -> int:
    """How many channels there are."""
    return get_dimensions(img)[0]


# --- conversions ---------------------------------------------------------------------------------------------------

_ARRAY_DTYPES: dict[str, type[np.generic]] = {"I": np.int32, "I;16": np.int16, "F": np.float32}
_FLOATS = {minitorch.float16: np.float16, minitorch.float32: np.float32, minitorch.float64: np.float64}
_COLOR_MODES = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}
_GRAY_MODES = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}


def to_tensor(pic: Any) -> Tensor:
    """An image or an array (H, W) or (H, W, C) as a tensor (C, H, W); bytes become floats from 0 to 1."""
    if is_image(pic):
        array = np.array(pic, _ARRAY_DTYPES.get(pic.mode, np.uint8))
        if pic.mode == "1":
            array *= 255
    elif isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        minitorch.from_numpy(pic)  # raises for what no tensor can share: foreign byte order, negative strides
        array = pic
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    if array.dtype != np.uint8:
        return minitorch.from_numpy(array).contiguous()
    dtype = minitorch.get_default_dtype()
    if dtype in _FLOATS:  # in one pass over the array, where tensors would take three
        return minitorch.from_numpy(np.divide(array, 255, dtype=_FLOATS[dtype], order="C"))
    return minitorch.from_numpy(array).contiguous().to(dtype).div(255)


def pil_to_tensor(pic: Image) -> Tensor:
    """An image as a tensor (C, H, W) of the numbers that it holds."""
    if not is_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    array = np.array(pic)
    return minitorch.from_numpy(array[:, :, None] if array.ndim == 2 else array).permute(2, 0, 1)


def to_pil_image(pic: Any, mode: str | None = None) -> Image:
    """A tensor (C, H, W) or an array (H, W, C) as an image; floats count from 0 to 1 unless the mode is "F"."""
    if not isinstance(pic, (Tensor, np.ndarray)):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    if isinstance(pic, Tensor):
        if pic.is_floating_point() and mode != "F":
            pic = pic.mul(255).byte()
        array = pic.detach().cpu().numpy()
        array = array[:, :, None] if array.ndim == 2 else array.transpose(1, 2, 0)
    else:
        array = pic[:, :, None] if pic.ndim == 2 else pic
        if np.issubdtype(array.dtype, np.floating) and mode != "F":
            array = (array * 255).astype(np.uint8)
    channels = array.shape[2]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    mode = _mode(array.dtype, channels, mode)
    height, width = array.shape[:2]
    return pillow("Image").frombytes(mode, (width, height), array.tobytes())


def _mode(dtype: np.dtype, channels: int, mode: str | None) -> str:
    """The mode of an image of such an array. Raises where the wanted one does not fit."""
    if channels == 1:
        expected = _GRAY_MODES.get(dtype.name)
        if mode is not None and mode != expected:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {dtype}. Should be {expected}")
    else:
        permitted = _COLOR_MODES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {permitted} are supported for {channels}D inputs")
        expected = (mode or _DEFAULT_MODES[channels]) if dtype == np.uint8 else None
    if expected is None:
        raise TypeError(f"Input type {dtype} is not supported")
    return expected


_DEFAULT_MODES = {channels: modes[0] for channels, modes in _COLOR_MODES.items()}


def convert_image_dtype(image: Tensor, dtype: minitorch.dtype = minitorch.float32) -> Tensor:
    """A tensor in another dtype, full brightness (1 in floats, the largest integer) staying full brightness."""
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    if not isinstance(dtype, minitorch.dtype):
        raise TypeError(f"dtype should be torch.dtype, not {type(dtype).__name__}")
    return _functional_tensor.convert_image_dtype(image, dtype)


def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """(tensor - mean) / std channel by channel, of a float tensor (..., C, H, W)."""
    _require_tensor(tensor)
    return _functional_tensor.normalize(tensor, mean, std, inplace)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """Put `v` into the rectangle of height h and width w at row i and column j."""
    _require_tensor(img)
    return _functional_tensor.erase(img, i, j, h, w, v, inplace)


# --- size and place ------------------------------------------------------------------------------------------------


def hflip(img: Tensor | Image) -> Any:
    """Swap left and right."""
    return _kernels(img).hflip(img)


def vflip(img: Tensor | Image) -> Any:
    """Swap top and bottom."""
    return _kernels(img).vflip(img)


def resize(
    img: Tensor | Image,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Resize to (height, width), or the shorter edge to one number and the longer with it, to at most `max_size`.

    Images are always antialiased; tensors where `antialias` says so, in bilinear and bicubic mode.
    """
    interpolation = interpolation_mode(interpolation)
    wanted = [size] if isinstance(size, int) else size
    if len(wanted) not in (1, 2):
        raise ValueError(f"Size must be an int or a 1 or 2 element tuple/list, not a {len(wanted)} element tuple/list")
    if len(wanted) == 2 and max_size is not None:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1"
        )
    _, height, width = get_dimensions(img)
    new = resized((height, width), wanted, max_size)
    return img if new == (height, width) else _kernels(img).resize(img, new, interpolation, antialias)


def pad(img: Tensor | Image, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> Any:
    """Pad all sides, (left and right, top and bottom), or (left, top, right, bottom); negative numbers crop."""
    if not isinstance(padding, (int, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if not isinstance(fill, (int, float, tuple, list, type(None))):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    sides = [padding] if isinstance(padding, int) else list(padding)
    if len(sides) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(sides)} element tuple")
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    return _kernels(img).pad(img, tuple(sides * (4 // len(sides))), fill, padding_mode)


def crop(img: Tensor | Image, top: int, left: int, height: int, width: int) -> Any:
    """The rectangle at row `top` and column `left`; black where it reaches over the edges."""
    return _kernels(img).crop(img, top, left, height, width)


def center_crop(img: Tensor | Image, output_size: int | Sequence[int]) -> Any:
    """The middle of an image, with black around it where it is too small."""
    new_height, new_width = size_pair(output_size)
    _, height, width = get_dimensions(img)
    if new_width > width or new_height > height:
        wide, high = max(new_width - width, 0), max(new_height - height, 0)
        img = pad(img, (wide // 2, high // 2, (wide + 1) // 2, (high + 1) // 2))
        _, height, width = get_dimensions(img)
    return crop(img, round((height - new_height) / 2.0), round((width - new_width) / 2.0), new_height, new_width)


def resized_crop(
    img: Tensor | Image,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """Crop, then resize."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def five_crop(img: Tensor | Image, size: int | Sequence[int]) -> tuple[Any, Any, Any, Any, Any]:
    """The crops at top left, top right, bottom left, bottom right and in the middle."""
    new_height, new_width = size_pair(size)
    _, height, width = get_dimensions(img)
    if new_width > width or new_height > height:
        raise ValueError(f"Requested crop size {(new_height, new_width)} is bigger than input size {(height, width)}")
    bottom, right = height - new_height, width - new_width
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right)]
    first, second, third, fourth = (crop(img, top, left, new_height, new_width) for top, left in corners)
    return first, second, third, fourth, center_crop(img, (new_height, new_width))


def ten_crop(img: Tensor | Image, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """The five crops of an image and those of its mirror image."""
    size = size_pair(size)
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


# --- turning and bending -------------------------------------------------------------------------------------------


def _require_center(center: object) -> None:
    if center is None:
        return
    if not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    if len(center) != 2:
        raise ValueError(f"Argument center should be a sequence of length 2. Got {len(center)}")


def affine(
    img: Tensor | Image,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:
    """Turn by degrees clockwise, scale and shear about a point (x, y), the middle by default; then move.

    `shear` is one angle along x or two, along x and y.
    """
    interpolation = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (int, float, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shears = [shear, 0.0] if isinstance(shear, (int, float)) else list(shear)
    if len(shears) not in (1, 2):
        raise ValueError(f"Shear should be a sequence containing two values. Got {shears}")
    _require_center(center)
    _, height, width = get_dimensions(img)
    # Pillow counts from the corner, a grid from the middle.
    origin = (width * 0.5, height * 0.5) if isinstance(img, Tensor) else (0, 0)
    x, y = (width * 0.5, height * 0.5) if center is None else center
    middle = (x - origin[0], y - origin[1])
    matrix = inverse_affine_matrix(middle, angle, translate, scale, (shears[0], shears[-1]))
    return _kernels(img).affine(img, matrix, interpolation, fill)


def rotate(
    img: Tensor | Image,
    angle: float,
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """Turn by degrees counter-clockwise; `expand` makes the image large enough to hold what has been turned."""
    interpolation = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    _require_center(center)
    return _kernels(img).rotate(img, angle, interpolation, expand, center, fill)


def perspective(
    img: Tensor | Image,
    startpoints: Sequence[Sequence[int]],
    endpoints: Sequence[Sequence[int]],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    fill: Any = None,
) -> Any:
    """Bend so that four points (x, y) of the image come to lie on four others."""
    coefficients = perspective_coefficients(startpoints, endpoints)
    return _kernels(img).perspective(img, coefficients, interpolation_mode(interpolation), fill)


def elastic_transform(
    img: Tensor | Image,
    displacement: Tensor,
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    fill: Any = None,
) -> Any:
    """Take each pixel from where `displacement` (1, H, W, 2) says, in x and y, as shares of half the image."""
    interpolation = interpolation_mode(interpolation)
    if not isinstance(displacement, Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    tensor = img if isinstance(img, Tensor) or not is_image(img) else pil_to_tensor(img)
    _, height, width = get_dimensions(tensor)
    expected = (1, height, width, 2)
    if tuple(displacement.shape) != expected:
        raise ValueError(f"Argument displacement shape should be {expected}, but given {tuple(displacement.shape)}")
    result = _functional_tensor.elastic_transform(tensor, displacement, interpolation, fill)
    return result if tensor is img else to_pil_image(result, img.mode)


def gaussian_blur(
    img: Tensor | Image, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None
) -> Any:
    """Blur by Gaussian weights over `kernel_size` pixels, one number or (across, down).

    Without `sigma` the standard deviation is what suits the kernel: 0.15 of its size and 0.35 more.
    """
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}")
    sizes = [kernel_size, kernel_size] if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in sizes]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    widths = [float(sigma)] if isinstance(sigma, (int, float)) else list(sigma)
    if len(widths) not in (1, 2):
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(widths)}")
    widths = [widths[0], widths[-1]]
    if min(widths) <= 0.0:
        raise ValueError(f"sigma should have positive values. Got {widths}")
    _kernels(img)  # raises for anything else
    tensor = img if isinstance(img, Tensor) else pil_to_tensor(img)
    result = _functional_tensor.gaussian_blur(tensor, sizes, widths)
    return result if tensor is img else to_pil_image(result, img.mode)


# --- colours -------------------------------------------------------------------------------------------------------


def adjust_brightness(img: Tensor | Image, brightness_factor: float) -> Any:
    """Multiply the brightness: 0 is black, 1 the image itself."""
    return _kernels(img).adjust_brightness(img, brightness_factor)


def adjust_contrast(img: Tensor | Image, contrast_factor: float) -> Any:
    """Multiply the distance from the mean brightness: 0 is plain gray, 1 the image itself."""
    return _kernels(img).adjust_contrast(img, contrast_factor)


def adjust_saturation(img: Tensor | Image, saturation_factor: float) -> Any:
    """Multiply the distance from gray: 0 is black and white, 1 the image itself."""
    return _kernels(img).adjust_saturation(img, saturation_factor)


def adjust_hue(img: Tensor | Image, hue_factor: float) -> Any:
    """Turn the colours round the circle by a share of it, from -0.5 to 0.5."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    return _kernels(img).adjust_hue(img, hue_factor)


def adjust_gamma(img: Tensor | Image, gamma: float, gain: float = 1) -> Any:
    """gain * brightness ** gamma, the brightness counting from 0 to 1."""
    kernels = _kernels(img)
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    return kernels.adjust_gamma(img, gamma, gain)


def adjust_sharpness(img: Tensor | Image, sharpness_factor: float) -> Any:
    """0 is a smoothed image, 1 the image itself, 2 twice as sharp."""
    return _kernels(img).adjust_sharpness(img, sharpness_factor)


def rgb_to_grayscale(img: Tensor | Image, num_output_channels: int = 1) -> Any:
    """Brightness alone, in one channel or three equal ones."""
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    return _kernels(img).rgb_to_grayscale(img, num_output_channels)


def to_grayscale(img: Image, num_output_channels: int = 1) -> Image:
    """Brightness alone, of a PIL image of any mode."""
    if not is_image(img):
        raise TypeError("Input should be PIL Image")
    return rgb_to_grayscale(img, num_output_channels)


def invert(img: Tensor | Image) -> Any:
    """The negative."""
    return _kernels(img).invert(img)


def posterize(img: Tensor | Image, bits: int) -> Any:
    """Keep the highest `bits` of each byte."""
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    return _kernels(img).posterize(img, bits)


def solarize(img: Tensor | Image, threshold: float) -> Any:
    """Invert all that is as bright as the threshold or brighter."""
    return _kernels(img).solarize(img, threshold)


def autocontrast(img: Tensor | Image) -> Any:
    """Stretch each channel so that its darkest pixel is black and its brightest white."""
    return _kernels(img).autocontrast(img)


def equalize(img: Tensor | Image) -> Any:
    """Change each channel's brightness so that all levels are about equally frequent."""
    return _kernels(img).equalize(img)
