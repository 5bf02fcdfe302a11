"""Special functions of arrays, NumPy's or CuPy's: erf and its kin, the gamma function's logarithm and its derivatives.

All keep the dtype. What is not hot is computed in float64, also for float32. The polynomials were fitted on Chebyshev
points with 40 digits; their errors are below the rounding of the dtype they serve.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.backend import Array, array_module

# erf(x) / x over x^2 in [0, 1].
_ERF_NEAR = (
    1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777, 0.0052239776071164225,
    -0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-05, 1.6447424703317362e-06,
    -1.6208483801871705e-07, 1.3720064546777686e-08, -7.795898827002142e-10,
)  # fmt: skip
# erfc(x) exp(x^2) (1 + 2x) over (x - 4) / (x + 4), for x in [0.8, 28].
_ERFC_FAR = (
    1.2329951186255526, -0.13962111684056142, 0.015379652102614076, 0.06809705425454617, -0.10103906603594293,
    0.09373283500411922, -0.06633036582144991, 0.0371675154338845, -0.01619773393408, 0.005031970992621543,
    -0.00075777427094706, -0.00019926260492028977, 0.0001506265624123313, -2.4377949631790623e-05,
    -1.1237474648513565e-05, 5.662392670149515e-06, 3.240962874380638e-07, -7.625801286972153e-07,
    4.055576511545902e-08, 6.48917865435494e-08,
)  # fmt: skip
# erf(x) / x as a quotient of two polynomials in x^2, for x in [0, 4], to float32's rounding.
_ERF_SINGLE = (
    (1.12837914, 0.193553272, 0.0531027867, 0.00388367537, 0.000284569973, 1.98668131e-06),
    (1.0, 0.504864676, 0.115353351, 0.0152079283, 0.00118564449, 3.74193259e-05),
)
# log gamma(x) / ((x - 1) (x - 2)) over x - 2 in [-1, 1].
_LGAMMA_NEAR = (
    0.4227843350984672, -0.10031730167435395, 0.0329650006211419, -0.012384192193364526, 0.004998641165474131,
    -0.002108130834332547, 0.00091537690527288, -0.0004057073892742056, 0.00018255283120135137,
    -8.309521946458717e-05, 3.8167601000364536e-05, -1.766105183616701e-05, 8.227705232611113e-06,
    -3.849997161230253e-06, 1.7923920411786242e-06, -8.453442762427366e-07, 4.3404410108070576e-07,
    -2.0635178288309344e-07, 5.165015376455897e-08, -2.4332114658098466e-08, 5.4754361972630815e-08,
    -2.64252707231207e-08, -1.3074081880171198e-08, 6.3565524302872395e-09, 5.89638616423332e-09,
    -2.8541007959705006e-09,
)  # fmt: skip
# The Bernoulli numbers B2, B4, ..., of which the asymptotic series are made.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_STIRLING = tuple(b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1))
_DIGAMMA_FAR = tuple(b / (2 * k) for k, b in enumerate(_BERNOULLI, 1))
_FAR = 10.0
"""From here on the asymptotic series of the gamma function's kin are exact to float64's rounding."""


def _polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """The polynomial with `coefficients`, that of the constant first."""
    out = x * coefficients[-1]
    out += coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        out *= x
        out += coefficient
    return out


def _in_double(function: Callable[..., Array]) -> Callable[..., Array]:
    """Computes in float64, and rounds to the dtype that came."""

    @functools.wraps(function)
    def double(x: Array, *args: Any) -> Array:
        return function(array_module(x), x.astype("float64", copy=False), *args).astype(x.dtype, copy=False)

    return double


def erf(x: Array) -> Array:
    """The error function."""
    xp = array_module(x)
    if x.dtype == "float32":
        clipped = xp.clip(x, -4, 4)
        z = clipped * clipped
        quotient = clipped * _polynomial(z, _ERF_SINGLE[0])
        quotient /= _polynomial(z, _ERF_SINGLE[1])
        return xp.clip(quotient, -1, 1)
    return _erf_double(x)


@_in_double
def _erf_double(xp: Any, x: Array) -> Array:
    size = xp.absolute(x)
    near = x * _polynomial(xp.minimum(x * x, 1), _ERF_NEAR)
    return xp.where(size < 1, near, xp.copysign(1 - _erfc_far(xp, size), x))


@_in_double
def erfc(xp: Any, x: Array) -> Array:
    """`1 - erf(x)`, exact also where that is tiny."""
    far = _erfc_far(xp, xp.absolute(x))
    near = 1 - x * _polynomial(xp.minimum(x * x, 1), _ERF_NEAR)
    return xp.where(xp.absolute(x) < 0.8, near, xp.where(x > 0, far, 2 - far))


def _erfc_far(xp: Any, x: Array) -> Array:
    """erfc for x >= 0.8; exp(-x^2) is split so that the rounding of x^2 does no harm."""
    x = xp.minimum(x, 30)
    high = x.astype("float32").astype("float64")
    scale = xp.exp(-high * high) * xp.exp((high - x) * (high + x))
    return scale * _polynomial((x - 4) / (x + 4), _ERFC_FAR) / (1 + 2 * x)


@_in_double
def erfinv(xp: Any, y: Array) -> Array:
    """The x with erf(x) = y: a closed form that is right to 0.2 %, then three of Halley's steps."""
    size = xp.absolute(y)
    logarithm = xp.log1p(-y * y)
    middle = 2 / (math.pi * 0.147) + logarithm / 2
    x = xp.sqrt(xp.sqrt(middle * middle - logarithm / 0.147) - middle)
    for _ in range(3):
        excess = xp.where(size < 0.5, erf(x) - size, (1 - size) - erfc(x))
        step = excess * xp.exp(x * x) * (math.sqrt(math.pi) / 2)
        x = x - step / (1 + x * step)
    return xp.copysign(xp.where(size == 1, math.inf, x), y)


