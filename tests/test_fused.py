"""Every kernel that stands beside a formula computes what the formula says, and steps start as few as they may."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import nn
from minitorch.fused import Fused
from tests import standin, standin_kernels
from tests.fused_cases import RECURRENT, WINDOWS
from tests.standin import StandinArray
from tests.standin_kernels import Parameter

pytestmark = pytest.mark.skipif(not standin_kernels.available(), reason="no g++ that can compile kernels")


@pytest.fixture
def cupy() -> Iterator[Any]:
    """The stand-in in CuPy's place."""
    with standin.installed() as module:
        yield module


def found() -> dict[str, Fused]:
    """All Fused objects by where they are: in a module, in a dict there, or as the rule of an operation's argument."""
    kernels: dict[Fused, str] = {}
    inside: dict[Fused, str] = {}
    for info in pkgutil.walk_packages(minitorch.__path__, "minitorch."):
        if info.name.endswith("__main__") or ".lectures" in info.name:
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            place = f"{info.name.removeprefix('minitorch.')}.{name}"
            if isinstance(value, Fused) and value.plain.__module__ == info.name:
                kernels.setdefault(value, place)
            holder = value if isinstance(value, dict) else getattr(value, "rules", None)
            for key, each in holder.items() if isinstance(holder, dict) else ():
                if isinstance(each, Fused) and each.plain.__module__ == info.name:
                    inside.setdefault(each, f"{place}.{key}")
    return {place: kernel for kernel, place in (inside | kernels).items()}


FOUND = found()

# --- the cases --------------------------------------------------------------------------------------------------------

Draw = Callable[[Any, tuple[int, ...]], Any]
"""Draws the numbers of an array: a function of the random generator and the shape."""


def positive(rng: Any, shape: tuple[int, ...]) -> Any:
    """Such as means of squares are, and weights of averages."""
    return rng.uniform(0.5, 2.0, shape)


def share(rng: Any, shape: tuple[int, ...]) -> Any:
    """Between 0 and 1."""
    return rng.uniform(0.05, 0.95, shape)


def entropies(rng: Any, dtype: Any) -> tuple[Any, ...]:
    """Two classes in 3 items at 4 places each, with a share of each item."""
    logits = rng.standard_normal((3, 2, 4)).astype(dtype)
    highest = logits.max(axis=1, keepdims=True)
    powers = np.exp(logits - highest)
    target = rng.integers(0, 2, (3, 1, 4))
    shares = rng.uniform(0, 1, (3, 1, 4)).astype(dtype)
    losses = np.zeros(12, dtype)
    return logits, highest, powers.sum(axis=1, keepdims=True), target, shares, 2, 4, powers, losses


