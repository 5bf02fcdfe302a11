"""study.check: the ways agree, faults that are planted are found, and each composition is its operation."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import math
import pkgutil
import random
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import minitorch as torch
import minitorch.nn.functional as F
import minitorch.ops
import parity.specs
from minitorch import nn, study
from minitorch.autograd.engine import grad
from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.ops import activation, arithmetic, class_loss, norm
from minitorch.study.check import subject
from minitorch.study.check.compare import compared, compared_value
from minitorch.study.check.composing import Composer, composing
from minitorch.study.check.compositions import (
    COMPOSITIONS,
    PRIMITIVES,
    WITHOUT,
    NoCompositionError,
    composition,
    decompositions,
    key,
    text,
)
from minitorch.study.check.results import TOLERANCES
from minitorch.study.check.subject import _tensors_in
from parity.strategies import TAPE, Draw, Input, Name, transform
from parity.subject import collect

check = study.check


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch is left out: what it costs to import it is not what these tests are about."""
    monkeypatch.setattr(subject, "installed_torch", lambda: (None, "it is left out"))


def numbers(*shape: int, seed: int = 0, dtype: str = "float32") -> torch.Tensor:
    return torch.from_numpy(np.asarray(np.random.default_rng(seed).uniform(-2, 2, shape), dtype))


# --- compositions -----------------------------------------------------------------------------------------------------


def operations() -> dict[str, Any]:
    """Every operation of the engine."""
    found = {}
    for each in pkgutil.iter_modules(minitorch.ops.__path__):
        file = importlib.import_module(f"minitorch.ops.{each.name}")
        for value in vars(file).values():
            if hasattr(value, "kernel") and hasattr(value, "rules") and value.__module__ == file.__name__:
                found[key(value)] = value
    return found


def test_every_operation_with_a_gradient_is_a_primitive_or_composed_or_it_is_said_why_not() -> None:
    with_rules = {name for name, value in operations().items() if value.rules}
    known = [*COMPOSITIONS, *PRIMITIVES, *WITHOUT]
    assert with_rules - set(known) == set(), (
        "give these a composition, or say in compositions/registry.py why there is none"
    )
    assert set(known) - set(operations()) == set()
    assert len(known) == len(set(known)), "in two lists"


@pytest.mark.parametrize("name", sorted(COMPOSITIONS))
def test_a_composition_takes_the_arguments_of_its_operation(name: str) -> None:
    assert tuple(inspect.signature(COMPOSITIONS[name]).parameters) == operations()[name].parameters
    assert COMPOSITIONS[name].__doc__


def found(path: str) -> Any:
    value: Any = torch
    for part in path.split("."):
        value = getattr(value, part, None)
    return value or getattr(torch.Tensor, path, None)


def copied(value: Any) -> Any:
    """Copies of the tensors: in-place forms may not write to leaves."""
    return transform(value, lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf)


def composed_as_it_is(
    function: Any, args: Any, kwargs: Any, leaves: Sequence[torch.Tensor], seed: int = 0, may_refuse: bool = False
) -> set[str]:
    """Compares every composition that a call meets with its operation: values and gradients. Returns their names."""

    def gradients() -> Any:
        torch.manual_seed(seed)
        own_args, own_kwargs = copied((args, kwargs))
        outs = [each for _, each in _tensors_in(function(*own_args, **own_kwargs)) if each.requires_grad]
        draw = np.random.default_rng(seed)
        seeds = [torch.from_numpy(np.asarray(draw.uniform(0.5, 1.5, each.shape))).to(each.dtype) for each in outs]
        return grad(outs, leaves, seeds, allow_unused=True) if outs else ()

    try:
        by_rule = gradients()
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        assert may_refuse
        return set()
    composer = Composer()
    with composing(composer):
        composed = gradients()
    for name, value, own in composer.values:
        pair = compared_value("composed", name, value, own)
        assert pair.ok, str(pair)
    if composer.composed:
        for leaf, a, b in zip(leaves, by_rule, composed, strict=True):
            arrays = [np.zeros(leaf.shape) if each is None else each.numpy() for each in (a, b)]
            pair = compared("rule", "composed", *arrays, TOLERANCES["float64"], 0.1)
            assert pair is None or pair.ok, f"{[*composer.composed]}: {pair}"
    return {key(each) for each in composer.composed.values()}


