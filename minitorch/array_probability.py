"""Special functions of arrays that probabilities are made of: tails of the normal distribution, incomplete gammas.

With them Bessel functions without their exponential, and Hurwitz's zeta function. All keep the dtype of the first
argument, and are computed in float64.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import array_special
from minitorch.array_special import _BERNOULLI, _ERFC_FAR, _FAR, _I1_FAR, _STIRLING, _in_double, _polynomial
from minitorch.backend import Array, array_module

_ROOT_2 = math.sqrt(2)


def _both_in_double(function: Callable[..., Array]) -> Callable[..., Array]:
    """As _in_double, for two arrays, which are broadcast."""

    @functools.wraps(function)
    def double(x: Array, y: Array) -> Array:
        xp = array_module(x)
        wide = xp.broadcast_arrays(x.astype("float64"), y.astype("float64"))
        return function(xp, *wide).astype(x.dtype, copy=False)

    return double


# --- the normal distribution ------------------------------------------------------------------------------------------


@_in_double
def erfcx(xp: Any, x: Array) -> Array:
    """`exp(x * x) * erfc(x)`, which neither overflows nor underflows for positive x."""
    size = xp.absolute(x)
    middle = xp.clip(size, 0.8, 28)
    near = xp.exp(size * size) * array_special.erfc(size)
    far = _polynomial((middle - 4) / (middle + 4), _ERFC_FAR) / (1 + 2 * middle)
    reciprocal = 1 / xp.maximum(size, 28)
    square = reciprocal * reciprocal
    beyond = (
        reciprocal
        / math.sqrt(math.pi)
        * _polynomial(square, (1, -1 / 2, 3 / 4, -15 / 8, 105 / 16, -945 / 32, 10395 / 64))
    )
    scaled = xp.where(size < 0.8, near, xp.where(size < 28, far, beyond))
    bounded = xp.minimum(size, 30)  # the square of more overflows
    high = bounded.astype("float32").astype("float64")
    grown = xp.exp(high * high) * xp.exp((bounded - high) * (bounded + high))
    return xp.where(x < 0, 2 * grown - scaled, scaled)


@_in_double
def log_ndtr(xp: Any, x: Array) -> Array:
    """The logarithm of the probability that a normal variable is at most x."""
    low = xp.minimum(x, -1)
    tail = xp.log(erfcx(-low / _ROOT_2) / 2) - low * low / 2
    return xp.where(x < -1, tail, xp.log1p(-array_special.erfc(xp.maximum(x, -1) / _ROOT_2) / 2))


@_in_double
def ndtri(xp: Any, p: Array) -> Array:
    """What a normal variable does not exceed with probability p: by erfinv in the middle, by Newton in the tails."""
    share = xp.minimum(p, 1 - p)
    q = xp.clip(share, 5e-324, 0.25)
    goal = xp.log(2 * q)
    x = xp.sqrt(xp.maximum(-goal - xp.log(xp.sqrt(-math.pi * goal)), 0.2))
    for _ in range(6):  # on log erfc, which is nearly a parabola
        scaled = erfcx(x)
        x = x + (xp.log(scaled) - x * x - goal) * scaled * (math.sqrt(math.pi) / 2)
    tail = xp.copysign(_ROOT_2 * x, p - 0.5)
    middle = _ROOT_2 * array_special.erfinv(2 * xp.clip(p, 0.25, 0.75) - 1)
    inside = xp.where(share < 0.25, tail, middle)
    return xp.where(share > 0, inside, xp.where(share == 0, xp.copysign(math.inf, p - 0.5), math.nan))


# --- Bessel functions without their exponential -----------------------------------------------------------------------

_I0_FAR = tuple(math.prod((2 * j - 1) ** 2 for j in range(1, k + 1)) / (math.factorial(k) * 8**k) for k in range(15))


def _scaled(xp: Any, x: Array, function: Callable[[Array], Array], series: tuple[float, ...]) -> Array:
    """exp(-|x|) times the Bessel function, by its asymptotic series from 30 on; of x >= 0."""
    near = xp.minimum(x, 30)
    far = xp.maximum(x, 30)
    asymptotic = _polynomial(1 / far, series) / xp.sqrt(2 * math.pi * far)
    return xp.where(x < 30, function(near) * xp.exp(-near), asymptotic)


@_in_double
def i0e(xp: Any, x: Array) -> Array:
    """`exp(-abs(x)) * i0(x)`."""
    return _scaled(xp, xp.absolute(x), array_special.i0, _I0_FAR)


@_in_double
def i1e(xp: Any, x: Array) -> Array:
    """`exp(-abs(x)) * i1(x)`."""
    return xp.copysign(_scaled(xp, xp.absolute(x), array_special.i1, _I1_FAR), x)


# --- the incomplete gamma function ------------------------------------------------------------------------------------

_LARGE = 100.0
"""From here on the integral is taken over its peak, which is nearly a normal density."""
_NODES, _WEIGHTS = (tuple(each.tolist()) for each in np.polynomial.legendre.leggauss(64))


@_both_in_double
def gammainc(xp: Any, a: Array, x: Array) -> Array:
    """The integral of t^(a-1) exp(-t) from 0 to x, as a share of that to infinity."""
    return _shares(xp, a, x)[0]


@_both_in_double
def gammaincc(xp: Any, a: Array, x: Array) -> Array:
    """`1 - gammainc(a, x)`, exact also where that is tiny."""
    return _shares(xp, a, x)[1]


def _shares(xp: Any, a: Array, x: Array) -> tuple[Array, Array]:
    """The lower and the upper share: one of the two is computed, that which is not nearly 1."""
    invalid = ~((a >= 0) & (x >= 0)) | (xp.isinf(a) & xp.isinf(x)) | ((a == 0) & (x == 0))
    inside = ~invalid & (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    own, at = xp.where(inside, a, 1.0), xp.where(inside, x, 1.0)
    is_lower, few, near = at < own + 1, own < _LARGE, at < 1.1
    lower = _series(xp, xp.where(few & is_lower, own, 1.0), xp.where(few & is_lower, at, 1.0))
    upper = _fraction(xp, xp.where(few & ~is_lower, own, 1.0), xp.where(few & ~is_lower, at, 3.0))
    peak_lower, peak_upper = _over_the_peak(xp, xp.where(few, _LARGE, own), xp.where(few, _LARGE, at))
    lower = xp.where(few, xp.where(is_lower, lower, 1 - upper), peak_lower)
    small = _near_zero(xp, xp.where(near, own, 1.0), xp.where(near, at, 1.0))
    upper = xp.where(few, xp.where(near, small, xp.where(is_lower, 1 - lower, upper)), peak_upper)
    ones = xp.where((a == 0) | xp.isinf(x), 1.0, 0.0)  # at the edges all of it, or nothing
    lower, upper = xp.where(inside, lower, ones), xp.where(inside, upper, 1 - ones)
    return xp.where(invalid, math.nan, lower), xp.where(invalid, math.nan, upper)


def _front(xp: Any, a: Array, x: Array) -> Array:
    return xp.exp(a * xp.log(x) - x - array_special.lgamma(a + 1))


def _series(xp: Any, a: Array, x: Array) -> Array:
    """The lower share for x < a + 1: the sum of x^k / ((a + 1) ... (a + k))."""
    term = xp.ones_like(x)
    total = term.copy()
    for k in range(1, 400):
        term = term * x / (a + k)
        total = total + term
        if not (term > 1e-17 * total).any():
            break
    return total * _front(xp, a, x)


def _near_zero(xp: Any, a: Array, x: Array) -> Array:
    """The upper share for small x, where 1 less the lower one would lose digits: by another series for that."""
    term = -x
    total = xp.zeros_like(x)
    for k in range(1, 30):
        total = total + term / (a + k)
        term = term * -x / (k + 1)
    logarithm = a * xp.log(x) - array_special.lgamma(a + 1)
    return -xp.expm1(logarithm) - xp.exp(logarithm) * a * total


def _fraction(xp: Any, a: Array, x: Array) -> Array:
    """The upper share for x >= a + 1: Lentz's evaluation of the continued fraction."""
    b = x + 1 - a
    c = xp.full_like(x, math.inf)
    d = 1 / b
    value = d
    for k in range(1, 400):
        step = -k * (k - a)
        b = b + 2
        d = 1 / (step * d + b)
        c = b + step / c
        change = c * d
        value = value * change
        if not (xp.absolute(change - 1) > 1e-16).any():
            break
    return value * _front(xp, a, x) * a


