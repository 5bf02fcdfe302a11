"""Derivatives of functions: vjp, jvp, jacobian, hessian and their products with vectors, by reverse mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.engine import grad
from minitorch.autograd.graph import lifted
from minitorch.autograd.modes import enable_grad
from minitorch.backend import array_module
from minitorch.tensor import Tensor, wrap

Function = Callable[..., Any]


def _inputs(values: Any, create_graph: bool, name: str) -> tuple[bool, list[Tensor]]:
    """Whether there are several inputs, and fresh tensors of them that require grad."""
    several = not isinstance(values, Tensor)
    if several and not isinstance(values, (tuple, list)):
        raise TypeError(
            f"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the given inputs has type "
            f"{type(values)}."
        )
    fresh = []
    for k, value in enumerate(values if several else (values,)):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the value at "
                f"index {k} has type {type(value)}."
            )
        fresh.append(value.view_as(value) if create_graph and value.requires_grad else value.detach().requires_grad_())
    return several, fresh


def _outputs(values: Any, name: str) -> tuple[bool, list[Tensor]]:
    several = not isinstance(values, Tensor)
    if several and not isinstance(values, (tuple, list)):
        raise TypeError(
            f"The outputs of the user-provided function given to {name} must be either a Tensor or a tuple of Tensors "
            f"but the given outputs of the user-provided function has type {type(values)}."
        )
    outs = list(values) if several else [values]
    for k, out in enumerate(outs):
        if not isinstance(out, Tensor):
            raise TypeError(
                f"The outputs of the user-provided function given to {name} must be either a Tensor or a tuple "
                f"of Tensors but the value at index {k} has type {type(out)}."
            )
    return several, outs


def _vectors(v: Any, like: Sequence[Tensor], name: str, what: str) -> list[Tensor]:
    """The vector of a product, checked against what it multiplies; ones for a single element when it is not given."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(
                f"The vector v can only be None if the user-provided function {what} a single Tensor with a single "
                "element."
            )
        return [_ones(like[0])]
    given = [v] if isinstance(v, Tensor) else list(v)
    if len(given) != len(like):
        raise RuntimeError(f"{name}: v is a tuple of invalid length: should be {len(like)} but got {len(given)}.")
    for k, (each, own) in enumerate(zip(given, like, strict=True)):
        if each.shape != own.shape:
            raise RuntimeError(f"Entry {k} in v has invalid size: should be {own.shape} but got {each.shape}.")
    return given


def _ones(like: Tensor) -> Tensor:
    out: Tensor = wrap(array_module(like._array).ones_like(like._array))
    return out


def _zeros(like: Tensor) -> Tensor:
    out: Tensor = wrap(array_module(like._array).zeros_like(like._array))
    return out


def _grad(
    outs: Sequence[Tensor], wrt: Sequence[Tensor], v: Any, create_graph: bool, strict: bool, name: str
) -> list[Tensor]:
    """Gradients, zeros where an input was not used; with `strict` that raises."""
    live = [(out, seed) for out, seed in zip(outs, v, strict=True) if out.requires_grad]
    if not live:
        if strict:
            raise RuntimeError(
                f"{name}: an output of the user-provided function does not require gradients. This is not "
                "allowed in strict mode."
            )
        return [_zeros(each) for each in wrt]
    found = grad(
        [out for out, _ in live],
        wrt,
        [seed for _, seed in live],
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
    )
    for k, g in enumerate(found):
        if g is None and strict:
            raise RuntimeError(
                f"Output of the user-provided function is independent of input {k}. This is not allowed in strict mode."
            )
    return [_zeros(each) if g is None else g for g, each in zip(found, wrt, strict=True)]


def _packed(values: Sequence[Any], several: bool, create_graph: bool) -> Any:
    done = values if create_graph else [value.detach() if isinstance(value, Tensor) else value for value in values]
    return tuple(done) if several else done[0]


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs of `func`, and the product of `v` (shaped as they are) with its Jacobian at `inputs`."""
    with enable_grad():
        several_in, wrt = _inputs(inputs, create_graph, "vjp")
        several_out, outs = _outputs(func(*wrt), "vjp")
        products = _grad(outs, wrt, _vectors(v, outs, "vjp", "returns"), create_graph, strict, "vjp")
    return _packed(outs, several_out, create_graph), _packed(products, several_in, create_graph)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs of `func`, and the product of its Jacobian at `inputs` with `v` (shaped as they are).

    By differentiating the vjp, which is linear in its vector, with respect to that vector.
    """
    with enable_grad():
        several_in, wrt = _inputs(inputs, create_graph, "jvp")
        del several_in
        seeds = _vectors(v, wrt, "jvp", "takes")
        several_out, outs = _outputs(func(*wrt), "jvp")
        duals = [_zeros(out).requires_grad_() for out in outs]
        pulled = _grad(outs, wrt, duals, True, strict, "jvp")
        products = _grad(pulled, duals, seeds, create_graph, False, "jvp")
    return _packed(outs, several_out, create_graph), _packed(products, several_out, create_graph)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of `func` at `inputs`: of shape (*output, *input), nested as outputs and inputs are.

    Differs from torch: `vectorize` and `strategy` are accepted; the rows are computed one backward pass each.
    """
    with enable_grad():
        several_in, wrt = _inputs(inputs, create_graph, "jacobian")
        several_out, outs = _outputs(func(*wrt), "jacobian")
        rows = []
        for out in outs:
            columns: list[list[Tensor]] = [[] for _ in wrt]
            for index in np.ndindex(*out._array.shape):
                seed = array_module(out._array).zeros(out._array.shape, out._array.dtype)
                seed[index] = 1
                found = _grad([out], wrt, [wrap(seed)], create_graph, strict, "jacobian")
                for column, g in zip(columns, found, strict=True):
                    column.append(g)
            blocks = [
                lifted.stack(column).reshape(out.shape + each.shape) if column else _empty(out, each)
                for column, each in zip(columns, wrt, strict=True)
            ]
            rows.append(_packed(blocks, several_in, create_graph))
    return tuple(rows) if several_out else rows[0]


def _empty(out: Tensor, wrt: Tensor) -> Tensor:
    block: Tensor = wrap(array_module(out._array).zeros(out.shape + wrt.shape, wrt._array.dtype))
    return block


def _scalar(func: Function, name: str) -> Function:
    def checked(*inputs: Any) -> Any:
        out = func(*inputs)
        if not isinstance(out, Tensor):
            raise RuntimeError(f"The function given to {name} should return a single Tensor")
        if out.numel() != 1:
            raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
        return out.reshape(())

    return checked


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The matrix of second derivatives of a scalar `func`: the Jacobian of its gradient."""
    scalar = _scalar(func, "hessian")

    def gradient(*wrt: Any) -> Any:
        found = jacobian(scalar, wrt if len(wrt) > 1 else wrt[0], create_graph=True)
        return found

    return jacobian(gradient, inputs, create_graph=create_graph, strict=strict)


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar `func`, and the product of `v` with its Hessian."""
    scalar = _scalar(func, "vhp")
    with enable_grad():
        several, wrt = _inputs(inputs, create_graph, "vhp")
        seeds = _vectors(v, wrt, "vhp", "takes")
        out = scalar(*wrt)
        first = _grad([out], wrt, [_ones(out)], True, strict, "vhp")
        products = _grad(first, wrt, seeds, create_graph, strict, "vhp")
    return _packed([out], False, create_graph), _packed(products, several, create_graph)


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar `func`, and the product of its Hessian with `v`; the Hessian being symmetric, as vhp."""
    return vhp(func, inputs, v, create_graph, strict)
