"""What the kernels over windows and those of recurrent steps are tried with, in the form of test_fused.py's table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minitorch.ops._gather import Covering, Sliding
from minitorch.ops._windows import Shape, Window

Case = Callable[[Any, str], tuple[Any, ...]]


def _sliding(window: Window, image: Shape, ceil: bool = False) -> Sliding:
    return Sliding(window, image, window.positions(image, ceil))


SLIDING = [
    _sliding(Window((3,), (2,), (1,), (2,)), (9,)),
    _sliding(Window((2,), (3,), (1,), (2,)), (1,), ceil=True),  # a window without any tap inside the image
    _sliding(Window((2, 2), (2, 2), (0, 0), (1, 1)), (4, 6)),  # tiles
    _sliding(Window((3, 2), (1, 2), (1, 0), (1, 2)), (6, 7)),
    _sliding(Window((2, 3), (3, 2), (1, 1), (1, 1)), (6, 6), ceil=True),  # beyond the image's end, and gaps between
    _sliding(Window((2, 1, 3), (1, 2, 2), (1, 0, 1), (2, 1, 1)), (5, 4, 6)),
]
LARGE = _sliding(Window((17, 17), (2, 3), (0, 0), (1, 1)), (19, 20))
"""A window of more taps than there are numbers in a byte."""
COVERING = [
    Covering((7,), (3,)),
    Covering((6, 8), (3, 2)),
    Covering((5, 3), (2, 7)),
    Covering((3, 4, 5), (2, 4, 1)),
]


def _numbers(rng: Any, dtype: str, *shape: int) -> Any:
    return rng.standard_normal(shape).astype(dtype)


def _blank(dtype: str, *shape: int) -> Any:
    """Where a kernel has to write every element."""
    return np.full(shape, math.nan, dtype)


def _with_equals(rng: Any, dtype: str, *shape: int) -> Any:
    """Few different numbers, some of them nan; the second item is minus infinity all over."""
    array = rng.integers(-2, 3, shape).astype(dtype)
    array[..., rng.random(array.shape[-1]) < 0.2] = math.nan
    array[1] = -math.inf
    return array


def _turned(array: Any) -> Any:
    """The same numbers, in memory in another order."""
    return np.asfortranarray(array)


def _maxima(sliding: Sliding, rng: Any, dtype: str) -> tuple[Any, ...]:
    image = _turned(_with_equals(rng, dtype, 2, 3, *sliding.image))
    return sliding, -math.inf, image, _blank(dtype, 2, 3, *sliding.positions)


def _marked(sliding: Sliding, rng: Any, dtype: str) -> tuple[Any, ...]:
    kind = np.uint8 if math.prod(sliding.window.kernel) <= 256 else np.int32
    return *_maxima(sliding, rng, dtype), np.full((2, 3, *sliding.positions), 255, kind)


def _marks(sliding: Sliding, rng: Any, dtype: str) -> Any:
    return rng.integers(0, math.prod(sliding.window.kernel), (2, 3, *sliding.positions)).astype(np.uint8)


def _sent(sliding: Sliding, rng: Any, dtype: str) -> tuple[Any, ...]:
    g = _turned(_numbers(rng, dtype, 2, 3, *sliding.positions))
    return sliding, g, _marks(sliding, rng, dtype), _blank(dtype, 2, 3, *sliding.image)


def _means(sliding: Sliding, include: bool, divisor: int, rng: Any, dtype: str) -> tuple[Any, ...]:
    wide = "float32" if dtype == "float16" else dtype
    image = _numbers(rng, dtype, 2, 3, *sliding.image)
    return sliding, include, divisor, image, _blank(wide, 2, 3, *sliding.positions)


def _parts(sliding: Sliding, include: bool, divisor: int, rng: Any, dtype: str) -> tuple[Any, ...]:
    g = _numbers(rng, dtype, 2, 3, *sliding.positions)
    return sliding, include, divisor, g, _blank(dtype, 2, 3, *sliding.image)


def _averages(make: Any) -> Iterator[Case]:
    for sliding in SLIDING:
        # Means are of windows without gaps, of which at least half lies inside the image.
        window = sliding.window._replace(dilation=(1,) * len(sliding.image))
        window = window._replace(
            padding=tuple(min(p, k // 2) for p, k in zip(window.padding, window.kernel, strict=True))
        )
        for ceil, include, divisor in ((False, False, 0), (True, True, 0), (True, False, -3)):
            if min(window.positions(sliding.image, ceil)) > 0:
                yield partial(make, _sliding(window, sliding.image, ceil), include, divisor)


def _covered(covering: Covering, rng: Any, dtype: str) -> tuple[Any, ...]:
    return covering, _numbers(rng, dtype, 2, 3, *covering.image), _blank(dtype, 2, 3, *covering.positions)


def _shared(covering: Covering, rng: Any, dtype: str) -> tuple[Any, ...]:
    return covering, _numbers(rng, dtype, 2, 3, *covering.positions), _blank(dtype, 2, 3, *covering.image)


def _largest(covering: Covering, rng: Any, dtype: str) -> tuple[Any, ...]:
    image = _with_equals(rng, dtype, 2, 3, *covering.image)
    return covering, image, _blank(dtype, 2, 3, *covering.positions), np.full((2, 3, *covering.positions), -1)


def _laid_out(sliding: Sliding, rng: Any, dtype: str) -> tuple[Any, ...]:
    images, places = _numbers(rng, dtype, 2, 3, *sliding.image), math.prod(sliding.positions)
    columns = _blank(dtype, 6 * math.prod(sliding.window.kernel) * places)
    return sliding, 2, 3, _turned(images), columns, {"size": 6 * places}


def _added_up(sliding: Sliding, rng: Any, dtype: str) -> tuple[Any, ...]:
    columns = _numbers(rng, dtype, 6 * math.prod(sliding.window.kernel) * math.prod(sliding.positions))
    return sliding, 2, 3, columns, _blank(dtype, 2, 3, *sliding.image)


WINDOWS: dict[str, list[Case]] = {
    "ops._columns._add_up": [partial(_added_up, each) for each in SLIDING],
    "ops._columns._lay_out": [partial(_laid_out, each) for each in SLIDING],
    "ops.adaptive_pool._cover_maxima": [partial(_largest, each) for each in COVERING],
    "ops.adaptive_pool._cover_means": [partial(_covered, each) for each in COVERING],
    "ops.adaptive_pool._cover_parts": [partial(_shared, each) for each in COVERING],
    "ops.max_pool._find_maxima": [partial(_marked, each) for each in (*SLIDING, LARGE)],
    "ops.avg_pool._find_means": list(_averages(_means)),
    "ops.max_pool._keep_maxima": [partial(_maxima, each) for each in SLIDING],
    "ops.max_pool._places": [lambda rng, dtype, each=each: (each, _marks(each, rng, dtype)) for each in SLIDING],
    "ops.max_pool._send_back": [partial(_sent, each) for each in SLIDING],
    "ops.avg_pool._send_parts": list(_averages(_parts)),
}

ROWS, START, BATCH, HIDDEN = 9, 4, 3, 5
"""Of all steps, the first of this step, how many this step has, and the width of the state."""


def _rows(rng: Any, dtype: str, *gates: int) -> list[Any]:
    """For each number of gates the rows of all steps."""
    return [_numbers(rng, dtype, ROWS, count * HIDDEN) for count in gates]


def _states(rng: Any, dtype: str, count: int) -> list[Any]:
    """What is there for each sequence: of the first, the rows of those under way."""
    return [_numbers(rng, dtype, BATCH + 2, HIDDEN) for _ in range(count - 1)] + [_numbers(rng, dtype, BATCH, HIDDEN)]


def _step(gates: int, shapes: tuple[int, ...], states: int, numbers: tuple[Any, ...], rng: Any, dtype: str) -> Any:
    part = _numbers(rng, dtype, BATCH, gates * HIDDEN)
    biases = _numbers(rng, dtype, 2, gates * HIDDEN)
    return part, *biases, START, *numbers, *_rows(rng, dtype, *shapes), *_states(rng, dtype, states)


def _back(
    kept: tuple[int, ...], slopes: tuple[int, ...], states: int, numbers: tuple[Any, ...], rng: Any, dtype: str
) -> Any:
    *others, gradient = _states(rng, dtype, states)
    return *_rows(rng, dtype, *kept), gradient, START, *numbers, *_rows(rng, dtype, *slopes), *others


RECURRENT: dict[str, list[Case]] = {
    "ops._recurrence._gru_step": [partial(_step, 3, (3, 1, 1, 1), 1, ())],
    "ops._recurrence._gru_step_back": [partial(_back, (1, 3, 1, 1), (3, 3), 2, ())],
    "ops._recurrence._lstm_step": [partial(_step, 4, (4, 1, 1, 1, 1), 2, ())],
    "ops._recurrence._lstm_step_back": [partial(_back, (1, 4, 1, 1), (4,), 2, ())],
    "ops._recurrence._rnn_step": [partial(_step, 1, (1, 1), 1, (rectified,)) for rectified in (False, True)],
    "ops._recurrence._rnn_step_back": [partial(_back, (1, 1), (1,), 1, (rectified,)) for rectified in (False, True)],
}
