"""Gaussian elimination with row swaps, of many matrices at a time."""

from __future__ import annotations

import math
from typing import Any

from minitorch.backend import Array


def eliminated(xp: Any, A: Array) -> tuple[Array, Array, Array]:
    """L and U in one matrix, the rows that were swapped (from 1 on), and where U's diagonal has its first 0, or 0.

    Column by column the row of the largest element is swapped up, and subtracted from those below.
    """
    LU = A.reshape(math.prod(A.shape[:-2]), *A.shape[-2:]).copy()
    count, rows, columns = LU.shape
    items, size = xp.arange(count), min(rows, columns)
    pivots = xp.zeros((count, size), "int32")
    for k in range(size):
        largest = k + xp.absolute(LU[:, k:, k]).argmax(1)
        pivots[:, k] = largest + 1
        upper, lower = LU[:, k].copy(), LU[items, largest]
        LU[items, largest] = upper
        LU[:, k] = lower
        divisor = LU[:, k, k]
        LU[:, k + 1 :, k] /= xp.where(divisor == 0, 1, divisor)[:, None]
        LU[:, k + 1 :, k + 1 :] -= LU[:, k + 1 :, k, None] * LU[:, None, k, k + 1 :]
    zero = xp.diagonal(LU, 0, 1, 2) == 0
    info = xp.where(zero.any(1), zero.argmax(1) + 1, 0).astype("int32") if size else xp.zeros(count, "int32")
    batch = A.shape[:-2]
    return LU.reshape(A.shape), pivots.reshape(*batch, size), info.reshape(batch)