def tried(spec: Any, tape: bytes) -> set[str]:
    """The compositions that an example of a spec meets, each compared; none if the operation refuses it."""
    function = found(spec.name)
    d = Draw(tape, "gradient", ("float64",), spec.domains("gradient"), spec.drawn_dtypes("forward"))
    call = spec.draw(d)
    tensors = {id(each): torch.from_numpy(each.array.copy()) for each in call.inputs()}
    leaves = []
    for each in call.inputs():
        if each.requires_grad and each.array.dtype.kind == "f" and each.array.size:
            leaves.append(tensors[id(each)].requires_grad_())
    if not callable(function) or not leaves:
        return set()

    def made(leaf: Any) -> Any:
        return tensors[id(leaf)] if isinstance(leaf, Input) else found(leaf.path) if isinstance(leaf, Name) else leaf

    args, kwargs = transform((call.args, call.kwargs), made)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return composed_as_it_is(function, args, kwargs, leaves, d.seed % 1000, may_refuse=True)


SPECS = collect(parity.specs, "SPECS")


@settings(max_examples=4)
@given(TAPE)
def test_compositions_are_their_operations_on_what_students_call(tape: bytes) -> None:
    for spec in SPECS:
        if spec.name.startswith("nn.functional."):
            tried(spec, tape)


