"""Creation: of data, filled, evenly spaced, like another tensor; and conversions of dtype."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import Call, Draw, Input, Name, between, no_args, nothing, one_of, options
from parity.tolerance import Looser

DTYPES = tuple(Name(name) for name in "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split())
FLOATS = DTYPES[:2]
NUMERIC = DTYPES[:2] + DTYPES[3:-1]
CASTABLE = between(0.0, 5.0, "what every dtype holds: other conversions of floats are undefined in C++")


def sized(d: Draw, *inputs: Any) -> Call:
    """A shape, written out or as one argument, and a dtype or a wish for a gradient."""
    shape = d.shape()
    if d.fault():
        shape = (*shape, -1)
    size = Call(*shape) if shape and d.flag() else Call(shape)
    return size + (d.some(dtype=DTYPES) if d.flag() else d.some(dtype=FLOATS, requires_grad=True))


def filled(d: Draw, *inputs: Any) -> Call:
    """A shape and a number for it."""
    return Call(d.shape(), d.pick(2, -1, 2.5, True)) + d.some(dtype=DTYPES)


def spaced(d: Draw) -> Call:
    """Start, end and step, as integers or as floats that are exact."""
    start, step = d.integer(-8, 8), d.integer(1, 4)
    end = start + d.integer(0, 12)
    scale = d.pick(1, 1, 0.5)
    if d.flag():
        return Call(end * scale if end > 0 else 4) + d.some(dtype=NUMERIC)
    if d.flag():
        start, end, step = end, start, -step
    if scale != 1:
        return Call(start * scale, end * scale, (0 if d.fault() else step) * scale) + d.some(dtype=FLOATS)
    return Call(start, end, 0 if d.fault() else step) + d.some(dtype=NUMERIC[:4] if min(start, end) < 0 else NUMERIC)


def between_ends(d: Draw) -> Call:
    """Two ends and a number of steps."""
    return Call(d.integer(-3, 3), d.integer(-3, 3) + 0.5, -1 if d.fault() else d.integer(0, 9)) + d.some(dtype=FLOATS)


def matrix(d: Draw) -> Call:
    """Two sizes and an offset."""
    return Call(-1 if d.fault() else d.integer(0, 5), d.integer(0, 5)) + d.some(offset=(-2, 0, 1))


def nested(d: Draw) -> Call:
    """Nested lists of numbers of one kind or mixed, now and then ragged."""
    shape = d.shape(max_dims=3)
    kinds = d.pick((1.5, -2.0), (1, -2), (True, False), (True, 2), (1, 2.5), (True, 2, -2.5))

    def build(sizes: tuple[int, ...]) -> Any:
        return [build(sizes[1:]) for _ in range(sizes[0])] if sizes else d.pick(*kinds)

    data = build(shape)
    if d.fault() and shape:
        data = [data, [data]]
    return Call(data) + d.some(dtype=tuple(each for each in DTYPES if "uint8" not in each.path))


NESTED: list[list[Any]] = [[[], [[]]], [[], 1], [[[]], [2]], [[], [True]], [[], None], [[], ["a"]], [""]]
ELEMENTLESS = tuple(Call(data) for data in NESTED)
"""Where there is no element by the first of each level, what else there is matters for the dtype alone."""


def of_size(d: Draw, input: Input) -> Call:
    """The shape of a new tensor of the dtype of `input`."""
    return Call(d.shape()) + d.some(dtype=DTYPES)


def like_another(d: Draw) -> list[Any]:
    """Two tensors of any dtypes."""
    return [d.tensor(), d.tensor(d.shape(), dtype=d.pick("float64", "float32", "int64", "bool"))]


LIKE = options(dtype=DTYPES)
CONVERSIONS = "double float half long int short char byte bool".split()

WINDOWS = "hann_window bartlett_window blackman_window hamming_window kaiser_window"
COSINES = Looser(10, "torch adds up the cosines in the window's own dtype, and where they cancel that shows")


def windowed(d: Draw) -> Call:
    """A length, and whether the window repeats."""
    call = Call(-1 if d.fault() else d.integer(0, 9)) + d.pick(Call(), Call(True), Call(False))
    return call + d.some(dtype=("float64", "float32"))


SPECS = [
    *each("tensor as_tensor asarray", Spec("", call=nested, also=ELEMENTLESS)),
    Spec("zeros", inputs=nothing, args=sized),
    Spec("ones", inputs=nothing, args=sized),
    Spec("empty", inputs=nothing, args=sized, unspecified="whatever was in memory"),
    Spec("full", inputs=nothing, args=filled),
    Spec("scalar_tensor", inputs=nothing, args=lambda d: Call(d.pick(2, 2.5, True)) + d.some(dtype=DTYPES)),
    Spec(
        "empty_strided",
        inputs=nothing,
        args=one_of(Call((2, 3), (3, 1)), Call((2, 3), (1, 2)), Call((2, 3), (3,)), Call((), ())),
        unspecified="whatever was in memory",
    ),
    Spec("zeros_like", args=LIKE),
    Spec("ones_like", args=LIKE),
    Spec("empty_like", args=LIKE, unspecified="whatever was in memory"),
    Spec("full_like", args=lambda d, input: Call(d.pick(2, 1.5)) + d.some(dtype=DTYPES)),
    Spec("Tensor.new_zeros", args=of_size),
    Spec("Tensor.new_ones", args=of_size),
    Spec("Tensor.new_empty", args=of_size, unspecified="whatever was in memory"),
    Spec("Tensor.new_full", args=lambda d, input: Call(d.shape(), d.pick(1, 1.5)) + d.some(dtype=DTYPES)),
    Spec("Tensor.new_tensor", args=lambda d, input: Call([d.integer(0, 5), d.pick(True, 2, 0.5)])),
    Spec("Tensor.new_empty_strided", args=one_of(Call((2, 3), (1, 2))), unspecified="whatever was in memory"),
    Spec("Tensor.new", args=lambda d, input: Call([1, 0, 1])),
    Spec("arange", call=spaced),
    Spec("range", call=spaced),
    Spec("linspace", call=between_ends),
    Spec("logspace", call=between_ends),
    Spec("eye", inputs=nothing, args=lambda d: Call(d.integer(0, 4)) + d.some(m=(0, 3, -1), dtype=DTYPES)),
    *each(WINDOWS, Spec("", call=windowed, looser=COSINES, also=(Call(0, "text"), Call(1, 1)))),
    Spec("tril_indices", call=matrix),
    Spec("triu_indices", call=matrix),
    *(Spec(f"Tensor.{name}", args=no_args, domain=CASTABLE) for name in CONVERSIONS),
    Spec("Tensor.cpu"),
    Spec("Tensor.to", args=lambda d, input: Call(d.pick(*DTYPES)) + d.some(copy=(True, False)), domain=CASTABLE),
    Spec("Tensor.type", args=lambda d, input: Call(d.pick(*DTYPES)), domain=CASTABLE),
    Spec("Tensor.type_as", inputs=like_another, domain=CASTABLE),
    Spec("is_floating_point"),
    Spec("is_complex"),
    Spec("is_signed"),
    Spec("is_conj"),
    Spec("is_neg"),
    Spec("is_inference"),
    Spec("is_tensor"),
    Spec("get_device"),
    Spec("result_type", inputs=like_another),
    Spec("typename"),
]
