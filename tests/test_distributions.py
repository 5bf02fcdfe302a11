"""torch.distributions: torch's numbers from the same seed, torch's densities, gradients, shapes, reprs and errors."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)
FLOATS = ("float32", "float64")
Make = Callable[..., Any]

# Parameters that need a gradient, and what to make of them; for two families the same class by another parameter.
LOC, SCALE, PROBS = [[0.5, -1.0, 2.0], [0.0, 3.0, -0.2]], [0.7, 1.5, 2.0], [[0.1, 0.5, 0.9], [0.3, 0.02, 0.6]]
WEIGHTS, LOGITS = [[0.2, 1.5, 0.3], [1.0, 2.0, 0.5]], [[0.2, -1.5, 3.0], [1.0, 0.0, -0.5]]
COVARIANCE = [[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]]
FACTOR = [[[1.0, 0.0, 0.0], [0.4, 0.8, 0.0], [-0.3, 0.2, 2.0]], [[0.5, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.3]]]
CASES: dict[str, tuple[list[Any], Make]] = {
    "Normal": ([LOC, SCALE], lambda d, loc, scale: d.Normal(loc, scale)),
    "Normal of a number": ([SCALE], lambda d, scale: d.Normal(0, scale)),
    "Laplace": ([LOC, SCALE], lambda d, loc, scale: d.Laplace(loc, scale)),
    "Cauchy": ([LOC, SCALE], lambda d, loc, scale: d.Cauchy(loc, scale)),
    "Gumbel": ([LOC, SCALE], lambda d, loc, scale: d.Gumbel(loc, scale)),
    "LogNormal": ([LOC, SCALE], lambda d, loc, scale: d.LogNormal(loc, scale)),
    "HalfNormal": ([SCALE], lambda d, scale: d.HalfNormal(scale)),
    "HalfCauchy": ([SCALE], lambda d, scale: d.HalfCauchy(scale)),
    "Uniform": ([LOC, [4.0, 5.0, 6.0]], lambda d, low, high: d.Uniform(low, high)),
    "Exponential": ([SCALE], lambda d, rate: d.Exponential(rate)),
    "Poisson": ([SCALE], lambda d, rate: d.Poisson(rate)),
    "Geometric": ([PROBS], lambda d, probs: d.Geometric(probs)),
    "Geometric by logits": ([LOC], lambda d, logits: d.Geometric(logits=logits)),
    "Bernoulli": ([PROBS], lambda d, probs: d.Bernoulli(probs)),
    "Bernoulli by logits": ([LOC], lambda d, logits: d.Bernoulli(logits=logits)),
    "Categorical": ([WEIGHTS], lambda d, probs: d.Categorical(probs)),
    "Categorical by logits": ([LOGITS], lambda d, logits: d.Categorical(logits=logits)),
    "OneHotCategorical": ([WEIGHTS], lambda d, probs: d.OneHotCategorical(probs)),
    "OneHotCategorical by logits": ([LOGITS], lambda d, logits: d.OneHotCategorical(logits=logits)),
    "straight through": ([WEIGHTS], lambda d, probs: d.OneHotCategoricalStraightThrough(probs)),
    "Multinomial": ([WEIGHTS], lambda d, probs: d.Multinomial(5, probs)),
    "Multinomial by logits": ([LOGITS], lambda d, logits: d.Multinomial(5, logits=logits)),
    "Independent": ([LOC, SCALE], lambda d, loc, scale: d.Independent(d.Normal(loc, scale), 1)),
    "Independent of all": ([PROBS], lambda d, probs: d.Independent(d.Bernoulli(probs), 2)),
    "Independent of none": ([PROBS], lambda d, probs: d.Independent(d.Bernoulli(probs), 0)),
    "Gamma": ([SCALE, WEIGHTS], lambda d, a, rate: d.Gamma(a, rate)),
    "Gamma of few": ([WEIGHTS], lambda d, a: d.Gamma(a, 0.5)),
    "Chi2": ([SCALE], lambda d, df: d.Chi2(df)),
    "Beta": ([SCALE, WEIGHTS], lambda d, a, b: d.Beta(a, b)),
    "Dirichlet": ([WEIGHTS], lambda d, a: d.Dirichlet(a)),
    "StudentT": ([SCALE, LOC, WEIGHTS], lambda d, df, loc, scale: d.StudentT(df, loc, scale)),
    "Pareto": ([SCALE, WEIGHTS], lambda d, scale, alpha: d.Pareto(scale, alpha)),
    "Weibull": ([SCALE, WEIGHTS], lambda d, scale, a: d.Weibull(scale, a)),
    "NegativeBinomial": ([SCALE, PROBS], lambda d, n, probs: d.NegativeBinomial(n, probs)),
    "NegativeBinomial by logits": ([LOC], lambda d, logits: d.NegativeBinomial(3, logits=logits)),
    "mixture": ([LOGITS, LOC, SCALE], lambda d, logits, loc, scale: d.MixtureSameFamily(
        d.Categorical(logits=logits), d.Normal(loc, scale))),
    "mixture of vectors": ([WEIGHTS[0], LOC], lambda d, weights, loc: d.MixtureSameFamily(
        d.Categorical(weights[:2]), d.Independent(d.Normal(loc, 1.0), 1))),
    "MultivariateNormal": ([LOC, COVARIANCE], lambda d, loc, cov: d.MultivariateNormal(loc, cov)),
    "by precision": ([LOC, COVARIANCE], lambda d, loc, cov: d.MultivariateNormal(loc, precision_matrix=cov)),
    "by factor": ([LOC[0], FACTOR], lambda d, loc, tril: d.MultivariateNormal(loc, scale_tril=tril.tril())),
    "LowRankMultivariateNormal": ([LOC, FACTOR[0], SCALE], lambda d, loc, w, diag: d.LowRankMultivariateNormal(
        loc, w[:, :2], diag)),
    "Binomial": ([PROBS], lambda d, probs: d.Binomial(4, probs)),
    "Binomial by logits": ([LOC], lambda d, logits: d.Binomial(60, logits=logits)),
    "ContinuousBernoulli": ([[[0.1, 0.4999, 0.9], [0.5, 0.02, 0.6]]], lambda d, probs: d.ContinuousBernoulli(probs)),
    "ContinuousBernoulli by logits": ([LOC], lambda d, logits: d.ContinuousBernoulli(logits=logits)),
    "RelaxedBernoulli": ([SCALE, PROBS], lambda d, t, probs: d.RelaxedBernoulli(t[0], probs)),
    "RelaxedBernoulli by logits": ([LOC], lambda d, logits: d.RelaxedBernoulli(0.0 * logits[0, 0] + 2, logits=logits)),
    "RelaxedOneHotCategorical": ([SCALE, WEIGHTS], lambda d, t, probs: d.RelaxedOneHotCategorical(t[0], probs)),
    "Kumaraswamy": ([SCALE, WEIGHTS], lambda d, a, b: d.Kumaraswamy(a, b)),
    "InverseGamma": ([SCALE, WEIGHTS], lambda d, a, rate: d.InverseGamma(a, rate)),
    "VonMises": ([LOC, SCALE], lambda d, loc, k: d.VonMises(loc, k)),
    "VonMises, nearly uniform": ([LOC], lambda d, loc: d.VonMises(loc, 1e-6)),
    "transformed": ([LOC, SCALE, WEIGHTS], lambda d, loc, scale, w: d.TransformedDistribution(
        d.Normal(loc, scale), [d.AffineTransform(w, -2.0), d.SigmoidTransform(), d.PowerTransform(w)])),
    "transformed to vectors": ([LOC, SCALE], lambda d, loc, scale: d.TransformedDistribution(
        d.Laplace(loc, scale), [d.TanhTransform(), d.AffineTransform(scale, 0.3, 1), d.StickBreakingTransform()])),
    "transformed from vectors": ([LOC, COVARIANCE], lambda d, loc, cov: d.TransformedDistribution(
        d.MultivariateNormal(loc, cov), [d.ExpTransform().inv.inv, d.ReshapeTransform((3,), (3, 1))])),
}  # fmt: skip
BY_GAMMA = ("Gamma", "Gamma of few", "Chi2", "Beta", "Dirichlet", "StudentT", "InverseGamma")
"""Whose samples have gradients that torch approximates."""
SEVEN_DIGITS = {"VonMises": 1e-6, "VonMises, nearly uniform": 1e-6}
"""The precision of torch's Bessel functions."""
DIFFERENTIABLE = [
    name
    for name, (parts, make) in CASES.items()
    if name not in BY_GAMMA and make(torch.distributions, *map(torch.tensor, parts)).has_rsample
]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    for engine in ENGINES:
        engine.manual_seed(7)
    yield


