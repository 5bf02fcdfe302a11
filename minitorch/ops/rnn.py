"""Recurrent layers: a layer's walk over a whole sequence is one operation; the cells are one step, readable.

A sequence lies as rows: those of the first step, then those of the second. A padded batch (T, B, F) has B rows at every
step. A packed one has fewer and fewer: the sequences are sorted by length, and a step has a row for each that is still
under way. One code walks over both, from either end.

All inputs are multiplied by the weights at once; what remains for the loop is the state's own product. Backward, every
gate is linear in the gradient of the state that it leads to, so its slope is worked out for all rows at once, and the
loop multiplies. The gradients of weights and inputs follow from those of the gates, one product each.

So it is on a CPU, and for a projected LSTM. On a GPU _recurrence.py walks, with kernels for whole steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minitorch import parallel
from minitorch.autograd import engine
from minitorch.autograd.graph import lifted
from minitorch.autograd.op import op
from minitorch.backend import Array, array_module
from minitorch.dtypes import from_numpy_dtype
from minitorch.ops import _recurrence
from minitorch.ops.activation import relu
from minitorch.ops.copies import clone
from minitorch.ops.exponentials import sigmoid
from minitorch.ops.joining import cat, stack
from minitorch.ops.linalg import linear
from minitorch.ops.parts import chunk, unbind
from minitorch.ops.permutation import transpose
from minitorch.ops.random import dropout as drop
from minitorch.ops.trigonometry import tanh
from minitorch.tensor import Tensor, wrap

# --- cells: one step, of primitive operations -------------------------------------------------------------------------


def _check_cell(name: str, gates: int, input: Tensor, hx: Any, w_ih: Tensor, w_hh: Tensor) -> None:
    """Raises torch's TypeError for what is no tensor, RuntimeError for sizes that do not fit together."""
    for position, argument, value in ((1, "input", input), (3, "w_ih", w_ih), (4, "w_hh", w_hh)):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}"
            )
    states: Sequence[Tensor] = hx if gates == 4 else (hx,)
    features = input.size(1)
    if features != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {features} expected {w_ih.size(1)}")
    hidden = w_hh.size(1)
    for weight_name, weight in (("weight_ih", w_ih), ("weight_hh", w_hh)):
        if weight.size(0) != gates * hidden:
            raise RuntimeError(
                f"{weight_name} first dim must be {gates} * hidden_size = {gates * hidden}, but got {weight.size(0)}"
            )
    for k, state in enumerate(states):
        if state.size(0) != input.size(0):
            raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{k} batch size {state.size(0)}")
        if state.size(1) != hidden:
            raise RuntimeError(f"hidden{k} has inconsistent hidden_size: got {state.size(1)}, expected {hidden}")
    if gates > 1 and input._array.dtype.kind in "iu" and input._array.dtype is w_ih._array.dtype:
        _check_dtypes(name, [input._array])


def _check_states(name: str, hx: Any, count: int) -> None:
    """Raises torch's error unless `hx` is one tensor, or a tuple of two."""
    if count == 1:
        if not isinstance(hx, Tensor):
            raise TypeError(f"{name}(): argument 'hx' (position 2) must be Tensor, not {type(hx).__name__}")
    elif not isinstance(hx, (tuple, list)):
        raise TypeError(f"{name}(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}")
    elif len(hx) != count:
        raise RuntimeError(f"{name} expects two hidden states")


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The next state (B, H) of an Elman cell: `tanh(w_ih @ input + b_ih + w_hh @ hx + b_hh)`.

    Raises RuntimeError for sizes that do not fit together.
    """
    _check_states("rnn_tanh_cell", hx, 1)
    _check_cell("rnn_tanh_cell", 1, input, hx, w_ih, w_hh)
    return tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """As rnn_tanh_cell, with relu in place of tanh."""
    _check_states("rnn_relu_cell", hx, 1)
    _check_cell("rnn_relu_cell", 1, input, hx, w_ih, w_hh)
    return relu(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The next state and cell (B, H) of an LSTM, from the pair `hx` of them; the gates lie in the order i, f, g, o.

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997. Raises as rnn_tanh_cell does.
    """
    _check_states("lstm_cell", hx, 2)
    _check_cell("lstm_cell", 4, input, hx, w_ih, w_hh)
    return _lstm_cell(input, hx, w_ih, w_hh, b_ih, b_hh)


