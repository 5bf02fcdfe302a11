"""torch.func against torch: the same little program runs on both engines, and what it returns or raises is compared."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import func
from minitorch.errors import NotSupportedError

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning"),
    pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning"),
]

PROGRAMS: list[Callable[[Any], Any]] = []
FAILURES: list[tuple[Callable[[Any], Any], str]] = []


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Runs on both engines; the results must agree."""
    PROGRAMS.append(function)
    return function


def failure(phrase: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Runs on both engines; both must raise the same type of error, with `phrase` in its message."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        FAILURES.append((function, phrase))
        return function

    return register


def check_equal(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, minitorch.Tensor)
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert str(ours.dtype) == str(theirs.dtype)
        assert ours.requires_grad == theirs.requires_grad
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=2e-4, atol=1e-5)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key, value in theirs.items():
            check_equal(ours[key], value)
    elif isinstance(theirs, (list, tuple)):
        assert type(ours).__name__ == type(theirs).__name__
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            check_equal(one, other)
    else:
        assert ours == theirs


def numbers(t: Any, *shape: int, start: float = 0.3) -> Any:
    """The same uneven numbers on both engines."""
    count = int(np.prod(shape))
    return t.tensor([float(np.sin(start + 1.7 * k)) for k in range(count)]).reshape(shape)


def x3(t: Any) -> Any:
    return numbers(t, 3)


def batch(t: Any) -> Any:
    return numbers(t, 4, 3)


def labels(t: Any) -> Any:
    return t.tensor([0, 4, 2, 2])


def mlp(t: Any) -> Any:
    net = t.nn.Sequential(t.nn.Linear(3, 8), t.nn.Tanh(), t.nn.Linear(8, 5))
    with t.no_grad():
        for k, parameter in enumerate(net.parameters()):
            parameter.copy_(numbers(t, *parameter.shape, start=float(k)))
    return net


# --- grad, grad_and_value ---------------------------------------------------------------------------------------------


@program
def gradients_of_trees_and_argnums(t: Any) -> Any:
    def loss(p: Any, y: Any, *, scale: float) -> Any:
        return (p["a"] * p["b"][0] * y).sum() * scale

    p = {"a": x3(t), "b": [x3(t) + 1, x3(t)]}
    both = t.func.grad(loss, argnums=(-1, 0))(p, x3(t), scale=2.0)
    return t.func.grad(loss)(p, x3(t), scale=2.0), both, t.func.grad(loss, argnums=(1,))(p, x3(t), scale=2.0)


@program
def with_aux(t: Any) -> Any:
    def loss(x: Any) -> Any:
        return (x**3).sum(), {"square": x * x}

    return t.func.grad(loss, has_aux=True)(x3(t)), t.func.grad_and_value(loss, has_aux=True)(x3(t))


@program
def grad_of_grad(t: Any) -> Any:
    f = t.func.grad(t.func.grad(t.func.grad(lambda x: x.sin() * x)))
    return f(t.tensor(0.7)), t.func.grad(lambda x: t.func.grad(lambda y: (x * y).sin())(x) * x)(t.tensor(0.7))


@program
def what_is_captured_stays_in_the_graph(t: Any) -> Any:
    w = t.ones(3, requires_grad=True)
    depends = t.func.grad(lambda x: (x * x * w).sum())(x3(t))
    does_not = t.func.grad(lambda x: (x * x).sum() + w.sum())(x3(t))
    depends.sum().backward()
    return depends, does_not, w.grad


@program
def inputs_that_require_grad(t: Any) -> Any:
    x = x3(t).requires_grad_()
    g, value = t.func.grad_and_value(lambda x: (x**3).sum())(x)
    with t.no_grad():
        outside = t.func.grad_and_value(lambda x: (x**3).sum())(x)
    g.pow(2).sum().backward()
    return g, value, outside, x.grad


@program
def no_grad_and_detach_inside(t: Any) -> Any:
    def constant(x: Any) -> Any:
        with t.no_grad():
            c = x * x
        return (c * x).sum()

    return (
        t.func.grad(constant)(x3(t)),
        t.func.grad(lambda x: (x * x).sum().detach())(x3(t)),
        t.func.grad(lambda x: t.tensor(1.0))(x3(t)),
        t.func.grad(lambda x, y: x.sum(), argnums=(0, 1))(x3(t), x3(t)),
    )


@program
def in_place_inside(t: Any) -> Any:
    def loss(x: Any) -> Any:
        y = x.clone().mul_(x)
        y[0] = y[1] * 2
        return y.pow(2).sum()

    return t.func.grad(loss)(x3(t)), t.vmap(t.func.grad(loss))(batch(t))


@program
def maml(t: Any) -> Any:
    net = t.nn.Linear(3, 5)
    with t.no_grad():
        for p in net.parameters():
            p.copy_(numbers(t, *p.shape))

    def loss(p: Any, x: Any) -> Any:
        return (t.func.functional_call(net, p, (x,)) - x.sum()).pow(2).mean()

    def adapted(x: Any) -> Any:
        p = dict(net.named_parameters())
        for _ in range(2):
            gradient = t.func.grad(loss)(p, x)
            p = {name: p[name] - 0.1 * gradient[name] for name in p}
        return loss(p, x)

    losses = t.vmap(adapted)(numbers(t, 2, 4, 3))
    losses.mean().backward()
    return losses, [p.grad for p in net.parameters()]


