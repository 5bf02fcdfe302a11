"""What the engine's operations are made of: each one again, from primitives, as short as it can be read.

The engine's own kernels are fused and its gradients written by hand. Here is the definition of each operation, in
torch's words, with the operation's own arguments; differentiated step by step it must give the same gradient, which is
what `study.check` compares. Nothing here is fast, and overflow is avoided only where the numbers would be lost.

A composition may use other composed operations: each of these is composed in turn, down to `PRIMITIVES`, whose rules
are the derivatives that everything else rests on. To add your own:

    @composition(my_op)
    def my_op_by_hand(input: Tensor, alpha: float) -> Tensor:
        return input.exp() * alpha
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import math
import operator
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import minitorch as torch
from minitorch.backend import array_module
from minitorch.nn import functional
from minitorch.ops import (
    activation,
    attention,
    conv,
    decompositions,
    elementwise,
    embedding,
    linalg,
    loss,
    norm,
    padding,
    pairs,
    pool,
    reduction,
    resample,
    rnn,
    sorting,
)
from minitorch.tensor import Tensor

Shape = tuple[int, ...]
F = TypeVar("F", bound=Callable[..., Any])

COMPOSITIONS: dict[str, Callable[..., Any]] = {}
"""By the key of an operation: its value from primitives. It gets the operation's arguments, in their order."""

PRIMITIVES: frozenset[str] = frozenset(
    f"{file}.{name}"
    for file, names in (
        # arithmetic, and the functions that are not made of others
        ("elementwise", "add sub rsub mul div neg reciprocal pow sqrt exp log sin cos atan erf erfinv abs where"),
        # steps: their derivative is 0 wherever they have one
        ("elementwise", "sign sgn floor ceil trunc round copysign heaviside"),
        # special functions, each the derivative of another one
        ("elementwise", "lgamma digamma polygamma i0 i1"),
        # the same numbers elsewhere
        ("elementwise", "clone cast tied copy fill fill_ zero_"),
        ("indexing", "pick put assigned masked_fill"),
        ("shape", "view unsafe_view contiguous squeeze unsqueeze transpose t permute expand repeat sum_to as_strided"),
        ("shape", "part split split_with_sizes unbind cat stack block_diag part_scatter flip rot90 roll unfold"),
        ("shape", "diagonal diagonal_copy diag_embed diagonal_scatter tril triu"),
        ("rnn", "gather_rows spread_rows"),
        # sums and products of matrices
        ("reduction", "sum pick place"),
        ("linalg", "mm mv dot bmm batched_matmul"),
    )
    for name in names.split()
)
"""The operations whose derivative is taken as known. Comparisons and whatever else has no gradient count as well."""

WITHOUT: dict[str, str] = {
    **dict.fromkeys(
        [f"decompositions.{name}" for name in ("eigh", "svd", "svdvals", "qr", "geqrf", "pinv")],
        "it is found by iteration or orthogonalisation, and has no formula",
    ),
    **dict.fromkeys(["random.bernoulli", "random.poisson", "random.normal"], "it is drawn, not computed"),
    "elementwise.nextafter": "it has no derivative",
    "elementwise.angle": "it is constant on either side of 0",
    "indexing.scatter_reduce": "it is a reduction over a group for each element, which primitives have no name for",
    "sorting.histogram": "it counts",
    **dict.fromkeys(["sorting.unique", "sorting.unique_dim"], "it has no derivative"),
    **dict.fromkeys(
        [
            "conv.convolution_weight",
            "decompositions.cofactor",
            "decompositions.ratio",
            "embedding.embedding_bag_backward",
            "embedding.embedding_dense_backward",
            "embedding.per_count",
            "embedding.sample_weights_backward",
            "embedding.taken",
            "indexing.pick_backward",
            "loss.nll_gradient",
            "loss.slope",
            "norm.group_sums",
            "norm.standardize",
            "norm.standardize_backward",
            "norm.weight_backward",
            "padding.pad_from_input_backward",
            "pairs.gather_pairs",
            "pairs.spread_pairs",
            "pool.add_at",
            "pool.adaptive_avg_pool_backward",
            "pool.avg_pool_backward",
            "pool.max_pool_backward",
            "pool.max_pool_pick",
            "pool.take_at",
            "reduction.cumsum_from_end",
            "resample.upsample_backward",
            "shape.as_strided_backward",
            "shape.diagonal_backward",
            "shape.part_backward",
            "shape.unfold_backward",
        ],
        "it is a part of another operation's gradient rule",
    ),
}
"""By key: why there is no composition."""


class NoCompositionError(Exception):
    """Raised by a composition for arguments that it does not cover."""


def key(op: Any) -> str:
    """What an operation is called here: its file and its name, `activation.softmax`."""
    return f"{op.__module__.rpartition('.')[2]}.{op.__name__.lstrip('_')}"


def composition(op: Any) -> Callable[[F], F]:
    """Registers a function as the composition of an operation, whose docstring it takes if it has none of its own."""

    def register(function: F) -> F:
        COMPOSITIONS[key(op)] = function
        function.__doc__ = function.__doc__ or op.__doc__
        return function

    return register


def is_primitive(op: Any) -> bool:
    """Whether the derivative of an operation is taken as known."""
    return key(op) in PRIMITIVES or not op.rules


def why_none(op: Any) -> str:
    """Why an operation has no composition."""
    return WITHOUT.get(key(op), "none is registered: see minitorch.study.compositions.composition")


