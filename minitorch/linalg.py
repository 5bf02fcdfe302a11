"""torch.linalg: norms, products and diagonals of matrices, by torch's names."""

from __future__ import annotations

from minitorch.ops import linalg as products
from minitorch.ops import shape
from minitorch.ops.linalg import matmul, matrix_power, multi_dot
from minitorch.ops.reduction import linalg_norm as norm
from minitorch.ops.reduction import matrix_norm, vector_norm
from minitorch.tensor import Tensor

__all__ = ["cross", "diagonal", "matmul", "matrix_norm", "matrix_power", "multi_dot", "norm", "vector_norm"]


def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The cross product of 3-vectors along `dim`; raises RuntimeError where that is of another size."""
    return products.cross(input, other, dim, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of the matrices in dimensions `dim1` and `dim2`, as the last dimension; a view."""
    result: Tensor = shape.diagonal(A, offset, dim1, dim2)
    return result
