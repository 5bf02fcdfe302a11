"""What parity tries: an operation, a module, an optimizer or a scheduler, under its name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import KW_ONLY, dataclass
from types import ModuleType
from typing import Any

from parity.tolerance import Looser


@dataclass(frozen=True)
class Subject:
    """What is tried on both engines, and what is excepted for which reason."""

    name: str
    _: KW_ONLY
    looser: Looser | None = None
    """A tolerance of its own, with the reason."""
    unspecified: str = ""
    """Why the values are not compared, only shape and dtype: `empty`."""
    extends: str = ""
    """Why minitorch may compute something where torch says that it has no kernel for the dtype."""

    def names(self) -> tuple[str, ...]:
        """What it can be asked for by."""
        return (self.name,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints, in place of every field."""
        printer.text(repr(self))


def collect(package: ModuleType, attribute: str) -> list[Any]:
    """What the files of the package list under this name, in the order of the file names.

    Raises ValueError for a name given twice.
    """
    subjects: list[Subject] = []
    for file in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        subjects += getattr(importlib.import_module(f"{package.__name__}.{file}"), attribute)
    seen: set[str] = set()
    for subject, name in ((each, name) for each in subjects for name in each.names()):
        if name in seen:
            kind, where = type(subject).__name__.lower(), package.__name__.replace(".", "/")
            raise ValueError(f"{where}: expected one {kind} for each name, but {name} has two; join them")
        seen.add(name)
    return subjects
