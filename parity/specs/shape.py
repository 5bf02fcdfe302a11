"""Shape operations: another shape, another order, repeating, parts, joining, diagonals, strides."""

from __future__ import annotations

import itertools
from typing import Any

from parity.spec import Spec, each
from parity.strategies import TIES, Call, Draw, Name, Shape, dim_arg, options, sample, tensors

MATRIX = tensors(1, min_dims=2, max_dims=2)
BATCHES = tensors(1, min_dims=2)
ROWS = tensors(1, min_dims=1)


def factors(d: Draw, size: int) -> list[int]:
    """A shape that holds `size` elements."""
    if size == 0:
        return [2, 0]
    shape = []
    while size > 1:
        side = d.pick(*[side for side in range(2, size + 1) if size % side == 0])
        shape.append(side)
        size //= side
    return [*shape, 1] if d.flag() else shape


def new_shape(d: Draw, input: Any) -> Call:
    """Sizes that hold as many elements, one of them perhaps left to be found; now and then they do not fit."""
    shape = factors(d, input.size)
    if shape and input.size and d.flag():
        shape[d.integer(0, len(shape) - 1)] = -1
    if d.fault():
        shape = d.pick([7, 11], [-1, -1], [-2, 3], [-1, 7])
    return Call(tuple(shape)) if d.flag() or not shape else Call(shape)


def view_of_plain(d: Draw) -> Call:
    """A tensor that lies row by row, or not, and a shape: a view is not always possible."""
    input = d.tensor()
    if d.mode != "error":
        input.layout = "plain"
    return Call(input) + new_shape(d, input)


def flatten_dims(d: Draw, input: Any) -> Call:
    """From one dimension to a later one."""
    if d.chance(4):
        return Call()
    start, end = sorted(d.dim(input.ndim) % max(input.ndim, 1) for _ in range(2))
    if d.fault():
        start, end = end + 1, start
    return d.pick(Call(start, end), Call(start_dim=start, end_dim=end))


def unflatten(d: Draw) -> Call:
    """A dimension, and sizes that multiply up to its size."""
    input = d.tensor(d.shape(min_dims=1))
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    return Call(input, dim, tuple(factors(d, size)) or (1,))


def squeeze_dims(d: Draw, input: Any) -> Call:
    """All, one or several dimensions; sizes of 1 are common."""
    return d.pick(Call(), Call(d.dim(input.ndim)), Call(d.dims(input.ndim)) if input.ndim else Call())


def with_ones(d: Draw) -> list[Any]:
    """A tensor with many dimensions of size 1."""
    return [d.tensor([1 if d.flag() else side for side in d.shape()])]


def two_dims(d: Draw, input: Any) -> Call:
    """Two dimensions, perhaps the same."""
    return Call(d.dim(input.ndim), d.dim(input.ndim))


def permutation(d: Draw, input: Any) -> Call:
    """All dimensions in some order."""
    order = [int(k) - (input.ndim if d.flag() else 0) for k in d.rng.permutation(input.ndim)]
    return Call(tuple([*order, 0] if d.fault() else order))


def moved_dims(d: Draw, input: Any) -> Call:
    """One dimension and its new place, or several."""
    if d.flag():
        return two_dims(d, input)
    count = d.integer(0, input.ndim)
    from_, to = ([int(k) for k in d.rng.permutation(input.ndim)[:count]] for _ in range(2))
    return Call(tuple(from_), tuple([*to, 0] if d.fault() else to))


def expanded(d: Draw) -> Call:
    """A tensor, and a shape that it broadcasts to, with -1 for some sizes that stay."""
    small, full = d.broadcastable(2)
    full = (
        tuple(
            max(pair) if 0 not in pair else 0
            for pair in zip(full, (1,) * (len(full) - len(small)) + small, strict=False)
        )
        or small
    )
    target = list(full) if len(full) >= len(small) else list(small)
    for k in range(len(small)):
        at = len(target) - len(small) + k
        if small[k] not in (1, target[at]):
            target[at] = small[k]
        if d.chance(4):
            target[at] = -1
    if d.fault():
        target = d.pick([5, *target[1:]], [-1, *target], target[:-1])
    return Call(d.tensor(small), tuple(target))


