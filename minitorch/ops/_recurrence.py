"""Recurrent layers on a GPU: a step is one product, and one kernel for all that follows from it, either way.

The states lie in memory of their own, a row for each sequence, and every step changes the rows of those that are under
way: what waits for its first step, or is done, just stays there. The kernels read and write the rows of all steps where
they lie, from the step's first one on; so a step needs no views of its own. The states before each step are kept, as
the gradient of their weights is a product with them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minitorch.backend import Array, is_numpy
from minitorch.fused import fused

Steps = Sequence[slice]
"""The rows of each step, in the order of the walk."""


def is_best(xp: Any) -> bool:
    """Whether to walk in this way."""
    return not is_numpy(xp)


def _products(xp: Any, steps: Steps, state: Array, weight: Array) -> Iterator[tuple[Array, int, Array]]:
    """For each step: the product of the states under way with the weight, the step's first row, and those states."""
    product = xp.empty((len(state), weight.shape[1]), state.dtype)
    now, part = state, product
    for rows in steps:
        size = rows.stop - rows.start
        if size != len(now):
            now, part = state[:size], product[:size]
        yield xp.dot(now, weight, part), rows.start, now


def _logistic(xp: Any, x: Array) -> Array:
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def _place(rows: str) -> str:
    """Text for the place `at` of an element of the state in the named rows of all steps, `k` being its column."""
    return f"""
    int width = {rows}.shape()[1], row = (int)i / width, k = (int)i - row * width;
    ptrdiff_t at = (ptrdiff_t)(start + row) * width + k;
    """


def _gates(count: int) -> str:
    """Text for the places of the first gate of so many: `x` in the rows of all steps, `s` in those of one."""
    return f"ptrdiff_t x = (at - k) * {count} + k, s = (ptrdiff_t)row * {count} * width + k;"


# --- RNN --------------------------------------------------------------------------------------------------------------


@fused(
    "raw T part, raw T bias_ih, raw T bias_hh, int32 start, bool rectified",
    "raw T hidden, raw T before, T state",
    _place("hidden")
    + """
    real sum = hidden[at] + bias_ih[k] + part[i] + bias_hh[k];
    before[at] = state;
    state = rectified ? (sum <= 0 ? real(0) : sum) : tanh(sum);
    hidden[at] = state;
    """,
)
def _rnn_step(
    xp: Any, part: Array, bias_ih: Array, bias_hh: Array, start: int, rectified: bool,
    hidden: Array, before: Array, state: Array,
) -> None:  # fmt: skip
    """`tanh(x + w_hh @ h + b)`, or relu of it; `hidden` has what the inputs add, and gets the results."""
    rows = slice(start, start + len(state))
    total = hidden[rows] + bias_ih + part + bias_hh
    before[rows] = state
    state[...] = xp.maximum(total, 0) if rectified else xp.tanh(total)
    hidden[rows] = state


@fused(
    "raw T g, raw T hidden, T gradient, int32 start, bool rectified",
    "raw T slopes",
    _place("hidden")
    + """
    real out = hidden[at], slope = rectified ? real(out > 0) : 1 - out * out;
    slopes[at] = (g[at] + gradient) * slope;
    """,
)
def _rnn_step_back(
    xp: Any, g: Array, hidden: Array, gradient: Array, start: int, rectified: bool, slopes: Array
) -> None:
    """The gradient of what is summed, from those of the output and of the state."""
    rows = slice(start, start + len(gradient))
    out = hidden[rows]
    slope = out > 0 if rectified else 1 - out * out
    slopes[rows] = (g[rows] + gradient) * slope


def _rnn(
    xp: Any, steps: Steps, gates: Array, weight: Array, biases: Sequence[Array], states: Sequence[Array],
    rectified: bool,
) -> tuple[Array, tuple[Array, ...]]:  # fmt: skip
    hidden, before = gates, xp.empty_like(gates)
    for part, start, state in _products(xp, steps, states[0], weight.T):
        _rnn_step(xp, part, *biases, start, rectified, hidden, before, state)
    return hidden.copy(), (hidden, before)


