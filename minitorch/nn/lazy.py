"""Layers that learn the size of their input from the first one that they see: LazyLinear, LazyConv2d and the like.

A lazy layer is its eager one with a size of 0 and parameters without shape. Its first call makes an eager layer of the
right size, takes over its parameters, in place, so that an optimizer may already hold them, and its class.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from minitorch.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from minitorch.nn.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from minitorch.nn.instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from minitorch.nn.linear import Linear
from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter, UninitializedParameter, is_lazy
from minitorch.tensor import Tensor


class LazyModuleMixin(Module):
    """Calls `initialize_parameters` with the first input, then becomes `cls_to_become`, if there is one.

    Raises RuntimeError where that leaves a parameter without shape.
    """

    cls_to_become: type[Module] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(LazyModuleMixin._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters their shapes and values; each class has its own."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter of this module itself still lacks a shape."""
        return any(is_lazy(parameter) for parameter in self._parameters.values())

    def _infer_parameters(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> None:
        self.initialize_parameters(*args, **(kwargs or {}))
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        self._initialize_hook.remove()
        del self._initialize_hook
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]  # mypy: only to the same class

    def _load_tensor(self, name: str, own: Tensor, key: str, given: Any, metadata: dict[str, Any]) -> str | None:
        if is_lazy(given) and is_lazy(own):
            return None
        if isinstance(own, UninitializedParameter):
            own.materialize(given.shape)
        elif own.shape == (0,):
            own.data = own.new_empty(given.shape)
        return super()._load_tensor(name, own, key, given, metadata)


class _Lazy(LazyModuleMixin):
    """A lazy layer takes the arguments of its eager one but for the first, the size."""

    cls_to_become: type[Module]
    _size: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._eager = inspect.signature(type(self).cls_to_become).bind(0, *args, **kwargs)
        super().__init__(0, *args, **kwargs)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                lazy = UninitializedParameter(device=parameter.device, dtype=parameter.dtype)
                self.register_parameter(name, lazy)

    def reset_parameters(self) -> None:
        """Draws initial values anew, once the size is known."""
        if getattr(self, self._size):
            super().reset_parameters()  # type: ignore[misc]  # which every layer that is lazy has

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Takes over what an eager layer of the input's size starts with, but for what was loaded."""
        if self._own_state():  # in torch, too, a norm of neither parameters nor statistics keeps the size 0
            setattr(self, self._size, self._size_of(input))
        unset = self._unset()
        if unset:
            like = self._own_state()[unset[0]]
            self._eager.arguments.update({self._size: getattr(self, self._size)}, device=like.device, dtype=like.dtype)
            eager = self.cls_to_become(*self._eager.args, **self._eager.kwargs)._own_state()
            for name in unset:
                own = self._own_state()[name]
                own.data = eager[name].data
                if is_lazy(own):
                    own.__class__ = Parameter
        del self._eager

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or a running statistic of this layer still lacks a shape."""
        return bool(self._unset())

    def _unset(self) -> list[str]:
        return [name for name, own in self._own_state().items() if is_lazy(own) or own.shape == (0,)]

    def _size_of(self, input: Tensor) -> int:
        return int(input.size(1))


class LazyLinear(_Lazy, Linear):
    """A Linear that takes `in_features` from its first input."""

    cls_to_become = Linear
    _size = "in_features"

    def _size_of(self, input: Tensor) -> int:
        return int(input.size(-1))


class _LazyConv(_Lazy):
    _size = "in_channels"

    def _size_of(self, input: Tensor) -> int:
        dims = len(self.kernel_size)
        if input.dim() not in (dims + 1, dims + 2):
            raise RuntimeError(
                f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {type(self).__name__}, but got "
                f"input of size: {input.shape}"
            )
        return int(input.size(-1 - dims))


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d that takes `in_channels` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d that takes `in_channels` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d that takes `in_channels` from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConv, ConvTranspose1d):
    """A ConvTranspose1d that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConv, ConvTranspose2d):
    """A ConvTranspose2d that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConv, ConvTranspose3d):
    """A ConvTranspose3d that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose3d


class _LazyNorm(_Lazy):
    _size = "num_features"


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d that takes `num_features` from its first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d that takes `num_features` from its first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d that takes `num_features` from its first input."""

    cls_to_become = BatchNorm3d


class _LazyInstanceNorm(_LazyNorm):
    """Unlike the eager layers, these have parameters and running statistics unless told otherwise."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(eps, momentum, affine, track_running_stats, device, dtype, bias=bias)


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d that takes `num_features` from its first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d that takes `num_features` from its first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d that takes `num_features` from its first input."""

    cls_to_become = InstanceNorm3d
