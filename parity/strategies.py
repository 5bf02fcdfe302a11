"""What a parity example is made of: domains of values, drawn inputs, and the call that both engines get.

Nothing here knows an engine. A call is written with NumPy data and names; the harness makes tensors of either of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
T = TypeVar("T")
Mode: TypeAlias = Literal["forward", "gradient", "error"]

FLOATS = ("float32", "float64", "float16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
ALL = (*FLOATS, *INTEGERS, "bool")
DIFFERENTIABLE = ("float64", "float32")


# --- domains: which values an operation is tried on -----------------------------------------------------------------


@dataclass(frozen=True)
class Domain:
    """The values an input is drawn from, and why these."""

    reason: str
    low: float = -5.0
    high: float = 5.0
    away: tuple[float, ...] = ()
    """Points that no value comes nearer to than `margin`."""
    margin: float = 0.1
    grid: float = 0.0
    """When positive, values keep away from all multiples of it by a tenth of it."""
    whole: bool = False
    """Whole numbers only: ties are common, and floats stand for exact integers."""
    distinct: bool = False
    """No two values are near each other, so that the order of the elements is certain."""
    specials: tuple[float, ...] = ()
    """Values that are mixed in now and then; those that a dtype cannot hold are left out."""

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: str, specials: bool = False) -> Array:
        """An array of values; integers and bools are those nearest to the domain that their dtype holds."""
        kind = np.dtype(dtype)
        if kind.kind == "b":
            return np.asarray(rng.integers(0, 2, shape), dtype=bool)
        if kind.kind in "iu":
            return np.asarray(self._integers(rng, shape, np.iinfo(kind)), dtype=kind)
        values = np.asarray(self._reals(rng, shape))
        if specials and self.specials:
            chosen = rng.random(shape) < 0.25
            values = np.where(chosen, rng.choice(np.array(self.specials), shape), values)
        return values.astype(kind)

    def _integers(self, rng: np.random.Generator, shape: Shape, info: Any) -> Array:
        low, high = max(math.ceil(self.low), int(info.min)), min(math.floor(self.high), int(info.max))
        if self.distinct:
            size = math.prod(shape)
            start = max(low, int(info.min)) if info.min == 0 else max(-(size // 2), int(info.min))
            return np.asarray(rng.permutation(size)).reshape(shape) + start
        allowed = [
            value for value in range(low, high + 1) if all(abs(value - point) >= self.margin for point in self.away)
        ]
        return rng.choice(np.array(allowed or [max(high, int(info.min))]), shape)

    def _reals(self, rng: np.random.Generator, shape: Shape) -> Array:
        if self.distinct:
            size = math.prod(shape)
            steps = (rng.permutation(size) + rng.uniform(0.2, 0.8, size)) / max(size, 1)
            return (self.low + (self.high - self.low) * steps).reshape(shape)
        values = rng.uniform(self.low, self.high, shape)
        if self.whole:
            return np.round(values)
        if self.grid:
            cell = np.floor(values / self.grid)
            values = self.grid * (cell + 0.1 + 0.8 * (values / self.grid - cell))
        for point in self.away:
            gap = values - point
            values = np.where(np.abs(gap) < self.margin, point + np.where(gap < 0, -self.margin, self.margin), values)
        return values


NAN, INF = math.nan, math.inf
REALS = Domain("any number, the special ones too", specials=(0.0, -0.0, 1.0, -1.0, 0.5, 30.0, -30.0, NAN, INF, -INF))
SMOOTH = Domain("smooth everywhere; small enough that rounding stays small", low=-3.0, high=3.0)
FINITE = Domain("any finite number", specials=(0.0, -0.0, 1.0, -1.0, 30.0, -30.0))
POSITIVE = Domain("smooth on positive numbers, away from the pole at 0", low=0.2, high=5.0)
NONZERO = Domain("smooth away from 0", low=-3.0, high=3.0, away=(0.0,), margin=0.2)
OFF_INTEGERS = Domain("jumps or has kinks at the integers", low=-4.0, high=4.0, grid=1.0)
OFF_HALVES = Domain("jumps halfway between the integers", low=-4.0, high=4.0, grid=0.5)
DISTINCT = Domain("the order of the elements is certain: no ties", distinct=True)
TIES = Domain("many equal elements", low=-2.0, high=2.0, whole=True)
UNIT = Domain("probabilities", low=0.0, high=1.0)


def between(low: float, high: float, reason: str, *specials: float) -> Domain:
    """The interval from low to high; `specials` are mixed in now and then."""
    return Domain(reason, low=low, high=high, specials=specials)


def away_from(*points: float, reason: str, margin: float = 0.1, low: float = -4.0, high: float = 4.0) -> Domain:
    """Numbers that keep `margin` away from the points: kinks and poles."""
    return Domain(reason, low=low, high=high, away=points, margin=margin)


def sample(values: Any, dtype: str = "float64", requires_grad: bool = True) -> Input:
    """A tensor of given values, for the calls of `also`; it wants a gradient where the dtype can have one."""
    array = np.array(values, dtype)
    return Input(array, requires_grad=requires_grad and array.dtype.kind == "f")


# --- a call, written once for both engines --------------------------------------------------------------------------


@dataclass(eq=False)
class Input:
    """A tensor to be: its values, how they lie in memory, and whether it wants a gradient."""

    array: Array
    layout: str = "plain"
    requires_grad: bool = False
    differentiable: bool = True
    """Whether a gradient may be asked for at all, when the dtype is floating point."""

    @property
    def shape(self) -> Shape:
        """The sizes of the dimensions."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.array.size

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return str(self.array.dtype)

    def materialise(self) -> tuple[Array, Array]:
        """A fresh (block of memory, view of it that holds the values)."""
        if self.layout == "transposed":
            block = self.array.T.copy(order="C")
            return block, block.T
        if self.layout == "stepped":
            block = np.ones((*self.shape[:-1], self.shape[-1] * 2), self.array.dtype)
            view = block[..., ::2]
        elif self.layout == "sliced":
            block = np.ones((self.shape[0] + 2, *self.shape[1:]), self.array.dtype)
            view = block[1:-1]
        else:
            block = self.array.copy(order="C")
            return block, block
        view[...] = self.array
        return block, view

    def __repr__(self) -> str:
        words = [f"{self.dtype}{list(self.shape)}"]
        if self.layout != "plain":
            words.append(self.layout)
        if self.requires_grad:
            words.append("requires_grad")
        return " ".join(words)