def repeats(d: Draw, input: Any) -> Call:
    """How often along each dimension, and along new ones."""
    times = [d.integer(0 if d.chance(8) else 1, 3) for _ in range(input.ndim + d.integer(0, 1))]
    return Call(tuple(times[:-1] if d.fault() and times else times))


def tiles(d: Draw, input: Any) -> Call:
    """As repeats, or for fewer dimensions."""
    return Call(tuple(d.integer(1, 3) for _ in range(d.integer(0, input.ndim + 1))))


def vectors(d: Draw) -> list[Any]:
    """Vectors of one dtype."""
    d.mixed = False
    return [d.tensor(d.shape(0 if d.flag() else 1, 1)) for _ in range(d.integer(1, 3))]


def joined(min_dims: int) -> Any:
    """Tensors whose sizes agree but in one dimension, and that dimension."""

    def draw(d: Draw) -> Call:
        shape = list(d.shape(min_dims=min_dims))
        dim = d.dim(len(shape))
        made = []
        for _ in range(d.integer(1, 3)):
            own = list(shape)
            if -len(own) <= dim < len(own):
                own[dim] = d.integer(0, 3)
            made.append(d.tensor((0,) if d.chance(8) else own))
        if d.fault():
            made.append(d.tensor([side + 1 for side in shape]))
        return Call(d.pick(list, tuple)(made)) + d.pick(Call(dim), Call(dim=dim))

    return draw


def stacked(d: Draw) -> Call:
    """Tensors of one shape, and where the new dimension goes."""
    shape = d.shape()
    made = [d.tensor(shape) for _ in range(d.integer(1, 3))]
    if d.fault():
        made.append(d.tensor((*shape, 2)))
    return Call(d.pick(list, tuple)(made), d.dim(len(shape) + 1))


def pieces(d: Draw) -> Call:
    """A size of the parts, or their sizes, along a dimension."""
    input = d.tensor(d.shape(min_dims=1))
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    if d.flag():
        return Call(input, 0 if d.fault() else d.integer(1, 4), dim)
    return Call(input, part_sizes(d, size), dim)


def part_sizes(d: Draw, size: int) -> list[int]:
    """Sizes that add up to `size`; now and then they do not."""
    ends = [0, *sorted(d.integer(0, size) for _ in range(d.integer(0, 3))), size]
    sizes = [end - start for start, end in itertools.pairwise(ends)]
    return [*sizes, 1] if d.fault() else sizes


def cuts(d: Draw, input: Any) -> Call:
    """How many parts, or where to cut, along a dimension."""
    if d.fault():
        return Call(0, d.integer(0, input.ndim - 1))
    how = d.integer(1, 4) if d.flag() else tuple(sorted(d.integer(0, 5) for _ in range(2)))
    return Call(how, d.dim(input.ndim))


def equal_cuts(d: Draw, input: Any) -> Call:
    """How many equal parts, which may not be possible, or where to cut."""
    return Call(3 if d.fault() else d.pick(1, (1, 2), (0, 3)))


def one_index(d: Draw, input: Any) -> Call:
    """A dimension and an index in it."""
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    return Call(dim, d.integer(-size, size - 1) if size and not d.fault() else size)


def some_places(d: Draw, input: Any) -> Call:
    """A dimension, a start and a length."""
    dim = d.dim(input.ndim)
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 1
    start = d.integer(0, size)
    length = d.integer(0, size - start)
    return Call(dim, start - size if start < size and d.flag() else start, length + (2 if d.fault() else 0))


def places_from_the_front(d: Draw, input: Any) -> Call:
    """A start that is not negative, as torch's gradient of `narrow_copy` fails for one that is."""
    dim, start, length = some_places(d, input).args
    dim = max(min(dim, input.ndim - 1), -input.ndim)  # of another one torch's error speaks of its own source
    return Call(dim, max(start, 0), length if start >= 0 else 0)


