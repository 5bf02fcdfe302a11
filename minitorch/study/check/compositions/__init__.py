"""What the engine's operations are made of: each one again, from primitives, as short as it can be read.

The engine's own kernels are fused and its gradients written by hand. Here is the definition of each operation, in
torch's words, with the operation's own arguments; differentiated step by step it must give the same gradient, which is
what `study.check` compares. Nothing here is fast, and overflow is avoided only where the numbers would be lost. Each
file has the operations of the file of that name in `minitorch.ops`.

A composition may use other composed operations: each of these is composed in turn, down to `PRIMITIVES`, whose rules
are the derivatives that everything else rests on. To add your own:

    @composition(my_op)
    def my_op_by_hand(input: Tensor, alpha: float) -> Tensor:
        return input.exp() * alpha
"""

# Each file registers its compositions when it is imported.
from minitorch.study.check.compositions import activation as activation
from minitorch.study.check.compositions import adaptive_pool as adaptive_pool
from minitorch.study.check.compositions import arithmetic as arithmetic
from minitorch.study.check.compositions import attention as attention
from minitorch.study.check.compositions import avg_pool as avg_pool
from minitorch.study.check.compositions import binary_loss as binary_loss
from minitorch.study.check.compositions import choices as choices
from minitorch.study.check.compositions import class_loss as class_loss
from minitorch.study.check.compositions import conv as conv
from minitorch.study.check.compositions import decompositions as decompositions
from minitorch.study.check.compositions import distance_loss as distance_loss
from minitorch.study.check.compositions import embedding as embedding
from minitorch.study.check.compositions import exponentials as exponentials
from minitorch.study.check.compositions import extremes as extremes
from minitorch.study.check.compositions import fractional_pool as fractional_pool
from minitorch.study.check.compositions import linalg as linalg
from minitorch.study.check.compositions import margin_loss as margin_loss
from minitorch.study.check.compositions import max_pool as max_pool
from minitorch.study.check.compositions import norm as norm
from minitorch.study.check.compositions import padding as padding
from minitorch.study.check.compositions import pairs as pairs
from minitorch.study.check.compositions import powers as powers
from minitorch.study.check.compositions import probability as probability
from minitorch.study.check.compositions import resample as resample
from minitorch.study.check.compositions import rnn as rnn
from minitorch.study.check.compositions import rounding as rounding
from minitorch.study.check.compositions import scans as scans
from minitorch.study.check.compositions import sequence_loss as sequence_loss
from minitorch.study.check.compositions import sorting as sorting
from minitorch.study.check.compositions import special as special
from minitorch.study.check.compositions import totals as totals
from minitorch.study.check.compositions import trigonometry as trigonometry
from minitorch.study.check.compositions import unpool as unpool
from minitorch.study.check.compositions import variance as variance
from minitorch.study.check.compositions import vector_norms as vector_norms
from minitorch.study.check.compositions.registry import COMPOSITIONS as COMPOSITIONS
from minitorch.study.check.compositions.registry import PRIMITIVES as PRIMITIVES
from minitorch.study.check.compositions.registry import WITHOUT as WITHOUT
from minitorch.study.check.compositions.registry import NoCompositionError as NoCompositionError
from minitorch.study.check.compositions.registry import composition as composition
from minitorch.study.check.compositions.registry import is_primitive as is_primitive
from minitorch.study.check.compositions.registry import key as key
from minitorch.study.check.compositions.registry import text as text
from minitorch.study.check.compositions.registry import why_none as why_none