@dataclass(frozen=True)
class Name:
    """Something that each engine has under this dotted name: `Name("float32")`, `Name("nn.functional.relu")`."""

    path: str

    def __repr__(self) -> str:
        return f"torch.{self.path}"


@dataclass(frozen=True, eq=False)
class Made:
    """What each engine gives for a call: `Made("nn.Linear", Call(2, 3))` is a layer among the arguments of another."""

    path: str
    call: Call

    def __repr__(self) -> str:
        return f"torch.{self.path}{self.call!r}"


class Call:
    """The arguments of one call, as they are written: `Call(input, 1, keepdim=True)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    def __add__(self, other: Call) -> Call:
        """The arguments of both, those of self first."""
        return Call(*self.args, *other.args, **self.kwargs, **other.kwargs)

    def inputs(self) -> list[Input]:
        """Every tensor among the arguments, in order, within lists too."""
        found: list[Input] = []
        transform((self.args, self.kwargs), lambda leaf: found.append(leaf) if isinstance(leaf, Input) else None)
        return found

    def __repr__(self) -> str:
        words = [repr(value) for value in self.args]
        words += [f"{key}={value!r}" for key, value in self.kwargs.items()]
        return f"({', '.join(words)})"


def transform(value: Any, change: Callable[[Any], Any]) -> Any:
    """The nested lists, tuples, slices, dicts and calls of `value` with every leaf changed, those inside first."""
    if isinstance(value, list | tuple):
        return type(value)([transform(item, change) for item in value])
    if isinstance(value, dict):
        return {key: transform(item, change) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*(transform(item, change) for item in (value.start, value.stop, value.step)))
    if isinstance(value, Made):
        args, kwargs = transform((value.call.args, value.call.kwargs), change)
        return change(Made(value.path, Call(*args, **kwargs)))
    return change(value)


# --- drawing --------------------------------------------------------------------------------------------------------

TAPE = st.binary(min_size=64, max_size=64)
"""What an example is made from: decision after decision reads the next of these bytes, and 0 is the simplest choice.

