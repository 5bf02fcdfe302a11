"""Reductions and scans."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import (
    INF,
    NONZERO,
    SMOOTH,
    TIES,
    Call,
    Domain,
    Draw,
    Name,
    between,
    dim_and_keepdim,
    dim_arg,
    dims_and_keepdim,
    options,
    sample,
    tensors,
)
from parity.tolerance import Looser

WITH_TIES = Domain("ties: torch has chosen who gets the gradient", low=-2.0, high=2.0, whole=True)
FACTORS = between(-2.0, 2.0, "zeros among the factors, which no division survives", 0.0, 0.0)
WITHOUT_NAN = Domain(
    "any number but nan, which spoils the sum of squares in torch's own way", specials=(0.0, 1.0, 30.0)
)
NARROW = Looser(8, "float16 is summed in float32 by both, but torch adds up more partial sums", dtypes=("float16",))
FEW_TERMS = Looser(4, "sums of up to 256 terms of any sign: what cancels is rounded in another order")
ROOTS = Looser(10, "powers and their inverse")

# The norm of nothing has a nan in its second derivative in torch, and an extreme of nothing is an error.
FILLED = tensors(1, min_side=1)

# Given `out`, torch returns another named tuple, max_out, which nothing else knows.
NAMED = ("function", "method")


def casts(args: Any) -> Any:
    """The arguments, and now and then a dtype: not a narrower one, in which torch rounds before it multiplies."""

    def draw(d: Draw, input: Any) -> Call:
        call: Call = args(d, input)
        return call + d.some(dtype=(Name("float64"), None)) if d.chance(3) else call

    return draw


def named_dim(d: Draw, input: Any) -> Call:
    """One dimension, and perhaps keepdim. By name: minitorch takes keepdim=False without a dim, too."""
    return Call(dim=d.dim(input.ndim)) + d.some(keepdim=(True, False))


def prod_args(d: Draw, input: Any) -> Call:
    """Nothing, or one dimension and perhaps keepdim."""
    return Call() if d.chance(3) else named_dim(d, input)


def extreme_args(d: Draw, input: Any) -> Call:
    """The three forms of max and min."""
    how = d.pick("all", "dim", "other")
    if how == "all":
        return Call()
    return named_dim(d, input) if how == "dim" else Call(d.tensor(input.shape))


def index_args(d: Draw, input: Any) -> Call:
    """argmax without a dim may keep the dimensions."""
    return d.some(keepdim=(True, False)) if d.chance(3) else dim_and_keepdim(d, input)


def spread_args(d: Draw, input: Any) -> Call:
    """The overloads of a variance: unbiased alone, unbiased with dims, correction."""
    how = d.pick("unbiased", "dims", "correction")
    if how == "unbiased":
        return d.pick(Call(), Call(True), Call(False), Call(unbiased=False))
    dims = d.pick(d.dim(input.ndim), d.dims(input.ndim))
    if how == "dims":
        return Call(dims, d.flag()) + d.some(keepdim=(True, False))
    return Call(dim=d.pick(dims, None), correction=d.pick(0, 1, 2, 0.5)) + d.some(keepdim=(True, False))


def norm_args(d: Draw, input: Any) -> Call:
    """An order, perhaps dims."""
    p = d.pick(2, 1, 3, 2.5, 0, INF, -INF, "fro")
    return d.pick(Call(), Call(p), Call(p=p)) if d.chance(3) else Call(p, dim=d.dims(input.ndim)) + d.some(keepdim=True)


def vector_norm_args(d: Draw, input: Any) -> Call:
    """An order, perhaps dims, perhaps a dtype."""
    ord = d.pick(2, 1, 3, 2.5, 0, INF, -INF, -1)
    dims = d.pick(None, d.dim(input.ndim), d.dims(input.ndim))
    return Call(ord, dims) + d.some(keepdim=(True, False), dtype=Name("float64"))


def matrix_norm_args(d: Draw, input: Any) -> Call:
    """An order that needs no singular values."""
    return Call(d.pick("fro", 1, -1, INF, -INF)) + d.some(keepdim=(True, False))


def linalg_norm_args(d: Draw, input: Any) -> Call:
    """A vector's or a matrix's order."""
    ord = d.pick(None, 1, INF, -INF) if input.ndim in (1, 2) else None
    return Call(ord) + d.some(keepdim=(True, False))


def diff_args(d: Draw, input: Any) -> Call:
    """How often, along which dimension, and what is put before or behind."""
    dim = d.dim(input.ndim)
    extra = d.some(n=(0, 1, 2, 3), dim=dim)
    return extra + (Call(prepend=d.tensor(input.shape, dtype=input.dtype)) if d.chance(3) else Call())


def trapezoid_args(d: Draw, input: Any) -> Call:
    """The samples' places or their distance."""
    how = d.pick("x", "dx", "neither")
    if how == "x":
        return Call(d.tensor(input.shape), dim=d.dim(input.ndim))
    return (Call(dx=d.pick(0.5, 2)) if how == "dx" else Call()) + d.some(dim=d.dim(input.ndim))


def renorm_args(d: Draw, input: Any) -> Call:
    """An order, the dimension that is left, the largest norm."""
    return Call(d.pick(2, 1, 3, INF), d.dim(input.ndim), d.pick(1.0, 0.5, 100))


def dim_of_filled(d: Draw, input: Any) -> Call:
    """A dimension; a right one of what is empty, where torch takes any."""
    return dim_arg(d, input) if input.size else Call(0)


