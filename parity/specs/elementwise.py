"""Elementwise operations: pointwise mathematics, integers and bits, comparison and logic, and Python's operators."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import (
    FINITE,
    INF,
    INTEGERS,
    NAN,
    NONZERO,
    OFF_HALVES,
    OFF_INTEGERS,
    POSITIVE,
    REALS,
    SMOOTH,
    TIES,
    Call,
    Domain,
    Draw,
    between,
    broadcastable,
    one_of,
    options,
    sample,
    tensors,
)
from parity.tolerance import Looser

BITS = (*INTEGERS, "bool")
SPECIALS = REALS.specials

# Gradients are asked for at these points too, where torch has chosen a value of its own.
KINK_AT_0 = Domain("a kink at 0, where torch has chosen the gradient", low=-3.0, high=3.0, specials=(0.0,))
EQUAL_OPERANDS = Domain("equal elements: torch has chosen who gets the gradient", low=-2.0, high=2.0, whole=True)
AT_A_BOUND = Domain("at a bound too, where torch lets the gradient through", low=-3.0, high=3.0, specials=(-1.0, 1.5))
CANCELS_NEAR_0 = Domain("at 0, but not near it: the formula cancels there", away=(0.0,), margin=0.3, specials=(0.0,))
OFF_POWERS = between(0.6, 0.95, "the mantissa jumps at the powers of 2")
STEP = Domain("jumps at 0", low=-2.0, high=2.0, whole=True, specials=(NAN, INF, -INF))
SMALL = between(0.0, 5.0, "what every dtype holds: other conversions of floats are undefined in C++")
NEAR = Domain("near each other or not", whole=True, specials=(NAN, INF))
DIVISOR = Domain(
    "integers other than 0, by which torch raises; floats of any kind", away=(0.0,), margin=0.5, specials=SPECIALS
)
SHIFTS = between(0.0, 5.0, "a shift by fewer bits than the dtype has; any other is undefined in C++")

OFF_POLES = between(0.5, 6.0, "away from the poles, where torch's trigamma is finite, by its rounding")
TEN_DIGITS = Looser(1e5, "torch's trigamma has ten digits", dtypes=("float64",))
ZETA = Looser(100, "a series or an expansion, which each engine cuts off in its own way")

TWO = broadcastable(2)
TENSOR_OR_NUMBER = broadcastable(2, numbers=(1,))
EITHER_NUMBER = broadcastable(2, numbers=(0, 1))
THREE = broadcastable(3)


def clamp_bounds(d: Draw, input: Any) -> Call:
    """Numbers or tensors; both, one or, which torch refuses, none."""
    if d.flag():
        return d.some(min=(-1.0, 0.5, 0, None), max=(1.5, 2, -1, None))
    low, high = d.tensor(input.shape), d.tensor(d.pick(input.shape, ()))
    return d.pick(Call(low, high), Call(min=low, max=high), Call(min=low), Call(max=high))


def lerp_weight(d: Draw, input: Any, end: Any) -> Call:
    """A number or a tensor."""
    return Call(d.pick(0.25, 0.75, 2, -1)) if d.flag() else Call(d.tensor(d.pick(input.shape, ())))


def where(d: Draw) -> Call:
    """A condition, and for each side a tensor or a number, of shapes that broadcast."""
    shapes = d.broadcastable(3)
    dtype = "int64" if d.fault() else "bool"
    sides = [d.number() if d.chance(4) else d.tensor(shape) for shape in shapes[1:]]
    return Call(d.tensor(shapes[0], dtype), *sides)


def where_method(d: Draw) -> Call:
    """`input.where(condition, other)`."""
    shapes = d.broadcastable(3)
    return Call(d.tensor(shapes[0]), d.tensor(shapes[1], "bool"), d.tensor(shapes[2]))


def tensor_and_number(d: Draw) -> list[Any]:
    """What the reflected operators get: the tensor, then the number on its left."""
    return [d.tensor(), d.number()]


def polygamma(d: Draw) -> Call:
    """`polygamma(n, input)`; the method takes n second."""
    return Call(d.integer(0, 4), d.tensor())


def swapped(call: Call) -> Call:
    """The first two arguments the other way round."""
    first, second = call.args
    return Call(second, first)


def fill_value(d: Draw, input: Any) -> Call:
    """A number or a tensor without dimensions; in mode "error" now and then one with a dimension."""
    return Call(d.number()) if d.flag() else Call(d.tensor((2,) if d.fault() else ()))


def of_shapes(d: Draw) -> Call:
    """A shape, which torch has no derivative for, and a place."""
    first, second = d.broadcastable(2)
    shape = d.given(d.domain().draw(d.rng, first, d.dtype, d.specials), d.mode != "gradient")
    return Call(shape, d.tensor(second, dtype=d.dtype, domain=POSITIVE if d.mode == "gradient" else None))


def hurwitz(d: Draw) -> Call:
    """An exponent, which torch has no derivative for, and where the sum begins."""
    first, second = d.broadcastable(2)
    above = between(1.5, 6.0, "above the pole") if d.mode == "gradient" else d.domains[0]
    exponent = d.given(above.draw(d.rng, first, d.dtype, d.specials), False)
    return Call(exponent, d.tensor(second, dtype=d.dtype, domain=POSITIVE if d.mode == "gradient" else None))


SMOOTH_UNARY = each("cos cosh deg2rad erf erfc exp exp2 expm1 rad2deg sigmoid sin sinh square tanh", Spec(""))

UNARY = [
    Spec("abs", aliases=("absolute", "Tensor.__abs__"), grad=KINK_AT_0),
    Spec("acos", aliases=("arccos",), domain=between(-1.2, 1.2, "nan outside [-1, 1]", *SPECIALS),
         grad=between(-0.9, 0.9, "away from the poles of the derivative at -1 and 1")),
    Spec("acosh", aliases=("arccosh",), extends="the gradient of acosh_",
         grad=between(1.2, 5.0, "away from the pole of the derivative at 1")),
    Spec("asin", aliases=("arcsin",), domain=between(-1.2, 1.2, "nan outside [-1, 1]", *SPECIALS),
         grad=between(-0.9, 0.9, "away from the poles of the derivative at -1 and 1")),
    Spec("asinh", aliases=("arcsinh",), extends="the gradient of asinh_"),
    Spec("atan", aliases=("arctan",)),
    Spec("atanh", aliases=("arctanh",), extends="the gradient of atanh_",
         domain=between(-1.2, 1.2, "nan outside [-1, 1]", *SPECIALS),
         grad=between(-0.9, 0.9, "away from the poles at -1 and 1")),
    Spec("ceil"),
    Spec("clone"),
    Spec("erfinv", domain=between(-1.2, 1.2, "nan outside [-1, 1]", *SPECIALS),
         grad=between(-0.9, 0.9, "away from the poles at -1 and 1")),
    Spec("fill", args=fill_value, forms=("function",), domain=SMALL),
    Spec("floor"),
    Spec("frac", grad=OFF_INTEGERS),
    Spec("log", grad=POSITIVE),
    Spec("log10", grad=POSITIVE),
    Spec("log1p", grad=between(-0.8, 5.0, "away from the pole at -1")),
    Spec("log2", grad=POSITIVE),
    Spec("logit", args=one_of(Call(), Call(None), Call(1e-3), Call(eps=0.1)),
         domain=between(-0.2, 1.2, "nan or clamped outside [0, 1]", *SPECIALS),
         grad=between(0.02, 0.98, "away from the poles at 0 and 1")),
    Spec("nan_to_num", args=options(nan=(1.5, 0.0, None), posinf=(7.0, None), neginf=(-7.0, None)),
         grad=Domain("what is replaced gets no gradient", specials=(NAN, INF, -INF))),
    Spec("neg", aliases=("negative", "Tensor.__neg__")),
    Spec("positive", aliases=("Tensor.__pos__",)),
    Spec("reciprocal", grad=NONZERO),
    Spec("round", args=options(decimals=(0, 1, -1, 2)), grad=OFF_HALVES),
    Spec("rsqrt", grad=POSITIVE),
    Spec("sgn"),
    Spec("sign"),
    *each("angle real conj", Spec("")),
    Spec("sinc", grad=CANCELS_NEAR_0),
    Spec("sqrt", grad=POSITIVE),
    Spec("tan", grad=between(-1.2, 1.2, "away from the poles at -pi/2 and pi/2")),
    Spec("trunc", aliases=("fix",)),
    Spec("Tensor.zero_"),
    Spec("digamma", grad=POSITIVE, looser=ZETA),
    Spec("i0", looser=ZETA),
    Spec("special.i1", looser=ZETA),
    Spec("special.i0e", looser=ZETA),
    Spec("special.i1e", looser=ZETA, domain=FINITE, grad=NONZERO),
    Spec("special.entr", domain=between(-1.0, 5.0, "minus infinity below 0", *SPECIALS), grad=POSITIVE),
    Spec("special.erfcx", looser=ZETA),
    Spec("special.ndtr", looser=ZETA),
    Spec("special.ndtri", domain=between(-0.2, 1.2, "nan outside [0, 1]", *SPECIALS), looser=ZETA,
         grad=between(0.05, 0.95, "away from the poles at 0 and 1")),
    Spec("special.log_ndtr", looser=ZETA),
    Spec("special.multigammaln", args=lambda d, x: Call(0 if d.fault() else d.integer(1, 3)), looser=ZETA,
         domain=between(1.2, 6.0, "above the poles"), grad=between(1.2, 6.0, "above the poles")),
    Spec("mvlgamma", args=lambda d, x: Call(0 if d.fault() else d.integer(1, 3)), looser=ZETA,
         domain=between(1.2, 6.0, "above the poles"), grad=between(1.2, 6.0, "above the poles")),
    Spec("isreal"),
    Spec("lgamma", grad=POSITIVE, looser=ZETA),
    Spec("polygamma", call=polygamma, forms=("function", "out"), domain=OFF_POLES, grad=POSITIVE, looser=TEN_DIGITS),
    Spec("Tensor.polygamma", call=lambda d: swapped(polygamma(d)), domain=OFF_POLES, grad=POSITIVE, looser=TEN_DIGITS),
]  # fmt: skip

BINARY = [
    Spec("add", inputs=EITHER_NUMBER, args=options(alpha=(2, -1.5, True))),
    Spec("arctan2", aliases=("atan2",), inputs=TWO, grad=NONZERO),
    Spec("copysign", inputs=TENSOR_OR_NUMBER, grad=NONZERO),
    Spec("div", aliases=("divide",), inputs=EITHER_NUMBER, args=options(rounding_mode=(None, "floor", "trunc", "ceil")),
         domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO),
         also=(Call(sample([1, 2], "int64"), sample([0, 1], "int64"), rounding_mode="floor"),)),
    Spec("true_divide", inputs=EITHER_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO)),
    Spec("float_power", inputs=EITHER_NUMBER, grad=(POSITIVE, SMOOTH)),
    Spec("floor_divide", inputs=EITHER_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO),
         also=(Call(sample([1, 2], "int64"), sample([0, 1], "int64")),)),
    Spec("fmax", inputs=TWO, grad=EQUAL_OPERANDS),
    Spec("fmin", inputs=TWO, grad=EQUAL_OPERANDS),
    Spec("fmod", inputs=TENSOR_OR_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO),
         also=(Call(sample([1, 2], "int64"), sample([0, 1], "int64")),)),
    Spec("heaviside", inputs=TWO, domain=STEP),
    Spec("hypot", inputs=TWO, grad=NONZERO),
    *each("special.gammainc special.gammaincc igamma igammac",
          Spec("", call=of_shapes, domain=between(0.0, 8.0, "where torch keeps its digits", 0.0, INF),
               looser=ZETA)),
    Spec("special.zeta", looser=ZETA,
         domain=(between(1.1, 8.0, "above the pole", 1.0, 0.5), between(0.1, 9.0, "positive", 0.0, INF)),
         call=hurwitz),
    Spec("special.xlog1py", inputs=EITHER_NUMBER, grad=between(0.1, 3.0, "away from the pole at -1")),
    Spec("frexp", domain=FINITE, grad=OFF_POWERS, forms=("function", "method")),
    Spec("ldexp", inputs=TWO, domain=FINITE, extends="a bool exponent, where torch takes it for integers only"),
    Spec("logaddexp", inputs=TWO),
    Spec("logaddexp2", inputs=TWO),
    Spec("maximum", inputs=TWO, grad=EQUAL_OPERANDS),
    Spec("minimum", inputs=TWO, grad=EQUAL_OPERANDS),
    Spec("mul", aliases=("multiply",), inputs=EITHER_NUMBER),
    Spec("nextafter", inputs=TWO),
    Spec("pow", inputs=EITHER_NUMBER, grad=(POSITIVE, SMOOTH), also=(
        # In float32, which has no second order: torch's is nan where the base is 0.
        Call(sample([0.0, 0.0, 2.0, -2.0, 0.0], "float32"), sample([0.0, 2.0, 0.0, 3.0, 1.0], "float32", False)),
        Call(sample([0.0, 0.0, 2.0, 3.0], "float32", False), sample([0.0, 2.0, 0.0, 3.0], "float32")),
        *(Call(sample([-2.0, 0.0, 3.0]), exponent) for exponent in (0, 1, 2, 3, 2.0)),
        *(Call(sample([1, 2, 3], "int64"), exponent) for exponent in (2, 2.0, 0.5, -1)),
    )),
    Spec("remainder", inputs=EITHER_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO),
         also=(Call(sample([1, 2], "int64"), sample([0, 1], "int64")),)),
    Spec("rsub", inputs=TENSOR_OR_NUMBER, args=options(alpha=(2, -1.5))),
    Spec("sub", aliases=("subtract",), inputs=EITHER_NUMBER, args=options(alpha=(2, -1.5, True))),
    Spec("xlogy", inputs=EITHER_NUMBER, grad=(KINK_AT_0, POSITIVE)),
]  # fmt: skip

HALVES = tuple(sample(value, "float16", requires_grad=False) for value in (-100.0, 11.0, 9.1))
"""A sum that cancels most of a product, which float16 rounds: it is rounded once, at the end."""
LERP = tuple(
    Call(sample(input, one), sample(2.0, one), sample(0.3, other))
    for input in (1.0, [1.0])
    for one, other in (("float32", "float64"), ("float64", "float32"), ("float16", "float32"))
)
"""A weight without dimensions may be of another dtype, which counts where the inputs have no dimensions, too."""

SEVERAL = [
    Spec("addcdiv", inputs=THREE, args=options(value=(2, -0.5)), grad=(SMOOTH, SMOOTH, NONZERO),
         also=(Call(sample(-3.666, "float16"), *HALVES[1:], value=3.03),)),
    Spec("addcmul", inputs=THREE, args=options(value=(2, -0.5)), also=(Call(*HALVES),)),
    Spec("clamp", aliases=("clip",), args=clamp_bounds, grad=AT_A_BOUND),
    Spec("clamp_max", inputs=TENSOR_OR_NUMBER, grad=EQUAL_OPERANDS),
    Spec("clamp_min", inputs=TENSOR_OR_NUMBER, grad=EQUAL_OPERANDS),
    Spec("lerp", inputs=TWO, args=lerp_weight, domain=FINITE, also=LERP),
    # Tensor.where takes the condition second.
    Spec("where", call=where, forms=("function",)),
    Spec("Tensor.where", call=where_method),
    Spec("Tensor.copy_", inputs=TENSOR_OR_NUMBER, domain=SMALL),
    Spec("Tensor.fill_", args=fill_value, domain=SMALL),
]  # fmt: skip

BITWISE = [
    *each("bitwise_and bitwise_or bitwise_xor", Spec("", inputs=EITHER_NUMBER, dtypes=BITS)),
    *each(
        "bitwise_left_shift bitwise_right_shift", Spec("", inputs=EITHER_NUMBER, dtypes=BITS, domain=(FINITE, SHIFTS))
    ),
    Spec("bitwise_not", aliases=("Tensor.__invert__",), dtypes=BITS),
    *each("gcd lcm", Spec("", inputs=TWO, dtypes=INTEGERS)),
]

# Into a tensor that requires grad, torch writes what a comparison gives with a gradient of zeros, and what logic gives
# with the gradient of the values that it overwrote; in minitorch the graph ends there.
OUT_OF_PLACE = ("function", "method")

COMPARISON = [
    Spec("eq", aliases=("Tensor.__eq__",), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    Spec("ne", aliases=("not_equal", "Tensor.__ne__"), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    Spec("lt", aliases=("less", "Tensor.__lt__"), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    Spec("le", aliases=("less_equal", "Tensor.__le__"), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    Spec("gt", aliases=("greater", "Tensor.__gt__"), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    Spec("ge", aliases=("greater_equal", "Tensor.__ge__"), inputs=TENSOR_OR_NUMBER, domain=TIES, forms=OUT_OF_PLACE),
    *each("isfinite isinf isnan isneginf isposinf signbit", Spec("")),
    *each("allclose isclose", Spec("", inputs=TWO, domain=NEAR,
          args=options(rtol=(1e-5, 0.5), atol=(1e-8, 1.0, 2.0), equal_nan=(True, False)))),
    Spec("equal", inputs=tensors(2), domain=between(0.0, 1.0, "often equal, when there are few elements")),
    *each("logical_and logical_or logical_xor", Spec("", inputs=TWO, domain=TIES, forms=OUT_OF_PLACE)),
    Spec("logical_not", domain=TIES, forms=OUT_OF_PLACE),
]  # fmt: skip

OPERATORS = [
    *each("Tensor.__add__ Tensor.__iadd__ Tensor.__mul__ Tensor.__imul__ Tensor.__sub__ Tensor.__isub__",
          Spec("", inputs=TENSOR_OR_NUMBER)),
    *each("Tensor.__truediv__ Tensor.__itruediv__ Tensor.__floordiv__ Tensor.__ifloordiv__",
          Spec("", inputs=TENSOR_OR_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO))),
    *each("Tensor.__mod__ Tensor.__imod__",
          Spec("", inputs=TENSOR_OR_NUMBER, domain=(REALS, DIVISOR), grad=(SMOOTH, NONZERO))),
    *each("Tensor.__radd__ Tensor.__rmul__ Tensor.__rsub__", Spec("", inputs=tensor_and_number)),
    *each("Tensor.__rtruediv__ Tensor.__rdiv__ Tensor.__rfloordiv__ Tensor.__rmod__",
          Spec("", inputs=tensor_and_number, domain=(DIVISOR, REALS), grad=(NONZERO, SMOOTH))),
    *each("Tensor.__pow__ Tensor.__ipow__", Spec("", inputs=TENSOR_OR_NUMBER, grad=(POSITIVE, SMOOTH))),
    Spec("Tensor.__rpow__", inputs=tensor_and_number, grad=(SMOOTH, POSITIVE)),
    *each("Tensor.__and__ Tensor.__iand__ Tensor.__or__ Tensor.__ior__ Tensor.__xor__ Tensor.__ixor__",
          Spec("", inputs=TENSOR_OR_NUMBER, dtypes=BITS)),
    *each("Tensor.__rand__ Tensor.__ror__ Tensor.__rxor__", Spec("", inputs=tensor_and_number, dtypes=BITS)),
    *each("Tensor.__lshift__ Tensor.__ilshift__ Tensor.__rshift__ Tensor.__irshift__",
          Spec("", inputs=TENSOR_OR_NUMBER, dtypes=BITS, domain=(FINITE, SHIFTS))),
    *each("Tensor.__rlshift__ Tensor.__rrshift__",
          Spec("", inputs=tensor_and_number, dtypes=BITS, domain=(SHIFTS, FINITE))),
]  # fmt: skip

SPECS = [*SMOOTH_UNARY, *UNARY, *BINARY, *SEVERAL, *BITWISE, *COMPARISON, *OPERATORS]
