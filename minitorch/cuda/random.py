"""Seeds of the numbers drawn on the GPU, by CuPy's generator: they are not torch's, and their state cannot be saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch.backend import load_cupy
from minitorch.cuda.devices import Device, device_count, is_available
from minitorch.ops.random import default_stream
from minitorch.tensor import Tensor, wrap


def manual_seed(seed: int) -> None:
    """Seeds the numbers drawn on the GPU; does nothing where there is none."""
    seed = int(seed)
    if is_available():
        default_stream(load_cupy()).manual_seed(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Seeds the numbers drawn on the GPU unforeseeably; does nothing where there is none."""
    if is_available():
        default_stream(load_cupy()).seed()


seed_all = seed


def initial_seed() -> int:
    """The seed with which the GPU's numbers began; raises CudaUnavailableError where there is no GPU."""
    return int(default_stream(load_cupy()).initial_seed())


def get_rng_state(device: Device = "cuda") -> Tensor:
    """Raises NotSupportedError, as CuPy does not tell its generator's state; CudaUnavailableError without a GPU."""
    state: Tensor = wrap(default_stream(load_cupy()).get_state())
    return state


def get_rng_state_all() -> list[Tensor]:
    """The states of all GPUs: an empty list where there is none."""
    return [get_rng_state() for _ in range(device_count())]


def set_rng_state(new_state: Tensor, device: Device = "cuda") -> None:
    """Raises NotSupportedError on a GPU; does nothing where there is none."""
    if is_available():
        default_stream(load_cupy()).set_state(new_state)


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """As `set_rng_state`, one state a GPU."""
    for state in new_states:
        set_rng_state(state)
