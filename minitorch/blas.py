"""The threads of NumPy's matrix products: those of OpenBLAS, which comes with NumPy's wheels.

Of another library (Accelerate on a Mac, MKL) nothing is known: it counts as one thread, and is left as it is.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import Any

import numpy as np

_PATIENCE = 21
"""How long an idle thread of OpenBLAS waits for the next product before it sleeps: 2 to the power of so many of the
processor's cycles, about a millisecond. By default it is 26, in which time it takes a processor from whoever computes
something else: the parts of a convolution, say, after the product of a layer."""

_NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads")


def _function(*names: str) -> Any:
    """OpenBLAS's function of the first of these names that it has; found through the part of NumPy linked to it."""
    try:
        library = ctypes.CDLL(sys.modules[f"{np.dot.__module__}._core._multiarray_umath"].__file__)
    except (AttributeError, KeyError, OSError):
        return None
    return next((getattr(library, name) for name in names if hasattr(library, name)), None)


_get, _set = (_function(*(name.format(what) for name in _NAMES)) for what in ("get", "set"))


def get_threads() -> int:
    """How many threads a product may use."""
    return 1 if _get is None else int(_get())


def set_threads(number: int) -> None:
    """Lets products use that many threads."""
    if _set is not None:
        _set(number)


def sleep_sooner() -> None:
    """Has OpenBLAS's threads wait for `_PATIENCE`, unless the environment says how long, or other threads may be in it.

    It reads that when it starts its threads, so those that NumPy started are ended; the next product starts them again.
    """
    option = "OPENBLAS_THREAD_TIMEOUT"
    read, end_threads = _function("openblas_read_env"), _function("blas_thread_shutdown_")
    if read is None or end_threads is None or option in os.environ or threading.active_count() > 1:
        return
    os.environ[option] = str(_PATIENCE)
    read()
    del os.environ[option]
    end_threads()


sleep_sooner()
