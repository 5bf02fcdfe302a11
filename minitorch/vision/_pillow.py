"""Pillow is optional: it is imported when the first image needs it."""

from __future__ import annotations

import importlib
import sys
from typing import Any

# What the annotations call a PIL.Image.Image, which cannot be named here without importing Pillow.
Image = Any


def pillow(module: str) -> Any:
    """The module PIL.`module`. Raises ImportError, with what to install, where Pillow is missing."""
    try:
        return importlib.import_module(f"PIL.{module}")
    except ImportError as error:
        raise ImportError(f"PIL.{module} is needed for images: pip install pillow") from error


def is_image(value: object) -> bool:
    """Whether `value` is a PIL image. None exists before Pillow is imported."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)