def windows(d: Draw, input: Any) -> Call:
    """A dimension, the size of a window and the step between windows."""
    dim = d.dim(input.ndim)
    size = input.shape[dim] if input.ndim and -input.ndim <= dim < input.ndim else 1
    return Call(dim, size + 1 if d.fault() else d.integer(0, size), d.integer(1, 3))


def strided(d: Draw) -> Call:
    """Sizes and steps that stay within a tensor that lies row by row, and may overlap."""
    d.mixed = False
    input = d.given(d.domain().draw(d.rng, (24,), d.dtype))
    input.layout = "plain"
    size = [d.integer(0, 3) for _ in range(d.integer(0, 3))]
    if d.fault():
        return Call(input, (*size, 9), (*[1] * len(size), 9))
    return Call(input, tuple(size), tuple(d.integer(0, 3) for _ in size)) + d.some(storage_offset=(0, 2, 5))


def turned(d: Draw, input: Any) -> Call:
    """How often to turn, in which plane."""
    return Call(d.integer(-5, 5), (0, 0) if d.fault() else d.pick((0, 1), (1, 0), (-1, 0), (0, -1)))


def shifted(d: Draw, input: Any) -> Call:
    """Shifts, and the dimensions they are along."""
    if d.flag():
        return Call(d.integer(-5, 5))
    dims = d.dims(input.ndim)
    return Call(tuple(d.integer(-5, 5) for _ in dims), dims) if dims else Call(d.integer(-5, 5))


def some_dims(d: Draw, input: Any) -> Call:
    """Some dimensions."""
    return Call(d.dims(input.ndim, min_size=0))


def diagonal_args(d: Draw, input: Any) -> Call:
    """Which diagonal, of which two dimensions."""
    dims = [int(dim) for dim in d.rng.permutation(input.ndim)[:2]]
    if d.fault():
        dims[0] = dims[1]
    return Call(d.integer(-3, 3), *dims)


def embedded(d: Draw, input: Any) -> Call:
    """On which diagonal, of which two dimensions of the result."""
    dims = [int(dim) for dim in d.rng.permutation(input.ndim + 1)[:2]]
    return Call() if d.flag() else Call(d.integer(-2, 2), *dims)


def offset(d: Draw, input: Any) -> Call:
    """Which diagonal."""
    return d.pick(Call(), Call(d.integer(-3, 3)))


def with_part(how: str) -> Any:
    """A tensor, one of the shape of a part of it, and which part."""

    def draw(d: Draw) -> Call:
        d.mixed = False
        input = d.tensor(d.shape(min_dims=2, min_side=1))
        rest: list[int] = list(input.shape)
        if how == "diagonal":
            shape: Shape = (*rest[2:], min(rest[:2]))
            return Call(input, d.tensor((*shape, 2) if d.fault() else shape))
        dim = d.dim(input.ndim)
        at = dim % input.ndim
        if how == "select":
            return Call(input, d.tensor(rest[:at] + rest[at + 1 :]), dim, d.integer(-rest[at], rest[at] - 1))
        start, step = d.integer(0, rest[at]), d.integer(1, 2)
        rest[at] = len(range(start, rest[at], step))
        return Call(input, d.tensor(rest), dim, start, input.shape[at], step)

    return draw


def same_shape_as(d: Draw) -> Call:
    """A tensor and another one of as many elements."""
    input = d.tensor()
    input.layout = "plain"
    return Call(input, d.tensor(factors(d, input.size)))


def expandable_to(d: Draw) -> Call:
    """A tensor and another one that it broadcasts to."""
    full = d.shape()
    small = tuple(1 if d.flag() else side for side in full)[d.integer(0, len(full)) :]
    return Call(d.tensor(small), d.tensor(full))


def shrunk(d: Draw) -> Call:
    """A tensor, and a shape that broadcasts to its own."""
    input = d.tensor()
    target = [1 if d.flag() else side for side in input.shape][d.integer(0, input.ndim) :]
    return Call(input, (*target, 7) if d.fault() else tuple(target))