def _rnn_back(
    xp: Any, steps: Steps, g: Array, kept: Sequence[Array], weight: Array, gradients: Sequence[Array], rectified: bool
) -> tuple[Array, Array, Array]:
    hidden, before = kept
    slopes = xp.empty_like(hidden)
    for rows in steps:
        gradient = gradients[0][: rows.stop - rows.start]
        _rnn_step_back(xp, g, hidden, gradient, rows.start, rectified, slopes)
        xp.dot(slopes[rows], weight, gradient)
    return slopes, slopes, before


# --- LSTM -------------------------------------------------------------------------------------------------------------


@fused(
    "raw T part, raw T bias_ih, raw T bias_hh, int32 start",
    "raw T gates, raw T cells, raw T squashed, raw T hidden, raw T before, raw T memory, T state",
    _place("hidden")
    + _gates(4)
    + """
    real sums[4];
    for (int gate = 0, b = k; gate < 4; gate++, b += width)
        sums[gate] = gates[x + gate * width] + bias_ih[b] + part[s + gate * width] + bias_hh[b];
    real in = 1 / (1 + exp(-sums[0])), forget = 1 / (1 + exp(-sums[1])), out = 1 / (1 + exp(-sums[3]));
    real candidate = tanh(sums[2]), cell = forget * memory[i] + in * candidate, squash = tanh(cell);
    cells[at] = memory[i];
    before[at] = state;
    gates[x] = in;
    gates[x + width] = forget;
    gates[x + 2 * width] = candidate;
    gates[x + 3 * width] = out;
    memory[i] = cell;
    squashed[at] = squash;
    state = out * squash;
    hidden[at] = state;
    """,
)
def _lstm_step(
    xp: Any, part: Array, bias_ih: Array, bias_hh: Array, start: int,
    gates: Array, cells: Array, squashed: Array, hidden: Array, before: Array, memory: Array, state: Array,
) -> None:  # fmt: skip
    """`c = f * c + i * g` and `h = o * tanh(c)`; `gates` has what the inputs add to the gates, and gets those."""
    count, size = state.shape
    rows = slice(start, start + count)
    sums = (gates[rows] + bias_ih + part + bias_hh).reshape(count, 4, size)
    i, f, g, o = _logistic(xp, sums[:, 0]), _logistic(xp, sums[:, 1]), xp.tanh(sums[:, 2]), _logistic(xp, sums[:, 3])
    cells[rows], before[rows] = memory[:count], state
    gates[rows] = xp.concatenate([i, f, g, o], axis=1)
    memory[:count] = f * memory[:count] + i * g
    squashed[rows] = xp.tanh(memory[:count])
    state[...] = o * squashed[rows]
    hidden[rows] = state


@fused(
    "raw T g, raw T gates, raw T cells, raw T squashed, T gradient, int32 start",
    "raw T slopes, raw T memory",
    _place("cells")
    + _gates(4)
    + """
    real in = gates[x], forget = gates[x + width], candidate = gates[x + 2 * width], out = gates[x + 3 * width];
    real squash = squashed[at], of_state = g[at] + gradient;
    real of_cell = memory[i] + of_state * out * (1 - squash * squash);
    slopes[x] = of_cell * candidate * in * (1 - in);
    slopes[x + width] = of_cell * cells[at] * forget * (1 - forget);
    slopes[x + 2 * width] = of_cell * in * (1 - candidate * candidate);
    slopes[x + 3 * width] = of_state * squash * out * (1 - out);
    memory[i] = of_cell * forget;
    """,
)
def _lstm_step_back(
    xp: Any, g: Array, gates: Array, cells: Array, squashed: Array, gradient: Array, start: int,
    slopes: Array, memory: Array,
) -> None:  # fmt: skip
    """The gradients of the gates' sums, from those of the output, the state and the cell; and of the cell before."""
    count, size = gradient.shape
    rows = slice(start, start + count)
    i, f, candidate, o = (gates[rows][:, k * size : (k + 1) * size] for k in range(4))
    of_state = g[rows] + gradient
    of_cell = memory[:count] + of_state * o * (1 - squashed[rows] * squashed[rows])
    of_gates = [
        of_cell * candidate * i * (1 - i),
        of_cell * cells[rows] * f * (1 - f),
        of_cell * i * (1 - candidate * candidate),
        of_state * squashed[rows] * o * (1 - o),
    ]
    slopes[rows] = xp.concatenate(of_gates, axis=1)
    memory[:count] = of_cell * f


