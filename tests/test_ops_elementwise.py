"""What the parity specs of the elementwise operations cannot say: node names, errors, operators, in-place writes."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import array_special

ENGINES = (minitorch, torch)


def values(engine: Any) -> dict[str, Any]:
    """The tensors that the expressions below use, on one engine."""
    return {
        "t": engine,
        "inf": math.inf,
        "x": engine.tensor([1.0, 2.0, -3.0], requires_grad=True),
        "y": engine.tensor([2.0, 2.0, 2.0], requires_grad=True),
        "s": engine.tensor(2.0, requires_grad=True),
        "f": engine.tensor([0.5, 1.5, 2.5]),
        "i": engine.tensor([1, 2, 3]),
        "b": engine.tensor([True, False, True]),
        "u": engine.tensor([1, 200, 3], dtype=engine.uint8),
    }


def on_both(expression: str) -> list[Any]:
    return [eval(expression, values(engine)) for engine in ENGINES]


@pytest.mark.parametrize(
    "expression",
    [
        "1 - x", "2 / x", "x - 1", "x / 2", "x * s", "x + 1", "t.rsub(x, y)", "x ** 2", "2 ** x", "x ** y",
        "t.square(x)", "x // 2", "2 // x", "x % 2", "x % y", "5 % x", "t.fmod(x, 2)", "t.fmod(x, y)", "-x",
        "abs(x)", "+x", "t.div(x, 2, rounding_mode='floor')", "t.div(x, y, rounding_mode='trunc')",
        "t.true_divide(x, y)", "t.clamp(x, 0)", "t.clamp(x, y)", "x.clamp_min(0)", "x.clamp_min(y)",
        "x.clamp_max(0)", "x.clamp_max(y)", "t.maximum(x, y)", "t.fmin(x, y)", "t.where(b, x, 1)", "x.where(b, y)",
        "t.round(x)", "t.round(x, decimals=1)", "t.copysign(x, y)", "t.copysign(x, -1)", "t.xlogy(x, y)",
        "t.xlogy(x, 2)", "t.xlogy(2, y)", "t.lerp(x, y, 0.3)", "t.lerp(x, y, s)", "t.addcmul(x, y, f)",
        "t.addcdiv(x, y, f, value=2)", "t.float_power(x, 2)", "t.fill(x, 2)", "t.fill(x, s)", "(x * 1).fill_(2)",
        "(x * 1).fill_(s)", "(x * 1).zero_()", "(x * 1).copy_(y)", "t.deg2rad(x)", "t.erf(x)", "t.polygamma(2, y)",
        "t.i0(x)", "t.ldexp(x, i)", "t.nan_to_num(x)", "t.exp2(x)", "t.log1p(y)", "(x * 1).clamp_(0)",
        "(x * 1).add_(1)", "x.sigmoid()", "x.clone()", "t.heaviside(x, y)", "t.logaddexp2(x, y)",
    ],
)  # fmt: skip
def test_values_and_node_names_are_torchs(expression: str) -> None:
    own, expected = on_both(expression)
    assert repr(own) == repr(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "i / i", "i // 2", "-i // 2", "i % -2", "i + 2.5", "i + t.tensor(2.5)", "b + b", "b * b", "b / b", "b + 1",
        "b + True", "i ** 2", "i ** True", "i ** 2.5", "2 ** t.tensor([-1, 1])", "i ** t.tensor([-1, 1, 1])",
        "b ** 2", "~i", "~b", "i & 6", "i | b", "b ^ True", "1 & b", "i << 2", "2 << i", "i >> 1", "i << 64",
        "-i >> 64", "u + 100", "u - 2", "-u", "u * t.tensor(1000)", "f.half() + f", "f.half() * 0.5", "i == 2.0",
        "f > 1", "i.clamp(1.5)", "b.clamp(0, 1)", "t.where(b, 1, 2)", "t.where(b, 1.0, 2)", "t.where(b, i, f)",
        "t.where(b)", "t.where(t.tensor(1))", "t.exp(b)", "t.sign(t.tensor([inf - inf, -2.0]))", "t.floor(i)",
        "t.square(b)", "t.copysign(i, -1)", "t.add(b, b, alpha=2)", "t.add(i, i, alpha=2)", "t.sub(f, 1, alpha=2)",
        "t.tensor([1.0, -1.0, 0.0]) // 0", "t.tensor([7.5, -7.5]) // t.tensor([-2.0, 2.0])",
        "t.div(-i, 2, rounding_mode='trunc')", "t.add(1, f)", "t.mul(2, f)", "t.logical_not(f)",
        "t.logical_xor(f, b)", "i.clone().logical_and_(b)", "i.clone().eq_(2)", "t.float_power(i, 2)",
        "t.gcd(i, i * 4)", "i.clone().copy_(f)", "t.zeros(2, 3).copy_(f)", "t.zeros(2, dtype=t.int64).fill_(2.5)",
        "t.zeros(3).copy_(5)", "t.equal(i, i.float())", "t.equal(f, f[:2])", "t.allclose(f, f + 1e-9)",
        "t.isclose(f, f * 2)", "f == 'a'", "f == None", "f != None", "t.signbit(t.tensor([-0.0]))",
        "t.add(i, i, out=t.empty(3, dtype=t.float64))",
    ],
)  # fmt: skip
def test_values_and_dtypes_are_torchs(expression: str) -> None:
    own, expected = on_both(expression)
    assert repr(own) == repr(expected)
    assert str(getattr(own, "dtype", None)) == str(getattr(expected, "dtype", None))


@pytest.mark.parametrize(
    ("expression", "phrase"),
    [
        ("b - b", "with two bool tensors is not supported"),
        ("f - b", "with a bool tensor is not supported"),
        ("1 - b", "with a bool tensor is not supported"),
        ("f - True", "with a bool tensor is not supported"),
        ("t.rsub(f, True)", "with a bool tensor is not supported"),
        ("-b", "Negation, the `-` operator, on a bool tensor is not supported"),
        ("+b", r"The `\+` operator, on a bool tensor is not supported"),
        ("i // 0", "ZeroDivisionError"),
        ("i % t.tensor([0, 1, 2])", "ZeroDivisionError"),
        ("5 % t.tensor([0, 1])", "ZeroDivisionError"),
        ("t.fmod(i, 0)", "ZeroDivisionError"),
        ("i ** -1", "Integers to negative integer powers are not allowed"),
        (
            "t.div(x, 2, rounding_mode='up')",
            "expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'",
        ),
        ("t.add(i, i, alpha=1.5)", "argument alpha must not be a floating point number"),
        ("t.add(f, f, alpha=True)", "Boolean alpha only supported for Boolean results"),
        ("t.sub(f, f, alpha=True)", "Boolean alpha only supported for Boolean results"),
        ("t.add(u, u, alpha=300)", "value cannot be converted to type uint8_t without overflow"),
        ("t.clamp(x)", "At least one of 'min' or 'max' must not be None"),
        ("t.where(f, x, y)", "where expected condition to be a boolean tensor, but got a tensor with dtype Float"),
        ("t.heaviside(f, i)", "heaviside is not yet implemented for tensors with different dtypes"),
        ("t.polygamma(-1, x)", "does not support negative n"),
        ("t.addcdiv(i, i, i)", "Integer division with addcdiv is no longer supported"),
        ("t.addcdiv(f, i, i)", "Integer division with addcdiv is no longer supported"),
        ("t.lerp(x, y.double(), 0.5)", "expected dtype float for `end` but got dtype double"),
        ("t.isclose(f, i)", "Float did not match Long"),
        ("t.isclose(f, f, rtol=-1)", "rtol must be greater than or equal to zero, but got -1"),
        ("t.zeros(3).fill_(f)", "fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions"),
        ("t.zeros(3).float_power_(2)", "the operation's result requires dtype Double"),
        ("i.add_(1.5)", "result type Float can't be cast to the desired output type Long"),
        ("i.div_(2)", "result type Float can't be cast to the desired output type Long"),
        ("b.add_(1)", "result type Long can't be cast to the desired output type Bool"),
        ("t.zeros(3).add_(t.zeros(2, 3))", "doesn't match the broadcast shape"),
        ("t.zeros(3).copy_(t.zeros(4))", r"The size of tensor a \(3\) must match the size of tensor b \(4\)"),
        ("i.bitwise_and_(1.5)", "result type Float can't be cast to the desired output type Long"),
        ("t.zeros(2, dtype=t.bool).remainder_(t.ones(3, 2, dtype=t.bool))", "output with shape"),
        ("x.zero_()", "a leaf Variable that requires grad is being used in an in-place operation"),
        ("x.__iadd__(1)", "a leaf Variable that requires grad is being used in an in-place operation"),
        ("(x // 2).sum().backward()", "derivative for aten::floor_divide is not implemented"),
        ("(5 % x).sum().backward()", "derivative for aten::remainder is not implemented"),
        ("t.add(x, t.ones(2))", "The size of tensor a"),
    ],
)
def test_runtime_errors_are_torchs(expression: str, phrase: str) -> None:
    for engine in ENGINES:
        with pytest.raises(RuntimeError, match=phrase):
            eval(expression, values(engine))


@pytest.mark.parametrize(
    "expression",
    [
        "x.clamp(0, n)", "x.clamp(n)", "x.clamp_(max=n)", "t.clip(x, n, 1)", "x.clamp_min(n)", "x.clamp_max_(n)",
        "x.fill_(n)", "t.fill(x, n)", "t.full((2,), n, dtype=x.dtype)", "t.full_like(x, n)", "x.new_full((2,), n)",
        "x.masked_fill(x == x, n)", "x.index_fill(0, t.tensor([0]), n)", "x.scatter(0, t.tensor([0]), n)",
        "x.reshape(1, 3).fill_diagonal_(n)", "t.where(x == x, x, n)", "t.threshold(x, n, 1)",
        "t.addcmul(x, x, x, value=n)",
        "t.add(x, x, alpha=n)", "t.nn.functional.pad(x, (1, 1), value=n)", "t.nn.functional.hardtanh(x, 0, n)",
        "x.pow(n if isinstance(n, float) else n // 8)", "x + n", "x - n", "x * n", "x <= n", "x.eq(n)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "float32", "float64"])
def test_a_number_that_a_dtype_cannot_hold_raises_or_wraps_around_where_it_does_in_torch(
    expression: str, dtype: str
) -> None:
    numbers = (255, 256, 300, -1, -129, -255, -256, 2**16, 2**31, -(2**31) - 1, 2**40, 0.5, -0.5, 1e5, 1e39, math.inf)
    for n in numbers:
        if "x.pow" in expression and dtype.startswith("float"):
            continue
        answers = []
        for engine in ENGINES:
            x = engine.tensor([1, 3, 2], dtype=getattr(engine, dtype))
            try:
                result = eval(expression, {"t": engine, "x": x, "n": n})
                answers.append((str(result.dtype), str(result.tolist())))
            except (RuntimeError, OverflowError, ValueError) as error:
                answers.append((type(error).__name__, ""))
        assert answers[0] == answers[1], (n, answers)


def test_special_functions_of_the_smallest_and_largest_numbers_are_torchs() -> None:
    numbers = [-1e-300, 1e-300, 1e160, 1e300]
    for name in ("gammaln", "erfcx"):
        own, expected = (getattr(t.special, name)(t.tensor(numbers, dtype=t.float64)).tolist() for t in ENGINES)
        np.testing.assert_allclose(own, expected, rtol=1e-13, err_msg=name)


@pytest.mark.parametrize(
    "expression",
    [
        "b // b", "b % b", "b ** b", "abs(b)", "t.floor(b)", "t.round(i, decimals=1)", "t.frac(i)", "t.hypot(i, i)",
        "f & 1", "f << 2", "t.gcd(f, f)", "t.nextafter(i, i)", "t.logaddexp(i, i)", "t.lerp(i, i, 0.5)",
        "t.clamp(b, True)", "t.bitwise_not(f)", "t.fmod(b, b)", "t.addcmul(b, b, b)",
    ],
)  # fmt: skip
def test_what_no_kernel_takes_raises_not_implemented_as_in_torch(expression: str) -> None:
    for engine in ENGINES:
        with pytest.raises(NotImplementedError, match="not implemented for '"):
            eval(expression, values(engine))


@pytest.mark.parametrize(
    "expression",
    [
        "f + None", "f + [1, 2]", "f < 'a'", "'a' * f", "~f", "t.maximum(1, f)", "t.where(True, x, y)",
        "t.where(b, x)", "t.where(b, x, 'a')", "t.exp(2.0)", "t.add(x, 'a')", "t.clamp(x, min=0, max=y)",
        "t.equal(f, 1)", "t.equal(1, f)", "t.zeros(3).copy_([1, 2])", "t.polygamma(i, x)", "t.lerp(x, 1, 0.5)",
        "t.float_power(x, 'a')", "t.hypot(x, 1)",
    ],
)  # fmt: skip
def test_type_errors_are_torchs(expression: str) -> None:
    for engine in ENGINES:
        with pytest.raises(TypeError):
            eval(expression, values(engine))


class Foreign:
    """An operand that knows how to combine itself with a tensor."""

    def __radd__(self, other: Any) -> str:
        return "radd"

    def __eq__(self, other: object) -> Any:
        return "eq"


def test_a_foreign_operand_is_asked() -> None:
    tensor = minitorch.tensor([1.0])
    assert tensor + Foreign() == "radd"
    assert (tensor == Foreign()) == "eq"
    assert tensor.__mul__("a") is NotImplemented


def test_numpy_arrays_on_either_side() -> None:
    tensor = minitorch.tensor([0.5, 1.5])
    product = tensor * np.ones(2)
    assert isinstance(product, minitorch.Tensor) and product.dtype == minitorch.float64
    with pytest.raises(TypeError, match="unsupported operand"):
        np.ones(2) * tensor
    assert isinstance(np.sin(tensor), minitorch.Tensor)
    assert np.greater(tensor, 1.0).dtype == minitorch.uint8  # torch's own choice
    with pytest.raises(RuntimeError, match="Can't call numpy"):
        minitorch.tensor([1.0], requires_grad=True) * np.ones(1)


@pytest.mark.parametrize(
    "change",
    [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod, operator.ipow],
)
def test_in_place_operators_change_the_tensor_itself(change: Any) -> None:
    for engine in ENGINES:
        tensor = engine.tensor([1.0, 2.0, 5.0])
        alias, version = tensor, tensor._version
        tensor = change(tensor, 2)
        assert tensor is alias and tensor._version == version + 1
    assert change(minitorch.tensor([5.0]), 2).item() == change(torch.tensor([5.0]), 2).item()


def test_in_place_writes_take_part_in_the_graph() -> None:
    results = []
    for engine in ENGINES:
        x = engine.tensor([1.0, -2.0, 3.0], requires_grad=True)
        z = x * 2
        z.clamp_(min=0).pow_(2).add_(x, alpha=3)
        z.sum().backward()
        results.append(x.grad.tolist())
    assert results[0] == results[1]


def test_copy_casts_broadcasts_and_sends_the_gradient_to_the_source() -> None:
    source = minitorch.tensor([1.0, 2.0], dtype=minitorch.float64, requires_grad=True)
    target = minitorch.zeros(3, 2)
    assert target.copy_(source) is target and target.dtype == minitorch.float32
    (target * 2).sum().backward()
    assert source.grad is not None and source.grad.tolist() == [6.0, 6.0] and source.grad.dtype == minitorch.float64


def test_a_spoiled_value_is_noticed() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_uint8_condition_warns() -> None:
    condition = minitorch.tensor([1, 0], dtype=minitorch.uint8)
    with pytest.warns(UserWarning, match="uint8 condition tensor"):
        assert minitorch.where(condition, 1.0, 2.0).tolist() == [1.0, 2.0]


def test_gradients_keep_float32() -> None:
    for function in ("exp", "sigmoid", "erf", "abs", "sinc", "rsqrt", "lgamma", "i0", "logit", "deg2rad"):
        x = minitorch.tensor([0.25, 0.5], requires_grad=True)
        (g,) = minitorch.autograd.grad(getattr(minitorch, function)(x).sum(), x, create_graph=True)
        assert g.dtype == minitorch.float32, function


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv", "lgamma", "digamma", "i0"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_special_functions_are_exact(name: str, dtype: str) -> None:
    x = np.linspace(-0.99, 0.99, 200) if name == "erfinv" else np.linspace(-5.3, 25.0, 1001)
    x = x.astype(dtype)
    expected = getattr(torch, name)(torch.tensor(x.astype("float64"))).numpy()
    own = getattr(array_special, name)(x)
    assert own.dtype == x.dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(own, expected, rtol=8 * eps if dtype == "float32" else 1e-12, atol=4 * eps)


def test_special_functions_at_the_ends() -> None:
    assert array_special.erfc(np.array([27.0]))[0] == pytest.approx(5.237048923789256e-319, rel=1e-3)
    assert array_special.erfinv(np.array([-1.0, 1.0, 2.0])).tolist()[:2] == [-math.inf, math.inf]
    assert array_special.lgamma(np.array([0.0, -3.0, math.inf, -math.inf])).tolist() == [math.inf] * 4
    assert array_special.digamma(np.array([0.0, -0.0])).tolist() == [-math.inf, math.inf]
    assert array_special.polygamma(1, np.array([1.0]))[0] == pytest.approx(math.pi**2 / 6, rel=1e-15)
    assert math.isnan(array_special.polygamma(2, np.array([-1000.5]))[0])


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_a_remainder_of_zero_has_the_sign_of_the_dividend(dtype: str) -> None:
    for divisor in (2, -2.0, [1.0, -1.0, 2.0, -2.0, 4.0, 2.0], math.inf):
        printed = []
        for engine in (minitorch, torch):
            values = engine.tensor([-2.0, 2.0, -0.0, 0.0, -4.0, 3.0], dtype=getattr(engine, dtype))
            other = engine.tensor(divisor, dtype=values.dtype) if isinstance(divisor, list) else divisor
            printed.append(str((values % other, values.remainder_(other))))
        assert printed[0] == printed[1]


WITHOUT_GRADIENT = [
    "relu(z)", "relu6(z)", "hardtanh(z)", "threshold(z, 0, 0)", "softshrink(z)", "hardshrink(z)", "hardsigmoid(z)",
    "leaky_relu(z)", "max_pool1d(z.view(1, 1, 6), 2)", "max_pool1d(z.view(1, 1, 6), 3, 1)",
]  # fmt: skip
WITHOUT_GRADIENT_OF_TORCH = [
    "clamp(z, 0, 1)", "clamp_min(z, 0)", "clamp_max(z, 0)", "maximum(z, torch.zeros(6))", "fmin(z, torch.zeros(6))",
    "max(z)", "amax(z)", "median(z)", "floor(z)", "round(z)", "sign(z)", "nan_to_num(z)", "where(z > 0, z, 0 * z)",
]  # fmt: skip


@pytest.mark.parametrize("upstream", [-1.0, float("inf")])
@pytest.mark.parametrize(
    "call",
    [f"torch.nn.functional.{each}" for each in WITHOUT_GRADIENT] + [f"torch.{e}" for e in WITHOUT_GRADIENT_OF_TORCH],
)
def test_what_gets_no_gradient_gets_zero_with_its_sign(call: str, upstream: float) -> None:
    """A product with a mask would be -0, which is printed, or nan."""
    found = []
    for engine in (minitorch, torch):
        z = engine.tensor([-1.0, 2.0, -3.0, 0.0, 5.0, -7.5], requires_grad=True)
        out = eval(call, {"torch": engine, "z": z})
        out.backward(engine.full_like(out, upstream))
        found.append(repr(z.grad))
    assert found[0] == found[1]