def _lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """As lstm_cell, of whatever sizes: where the state is projected, its size is not that of the cell."""
    hidden, cell = hx
    i, f, g, o = chunk(linear(input, w_ih, b_ih) + linear(hidden, w_hh, b_hh), 4, 1)
    cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(cell), cell


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The next state (B, H) of a GRU; the gates lie in the order r, z, n.

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014. Raises as rnn_tanh_cell does.
    """
    _check_states("gru_cell", hx, 1)
    _check_cell("gru_cell", 3, input, hx, w_ih, w_hh)
    from_input = chunk(linear(input, w_ih, b_ih), 3, 1)
    from_state = chunk(linear(hx, w_hh, b_hh), 3, 1)
    r = sigmoid(from_input[0] + from_state[0])
    z = sigmoid(from_input[1] + from_state[1])
    n = tanh(from_input[2] + r * from_state[2])
    return (hx - n) * z + n


# --- a walk over a sequence -------------------------------------------------------------------------------------------


class _Walk:
    """One layer's walk over a sequence in one direction: the tensors it was given, and the rows of every step.

    Biases, initial states and a projection may be missing. What the rules save of a list of tensors are arrays alone:
    the second order needs the tensors as they were in the graph, so they are kept here.
    """

    __slots__ = ("arrays", "batch", "cells", "count", "even", "kept", "mode", "nodes", "stacked", "steps", "versions")

    def __init__(
        self, mode: str, given: dict[str, Tensor | None], sizes: Sequence[int], reverse: bool, stacked: bool
    ) -> None:
        tensors = {name: tensor for name, tensor in given.items() if tensor is not None}
        self.mode = mode
        self.nodes = [tensor._current_node() for tensor in tensors.values()]
        self.arrays = {name: tensor._array for name, tensor in tensors.items()}
        self.cells = [tensor._cell for tensor in tensors.values()]
        self.versions = [cell[0] for cell in self.cells]
        self.batch, self.count = max(sizes), sum(sizes)
        self.even = self.count == self.batch * len(sizes)
        """Whether every step has a row for every sequence."""
        steps = [slice(end - size, end) for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)]
        self.steps = steps[::-1] if reverse else steps
        self.stacked = stacked
        """Whether final states get a leading dimension of size 1."""
        self.kept: tuple[Array, ...] = ()
        """What the kernel leaves for its rule."""

    def saved(self) -> dict[str, Array]:
        """The arrays; raises torch's RuntimeError when one was written to since."""
        for name, cell, version in zip(self.arrays, self.cells, self.versions, strict=True):
            if cell[0] != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"'{name}' of a recurrent layer is at version {cell[0]}; expected version {version} instead."
                )
        return self.arrays

    def attached(self) -> dict[str, Tensor]:
        """The tensors, in the graph again."""
        tensors = {name: wrap(array) for name, array in self.saved().items()}
        for tensor, node in zip(tensors.values(), self.nodes, strict=True):
            tensor._node = node
        return tensors

    def size(self, name: str) -> int:
        """The width of a state: `hx` is what the cell puts out, which an LSTM may have projected."""
        weight = self.arrays["weight_hh"]
        return int(weight.shape[1] if name == "hx" else weight.shape[0] // 4)

    def initial(self, name: str) -> Array:
        """An initial state (B, size); zeros where none was given."""
        shape = (self.batch, self.size(name))
        if name in self.arrays:
            return self.arrays[name].reshape(shape)
        weight = self.arrays["weight_hh"]
        return array_module(weight).zeros(shape, weight.dtype)

    def buffer(self, name: str) -> Array:
        """As `initial`, in memory of its own."""
        return self.initial(name).copy() if name in self.arrays else self.initial(name)

    def before(self, xp: Any, name: str, after: Array) -> Array:
        """A state before each row, from what it was after each row."""
        if self.even:
            start, batch = self.initial(name), self.batch
            forward = self.steps[0].start == 0
            return xp.concatenate([start, after[: self.count - batch]] if forward else [after[batch:], start])
        state = _Carry(xp, self.initial(name), self.steps)
        pieces = {}
        for rows in self.steps:
            pieces[rows.start] = state.of(rows)
            state.now = after[rows]
        return _in_order(xp, pieces)

    def final(self, state: _Carry) -> Any:
        """A state at the end, as it is returned."""
        final = state.final()
        return final[None] if self.stacked else final


class _Carry:
    """What goes from step to step, arrays or Tensors: a row for each sequence under way; others wait or are done."""

    __slots__ = ("done", "now", "start", "xp")

    def __init__(self, xp: Any, start: Any, steps: Sequence[slice]) -> None:
        self.xp, self.start = xp, start
        self.now = start[: steps[0].stop - steps[0].start]
        self.done: list[Any] = []

    def of(self, rows: slice) -> Any:
        """The values for the sequences that have a row in this step."""
        size, have = rows.stop - rows.start, len(self.now)
        if size < have:
            self.done.append(self.now[size:])
            self.now = self.now[:size]
        elif size > have:
            self.now = self.xp.concatenate([self.now, self.start[have:size]])
        return self.now

    def final(self) -> Any:
        """What every sequence came out with."""
        return self.xp.concatenate([self.now, *self.done[::-1]])


def _in_order(xp: Any, pieces: dict[int, Any]) -> Any:
    """The rows of all steps, from the pieces by their first row."""
    return xp.concatenate([pieces[start] for start in sorted(pieces)])


def _project(xp: Any, walk: _Walk, shared: int) -> Array:
    """What inputs and biases add to the gates (N, gates * H): of the state's bias the first `shared` columns."""
    own = walk.arrays
    weight = own["weight_ih"]
    gates = xp.dot(own["input"].reshape(walk.count, weight.shape[1]), weight.T)
    if "bias_ih" in own:
        bias = own["bias_ih"].copy()
        bias[:shared] += own["bias_hh"][:shared]
        gates += bias
    return gates


def _turned(xp: Any, walk: _Walk) -> Array:
    """`weight_hh.T`; laid out anew where enough steps multiply by it, which then is up to twice as fast."""
    weight = walk.arrays["weight_hh"].T
    return xp.ascontiguousarray(weight) if len(walk.steps) > 4 else weight


def _output(walk: _Walk, hidden: Array) -> Array:
    """The output in the shape of the input; a copy, since in torch it may be written to in place."""
    return hidden.reshape(*walk.arrays["input"].shape[:-1], hidden.shape[1]).copy()


def _gradients(
    xp: Any, walk: _Walk, gates: Array, state_gates: Array, before: Array, **others: Callable[[], Array]
) -> list[Array | None]:
    """The gradient of each tensor that wants one, from those of the gates: as the inputs and as the states see them."""
    own = walk.saved()
    rules: dict[str, Callable[[], Array]] = {
        "input": lambda: xp.dot(gates, own["weight_ih"]),
        "weight_ih": lambda: xp.dot(gates.T, own["input"].reshape(walk.count, own["weight_ih"].shape[1])),
        "weight_hh": lambda: xp.dot(state_gates.T, before),
        "bias_ih": lambda: gates.sum(axis=0),
        "bias_hh": lambda: state_gates.sum(axis=0),
        **others,
    }

    def fitted(gradient: Array, shape: tuple[int, ...]) -> Array:
        # Of one shape it stays itself: a view would be copied into `.grad`, as others may hold what it looks at.
        return gradient if gradient.shape == shape else gradient.reshape(shape)

    return [
        None if node is None else fitted(rules[name](), own[name].shape)
        for name, node in zip(own, walk.nodes, strict=True)
    ]


def _in_kernels(xp: Any, walk: _Walk) -> bool:
    """Whether a step is one product and one kernel."""
    return "weight_hr" not in walk.arrays and _recurrence.is_best(xp)


def _walk_in_kernels(xp: Any, walk: _Walk) -> list[Array]:
    """The output, the final states and the token."""
    own = walk.arrays
    weight = own["weight_ih"]
    gates = xp.dot(own["input"].reshape(walk.count, weight.shape[1]), weight.T)
    none = None if "bias_ih" in own else xp.zeros(len(weight), weight.dtype)
    biases = [own.get(name, none) for name in ("bias_ih", "bias_hh")]
    states = [walk.buffer(name) for name in _STATES[walk.mode]]
    output, walk.kept = _recurrence.FORWARD[walk.mode](xp, walk.steps, gates, own["weight_hh"], biases, states)
    output = output.reshape(*own["input"].shape[:-1], output.shape[1])
    return [output, *(state[None] if walk.stacked else state for state in states), xp.empty(0, output.dtype)]


def _adjoint_in_kernels(xp: Any, g: Sequence[Array], walk: _Walk) -> list[Array | None]:
    """The gradient of each tensor that wants one."""
    names, weight = _STATES[walk.mode], walk.saved()["weight_hh"]
    # The last of g belongs to the token.
    gradients = [each.reshape(walk.batch, walk.size(name)).copy() for name, each in zip(names, g[1:], strict=False)]
    of_output = g[0].reshape(walk.count, walk.size("hx"))
    back = _recurrence.BACKWARD[walk.mode]
    gates, state_gates, before = back(xp, walk.steps[::-1], of_output, walk.kept, weight, gradients)
    states: dict[str, Any] = {name: lambda each=each: each for name, each in zip(names, gradients, strict=True)}
    return _gradients(xp, walk, gates, state_gates, before, **states)


def _by_reference(g: Sequence[Tensor], walk: _Walk) -> list[Tensor | None]:
    """The gradients as a graph that can be differentiated again: those of the walk made of readable steps."""
    # Copies have nodes of their own: how a state came from an input outside this walk is left out.
    given = {name: clone(tensor) for name, tensor in walk.attached().items()}
    wanted = [tensor for tensor in given.values() if tensor.requires_grad]
    # The last of g belongs to the token.
    pairs = [(out, each) for out, each in zip(unroll(walk, given), g, strict=False) if out.requires_grad]
    outs, gradients = zip(*pairs, strict=True)
    found = iter(engine.grad(outs, wanted, gradients, create_graph=True, allow_unused=True))
    return [next(found) if tensor.requires_grad else None for tensor in given.values()]


def unroll(walk: _Walk, given: dict[str, Tensor]) -> list[Tensor]:
    """The readable walk, of cells: the output and the final states. The fused ones are tested against it."""
    parameters = {name: tensor for name, tensor in given.items() if name not in ("input", "hx", "cx")}
    inputs = given["input"].reshape(walk.count, given["input"].shape[-1])
    states = []
    for name in _STATES[walk.mode]:
        start = given[name] if name in given else wrap(walk.initial(name))
        states.append(_Carry(lifted, start.reshape(walk.batch, walk.size(name)), walk.steps))
    out = {}
    for rows in walk.steps:
        results = _STEPS[walk.mode](inputs[rows], [state.of(rows) for state in states], parameters)
        for state, result in zip(states, results, strict=True):
            state.now = result
        out[rows.start] = results[0]
    output = _in_order(lifted, out)
    return [output.reshape(*given["input"].shape[:-1], output.shape[1]), *(walk.final(state) for state in states)]


def _lstm_step(x: Tensor, states: Sequence[Tensor], parameters: dict[str, Tensor]) -> tuple[Tensor, ...]:
    projection = parameters.get("weight_hr")
    (*weights,) = (tensor for name, tensor in parameters.items() if name != "weight_hr")
    hidden, cell = _lstm_cell(x, states, *weights)
    return (hidden if projection is None else linear(hidden, projection)), cell


_STEPS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN_TANH": lambda x, states, parameters: (rnn_tanh_cell(x, states[0], *parameters.values()),),
    "RNN_RELU": lambda x, states, parameters: (rnn_relu_cell(x, states[0], *parameters.values()),),
    "GRU": lambda x, states, parameters: (gru_cell(x, states[0], *parameters.values()),),
    "LSTM": _lstm_step,
}
"""The readable step of each kind of layer: from a step's inputs, the states and the parameters to the next states."""

