"""The hooks of Modules: those of all modules together, the records of one module's own, and the calls that run them.

A full backward hook sees the gradients where a module begins and ends. So the inputs and the outputs of a hooked module
pass through an identity operation each, whose backward is where the hooks run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minitorch.autograd.function import Function
from minitorch.autograd.modes import modes
from minitorch.errors import user_stacklevel
from minitorch.node import RemovableHandle
from minitorch.tensor import Tensor

if TYPE_CHECKING:
    from minitorch.nn.module import Module

Hook = Callable[..., Any]


class GlobalHooks:
    """The hooks of every module, by the moment at which they run."""

    def __init__(self) -> None:
        self.forward_pre: dict[int, Hook] = {}
        self.forward: dict[int, Hook] = {}
        self.forward_with_kwargs: dict[int, bool] = {}
        self.forward_always_called: dict[int, bool] = {}
        self.backward_pre: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}
        self.full_backward: bool | None = None
        """Whether the backward hooks are full ones; None while there is none."""
        self.parameter_registration: dict[int, Hook] = {}
        self.buffer_registration: dict[int, Hook] = {}
        self.module_registration: dict[int, Hook] = {}
        self.at_call = False
        """Whether a hook that runs when a module is called was ever registered: the one thing that every call asks."""


everywhere = GlobalHooks()


def call(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls `module.forward` with its hooks and the global ones around it."""
    always = {
        key: hook
        for hooks, chosen in (
            (everywhere.forward, everywhere.forward_always_called),
            (module._forward_hooks, module._forward_hooks_always_called),
        )
        for key, hook in hooks.items()
        if key in chosen
    }
    result = None
    try:
        args, kwargs = _run_forward_pre_hooks(module, args, kwargs)
        watch = BackwardHooks.of(module)
        if watch is not None:
            args = watch.enter(args)
        result = module.forward(*args, **kwargs)
        for key, hook in (*everywhere.forward.items(), *module._forward_hooks.items()):
            always.pop(key, None)
            replaced = _run_forward_hook(module, key, hook, args, kwargs, result)
            if replaced is not None:
                result = replaced
        if watch is not None:
            result = watch.leave(result)
    except Exception:
        for key, hook in always.items():
            try:
                _run_forward_hook(module, key, hook, args, kwargs, result)
            except Exception as second:
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {second}",
                    stacklevel=3,
                )
        raise
    _watch_last_operation(module, args, result)
    return result


