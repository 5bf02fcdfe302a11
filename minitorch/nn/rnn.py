"""Recurrent layers: RNN, LSTM and GRU over whole sequences, and their cells for one step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.nn import init
from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.nn.utils.rnn import PackedSequence
from minitorch.ops.creation import empty, zeros
from minitorch.ops.indexing import index_select
from minitorch.ops.rnn import gru_cell, lstm_cell, recurrent, rnn_relu_cell, rnn_tanh_cell
from minitorch.ops.shape import squeeze, transpose, unsqueeze
from minitorch.tensor import Tensor

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


def _check_sizes(**sizes: Any) -> None:
    """Raises torch's errors unless all are positive ints."""
    for name, size in sizes.items():
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
    for name, size in sizes.items():
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")


def _check_dropout(dropout: Any, num_layers: int) -> float:
    """The probability; raises ValueError outside [0, 1], warns where there is nothing between layers."""
    if isinstance(dropout, bool) or not 0 <= float(dropout) <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if float(dropout) > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )
    return float(dropout)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: the parameters, the checks, and the way of a batch through the layers.

    Layer k has `weight_ih_lk` (gates * H, in), `weight_hh_lk` (gates * H, H) and two biases, once more as `..._reverse`
    where `bidirectional`; all start uniform within 1 / sqrt(hidden_size). Raises ValueError and TypeError for options.
    """

    __constants__ = [
        "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size",
    ]  # fmt: skip
    dropout: float

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        for name, flag in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(flag, bool):
                raise TypeError(f"{name} should be of type bool, got: {type(flag).__name__}")
        _check_sizes(input_size=input_size, hidden_size=hidden_size)
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = _check_dropout(dropout, num_layers)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self._all_weights: list[list[str]] = []
        self._make_parameters(device, dtype)
        self.reset_parameters()

    def _make_parameters(self, device: Any, dtype: Any) -> None:
        """The parameters of every layer and direction, in torch's order."""
        rows = _GATES[self.mode] * self.hidden_size
        directions = ("", "_reverse") if self.bidirectional else ("",)
        out = self.proj_size or self.hidden_size
        for layer in range(self.num_layers):
            features = self.input_size if layer == 0 else out * len(directions)
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, out)}
            if self.bias:
                shapes.update(bias_ih=(rows,), bias_hh=(rows,))
            if self.proj_size:
                shapes["weight_hr"] = (self.proj_size, self.hidden_size)
            for direction in directions:
                names = {f"{name}_l{layer}{direction}": shape for name, shape in shapes.items()}
                for name, shape in names.items():
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(list(names))

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for names in self._all_weights for name in names]

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters, one list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Does nothing: it is the layout that cuDNN wants."""

    def reset_parameters(self) -> None:
        """Draws the initial values, uniform within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        for name, default in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text

    def check_input(self, input: Tensor, batch_sizes: Any) -> None:
        """Raises ValueError for another dtype than the weights', RuntimeError for a wrong shape."""
        weight = getattr(self, self._all_weights[0][0])
        if input._array.dtype is not weight._array.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        expected = 3 if batch_sizes is None else 2
        if input._array.ndim != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if input._array.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _state_shape(self, input: Tensor, batch_sizes: Any, width: int) -> tuple[int, int, int]:
        batch = input.size(0 if self.batch_first else 1) if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * (2 if self.bidirectional else 1), batch, width

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Any) -> tuple[int, int, int]:
        """The shape (layers * directions, B, H) of an initial state for this input."""
        return self._state_shape(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Raises RuntimeError unless a state is of the expected shape."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Any) -> None:
        """Raises ValueError or RuntimeError for an input or a state that does not fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """A state (layers * directions, B, H) with its sequences in another order; as it is for None."""
        return hx if permutation is None else index_select(hx, 1, permutation)

    def _check_dims(self, input: Tensor, hx: Any) -> None:
        """Raises unless input, and the state with it, is a batch or one sequence."""
        ndim = input.dim()
        if ndim not in (2, 3):
            what = " tensor" if isinstance(self, RNN) else ""
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {ndim}D{what} instead")
        if hx is not None:
            self._check_state_dims(hx, ndim)

    def _check_state_dims(self, hx: Any, ndim: int) -> None:
        if hx.dim() != ndim:
            what = "batched 3-D" if ndim == 3 else "unbatched 2-D"
            raise RuntimeError(f"For {what} input, hx should also be {ndim}-D but got {hx.dim()}-D tensor")

    def _batched(self, hx: Any, batched: bool) -> Any:
        """The initial state of one sequence as that of a batch of one."""
        return hx if batched else unsqueeze(hx, 1)

    def _as_tuple(self, hx: Any) -> tuple[Tensor, ...]:
        return (hx,)

    def _from_tuple(self, states: Sequence[Tensor]) -> Any:
        return states[0]

    def _run(self, input: Tensor, sizes: list[int] | None, hx: Any) -> tuple[Tensor, Any]:
        output, *states = recurrent(
            self.mode,
            input,
            sizes,
            None if hx is None else self._as_tuple(hx),
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            bool(self.bidirectional),
        )
        return output, states

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Output (T, B, directions * H) of an input (T, B, F), and the final state (layers * directions, B, H).

        With `batch_first` B comes before T in input and output; one sequence may come as (T, F). Of a PackedSequence
        the output is one, too. `hx`, the initial state, is zeros unless given; an LSTM's states are pairs.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        self._check_dims(input, hx)
        batched = input._array.ndim == 3
        turned = batched and self.batch_first
        if not batched:
            input = unsqueeze(input, 0 if self.batch_first else 1)
            hx = hx if hx is None else self._each(hx, lambda state: unsqueeze(state, 1))
        ...


