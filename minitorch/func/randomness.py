"""Random numbers within vmap: the same for all items, or different ones, or none."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

from minitorch.backend import array_module
from minitorch.errors import NotSupportedError
from minitorch.func.batched import BatchedArray, operands
from minitorch.func.functions import batched_type
from minitorch.func.levels import Sizes, stack
from minitorch.ops import random

ERROR = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
    "randomness flags on vmap or perform the randomness operation out of vmap"
)
BATCHED = "Vmap does not currently support same randomness with a batched tensor input: use randomness='different'"
SHAPED = {
    "uniform": 0,
    "normal": 0,
    "log_normal": 0,
    "exponential": 0,
    "cauchy": 0,
    "random": 0,
    "bernoulli": 1,
    "geometric": 1,
    "randint": 2,
}
"""The draws of a stream, and which argument says the shape."""
WHOLE = ("randperm", "multinomial", "poisson", "normal_tensor")
"""Draws that are not of a shape: for each item they are made one after the other."""
ROWS = {"bernoulli": 64, "poisson": 64, "multinomial": 1}
"""Draws by a tensor's elements that a whole batch takes as one, and the most dimensions that an item then has."""

_modes = threading.local()


class MappedStream:
    """A stream of random numbers that gives out arrays for each item of a batch, where this thread is within a vmap."""

    def __init__(self, plain: Any, base: Any) -> None:
        self._plain, self._base = plain, base

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._plain, name)
        if name not in SHAPED and name not in WHOLE:
            return found
        return lambda *args, **kwargs: self._draw(name, found, stack.sizes, _mode(), args, kwargs)

    def _draw(self, name: str, draw: Any, sizes: Sizes, modes: tuple[str, ...], args: Any, kwargs: Any) -> Any:
        if not sizes:
            return draw(*args, **kwargs)
        if modes[-1] == "error":
            raise RuntimeError(ERROR)
        mapped = [each for each in args if isinstance(each, BatchedArray) and each.depth == len(sizes)]
        if modes[-1] == "same":
            if mapped:
                raise RuntimeError(BATCHED)
            return self._draw(name, draw, sizes[:-1], modes[:-1], args, kwargs)
        inner = functools.partial(self._draw, name, draw, sizes[:-1], modes[:-1])
        if name in SHAPED and not mapped:
            at = SHAPED[name]
            args = (*args[:at], (sizes[-1], *_shape(args[at])), *args[at + 1 :])
        elif name in ROWS and any(args[0] is each for each in mapped) and args[0].ndim <= ROWS[name]:
            args = (args[0].full_inner(), *args[1:])
        elif name == "normal_tensor" and mapped:
            args = (*operands(mapped[0].module, args[:2]), *args[2:])
        elif not mapped:
            drawn = [inner(args, kwargs) for _ in range(sizes[-1])]
            return batched_type(self._base, sizes)(array_module(drawn[0]).stack(drawn))
        else:
            raise NotSupportedError(f"vmap: {name} with randomness='different' of a tensor of this kind")
        return batched_type(self._base, sizes)(inner(args, kwargs))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)


def _mode() -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(_modes, "chain", ())
    return found


_lock = threading.Lock()
_users = [0]


@contextlib.contextmanager
def drawing(mode: str, base: Any, sizes: Sizes) -> Iterator[None]:
    """Within it, what is drawn from the default stream is drawn for a batch of these sizes."""
    outer = _mode()
    with _lock:
        _users[0] += 1
        stream = random.default_stream(base)
        if not isinstance(stream, MappedStream):
            stream = random._streams[base] = MappedStream(stream, base)
        random._streams[batched_type(base, sizes).module] = stream
    _modes.chain = (*outer, mode)
    try:
        yield
    finally:
        _modes.chain = outer
        with _lock:
            _users[0] -= 1
            if not _users[0]:
                for module, each in list(random._streams.items()):
                    if isinstance(each, MappedStream):
                        del random._streams[module]
                        random._streams[each._base] = each._plain
