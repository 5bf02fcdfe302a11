"""torch.accelerator: the GPU under a name that does not say whose: torch.cuda, or none.

All but the first three raise RuntimeError where there is no GPU.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict

from minitorch.cuda import devices, memory, streams
from minitorch.cuda.devices import Device
from minitorch.devices import device


def is_available() -> bool:
    """Whether there is a GPU."""
    return devices.is_available()


def device_count() -> int:
    """The number of GPUs."""
    return devices.device_count()


def current_accelerator(check_available: bool = False) -> device | None:
    """`device("cuda")`, or None where there is no GPU."""
    return device("cuda") if is_available() else None


def _checked(given: Device) -> Device:
    """`given` itself; raises torch's error where there is no GPU, or for a device that is none."""
    if not is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return devices.device_index(given)


def current_device_index() -> int:
    """The number of the GPU on which new tensors are placed."""
    _checked(0)
    return devices.current_device()


def set_device_index(device: Device, /) -> None:
    """Makes a GPU the current one."""
    devices.set_device(_checked(device))


def current_device_idx() -> int:
    """The old name of `current_device_index`; it warns."""
    warnings.warn("Use `current_device_index` instead.", FutureWarning, stacklevel=2)
    return current_device_index()


def set_device_idx(device: Device, /) -> None:
    """The old name of `set_device_index`; it warns."""
    warnings.warn("Use `set_device_index` instead.", FutureWarning, stacklevel=2)
    set_device_index(device)


class device_index(devices.device):
    """`with torch.accelerator.device_index(1):` makes a GPU the current one within; None changes nothing."""

    def __init__(self, device: int | None, /) -> None:
        super().__init__(-1 if device is None else device)


def synchronize(device: Device = None, /) -> None:
    """Waits until a GPU has done all that it was given."""
    devices.synchronize(_checked(device))


def current_stream(device: Device = None, /) -> streams.Stream:
    """The stream that work is given to."""
    return streams.current_stream(_checked(device))


def set_stream(stream: streams.Stream) -> None:
    """Gives the work from now on to `stream`."""
    streams.set_stream(stream)


def empty_cache() -> None:
    """Gives the memory that no array uses back to the GPU."""
    _checked(None)
    memory.empty_cache()


def memory_allocated(device_index: Device = None, /) -> int:
    """The bytes that arrays take."""
    return memory.memory_allocated(_checked(device_index))


def max_memory_allocated(device_index: Device = None, /) -> int:
    """As torch.cuda's: an upper bound of the most bytes that arrays took."""
    return memory.max_memory_allocated(_checked(device_index))


def memory_reserved(device_index: Device = None, /) -> int:
    """The bytes that arrays take or the pool keeps for new ones."""
    return memory.memory_reserved(_checked(device_index))


def max_memory_reserved(device_index: Device = None, /) -> int:
    """The most bytes that the pool held."""
    return memory.max_memory_reserved(_checked(device_index))


def reset_peak_memory_stats(device_index: Device = None, /) -> None:
    """Starts the peaks anew."""
    memory.reset_peak_memory_stats(_checked(device_index))


def memory_stats(device_index: Device = None, /) -> OrderedDict[str, int]:
    """The figures above under torch's names."""
    return memory.memory_stats(_checked(device_index))


def get_memory_info(device_index: Device = None, /) -> tuple[int, int]:
    """The free and the total bytes of a GPU."""
    return memory.mem_get_info(_checked(device_index))
