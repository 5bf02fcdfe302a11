"""random_stream against torch's own generator: values, and the state after every draw."""

from __future__ import annotations

import copy
import math
import pickle
import struct
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minitorch import random_stream
from minitorch.random_stream import DEFAULT_SEED, RandomStream

SEEDS = st.integers(-(2**63), 2**64 - 1)
SIZES = st.sampled_from([0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 1000])
SHAPES = st.one_of(
    SIZES.map(lambda n: (n,)), st.sampled_from([(), (4, 4), (3, 5), (2, 3, 4), (5, 0), (17, 3), (1, 16)])
)
FLOATS = st.sampled_from(["float32", "float64", "float16"])
INTEGERS = st.sampled_from(["int64", "int32", "int16", "int8", "uint8"])
# Doubles near the smallest are out: the parts that make the fused product exact vanish there.
BOUND = st.floats(-100, 100).map(lambda x: x if abs(x) > 1e-100 else 0.0)
# log, cos and their like differ from torch's in the last bit or two.
TOLERANCE = {"float64": 2e-14, "float32": 2e-6, "float16": 2e-3}


def both(seed: int = 3) -> tuple[RandomStream, torch.Generator]:
    generator = torch.Generator()
    generator.manual_seed(seed)
    return RandomStream(seed), generator


def torch_dtype(name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def assert_in_step(stream: RandomStream, generator: torch.Generator) -> None:
    """The two states are equal, but for the last bits of the normal number that waits."""
    ours, theirs = stream.get_state(), generator.get_state().numpy()
    normal = slice(24 + 8 * 624 + 8, 24 + 8 * 624 + 16)
    np.testing.assert_allclose(ours[normal].view(np.float64), theirs[normal].view(np.float64), rtol=1e-13, atol=1e-15)
    ours[normal] = theirs[normal]
    np.testing.assert_array_equal(ours, theirs)


def assert_same(ours: np.ndarray, theirs: torch.Tensor) -> None:
    expected = theirs.numpy()
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == expected.dtype
    np.testing.assert_array_equal(ours, expected, strict=True)


def assert_near(ours: np.ndarray, theirs: torch.Tensor, scale: float = 0.1) -> None:
    """`scale` is the size of the terms, where they may cancel."""
    expected = theirs.numpy()
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    tolerance = TOLERANCE[ours.dtype.name]
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance * scale)


def error_of(call: Callable[[], Any]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


# Seeds and states


@given(SEEDS)
@example(0)
@example(-1)
@example(2**32)
@example(2**64 - 1)
def test_every_seed_starts_torchs_stream(seed: int) -> None:
    stream, generator = both(seed)
    assert stream.initial_seed() == generator.initial_seed()
    assert_in_step(stream, generator)
    assert_same(stream.uniform(5), torch.rand(5, generator=generator))


def test_default_seed_is_torchs() -> None:
    assert RandomStream().initial_seed() == torch.Generator().initial_seed() == DEFAULT_SEED


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "a", True, None])
def test_bad_seeds_raise_as_torch_does(seed: Any) -> None:
    theirs = error_of(lambda: torch.Generator().manual_seed(seed))
    with pytest.raises(type(theirs), match=str(theirs).split(":")[0]):
        RandomStream(seed)


def test_manual_seed_returns_the_stream_and_takes_numpy_integers() -> None:
    stream = RandomStream()
    assert stream.manual_seed(np.int64(7)) is stream  # type: ignore[arg-type]  # NumPy's integers pass at run time
    assert_same(stream.uniform(3), torch.rand(3, generator=both(7)[1]))


def test_seed_is_another_each_time_and_reproduces() -> None:
    stream = RandomStream(0)
    first, second = stream.seed(), stream.seed()
    assert first != second
    assert stream.initial_seed() == second
    np.testing.assert_array_equal(stream.uniform(4), RandomStream(second).uniform(4))


def test_manual_seed_drops_the_waiting_normal() -> None:
    stream, generator = both()
    stream.normal(1)
    stream.manual_seed(3)
    assert_near(stream.normal(1), torch.randn(1, generator=generator))


