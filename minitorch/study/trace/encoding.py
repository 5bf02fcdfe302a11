"""What is no tensor among an operation's arguments, as JSON and back.

Nothing of a file is executed: what is read back are numbers, tuples, slices, dtypes, and the plain classes of
minitorch's own operations.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.backend import is_array
from minitorch.node import Node
from minitorch.ops.random import Generator
from minitorch.tensor import Tensor, wrap

See = Callable[[Any], int]
_LONGEST = 60


class NotEncoded(ValueError):
    """An argument was of a kind that is not kept, or that no minitorch has; the message names it."""


def encode(value: Any, see: See) -> Any:
    """A value as JSON; `see` gives the numbers of its arrays. What cannot be kept becomes {"unknown": its type}."""
    kind = value.__class__
    if value is None or kind is bool or kind is int or kind is str:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, Tensor):
        return {"tensor": see(value._array)}
    if is_array(value):
        return {"array": see(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        path = _path(kind)
        items = [encode(each, see) for each in value]
        return {"tuple": items} if path is None else {"named": path, "items": items}
    if isinstance(value, (tuple, list)):
        return {"tuple" if isinstance(value, tuple) else "list": [encode(each, see) for each in value]}
    if kind is slice:
        return {"slice": [encode(each, see) for each in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, np.dtype):
        return {"numpy": value.name}
    if isinstance(value, dtypes.dtype):
        return {"dtype": value.numpy.name}
    if isinstance(value, np.generic):
        return {"scalar": value.dtype.name, "value": encode(value.item(), see)}
    if kind is dict:
        return {"dict": [[encode(key, see), encode(each, see)] for key, each in value.items()]}
    if isinstance(value, Generator):
        return {"generator": str(value.device), "state": see(value.get_state()._array)}
    if isinstance(value, Node):
        return {"node": True}
    path = _path(kind) if isinstance(getattr(kind, "__slots__", None), tuple) else None
    if path is not None:
        return {"object": path, "slots": {name: encode(getattr(value, name), see) for name in kind.__slots__}}
    return {"unknown": kind.__name__}


def decode(code: Any, arrays: Mapping[int, Any]) -> Any:
    """What `encode` made JSON of; `arrays` by number. Raises NotEncoded for what was not kept."""
    if not isinstance(code, dict):
        return code
    (kind, given), *_ = code.items()
    if kind == "float":
        return float(given)
    if kind == "tensor":
        return wrap(arrays[given])
    if kind == "array":
        return arrays[given]
    if kind in ("tuple", "list"):
        items = [decode(each, arrays) for each in given]
        return tuple(items) if kind == "tuple" else items
    if kind == "named":
        return _class(given)(*[decode(each, arrays) for each in code["items"]])
    if kind == "slice":
        return slice(*[decode(each, arrays) for each in given])
    if kind == "ellipsis":
        return Ellipsis
    if kind == "numpy":
        return np.dtype(given)
    if kind == "dtype":
        return dtypes.from_numpy_dtype(np.dtype(given))
    if kind == "scalar":
        return np.dtype(given).type(decode(code["value"], arrays))
    if kind == "dict":
        return {decode(key, arrays): decode(each, arrays) for key, each in given}
    if kind == "generator":
        generator = Generator(given)
        generator.set_state(wrap(arrays[code["state"]]))
        return generator
    if kind == "node":
        return Node()
    if kind == "object":
        made = object.__new__(_class(given))
        for name, each in code["slots"].items():
            setattr(made, name, decode(each, arrays))
        return made
    raise NotEncoded(f"an argument of type {given} was not kept")


def arrays_of(code: Any) -> list[int]:
    """The numbers of the arrays that an encoded value refers to."""
    if isinstance(code, list):
        return [number for each in code for number in arrays_of(each)]
    if not isinstance(code, dict):
        return []
    own = [code[key] for key in ("tensor", "array", "state") if key in code]
    rest = [each for key, each in code.items() if key not in ("tensor", "array", "state")]
    return own + [
        number for each in rest for number in arrays_of(list(each.values()) if isinstance(each, dict) else each)
    ]


def shown(code: Any, shapes: Callable[[int], Sequence[int]]) -> str:
    """An encoded value in a few words; `shapes` gives those of its arrays."""
    text = _shown(code, shapes)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _shown(code: Any, shapes: Callable[[int], Sequence[int]]) -> str:
    if not isinstance(code, dict):
        return repr(code)
    (kind, given), *_ = code.items()
    if kind in ("tensor", "array"):
        return f"tensor {list(shapes(given))}"
    if kind == "named":
        kind, given = "tuple", code["items"]
        found = _class(code["named"])
        pairs = zip(found._fields, given, strict=True)
        return f"{found.__name__}({', '.join(f'{name}={_shown(each, shapes)}' for name, each in pairs)})"
    if kind in ("tuple", "list"):
        parts = ", ".join(_shown(each, shapes) for each in given)
        return f"[{parts}]" if kind == "list" else f"({parts},)" if len(given) == 1 else f"({parts})"
    if kind == "slice":
        bounds = ["" if each is None else _shown(each, shapes) for each in given]
        return ":".join(bounds if given[2] is not None else bounds[:2])
    if kind == "ellipsis":
        return "..."
    if kind == "scalar":
        return _shown(code["value"], shapes)
    if kind == "dict":
        return f"{{{', '.join(f'{_shown(key, shapes)}: {_shown(each, shapes)}' for key, each in given)}}}"
    if kind == "object":
        return f"a {str(given).rpartition(':')[2].lstrip('_')}"
    return {"float": str(given), "numpy": str(given), "dtype": f"torch.{given}", "generator": "a Generator"}.get(
        kind, f"a {given}"
    )


@functools.cache
def _path(kind: type) -> str | None:
    """Where minitorch's own class is found again; None for any other."""
    for name, module in list(sys.modules.items()):
        if name.startswith("minitorch.ops.") and vars(module).get(kind.__name__) is kind:
            return f"{name}:{kind.__name__}"
    return None


