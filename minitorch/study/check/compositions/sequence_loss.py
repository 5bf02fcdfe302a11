"""The composition of each operation of ops/sequence_loss.py."""

from __future__ import annotations

import minitorch as torch
from minitorch.ops import sequence_loss
from minitorch.study.check.compositions.arithmetic import _total
from minitorch.study.check.compositions.registry import NoCompositionError, composition
from minitorch.tensor import Tensor


@composition(sequence_loss._ctc_loss)
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: tuple[int, ...],
    target_lengths: tuple[int, ...],
    blank: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """By probabilities: at each step of time, that of coming to each place is a sum over where one comes from."""
    losses, start = [], 0
    for k, (time, count) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        labels = (targets[start : start + count] if targets.ndim == 1 else targets[k, :count]).tolist()
        start += count
        logarithms = log_probs[:time, k]
        # The rule takes the probabilities of a step to add up to 1 whatever is changed: their sum has to be paid for.
        charge = logarithms.exp().sum() - logarithms.exp().sum().detach()
        losses.append(charge - _probability(logarithms.exp(), labels, blank).log())
    return torch.stack(losses)


def _probability(probs: Tensor, labels: list[int], blank: int) -> Tensor:
    """The probability of the labels over all their alignments with the steps (T, C)."""
    places = [blank, *(each for label in labels for each in (label, blank))]
    sources = [
        [k - back for back in (0, 1, 2) if back <= k and (back < 2 or places[k] != places[k - 2])]
        for k in range(len(places))
    ]
    arrived = [probs.new_tensor(float(k == 0)) for k in range(len(places))]  # before time begins, on the first place
    for row in probs.unbind():
        arrived = [_total(arrived[j] for j in sources[k]) * row[place] for k, place in enumerate(places)]
    total = _total(arrived[-2:])
    if not total.item():
        raise NoCompositionError("the target has no alignment")
    return total
