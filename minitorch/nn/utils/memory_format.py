"""The order in memory of the weights of convolutions.

Differs from torch: `contiguous` lays out elements row by row whatever the format, and so do these.
"""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch.nn.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from minitorch.nn.module import Module

_M = TypeVar("_M", bound=Module)


def _convert(module: _M, memory_format: Any, kinds: tuple[type[Module], ...]) -> _M:
    for each in module.modules():
        if isinstance(each, kinds):
            weight: Any = each.weight
            weight.data = weight.detach().clone().contiguous(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: _M, memory_format: Any) -> _M:
    """Lays out the weights of all Conv2d and ConvTranspose2d of the module, in place; returns it."""
    return _convert(module, memory_format, (Conv2d, ConvTranspose2d))


def convert_conv3d_weight_memory_format(module: _M, memory_format: Any) -> _M:
    """Lays out the weights of all Conv3d and ConvTranspose3d of the module, in place; returns it."""
    return _convert(module, memory_format, (Conv3d, ConvTranspose3d))
