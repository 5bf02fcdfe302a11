"""What runs in a worker process of a DataLoader, and how samples are fetched there and in the main process."""

from __future__ import annotations

import multiprocessing
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from minitorch.ops.random import default_generator
from minitorch.utils.data.dataset import IterableDataset

_PARENT_CHECK_SECONDS = 5.0


@dataclass(frozen=True)
class WorkerInfo:
    """What a dataset may ask about the worker that it is in."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """This worker's number, how many there are, its seed and its copy of the dataset; None in the main process."""
    return _worker_info


class Exhausted:
    """Sent in place of a batch when an iterable dataset has no more samples."""


@dataclass(frozen=True)
class Caught:
    """An exception on its way from a worker to the user."""

    type: type[BaseException]
    text: str
    """The traceback in the worker."""
    where: str

    def raise_again(self) -> None:
        """Raises the same type of exception with the worker's traceback in its message."""
        message = f"Caught {self.type.__name__} {self.where}.\nOriginal {self.text}"
        if self.type is KeyError:
            raise KeyError(_Verbatim(message))
        try:
            error = self.type(message)
        except TypeError:
            raise RuntimeError(message) from None  # its constructor takes something else than a message
        raise error


class _Verbatim(str):
    """A text that KeyError, which shows the repr of its argument, shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Fetcher:
    """Fetches the samples of one batch and collates them."""

    def __init__(self, dataset: Any, auto_collation: bool, collate: Callable[[Any], Any], drop_last: bool) -> None:
        self._dataset = dataset
        self._auto_collation = auto_collation
        self._collate = collate
        self._drop_last = drop_last
        self._samples: Iterator[Any] | None = iter(dataset) if isinstance(dataset, IterableDataset) else None

    def fetch(self, indices: Any) -> Any:
        """The batch at `indices`; of an iterable dataset, its next samples. Raises StopIteration after the last."""
        if self._samples is not None:
            return self._collate(self._next_samples(self._samples, indices))
        if not self._auto_collation:
            return self._collate(self._dataset[indices])
        if hasattr(self._dataset, "__getitems__"):
            return self._collate(self._dataset.__getitems__(indices))
        return self._collate([self._dataset[i] for i in indices])

    def _next_samples(self, samples: Iterator[Any], indices: Any) -> Any:
        if not self._auto_collation:
            return next(samples)
        batch = [sample for _, sample in zip(indices, samples, strict=False)]
        if not batch or (self._drop_last and len(batch) < len(indices)):
            raise StopIteration
        return batch


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seeds this process's random numbers as torch seeds a worker's: torch's, Python's and NumPy's."""
    default_generator.manual_seed(base_seed + worker_id)
    random.seed(base_seed + worker_id)
    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))


def worker_loop(
    connection: Connection,
    dataset: Any,
    fetcher_options: tuple[bool, Callable[[Any], Any], bool],
    worker_init_fn: Callable[[int], Any] | None,
    base_seed: int,
    worker_id: int,
    num_workers: int,
) -> None:
    """Answers requests until the main process hangs up: a list of indices by a batch, "again" by starting over."""
    global _worker_info
    seed_worker(base_seed, worker_id)
    _worker_info = WorkerInfo(worker_id, num_workers, base_seed + worker_id, dataset)
    where = f"in DataLoader worker process {worker_id}"
    fetcher: Fetcher | None = None
    failed: Caught | None = None
    try:
        if worker_init_fn is not None:
            worker_init_fn(worker_id)
        fetcher = Fetcher(dataset, *fetcher_options)
    except Exception as error:
        failed = Caught(type(error), traceback.format_exc(), where)
    try:
        for request in _requests(connection):
            if request == "again":
                fetcher = Fetcher(dataset, *fetcher_options)
                continue
            connection.send(failed or _answer(fetcher, request, where))
    except (KeyboardInterrupt, BrokenPipeError):
        return  # the main process is gone, or going


def _answer(fetcher: Any, indices: Sequence[int] | None, where: str) -> Any:
    try:
        return fetcher.fetch(indices)
    except StopIteration as stop:
        if isinstance(fetcher._dataset, IterableDataset):
            return Exhausted()
        return Caught(type(stop), traceback.format_exc(), where)
    except Exception as error:
        return Caught(type(error), traceback.format_exc(), where)


def _requests(connection: Connection) -> Iterator[Any]:
    """What the main process asks for, until it closes the connection or dies."""
    parent = multiprocessing.parent_process()
    while True:
        while not connection.poll(_PARENT_CHECK_SECONDS):
            if parent is not None and not parent.is_alive():
                return
        try:
            request = connection.recv()
        except EOFError:
            return
        if request == "stop":
            return
        yield request
