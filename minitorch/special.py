"""torch.special: the special functions that minitorch has, by torch's names. The public list; no code."""

from minitorch.ops.activation import log_softmax as log_softmax
from minitorch.ops.activation import softmax as softmax
from minitorch.ops.elementwise import digamma as digamma
from minitorch.ops.elementwise import digamma as psi
from minitorch.ops.elementwise import erf as erf
from minitorch.ops.elementwise import erfc as erfc
from minitorch.ops.elementwise import erfinv as erfinv
from minitorch.ops.elementwise import exp2 as exp2
from minitorch.ops.elementwise import expm1 as expm1
from minitorch.ops.elementwise import i0 as i0
from minitorch.ops.elementwise import i1 as i1
from minitorch.ops.elementwise import lgamma as gammaln
from minitorch.ops.elementwise import log1p as log1p
from minitorch.ops.elementwise import logit as logit
from minitorch.ops.elementwise import polygamma as polygamma
from minitorch.ops.elementwise import round as round
from minitorch.ops.elementwise import sigmoid as expit
from minitorch.ops.elementwise import sinc as sinc
from minitorch.ops.elementwise import xlogy as xlogy
from minitorch.ops.reduction import logsumexp as logsumexp
