"""Making a module whose parameters will be filled with something else."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from minitorch.nn.module import Module
from minitorch.ops.random import get_rng_state, set_rng_state

_M = TypeVar("_M", bound=Module)


def skip_init(module_cls: type[_M], *args: Any, **kwargs: Any) -> _M:
    """`module_cls(*args, **kwargs)`, whose values mean nothing: the random stream stays where it is.

    Raises RuntimeError for a class that is no Module, or has no argument `device`. Differs from torch: the values are
    computed all the same.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        set_rng_state(state)
