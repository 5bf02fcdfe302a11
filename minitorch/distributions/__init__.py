"""torch.distributions: random variables that can be sampled, scored and differentiated. The public list; no code."""

from minitorch.distributions import constraints as constraints
from minitorch.distributions import kl as kl
from minitorch.distributions import utils as utils
from minitorch.distributions.bernoulli import Bernoulli as Bernoulli
from minitorch.distributions.categorical import Categorical as Categorical
from minitorch.distributions.cauchy import Cauchy as Cauchy
from minitorch.distributions.dirichlet import Beta as Beta
from minitorch.distributions.dirichlet import Dirichlet as Dirichlet
from minitorch.distributions.distribution import Distribution as Distribution
from minitorch.distributions.exponential import Exponential as Exponential
from minitorch.distributions.gamma import Chi2 as Chi2
from minitorch.distributions.gamma import Gamma as Gamma
from minitorch.distributions.geometric import Geometric as Geometric
from minitorch.distributions.gumbel import Gumbel as Gumbel
from minitorch.distributions.half_cauchy import HalfCauchy as HalfCauchy
from minitorch.distributions.half_normal import HalfNormal as HalfNormal
from minitorch.distributions.independent import Independent as Independent
from minitorch.distributions.kl import kl_divergence as kl_divergence
from minitorch.distributions.kl import register_kl as register_kl
from minitorch.distributions.laplace import Laplace as Laplace
from minitorch.distributions.log_normal import LogNormal as LogNormal
from minitorch.distributions.mixture_same_family import MixtureSameFamily as MixtureSameFamily
from minitorch.distributions.multinomial import Multinomial as Multinomial
from minitorch.distributions.multivariate_normal import MultivariateNormal as MultivariateNormal
from minitorch.distributions.negative_binomial import NegativeBinomial as NegativeBinomial
from minitorch.distributions.normal import Normal as Normal
from minitorch.distributions.one_hot_categorical import OneHotCategorical as OneHotCategorical
from minitorch.distributions.one_hot_categorical import (
    OneHotCategoricalStraightThrough as OneHotCategoricalStraightThrough,
)
from minitorch.distributions.pareto import Pareto as Pareto
from minitorch.distributions.poisson import Poisson as Poisson
from minitorch.distributions.student_t import StudentT as StudentT
from minitorch.distributions.uniform import Uniform as Uniform
from minitorch.distributions.weibull import Weibull as Weibull
