"""torch.jit: TorchScript is not here. Its markers leave a function as it is; making one raises NotSupportedError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from minitorch.errors import NotSupportedError


def _missing(name: str) -> Callable[..., NoReturn]:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotSupportedError(f"torch.jit.{name}: minitorch has no TorchScript; call the function or Module itself")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises NotSupportedError: minitorch has no TorchScript."
    return function


script, trace, trace_module, freeze, optimize_for_inference, load, save = map(
    _missing, ("script", "trace", "trace_module", "freeze", "optimize_for_inference", "load", "save")
)


def is_scripting() -> bool:
    """Always False."""
    return False


is_tracing = is_scripting


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Marks a method that TorchScript leaves out; returns it unchanged, also as `@ignore()`."""
    return drop if callable(drop) else lambda fn: fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a method that TorchScript replaces by an error; returns it unchanged."""
    return fn


export = script_if_tracing = unused


def annotate(the_type: Any, the_value: Any) -> Any:
    """`the_value`: the type is a note for TorchScript."""
    return the_value


class ScriptModule:
    """What `script` would return: no object is one."""

    def __init__(self) -> None:
        raise NotSupportedError("torch.jit.ScriptModule: minitorch has no TorchScript; derive from torch.nn.Module")


class ScriptFunction(ScriptModule):
    """What `script` would return of a function: no object is one."""
