"""Products: of matrices, vectors and batches of them, and einsum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd.graph import step
from minitorch.autograd.op import PROMOTE, op
from minitorch.autograd.views import in_place
from minitorch.backend import Array
from minitorch.dtypes import from_numpy_dtype
from minitorch.errors import broadcast_error, type_name, wrap_dim, wrap_dims
from minitorch.node import Node
from minitorch.ops import diagonals, permutation, shape
from minitorch.ops._arguments import check_tensor
from minitorch.ops.arithmetic import mul
from minitorch.ops.copies import clone
from minitorch.tensor import Tensor

_SPOKEN = {"float32": "float", "float64": "double", "int64": "long int", "float16": "c10::Half", "int32": "int"}


def _spoken(array: Array) -> str:
    """The name of a dtype as torch's product errors spell it."""
    name = from_numpy_dtype(array.dtype).name
    return _SPOKEN.get(name, name)


def _legacy(*arrays: Array) -> list[str]:
    """The names of dtypes as `Float`."""
    return [from_numpy_dtype(array.dtype).legacy_name for array in arrays]


def _check_product(a: Array, b: Array, *, added: bool = False) -> None:
    """Raises torch's error unless (.., n) times (n, ..) of one dtype; with `added`, for a product that is added on."""
    if a.dtype is not b.dtype:
        if added:
            raise RuntimeError("mat1 and mat2 must have the same dtype, but got {} and {}".format(*_legacy(a, b)))
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {_spoken(a)} != {_spoken(b)}")
    if b.ndim < 2:
        raise RuntimeError(f"mat2 must be a matrix, got {b.ndim}-D tensor")
    if a.shape[-1] != b.shape[-2]:
        rows = math.prod(a.shape[:-1])
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})"
        )
    if a.dtype.kind == "b":
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


def _check_not_bool(kernel: str, input: Array) -> None:
    """Bools have no product; of nothing torch does not ask."""
    if input.dtype.kind == "b" and input.size:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def _product(xp: Any, left: Any, right: Any) -> Any:
    """The product of a matrix, or a vector, and a matrix; of a column and a row in a third of matmul's time."""
    if xp is np and left.shape[-1] == 1 < left.ndim:
        return np.multiply(left, right, order="C")
    return xp.matmul(left, right)


@op
def mm(xp: Any, input: Array, mat2: Array) -> Array:
    """The product of two matrices: (n, m) by (m, p) gives (n, p)."""
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_product(input, mat2)
    return _product(xp, input, mat2)


mm.grad(
    input=lambda xp, g, mat2: _product(xp, g, mat2.T),
    mat2=lambda xp, g, input: _product(xp, input.T, g),
)


def _check_added(input: Array, product: Array) -> None:
    """Raises torch's error unless what a product of matrices is added to is of its dtype."""
    if input.dtype is not product.dtype:
        raise RuntimeError("self and mat2 must have the same dtype, but got {} and {}".format(*_legacy(input, product)))


def _check_vector_product(input: Array, mat: Array, vec: Array) -> None:
    """Raises torch's error unless a matrix, a vector and what their product is added to are of one dtype."""
    if not input.dtype == mat.dtype == vec.dtype:
        names = "{}, {}, and {}".format(*_legacy(input, mat, vec))
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {names}")