def leaves(engine: Any, parts: list[Any], dtype: str) -> list[Any]:
    return [engine.tensor(part, dtype=getattr(engine, dtype), requires_grad=True) for part in parts]


def built(name: str, dtype: str = "float64") -> list[tuple[Any, list[Any]]]:
    """The distribution and its parameters, on each engine."""
    parts, make = CASES[name]
    both = []
    for engine in ENGINES:
        parameters = leaves(engine, parts, dtype)
        both.append((make(engine.distributions, *parameters), parameters))
    return both


def assert_near(mine: Any, theirs: Any, dtype: str = "float64", tolerance: float | None = None) -> None:
    assert str(mine.dtype) == str(theirs.dtype)
    assert tuple(mine.shape) == tuple(theirs.shape)
    assert mine.requires_grad == theirs.requires_grad
    tolerance = tolerance or (1e-5 if dtype == "float32" else 1e-11)
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def assert_same_gradients(
    mine: tuple[Any, list[Any]], theirs: tuple[Any, list[Any]], tolerance: float | None = None
) -> None:
    """Of the results with respect to the parameters, under a random upstream gradient."""
    upstream = np.random.default_rng(3).standard_normal(tuple(theirs[0].shape))
    for engine, (result, parameters) in zip(ENGINES, (mine, theirs), strict=True):
        result.backward(engine.tensor(upstream, dtype=result.dtype))
        assert any(each.grad is not None for each in parameters)
    for own, other in zip(mine[1], theirs[1], strict=True):
        assert (own.grad is None) == (other.grad is None)
        if other.grad is not None:
            assert_near(own.grad, other.grad, tolerance=tolerance)


def draws(name: str, dtype: str = "float64", shape: tuple[int, ...] = (4,)) -> Any:
    """Values in the support, as an array."""
    return built(name, dtype)[1][0].sample(shape).numpy()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CASES)
def test_samples_are_torchs_and_leave_the_stream_where_torch_does(name: str, dtype: str) -> None:
    for shape in ((), (2,), [3, 4], torch.Size([1])):
        (mine, _), (theirs, _) = built(name, dtype)
        assert_near(mine.sample(shape), theirs.sample(shape), dtype)
    assert minitorch.rand(1).item() == torch.rand(1).item()


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_through_samples(name: str) -> None:
    (mine, own), (theirs, others) = built(name)
    assert mine.has_rsample
    drawn, expected = mine.rsample((3,)), theirs.rsample((3,))
    assert_near(drawn, expected)
    assert_same_gradients((drawn, own), (expected, others))
    assert_near(mine.rsample(), theirs.rsample())


@pytest.mark.parametrize("name", ["Gamma", "Gamma of few", "Chi2", "StudentT"])
def test_gradients_through_gamma_numbers_are_near_torchs(name: str) -> None:
    (mine, own), (theirs, others) = built(name)
    drawn, expected = mine.rsample((50,)), theirs.rsample((50,))
    assert_near(drawn, expected)
    for engine, (result, parameters) in zip(ENGINES, ((drawn, own), (expected, others)), strict=True):
        result.backward(engine.ones_like(result))
        assert all(each.grad is not None for each in parameters)
    for parameter, other in zip(own, others, strict=True):
        assert_near(parameter.grad, other.grad, tolerance=1e-3)


def test_gradients_through_gamma_numbers_keep_the_share_below() -> None:
    shape = minitorch.tensor([0.05, 0.5, 1.0, 3.0, 40.0, 150.0], dtype=minitorch.float64, requires_grad=True)
    drawn = minitorch.distributions.Gamma(shape, 1.0).rsample()
    (slope,) = minitorch.autograd.grad(drawn.sum(), shape)
    step = 1e-4 * shape.detach()
    moved = [minitorch.special.gammainc(shape.detach() + k * step, drawn.detach() + k * step * slope) for k in (-1, 1)]
    assert ((moved[1] - moved[0]).abs() < 1e-8).all()
    assert ((moved[1] - minitorch.special.gammainc(shape.detach() + step, drawn.detach())).abs() > 1e-7).all()


@pytest.mark.parametrize("name", ["Dirichlet", "Beta"])
def test_gradients_through_shares_have_the_right_expectation(name: str) -> None:
    d = minitorch.distributions
    a = minitorch.tensor([1.5, 0.7], dtype=minitorch.float64, requires_grad=True)
    drawn = d.Dirichlet(a).rsample((4000,))[:, 0] if name == "Dirichlet" else d.Beta(a[0], a[1]).rsample((4000,))
    (found,) = minitorch.autograd.grad((drawn * drawn).mean(), a)
    (expected,) = minitorch.autograd.grad(a[0] * (a[0] + 1) / (a.sum() * (a.sum() + 1)), a)
    assert (found - expected).abs().max().item() < 0.02


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CASES)
def test_log_prob(name: str, dtype: str) -> None:
    values = draws(name, dtype)
    (mine, own), (theirs, others) = built(name, dtype)
    score, expected = mine.log_prob(minitorch.tensor(values)), theirs.log_prob(torch.tensor(values))
    assert_near(score, expected, dtype, SEVEN_DIGITS.get(name))
    if dtype == "float64":
        assert_same_gradients((score, own), (expected, others), SEVEN_DIGITS.get(name))