@failure("Expected f(*args) to return a scalar Tensor, got tensor with 1 dims")
def gradient_of_a_vector(t: Any) -> None:
    t.func.grad(lambda x: x * 2)(x3(t))


@failure("Expected f(*args) to return a Tensor, got <class 'float'>")
def gradient_of_a_number(t: Any) -> None:
    t.func.grad(lambda x: 2.0)(x3(t))


@failure("output of function f should be a tuple: (output, aux) if has_aux is True")
def aux_is_missing(t: Any) -> None:
    t.func.grad(lambda x: x.sum(), has_aux=True)(x3(t))


@failure("Expected tensors, got unsupported type <class 'str'>")
def aux_is_no_tensor(t: Any) -> None:
    t.func.grad(lambda x: (x.sum(), "a"), has_aux=True)(x3(t))


@failure("Got argnum=-2, but only 1 positional inputs")
def argnum_out_of_range(t: Any) -> None:
    t.func.grad(lambda x: x.sum(), argnums=-2)(x3(t))


@failure("argnums must be non-empty")
def no_argnums(t: Any) -> None:
    t.func.grad(lambda x: x.sum(), argnums=())(x3(t))


@failure("argnums elements must be unique, got (0, 0)")
def repeated_argnums(t: Any) -> None:
    t.func.grad(lambda x, y: x.sum(), argnums=(0, -2))(x3(t), x3(t))


@failure("argnums must be int or Tuple[int, ...], got: <class 'list'>")
def argnums_in_a_list(t: Any) -> None:
    t.func.grad(lambda x: x.sum(), argnums=[0])(x3(t))


@failure("only Tensors of floating point dtype can require gradients")
def gradient_of_integers(t: Any) -> None:
    t.func.grad(lambda x: x.sum())(t.arange(3))


@failure("Thing passed to transform API must be Tensor, got <class 'int'>")
def gradient_of_a_python_number(t: Any) -> None:
    t.func.grad(lambda p: p["a"].sum())({"a": x3(t), "b": 3})


# --- vjp, jvp, linearize ----------------------------------------------------------------------------------------------


@program
def vjps(t: Any) -> Any:
    out, pull = t.func.vjp(lambda x, y: {"a": x * y, "b": (x.sum(),)}, x3(t), x3(t) + 1)
    first = pull({"a": x3(t), "b": (t.tensor(2.0),)})
    again = pull({"a": x3(t), "b": (t.tensor(0.0),)})
    value, _, aux = t.func.vjp(lambda x: (x * 2, x * 3), x3(t), has_aux=True)
    return out, first, again, value, aux


@program
def a_vjp_mapped_over_its_vectors(t: Any) -> Any:
    _, pull = t.func.vjp(lambda x: x.exp() * x.sum(), x3(t))
    _, mapped = t.func.vjp(t.vmap(lambda x: (x.exp() * x3(t)).sum()), batch(t))
    return t.vmap(pull)(t.eye(3)), t.vmap(mapped)(t.eye(4))


@program
def jvps(t: Any) -> Any:
    tree = t.func.jvp(lambda d: (d["a"].sin(), d["a"].sum()), ({"a": x3(t)},), ({"a": x3(t) + 1},))
    aux = t.func.jvp(lambda x: (x * 2, x * 3), (x3(t),), (x3(t),), has_aux=True)
    return tree, aux, t.func.jvp(lambda x: t.ones(2), (x3(t),), (x3(t),))


@program
def hessian_vector_products(t: Any) -> Any:
    def f(x: Any) -> Any:
        return (x.sin() * x).sum() + x.prod()

    forward = t.func.jvp(t.func.grad(f), (x3(t),), (x3(t) + 1,))
    reverse = t.func.vjp(t.func.grad(f), x3(t))[1](x3(t) + 1)
    nested = t.func.grad(lambda x: t.func.jvp(lambda y: y.exp(), (x,), (x3(t),))[1].sum())(x3(t))
    of_vector = t.func.grad(lambda v: t.func.vjp(lambda x: x.exp(), x3(t))[1](v)[0].sum())(x3(t))
    return forward, reverse, nested, of_vector


@program
def linearized(t: Any) -> Any:
    out, push = t.func.linearize(lambda x, y: (x * y.exp(), x), x3(t), x3(t))
    return out, push(x3(t), x3(t) + 1), t.vmap(push, in_dims=(0, None))(t.eye(3), x3(t))


@failure("Expected pytree structure of cotangents to be the same as pytree structure of outputs")
def cotangents_of_another_structure(t: Any) -> None:
    t.func.vjp(lambda x: (x, x), x3(t))[1](x3(t))


@failure("Mismatch in shape: grad_output[0] has a shape of torch.Size([2])")
def cotangents_of_another_shape(t: Any) -> None:
    t.func.vjp(lambda x: x, x3(t))[1](t.ones(2))


@failure("expected f(*primals) to return only tensors, got unsupported type <class 'int'>")
def vjp_of_a_number(t: Any) -> None:
    t.func.vjp(lambda x: (x, 1), x3(t))


@failure("Expected f to be a function that has non-empty output (got output = [None])")
def vjp_of_nothing(t: Any) -> None:
    t.func.vjp(lambda x: None, x3(t))


@failure("Expected primals to be a tuple")
def primals_in_a_list(t: Any) -> None:
    t.func.jvp(lambda x: x, [x3(t)], [x3(t)])


@failure("Expected primals and tangents to have the same python structure")
def tangents_of_another_structure(t: Any) -> None:
    t.func.jvp(lambda x: x, (x3(t),), (x3(t), x3(t)))


