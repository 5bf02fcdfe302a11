"""Grad mode and inference mode: thread-local switches, each a context manager, a decorator, or both."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


class _Modes(threading.local):
    grad: bool = True
    inference: bool = False


modes = _Modes()

inference_used: list[bool] = []
"""Empty until inference mode is first on: before, no tensor has to be asked whether it was made there."""


def is_grad_enabled() -> bool:
    """Whether operations are recorded for backward in this thread."""
    return modes.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on in this thread."""
    return modes.inference


class _ModeContext:
    """A context manager that decorates functions and generators too."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *error: object) -> None:
        raise NotImplementedError

    def _again(self) -> _ModeContext:
        """A fresh context with the same settings, so that a decorated function may recurse."""
        return self.__class__()

    def __call__(self, function: _F) -> _F:
        if inspect.isclass(function):
            raise TypeError(f"{type(self).__name__} decorates functions; decorate the methods of {function.__name__}")
        if inspect.isgeneratorfunction(function):
            return cast(_F, self._decorate_generator(function))

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return cast(_F, decorated)

    def _decorate_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The mode holds while the generator runs, not while its consumer does."""

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                generator = function(*args, **kwargs)
            resume, value = generator.send, None
            while True:
                try:
                    with self._again():
                        produced = resume(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    resume, value = generator.send, (yield produced)
                except GeneratorExit:
                    with self._again():
                        generator.close()
                    raise
                except BaseException as error:
                    resume, value = generator.throw, error

        return decorated


class _NoArgumentMode(_ModeContext):
    """Lets the class itself decorate: `@no_grad` as well as `@no_grad()`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        return mode(function)


class no_grad(_NoArgumentMode):
    """Within it nothing is recorded: results do not require grad."""

    def __enter__(self) -> None:
        self._outer = modes.grad
        modes.grad = False

    def __exit__(self, *error: object) -> None:
        modes.grad = self._outer


class enable_grad(_NoArgumentMode):
    """Within it operations are recorded, also inside no_grad."""

    def __enter__(self) -> None:
        self._outer = modes.grad
        modes.grad = True

    def __exit__(self, *error: object) -> None:
        modes.grad = self._outer


class set_grad_enabled(_ModeContext):
    """Switches recording on or off: at once when called, for a `with` block, or per call as a decorator."""

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}"
            )
        self._outer = modes.grad
        self._mode = mode
        modes.grad = mode

    def _again(self) -> _ModeContext:
        return set_grad_enabled(self._mode)

    def __call__(self, function: _F) -> _F:
        modes.grad = self._outer
        return super().__call__(function)

    def __enter__(self) -> None:
        modes.grad = self._mode

    def __exit__(self, *error: object) -> None:
        modes.grad = self._outer


class inference_mode(_ModeContext):
    """As no_grad, and the tensors made within it can never take part in a graph: `is_inference()` is True for them."""

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        context = super().__new__(cls)
        if isinstance(mode, bool):
            return context
        context.__init__()  # type: ignore[misc]  # Python skips it when __new__ returns something else
        return context(mode)

    def __init__(self, mode: bool = True) -> None:
        self._mode = mode

    def _again(self) -> _ModeContext:
        return cast(_ModeContext, inference_mode(self._mode))

    def __enter__(self) -> None:
        self._outer = modes.grad, modes.inference
        modes.grad, modes.inference = not self._mode, self._mode
        if not inference_used:
            inference_used.append(True)

    def __exit__(self, *error: object) -> None:
        modes.grad, modes.inference = self._outer