def text(op: Any) -> str:
    """The source of an operation's composition, without decorators and docstring; "" where there is none."""
    function = COMPOSITIONS.get(key(op))
    if function is None:
        return ""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        found = next(each for each in ast.walk(ast.parse(source)) if isinstance(each, (ast.FunctionDef, ast.Lambda)))
    except (OSError, SyntaxError, StopIteration):  # defined at a prompt, or in the middle of a line
        return f"{function.__name__}{inspect.signature(function)}"
    lines = source.splitlines()
    body: Any = found.body[0] if isinstance(found, ast.FunctionDef) else None
    documented = isinstance(body, ast.Expr) and isinstance(body.value, ast.Constant)
    head = lines[found.lineno - 1 : body.lineno - 1] if documented else lines[found.lineno - 1 :]
    return "\n".join(head + (lines[body.end_lineno :] if documented else []))


def _total(parts: Iterable[Tensor]) -> Tensor:
    """The sum of some tensors."""
    return functools.reduce(operator.add, parts)


# --- numbers ----------------------------------------------------------------------------------------------------------


@composition(elementwise._div_floor)
def div_floor(input: Any, other: Any) -> Tensor:
    """The quotient rounded down: its derivative is 0."""
    return (input / other).floor()


@composition(elementwise._div_trunc)
def div_trunc(input: Any, other: Any) -> Tensor:
    """The quotient rounded towards 0: its derivative is 0."""
    return (input / other).trunc()


@composition(elementwise.floor_divide)
def floor_divide(input: Any, other: Any) -> Tensor:
    return (input / other).floor()


@composition(elementwise._remainder)
def remainder(input: Any, other: Any) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(elementwise._remainder_of_number)
def remainder_of_number(input: Any, other: Tensor) -> Tensor:
    """What is left after division, rounded down."""
    return input - (input / other).floor() * other


@composition(elementwise.fmod)
def fmod(input: Tensor, other: Any) -> Tensor:
    return input - (input / other).trunc() * other


@composition(elementwise.frac)
def frac(input: Tensor) -> Tensor:
    return input - input.trunc()


@composition(elementwise.rsqrt)
def rsqrt(input: Tensor) -> Tensor:
    return 1 / input.sqrt()


@composition(elementwise.exp2)
def exp2(input: Tensor) -> Tensor:
    return (input * math.log(2)).exp()


@composition(elementwise.expm1)
def expm1(input: Tensor) -> Tensor:
    return input.exp() - 1


@composition(elementwise.log2)
def log2(input: Tensor) -> Tensor:
    return input.log() / math.log(2)


@composition(elementwise.log10)
def log10(input: Tensor) -> Tensor:
    return input.log() / math.log(10)


@composition(elementwise.log1p)
def log1p(input: Tensor) -> Tensor:
    return (1 + input).log()


@composition(elementwise.logaddexp)
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    largest = torch.maximum(input, other).detach()
    return ((input - largest).exp() + (other - largest).exp()).log() + largest


@composition(elementwise.logaddexp2)
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    return logaddexp(input * math.log(2), other * math.log(2)) / math.log(2)


@composition(elementwise.xlogy)
def xlogy(input: Any, other: Any) -> Tensor:
    """0 where `input` is 0, whatever `other` is; the logarithm is not taken there."""
    dtype = (input if isinstance(input, Tensor) else other).dtype
    x, y = torch.as_tensor(input, dtype=dtype), torch.as_tensor(other, dtype=dtype)
    nothing = x.eq(0) & ~y.isnan()
    return x * torch.where(nothing & (y <= 0), 1.0, y).log()


@composition(elementwise.logit)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    p = input if eps is None else clamp(input, eps, 1 - eps)
    return (p / (1 - p)).log()


@composition(elementwise.tan)
def tan(input: Tensor) -> Tensor:
    return input.sin() / input.cos()


@composition(elementwise.asin)
def asin(input: Tensor) -> Tensor:
    return 2 * (input / (1 + (1 - input * input).sqrt())).atan()


@composition(elementwise.acos)
def acos(input: Tensor) -> Tensor:
    return math.pi / 2 - asin(input)


@composition(elementwise.atan2)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle's tangent is `input / other`; half a turn more or less where `other` is negative."""
    half_turn = torch.where(input < 0, -math.pi, math.pi)
    return (input / other).atan() + torch.where(other < 0, half_turn, 0.0)


@composition(elementwise.sinh)
def sinh(input: Tensor) -> Tensor:
    return (input.exp() - (-input).exp()) / 2


@composition(elementwise.cosh)
def cosh(input: Tensor) -> Tensor:
    return (input.exp() + (-input).exp()) / 2


@composition(elementwise.tanh)
def tanh(input: Tensor) -> Tensor:
    return 1 - 2 / (1 + (2 * input).exp())


@composition(elementwise.asinh)
def asinh(input: Tensor) -> Tensor:
    size = input.abs()
    return input.sign() * (size + (size * size + 1).sqrt()).log()


@composition(elementwise.acosh)
def acosh(input: Tensor) -> Tensor:
    return (input + (input * input - 1).sqrt()).log()


@composition(elementwise.atanh)
def atanh(input: Tensor) -> Tensor:
    return ((1 + input) / (1 - input)).log() / 2


@composition(elementwise.hypot)
def hypot(input: Tensor, other: Tensor) -> Tensor:
    return (input * input + other * other).sqrt()


@composition(elementwise.deg2rad)
def deg2rad(input: Tensor) -> Tensor:
    return input * (math.pi / 180)


@composition(elementwise.rad2deg)
def rad2deg(input: Tensor) -> Tensor:
    return input * (180 / math.pi)


@composition(elementwise.sinc)
def sinc(input: Tensor) -> Tensor:
    angle = math.pi * torch.where(input.eq(0), 1.0, input)
    return torch.where(input.eq(0), 1.0, angle.sin() / angle)


@composition(elementwise.erfc)
def erfc(input: Tensor) -> Tensor:
    return 1 - input.erf()