@failure("Trying to set a forward gradient that has a different size")
def tangents_of_another_shape(t: Any) -> None:
    t.func.jvp(lambda x: x, (x3(t),), (t.ones(2),))


@failure("Expected primals to contain at least one Tensor")
def no_primals(t: Any) -> None:
    t.func.jvp(lambda: t.ones(2), (), ())


@failure("Expected primals to only contain Tensors, got <class 'float'>")
def primals_that_are_numbers(t: Any) -> None:
    t.func.jvp(lambda x: x, (1.0,), (x3(t),))


@failure("The output of f is independent of the inputs")
def strict_jvp(t: Any) -> None:
    t.func.jvp(lambda x: t.ones(2), (x3(t),), (x3(t),), strict=True)


@failure("doesn't match the shape torch.Size([3]) of the corresponding primal")
def linearized_at_another_shape(t: Any) -> None:
    t.func.linearize(lambda x: x, x3(t))[1](t.ones(2))


@failure("doesn't match the dtype torch.float32 of the corresponding primal")
def linearized_at_another_dtype(t: Any) -> None:
    t.func.linearize(lambda x: x, x3(t))[1](x3(t).double())


@failure("to have the same argspec as the primals")
def linearized_at_two(t: Any) -> None:
    t.func.linearize(lambda x: x, x3(t))[1](x3(t), x3(t))


# --- jacrev, jacfwd, hessian ------------------------------------------------------------------------------------------


@program
def jacobians(t: Any) -> Any:
    def f(x: Any, p: Any) -> Any:
        return {"a": x.exp() * p["w"], "b": (x.sum(),)}

    p = {"w": x3(t) + 1}
    made = [t.func.jacrev(f, argnums=(0, 1)), t.func.jacfwd(f, argnums=(0, 1)), t.func.jacrev(f, chunk_size=2)]
    return [jacobian(x3(t), p) for jacobian in made]


@program
def jacobians_with_aux(t: Any) -> Any:
    return [make(lambda x: (x * x, x + 1), has_aux=True)(x3(t)) for make in (t.func.jacrev, t.func.jacfwd)]


@program
def hessians(t: Any) -> Any:
    def f(x: Any) -> Any:
        return (x.sin() * x).sum() + x.prod()

    many = [t.func.hessian(f), t.func.jacfwd(t.func.jacrev(f)), t.func.jacrev(t.func.jacfwd(f))]
    third = t.func.jacrev(t.func.jacrev(t.func.jacrev(f)))(x3(t))
    tree = t.func.hessian(lambda p: (p["a"] * p["b"]).pow(2).sum())({"a": x3(t), "b": x3(t) + 1})
    several = t.func.hessian(lambda a, b: (a * b).pow(2).sum(), argnums=(0, 1))(x3(t), x3(t))
    return [each(x3(t)) for each in many], third, tree, several, t.vmap(t.func.hessian(f))(batch(t))


@program
def jacobians_of_mapped_functions(t: Any) -> Any:
    return (
        t.func.jacrev(t.vmap(lambda x: (x * x).sum().sin()))(batch(t)),
        t.func.jacfwd(t.vmap(lambda x: (x * x).cumsum(0)))(batch(t)),
        t.func.hessian(lambda x: t.vmap(lambda y: (y * y).prod())(x).sum())(batch(t)),
        t.func.grad(lambda x: t.func.jacrev(lambda y: y.sin() * y.sum())(x).sum())(x3(t)),
    )


@program
def hessian_of_a_loss(t: Any) -> Any:
    def loss(w: Any) -> Any:
        return t.nn.functional.cross_entropy(batch(t) @ w.t(), labels(t))

    return t.func.hessian(loss)(numbers(t, 5, 3))


@program
def jacobians_of_recurrent_layers(t: Any) -> Any:
    found = []
    for layer in (t.nn.RNN, t.nn.LSTM, t.nn.GRU):
        net = layer(3, 4)
        p = {name: numbers(t, *each.shape) for name, each in net.named_parameters()}

        def run(x: Any, net: Any = net, p: Any = p) -> Any:
            return t.func.functional_call(net, p, (x,))[0]

        found.append(t.func.jacrev(run)(numbers(t, 2, 1, 3)))
    return found


@program
def jacobian_without_outputs(t: Any) -> Any:
    return t.func.jacrev(lambda x: x[:0])(x3(t)), t.func.jacrev(lambda x: x.sum())(x3(t))


@failure("jacrev: `chunk_size` should be greater than 0")
def chunks_of_nothing(t: Any) -> None:
    t.func.jacrev(lambda x: x, chunk_size=0)(x3(t))


@failure("All outputs of f must be floating-point or complex Tensors, got Tensor with dtype torch.int64")
def jacobian_of_integers(t: Any) -> None:
    t.func.jacrev(lambda x: (x * 2).long())(x3(t))


@failure("Only allowed values for randomness are 'error', 'different', or 'same'. Got foo")
def jacfwd_randomness(t: Any) -> None:
    t.func.jacfwd(lambda x: x, randomness="foo")(x3(t))


def test_rows_go_one_by_one_where_a_step_cannot_be_mapped() -> None:
    def rows(engine: Any) -> Any:
        class Square(engine.autograd.Function):  # type: ignore[name-defined, misc]  # the engine is known at run time
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                assert float(g.sum()) == 1  # looks at the elements
                return 2 * g * ctx.saved_tensors[0]

        return engine.func.jacrev(Square.apply)(x3(engine))

    np.testing.assert_allclose(rows(minitorch).numpy(), np.diag(2 * x3(minitorch).numpy()), rtol=1e-6)


