"""Kullback-Leibler divergences: the expectation under p of log p(x) - log q(x)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from minitorch.distributions.bernoulli import Bernoulli
from minitorch.distributions.binomial import Binomial
from minitorch.distributions.categorical import Categorical
from minitorch.distributions.cauchy import Cauchy
from minitorch.distributions.continuous_bernoulli import ContinuousBernoulli
from minitorch.distributions.dirichlet import Beta, Dirichlet
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.exponential import Exponential
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.geometric import Geometric
from minitorch.distributions.gumbel import Gumbel
from minitorch.distributions.independent import Independent
from minitorch.distributions.laplace import Laplace
from minitorch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from minitorch.distributions.multivariate_normal import (
    MultivariateNormal,
    half_log_det,
    squared_mahalanobis,
)
from minitorch.distributions.normal import Normal
from minitorch.distributions.one_hot_categorical import OneHotCategorical
from minitorch.distributions.pareto import Pareto
from minitorch.distributions.poisson import Poisson
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.uniform import Uniform
from minitorch.distributions.utils import EULER, sum_rightmost
from minitorch.errors import user_stacklevel
from minitorch.linalg import solve_triangular
from minitorch.nn.functional import softplus
from minitorch.ops.choices import where
from minitorch.ops.creation import full_like, zeros_like
from minitorch.ops.repeating import broadcast_shapes
from minitorch.tensor import Tensor

__all__ = ["kl_divergence", "register_kl"]

_rules: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}
_Rule = TypeVar("_Rule", bound=Callable[[Any, Any], Any])


def register_kl(type_p: type, type_q: type) -> Callable[[_Rule], _Rule]:
    """A decorator: the function computes the divergence of any `type_p` from any `type_q`, subclasses included.

    Raises TypeError for what is no subclass of Distribution.
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"Expected {name} to be a subclass of Distribution but got {kind}")

    def register(rule: _Rule) -> _Rule:
        _rules[type_p, type_q] = rule
        return rule

    return register


