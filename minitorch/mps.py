"""torch.mps: Apple's GPUs, which minitorch does not use."""

from __future__ import annotations

from minitorch.errors import NotSupportedError


def is_available() -> bool:
    """Always False."""
    return False


def device_count() -> int:
    """Always 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Does nothing: there is no such generator."""


def synchronize() -> None:
    """Raises NotSupportedError."""
    raise NotSupportedError("torch.mps: minitorch has the devices cpu (NumPy) and cuda (CuPy)")


empty_cache = synchronize