STEP = {"maximize": (False, True), "weight_decay": (0.0, 0.1)}
MEANS = STEP | {"shrink": (1.0, 0.9), "share": (0.1, 0.9), "square": positive}
CASES: dict[str, Any] = {
    "ops.activation._bent": {},
    "ops.activation._elu_curve": {"alpha": 1.5, "scale": 1.2, "input_scale": 0.8},
    "ops.activation._elu_rule": {"alpha": 1.5, "scale": 1.2, "input_scale": 0.8},
    "ops.activation._gelu": {},
    "ops.activation._gelu_by_tanh": {},
    "ops.activation._gelu_slope": {},
    "ops.activation._gelu_slope_by_tanh": {},
    "ops.activation._glu.second": {},
    "ops.activation._hardsigmoid": {},
    "ops.activation._hardswish": {},
    "ops.activation._less_log": {"total": positive},
    "ops.activation._less_shares": {},
    "ops.activation._logsigmoid": {},
    "ops.activation._mish": {},
    "ops.activation._powers": {},
    "ops.activation._shifted": {},
    "ops.activation._silu": {},
    "ops.activation._softplus": {"beta": (1.0, 0.5), "threshold": (20.0, 1.0)},
    "ops.activation.hardswish.input": {},
    "ops.activation.logsigmoid.input": {},
    "ops.activation.mish.input": {},
    "ops.activation.relu.input": {},
    "ops.activation.silu.input": {},
    "ops.activation.softplus.input": {"beta": (1.0, 0.5), "threshold": (20.0, 1.0)},
    "ops.exponentials._sigmoid": {},
    "ops.exponentials.sigmoid.input": {},
    "ops.class_loss._entropies": entropies,
    "ops.distance_loss._huber": {"delta": 0.8},
    "ops.distance_loss._huber_slope": {"delta": 0.8},
    "ops.binary_loss._less_tail": {},
    "ops.distance_loss._smooth_l1": {"beta": 0.8},
    "ops.distance_loss._smooth_l1_slope": {"beta": 0.8},
    "ops.binary_loss._two_classes": {"input": share, "target": share},
    "ops.binary_loss._two_classes_slope": {"input": share, "target": share},
    "ops.norm._adjoint": {"rstd": positive, "count": 7},
    "ops.norm._centred": {"count": 7},
    "ops.norm._follow": {"momentum": (0.1, 0.9)},
    "ops.norm._inverse_root": {"variance": positive, "eps": 0.01},
    "ops.norm._moved": {},
    "ops.norm._moments": {"squares": lambda rng, shape: rng.uniform(5.0, 9.0, shape), "count": 7, "eps": 0.01},
    "ops.norm._product": {},
    "ops.norm._rescale": {"count": 7},
    "ops.trigonometry.tanh.input": {},
    "optim.adadelta._change": STEP | {"rho": 0.8, "eps": 0.01, "square": positive, "steps": positive},
    "optim.adagrad._change": STEP | {"eps": 0.01, "total": positive},
    "optim.adam._adam": MEANS | {"beta2": 0.8, "eps": 0.01, "unbiased": 0.6},
    "optim.adam._amsgrad": MEANS | {"beta2": 0.8, "eps": 0.01, "unbiased": 0.6, "largest": positive},
    "optim.adamax._change": STEP | {"share": (0.1, 0.9), "beta2": 0.8, "eps": 0.01, "largest": positive},
    "optim.nadam._change": MEANS | {"beta2": 0.8, "eps": 0.01, "unbiased": 0.6},
    "optim.radam._change": MEANS | {"beta2": 0.8, "eps": 0.01, "unbiased": 0.6, "rectified": (False, True)},
    "optim.sgd._descend": STEP,
    "optim.sgd._roll": STEP | {"nesterov": (False, True), "first": (False, True), "share": (1.0, 0.7)},
} | {
    f"optim.rmsprop._CHANGES.{(centered, momentum)}": STEP
    | {
        "alpha": 0.8,
        "eps": 0.01,
        "centered": centered,
        "momentum": 0.5 * momentum,
        "square": lambda rng, shape: rng.uniform(15.0, 20.0, shape),
    }
    for centered in (False, True)
    for momentum in (False, True)
}
"""What each kernel is tried with, by its place.

A dict gives its parameters by their names: a number, several numbers to be tried each, or how an array is drawn. Arrays
that it leaves out are normal, bool arrays random, numbers 0.3. For a kernel with raw arrays stands a function of the
random generator and a dtype instead, which returns all arguments, and with `size` as its last the keyword's dict; a
list of such functions is tried one by one.
"""
CASES |= WINDOWS | RECURRENT


def test_every_kernel_has_a_case() -> None:
    assert set(CASES) == set(FOUND)


# --- trying them ------------------------------------------------------------------------------------------------------

TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-11}
SPECIAL = [math.nan, math.inf, 0.0, 1.0, 3.0, 6.0, 19.0, 21.0, 88.0, 200.0]
SPECIAL += [-each for each in SPECIAL]


def parameters(kernel: Fused) -> list[Parameter]:
    """The parameters that the formula takes: the inputs, and the outputs where it writes into them."""
    inputs = standin_kernels.parameters_of(kernel.inputs, True)
    outputs = standin_kernels.parameters_of(kernel.outputs, False)
    taken = inspect.signature(kernel.plain).parameters
    return inputs + (outputs if len(taken) > len(inputs) + 1 else [])