def _class(path: str) -> Any:
    """The class at a path; raises NotEncoded for anything but a plain class of minitorch's operations."""
    module, _, name = str(path).partition(":")
    found = (
        vars(sys.modules[module]).get(name) if module.startswith("minitorch.ops.") and module in sys.modules else None
    )
    plain = isinstance(found, type) and (
        (issubclass(found, tuple) and hasattr(found, "_fields")) or isinstance(getattr(found, "__slots__", None), tuple)
    )
    if not plain:
        raise NotEncoded(f"there is no {path} in this minitorch")
    return found


# --- operations by name -----------------------------------------------------------------------------------------------


def operation(path: str) -> Any:
    """The operation at a path that `path_of` gave; raises NotEncoded where this minitorch has none."""
    found = _operations().get(path)
    if found is None:
        raise NotEncoded(f"there is no operation {path} in this minitorch")
    return found


def path_of(op: Any) -> str | None:
    """Where an operation is found again; None for one that is not minitorch's."""
    return _paths().get(id(op))


@functools.cache
def _paths() -> dict[int, str]:
    return {id(op): path for path, op in _operations().items()}


@functools.cache
def _operations() -> dict[str, Any]:
    """All operations, by module and name; one that is the inside of an in-place method goes by the method's."""
    found: dict[str, Any] = {}
    known: set[int] = set()
    for module_name, module in sorted(sys.modules.items()):
        if not module_name.startswith("minitorch.ops."):
            continue
        for name, value in vars(module).items():
            inside = [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
            for each in (value, *inside):
                if hasattr(each, "kernel") and hasattr(each, "rules") and id(each) not in known:
                    known.add(id(each))
                    found[f"{module_name}:{name}"] = each
    return found