def _over_the_peak(xp: Any, a: Array, x: Array) -> tuple[Array, Array]:
    """Both shares for large a: Gauss and Legendre's sum from x outwards to where the integrand vanishes."""
    peak = a - 1
    width = xp.sqrt(peak)
    is_upper = x > peak
    end = xp.where(
        is_upper, xp.maximum(x, peak) + 12 * width + 60, xp.maximum(xp.minimum(x, peak) - 12 * width - 60, 0)
    )
    half, total = (end - x) / 2, xp.zeros_like(x)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        u = (x + half * (1 + node) - peak) / peak
        total = total + weight * xp.exp(peak * (xp.log1p(xp.maximum(u, -1)) - u))
    # Stirling's formula without what cancels.
    series = _polynomial(1 / (peak * peak), _STIRLING) / peak
    share = xp.absolute(half) * total * xp.exp(-series) / xp.sqrt(2 * math.pi * peak)
    return xp.where(is_upper, 1 - share, share), xp.where(is_upper, share, 1 - share)


@_both_in_double
def gamma_slope(xp: Any, a: Array, x: Array) -> Array:
    """How a gamma variable moves with its shape a where its share below stays: -(d gammainc / da) / density at x.

    By differences of the logarithm of the smaller share, which is nearly straight: right to some nine digits.
    """
    step = 1e-3 * xp.minimum(a, xp.sqrt(a))
    is_lower = x < a
    logarithms = [xp.log(xp.where(is_lower, *_shares(xp, a + k * step, x))) for k in (-2, -1, 1, 2)]
    slope = (logarithms[0] - 8 * logarithms[1] + 8 * logarithms[2] - logarithms[3]) / (12 * step)
    own = xp.where(is_lower, *_shares(xp, a, x))
    density = xp.exp((a - 1) * xp.log(x) - x - array_special.lgamma(a))
    return xp.where(is_lower, -1, 1) * slope * (own / density)


