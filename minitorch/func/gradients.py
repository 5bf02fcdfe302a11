"""grad, grad_and_value and vjp: gradients as functions of functions, in reverse mode."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minitorch.autograd.engine import run
from minitorch.autograd.graph import joined, lifted
from minitorch.autograd.modes import enable_grad, modes
from minitorch.backend import array_module
from minitorch.func.levels import FunctionInput, copy_of, function_input, share, stack
from minitorch.func.trees import Spec, flatten, map_leaves, unflatten
from minitorch.node import Node
from minitorch.tensor import Tensor, wrap

Argnums = int | tuple[int, ...]


def chosen(argnums: Argnums, args: Sequence[Any]) -> tuple[int, ...]:
    """The positions that `argnums` says; raises RuntimeError where there are none such."""
    if isinstance(argnums, bool) or not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    several = argnums if isinstance(argnums, tuple) else (argnums,)
    if not several:
        raise RuntimeError("argnums must be non-empty")
    for each in several:
        if not isinstance(each, int):
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(each)}")
        if not -len(args) <= each < len(args):
            raise RuntimeError(f"Got argnum={each}, but only {len(args)} positional inputs")
    places = tuple(each % len(args) for each in several)
    if len(set(places)) != len(places):
        raise RuntimeError(f"argnums elements must be unique, got {places}")
    return places


class Recording:
    """One run of a function: its inputs as the ends of a graph of their own, and that graph.

    What the graph reaches besides (weights that the function found elsewhere, an enclosing transform's inputs) makes
    the results part of the graph that they are in, where grad mode was on outside.
    """

    def __init__(self, primals: Sequence[Any]) -> None:
        self.outer = modes.grad
        self.leaves = [self._leaf(each) for each in primals]
        self.nodes: list[Any] = [leaf._node for leaf in self.leaves]

    def _leaf(self, primal: Any) -> Tensor:
        if not isinstance(primal, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(primal)}")
        if primal._array.dtype.kind != "f":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        shared = share(primal, stack.sizes)
        if self.outer and shared.requires_grad:
            return copy_of(shared)
        return function_input(shared)

    def finish(self) -> None:
        """Notes that the function has returned."""
        for node in self.nodes:
            if isinstance(node, FunctionInput):
                node.active = False

    def connected(self, tensors: Sequence[Tensor]) -> bool:
        """Whether they depend on what requires grad outside."""
        return self.outer and any(
            not node.edges and (not isinstance(node, FunctionInput) or node.active) for node in reached(tensors)
        )

    def released(self, value: Any) -> Any:
        """A result as it is seen outside: in the graph there, or in none."""
        return value if not isinstance(value, Tensor) or self.connected([value]) else value.detach()

    def pull(
        self, outs: Sequence[Tensor], cotangents: Sequence[Tensor], create_graph: bool, keep: bool
    ) -> list[Tensor]:
        """The products of the cotangents with the Jacobian: one for each leaf, zeros for one that was not used."""
        return pulled(outs, cotangents, self.leaves, create_graph, keep)


def reached(tensors: Sequence[Tensor]) -> Iterator[Node]:
    """All nodes of the graph that leads to these tensors."""
    order = list(dict.fromkeys(each._current_node() for each in tensors))
    seen = set(order)
    for node in order:  # grows while it is walked
        if node is not None:
            yield node
            for edge in node.edges:
                if edge not in seen:
                    seen.add(edge)
                    order.append(edge)


def pulled(
    outs: Sequence[Tensor], cotangents: Sequence[Tensor], leaves: Sequence[Tensor], create_graph: bool, keep: bool
) -> list[Tensor]:
    """The gradients of `leaves`, given those of `outs`; zeros where nothing leads from one to the other."""
    roots = []
    cotangents = joined(cotangents) or cotangents
    for out, cotangent in zip(outs, cotangents, strict=True):
        node = out._current_node()
        if node is not None:
            if cotangent._array.dtype != out._array.dtype:
                cotangent = lifted.astype(cotangent, out._array.dtype)
            roots.append((node, cotangent if create_graph else cotangent._array))
    targets: list[Any] = [leaf._current_node() for leaf in leaves]
    found = (
        run(roots, keep_graph=keep or create_graph, create_graph=create_graph, targets=targets, accumulate=False)
        if roots
        else {}
    )
    results = []
    for leaf, node in zip(leaves, targets, strict=True):
        g = found.get(node)
        if g is None:
            g = array_module(leaf._array).zeros_like(leaf._array)
        results.append(g if isinstance(g, Tensor) else wrap(array_module(g).asarray(g)))
    return results


def _with(args: Sequence[Any], places: Sequence[int], values: Sequence[Any]) -> list[Any]:
    changed = list(args)
    for place, value in zip(places, values, strict=True):
        changed[place] = value
    return changed


def record(
    func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Argnums | None
) -> tuple[Recording, Any, Spec]:
    """Runs a function on fresh copies of the arguments that `argnums` says (None: all of them).

    Returns the recording, what the function returned, and the structure of those arguments.
    """
    places = range(len(args)) if argnums is None else chosen(argnums, args)
    primals = tuple(args[place] for place in places)
    leaves, spec = flatten(primals if not isinstance(argnums, int) else primals[0])
    recording = Recording(leaves)
    fresh = unflatten(recording.leaves, spec)
    with enable_grad():
        result = func(*_with(args, places, [fresh] if isinstance(argnums, int) else fresh), **kwargs)
    recording.finish()
    return recording, result, spec


def split_aux(result: Any, has_aux: bool, name: str) -> tuple[Any, Any]:
    """The output and the auxiliary output of a function; raises RuntimeError where it returned no such pair."""
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return result


def released_aux(recording: Recording, aux: Any) -> Any:
    """The auxiliary output as it is seen outside; raises RuntimeError for what is no tensor."""

    def release(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(leaf)}")
        return recording.released(leaf)

    return map_leaves(release, aux)


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of the scalar `func` with respect to some arguments, and its value.

    The arguments at `argnums` may be trees of tensors; the gradient is nested as they are. With `has_aux`, `func`
    returns (output, aux), and the result is (gradient, (output, aux)). Raises RuntimeError unless the output is a 0-d
    tensor. What `func` captures stays in its graph, so that the gradient can be differentiated again.
    """
    name = "grad_and_value(f)(*args)"

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        recording, result, spec = record(func, args, kwargs, argnums)
        output, aux = split_aux(result, has_aux, name)
        if not isinstance(output, Tensor):
            raise RuntimeError(f"{name}: Expected f(*args) to return a Tensor, got {type(output)}")
        if output.ndim:
            raise RuntimeError(
                f"{name}: Expected f(*args) to return a scalar Tensor, got tensor with {output.ndim} dims. Maybe you "
                "wanted to use the vjp or jacrev APIs instead?"
            )
        connected = recording.connected([output])
        with enable_grad():
            one = wrap(array_module(output._array).ones_like(output._array))
            gradients = recording.pull([output], [one], connected, keep=has_aux or connected)
        gradient = unflatten([recording.released(each) for each in gradients], spec)
        value = recording.released(output)
        return gradient, (value, released_aux(recording, aux)) if has_aux else value

    return wrapper


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of the scalar `func`; with `has_aux` (gradient, aux). See grad_and_value."""

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The output of `func` at `primals`, and the function that multiplies cotangents with its Jacobian.

    That function takes cotangents nested as the output, and returns a tuple of products, one for each primal; it may be
    called often, and mapped by vmap. With `has_aux`, aux is returned as the third. Raises RuntimeError for an output
    that is no tensor, and for cotangents of another structure or shape.
    """
    recording, result, spec = record(func, primals, {}, None)
    output, aux = split_aux(result, has_aux, "vjp(f, *primals)")
    outs, out_spec = outputs(output, "vjp(f, *primals)")
    vjp_fn = _vjp_fn(recording, outs, out_spec, spec)
    value = map_leaves(recording.released, output)
    return (value, vjp_fn, released_aux(recording, aux)) if has_aux else (value, vjp_fn)


def outputs(output: Any, name: str) -> tuple[list[Tensor], Spec]:
    """The tensors that a function returned, and their structure; raises RuntimeError for anything else."""
    outs, spec = flatten(output)
    if not outs or output is None:
        raise RuntimeError(f"{name}: Expected f to be a function that has non-empty output (got output = {outs})")
    for out in outs:
        if not isinstance(out, Tensor):
            raise RuntimeError(f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(out)}")
    return outs, spec


def _vjp_fn(recording: Recording, outs: list[Tensor], out_spec: Spec, spec: Spec) -> Callable[..., Any]:
    connected = recording.connected(outs)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        """The products of the cotangents with the Jacobian."""
        flat, given = flatten(cotangents)
        if given != out_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function."
                f" cotangents: {given}, primal output: {out_spec}"
            )
        for k, (each, out) in enumerate(zip(flat, outs, strict=True)):
            if each.shape != out.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{k}] has a shape of {each.shape} and output[{k}] has a shape of "
                    f"{out.shape}."
                )
        wanted = modes.grad if create_graph is None else create_graph
        recorded = wanted and (connected or any(each.requires_grad for each in flat))
        with enable_grad():
            products = recording.pull(outs, flat, recorded, keep=retain_graph)
        if not recorded:
            products = [each.detach() for each in products]
        return unflatten(products, spec)

    return vjp_fn
