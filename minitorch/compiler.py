"""torch.compile, which compiles nothing here: what it is given runs as it is, with the same results."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """Returns the function or Module unchanged; a decorator when called without one. The options are checked.

    Differs from torch: a Module stays itself, and its state_dict keeps its keys (torch puts `_orig_mod.` before each).
    Raises RuntimeError for an unknown mode, or mode and options together.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode is not None and mode not in _MODES and backend in (None, "inductor"):
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
    if model is None:
        return functools.partial(
            compile, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode, options=options, disable=disable
        )
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    return model


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Returns the function unchanged; a decorator when called without one."""
    return functools.partial(disable, recursive=recursive, reason=reason) if fn is None else fn


allow_in_graph = assume_constant_result = disable


def is_compiling() -> bool:
    """Always False."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Does nothing: nothing compiled is kept."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """Empty: there is nothing that compiles."""
    return []


def cudagraph_mark_step_begin() -> None:
    """Does nothing."""