def _run_forward_pre_hooks(module: Module, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for key, hook in (*everywhere.forward_pre.items(), *module._forward_pre_hooks.items()):
        if key in module._forward_pre_hooks_with_kwargs:
            replaced = hook(module, args, kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                )
            args, kwargs = replaced
        else:
            replaced = hook(module, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
    return args, kwargs


def _run_forward_hook(module: Module, key: int, hook: Hook, args: Any, kwargs: Any, result: Any) -> Any:
    if key in module._forward_hooks_with_kwargs or key in everywhere.forward_with_kwargs:
        return hook(module, args, kwargs, result)
    return hook(module, args, result)


class _BackwardHookFunction(Function):
    """The identity, whose gradients pass through `run`."""

    @staticmethod
    def forward(ctx: Any, run: Hook, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.run = run
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[tensor for tensor in tensors if not tensor.requires_grad])
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        return (None, *ctx.run(grads))


_BackwardHookFunction.__name__ = "BackwardHookFunction"  # torch's name, which the nodes show


class BackwardHooks:
    """The full backward hooks around one call of a module."""

    def __init__(self, module: Module, hooks: list[Hook], pre_hooks: list[Hook]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.input_count = 0
        self.inputs: list[int] | None = None
        """The positions of the tensors among the arguments; None when none of them requires grad."""
        self.grad_outputs: tuple[Any, ...] | None = None

    @classmethod
    def of(cls, module: Module) -> BackwardHooks | None:
        """Those of `module` and the global ones; None when there are none."""
        pre_hooks = [*everywhere.backward_pre.values(), *module._backward_pre_hooks.values()]
        hooks = list(everywhere.backward.values()) if everywhere.full_backward else []
        if module._is_full_backward_hook:
            hooks += module._backward_hooks.values()
        return cls(module, hooks, pre_hooks) if hooks or pre_hooks else None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, watched."""
        self.input_count = len(args)
        args, self.inputs = _pass_through(args, self._at_input)
        return args

    def leave(self, result: Any) -> Any:
        """The result, watched."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
            return result
        outputs = (result,) if isinstance(result, Tensor) else result
        count = len(outputs)

        def at_output(grads: tuple[Any, ...]) -> tuple[Any, ...]:
            return self._at_output(grads, places or [], count)

        outputs, places = _pass_through(outputs, at_output)
        return outputs[0] if isinstance(result, Tensor) else outputs

    def _at_output(self, grads: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
        spread = _spread(grads, places, count)
        for hook in self.pre_hooks:
            replaced = hook(self.module, spread)
            if replaced is None:
                continue
            replaced = replaced if isinstance(replaced, tuple) else (replaced,)
            if len(replaced) != count:
                raise RuntimeError(
                    f"Backward pre hook returned an invalid number of grad_output, got {len(replaced)}, but expected "
                    f"{count}"
                )
            spread = replaced
        self.grad_outputs = spread
        if self.inputs is None:
            self._without_inputs(spread)
        return tuple(spread[k] for k in places)

    def _without_inputs(self, grad_outputs: tuple[Any, ...]) -> None:
        """Runs the hooks at the outputs, where no gradient will come to the inputs."""
        if self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients. See "
                "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                "#torch.nn.Module.register_full_backward_hook "
                "for more details.",
                stacklevel=user_stacklevel(),
            )
        for hook in self.hooks:
            replaced = hook(self.module, (None,) * self.input_count, grad_outputs)
            if replaced is not None and not (isinstance(replaced, tuple) and all(each is None for each in replaced)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.grad_outputs = None

    def _at_input(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_outputs is None:  # the gradient came from within the module, not through its outputs
            return grads
        assert self.inputs is not None
        spread = _spread(grads, self.inputs, self.input_count)
        for hook in self.hooks:
            replaced = hook(self.module, spread, self.grad_outputs)
            if replaced is None:
                continue
            replaced = replaced if isinstance(replaced, tuple) else (replaced,)
            if len(replaced) != len(spread):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, got "
                    f"{len(replaced)}, but expected {len(spread)}"
                )
            spread = replaced
        self.grad_outputs = None
        return tuple(spread[k] for k in self.inputs)


def _spread(grads: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
    """The gradients at their places among `count` values, None elsewhere."""
    found = dict(zip(places, grads, strict=True))
    return tuple(found.get(k) for k in range(count))


def _pass_through(values: tuple[Any, ...], run: Hook) -> tuple[tuple[Any, ...], list[int] | None]:
    """`values` with its tensors passed through the watching identity, and their places; None if none requires grad."""
    places = [k for k, value in enumerate(values) if isinstance(value, Tensor)]
    if not modes.grad or not any(values[k].requires_grad for k in places):
        return values, None
    watched = list(values)
    for k, tensor in zip(places, _BackwardHookFunction.apply(run, *(values[k] for k in places)), strict=True):
        watched[k] = tensor
    return tuple(watched), places


def _watch_last_operation(module: Module, args: Any, result: Any) -> None:
    """What register_backward_hook, deprecated, does: its hooks watch the node of the result, whatever that is."""
    hooks = list(everywhere.backward.values()) if everywhere.full_backward is False else []
    if module._is_full_backward_hook is False:
        hooks += module._backward_hooks.values()
    if not hooks:
        return
    first = result
    while not isinstance(first, Tensor):
        first = next(iter(first.values())) if isinstance(first, Mapping) else first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(lambda grad_inputs, grad_outputs, hook=hook: hook(module, grad_inputs, grad_outputs))
    _warn_not_full(args, result, node)


def _warn_not_full(args: Any, result: Any, node: Any) -> None:
    """Warns where such a hook does not see the gradients of the module's inputs and outputs."""
    outputs = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(each, Tensor) for each in outputs):
        what = "non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors"
        missing = "some of the grad_output"
    elif not all(isinstance(each, Tensor) for each in args):
        what = "non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of Tensors"
        missing = "some of the grad_input"
    elif len(outputs) > 1:
        what = "a non-full backward hook when outputs are generated by different autograd Nodes"
        missing = "some grad_output"
    elif {edge for edge, _ in node.next_functions} != {each.grad_fn for each in args} - {None}:
        what = "a non-full backward hook when the forward contains multiple autograd Nodes"
        missing = "some grad_input"
    else:
        return
    warnings.warn(
        f"Using {what} is deprecated and will be removed in future versions. This hook will be missing {missing}. "
        "Please use register_full_backward_hook to get the documented behavior.",
        FutureWarning,
        stacklevel=5,
    )


# --- hooks of every module --------------------------------------------------------------------------------------------


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, args)` before every module's forward; what it returns replaces the arguments."""
    everywhere.at_call = True
    return RemovableHandle(everywhere.forward_pre, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls `hook(module, args, output)` after every module's forward; what it returns replaces the output."""
    everywhere.at_call = True
    handle = RemovableHandle(everywhere.forward, hook)
    if with_kwargs:
        everywhere.forward_with_kwargs[handle.id] = True
    if always_call:
        everywhere.forward_always_called[handle.id] = True
    return handle


def _register_backward(hook: Hook, full: bool) -> RemovableHandle:
    if everywhere.full_backward is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use "
            "only one of them."
        )
    everywhere.at_call, everywhere.full_backward = True, full
    return RemovableHandle(everywhere.backward, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_input, grad_output)` when a module's input gradients are known; it may replace them."""
    return _register_backward(hook, True)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The old form of register_module_full_backward_hook, which watches only the last operation of each module."""
    return _register_backward(hook, False)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, grad_output)` before a module's gradients are computed; it may replace grad_output."""
    everywhere.at_call = True
    return RemovableHandle(everywhere.backward_pre, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, parameter)` whenever a module takes note of a parameter; it may return another."""
    return RemovableHandle(everywhere.parameter_registration, hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, buffer)` whenever a module takes note of a buffer; it may return another."""
    return RemovableHandle(everywhere.buffer_registration, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(module, name, child)` whenever a module takes note of a child; it may return another."""
    return RemovableHandle(everywhere.module_registration, hook)