def test_every_composition_is_its_operation() -> None:
    draw = random.Random(7)
    seen: set[str] = set()
    for spec in SPECS:
        times = 0
        for _ in range(8):
            met = tried(spec, draw.randbytes(64))
            seen |= met
            times += bool(met)
            if times == 2:
                break
    x, y = numbers(3, 4, dtype="float64").requires_grad_(), numbers(3, 4, seed=1, dtype="float64").requires_grad_()
    image = torch.rand(1, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    calls: list[tuple[Callable[..., Any], Any, list[torch.Tensor]]] = [
        (arithmetic._div_floor, (x, y), [x, y]),
        (arithmetic._div_trunc, (x, y), [x, y]),
        (activation.rrelu_with_noise, (x, y), [x]),
        (norm._weight_norm_interface, (x, y[:, :1], 0), [x, y]),
        (F.glu, (x, 1), [x]),
        (class_loss.mean_over, (x, 3), [x]),
        (functools.partial(F.interpolate, size=[2, 5], mode="bicubic", antialias=True), (image,), [image]),
        *[(getattr(torch, name), (x, 1), [x]) for name in ("max", "min", "median", "nanmedian", "mode")],
        *[(getattr(torch, name), (x,), [x]) for name in ("max", "min", "median", "nanmedian", "trace", "std")],
    ]
    for function, args, leaves in calls:
        seen |= composed_as_it_is(function, args, {}, leaves)
    refused = {"arithmetic.floor_divide", "arithmetic.remainder_of_number"}  # by rules that raise, as torch's do
    assert set(COMPOSITIONS) - seen == refused


def test_a_composition_of_ones_own(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    @op
    def cube(xp: Any, input: Array) -> Array:
        """`input ** 3`."""
        return input * input * input

    cube.grad(input=lambda xp, g, input: g * 3 * input * input)
    found = check(cube, numbers(3))
    assert "composed: cube is not: none is registered" in str(found)
    monkeypatch.setitem(COMPOSITIONS, key(cube), None)  # so that it is taken out again

    @composition(cube)
    def cube_by_hand(input: Any) -> Any:
        """Twice multiplied."""
        return input * input * input

    found = check(cube, numbers(3))
    assert found.ok and found.inputs[0].ways["composed"] is not None
    assert text(cube) == "def cube_by_hand(input: Any) -> Any:\n    return input * input * input"
    assert "cube, input: g * 3 * input * input" in found.rules


# --- agreement --------------------------------------------------------------------------------------------------------


def test_four_ways_agree_and_the_table_shows_them() -> None:
    found = check(F.gelu, numbers(3, 4), approximate="tanh")
    assert found.ok and bool(found) and found.failures == []
    own = found["input"]
    for way in ("rule", "composed", "differences", "torch"):
        np.testing.assert_allclose(own.ways[way], own.ways["rule"], rtol=1e-4, atol=1e-5)
    assert len(own.pairs) == 6
    shown = str(found)
    for part in (
        "gelu: all ways agree",
        "input, float32 (3, 4): agree within 0.0001 of each element + 1e-05 of the largest",
        "rule - differences",
        "composed - torch",
        "element  rule",
        "gelu, input: ",
        "def gelu(input: Tensor, approximate",
    ):
        assert part in shown
    assert all(line.isprintable() for line in shown.splitlines())
    page = found._repr_html_()
    assert page.count("<table>") == 3 and "<pre>def gelu" in page and "-&gt; Tensor" in page
    with pytest.raises(KeyError, match="weight: expected one of input"):
        found["weight"]


def test_torch_gets_the_same_call() -> None:
    found = check(torch.sum, numbers(2, 3), 1, dtype=torch.float64)
    assert found.ok and found["input"].ways["torch"] is not None
    assert check(torch.Tensor.exp, numbers(2)).inputs[0].ways["torch"] is not None
    assert check(torch.special.expit, numbers(2)).inputs[0].ways["torch"] is not None
    assert check(F.dropout, numbers(4, 5), 0.5, seed=3).inputs[0].ways["torch"] is not None
    refused = check(F.soft_margin_loss, 200 * numbers(3), torch.tensor([1, -1, 1]), limit=3)
    assert refused["input"].ways["torch"] is not None


def test_float64_is_compared_more_closely(alone: None) -> None:
    found = check(torch.tanh, numbers(5, dtype="float64"))
    assert found.ok and found.inputs[0].dtype == "float64"
    assert max(pair.relative for pair in found.inputs[0].pairs) < 1e-9


def test_anything_made_of_operations(alone: None) -> None:
    x, w = numbers(3, 4), numbers(2, 4, seed=1)
    found = check(lambda x, w: F.log_softmax(F.linear(x, w), 1).sum(), x, w)
    assert found.ok and [each.name for each in found.inputs] == ["x", "w"]
    assert len(found.compositions) == 2
    assert check(torch.Tensor.relu_, x).ok and x.equal(numbers(3, 4))  # worked on copies
    assert check(torch.relu, x.half()).ok
    assert [each.name for each in check(torch.cat, [x, x.clone()], dim=1).inputs] == ["tensors[0]", "tensors[1]"]
    for function in (torch.add, torch.matmul):
        again = check(function, x, x.T if function is torch.matmul else x)
        assert again.ok and "is a primitive" in str(again) or "made of primitives" in str(again)


def test_modules_with_their_parameters(alone: None) -> None:
    layer = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Tanh())
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    found = check(layer, numbers(5, 4))
    assert found.ok
    assert [each.name for each in found.inputs] == ["input", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert all(value.equal(before[name]) for name, value in layer.state_dict().items())
    assert all(parameter.grad is None for parameter in layer.parameters())
    words = nn.Sequential(nn.Embedding(4, 3), nn.BatchNorm1d(3))
    found = check(words, torch.tensor([0, 1, 3]))
    assert found.ok and [each.name for each in found.inputs] == ["0.weight", "1.weight", "1.bias"]
    found = check(nn.LSTM(2, 3), numbers(4, 1, 2), limit=4)
    assert found.ok and "def recurrent" in found.compositions[0]
    assert "by 4 of the 24 elements of weight_ih_l0" in str(found)


def test_several_results_each_have_an_upstream_gradient(alone: None) -> None:
    found = check(torch.var_mean, numbers(3, 4), dim=1)
    assert found.ok
    ones = [torch.ones(3), torch.zeros(3)]
    alone_var = check(torch.var_mean, numbers(3, 4), dim=1, upstream=ones)
    expected = check(torch.var, numbers(3, 4), dim=1, upstream=torch.ones(3))
    np.testing.assert_allclose(alone_var["input"].ways["rule"], expected["input"].ways["rule"], rtol=1e-6)
    assert check(torch.exp, numbers(2), upstream=[0.5, 2.0], order=2).ok
    assert check(torch.sort, numbers(3, 4)).ok and check(torch.max, numbers(3, 4), 1).ok


def test_only_what_requires_grad_if_anything_does(alone: None) -> None:
    found = check(torch.mul, numbers(3).requires_grad_(), numbers(3))
    assert [each.name for each in found.inputs] == ["input"]
    found = check(F.batch_norm, numbers(4, 3), torch.zeros(3), torch.ones(3), training=True)
    assert [each.name for each in found.inputs] == ["input"] and "running_mean: left out" in str(found)
    with pytest.raises(RuntimeError, match="not differentiable with respect to argument 'running_mean'"):
        check(F.batch_norm, numbers(4, 3), torch.zeros(3).requires_grad_(), torch.ones(3), training=True)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (F.gelu, (numbers(3, 2),)),
        (F.cross_entropy, (numbers(3, 4), torch.tensor([0, 3, 1]))),
        (F.layer_norm, (numbers(3, 4), (4,))),
        (F.scaled_dot_product_attention, (numbers(2, 3), numbers(2, 3, seed=1), numbers(2, 3, seed=2))),
        (F.conv1d, (numbers(1, 2, 5), numbers(2, 2, 3, seed=1))),
        (torch.mul, (numbers(3), numbers(2, 1))),
        (torch.Tensor.mul_, (numbers(2, 3), numbers(2, 1))),
    ],
)
def test_second_order(alone: None, function: Any, args: Any) -> None:
    found = check(function, *args, order=2, limit=20)
    assert found.ok, found
    assert found.first is not None and found.first.order == 1 and found.inputs[-1].name == "upstream gradient"
    assert "the gradient of the gradient of" in str(found) and "the gradient of the gradient of" in found._repr_html_()


