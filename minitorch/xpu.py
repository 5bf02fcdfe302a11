"""torch.xpu: Intel's GPUs, which minitorch does not use."""

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


manual_seed_all = manual_seed


def synchronize(device: object = None) -> None:
    """Raises NotSupportedError."""
    raise NotSupportedError("torch.xpu: minitorch has the devices cpu (NumPy) and cuda (CuPy)")


def empty_cache() -> None:
    """Does nothing: nothing is cached."""
