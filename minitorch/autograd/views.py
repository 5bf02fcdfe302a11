"""Views and in-place writes in the graph.

A view shares memory with its base. When either is written to in place, the base gets a new node, and every view of it
must get one that leads there. A view therefore remembers how it was taken, and takes its node anew when it is asked for
and the base has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.graph import WRITE_OF_MANY, OpNode, joined
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import observers
from minitorch.backend import Array, array_module, is_writeable
from minitorch.errors import device_error
from minitorch.node import AccumulateGrad, Node
from minitorch.tensor import Tensor, wrap

Step = tuple[Callable[..., Any], tuple[Any, ...], int | None]
"""An operation, its arguments after the first, and which of its results it is."""


class View:
    """How a tensor was taken as a view: `op(*args)`, of which it is output `number`; `parent` is `args[0]`."""

    __slots__ = ("args", "base", "grad_mode", "history", "number", "op", "parent")

    def __init__(self, parent: Tensor, op: Callable[..., Any], args: tuple[Any, ...], number: int | None) -> None:
        self.parent = parent
        self.base: Tensor = parent if parent._view is None else parent._view.base
        self.op = op
        self.args = args
        self.number = number
        self.history = self.base._history
        self.grad_mode = modes.grad

    @staticmethod
    def note(
        out: Tensor, parent: Tensor, op: Callable[..., Any], args: tuple[Any, ...], number: int | None = None
    ) -> None:
        """Makes `out` a view of `parent` if it shares memory with it, or has none: a reshape may have had to copy."""
        if not out._array.size or array_module(out._array).may_share_memory(out._array, parent._array):
            out._cell = parent._cell
            out._view = View(parent, op, args, number)

    def chain(self) -> list[View]:
        """The views that lead from the base to this one, itself the last."""
        views = [self]
        while views[-1].parent._view is not None:
            views.append(views[-1].parent._view)
        return views[::-1]

    def of_leaf(self) -> bool:
        """Whether a tensor between this and its base has become a leaf that requires grad."""
        return any(isinstance(view.parent._node, AccumulateGrad) for view in self.chain())

    @property
    def steps(self) -> tuple[Step, ...]:
        """The operations that lead from the base to this view, without the tensors in between."""
        return tuple((view.op, view.args[1:], view.number) for view in self.chain())

    def refresh(self, tensor: Tensor) -> None:
        """Gives `tensor` the node that leads to its base as it is now; the views in between get theirs first."""
        if self.history == self.base._history:
            return
        chain = self.chain()
        for view, taken in zip(chain, [*(later.parent for later in chain[1:]), tensor], strict=True):
            if view.history != view.base._history:
                view._take_anew(taken)

    def _take_anew(self, tensor: Tensor) -> None:
        self.history = self.base._history
        outer, modes.grad = modes.grad, self.grad_mode
        try:
            taken = self.op(self.parent, *self.args[1:])
        finally:
            modes.grad = outer
        tensor._node = (taken if self.number is None else taken[self.number])._node


class CopySlices(Node):
    """The node of a base after one of its views was written to: the rest of the gradient goes on to the old base.

    It knows the view by the steps that lead there: a reference to the tensors would keep base and node alive for ever.
    """

    __module__ = "builtins"

    def __init__(self, base: Tensor, view: View, written: Node | None) -> None:
        self.shape, self.dtype = base._array.shape, base._array.dtype
        self._steps = view.steps
        self.edges = (base._node, written)
        self.number()

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        if lifted is not None:
            inside = array_module(g._array).zeros(g._array.shape, bool)
            self._region(inside)[...] = True
            return g.masked_fill(wrap(inside), 0.0), self._take(g)
        rest = g.copy()
        region = self._region(rest)
        taken = region.copy()
        region[...] = 0
        return rest, taken

    def _region(self, array: Array) -> Array:
        """The view of an array of the base's shape."""
        for op, args, number in self._steps:
            kernel: Any = op.kernel  # type: ignore[attr-defined]  # @op puts it there
            array = kernel(array_module(array), array, *args)
            array = array if number is None else array[number]
        return array

    def _take(self, g: Tensor) -> Tensor:
        """The view of a gradient Tensor, recorded."""
        for op, args, number in self._steps:
            g = op(g, *args)
            g = g if number is None else g[number]
        return g


