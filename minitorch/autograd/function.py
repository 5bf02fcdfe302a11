"""Function: an operation with a hand-written backward, by the user."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.graph import SECOND_BACKWARD, PackedArray
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import observers
from minitorch.backend import Array, array_module
from minitorch.errors import user_stacklevel
from minitorch.node import AccumulateGrad, Node, Slot
from minitorch.tensor import Tensor, wrap


class FunctionCtx:
    """What forward hands over to backward; a free attribute may carry whatever is no tensor."""

    needs_input_grad: tuple[bool, ...] = ()
    """For every argument of forward: whether its gradient is wanted."""
    _materialize: bool = True
    _for_inputs: bool = False
    """Whether this backward pass is for the gradients of some inputs alone."""
    _to_save: tuple[Any, ...] = ()
    _dirty: tuple[Tensor, ...] = ()
    _non_differentiable: tuple[Tensor, ...] = ()
    _saved: tuple[tuple[Array, Any, list[int], int] | None, ...] | None = ()
    """Array, node, version cell and version of each saved tensor; None once they are freed."""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps inputs or outputs of forward for backward, checked there against in-place writes."""
        for k, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {k} is of type {type(tensor).__name__}"
                )
        self._to_save = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Says which inputs forward wrote to in place."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Says which outputs carry no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (the default) or None for an output that was not used."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What save_for_backward kept; raises RuntimeError when it was freed, or written to since."""
        if self._saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        return tuple(None if saved is None else _restore(*saved) for saved in self._saved)


def _restore(array: Array, node: Any, cell: list[int], version: int) -> Tensor:
    """A saved tensor, in the graph again. An output of the very call is referred to weakly: nothing keeps itself
    alive."""
    if cell[0] != version:
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: a saved "
            f"tensor of shape {list(array.shape)} is at version {cell[0]}; expected version {version} instead."
        )
    tensor: Tensor = wrap(array.array() if isinstance(array, PackedArray) else array)
    tensor._cell = cell
    tensor._node = node() if isinstance(node, weakref.ref) else node
    return tensor


class BackwardCFunction(Node):
    """The node of one call of a Function; attributes that it lacks are those of its `ctx`."""

    function: type[Function]
    ctx: FunctionCtx
    outputs: tuple[tuple[tuple[int, ...], Any], ...]
    several: bool
    """Whether gradients come in as a list, one an output; a Function of one output gets that gradient alone."""
    tensors: Sequence[int]
    """The arguments of forward that are tensors: those that next_functions shows."""

    def __getattr__(self, name: str) -> Any:
        if name == "ctx":
            raise AttributeError(name)
        return getattr(self.ctx, name)

    def following(self) -> Sequence[Node | None]:
        return [self.edges[k] for k in self.tensors]

    def free(self) -> None:
        if self.ctx._saved:
            self.ctx._saved = None

    def pack(self, pack: Any, unpack: Any) -> None:
        """Gives all saved arrays to a pack hook; writes to them no longer matter then."""
        self.ctx._saved = tuple(
            None if saved is None else (PackedArray(saved[0], pack, unpack), saved[1], [0, 0], 0)
            for saved in self.ctx._saved or ()
        )

    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        given = list(g) if self.several else [g]
        some = next(each for each in given if each is not None)
        xp = array_module(some._array if isinstance(some, Tensor) else some)
        for k, (each, (shape, dtype)) in enumerate(zip(given, self.outputs, strict=True)):
            if each is not None and not isinstance(each, Tensor):
                given[k] = wrap(xp.asarray(each))
            elif each is None and self.ctx._materialize:
                given[k] = wrap(xp.zeros(shape, dtype))
        self.ctx._for_inputs = needed is not None
        results = self.function.backward(self.ctx, *given)
        return self._check(results if isinstance(results, tuple) else (results,), lifted)

    def _check(self, results: tuple[Any, ...], lifted: Any) -> list[Any]:
        """One gradient for every argument of forward: None for what is no tensor."""
        count = len(self.ctx.needs_input_grad)
        if len(results) < count or any(each is not None for each in results[count:]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {count}, got "
                f"{len(results)})"
            )
        gradients: list[Any] = []
        for k, (result, edge) in enumerate(zip(results[:count], self.edges, strict=True)):
            if result is None or edge is None:
                gradients.append(None)
            elif not isinstance(result, Tensor):
                raise RuntimeError(
                    f"{self.name()}, gradient {k}: expected Variable or None (got {type(result).__name__})"
                )
            else:
                gradients.append(result if lifted is not None else result._array)
        return gradients


class Function:
    """The base of operations with their own backward: override `forward` and `backward`, call through `apply`.

    `forward(ctx, *args)` computes with tensors outside the graph; `backward(ctx, *grads)` returns one gradient for
    every argument, None for what needs none. With `setup_context(ctx, inputs, output)`, forward takes no ctx.
    Source: torch.autograd.Function.
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the result; override it."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Saves for backward, when forward takes no ctx; override it."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Computes the gradients; override it, or `vjp`."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so call them on "
            "the class itself, through `apply`.",
            DeprecationWarning,
            stacklevel=user_stacklevel(),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method: call it through `apply`."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Runs forward and records the call: returns what forward returned."""
        for observer in observers:
            observer.call_begins(cls, args)
        ctx = FunctionCtx()
        edges = tuple(arg._current_node() if isinstance(arg, Tensor) else None for arg in args)
        ctx.needs_input_grad = tuple(edge is not None for edge in edges)
        tracked = modes.grad and any(ctx.needs_input_grad)
        outer, modes.grad = modes.grad, False
        try:
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        finally:
            modes.grad = outer
        several = isinstance(result, tuple)
        outs = [_own_output(each, args, ctx) for each in (result if several else (result,))]
        if tracked:
            tensors = [k for k, arg in enumerate(args) if isinstance(arg, Tensor)]
            _record(cls, ctx, edges, tensors, outs)
        for observer in observers:
            observer.call_ends(cls, args, outs)
        return tuple(outs) if several else outs[0]