_STATES = {"RNN_TANH": ("hx",), "RNN_RELU": ("hx",), "GRU": ("hx",), "LSTM": ("hx", "cx")}


def _node_name(tensors: Sequence[Array], walk: _Walk) -> str:
    """torch's name of what puts the steps together."""
    return "StackBackward0" if tensors[0].ndim == 3 else "CatBackward0"


class _Result(NamedTuple):
    output: Array
    h_n: Array
    token: Array
    """Empty. The rule asks for it, and so the engine knows that there is something to free: the walk, as it happens."""


class _LstmResult(NamedTuple):
    output: Array
    h_n: Array
    c_n: Array
    token: Array


# --- RNN --------------------------------------------------------------------------------------------------------------


@op(outputs=_Result, differentiable=(0, 1), backward=_node_name)
def _rnn(xp: Any, tensors: Sequence[Array], walk: _Walk) -> _Result:
    """`h = tanh(w_ih @ x + b_ih + w_hh @ h + b_hh)` at every step, or relu of it."""
    if _in_kernels(xp, walk):
        return _Result(*_walk_in_kernels(xp, walk))
    size = walk.size("hx")
    hidden = _project(xp, walk, size)
    weight = _turned(xp, walk)
    product = xp.empty((walk.batch, size), hidden.dtype)
    state = _Carry(xp, walk.initial("hx"), walk.steps)
    for rows in walk.steps:
        h = hidden[rows]
        h += xp.dot(state.of(rows), weight, product[: len(h)])
        if walk.mode == "RNN_RELU":
            xp.maximum(h, 0, out=h)
        else:
            xp.tanh(h, out=h)
        state.now = h
    walk.kept = (hidden,)
    return _Result(_output(walk, hidden), walk.final(state), xp.empty(0, hidden.dtype))


