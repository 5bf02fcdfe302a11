"""What a script calls its tensors: the names that a graph is drawn with."""

from __future__ import annotations

import inspect
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minitorch.errors import is_engine, type_name
from minitorch.nn.module import Module
from minitorch.tensor import Tensor

Named = Iterator[tuple[str, Tensor]]

_DEPTH = 3
"""How deep `self.layers[0].w` may lie: it is three steps from `self`."""
_VISITS = 10_000
_CALLERS = 10
_LONGEST = 1_000
"""Longer lists hold data rather than weights."""


def given_names(params: Any) -> Named:
    """The names that the user gave: a dict, pairs as `named_parameters()` has them, or a Module.

    Raises TypeError for anything else.
    """
    if params is None:
        return
    if isinstance(params, Module):
        params = params.named_parameters()
    pairs = params.items() if isinstance(params, Mapping) else params
    if not isinstance(pairs, Iterable) or isinstance(pairs, (str, Tensor)):
        raise _no_names(params)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[1], Tensor):
            raise _no_names(pair)
        yield str(pair[0]), pair[1]


def _no_names(value: Any) -> TypeError:
    return TypeError(
        f"params must be a Module, a dict of tensors or pairs of name and tensor, not {type_name(value)}: "
        'give net, net.named_parameters() or {"w": w}'
    )


def script_frames(frame: types.FrameType | None) -> Iterator[types.FrameType]:
    """All frames that are not the engine's, innermost first."""
    while frame is not None:
        if not is_engine(frame.f_code.co_filename) and not frame.f_code.co_filename.startswith("<frozen"):
            yield frame
        frame = frame.f_back


def variable_names(frame: types.FrameType) -> Named:
    """The tensors that the variables of a running function hold, the parameters of its modules first.

    Then those in variables of their own, then those in lists, dicts and attributes: `self.layers[0].w`. Functions of
    the same file that wait for this one are asked as well, and then the file's global variables.
    """
    variables = [(name, value) for name, value in _variables(frame) if not name.startswith("_")]
    modules = [(name, dict(value.named_parameters())) for name, value in variables if isinstance(value, Module)]
    # The whole net names its weights better than the one layer that a loop's variable still holds.
    for name, parameters in sorted(modules, key=lambda pair: -len(pair[1])):
        for path, parameter in parameters.items():
            yield f"{name}.{path}", parameter
    seen: set[int] = set()
    queue = deque((name, value, 0) for name, value in variables)
    while queue and len(seen) < _VISITS:
        name, value, depth = queue.popleft()
        if isinstance(value, Tensor):
            yield name, value
        elif depth < _DEPTH and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, Module) and depth:
                for path, parameter in value.named_parameters():
                    yield f"{name}.{path}", parameter
            queue.extend((f"{name}{path}", part, depth + 1) for path, part in _parts(value))


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a container or an object of the user's holds, each part with its way there."""
    if isinstance(value, (list, tuple, dict)):
        if len(value) <= _LONGEST:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            yield from ((f"[{key!r}]", part) for key, part in pairs if isinstance(key, (str, int)))
    elif not isinstance(value, (types.ModuleType, type, types.FunctionType)):
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            yield from ((f".{key}", part) for key, part in attributes.items() if not str(key).startswith("_"))


def _variables(frame: types.FrameType) -> Iterator[tuple[str, Any]]:
    """The local variables of a frame and of those in its file that wait for it, then the global ones."""
    own, above = frame.f_globals, 0
    outer: types.FrameType | None = frame
    while outer is not None and outer.f_globals is own and above < _CALLERS:
        if outer.f_locals is not own:
            yield from _local_variables(outer)
        outer, above = outer.f_back, above + 1
    yield from own.items()


def _local_variables(frame: types.FrameType) -> list[tuple[str, Any]]:
    local = frame.f_locals
    found = list(local.items())
    code = frame.f_code
    # Before Python 3.13 a function's frame keeps this copy of its variables as long as it runs, and with them the
    # graph. Where nobody else has asked for it (the references are the frame's, ours and the count's), it is emptied.
    if code.co_flags & inspect.CO_OPTIMIZED and isinstance(local, dict) and sys.getrefcount(local) <= 3:
        for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            local.pop(name, None)
    return found
