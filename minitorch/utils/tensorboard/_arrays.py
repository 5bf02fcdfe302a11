"""What the writers take: tensors, arrays and numbers as NumPy arrays; pictures as height, width, channels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from minitorch.tensor import Tensor

Array = npt.NDArray[Any]


def make_np(x: Any) -> Array:
    """A tensor or an array as an array of its shape, a number as an array of one element.

    Raises NotImplementedError for anything else.
    """
    if isinstance(x, Tensor):
        array: Array = x.detach().cpu().numpy()
        return array
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    raise NotImplementedError(f"Got {type(x)}, but numpy array or torch tensor are expected.")


def as_bytes(array: Array) -> Array:
    """Colours as whole numbers from 0 to 255: those of uint8 as they are, others between 0 and 1, clipped; nan is 0."""
    if array.dtype == np.uint8:
        return array
    return np.nan_to_num(array.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def grid(images: Array, columns: int, rows: int | None = None) -> Array:
    """Pictures (N, H, W, C) side by side, row by row, on black; as many rows as they need if not said."""
    count, height, width, channels = images.shape
    rows = rows or math.ceil(count / columns)
    whole = np.zeros((rows * columns, height, width, channels), images.dtype)
    whole[:count] = images
    return (
        whole.reshape(rows, columns, height, width, channels)
        .swapaxes(1, 2)
        .reshape(rows * height, columns * width, channels)
    )


def to_hwc(array: Array, dataformats: str, columns: int = 8) -> Array:
    """A picture as (H, W, C), grey as three equal channels; several (an `N` in `dataformats`) as a grid of pictures.

    Raises AssertionError where `dataformats` names an axis twice, has not as many letters as the array has dimensions,
    or where a grid's pictures have other than 1 or 3 channels; ValueError for letters that make no picture.
    """
    if len(set(dataformats)) != len(dataformats):
        raise AssertionError(f"You can not use the same dimension shorthand twice. input_format: {dataformats}")
    if array.ndim != len(dataformats):
        raise AssertionError(
            "size of input tensor and input format are different. "
            f"tensor shape: {array.shape}, input_format: {dataformats}"
        )
    letters = dataformats.upper()
    wanted = {"HW": "HW", "CHW": "HWC", "CHNW": "NHWC"}.get("".join(sorted(letters)))
    if wanted is None:
        raise ValueError(f"dataformats must be made of H, W, perhaps C and perhaps N with C, got {dataformats!r}")
    picture = array.transpose([letters.index(letter) for letter in wanted])
    if wanted == "HW":
        picture = picture[..., None]
    if wanted == "NHWC":
        if picture.shape[3] not in (1, 3):
            raise AssertionError(f"Input should be a 4D numpy array with 3 channels, got {picture.shape[3]} channels")
        if not len(picture):
            raise ValueError("expected at least one picture, got none")
        picture = grid(picture, min(len(picture), columns))
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
