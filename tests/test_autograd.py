"""The engine against torch: the same little program runs on both, and what it returns or raises is compared."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

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


def plain(value: Any) -> Any:
    """A result in a form that does not tell the engines apart."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        return str(value.dtype), tuple(value.shape), [f"{float(number):.5g}" for number in value.detach().reshape(-1)]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if type(value).__name__.endswith(("Backward", "Backward0", "Backward1", "AccumulateGrad", "CopySlices")):
        return type(value).__name__
    return value


# --- backward -------------------------------------------------------------------------------------------------------


@program
def backward_by_keyword(t: Any) -> Any:
    x, w = t.ones(2, requires_grad=True), t.ones(2, requires_grad=True)
    y = x * w * 3
    y.backward(gradient=t.tensor([1.0, 2.0]), retain_graph=True)
    y.backward(t.tensor([1.0, 2.0]), True, False, [x])
    y.backward(gradient=t.tensor([1.0, 2.0]), inputs=w)
    return x.grad, w.grad


NUMBERS_BEFORE = [
    "t.add(a, 10, b)",
    "a.add(10, b)",
    "a.clone().add_(-0.5, b)",
    "t.sub(a, 10, b)",
    "a.clone().sub_(10, b)",
    "t.addcmul(a, 0.5, a, b)",
    "a.clone().addcmul_(0.5, a, b)",
    "t.addcdiv(a, 0.5, a, b)",
    "a.clone().addcdiv_(-0.5, a, b)",
    "t.addmm(2, m, 3, m, m)",
    "t.addmm(2, m, m, m)",
    "m.addmm(2, 3, m, m)",
    "m.clone().addmm_(2, 3, m, m)",
    "t.addmv(2, a, 3, m, b)",
    "a.clone().addmv_(2, m, b)",
    "m.addr(2, 3, a, b)",
    "t.baddbmm(2, m[None], 3, m[None], m[None])",
    "m.addbmm(2, m[None], m[None])",
]


@pytest.mark.filterwarnings("ignore:This overload of")
@pytest.mark.parametrize("expression", NUMBERS_BEFORE)
def test_numbers_before_the_tensors_that_they_multiply(expression: str) -> None:
    found = []
    for engine in (minitorch, torch):
        a, b = engine.tensor([1.0, 2.0], requires_grad=True), engine.tensor([3.0, 4.0], requires_grad=True)
        m = engine.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
        result = eval(expression, {"t": engine, "a": a, "b": b, "m": m})
        result.sum().backward()
        found.append(plain([result, a.grad, b.grad, m.grad]))
    assert found[0] == found[1]


def test_numbers_before_tensors_are_deprecated() -> None:
    a = minitorch.ones(2)
    with pytest.warns(UserWarning, match=r"This overload of add is deprecated.*: add\(input, other, \*, alpha=1\)"):
        a.add(2, a)
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        a.add(a, a)


@program
def a_leaf_that_no_longer_asks_gets_nothing(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    y = (x * 2).sum()
    x.requires_grad = False
    y.backward()
    return x.grad


def bends(t: Any) -> list[Callable[[Any], Any]]:
    f = t.nn.functional
    slope = t.tensor([0.2])
    shrinks = [f.hardshrink, f.softshrink, lambda x: f.threshold(x, 0.5, 0.0), lambda x: f.rrelu(x, training=False)]
    return [f.relu, f.relu6, f.leaky_relu, f.hardtanh, lambda x: f.prelu(x, slope), *shrinks]


@program
def the_second_derivative_of_a_bent_line_is_zero(t: Any) -> Any:
    found = []
    for function in bends(t):
        x = t.tensor([-1.0, 0.3, 2.0], requires_grad=True)
        (g,) = t.autograd.grad(function(x).sum(), x, create_graph=True)
        found += [g.requires_grad, t.autograd.grad(g.sum(), x)]
    return found


@program
def curvature_of_a_network_of_relus(t: Any) -> Any:
    x, w = t.tensor([[0.5], [-0.2]], requires_grad=True), t.tensor([[1.5, -2.0]], requires_grad=True)
    u = t.relu(x @ w).sum()
    (ux,) = t.autograd.grad(u, x, create_graph=True)
    (uxx,) = t.autograd.grad(ux.sum(), x, create_graph=True)
    (ux.sum() + uxx.sum()).backward()
    return ux, uxx, w.grad


@program
def gradients_add_up(t: Any) -> Any:
    w = t.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        (w * w).sum().backward()
    return w.grad


@program
def shared_input(t: Any) -> Any:
    x = t.tensor(3.0, requires_grad=True)
    y = x * x
    z = y * y + y + x
    z.backward()
    return x.grad


@program
def a_leaf_as_root(t: Any) -> Any:
    x = t.tensor(3.0, requires_grad=True)
    x.backward()
    x.backward()
    return x.grad


@program
def gradient_argument(t: Any) -> Any:
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x * x).backward(t.tensor([1.0, 0.5, -1.0]))
    return x.grad


