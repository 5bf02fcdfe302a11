"""DataLoader: batches of a dataset, in order or shuffled, made in this process or in workers."""

from __future__ import annotations

import collections
import itertools
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sized
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from minitorch.ops.random import Generator
from minitorch.utils.data.collate import default_collate, default_convert
from minitorch.utils.data.dataset import IterableDataset
from minitorch.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed
from minitorch.utils.data.worker import Caught, Exhausted, Fetcher, worker_loop

T_co = TypeVar("T_co", covariant=True)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
_CLOSING_SECONDS = 5.0


class _Endless(Sampler[None]):
    """The order of an iterable dataset: it has none, so the indices are None without end."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T_co]):
    """Iterates over batches of a dataset.

    With `num_workers` the samples are fetched in that many processes, started by fork or as `multiprocessing_context`
    says; an exception in one is raised here with its traceback. `pin_memory` is accepted. Raises ValueError for options
    that exclude each other. Source: torch.utils.data.DataLoader, whose order of random draws it keeps.
    """

    _iterator: Any = None
    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._iterable:
                sampler = _Endless()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.persistent_workers = persistent_workers
        self._initialized = True
        if num_workers > (cores := _cores()):
            warnings.warn(
                f"This DataLoader will create {num_workers} worker processes in total. Our suggested max number of "
                "worker "
                f"in current system is {cores}, which is smaller than what this DataLoader is going to create. Please "
                "be "
                "aware that excessive worker creation might get DataLoader running slow or even freeze, lower the "
                "worker "
                "number to avoid potential slowness/freeze if necessary.",
                UserWarning,
                stacklevel=2,
            )

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """The context that starts the workers; None for the platform's own."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            if not self.num_workers:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
                    f"num_workers={self.num_workers}"
                )
            methods = multiprocessing.get_all_start_methods()
            if isinstance(context, str):
                if context not in methods:
                    raise ValueError(
                        f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                        f"multiprocessing_context={context!r}"
                    )
                context = multiprocessing.get_context(context)
            elif not isinstance(context, multiprocessing.context.BaseContext):
                raise TypeError(
                    "multiprocessing_context option should be a valid context object or a string specifying the start "
                    f"method, but got multiprocessing_context={context}"
                )
        self._context = context

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    @property
    def _fetcher_options(self) -> tuple[bool, Callable[[Any], Any], bool]:
        return self._auto_collation, self.collate_fn, self.drop_last

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            return _InThisProcess(self)
        if not self.persistent_workers:
            return _InWorkers(self)
        if self._iterator is None:
            self._iterator = _InWorkers(self)
        else:
            self._iterator.restart()
        return self._iterator  # type: ignore[no-any-return]  # kept as Any, for it is None at first

    def __len__(self) -> int:
        if not self._iterable:
            return len(self._index_sampler)
        if not isinstance(self.dataset, Sized):
            raise TypeError(f"object of type '{type(self.dataset).__name__}' has no len()")
        count = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    for name, value, allowed in (
        ("shuffle", shuffle, (None, False)),
        ("sampler", sampler, (None,)),
        ("batch_sampler", batch_sampler, (None,)),
    ):
        if not any(value is each for each in allowed):
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


