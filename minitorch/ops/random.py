"""Random tensors: torch's numbers from torch's seeds (random_stream.py), the in-place fills, and dropout's noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.array_random import ArrayStream
from minitorch.autograd.op import op
from minitorch.autograd.views import in_place
from minitorch.backend import Array, Operand, array_module, device_of, is_array, module_for
from minitorch.devices import as_device
from minitorch.dtypes import NP_INT64, can_cast, default_numpy_dtype, from_numpy_dtype
from minitorch.formats import contiguous_format
from minitorch.ops._arguments import check_tensor
from minitorch.ops._factory import factory, is_expanded, like, number, shape_argument, whole, write_out
from minitorch.ops._operands import no_derivative
from minitorch.ops.arithmetic import add, mul
from minitorch.ops.creation import empty, empty_like
from minitorch.ops.repeating import broadcast_shapes
from minitorch.random_stream import RandomStream
from minitorch.tensor import Tensor, wrap


class Generator:
    """A source of random numbers with its own seed: on the CPU the numbers are torch's, on a GPU CuPy's.

    Raises RuntimeError for a GPU where there is none.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = as_device(device)
        self._xp = module_for(self.device)
        self._stream: Any = RandomStream() if self.device.type == "cpu" else ArrayStream(self._xp)

    def manual_seed(self, seed: int) -> Generator:
        """Starts the numbers of `seed`; returns the generator."""
        self._stream.manual_seed(seed)
        return self

    def seed(self) -> int:
        """Starts unforeseeable numbers; returns their seed."""
        return int(self._stream.seed())

    def initial_seed(self) -> int:
        """The seed with which the numbers began."""
        return int(self._stream.initial_seed())

    def get_state(self) -> Tensor:
        """The state as a tensor of uint8, as torch has it."""
        state: Tensor = wrap(self._stream.get_state())
        return state

    def set_state(self, new_state: Tensor) -> None:
        """Goes on from a state that get_state (torch's, too) gave."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        self._stream.set_state(new_state._array)

    def clone_state(self) -> Generator:
        """A generator that will draw the same numbers."""
        twin = Generator(self.device)
        twin.set_state(self.get_state())
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (str(self.device), self.get_state()))

    def __repr__(self) -> str:
        return f"<torch.Generator device='{self.device}' seed={self.initial_seed()}>"


def _restored(device: str, state: Tensor) -> Generator:
    generator = Generator(device)
    generator.set_state(state)
    return generator


default_generator = Generator()
_streams: dict[Any, Any] = {default_generator._xp: default_generator._stream}
"""The streams of numbers that are drawn from where no generator is given: one for each module of arrays."""


def default_stream(xp: Any) -> Any:
    """The stream of numbers that fills arrays of `xp` where no generator is given."""
    if xp not in _streams:
        _streams[xp] = ArrayStream(xp, default_generator.initial_seed())
    return _streams[xp]


def manual_seed(seed: Any) -> Generator:
    """Seeds the numbers drawn on every device; returns the CPU's generator."""
    for stream in _streams.values():
        stream.manual_seed(int(seed))
    return default_generator


def seed() -> int:
    """Seeds the numbers drawn on every device unforeseeably; returns the seed."""
    return manual_seed(default_generator.seed()).initial_seed()


def initial_seed() -> int:
    """The seed with which the CPU's numbers began."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the CPU's generator, as a tensor of uint8."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Goes on from a state that get_rng_state gave."""
    default_generator.set_state(new_state)


def _stream(generator: Generator | None, xp: Any) -> Any:
    """The stream of numbers of `generator`, or the default one, for arrays of `xp`."""
    if generator is None:
        return default_stream(xp)
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    if generator._xp is not xp:
        place = device_of(xp.empty(0))
        raise RuntimeError(f"Expected a '{place.type}' device type for generator but found '{generator.device.type}'")
    return generator._stream


def _memory_order(array: Array) -> list[int]:
    """The dimensions of `array`, those of the widest steps first."""
    if array.flags.c_contiguous or is_expanded(array):
        return list(range(array.ndim))
    return sorted(range(array.ndim), key=lambda dim: -abs(array.strides[dim]))


def _drawn_like(array: Array, draw: Callable[..., Array]) -> Array:
    """`draw(shape)` in the shape and memory order of `array`: torch draws in the order of memory."""
    order = _memory_order(array)
    drawn = draw(tuple(array.shape[dim] for dim in order))
    return drawn.transpose(sorted(range(array.ndim), key=order.__getitem__))


