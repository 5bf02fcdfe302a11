"""Recurrent layers, of padded, packed or single sequences, and their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.layer import Drawn, Layer
from parity.strategies import Call, Draw, Made
from parity.tolerance import Looser

STEPS = Looser(10, "each step rounds what the one before has rounded, and sums of products in another order")


def recurrent(states: int = 1, **choices: Any) -> Callable[[Draw], Drawn]:
    """A layer with its options, and a sequence with initial states or without; `states` is 2 for LSTM."""

    def draw(d: Draw) -> Drawn:
        features, hidden, depth, directions = d.integer(1, 3), d.integer(1, 3), d.integer(1, 3), d.integer(1, 2)
        project = d.integer(1, hidden - 1) if states == 2 and hidden > 1 and d.chance(3) else 0
        batch_first = d.flag()
        made = Call(features, hidden)
        made += Call(num_layers=0 if d.fault() else depth) if depth > 1 or d.flag() else Call()
        made += d.some(bias=(True, False), **choices)
        # torch warns of a dropout that has no layer to come after.
        made += Call(dropout=1.5 if d.fault() else d.pick(0.5, 0.2)) if depth > 1 and d.chance(3) else Call()
        made += Call(bidirectional=True) if directions == 2 else Call()
        made += Call(batch_first=batch_first) if batch_first else Call()
        made += Call(proj_size=hidden + 1 if d.fault() else project) if project else Call()

        batch, steps = d.integer(1, 3), d.integer(1, 4)
        single = d.chance(4)
        wrong = (
            1 if states == 1 and d.fault() else 0
        )  # of too wide an input oneDNN, which torch has for LSTM, reads a part
        lead = (steps,) if single else (batch, steps) if batch_first else (steps, batch)
        input: Any = d.tensor((*lead, features + wrong))
        if d.fault():
            input = d.tensor((2, *lead, features))
        elif not single and d.chance(3):
            lengths = [d.integer(1, steps) for _ in range(batch)]
            lengths[0] = steps
            if d.flag():
                lengths.sort(reverse=True)
            ordered = lengths == sorted(lengths, reverse=True) and d.flag()
            packing = Call(input, lengths, batch_first=batch_first, enforce_sorted=ordered)
            input = Made("nn.utils.rnn.pack_padded_sequence", packing)
        if not d.flag():
            return made, Call(input)
        sides = () if single else (batch + (1 if d.fault() else 0),)
        given = [d.tensor((depth * directions, *sides, size)) for size in (project or hidden, hidden)[:states]]
        state = tuple(given) if states == 2 and not d.fault() else given[0]
        return made, Call(input, state)

    return draw


def cell(states: int = 1, **choices: Any) -> Callable[[Draw], Drawn]:
    """A batch of inputs, or one, with a state or without."""

    def draw(d: Draw) -> Drawn:
        features, hidden = d.integer(1, 3), d.integer(1, 3)
        lead = d.pick((), (1,), (3,))
        made = Call(features, hidden) + d.some(bias=(True, False), **choices)
        called = Call(d.tensor((2, 2, 2, 2) if d.fault() else (*lead, features + (1 if d.fault() else 0))))
        if d.flag():
            shape = (*lead, hidden + (1 if d.fault() else 0))
            given = tuple(d.tensor(shape) for _ in range(states))
            called += Call(given if states == 2 else given[0])
        return made, called

    return draw


def cell_base(d: Draw) -> Drawn:
    """What the cells come down to: the parameters alone, which cannot be called."""
    return Call(2, 3, d.flag(), num_chunks=d.integer(1, 4)), Call(d.tensor((1, 2)))


LAYERS = [
    Layer("RNN", draw=recurrent(nonlinearity=("tanh", "relu")), looser=STEPS),
    Layer("LSTM", draw=recurrent(states=2), looser=STEPS),
    Layer("GRU", draw=recurrent(), looser=STEPS),
    Layer("RNNCellBase", draw=cell_base),
    Layer("RNNCell", draw=cell(nonlinearity=("tanh", "relu"))),
    Layer("LSTMCell", draw=cell(states=2)),
    Layer("GRUCell", draw=cell()),
]
