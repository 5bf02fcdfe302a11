"""Tensor: an array, its gradient, its place in the graph. It knows no operation: `ops/_methods.py` binds those."""

from __future__ import annotations

import copy
import functools
import itertools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.backend import (
    Array,
    array_module,
    contiguous_strides,
    device_of,
    is_array,
    module_for,
    storage_of,
    to_device,
    to_host,
)
from minitorch.devices import as_device, device
from minitorch.dtypes import array_of_numbers as array_of_numbers
from minitorch.errors import wrap_dim
from minitorch.formats import channels_last, channels_last_3d, layout, strided
from minitorch.node import AccumulateGrad, Node, RemovableHandle, Slot, next_sequence
from minitorch.printing import format_tensor
from minitorch.sizes import Size, as_shape
from minitorch.storage import UntypedStorage

_new = object.__new__


class Tensor:
    """An n-dimensional array that remembers how it was made, so that gradients can be computed.

    `Tensor([1, 2])` and `Tensor(2, 3)` are the old constructors, of the default dtype; use `tensor`, `zeros`, `empty`.
    """

    _array: Array
    _node: Node | None = None
    """The graph node of this value: of the operation that made it, AccumulateGrad for a leaf, None without grad."""
    _cell: list[int]
    """How often and when last (counted by node.next_sequence) it was written to in place; shared with all views."""
    _grad: Tensor | None = None
    _view: Any = None
    """For a view: how it was taken from which tensor (autograd/inplace.py); None otherwise."""
    _history: int = 0
    """How often an in-place operation gave this tensor a new node: views made before are out of date then."""
    _inference: bool = False

    __array_priority__ = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return legacy_tensor(cls, dtypes.get_default_dtype(), *args, **kwargs)

    if TYPE_CHECKING:
        # The operations are bound at import from the table in ops/_methods.py, where a type checker cannot see them.
        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, index: Any) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __invert__(self) -> Tensor: ...

    # --- what it is -------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return tuple.__new__(Size, self._array.shape)  # they need no check

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return Size(self._array.shape)
        return self._array.shape[self._dim_index(dim, "size")]

    def dim(self) -> int:
        """The number of dimensions."""
        return int(self._array.ndim)

    ndimension = dim

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return int(self._array.ndim)

    def numel(self) -> int:
        """The number of elements."""
        return int(self._array.size)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.from_numpy_dtype(self._array.dtype)

    @property
    def device(self) -> device:
        """Where the elements lie."""
        return device_of(self._array)

    @property
    def is_cuda(self) -> bool:
        """Whether the elements lie on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether the elements lie in the CPU's memory."""
        return self.device.type == "cpu"

    is_mps = is_xpu = is_sparse = is_quantized = is_meta = is_mkldnn = is_nested = False

    @property
    def layout(self) -> layout:
        """Always strided."""
        return strided

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return int(self._array.itemsize)

    def element_size(self) -> int:
        """Bytes of one element."""
        return int(self._array.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return int(self._array.nbytes)

    def is_floating_point(self) -> bool:
        """Whether the elements are floating point numbers."""
        return bool(self._array.dtype.kind == "f")

    def is_complex(self) -> bool:
        """Always False: minitorch has no complex dtypes."""
        return False

    def is_conj(self) -> bool:
        """Always False: minitorch has no complex dtypes."""
        return False

    is_neg = is_conj

    def is_signed(self) -> bool:
        """Whether the elements may be negative."""
        return self._array.dtype.kind in "if"

    def get_device(self) -> int:
        """The index of the GPU; -1 on the CPU."""
        own = self.device
        return -1 if own.type == "cpu" else own.index or 0

    def stride(self, dim: int | None = None) -> Any:
        """The step, in elements, to the next index of each dimension, or of one."""
        array = self._array
        strides = contiguous_strides(array.shape)
        if array.size:
            # NumPy gives a new dimension of size 1 a step of 0.
            strides = tuple(
                step // array.itemsize if step or size > 1 else plain
                for step, size, plain in zip(array.strides, array.shape, strides, strict=True)
            )
        return strides if dim is None else strides[self._dim_index(dim, "stride")]

    def _dim_index(self, dim: Any, name: str) -> int:
        """The number of a dimension, for functions that a 0-d tensor gives no dimension to choose from."""
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"{name}(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
        if not self._array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return wrap_dim(int(dim), self._array.ndim)

    def storage_offset(self) -> int:
        """The position, in elements, of the first element within the memory that the tensor lies in."""
        return int(storage_of(self._array)[1])

    def untyped_storage(self) -> UntypedStorage:
        """The memory that the tensor shares with its views."""
        row, offset = storage_of(self._array)
        return UntypedStorage(row, array_address(self._array) - offset * self._array.itemsize)

    def is_contiguous(self, *, memory_format: Any = None) -> bool:
        """Whether the elements lie without gaps, row by row or in the order that `memory_format` says."""
        array = self._array
        if memory_format in (channels_last, channels_last_3d):
            return array.ndim == (4 if memory_format is channels_last else 5) and has_channels_last(array)
        return bool(array.flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of the first element; 0 for an empty tensor."""
        return array_address(self._array) if self._array.size else 0

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return int(self._array.shape[0])

    # --- the graph --------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass reaches this tensor. One taken as a view under no_grad says its base's."""
        view = self._view
        return self._node is not None or (view is not None and not view.grad_mode and view.parent.requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad must be a bool, but got {type(value).__name__}")
        if not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables."
                if value
                else "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if not value:
            self._node = None
        elif self._node is None:
            if self._array.dtype.kind != "f":
                raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
            if self._inference:
                raise RuntimeError(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
                )
            self._node = AccumulateGrad(self)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets requires_grad in place."""
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type(requires_grad).__name__}"
            )
        if self.is_leaf or not requires_grad:
            self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no operation made this tensor: the end of the graph, or outside it."""
        return self._node is None or isinstance(self._node, AccumulateGrad)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made this tensor; None for a leaf."""
        node = self._current_node()
        if isinstance(node, AccumulateGrad):
            return None
        return node.target if isinstance(node, Slot) else node

    @property
    def output_nr(self) -> int:
        """Which output of its grad_fn this tensor is."""
        return self._node.index if isinstance(self._node, Slot) else 0

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have accumulated; None before the first."""
        if self._grad is None and not self.is_leaf and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor "
                "by "
                "mistake, make sure you access the leaf Tensor instead.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.dtype}' to a tensor with grad_dtype "
                    f"'{self.dtype}'. "
                    "The gradient must match the tensor's dtype."
                )
            if value._array.__class__ is not self._array.__class__:
                raise RuntimeError(
                    f"attempting to assign a gradient with device type '{value.device.type}' to a tensor with device "
                    f"type '{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
                )
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. "
                    "Please ensure that the gradient and the tensor are the same size"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same elements outside the graph; a write to it is not seen by the version counter."""
        out: Tensor = wrap(self._array)
        return out

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._node is not None and value._array.dtype.kind != "f":
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = value._array
        if isinstance(self._node, AccumulateGrad):
            self._node.shape, self._node.dtype = value._array.shape, value._array.dtype

    def detach(self) -> Tensor:
        """The same elements outside the graph; writes to either are seen by the version counter of both."""
        out: Tensor = wrap(self._array)
        out._cell = self._cell
        return out

    def detach_(self) -> Tensor:
        """Takes the tensor itself out of the graph; raises RuntimeError for a view, whose base is in it."""
        if self._view is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node = None
        return self

    @property
    def _version(self) -> int:
        return self._cell[0]

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base

    def _written(self) -> None:
        """Notes an in-place write."""
        self._cell[0] += 1
        self._cell[1] = next_sequence()

    def _is_view(self) -> bool:
        return self._view is not None

    def _current_node(self) -> Node | None:
        """The node of this value; an out-of-date view takes its node anew first."""
        if self._view is not None:
            self._view.refresh(self)
        return self._node

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return self._inference

    @property
    def retains_grad(self) -> bool:
        """Whether retain_grad() was called on this non-leaf tensor."""
        return self._node is not None and self._node.hooks is not None and self._node.hooks.retain is not None

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Calls `hook(grad)` whenever this tensor's gradient is computed; what it returns replaces the gradient."""
        node = self._current_node()
        if node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(node.watch().tensor, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Calls `hook(leaf)` after a backward pass has added to the leaf's `.grad`."""
        if not isinstance(self._node, AccumulateGrad):
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
                if self._node is not None
                else "cannot register a hook on a tensor that doesn't require gradient"
            )
        return RemovableHandle(self._node.watch().accumulated, hook)

    # --- conversions ------------------------------------------------------------------------------------------------

    def item(self) -> Any:
        """The only element as a Python number; raises RuntimeError when there is not exactly one."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; one number for a 0-d tensor."""
        return self._array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Tensor:
        out: Tensor = wrap(np.asarray(array))
        return out

    @property
    def real(self) -> Tensor:
        """The tensor itself: minitorch has no complex dtypes."""
        return self

    @property
    def imag(self) -> Tensor:
        """Raises RuntimeError: minitorch has no complex dtypes."""
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")

    def resolve_conj(self) -> Tensor:
        """The tensor itself: minitorch has no complex dtypes."""
        return self

    resolve_neg = resolve_conj

    def __bool__(self) -> bool:
        if self._array.size != 1:
            which = "more than one value" if self._array.size else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {which} is ambiguous")
        return bool(self._array.item())

    is_nonzero = __bool__

    def __float__(self) -> float:
        return float(self._scalar())

    def __int__(self) -> int:
        return int(self._scalar())

    def __complex__(self) -> complex:
        return complex(self._scalar())

    def _scalar(self) -> Any:
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self._array.item()

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (Tensor, int, float)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self._array == (element._array if isinstance(element, Tensor) else element)).any().item())

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        grad_fn = self.grad_fn
        return format_tensor(
            to_host(self._array),
            grad_fn_name=None if grad_fn is None else type(grad_fn).__name__,
            requires_grad=self.requires_grad,
            default_dtype=dtypes.default_numpy_dtype(),
            device_suffix=str(self.device) if self.is_cuda else None,
        )

    def __str__(self) -> str:
        return Tensor.__repr__(self)

    def __format__(self, spec: str) -> str:
        if not self._array.ndim:
            return format(self._array.item(), spec)
        return object.__format__(self, spec)

    def as_subclass(self, cls: type[Any]) -> Any:
        """The same value as an instance of `cls`, a subclass of Tensor."""
        out = wrap(self._array, cls)
        out._cell, out._node, out._view = self._cell, self._node, self._view
        return out

    @staticmethod
    def _make_subclass(cls: type[Any], data: Tensor, require_grad: bool = False) -> Any:
        out = data.detach().as_subclass(cls)
        out.requires_grad = require_grad
        return out

    # --- copies -----------------------------------------------------------------------------------------------------

    def __copy__(self) -> Tensor:
        out: Tensor = _rebuild(type(self), self._array, self.requires_grad)
        out.__dict__.update(self._own_attributes())
        return out

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) in memo:
            found: Tensor = memo[id(self)]
            return found
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment: copy the values with detach().clone(), or the leaves that they were computed from"
            )
        out: Tensor = wrap(copy_array(self._array), type(self))
        memo[id(self)] = out
        out.requires_grad = self.requires_grad
        out._grad = copy.deepcopy(self._grad, memo)
        out.__dict__.update(copy.deepcopy(self._own_attributes(), memo))
        return out

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        place = str(self.device) if self.is_cuda else None
        return (
            _rebuild,
            (type(self), to_host(self._array), self.requires_grad, place),
            self._own_attributes() or None,
        )

    def _own_attributes(self) -> dict[str, Any]:
        """What the user has set on this tensor: everything that is not the engine's."""
        return {name: value for name, value in self.__dict__.items() if name not in Tensor.__annotations__}


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool, place: str | None = None) -> Tensor:
    array = checked_array(array)
    out: Tensor = wrap(array if place is None else to_device(array, device(place)), cls)
    out.requires_grad = requires_grad
    return out


