"""The GPUs: how many there are, which one is current, what they are. Without CuPy or a GPU, none.

Questions about availability never raise. All else raises CudaUnavailableError where there is no GPU.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch.backend import cuda_device_count, gpu, load_cupy, modules
from minitorch.devices import as_device
from minitorch.devices import device as torch_device
from minitorch.errors import CudaUnavailableError

Device = torch_device | str | int | None


def device_count() -> int:
    """The number of GPUs; 0 without CuPy."""
    try:
        return cuda_device_count(load_cupy())
    except CudaUnavailableError:
        return 0


def is_available() -> bool:
    """Whether there is a GPU, and CuPy to use it."""
    return device_count() > 0


def init() -> None:
    """Makes CuPy ready; the first use does so by itself."""
    load_cupy()


def is_initialized() -> bool:
    """Whether CuPy has been made ready."""
    return any(module.__name__ == "cupy" for module in modules.values())


def device_index(device: Device) -> int:
    """The number of a GPU given in any form; the current one for None, or for "cuda" without a number.

    Raises ValueError for a device that is no GPU.
    """
    if isinstance(device, int):
        return device
    if device is not None:
        own = as_device(device)
        if own.type != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {own}")
        if own.index is not None:
            return own.index
    return current_device()


def current_device() -> int:
    """The number of the GPU on which new tensors are placed."""
    return int(gpu().id)


def set_device(device: Device) -> None:
    """Makes a GPU the current one; a negative number leaves it as it is.

    Raises ValueError for a device without a number, RuntimeError for a number that no GPU has.
    """
    if device is None or device == "cuda" or device == torch_device("cuda"):
        raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{device}")
    index = device_index(device)
    if index >= 0:
        gpu(index).use()


def synchronize(device: Device = None) -> None:
    """Waits until a GPU has done all that it was given."""
    gpu(device_index(device)).synchronize()


class CudaDeviceProperties(NamedTuple):
    """What a GPU is; memory in bytes."""

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int


def get_device_properties(device: Device = None) -> CudaDeviceProperties:
    """What a GPU is; raises AssertionError for a number that no GPU has."""
    cupy, index = load_cupy(), device_index(device)
    if not 0 <= index < device_count():
        raise AssertionError(f"Invalid device id: there are {device_count()} GPUs, counted from 0, got {index}")
    found: dict[str, Any] = cupy.cuda.runtime.getDeviceProperties(index)
    name = found["name"]
    return CudaDeviceProperties(
        name.decode() if isinstance(name, bytes) else name,
        found["major"],
        found["minor"],
        found["totalGlobalMem"],
        found["multiProcessorCount"],
    )


def get_device_name(device: Device = None) -> str:
    """The name of a GPU."""
    return get_device_properties(device).name


def get_device_capability(device: Device = None) -> tuple[int, int]:
    """The compute capability of a GPU."""
    found = get_device_properties(device)
    return found.major, found.minor


def can_device_access_peer(device: Device, peer_device: Device) -> bool:
    """Whether a GPU can read the memory of another one."""
    runtime = load_cupy().cuda.runtime
    return bool(runtime.deviceCanAccessPeer(device_index(device), device_index(peer_device)))


def get_arch_list() -> list[str]:
    """Empty: CuPy compiles its kernels for the GPU that it finds."""
    return []


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Always False: minitorch has no bfloat16."""
    return False


def is_tf32_supported() -> bool:
    """Always False: products are computed in the dtype of their operands."""
    return False


class device:
    """`with torch.cuda.device(1):` makes a GPU the current one within; a negative number changes nothing."""

    def __init__(self, device: Any) -> None:
        self.idx = device_index(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx >= 0:
            self.prev_idx = current_device()
            set_device(self.idx)

    def __exit__(self, *error: object) -> None:
        set_device(self.prev_idx)
        self.prev_idx = -1


class device_of(device):
    """As `device`, for the GPU on which a tensor lies; changes nothing for a tensor on the CPU."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else -1)