# --- Hurwitz's zeta function ------------------------------------------------------------------------------------------


@_both_in_double
def zeta(xp: Any, s: Array, x: Array) -> Array:
    """The sum of (x + k)^-s over k >= 0, for s > 1: first terms one by one, the rest by Euler and Maclaurin.

    Nan below -1000, and for a negative x where s is not whole.
    """
    whole = x == xp.floor(x)
    pole = (x <= 0) & whole
    inside = xp.isfinite(s) & xp.isfinite(x) & (s > 1) & (x >= -1000) & ~pole & ((x > 0) | (s == xp.floor(s)))
    power, at = xp.where(inside, s, 2.0), xp.where(inside, x, 1.0)
    out = xp.zeros_like(at)
    far = _FAR + 2 * power
    going = at < far
    while bool(going.any()):
        term = xp.where(going, at, 1.0) ** -power
        out = xp.where(going, out + term, out)
        at = xp.where(going, at + 1, at)
        going = going & (at < far) & ((at <= 1) | (term > 1e-17 * out))
    rest = at ** (1 - power) / (power - 1) + 0.5 * at**-power
    factor = power / 2
    for k, b in enumerate(_BERNOULLI, 1):
        rest = rest + b * factor * at ** (1 - power - 2 * k)
        factor = factor * (power + 2 * k - 1) * (power + 2 * k) / ((2 * k + 1) * (2 * k + 2))
    out = out + xp.where(at < far, 0, rest)
    return xp.where(inside, out, xp.where((s == 1) | (pole & (s > 1)), math.inf, math.nan))