def test_second_order_in_torch() -> None:
    found = check(torch.sigmoid, numbers(3), order=2)
    assert found.ok and found["input"].ways["torch"] is not None


# --- planted faults ---------------------------------------------------------------------------------------------------


def faulty(rule: Any, **rules: Any) -> Any:
    """A product with a wrong gradient rule."""

    @op
    def product(xp: Any, input: Array, other: Array) -> Array:
        """`input * other`."""
        return input * other

    product.grad(input=rule, other=lambda xp, g, input: g * input)
    return product


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rule_that_is_half_a_thousandth_off(alone: None, dtype: str) -> None:
    product = faulty(lambda xp, g, other: g * other * 1.0005)
    found = check(product, numbers(3, dtype=dtype), numbers(3, seed=1, dtype=dtype))
    assert not found.ok and found["other"].ok and not found["input"].ok
    (failure,) = found.failures
    assert failure.startswith("input: rule and differences differ by ")
    worst = int(np.argmax(np.abs(found["input"].ways["rule"])))
    assert f"at [{worst}]: " in failure
    assert "product: NOT OK" in str(found) and "WRONG" in str(found) and "NOT OK" in found._repr_html_()


def test_a_rule_that_is_off_in_one_element(alone: None) -> None:
    product = faulty(lambda xp, g, other: g * other + (xp.arange(other.size) == 2).reshape(other.shape) * 1e-3)
    found = check(product, numbers(2, 3), numbers(2, 3, seed=1))
    assert [pair.worst for pair in found["input"].pairs] == [(0, 2)]


def test_a_rule_that_forgets_broadcasting(alone: None) -> None:
    product = faulty(lambda xp, g, other: (g * other)[0])
    assert check(product, numbers(4), numbers(1, 4, seed=1)).ok
    found = check(product, numbers(4), numbers(3, 4, seed=1))
    assert not found.ok and found.failures[0].startswith("input: rule and differences")