# --- functional_call and states ---------------------------------------------------------------------------------------


def tied(t: Any) -> Any:
    class Net(t.nn.Module):  # type: ignore[name-defined, misc]  # the engine is known at run time
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = t.nn.Linear(2, 2, bias=False), t.nn.Linear(2, 2, bias=False)
            self.b.weight = self.a.weight
            self.register_buffer("calls", t.zeros(()))

        def forward(self, x: Any, scale: float = 1.0) -> Any:
            self.calls = self.calls + 1
            return self.b(self.a(x)) * scale

    net = Net()
    with t.no_grad():
        net.a.weight.copy_(t.eye(2) * 0.5)
    return net


@program
def functional_calls(t: Any) -> Any:
    net, x, two = tied(t), t.ones(2), t.eye(2) * 2
    call = t.func.functional_call
    state = {"a.weight": two, "calls": t.zeros(())}
    outs = [
        call(net, {"a.weight": two}, x),
        call(net, {"a.weight": two, "b.weight": two}, (x,), {"scale": 3.0}),
        call(net, {"a.weight": two}, x, tie_weights=False),
        call(net, [{"b.weight": two}, {"calls": t.zeros(())}], (), {"x": x}),
        call(net, state, x, strict=True),
        call(net, {"unknown": x}, x),
    ]
    return outs, state, net.calls, net.a.weight, net.a.weight is net.b.weight


@program
def recurrent_modules_as_functions(t: Any) -> Any:
    net = t.nn.GRU(3, 4, batch_first=True)
    p = {name: numbers(t, *each.shape) for name, each in net.named_parameters()}
    return t.func.grad(lambda p: t.func.functional_call(net, p, (numbers(t, 2, 4, 3),))[0].pow(2).sum())(p)


@program
def batch_norm_as_a_function(t: Any) -> Any:
    net = t.nn.BatchNorm1d(3)
    state = dict(net.named_buffers())
    out = t.func.functional_call(
        net, (dict(net.named_parameters()), {k: v.clone() for k, v in state.items()}), batch(t)
    )
    return out, net.running_mean, t.func.replace_all_batch_norm_modules_(net).running_mean is None


@program
def an_ensemble(t: Any) -> Any:
    nets = [mlp(t) for _ in range(3)]
    with t.no_grad():
        for k, net in enumerate(nets):
            net[0].weight.mul_(k + 1)
    parameters, buffers = t.func.stack_module_state(nets)

    def run(p: Any, b: Any, x: Any) -> Any:
        return t.func.functional_call(nets[0], (p, b), (x,))

    out = t.vmap(run, in_dims=(0, 0, None))(parameters, buffers, batch(t))
    out.pow(2).sum().backward()
    return out, {name: (each.grad, each.is_leaf) for name, each in parameters.items()}, buffers


@failure("Unexpected key(s): 'foo'.\n\tMissing key(s): 'bias', 'weight'.")
def strict_names(t: Any) -> None:
    t.func.functional_call(t.nn.Linear(3, 2), {"foo": x3(t)}, x3(t), strict=True)


@failure("got multiple values for keys ['a.weight', 'b.weight'], which are tied")
def tied_weights_that_differ(t: Any) -> None:
    t.func.functional_call(tied(t), {"a.weight": t.eye(2), "b.weight": t.ones(2, 2)}, t.ones(2))


@failure("has no attribute `c`")
def unknown_submodule(t: Any) -> None:
    t.func.functional_call(t.nn.Sequential(t.nn.ReLU()), {"c.weight": t.eye(2)}, t.ones(2))


@failure("3 is not an instance of torch.Tensor")
def parameter_that_is_a_number(t: Any) -> None:
    t.func.functional_call(t.nn.Linear(3, 2), {"bias": 3}, x3(t))


@failure("['weight'] appeared in multiple dictionaries")
def a_name_in_two_dictionaries(t: Any) -> None:
    t.func.functional_call(t.nn.Linear(3, 2), [{"weight": t.ones(2, 3)}, {"weight": t.ones(2, 3)}], x3(t))


@failure("Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts")
def state_that_is_a_number(t: Any) -> None:
    t.func.functional_call(t.nn.Linear(3, 2), 3, x3(t))