def wrap(array: Array, cls: type[Any] = Tensor) -> Any:
    """A tensor of class `cls` around `array`, outside the graph."""
    out = _new(cls)
    out._array = array
    out._cell = [0, 0]
    return out


def array_address(array: Array) -> int:
    """The address of the first element of `array`."""
    return int(array.ctypes.data) if isinstance(array, np.ndarray) else int(array.data.ptr)


def copy_array(array: Array, dtype: Any = None) -> Array:
    """A copy of `array`, in a NumPy `dtype` if given, that keeps the order of its dimensions in memory.

    One that repeats elements is laid out in order: NumPy would put the dimensions that it repeats last.
    """
    repeats = 0 in array.strides and any(not step and n > 1 for step, n in zip(array.strides, array.shape, strict=True))
    return array.astype(array.dtype if dtype is None else dtype, order="C" if repeats else "K")


def has_channels_last(array: Array) -> bool:
    """Whether an image (N, C, H, W) or a volume lies with its channels last, without gaps."""
    return array.ndim in (4, 5) and bool(array.transpose(0, *range(2, array.ndim), 1).flags.c_contiguous)


def in_order(array: Array) -> Array:
    """`array` with its dimensions in order in memory: a copy where they are not."""
    return array if array.flags.c_contiguous else array.copy(order="C")


