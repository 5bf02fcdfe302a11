"""Normalisation."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec, each
from parity.strategies import FLOATS, Call, Domain, Draw, Input, between
from parity.tolerance import Looser

F = "nn.functional."
EPS = (1e-5, 0.1)

# A group of equal values has variance 0: next to it the result's derivative is 300, and rounding shows.
SPREAD = Domain("numbers that differ", low=-4.0, high=4.0)
FINITE = between(-4.0, 4.0, "finite: a mean of infinities is nan in every element", 0.0, 1.0)
ROUNDED = Looser(200, "torch multiplies before it subtracts the mean: of one value it leaves what was rounded")
DIVIDED = Looser(30, "1 / deviation of a group of nearly equal values is up to 300, which magnifies rounding")


def weights(d: Draw, shape: tuple[int, ...], dtype: str | None = None) -> Input:
    """A weight or bias; when errors are tried, perhaps of a wrong shape."""
    made = d.tensor((*shape[:-1], shape[-1] + 1) if d.fault() else shape, dtype=dtype)
    made.layout = "plain"  # torch's gradient of a batch norm takes the elements in between for weights
    return made


def affine(d: Draw, shape: tuple[int, ...], dtype: str, bias_alone: bool = True) -> Call:
    """Perhaps a weight, perhaps a bias, of the input's dtype."""
    call = Call()
    if d.flag():
        call += Call(weight=weights(d, shape, dtype))
        bias_alone = True
    if bias_alone and d.flag():
        call += Call(bias=weights(d, shape, dtype))
    return call


def differentiated(d: Draw, shape: tuple[int, ...]) -> Input:
    """An input that wants a gradient if any tensor does: without, torch leaves some second derivatives out."""
    input = d.tensor(shape)
    input.requires_grad = d.mode == "gradient"
    return input


def channels(d: Draw, spatial: bool = False) -> Input:
    """(N, C) or (N, C, ...)."""
    d.mixed = False
    # Of a transposed gradient with sides of 1 torch takes the wrong elements: it reads it as channels last.
    side = 2 if d.mode == "gradient" else 1
    return differentiated(d, d.shape(min_dims=3 if spatial else 2, max_dims=5, min_side=side, max_side=3))


def statistics(d: Draw, count: int, dtype: str) -> list[Input]:
    """A running mean and a running variance."""
    made = [d.given(values, False, dtype) for values in (d.rng.normal(size=count), d.rng.uniform(0.5, 2.0, count))]
    for one in made:
        one.layout = "plain"  # see weights
    return made


def batch(d: Draw) -> Call:
    """Training with or without running statistics, or evaluation with them."""
    input = channels(d)
    training = d.flag()
    own = input.dtype if input.dtype in FLOATS else "float32"
    running: list[Any] = [None, None]
    if not training or d.flag():
        running = statistics(d, input.shape[1] + (1 if d.fault() else 0), own)
    if d.fault():
        running[d.pick(0, 1)] = None
    call = Call(input, *running) + affine(d, input.shape[1:2], own) + Call(training=training)
    return call + d.some(momentum=(0.3, 0.0, 1.0), eps=EPS)


def whole_batch(d: Draw) -> Call:
    """As `batch`, in the order of torch.batch_norm."""
    input = channels(d)
    own = input.dtype if input.dtype in FLOATS else "float32"
    parameters = [weights(d, input.shape[1:2], own), weights(d, input.shape[1:2], own)]
    return Call(input, *parameters, *statistics(d, input.shape[1], own), d.flag(), 0.2, 1e-3, False)


def instance(d: Draw) -> Call:
    """With its own statistics or with running ones."""
    input = channels(d, spatial=True)
    own = input.dtype if input.dtype in FLOATS else "float32"
    call = affine(d, input.shape[1:2], own) + d.some(eps=EPS)
    if d.flag():
        return Call(input, *statistics(d, input.shape[1], own), use_input_stats=d.flag(), momentum=0.3) + call
    return Call(input) + call + (Call(use_input_stats=False) if d.fault() else Call())


