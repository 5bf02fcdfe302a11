"""torchvision's API: datasets, transforms, models, files and utils for images. It follows torchvision 0.28."""

from __future__ import annotations

from minitorch.vision import datasets as datasets
from minitorch.vision import io as io
from minitorch.vision import models as models
from minitorch.vision import ops as ops
from minitorch.vision import transforms as transforms
from minitorch.vision import utils as utils

__version__ = "0.28.0"


def get_image_backend() -> str:
    """The package that reads images: always "PIL"."""
    return "PIL"


def set_image_backend(backend: str) -> None:
    """Accepts "PIL", which it always is. Differs from torch: there is no accimage; ValueError for anything else."""
    if backend != "PIL":
        raise ValueError(f"Invalid backend '{backend}'. The only option here is 'PIL'")