@composition(elementwise.clamp)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    raised = input if min is None else clamp_min(input, min)
    return raised if max is None else clamp_max(raised, max)


@composition(elementwise.clamp_min)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    return torch.where(input >= min, input, min)


@composition(elementwise.clamp_max)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    return torch.where(input <= max, input, max)


@composition(elementwise.maximum)
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input > other, input, other))


@composition(elementwise.minimum)
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Equal ones share the gradient."""
    return torch.where(input.eq(other), (input + other) / 2, torch.where(input < other, input, other))


@composition(elementwise.fmax)
def fmax(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input >= other) | other.isnan(), input, other)


@composition(elementwise.fmin)
def fmin(input: Tensor, other: Tensor) -> Tensor:
    return torch.where((input <= other) | other.isnan(), input, other)


@composition(elementwise.nan_to_num)
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    largest = torch.finfo(input.dtype).max
    high = largest if posinf is None else posinf
    low = -largest if neginf is None else neginf
    whole = torch.where(input.eq(math.inf), high, torch.where(input.eq(-math.inf), low, input))
    return torch.where(input.isnan(), nan or 0.0, whole)


@composition(elementwise.ldexp)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    return input * (other * math.log(2)).exp()


@composition(elementwise._lerp)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """A point on the way from `input` to `end`."""
    return input + weight * (end - input)


@composition(elementwise.addcmul)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    return input + value * tensor1 * tensor2


@composition(elementwise._addcdiv)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Any = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    return input + value * tensor1 / tensor2


def _root(input: Tensor) -> Tensor:
    """The square root, whose gradient at 0 counts as 0."""
    return torch.where(input.eq(0), 0.0, torch.where(input.eq(0), 1.0, input).sqrt())


# --- activations ------------------------------------------------------------------------------------------------------


@composition(elementwise.sigmoid)
def sigmoid(input: Tensor) -> Tensor:
    return 1 / (1 + (-input).exp())


@composition(activation.relu)
def relu(input: Tensor) -> Tensor:
    return torch.where(input > 0, input, 0.0)


@composition(activation.hardtanh)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    return torch.where(input <= min_val, min_val, torch.where(input >= max_val, max_val, input))


@composition(activation.leaky_relu)
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return torch.where(input > 0, input, negative_slope * input)


@composition(activation.threshold)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    return torch.where(input > threshold, input, value)


@composition(activation.hardsigmoid)
def hardsigmoid(input: Tensor) -> Tensor:
    return hardtanh(input + 3, 0.0, 6.0) / 6


@composition(activation.hardswish)
def hardswish(input: Tensor) -> Tensor:
    return input * hardsigmoid(input)


@composition(activation.hardshrink)
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return torch.where(input.abs() > lambd, input, 0.0)


@composition(activation.softshrink)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return torch.where(input > lambd, input - lambd, torch.where(input < -lambd, input + lambd, 0.0))


@composition(activation._prelu)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` above 0, `weight * input` elsewhere."""
    return torch.where(input > 0, input, weight * input)


@composition(activation.rrelu_with_noise)
def rrelu_with_noise(input: Tensor, noise: Any) -> Tensor:
    return torch.where(input > 0, input, noise * input)


@composition(activation._elu)
def elu(input: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
    below = torch.where(input > 0, 0.0, input)  # where the other branch counts, exp must not overflow
    return scale * torch.where(input > 0, input, alpha * ((input_scale * below).exp() - 1))


@composition(activation._celu)
def celu(input: Tensor, alpha: float) -> Tensor:
    """`elu` whose slope is 1 on both sides of 0."""
    return elu(input, alpha, 1.0, 1 / alpha)


@composition(activation.gelu)
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    if approximate == "none":
        return input * (1 + (input / math.sqrt(2)).erf()) / 2
    return input * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input))) / 2


@composition(activation.silu)
def silu(input: Tensor) -> Tensor:
    return input * sigmoid(input)


@composition(activation.softplus)
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    straight = beta * input > threshold
    bent = (1 + torch.where(straight, 0.0, beta * input).exp()).log() / beta
    return torch.where(straight, input, bent)


@composition(activation.mish)
def mish(input: Tensor) -> Tensor:
    return input * tanh(softplus(input))


@composition(activation.logsigmoid)
def logsigmoid(input: Tensor) -> Tensor:
    return -softplus(-input)


@composition(activation._glu)
def glu(first: Tensor, second: Tensor) -> Tensor:
    """The first half, let through by the second."""
    return first * sigmoid(second)


@composition(activation._softmax)
def softmax(input: Tensor, dim: int) -> Tensor:
    """Powers of e over their sum; the largest is taken off first, which changes no quotient."""
    powers = (input - input.amax(dim, keepdim=True).detach()).exp()
    return powers / powers.sum(dim, keepdim=True)


