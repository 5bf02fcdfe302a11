"""Module: what all layers and models are. It finds its parameters, buffers and children by their assignment."""

from __future__ import annotations

import types
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self, overload

from minitorch import dtypes
from minitorch.autograd.modes import no_grad
from minitorch.devices import as_device, device
from minitorch.nn.hooks import (
    Hook,
    call,
    everywhere,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from minitorch.nn.parameter import Buffer, Parameter
from minitorch.node import RemovableHandle
from minitorch.ops.conversion import typename
from minitorch.ops.creation import empty_like
from minitorch.tensor import Tensor

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What load_state_dict returns: the keys that the state lacked, and those that it had too many."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def _no_forward(self: Module, *args: Any) -> None:
    """Computes the output; every Module overrides it."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module:
    """The base of all neural network modules: layers, losses and models.

    A subclass calls `super().__init__()`, assigns its parameters and children as attributes, and defines `forward`;
    calling the module runs that, and the hooks. Source: torch.nn.Module.
    """

    training: bool
    dump_patches: bool = False
    call_super_init: bool = False
    _version: int = 1
    """Written into the metadata of a state_dict, so that a later layout can read an older one."""
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _forward_hooks: dict[int, Hook]
    _forward_pre_hooks: dict[int, Hook]
    _backward_hooks: dict[int, Hook]
    _backward_pre_hooks: dict[int, Hook]
    _is_full_backward_hook: bool | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Gives a layer a copy of a constructor that is written once for several, so that its errors name the layer."""
        super().__init_subclass__(**kwargs)
        shared = cls.__init__
        if shared.__qualname__.startswith("_") and shared.__module__.startswith("minitorch."):
            own = types.FunctionType(
                shared.__code__, shared.__globals__, "__init__", shared.__defaults__, shared.__closure__
            )
            own.__kwdefaults__, own.__annotations__ = shared.__kwdefaults__, shared.__annotations__
            own.__doc__, own.__module__ = shared.__doc__, shared.__module__
            own.__qualname__ = f"{cls.__qualname__}.__init__"
            cls.__init__ = own  # type: ignore[method-assign]  # the same function under another name

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # One update of the dictionary instead of twenty assignments, each of which would go through __setattr__.
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
            **_empty_hooks(),
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # Declared as an attribute, so that a subclass may define forward with whatever arguments.
    forward: Callable[..., Any] = _no_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._backward_hooks
            or self._backward_pre_hooks
            or self._forward_hooks
            or self._forward_pre_hooks
            or everywhere.at_call
        ):
            return call(self, args, kwargs)
        return self.forward(*args, **kwargs)

    # --- attributes -------------------------------------------------------------------------------------------------

    def _dictionary(self, name: str, kind: str) -> dict[str, Any]:
        """One of the dictionaries that __init__ makes; raises AttributeError before it has."""
        found: dict[str, Any] | None = self.__dict__.get(name)
        if found is None:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        return found

    def _check_name(self, kind: str, name: Any, taken: Mapping[str, Any]) -> None:
        """Raises unless `name` can become that of a parameter, buffer or child."""
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in taken:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter; None keeps the name for one that is absent."""
        parameters = self._dictionary("_parameters", "parameter")
        self._check_name("parameter", name, parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None "
                    "required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                    "forward() method."
                )
            param = self._passed(everywhere.parameter_registration, name, param)
        parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is state but is not trained; one that is not `persistent` is left out of state_dict."""
        buffers = self._dictionary("_buffers", "buffer")
        self._check_name("buffer", name, buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        buffers[name] = self._passed(everywhere.buffer_registration, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a child; None keeps the name for one that is absent."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", name, self._dictionary("_modules", "module"))
        self._modules[name] = self._passed(everywhere.module_registration, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """As add_module."""
        self.add_module(name, module)

    def _passed(self, hooks: dict[int, Hook], name: str, value: Any) -> Any:
        """What the registration hooks make of `value`."""
        for hook in hooks.values():
            replaced = hook(self, name, value)
            value = value if replaced is None else replaced
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            self._dictionary("_parameters", "parameters")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise _cannot_assign(value, "parameter", name, "torch.nn.Parameter")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            modules = self._dictionary("_modules", "module")
            self._forget(name, "_parameters", "_buffers")
            modules[name] = self._passed(everywhere.module_registration, name, value)
        elif name in own.get("_modules", ()):
            if value is not None:
                raise _cannot_assign(value, "child module", name, "torch.nn.Module")
            self._modules[name] = self._passed(everywhere.module_registration, name, value)
        elif name in own.get("_buffers", ()) or isinstance(value, Buffer):
            if value is not None and not isinstance(value, Tensor):
                raise _cannot_assign(value, "buffer", name, "torch.nn.Buffer, torch.Tensor")
            self._dictionary("_buffers", "buffer")
            kept = value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
            self.register_buffer(name, value, kept)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, *dictionaries: str) -> None:
        """Removes an attribute, and what one of the dictionaries has under its name."""
        own = self.__dict__
        own.pop(name, None)
        for dictionary in dictionaries:
            own[dictionary].pop(name, None)
        own["_non_persistent_buffers_set"].discard(name)

    # It is called for what Python's own search did not find: parameters, buffers and children.
    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_modules" in own:  # not so before __init__, and while unpickling
            if name in own["_parameters"]:
                return own["_parameters"][name]
            if name in own["_buffers"]:
                return own["_buffers"][name]
            if name in own["_modules"]:
                return own["_modules"][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for dictionary in (self._parameters, self._buffers, self._modules):
            if name in dictionary:
                del dictionary[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[0].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**_empty_hooks(), "_non_persistent_buffers_set": set(), **state})

    # --- parts ------------------------------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path, "" being this one; raises AttributeError where there is none."""
        module = self
        for name in target.split(".") if target else ():
            module = _part(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts `module` at a dotted path; `strict` demands that there be one already.

        Raises ValueError for the empty path and for what is no Module, AttributeError where the path leads nowhere.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            if not isinstance(_part(parent, name), Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path; raises AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        parameter = _part(self.get_submodule(path), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path; raises AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer: Tensor = _part(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, those of all descendants included if `recurse`; a shared one comes once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names."""
        yield from self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, those of all descendants included if `recurse`."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names."""
        yield from self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, with their names; a shared one comes once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self) -> Iterator[Module]:
        """This module and all its descendants, each once."""
        for _, module in self.named_modules():
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all its descendants, with their dotted names."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    # --- changes to the whole tree ----------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Calls `fn` with every descendant and then with this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Sets training mode, here and below: dropout drops and batch norm measures only then."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Sets evaluation mode, here and below."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freezes all parameters, or thaws them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters, or fills them with zeros."""
        for parameter in self.parameters():
            grad = parameter.grad
            if grad is None:
                continue
            if set_to_none:
                parameter.grad = None
                continue
            if grad.grad_fn is not None:
                grad.detach_()
            else:
                grad.requires_grad_(False)
            grad.zero_()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the data of every parameter, gradient and buffer by `fn` of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            with no_grad():
                parameter.data = fn(parameter.data)
                if parameter._grad is not None:
                    parameter._grad.data = fn(parameter._grad.data)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Moves all parameters and buffers: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`.

        A dtype is that of the floating point ones only. Raises TypeError for one that is not floating point.
        """
        target, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._apply(lambda tensor: tensor.to(target, dtype if tensor.is_floating_point() else None))

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Moves all parameters and buffers to `device` without their values."""
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse=recurse)

    def type(self, dst_type: Any) -> Self:
        """Casts all parameters and buffers to a type: a dtype, or the name of an old tensor type."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def _cast(self, dtype: dtypes.dtype) -> Self:
        return self._apply(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)

    def float(self) -> Self:
        """Casts the floating point parameters and buffers to float32."""
        return self._cast(dtypes.float32)

    def double(self) -> Self:
        """Casts the floating point parameters and buffers to float64."""
        return self._cast(dtypes.float64)

    def half(self) -> Self:
        """Casts the floating point parameters and buffers to float16."""
        return self._cast(dtypes.float16)

    def bfloat16(self) -> Self:
        """Raises NotSupportedError: NumPy cannot hold bfloat16."""
        return self._cast(dtypes.bfloat16)

    def cpu(self) -> Self:
        """Moves all parameters and buffers to the CPU's memory."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: int | device | None = None) -> Self:
        """Moves all parameters and buffers to a GPU; raises RuntimeError without CuPy or a GPU."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def share_memory(self) -> Self:
        """Moves all parameters and buffers to memory that forked processes share."""
        return self._apply(lambda tensor: tensor.share_memory_())

    # --- state ------------------------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """What else belongs into the state_dict; a module that has such state overrides this and set_extra_state."""
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called. Override it, together with "
            "set_extra_state(), in a module that has extra state."
        )

    def set_extra_state(self, state: Any) -> None:
        """Takes back what get_extra_state gave."""
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called. Override it, together with "
            "get_extra_state(), in a module that has extra state."
        )

    @overload
    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]: ...
    @overload
    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any: ...
    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers by dotted names; they share memory, detached unless `keep_vars`."""
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            destination = args[0] if destination is None else destination
            prefix = args[1] if len(args) > 1 and prefix == "" else prefix
            keep_vars = args[2] if len(args) > 2 and keep_vars is False else keep_vars
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for key, hook in self._state_dict_hooks.items():
            result = hook(self, destination, prefix, metadata)
            if result is None:
                continue
            if key in self._state_dict_public_hooks:
                raise RuntimeError("state_dict post-hook must return None")
            destination = result
        return destination

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Writes this module's own state, without its children's, into `destination`."""
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        """The parameters and persistent buffers of this module itself."""
        state: dict[str, Tensor | None] = {**self._parameters}
        state.update({name: b for name, b in self._buffers.items() if name not in self._non_persistent_buffers_set})
        return {name: tensor for name, tensor in state.items() if tensor is not None}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copies a state_dict into this module and its descendants; `assign` takes its very tensors.

        Returns the missing and the unexpected keys. Raises RuntimeError for shapes that differ and, if `strict`, for
        such keys.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", {})
        state: Any = OrderedDict(state_dict)
        state._metadata = metadata

        def load(module: Module, state: Any, prefix: str) -> None:
            local = dict(metadata.get(prefix[:-1], {}))
            if assign:
                local["assign_to_params_buffers"] = True
            module._load_from_state_dict(state, prefix, local, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    path = f"{prefix}{name}."
                    load(child, {key: value for key, value in state.items() if key.startswith(path)}, path)
            incompatible = _IncompatibleKeys(missing, unexpected)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, incompatible) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return "
                        "new values, if incompatible_keys need to be modified, it should be done inplace."
                    )

        load(self, state, "")
        if strict:
            if missing:
                errors.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}. ")
            if unexpected:
                errors.insert(bool(missing), f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return _IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Copies this module's own state, without its children's, from `state_dict`; notes what does not fit."""
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            given = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
            hook(self, *given) if with_module else hook(*given)
        own = self._own_state()
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_tensor(name, tensor, key, state_dict[key], local_metadata)
                if error:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        extra = prefix + "_extra_state"
        if type(self).set_extra_state is not Module.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _load_tensor(self, name: str, own: Tensor, key: str, given: Any, metadata: dict[str, Any]) -> str | None:
        """Copies or assigns one tensor; returns what went wrong."""
        if not isinstance(given, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                f"checkpoint but received {type(given)}"
            )
        if own.ndim == 0 and given.ndim == 1:  # how a single number was saved of old
            given = given[0]
        if given.shape != own.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in "
                f"current model is {own.shape}."
            )
        try:
            with no_grad():
                if not metadata.get("assign_to_params_buffers"):
                    own.copy_(given)
                    return None
                if isinstance(own, Parameter):
                    if isinstance(given, Parameter):
                        given.requires_grad_(own.requires_grad)
                    else:
                        given = Parameter(given, requires_grad=own.requires_grad)
                setattr(self, name, given)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are {own.size()} and whose '
                f"dimensions in the checkpoint are {given.size()}, an exception occurred : {error.args}."
            )
        return None

    # --- hooks ------------------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args)` before forward; what it returns replaces the arguments.

        `with_kwargs`: `hook(module, args, kwargs)`, which returns a pair; `prepend`: before the hooks that are there.
        """
        handle = RemovableHandle(self._forward_pre_hooks, hook, first=prepend)
        if with_kwargs:
            self._forward_pre_hooks_with_kwargs[handle.id] = True
        return handle

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args, output)` after forward; what it returns replaces the output.

        `with_kwargs`: `hook(module, args, kwargs, output)`; `prepend`: before the hooks that are there; `always_call`:
        also when forward raised.
        """
        handle = RemovableHandle(self._forward_hooks, hook, first=prepend)
        if with_kwargs:
            self._forward_hooks_with_kwargs[handle.id] = True
        if always_call:
            self._forward_hooks_always_called[handle.id] = True
        return handle

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        What it returns replaces grad_input. Positions that are no tensor, or need no gradient, hold None.
        """
        return self._register_backward(hook, prepend, full=True)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The old form of register_full_backward_hook: the hook watches only the last operation of forward."""
        return self._register_backward(hook, prepend=False, full=False)

    def _register_backward(self, hook: Hook, prepend: bool, full: bool) -> RemovableHandle:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        self._is_full_backward_hook = full
        return RemovableHandle(self._backward_hooks, hook, first=prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_output)` before the gradients are computed; what it returns replaces grad_output."""
        return RemovableHandle(self._backward_pre_hooks, hook, first=prepend)

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, prefix, keep_vars)` before state_dict collects."""
        return RemovableHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, state_dict, prefix, local_metadata)` after state_dict has collected."""
        handle = RemovableHandle(self._state_dict_hooks, hook)
        self._state_dict_public_hooks.add(handle.id)
        return handle

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """As register_state_dict_post_hook, but what the hook returns replaces the state_dict."""
        return RemovableHandle(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, *arguments of _load_from_state_dict)` before the state is loaded."""
        return RemovableHandle(self._load_state_dict_pre_hooks, (hook, True))

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        """As register_load_state_dict_pre_hook, but the hook gets the module only `with_module`."""
        return RemovableHandle(self._load_state_dict_pre_hooks, (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Calls `hook(module, incompatible_keys)` after the state was loaded; it may change the two lists in place."""
        return RemovableHandle(self._load_state_dict_post_hooks, hook)

    # --- text -------------------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of the repr before the children; override it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join(lines + children)
        return f"{self._get_name()}(\n  {body}\n)"


def _empty_hooks() -> dict[str, Any]:
    """A module's attributes for its hooks, before there are any."""
    return {
        "_forward_hooks": OrderedDict(),
        "_forward_hooks_with_kwargs": OrderedDict(),
        "_forward_hooks_always_called": OrderedDict(),
        "_forward_pre_hooks": OrderedDict(),
        "_forward_pre_hooks_with_kwargs": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_backward_pre_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
        "_state_dict_hooks": OrderedDict(),
        "_state_dict_public_hooks": set(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
    }


def _cannot_assign(value: Any, kind: str, name: str, expected: str) -> TypeError:
    return TypeError(f"cannot assign '{typename(value)}' as {kind} '{name}' ({expected} or None expected)")


def _part(module: Module, name: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def _parse_to(*args: Any, **kwargs: Any) -> tuple[device | None, dtypes.dtype | None]:
    """The device and the dtype that the arguments of `to` name."""
    given = {"device": None, "dtype": None, "tensor": None} | kwargs
    rest = list(args)
    if rest and isinstance(rest[0], Tensor):
        given["tensor"] = rest.pop(0)
    elif rest and isinstance(rest[0], (dtypes.dtype, type)):
        given["dtype"] = rest.pop(0)
    elif rest and (rest[0] is None or isinstance(rest[0], (str, int, device))):
        given["device"] = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], (dtypes.dtype, type))):
            given["dtype"] = rest.pop(0)
    flags = dict(zip(("non_blocking", "copy"), rest, strict=False))
    given |= flags
    known = {"device", "dtype", "tensor", "non_blocking", "copy", "memory_format"}
    if len(rest) > len(flags) or not all(isinstance(flag, bool) for flag in flags.values()) or set(given) - known:
        got = ", ".join([*(type(each).__name__ for each in args), *(f"{name}=" for name in kwargs)])
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({got}), but expected one of: (device, dtype, "
            "non_blocking), (dtype, non_blocking), (tensor, non_blocking)"
        )
    if given.get("copy"):
        raise RuntimeError(".to() does not accept copy argument")
    if given["tensor"] is not None:
        return given["tensor"].device, given["tensor"].dtype
    target, dtype = given["device"], given["dtype"]
    return (
        None if target is None else as_device(target),
        None if dtype is None else dtypes.from_numpy_dtype(dtypes.as_numpy_dtype(dtype, "to")),
    )


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _indented(text: str) -> str:
    """`text` with every line but the first moved in."""
    return text.replace("\n", "\n  ")