@_in_double
def lgamma(xp: Any, x: Array) -> Array:
    """The logarithm of the absolute value of the gamma function."""
    size = xp.absolute(x)
    # Up to 10 by gamma(x) = (x - 1) gamma(x - 1), from u = x - 2 in [-1, 1], where the fit holds.
    below_one = size < 1
    u = xp.where(below_one, size - 1, xp.minimum(size, _FAR) - 2)
    product = xp.ones_like(size)
    for _ in range(7):
        large = u >= 1
        u = xp.where(large, u - 1, u)
        product = xp.where(large, product * (u + 2), product)
    near = (u + 1) * u * _polynomial(u, _LGAMMA_NEAR) + xp.where(below_one, -xp.log(size), xp.log(product))
    big = xp.maximum(size, _FAR)
    series = _polynomial(1 / (big * big), _STIRLING) / big
    far = (big - 0.5) * (xp.log(big) - 1) + (0.5 * math.log(2 * math.pi) - 0.5) + series
    positive = xp.where(size < _FAR, near, far)
    sine = xp.absolute(xp.sin(math.pi * (x - xp.round(x))))
    reflected = math.log(math.pi) - xp.log(size) - xp.log(sine) - positive
    return xp.where(xp.isinf(x), math.inf, xp.where(x < 0, xp.where(sine == 0, math.inf, reflected), positive))


@_in_double
def digamma(xp: Any, x: Array) -> Array:
    """The derivative of lgamma."""
    y = xp.where(x <= 0, 1 - x, x)
    out = xp.zeros_like(y)
    for _ in range(int(_FAR)):
        small = y < _FAR
        out = xp.where(small, out - 1 / y, out)
        y = xp.where(small, y + 1, y)
    z = 1 / (y * y)
    out = out + xp.log(y) - 0.5 / y - z * _polynomial(z, _DIGAMMA_FAR)
    tangent = xp.tan(math.pi * (x - xp.round(x)))
    reflected = xp.where(tangent == 0, math.nan, out - math.pi / tangent)
    return xp.where(x == 0, xp.copysign(math.inf, -x), xp.where(x < 0, reflected, out))


def polygamma(n: int, x: Array) -> Array:
    """The n-th derivative of digamma; for n above 1, nan below -1000."""
    if n == 0:
        return digamma(x)
    return _trigamma(x) if n == 1 else _polygamma(x, n)


@_in_double
def _trigamma(xp: Any, x: Array) -> Array:
    sine = xp.sin(math.pi * (x - xp.round(x)))
    out = _zeta(xp, 2, xp.where(x < 0.5, 1 - x, x))
    return xp.where(x < 0.5, (math.pi / sine) ** 2 - out, out)


@_in_double
def _polygamma(xp: Any, x: Array, n: int) -> Array:
    inside = (x >= -1000) & (x < math.inf)
    return (-1.0) ** (n + 1) * math.factorial(n) * _zeta(xp, n + 1, xp.where(inside, x + 0.0, math.nan))


def _zeta(xp: Any, s: int, x: Array) -> Array:
    """The sum of (x + k)^-s over k >= 0: the first terms one by one, the rest by Euler and Maclaurin."""
    out = xp.zeros_like(x)
    far = _FAR + 2 * s
    small = x < far
    while small.any():
        out = xp.where(small, out + x**-s, out)
        x = xp.where(small, x + 1, x)
        small = x < far
    out = out + x ** (1 - s) / (s - 1) + 0.5 * x**-s
    factor = 1.0
    for k, b in enumerate(_BERNOULLI, 1):
        factor *= (s + 2 * k - 3) * (s + 2 * k - 2) / ((2 * k - 1) * 2 * k) if k > 1 else s / 2
        out = out + b * factor * x ** (1 - s - 2 * k)
    return out


@_in_double
def i0(xp: Any, x: Array) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return xp.i0(x)


_I1_NEAR = tuple(1 / (math.factorial(k) * math.factorial(k + 1)) for k in range(60))
_I1_FAR = tuple(
    math.prod((2 * j - 1) ** 2 - 4 for j in range(1, k + 1)) / (math.factorial(k) * 8**k) for k in range(15)
)


@_in_double
def i1(xp: Any, x: Array) -> Array:
    """The modified Bessel function of the first kind, of order 1; the derivative of i0."""
    half = xp.clip(x, -30, 30) / 2
    near = half * _polynomial(half * half, _I1_NEAR)
    size = xp.maximum(xp.absolute(x), 30)
    root = xp.exp(size / 2)  # squared last, so that it overflows where the result does
    far = root * (_polynomial(1 / size, _I1_FAR) / xp.sqrt(2 * math.pi * size)) * root
    return xp.where(xp.absolute(x) < 30, near, xp.copysign(far, x))
