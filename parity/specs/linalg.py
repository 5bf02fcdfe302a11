"""Products: of matrices, vectors and batches of them, and einsum."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec
from parity.strategies import Call, Draw, between
from parity.tolerance import Looser

FLOATS_AND_INTS = ("float32", "float64", "int64", "int32")
"""The dtypes that torch multiplies on the CPU; half precision adds up in another order there."""


def _side(d: Draw) -> int:
    return d.integer(_least(d), 4)


def _least(d: Draw) -> int:
    """The least size: of an empty product torch does not check the dtypes."""
    return 1 if d.mixed or d.mode == "error" else 0


def _misfit(d: Draw, *shapes: list[int]) -> None:
    """Now and then one size does not fit."""
    fitting = [shape for shape in shapes if shape]
    if fitting and d.fault():
        shape = d.pick(*fitting)
        shape[d.integer(0, len(shape) - 1)] += 1


def _product(d: Draw, *shapes: list[int]) -> Call:
    _misfit(d, *shapes)
    return Call(*(d.tensor(tuple(shape)) for shape in shapes))


def matrices(d: Draw) -> Call:
    """(n, m) by (m, p)."""
    n, m, p = (_side(d) for _ in range(3))
    return _product(d, [n, m], [m, p])


def matrix_and_vector(d: Draw) -> Call:
    """(n, m) by (m)."""
    n, m = d.integer(1, 4), d.integer(1, 4)  # addmv gives an empty product the shape of what is added
    return _product(d, [n, m], [m])


def vectors(d: Draw) -> Call:
    """Two of one length."""
    n = _side(d)
    return _product(d, [n], [n])


def two_vectors(d: Draw) -> Call:
    """Of any lengths; now and then one is none."""
    lengths = [[_side(d)], [_side(d)]]
    if d.fault():
        lengths[d.integer(0, 1)].append(2)
    return Call(*(d.tensor(tuple(shape)) for shape in lengths))


def batches(d: Draw) -> Call:
    """(b, n, m) by (b, m, p)."""
    b, n, m, p = (d.integer(1, 4) for _ in range(4))  # of empty batches torch does not check the dtypes
    return _product(d, [b, n, m], [b, m, p])


def any_product(d: Draw) -> Call:
    """Every pair of kinds that matmul takes: vectors, matrices, and batches that broadcast."""
    n, m, p = (_side(d) for _ in range(3))
    left_batch, right_batch = (list(shape) for shape in d.broadcastable(2, max_dims=2, min_side=_least(d)))
    left = d.pick([m], [n, m], [*left_batch, n, m])
    right = d.pick([m], [m, p], [*right_batch, m, p])
    return _product(d, left, right)


def linear(d: Draw) -> Call:
    """(..., in) by (out, in), with a bias or without."""
    n, m = _side(d), _side(d)
    batch = list(d.shape(max_dims=3, min_side=_least(d)))
    call = _product(d, [*batch, n], [m, n])
    bias = d.tensor((m,), dtype=call.args[0].dtype)  # whether torch checks this dtype depends on the other shapes
    return call + d.pick(Call(), Call(None), Call(bias), Call(bias=bias))


def _weights(d: Draw) -> Call:
    """beta and alpha: whole numbers, which integer tensors take too."""
    return d.some(beta=(1, 0, 2, -3), alpha=(1, 2, -1))


def added(product: Any, drop: int = 0) -> Any:
    """What is added to a product: of its shape, or of one that broadcasts to it."""

    def draw(d: Draw) -> Call:
        call = product(d)
        a, b = call.args
        shape = list(a.shape[:-1]) + (list(b.shape[1 + a.ndim - 2 :]) if b.ndim > 1 else [])
        shape = shape[drop:]
        target = [1 if d.chance(4) else size for size in shape][d.integer(0, 1) if len(shape) > 1 else 0 :]
        if d.fault():
            target = [size + 2 for size in target] or [3]
        return Call(d.tensor(tuple(target)), a, b) + _weights(d)

    return draw


def outer_added(d: Draw) -> Call:
    """A matrix (n, m) and vectors (n) and (m), for gradients of one dtype: torch's asks for that."""
    d.mixed = d.mixed and d.mode != "gradient"
    n, m = _side(d), _side(d)
    return Call(d.tensor(d.pick((n, m), (1, m), (m,))), d.tensor((n,)), d.tensor((m,))) + _weights(d)


def same_last(d: Draw) -> Call:
    """Shapes that agree in their last size."""
    m = _side(d)
    return _product(d, [*d.shape(max_dims=2), m], [*d.shape(max_dims=2), m])


def tensordot(d: Draw) -> Call:
    """By a number of dimensions, or by two lists of them."""
    d.mixed = False
    if d.dtype == "bool":
        d.dtype = "int64"  # of bools torch multiplies some layouts, and refuses others
    shared = list(d.shape(max_dims=2))
    left, right = list(d.shape(max_dims=2)), list(d.shape(max_dims=2))
    a, b = _product(d, [*left, *shared], [*shared, *right]).args
    if d.flag():
        return Call(a, b, dims=len(shared))
    of_a = list(range(len(left), len(left) + len(shared)))
    of_b = list(range(len(shared)))
    if shared and d.flag():
        of_a = [dim - a.ndim for dim in of_a]
    if d.fault():
        of_a = [*of_a, 0]
    return Call(a, b, dims=(of_a, of_b))


FINITE = between(-4, 4, "with infinities it matters which of two orders of equal cost is taken")

SUMMED = Looser(4, "products of several dimensions that cancel are added up in another order")
BOOLS = "torch multiplies bools where sizes of 1, or steps, lead it to an elementwise product, and not elsewhere"
CANCELLING = Looser(100, "large terms cancel, more so with each product of rounded products")
HALF_SUM = Looser(4, "the product is rounded to float16, and so is what it is added to", dtypes=("float16",))

EQUATIONS = (
    "i->i",
    "i->",
    "ij->ji",
    "ii",
    "ii->i",
    "ij,jk",
    "ij,jk->ki",
    "ij,ij->ij",
    "ij,ij->",
    "i,j->ij",
    "bij,bjk->bik",
    "bij,kj->bik",
    "ij,j,k->ik",
    "ab,bc,cd->ad",
    "...ij,...jk->...ik",
    "...i,i->...",
    " i j , j -> i ",
    "iij,jk->ik",
)
FINITE = between(-4, 4, "with infinities it matters which of two orders of equal cost is taken")

WRONG_EQUATIONS = ("ij,jk->iz", "ij->ii", "i1->i", "ijk", "ij,jk,kl", "ij->jj")


def einsum(d: Draw) -> Call:
    """An equation, and operands whose sizes fit it."""
    d.mixed = False  # where a size is 1 torch multiplies elementwise, and does not check the dtypes
    equation = d.pick(*EQUATIONS)
    sizes = {label: d.integer(0 if d.chance(6) else 1, 3) for label in "abcdijk"}
    batch = list(d.shape(max_dims=2, min_side=1))
    operands = []
    for part in equation.split("->")[0].replace(" ", "").split(","):
        before, ellipsis, after = part.partition("...")
        own = [sizes[label] for label in before] + (batch if ellipsis else []) + [sizes[label] for label in after]
        operands.append(own)
    if d.fault():
        equation = d.pick(*WRONG_EQUATIONS)
    _misfit(d, *operands)
    return Call(equation, *(d.tensor(tuple(own)) for own in operands))


def square_and_power(d: Draw) -> Call:
    """Square matrices and a power from 0."""
    n = _side(d)
    shape = [*d.shape(max_dims=2, min_side=_least(d)), n, n]
    _misfit(d, shape)
    return Call(d.tensor(tuple(shape)), d.integer(1, 5))  # to the power 0 torch's result requires grad, of nothing


def chain(d: Draw) -> Call:
    """Matrices of which each fits the next."""
    sides = [d.integer(1, 4) for _ in range(d.integer(3, 5))]
    shapes = [[n, m] for n, m in zip(sides, sides[1:], strict=False)]
    _misfit(d, *shapes)
    return Call(*(d.tensor(tuple(shape)) for shape in shapes))


def threes(d: Draw) -> Call:
    """Shapes that broadcast, with one dimension of size 3."""
    shape = list(d.shape(max_dims=3))
    at = d.integer(0, len(shape))
    shape.insert(at, 3)
    _misfit(d, shape)
    dim = d.pick(Call(dim=at), Call(dim=at - len(shape)))
    return Call(d.tensor(tuple(shape)), d.tensor(tuple(shape))) + dim


def one_matrix(d: Draw) -> Call:
    """A matrix; now and then something else."""
    shape = [_side(d), _side(d)]
    if d.fault():
        shape.append(2)
    return Call(d.tensor(tuple(shape)))


def small(d: Draw) -> Call:
    """Two tensors of few dimensions, for a product that multiplies their sizes."""
    call = Call(*(d.tensor(d.shape(max_dims=2, max_side=3)) for _ in range(2)))
    for input in call.args:
        input.layout = "plain"  # torch's kron fails for others, as it takes a view of the result
    return call


SPECS = [
    Spec("mm", call=matrices, dtypes=FLOATS_AND_INTS),
    Spec("mv", call=matrix_and_vector, dtypes=FLOATS_AND_INTS),
    Spec("dot", call=vectors, dtypes=FLOATS_AND_INTS, aliases=("vdot",)),
    Spec("bmm", call=batches, dtypes=FLOATS_AND_INTS),
    Spec("matmul", call=any_product, dtypes=FLOATS_AND_INTS, aliases=("Tensor.__matmul__",)),
    Spec("nn.functional.linear", call=linear, dtypes=FLOATS_AND_INTS),
    Spec("addmm", call=added(matrices), dtypes=FLOATS_AND_INTS, looser=HALF_SUM),
    Spec("addmv", call=added(matrix_and_vector), dtypes=FLOATS_AND_INTS, looser=HALF_SUM),
    Spec("baddbmm", call=added(batches), dtypes=FLOATS_AND_INTS, looser=HALF_SUM),
    # torch's addbmm_ resizes its tensor to the product's shape.
    Spec(
        "addbmm",
        call=added(batches, drop=1),
        dtypes=FLOATS_AND_INTS,
        forms=("function", "method", "out"),
        looser=SUMMED,
    ),
    Spec("addr", call=outer_added, dtypes=FLOATS_AND_INTS),
    Spec("outer", call=two_vectors, dtypes=FLOATS_AND_INTS, aliases=("ger",)),
    Spec("inner", call=same_last, dtypes=FLOATS_AND_INTS, extends=BOOLS),
    Spec("tensordot", call=tensordot, dtypes=FLOATS_AND_INTS, looser=SUMMED),
    Spec("einsum", call=einsum, dtypes=FLOATS_AND_INTS, extends=BOOLS),
    Spec("kron", call=small, dtypes=FLOATS_AND_INTS),
    Spec("cross", call=threes, dtypes=FLOATS_AND_INTS),
    Spec("matrix_power", call=square_and_power, dtypes=("float32", "float64"), domain=FINITE, looser=CANCELLING),
    Spec("chain_matmul", call=chain, dtypes=FLOATS_AND_INTS, domain=FINITE, looser=CANCELLING),
    Spec("trace", call=one_matrix),
    Spec("Tensor.__rmatmul__", call=lambda d: Call(*reversed(any_product(d).args)), dtypes=FLOATS_AND_INTS),
    Spec("linalg.cross", call=threes, dtypes=FLOATS_AND_INTS),
    Spec(
        "linalg.multi_dot",
        call=lambda d: Call(list(chain(d).args)),
        dtypes=FLOATS_AND_INTS,
        domain=FINITE,
        looser=CANCELLING,
    ),
]