@pytest.mark.parametrize("name", CASES)
def test_entropy(name: str) -> None:
    (mine, own), (theirs, others) = built(name)
    try:
        expected = theirs.entropy()
    except NotImplementedError:
        with pytest.raises(NotImplementedError, match="does not implement entropy"):
            mine.entropy()
        return
    # torch rounds the Multinomial's log n! to float32.
    precision = "float32" if name.startswith("Multinomial") else "float64"
    for result, other in ((mine.entropy(), expected), (mine.perplexity(), theirs.perplexity())):
        assert result.dtype is minitorch.float64
        assert_near(result, other, precision)
    if expected.requires_grad:
        # torch's trigamma has ten digits
        assert_same_gradients(
            (mine.entropy(), own), (expected, others), 1e-7 if name in (*BY_GAMMA, "Kumaraswamy") else None
        )


@pytest.mark.parametrize("what", ["mean", "mode", "variance", "stddev"])
@pytest.mark.parametrize("name", CASES)
def test_moments(name: str, what: str) -> None:
    (mine, _), (theirs, _) = built(name)
    try:
        expected = getattr(theirs, what)
    except NotImplementedError:
        with pytest.raises(NotImplementedError, match=f"does not implement {'variance' if what == 'stddev' else what}"):
            getattr(mine, what)
        return
    if (name, what) != ("Kumaraswamy", "mode"):  # torch's is always NaN
        assert_near(getattr(mine, what).detach(), expected.detach(), tolerance=SEVEN_DIGITS.get(name))


@pytest.mark.parametrize("name", CASES)
def test_cdf_and_its_inverse(name: str) -> None:
    values = draws(name)
    chances = np.linspace(0.01, 0.99, values.size).reshape(values.shape)
    for what, at in (("cdf", values), ("icdf", chances)):
        (mine, own), (theirs, others) = built(name)
        try:
            expected = getattr(theirs, what)(torch.tensor(at))
        except NotImplementedError:
            with pytest.raises(NotImplementedError, match=f"does not implement {what}|does not define sign"):
                getattr(mine, what)(minitorch.tensor(at))
            continue
        result = getattr(mine, what)(minitorch.tensor(at))
        assert_near(result, expected)
        if name not in BY_GAMMA:
            assert_same_gradients((result, own), (expected, others))


@pytest.mark.parametrize("name", ["Gamma", "Gamma of few", "Chi2"])
def test_a_share_has_no_gradient_to_its_shape(name: str) -> None:
    for variable, _ in built(name):
        with pytest.raises(NotImplementedError, match="the derivative for 'igamma: input' is not implemented"):
            variable.cdf(variable.sample()).sum().backward()


@pytest.mark.parametrize("name", CASES)
def test_shapes_reprs_and_supports(name: str) -> None:
    parts, make = CASES[name]
    mine, theirs = (make(engine.distributions, *map(engine.tensor, parts)) for engine in ENGINES)
    for what in ("batch_shape", "event_shape", "has_rsample", "has_enumerate_support", "support", "arg_constraints"):
        assert repr(getattr(mine, what)) == repr(getattr(theirs, what))
    assert repr(mine) == repr(theirs)
    wide, expected = mine.expand((5, *mine.batch_shape)), theirs.expand((5, *theirs.batch_shape))
    assert type(wide) is type(mine)
    assert repr(wide) == repr(expected)
    assert (wide.batch_shape, wide.event_shape) == (expected.batch_shape, expected.event_shape)
    assert_near(wide.sample((2,)), expected.sample((2,)), "float32")
    values = draws(name, "float32", (5,))
    assert_near(wide.log_prob(minitorch.tensor(values)), expected.log_prob(torch.tensor(values)), "float32")


@pytest.mark.parametrize("expand", [True, False])
@pytest.mark.parametrize(
    "name", ["Bernoulli", "Categorical", "Categorical by logits", "OneHotCategorical", "Independent of none"]
)
def test_all_values(name: str, expand: bool) -> None:
    (mine, _), (theirs, _) = built(name)
    assert_near(mine.enumerate_support(expand), theirs.enumerate_support(expand))


@pytest.mark.parametrize("name", ["Bernoulli", "Geometric", "Categorical", "OneHotCategorical", "Multinomial"])
def test_probabilities_and_logits_follow_from_each_other(name: str) -> None:
    for case in (name, f"{name} by logits"):
        for what in ("probs", "logits"):
            (mine, own), (theirs, others) = built(case)
            with minitorch.no_grad(), torch.no_grad():
                results = getattr(mine, what), getattr(theirs, what)
            assert_near(*results)
            assert_same_gradients((results[0], own), (results[1], others))
            assert repr(mine) == repr(theirs)


def test_the_three_matrices_of_a_multivariate_normal() -> None:
    for name in ("MultivariateNormal", "by precision", "by factor"):
        for what in ("covariance_matrix", "precision_matrix", "scale_tril"):
            (mine, own), (theirs, others) = built(name)
            result, expected = getattr(mine, what), getattr(theirs, what)
            assert_near(result, expected)
            assert_same_gradients((result, own), (expected, others))


def test_one_seed_one_trajectory() -> None:
    """A policy-gradient step and a VAE's loss: the same numbers on both engines."""
    results = []
    for engine in ENGINES:
        engine.manual_seed(0)
        d = engine.distributions
        layer = engine.nn.Linear(4, 6)
        hidden = layer(engine.ones(5, 4))
        policy = d.Categorical(logits=hidden[:, :3])
        action = policy.sample()
        latent = d.Independent(d.Normal(hidden[:, :3], hidden[:, 3:].exp()), 1)
        prior = d.Independent(d.Normal(engine.zeros(3), engine.ones(3)), 1)
        loss = -(policy.log_prob(action) + policy.entropy()).mean()
        loss = loss + latent.rsample().pow(2).mean() + d.kl_divergence(latent, prior).mean()
        loss.backward()
        results.append((action.tolist(), loss.item(), layer.weight.grad.numpy()))
    (action, loss, grad), (other_action, other_loss, other_grad) = results
    assert action == other_action
    assert loss == pytest.approx(other_loss, rel=1e-5)
    np.testing.assert_allclose(grad, other_grad, rtol=1e-4, atol=1e-6)


# --- divergences ------------------------------------------------------------------------------------------------------