One draw of 64 bytes takes hypothesis a tenth of the time of 16 draws, and as there are no parts to copy onto each other
its examples differ more.
"""


@dataclass
class Draw:
    """What a spec draws with: shapes, tensors, dims and options, every decision read off a tape, so that it shrinks.

    The elements come from a generator whose seed is on the tape. In mode "forward" all dtypes come, in mode "gradient"
    floats from the gradient's domain, and in mode "error" some draws are wrong on purpose (`fault`).
    """

    tape: bytes
    mode: Mode
    dtypes: Sequence[str]
    domains: Sequence[Domain]
    """For the first tensor, the second and so on; the last serves all further ones."""
    usual: Sequence[str] = ALL
    """The dtypes that the spec is tried on when nothing is wrong with them."""
    seed: int = field(init=False)
    trouble: str = field(init=False)
    """What may be wrong in mode "error": a `fault` of what is drawn, the `dtype`, or a spoiled `argument`."""
    rng: np.random.Generator = field(init=False)
    dtype: str = field(init=False)
    """The dtype of this example; tensors of a `mixed` example draw their own."""
    mixed: bool = field(init=False)
    specials: bool = field(init=False)
    inputs: list[Input] = field(init=False, default_factory=list)
    position: int = field(init=False, default=4)
    """Of the next byte."""

    def __post_init__(self) -> None:
        self.seed = int.from_bytes(self.tape[:4])
        self.rng = np.random.default_rng(self.seed)
        # One thing is wrong at a time: which of two an engine sees first is its own affair.
        self.trouble = self.pick("fault", "dtype", "argument") if self.mode == "error" else "none"
        if self.trouble in ("fault", "argument"):
            self.dtypes = self.usual[:1]
        self.dtype = self.pick(*self.dtypes)
        self.mixed = self.chance(6 if self.mode == "gradient" else 4)
        self.specials = self.flag()

    def below(self, n: int) -> int:
        """A number from 0 to n - 1, the lower the simpler; raises ValueError when there is none."""
        if n < 2:
            if n < 1:
                raise ValueError(f"Draw: expected something to choose from, but got {n} choices")
            return 0
        count = (n.bit_length() + 11) // 8  # of bytes: 16 times n values at least, so that all are as likely
        read = self.tape[self.position : self.position + count]
        self.position += count
        # Long examples outrun the tape: what is left is as the seed will have it.
        return (int.from_bytes(read) * n) >> (8 * count) if len(read) == count else int(self.rng.integers(n))

    def pick(self, *options: T) -> T:
        """One of the options; a failing example shrinks to the first. Repeat one to make it likelier."""
        return options[self.below(len(options))]

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included; the simplest is 0, or else the nearest to it."""
        drawn = self.below(high - low + 1)
        if low > 0:
            return low + drawn
        return drawn if drawn <= high else min(high, -1) - (drawn - max(high + 1, 0))

    def flag(self) -> bool:
        """True or False."""
        return bool(self.below(2))

    def chance(self, n: int) -> bool:
        """True once in n draws."""
        return self.integer(0, n - 1) == n - 1

    def fault(self) -> bool:
        """Whether to draw something wrong here: only in mode "error", and at most one thing in an example."""
        here = self.trouble == "fault" and self.chance(3)
        if here:
            self.trouble = "none"
        return here

    def shape(self, min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 4) -> Shape:
        """A shape; a side of 0 is rare and comes only where `min_side` allows it."""
        lowest = max(min_side, 1)
        sides = [self.integer(lowest, max_side) for _ in range(self.integer(min_dims, max_dims))]
        if min_side == 0 and sides and self.chance(12):
            sides[self.integer(0, len(sides) - 1)] = 0
        return tuple(sides)

    def broadcastable(self, n: int, max_dims: int = 4, min_side: int = 0, max_side: int = 4) -> list[Shape]:
        """n shapes that broadcast together; in mode "error" they sometimes do not."""
        full = self.shape(0, max_dims, min_side, max_side)
        shapes = []
        for _ in range(n):
            how = self.pick("same", "same", "ones", "shorter", "scalar") if full else "same"
            if how == "shorter":
                shapes.append(full[self.integer(1, len(full)) :])
            elif how == "ones":
                shapes.append(tuple(1 if self.flag() else side for side in full))
            else:
                shapes.append(() if how == "scalar" else full)
        if self.fault():
            shapes[-1] = tuple(side + 2 for side in full) or (2, 3)
        return shapes

    def domain(self) -> Domain:
        """The spec's domain for the next tensor or number."""
        return self.domains[min(len(self.inputs), len(self.domains) - 1)]

    def tensor(
        self,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
        domain: Domain | None = None,
        differentiable: bool = True,
    ) -> Input:
        """A tensor; shape, dtype and domain not given are any shape, the example's dtype and the spec's domain."""
        where = self.shape() if shape is None else tuple(shape)
        if dtype is None:
            dtype = self.pick(*self.dtypes) if self.mixed else self.dtype
        values = (domain or self.domain()).draw(self.rng, where, dtype, self.specials)
        return self.given(values, differentiable)

    def given(self, values: Any, differentiable: bool = True, dtype: str | None = None) -> Input:
        """A tensor of values that you have made yourself: indices, a positive definite matrix."""
        array = np.array(values, dtype=dtype)
        layouts = ["plain"]
        if array.ndim > 1:
            layouts.append("transposed")
        if array.ndim:
            layouts += ["stepped", "sliced"]
        wanted = self.mode == "gradient" and differentiable and array.dtype.kind == "f"
        made = Input(array, self.pick("plain", *layouts), wanted and not self.chance(4), differentiable)
        self.inputs.append(made)
        return made

    def number(self, domain: Domain | None = None) -> float | int | bool:
        """A Python number of the domain: a float, an integer, or now and then a bool outside mode "gradient"."""
        kind = self.pick("float64", "float64", "int64", *(["bool"] if self.mode != "gradient" else []))
        number: float | int | bool = (domain or self.domain()).draw(self.rng, (), kind, self.specials).item()
        return number

    def dim(self, ndim: int) -> int:
        """A dimension, from either end; in mode "error" sometimes out of range."""
        span = max(ndim, 1)
        return self.pick(span, -span - 1) if self.fault() else self.integer(-span, span - 1)

    def dims(self, ndim: int, min_size: int = 1) -> Shape:
        """Some different dimensions in any order; in mode "error" sometimes one twice or out of range."""
        order = [int(dim) for dim in self.rng.permutation(ndim)]
        chosen = tuple(dim - ndim if self.flag() else dim for dim in order[: self.integer(min(min_size, ndim), ndim)])
        return (*chosen, self.pick(0, ndim)) if self.fault() else chosen

    def indices(self, shape: Sequence[int], size: int, negative: bool = False, dtype: str = "int64") -> Input:
        """A tensor of indices into a dimension of `size`; in mode "error" sometimes out of range."""
        low, high = (-size if negative else 0), max(size, 1) + (2 if self.fault() else 0)
        return self.given(self.rng.integers(low, high, tuple(shape)), False, dtype)

    def some(self, **options: Any) -> Call:
        """Keyword arguments, each there or not; `d.some(alpha=(2, -1))` picks from a tuple, else takes the value."""
        kept = {key: value for key, value in options.items() if self.flag()}
        return Call(**{key: self.pick(*value) if isinstance(value, tuple) else value for key, value in kept.items()})


