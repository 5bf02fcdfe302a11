"""torch.backends.mps: Apple's GPUs, which minitorch does not use."""

from __future__ import annotations


def is_available() -> bool:
    """Always False."""
    return False


def is_built() -> bool:
    """Always False."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """Always False: what macOS offers to a GPU is not used."""
    return False
