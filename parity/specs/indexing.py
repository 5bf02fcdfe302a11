"""Indexing: parts by integers, slices, masks and index tensors, and the gather and scatter family."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.spec import Spec, each
from parity.strategies import (
    NONZERO,
    Call,
    Domain,
    Draw,
    Input,
    Shape,
    options,
    sample,
    tensors,
    transform,
)

VALUES = Domain("small numbers, 0 among them", low=-3.0, high=3.0, specials=(0.0,))


def one_type(d: Draw) -> None:
    """The operations here want one dtype for all; now and then they do not get it."""
    d.mixed = d.mixed and d.mode == "error"


def index_item(d: Draw, size: int, together: Shape) -> Any:
    """What may stand for one dimension of `size`."""
    kind = d.pick("int", "slice", "slice", "tensor", "tensor", "list", "mask", "whole")
    if size == 0:
        kind = "whole"
    if kind == "int":
        return size + 3 if d.fault() else d.integer(-size, size - 1)
    if kind == "slice":
        start, stop = (d.integer(-size - 1, size + 1) if d.flag() else None for _ in range(2))
        return slice(start, stop, -1 if d.fault() else d.integer(1, 2) if d.flag() else None)
    if kind == "tensor":
        return d.indices(together if d.flag() else (), size, negative=True, dtype=d.pick("int64", "int32"))
    if kind == "list":
        return [int(k) for k in d.rng.integers(-size, size, together[-1] if together else 1)]
    if kind == "mask":
        mask = d.rng.integers(0, 2, size + (1 if d.fault() else 0)).astype(bool)
        # As many as the other index tensors are long, so that they broadcast.
        mask[:] = False
        mask[: together[-1] if together else 1] = True
        return d.given(mask, False)
    return slice(None)


def an_index(d: Draw, shape: Shape) -> Any:
    """An index of a tensor of this shape: as many items as it likes, None and an Ellipsis in between."""
    if shape and d.chance(5):
        return d.given(d.rng.integers(0, 2, shape[: d.integer(1, len(shape))]).astype(bool), False)
    side = d.integer(0 if d.chance(6) else 1, min([side for side in shape if side] or [1]))
    together = (d.integer(1, 2), side) if d.chance(4) else (side,)
    count = d.integer(0, len(shape))
    front = d.integer(0, count)
    items = [index_item(d, size, together) for size in shape[:front]]
    if count < len(shape) and (front < count or d.flag()):
        items.append(Ellipsis)
    items += [index_item(d, size, together) for size in shape[len(shape) - (count - front) :]]
    for extra in (None, None, True):
        if d.chance(5):
            items.insert(d.integer(0, len(items)), extra)
    if d.fault():
        items += [0] * (len(shape) + 1)
    return items[0] if len(items) == 1 and d.flag() else tuple(items)


def get_item(d: Draw) -> Call:
    """A tensor and an index of it."""
    input = d.tensor(d.shape(max_dims=4))
    return Call(input, an_index(d, input.shape))


def set_item(d: Draw) -> Call:
    """A tensor, an index of it, and a number or a tensor that broadcasts to what the index picks."""
    one_type(d)
    input = d.tensor(d.shape(max_dims=4, min_side=1))
    index = an_index(d, input.shape)
    places = np.arange(input.size).reshape(input.shape)
    try:
        picked = places[transform(index, lambda leaf: leaf.array if isinstance(leaf, Input) else leaf)]
    except (IndexError, ValueError):  # a fault; or a negative step, which torch does not take
        return Call(input, index, d.number())
    if not picked.size and d.mode == "gradient":
        index, picked = ..., places  # where nothing is written, only torch's version counter moves
    # Which value stays where places repeat is nobody's promise.
    if d.chance(3) or len(set(picked.ravel().tolist())) < picked.size:
        return Call(input, index, d.number() if d.flag() else d.tensor(()))
    shape = picked.shape[d.integer(0, picked.ndim) :]
    return Call(input, index, d.tensor((*shape, 7) if d.fault() else shape))


def along(d: Draw, shape: Shape, dim: int, free: bool) -> Shape:
    """The shape of an index along `dim`: no larger than `shape` elsewhere; of any size there if `free`."""
    at = dim % max(len(shape), 1)
    sides = [d.integer(0 if side == 0 else 1, 4) if k == at and free else side for k, side in enumerate(shape)]
    if d.flag():
        sides = [side if k == at else d.integer(min(side, 1), side) for k, side in enumerate(sides)]
    return (*sides, 1) if d.fault() else tuple(sides)


def gather(d: Draw) -> Call:
    """A tensor, a dimension, and where to take along it."""
    input = d.tensor(d.shape(min_side=1))
    dim = d.dim(input.ndim)
    size = input.shape[dim] if input.ndim and -input.ndim <= dim < input.ndim else 1
    return Call(input, dim, d.indices(along(d, input.shape, dim, True), size, dtype=d.pick("int64", "int32")))


def scattered(with_number: bool, distinct: bool) -> Any:
    """A tensor, a dimension, where to write along it, and what."""

    def draw(d: Draw) -> Call:
        one_type(d)
        input = d.tensor(d.shape(min_side=1))
        dim = d.dim(input.ndim)
        size = input.shape[dim] if input.ndim and -input.ndim <= dim < input.ndim else 1
        shape = along(d, input.shape, dim, not distinct)
        if with_number and d.flag():
            number = d.number()
            return Call(input, dim, d.indices(shape, size)) + d.pick(Call(number), Call(value=number))
        # torch takes a larger src too, but has no gradient for it.
        src = d.tensor(shape if d.mode == "gradient" else [side + d.integer(0, 1) for side in shape])
        if distinct and len(shape) == input.ndim:
            index = d.rng.random(shape).argsort(axis=dim % len(shape)) if shape else 0
            return Call(input, dim, d.given(index, False), src)
        return Call(input, dim, d.indices(shape, size), src)

    return draw


def index_reduced(d: Draw) -> Call:
    """As index_add, with a reduction."""
    call: Call = with_slices(distinct=False)(d)
    call.args = (*call.args, "sum" if d.fault() else d.pick("prod", "mean", "amax", "amin"))
    return call + d.some(include_self=(True, False))


def reduced(d: Draw) -> Call:
    """As scatter_add, with a reduction."""
    call: Call = scattered(False, False)(d)
    # torch takes max and min, too, but has no gradient for them.
    short = () if d.mode == "gradient" else ("max", "min")
    call.args = (*call.args, "most" if d.fault() else d.pick("sum", "prod", "mean", "amax", "amin", *short))
    return call + d.some(include_self=(True, False))


def a_vector(d: Draw, size: int, negative: bool = False, distinct: bool = False) -> Input:
    """Indices of slices."""
    if distinct:
        return d.given(d.rng.permutation(size)[: d.integer(0, size)], False)
    return d.indices((d.integer(0, 4),), size, negative)


def rows(d: Draw) -> tuple[Input, int, int]:
    """A tensor, a dimension and its size."""
    one_type(d)
    input = d.tensor(d.shape(min_dims=1, min_side=1))
    dim = d.dim(input.ndim)
    return input, dim, input.shape[dim] if -input.ndim <= dim < input.ndim else 1


def index_select(d: Draw) -> Call:
    """Which slices."""
    input, dim, size = rows(d)
    return Call(input, dim, a_vector(d, size))


def index_fill(d: Draw) -> Call:
    """Which slices, and the number that fills them."""
    input, dim, size = rows(d)
    value: Any = d.number() if d.flag() else d.tensor((2,) if d.fault() else ())
    # torch takes negative indices, but has no gradient for them.
    return Call(input, dim, a_vector(d, size, negative=d.mode != "gradient"), value)


def with_slices(distinct: bool) -> Any:
    """Which slices, and the slices that go there."""

    def draw(d: Draw) -> Call:
        input, dim, size = rows(d)
        # An index out of range is an IndexError or a RuntimeError in torch, by the kernel that the shape takes it to.
        in_range = d.given(d.rng.integers(0, size, d.integer(0, 4)), False)
        index = a_vector(d, size, distinct=True) if distinct else in_range
        shape = list(input.shape)
        shape[dim % input.ndim] = index.shape[0] + (1 if d.fault() else 0)
        return Call(input, dim, index, d.tensor(shape))

    return draw


def index_put(d: Draw) -> Call:
    """Index tensors for the first dimensions, and values that broadcast to what they pick."""
    one_type(d)
    input = d.tensor(d.shape(min_dims=1, min_side=1))
    count = d.integer(1, input.ndim)
    shape = (d.integer(1, 3),)
    accumulate = d.flag()
    if accumulate:
        index = [d.indices(shape, size, negative=True) for size in input.shape[:count]]
    else:
        # Which value stays where places repeat is nobody's promise.
        index = [d.given(d.rng.permutation(size)[: min(input.shape[:count])], False) for size in input.shape[:count]]
    picked = (*index[0].shape, *input.shape[count:])
    values = d.tensor((*picked, 5) if d.fault() else picked[d.integer(0, len(picked)) :])
    return Call(input, tuple(index), values) + d.pick(Call(accumulate), Call(accumulate=accumulate))


def take(d: Draw) -> Call:
    """Flat positions."""
    input = d.tensor(d.shape(min_side=1))
    return Call(input, d.indices(d.shape(max_dims=2), input.size, negative=True))


def put(d: Draw) -> Call:
    """Flat positions and as many values."""
    one_type(d)
    input = d.tensor(d.shape(min_side=1))
    accumulate = d.flag()
    index = a_vector(d, input.size, negative=accumulate, distinct=not accumulate)
    return Call(input, index, d.tensor((index.size + (1 if d.fault() else 0),)), accumulate)


def take_along_dim(d: Draw) -> Call:
    """Indices that broadcast with the tensor outside the dimension."""
    input = d.tensor(d.shape(min_dims=1, min_side=1))
    if d.chance(4):
        return Call(input, d.indices(d.shape(max_dims=2), input.size))
    dim = d.dim(input.ndim)
    at = dim % input.ndim
    shape = [d.integer(1, 3) if k == at else 1 if d.flag() else side for k, side in enumerate(input.shape)]
    return Call(input, d.indices(shape, input.shape[at]), dim)


def masked(value: str) -> Any:
    """A tensor, a mask that broadcasts with it, and what to write there."""

    def draw(d: Draw) -> Call:
        one_type(d)
        shape, mask_shape = d.broadcastable(2)
        input = d.tensor(shape)
        mask = d.given(d.rng.integers(0, 2, mask_shape), False, "int64" if d.fault() else "bool")
        if value == "none":
            return Call(input, mask)
        if value == "number":
            return Call(input, mask, d.number() if d.flag() else d.tensor((3,) if d.fault() else ()))
        return Call(input, mask, d.tensor((300,)))

    return draw


def repeats(d: Draw) -> Call:
    """How often, for all or for each slice, along a dimension or of the flat tensor."""
    input = d.tensor(d.shape(min_dims=1))
    dim = d.dim(input.ndim) if d.flag() else None
    size = input.size if dim is None else input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    times: Any = -1 if d.fault() else d.integer(0, 3)
    if d.flag():
        times = d.given(d.rng.integers(0, 3, size + (2 if d.fault() else 0)), False)
    return Call(input, times) if dim is None else Call(input, times, d.pick(dim, dim))


_TABLE = sample([[1.0, 2.0], [3.0, 4.0]])
MASKED_WRITES = tuple(
    Call(_TABLE, at, value)
    for at in (True, False, sample([True, False], "bool"), (slice(None), sample([False, True], "bool")))
    for value in (sample([5.0], "float32"), sample([[[5]]], "int64"), sample([5.0, 6.0], "float32"))
)
MASKED_WRITES += tuple(
    Call(sample([1, 2], dtype), sample([True, False], "bool"), sample(value, requires_grad=False))
    for dtype in ("uint8", "int8", "bool")
    for value in (-1.5, [300.0])
)
"""A single number may be of any dtype, where the tensor's can hold it."""

