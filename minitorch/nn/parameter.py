"""Parameter and Buffer: the tensors that a Module takes note of when they are assigned to it."""

from __future__ import annotations

from typing import Any

from minitorch.backend import module_for
from minitorch.devices import as_device, device, get_default_device
from minitorch.dtypes import as_numpy_dtype, default_numpy_dtype, dtype
from minitorch.sizes import Size
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


class UninitializedParameter(Parameter):
    """A Parameter of unknown shape, which `materialize` gives one and makes a Parameter; Lazy layers are made with it.

    Until then it has a dtype and a device, and computing with it raises ValueError, its shape RuntimeError.
    """

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        where = as_device(device) if device is not None else get_default_device()
        own = default_numpy_dtype() if dtype is None else as_numpy_dtype(dtype, "UninitializedParameter")
        parameter = Parameter(wrap(module_for(where).empty(0, own)), requires_grad)
        parameter.__class__ = cls
        return parameter

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give it this shape, of unset values; device and dtype are its own unless given."""
        where = self.device if device is None else as_device(device)
        own = vars(self)["_array"].dtype if dtype is None else as_numpy_dtype(dtype, "materialize")
        self.data = wrap(module_for(where).empty(tuple(shape), own))
        self.__class__ = Parameter  # type: ignore[assignment]  # mypy: only to the same class

    @property
    def _array(self) -> Any:
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a `LazyModule` or "
            "explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules Call "
            "`forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    @_array.setter
    def _array(self, array: Any) -> None:
        vars(self)["_array"] = array

    @property
    def data(self) -> Tensor:
        """An empty tensor of its dtype, on its device."""
        empty: Tensor = wrap(vars(self)["_array"])
        return empty

    @data.setter
    def data(self, value: Tensor) -> None:
        Tensor.data.fset(self, value)  # type: ignore[attr-defined]  # mypy takes a property of a class for its value

    @property
    def dtype(self) -> dtype:
        """The type that the elements will have."""
        return self.data.dtype

    @property
    def device(self) -> device:
        """Where the elements will lie."""
        return self.data.device

    @property
    def shape(self) -> Size:
        """Always a RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def detach(self) -> Tensor:
        """Itself: there are no elements to share."""
        return self

    # As in Parameter.
    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # see above
        return f"<{type(self).__name__}>"


def is_lazy(param: Any) -> bool:
    """Whether it is an UninitializedParameter."""
    return isinstance(param, UninitializedParameter)


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
