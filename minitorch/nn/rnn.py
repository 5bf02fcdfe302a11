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
from minitorch.ops.permutation import transpose
from minitorch.ops.rnn import gru_cell, lstm_cell, recurrent, rnn_relu_cell, rnn_tanh_cell
from minitorch.ops.shape import squeeze, unsqueeze
from minitorch.ops.slices import index_select
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

    __constants__ = "mode input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size".split()
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
        """Raises ValueError for another dtype than the weights' (RuntimeError for packed rows in LSTM, from the
        products), RuntimeError for a wrong shape."""
        weight = getattr(self, self._all_weights[0][0])
        if input._array.dtype is not weight._array.dtype and (batch_sizes is None or self.mode != "LSTM"):
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

    def _check_dims(self, input: Tensor, hx: Any) -> bool:
        """Whether the input is a batch; raises ValueError or RuntimeError unless it, and the state, has 2 or 3 dims."""
        ndim = input.dim()
        if ndim not in (2, 3):
            what = " tensor" if isinstance(self, RNN) else ""
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {ndim}D{what} instead")
        found = [] if hx is None else [state.dim() for state in self._as_states(hx)]
        if found and found != [ndim] * len(found):
            what = "batched 3-D" if ndim == 3 else "unbatched 2-D"
            names, got = "hx", f"{found[0]}-D tensor"
            if len(found) > 1:
                names, got = "hx and cx", f"({found[0]}-D, {found[1]}-D) tensors"
            raise RuntimeError(f"For {what} input, {names} should also be {ndim}-D but got {got}")
        return ndim == 3

    def _as_states(self, hx: Any) -> tuple[Tensor, ...]:
        """The state as a tuple of tensors."""
        return (hx,)

    def _as_hidden(self, states: Sequence[Tensor]) -> Any:
        """The state as it is returned."""
        return states[0]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Output (T, B, directions * H) of an input (T, B, F), and the final state (layers * directions, B, H).

        With `batch_first` B comes before T in input and output; one sequence may come as (T, F). Of a PackedSequence
        the output is one, too. `hx`, the initial state, is zeros unless given; an LSTM's states are pairs.
        """
        batch_sizes = sorted_indices = unsorted_indices = None
        source, batched, turned = input, True, False
        if isinstance(input, PackedSequence):
            source, batch_sizes, sorted_indices, unsorted_indices = input
        else:
            batched, turned = self._check_dims(input, hx), self.batch_first
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            source = unsqueeze(source, batch_dim)
            hx = None if hx is None else self._as_hidden([unsqueeze(state, 1) for state in self._as_states(hx)])
        if hx is None:
            self.check_input(source, batch_sizes)
        else:
            hx = self.permute_hidden(hx, sorted_indices)
            self.check_forward_args(source, hx, batch_sizes)
        output, *states = recurrent(
            self.mode,
            transpose(source, 0, 1) if turned else source,
            None if batch_sizes is None else batch_sizes.tolist(),
            None if hx is None else self._as_states(hx),
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
        )
        result: Any = transpose(output, 0, 1) if turned else output
        if not batched:
            result = squeeze(result, batch_dim)
            states = [squeeze(state, 1) for state in states]
        if batch_sizes is not None:
            result = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        return result, self.permute_hidden(self._as_hidden(states), unsorted_indices)


def _refuse_projection(options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """Layers of `h = tanh(w_ih @ x + b_ih + w_hh @ h + b_hh)`, or relu of it: see RNNBase for shapes and parameters.

    `RNN(input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
    bidirectional=False, device=None, dtype=None)`. Raises ValueError for an unknown nonlinearity.
    """

    nonlinearity: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        self.nonlinearity = nonlinearity
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)


class GRU(RNNBase):
    """Layers of gated recurrent units, gates in the order r, z, n: see RNNBase for shapes and parameters.

    `GRU(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    device=None, dtype=None)`. Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Layers of long short-term memory, gates in the order i, f, g, o: see RNNBase for shapes and parameters.

    `LSTM(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    proj_size=0, device=None, dtype=None)`. States are pairs (h, c). With `proj_size`, h is multiplied by
    `weight_hr_lk` (proj_size, H). Source: Hochreiter and Schmidhuber, Long short-term memory, 1997.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Any) -> tuple[int, int, int]:
        """The shape (layers * directions, B, H) of an initial cell for this input."""
        return self._state_shape(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Any) -> None:
        """Raises ValueError or RuntimeError for an input or a state that does not fit."""
        self.check_input(input, batch_sizes)
        message = "Expected hidden[{}] size {{}}, got {{}}"
        self.check_hidden_size(hidden[0], self.get_expected_hidden_size(input, batch_sizes), message.format(0))
        self.check_hidden_size(hidden[1], self.get_expected_cell_size(input, batch_sizes), message.format(1))
        if len(hidden) != 2:
            raise RuntimeError("lstm expects two hidden states")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The pair of states with their sequences in another order; as it is for None."""
        return hx if permutation is None else tuple(index_select(state, 1, permutation) for state in hx)

    def _as_states(self, hx: Any) -> tuple[Tensor, ...]:
        return hx[0], hx[1]

    def _as_hidden(self, states: Sequence[Tensor]) -> Any:
        return tuple(states)


class RNNCellBase(Module):
    """What the cells share: `weight_ih` (gates * H, in), `weight_hh` (gates * H, H), two biases, and their start."""

    __constants__ = ["input_size", "hidden_size", "bias"]
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    def reset_parameters(self) -> None:
        """Draws the initial values, uniform within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check_dims(self, name: str, value: Tensor) -> bool:
        """Whether `value` is a batch; raises ValueError unless it has 1 or 2 dimensions."""
        if value.dim() not in (1, 2):
            raise ValueError(f"{self._get_name()}: Expected {name} to be 1D or 2D, got {value.dim()}D instead")
        return value.dim() == 2

    def _step(self, cell: Any, input: Tensor, hx: Tensor | None) -> Tensor:
        """One step of a cell with one state, of a batch or of one sequence."""
        batched = self._check_dims("input", input)
        if hx is not None:
            self._check_dims("hidden", hx)
        if not batched:
            input = unsqueeze(input, 0)
        if hx is None:
            hx = zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
        elif not batched:
            hx = unsqueeze(hx, 0)
        state: Tensor = cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return state if batched else squeeze(state, 0)


class RNNCell(RNNCellBase):
    """One step of an Elman network: input (B, in) and state (B, H), zeros unless given, to the next state.

    Without a batch (in) and (H). Raises ValueError for other numbers of dimensions, RuntimeError for other sizes.
    """

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        cells = {"tanh": rnn_tanh_cell, "relu": rnn_relu_cell}
        if self.nonlinearity not in cells:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(cells[self.nonlinearity], input, hx)


class GRUCell(RNNCellBase):
    """One step of gated recurrent units; shapes and errors are RNNCell's."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        return self._step(gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of long short-term memory; shapes and errors are RNNCell's, and the state is a pair (h, c)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next state and the next cell."""
        batched = self._check_dims("input", input)
        if hx is not None:
            for k, each in enumerate(hx):
                self._check_dims(f"hx[{k}]", each)
        if not batched:
            input = unsqueeze(input, 0)
        if hx is None:
            start = zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            hx = (start, start)
        elif not batched:
            hx = (unsqueeze(hx[0], 0), unsqueeze(hx[1], 0))
        h, c = lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return (h, c) if batched else (squeeze(h, 0), squeeze(c, 0))
