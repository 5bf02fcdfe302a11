"""The composition of each operation of ops/resample.py: the same elements elsewhere, or weighted means of them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import minitorch as torch
from minitorch.backend import array_module
from minitorch.ops import resample
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape, _placed, _taps
from minitorch.tensor import Tensor


@composition(resample._im2col)
def im2col(input: Tensor, window: Any, positions: Shape) -> Tensor:
    """Each window as a column."""
    columns = torch.stack([*_taps(input, window.kernel, window, positions)], -3)
    return columns.reshape(*input.shape[:-3], -1, math.prod(positions))


@composition(resample._col2im)
def col2im(input: Tensor, window: Any, positions: Shape, size: Shape) -> Tensor:
    """Each column added to the image where its window lies."""
    taps = [*itertools.product(*map(range, window.kernel))]
    columns = input.reshape(*input.shape[:-2], -1, len(taps), *positions)
    return _total(_placed(columns.select(-3, k), tap, window, size) for k, tap in enumerate(taps))


@composition(resample._upsample)
def upsample(input: Tensor, mode: str, size: Shape, scales: Any, align: bool) -> Tensor:
    """Dimension by dimension the elements around each place, weighted by how near they are."""
    xp, wide = array_module(input._array), input._array.dtype
    for dim, (n, scale) in enumerate(zip(size, scales, strict=True), input.ndim - len(size)):
        precise = wide if wide == "float64" and not mode.startswith("nearest") else xp.float32
        places, weights = resample._sources(xp, mode, input.shape[dim], n, scale, align, precise)
        column = (-1, *[1] * (input.ndim - dim - 1))
        parts = []
        for k in range(places.shape[1]):
            near = input.index_select(dim, torch.from_numpy(places[:, k].copy()))
            share = 1.0 if weights is None else torch.from_numpy(weights[:, k].astype(wide)).reshape(column)
            parts.append(near * share)
        input = _total(parts)
    return input


@composition(resample._upsample_smooth)
def upsample_smooth(input: Tensor, mode: str, size: Shape, scales: Any, align: bool) -> Tensor:
    """Dimension by dimension the weighted mean of all elements, for each place."""
    xp, own = array_module(input._array), input._array.dtype
    for dim, (n, scale) in enumerate(zip(size, scales, strict=True), input.ndim - len(size)):
        weights = resample._covering(xp, mode, input.shape[dim], n, scale, align, own)
        column = (-1, *[1] * (input.ndim - dim - 1))
        shares = [torch.from_numpy(weights[:, k].copy()).reshape(column) for k in range(input.shape[dim])]
        input = _total(input.narrow(dim, k, 1) * share for k, share in enumerate(shares))
    return input


@composition(resample.pixel_shuffle)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    r = upscale_factor
    *lead, channels, height, width = input.shape
    parts = input.reshape(-1, channels // (r * r), r, r, height, width)
    return parts.permute(0, 1, 4, 2, 5, 3).reshape(*lead, channels // (r * r), height * r, width * r)


@composition(resample.pixel_unshuffle)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    r = downscale_factor
    *lead, channels, height, width = input.shape
    parts = input.reshape(-1, channels, height // r, r, width // r, r)
    return parts.permute(0, 1, 3, 5, 2, 4).reshape(*lead, channels * r * r, height // r, width // r)


@composition(resample.channel_shuffle)
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    return input.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
