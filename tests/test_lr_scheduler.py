"""What parity's lines of the schedulers (parity/schedulers.py) cannot say: given epochs, copies, warnings, texts."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import minitorch
from minitorch.optim import lr_scheduler

STEPS = 30
ENGINES = (minitorch, torch)


def optimizer_of(engine: Any, kind: str = "SGD", rates: tuple[Any, ...] = (0.1, 0.5), **options: Any) -> Any:
    """An optimizer with a group for each rate."""
    groups = [{"params": [engine.nn.Parameter(engine.zeros(2))], "lr": rate} for rate in rates]
    return getattr(engine.optim, kind)(groups, **options)


def numbers(value: Any) -> Any:
    """State, rates and momenta of both engines in one form: tensors as numbers, keys in their order."""
    if isinstance(value, dict):
        return {key: numbers(each) for key, each in value.items() if key != "params"}
    if isinstance(value, (list, tuple)):
        return [numbers(each) for each in value]
    return value.item() if isinstance(value, (minitorch.Tensor, torch.Tensor)) else value


def assert_close(mine: Any, theirs: Any, where: str = "") -> None:
    """The same structure; numbers to 1e-12 of their size, where steps that cancel leave at most 1e-16 of nothing."""
    if isinstance(theirs, dict):
        assert list(mine) == list(theirs), where
        for key, value in theirs.items():
            assert_close(mine[key], value, f"{where}.{key}")
    elif isinstance(theirs, list):
        assert len(mine) == len(theirs), where
        for index, value in enumerate(theirs):
            assert_close(mine[index], value, f"{where}[{index}]")
    elif isinstance(theirs, float):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-16, err_msg=where)
    else:
        assert mine == theirs, where


def groups_of(scheduler: Any) -> list[Any]:
    return numbers([{**group} for group in scheduler.optimizer.param_groups])


def check(
    make: Callable[[Any, Any], Any],
    kind: str = "SGD",
    steps: int = STEPS,
    start: Callable[[Any], None] | None = None,
    **options: Any,
) -> None:
    """`make(lr_scheduler, optimizer)` on both engines: each step must leave the same rates, groups and state."""
    made = []
    for engine in ENGINES:
        optimizer = optimizer_of(engine, kind, **options)
        if start is not None:
            start(optimizer)
        made.append(make(engine.optim.lr_scheduler, optimizer))
    mine, theirs = made
    for step in range(steps + 1):
        if step:
            for each in made:
                each.optimizer.step()
                each.step()
        assert_close(numbers(mine.get_last_lr()), numbers(theirs.get_last_lr()), f"rates at {step}")
        assert_close(groups_of(mine), groups_of(theirs), f"groups at {step}")
        assert_close(numbers(mine.state_dict()), numbers(theirs.state_dict()), f"state at {step}")


FACTOR = st.sampled_from([0.1, 0.5, 1.0, 0.93])
COUNT = st.sampled_from([1, 2, 5, 13, 40])
RATE = st.sampled_from([0.01, 0.2, [0.3, 0.04]])
LAMBDA = st.sampled_from([lambda epoch: 0.9**epoch, [lambda epoch: 1 / (1 + epoch), lambda epoch: 0.5]])
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "LambdaLR": ({"lr_lambda": LAMBDA}, {}),
    "MultiplicativeLR": ({"lr_lambda": LAMBDA}, {}),
    "StepLR": ({"step_size": COUNT}, {"gamma": FACTOR}),
    "MultiStepLR": ({"milestones": st.lists(st.integers(0, 32), max_size=5)}, {"gamma": FACTOR}),
    "ConstantLR": ({}, {"factor": FACTOR, "total_iters": COUNT}),
    "LinearLR": ({}, {"start_factor": FACTOR, "end_factor": st.sampled_from([0.1, 0.7, 1.0]), "total_iters": COUNT}),
    "ExponentialLR": ({"gamma": FACTOR}, {}),
    "PolynomialLR": ({}, {"total_iters": COUNT, "power": st.sampled_from([1.0, 2.0, 0.5])}),
    "CosineAnnealingLR": ({"T_max": COUNT}, {"eta_min": st.sampled_from([0.0, 0.01])}),
    "CosineAnnealingWarmRestarts": (
        {"T_0": COUNT},
        {"T_mult": st.sampled_from([1, 2, 3]), "eta_min": st.sampled_from([0.0, 0.01, 1])},
    ),
    "CyclicLR": (
        {"base_lr": RATE, "max_lr": RATE},
        {
            "step_size_up": st.sampled_from([1, 4, 7]),
            "step_size_down": st.sampled_from([None, 3]),
            "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
            "gamma": st.sampled_from([1.0, 0.9]),
            "scale_fn": st.sampled_from([None, lambda x: 0.8**x]),
            "scale_mode": st.sampled_from(["cycle", "iterations"]),
            "cycle_momentum": st.booleans(),
            "base_momentum": st.sampled_from([0.8, 0.5]),
            "max_momentum": st.sampled_from([0.9, 0.95]),
        },
    ),
    "OneCycleLR": (
        {"max_lr": RATE},
        {
            "pct_start": st.sampled_from([0.3, 0.0, 0.45]),
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "cycle_momentum": st.booleans(),
            "base_momentum": st.sampled_from([0.85, [0.7, 0.6]]),
            "max_momentum": st.sampled_from([0.95, [0.9, 0.8]]),
            "div_factor": st.sampled_from([25.0, 10]),
            "final_div_factor": st.sampled_from([1e4, 1e2]),
            "three_phase": st.booleans(),
        },
    ),
}


def draw_options(data: st.DataObject, name: str) -> dict[str, Any]:
    needed, optional = OPTIONS[name]
    options = data.draw(st.fixed_dictionaries(needed, optional=optional))
    if name == "OneCycleLR":
        steps = st.sampled_from([{"total_steps": 30}, {"epochs": 5, "steps_per_epoch": 8}])
        options |= data.draw(steps)
        if options.get("three_phase") and not options.get("pct_start", 0.3):
            options["pct_start"] = 0.3  # a first phase of length 0 would end after the second
    return options


def test_one_cycle_resumed() -> None:
    made = []
    for engine in ENGINES:
        optimizer = optimizer_of(engine)
        engine.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 20)
        made.append(engine.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 20, last_epoch=4))
    assert_close(made[0].get_last_lr(), made[1].get_last_lr())
    assert_close(groups_of(made[0]), groups_of(made[1]))


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), epochs=st.lists(st.sampled_from([None, 0, 1, 3, 7, 12]), min_size=1, max_size=8))
@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning", "ignore:Detected call:UserWarning")
def test_given_epochs(name: str, data: st.DataObject, epochs: list[int | None]) -> None:
    options = draw_options(data, name)
    made = [getattr(each.optim.lr_scheduler, name)(optimizer_of(each), **options) for each in ENGINES]
    for epoch in epochs:
        results = []
        for each in made:
            try:
                each.step(epoch)
                results.append((each.last_epoch, numbers(each.get_last_lr())))
            except ZeroDivisionError:
                results.append(("divides by zero", []))
        assert results[0][0] == results[1][0]
        assert_close(results[0][1], results[1][1])
        if results[0][0] == "divides by zero":
            return


@settings(max_examples=25, deadline=None)
@given(epochs=st.lists(st.floats(0, 40), max_size=6), factor=st.sampled_from([1, 2, 3]))
def test_warm_restarts_at_parts_of_epochs(epochs: list[float], factor: int) -> None:
    made = [each.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_of(each), 5, factor) for each in ENGINES]
    for epoch in [*epochs, None, None]:
        for each in made:
            each.step(epoch)
        assert_close(made[0].state_dict(), made[1].state_dict())


@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning")
def test_plateau_with_an_epoch() -> None:
    for engine in ENGINES:
        scheduler = engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(engine))
        scheduler.step(1.0, 5)
        assert scheduler.last_epoch == 5


def test_plateau_after_a_group_was_added() -> None:
    for engine in ENGINES:
        optimizer = optimizer_of(engine, rates=(1.0,))
        scheduler = engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        listed = engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1])
        optimizer.add_param_group({"params": [engine.nn.Parameter(engine.zeros(1))], "lr": 3.0})
        for metric in (1.0, 2.0):
            scheduler.step(metric)
        np.testing.assert_allclose(scheduler.get_last_lr(), [0.1, 0.3])
        listed.step(1.0)
        with pytest.raises(RuntimeError, match=r"The number of param groups in the `optimizer` \(2\) differs from"):
            listed.step(2.0)


PARTS: dict[str, Callable[[Any, Any], Any]] = {
    "constant": lambda schedulers, optimizer: schedulers.ConstantLR(optimizer, 0.5, 3),
    "linear": lambda schedulers, optimizer: schedulers.LinearLR(optimizer, 0.2, 1.0, 4),
    "exponential": lambda schedulers, optimizer: schedulers.ExponentialLR(optimizer, 0.9),
    "steps": lambda schedulers, optimizer: schedulers.StepLR(optimizer, 2, 0.5),
    "milestones": lambda schedulers, optimizer: schedulers.MultiStepLR(optimizer, [1, 4], 0.5),
    "lambda": lambda schedulers, optimizer: schedulers.LambdaLR(optimizer, lambda epoch: 1 / (epoch + 1)),
    "product": lambda schedulers, optimizer: schedulers.MultiplicativeLR(optimizer, lambda epoch: 0.95),
    "cosine": lambda schedulers, optimizer: schedulers.CosineAnnealingLR(optimizer, 7, 0.01),
    "restarts": lambda schedulers, optimizer: schedulers.CosineAnnealingWarmRestarts(optimizer, 4, 2),
    "polynomial": lambda schedulers, optimizer: schedulers.PolynomialLR(optimizer, 40, 2.0),
}


@pytest.mark.filterwarnings("ignore:Detected call:UserWarning")  # torch's, too, when the first one is made of others
def test_combined_within_each_other() -> None:
    def make(schedulers: Any, optimizer: Any) -> Any:
        parts = [PARTS[name](schedulers, optimizer) for name in ("constant", "exponential")]
        chained = schedulers.ChainedScheduler(
            [schedulers.StepLR(optimizer, 3), schedulers.ExponentialLR(optimizer, 0.9)]
        )
        first = schedulers.SequentialLR(optimizer, parts, [4])
        return schedulers.SequentialLR(optimizer, [first, schedulers.StepLR(optimizer, 5)], [9]), chained

    check(lambda schedulers, optimizer: make(schedulers, optimizer)[0])
    check(lambda schedulers, optimizer: make(schedulers, optimizer)[1])


def test_rates_that_the_user_sets_are_gone_on_from() -> None:
    for name in ("steps", "exponential", "cosine", "linear", "restarts", "lambda"):
        made = [PARTS[name](each.optim.lr_scheduler, optimizer_of(each)) for each in ENGINES]
        for _ in range(3):
            for each in made:
                each.optimizer.step()
                each.step()
                each.optimizer.param_groups[0]["lr"] = 7.0
        assert_close(made[0].get_last_lr(), made[1].get_last_lr())


# --- tensors as rates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_tensor_as_rate(name: str) -> None:
    made = []
    for engine in ENGINES:
        rate = engine.tensor(0.5, dtype=engine.float64)
        optimizer = optimizer_of(engine, rates=(rate, 0.1))
        scheduler = PARTS[name](engine.optim.lr_scheduler, optimizer)
        seen = [numbers(scheduler.get_last_lr())]
        for _ in range(9):
            optimizer.step()
            scheduler.step()
            seen.append(numbers(scheduler.get_last_lr()))
        group = optimizer.param_groups[0]
        assert group["lr"] is rate
        assert isinstance(scheduler.get_last_lr()[0], engine.Tensor)
        assert scheduler.get_last_lr()[0] is not rate
        assert group["initial_lr"].item() == 0.5
        made.append(seen)
    np.testing.assert_allclose(made[0], made[1], rtol=1e-12)


def test_tensors_as_rates_of_cycles_and_sequences() -> None:
    def cyclic(schedulers: Any, optimizer: Any) -> Any:
        return schedulers.CyclicLR(optimizer, 0.1, 0.2, 3)

    def one_cycle(schedulers: Any, optimizer: Any) -> Any:
        return schedulers.OneCycleLR(optimizer, 0.1, 12)

    def sequence(schedulers: Any, optimizer: Any) -> Any:
        parts = [PARTS[name](schedulers, optimizer) for name in ("constant", "exponential")]
        return schedulers.SequentialLR(optimizer, parts, [4])

    for make in (cyclic, one_cycle, sequence):
        made = []
        for engine in ENGINES:
            rate = engine.tensor(0.5, dtype=engine.float64)
            scheduler = make(engine.optim.lr_scheduler, optimizer_of(engine, rates=(rate,)))
            seen = []
            for _ in range(9):
                scheduler.optimizer.step()
                scheduler.step()
                seen.append(numbers(scheduler.get_last_lr()))
            assert scheduler.optimizer.param_groups[0]["lr"] is rate
            made.append(seen)
        np.testing.assert_allclose(made[0], made[1], rtol=1e-12)


def test_plateau_keeps_a_tensor() -> None:
    rate = minitorch.tensor(1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer_of(minitorch, rates=(rate,)), patience=0)
    first = scheduler.get_last_lr()[0]
    for metric in (1.0, 2.0):
        scheduler.step(metric)
    assert scheduler.optimizer.param_groups[0]["lr"] is rate
    np.testing.assert_allclose([rate.item(), first.item()], [0.1, 1.0])


# --- saving -----------------------------------------------------------------------------------------------------------


class Fading:
    """A function with a state."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, epoch: float) -> float:
        return self.factor**epoch


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_state_goes_from_engine_to_engine(name: str, data: st.DataObject) -> None:
    """Ten steps here, the state (as pickled, where that can be) to the other engine, ten more steps there."""
    options = draw_options(data, name)
    schedulers = [getattr(each.optim.lr_scheduler, name)(optimizer_of(each), **options) for each in ENGINES]
    for source, target in (schedulers, schedulers[::-1]):
        for _ in range(10):
            source.optimizer.step()
            source.step()
        target.load_state_dict(pickle.loads(pickle.dumps(source.state_dict())))
        for group, other in zip(target.optimizer.param_groups, source.optimizer.param_groups, strict=True):
            group.update({key: value for key, value in other.items() if key != "params"})
        assert_close(target.state_dict(), source.state_dict())
        for each in (source, target):
            each.optimizer.step()
            each.step()
        assert_close(target.get_last_lr(), source.get_last_lr())