def _rnn_adjoint(xp: Any, g: Sequence[Any], walk: _Walk, token: Array) -> list[Any]:
    if xp is lifted:
        return _by_reference(g, walk)
    if _in_kernels(xp, walk):
        return _adjoint_in_kernels(xp, g, walk)
    (hidden,) = walk.kept
    size = walk.size("hx")
    weight = walk.saved()["weight_hh"]
    gates = g[0].reshape(walk.count, size).copy()
    slopes = hidden > 0 if walk.mode == "RNN_RELU" else 1 - hidden * hidden
    steps = walk.steps[::-1]
    state = _Carry(xp, g[1].reshape(walk.batch, size), steps)
    for rows in steps:
        gate = gates[rows]
        gate += state.of(rows)
        gate *= slopes[rows]
        state.now = xp.dot(gate, weight)
    return _gradients(xp, walk, gates, gates, walk.before(xp, "hx", hidden), hx=state.final)


_rnn.grad(tensors=_rnn_adjoint)


# --- LSTM -------------------------------------------------------------------------------------------------------------


@op(outputs=_LstmResult, differentiable=(0, 1, 2), backward=_node_name)
def _lstm(xp: Any, tensors: Sequence[Array], walk: _Walk) -> _LstmResult:
    """`c = f * c + i * g` and `h = o * tanh(c)` at every step; h is projected where there is a weight for it.

    Keeps the gates i, f, g, o, the cells c, tanh(c), and the states h.
    """
    if _in_kernels(xp, walk):
        return _LstmResult(*_walk_in_kernels(xp, walk))
    size = walk.size("cx")
    gates = _project(xp, walk, 4 * size)
    weight = _turned(xp, walk)
    projection = walk.arrays.get("weight_hr")
    product = xp.empty((walk.batch, 4 * size), gates.dtype)
    cells = xp.empty((walk.count, size), gates.dtype)
    squashed = xp.empty_like(cells)
    hidden = xp.empty((walk.count, walk.size("hx")), gates.dtype)
    # The logistic function is (1 + tanh(x / 2)) / 2: with that one tanh serves all four gates.
    scale = xp.full(4 * size, 0.5, gates.dtype)
    scale[2 * size : 3 * size] = 1
    shift = 1 - scale
    state = _Carry(xp, walk.initial("hx"), walk.steps)
    memory = _Carry(xp, walk.initial("cx"), walk.steps)
    for rows in walk.steps:
        gate, c, h, squash = gates[rows], cells[rows], hidden[rows], squashed[rows]
        gate += xp.dot(state.of(rows), weight, product[: len(gate)])
        gate *= scale
        xp.tanh(gate, out=gate)
        gate *= scale
        gate += shift
        xp.multiply(gate[:, size : 2 * size], memory.of(rows), out=c)
        c += xp.multiply(gate[:, :size], gate[:, 2 * size : 3 * size], out=squash)
        xp.tanh(c, out=squash)
        if projection is None:
            xp.multiply(gate[:, 3 * size :], squash, out=h)
        else:
            xp.dot(gate[:, 3 * size :] * squash, projection.T, h)
        state.now, memory.now = h, c
    walk.kept = (gates, cells, squashed, hidden)
    return _LstmResult(_output(walk, hidden), walk.final(state), walk.final(memory), xp.empty(0, hidden.dtype))