class InplaceFunction(Function):
    """A Function of the old kind that remembers `inplace`; derive from Function and call `ctx.mark_dirty` instead."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


def _own_output(out: Any, args: Sequence[Any], ctx: FunctionCtx) -> Any:
    """An input that forward returned unchanged becomes a new tensor, so that it can have a node of its own."""
    if any(out is arg for arg in args) and not any(out is dirty for dirty in ctx._dirty):
        view = out.detach()
        ctx._to_save = tuple(view if saved is out else saved for saved in ctx._to_save)
        return view
    return out


def _record(
    function: type[Function], ctx: FunctionCtx, edges: tuple[Any, ...], arguments: Sequence[int], outs: list[Any]
) -> None:
    """Makes the node of a call, and ties the results to it."""
    node: BackwardCFunction = type(f"{function.__name__}Backward", (BackwardCFunction,), {"function": function})()
    tensors = [out for out in outs if isinstance(out, Tensor)]
    node.ctx, node.edges, node.tensors = ctx, edges, arguments
    node.outputs = tuple((out._array.shape, out._array.dtype) for out in tensors)
    node.several = len(tensors) != 1
    node.number()
    for dirty in ctx._dirty:
        if isinstance(dirty._node, AccumulateGrad):
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        dirty._written()
        dirty._history += 1
    own: list[Any] = []
    for k, out in enumerate(tensors):
        if out._array.dtype.kind != "f" or any(out is each for each in ctx._non_differentiable):
            own.append(None)
        else:
            own.append(Slot(node, k, *node.outputs[k]) if node.several else node)
    if not node.several:
        node.shape, node.dtype = node.outputs[0]
    ctx._saved = tuple(None if tensor is None else _keep(tensor, tensors, own) for tensor in ctx._to_save)
    ctx._to_save = ()
    for out, tie in zip(tensors, own, strict=True):
        if tie is not None:
            out._node = tie
    for observer in observers:
        observer.node_made(node)


def _keep(tensor: Tensor, outs: list[Tensor], own: list[Any]) -> tuple[Array, Any, list[int], int]:
    """What is kept of a saved tensor; see `_restore`."""
    node: Any = tensor._current_node()
    for out, tie in zip(outs, own, strict=True):
        if out is tensor:
            node = None if tie is None else weakref.ref(tie)
    return tensor._array, node, tensor._cell, tensor._cell[0]


def once_differentiable(function: Any) -> Any:
    """Decorates a backward that is not itself differentiable: differentiating through it raises RuntimeError."""

    def backward(ctx: Any, *grads: Any) -> Any:
        outer, modes.grad = modes.grad, False
        try:
            results = function(ctx, *grads)
        finally:
            modes.grad = outer
        if outer and any(isinstance(g, Tensor) and g.requires_grad for g in grads):
            several = isinstance(results, tuple)
            marked = tuple(_OnceDifferentiable.apply(each) for each in (results if several else (results,)))
            return marked if several else marked[0]
        return results

    backward.__name__ = function.__name__
    backward.__doc__ = function.__doc__
    return backward


class _OnceDifferentiable(Function):
    """Passes a gradient on, and refuses to be differentiated."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        (value,) = args
        if not isinstance(value, Tensor):
            return value
        out = value.detach()
        node = _Refusal()
        node.shape, node.dtype = out._array.shape, out._array.dtype
        node.number()
        out._node = node
        return out


class _Refusal(Node):
    def pull(self, g: Any, needed: Any, lifted: Any) -> Sequence[Any]:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