@given(SEEDS, st.integers(0, 2000), st.integers(0, 3))
@example(1, 624, 0)
@example(1, 623, 1)
@example(1, 1248, 0)
def test_states_travel_both_ways(seed: int, words: int, normals: int) -> None:
    stream, generator = both(seed)
    stream.random32(words)
    torch.rand(words, generator=generator)
    stream.normal(normals)
    torch.randn(normals, generator=generator)
    assert_in_step(stream, generator)

    from_torch = RandomStream(0)
    from_torch.set_state(generator.get_state().numpy())
    to_torch = torch.Generator()
    to_torch.set_state(torch.from_numpy(stream.get_state()))
    assert from_torch.initial_seed() == to_torch.initial_seed() == generator.initial_seed()
    for target, source in ((from_torch, generator), (stream, to_torch)):
        assert_near(target.normal(1, "float64"), torch.randn(1, generator=source, dtype=torch.float64))
        assert_same(target.uniform(700), torch.rand(700, generator=source))
        assert_in_step(target, source)


def altered_state(offset: int, layout: str, value: int) -> bytearray:
    stream = RandomStream(1)
    stream.random32(5)
    state = bytearray(stream.get_state().tobytes())
    struct.pack_into(layout, state, offset, value)
    return state


@pytest.mark.parametrize(
    "state",
    [
        [0] * 5056,
        np.zeros(5056),
        np.zeros(5055, np.uint8),
        np.zeros(5056, np.uint8),
        np.zeros(0, np.uint8),
        np.frombuffer(altered_state(8, "<i", 0), np.uint8),
        np.frombuffer(altered_state(8, "<i", 625), np.uint8),
        np.frombuffer(altered_state(12, "<i", 0), np.uint8),
        np.frombuffer(altered_state(16, "<Q", 625), np.uint8),
    ],
)
def test_what_is_no_state_raises_as_torch_does(state: Any) -> None:
    stream = RandomStream(9)
    before = stream.get_state()
    argument = torch.from_numpy(state.copy()) if isinstance(state, np.ndarray) else state
    theirs = error_of(lambda: torch.Generator().set_state(argument))
    with pytest.raises(type(theirs)) as ours:
        stream.set_state(state)
    assert str(theirs) in str(ours.value)
    np.testing.assert_array_equal(stream.get_state(), before)


def test_a_state_whose_counters_disagree_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        RandomStream().set_state(np.frombuffer(altered_state(16, "<Q", 100), np.uint8))


def test_state_of_two_dimensions_loads() -> None:
    state = RandomStream(4).get_state().reshape(2, -1)
    stream = RandomStream()
    stream.set_state(state)
    assert stream.initial_seed() == 4


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_copies_continue_the_stream_apart(duplicate: Callable[[RandomStream], RandomStream]) -> None:
    stream = RandomStream(5)
    stream.normal(3)
    twin = duplicate(stream)
    np.testing.assert_array_equal(stream.normal(5), twin.normal(5))
    stream.random32(1)
    assert stream.get_state().tolist() != twin.get_state().tolist()


def test_a_pair_of_words_is_high_half_first() -> None:
    words = RandomStream(8).random32(8).astype(np.uint64)
    np.testing.assert_array_equal(RandomStream(8).random64(4), words[::2] << np.uint64(32) | words[1::2])


# Uniform and normal


@given(SEEDS, SHAPES, FLOATS)
def test_rand(seed: int, shape: tuple[int, ...], dtype: str) -> None:
    stream, generator = both(seed)
    assert_same(stream.uniform(shape, dtype), torch.rand(shape, generator=generator, dtype=torch_dtype(dtype)))
    assert_in_step(stream, generator)


@given(SEEDS, SHAPES, FLOATS, BOUND, BOUND)
@example(1, (1000,), "float32", 100.0, 100.0001)
@example(1, (1000,), "float64", 1.0, 1.0 + 2.0**-52)
@example(1, (1000,), "float16", 1.0, 1.01)
@example(1, (1000,), "float32", 0.0, 1e-45)
@example(1, (100,), "float32", 0.0, 0.0)
def test_uniform_between_bounds(seed: int, shape: tuple[int, ...], dtype: str, a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    stream, generator = both(seed)
    theirs = torch.empty(shape, dtype=torch_dtype(dtype)).uniform_(low, high, generator=generator)
    assert_same(stream.uniform(shape, dtype, low, high), theirs)
    assert_in_step(stream, generator)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_a_million_uniforms(dtype: str) -> None:
    for low, high in ((0, 1), (-0.1, 0.7), (3, 1000)):
        stream, generator = both(11)
        theirs = torch.empty(10**6, dtype=torch_dtype(dtype)).uniform_(low, high, generator=generator)
        assert_same(stream.uniform(10**6, dtype, low, high), theirs)


def test_uniform_of_huge_doubles() -> None:
    stream, generator = both()
    theirs = torch.empty(100, dtype=torch.float64).uniform_(-1e300, 3e300, generator=generator)
    np.testing.assert_allclose(stream.uniform(100, "float64", -1e300, 3e300), theirs.numpy(), rtol=1e-14)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("float32", 1, 0),
        ("float32", 0.5, 0.25),
        ("float32", 0, math.inf),
        ("float32", math.nan, 1),
        ("float32", 0, 1e39),
        ("float32", -3e38, 3e38),
        ("float64", -1e308, 1e308),
        ("float16", 0, 1e5),
        ("float16", -60000, 60000),
        ("int64", 0, 1),
        ("bool", 0, 1),
    ],
)
def test_uniform_errors(dtype: str, low: float, high: float) -> None:
    theirs = error_of(lambda: torch.empty(2, dtype=torch_dtype(dtype)).uniform_(low, high))
    with pytest.raises(type(theirs)) as ours:
        RandomStream().uniform(2, dtype, low, high)
    assert str(ours.value) == str(theirs)


