"""Pictures as files, as bytes and as tensors (channels, height, width) of uint8: torchvision.io, on Pillow."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from enum import Enum
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import Image, pillow
from minitorch.vision.transforms.functional import pil_to_tensor, to_pil_image

StrPath = str | os.PathLike[str]
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class ImageReadMode(Enum):
    """The channels to read a picture with: those it has, or others."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = RGB_ALPHA


_PILLOW_MODES = {
    ImageReadMode.GRAY: "L",
    ImageReadMode.GRAY_ALPHA: "LA",
    ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}


def read_file(path: StrPath) -> Tensor:
    """The bytes of a file: a uint8 tensor (size). Raises RuntimeError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return minitorch.frombuffer(bytearray(file.read()), dtype=minitorch.uint8)
    except OSError as error:
        raise RuntimeError(str(error)) from error


def write_file(filename: StrPath, data: Tensor) -> None:
    """Write the bytes `data`, a uint8 tensor of one dimension, into a file."""
    if data.dtype != minitorch.uint8 or data.dim() != 1:
        raise RuntimeError(f"Expected a tensor of bytes, of one dimension, got {data.dtype} {tuple(data.shape)}")
    with open(filename, "wb") as file:
        file.write(data.numpy().tobytes())


def decode_image(
    input: Tensor | StrPath, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """The picture in a file, or in its bytes (uint8, one dimension), as a uint8 tensor (channels, height, width).

    Of an animation the first picture. Raises RuntimeError for what is no JPEG, PNG, WEBP or GIF. Differs from torch:
    an animated GIF gives no batch, and a PNG of 16 bits gives 8.
    """
    return _decoded(
        read_file(input) if isinstance(input, (str, os.PathLike)) else input, _FORMATS, mode, apply_exif_orientation
    )


read_image = decode_image


def decode_jpeg(
    input: Tensor,
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    device: Any = "cpu",
    apply_exif_orientation: bool = False,
) -> Tensor:
    """The picture in the bytes of a JPEG file, on `device`: as `decode_image`."""
    return _decoded(input, ("JPEG",), mode, apply_exif_orientation).to(device)


def decode_png(
    input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """The picture in the bytes of a PNG file: as `decode_image`."""
    return _decoded(input, ("PNG",), mode, apply_exif_orientation)


def _decoded(content: Tensor, formats: Sequence[str], mode: ImageReadMode | str, upright: bool) -> Tensor:
    if content.dtype != minitorch.uint8 or content.dim() != 1 or not content.numel():
        raise RuntimeError(
            f"Expected a non empty 1-dimensional tensor of uint8, got {content.dtype} {tuple(content.shape)}"
        )
    if isinstance(mode, str):
        mode = ImageReadMode[mode.upper()]
    try:
        with pillow("Image").open(io.BytesIO(content.numpy().tobytes()), formats=formats) as image:
            if upright:
                image = pillow("ImageOps").exif_transpose(image)
            return pil_to_tensor(image.convert(_PILLOW_MODES.get(mode) or _own_mode(image)))
    except OSError as error:
        raise RuntimeError(f"Unsupported image file, {' or '.join(formats)} expected: {error}") from error


def _own_mode(image: Image) -> str:
    """The mode of a picture itself, in which a palette is looked up."""
    if image.mode in ("1", "I", "I;16"):
        return "L"
    if image.mode in ("L", "LA", "RGBA"):
        return str(image.mode)
    return "RGBA" if image.has_transparency_data else "RGB"


def _encoded(input: Tensor, format: str, **options: int) -> Tensor:
    if input.dtype != minitorch.uint8:
        raise RuntimeError(f"Input tensor dtype should be uint8, got {input.dtype}")
    if input.dim() != 3 or input.size(0) not in (1, 3):
        raise RuntimeError(f"Input data should be a 3-dimensional tensor of 1 or 3 channels, got {tuple(input.shape)}")
    content = io.BytesIO()
    to_pil_image(input).save(content, format, **options)
    return minitorch.frombuffer(bytearray(content.getvalue()), dtype=minitorch.uint8)


def encode_png(input: Tensor, compression_level: int = 6) -> Tensor:
    """The bytes of a PNG file of a picture (1 or 3, height, width) of uint8, packed with level 0 to 9."""
    if not 0 <= compression_level <= 9:
        raise RuntimeError(f"Compression level should be between 0 and 9, got {compression_level}")
    return _encoded(input, "PNG", compress_level=compression_level)


def encode_jpeg(input: Tensor, quality: int = 75) -> Tensor:
    """The bytes of a JPEG file of a picture (1 or 3, height, width) of uint8, of a quality from 1 to 100."""
    if not 1 <= quality <= 100:
        raise ValueError(f"Image quality should be a positive number between 1 and 100, got {quality}")
    return _encoded(input, "JPEG", quality=quality)


def write_png(input: Tensor, filename: StrPath, compression_level: int = 6) -> None:
    """Write a picture into a PNG file: as `encode_png`."""
    write_file(filename, encode_png(input, compression_level))


def write_jpeg(input: Tensor, filename: StrPath, quality: int = 75) -> None:
    """Write a picture into a JPEG file: as `encode_jpeg`."""
    write_file(filename, encode_jpeg(input, quality))