@op
def mv(xp: Any, input: Array, vec: Array) -> Array:
    """The product of a matrix and a vector: (n, m) by (m) gives (n)."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    if input.shape[1] != vec.shape[0]:
        rows, columns = input.shape
        raise RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{columns}), vec ({vec.shape[0]})")
    _check_vector_product(vec, input, vec)
    _check_not_bool("addmv_impl_cpu", input)
    return xp.matmul(input, vec)


mv.grad(
    input=lambda xp, g, vec: g[:, None] * vec,
    vec=lambda xp, g, input: xp.matmul(input.T, g),
)


@op
def dot(xp: Any, input: Array, tensor: Array) -> Array:
    """The sum of the products of two vectors of one length."""
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input.dtype is not tensor.dtype:
        names = " and ".join(from_numpy_dtype(each.dtype).legacy_name for each in (input, tensor))
        raise RuntimeError(f"dot : expected both vectors to have same dtype, but found {names}")
    if input.shape != tensor.shape:
        n, m = input.shape[0], tensor.shape[0]
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but "
            "got "
            f"{n} and {m} elements respectively"
        )
    if input.dtype.kind == "b":
        raise NotImplementedError("\"dot\" not implemented for 'Bool'")
    return xp.dot(input, tensor)


dot.grad(
    input=lambda xp, g, tensor: g * tensor,
    tensor=lambda xp, g, input: g * input,
)


@op
def bmm(xp: Any, input: Array, mat2: Array) -> Array:
    """A product of matrices for every element of the batch: (b, n, m) by (b, m, p) gives (b, n, p)."""
    for name, batch in (("batch1", input), ("batch2", mat2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    expected = [input.shape[0], input.shape[2]]
    if list(mat2.shape[:2]) != expected:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: "
            f"{list(mat2.shape[:2])}."
        )
    _check_not_bool("bmm", input)
    if input.dtype is not mat2.dtype:
        raise RuntimeError(
            f"expected scalar type {from_numpy_dtype(input.dtype).legacy_name} but found "
            f"{from_numpy_dtype(mat2.dtype).legacy_name}"
        )
    return _product(xp, input, mat2)


bmm.grad(
    input=lambda xp, g, mat2: _product(xp, g, xp.swapaxes(mat2, 1, 2)),
    mat2=lambda xp, g, input: _product(xp, xp.swapaxes(input, 1, 2), g),
)


def _rows(xp: Any, array: Any) -> Any:
    """All but the last dimension as one."""
    return array if array.ndim == 2 else array.reshape((math.prod(array.shape[:-1]), array.shape[-1]))


def _times(xp: Any, batch: Any, matrix: Any) -> Any:
    """(..., n) by (n, p): a single product, where NumPy takes one for each matrix of the batch."""
    if batch.ndim < 3:
        return _product(xp, batch, matrix)
    return _product(xp, _rows(xp, batch), matrix).reshape((*batch.shape[:-1], matrix.shape[-1]))


_FEW_ROWS = 32
"""Rows up to which BLAS is quicker to multiply a large matrix from the left; twice as many if the matrix is wide."""
_LARGE = 2**15
"""Elements from which a matrix is large in that."""


def _times_transposed(xp: Any, batch: Array, matrix: Array) -> Array:
    """(..., n) by the transpose of (p, n)."""
    tall, wide = matrix.shape
    few = 2 * _FEW_ROWS if wide >= tall else _FEW_ROWS
    if tall * wide < _LARGE or xp is not np or not 1 < math.prod(batch.shape[:-1]) <= few:
        return _times(xp, batch, matrix.T)
    columns = xp.matmul(matrix, _rows(xp, batch).T)
    return xp.ascontiguousarray(columns.T).reshape((*batch.shape[:-1], len(matrix)))


@op(backward="UnsafeViewBackward0", ordered=True)
def _batched_matmul(xp: Any, input: Array, other: Array) -> Array:
    """The product of the last two dimensions; those before them broadcast."""
    if input.dtype is not other.dtype or other.ndim == 2 or input.ndim == 2:
        _check_product(input, other)
    elif input.shape[-1] != other.shape[-2]:
        batch = math.prod(input.shape[:-2])
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {input.shape[-1]}] but got: "
            f"[{batch}, {other.shape[-2]}]."
        )
    _check_not_bool("bmm", input)
    return _times(xp, input, other) if other.ndim == 2 else _product(xp, input, other)


def _grad_of_left(xp: Any, g: Any, other: Any) -> Any:
    turned = xp.swapaxes(other, -1, -2)
    return _times(xp, g, turned) if other.ndim == 2 else _product(xp, g, turned)


def _grad_of_right(xp: Any, g: Any, input: Any, other_shape: tuple[int, ...]) -> Any:
    if len(other_shape) == 2:  # one matrix for the whole batch: a single product adds up over the batch
        return _product(xp, _rows(xp, input).T, _rows(xp, g))
    return _product(xp, xp.swapaxes(input, -1, -2), g)


_batched_matmul.grad(input=_grad_of_left, other=_grad_of_right)


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of vectors, matrices or batches of matrices, by the dimensions of the operands.

    A vector counts as a row on the left and as a column on the right, and its dimension is left out of the result;
    dimensions before the last two broadcast. Raises RuntimeError for shapes that do not fit, or 0-d operands.
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        wrong = other if isinstance(input, Tensor) else input
        which = "argument 'other' (position 2)" if wrong is other else "argument 'input' (position 1)"
        raise TypeError(f"matmul(): {which} must be Tensor, not {type_name(wrong)}")
    a, b = input._array.ndim, other._array.ndim
    if out is not None:
        return _written(out, matmul(input, other))
    if a == 2 and b == 2:
        return mm(input, other)
    if a == 0 or b == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D")
    if a == 1 and b == 1:
        return dot(input, other)
    if a == 2 and b == 1:
        return mv(input, other)
    if a == 1:
        row = shape.unsqueeze(input, 0)
        return shape.squeeze((mm if b == 2 else _batched_matmul)(row, other), -2)
    if b == 1:
        return shape.squeeze(_batched_matmul(input, shape.unsqueeze(other, 1)), -1)
    if a > 2 and b > 2:
        left, right = input._array.shape[:-2], other._array.shape[:-2]
        if left != right and not _broadcast(left, right):
            raise broadcast_error([left, right])
    return _batched_matmul(input, other)


def matmul_operator(input: Tensor, other: Any) -> Any:
    """`input @ other`; what is no tensor, also a number, is for Python to ask or to refuse."""
    return matmul(input, other) if isinstance(other, Tensor) else NotImplemented


def rmatmul(input: Tensor, other: Any) -> Any:
    """`other @ input`: the operator's reflected form."""
    return matmul(other, input) if isinstance(other, Tensor) else NotImplemented