def whole_instance(d: Draw) -> Call:
    """As `instance`, in the order of torch.instance_norm."""
    input = channels(d)
    own = input.dtype if input.dtype in FLOATS else "float32"
    parameters = [weights(d, input.shape[1:2], own), weights(d, input.shape[1:2], own)]
    return Call(input, *parameters, *statistics(d, input.shape[1], own), d.flag(), 0.2, 1e-3, False)


def last_dims(d: Draw, bias: bool = True) -> Call:
    """An input and some of its last dimensions; when errors are tried, others."""
    d.mixed = False
    shape = d.shape(min_dims=1, max_dims=4, min_side=1)
    input = differentiated(d, (shape[0] * d.pick(1, 1, 4), *shape[1:]))
    normalized = input.shape[-d.integer(1, input.ndim) :]
    if d.fault():
        normalized = d.pick((), (*normalized, 2), (normalized[0] + 1, *normalized[1:]))
    own = input.dtype if input.dtype in FLOATS else "float32"
    call = Call(input, list(normalized) if d.flag() else normalized)
    if d.flag() and normalized:
        call += Call(weight=weights(d, normalized, own))
    if bias and d.flag() and normalized:
        call += Call(bias=weights(d, normalized, own))
    return call + d.some(eps=EPS)


def groups(d: Draw) -> Call:
    """Channels and a number of groups that divides them, or does not."""
    d.mixed = False
    count, size = d.integer(1, 3), d.integer(1, 3)
    input = differentiated(d, (d.integer(1, 3), count * size, *d.shape(max_dims=3, min_side=1, max_side=3)))
    own = input.dtype if input.dtype in FLOATS else "float32"
    number = count + d.pick(1, -count - 1) if d.fault() else count
    # The second derivative with a bias, but no weight, fails in torch.
    return Call(input, number) + affine(d, input.shape[1:2], own, d.mode != "gradient") + d.some(eps=EPS)


def neighbours(d: Draw) -> Call:
    """Channels and how many of them count, perhaps more than there are."""
    input = d.tensor(d.shape(min_dims=2 if d.fault() else 3, max_dims=5, max_side=5))
    input.layout = "plain"  # torch takes no other of five dimensions
    size = d.pick(0, -1) if d.fault() else d.integer(1, 7)
    return Call(input, size) + d.some(alpha=(0.5, 1e-4), beta=(0.5, 2.0), k=(2.0, 1.0))


def lengths(d: Draw) -> Call:
    """A weight, and perhaps an order and a dimension."""
    input = d.tensor(d.shape(min_dims=1, min_side=1))
    return Call(input) + d.some(pow=(1, 2, 3)) + d.pick(Call(), Call(dim=d.dim(input.ndim)))


SPECS = [
    Spec("norm_except_dim", call=lengths, domain=FINITE, grad=SPREAD),
    *each(F + "batch_norm", Spec("", call=batch, domain=FINITE, grad=SPREAD, looser=DIVIDED)),
    *each("batch_norm", Spec("", call=whole_batch, domain=FINITE, grad=SPREAD, looser=DIVIDED)),
    *each(F + "instance_norm", Spec("", call=instance, domain=FINITE, grad=SPREAD, looser=DIVIDED)),
    *each("instance_norm", Spec("", call=whole_instance, domain=FINITE, grad=SPREAD, looser=DIVIDED)),
    *each(f"layer_norm {F}layer_norm", Spec("", call=last_dims, domain=FINITE, grad=SPREAD, looser=ROUNDED)),
    *each(f"group_norm {F}group_norm", Spec("", call=groups, domain=FINITE, grad=SPREAD, looser=ROUNDED)),
    *each(f"rms_norm {F}rms_norm",
          Spec("", call=lambda d: last_dims(d, bias=False), domain=FINITE, grad=SPREAD, looser=DIVIDED)),
    Spec(F + "local_response_norm", call=neighbours, domain=FINITE,
         extends="torch's average pooling has no kernel for float16 and integers in three dimensions"),
]  # fmt: skip