def blocks(d: Draw) -> Call:
    """Matrices, vectors and numbers."""
    return Call(*[d.tensor(d.shape(0, 2, min_side=1)) for _ in range(2)], d.tensor((2,) * (3 if d.fault() else 2)))


def several(min_dims: int, max_dims: int) -> Any:
    """Tensors of one shape in a list."""

    def draw(d: Draw) -> list[Any]:
        shape = d.shape(min_dims, max_dims)
        return [[d.tensor(shape) for _ in range(d.integer(1, 3))]]

    return draw


def shapes(d: Draw) -> Call:
    """Some that broadcast together; now and then they do not."""
    return Call(*d.broadcastable(d.integer(1, 3)))


def some_slice(d: Draw, input: Any) -> Call:
    """A dimension, and from where to where; when errors are tried, a step of 0."""
    dim, side = d.dim(input.ndim), 4
    ends = d.some(start=d.integer(-side, side), end=d.integer(-side, side))
    return Call(dim) + ends + Call(step=0 if d.fault() else d.integer(1, 2))


def one_size(d: Draw, input: Any) -> Call:
    """The size of the parts, and a dimension."""
    return Call(-1 if d.fault() else d.integer(1, 4)) + Call(d.dim(input.ndim))


NOT_A_DIM = tuple(Call([sample([])] * 2, dim) for dim in ("text", None, 1.5, True, 7)) + (Call([], "text"),)
"""Which is seen even where there is nothing to join."""