@failure("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
def states_that_are_numbers(t: Any) -> None:
    t.func.functional_call(t.nn.Linear(3, 2), [3], x3(t))


@failure("Expected at least one model, got 0")
def no_models(t: Any) -> None:
    t.func.stack_module_state([])


@failure("Expected all models to be of the same class")
def models_of_two_classes(t: Any) -> None:
    t.func.stack_module_state([t.nn.Linear(2, 2), t.nn.ReLU()])


@failure("Expected all models to have the same training/eval mode")
def models_of_two_modes(t: Any) -> None:
    t.func.stack_module_state([t.nn.Linear(2, 2), t.nn.Linear(2, 2).eval()])


@failure("Expected weight from each model to have the same .requires_grad")
def models_of_which_one_is_frozen(t: Any) -> None:
    t.func.stack_module_state([t.nn.Linear(2, 2), t.nn.Linear(2, 2).requires_grad_(False)])


# --- vmap: the operations ---------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda t, x, m, i: (x * 2 - x / 3) ** 2,
    "functions": lambda t, x, m, i: x.sin().exp() + (x * x + 1).log().sqrt().tanh() + x.sigmoid() * x.erf(),
    "choices": lambda t, x, m, i: t.where(x > 0, x, m[0]).clamp(-0.5, 0.8) + t.maximum(x, m[1]),
    "totals": lambda t, x, m, i: m.sum() + m.mean(0) + m.sum(-1) + m.prod(1) + x.var() + m.std(0) + m.norm(),
    "extremes": lambda t, x, m, i: m.max() + m.amax(0) + m.max(1).values + m.min(-1)[0] + x.median(),
    "places of extremes": lambda t, x, m, i: x[m.argmax(1)] + x[m.argmin(0)],
    "scans": lambda t, x, m, i: m.cumsum(1) + m.cumprod(0) + m.logsumexp(1),
    "sorting": lambda t, x, m, i: m.sort(1).values + x.topk(2).values.sum() + m.sort(0, descending=True)[0],
    "softmax": lambda t, x, m, i: m.softmax(1) + m.log_softmax(0),
    "products": lambda t, x, m, i: m @ x + x @ m + m @ m + t.outer(x, x) + x @ x + t.einsum("ij,j->i", m, x),
    "captured": lambda t, x, m, i: t.nn.functional.linear(m, numbers(t, 3, 3), numbers(t, 3)) + numbers(t, 3, 3) @ x,
    "matrices": lambda t, x, m, i: t.linalg.inv(m) @ x * t.linalg.det(m) + t.linalg.solve(m, x),
    "shapes": lambda t, x, m, i: (
        m.reshape(-1)[1:4] + m.t().flatten()[:3] + x.unsqueeze(0).expand(3, 3) + m.permute(1, 0)
    ),
    "order": lambda t, x, m, i: (
        m.flip(0) + m.roll(1, 0) + m.rot90() + m.tril() + m.diagonal() + m.trace() + m.movedim(0, 1)
    ),
    "joined": lambda t, x, m, i: t.cat([m, t.ones(1, 3)]).sum(0) + t.stack([x, x * 2], 1).sum(1) + x.repeat(2)[:3],
    "parts": lambda t, x, m, i: t.stack([x[0], m[1, 2], m[-1, 0]]) + m[1:, ..., None].sum((0, 2)) + m.split(2)[1][0],
    "places": lambda t, x, m, i: x[[0, 2, 1]] + m[i].sum(0) + m[:, i].sum(1) + m[i, i].sum() + numbers(t, 5)[i].sum(),
    "gathered": lambda t, x, m, i: x.gather(0, i).sum() + m.index_select(1, i).sum(1) + x.take(i).prod(),
    "scattered": lambda t, x, m, i: t.zeros_like(x).scatter_add(0, i, x[:2]) + x.index_add(0, i, x[1:]),
    "masks": lambda t, x, m, i: m.masked_fill(m > 0, 0.5) + (m > x).float() + m.isnan(),
    "new tensors": lambda t, x, m, i: x.new_zeros(3) + t.ones_like(x) * x + t.full_like(x, 2.0) + t.arange(3) * x,
    "losses": lambda t, x, m, i: (
        t.nn.functional.mse_loss(m, m * 2)
        + t.nn.functional.cross_entropy(m[:2], i)
        + t.nn.functional.nll_loss(m[:2].log_softmax(1), i, reduction="sum")
        + t.nn.functional.binary_cross_entropy(x.sigmoid(), t.ones(3) / 2)
        + t.nn.functional.huber_loss(x, x * 2)
        + t.nn.functional.kl_div(x.log_softmax(0), t.ones(3) / 3, reduction="sum")
    ),
    "activations": lambda t, x, m, i: t.nn.functional.gelu(x) + t.nn.functional.elu(x) + t.nn.functional.leaky_relu(m),
    "norms": lambda t, x, m, i: (
        t.nn.functional.layer_norm(m, (3,), x)
        + t.nn.functional.normalize(m, dim=0)
        + t.nn.functional.batch_norm(m, None, None, training=True)
    ),
    "embedding": lambda t, x, m, i: t.nn.functional.embedding(i, m).sum(0),
    "convolution": lambda t, x, m, i: t.nn.functional.conv1d(m[None], m[:, None], padding=1, groups=3),
    "pooling": lambda t, x, m, i: t.nn.functional.max_pool1d(m[None], 2) + t.nn.functional.avg_pool1d(m[None], 2),
    "attention": lambda t, x, m, i: t.nn.functional.scaled_dot_product_attention(m[None], m[None], m[None]),
    "padding": lambda t, x, m, i: t.nn.functional.pad(m, (1, 0, 0, 1)),
    "distance": lambda t, x, m, i: (
        t.nn.functional.pairwise_distance(m, m * 2) + t.nn.functional.cosine_similarity(x, m[0], 0)
    ),
    "dtypes": lambda t, x, m, i: x.double() + m.long().sum(),
    "sorted places": lambda t, x, m, i: t.bucketize(x, t.tensor([0.0, 0.5])) * x,
}


