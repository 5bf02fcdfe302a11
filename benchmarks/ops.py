"""Single operations, family by family: forward, and backward from a random gradient of the output.

The size of a case is the number of elements of its largest operand, a power of two; the shapes follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Case, Step

SIZES = (2**15, 2**20)
"""About what a layer of a lecture's net gives for a batch, and much more."""

SMALLEST = 2**6
"""The size from which on every operation has a shape."""

Operation = Callable[..., Any]
"""Takes the library and the operands."""


def _step(torch: Any, device: str, operation: Operation, operands: Sequence[Any], weights: Sequence[Any] = ()) -> Step:
    """The operation on NumPy arrays, as tensors: those of floats get gradients, as the weights do."""
    tensors = tuple(
        torch.tensor(array, device=device, requires_grad=bool(array.dtype.kind == "f")) for array in operands
    )

    def forward() -> Any:
        return operation(torch, *tensors)

    gradient = torch.tensor(_random(*forward().shape, seed=3), device=device)

    def run() -> Any:
        for each in (*tensors, *weights):
            each.grad = None
        out = forward()
        out.backward(gradient)
        return out

    return Step(run, forward, tensors, weights)


def _random(*shape: int, seed: int = 0) -> Any:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape), dtype=np.float32)


def _indices(high: int, *shape: int) -> Any:
    return np.random.default_rng(1).integers(0, high, shape)


# --- operands, by the number of elements -----------------------------------------------------------------------------


def _square(size: int) -> tuple[int, int]:
    """Rows and columns, as near to each other as powers of two get."""
    rows = 2 ** ((size.bit_length() - 1) // 2)
    return rows, size // rows


def _images(size: int) -> tuple[int, int, int, int]:
    """A batch of images: 8x8 for the smallest sizes, else 16x16, of up to 16 channels."""
    side = 8 if size < 2**10 else 16
    channels = min(16, size // side**2)
    return size // (side**2 * channels), channels, side, side


def _row(size: int) -> list[Any]:
    return [_random(size)]


def _two_rows(size: int) -> list[Any]:
    return [_random(size), _random(size, seed=1)]


def _matrix(size: int) -> list[Any]:
    return [_random(*_square(size))]


def _matrix_and_row(size: int) -> list[Any]:
    rows, columns = _square(size)
    return [_random(rows, columns), _random(columns, seed=1)]


def _two_matrices(size: int) -> list[Any]:
    rows, columns = _square(size)
    return [_random(rows, columns), _random(columns, rows, seed=1)]


def _layer(size: int) -> list[Any]:
    rows, columns = _square(size)
    return [_random(rows, columns), _random(rows, columns, seed=1), _random(rows, seed=2)]


def _batch(size: int) -> list[Any]:
    return [_random(*_images(size))]


def _batch_and_kernel(size: int) -> list[Any]:
    shape = _images(size)
    return [_random(*shape), _random(16, shape[1], 3, 3, seed=1), _random(16, seed=2)]


def _scale_and_shift(size: int) -> list[Any]:
    channels = _images(size)[1]
    return [*_batch(size), _random(channels, seed=1), _random(channels, seed=2)]


def _scores(size: int) -> list[Any]:
    rows, classes = _square(size)
    return [_random(rows, classes), _indices(classes, rows)]


def _table(size: int) -> list[Any]:
    rows, columns = _square(size)
    return [_random(rows, columns), _indices(rows, rows)]


def _recurrent(torch: Any, device: str, size: int, kind: str) -> Step:
    """A layer of 16 features in and out (gates apart) over 4 steps, or of 64 over 16 steps from 2**10 elements on."""
    steps, features = (4, 16) if size < 2**10 else (16, 64)
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind)(features, features).to(device)
    sequence = _random(steps, size // (steps * features), features)
    return _step(torch, device, lambda torch, x: layer(x)[0], [sequence], tuple(layer.parameters()))


def _case(operation: Operation, operands: Callable[[int], list[Any]]) -> Case:
    return Case(lambda torch, device, size: _step(torch, device, operation, operands(size)), SIZES)


CASES: dict[str, Case] = {
    "add": _case(lambda torch, x, y: x + y, _two_rows),
    "add a row to a matrix": _case(lambda torch, x, y: x + y, _matrix_and_row),
    "mul": _case(lambda torch, x, y: x * y, _two_rows),
    "exp": _case(lambda torch, x: x.exp(), _row),
    "tanh": _case(lambda torch, x: x.tanh(), _row),
    "sigmoid": _case(lambda torch, x: x.sigmoid(), _row),
    "relu": _case(lambda torch, x: x.relu(), _row),
    "matmul": _case(lambda torch, x, y: x @ y, _two_matrices),
    "linear": _case(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), _layer),
    "sum": _case(lambda torch, x: x.sum(), _row),
    "mean of columns": _case(lambda torch, x: x.mean(0), _matrix),
    "max of rows": _case(lambda torch, x: x.max(1).values, _matrix),
    "conv2d 3x3": _case(lambda torch, x, w, b: torch.nn.functional.conv2d(x, w, b, padding=1), _batch_and_kernel),
    "max_pool2d 2": _case(lambda torch, x: torch.nn.functional.max_pool2d(x, 2), _batch),
    "avg_pool2d 2": _case(lambda torch, x: torch.nn.functional.avg_pool2d(x, 2), _batch),
    "batch_norm": _case(
        lambda torch, x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True), _scale_and_shift
    ),
    "layer_norm": _case(lambda torch, x: torch.nn.functional.layer_norm(x, x.shape[1:]), _matrix),
    "softmax": _case(lambda torch, x: x.softmax(1), _matrix),
    "cross_entropy": _case(lambda torch, x, y: torch.nn.functional.cross_entropy(x, y), _scores),
    "embedding": _case(lambda torch, x, y: torch.nn.functional.embedding(y, x), _table),
    "RNN": Case(partial(_recurrent, kind="RNN"), SIZES),
    "GRU": Case(partial(_recurrent, kind="GRU"), SIZES),
    "LSTM": Case(partial(_recurrent, kind="LSTM"), SIZES),
}
