"""Spectral normalization, as a hook: a weight divided by its largest singular value, which power iteration finds."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch.autograd.modes import no_grad
from minitorch.nn.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from minitorch.nn.functional import normalize
from minitorch.nn.module import Module
from minitorch.nn.utils.recomputed import Recomputed
from minitorch.ops.decompositions import pinverse
from minitorch.ops.linalg import dot, mv
from minitorch.tensor import Tensor

_M = TypeVar("_M", bound=Module)
VERSION = 1
"""Of the layout of a state_dict. Before 1 it had the weight itself in place of `weight_v`."""


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight with `dim` as rows, and all other dimensions as columns."""
    if dim:
        weight = weight.permute(dim, *(each for each in range(weight.dim()) if each != dim))
    matrix: Tensor = weight.reshape(weight.size(0), -1)
    return matrix


def output_dim(module: Module) -> int:
    """The dimension of a module's weight that counts its outputs."""
    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))


def unit_vector(like: Tensor, size: int, eps: float) -> Any:
    """A random vector of length one."""
    return normalize(like.new_empty(size).normal_(0, 1), dim=0, eps=eps)


def iterate(matrix: Tensor, u: Tensor, v: Tensor, steps: int, eps: float) -> None:
    """Brings `u` and `v` in place nearer to the first pair of singular vectors."""
    with no_grad():
        for _ in range(steps):
            v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=eps))
            u.copy_(normalize(mv(matrix, v), dim=0, eps=eps))


class SpectralNorm(Recomputed):
    """Sets a module's weight to weight_orig / sigma before each call, after power iterations in training mode."""

    kind = "spectral_norm"
    _version = VERSION

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim, self.n_power_iterations, self.eps = name, dim, n_power_iterations, eps

    def compute_weight(self, module: Module, do_power_iteration: bool | None = None) -> Tensor:
        """The weight over its largest singular value, as `weight_u` and `weight_v` estimate that."""
        weight, u, v = (getattr(module, self.name + suffix) for suffix in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if module.training if do_power_iteration is None else do_power_iteration:
            iterate(matrix, u, v, self.n_power_iterations, self.eps)
            u, v = u.clone(), v.clone()  # the graph keeps them, and the next call writes to the buffers
        result: Tensor = weight / dot(u, mv(matrix, v))
        return result

    def add_version(self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        """After state_dict: notes which layout it has."""
        versions = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.name}.version"
        if key in versions:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = VERSION

    def read_old_layout(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Before load_state_dict: computes `weight_v` where the state has the weight itself instead."""
        version = local_metadata.get("spectral_norm", {}).get(f"{self.name}.version")
        if version is not None and version >= VERSION:
            return
        key = prefix + self.name
        present = all(key + suffix in state_dict for suffix in ("_orig", "_u", "_v"))
        if version is None and present and key not in state_dict:
            return
        lacking = [each for each in (f"{key}_orig", key, f"{key}_u") if each not in state_dict]
        if lacking:
            missing_keys += lacking if strict else []
            return
        with no_grad():
            original, u = state_dict[f"{key}_orig"], state_dict[f"{key}_u"]
            sigma = (original / state_dict.pop(key)).mean()
            matrix = as_matrix(original, self.dim)
            v = mv(pinverse(matrix.t().mm(matrix)), mv(matrix.t(), u))
            state_dict[f"{key}_v"] = v * (sigma / dot(u, mv(matrix, v)))


def spectral_norm(
    module: _M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> _M:
    """Divides the parameter `name` by its largest singular value, estimated anew at each call in training mode.

    `dim` is that of the outputs: 1 for transposed convolutions, else 0. The parameter becomes `name_orig`; `name_u`
    and `name_v` hold the singular vectors. Raises RuntimeError for one that is normalized already. Source: Miyato et
    al., 2018.
    """
    hook = SpectralNorm(name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    hook.check_alone(module)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with no_grad():
        rows, columns = as_matrix(weight, hook.dim).size()
        u, v = unit_vector(weight, rows, eps), unit_vector(weight, columns, eps)
    del module._parameters[name]
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    module._register_state_dict_hook(hook.add_version)
    module._register_load_state_dict_pre_hook(hook.read_old_layout)
    return module


def remove_spectral_norm(module: _M, name: str = "weight") -> _M:
    """Makes the weight a parameter again, of its present value; raises ValueError where it is not normalized.

    Differs from torch: the module can load a state_dict afterwards.
    """
    hook = SpectralNorm.take_off(module, name)
    with no_grad():
        weight = hook.compute_weight(module, do_power_iteration=False)
    hook.restore(module, weight, "_u", "_v", "_orig")
    for hooks, own in (
        (module._state_dict_hooks, hook.add_version),
        (module._load_state_dict_pre_hooks, (hook.read_old_layout, False)),
    ):
        for key in [key for key, each in hooks.items() if each == own]:
            del hooks[key]
    return module