def test_a_missing_rule(alone: None) -> None:
    @op
    def product(xp: Any, input: Array, other: Array) -> Array:
        """`input * other`."""
        return input * other

    product.grad(input=lambda xp, g, other: g * other)
    found = check(product, numbers(3), numbers(3, seed=1))
    assert found["input"].ok and not found["other"].ok
    assert not found["other"].ways["rule"].any()


def test_a_wrong_composition_is_not_proof(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMPOSITIONS, "activation.silu", lambda input: input / (1 + (-1.001 * input).exp()))
    found = check(F.silu, numbers(3))
    assert not found.ok
    assert found.failures[0].startswith("value: silu and composed differ by ")
    assert "input: rule and composed differ" in "\n".join(found.failures)
    assert not any("rule and differences" in each for each in found.failures)


def test_a_wrong_second_derivative(alone: None) -> None:
    @op
    def cube(xp: Any, input: Array) -> Array:
        """`input ** 3`."""
        return input * input * input

    def rule(xp: Any, g: Any, input: Any) -> Any:
        return g * 3 * input * (input.detach() if isinstance(input, torch.Tensor) else input)

    cube.grad(input=rule)
    assert check(cube, numbers(3)).ok
    found = check(cube, numbers(3), order=2)
    assert not found.ok and found.first is not None and found.first.ok
    assert found.failures[0].startswith("the gradient's gradient, input: rule and differences")


class Square(torch.autograd.Function):
    factor = 2.0

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return Square.factor * x * g


class Apart(torch.autograd.Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return x.exp()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0]


def test_a_function_with_a_backward_of_its_own(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = check(Square.apply, numbers(3))
    assert found.ok and found.name == "Square.apply" and found["x"].ways["composed"] is not None
    assert "return Square.factor * x * g" in found.rules[0] and "return x * x" in found.compositions[0]
    assert check(Apart.apply, numbers(3)).ok
    assert "Square is not: a torch.autograd.Function" in str(check(lambda x: Square.apply(x).sum(), numbers(3)))
    monkeypatch.setattr(Square, "factor", 2.001)
    found = check(Square.apply, numbers(3))
    assert [each.partition(" differ by")[0] for each in found.failures] == [
        "x: rule and composed",
        "x: rule and differences",
    ]


def test_what_an_operation_is_made_of_may_be_given(alone: None) -> None:
    found = check(torch.exp, numbers(3), composed=lambda x: 1 / (-x).exp())
    assert found.ok and found["input"].ways["composed"] is not None and "1 / (-x).exp()" in found.compositions[0]
    assert not check(torch.exp, numbers(3), composed=lambda x: x.exp() + 0.01).ok


# --- kinks ------------------------------------------------------------------------------------------------------------


def test_kinks_are_named_and_are_no_error(alone: None) -> None:
    x = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64)
    found = check(torch.relu, x, upstream=torch.ones(3))
    assert found.ok
    (kink,) = found["input"].kinks
    assert kink.index == (1,) and kink.kind == "kink"
    assert (round(kink.left, 6), round(kink.right, 6)) == (0.0, 1.0)
    assert "a kink at [1]: the slope is 0 to the left, 1 to the right; the rule says 0" in str(found)
    assert math.isnan(found["input"].ways["differences"][1])


def test_ties_of_a_maximum(alone: None) -> None:
    x = torch.tensor([[1.0, 3.0, 3.0], [0.0, 1.0, 2.0]])
    for function in (lambda x: x.amax(1), lambda x: x.max(1).values, lambda x: F.max_pool1d(x[None], 3)):
        found = check(function, x)
        assert found.ok and {each.index for each in found["x"].kinks} == {(0, 1), (0, 2)}


def test_a_kink_beside_the_element_is_no_kink(alone: None) -> None:
    found = check(torch.abs, torch.tensor([1e-4, -1e-4, 3e-5], dtype=torch.float64))
    assert found.ok and not found["input"].kinks
    assert not np.isnan(found["input"].ways["differences"]).any()


