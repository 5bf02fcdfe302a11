"""The harness is itself tested: torch agrees with itself, and every fault planted in a copy of torch is caught."""

from __future__ import annotations

import json
import re
import types
import warnings
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from conftest import modes
from hypothesis import given, settings

import minitorch
from minitorch.printing import printoptions
from parity import specs
from parity.__main__ import main
from parity.compare import Mismatch, compare_arrays
from parity.comparison import Report
from parity.harness import Harness
from parity.levels import LEVELS
from parity.running import Case, Engine, Form, forms, operator_of
from parity.spec import Spec, each
from parity.strategies import (
    DISTINCT,
    NONZERO,
    POSITIVE,
    SMOOTH,
    Call,
    Domain,
    Draw,
    Input,
    Name,
    away_from,
    broadcastable,
    dim_and_keepdim,
    dim_arg,
    dims_and_keepdim,
    listed,
    nothing,
    one_of,
    options,
    tensors,
)
from parity.tolerance import TABLE, Looser, Tolerance, coarsest, tolerance

FIXED = settings(derandomize=True, database=None)


class Faulty:
    """torch under another name, with some of its names replaced."""

    __name__ = "faulty"

    def __init__(self, **planted: Any) -> None:
        self.planted = planted

    def __getattr__(self, name: str) -> Any:
        return self.planted[name] if name in self.planted else getattr(torch, name)


def check(spec: Spec, examples: int = 80, **planted: Any) -> Report:
    """The spec, on a torch with the planted names, against torch."""
    return Harness(Faulty(**planted), torch, examples, FIXED).check(spec)


def caught(spec: Spec, message: str, **planted: Any) -> str:
    """Asserts that the planted fault is caught, with this message; returns all of it."""
    with pytest.raises(Mismatch, match=message) as info:
        check(spec, **planted)
    return str(info.value)


def function(name: str, **fields: Any) -> Spec:
    """A spec of the function form only, which is the one that a test plants its fault in."""
    return Spec(name, forms=("function",), **fields)


def scaled_gradient(first: float, second: float = 1.0) -> Callable[[torch.Tensor], torch.Tensor]:
    """exp, whose gradient is `first` times too large, and the gradient of that `second` times."""

    class Second(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            return g * ctx.saved_tensors[0].exp() * second

    class First(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            return g * Second.apply(ctx.saved_tensors[0]) * first

    return lambda input: First.apply(input) if input.dtype in (torch.float32, torch.float64) else torch.exp(input)


# --- what agrees passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        Spec("tanh"),
        Spec("add", inputs=broadcastable(2, numbers=(1,)), args=options(alpha=(2, -1.5))),
        Spec("sum", args=dims_and_keepdim),
        Spec("max", args=dim_and_keepdim, domain=DISTINCT, grad=DISTINCT),
        Spec("cat", inputs=listed(tensors(2, min_dims=1)), args=dim_arg),
        Spec("T", inputs=tensors(1, min_dims=2, max_dims=2)),
        Spec("zeros", inputs=nothing, args=one_of(Call(2, 3), {"size": (2,), "dtype": Name("int64")})),
        Spec("dropout", args=one_of(Call(0.5, True)), seeded=True, dtypes=("float32", "float64")),
        Spec("empty_like", unspecified="uninitialised memory"),
        Spec("exp", forms=("function", "out")),
        *each("sin cos", Spec("")),
    ],
    ids=lambda spec: spec.name,
)
def test_torch_agrees_with_itself(spec: Spec) -> None:
    report = check(spec, examples=15)
    assert report.examples >= 15
    assert not report.failure
    assert all(error == 0 for error, _ in report.worst.values())


def test_a_report_says_what_was_seen() -> None:
    report = check(Spec("add", inputs=broadcastable(2)), examples=60)
    assert report.gradients > 30 and report.second_order > 10 and report.errors_agreed > 5
    assert {"float32", "float64", "float16", "int64", "bool"} <= report.dtypes
    assert report.ulps("forward") == 0.0 and report.ulps("second") == 0.0
    assert check(Spec("floor")).ulps("second") in (None, 0.0)


