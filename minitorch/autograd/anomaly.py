"""Anomaly mode: a backward pass that computes nan raises, and names the forward line that is to blame."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.observer import Observer, observers
from minitorch.backend import array_module
from minitorch.errors import is_engine
from minitorch.node import Node
from minitorch.tensor import Tensor


class _Anomaly(Observer):
    """Remembers where every node was made, and looks for nan in what it gives."""

    enabled = False
    check_nan = True

    def node_made(self, node: Node) -> None:
        """Keeps the stack of the forward call, without the frames of the engine itself."""
        frames = [frame for frame in traceback.extract_stack() if not is_engine(frame.filename)]
        node.traceback = "".join(traceback.format_list(frames))

    def pull_ends(self, node: Node, g: Any, results: Sequence[Any]) -> None:
        """Raises RuntimeError for a gradient that is nan, and shows the forward line."""
        if not self.check_nan:
            return
        for k, result in enumerate(results):
            array = result._array if isinstance(result, Tensor) else result
            if array is not None and array.dtype.kind == "f" and array_module(array).isnan(array).any():
                warnings.warn(
                    f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
                    f"{node.traceback or '  (made before anomaly mode was on)'}",
                    UserWarning,
                    stacklevel=2,
                )
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {k}th output.")


_anomaly = _Anomaly()


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return _anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for nan."""
    return _anomaly.check_nan


class set_detect_anomaly:
    """Switches anomaly mode on or off: at once as a function, for a block as a context manager.

    It keeps a stack trace for every operation and looks for nan in every gradient: for debugging only, it is slow.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_anomaly_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}"
            )
        self._outer = _anomaly.enabled, _anomaly.check_nan
        _switch(mode, check_nan)

    def __enter__(self) -> None:
        """The mode is on since the constructor ran."""

    def __exit__(self, *error: object) -> None:
        _switch(*self._outer)


class detect_anomaly(set_detect_anomaly):
    """Anomaly mode for a block.

    >>> with detect_anomaly():
    ...     is_anomaly_enabled()
    True
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._outer = _anomaly.enabled, _anomaly.check_nan
        self._wanted = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self) -> None:
        _switch(True, self._wanted)


def _switch(mode: bool, check_nan: bool) -> None:
    _anomaly.enabled, _anomaly.check_nan = mode, check_nan
    if mode and _anomaly not in observers:
        observers.append(_anomaly)
    elif not mode and _anomaly in observers:
        observers.remove(_anomaly)