def items(t: Any) -> tuple[Any, Any, Any]:
    matrices = numbers(t, 4, 3, 3) + 2 * t.eye(3)
    return batch(t).requires_grad_(), matrices.requires_grad_(), t.tensor([[0, 1], [2, 2], [1, 0], [2, 0]])


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    """Values, gradients of the batch, and gradients within the batch, beside torch's."""

    def run(t: Any) -> Any:
        f = functools.partial(OPERATIONS[name], t)
        x, m, i = items(t)
        out = t.vmap(f)(x, m, i)
        weights = numbers(t, *out.shape)
        (out * weights).sum().backward()

        def loss(x: Any, m: Any, i: Any) -> Any:
            out = f(x, m, i)
            return (out * numbers(t, *out.shape)).sum().float()

        within = t.vmap(t.func.grad(loss, argnums=(0, 1)))(x.detach(), m.detach(), i)
        return out, x.grad, m.grad, within

    check_equal(run(minitorch), run(torch))


@pytest.mark.parametrize("name", OPERATIONS)
def test_rows_of_jacobians_go_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(t: Any) -> Any:
        x, m, i = items(t)
        return t.func.jacrev(functools.partial(OPERATIONS[name], t), argnums=(0, 1))(x[0].detach(), m[0].detach(), i[0])

    expected = run(torch)
    monkeypatch.setattr(func.jacobians, "NotSupportedError", ZeroDivisionError)  # so that no row goes by itself
    check_equal(run(minitorch), expected)


# --- vmap: batches, nesting, trees ------------------------------------------------------------------------------------


@program
def dims_and_trees(t: Any) -> Any:
    def f(d: Any, s: float) -> Any:
        return {"a": d["x"] * s, "b": (d["x"].sum(), [d["y"]])}

    tree = t.vmap(f, in_dims=({"x": 0, "y": None}, None), out_dims={"a": 1, "b": (0, [0])})
    return (
        tree({"x": batch(t), "y": batch(t)}, 2.0),
        t.vmap(lambda x: x.cumsum(0), in_dims=-1, out_dims=-1)(batch(t)),
        t.vmap(t.add, in_dims=(0, None))(batch(t), 1),
        t.vmap(lambda x: t.ones(2))(batch(t)),
        t.vmap(lambda x: t.ones(2), out_dims=None)(batch(t)),
        t.vmap(lambda x: (x * 2, x.sum()), out_dims=(1, 0))(batch(t)),
        t.vmap(lambda x, y: x + y)(batch(t), y=batch(t)),
    )


@program
def nested_maps(t: Any) -> Any:
    x, y, w = batch(t).requires_grad_(), numbers(t, 2, 3, start=1.0).requires_grad_(), numbers(t, 5, 3).requires_grad_()
    pairs = t.vmap(t.vmap(lambda a, b: (w @ (a - b)).tanh().sum(), in_dims=(None, 0)), in_dims=(0, None))(x, y)
    (pairs * numbers(t, 4, 2)).sum().backward()
    made = t.vmap(lambda a: t.vmap(lambda b: t.cat([b.new_zeros(2), a * b]))(y))(x)
    return pairs, made, x.grad, y.grad, w.grad


@program
def derivatives_of_each_item(t: Any) -> Any:
    return (
        t.vmap(t.func.grad(t.func.grad(lambda x: x.sin() * x)))(x3(t)),
        t.vmap(t.func.jacrev(lambda x: x * x.sum()))(batch(t)),
        t.vmap(t.func.jacfwd(t.func.jacfwd(lambda x: x.prod())))(batch(t)),
        t.vmap(lambda v: t.func.jvp(lambda x: x.exp() * x.sum(), (x3(t),), (v,)))(t.eye(3)),
    )


@program
def gradients_per_sample(t: Any) -> Any:
    net = mlp(t)

    def loss(p: Any, x: Any, y: Any) -> Any:
        return t.nn.functional.cross_entropy(t.func.functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0))

    p = dict(net.named_parameters())
    found = t.vmap(t.func.grad(loss), in_dims=(None, 0, 0))(p, batch(t), labels(t))
    sum(each.pow(2).sum() for each in found.values()).backward()
    free = {name: each.detach() for name, each in p.items()}
    chunks = t.vmap(t.func.grad_and_value(loss), in_dims=(None, 0, 0), chunk_size=3)(free, batch(t), labels(t))
    return found, chunks, [each.grad for each in net.parameters()]


@program
def gradients_per_image(t: Any) -> Any:
    net = t.nn.Sequential(t.nn.Conv2d(1, 4, 3), t.nn.ReLU(), t.nn.MaxPool2d(2), t.nn.Flatten(), t.nn.Linear(36, 5))
    p = {name: numbers(t, *each.shape) for name, each in net.named_parameters()}

    def loss(p: Any, x: Any, y: Any) -> Any:
        return t.nn.functional.cross_entropy(t.func.functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0))

    return t.vmap(t.func.grad(loss), in_dims=(None, 0, 0))(p, numbers(t, 4, 1, 8, 8), labels(t))


@program
def a_transformer_per_sample(t: Any) -> Any:
    net = t.nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    p = {name: numbers(t, *each.shape) for name, each in net.named_parameters()}

    def loss(p: Any, x: Any) -> Any:
        return t.func.functional_call(net, p, (x[None],)).pow(2).sum()

    return t.vmap(t.func.grad(loss), (None, 0))(p, numbers(t, 2, 5, 4))


@program
def a_physics_informed_net(t: Any) -> Any:
    net = t.nn.Sequential(t.nn.Linear(1, 8), t.nn.Tanh(), t.nn.Linear(8, 1))
    with t.no_grad():
        for each in net.parameters():
            each.copy_(numbers(t, *each.shape))
    p = dict(net.named_parameters())

    def u(x: Any, p: Any) -> Any:
        return t.func.functional_call(net, p, (x.reshape(1, 1),)).squeeze()

    curvature = t.vmap(t.func.grad(t.func.grad(u)), (0, None))(t.linspace(0, 1, 6), p)
    curvature.pow(2).mean().backward()
    # the last bias does not matter to a derivative: torch leaves no gradient there, or one of zeros
    return curvature, [each.grad for each in list(net.parameters())[:3]]


