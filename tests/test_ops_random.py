"""Random tensors draw torch's numbers: the same calls after the same seed give the same tensors."""

from __future__ import annotations

import copy
import pickle
import random as python_random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.array_random import ArrayStream
from minitorch.ops.random import rrelu_noise

SEEDS = [0, 1, 42, 2**40 + 3, -1]


def both(call: Callable[[Any], Any], seed: int = 0, rtol: float = 1e-6) -> None:
    """Runs `call(engine)` on both engines after seeding both, and compares what it returns and the next draw."""
    results = []
    for engine in (minitorch, torch):
        engine.manual_seed(seed)
        results.append([*call(engine), engine.rand(3)])
    for mine, theirs in zip(*results, strict=True):
        assert repr(mine.dtype) == repr(theirs.dtype)
        assert tuple(mine.shape) == tuple(theirs.shape)
        assert mine.stride() == theirs.stride()
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=rtol, atol=1e-6)


DRAWS: dict[str, Callable[[Any], Any]] = {
    "rand": lambda t: t.rand(3, 4),
    "rand_double": lambda t: t.rand(5, dtype=t.float64),
    "rand_half": lambda t: t.rand(5, dtype=t.float16),
    "rand_empty": lambda t: t.rand(0, 3),
    "randn_small": lambda t: t.randn(3),
    "randn": lambda t: t.randn(5, 7),
    "randn_double": lambda t: t.randn(20, dtype=t.float64),
    "randn_scalar": lambda t: t.randn(()),
    "randint": lambda t: t.randint(10, (7,)),
    "randint_low": lambda t: t.randint(-5, 5, size=(3, 3)),
    "randint_keywords": lambda t: t.randint(low=2, high=9, size=(4,)),
    "randint_float": lambda t: t.randint(0, high=9, size=(4,), dtype=t.float32),
    "randperm": lambda t: t.randperm(33),
    "randperm_small": lambda t: t.randperm(1),
    "rand_like": lambda t: t.rand_like(t.zeros(2, 3)),
    "rand_like_transposed": lambda t: t.rand_like(t.zeros(2, 3, 4).transpose(0, 2)),
    "rand_like_expanded": lambda t: t.rand_like(t.zeros(2, 1, 4).expand(2, 3, 4)),
    "randn_like_transposed": lambda t: t.randn_like(t.zeros(4, 6).t()),
    "randn_like": lambda t: t.randn_like(t.zeros(30), dtype=t.float64),
    "randint_like": lambda t: t.randint_like(t.zeros(4), 3, 8),
    "uniform_": lambda t: t.empty(5, 5).uniform_(-2, 3),
    "uniform_to": lambda t: t.empty(5).uniform_(to=2.5),
    "uniform_transposed": lambda t: t.empty(3, 5).t().uniform_(),
    "normal_": lambda t: t.empty(17).normal_(2, 3),
    "normal_small": lambda t: t.empty(5).normal_(2, 3),
    "normal_transposed": lambda t: t.empty(5, 4).t().normal_(),
    "log_normal_": lambda t: t.empty(5).log_normal_(0.5, 0.25),
    "exponential_": lambda t: t.empty(20).exponential_(1.5),
    "cauchy_": lambda t: t.empty(5).cauchy_(1, 2),
    "geometric_": lambda t: t.empty(8).geometric_(0.3),
    "random_": lambda t: t.empty(5, dtype=t.int64).random_(),
    "random_to": lambda t: t.empty(5).random_(7),
    "random_from_to": lambda t: t.empty(5, dtype=t.int32).random_(-3, to=7),
    "bernoulli_": lambda t: t.empty(9).bernoulli_(0.3),
    "bernoulli_each": lambda t: t.empty(2, 3).bernoulli_(t.tensor([0.1, 0.5, 0.9])),
    "bernoulli": lambda t: t.bernoulli(t.full((3, 4), 0.3)),
    "bernoulli_double": lambda t: t.bernoulli(t.full((6,), 0.3, dtype=t.float64)),
    "bernoulli_transposed": lambda t: t.bernoulli(t.linspace(0, 1, 12).reshape(3, 4).t()),
    "bernoulli_p_transposed": lambda t: t.bernoulli(t.zeros(3, 4).t(), 0.6),
    "bernoulli_each_transposed": lambda t: t.empty(2, 3).t().bernoulli_(t.tensor([0.1, 0.9])),
    "dropout_expanded": lambda t: t.dropout(t.ones(2, 1, 3).expand(2, 4, 3), 0.4, True),
    "poisson_transposed": lambda t: t.poisson(t.arange(6.0).reshape(2, 3).t()),
    "bernoulli_p": lambda t: t.bernoulli(t.zeros(5), 0.6),
    "normal_tensors": lambda t: t.normal(t.arange(5.0), t.ones(5)),
    "normal_tensor_number": lambda t: t.normal(t.arange(20.0), 2.0),
    "normal_number_tensor": lambda t: t.normal(3.0, t.arange(4.0)),
    "normal_broadcast": lambda t: t.normal(t.zeros(2, 1), t.ones(3)),
    "normal_size": lambda t: t.normal(1.0, 2.0, (3, 2)),
    "poisson": lambda t: t.poisson(t.tensor([0.0, 0.5, 5.0, 50.0])),
    "multinomial": lambda t: t.multinomial(t.tensor([0.1, 0.5, 0.4]), 2),
    "multinomial_rows": lambda t: t.multinomial(t.ones(3, 4), 6, replacement=True),
    "dropout": lambda t: t.dropout(t.ones(4, 5), 0.4, True),
    "dropout_transposed": lambda t: t.dropout(t.ones(4, 5).t(), 0.4, True),
    "dropout_all": lambda t: t.dropout(t.ones(4), 1.0, True),
    "dropout_none": lambda t: t.dropout(t.ones(4), 0.0, True),
    "dropout_eval": lambda t: t.dropout(t.ones(4), 0.5, False),
    "dropout_": lambda t: t.dropout_(t.ones(6), 0.5, True),
    "feature_dropout": lambda t: t.feature_dropout(t.ones(2, 5, 3, 2), 0.5, True),
    "alpha_dropout": lambda t: t.alpha_dropout(t.arange(9.0), 0.3, True),
    "alpha_dropout_": lambda t: t.alpha_dropout_(t.arange(9.0), 0.3, True),
    "feature_alpha_dropout": lambda t: t.feature_alpha_dropout(t.ones(2, 5, 3), 0.5, True),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_torchs(name: str) -> None:
    for seed in SEEDS:
        both(lambda t: [DRAWS[name](t) for _ in range(3)], seed)


@pytest.mark.parametrize("seed", range(5))
def test_long_mixed_sequences_are_torchs(seed: int) -> None:
    names = python_random.Random(seed).choices(sorted(DRAWS), k=200)
    both(lambda t: [DRAWS[name](t) for name in names], seed)


def test_dropout_multiplies_its_gradient_by_the_same_noise() -> None:
    for kind in ("dropout", "feature_dropout", "alpha_dropout"):
        gradients = []
        for engine in (minitorch, torch):
            engine.manual_seed(3)
            x = engine.ones(4, 5, requires_grad=True)
            y = getattr(engine, kind)(x, 0.5, True)
            (y * engine.arange(20.0).reshape(4, 5)).sum().backward()
            gradients.append(x.grad.numpy())
        np.testing.assert_allclose(*gradients, rtol=1e-6)


def test_dropout_returns_its_input_where_nothing_drops() -> None:
    x = minitorch.ones(3)
    assert minitorch.dropout(x, 0.5, False) is x
    assert minitorch.dropout(x, 0.0, True) is x
    assert minitorch.dropout(minitorch.ones(3, requires_grad=True), 0.5, True).grad_fn.name() == "MulBackward0"


def test_rrelu_noise_draws_for_what_is_not_positive_only() -> None:
    x = np.array([1.0, -1.0, 0.0, 2.0, -3.0], np.float32)
    minitorch.manual_seed(1)
    noise = rrelu_noise(minitorch.tensor(x), 0.1, 0.3)
    torch.manual_seed(1)
    expected = torch.rrelu(torch.tensor(x), 0.1, 0.3, True)
    np.testing.assert_allclose((minitorch.tensor(x) * noise).numpy(), expected.numpy(), rtol=1e-6)
    assert noise.numpy()[[0, 3]].tolist() == [1, 1]
    assert np.array_equal(minitorch.rand(2).numpy(), torch.rand(2).numpy())


IN_PLACE = {
    "uniform_": ((), "UniformBackward0"),
    "normal_": ((), "NormalBackward0"),
    "log_normal_": ((), "LogNormalBackward0"),
    "exponential_": ((), "ExponentialBackward0"),
    "cauchy_": ((), "CauchyBackward0"),
    "geometric_": ((0.5,), "GeometricBackward0"),
    "random_": ((), "RandomBackward2"),
    "bernoulli_": ((), "BernoulliBackward2"),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_fills_stop_the_gradient_and_count_as_writes(name: str) -> None:
    args, node = IN_PLACE[name]
    leaf = minitorch.ones(3, requires_grad=True)
    x = leaf * 1
    version = x._version
    assert getattr(x, name)(*args) is x
    assert x._version == version + 1
    assert x.grad_fn.name() == node
    x.sum().backward()
    assert leaf.grad.tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        getattr(leaf, name)(*args)
    with minitorch.no_grad():
        assert getattr(leaf, name)(*args).requires_grad


@pytest.mark.parametrize("call", ["random_(5)", "random_(1, 5)", "bernoulli_(t.ones(3))"])
def test_node_names_tell_torchs_overload(call: str) -> None:
    names = []
    for engine in (minitorch, torch):
        scope = {"t": engine, "x": engine.ones(3, requires_grad=True) * 1}
        names.append(eval(f"x.{call}", scope).grad_fn.name())
    assert names[0] == names[1]


@pytest.mark.parametrize(
    "call", ["t.bernoulli(x)", "t.poisson(x)", "t.normal(x, 1.0)", "t.normal(0.0, x)", "t.normal(x, x)"]
)
def test_samples_have_a_gradient_of_zero(call: str) -> None:
    names = []
    for engine in (minitorch, torch):
        x = engine.full((3,), 0.5, requires_grad=True)
        out = eval(call, {"t": engine, "x": x})
        names.append(out.grad_fn.name())
        out.sum().backward()
        assert x.grad.tolist() == [0, 0, 0]
    assert names[0] == names[1]


ERRORS = [
    "t.zeros(2).uniform_(2, 1)",
    "t.zeros(2).normal_(0, -1)",
    "t.zeros(2).exponential_(-1)",
    "t.zeros(2).geometric_(1.0)",
    "t.zeros(2).cauchy_(0, -1)",
    "t.zeros(2).log_normal_(0, -1)",
    "t.zeros(2).bernoulli_(1.5)",
    "t.zeros(2, dtype=t.int64).uniform_()",
    "t.zeros(2, dtype=t.int64).normal_()",
    "t.zeros(2, dtype=t.int64).exponential_()",
    "t.zeros(2, dtype=t.int64).random_(5, 3)",
    "t.rand(2, dtype=t.int64)",
    "t.rand(2.5)",
    "t.randint(5, 5, (2,))",
    "t.randint(0, 300, (2,), dtype=t.uint8)",
    "t.randint(0, 5, (2,), requires_grad=True)",
    "t.randperm(-1)",
    "t.bernoulli(t.tensor([1]))",
    "t.normal(t.zeros(2), -t.ones(2))",
    "t.poisson(-t.ones(2))",
    "t.multinomial(t.zeros(2), 1)",
    "t.multinomial(t.ones(2), 5)",
    "t.multinomial(t.ones(2), 0)",
    "t.multinomial(t.ones(2, dtype=t.int64), 1)",
    "t.dropout(t.ones(2), 1.5, True)",
    "t.feature_dropout(t.ones(2), 0.5, True)",
    "t.Generator('foo')",
    "t.Generator().set_state([1])",
    "t.Generator().set_state(t.zeros(3, dtype=t.uint8))",
    "t.Generator().manual_seed(1.5)",
    "t.manual_seed('a')",
    "t.manual_seed(2**64)",
]


@pytest.mark.parametrize("call", ERRORS)
def test_errors_are_torchs(call: str) -> None:
    with pytest.raises((RuntimeError, TypeError, ValueError)) as expected:
        eval(call, {"t": torch})
    with pytest.raises(expected.type) as got:
        eval(call, {"t": minitorch})
    assert str(expected.value).split(",")[0].split(" (Could")[0].rstrip(".") in str(got.value)


@pytest.mark.parametrize(
    "call",
    [
        "t.rand(2, generator=3)",
        "t.normal(0, 1)",
        "t.randint(5)",
        "t.randint(1, 2, (2,), size=(3,))",
        "t.randint(0.0, 5, (2,))",
        "t.zeros(2).uniform_(0, 1, 2)",
        "t.dropout(t.ones(2, dtype=t.int64), 0.5, True)",
    ],
)
def test_wrong_calls_raise_torchs_exception(call: str) -> None:
    with pytest.raises((TypeError, RuntimeError)) as expected:
        eval(call, {"t": torch})
    with pytest.raises(expected.type):
        eval(call, {"t": minitorch})


# --- generators and states --------------------------------------------------------------------------------------------


def test_generators_draw_their_own_numbers() -> None:
    mine, theirs = minitorch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    minitorch.manual_seed(0)
    before = minitorch.rand(1)
    minitorch.manual_seed(0)
    for name, args in [("rand", (3,)), ("randn", (3,)), ("randint", (9, (4,))), ("randperm", (6,))]:
        drawn, expected = getattr(minitorch, name)(*args, generator=mine), getattr(torch, name)(*args, generator=theirs)
        np.testing.assert_allclose(drawn.numpy(), expected.numpy(), rtol=1e-6)
    assert minitorch.rand(1).item() == before.item()
    assert (mine.initial_seed(), mine.device.type) == (5, "cpu")
    assert repr(mine) == "<torch.Generator device='cpu' seed=5>"


def test_states_travel_between_the_engines() -> None:
    torch.manual_seed(9)
    torch.randn(5)
    state = minitorch.from_numpy(torch.get_rng_state().numpy())
    minitorch.set_rng_state(state)
    assert np.array_equal(minitorch.rand(3).numpy(), torch.rand(3).numpy())
    torch.set_rng_state(torch.from_numpy(minitorch.get_rng_state().numpy()))
    assert np.array_equal(minitorch.rand(3).numpy(), torch.rand(3).numpy())


def test_copies_of_a_generator_draw_the_same_numbers() -> None:
    generator = minitorch.Generator().manual_seed(3)
    minitorch.rand(5, generator=generator)
    twins = [generator.clone_state(), copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))]
    expected = minitorch.rand(2, generator=generator).tolist()
    for twin in twins:
        assert minitorch.rand(2, generator=twin).tolist() == expected