def _lstm(
    xp: Any, steps: Steps, gates: Array, weight: Array, biases: Sequence[Array], states: Sequence[Array]
) -> tuple[Array, tuple[Array, ...]]:
    cells, squashed, hidden, before = (xp.empty((len(gates), weight.shape[1]), gates.dtype) for _ in range(4))
    for part, start, state in _products(xp, steps, states[0], weight.T):
        _lstm_step(xp, part, *biases, start, gates, cells, squashed, hidden, before, states[1], state)
    return hidden, (gates, cells, squashed, before)


def _lstm_back(
    xp: Any, steps: Steps, g: Array, kept: Sequence[Array], weight: Array, gradients: Sequence[Array]
) -> tuple[Array, Array, Array]:
    gates, cells, squashed, before = kept
    slopes = xp.empty_like(gates)
    for rows in steps:
        gradient = gradients[0][: rows.stop - rows.start]
        _lstm_step_back(xp, g, gates, cells, squashed, gradient, rows.start, slopes, gradients[1])
        xp.dot(slopes[rows], weight, gradient)
    return slopes, slopes, before


# --- GRU --------------------------------------------------------------------------------------------------------------


@fused(
    "raw T part, raw T bias_ih, raw T bias_hh, int32 start",
    "raw T gates, raw T candidates, raw T hidden, raw T before, T state",
    _place("hidden")
    + _gates(3)
    + """
    int b = k + width, c = b + width;
    real reset = 1 / (1 + exp(-(gates[x] + bias_ih[k] + part[s] + bias_hh[k])));
    real keep = 1 / (1 + exp(-(gates[x + width] + bias_ih[b] + part[s + width] + bias_hh[b])));
    real candidate = part[s + 2 * width] + bias_hh[c];
    real fresh = tanh(gates[x + 2 * width] + bias_ih[c] + reset * candidate);
    before[at] = state;
    gates[x] = reset;
    gates[x + width] = keep;
    gates[x + 2 * width] = fresh;
    candidates[at] = candidate;
    state = fresh + keep * (state - fresh);
    hidden[at] = state;
    """,
)
def _gru_step(
    xp: Any, part: Array, bias_ih: Array, bias_hh: Array, start: int,
    gates: Array, candidates: Array, hidden: Array, before: Array, state: Array,
) -> None:  # fmt: skip
    """`h = n + z * (h - n)`; `gates` has what the inputs add to the gates r, z, n, and gets those."""
    count, size = state.shape
    rows = slice(start, start + count)
    own, other = ((each).reshape(count, 3, size) for each in (gates[rows] + bias_ih, part + bias_hh))
    r, z = _logistic(xp, own[:, 0] + other[:, 0]), _logistic(xp, own[:, 1] + other[:, 1])
    n = xp.tanh(own[:, 2] + r * other[:, 2])
    gates[rows] = xp.concatenate([r, z, n], axis=1)
    candidates[rows], before[rows] = other[:, 2], state
    state[...] = n + z * (state - n)
    hidden[rows] = state


