"""torch.random: the seed and the state of the random numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from minitorch.ops.random import Generator as Generator
from minitorch.ops.random import default_generator as default_generator
from minitorch.ops.random import get_rng_state as get_rng_state
from minitorch.ops.random import initial_seed as initial_seed
from minitorch.ops.random import manual_seed as manual_seed
from minitorch.ops.random import seed as seed
from minitorch.ops.random import set_rng_state as set_rng_state


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: Any = None,
) -> Iterator[None]:
    """A block after which the CPU's random numbers go on as if it had drawn none.

    Differs from torch: generators on GPUs are left alone, for CuPy does not tell their state.
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