@composition(activation._log_softmax)
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of softmax."""
    return input - logsumexp(input, dim, keepdim=True)


@composition(attention._safe_softmax)
def safe_softmax(input: Tensor) -> Tensor:
    """0 along a row of minus infinities."""
    largest = input.amax(-1, keepdim=True).detach()
    powers = (input - torch.where(largest.isfinite(), largest, 0.0)).exp()
    total = powers.sum(-1, keepdim=True)
    return powers / torch.where(total.eq(0), 1.0, total)


# --- reductions -------------------------------------------------------------------------------------------------------


def _dims(input: Tensor, dim: Any) -> list[int]:
    """The dimensions that are reduced, counted from the front; all where none is named."""
    if dim is None or dim is ... or (isinstance(dim, (list, tuple)) and not dim) or not input.ndim:
        return list(range(input.ndim))
    return [each % input.ndim for each in (dim if isinstance(dim, (list, tuple)) else [dim])]


def _sum(input: Tensor, dim: Any, keepdim: Any = False) -> Tensor:
    return input.sum(_dims(input, dim), bool(keepdim))


def _count(input: Tensor, dim: Any) -> int:
    """How many elements come together in one."""
    return math.prod(input.shape[each] for each in _dims(input, dim))


@composition(reduction.mean)
def mean(input: Tensor, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Tensor:
    input = input if dtype is None else input.to(dtype)
    return _sum(input, dim, keepdim) / _count(input, dim)


@composition(reduction.prod)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """One factor after the other."""
    input = input if dtype is None else input.to(dtype)
    if dim is None or not input.ndim:
        return math.prod(input.reshape(-1).unbind(), start=torch.ones((), dtype=input.dtype))
    product = math.prod(input.unbind(dim), start=torch.ones(input.select(dim, 0).shape, dtype=input.dtype))
    return product.unsqueeze(dim) if keepdim else product


def _shared(input: Tensor, extreme: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """The mean of the elements that equal the extreme: they share the gradient."""
    ties = input.eq(extreme) | (input.isnan() & extreme.isnan())
    return _sum(torch.where(ties, input, 0.0), dim, keepdim) / _sum(ties.to(input.dtype), dim, keepdim)


@composition(reduction.amax)
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amax(dim, keepdim=True), dim, keepdim)


@composition(reduction.amin)
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return _shared(input, input.detach().amin(dim, keepdim=True), dim, keepdim)


@composition(reduction._aminmax)
def aminmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The smallest and the largest."""
    dims = _dims(input, dim)
    return amin(input, dims, keepdim), amax(input, dims, keepdim)


@composition(reduction._max_of_all)
def max_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The largest; equal ones share the gradient."""
    return amax(input)


@composition(reduction._min_of_all)
def min_of_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The smallest; equal ones share the gradient."""
    return amin(input)


