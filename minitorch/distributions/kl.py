"""Kullback-Leibler divergences: the expectation under p of log p(x) - log q(x)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from minitorch.distributions.bernoulli import Bernoulli
from minitorch.distributions.categorical import Categorical
from minitorch.distributions.cauchy import Cauchy
from minitorch.distributions.dirichlet import Beta, Dirichlet
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.exponential import Exponential
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.geometric import Geometric
from minitorch.distributions.gumbel import Gumbel
from minitorch.distributions.half_cauchy import HalfCauchy
from minitorch.distributions.half_normal import HalfNormal
from minitorch.distributions.independent import Independent
from minitorch.distributions.laplace import Laplace
from minitorch.distributions.log_normal import LogNormal
from minitorch.distributions.multivariate_normal import (
    MultivariateNormal,
    half_log_det,
    squared_mahalanobis,
)
from minitorch.distributions.normal import Normal
from minitorch.distributions.one_hot_categorical import OneHotCategorical
from minitorch.distributions.poisson import Poisson
from minitorch.distributions.uniform import Uniform
from minitorch.distributions.utils import EULER, sum_rightmost
from minitorch.errors import user_stacklevel
from minitorch.linalg import solve_triangular
from minitorch.nn.functional import softplus
from minitorch.ops.choices import where
from minitorch.ops.creation import full_like
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


@register_kl(LogNormal, LogNormal)
@register_kl(HalfNormal, HalfNormal)
@register_kl(HalfCauchy, HalfCauchy)
def _same_transform(p: Any, q: Any) -> Tensor:
    return kl_divergence(p.base_dist, q.base_dist)


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


@register_kl(Exponential, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Uniform, Normal)
def _any_normal(p: Distribution, q: Normal) -> Tensor:
    squares = p.variance + (p.mean - q.loc) ** 2
    return squares / (2 * q.variance) + 0.5 * (2 * math.pi * q.variance).log() - p.entropy()


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


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    return where(p.low < 0, math.inf, q.rate * p.mean - q.rate.log() - p.entropy())


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return q.rate - p.probs * q.rate.log() - p.entropy()


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