@fused(
    "raw T g, raw T gates, raw T candidates, raw T before, T gradient, int32 start",
    "raw T input_slopes, raw T state_slopes, raw T direct",
    _place("before")
    + _gates(3)
    + """
    real reset = gates[x], keep = gates[x + width], fresh = gates[x + 2 * width];
    real of_state = g[at] + gradient + direct[i];
    real of_fresh = of_state * (1 - keep) * (1 - fresh * fresh);
    real of_reset = of_fresh * candidates[at] * reset * (1 - reset);
    real of_keep = of_state * (before[at] - fresh) * keep * (1 - keep);
    input_slopes[x] = state_slopes[x] = of_reset;
    input_slopes[x + width] = state_slopes[x + width] = of_keep;
    input_slopes[x + 2 * width] = of_fresh;
    state_slopes[x + 2 * width] = of_fresh * reset;
    direct[i] = of_state * keep;
    """,
)
def _gru_step_back(
    xp: Any, g: Array, gates: Array, candidates: Array, before: Array, gradient: Array, start: int,
    input_slopes: Array, state_slopes: Array, direct: Array,
) -> None:  # fmt: skip
    """The gradients of the gates' sums, as the inputs and as the states see them.

    They follow from those of the output and of the state; of that, `direct` is the part that no product is about.
    """
    count, size = gradient.shape
    rows = slice(start, start + count)
    r, z, n = (gates[rows][:, k * size : (k + 1) * size] for k in range(3))
    of_state = g[rows] + gradient + direct[:count]
    of_n = of_state * (1 - z) * (1 - n * n)
    of_r, of_z = of_n * candidates[rows] * r * (1 - r), of_state * (before[rows] - n) * z * (1 - z)
    input_slopes[rows] = xp.concatenate([of_r, of_z, of_n], axis=1)
    state_slopes[rows] = xp.concatenate([of_r, of_z, of_n * r], axis=1)
    direct[:count] = of_state * z


def _gru(
    xp: Any, steps: Steps, gates: Array, weight: Array, biases: Sequence[Array], states: Sequence[Array]
) -> tuple[Array, tuple[Array, ...]]:
    candidates, hidden, before = (xp.empty((len(gates), weight.shape[1]), gates.dtype) for _ in range(3))
    for part, start, state in _products(xp, steps, states[0], weight.T):
        _gru_step(xp, part, *biases, start, gates, candidates, hidden, before, state)
    return hidden, (gates, candidates, before)


def _gru_back(
    xp: Any, steps: Steps, g: Array, kept: Sequence[Array], weight: Array, gradients: Sequence[Array]
) -> tuple[Array, Array, Array]:
    gates, candidates, before = kept
    input_slopes, state_slopes = xp.empty_like(gates), xp.empty_like(gates)
    direct = xp.zeros(gradients[0].shape, g.dtype)
    for rows in steps:
        gradient = gradients[0][: rows.stop - rows.start]
        _gru_step_back(xp, g, gates, candidates, before, gradient, rows.start, input_slopes, state_slopes, direct)
        xp.dot(state_slopes[rows], weight, gradient)
    xp.add(gradients[0], direct, out=gradients[0])
    return input_slopes, state_slopes, before


FORWARD: dict[str, Callable[..., tuple[Array, tuple[Array, ...]]]] = {
    "RNN_TANH": functools.partial(_rnn, rectified=False),
    "RNN_RELU": functools.partial(_rnn, rectified=True),
    "LSTM": _lstm,
    "GRU": _gru,
}
"""`walk(xp, steps, gates, weight, biases, states)` of each kind of layer: the output's rows, and what to keep.

`gates` (N, gates * H) has what the inputs add, `weight` and the two `biases` are the state's; `states` change in place.
"""

BACKWARD: dict[str, Callable[..., tuple[Array, Array, Array]]] = {
    "RNN_TANH": functools.partial(_rnn_back, rectified=False),
    "RNN_RELU": functools.partial(_rnn_back, rectified=True),
    "LSTM": _lstm_back,
    "GRU": _gru_back,
}
"""`walk(xp, steps, g, kept, weight, gradients)`: the gradients of the gates as inputs and as states see them, and the
states before each row. `steps` go back, `g` (N, H) is for the output, and `gradients`, of the states, change in place.
"""