def numbers(kernel: Fused, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the parameters that are numbers are tried with: each by itself, and the first ones of the others."""
    first = {}
    several = {}
    for each in parameters(kernel):
        given = case.get(each.name, 0.3)
        if each.letter is None and each.dtype is not None and not callable(given):
            if each.dtype.kind == "b" and each.name not in case:
                continue  # an array of them
            several[each.name] = given if isinstance(given, tuple) else (given,)
            first[each.name] = several[each.name][0]
    yield first
    for name, values in several.items():
        for value in values[1:]:
            yield first | {name: value}


def arguments(kernel: Fused, case: dict[str, Any], fixed: dict[str, Any], dtype: str, make: Callable[..., Any]) -> list:
    """The arguments: `make` gives the arrays, by how they are drawn and whether one is an output."""
    made: list[Any] = []
    for each in parameters(kernel):
        if each.name in fixed:
            made.append(fixed[each.name])
            continue
        draw = case.get(each.name, lambda rng, shape: rng.standard_normal(shape) * 2)
        array = np.asarray(make(draw, each.is_input))
        is_bool = each.dtype is not None and each.dtype.kind == "b"
        made.append(np.asarray(array > 0) if is_bool else array.astype(dtype, copy=False))
    return made


def run(kernel: Fused, xp: Any, args: list[Any], size: dict[str, int]) -> list[Any]:
    """What the formula returns, or has written into the arguments."""
    result = kernel(xp, *args, **size) if xp is not np else kernel.plain(np, *args)
    if result is None:
        return args[-len(standin_kernels.parameters_of(kernel.outputs, False)) :]
    return list(result) if isinstance(result, tuple) else [result]


def compare(kernel: Fused, xp: Any, args: list[Any], tolerance: float, exact: bool = True, **size: int) -> None:
    """The kernel against the formula; in float64, if that is not `exact` enough, where nothing overflows."""

    def wide(each: Any) -> Any:
        if not isinstance(each, np.ndarray):
            return each
        return each.astype("float64") if exact and each.dtype.kind == "f" else each.copy()

    expected = run(kernel, np, [wide(each) for each in args], size)
    own = [StandinArray(each.copy("K")) if isinstance(each, np.ndarray) else each for each in args]
    for got, each in zip(run(kernel, xp, own, size), expected, strict=True):
        assert isinstance(got, StandinArray)
        assert got.shape == np.shape(each)
        if got.dtype.kind == "f":
            np.testing.assert_allclose(got.memory.astype("f8"), each, tolerance, tolerance, err_msg=kernel.name)
        else:
            np.testing.assert_array_equal(got.memory, each, err_msg=kernel.name)


def cases(raw: bool) -> list[Any]:
    return [
        pytest.param(FOUND[name], case, id=name)
        for name, case in CASES.items()
        if name in FOUND and isinstance(case, dict) != raw
    ]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("kernel", "case"), cases(raw=False))
def test_a_kernel_computes_its_formula(kernel: Fused, case: dict[str, Any], dtype: str, cupy: Any) -> None:
    rng = np.random.default_rng(0)

    def tried(make: Callable[..., Any], fixed: dict[str, Any]) -> None:
        compare(kernel, cupy, arguments(kernel, case, fixed, dtype, make), TOLERANCE[dtype])

    for fixed in numbers(kernel, case):
        tried(lambda draw, _: draw(rng, (3, 5)), fixed)
    for shape in ((), (0,), (2, 0, 3), (1,), (2, 3, 4)):
        tried(lambda draw, _, shape=shape: draw(rng, shape), fixed)
    # Rows of another array, columns first, and inputs that are broadcast.
    tried(lambda draw, _: draw(rng, (8, 3))[::2].T, fixed)
    tried(lambda draw, is_input: draw(rng, (3, 1) if is_input and rng.random() < 0.5 else (3, 4)), fixed)


UNLIKE = {
    "ops.activation._bent": "inf times a mask's 0 is nan in the formula",
    "ops.activation._elu_rule": "inf times a mask's 0 is nan in the formula",
    "ops.activation.relu": "inf times a mask's 0 is nan in the formula",
    "ops.norm": "of numbers near each other",
    "ops.class_loss._entropies": "of classes",
}
"""Whose formulas say something else of infinite numbers; `tests/test_standin.py` compares some of these with torch."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("kernel", "case"), [each for each in cases(raw=False) if not str(each.id).startswith(tuple(UNLIKE))]
)
def test_a_kernel_has_the_formulas_corners(kernel: Fused, case: dict[str, Any], dtype: str, cupy: Any) -> None:
    special = np.array(SPECIAL)
    for fixed in numbers(kernel, case):
        for chosen in range(len(parameters(kernel))):
            places = iter(range(len(parameters(kernel))))

            def make(draw: Draw, _: bool, chosen: int = chosen, places: Iterator[int] = places) -> Any:
                return special if next(places) == chosen else draw(np.random.default_rng(0), special.shape)

            args = arguments(kernel, case, fixed, dtype, make)
            compare(kernel, cupy, args, 1e-4 if dtype == "float32" else 1e-10, exact=False)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("kernel", "case"), cases(raw=True))
def test_a_kernel_with_raw_arrays_computes_its_formula(kernel: Fused, case: Any, dtype: str, cupy: Any) -> None:
    for draw in case if isinstance(case, list) else [case]:
        *args, last = draw(np.random.default_rng(0), dtype)
        size = last if isinstance(last, dict) else {}
        compare(kernel, cupy, args if size else [*args, last], TOLERANCE[dtype], **size)