def _lstm_adjoint(xp: Any, g: Sequence[Any], walk: _Walk, token: Array) -> list[Any]:
    if xp is lifted:
        return _by_reference(g, walk)
    if _in_kernels(xp, walk):
        return _adjoint_in_kernels(xp, g, walk)
    gates, cells, squashed, hidden = walk.kept
    size, own = walk.size("cx"), walk.saved()
    weight, projection = own["weight_hh"], own.get("weight_hr")
    grad_h = g[0].reshape(walk.count, walk.size("hx")).copy()
    f, o = gates[:, size : 2 * size], gates[:, 3 * size :]
    # What c gets of the gradient of h, and what the gates get of those of c (i, f, g) and of h (o).
    inner, slopes = xp.empty_like(squashed), xp.empty_like(gates)
    before = walk.before(xp, "cx", cells)

    def compute(part: slice) -> None:
        own, squash, to_c, slope = gates[part], squashed[part], inner[part], slopes[part]
        i, candidate = own[:, :size], own[:, 2 * size : 3 * size]
        xp.multiply(squash, squash, out=to_c)
        xp.subtract(1, to_c, out=to_c)
        to_c *= o[part]
        xp.subtract(1, own, out=slope)
        slope *= own
        slope[:, :size] *= candidate
        slope[:, size : 2 * size] *= before[part]
        slope[:, 3 * size :] *= squash
        of_candidate = xp.multiply(candidate, candidate, out=slope[:, 2 * size : 3 * size])
        xp.subtract(1, of_candidate, out=of_candidate)
        of_candidate *= i

    parallel.rows(compute, xp, walk.count, 11 * size * gates.itemsize)
    slopes = slopes.reshape(walk.count, 4, size)
    steps = walk.steps[::-1]
    state = _Carry(xp, g[1].reshape(walk.batch, walk.size("hx")), steps)
    memory = _Carry(xp, g[2].reshape(walk.batch, size), steps)
    for rows in steps:
        dh, gate = grad_h[rows], slopes[rows]
        dh += state.of(rows)
        if projection is not None:
            dh = xp.dot(dh, projection)
        dc = dh * inner[rows]
        dc += memory.of(rows)
        gate[:, :3] *= dc[:, None]
        gate[:, 3] *= dh
        memory.now = xp.multiply(dc, f[rows], out=dc)
        state.now = xp.dot(gate.reshape(len(gate), 4 * size), weight)
    slopes = slopes.reshape(walk.count, 4 * size)
    return _gradients(
        xp,
        walk,
        slopes,
        slopes,
        walk.before(xp, "hx", hidden),
        hx=state.final,
        cx=memory.final,
        weight_hr=lambda: xp.dot(grad_h.T, o * squashed),
    )