class _InThisProcess:
    """One pass over the batches, fetched as they are asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._indices = iter(loader._index_sampler)  # first: a sampler may draw as soon as it is asked
        draw_seed(loader.generator)  # the workers' seed: torch draws it also where there are none
        self._fetcher = Fetcher(loader.dataset, *loader._fetcher_options)
        self._length = loader.__len__

    def __iter__(self) -> _InThisProcess:
        return self

    def __next__(self) -> Any:
        return self._fetcher.fetch(next(self._indices))

    def __len__(self) -> int:
        return self._length()


class _InWorkers:
    """One pass over the batches, fetched by workers in turn: requests and answers go through one pipe a worker.

    A worker answers its requests in their order, so the next batch is the next answer of the worker whose turn it is.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        iter(loader._index_sampler)  # torch asks twice, and a sampler that draws at once draws twice
        seed = draw_seed(loader.generator)
        context = loader.multiprocessing_context or multiprocessing.get_context()
        self._connections: list[Connection] = []
        self._workers: list[Any] = []
        for worker in range(loader.num_workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=worker_loop,
                args=(
                    theirs,
                    loader.dataset,
                    loader._fetcher_options,
                    loader.worker_init_fn,
                    seed,
                    worker,
                    loader.num_workers,
                ),
                daemon=True,
            )
            process.start()
            theirs.close()  # so that the end of a worker is the end of its pipe
            self._connections.append(ours)
            self._workers.append(process)
        self._begin()

    def restart(self) -> None:
        """Begins another pass with the same workers."""
        for worker in self._outstanding():
            self._receive(worker)
        for connection in self._connections:
            connection.send("again")
        self._begin()

    def _begin(self) -> None:
        loader = self._loader
        self._indices = iter(loader._index_sampler)
        self._turns = itertools.cycle(range(loader.num_workers))
        self._exhausted: set[int] = set()
        self._waiting: collections.deque[int] = collections.deque()
        """The workers that owe an answer, once for every request, in the order of the requests."""
        for _ in range(max(loader.prefetch_factor or 1, 1) * loader.num_workers):
            self._request()

    def _outstanding(self) -> Iterator[int]:
        while self._waiting:
            yield self._waiting.popleft()

    def _request(self) -> None:
        """Asks the worker whose turn it is for the next batch, if there is one."""
        if len(self._exhausted) == self._loader.num_workers:
            return
        worker = next(self._turns)
        while worker in self._exhausted:
            worker = next(self._turns)
        try:
            indices = next(self._indices)
        except StopIteration:
            return
        self._send(worker, indices)
        self._waiting.append(worker)

    def _send(self, worker: int, request: Any) -> None:
        try:
            self._connections[worker].send(request)
        except (BrokenPipeError, ConnectionResetError):
            raise self._died(worker) from None

    def _receive(self, worker: int) -> Any:
        connection = self._connections[worker]
        timeout = self._loader.timeout
        if timeout and not connection.poll(timeout):
            self.close()
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
        try:
            return connection.recv()
        except (EOFError, ConnectionResetError):
            raise self._died(worker) from None

    def _died(self, worker: int) -> RuntimeError:
        process = self._workers[worker]
        process.join(_CLOSING_SECONDS)
        error = RuntimeError(
            f"DataLoader worker (pid(s) {process.pid}) exited unexpectedly with exit code {process.exitcode}. Details "
            "are "
            "lost due to multiprocessing. Rerunning with num_workers=0 may give better error trace."
        )
        self.close()
        return error

    def _next_worker(self) -> int:
        """The worker whose answer comes next: of the oldest request, or where order does not matter, of any."""
        if not self._loader.in_order:
            ready = wait([self._connections[worker] for worker in set(self._waiting)], 0)
            for worker in self._waiting if ready else ():
                if self._connections[worker] in ready:
                    self._waiting.remove(worker)
                    return worker
        return self._waiting.popleft()

    def __iter__(self) -> _InWorkers:
        return self

    def __next__(self) -> Any:
        while self._waiting:
            worker = self._next_worker()
            answer = self._receive(worker)
            if isinstance(answer, Exhausted):
                self._exhausted.add(worker)
                self._request()
                continue
            if isinstance(answer, Caught):
                self.close()
                answer.raise_again()
            self._request()
            return answer
        if not self._loader.persistent_workers:
            self.close()
        raise StopIteration

    def __len__(self) -> int:
        return len(self._loader)

    def close(self) -> None:
        """Ends the workers."""
        self._waiting = collections.deque()
        for connection in self._connections:
            try:
                connection.send("stop")
            except (BrokenPipeError, ConnectionResetError, OSError):
                continue  # this worker has ended already
            finally:
                connection.close()
        for process in self._workers:
            process.join(_CLOSING_SECONDS)
            if process.is_alive():
                process.terminate()
        self._connections, self._workers = [], []

    def __del__(self) -> None:
        if self.__dict__.get("_workers"):
            self.close()
