"""Recurrent layers over whole sequences, and the cells that are one step of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.spec import Spec
from parity.strategies import Call, Draw, between
from parity.tolerance import Looser

FLOATS = ("float32", "float64")
"""What recurrent layers are made for; half precision rounds every step, and each engine in its own order."""

GATES = between(-2.0, 2.0, "where the gates are not all closed or open")


def tensor(d: Draw, shape: tuple[int, ...]) -> Any:
    """A tensor of the example's dtype: what torch makes of mixed ones depends on which of its products sees them."""
    return d.tensor(shape, d.dtype)


def cell(gates: int, states: int = 1) -> Callable[[Draw], Call]:
    """`cell(input, hx, w_ih, w_hh, b_ih, b_hh)`; a cell of two states takes a pair."""

    def draw(d: Draw) -> Call:
        batch, features, hidden = d.integer(1, 3), d.integer(1, 3), d.integer(1, 3)
        input = tensor(d, (batch, features + (1 if d.fault() else 0)))
        state = (batch + (1 if d.fault() else 0), hidden + (1 if d.fault() else 0))
        hx = tuple(tensor(d, state) for _ in range(states))
        rows = gates * hidden + (1 if d.fault() else 0)
        weights = [tensor(d, (rows, features)), tensor(d, (rows, hidden))]
        biases = [tensor(d, (rows,)) for _ in range(2 if d.flag() else 0)]
        return Call(input, hx if states > 1 else hx[0], *weights, *biases)

    return draw


def layers(gates: int, states: int = 1) -> Callable[[Draw], Call]:
    """Either signature: of a padded batch, or of packed rows with the sizes of the steps."""

    def draw(d: Draw) -> Call:
        # Integers torch takes for a single step, if at all: from the second on, the state is a float.
        d.dtype = d.dtype if d.dtype in FLOATS else FLOATS[0]
        steps, batch, features, hidden = (d.integer(1, 3) for _ in range(4))
        num_layers, bidirectional, has_biases = d.integer(1, 2), d.flag(), d.flag()
        walks = num_layers * (2 if bidirectional else 1)
        # torch projects where the state is narrower than the cell.
        width = d.integer(1, hidden) if states > 1 else hidden
        params = []
        for walk in range(walks):
            first = walk < walks // num_layers
            inner = features if first else width * (2 if bidirectional else 1)
            params += [tensor(d, (gates * hidden, inner)), tensor(d, (gates * hidden, width))]
            params += [tensor(d, (gates * hidden,)) for _ in range(2 if has_biases else 0)]
            params += [tensor(d, (width, hidden)) for _ in range(1 if width < hidden else 0)]
        hx = tuple(tensor(d, (walks, batch, size)) for size in (width, hidden)[:states])
        if d.fault():
            params.pop()
        rest: list[Any] = [params, has_biases, num_layers, 0.0, d.flag(), bidirectional]
        state: Any = hx if states > 1 else hx[0]
        # Of too wide an input oneDNN, which torch has for LSTM, reads a part.
        features += 1 if states == 1 and d.fault() else 0
        if d.flag():
            sizes = [batch, *sorted((d.integer(1, batch) for _ in range(steps - 1)), reverse=True)]
            return Call(tensor(d, (sum(sizes), features)), plain_sizes(d, sizes), state, *rest)
        batch_first = d.flag()
        shape = (batch, steps, features) if batch_first else (steps, batch, features)
        return Call(tensor(d, shape), state, *rest, batch_first)

    return draw


def plain_sizes(d: Draw, sizes: list[int]) -> Any:
    """The sizes of the steps as a tensor; torch reads its memory, so it must not be spread out."""
    made = d.given(sizes, False, "int64")
    made.layout = "plain"
    return made


STEPS = Looser(10, "products that cancel are added up in another order, and rounded at every step")

# torch gives no cell or layer as a method, in place or with `out`.
SPECS = [
    Spec("rnn_tanh_cell", call=cell(1), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("rnn_relu_cell", call=cell(1), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("lstm_cell", call=cell(4, 2), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("gru_cell", call=cell(3), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("rnn_tanh", call=layers(1), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("rnn_relu", call=layers(1), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("lstm", call=layers(4, 2), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
    Spec("gru", call=layers(3), domain=GATES, grad=GATES, dtypes=FLOATS, looser=STEPS),
]