@given(SEEDS, st.lists(st.tuples(SHAPES, FLOATS), min_size=1, max_size=4))
def test_randn(seed: int, draws: list[tuple[tuple[int, ...], str]]) -> None:
    stream, generator = both(seed)
    for shape, dtype in draws:
        assert_near(stream.normal(shape, dtype), torch.randn(shape, generator=generator, dtype=torch_dtype(dtype)))
        assert_in_step(stream, generator)


@given(SEEDS, SHAPES, FLOATS, st.integers(-300, 300), st.integers(0, 300))
def test_normal_with_mean_and_std(seed: int, shape: tuple[int, ...], dtype: str, mean: float, std: float) -> None:
    mean, std = mean / 100, std / 100
    stream, generator = both(seed)
    theirs = torch.empty(shape, dtype=torch_dtype(dtype)).normal_(mean, std, generator=generator)
    assert_near(stream.normal(shape, dtype, mean, std), theirs, scale=abs(mean) + std)
    assert_in_step(stream, generator)


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 4e-7), ("float64", 5e-15), ("float16", 1e-3)])
def test_a_million_normals(dtype: str, limit: float) -> None:
    stream, generator = both(12)
    ours = stream.normal(10**6 + 5, dtype).astype(np.float64)
    theirs = torch.randn(10**6 + 5, generator=generator, dtype=torch_dtype(dtype)).double().numpy()
    # Single precision: angles up to 2 pi are rounded to 2**-22, which a cosine near zero shows.
    assert np.all(np.abs(ours - theirs) <= limit * np.maximum(np.abs(theirs), 1))
    assert_in_step(stream, generator)


def test_normal_of_a_tensor_with_gaps() -> None:
    stream, generator = both()
    theirs = torch.zeros(8, 16)[:, :8].normal_(1.5, 2.0, generator=generator)
    assert_near(stream.normal((8, 8), "float32", 1.5, 2.0, contiguous=False), theirs.contiguous())
    assert_in_step(stream, generator)


@given(SEEDS, SIZES, st.sampled_from(["float32", "float64"]))
def test_normal_of_tensors(seed: int, n: int, dtype: str) -> None:
    stream, generator = both(seed)
    mean, std = torch.linspace(-2, 2, n, dtype=torch_dtype(dtype)), torch.linspace(0, 3, n, dtype=torch_dtype(dtype))
    cases: list[tuple[Any, Any]] = [(mean, std), (mean, 0.3), (1.5, std), (mean.reshape(-1, 1), std)]
    for center, width in cases:
        ours = stream.normal_tensor(np.asarray(center), np.asarray(width), dtype)
        assert_near(ours, torch.normal(center, width, generator=generator), scale=4)
    assert_in_step(stream, generator)


@pytest.mark.parametrize("n", [3, 20])
@pytest.mark.parametrize(("mean", "std"), [(1e39, 1.0), (0.0, 1e39)])
def test_normal_beyond_single_precision_is_infinite_without_a_warning(n: int, mean: float, std: float) -> None:
    stream, generator = both()
    theirs = torch.empty(n).normal_(mean, std, generator=generator)
    assert theirs.isinf().any()
    assert_near(stream.normal(n, "float32", mean, std), theirs)


def test_normal_errors() -> None:
    for std in (-1, -0.5, math.nan):
        theirs = error_of(lambda std=std: torch.empty(3).normal_(0, std))  # type: ignore[misc]  # bound at definition
        with pytest.raises(type(theirs)) as ours:
            RandomStream().normal(3, "float32", 0, std)
        assert str(ours.value) == str(theirs)
        with pytest.raises(type(theirs)) as scalar:
            RandomStream().normal_tensor(np.zeros(3), std)
        assert str(scalar.value) == str(theirs)
    theirs = error_of(lambda: torch.empty(3, dtype=torch.int64).normal_())
    with pytest.raises(type(theirs)) as kind:
        RandomStream().normal(3, "int64")
    assert str(kind.value) == str(theirs)
    theirs = error_of(lambda: torch.normal(torch.zeros(2), torch.tensor([1.0, -1.0])))
    with pytest.raises(type(theirs)) as negative:
        RandomStream().normal_tensor(np.zeros(2), np.array([1.0, -1.0]))
    assert str(negative.value) == str(theirs)