def _broadcast(a: Sequence[int], b: Sequence[int]) -> bool:
    return all(x == y or x == 1 or y == 1 for x, y in zip(reversed(a), reversed(b), strict=False))


def _written(out: Tensor, result: Tensor) -> Tensor:
    return mul(result, 1, out=out)


def _linear_name(input: Array, weight: Array, bias: Array | None) -> str:
    if input.ndim == 2:
        return "MmBackward0" if bias is None else "AddmmBackward0"
    if bias is not None:
        return "ViewBackward0"
    return "SqueezeBackward4" if input.ndim == 1 else "UnsafeViewBackward0"


def _linear_steps(node: Node, input: Node | None, weight: Node | None, bias: Node | None) -> Sequence[Node | None]:
    """The products that torch is seen to take one from another in `linear`, by the name of the last."""
    name = node.name()
    turned = step("TBackward0", weight)
    if name == "AddmmBackward0":
        return bias, input, turned
    if name == "MmBackward0":
        return input, turned
    rows = step("UnsqueezeBackward0" if name == "SqueezeBackward4" else "ViewBackward0", input)
    if name == "ViewBackward0":
        return (step("AddmmBackward0", bias, rows, turned),)
    return (step("MmBackward0", rows, turned),)


@op(backward=_linear_name, steps=_linear_steps)
def linear(xp: Any, input: Array, weight: Array, bias: Array | None = None) -> Array:
    """`input @ weight.T + bias`: (..., in) by a weight (out, in) gives (..., out)."""
    if input.dtype is not weight.dtype or not input.ndim or input.shape[-1] != weight.shape[-1]:
        if not input.ndim:
            raise RuntimeError(
                f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
            )
        _check_product(input, weight.T, added=bias is not None)
    _check_not_bool("addmm_impl_cpu_", input)
    out = _times_transposed(xp, input, weight)
    if bias is not None:
        if bias.dtype is not out.dtype or bias.shape != out.shape[-1:]:
            _check_bias(bias, out)
        out += bias
    return out


