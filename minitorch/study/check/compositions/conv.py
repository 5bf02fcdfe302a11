"""The composition of each operation of ops/conv.py: a sum over the taps of the kernel."""

from __future__ import annotations

import itertools
from typing import Any

import minitorch as torch
from minitorch.ops import conv
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import composition
from minitorch.study.check.compositions.windows import Shape, _placed, _taps
from minitorch.tensor import Tensor


def _with_bias(out: Tensor, bias: Tensor | None) -> Tensor:
    return out if bias is None else out + bias.reshape(-1, *[1] * (out.ndim - 2))


@composition(conv._convolution)
def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any, size: Shape) -> Tensor:
    """At each position the sum over the taps: the tap's matrix (out, in) times what it meets; group by group."""
    kernel = tuple(weight.shape[2:])
    groups = []
    for x, w in zip(input.chunk(geometry.groups, 1), weight.chunk(geometry.groups, 0), strict=True):
        matrices = w.reshape(*w.shape[:2], -1).unbind(2)
        met = _taps(x, kernel, geometry, size)
        products = [matrix @ part.reshape(*part.shape[:2], -1) for matrix, part in zip(matrices, met, strict=True)]
        groups.append(_total(products).reshape(len(x), len(w), *size))
    return _with_bias(torch.cat(groups, 1), bias)


@composition(conv._convolution_input)
def convolution_input(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any, size: Shape) -> Tensor:
    """The transposed convolution: from each position the kernel is added to the image, weighted by the input."""
    kernel, positions = tuple(weight.shape[2:]), tuple(input.shape[2:])
    groups = []
    for x, w in zip(input.chunk(geometry.groups, 1), weight.chunk(geometry.groups, 0), strict=True):
        rows = x.reshape(*x.shape[:2], -1)
        matrices = w.reshape(*w.shape[:2], -1).unbind(2)
        parts = [(matrix.mT @ rows).reshape(len(x), w.shape[1], *positions) for matrix in matrices]
        taps = itertools.product(*map(range, kernel))
        groups.append(_total(_placed(part, tap, geometry, size) for tap, part in zip(taps, parts, strict=True)))
    return _with_bias(torch.cat(groups, 1), bias)
