"""torch.amp: automatic mixed precision; autocast needs a fast float16 or bfloat16 and is only here to be switched off.

What torch itself switches off with a warning where there is no GPU is switched off here, too. What would really compute
in another precision raises NotSupportedError.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from minitorch import dtypes
from minitorch.cuda.devices import is_available
from minitorch.devices import device
from minitorch.errors import NotSupportedError
from minitorch.grad_scaler import GradScaler as GradScaler

_DTYPES = {"cpu": dtypes.bfloat16, "cuda": dtypes.float16}


def is_autocast_available(device_type: str) -> bool:
    """Always False: minitorch computes in the dtypes of the operands."""
    device(device_type)
    return False


class autocast:
    """A context manager and decorator that changes nothing; with `enabled=False`, or where torch disables it.

    Raises NotSupportedError where torch would compute in float16 or bfloat16: on the CPU, or on a GPU that is there.
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtypes.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        self.fast_dtype = _DTYPES[self.device] if dtype is None else dtype
        if enabled and self.device == "cuda" and not is_available():
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
            enabled = False
        elif enabled and self.device == "cpu" and self.fast_dtype not in (dtypes.bfloat16, dtypes.float16):
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            enabled = False
        if enabled:
            raise NotSupportedError(
                f"autocast to {self.fast_dtype!r} on {self.device}: minitorch has no mixed precision; "
                "pass enabled=False, and everything is computed in float32"
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing was changed, so nothing is restored."""

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: dtypes.dtype | None = None
) -> Any:
    """Decorates the forward of an autograd.Function; returns it unchanged, as no autocast is ever on."""
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    return fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """Decorates the backward of an autograd.Function; returns it unchanged, as no autocast is ever on."""
    return custom_fwd(bwd, device_type=device_type)


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Always False."""
    return False


is_autocast_cpu_enabled = is_autocast_enabled


def warn_of_old_name(device_type: str, name: str) -> None:
    """Warns the caller's caller, who used a name of torch.cuda.amp or torch.cpu.amp."""
    warnings.warn(
        f"`torch.{device_type}.amp.{name}(args...)` is deprecated. "
        f"Please use `torch.amp.{name}('{device_type}', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The dtype to which torch would cast."""
    return _DTYPES[device(device_type).type]
