"""Embedding, one by one and in bags."""

from __future__ import annotations

from typing import Any

from parity.layer import Drawn, Layer
from parity.strategies import Call, Draw, Input


def table(d: Draw) -> tuple[int, Call, Call]:
    """The number of rows, the constructor's sizes, and its options that both classes have."""
    rows, width = d.integer(1, 5), d.integer(1, 4)
    made = Call(rows, width)
    common = Call()
    if d.flag():
        wrong = d.pick(rows, -rows - 1)
        common += Call(padding_idx=wrong if d.fault() else d.integer(-rows, rows - 1))
    if d.chance(3):
        common += Call(max_norm=d.pick(1.5, 0.3)) + d.some(norm_type=(1.0, 3.0, float("inf")))
    if d.chance(4):
        # Values of its own are not initialised, and not trained when they are frozen.
        weight = d.given(d.rng.standard_normal((rows + (1 if d.fault() else 0), width)), False, "float32")
        weight.layout = "plain"  # torch's renorm of a stepped table writes beside its rows
        common += Call(_weight=weight)
    return rows, made, common


def indices(d: Draw, rows: int, shape: tuple[int, ...]) -> Input:
    """Indices of the rows; when errors are tried, perhaps floats or out of range."""
    kind = "float32" if d.fault() else d.pick("int64", "int64", "int32")
    return d.indices(shape, rows, dtype=kind)


def rows_of(d: Draw) -> Drawn:
    """Indices of any shape."""
    rows, made, common = table(d)
    return made + common + d.some(scale_grad_by_freq=(True, False)), Call(indices(d, rows, d.shape(max_dims=3)))


def bags(d: Draw) -> Drawn:
    """Bags in rows, or of any length by offsets, perhaps with weights."""
    rows, made, common = table(d)
    mode = d.pick("mean", "sum", "max")
    made += common + Call(mode="avg" if d.fault() else mode)
    if d.flag():
        input = indices(d, rows, (d.integer(1, 3), d.integer(1, 3)))
        called = Call(input)
    else:
        count = d.integer(0, 6)
        input = indices(d, rows, (count,))
        inner = sorted(int(each) for each in d.rng.integers(0, count + 1, d.integer(0, 3)))
        last = d.chance(3)
        starts: list[Any] = [0, *inner, *([count] if last else [])]
        if d.fault():
            starts = d.pick([1, *starts], [*starts, count + 2])
        called = Call(input, d.given(starts, False, "int32" if input.dtype == "int32" else "int64"))
        made += Call(include_last_offset=True) if last else Call()
    if mode == "sum" and d.flag():
        called += Call(per_sample_weights=d.tensor((2,) if d.fault() else input.shape))
    return made, called


LAYERS = [
    Layer("Embedding", draw=rows_of),
    Layer("EmbeddingBag", draw=bags),
]