def check_writable(tensor: Tensor) -> None:
    """Raises torch's error when writing to `tensor` in place, with grad mode on, would spoil the graph."""
    if not modes.grad:
        return
    if tensor._inference and not modes.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed."
            "You can make a clone to get a normal tensor before doing inplace update."
        )
    view = tensor._view
    if isinstance(tensor._node, AccumulateGrad) and view is None:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if view is not None and not view.grad_mode and (tensor._current_node() is not None or view.base.requires_grad):
        function = getattr(tensor._node, "function", None)
        if function is not None:
            raise RuntimeError(
                f"Output 0 of {function.__name__} is a view and is being modified inplace. This view was created "
                "inside a custom Function (or because an input was returned as-is) and the autograd logic to handle "
                "view+inplace would override the custom backward associated with the custom Function, leading to "
                "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom "
                "Function."
            )
        raise RuntimeError(
            "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that "
            "this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
            "both the view and the inplace either both inside the no_grad block (if you don't want the inplace "
            "to be tracked) or both outside (if you want the inplace to be tracked)."
        )
    if view is not None:
        reached = tensor._current_node() is not None
        if (
            isinstance(view.base._node, AccumulateGrad)
            or isinstance(tensor._node, AccumulateGrad)
            or (reached and view.of_leaf())
        ):
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
        if reached:
            if view.number is not None:
                raise RuntimeError(
                    f"Output {view.number} of {tensor.grad_fn.name() if tensor.grad_fn else 'a function'} is a view "
                    "and is "
                    "being modified inplace. This view is the output of a function that returns multiple views. Such "
                    "functions do not allow the output views to be modified inplace. You should replace the inplace "
                    "operation by an out-of-place one."
                )


def write(tensor: Tensor, result: Tensor, name: str) -> Tensor:
    """Ends the in-place operation `name`: `tensor` takes over the elements and the node of `result`."""
    array, new = tensor._array, result._array
    if new.dtype.kind != array.dtype.kind and "biuf".index(new.dtype.kind) > "biuf".index(array.dtype.kind):
        if new.dtype.kind == "f" or array.dtype.kind == "b":
            raise RuntimeError(
                f"result type {result.dtype.legacy_name} can't be cast to the desired output type "
                f"{tensor.dtype.legacy_name}"
            )
    if new.shape != array.shape:
        raise RuntimeError(f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(new.shape)}")
    if new.__class__ is not array.__class__:
        together = joined([tensor, result])
        if together is None:
            raise device_error(tensor.device, result.device)
        if together[0] is not tensor:
            raise RuntimeError(WRITE_OF_MANY)
        result = together[1]
        new = result._array
    if not is_writeable(array):
        raise RuntimeError(
            f"{name}: unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation."
        )
    for observer in observers:
        observer.write_begins(tensor, result, name)
    node = result._node
    if isinstance(node, OpNode):
        node.move_result(result, tensor)
    array[...] = new
    tensor._written()
    if isinstance(node, OpNode):
        node.number()  # later than its own write, which spoils nothing of its own
    if tensor._view is None:
        if modes.grad and (node is not None or tensor._node is not None):
            tensor._node = node
            tensor._history += 1
    elif modes.grad:
        base = tensor._view.base
        if node is not None or base._node is not None:
            base._node = CopySlices(base, tensor._view, node)
            base._history += 1
            tensor._view.refresh(tensor)
    for observer in observers:
        observer.written(tensor, name)
    return tensor


def in_place(operation: Callable[..., Any], name: str | None = None) -> Callable[..., Tensor]:
    """The in-place form of an operation: writes the result into the first argument and returns that."""
    name = name or f"{operation.__name__.lstrip('_')}_"

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        try:
            check_writable(self)
        except AttributeError:
            got = type(self).__name__
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {got}") from None
        return write(self, operation(self, *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}` written into the tensor itself."
    return method