# Integers


@given(SEEDS, SHAPES, st.one_of(FLOATS, INTEGERS, st.just("bool")))
def test_random_(seed: int, shape: tuple[int, ...], dtype: str) -> None:
    stream, generator = both(seed)
    assert_same(stream.random(shape, dtype), torch.empty(shape, dtype=torch_dtype(dtype)).random_(generator=generator))
    assert_in_step(stream, generator)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64"])
def test_random_errors(dtype: str) -> None:
    theirs = error_of(lambda: torch.empty(2, dtype=torch_dtype(dtype)).random_())
    with pytest.raises(type(theirs)) as ours:
        RandomStream().random(2, dtype)
    assert str(ours.value) == str(theirs)


BOUNDS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-300, 300),
    st.integers(1, 62).flatmap(lambda k: st.integers(2**k - 70, 2**k + 70)),
    st.integers(1, 62).flatmap(lambda k: st.integers(-(2**k) - 70, -(2**k) + 70)),
)
ANY_DTYPE = st.one_of(FLOATS, INTEGERS, st.sampled_from(["bool", "uint16", "uint32", "uint64"]))


@settings(max_examples=400)
@given(SEEDS, BOUNDS, st.one_of(BOUNDS, st.none()), ANY_DTYPE)
@example(3, 0, 2**28 - 1, "int64")
@example(3, 0, 2**28, "int64")
@example(3, -(2**63), 2**63 - 1, "int64")
@example(3, -(2**63), None, "int64")
@example(3, -(2**63), None, "float32")
@example(3, -(2**63), None, "float16")
@example(3, 0, None, "uint8")
@example(3, 5, 5, "int64")
@example(3, -3000, 3000, "float16")
@example(3, -(2**30) - 100, -(2**30) - 98, "float32")
@example(3, 2**24, None, "float32")
def test_random_between_bounds(seed: int, low: int, high: int | None, dtype: str) -> None:
    stream, generator = both(seed)
    with warnings.catch_warnings(record=True) as our_warnings:
        warnings.simplefilter("always")
        try:
            ours: Any = stream.randint(low, high, 9, dtype)
        except RuntimeError as error:
            ours = error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = torch.empty(9, dtype=torch_dtype(dtype)).random_(low, high, generator=generator)
        except RuntimeError as error:
            assert isinstance(ours, RuntimeError)
            assert isinstance(error, NotImplementedError) or str(ours) == str(error) or low == -(2**63)
            return
    if isinstance(ours, Exception):
        raise ours
    assert_same(ours, theirs)
    assert_in_step(stream, generator)
    digits = random_stream._DIGITS.get(np.dtype(dtype))
    expected = 0
    if digits is not None and not (high is None and low == -(2**63)):
        expected = sum(abs(bound) > 2**digits for bound in (low, 0 if high is None else high - 1))
    assert len(our_warnings) == expected


def test_bounds_that_a_float_cannot_hold_warn() -> None:
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]"):
        RandomStream().randint(0, 2**25, 3, "float32")


@pytest.mark.parametrize(("low", "high"), [(0, 2**63), (-(2**63) - 1, 0), (2**63, None)])
def test_bounds_beyond_int64(low: int, high: int | None) -> None:
    theirs = error_of(lambda: torch.empty(2, dtype=torch.int64).random_(low, high))
    assert "Overflow when unpacking long long" in str(theirs)
    with pytest.raises(type(theirs), match="Overflow when unpacking long long"):
        RandomStream().randint(low, high, 2)


@given(SEEDS, SHAPES, st.integers(-50, 50), st.integers(1, 70))
def test_randint(seed: int, shape: tuple[int, ...], low: int, width: int) -> None:
    stream, generator = both(seed)
    assert_same(stream.randint(low, low + width, shape), torch.randint(low, low + width, shape, generator=generator))
    assert_in_step(stream, generator)


