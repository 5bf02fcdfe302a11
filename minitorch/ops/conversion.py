"""Conversions to another dtype or device, the old tensor types, and questions about a tensor's type."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.modes import modes
from minitorch.backend import device_of, module_for, to_device, to_host
from minitorch.devices import as_device, device, is_lenient, set_default_device
from minitorch.dtypes import as_numpy_dtype
from minitorch.errors import CudaUnavailableError, type_name
from minitorch.naming import torch_name
from minitorch.node import Node
from minitorch.ops.copies import cast
from minitorch.tensor import Tensor, legacy_tensor, wrap

# --- to NumPy ---------------------------------------------------------------------------------------------------------


def numpy(self: Tensor, *, force: bool = False) -> Any:
    """The elements as a NumPy array that shares memory; `force` detaches and copies to the CPU where needed.

    Raises RuntimeError for a tensor that requires grad, unless grad mode is off.
    """
    if not force:
        if self.is_cuda and not is_lenient():
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. "
                "Use Tensor.cpu() to copy the tensor to host memory first."
            )
        if modes.grad and self._node is not None:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    return to_host(self._array)


# --- to another dtype or device ---------------------------------------------------------------------------------------


class ToCopyBackward0(Node):
    """The node of a copy to another device: the gradient goes back to where the input lies."""

    def __init__(self, input: Tensor, moved: Tensor) -> None:
        self._home = device_of(input._array)
        self.edges = (input._current_node(),)
        self.shape, self.dtype = moved._array.shape, moved._array.dtype
        self.number()

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        return (to_device(g, self._home) if lifted is None else _moved(g, self._home),)


def _moved(input: Tensor, target: device) -> Tensor:
    """The tensor itself when it lies on `target`, else a copy there that gradients flow back from."""
    array = to_device(input._array, target)
    if array is input._array:
        return input
    out: Tensor = wrap(array)
    if modes.grad and input.requires_grad:
        out._node = ToCopyBackward0(input, out)
    return out


def _converted(input: Tensor, dtype: Any, target: device | None = None, copy: bool = False) -> Tensor:
    """`input` itself when it has NumPy's `dtype` and lies on `target`, else a copy that has and does."""
    out = input
    if dtype is not None and out._array.dtype != dtype:
        # Gradients do not flow through integers.
        out = cast(out if dtype.kind == "f" else wrap(out._array), dtype)
    if target is not None:
        out = _moved(out, target)
    return cast(out, out._array.dtype) if copy and out is input else out


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor with another dtype, device or both, itself where nothing changes and `copy` is False.

    `to(dtype)`, `to(device)`, `to(device, dtype)` and `to(other)`, each with `non_blocking` and `copy`.
    """
    given = dict(kwargs)
    names: tuple[str, ...] = ("device", "dtype", "non_blocking", "copy")
    if args and isinstance(args[0], Tensor):
        names = ("other", "non_blocking", "copy")
    elif args and isinstance(args[0], (dtypes.dtype, type)):
        names = ("dtype", "non_blocking", "copy")
    given.update(zip(names, args, strict=False))
    flags_wrong = any(not isinstance(given.get(flag, False), bool) for flag in ("non_blocking", "copy"))
    unknown = set(given) - {"device", "dtype", "non_blocking", "copy", "memory_format", *names[:1]}
    if flags_wrong or len(args) > len(names) or unknown or len(given) < len(args) + len(kwargs):
        got = ", ".join([*(type_name(each) for each in args), *(f"{name}=" for name in kwargs)])
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({got}), but expected one of: (device, dtype, "
            "non_blocking, copy), (dtype, non_blocking, copy), (other, non_blocking, copy)"
        )
    if "other" in given:
        other = given["other"]
        return _converted(self, other._array.dtype, other.device, bool(given.get("copy")))
    place, own = given.get("device"), given.get("dtype")
    if place is not None and not isinstance(place, (str, int, device)):
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({type(place).__name__}), but expected a "
            "dtype, a device or a tensor"
        )
    return _converted(
        self,
        None if own is None else as_numpy_dtype(own, "to"),
        None if place is None else as_device(place),
        bool(given.get("copy")),
    )


def cpu(self: Tensor, *, memory_format: Any = None) -> Tensor:
    """The tensor in the CPU's memory; itself when it lies there."""
    return _converted(self, None, device("cpu"))


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor on a GPU, the current one by default; raises RuntimeError without CuPy or a GPU, or for a CPU."""
    place = as_device("cuda" if device is None else device)
    if place.type != "cuda":
        raise RuntimeError(f"Invalid device, must be cuda device, got {place}")
    return _converted(self, None, place)


def _to_dtype(name: str, own: dtypes.dtype) -> Callable[..., Tensor]:
    def method(self: Tensor, *, memory_format: Any = None) -> Tensor:
        return _converted(self, own.numpy)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The tensor as {own.name}; itself when it is."
    return method


_NAMES = {
    "float": dtypes.float32,
    "double": dtypes.float64,
    "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
    "long": dtypes.int64,
    "int": dtypes.int32,
    "short": dtypes.int16,
    "char": dtypes.int8,
    "byte": dtypes.uint8,
    "bool": dtypes.bool_,
}
TO_DTYPE: dict[str, Callable[..., Tensor]] = {name: _to_dtype(name, own) for name, own in _NAMES.items()}
"""The methods `float`, `long` and so on; their names are Python's, so they are not bound to names here."""


# --- the old types ----------------------------------------------------------------------------------------------------