# --- new tensors ------------------------------------------------------------------------------------------------------


@factory
def rand(*size: Any, generator: Generator | None = None, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """Uniform numbers in [0, 1)."""
    shape = shape_argument(size, kwargs, "rand")
    return _stream(generator, xp).uniform(shape, dtype or default_numpy_dtype())


@factory
def randn(*size: Any, generator: Generator | None = None, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """Normal numbers of mean 0 and standard deviation 1."""
    shape = shape_argument(size, kwargs, "randn")
    return _stream(generator, xp).normal(shape, dtype or default_numpy_dtype())


def _bounds(op: str, args: tuple[Any, ...], kwargs: dict[str, Any], *last: str) -> tuple[int, int, Any]:
    """`low` (0), `high` and the argument `last`, of `op(high, last)` or `op(low, high, last)`."""
    names = ["low", "high", *last]
    if len(args) + len(kwargs) < len(names) and "low" not in kwargs:
        del names[0]
    given = dict(zip(names, args, strict=False)) | kwargs
    if set(given) | {"low"} != {"low", "high", *last} or len(given) < len(args) + len(kwargs):
        got = ", ".join([*(type(each).__name__ for each in args), *(f"{name}=" for name in kwargs)])
        raise TypeError(
            f"{op}() received an invalid combination of arguments - got ({got}), but expected "
            f"({', '.join(['high', *last])}) or ({', '.join(['low', 'high', *last])})"
        )
    low, high = whole(given.get("low", 0), op, "low", 1), whole(given["high"], op, "high", 2)
    return low, high, given[last[0]] if last else None


@factory
def randint(*args: Any, generator: Generator | None = None, xp: Any, dtype: Any, **kwargs: Any) -> Array:
    """Integers from `low` (0) to `high - 1`: `randint(high, size)` or `randint(low, high, size)`."""
    low, high, size = _bounds("randint", args, kwargs, "size")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    shape = shape_argument((size,), {}, "randint")
    return _stream(generator, xp).randint(low, high, shape, dtype or NP_INT64)


@factory
def randperm(n: Any, *, generator: Generator | None = None, xp: Any, dtype: Any) -> Array:
    """The integers from 0 to `n - 1` in a random order."""
    return _stream(generator, xp).randperm(whole(n, "randperm", "n", 1), dtype or NP_INT64)


@like
def rand_like(input: Array, *, generator: Generator | None = None, xp: Any, dtype: Any, order: str) -> Array:
    """Uniform numbers in [0, 1) in the shape, dtype, device and memory order of `input`."""
    stream = _stream(generator, xp)
    return _drawn_like(xp.empty_like(input, dtype, order), lambda shape: stream.uniform(shape, dtype))


@like
def randn_like(input: Array, *, generator: Generator | None = None, xp: Any, dtype: Any, order: str) -> Array:
    """Normal numbers of mean 0 and standard deviation 1 in the shape, dtype, device and memory order of `input`."""
    made = xp.empty_like(input, dtype, order)
    return _normal_like(made, 0.0, 1.0, _stream(generator, xp))


@like
def randint_like(
    input: Array, *args: Any, generator: Generator | None = None, xp: Any, dtype: Any, order: str, **kwargs: Any
) -> Array:
    """Integers from `low` (0) to `high - 1` in the shape, dtype, device and memory order of `input`."""
    low, high, _ = _bounds("randint_like", args, kwargs)
    stream = _stream(generator, xp)
    return _drawn_like(xp.empty_like(input, dtype, order), lambda shape: stream.randint(low, high, shape, dtype))


def _normal_like(array: Array, mean: float, std: float, stream: Any) -> Array:
    contiguous = bool(array.flags.c_contiguous)
    return _drawn_like(array, lambda shape: stream.normal(shape, array.dtype, mean, std, contiguous))


# --- in place ---------------------------------------------------------------------------------------------------------


def _no_gradient(xp: Any, g: Any) -> Any:
    return xp.zeros_like(g)


def _fill(name: str, draw: Callable[..., Array], backward: Any = None) -> Callable[..., Tensor]:
    """The method that fills a tensor in place with what `draw(stream, shape, array, *parameters)` makes for its array.

    In the graph it is an operation whose gradient is zero.
    """

    def kernel(xp: Any, input: Array, parameters: tuple[Any, ...], generator: Any) -> Array:
        stream = _stream(generator, xp)
        return _drawn_like(input, lambda shape: draw(stream, shape, input, *parameters))

    kernel.__name__ = name
    drawn = op(backward=backward)(kernel)
    drawn.grad(input=_no_gradient)
    return in_place(drawn)


_uniform = _fill("uniform", lambda stream, shape, array, low, high: stream.uniform(shape, array.dtype, low, high))
_normal = _fill(
    "normal",
    lambda stream, shape, array, mean, std: stream.normal(
        shape, array.dtype, mean, std, bool(array.flags.c_contiguous)
    ),
)
_log_normal = _fill(
    "log_normal", lambda stream, shape, array, mean, std: stream.log_normal(shape, array.dtype, mean, std)
)
_exponential = _fill("exponential", lambda stream, shape, array, lambd: stream.exponential(shape, array.dtype, lambd))
_cauchy = _fill("cauchy", lambda stream, shape, array, median, sigma: stream.cauchy(shape, array.dtype, median, sigma))
_geometric = _fill("geometric", lambda stream, shape, array, p: stream.geometric(p, shape, array.dtype))
_random = _fill(
    "random",
    lambda stream, shape, array, *bounds: (
        stream.randint(*bounds, shape, array.dtype) if bounds else stream.random(shape, array.dtype)
    ),
    backward=lambda input, parameters, generator: 0 if parameters and parameters[0] else 1 if parameters else 2,
)
_bernoulli_p = _fill(
    "bernoulli",
    lambda stream, shape, array, p: stream.bernoulli(p, shape, array.dtype),
    backward="BernoulliBackward2",
)
_bernoulli_each = _fill(
    "bernoulli",
    lambda stream, shape, array, p: stream.bernoulli(
        array_module(p).broadcast_to(p, array.shape).transpose(_memory_order(array)), None, array.dtype
    ),
    backward="BernoulliBackward1",
)


def _range(op: str, args: tuple[Any, ...], kwargs: dict[str, Any], default: tuple[Any, Any]) -> tuple[Any, Any]:
    """The arguments `from` and `to`; the first is a word of Python's, so no parameter can be called that."""
    given = dict(zip(("from", "to"), args, strict=False)) | kwargs
    if not set(given) <= {"from", "to"} or len(given) < len(args) + len(kwargs):
        raise TypeError(f"{op}() takes from, to and generator, but got {len(args)} values and {sorted(kwargs)}")
    return given.get("from", default[0]), given.get("to", default[1])


def uniform_(self: Tensor, *args: Any, generator: Generator | None = None, **kwargs: Any) -> Tensor:
    """Fills the tensor with uniform numbers in [`from`, `to`), which are 0 and 1 unless given."""
    low, high = _range("uniform_", args, kwargs, (0.0, 1.0))
    return _uniform(self, (number(low, "uniform_", "from", 1), number(high, "uniform_", "to", 2)), generator)


def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with normal numbers."""
    return _normal(self, (number(mean, "normal_", "mean", 1), number(std, "normal_", "std", 2)), generator)


def log_normal_(self: Tensor, mean: float = 1, std: float = 2, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with numbers whose logarithms are normal."""
    return _log_normal(self, (number(mean, "log_normal_", "mean", 1), number(std, "log_normal_", "std", 2)), generator)


def exponential_(self: Tensor, lambd: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with exponential numbers of rate `lambd`."""
    return _exponential(self, (number(lambd, "exponential_", "lambd", 1),), generator)


def cauchy_(self: Tensor, median: float = 0, sigma: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with Cauchy numbers."""
    return _cauchy(self, (number(median, "cauchy_", "median", 1), number(sigma, "cauchy_", "sigma", 2)), generator)


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with the numbers of trials up to the first success, each of probability `p`."""
    return _geometric(self, (number(p, "geometric_", "p", 1),), generator)


def random_(self: Tensor, *args: Any, generator: Generator | None = None, **kwargs: Any) -> Tensor:
    """Fills the tensor with integers: `random_()` of all that the dtype holds, `random_(to)`, `random_(from, to)`."""
    if not args and not kwargs:
        return _random(self, (), generator)
    if len(args) == 1 and not kwargs:
        args = (0, *args)
    low, high = _range("random_", args, kwargs, (0, None))
    stop = None if high is None else whole(high, "random_", "to", 2)
    return _random(self, (whole(low, "random_", "from", 1), stop), generator)


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fills the tensor with ones with probability `p` (a number, or a tensor of one for each element), else zeros."""
    if isinstance(p, Tensor):
        return _bernoulli_each(self, (p._array,), generator)
    return _bernoulli_p(self, (number(p, "bernoulli_", "p", 1),), generator)


# --- drawn around what a tensor holds: the gradient is zero -----------------------------------------------------------


@op(backward="BernoulliBackward0")
def _bernoulli(xp: Any, input: Array, generator: Any) -> Array:
    return _stream(generator, xp).bernoulli(xp.ascontiguousarray(input)).reshape(input.shape)


_bernoulli.grad(input=_no_gradient)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Ones with the probability that each element of `input` gives, or with the one probability `p`; else zeros.

    Raises RuntimeError for a probability outside [0, 1].
    """
    if p is None:
        drawn: Tensor = _bernoulli(input, generator)
    else:
        drawn = bernoulli_(empty_like(input, memory_format=contiguous_format), p, generator=generator)
    return drawn if out is None else write_out(out, drawn._array, "bernoulli")


@op
def poisson(xp: Any, input: Array, generator: Any = None) -> Array:
    """A Poisson number for each rate in `input`; raises RuntimeError for a negative rate."""
    return _stream(generator, xp).poisson(input)


poisson.grad(input=_no_gradient)


@op(backward="NotImplemented")
def _binomial(xp: Any, count: Array, prob: Array, generator: Any) -> Array:
    shape = broadcast_shapes(count.shape, prob.shape)
    return _stream(generator, xp).binomial(*(xp.broadcast_to(each, shape) for each in (count, prob)))


_binomial.grad(count=no_derivative("binomial"), prob=no_derivative("binomial"))


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` trials succeed, each with probability `prob`: tensors of one floating dtype, broadcast.

    Raises ValueError for what is not floating, RuntimeError for two dtypes, NotImplementedError for float16.
    """
    check_tensor("binomial", "count", 1, count)
    check_tensor("binomial", "prob", 2, prob)
    for name, each in (("count", count), ("prob", prob)):
        if not each.dtype.is_floating_point:
            raise ValueError(f"binomial only supports floating-point dtypes for {name}, got: {each.dtype.legacy_name}")
    if count.dtype is not prob.dtype:
        raise RuntimeError(f"Found dtype {prob.dtype.legacy_name} but expected {count.dtype.legacy_name}")
    if prob.dtype.itemsize < 4:
        raise NotImplementedError("\"binomial_cpu\" not implemented for 'Half': convert it first")
    result: Tensor = _binomial(count, prob, generator)
    return result


def _around(xp: Any, mean: Operand, std: Operand, generator: Any) -> Array:
    given = mean if is_array(mean) else std
    drawn = _stream(generator, xp).normal_tensor(mean, std, given.dtype)
    own, scale = from_numpy_dtype(given.dtype), from_numpy_dtype((std if is_array(std) else given).dtype)
    if not can_cast(scale, own):
        raise RuntimeError(
            f"result type {scale.legacy_name} can't be cast to the desired output type {own.legacy_name}"
        )
    return drawn


_around.__name__ = "normal"  # what its nodes are called after
_normal_around = op(
    backward=lambda mean, std, generator: 2 if not is_array(mean) else 3 if is_array(std) else 1,
)(_around)
_normal_around.grad(mean=_no_gradient, std=_no_gradient)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, out: Any = None, **options: Any
) -> Tensor:
    """Normal numbers: around each `mean` with each `std`, one of them a tensor at least; or of one of each, in `size`.

    Raises RuntimeError for a negative `std`.
    """
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        if size is not None or options:
            name = "size" if size is not None else next(iter(options))
            raise TypeError(f"normal() received an invalid combination of arguments: a tensor and '{name}'")
        drawn: Tensor = _normal_around(mean, std, generator)
        return drawn if out is None else write_out(out, drawn._array, "normal")
    if size is None:
        raise TypeError(
            "normal() received an invalid combination of arguments - got "
            f"({type(mean).__name__}, {type(std).__name__}); with two numbers it needs size, too"
        )
    if out is not None:
        options.setdefault("dtype", out.dtype)
    requires_grad = options.pop("requires_grad", False)
    drawn = normal_(empty(size, **options), mean, std, generator=generator)
    return drawn.requires_grad_(requires_grad) if out is None else write_out(out, drawn._array, "normal")


@op
def multinomial(xp: Any, input: Array, num_samples: int, replacement: bool = False, generator: Any = None) -> Array:
    """`num_samples` indices drawn by the weights in `input`, of shape (n,) or (rows, n).

    Raises RuntimeError for negative, infinite or all-zero weights, and for too many samples without replacement.
    """
    return _stream(generator, xp).multinomial(input, num_samples, replacement)


# --- dropout ----------------------------------------------------------------------------------------------------------


def _dropped(
    input: Tensor,
    p: float,
    train: bool,
    generator: Generator | None,
    inplace: bool,
    feature: bool = False,
    alpha: bool = False,
) -> Tensor:
    """`input` times a noise of zeros (with probability `p`) and one other number that keeps the mean.

    `feature`: one draw for each channel. `alpha`: dropped is not to 0 but to SELU's lowest value, and the result is
    scaled and shifted so that variance and mean stay (Klambauer et al., Self-Normalizing Neural Networks, 2017).
    """
    kind = f"{'feature_' * feature}{'alpha_' * alpha}dropout"
    if not isinstance(train, bool):
        raise TypeError(f"{kind}(): argument 'train' (position 3) must be bool, not {type(train).__name__}")
    if not isinstance(input, Tensor):
        raise TypeError(f"{kind}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if isinstance(p, bool) or not isinstance(p, (int, float)):
        raise TypeError(f"{kind}(): argument 'p' (position 2) must be float, not {type(p).__name__}")
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    array = input._array
    if p == 0 or not train or not array.size:
        return input
    product = mul_ if inplace else mul
    xp = array_module(array)
    if p == 1:
        return product(input, wrap(xp.zeros((), array.dtype)))
    if array.dtype.kind != "f":
        name = input.dtype.legacy_name
        raise RuntimeError(f"dropout: result type Float can't be cast to the desired output type {name}")
    stream = _stream(generator, xp)
    if feature:
        if array.ndim < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        noise = stream.bernoulli(1 - p, (*array.shape[:2], *(1,) * (array.ndim - 2)), array.dtype)
    else:
        noise = _drawn_like(array, lambda shape: stream.bernoulli(1 - p, shape, array.dtype))
    if not alpha:
        noise /= 1 - p
        return product(input, wrap(noise))
    scale = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    shift = xp.asarray((noise - 1) * (_ALPHA * scale) + _ALPHA * scale * p)
    noise *= scale
    return (add_ if inplace else add)(product(input, wrap(noise)), wrap(shift))


_ALPHA = 1.7580993408473766
"""What SELU tends to at minus infinity, with its sign changed."""
add_, mul_ = in_place(add), in_place(mul)


def _dropout(name: str, what: str, **kind: bool) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """A kind of dropout, and its in-place form."""

    def function(input: Tensor, p: float, train: bool, generator: Generator | None = None) -> Tensor:
        return _dropped(input, p, train, generator, False, **kind)

    def method(input: Tensor, p: float, train: bool, generator: Generator | None = None) -> Tensor:
        return _dropped(input, p, train, generator, True, **kind)

    for made, suffix in ((function, ""), (method, "_")):
        made.__name__ = made.__qualname__ = name + suffix
        made.__doc__ = f"With probability `p`, {what}; `input` itself where `train` is False."
    return function, method


dropout, dropout_ = _dropout("dropout", "elements become zero, the others grow by 1 / (1 - p)")
feature_dropout, feature_dropout_ = _dropout(
    "feature_dropout", "whole channels (N, C, ...) become zero, the others grow by 1 / (1 - p)", feature=True
)
alpha_dropout, alpha_dropout_ = _dropout("alpha_dropout", "elements take SELU's lowest value", alpha=True)
feature_alpha_dropout, feature_alpha_dropout_ = _dropout(
    "feature_alpha_dropout", "whole channels (N, C, ...) take SELU's lowest value", feature=True, alpha=True
)


def rrelu_noise(input: Tensor, lower: float, upper: float, generator: Generator | None = None) -> Tensor:
    """The slopes that rrelu multiplies by in training: uniform where `input` is not positive, else 1."""
    array = input._array
    noise = array_module(array).ones_like(array, order="C")
    chosen = array <= 0
    draw = _stream(generator, array_module(array)).uniform
    noise[chosen] = draw(int(chosen.sum()), "float64", lower, upper)
    out: Tensor = wrap(noise)
    return out
