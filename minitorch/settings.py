"""The switches of the whole process that a script sets at its start: threads, determinism, precision.

They are checked and remembered as torch does. All but the number of threads change nothing: minitorch's operations are
deterministic and of full precision anyhow.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from minitorch import blas


def _default_threads() -> int:
    """As many as OMP_NUM_THREADS says, else one a core."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() and int(given) else os.cpu_count() or 1


class _Settings:
    threads = _default_threads()
    interop_threads = os.cpu_count() or 1
    interop_is_set = False
    debug_mode = 0
    matmul_precision = "highest"
    warn_always = False


def _positive(op: str, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise RuntimeError(f"{op} expects an int, but got {type(number).__name__}")
    if number <= 0:
        raise RuntimeError(f"{op} expects a positive integer")
    return number


def get_num_threads() -> int:
    """The number of threads within an operation."""
    return _Settings.threads


def set_num_threads(num_threads: int, /) -> None:
    """Sets the number of threads within an operation; raises RuntimeError unless it is a positive int.

    Differs from torch: where NumPy's products are not OpenBLAS's, they take no notice.
    """
    _Settings.threads = _positive("set_num_threads", num_threads)
    blas.set_threads(num_threads)


def get_num_interop_threads() -> int:
    """The number of threads that was asked for between operations; minitorch runs one operation at a time."""
    return _Settings.interop_threads


def set_num_interop_threads(num_threads: int, /) -> None:
    """Asks, once, for a number of threads between operations; raises RuntimeError the second time."""
    number = _positive("set_num_interop_threads", num_threads)
    if _Settings.interop_is_set:
        raise RuntimeError(
            "Error: cannot set number of interop threads after parallel work has started or "
            "set_num_interop_threads called"
        )
    _Settings.interop_threads, _Settings.interop_is_set = number, True


_DEBUG_MODES = ("default", "warn", "error")


def get_deterministic_debug_mode() -> int:
    """0 when operations may differ from run to run, 1 when those that do should warn, 2 when they should raise."""
    return _Settings.debug_mode


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Sets the mode by number or name ("default", "warn", "error"); on a CPU no operation here varies."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _Settings.debug_mode = debug_mode


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Asks for operations that give the same every time; all of minitorch's do on a CPU."""
    if not isinstance(mode, bool):
        raise TypeError(
            f"_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not {type(mode).__name__}"
        )
    _Settings.debug_mode = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    """Whether use_deterministic_algorithms(True) was called."""
    return _Settings.debug_mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was called with warn_only=True."""
    return _Settings.debug_mode == 1


def get_float32_matmul_precision() -> str:
    """The precision of float32 products that was asked for."""
    return _Settings.matmul_precision


def set_float32_matmul_precision(precision: str) -> None:
    """Allows float32 products to be less precise ("high", "medium"), which minitorch's never are; others warn."""
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect.",
            stacklevel=2,
        )
        return
    _Settings.matmul_precision = precision


def set_flush_denormal(mode: bool, /) -> bool:
    """Returns False: NumPy cannot be told to flush denormal numbers to zero."""
    if not isinstance(mode, bool):
        raise RuntimeError(f"flush_denormal expects a bool, but got {type(mode).__name__}")
    return False


def is_warn_always_enabled() -> bool:
    """Whether set_warn_always(True) was called."""
    return _Settings.warn_always


def set_warn_always(mode: bool, /) -> None:
    """Asks that what warns once should warn each time; Python's own filters decide that here."""
    if not isinstance(mode, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(mode).__name__}")
    _Settings.warn_always = mode