@given(SEEDS, SIZES, st.one_of(FLOATS, INTEGERS))
def test_randperm(seed: int, n: int, dtype: str) -> None:
    if dtype in {"int8", "uint8"}:
        n = min(n, 128)
    stream, generator = both(seed)
    assert_same(stream.randperm(n, dtype), torch.randperm(n, generator=generator, dtype=torch_dtype(dtype)))
    assert_in_step(stream, generator)


def test_randperm_of_a_million() -> None:
    stream, generator = both(1)
    assert_same(stream.randperm(10**6), torch.randperm(10**6, generator=generator))


def test_huge_permutations_place_each_number_by_two_words(monkeypatch: pytest.MonkeyPatch) -> None:
    # torch.randperm(214748364) from seed 3 begins so: entry k is the last number whose place is k when it comes,
    # which 64-bit words modulo one more than the number say.
    assert random_stream._WIDE_PERMUTATION == 214748364
    monkeypatch.setattr(random_stream, "_WIDE_PERMUTATION", 100)
    order = RandomStream(3).randperm(1000)
    place = RandomStream(3).random64(1000) % np.arange(1, 1001, dtype=np.uint64)
    np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    for k in range(3):
        assert order[k] == np.flatnonzero(place[k:] == k)[-1] + k


@pytest.mark.parametrize(
    ("n", "dtype"),
    [
        (-1, "int64"),
        (257, "uint8"),
        (129, "int8"),
        (2050, "float16"),
        (2**24 + 2, "float32"),
        (4, "bool"),
        (4, "uint16"),
    ],
)
def test_randperm_errors(n: int, dtype: str) -> None:
    theirs = error_of(lambda: torch.randperm(n, dtype=torch_dtype(dtype)))
    with pytest.raises(type(theirs)) as ours:
        RandomStream().randperm(n, dtype)
    assert str(theirs) in str(ours.value)


@pytest.mark.parametrize(("n", "dtype"), [(256, "uint8"), (128, "int8"), (2049, "float16")])
def test_randperm_of_the_largest_size(n: int, dtype: str) -> None:
    stream, generator = both()
    assert_same(stream.randperm(n, dtype), torch.randperm(n, generator=generator, dtype=torch_dtype(dtype)))


def test_a_shuffling_dataloaders_order() -> None:
    data = torch.utils.data.TensorDataset(torch.arange(50))
    loader = torch.utils.data.DataLoader(data, batch_size=50, shuffle=True)
    stream = RandomStream(21)
    with torch.random.fork_rng():
        torch.manual_seed(21)
        for _ in range(3):
            ((batch,),) = loader
            stream.draw_seed()
            assert_same(RandomStream(stream.draw_seed()).randperm(50), batch)
            assert_in_step(stream, torch.default_generator)


# Other distributions


@given(SEEDS, SHAPES, st.floats(0, 1), st.one_of(FLOATS, INTEGERS, st.just("bool")))
@example(1, (100,), 0.0, "float32")
@example(1, (100,), 1.0, "float32")
def test_bernoulli_of_a_number(seed: int, shape: tuple[int, ...], p: float, dtype: str) -> None:
    stream, generator = both(seed)
    theirs = torch.empty(shape, dtype=torch_dtype(dtype)).bernoulli_(p, generator=generator)
    assert_same(stream.bernoulli(p, shape, dtype), theirs)
    assert_in_step(stream, generator)
    assert_same(stream.bernoulli(p, shape), torch.bernoulli(torch.empty(shape), p, generator=generator))


