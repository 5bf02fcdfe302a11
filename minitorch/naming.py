"""The names that torch has for minitorch's classes and functions: what a script prints of them is the same on both."""

from __future__ import annotations

import sys
import types

_PUBLIC = {f"minitorch.{name}" for name in ("tensor", "dtypes", "devices", "sizes", "storage", "ops.random")}
"""The modules whose classes torch has at its top."""


def torch_name(cls: type) -> str:
    """The qualified name of a class, by torch's module for one of minitorch's: `torch.Tensor`."""
    package, dot, rest = cls.__module__.partition(".")
    if cls.__module__ in _PUBLIC:
        return f"torch.{cls.__qualname__}"
    if cls.__module__ == "builtins":
        return cls.__qualname__
    return f"{'torch' if package == 'minitorch' else package}{dot}{rest}.{cls.__qualname__}"


def report_package(name: str) -> None:
    """Lets the functions that a package offers from its own files report the package as their module.

    Torch has them in one file: pickles and messages name them by it.
    """
    for value in vars(sys.modules[name]).values():
        if isinstance(value, types.FunctionType) and value.__module__.startswith(f"{name}."):
            value.__module__ = name