def legacy_tensor(cls: type[Any], own: dtypes.dtype, *args: Any, device: Any = None) -> Any:
    """What the old constructors make: of sizes an uninitialised tensor, of data a copy in the constructor's dtype."""
    xp = module_for(as_device(device))
    if not args:
        return wrap(xp.empty(0, own.numpy), cls)
    first = args[0]
    if (
        len(args) > 1
        or isinstance(first, Size)
        or (hasattr(first, "__index__") and not isinstance(first, (Tensor, np.ndarray)))
    ):
        shape = as_shape("new", args)
        if min(shape, default=0) < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
        return wrap(xp.empty(shape, own.numpy), cls)
    if isinstance(first, Tensor):
        if cls is Tensor and own is not first.dtype and own is not dtypes.get_default_dtype():
            raise TypeError(f"expected a tensor of {own!r} (got one of {first.dtype!r}); use .to({own!r})")
        out = wrap(first._array, cls)
        out._cell = first._cell
        return out
    if isinstance(first, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(first).__name__}'")
    if not (_is_sequence(first) or is_array(first)):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return wrap(array_from_data(first, own.numpy, xp), cls)


def array_from_data(data: Any, dtype: Any = None, xp: Any = np) -> Array:
    """A new array of what the user gave: numbers, nested sequences of them, arrays or tensors, by torch's rules.

    Without `dtype`, arrays and tensors keep theirs, Python floats are of the default dtype, and a sequence promotes.
    Raises ValueError for ragged sequences, TypeError or RuntimeError for what is no number.
    """
    if isinstance(data, Tensor):
        data = data._array
    if is_array(data):
        return xp.array(checked_array(data) if xp is array_module(data) else to_host(data), dtype=dtype)
    if hasattr(data, "__array__") and not isinstance(data, np.generic):
        return xp.array(checked_array(np.asarray(data)), dtype=dtype)
    sizes = _sizes(data)
    if 0 in sizes:
        return xp.empty(sizes, _dtype_within(data) if dtype is None else dtype)
    return xp.asarray(_array_of_leaves(_leaves(data, sizes), dtype).reshape(sizes))


