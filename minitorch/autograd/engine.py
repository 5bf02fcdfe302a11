"""Reverse mode: gradients flow from the roots to the leaves, each node once, in the reverse order of their making."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

from minitorch.autograd.graph import joined, lifted
from minitorch.autograd.modes import modes
from minitorch.autograd.observer import observers
from minitorch.backend import Array, array_module, is_array, unshared
from minitorch.errors import memory_error, shape_list
from minitorch.node import AccumulateGrad, Hooks, Node, Slot
from minitorch.tensor import Tensor, wrap


def leading_to(targets: set[Node], roots: Sequence[Node]) -> set[Node]:
    """The targets, and the nodes on the way to them from the roots."""
    order = list(dict.fromkeys(roots))
    seen = set(order)
    for node in order:  # grows while it is walked
        for edge in node.edges:
            if edge is not None and edge not in seen:
                seen.add(edge)
                order.append(edge)
    order.sort(key=attrgetter("sequence"))
    found = set(targets)
    for node in order:
        if any(edge in found for edge in node.edges):
            found.add(node)
    return found


def run(
    roots: Sequence[tuple[Node, Any]],
    *,
    keep_graph: bool,
    create_graph: bool,
    targets: Sequence[Node] | None = None,
    accumulate: bool = True,
) -> dict[Node, Any]:
    """Sends the gradients of `roots` back through the graph.

    With `targets` only what leads to them is computed; their gradients are returned. Leaves accumulate into `.grad`
    when `accumulate`. Gradients are arrays, or Tensors when `create_graph`.
    """
    outer = modes.grad
    modes.grad = create_graph
    try:
        return _run(roots, keep_graph, create_graph, targets, accumulate)
    except MemoryError as error:
        raise memory_error(error) from None
    finally:
        modes.grad = outer


def _run(
    roots: Sequence[tuple[Node, Any]],
    keep_graph: bool,
    create_graph: bool,
    targets: Sequence[Node] | None,
    accumulate: bool,
) -> dict[Node, Any]:
    wanted = None if targets is None else set(targets)
    needed = None if wanted is None else leading_to(wanted, [node for node, _ in roots])
    captured: dict[Node, Any] = {}
    namespace = lifted if create_graph else None
    gradients: dict[Node, Any] = {}
    shared: set[Node] = set()
    """Nodes whose gradient others may refer to: it may not be added to in place."""
    pending: list[tuple[int, Node]] = []
    """The nodes that have a gradient and have not run, the leaves apart: a heap, the latest made on top. Whatever feeds
    a node was made after it, so the top one has its whole gradient."""
    only: Node | None = None
    """In place of a heap of one node, which is the commonest."""
    for node, g in roots:
        if node in gradients:
            g = gradients[node] + g
        elif node.__class__ is not AccumulateGrad:
            if len(roots) == 1:
                only = node
            else:
                heappush(pending, (-node.sequence, node))
        gradients[node] = g
        shared.add(node)

    watching = tuple(observers)
    for observer in watching:
        observer.backward_begins(roots)
    special = wanted is not None or bool(watching)
    while only is not None or pending:
        if only is None:
            node = heappop(pending)[1]
        else:
            node, only = only, None
        g = gradients.pop(node)
        hooks = node.hooks
        followed = special or hooks is not None
        if followed:
            if needed is not None and node not in needed:
                continue
            if hooks is not None:
                g = _run_tensor_hooks(hooks, g, create_graph)
            if wanted is not None and node in wanted:
                captured[node] = g
                for observer in watching:
                    observer.captured(node, g)
                if needed is not None and not any(edge in needed for edge in node.edges):  # nothing asked for beyond it
                    continue
        if node.__class__ is Slot:
            slot: Any = node
            target = slot.target
            if target not in gradients:
                gradients[target] = [None] * len(target.outputs)
                heappush(pending, (-target.sequence, target))
            gradients[target][slot.index] = g
            continue
        if followed:
            if hooks is not None:
                g = _run_pre_hooks(hooks, g)
            for observer in watching:
                observer.pull_begins(node, g)
        results = node.pull(g, needed, namespace)
        if followed:
            if hooks is not None:
                results = _run_post_hooks(hooks, results, g)
            for observer in watching:
                observer.pull_ends(node, g, results)
            if not keep_graph:
                for observer in watching:
                    observer.freed(node)
        if not keep_graph:
            node.free()
        several = g.__class__ is list
        for edge, result in zip(node.edges, results):  # noqa: B905 - strict costs time here, and pull keeps the promise
            if result is None or edge is None or (needed is not None and edge not in needed):
                continue
            if create_graph:
                result = _fit_tensor(result, edge, node)
            else:
                if result.shape != edge.shape:
                    result = fit(result, edge, node)
                if result.dtype is not edge.dtype:
                    result = result.astype(edge.dtype, copy=False)
            old = gradients.get(edge)
            if old is None:
                gradients[edge] = result
                if (
                    create_graph
                    or result is g
                    or result.base is not None
                    or (several and any(result is each for each in g))
                ):  # else the rule made it just now
                    shared.add(edge)
                if edge.__class__ is not AccumulateGrad:
                    if only is not None:
                        heappush(pending, (-only.sequence, only))
                        only = None
                    elif not pending:
                        only = edge
                        continue
                    heappush(pending, (-edge.sequence, edge))
            elif create_graph or edge in shared:
                gradients[edge] = old + result
                shared.discard(edge)
            else:
                old += result
                gradients[edge] = old  # a number of NumPy's is not changed by +=

    for leaf, g in gradients.items():
        if needed is not None and leaf not in needed:
            continue
        if leaf.hooks is not None:
            shared.add(leaf)
            g = _run_tensor_hooks(leaf.hooks, g, create_graph)
        if wanted is not None and leaf in wanted:
            captured[leaf] = g
            for observer in watching:
                observer.captured(leaf, g)
        if accumulate:
            _accumulate(leaf, g, create_graph, leaf in shared)
            for observer in watching:
                observer.accumulated(leaf, g)
    for observer in watching:
        observer.backward_ends()
    return captured


def fit(g: Array, edge: Node, node: Node) -> Array:
    """Undoes broadcasting: sums `g` over the dimensions along which the operand was repeated, or repeats it."""
    shape = edge.shape
    if not g.shape:
        filled = array_module(g).empty(shape, g.dtype)
        filled.fill(g)
        return filled
    extra = len(g.shape) - len(shape)
    if extra < 0 or any(size != own and own != 1 for size, own in zip(g.shape[extra:], shape, strict=True)):
        try:
            return array_module(g).broadcast_to(g, shape)
        except ValueError:
            raise _invalid_gradient(node, edge, g.shape) from None
    axes = (*range(extra), *(extra + k for k, own in enumerate(shape) if own == 1 and g.shape[extra + k] != 1))
    return g.sum(axis=axes, dtype=g.dtype).reshape(shape)


def _fit_tensor(g: Any, edge: Node, node: Node) -> Tensor:
    """As the engine does for arrays: undoes broadcasting and mixed dtypes, recorded."""
    tensor: Tensor = g if isinstance(g, Tensor) else wrap(array_module(g).asarray(g))
    shape, own = tensor._array.shape, edge.shape
    if shape != own:
        extra = len(shape) - len(own)
        if extra >= 0 and all(size == 1 or size == from_ for size, from_ in zip(own, shape[extra:], strict=True)):
            tensor = lifted.sum_to(tensor, own)
        else:
            try:
                tensor = lifted.broadcast_to(tensor, own)
            except (ValueError, RuntimeError):
                raise _invalid_gradient(node, edge, shape) from None
    if tensor._array.dtype != edge.dtype:
        tensor = lifted.astype(tensor, edge.dtype)
    return tensor


def _invalid_gradient(node: Node, edge: Node, shape: Sequence[int]) -> RuntimeError:
    return RuntimeError(
        f"Function {node.name()} returned an invalid gradient at index {node.edges.index(edge)} - got "
        f"{shape_list(shape)} but expected shape compatible with {shape_list(edge.shape)}"
    )


def _accumulate(node: Any, g: Any, create_graph: bool, shared: bool) -> None:
    """Adds `g` to the leaf's gradient; a gradient that others may refer to is copied first."""
    leaf = node.variable
    if leaf is None or leaf._node is None:  # gone, or no longer asking for gradients
        return
    own = leaf._grad
    if create_graph:
        leaf._grad = g if own is None else own + g
    elif own is None:
        if shared:
            g = g.copy()
        leaf._grad = wrap(g if is_array(g) else array_module(leaf._array).asarray(g))
    elif own._node is not None:
        leaf._grad = wrap(own._array + g)
    else:
        own._array[...] += g
        own._written()
    if node.hooks is not None:
        for hook in list(node.hooks.accumulated.values()):
            hook(leaf)