@given(st.integers(0, 2**32), st.sampled_from([0.1, 0.25, 0.5, 0.8]), SHAPES)
def test_dropout_keeps_where_bernoulli_of_the_rest_is_one(seed: int, p: float, shape: tuple[int, ...]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        kept = torch.nn.functional.dropout(torch.ones(shape), p) != 0
        stream = RandomStream(seed)
        assert_same(stream.bernoulli(1 - p, shape, "bool"), kept)
        assert_in_step(stream, torch.default_generator)


@given(SEEDS, SHAPES, FLOATS, st.sampled_from([None, "int64", "float64", "bool"]))
def test_bernoulli_of_an_array(seed: int, shape: tuple[int, ...], dtype: str, out: str | None) -> None:
    stream, generator = both(seed)
    p = RandomStream(1).uniform(shape, dtype)
    tensor = torch.from_numpy(p)
    if out is None:
        assert_same(stream.bernoulli(p), torch.bernoulli(tensor, generator=generator))
    else:
        theirs = torch.empty(shape, dtype=torch_dtype(out)).bernoulli_(tensor, generator=generator)
        assert_same(stream.bernoulli(p, dtype=out), theirs)
    assert_in_step(stream, generator)


def test_bernoulli_errors() -> None:
    for p in (-0.1, 1.5, math.nan):
        theirs = error_of(lambda p=p: torch.empty(2).bernoulli_(p))  # type: ignore[misc]  # bound at definition
        with pytest.raises(type(theirs)) as ours:
            RandomStream().bernoulli(p, 2)
        assert str(ours.value) == str(theirs)
        with pytest.raises(RuntimeError, match="Expected p_in >= 0 && p_in <= 1 to be true, but got false"):
            RandomStream().bernoulli(np.array([0.5, p]))
    theirs = error_of(lambda: torch.bernoulli(torch.tensor([1, 0])))
    with pytest.raises(type(theirs)) as kind:
        RandomStream().bernoulli(np.array([1, 0]))
    assert str(kind.value) == str(theirs)


CONTINUOUS = {
    "exponential": ("exponential_", ("lambd",), [(1.0,), (0.3,), (2.5,)]),
    "cauchy": ("cauchy_", ("median", "sigma"), [(0.0, 1.0), (1.0, 0.3)]),
    "log_normal": ("log_normal_", ("mean", "std"), [(0.0, 1.0), (1.0, 0.4)]),
}


@pytest.mark.parametrize("name", CONTINUOUS)
@given(seed=SEEDS, shape=SHAPES, dtype=FLOATS, choice=st.integers(0, 2))
def test_continuous_distributions(name: str, seed: int, shape: tuple[int, ...], dtype: str, choice: int) -> None:
    method, names, arguments = CONTINUOUS[name]
    values = arguments[choice % len(arguments)]
    stream, generator = both(seed)
    theirs = getattr(torch.empty(shape, dtype=torch_dtype(dtype)), method)(*values, generator=generator)
    ours = getattr(stream, name)(shape, dtype, **dict(zip(names, values, strict=True)))
    assert_near(ours, theirs)
    assert_in_step(stream, generator)


@pytest.mark.parametrize(
    ("name", "dtype", "values"),
    [
        ("exponential", "float32", (0,)),
        ("exponential", "float32", (-1.5,)),
        ("exponential", "float32", (math.nan,)),
        ("exponential", "int64", (1,)),
        ("cauchy", "float32", (0, 0)),
        ("cauchy", "float32", (0, -1)),
        ("cauchy", "float64", (0, math.nan)),
        ("log_normal", "float32", (0, 0)),
        ("log_normal", "float32", (0, -1)),
        ("log_normal", "int64", (0, 1)),
    ],
)
def test_continuous_errors(name: str, dtype: str, values: tuple[float, ...]) -> None:
    method, names, _ = CONTINUOUS[name]
    theirs = error_of(lambda: getattr(torch.empty(2, dtype=torch_dtype(dtype)), method)(*values))
    with pytest.raises(type(theirs)) as ours:
        getattr(RandomStream(), name)(2, dtype, **dict(zip(names, values, strict=True)))
    assert str(ours.value) == str(theirs)


def test_cauchy_refuses_integers() -> None:
    theirs = error_of(lambda: torch.empty(2, dtype=torch.int64).cauchy_())
    with pytest.raises(type(theirs), match="Cauchy distribution is a continuous probability distribution"):
        RandomStream().cauchy(2, "int64")


@given(SEEDS, SHAPES, st.one_of(FLOATS, INTEGERS), st.sampled_from([1e-3, 0.3, 0.9]))
def test_geometric(seed: int, shape: tuple[int, ...], dtype: str, p: float) -> None:
    stream, generator = both(seed)
    theirs = torch.empty(shape, dtype=torch_dtype(dtype)).geometric_(p, generator=generator)
    assert_same(stream.geometric(p, shape, dtype), theirs)
    assert_in_step(stream, generator)


@pytest.mark.parametrize(("p", "dtype"), [(0, "float32"), (1, "float32"), (-0.5, "int64"), (0.5, "bool")])
def test_geometric_errors(p: float, dtype: str) -> None:
    theirs = error_of(lambda: torch.empty(2, dtype=torch_dtype(dtype)).geometric_(p))
    with pytest.raises(type(theirs)) as ours:
        RandomStream().geometric(p, 2, dtype)
    assert str(ours.value) == str(theirs)


@settings(max_examples=30)
@given(SEEDS, SHAPES, st.sampled_from(["float32", "float64"]), st.sampled_from([0.5, 9.0, 12.0, 60.0, 3000.0]))
def test_poisson(seed: int, shape: tuple[int, ...], dtype: str, largest: float) -> None:
    stream, generator = both(seed)
    rate = RandomStream(2).uniform(shape, dtype, -largest / 10, largest)
    rate[rate < 0] = 0
    assert_same(stream.poisson(rate), torch.poisson(torch.from_numpy(rate), generator=generator))
    assert_in_step(stream, generator)


@settings(max_examples=30)
@given(SEEDS, SHAPES, st.sampled_from(["float32", "float64"]), st.sampled_from([0.01, 0.9, 1.0, 4.0, 3000.0]))
def test_standard_gamma(seed: int, shape: tuple[int, ...], dtype: str, largest: float) -> None:
    stream, generator = both(seed)
    given = RandomStream(2).uniform(shape, dtype, largest / 20, largest)
    assert_near(stream.standard_gamma(given), torch._standard_gamma(torch.from_numpy(given), generator=generator))
    assert_in_step(stream, generator)


def test_gamma_numbers_of_no_shape_are_tiny_and_those_of_integers_an_error() -> None:
    tiny = np.finfo(np.float32).tiny
    assert (RandomStream().standard_gamma(np.array([0.0, -1.0, math.nan], "float32")) == tiny).all()
    with pytest.raises(NotImplementedError, match="\"gamma_cpu\" not implemented for 'Long'"):
        RandomStream().standard_gamma(np.array([1]))


@pytest.mark.parametrize("rate", [np.array([-1.0]), np.array([math.nan]), np.array([1])])
def test_poisson_errors(rate: np.ndarray) -> None:
    theirs = error_of(lambda: torch.poisson(torch.from_numpy(rate)))
    with pytest.raises(type(theirs)) as ours:
        RandomStream().poisson(rate)
    assert str(ours.value) == str(theirs)


@given(
    SEEDS,
    st.sampled_from([(1,), (2,), (7,), (100,), (1, 5), (3, 4), (4, 33), (0, 3)]),
    st.sampled_from(["float32", "float64"]),
    st.integers(1, 40),
    st.booleans(),
)
def test_multinomial(seed: int, shape: tuple[int, ...], dtype: str, samples: int, replacement: bool) -> None:
    samples = samples if replacement else min(samples, shape[-1])
    stream, generator = both(seed)
    weights = RandomStream(3).uniform(shape, dtype, 0.1, 5)
    theirs = torch.multinomial(torch.from_numpy(weights), samples, replacement, generator=generator)
    ours = stream.multinomial(weights, samples, replacement)
    assert_in_step(stream, generator)
    if replacement:
        assert_same(ours, theirs)
    else:
        # In single precision two keys may be equal, whose order is not torch's.
        keys = weights / RandomStream(seed).exponential(shape, dtype)
        by_key = [np.take_along_axis(keys, drawn, axis=-1) for drawn in (ours, theirs.numpy())]
        np.testing.assert_array_equal(*by_key)


def test_multinomial_draws_in_the_order_of_memory() -> None:
    stream, generator = both(1)
    weights = RandomStream(3).uniform((5, 4), "float64", 0.1, 5).T
    theirs = torch.multinomial(torch.from_numpy(weights), 3, generator=generator)
    assert_same(stream.multinomial(weights, 3), theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_many_samples_with_replacement(dtype: str) -> None:
    stream, generator = both()
    weights = RandomStream(3).uniform((2, 1000), dtype)
    weights[:, ::3] = 0
    theirs = torch.multinomial(torch.from_numpy(weights), 50000, True, generator=generator)
    assert_same(stream.multinomial(weights, 50000, True), theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_samples_without_replacement(dtype: str) -> None:
    stream, generator = both()
    weights = RandomStream(3).uniform(3000, dtype)
    theirs = torch.multinomial(torch.from_numpy(weights), 1000, generator=generator)
    assert_same(stream.multinomial(weights, 1000), theirs)


def test_multinomial_takes_weights_of_zero_at_last() -> None:
    drawn = RandomStream(1).multinomial(np.array([0.0, 1.0, 0.0, 2.0]), 4)
    assert set(drawn[:2].tolist()) == {1, 3}
    assert drawn[2:].tolist() == [0, 2]


@pytest.mark.parametrize(
    ("weights", "samples", "replacement"),
    [
        (np.ones(4), 0, False),
        (np.ones(4), -1, True),
        (np.ones(4), 5, False),
        (np.ones((2, 2, 2)), 1, True),
        (np.array(1.0), 1, True),
        (np.zeros(3), 1, False),
        (np.zeros(3), 2, False),
        (np.zeros(3), 2, True),
        (np.array([[1.0, 0], [0, 0]]), 3, True),
        (np.array([[1.0, 0], [0, 0]]), 1, False),
        (np.array([1.0, -1]), 1, False),
        (np.array([1.0, -1]), 5, True),
        (np.array([1.0, math.nan]), 1, False),
        (np.array([1.0, math.inf]), 1, True),
        (np.array([1.0, math.inf]), 5, True),
        (np.array([1.0, math.nan]), 5, True),
        (np.array([1, 2]), 1, False),
        (np.ones(2**24 + 1), 1, False),
    ],
)
def test_multinomial_errors(weights: np.ndarray, samples: int, replacement: bool) -> None:
    theirs = error_of(lambda: torch.multinomial(torch.from_numpy(weights), samples, replacement))
    with pytest.raises(type(theirs)) as ours:
        RandomStream().multinomial(weights, samples, replacement)
    assert str(theirs) in str(ours.value)


# Sequences of draws

STEPS: dict[str, tuple[Callable[[RandomStream, int], Any], Callable[[torch.Generator, int], torch.Tensor]]] = {
    "rand": (lambda s, n: s.uniform(n), lambda g, n: torch.rand(n, generator=g)),
    "rand64": (
        lambda s, n: s.uniform(n, "float64"),
        lambda g, n: torch.rand(n, generator=g, dtype=torch.float64),
    ),
    "randn": (lambda s, n: s.normal(n), lambda g, n: torch.randn(n, generator=g)),
    "randn64": (
        lambda s, n: s.normal(n, "float64"),
        lambda g, n: torch.randn(n, generator=g, dtype=torch.float64),
    ),
    "randn16": (
        lambda s, n: s.normal(n, "float16"),
        lambda g, n: torch.randn(n, generator=g, dtype=torch.float16),
    ),
    "normal_": (lambda s, n: s.normal(n, "float32", 2, 0.5), lambda g, n: torch.empty(n).normal_(2, 0.5, generator=g)),
    "log_normal_": (
        lambda s, n: s.log_normal(n, "float32", 0, 0.5),
        lambda g, n: torch.empty(n).log_normal_(0, 0.5, generator=g),
    ),
    "randint": (lambda s, n: s.randint(0, 10, n), lambda g, n: torch.randint(0, 10, (n,), generator=g)),
    "randint wide": (lambda s, n: s.randint(0, 2**40, n), lambda g, n: torch.randint(0, 2**40, (n,), generator=g)),
    "randperm": (lambda s, n: s.randperm(n), lambda g, n: torch.randperm(n, generator=g)),
    "bernoulli": (lambda s, n: s.bernoulli(0.3, n), lambda g, n: torch.empty(n).bernoulli_(0.3, generator=g)),
    "exponential": (lambda s, n: s.exponential(n), lambda g, n: torch.empty(n).exponential_(generator=g)),
    "poisson": (
        lambda s, n: s.poisson(np.full(n, 4.5)),
        lambda g, n: torch.poisson(torch.full((n,), 4.5, dtype=torch.float64), generator=g),
    ),
    "standard_gamma": (
        lambda s, n: s.standard_gamma(np.full(n, 0.7)),
        lambda g, n: torch._standard_gamma(torch.full((n,), 0.7, dtype=torch.float64), generator=g),
    ),
    "multinomial": (
        lambda s, n: s.multinomial(np.ones(n + 1), n + 1),
        lambda g, n: torch.multinomial(torch.ones(n + 1, dtype=torch.float64), n + 1, generator=g),
    ),
}


@settings(max_examples=200)
@given(SEEDS, st.lists(st.tuples(st.sampled_from(sorted(STEPS)), SIZES), min_size=2, max_size=8))
def test_any_sequence_of_draws_stays_in_step(seed: int, steps: list[tuple[str, int]]) -> None:
    stream, generator = both(seed)
    for name, n in steps:
        ours, theirs = (draw(source, n) for draw, source in zip(STEPS[name], (stream, generator), strict=True))
        if ours.dtype.kind == "f":
            assert_near(ours, theirs)
        else:
            assert_same(ours, theirs)
        assert_in_step(stream, generator)


def test_draws_are_new_contiguous_arrays() -> None:
    stream = RandomStream(0)
    for ours, _ in STEPS.values():
        drawn = ours(stream, 20)
        assert drawn.flags.c_contiguous
        assert drawn.flags.writeable


def test_threads_share_the_stream_without_repeating_or_losing_words() -> None:
    stream = RandomStream(6)
    drawn: list[float] = []

    def draw() -> None:
        for _ in range(200):
            drawn.extend(stream.normal(3, "float64").tolist())

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = RandomStream(6).normal(2400, "float64", contiguous=False)
    assert sorted(drawn) == sorted(alone.tolist())