def _at(input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Tensor:
    """The elements at known places along `dim`."""
    if not input.ndim:
        return input.clone()
    picked = input.gather(dim, indices if keepdim else indices.unsqueeze(dim))
    return picked if keepdim else picked.squeeze(dim)


@composition(reduction._max)
def max_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the largest, the first of equals."""
    return _at(input, input.argmax(dim, keepdim), dim, keepdim)


@composition(reduction._min)
def min_along(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that is the smallest, the first of equals."""
    return _at(input, input.argmin(dim, keepdim), dim, keepdim)


@composition(reduction.cummax)
def cummax(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummax(dim).indices, dim, True)


@composition(reduction.cummin)
def cummin(input: Tensor, dim: int) -> Tensor:
    return _at(input, input.detach().cummin(dim).indices, dim, True)


@composition(reduction._var)
def var(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The mean of the squared gaps to the mean, of a few elements less."""
    gaps = input - mean(input, dim, True)
    return _sum(gaps * gaps, dim, keepdim) / max(_count(input, dim) - correction, 0)


@composition(reduction._std)
def std(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> Tensor:
    """The root of the variance."""
    return _root(var(input, dim, correction, keepdim))


@composition(reduction._var_mean)
def var_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Variance and mean."""
    return var(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composition(reduction._std_mean)
def std_mean(input: Tensor, dim: Any, correction: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Deviation and mean."""
    return std(input, dim, correction, keepdim), mean(input, dim, keepdim)


@composition(reduction._vector_norm)
def vector_norm(input: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The sum of |x|**ord, and of that the root."""
    input = input if dtype is None else input.to(dtype)
    if ord == 2:
        return _root(_sum(input * input, dim, keepdim))
    if ord == 0:
        return _sum(input.ne(0).to(input.dtype) + 0 * input, dim, keepdim)
    if ord == 1:
        return _sum(input.abs(), dim, keepdim)
    if ord in (math.inf, -math.inf):
        return (amax if ord > 0 else amin)(input.abs(), _dims(input, dim), keepdim)
    return _sum(input.abs() ** ord, dim, keepdim) ** (1 / ord)


@composition(reduction.cumsum)
def cumsum(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim))], dim)


@composition(reduction.cumprod)
def cumprod(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """One after the other."""
    input = input if dtype is None else input.to(dtype)
    if not input.ndim:
        return input.clone()
    return torch.stack([*itertools.accumulate(input.unbind(dim), torch.mul)], dim)


@composition(reduction.logsumexp)
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    largest = input.amax(_dims(input, dim), keepdim=True).detach()
    largest = torch.where(largest.isfinite(), largest, 0.0)
    total = _sum((input - largest).exp(), dim, True).log() + largest
    return total if keepdim else total.squeeze(_dims(input, dim)) if input.ndim else total


@composition(reduction.logcumsumexp)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    return input.clone() if not input.ndim else torch.stack([*itertools.accumulate(input.unbind(dim), logaddexp)], dim)


@composition(reduction.nansum)
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    numbers = torch.where(input.isnan(), 0.0, input)
    return _sum(numbers if dtype is None else numbers.to(dtype), dim, keepdim)


@composition(reduction._dist)
def dist(input: Tensor, other: Tensor, p: Any) -> Tensor:
    """The norm of the difference."""
    return vector_norm(input - other, p)


@composition(reduction.renorm)
def renorm(input: Tensor, p: Any, dim: int, maxnorm: float) -> Tensor:
    """Slices along `dim` that are too long become shorter."""
    others = [each for each in range(input.ndim) if each != dim % input.ndim]
    lengths = vector_norm(input, p, others, True)
    return input * torch.where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1.0)


# --- matrices ---------------------------------------------------------------------------------------------------------


@composition(linalg.linear)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    product = torch.matmul(input, weight.mT if weight.ndim == 2 else weight)
    return product if bias is None else product + bias


@composition(linalg.addmm)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (mat1 @ mat2)


@composition(linalg.baddbmm)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (batch1 @ batch2)


@composition(linalg.addbmm)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (batch1 @ batch2).sum(0)


@composition(linalg.addmv)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * (mat @ vec)


@composition(linalg.addr)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return beta * input + alpha * vec1.unsqueeze(1) * vec2


@composition(linalg._cross)
def cross(input: Tensor, other: Tensor, dim: int) -> Tensor:
    """The cross product."""
    (a, b, c), (x, y, z) = input.unbind(dim), other.unbind(dim)
    return torch.stack([b * z - c * y, c * x - a * z, a * y - b * x], dim)


@composition(linalg.trace)
def trace(input: Tensor) -> Tensor:
    return input.diagonal().sum()


def _small(A: Tensor) -> int:
    """The number of rows; raises NoCompositionError for more than Laplace's n! terms can be waited for."""
    n = int(A.shape[-1])
    if n > 5:
        raise NoCompositionError(f"it is Laplace's expansion, of n! terms: taken up to 5 rows, not {n}")
    return n


def _minor(A: Tensor, row: int, column: int) -> Tensor:
    """The matrix without a row and a column."""
    rows = torch.cat([A[..., :row, :], A[..., row + 1 :, :]], -2)
    return torch.cat([rows[..., :column], rows[..., column + 1 :]], -1)


@composition(decompositions.det)
def det(A: Tensor) -> Tensor:
    """Laplace's expansion along the first row."""
    if not _small(A):
        return torch.ones(A.shape[:-2], dtype=A.dtype)
    if A.shape[-1] == 1:
        return A[..., 0, 0]
    return _total((-1) ** k * A[..., 0, k] * det(_minor(A, 0, k)) for k in range(A.shape[-1]))


@composition(decompositions.slogdet)
def slogdet(A: Tensor) -> tuple[None, Tensor]:
    """The logarithm; the sign has no derivative."""
    return None, det(A).abs().log()


@composition(decompositions.inv)
def inv(A: Tensor) -> Tensor:
    """Cramer's rule: the cofactors over the determinant."""
    n = _small(A)
    cofactors = [torch.stack([(-1) ** (i + j) * det(_minor(A, j, i)) for j in range(n)], -1) for i in range(n)]
    return torch.stack(cofactors, -2) / det(A)[..., None, None]


@composition(decompositions._solve)
def solve(A: Tensor, B: Tensor) -> Tensor:
    """By the inverse."""
    return inv(A) @ B


@composition(decompositions._cholesky)
def cholesky(A: Tensor) -> Tensor:
    """Element by element; of A, which is symmetric, both triangles count alike."""
    A = (A + A.mT) / 2
    n = A.shape[-1]
    L: list[list[Tensor]] = [[torch.zeros(A.shape[:-2], dtype=A.dtype)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = functools.reduce(operator.sub, (L[i][k] * L[j][k] for k in range(j)), A[..., i, j])
            L[i][j] = rest.sqrt() if i == j else rest / L[j][j]
    return torch.stack([torch.stack(row, -1) for row in L], -2) if n else A


# --- losses -----------------------------------------------------------------------------------------------------------


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else losses.sum() / (losses.numel() if reduction == "mean" else 1)


def _weighted(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses if weight is None else losses * weight


@composition(loss.mse_loss)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return _reduced((input - target) * (input - target), reduction)


@composition(loss.smooth_l1_loss)
def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return _reduced(torch.where(gap < beta, gap * gap / (2 * beta), gap - beta / 2), reduction)


@composition(loss.huber_loss)
def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    gap = (input - target).abs()
    return _reduced(torch.where(gap < delta, gap * gap / 2, delta * (gap - delta / 2)), reduction)


@composition(loss.binary_cross_entropy)
def binary_cross_entropy(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Logarithms count as -100 at least."""
    yes, no = clamp_min(input.log(), -100.0), clamp_min((1 - input).log(), -100.0)
    return _reduced(_weighted(-(target * yes + (1 - target) * no), weight), reduction)


@composition(loss.binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
) -> Tensor:
    yes, no = -softplus(-input, 1.0, math.inf), -softplus(input, 1.0, math.inf)
    return _reduced(_weighted(-(_weighted(target, pos_weight) * yes + (1 - target) * no), weight), reduction)


@composition(loss.soft_margin_loss)
def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return _reduced((1 + (-target * input).exp()).log(), reduction)


@composition(loss._nll_loss)
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """The classes are dimension 1 of (N, C, ...), or all of (C); the mean is over the weights of the targets."""
    if input.ndim == 1:
        losses = nll_loss(input.unsqueeze(0), target.reshape(1), weight, ignore_index, reduction)
        return losses.reshape(())
    kept = target.ne(ignore_index)
    index = torch.where(kept, target, 0).long()
    picked = input.gather(1, index.unsqueeze(1)).squeeze(1)
    share = kept.to(input.dtype) * (1.0 if weight is None else weight[index])
    losses = -torch.where(kept, picked, 0.0) * share
    return losses if reduction == "none" else losses.sum() / (share.sum() if reduction == "mean" else 1)


@composition(loss._cross_entropy)
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    classes = 1 if input.ndim > 1 else 0
    return nll_loss(log_softmax(input, classes), target, weight, ignore_index, reduction)


@composition(loss.mean_over)
def mean_over(total: Tensor, items: int) -> Tensor:
    return total / items


@composition(loss.multi_margin_loss)
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the target's score lacks to lead the others by `margin`, the mean over all classes."""
    if input.ndim == 1:
        return multi_margin_loss(input.unsqueeze(0), target.reshape(1), p, margin, weight, reduction).reshape(())
    own = input.gather(1, target.unsqueeze(1))
    others = torch.arange(input.shape[1]).ne(target.unsqueeze(1))
    lack = torch.where(others, relu(margin + input - own), 0.0)
    losses = (lack if p == 1 else lack * lack).sum(1) / input.shape[1]
    return _reduced(losses if weight is None else losses * weight[target], reduction)


@composition(loss.multilabel_margin_loss)
def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """For each target class (those before the first -1) and each other one, what the former lacks to lead by 1."""
    if input.ndim < 2:
        return multilabel_margin_loss(input.reshape(1, -1), target.reshape(1, -1), reduction).reshape(())
    losses = []
    for scores, listed in zip(input.unbind(), target.tolist(), strict=True):
        wanted = [*itertools.takewhile(lambda each: each >= 0, listed)]
        others = [k for k in range(len(listed)) if k not in wanted]
        lacks = [relu(1 - scores[i] + scores[j]) for i in wanted for j in others]
        losses.append(_total([scores[0] * 0, *lacks]) / len(listed))
    return _reduced(torch.stack(losses), reduction)


# --- convolution and windows ------------------------------------------------------------------------------------------


def _taps(input: Tensor, kernel: Shape, geometry: Any, size: Shape, border: float = 0.0) -> Iterator[Tensor]:
    """What each tap of the kernel meets at all positions: slices of the input with a border around it."""
    around: list[int] = []
    slides = [*zip(kernel, geometry.stride, geometry.padding, geometry.dilation, size, strict=True)]
    for (k, s, p, d, n), own in zip(slides, input.shape[-len(size) :], strict=True):
        around = [p, max(0, (n - 1) * s + d * (k - 1) + 1 - own - p), *around]
    wide = functional.pad(input, around, value=border)
    for tap in itertools.product(*map(range, kernel)):
        places = [slice(t * d, t * d + (n - 1) * s + 1, s) for t, (_, s, _, d, n) in zip(tap, slides, strict=True)]
        yield wide[(..., *places)]


def _placed(values: Tensor, tap: Shape, geometry: Any, size: Shape) -> Tensor:
    """An image of `size` with the values where the tap lies at each position, zeros elsewhere."""
    slides = zip(tap, geometry.stride, geometry.padding, geometry.dilation, size, strict=True)
    for dim, (t, s, p, d, own) in enumerate(slides, values.ndim - len(size)):
        lead, n, rest = values.shape[:dim], values.shape[dim], values.shape[dim + 1 :]
        gaps = torch.zeros((*lead, n, s - 1, *rest), dtype=values.dtype)
        values = torch.cat([values.unsqueeze(dim + 1), gaps], dim + 1).reshape(*lead, n * s, *rest)
        first = t * d - p
        before = torch.zeros((*lead, max(first, 0), *rest), dtype=values.dtype)
        after = torch.zeros((*lead, max(own - first - n * s, 0), *rest), dtype=values.dtype)
        values = torch.cat([before, values, after], dim).narrow(dim, max(-first, 0), own)
    return values


def _with_bias(out: Tensor, bias: Tensor | None) -> Tensor:
    return out if bias is None else out + bias.reshape(-1, *[1] * (out.ndim - 2))


@composition(conv._convolution)
def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any, size: Shape) -> Tensor:
    """At each position the sum over the taps: the tap's matrix (out, in) times what it meets; group by group."""
    kernel = tuple(weight.shape[2:])
    groups = []
    for x, w in zip(input.chunk(geometry.groups, 1), weight.chunk(geometry.groups, 0), strict=True):
        matrices = w.reshape(*w.shape[:2], -1).unbind(2)
        met = _taps(x, kernel, geometry, size)
        products = [matrix @ part.reshape(*part.shape[:2], -1) for matrix, part in zip(matrices, met, strict=True)]
        groups.append(_total(products).reshape(len(x), len(w), *size))
    return _with_bias(torch.cat(groups, 1), bias)


@composition(conv._convolution_input)
def convolution_input(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any, size: Shape) -> Tensor:
    """The transposed convolution: from each position the kernel is added to the image, weighted by the input."""
    kernel, positions = tuple(weight.shape[2:]), tuple(input.shape[2:])
    groups = []
    for x, w in zip(input.chunk(geometry.groups, 1), weight.chunk(geometry.groups, 0), strict=True):
        rows = x.reshape(*x.shape[:2], -1)
        matrices = w.reshape(*w.shape[:2], -1).unbind(2)
        parts = [(matrix.mT @ rows).reshape(len(x), w.shape[1], *positions) for matrix in matrices]
        taps = itertools.product(*map(range, kernel))
        groups.append(_total(_placed(part, tap, geometry, size) for tap, part in zip(taps, parts, strict=True)))
    return _with_bias(torch.cat(groups, 1), bias)


@composition(resample._im2col)
def im2col(input: Tensor, window: Any, positions: Shape) -> Tensor:
    """Each window as a column."""
    columns = torch.stack([*_taps(input, window.kernel, window, positions)], -3)
    return columns.reshape(*input.shape[:-3], -1, math.prod(positions))


@composition(resample._col2im)
def col2im(input: Tensor, window: Any, positions: Shape, size: Shape) -> Tensor:
    """Each column added to the image where its window lies."""
    taps = [*itertools.product(*map(range, window.kernel))]
    columns = input.reshape(*input.shape[:-2], -1, len(taps), *positions)
    return _total(_placed(columns.select(-3, k), tap, window, size) for k, tap in enumerate(taps))


@composition(padding.constant_pad_nd)
def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """The border put on; a negative one cut off."""
    for k, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = input.ndim - 1 - k
        sizes = [[each if d != dim else max(n, 0) for d, each in enumerate(input.shape)] for n in (low, high)]
        before, after = (torch.full(size, value, dtype=input.dtype) for size in sizes)
        length = input.shape[dim] + low + high
        input = torch.cat([before, input, after], dim).narrow(dim, max(-low, 0), length)
    return input


@composition(padding._pad_from_input)
def pad_from_input(input: Tensor, mode: str, pad: Sequence[int]) -> Tensor:
    """For each place the element that is seen there: beyond the border it is mirrored, repeated or taken round."""
    for k, (low, high) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = input.ndim - 1 - k
        n = input.shape[dim]
        first, last = max(-low, 0), n - 1 - max(-high, 0)  # where negative amounts have left something
        places = []
        for at in range(-low, n + high):
            if mode == "circular":
                at = first + (at - first) % (last - first + 1)
            elif mode == "replicate":
                at = min(max(at, 0), n - 1)
            else:
                at = n - 1 - abs(n - 1 - abs(at))
            places.append(at)
        input = input.index_select(dim, torch.tensor(places))
    return input


@composition(pool._max_pool)
def max_pool(input: Tensor, window: Any, size: Shape) -> Tensor:
    """The largest of the taps, the first one of equals."""
    return max_along(torch.stack([*_taps(input, window.kernel, window, size, -math.inf)], -1), -1)


@composition(pool._avg_pool)
def avg_pool(input: Tensor, window: Any, size: Shape, include: bool, divisor: int | None) -> Tensor:
    """The sum of the taps over their number; those of the border count if they are included."""
    total = _total(_taps(input, window.kernel, window, size))
    if divisor is not None:
        return total / divisor
    inside = torch.ones(input.shape[-len(size) :], dtype=input.dtype)
    if include:
        border = [each for p in reversed(window.padding) for each in (p, p)]
        inside = functional.pad(inside, border, value=1.0)
        window = window._replace(padding=(0,) * len(size))
    return total / _total(_taps(inside, window.kernel, window, size))


def _cuts(length: int, n: int) -> list[tuple[int, int]]:
    """The start and the length of n windows that cover a dimension evenly."""
    return [(k * length // n, -(-(k + 1) * length // n) - k * length // n) for k in range(n)]


@composition(pool._adaptive_avg_pool)
def adaptive_avg_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        means = [mean(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(means, dim)
    return input


@composition(pool._adaptive_max_pool)
def adaptive_max_pool(input: Tensor, size: Shape) -> Tensor:
    """Dimension by dimension."""
    for dim, n in enumerate(size, input.ndim - len(size)):
        largest = [max_along(input.narrow(dim, *cut), dim) for cut in _cuts(input.shape[dim], n)]
        input = torch.stack(largest, dim)
    return input


@composition(pool._max_unpool)
def max_unpool(input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    """Zeros, and the values at their places; one that is put on another takes its place."""
    lead = input.shape[: input.ndim - len(size)]
    flat = torch.zeros((*lead, math.prod(size)), dtype=input.dtype)
    return flat.scatter(-1, indices.reshape(*lead, -1), input.reshape(*lead, -1)).reshape(*lead, *size)


@composition(resample._upsample)
def upsample(input: Tensor, mode: str, size: Shape, scales: Any, align: bool) -> Tensor:
    """Dimension by dimension the elements around each place, weighted by how near they are."""
    xp, wide = array_module(input._array), input._array.dtype
    for dim, (n, scale) in enumerate(zip(size, scales, strict=True), input.ndim - len(size)):
        precise = wide if wide == "float64" and not mode.startswith("nearest") else xp.float32
        places, weights = resample._sources(xp, mode, input.shape[dim], n, scale, align, precise)
        column = (-1, *[1] * (input.ndim - dim - 1))
        parts = []
        for k in range(places.shape[1]):
            near = input.index_select(dim, torch.from_numpy(places[:, k].copy()))
            share = 1.0 if weights is None else torch.from_numpy(weights[:, k].astype(wide)).reshape(column)
            parts.append(near * share)
        input = _total(parts)
    return input


@composition(resample.pixel_shuffle)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    r = upscale_factor
    *lead, channels, height, width = input.shape
    parts = input.reshape(-1, channels // (r * r), r, r, height, width)
    return parts.permute(0, 1, 4, 2, 5, 3).reshape(*lead, channels // (r * r), height * r, width * r)


@composition(resample.pixel_unshuffle)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    r = downscale_factor
    *lead, channels, height, width = input.shape
    parts = input.reshape(-1, channels, height // r, r, width // r, r)
    return parts.permute(0, 1, 3, 5, 2, 4).reshape(*lead, channels * r * r, height // r, width // r)


@composition(resample.channel_shuffle)
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    return input.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


# --- normalisation ----------------------------------------------------------------------------------------------------


def _normalised(input: Tensor, dims: Sequence[int], eps: float) -> Tensor:
    """Less the mean over the dimensions, over the root of the variance."""
    gaps = input - mean(input, dims, True)
    return gaps / (mean(gaps * gaps, dims, True) + eps).sqrt()


def _affine(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Sequence[int]) -> Tensor:
    if weight is not None:
        out = out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


@composition(norm._batch_norm)
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """Each channel by its own statistics in training, else by the running ones."""
    channels = (1, -1, *[1] * (input.ndim - 2))
    if training:
        out = _normalised(input, [each for each in range(input.ndim) if each != 1], eps)
    else:
        assert running_mean is not None and running_var is not None
        out = (input - running_mean.reshape(channels)) / (running_var.reshape(channels) + eps).sqrt()
    return _affine(out, weight, bias, channels)


@composition(norm._layer_norm)
def layer_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, dims: int, eps: float) -> Tensor:
    """The last dimensions by their own statistics."""
    last = input.shape[input.ndim - dims :]
    return _affine(_normalised(input, [*range(-dims, 0)], eps), weight, bias, last)


@composition(norm._group_norm)
def group_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, num_groups: int, eps: float) -> Tensor:
    """Groups of channels by their own statistics."""
    groups = input.reshape(input.shape[0], num_groups, -1)
    out = _normalised(groups, [2], eps).reshape(input.shape)
    return _affine(out, weight, bias, (1, -1, *[1] * (input.ndim - 2)))


@composition(norm._rms_norm)
def rms_norm(input: Tensor, weight: Tensor | None, dims: int, eps: float) -> Tensor:
    """Over the root of the mean square."""
    out = input / (mean(input * input, [*range(-dims, 0)], True) + eps).sqrt()
    return _affine(out, weight, None, input.shape[input.ndim - dims :])


@composition(norm._neighbour_sum)
def neighbour_sum(input: Tensor, before: int, after: int) -> Tensor:
    """For each channel the sum of those around it."""
    channels = input.shape[1]
    around = [range(max(0, k - before), min(channels, k + after + 1)) for k in range(channels)]
    return torch.stack([_total(input.select(1, near) for near in each) for each in around], 1)


@composition(norm._weight_norm_interface)
def weight_norm_interface(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    others = [each for each in range(v.ndim) if each != dim]
    return v * (g / vector_norm(v, 2, others, True)) if others else v * (g / v.abs())


# --- rows and distances -----------------------------------------------------------------------------------------------


def _with_gradient(value: Tensor, share: Tensor) -> Tensor:
    """The value itself, whose gradient is multiplied by `share`."""
    return value * share + (value * (1 - share)).detach()


@composition(embedding._embedding)
def embedding_rows(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool) -> Tensor:
    """Rows by their indices. The padding's row gets no gradient, others perhaps a share by how often they occur."""
    share = indices.ne(padding_idx).to(weight.dtype).unsqueeze(-1)
    if scale_grad_by_freq and indices.numel():
        counts = indices.reshape(-1, 1).eq(indices.reshape(1, -1)).sum(1)
        share = share / counts.reshape(*indices.shape, 1).to(weight.dtype)
    return _with_gradient(weight[indices], share)


@composition(embedding._embedding_bag)
def embedding_bag(
    weight: Tensor, per_sample_weights: Tensor | None, indices: Tensor, bags: Any, mode: str, scale_grad_by_freq: bool
) -> Tensor:
    """For each bag the sum, the mean or the largest of its rows."""
    rows = embedding_rows(weight, indices, -1, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    nothing = torch.zeros(weight.shape[1], dtype=weight.dtype)
    out = []
    for bag in range(bags.number):
        own = [k for k, (each, kept) in enumerate(zip(bags.of, bags.kept, strict=True)) if each == bag and kept]
        parts = torch.stack([rows[k] for k in own]) if own else nothing.unsqueeze(0)
        out.append(max_along(parts, 0) if mode == "max" else parts.sum(0) / (len(parts) if mode == "mean" else 1))
    return torch.stack(out) if out else torch.zeros((0, weight.shape[1]), dtype=weight.dtype)


def _distance(gaps: Tensor, p: float) -> Tensor:
    """The p-norm along the last dimension; a vector of zeros has the gradient 0."""
    nothing = gaps.eq(0).all(-1, keepdim=True)
    lengths = vector_norm(torch.where(nothing, 1.0, gaps), p, -1)
    return torch.where(nothing.squeeze(-1), 0.0, lengths)


@composition(pairs._cdist)
def cdist(x1: Tensor, x2: Tensor, p: float, by_product: bool) -> Tensor:
    """The distances of all rows of one and all of the other."""
    return _distance(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@composition(pairs._pdist)
def pdist(input: Tensor, p: float) -> Tensor:
    """The distances of all pairs of rows."""
    first, second = zip(*itertools.combinations(range(len(input)), 2), strict=True) if len(input) > 1 else ((), ())
    left, right = (input[torch.tensor(each, dtype=torch.int64)] for each in (first, second))
    return _distance(left - right, p)


# --- sequences --------------------------------------------------------------------------------------------------------


@composition(rnn._rnn)
@composition(rnn._lstm)
@composition(rnn._gru)
def recurrent(tensors: Sequence[Tensor], walk: Any) -> tuple[Tensor, ...]:
    """The cell of torch's documentation, step by step: rnn_tanh_cell, rnn_relu_cell, lstm_cell or gru_cell."""
    return tuple(rnn.unroll(walk, dict(zip(walk.arrays, tensors, strict=True))))


# --- order ------------------------------------------------------------------------------------------------------------


@composition(sorting.sort)
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Tensor:
    """The places do not move with the elements: neither here nor below."""
    return _at(input, input.argsort(dim, descending, stable), dim, True)


@composition(sorting.topk)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Tensor:
    return _at(input, input.detach().topk(k, dim, largest, sorted).indices, dim, True)


@composition(sorting.kthvalue)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Tensor:
    return _at(input, input.detach().kthvalue(k, dim, keepdim).indices, dim, keepdim)


@composition(sorting._median)
def median(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that the median is."""
    return _at(input, input.detach().median(dim, keepdim).indices, dim, keepdim)


@composition(sorting._nanmedian)
def nanmedian(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """The element that the median of numbers is."""
    return _at(input, input.detach().nanmedian(dim, keepdim).indices, dim, keepdim)


@composition(sorting.mode)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Tensor:
    return _at(input, input.detach().mode(dim, keepdim).indices, dim, keepdim)


@composition(sorting._median_all)
def median_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The mean of those that equal it, which share the gradient."""
    return _shared(input, input.detach().median(), None, False)


@composition(sorting._nanmedian_all)
def nanmedian_all(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor:
    """The mean of the elements that equal the median of numbers, which share the gradient."""
    return _shared(input, input.detach().nanmedian(), None, False)