def _check_bias(bias: Array, product: Array) -> None:
    """Raises torch's error unless `bias` can be added to each row of the product."""
    _check_added(bias, product)
    if bias.shape not in (product.shape[-1:], (1,), ()):
        rows = math.prod(product.shape[:-1])
        raise RuntimeError(
            f"The expanded size of the tensor ({product.shape[-1]}) must match the existing size ({bias.shape[-1]}) at "
            f"non-singleton dimension 1.  Target sizes: [{rows}, {product.shape[-1]}].  Tensor sizes: "
            f"{list(bias.shape)}"
        )


linear.grad(
    input=lambda xp, g, weight: _times(xp, g, weight),
    weight=lambda xp, g, input: _product(xp, _rows(xp, g).T, _rows(xp, input)),
    bias=lambda xp, g: _rows(xp, g).sum(axis=0),
)


@op(weighted=True)
def addmm(xp: Any, input: Array, mat1: Array, mat2: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    """`beta * input + alpha * mat1 @ mat2`; the input (n, p), or what broadcasts to it, is not read when beta is 0."""
    for name, each in (("mat1", mat1), ("mat2", mat2)):
        if each.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {each.ndim}-D tensor")
    _check_product(mat1, mat2, added=True)
    _check_added(input, mat1)
    return _weighted(xp, input, _product(xp, mat1, mat2), beta, alpha)


def _whole(factor: Any, dtype: Any) -> Any:
    """A factor as torch takes it for integers, cut off and wrapped around, and for bools."""
    if dtype.kind == "b":
        return bool(factor)
    return int(factor) % 2 ** (8 * dtype.itemsize) if dtype.kind == "u" else int(factor)


def _weighted(xp: Any, input: Array, product: Array, beta: Any, alpha: Any) -> Array:
    """`beta * input + alpha * product`, of the product's shape."""
    if input.dtype is not product.dtype:
        raise RuntimeError(
            f"expected the input and the product to have the same dtype, but got: {_spoken(input)} != "
            f"{_spoken(product)}"
        )
    shape, target = input.shape, product.shape
    if len(shape) > len(target) or not all(
        n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False)
    ):
        at = next((k for k in range(1, min(len(shape), len(target)) + 1) if shape[-k] not in (1, target[-k])), 1)
        raise RuntimeError(
            f"The expanded size of the tensor ({target[-at]}) must match the existing size ({shape[-at]}) at "
            "non-singleton "
            f"dimension {len(target) - at}.  Target sizes: {list(target)}.  Tensor sizes: {list(shape)}"
        )
    if product.dtype.kind != "f":
        alpha, beta = (_whole(factor, product.dtype) for factor in (alpha, beta))
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return scaled
    return scaled + (input if beta == 1 else input * beta)


addmm.grad(
    input=lambda xp, g, beta: g * beta,
    mat1=lambda xp, g, mat2, alpha: _product(xp, g, mat2.T) * alpha,
    mat2=lambda xp, g, mat1, alpha: _product(xp, mat1.T, g) * alpha,
)


