"""Parameter and Buffer: the tensors that a Module takes note of when they are assigned to it."""

from __future__ import annotations

from typing import Any

from minitorch.backend import module_for
from minitorch.devices import get_default_device
from minitorch.dtypes import default_numpy_dtype
from minitorch.tensor import Tensor, copy_array, wrap


def _data_or_empty(data: Any, name: str) -> Tensor:
    """The tensor a Parameter or Buffer is made of; an empty one when none was given."""
    if data is None:
        empty: Tensor = wrap(module_for(get_default_device()).empty(0, default_numpy_dtype()))
        return empty
    if not isinstance(data, Tensor):
        raise AttributeError(
            f"'{type(data).__name__}' object has no attribute 'detach': {name} takes a Tensor, as torch.tensor(...) "
            "makes it"
        )
    return data


class Parameter(Tensor):
    """A leaf tensor that a Module trains: assigned as an attribute, it appears in `parameters()`.

    It shares memory with `data`. Raises RuntimeError for integers, which cannot require grad.
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        data = _data_or_empty(data, "Parameter")
        if requires_grad and not data.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        parameter = wrap(data._array, cls)
        parameter._cell = data._cell
        parameter.requires_grad = requires_grad
        return parameter

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            memo[id(self)] = type(self)(wrap(copy_array(self._array)), self.requires_grad)
        copied: Tensor = memo[id(self)]
        return copied

    # mypy forgets the names of the arguments of such methods, and then finds that they differ.
    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # see above
        return "Parameter containing:\n" + super().__repr__()

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec)


class _BufferType(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(metaclass=_BufferType):
    """Marks a tensor that is a Module's state but is not trained: assigned as an attribute, it becomes a buffer.

    What is made is a Tensor that shares memory with `data`. One that is not `persistent` is left out of `state_dict()`.
    """

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        data = _data_or_empty(data, "Buffer")
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer
