"""What `nn.functional` has beside activations and losses: dropout, distances and directions, one-hot vectors."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import NONZERO, Call, Draw, Input, between, sample, tensors
from parity.tolerance import Looser

F = "nn.functional."
FLOATING = ("float64", "float32")
VECTORS = tensors(2, min_dims=1, min_side=1)
FINITE = between(-5.0, 5.0, "no infinity, of which there is no direction", 0.0, 1.0)
SUMS = Looser(8, "a sum over two dimensions, which torch adds up in another order")
ROOTS = Looser(4, "torch adds up the squares in another order")


def dropped(d: Draw, input: Input) -> Call:
    """A probability, and whether to drop at all."""
    return d.some(p=1.5 if d.fault() else (0.5, 0.25, 0.0, 1.0), training=(True, False))


def channels(min_dims: int, max_dims: int) -> Any:
    """A tensor with as many dimensions as the function takes without a warning."""
    return tensors(1, min_dims=min_dims, max_dims=max_dims)


def along(*orders: Any) -> Any:
    """Perhaps an order, a dimension and an epsilon."""

    def draw(d: Draw, input: Input, *others: Input) -> Call:
        order = d.some(p=orders) if orders else Call()
        return order + Call(dim=d.dim(input.ndim)) + d.some(eps=(1e-3, 0.5))

    return draw


def distance_args(d: Draw, first: Input, second: Input) -> Call:
    """Perhaps an order, an epsilon and keepdim."""
    return d.some(p=(1, 2.0, 3), eps=(1e-3, 0.0), keepdim=(True, False))


def classes(d: Draw) -> Call:
    """Classes and how many there are; when errors are tried, too few."""
    input = d.indices(d.shape(max_dims=3, min_side=1), 4)
    return Call(input) + d.pick(Call(), Call(2 if d.fault() else 4), Call(num_classes=5))


def bilinear(d: Draw) -> Call:
    """(..., n) and (..., m), weights (k, n, m), and perhaps a bias (k)."""
    d.mixed = d.mixed and d.mode == "error"
    n, m, k = (d.integer(1, 3) for _ in range(3))
    batch = d.shape(max_dims=2, min_side=1)
    weight = d.tensor((k, n, m + (1 if d.fault() else 0)))
    return Call(d.tensor((*batch, n)), d.tensor((*batch, m)), weight) + d.pick(Call(), Call(d.tensor((k,))))


SPECS = [
    *each(f"{F}dropout {F}alpha_dropout", Spec("", args=dropped, dtypes=FLOATING, seeded=True)),
    Spec(F + "feature_alpha_dropout", tensors(1, min_dims=2), dropped, dtypes=FLOATING, seeded=True),
    Spec(F + "dropout1d", channels(2, 3), dropped, dtypes=FLOATING, seeded=True),
    Spec(F + "dropout2d", channels(4, 4), dropped, dtypes=FLOATING, seeded=True),
    Spec(F + "dropout3d", channels(4, 5), dropped, dtypes=FLOATING, seeded=True),
    Spec(
        F + "gumbel_softmax",
        tensors(1, min_dims=1),
        lambda d, input: d.some(tau=(0.5, 2), hard=(True, False)) + Call(dim=d.dim(input.ndim)),
        domain=FINITE,
        dtypes=FLOATING,
        seeded=True,
    ),
    Spec(F + "normalize", tensors(1, min_dims=1), along(1, 2, 3.0), domain=FINITE, grad=NONZERO, looser=ROOTS),
    Spec(F + "cosine_similarity", VECTORS, along(), domain=FINITE, grad=NONZERO, looser=ROOTS),
    Spec(
        F + "pairwise_distance",
        VECTORS,
        distance_args,
        domain=FINITE,
        grad=(NONZERO, between(5.0, 6.0, "apart")),
        looser=ROOTS,
    ),
    Spec(F + "one_hot", call=classes, also=(Call(sample([0, 2], "int64"), -1),)),
    Spec(
        F + "bilinear", call=bilinear, dtypes=FLOATING, looser=SUMS, extends="it is an einsum, which multiplies bools"
    ),
]
