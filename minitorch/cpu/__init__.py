"""torch.cpu: the CPU under the names that torch.cuda has for a GPU."""

from __future__ import annotations

from minitorch.cpu import amp as amp


def is_available() -> bool:
    """Always True."""
    return True


def device_count() -> int:
    """Always 1."""
    return 1


def current_device() -> str:
    """Always "cpu"."""
    return "cpu"


def set_device(device: object) -> None:
    """Does nothing: there is one."""


def synchronize(device: object = None) -> None:
    """Does nothing: an operation on the CPU is done when it returns."""
