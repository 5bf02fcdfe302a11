"""Parametrizations: a parameter or buffer that is computed, at each use, from others that are trained in its place.

A module that has some is of a class of its own, which adds to the module's class one property for each of them. To get
such a tensor runs its ParametrizationList; to set it runs the right inverses, from the last to the first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.nn.container import ModuleDict, ModuleList
from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.tensor import Tensor


class _Cache:
    """The parametrized tensors that were computed since the outermost `cached()` began."""

    def __init__(self) -> None:
        self.depth = 0
        self.tensors: dict[tuple[int, str], Any] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Within it, a parametrized tensor is computed at its first use only."""
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.tensors.clear()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_tensor(value: Any, message: str) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(message.format(type(value).__name__))


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what they start from: `original`, or `original0`, `original1`, ...

    There are several where the first parametrization has a right_inverse that returns a sequence. Raises ValueError
    where dtype or shape change, unless `unsafe`.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        value: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        value = module.right_inverse(value)
                    except NotImplementedError:
                        continue  # it says so that it cannot be assigned to; the value is the start as it is
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
                f"{type(value).__name__}"
            )
        self.is_tensor = isinstance(value, Tensor)
        self.ntensors = 1 if isinstance(value, Tensor) else len(value)
        if isinstance(value, Tensor):
            if value.dtype is not dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {value.dtype}"
                )
            original.data = value
            _register(self, "original", original)
        else:
            for i, each in enumerate(value):
                if not isinstance(each, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                        f"{i} of the sequence with type {type(each).__name__}."
                    )
                if isinstance(original, Parameter):
                    each = Parameter(each, original.requires_grad)
                _register(self, f"original{i}", each.requires_grad_(original.requires_grad))
        if not unsafe:
            result = self()
            _check_tensor(result, "A parametrization must return a tensor. Got {}.")
            for kind, before, after in (("dtype", dtype, result.dtype), ("shape", shape, result.shape)):
                if before != after:
                    raise ValueError(
                        f"Registering a parametrization may not change the {kind} of the tensor, unless `unsafe` flag "
                        f"is enabled.\nunparametrized {kind}: {before}\nparametrized {kind}: {after}"
                    )

    def _originals(self) -> list[tuple[str, Tensor]]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [(name, getattr(self, name)) for name in names]

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the tensor becomes `value`, as far as the right inverses are right.

        Raises RuntimeError for a parametrization without one, ValueError for one that returns what does not fit.
        """
        result: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                result = module.right_inverse(result)
        if self.is_tensor:
            _check_tensor(result, "`right_inverse` should return a tensor. Got {}")
            told = ["The tensor returned by `right_inverse`"]
            result = [result]
        else:
            given = f"Got {type(result).__name__}."
            if not isinstance(result, Sequence):
                raise ValueError(f"'right_inverse' must return a sequence of tensors. {given}")
            if len(result) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                    f"length {len(result)}."
                )
            told = [f"Tensor {i} returned by `right_inverse`" for i in range(self.ntensors)]
        for i, (each, (name, original)) in enumerate(zip(result, self._originals(), strict=True)):
            if not isinstance(each, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element "
                    f"{i} of type {type(each).__name__}."
                )
            if each.dtype is not original.dtype:
                raise ValueError(f"{told[i]} has dtype {each.dtype} while `{name}` has dtype {original.dtype}")
            original.data = each

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *others = self
        result: Tensor = first(*(original for _, original in self._originals()))
        for module in others:
            result = module(result)
        return result


def _property(name: str) -> property:
    """What stands for a parametrized tensor in the class of its module."""

    def get(self: Module) -> Any:
        if not _cache.depth:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache.tensors:
            _cache.tensors[key] = self.parametrizations[name]()
        return _cache.tensors[key]

    def put(self: Module, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, put)


def _refuse_pickling(self: Module) -> None:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _copied(self: Module, memo: dict[int, Any]) -> Module:
    """What copy.deepcopy gives, which would else ask for the state that pickling is refused."""
    replica = type(self).__new__(type(self))
    memo[id(self)] = replica
    replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    return replica


def _set_class(module: Module, plain: type[Module], names: Sequence[str]) -> None:
    """Makes the module one of `plain` with parametrized tensors of these names.

    The class is made anew each time, not changed: deep copies of the module share it.
    """
    body: dict[str, Any] = {"__getstate__": _refuse_pickling, "__module__": __name__}
    if not hasattr(plain, "__deepcopy__"):
        body["__deepcopy__"] = _copied
    body.update({name: _property(name) for name in names})
    module.__class__ = type(f"Parametrized{plain.__name__}", (plain,), body) if names else plain


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes `module.<tensor_name>` the result of `parametrization`, applied after those that are there.

    A `right_inverse` of the parametrization serves to assign to the tensor, and sets what it starts from. Raises
    ValueError where there is no such tensor, and where dtype or shape would change, unless `unsafe`.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        parametrizations: Any = module.parametrizations[tensor_name]
        if not unsafe:
            _check_next(module, tensor_name, parametrization)
        parametrizations.append(parametrization)
        parametrizations.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        plain = type_before_parametrizations(module)
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.parametrizations = ModuleDict()
        module.parametrizations[tensor_name] = parametrizations
        _set_class(module, plain, list(module.parametrizations))
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def _check_next(module: Module, name: str, parametrization: Module) -> None:
    """Raises ValueError unless one more parametrization keeps dtype and shape of the tensor, both ways."""
    tensor = getattr(module, name)
    result = parametrization(tensor)
    _check_tensor(result, "A parametrization must return a tensor. Got {}.")
    for kind in ("dtype", "shape"):
        _check_kept(
            kind, f"Registering a parametrization may not change the {kind} of the tensor", name, tensor, result,
            f"parametrization(module.{name}).{kind}",
        )  # fmt: skip
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        inverse = parametrization.right_inverse(result)
    except NotImplementedError:
        return
    _check_tensor(inverse, "parametrization.right_inverse must return a tensor. Got: {}")
    for kind in ("dtype", "shape"):
        _check_kept(
            kind, f"The tensor returned by parametrization.right_inverse must have the same {kind} as module.{name}",
            name, tensor, inverse, f"returned {kind}",
        )  # fmt: skip


def _check_kept(kind: str, rule: str, name: str, tensor: Tensor, result: Tensor, called: str) -> None:
    before, after = getattr(tensor, kind), getattr(result, kind)
    if before != after:
        raise ValueError(
            f"{rule}, unless the `unsafe` flag is enabled.\nmodule.{name}.{kind}: {before}\n{called}: {after}"
        )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module has parametrized tensors, or the one of that name is."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Makes the tensor a parameter or buffer again: of its present value, or else the one that it started from.

    Raises ValueError where it is not parametrized, and where it started from several that it should go back to.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations: Any = module.parametrizations[tensor_name]
    if not parametrizations.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name)
    else:
        result = getattr(module, tensor_name)
        original = Parameter(result) if result.requires_grad else result
    plain = type_before_parametrizations(module)
    del module.parametrizations[tensor_name]
    left = list(module.parametrizations)
    if not left:
        delattr(module, "parametrizations")
    _set_class(module, plain, left)
    _register(module, tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class of the module without its parametrizations."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Gives `to_module` the parametrizations of `from_module`, or of one of its tensors, with the very originals."""
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        source: Any = from_module.parametrizations[name]
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target: Any = to_module.parametrizations[name]
        for each, original in source._originals():
            setattr(target, each, original)
    return to_module