def checked_array(array: Array) -> Array:
    """`array` itself, or a view of it; raises torch's errors for what a tensor cannot hold.

    NumPy has several objects for one dtype (an unpickled array carries its own), and the engine compares them by
    identity: the view has the one that all tensors share.
    """
    own = dtypes.from_numpy_dtype(array.dtype.newbyteorder("=")).numpy
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
    if any(step < 0 for step in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )
    return array if array.dtype is own else array.view(own)


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return True
    if isinstance(value, (Tensor, str, bytes, dict, np.generic)) or getattr(value, "ndim", 1) == 0:
        return False
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def _sizes(data: Any) -> list[int]:
    """The sizes of nested sequences: the first element of each level sets its length, and none lies within one of 0."""
    sizes: list[int] = []
    while _is_sequence(data) or (sizes and isinstance(data, (str, bytes))):
        length = len(data)
        if len(sizes) == _MAX_DIMS or (length and isinstance(data, (str, bytes))):
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        sizes.append(length)
        if not length:
            break
        data = data[0]
    return sizes


def _leaves(data: Any, sizes: list[int]) -> list[Any]:
    """The elements of nested sequences in order; raises for sequences that are not of these sizes."""
    level = [data]
    for dim, length in enumerate(sizes):
        if not {type(each) for each in level} <= {list, tuple} and not all(map(_is_sequence, level)):
            raise TypeError("not a sequence: the elements of a sequence are sequences of one length, or all numbers")
        for each in level:
            if len(each) != length:
                raise ValueError(f"expected sequence of length {length} at dim {dim} (got {len(each)})")
        level = list(itertools.chain.from_iterable(level))
    return level