@op(weighted=True)
def baddbmm(xp: Any, input: Array, batch1: Array, batch2: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    """`beta * input + alpha * bmm(batch1, batch2)`."""
    return _weighted(xp, input, bmm.kernel(xp, batch1, batch2), beta, alpha)


baddbmm.grad(
    input=lambda xp, g, beta: g * beta,
    batch1=lambda xp, g, batch2, alpha: _product(xp, g, xp.swapaxes(batch2, 1, 2)) * alpha,
    batch2=lambda xp, g, batch1, alpha: _product(xp, xp.swapaxes(batch1, 1, 2), g) * alpha,
)


@op(weighted=True)
def addbmm(xp: Any, input: Array, batch1: Array, batch2: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    """`beta * input + alpha * bmm(batch1, batch2).sum(0)`."""
    return _weighted(xp, input, bmm.kernel(xp, batch1, batch2).sum(axis=0, dtype=batch1.dtype), beta, alpha)


addbmm.grad(
    input=lambda xp, g, beta: g * beta,
    batch1=lambda xp, g, batch2, alpha: xp.matmul(g, xp.swapaxes(batch2, 1, 2)) * alpha,
    batch2=lambda xp, g, batch1, alpha: xp.matmul(xp.swapaxes(batch1, 1, 2), g) * alpha,
)


@op(weighted=True)
def addmv(xp: Any, input: Array, mat: Array, vec: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    """`beta * input + alpha * mat @ vec`."""
    _check_vector_product(input, mat, vec)
    return _weighted(xp, input, mv.kernel(xp, mat, vec), beta, alpha)


addmv.grad(
    input=lambda xp, g, beta: g * beta,
    mat=lambda xp, g, vec, alpha: g[:, None] * vec * alpha,
    vec=lambda xp, g, mat, alpha: xp.matmul(mat.T, g) * alpha,
)


@op(dtypes=PROMOTE, weighted=True)
def addr(xp: Any, input: Array, vec1: Array, vec2: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    """`beta * input + alpha * outer(vec1, vec2)`."""
    for name, each in (("vec1", vec1), ("vec2", vec2)):
        if each.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {each.ndim}-D")
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if isinstance(factor, bool) and input.dtype.kind != "b":
            raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
        if isinstance(factor, float) and input.dtype.kind != "f":
            raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")
    return _weighted(xp, input, vec1[:, None] * vec2, beta, alpha)


addr.grad(
    input=lambda xp, g, beta: g * beta,
    vec1=lambda xp, g, vec2, alpha: xp.matmul(g, vec2) * alpha,
    vec2=lambda xp, g, vec1, alpha: xp.matmul(g.T, vec1) * alpha,
)


def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Every element of a vector (n) times every element of another (m): a matrix (n, m)."""
    check_tensor("outer", "vec2", 2, vec2)
    for name, each in (("self", input), ("vec2", vec2)):
        if each.dim() != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {each.dim()}-D")
    return mul(shape.unsqueeze(input, 1), vec2, out=out)


def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Products summed over the last dimension of both: (..., n) and (***, n) give (..., ***)."""
    check_tensor("inner", "other", 2, other)
    if not input.dim() or not other.dim():
        return mul(input, other, out=out)
    if input.dtype != other.dtype:
        raise RuntimeError(f"inner(): both inputs should have same dtype, got {input.dtype} and {other.dtype}")
    if input.size(-1) != other.size(-1):
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(input.shape)} and "
            f"{list(other.shape)}"
        )
    if input._array.dtype.kind == "b":
        result = tensordot(input.long(), other.long(), dims=([-1], [-1])).bool()
    else:
        result = tensordot(input, other, dims=([-1], [-1]))
    return result if out is None else _written(out, result)


def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As dot: minitorch has no complex dtypes."""
    return dot(input, other, out=out)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Products summed over several dimensions: `dims` pairs (of a, of b), or how many of a's last and b's first."""
    check_tensor("tensordot", "other", 2, b)
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (list(range(a.dim() - dims, a.dim())), list(range(dims)))
    of_a, of_b = ([each] if isinstance(each, int) else list(each) for each in dims)
    if len(of_a) != len(of_b):
        raise RuntimeError("both dimension lists should have same length")
    of_a, of_b = list(wrap_dims(of_a, a.dim(), "tensordot")), list(wrap_dims(of_b, b.dim(), "tensordot"))
    for i, j in zip(of_a, of_b, strict=True):
        if a.size(i) == 1 != b.size(j):  # it meets all of the other
            b = b.sum(j, keepdim=True)
        elif b.size(j) == 1 != a.size(i):
            a = a.sum(i, keepdim=True)
        elif a.size(i) != b.size(j):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.size(i)} in dim {i} and second has size "
                f"{b.size(j)} in dim {j}"
            )
    rest_a = [i for i in range(a.dim()) if i not in of_a]
    rest_b = [j for j in range(b.dim()) if j not in of_b]
    summed = math.prod(a.size(i) for i in of_a)
    left = a.permute(rest_a + of_a).reshape(math.prod(a.size(i) for i in rest_a), summed)
    right = b.permute(of_b + rest_b).reshape(summed, math.prod(b.size(j) for j in rest_b))
    result: Tensor = mm(left, right).view([a.size(i) for i in rest_a] + [b.size(j) for j in rest_b])
    return result if out is None else _written(out, result)


