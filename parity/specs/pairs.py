"""Distances of all pairs of rows, and covariances."""

from __future__ import annotations

from parity.spec import Spec
from parity.strategies import Call, Domain, Draw, Input, between
from parity.tolerance import Looser

FLOATS = ("float32", "float64")
ORDERS = (0.0, 1.0, 1.5, 2.0, 3.0, float("inf"))
APART = Domain("no two elements alike: there torch's subgradients at ties are its own", distinct=True)
FINITE = between(-5.0, 5.0, "finite: distances from infinity are nan or not by the order of the sums", 0.0, 1.0)
POWERS = Looser(20, "roots of sums of powers, which both round at every step")
MOMENTS = Looser(30, "the mean is subtracted, and the sums are added up in another order")


def two_sets(d: Draw) -> Call:
    """Rows in two sets, of broadcastable batches, and perhaps how to compute."""
    d.mixed = False
    first, second = d.broadcastable(2, max_dims=2, min_side=1) if d.flag() else ((), ())
    columns = d.integer(1, 4)
    rows = [d.integer(1, 4), d.integer(1, 4)]
    call = Call(
        d.tensor((*first, rows[0], columns)), d.tensor((*second, rows[1], columns + 1 if d.fault() else columns))
    )
    return call + Call(-1.0 if d.fault() else d.pick(*ORDERS)) + d.some(compute_mode=("donot_use_mm_for_euclid_dist",))


def one_set(d: Draw) -> Call:
    """Rows, and perhaps an order."""
    # torch crashes at the gradient of no rows
    shape = d.shape(2, 3 if d.fault() else 2, min_side=1, max_side=5)
    return Call(d.tensor(shape)) + d.pick(Call(), Call(-1.0 if d.fault() else d.pick(*ORDERS)))


def weights(d: Draw, input: Input, count: int, whole: bool) -> Input:
    """A weight for each observation."""
    values = d.rng.integers(1, 4, count) if whole else d.rng.uniform(0.5, 2.0, count)
    return d.given(values, differentiable=not whole, dtype="int64" if whole else input.dtype)


def variables(d: Draw) -> Call:
    """Variables in rows; when errors are tried, perhaps in more dimensions."""
    d.mixed = False
    return Call(d.tensor(d.shape(1, 3 if d.fault() else 2, min_side=2, max_side=5)))


def observed(d: Draw) -> Call:
    """Variables in rows, perhaps corrected, perhaps with weights for the observations."""
    call = variables(d)
    input = call.inputs()[0]
    count = input.shape[-1] + (1 if d.fault() else 0)
    call += d.some(correction=(0, 1))
    if d.flag():
        call += Call(fweights=weights(d, input, count, True))
    if d.flag() and input.dtype in FLOATS:
        call += Call(aweights=weights(d, input, count, False))
    return call


SPECS = [
    Spec("cdist", call=two_sets, domain=FINITE, grad=APART, dtypes=FLOATS, looser=POWERS),
    Spec("pdist", call=one_set, domain=FINITE, grad=APART, dtypes=FLOATS, looser=POWERS,
         aliases=("nn.functional.pdist",)),
    Spec("cov", call=observed, domain=FINITE, looser=MOMENTS),
    Spec("corrcoef", call=variables, domain=FINITE, grad=APART, looser=MOMENTS),
]  # fmt: skip