def _run_tensor_hooks(hooks: Hooks, g: Any, create_graph: bool) -> Any:
    """Passes the gradient through the hooks of the tensor; they see Tensors. A list (of several outputs) has none."""
    if isinstance(g, list):
        return g
    # A hook may write to what it gets, and a view may be of what a node has saved.
    tensor = g if isinstance(g, Tensor) else wrap(unshared(array_module(g).asarray(g)))
    for hook in list(hooks.tensor.values()):
        replaced = hook(tensor)
        if replaced is None:
            continue
        if not isinstance(replaced, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
        _check_replaced(hook, tensor, replaced)
        tensor = replaced
    if hooks.retain is not None:
        hooks.retain(tensor)
    return tensor if create_graph else tensor._array


def _check_replaced(hook: Any, old: Any, new: Any) -> None:
    """Raises RuntimeError unless a hook's gradient has the shape and dtype of the one that it replaces."""
    if old is None or new is None:
        return
    named = f"hook '{getattr(hook, '__name__', hook)}' has changed"
    if new._array.shape != old._array.shape:
        raise RuntimeError(
            f"{named} the size of value: from {shape_list(old._array.shape)} to {shape_list(new._array.shape)}"
        )
    if new._array.dtype != old._array.dtype:
        was, got = (f"torch.{each.dtype.legacy_name}Tensor" for each in (old, new))
        raise RuntimeError(f"{named} the type of value (was {was} got {got})")


def _tensors(values: Any) -> tuple[Any, ...]:
    return tuple(value if value is None or isinstance(value, Tensor) else wrap(value) for value in values)


def _like(values: Any, old: Any, hook: Any) -> list[Any]:
    """What a hook of a node returned, as arrays where the old values were arrays; raises when it does not fit."""
    lifted_before = any(isinstance(value, Tensor) for value in old)
    given = [values] if isinstance(values, Tensor) else values
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"expected tuple, but hook returned '{type(values).__name__}'")
    if len(given) != len(old):
        raise RuntimeError(
            f"hook '{getattr(hook, '__name__', hook)}' has returned an incorrect number of values (got {len(given)}, "
            f"but expected {len(old)})"
        )
    for before, after in zip(_tensors(old), given, strict=True):
        if after is not None and not isinstance(after, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(after).__name__}'")
        _check_replaced(hook, before, after)
    return [value._array if isinstance(value, Tensor) and not lifted_before else value for value in given]