def test_fork_rng_restores_the_state() -> None:
    minitorch.manual_seed(1)
    expected = minitorch.rand(2).tolist()
    minitorch.manual_seed(1)
    with minitorch.random.fork_rng():
        minitorch.rand(10)
    assert minitorch.rand(2).tolist() == expected
    minitorch.manual_seed(1)
    with minitorch.random.fork_rng(enabled=False):
        assert minitorch.rand(2).tolist() == expected
    assert minitorch.rand(2).tolist() != expected


def test_seeds() -> None:
    assert minitorch.manual_seed(7) is minitorch.default_generator
    assert minitorch.initial_seed() == 7
    assert minitorch.manual_seed(-1).initial_seed() == torch.manual_seed(-1).initial_seed()
    chosen = minitorch.seed()
    assert minitorch.initial_seed() == chosen
    assert minitorch.Generator().initial_seed() == torch.Generator().initial_seed()


def test_a_generator_of_another_device_is_refused() -> None:
    generator = minitorch.Generator()
    generator.device, generator._xp = minitorch.device("cuda"), None
    with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator but found 'cuda'"):
        minitorch.rand(2, generator=generator)


# --- the stream of arrays that lie elsewhere --------------------------------------------------------------------------


def test_array_stream_draws_each_distribution() -> None:
    stream = ArrayStream(np, 3)
    n = 4000
    drawn = {
        "uniform": (stream.uniform(n, "float32", 1.0, 3.0), 2.0),
        "normal": (stream.normal(n, "float64", 1.0, 2.0), 1.0),
        "normal_tensor": (stream.normal_tensor(np.full(n, 2.0), 1.0, "float32"), 2.0),
        "exponential": (stream.exponential(n, "float32", 2.0), 0.5),
        "log_normal": (stream.log_normal(n, "float32", 0.0, 0.1), 1.0),
        "randint": (stream.randint(0, 5, n), 2.0),
        "bernoulli": (stream.bernoulli(0.25, n), 0.25),
        "bernoulli_each": (stream.bernoulli(np.full(n, 0.25, np.float32)), 0.25),
        "geometric": (stream.geometric(0.5, n, "float32"), 2.0),
        "poisson": (stream.poisson(np.full(n, 4.0, np.float32)), 4.0),
        "multinomial": (stream.multinomial(np.array([0.5, 0.0, 0.5], np.float32), n, True), 1.0),
        "random": (stream.random(n, "uint8"), 127.5),
    }
    for name, (values, mean) in drawn.items():
        assert values.shape == (n,), name
        assert abs(values.mean() - mean) < 0.15 * max(mean, 0.5), name
    assert abs(np.median(stream.cauchy(n, "float32", 3.0, 1.0)) - 3) < 0.2
    assert sorted(stream.randperm(9).tolist()) == list(range(9))
    assert sorted(stream.multinomial(np.ones(4, np.float32), 4).tolist()) == [0, 1, 2, 3]


def test_array_stream_repeats_and_checks_like_torchs() -> None:
    stream = ArrayStream(np)
    first = stream.manual_seed(1).uniform(3)
    assert np.array_equal(stream.manual_seed(1).uniform(3), first)
    assert stream.seed() == stream.initial_seed()
    with pytest.raises(RuntimeError, match="uniform_ expects to return"):
        stream.uniform(3, "float32", 2.0, 1.0)
    with pytest.raises(NotImplementedError, match="state of a CUDA generator"):
        stream.get_state()
