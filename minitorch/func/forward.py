"""jvp and linearize: products of a Jacobian with tangents.

By reverse mode twice: the vjp is linear in its cotangents, so its derivative with respect to them, in the direction of
the tangents, is the jvp. The result is that of forward mode; the cost is that of two backward passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.modes import enable_grad, modes
from minitorch.backend import array_module
from minitorch.func.gradients import Recording, outputs, pulled, reached, record, released_aux, split_aux
from minitorch.func.levels import function_input
from minitorch.func.trees import Spec, flatten, map_leaves, unflatten
from minitorch.tensor import Tensor, wrap


class Linear:
    """The derivative of a recorded function as a linear map of tangents."""

    def __init__(self, recording: Recording, outs: Sequence[Tensor]) -> None:
        self.recording, self.outs = recording, outs
        with enable_grad():
            self.duals = [_zeros(out) for out in outs]
            self.products = recording.pull(outs, self.duals, True, keep=True)
        self.connected = recording.connected(self.products)

    def push(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """The tangents of the outputs."""
        recorded = modes.grad and (self.connected or any(each.requires_grad for each in tangents))
        with enable_grad():
            pushed = pulled(self.products, tangents, self.duals, recorded, keep=True)
        return pushed if recorded else [each.detach() for each in pushed]


def _zeros(out: Tensor) -> Tensor:
    zeros: Tensor = wrap(array_module(out._array).zeros_like(out._array))
    return function_input(zeros, active=False) if out.is_floating_point() else zeros


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """The output of `func` at `primals`, and the product of its Jacobian with `tangents`, nested as that tuple.

    With `has_aux`, aux is returned as the third. Raises RuntimeError for tangents of another structure or shape, and
    with `strict` for an output that does not depend on the inputs.
    Differs from torch: computed by reverse mode twice, see the module.
    """
    name = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{name}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    flat_primals, spec = flatten(primals)
    flat_tangents, given = flatten(tangents)
    if given != spec:
        raise RuntimeError(
            f"{name}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {spec} and tangents with structure "
            f"{given}"
        )
    if not flat_primals:
        raise RuntimeError(f"{name}: Expected primals to contain at least one Tensor.")
    for what, leaves in (("primals", flat_primals), ("tangents", flat_tangents)):
        for leaf in leaves:
            if not isinstance(leaf, Tensor):
                raise RuntimeError(f"{name}: Expected {what} to only contain Tensors, got {type(leaf)}")
    for primal, tangent in zip(flat_primals, flat_tangents, strict=True):
        if primal.shape != tangent.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(primal.shape)} while the given forward gradient is of size "
                f"{list(tangent.shape)}."
            )
    recording, result, _ = record(func, primals, {}, None)
    output, aux = split_aux(result, has_aux, name)
    outs, out_spec = outputs(output, name)
    if strict and not all(any(node in recording.nodes for node in reached([out])) for out in outs):
        raise RuntimeError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed "
            "with strict=True."
        )
    pushed = Linear(recording, outs).push(flat_tangents)
    value = map_leaves(recording.released, output)
    both = value, unflatten([recording.released(each) for each in pushed], out_spec)
    return (*both, released_aux(recording, aux)) if has_aux else both


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The output of `func` at `primals`, and its derivative there as a function of tangents: the jvp, at many tangents.

    `func` runs once. Raises RuntimeError for tangents of another structure, shape or dtype than the primals.
    """
    recording, output, spec = record(func, primals, {}, None)
    outs, out_spec = outputs(output, "linearize(f, *primals)")
    linear = Linear(recording, outs)

    def jvp_fn(*tangents: Any) -> Any:
        """The tangents of the output."""
        flat = _checked(tangents, spec, recording.leaves)
        return unflatten(linear.push(flat), out_spec)

    return map_leaves(recording.released, output), jvp_fn


def _checked(tangents: Any, spec: Spec, primals: Sequence[Tensor]) -> list[Tensor]:
    flat, given = flatten(tangents)
    if given != spec:
        raise RuntimeError(f"Expected the tangents {given} to have the same argspec as the primals {spec}")
    for k, (tangent, primal) in enumerate(zip(flat, primals, strict=True)):
        for what in ("shape", "dtype"):
            if getattr(tangent, what) != getattr(primal, what):
                raise RuntimeError(
                    f"tangent:{k} with {what} {getattr(tangent, what)} in flattened pytree doesn't match the {what} "
                    f"{getattr(primal, what)} of the corresponding primal."
                )
    return flat
