"""torch.device: where a tensor's array lies. `cpu` is NumPy, `cuda` is CuPy."""

from __future__ import annotations

import threading
from typing import Any

from minitorch.errors import NotSupportedError

_TORCH_DEVICE_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, "
    "privateuseone"
)


class device:
    """A device: `device("cpu")`, `device("cuda:1")`, `device("cuda", 1)`; a context manager that makes it the default.

    Raises RuntimeError for a name that torch does not know, NotSupportedError for one that minitorch does not have.
    """

    __slots__ = ("_outer", "index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | int | device, index: int | None = None) -> None:
        self._outer: list[device | None] = []
        given: str
        if isinstance(type, device):
            given, index = type.type, type.index
        elif isinstance(type, int):
            given, index = "cuda", type
        elif isinstance(type, str):
            given = type
        else:
            raise TypeError(f"device(): argument 'type' must be str, int or device, not {type.__class__.__name__}")
        if not given:
            raise RuntimeError("Device string must not be empty")
        name, colon, number = given.partition(":")
        if name not in _TORCH_DEVICE_TYPES.split(", "):
            raise RuntimeError(f"Expected one of {_TORCH_DEVICE_TYPES} device type at start of device string: {name}")
        if colon:
            if not number.isdecimal() or (len(number) > 1 and number[0] == "0"):
                raise RuntimeError(f"Invalid device string: '{given}'")
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {given}"
                )
            index = int(number)
        if index is not None:
            _check_index(index)
        if name not in ("cpu", "cuda"):
            raise NotSupportedError(f"device '{given}': minitorch has the devices cpu (NumPy) and cuda (CuPy)")
        self.type = name
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type='{self.type}'{'' if self.index is None else f', index={self.index}'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type, self.index))

    def __enter__(self) -> device:
        self._outer.append(_state.default)
        _state.default = self
        return self

    def __exit__(self, *error: object) -> None:
        _state.default = self._outer.pop()


def _check_index(index: Any) -> None:
    if not isinstance(index, int):
        raise TypeError(f"device(): argument 'index' (position 2) must be int, not {type(index).__name__}")
    if index < 0:
        raise RuntimeError(f"Device index must not be negative, got {index}")


CPU = device("cpu")


class _State(threading.local):
    default: device | None = None


_state = _State()
_lenient: list[bool] = [False]


def be_lenient(lenient: bool = True) -> None:
    """Lets a script written for the CPU run with another default device, where torch would have it changed.

    What it leaves on the CPU (`from_numpy`) is brought to where it is used, and `numpy()` copies from the GPU.
    """
    _lenient[0] = lenient


def is_lenient() -> bool:
    """Whether a script written for the CPU runs with another default device."""
    return _lenient[0]


def get_default_device() -> device:
    """The device on which creation functions place their tensors."""
    return _state.default or CPU


def set_default_device(device: str | int | device | None) -> None:
    """Makes creation functions place their tensors on `device`; None goes back to the CPU."""
    _state.default = None if device is None else as_device(device)


def as_device(value: str | int | device | None) -> device:
    """`value` as a device; None stands for the default one."""
    if value is None:
        return get_default_device()
    return value if isinstance(value, device) else device(value)