_NOTHING, _OUTSIDE = sample([[], [], []]), sample([5], "int64")
NOWHERE = (
    Call(_NOTHING, _OUTSIDE),
    Call(_NOTHING, (_OUTSIDE, sample([], "int64"))),
    Call(_TABLE, (slice(0, 0), _OUTSIDE)),
    Call(_TABLE, (_OUTSIDE, sample([[]], "int64"))),
)
"""An index out of bounds is no error where it leads to no element."""

_TIMES = sample([1, 2], "int64")
REPEATS = (
    Call(_TIMES),
    Call(repeats=_TIMES),
    Call(_TIMES, output_size=3),
    Call(_TIMES, None),
    Call(_TIMES, dim=0),
    Call(_TIMES, True),
    Call(_TIMES, 2, output_size=4),
    Call(_TIMES, 2, output_size=3),
)
"""Alone, a vector is one of repeats, but for the method; what fits with what."""

SPECS = [
    Spec("Tensor.__getitem__", call=get_item, also=NOWHERE),
    Spec(
        "Tensor.__setitem__",
        call=set_item,
        domain=VALUES,
        also=MASKED_WRITES + tuple(each + Call(1.5) for each in NOWHERE),
    ),
    Spec("gather", call=gather),
    Spec("scatter", call=scattered(with_number=True, distinct=True), domain=VALUES),
    Spec("scatter_add", call=scattered(with_number=False, distinct=False), domain=VALUES),
    Spec("scatter_reduce", call=reduced, domain=VALUES, grad=NONZERO),
    Spec("index_select", call=index_select),
    Spec("index_add", call=with_slices(distinct=False), domain=VALUES),
    # For float16 torch fails on an assertion of its own.
    Spec(
        "index_reduce",
        call=index_reduced,
        domain=VALUES,
        grad=NONZERO,
        extends="bools, of which nothing is picked",
        dtypes=("float64", "float32", "int64"),
    ),
    Spec("index_copy", call=with_slices(distinct=True)),
    Spec("index_fill", call=index_fill, domain=VALUES),
    Spec("index_put", call=index_put, domain=VALUES),
    Spec("take", call=take),
    Spec("Tensor.put", call=put, domain=VALUES),
    Spec("take_along_dim", call=take_along_dim),
    Spec(
        "Tensor.fill_diagonal_",
        inputs=tensors(1, min_dims=2),
        args=lambda d, input: Call(d.number()) + d.some(wrap=(True, False)),
        domain=VALUES,
    ),
    Spec("masked_fill", call=masked("number"), domain=VALUES),
    Spec("masked_select", call=masked("none")),
    Spec("masked_scatter", call=masked("tensor")),
    *each("nonzero argwhere", Spec("", domain=VALUES)),
    Spec("repeat_interleave", call=repeats, also=REPEATS),
    Spec(
        "combinations",
        inputs=tensors(1, min_dims=1, max_dims=1),
        args=options(r=(0, 1, 2, 3), with_replacement=(True, False)),
    ),
    Spec(
        "unravel_index",
        call=lambda d: Call(d.indices(d.shape(max_dims=2), 24), (2, 3, 4)),
        forms=("function",),
    ),
]
