"""Which files are the script's own."""

from __future__ import annotations

import functools
import os
import sysconfig

from minitorch import runner
from minitorch.errors import is_engine

LIBRARIES = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
"""The folders of what is installed: lines there are not the script's. That of the engine is added."""


@functools.cache
def is_script(filename: str) -> bool:
    """Whether a file is the script's: neither an engine's nor of a library."""
    if filename.startswith("<"):
        return False
    path = os.path.realpath(filename)
    lecture = os.path.realpath(os.path.join(runner.PACKAGE, "lectures", ""))
    libraries = tuple(os.path.join(folder, "") for folder in LIBRARIES)
    return os.path.dirname(path) == lecture or not (is_engine(path) or path.startswith(libraries))
