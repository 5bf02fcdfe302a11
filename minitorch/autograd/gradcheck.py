"""gradcheck and gradgradcheck: analytical gradients against finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.engine import grad
from minitorch.autograd.modes import enable_grad, no_grad
from minitorch.backend import array_module, to_host
from minitorch.tensor import Tensor, wrap


class GradcheckError(RuntimeError):
    """Analytical and numerical gradients differ, or the function cannot be checked."""


def _tensors(values: Any) -> tuple[Any, ...]:
    return (values,) if isinstance(values, Tensor) else tuple(values)


def _differentiable(outputs: Any) -> list[Tensor]:
    return [out for out in _tensors(outputs) if isinstance(out, Tensor) and out.is_floating_point()]


def numerical_jacobian(function: Callable[..., Any], inputs: Sequence[Any], k: int, eps: float) -> list[Any]:
    """Central differences of every output with respect to `inputs[k]`: (input elements, output elements) arrays."""
    array = inputs[k]._array
    flat = [*np.ndindex(*array.shape)]
    columns: list[list[Any]] = []
    with no_grad():
        for index in flat:
            ends = []
            original = array[index].item()
            for value in (original + eps, original - eps):
                array[index] = value
                ends.append(
                    [to_host(out._array).astype(np.float64).ravel() for out in _differentiable(function(*inputs))]
                )
            array[index] = original
            columns.append([(high - low) / (2 * eps) for high, low in zip(*ends, strict=True)])
    count = len(_differentiable(function(*inputs)))
    return [np.array([column[j] for column in columns]) for j in range(count)]


def analytical_jacobian(out: Tensor, wrt: Tensor) -> Any:
    """The Jacobian of `out` by backward passes, one an output element: an (input elements, output elements) array."""
    xp = array_module(out._array)
    rows = []
    for index in np.ndindex(*out._array.shape):
        seed = xp.zeros(out._array.shape, out._array.dtype)
        seed[index] = 1
        (g,) = grad(out, wrt, wrap(seed), retain_graph=True, allow_unused=True)
        rows.append(np.zeros(wrt._array.size) if g is None else to_host(g._array).ravel())
    return np.array(rows).reshape(out._array.size, wrt._array.size).T


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    fast_mode: bool = False,
) -> bool:
    """Whether the gradients of `func` at `inputs` agree with central differences of step `eps`.

    Inputs that require grad should be float64. Raises GradcheckError when they differ, or returns False with
    `raise_exception=False`; ValueError when no input requires grad. Differs from torch: `fast_mode`,
    `check_undefined_grad` and `nondet_tol` are accepted and the full check is made.
    """
    arguments = _tensors(inputs)
    checked = [k for k, each in enumerate(arguments) if isinstance(each, Tensor) and each.requires_grad]
    for k in checked:
        if arguments[k]._array.dtype != np.float64:
            warnings.warn(
                f"Input #{k} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex.",
                UserWarning,
                stacklevel=2,
            )
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    try:
        _compare(func, arguments, checked, eps, atol, rtol, check_grad_dtypes)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _compare(
    func: Callable[..., Any],
    arguments: Sequence[Any],
    checked: Sequence[int],
    eps: float,
    atol: float,
    rtol: float,
    check_grad_dtypes: bool,
) -> None:
    for k in checked:
        numerical = numerical_jacobian(func, arguments, k, eps)
        outputs = _differentiable(func(*arguments))
        if not outputs:
            raise GradcheckError("gradcheck: the function returned no floating point tensor")
        for j, out in enumerate(outputs):
            if not out.requires_grad:
                if numerical[j].any():
                    raise GradcheckError("Numerical gradient for function expected to be zero")
                analytical = np.zeros((arguments[k].numel(), out.numel()))
            else:
                analytical = analytical_jacobian(out, arguments[k])
            expected = numerical[j].reshape(analytical.shape)
            if not np.allclose(analytical, expected, rtol=rtol, atol=atol, equal_nan=True):
                raise GradcheckError(
                    f"Jacobian mismatch for output {j} with respect to input {k},\n"
                    f"numerical:{wrap(expected)}\nanalytical:{wrap(analytical)}\n"
                )
            if check_grad_dtypes and out.requires_grad:
                ones = wrap(array_module(out._array).ones_like(out._array))
                (g,) = grad(out, arguments[k], ones, retain_graph=True, allow_unused=True)
                if g is not None and g.dtype != arguments[k].dtype:
                    raise GradcheckError(f"the gradient of input {k} has dtype {g.dtype!r}, not {arguments[k].dtype!r}")


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    fast_mode: bool = False,
) -> bool:
    """Whether the second derivatives of `func` agree with central differences of its gradients.

    The gradients start from `grad_outputs`, random ones of a fixed seed by default. Raises as gradcheck does.
    """
    arguments = _tensors(inputs)
    outputs = [out for out in _differentiable(func(*arguments)) if out.requires_grad]
    if grad_outputs is None:
        draw = np.random.default_rng(0)
        seeds = []
        for out in outputs:
            xp = array_module(out._array)
            seed: Tensor = wrap(xp.asarray(draw.standard_normal(out._array.shape), dtype=out._array.dtype))
            seeds.append(seed.requires_grad_())
    else:
        seeds = list(_tensors(grad_outputs))
    count = len(arguments)

    def gradients(*values: Any) -> tuple[Tensor, ...]:
        own, given = values[:count], values[count:]
        wrt = [each for each in own if isinstance(each, Tensor) and each.requires_grad]
        outs = [out for out in _differentiable(func(*own)) if out.requires_grad]
        found = grad(outs, wrt, given, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        _recorded(gradients),
        (*arguments, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        check_grad_dtypes=check_grad_dtypes,
    )


def _recorded(gradients: Callable[..., Any]) -> Callable[..., Any]:
    """`gradients` with grad mode on: numerical_jacobian turns it off, and there would be no graph to differentiate."""

    def function(*values: Any) -> Any:
        with enable_grad():
            return gradients(*values)

    return function
