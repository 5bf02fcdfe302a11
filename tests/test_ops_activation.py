"""What the parity specs of the activations cannot say: node names, errors, warnings, in-place writes, large numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.ops import activation

ENGINES = (minitorch, torch)


def values(engine: Any) -> dict[str, Any]:
    """The tensors that the expressions below use, on one engine."""
    return {
        "t": engine,
        "F": engine.nn.functional,
        "x": engine.tensor([1.0, 2.0, -3.0], requires_grad=True),
        "w": engine.tensor(0.5, requires_grad=True),
        "i": engine.tensor([1, -2, 3]),
        "b": engine.tensor([True, False]),
        "u": engine.tensor([1, 2], dtype=engine.uint8),
    }


@pytest.mark.parametrize(
    "expression",
    [
        "t.relu(x)", "F.relu6(x)", "F.leaky_relu(x)", "F.elu(x, 2.0)", "F.selu(x)", "F.celu(x, 2.0)",
        "F.gelu(x / 4)", "F.gelu(x, approximate='tanh')", "F.silu(x)", "F.mish(x)", "F.softplus(x, 2, 1)",
        "F.softsign(x)", "F.softmax(x, 0)", "t.log_softmax(x, 0)", "F.softmin(x, 0)", "F.hardtanh(x)",
        "F.hardsigmoid(x)", "F.hardswish(x)", "F.hardshrink(x)", "F.softshrink(x)", "F.tanhshrink(x)",
        "F.threshold(x, 0.5, 7)", "F.logsigmoid(x)", "t.prelu(x, w)", "F.glu(t.cat([x, x]))", "(x * 1).relu_()",
        "x.softmax(dim=-1, dtype=t.float64)", "F.hardtanh(i)", "F.threshold(i, 1.5, 5.5)", "t.relu(i)",
        "F.softmax(t.tensor(1.0), 0)", "t.softmax(t.zeros(0, 3), 1)", "t.softmax(i, 0, dtype=t.float32)",
        "t.relu_(x.detach())", "F.leaky_relu(x, 2.0)", "F.leaky_relu(x, -0.5)",
    ],
)  # fmt: skip
def test_values_and_node_names_are_torchs(expression: str) -> None:
    own, expected = (eval(expression, values(engine)) for engine in ENGINES)
    assert repr(own) == repr(expected)


@pytest.mark.parametrize(
    ("expression", "error", "phrase"),
    [
        ("t.relu(b)", RuntimeError, "Boolean inputs not supported for relu"),
        ("F.celu(x, 0)", RuntimeError, "ZeroDivisionError: alpha cannot be 0 for CELU"),
        ("F.gelu(x, approximate='x')", RuntimeError, "approximate argument must be either none or tanh"),
        ("F.hardtanh(x, 1, -1)", ValueError, "min_val cannot be greater than max_val"),
        ("F.hardtanh(u)", RuntimeError, "cannot do hardtanh on an unsigned type with negative limits"),
        ("F.softshrink(x, -1)", RuntimeError, r"lambda must be in range \[0, 3.40282e\+38\] for input dtype Float"),
        ("F.glu(x)", RuntimeError, "Halving dimension must be even, but dimension 0 is size 3"),
        ("F.glu(t.tensor(1.0))", RuntimeError, "glu does not support scalars because halving size must be even"),
        ("t.prelu(x, w.double())", RuntimeError, "prelu: Type promoting not supported. Got Float and Double"),
        ("t.prelu(x.reshape(1, 3), x[:2])", RuntimeError, "Found parameter numbers = 2 and channel size = 3"),
        (
            "t.prelu(x.reshape(1, 3), x.reshape(1, 3))",
            RuntimeError,
            "to be a scalar or 1D tensor, but got: ndim = 2",
        ),
        ("t.prelu(x, 1.0)", TypeError, "must be Tensor, not float"),
        ("t.threshold(x, 'a', 1)", TypeError, "must be Number, not str"),
        ("t.softmax(x, 1)", IndexError, "Dimension out of range"),
        ("t.softmax(x, 0.5)", TypeError, "must be int, not float"),
        ("t.softmax(None, 0)", TypeError, "must be Tensor, not NoneType"),
        ("t.softmax(i, 0)", NotImplementedError, "not implemented for 'Long'"),
        ("F.leaky_relu(i)", NotImplementedError, "not implemented for 'Long'"),
        ("F.elu(i)", NotImplementedError, "not implemented for 'Long'"),
        ("F.silu(i)", NotImplementedError, "not implemented for 'Long'"),
        ("F.threshold(b, 1, 1)", NotImplementedError, "not implemented for 'Bool'"),
    ],
)
def test_errors_are_torchs(expression: str, error: type[Exception], phrase: str) -> None:
    for engine in ENGINES:
        with pytest.raises(error, match=phrase):
            eval(expression, values(engine))


@pytest.mark.parametrize("name", ["softmin", "softmax", "log_softmax"])
def test_the_implicit_dimension_warns(name: str) -> None:
    for shape in ((3,), (2, 3), (2, 3, 2), (2, 1, 3, 2)):
        data = np.arange(np.prod(shape), dtype="float32").reshape(shape)
        results = []
        for engine in ENGINES:
            with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name} has been deprecated"):
                results.append(np.asarray(getattr(engine.nn.functional, name)(engine.tensor(data))))
        np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)


def test_large_numbers_do_not_overflow() -> None:
    x = minitorch.tensor([-1000.0, 0.0, 1000.0], requires_grad=True)
    assert minitorch.softmax(x, 0).tolist() == [0.0, 0.0, 1.0]
    assert minitorch.log_softmax(x, 0).tolist() == [-2000.0, -1000.0, 0.0]
    assert minitorch.sigmoid(x).tolist() == [0.0, 0.5, 1.0]
    assert activation.logsigmoid(x)[0].item() == -1000.0
    assert activation.softplus(x).tolist()[::2] == [0.0, 1000.0]
    assert activation.mish(x).tolist()[::2] == [0.0, 1000.0]
    for function in (activation.silu, activation.mish, activation.softplus, activation.elu, activation.gelu):
        (g,) = minitorch.autograd.grad(function(x).sum(), x)
        assert g.isfinite().all().item(), function.__name__


def test_rrelu_uses_the_noise_that_it_is_given() -> None:
    x = minitorch.tensor([-1.0, -2.0, 3.0], requires_grad=True)
    noise = minitorch.tensor([0.5, 0.25, 9.0])
    out = activation.rrelu_with_noise(x, noise)
    assert out.tolist() == [-0.5, -0.5, 3.0]
    (g,) = minitorch.autograd.grad(out.sum(), x)
    assert g.tolist() == [0.5, 0.25, 1.0]


@pytest.mark.parametrize("name", ["relu_", "leaky_relu_", "elu_", "selu_", "celu_", "hardtanh_"])
def test_in_place_forms_write_and_differentiate(name: str) -> None:
    results = []
    for engine in ENGINES:
        x = engine.tensor([1.5, -0.5, 0.25], requires_grad=True)
        z = x * 2
        out = getattr(engine.nn.functional, name)(z)
        assert out is z and z._version == 1
        (z * z).sum().backward()
        results.append((z.tolist(), x.grad.tolist()))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


def test_float32_stays() -> None:
    for function in (activation.gelu, activation.mish, activation.elu, activation.softplus, activation.hardswish):
        x = minitorch.tensor([0.5, -0.5], requires_grad=True)
        out = function(x)
        (g,) = minitorch.autograd.grad(out.sum(), x, create_graph=True)
        assert (out.dtype, g.dtype) == (minitorch.float32, minitorch.float32), function.__name__


def test_softplus_of_half_precision_does_not_overflow_below_its_threshold() -> None:
    values = [11.0, 12.5, 19.9]
    mine, theirs = (
        engine.nn.functional.softplus(engine.tensor(values, dtype=engine.float16)) for engine in (minitorch, torch)
    )
    assert mine.tolist() == theirs.tolist() == pytest.approx(values, rel=1e-3)
