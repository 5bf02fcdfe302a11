"""torch.backends.openmp: threads by OpenMP, which minitorch does not use."""

from __future__ import annotations


def is_available() -> bool:
    """Always False."""
    return False