def _run_pre_hooks(hooks: Hooks, g: Any) -> Any:
    several = isinstance(g, list)
    for hook in list(hooks.before.values()):
        given = g if several else [g]
        replaced = hook(_tensors(given))
        if replaced is not None:
            replaced = _like(replaced, given, hook)
            g = replaced if several else replaced[0]
    return g


def _run_post_hooks(hooks: Hooks, results: Sequence[Any], g: Any) -> Sequence[Any]:
    for hook in list(hooks.after.values()):
        replaced = hook(_tensors(results), _tensors(g if isinstance(g, (list, tuple)) else [g]))
        if replaced is not None:
            results = _like(replaced, [*results], hook)
    return results


def _check_root(tensor: Tensor, gradient: Tensor | None, create_graph: bool) -> tuple[Node, Any]:
    """A root of the backward pass and the gradient that it starts from."""
    node = tensor._current_node()
    if node is None:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    array = tensor._array
    if gradient is None:
        if array.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        ones = array_module(array).array(1, array.dtype)
        if array.shape:
            ones = ones.reshape(array.shape)
        return node, wrap(ones) if create_graph else ones
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient._array.__class__ is not array.__class__ and joined([tensor, gradient]) is None:
        raise RuntimeError(f"invalid gradient at index 0 - expected device {tensor.device} but got {gradient.device}")
    if gradient._array.shape != array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has a shape of "
            f"{tensor.shape}."
        )
    if gradient._array.dtype != array.dtype:
        gradient = lifted.astype(gradient, array.dtype)
    return node, gradient if create_graph else gradient._array


