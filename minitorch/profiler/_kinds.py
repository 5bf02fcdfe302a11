"""What can be profiled, and on what devices."""

from __future__ import annotations

from enum import Enum


class ProfilerActivity(Enum):
    """Where the work that is profiled is done. Differs from torch: only that of the CPU is timed."""

    CPU = 0
    XPU = 1
    MTIA = 4
    CUDA = 2
    HPU = 3
    PrivateUse1 = 5

    def __int__(self) -> int:
        return self.value


class DeviceType(Enum):
    """The kind of device that an event was measured on: always CPU here."""

    CPU = 0
    CUDA = 1

    def __int__(self) -> int:
        return self.value


def supported_activities() -> set[ProfilerActivity]:
    """The activities that can be measured: that of the CPU."""
    return {ProfilerActivity.CPU}


def kineto_available() -> bool:
    """Whether torch's tracing library is there: it is not, nor is it needed."""
    return False
