"""Embedding, one by one and in bags."""

from __future__ import annotations

from parity.spec import Spec
from parity.strategies import FLOATS, Call, Draw, Input, between
from parity.tolerance import Looser

F = "nn.functional."
FINITE = between(-4.0, 4.0, "finite: a sum with an infinity in it is none that can be compared")
HALF_SUM = Looser(8, "torch rounds float16's partial sums", ("forward", "gradient"), ("float16",))


def table(d: Draw, least: int = 1) -> Input:
    """The weight, of a few rows."""
    d.mixed = False
    shape = (d.integer(least, 5), d.integer(1, 4))
    return d.tensor(d.pick((*shape, 2), shape[:1]) if d.fault() else shape)


def indices(d: Draw, weight: Input, shape: tuple[int, ...]) -> Input:
    """Indices of its rows; when errors are tried, perhaps floats or out of range."""
    kind = "float32" if d.fault() else d.pick("int64", "int64", "int32")
    return d.indices(shape, weight.shape[0], dtype=kind)


def in_single(weight: Input) -> bool:
    """Whether to scale by frequency: the second derivative, asked for in float64, leaves that out in torch."""
    return weight.dtype != "float64"


def rows(d: Draw) -> Call:
    """Rows at indices of any shape, perhaps shortened before."""
    weight = table(d)
    call = Call(indices(d, weight, d.shape(max_dims=3)), weight) + d.some(sparse=False)
    count = weight.shape[0]
    if d.fault():
        call += Call(padding_idx=d.pick(count, -count - 1))
    elif d.flag():
        call += Call(padding_idx=d.integer(-count, count - 1))
    if weight.ndim == 2 and weight.dtype in ("float32", "float64") and d.mode != "gradient" and d.chance(3):
        # Its rows are written to: they have to lie in memory of their own.
        weight.layout = "plain"
        return call + Call(max_norm=d.pick(1.5, 0.3)) + d.some(norm_type=(1.0, 3.0, float("inf")))
    return call + Call(scale_grad_by_freq=d.flag() and in_single(weight))


def positional(d: Draw) -> Call:
    """In the order of torch.embedding."""
    weight = table(d)
    call = Call(weight, indices(d, weight, d.shape(max_dims=3)))
    if d.flag():
        call += Call(d.integer(-1, weight.shape[0] - 1), d.flag() and in_single(weight))
    return call


def renormed(d: Draw) -> Call:
    """A table whose rows at some indices are shortened."""
    weight = table(d)
    weight.requires_grad = weight.differentiable = False
    return Call(weight, indices(d, weight, (d.integer(0, 4),)), d.pick(1.5, 0.3), d.pick(2.0, 1.0, 3.0))


def bags(d: Draw) -> Call:
    """Bags in rows, or of any length by offsets."""
    weight = table(d)
    count = d.integer(0, 6)
    if d.flag():
        input = indices(d, weight, (d.integer(1, 3), d.integer(1, 3)))
        call = Call(input, weight)
    else:
        input = indices(d, weight, (count,))
        inner = sorted(int(each) for each in d.rng.integers(0, count + 1, d.integer(0, 3)))
        last = d.chance(3)
        starts = [0, *inner, *([count] if last else [])]
        if d.fault():
            starts = d.pick([1, *starts], [*starts, count + 2])
        call = Call(input, weight, d.given(starts, False, "int32" if input.dtype == "int32" else "int64"))
        call += Call(include_last_offset=True) if last else Call()
    mode = d.pick("sum", "mean", "max")
    call += Call(mode="avg" if d.fault() else mode)
    if mode == "sum" and d.flag():
        call += Call(per_sample_weights=d.tensor((2,) if d.fault() else input.shape))
    if d.chance(3):
        call += Call(padding_idx=weight.shape[0] if d.fault() else d.integer(-weight.shape[0], weight.shape[0] - 1))
    return call


SPECS = [
    Spec(F + "embedding", call=rows, domain=FINITE),
    Spec("embedding", call=positional, domain=FINITE),
    Spec("embedding_renorm_", call=renormed, domain=FINITE, dtypes=("float32", "float64")),
    # The gradient of the gradient is not in torch.
    Spec(F + "embedding_bag", call=bags, domain=FINITE, dtypes=FLOATS, second=False, looser=HALF_SUM),
]