def test_a_wrong_kernel_is_noticed(cupy: Any) -> None:
    """The comparison can fail."""
    right = FOUND["ops.activation._silu"]
    wrong = Fused(right.plain, right.inputs, right.outputs, "out = real(input) / (real(1.0005) + exp(-real(input)))")
    args = [np.linspace(-2, 2, 9).astype("float32")]
    compare(right, cupy, args, TOLERANCE["float32"])
    with pytest.raises(AssertionError, match="silu"):
        compare(wrong, cupy, args, TOLERANCE["float32"])


def test_without_kernels_the_formula_runs(cupy: Any) -> None:
    silu = FOUND["ops.activation._silu"]
    args = [StandinArray(np.linspace(-2, 2, 9))]
    own = silu(cupy, *args)
    del cupy.ElementwiseKernel
    kernels = standin.launches()
    np.testing.assert_allclose(silu(cupy, *args).memory, own.memory)
    assert standin.launches() == kernels + 4
    np.testing.assert_array_equal(silu.over(np)(args[0].memory), silu.plain(np, args[0].memory))


# --- what steps start -------------------------------------------------------------------------------------------------


def started(action: Callable[[], Any]) -> int:
    """How many kernels an action starts; it does not wait for any of them."""
    kernels, waits = standin.launches(), standin.waits()
    action()
    assert standin.waits() == waits
    return standin.launches() - kernels


OPTIMIZERS = {
    "SGD": {},
    "SGD with momentum": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    "Adam": {"amsgrad": True, "maximize": True},
    "AdamW": {},
    "Adamax": {},
    "NAdam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "RAdam": {},
    "Adagrad": {"lr_decay": 0.1},
    "Adadelta": {},
    "RMSprop": {"centered": True, "momentum": 0.9},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_starts_one_kernel_a_parameter(name: str, cupy: Any) -> None:
    params = [nn.Parameter(minitorch.ones(shape, device="cuda")) for shape in ((3, 4), (4,), ())]
    optimizer = getattr(minitorch.optim, name.partition(" ")[0])(params, lr=0.1, **OPTIMIZERS[name])
    for param in params:
        param.grad = minitorch.ones_like(param)
    optimizer.step()
    assert started(optimizer.step) == len(params)


CURVES = "celu elu gelu hardswish logsigmoid mish relu selu sigmoid silu softplus tanh".split()


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_starts_one_kernel_each_way(name: str, cupy: Any) -> None:
    x = minitorch.randn(4, 5, device="cuda", requires_grad=True)
    g = minitorch.ones(4, 5, device="cuda")
    function = getattr(nn.functional, name)
    assert started(lambda: function(x)) == 1
    y = function(x)
    assert started(lambda: y.backward(g)) == 1


def test_what_norms_and_losses_start(cupy: Any) -> None:
    x = minitorch.randn(4, 6, 5, device="cuda", requires_grad=True)
    norm = nn.BatchNorm1d(6).to("cuda").train()
    assert started(lambda: norm(x)) <= 13
    y = norm(x)
    g = minitorch.ones_like(y)
    assert started(lambda: y.backward(g)) <= 11
    target = minitorch.zeros(4, 5, dtype=minitorch.int64, device="cuda")
    kernels, waits = standin.launches(), standin.waits()
    nn.functional.cross_entropy(x, target)
    assert standin.launches() - kernels <= 7 and standin.waits() - waits == 1  # for the largest of the targets


@pytest.mark.parametrize("dtype", ["int64", "uint8"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
def test_entropies_are_those_of_the_cpu(dtype: str, reduction: str, weighted: bool, cupy: Any) -> None:
    """With and without weights and ignored items, of one dimension to three."""
    rng = np.random.default_rng(0)
    for shape, floats in (((5,), "float32"), ((6, 5), "float16"), ((2, 5, 3), "float64"), ((0, 5), "float32")):
        logits, weight = rng.standard_normal(shape).astype(floats), rng.uniform(1, 2, 5).astype(floats)
        items = shape[:1] + shape[2:] if len(shape) > 1 else ()
        target = rng.integers(0, 5, items).astype(dtype if len(shape) < 3 else "int64")
        for ignored in (-100, 2, 77):
            if ignored == 77 and items and target.size:
                target[0] = 77
            told = []
            for place in ("cpu", "cuda"):
                x = minitorch.tensor(logits, device=place, requires_grad=True)
                w = minitorch.tensor(weight, device=place) if weighted else None
                t = minitorch.tensor(target, device=place)
                loss = nn.functional.cross_entropy(x, t, w, ignore_index=ignored, reduction=reduction)
                loss.sum().backward()
                assert x.grad is not None
                told.append([each.detach().cpu().numpy() for each in (loss, x.grad)])
            for own, other in zip(*told, strict=True):
                assert own.dtype == other.dtype
                np.testing.assert_allclose(own, other, TOLERANCE[floats], TOLERANCE[floats])