def _dtype_within(data: Any) -> Any:
    """The NumPy dtype that everything within nested sequences of any lengths promotes to; an empty one is of floats."""
    if isinstance(data, Tensor) or is_array(data):
        return checked_array(getattr(data, "_array", data)).dtype
    if not _is_sequence(data):
        return _leaf_dtype(data, None)
    found = {_dtype_within(each) for each in data} or {dtypes.default_numpy_dtype()}
    return functools.reduce(dtypes.promote_pair, found)


_MAX_DIMS = 64  # NumPy's limit
_PLAIN = {bool, int, float}


def _array_of_leaves(leaves: list[Any], dtype: Any) -> Any:
    """A one-dimensional array of numbers, of NumPy's scalars and of tensors of one element."""
    types = set(map(type, leaves))
    if not types <= _PLAIN:
        found = {_leaf_dtype(leaf, dtype) for leaf in leaves}
        dtype = dtype or functools.reduce(dtypes.promote_pair, found)
        leaves = [leaf.item() if isinstance(leaf, (Tensor, np.generic, np.ndarray)) else leaf for leaf in leaves]
    elif dtype is None:
        floating = float in types or not types
        dtype = dtypes.default_numpy_dtype() if floating else dtypes.NP_INT64 if int in types else dtypes.NP_BOOL
    return array_of_numbers(leaves, dtype)


def _leaf_dtype(leaf: Any, wanted: Any) -> Any:
    """The NumPy dtype of one element of a sequence; raises torch's errors for what is no number.

    They depend on whether a dtype is `wanted`, and which.
    """
    if isinstance(leaf, Tensor):
        if leaf._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return leaf._array.dtype
    if isinstance(leaf, (np.generic, np.ndarray)):
        dtypes.from_numpy_dtype(leaf.dtype)
        return leaf.dtype
    if isinstance(leaf, (bool, int, float, complex)):
        return dtypes.number_dtype(leaf)
    if isinstance(leaf, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(leaf).__name__}'")
    kind = type(leaf).__name__
    if wanted is not None and wanted.kind != "f":
        raise TypeError(f"'{kind}' object cannot be interpreted as an integer")
    if wanted is not None or _is_sequence(leaf):
        raise TypeError(f"must be real number, not {kind}")
    raise RuntimeError(f"Could not infer dtype of {kind}")
