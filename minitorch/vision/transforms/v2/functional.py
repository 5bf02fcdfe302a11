"""The functions of `transforms.functional`, and those that only the second version has."""

from __future__ import annotations

from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import is_image
from minitorch.vision.transforms.functional import InterpolationMode as InterpolationMode
from minitorch.vision.transforms.functional import adjust_brightness as adjust_brightness
from minitorch.vision.transforms.functional import adjust_contrast as adjust_contrast
from minitorch.vision.transforms.functional import adjust_gamma as adjust_gamma
from minitorch.vision.transforms.functional import adjust_hue as adjust_hue
from minitorch.vision.transforms.functional import adjust_saturation as adjust_saturation
from minitorch.vision.transforms.functional import adjust_sharpness as adjust_sharpness
from minitorch.vision.transforms.functional import affine as affine
from minitorch.vision.transforms.functional import autocontrast as autocontrast
from minitorch.vision.transforms.functional import center_crop as center_crop
from minitorch.vision.transforms.functional import convert_image_dtype as convert_image_dtype
from minitorch.vision.transforms.functional import crop as crop
from minitorch.vision.transforms.functional import elastic_transform as elastic_transform
from minitorch.vision.transforms.functional import equalize as equalize
from minitorch.vision.transforms.functional import erase as erase
from minitorch.vision.transforms.functional import five_crop as five_crop
from minitorch.vision.transforms.functional import gaussian_blur as gaussian_blur
from minitorch.vision.transforms.functional import get_dimensions as get_dimensions
from minitorch.vision.transforms.functional import get_image_num_channels as get_image_num_channels
from minitorch.vision.transforms.functional import get_image_size as get_image_size
from minitorch.vision.transforms.functional import hflip as hflip
from minitorch.vision.transforms.functional import invert as invert
from minitorch.vision.transforms.functional import normalize as normalize
from minitorch.vision.transforms.functional import pad as pad
from minitorch.vision.transforms.functional import perspective as perspective
from minitorch.vision.transforms.functional import pil_to_tensor as pil_to_tensor
from minitorch.vision.transforms.functional import posterize as posterize
from minitorch.vision.transforms.functional import resize as resize
from minitorch.vision.transforms.functional import resized_crop as resized_crop
from minitorch.vision.transforms.functional import rgb_to_grayscale as rgb_to_grayscale
from minitorch.vision.transforms.functional import rotate as rotate
from minitorch.vision.transforms.functional import solarize as solarize
from minitorch.vision.transforms.functional import ten_crop as ten_crop
from minitorch.vision.transforms.functional import to_grayscale as to_grayscale
from minitorch.vision.transforms.functional import to_pil_image as to_pil_image
from minitorch.vision.transforms.functional import to_tensor as to_tensor
from minitorch.vision.transforms.functional import vflip as vflip


def to_image(inpt: Any) -> Tensor:
    """An image, an array (H, W, C) or a tensor as a tensor (C, H, W), its numbers as they are."""
    if isinstance(inpt, Tensor):
        return inpt
    if isinstance(inpt, np.ndarray):
        array = inpt[:, :, None] if inpt.ndim == 2 else inpt
        return minitorch.from_numpy(array).permute(2, 0, 1).contiguous()
    if is_image(inpt):
        return pil_to_tensor(inpt)
    raise TypeError(f"Input can either be a pure Tensor, a numpy array, or a PIL image, but got {type(inpt)} instead.")


def to_dtype(inpt: Tensor, dtype: minitorch.dtype = minitorch.float32, scale: bool = False) -> Tensor:
    """A tensor in another dtype; with `scale` full brightness stays full brightness."""
    return convert_image_dtype(inpt, dtype) if scale else inpt.to(dtype)


def grayscale_to_rgb(inpt: Any) -> Any:
    """One channel as three equal ones; an image or tensor of more channels stays as it is."""
    if is_image(inpt):
        return inpt.convert("RGB")
    return inpt if inpt.shape[-3] >= 3 else rgb_to_grayscale(inpt).expand(*inpt.shape[:-3], 3, *inpt.shape[-2:])


def get_size(inpt: Any) -> list[int]:
    """Height and width, in this order."""
    return get_dimensions(inpt)[1:]


horizontal_flip = hflip
vertical_flip = vflip
get_num_channels = get_image_num_channels
elastic = elastic_transform
