"""The composition of each operation of ops/embedding.py: rows by their indices."""

from __future__ import annotations

from typing import Any

import minitorch as torch
from minitorch.ops import embedding
from minitorch.study.check.compositions.extremes import max_along
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


def _with_gradient(value: Tensor, share: Tensor) -> Tensor:
    """The value itself, whose gradient is multiplied by `share`."""
    return value * share + (value * (1 - share)).detach()


@composition(embedding._embedding)
def embedding_rows(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool) -> Tensor:
    """Rows by their indices. The padding's row gets no gradient, others perhaps a share by how often they occur."""
    share = indices.ne(padding_idx).to(weight.dtype).unsqueeze(-1)
    if scale_grad_by_freq and indices.numel():
        counts = indices.reshape(-1, 1).eq(indices.reshape(1, -1)).sum(1)
        share = share / counts.reshape(*indices.shape, 1).to(weight.dtype)
    return _with_gradient(weight[indices], share)


@composition(embedding._embedding_bag)
def embedding_bag(
    weight: Tensor, per_sample_weights: Tensor | None, indices: Tensor, bags: Any, mode: str, scale_grad_by_freq: bool
) -> Tensor:
    """For each bag the sum, the mean or the largest of its rows."""
    rows = embedding_rows(weight, indices, -1, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    nothing = torch.zeros(weight.shape[1], dtype=weight.dtype)
    out = []
    for bag in range(bags.number):
        own = [k for k, (each, kept) in enumerate(zip(bags.of, bags.kept, strict=True)) if each == bag and kept]
        parts = torch.stack([rows[k] for k in own]) if own else nothing.unsqueeze(0)
        out.append(max_along(parts, 0) if mode == "max" else parts.sum(0) / (len(parts) if mode == "mean" else 1))
    return torch.stack(out) if out else torch.zeros((0, weight.shape[1]), dtype=weight.dtype)