@program
def batches_of_one_and_of_none(t: Any) -> Any:
    def f(x: Any) -> Any:
        return (numbers(t, 5, 3) @ x).softmax(0)

    return t.vmap(f)(batch(t)[:1]), t.vmap(f)(batch(t)[:0]), t.vmap(t.func.grad(lambda x: f(x)[0]))(batch(t)[:0])


@program
def searched_and_counted(t: Any) -> Any:
    rows = t.tensor([[0.0, 1.0, 1.0, 3.0], [-1.0, 0.5, 2.0, 2.5]])
    values = t.tensor([[1.0, float("nan"), -5.0], [2.0, 9.0, float("nan")]])
    places = t.tensor([[0, 2, 2, 1], [3, 3, 0, 0]])
    return (
        [t.vmap(lambda r, v, right=right: t.searchsorted(r, v, right=right))(rows, values) for right in (False, True)],
        t.vmap(t.bucketize)(values, rows),
        t.vmap(lambda i: t.bincount(i, minlength=4))(places),
        t.vmap(lambda i, w: t.bincount(i, w, 5))(places, rows[:, [0, 1, 2, 0]]),
        t.vmap(lambda i, j: t.isin(i, j))(places, places.flip(0)),
        t.vmap(lambda i: t.isin(i, t.tensor([2, 3]), invert=True))(places),
        t.vmap(lambda i, w: t.zeros(4).index_put((i,), w, accumulate=True))(places, rows[:1].expand(2, 4)),
        t.vmap(lambda x: t.special.gammainc(x + 1, x + 0.5))(rows[:1].T),
        t.vmap(lambda x: t.special.zeta(x + 2, x + 0.5))(rows[:1].T),
    )


@program
def matrices_by_elimination(t: Any) -> Any:
    matrices = numbers(t, 3, 4, 4) + 3 * t.eye(4)
    return (
        t.vmap(t.linalg.matrix_exp)(matrices / 4),
        [t.vmap(lambda m, k=k: t.linalg.lu(m)[k])(matrices) for k in range(3)],
        t.vmap(lambda m: t.linalg.lu_factor(m)[0])(matrices),
        t.vmap(lambda m: t.linalg.lu_solve(*t.linalg.lu_factor(m), m.T))(matrices),
    )


@program
def in_place_within_a_map(t: Any) -> Any:
    def f(x: Any) -> Any:
        y = x.new_zeros(3)
        y[1:] = x[:2]
        y += 1
        z = x.clone()
        z[0] = x[1]
        return y.mul_(x) + z.sin_()

    def fill(x: Any) -> Any:
        return x.add_(1)

    written = t.zeros(2, 2)
    t.vmap(fill)(written)
    return t.vmap(f)(batch(t)), written


@program
def random_numbers(t: Any) -> Any:
    drawn = []
    draws: list[Callable[[Any], Any]] = [
        lambda x: x + t.rand(3),
        lambda x: t.randn_like(x),
        lambda x: t.nn.functional.dropout(x + 1),
        lambda x: x.clone().uniform_(),
        lambda x: t.randint(0, 9, (3,)) + x,
        lambda x: t.randperm(3) + x,
    ]
    batched: list[Callable[[Any], Any]] = [
        lambda x: t.bernoulli(x.abs()),
        lambda x: t.multinomial(x.abs() + 1, 2),
        lambda x: t.normal(x, 1.0),
    ]
    for mode in ("same", "different"):
        for draw in draws if mode == "same" else draws + batched:
            t.manual_seed(0)
            drawn.append(t.vmap(draw, randomness=mode)(batch(t)))
        drawn.append(t.vmap(draws[0], randomness=mode, chunk_size=3)(batch(t)))
    t.manual_seed(0)
    both = t.vmap(t.vmap(lambda x: x + t.rand(2).sum(), randomness="different"), randomness="same")(batch(t))
    return drawn, both, t.rand(3)


@failure("called random operation while in randomness error mode")
def random_numbers_unasked(t: Any) -> None:
    t.vmap(lambda x: x + t.rand(3))(batch(t))


@failure("called random operation while in randomness error mode")
def dropout_unasked(t: Any) -> None:
    t.vmap(t.nn.functional.dropout)(batch(t))


@failure("does not currently support same randomness with a batched tensor input")
def the_same_draw_by_different_weights(t: Any) -> None:
    t.vmap(t.bernoulli, randomness="same")(batch(t).abs())


@failure("Only allowed values for randomness are 'error', 'different', or 'same'. Got x")
def unknown_randomness(t: Any) -> None:
    t.vmap(t.sum, randomness="x")(batch(t))


@failure("vmap: chunk_size should be None or greater than 0. (got -1)")
def negative_chunks(t: Any) -> None:
    t.vmap(t.sum, chunk_size=-1)(batch(t))


@failure("got no inputs. Maybe you forgot to add inputs")
def no_inputs(t: Any) -> None:
    t.vmap(lambda: 1)()


@failure("Expected all tensors to have the same size in the mapped dimension, got sizes [4, 3]")
def batches_of_two_sizes(t: Any) -> None:
    t.vmap(t.add)(batch(t), x3(t))