_lstm.grad(tensors=_lstm_adjoint)


# --- GRU --------------------------------------------------------------------------------------------------------------


@op(outputs=_Result, differentiable=(0, 1), backward=_node_name)
def _gru(xp: Any, tensors: Sequence[Array], walk: _Walk) -> _Result:
    """`h = n + z * (h - n)` at every step. Keeps the gates r, z, n, the state's part of n before r, and the states."""
    if _in_kernels(xp, walk):
        return _Result(*_walk_in_kernels(xp, walk))
    size = walk.size("hx")
    gates = _project(xp, walk, 2 * size)
    weight = _turned(xp, walk)
    bias = walk.arrays["bias_hh"][2 * size :] if "bias_hh" in walk.arrays else None
    product = xp.empty((walk.batch, 3 * size), gates.dtype)
    candidates = xp.empty((walk.count, size), gates.dtype)
    hidden = xp.empty_like(candidates)
    state = _Carry(xp, walk.initial("hx"), walk.steps)
    for rows in walk.steps:
        gate, from_state, h = gates[rows], candidates[rows], hidden[rows]
        before = state.of(rows)
        part = xp.dot(before, weight, product[: len(h)])
        sigmoids, n = gate[:, : 2 * size], gate[:, 2 * size :]
        sigmoids += part[:, : 2 * size]
        # The logistic function, as (1 + tanh(x / 2)) / 2: a third of the time of exp and division.
        sigmoids *= 0.5
        xp.tanh(sigmoids, out=sigmoids)
        sigmoids *= 0.5
        sigmoids += 0.5
        from_state[...] = part[:, 2 * size :]
        if bias is not None:
            from_state += bias
        n += xp.multiply(gate[:, :size], from_state, out=h)
        xp.tanh(n, out=n)
        xp.subtract(before, n, out=h)
        h *= gate[:, size : 2 * size]
        h += n
        state.now = h
    walk.kept = (gates, candidates, hidden)
    return _Result(_output(walk, hidden), walk.final(state), xp.empty(0, hidden.dtype))


def _gru_adjoint(xp: Any, g: Sequence[Any], walk: _Walk, token: Array) -> list[Any]:
    if xp is lifted:
        return _by_reference(g, walk)
    if _in_kernels(xp, walk):
        return _adjoint_in_kernels(xp, g, walk)
    gates, candidates, hidden = walk.kept
    size = walk.size("hx")
    weight = walk.saved()["weight_hh"]
    grad_h = g[0].reshape(walk.count, size).copy()
    before = walk.before(xp, "hx", hidden)
    z = gates[:, size : 2 * size]
    # What each gate gets of the gradient of h: n as the inputs see it, then r, z, and n as the state sees it.
    slope_n, slopes = xp.empty_like(hidden), xp.empty((walk.count, 3, size), gates.dtype)

    def compute(part: slice) -> None:
        own, of_n, slope = gates[part], slope_n[part], slopes[part]
        r, n = own[:, :size], own[:, 2 * size :]
        xp.multiply(n, n, out=of_n)
        xp.subtract(1, of_n, out=of_n)
        of_n *= xp.subtract(1, z[part], out=slope[:, 1])
        slope[:, 1] *= z[part]
        slope[:, 1] *= xp.subtract(before[part], n, out=slope[:, 2])
        xp.subtract(1, r, out=slope[:, 0])
        slope[:, 0] *= r
        slope[:, 0] *= candidates[part]
        slope[:, 0] *= of_n
        xp.multiply(of_n, r, out=slope[:, 2])

    parallel.rows(compute, xp, walk.count, 10 * size * gates.itemsize)
    steps = walk.steps[::-1]
    state = _Carry(xp, g[1].reshape(walk.batch, size), steps)
    for rows in steps:
        dh, gate = grad_h[rows], slopes[rows]
        dh += state.of(rows)
        gate *= dh[:, None]
        state.now = xp.dot(gate.reshape(len(gate), 3 * size), weight)
        state.now += dh * z[rows]
    state_gates = slopes.reshape(walk.count, 3 * size)
    input_gates = state_gates.copy()
    xp.multiply(slope_n, grad_h, out=input_gates[:, 2 * size :])
    return _gradients(xp, walk, input_gates, state_gates, before, hx=state.final)