SPECS = [
    *each("alias_copy detach", Spec("")),
    Spec("view_copy", call=view_of_plain, also=(Call(sample([1.0, 2.0]), Name("int64")),)),
    Spec("Tensor.view", call=view_of_plain, also=(Call(sample([1.0, 2.0]), Name("int64")),)),
    Spec("reshape", args=new_shape),
    *each("Tensor.view_as Tensor.reshape_as", Spec("", call=same_shape_as)),
    *each("ravel Tensor.contiguous", Spec("")),
    Spec("flatten", args=flatten_dims),
    Spec("unflatten", call=unflatten, forms=("function", "method")),
    Spec("squeeze", inputs=with_ones, args=squeeze_dims),
    Spec("squeeze_copy", inputs=with_ones, args=squeeze_dims),
    Spec("unsqueeze", args=lambda d, input: Call(d.dim(input.ndim + 1))),
    Spec("unsqueeze_copy", args=lambda d, input: Call(d.dim(input.ndim + 1))),
    *each("atleast_1d atleast_2d atleast_3d", Spec("")),
    *each("transpose", Spec("", args=two_dims, aliases=("swapaxes", "swapdims"))),
    Spec("transpose_copy", args=two_dims),
    Spec("t", inputs=tensors(1, max_dims=2)),
    Spec("t_copy", inputs=tensors(1, max_dims=2)),
    *each("Tensor.T Tensor.H", Spec("", inputs=MATRIX)),
    *each("Tensor.mT Tensor.mH adjoint", Spec("", inputs=BATCHES)),
    Spec("permute", args=permutation),
    Spec("permute_copy", args=permutation),
    Spec("movedim", args=moved_dims, aliases=("moveaxis",)),
    Spec("Tensor.expand", call=expanded),
    Spec("expand_copy", call=expanded),
    Spec("broadcast_to", call=expanded),
    Spec("Tensor.expand_as", call=expandable_to),
    # Of halves, sums of 2048 and more would stop growing.
    Spec("Tensor.sum_to_size", call=shrunk, also=(Call(sample([2048.0, 1.0, 1.0], "float16"), (1,)),)),
    Spec("Tensor.repeat", args=repeats),
    Spec("tile", args=tiles),
    Spec("meshgrid", inputs=vectors, args=lambda d, *inputs: Call(indexing=d.pick("ij", "xy"))),
    Spec("cartesian_prod", inputs=vectors),
    Spec("broadcast_tensors", call=lambda d: Call(*[d.tensor(shape) for shape in d.broadcastable(3)])),
    Spec("cat", call=joined(1), aliases=("concat", "concatenate"), also=NOT_A_DIM),
    Spec("stack", call=stacked),
    *each("hstack vstack dstack column_stack row_stack", Spec("", inputs=several(0, 3))),
    # torch's gradient takes no note of empty matrices, and so gives those behind them the wrong places.
    Spec("block_diag", call=blocks),
    Spec("split", call=pieces),
    Spec(
        "split_with_sizes",
        inputs=ROWS,
        args=lambda d, input: Call(part_sizes(d, input.shape[0])),
    ),
    *each(
        "split_with_sizes_copy unsafe_split_with_sizes",
        Spec("", inputs=ROWS, args=lambda d, input: Call(part_sizes(d, input.shape[0])), forms=("function", "method")),
    ),
    *each("split_copy unsafe_split", Spec("", inputs=ROWS, args=one_size, forms=("function", "method"))),
    Spec("unsafe_chunk", inputs=ROWS, args=lambda d, input: Call(d.integer(1, 5), d.dim(input.ndim))),
    Spec("chunk", inputs=ROWS, args=lambda d, input: Call(0 if d.fault() else d.integer(1, 5), d.dim(input.ndim))),
    Spec("tensor_split", inputs=ROWS, args=cuts),
    Spec("hsplit", inputs=ROWS, args=equal_cuts),
    Spec("vsplit", inputs=BATCHES, args=equal_cuts),
    Spec("dsplit", inputs=tensors(1, min_dims=3), args=equal_cuts),
    Spec("unbind", inputs=ROWS, args=dim_arg),
    Spec("unbind_copy", inputs=ROWS, args=dim_arg),
    Spec("select", inputs=tensors(1, min_dims=1, min_side=1), args=one_index),
    Spec("select_copy", inputs=tensors(1, min_dims=1, min_side=1), args=one_index),
    Spec("narrow", inputs=ROWS, args=some_places),
    Spec("narrow_copy", inputs=ROWS, args=places_from_the_front),
    Spec("Tensor.unfold", args=windows),
    Spec("unfold_copy", args=windows),
    Spec("slice_copy", inputs=ROWS, args=some_slice),
    Spec("as_strided", call=strided, forms=("function", "method")),
    Spec("as_strided_copy", call=strided, forms=("function",)),
    Spec("flip", args=some_dims),
    Spec("Tensor.__reversed__"),
    Spec("fliplr", inputs=BATCHES),
    Spec("flipud", inputs=ROWS),
    Spec("rot90", inputs=BATCHES, args=turned),
    Spec(
        "roll",
        args=shifted,
        also=(Call(sample([]), (1, 1), (0, 5)), Call(sample([]), 1, 5), Call(sample([]), (1, 1), 0)),
    ),
    *each("tril triu", Spec("", inputs=BATCHES, args=options(diagonal=(-2, -1, 0, 1, 2)))),
    Spec("diagonal", inputs=BATCHES, args=diagonal_args),
    Spec("diagonal_copy", inputs=BATCHES, args=diagonal_args),
    Spec(
        "linalg.diagonal",
        inputs=BATCHES,
        args=lambda d, input: d.some(offset=(-2, 1)) + d.some(dim1=d.dim(input.ndim), dim2=d.dim(input.ndim)),
    ),
    Spec("diag", inputs=tensors(1, min_dims=1, max_dims=2), args=offset),
    Spec("diagflat", args=offset),
    Spec("diag_embed", inputs=ROWS, args=embedded),
    Spec("select_scatter", call=with_part("select")),
    Spec("slice_scatter", call=with_part("slice")),
    Spec("broadcast_shapes", call=shapes),
    Spec("numel"),
    Spec("is_nonzero", inputs=tensors(1, max_side=1), domain=TIES),
    Spec("Tensor.is_same_size", inputs=lambda d: [d.tensor(shape) for shape in d.broadcastable(2)]),
    Spec("diagonal_scatter", call=with_part("diagonal")),
]
