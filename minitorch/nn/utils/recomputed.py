"""What the old weight_norm and spectral_norm share: an attribute computed anew from other parameters at each call."""

from __future__ import annotations

from typing import Any, Self

from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.tensor import Tensor


class Recomputed:
    """A forward pre-hook that sets the attribute `name` of a module to `compute_weight(module)`."""

    kind: str
    """The function that registers it, for messages."""
    name: str

    def compute_weight(self, module: Module) -> Tensor:
        """The tensor that takes the parameter's place; every kind of it overrides this."""
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))

    @classmethod
    def find(cls, module: Module, name: str) -> tuple[int, Self] | None:
        """The hook of this kind on the attribute `name`, and its key; None when there is none."""
        for key, hook in module._forward_pre_hooks.items():
            if isinstance(hook, cls) and hook.name == name:
                return key, hook
        return None

    def check_alone(self, module: Module) -> None:
        """Raises RuntimeError when the attribute has a hook of this kind already."""
        if self.find(module, self.name):
            raise RuntimeError(f"Cannot register two {self.kind} hooks on the same parameter {self.name}")

    @classmethod
    def take_off(cls, module: Module, name: str) -> Self:
        """Removes the hook from the attribute `name`, and returns it; raises ValueError when there is none."""
        found = cls.find(module, name)
        if found is None:
            raise ValueError(f"{cls.kind} of '{name}' not found in {module}")
        key, hook = found
        del module._forward_pre_hooks[key]
        return hook

    def restore(self, module: Module, weight: Tensor, *suffixes: str) -> None:
        """Makes `weight` the parameter again, in place of those that it was computed from."""
        delattr(module, self.name)
        for suffix in suffixes:
            delattr(module, self.name + suffix)
        setattr(module, self.name, Parameter(weight.detach()))
