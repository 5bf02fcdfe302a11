"""Pruning: parameters some of whose elements are held at zero by a mask.

A pruned parameter `name` becomes `name_orig`, beside it lies the buffer `name_mask`, and before each call of the module
the attribute `name` is set to their product. What is pruned again is pruned further.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from minitorch.nn.module import Module
from minitorch.nn.utils.convert_parameters import parameters_to_vector
from minitorch.ops.creation import ones_like, zeros_like
from minitorch.ops.random import rand, rand_like
from minitorch.ops.sorting import kthvalue, topk
from minitorch.tensor import Tensor

_M = TypeVar("_M", bound=Module)


class BasePruningMethod(ABC):
    """The base of ways to prune: `compute_mask` says which elements stay; it is a hook on the module that it prunes."""

    PRUNING_TYPE: ClassVar[str]
    """Among which elements it chooses: "unstructured" or "structured" (those still there), or "global" (all)."""
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask for a tensor of these importances, of which some elements are masked already."""

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Module) -> Tensor:
        """The pruned tensor of a module."""
        original: Tensor = getattr(module, f"{self._tensor_name}_orig")
        mask: Tensor = getattr(module, f"{self._tensor_name}_mask")
        return _as(mask, original) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prunes the parameter `name` by a method made of the other arguments, and returns the hook.

        The parameter's own values are the importances unless `importance_scores` gives others.
        """
        found = _hook(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        if found is not None:
            method = PruningContainer(found[1], method)
        tensor: Tensor = getattr(module, name)
        scores = tensor if importance_scores is None else importance_scores
        if scores.shape != tensor.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got {scores.shape} vs "
                f"{tensor.shape}"
            )
        mask = ones_like(tensor) if found is None else getattr(module, f"{name}_mask").detach().clone()
        mask = method.compute_mask(scores, mask)
        if found is None:
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", tensor)  # type: ignore[arg-type]  # it checks that itself
        else:
            del module._forward_pre_hooks[found[0]]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor with elements set to zero, as the method chooses them."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {scores.shape} vs {t.shape}"
            )
        return t * self.compute_mask(scores, ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Module) -> None:
        """Makes the pruned tensor the parameter's values for good."""
        name = self._tensor_name
        pruned, original = self.apply_mask(module), getattr(module, f"{name}_orig")
        delattr(module, name)
        delattr(module, f"{name}_orig")
        delattr(module, f"{name}_mask")
        original.data = pruned.detach()
        setattr(module, name, original)


def _as(mask: Tensor, like: Tensor) -> Tensor:
    """A mask in the dtype of a tensor."""
    made: Tensor = mask.to(like.dtype)
    return made


def _hook(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    """The pruning of a parameter, and its key among the hooks."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


class PruningContainer(BasePruningMethod):
    """Several ways to prune one after the other; of one that was used, its mask is what the next begins with."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if len(args) == 1 and isinstance(args[0], Iterable) and not isinstance(args[0], PruningContainer):
            args = tuple(args[0])
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            for each in method if isinstance(method, PruningContainer) else (method,):
                self.add_pruning_method(each)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Adds a method; raises TypeError for anything else, ValueError for one on another parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: int) -> BasePruningMethod:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method, which chooses among what the others left."""
        method = self._pruning_methods[-1]
        kept: Any
        if method.PRUNING_TYPE == "unstructured":
            kept = default_mask.eq(1)
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()  # type: ignore[attr-defined]  # structured ones have it
            rest = tuple(each for each in range(t.dim()) if each != dim)
            kept = (slice(None),) * dim + (default_mask.sum(rest) != 0,)
        elif method.PRUNING_TYPE == "global":
            kept = (slice(None),) * t.dim()
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask: Tensor = default_mask.clone()
        mask[kept] = method.compute_mask(t[kept], default_mask[kept]).to(mask.dtype)
        return mask


# --- the methods ------------------------------------------------------------------------------------------------------


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, (int, float)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (isinstance(amount, float) and amount > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount: float, total: int) -> int:
    """How many of `total` to prune."""
    if isinstance(amount, float):
        return round(amount * total)
    if amount > total:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={total}")
    return amount


def _indices(chosen: Any) -> Tensor:
    indices: Tensor = chosen.indices
    return indices


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the mask."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask that there is."""
        return default_mask