@program
def the_gradient_argument_stays_the_users(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    g = t.tensor([1.0, 1.0])
    (x + 1).backward(g)
    (x + 1).backward(g)
    return x.grad, g


@program
def no_gradient_is_shared(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = t.tensor([3.0, 4.0], requires_grad=True)
    (x + y).sum().backward()
    x.grad.add_(10)
    return x.grad, y.grad


@program
def several_roots(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    t.autograd.backward([x * x, x * 3], [t.tensor(1.0), t.tensor(2.0)])
    return x.grad


@program
def one_root_twice(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x * x
    t.autograd.backward([y, y])
    return x.grad


@program
def inputs_restrict(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = t.tensor(3.0, requires_grad=True)
    (x * y).backward(inputs=[x])
    return x.grad, y.grad


@program
def inputs_may_be_no_leaf(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).backward(inputs=[y])
    return y.grad, x.grad


@program
def mixed_dtypes_come_back(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = t.tensor([1.0, 2.0], dtype=t.float64, requires_grad=True)
    (x * y).sum().backward()
    return x.grad, y.grad


@program
def broadcasting_is_undone(t: Any) -> Any:
    x = t.ones(2, 1, 3, requires_grad=True)
    y = t.ones(4, 1, requires_grad=True)
    z = t.tensor(2.0, requires_grad=True)
    (x * y * z + y).sum().backward()
    return x.grad, y.grad, z.grad


@program
def the_graph_is_kept(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x * x * x
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


@program
def what_saved_nothing_may_run_twice(t: Any) -> Any:
    x = t.ones(3, requires_grad=True)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@program
def create_graph(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x * x).sum()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using backward\\(\\) with create_graph=True")
        y.backward(create_graph=True)
    first = x.grad
    x.grad = None
    (first * first).sum().backward()
    return first, x.grad


@program
def third_order(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x**4
    found = []
    for _ in range(4):
        (y,) = t.autograd.grad(y, x, create_graph=True)
        found.append(y)
    return found


@program
def gradients_of_gradients_by_inputs(t: Any) -> Any:
    x = t.tensor([0.3, -0.2], requires_grad=True)
    w = t.tensor([1.5, 0.5], requires_grad=True)
    y = t.tanh(x * w).sum()
    (g,) = t.autograd.grad(y, x, create_graph=True)
    return t.autograd.grad(g.sum(), [x, w])


@program
def second_order_of_a_0d_result_with_keywords(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    (g,) = t.autograd.grad(t.pow(2.0, exponent=x), x, create_graph=True)
    return g, t.autograd.grad(g, x)


@program
def numpys_numbers_keep_the_dtype(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = (x + np.float64(2)) * np.float64(3) / np.float32(2) - np.int64(1)
    y.sum().backward()
    return y, x.grad


@program
def grad_with_outputs(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    return t.autograd.grad([x * x, x * 2], x, grad_outputs=[t.tensor([1.0, 1.0]), None or t.tensor([0.0, 3.0])])


@program
def grad_writes_nothing(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    found = t.autograd.grad((x * x).sum(), x)
    return found, x.grad


@program
def grad_of_an_intermediate(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * y
    return t.autograd.grad(z, [y, x])


@program
def grad_unused(t: Any) -> Any:
    x = t.tensor(1.0, requires_grad=True)
    y = t.tensor(1.0, requires_grad=True)
    return (
        t.autograd.grad(x * 2, [x, y], allow_unused=True),
        t.autograd.grad(x * 2, [x, y], materialize_grads=True),
    )


@program
def part_of_several_outputs(t: Any) -> Any:
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, _ = x.unbind(0)
    (first * first).sum().backward()
    return x.grad


@failure("grad can be implicitly created only for scalar outputs")
def backward_of_a_vector(t: Any) -> None:
    (t.ones(2, requires_grad=True) * 2).backward()


@failure("does not require grad and does not have a grad_fn")
def backward_without_a_graph(t: Any) -> None:
    t.ones(()).backward()


@failure("Trying to backward through the graph a second time")
def backward_twice(t: Any) -> None:
    x = t.tensor(2.0, requires_grad=True)
    y = x * x
    y.backward()
    y.backward()


@failure("Trying to backward through the graph a second time")
def backward_twice_through_a_shared_part(t: Any) -> None:
    x = t.tensor(2.0, requires_grad=True)
    shared = x * x
    (shared * 2).backward()
    (shared * 3).backward()


@failure("Mismatch in shape")
def gradient_of_another_shape(t: Any) -> None:
    (t.ones(2, requires_grad=True) * 2).backward(t.ones(3))


@failure("appears to not have been used in the graph")
def grad_of_an_unused_input(t: Any) -> None:
    x, y = t.ones((), requires_grad=True), t.ones((), requires_grad=True)
    t.autograd.grad(x * 2, y)


@failure("One of the differentiated Tensors does not require grad")
def grad_of_a_constant(t: Any) -> None:
    x = t.ones((), requires_grad=True)
    t.autograd.grad(x * 2, t.ones(()))


@failure("cannot be empty")
def empty_inputs(t: Any) -> None:
    (t.ones((), requires_grad=True) * 2).backward(inputs=[])


# --- modes ----------------------------------------------------------------------------------------------------------


@program
def no_grad_in_its_forms(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)

    @t.no_grad()
    def called(v: Any) -> Any:
        return v * 2

    @t.no_grad
    def bare(v: Any) -> Any:
        return v * 2

    with t.no_grad():
        inside = x * 2
        with t.enable_grad():
            again = x * 2
        after = x * 2
    return [y.requires_grad for y in (called(x), bare(x), inside, again, after, x * 2)]


@program
def set_grad_enabled_in_its_forms(t: Any) -> Any:
    seen = []
    t.set_grad_enabled(False)
    seen.append(t.is_grad_enabled())
    t.set_grad_enabled(True)
    seen.append(t.is_grad_enabled())
    with t.set_grad_enabled(False):
        seen.append(t.is_grad_enabled())
    seen.append(t.is_grad_enabled())

    @t.set_grad_enabled(False)
    def decorated() -> bool:
        return bool(t.is_grad_enabled())

    return [*seen, decorated(), t.is_grad_enabled()]


@program
def a_generator_keeps_its_mode(t: Any) -> Any:
    @t.no_grad()
    def numbers() -> Any:
        yield t.is_grad_enabled()
        yield t.is_grad_enabled()

    return [(inside, t.is_grad_enabled()) for inside in numbers()]


@program
def an_error_restores_the_mode(t: Any) -> Any:
    try:
        with t.no_grad():
            raise KeyError
    except KeyError:
        return t.is_grad_enabled()


@program
def inference_mode(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    with t.inference_mode():
        y = x * 2
        flags = t.is_inference_mode_enabled(), t.is_grad_enabled()
    return y.requires_grad, y.is_inference(), flags, t.is_grad_enabled()


@failure("Inplace update to inference tensor outside InferenceMode is not allowed")
def inference_tensors_are_frozen(t: Any) -> None:
    with t.inference_mode():
        x = t.ones(2) * 2
    x.add_(1)


def test_grad_mode_is_per_thread() -> None:
    seen = []
    with minitorch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(minitorch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


# --- leaves, flags --------------------------------------------------------------------------------------------------


@program
def flags(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    y = x * 2
    z = t.ones(2)
    return [(v.is_leaf, v.requires_grad, v.grad_fn is None) for v in (x, y, z, y.detach(), x.data)]


@program
def nodes_and_their_names(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    y = (x * 2 + 1).sum()
    node = y.grad_fn
    names = []
    while node is not None:
        names.append(node.name().replace("torch::autograd::", ""))
        following = node.next_functions
        node = following[0][0] if following else None
    return names


def seen(node: Any) -> Any:
    """The graph as next_functions shows it: the names of the nodes, each with what follows it."""
    return None if node is None else (node.name(), [(seen(each), number) for each, number in node.next_functions])


GRAPHS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "power of a number": lambda t, x, w: x**2,
    "number to a power": lambda t, x, w: 2**x,
    "both of a power": lambda t, x, w: x**x,
    "added number": lambda t, x, w: x + 1,
    "number less": lambda t, x, w: 1 - x,
    "divided": lambda t, x, w: x / 3,
    "remainder": lambda t, x, w: x % 3,
    "clamped": lambda t, x, w: x.clamp(min=0),
    "where": lambda t, x, w: t.where(x > 0, x, 0.0),
    "masked": lambda t, x, w: x.masked_fill(x > 0, 0),
    "between": lambda t, x, w: x.lerp(x, 0.5),
    "squared error": lambda t, x, w: t.nn.functional.mse_loss(x, x.detach()),
    "logits": lambda t, x, w: t.nn.functional.binary_cross_entropy_with_logits(x, x.detach()),
    "classes": lambda t, x, w: t.nn.functional.cross_entropy(x, t.tensor([0, 1])),
    "log-probabilities": lambda t, x, w: t.nn.functional.nll_loss(x, t.tensor([0, 1])),
    "stacked": lambda t, x, w: t.stack([x, x.detach()]),
    "linear": lambda t, x, w: t.nn.functional.linear(x, w, t.ones(1, requires_grad=True)),
    "linear without bias": lambda t, x, w: t.nn.functional.linear(x, w),
    "linear of a vector": lambda t, x, w: t.nn.functional.linear(x[0], w),
    "linear of a vector with bias": lambda t, x, w: t.nn.functional.linear(x[0], w, t.ones(1, requires_grad=True)),
    "linear of a batch": lambda t, x, w: t.nn.functional.linear(x[None], w),
    "linear of a batch with bias": lambda t, x, w: t.nn.functional.linear(x[None], w, t.ones(1, requires_grad=True)),
    "linear of data": lambda t, x, w: t.nn.functional.linear(x.detach(), w, t.ones(1, requires_grad=True)),
    "linear with fixed weights": lambda t, x, w: t.nn.functional.linear(x, w.detach(), t.ones(1)),
}


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_graph_is_seen_as_torch_records_it(graph: str) -> None:
    results = []
    for engine in (minitorch, torch):
        x, w = (engine.ones(*shape, requires_grad=True) for shape in ((2, 3), (1, 3)))
        results.append(seen(GRAPHS[graph](engine, x, w).grad_fn))
    assert results[0] == results[1]


def test_a_step_that_is_only_shown_takes_no_hook() -> None:
    x = minitorch.ones(2, 3, requires_grad=True)
    step = minitorch.nn.Linear(3, 1)(x).grad_fn.next_functions[2][0]
    with pytest.raises(NotImplementedError, match="TBackward0 is part of the node that it follows here"):
        step.register_hook(print)


class Doubled(minitorch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2


def test_how_nodes_print() -> None:
    x = minitorch.ones(2, requires_grad=True)
    written = x * 2
    written[0] = 1
    assert repr(Doubled.apply(x).grad_fn).startswith("<torch.autograd.function.DoubledBackward object at 0x")
    for node, name in [
        ((x * 2).grad_fn, "MulBackward0"),
        ((x * 2).grad_fn.next_functions[0][0], "AccumulateGrad"),
        (written.grad_fn, "CopySlices"),
    ]:
        assert str(type(node)) == f"<class '{name}'>"
        assert repr(node).startswith(f"<{name} object at 0x")
    assert repr(written).endswith("grad_fn=<CopySlices>)")


@program
def the_accumulator_knows_its_leaf(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    accumulator = (x * 2).grad_fn.next_functions[0][0]
    return accumulator.variable is x


@program
def retain_grad(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x * x
    y.retain_grad()
    (y * 3).backward()
    return y.grad, y.retains_grad, x.retains_grad


@program
def a_set_grad_is_added_to(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    x.grad = t.tensor([10.0, 10.0])
    (x * x).sum().backward()
    return x.grad


@program
def data_assignment(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    x.data = t.tensor([3.0, 4.0, 5.0])
    (x * x).sum().backward()
    return x, x.grad


@failure("only Tensors of floating point")
def integers_take_no_grad(t: Any) -> None:
    t.tensor([1, 2]).requires_grad_()


@failure("you can only change requires_grad flags of leaf variables")
def a_result_keeps_its_grad(t: Any) -> None:
    (t.ones(2, requires_grad=True) * 2).requires_grad = False


@failure("Can't call numpy() on Tensor that requires grad")
def numpy_of_a_leaf(t: Any) -> None:
    t.ones(2, requires_grad=True).numpy()


@failure("can't retain_grad on Tensor that has requires_grad=False")
def retain_grad_without_grad(t: Any) -> None:
    t.ones(2).retain_grad()


@failure("attempting to assign a gradient of size '[3]' to a tensor of size '[2]'")
def grad_of_another_size(t: Any) -> None:
    t.ones(2, requires_grad=True).grad = t.ones(3)


def test_create_graph_warns_of_the_cycle() -> None:
    x = minitorch.ones((), requires_grad=True)
    with pytest.warns(UserWarning, match="will create a reference cycle"):
        (x * x).backward(create_graph=True)


def test_the_grad_of_a_result_warns() -> None:
    y = minitorch.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match="is not a leaf Tensor is being accessed"):
        assert y.grad is None


# --- hooks ----------------------------------------------------------------------------------------------------------


@program
def tensor_hooks(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.clone()))
    y.register_hook(lambda g: g * 10)
    handle = x.register_hook(lambda g: g + 1)
    y.sum().backward()
    handle.remove()
    (x * 3).sum().backward()
    return seen, x.grad


@program
def retain_grad_sees_what_hooks_return(t: Any) -> Any:
    x = t.tensor(1.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.backward()
    return y.grad, x.grad


@program
def node_hooks(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    seen: list[Any] = []
    y.grad_fn.register_prehook(lambda outs: (outs[0] * 2,))
    y.grad_fn.register_hook(lambda ins, outs: seen.append((ins[0].clone(), outs[0].clone())))
    y.sum().backward()
    return seen, x.grad


@program
def after_accumulation(t: Any) -> Any:
    x = t.tensor(1.0, requires_grad=True)
    seen: list[Any] = []
    x.register_post_accumulate_grad_hook(lambda leaf: seen.append(leaf.grad.item()))
    (x * 3).backward()
    (x * 3).backward()
    return seen


@program
def a_hook_under_create_graph(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    x.register_hook(lambda g: g * x)
    (g,) = t.autograd.grad(x * x, x, create_graph=True)
    return g


@failure("cannot register a hook on a tensor that doesn't require gradient")
def hook_without_grad(t: Any) -> None:
    t.ones(2).register_hook(lambda g: g)


# --- in place, views, versions --------------------------------------------------------------------------------------


@program
def versions(t: Any) -> Any:
    x = t.zeros(4)
    v = x[1:3]
    seen = [x._version]
    x.add_(1)
    seen.append(v._version)
    v.mul_(2)
    seen.append(x._version)
    x[0] = 5
    seen.append(x._version)
    x.detach().add_(1)
    seen.append(x._version)
    x.data.add_(1)
    seen.append(x._version)
    return seen, x


@program
def in_place_on_a_result(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.mul_(y.detach() + 1)
    y += x
    y.sum().backward()
    return y, x.grad


@program
def in_place_keeps_what_it_saved(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    y.pow_(3)
    y.exp_()
    y.sum().backward()
    return x.grad


@program
def in_place_on_a_view(t: Any) -> Any:
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    row, column = y[0], y[:, 1]
    row.mul_(3)
    total = (y * y).sum() + column.sum()
    total.backward()
    return y, row, x.grad, y.grad_fn


@program
def in_place_on_a_view_of_a_view(t: Any) -> Any:
    x = t.arange(12.0).requires_grad_()
    y = x * 1
    y.view(3, 4)[1:].t()[2].mul_(5)
    (y * y).sum().backward()
    return y, x.grad


@program
def in_place_on_the_base_reaches_the_view(t: Any) -> Any:
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    v = y[1:]
    y.mul_(2)
    v.sum().backward()
    return v, x.grad


@program
def writing_a_parameter_into_a_constant(t: Any) -> Any:
    w = t.tensor(2.0, requires_grad=True)
    x = t.zeros(3)
    x[1] = w
    x[2:].add_(w * w)
    (x * t.tensor([1.0, 10.0, 100.0])).sum().backward()
    return x, x.requires_grad, w.grad


@program
def second_order_through_an_in_place_view(t: Any) -> Any:
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    y[1:].mul_(x[:2])
    (g,) = t.autograd.grad((y * y).sum(), x, create_graph=True)
    return g, t.autograd.grad(g.sum(), x)


@program
def no_grad_updates(t: Any) -> Any:
    w = t.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with t.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    return w, w.grad, w.requires_grad, w.is_leaf


@failure("a leaf Variable that requires grad is being used in an in-place operation")
def in_place_on_a_leaf(t: Any) -> None:
    t.ones(2, requires_grad=True).add_(1)


@failure("a view of a leaf Variable that requires grad is being used in an in-place operation")
def in_place_on_a_view_of_a_leaf(t: Any) -> None:
    t.ones(2, requires_grad=True)[0].add_(1)


@failure("a leaf Variable that requires grad is being used in an in-place operation")
def item_assignment_to_a_leaf(t: Any) -> None:
    t.ones(2, requires_grad=True)[0] = 1


@failure("one of the variables needed for gradient computation has been modified by an inplace operation")
def a_saved_input_was_written_to(t: Any) -> None:
    x = t.ones(2, requires_grad=True)
    y = x * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


@failure("one of the variables needed for gradient computation has been modified by an inplace operation")
def a_saved_result_was_written_to(t: Any) -> None:
    x = t.ones(2, requires_grad=True)
    y = x.exp()
    y.add_(1)
    y.sum().backward()


@failure("one of the variables needed for gradient computation has been modified by an inplace operation")
def a_saved_input_was_written_to_through_a_view(t: Any) -> None:
    x = t.ones(2, requires_grad=True)
    y = x * 2
    z = y * y
    y[0] = 7
    z.sum().backward()


@failure("modified by an inplace operation")
def a_result_of_an_in_place_op_was_written_to(t: Any) -> None:
    x = t.ones(2, requires_grad=True)
    y = (x * 1).sigmoid_()
    y.add_(1)
    y.sum().backward()


@failure("doesn't match the broadcast shape")
def in_place_cannot_grow(t: Any) -> None:
    t.ones(2).add_(t.ones(3, 2))


@failure("can't be cast to the desired output type")
def in_place_cannot_change_the_dtype(t: Any) -> None:
    t.ones(2, dtype=t.int64).add_(0.5)


@failure("is a view and is being modified inplace")
def in_place_on_one_of_several_views(t: Any) -> None:
    x = t.ones(2, 2, requires_grad=True) * 1
    first, _ = x.unbind(0)
    first.add_(1)


@failure("A view was created in no_grad mode and is being modified inplace")
def in_place_on_a_view_that_is_not_tracked_of_what_is(t: Any) -> None:
    x = t.ones(4, requires_grad=True) * 1
    with t.no_grad():
        first = x[:2]
    first.mul_(5)


@failure("A view was created in no_grad mode and is being modified inplace")
def in_place_on_a_view_that_is_not_tracked_of_a_leaf(t: Any) -> None:
    x = t.ones(4, requires_grad=True)
    with t.no_grad():
        first = x[:2]
    first.mul_(5)


@failure("Output 0 of Whole is a view and is being modified inplace. This view was created inside a custom Function")
def in_place_on_a_view_that_a_function_returned(t: Any) -> None:
    class Whole(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.view_as(x)

    Whole.apply(t.ones(2, requires_grad=True) * 1).add_(1)


# --- the user's own operations --------------------------------------------------------------------------------------


def _cube(t: Any) -> Any:
    class Cube(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any, power: int) -> Any:
            ctx.save_for_backward(x)
            ctx.power = power
            ctx.shape = x.shape
            return x**power

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            assert ctx.needs_input_grad[1] is False
            assert g.shape == ctx.shape
            return g * ctx.power * x ** (ctx.power - 1), None

    return Cube


@program
def custom_function(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = _cube(t).apply(x, 3)
    y.sum().backward()
    return y, x.grad, y.grad_fn


@program
def custom_function_second_order(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = _cube(t).apply(x, 3)
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    return t.autograd.grad(g.sum(), x)


@program
def custom_function_with_two_outputs(t: Any) -> Any:
    class Both(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y, x + y

        @staticmethod
        def backward(ctx: Any, product: Any, total: Any) -> Any:
            x, y = ctx.saved_tensors
            return product * y + total, product * x + total

    x = t.tensor(2.0, requires_grad=True)
    y = t.tensor(5.0, requires_grad=True)
    product, total = Both.apply(x, y)
    (product * 3).backward(retain_graph=True)
    total.backward()
    return x.grad, y.grad


@program
def custom_function_saving_its_output(t: Any) -> Any:
    class Exp(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    x = t.tensor([0.5, 1.0], requires_grad=True)
    (g,) = t.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    return g, t.autograd.grad(g.sum(), x)


@program
def custom_function_may_keep_what_it_returns(t: Any) -> Any:
    kept = t.tensor([1.0, 1.0])

    class Constant(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return kept

    x = t.ones(2, requires_grad=True)
    y = x * 1
    (Constant.apply(y) + y * 2 + Constant.apply(y)).sum().backward()
    return kept, x.grad


@program
def the_users_gradients_of_several_outputs(t: Any) -> Any:
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = (x * 1).unbind(0)
    g = t.tensor([5.0, 6.0])
    t.autograd.backward([first, second, first], [g, g, g])
    return g, x.grad


@program
def custom_function_with_setup_context(t: Any) -> Any:
    class Double(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.factor = 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.factor

    x = t.ones(2, requires_grad=True)
    Double.apply(x).sum().backward()
    return x.grad


@program
def custom_function_without_grad(t: Any) -> Any:
    y = _cube(t).apply(t.tensor([1.0, 2.0]), 3)
    return y, y.requires_grad


@program
def straight_through(t: Any) -> Any:
    class Round(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_non_differentiable(t.zeros(1))
            return x.round()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = t.tensor([0.4, 1.6], requires_grad=True)
    Round.apply(x).sum().backward()
    return x.grad


@failure("returned an incorrect number of gradients")
def custom_function_with_too_few_gradients(t: Any) -> None:
    class Short(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    Short.apply(t.ones((), requires_grad=True), t.ones((), requires_grad=True)).backward()


@failure("but expected shape compatible with")
def custom_function_with_a_wrong_shape(t: Any) -> None:
    class Wrong(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return t.ones(7)

    Wrong.apply(t.ones(3, requires_grad=True)).sum().backward()


@failure("You must implement the forward function")
def custom_function_without_forward(t: Any) -> None:
    class Empty(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        pass

    Empty.apply(t.ones(2, requires_grad=True))


@failure("once_differentiable")
def once_differentiable(t: Any) -> None:
    class Once(t.autograd.Function):  # type: ignore[misc,name-defined]  # the base comes from either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @t.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0]

    x = t.tensor(2.0, requires_grad=True)
    (g,) = t.autograd.grad(Once.apply(x) * x, x, create_graph=True)
    g.backward()


# --- functional, gradcheck, anomaly ---------------------------------------------------------------------------------


def _two(x: Any, y: Any) -> Any:
    return (x * x * y).sum(), x + y


@program
def jacobian(t: Any) -> Any:
    x, y = t.tensor([1.0, 2.0]), t.tensor([3.0, 4.0])
    return (
        t.autograd.functional.jacobian(_two, (x, y)),
        t.autograd.functional.jacobian(lambda v: v.view(2, 1) * v, x),
        t.autograd.functional.jacobian(lambda v: v.sum(), x),
    )


@program
def hessian(t: Any) -> Any:
    x, y = t.tensor([1.0, 2.0]), t.tensor([3.0, 4.0])
    return (
        t.autograd.functional.hessian(lambda v: (v * v * v).sum(), x),
        t.autograd.functional.hessian(lambda a, b: (a * a * b).sum(), (x, y)),
    )


@program
def products_with_vectors(t: Any) -> Any:
    x, y, v = t.tensor([1.0, 2.0]), t.tensor([3.0, 4.0]), t.tensor([0.5, -1.0])
    f = t.autograd.functional
    return (
        f.vjp(lambda u: u * u, x, v),
        f.jvp(lambda u: u * u, x, v),
        f.vhp(lambda u: (u**3).sum(), x, v),
        f.hvp(lambda u: (u**3).sum(), x, v),
        f.vjp(_two, (x, y), (t.tensor(1.0), v)),
        f.jvp(_two, (x, y), (v, v)),
        f.vjp(lambda u: u.sum(), x),
    )


@program
def gradchecks(t: Any) -> Any:
    x = t.tensor([0.3, -0.7], dtype=t.float64, requires_grad=True)
    y = t.tensor([[0.5], [1.5]], dtype=t.float64, requires_grad=True)
    return (
        t.autograd.gradcheck(lambda a, b: t.tanh(a * b), (x, y)),
        t.autograd.gradgradcheck(lambda a, b: t.tanh(a * b), (x, y)),
        t.autograd.gradcheck(lambda a: a.detach() * a, (x,), raise_exception=False),
    )


@failure("Jacobian mismatch for output 0 with respect to input 0")
def gradcheck_finds_a_wrong_gradient(t: Any) -> None:
    x = t.tensor([0.3, -0.7], dtype=t.float64, requires_grad=True)
    t.autograd.gradcheck(lambda a: a.detach() * a, (x,))


@failure("gradcheck expects at least one input tensor to require gradient")
def gradcheck_without_grad(t: Any) -> None:
    t.autograd.gradcheck(lambda a: a * 2, (t.ones(2),))


@pytest.mark.filterwarnings("ignore:Anomaly Detection", "ignore:Error detected in")
@pytest.mark.parametrize("t", [minitorch, torch], ids=["minitorch", "torch"])
def test_anomaly_mode_raises_for_nan(t: Any) -> None:
    x = t.tensor(-1.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="Function 'LogBackward0' returned nan values in its 0th output"):
        with t.autograd.detect_anomaly():
            (t.log(x * 0) * 0).backward()


def test_gradcheck_shows_both_jacobians_as_tensors() -> None:
    class Wrong(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = minitorch.ones(1, dtype=minitorch.float64, requires_grad=True)
    with pytest.raises(RuntimeError) as raised:
        minitorch.autograd.gradcheck(Wrong.apply, (x,))
    assert "numerical:tensor([[2.0000]], dtype=torch.float64)" in str(raised.value)
    assert "analytical:tensor([[1.]], dtype=torch.float64)" in str(raised.value)


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_anomaly_mode_names_the_forward_line() -> None:
    x = minitorch.tensor(0.0, requires_grad=True)
    with minitorch.autograd.detect_anomaly():
        y = x.log() * 0  # the line that is to blame
        with pytest.warns(UserWarning, match="the line that is to blame"), pytest.raises(RuntimeError):
            y.backward()
    assert not minitorch.is_anomaly_enabled()


# --- size and memory ------------------------------------------------------------------------------------------------


def test_a_chain_of_20000_operations() -> None:
    x = minitorch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == pytest.approx(1.0001**20_000, rel=1e-2)
    del y


def test_a_chain_of_2000_views() -> None:
    x = minitorch.tensor(1.0, requires_grad=True)
    base = minitorch.ones(4) * x
    view = base
    for _ in range(2000):
        view = view.view(4)
    view.mul_(3)
    base.sum().backward()
    assert view.grad_fn is not None
    assert x.grad is not None
    assert x.grad.item() == 12


def test_nothing_lives_on_without_the_garbage_collector() -> None:
    """1,000 training steps leave no more objects behind than ten do."""
    w = minitorch.tensor(np.ones((8, 8), np.float32), requires_grad=True)
    x = minitorch.tensor(np.ones((4, 8), np.float32))

    def step() -> None:
        y = (x @ w).tanh().exp() * 2
        y[0].mul_(2)
        loss = (y * y).mean()
        loss.backward(create_graph=False)
        w.grad = None

    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            step()
        before = len(gc.get_objects())
        for _ in range(1000):
            step()
        after = len(gc.get_objects())
    finally:
        gc.enable()
    assert after - before < 50


@program
def a_view_under_no_grad_says_what_its_base_says(torch: Any) -> Any:
    w = torch.ones(2, 3, requires_grad=True)
    plain = torch.ones(2, 3)
    with torch.no_grad():
        views = [w[0], w.T, w.view(-1), w[0][1:], w.unsqueeze(0), w.expand(4, 2, 3), (w * 2)[0], w.detach()[0]]
        views += [plain[0], w.data[0], w.detach(), w[[0, 1]], w.reshape(-1)]
        printed = repr(w[0])
    return [view.requires_grad for view in views], [view.grad_fn for view in views], printed


# --- the comparison, after all programs are registered ----------------------------------------------------------------


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_program(run: Callable[[Any], Any]) -> None:
    assert plain(run(minitorch)) == plain(run(torch))


@pytest.mark.parametrize(("run", "phrase"), FAILURES, ids=lambda each: getattr(each, "__name__", ""))
def test_failure(run: Callable[[Any], Any], phrase: str) -> None:
    raised = {}
    for engine in (torch, minitorch):
        with pytest.raises(Exception, match=".*") as error:
            run(engine)
        assert phrase in str(error.value), engine.__name__
        raised[engine.__name__] = type(error.value)
    assert raised["minitorch"].__name__ == raised["torch"].__name__ or issubclass(*raised.values())


@pytest.mark.parametrize(
    "write",
    ["w[0] += 1", "w[0] = 1", "w[0].zero_()", "w.t()[0].add_(1)", "w.view(-1).zero_()", "w[:, 1][0].mul_(2)"],
)
def test_a_view_of_a_leaf_that_is_a_view_itself_is_not_written_to(write: str) -> None:
    for engine in (minitorch, torch):
        w = engine.arange(6.0).reshape(2, 3).requires_grad_()
        with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-"):
            exec(write, {"w": w})
        with engine.no_grad():
            exec(write, {"w": w})


def test_what_was_taken_before_its_origin_became_a_leaf_is_written_to() -> None:
    for engine in (minitorch, torch):
        w = engine.arange(6.0).reshape(2, 3)
        row = w[0]
        w.requires_grad_()
        row += 1
        assert w.tolist() == [[1, 2, 3], [3, 4, 5]] and not row.requires_grad


def test_with_grad_mode_off_numpy_and_out_take_tensors_that_require_grad() -> None:
    for engine in (minitorch, torch):
        w = engine.ones(3, requires_grad=True)
        with pytest.raises(RuntimeError, match="Can't call numpy"):
            w.numpy()
        with engine.no_grad():
            assert w.numpy().tolist() == np.asarray(w).tolist() == [1, 1, 1]
            assert (w * 2).numpy().tolist() == [2, 2, 2]
            assert engine.cumsum(w, 0, out=w) is w
            engine.add(w, 1, out=w)
        assert w.tolist() == [2, 3, 4] and w.requires_grad and w.is_leaf


def test_integers_take_over_elements_without_a_gradient() -> None:
    for engine in (minitorch, torch):
        counts = engine.zeros(3, dtype=engine.int64)
        counts.copy_(engine.tensor([1.5, 2.5, 3.5], requires_grad=True))
        assert counts.tolist() == [1, 2, 3] and not counts.requires_grad


def test_grad_stops_at_the_inputs() -> None:
    """What lies beyond an input is not run: it may have been freed."""
    found = []
    for engine in (minitorch, torch):
        x = engine.tensor([1.0, -2.0], requires_grad=True)
        y = x.sigmoid()
        y.pow(2).sum().backward()
        found.append([each.tolist() for each in engine.autograd.grad((3 * y).sum(), [y, y])])
    assert found[0] == found[1] == [[3.0, 3.0], [3.0, 3.0]]
