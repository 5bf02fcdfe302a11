"""Special functions of probabilities: what the parity specs (parity/specs/elementwise.py) cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from same import check_same_error

import minitorch

SETUP = "S, x, g = torch.special, torch.rand(3) + 1, torch.rand(3, requires_grad=True)"
DRAW = np.random.default_rng(0)


def both(name: str, *arrays: Any) -> tuple[Any, Any]:
    """What both engines give, in float64."""
    found = []
    for engine in (minitorch, torch):
        given = [engine.from_numpy(np.asarray(each, "float64")) for each in arrays]
        found.append(getattr(engine.special, name)(*given).numpy())
    return found[0], found[1]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("erfcx", DRAW.uniform(-20, 60, 500)),
        ("erfcx", 10 ** DRAW.uniform(-5, 10, 500)),
        ("log_ndtr", DRAW.uniform(-60, 10, 500)),
        ("ndtr", DRAW.uniform(-3, 10, 500)),
        ("ndtri", DRAW.uniform(0, 1, 500)),
        ("ndtri", 10 ** DRAW.uniform(-300, 0, 500)),
        ("i0e", DRAW.uniform(-100, 100, 500)),
        ("i1e", DRAW.uniform(-100, 100, 500)),
    ],
)
def test_far_from_0(name: str, values: Any) -> None:
    np.testing.assert_allclose(*both(name, values), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", ["entr", "erfcx", "ndtr", "ndtri", "log_ndtr", "i0e", "i1e"])
def test_at_the_edges(name: str) -> None:
    np.testing.assert_allclose(*both(name, [-np.inf, -1, -0.0, 0, 0.5, 1, np.inf, np.nan]), rtol=1e-13)


@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gammas(name: str) -> None:
    shape, place = DRAW.uniform(0, 20, 500), DRAW.uniform(0, 20, 500)
    np.testing.assert_allclose(*both(name, shape, place), rtol=1e-12)
    large = 10 ** DRAW.uniform(2, 6, 200)
    mine, theirs = both(name, large, large + np.sqrt(large) * DRAW.uniform(-4, 4, 200))
    np.testing.assert_allclose(mine, theirs, rtol=1e-4)  # torch's expansion for these has few digits
    edges = [0.0, 0, 1, 1, 2, np.inf, 1, np.inf, -1], [0.0, 1, 0, 1, -1, 1, np.inf, np.inf, 2]
    np.testing.assert_allclose(*both(name, *edges), rtol=1e-14)


@pytest.mark.parametrize(
    ("shape", "place", "share"),  # the shares were computed with 40 digits
    [
        (78423.57729177814, 77224.04899441752, 8.3783911520562957e-06),
        (21.87840194650993, 15.409032105477161, 0.069980940527900269),
    ],
)
def test_incomplete_gammas_have_more_digits_than_torchs(shape: float, place: float, share: float) -> None:
    mine, theirs = both("gammainc", shape, place)
    assert mine.item() == pytest.approx(share, rel=1e-12, abs=0)
    assert theirs.item() != pytest.approx(share, rel=1e-12, abs=0)


def test_the_tail_of_ndtr_has_more_digits_than_torchs() -> None:
    mine, theirs = both("ndtr", -8.0)
    assert mine.item() == pytest.approx(6.220960574271784e-16, rel=1e-13, abs=0)
    assert theirs.item() != pytest.approx(6.220960574271784e-16, rel=1e-3, abs=0)


def test_the_two_shares_add_up_to_1() -> None:
    shape, place = minitorch.rand(200).double() * 300, minitorch.rand(200).double() * 300
    total = minitorch.special.gammainc(shape, place) + minitorch.special.gammaincc(shape, place)
    assert (total - 1).abs().max().item() < 1e-15


def test_zeta() -> None:
    np.testing.assert_allclose(*both("zeta", DRAW.uniform(1, 30, 500), 10 ** DRAW.uniform(-2, 4, 500)), rtol=1e-13)
    whole = DRAW.integers(2, 9, 200)
    np.testing.assert_allclose(*both("zeta", whole, DRAW.uniform(-50, 50, 200)), rtol=1e-12)
    edges = [2.0, 1, 0.5, 3, 2, 2, np.nan, 2.5, np.inf, 3, 1e6], [1.0, 1, 1, -1.5, 0, -1, 1, -2.5, 2, np.inf, 1]
    np.testing.assert_allclose(*both("zeta", *edges), rtol=1e-13)


def test_numbers_in_place_of_tensors() -> None:
    for call in ("S.zeta(2, x)", "S.zeta(x, 2.5)", "S.xlog1py(2, x)", "S.xlog1py(x, -1)", "S.xlog1py(0, x)"):
        found = []
        for engine in (minitorch, torch):
            scope: dict[str, Any] = {"S": engine.special, "x": engine.tensor([1.5, 2.0, 7.0])}
            found.append(eval(call, scope).numpy())
        np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize("name", ["igamma_", "igammac_"])
def test_in_place(name: str) -> None:
    x, y = minitorch.tensor([1.0, 2.0]), minitorch.tensor([0.5, 3.0])
    expected = getattr(minitorch, name[:-1])(x, y)
    assert getattr(x, name)(y) is x and minitorch.equal(x, expected)
    z = minitorch.tensor([3.0])
    assert z.mvlgamma_(2) is z and z.item() == pytest.approx(1.5502, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("S.entr(2.0)", "must be Tensor, not float"),
        ("S.ndtr(2.0)", "special_ndtr(): argument 'input' (position 1) must be Tensor, not float"),
        ("S.ndtri(x.half())", "\"ndtri_cpu\" not implemented for 'Half'"),
        ("S.log_ndtr(x.half())", "\"log_ndtr_cpu\" not implemented for 'Half'"),
        ("S.erfcx(x.half())", "\"erfcx_cpu\" not implemented for 'Half'"),
        ("S.zeta(x.half(), x.half())", "\"zeta_cpu\" not implemented for 'Half'"),
        ("S.gammainc(x.long(), x.long())", "\"igamma_cpu\" not implemented for 'Long'"),
        ("S.gammaincc(x.long(), x.long())", "\"igammac_cpu\" not implemented for 'Long'"),
        ("S.gammainc(x, 2.0)", "argument 'other' (position 2) must be Tensor, not float"),
        ("S.multigammaln(x, 0)", "p has to be greater than or equal to 1"),
        ("S.multigammaln(x, 2.0)", "special_multigammaln(): argument 'p' (position 2) must be int, not float"),
        ("S.multigammaln(x > 1, 2)", "The input tensor may not be a boolean tensor."),
        ("S.gammainc(g, x).sum().backward()", "the derivative for 'igamma: input' is not implemented."),
        ("S.gammaincc(g, x).sum().backward()", "the derivative for 'igammac: input' is not implemented."),
        ("S.zeta(g + 1, x).sum().backward()", "the derivative for 'zeta' is not implemented."),
    ],
)
def test_errors(call: str, phrase: str) -> None:
    check_same_error(call, phrase, SETUP)
