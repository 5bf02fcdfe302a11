"""What the C library does with freed memory: it keeps it, for the arrays of the next step.

By default glibc hands large pieces back to the system as they are freed. Training frees and asks for the same arrays
over and over, and the system hands memory out page by page, each filled with zeros first, which can take a tenth of a
step. Other C libraries are left as they are, and so are processes whose environment says something of malloc's options.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""The numbers of the options in glibc's malloc.h."""
KEPT = 2**28
"""Bytes of free memory at the end of the heap that are kept."""
_OWN_MAPPING = 2**25
"""Bytes from which a piece of memory comes from the system by itself, and goes back there; glibc takes no more."""


def keep_freed_memory() -> None:
    """Sets the options of this process."""
    if os.name != "posix" or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(_TRIM_THRESHOLD, KEPT)
        library.mallopt(_MMAP_THRESHOLD, _OWN_MAPPING)
