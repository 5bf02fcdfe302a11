"""Sorting, order statistics, distinct values, searching and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.spec import Spec, each
from parity.strategies import (
    DISTINCT,
    FINITE,
    INF,
    NAN,
    SMOOTH,
    TIES,
    Call,
    Domain,
    Draw,
    between,
    dim_and_keepdim,
    sample,
    tensors,
)

# An index names one of several equal elements: which, torch leaves open in topk, kthvalue and, for nan, in mode.
FILLED = tensors(1, min_side=1)
NAN_AND_TIES = Domain("ties, and nan, which is the largest", low=-2.0, high=2.0, whole=True, specials=(NAN, INF, -INF))
ROWS = tensors(1, max_dims=3, min_side=1)
FLOATS = ("float32", "float64", "float16")
NO_BOOL = (*FLOATS, "int64", "int32", "int16", "int8", "uint8")
# Given `out`, torch returns another named tuple, sort_out, which nothing else knows.
NAMED = ("function", "method")


def sort_args(d: Draw, input: Any) -> Call:
    """The dimension and the direction."""
    return d.some(dim=d.dim(input.ndim), descending=(True, False))


def topk_args(d: Draw, input: Any) -> Call:
    """How many of which dimension; the largest or the smallest."""
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    k = size + 1 if d.fault() else d.integer(0, size)
    return Call(k, dim=dim) + d.some(largest=(True, False))


def kthvalue_args(d: Draw, input: Any) -> Call:
    """Which of the elements of which dimension."""
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    return Call(0 if d.fault() else d.integer(1, max(size, 1)), dim) + d.some(keepdim=True)


def median_args(d: Draw, input: Any) -> Call:
    """Of all, or along a dimension."""
    # By name: minitorch takes keepdim=False without a dim, too.
    return Call() if d.chance(3) else Call(dim=d.dim(input.ndim)) + d.some(keepdim=(True, False))


def quantile_args(d: Draw, input: Any) -> Call:
    """One quantile or several, of all or along a dimension, and the interpolation."""
    values = d.rng.uniform(0, 1, d.pick((), (1,), (3,))) + (2 if d.fault() else 0)
    q = d.given(values.astype(input.dtype), differentiable=False) if d.flag() else d.pick(0, 1, 0.5, 0.3)
    dim = d.pick(None, d.dim(input.ndim))
    ways = ("linear", "lower", "higher", "nearest", "midpoint")
    return Call(q, dim) + d.some(keepdim=(True, False), interpolation=ways)


def unique_args(d: Draw, input: Any) -> Call:
    """What is returned beside the values."""
    dim = {"dim": d.dim(input.ndim)} if input.ndim and d.flag() else {}
    return d.some(return_inverse=True, return_counts=True) + Call(**dim)


def searchsorted(d: Draw) -> Call:
    """A sorted sequence, one for all values or one for each row of them."""
    rows = d.shape(0, 2, 1) if d.flag() else ()
    sorted_sequence = d.given(np.sort(d.rng.integers(0, 9, (*rows, d.integer(1, 9))), axis=-1).astype(d.dtype))
    shape = (*rows, d.integer(0, 5)) if rows else d.shape(0, 3)
    if d.fault():
        shape = (7, *shape, 2)
    values = d.tensor(shape, dtype=d.dtype)
    return Call(sorted_sequence, values) + d.pick(Call(), Call(right=True), Call(side="right"), Call(out_int32=True))


def bucketize_args(d: Draw, input: Any) -> Call:
    """Boundaries in order."""
    boundaries = np.sort(d.rng.integers(0, 9, d.integer(0, 9))).astype(input.dtype)
    return Call(d.given(boundaries)) + d.some(right=(True, False), out_int32=(True, False))


def isin_args(d: Draw, input: Any) -> Call:
    """Other elements, or a number; of one dim, since torch's isin cannot flatten a transposed tensor."""
    return Call(d.pick(d.tensor(d.shape(max_dims=1)), 1)) + d.some(invert=(True, False), assume_unique=False)


def bincount(d: Draw) -> Call:
    """Non-negative integers, perhaps weighted."""
    size = d.integer(0, 20)
    values = d.rng.integers(-3 if d.fault() else 0, 6, size)
    input = d.given(values, dtype=d.pick("int64", "int32", "uint8", "int16"))
    weighed = d.given(d.rng.normal(size=size), differentiable=False, dtype=d.pick("float32", "float64"))
    weights = Call(weighed) if d.flag() else Call()
    return Call(input) + weights + d.some(minlength=(0, 3, 9))


def histc_args(d: Draw, input: Any) -> Call:
    """How many bins, and the range."""
    return Call(d.pick(1, 4, 10, 0 if d.fault() else 7)) + d.pick(Call(), Call(min=-2, max=2), Call(-1.5, 0.5))


SPECS = [
    *each("sort argsort", Spec("", args=sort_args, domain=NAN_AND_TIES, grad=TIES, forms=NAMED)),
    Spec("msort", domain=NAN_AND_TIES, grad=TIES),
    Spec("topk", args=topk_args, domain=DISTINCT, grad=DISTINCT, dtypes=NO_BOOL, forms=NAMED),
    Spec("kthvalue", FILLED, kthvalue_args, domain=DISTINCT, grad=DISTINCT, dtypes=NO_BOOL, forms=NAMED),
    *each(
        "median nanmedian",
        Spec("", FILLED, median_args, domain=NAN_AND_TIES, grad=TIES, dtypes=NO_BOOL, forms=NAMED),
    ),
    Spec("mode", FILLED, dim_and_keepdim, domain=TIES, grad=TIES, forms=NAMED),
    *each(
        "quantile nanquantile",
        Spec(
            "",
            FILLED,
            quantile_args,
            domain=between(-3.0, 3.0, "where differences of neighbours do not overflow", NAN),
            grad=DISTINCT,
            dtypes=("float64", "float32"),
        ),
    ),
    # torch sorts several nan in no certain order.
    Spec(
        "unique",
        args=unique_args,
        domain=TIES,
        second=False,
        also=(Call(sample([3.0, 1.0, 1.0], requires_grad=False)),),
    ),
    Spec("unique_consecutive", args=unique_args, domain=NAN_AND_TIES, second=False),
    Spec("searchsorted", call=searchsorted, domain=FINITE, dtypes=NO_BOOL),
    Spec("bucketize", args=bucketize_args, domain=FINITE, dtypes=NO_BOOL),
    Spec("isin", args=isin_args, domain=NAN_AND_TIES, dtypes=NO_BOOL),
    Spec("bincount", call=bincount),
    Spec("histc", args=histc_args, domain=SMOOTH, dtypes=("float64", "float32")),
    Spec(
        "histogram",
        args=lambda d, x: Call(d.pick(1, 4, 7)) + d.some(range=((-2.0, 2.0),)),
        domain=SMOOTH,
        dtypes=("float64", "float32"),
        extends="torch takes float16 only where the range is given",
        forms=NAMED,
    ),
]