def frobenius_args(d: Draw, input: Any) -> Call:
    """One or two dimensions, and then perhaps keepdim."""
    dims = d.dims(input.ndim, 0)[:2]
    return Call(dims if len(dims) != 1 or d.flag() else dims[0]) + d.some(keepdim=(True, False))


def distant(d: Draw) -> list[Any]:
    """Two tensors that broadcast; some elements for gradients, as torch's second one is 0 / 0 for none."""
    return [d.tensor(shape) for shape in d.broadcastable(2, min_side=1 if d.mode == "gradient" else 0)]


SCANNED = tuple(Call(sample(values, "bool"), 0, dtype=Name("bool")) for values in ([], [True])) + (
    Call(sample([1.0], "float32", requires_grad=False), 1, dtype=Name("float64")),
)
"""A running sum or product of bools there is of none only; of two errors in place, the dim's comes first."""
HALVES = Call(sample([-4.8, -2.25, 0.67, 5.56, -3.21], "float16", requires_grad=False), dx=2.5)
"""Samples of which most of the integral cancels: it is rounded as often as torch's."""
NO_SAMPLES = tuple(
    Call(*(sample(values, dtype) for dtype in dtypes))
    for values in ([], [0])
    for dtypes in (("bool",), ("float32", "bool"), ("bool", "bool"))
)
"""Samples may be bools where there are none."""

SPECS = [
    Spec("sum", args=casts(dims_and_keepdim), looser=NARROW, also=(Call(sample([[1.0, 2.0]]), axis=1, keepdims=True),)),
    Spec("mean", args=casts(dims_and_keepdim), looser=NARROW),
    Spec("nansum", args=casts(dims_and_keepdim), looser=NARROW),
    Spec("nanmean", args=casts(dims_and_keepdim), looser=NARROW),
    Spec(
        "prod",
        args=casts(prod_args),
        domain=FACTORS,
        grad=FACTORS,
        also=(Call(sample([0.0, 2.0, 3.0])), Call(sample([[0.0, 2.0, 0.0], [0.0, 1.0, 2.0]]), 1)),
    ),
    *each("max min", Spec("", inputs=FILLED, args=extreme_args, grad=WITH_TIES, forms=NAMED)),
    *each("amax amin", Spec("", inputs=FILLED, args=dims_and_keepdim, grad=WITH_TIES)),
    Spec(
        "aminmax",
        inputs=FILLED,
        args=lambda d, x: d.some(dim=d.dim(x.ndim), keepdim=(True, False)),
        grad=WITH_TIES,
        forms=NAMED,
    ),
    *each("argmax argmin", Spec("", inputs=FILLED, args=index_args, domain=TIES)),
    *each("all any", Spec("", args=dims_and_keepdim, domain=TIES)),
    Spec("count_nonzero", args=lambda d, x: d.pick(Call(), Call(d.dim(x.ndim)), Call(dim=d.dims(x.ndim))), domain=TIES),
    # Of fewer elements than the correction there is no variance: inf or nan, with gradients of torch's own.
    *each(
        "var std var_mean std_mean", Spec("", tensors(1, min_side=3), spread_args, domain=WITHOUT_NAN, looser=FEW_TERMS)
    ),
    Spec("norm", FILLED, norm_args, domain=WITHOUT_NAN, grad=NONZERO, looser=ROOTS),
    Spec(
        "dist",
        distant,
        options(p=(1, 2, 3, INF)),
        domain=WITHOUT_NAN,
        grad=(NONZERO, between(5.0, 6.0, "apart")),
        looser=ROOTS,
    ),
    Spec("frobenius_norm", FILLED, frobenius_args, domain=WITHOUT_NAN, grad=NONZERO, looser=ROOTS),
    Spec("renorm", tensors(1, min_dims=2, min_side=1), renorm_args, domain=NONZERO, grad=NONZERO, looser=ROOTS),
    Spec(
        "logsumexp",
        args=lambda d, x: Call(d.pick(d.dim(x.ndim), d.dims(x.ndim))) + d.some(keepdim=(True, False)),
        looser=NARROW,
    ),
    Spec("cumsum", args=casts(dim_arg), looser=NARROW, also=SCANNED),
    Spec("cumprod", args=casts(dim_arg), domain=FACTORS, grad=FACTORS, also=SCANNED),
    Spec("logcumsumexp", args=dim_arg, domain=SMOOTH, looser=NARROW),
    *each("cummax cummin", Spec("", args=dim_of_filled, grad=WITH_TIES, forms=NAMED)),
    Spec("diff", tensors(1, min_dims=1, min_side=1), diff_args),
    Spec(
        "trapezoid",
        tensors(1, min_dims=1),
        trapezoid_args,
        aliases=("trapz",),
        domain=SMOOTH,
        also=(*NO_SAMPLES, HALVES),
    ),
    Spec("cumulative_trapezoid", tensors(1, min_dims=1), trapezoid_args, domain=SMOOTH, also=NO_SAMPLES),
    Spec("linalg.vector_norm", FILLED, vector_norm_args, domain=WITHOUT_NAN, grad=NONZERO, looser=ROOTS),
    Spec(
        "linalg.matrix_norm",
        tensors(1, min_dims=2, min_side=1),
        matrix_norm_args,
        domain=WITHOUT_NAN,
        grad=NONZERO,
        looser=ROOTS,
    ),
    Spec("linalg.norm", FILLED, linalg_norm_args, domain=WITHOUT_NAN, grad=NONZERO, looser=ROOTS),
]