# --- inputs: the tensors of a call ----------------------------------------------------------------------------------

Inputs: TypeAlias = Callable[[Draw], Sequence[Any]]
Args: TypeAlias = Callable[..., Call]


def tensors(n: int = 1, min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 4) -> Inputs:
    """n tensors of one shape."""

    def draw(d: Draw) -> list[Any]:
        shape = d.shape(min_dims, max_dims, min_side, max_side)
        return [d.tensor(shape) for _ in range(n)]

    return draw


def broadcastable(n: int, numbers: Sequence[int] = (), max_dims: int = 4) -> Inputs:
    """n tensors whose shapes broadcast; one at a position of `numbers` is sometimes a Python number instead."""

    def draw(d: Draw) -> list[Any]:
        made: list[Any] = []
        number = d.pick(*numbers) if numbers and d.chance(3) else d.integer(1, n - 1) if n > 1 and d.fault() else None
        for position, shape in enumerate(d.broadcastable(n, max_dims)):
            domain = d.domains[min(position, len(d.domains) - 1)]
            if position == number:
                made.append(d.number(domain))
            else:
                made.append(d.tensor(shape, domain=domain))
        return made

    return draw


def listed(inputs: Inputs) -> Inputs:
    """The same tensors as one argument, a list or a tuple: what `stack` takes."""
    return lambda d: [d.pick(list, tuple)(inputs(d))]


def nothing(d: Draw) -> list[Any]:
    """No tensor: what creation functions take."""
    return []


# --- args: what follows the tensors ---------------------------------------------------------------------------------


def no_args(d: Draw, *inputs: Any) -> Call:
    """No further argument."""
    return Call()


def options(**choices: Any) -> Args:
    """Keyword arguments, each there or not; a tuple lists the values to pick from: `options(alpha=(2, -1.5))`."""
    return lambda d, *inputs: d.some(**choices)


def one_of(*calls: Call | Mapping[str, Any]) -> Args:
    """One of these arguments: `one_of(Call(), Call(2), Call(min=0, max=1))`."""
    written = [call if isinstance(call, Call) else Call(**call) for call in calls]
    return lambda d, *inputs: d.pick(*written)


def _ndim(input: Any) -> int:
    first = input[0] if isinstance(input, list | tuple) else input
    return int(first.ndim)


def _either(d: Draw, dim: Any) -> Call:
    return Call(dim) if d.flag() else Call(dim=dim)


def dim_arg(d: Draw, input: Any, *others: Any) -> Call:
    """A dimension of the first tensor, or of the first in a list, by position or by name."""
    dim = d.dim(_ndim(input))
    return _either(d, dim)


def dims_and_keepdim(d: Draw, input: Input, *others: Any) -> Call:
    """Nothing, one dimension or several, and then perhaps keepdim: what `sum` takes."""
    how = d.pick("all", "one", "several")
    if how == "all":
        return Call()
    dim = d.dim(_ndim(input)) if how == "one" else d.dims(_ndim(input))
    return _either(d, dim) + d.some(keepdim=(True, False))


def dim_and_keepdim(d: Draw, input: Input, *others: Any) -> Call:
    """One dimension, and then perhaps keepdim: what `cummax`'s relatives and `median` take."""
    return dim_arg(d, input) + d.some(keepdim=(True, False))
