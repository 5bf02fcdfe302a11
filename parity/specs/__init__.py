"""The specs of all operations, one file a family, named like those of `minitorch/ops/` and `minitorch/nn/`."""

from __future__ import annotations

import importlib
import pkgutil

from parity.spec import Spec


def load() -> list[Spec]:
    """The SPECS of each file here, in the order of the file names. Raises ValueError for a name given twice."""
    specs: list[Spec] = []
    for file in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        specs += importlib.import_module(f"{__name__}.{file}").SPECS
    seen: set[str] = set()
    for name in (name for spec in specs for name in spec.names()):
        if name in seen:
            raise ValueError(f"parity/specs: expected one spec for each name, but {name} has two; join them")
        seen.add(name)
    return specs