def test_state_of_combined_schedulers() -> None:
    def sequence(engine: Any) -> Any:
        optimizer = optimizer_of(engine)
        parts = [PARTS[name](engine.optim.lr_scheduler, optimizer) for name in ("linear", "cosine")]
        return engine.optim.lr_scheduler.SequentialLR(optimizer, parts, [4])

    def chain(engine: Any) -> Any:
        optimizer = optimizer_of(engine)
        parts = [PARTS[name](engine.optim.lr_scheduler, optimizer) for name in ("linear", "cosine")]
        return engine.optim.lr_scheduler.ChainedScheduler(parts)

    for make in (sequence, chain):
        source, target = make(torch), make(minitorch)
        for _ in range(6):
            source.optimizer.step()
            source.step()
        state = source.state_dict()
        before = copy.deepcopy(state)
        target.load_state_dict(state)
        assert state == before
        assert_close(target.state_dict(), state)


@pytest.mark.parametrize("engine", ENGINES)
def test_functions_are_not_saved_but_objects_are(engine: Any) -> None:
    def make(factor: float) -> Any:
        return engine.optim.lr_scheduler.LambdaLR(optimizer_of(engine), [Fading(factor), lambda epoch: 1.0])

    source, target = make(0.5), make(0.9)
    state = source.state_dict()
    assert state["lr_lambdas"] == [{"factor": 0.5}, None]
    target.load_state_dict(state)
    assert state["lr_lambdas"] == [{"factor": 0.5}, None]
    assert target.lr_lambdas[0].factor == 0.5
    assert target.lr_lambdas[1](3) == 1.0

    def cyclic(factor: float) -> Any:
        return engine.optim.lr_scheduler.CyclicLR(optimizer_of(engine), 0.1, 0.2, scale_fn=Fading(factor))

    source, target = cyclic(0.5), cyclic(0.9)
    state = source.state_dict()
    assert state["_scale_fn_custom"] == {"factor": 0.5}
    target.load_state_dict(state)
    assert target._scale_fn_custom.factor == 0.5


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies_have_an_optimizer_of_their_own(copied: Callable[[Any], Any]) -> None:
    scheduler = lr_scheduler.ExponentialLR(optimizer_of(minitorch), 0.5)
    scheduler.optimizer.step()
    scheduler.step()
    other = copied(scheduler)
    other.step()
    assert (scheduler.get_last_lr(), other.get_last_lr()) == ([0.05, 0.25], [0.025, 0.125])
    assert other.optimizer.param_groups[0]["lr"] == 0.025