A, B, P, Q = [0.5, -1.0, 2.0], [1.0, 0.3, -0.7], [0.7, 1.5, 2.0], [1.2, 0.4, 2.5]
# Of a location and a scale.
SHAPED: dict[str, Make] = {
    "Exponential": lambda d, _, scale: d.Exponential(scale),
    "Gumbel": lambda d, loc, scale: d.Gumbel(loc, scale),
    "Laplace": lambda d, loc, scale: d.Laplace(loc, scale),
    "Normal": lambda d, loc, scale: d.Normal(loc, scale),
    "Uniform": lambda d, loc, scale: d.Uniform(loc, loc + scale),
    "Wide": lambda d, loc, scale: d.Uniform(-scale, 1 + scale),
    "Beta": lambda d, loc, scale: d.Beta(scale, scale + 0.5),
    "ContinuousBernoulli": lambda d, loc, scale: d.ContinuousBernoulli(scale / 4),
    "Gamma": lambda d, loc, scale: d.Gamma(scale, scale + 1),
    "Pareto": lambda d, loc, scale: d.Pareto(scale, scale + 2),
}
CROSSED = {
    "Beta": "ContinuousBernoulli Exponential Gamma Normal Pareto Uniform Wide",
    "ContinuousBernoulli": "ContinuousBernoulli Exponential Normal Pareto Uniform Wide",
    "Exponential": "Exponential Gumbel Normal Uniform Beta ContinuousBernoulli Gamma Pareto",
    "Gamma": "Beta ContinuousBernoulli Exponential Gumbel Normal Pareto Uniform",
    "Gumbel": "Gumbel Normal Exponential Uniform Beta ContinuousBernoulli Gamma Pareto",
    "Laplace": "Laplace Normal Exponential Uniform Beta ContinuousBernoulli Gamma Pareto",
    "Normal": "Normal Gumbel Laplace Exponential Uniform Beta ContinuousBernoulli Gamma Pareto",
    "Pareto": "Beta ContinuousBernoulli Exponential Gamma Normal Pareto Uniform",
    "Uniform": "Normal Gumbel",
}
SMALL = [0.1, 0.35, 0.6]
PAIRS: dict[str, tuple[list[Any], Make]] = {
    "Bernoulli Bernoulli": ([PROBS, PROBS[::-1]], lambda d, p, q: (d.Bernoulli(p), d.Bernoulli(q))),
    "Categorical Categorical": ([WEIGHTS, LOGITS], lambda d, p, q: (d.Categorical(p), d.Categorical(logits=q))),
    "OneHotCategorical": ([WEIGHTS, LOGITS], lambda d, p, q: (d.OneHotCategorical(p), d.OneHotCategorical(logits=q))),
    "Gamma Gamma": ([P, Q], lambda d, p, q: (d.Gamma(p, 2.0), d.Gamma(q, p))),
    "Chi2 Chi2": ([P, Q], lambda d, p, q: (d.Chi2(p), d.Chi2(q))),
    "Beta Beta": ([P, Q], lambda d, p, q: (d.Beta(p, 2.0), d.Beta(q, p))),
    "Dirichlet Dirichlet": ([P, Q], lambda d, p, q: (d.Dirichlet(p), d.Dirichlet(q))),
    "Geometric Geometric": ([PROBS, PROBS[::-1]], lambda d, p, q: (d.Geometric(p), d.Geometric(q))),
    "HalfNormal HalfNormal": ([P, Q], lambda d, p, q: (d.HalfNormal(p), d.HalfNormal(q))),
    "HalfCauchy HalfCauchy": ([P, Q], lambda d, p, q: (d.HalfCauchy(p), d.HalfCauchy(q))),
    "Poisson Poisson": ([P, Q], lambda d, p, q: (d.Poisson(p), d.Poisson(q))),
    "Uniform Uniform": ([A, P], lambda d, p, q: (d.Uniform(p, p + q), d.Uniform(p - q * 0.1, p + 2 * q))),
    "LogNormal LogNormal": ([A, P, B, Q], lambda d, a, p, b, q: (d.LogNormal(a, p), d.LogNormal(b, q))),
    "Cauchy Cauchy": ([A, P, B, Q], lambda d, a, p, b, q: (d.Cauchy(a, p), d.Cauchy(b, q))),
    "MultivariateNormal": (
        [A, COVARIANCE, LOC, FACTOR],
        lambda d, a, p, b, q: (d.MultivariateNormal(a, p), d.MultivariateNormal(b, scale_tril=q)),
    ),
    "MultivariateNormal of one factor": (
        [LOC, FACTOR, B, COVARIANCE],
        lambda d, a, p, b, q: (d.MultivariateNormal(a, scale_tril=p), d.MultivariateNormal(b, q)),
    ),
    "Independent": (
        [LOC, P, B, Q],
        lambda d, a, p, b, q: (d.Independent(d.Normal(a, p), 1), d.Independent(d.Normal(b, q), 1)),
    ),
    "Bernoulli Poisson": ([PROBS, Q], lambda d, p, q: (d.Bernoulli(p), d.Poisson(q))),
    "Poisson Bernoulli": ([Q, PROBS[0]], lambda d, p, q: (d.Poisson(p), d.Bernoulli(q))),
    "Uniform Exponential": ([P, Q], lambda d, p, q: (d.Uniform(0.1 * p, p), d.Exponential(q))),
    "Binomial Binomial": ([PROBS, PROBS[::-1]], lambda d, p, q: (d.Binomial(4, p), d.Binomial(4, q))),
    "Binomial of fewer": ([PROBS, PROBS[::-1]], lambda d, p, q: (d.Binomial(5, p), d.Binomial(4, q))),
    "Poisson Binomial": ([Q, PROBS], lambda d, p, q: (d.Poisson(p), d.Binomial(4, q))),
    "TransformedDistribution": ([A, P, B, Q], lambda d, a, p, b, q: tuple(d.TransformedDistribution(
        d.Laplace(*own), [d.AffineTransform(0.0, 2.0), d.ExpTransform()]) for own in ((a, p), (b, q)))),
    "LowRankMultivariateNormal": ([LOC, FACTOR[0], P, B, FACTOR[1], Q], lambda d, *parts: (
        d.LowRankMultivariateNormal(*parts[:3]), d.LowRankMultivariateNormal(*parts[3:]))),
    "LowRank MultivariateNormal": ([LOC, FACTOR[0], P, B, COVARIANCE], lambda d, *parts: (
        d.LowRankMultivariateNormal(*parts[:3]), d.MultivariateNormal(*parts[3:]))),
    "MultivariateNormal LowRank": ([LOC, FACTOR[0], P, B, COVARIANCE], lambda d, *parts: (
        d.MultivariateNormal(*parts[3:]), d.LowRankMultivariateNormal(*parts[:3]))),
    "Uniform within": ([SMALL, P, Q], lambda d, low, p, q: (d.Uniform(low, low + 0.3), d.Beta(p, q))),
    "Uniform in Gamma": ([SMALL, P, Q], lambda d, low, p, q: (d.Uniform(low, low + 0.3), d.Gamma(p, q))),
    "Uniform in Pareto": ([SMALL, P, Q], lambda d, low, p, q: (d.Uniform(low + q, low + 4 * q), d.Pareto(q, p))),
    "Uniform in ContinuousBernoulli": ([SMALL], lambda d, low: (
        d.Uniform(low, low + 0.3), d.ContinuousBernoulli(low + 0.1))),
    **{f"{p} {q}": ([A, P, B, Q], lambda d, *parts, p=p, q=q: (SHAPED[p](d, *parts[:2]), SHAPED[q](d, *parts[2:])))
       for p, others in CROSSED.items() for q in others.split()},
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_divergences(pair: str) -> None:
    parts, make = PAIRS[pair]
    results = []
    for engine in ENGINES:
        parameters = leaves(engine, parts, "float64")
        result = engine.distributions.kl_divergence(*make(engine.distributions, *parameters))
        results.append((result, parameters))
    (mine, own), (theirs, others) = results
    assert_near(mine, theirs)
    if theirs.requires_grad:
        of_gammas = any(
            each in pair for each in ("Gamma", "Chi2", "Beta", "Dirichlet", "within")
        )  # torch's trigamma has ten digits
        assert_same_gradients((mine, own), (theirs, others), 1e-7 if of_gammas else None)


def test_divergences_at_the_border() -> None:
    for expression in (
        "d.Bernoulli(T([0.0, 1.0, 0.5, 0.5, 0.0])), d.Bernoulli(T([0.5, 0.5, 0.0, 1.0, 0.0]))",
        "d.Categorical(T([0.0, 1.0])), d.Categorical(T([0.5, 0.5]))",
        "d.Categorical(T([0.5, 0.5])), d.Categorical(T([0.0, 1.0]))",
        "d.Uniform(0.0, 1.0), d.Uniform(0.0, T([0.5, 2.0]))",
        "d.Uniform(-1.0, T([1.0, 2.0])), d.Exponential(1.0)",
        "d.Normal(0.0, 1.0), d.Normal(T([[1.0], [2.0]]), T([1.0, 2.0, 3.0]))",
    ):
        mine, theirs = (
            engine.distributions.kl_divergence(*eval(expression, {"d": engine.distributions, "T": engine.tensor}))
            for engine in ENGINES
        )
        assert_near(mine, theirs, "float32")


def test_the_mode_of_a_kumaraswamy_variable_is_its_likeliest_value() -> None:
    a, b = minitorch.tensor([2.0, 5.0, 0.5], dtype=minitorch.float64), minitorch.tensor(3.0, dtype=minitorch.float64)
    variable = minitorch.distributions.Kumaraswamy(a, b)
    grid = minitorch.linspace(0.001, 0.999, 999, dtype=minitorch.float64)
    best = grid[variable.log_prob(grid[:, None]).argmax(0)]
    np.testing.assert_allclose(variable.mode[:2].numpy(), best[:2].numpy(), atol=1e-3)
    assert variable.mode[2].isnan()


def test_a_rule_of_ones_own() -> None:
    d = minitorch.distributions

    class Mine(d.Normal):
        pass

    class Other(d.Normal):
        pass

    p, q = Mine(0.0, 1.0), Other(1.0, 1.0)
    assert d.kl_divergence(p, q).item() == 0.5  # that of the classes that they derive from

    @d.register_kl(Mine, d.Normal)
    def _by_p(p: Any, q: Any) -> str:
        return "by p"

    assert d.kl_divergence(p, q) == "by p"

    @d.register_kl(d.Normal, Other)
    def _by_q(p: Any, q: Any) -> str:
        return "by q"

    with pytest.warns(
        RuntimeWarning, match=r"Ambiguous kl_divergence\(Mine, Other\). Please register_kl\(Mine, Other\)"
    ):
        assert d.kl_divergence(p, q) == "by p"
    with pytest.raises(TypeError, match="Expected type_q to be a subclass of Distribution but got <class 'int'>"):
        d.register_kl(d.Normal, int)


# --- transforms -------------------------------------------------------------------------------------------------------


POINTS = [[0.3, 0.6, 0.1], [0.2, 0.05, 0.7]]
TRANSFORMS: dict[str, Make] = {
    "exp": lambda d, s: d.ExpTransform(),
    "power": lambda d, s: d.PowerTransform(s),
    "sigmoid": lambda d, s: d.SigmoidTransform(),
    "softplus": lambda d, s: d.SoftplusTransform(),
    "tanh": lambda d, s: d.TanhTransform(),
    "abs": lambda d, s: d.AbsTransform(),
    "affine": lambda d, s: d.AffineTransform(s, -2.0),
    "affine by tensors": lambda d, s: d.AffineTransform(1, s),
    "affine of vectors": lambda d, s: d.AffineTransform(s, 2 * s, event_dim=1),
    "cdf": lambda d, s: d.CumulativeDistributionTransform(d.Normal(s, s)),
    "softmax": lambda d, s: d.SoftmaxTransform(),
    "stick breaking": lambda d, s: d.StickBreakingTransform(),
    "reshape": lambda d, s: d.ReshapeTransform((3,), (3, 1)),
    "independent": lambda d, s: d.IndependentTransform(d.ExpTransform(), 1),
    "compose": lambda d, s: d.ComposeTransform([d.SigmoidTransform(), d.AffineTransform(s, 2.0)]),
    "compose of vectors": lambda d, s: d.ComposeTransform([d.AffineTransform(s, 2.0), d.StickBreakingTransform()]),
    "nothing": lambda d, s: d.identity_transform,
    "inverse": lambda d, s: d.ExpTransform().inv,
    "inverse of several": lambda d, s: d.ComposeTransform([d.ExpTransform(), d.PowerTransform(s)]).inv,
    "with a cache": lambda d, s: d.ComposeTransform([d.ExpTransform(), d.SigmoidTransform()], cache_size=1),
    "cholesky": lambda d, s: d.LowerCholeskyTransform(),
}


def outcome(transform: Any, what: str) -> str:
    try:
        return repr(getattr(transform, what))
    except (NotImplementedError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name: str) -> None:
    found = []
    for engine in ENGINES:
        x, s = leaves(engine, [POINTS if name != "cholesky" else FACTOR[0], SCALE], "float64")
        t = TRANSFORMS[name](engine.distributions, s)
        y = t(x)
        back = t.inv(y)
        try:
            slope = t.log_abs_det_jacobian(x, y)
        except NotImplementedError:
            slope = y.sum()
        (y.sum() * 2 + (back * back).sum() + slope.sum()).backward()
        shape = tuple(x.shape)
        told = [repr(t), *(outcome(t, what) for what in ("domain", "codomain", "bijective", "sign", "event_dim"))]
        told += [str(tuple(t.forward_shape(shape))), str(tuple(t.inverse_shape(tuple(y.shape)))), str(t.inv.inv == t)]
        told += [str(t == TRANSFORMS[name](engine.distributions, s)), str(t.with_cache(1)._cache_size)]
        found.append((told, y, back, slope, x.grad, s.grad))
    mine, theirs = found
    assert mine[0] == theirs[0]
    for own, other in zip(mine[1:], theirs[1:], strict=True):
        assert (own is None) == (other is None)
        if other is not None:
            assert_near(own, other)


def test_a_cache_gives_back_what_was_put_in() -> None:
    d = minitorch.distributions
    x = minitorch.tensor([40.0])
    for cache_size in (0, 1):
        t = d.SigmoidTransform(cache_size=cache_size)
        y = t(x)
        assert (t.inv(y) is x) == bool(cache_size)
        assert (t(x) is y) == bool(cache_size)


@pytest.mark.parametrize(
    "expression",
    [
        "d.ExpTransform(cache_size=2)",
        "d.StickBreakingTransform().inverse_shape(())",
        "d.IndependentTransform(d.ExpTransform(), 1)(torch.tensor(1.0))",
        "d.ReshapeTransform((2,), (3,))",
        "d.ReshapeTransform((2,), (1, 2)).forward_shape((4, 3))",
        "d.TransformedDistribution(d.Normal(0.0, 1.0), 3)",
        "d.TransformedDistribution(d.Normal(0.0, 1.0), [3])",
        "d.TransformedDistribution(d.Normal(0.0, 1.0), [d.SoftmaxTransform()])",
        "d.LowRankMultivariateNormal(torch.tensor(1.0), torch.ones(2, 1), torch.ones(2))",
        "d.LowRankMultivariateNormal(torch.ones(2), torch.ones(2), torch.ones(2))",
        "d.LowRankMultivariateNormal(torch.ones(2), torch.ones(3, 1), torch.ones(2))",
        "d.LowRankMultivariateNormal(torch.ones(2), torch.ones(2, 1), torch.ones(3))",
        "d.LowRankMultivariateNormal(torch.ones(2, 2), torch.ones(3, 2, 1), torch.ones(2))",
        "d.ContinuousBernoulli(1.5, validate_args=True)",
        "d.Binomial(-1, torch.tensor(0.5))",
        "d.Binomial(torch.tensor([10, 3]), torch.tensor([0.2, 0.5])).entropy()",
        "d.Binomial(torch.tensor([10, 3]), torch.tensor([0.2, 0.5])).enumerate_support()",
        "d.kl_divergence(d.Binomial(3, torch.tensor(0.5)), d.Binomial(4, torch.tensor(0.5)))",
        "torch.binomial(torch.tensor([3]), torch.tensor([0.5]))",
        "torch.binomial(torch.tensor([3.0]), torch.tensor([0.5]).double())",
        "torch.binomial(torch.tensor([3.0]).half(), torch.tensor([0.5]).half())",
    ],
)
def test_errors_of_the_newer_families_are_torchs(expression: str) -> None:
    told = []
    for engine in ENGINES:
        with pytest.raises((ValueError, RuntimeError)) as error:
            eval(expression, {"d": engine.distributions, "torch": engine})
        told.append((type(error.value), str(error.value).split(": ")[0].splitlines()[0]))
    assert told[0] == told[1]


def test_different_transforms_have_no_divergence() -> None:
    d = minitorch.distributions
    with pytest.raises(NotImplementedError, match="needs the same transforms"):
        d.kl_divergence(d.LogNormal(0.0, 1.0), d.HalfNormal(1.0))


@pytest.mark.parametrize("dtype", FLOATS)
def test_binomial_numbers_are_torchs(dtype: str) -> None:
    random = np.random.default_rng(0)
    counts, chances = random.integers(-1, 200, (40, 3)), random.uniform(-0.1, 1.1, (40, 3))
    results = []
    for engine in ENGINES:
        count, prob = (engine.tensor(each, dtype=getattr(engine, dtype)) for each in (counts, chances))
        results.append(engine.binomial(count, prob))
        prob[0, 0] = np.nan
        results.append(engine.binomial(count, prob[0]))
    assert_near(results[0], results[2], dtype)
    assert_near(results[1], results[3], dtype)
    assert minitorch.rand(1).item() == torch.rand(1).item()


# --- a class of one's own ---------------------------------------------------------------------------------------------


def test_what_a_subclass_does_not_define() -> None:
    d = minitorch.distributions

    class Bare(d.Distribution):
        arg_constraints: dict[str, Any] = {}

    bare = Bare(minitorch.Size([2]))
    assert repr(bare) == "Bare()"
    for name in ("support", "mean", "mode", "variance", "stddev"):
        with pytest.raises(NotImplementedError, match="does not implement"):
            getattr(bare, name)
    x = minitorch.zeros(2)
    for name, args in {
        "expand": ((3, 2),), "sample": (), "rsample": (), "log_prob": (x,), "cdf": (x,), "icdf": (x,),
        "enumerate_support": (), "entropy": (), "perplexity": (),
    }.items():  # fmt: skip
        with pytest.raises(NotImplementedError, match="does not implement"):
            getattr(bare, name)(*args)
    with pytest.warns(UserWarning, match="does not define `support` to enable sample validation"):
        bare._validate_sample(x)
    with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
        unchecked = d.Distribution()
    with pytest.raises(NotImplementedError, match="does not implement arg_constraints"):
        repr(unchecked)
    with pytest.raises(NotImplementedError, match="does not define check"):
        d.constraints.Constraint().check(x)
    with pytest.raises(NotImplementedError, match="Subclass Bare of Normal that defines a custom __init__ method"):
        bare._get_checked_instance(d.Normal)
    assert type(bare._get_checked_instance(Bare)) is Bare


def test_a_subclass_expands_with_its_class() -> None:
    class Shifted(minitorch.distributions.Normal):
        def __init__(self, loc: float) -> None:
            super().__init__(loc + 1, 1.0)

    wide = Shifted(1.0).expand((2,))
    assert type(wide) is Shifted
    assert wide.loc.tolist() == [2.0, 2.0]


def test_checks_can_be_turned_off() -> None:
    for engine in ENGINES:
        d = engine.distributions
        assert d.Normal(0, -1, validate_args=False).log_prob(engine.tensor(1.0)).isnan()
        with pytest.raises(ValueError):
            d.Distribution.set_default_validate_args(2)
        d.Distribution.set_default_validate_args(False)
        try:
            d.Normal(0.0, -1.0)
        finally:
            d.Distribution.set_default_validate_args(True)
        with pytest.raises(ValueError, match="Expected parameter scale"):
            d.Normal(0.0, -1.0)


def test_sample_n() -> None:
    for engine in ENGINES:
        with pytest.warns(FutureWarning, match="Use `sample\\(\\(n,\\)\\)` instead"):
            assert engine.distributions.Normal(0.0, 1.0).sample_n(3).shape == (3,)


# --- values and errors, expression by expression ----------------------------------------------------------------------


SAME = """
d.Normal(0, 1)
d.Normal(True, 1.0).loc
d.Normal(T(0.0), T([1.0, 2.0]))
d.Normal(T([1, 2]), 1.0).scale
d.Normal(T([1.0]), T([1.0]))
d.Normal(0, 1).expand([2]).loc
d.Normal(0, 1.0).log_prob(T(3))
d.Normal(0, 1).icdf(T(1.5))
d.Normal(0.0, 1.0, validate_args=False).cdf(1.0)
d.Exponential(2)
d.Exponential(1.0).icdf(T(1.5))
d.Uniform(0, 1)
d.Uniform(0.0, 1.0).log_prob(T(1.0))
d.Uniform(0.0, 1.0, validate_args=False).log_prob(T([1.5, 1.0, 0.0]))
d.Uniform(T([0.0, 1.0]), 2.0).support
d.Uniform(T([0.0, 1.0]), 2.0).arg_constraints
d.HalfNormal(1.0, validate_args=False).log_prob(T([-1.0, 1.0]))
d.HalfNormal(2.0).scale
d.HalfNormal(1.0).expand((2,)).base_dist
d.LogNormal(0.0, 1.0).base_dist
d.LogNormal(1.0, 1.0).loc
d.Gumbel(0, T([1.0, 2.0]))
d.Bernoulli(1).log_prob(T(1.0))
d.Bernoulli(T([1, 0])).probs
d.Bernoulli(T([0.5, 0.2, 0.8])).mode
d.Bernoulli(T([0.5, 0.6])).param_shape
d.Bernoulli(T([0.5, 0.6, 0.0, 1.0])).entropy()
d.Geometric(1.0).log_prob(T([0.0, 1.0]))
d.Geometric(T([0.5, 1.0, 0.2])).entropy()
d.Poisson(T([2.0, 0.0])).log_prob(T([1.0, 0.0]))
d.Poisson(2.0).log_prob(T(3))
d.Categorical(T([1, 2]))
d.Categorical(T([0.2, 0.5])).log_prob(T([0.0, 1.0]))
d.Categorical(T([0.2, 0.5])).log_prob(T(True))
d.Categorical(T([[0.2, 0.5]])).log_prob(T([0, 1]))
d.Categorical(T([0.2, 0.5])).support
d.Categorical(T([0.2, 0.0])).entropy()
d.Categorical(logits=T([0.2, -inf])).entropy()
d.Categorical(logits=T([0.2, 0.5])).logits
d.Categorical(T([[0.2, 0.8]])).expand((2,)).expand((3, 2)).probs
d.OneHotCategorical(T([0.2, 0.8])).log_prob(T([1, 0]))
d.OneHotCategorical(T([0.2, 0.8])).mode
d.Multinomial(5, T([0.5, 0.5])).log_prob(T([2.0, 2.0]))
d.Multinomial(3, T([0.5, 0.5])).log_prob(T([2, 1]))
d.Multinomial(3, T([1.0, 0.0])).log_prob(T([3, 0]))
d.Multinomial(3, logits=T([0.5, -inf])).log_prob(T([3.0, 0.0]))
d.Multinomial(3, T([0.5, 0.5]), validate_args=False).log_prob(T([4.0, -1.0]))
d.Multinomial(probs=T([0.5, 0.5])).total_count
d.Multinomial(0, T([0.5, 0.5])).entropy()
d.Multinomial(3, T([1.0, 0.0])).entropy()
d.Independent(d.Normal(0, 1), 0)
d.Independent(d.Categorical(T([[0.5, 0.5]])), 1).support
d.Independent(d.Normal(T([1.0]), 1.0), 1).log_prob(T([1.0, 2.0]))
d.MultivariateNormal(torch.zeros(2), torch.eye(2)).expand((3,))
d.constraints.boolean.is_discrete
d.constraints.independent(d.constraints.real, 1).event_dim
d.constraints.lower_cholesky.event_dim
d.constraints.integer_interval(0, 3).check(T([1.5, 1.0, 4.0]))
d.constraints.interval(0, 1).check(T([0.0, 1.0, 2.0]))
d.constraints.half_open_interval(0, 1).check(T([0.0, 1.0, 2.0]))
d.constraints.half_open_interval(0, 1)
d.constraints.positive_integer.check(T([0.0, 1.0, 1.5]))
d.constraints.square.check(torch.eye(2))
d.constraints.symmetric.check(torch.ones(3, 2))
d.constraints.positive_definite.check(torch.eye(2).expand(3, 2, 2))
d.constraints.positive_definite.check(torch.stack([torch.eye(2), -torch.eye(2)]))
d.constraints.lower_cholesky.check(torch.stack([torch.eye(2), torch.ones(2, 2)]))
d.constraints.simplex.check(T([[0.5, 0.5], [0.5, 0.6]]))
d.constraints.one_hot.check(T([[0.0, 1.0], [1.0, 1.0]]))
d.constraints.multinomial(3).check(T([[1.0, 2.0], [3.0, 1.0]]))
d.utils.broadcast_all(1, T([1.0, 2.0]))
d.utils.probs_to_logits(T([0.0, 0.5]), is_binary=True)
d.utils.logits_to_probs(T([0.0, 0.5]))
d.utils.clamp_probs(T([0.0, 1.0]))
""".strip().splitlines()

# Errors of which torch gives the same type and text.
REFUSED = """
d.Normal("a", 1)
d.Normal(None, 1)
d.Normal(1j, 1)
d.Normal(0, -1)
d.Normal(float("nan"), 1)
d.Normal(T([0.0, 1.0]), T([1.0, -2.0]))
d.Normal(T([1.0, 2.0]), T([1.0, 2.0, 3.0]))
d.Normal(0, 1).log_prob(0.5)
d.Normal(0, 1).log_prob(T(float("nan")))
d.Normal(T([0.0, 1.0]), T([1.0, 2.0])).log_prob(T([1.0, 2.0, 3.0]))
d.Normal(0, 1).sample(3)
d.Normal(0, 1).rsample((2.0,))
d.Normal(0, 1).expand(2)
d.Normal(0.0, 1.0).cdf(1.0)
d.Bernoulli()
d.Bernoulli(0.5, 0.5)
d.Bernoulli(1.5)
d.Bernoulli(T([0.5, 1.5]))
d.Bernoulli(T([0.5])).log_prob(T([0.5]))
d.Categorical()
d.Categorical(T(0.5))
d.Categorical(logits=T(0.5))
d.Categorical(T([-1.0, 0.5]))
d.Categorical(T([0.0, 0.0]))
d.Categorical(logits=T([float("nan"), 0.5]))
d.Categorical([0.2, 0.5])
d.Categorical(T([0.2, 0.5])).log_prob(T(2))
d.Categorical(T([0.2, 0.5])).log_prob(T(0.5))
d.Categorical(T([[0.2, 0.5], [0.2, 0.2], [0.2, 0.2]])).log_prob(T([0, 1]))
d.OneHotCategorical(T([-1.0, 2.0]))
d.OneHotCategorical(T([0.2, 0.8])).log_prob(T([1.0, 1.0]))
d.Uniform(1, 0)
d.Uniform(T([0.0, 1.0]), T([1.0, 1.0]))
d.Uniform(0.0, 1.0).log_prob(T(1.5))
d.Uniform(0.0, 1.0).cdf(T(2.0))
d.Exponential(-1.0)
d.Exponential(1.0).log_prob(T(-1.0))
d.Laplace(0, 0.0)
d.LogNormal(0.0, -1.0)
d.LogNormal(0.0, 1.0).log_prob(T(-1.0))
d.HalfNormal(-1.0)
d.HalfNormal(1.0).log_prob(T(-1.0))
d.HalfNormal(1.0).cdf(T(-1.0))
d.Gumbel(0.0, -1.0)
d.Poisson(-2.0)
d.Poisson(T([2.0, 0.0])).log_prob(T([1.5, 0.0]))
d.Geometric()
d.Geometric(0.0)
d.Geometric(T([0.5, 0.0]))
d.Geometric(1.5)
d.Geometric(0.3).log_prob(T(-1.0))
d.Multinomial(2.5, T([0.5, 0.5]))
d.Multinomial(3, T([0.5, 0.5])).log_prob(T([4.0, -1.0]))
d.Independent(d.Normal(T([0.0, 1.0]), T([1.0, 2.0])), 2)
d.Independent(d.Bernoulli(T([0.0, 1.0])), 1).enumerate_support()
d.MultivariateNormal(torch.zeros(2))
d.MultivariateNormal(T(0.0), torch.eye(2))
d.MultivariateNormal(torch.zeros(2), torch.eye(2)[0])
d.MultivariateNormal(torch.zeros(2), precision_matrix=torch.eye(2)[0])
d.MultivariateNormal(torch.zeros(2), scale_tril=torch.eye(2)[0])
d.MultivariateNormal(torch.zeros(2), -torch.eye(2))
d.MultivariateNormal(torch.zeros(2), T([[1.0, 2.0], [0.0, 1.0]]))
d.MultivariateNormal(torch.zeros(2), scale_tril=-torch.eye(2))
d.MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(T([1.0, 2.0, 3.0]))
d.MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(T(1.0))
d.MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(T([1.0, float("nan")]))
d.constraints.independent(d.constraints.real, 1).check(T(1.0))
d.Gamma(-1.0, 1.0)
d.Gamma(1.0, 1.0).log_prob(T(-1.0))
d.Chi2(-1.0)
d.Beta(-1.0, 1.0)
d.Beta(1.0, 2.0).log_prob(T(1.5))
d.Dirichlet(torch.ones(()))
d.Dirichlet(T([1.0, -1.0]))
d.StudentT(-1.0)
d.NegativeBinomial(3.0)
d.NegativeBinomial(3.0, 1.0)
d.NegativeBinomial(-3.0, 0.5)
d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(torch.zeros(3), 1.0))
d.MixtureSameFamily(d.Categorical(torch.ones(3)), 3)
d.MixtureSameFamily(d.Categorical(torch.ones(3)), d.Normal(torch.zeros(2), 1.0))
d.MixtureSameFamily(d.Categorical(torch.ones(2, 3)), d.Normal(torch.zeros(4, 3), 1.0))
d.MixtureSameFamily(d.Categorical(torch.ones(2)), d.Normal(torch.zeros(2), 1.0)).log_prob(T(float("nan")))
d.kl_divergence(1, 2)
d.kl_divergence(d.Normal(0.0, 1.0), d.LogNormal(0.0, 1.0))
d.kl_divergence(d.Independent(d.Normal(T([0.0, 1.0]), 1.0), 1), d.Normal(0.0, 1.0))
""".strip().splitlines()

# Errors of the same type, of which the text is our own.
OWN_TEXT = {
    "d.Bernoulli(T([0.5, 0.2])).log_prob(T([1, 0]))": "result type Float can't be cast to the desired output type Long",
    "d.Multinomial(-5, T([0.5, 0.5]))": r"satisfy the constraint IntegerGreaterThan\(lower_bound=0\), but found .*\n-5",
    "d.Bernoulli(0.5).rsample()": "does not implement rsample",
    "d.kl_divergence(d.Independent(d.Normal(T([0.0]), 1.0), 1), d.Independent(d.Normal(T([[0.0]]), 1.0), 2))": (
        "needs the same reinterpreted_batch_ndims, but got 1 and 2"
    ),
    "d.kl_divergence(d.MultivariateNormal(torch.zeros(2), torch.eye(2)), "
    "d.MultivariateNormal(torch.zeros(3), torch.eye(3)))": "different event shapes cannot be computed",
}


def evaluate(expression: str, engine: Any) -> Any:
    return eval(expression, {"torch": engine, "d": engine.distributions, "T": engine.tensor, "inf": float("inf")})


@pytest.mark.parametrize("expression", SAME)
def test_same_value(expression: str) -> None:
    mine, theirs = (evaluate(expression, engine) for engine in ENGINES)
    if isinstance(theirs, torch.Tensor):
        assert_near(mine, theirs, "float32")
    else:
        assert repr(mine) == repr(theirs)


def error(expression: str, engine: Any) -> Exception:
    with pytest.raises(Exception) as caught:
        evaluate(expression, engine)
    return caught.value


@pytest.mark.parametrize("expression", REFUSED)
def test_same_error(expression: str) -> None:
    mine, theirs = (error(expression, engine) for engine in ENGINES)
    assert type(mine) is type(theirs)
    assert str(mine) == str(theirs)


@pytest.mark.parametrize("expression", OWN_TEXT)
def test_error_of_the_same_type(expression: str) -> None:
    assert type(error(expression, minitorch)) is type(error(expression, torch))
    with pytest.raises(Exception, match=OWN_TEXT[expression]):
        evaluate(expression, minitorch)


# --- in a script ------------------------------------------------------------------------------------------------------


def test_every_public_name_is_torchs() -> None:
    for mine, theirs in (
        (minitorch.distributions, torch.distributions),
        (minitorch.distributions.constraints, torch.distributions.constraints),
        (minitorch.distributions.utils, torch.distributions.utils),
    ):
        offered = getattr(mine, "__all__", [name for name in vars(mine) if name[0].isupper()])
        assert offered
        for name in offered:
            assert hasattr(theirs, name), name


def test_a_script_imports_it_in_every_way(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\n"
        "import torch.distributions as dist\n"
        "from torch.distributions import Categorical, Normal, constraints, kl_divergence\n"
        "from torch.distributions.normal import Normal as Same\n"
        "from torch.distributions.kl import register_kl\n"
        "torch.manual_seed(1)\n"
        "assert dist.Normal is Normal is Same is torch.distributions.Normal\n"
        "print(Normal.__module__, Normal(0.0, 1.0).sample((3,)), constraints.simplex)\n"
        "print(Categorical(torch.ones(4)).sample(), kl_divergence(Normal(0.0, 1.0), Normal(1.0, 2.0)))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, *command, str(script)],
            capture_output=True, text=True, check=True, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        ).stdout
        for command in (["-m", "minitorch", "run"], [])
    ]  # fmt: skip
    assert outputs[0] == outputs[1]
