"""torch.multiprocessing: Python's multiprocessing, and `spawn`, which starts one function in several processes.

Tensors are sent by value, except that a forked process shares the memory of what `share_memory_()` was called on.
Differs from torch: a tensor sent through a queue is a copy in the process that receives it.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import Array as Array
from multiprocessing import AuthenticationError as AuthenticationError
from multiprocessing import Barrier as Barrier
from multiprocessing import BoundedSemaphore as BoundedSemaphore
from multiprocessing import BufferTooShort as BufferTooShort
from multiprocessing import Condition as Condition
from multiprocessing import Event as Event
from multiprocessing import JoinableQueue as JoinableQueue
from multiprocessing import Lock as Lock
from multiprocessing import Manager as Manager
from multiprocessing import Pipe as Pipe
from multiprocessing import Pool as Pool
from multiprocessing import Process as Process
from multiprocessing import ProcessError as ProcessError
from multiprocessing import Queue as Queue
from multiprocessing import RawArray as RawArray
from multiprocessing import RawValue as RawValue
from multiprocessing import RLock as RLock
from multiprocessing import Semaphore as Semaphore
from multiprocessing import SimpleQueue as SimpleQueue
from multiprocessing import TimeoutError as TimeoutError
from multiprocessing import Value as Value
from multiprocessing import active_children as active_children
from multiprocessing import allow_connection_pickling as allow_connection_pickling
from multiprocessing import connection
from multiprocessing import cpu_count as cpu_count
from multiprocessing import current_process as current_process
from multiprocessing import freeze_support as freeze_support
from multiprocessing import get_all_start_methods as get_all_start_methods
from multiprocessing import get_context as get_context
from multiprocessing import get_logger as get_logger
from multiprocessing import get_start_method as get_start_method
from multiprocessing import log_to_stderr as log_to_stderr
from multiprocessing import parent_process as parent_process
from multiprocessing import reducer as reducer
from multiprocessing import set_executable as set_executable
from multiprocessing import set_forkserver_preload as set_forkserver_preload
from multiprocessing import set_start_method as set_start_method
from typing import Any

_STRATEGIES = {"file_descriptor", "file_system"}
_strategy = ["file_descriptor"]


def get_all_sharing_strategies() -> set[str]:
    """The names that set_sharing_strategy takes."""
    return set(_STRATEGIES)


def get_sharing_strategy() -> str:
    """The strategy that was asked for."""
    return _strategy[0]


def set_sharing_strategy(new_strategy: str) -> None:
    """Asks for a way to share memory; both mean the same here. Raises AssertionError for an unknown one."""
    if new_strategy not in _STRATEGIES:
        raise AssertionError(f"invalid sharing strategy {new_strategy!r}, expected one of {_STRATEGIES}")
    _strategy[0] = new_strategy


class ProcessException(Exception):
    """A process that `spawn` started did not end well: which one, and its process id."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid


class ProcessRaisedException(ProcessException):
    """The function raised: the message ends in the process's traceback."""


class ProcessExitedException(ProcessException):
    """The process ended with an exit code, or by a signal."""

    def __init__(self, msg: str, error_index: int, pid: int, exit_code: int, signal_name: str | None = None) -> None:
        super().__init__(msg, error_index, pid)
        self.exit_code, self.signal_name = exit_code, signal_name


def _run(fn: Callable[..., Any], i: int, args: Sequence[Any], errors: Any) -> None:
    """What a spawned process does: sends the traceback of what the function raises, and exits with code 1."""
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        raise SystemExit from None  # the parent is interrupted, too, and tells the user
    except Exception:
        errors.send(traceback.format_exc())
        raise SystemExit(1) from None


class SpawnContext:
    """The processes that `spawn` started."""

    def __init__(self, processes: Sequence[Any], errors: Sequence[Any]) -> None:
        self.processes = list(processes)
        self._errors = list(errors)

    def pids(self) -> list[int]:
        """The process ids."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Waits until one process has ended, or `timeout` seconds; returns whether all have, raises where one failed.

        The others are ended then. Raises ProcessRaisedException or ProcessExitedException.
        """
        running = {process.sentinel: k for k, process in enumerate(self.processes) if process.exitcode is None}
        ended = connection.wait(list(running), timeout=timeout) if running else []
        for sentinel in ended:
            self.processes[running[sentinel]].join()
        failed = next((k for k, process in enumerate(self.processes) if process.exitcode), None)
        if failed is None:
            return all(process.exitcode is not None for process in self.processes)
        for process in self.processes:
            if process.is_alive():
                process.terminate()
            process.join()
        self._raise(failed)
        return False

    def _raise(self, failed: int) -> None:
        process = self.processes[failed]
        try:
            text = self._errors[failed].recv()
        except EOFError:
            text = None  # it ended without a word
        if text is not None:
            raise ProcessRaisedException(
                f"\n\n-- Process {failed} terminated with the following error:\n{text}", failed, process.pid
            )
        if process.exitcode < 0:
            try:
                name = signal.Signals(-process.exitcode).name
            except ValueError:
                name = f"<Unknown signal {-process.exitcode}>"
            raise ProcessExitedException(
                f"process {failed} terminated with signal {name}", failed, process.pid, process.exitcode, name
            )
        raise ProcessExitedException(
            f"process {failed} terminated with exit code {process.exitcode}", failed, process.pid, process.exitcode
        )


ProcessContext = SpawnContext


def start_processes(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> SpawnContext | None:
    """As `spawn`, with any start method."""
    context: Any = multiprocessing.get_context(start_method)
    processes, errors = [], []
    for k in range(nprocs):
        receiver, sender = context.Pipe(duplex=False)
        process: Any = context.Process(target=_run, args=(fn, k, args, sender), daemon=daemon)
        process.start()
        sender.close()
        processes.append(process)
        errors.append(receiver)
    started = SpawnContext(processes, errors)
    if not join:
        return started
    while not started.join():
        continue
    return None


def spawn(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> SpawnContext | None:
    """Runs `fn(i, *args)` for i below nprocs, each in a new process, and waits; without `join` returns their context.

    Raises ProcessRaisedException with the traceback of the first that raises, ProcessExitedException for an exit code.
    """
    return start_processes(fn, args, nprocs, join, daemon, start_method)