_gru.grad(tensors=_gru_adjoint)


# --- stacks of layers -------------------------------------------------------------------------------------------------

_KERNELS = {"RNN_TANH": _rnn, "RNN_RELU": _rnn, "LSTM": _lstm, "GRU": _gru}


def _check_product(input: Array, weight: Array) -> None:
    """Raises torch's RuntimeError unless there is a product `input @ weight.T`."""
    if input.shape[-1] != weight.shape[1]:
        rows, (outer, inner) = math.prod(input.shape[:-1]), weight.shape
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{input.shape[-1]} and {inner}x{outer})")


def _check_dtypes(mode: str, arrays: Sequence[Array]) -> None:
    """Raises torch's RuntimeError unless all are of one dtype, and that is floating point."""
    names = [from_numpy_dtype(each.dtype).legacy_name.removesuffix("Tensor") for each in arrays]
    if len(set(names)) > 1:
        raise RuntimeError(f"{mode}: all tensors must have the same dtype, but got {' and '.join(sorted(set(names)))}")
    if arrays[0].dtype.kind != "f":
        raise RuntimeError(f"{mode}: result type Float can't be cast to the desired output type {names[0]}")


def recurrent(
    mode: str,
    input: Tensor,
    sizes: Sequence[int] | None,
    hx: Sequence[Tensor] | None,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, ...]:
    """The output and the final states of `num_layers` layers of a kind.

    `input` is a padded batch (T, B, F), or, with the `sizes` of its steps, rows (N, F). `hx` holds the initial states,
    each (layers * directions, B, H); None for zeros. Raises RuntimeError for sizes and dtypes that do not fit.
    """
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if has_biases else [])]
    directions = 2 if bidirectional else 1
    walks = num_layers * directions
    if mode == "LSTM" and len(params) == walks * (len(names) + 1):
        names.append("weight_hr")
    if len(params) != walks * len(names):
        raise RuntimeError("got an incorrect number of RNN parameters")
    if sizes is None:
        if input.dim() != 3:
            raise RuntimeError(f"{mode}: input must have 3 dimensions, got {input.dim()}")
        if not len(input):
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        sizes = (input._array.shape[1],) * len(input)
    states = dict(zip(_STATES[mode], hx, strict=True)) if hx is not None else {}
    for name, state in states.items():
        stacked, batch, _ = (state.size(dim) for dim in range(3))
        if stacked < walks:
            raise RuntimeError("Expected more hidden states in stacked_rnn")
        if batch != max(sizes):
            raise RuntimeError(f"{mode}: expected {name} for a batch of {max(sizes)}, got one for {batch}")
    # One walk takes the states as they are; otherwise each gets its part.
    parts = {name: unbind(state, 0) if walks > 1 else (state,) for name, state in states.items()}
    finals: list[Sequence[Tensor]] = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            k = layer * directions + direction
            given: dict[str, Tensor | None] = {"input": input}
            given.update(zip(names, params[k * len(names) : (k + 1) * len(names)], strict=True))
            given.update((name, part[k]) for name, part in parts.items())
            output, *final = _walked(mode, given, sizes, direction == 1, walks == 1)
            outputs.append(output)
            finals.append(final)
        input = outputs[0] if directions == 1 else cat(outputs, -1)
        if dropout and train and layer < num_layers - 1:
            input = drop(input, dropout, True)
    return input, *(each[0] if walks == 1 else stack(each) for each in zip(*finals, strict=True))