@failure("vmap: Expected at least one Tensor to vmap over")
def nothing_mapped(t: Any) -> None:
    t.vmap(t.add, in_dims=(None, None))(batch(t), batch(t))


@failure("in_dims is not compatible with the structure of `inputs`")
def in_dims_of_another_structure(t: Any) -> None:
    t.vmap(t.add, in_dims=(0,))(batch(t), batch(t))


@failure("expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs")
def in_dims_in_a_list(t: Any) -> None:
    t.vmap(t.add, in_dims=[0, 0])(batch(t), batch(t))


@failure("Got in_dim=1.0 for an input but in_dim must be either an integer dimension or None")
def in_dims_of_another_type(t: Any) -> None:
    t.vmap(t.add, in_dims=(0, 1.0))(batch(t), batch(t))


@failure("Got in_dim=0 for an input but the input is of type <class 'int'>")
def a_number_mapped(t: Any) -> None:
    t.vmap(t.add)(batch(t), 1)


@failure("Got in_dim=-3 for some input, but that input is a Tensor of dimensionality 2")
def in_dim_out_of_range(t: Any) -> None:
    t.vmap(t.sum, in_dims=-3)(batch(t))


@failure("Dimension out of range (expected to be in range of [-2, 1], but got 2)")
def out_dim_out_of_range(t: Any) -> None:
    t.vmap(lambda x: x, out_dims=2)(batch(t))


@failure("out_dims is not compatible with the structure of `outputs`")
def out_dims_of_another_structure(t: Any) -> None:
    t.vmap(lambda x: x * 2, out_dims=(0, 1))(batch(t))


@failure("`out_dims` must be an int, None or a python collection of ints")
def out_dims_of_another_type(t: Any) -> None:
    t.vmap(lambda x: x * 2, out_dims="a")(batch(t))


@failure("can not return a BatchedTensor when out_dim is None")
def a_mapped_output_without_a_dim(t: Any) -> None:
    t.vmap(lambda x: x * 2, out_dims=None)(batch(t))


@failure("must only return Tensors, got type <class 'float'>. Did you mean to set out_dims= to None for output?")
def a_number_returned(t: Any) -> None:
    t.vmap(lambda x: 1.0)(batch(t))


@failure("data-dependent control flow")
def a_condition(t: Any) -> None:
    t.vmap(lambda x: x if x.sum() > 0 else -x)(batch(t))


@failure("calling .item() on a Tensor")
def an_element_as_a_number(t: Any) -> None:
    t.vmap(lambda x: x * x.sum().item())(batch(t))


@failure("vmap: We do not support batching operators that can output dynamic shape")
def nonzero(t: Any) -> None:
    t.vmap(t.nonzero)(batch(t))


@failure("vmap: We do not support batching operators that can")
def a_mask_as_an_index(t: Any) -> None:
    t.vmap(lambda x: x[x > 0])(batch(t))


@failure("is not possible because there exists a Tensor `other` in extra_args that has more elements than `self`")
def a_write_to_what_is_not_mapped(t: Any) -> None:
    def f(x: Any) -> Any:
        z = t.zeros(3)
        z[0] = x[0]
        return z

    t.vmap(f)(batch(t))


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: minitorch.bincount(x.long().abs()), "bincount"),
        (lambda x: minitorch.linalg.norm(x.outer(x), 2), ""),
        (lambda x: minitorch.unique(x), "dynamic shape"),
        (lambda x: minitorch.tensor(x.numpy()), "calling .item()"),
        (lambda x: x * minitorch.equal(x, x), "data-dependent control flow"),
        (lambda x: x * (1.0 in x), "data-dependent control flow"),
    ],
)
def test_what_cannot_be_mapped_says_so(function: Callable[[Any], Any], what: str) -> None:
    try:
        out = minitorch.vmap(function)(batch(minitorch))
    except NotSupportedError as error:
        assert what in str(error)
        assert "vmap" in str(error)
    else:
        rows = [function(row) for row in batch(minitorch)]
        np.testing.assert_allclose(out.numpy(), np.stack([row.numpy() for row in rows]), rtol=1e-5)


def test_nothing_runs_once_for_each_item() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(x.shape)
        return x.softmax(0)

    minitorch.vmap(f)(minitorch.ones(1000, 3))
    assert calls == [minitorch.Size([3])]


def test_it_runs_under_the_names_of_torch() -> None:
    script = (
        "import torch.func, functorch\n"
        "from torch.func import vmap, grad\n"
        "from functorch import jacrev\n"
        "assert torch.vmap is vmap and jacrev is torch.func.jacrev\n"
        "print(vmap(grad(lambda x: (x * x).sum()))(torch.ones(2)).tolist())\n"
    )
    command = [sys.executable, "-m", "minitorch", "run", "-"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "[2.0, 2.0]\n"


# --- the comparison, after all programs are registered ----------------------------------------------------------------


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_program(run: Callable[[Any], Any]) -> None:
    check_equal(run(minitorch), run(torch))


@pytest.mark.parametrize(("run", "phrase"), FAILURES, ids=lambda each: getattr(each, "__name__", ""))
def test_failure(run: Callable[[Any], Any], phrase: str) -> None:
    raised = []
    for engine in (torch, minitorch):
        with pytest.raises(Exception, match=".*") as error:
            run(engine)
        assert phrase in str(error.value), engine.__name__
        raised.append(type(error.value))
    assert issubclass(raised[1], raised[0])
