"""torch.special: the special functions that minitorch has, by torch's names. The public list."""

from minitorch.ops.activation import log_softmax, softmax
from minitorch.ops.exponentials import exp2, expm1, log1p, logit, xlogy
from minitorch.ops.exponentials import sigmoid as expit
from minitorch.ops.probability import (
    entr,
    erfcx,
    gammainc,
    gammaincc,
    i0e,
    i1e,
    log_ndtr,
    multigammaln,
    ndtr,
    ndtri,
    xlog1py,
    zeta,
)
from minitorch.ops.rounding import round
from minitorch.ops.special import digamma, erf, erfc, erfinv, i0, i1, polygamma
from minitorch.ops.special import digamma as psi
from minitorch.ops.special import lgamma as gammaln
from minitorch.ops.totals import logsumexp
from minitorch.ops.trigonometry import sinc

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]
