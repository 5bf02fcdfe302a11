"""Vectors against each other: bilinear forms, directions, cosines and distances."""

from __future__ import annotations

from minitorch.autograd.modes import no_grad
from minitorch.nn.functional._arguments import check_tensors
from minitorch.ops import arithmetic, linalg
from minitorch.ops.conversion import result_type
from minitorch.ops.repeating import broadcast_tensors
from minitorch.tensor import Tensor


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input1 @ weight[k] @ input2 + bias[k]`: (..., n), (..., m), weight (out, n, m), bias (out) give (..., out)."""
    given = {"input1": input1, "input2": input2, "weight": weight}
    check_tensors("bilinear", **(given if bias is None else given | {"bias": bias}))
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for dim, (own, other) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if own != other:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {own} and {other}")
    for k, operand in ((1, input1), (2, input2)):
        if operand.shape[-1] != weight.shape[k]:
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {operand.shape[-1]} but expected "
                f"{weight.shape[k]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    product = linalg.einsum("...i,oij,...j->...o", input1, weight, input2)
    return product if bias is None else product + bias


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """`input` over its p-norm along `dim`, which is taken to be `eps` at least."""
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps)
    return arithmetic.div(input, norm.expand_as(input), out=out)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between x1 and x2 (broadcast together) along `dim`; norms are `eps` at least."""
    common = result_type(x1, x2)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.legacy_name}")
    x1, x2 = broadcast_tensors(x1.to(common), x2.to(common))
    cosine: Tensor = (_direction(x1, dim, eps) * _direction(x2, dim, eps)).sum(dim)
    return cosine


def _direction(x: Tensor, dim: int, eps: float) -> Tensor:
    """`x` over its norm along `dim`, whose lower bound `eps` does not stop gradients."""
    norm = x.norm(2, dim, keepdim=True).clone()
    with no_grad():
        norm.clamp_min_(eps)
    direction: Tensor = x / norm
    return direction


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of `x1 - x2 + eps` along the last dimension."""
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)  # type: ignore[no-any-return]  # bound from a table