def _roots(tensors: Tensor | Sequence[Tensor], gradients: Any, create_graph: bool) -> list[tuple[Node, Any]]:
    if isinstance(tensors, Tensor) and (gradients is None or isinstance(gradients, Tensor)):
        return [_check_root(tensors, gradients, create_graph)]
    tensors = _as_tuple(tensors)
    given = [gradients] if gradients is None or isinstance(gradients, Tensor) else list(gradients)
    if gradients is None:
        given *= len(tensors)
    # torch takes no notice of gradients that are too many
    roots = [_check_root(tensor, g, create_graph) for tensor, g in zip(tensors, given, strict=False)]
    if len(given) < len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    return roots


def _as_tuple(tensors: Any) -> tuple[Tensor, ...]:
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Adds to the leaves' `.grad` the gradients of the sum of `tensors`, each weighted by its grad_tensor.

    With `inputs`, only they accumulate. Raises RuntimeError for a non-scalar root without a gradient, for one that does
    not require grad, and for a graph that was freed.
    """
    _backward(tensors, grad_tensors if grad_variables is None else grad_variables, retain_graph, create_graph, inputs)


def backward_from(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Adds to the leaves' `.grad` the gradients of this tensor, weighted by `gradient` (1 for a single element)."""
    _backward(self, gradient, retain_graph, create_graph, inputs)


backward_from.__name__ = "backward"


def _backward(tensors: Any, gradients: Any, retain_graph: bool | None, create_graph: bool, inputs: Any) -> None:
    if create_graph:
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the parameter and its "
            "gradient "
            "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. "
            "If you "
            "have to use this function, make sure to reset the .grad fields of your parameters to None after use to "
            "break "
            "the cycle and avoid the leak.",
            UserWarning,
            stacklevel=3,
        )
    roots = _roots(tensors, gradients, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        run(roots, keep_graph=keep, create_graph=create_graph)
        return
    leaves = _as_tuple(inputs)
    if not leaves:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    targets = [_target(leaf) for leaf in leaves]
    found = run(roots, keep_graph=keep, create_graph=create_graph, targets=targets)
    for leaf, node in zip(leaves, targets, strict=True):
        if node in found and not isinstance(node, AccumulateGrad) and not leaf.retains_grad:
            g = found[node] if create_graph else wrap(array_module(found[node]).array(found[node]))
            leaf._grad = g if leaf._grad is None else leaf._grad + g


def _target(tensor: Tensor) -> Node:
    node = tensor._current_node()
    if node is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return node


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`; nothing is written to any `.grad`.

    Raises RuntimeError for an input that was not used, unless `allow_unused` (None for it) or `materialize_grads`
    (zeros for it).
    """
    if is_grads_batched:
        raise NotImplementedError("autograd.grad(is_grads_batched=True): use autograd.functional.jacobian")
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: False.")
    wrt = _as_tuple(inputs)
    if not wrt:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    roots = _roots(outputs, grad_outputs, create_graph)
    targets = [_target(tensor) for tensor in wrt]
    keep = create_graph if retain_graph is None else retain_graph
    found = run(roots, keep_graph=keep, create_graph=create_graph, targets=targets, accumulate=False)
    results: list[Tensor | None] = []
    for k, (tensor, node) in enumerate(zip(wrt, targets, strict=True)):
        if node in found:
            g = found[node]
            results.append(g if isinstance(g, Tensor) else wrap(array_module(g).asarray(g)))
        elif materialize_grads:
            results.append(wrap(array_module(tensor._array).zeros_like(tensor._array)))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"The differentiated Tensor at index {k} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
    return tuple(results)


def retain_grad(tensor: Tensor) -> None:
    """Makes a non-leaf tensor keep its gradient in `.grad`."""
    node = tensor._current_node()
    if node is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if tensor.is_leaf or tensor.retains_grad:
        return
    kept = weakref.ref(tensor)

    def keep(g: Tensor) -> None:
        owner = kept()
        if owner is not None:
            copied = g if g._node is not None else wrap(g._array.copy())
            owner._grad = copied if owner._grad is None else owner._grad + copied

    hooks = node.watch()
    hooks.retain, hooks.retained = keep, kept
