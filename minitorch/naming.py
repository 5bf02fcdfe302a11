"""The names that torch has for minitorch's classes: what a script prints of a type is the same on both engines."""

from __future__ import annotations

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