class tensortype(type):
    """The type of `torch.FloatTensor` and its like: a dtype and a device in the guise of a class.

    Calling one makes a `torch.Tensor`; `isinstance` asks for dtype and device.
    """

    __module__ = "torch"
    dtype: dtypes.dtype
    is_cuda: bool

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if _available(cls).is_cuda:
            kwargs.setdefault("device", "cuda")
        if args and isinstance(args[0], Tensor) and args[0].dtype is not cls.dtype:
            raise TypeError(
                f"expected a tensor of {cls.dtype!r} (got one of {args[0].dtype!r}); use .to({cls.dtype!r})"
            )
        return legacy_tensor(Tensor, cls.dtype, *args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.is_cuda == cls.is_cuda

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.__name__}'>"


def _available(own: tensortype) -> tensortype:
    """The type itself; raises TypeError for one of a GPU where there is none."""
    try:
        module_for(device("cuda" if own.is_cuda else "cpu"))
    except CudaUnavailableError as error:
        raise TypeError(f"type {own.__module__}.{own.__name__} not available. {error}") from None
    return own


def _tensor_types(module: str) -> list[Any]:
    return [
        tensortype(
            f"{own.legacy_name}Tensor",
            (),
            {
                "__module__": module,
                "__doc__": f"The old name of tensors of {own.name}: `tensor(..., dtype={own!r})` today.",
                "dtype": own,
                "is_cuda": module != "torch",
            },
        )
        for own in dtypes.DTYPES
        if own.legacy_name[:4] != "UInt"
    ]


(
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    LongTensor,
    IntTensor,
    ShortTensor,
    CharTensor,
    ByteTensor,
    BoolTensor,
) = _CPU_TYPES = _tensor_types("torch")
CUDA_TYPES = {each.__name__: each for each in _tensor_types("torch.cuda")}
"""The types of `torch.cuda`, by their names."""
_TYPES = {f"{each.__module__}.{each.__name__}": each for each in (*_CPU_TYPES, *CUDA_TYPES.values())}


def _tensor_type(name: Any) -> tensortype:
    """The old type of that name, or `torch.Tensor` for the default dtype."""
    if name is Tensor or name == "torch.Tensor":
        name = f"torch.{dtypes.get_default_dtype().legacy_name}Tensor"
    if isinstance(name, tensortype):
        return name
    if name not in _TYPES:
        if not isinstance(name, (str, type)):
            raise TypeError("invalid type object: only floating-point types are supported as the default type")
        raise ValueError(f"invalid type: {(name if isinstance(name, str) else name.__name__)!r}")
    found: tensortype = _TYPES[name]
    return found


def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, as `torch.FloatTensor`; given a dtype or such a name, the tensor converted to it.

    Raises ValueError for an unknown name, TypeError for what is no type.
    """
    if dtype is None:
        return f"torch.{'cuda.' if self.is_cuda else ''}{self.dtype.legacy_name}Tensor"
    if isinstance(dtype, dtypes.dtype):
        return _converted(self, dtype.numpy)
    if not isinstance(dtype, (str, type)):
        raise TypeError("dtype must be a type, str, or dtype object")
    own = _tensor_type(dtype)
    return _converted(self, own.dtype.numpy, device("cuda" if own.is_cuda else "cpu"))


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype and device of `other`."""
    if not isinstance(other, Tensor):
        raise TypeError(f"type_as(): argument 'other' (position 1) must be Tensor, not {type_name(other)}")
    return _converted(self, other._array.dtype, other.device)


def set_default_tensor_type(t: Any, /) -> None:
    """Makes the dtype and device of an old tensor type, or its name, the defaults; use set_default_dtype today.

    Raises TypeError for a type of a GPU where there is none.
    """
    own = _available(_tensor_type(t))
    dtypes.set_default_dtype(own.dtype)
    set_default_device("cuda" if own.is_cuda else None)


# --- questions --------------------------------------------------------------------------------------------------------


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def _question(name: str) -> Callable[[Tensor], Any]:
    """The function that asks a tensor what its method of that name tells."""
    method = getattr(Tensor, name)

    def function(input: Tensor) -> Any:
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
        return method(input)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = method.__doc__
    return function


is_floating_point = _question("is_floating_point")
is_complex = _question("is_complex")
is_inference = _question("is_inference")
is_signed = _question("is_signed")
get_device = _question("get_device")
is_nonzero = _question("is_nonzero")
is_conj = _question("is_conj")
is_neg = _question("is_neg")


def typename(obj: Any, /) -> str:
    """The name of a tensor's type, as `torch.FloatTensor`, or the qualified name of any object's class."""
    if isinstance(obj, Tensor):
        return str(type_(obj))
    return torch_name(obj if hasattr(obj, "__qualname__") else type(obj))


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of an operation on two tensors or numbers."""
    operands = [each._array if isinstance(each, Tensor) else each for each in (tensor1, tensor2)]
    return dtypes.from_numpy_dtype(dtypes.result_dtype(operands))


# --- memory -----------------------------------------------------------------------------------------------------------


def share_memory_(self: Tensor) -> Tensor:
    """Moves the elements to memory that forked processes share; returns the tensor itself.

    Differs from torch: views and detached tensors made before keep the old memory.
    """
    if not is_shared(self):
        array = self._array
        memory = mmap.mmap(-1, max(array.nbytes, 1))
        shared = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
        shared[...] = array
        self._array = shared
    return self


def is_shared(self: Tensor) -> bool:
    """Whether forked processes share the elements; True on a GPU."""
    root = self._array
    while isinstance(getattr(root, "base", None), np.ndarray):
        root = root.base
    memory = getattr(root, "base", None)
    return self.is_cuda or (isinstance(memory, memoryview) and isinstance(memory.obj, mmap.mmap))


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """The tensor itself: CuPy pins what it transfers. Raises RuntimeError where there is no GPU, or it lies there."""
    module_for(as_device("cuda"))
    if self.is_cuda:
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
    return self


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Always False: minitorch does not pin tensors."""
    return False