def test_the_optimizer_is_freed_with_its_scheduler() -> None:
    gc.disable()
    try:
        optimizer = optimizer_of(minitorch)
        scheduler = lr_scheduler.StepLR(optimizer, 3)
        seen = weakref.ref(optimizer)
        del optimizer, scheduler
        assert seen() is None
    finally:
        gc.enable()


# --- schedulers of the user's own -------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["LRScheduler", "_LRScheduler"])
def test_a_scheduler_of_the_users_own(base: str) -> None:
    rates = []
    for engine in ENGINES:

        class Halving(getattr(engine.optim.lr_scheduler, base)):  # type: ignore[misc]  # a base of either engine
            def __init__(self, optimizer: Any, every: int, last_epoch: int = -1) -> None:
                self.every = every
                super().__init__(optimizer, last_epoch)

            def get_lr(self) -> list[float]:
                return [base * 0.5 ** (self.last_epoch // self.every) for base in self.base_lrs]

        scheduler = Halving(optimizer_of(engine), 2)
        for _ in range(4):
            scheduler.optimizer.step()
            scheduler.step()
        rates.append((scheduler.get_last_lr(), scheduler.state_dict()))
    assert rates[0] == rates[1]


# --- warnings ---------------------------------------------------------------------------------------------------------


def messages(run: Callable[[], Any]) -> list[tuple[type[Warning], str, str]]:
    """The warnings of `run`: their kinds, how they begin, and the files that they point to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    return [(each.category, str(each.message)[:60], each.filename) for each in caught]


def test_warnings() -> None:
    def too_early(engine: Any) -> None:
        scheduler = engine.optim.lr_scheduler.StepLR(optimizer_of(engine), 3)
        scheduler.step()
        scheduler.step()

    def replaced(engine: Any) -> None:
        optimizer = optimizer_of(engine)
        scheduler = engine.optim.lr_scheduler.StepLR(optimizer, 3)
        optimizer.step = lambda: None
        optimizer.step()
        scheduler.step()

    def copied(engine: Any) -> None:
        scheduler = copy.deepcopy(engine.optim.lr_scheduler.StepLR(optimizer_of(engine), 3))
        scheduler.optimizer.step()
        scheduler.step()

    def in_order(engine: Any) -> None:
        optimizer = optimizer_of(engine)
        first, second = (engine.optim.lr_scheduler.StepLR(optimizer, 3) for _ in range(2))
        optimizer.step()
        first.step()
        second.step()

    def by_epoch(engine: Any) -> None:
        scheduler = engine.optim.lr_scheduler.StepLR(optimizer_of(engine), 3)
        scheduler.optimizer.step()
        scheduler.step(2)

    def plateau_by_epoch(engine: Any) -> None:
        engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(engine)).step(1.0, 3)

    def restarts(engine: Any) -> None:
        engine.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_of(engine), 3).step(2)

    def asked(engine: Any) -> None:
        for name in (*sorted(PARTS),):
            PARTS[name](engine.optim.lr_scheduler, optimizer_of(engine)).get_lr()
        engine.optim.lr_scheduler.CyclicLR(optimizer_of(engine), 0.1, 0.2).get_lr()
        engine.optim.lr_scheduler.OneCycleLR(optimizer_of(engine), 0.1, 10).get_lr()

    expected = {too_early: 1, replaced: 1, copied: 1, in_order: 0, by_epoch: 1, plateau_by_epoch: 1, restarts: 0}
    for run, count in expected.items():
        mine, theirs = (messages(lambda run=run, engine=engine: run(engine)) for engine in ENGINES)
        assert [each[:2] for each in mine] == [each[:2] for each in theirs], run.__name__
        assert len(mine) == count, run.__name__
        assert all(each[2] == __file__ for each in mine), run.__name__
    mine, theirs = (messages(lambda engine=engine: asked(engine)) for engine in ENGINES)
    assert [each[:2] for each in mine] == [each[:2] for each in theirs]
    assert all(each[1].startswith("To get the last learning rate computed by the scheduler") for each in mine)
    assert {each[2] for each in mine} == {__file__}


# --- errors -----------------------------------------------------------------------------------------------------------

ERRORS = [
    ("StepLR(3, 3)", TypeError, "int is not an Optimizer"),
    ("StepLR(o, 3, last_epoch=2)", KeyError, "param 'initial_lr' is not specified in param_groups[0] when resuming"),
    ("StepLR(o, 3, verbose=True)", TypeError, "got an unexpected keyword argument 'verbose'"),
    ("StepLR(o, 3).load_state_dict(3)", TypeError, "'int' object is not iterable"),
    ("LRScheduler(o)", NotImplementedError, ""),
    ("_LRScheduler(o)", NotImplementedError, ""),
    ("LambdaLR(o, [len])", ValueError, "Expected 2 lr_lambdas, but got 1"),
    ("LambdaLR(o, 3)", TypeError, "'int' object is not callable"),
    ("MultiplicativeLR(o, [len])", ValueError, "Expected 2 lr_lambdas, but got 1"),
    ("MultiStepLR(o, 3)", TypeError, "'int' object is not iterable"),
    ("ConstantLR(o, 1.5)", ValueError, "Constant multiplicative factor expected to be between 0 and 1."),
    ("ConstantLR(o, -0.5)", ValueError, "Constant multiplicative factor expected to be between 0 and 1."),
    ("LinearLR(o, 0)", ValueError, "Starting multiplicative factor expected to be greater than 0 and less or equal"),
    ("LinearLR(o, 1.5)", ValueError, "Starting multiplicative factor expected to be greater than 0 and less or equal"),
    ("LinearLR(o, 0.5, 2)", ValueError, "Ending multiplicative factor expected to be between 0 and 1."),
    ("CosineAnnealingWarmRestarts(o, 0)", ValueError, "Expected positive integer T_0, but got 0"),
    ("CosineAnnealingWarmRestarts(o, 2.5)", ValueError, "Expected positive integer T_0, but got 2.5"),
    ("CosineAnnealingWarmRestarts(o, 2, 0)", ValueError, "Expected integer T_mult >= 1, but got 0"),
    ("CosineAnnealingWarmRestarts(o, 2, 1.5)", ValueError, "Expected integer T_mult >= 1, but got 1.5"),
    ("CosineAnnealingWarmRestarts(o, 2, eta_min='a')", ValueError, "Expected float or int eta_min, but got a of type"),
    ("CosineAnnealingWarmRestarts(o, 2).step(-1)", ValueError, "Expected non-negative epoch, but got -1"),
    ("CyclicLR(3, 0.1, 0.2)", TypeError, "int is not an Optimizer"),
    ("CyclicLR(o, [0.1], 0.2)", ValueError, "base_lr must have the same length as optimizer.param_groups. base_lr has"),
    ("CyclicLR(o, 0.1, [0.2])", ValueError, "max_lr must have the same length as optimizer.param_groups. max_lr has 1"),
    ("CyclicLR(o, 0.1, 0.2, mode='x')", ValueError, "mode is invalid and scale_fn is None"),
    ("CyclicLR(a, 0.1, 0.2)", ValueError, "optimizer must support momentum or beta1 with `cycle_momentum` option enab"),
    ("CyclicLR(o, 0.1, 0.2, base_momentum=[0.8])", ValueError, "base_momentum must have the same length as optimizer"),
    ("CyclicLR(o, 0.1, 0.2, step_size_up=0)", ZeroDivisionError, ""),
    ("OneCycleLR(3, 0.1, 20)", TypeError, "int is not an Optimizer"),
    ("OneCycleLR(o, 0.1)", ValueError, "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    ("OneCycleLR(o, 0.1, epochs=3)", ValueError, "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    ("OneCycleLR(o, 0.1, 0)", ValueError, "Expected positive integer total_steps, but got 0"),
    ("OneCycleLR(o, 0.1, 1.5)", ValueError, "Expected positive integer total_steps, but got 1.5"),
    ("OneCycleLR(o, 0.1, 'a')", TypeError, "'<=' not supported between instances of 'str' and 'int'"),
    ("OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=3)", ValueError, "Expected positive integer epochs, but got 0"),
    ("OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=0)", ValueError, "Expected positive integer steps_per_epoch, but"),
    ("OneCycleLR(o, 0.1, 10, pct_start=2.0)", ValueError, "Expected float between 0 and 1 pct_start, but got 2.0"),
    ("OneCycleLR(o, 0.1, 10, pct_start=1)", ValueError, "Expected float between 0 and 1 pct_start, but got 1"),
    ("OneCycleLR(o, 0.1, 10, anneal_strategy='a')", ValueError, "anneal_strategy must be one of 'cos' or 'linear', in"),
    ("OneCycleLR(o, [0.1], 10)", ValueError, "max_lr must have the same length as optimizer.param_groups. max_lr has"),
    ("OneCycleLR(o, 0.1, 10, max_momentum=[0.1])", ValueError, "max_momentum must have the same length as optimizer."),
    ("OneCycleLR(a, 0.1, 10)", ValueError, "optimizer must support momentum or beta1 with `cycle_momentum` option"),
    ("[each.step() for each in [OneCycleLR(a, 0.1, 2, cycle_momentum=False)] * 3]", ValueError, "Tried to step 3 time"),
    ("ReduceLROnPlateau(3)", TypeError, "int is not an Optimizer"),
    ("ReduceLROnPlateau(o, factor=1.0)", ValueError, "Factor should be < 1.0."),
    ("ReduceLROnPlateau(o, mode='x')", ValueError, "mode x is unknown!"),
    ("ReduceLROnPlateau(o, threshold_mode='x')", ValueError, "threshold mode x is unknown!"),
    ("ReduceLROnPlateau(o, min_lr=[0.1])", ValueError, "expected 2 min_lrs, got 1"),
    ("ReduceLROnPlateau(o).step()", TypeError, "missing 1 required positional argument: 'metrics'"),
    ("ReduceLROnPlateau(o).step('a')", ValueError, "could not convert string to float: 'a'"),
    ("ReduceLROnPlateau(o).get_lr()", NotImplementedError, ""),
    ("SequentialLR(o, [], [])", ValueError, "SequentialLR expects at least one scheduler, but got no scheduler."),
    ("SequentialLR(o, [StepLR(o, 3)], [1])", ValueError, "Sequential Schedulers expects number of schedulers provided"),
    ("SequentialLR(o, [StepLR(o, 3), StepLR(a, 3)], [1])", ValueError, "but got scheduler StepLR at index 1 has Adagr"),
    ("SequentialLR(o, [ReduceLROnPlateau(o), StepLR(o, 3)], [1])", ValueError, "does not support `ReduceLROnPlateau`"),
    ("SequentialLR(o, [StepLR(o, 3), 3], [1])", TypeError, "SequentialLR at index 1 should have `optimizer` as its at"),
    ("SequentialLR(o, [StepLR(o, 3)], []).get_lr()", NotImplementedError, ""),
    ("ChainedScheduler([])", ValueError, "ChainedScheduler expects at least one scheduler to be chained, but got no"),
    ("ChainedScheduler([StepLR(o, 3), StepLR(a, 3)])", ValueError, "but got scheduler StepLR at index 1 has Adagrad ("),
    ("ChainedScheduler([StepLR(o, 3)], a)", ValueError, "got scheduler StepLR at index 0 has SGD"),
    ("ChainedScheduler([ReduceLROnPlateau(o)], o)", ValueError, "ChainedScheduler does not support `ReduceLROnPlateau"),
    ("ChainedScheduler([3])", AttributeError, "'int' object has no attribute 'optimizer'"),
]


@pytest.mark.parametrize(("call", "kind", "phrase"), ERRORS)
@pytest.mark.filterwarnings("ignore:Detected call:UserWarning")
def test_errors(call: str, kind: type[Exception], phrase: str) -> None:
    for engine in ENGINES:
        scope = {
            **vars(engine.optim.lr_scheduler),
            "o": optimizer_of(engine),
            "a": optimizer_of(engine, "Adagrad"),
        }
        with pytest.raises(kind) as error:
            eval(call, scope)
        assert phrase in str(error.value)


def test_a_group_added_later() -> None:
    for engine in ENGINES:
        optimizer = optimizer_of(engine)
        by_rate = engine.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        by_start = engine.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5)
        optimizer.add_param_group({"params": [engine.nn.Parameter(engine.zeros(1))], "lr": 2.0})
        optimizer.step()
        by_rate.step()
        assert by_rate.get_last_lr()[2] == 1.0
        with pytest.raises(ValueError, match="zip"):
            by_start.step()
