"""Transforms between images, arrays and tensors, and of the numbers in tensors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import Image
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._transform import RandomTransform, Transform, integer, uniform


class ToTensor:
    """An image or an array (H, W, C) as a tensor (C, H, W); bytes become floats from 0 to 1."""

    def __call__(self, pic: Image | np.ndarray) -> Tensor:
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """An image as a tensor (C, H, W) of the numbers that it holds."""

    def __call__(self, pic: Image) -> Tensor:
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor (C, H, W) or an array (H, W, C) as an image, of a mode that fits if none is named."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Tensor | np.ndarray) -> Image:
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Transform):
    """A tensor in another dtype, full brightness (1 in floats, the largest integer) staying full brightness."""

    def __init__(self, dtype: minitorch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Tensor) -> Tensor:
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Transform):
    """(tensor - mean) / std channel by channel."""

    _shown = ("mean", "std")

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Tensor) -> Tensor:
        return F.normalize(tensor, self.mean, self.std, self.inplace)


class LinearTransformation(Transform):
    """(flattened tensor - mean) @ matrix, in the tensor's own shape: whitening, for one.

    The matrix is (D, D) and the mean (D,), D being channels times height times width.
    """

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        rows, columns = transformation_matrix.size()
        if rows != columns:
            raise ValueError(f"transformation_matrix should be square. Got {(rows, columns)} rectangular matrix.")
        if mean_vector.size(0) != columns:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.size(0)} as any one of the dimensions of the "
                f"transformation_matrix [{(rows, columns)}]"
            )
        if transformation_matrix.device != mean_vector.device:
            raise ValueError(
                f"Input tensors should be on the same device. Got {transformation_matrix.device} and "
                f"{mean_vector.device}"
            )
        if transformation_matrix.dtype != mean_vector.dtype:
            raise ValueError(
                f"Input tensors should have the same dtype. Got {transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Tensor) -> Tensor:
        size, wanted = math.prod(tensor.shape[-3:]), self.transformation_matrix.shape[0]
        if size != wanted:
            shape = " x ".join(str(length) for length in tensor.shape[-3:])
            raise ValueError(f"Input tensor and transformation matrix have incompatible shape.[{shape}] != {wanted}")
        if tensor.device != self.mean_vector.device:
            raise ValueError(
                f"Input tensor should be on the same device as transformation matrix and mean vector. "
                f"Got {tensor.device} vs {self.mean_vector.device}"
            )
        flat = tensor.reshape(-1, size) - self.mean_vector
        return (flat @ self.transformation_matrix.to(flat.dtype)).view(tensor.shape)

    def __repr__(self) -> str:
        matrix, mean = self.transformation_matrix.tolist(), self.mean_vector.tolist()
        return f"{type(self).__name__}(transformation_matrix={matrix}, mean_vector={mean})"


class RandomErasing(RandomTransform):
    """Overwrite, with probability p, a rectangle of a tensor by a value, one a channel, or "random" noise.

    Its area is a share of the image's from `scale`, its height by its width is from `ratio`.
    """

    _shown = ("p", "scale", "ratio", "value", "inplace")

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__(p)
        if not isinstance(value, (Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        require_ranges(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float], value: Any = None
    ) -> tuple[int, int, int, int, Tensor]:
        """Row, column, height and width of the rectangle, and what to put there."""
        channels, height, width = img.shape[-3:]
        logs = minitorch.log(minitorch.tensor(ratio))
        for _ in range(10):
            area = height * width * uniform(scale[0], scale[1])
            aspect = minitorch.exp(minitorch.empty(1).uniform_(logs[0].item(), logs[1].item())).item()
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if h >= height or w >= width:
                continue
            if value is None:
                content = minitorch.empty([channels, h, w], dtype=minitorch.float32).normal_()
            else:
                content = minitorch.tensor(value)[:, None, None]
            return integer(0, height - h + 1), integer(0, width - w + 1), h, w, content
        return 0, 0, height, width, img

    def _change(self, img: Tensor) -> Tensor:
        if not isinstance(img, Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(img)}: put ToTensor before RandomErasing")
        value = self.value if isinstance(self.value, (tuple, list)) else [self.value]
        if len(value) not in (1, img.shape[-3]):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {img.shape[-3]} "
                "(number of input channels)"
            )
        return F.erase(
            img,
            *self.get_params(img, self.scale, self.ratio, None if value == ["random"] else value),
            self.inplace,
        )


def require_ranges(scale: Any, ratio: Any) -> None:
    """Raise TypeError unless both are sequences; warn where the first number is the larger one."""
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)
