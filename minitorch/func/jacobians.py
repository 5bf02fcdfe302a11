"""jacrev, jacfwd and hessian: all rows, or columns, of a Jacobian in one mapped backward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.modes import enable_grad
from minitorch.errors import NotSupportedError
from minitorch.func.forward import Linear
from minitorch.func.gradients import Argnums, Recording, outputs, record, released_aux, split_aux
from minitorch.func.mapping import check_randomness, vmap
from minitorch.func.trees import Spec, unflatten
from minitorch.ops.creation import eye
from minitorch.ops.joining import stack
from minitorch.tensor import Tensor

Products = Callable[[Tensor], list[Tensor]]


def _mapped(products: Products, like: Tensor, chunk_size: int | None) -> list[Tensor]:
    """The products of all unit vectors in the shape of `like`, stacked: all at once where each step can be mapped."""
    count = like.numel()
    basis = eye(count, dtype=like.dtype, device=like.device).reshape(count, *like.shape)
    if count:
        try:
            found: list[Tensor] = vmap(products, chunk_size=chunk_size)(basis)
            return found
        except NotSupportedError:
            rows = [products(basis[k]) for k in range(count)]
            return [stack(list(column)) for column in zip(*rows, strict=True)]
    return [each.new_zeros(0, *each.shape) for each in products(basis.new_zeros(like.shape))]


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """A function that gives the Jacobian of `func` in reverse mode: of shape (*output, *input) for each pair of them.

    Nested as the outputs and, within, as the arguments at `argnums` are. `chunk_size` rows go at a time, all by
    default; rows go one by one where the backward pass has a step that vmap does not know. Raises RuntimeError for
    outputs that are no floating point tensors.
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        recording, result, spec = record(func, args, kwargs, argnums)
        output, aux = split_aux(result, has_aux, "vjp(f, *primals)")
        outs, out_spec = outputs(output, "vjp(f, *primals)")
        for out in outs:
            if not out.is_floating_point():
                raise RuntimeError(
                    "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                    f"{out.dtype}"
                )
        connected = recording.connected(outs)
        rows = []
        with enable_grad():
            for out in outs:

                def products(cotangent: Tensor, out: Tensor = out) -> list[Tensor]:
                    return recording.pull([out], [cotangent], connected, keep=True)

                blocks = [
                    block.reshape(out.shape + leaf.shape)
                    for block, leaf in zip(_mapped(products, out, chunk_size), recording.leaves, strict=True)
                ]
                rows.append(_released(recording, blocks, spec))
        jacobian = unflatten(rows, out_spec)
        return (jacobian, released_aux(recording, aux)) if has_aux else jacobian

    return wrapper


def _released(recording: Recording, blocks: Sequence[Tensor], spec: Spec) -> Any:
    return unflatten([recording.released(block) for block in blocks], spec)


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """As `jacrev`, column by column: for functions with more outputs than inputs.

    Differs from torch: the columns are those of `linearize`, by reverse mode twice; `func` runs once and is not itself
    mapped, so `randomness` changes nothing.
    """
    check_randomness(randomness)

    @functools.wraps(func, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        recording, result, spec = record(func, args, kwargs, argnums)
        output, aux = split_aux(result, has_aux, "jvp(f, primals, tangents)")
        outs, out_spec = outputs(output, "jvp(f, primals, tangents)")
        linear = Linear(recording, outs)
        columns = []
        for k, leaf in enumerate(recording.leaves):

            def products(tangent: Tensor, k: int = k) -> list[Tensor]:
                zeros = [each.new_zeros(each.shape) for each in recording.leaves]
                return linear.push([*zeros[:k], tangent, *zeros[k + 1 :]])

            pushed = _mapped(products, leaf, None)
            columns.append(
                [block.movedim(0, -1).reshape(out.shape + leaf.shape) for block, out in zip(pushed, outs, strict=True)]
            )
        rows = [_released(recording, blocks, spec) for blocks in zip(*columns, strict=True)]
        jacobian = unflatten(rows, out_spec)
        return (jacobian, released_aux(recording, aux)) if has_aux else jacobian

    return wrapper


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of `func`: the Jacobian of its Jacobian, nested as that.

    Differs from torch: both in reverse mode, which is symmetric here, and cheaper without a forward mode.
    """
    return jacrev(jacrev(func, argnums), argnums)
