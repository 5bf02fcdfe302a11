"""The composition of each operation of ops/rnn.py: the cell, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.ops import rnn
from minitorch.study.check.compositions.registry import composition
from minitorch.tensor import Tensor


@composition(rnn._rnn)
@composition(rnn._lstm)
@composition(rnn._gru)
def recurrent(tensors: Sequence[Tensor], walk: Any) -> tuple[Tensor, ...]:
    """The cell of torch's documentation, step by step: rnn_tanh_cell, rnn_relu_cell, lstm_cell or gru_cell."""
    return tuple(rnn.unroll(walk, dict(zip(walk.arrays, tensors, strict=True))))
