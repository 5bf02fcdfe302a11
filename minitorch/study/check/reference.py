"""The torch that is installed, its function that is one of minitorch's, and arguments as it takes them."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from typing import Any

import minitorch
from minitorch import dtypes
from minitorch.nn import functional
from minitorch.tensor import Tensor


def installed_torch() -> tuple[Any, str]:
    """The torch that is installed; None, and why, where there is none."""
    if sys.modules.get("torch") is minitorch:
        return None, "this process runs minitorch under that name"
    try:
        if importlib.util.find_spec("torch") is None:
            return None, "it is not installed (pip install torch)"
        return importlib.import_module("torch"), ""
    except (ImportError, ValueError) as error:
        return None, f"it cannot be imported here ({error})"


@functools.cache
def _public() -> dict[int, str]:
    """Where minitorch's public functions are found, by their identity; the first place counts."""
    places: dict[int, str] = {}
    for prefix, namespace in (
        ("", minitorch),
        ("nn.functional.", functional),
        ("special.", minitorch.special),
        ("linalg.", minitorch.linalg),
        ("Tensor.", Tensor),
    ):
        for name, value in vars(namespace).items():
            if callable(value) and (namespace is Tensor or not name.startswith("__")):
                places.setdefault(id(value), prefix + name)
    return places


def torch_path(op: Any) -> str | None:
    """The dotted name under which torch has a function of minitorch's; None for one of the user's."""
    return _public().get(id(op))


def attribute(torch: Any, path: str) -> Any:
    """What torch has under a dotted name; None where it has nothing."""
    return functools.reduce(lambda found, name: getattr(found, name, None), path.split("."), torch)


def for_torch(torch: Any, value: Any) -> Any:
    """An argument that is no tensor, as torch takes it."""
    if isinstance(value, dtypes.dtype):
        return getattr(torch, value.name)
    return torch.device(str(value)) if isinstance(value, minitorch.device) else value
