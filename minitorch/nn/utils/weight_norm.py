"""Weight normalization, as a hook: a weight of a learned direction `weight_v` and a learned length `weight_g`."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.nn.utils.recomputed import Recomputed
from minitorch.ops.norm import _weight_norm, norm_except_dim
from minitorch.tensor import Tensor

_M = TypeVar("_M", bound=Module)


class WeightNorm(Recomputed):
    """Sets a module's weight to g * v / ||v|| before each call."""

    kind = "weight_norm"

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Any:
        """The weight of the present direction and length."""
        return _weight_norm(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)


def weight_norm(module: _M, name: str = "weight", dim: int | None = 0) -> _M:
    """Splits the parameter `name` into direction `name_v` and length `name_g`, one length an index of `dim`.

    With `dim` None one length for all. Raises RuntimeError for a parameter that is split already. Deprecated: use
    parametrizations.weight_norm. Source: Salimans and Kingma, 2016.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    hook = WeightNorm(name, dim)
    hook.check_alone(module)
    weight: Tensor = getattr(module, name)
    length = norm_except_dim(weight, 2, hook.dim)
    del module._parameters[name]
    module.register_parameter(f"{name}_g", Parameter(length.detach()))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: _M, name: str = "weight") -> _M:
    """Makes the weight a parameter again, of its present value; raises ValueError where it is not normalized."""
    hook = WeightNorm.take_off(module, name)
    hook.restore(module, hook.compute_weight(module), "_g", "_v")
    return module
