"""Streams and events: the order in which a GPU does its work, and when. Making one raises where there is no GPU."""

from __future__ import annotations

from typing import Any

from minitorch.backend import gpu, load_cupy
from minitorch.cuda.devices import Device, device_index


class Event:
    """A mark in a stream; two of them with `enable_timing` measure the time between them, in milliseconds."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self._event = load_cupy().cuda.Event(
            block=blocking, disable_timing=not enable_timing, interprocess=interprocess
        )

    def record(self, stream: Stream | None = None) -> None:
        """Puts the mark into `stream`, or the current one."""
        self._event.record((stream or current_stream())._stream)

    def wait(self, stream: Stream | None = None) -> None:
        """Makes what `stream` is given from now on wait for the mark."""
        (stream or current_stream())._stream.wait_event(self._event)

    def query(self) -> bool:
        """Whether the GPU has come to the mark."""
        return bool(self._event.done)

    def synchronize(self) -> None:
        """Waits until the GPU has come to the mark."""
        self._event.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """The milliseconds from this mark to `end_event`."""
        return float(load_cupy().cuda.get_elapsed_time(self._event, end_event._event))


class Stream:
    """A queue of work for a GPU."""

    def __init__(self, device: Device = None, priority: int = 0, *, _stream: Any = None) -> None:
        cupy = load_cupy()
        if _stream is None:
            with gpu(device_index(device)):
                _stream = cupy.cuda.Stream(non_blocking=True, priority=priority)
        self._stream = _stream

    @property
    def cuda_stream(self) -> int:
        """CUDA's own handle of the stream."""
        return int(self._stream.ptr)

    def synchronize(self) -> None:
        """Waits until all work in the stream is done."""
        self._stream.synchronize()

    def query(self) -> bool:
        """Whether all work in the stream is done."""
        return bool(self._stream.done)

    def record_event(self, event: Event | None = None) -> Event:
        """Puts a mark into the stream."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Makes what the stream is given from now on wait for `event`."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Makes what the stream is given from now on wait for what `stream` has been given."""
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.cuda_stream == other.cuda_stream

    def __hash__(self) -> int:
        return hash(self.cuda_stream)


def current_stream(device: Device = None) -> Stream:
    """The stream that work is given to."""
    return Stream(_stream=load_cupy().cuda.get_current_stream(device_index(device)))


def default_stream(device: Device = None) -> Stream:
    """The stream that work is given to where no other is chosen."""
    load_cupy()
    return Stream(_stream=load_cupy().cuda.Stream.null)


def set_stream(stream: Stream | None) -> None:
    """Gives the work from now on to `stream`; None changes nothing."""
    if stream is not None:
        stream._stream.use()


class StreamContext:
    """`with torch.cuda.stream(s):` gives the work within to `s`; None changes nothing."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            self.stream._stream.__enter__()

    def __exit__(self, *error: object) -> None:
        if self.stream is not None:
            self.stream._stream.__exit__(*error)


stream = StreamContext
