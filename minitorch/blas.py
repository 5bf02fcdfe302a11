"""The threads of NumPy's matrix products: those of OpenBLAS, which comes with NumPy's wheels.

Of another library (Accelerate on a Mac, MKL) nothing is known: it counts as one thread, and is left as it is.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np

_NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads")


def _function(what: str) -> Any:
    """OpenBLAS's function "get" or "set", which is found through the part of NumPy that is linked to it."""
    try:
        library = ctypes.CDLL(sys.modules[f"{np.dot.__module__}._core._multiarray_umath"].__file__)
    except (AttributeError, KeyError, OSError):
        return None
    found = (getattr(library, name.format(what), None) for name in _NAMES)
    return next((each for each in found if each is not None), None)


_get, _set = _function("get"), _function("set")


def get_threads() -> int:
    """How many threads a product may use."""
    return 1 if _get is None else int(_get())


def set_threads(number: int) -> None:
    """Lets products use that many threads."""
    if _set is not None:
        _set(number)
