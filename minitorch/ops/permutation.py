"""Another order: of the dimensions, which is a view, or of the elements along them, which is a copy."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.errors import shape_list, wrap_dim, wrap_dims
from minitorch.ops._arguments import at_least, check_tensor, in_a_tuple, ints
from minitorch.tensor import Tensor

Shape = tuple[int, ...]


# --- the dimensions in another order ----------------------------------------------------------------------------------


@op(view=True)
def transpose(xp: Any, input: Array, dim0: int, dim1: int) -> Array:
    """With two dimensions exchanged."""
    dim0, dim1 = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    return xp.swapaxes(input, dim0, dim1) if input.ndim else input.reshape(())


transpose.grad(input=lambda xp, g, dim0, dim1: xp.swapaxes(g, dim0, dim1) if g.ndim else g)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """As transpose, under NumPy's name."""
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """As transpose."""
    return transpose(input, dim0, dim1)


@op(view=True)
def t(xp: Any, input: Array) -> Array:
    """The transpose of a matrix; a tensor of fewer dimensions as it is."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


t.grad(input=lambda xp, g: xp.transpose(g))


@op(view=True)
def _permute(xp: Any, input: Array, dims: Shape) -> Array:
    return xp.transpose(input, dims)


_permute.grad(input=lambda xp, g, dims: xp.transpose(g, tuple(map(dims.index, range(len(dims))))))


def permute(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """The dimensions in the order `dims`: dimension k of the result is dimension `dims[k]` of `input`."""
    ndim = input._array.ndim
    order = ints("permute", "dims", axes, dims)
    if len(order) != ndim:
        raise RuntimeError(
            "permute: number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
    order = tuple(wrap_dim(dim, ndim) for dim in order)
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute(input, order)


def reverse_dims(input: Tensor, axes: Shape | None = None) -> Tensor:
    """NumPy's transpose, for gradient rules: the dimensions reversed, or in the order `axes`."""
    return _permute(input, tuple(reversed(range(input._array.ndim))) if axes is None else tuple(axes))


def movedim(input: Tensor, source: int | Shape, destination: int | Shape) -> Tensor:
    """With the dimensions `source` moved to the places `destination`; the others keep their order."""
    ndim = input._array.ndim
    given = [ints("movedim", name, (dims,)) for name, dims in (("source", source), ("destination", destination))]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: "
            f"source ({shape_list(given[0])} dims) should contain the same number of dims as "
            f"destination ({shape_list(given[1])} dims)"
        )
    wrapped = [tuple(wrap_dim(dim, ndim) for dim in each) for each in given]
    for dims, argument, own in zip(wrapped, ("source", "destination"), given, strict=True):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{argument}` ({shape_list(own)})")
    if not ndim:
        return _permute(input, ())
    moved = dict(zip(wrapped[1], wrapped[0], strict=True))
    others = iter([dim for dim in range(ndim) if dim not in wrapped[0]])
    return _permute(input, tuple(moved[k] if k in moved else next(others) for k in range(ndim)))


def moveaxis(input: Tensor, source: int | Shape, destination: int | Shape) -> Tensor:
    """As movedim, under NumPy's name."""
    return movedim(input, source, destination)


def reversed_dims(input: Tensor) -> Tensor:
    """`Tensor.T`: the dimensions in reversed order; meant for matrices."""
    ndim = input._array.ndim
    if ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            UserWarning,
            stacklevel=2,
        )
    return reverse_dims(input)


IDENTITY = "This function is the identity in these cases."
CONJ = "Consider using x.conj()."


def _matrix_transpose(input: Tensor, name: str, instead: str, only_matrix: bool = False) -> Tensor:
    ndim = input._array.ndim
    if ndim == 0:
        warnings.warn(
            f"{name[:1].upper()}{name[1:]} is deprecated on 0-D tensors. {instead}",
            UserWarning,
            stacklevel=3,
        )
        return input
    if only_matrix and ndim != 2:
        batches = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(f"{name} is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{batches}")
    if ndim == 1:
        raise RuntimeError(f"{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(input, -2, -1)


def mT(input: Tensor) -> Tensor:
    """`Tensor.mT`: the last two dimensions exchanged."""
    return _matrix_transpose(input, "tensor.mT", IDENTITY)


def mH(input: Tensor) -> Tensor:
    """`Tensor.mH`: as mT, there being no complex numbers."""
    return _matrix_transpose(input, "tensor.mH", CONJ)


def H(input: Tensor) -> Tensor:
    """`Tensor.H`: the transpose of a matrix, there being no complex numbers."""
    return _matrix_transpose(input, "tensor.H", CONJ, only_matrix=True)


def adjoint(input: Tensor) -> Tensor:
    """As mT, there being no complex numbers."""
    check_tensor("adjoint", "input", 1, input)
    return _matrix_transpose(input, "tensor.adjoint()", CONJ)


# --- copies in another order ------------------------------------------------------------------------------------------


@op
def _flip(xp: Any, input: Array, dims: Shape) -> Array:
    # NumPy's flip is a view with negative steps, which no torch tensor has.
    return xp.flip(input, dims).copy()


_flip.grad(input=lambda xp, g, dims: xp.flip(g, dims))


def flip(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """A copy with the order of the elements reversed along `dims`."""
    wrapped = wrap_dims(ints("flip", "dims", axes, dims), input._array.ndim, "flip")
    return _flip(input, wrapped if input._array.ndim else ())


def fliplr(input: Tensor) -> Tensor:
    """A copy with the order of the columns reversed."""
    check_tensor("fliplr", "input", 1, input)
    at_least("fliplr", input, 2, "Input must be >= 2-d.")
    return _flip(input, (1,))


def flipud(input: Tensor) -> Tensor:
    """A copy with the order of the rows reversed."""
    check_tensor("flipud", "input", 1, input)
    at_least("flipud", input, 1, "Input must be >= 1-d.")
    return _flip(input, (0,))


def backwards(input: Tensor) -> Tensor:
    """`reversed(tensor)`: the order of the slices along the first dimension reversed."""
    return _flip(input, (0,)) if input._array.ndim else input


@op
def _rot90(xp: Any, input: Array, k: int, dims: Shape) -> Array:
    return xp.rot90(input, k, dims).copy()


_rot90.grad(input=lambda xp, g, k, dims: _rot90.on(xp)(g, -k, dims))


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned `k` times by 90 degrees in the plane of two dimensions, from the first towards the second."""
    check_tensor("rot90", "input", 1, input)
    ndim = input._array.ndim
    dims = ints("rot90", "dims", (dims,))
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (wrap_dim(dim, ndim) for dim in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return _rot90(input, k, (first, second))


@op(ordered=True)
def _roll(xp: Any, input: Array, shifts: Shape, dims: Shape | None) -> Array:
    return xp.roll(input, shifts if dims else shifts[0], dims or None)


_roll.grad(input=lambda xp, g, shifts, dims: _roll.on(xp)(g, tuple(-shift for shift in shifts), dims))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """A copy shifted along `dims`, what leaves at the end coming in at the front; without dims, as one flat row."""
    steps = ints("roll", "shifts", (shifts,))
    axes = () if dims is None else ints("roll", "dims", (dims,))
    if len(steps) != max(len(axes), 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(axes)}")
    if axes and not input._array.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    if not input._array.size:
        axes = ()  # of nothing torch does not look at them
    return _roll(input, steps, tuple(wrap_dim(dim, input._array.ndim) for dim in axes))


# --- functions that are stricter than the methods of the same name ----------------------------------------------------

flip_function = in_a_tuple(flip, "dims")
permute_function = in_a_tuple(permute, "dims")
