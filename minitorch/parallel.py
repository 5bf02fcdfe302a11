"""Work on large arrays, split over threads: NumPy releases Python's lock while it computes.

How work is split follows from sizes alone, and what the parts give is put together in their order: the numbers are the
same whatever the threads, their number, or who comes first. While parts run, NumPy's BLAS takes one thread for each
product, as many run side by side. On a GPU, which splits its work itself, all is one part.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from minitorch import blas
from minitorch.backend import Array, cache_blocks
from minitorch.settings import get_num_threads

T = TypeVar("T")
U = TypeVar("U")

_BLOCKS = 2**18
"""Bytes that are worked on from which several passes are better made block by block."""
_THREADS = 2**22
"""Bytes gone over by products from which other threads are of use: to wake one takes as long as to go over half a
megabyte, and whoever comes out of NumPy waits for Python's lock."""
_SIMPLE = 4
"""How much sooner a byte is done that is only added or the like."""
SCRATCH = 2**22
"""Bytes of scratch memory that a thread keeps of each kind."""


class _Crew:
    """The threads that help; they are started when they are first needed, and again in a forked process."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.lock = threading.Lock()
        self.size = 0
        self.busy = 0
        """How many calls of `each` are under way."""
        self.blas_threads = 1
        """Of BLAS, to be set again after the last of them."""

    def grow(self, size: int) -> None:
        with self.lock:
            for _ in range(self.size, size):
                threading.Thread(target=self._serve, name="minitorch", daemon=True).start()
            self.size = max(self.size, size)

    def _serve(self) -> None:
        np.seterr(all="ignore")  # each thread starts with NumPy's own error state
        _own.inside = True
        while True:
            self.tasks.get()()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Within, BLAS starts no threads of its own."""
        with self.lock:
            if not self.busy:
                self.blas_threads = blas.get_threads()
                blas.set_threads(1)
            self.busy += 1
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1
                if not self.busy:
                    blas.set_threads(self.blas_threads)


class _Own(threading.local):
    """What each thread has for itself."""

    def __init__(self) -> None:
        self.inside = False
        """Whether it is at work on a part: then what it calls is not split again."""
        self.kept: dict[str, tuple[Any, Any]] = {}
        """The scratch memory of each name, and how it was last used."""


_own = _Own()
_crew = _Crew()


def _forked() -> None:
    global _crew
    if _crew.busy:  # the parent's threads were at work, and will never come back to this process
        blas.set_threads(_crew.blas_threads)
    _crew, _own.inside = _Crew(), False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def each(function: Callable[[T], U], items: Sequence[T], nbytes: float = math.inf) -> list[U]:
    """`[function(item) for item in items]`, in as many threads as torch.set_num_threads() allows.

    `nbytes` is what all of them go over; for little, one thread is quicker, of products as well. What a call raises is
    raised here, when nothing is under way any more.
    """
    threads = get_num_threads()
    count = min(threads, len(items))
    if threads < 2 or _own.inside or (count < 2 and nbytes >= _THREADS):
        return [function(item) for item in items]
    if count < 2 or nbytes < _THREADS:
        with _crew.alone():
            return [function(item) for item in items]
    results: list[Any] = [None] * len(items)
    errors: list[BaseException] = []
    waiting = iter(range(len(items)))
    done: SimpleQueue[int] = SimpleQueue()

    def work() -> None:
        for k in waiting:  # to take the next number is one step, which no other thread comes in between
            try:
                if not errors:
                    results[k] = function(items[k])
            except BaseException as error:
                errors.append(error)
            finally:
                done.put(k)

    crew = _crew
    crew.grow(count - 1)
    with crew.alone():
        for _ in range(count - 1):
            crew.tasks.put(work)
        _own.inside = True
        try:
            work()
        finally:
            _own.inside = False
            for _ in items:  # not for the threads: whoever wakes too late finds nothing to do
                done.get()
    if errors:
        raise errors[0]
    return results


def elementwise(function: Callable[..., Any], *arrays: Array, passes: int = 4) -> None:
    """`function(*arrays)`, which writes into some of the arrays of one shape, element by element; split where it pays.

    The parts are small enough for a cache, which makes several passes over them faster even in one thread. `passes` is
    how many calls of NumPy `function` makes: in several threads each of them may have to wait for Python's lock, so
    that there the parts are larger.
    """
    first = arrays[0]
    if (
        first.nbytes < _BLOCKS
        or first.__class__ is not np.ndarray
        or not all(array.flags.c_contiguous for array in arrays)
    ):
        function(*arrays)
        return
    rows = [array.reshape(-1) for array in arrays]
    work = passes * first.nbytes / _SIMPLE
    shares = 2 if work >= _THREADS and get_num_threads() > 1 else 1
    blocks = list(cache_blocks(np, first.size, sum(array.itemsize for array in arrays) // shares, shares))
    each(lambda part: function(*[row[part] for row in rows]), blocks, work)


def parts(xp: Any, count: int, nbytes: int, work: float = 0) -> list[slice]:
    """`count` rows of so many bytes in runs that fit into a cache: an even number of them, or one for little `work`."""
    if count and count * nbytes < _BLOCKS and work < _THREADS:
        return [slice(0, count)]
    return _even(count, list(cache_blocks(xp, count, nbytes)), work)


def runs(count: int, length: int, work: float) -> list[slice]:
    """`count` rows in runs of about that length, as `parts`."""
    return _even(count, [slice(k, min(k + length, count)) for k in range(0, count, length)], work)


def _even(count: int, found: list[slice], work: float) -> list[slice]:
    if len(found) % 2 and (len(found) > 1 or work >= _THREADS):
        return list(cache_blocks(np, count, 0, len(found) + 1))
    return found


def rows(function: Callable[[slice], Any], xp: Any, count: int, nbytes: int) -> None:
    """`function` of all rows from 0 to `count`, in parts; each row fills `nbytes` of what it works on."""
    each(function, parts(xp, count, nbytes), count * nbytes)


def scratch(xp: Any, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """Memory to compute in, of any contents; this thread gets it again when it next asks for that name.

    The system gives large pieces of memory back and fetches them page by page, which takes as long as many a kernel.
    """
    if xp is not np:
        return xp.empty(shape, dtype)
    kept, last = _own.kept.get(name, (None, None))
    if last is not None and last.shape == shape and last.dtype is dtype:
        return last
    nbytes = math.prod(shape) * dtype.itemsize
    if kept is None or kept.nbytes < nbytes:
        kept = np.empty(nbytes, np.uint8)
    found = kept[:nbytes].view(dtype).reshape(shape)
    if nbytes <= SCRATCH:
        _own.kept[name] = kept, found
    return found
