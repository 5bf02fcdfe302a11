"""Checkpoints: what a part of a model saves for backward is dropped, and computed anew when backward needs it.

Without reentrance the graph is the ordinary one, and what it would have saved is numbered instead; the first number
that is asked for runs the part again, to save it all under the same numbers. With reentrance the part is one node,
whose backward runs the part again and a backward pass through that.
"""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from minitorch.autograd.engine import backward
from minitorch.autograd.function import Function
from minitorch.autograd.graph import saved_tensors_hooks
from minitorch.autograd.modes import enable_grad, is_grad_enabled
from minitorch.errors import user_stacklevel
from minitorch.nn.container import Sequential
from minitorch.ops.random import get_rng_state, set_rng_state
from minitorch.tensor import Tensor

Contexts = tuple[contextlib.AbstractContextManager[Any], contextlib.AbstractContextManager[Any]]


class CheckpointError(RuntimeError):
    """Raised when a part computes something else the second time."""


class _Settings:
    early_stop: bool | None = None
    debug: bool | None = None


_settings = _Settings()


@contextlib.contextmanager
def _set(name: str, value: bool | None) -> Iterator[None]:
    outer = getattr(_settings, name)
    setattr(_settings, name, value)
    try:
        yield
    finally:
        setattr(_settings, name, outer)


def set_checkpoint_early_stop(enable: bool) -> contextlib.AbstractContextManager[None]:
    """Within it, checkpoints run again only as far as is needed, or always to the end."""
    return _set("early_stop", enable)


def set_checkpoint_debug_enabled(enabled: bool | None) -> contextlib.AbstractContextManager[None]:
    """Accepted as torch does; errors always say which tensor differed."""
    return _set("debug", enabled)


def noop_context_fn() -> Contexts:
    """Two contexts that do nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


@contextlib.contextmanager
def _random_state(state: Tensor | None) -> Iterator[None]:
    """Within it, the random stream is at `state`, if one is given; afterwards where it was."""
    outer = get_rng_state()
    if state is not None:
        set_rng_state(state)
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(outer)


class _Place:
    """Where a saved tensor will be put when it is computed anew; kept by the node that saved it alone."""

    tensor: Tensor | None = None


class _EnoughError(Exception):
    """Ends a run that has saved all that it has to."""


class _Recomputation:
    """What one checkpointed call saved, and how to compute it anew."""

    def __init__(self, again: Callable[[], Any], early_stop: bool, compare: bool) -> None:
        self._again, self._early_stop, self._compare = again, early_stop, compare
        self._places: list[weakref.ref[_Place]] = []
        self._described: list[dict[str, Any]] = []

    def pack(self, tensor: Tensor) -> _Place:
        """A place in the order of saving."""
        place = _Place()
        self._places.append(weakref.ref(place))
        self._described.append(_description(tensor))
        return place

    def unpack(self, place: _Place) -> Tensor:
        """The tensor of a place; raises CheckpointError when another one was computed there."""
        if place.tensor is None:
            self._run()
        assert place.tensor is not None
        return place.tensor

    def _run(self) -> None:
        found: list[Tensor] = []

        def take(tensor: Tensor) -> None:
            found.append(tensor)
            if self._early_stop and len(found) == len(self._places):
                raise _EnoughError

        with enable_grad(), saved_tensors_hooks(take, _refuse), contextlib.suppress(_EnoughError):
            self._again()
        if len(found) != len(self._places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self._places)}\nNumber of tensors saved "
                f"during recomputation: {len(found)}."
            )
        for k, (reference, described, tensor) in enumerate(zip(self._places, self._described, found, strict=True)):
            if self._compare and _description(tensor) != described:
                raise CheckpointError(
                    "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                    f"during the forward pass.\ntensor at position {k}:\nsaved metadata: {described}\n"
                    f"recomputed metadata: {_description(tensor)}"
                )
            place = reference()
            if place is not None:
                place.tensor = tensor


def _description(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


def _refuse(nothing: Any) -> Any:
    raise RuntimeError("torch.utils.checkpoint: the graph of a recomputation cannot be used for a backward pass.")


class CheckpointFunction(Function):
    """A part of a model as one node; `apply(run_function, preserve_rng_state, *args)`."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.state = get_rng_state() if preserve_rng_state else None
        ctx.others = [None if isinstance(each, Tensor) else each for each in args]
        ctx.save_for_backward(*(each if isinstance(each, Tensor) else None for each in args))
        return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if ctx._for_inputs:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        kept = zip(ctx.saved_tensors, ctx.others, strict=True)
        args = detach_variable(tuple(other if tensor is None else tensor for tensor, other in kept))
        with enable_grad(), _random_state(ctx.state):
            outputs = ctx.run_function(*args)
        tensors = [each for each in (outputs if isinstance(outputs, tuple) else (outputs,)) if isinstance(each, Tensor)]
        pairs = [(each, grad) for each, grad in zip(tensors, grads, strict=True) if each.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([output for output, _ in pairs], [grad for _, grad in pairs])
        return (None, None, *(each.grad if isinstance(each, Tensor) else None for each in args))


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs with every tensor outside the graph, as a leaf that requires grad as it did."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(
        each.detach().requires_grad_(each.requires_grad) if isinstance(each, Tensor) else each for each in inputs
    )


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warns when no tensor among the inputs requires grad: then none will flow through a reentrant checkpoint."""
    if not any(isinstance(each, Tensor) and each.requires_grad for each in inputs):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=user_stacklevel()
        )


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, of which backward computes anew what it needs; random numbers come out the same.

    `preserve_rng_state=False` leaves the random stream alone. Raises CheckpointError in backward when the second run
    saves other shapes or dtypes, unless `determinism_check` is "none". Differs from torch: `debug` says nothing more.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, "
            "calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but "
            "if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for "
            "more details on the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    at_first, at_second = context_fn()
    if not is_grad_enabled():
        with at_first:
            return function(*args, **kwargs)
    state = get_rng_state() if preserve else None

    def again() -> None:
        with _random_state(state), at_second:
            function(*args, **kwargs)

    stop = early_stop if _settings.early_stop is None else _settings.early_stop
    recomputation = _Recomputation(again, stop, determinism_check == "default")
    with saved_tensors_hooks(recomputation.pack, recomputation.unpack), at_first:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The modules or functions one after the other, in `segments` parts, of which all but the last are checkpoints."""
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In "
            "version 2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is "
            "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True. "
            "Refer to docs for more details on the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    steps = list(functions.children()) if isinstance(functions, Sequential) else list(functions)
    size = len(steps) // segments

    def part(start: int, stop: int) -> Callable[[Any], Any]:
        def run(input: Any) -> Any:
            for step in steps[start:stop]:
                input = step(input)
            return input

        return run

    last = size * (segments - 1)
    for start in range(0, last, size):
        input = checkpoint(part(start, start + size), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return part(last, len(steps))(input)