def _walked(mode: str, given: dict[str, Any], sizes: Sequence[int], reverse: bool, stacked: bool) -> list[Tensor]:
    """One layer in one direction: its output and final states."""
    walk = _Walk(mode, given, sizes, reverse, stacked)
    own = walk.arrays
    if any(array.dtype is not own["input"].dtype for array in own.values()) or own["input"].dtype.kind != "f":
        _check_dtypes(mode, list(own.values()))
    _check_product(own["input"], own["weight_ih"])
    if "hx" in own:
        _check_product(own["hx"], own["weight_hh"])
    results: Any = _KERNELS[mode](list(given.values()), walk)
    return list(results[: 1 + len(_STATES[mode])])


def _layers(name: str, mode: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, ...]:
    """torch's two signatures: of a padded batch, and of packed rows, told by their second and fourth arguments."""
    padded = ("input", "hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional", "batch_first")
    packed = ("data", "batch_sizes", "hx", "params", *padded[3:-1])
    is_packed = "batch_sizes" in kwargs or (len(args) > 3 and isinstance(args[3], (list, tuple)))
    expected = packed if is_packed else padded
    given = {**dict(zip(expected, args, strict=False)), **kwargs}
    if set(given) != set(expected) or len(args) + len(kwargs) > len(expected):
        raise TypeError(
            f"{name}() received an invalid combination of arguments: expected ({', '.join(padded)}) or "
            f"({', '.join(packed)})"
        )
    for each in expected:
        _check_option(name, each, given[each])
    input = given[expected[0]]
    _check_states(name, given["hx"], len(_STATES[mode]))
    hx = (given["hx"],) if mode != "LSTM" else tuple(given["hx"])
    batch_first = not is_packed and given["batch_first"]
    sizes = given["batch_sizes"].tolist() if is_packed else None
    options = [given[each] for each in padded[3:-1]]
    source = transpose(input, 0, 1) if batch_first else input
    output, *states = recurrent(mode, source, sizes, hx, given["params"], *options)
    return transpose(output, 0, 1) if batch_first else output, *states


def _check_option(name: str, option: str, value: Any) -> None:
    """Raises torch's TypeError for a value of the wrong type; `hx` is left to `_check_states`."""
    kinds: dict[str, Any] = {"params": (list, tuple), "num_layers": int, "dropout": (int, float), "hx": object}
    kind = kinds.get(option, Tensor if option in ("input", "data", "batch_sizes") else bool)
    right = isinstance(value, kind) and (not isinstance(value, bool) or kind is bool)
    if not right:
        raise TypeError(f"{name}() received an invalid combination of arguments: '{option}' is {type(value).__name__}")
    for k, each in enumerate(value if option == "params" else ()):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 'params', but got {type(each).__name__}")


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """Output and final state of layers of `tanh(w_ih @ x + b_ih + w_hh @ h + b_hh)`.

    `rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)` of a batch, or
    `rnn_tanh(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)` of packed rows.
    """
    return _layers("rnn_tanh", "RNN_TANH", args, kwargs)


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """As rnn_tanh, with relu in place of tanh."""
    return _layers("rnn_relu", "RNN_RELU", args, kwargs)


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """Output, final states and final cells of layers of lstm_cell; the arguments are rnn_tanh's, `hx` a pair."""
    return _layers("lstm", "LSTM", args, kwargs)


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
    """Output and final state of layers of gru_cell; the arguments are rnn_tanh's."""
    return _layers("gru", "GRU", args, kwargs)


# --- rows and tables: packing -----------------------------------------------------------------------------------------


def _mask(xp: Any, counts: Sequence[int], width: int, left: bool) -> Array:
    """Which places of a table are filled: in line k the first `counts[k]`; the last ones where `left` is padding."""
    filled = xp.asarray(counts)[:, None]
    places = xp.arange(width)
    return places >= width - filled if left else places < filled


@op
def gather_rows(xp: Any, input: Array, counts: Sequence[int], left: bool = False) -> Array:
    """The filled places of a table (lines, width, ...) line by line, as rows; line k has `counts[k]`."""
    return input[_mask(xp, counts, input.shape[1], left)]


@op
def spread_rows(
    xp: Any, input: Array, counts: Sequence[int], width: int, value: Any = 0.0, left: bool = False
) -> Array:
    """A table (lines, width, ...) of `value` with the rows of `input` in the filled places, line by line."""
    table = xp.full((len(counts), width, *input.shape[1:]), value, input.dtype)
    table[_mask(xp, counts, width, left)] = input
    return table


gather_rows.grad(
    input=lambda xp, g, input_shape, counts, left: spread_rows.on(xp)(g, counts, input_shape[1], 0.0, left)
)
spread_rows.grad(input=lambda xp, g, counts, left: gather_rows.on(xp)(g, counts, left))
