"""torch.special: the special functions that minitorch has, by torch's names. The public list."""

from minitorch.ops.activation import log_softmax, softmax
from minitorch.ops.exponentials import exp2, expm1, log1p, logit, xlogy
from minitorch.ops.exponentials import sigmoid as expit
from minitorch.ops.rounding import round
from minitorch.ops.special import digamma, erf, erfc, erfinv, i0, i1, polygamma
from minitorch.ops.special import digamma as psi
from minitorch.ops.special import lgamma as gammaln
from minitorch.ops.totals import logsumexp
from minitorch.ops.trigonometry import sinc

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "i0",
    "i1",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlogy",
]
