"""The composition of each operation of ops/choices.py: bounds, the larger or smaller of two, and nan replaced."""

from __future__ import annotations

import math
from typing import Any

import minitorch as torch
from minitorch.ops import choices
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(choices.clamp)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    raised = input if min is None else clamp_min(input, min)
    return raised if max is None else clamp_max(raised, max)


@composition(choices.clamp_min)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    return torch.where(input >= min, input, min)


@composition(choices.clamp_max)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    return torch.where(input <= max, input, max)


@composition(choices.maximum)
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input > other, input, other))


@composition(choices.minimum)
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input < other, input, other))


@composition(choices.fmax)
def fmax(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input >= other) | other.isnan(), input, other)


@composition(choices.fmin)
def fmin(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input <= other) | other.isnan(), input, other)


@composition(choices.nan_to_num)
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    largest = torch.finfo(input.dtype).max
    high = largest if posinf is None else posinf
    low = -largest if neginf is None else neginf
    whole = torch.where(input.eq(math.inf), high, torch.where(input.eq(-math.inf), low, input))
    return torch.where(input.isnan(), nan or 0.0, whole)