def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: every element of `input` times the whole of `other`, as one block each."""
    check_tensor("kron", "other", 2, other)
    ndim = max(input.dim(), other.dim())
    own = [1] * (ndim - input.dim()) + list(input.shape)
    others = [1] * (ndim - other.dim()) + list(other.shape)
    left = input.reshape([size for n in own for size in (n, 1)])
    right = other.reshape([size for n in others for size in (1, n)])
    result: Tensor = (left * right).reshape([n * m for n, m in zip(own, others, strict=True)])
    return result if out is None else _written(out, result)


@op(backward="LinalgCrossBackward0")
def _cross(xp: Any, input: Array, other: Array, dim: int) -> Array:
    a, b = xp.moveaxis(input, dim, 0), xp.moveaxis(other, dim, 0)
    product = xp.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
    return xp.moveaxis(product, 0, dim)


_cross.grad(
    input=lambda xp, g, other, dim: _cross.on(xp)(other, g, dim),
    other=lambda xp, g, input, dim: _cross.on(xp)(g, input, dim),
)


def cross(input: Tensor, other: Tensor, dim: int | None = None, *, out: Tensor | None = None) -> Tensor:
    """The cross product of 3-vectors along `dim`; by default along the first dimension of size 3."""
    check_tensor("cross", "other", 2, other)
    if input.dim() != other.dim():
        raise RuntimeError(
            f"linalg.cross: inputs must have the same number of dimensions. Got {input.dim()} and {other.dim()}"
        )
    if dim is None:
        dim = next((k for k, size in enumerate(input.shape) if size == 3), -1)
    dim = wrap_dim(dim, input.dim())
    if not input.dim() or input.size(dim) != 3 or other.size(dim) != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {list(input.shape)} and {list(other.shape)}"
        )
    _check_not_bool("cross", input._array)
    if input.dtype != other.dtype:
        names = input.dtype.legacy_name, other.dtype.legacy_name
        raise RuntimeError(f"linalg.cross: expected scalar type {names[0]} but found {names[1]}")
    result = _cross(input, other, dim)
    return result if out is None else _written(out, result)


def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices in the cheapest order; the first and the last may be vectors."""
    if len(tensors) < 2:
        raise RuntimeError("multi_dot(): expected at least 2 tensors but got " + str(len(tensors)))
    chain = list(tensors)
    row, column = chain[0].dim() == 1, chain[-1].dim() == 1
    if row:
        chain[0] = shape.unsqueeze(chain[0], 0)
    if column:
        chain[-1] = shape.unsqueeze(chain[-1], 1)
    for k, each in enumerate(chain):
        if each.dim() != 2:
            raise RuntimeError(f"multi_dot(): tensor {k} must be 2D but got {each.dim()}D")
    sides = [each.size(0) for each in chain] + [chain[-1].size(1)]
    result = _chained(chain, _cheapest_splits(sides), 0, len(chain) - 1)
    if row:
        result = shape.squeeze(result, 0)
    if column:
        result = shape.squeeze(result, -1)
    return result if out is None else _written(out, result)


