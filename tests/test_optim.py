"""What parity's lines of the optimizers (parity/optimizers.py) cannot say: many steps, memory, hooks, copies, texts."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import parallel
from minitorch.optim import optimizer as base

SHAPES = ((3, 4), (4,), (), (2, 0))
STEPS = 50


def parameters(engine: Any, dtype: str = "float32") -> list[Any]:
    """Parameters of a few shapes, the same on each engine."""
    rng = np.random.default_rng(1)
    return [engine.nn.Parameter(engine.tensor(rng.standard_normal(shape).astype(dtype))) for shape in SHAPES]


def train(engine: Any, params: list[Any], optimizer: Any, steps: int = STEPS, seed: int = 2) -> None:
    """Steps on random gradients; now and then they are zero, and now and then one is missing."""
    rng = np.random.default_rng(seed)
    for step in range(steps):
        for k, param in enumerate(params):
            values = rng.standard_normal(tuple(param.shape)) * (step % 7 > 0)
            values = values.astype(param.detach().numpy().dtype)
            param.grad = None if (step, k) == (3, 1) else engine.tensor(values)
        optimizer.step()


def assert_same_values(mine: Any, theirs: Any, dtype: str) -> None:
    mine, theirs = mine.detach().numpy(), theirs.detach().numpy()
    assert mine.dtype == theirs.dtype
    assert mine.shape == theirs.shape
    tolerance = 3e-6 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


def assert_same(mine: Any, theirs: Any, params: list[Any], others: list[Any], dtype: str = "float32") -> None:
    """The same parameters, state, options and repr."""
    for own, other in zip(params, others, strict=True):
        assert_same_values(own, other, dtype)
    assert repr(mine) == repr(theirs)
    state, expected = mine.state_dict(), theirs.state_dict()
    assert state["param_groups"] == expected["param_groups"]
    assert [list(group) for group in state["param_groups"]] == [list(group) for group in expected["param_groups"]]
    assert list(state["state"]) == list(expected["state"])
    for number, entries in expected["state"].items():
        assert list(state["state"][number]) == list(entries)
        for name, value in entries.items():
            assert_same_values(state["state"][number][name], value, dtype)


def compare(make: Callable[[Any, list[Any]], Any], dtype: str = "float32") -> None:
    """Trains on both engines."""
    made = []
    for engine in (minitorch, torch):
        params = parameters(engine, dtype)
        optimizer = make(engine.optim, params)
        train(engine, params, optimizer)
        made.append((optimizer, params))
    (mine, params), (theirs, others) = made
    assert_same(mine, theirs, params, others, dtype)


OTHERS = ("Adagrad", "Adadelta", "Adamax", "RMSprop", "ASGD", "Rprop", "NAdam", "RAdam")


def test_adam_with_decoupled_weight_decay() -> None:
    compare(lambda optim, params: optim.Adam(params, weight_decay=0.1, decoupled_weight_decay=True, foreach=False))


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", *OTHERS])
def test_defaults(name: str) -> None:
    compare(lambda optim, params: getattr(optim, name)(params))


def test_groups_have_options_of_their_own() -> None:
    compare(
        lambda optim, params: optim.SGD(
            [{"params": params[0]}, {"params": iter(params[1:3]), "lr": 0.3, "momentum": 0.5}, {"params": params[3:]}],
            lr=0.1,
            foreach=False,
        )
    )


def test_named_parameters() -> None:
    def make(optim: Any, params: list[Any]) -> Any:
        return optim.SGD([(f"p{k}", param) for k, param in enumerate(params)], lr=0.1)

    compare(make)
    model = minitorch.nn.Linear(2, 1)
    groups = minitorch.optim.Adam(model.named_parameters()).param_groups
    assert groups[0]["param_names"] == ["weight", "bias"]


def test_a_tensor_as_learning_rate() -> None:
    def make(kind: str) -> Callable[[Any, list[Any]], Any]:
        def make(optim: Any, params: list[Any]) -> Any:
            engine = torch if optim is torch.optim else minitorch
            return getattr(optim, kind)(params, lr=engine.tensor(0.1), foreach=False)

        return make

    for kind in ("SGD", "Adam"):
        params, others = parameters(minitorch), parameters(torch)
        mine, theirs = make(kind)(minitorch.optim, params), make(kind)(torch.optim, others)
        train(minitorch, params, mine, 5)
        train(torch, others, theirs, 5)
        for own, other in zip(params, others, strict=True):
            assert_same_values(own, other, "float32")
        assert repr(mine) == repr(theirs)


ERRORS = [
    ("SGD(p, lr=-1)", ValueError, "Invalid learning rate: -1"),
    ("SGD(p, momentum=-1)", ValueError, "Invalid momentum value: -1"),
    ("SGD(p, weight_decay=-1)", ValueError, "Invalid weight_decay value: -1"),
    ("SGD(p, nesterov=True)", ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    ("SGD(p, nesterov=True, momentum=1, dampening=1)", ValueError, "Nesterov momentum requires a momentum and zero"),
    ("SGD(p, lr=None)", TypeError, "'NoneType'"),
    ("SGD(p, lr=torch.tensor([0.1, 0.2]))", ValueError, "Tensor lr must be 1-element"),
    ("SGD(p, fused=True, differentiable=True)", RuntimeError, "`fused` does not support `differentiable`"),
    ("SGD(p, fused=True, foreach=True)", RuntimeError, "`fused` and `foreach` cannot be `True` together."),
    ("SGD([])", ValueError, "optimizer got an empty parameter list"),
    ("SGD(iter([]))", ValueError, "optimizer got an empty parameter list"),
    ("SGD(None)", TypeError, "'NoneType' object is not iterable"),
    (
        "SGD(p[0])",
        TypeError,
        "params argument given to the optimizer should be an iterable of Tensors or dicts, but got",
    ),
    ("SGD([p[0] * 2])", ValueError, "can't optimize a non-leaf Tensor"),
    ("SGD([1.0])", TypeError, "optimizer can only optimize Tensors, but one of the params is float"),
    ("SGD('ab')", TypeError, "optimizer can only optimize Tensors, but one of the params is str"),
    ("SGD([{'param': p}])", KeyError, "params"),
    ("SGD([{'params': set(p)}])", TypeError, "optimizer parameters need to be organized in ordered collections"),
    ("SGD([{'params': p}, {'params': p[0]}])", ValueError, "some parameters appear in more than one parameter group"),
    ("SGD([('a', p[0]), p[1]])", ValueError, "all optimizer params should be with/without names. Some param names are"),
    ("SGD([{'params': [('a', p[0])]}, {'params': p[1]}])", ValueError, "cannot add param group without names to the"),
    ("SGD(p).add_param_group(p[0])", TypeError, "param_group must be a dict, but got"),
    ("SGD(p).add_param_group({'params': p[0]})", ValueError, "some parameters appear in more than one parameter group"),
    ("SGD(p[:1]).load_state_dict(SGD(p).state_dict())", ValueError, "that doesn't match the size of optimizer's group"),
    (
        "SGD([{'params': p}]).load_state_dict({'param_groups': [], 'state': {}})",
        ValueError,
        "a different number of para",
    ),
    ("Adam(p, lr=-1)", ValueError, "Invalid learning rate: -1"),
    ("Adam(p, eps=-1)", ValueError, "Invalid epsilon value: -1"),
    ("Adam(p, betas=(0, 0.9))", ValueError, "betas must be either both floats or both Tensors"),
    ("Adam(p, betas=(1, 0.9))", ValueError, "Invalid beta parameter at index 0: 1"),
    ("Adam(p, betas=(0.9, 1.0))", ValueError, "Invalid beta parameter at index 1: 1.0"),
    ("Adam(p, weight_decay=-1)", ValueError, "Invalid weight_decay value: -1"),
    ("Adam(p, betas=(torch.tensor(0.9), 0.99))", ValueError, "betas must be either both floats or both Tensors"),
    ("Adam(p, lr=torch.tensor(0.1), foreach=True)", ValueError, "lr as a Tensor is not supported for capturable=False"),
    ("AdamW(p, fused=True, foreach=True)", RuntimeError, "`fused` and `foreach` cannot be `True` together."),
    ("Optimizer(p, {}).step()", NotImplementedError, ""),
    ("RMSprop(p, alpha=-1)", ValueError, "Invalid alpha value: -1"),
    ("RMSprop(p, momentum=-1)", ValueError, "Invalid momentum value: -1"),
    ("Adagrad(p, lr_decay=-1)", ValueError, "Invalid lr_decay value: -1"),
    ("Adagrad(p, initial_accumulator_value=-1)", ValueError, "Invalid initial_accumulator_value value: -1"),
    ("Adadelta(p, rho=2)", ValueError, "Invalid rho value: 2"),
    ("Adamax(p, betas=(0.9, 1.0))", ValueError, "Invalid beta parameter at index 1: 1.0"),
    ("ASGD(p, weight_decay=-1)", ValueError, "Invalid weight_decay value: -1"),
    ("Rprop(p, etas=(1.5, 1.2))", ValueError, "Invalid eta values: 1.5, 1.2"),
    ("NAdam(p, lr=-1)", ValueError, "Invalid learning rate: -1"),
    ("NAdam(p, momentum_decay=-1)", ValueError, "Invalid momentum_decay value: -1"),
    ("NAdam(p, betas=(1, 0.9))", ValueError, "Invalid beta parameter at index 0: 1"),
    ("NAdam(p, eps=-1)", ValueError, "Invalid epsilon value: -1"),
    ("NAdam(p, lr=torch.tensor([0.1, 0.2]))", ValueError, "Tensor lr must be 1-element"),
    ("RAdam(p, betas=(0.9, 1))", ValueError, "Invalid beta parameter at index 1: 1"),
    ("RAdam(p, weight_decay=-1)", ValueError, "Invalid weight_decay value: -1"),
    ("Adafactor(p, lr=-1)", ValueError, "Learning rate should be >= 0 but is: -1"),
    ("Adafactor(p, lr=torch.tensor([0.1, 0.2]))", ValueError, "Tensor lr must be 1-element"),
    ("Adafactor(p, beta2_decay=0.1)", ValueError, "beta2_decay should be <= 0 but is: 0.1"),
    ("Adafactor(p, eps=(-1, 1))", ValueError, "epsilon1 should be >= 0 but is: -1"),
    ("Adafactor(p, eps=(None, -1))", ValueError, "epsilon2 should be >= 0 but is: -1"),
    ("Adafactor(p, d=0.5)", ValueError, "Clipping threshold d should be >= 1 but is: 0.5"),
    ("Adafactor(p, weight_decay=-1)", ValueError, "weight_decay should be >= 0 but is: -1"),
    ("LBFGS(p, lr=-1)", ValueError, "Invalid learning rate: -1"),
    ("LBFGS(p, lr=torch.tensor([0.1, 0.2]))", ValueError, "Tensor lr must be 1-element"),
    ("LBFGS([{'params': p[0]}, {'params': p[1]}])", ValueError, "LBFGS doesn't support per-parameter options (parame"),
    (
        "LBFGS(p[:1], line_search_fn='x').step(lambda: [(p[0] ** 2).sum().backward(), 1.0][1])",
        RuntimeError,
        "only 'strong_wolfe' is supported",
    ),
    ("LBFGS(p).step()", TypeError, "missing 1 required positional argument: 'closure'"),
    ("Muon(p)", ValueError, "Muon only supports 2D parameters whereas we found a parameter with size: torch.Size([4])"),
    ("Muon(p[:1], lr=-1)", ValueError, "Learning rate should be >= 0 but is: -1"),
    ("Muon(p[:1], momentum=-1)", ValueError, "momentum should be >= 0 but is: -1"),
    ("Muon(p[:1], weight_decay=-1)", ValueError, "weight decay should be >= 0 but is: -1"),
    ("Muon(p[:1], lr=torch.tensor([0.1, 0.2]))", ValueError, "Tensor lr must be 1-element"),
    ("Muon(p[:1], adjust_lr_fn='a')", ValueError, "Adjust learning rate function a is not supported"),
    (
        "[setattr(p[0], 'grad', torch.ones(3, 4)), Muon(p[:1], ns_steps=100).step()]",
        ValueError,
        "Number of steps must be less than 100 for computational efficiency",
    ),
    (
        "[setattr(p[0], 'grad', torch.ones(3, 4)), Muon(p[:1], ns_coefficients=(1, 2)).step()]",
        ValueError,
        "Coefficients must be a tuple of exactly 3 values",
    ),
    ("SparseAdam(p, lr=0)", ValueError, "Invalid learning rate: 0"),
    ("SparseAdam(p, eps=0)", ValueError, "Invalid epsilon value: 0"),
    ("SparseAdam(p, betas=(0.9, 1))", ValueError, "Invalid beta parameter at index 1: 1"),
    (
        "[p[0].sum().backward(), SparseAdam(p).step()]",
        RuntimeError,
        "SparseAdam does not support dense gradients, plea",
    ),
]


@pytest.mark.parametrize(("call", "kind", "phrase"), ERRORS)
def test_errors(call: str, kind: type[Exception], phrase: str) -> None:
    for engine in (minitorch, torch):
        scope = {"torch": engine, "p": parameters(engine), **vars(engine.optim)}
        with pytest.raises(kind) as error:
            eval(call, scope)
        assert phrase in str(error.value)


def test_differentiable_says_what_to_do() -> None:
    with pytest.raises(NotImplementedError, match="differentiable=True: steps are not recorded here"):
        minitorch.optim.SGD(parameters(minitorch), differentiable=True)


def test_a_required_option() -> None:
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        base.Optimizer(parameters(minitorch), {"lr": base.required})


def test_a_parameter_twice_warns() -> None:
    param = parameters(minitorch)[0]
    with pytest.warns(UserWarning, match="optimizer contains a parameter group with duplicate parameters"):
        minitorch.optim.SGD([param, param])


def test_zero_grad() -> None:
    param = parameters(minitorch)[0]
    optimizer = minitorch.optim.SGD([param])
    optimizer.zero_grad()
    param.grad = param * 2
    optimizer.zero_grad(set_to_none=False)
    assert param.grad.tolist() == np.zeros((3, 4)).tolist()
    assert not param.grad.requires_grad
    optimizer.zero_grad()
    assert param.grad is None


@pytest.mark.parametrize("shape", [(3, 4), (6, 2), (8, 8)])
@pytest.mark.parametrize("options", [{}, {"nesterov": False}, {"adjust_lr_fn": "match_rms_adamw"}, {"momentum": 0.3}])
def test_muon(shape: tuple[int, int], options: dict[str, Any]) -> None:
    """The momentum is torch's; the step differs by what bfloat16 rounds there, and is the polynomial's in float64."""
    rng = np.random.default_rng(4)
    start = rng.standard_normal(shape).astype("float32")
    gradients = rng.standard_normal((8, *shape)).astype("float32")
    ends = []
    for engine in (minitorch, torch):
        param = engine.nn.Parameter(engine.tensor(start))
        optimizer = engine.optim.Muon([param], weight_decay=0.0, **options)
        for gradient in gradients:
            param.grad = engine.tensor(gradient)
            optimizer.step()
        ends.append(
            (param.detach().numpy() - start, optimizer.state[param]["momentum_buffer"].numpy(), repr(optimizer))
        )
    (moved, buffer, text), (expected, other_buffer, other_text) = ends
    assert text == other_text
    np.testing.assert_allclose(buffer, other_buffer, atol=1e-6)
    np.testing.assert_allclose(moved, expected, atol=0.1 * np.abs(expected).max())

    momentum, kept, exact = options.get("momentum", 0.95), np.zeros(shape), np.zeros(shape)
    rate = 0.2 * max(shape) ** 0.5 if "adjust_lr_fn" in options else max(1.0, shape[0] / shape[1]) ** 0.5
    for gradient in gradients.astype("float64"):
        kept = momentum * kept + (1 - momentum) * gradient
        ahead = kept if options.get("nesterov") is False else momentum * kept + (1 - momentum) * gradient
        left, singular, right = np.linalg.svd(ahead / np.linalg.norm(ahead), full_matrices=False)
        for _ in range(5):
            singular = 3.4445 * singular - 4.775 * singular**3 + 2.0315 * singular**5
        exact -= 1e-3 * rate * (left * singular) @ right
    np.testing.assert_allclose(moved, exact, rtol=1e-3, atol=3e-6)


BANANA = [
    {},
    {"lr": 0.1},
    {"max_iter": 3, "history_size": 2, "lr": 0.01},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 5},
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "history_size": 3},
    {"line_search_fn": "strong_wolfe", "max_iter": 1},
    {"line_search_fn": "strong_wolfe", "max_iter": 2, "lr": 10.0},
    {"line_search_fn": "strong_wolfe", "max_eval": 7, "tolerance_change": 1e-3},
    {"tolerance_grad": 1.0},
]


def minimize(engine: Any, params: list[Any], loss_of: Callable[[], Any], steps: int, **options: Any) -> Any:
    """The losses of some steps of LBFGS, and its state."""
    optimizer = engine.optim.LBFGS(params, **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)], optimizer.state_dict()["state"][0]


@pytest.mark.parametrize("options", BANANA)
def test_lbfgs_on_rosenbrocks_function(options: dict[str, Any]) -> None:
    runs = []
    for engine in (minitorch, torch):
        x = engine.nn.Parameter(engine.tensor([-1.2, 1.0], dtype=engine.float64))
        losses, state = minimize(
            engine, [x], lambda x=x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, 10, **options
        )
        runs.append((losses, x.tolist(), state))
    (losses, ends, state), (others, other_ends, expected) = runs
    # The valley multiplies the rounding of the first iterations; the counts of evaluations are exact.
    np.testing.assert_allclose(losses, others, rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(ends, other_ends, rtol=1e-6)
    assert list(state) == list(expected)
    assert (state["func_evals"], state["n_iter"]) == (expected["func_evals"], expected["n_iter"])
    for name, value in expected.items():
        assert type(state[name]).__name__ == type(value).__name__, name
        if isinstance(value, torch.Tensor):
            assert (tuple(state[name].shape), str(state[name].dtype)) == (tuple(value.shape), str(value.dtype))
        if isinstance(value, list):
            assert [getattr(each, "shape", None) for each in state[name]] == [
                getattr(each, "shape", None) for each in value
            ]


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lbfgs_on_least_squares(search: str | None, dtype: str) -> None:
    """Two parameters and one that the loss does not use; saved and loaded half way."""
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((40, 6)).astype(dtype), rng.standard_normal((40, 2)).astype(dtype)
    runs = []
    for engine in (minitorch, torch):
        a, b = engine.tensor(x), engine.tensor(y)
        w, c, unused = (engine.nn.Parameter(engine.zeros(size, dtype=a.dtype)) for size in ((6, 2), (2,), (3,)))

        def loss_of(a: Any = a, b: Any = b, w: Any = w, c: Any = c) -> Any:
            return ((a @ w + c - b) ** 2).mean()

        losses, _ = minimize(engine, [w, c, unused], loss_of, 4, lr=0.5, max_iter=4, line_search_fn=search)
        runs.append((losses, w.tolist(), c.tolist()))
    for mine, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4 if dtype == "float32" else 1e-9, atol=1e-6)
    best = np.linalg.lstsq(np.hstack([x, np.ones((40, 1), dtype)]), y, rcond=None)[0]
    np.testing.assert_allclose(runs[0][1], best[:6], atol=2e-3)


def test_lbfgs_goes_on_from_its_saved_state() -> None:
    ends = []
    for restart in (False, True):
        x = minitorch.nn.Parameter(minitorch.tensor([-1.2, 1.0], dtype=minitorch.float64))
        optimizer = minitorch.optim.LBFGS([x], max_iter=4, line_search_fn="strong_wolfe")

        def closure(x: Any = x) -> Any:
            x.grad = None
            loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
            loss.backward()
            return loss

        for _ in range(3):
            optimizer.step(closure)
            if restart:
                state = copy.deepcopy(optimizer.state_dict())
                optimizer = minitorch.optim.LBFGS([x], max_iter=4, line_search_fn="strong_wolfe")
                optimizer.load_state_dict(state)
        ends.append(x.tolist())
    assert ends[0] == ends[1]


def test_step_returns_what_the_closure_does() -> None:
    param = minitorch.nn.Parameter(minitorch.tensor(3.0))
    optimizer = minitorch.optim.SGD([param], lr=0.5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = param**2
        loss.backward()
        return loss

    with minitorch.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert param.item() == 0.0


def test_a_step_moves_the_version_and_keeps_the_array() -> None:
    for name in ("SGD", "Adam", "Adafactor", *OTHERS):
        make = getattr(minitorch.optim, name)
        param = parameters(minitorch)[0]
        loss = (param * param).sum()
        loss.backward(retain_graph=True)
        array, version = param.detach().numpy(), param._version
        make([param], lr=0.1).step()
        assert param.detach().numpy() is array
        assert param._version > version
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_a_step_leaves_the_gradient_alone() -> None:
    for name in ("SGD", "Adam", "Adafactor", *OTHERS):
        options = {"maximize": True} if name == "Rprop" else {"weight_decay": 0.1, "maximize": True}
        make = getattr(minitorch.optim, name)
        param = parameters(minitorch)[0]
        param.grad = minitorch.ones(3, 4)
        optimizer = make([param], lr=0.1, **options)
        optimizer.step()
        optimizer.step()
        assert param.grad.tolist() == np.ones((3, 4)).tolist()


def test_the_first_momentum_is_no_view_of_the_gradient() -> None:
    param = minitorch.nn.Parameter(minitorch.zeros(2))
    param.grad = minitorch.ones(2)
    optimizer = minitorch.optim.SGD([param], lr=1.0, momentum=0.5)
    optimizer.step()
    param.grad.zero_()
    assert optimizer.state[param]["momentum_buffer"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda optim, params: optim.SGD(params, lr=0.1, momentum=0.9, foreach=False),
        lambda optim, params: optim.Adam(params, lr=0.1, amsgrad=True, foreach=False),
    ],
)
def test_state_is_saved_and_loaded(make: Callable[[Any, list[Any]], Any]) -> None:
    """Half the steps, then a new optimizer that takes over: as if nothing had happened."""
    made = []
    for engine in (minitorch, torch):
        params = parameters(engine)
        first = make(engine.optim, params)
        train(engine, params, first, 5)
        second = make(engine.optim, params)
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        train(engine, params, second, 5, seed=3)
        made.append((second, params))
    (mine, params), (theirs, others) = made
    assert_same(mine, theirs, params, others)


def test_the_rate_of_asgd_stays_rounded_in_a_loaded_state() -> None:
    made = []
    for engine in (minitorch, torch):
        params = parameters(engine, "float64")
        first = engine.optim.ASGD(params)
        train(engine, params, first, 2)
        second = engine.optim.ASGD(params)
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        train(engine, params, second, 3)
        made.append(second.state_dict()["state"][0]["eta"])
    assert str(made[0].dtype) == str(made[1].dtype)
    assert made[0].item() == made[1].item()


def test_adagrad_of_groups_with_values_of_their_own() -> None:
    for late in (False, True):
        sums = []
        for engine in (minitorch, torch):
            first, second = parameters(engine)[:2]
            group = {"params": [second], "initial_accumulator_value": 0.1}
            groups = [{"params": [first]}] if late else [{"params": [first]}, group]
            optimizer = engine.optim.Adagrad(groups, initial_accumulator_value=0.3)
            if late:
                optimizer.add_param_group(group)
            second.grad = engine.ones(4)
            optimizer.step()
            sums.append(optimizer.state[second]["sum"].tolist())
        assert sums[0] == sums[1]


def test_loading_takes_the_dtype_of_the_parameter() -> None:
    params = parameters(minitorch)
    first = minitorch.optim.Adam(params)
    train(minitorch, params, first, 2)
    second = minitorch.optim.Adam(parameters(minitorch, "float64"))
    second.load_state_dict(first.state_dict())
    state = second.state_dict()["state"][0]
    assert (state["exp_avg"].dtype, state["step"].dtype) == (minitorch.float64, minitorch.float32)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies_go_on_by_themselves(copied: Callable[[Any], Any]) -> None:
    params = parameters(minitorch)
    optimizer = minitorch.optim.Adam(params, lr=0.1)
    train(minitorch, params, optimizer, 3)
    other = copied(optimizer)
    own = other.param_groups[0]["params"]
    assert own[0] is not params[0]
    train(minitorch, params, optimizer, 3)
    train(minitorch, own, other, 3)
    for mine, theirs in zip(params, own, strict=True):
        assert mine.tolist() == theirs.tolist()
    assert repr(other) == repr(optimizer)


def test_a_model_and_its_optimizer_pickle_together() -> None:
    model = minitorch.nn.Linear(2, 1)
    optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1)
    file = io.BytesIO()
    pickle.dump((model, optimizer), file)
    file.seek(0)
    model, optimizer = pickle.load(file)
    assert optimizer.param_groups[0]["params"][0] is model.weight


def test_step_hooks() -> None:
    params = parameters(minitorch)
    optimizer = minitorch.optim.SGD(params, lr=0.1)
    seen: list[Any] = []
    handles = [
        optimizer.register_step_pre_hook(lambda own, args, kwargs: seen.append(("before", own, args, kwargs))),
        optimizer.register_step_post_hook(lambda own, args, kwargs: seen.append(("after", own, args, kwargs))),
        base.register_optimizer_step_pre_hook(lambda own, args, kwargs: seen.append("every")),
        base.register_optimizer_step_post_hook(lambda own, args, kwargs: seen.append("every, after")),
    ]
    optimizer.step(None)
    assert seen == ["every", ("before", optimizer, (None,), {}), ("after", optimizer, (None,), {}), "every, after"]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(seen) == 4


def test_a_step_hook_may_change_the_arguments() -> None:
    optimizer = minitorch.optim.SGD(parameters(minitorch))
    with optimizer.register_step_pre_hook(lambda own, args, kwargs: ((lambda: 7,), {})):
        assert optimizer.step() == 7
    with (
        optimizer.register_step_pre_hook(lambda own, args, kwargs: 1),
        pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 1"),
    ):
        optimizer.step()


def test_state_dict_hooks() -> None:
    optimizer = minitorch.optim.SGD(parameters(minitorch), lr=0.1)
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda own: seen.append("first"))
    optimizer.register_state_dict_pre_hook(lambda own: seen.append("before it"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda own, state: {**state, "more": 1})
    state = optimizer.state_dict()
    assert (seen, state["more"]) == (["before it", "first"], 1)
    optimizer.register_load_state_dict_pre_hook(lambda own, given: {**given, "param_groups": [{**own.param_groups[0]}]})
    optimizer.register_load_state_dict_post_hook(lambda own: seen.append("loaded"))
    state["param_groups"] = []
    optimizer.load_state_dict(state)
    assert seen[-1] == "loaded"


def test_an_optimizer_of_the_users_own() -> None:
    class Plain(minitorch.optim.Optimizer):
        def __init__(self, params: Any, lr: float = 1.0) -> None:
            super().__init__(params, {"lr": lr})

        def step(self, closure: Any = None) -> None:
            with minitorch.no_grad():
                for group in self.param_groups:
                    for param in group["params"]:
                        param -= group["lr"] * param.grad
                        self.state[param]["steps"] = self.state[param].get("steps", 0) + 1

    param = minitorch.nn.Parameter(minitorch.tensor([1.0, 2.0]))
    param.grad = minitorch.ones(2)
    optimizer = Plain([param])
    calls: list[int] = []
    optimizer.register_step_post_hook(lambda *args: calls.append(1))
    optimizer.step()
    assert (param.tolist(), optimizer.state_dict()["state"], calls) == ([0.0, 1.0], {0: {"steps": 1}}, [1])
    assert repr(optimizer) == "Plain (\nParameter Group 0\n    lr: 1.0\n)"
    other = Plain([param])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[param] == {"steps": 1}


def test_steps_make_no_garbage_and_keep_float32() -> None:
    """The memory that a step computes in is that of the step before."""
    for name in ("Adam", "Adafactor", *OTHERS):
        options: dict[str, Any] = {} if name == "Rprop" else {"weight_decay": 0.1}
        params = parameters(minitorch)[:3]
        optimizer = getattr(minitorch.optim, name)(params, maximize=True, **options)
        train(minitorch, params, optimizer, 1)
        scratch = {key: id(memory) for key, (memory, _) in parallel._own.kept.items()}
        train(minitorch, params, optimizer, 5)
        assert {key: id(memory) for key, (memory, _) in parallel._own.kept.items()} == scratch
        for param in params:
            for value in optimizer.state[param].values():
                assert value.dtype is minitorch.float32
                assert value._version == 0


def test_a_training_run_is_torchs() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 8)).astype("float32"), rng.integers(0, 3, 64)
    start = rng.standard_normal((3, 8)).astype("float32") * 0.1
    losses = []
    for engine in (minitorch, torch):
        model = engine.nn.Linear(8, 3)
        model.load_state_dict({"weight": engine.tensor(start), "bias": engine.zeros(3)})
        optimizer = engine.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
        criterion = engine.nn.CrossEntropyLoss()
        run = []
        for _ in range(60):
            optimizer.zero_grad()
            loss = criterion(model(engine.tensor(x)), engine.tensor(y))
            loss.backward()
            optimizer.step()
            run.append(loss.item())
        losses.append(run)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_an_optimizer_around_another_that_never_calls_init() -> None:
    found = []
    for engine in (minitorch, torch):

        class Lookahead(engine.optim.Optimizer):  # type: ignore[name-defined, misc] # known at run time
            def __init__(self, optimizer: Any) -> None:
                self.optimizer, self.param_groups = optimizer, optimizer.param_groups

            def zero_grad(self) -> None:
                self.optimizer.zero_grad()

            def step(self, closure: Any = None) -> Any:
                return self.optimizer.step(closure)

        weight = engine.ones(3, requires_grad=True)
        optimizer = Lookahead(engine.optim.SGD([weight], lr=0.1))
        for _ in range(2):
            optimizer.zero_grad()
            (weight**2).sum().backward()
            optimizer.step()
        found.append(weight.tolist())
    assert found[0] == found[1]