def test_steep_curves_are_no_kinks(alone: None) -> None:
    found = check(lambda x: (300 * x).tanh(), torch.tensor([0.001, 0.0, 0.004], dtype=torch.float64))
    assert found.ok and not found["x"].kinks


def test_a_rule_beyond_both_slopes_is_wrong(alone: None) -> None:
    @op
    def size(xp: Any, input: Array) -> Array:
        """`|input|`."""
        return xp.absolute(input)

    size.grad(input=lambda xp, g, input: g * xp.where(input == 0, 2.0, xp.sign(input)))
    found = check(size, torch.tensor([0.0, 1.0]), upstream=torch.ones(2))
    assert not found.ok and "and the rule says 2" in found.failures[0] and "WRONG" in str(found)


def test_jumps_and_edges(alone: None) -> None:
    found = check(torch.sign, torch.tensor([0.0, 1.0]))
    assert found.ok and "a jump at [0]" in str(found)
    found = check(torch.sqrt, torch.tensor([0.0, 1.0]))
    assert found.ok and "the edge of the domain at [0]: no finite value beside it" in str(found)
    assert "a jump at [0]" in str(check(torch.maximum, torch.tensor([1.0]), torch.tensor([1.0]), order=2))


def test_a_gradient_that_leaves_something_out_on_purpose(alone: None) -> None:
    found = check(F.embedding, torch.tensor([0, 1]), numbers(3, 2), padding_idx=1)
    assert not found.ok and "a row of padding" in str(found)


# --- what cannot be checked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "error", "message"),
    [
        (torch.add, (torch.tensor([1]), 2), {}, ValueError, r"check\(add\): expected an input of floating .*got int64"),
        (torch.sigmoid, (), {}, ValueError, "got no tensor"),
        (torch.exp, (numbers(0, 3),), {}, ValueError, "the inputs have no elements: there is nothing to check"),
        (torch.argmax, (numbers(3),), {}, ValueError, r"argmax\): it returns torch.int64, which has no gradient"),
        (torch.Tensor.detach, (numbers(3),), {}, ValueError, "the result does not require grad"),
        (torch.relu, (numbers(3),), {"order": 3}, ValueError, "order must be 1 or 2, got 3"),
        (torch.exp, (numbers(3),), {"upstream": numbers(2)}, ValueError, r"of shapes \[\(3,\)\], got \[\(2,\)\]"),
        ("relu", (numbers(3),), {}, TypeError, "expected a function of tensors, got str"),
    ],
)
def test_bad_input(alone: None, function: Any, args: Any, kwargs: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        check(function, *args, **kwargs)


def test_an_operations_own_error_passes_with_its_name(alone: None) -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied") as raised:
        check(torch.mm, numbers(2, 3), numbers(2, 3))
    assert raised.value.__notes__ == ["study.check(mm): input float32 (2, 3), mat2 float32 (2, 3)"]


def test_differences_in_the_own_dtype_where_the_function_takes_no_other(alone: None) -> None:
    weight = numbers(2, 4, seed=1)
    found = check(lambda x: F.linear(x, weight), numbers(3, 4))
    assert found.ok and "differences: not in float64, for there it raises" in str(found)


def test_compositions_end_somewhere(alone: None) -> None:
    with pytest.raises(NoCompositionError, match="taken up to 5 rows, not 6"):
        decompositions.det(numbers(6, 6))
    found = check(torch.linalg.det, numbers(6, 6, dtype="float64"))
    assert found.ok and "composed: det is not: it is Laplace's expansion" in str(found)
    assert "svdvals is not: it is found by iteration" in str(
        check(torch.linalg.svdvals, numbers(2, 2, dtype="float64"))
    )


def test_random_numbers_go_on_as_if_nothing_were(alone: None) -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    assert check(F.dropout, numbers(3, 3)).ok
    assert torch.rand(2).equal(expected)


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = check(torch.exp, numbers(2))
    assert found.ok and found["input"].ways["torch"] is None
    assert "torch: it is not installed (pip install torch)" in str(found)
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert "this process runs minitorch under that name" in str(check(torch.exp, numbers(2)))