def _cheapest_splits(sides: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain of matrices of these sides; matrix k is `sides[k]` by `sides[k + 1]`."""
    cost = {(k, k): 0 for k in range(len(sides) - 1)}
    splits = {}
    for length in range(1, len(sides) - 1):
        for first in range(len(sides) - 1 - length):
            last = first + length
            costs = {
                k: cost[first, k] + cost[k + 1, last] + sides[first] * sides[k + 1] * sides[last + 1]
                for k in range(first, last)
            }
            splits[first, last] = min(costs, key=costs.__getitem__)
            cost[first, last] = costs[splits[first, last]]
    return splits


def _chained(chain: Sequence[Tensor], splits: dict[tuple[int, int], int], first: int, last: int) -> Tensor:
    if first == last:
        return chain[first]
    middle = splits[first, last]
    return mm(_chained(chain, splits, first, middle), _chained(chain, splits, middle + 1, last))


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """As multi_dot, with the matrices as separate arguments."""
    for k, each in enumerate(matrices):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type_name(each)}")
    return clone(matrices[0]) if len(matrices) == 1 else multi_dot(matrices, out=out)


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of square matrices (..., m, m), by repeated squaring; n must not be negative."""
    if input.dim() < 2 or input.size(-1) != input.size(-2):
        raise RuntimeError(f"linalg.matrix_power: A must be batches of square matrices, but got {list(input.shape)}")
    if n < 0:
        raise RuntimeError("linalg.matrix_power: a negative power needs the inverse, which minitorch does not have")
    result, square = None, input
    while n:
        if n & 1:
            result = clone(square) if result is None else matmul(result, square)
        n >>= 1
        if n:
            square = matmul(square, square)
    if result is None:
        identity = input.new_zeros(input.shape)
        identity.diagonal(dim1=-2, dim2=-1).fill_(1)
        result = identity
    return result if out is None else _written(out, result)


@op
def trace(xp: Any, input: Array) -> Array:
    """The sum of the diagonal of a matrix; integers add up in int64."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input.dtype.kind == "b":
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return xp.trace(input, dtype=input.dtype if input.dtype.kind == "f" else xp.int64)


trace.grad(input=lambda xp, g, input_shape: diagonals._diagonal_backward.on(xp)(g, input_shape, 0, 0, 1))


# --- einsum ---------------------------------------------------------------------------------------------------------


def einsum(equation: str, *operands: Any) -> Tensor:
    """Products summed over named dimensions: `einsum("bij,bjk->bik", a, b)`.

    By permutations and batched products, one operand after another, so that every gradient is theirs. Raises
    RuntimeError for an equation that does not fit the operands.
    """
    tensors: Sequence[Tensor] = (
        operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    )
    if not tensors:
        raise ValueError("einsum(): must provide at least one operand")
    inputs, output = _parse(equation, tensors)
    if len(tensors) > 1 and all(tensor._array.dtype.kind == "b" for tensor in tensors):
        whole: Tensor = einsum(equation, *[tensor.long() for tensor in tensors]).bool()
        return whole
    terms = [_diagonals(tensor, labels) for tensor, labels in zip(tensors, inputs, strict=True)]
    _check_sizes(tensors, inputs)
    result, labels = terms[0]
    for k, (right, right_labels) in enumerate(terms[1:], start=1):
        later = {each for _, other in terms[k + 1 :] for each in other}
        result, labels = _contract(result, labels, right, right_labels, later | set(output))
    gone = [k for k, label in enumerate(labels) if label not in output]
    if gone:
        result = result.sum(gone)
        labels = [label for label in labels if label in output]
    return permutation.permute(result, [labels.index(label) for label in output])


def _parse(equation: str, tensors: Sequence[Tensor]) -> tuple[list[list[str]], list[str]]:
    """The labels of every operand and of the result; dimensions under an ellipsis are labelled by their number."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(tensors):
        more = "fewer" if len(parts) > len(tensors) else "more"
        raise RuntimeError(f"einsum(): {more} operands were provided than specified in the equation")
    for character in left.replace(",", "").replace("...", "") + right.replace("...", ""):
        if not (character.isascii() and character.isalpha()):
            raise RuntimeError(f"einsum(): invalid subscript given, subscripts must be in [a-zA-Z], got '{character}'")
    inputs = []
    for k, (part, tensor) in enumerate(zip(parts, tensors, strict=True)):
        before, ellipsis, after = part.partition("...")
        count = len(before) + len(after)
        if (not ellipsis and count != tensor.dim()) or count > tensor.dim():
            said = " and no ellipsis was given" if not ellipsis else ""
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({count}) does not match the number of dimensions "
                f"({tensor.dim()}) for operand {k}{said}"
            )
        hidden = [str(n) for n in reversed(range(tensor.dim() - count))] if ellipsis else []
        inputs.append([*before, *hidden, *after])
    every = [label for labels in inputs for label in labels]
    hidden = sorted({label for label in every if label.isdigit()}, key=int, reverse=True)
    if not arrow:
        once = sorted(label for label in set(every) if every.count(label) == 1 and not label.isdigit())
        return inputs, hidden + once
    before, ellipsis, after = right.partition("...")
    output = [*before, *(hidden if ellipsis else []), *after]
    for label in output:
        if output.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
        if label not in every:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input operand"
            )
    return inputs, output


