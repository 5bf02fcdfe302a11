"""The memory of the GPU: CuPy's pool, which keeps what is freed for the next array. Zeros where there is no GPU."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from minitorch.backend import gpu, load_cupy
from minitorch.cuda.devices import Device, device_index, is_available


def _pool(device: Device) -> Any:
    """The pool of a GPU; None where there is none."""
    if not is_available():
        return None
    with gpu(device_index(device)):
        return load_cupy().get_default_memory_pool()


def _bytes(device: Device, question: str) -> int:
    pool = _pool(device)
    if pool is None:
        return 0
    with gpu(device_index(device)):
        return int(getattr(pool, question)())


def empty_cache() -> None:
    """Gives the memory that no array uses back to the GPU."""
    pool = _pool(None)
    if pool is not None:
        pool.free_all_blocks()


def ipc_collect() -> None:
    """Nothing: processes do not share a GPU's memory here. Raises CudaUnavailableError where there is no GPU."""
    load_cupy()


def memory_allocated(device: Device = None) -> int:
    """The bytes that arrays take."""
    return _bytes(device, "used_bytes")


def memory_reserved(device: Device = None) -> int:
    """The bytes that arrays take or the pool keeps for new ones."""
    return _bytes(device, "total_bytes")


def max_memory_reserved(device: Device = None) -> int:
    """The most bytes that the pool held since it was last emptied: it grows only where an array does not fit."""
    return _bytes(device, "total_bytes")


def max_memory_allocated(device: Device = None) -> int:
    """The most bytes that arrays took since `reset_peak_memory_stats`.

    Differs from torch: CuPy keeps no such figure, so this is its upper bound, that of max_memory_reserved.
    """
    return max_memory_reserved(device)


def reset_peak_memory_stats(device: Device = None) -> None:
    """Starts the peaks anew: the pool gives back what no array uses."""
    empty_cache()


reset_max_memory_allocated = reset_max_memory_cached = reset_accumulated_memory_stats = reset_peak_memory_stats
memory_cached, max_memory_cached = memory_reserved, max_memory_reserved


def memory_stats(device: Device = None) -> OrderedDict[str, int]:
    """The figures above under torch's names; empty where there is no GPU."""
    if not is_available():
        return OrderedDict()
    return OrderedDict(
        {
            "allocated_bytes.all.current": memory_allocated(device),
            "allocated_bytes.all.peak": max_memory_allocated(device),
            "reserved_bytes.all.current": memory_reserved(device),
            "reserved_bytes.all.peak": max_memory_reserved(device),
        }
    )


def memory_summary(device: Device = None, abbreviated: bool = False) -> str:
    """The figures above as text, a line each."""
    figures = {"allocated": memory_allocated, "reserved": memory_reserved, "peak": max_memory_reserved}
    return "\n".join(f"{name:10} {figure(device):>16,} bytes" for name, figure in figures.items())


def mem_get_info(device: Device = None) -> tuple[int, int]:
    """The free and the total bytes of a GPU; raises CudaUnavailableError where there is none."""
    with gpu(device_index(device)):
        free, total = load_cupy().cuda.runtime.memGetInfo()
    return int(free), int(total)


def set_per_process_memory_fraction(fraction: float, device: Device = None) -> None:
    """Limits the pool to a part of the GPU's memory; raises ValueError unless it lies in [0, 1]."""
    if not isinstance(fraction, float):
        raise TypeError("Invalid type for fraction argument, must be `float`")
    if not 0 <= fraction <= 1:
        raise ValueError(f"Invalid fraction value: {fraction}. Allowed range: 0~1")
    with gpu(device_index(device)):
        load_cupy().get_default_memory_pool().set_limit(fraction=fraction)
