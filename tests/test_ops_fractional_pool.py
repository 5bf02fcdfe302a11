"""Fractional max pooling: what the parity specs (parity/specs/pool.py) cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from same import check_same_error

import minitorch
from minitorch.nn import functional as F
from minitorch.tensor import wrap
from tests import standin
from tests.standin import StandinArray

SETUP = """
F, nn = torch.nn.functional, torch.nn
x = torch.linspace(-3, 3, 2 * 3 * 9 * 8).sin().reshape(2, 3, 9, 8)
y = torch.linspace(-3, 3, 2 * 3 * 6 * 9 * 8).sin().reshape(2, 3, 6, 9, 8)
"""


def images(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize(("kernel", "size"), [(2, (11, 13)), ((3, 1), 7), (4, 1)])
def test_windows_begin_where_torchs_do(kernel: Any, size: Any, dtype: str) -> None:
    given, samples = images(2, 5, 31, 40).astype(dtype), np.random.default_rng(1).random((2, 5, 2)).astype(dtype)
    found = []
    for engine in (minitorch, torch):
        input, own = engine.from_numpy(given), engine.from_numpy(samples)
        found.append(engine.nn.functional.fractional_max_pool2d(input, kernel, size, None, True, own))
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_volumes_begin_where_torchs_do() -> None:
    given, samples = images(2, 2, 12, 15, 20), np.random.default_rng(1).random((2, 2, 3)).astype("float32")
    found = []
    for engine in (minitorch, torch):
        input, own = engine.from_numpy(given), engine.from_numpy(samples)
        found.append(engine.nn.functional.fractional_max_pool3d(input, (2, 3, 1), (5, 4, 7), None, True, own))
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


@pytest.mark.parametrize("shape", [(2, 3, 9, 8), (3, 9, 8)])
def test_the_same_seed_gives_the_same_windows(shape: tuple[int, ...]) -> None:
    found = []
    for engine in (minitorch, torch):
        engine.manual_seed(5)
        out = engine.nn.functional.fractional_max_pool2d(engine.from_numpy(images(*shape)), 2, (4, 3))
        found.append((out.numpy(), engine.rand(1).item()))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("fill", [0.0, -np.inf, np.nan])
def test_of_equals_the_first_and_of_nans_the_last(fill: float) -> None:
    found = []
    for engine in (minitorch, torch):
        input = engine.full((1, 1, 5, 5), fill)
        samples = engine.full((1, 1, 2), 0.3)
        found.append(engine.nn.functional.fractional_max_pool2d(input, 3, 2, None, True, samples))
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_no_window_and_no_image() -> None:
    for shape, size in (((2, 3, 4, 5), (0, 2)), ((0, 3, 4, 5), (2, 2))):
        out = F.fractional_max_pool2d(minitorch.zeros(shape, requires_grad=True), 2, size)
        assert out.shape == (shape[0], 3, *size)
        out.sum().backward()


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("F.fractional_max_pool2d(x, 2)", "requires specifying either an output_size or an output_ratio"),
        ("F.fractional_max_pool3d(y, 2)", "requires specifying either an output_size or an output_ratio"),
        ("F.fractional_max_pool2d(x, 2, output_ratio=0.5)", "object of type 'float' has no len()"),
        ("F.fractional_max_pool2d(x, 2, output_ratio=(0.5,) * 3)", "requires output_ratio to either be a single"),
        ("F.fractional_max_pool2d(x, 2, 9)", "pool height 2 too large relative to input height 9"),
        ("F.fractional_max_pool2d(x, 2, 8)", "pool width 2 too large relative to input width 8"),
        ("F.fractional_max_pool3d(y, 7, 1)", "fractional_max_pool3d_out(): pool time 7 too large relative to input"),
        ("F.fractional_max_pool3d(y, 2, 5)", "fractional_max_pool3d_out(): pool time 2 too large relative to input"),
        ("F.fractional_max_pool2d(x, (2, 2, 2), 1)", "kernel_size must either be a single Int or tuple of Ints"),
        ("F.fractional_max_pool2d(x, 2, (1, 2, 3))", "output_size must either be a single Int or tuple of Ints"),
        ("F.fractional_max_pool2d(x, 2.0, 1)", "argument 'kernel_size'"),
        ("F.fractional_max_pool2d(x, 2, 1.0)", "argument 'output_size'"),
        ("F.fractional_max_pool2d(y, 2, 3)", "Expected 3D or 4D tensor, but got: [2, 3, 6, 9, 8]"),
        ("F.fractional_max_pool2d(x[0, 0], 2, 3)", "Dimension out of range (expected to be in range of [-2, 1], but"),
        ("F.fractional_max_pool2d(x[:, :0], 2, 3)", "Expected input to have non-zero size for non-batch dimensions"),
        ("F.fractional_max_pool2d(x.long(), 2, 3)", "not implemented for 'Long'"),
        ("F.fractional_max_pool2d(x.long(), 2, 3, _random_samples=x[..., 0, :2].long())", "not implemented for 'Long'"),
        ("F.fractional_max_pool2d(x, 2, 3, _random_samples=x[0, 0])", "Expect _random_samples to have 3 dimensions"),
        ("F.fractional_max_pool2d(x, 2, 3, _random_samples=x[:1, :, 0, :2])", "_random_samples.size(0) no less"),
        ("F.fractional_max_pool2d(x, 2, 3, _random_samples=x[:, :2, 0, :2])", "_random_samples.size(1) equals"),
        (
            "F.fractional_max_pool2d(x, 2, 3, _random_samples=x[..., 0, :3])",
            "_random_samples.size(2) equals to 2",
        ),
        ("F.fractional_max_pool2d(x, 2, 3, _random_samples=x[..., 0, :2].double())", "have the same dtype as input"),
        (
            "F.fractional_max_pool2d(x, 2, 3, _random_samples=x[..., 0, :2].clone().requires_grad_())",
            "The function 'fractional_max_pool2d' is not differentiable with respect to argument 'random_samples'",
        ),
        ("nn.FractionalMaxPool2d(2)", "FractionalMaxPool2d requires specifying either an output size, or a pooling"),
        ("nn.FractionalMaxPool3d(2, 3, output_ratio=0.5)", "only one of output_size and output_ratio may be specified"),
        ("nn.FractionalMaxPool2d(2, output_ratio=1.5)", "output_ratio must be between 0 and 1 (got 1.5)"),
        ("nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0, 0.5))", "output_ratio must be between 0 and 1 (got (0.5, 0"),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)


def test_on_a_device() -> None:
    given, samples = images(2, 3, 9, 8), np.random.default_rng(1).random((2, 3, 2)).astype("float32")
    here = F.fractional_max_pool2d(
        minitorch.from_numpy(given), 2, (4, 3), _random_samples=minitorch.from_numpy(samples)
    )
    with standin.installed():
        leaf = wrap(StandinArray(given.copy())).requires_grad_()
        there = F.fractional_max_pool2d(leaf, 2, (4, 3), _random_samples=wrap(StandinArray(samples)))
        there.sum().backward()
        np.testing.assert_array_equal(there.detach().cpu().numpy(), here.numpy())
        assert leaf.grad.cpu().sum().item() == here.numel()
        drawn = F.fractional_max_pool2d(leaf, 2, (4, 3))
        assert drawn.shape == here.shape and drawn.device.type == "cuda"