def test_an_alias_and_a_sample_call_are_tried() -> None:
    caught(Spec("absolute", aliases=("abs",), forms=("function",)), "^absolute: ", abs=torch.neg)
    sample = Call(Input(np.array([1.5, np.nan]), requires_grad=True))
    message = caught(function("exp", also=(sample,)), r"worst element \[0\]", exp=scaled_gradient(1.1))
    assert "torch.tensor([1.5, torch.nan], dtype=torch.float64, requires_grad=True)" in message


# --- what does not is caught ----------------------------------------------------------------------------------------


def test_a_gradient_that_is_005_percent_off_is_caught() -> None:
    check(function("exp"), exp=scaled_gradient(1.0))
    message = caught(function("exp"), r"exp: gradient of input 0: worst element \[.*\]", exp=scaled_gradient(1.0005))
    assert re.search(r"[-0-9.e]+ on faulty, [-0-9.e]+ on torch, difference .*relative 0\.0005, .*tolerance", message)
    assert "call: torch.exp(float" in message and "with: torch.exp(torch.tensor(" in message


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_that_is_off_in_one_dtype_only_is_caught(dtype: str) -> None:
    wrong = scaled_gradient(1.0005)
    caught(
        function("exp"),
        f"gradient of input 0.*\n.*{dtype}",
        exp=lambda input: wrong(input) if input.dtype is getattr(torch, dtype) else torch.exp(input),
    )


def test_a_second_order_gradient_that_is_005_percent_off_is_caught() -> None:
    caught(function("exp"), "second order", exp=scaled_gradient(1.0, 1.0005))


def test_a_gradient_that_cannot_be_differentiated_again_is_caught() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]  # torch leaves it untyped
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            return g * ctx.saved_tensors[0].exp()

    caught(function("exp", dtypes=("float64",)), "second order", exp=differs(Once.apply))
    check(function("exp", second=False), exp=differs(Once.apply))