class _Unstructured(BasePruningMethod):
    """Prunes single elements: `amount` of them, or that fraction."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def _least(self, t: Tensor, count: int) -> Tensor:
        """The places of the elements to prune, in a row of all."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the elements that are chosen."""
        mask: Tensor = default_mask.clone().contiguous()
        count = _count(self.amount, t.numel())
        if count:
            mask.view(-1)[self._least(t, count)] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Prunes random elements."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return _indices(topk(rand_like(t).view(-1), count))


class L1Unstructured(_Unstructured):
    """Prunes the elements nearest to zero."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return _indices(topk(t.detach().abs().reshape(-1), count, largest=False))


class _Structured(BasePruningMethod):
    """Prunes whole slices along `dim`: `amount` of them, or that fraction."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def _kept(self, t: Tensor, count: int) -> Tensor:
        """Which slices to keep, as indices or as bools, when `count` of them are pruned."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the slices that are chosen; raises ValueError for vectors."""
        if t.dim() < 2:
            raise ValueError(
                f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} "
                f"with {t.dim()} dims"
            )
        if not -t.dim() <= self.dim < t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = _count(self.amount, t.size(self.dim))
        if not count:
            return default_mask
        mask = zeros_like(t)
        mask[(slice(None),) * (self.dim % t.dim()) + (self._kept(t, count),)] = 1
        return mask * _as(default_mask, mask)


class RandomStructured(_Structured):
    """Prunes random slices."""

    def _kept(self, t: Tensor, count: int) -> Tensor:
        numbers = rand(t.size(self.dim))
        threshold: Any = kthvalue(numbers, count)
        kept: Tensor = numbers > threshold.values
        return kept


class LnStructured(_Structured):
    """Prunes the slices of smallest n-norm."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, count: int) -> Tensor:
        rest = [each for each in range(t.dim()) if each != self.dim % t.dim()]
        return _indices(topk(t.detach().norm(self.n, rest), t.size(self.dim) - count))


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is zero."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask that there is times the given one."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * _as(self.mask, default_mask)


# --- their functions --------------------------------------------------------------------------------------------------


def identity(module: _M, name: str) -> _M:
    """Makes a mask of ones for the parameter `name`."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: _M, name: str, amount: float) -> _M:
    """Prunes `amount` random elements of the parameter `name`, or that fraction of them."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: _M, name: str, amount: float, importance_scores: Tensor | None = None) -> _M:
    """Prunes `amount` elements, or that fraction of them: those of smallest absolute value or importance."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: _M, name: str, amount: float, dim: int) -> _M:
    """Prunes `amount` random slices along `dim`, or that fraction of them."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: _M, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> _M:
    """Prunes `amount` slices along `dim`, or that fraction of them: those of smallest n-norm."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: _M, name: str, mask: Tensor) -> _M:
    """Prunes the parameter `name` where `mask` is zero."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prunes all given (module, name) together: the elements are chosen among those of all of them.

    Raises TypeError for a method that is not unstructured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if importance_scores is not None and not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = [(module, name) for module, name in parameters]
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    container = PruningContainer(method)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    tensors = [getattr(module, name) for module, name in pairs]
    given = importance_scores or {}
    scores = [given.get(pair, tensor) for pair, tensor in zip(pairs, tensors, strict=True)]
    before = [
        getattr(module, f"{name}_mask", ones_like(tensor))
        for (module, name), tensor in zip(pairs, tensors, strict=True)
    ]
    mask = container.compute_mask(parameters_to_vector(scores), parameters_to_vector(before))
    start = 0
    for (module, name), tensor in zip(pairs, tensors, strict=True):
        custom_from_mask(module, name, mask[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()


def is_pruned(module: Module) -> bool:
    """Whether the module or a descendant has a pruned parameter."""
    return any(
        isinstance(hook, BasePruningMethod) for each in module.modules() for hook in each._forward_pre_hooks.values()
    )


def remove(module: _M, name: str) -> _M:
    """Makes the pruned values the parameter's own; raises ValueError where it is not pruned."""
    found = _hook(module, name)
    if found is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    key, hook = found
    hook.remove(module)
    del module._forward_pre_hooks[key]
    return module
