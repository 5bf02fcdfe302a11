"""torch.special: the special functions that minitorch has, by torch's names. The public list."""

from minitorch.ops.activation import log_softmax, softmax
from minitorch.ops.elementwise import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    i0,
    i1,
    log1p,
    logit,
    polygamma,
    round,
    sinc,
    xlogy,
)
from minitorch.ops.elementwise import digamma as psi
from minitorch.ops.elementwise import lgamma as gammaln
from minitorch.ops.elementwise import sigmoid as expit
from minitorch.ops.reduction import logsumexp

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
