"""The loss of sequences whose alignment is not known."""

from __future__ import annotations

from collections.abc import Sequence

from minitorch.ops import sequence_loss
from minitorch.ops._loss_reduction import REDUCTIONS, chosen_reduction
from minitorch.tensor import Tensor


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability of each target over all its alignments: log_probs (T, N, C) or (T, C), by log_softmax.

    Targets are labels (N, S), or one after the other in a row; lengths say how much of each counts. The mean is over
    losses divided by the target lengths; `zero_infinity` makes impossible targets count 0. The gradient takes
    log_probs for normalised, as torch's does. Raises RuntimeError for sizes that do not fit, and cannot be
    differentiated twice. Differs from torch: a label that does not exist raises IndexError, and the gradient of a
    class of probability 0 is 0, not nan.
    """
    codes = REDUCTIONS.index(chosen_reduction(None, None, reduction))
    return sequence_loss.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, codes, zero_infinity)