def _check_sizes(tensors: Sequence[Tensor], inputs: Sequence[Sequence[str]]) -> None:
    seen: dict[str, int] = {}
    for k, (tensor, labels) in enumerate(zip(tensors, inputs, strict=True)):
        for label, size in zip(labels, tensor.shape, strict=True):
            known = seen.get(label, 1)
            if size != known and size != 1 and known != 1:
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {size} for operand {k} which does not broadcast with "
                    "previously "
                    f"seen size {known}"
                )
            seen[label] = max(size, known) if size and known else 0


def _diagonals(tensor: Tensor, labels: list[str]) -> tuple[Tensor, list[str]]:
    """An operand in which every label appears once: a repeated one takes the diagonal."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if tensor.size(first) != tensor.size(second):
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand but the sizes don't match, "
                    f"{tensor.size(second)} "
                    f"!= {tensor.size(first)}"
                )
            tensor = tensor.diagonal(dim1=first, dim2=second)
            labels = [*(each for k, each in enumerate(labels) if k not in (first, second)), label]
    return tensor, labels


def _contract(a: Tensor, of_a: list[str], b: Tensor, of_b: list[str], wanted: set[str]) -> tuple[Tensor, list[str]]:
    """One product of two operands, summed over the labels that nothing later wants."""
    a, of_a = _sum_out(a, of_a, wanted | set(of_b))
    b, of_b = _sum_out(b, of_b, wanted | set(of_a))
    both = [label for label in of_a if label in of_b]
    sizes = {label: max(a.size(of_a.index(label)), b.size(of_b.index(label))) for label in both}
    batch = [label for label in both if label in wanted]
    summed = [label for label in both if label not in wanted]
    only_a = [label for label in of_a if label not in both]
    only_b = [label for label in of_b if label not in both]
    sizes |= {label: a.size(of_a.index(label)) for label in only_a} | {
        label: b.size(of_b.index(label)) for label in only_b
    }

    if not summed:
        left = a.permute([of_a.index(label) for label in batch + only_a])
        right = b.permute([of_b.index(label) for label in batch + only_b])
        left = left[(..., *(None,) * len(only_b))]
        right = right[(*(slice(None),) * len(batch), *(None,) * len(only_a))]
        return mul(left, right), batch + only_a + only_b

    def matrices(tensor: Tensor, labels: list[str], rows: list[str], columns: list[str]) -> Tensor:
        order = batch + rows + columns
        ordered = tensor.permute([labels.index(label) for label in order]).expand([sizes[label] for label in order])
        return shape.reshape(ordered, [math.prod(sizes[label] for label in group) for group in (batch, rows, columns)])

    product = bmm(matrices(a, of_a, only_a, summed), matrices(b, of_b, summed, only_b))
    labels = batch + only_a + only_b
    return shape.reshape(product, [sizes[label] for label in labels]), labels


def _sum_out(tensor: Tensor, labels: list[str], wanted: set[str]) -> tuple[Tensor, list[str]]:
    gone = [k for k, label in enumerate(labels) if label not in wanted]
    if not gone:
        return tensor, labels
    return tensor.sum(gone), [label for label in labels if label in wanted]


# --- in place ---------------------------------------------------------------------------------------------------------

addmv_ = in_place(addmv)