def differs(planted: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """exp, with the planted function for tensors that want a gradient only."""
    return lambda input: planted(input) if input.requires_grad else torch.exp(input)


def test_a_value_is_caught() -> None:
    caught(function("exp"), "exp: result: worst element", exp=lambda input: torch.exp(input) * 1.00005)
    caught(function("sqrt", grad=POSITIVE), "sqrt: result", sqrt=lambda input: torch.sqrt(input).nan_to_num(0.0))
    caught(function("relu"), "relu: result", relu=lambda input: torch.relu(input).clamp(0, 29))
    caught(
        function("mul", inputs=tensors(2), dtypes=("int64",)),
        "must be equal; ",
        mul=lambda input, other: torch.mul(input, other) + (1 if input.dtype is torch.int64 else 0),
    )


def test_a_dtype_is_caught() -> None:
    caught(function("exp"), "dtype float64 on faulty, float32 on torch", exp=lambda input: torch.exp(input).double())
    caught(function("sum"), "dtype .* on faulty", sum=lambda input: torch.sum(input).to(input.dtype))
    wide = function("add", inputs=broadcastable(2, numbers=(1,)))
    caught(wide, "dtype", add=lambda a, b: torch.add(a, torch.as_tensor(b, dtype=a.dtype)))


def test_a_shape_is_caught() -> None:
    caught(
        function("exp"), r"shape \[1\] on faulty, \[\] on torch", exp=lambda input: torch.atleast_1d(torch.exp(input))
    )
    caught(
        function("sum", args=dims_and_keepdim),
        "shape",
        sum=lambda input, *args, keepdim=False, **kwargs: torch.sum(input, *args, **kwargs),
    )


def test_a_missing_error_is_caught() -> None:
    lenient = function("sub", inputs=tensors(2), dtypes=("bool",))
    caught(
        lenient,
        "call: faulty raises nothing, torch raises RuntimeError",
        sub=lambda a, b: a ^ b if a.dtype is torch.bool else torch.sub(a, b),
    )

    def forgiving(input: Any, dim: int) -> Any:
        return torch.cumsum(input, dim % max(input.dim(), 1))

    caught(function("cumsum", args=dim_arg), "raises nothing, torch raises IndexError", cumsum=forgiving)
    caught(function("exp"), "raises nothing, torch raises TypeError", exp=lambda input, **ignored: torch.exp(input))


def test_an_error_of_another_type_is_caught() -> None:
    def other(input: Any, dim: int) -> Any:
        try:
            return torch.cumsum(input, dim)
        except IndexError as error:
            raise ValueError(str(error)) from error

    caught(function("cumsum", args=dim_arg), "raises ValueError .*, torch raises IndexError", cumsum=other)


def test_an_error_too_many_is_caught() -> None:
    def strict(input: Any) -> Any:
        if input.dim() == 0:
            raise ValueError("expected a dimension")
        return torch.exp(input)

    caught(function("exp"), r"faulty raises ValueError \(expected a dimension\), torch raises nothing", exp=strict)

    class NoBackward(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x.exp()

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            raise ValueError("no rule")

    caught(function("exp"), r"backward: faulty raises ValueError \(no rule\)", exp=differs(NoBackward.apply))


def test_a_kernel_that_torch_lacks_may_be_there_for_a_reason() -> None:
    wider: Callable[[Any], Any] = lambda input: input if input.dtype is torch.bool else torch.floor(input)  # noqa: E731 - a fault is short
    caught(function("floor", dtypes=("bool",)), "raises nothing, torch raises NotImplementedError", floor=wider)
    check(function("floor", dtypes=("bool",), extends="bools are whole already"), floor=wider)


def test_a_modified_input_is_caught() -> None:
    caught(
        function("exp"),
        "call: input 0 .* was modified on faulty",
        exp=lambda input: torch.exp(input.data.add_(1).sub(1)),
    )

    class Spoils(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            g = g * ctx.saved_tensors[0].exp()
            ctx.saved_tensors[0].data.fill_(0.5)
            return g

    caught(function("exp"), "backward: input 0 .* was modified", exp=differs(Spoils.apply))


def test_a_result_that_shares_memory_is_caught() -> None:
    caught(
        function("mul", inputs=one_tensor, args=one_of(Call(1))),
        r"shares memory with inputs \[0\] on faulty, shares memory with no input on torch",
        mul=lambda input, other: input.view_as(input),
    )
    caught(
        function("t", inputs=tensors(1, min_dims=2, max_dims=2)),
        r"shares memory with no input on faulty, shares memory with inputs \[0\] on torch",
        t=lambda input: torch.t(input).clone(),
    )


def one_tensor(d: Draw) -> list[Any]:
    return [d.tensor()]


class Shares(torch.autograd.Function):
    """a + b, whose two gradients are one tensor."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return g, g


class SharingEngine(Faulty):
    """Its backward leaves the upstream gradient itself in the leaves, or one tensor in all of them."""

    def __init__(self, own: Callable[[torch.Tensor], torch.Tensor]) -> None:
        def backward(outputs: Any, upstream: Any) -> None:
            leaves = []
            seen, stack = set(), [output.grad_fn for output in outputs]
            while stack:
                node = stack.pop()
                if node is None or node in seen:
                    continue
                seen.add(node)
                if hasattr(node, "variable"):
                    leaves.append(node.variable)
                stack += [following for following, _ in node.next_functions]
            shared = own(upstream[0])
            for leaf in leaves:
                leaf.grad = shared

        super().__init__(autograd=types.SimpleNamespace(backward=backward, grad=torch.autograd.grad))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (lambda g: g, "shares memory with the upstream gradient"),
        (lambda g: g.clone(), "gradient of input 1: shares memory with gradient of input 0"),
    ],
)
def test_gradients_that_share_memory_are_caught(own: Callable[[Any], Any], message: str) -> None:
    spec = function("add", inputs=tensors(2), second=False)
    with pytest.raises(Mismatch, match=message):
        Harness(SharingEngine(own), torch, 40, FIXED).check(spec)


def test_a_gradient_that_overlaps_itself_is_caught() -> None:
    spec = function("sum", second=False)
    with pytest.raises(Mismatch, match="overlaps itself|shape|requires_grad"):
        Harness(SharingEngine(lambda g: g.expand(2, 3)), torch, 40, FIXED).check(spec)


def test_a_missing_gradient_is_caught() -> None:
    caught(
        function("mul", inputs=broadcastable(2)),
        "gradient of input 1: none on faulty, one on torch|requires_grad False on faulty, True on torch",
        mul=lambda a, b: torch.mul(a, b.detach()),
    )
    caught(function("exp"), "requires_grad False on faulty, True on torch", exp=lambda input: torch.exp(input.detach()))


def test_the_gradient_of_a_lone_second_output_is_caught() -> None:
    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return a.clone(), a.clone()

        @staticmethod
        def backward(ctx: Any, *gs: torch.Tensor) -> torch.Tensor:
            return gs[0] + gs[0]

    caught(
        function("broadcast_tensors", inputs=one_tensor, second=False),
        "items on faulty",
        broadcast_tensors=lambda input: Pair.apply(input),
    )

    def swapped(input: Any, dim: int = 0) -> Any:
        return Halves.apply(*torch.unbind(input, dim)) if input.requires_grad else torch.unbind(input, dim)

    class Halves(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *parts: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tuple(part.clone() for part in parts)

        @staticmethod
        def backward(ctx: Any, *gs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return (gs[0], *gs[:-1])

    caught(
        Spec("unbind", call=lambda d: Call(d.tensor((2, 3))), forms=("function",), second=False),
        "gradient of input 0|shares memory",
        unbind=swapped,
    )


def test_the_in_place_form_is_caught() -> None:
    class Copying(torch.Tensor):
        pass

    spec = Spec("exp", forms=("in-place",))
    for planted, message in (
        (lambda self: self.data.exp_() and self, "requires_grad|gradient|version|Boolean"),
        (lambda self: self.exp(), "does not return the tensor that it changes"),
        (lambda self: self.mul_(2.0).exp_(), "worst element|dtype"),
    ):
        tensor = types.SimpleNamespace(exp_=planted)
        engine = Engine(Faulty(), "faulty")
        engine.find = lambda path, t=tensor: t.exp_ if path == "Tensor.exp_" else Engine(torch).find(path)  # type: ignore[method-assign, misc]
        with pytest.raises(Mismatch, match=message):
            Harness(engine, torch, 40, FIXED).check(spec)


def test_the_out_form_is_caught() -> None:
    spec = Spec("exp", forms=("function", "out"))
    check(spec)
    caught(spec, "does not return the tensor that it changes", exp=lambda input, out=None: torch.exp(input))
    caught(spec, "exp: result: worst", exp=lambda input, out=None: torch.exp(input) if out is None else out)


def test_an_item_assignment_is_caught() -> None:
    spec = Spec("Tensor.__setitem__", call=lambda d: Call(d.tensor((3,)), 1, d.tensor(())))
    assert check(spec).gradients > 0

    class Sloppy(Engine):
        def find(self, path: str) -> Any:
            if path != "Tensor.__setitem__":
                return super().find(path)
            return lambda self, index, value: torch.Tensor.__setitem__(self, 0, value)

    with pytest.raises(Mismatch, match="the changed tensor: worst element"):
        Harness(Sloppy(Faulty(), "faulty"), torch, 40, FIXED).check(spec)


def test_an_operator_is_tried_from_both_sides() -> None:
    def number_second(d: Draw) -> list[Any]:
        return [d.tensor(), d.number()]

    report = check(Spec("Tensor.__rsub__", inputs=number_second))
    assert report.gradients > 0 and report.errors_agreed > 0
    assert [form.kind for form in forms(Spec("Tensor.__rsub__"), Engine(torch))] == ["operator", "method"]
    assert operator_of("__radd__")("tensor", "text ") == "text tensor"  # type: ignore[misc]  # it is not None
    assert operator_of("exp") is None


def test_an_input_that_torch_changes_too_must_be_changed_alike() -> None:
    spec = Spec("nn.functional.relu", args=one_of(Call(inplace=True)), grad=POSITIVE, second=False)
    assert check(spec).examples > 0
    copying = types.SimpleNamespace(functional=types.SimpleNamespace(relu=lambda input, inplace: input.clamp(0)))
    with pytest.raises(Mismatch, match="input 0, after the call: worst element|shares memory|raises nothing"):
        check(spec, nn=copying)


def test_a_structure_is_caught() -> None:
    spec = function("max", args=dim_and_keepdim, domain=DISTINCT, grad=DISTINCT)
    caught(
        spec, r"result: tuple .* on faulty, max torch\.return_types\.max", max=lambda *a, **k: tuple(torch.max(*a, **k))
    )
    pair = function("unbind", inputs=tensors(1, min_dims=1))
    caught(pair, "result: list .* on faulty, tuple", unbind=lambda input: list(torch.unbind(input)))
    caught(function("numel"), "int .* on torch|dtype|tensor", numel=lambda input: torch.tensor(input.numel()))
    caught(function("is_floating_point"), "True on faulty, False on torch", is_floating_point=lambda input: True)


def test_a_missing_name_is_caught() -> None:
    caught(function("exp"), "faulty has no torch.exp", exp=None)
    with pytest.raises(LookupError, match="spec no_such_op: torch has no such function or method"):
        check(Spec("no_such_op"))


def test_a_numpy_warning_is_caught() -> None:
    def noisy(input: Any) -> Any:
        warnings.warn("divide by zero encountered in log", RuntimeWarning, stacklevel=1)
        return torch.log(input)

    caught(function("log", grad=POSITIVE), "lets a RuntimeWarning out: divide by zero", log=noisy)


def test_a_write_to_a_read_only_input_is_caught() -> None:
    def sneaky(input: Any) -> Any:
        seen = input.detach().numpy()
        if seen.size:
            seen[...] = seen.copy()
        return torch.exp(input)

    class KeepsArrays(Engine):
        """An engine whose tensors are the arrays that they were made of, as in minitorch."""

        def tensor(self, view: Any, requires_grad: bool) -> Any:
            made = super().tensor(view, requires_grad)
            made.numpy_array = view
            return made

    def keeping(input: Any) -> Any:
        if input.numel():
            input.numpy_array[...] = input.numpy_array.copy()
        return torch.exp(input)

    check(function("exp"), exp=sneaky)
    engine = KeepsArrays(Faulty(exp=keeping), "faulty")
    with pytest.raises(Mismatch, match="ValueError .*read-only"):
        Harness(engine, torch, 40, FIXED).check(function("exp"))


def test_noncontiguous_inputs_are_tried() -> None:
    def flat(input: Any) -> Any:
        return torch.exp(input).contiguous() if input.is_contiguous() else torch.exp(input) + 1

    caught(function("exp"), "transposed|stepped|sliced", exp=flat)


def test_a_failure_becomes_a_line_of_the_report() -> None:
    harness = Harness(Faulty(exp=torch.sin), torch, 10, FIXED)
    assert "exp: result: worst element" in harness.report(function("exp")).failure
    assert "no such function" in harness.report(Spec("no_such_op")).failure
    assert harness.report(function("sin")).failure == ""


# --- the parts ------------------------------------------------------------------------------------------------------


def test_nan_and_inf_must_be_where_they_belong() -> None:
    nan, inf = np.nan, np.inf
    allowed = Tolerance(1e-6, 1e-6)

    def compare(a: list[float], e: list[float]) -> float:
        return compare_arrays(np.array(a), np.array(e), allowed, "x", ("a", "b"))

    assert compare([nan, inf, -inf, 1.0], [nan, inf, -inf, 1.0]) == 0.0
    for a, e in ((nan, 1.0), (1.0, nan), (inf, -inf), (1e300, inf), (inf, 1e300), (nan, inf)):
        with pytest.raises(Mismatch, match=r"worst element \[1\]"):
            compare([0.0, a], [0.0, e])
    assert 0 < compare([1.0 + 1e-6], [1.0]) <= 1e-6


def test_large_integers_are_compared_exactly() -> None:
    with pytest.raises(Mismatch, match="9007199254740993 on a, 9007199254740992 on b"):
        compare_arrays(np.array([2**53 + 1]), np.array([2**53]), Tolerance(0, 0), "x", ("a", "b"))


def test_a_looser_tolerance_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="expected a reason"):
        Looser(10, " ")
    looser = Looser(10, "a long sum", kinds=("gradient",), dtypes=("float32",))
    assert tolerance("float32", "gradient", looser).relative == 10 * TABLE["float32", "gradient"].relative
    assert tolerance("float32", "forward", looser) == TABLE["float32", "forward"]
    assert tolerance("float64", "gradient", looser) == TABLE["float64", "gradient"]
    assert tolerance("int64", "forward") == Tolerance(0, 0)
    check(
        function("exp", looser=Looser(1e9, "planted", kinds=("gradient",)), second=False), exp=scaled_gradient(1.0005)
    )


def test_the_coarsest_dtype_sets_the_tolerance() -> None:
    assert coarsest(["float32", "int64"], "float64") == "float32"
    assert coarsest(["float64"], "float16") == "float16"
    assert coarsest(["float32"], "int64") == "int64"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_domain_keeps_its_word(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    shape = data.draw(st.sampled_from([(), (3,), (2, 0), (4, 5)]))
    for dtype in ("float32", "float64"):
        kinked = away_from(0.0, 1.5, reason="kinks").draw(rng, shape, dtype)
        assert np.all(np.abs(kinked) >= 0.0999) and np.all(np.abs(kinked - 1.5) >= 0.0999)
        gridded = Domain("jumps", grid=1.0).draw(rng, shape, dtype)
        assert np.all(np.abs(gridded - np.round(gridded)) >= 0.0999)
        distinct = DISTINCT.draw(rng, shape, dtype)
        assert len(np.unique(distinct)) == distinct.size
        assert kinked.shape == gridded.shape == distinct.shape == shape
        assert kinked.dtype == dtype
    assert np.all(NONZERO.draw(rng, shape, "int8") != 0)
    assert POSITIVE.draw(rng, shape, "uint8").dtype == np.uint8
    assert len(np.unique(DISTINCT.draw(rng, shape, "int64"))) == int(np.prod(shape))


def test_special_values_come_where_they_are_asked_for() -> None:
    rng = np.random.default_rng(0)
    domain = Domain("specials", low=1.0, high=2.0, specials=(np.nan, -7.0))
    mixed = domain.draw(rng, (200,), "float32", specials=True)
    assert np.isnan(mixed).any() and (mixed == -7).any()
    assert np.all(domain.draw(rng, (200,), "float32") >= 1.0)
    assert np.isfinite(SMOOTH.draw(rng, (200,), "float64", specials=True)).all()


@pytest.mark.parametrize("layout", ["plain", "transposed", "stepped", "sliced"])
def test_a_layout_keeps_the_values(layout: str) -> None:
    array = np.arange(6.0).reshape(2, 3)
    block, view = Input(array, layout).materialise()
    assert np.array_equal(view, array)
    assert np.may_share_memory(block, view) and not np.may_share_memory(view, array)
    assert view.flags.c_contiguous == (layout in ("plain", "sliced"))


def test_a_tape_of_zeros_is_the_simplest_example() -> None:
    d = Draw(bytes(64), "forward", ("float32", "float64"), (SMOOTH,))
    assert (d.pick("first", "second"), d.integer(-3, 5), d.integer(2, 5), d.flag(), d.shape()) == (
        "first",
        0,
        2,
        False,
        (),
    )
    with pytest.raises(ValueError, match="expected something to choose from, but got 0 choices"):
        d.integer(1, 0)


@pytest.mark.parametrize(("low", "high"), [(0, 4), (2, 5), (-3, 2), (-5, -2), (-1, 0), (-200, 300)])
def test_a_tape_reaches_every_integer(low: int, high: int) -> None:
    rng = np.random.default_rng(0)
    tapes = [rng.bytes(64) for _ in range(400)]
    draws = [Draw(tape, "forward", ("float32",), (SMOOTH,)) for tape in tapes]
    assert {d.integer(low, high) for d in draws for _ in range(40)} == set(
        range(low, high + 1)
    )  # beyond the tape's end


def test_calls_are_joined_and_searched() -> None:
    a, b = Input(np.ones(2)), Input(np.zeros(3))
    call = Call([a], 1) + Call(dim=b)
    assert call.inputs() == [a, b]
    assert repr(call) == "([float64[2]], 1, dim=float64[3])"


def test_a_failure_can_be_pasted_into_python() -> None:
    index = (slice(None, 2), ..., None, [0, 1], (1,), ())
    values = Input(np.array([np.nan, -np.inf, 1.0], "float32"), requires_grad=True)
    case = Case(Spec("f"), Form("function", "f"), Call(values, index, x=-np.inf, dtype=Name("int64")), "forward")
    assert case.reproduce() == (
        "torch.f(torch.tensor([torch.nan, -torch.inf, 1.0], dtype=torch.float32, requires_grad=True), "
        "(slice(None, 2, None), Ellipsis, None, [0, 1], (1,), ()), x=-float('inf'), dtype=torch.int64)"
    )
    large = Case(Spec("f"), Form("method", "Tensor.f"), Call(Input(np.ones((5, 5)))), "forward")
    assert large.reproduce() == "Tensor.f(<float64[5, 5]>)"


def test_the_specs_are_found_and_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for spec in specs.load() for name in spec.names()]
    assert len(names) == len(set(names)) > 100
    twice = types.SimpleNamespace(SPECS=[Spec("exp"), Spec("sin", aliases=("exp",))])
    monkeypatch.setattr("importlib.import_module", lambda name: twice)
    with pytest.raises(ValueError, match="one spec for each name, but exp has two"):
        specs.load()


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    file = tmp_path / "parity.json"
    code = main(["--ops", "tanh", "--examples", "5", "--json", str(file)], candidate=torch)
    out = capsys.readouterr().out
    assert code == 0
    assert re.search(r"^op +tanh +\d+ .* ok$", out, re.MULTILINE)
    written = json.loads(file.read_text())
    assert [(each["level"], each["name"]) for each in written] == [("op", "tanh")]


def test_the_command_prints_all_levels_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--ops", "tanh", "--modules", "Tanh", "--optimizers", "SGD", "--schedulers", "Step*"]
    assert main([*asked, "--examples", "6"], candidate=torch) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^(\w+) +(\w+) .* ok$", out, re.MULTILINE) == [
        ("op", "tanh"),
        ("module", "Tanh"),
        ("optimizer", "SGD"),
        ("scheduler", "StepLR"),
    ]
    assert "4 of 4 agree" in out


def test_a_level_without_a_pattern_is_all_of_it() -> None:
    for level in LEVELS:
        assert len(level.matching("*")) == len(level.load()) >= 15


def test_the_command_fails_when_an_op_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--ops", "tanh", "--examples", "5"], candidate=Faulty(tanh=torch.sin)) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out and "tanh: result: worst element" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--ops", "no_such_op*"], "no op matches 'no_such_op*'"),
        (["--modules", "Conv9d"], "no module matches 'Conv9d'; try a pattern like '*S*'"),
        (["--optimizers", "Sgd"], "no optimizer matches 'Sgd'"),
        (["--schedulers", "Step"], "no scheduler matches 'Step'"),
        (["--examples", "0"], "--examples: expected a positive number, but got 0"),
        (["--engine", "cupy", "--ops", "tanh"], "--engine cupy: CUDA is not available"),
        (["--json", "/no/such/folder/x.json", "--ops", "tanh"], "--json: cannot write /no/such/folder/x.json"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv, candidate=torch) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_an_unknown_option_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--examples", "many"], candidate=torch)
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "python -m parity: argument --examples: invalid int value: 'many'; see --help\n"


def test_the_guard_against_leaks_sees_each_mode() -> None:
    before = modes()
    with minitorch.no_grad():
        assert modes() == before | {"grad mode": False}
    with minitorch.inference_mode():
        assert modes()["inference mode"] is True
    with printoptions(precision=2):
        assert modes()["print options"] != before["print options"]
    minitorch.set_default_dtype(minitorch.float64)
    try:
        assert modes() == before | {"default dtype": minitorch.float64}
    finally:
        minitorch.set_default_dtype(minitorch.float32)
    assert modes() == before
