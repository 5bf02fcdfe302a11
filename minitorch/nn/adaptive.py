"""Softmax over many classes of which few are frequent: rare ones are looked at only where they are the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from minitorch.nn import functional
from minitorch.nn.container import ModuleList, Sequential
from minitorch.nn.linear import Linear
from minitorch.nn.module import Module
from minitorch.ops.creation import empty
from minitorch.tensor import Tensor


class _ASMoutput(NamedTuple):
    output: Tensor
    """The log-probability of each target (N)."""
    loss: Tensor
    """Its negative mean."""


class AdaptiveLogSoftmaxWithLoss(Module):
    """log-softmax over `n_classes` sorted by frequency, in clusters that begin at the `cutoffs`: (N, in_features), (N).

    The head knows the frequent classes and one class for each cluster; cluster k of the tail sees its inputs through
    in_features / div_value**k features. Raises ValueError for cutoffs that are not integers that rise from 1 to
    n_classes - 1. Source: Grave et al., Efficient softmax approximation for GPUs, 2017.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = all(0 < low < high for low, high in zip(cutoffs, [*cutoffs[1:], n_classes], strict=True))
        if not rising or any(int(each) != each for each in cutoffs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                f"value is between 1 and n_classes-1, but got {cutoffs} for {n_classes} classes"
            )
        where = {"device": device, "dtype": dtype}
        super().__init__()
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **where)
        self.tail = ModuleList()
        for k, (low, high) in enumerate(self._clusters(), start=1):
            size = int(in_features // div_value**k)
            self.tail.append(
                Sequential(
                    Linear(in_features, size, bias=False, **where), Linear(size, high - low, bias=False, **where)
                )
            )

    def _clusters(self) -> list[tuple[int, int]]:
        """The first class of each cluster of the tail, and the one after its last."""
        return list(zip(self.cutoffs, self.cutoffs[1:], strict=False))

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        self.head.reset_parameters()
        for layer in self.tail.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The targets' log-probabilities, and the loss; raises RuntimeError for shapes or classes that do not fit."""
        if target_.dim() > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        input, target = (input_, target_) if target_.dim() else (input_.unsqueeze(0), target_.unsqueeze(0))
        if input.dim() != 2 or input.shape[0] != target.shape[0]:
            raise RuntimeError(
                "Input and target should have the same size in the batch dimension. "
                f"Got {list(input_.shape)} and {list(target_.shape)}"
            )
        if target.numel() and not (0 <= target.min().item() and target.max().item() < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        in_head = target.clone()
        in_tail = empty(target.shape, dtype=input.dtype, device=input.device).zero_()
        for k, (low, high) in enumerate(self._clusters()):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if rows.numel():
                in_cluster = functional.log_softmax(self.tail[k](input[rows]), 1)
                chosen = in_cluster.gather(1, (target[rows] - low).unsqueeze(1)).squeeze(1)
                in_tail = in_tail.index_copy(0, rows, chosen)
                in_head[rows] = self.shortlist_size + k
        in_head = functional.log_softmax(self.head(input), 1).gather(1, in_head.unsqueeze(1)).squeeze(1)
        output = in_tail + in_head
        loss = (-output).mean()
        return _ASMoutput(output if target_.dim() else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes (N, n_classes) for inputs (N, in_features)."""
        return self._all(input, self.head(input))

    def _all(self, input: Tensor, head: Tensor) -> Tensor:
        logs = functional.log_softmax(head, 1)
        out: Tensor = empty((input.shape[0], self.n_classes), dtype=logs.dtype, device=logs.device)
        out[:, : self.shortlist_size] = logs[:, : self.shortlist_size]
        for k, (low, high) in enumerate(self._clusters()):
            of_cluster = logs[:, self.shortlist_size + k].unsqueeze(1)
            out[:, low:high] = functional.log_softmax(self.tail[k](input), 1) + of_cluster
        return out

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class (N) of each input; the tail is asked only where the head points to it."""
        head = self.head(input)
        output: Tensor = head.argmax(1)
        rare = (output >= self.shortlist_size).nonzero().squeeze(1)
        if rare.numel():
            output[rare] = self._all(input[rare], head[rare]).argmax(1)
        return output