def _rule(type_p: type, type_q: type) -> Callable[[Any, Any], Any] | None:
    """The rule for the nearest classes; p's count more than q's, with a warning where q's would choose another."""
    fitting = [pair for pair in _rules if issubclass(type_p, pair[0]) and issubclass(type_q, pair[1])]
    if not fitting:
        return None

    def distances(pair: tuple[type, type]) -> tuple[int, int]:
        return type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])

    by_p = _rules[min(fitting, key=distances)]
    by_q = _rules[min(fitting, key=lambda pair: distances(pair)[::-1])]
    if by_p is not by_q:
        names = f"{type_p.__name__}, {type_q.__name__}"
        warnings.warn(
            f"Ambiguous kl_divergence({names}). Please register_kl({names})",
            RuntimeWarning,
            stacklevel=user_stacklevel(),
        )
    return by_p


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p || q), of shape batch_shape; raises NotImplementedError for a pair that has no rule."""
    rule = _rule(type(p), type(q))
    if rule is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
        )
    return rule(p, q)


# --- of one family ----------------------------------------------------------------------------------------------------


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    # log p is -softplus(-logits), log(1 - p) is -softplus(logits).
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    impossible = (q.probs.eq(0) & (p.probs > 0)) | (q.probs.eq(1) & (p.probs < 1))
    return where(impossible, math.inf, ones + zeros)


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms = where(q.probs.eq(0), math.inf, terms)
    return where(p.probs.eq(0), 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return kl_divergence(p._categorical, q._categorical)


@register_kl(Cauchy, Cauchy)
def _cauchy_cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@register_kl(Exponential, Exponential)
def _exponential_exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
def _gamma_gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    ratio = q.rate / p.rate
    return -b * ratio.log() + b.lgamma() - a.lgamma() + (a - b) * a.digamma() + a * (ratio - 1)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    norms = a.sum(-1).lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return norms + ((a - b) * (a.digamma() - a.sum(-1, keepdim=True).digamma())).sum(-1)


@register_kl(Beta, Beta)
def _beta_beta(p: Beta, q: Beta) -> Tensor:
    return kl_divergence(p._dirichlet, q._dirichlet)


@register_kl(Geometric, Geometric)
def _geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Laplace, Laplace)
def _laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return distance / q.scale + ratio * (-distance / p.scale).exp() - ratio.log() - 1


@register_kl(Normal, Normal)
def _normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed"
        )
    (n,) = p.event_shape
    own, other = p._factor, q._factor
    lead = broadcast_shapes(own.shape[:-2], other.shape[:-2])
    # The trace of inverse(q's covariance) @ (p's covariance).
    trace = (solve_triangular(other.expand(*lead, n, n), own.expand(*lead, n, n), upper=False) ** 2).sum((-2, -1))
    distance = squared_mahalanobis(other, q.loc - p.loc)
    return half_log_det(other) - half_log_det(own) + 0.5 * (trace + distance - n)


@register_kl(Poisson, Poisson)
def _poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Uniform, Uniform)
def _uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    outside = (q.low > p.low) | (q.high < p.high)
    return where(outside, math.inf, ((q.high - q.low) / (p.high - p.low)).log())


@register_kl(Gumbel, Gumbel)
def _gumbel_gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, shift = p.scale / q.scale, (q.loc - p.loc) / q.scale
    return -ratio.log() - shift + (shift + (1 + ratio).lgamma()).exp() - 1 + EULER * (ratio - 1)


@register_kl(TransformedDistribution, TransformedDistribution)
def _same_transform(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"KL(p || q) of TransformedDistributions needs the same transforms and event_shape, but got {p.transforms} "
            f"of {p.event_shape} and {q.transforms} of {q.event_shape}"
        )
    inner = kl_divergence(p.base_dist, q.base_dist)
    return sum_rightmost(inner, inner.dim() - len(p.batch_shape))


@register_kl(Binomial, Binomial)
def _binomial_binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    divergence = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return where(p.total_count > q.total_count, math.inf, divergence)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Tensor:
    full = [each if isinstance(each, MultivariateNormal) else _full(each) for each in (p, q)]
    return kl_divergence(full[0], full[1])


def _full(p: LowRankMultivariateNormal) -> MultivariateNormal:
    return MultivariateNormal(p.loc, scale_tril=p.scale_tril, validate_args=False)


@register_kl(Independent, Independent)
def _independent_independent(p: Independent, q: Independent) -> Tensor:
    dims = p.reinterpreted_batch_ndims
    if dims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            f"KL(p || q) of Independent distributions needs the same reinterpreted_batch_ndims, but got {dims} and "
            f"{q.reinterpreted_batch_ndims}"
        )
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), dims)


# --- of two families: minus the entropy of p, and the expectation under p of -log q -----------------------------------


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Pareto, Normal)
@register_kl(Uniform, Normal)
def _any_normal(p: Distribution, q: Normal) -> Tensor:
    squares = p.variance + (p.mean - q.loc) ** 2
    return squares / (2 * q.variance) + 0.5 * (2 * math.pi * q.variance).log() - p.entropy()


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    return _from_gumbel(p, q, (q.loc / q.scale).exp() * (1 + 1 / (p.rate * q.scale)) ** -p.concentration)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    rate = p.rate * q.scale
    return _from_gumbel(p, q, (q.loc / q.scale).exp() * rate / (rate + 1))


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    return _from_gumbel(p, q, ((q.loc - p.loc) / q.scale + (p.scale / q.scale) ** 2 / 2).exp())


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    left, right = ((q.loc - p.low) / q.scale).exp(), ((q.loc - p.high) / q.scale).exp()
    return _from_gumbel(p, q, q.scale / (p.high - p.low) * (left - right))


def _from_gumbel(p: Distribution, q: Gumbel, expected: Any) -> Tensor:
    """KL(p || q), given the expectation under p of exp(-(x - loc) / scale)."""
    return q.scale.log() + (p.mean - q.loc) / q.scale + expected - p.entropy()


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    d = p.loc - q.loc
    z = d / (math.sqrt(2) * p.scale)
    distance = math.sqrt(2 / math.pi) * p.scale * (-(z**2)).exp() + d * z.erf()
    return distance / q.scale + (2 * q.scale).log() - p.entropy()


def _outside_of(p: Distribution, low: Any, high: Any) -> Any:
    """Whether p has values below `low` or above `high`."""
    if isinstance(p, Uniform):
        return (p.low < low) | (p.high > high)
    if isinstance(p, Pareto):
        return p.scale < low
    return (low > 0) | (high < 1)  # from 0, and up to 1 where `high` is finite


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(Uniform, Exponential)
def _any_exponential(p: Distribution, q: Exponential) -> Tensor:
    return where(_outside_of(p, zeros_like(q.rate), math.inf), math.inf, q.rate * p.mean - q.rate.log() - p.entropy())


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _any_uniform(p: Distribution, q: Uniform) -> Tensor:
    return where(_outside_of(p, q.low, q.high), math.inf, (q.high - q.low).log() - p.entropy())


def _mean_logarithm(p: Any) -> Tensor:
    """The expectation of log x."""
    if isinstance(p, Exponential):
        return -p.rate.log() - EULER
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    result: Tensor = (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1
    return result


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
@register_kl(Pareto, Gamma)
@register_kl(Uniform, Gamma)
def _any_gamma(p: Distribution, q: Gamma) -> Tensor:
    a, rate = q.concentration, q.rate
    expected = a.lgamma() - a * rate.log() - (a - 1) * _mean_logarithm(p) + rate * p.mean
    return where(_outside_of(p, zeros_like(rate), math.inf), math.inf, expected - p.entropy())


@register_kl(Pareto, Pareto)
@register_kl(Uniform, Pareto)
def _any_pareto(p: Any, q: Pareto) -> Tensor:
    expected = (q.alpha + 1) * _mean_logarithm(p) - q.alpha.log() - q.alpha * q.scale.log()
    return where(_outside_of(p, q.scale, math.inf), math.inf, expected - p.entropy())


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    turned = Uniform(1 - p.high, 1 - p.low, validate_args=False)
    expected = -(a - 1) * _mean_logarithm(p) - (b - 1) * _mean_logarithm(turned)
    expected = expected + a.lgamma() + b.lgamma() - (a + b).lgamma() - p.entropy()
    return where(_outside_of(p, zeros_like(a), 1.0), math.inf, expected)


@register_kl(Beta, ContinuousBernoulli)
@register_kl(ContinuousBernoulli, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def _any_continuous_bernoulli(p: Distribution, q: ContinuousBernoulli) -> Tensor:
    expected = -p.mean * q.logits - (-q.probs).log1p() - q._log_constant() - p.entropy()
    return where(_outside_of(p, zeros_like(expected), 1.0), math.inf, expected) if isinstance(p, Uniform) else expected


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return q.rate - p.probs * q.rate.log() - p.entropy()


@register_kl(Beta, Pareto)
@register_kl(ContinuousBernoulli, Pareto)
@register_kl(Exponential, Beta)
@register_kl(Exponential, ContinuousBernoulli)
@register_kl(Exponential, Pareto)
@register_kl(Gamma, Beta)
@register_kl(Gamma, ContinuousBernoulli)
@register_kl(Gamma, Pareto)
@register_kl(Gamma, Uniform)
@register_kl(Gumbel, Beta)
@register_kl(Gumbel, ContinuousBernoulli)
@register_kl(Gumbel, Gamma)
@register_kl(Gumbel, Pareto)
@register_kl(Laplace, Beta)
@register_kl(Laplace, ContinuousBernoulli)
@register_kl(Laplace, Gamma)
@register_kl(Laplace, Pareto)
@register_kl(Normal, Beta)
@register_kl(Normal, ContinuousBernoulli)
@register_kl(Normal, Gamma)
@register_kl(Normal, Pareto)
@register_kl(Pareto, Beta)
@register_kl(Pareto, ContinuousBernoulli)
@register_kl(Pareto, Uniform)
@register_kl(Poisson, Binomial)
@register_kl(Poisson, Bernoulli)
@register_kl(Exponential, Uniform)
@register_kl(Gumbel, Exponential)
@register_kl(Gumbel, Uniform)
@register_kl(Laplace, Exponential)
@register_kl(Laplace, Uniform)
@register_kl(Normal, Exponential)
@register_kl(Normal, Uniform)
def _outside(p: Distribution, q: Distribution) -> Tensor:
    """p has values that are impossible under q."""
    return full_like(p.mean, math.inf)
