"""Optimizer: what all optimizers are made of: groups of parameters, the state of each, hooks, saving and loading.

An optimizer works on the arrays themselves, in place. It rounds as torch's does: the same operations in the same order.
On a GPU one kernel makes all of a parameter's step. A step moves the version counters of the parameters; those of the
states, which no graph holds, stay.
"""

from __future__ import annotations

import copy
import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from minitorch import parallel
from minitorch.autograd.modes import enable_grad
from minitorch.backend import Array
from minitorch.dtypes import NP_FLOAT32
from minitorch.errors import NotSupportedError
from minitorch.node import RemovableHandle
from minitorch.ops.conversion import typename
from minitorch.tensor import Tensor, wrap

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
Hook: TypeAlias = Callable[..., Any]


class _RequiredParameter:
    """Stands for a default that every group must give itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

_SMALL = 2**12
"""Elements of which new memory is made faster than old memory is found."""

_before_every_step: dict[int, Hook] = {}
_after_every_step: dict[int, Hook] = {}


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(optimizer, args, kwargs)` before each step of every optimizer."""
    return RemovableHandle(_before_every_step, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Calls `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    return RemovableHandle(_after_every_step, hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step that runs the hooks before and after it."""

    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        for hook in [*_before_every_step.values(), *self._optimizer_step_pre_hooks.values()]:
            replaced = hook(self, args, kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
            args, kwargs = replaced
        result = step(self, *args, **kwargs)
        for hook in [*self._optimizer_step_post_hooks.values(), *_after_every_step.values()]:
            hook(self, args, kwargs)
        return result

    return hooked


class Optimizer:
    """Base of all optimizers: a subclass gives its `defaults` and a `step`.

    `params` are tensors, (name, tensor) pairs, or dicts with "params" and options of their own: the groups.
    Raises TypeError or ValueError for what cannot be optimized.
    """

    _opt_called = False
    """Whether a step was made since a learning rate scheduler watches."""
    _optimizer_step_pre_hooks: dict[int, Hook] = {}
    _optimizer_step_post_hooks: dict[int, Hook] = {}
    """Each optimizer has its own; one that wraps another, and never calls `__init__`, has none."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]  # as a decorator would

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._prepare()
        given: list[Any] = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def _prepare(self) -> None:
        """What is neither copied nor saved: the hooks."""
        self._optimizer_step_pre_hooks: dict[int, Hook] = {}
        self._optimizer_step_post_hooks: dict[int, Hook] = {}
        self._optimizer_state_dict_pre_hooks: dict[int, Hook] = {}
        self._optimizer_state_dict_post_hooks: dict[int, Hook] = {}
        self._optimizer_load_state_dict_pre_hooks: dict[int, Hook] = {}
        self._optimizer_load_state_dict_post_hooks: dict[int, Hook] = {}

    # --- groups -----------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters with options of their own; what is not given has the optimizer's default."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        params = list(params)
        param_group["params"] = params
        named = [isinstance(param, tuple) for param in params]
        if any(named):
            if not all(named):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["params"] = [param for _, param in params]
            param_group["param_names"] = [name for name, _ in params]
        params = param_group["params"]
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(param)}")
            if not (param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        if not {param for group in self.param_groups for param in group["params"]}.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        if self.param_groups and ("param_names" in param_group) != ("param_names" in self.param_groups[0]):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if 'param_names' in param_group else 'without'} names to the optimizer"
            )
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes the gradients off all parameters, or fills them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                grad = param._grad
                if grad is None:
                    continue
                if set_to_none:
                    param._grad = None
                    continue
                if grad._node is not None:
                    grad = param._grad = grad.detach()
                grad._array[...] = 0
                grad._written()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes the parameters by their gradients; returns what `closure`, which computes them anew, returns."""
        raise NotImplementedError(f"{type(self).__name__} has no step(): a subclass of Optimizer defines it")

    # --- what steps are made of -------------------------------------------------------------------------------------

    @staticmethod
    def _evaluate(closure: Callable[[], Any] | None) -> Any:
        """What the closure returns, gradients being on; None without one."""
        if closure is None:
            return None
        with enable_grad():
            return closure()

    @staticmethod
    def _trained(group: dict[str, Any]) -> Iterator[tuple[Tensor, Array, Array]]:
        """The parameters of the group that have a gradient: each, its array, and the gradient's."""
        for param in group["params"]:
            grad = param._grad
            if grad is not None:
                yield param, param._array, grad._array

    # --- saving -----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state of every parameter, by its number, and the options of the groups, with the parameters' numbers."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[Tensor, int] = {}
        for group in self.param_groups:
            for param in group["params"]:
                numbers.setdefault(param, len(numbers))
        groups = [
            {key: value for key, value in group.items() if key != "params"}
            | {"params": [numbers[param] for param in group["params"]]}
            for group in self.param_groups
        ]
        state = {numbers.get(key, key) if isinstance(key, Tensor) else key: own for key, own in self.state.items()}
        result = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, result)
            if replaced is not None:
                result = replaced
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the state and the options of another optimizer; raises ValueError when the groups differ."""
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        groups, given = self.param_groups, copy.deepcopy(state_dict["param_groups"])
        if len(groups) != len(given):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if [len(group["params"]) for group in groups] != [len(group["params"]) for group in given]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        owners = {
            number: (param, new)
            for group, new in zip(groups, given, strict=True)
            for param, number in zip(group["params"], new["params"], strict=True)
        }
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in owners:
                param, new = owners[key]
                state[param] = _fitted(param, new, value)
            else:
                state[key] = value
        for group, new in zip(groups, given, strict=True):
            new["params"] = group["params"]
            if "param_names" in group and "param_names" not in new:
                new["param_names"] = group["param_names"]
        self.__setstate__({"state": state, "param_groups": given})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._prepare()
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    # --- hooks ------------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs)."""
        return RemovableHandle(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` after each step."""
        return RemovableHandle(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` before each state_dict()."""
        return RemovableHandle(self._optimizer_state_dict_pre_hooks, hook, first=prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` after each state_dict(); what it returns replaces the state_dict."""
        return RemovableHandle(self._optimizer_state_dict_post_hooks, hook, first=prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` before each load_state_dict(); what it returns is loaded instead."""
        return RemovableHandle(self._optimizer_load_state_dict_pre_hooks, hook, first=prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` after each load_state_dict()."""
        return RemovableHandle(self._optimizer_load_state_dict_post_hooks, hook, first=prepend)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines += [*([""] if k else []), f"Parameter Group {k}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _fitted(param: Tensor, group: dict[str, Any], value: Any, key: Any = None) -> Any:
    """A loaded state in the parameter's dtype and on its device; the count of steps stays as it is."""
    if isinstance(value, Tensor):
        if key == "step":
            return value
        moved: Tensor = value.to(dtype=param.dtype, device=param.device) if param.is_floating_point() else value
        return moved
    if isinstance(value, dict):
        return {own: _fitted(param, group, each, own) for own, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return type(value)(_fitted(param, group, each) for each in value)  # type: ignore[call-arg]  # a list or tuple
    return value


# --- what changes a parameter -----------------------------------------------------------------------------------------


def new_count(start: float = 0) -> Tensor:
    """The number of steps so far. As torch's it lies on the host, which need not wait for a GPU to know it."""
    count: Tensor = wrap(np.array(start, NP_FLOAT32))
    return count


def counted(state: dict[str, Any]) -> float:
    """How many steps there are with this one, which is noted in the state."""
    count = state["step"]._array
    steps = float(count.item()) + 1
    count.fill(steps)
    return steps


def spare(xp: Any, like: Array, which: int = 0) -> Array:
    """An array of the shape and dtype of `like` to compute in; its memory is used again for other parameters."""
    if like.size < _SMALL:
        return xp.empty(like.shape, like.dtype)
    return parallel.scratch(xp, f"optimizer {which}", like.shape, like.dtype)


def adjusted(xp: Any, gradient: Array, value: Array, maximize: bool, weight_decay: float) -> Array:
    """The gradient as these options change it, in memory of ours; or itself when they do not."""
    if maximize:
        gradient = xp.negative(gradient, out=spare(xp, value, -1))
    if weight_decay:
        decay = xp.multiply(value, weight_decay, out=spare(xp, value, -2))
        gradient = xp.add(gradient, decay, out=decay)
    return gradient


def lerp(xp: Any, start: Array, end: Array, weight: float, work: Array) -> None:
    """Moves `start` by `weight` towards `end`, in place; counted from the nearer end, as torch rounds it."""
    xp.subtract(end, start, out=work)
    if weight < 0.5:
        work *= weight
        start += work
    else:
        work *= 1 - weight
        xp.subtract(end, work, out=start)


def follow_square(xp: Any, square: Array, gradient: Array, rest: float, work: Array) -> None:
    """Moves a running mean of squares to that of the gradient, of which `rest` is not taken over, in place."""
    square *= rest
    xp.multiply(gradient, 1 - rest, out=work)
    work *= gradient
    square += work


# The same in kernels, whose parameters have these names.

ADJUSTED = """
    real w = value, slope = maximize ? -real(gradient) : real(gradient);
    if (weight_decay != 0) slope += w * real(weight_decay);
"""
LERP = """
    real way = slope - real(mean);
    mean = share < 0.5 ? real(mean) + way * real(share) : slope - way * real(1 - share);
"""
SECOND = "real second = real(square) * real(rest) + slope * real(1 - rest) * slope; square = second;"


# --- the options that optimizers share --------------------------------------------------------------------------------


def check_lr(lr: Any, *, foreach: bool | None = None, capturable: bool = False) -> None:
    """Raises ValueError unless the learning rate is a number that is not negative, or a tensor of one."""
    if isinstance(lr, Tensor) and foreach and not capturable:
        raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
    check_one_element(lr)
    if not 0.0 <= lr:
        raise ValueError(f"Invalid learning rate: {lr}")


def check_one_element(lr: Any) -> None:
    """Raises ValueError for a tensor of several elements as learning rate."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def check_betas(betas: Any) -> None:
    """Raises ValueError unless both betas are at least 0 and less than 1."""
    for k in (0, 1):
        if not 0.0 <= betas[k] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {k}: {betas[k]}")


def check_not_negative(**given: tuple[str, Any]) -> None:
    """Raises ValueError, worded as torch does for each option, for one that is negative."""
    for words, value in given.values():
        if not 0.0 <= value:
            raise ValueError(f"Invalid {words}: {value}")


def check_mode(*, differentiable: bool, foreach: bool | None = None, fused: bool | None = None) -> None:
    """Raises for ways of computing that do not exist here or exclude each other; the others make no difference."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if differentiable:
        raise NotSupportedError(
            "differentiable=True: steps are not recorded here; to differentiate one, write it with tensor operations"
        )


def number(value: Any) -> Any:
    """An option as a Python number; a tensor of one element is one, too."""
    return value.item() if isinstance(value, Tensor) else value
